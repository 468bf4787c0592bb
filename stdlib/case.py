#!/usr/bin/env python3
"""Writes case.def: python3 stdlib/case.py > stdlib/case.def

Python knows the full mappings; the simple one is the same where the result is one character. Else
it is the title case if that is one character (Greek letters with iota), or nothing."""
import unicodedata


def lower(code):
    text = chr(code).lower()
    return ord(text[0]) if len(text) == 1 or code == 0x130 else code


def upper(code):
    for text in (chr(code).upper(), chr(code).title()):
        if len(text) == 1:
            return ord(text)
    return code


def ranges(change):
    pairs = [(c, change(c) - c) for c in range(0x110000)
             if not 0xD800 <= c < 0xE000 and change(c) != c]
    at = 0
    while at < len(pairs):
        first, delta = pairs[at]
        last, step, at = first, 1, at + 1
        if at < len(pairs) and pairs[at][1] == delta and pairs[at][0] - first == 2:
            step = 2
        while at < len(pairs) and pairs[at] == (last + step, delta):
            last, at = last + step, at + 1
        yield first, last, step, delta


print(f"""/* Letters with another case, by the simple mappings of Unicode {unicodedata.unidata_version}: LOWER or
 * UPPER(first, last, step, delta) for every `step`th code point from first to last. In order, not
 * overlapping. Written by case.py. */""")
for name, change in (("LOWER", lower), ("UPPER", upper)):
    for row in ranges(change):
        print("%s(0x%04x, 0x%04x, %d, %d)" % (name, *row))

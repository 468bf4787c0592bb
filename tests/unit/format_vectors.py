#!/usr/bin/env python3
"""Writes format_vectors.def: what Python's format() gives, for our subset of its language.

    python3 tests/unit/format_vectors.py > tests/unit/format_vectors.def"""
import random
import struct

rng = random.Random(1)


def quoted(text):
    return '"' + "".join('\\"' if c == '"' else "\\\\" if c == "\\" else c for c in text) + '"'


def row(kind, literal, value, fill="", align="", sign="", alternate="", zero="", width=0, comma="",
        precision=None, type_=""):
    fill = fill if align and not zero else ""
    spec = (fill + align + sign + alternate + zero + (str(width) if width else "") + comma +
            ("" if precision is None else ".%d" % precision) + type_)
    try:
        text = format(value, spec)
    except (ValueError, OverflowError):
        return
    if "\0" in text:
        return  # not for a C string

    def char(c):
        return "'%s'" % c if c else "0"
    print("%s(%s, %s, %s, %s, %s, %d, %d, %d, %d, %d, %s) /* %s */" % (
        kind, literal, quoted(fill or " "), char(align), char(sign), char(type_), bool(alternate),
        bool(zero), bool(comma), width, -1 if precision is None else precision, quoted(text), spec))


def ints():
    values = [0, 1, -1, 7, 255, -256, 1000, 999999, -1234567, 2**63 - 1, -2**63 + 1, 0x10ffff, 233]
    for _ in range(260):
        type_ = rng.choice(["", "d", "x", "X", "o", "b", "c", "e", "f", "g", "%"])
        value = rng.choice(values)
        row("INT", "INT64_C(%d)" % value, value, rng.choice(["*", "é", " ", "0"]),
            rng.choice(["", "", "<", ">", "^", "="]), rng.choice(["", "", "+", "-", " "]),
            rng.choice(["", "", "#"]), rng.choice(["", "", "0"]), rng.choice([0, 1, 5, 8, 13, 20]),
            rng.choice(["", "", ","]), None, type_)


def floats():
    values = [0.0, -0.0, 1.0, -1.5, 0.1, 1 / 3, 2.5, 1e15, 1e16, 1e21, 1.5e300, 5e-324, 1e-4, 1e-5,
              123456.789, 999999.5, 99999.95, -0.00012345, float("inf"), float("-inf"), float("nan")]
    for _ in range(420):
        type_ = rng.choice(["", "", "e", "E", "f", "F", "g", "G", "%"])
        value = rng.choice(values)
        literal = {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}.get(str(value), repr(value))
        row("FLOAT", literal, value, rng.choice(["*", "0", " "]),
            rng.choice(["", "", "<", ">", "^", "="]), rng.choice(["", "", "+", "-", " "]),
            rng.choice(["", "", "#"]), rng.choice(["", "", "0"]), rng.choice([0, 1, 6, 10, 16, 24]),
            rng.choice(["", "", ","]), rng.choice([None, 0, 1, 2, 3, 6, 12, 17]), type_)


def strings():
    values = ["", "a", "word", "Zoë", "日本語", "🙂!"]
    for _ in range(80):
        value = rng.choice(values)
        row("STR", quoted(value), value, rng.choice(["*", "é", " "]),
            rng.choice(["", "<", ">", "^"]), "", "", "", rng.choice([0, 1, 4, 7, 12]), "",
            rng.choice([None, None, 0, 1, 2, 9]), rng.choice(["", "s"]))


def shortest():
    print("/* repr() of doubles, by their bits. */")
    values = [2.0 ** k for k in range(-1074, 1024, 7)]
    values += [10.0 ** k for k in range(-320, 309, 9)]
    while len(values) < 900:
        x = struct.unpack("<d", struct.pack("<Q", rng.getrandbits(64)))[0]
        if x == x and abs(x) != float("inf"):
            values.append(x)
    for x in values:
        print('REPR(UINT64_C(0x%016x), "%r")' % (struct.unpack("<Q", struct.pack("<d", x))[0], x))


print("/* KIND(value, fill, align, sign, type, alternate, zero, comma, width, precision, text), as\n"
      " * Python's format() gives it. Written by format_vectors.py. */")
ints()
floats()
strings()
shortest()

"""Makes a program that differs smaller for as long as it differs: programs of the module, lines whose braces match, and
at last parts in parentheses."""
import re
import time


def chunks(items, differs, until):
    """What is left of `items` when no part of any size can go."""
    size = max(1, len(items) // 2)
    while True:
        at = 0
        while at < len(items) and time.time() < until:
            rest = items[:at] + items[at + size:]
            if len(rest) < len(items) and differs(rest):
                items = rest
            else:
                at += size
        if size == 1 or time.time() >= until:
            return items
        size = max(1, size // 2)


def closes(lines, at):
    """The line behind the one where what opens in line `at` is closed, or None."""
    depth = 0
    for i in range(at, len(lines)):
        depth += lines[i].count("{") - lines[i].count("}")
        if depth < 0:
            return None
        if depth == 0:
            return i + 1
    return None


def declarations(text):
    """The text in pieces, each a declaration."""
    rows, at, pieces = text.split("\n"), 0, []
    while at < len(rows):
        end = closes(rows, at) or at + 1
        while rows[end - 1].startswith("@") and end < len(rows):  # an attribute and what it is of
            end = closes(rows, end) or end + 1
        pieces.append("\n".join(rows[at:end]))
        at = end
    return pieces


def lines(text, differs, until):
    """Takes out statements and declarations, with all that stands in them, and blocks around others."""
    rows, changed = text.split("\n"), True
    while changed and time.time() < until:
        changed, at = False, 0
        while at < len(rows) and time.time() < until:
            end = closes(rows, at) if rows[at].strip() else at + 1
            tries = [rows[:at] + rows[end:]] if end else []
            if end and end > at + 2:
                tries.append(rows[:at] + rows[at + 1:end - 1] + rows[end:])
            for rest in tries:
                if differs("\n".join(rest)):
                    rows, changed = rest, True
                    break
            else:
                at += 1
    return "\n".join(rows)


def balanced(text, at):
    """The place behind the bracket that closes the one at `at`, or None."""
    depth = 0
    for i in range(at, min(len(text), at + 4000)):
        depth += text[i] in "([{"
        depth -= text[i] in ")]}"
        if depth == 0:
            return i + 1
        if text[i] == "\n":
            return None
    return None


def parts(text, differs, until):
    """Puts literals, or what is inside, in place of what stands in brackets."""
    changed = True
    while changed and time.time() < until:
        changed, at = False, 0
        while time.time() < until:
            found = re.compile(r"\(|\[|\w+\(|\{ \.\.").search(text, at)
            if not found:
                break
            start, end = found.start(), balanced(text, found.end() - 1 if text[found.end() - 1] in "([" else found.start())
            at = start + 1
            if end is None or end - start < 4:
                continue
            inside = text[found.end():end - 1]
            pieces = [p for p in re.split(r", | else | \{ | \} ", inside) if p != inside]
            for new in ["1", '""', "true", "[]", "none", "1.5", "(" + inside + ")" if found[0][-1] == "(" and len(found[0]) > 1 else "2", *pieces[:4]]:
                if len(new) < end - start and differs(text[:start] + new + text[end:]):
                    text, changed = text[:start] + new + text[end:], True
                    break
    return text


def smallest(module, differs, seconds):
    """The text of the smallest program found in `seconds` for which differs(text) holds."""
    until = time.time() + seconds
    kept = chunks(module.programs, lambda rest: differs(module.without([p for p in module.programs if p not in rest]).text()), until)
    pieces = [p for p in declarations(module.without([p for p in module.programs if p not in kept]).text()) if p]
    pieces = chunks(pieces, lambda rest: differs("\n".join(rest)), until)
    text = lines("\n".join(pieces), differs, until)
    text = parts(text, differs, until)
    return lines(text, differs, until)

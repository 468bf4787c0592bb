"""Programs of several files as one text: `// file: NAME` begins each, the last is `m`, with `main`. Which names a file makes
public and imports is not written in the text but made when the files are, so that what is left of a program that was
made smaller has the imports that it needs."""
import re
import zlib

MARK = re.compile(r"^// file: (\w+)$", re.M)
ITEM = re.compile(r"^(?=(?:io )?(?:fn|task) |extern |record |enum |let )", re.M)
NAME = re.compile(r"^(?:(?:io )?(?:fn|task)|extern .* fn|record|enum|let) (\w+)", re.M)
ENUM = re.compile(r"^enum \w+ \{(.*?)\}", re.M | re.S)
LIBRARY = ["csv", "hash", "io", "json", "math", "rand"]
OWN = re.compile(r"(?:p\d+_|run)\d+$")


def sections(text):
    """[(name, text)], each name once, `m` last."""
    pieces, found = MARK.split(text), {}
    for name, part in zip(["m"] + pieces[1::2], pieces[0::2]):
        found[name] = found.get(name, "") + part
    return sorted(found.items(), key=lambda s: s[0] == "m")


def declared(text):
    names = NAME.findall(text)
    for variants in ENUM.findall(text):
        while "(" in variants:
            variants = re.sub(r"\([^()]*\)", "", variants)
        names += re.findall(r"[A-Z]\w*", variants)
    return names


def imports(name, text, others):
    """(lines, text) of a file that may use all that `others` declare: some of their names behind that of the file."""
    lines = ["import %s\n" % m for m in LIBRARY if re.search(r"(?<!\.)\b%s\.\w" % m, text) and "import %s\n" % m not in text]
    for other, part in others:
        used = [n for n in declared(part) if re.search(r"\b%s\b" % n, text)]
        if zlib.crc32((name + other).encode()) & 1 and any(OWN.match(n) for n in used):
            lines.append("import %s\n" % other)
            for n in [n for n in used if OWN.match(n)]:
                text = re.sub(r"(?<![.\w])%s(?=\()" % n, "%s.%s" % (other, n), text)
            used = [n for n in used if not OWN.match(n)]
        if used:
            lines.append("import %s.{%s}\n" % (other, ", ".join(used)))
    return "".join(lines), text


def files(text):
    """{file name: what it holds}"""
    parts, made = sections(text), {}
    if len(parts) == 1:
        return {"m.dfl": text}
    for i, (name, part) in enumerate(parts):
        lines, part = imports(name, part, parts[:i])
        made[name + ".dfl"] = lines + (part if name == "m" else ITEM.sub("pub ", part))
    return made


def each(text, change):
    """The text with change() applied to each of its files; None if that is None of one."""
    parts = [(name, change(part)) for name, part in sections(text)]
    if any(part is None for _, part in parts):
        return None
    return parts[0][1] if len(parts) == 1 else "".join("// file: %s\n%s" % p for p in parts)


def shown(text):
    """All files, to be read."""
    made = files(text)
    return text if len(made) == 1 else "".join("// file: %s\n%s" % (name[:-4], part) for name, part in made.items())

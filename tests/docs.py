"""What the documents say is true: every example of LANGUAGE.md runs or checks, the examples folder
works, and the commands of README.md do. The library's list in LANGUAGE.md is made from its modules:
`tests/docs.py --library` prints it.

    ```dfl       must check; with `// expect:` lines anywhere in it, must print exactly those
    ```dfl-bad   must not check; `// error: TEXT` in it is found in the first message"""
import os
import re
import sys

from harness import ROOT, Case, fail, same

LIBRARY = ["prelude", "text", "array", "map", "io", "time", "math", "rand", "json", "csv"]


def blocks(path):
    """(line, language, text) of each fenced block."""
    found, start, lines = [], None, []
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        fence = re.match(r"```(\S*)$", line.rstrip("\n"))
        if fence and start is None:
            start, language, lines = number, fence[1], []
        elif fence:
            found.append((start, language, "".join(lines)))
            start = None
        elif start is not None:
            lines.append(line)
    return found


def commented(text, key):
    return re.findall(r"^\s*// %s: ?(.*)$" % key, text, re.M)


def example(place, dfl, text, options):
    path = place.write("example.dfl", text)
    wanted = commented(text, "expect")
    if not wanted:
        place.run([dfl, "check", path], status=0)
        if "test \"" in text:
            place.run([dfl, "test", path], status=0)
        return
    stdin = "".join(l + "\n" for l in commented(text, "stdin"))
    args = " ".join(commented(text, "args")).split()
    r = place.run([dfl, "run"] + options + [path] + args, stdin=stdin,
                  status=int((commented(text, "exit") or ["0"])[0]))
    same(r.out, "".join(l + "\n" for l in wanted))


def wrong(place, dfl, text):
    path = place.write("example.dfl", text)
    r = place.run([dfl, "check", path], status=1)
    for want in commented(text, "error"):
        if want not in r.err:
            fail("no error with %r in\n%s" % (want, r.err[:1500]))


def tested(place, dfl, path):
    place.run([dfl, "check", path], status=0)
    if re.search(r"^test ", open(path, encoding="utf-8").read(), re.M):
        place.run([dfl, "test", path], status=0)


def wordcount(place, dfl, options):
    path = os.path.join(ROOT, "examples", "wordcount.dfl")
    if not os.path.exists(path):
        return
    text = place.write("text.txt", "The cat, the DOG's cat!\n" * 3)
    r = place.run([dfl, "run"] + options + [path, "--top", "3", text], status=0)
    same(r.out, "6 cat\n6 the\n3 dog\n")


def readme(place, dfl, command):
    """A command of README.md, from the top of the checkout, with what is built already."""
    command = command.replace("./dflw", dfl)
    place.run(["sh", "-c", command], cwd=ROOT, status=0)


def library():
    """The table of LANGUAGE.md: each public function of each module as it is declared."""
    rows = ["| module | functions |", "| --- | --- |"]
    for module in LIBRARY:
        path = os.path.join(ROOT, "stdlib", module + ".dfl")
        found = re.findall(r'^pub (?:@\S+ )?(?:extern "dfl" )?(io fn|fn|record|enum|let) (.*)$',
                           open(path, encoding="utf-8").read(), re.M)
        names = []
        for kind, rest in found:
            rest = re.sub(r" = [^,)]*$", "", rest) if kind == "let" else re.sub(r" \{.*$", "", rest)
            rest = rest.replace("|", "\\|")
            names.append("`%s%s`" % ({"fn": "", "io fn": "io ", "record": "record ", "enum": "enum ", "let": "let "}[kind], rest))
        rows.append("| `%s` | %s |" % (module, ", ".join(names)))
    return "\n".join(rows)


def listed(place, path):
    if library() not in open(path, encoding="utf-8").read():
        fail("the table of section 15 is not what the modules declare; tests/docs.py --library prints it")


def cases(dfl):
    language = os.path.join(ROOT, "LANGUAGE.md")
    for line, kind, text in blocks(language) if os.path.exists(language) else []:
        name = "LANGUAGE.md:%d" % line
        if kind == "dfl-bad":
            yield Case(name, lambda p, t=text: wrong(p, dfl, t))
        elif kind == "dfl":
            for options in (["-O2"], ["--interp"]) if commented(text, "expect") else ([],):
                yield Case(" ".join([name] + options),
                           lambda p, t=text, o=options: example(p, dfl, t, o))
    yield Case("LANGUAGE.md lists the library", lambda p: listed(p, language))
    folder = os.path.join(ROOT, "examples")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".dfl"):
            yield Case("examples/" + name, lambda p, f=os.path.join(folder, name): tested(p, dfl, f))
    for options in ([], ["-O0", "--threads", "1"], ["--interp"]):
        yield Case(" ".join(["examples/wordcount.dfl counts"] + options),
                   lambda p, o=options: wordcount(p, dfl, o))
    path = os.path.join(ROOT, "README.md")
    for line, kind, text in blocks(path) if os.path.exists(path) else []:
        if kind == "dfl":
            yield Case("README.md:%d" % line, lambda p, t=text: example(p, dfl, t, []))
        for command in text.splitlines() if kind == "sh" else []:
            if command.startswith("./dflw "):
                yield Case("README.md:%d %s" % (line, command),
                           lambda p, c=command: readme(p, dfl, c))


if __name__ == "__main__" and sys.argv[1:] == ["--library"]:
    print(library())

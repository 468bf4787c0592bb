"""What the documents say is true: every example of LANGUAGE.md runs or checks, the examples folder
works, the commands of README.md do, and the examples in the doc comments of the library hold. The library's
list in LANGUAGE.md is made from its modules: `tests/docs.py --library` prints it.

    ```dfl       must check; with `// expect:` lines anywhere in it, must print exactly those
    ```dfl-bad   must not check; `// error: TEXT` in it is found in the first message"""
import os
import re
import sys

from harness import ROOT, Case, fail, same

PRELUDE = ["prelude", "text", "array", "map"]
LIBRARY = ["prelude", "text", "array", "map", "io", "time", "math", "rand", "json", "csv", "hash", "test"]


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


def make(place, dfl, options):
    steps = place.write("steps", "# two ways to one file, and one that fails\n"
                        "words: = printf 'three one two' > words\n\n"
                        "lines: words = tr ' ' '\\n' < words > lines\n"
                        "sorted: lines = sort lines > sorted\n"
                        "bad: words = echo no such thing >&2; exit 2\n"
                        "after: bad sorted = echo never\n"
                        "show: sorted lines = cat sorted\n")
    r = place.run([dfl, "run"] + options + [os.path.join(ROOT, "examples", "make.dfl"), steps], status=1)
    same(r.err, "bad: status 2: no such thing\n")
    lines = r.out.splitlines()
    same("\n".join(lines[-4:]), "cat sorted\none\nthree\ntwo")
    if len(lines) != 8 or lines.index("sort lines > sorted") < 2 or "echo never" in lines:
        fail(r.out)


def readme(place, dfl, command):
    """A command of README.md, from the top of the checkout, with what is built already."""
    command = command.replace("./dflw", dfl)
    place.run(["sh", "-c", command], cwd=ROOT, status=0)


def library():
    """The table of LANGUAGE.md: each public function of each module as it is declared."""
    rows = ["| module | functions |", "| --- | --- |"]
    for module in LIBRARY:
        path = os.path.join(ROOT, "stdlib", module + ".dfl")
        text = re.sub(r"(?<=\()\n\s+|(?<=,)\n *(?= )|\n(?=\) ->)", "",
                      open(path, encoding="utf-8").read())  # a declaration in several lines
        found = re.findall(r'^pub (?:@\S+ )?(?:extern "dfl" )?(io fn|fn|record|enum|let) (.*)$', text, re.M)
        names = []
        for kind, rest in found:
            rest = re.sub(r" = [^,)]*$", "", rest) if kind == "let" else re.sub(r" \{.*$", "", rest)
            rest = rest.replace("|", "\\|")
            names.append("`%s%s`" % ({"fn": "", "io fn": "io ", "record": "record ", "enum": "enum ", "let": "let "}[kind], rest))
        rows.append("| `%s` | %s |" % (module, ", ".join(names)))
    return "\n".join(rows)


# An example in a doc comment is the body of a test, indented by four blanks; blank lines part examples.
DECLARED = re.compile(r"^pub (?:@\S+ )?(?:extern \"dfl\" )?(?:io )?(?:fn|record|enum|let) (\w+)")


def documented(module):
    """(name, is a function, doc lines) of each public declaration of a module."""
    found, doc = [], []
    for line in open(os.path.join(ROOT, "stdlib", module + ".dfl"), encoding="utf-8"):
        line = line.rstrip("\n")
        name = DECLARED.match(line)
        if line.startswith("///"):
            doc.append(line[3:])
        elif name:
            found.append((name[1], re.match(r".*\bfn ", line) is not None, doc))
            doc = []
        elif not line.startswith("@"):
            doc = []
    return found


def doc_examples(doc):
    """The bodies in the lines of a doc comment."""
    bodies, body = [], []
    for line in doc + [""]:
        if line.startswith("     "):
            body.append(line[5:])
        elif body:
            bodies.append(body)
            body = []
    return bodies


def module_examples(module):
    """(imports, [(name, lines)]) of all doc comments of a module."""
    imports = {"import " + module} if module not in PRELUDE else set()
    bodies = []
    for name, _, doc in documented(module):
        for number, body in enumerate(doc_examples(doc), 1):
            imports |= {l for l in body if l.startswith("import ")}
            bodies.append(("%s.%s %d" % (module, name, number), [l for l in body if not l.startswith("import ")]))
    return sorted(imports), bodies


def explained(place, module):
    for name, is_function, doc in documented(module):
        if not any(l.strip() for l in doc):
            fail("%s.%s has no doc comment" % (module, name))
        if is_function and not doc_examples(doc):
            fail("%s.%s has no example in its doc comment" % (module, name))


def printed(lines):
    """What the lines of an example print, which they tell themselves: `print(x) // prints TEXT`."""
    return [m[1] for m in (re.search(r" // prints (.*)$", l) for l in lines) if m]


def examples_as_tests(place, dfl, module):
    imports, bodies = module_examples(module)
    text = "".join(l + "\n" for l in imports)
    for name, lines in bodies:
        text += 'test "%s" {\n%s}\n' % (name, "".join("  " + l + "\n" for l in lines))
    path = place.write("example.dfl", text)
    r = place.run([dfl, "test", path], cwd=place.work)
    wanted = [l for name, lines in bodies for l in printed(lines) + ["ok " + name]]
    if r.status or r.out.splitlines() != wanted:
        fail(r.err[:1500] + "\n".join(l for l in r.out.splitlines() if not l.startswith("ok ")))


def examples_compiled(place, dfl, module):
    """The same bodies as tasks of a program, with `expect` as a condition."""
    imports, bodies = module_examples(module)
    text = "".join(l + "\n" for l in imports)
    for number, (name, lines) in enumerate(bodies):
        told = '"%s does not hold"' % name
        body = [re.sub("^( *)expect (.*)$", r"\1if !(\2) { print(" + told + ") }", l) for l in lines]
        text += "io task example%d() -> ()! {\n%s  ()\n}\n" % (number, "".join("  " + l + "\n" for l in body))
    text += "io task main() -> ()! {\n%s}\n" % "".join("  example%d()?\n" % n for n in range(len(bodies)))
    path = place.write("example.dfl", text)
    r = place.run([dfl, "run", path], cwd=place.work, status=0)
    same(r.out, "".join(l + "\n" for _, lines in bodies for l in printed(lines)))


def listed(place, path):
    if library() not in open(path, encoding="utf-8").read():
        fail("the table of the standard library is not what the modules declare; tests/docs.py --library prints it")


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
    for module in LIBRARY:
        yield Case("stdlib/%s is explained" % module, lambda p, m=module: explained(p, m))
        yield Case("stdlib/%s examples [interp]" % module, lambda p, m=module: examples_as_tests(p, dfl, m))
        yield Case("stdlib/%s examples [O2]" % module, lambda p, m=module: examples_compiled(p, dfl, m))
    yield Case("LANGUAGE.md lists the library", lambda p: listed(p, language))
    folder = os.path.join(ROOT, "examples")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".dfl"):
            yield Case("examples/" + name, lambda p, f=os.path.join(folder, name): tested(p, dfl, f))
    for options in ([], ["-O0", "--threads", "1"], ["--interp"]):
        yield Case(" ".join(["examples/wordcount.dfl counts"] + options),
                   lambda p, o=options: wordcount(p, dfl, o))
        yield Case(" ".join(["examples/make.dfl runs"] + options), lambda p, o=options: make(p, dfl, o))
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

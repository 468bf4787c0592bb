"""The pages of `dfl explain` keep their word: there is one for each row of compiler/diag.def, its wrong program
(```dfl-bad, or the command that meets the message, ```sh) gets exactly the messages shown (```text), of that
code alone, and its right one (```dfl) gets none. ERRORS.md lists the codes.

    tests/explain.py DFL --write    writes ERRORS.md and the messages of all pages anew"""
import os
import re
import subprocess
import sys
import tempfile

from harness import ROOT, Case, fail, same

PAGES = os.path.join(ROOT, "compiler", "explain")
INDEX = os.path.join(ROOT, "ERRORS.md")
INSIDE = {900}  # codes that no program meets
KINDS = [(1, "Reading and syntax"), (100, "Names and modules"), (200, "Types"), (400, "Effects and futures"),
         (500, "Matches"), (600, "Attributes and C"), (900, "Inside the compiler")]


def rows():
    """(code, title) of each row of diag.def."""
    text = open(os.path.join(ROOT, "compiler", "diag.def"), encoding="utf-8").read()
    return [(int(c), t) for c, t in re.findall(r'^DIAG\((\d+), \w+, "(.*)"\)$', text, re.M)]


def index():
    lines = ["# Codes of messages", "",
             "Made from `compiler/diag.def` by `tests/explain.py`. `dfl explain E0200` prints the page of a code."]
    at = 0
    for code, title in rows():
        if at < len(KINDS) and code >= KINDS[at][0]:
            lines += ["", "## " + KINDS[at][1], "", "| code | |", "| --- | --- |"]
            at += 1
        name = "E%04d" % code
        lines.append("| [%s](compiler/explain/%s.md) | %s |" % (name, name, title))
    return "\n".join(lines) + "\n"


def page_path(code):
    return os.path.join(PAGES, "E%04d.md" % code)


def block(text, kind):
    found = re.search(r"^```%s\n(.*?)^```$" % kind, text, re.M | re.S)
    return found[1] if found else None


def messages(run, text):
    """What the wrong program of a page gets; `run(command, {file: text})` gives standard error."""
    program = block(text, "dfl-bad")
    return run(block(text, "sh") or "dfl check example.dfl", {"example.dfl": program} if program else {})


def in_place(place, dfl):
    def run(command, files):
        for name, text in files.items():
            place.write(name, text)
        path = os.path.dirname(dfl) + os.pathsep + place.env["PATH"]
        return place.run(["sh", "-c", command], env={"PATH": path}).err
    return run


def page(place, dfl, code, title):
    path = page_path(code)
    if not os.path.exists(path):
        fail("compiler/explain/E%04d.md is missing" % code)
    text = open(path, encoding="utf-8").read()
    if not text.startswith("# E%04d: %s\n" % (code, title)):
        fail("the first line is not the title in diag.def: %s" % title)
    printed = place.run([dfl, "explain", "E%04d" % code], status=0).out
    if "```" in printed or not printed.startswith("E%04d: " % code):
        fail("printed as\n" + printed)
    if code in INSIDE:
        return
    got = messages(in_place(place, dfl), text)
    codes = set(re.findall(r"(?m)^[^ ]+ (?:error|warning)\[E(\d+)\]", got))
    if codes != {"%04d" % code}:
        fail("the wrong program gets %s\n%s" % (sorted(codes), got))
    same(got, block(text, "text"), "messages")
    right = block(text, "dfl")
    if not right:
        fail("no right program")
    place.write("example.dfl", right)
    same(place.run([dfl, "check", "example.dfl"], status=0).err, "", "the right program")


def complete(place):
    known = {"E%04d.md" % code for code, _ in rows()}
    for name in sorted(os.listdir(PAGES)):
        if name.endswith(".md") and name not in known:
            fail("%s is no page of a code" % name)
    if open(INDEX, encoding="utf-8").read() != index():
        fail("ERRORS.md is not what diag.def says; `tests/explain.py DFL --write` writes it")


def cases(dfl):
    yield Case("explain/index", complete)
    for code, title in rows():
        yield Case("explain/E%04d" % code, lambda p, c=code, t=title: page(p, dfl, c, t))


def write(dfl):
    def run(command, files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                open(os.path.join(folder, name), "w", encoding="utf-8").write(text)
            env = dict(os.environ, PATH=os.path.dirname(os.path.abspath(dfl)) + os.pathsep + os.environ["PATH"])
            return subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True).stderr

    open(INDEX, "w", encoding="utf-8").write(index())
    for code, _ in rows():
        if code in INSIDE or not os.path.exists(page_path(code)):
            continue
        text = open(page_path(code), encoding="utf-8").read()
        got = "```text\n" + messages(run, text) + "```\n"
        text = re.sub(r"(?ms)^```text\n.*?^```\n", lambda m: got, text, count=1)
        open(page_path(code), "w", encoding="utf-8").write(text)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[2] != "--write":
        sys.exit(__doc__)
    write(sys.argv[1])

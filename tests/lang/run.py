#!/usr/bin/env python3
"""The language: programs in ok/ print what their header says, in every mode; programs in bad/ get
exactly the messages that they end with. `lang/run.py DFL --write` writes those of bad/ anew.

    ok/   the header lines of ../acceptance/README.md: args stdin expect exit stderr; and `native`, with
          the reason why the program is not interpreted
    bad/  `// expect-diagnostics:`, then each line of standard error behind `// `; the file is
          checked in its own folder, so it is named without one
    bad/NAME.cases
          many small programs, each `== NAME`, its text, `--`, its messages as those of t.dfl"""
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import ROOT, Case, fail, files, header, same

spec = importlib.util.spec_from_file_location("mutate", os.path.join(ROOT, "tests", "fuzz", "mutate.py"))
mutate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mutate)

MODES = [("interp", ["--interp"]), ("O0,1", ["-O0", "--threads", "1"]),
         ("O0,2", ["-O0", "--threads", "2"]), ("O2,1", ["-O2", "--threads", "1"]),
         ("O2,2", ["-O2", "--threads", "2"])]


def lines(values):
    return "".join(v + "\n" for v in values)


def run_ok(place, dfl, options, path):
    h = header(path)
    verb = h.get("verb", ["run"])[0]
    args = " ".join(h.get("args", [])).replace("{tmp}", place.work).split()
    cmd = [dfl, verb] + (options if verb == "run" else []) + [os.path.basename(path)] + args
    r = place.run(cmd, stdin=lines(h.get("stdin", [])), cwd=os.path.dirname(path))
    wanted = int(h.get("exit", ["0"])[0])
    if r.status != wanted:
        fail("exit %d, wanted %d\n%s" % (r.status, wanted, r.err[:800]))
    if "expect" in h:
        same(r.out, lines(h["expect"]))
    for pattern in h.get("stderr", []):
        if not re.search(pattern, r.err, re.S):
            fail("standard error lacks /%s/: %s" % (pattern, r.err[:800]))


MARK = "// expect-diagnostics:\n"


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as f:
        return f.read()


def told(r, wanted):
    same(r.err, wanted, "diagnostics")
    errors = re.search(r"^\S+: error\[", wanted, re.M) is not None
    if r.status != (1 if errors else 0):
        fail("exit %d" % r.status)


def run_bad(place, dfl, path):
    _, mark, tail = read(path).partition(MARK)
    if not mark:
        fail("no line `// expect-diagnostics:`")
    wanted = "".join(re.sub(r"^// ?", "", l) for l in tail.splitlines(True))
    told(place.run([dfl, "check", os.path.basename(path)], cwd=os.path.dirname(path)), wanted)


def small(path):
    """(name, program, messages) of each case of a file."""
    for part in re.split(r"(?m)^== ", read(path))[1:]:
        name, _, rest = part.partition("\n")
        program, _, messages = rest.partition("--\n")
        yield name, program, messages


def run_small(place, dfl, program, wanted):
    place.write("t.dfl", program)
    told(place.run([dfl, "check", "t.dfl"]), wanted)


def as_json(place, dfl, name, cwd=None):
    r = place.run([dfl, "check", "--json", name], cwd=cwd)
    if r.err:
        fail("words on standard error: " + r.err[:500])
    return [json.loads(line) for line in r.out.splitlines()]


def heads(found):
    """What the same messages have as text in their first line."""
    return ["%s%s[%s]: %s" % ("%s:%d:%d: " % (m["file"], m["start"]["line"], m["start"]["column"]) if m["file"] else "dfl: ",
                              m["severity"], m["code"], m["message"]) for m in found]


def places_hold(m, text):
    """Lines, columns and offsets of one place agree with each other and with the text."""
    for at in (m["start"], m["end"]):
        before = text[:at["offset"]]
        line = before[before.rfind(b"\n") + 1:]
        wanted = (before.count(b"\n") + 1, len(line) + 1, len(line.decode("utf-8", "replace")) + 1)
        if (at["line"], at["byte_column"], at["column"]) != wanted:
            fail("%s is not %s" % (at, wanted))


def fixed(place, dfl, program, m):
    """With its fixes a message is gone."""
    raw = program.encode("utf-8", "surrogateescape")
    for fix in sorted(m["fixes"], key=lambda f: -f["start"]["offset"]):
        raw = raw[:fix["start"]["offset"]] + fix["text"].encode() + raw[fix["end"]["offset"]:]
    place.write("fixed.dfl", raw.decode("utf-8", "surrogateescape"))
    for left in as_json(place, dfl, "fixed.dfl"):
        if left["message"] == m["message"] and left["start"]["offset"] == m["start"]["offset"]:
            fail("still there after its fix: %s\n%s" % (m["message"], raw.decode("utf-8", "replace")))


def run_json(place, dfl, program, wanted):
    """The same messages as JSON, with true places and fixes that mend."""
    place.write("t.dfl", program)
    found = as_json(place, dfl, "t.dfl")
    same("\n".join(heads(found)), "\n".join(re.findall(r"(?m)^\S+ (?:error|warning)\[E.*$", wanted)))
    raw = program.encode("utf-8", "surrogateescape")
    for m in found:
        for part in [m] + m["notes"] + m["fixes"]:
            if part["file"] == "t.dfl":
                places_hold(part, raw)
        if m["fixes"]:
            fixed(place, dfl, program, m)


def mutated(place, dfl):
    """One mistake in a correct program: no crash, no message without a place, and as a rule one error."""
    cases, wrong = mutate.tried(dfl, 1, 400)
    if wrong:
        fail("%s: %s\n%s" % (wrong[0][0].kind, wrong[0][1], mutate.difference(wrong[0][0])))
    found = [c for c in cases if c.errors]
    one = sum(1 for c in found if len(c.errors) == 1)
    if one < 0.8 * len(found):
        fail("only %d of %d programs got one error; fuzz/mutate.py shows the others" % (one, len(found)))


def bad_programs():
    for path, name in files("lang/bad", ".dfl"):
        if "/" not in name or os.path.basename(name) == "main.dfl":
            yield path, name


def cases(dfl, modes=MODES):
    for path, name in files("lang/ok", ".dfl"):
        if "/" in name and os.path.basename(name) != "main.dfl":
            continue  # a module of a program
        h = header(path)
        for mode, options in modes if h.get("verb", ["run"]) == ["run"] else modes[:1]:
            if mode == "interp" and "native" in h:
                continue
            yield Case("lang/ok/%s [%s]" % (name, mode),
                       lambda p, o=options, f=path: run_ok(p, dfl, o, f))
    yield Case("lang/mutated", lambda p: mutated(p, dfl))
    for path, name in bad_programs():
        yield Case("lang/bad/" + name, lambda p, f=path: run_bad(p, dfl, f))
    for path, name in files("lang/bad", ".cases"):
        for case, program, wanted in small(path):
            yield Case("lang/bad/%s: %s" % (name, case),
                       lambda p, t=program, w=wanted: run_small(p, dfl, t, w))
            yield Case("lang/json/%s: %s" % (name, case),
                       lambda p, t=program, w=wanted: run_json(p, dfl, t, w))
    for path, name in bad_programs():
        if "/" not in name:
            program, _, tail = read(path).partition(MARK)
            wanted = "".join(re.sub(r"^// ?", "", l) for l in tail.splitlines(True)).replace(name, "t.dfl")
            yield Case("lang/json/" + name, lambda p, t=program, w=wanted: run_json(p, dfl, t, w))


def write(dfl):
    dfl = os.path.abspath(dfl)

    def save(path, text):
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as f:
            f.write(text)

    def messages(folder, name):
        r = subprocess.run([dfl, "check", name], cwd=folder, capture_output=True)
        return r.stderr.decode("utf-8", "surrogateescape")

    for path, _ in bad_programs():
        got = messages(os.path.dirname(path), os.path.basename(path))
        tail = "".join(("// " + l).rstrip(" ") for l in re.findall(r"[^\n]*\n", got))
        save(path, read(path).partition(MARK)[0] + MARK + tail)
    for path, _ in files("lang/bad", ".cases"):
        text = re.split(r"(?m)^== ", read(path))[0]
        with tempfile.TemporaryDirectory() as folder:
            for name, program, _ in small(path):
                save(os.path.join(folder, "t.dfl"), program)
                text += "== %s\n%s--\n%s" % (name, program, messages(folder, "t.dfl"))
        save(path, text)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[2] != "--write":
        sys.exit(__doc__)
    write(sys.argv[1])

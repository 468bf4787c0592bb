"""The language: programs in ok/ print what their header says, in every mode; programs in bad/ get
exactly the messages that they end with.

    ok/   the header lines of ../acceptance/README.md: args stdin expect exit stderr
    bad/  `// expect-diagnostics:`, then each line of standard error behind `// `; the file is
          checked in its own folder, so it is named without one"""
import os
import re

from harness import Case, fail, files, header, same

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


def run_bad(place, dfl, path):
    text = open(path, encoding="utf-8", errors="surrogateescape").read()
    body, mark, tail = text.partition("// expect-diagnostics:\n")
    if not mark:
        fail("no line `// expect-diagnostics:`")
    wanted = "".join(re.sub(r"^// ?", "", l) for l in tail.splitlines(True))
    r = place.run([dfl, "check", os.path.basename(path)], cwd=os.path.dirname(path))
    same(r.err, wanted, "diagnostics")
    errors = re.search(r"^\S+: error\[", wanted, re.M) is not None
    if r.status != (1 if errors else 0):
        fail("exit %d" % r.status)


def cases(dfl, modes=MODES):
    for path, name in files("lang/ok", ".dfl"):
        if "/" in name and os.path.basename(name) != "main.dfl":
            continue  # a module of a program
        verb = header(path).get("verb", ["run"])[0]
        for mode, options in modes if verb == "run" else modes[:1]:
            yield Case("lang/ok/%s [%s]" % (name, mode),
                       lambda p, o=options, f=path: run_ok(p, dfl, o, f))
    for path, name in files("lang/bad", ".dfl"):
        if "/" in name and os.path.basename(name) != "main.dfl":
            continue
        yield Case("lang/bad/" + name, lambda p, f=path: run_bad(p, dfl, f))

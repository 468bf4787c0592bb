"""Acceptance programs: those that `in-scope` lists run by `check`, in three modes; the others are
named there with what they wait for.

    ok/10_nqueens.dfl
    - ok/02_logs.dfl: par for"""
import os
import sys

from harness import ROOT, Case, fail, say

HERE = os.path.join(ROOT, "tests", "acceptance")
MODES = [("", ""), (" [-O0]", "-O0"), (" [interp]", "--interp")]


def checked(place, dfl, name, options):
    r = place.run([sys.executable, os.path.join(HERE, "check"), dfl, os.path.join(HERE, name),
                   "--opts=" + options])
    if r.status != 0 or r.out.splitlines()[-1:] != ["1 passed, 0 failed"]:
        fail((r.out + r.err)[-2500:])


def listed():
    """(in scope, skipped with reasons); every program must be in one of them."""
    inside, outside = [], {}
    for line in open(os.path.join(HERE, "in-scope"), encoding="utf-8"):
        line = line.strip()
        if line.startswith("- "):
            name, _, why = line[2:].partition(": ")
            outside[name] = why
        elif line and not line.startswith("#"):
            inside.append(line)
    return inside, outside


def complete(place):
    inside, outside = listed()
    for kind in ("ok", "bad"):
        for name in sorted(os.listdir(os.path.join(HERE, kind))):
            path = kind + "/" + name
            if name.endswith(".dfl") or os.path.isdir(os.path.join(HERE, path)) and name != "data":
                if (path in inside) == (path in outside):
                    fail("`in-scope` must name %s once" % path)


def cases(dfl):
    inside, outside = listed()
    for name, why in outside.items():
        say("skipped acceptance/%s: %s" % (name, why))
    yield Case("acceptance/in-scope names every program", complete)
    for name in inside:
        for mode, options in MODES if name.startswith("ok/") else MODES[:1]:
            yield Case("acceptance/%s%s" % (name, mode),
                       lambda p, n=name, o=options: checked(p, dfl, n, o))

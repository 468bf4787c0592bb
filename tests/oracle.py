"""A short, seeded run of fuzz/fuzz.py: random programs do the same interpreted and compiled; and a compiler that is
wrong on purpose is caught, with one program of the many."""
import os
import re
import sys

from harness import ROOT, Case, fail

FUZZ = [sys.executable, os.path.join(ROOT, "tests", "fuzz", "fuzz.py")]
WRONG = """#!/bin/sh
case "$*" in
  *-O*) "%s" "$@" | sed 's/^7 /7: /' ;;
  *) exec "%s" "$@" ;;
esac
"""


def agrees(place, dfl, seed, options):
    r = place.run(FUZZ + [dfl, "--seed", str(seed), *options], timeout=600)
    if r.status != 0:
        left = [open(os.path.join(place.work, n), encoding="utf-8").read() for n in sorted(os.listdir(place.work)) if n.endswith(".dfl")]
        fail("%s%s\n%s" % (r.out, r.err, "\n".join(left)))


def catches(place, dfl):
    wrong = place.write("dfl", WRONG % (dfl, dfl))
    os.chmod(wrong, 0o700)
    r = place.run(FUZZ + [wrong, "--seed", "11", "--programs", "20", "--size", "20", "--o2", "2", "--matrix", "0", "--reduce", "30"], timeout=600, status=1)
    if "fuzz-11.dfl: -O0 --threads 2 differs" not in r.out:
        fail("not caught: " + r.out)
    text = open(os.path.join(place.work, "fuzz-11.dfl"), encoding="utf-8").read()
    if "run7()" not in text or len(re.findall(r"^io task run", text, re.M)) > 1:  # how much more goes depends on the machine
        fail("not made small:\n" + text)


def cases(dfl):
    yield Case("oracle/-O0", lambda p: agrees(p, dfl, 1, ["--programs", "120", "--size", "60", "--o2", "3", "--matrix", "0"]))
    yield Case("oracle/all modes", lambda p: agrees(p, dfl, 100, ["--programs", "25", "--size", "25", "--matrix", "1"]))
    yield Case("oracle/catches and makes small", lambda p: catches(p, dfl))

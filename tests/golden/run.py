"""Lowering, as text: NAME.dfl and, beside it, NAME.dir, its DIR as `dfl build --emit dir -O0` prints it.
fmt/ holds
NAME.dfl and, beside it, NAME.out, as `dfl fmt - < NAME.dfl` prints it. The folders ir/ and syntax/ belong to the unit tests of those names."""
import importlib.util
import os
import subprocess

from harness import ROOT, Case, fail, files, same

spec = importlib.util.spec_from_file_location("fuzz_fmt", os.path.join(ROOT, "tests", "fuzz", "fmt.py"))
fuzz_fmt = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fuzz_fmt)

STAGES = {".dir": ["--emit", "dir", "-O0"]}


def emitted(place, dfl, options, path, wanted):
    r = place.run([dfl, "build"] + options + [os.path.basename(path)], cwd=os.path.dirname(path), status=0)
    same(r.out, open(wanted, encoding="utf-8").read())


def formatted(place, dfl, path, wanted):
    """The text wanted, and the same once more."""
    want = open(wanted, encoding="utf-8").read()
    for source in (path, wanted):
        with open(source, encoding="utf-8") as file:
            r = subprocess.run([dfl, "fmt", "-"], input=file.read(), text=True, capture_output=True, timeout=20)
        same(r.stderr, "")
        same(r.stdout, want)


def in_style(place, dfl):
    place.run([dfl, "fmt", "--check", os.path.join(ROOT, "examples"), os.path.join(ROOT, "stdlib")], status=0)


def mangled(place, dfl):
    wrong = fuzz_fmt.fuzz(dfl, 1, 60)[1]
    if wrong:
        fail(wrong)


def cases(dfl):
    yield Case("golden/fmt/in_style", lambda p: in_style(p, dfl))
    yield Case("golden/fmt/mangled", lambda p: mangled(p, dfl))
    for path, name in files("golden", ".dfl"):
        out = path[:-4] + ".out"
        if os.path.exists(out):
            yield Case("golden/%s.out" % name[:-4], lambda p, f=path, w=out: formatted(p, dfl, f, w))
        for ending, options in STAGES.items():
            wanted = path[:-4] + ending
            if os.path.exists(wanted):
                yield Case("golden/%s%s" % (name[:-4], ending),
                           lambda p, o=options, f=path, w=wanted: emitted(p, dfl, o, f, w))

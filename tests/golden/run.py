"""Lowering, as text: NAME.dfl and, beside it, NAME.dir, its DIR as `dfl build --emit dir -O0` prints it.
The folders ir/ and syntax/ belong to the unit tests of those names."""
import os

from harness import Case, files, same

STAGES = {".dir": ["--emit", "dir", "-O0"]}


def emitted(place, dfl, options, path, wanted):
    r = place.run([dfl, "build"] + options + [os.path.basename(path)], cwd=os.path.dirname(path), status=0)
    same(r.out, open(wanted, encoding="utf-8").read())


def cases(dfl):
    for path, name in files("golden", ".dfl"):
        for ending, options in STAGES.items():
            wanted = path[:-4] + ending
            if os.path.exists(wanted):
                yield Case("golden/%s%s" % (name[:-4], ending),
                           lambda p, o=options, f=path, w=wanted: emitted(p, dfl, o, f, w))

"""Stages of the compiler, as text. A file and what it must become lie side by side:

    NAME.dfl + NAME.ast    the tree (--emit ast)
    NAME.dfl + NAME.dir    DIR, not optimised (--emit dir -O0)"""
import os

from harness import Case, files, same

STAGES = {".ast": ["--emit", "ast"], ".dir": ["--emit", "dir", "-O0"]}


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

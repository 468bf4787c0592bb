#!/usr/bin/env python3
"""fuzz.py DFL [--seed N] [--programs N] [--size N] [--matrix N] [--o2 N] [--seconds N] [--keep FOLDER]

Makes random programs and compares the interpreter with compiled runs: output, exit status and what is told of a failure
must be the same. Module number k, of --size programs, is made from the seed N + k. Each is formatted: what is formatted
does the same and is not changed by formatting it again. The formatted text runs

    interpreted, and compiled at -O2 on two threads (with --o2 N: every N-th module, the others at -O0)
    every --matrix N-th module: at -O0 and -O2 on one and two threads, on three nodes, and on three nodes where packets
    are lost or processes die, as the seed says

What differs is made smaller and left in --keep, with the mode in its first line; the exit status is then 1. At the end
it tells how many programs there were, what was in them, and of what kind their failures were."""
import argparse
import collections
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import files
import generate
import reduce
from vocabulary import FEATURES

NODES = ["--nodes", "3"]
FULL = [["-O0", "--threads", "1"], ["-O0", "--threads", "2"], ["-O2", "--threads", "1"], ["-O2", "--threads", "2"], ["-O2", *NODES]]


def chaos(seed):
    """What goes wrong on three nodes, as the seed says."""
    dice = random.Random(seed)
    faults = ["drop:%d%%" % dice.randint(1, 5), "dup:%d%%" % dice.randint(1, 5), "delay:%dms" % dice.randint(1, 3),
              "kill:%s=%d:tasks=%d" % (dice.choice(["node", "worker"]), dice.randint(2, 3), dice.randint(1, 60))]
    return ",".join(dice.sample(faults, dice.randint(1, 2)) + ["seed:%d" % (seed % 1000)])


def in_order(err):
    """What is told of failures, in one order: tasks that are detached have none."""
    return b"".join(sorted(re.split(rb"(?m)^(?=error: )", err)))


def told_of_failures(result):
    """A result without what is told of processes that died."""
    return *result[:2], re.sub(rb"(?m)^(?!error: |  at |  in ).*\n", b"", result[2])


class Oracle:
    """Runs programs in a scratch folder with a cache of its own."""

    def __init__(self, dfl, limit):
        self.dfl, self.limit = os.path.abspath(dfl), limit
        self.dir = tempfile.mkdtemp(prefix="dfl-fuzz-")
        self.env = dict(os.environ, DFL_CHECK="1", XDG_CACHE_HOME=os.path.join(self.dir, "cache"), TMPDIR=self.dir)

    def call(self, *args, text=None):
        try:
            r = subprocess.run([self.dfl, *args], capture_output=True, timeout=self.limit, env=self.env, cwd=self.dir, input=text)
        except subprocess.TimeoutExpired as e:
            return "no end in %d s" % self.limit, e.stdout or b"", b""
        return r.returncode, r.stdout, r.stderr

    def write(self, text):
        for name, part in files.files(text).items():
            with open(os.path.join(self.dir, name), "w", encoding="utf-8") as f:
                f.write(part)

    def refused(self, text):
        """Lines that the checker refuses: (file, number, code)."""
        self.write(text)
        status, out, err = self.call("check", "m.dfl")
        told = re.findall(r"^(\w+\.dfl):(\d+):\d+: error\[(E\d+)\]", (out + err).decode("utf-8", "replace"), re.M)
        if status != 0 and not told:
            told = [("m.dfl", "0", "crash %s" % status)]
        return [(name, int(line), code) for name, line, code in told]

    def formatted(self, text):
        def one(part):
            status, out, err = self.call("fmt", "-", text=part.encode())
            return out.decode("utf-8") if status == 0 else None
        return files.each(text, one)

    def run(self, text, options):
        self.write(text)
        status, out, err = self.call("run", "-q", *options, "m.dfl")
        return status, out, in_order(err)

    def forget(self):
        shutil.rmtree(self.env["XDG_CACHE_HOME"], ignore_errors=True)

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


def without_lines(result):
    """A result of a run, without numbers of lines: formatting changes them."""
    out, err = (re.sub(rb"@\d+|\.dfl:\d+(:\d+)?", b"", r) for r in result[1:])
    return result[0], out, in_order(err)


def accepted(oracle, module, counts):
    """The module without the programs that the checker refuses: the generator does not know all of its rules."""
    while True:
        text = module.text()
        wrong = oracle.refused(text)
        if not wrong:
            return module, text
        where, bad = {name: part.split("\n") for name, part in files.files(text).items()}, []
        for name, line, code in wrong:
            owner = next((m[1] for l in reversed(where[name][:line]) for m in [re.match(r"(?:pub )?(?:io task|task|fn) (?:run|p)(\d+)", l)] if m), None)
            counts["refused " + code] += 1
            bad += [p for p in module.programs if owner and p.number == int(owner)]
        if not bad:
            return None, text
        module = module.without(bad)


def difference(oracle, text, modes, first=None):
    """The first of the modes in which a program differs from the interpreter, or None."""
    want = first or oracle.run(text, ["--interp"])
    for m in modes:
        got = oracle.run(text, m)
        if (told_of_failures(got) != told_of_failures(want)) if "--chaos" in m else got != want:
            return m
    return None


def kept(oracle, module, mode, path, seconds):
    """Leaves the module in which `mode` differs at `path`, as small as it gets in `seconds`."""
    def differs(text):
        if "io task main(" not in text:
            return False
        if mode == ["fmt"]:
            return not oracle.refused(text) and not same_formatted(oracle, text)[0]
        return not oracle.refused(text) and difference(oracle, text, [mode]) is not None
    text = reduce.smallest(module, differs, seconds)
    with open(path, "w", encoding="utf-8") as f:
        f.write("// differs: %s\n%s" % (" ".join(mode), files.shown(text)))


def same_formatted(oracle, text):
    """(does formatting keep what it should, the formatted text)"""
    new = oracle.formatted(text)
    if new is None or oracle.formatted(new) != new:
        return False, text
    return without_lines(oracle.run(text, ["--interp"])) == without_lines(oracle.run(new, ["--interp"])), new


def features(module, counts):
    for p in module.programs:
        text = p.text()
        for name, what in FEATURES:
            if re.search(what, text, re.M):
                counts[name] += 1


def told(title, counts):
    print("%s: %s" % (title, ", ".join("%s %d" % (k, n) for k, n in sorted(counts.items(), key=lambda c: -c[1])) or "none"))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("dfl")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--programs", type=int, default=10000)
    ap.add_argument("--size", type=int, default=100, help="programs to a module")
    ap.add_argument("--matrix", type=int, default=10, help="every N-th module in all modes; 1: all, 0: none")
    ap.add_argument("--o2", type=int, default=1, help="every N-th module at -O2, the others at -O0")
    ap.add_argument("--seconds", type=float, default=1e9, help="begin no module after so long")
    ap.add_argument("--limit", type=int, default=300, help="seconds for one run")
    ap.add_argument("--reduce", type=int, default=300, help="seconds for making one program smaller")
    ap.add_argument("--keep", default=".", help="folder for what differs")
    ap.add_argument("-v", action="store_true", help="a line for each module")
    a = ap.parse_args()
    os.makedirs(a.keep, exist_ok=True)
    oracle, start = Oracle(a.dfl, a.limit), time.time()
    made, refused, places, kinds = (collections.Counter() for _ in range(4))
    programs = full = differ = modules = 0
    print("fuzz: seed %d" % a.seed, flush=True)
    try:
        while modules * a.size < a.programs and time.time() - start < a.seconds:
            seed = a.seed + modules
            modules += 1
            module, text = accepted(oracle, generate.module(seed, a.size, places), refused)
            path = os.path.join(a.keep, "fuzz-%d.dfl" % seed)
            if module is None:
                differ += 1
                with open(path, "w", encoding="utf-8") as f:
                    f.write(files.shown(text))
                print("%s: refused as a whole" % path, flush=True)
                continue
            programs += len(module.programs)
            features(module, made)
            good, new = same_formatted(oracle, text)
            matrix = a.matrix and seed % a.matrix == 0
            full += len(module.programs) if matrix else 0
            want = oracle.run(new, ["--interp"])
            kinds.update(k.decode() for k in re.findall(rb"(?m)^\d+ (\w+)@", want[1]))
            modes = FULL + [["-O2", *NODES, "--chaos", chaos(seed)]] if matrix else [["-O0" if seed % a.o2 else "-O2", "--threads", "2"]]
            mode = difference(oracle, new, modes, want) if good else ["fmt"]
            if mode:
                differ += 1
                with open(path + ".whole", "w", encoding="utf-8") as f:
                    f.write(files.shown(new))
                print("%s: %s differs from the interpreter" % (path, " ".join(mode)), flush=True)
                kept(oracle, module, mode, path, a.reduce)
            oracle.forget()
            if a.v:
                print("seed %d: %d programs so far, %.0f s" % (seed, programs, time.time() - start), flush=True)
    except KeyboardInterrupt:
        pass
    finally:
        oracle.close()
    told("in so many programs", made)
    told("spawns made", places)
    told("failures", kinds)
    told("refused", refused)
    print("%d programs in %d modules, %d in all modes, %d modules differ" % (programs, modules, full, differ))
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())

"""Builds dfl, plain and with sanitizers, collects the cases of every suite, and runs them."""
import argparse
import os
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import acceptance.run
import cli.run
import cluster.run
import deep
import docs
import explain
import golden.run
import grammar
import graph.run
import install
import lang.run
import native
import oracle
from harness import ROOT, Case, Run, say

SANITIZERS = {"asan": "address", "tsan": "thread"}


def build(folder, options, jobs):
    """Configures and builds `folder`. True if that went well; what was said is shown if not."""
    say("building " + os.path.relpath(folder, ROOT))
    os.makedirs(folder, exist_ok=True)
    log = os.path.join(folder, ".log")
    with open(log, "w") as out:
        first = [[os.path.join(ROOT, "dflw"), "--version"]] if not options else []
        for cmd in (*first, ["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", "-DDFL_TESTS=ON"] + options,
                    ["ninja", "-C", folder, "-j", str(jobs), "all", "check-programs"]):
            if subprocess.run(cmd, stdout=out, stderr=subprocess.STDOUT).returncode != 0:
                break
        else:
            return True
    sys.stderr.write(open(log, errors="replace").read()[-6000:])
    return False


def hear_signals():
    """A signal that is ignored, as by nohup, stays so in all that is started; a handler does not."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def main():
    hear_signals()
    ap = argparse.ArgumentParser(prog="tests/run", description=__doc__)
    ap.add_argument("-k", metavar="FILTER", default="", help="only cases whose name contains FILTER")
    ap.add_argument("-j", metavar="N", type=int, default=os.cpu_count() or 2, help="cases side by side")
    ap.add_argument("-v", action="store_true", help="print every case with its time")
    ap.add_argument("-l", action="store_true", help="list the cases and run nothing")
    ap.add_argument("--no-sanitizers", action="store_true", help="leave out the builds with sanitizers")
    a = ap.parse_args()

    build_dir = os.path.join(ROOT, "build")
    dfl = os.path.join(build_dir, "dfl")
    run = Run(a.j, a.v)
    built = [("build", build_dir, [])]
    if not a.no_sanitizers:
        for name, kind in SANITIZERS.items():
            built.append((name, os.path.join(build_dir, name),
                          ["-DCMAKE_C_COMPILER=clang-19", "-DDFL_SANITIZE=" + kind]))
    try:
        ready = set()
        for name, folder, options in built:
            if a.l or build(folder, options, a.j):
                ready.add(name)
            else:
                run.failed += 1
                print("FAIL build %s" % name, flush=True)
        cases = []
        if "build" in ready:
            cases += native.cases(build_dir, "")
            for suite in (golden.run, graph.run, lang.run, acceptance.run, cli.run, cluster.run, docs, grammar, explain, deep, oracle):
                cases += list(suite.cases(dfl))
            cases += list(install.cases(build_dir))
        for name in SANITIZERS:
            if name in ready:
                cases += native.cases(os.path.join(build_dir, name), name + " ")
                cases += native.language(os.path.join(build_dir, name), name + " ")
        cases = [c for c in cases if a.k in c.name]
        if a.l:
            for c in cases:
                print(c.name)
            return 0
        say("running %d cases" % len(cases))
        run.all(cases)
        print("%d passed, %d failed" % (run.passed, run.failed), flush=True)
        return 1 if run.failed else 0
    finally:
        run.close()


sys.exit(main())

#!/usr/bin/env python3
"""Programs on several nodes: what one thread prints, also when processes die and packets get lost.

    cluster/run.py --long N SEED [FILTER [DFL]]
        N runs of programs of the tests at random, each with faults of its own: kills asked for by
        DFL_CHAOS or sent from outside, drops, doubles, delays. Tells how to repeat what failed."""
import os
import random
import signal
import subprocess
import sys
import time
import uuid

if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from cluster import attributes, ends, parts, placement
from harness import ROOT, Case, Failure, Place, fail, files, header, same

EXAMPLES = [("fib.dfl", "24"), ("montecarlo.dfl", "300000"), ("mandelbrot.dfl", "120 {tmp}/out.pgm"),
            ("pipeline.dfl", "9 20000"), ("tree.dfl", "12"),
            ("wordcount.dfl", "--top 5 README.md CHANGELOG.md LANGUAGE.md")]

# Those of lang/ok that spawn, wait or fail in ways of their own.
CHOSEN = """await_arrays counts_sharing deep_task deep_value delegate early_return edges edges_fail
error_parts fail_bounds fail_key fail_message failing_releases futures_as_values generics grids
io_edges io_nested io_tasks main_err main_status maps mergesort nested_functions_io nqueens order
par_for par_reduce property_tests report_chain results spawn_await spawn_places stack_report stdin_lines
task_wide tasks_mixed trace_is_pure try_kinds unawaited values_while_changing wordcount cancel_travel""".split()


class Program:
    def __init__(self, path, args, stdin="", steady=True):
        self.path, self.args, self.stdin = path, args, stdin
        self.steady = steady  # a kill must not show
        self.name = os.path.relpath(path, ROOT)

    def command(self, dfl, place, options):
        args = self.args.replace("{tmp}", place.work).split()
        return [dfl, "run", *options, os.path.basename(self.path)] + args


def headed(folder, name):
    path = os.path.join(ROOT, "tests", folder, name)
    h = header(path)
    if h.get("verb", ["run"]) != ["run"] or "runs" in h:
        return []
    stdin = "".join(line + "\n" for line in h.get("stdin", []))
    return [Program(path, " ".join(h.get("args", [])), stdin, "chaos" not in h)]


def programs():
    found = []
    for name, args in EXAMPLES:
        found.append(Program(os.path.join(ROOT, "examples", name), args))
    found.append(Program(os.path.join(ROOT, "tests", "lang", "ok", "futures_travel.dfl"), "300 8"))
    found.append(Program(os.path.join(ROOT, "tests", "lang", "ok", "large_chains.dfl"), "6 5 300000"))
    found.append(Program(os.path.join(ROOT, "tests", "lang", "ok", "large_parts.dfl"), "3 300000 2000"))
    found.append(Program(os.path.join(ROOT, "tests", "lang", "ok", "attributes_travel.dfl"), "20"))
    with open(os.path.join(ROOT, "tests", "acceptance", "in-scope"), encoding="utf-8") as f:
        for line in f:
            if line.startswith("ok/"):
                found += headed("acceptance", line.strip())
    for name in CHOSEN:
        found += headed("lang/ok", name + ".dfl")
    return found


# ---- one run -------------------------------------------------------------------------------------


def environment(place, mark, more):
    return dict(place.env, **{parts.MARK: mark}, **more)


def end_all(mark):
    """What each process of a run that does not end was doing; then they are ended."""
    told = ""
    for part, pid in sorted(parts.of(mark).items()):
        told += "%s, %d\n" % (parts.name(part), pid)
        for task in sorted(os.listdir("/proc/%d/task" % pid)):
            told += "  " + open("/proc/%d/task/%s/comm" % (pid, task)).read().strip() + ": " + \
                open("/proc/%d/task/%s/wchan" % (pid, task)).read() + "\n"
    if os.environ.get("CLUSTER_GDB"):
        for pid in parts.of(mark).values():
            r = subprocess.run(["gdb", "-p", str(pid), "-batch", "-ex", "thread apply all bt 12"],
                               capture_output=True, text=True)
            told += r.stdout
    for pid in parts.of(mark).values():
        os.kill(pid, signal.SIGKILL)
    return told


def run(place, cmd, cwd, stdin, more, strike=None, timeout=120):
    """(status, output, errors) of a run; `strike(mark)` is called once it has begun."""
    mark = uuid.uuid4().hex
    p = subprocess.Popen(cmd, cwd=cwd, env=environment(place, mark, more), stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if strike:
        strike(mark)
    try:
        out, err = p.communicate(stdin.encode("utf-8", "surrogateescape"), timeout)
    except subprocess.TimeoutExpired:
        told = end_all(mark)
        p.communicate()
        fail("no end in %g s\n%s" % (timeout, told))
    left = parts.left(mark)
    if left:
        fail("left behind: " + left)
    return p.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


alone = {}  # what each program does on one thread


def written(place):
    """{name: bytes} of what a program wrote to its folder."""
    found = {}
    for at, _, names in os.walk(place.work):
        for name in names:
            with open(os.path.join(at, name), "rb") as f:
                found[os.path.relpath(f.name, place.work)] = f.read()
    return found


def outcome(place, dfl, program, options, more, strike=None):
    """All that a user sees of a run: status, output, errors, files. The scratch folder is called {tmp}."""
    status, out, err = run(place, program.command(dfl, place, options), os.path.dirname(program.path),
                           program.stdin, more, strike)
    return status, out.replace(place.work, "{tmp}"), err.replace(place.work, "{tmp}"), written(place)


def agrees(place, dfl, program, more, strike=None):
    """On three nodes the program does what it does on one thread."""
    if program.name not in alone:
        alone[program.name] = outcome(place, dfl, program, ["--threads", "1"], {})
    wanted = alone[program.name]
    got = outcome(place, dfl, program, ["--nodes", "3"], more, strike)
    if got[0] != wanted[0]:
        fail("exit %d, wanted %d\n%s" % (got[0], wanted[0], got[2][-1500:]))
    same(got[1], wanted[1])
    same(got[2], wanted[2], "standard error")
    if got[3] != wanted[3]:
        fail("other files were written: %s, wanted %s" % (sorted(got[3]), sorted(wanted[3])))


# ---- faults --------------------------------------------------------------------------------------


def kill_word(dice):
    victim = dice.choice(["node=2", "node=3", "worker=2", "worker=3"])
    moment = dice.choice(["tasks=%d" % dice.choice([1, 1, 2, 3, 5, 10, 50, 300]),
                          "ms=%d" % dice.choice([0, dice.randint(0, 20), dice.randint(0, 120)])])
    return "kill:%s:%s" % (victim, moment)


def network(dice):
    return "drop:%d%%,dup:%d%%,delay:%dms" % (dice.randint(0, 3), dice.randint(0, 3), dice.randint(0, 2))


def faults(dice):
    """What DFL_CHAOS is to be: kills, a bad network, or both."""
    words = [kill_word(dice) for _ in range(dice.choice([1, 1, 2, 3]))]
    if dice.random() < 0.3:
        words.append(network(dice))
    return ",".join(words + ["seed:%d" % dice.randint(0, 999999)])


def striker(dice, told):
    """Kills a process of the run from outside at a moment of the dice's; tells whom."""
    after, pick = dice.random() ** 2 * 0.15, dice.random()

    def strike(mark):
        time.sleep(after)
        found = sorted(p for p in parts.of(mark).items() if p[0] not in (parts.HEAD, parts.ROOT))
        if found:
            part, pid = found[int(pick * len(found))]
            told.append("%s after %.1f ms" % (parts.name(part), after * 1000))
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    return strike


# ---- the suite -----------------------------------------------------------------------------------


def cases(dfl):
    for program in programs():
        dice = random.Random(program.name)
        settings = [("nodes", ""), ("kill", kill_word(dice)),
                    ("network", "drop:1%,dup:1%,delay:1ms,seed:7")]
        for name, chaos in settings:
            if name == "kill" and not program.steady:
                continue
            yield Case("cluster/%s [%s]" % (program.name, name),
                       lambda p, g=program, c=chaos: agrees(p, dfl, g, {"DFL_CHAOS": c}))
    yield from ends.cases(dfl)
    yield from attributes.cases(dfl)
    yield from placement.cases(dfl)


# ---- the campaign --------------------------------------------------------------------------------


def once(dfl, root, caches, seed, chosen):
    """One run from its seed. What to tell if it failed, else ''."""
    dice = random.Random(seed)
    program = dice.choice(chosen)
    place, told = Place(root, caches), []
    outside = dice.random() < 0.4
    more = {"DFL_CHAOS": network(dice) if outside and dice.random() < 0.3 else "" if outside else faults(dice),
            "DFL_THREADS": str(dice.choice([1, 1, 2]))}
    try:
        try:
            agrees(place, dfl, program, more, striker(dice, told) if outside else None)
        finally:
            place.close()
        return ""
    except Failure as e:
        kills = " kill -9 of %s" % told[0] if told else ""
        return "seed %d: %s, %s%s\n%s" % (seed, program.name, more, kills, e)


def campaign(dfl, count, seed, name):
    import tempfile
    failed = 0
    chosen = [p for p in programs() if p.steady and name in p.name]
    with tempfile.TemporaryDirectory(prefix="dfl-cluster-") as root:
        caches = os.path.join(root, "cache")
        os.mkdir(caches)
        for i in range(seed, seed + count):
            wrong = once(dfl, root, caches, i, chosen)
            if wrong:
                failed += 1
                print(wrong, flush=True)
            if (i - seed) % 100 == 99:
                print("%d runs, %d failed" % (i - seed + 1, failed), flush=True)
    print("%d passed, %d failed" % (count - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    if not 4 <= len(sys.argv) <= 6 or sys.argv[1] != "--long":
        sys.exit(__doc__)
    count, seed, name, dfl = sys.argv[2:] + ["", os.path.join(ROOT, "build", "dfl")][len(sys.argv) - 4:]
    sys.exit(campaign(os.path.abspath(dfl), int(count), int(seed), name))

"""Benchmarks of what goes from process to process: the store and the wire alone, then whole runs on
several nodes, beside nng with the same bytes and, if they can be installed, Ray and Dask.

In runs on nodes only what ran elsewhere counts: the table of DFL_STATS tells how much that was, and
a run in which it was not all is none."""
import os
import re
import shutil
import statistics
import subprocess

import measure
from measure import HERE, ROOT, Bench, build, die, output, ratio, timed, wall

# ---- the store and the wire without tasks --------------------------------------------------------


def link_with_runtime(tmp, name):
    exe = os.path.join(tmp, name)
    output(["cc", "-O2", "-D_GNU_SOURCE", "-I", os.path.join(ROOT, "runtime"), "-o", exe,
            os.path.join(HERE, name + ".c"), os.path.join(ROOT, "build", "lib", "dfl", "libdfl.a"),
            "-lm", "-lpthread", "-ldl"])
    return exe


def compile_nng(tmp):
    """nng alone, or None."""
    exe = os.path.join(tmp, "nng")
    r = subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", os.path.join(HERE, "peers", "nng.c"), "-lnng",
                        "-lpthread", "-o", exe], capture_output=True, text=True)
    return exe if r.returncode == 0 else None


def skip_nng(b):
    b.skip("nng alone", "it cannot be linked: install libnng-dev")


def bench_store(tmp, a):
    """The memory that the processes of a node share, without the processes."""
    exe, size = link_with_runtime(tmp, "store"), 64 << 20 if not a.quick else 1 << 20
    b = Bench("store: put %d MiB" % (size >> 20), per=10)
    b.add("memcpy to warm memory", timed([exe, "memcpy", str(size), "10"]))
    b.add("put", timed([exe, "put", str(size), "10"]))
    rows = b.measure(a.rounds)[0]
    gets = Bench("store: get, %d MiB and 64 KiB" % (size >> 20), per=100000)
    gets.add("large", timed([exe, "get", str(size), "100000"]))
    gets.add("small", timed([exe, "get", "65536", "100000"]))
    return rows + gets.measure(a.rounds)[0]


def beside_nng(tmp, a, title, per, kinds, what):
    """A table with a line for each of `kinds` (name, arguments, nng's), each beside nng alone;
    `what` puts the seconds of one into words."""
    wire, nng = link_with_runtime(tmp, "wire"), compile_nng(tmp)
    b = Bench(title, per=per)
    for name, ours, theirs in kinds:
        b.add("dfl's wire, " + name, timed([wire] + ours))
        if nng:
            b.add("nng alone, " + name, timed([nng] + theirs))
    if not nng:
        skip_nng(b)
    rows, times = b.measure(a.rounds, str(per))
    for name, _, _ in kinds:
        ours, nngs = times["dfl's wire, " + name], times.get("nng alone, " + name)
        print("  %s: %s%s" % (name, what(statistics.median(ours)), nngs and
              "; %.2f times the time of nng alone" % ratio(ours, nngs) or ""))
    return rows


def bench_push(tmp, a):
    rows = 4096000 if not a.quick else 102400
    kinds = [("%s, %d under way" % (kind, 16 * batch),
              ["push", kind, str(rows), str(16 * batch)], ["push", kind, str(rows), str(batch)])
             for kind in ("ipc", "tcp") for batch in (64, 1024)]
    return beside_nng(tmp, a, "push: rows of 64 bytes to another process, 32 back", rows, kinds,
                      lambda t: "%.1f million rows a second" % (1 / t / 1e6))


def bench_rtt(tmp, a):
    rounds = 20000 if not a.quick else 1000
    kinds = [(kind, ["rtt", kind, str(rounds)], ["rtt", kind, str(rounds)]) for kind in ("ipc", "tcp")]
    return beside_nng(tmp, a, "rtt: a row to another process and its answer, one at a time", rounds, kinds,
                      lambda t: "%.1f us a round" % (t * 1e6))


# ---- runs on nodes -------------------------------------------------------------------------------

KINDS = {"ipc": {}, "tcp": {"DFL_TCP": "1"}}


def counted(table):
    """{row: counts of the nodes, and their sum} of the table of DFL_STATS."""
    rows = re.findall(r"^  (\S[^\n]*?)((?: +\d+)+)$", table, re.M)
    return {name: [int(n) for n in numbers.split()] for name, numbers in rows}


def on_nodes(cmd, nodes, env):
    """(result, seconds, counts, what was said) of a run with a thread for each node."""
    r = measure.run(cmd, env=dict(os.environ, DFL_NODES=str(nodes), DFL_THREADS="1", DFL_STATS="1", **env))
    words = r.stdout.split()
    return words[0], float(words[-1]), counted(r.stderr), r.stderr


def held(exe, n, env):
    """A program of N tasks that holds its own thread until all are back: longer if need be."""
    def run():
        for ms in (500, 2000, 8000):
            result, seconds, counts, _ = on_nodes([exe, str(n), str(ms)], 2, env)
            if counts["results of these"][0] >= n:
                return result, seconds
        die("%s: only %d of %d tasks ran on the other node" % (exe, counts["results of these"][0], n))
    return run


def bytes_each(exe, n):
    """What a task and its result are on the wire."""
    counts = on_nodes([exe, str(n), "500"], 2, {})[2]
    return [round(counts["bytes sent"][i] / n) for i in range(2)]


def told(times, ours, theirs, what):
    """A line on each kind of transport: dfl's column, and how it compares."""
    for kind in KINDS:
        mine, other = times[ours + ", " + kind], times.get(theirs + ", " + kind)
        print("  %s: %s%s" % (kind, what(statistics.median(mine)),
                              other and "; %.2f times the time of %s" % (ratio(mine, other), theirs) or ""))


def bench_remote(tmp, a):
    n = 300000 if not a.quick else 5000
    exe, nng = build(tmp, "remote"), compile_nng(tmp)
    task, result = bytes_each(exe, n)
    b = Bench("remote: tasks that do nothing, pipelined to another process (%d bytes, %d back)" % (task, result), per=n)
    for kind, env in KINDS.items():
        b.add("dfl, " + kind, held(exe, n, env))
        if nng:
            sent = -(-n // 1024) * 1024
            b.add("nng alone, " + kind,
                  timed([nng, "push", kind, str(n), "1024", str(task), str(result)]), per=sent)
    if not nng:
        skip_nng(b)
    add_peers(b, a, "many", 2000)
    rows, times = b.measure(a.rounds)
    told(times, "dfl", "nng alone", lambda t: "%.2f million tasks a second" % (1 / t / 1e6))
    return rows


def bench_lone(tmp, a):
    n, wakes = (2000, 20000) if not a.quick else (200, 1000)
    exe, nng = build(tmp, "lone"), compile_nng(tmp)
    b = Bench("lone: a task to another process and its result, one at a time", per=n - 1)
    for kind, env in KINDS.items():
        b.add("dfl, " + kind, held(exe, n, env))
        if nng:
            b.add("nng alone, " + kind, timed([nng, "rtt", kind, str(n)]), per=n)
    if nng:
        b.add("waking a thread", timed([nng, "wake", str(wakes)]), per=wakes)
    else:
        skip_nng(b)
    add_peers(b, a, "lone", 200)
    rows, times = b.measure(a.rounds)
    for kind in KINDS if nng else ():
        sums = [x + y for x, y in zip(times["nng alone, " + kind], times["waking a thread"])]
        print("  %s: %.1f us, %.2f times nng's round trip and one wake-up" %
              (kind, statistics.median(times["dfl, " + kind]) * 1e6, ratio(times["dfl, " + kind], sums)))
    return rows


def fetched(exe, n, size, env):
    """Arrays from the other node; the first few, for which the stores grow, may be made at home."""
    def run():
        result, seconds, counts, _ = on_nodes([exe, str(n), str(size)], 2, env)
        back = counts["results of these"][0]
        if back < 2 * n // 3:
            die("%s: only %d of %d arrays came from the other node" % (exe, back, n))
        return result, seconds
    return run


def bench_transfer(tmp, a):
    n, size = (15, 64 << 20) if not a.quick else (5, 32 << 20)
    nng, exe, get = compile_nng(tmp), build(tmp, "transfer"), build(tmp, "get")
    b = Bench("transfer: an array of %d MiB from another node" % (size >> 20), per=1)
    for kind, env in KINDS.items():
        b.add("dfl, " + kind, fetched(exe, n, size, env))
        if nng:
            b.add("nng alone, " + kind, timed([nng, "bulk", kind, str(size), "10"]), per=10)
    if not nng:
        skip_nng(b)
    rows, times = b.measure(a.rounds)
    told(times, "dfl", "nng alone", lambda t: "%.1f ms, %.1f GB a second" % (t * 1e3, size / t / 1e9))
    gets = Bench("transfer: an array of %d MiB to a task of its own node" % (size >> 20), per=100000)
    gets.add("dfl", timed([get, "100000", str(size)], {"DFL_NODES": "2", "DFL_THREADS": "1"}))
    return rows + gets.measure(a.rounds, "0")[0] + bench_store(tmp, a)


def chained(exe, n, ms, env, wanted=lambda said: True):
    def run():
        for _ in range(5):
            result, seconds, _, said = on_nodes([exe, str(n), str(ms)], 3, env)
            if result != str(2 * n):
                die("%s: %s tasks, not %d" % (exe, result, 2 * n))
            if wanted(said):
                return result, seconds
        die("%s: in five runs no chain met its fault:\n%s" % (exe, said))
    return run


def bench_chain(tmp, a):
    n, ms = (100, 50) if not a.quick else (20, 5)
    exe = build(tmp, "chain")
    # Whichever node has the chain; the other gets fewer than so many afterwards.
    kill = ",".join("kill:node=%d:tasks=%d" % (node, n // 2 + 2) for node in (2, 3))
    b = Bench("chain: two of %d tasks of %d ms, 3 nodes; the least possible is %d ms" % (n, ms, n * ms))
    b.add("undisturbed", chained(exe, n, ms, {}))
    b.add("its node killed half-way",
          chained(exe, n, ms, {"DFL_CHAOS": kill}, lambda said: len(re.findall(r"node \d died", said)) == 1))
    return b.measure(a.rounds)[0]


def bench_hello3(tmp, a):
    exe = build(tmp, "hello")
    b = Bench("hello3: start to end of hello")
    b.add("1 node", lambda: wall([exe]))
    b.add("3 nodes", lambda: wall([exe], env=dict(os.environ, DFL_NODES="3")))
    return b.measure(max(a.rounds, 10), "hello\n")[0]


# ---- Ray and Dask --------------------------------------------------------------------------------

PEERS = {"Ray": "ray", "Dask": "dask[distributed]"}
PYTHONS = ("python3", "python3.13", "python3.12", "python3.11", "python3.10")


def make_environment(python, place, package):
    """'' or why it cannot be had."""
    for cmd in ([python, "-m", "venv", place],
                [os.path.join(place, "bin", "python"), "-m", "pip", "install", "--quiet",
                 "--disable-pip-version-check", package]):
        r = subprocess.run(cmd, capture_output=True, text=True)
        if r.returncode != 0:
            return ((r.stderr or r.stdout).strip().splitlines() or ["%s failed" % cmd[0]])[-1]
    return ""


def peer_python(name):
    """(the python of an environment that has this peer, '') or (None, why): made once, kept in build/."""
    place = os.path.join(ROOT, "build", "bench-" + name.lower())
    python, why = os.path.join(place, "bin", "python"), "there is no python3"
    if os.path.exists(os.path.join(place, "complete")):
        return python, ""
    for candidate in filter(shutil.which, PYTHONS):
        shutil.rmtree(place, ignore_errors=True)
        why = make_environment(candidate, place, PEERS[name])
        if not why:
            open(os.path.join(place, "complete"), "w").close()
            return python, ""
    shutil.rmtree(place, ignore_errors=True)
    return None, why


def add_peers(b, a, what, n):
    """Ray and Dask, each with one worker process, do N tasks by `what`."""
    for name in PEERS:
        python, why = (None, "--quick") if a.quick else peer_python(name)
        if not python:
            b.skip(name, why)
            continue
        cmd = [python, os.path.join(HERE, "peers", "tasks.py"), name.lower()]
        b.add(name, timed(cmd + [what, str(n)]), per=n)
        b.note("%s %s" % (name, output(cmd).strip()))


BENCHES = {"store": bench_store, "push": bench_push, "rtt": bench_rtt, "remote": bench_remote, "lone": bench_lone,
           "transfer": bench_transfer, "chain": bench_chain, "hello3": bench_hello3}

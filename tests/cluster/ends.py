"""How runs on several nodes begin wrongly and end early: bad input, too little of everything, processes
that are stopped or killed, signals, strangers. Each: what the user is told, the status, nothing left."""
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import time
import uuid

from cluster import parts
from harness import Case, fail, same, wants

HELLO = 'io task main(args: [str]) -> int! {\n  print("hello {args}")\n  args.len\n}\n'
# Says when it has begun, then keeps three nodes busy for a while, in rounds.
WORK = """import io
task burn(seed: int) -> int {
  var x = seed
  for _ in 0..2_000_000 { x = (x * 1103515245 + 12345) & 0x7fffffff }
  x
}
io task main(args: [str]) -> int! {
  print("started")
  io.sleep(1ms)
  var sum = 0
  for _ in 0..args[0].parse_int()? { sum += (await [spawn burn(i) for i in 0..12]).sum() }
  print("sum {sum}")
  3
}
"""
ENDLESS = """task one(i: int) -> int { i }
io task main(args: [str]) {
  var i = 0
  while true {
    print("{await spawn one(i)}")
    i += 1
  }
}
"""
FAILS = """fn deeper(n: int) -> int { 1 + deeper(n + 1) }
task burn(seed: int, bad: int, how: int) -> int {
  var x = seed
  for _ in 0..2_000_000 { x = (x * 1103515245 + 12345) & 0x7fffffff }
  if seed != bad { return x }
  let empty: [int] = []
  if how == 0 { return 9_000_000_000_000_000_000 * (x | 4) }
  if how == 1 { return empty[seed] }
  if how == 2 { fail "task {seed} gives up" }
  if how == 3 { return deeper(0) }
  await spawn burn(seed, seed, how - 4)
}
io task main(args: [str]) -> int! {
  let bad = args[0].parse_int()?
  let how = args[1].parse_int()?
  let all = [spawn burn(i, bad, how) for i in 0..12]
  print("{(await all).sum()}")
  0
}
"""
STEPS = """import time
@no(grain) @no(elide)
task big(n: int) -> [int] { [i + n for i in 0..1_000_000] }
@no(grain) @no(elide)
task step(xs: [int]) -> [int] { [x + 1 for x in xs] }
@no(grain) @no(elide)
task total(xs: [int]) -> int { xs.sum() }
io task main(args: [str]) {
  var ends: [future int] = []
  for n in 0..2 {
    var f = spawn big(n - 19)
    for _ in 0..20 { f = spawn step(f) }
    ends.push(spawn total(f))
  }
  time.spin(1500ms)
  print("{await ends}")
}
"""
JOINS = """import time
@no(grain) @no(elide)
task big(n: int) -> [int] { [i + n for i in 0..500_000] }
@no(grain) @no(elide)
task merge(xs: [int], ys: [int]) -> [int] { [xs[i] + ys[i] for i in 0..xs.len] }
@no(grain) @no(elide)
task text(n: int) -> str { ["añb" for _ in 0..400_000 + n].join("") }
@no(grain) @no(elide)
task both(a: str, b: str) -> [[str]] { [[a], [b, a], ["x" for _ in 0..1_000_000]] }
@no(grain) @no(elide)
task total(xs: [int], ys: [int], parts: [[str]]) -> int { xs.sum() + ys.sum() + parts[1][0].len + parts[2].len }
io task main(args: [str]) {
  time.spin(150ms) // all nodes are there
  var ends: [future int] = []
  for n in 0..2 {
    let a = spawn big(n)
    let b = spawn big(n + 1)
    var c = spawn merge(a, b)
    for _ in 0..4 { c = spawn merge(c, a) }
    ends.push(spawn total(c, b, spawn both(spawn text(n), spawn text(n + 1))))
  }
  time.spin(1500ms)
  print("{await ends}")
}
"""
TOLD = """import time
@no(grain) @no(elide)
task big(n: int) -> [int] {
  time.spin(100ms)
  [i + n for i in 0..500_000]
}
@no(grain) @no(elide)
task reads(fs: [future [int]], n: int) -> int {
  var sum = n
  for f in fs { sum += (await f)[n] }
  sum
}
io task main(args: [str]) {
  time.spin(150ms) // all nodes are there
  let fs = [spawn big(i) for i in 0..2]
  time.spin(30ms) // others run them
  let all = [spawn reads(fs, i) for i in 0..6]
  time.spin(500ms)
  print("{await all}")
}
"""
TESTS = 'task two() -> int { 2 }\ntest "one" { expect await spawn two() == 2 }\n'

# While tasks of a priority keep the root's thread busy, others go where they are given their futures.
BORROW = """@wrap
fn burn(k: int) -> int {
  var x = 1
  for _ in 0..k * 1_000_000 { x = x * 6364136223846793005 + 1442695040888963407 }
  if x == 3 { 1 } else { 0 }
}
@prio(1) @on("here")
task first(n: int) -> [int] {
  let zero = burn(150)
  fill(n + zero, LEN)
}
@prio(1) @on("here")
task endless(n: int) -> int {
  var x = n
  while x != 0 { x = (x * 5 + 1) % 7 + 1 }
  x
}
task ends(n: int, fs: [future [int]]) -> int {
  let zero = burn(5)
  var sum = n + zero
  for f in fs {
    let xs = await f
    sum += xs.len * xs[0]
  }
  sum
}
task ignores(n: int, fs: [future int]) -> int { n + fs.len + burn(15) }
io task main(args: [str]) {
  TASKS
}
"""
GIVEN = """let fs = [spawn first(i) for i in 0..2]
  print("{await [spawn ends(i, fs) for i in 0..16]}")"""
FORGOTTEN = """let fs = [spawn endless(1)]
  print("{await [spawn ignores(i, fs) for i in 0..16]}")"""

TESTS_HERE = []


def test(fn):
    TESTS_HERE.append(fn)
    return fn


class Run:
    """A run that has begun."""

    def __init__(self, place, cmd, env=None, stdin=None, **more):
        self.mark = uuid.uuid4().hex
        self.p = subprocess.Popen(cmd, cwd=place.work, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                                  env=dict(place.env, **{parts.MARK: self.mark}, **(env or {})),
                                  preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **more)

    def started(self):
        """Waits until main runs."""
        line = self.p.stdout.readline()
        if line != b"started\n":
            fail("main has not started: %r %r" % (line, self.p.stderr.read()))
        return self

    def part(self, *name):
        """The pid of a process, which may not be there yet."""
        pid = parts.until(lambda: parts.of(self.mark).get(name))
        return pid or fail("there is no " + parts.name(name))

    def end(self, status, seconds=60):
        """(output, errors) of a run that ends with this status and leaves nothing."""
        try:
            out, err = self.p.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            for pid in parts.of(self.mark).values():
                os.kill(pid, signal.SIGKILL)
            self.p.communicate()
            fail("no end in %g s" % seconds)
        left = parts.left(self.mark)
        if left:
            fail("left behind: " + left)
        if status is not None and self.p.returncode != status:
            fail("exit %d, wanted %d\n%s" % (self.p.returncode, status, err.decode()[-1500:]))
        return out.decode(), err.decode()


def built(place, dfl, text, name="program"):
    place.write(name + ".dfl", text)
    place.run([dfl, "build", name + ".dfl"], status=0)
    return os.path.join(place.work, name)


def nodes(place, program, *args, **more):
    """A built program on three nodes."""
    env = dict({"DFL_NODES": "3"}, **more.pop("env", {}))
    return Run(place, [program] + list(args), env=env, **more)


def counted(table):
    """{row: counts of the nodes, and their sum} of a table of DFL_STATS."""
    rows = re.findall(r"^  (\S[^\n]*?)((?: +\d+)+)$", table, re.M)
    return {name: [int(n) for n in numbers.split()] for name, numbers in rows}


def sum_of(place, program, rounds):
    """What WORK prints on one thread, without its first line."""
    r = place.run([program, str(rounds)], env={"DFL_THREADS": "1"}, status=3)
    return r.out.replace("started\n", "")


LEAVES = """import time
@no(grain) @no(elide)
task busy(i: int) -> int {
  time.spin(2ms)
  i
}
io task main(args: [str]) -> int! {
  let all = [spawn busy(i) for i in 0..400]
  print("{await all[0] + await all[399]}")
  0
}
"""
CHAIN = """import time
@no(grain) @no(elide)
task next(i: int) -> int { i + 1 }
io task main(args: [str]) -> int! {
  var f = spawn next(0)
  for _ in 1..50 { f = spawn next(f) }
  time.spin(500ms)
  print("{await f}")
  0
}
"""
# ---- what is asked for ---------------------------------------------------------------------------


@test
def nodes_are_a_number_from_1_to_256(p, dfl):
    p.write("a.dfl", HELLO)
    for bad in ("0", "257", "-1", "x", "", "1.5", "3x", "99999999999999999999"):
        r = p.run([dfl, "run", "--nodes", bad, "a.dfl"], status=2)
        wants(r.err, "'%s' is not a number of nodes" % re.escape(bad), "1 to 256")
        if bad:
            wants(p.run([dfl, "run", "a.dfl"], env={"DFL_NODES": bad}, status=2).err,
                  "DFL_NODES is '%s'" % re.escape(bad), "1 to 256")


@test
def one_node_is_one_process(p, dfl):
    program = built(p, dfl, WORK)
    run = Run(p, [program, "1"], env={"DFL_NODES": "1"}).started()
    if len(parts.of(run.mark)) > 1:
        fail("several processes")
    run.end(3)


@test
def the_interpreter_has_no_nodes(p, dfl):
    p.write("a.dfl", HELLO)
    for flags in (["--nodes", "3"], ["--chaos", "drop:1%"]):
        r = p.run([dfl, "run", "--interp"] + flags + ["a.dfl"], status=2)
        wants(r.err, "--interp and %s do not go together" % flags[0], "hint: ")
        same(r.out, "")


@test
def chaos_is_checked(p, dfl):
    p.write("a.dfl", HELLO)
    for words, what in (("kil:node=2:ms=1", "kil"), ("kill:node=1:ms=1", "main"), ("kill:node=4:ms=1", "no node 4"),
                        ("drop:60%", "50%"), ("delay:2s", "1s")):
        r = p.run([dfl, "run", "--nodes", "3", "--chaos", words, "a.dfl"], status=2)
        wants(r.err, "^error: --chaos or DFL_CHAOS: ", what)
    wants(p.run([dfl, "run", "--chaos", "drop:1%", "a.dfl"], status=2).err, "DFL_CHAOS: one process alone")


@test
def threads_are_of_each_node(p, dfl):
    program = built(p, dfl, WORK)
    run = nodes(p, program, "4", env={"DFL_THREADS": "3"}).started()
    folder = "/proc/%d/task" % run.part(2, 1)

    def threads():  # without nng's
        return [n for n in os.listdir(folder) if open("%s/%s/comm" % (folder, n)).read() == "program\n"]

    if not parts.until(lambda: len(threads()) == 4):  # its workers and the one that talks
        fail("%d threads" % len(threads()))
    run.end(3)


@test
def what_is_built_takes_dfl_nodes(p, dfl):
    program = built(p, dfl, HELLO)
    same(nodes(p, program, "a", "b").end(2), ('hello ["a", "b"]\n', ""))


@test
def tests_run_in_one_process(p, dfl):
    p.write("a.dfl", TESTS)
    wants(p.run([dfl, "test", "a.dfl"], env={"DFL_NODES": "3"}, status=0).out, "^ok one$")
    wants(p.run([dfl, "test", "--nodes", "3", "a.dfl"], status=2).err, "no option '--nodes'")


@test
def the_streams_are_those_of_main(p, dfl):
    program = built(p, dfl, 'import io\ntask twice(s: str) -> str { s + s }\n'
                    'io task main(args: [str]) -> int! {\n  let all = io.stdin()?\n  io.eprint("{all.len}")\n'
                    '  for line in await [spawn twice(l) for l in all.lines()] { print(line) }\n  0\n}\n')
    lines = ["%d" % (i * 7919) for i in range(5000)]
    text = "".join(line + "\n" for line in lines)
    run = nodes(p, program, stdin=subprocess.PIPE)
    run.p.stdin.write(text.encode())
    run.p.stdin.close()
    run.p.stdin = None
    same(run.end(0), ("".join(line + line + "\n" for line in lines), "%d\n" % len(text)))


@test
def the_status_is_that_of_main(p, dfl):
    program = built(p, dfl, 'io task main(args: [str]) -> int! {\n'
                    '  if args.len == 2 { fail "no" }\n  args[0].parse_int()?\n}\n')
    for args in (["0"], ["1"], ["2"], ["70"], ["255"], ["256"], ["-1"], ["x"], ["x", "y"]):
        alone = p.run([program] + args)
        same(nodes(p, program, *args).end(alone.status), (alone.out, alone.err))


@test
def nothing_is_left_at_the_moment_of_the_end(p, dfl):
    program = built(p, dfl, HELLO)
    for _ in range(20):
        run = nodes(p, program, env={"DFL_CHECK": "0"})
        run.p.wait(60)
        if parts.of(run.mark):
            fail("left behind: %s" % parts.of(run.mark))
        run.end(0)


@test
def what_becomes_ready_by_a_result_leaves_at_once(p, dfl):
    run = nodes(p, built(p, dfl, CHAIN), env={"DFL_STATS": "1", "DFL_THREADS": "1"})
    out, err = run.end(0)
    same(out, "50\n")
    if counted(err)["results of these"][0] < 25:
        fail("the thread of main is busy, and only %s" % counted(err)["results of these"])


@test
def large_results_stay_where_the_next_task_reads_them(p, dfl):
    """Each of 40 steps gives 8 MB; the thread of main is busy until all are done."""
    program = built(p, dfl, STEPS)
    for _ in range(5):
        out, err = nodes(p, program, env={"DFL_STATS": "1", "DFL_THREADS": "1"}).end(0)
        same(out, "[500000500000, 500001500000]\n")
        counts = counted(err)
        if counts["of these, left where made"][0] >= 25 and counts["large bytes fetched"][-1] < 100_000_000:
            if counts["peak bytes in the store"][-1] < 8_000_000:
                fail("the store held nothing\n" + err)
            return
    fail("nearly all was fetched\n" + err)


def moves_nothing_through_the_root(p, dfl, text, wanted, *more):
    """Large results go from who made them to who reads them: none is fetched where main runs, which is busy
    meanwhile. Now and then a thread there gets one, when the others have no time for long."""
    program = built(p, dfl, text)
    for _ in range(5):
        out, err = nodes(p, program, env={"DFL_STATS": "1", "DFL_THREADS": "1"}).end(0)
        same(out, wanted)
        counts = counted(err)
        if counts["large bytes fetched"][0] == 0 and counts["of these, left where made"][0] > 1 and \
                all(counts[row][0] > 0 for row in more):
            return
    fail("the root has fetched some\n" + err)


@test
def results_go_from_maker_to_reader_whatever_their_types(p, dfl):
    moves_nothing_through_the_root(p, dfl, JOINS, "[875001850004, 875005350008]\n")


@test
def who_has_the_name_of_a_future_is_told_where_its_value_is(p, dfl):
    moves_nothing_through_the_root(p, dfl, TOLD, "[1, 4, 7, 10, 13, 16]\n", "futures lent to others")


@test
def processes_may_reach_each_other_by_tcp(p, dfl):
    program = built(p, dfl, WORK)
    run = nodes(p, program, "5", env={"DFL_TCP": "1"}).started()
    pid = run.part(2, 1)

    def speaks_tcp():
        files = [os.readlink("/proc/%d/fd/%s" % (pid, fd)) for fd in os.listdir("/proc/%d/fd" % pid)]
        over_tcp = [line.split()[9] for line in open("/proc/%d/net/tcp" % pid)][1:]
        return any("socket:[%s]" % inode in files for inode in over_tcp)

    if not parts.until(speaks_tcp):
        fail("no socket of TCP")
    same(run.end(3)[0], sum_of(p, program, 5))


@test
def what_nobody_needs_is_counted_once(p, dfl):
    program = built(p, dfl, LEAVES)
    for _ in range(5):
        run = nodes(p, program, env={"DFL_CHECK": "0", "DFL_STATS": "1", "DFL_THREADS": "1"})
        counts = counted(run.end(0)[1])
        if max(counts["run in place"]) > 400:
            fail("run in place: %s" % counts["run in place"])
        ways = ("run in place", "run by a worker's loop", "never needed", "results of these")
        same(sum(counts[way][-1] for way in ways), counts["tasks spawned"][-1], "tasks in all ways")


ENDLESS_PARTS = """import time
task some(n: int, endless: int) -> int {
  var x = n
  while n == endless && x != 0 { x = (x * 5 + 1) % 7 + 1 } 
  x
}
record Both { n: int, f: future int }
@no(grain) @no(elide)
task gives(n: int, endless: int) -> Both {
  time.spin(2ms)
  Both { n: n, f: spawn some(n, endless) }
}
@no(grain) @no(elide)
task reads(b: future Both, n: int) -> int {
  time.spin(2ms)
  (await b).n + n
}
io task main(args: [str]) -> ()! {
  time.spin(150ms) // all nodes are there
  let endless = args[0].parse_int()?
  let both = [spawn gives(i, endless) for i in 1..40]
  let given = [spawn reads(b, 1) for b in both]
  var sum = 0
  for b in both { sum += (await b).n }
  print("{sum} {(await given).sum()}")
}
"""


@test
def what_a_task_gives_may_hold_what_never_ends(p, dfl):
    """An answer that waits for it would never come, and the run would never end."""
    program = built(p, dfl, ENDLESS_PARTS)
    same(p.run([program, "7"], env={"DFL_THREADS": "2"}, status=0).out, "780 819\n")
    back = 0
    for check, endless in (("0", "3"), ("1", "10"), ("1", "20"), ("1", "35")):
        run = nodes(p, program, endless, env={"DFL_CHECK": check, "DFL_STATS": "1", "DFL_THREADS": "2"})
        out, err = run.end(0)
        same(out, "780 819\n")
        back += counted(err)["could not travel back"][0]
    if back == 0:
        fail("no task was given back")


def borrows(p, dfl, tasks, length, threads, **env):
    """The counts of a run on nodes in which tasks went with futures, and that prints what it should. Now
    and then the tasks are done before the other nodes have started."""
    program = built(p, dfl, BORROW.replace("TASKS", tasks).replace("LEN", length))
    wanted = p.run([program], env={"DFL_THREADS": str(threads)}, status=0).out
    for _ in range(10):
        out, err = nodes(p, program, env=dict(env, DFL_STATS="1", DFL_THREADS=str(threads))).end(0)
        same(out, wanted)
        if counted(err)["futures lent to others"][0] > 0:
            return counted(err)
    fail("no future has been lent\n" + err)


@test
def a_task_travels_with_futures_that_are_not_done(p, dfl):
    same(borrows(p, dfl, GIVEN, "100", 1)["could not travel back"], [0, 0, 0, 0], "refused")


@test
def what_a_future_gives_may_be_large(p, dfl):
    sent = borrows(p, dfl, GIVEN, "500_000", 1)["bytes sent"][0]
    if sent > 100000:
        fail("%d bytes were sent outside the store" % sent)


@test
def tasks_stay_if_a_future_cannot_follow_them(p, dfl):
    if borrows(p, dfl, GIVEN, "9_000_000", 1, DFL_STORE="1000000")["could not travel back"][0] == 0:
        fail("no task has come back")


@test
def a_future_that_others_do_not_await_ends_with_its_names(p, dfl):
    """The task never ends by itself, and the run waits for all that is needed."""
    borrows(p, dfl, FORGOTTEN, "1", 2)


# ---- failures ------------------------------------------------------------------------------------


def fails_the_same(p, dfl, how):
    """Twelve tasks on three nodes, each of which may be the one that fails."""
    program = built(p, dfl, FAILS)
    for bad in (0, 3, 7, 10, 11):
        args = [str(bad), str(how)]
        alone = p.run([program] + args, env={"DFL_THREADS": "1"}, status=1)
        same(nodes(p, program, *args).end(1), (alone.out, alone.err), "task %d" % bad)


for how, word in enumerate(("overflow", "index", "fail", "stack", "overflow below", "index below")):
    def one(p, dfl, how=how):
        fails_the_same(p, dfl, how)
    one.__name__ = "a_failure_elsewhere_is_told_as_here_" + word.replace(" ", "_")
    test(one)


# ---- too little ----------------------------------------------------------------------------------


@test
def too_few_files(p, dfl):
    program = built(p, dfl, HELLO)
    for limit in (8, 20, 75):
        run = Run(p, ["sh", "-c", "ulimit -n %d; exec ./program" % limit], env={"DFL_NODES": "3"})
        out, err = run.end(2)
        same(out, "")
        wants(err, "^error: 3 nodes need 76 open files in each process, and the limit is %d .ulimit -n.\n$" % limit)
    run = Run(p, ["sh", "-c", "ulimit -Sn 20; exec %s" % program], env={"DFL_NODES": "3"})
    same(run.end(0), ("hello []\n", ""))


@test
def too_few_addresses(p, dfl):
    built(p, dfl, HELLO)
    for kib in (50000, 80000, 100000, 150000, 250000):
        out, err = Run(p, ["sh", "-c", "ulimit -v %d; exec ./program" % kib],
                       env={"DFL_NODES": "3", "DFL_STORE": "0"}).end(2)
        wants(err, "^error: several nodes need 288 MiB of addresses in each process, and the limit is %d MiB "
              ".ulimit -v.\n$" % (kib // 1024))


@test
def too_few_processes(p, dfl):
    if os.geteuid() == 0:
        return  # for whom there is no such limit
    built(p, dfl, HELLO)
    out, err = Run(p, ["sh", "-c", "ulimit -u 20; exec ./program"], env={"DFL_NODES": "3"}).end(2)
    wants(err, "^error: 3 nodes need [0-9]+ processes and threads, and the limit is 20 .ulimit -u.\n$")


@test
def a_process_that_cannot_be_started_ends_the_run(p, dfl):
    program = built(p, dfl, WORK)
    library = os.path.join(p.work, "scarce.so")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scarce.c")
    p.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library, source, "-ldl"], status=0)
    for scarce, words in (("0:posix_spawnp:1", "cannot start the worker of node 1: "),
                          ("0:posix_spawnp:2", "cannot start node 2: .*\nhint: ask for fewer nodes"),
                          ("0:posix_spawnp:3", "cannot start node 3: "),
                          ("131072:posix_spawnp:1", "cannot start the worker of node 2: "),
                          ("0:pthread_create:1", "cannot start a run on nodes: "),
                          ("65537:pthread_create:1", "cannot start a run on nodes: "),
                          ("131072:pthread_create:1", "cannot start a run on nodes: "),
                          ("131073:pthread_create:1", "cannot start a run on nodes: ")):
        run = nodes(p, program, "200", env={"SCARCE": scarce, "LD_PRELOAD": library})
        _, err = run.end(2)
        wants(err, "^error: " + words)


LARGE = """task make(n: int, k: int) -> [int] { [i * k for i in 0..n] }
task total(xs: [int]) -> int {
  var sum = 0
  for x in xs { sum += x & 0xff }
  sum
}
io task main(args: [str]) -> int! {
  let parts = [spawn make(1_000_000, k) for k in 0..8]
  let sums = await [spawn total(p) for p in parts]
  let xs = await spawn make(1_000_000, 3)
  print("{sums} {await [spawn total(xs) for _ in 0..8]}")
  3
}
"""


@test
def a_store_may_be_too_small_for_its_values(p, dfl):
    program = built(p, dfl, LARGE)
    wanted = p.run([program], env={"DFL_THREADS": "1"}, status=3).out
    for size in ("0", "1", "1000000", "9mb", "64mb", "1tb"):
        same(nodes(p, program, env={"DFL_STORE": size}).end(3), (wanted, ""))


@test
def a_store_that_cannot_be_is_told_of(p, dfl):
    program = built(p, dfl, LARGE)
    for size in ("x", "-1", "1.5gb", "mb", "1 mb", "65tb", "99999999999999999999"):
        _, err = nodes(p, program, env={"DFL_STORE": size}).end(2)
        wants(err, "^error: DFL_STORE is '%s'; it must be a number of bytes from 0 to " % re.escape(size), "like 64mb\n$")
    _, err = Run(p, ["sh", "-c", "ulimit -v 8000000; exec ./program"],
                 env={"DFL_NODES": "3", "DFL_STORE": "32gb"}).end(2)
    wants(err, "^error: cannot start a run on nodes: cannot map a store of 32768 MiB: .*; DFL_STORE=BYTES asks for less")


@test
def nng_may_be_missing(p, dfl):
    program = built(p, dfl, HELLO)
    p.write("lib/libnng.so.1", "")
    env = {"LD_LIBRARY_PATH": os.path.join(p.work, "lib")}
    out, err = nodes(p, program, env=env).end(2)
    same(out, "")
    wants(err, "^error: cannot start a run on nodes: cannot load the library nng: .*libnng.so.1")
    same(Run(p, [program], env=env).end(0), ("hello []\n", ""))  # which does not need it


# ---- processes that stop, or die -----------------------------------------------------------------


def stopped(p, dfl, name, seconds):
    """A process is stopped for so long while it has work; what is printed is the same."""
    program = built(p, dfl, WORK)
    wanted = sum_of(p, program, 20)
    run = nodes(p, program, "20").started()
    pid = run.part(*name)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        pass
    same(run.end(3), (wanted, ""))


for name in ((1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)):
    for seconds in (0.2, 1.2):
        def one(p, dfl, name=name, seconds=seconds):
            stopped(p, dfl, name, seconds)
        one.__name__ = "%s_is_stopped_for_%g_s" % (parts.name(name).replace(" ", "_"), seconds)
        test(one)


@test
def a_worker_that_stays_stopped_is_replaced(p, dfl):
    program = built(p, dfl, WORK)
    wanted = sum_of(p, program, 20)
    run = nodes(p, program, "20").started()
    os.kill(run.part(2, 1), signal.SIGSTOP)
    same(run.end(3), (wanted, ""))


@test
def a_bad_network_alone_ends_no_node(p, dfl):
    program = built(p, dfl, WORK)
    wanted = sum_of(p, program, 20)
    for chaos in ("delay:100ms,seed:1", "drop:15%,dup:15%,seed:2"):
        out, err = nodes(p, program, "20", env={"DFL_CHAOS": chaos, "DFL_STATS": "1"}).end(3)
        same(out, "started\n" + wanted)
        if "died" in err:
            fail(err)


@test
def nodes_leave_a_head_that_is_stopped(p, dfl):
    """With what they have; that is no leak, and told as what it is."""
    program = built(p, dfl, WORK)
    wanted = sum_of(p, program, 20)
    run = nodes(p, program, "20", env={"DFL_STATS": "1", "DFL_CHECK": "1"}).started()
    os.kill(run.part(1, 0), signal.SIGSTOP)
    time.sleep(1.5)
    os.kill(run.part(1, 0), signal.SIGCONT)
    out, err = run.end(3)
    same(out, wanted)
    wants(err, "node [23] died after [0-9.]+ s: left, for it had no word of the head\n")


@test
def a_node_that_stays_stopped_at_the_end_is_ended(p, dfl):
    program = built(p, dfl, WORK)
    wanted = sum_of(p, program, 1)
    run = nodes(p, program, "1").started()
    os.kill(run.part(3, 0), signal.SIGSTOP)
    same(run.end(3), (wanted, ""))


@test
def sigterm_ends_a_node_or_worker_and_not_the_run(p, dfl):
    program = built(p, dfl, WORK)
    wanted = sum_of(p, program, 10)
    for name in ((2, 0), (2, 1)):
        run = nodes(p, program, "10").started()
        pid = run.part(*name)
        os.kill(pid, signal.SIGTERM)
        if not parts.until(lambda: not parts.is_alive(pid)):
            fail("it lives on")
        same(run.end(3), (wanted, ""))


@test
def the_trace_and_the_table_tell_what_ran_again(p, dfl):
    program = built(p, dfl, WORK)
    for _ in range(5):
        out, err = nodes(p, program, "10", env={"DFL_TRACE": "t.bin", "DFL_STATS": "1",
                                                "DFL_CHAOS": "kill:node=2:tasks=5"}).end(3)
        wants(err, r"\n  rows a packet( +[0-9]+\.[0-9]){4}\n")
        lost = counted(err)["run again after a death"][0]
        tasks = json.loads(p.run([dfl, "trace", "--json", "t.bin"], status=0).out)["tasks"]
        again = [t for t in tasks if t["again"]]
        if len(again) > lost:
            fail("%d were lost, and %d ran again" % (lost, len(again)))
        if any(t["foreign"] for t in again):
            return
    fail("none ran again on another node")


@test
def all_but_main_may_die(p, dfl):
    program = built(p, dfl, WORK)
    wanted = sum_of(p, program, 10)
    run = nodes(p, program, "10").started()
    for name in ((2, 0), (3, 0)):
        os.kill(run.part(*name), signal.SIGKILL)
    same(run.end(3), (wanted, ""))


@test
def workers_that_die_are_replaced(p, dfl):
    program = built(p, dfl, WORK)
    wanted = sum_of(p, program, 10)
    run = nodes(p, program, "10").started()
    for start in (1, 2, 3):
        os.kill(run.part(2, start), signal.SIGKILL)
    same(run.end(3), (wanted, ""))


@test
def the_death_of_main_is_told(p, dfl):
    program = built(p, dfl, WORK)
    run = nodes(p, program, "1000").started()
    os.kill(run.part(1, 1), signal.SIGKILL)
    _, err = run.end(-signal.SIGKILL)
    same(err, "error: the process that runs main was ended by signal 9 (Killed)\n")


@test
def with_the_head_all_ends(p, dfl):
    program = built(p, dfl, WORK)
    run = nodes(p, program, "1000").started()
    os.kill(run.part(1, 0), signal.SIGKILL)
    same(run.end(-signal.SIGKILL)[1], "")


@test
def all_may_be_killed_at_once(p, dfl):
    program = built(p, dfl, WORK)
    dice = random.Random(3)
    for _ in range(6):
        run = nodes(p, program, "1000")
        time.sleep(dice.random() * 0.1)
        found = list(parts.of(run.mark).values())
        dice.shuffle(found)
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        run.end(-signal.SIGKILL)


# ---- signals and streams -------------------------------------------------------------------------


def at_any_moment(p, dfl, number):
    """The status is that of a program that a signal ends, and nothing is left."""
    program = built(p, dfl, WORK)
    dice = random.Random(int(number))
    for _ in range(10):
        run = nodes(p, program, "1000")
        time.sleep(dice.random() ** 2 * 0.15)
        run.p.send_signal(number)
        same(run.end(-number, 20)[1], "")


for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
    def one(p, dfl, number=number):
        at_any_moment(p, dfl, number)
    one.__name__ = "%s_at_any_moment" % number.name.lower()
    test(one)


@test
def ctrl_c_goes_to_all_of_them(p, dfl):
    program = built(p, dfl, WORK)
    run = nodes(p, program, "1000", start_new_session=True).started()
    run.part(3, 1)
    os.killpg(run.p.pid, signal.SIGINT)
    same(run.end(-signal.SIGINT, 20)[1], "")


@test
def ctrl_z_stops_all_of_them(p, dfl):
    program = built(p, dfl, WORK)
    wanted = sum_of(p, program, 10)
    run = nodes(p, program, "10", start_new_session=True).started()
    parts.until(lambda: len(parts.of(run.mark)) == 6)
    os.killpg(run.p.pid, signal.SIGSTOP)
    time.sleep(1.2)
    living = parts.of(run.mark)
    os.killpg(run.p.pid, signal.SIGCONT)
    same(run.end(3), (wanted, ""))
    if len(living) != 6:
        fail("there were only %d processes" % len(living))


@test
def ctrl_c_ends_a_run_whose_root_is_stopped(p, dfl):
    program = built(p, dfl, WORK)
    for number in (signal.SIGINT, signal.SIGTERM):
        run = nodes(p, program, "1000").started()
        os.kill(run.part(1, 1), signal.SIGSTOP)
        run.p.send_signal(number)
        same(run.end(-number), ("", ""))


@test
def a_signal_that_is_ignored_stays_so(p, dfl):
    program = built(p, dfl, WORK)
    wanted = sum_of(p, program, 2)
    run = Run(p, ["sh", "-c", "trap '' HUP INT; exec %s 2" % program], env={"DFL_NODES": "3"}).started()
    run.p.send_signal(signal.SIGHUP)
    run.p.send_signal(signal.SIGINT)
    same(run.end(3), (wanted, ""))


@test
def a_reader_that_leaves_ends_the_program(p, dfl):
    program = built(p, dfl, ENDLESS)
    run = nodes(p, program)
    run.p.stdout.readline()
    run.p.stdout.close()
    run.p.stdout = open(os.devnull, "rb")
    run.end(-signal.SIGPIPE, 20)


@test
def a_closed_or_full_output_is_told_as_on_one_node(p, dfl):
    built(p, dfl, ENDLESS)
    for where in (">&-", "> /dev/full"):
        alone = p.run(["sh", "-c", "./program " + where], status=1)
        run = Run(p, ["sh", "-c", "exec ./program " + where], env={"DFL_NODES": "3"})
        same(run.end(1, 20), (alone.out, alone.err))


# ---- strangers -----------------------------------------------------------------------------------


def addresses(pid):
    """Abstract sockets at which a process listens, which may be some moments after its start."""
    return parts.until(lambda: listening(pid)) or fail("process %d does not listen" % pid)


def listening(pid):
    held = {os.readlink("/proc/%d/fd/%s" % (pid, fd)) for fd in os.listdir("/proc/%d/fd" % pid)}
    with open("/proc/net/unix") as f:
        rows = [line.split() for line in f]
    return {r[7] for r in rows if len(r) == 8 and "socket:[%s]" % r[6] in held and r[7].startswith("@dfl-")}


def hello(secret=b"\0" * 32, version=1, sender=0x30001, to=0x10000, program=0):
    body = b"dfl node" + secret + struct.pack("<IIIQ", version, sender, to, program)
    return struct.pack("<I", len(body)) + body


def call(address, data):
    """What a stranger that says this is told: nothing; the connection ends."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect("\0" + address[1:])
    try:
        s.sendall(data)
        answer = s.recv(100)
    except (BrokenPipeError, ConnectionResetError):
        answer = b""
    s.close()
    if answer:
        fail("a stranger was told %r" % answer)


@test
def strangers_change_nothing(p, dfl):
    program = built(p, dfl, WORK)
    wanted = sum_of(p, program, 20)
    run = nodes(p, program, "20").started()
    dice, silent = random.Random(5), []
    for name in ((1, 0), (1, 1), (2, 0), (3, 1)):
        address, = addresses(run.part(*name))
        for data in (b"GET / HTTP/1.1\r\n\r\n", struct.pack("<I", 0xffffffff) + b"x" * 64, hello(),
                     hello(version=9), hello()[:20] + b"\xff" * 44, dice.randbytes(4096)):
            call(address, data)
        silent.append(socket.socket(socket.AF_UNIX))
        silent[-1].connect("\0" + address[1:])
    out, err = run.end(3)
    same(out, wanted)
    for line in err.splitlines():
        if not re.match("dfl: refused a (connection that is not dfl's|process that does not know the secret)", line):
            fail("was told: " + err)
    wants(err, "not dfl's", "does not know the secret")


@test
def more_strangers_than_there_is_room_for(p, dfl):
    program = built(p, dfl, WORK)
    wanted = sum_of(p, program, 20)
    run = nodes(p, program, "20").started()
    address, = addresses(run.part(2, 1))
    kept = []
    for _ in range(100):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(20)
        try:
            s.connect("\0" + address[1:])
        except ConnectionRefusedError:
            break
        kept.append(s)
    same(run.end(3), (wanted, ""))


@test
def another_users_process_is_none_of_ours(p, dfl):
    if os.geteuid() != 0:
        return  # may not become another
    program = built(p, dfl, WORK)
    wanted = sum_of(p, program, 20)
    run = nodes(p, program, "20").started()
    address, = addresses(run.part(1, 0))
    child = os.fork()
    if child == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            call(address, hello())
            os._exit(0)
        except BaseException:
            os._exit(1)
    if os.waitpid(child, 0)[1] != 0:
        fail("was answered")
    same(run.end(3), (wanted, ""))


def cases(dfl):
    for fn in TESTS_HERE:
        yield Case("cluster/ends/" + fn.__name__, lambda p, f=fn: f(p, dfl))

"""Tasks whose attributes say how they run, and io tasks that may run again, on several nodes: that they
leave, what stays, what becomes of the programs that they have started."""
import time

from cluster.ends import built, counted, nodes
from harness import Case, fail, same

HEAD = """import io
import time
fn burn(k: int) -> int {
  for _ in 0..k { time.spin(1ms) }
  0
}
"""

# What a program spawns a dozen of, and whether the others of a busy process get some of them.
KINDS = [
    ("pure", "task one(n: int) -> int { n + burn(5) }", "spawn one(n)", True),
    ("timeout", "task one(n: int) -> int { n + burn(5) }", "spawn @timeout(1h) one(n)", True),
    ("limit", "@limit(3) task one(n: int) -> int { n + burn(5) }", "spawn one(n)", True),
    ("cpus", "@cpus(1) task one(n: int) -> int { n + burn(5) }", "spawn one(n)", True),
    ("mem", "@mem(1tb) task one(n: int) -> int { n + burn(5) }", "spawn one(n)", True),
    ("mem of who sleeps", "@mem(1tb) @idempotent io task one(n: int) -> int {\n  io.sleep(5ms)\n  n\n}", "spawn one(n)",
     True),
    ("above", "@prio(3) task one(n: int) -> int { n + burn(5) }", "spawn one(n)", True),
    ("below", "@prio(-3) task one(n: int) -> int { n + burn(5) }", "spawn one(n)", True),
    ("retry", "@retry(1) io task one(n: int) -> int { n + burn(5) }", "spawn one(n)", True),
    ("idempotent", "@idempotent io task one(n: int) -> int { n + burn(5) }", "spawn one(n)", True),
    ("file", "@idempotent io task one(n: int) -> int { if io.exists(\"/\") { n + burn(5) } else { n } }", "spawn one(n)",
     True),
    ("io", "io task one(n: int) -> int { n + burn(5) }", "spawn one(n)", False),
    ("prints", "@idempotent io task one(n: int) -> int {\n  if n < 0 { print(\"odd\") }\n  n + burn(5)\n}",
     "spawn one(n)", True),
    ("reads", "io fn next() -> int { match io.read_line() { ok(_) => 1, err(_) => 0 } }\n"
     "@idempotent io task one(n: int) -> int { if n < 0 { next() } else { n + burn(5) } }", "spawn one(n)", False),
    ("C", "extern \"stdlib.h\" io fn rand() -> i32\n"
     "@idempotent io task one(n: int) -> int { if n < 0 { rand() as int } else { n + burn(5) } }", "spawn one(n)", False),
    ("spawns io", "@idempotent io task two(n: int) -> int { n }\n"
     "@idempotent io task one(n: int) -> int { if n < 0 { await spawn two(n) } else { n + burn(5) } }", "spawn one(n)",
     False),
    ("spawns limited", "@limit(2) task two(n: int) -> int { n }\n"
     "task one(n: int) -> int { if n < 0 { await spawn two(n) } else { n + burn(5) } }", "spawn one(n)", False),
    ("limited in rounds", "@limit(2) task two(n: int) -> int { n }\n"
     "task all(n: int) -> [int] { par for i in 0..n { await spawn two(i) } }\n"
     "task one(n: int) -> int { if n < 0 { all(n).len } else { n + burn(5) } }", "spawn one(n)", False),
    ("on without labels", "task one(n: int) -> int { n + burn(5) }", "spawn @on(\"here\") one(n)", True),
    ("io on without labels", "io task one(n: int) -> int { n + burn(5) }", "spawn @on(\"here\") one(n)", False),
    ("near a value", "task one(n: int) -> int { n + burn(5) }", "spawn @near(n) one(n)", False),
]


def leaves(place, dfl, text, spawn, wanted):
    program = built(place, dfl, HEAD + text + """
io task main(args: [str]) {
  var sum = 0
  for _ in 0..10 { sum += (await [%s for n in 0..12]).sum() }
  print("{sum}")
}
""" % spawn)
    out, err = nodes(place, program, env={"DFL_STATS": "1", "DFL_THREADS": "1"}).end(0)
    same(out, "660\n")
    lent = counted(err)["tasks lent to others"][0]
    if (lent > 0) != wanted:
        fail("%d tasks were lent" % lent)


# A dozen programs that take long; when one of them runs somewhere, and others got their chance, all are
# to end, and do.
LONG = HEAD + """
@cpus(1) @idempotent
io task long(dir: str, i: int) -> int! {
  io.exec(["sh", "-c", "trap '' TERM; echo $$ > {dir}/{i}.new; mv {dir}/{i}.new {dir}/{i}; while :; do sleep 0.1; done"])?.status
}
task endless(n: int) -> int {
  var x = n
  while x != 0 { x = (x * 5 + 1) % 7 + 1 }
  x
}
task holds(n: int) -> int {
  let fs = [spawn endless(i) for i in 1..n]
  fs.len + burn(100)
}
io task holder(dir: str) -> int { (await [spawn long(dir, i) for i in 0..12]).len }
io fn kind<A>(r: A!) -> str { match r { ok(_) => "ok", err(e) => e.kind } }
io fn alive(dir: str) -> int! {
  var n = 0
  for name in io.list(dir)?.filter(|n| !n.contains(".new")) {
    let state = match io.read("/proc/{io.read_text("{dir}/{name}")?.trim()}/stat") { ok(b) => b.text() else "", err(_) => ") Z" }
    if !state.contains(") Z") { n += 1 }
  }
  n
}
io task started(dir: str, n: int) -> ()! {
  while io.list(dir)?.len < n { io.sleep(1ms) }
}
io task main(args: [str]) -> int! {
  let dir = io.temp_dir()?
  HOW
  io.remove_all(dir)?
  0
}
"""
CANCELLED = """let fs = [spawn long(dir, i) for i in 0..12]
  (await spawn started(dir, 3))?
  cancel fs
  print("{[f for f in fs if kind(try await f) == "cancelled"].len} were cancelled, {alive(dir)?} are alive")"""
TIMES_OUT = """let fs = [spawn @timeout(800ms) long(dir, i) for i in 0..12]
  print("{[f for f in fs if kind(try await f) == "timeout"].len} took too long, {alive(dir)?} are alive")"""
WITH_HOLDER = """let f = spawn holder(dir)
  (await spawn started(dir, 3))?
  cancel f
  print(kind(try await f))
  while alive(dir)? > 0 { io.sleep(10ms) }"""
FORGOTTEN = """print("{await spawn holds(13)} are forgotten, {(await [spawn burn(20) for _ in 0..12]).sum()}")"""


def ends(place, dfl, how, wanted):
    """Each of the three nodes has begun one of them."""
    program = built(place, dfl, LONG.replace("HOW", how))
    for _ in range(5):
        began = time.monotonic()
        out, err = nodes(place, program, env={"DFL_STATS": "1", "DFL_THREADS": "1"}).end(0)
        same(out, wanted)
        if time.monotonic() - began > 30:
            fail("they went on")
        if counted(err)["tasks lent to others"][0] > 1:
            return
    fail("none was lent\n" + err)


# A program that meets one of an earlier run of its task ends with status 9. Those of main's own process
# are short, so that it has room for what others lose.
ALONE = HEAD + """
io fn self() -> str! { io.read("/proc/self/stat")?.text()?.split(" ")[0] }
@cpus(1) @idempotent
io task alone(dir: str, root: str, i: int) -> int! {
  let seen = "{dir}/{i}"
  let time = if self()? == root { "0.1" } else { "1.5" }
  io.exec(["sh", "-c", "trap '' TERM; touch {seen}; for p in $(cat {seen}); do kill -0 $p 2>/dev/null && exit 9; done; echo $$ >> {seen}; sleep {time}"])?.status
}
io task main(args: [str]) -> int! {
  let dir = io.temp_dir()?
  let root = self()?
  let all = await [spawn alone(dir, root, i) for i in 0..6]
  print("{[s? for s in all].sum()}")
  io.remove_all(dir)?
  0
}
"""


def runs_again(place, dfl):
    program = built(place, dfl, ALONE)
    lost = 0
    for victim in ("worker=2", "node=3", "worker=3", "node=2"):
        out, err = nodes(place, program, env={"DFL_CHAOS": "kill:%s:ms=900" % victim, "DFL_STATS": "1",
                                              "DFL_THREADS": "1"}).end(0)
        same(out, "0\n")
        lost += counted(err)["run again after a death"][0]
    if lost < 2:
        fail("nothing was lost\n" + err)


# Lines of tasks that run anywhere, and of main in between.
PRINTS = """import time
fn burn(k: int) -> int {
  for _ in 0..k { time.spin(1ms) }
  0
}
@idempotent
io task one(n: int, size: int) -> int {
  print("{n}: begins")
  let zero = burn(3)
  print("{n}: {"x".repeat(size)}")
  print("{n}: ends")
  n + zero
}
io task main(args: [str]) -> int! {
  let size = args[0].parse_int()?
  for round in 0..args[1].parse_int()? {
    print("round {round}: {(await [spawn one(i, size) for i in 0..12]).sum()}")
  }
  0
}
"""


def prints(place, dfl, size, rounds, chaos):
    """Lines are whole, those of a task in order and before what main says of its result; also for a
    reader that is late."""
    program = built(place, dfl, PRINTS)
    run = nodes(place, program, str(size), str(rounds),
                env={"DFL_THREADS": "1", "DFL_STATS": "1", "DFL_CHAOS": chaos, "DFL_DETECT_MS": "60000"})
    time.sleep(0.3)
    out, err = run.end(0)
    told, ended = {}, 0
    for line in out.splitlines():
        if line == "round %d: 66" % ended:
            same(told, {str(n): 3 for n in range(12)}, "lines of round %d" % ended)
            told, ended = {}, ended + 1
            continue
        who, _, text = line.partition(": ")
        told[who] = told.get(who, 0) + 1
        same(text, ["", "begins", "x" * size, "ends"][told[who]], "a line of " + who)
    if ended != rounds or told:
        fail("%d rounds\n%s" % (ended, err))


def cases(dfl):
    for name, how, wanted in (
            ("cancelled", CANCELLED, "12 were cancelled, 0 are alive\n"),
            ("timeout", TIMES_OUT, "12 took too long, 0 are alive\n"),
            ("with who holds them", WITH_HOLDER, "cancelled\n"), ("forgotten", FORGOTTEN, "12 are forgotten, 0\n")):
        yield Case("cluster/attributes [elsewhere, %s]" % name, lambda p, h=how, w=wanted: ends(p, dfl, h, w))
    for size, rounds, chaos in ((5, 20, ""), (70_000, 10, ""), (2_000_000, 2, ""), (3000, 60, "drop:2%,dup:2%,delay:1ms")):
        yield Case("cluster/attributes [prints %d%s]" % (size, chaos and ", " + chaos),
                   lambda p, s=size, r=rounds, c=chaos: prints(p, dfl, s, r, c))
    yield Case("cluster/attributes [what was started is dead before the next run]", lambda p: runs_again(p, dfl))
    for name, text, spawn, wanted in KINDS:
        yield Case("cluster/attributes [%s %s]" % (name, "leaves" if wanted else "stays"),
                   lambda p, t=text, s=spawn, w=wanted: leaves(p, dfl, t, s, w))

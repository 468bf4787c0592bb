"""Tasks for certain nodes: @on with labels, @near, what becomes of them when these die."""
import re

from cluster.ends import built, counted, nodes
from harness import Case, fail, same, wants

HEAD = """import io
import time
extern "unistd.h" fn getpid() -> i32
fn burn(k: int) -> int {
  for _ in 0..k { time.spin(1ms) }
  0
}
fn me() -> int { getpid() as int }
io fn said<A>(r: A!) -> str { match r { ok(_) => "ok", err(e) => "{e.kind}: {e.message}" } }
"""

# Where forty of them ran.
ON = HEAD + """
@on("gpu")
KIND task one(n: int) -> int { me() + burn(1) }
io task main(args: [str]) {
  let all = await [spawn one(n) for n in 0..40]
  print("{[p for p in all if p == me()].len} here, {all.unique().len} processes")
}
"""


def on(place, dfl, kind, labels, wanted):
    program = built(place, dfl, ON.replace("KIND", kind))
    for _ in range(5):
        out, err = nodes(place, program, env={"DFL_LABELS": labels, "DFL_THREADS": "1", "DFL_STATS": "1"}).end(0)
        ran = counted(err)["tasks run for others"][0:3]
        if re.fullmatch(wanted, out) and all(n == 0 or "%d=gpu" % (i + 1) in labels for i, n in enumerate(ran)):
            return
    fail("%s%s" % (out, ran))


MISPLACED = HEAD + """
@on("gpu")
task pure(n: int) -> int { n }
@on("gpu")
io task reads() -> int { match io.read_line() { ok(l) => (l else "").len, err(_) => -1 } }
@on("gpu")
io task spawns() -> int { await spawn reads() }
@on("gpu")
io task given(f: future int) -> int { await f }
io task plain() -> int {
  io.sleep(1h)
  1
}
io task main(args: [str]) {
  print(said(try await spawn pure(1)))
  print(said(try await spawn reads()))
  print(said(try await spawn spawns()))
  let f = spawn plain()
  let g = spawn given(f)
  if args.len > 0 { io.sleep(20ms) }
  cancel f
  print(said(try await g))
}
"""
BOUND = 'label: %s is for nodes with the label "gpu", but can only run where main does; `--label 1=gpu` gives it to that node\n'


def misplaced(place, dfl):
    program = built(place, dfl, MISPLACED)
    none = 'label: no node of the run has the label "gpu", which %s is for; `--label 1=gpu` gives it to the first\n'
    unknown = "".join(none % name for name in ("pure", "reads", "spawns", "given"))
    same(nodes(place, program, env={"DFL_LABELS": "3=disk"}).end(0), (unknown, ""))
    out, _ = nodes(place, program, "wait", env={"DFL_LABELS": "2=gpu"}).end(0)
    same(out, "ok\n" + BOUND % "reads" + BOUND % "spawns" +
         'label: given is for nodes with the label "gpu", but what it is given or gives cannot travel there\n')
    same(nodes(place, program, env={"DFL_LABELS": "1=gpu"}).end(0), ("ok\nok\nok\ncancelled: cancelled\n", ""))


# Each task of a dozen kinds of attributes for a node that has the label.
MIXED = HEAD + """
@on("gpu")
@limit(2)
task limited(n: int) -> int { me() + burn(1) }
@on("gpu")
@cpus(1)
@mem(1tb)
@prio(-3)
task big(n: int) -> int { me() + burn(1) }
@on("gpu")
@retry(2)
io task again(n: int, dir: str) -> int! {
  io.append("{dir}/{n}", b"x")?
  if io.size("{dir}/{n}")? < 2 { fail "not yet" }
  me()
}
@on("gpu")
@limit(1)
task held(f: future int) -> int { await f + 0 * me() }
@on("gpu")
@timeout(30ms)
io task slow() -> int {
  io.sleep(1h)
  1
}
task later(n: int) -> int { n + burn(30) }
io task main(args: [str]) -> int! {
  let dir = io.temp_dir()?
  let a = await [spawn limited(n) for n in 0..20] + await [spawn big(n) for n in 0..20]
  let c = await [spawn again(n, dir) for n in 0..10]
  let all = a + [x? for x in c]
  print("{[x for x in all if x == me()].len} here, {all.unique().len} elsewhere")
  let f = spawn later(3)
  print("{await [spawn held(f) for _ in 0..4]}")
  print(said(try await spawn slow()))
  let s = [spawn @timeout(1h) slow() for _ in 0..40]
  io.sleep(20ms)
  cancel s
  print("{said(try await s[0])}, {said(try await s[39])}")
  io.remove_all(dir)?
  0
}
"""


def mixed(place, dfl):
    program = built(place, dfl, MIXED)
    for chaos in ("", "drop:1%,dup:1%,delay:1ms"):
        same(nodes(place, program, env={"DFL_LABELS": "2=gpu", "DFL_CHAOS": chaos, "DFL_DETECT_MS": "60000"}).end(0)[0],
             "0 here, 1 elsewhere\n[3, 3, 3, 3]\ntimeout: timed out after 30ms\ncancelled: cancelled, cancelled: cancelled\n")


# All that is under way on one node waits for what is to go to the other.
TURNS = """@on("a")
task ping(n: int) -> int { if n == 0 { 0 } else { 1 + await spawn pong(n - 1) } }
@on("b")
task pong(n: int) -> int { if n == 0 { 0 } else { 1 + await spawn ping(n - 1) } }
io task main(args: [str]) { print("{(await [spawn ping(50) for _ in 0..20]).sum()}") }
"""


def turns(place, dfl):
    program = built(place, dfl, TURNS)
    for labels in ("2=a,3=b", "1=a,3=b"):
        same(nodes(place, program, env={"DFL_LABELS": labels, "DFL_THREADS": "1"}).end(0), ("1000\n", ""))


# Who made each of two dozen values, and who used it.
NEAR = HEAD + """
record Made { by: int, data: [int] }
@no(grain)
@no(elide)
task make(n: int, size: int) -> Made { Made { by: me() + burn(3), data: [i + n for i in 0..size] } }
task use(m: Made, other: Made) -> (int, int, int) { (m.by, me(), m.data.sum() + other.data.len) }
@near(m)
io task show(m: Made) -> (int, int, int) { (m.by, me(), m.data.sum()) }
@near(all)
task whole(all: [Made]) -> (bool, int) {
  let by = [m.by for m in all]
  let here = [b for b in by if b == me()].len
  ([b for b in by if [c for c in by if c == b].len > here].len == 0, by.unique().len)
}
io task main(args: [str]) -> int! {
  let made = [spawn make(n, args[0].parse_int()?) for n in 0..24]
  let early = [spawn @near(m) use(m, made[0]) for m in made]
  let seen = await early
  let late = await [spawn @near(m) use(other: made[1], m: m) for m in made]
  let shown = await [spawn show(m) for m in made]
  let (most, makers) = await spawn whole(made)
  print("{[s for s in seen + late + shown if s.0 == s.1].len} at home, {most}")
  print("{seen.map(third).sum() + late.map(third).sum() + shown.map(third).sum()}")
  makers
}
fn third(t: (int, int, int)) -> int { t.2 }
"""


def near(place, dfl, size):
    """A value stays with who made it, or is in the message, or comes before it is used."""
    program = built(place, dfl, NEAR)
    total = 3 * sum(size * (size - 1) // 2 + n * size for n in range(24)) + 48 * size
    makers = 0
    for _ in range(5):
        run = nodes(place, program, str(size), env={"DFL_THREADS": "1"})
        out, err = run.end(None)
        same(out, "72 at home, true\n%d\n" % total)
        makers = max(makers, run.p.returncode)
        if makers > 1:
            return
    fail("one process made all")


def near_dies(place, dfl, victim):
    """What was made there is made again, what is near to it runs elsewhere."""
    program = built(place, dfl, NEAR.replace("@near(m)\nio task", "@near(m)\n@idempotent\nio task"))
    size = 200_000
    total = 3 * sum(size * (size - 1) // 2 + n * size for n in range(24)) + 48 * size
    for tasks in (3, 9, 14, 20):
        out, _ = nodes(place, program, str(size), env={"DFL_THREADS": "1", "DFL_CHAOS": "kill:%s:tasks=%d" % (victim, tasks)}).end(None)
        wants(out, "at home, (true|false)\n%d\n$" % total)


DIES = HEAD + """
@on("gpu")
task pure(n: int) -> int { n + burn(3) }
@on("gpu")
@idempotent
io task twice(n: int) -> int { n + burn(3) }
@on("gpu")
io task once(n: int, dir: str) -> int {
  match io.append("{dir}/{n}", b"x") { ok(_) => n + burn(3), err(_) => -1 }
}
io fn told(all: [str]) -> str {
  let lost = all.filter(|s| s.starts_with("lost")).map(|s| s.replace("the process that ran it died", "DIED"))
  "{all.len - lost.len} ok, {lost.unique().sort()}"
}
io task main(args: [str]) -> int! {
  let dir = io.temp_dir()?
  let a = [spawn pure(n) for n in 0..20]
  let b = [spawn twice(n) for n in 0..5]
  let c = [spawn once(n, dir) for n in 0..20]
  print("pure " + told([said(try await f) for f in a]))
  print("twice " + told([said(try await f) for f in b]))
  print("once " + told([said(try await f) for f in c]))
  print("{[name for name in io.list(dir)? if io.size("{dir}/{name}")? > 1].len} began twice")
  io.remove_all(dir)?
  0
}
"""
ALL_LOST = r'"lost: %s is lost with all nodes that have the label \\"gpu\\""'
UNSURE = (r'"lost: the result of once is lost: DIED; it may have run, so it is not run again unless it is '
          r'`@idempotent`"')


def dies(place, dfl, labels, victim, survives):
    """With one that has the label left, or a new worker there, what may run again does."""
    program = built(place, dfl, DIES)
    for tasks in (1, 12, 23, 30):
        out, _ = nodes(place, program, env={"DFL_LABELS": labels, "DFL_THREADS": "1",
                                            "DFL_CHAOS": "kill:%s:tasks=%d" % (victim, tasks)}).end(0)
        if survives:
            wants(out, r"^pure 20 ok, \[\]\ntwice 5 ok, \[\]\nonce \d+ ok, \[(%s)?\]\n0 began twice\n$" % UNSURE)
        else:
            wants(out, r"^pure \d+ ok, \[(%s)?\]\ntwice \d+ ok, \[(%s)?\]\nonce \d+ ok, \[(%s)?(, )?(%s)?\]\n0 began twice\n$" %
                  (ALL_LOST % "pure", ALL_LOST % "twice", ALL_LOST % "once", UNSURE), "with all nodes")


def cases(dfl):
    for kind, labels, wanted in (("", "2=gpu", "0 here, 1 processes\n"), ("", "2=gpu,3=gpu,3=disk", "0 here, 2 processes\n"),
                                 ("", "1=gpu", "40 here, 1 processes\n"), ("", "1=gpu,3=gpu", r"\d\d here, 2 processes\n"),
                                 ("io", "3=gpu", "0 here, 1 processes\n"), ("io", "1=gpu,3=gpu", "40 here, 1 processes\n")):
        yield Case("cluster/placement [%s task on %s]" % (kind or "pure", labels),
                   lambda p, k=kind, l=labels, w=wanted: on(p, dfl, k, l, w))
    yield Case("cluster/placement [no place]", lambda p: misplaced(p, dfl))
    yield Case("cluster/placement [with other attributes]", lambda p: mixed(p, dfl))
    yield Case("cluster/placement [turns]", lambda p: turns(p, dfl))
    for size in (10, 20_000, 200_000):
        yield Case("cluster/placement [near %d]" % size, lambda p, s=size: near(p, dfl, s))
    for victim in ("worker=2", "node=3"):
        yield Case("cluster/placement [near, %s dies]" % victim, lambda p, v=victim: near_dies(p, dfl, v))
    for labels, victim, survives in (("2=gpu", "worker=2", True), ("2=gpu,3=gpu", "node=3", True), ("3=gpu", "node=3", False)):
        yield Case("cluster/placement [on %s, %s dies]" % (labels, victim),
                   lambda p, l=labels, v=victim, s=survives: dies(p, dfl, l, v, s))

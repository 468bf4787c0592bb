"""Tasks whose attributes say how they run, and io tasks that may run again, on several nodes: that they
leave, what stays, what becomes of the programs that they have started."""
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
    ("above", "@prio(3) task one(n: int) -> int { n + burn(5) }", "spawn one(n)", True),
    ("below", "@prio(-3) task one(n: int) -> int { n + burn(5) }", "spawn one(n)", True),
    ("retry", "@retry(1) io task one(n: int) -> int { n + burn(5) }", "spawn one(n)", True),
    ("idempotent", "@idempotent io task one(n: int) -> int { n + burn(5) }", "spawn one(n)", True),
    ("file", "@idempotent io task one(n: int) -> int { if io.exists(\"/\") { n + burn(5) } else { n } }", "spawn one(n)",
     True),
    ("io", "io task one(n: int) -> int { n + burn(5) }", "spawn one(n)", False),
    ("prints", "@idempotent io task one(n: int) -> int {\n  if n < 0 { print(\"odd\") }\n  n + burn(5)\n}",
     "spawn one(n)", False),
    ("reads", "io fn next() -> int { match io.read_line() { ok(_) => 1, err(_) => 0 } }\n"
     "@idempotent io task one(n: int) -> int { if n < 0 { next() } else { n + burn(5) } }", "spawn one(n)", False),
    ("C", "extern \"stdlib.h\" io fn rand() -> i32\n"
     "@idempotent io task one(n: int) -> int { if n < 0 { rand() as int } else { n + burn(5) } }", "spawn one(n)", False),
    ("spawns io", "io task two(n: int) -> int { n }\n"
     "@idempotent io task one(n: int) -> int { if n < 0 { await spawn two(n) } else { n + burn(5) } }", "spawn one(n)",
     False),
    ("spawns limited", "@limit(2) task two(n: int) -> int { n }\n"
     "task one(n: int) -> int { if n < 0 { await spawn two(n) } else { n + burn(5) } }", "spawn one(n)", False),
    ("limited in rounds", "@limit(2) task two(n: int) -> int { n }\n"
     "task all(n: int) -> [int] { par for i in 0..n { await spawn two(i) } }\n"
     "task one(n: int) -> int { if n < 0 { all(n).len } else { n + burn(5) } }", "spawn one(n)", False),
    ("on", "task one(n: int) -> int { n + burn(5) }", "spawn @on(\"here\") one(n)", False),
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


def cases(dfl):
    for name, text, spawn, wanted in KINDS:
        yield Case("cluster/attributes [%s %s]" % (name, "leaves" if wanted else "stays"),
                   lambda p, t=text, s=spawn, w=wanted: leaves(p, dfl, t, s, w))

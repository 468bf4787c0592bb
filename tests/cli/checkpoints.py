"""@checkpoint: results that outlive a run, with kills, damage and folders that cannot be written."""
import glob
import hashlib
import os
import re
import shutil
import signal
import subprocess
import time

from harness import ROOT, fail, same, wants

MODES = [["--interp"], ["-O0"], ["--threads", "1"], ["--threads", "2"], ["--nodes", "3"]]
TESTS = []

# Each step tells of itself; the fourth waits until it is ended, unless `go` is there.
STEPS = """import io

ATTRIBUTES
io task step(n: int) -> int! {
  io.append("log", "{n}\\n".bytes())?
  if n == 3 && !io.exists("go") { io.exec(["sleep", "60"])? }
  print("step {n}")
  n * n
}

io task main(args: [str]) -> int! {
  var sum = 0
  for i in 0..6 { sum += (await spawn step(i))? }
  print("{sum}")
  0
}
"""

# Four pure results, and what reaches them.
SQUARES = """record Pair { a: int, b: int }

let factor = 1

fn square(n: int) -> int { factor * n * n }

@checkpoint
task pair(n: int) -> Pair { Pair { a: n, b: square(n) } }

io task main(args: [str]) -> int! {
  for n in 0..4 { print("{(await spawn pair(n)).b}") }
  0
}
"""
SQUARED = "0\n1\n4\n9\n"

# A value that reaches 30,000 futures, each through the one before.
CHAIN = """record Node { value: int, next: [future Node] }

task same(n: Node) -> Node { n }

@checkpoint
io task chain(n: int) -> Node {
  var node = Node { value: 0, next: [] }
  for i in 0..n { node = Node { value: i, next: [spawn same(node)] } }
  print("made")
  node
}

io task main() { print("{(await spawn chain(30_000)).value}") }
"""


def test(fn):
    TESTS.append(fn)
    return fn


def kept(folder):
    """What is in a folder, by name."""
    found = {}
    for path in glob.glob(os.path.join(folder, "*")):
        with open(path, "rb") as f:
            found[os.path.basename(path)] = hashlib.sha256(f.read()).hexdigest()
    return found


def counts(p, dfl, *words):
    """How many results a run has written, and how many it has taken."""
    r = p.run([dfl, "run", "--stats"] + list(words), status=0)
    return tuple(int(re.search(r"checkpoints %s .* (\d+)$" % which, r.err, re.M)[1]) for which in ("written", "taken"))


@test
def kept_the_same_in_all_modes(p, dfl):
    program = os.path.join(ROOT, "tests", "lang", "ok", "checkpoint.dfl")
    before = None
    for number, mode in enumerate(MODES):
        folder = os.path.join(p.work, str(number))
        p.run([dfl, "run", "--checkpoints", folder] + mode + [program], status=0)
        before = before or kept(folder)
        same(kept(folder), before, "what %s keeps" % mode)
    if len(before) != 29:
        fail("%d results are kept" % len(before))
    for mode in MODES:
        r = p.run([dfl, "run", "--resume", "--checkpoints", folder] + mode + [program], status=0)
        same(r.err, "")
        same(kept(folder), before, "after %s" % mode)


@test
def a_long_chain_of_futures_needs_no_stack(p, dfl):
    program = p.write("chain.dfl", CHAIN)
    before = None
    for mode in MODES[:-1]:  # on nodes such futures may take too long to be kept
        shutil.rmtree(os.path.join(p.work, "kept"), ignore_errors=True)
        for resume in [], ["--resume"]:
            r = p.run([dfl, "run", "--checkpoints", "kept", *resume, *mode, program], status=0)
            same(r.out, "29999\n" if resume else "made\n29999\n")
        before = before or kept(os.path.join(p.work, "kept"))
        same(kept(os.path.join(p.work, "kept")), before, "what %s keeps" % mode)


@test
def a_program_that_was_killed_does_only_the_rest(p, dfl):
    p.env.pop("DFL_CHECKPOINTS")
    for attributes in "@checkpoint", "@checkpoint @idempotent", "@checkpoint @retry(2)":
        p.write("a.dfl", STEPS.replace("ATTRIBUTES", attributes))
        for number, mode in enumerate(MODES):
            log, go = os.path.join(p.work, "log"), os.path.join(p.work, "go")
            run = subprocess.Popen([dfl, "run"] + mode + ["a.dfl"], env=p.env, cwd=p.work, stdout=subprocess.DEVNULL)
            deadline = time.monotonic() + 60
            while not (os.path.exists(log) and open(log).read().count("\n") == 4):
                if time.monotonic() > deadline:
                    fail("the fourth step does not begin")
                time.sleep(0.01)
            run.send_signal(signal.SIGKILL)
            run.wait()
            open(go, "w").close()
            other = MODES[(number + 1) % len(MODES)]
            r = p.run([dfl, "run", "--resume"] + other + ["a.dfl"], status=0)
            same(r.out, "step 3\nstep 4\nstep 5\n55\n", "after %s, with %s" % (mode, other))
            same(r.err, "")
            same(open(log).read(), "0\n1\n2\n3\n3\n4\n5\n", "steps")
            r = p.run([dfl, "run", "--resume"] + mode + ["a.dfl"], status=0)
            same((r.out, r.err), ("55\n", ""))
            if len(os.listdir(os.path.join(p.work, ".dfl", "checkpoints"))) != 6:
                fail("left: %s" % os.listdir(os.path.join(p.work, ".dfl", "checkpoints")))
            shutil.rmtree(os.path.join(p.work, ".dfl"))
            os.remove(log)
            os.remove(go)


@test
def without_resume_all_is_computed_anew(p, dfl):
    f = p.write("a.dfl", SQUARES)
    same(counts(p, dfl, f), (4, 0))
    same(counts(p, dfl, f), (4, 0))
    same(counts(p, dfl, "--resume", f), (0, 4))
    same(counts(p, dfl, "--resume", "--nodes", "2", f), (0, 4))
    exe = os.path.join(p.work, "a")
    p.run([dfl, "build", f, "-o", exe], status=0)
    r = p.run([exe], env={"DFL_RESUME": "1", "DFL_STATS": "1"}, status=0)
    same(r.out, SQUARED)
    wants(r.err, r"checkpoints written +0\n", r"checkpoints taken +4\n")
    wants(p.run([exe], env={"DFL_RESUME": "yes"}, status=2).err, "^error: DFL_RESUME is 'yes'; it must be")


@test
def code_that_gives_something_else_is_another_key(p, dfl):
    same(counts(p, dfl, p.write("a.dfl", SQUARES)), (4, 0))
    for old, new in (("factor = 1", "factor = 2"), ("factor * n * n", "factor * n * (n + 0)"),
                     ("b: int }", "b: u64 }"), ("fn square", "@wrap\nfn square"), ("{ a: n,", "{ a: n + 1,"),
                     ("record Pair { a: int, b: int }", "record Pair { b: int, a: int }")):
        text = SQUARES.replace(old, new)
        if "u64" in new:
            text = text.replace("b: square(n)", "b: square(n) as u64")
        same((old, counts(p, dfl, "--resume", p.write("b.dfl", text))), (old, (4, 0)))
        shutil.rmtree(p.env["DFL_CHECKPOINTS"])
        same(counts(p, dfl, p.write("a.dfl", SQUARES)), (4, 0))
    for old, new in (("fn square(n: int)", "\n// A comment.\n/// Told.\nfn   square(m: int)"), ("io task", "\n\nio task"),
                     ("@checkpoint", "@checkpoint @limit(1)"), ("let factor", "pub let factor"),
                     ("fn square", "fn other() -> int { 1 }\nfn square"), ("for n in 0..4", "other()\n  for i in 0..4")):
        text = SQUARES.replace(old, new)
        if "m: int" in new:
            text = text.replace("factor * n * n", "factor * m * m")
        if "for i" in new:
            text = text.replace("pair(n)).b", "pair(i)).b").replace("io task", "fn other() -> int { 1 }\nio task")
            text = text.replace("other()\n  for", "print(\"{other()}\")\n  for")
        same((old, counts(p, dfl, "--resume", p.write("c.dfl", text))), (old, (0, 4)))
    p.write("squares.dfl", SQUARES.split("@checkpoint")[0].replace("fn square", "pub fn square").replace("record", "pub record"))
    p.write("d.dfl", "import squares.{Pair, square}\n@checkpoint" + SQUARES.split("@checkpoint")[1])
    same(counts(p, dfl, "--resume", "d.dfl"), (0, 4))


@test
def code_of_c_is_part_of_the_key(p, dfl):
    p.write("f.h", "int twice(int n);\n")
    p.write("f.c", '#include "f.h"\nint twice(int n) { return 2 * n; }\n')
    p.write("a.dfl", 'extern "f.h" link "f.c" fn twice(n: i32) -> i32\n@checkpoint\ntask t(n: i32) -> i32 { twice(n) }\n'
                     'io task main(args: [str]) { print("{await spawn t(4)}") }\n')
    for mode in [], ["--interp"]:
        same(p.run([dfl, "run"] + mode + ["a.dfl"], status=0).out, "8\n")
    same(counts(p, dfl, "--resume", "a.dfl"), (0, 1))
    p.write("f.c", '#include "f.h"\nint twice(int n) { return n + n + 1; }\n')
    for mode in [], ["--interp"]:
        same(p.run([dfl, "run", "--resume"] + mode + ["a.dfl"], status=0).out, "9\n")


@test
def damaged_files_are_named_and_computed_again(p, dfl):
    f, folder = p.write("a.dfl", SQUARES), p.env["DFL_CHECKPOINTS"]
    p.run([dfl, "run", f], status=0)
    whole, names = kept(folder), sorted(os.listdir(folder))
    path, other = os.path.join(folder, names[0]), os.path.join(folder, names[1])
    data, foreign = open(path, "rb").read(), open(other, "rb").read()
    flipped = bytearray(data)
    flipped[-1] ^= 1
    damage = ((b"", "it ends too early"), (data[:-1], "its length is wrong"), (data + b"x", "its length is wrong"),
              (data[:20], "it ends too early"), (bytes(flipped), "its bytes are not those that were written"),
              (b"dflkept0" + data[8:], "it is not of this version of dfl"), (b"x" * 200, "it is not of this version of dfl"),
              (foreign, "it holds the result of something else"))
    for number, (text, why) in enumerate(damage):
        mode = MODES[number % len(MODES)]
        with open(path, "wb") as out:
            out.write(text)
        r = p.run([dfl, "run", "--resume"] + mode + [f], status=0)
        same(r.out, SQUARED)
        same(r.err, "warning: '%s' is not taken, and computed again: %s\n" % (path, why))
        same(kept(folder), whole, "after that")
    os.remove(path)
    os.mkdir(path)
    r = p.run([dfl, "run", "--resume", f], status=0)
    same(r.out, SQUARED)
    wants(r.err, r"^warning: '%s' is not taken, and computed again: it is no file\nwarning: cannot keep .*: Is a directory\n"
                 r"hint: " % path)
    same(sorted(os.listdir(folder)), names)


@test
def a_folder_that_cannot_be_written_is_told_once(p, dfl):
    f = p.write("a.dfl", SQUARES)
    p.write("file", "")
    for mode in [], ["--interp"], ["-O0", "--threads", "1"]:
        for folder in "file", "file/sub":
            r = p.run([dfl, "run", "--checkpoints", folder] + mode + [f], status=0)
            same(r.out, SQUARED)
            same(r.err, "warning: cannot keep results of @checkpoint tasks in '%s': Not a directory\n"
                        "hint: the run goes on, and keeps what it can; mend that, or name another folder with "
                        "--checkpoints DIR (DFL_CHECKPOINTS=DIR)\n" % folder)


@test
def a_full_disk_stops_nobody(p, dfl):
    folder = os.path.join(p.work, "small")
    os.mkdir(folder)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True).returncode:
        return
    try:
        p.write("a.dfl", "@checkpoint\ntask much(n: int, seed: int) -> [int] { [i * seed for i in 0..n] }\n"
                         "io task main(args: [str]) -> int! {\n  var sum = 0\n"
                         "  for n in [10, 100000, 20, 90000, 30] { sum += (await spawn much(n, 3))[n - 1] }\n"
                         '  print("{sum}")\n  0\n}\n')
        for mode in MODES[:4]:
            r = p.run([dfl, "run", "--checkpoints", folder] + mode + ["a.dfl"], status=0)
            same(r.out, "570165\n")
            wants(r.err, r"^warning: cannot keep results of @checkpoint tasks in '.*/small': No space left on device\n"
                         r"hint: [^\n]*\n$")
            same(len(os.listdir(folder)), 3, "files in %s" % os.listdir(folder))
    finally:
        subprocess.run(["umount", folder])


@test
def drafts_of_the_dead_are_removed(p, dfl):
    f, folder = p.write("a.dfl", SQUARES), p.env["DFL_CHECKPOINTS"]
    dead = subprocess.Popen(["true"])
    dead.wait()
    for mode in ["-O0"], ["--interp"], ["--resume"]:
        os.makedirs(folder, exist_ok=True)
        for name in "draft-%d-0" % dead.pid, "draft-%d-0" % os.getpid():
            open(os.path.join(folder, name), "w").close()
        p.run([dfl, "run"] + mode + [f], status=0)
        same([n for n in os.listdir(folder) if n.startswith("draft")], ["draft-%d-0" % os.getpid()])


@test
def nothing_to_resume_is_a_note(p, dfl):
    f = p.write("a.dfl", SQUARES)
    none = p.write("b.dfl", 'io task main(args: [str]) { print("b") }\n')
    p.env.pop("DFL_CHECKPOINTS")
    for mode in MODES:
        same(p.run([dfl, "run", "--resume"] + mode + [none], status=0).err,
             "note: there is nothing to resume: the program spawns no task that is marked @checkpoint\n")
        same(p.run([dfl, "run", "--resume"] + mode + [f], status=0).err,
             "note: there is nothing to resume: '.dfl/checkpoints' is not there; all is computed, and kept there\n")
        shutil.rmtree(os.path.join(p.work, ".dfl"))
        same(p.run([dfl, "run"] + mode + [none], status=0).err, "")
        if os.path.exists(os.path.join(p.work, ".dfl")):
            fail("a folder for nothing")


@test
def only_values_are_kept(p, dfl):
    p.write("a.dfl", """import io
@checkpoint
io task moody(path: str) -> int! {
  io.append(path, b"x")?
  let n = io.size(path)?
  if n == 1 { fail "not yet" }
  if n == 2 { return 1 / (n - 2) }
  if n == 3 { io.exec(["sleep", "60"])? }
  n
}
io task main(args: [str]) -> int! {
  match try await spawn @timeout(300ms) moody(args[0]) {
    ok(n)  => print("{n}")
    err(e) => print("{e.message}")
  }
  0
}
""")
    for mode in MODES[1:]:
        for wanted in "not yet", "division by zero", "timed out after 300ms", "4", "4":
            same(p.run([dfl, "run", "--resume"] + mode + ["a.dfl", "log"], status=0).out, wanted + "\n")
        os.remove(os.path.join(p.work, "log"))
        shutil.rmtree(p.env["DFL_CHECKPOINTS"])


@test
def with_retry_the_last_outcome_is_kept(p, dfl):
    p.write("a.dfl", """import io
@checkpoint @retry(5, backoff: 1ms)
io task moody(path: str) -> int! {
  io.append(path, b"x")?
  let n = io.size(path)?
  if n < 3 { fail "not yet" }
  n
}
io task main(args: [str]) -> int! {
  print("{(await spawn moody("log"))?}")
  0
}
""")
    for mode in MODES:
        for options in [], ["--resume"]:
            same(p.run([dfl, "run"] + options + mode + ["a.dfl"], status=0).out, "3\n")
        same(open(os.path.join(p.work, "log")).read(), "xxx")
        os.remove(os.path.join(p.work, "log"))
        shutil.rmtree(p.env["DFL_CHECKPOINTS"])


@test
def nodes_that_die_lose_nothing_that_is_kept(p, dfl):
    p.write("a.dfl", """@checkpoint
task work(n: int) -> int {
  var x = n
  for i in 0..200000 { x = (x * 31 + i) % 1000003 }
  x
}
io task main(args: [str]) -> int! {
  print("{await [spawn work(n) for n in 0..300]}")
  0
}
""")
    wanted = p.run([dfl, "run", "a.dfl"], status=0).out
    shutil.rmtree(p.env["DFL_CHECKPOINTS"])
    kill = ["--nodes", "3", "--chaos", "kill:node=2:tasks=5"]
    same(p.run([dfl, "run"] + kill + ["a.dfl"], status=0).out, wanted)
    same(len([n for n in os.listdir(p.env["DFL_CHECKPOINTS"]) if not n.startswith("draft")]), 300)
    for mode in MODES + [kill]:
        same(p.run([dfl, "run", "--resume"] + mode + ["a.dfl"], status=0).out, wanted)
    same(len(os.listdir(p.env["DFL_CHECKPOINTS"])), 300)
    same(counts(p, dfl, "--resume", "--nodes", "3", "a.dfl")[0], 0)


@test
def tests_keep_nothing(p, dfl):
    f = p.write("a.dfl", "@checkpoint\ntask twice(n: int) -> int { 2 * n }\n"
                         'test "twice" { expect await spawn twice(2) == 4 }\n')
    p.run([dfl, "test", f], env={"DFL_RESUME": "1"}, status=0)
    if os.path.exists(p.env["DFL_CHECKPOINTS"]):
        fail("a test has kept something")

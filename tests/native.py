"""Programs of C: unit tests, programs against the runtime's interface, the explorer of the deque; the
format of the sources; and what of all this is worth doing under a sanitizer."""
import glob
import os
import re
import subprocess

import lang.run
from harness import ROOT, Case, fail

SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=0:abort_on_error=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:suppressions=" + os.path.join(ROOT, "tests", "tsan.supp"),
}


def unit(place, program):
    """Counts as many tests as Check's summary says."""
    r = place.run([program], timeout=300, env=dict(SANITIZER_ENV, CK_VERBOSITY="normal"))
    m = re.search(r"Checks: (\d+), Failures: (\d+), Errors: (\d+)", r.out)
    if not m:
        fail("no summary; exit %d\n%s" % (r.status, (r.out + r.err)[-1500:]))
    checks, bad = int(m[1]), int(m[2]) + int(m[3])
    if bad == 0 and r.status != 0:
        fail("exit %d\n%s" % (r.status, (r.out + r.err)[-1500:]))
    return checks - bad, bad, (r.out + r.err)[-3000:]


def program(place, path, threads):
    place.run([path], timeout=300, status=0, env=dict(SANITIZER_ENV, DFL_THREADS=str(threads)))


def explored(place, path):
    place.run([path], timeout=300, status=0)


def planted(place, path):
    """A build with a mistake in it: the explorer has to find it, and says so."""
    r = place.run([path], timeout=300, status=0)
    if "found as it should be" not in r.out + r.err:
        fail("the mistake was not found\n" + r.out[-1000:])


def simulated(place, path, seed, count):
    place.run([path, str(seed), str(count)], timeout=600, status=0, env=SANITIZER_ENV)


COPIES = {"parse": 5000, "fmt": 3000, "check": 1500}
SEEDS = ["lang/ok", "lang/bad", "golden/syntax", "golden/fmt", "acceptance/ok"]


def fuzzed(place, path, count):
    """A fuzz target on the programs of the tests and on changed copies, the same ones each time."""
    files = sorted(f for s in SEEDS for f in glob.glob(os.path.join(ROOT, "tests", s, "*.dfl")))
    r = place.run([path, "1", str(count)] + files, timeout=600, env=SANITIZER_ENV)
    if r.status != 0:
        left = os.path.join(place.work, "failed")
        text = open(left, "rb").read().decode("utf-8", "replace") if os.path.exists(left) else ""
        fail("exit %d\n%s\n%s" % (r.status, r.err[-3000:], text))


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "--"] + list(patterns), cwd=ROOT, capture_output=True,
                         text=True, check=True).stdout
    return [f for f in out.splitlines() if os.path.exists(os.path.join(ROOT, f))]


def formatted(place, path):
    tool = "clang-format-19"
    place.run([tool, "--dry-run", "-Werror", os.path.join(ROOT, path)], cwd=ROOT, status=0)


def programs(build, kind):
    folder = os.path.join(build, "tests", kind)
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [(n, os.path.join(folder, n)) for n in names if os.access(os.path.join(folder, n), os.X_OK)
            and os.path.isfile(os.path.join(folder, n))]


def listed(build):
    """The lists of tests/CMakeLists.txt are complete."""
    for path in tracked("tests/unit/test_*.c", "tests/abi/*.c"):
        if not os.path.exists(os.path.join(build, path[:-2])):
            fail("%s is in no list of tests/CMakeLists.txt" % path)


def cases(build, prefix):
    """All programs of one build; of the plain one the format of the sources too."""
    found = []
    for name, path in programs(build, "unit"):
        found.append(Case(prefix + "unit/" + name, lambda p, f=path: unit(p, f)))
    for name, path in programs(build, "abi"):
        for threads in (1, 2):
            found.append(Case("%sabi/%s [%d]" % (prefix, name, threads),
                              lambda p, f=path, t=threads: program(p, f, t)))
    for name, path in programs(build, "sim"):
        for seed in (1, 2000, 3000, 4000):
            found.append(Case("%ssim/%s from %d" % (prefix, name, seed),
                              lambda p, f=path, s=seed: simulated(p, f, s, 100 if prefix else 500)))
    for name, path in programs(build, "deque"):
        run = planted if name.startswith("planted") else explored
        found.append(Case(prefix + "deque/" + name, lambda p, f=path, r=run: r(p, f)))
    for name, path in programs(build, "fuzz") if prefix != "tsan " else []:
        count = COPIES.get(name, 1000) // (10 if prefix else 1)
        found.append(Case("%sfuzz/%s" % (prefix, name), lambda p, f=path, n=count: fuzzed(p, f, n)))
    if not prefix:
        found.append(Case("unit/every source is built", lambda p: listed(build)))
        for path in tracked("*.c", "*.h"):
            found.append(Case("format/" + path, lambda p, f=path: formatted(p, f)))
    return found


def leaves_early(place, dfl):
    """A run on nodes that ends while others have its tasks, and that does not wait for them: what these
    hold ends too."""
    for name, args in (("large_chains", ["6", "5", "300000"]), ("large_parts", ["2", "300000", "2000"])):
        place.run([dfl, "build", os.path.join(ROOT, "tests", "lang", "ok", name + ".dfl"), "-o", name], status=0)
        for faults in ("", "kill:worker=3:tasks=5", "kill:node=2:ms=60") * 3:
            place.run(["./" + name] + args, timeout=120, status=0,
                      env={"DFL_NODES": "3", "DFL_THREADS": "1", "DFL_CHECK": "0", "DFL_CHAOS": faults})


def language(build, prefix):
    """The programs of the language: under the address sanitizer the compiler, the interpreter, and ends of
    runs on nodes; under the thread sanitizer compiled programs on two threads."""
    dfl = os.path.join(build, "dfl")
    if prefix == "asan ":
        yield Case("asan cluster/a run leaves early", lambda p: leaves_early(sanitized(p), dfl))
    modes = {"asan ": [("interp", ["--interp"])], "tsan ": [("O0,2", ["-O0", "--threads", "2"])]}[prefix]
    for case in lang.run.cases(dfl, modes):
        if prefix == "tsan " and case.name.startswith("lang/bad"):
            continue
        if "/extern_" in case.name and not case.name.startswith("lang/ok"):
            continue  # they hold the words of gcc, and these builds have another C compiler
        yield Case(prefix + case.name, lambda p, c=case: c.fn(sanitized(p)))


def sanitized(place):
    place.env.update(SANITIZER_ENV)
    return place

"""What all suites share: a case is a name and a function; it passes unless the function raises.

A case gets a `Place`: a scratch folder, an environment whose TMPDIR must be empty when the case is
over, and `run()`. Cases run side by side; nothing in them may depend on the current folder."""
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Failure(Exception):
    pass


def fail(text):
    raise Failure(text)


def shorten(text, most=1500):
    return text if len(text) <= most else text[:most] + "\n... (%d more)" % (len(text) - most)


def wants(text, *patterns):
    """Every pattern is somewhere in the text."""
    for pattern in patterns:
        if not re.search(pattern, text):
            fail("/%s/ is not in\n%s" % (pattern, text[:1500]))


def same(got, wanted, what="output"):
    if got != wanted:
        fail("%s\n--- wanted\n%s\n--- got\n%s" % (what, shorten(wanted), shorten(got)))


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


class Place:
    """Where one case runs."""

    def __init__(self, root, caches):
        self.dir = tempfile.mkdtemp(dir=root)
        self.tmp = os.path.join(self.dir, "tmp")
        self.work = os.path.join(self.dir, "work")
        os.mkdir(self.tmp)
        os.mkdir(self.work)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("DFL_")}
        self.env.update(TMPDIR=self.tmp, XDG_CACHE_HOME=caches, DFL_CHECK="1", LC_ALL="C.UTF-8",
                        DFL_CHECKPOINTS=os.path.join(self.dir, "checkpoints"))
        self.env.pop("NO_COLOR", None)

    def run(self, cmd, stdin=b"", cwd=None, env=None, timeout=120, status=None):
        """Runs a command; `status`, if given, must be its exit status."""
        if isinstance(stdin, str):
            stdin = stdin.encode("utf-8", "surrogateescape")
        try:
            p = subprocess.run(cmd, input=stdin, cwd=cwd or self.work, capture_output=True,
                               env=dict(self.env, **(env or {})), timeout=timeout)
        except subprocess.TimeoutExpired:
            fail("no end in %g s: %s" % (timeout, " ".join(cmd)))
        r = Result(p.returncode, p.stdout.decode("utf-8", "replace"),
                   p.stderr.decode("utf-8", "replace"))
        if status is not None and r.status != status:
            fail("%s\nexit %d, wanted %d\n%s" % (" ".join(cmd), r.status, status,
                                                shorten(r.err or r.out)))
        return r

    def write(self, name, text):
        path = os.path.join(self.work, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as f:
            f.write(text)
        return path

    def close(self):
        left = sorted(os.listdir(self.tmp))
        shutil.rmtree(self.dir, ignore_errors=True)
        if left:
            fail("left behind in TMPDIR: %s" % ", ".join(left))


class Case:
    """`fn(place)` may return (passed, failed, text) if it counts several tests itself."""

    def __init__(self, name, fn, alone=False):
        self.name, self.fn, self.alone = name, fn, alone


class Run:
    def __init__(self, jobs, verbose):
        self.jobs, self.verbose = jobs, verbose
        self.passed = self.failed = 0
        self.root = tempfile.mkdtemp(prefix="dfl-tests-")
        self.caches = os.path.join(self.root, "cache")
        os.mkdir(self.caches)
        self.lock = threading.Lock()

    def one(self, case):
        place, start, counts, why = Place(self.root, self.caches), time.time(), (1, 0, ""), None
        try:
            counts = case.fn(place) or counts
        except Failure as e:
            why = str(e)
        except Exception as e:  # a mistake in the test counts as a failure
            why = "%s: %s" % (type(e).__name__, e)
        try:
            place.close()
        except Failure as e:
            why = why or str(e)
        with self.lock:
            if why is not None or counts[1]:
                self.passed += counts[0] if why is None else 0
                self.failed += counts[1] if why is None else 1
                print("FAIL %s: %s" % (case.name, why or counts[2]), flush=True)
            else:
                self.passed += counts[0]
                if self.verbose:
                    print("ok   %s (%.2f s)" % (case.name, time.time() - start), flush=True)

    def all(self, cases):
        """Runs cases on `jobs` threads, then those that measure time, one by one."""
        todo = queue.Queue()
        for c in cases:
            if not c.alone:
                todo.put(c)

        def work():
            while True:
                try:
                    case = todo.get_nowait()
                except queue.Empty:
                    return
                self.one(case)

        threads = [threading.Thread(target=work) for _ in range(self.jobs)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        for c in cases:
            if c.alone:
                self.one(c)

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)


def header(path):
    """`// key: value` lines at the top of a program."""
    found = {}
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        for line in f:
            if not line.startswith("//"):
                break
            m = re.match(r"// ([a-z]+):(?: (.*))?$", line.rstrip("\n"))
            if m:
                found.setdefault(m[1], []).append(m[2] or "")
    return found


def files(folder, ending):
    """Files below a folder of tests/, with their paths from it, in order."""
    top = os.path.join(ROOT, "tests", folder)
    found = []
    for at, _, names in os.walk(top):
        found += [os.path.join(at, n) for n in names if n.endswith(ending)]
    return [(p, os.path.relpath(p, top)) for p in sorted(found)]


def say(text):
    print("tests: " + text, file=sys.stderr, flush=True)

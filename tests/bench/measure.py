"""What all benchmarks share: tables in which dfl and its peers take turns, and how programs are
built and timed."""
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DFL = os.path.join(ROOT, "build", "dfl")


def die(text):
    sys.exit("bench: " + text)


def run(cmd, **options):
    r = subprocess.run(cmd, capture_output=True, text=True, **options)
    if r.returncode != 0:
        die("%s: exit %d: %s" % (" ".join(cmd), r.returncode, r.stderr.strip()))
    return r


def output(cmd, **options):
    return run(cmd, **options).stdout


def wall(cmd, **options):
    start = time.perf_counter()
    out = output(cmd, **options)
    return out, time.perf_counter() - start


class Bench:
    """One table: contestants by name, each a function that gives (result, seconds)."""

    def __init__(self, title, per=None):
        self.title, self.per, self.who, self.notes = title, per, {}, []

    def add(self, name, run, per=None):
        """`per`: how many of what is counted it does, if not as many as the others."""
        self.who[name] = (run, per or self.per)

    def skip(self, name, why):
        self.notes.append("skipped: %s (%s)" % (name, why))

    def note(self, text):
        self.notes.append(text)

    def measure(self, rounds, expect=None):
        times = {name: [] for name in self.who}
        for _ in range(rounds):
            for name, (run, per) in self.who.items():
                result, seconds = run()
                if expect is not None and result != expect:
                    die("%s, %s: result %r, expected %r" % (self.title, name, result, expect))
                times[name].append(seconds / (per or 1))
        return self.table(times)

    def table(self, times):
        print("\n%s" % self.title)
        first = next(iter(times))
        rows = []
        for name, ts in times.items():
            scale, unit = (1e9, "ns each") if self.per else (1e3, "ms")
            m, lo, hi = statistics.median(ts), min(ts), max(ts)
            ratio = statistics.median([b / a for a, b in zip(times[first], ts)])
            print("  %-34s median %9.2f  min %9.2f  max %9.2f %s   %.2f of %s"
                  % (name, m * scale, lo * scale, hi * scale, unit, ratio, first))
            rows.append({"bench": self.title, "who": name, "median_s": m, "min_s": lo, "max_s": hi,
                         "ratio": ratio, "of": first})
        for note in self.notes:
            print("  " + note)
        return rows, times


def ratio(ours, theirs):
    """Of two columns of a table: the median over the rounds."""
    return statistics.median([x / y for x, y in zip(ours, theirs)])


def build(tmp, name, source=None):
    exe = os.path.join(tmp, name)
    output([DFL, "build", source or os.path.join(HERE, name + ".dfl"), "-o", exe])
    return exe


def timed(cmd, env=None):
    """A program that prints its result and its own seconds."""
    def run():
        words = output(cmd, env=dict(os.environ, **(env or {}))).split()
        return words[0], float(words[-1])
    return run

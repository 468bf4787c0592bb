"""fmt.py DFL [--seed N] [--count N]: mangles the white space, line breaks and comments of the repository's
programs where the language allows it, and holds `dfl fmt` to its word: formatted twice is formatted once, the
tree stays (dfl checks that itself and refuses otherwise), and every comment is there."""
import argparse
import glob
import os
import random
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ["examples", "stdlib", "tests/lang/ok", "tests/golden/fmt", "tests/acceptance/ok"]
QUOTES = re.compile(r'"""')


def programs():
    for folder in FOLDERS:
        yield from sorted(glob.glob(os.path.join(ROOT, folder, "*.dfl")))


def comments(text):
    """Comments of lines without a string, sorted: what a string holds is left to dfl's own check."""
    return sorted(line[line.index("//"):].rstrip("\r") for line in text.split("\n")
                  if "//" in line and '"' not in line)


def mangle(rng, text):
    """Changes lines that hold no string: indentation, gaps, blank lines, comments, breaks behind commas."""
    if QUOTES.search(text):
        return re.sub(r"(?m)$", lambda m: m.group(), text)
    lines = []
    for line in text.split("\n"):
        code = line.lstrip(" ")
        if code and rng.random() < 0.5:
            line = " " * rng.randrange(9) + code
        if '"' not in line and "//" not in line:
            if rng.random() < 0.3:
                line = re.sub(r"(?<=[\w)\]]) (?=[-+*/<>=&{(\[\w])", lambda m: " " * rng.choice([1, 1, 2, 5]), line)
            if rng.random() < 0.2:
                line = re.sub(r", ", lambda m: rng.choice([", ", ",", ",\n", ", // c%d\n" % rng.randrange(99)]), line)
            if rng.random() < 0.2:
                line = re.sub(r" (&&|\|\||\+|=|=>) ", lambda m: rng.choice([" %s ", "%s\n", " %s // d\n  "]) % m.group(1)
                              if m.group(1) != "||" else m.group(), line)
            if code and rng.random() < 0.1:
                line += "  // e%d" % rng.randrange(99)
        if rng.random() < 0.1:
            lines += [""] * rng.randrange(1, 4)
        if rng.random() < 0.1:
            lines.append(" " * rng.randrange(5) + "// f%d" % rng.randrange(99))
        lines.append(line)
    return "\n".join(lines)


def format(dfl, text):
    return subprocess.run([dfl, "fmt", "--color", "never", "-"], input=text, text=True, capture_output=True, timeout=20)


def fuzz(dfl, seed, count):
    """Tells what went wrong; (programs that were legal, None) if nothing did."""
    rng, paths, legal = random.Random(seed), list(programs()), 0
    for i in range(count):
        path = rng.choice(paths)
        with open(path, encoding="utf-8", newline="") as file:
            text = mangle(rng, file.read())
        one = format(dfl, text)
        if one.returncode == 1 and "error[" in one.stderr:
            continue
        if one.returncode != 0:
            return legal, "%s, seed %d, case %d: %s\n%s" % (path, seed, i, one.stderr, text)
        legal += 1
        two = format(dfl, one.stdout)
        if two.stdout != one.stdout:
            return legal, "%s, seed %d, case %d: not the same twice\n%s" % (path, seed, i, text)
        if any(c not in one.stdout for c in comments(text)):
            return legal, "%s, seed %d, case %d: a comment is lost\n%s" % (path, seed, i, text)
    return legal, None


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("dfl")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--count", type=int, default=1000)
    a = ap.parse_args()
    legal, wrong = fuzz(a.dfl, a.seed, a.count)
    print(wrong or "%d programs of %d were legal; all went well" % (legal, a.count))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

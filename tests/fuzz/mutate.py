#!/usr/bin/env python3
"""mutate.py DFL [--seed N] [--count N] [--kind NAME] [--worst N]: makes one mistake in a correct program and looks at
what `dfl check` says: no crash, no hang, a place for each message, and as a rule one error. Prints, for each kind of
mistake, how many programs got 0, 1, 2 and more errors, and the worst ones with what was changed. The same seed makes
the same mistakes."""
import argparse
import collections
import glob
import json
import os
import random
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ["tests/lang/ok", "examples", "tests/acceptance/ok"]
TOKEN = re.compile(r'"""(?:[^\\]|\\.)*?"""|b?"(?:[^"\\\n{]|\\.|\{[^"\n]*?\})*"|//[^\n]*|\d[\w.]*|[A-Za-z_]\w*|'
                   r'=>|->|\.\.|[=!<>]=|<<|>>|&&|\|\||[-+*/%]=|\s+|.', re.S)
KEYWORDS = set("let var if else for in while match return fail break continue spawn await try expect par select after as is "
               "future fn task record enum import extern pub true false io test reduce scan from step".split())
TYPES = ["int", "str", "float", "bool", "[int]", "int?", "int!", "bytes"]
SIGNS = ["+", "-", "*", "/", "==", "!=", "<", ">", "&&", "||", "=", "->", "=>", ",", ":", ".", "..", "(", ")", "[", "]", "{", "}", "?", "!"]
BATCH = 40


class Tokens:
    def __init__(self, text):
        self.all = TOKEN.findall(text)
        self.code = [i for i, t in enumerate(self.all) if not t.isspace() and not t.startswith("//")]

    def where(self, test):
        return [i for i in self.code if test(self.all[i])]

    def names(self):
        return self.where(lambda t: re.match(r"[A-Za-z_]\w*$", t) and t not in KEYWORDS and len(t) > 2)

    def text(self):
        return "".join(self.all)


def change(tokens, i, new):
    tokens.all[i] = new


def misspelt(rng, name):
    i = rng.randrange(1, len(name))
    return rng.choice([name[:i] + name[i + 1:], name[:i] + name[i] + name[i:], name[:i - 1] + name[i] + name[i - 1] + name[i + 1:]])


# Each takes (rng, tokens) and changes them; False if there is nothing to change.


def token_deleted(rng, t):
    change(t, rng.choice(t.code), "")


def token_doubled(rng, t):
    i = rng.choice(t.code)
    change(t, i, t.all[i] + " " + t.all[i])


def tokens_swapped(rng, t):
    k = rng.randrange(len(t.code) - 1)
    i, j = t.code[k], t.code[k + 1]
    t.all[i], t.all[j] = t.all[j] + " ", " " + t.all[i]


def sign_replaced(rng, t):
    signs = t.where(lambda x: x in SIGNS)
    if not signs:
        return False
    change(t, rng.choice(signs), rng.choice(SIGNS))


def sign_inserted(rng, t):
    i = rng.choice(t.code)
    change(t, i, rng.choice(SIGNS) + t.all[i])


def bracket_deleted(rng, t):
    brackets = t.where(lambda x: x in "()[]{}")
    if not brackets:
        return False
    change(t, rng.choice(brackets), "")


def bracket_inserted(rng, t):
    i = rng.choice(t.code)
    change(t, i, t.all[i] + rng.choice("()[]{}"))


def name_misspelt(rng, t):
    names = t.names()
    if not names:
        return False
    i = rng.choice(names)
    change(t, i, misspelt(rng, t.all[i]))


def declaration_misspelt(rng, t):
    found = [b for a, b in zip(t.code, t.code[1:]) if t.all[a] in ("let", "var", "fn", "task", "record", "enum", "for")
             and re.match(r"[A-Za-z_]\w{2,}$", t.all[b]) and t.all[b] != "main"]
    if not found:
        return False
    i = rng.choice(found)
    change(t, i, misspelt(rng, t.all[i]))


def keyword_deleted(rng, t):
    words = t.where(lambda x: x in KEYWORDS)
    if not words:
        return False
    change(t, rng.choice(words), "")


def literal_of_other_type(rng, t):
    literals = t.where(lambda x: re.match(r'\d|b?"|true$|false$', x))
    if not literals:
        return False
    change(t, rng.choice(literals), rng.choice(['"text"', "7", "2.5", "true", "none", "[1]", "b\"x\"", "()"]))


def type_replaced(rng, t):
    types = t.where(lambda x: x in ("int", "str", "float", "bool", "bytes"))
    if not types:
        return False
    change(t, rng.choice(types), rng.choice(TYPES))


def line_deleted(rng, t):
    lines = t.text().split("\n")
    code = [i for i, l in enumerate(lines) if l.strip() and not l.startswith("//")]
    del lines[rng.choice(code)]
    t.all = ["\n".join(lines)]


def line_doubled(rng, t):
    lines = t.text().split("\n")
    code = [i for i, l in enumerate(lines) if l.strip() and not l.startswith("//")]
    i = rng.choice(code)
    lines.insert(i, lines[i])
    t.all = ["\n".join(lines)]


def argument_deleted(rng, t):
    commas = [k for k, i in enumerate(t.code[:-1]) if t.all[i] == "," and t.all[t.code[k + 1]] not in ")]}"]
    if not commas:
        return False
    k = rng.choice(commas)
    change(t, t.code[k], "")
    change(t, t.code[k + 1], "")


def quote_deleted(rng, t):
    strings = t.where(lambda x: x.startswith('"') and len(x) > 1 and not x.startswith('"""'))
    if not strings:
        return False
    i = rng.choice(strings)
    change(t, i, t.all[i][1:] if rng.random() < 0.3 else t.all[i][:-1])


KINDS = [token_deleted, token_doubled, tokens_swapped, sign_replaced, sign_inserted, bracket_deleted, bracket_inserted,
         name_misspelt, declaration_misspelt, keyword_deleted, literal_of_other_type, type_replaced, line_deleted,
         line_doubled, argument_deleted, quote_deleted]


def programs(dfl):
    """The programs of the folders that are correct."""
    found = []
    for folder in FOLDERS:
        for path in sorted(glob.glob(os.path.join(ROOT, folder, "*.dfl"))):
            if subprocess.run([dfl, "check", "-q", path], capture_output=True).returncode == 0:
                with open(path, encoding="utf-8") as f:
                    found.append((os.path.relpath(path, ROOT), f.read()))
    return found


class Case:
    def __init__(self, name, kind, before, after):
        self.name, self.kind, self.before, self.after = name, kind, before, after
        self.errors = []


def checked(dfl, folder, paths):
    """(exit status, messages by file) of one run."""
    r = subprocess.run([dfl, "check", "--json"] + paths, cwd=folder, capture_output=True, timeout=60)
    found = collections.defaultdict(list)
    for line in r.stdout.decode("utf-8", "replace").splitlines():
        m = json.loads(line)
        found[m["file"]].append(m)
    return r, found


def run(dfl, cases):
    """Fills in what each case got; the cases that broke a promise, with what they did."""
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        paths = ["m%d.dfl" % i for i in range(len(cases))]
        for case, path in zip(cases, paths):
            with open(os.path.join(folder, path), "w", encoding="utf-8", errors="surrogateescape") as f:
                f.write(case.after)
        try:
            r, found = checked(dfl, folder, paths)
            single = r.returncode not in (0, 1) or None in found
        except subprocess.TimeoutExpired:
            single = True
        for case, path in zip(cases, paths):
            if single:
                try:
                    r, found = checked(dfl, folder, [path])
                except subprocess.TimeoutExpired:
                    wrong.append((case, "no end in 60 s"))
                    continue
                if r.returncode not in (0, 1):
                    wrong.append((case, "exit %d: %s" % (r.returncode, r.stderr.decode("utf-8", "replace")[-500:])))
                if None in found:
                    wrong.append((case, "no place: %s" % found[None][0]["message"]))
            case.errors = [m for m in found[path] if m["severity"] == "error"]
    return wrong


def made(dfl, seed, count, kinds):
    rng, texts = random.Random(seed), programs(dfl)
    while count:
        name, text = rng.choice(texts)
        kind = rng.choice(kinds)
        tokens = Tokens(text)
        if kind(rng, tokens) is False or tokens.text() == text:
            continue
        count -= 1
        yield Case(name, kind.__name__, text, tokens.text())


def difference(case):
    before, after = case.before.split("\n"), case.after.split("\n")
    i = 0
    while i < min(len(before), len(after)) and before[i] == after[i]:
        i += 1
    return "  %s:%d\n  - %s\n  + %s" % (case.name, i + 1, before[i] if i < len(before) else "", after[i] if i < len(after) else "")


def tried(dfl, seed, count, kinds=KINDS):
    """(cases, what broke a promise)"""
    cases, wrong = list(made(dfl, seed, count, kinds)), []
    for i in range(0, len(cases), BATCH):
        wrong += run(dfl, cases[i:i + BATCH])
    return cases, wrong


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("dfl")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--count", type=int, default=2000)
    ap.add_argument("--kind", default="")
    ap.add_argument("--worst", type=int, default=20)
    a = ap.parse_args()
    kinds = [k for k in KINDS if a.kind in k.__name__]
    cases, wrong = tried(os.path.abspath(a.dfl), a.seed, a.count, kinds)
    for kind in kinds:
        counts = collections.Counter(min(len(c.errors), 5) for c in cases if c.kind == kind.__name__)
        print("%-24s none %4d  one %4d  two %4d  three %4d  four %4d  more %4d" %
              ((kind.__name__,) + tuple(counts[n] for n in range(6))))
    for case in sorted(cases, key=lambda c: -len(c.errors))[:a.worst]:
        if len(case.errors) < 2:
            break
        print("\n%d errors: %s\n%s" % (len(case.errors), case.kind, difference(case)))
        for m in case.errors[:8]:
            print("    %d:%d %s %s" % (m["start"]["line"], m["start"]["column"], m["code"], m["message"]))
    for case, why in wrong:
        print("\nWRONG %s: %s\n%s" % (case.kind, why, difference(case)))
    total = sum(1 for c in cases if c.errors)
    one = sum(1 for c in cases if len(c.errors) == 1)
    print("\n%d programs, %d wrong ones; %d of %d got one error" % (len(cases), len(wrong), one, total))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

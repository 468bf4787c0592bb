#!/usr/bin/env python3
"""generate.py LINES FOLDER [--modules N] [--seed N]: a program of about LINES lines in FOLDER, twice: main.dfl with its
modules, and the same logic in C, a file a module with support.c and support.h (what a library would give). Both print
the same number. The mix is that of ordinary code: short functions of numbers, arrays, text, records, enums, maps,
options, results, lambdas and tasks, which call functions before them."""
import argparse
import os
import random
from string import Template

# Each shape defines the function `$n` of two ints, which gives an int from 0 to about 20000, in dfl and in C. $k is
# the number of the shape's use, $p $q $r are constants, $g and $h cheap functions of the program that came before.
# "leaf" shapes are cheap and pure, so that others may call them.
SHAPES = [
    ("fn", "leaf", 4, """
/// Mixes two numbers.
fn $n(a: int, b: int) -> int {
  let c = (a * $p + b) % 10007
  let d = if c % 3 == 1 { c / 3 + b % 7 } else { c - a % 11 }
  if d > $q { return d - $q }
  (d * d + c + 10007) % 9973
}
""", """
int64_t $n(int64_t a, int64_t b) {
    int64_t c = (a * $p + b) % 10007;
    int64_t d = c % 3 == 1 ? c / 3 + b % 7 : c - a % 11;
    if (d > $q) return d - $q;
    return (d * d + c + 10007) % 9973;
}
"""),
    ("fn", "leaf", 3, """
fn $n(a: int, b: int) -> int {
  var x = a + $p
  var y = b + $q
  var steps = 0
  while y != 0 {
    let rest = x % y
    x = y
    y = rest
    steps += 1
    if steps > $r { break }
  }
  x + steps
}
""", """
int64_t $n(int64_t a, int64_t b) {
    int64_t x = a + $p, y = b + $q, steps = 0;
    while (y != 0) {
        int64_t rest = x % y;
        x = y;
        y = rest;
        steps++;
        if (steps > $r) break;
    }
    return x + steps;
}
"""),
    ("fn", "", 6, """
fn $n(a: int, b: int) -> int {
  var x = $g(a, b + $p)
  if x % 2 == 0 { x += $h(b, a) }
  let y = (x * $q + a) % 10007
  if y < b { y } else { y - b / 2 }
}
""", """
int64_t $n(int64_t a, int64_t b) {
    int64_t x = $g(a, b + $p);
    if (x % 2 == 0) x += $h(b, a);
    int64_t y = (x * $q + a) % 10007;
    return y < b ? y : y - b / 2;
}
"""),
    ("fn", "", 4, """
/// The sum of some of a list.
fn $n(a: int, b: int) -> int {
  let xs = [(i * $p + a) % 1009 for i in 0..$r + b % 8]
  var sum = 0
  for x in xs { if x % $r != 0 { sum += x } }
  (sum + xs.len) % 10007
}
""", """
int64_t $n(int64_t a, int64_t b) {
    int64_t count = $r + b % 8, sum = 0;
    struct list xs = list_new(count);
    for (int64_t i = 0; i < count; i++) xs.at[xs.len++] = (i * $p + a) % 1009;
    for (int64_t i = 0; i < xs.len; i++)
        if (xs.at[i] % $r != 0) sum += xs.at[i];
    sum = (sum + xs.len) % 10007;
    list_free(&xs);
    return sum;
}
"""),
    ("fn", "", 4, """
fn $n(a: int, b: int) -> int {
  var cells = [0 for _ in 0..16]
  for i in 0..24 {
    let at = (a + i * $r) % 16
    cells[at] += i + b % $r
    if cells[at] > $p { cells[at] = cells[at] - $p }
  }
  cells.push(a % $r)
  cells[a % 16] + cells[b % 16] + cells[16]
}
""", """
int64_t $n(int64_t a, int64_t b) {
    struct list cells = list_new(16);
    for (int64_t i = 0; i < 16; i++) cells.at[cells.len++] = 0;
    for (int64_t i = 0; i < 24; i++) {
        int64_t at = (a + i * $r) % 16;
        cells.at[at] += i + b % $r;
        if (cells.at[at] > $p) cells.at[at] = cells.at[at] - $p;
    }
    list_push(&cells, a % $r);
    int64_t sum = cells.at[a % 16] + cells.at[b % 16] + cells.at[16];
    list_free(&cells);
    return sum;
}
"""),
    ("fn", "", 4, """
record Item$k { id: int, size: int, name: str }

fn make$k(a: int, b: int) -> Item$k {
  Item$k { id: a, size: b % $p + 1, name: "item{a % 100}" }
}

fn grown$k(item: Item$k, by: int) -> Item$k { { ..item, size: item.size + by } }

fn $n(a: int, b: int) -> int {
  let small = make$k(a, b)
  let large = grown$k(small, $q)
  if large.name.len > 5 && large.size > small.size { return large.size % 10007 }
  (large.id * $p + large.size + large.name.len) % 10007
}
""", """
struct item$k { int64_t id, size; char name[24]; };
static struct item$k make$k(int64_t a, int64_t b) {
    struct item$k item = {.id = a, .size = b % $p + 1};
    snprintf(item.name, sizeof item.name, "item%lld", (long long)(a % 100));
    return item;
}
static struct item$k grown$k(struct item$k item, int64_t by) {
    item.size += by;
    return item;
}
int64_t $n(int64_t a, int64_t b) {
    struct item$k small = make$k(a, b), large = grown$k(small, $q);
    int64_t len = (int64_t)strlen(large.name);
    if (len > 5 && large.size > small.size) return large.size % 10007;
    return (large.id * $p + large.size + len) % 10007;
}
"""),
    ("fn", "", 4, """
enum Op$k { Zero$k, Add$k(int), Mul$k(int, int), Both$k(int, bool) }

fn pick$k(a: int) -> Op$k {
  match a % 4 {
    0 => Zero$k
    1 => Add$k(a % $p)
    2 => Mul$k(a % 7, $q)
    _ => Both$k(a, a % 3 == 0)
  }
}

fn apply$k(op: Op$k, x: int) -> int {
  match op {
    Zero$k            => x
    Add$k(n) if n > 5 => x + n
    Add$k(n)          => x + 5 - n
    Mul$k(n, m)       => x * n % 1009 + m
    Both$k(n, true)   => n
    Both$k(n, false)  => x + n
  }
}

fn $n(a: int, b: int) -> int { (apply$k(pick$k(a), b) + apply$k(pick$k(b), a)) % 10007 }
""", """
enum tag$k { ZERO$k, ADD$k, MUL$k, BOTH$k };
struct op$k { enum tag$k tag; int64_t n, m; bool flag; };
static struct op$k pick$k(int64_t a) {
    switch (a % 4) {
    case 0: return (struct op$k){.tag = ZERO$k};
    case 1: return (struct op$k){.tag = ADD$k, .n = a % $p};
    case 2: return (struct op$k){.tag = MUL$k, .n = a % 7, .m = $q};
    default: return (struct op$k){.tag = BOTH$k, .n = a, .flag = a % 3 == 0};
    }
}
static int64_t apply$k(struct op$k op, int64_t x) {
    switch (op.tag) {
    case ZERO$k: return x;
    case ADD$k: return op.n > 5 ? x + op.n : x + 5 - op.n;
    case MUL$k: return x * op.n % 1009 + op.m;
    default: return op.flag ? op.n : x + op.n;
    }
}
int64_t $n(int64_t a, int64_t b) {
    return (apply$k(pick$k(a), b) + apply$k(pick$k(b), a)) % 10007;
}
"""),
    ("fn", "", 4, """
/// Builds a line and reads it again.
fn $n(a: int, b: int) -> int {
  var line = "{a}:{b % $p}"
  for i in 0..3 { line += "/{i * $q}" }
  let parts = line.split("/")
  var n = 0
  for part in parts { if part.starts_with("1") { n += part.len } else { n += 1 } }
  n + parts.len
}
""", """
int64_t $n(int64_t a, int64_t b) {
    char line[96];
    int len = snprintf(line, sizeof line, "%lld:%lld", (long long)a, (long long)(b % $p));
    for (int64_t i = 0; i < 3; i++)
        len += snprintf(line + len, sizeof line - len, "/%lld", (long long)(i * $q));
    int64_t n = 0, count = 0;
    for (char *part = line; part; count++) {
        char *slash = strchr(part, '/');
        int64_t size = slash ? slash - part : (int64_t)strlen(part);
        n += size && part[0] == '1' ? size : 1;
        part = slash ? slash + 1 : NULL;
    }
    return n + count;
}
"""),
    ("fn", "", 2, """
fn $n(a: int, b: int) -> int {
  var seen: map[int, int] = [:]
  for i in 0..12 { seen.add((i * (a + b) + $p) % 7, i) }
  var sum = 0
  for (k, v) in seen { sum += k * v }
  sum % 10007 + seen.len
}
""", """
int64_t $n(int64_t a, int64_t b) {
    struct map seen = {0};
    for (int64_t i = 0; i < 12; i++) map_add(&seen, (i * (a + b) + $p) % 7, i);
    int64_t sum = 0;
    for (int64_t i = 0; i < seen.len; i++) sum += seen.keys[i] * seen.values[i];
    sum = sum % 10007 + seen.len;
    map_free(&seen);
    return sum;
}
"""),
    ("fn", "", 3, """
fn digits$k(s: str) -> int! {
  if s.len > 4 { fail "too long: {s}" }
  let n = s.parse_int()?
  if n % $q == 0 { fail "{n} is refused" }
  n % 1009
}

fn $n(a: int, b: int) -> int {
  match digits$k("{a + $p}") {
    ok(n)  => n + b % 10
    err(e) => e.message.len
  }
}
""", """
static bool digits$k(const char *s, int64_t *n, char *error, size_t room) {
    if (strlen(s) > 4) { snprintf(error, room, "too long: %s", s); return false; }
    char *end;
    *n = strtoll(s, &end, 10);
    if (*end) { snprintf(error, room, "not an integer: %s", s); return false; }
    if (*n % $q == 0) { snprintf(error, room, "%lld is refused", (long long)*n); return false; }
    *n %= 1009;
    return true;
}
int64_t $n(int64_t a, int64_t b) {
    char text[24], error[64];
    int64_t n;
    snprintf(text, sizeof text, "%lld", (long long)(a + $p));
    if (digits$k(text, &n, error, sizeof error)) return n + b % 10;
    return (int64_t)strlen(error);
}
"""),
    ("fn", "", 3, """
fn first$k(xs: [int], over: int) -> int? {
  for x in xs { if x > over { return some(x) } }
  none
}

fn $n(a: int, b: int) -> int {
  let xs = [a % 50, b % 70, $p, (a + b) % 90]
  let big = xs.filter(|x| x > $q).map(|x| x * 2 + a % 5)
  let got = first$k(big, $r) else 1
  got + big.fold(0, |s, x| (s + x) % 997)
}
""", """
static bool first$k(const struct list *xs, int64_t over, int64_t *out) {
    for (int64_t i = 0; i < xs->len; i++)
        if (xs->at[i] > over) { *out = xs->at[i]; return true; }
    return false;
}
int64_t $n(int64_t a, int64_t b) {
    int64_t xs[] = {a % 50, b % 70, $p, (a + b) % 90}, got, sum = 0;
    struct list big = {0};
    for (int i = 0; i < 4; i++)
        if (xs[i] > $q) list_push(&big, xs[i] * 2 + a % 5);
    if (!first$k(&big, $r, &got)) got = 1;
    for (int64_t i = 0; i < big.len; i++) sum = (sum + big.at[i]) % 997;
    list_free(&big);
    return got + sum;
}
"""),
    ("fn", "", 2, """
fn $n(a: int, b: int) -> int {
  let x = a as float / $p.0
  let y = b as float * 0.5 + $q.0
  var z = if x < y { y - x } else { x * x }
  for i in 0..6 { z = z * 0.5 + i as float }
  z as int % 10007
}
""", """
int64_t $n(int64_t a, int64_t b) {
    double x = (double)a / $p.0, y = (double)b * 0.5 + $q.0, z = x < y ? y - x : x * x;
    for (int64_t i = 0; i < 6; i++) z = z * 0.5 + (double)i;
    return (int64_t)z % 10007;
}
"""),
    ("task", "", 3, """
fn step$k(x: int) -> int { (x * $p + $q) % 1009 }

/// The steps of xs[lo..hi], by halves.
task part$k(xs: [int], lo: int, hi: int) -> int {
  if hi - lo < 3 {
    var sum = 0
    for i in lo..hi { sum += step$k(xs[i]) }
    return sum
  }
  let mid = (lo + hi) / 2
  let left = spawn part$k(xs, lo, mid)
  let right = part$k(xs, mid, hi)
  (await left + right) % 10007
}

task $n(a: int, b: int) -> int {
  let xs = [i + a % 17 for i in 0..$r]
  part$k(xs, 0, xs.len) + await spawn $g(b, a)
}
""", """
static int64_t step$k(int64_t x) { return (x * $p + $q) % 1009; }
static int64_t part$k(const struct list *xs, int64_t lo, int64_t hi) {
    if (hi - lo < 3) {
        int64_t sum = 0;
        for (int64_t i = lo; i < hi; i++) sum += step$k(xs->at[i]);
        return sum;
    }
    int64_t mid = (lo + hi) / 2, left = part$k(xs, lo, mid), right = part$k(xs, mid, hi);
    return (left + right) % 10007;
}
int64_t $n(int64_t a, int64_t b) {
    struct list xs = list_new($r);
    for (int64_t i = 0; i < $r; i++) xs.at[xs.len++] = i + a % 17;
    int64_t sum = part$k(&xs, 0, xs.len) + $g(b, a);
    list_free(&xs);
    return sum;
}
"""),
    ("task", "", 2, """
task $n(a: int, b: int) -> int {
  let each = [spawn $g(i + a, b) for i in 0..4]
  let other = spawn $h(a, $p)
  let got = await each
  (got.sum() + await other) % 10007
}
""", """
int64_t $n(int64_t a, int64_t b) {
    int64_t got = 0;
    for (int64_t i = 0; i < 4; i++) got += $g(i + a, b);
    return (got + $h(a, $p)) % 10007;
}
"""),
]

SUPPORT_H = """#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct list { int64_t *at; int64_t len, room; };
struct list list_new(int64_t room);
void list_push(struct list *, int64_t);
void list_free(struct list *);
struct map { int64_t *keys, *values; int64_t len, room; };
void map_add(struct map *, int64_t key, int64_t n);
void map_free(struct map *);
"""

SUPPORT_C = """#include "support.h"
struct list list_new(int64_t room) {
    return (struct list){malloc((size_t)(room ? room : 1) * 8), 0, room};
}
void list_push(struct list *l, int64_t x) {
    if (l->len == l->room) {
        l->room = l->room ? l->room * 2 : 4;
        l->at = realloc(l->at, (size_t)l->room * 8);
    }
    l->at[l->len++] = x;
}
void list_free(struct list *l) { free(l->at); }
void map_add(struct map *m, int64_t key, int64_t n) {
    for (int64_t i = 0; i < m->len; i++)
        if (m->keys[i] == key) {
            m->values[i] += n;
            return;
        }
    if (m->len == m->room) {
        m->room = m->room ? m->room * 2 : 8;
        m->keys = realloc(m->keys, (size_t)m->room * 8);
        m->values = realloc(m->values, (size_t)m->room * 8);
    }
    m->keys[m->len] = key;
    m->values[m->len++] = n;
}
void map_free(struct map *m) {
    free(m->keys);
    free(m->values);
}
"""

GROUP = 12  # functions that one total adds up


class Module:
    """Text of one module in both languages, and its functions: (name, effect, is it a leaf)."""

    def __init__(self, name):
        self.name, self.dfl, self.c, self.functions, self.public = name, [], [], [], []
        self.imports = set()

    def lines(self):
        return sum(text.count("\n") for text in self.dfl)


def callee(rng, module, earlier):
    """A leaf of this module, or at times of an earlier one: its names in dfl and in C."""
    own = [name for name, _, leaf in module.functions if leaf]
    if earlier and (not own or rng.random() < 0.15):
        other = rng.choice(earlier)
        name = rng.choice(other.public)
        module.imports.add(other.name)
        return "%s.%s" % (other.name, name), "%s_%s" % (other.name, name)
    name = rng.choice(own)
    return name, "%s_%s" % (module.name, name)


def add_function(rng, module, earlier, shape, number):
    effect, kind, _, dfl, c = shape
    name = "f%d" % number
    values = {"k": number, "p": rng.randint(11, 97), "q": rng.randint(101, 499), "r": rng.randint(5, 19)}
    in_dfl, in_c = dict(values, n=name), dict(values, n="%s_%s" % (module.name, name))
    for hole in "gh":
        if "$" + hole in dfl:
            in_dfl[hole], in_c[hole] = callee(rng, module, earlier)
    text = Template(dfl).substitute(in_dfl)
    if kind == "leaf" and (rng.random() < 0.3 or not module.public):
        text = text.replace("fn %s(" % name, "pub fn %s(" % name)
        module.public.append(name)
    module.dfl.append(text)
    module.c.append(Template(c).substitute(in_c))
    module.functions.append((name, effect, kind == "leaf"))


def add_totals(module):
    """Functions that call all of the module, some at a time, and `total`, which calls those."""
    parts = [module.functions[i:i + GROUP] for i in range(0, len(module.functions), GROUP)]
    for number, part in enumerate(parts):
        dfl = ["", "task some%d(n: int) -> int {" % number, "  var sum = n"]
        c = ["", "static int64_t some%d(int64_t n) {" % number, "    int64_t sum = n;"]
        for i, (name, _, _) in enumerate(part):
            dfl.append("  sum += %s(n + %d, sum %% 100)" % (name, i))
            c.append("    sum += %s_%s(n + %d, sum %% 100);" % (module.name, name, i))
        module.dfl.append("\n".join(dfl + ["  sum % 100003", "}", ""]))
        module.c.append("\n".join(c + ["    return sum % 100003;", "}", ""]))
    calls = range(len(parts))
    module.dfl.append("\npub task total(n: int) -> int {\n  (%s) %% 100003\n}\n"
                      % " + ".join("some%d(n + %d)" % (i, i) for i in calls))
    module.c.append("\nint64_t %s_total(int64_t n) {\n    return (%s) %% 100003;\n}\n"
                    % (module.name, " + ".join("some%d(n + %d)" % (i, i) for i in calls)))


def make_module(rng, name, lines, earlier):
    module = Module(name)
    weights = [shape[2] for shape in SHAPES]
    add_function(rng, module, earlier, SHAPES[0], 0)
    while module.lines() + 1.15 * len(module.functions) + 12 < lines:
        shape = rng.choices(SHAPES, weights)[0]
        add_function(rng, module, earlier, shape, len(module.functions))
    add_totals(module)
    return module


def write(folder, name, text):
    with open(os.path.join(folder, name), "w") as f:
        f.write(text)


def generate(lines, folder, modules=None, seed=1):
    """Writes the files; gives the lines of dfl, those of C, and the paths of the C files but for support.c."""
    rng = random.Random(seed)
    count = modules or max(1, lines // 1000)
    made = []
    for i in range(count):
        made.append(make_module(rng, "m%d" % i, (lines - 12 - 2 * count) // count, made))
    prototypes = ["#include \"support.h\"\n"]
    for m in made:
        prototypes += ["int64_t %s_%s(int64_t a, int64_t b);\n" % (m.name, name) for name, _, _ in m.functions]
        prototypes.append("int64_t %s_total(int64_t n);\n" % m.name)
    write(folder, "all.h", "".join(prototypes))
    write(folder, "support.h", SUPPORT_H)
    write(folder, "support.c", SUPPORT_C)
    calls = "".join("  sum += await spawn %s.total(%d)\n" % (m.name, i) for i, m in enumerate(made))
    write(folder, "main.dfl", "%s\nio task main(args: [str]) -> int! {\n  var sum = 0\n%s  print(\"{sum}\")\n  0\n}\n"
          % ("".join("import %s\n" % m.name for m in made), calls))
    calls = "".join("    sum += %s_total(%d);\n" % (m.name, i) for i, m in enumerate(made))
    write(folder, "main.c", "#include \"all.h\"\nint main(void) {\n    int64_t sum = 0;\n%s"
          "    printf(\"%%lld\\n\", (long long)sum);\n}\n" % calls)
    for m in made:
        imports = "".join("import %s\n" % name for name in sorted(m.imports))
        write(folder, m.name + ".dfl", "//! A part of a made program.\n" + imports + "".join(m.dfl))
        write(folder, m.name + ".c", "#include \"all.h\"\n" + "".join(m.c))
    names = ["main"] + [m.name for m in made]

    def total(ending):
        return sum(open(os.path.join(folder, name + ending)).read().count("\n") for name in names)
    return total(".dfl"), total(".c"), [os.path.join(folder, name + ".c") for name in names]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("lines", type=int, metavar="LINES")
    ap.add_argument("folder", metavar="FOLDER")
    ap.add_argument("--modules", type=int)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    os.makedirs(a.folder, exist_ok=True)
    dfl, c, _ = generate(a.lines, a.folder, a.modules, a.seed)
    print("%d lines of dfl, %d of C" % (dfl, c))


if __name__ == "__main__":
    main()

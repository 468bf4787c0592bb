#!/usr/bin/env python3
"""fuzz.py DFL [--seed N] [--count N] [--keep FOLDER]: makes random programs and runs each interpreted and compiled at
-O0 and -O2: output, exit status and what is reported of a failure must be the same. A program that differs is kept.

Programs end by themselves: functions call earlier ones only, loops are short. They fail often, on purpose. In a
template, «T» is an expression of type T, «T with #:U» one that may use the name # of type U, which the template binds;
# is a new name for each use of the template."""
import argparse
import os
import random
import re
import subprocess
import sys

TYPES = ["int", "bool", "float", "str", "[int]", "[str]", "map[str, int]", "(int, str)", "int?", "int!", "R", "u8",
         "u64", "[[int]]", "[R]", "map[int, [str]]", "E", "Tree", "[E]", "map[E, int]",
         "[int, 2]", "[float, 2]", "[float]", "G"]

HEAD = """record R { a: int, s: str, xs: [int] }
record G { m: [float, 2], n: int }
enum E { Dot, Sq(int), Two(str, [int]), Rec(R), Sized(int, bool) }
enum Tree { Leaf, Node(Tree, int, Tree), Many([Tree]), Named(str, Tree?) }

fn maybe(n: int) -> int? { if n % 3 == 0 { none } else { some(n) } }
fn risky(n: int) -> int! {
  if n % 4 == 0 { fail "no {n}" }
  n
}
fn inc(var n: int) { n += 1 }
fn bump(var r: R, k: int) {
  r.a = r.a / 2 + k % 10
  r.xs.push(k)
}
fn total(t: Tree) -> int {
  match t {
    Leaf                            => 0
    Node(Leaf, n, r)                => n % 1000 + total(r)
    Node(l, n, _) if n > 3          => total(l) - 1
    Node(l, _, r)                   => total(l) + total(r)
    Many(ts)                        => for t in ts reduce + { total(t) }
    Named(s, some(t))               => s.len + total(t)
    Named("a", none)                => 1
    Named(_, none)                  => 2
  }
}
fn sized(e: E) -> int! {
  match e {
    Dot                     => fail "dot"
    Sq(3) | Sized(3, _)     => 33
    Sq(n) | Sized(n, _)     => n
    Two(s, xs) if s == ""   => xs.len
    Two(s, _)               => s.len
    Rec(r)                  => r.a
  }
}
"""

ODD_INTS = ["9223372036854775807", "-9223372036854775808", "255", "64", "-1", "1000"]
LITERALS = {
    "int": ["0", "1", "2", "3", "4", "5", "7", "10"],
    "u8": ["(0 as u8)", "(1 as u8)", "(255 as u8)"],
    "u64": ["(0 as u64)", "(1 as u64)", "(77 as u64)", "(18446744073709551615 as u64)"],
    "bool": ["true", "false"],
    "float": ["0.0", "1.5", "-2.25", "1.0e10", "0.1"],
    "str": ['""', '"a"', '"bc"', '"é"', '"x y z"', '"12"'],
    "[int]": ["[«int», «int»]", "[«int»]", "[«int», «int», «int», «int»]"],
    "[str]": ["[«str»]", "[«str», «str»]"],
    "[[int]]": ["[«[int]»]", "[«[int]», «[int]»]"],
    "[R]": ["[«R»]"],
    "map[str, int]": ['["a": 1, "b": «int»]'],
    "map[int, [str]]": ['[1: ["p"], 2: «[str]»]'],
    "(int, str)": ["(«int», «str»)"],
    "int?": ["maybe(«int»)"],
    "int!": ["risky(«int»)"],
    "R": ["R { a: «int», s: «str», xs: «[int]» }"],
    "E": ["Dot", "Sq(«int»)", "Two(«str», «[int]»)", "Rec(«R»)", "Sized(«int», «bool»)"],
    "[E]": ["[«E»]", "[«E», Dot]"],
    "Tree": ["Leaf", "Node(Leaf, «int», Leaf)", 'Named(«str», some(Leaf))', "Many([Leaf, Leaf])", "Named(«str», none)"],
    "map[E, int]": ["[Dot: «int», «E»: 2]"],
    "[int, 2]": ["fill(«int», 2, 3)", "[[«int», «int»], [«int», «int»]].stack()"],
    "[float, 2]": ["zeros(2, 2)", "fill(«float», 3, 2)", "[[«float», «float», «float»], [«float», 1.0, «float»]].stack()"],
    "[float]": ["[«float», «float»]", "[«float», «float», «float»]"],
    "G": ["G { m: «[float, 2]», n: «int» }"],
}

# What only tasks may do.
TASK_EXPRESSIONS = {
    "int": ["(par for # in «[int]» reduce + { «int with #:int» })", "(par for # in 0..300 reduce ^ { # * «int» })",
            "(par for # in «[str]» reduce + { #.len })", "(par for # in «[E]» reduce max { sized(#) else 0 })"],
    "[int]": ["(par for # in «[int]» { «int with #:int» })", "(par for # in 0..«int» % 300 scan + { «int with #:int» })"],
    "[str]": ["(par for # in «[int]» { «str with #:int» })", "(par for # in «[str]» { # + «str» })"],
    "[E]": ["(par for # in «[int]» { «E with #:int» })"],
    "[float]": ["(par for # in «[float, 2]» { #.sum() })"],
    "str": ["(par for # in «[str]» reduce + { # })"],
}

EXPRESSIONS = {
    "any": ["(if «bool» { «T» } else { «T» })",
            "(match «int?» { some(#) if # > 2 => «T with #:int», some(_) => «T», none => «T» })",
            "(match «int!» { ok(#) => «T with #:int», err(_) => «T» })"],
    "int": ["(«int» + «int»)", "(«int» - «int»)", "(«int» * «int»)", "(«int» / «int»)", "(«int» % «int»)",
            "(«int» & «int»)", "(«int» | «int»)", "(«int» ^ «int»)", "(«int» << «int»)", "(«int» >> «int»)",
            "(-(«int»))", "(~«int»)", "(«u8» as int)", "(«u64» as int)", "(«float» as int)", "«[int]».len", "«str».len",
            "(«[int]»)[«int» & 1]", "(«map[str, int]»)[«str»]", "(«int?» else «int»)", "(«int!» else «int»)",
            "(«map[str, int]».get(«str») else «int»)", "(«(int, str)»).0", "(«R»).a", "«[int]».sum()",
            "total(«Tree»)", "(sized(«E») else «int»)", "(for # in «[int]» reduce + { «int with #:int» })",
            "(match «E» { Sq(#) => «int with #:int», Two(_, #) => «int with #:[int]», _ => «int» })",
            "(match «Tree» { Node(_, #, Leaf) => «int with #:int», Named(#, _) => «int with #:str», _ => «int» })",
            "(if «E» is Two(#, _) { «int with #:str» } else { «int» })", "(«map[E, int]»)[«E»]",
            "(«[int, 2]»)[«int» & 1, «int» & 1]", "«[int, 2]».cols", "(for # in «[int, 2]» reduce + { «int with #:[int]» })",
            "(«G»).m.len", "«[float, 2]».shape.1",
            "«[int]».fold(«int», |p, w| p * 3 % 101 + w % 17)", "(«[[int]]»)[0].len", "(«R»).xs.len"],
    "u8": ["((«int» & 255) as u8)", "(«int» as u8)"],
    "u64": ["(«int» as u64)", "(«u64» + «u64»)", "(«u64» * «u64»)", "(«u64» - «u64»)", "(«u64» / «u64»)",
            "(«u64» % «u64»)", "(«u64» ^ «u64»)"],
    "bool": ["(«int» < «int»)", "(«str» <= «str»)", "(«float» > «float»)", "(«[int]» >= «[int]»)", "(«R» == «R»)",
             "(«(int, str)» != «(int, str)»)", "(«int?» == «int?»)", "(«map[str, int]» == «map[str, int]»)",
             "(«u64» < «u64»)", "(«bool» && «bool»)", "(«bool» || «bool»)", "(!«bool»)", "(«int?» is some(_))",
             "(«int!» is ok(3))", "(«E» == «E»)", "(«E» < «E»)", "(«Tree» <= «Tree»)", "(«E» is Sq(_))",
             "(«Tree» == «Tree»)", "«[E]».contains(«E»)", "«map[str, int]».has(«str»)", "(«[int, 2]» == «[int, 2]»)", "(«[float, 2]» < «[float, 2]»)", "(«G» == «G»)", "«[int]».any(|#| # > «int with #:int»)"],
    "float": ["(«float» + «float»)", "(«float» - «float»)", "(«float» * «float»)", "(«float» / «float»)",
              "(«int» as float)", "(-(«float»))", "(«[float, 2]»)[«int» & 1, 0]", "«[float]».sum()", "(«[float]»)[«int» & 1]",
              "(for # in «[float]» reduce + { # * «float» })"],
    "str": ["(«str» + «str»)", '"<{«int»}>"', '"{«[int]»}"', '"{«R»}"', '"{«map[str, int]»}"', '"{«int?»}"',
            '"{«int!»}"', '"{«[str]»}"', '"{«float»}"', '"{«u64»}"', '"{«[R]»}"', "(«(int, str)»).1", "(«R»).s",
            "(«[str]»)[«int» & 1]", "(«str»)[0..«int» & 1]", '«[str]».join("-")', "«str».upper()", '"{«E»} {«Tree»}"', '"{«[E]»}{«map[E, int]»}"', '"{«[int, 2]»}"',
            '"{«G»}{«[float]»}"'],
    "[int]": ["(«[int]» + «[int]»)", "(«[int]»)[1..]", "(«[int]»)[..«int» & 1]", "«[int]».sort()", "(«R»).xs",
              "[«int with #:int» for # in «[int]» if «bool with #:int»]", "[«int with #:int» for # in 0..«int» % 4]",
              "«[int]».map(|#| «int with #:int»)", "(«[[int]]»)[0]", "«map[str, int]».values()",
              "«[int]».sort_by(|a, b| a > b)", "(«[int, 2]»)[«int» & 1, ..]", "(«[int, 2]»)[.., «int» & 1]", "«[int, 2]».flat()",
              "[«int with #:[int]» for # in «[int, 2]»]"],
    "[str]": ["(«[str]» + «[str]»)", "«str».split()", "«map[str, int]».keys()", "[«str with #:int» for # in «[int]»]"],
    "[[int]]": ["«[int]».chunks(2)", "[«[int] with #:[int]» for # in «[[int]]»]"],
    "[R]": ["(«[R]» + «[R]»)", "[«R», «R»]"],
    "[int, 2]": ["«[int, 2]».transpose()", "(«[int, 2]»)[«int» & 1.., ..]", "(«[int, 2]»)[.., 0..«int» & 3]", "«[[int]]».stack()",
                 "«[int]».reshape(2, 1)", "«[int, 2]».reshape(«int», 2)", "fill(«int», «int» & 3, 2)"],
    "[float, 2]": ["«[float, 2]».transpose()", "(«[float, 2]»)[1.., ..]", "(«[float, 2]»)[.., «int» & 1..2]", "(«G»).m",
                   "«[float]».reshape(1, «int» & 3)", "[«[float]», «[float]»].stack()"],
    "[float]": ["(«[float, 2]»)[«int» & 1, ..]", "(«[float, 2]»)[.., «int» & 1]", "«[float, 2]».flat()", "(«[float]» + «[float]»)",
                "[«float with #:[float]» for # in «[float, 2]»]", "(«[float]»)[«int» & 1..]"],
    "G": ["{ ..«G», m: «[float, 2]» }", "{ ..«G», n: «int» }"],
    "map[str, int]": ["[«str»: «int», «str»: «int»]"],
    "map[int, [str]]": ["[«int»: «[str]»]", "«[str]».group(|w| w.len)"],
    "(int, str)": ["(«int», «str»)"],
    "int?": ["«[int]».max()", "«map[str, int]».get(«str»)", "«[int]».index_of(«int»)", "«str».find(«str»)"],
    "int!": ["«str».parse_int()", "sized(«E»)"],
    "E": ["(«[E]»)[0]", "(match «Tree» { Leaf => «E», Node(_, #, _) => «E with #:int», _ => Dot })"],
    "[E]": ["(«[E]» + «[E]»)", "«[E]».sort()", "«map[E, int]».keys()", "[«E with #:int» for # in «[int]»]"],
    "Tree": ["Node(«Tree», «int», «Tree»)", "Many([«Tree», «Tree»])", "Named(«str», some(«Tree»))",
             "(match «Tree» { Node(#, _, _) | Named(_, some(#)) => «Tree with #:Tree», Many(_) => Leaf, _ => «Tree» })"],
    "map[E, int]": ["[«E»: «int», «E»: «int»]"],
    "R": ["{ ..«R», a: «int» }", "{ ..«R», xs: «[int]», s: «str» }", "(«[R]»)[0]"],
}

CHANGES = {
    "any": ["V = «T»"],
    "int": ["V += «int»", "V -= «int»", "V *= «int»", "inc(V)"],
    "str": ["V += «str»"],
    "[int]": ["V.push(«int»)", "V[«int» & 1] = «int»", "V[0] += «int»", "let _ = V.pop()", "inc(V[0])"],
    "[str]": ["V.push(«str»)", "V[0] += «str»"],
    "[[int]]": ["V[0].push(«int»)", "V[1][0] += «int»", "V.push(«[int]»)"],
    "[R]": ["V[0].a += «int»", "V[0].xs.push(«int»)", "V[0].s = «str»"],
    "map[str, int]": ["V[«str»] = «int»", "V.remove(«str»)", 'V["a"] += «int»', "V.add(«str», «int»)"],
    "map[int, [str]]": ["V[«int»] = «[str]»", "V[1].push(«str»)", "V[1][0] += «str»"],
    "(int, str)": ["V.0 = «int»", "V.1 += «str»"],
    "[E]": ["V.push(«E»)", "V[0] = «E»"],
    "map[E, int]": ["V[«E»] = «int»", "V[Dot] += «int»", "V.remove(«E»)"],
    "[int, 2]": ["V[«int» & 1, 0] = «int»", "V[0, «int» & 1] += «int»", "V[0, ..] = «[int]»", "V[.., 1] = «[int]»",
                 "V[.., 0..1] = «[int, 2]»", "V[«int» & 1, ..] = V[0, ..]", "inc(V[0, 1])", "for # in 0..V.rows { V[#, 0] += «int with #:int» }"],
    "[float, 2]": ["V[«int» & 1, 1] = «float»", "V[0, ..] = «[float]»", "V[1.., ..] = «[float, 2]»", "V[.., 1] = V[.., 0]",
                   "for # in 0..V.cols { V[0, #] = V[0, #] * 0.5 + V[1, #] }", "for # in 1..V.cols { V[0, #] = V[0, # - 1] + «float» }",
                   "for # in 0..«int» & 7 { V[#, 1] += V[#, 0] * 0.5 }", "for # in 0..V.rows { for k in 0..V.cols { V[#, k] += 1.5 } }",
                   "for # in 0..V.rows - 1 { for k in 0..V.cols { V[# + 1, k] = V[#, k] - V[# + 1, k] } }",
                   "for # in 0..V.cols { if V[0, #] > 1.0 { V[1, #] = «float» } }"],
    "[float]": ["V[«int» & 1] = «float»", "V.push(«float»)", "for # in 0..V.len { V[#] = V[#] * 0.5 + 1.0 }",
                "for # in 1..V.len - 1 { V[#] = V[# - 1] + V[# + 1] }", "for # in 0..«int» & 7 { V[# + 1] += 2.0 }",
                "for # in 0..V.len { V[V.len - 1] += V[#] }", "V[1..] = «[float]»"],
    "G": ["V.m[«int» & 1, 0] += «float»", "for # in 0..V.m.cols { V.m[1, #] = V.m[0, #] + V.m[1, #] }", "V.n += 1", "V.m = «[float, 2]»",
          "V.m[0, ..] = V.m[1, ..]"],
    "R": ["V.a = «int»", "V.xs.push(«int»)", "V.s += «str»", "V.xs[0] += «int»", "bump(V, «int»)"],
}


class Program:
    """`env` maps names to (type, may it change); a future T has the type "future T"."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.funcs = []  # (name, parameter types, result type, kind)
        self.names = 0
        self.is_task = True

    def chance(self, p):
        return self.random.random() < p

    def fresh(self):
        self.names += 1
        return "v%d" % self.names

    def fill(self, template, env, depth, this=None, make=None):
        name = self.fresh() if "#" in template else ""

        def hole(match):
            t, _, bound = match[1].partition(" with #:")
            inner = dict(env, **{name: (bound, False)}) if bound else env
            if bound:  # maybe the body of a lambda: what only tasks may do stays out
                inner = {n: v for n, v in inner.items() if not v[0].startswith("future ")}
            task, self.is_task = self.is_task, self.is_task and not bound
            text = (make or self.expression)(this if t == "T" else t, inner, depth)
            self.is_task = task
            return text
        return re.sub("«(.*?)»", hole, template).replace("#", name)

    def literal(self, t, env=None, depth=0):
        if t == "int" and self.chance(0.06):
            return self.random.choice(ODD_INTS)
        return self.fill(self.random.choice(LITERALS[t]), {}, 0, make=self.literal)

    def call(self, f, env, depth):
        return "%s(%s)" % (f[0], ", ".join(self.expression(t, env, depth) for t in f[1]))

    def expression(self, t, env, depth):
        known = [n for n, v in env.items() if v[0] == t]
        futures = [n for n, v in env.items() if v[0] == "future " + t]
        if known and self.chance(0.35 if depth > 0 else 0.8):
            return self.random.choice(known)
        if self.is_task and futures and self.chance(0.4):
            return "(await %s)" % self.random.choice(futures)
        if depth <= 0:
            return self.literal(t)
        funcs = [f for f in self.funcs if f[2] == t and (self.is_task or f[3] == "fn")]
        if funcs and self.chance(0.25):
            f = self.random.choice(funcs)
            spawned = self.is_task and self.chance(0.6)
            return ("(await spawn %s)" if spawned else "%s") % self.call(f, env, depth - 1)
        ints = [f for f in self.funcs if f[2] == "int"]
        if t == "int!" and self.is_task and ints and self.chance(0.5):
            return "(try await spawn %s)" % self.call(self.random.choice(ints), env, depth - 1)
        choice = EXPRESSIONS["any"] if self.chance(0.15) else EXPRESSIONS[t]
        if self.is_task and t in TASK_EXPRESSIONS and self.chance(0.15):
            choice = TASK_EXPRESSIONS[t]
        return self.fill(self.random.choice(choice), env, depth - 1, t)

    def future(self, env):
        """let v = spawn f(...), with futures as arguments where there are some; or None."""
        funcs = [f for f in self.funcs if f[2][-1] not in "!?"]
        if not self.is_task or not funcs:
            return None
        f = self.random.choice(funcs)
        args = []
        for t in f[1]:
            futures = [n for n, v in env.items() if v[0] == "future " + t]
            edge = futures and self.chance(0.7)
            args.append(self.random.choice(futures) if edge else self.expression(t, env, 1))
        name = self.fresh()
        env[name] = ("future " + f[2], False)
        return "let %s = spawn %s(%s)" % (name, f[0], ", ".join(args))

    def declare(self, env):
        t, name, fixed = self.random.choice(TYPES), self.fresh(), self.chance(0.3)
        line = "%s %s: %s = %s" % ("let" if fixed else "var", name, t, self.expression(t, env, 2))
        env[name] = (t, not fixed)
        return line

    def change(self, env):
        places = [n for n, v in env.items() if v[1]]
        if not places:
            return self.declare(env)
        name = self.random.choice(places)
        t = env[name][0]
        template = self.random.choice(CHANGES["any"] + CHANGES.get(t, []))
        return self.fill(re.sub(r"\bV\b", name, template), env, 2, t)

    def loop(self, env, result, indent):
        t, items = self.random.choice([("int", "0..%d" % self.random.randint(1, 4)), ("int", "6..0 step -2"),
                                       ("int", "«[int]»"), ("str", "«[str]»")])
        name = self.fresh()
        body = self.block(dict(env, **{name: (t, False)}), result, indent + 1, True)
        return "for %s in %s {\n%s\n%s}" % (name, self.fill(items, env, 1), body, "  " * indent)

    def statement(self, env, result, indent, in_loop):
        roll = self.random.random()
        if roll < 0.2:
            return self.future(env) or self.declare(env)
        if roll < 0.45:
            return self.declare(env)
        if roll < 0.75:
            return self.change(env)
        if roll < 0.85 and indent < 4:
            pad = "  " * indent
            return "if %s {\n%s\n%s} else {\n%s\n%s}" % (
                self.expression("bool", env, 2), self.block(env, result, indent + 1, in_loop), pad,
                self.block(env, result, indent + 1, in_loop), pad)
        if roll < 0.95 and indent < 4:
            return self.loop(env, result, indent)
        leave = self.random.choice(["break", "continue"]) if in_loop and self.chance(0.5) else None
        return "if %s { %s }" % (self.expression("bool", env, 1),
                                 leave or "return " + self.expression(result, env, 1))

    def block(self, env, result, indent, in_loop):
        env = dict(env)
        return "\n".join("  " * indent + self.statement(env, result, indent, in_loop)
                         for _ in range(self.random.randint(1, 3)))

    def function(self, i):
        kind, result = self.random.choice(["fn", "task", "task"]), self.random.choice(TYPES)
        self.is_task = kind == "task"
        types = [self.random.choice(TYPES) for _ in range(self.random.randint(0, 3))]
        env = {"p%d" % j: (t, False) for j, t in enumerate(types)}
        head = "%s f%d(%s) -> %s {" % (kind, i, ", ".join("%s: %s" % (n, v[0]) for n, v in env.items()), result)
        lines = ["  " + self.statement(env, result, 1, False) for _ in range(self.random.randint(1, 5))]
        lines.append("  " + self.expression(result, env, 3))
        self.funcs.append(("f%d" % i, types, result, kind))
        return "\n".join([head] + lines + ["}", ""])

    def main(self):
        """Tells the result or failure of each function, and lets one failure end the program."""
        lines = ["io task main(args: [str]) {"]
        for name, types, _, _ in self.funcs * 2:
            lines.append("  match try await spawn %s(%s) {" % (name, ", ".join(map(self.literal, types))))
            lines.append('    ok(x)  => print("%s {x}")' % name)
            lines.append('    err(e) => print("%s {e.message} {e.kind} {e.line} {e.chain}")' % name)
            lines.append("  }")
        name, types, _, _ = self.random.choice(self.funcs)
        lines.append("  let last = await spawn %s(%s)" % (name, ", ".join(map(self.literal, types))))
        return "\n".join(lines + ['  print("{last}")', "}", ""])

    def text(self):
        functions = [self.function(i) for i in range(self.random.randint(4, 9))]
        return "\n".join([HEAD] + functions + [self.main()])


def run(dfl, option, path):
    r = subprocess.run([dfl, "run", "-q", option, path], capture_output=True, timeout=120,
                       env=dict(os.environ, DFL_CHECK="1"))
    return r.returncode, r.stdout, r.stderr


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("dfl")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--count", type=int, default=100)
    ap.add_argument("--keep", default=".", help="folder for programs that differ")
    a = ap.parse_args()
    same = refused = 0
    for seed in range(a.seed, a.seed + a.count):
        path = os.path.join(a.keep, "fuzz-%d.dfl" % seed)
        with open(path, "w", encoding="utf-8") as f:
            f.write(Program(seed).text())
        want = run(a.dfl, "--interp", path)
        if re.search(rb": error\[", want[2]):
            refused += 1
            os.remove(path)
            continue
        odd = [o for o in ("-O0", "-O2") if run(a.dfl, o, path) != want]
        if odd:
            print("%s: %s differs from the interpreter" % (path, " and ".join(odd)), flush=True)
        else:
            same += 1
            os.remove(path)
    print("%d agree, %d differ, %d were refused" % (same, a.count - same - refused, refused))
    return same + refused < a.count


if __name__ == "__main__":
    sys.exit(main())

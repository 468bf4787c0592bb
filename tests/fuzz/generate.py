"""Makes random programs that end, are typed and do the same each time: many small ones to a module, whose `main` runs
one after the other and tells the result or failure of each.

They end, because functions call earlier ones only or themselves with less, and loops are short. Where a task may, a
value is often that of a future, and wherever a future may stand, there is often a spawn."""
import random
import re

from vocabulary import (ANY, CHANGES, DATA, EXPRESSIONS, FUTURE, FUTURE_ANY, FUTURES, HEAD, HOLDER, HOLDERS, IO, LET_GO, LITERALS, ODD_INTS, RISKY,
                        RISKY_CHANGES, TASK, TASK_ANY)

VARIANTS = {
    "E": [("Dot", []), ("Sq", ["int"]), ("Two", ["str", "[int]"]), ("Rec", ["R"]), ("Sized", ["int", "bool"])],
    "Tree": [("Leaf", []), ("Node", ["Tree", "int", "Tree"]), ("Many", ["[Tree]"]), ("Named", ["str", "Tree?"])],
    "int?": [("some", ["int"]), ("none", [])], "str?": [("some", ["str"]), ("none", [])], "Tree?": [("some", ["Tree"]), ("none", [])],
    "int!": [("ok", ["int"]), ("err", ["error"])], "str!": [("ok", ["str"]), ("err", ["error"])],
}
TUPLES = {"(int, str)": ["int", "str"], "(int, (str, bool))": ["int", "(str, bool)"], "(str, bool)": ["str", "bool"], "(E, int?)": ["E", "int?"],
          "(int!, str)": ["int!", "str"]}
FUNCTION = "fn(int) -> int"  # what a parameter may be that takes a lambda
CONSTANTS = {"int": ["0", "1", "-1", "3"], "str": ['""', '"a"', '"é"'], "bool": ["true", "false"]}
LENABLE = ["str", "[int]", "[str]", "[[int]]", "[R]", "[E]", "[float]"]

# What stands in front of an expression, and how such a place is called.
PLACES = [
    (r"(?:^|[ (])(?:if|while) $", "condition"), (r"\bmatch $", "match head"), (r"=> $", "match arm"), (r"\bif [^\n]*=> [^\n]*$", "match arm"),
    (r'"[^"]*\{$', "interpolation"), (r"\bin $", "loop head"), (r" if $", "filter"), (r"\belse $", "else"), (r"\bfrom $", "reduce from"), (r"\[$", "array or index"),
    (r"\breduce \S+ (?:from \S+ )?\{ $|\bscan \S+ \{ $", "reduce body"), (r"\{ $", "block"), (r"[\w>]\($", "argument"), (r", $", "later argument"), (r": $", "field"),
    (r"(?:await|spawn) $", "await"), (r"[-+*/%&|^<>=]=? $", "operand"), (r"\($", "parentheses"),
]
ODD = {"condition", "match head", "guard", "match arm", "interpolation", "loop head", "filter", "while", "else", "reduce body", "reduce from", "operand"}


def plain(env):
    """What lambdas may use."""
    return {n: v for n, v in env.items() if v[0] not in HOLDERS and not v[0].startswith("future ")}


class Program:
    """One small program: functions p7_0, p7_1 …, and how `main` runs them. `env` maps names to (type, may it change)."""

    def __init__(self, number, seed, counts):
        self.number, self.random, self.counts = number, random.Random(seed), counts
        self.funcs = []  # (name, parameter types, result type, kind)
        self.names = 0
        self.kind, self.result, self.loops, self.place = "task", "int", 0, "elsewhere"
        self.risk = self.random.choice([0.0, 0.05, 0.2, 0.5])
        self.budget = 0
        self.wanted = self.random.choice([1, 1, 1, 2, 2, 3])
        self.inside = False  # a loop's body that is a task of its own: nothing leaves it
        self.texts = [self.function(i) for i in range(self.wanted)]
        self.run = self.runner()

    def chance(self, p):
        return self.random.random() < p

    def pick(self, xs):
        return self.random.choice(xs)

    def fresh(self):
        self.names += 1
        return "v%d" % self.names

    # Expressions.

    def fill(self, template, env, depth, this, make=None):
        name = self.fresh() if "#" in template else ""

        def hole(match):
            what, _, bound = match[1].partition(" with #:")
            what, bound = what.replace("this", this), bound.replace("this", this)
            before = template[:match.start()]
            if what == "fuel":
                return self.pick(["0", "1", "2", "3", "4", "5"])
            if what.startswith("lit "):
                return self.literal(what[4:])
            inner = dict(env, **{name: (bound, False)}) if bound else env
            kind = self.kind
            opened = len(re.findall(r"\|#\|", before))
            if opened:  # in a lambda: nothing of tasks
                self.kind, inner = "fn", plain(inner)
            elif self.kind == "io" and re.search(r"par for|\b(?:reduce|scan) [^{]*\{", before):
                self.kind = "task"
            if not make and self.kind != "fn":
                self.place = next((p for r, p in PLACES if re.search(r, before)), "elsewhere")
            text = (make or self.expression)(what, inner, depth)
            self.kind = kind
            return text
        return re.sub("«(.*?)»", hole, template).replace("#", name)

    def literal(self, t, env=None, depth=0):
        if t.startswith("future ") or t in HOLDERS:
            return self.expression(t, {}, 0)
        if t == "int" and self.chance(0.06):
            return self.pick(ODD_INTS)
        return self.fill(self.pick(LITERALS[t]), {}, 0, t, make=self.literal)

    def spawned(self, f, env, depth):
        """spawn f(…): its arguments may be futures."""
        place = self.place
        self.counts["spawn in " + place] += 1
        args = []
        for t in f[1]:
            if t == "fuel":
                args.append(self.pick(["0", "1", "2", "3"]))
            elif "future " + t in FUTURES and self.chance(0.4):
                self.counts["edge"] += 1
                args.append(self.expression("future " + t, env, depth - 1))
            elif t in ("[int]", "[str]") and self.chance(0.2):
                self.counts["edge of array"] += 1
                args.append(self.expression("[future %s]" % t[1:-1], env, depth - 1))
            else:
                args.append(self.expression(t, env, depth - 1))
        return "spawn %s(%s)" % (f[0], ", ".join(args))

    def call(self, f, env, depth):
        return "%s(%s)" % (f[0], ", ".join(self.argument(t, env, depth) for t in f[1]))

    def argument(self, t, env, depth):
        """An argument of a call in place."""
        if t == "fuel":
            return self.pick(["0", "1", "2", "3"])
        if t == FUNCTION:
            known = [n for n, v in env.items() if v[0] == FUNCTION]
            return self.pick(known) if known and self.chance(0.5) else self.lambda_(env, depth)
        return self.expression(t, env, depth - 1)

    def lambda_(self, env, depth):
        name, kind, self.kind = self.fresh(), self.kind, "fn"
        text = self.at("lambda", "int", dict(plain(env), **{name: ("int", False)}), depth)
        self.kind = kind
        return "|%s| %s" % (name, text)

    def callable(self, result, spawn):
        """Functions with this result that may be called (or spawned) here. What io tasks print comes in order only if they are called."""
        kinds = {"fn": ["fn"], "task": ["fn", "task"], "io": ["fn", "task"] if spawn else ["fn", "task", "io"]}[self.kind]
        return [f for f in self.funcs if f[2] == result and f[3] in kinds and not (spawn and FUNCTION in f[1])]

    def future(self, t, env, depth):
        """An expression of type future t."""
        known = [n for n, v in env.items() if v[0] == "future " + t]
        if known and self.chance(0.45):
            return self.pick(known)
        funcs = self.callable(t, True) if self.budget > -200 else []  # arguments may ask for futures in turn
        if funcs and self.chance(0.6):
            return self.spawned(self.pick(funcs), env, depth)
        if depth <= 0 or self.budget <= 0:
            return "spawn later(%s)" % self.literal(t)
        self.counts["spawn in " + self.place] += 1
        return self.fill(self.pick(FUTURE_ANY if self.chance(0.4) else FUTURE.get(t) or FUTURE_ANY), env, depth - 1, t)

    def expression(self, t, env, depth):
        self.budget -= 1
        if self.budget <= 0:
            depth = 0
        if t.startswith("future "):
            return self.future(t[7:], env, depth)
        known = [n for n, v in env.items() if v[0] == t]
        if known and self.chance(0.35 if depth > 0 else 0.8):
            return self.pick(known)
        passed = [n for n, v in env.items() if v[0] == FUNCTION] if t == "int" else []
        if passed and self.chance(0.4):
            return "%s(%s)" % (self.pick(passed), self.expression("int", env, depth - 1))
        if t in HOLDERS:
            return self.fill(self.pick(HOLDER[t]), env, depth - 1, t)
        if self.kind != "fn" and depth > -1 and self.chance(0.3):
            futures = [n for n, v in env.items() if v[0] == "future " + t]
            if futures:
                return "(await %s)" % self.pick(futures)
        if depth <= 0:
            return self.literal(t)
        funcs = self.callable(t, False)
        if funcs and self.chance(0.3):
            f = self.pick(funcs)
            if self.kind == "fn" or self.chance(0.3):
                return self.call(f, env, depth)
            if FUNCTION in f[1]:
                return self.call(f, env, depth)
            if f[3] == "io":  # nothing else runs, so what it prints comes here
                return "(await spawn %s)" % self.call(f, env, depth)
            return "(await %s)" % self.spawned(f, env, depth)
        if self.kind == "io" and t in IO and self.chance(0.4):
            return self.fill(self.pick(IO[t]), env, depth - 1, t)
        if self.kind != "fn" and self.chance(0.55 if self.place in ODD else 0.3):
            if t in TASK and self.chance(0.6):
                return self.fill(self.pick(TASK[t]), env, depth - 1, t)
            if "future " + t in FUTURES:
                return self.fill(self.pick([x for x in TASK_ANY if t[-1] != "!" or "try" not in x]), env, depth - 1, t)
        if t in RISKY and self.chance(self.risk):
            return self.fill(self.pick(RISKY[t]), env, depth - 1, t)
        if self.chance(0.12) or not EXPRESSIONS.get(t):
            return self.fill(self.pick(ANY), env, depth - 1, t)
        return self.fill(self.pick(EXPRESSIONS[t]), env, depth - 1, t)

    def at(self, place, t, env, depth):
        self.place = place
        return self.expression(t, env, depth)

    # Patterns.

    def pattern(self, t, env, refutable, depth=2):
        """(text, names it binds) of a pattern; one that some value does not fit if `refutable`."""
        if t in VARIANTS and (refutable or self.chance(0.5)) and depth > 0:
            name, parts = self.pick(VARIANTS[t])
            return self.parts(name, parts, env, depth)
        if t in TUPLES and depth > 0:
            return self.parts("", TUPLES[t], env, depth, refutable)
        if refutable and t in CONSTANTS or t in CONSTANTS and self.chance(0.2):
            return self.pick(CONSTANTS[t]), {}
        if t == "error" or self.chance(0.3):
            return "_", {}
        name = self.fresh()
        return name, {name: (t, False)}

    def parts(self, name, types, env, depth, refutable=False):
        texts, bound = [], {}
        must = self.random.randrange(len(types)) if types and refutable else -1
        for i, t in enumerate(types):
            text, more = self.pattern(t, env, i == must, depth - 1)
            texts.append(text)
            bound.update(more)
        return name + ("(%s)" % ", ".join(texts) if texts else ""), bound

    def match(self, t, env, depth, indent):
        """A match over several lines with a value of type t."""
        over = self.pick(["E", "Tree", "int?", "int!", "str!", "(int, str)", "(int, (str, bool))", "(E, int?)", "(int!, str)", "int", "str"])
        head = "(%s, %s)" % tuple(self.at("match head", p, env, 1) for p in TUPLES[over]) if over in ("(E, int?)", "(int!, str)") \
            else self.at("match head", over, env, 2)
        pad, lines, used = "  " * indent, ["match %s {" % head], set()
        for _ in range(self.random.randint(1, 3)):
            text, bound = self.pattern(over, env, True)
            inner = dict(env, **bound)
            guard = " if " + self.at("guard", "bool", inner, 1) if bound and self.chance(0.4) else ""
            if text.split("(")[0] in used and not guard:
                continue
            used.add(text.split("(")[0])
            lines.append("%s  %s%s => %s" % (pad, text, guard, self.at("match arm", t, inner, depth)))
        if len(used) == len(VARIANTS.get(over, "xxxxx")):
            lines.pop()
        return "\n".join(lines + ["%s  _ => %s" % (pad, self.at("match arm", t, env, depth)), pad + "}"])

    # Statements: each is a list of lines, and may add to `env`.

    def declare(self, env, indent):
        t, name, fixed = self.pick(DATA), self.fresh(), self.chance(0.3)
        word = "let" if fixed else "var"
        env_before = dict(env)
        if self.chance(0.12):
            text = self.match(t, env_before, 1, indent)
        elif self.chance(0.08) and indent < 3:
            inner = dict(env_before)
            body = self.statement(inner, indent + 1) + ["  " * (indent + 1) + self.expression(t, inner, 1)]
            text = "{\n%s\n%s}" % ("\n".join(body), "  " * indent)
        else:
            text = self.at("let", t, env_before, 3)
        env[name] = (t, not fixed)
        return ["%s %s: %s = %s" % (word, name, t, text)]

    def take_apart(self, env, indent):
        t = self.pick(["(int, str)", "(int, (str, bool))"])
        value = self.at("let", t, dict(env), 2)
        text, bound = self.pattern(t, env, False, 1)
        if not bound or re.search(r'[(, ](?:-?\d|"|true|false)', text):
            return self.declare(env, indent)
        env.update(bound)
        return ["let %s = %s" % (text, value)]

    def future_let(self, env, indent):
        if self.kind == "fn":
            return self.declare(env, indent)
        t = self.pick(FUTURES + HOLDERS)
        value = self.at("let", t, dict(env), 3)
        name = "unused%s" % self.fresh() if self.chance(0.1) else self.fresh()
        if not name.startswith("unused"):
            env[name] = (t, False)
        return ["let %s: %s = %s" % (name, t, value)]

    def growing(self, env, indent):
        """A variable array of futures that a loop fills."""
        if self.kind == "fn":
            return self.declare(env, indent)
        name, i = self.fresh(), self.fresh()
        inner = dict(env, **{i: ("int", False)})
        line = "%s.push(%s)" % (name, self.at("loop body", "future int", inner, 2))
        lines = ["var %s: [future int] = []" % name, "for %s in 0..%d {" % (i, self.random.randint(1, 5)), "  " + line, "}"]
        env[name] = ("[future int]", False)
        return lines

    def side_by_side(self, env, indent):
        """A par for whose body has statements."""
        if self.kind == "fn" or self.inside or indent > 2:
            return self.declare(env, indent)
        name, item, pad = self.fresh(), self.fresh(), "  " * indent
        t, items = self.pick([("int", "0..%d" % self.random.randint(0, 5)), ("int", "«[int]»"), ("str", "«[str]»"), ("E", "«[E]»"), ("R", "«[R]»")])
        of, how, given = self.pick([("int", "", "[int]"), ("str", "", "[str]"), ("E", "", "[E]"), ("int", "reduce ^ ", "int"), ("str", "reduce + ", "str"),
                                    ("int", "reduce mix from 3 ", "int"), ("int", "scan mix from 1 ", "[int]"), ("bool", "reduce || ", "bool")])
        self.place = "loop head"
        head = "let %s: %s = %spar for %s in %s %s{" % (name, given, self.pick(["", "", "@grain(2) "]), item, self.fill(items, env, 1, t), how)
        kind, loops = self.kind, self.loops
        self.kind, self.loops, self.inside = "task", 0, True
        inner = {n: (v[0], False) for n, v in env.items()}
        inner[item] = (t, False)
        lines = self.statement(inner, indent + 1) + self.statement(inner, indent + 1)
        if self.result[-1] == "!" and self.chance(0.5):
            value = self.fresh()
            lines.append("%s  let %s = %s?" % (pad, value, self.at("?", "int!", inner, 1)))
            inner[value] = ("int", False)
        lines.append(pad + "  " + self.at("reduce body", of, inner, 2))
        self.kind, self.loops, self.inside = kind, loops, False
        env[name] = (given, False)
        return [head] + lines + [pad + "}"]

    def lambda_block(self, env, indent):
        """A lambda whose body has statements."""
        if self.inside:
            return self.declare(env, indent)
        name, item = self.fresh(), self.fresh()
        t, given, form = self.pick([("int", "[int]", "%s.map(|%s| {"), ("str", "[int]", "each(%s, |%s| {"), ("int", "[int]", "%s.sort_key(|%s| {"), ("R", "[int]", "%s.map(|%s| {")])
        head = form % (self.at("let", "[%s]" % t, env, 1), item)
        kind, loops, self.kind, self.inside, self.loops = self.kind, self.loops, "fn", True, 0
        inner = dict({n: (v[0], False) for n, v in plain(env).items()}, **{item: (t, False)})
        lines = self.statement(inner, indent + 1) + ["  " * indent + "  " + self.at("lambda", "int", inner, 2)]
        self.kind, self.loops, self.inside = kind, loops, False
        env[name] = (given, False)
        return ["let %s: %s = %s" % (name, given, head)] + lines + ["  " * indent + "})"]

    def let_go(self, env, indent):
        """A future that nobody awaits, or one more time."""
        if self.kind == "fn" or self.inside:
            return self.declare(env, indent)
        self.place = "detach"
        held = [n for n, v in env.items() if v[0] in FUTURES]
        if held and self.chance(0.3):
            return [("detach " if self.kind == "io" else "let _ = ") + self.pick(held)]
        return [self.fill(self.pick(LET_GO[self.kind]), env, 2, "int")]

    def draining(self, env, indent):
        """A loop that takes values out of an array until there are none, or one does not fit."""
        name, item = self.fresh(), self.fresh()
        t = self.pick(["[int]", "[str]", "[E]", "[R]"])
        lines = ["var %s: %s = %s" % (name, t, self.at("let", t, env, 2))]
        inner = dict(env, **{item: (t[1:-1], False)})
        more = " && " + self.at("while", "bool", inner, 1) if self.chance(0.4) else ""
        lines += ["while %s.pop() is some(%s)%s {" % (name, item, more)] + self.body(inner, indent + 1) + ["  " * indent + "}"]
        env[name] = (t, False)
        return lines

    def change(self, env, indent):
        places = [n for n, v in env.items() if v[1]]
        if not places:
            return self.declare(env, indent)
        name = self.pick(places)
        t = env[name][0]
        changers = [f for f in self.funcs if f[3] == "var" and f[1][0] == t]
        if changers and self.chance(0.6):
            f = self.pick(changers)
            return ["%s(%s)" % (f[0], ", ".join([name] + [self.expression(p, env, 1) for p in f[1][1:]]))]
        templates = CHANGES["any"] + CHANGES.get(t, []) * 2
        if t in RISKY_CHANGES and self.chance(self.risk + 0.05):
            templates = RISKY_CHANGES[t]
        depth = 2 if not self.loops or t in LENABLE or t in ("int", "bool", "float", "int?", "u8", "i32", "u64", "f32") else 0
        template = self.pick(templates)
        if depth == 0:  # in loops, such values could grow beyond bounds
            lines = [self.fill(re.sub(r"\bV\b", name, template), {}, 0, t, make=self.literal)] if template != "V = «this»" else \
                ["%s = %s" % (name, self.literal(t))]
        else:
            self.place = "assignment"
            lines = [self.fill(re.sub(r"\bV\b", name, template), env, depth, t)]
        if self.loops and t in LENABLE:
            lines.append("if %s.len > 60 { %s = %s }" % (name, name, '""' if t == "str" else "[]"))
        return lines

    def body(self, env, indent, before=()):
        self.loops += 1
        lines = self.block(env, indent)
        self.loops -= 1
        return list(before) + lines

    def loop(self, env, indent):
        name, pad = self.fresh(), "  " * indent
        roll = self.random.random()
        if roll < 0.2:
            head = ["var %s = 0" % name, "while %s < %d && %s {" % (name, self.random.randint(1, 4), self.at("while", "bool", dict(env, **{name: ("int", False)}), 2))]
            inner, first = dict(env, **{name: ("int", False)}), ["  %s%s += 1" % (pad, name)]
        elif roll < 0.35:
            other = self.fresh()
            head, first = ["for (%s, %s) in %s {" % (name, other, self.at("loop head", "map[str, int]", env, 1))], []
            inner = dict(env, **{name: ("str", False), other: ("int", False)})
        else:
            t, items = self.pick([("int", "0..%d" % self.random.randint(1, 4)), ("int", "6..0 step -2"), ("int", "«[int]»"), ("str", "«[str]»"),
                                  ("E", "«[E]»"), ("[int]", "«[int, 2]»")])
            self.place = "loop head"
            head, first = ["for %s in %s {" % (name, self.fill(items, env, 1, t))], []
            inner = dict(env, **{name: (t, False)})
        return head + self.body(inner, indent + 1, first) + [pad + "}"]

    def branch(self, env, indent):
        pad = "  " * indent
        inner, head = env, self.at("condition", "bool", env, 2)
        if self.chance(0.3):
            t = self.pick(["int?", "int!", "E", "Tree", "str?"])
            text, bound = self.pattern(t, env, True)
            head = "%s is %s" % (self.at("condition", t, env, 1), text)
            inner = dict(env, **bound)
        lines = ["if %s {" % head] + self.block(inner, indent + 1)
        if self.chance(0.5):
            lines += [pad + "} else {"] + self.block(env, indent + 1)
        return lines + [pad + "}"]

    def leave(self, env, indent):
        if self.loops and self.chance(0.4):
            return ["if %s { %s }" % (self.at("condition", "bool", env, 1), self.pick(["break", "continue"]))]
        if self.inside:
            return self.declare(env, indent)
        roll = self.random.random()
        name = self.fresh()
        if self.result[-1] in "!?" and roll < 0.5:
            t = self.pick(["int!", "str!"] if self.result[-1] == "!" else ["int?", "str?"])
            line = "let %s = %s?" % (name, self.at("?", t, dict(env), 2))
            env[name] = (t[:-1], False)
            return [line]
        if roll < 0.7:
            t = self.pick(["int?", "int!", "str?"])
            value, other = self.at("let", t, dict(env), 2), self.at("else", self.result, dict(env), 1) if self.result != "unit" else ""
            env[name] = (t[:-1], False)
            return ["let %s = %s else { return %s }" % (name, value, other)]
        if roll < 0.78:
            return ["if %s { fail \"left {%s}\" }" % (self.at("condition", "bool", env, 1), self.expression("int", env, 1))]
        value = self.at("return", self.result, env, 1) if self.result != "unit" else ""
        if self.kind == "task" and "future " + self.result in FUTURES and self.chance(0.5):
            self.counts["delegation"] += 1
            value = self.at("return", "future " + self.result, env, 1)
        return ["if %s { return %s }" % (self.at("condition", "bool", env, 1), value)]

    def say(self, env, indent):
        return ['print("  {%s} {%s}")' % (self.at("interpolation", self.pick(DATA), env, 2), self.at("interpolation", self.pick(DATA), env, 1))]

    def statement(self, env, indent):
        kinds = [(self.declare, 5), (self.change, 6), (self.future_let, 5), (self.growing, 0.7), (self.take_apart, 0.6), (self.leave, 1.3), (self.side_by_side, 0.8), (self.lambda_block, 0.4), (self.let_go, 2.5 if self.kind == "io" else 0.4)]
        if indent < 4:
            kinds += [(self.loop, 1.5), (self.branch, 2), (self.draining, 0.4)]
        if self.kind == "io":
            kinds += [(self.say, 4)]
        make = self.random.choices([k for k, _ in kinds], [w for _, w in kinds])[0]
        self.place = "elsewhere"
        lines = make(env, indent)
        return [l if "\n" not in l and l.startswith("  " * indent) and indent else "  " * indent + l for l in lines] if lines else []

    def block(self, env, indent):
        env = dict(env)
        return [l for _ in range(self.random.randint(1, 2)) for l in self.statement(env, indent)]

    # Functions.

    def function(self, i):
        name = "p%d_%d" % (self.number, i)
        self.budget = self.pick([4, 6, 8, 10, 14, 20, 40])
        kind = self.pick(["fn", "task", "task", "task", "io", "var"])
        result = self.pick(DATA)
        if kind == "task" and self.chance(0.15):
            result = self.pick(HOLDERS)
        types = [self.pick(DATA) for _ in range(self.random.randint(0, 3))]
        if kind == "task" and self.chance(0.2):
            types.append(self.pick(FUTURES))
        if kind != "var" and i + 1 < self.wanted and self.chance(0.15):
            types.append(FUNCTION)
        recursive = kind in ("fn", "task") and self.chance(0.15) and result not in HOLDERS
        if kind == "var":
            types = [self.pick(list(CHANGES)[1:])] + types[:1]
            result = "unit"
        if recursive:
            types = ["fuel"] + types
        self.kind, self.result, self.loops = ("fn" if kind == "var" else kind), result, 0
        env, params = {}, []
        for j, t in enumerate(types):
            env["p%d" % j] = ("int" if t == "fuel" else t, kind == "var" and j == 0)
            params.append("%sp%d: %s" % ("var " if kind == "var" and j == 0 else "", j, "int" if t == "fuel" else t))
        attribute = "@wrap " if kind == "fn" and self.chance(0.1) else "@no(%s) " % self.pick(["elide", "inline"]) if self.chance(0.04) else ""
        head = "%s%s %s(%s)%s {" % (attribute.strip() + "\n" if attribute else "", {"io": "io task", "var": "fn"}.get(kind, kind), name, ", ".join(params),
                                    "" if result == "unit" else " -> " + result)
        lines = []
        if recursive:
            lines.append("  if p0 <= 0 { return %s }" % self.expression(result, env, 1))
        for _ in range(self.random.randint(0 if kind != "var" else 1, 4)):
            lines += self.statement(env, 1)
        if kind == "var":
            lines += ["  " + l for l in self.change({n: v for n, v in env.items() if n == "p0"}, 1)]
        else:
            lines.append("  " + self.last(name, types, result, kind, env, recursive))
        self.funcs.append((name, types, result, kind))
        return "\n".join([head] + lines + ["}"])

    def last(self, name, types, result, kind, env, recursive):
        """The value of the body: perhaps the function itself again, or a future that stands for the value."""
        if recursive and self.chance(0.9):
            f = (name, ["int"] + types[1:], result, kind)
            # what it was given to call: a new lambda each time would ask for ever new versions
            args = ["p0 - 1"] + ["p%d" % j if t == FUNCTION else self.argument(t, env, 1) for j, t in enumerate(types) if j > 0]
            own = "%s(%s)" % (name, ", ".join(args))
            if kind == "task" and FUNCTION not in types:
                own = self.pick(["spawn " + own, own, "await spawn " + own, "(try await spawn %s) else %s" % (own, self.literal(result))
                                 if result[-1] not in "!?" else own])
            return own
        if kind == "task" and self.chance(0.3) and "future " + result in FUTURES:
            self.counts["delegation"] += 1
            return self.at("result", "future " + result, env, 2)
        if self.chance(0.12):
            return self.match(result, env, 1, 1) if result not in HOLDERS else self.expression(result, env, 2)
        return self.at("result", result, env, 3)

    def runner(self):
        """An io task that runs the last function, some others, each with arguments of its own."""
        name = "run%d" % self.number
        self.kind, self.result, self.loops = "io", "unit", 0
        lines = []
        runnable = [f for f in self.funcs if f[3] != "var" and f[2] not in HOLDERS and FUNCTION not in f[1]]
        for f in runnable[-2:]:
            literal = (f[0], [t for t in f[1]], f[2], f[3])
            for n in range(2 if f is runnable[-1] else 1):
                self.budget = 8
                made = self.spawned(literal, {}, 1) if f[3] != "io" else "spawn " + self.call(literal, {}, 0)
                self.names += 1
                if f[3] != "io" and self.chance(0.3):  # beside the next one
                    lines.insert(0, "  let w%d = %s" % (self.names, made))
                    made = "w%d" % self.names
                lines.append("  tell(%d, try await %s)" % (self.number, made))
        if not runnable:  # only functions that change their arguments, or that give futures
            for f in [f for f in self.funcs if f[3] == "var"]:
                lines += ["  var x%s: %s = %s" % (f[0], f[1][0], self.literal(f[1][0])), "  %s(%s)" % (f[0], ", ".join(["x" + f[0]] + [self.literal(t) for t in f[1][1:]])),
                          '  print("%d {x%s}")' % (self.number, f[0])]
            for f in [f for f in self.funcs if f[3] != "var" and FUNCTION not in f[1]]:
                lines.append('  let unused%s = %s' % (f[0], "try await spawn " + self.call(f, {}, 0)))
        return "io task %s() {\n%s\n}" % (name, "\n".join(lines))

    def text(self):
        return "\n\n".join(self.texts + [self.run])


TELL = """io fn tell<A>(n: int, r: A!) {
  match r {
    ok(x)  => print("{n} {x}")
    err(e) => print("{n} {e.kind}@{e.line} {e.message} {e.chain}")
  }
}
"""


class Module:
    """A file of programs, or several (files.py). `uncaught`, if it is not None, is the program whose failure ends the run."""

    def __init__(self, programs, uncaught, split):
        self.programs, self.uncaught, self.split = programs, uncaught, split

    def text(self):
        lines = ["io task main(args: [str]) {"]
        for p in self.programs:
            lines.append("  tell(%d, try await spawn run%d())" % (p.number, p.number))
        if self.uncaught in [p.number for p in self.programs]:
            p = next(p for p in self.programs if p.number == self.uncaught)
            f = next((f for f in reversed(p.funcs) if f[3] in ("fn", "task") and not f[1] and f[2] not in HOLDERS), None)
            if f:
                lines.append('  print("last {await spawn %s()}")' % f[0])
        main = lines + ["}", ""]
        if not self.split:
            return "\n".join([HEAD, TELL] + [p.text() + "\n" for p in self.programs] + main)
        held = {"base": [HEAD, TELL], "a": [], "b": [], "m": []}
        for p in self.programs:
            for name, text in zip(p.files, p.texts + [p.run]):
                held[name].append(text + "\n")
        held["m"] += main
        return "".join("// file: %s\n%s" % (name, "\n".join(texts)) for name, texts in held.items())

    def without(self, programs):
        return Module([p for p in self.programs if p not in programs], self.uncaught, self.split)


def module(seed, size, counts):
    dice = random.Random(seed)
    programs = [Program(i, "%d.%d" % (seed, i), counts) for i in range(size)]
    uncaught = dice.randrange(size) if dice.random() < 0.2 else None
    for p in programs:  # a function calls those before it, which are in the same file or one before
        p.files = sorted(dice.choice("abm") for _ in p.texts + [p.run])
    return Module(programs, uncaught, dice.random() < 0.4)

"""What no person writes: brackets, blocks, operators, types nested a hundred thousand deep, and literals, names and lists
of a million parts. `dfl check` answers soon, with the error that is named here or, where there is nothing wrong, with
none; every message has a place."""
import re

from harness import Case, fail

N = 100_000


def fn(body):
    return "fn f(x: int, xs: [int]) -> int { %s }\n" % body


def around(left, middle, right, count=N):
    return fn(left * count + middle + right * count)


def listed(form, count, separator=", "):
    return separator.join(form.replace("#", str(i)) for i in range(count))


# name: (code of the only error, or None; program)
NESTED = {
    "parentheses": around("(", "x", ")"),
    "blocks": around("{ ", "x", " }"),
    "arrays": around("[", "x", "]"),
    "parentheses that stay open": fn("(" * N),
    "blocks that stay open": fn("{" * N),
    "brackets of all kinds that stay open": fn("([{" * N),
    "else if": around("if x == 1 { 1 } else ", "{ 2 }", ""),
    "if in if": around("if x == 1 { ", "1", " } else { 2 }"),
    "match in match": around("match x { _ => ", "x", " }"),
    "while in while": around("while true { ", "", " }"),
    "for in for": around("for i in xs { ", "", " }"),
    "minus": around("- ", "x", ""),
    "not": around("!", "x", ""),
    "await": around("await ", "x", ""),
    "return": around("return ", "x", ""),
    "plus": around("", "x", " + x"),
    "and": around("", "true", " && true"),
    "as": around("", "x", " as int"),
    "question marks": around("", "x", "?"),
    "else": around("", "x", " else x"),
    "calls": around("f(", "x", ")"),
    "calls of calls": around("", "x", "()"),
    "fields": around("", "x", ".a"),
    "methods": around("", "x", ".a()"),
    "indices": around("", "xs", "[0]"),
    "lambdas": around("|x| ", "x", ""),
    "tuples": around("(1, ", "x", ")"),
    "maps": around("[1: ", "x", "]"),
    "comprehensions": around("[", "x", " for x in xs]"),
    "holes": around('"{', "x", '}"'),
    "holes that stay open": fn('"{' * N),
    "array types": "fn f(x: " + "[" * N + "int" + "]" * N + ") { }\n",
    "option types": "fn f(x: int" + "?" * N + ") { }\n",
    "future types": "fn f(x: " + "future " * N + "int) { }\n",
    "function types": "fn f(x: " + "fn(" * N + "int" + ")" * N + ") { }\n",
    "tuple types": "fn f(x: " + "(int, " * N + "int" + ")" * N + ") { }\n",
    "tuple patterns": fn("match x { " + "(_, " * N + "_" + ")" * N + " => 1 }"),
    "variant patterns": fn("match x { " + "some(" * N + "_" + ")" * N + " => 1 }"),
    "arguments of attributes": "@wrap(" * N + fn("x"),
    "constants of constants": "".join("let a%d = a%d + 1\n" % (i, i - 1) for i in range(2500, 0, -1))
                              + "let a0 = 1\n",
}
CASES = {name: (11, text) for name, text in NESTED.items()}
CASES.update({
    "comparisons": (10, fn("x" + " == x" * N)),
    "foreign types": (10, "fn f(x: " + "List<" * N + "int" + ">" * N + ") { }\n"),
    "a circle of records": (110, "".join("record R%d { x: R%d }\n" % (i, (i + 1) % 200) for i in range(200))),
    "a type of two of a type of two": (111, "fn g<A>(x: A) -> (A, A) { (x, x) }\nfn f() -> int {\n  let a0 = g(1)\n"
                                       + "".join("  let a%d = g(a%d)\n" % (i, i - 1) for i in range(1, 60)) + "  1\n}\n"),
    "a tuple": (111, fn("(" + listed("x", N) + ").0")),
    "a tuple type": (111, "fn f(x: (" + listed("int", N) + ")) { }\n"),
    "parameters": (111, "fn f(" + listed("a#: int", N) + ") { }\n"),
    "type parameters": (111, "fn f<" + listed("A#", N) + ">() { }\n"),
    "fields of a record": (111, "record R { " + listed("a#: int", N) + " }\n"),
    "variants": (None, "enum E { " + listed("A#", N) + " }\n"),
    "parts of a variant": (None, "enum E { A(" + listed("int", N) + ") }\n"),
    "alternatives": (None, fn("match x { " + listed("#", N, " | ") + " => 1, _ => 2 }")),
    "arms": (None, fn("match x {\n" + listed("# => 1\n", N, "") + "_ => 2 }")),
    "elements": (None, fn("[" + listed("x", N) + "].len")),
    "functions": (None, listed("fn f#() -> int { 1 }\n", N // 4, "")),
    "digits": (7, fn("1" * 1_000_000)),
    "hexadecimal digits": (7, fn("0x" + "f" * 1_000_000)),
    "digits of an exponent": (7, fn("1e" + "1" * 1_000_000)),
    "digits of a duration": (7, fn("1" * 1_000_000 + "ms")),
    "letters of a name": (1, fn("a" * 1_000_000)),
    "letters of a string": (None, fn('"' + "a" * 10_000_000 + '".len')),
    "lines of a string": (None, fn('"""' + "a\n" * 5_000_000 + '""".len')),
    "letters of a comment": (None, "//" + "a" * 10_000_000 + "\n" + fn("x")),
    "blank lines": (None, "\n" * 1_000_000 + fn("x")),
    "a comment of C that stays open": (3, fn("/* " * N)),
    "closing brackets": (9, fn(")" * N + "x")),
    "semicolons": (10, fn(";" * N + "x")),
})
# Section 17 of LANGUAGE.md: what is allowed, and a little more.
DEPTHS = {
    "blocks": (990, lambda n: around("{ ", "x", " }", n)),
    "operators": (990, lambda n: around("", "x", " + x", n)),
    "calls": (990, lambda n: around("f(", "x", ", xs)", n)),
    "arrays": (990, lambda n: fn("let y = " + "[" * n + "1" + "]" * n + "\n y.len")),
    "types": (990, lambda n: "task f(x: " + "future " * n + "int) { }\n"),
    "patterns": (990, lambda n: "enum L { A(L), B }\nfn f(x: L) -> int { match x { " + "A(" * n + "_" + ")" * n + " => 1, _ => 2 } }\n"),
    "if": (490, lambda n: around("if x == 1 { ", "1", " } else { 2 }", n)),
    "match": (490, lambda n: around("match x { _ => ", "x", " }", n)),
    "methods": (490, lambda n: around("", "x", ".abs()", n)),
    "holes": (490, lambda n: 'fn f(s: str) -> str { ' + '"{' * n + "s" + '}"' * n + " }\n"),
    "parentheses": (9900, lambda n: around("(", "x", ")", n)),
}
for name, (count, form) in DEPTHS.items():
    CASES["%d %s in each other" % (count, name)] = (None, form(count))
    CASES["%d %s in each other" % (count + 110, name)] = (11, form(count + 110))

# many messages, of which 200 are shown
MANY = {
    "unknown names": listed("fn f#() -> int { y# }\n", N // 4, ""),
    "escapes": fn('"' + "\\q" * N + '"'),
    "strings that stay open": listed('fn f#() -> str { "abc }\n', N // 4, ""),
    "dots": fn("." * N),
    "names twice": "fn f() -> int { 1 }\n" * (N // 10),
}


def check(place, dfl, text):
    path = place.write("t.dfl", text)
    r = place.run([dfl, "check", "--color", "never", path], timeout=60)
    heads = re.findall(r"(?m)^(\S+): error\[E(\d+)\]", r.err)
    if r.status != (1 if heads else 0):
        fail("exit %d\n%s" % (r.status, r.err[:1000]))
    for where, _ in heads:
        if not re.search(r"t\.dfl:\d+:\d+$", where):
            fail("no place: %s" % where)
    if len(r.err) > 200 * 1000:
        fail("%d bytes of messages" % len(r.err))
    return [int(code) for _, code in heads], r


def only(place, dfl, code, text):
    codes, r = check(place, dfl, text)
    if codes != ([code] if code else []):
        fail("errors %s, wanted %s\n%s" % (codes[:20], code, r.err[:1000]))


def many(place, dfl, text):
    codes, r = check(place, dfl, text)
    if len(codes) != 200 or " more errors" not in r.err:
        fail("%d errors\n%s" % (len(codes), r.err[-500:]))


def cases(dfl):
    for name, (code, text) in CASES.items():
        yield Case("deep/" + name, lambda p, c=code, t=text: only(p, dfl, c, t))
    for name, text in MANY.items():
        yield Case("deep/" + name, lambda p, t=text: many(p, dfl, t))

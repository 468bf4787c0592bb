"""The grammar in LANGUAGE.md is that of the compiler: a reader made from its rules, with an own cutter of tokens, agrees with the
parser on all programs of the tests and on seeded broken versions of them, and every part of every rule is used by
a program. `tests/grammar.py SEED COUNT` tries COUNT broken versions and tells what differs."""
import glob
import json
import os
import random
import re
import subprocess
import sys
import tempfile

from harness import ROOT, Case, fail

# -- tokens: section 2 of LANGUAGE.md --

KEYWORDS = set("""as await break cancel continue detach else enum expect extern fail false fn for future if import in is let match
    par pub record return select after spawn task true try var while""".split())
RESERVED = {"stream", "yield", "worker", "actor"}
BEHIND_OPERAND = {"reduce", "scan", "from", "step", "link"}
OPERAND_END = {"NAME", "TYPE", "INT", "FLOAT", "DURATION", "STRING", "TAIL", "BYTES", "true", "false", ")", "]", "}", "?"}
GOES_ON = set("= += -= *= /= %= &= |= ^= <<= >>= => -> .. else as is == != <= >= << >> && || { , + - * / % & | ^ < > :".split())
SIGNS = re.compile(r"<<=|>>=|=>|->|\.\.|[=!<>]=|<<|>>|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!?<>=.,:()\[\]@{}]")
DIGITS = r"[0-9][0-9_]*"
NUMBER = re.compile(
    r"(?P<SIZE>%s[kmgt]b)|(?P<DURATION>%s(?:\.%s)?(?:ns|us|ms|s|m|h))|(?P<FLOAT>%s\.%s(?:[eE][+-]?%s)?|%s[eE][+-]?%s)"
    r"|(?P<INT>0x[0-9a-fA-F_]+|0b[01_]+|0o[0-7_]+|%s)" % ((DIGITS,) * 9))
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class NoToken(Exception):
    pass


class Cutter:
    """Text to tokens, (kind, text) each; NL only where it ends something."""

    def __init__(self, text):
        self.text, self.at, self.tokens = text, 0, []
        self.brackets = []  # openers; '"' for the hole of a string, '3' for one in three quotes
        self.newline = False
        self.after_attribute = False  # an attribute ends here: a newline behind it means nothing
        self.attribute_parens = []

    def last(self):
        return self.tokens[-1][0] if self.tokens else ""

    def newlines_count(self):
        return not self.brackets or self.brackets[-1] == "{"

    def add(self, kind, text):
        if self.newline and self.newlines_count() and kind not in ("}", ".", "else") and self.tokens and not (
                self.after_attribute or self.last() in GOES_ON):
            behind = re.match(r"[ \n] *(.?)", self.text[self.at:])
            if self.last() in OPERAND_END and kind in ("|", "||", "-") and behind and (kind != "-" or behind[1] != "-"):
                raise NoToken("an operator that begins a line")
            self.tokens.append(("NL", "\n"))
        self.newline = False
        was_name = self.last() == "@"
        self.tokens.append((kind, text))
        if kind in ("(", "[", "{"):
            self.attribute_parens.append(kind == "(" and self.after_attribute)
            self.brackets.append(kind)
        self.after_attribute = was_name and kind == "NAME"

    def close(self, kind):
        if not self.brackets or self.brackets[-1] != {")": "(", "]": "[", "}": "{"}[kind]:
            raise NoToken(kind)
        self.add_closer(kind)

    def add_closer(self, kind):
        if kind != "}" and self.newline:
            self.newline = False
        self.add(kind, kind)
        self.brackets.pop()
        self.after_attribute = self.attribute_parens.pop()

    def word(self):
        word = WORD.match(self.text, self.at)[0]
        self.at += len(word)
        rest = self.text[self.at:self.at + 300].lstrip(" \t")
        last = self.last()
        if word[0].isupper():
            return self.add("TYPE", word)
        if last in (".", "@"):
            return self.add("NAME", word)
        if word in RESERVED:
            raise NoToken(word)
        if word in KEYWORDS or (word == "io" and re.match(r"(fn|task)\b", rest)) or (word == "test" and rest[:1] == '"'):
            return self.add(word, word)
        starts_line = self.after_attribute or (self.newline and self.newlines_count())
        if word in BEHIND_OPERAND and last in OPERAND_END and not starts_line:
            return self.add(word, word)
        self.add("NAME", word)

    def number(self):
        m = NUMBER.match(self.text, self.at)
        if self.last() == "." and m.lastgroup == "FLOAT":
            m = re.compile("(?P<INT>[0-9]+)").match(self.text, self.at)
        is_point = m.lastgroup == "INT" and self.last() != "." and re.compile(r"\.(?![.A-Za-z_])").match(self.text, m.end())
        if WORD.match(self.text, m.end()) or is_point:
            raise NoToken(m[0])
        self.at = m.end()
        self.add("INT" if m.lastgroup == "SIZE" else m.lastgroup, m[0])

    def piece(self, quotes, holes, first):
        """A string from behind its opening or from behind a hole."""
        end = '"""' if quotes == "3" else '"'
        start = self.at
        while True:
            if self.text.startswith(end, self.at):
                self.at += len(end)
                return self.add("STRING" if first else "TAIL", self.text[start:self.at])
            c = self.text[self.at:self.at + 1]
            if not c or (quotes == '"' and c in "\n\t"):
                raise NoToken("string")
            if c == "\\":
                self.at += 1
            elif c == "{" and holes:
                self.at += 1
                self.add("HEAD" if first else "MIDDLE", self.text[start:self.at])
                self.brackets.append(quotes)
                return self.attribute_parens.append(False)
            self.at += 1

    def bytes(self):
        end = re.compile(r'b"(?:[^"\\\n]|\\.)*"').match(self.text, self.at)
        if not end:
            raise NoToken("bytes")
        self.at = end.end()
        self.add("BYTES", end[0])

    def hole_ends(self):
        quotes = self.brackets.pop()
        self.attribute_parens.pop()
        self.newline = False
        self.at += 1
        self.piece(quotes, True, False)

    def format(self):
        end = re.compile(r'[^}"\r\n]*').match(self.text, self.at + 1).end()
        self.add("FORMAT", self.text[self.at:end])
        self.at = end

    def step(self):
        c, in_hole = self.text[self.at], self.brackets and self.brackets[-1] in ('"', "3")
        if c == "\n":
            if '"' in self.brackets:
                raise NoToken("a line end in a string")
            self.newline = True
            self.at += 1
        elif c in " \t\f\v" or self.text.startswith("\r\n", self.at):
            self.at += 1
        elif self.text.startswith("//", self.at):
            self.at = (self.text + "\n").index("\n", self.at)
        elif self.text.startswith('"""', self.at):
            self.at += 3
            self.piece("3", True, True)
        elif c == '"':
            self.at += 1
            self.piece('"', True, True)
        elif self.text.startswith('b"', self.at):
            self.bytes()
        elif WORD.match(self.text, self.at):
            self.word()
        elif c.isdigit():
            self.number()
        elif c == "}" and in_hole:
            self.hole_ends()
        elif c == ":" and in_hole:
            self.format()
        else:
            m = SIGNS.match(self.text, self.at)
            if not m:
                raise NoToken(c)
            self.at = m.end()
            if m[0] in (")", "]", "}"):
                self.close(m[0])
            else:
                self.add(m[0], m[0])

    def cut(self):
        while self.at < len(self.text):
            self.step()
        if self.brackets:
            raise NoToken("open bracket")
        return self.tokens


# -- the rules, read from LANGUAGE.md --

class Part:
    """A part of a rule. kind: word (a terminal), rule, all, any (one of), maybe, many."""

    def __init__(self, kind, text="", parts=()):
        self.kind, self.text, self.parts = kind, text, list(parts)

    def show(self):
        inner = (" | " if self.kind == "any" else " ").join(p.show() for p in self.parts)
        return {"word": self.text, "rule": self.text, "maybe": "[ %s ]" % inner, "many": "{ %s }" % inner,
                "any": "( %s )" % inner}.get(self.kind, inner)


def read_rules(text):
    rules, tokens = {}, []
    for line in text.splitlines():
        head = re.match(r"(\w+) +=(?: |$)", line)
        if head:
            tokens = rules.setdefault(head[1], [])
            line = line[head.end():]
        tokens += re.findall(r'"[^"]*"|\w+|[\[\]{}()|]', line)
    return {name: read_any(list(reversed(t))) for name, t in rules.items()}


def read_any(tokens):
    branches, parts = [], []
    while tokens and tokens[-1] not in ("]", "}", ")"):
        t = tokens.pop()
        if t == "|":
            branches.append(Part("all", parts=parts))
            parts = []
        elif t in ("[", "{", "("):
            inner = read_any(tokens)
            tokens.pop()
            parts.append(inner if t == "(" else Part("maybe" if t == "[" else "many", parts=[inner]))
        elif t[0] == '"':
            parts.append(Part("word", t[1:-1]))
        else:
            parts.append(Part("word" if t.isupper() else "rule", t))
    branches.append(Part("all", parts=parts))
    return branches[0] if len(branches) == 1 else Part("any", parts=branches)


def each(part):
    yield part
    for p in part.parts:
        yield from each(p)


class Reader:
    """Whether tokens follow the rules: for each rule and place, where what it stands for may end."""

    def __init__(self, rules, tokens):
        self.rules, self.tokens, self.known = rules, tokens, {}

    def ends(self, part, at):
        if part.kind == "word":
            return {at + 1} if at < len(self.tokens) and self.tokens[at][0] == part.text else set()
        if part.kind == "rule":
            key = part.text, at
            if key not in self.known:
                self.known[key] = self.ends(self.rules[part.text], at)
            return self.known[key]
        if part.kind == "all":
            found = {at}
            for p in part.parts:
                found = {e for f in found for e in self.ends(p, f)}
                if not found:
                    break
            return found
        if part.kind == "any":
            return {e for p in part.parts for e in self.ends(p, at)}
        found, new = {at}, {at}
        while new:
            new = {e for f in new for e in self.ends(part.parts[0], f)} - found
            found |= new
            if part.kind == "maybe":
                break
        return found

    def reads(self):
        return len(self.tokens) in self.ends(Part("rule", "module"), 0)

    def use(self, part, at, end, used):
        """Adds to `used` the parts by which at..end is read."""
        used.add(part)
        if part.kind == "rule":
            self.use(self.rules[part.text], at, end, used)
        elif part.kind == "any":
            self.use(next(p for p in part.parts if end in self.ends(p, at)), at, end, used)
        elif part.kind == "all":
            self.use_all(part.parts, at, end, used)
        elif part.kind == "maybe" and at != end:
            self.use(part.parts[0], at, end, used)
        elif part.kind == "many" and at != end:
            step = next(e for e in sorted(self.ends(part.parts[0], at)) if e > at and end in self.ends(part, e))
            self.use(part.parts[0], at, step, used)
            if step != end:
                self.use(part, step, end, used)

    def use_all(self, parts, at, end, used):
        ways = [(at, [])]
        for p in parts:
            ways = [(e, way + [(p, f, e)]) for f, way in {f: (f, w) for f, w in ways}.values() for e in self.ends(p, f)]
        for p, f, e in next(way for last, way in ways if last == end):
            self.use(p, f, e, used)


def rules():
    text = open(os.path.join(ROOT, "LANGUAGE.md"), encoding="utf-8").read()
    return read_rules(re.search(r"```ebnf\n(.*?)```", text, re.S)[1])


def reads(grammar, text):
    sys.setrecursionlimit(1000000)
    try:
        return Reader(grammar, Cutter(text).cut()).reads()
    except NoToken:
        return False


# -- what is compared --

def programs():
    found = []
    for folder in ("tests/lang/ok", "tests/acceptance/ok", "examples", "stdlib", "tests/golden/syntax"):
        found += glob.glob(os.path.join(ROOT, folder, "**", "*.dfl"), recursive=True)
    return sorted(f for f in found if not f.endswith("mistakes.dfl"))


def told(dfl, path):
    """The codes of syntax errors that the compiler tells."""
    r = subprocess.run([dfl, "check", "--json", path], capture_output=True, text=True)
    messages = [json.loads(line) for line in r.stdout.splitlines()]
    return [m for m in messages if m["severity"] == "error" and m["code"] and m["code"] < "E0100"]


def terminals(place, dfl):
    """The words and signs of the rules are those of the parser."""
    text = open(os.path.join(ROOT, "compiler", "parser.y"), encoding="utf-8").read()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    names = {n: a for n, a in re.findall(r'(\w+) "`([^`"]+)`"', text)}
    body = text[text.index("%%"):]
    body = body[:body.rindex("%%")]
    body = re.sub(r"\{[^{}]*(\{[^{}]*\}[^{}]*)*\}", "", re.sub(r"'([{}])'", lambda m: {"{": "OPEN", "}": "CLOSE"}[m[1]], body))
    wanted = set(re.findall(r"'(.)'", body)) | {a for n, a in names.items() if re.search(r"\b%s\b" % n, body)} | {"{", "}"}
    lexer = open(os.path.join(ROOT, "compiler", "lexer.l"), encoding="utf-8").read()
    wanted |= set(re.findall(r'"([^"]+)" +\{ yyextra->cut.value.integer = OP_\w+; return OP_SET', lexer)) | {"+="}
    have = {p.text for part in rules().values() for p in each(part) if p.kind == "word" and not p.text.isupper()}
    if have != wanted:
        fail("only in LANGUAGE.md: %s; only in the compiler: %s" % (sorted(have - wanted), sorted(wanted - have)))


def closed(place, dfl):
    grammar = rules()
    used = {p.text for part in grammar.values() for p in each(part) if p.kind == "rule"}
    if used - set(grammar) or set(grammar) - used - {"module"}:
        fail("without a rule: %s; never used: %s" % (sorted(used - set(grammar)), sorted(set(grammar) - used - {"module"})))


def accepted(place, dfl):
    """Every program of the tests follows the rules, and every part of every rule is used."""
    grammar, used, wrong = rules(), set(), []
    sys.setrecursionlimit(1000000)
    for path in programs():
        reader = Reader(grammar, Cutter(open(path, encoding="utf-8").read()).cut())
        if reader.reads():
            reader.use(Part("rule", "module"), 0, len(reader.tokens), used)
        else:
            last = max(e for ends in reader.known.values() for e in ends | {0})
            wrong.append("%s near %s" % (path, " ".join(t for _, t in reader.tokens[max(last - 8, 0):last + 3])))
    unused = ["%s: %s" % (name, p.show()) for name, part in grammar.items() for p in each(part) if p not in used]
    if wrong or unused:
        fail("\n".join(["does not follow the rules: " + w for w in wrong] + ["no program uses " + u for u in unused]))


def broken(text, dice):
    """The text with a token or two taken out, doubled, put elsewhere, or another instead."""
    tokens = re.findall(r'"(?:[^"\\{}\n]|\\.)*"|[A-Za-z_]\w*|[0-9][\w.]*|<<=|>>=|[-+*/%&|^<>=!]=|[=-]>|&&|\|\||\.\.|<<|>>|[ \t]+|\n|.', text)
    solid = [i for i, t in enumerate(tokens) if t.strip() or t == "\n"]
    for _ in range(dice.choice((1, 1, 2))):
        i, j = dice.choice(solid), dice.choice(solid)
        way = dice.randrange(4)
        if way == 0:
            tokens[i] = ""
        elif way == 1:
            tokens[i] += " " + tokens[i]
        elif way == 2:
            tokens[i] = tokens[j]
        else:
            tokens[i], tokens[j] = tokens[j], tokens[i]
    return "".join(tokens)


# Messages of the parser about what the rules allow, and of other stages.
BEYOND = ("E0005", "E0006", "E0007", "E0011", "E0014", "E0015", "E0016", "E0017", "E0019", "E0020")


def differs(dfl, grammar, text, folder):
    path = os.path.join(folder, "broken.dfl")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    errors, good = told(dfl, path), reads(grammar, text)
    if good and any(m["code"] not in BEYOND for m in errors):
        return "the rules read what the parser refuses: " + errors[0]["message"]
    if not good and not errors:
        return "the parser reads what the rules refuse"
    return None


def campaign(dfl, seed, count, folder):
    dice, grammar, found = random.Random(seed), rules(), []
    texts = [open(p, encoding="utf-8").read() for p in programs()]
    texts = [t for t in texts if len(t) < 3000]
    for _ in range(count):
        text = broken(dice.choice(texts), dice)
        why = differs(dfl, grammar, text, folder)
        if why:
            found.append((why, text))
    return found


def agrees(place, dfl):
    found = campaign(dfl, 1, 150, place.work)
    if found:
        fail("%d of 150 differ, the first:\n%s\n%s" % (len(found), found[0][0], found[0][1]))


def cases(dfl):
    for name, check in (("has the words of the parser", terminals), ("has a rule for all it names", closed),
                        ("reads the programs of the tests, by all its parts", accepted),
                        ("agrees with the parser on broken programs", agrees)):
        yield Case("grammar " + name, lambda p, c=check: c(p, dfl))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for why, text in campaign(os.path.join(ROOT, "build", "dfl"), int(sys.argv[1]), int(sys.argv[2]), scratch):
            print("== %s\n%s" % (why, text))

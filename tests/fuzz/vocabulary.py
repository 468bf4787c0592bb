"""What generated programs are made of: types, and templates for what has them.

In a template «T» stands for an expression of type T, «T with #:U» for one that may use the name # of type U, which the
template binds, «lit T» for a literal, «fuel» for a small number, «name» for a function's name; # is a new name for each
use of the template, and «this» the type that is asked for. Templates in RISKY may fail, so each program decides how
often it takes one."""

# Types with values that print and compare. What is here twice is taken twice as often.
DATA = ["int", "int", "int", "int", "str", "str", "str", "bool", "float", "[int]", "[int]", "[str]", "map[str, int]",
        "(int, str)", "int?", "int!", "str!", "R", "R", "u8", "i32", "f32", "u64", "[[int]]", "[R]", "map[int, [str]]",
        "E", "Tree", "[E]", "map[E, int]", "[int, 2]", "[float, 2]", "[float]", "[int, 3]", "G", "str?", "(int, (str, bool))",
        "[(int, str)]", "bytes", "duration", "[int?]", "[int]!", "W", "S", "[S]", "[u8]", "[f32]", "i8", "u32", "map[int, R]"]

# Types with futures in them, and of what there are futures.
FUTURES = ["future int", "future int", "future str", "future [int]", "future R", "future int!", "future Tree", "future E",
           "future bool", "future (int, str)"]
HOLDERS = ["[future int]", "J", "(future int, str)", "[future str]", "(future str)?", "map[str, future int]", "K", "[J]", "[[future int]]"]

HEAD = r"""extern "math.h" as "cbrt" fn cube_root(x: float) -> float
extern "ctype.h" fn toupper(c: i32) -> i32
extern "string.h" fn strlen(s: str) -> u64
import csv
import hash
import io
import json
import math
import rand

record R { a: int, s: str, xs: [int] }
record G { m: [float, 2], n: int }
record W { r: R, e: E, o: int? }
record J { id: int, out: future int, more: [future str] }
record S { b: u8, f: f32, h: i16, t: [u8] }
enum K { Wait(future int), Done(int), Both(future int, future str) }
enum E { Dot, Sq(int), Two(str, [int]), Rec(R), Sized(int, bool) }
enum Tree { Leaf, Node(Tree, int, Tree), Many([Tree]), Named(str, Tree?) }

let limit = 3
let names = ["ann", "bo", "", "é"]

fn maybe(n: int) -> int? { if n % 3 == 0 { none } else { some(n) } }
fn risky(n: int) -> int! {
  if n % 4 == 0 { fail "no {n}" }
  n
}
fn word(n: int) -> str! { if n % 5 == 1 { fail "word {n}" } else { names[n & 3] } }
fn word_or_none(n: int) -> str? { if n % 2 == 0 { some("w{n & 7}") } else { none } }
fn all(xs: [int]) -> [int]! { [risky(x)? for x in xs] }
fn inc(var n: int) { n += 1 }
fn next(var n: int) -> int {
  n = n / 2 + 1
  n
}
fn pushed(var xs: [int], x: int) -> [int] {
  xs.push(x)
  xs
}
fn added(var s: str, more: str) -> str {
  s += more
  s
}
fn either_end(xs: [int], ys: [int]) -> [int] { xs.take(2) + ys.skip(ys.len - 2) }
fn caused(n: int, why: str) -> int! { match risky(n) { ok(x) => x, err(e) => fail why from e } }
fn because<A>(r: A!) -> str { match r { ok(_) => "-", err(e) => "{e.message} {e.kind} @{e.line > 0} {e.cause}" } }
fn as_json(n: int, s: str, xs: [str]) -> json.Json {
  json.Arr([json.Int(n), json.Str(s), json.Obj([s: json.Arr([json.Str(x) for x in xs])])])
}
fn bump(var r: R, k: int) {
  r.a = r.a / 2 + k % 10
  r.xs.push(k)
}
fn swap<A>(var xs: [A]) {
  if xs.len < 2 { return }
  let x = xs[0]
  xs[0] = xs[xs.len - 1]
  xs[xs.len - 1] = x
}
fn clip(s: str, most: int = 3, mark: str = "~") -> str { if s.chars().len <= most { s } else { mark + s.chars()[most] } }
fn pair<A, B>(a: A, b: B) -> (A, B) { (a, b) }
fn first_or<A>(xs: [A], d: A) -> A { if xs.len > 0 { xs[0] } else { d } }
fn twice<A>(x: A, f: fn(A) -> A) -> A { f(f(x)) }
fn each<A, B>(xs: [A], f: fn(A) -> B) -> [B] { [f(x) for x in xs] }
fn greatest<A>(xs: [A], d: A) -> A {
  var best = d
  for x in xs { if x > best { best = x } }
  best
}
fn no_ints() -> [int] { [] }
fn glue(xs: [str], with: str) -> str { xs.join(with) }
fn mix(a: int, b: int) -> int { (a & 1023) * 3 - (b & 1023) }
fn longer(a: str, b: str) -> str { if b.len > a.len { b } else { a } }
@wrap
fn scramble(s: str) -> int {
  var h = 1469598103934665603
  for b in s.chars() { h = (h ^ b.len) * 1099511628211 }
  h
}
fn deep(n: int) -> Tree {
  var t = Leaf
  for i in 0..n { t = Node(Leaf, i, t) }
  t
}
fn shared(n: int) -> Tree {
  var t = Leaf
  for i in 0..n & 7 { t = Node(t, i, t) }
  t
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
fn kind<A>(r: A!) -> str { match r { ok(_) => "fine", err(e) => e.kind } }
fn hand<A>(f: future A, n: int) -> (future A, int) { (f, n + 1) }

task later<A>(x: A) -> A { x }
task both<A>(a: A, b: A) -> [A] { [a, b] }
task either<A>(a: A, b: A, c: bool) -> A { if c { a } else { spawn later(b) } }
task force(f: future int) -> int { await f }
task gather(j: J) -> str { "{j.id} {await j.out} {await j.more}" }
task start(n: int) -> J { J { id: n, out: spawn mix(n, 2), more: [spawn clip("{i}") for i in 0..n & 3] } }
task settle(k: K) -> int {
  match k {
    Wait(f)    => await f
    Done(n)    => n
    Both(f, g) => await f % 100 + (await g).len
  }
}
task must(r: int!) -> int { match r { ok(n) => n, err(e) => fail "must: {e.message}" } }
task given_up(r: int!, why: str) -> int { match r { ok(n) => n, err(e) => { fail why from e } } }
task count(n: int, acc: int) -> int { if n <= 0 { acc } else { spawn count(n - 1, acc + 1) } }
task fib(n: int) -> int {
  if n < 2 { return n }
  let a = spawn fib(n - 1)
  fib(n - 2) + await a
}
io task nap(n: int) -> int {
  io.sleep((n & 3) * 1us)
  n
}
@timeout(1ms)
io task endless(n: int) -> int {
  io.sleep(1h)
  n
}
@retry(2, backoff: 1us)
io task hopeless(n: int) -> int! {
  if n % 2 == 0 { fail "hopeless {n}" }
  n / (n & 4)
}
io task asleep(n: int) -> int {
  io.sleep(1h)
  n
}
io task ended(n: int) -> str {
  let f = spawn asleep(n)
  cancel f
  kind(try await f)
}
io task too_late(f: future int) -> int! {
  let g = spawn asleep(1)
  let _ = try await f
  let first: int! = select {
    _ = await g     => 0
    x = try await f => x
    after 1us       => 1
  }
  cancel g
  first
}
io task all_of(fs: [future int]) -> [int]! {
  let (ready, rest) = io.wait(fs, fs.len)
  if rest.len > 0 { return err("rest") }
  try await ready
}
io task quiet(n: int) -> int {
  io.sleep((n & 1) * 1us)
  if n % 3 == 0 { fail "quiet {n}" }
  n
}
io task watch(f: future int, fs: [future int], n: int) -> int! {
  if n % 5 == 0 { fail "watch {n}" }
  await f + mix((await fs).sum(), n)
}
@idempotent
io task told(n: int, s: str) -> int {
  print("  told {n} {s}")
  n
}
"""

ODD_INTS = ["9223372036854775807", "-9223372036854775808", "255", "64", "-1", "1000", "4611686018427387904", "-3"]
LITERALS = {
    "int": ["0", "1", "2", "3", "4", "5", "7", "10", "limit"],
    "u8": ["(0 as u8)", "(1 as u8)", "(255 as u8)"],
    "i32": ["(-7 as i32)", "(3 as i32)", "(2147483647 as i32)"],
    "f32": ["(0.1 as f32)", "(2.5 as f32)"],
    "i8": ["(-128 as i8)", "(5 as i8)"], "u32": ["(4000000000 as u32)", "(1 as u32)"],
    "S": ["S { b: «u8», f: «f32», h: -300, t: «[u8]» }", "S { b: 200, f: 0.5, h: 7, t: [1, 2] }"], "[S]": ["[«S»]"],
    "[u8]": ["[«u8», «u8»]", "[«u8»]"], "[f32]": ["[«f32», 0.25]"], "map[int, R]": ["[«int»: «R»]"],
    "u64": ["(0 as u64)", "(1 as u64)", "(77 as u64)", "(18446744073709551615 as u64)"],
    "bool": ["true", "false"],
    "float": ["0.0", "1.5", "-2.25", "1.0e10", "0.1", "-0.0", "math.inf", "(0.0 / 0.0)", "1e308"],
    "str": ['""', '"a"', '"bc"', '"é"', '"x y z"', '"12"', "names[1]", '"a\\n\\{b\\}"'],
    "bytes": ['b"ab"', 'b"\\x00\\xff"', '"é".bytes()'],
    "duration": ["5ms", "2s", "(«lit int» * 1us)"],
    "[int]": ["[«int», «int»]", "[«int»]", "[«int», «int», «int», «int»]", "no_ints()"],
    "[str]": ["[«str», «str»]", "[«str», «str»]", "names"],
    "[float]": ["[«float», «float»]", "[«float», «float», «float»]"],
    "[[int]]": ["[«[int]»]", "[«[int]», «[int]»]"],
    "[R]": ["[«R»]", "[«R», «R»]"],
    "[E]": ["[«E»]", "[«E», Dot]"],
    "[int?]": ["[«int?», none, some(2)]"],
    "[(int, str)]": ["[(«int», «str»), (2, \"b\")]"],
    "[int]!": ["all(«[int]»)"],
    "map[str, int]": ['["a": 1, "b": «int»]'],
    "map[int, [str]]": ['[1: ["p"], 2: «[str]»]'],
    "map[E, int]": ["[Dot: «int», «E»: 2]"],
    "(int, str)": ["(«int», «str»)"],
    "(int, (str, bool))": ["(«int», («str», «bool»))"],
    "int?": ["maybe(«int»)", "some(«int»)"],
    "int!": ["risky(«int»)", "ok(«int»)"],
    "str!": ["word(«int»)"],
    "str?": ["word_or_none(«int»)", "some(«str»)"],
    "R": ["R { a: «int», s: «str», xs: «[int]» }"],
    "W": ["W { r: «R», e: «E», o: «int?» }"],
    "E": ["Dot", "Sq(«int»)", "Two(«str», «[int]»)", "Rec(«R»)", "Sized(«int», «bool»)"],
    "Tree": ["Leaf", "Node(Leaf, «int», Leaf)", 'Named(«str», some(Leaf))', "Many([Leaf, Leaf])", "Named(«str», none)",
             "deep(«fuel»)", "shared(«fuel»)"],
    "[int, 2]": ["fill(«int», 2, 3)", "[[«int», «int»], [«int», «int»]].stack()"],
    "[int, 3]": ["fill(«int», 2, 1, 2)"],
    "[float, 2]": ["zeros(2, 2)", "fill(«float», 3, 2)",
                   "[[«float», «float», «float»], [«float», 1.0, «float»]].stack()"],
    "G": ["G { m: «[float, 2]», n: «int» }"],
}

# For any type, in any function.
ANY = ["(if «bool» { «this» } else { «this» })", "(match «int?» { some(#) if # > 2 => «this with #:int», some(_) => «this», none => «this» })",
       "(match «int!» { ok(#) => «this with #:int», err(_) => «this» })", "first_or([«this»], «this»)", "twice(«this», |#| «this with #:this»)",
       "pair(«this», «int»).0", "(if «str?» is some(#) && «bool with #:str» { «this with #:str» } else { «this» })"]

# For any type, in tasks.
TASK_ANY = ["(await «future this»)", "(await spawn later(«this»))", "(await spawn either(«future this», «future this», «bool»))",
            "((try await «future this») else «this»)", "(match try await «future this» { ok(#) => «this with #:this», err(_) => «this» })",
            "(await [«future this», «future this»])[«int» & 1]", "(await («future this», «future int»)).0",
            "(await spawn both(«future this», «this»))[1]", "(await hand(«future this», 1).0)",
            "(if await spawn later(«bool») { «this» } else { «this» })"]

TASK = {
    "int": ["(par for # in «[int]» reduce + { «int with #:int» })", "(par for # in 0..300 reduce ^ { # * «int» })",
            "(par for # in «[str]» reduce + { #.len })", "(par for # in «[E]» reduce max { sized(#) else 0 })",
            "(@grain(2) par for # in «[int]» reduce mix from «int» { «int with #:int» })",
            "(await spawn force(«future int»))", "(await («J»).out)", "(await «[future int]»).sum()", "(await spawn count(«int» & 63, «int»))",
            "fib(«fuel»)", "(await spawn fib(«fuel»))", "(await spawn mix(«future int», «future int»))",
            "(await spawn must(«int!»))", "(await spawn given_up(why: «str», r: «int!»))", "(await spawn mix(b: «future int», a: «int»))", "(await («(future int, str)»).0)", "(for # in await «[future int]» reduce + { «int with #:int» })",
            "(await spawn total(«future Tree»))", "(await spawn @no(elide) mix(«int», «int»))", "(await [«future int» for _ in 0..«fuel»]).len", "(par for # in «[int]» scan mix from 1 { # }).len",
            "(await «map[str, future int]».values()).sum()",
            "settle(«K»)", "(await spawn settle(«K»))", "[await #.out for # in «[J]»].sum()", "(par for # in «[J]» reduce + { #.id % 9 + await #.out % 9 })",
            "[(await #).len for # in «[[future int]]»].sum()", "(match «K» { Wait(#) => await #, Both(_, #) => (await #).len, Done(#) => # })"],
    "[int]": ["(par for # in «[int]» { «int with #:int» })", "(par for # in 0..«fuel» scan + { «int with #:int» })",
              "(await «[future int]»)", "(await [spawn mix(#, «int») for # in «[int]» if «bool with #:int»])", "(await spawn both(«future int», «future int»))",
              "[await spawn later(#) for # in «[int]» if await spawn later(«bool with #:int»)]", "(par for # in «[future int]» { await # })"],
    "[str]": ["(par for # in «[int]» { «str with #:int» })", "(par for # in «[str]» { # + «str» })", "(await «[future str]»)"],
    "[E]": ["(par for # in «[int]» { «E with #:int» })"],
    "[R]": ["(await [spawn later(«R with #:int») for # in «[int]»])"],
    "[float]": ["(par for # in «[float, 2]» { #.sum() })", "(par for # in «[int]» { # as float * «float» })"],
    "float": ["(par for # in 0..«fuel» * 100 reduce + { 1.0 / (# + 1) as float })"],
    "str": ["(par for # in «[str]» reduce + { # })", '"{await «future str»}"', '"<{await spawn clip(«future str», most: 2)}{await «future int»}>"',
            "(await spawn gather(«J»))", "(await spawn gather(spawn start(«fuel»)))", '(await spawn clip(mark: «future str», s: «str»))',
            "because(try await «future int»)", "because(try await spawn given_up(«future int!», «str»))",
            "kind(try await «future int»)", "kind(try await «[future int]»)", "kind(try await («future int», «future str»))",
            "(await (spawn later(«future str»), «future int»)).0", "(match «(future str)?» { some(f) => await f, none => «str» })",
            '[await # for # in «[future str]»].join("|")'],
    "int!": ["(try await «future int»)", "(await «future int!»)"],
    "str!": ["(try await «future str»)"],
    "int?": ["[await # for # in «[future int]»].max()"],
    "bool": ["(await «future bool»)", "(await «future int» > await «future int»)", "(«bool» && await «future bool»)", "(try await «future int» is ok(_))",
             "(try await «future bool» is err(_))"],
}

# In io tasks. `told` prints, so it stands where the order of evaluation decides; `nap` and `endless` print nothing.
IO = {
    "int": ["mix(b: told(«int», «str»), a: told(«int», «str»))", "(await spawn mix(b: told(«int», «str»), a: «future int»))", "told(s: «str», n: told(«int», «str»))",
            "(all_of(«[future int]») else []).len", "((await spawn all_of(«[future int]»)) else []).len", "told(«int», «str»)", "(await spawn told(«int», «str»))", "(await spawn nap(«int»))", "(await [spawn nap(«int») for _ in 0..«fuel»]).sum()",
            "(await spawn mix(spawn nap(«int»), «future int»))", "((await spawn hopeless(«int»)) else «int»)",
            "((try await spawn endless(«int»)) else «int»)", "(await spawn later(spawn nap(«int»)))"],
    "int!": ["too_late(«future int»)", "(await spawn too_late(«future int»))", "(await spawn hopeless(«int»))", "(try await spawn mix(spawn nap(«int»), 1))"],
    "str": ["ended(«int»)", "(await spawn ended(«int»))", "because(all_of(«[future int]»))", "kind(try await spawn endless(«int»))", "kind(try await spawn mix(1, spawn endless(«int»)))",
            "kind(await spawn hopeless(«int»))", "kind(try await (spawn nap(«int»), «future int»))"],
}

# What becomes of futures that nobody awaits. Tasks that are detached print nothing, since they have no order; and none that may
# fail is an input of a pure one, which may run or not.
LET_GO = {
    "io": ["detach spawn quiet(«int»)", "let _ = spawn quiet(«int»)", "detach [spawn quiet(#) for # in «[int]»]", "detach (spawn quiet(«int»), «future int»)",
           "detach spawn watch(«future int», [spawn quiet(#) for # in 0..«fuel»], «int»)", "detach spawn watch(spawn quiet(«int»), «[future int]», «fuel»)",
           "detach «future int»", "detach «future int!»"],
    "task": ["let _ = «future int»", "let _ = («future str», «future int»)", "let _ = [spawn mix(#, «int») for # in 0..«fuel»]"],
}

FUTURE_ANY = ["spawn later(«this»)", "spawn later(«future this»)", "spawn either(«this», «future this», «bool»)",
              "(if «bool» { «future this» } else { spawn later(«this») })", "spawn first_or([«this»], «this»)"]
FUTURE = {
    "int": ["spawn mix(«int», «future int»)", "(«J»).out", "spawn fib(«fuel»)", "spawn force(«future int»)", "spawn must(«future int!»)",
            "(«(future int, str)»).0", "spawn total(«future Tree»)", "spawn count(«int» & 63, 1)", "spawn greatest(«[future int]», 3)", "hand(«future int», 1).0",
            "spawn scramble(«future str»)"],
    "str": ["spawn clip(«future str»)", "spawn gather(«J»)", "spawn longer(«str», «future str»)", 'spawn glue(«[future str]», "+")',
            "spawn kind(«future int!»)", "(match «(future str)?» { some(f) => f, none => spawn clip(«str», mark: «str») })"],
    "int!": ["spawn risky(«future int»)", "spawn sized(«future E»)"],
    "[int]": ["spawn both(«future int», «int»)"],
    "Tree": ["spawn deep(«fuel»)", "spawn shared(«future int»)"],
    "(int, str)": ["spawn pair(«int», «future str»)"],
}

HOLDER = {
    "[future int]": ["[«future int», «future int»]", "[«future int with #:int» for # in «[int]»]", "[spawn mix(#, «int») for # in 0..«fuel»]", "[«future int»]"],
    "[future str]": ["[«future str»]", "[spawn clip(#) for # in «[str]»]", "(«J»).more"],
    "J": ["start(«fuel»)", "J { id: «int», out: «future int», more: «[future str]» }", "(await spawn start(«fuel»))", "{ ..«J», out: «future int» }"],
    "(future int, str)": ["(«future int», «str»)"],
    "(future str)?": ["some(«future str»)", "(if «bool» { some(«future str») } else { none })"],
    "K": ["Wait(«future int»)", "Done(«int»)", "Both(«future int», «future str»)"], "[J]": ["[«J», «J»]", "[start(#) for # in «[int]»]", "(await [spawn start(#) for # in 0..«fuel»])"],
    "[[future int]]": ["[«[future int]», «[future int]»]", "[«[future int] with #:int» for # in «[int]»]"],
    "map[str, future int]": ['[«str»: «future int», "b": «future int»]'],
}

EXPRESSIONS = {
    "int": ["(«int» % 1000 + «int» % 1000)", "(«int» % 100 - «int» % 100)", "(«int» % 100 * («int» % 100))", "(«int» / 3)", "(«int» % 7)", "mix(«int», «int»)",
            "(«int» & «int»)", "(«int» | «int»)", "(«int» ^ «int»)", "(«int» << («int» & 7) & 65535)", "(«int» >> («int» & 63))",
            "(-(«int» % 10))", "(~«int»)", "(«u8» as int)", "(«i32» + «u8»)", "«[int]».len", "«str».len",
            "(«int?» else «int»)", "(«int!» else «int»)", "(«map[str, int]».get(«str») else «int»)", "(«(int, str)»).0", "(«R»).a",
            "total(«Tree»)", "(sized(«E») else «int»)", "(for # in «[int]» reduce + { «int with #:int» % 1000 })",
            "(for # in «[int]» reduce mix from 1 { # })", "scramble(«str»)", "(for # in «[int]» scan + { # % 7 }).len",
            "(match «E» { Sq(#) => «int with #:int», Two(_, #) => «int with #:[int]», _ => «int» })",
            "(match «Tree» { Node(_, #, Leaf) => «int with #:int», Named(#, _) => «int with #:str», _ => «int» })",
            "(if «E» is Two(#, _) { «int with #:str» } else { «int» })",
            "«[int, 2]».cols", "(for # in «[int, 2]» reduce + { #.len })", "(«G»).m.len", "«[float, 2]».shape.1",
            "«[int]».fold(«int», |p, w| p % 100 * 3 % 101 + w % 17)", "(«R»).xs.len", "(strlen(«str») as int)", "(toupper((«int» & 127) as i32) as int)",
            "(match «str» { \"a\" => «int», # if #.len > 2 => «int with #:str», _ => «int» })",
            "(match («E», «int?») { (Sq(#), some(_)) | (Sized(#, true), none) => «int with #:int», (_, some(#)) => «int with #:int», _ => «int» })",
            "(match «(int, (str, bool))» { (#, (_, true)) if # > 0 => «int with #:int», (_, (\"a\", _)) => «int», _ => «int» })",
            "(«W»).r.a", "(«bytes»).len", "greatest(«[int]», «int»)", "«[int]».count(|#| «bool with #:int»)", "(«(int, (str, bool))»).0",
            "total(deep(«int» & 255))", "(«[int, 3]»).len", "«[(int, str)]».fold(0, |p, w| p % 1000 + w.0 % 1000)",
            "rand.int(rand.key(«int»), «fuel», 0, 10)", "each(«[int]», |#| each([1, 2], |w| w + #  % 9)).len", "(«S»).b + («S»).h", "(«u32» + «i8»)",
            "«[(int, str)]».map(|(#, w)| w.len).sum()", "(for (#, w) in «map[int, R]» reduce + { w.xs.len })", "(«[u8]»).len",
            "mix(b: «int», a: «int»)", "((hash.of(«float») & 65535) as int)", "((hash.of((«int», «float»)) & 255) as int)", "((hash.of((«float», «f32»)) & 255) as int)",
            "((hash.of(«[float]») & 15) as int)", "math.gcd(«int» & 255, «int» & 63)", "math.sign(«int»)", "math.clamp(«int», -9, 9)", "(«str».find(«str») else -1)",
            "(«[str]».index_of(«str») else -2)", "(«str».parse_int() else «int»)"],
    "u8": ["((«int» & 255) as u8)"],
    "i32": ["((«int» & 65535) as i32)"],
    "f32": ["(«f32» * «f32»)", "(«float» as f32)", "(«f32» + «f32»)"],
    "u64": ["(«u64» / 3)", "(«u64» % 1000 + «u64» % 1000)", "(«u64» ^ «u64»)", "((«int» & 1023) as u64)"],
    "bool": ["(«int» < «int»)", "(«str» <= «str»)", "(«float» > «float»)", "(«[int]» >= «[int]»)", "(«R» == «R»)",
             "(«(int, str)» != «(int, str)»)", "(«int?» == «int?»)", "(«map[str, int]» == «map[str, int]»)",
             "(«u64» < «u64»)", "(«bool» && «bool»)", "(«bool» || «bool»)", "(!«bool»)", "(«int?» is some(_))",
             "(«int!» is ok(3))", "(«E» == «E»)", "(«E» < «E»)", "(«Tree» <= «Tree»)", "(«E» is Sq(_))",
             "(«Tree» == «Tree»)", "«[E]».contains(«E»)", "«map[str, int]».has(«str»)", "(«[int, 2]» == «[int, 2]»)",
             "(«[float, 2]» < «[float, 2]»)", "(«G» == «G»)", "«[int]».any(|#| # > «int with #:int»)", "«[R]».all(|#| «bool with #:R»)",
             "(«W» == «W»)", "(«(int, (str, bool))»).1.1", "(«bytes» == «bytes»)", "(«duration» < «duration»)", "([«float»] < [«float»])", "(«float» == «float»)", "((«float», 1) <= («float», 0))", "(«S» < «S»)",
             "math.is_nan(«float»)", "(hash.of(«float») == hash.of(«float»))", "«str».starts_with(«str»)", "(«float» != «float»)", "(«f32» < «f32»)"],
    "float": ["(«float» + «float»)", "(«float» - «float»)", "(«float» * «float»)", "(«float» / «float»)",
              "(«int» as float)", "(-(«float»))", "«[float]».sum()", "(for # in «[float]» reduce + { # * «float» })", "cube_root(«float»)",
              "math.min(«float», «float»)", "math.max(«float», «float»)", "math.sqrt(«float»)", "math.fmod(«float», «float»)", "math.abs(«float»)", "math.floor(«float»)",
              "math.round(«float»)", "math.hypot(«float», «float»)", "math.clamp(«float», -1.0, 1.0)", "(«[float]».max() else «float»)", "(«str».parse_float() else «float»)",
              "(«f32» as float)", "(for # in 0..«fuel» reduce + { «float» / (# + 1) as float })"],
    "str": ["(«str» + «str»)", '"<{«int»}>"', '"{«[int]»}"', '"{«R»}"', '"{«map[str, int]»}"', '"{«int?»}"',
            '"{«int!»}"', '"{«[str]»}"', '"{«float»}"', '"{«u64»}"', '"{«[R]»}"', "(«(int, str)»).1", "(«R»).s",
            '«[str]».join("-")', "«str».upper()", '"{«E»} {«Tree»}"', '"{«[E]»}{«map[E, int]»}"', '"{«[int, 2]»}"', '"{«G»}{«[float]»}"',
            "clip(«str»)", "clip(«str», most: «fuel»)", "clip(mark: «str», s: «str»)", '"{«int»:5}|{«int»:03}|{«float»:.2f}|{«str»:>4}"',
            "longer(«str», «str»)", "(«str!» else «str»)", "(match «str!» { ok(#) => «str with #:str», err(#) => #.message + «str» })",
            "(match «int!» { ok(_) => «str», err(#) => #.kind })", '"{"{«str»}" + «str»}"', "«str».replace(«str», «str»)", "(for # in «[str]» reduce + { «str with #:str» })",
            '"{«W»}{«bytes»}{«duration»}"', "(«str?» else «str»)", "(«(int, (str, bool))»).1.0", "kind(«int!»)", "«str».trim()", "«str».lower().repeat(«fuel»)",
            "because(«int!»)", "json.write(as_json(xs: «[str]», n: «int», s: «str»))", "kind(json.parse(«str»))", "because(json.parse(«str»))",
            '"{json.parse(json.write(as_json(«int», «str», «[str]»)))}"', 'because(csv.parse("a,b\\n{«str»},{«int»}\\n"))', "kind(csv.parse(«str»))"],
    "i8": ["((«int» & 127) as i8)"], "u32": ["((«int» & 65535) as u32)"],
    "S": ["{ ..«S», b: «u8» }", "{ ..«S», t: «[u8]», f: «f32» }", "first_or(«[S]», «S»)"], "[S]": ["(«[S]» + «[S]»)", "[«S» for # in «[int]» if «bool with #:int»]", "«[S]».sort()"],
    "[u8]": ["(«S»).t", "[((# & 255) as u8) for # in «[int]»]", "(«[u8]» + «[u8]»)"], "[f32]": ["[# as f32 for # in «[float]»]", "«[f32]».sort()"],
    "map[int, R]": ["[«int»: «R», «int»: «R»]", "«map[int, R]».merge(«map[int, R]»)"],
    "bytes": ["«str».bytes()", "(«[u8]»).bytes()", "(«bytes» + «bytes»)", "(«bytes»)[1..]"],
    "duration": ["(«duration» + «duration»)", "(«fuel» * «duration»)", "(«duration» / 3)", "(«int» % 100 * «duration»)", "(«duration» * (if «bool» { «int» % 9 } else { 2 }))"],
    "[int]": ["(«[int]» + «[int]»)", "«[int]».take(«int» & 3)", "«[int]».skip(1)", "«[int]».sort()", "(«R»).xs", "«[int]».reverse()",
              "[«int with #:int» for # in «[int]» if «bool with #:int»]", "[«int with #:int» for # in 0..«int» % 4]",
              "«[int]».map(|#| «int with #:int»)", "«map[str, int]».values()", "each(«[int]», |#| «int with #:int»)", "«[int]».filter(|#| «bool with #:int»)",
              "«[int]».sort_by(|a, b| a > b)", "«[int, 2]».flat()", "[«int with #:[int]» for # in «[int, 2]»]", "«[[int]]».concat()",
              "(for # in «[int]» scan + { # % 100 })", "(«[int]!» else «[int]»)", "[n for (n, s) in «[(int, str)]» if s != \"\"]", "«[int]».unique()",
              "first_or(«[[int]]», «[int]»)", "[n + 1 for # in «[int?]» if # is some(n)]", "each(«[str]», |#| «int with #:str»)"],
    "[str]": ["(«[str]» + «[str]»)", "«str».split()", "«map[str, int]».keys()", "[«str with #:int» for # in «[int]»]", "«str».chars()",
              '["{#}={v}" for (#, v) in «map[str, int]»]', "[r.s for r in «[R]»]"],
    "[[int]]": ["«[int]».chunks(2)", "[«[int] with #:[int]» for # in «[[int]]»]", "[row for row in «[int, 2]»]"],
    "[R]": ["(«[R]» + «[R]»)", "[«R», «R»]", "[{ ..#, a: «int» } for # in «[R]»]", "«[R]».sort_key(|#| #.s)", "«[R]».sort()"],
    "[(int, str)]": ["«[int]».zip(«[str]»)", "«[str]».enumerate()", "[(v, k) for (k, v) in «map[str, int]»]"],
    "[int?]": ["[maybe(#) for # in «[int]»]", "[«[int]».max(), «int?»]"],
    "[int]!": ["all(«[int]»)"],
    "[int, 2]": ["«[int, 2]».transpose()"],
    "[int, 3]": ["(«[int, 3]»)[.., .., ..]", "«[int, 3]».flat().reshape(2, 2, 1)"],
    "[float, 2]": ["«[float, 2]».transpose()", "(«[float, 2]»)[1.., ..]", "(«G»).m", "[«[float]»].stack()"],
    "[float]": ["«[float, 2]».flat()", "(«[float]» + «[float]»)", "[«float with #:[float]» for # in «[float, 2]»]", "[# as float for # in «[int]»]", "«[float]».sort()", "«[float]».reverse()",
                "«[float]».sort_by(|a, b| a > b)", "[w.0 for w in [(«float», «int»), («float», «int»)].sort()]"],
    "G": ["{ ..«G», m: «[float, 2]» }", "{ ..«G», n: «int» }"],
    "W": ["{ ..«W», r: «R» }", "{ ..«W», e: «E», o: none }", "W { r: «R», o: «int?», e: «E» }"],
    "map[str, int]": ["[«str»: «int», «str»: «int»]", "«map[str, int]».merge(«map[str, int]»)", "«map[str, int]».map_values(|#| «int with #:int»)"],
    "map[int, [str]]": ["[«int»: «[str]»]", "«[str]».group(|w| w.len)"],
    "map[E, int]": ["[«E»: «int», «E»: «int»]"],
    "(int, str)": ["(«int», «str»)", "pair(«int», «str»)"],
    "(int, (str, bool))": ["pair(«int», («str», «bool»))", "(«int», pair(«str», «bool»))"],
    "int?": ["«[int]».max()", "«map[str, int]».get(«str»)", "«[int]».index_of(«int»)", "«str».find(«str»)", "(«W»).o", "«[int]».find(|#| «bool with #:int»)",
             "«[int]».last()"],
    "int!": ["«str».parse_int()", "sized(«E»)", "caused(«int», «str»)", "caused(why: «str», n: «int»)"],
    "str!": ["word(«int»)", "(match «int!» { ok(#) => word(#), err(e) => err(e) })", "«bytes».text()"],
    "str?": ["«[str]».first()", "«[str]».max()"],
    "E": ["(match «Tree» { Leaf => «E», Node(_, #, _) => «E with #:int», _ => Dot })", "(«W»).e", "Sized(«int», «bool»)", "Rec(«R»)", "first_or(«[E]», Dot)"],
    "[E]": ["(«[E]» + «[E]»)", "«[E]».sort()", "«map[E, int]».keys()", "[«E with #:int» for # in «[int]»]"],
    "Tree": ["Node(«Tree», «int», «Tree»)", "Many([«Tree», «Tree»])", "Named(«str», some(«Tree»))",
             "(match «Tree» { Node(#, _, _) | Named(_, some(#)) => «Tree with #:Tree», Many(_) => Leaf, _ => «Tree» })"],
    "R": ["{ ..«R», a: «int» }", "{ ..«R», xs: «[int]», s: «str» }", "(«W»).r", "(match «E» { Rec(#) if #.a > 0 => «R with #:R», _ => «R» })"],
}

RISKY = {
    "int": ["(«int» + «int»)", "(«int» - «int»)", "(«int» * «int»)", "(«int» / «int»)", "(«int» % «int»)", "(«int» << «int»)", "(-(«int»))",
            "(«u64» as int)", "(«float» as int)", "(«[int]»)[«int» & 1]", "(«map[str, int]»)[«str»]", "«[int]».sum()", "(«map[E, int]»)[«E»]",
            "(«[int, 2]»)[«int» & 1, «int» & 1]", "(«[[int]]»)[0].len", "(«int!» else fail \"given up\")", "(«bytes»)[«int» & 1]",
            "(for # in «[int]» reduce * { # })", "(for # in «[int]» reduce max { # })", "(match «E» { Sq(#) => «int with #:int», _ => fail \"no {«int»}\" })"],
    "u8": ["(«int» as u8)", "(«[u8]»)[«int» & 1]"], "i8": ["(«int» as i8)"], "u32": ["(«int» as u32)"], "S": ["(«[S]»)[0]"], "[u8]": ["(«[u8]»)[1..]"], "i32": ["(«int» as i32)"], "u64": ["(«int» as u64)", "(«u64» - «u64»)", "(«u64» * «u64»)", "(«u64» / «u64»)"],
    "str": ["(«[str]»)[«int» & 1]", "(«str»)[0..«int» & 1]", "(«str»)[1..]"],
    "[int]": ["(«[int]»)[1..]", "(«[int]»)[..«int» & 1]", "(«[[int]]»)[0]", "(«[int, 2]»)[«int» & 1, ..]", "(«[int, 2]»)[.., «int» & 1]",
              "«[int]».map(|#| «int with #:int» / #)"],
    "[int, 2]": ["(«[int, 2]»)[«int» & 1.., ..]", "(«[int, 2]»)[.., 0..«int» & 3]", "«[[int]]».stack()", "«[int]».reshape(2, 1)",
                 "«[int, 2]».reshape(«int», 2)", "(«[int, 3]»)[1, .., ..]"],
    "[float, 2]": ["(«[float, 2]»)[.., «int» & 1..2]", "«[float]».reshape(1, «int» & 3)", "[«[float]», «[float]»].stack()"],
    "[float]": ["(«[float, 2]»)[«int» & 1, ..]", "(«[float, 2]»)[.., «int» & 1]", "(«[float]»)[«int» & 1..]"],
    "float": ["(«[float, 2]»)[«int» & 1, 0]", "(«[float]»)[«int» & 1]"],
    "E": ["(«[E]»)[0]"], "R": ["(«[R]»)[0]", "(«map[int, R]»)[«int»]"], "(int, str)": ["(«[(int, str)]»)[1]"], "int?": ["(«[int?]»)[1]"],
    "duration": ["(«duration» / «int»)"],
}

CHANGES = {
    "any": ["V = «this»"],
    "int": ["V = mix(b: next(V), a: next(V))", "V = mix(b: next(V), a: V)", "V += «int» % 100", "V -= 1", "inc(V)", "V ^= «int»"],
    "str": ["V += «str»", "V = longer(b: added(V, «str»), a: V)", "V = clip(mark: added(V, \"m\"), most: 2, s: V)"],
    "float": ["V += «float»", "V *= 0.5"],
    "[int]": ["V = either_end(ys: pushed(V, «int»), xs: V)", "V.push(«int»)", "let _ = V.pop()", "swap(V)"],
    "[str]": ["V.push(«str»)", "swap(V)"],
    "[[int]]": ["V.push(«[int]»)", "swap(V)"],
    "[R]": ["V.push(«R»)", "swap(V)"],
    "map[str, int]": ["V[«str»] = «int»", "V.remove(«str»)", "V.add(«str», «int» & 7)"],
    "map[int, [str]]": ["V[«int»] = «[str]»"],
    "(int, str)": ["V.0 = «int»", "V.1 += «str»"],
    "[E]": ["V.push(«E»)"],
    "map[E, int]": ["V[«E»] = «int»", "V.remove(«E»)"],
    "[float, 2]": ["for # in 0..V.rows { for k in 0..V.cols { V[#, k] += 1.5 } }", "for # in 0..V.cols { V[0, #] = V[0, #] * 0.5 + «float» }"],
    "[int, 2]": ["for # in 0..V.rows { V[#, 0] += «int with #:int» }"],
    "[float]": ["V.push(«float»)", "for # in 0..V.len { V[#] = V[#] * 0.5 + 1.0 }", "for # in 1..V.len - 1 { V[#] = V[# - 1] + V[# + 1] }"],
    "G": ["V.n += 1", "V.m = «[float, 2]»", "for # in 0..V.m.cols { V.m[1, #] = V.m[0, #] + V.m[1, #] }"],
    "R": ["V.a = «int»", "V.xs.push(«int»)", "V.s += «str»", "bump(V, «int»)", "V.xs = «[int]»"],
    "S": ["V.b = «u8»", "V.t.push(«u8»)", "V.f = «f32»"], "[u8]": ["V.push(«u8»)"], "[S]": ["V.push(«S»)"], "map[int, R]": ["V[«int»] = «R»"],
    "W": ["V.r.a = «int»", "V.r.xs.push(«int»)", "V.o = «int?»", "bump(V.r, «int»)", "V.e = «E»"],
    "(int, (str, bool))": ["V.1.0 = «str»", "V.1 = («str», «bool»)", "inc(V.0)"],
}
RISKY_CHANGES = {
    "int": ["V += «int»", "V *= «int»"],
    "[int]": ["V[«int» & 1] = «int»", "V[0] += «int»", "inc(V[0])", "V[0..1] = «[int]»"],
    "[str]": ["V[0] += «str»"],
    "[[int]]": ["V[0].push(«int»)", "V[1][0] += «int»"],
    "[R]": ["V[0].a += «int»", "V[0].xs.push(«int»)", "V[0].s = «str»"],
    "map[str, int]": ['V["a"] += «int»'],
    "map[int, [str]]": ["V[1].push(«str»)", "V[1][0] += «str»"],
    "[E]": ["V[0] = «E»"], "[S]": ["V[0].t[0] = «u8»", "V[0].b = «u8»"], "[u8]": ["V[0] = «u8»", "V[1..] = «[u8]»"], "map[int, R]": ["V[1].xs.push(«int»)", "V[1].a += 1"],
    "map[E, int]": ["V[Dot] += «int»"],
    "[int, 2]": ["V[«int» & 1, 0] = «int»", "V[0, «int» & 1] += «int»", "V[0, ..] = «[int]»", "V[.., 1] = «[int]»",
                 "V[.., 0..1] = «[int, 2]»", "V[«int» & 1, ..] = V[0, ..]", "inc(V[0, 1])"],
    "[int, 3]": ["V[0, 0, ..] = «[int]»", "V[«int» & 1, 0, 1] += 1", "V[0, .., ..] = V[1, .., ..]"],
    "[float, 2]": ["V[«int» & 1, 1] = «float»", "V[0, ..] = «[float]»", "V[1.., ..] = «[float, 2]»", "V[.., 1] = V[.., 0]",
                   "for # in 1..V.cols { V[0, #] = V[0, # - 1] + «float» }",
                   "for # in 0..«int» & 7 { V[#, 1] += V[#, 0] * 0.5 }",
                   "for # in 0..V.rows - 1 { for k in 0..V.cols { V[# + 1, k] = V[#, k] - V[# + 1, k] } }",
                   "for # in 0..V.cols { if V[0, #] > 1.0 { V[1, #] = «float» } }"],
    "[float]": ["V[«int» & 1] = «float»", "for # in 0..«int» & 7 { V[# + 1] += 2.0 }", "for # in 0..V.len { V[V.len - 1] += V[#] }", "V[1..] = «[float]»"],
    "G": ["V.m[«int» & 1, 0] += «float»", "V.m[0, ..] = V.m[1, ..]"],
    "R": ["V.xs[0] += «int»"],
}

# What is counted at the end: a name, and what shows in a program that has it. Where spawns stand is counted as they are made.
FEATURES = [
    ("spawn", r"\bspawn\b"), ("await", r"\bawait\b"), ("try await", r"\btry await\b"), ("par for", r"\bpar for\b"), ("reduce", r"\breduce\b"),
    ("scan", r"\bscan\b"), ("@grain", r"@grain"), ("@wrap", r"@wrap"), ("@no", r"@no\("), ("match", r"\bmatch\b"), ("guard", r" if [^\n{]*=> "), ("or-pattern", r"\) \| [A-Z(]"),
    ("is", r"\bis\b"), ("?", r"[)\w]\?(?![\w\]?>])"), ("else value", r"\) else "), ("fail", r"\bfail\b"), ("record update", r"\{ \.\."), ("map", r"map\["),
    ("rank n", r", [23]\]"), ("lambda", r"\|v\d+\|"), ("generic call", r"\b(?:first_or|twice|pair|each|greatest|later|both|either|hand|kind)\("),
    ("var parameter", r"\b(?:inc|bump|swap)\(|\(var "), ("named or default argument", r"most: |mark: |clip\([^,]*\)"), ("comprehension filter", r" for [^\n]* in [^\n]* if [^\n]*\]"),
    ("slice", r"\.\.[^\n{]*\]"), ("as", r" as "), ("storage type", r"\b(?:u8|i32|f32|u64)\b"), ("while", r"\bwhile\b"), ("for loop", r"^ *for "), ("delegation", r"^ *(?:return )?spawn |\{ spawn "),
    ("future parameter", r": future "), ("futures in a record", r"\bJ\b"), ("array of futures", r"\[future|\[spawn"), ("tuple of futures", r"\(spawn|\(future"),
    ("future of T!", r"future int!"), ("io task", r"\bio task\b"), ("print", r"\bprint\("), ("@timeout", r"\bendless\("), ("@retry", r"\bhopeless\("),
    ("extern", r"\b(?:cube_root|toupper|strlen)\("), ("unused future", r"let unused"), ("block value", r"= \{$"), ("deep or shared value", r"\b(?:deep|shared)\("), ("let pattern", r"let \("),
    ("function parameter", r": fn\("), ("futures in an enum", r"\bK\b"), ("par for with statements", r"par for [^\n]*\{$"), ("pop loop", r"\.pop\(\) is"),
    ("cause", r"\bfrom e\b|\b(?:caused|given_up|because)\("), ("arguments out of order", r"\b(?:b|ys|mark|why|xs): [^\n]*, (?:a|xs|s|n|r|most): "),
    ("detach", r"\bdetach\b|let _ = spawn"), ("select", r"\btoo_late\("), ("io.wait", r"\ball_of\("), ("cancel", r"\bended\("), ("json", r"\bas_json\(|json\.parse"), ("csv", r"csv\.parse"),
    ("match over lines", r"match [^\n]*\{$"), ("recursive function", r"p0 - 1"),
]

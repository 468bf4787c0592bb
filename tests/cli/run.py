"""The command line as its user meets it: verbs, options, statuses, streams, bad input, the cache."""
import json
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import time

from cli import checkpoints
from harness import ROOT, Case, fail, same, wants

HELLO = 'io task main(args: [str]) -> int! {\n  print("hello {args}")\n  args.len\n}\n'
BROKEN = "fn f() -> int { x }\n"
TESTS = 'test "one" { expect 1 + 1 == 2 }\ntest "two" { expect 1 + 1 == 3 }\n'
SLOW = 'import io\nio task main(args: [str]) -> int! {\n  print("started")\n  io.sleep(60s)\n  0\n}\n'
ENDLESS = 'io task main(args: [str]) {\n  var i = 0\n  while true { print("{i}")\n i += 1 }\n}\n'
VERBS = ["run", "build", "check", "test", "fmt", "graph"]

TESTS_HERE = []


def start(args, **options):
    """A child that takes the signals of keys, even if this runs in a shell's background, where they
    are ignored."""
    def take():
        for number in signal.SIGINT, signal.SIGQUIT:
            signal.signal(number, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return subprocess.Popen(args, preexec_fn=take, **options)



def test(fn):
    TESTS_HERE.append(fn)
    return fn


def silent(r):
    if r.err:
        fail("words on standard error: " + r.err[:500])
    return r


# ---- help and misuse -----------------------------------------------------------------------------


@test
def alone_it_prints_help_and_exits_2(p, dfl):
    r = p.run([dfl], status=2)
    same(r.out, "")
    wants(r.err, "usage: dfl VERB", *VERBS)


@test
def help_is_data_on_standard_output(p, dfl):
    for words in (["help"], ["--help"], ["-h"]):
        wants(silent(p.run([dfl] + words, status=0)).out, *VERBS)


@test
def every_verb_has_help(p, dfl):
    for verb in VERBS:
        by_help = silent(p.run([dfl, "help", verb], status=0)).out
        for flag in ("--help", "-h"):
            same(p.run([dfl, verb, flag], status=0).out, by_help)
        wants(by_help, "usage: dfl " + verb, "--color")


@test
def explain_prints_the_page_of_a_code_or_lists_them(p, dfl):
    page = silent(p.run([dfl, "explain", "E0200"], status=0)).out
    wants(page, "^E0200: the type is not the expected one\n", r"(?m)^    fn age\(\) -> int { \"42\" }$")
    for spelling in ("e0200", "200", "0200"):
        same(p.run([dfl, "explain", spelling], status=0).out, page)
    wants(silent(p.run([dfl, "explain"], status=0)).out, r"(?m)^E0001  the text", r"(?m)^E0500  the match")


@test
def an_unknown_code_gets_a_suggestion(p, dfl):
    wants(p.run([dfl, "explain", "E0501x"], status=2).err, "no code 'E0501x'", "looks like E0200")
    wants(p.run([dfl, "explain", "E0205"], status=2).err, "no code 'E0205'", "did you mean E02")
    wants(p.run([dfl, "explain", "E0200", "E0201"], status=2).err, "takes one code")


@test
def the_version_is_one_line(p, dfl):
    wants(p.run([dfl, "--version"], status=0).out, r"^dfl \d+\.\d+\.\d+\n$")


@test
def an_unknown_verb_or_option_gets_a_suggestion(p, dfl):
    wants(p.run([dfl, "rnu", "x.dfl"], status=2).err, "no verb 'rnu'", "did you mean 'dfl run'")
    wants(p.run([dfl, "x.dfl"], status=2).err, "dfl run x.dfl")
    wants(p.run([dfl, "--verson"], status=2).err, "did you mean 'dfl --version'")
    wants(p.run([dfl, "--hlep"], status=2).err, "did you mean 'dfl --help'")
    same(p.run([dfl, "help", "run", "build"], status=2).err, "error: `dfl help` takes one verb; 'build' is one more\n")
    wants(p.run([dfl, "run", "--thread", "2", "x.dfl"], status=2).err, "'--thread'", "'--threads'")
    wants(p.run([dfl, "build", "--emit", "lvm", "x.dfl"], status=2).err, "'lvm'", "'llvm'")


@test
def values_of_options_are_checked(p, dfl):
    f = p.write("a.dfl", HELLO)
    for bad in ("0", "257", "-1", "x", "", "1.5", "99999999999999999999"):
        wants(p.run([dfl, "run", "--threads", bad, f], status=2).err, "'%s'" % re.escape(bad), "1 to 256")
    wants(p.run([dfl, "run", "-O3", f], status=2).err, "'3'", "-O0 and -O2")
    wants(p.run([dfl, "check", "--color", "maybe", f], status=2).err, "'maybe'", "always")
    wants(p.run([dfl, "build", f, "-o"], status=2).err, "needs a value")
    wants(p.run([dfl, "run", "--interp=1", f], status=2).err, "no value")
    wants(p.run([dfl, "run"], status=2).err, "needs a file")
    wants(p.run([dfl, "build", f, f], status=2).err, "one file")


# ---- files ---------------------------------------------------------------------------------------


@test
def a_missing_file_is_named_with_the_nearest_one(p, dfl):
    p.write("hello.dfl", HELLO)
    for verb in VERBS:
        wants(p.run([dfl, verb, "helo.dfl"], status=2).err, "'helo.dfl'", "did you mean 'hello.dfl'")


@test
def the_longest_name_of_a_file_will_do(p, dfl):
    for stem in "n" * 251, "x" + "\u00e4" * 125:
        f = p.write(stem + ".dfl", HELLO)
        silent(p.run([dfl, "run", f], env=cache(p), status=0))
        silent(p.run([dfl, "run", f], env=cache(p), status=0))
        silent(p.run([dfl, "build", "-q", f], status=0))
        silent(p.run([dfl, "fmt", f], status=0))
        same(p.run([os.path.join(p.work, stem)], status=0).out, "hello []\n")
        same([n for n in entries(p) if n.startswith("draft-")], [])


@test
def a_folder_and_another_kind_of_file_are_refused(p, dfl):
    p.write("notes.txt", "x")
    for verb in (v for v in VERBS if v != "fmt"):
        wants(p.run([dfl, verb, p.work], status=2).err, "is a folder")
        wants(p.run([dfl, verb, "notes.txt"], status=2).err, "'notes.txt'", r"\.dfl")


@test
def a_file_that_cannot_be_read_is_told_as_one_that_is_missing(p, dfl):
    with open(os.path.join(p.work, "large.dfl"), "wb") as f:
        f.truncate((64 << 20) + 1)
    os.symlink("self.dfl", os.path.join(p.work, "self.dfl"))
    shut = p.write("shut.dfl", HELLO)
    os.chmod(shut, 0)
    wrong = [("large.dfl", "larger than 64 MiB"), ("self.dfl", "Too many levels of symbolic links")]
    if os.geteuid() != 0:
        wrong.append(("shut.dfl", "Permission denied"))
    for verb in VERBS:
        for name, why in wrong:
            same(p.run([dfl, verb, name], status=2).err, "error: cannot read '%s': %s\n" % (name, why))


@test
def every_file_that_is_missing_is_told(p, dfl):
    p.write("a.dfl", HELLO)
    for verb in "check", "test", "fmt":
        err = p.run([dfl, verb, "first.dfl", "a.dfl", "second.dfl"], status=2).err
        wants(err, r"'first\.dfl': No such file", r"'second\.dfl': No such file")


@test
def text_that_is_not_utf8_is_placed(p, dfl):
    with open(os.path.join(p.work, "a.dfl"), "wb") as f:
        f.write(b"fn f() -> int { 1 }\n// caf\xe9\n")
    r = p.run([dfl, "check", "a.dfl"], status=1)
    wants(r.err, r"a\.dfl:2:7", "UTF-8")


@test
def a_module_that_is_missing_is_an_error_of_the_program(p, dfl):
    p.write("a.dfl", "import nowhere\n" + HELLO)
    wants(p.run([dfl, "run", "a.dfl"], status=1).err, r"a\.dfl:1:8", "nowhere")


@test
def a_file_that_cannot_be_read_hides_no_mistake_of_others(p, dfl):
    p.write("a.dfl", "fn a() -> int { 1.5 }\n")
    p.write("b.dfl", "fn b() -> str { 3 }\n")
    r = p.run([dfl, "check", "a.dfl", "gone.dfl", "b.dfl"], status=2)
    wants(r.err, r"a\.dfl:1:17: error\[E0200\](.|\n)*cannot read 'gone\.dfl'(.|\n)*b\.dfl:1:17: error\[E0200\]")


@test
def check_reports_on_every_file(p, dfl):
    p.write("good.dfl", HELLO)
    p.write("bad.dfl", BROKEN)
    silent(p.run([dfl, "check", "good.dfl"], status=0))
    r = p.run([dfl, "check", "good.dfl", "bad.dfl", "bad.dfl"], status=1)
    same(r.out, "")
    if r.err.count("error[") != 2:
        fail(r.err)


# ---- run -----------------------------------------------------------------------------------------


@test
def run_exits_as_the_program_does(p, dfl):
    f = p.write("a.dfl", HELLO)
    for mode in ([], ["-O0"], ["--interp"]):
        r = silent(p.run([dfl, "run"] + mode + [f, "-x", "--", "--help"], status=3))
        same(r.out, 'hello ["-x", "--", "--help"]\n')


@test
def options_of_run_stand_before_the_file(p, dfl):
    f = p.write("a.dfl", HELLO)
    same(p.run([dfl, "run", f, "-O0"], status=1).out, 'hello ["-O0"]\n')
    same(p.run([dfl, "run", "--threads=1", "--", f], status=0).out, "hello []\n")


@test
def a_failure_of_the_program_is_status_1(p, dfl):
    f = p.write("a.dfl", 'io task main(args: [str]) -> int! { fail "no luck" }\n')
    for mode in ([], ["--interp"]):
        wants(p.run([dfl, "run"] + mode + [f], status=1).err, "error: no luck")


@test
def a_program_without_main_cannot_be_run(p, dfl):
    f = p.write("a.dfl", "fn f() -> int { 1 }\n")
    for words in (["run", f], ["run", "--interp", f], ["build", f]):
        wants(p.run([dfl] + words, status=1).err, "main")


@test
def stats_go_to_standard_error(p, dfl):
    f = p.write("a.dfl", HELLO)
    r = p.run([dfl, "run", "--stats", f], status=0)
    same(r.out, "hello []\n")
    wants(r.err, "spawned")


@test
def the_interpreter_refuses_what_tells_of_the_scheduler(p, dfl):
    f = p.write("a.dfl", HELLO)
    for flag in ["--stats"], ["--trace", "t.bin"]:
        r = p.run([dfl, "run", "--interp"] + flag + [f], status=2)
        wants(r.err, "--interp and %s do not go together" % flag[0], "hint: ")
        same(r.out, "")


@test
def standard_input_reaches_the_program(p, dfl):
    f = p.write("a.dfl", 'import io\nio task main(args: [str]) -> int! {\n'
                         '  print(io.stdin()?.trim())\n  0\n}\n')
    for mode in ([], ["--interp"]):
        same(p.run([dfl, "run"] + mode + [f], stdin="text\n", status=0).out, "text\n")


def chain(kind, count):
    """Functions that each call the one before, and a record on its way through all of them."""
    head = "record R { a: int, b: str, c: [int] }\n%s f0(x: int, r: R) -> int { x %% 7 + r.c[0] }\n" % kind
    return head + "".join("%s f%d(x: int, r: R) -> int {\n  let y = f%d(x + %d, { ..r, a: x })\n  (y * 3 + r.a) %% 1009\n}\n"
                          % (kind, i, i - 1, i % 5) for i in range(1, count))


@test
def long_chains_of_calls_and_long_functions_have_stack_enough(p, dfl):
    main = 'io task main(args: [str]) -> int! {\n  let r = R { a: 1, b: "x", c: [args.len] }\n  print("{f899(1, r)}")\n  0\n}\n'
    p.write("fns.dfl", chain("fn", 900) + main)
    p.write("tasks.dfl", chain("task", 900) + main.replace("f899(1, r)", "await spawn f899(1, r)"))
    lines = "".join('  let r%d = R { a: %d, b: "{args.len}", c: [] }\n' % (i, i) for i in range(900))
    p.write("lets.dfl", "record R { a: int, b: str, c: [int] }\nio task main(args: [str]) -> int! {\n" + lines
            + '  print("{%s}")\n  0\n}\n' % " + ".join("r%d.a" % i for i in range(900)))
    for name in ("fns", "tasks", "lets"):
        wanted = p.run([dfl, "run", "--interp", name + ".dfl"], status=0).out
        for level in ("-O0", "-O2"):
            p.run([dfl, "build", "-q", level, name + ".dfl"], status=0)
            same(p.run([os.path.join(p.work, name)], status=0).out, wanted)


# ---- the cache -----------------------------------------------------------------------------------


def cache(p):
    return {"XDG_CACHE_HOME": os.path.join(p.work, "cache")}


def entries(p):
    folder = os.path.join(p.work, "cache", "dfl")
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


@test
def a_second_run_compiles_nothing(p, dfl):
    f = p.write("a.dfl", HELLO)
    p.run([dfl, "run", f], env=cache(p), status=0)
    before = entries(p)
    same(p.run([dfl, "run", f, "x"], env=cache(p), status=1).out, 'hello ["x"]\n')
    if entries(p) != before or len(before) != 2:
        fail("entries: %s, then %s" % (before, entries(p)))


@test
def a_second_run_warns_again(p, dfl):
    f = p.write("a.dfl", HELLO.replace("{\n", "{\n  let spare = 1\n", 1))
    once = p.run([dfl, "run", "-q", f, "x"], env=cache(p), status=1)
    same(once.err, "")
    twice = p.run([dfl, "run", f, "x"], env=cache(p), status=1)
    wants(twice.err, r"a\.dfl:2:7: warning\[E0450\]: `spare` is unused\n 2 \|   let spare = 1\n   \|       \^~~~~\nhint: ")
    if len(entries(p)) != 2:
        fail("it was compiled again: %s" % entries(p))
    same(p.run([dfl, "check", f], status=0).err, twice.err)
    colored = p.run([dfl, "run", "--color=always", f, "x"], env=cache(p), status=1).err
    same(colored, p.run([dfl, "check", "--color=always", f], status=0).err)
    same(re.sub("\033[^m]*m", "", colored), twice.err)


@test
def many_warnings_are_counted_once(p, dfl):
    f = p.write("a.dfl", "io task main(args: [str]) -> int! {\n%s  0\n}\n" % "".join("  let a%d = 1\n" % i for i in range(250)))
    same(p.run([dfl, "run", f], env=cache(p), status=0).err.count("and 50 more warnings"), 1)


@test
def a_change_in_any_module_is_seen(p, dfl):
    p.write("part.dfl", "pub fn word() -> str { \"one\" }\n")
    p.write("a.dfl", 'import part\nio task main(args: [str]) -> int! {\n  print(part.word())\n  0\n}\n')
    same(p.run([dfl, "run", "a.dfl"], env=cache(p), status=0).out, "one\n")
    p.write("part.dfl", "pub fn word() -> str { \"two\" }\n")
    same(p.run([dfl, "run", "a.dfl"], env=cache(p), status=0).out, "two\n")
    p.write("part.dfl", "pub fn word() -> str { 3 }\n")
    wants(p.run([dfl, "run", "a.dfl"], env=cache(p), status=1).err, r"part\.dfl:1:")


@test
def a_module_that_appears_before_the_librarys_is_seen(p, dfl):
    p.write("a.dfl", 'import math\nio task main(args: [str]) -> int! {\n  print("{math.floor(2.5)}")\n  0\n}\n')
    same(p.run([dfl, "run", "a.dfl"], env=cache(p), status=0).out, "2.0\n")
    p.write("math.dfl", "pub fn floor(x: float) -> str { \"mine {x}\" }\n")
    same(p.run([dfl, "run", "a.dfl"], env=cache(p), status=0).out, "mine 2.5\n")


C_HEADER = "static inline int twice(int x) { return %s; }\n"
C_MAIN = 'extern "own.h" fn twice(x: i32) -> i32\nio task main() { print("{twice(4)}") }\n'


@test
def a_change_in_a_header_of_c_is_seen(p, dfl):
    p.write("own.h", C_HEADER % "2 * x")
    p.write("a.dfl", C_MAIN)
    same(p.run([dfl, "run", "a.dfl"], env=cache(p), status=0).out, "8\n")
    before = entries(p)
    same(p.run([dfl, "run", "a.dfl"], env=cache(p), status=0).out, "8\n")
    same(entries(p), before)
    p.write("own.h", C_HEADER % "3 * x")
    same(p.run([dfl, "run", "a.dfl"], env=cache(p), status=0).out, "12\n")
    p.write("own.h", "static inline long twice(long x) { return x; }\n")
    wants(p.run([dfl, "run", "a.dfl"], env=cache(p), status=1).err, r"a\.dfl:1:25: error")


@test
def a_change_in_a_linked_file_of_c_is_seen(p, dfl):
    p.write("own.h", "int twice(int);\n")
    p.write("own.c", '#include "own.h"\n#include "by.h"\nint twice(int x) { return x * BY; }\n')
    p.write("a.dfl", C_MAIN.replace('"own.h"', '"own.h" link "own.c"'))
    for mode in (["-O2"], ["--interp"]):
        for by, wanted in ((2, "8\n"), (2, "8\n"), (3, "12\n")):
            p.write("by.h", "#define BY %d\n" % by)
            same(p.run([dfl, "run"] + mode + ["a.dfl"], env=cache(p), status=0).out, wanted)
    p.write("own.c", "int twice(int x) { return y; }\n")
    wants(p.run([dfl, "run", "a.dfl"], env=cache(p), status=1).err, r"own\.c:1:\d+: error: .*y.* undeclared")


@test
def c_of_a_program_finds_the_header_of_the_runtime(p, dfl):
    p.write("mine.h", "int size(void);\n")
    p.write("mine.c", "#include <dfl.h>\n#include \"mine.h\"\nint size(void) { return sizeof(struct dfl_task); }\n")
    p.write("a.dfl", 'extern "mine.h" link "mine.c" fn size() -> i32\n\nio task main(args: [str]) { print("{size()}") }\n')
    for mode in [], ["--interp"]:
        same(p.run([dfl, "run"] + mode + ["a.dfl"], env=cache(p), status=0).out, "64\n")


@test
def the_interpreter_keeps_what_it_calls_c_through(p, dfl):
    p.write("own.h", C_HEADER % "2 * x")
    p.write("a.dfl", C_MAIN)
    run = [dfl, "run", "--interp", "a.dfl"]
    same(p.run(run, env=cache(p), status=0).out, "8\n")
    alone = dict(cache(p), CC="no-such-compiler")  # its name is part of what is kept
    wants(p.run(run, env=alone, status=1).err, "cannot start the C compiler")
    before = entries(p)
    p.write("a.dfl", C_MAIN.replace("twice(4)", "twice(5)"))
    same(p.run(run, env=cache(p), status=0).out, "10\n")
    same(entries(p), before)
    p.write("own.h", C_HEADER % "3 * x")
    same(p.run(run, env=cache(p), status=0).out, "15\n")
    p.write("a.dfl", C_MAIN.replace("x: i32", "x: int"))
    wants(p.run(run, env=cache(p), status=1).err, r"a\.dfl:1:25: error")


@test
def a_header_of_c_that_appears_before_the_systems_is_seen(p, dfl):
    p.write("a.dfl", 'extern "ctype.h" fn toupper(c: i32) -> i32\nio task main() { print("{toupper(97)}") }\n')
    same(p.run([dfl, "run", "a.dfl"], env=cache(p), status=0).out, "65\n")
    p.write("ctype.h", "static inline int toupper(int x) { return -x; }\n")
    same(p.run([dfl, "run", "a.dfl"], env=cache(p), status=0).out, "-97\n")


@test
def what_the_linker_misses_of_c_is_told_at_its_declaration(p, dfl):
    crc = 'extern "zlib.h"%s fn crc32(start: u64, data: bytes, len: u32) -> u64\n' \
          'io task main() { print("{crc32(0, b"", 0)}") }\n'
    cases = (('', r"a\.dfl:1:20: error\[E0608\]: `crc32` is declared by `zlib\.h`", r"hint: name the library"),
             (' link "no_such_library"', r"a\.dfl:1:17: error\[E0608\]: no C library `no_such_library`", r"libno_such_library\.so"),
             (' link "m"', r"a\.dfl:1:17: error\[E0608\]: the C library `m` has no `crc32`", r""))
    for link, *patterns in cases:
        p.write("a.dfl", crc % link)
        for mode in (["-O0"], ["--interp"]):
            r = p.run([dfl, "run"] + mode + ["a.dfl"], env=cache(p), status=1)
            wants(r.err, *patterns)
            same(len(re.findall("error", r.err)), 1)


@test
def without_a_c_compiler_it_is_said(p, dfl):
    p.write("a.dfl", C_MAIN)
    p.write("own.h", C_HEADER % "x")
    r = p.run([dfl, "check", "a.dfl"], env=dict(cache(p), CC="no-such-compiler"), status=1)
    wants(r.err, "cannot start the C compiler 'no-such-compiler'", "install the package gcc")


@test
def a_header_of_c_with_mistakes_is_told_with_its_place(p, dfl):
    p.write("a.dfl", C_MAIN)
    for text, place in (("int twice(nonesuch x);\n", r"own\.h:1:\d+: error"), ("int twice(int x;\n", "error: ")):
        p.write("own.h", text)
        r = p.run([dfl, "check", "a.dfl"], status=1)
        wants(r.err, r"a\.dfl:1:8: error\[E0605\]: the C compiler cannot read `own\.h`", place)


LIAR_H = """#include <stddef.h>
static inline int honest(int n) { return n + 1; }
static inline int counter(int n) { static int k; return n + ++k; }
static inline int late(int n) { static int k; return n + (++k > 16); }
static inline void bump(int *n) { ++*n; }
static inline void add(int *xs, size_t n) { static int k; k++; for (size_t i = 0; i < n; i++) xs[i] += k; }
"""
LIAR = """extern "liar.h" fn honest(n: i32) -> i32
extern "liar.h" fn counter(n: i32) -> i32
extern "liar.h" fn late(n: i32) -> i32
extern "liar.h" fn bump(var n: i32)
extern "liar.h" fn add(var xs: [i32], n: u64)

task work(n: int) -> int { for _ in 0..10 reduce + { late(n as i32) as int } }
task twice(n: i32) -> int { honest(n) + honest(n) }

io task main(args: [str]) {
  var n: i32 = 3
  var xs: [i32] = [1, 2]
  match args[0] {
    "honest" => {
      bump(n)
      print("{(await [spawn twice(i as i32) for i in 0..100]).len} {n}")
    }
    "counter" => print("{counter(5)}")
    "task" => print("{await spawn work(1)}")
    _ => {
      add(xs, 2)
      print("{xs}")
    }
  }
}
"""


@test
def what_is_not_pure_is_named(p, dfl):
    p.write("liar.h", LIAR_H)
    p.write("a.dfl", LIAR)
    for mode in (["-O0"], ["-O2", "--threads", "2"], ["--interp"]):
        run = [dfl, "run", "--check-pure"] + mode + ["a.dfl"]
        same(silent(p.run(run + ["honest"], env=cache(p), status=0)).out, "100 4\n")
        same(p.run(run + ["counter"], env=cache(p), status=1).err,
             "error: the C function `counter` is not pure: for (5) it gave 6, then 7\n  at a.dfl:18:26\n")
        same(p.run(run + ["add"], env=cache(p), status=1).err,
             "error: the C function `add` is not pure: for ([1, 2], 2) it gave [2, 3], then [3, 4]\n  at a.dfl:21:7\n")
        if "--interp" not in mode:
            # The threads that share its rounds may look at the counter in any order.
            wants(p.run(run + ["task"], env=cache(p), status=1).err,
                  r"^error: the task `work` is not pure: for \(1\) it gave \d+, then \d+\n  at a.dfl:19:29\n"
                  r"  in task work, spawned at a.dfl:19\n$")
    same(silent(p.run([dfl, "run", "a.dfl", "counter"], env=cache(p), status=0)).out, "6\n")


@test
def what_runs_again_is_no_sample_itself(p, dfl):
    p.write("a.dfl", "task chain(n: int) -> int { if n == 0 { 0 } else { 1 + await spawn chain(n - 1) } }\n"
            'io task main(args: [str]) { print("{await spawn chain(300)}") }\n')
    for mode in (["-O2", "--threads", "1"], ["-O0", "--threads", "2"]):
        same(silent(p.run([dfl, "run", "--check-pure"] + mode + ["a.dfl"], env=cache(p), status=0, timeout=60)).out, "300\n")


TREE = """task tree(n: int) -> int {
  if n == 0 { return 1 }
  let a = spawn tree(n - 1)
  let b = spawn tree(n - 1)
  await a + await b
}

io task main(args: [str]) {
  print("{await spawn tree(9)}")
}
"""


def traced(p, dfl, *options):
    """The trace of TREE, as read back."""
    p.run([dfl, "run", "--trace", "t.bin"] + list(options) + ["a.dfl"], env=cache(p), status=0)
    return json.loads(p.run([dfl, "trace", "--json", "t.bin"], status=0).out)


@test
def a_trace_has_every_task(p, dfl):
    p.write("a.dfl", TREE)
    for options in (["--threads", "1"], ["--threads", "2"], ["-O0"], ["--nodes", "2"]):
        trace = traced(p, dfl, *options)
        same(trace["program"], "a.dfl")
        tasks = [t for t in trace["tasks"] if t["task"] == "tree"]
        if len(tasks) != 1023 or len(trace["tasks"]) != 1024 or not trace["complete"]:
            fail("%d tasks, %d of them tree, complete: %s" % (len(trace["tasks"]), len(tasks), trace["complete"]))
        same(sorted({t["line"] for t in tasks}), [3, 4, 9])
        if any(t["ns"] < 0 or t["start_ns"] < 0 or t["failed"] for t in tasks):
            fail("a task that cannot be")


@test
def a_trace_is_told_as_a_table(p, dfl):
    p.write("a.dfl", TREE)
    traced(p, dfl)
    out = p.run([dfl, "trace", "t.bin"], status=0).out
    if "       511 " not in out or "tree, a.dfl:3" not in out or "main, a.dfl:8" not in out:
        fail(out)


@test
def a_trace_that_was_cut_is_told_as_far_as_it_goes(p, dfl):
    p.write("a.dfl", TREE)
    traced(p, dfl)
    whole = open(os.path.join(p.work, "t.bin"), "rb").read()
    for cut in range(0, len(whole), 97):
        with open(os.path.join(p.work, "cut.bin"), "wb") as f:
            f.write(whole[:cut])
        r = p.run([dfl, "trace", "--json", "cut.bin"])
        if r.status == 0:
            json.loads(r.out)
        elif "is no trace" not in r.err:
            fail("cut at %d: exit %d: %s" % (cut, r.status, r.err))
    for at in range(0, len(whole), 89):
        with open(os.path.join(p.work, "bad.bin"), "wb") as f:
            f.write(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1:])
        r = p.run([dfl, "trace", "bad.bin"])
        if r.status not in (0, 1):
            fail("changed at %d: exit %d" % (at, r.status))


@test
def what_is_wrong_with_a_trace_is_told(p, dfl):
    p.write("a.dfl", TREE)
    same(p.run([dfl, "trace", "a.dfl"], status=1).err,
         "error: 'a.dfl' is no trace\nhint: dfl run --trace FILE writes one\n")
    same(p.run([dfl, "trace", "gone"], status=1).err,
         "error: cannot read 'gone': No such file or directory\n")
    same(p.run([dfl, "run", "--trace", "no/where", "a.dfl"], env=cache(p), status=2).err,
         "error: cannot write the trace 'no/where': No such file or directory\n")


@test
def damaged_entries_are_made_anew(p, dfl):
    f = p.write("a.dfl", HELLO)
    p.run([dfl, "run", f], env=cache(p), status=0)
    for damage in (b"", b"garbage", None):
        for name in entries(p):
            path = os.path.join(p.work, "cache", "dfl", name)
            data = open(path, "rb").read() if damage is None else damage
            with open(path, "wb") as out:
                out.write(data[:-20] + b"x" * 20 if damage is None else data)
        same(silent(p.run([dfl, "run", f], env=cache(p), status=0)).out, "hello []\n")


@test
def runs_at_the_same_time_share_the_cache(p, dfl):
    f = p.write("a.dfl", HELLO)
    env = dict(p.env, **cache(p))
    all_at_once = [start([dfl, "run", f, str(i)], env=env, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE) for i in range(6)]
    for i, one in enumerate(all_at_once):
        out, err = one.communicate(timeout=60)
        if one.returncode != 1 or out.decode() != 'hello ["%d"]\n' % i or err:
            fail("run %d: exit %d %r %r" % (i, one.returncode, out, err))
    if any(n.startswith("draft") for n in entries(p)):
        fail("drafts are left: %s" % entries(p))


@test
def without_a_cache_folder_programs_run_all_the_same(p, dfl):
    f = p.write("a.dfl", HELLO)
    p.write("file", "")
    env = {"XDG_CACHE_HOME": os.path.join(p.work, "file")}
    same(silent(p.run([dfl, "run", f], env=env, status=0)).out, "hello []\n")


def limited(blocks, words, **options):
    """Runs words with files of at most so many blocks of 512 bytes."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512 * blocks, 512 * blocks))
    return subprocess.run(words, preexec_fn=limit, capture_output=True, text=True, **options)


def full(p):
    """A folder with little room, or None where none can be made."""
    folder = os.path.join(p.work, "small")
    os.mkdir(folder)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True)
    return folder if mounted.returncode == 0 else None


@test
def a_full_cache_is_done_without(p, dfl):
    f, folder = p.write("a.dfl", HELLO), full(p)
    if not folder:
        return
    try:
        for options, words in ([], r"^no room in '.*/small/dfl' \(No space left on device\): until there is, "
                                   r"each run compiles the program anew\n$"), (["-q"], "^$"):
            r = p.run([dfl, "run"] + options + [f], env={"XDG_CACHE_HOME": folder}, status=0)
            same(r.out, "hello []\n")
            wants(r.err, words)
        if os.listdir(os.path.join(folder, "dfl")):
            fail("left behind: %s" % os.listdir(os.path.join(folder, "dfl")))
        r = p.run([dfl, "run", f], env={"XDG_CACHE_HOME": folder, "TMPDIR": folder}, status=1)
        wants(r.err, r"error: no room for the program in '.*/small/dfl-.*': No space left on device\nhint: make room")
        r = p.run([dfl, "build", f, "-o", os.path.join(folder, "a")], status=1)
        wants(r.err, r"^error: cannot write '.*/small/a': No space left on device\nhint: make room.*\n$")
        with open(os.path.join(folder, "fill"), "wb") as fill:
            fill.write(bytes(60 << 10))
        same(p.run([dfl, "run", f], env={"TMPDIR": folder}, status=0).out, "hello []\n")
        same(sorted(os.listdir(folder)), ["dfl", "fill"])
    finally:
        subprocess.run(["umount", folder])


@test
def limits_of_files_are_messages(p, dfl):
    f = p.write("a.dfl", HELLO)
    for blocks, sign in (2, r"no room for an object in memory: File too large"), (40, r"no room for the program in '.*': File too"):
        r = limited(blocks, [dfl, "run", f], env=dict(p.env, **cache(p)))
        same(r.returncode, 1)
        wants(r.stderr, "error: " + sign, "hint: ")
    if entries(p):
        fail("left behind: %s" % entries(p))
    p.run([dfl, "run", f], env=cache(p), status=0)
    same(limited(40, [dfl, "run", f], env=dict(p.env, **cache(p))).stdout, "hello []\n")


@test
def a_program_meets_the_limit_of_files_as_an_error(p, dfl):
    f = p.write("a.dfl", """import io

io task main(args: [str]) -> int! {
  match io.write("big", "x".repeat(100_000).bytes()) {
    ok(_) => print("written")
    err(e) => print("{e.message} {io.exists("big")}")
  }
  let child = io.exec(["sh", "-c", "rm -f big; head -c 100000 /dev/zero > big"])?
  print("{child.status}")
  for i in 0..5000 { print("line {i}") }
  0
}
""")
    p.run([dfl, "run", f], env=cache(p), status=0)
    os.remove(os.path.join(p.work, "big"))
    kept = "false"  # what was not there is not left in part; the second run meets what the first has left
    for mode in [], ["--interp"]:
        with open(os.path.join(p.work, "out"), "w") as out:
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20480, 20480))
            r = subprocess.run([dfl, "run"] + mode + [f], preexec_fn=limit, stdout=out, stderr=subprocess.PIPE,
                               text=True, cwd=p.work, env=dict(p.env, **cache(p)))
        wants(open(os.path.join(p.work, "out")).read(), "^cannot write big: File too large %s\n153\n" % kept)
        kept = "true"
        same(r.returncode, 1)
        wants(r.stderr, "File too large")


def project(p):
    """A program of three modules with a type of the same name in each, and tasks; what it prints."""
    for i, name in enumerate(("near", "far")):
        p.write(name + ".dfl",
                "pub record Item { n: int, %s: str }\n"
                "pub fn depth(x: Item) -> int { if x.n < 1 { 0 } else { depth({ ..x, n: x.n - 1 }) + %d } }\n"
                "pub task both(xs: [Item]) -> [int] {\n"
                "  let fs = [spawn depth(x) for x in xs]\n"
                "  await fs\n"
                "}\n" % ("ab"[i], i + 1))
    p.write("main.dfl",
            "import near\nimport far\n"
            "record Item { x: [near.Item] }\n"
            "task twice(n: int) -> int { if n < 1 { 0 } else { await spawn twice(n - 1) + 2 } }\n"
            "io task main(args: [str]) -> int! {\n"
            "  let item = Item { x: [near.Item { n: 3, a: \"one\" }] }\n"
            "  let fars = far.both([far.Item { n: 4, b: \"two\" }])\n"
            "  print(\"{item} {await spawn near.both(item.x)} {fars} {twice(5)}\")\n"
            "  0\n"
            "}\n")
    return "Item { x: [Item { n: 3, a: \"one\" }] } [3] [8] 10\n"


def objects(p):
    return {name for name in entries(p) if name.endswith(".o")}


@test
def a_change_in_one_module_compiles_that_one(p, dfl):
    out = project(p)
    for level in ("-O0", "-O2"):
        p.run([dfl, "build", level, "main.dfl"], env=cache(p), status=0)
        same(p.run([os.path.join(p.work, "main")], status=0).out, out)
        before = objects(p)
        p.run([dfl, "build", level, "main.dfl"], env=cache(p), status=0)
        same(objects(p), before)
        text = open(os.path.join(p.work, "far.dfl")).read()
        p.write("far.dfl", text.replace("+ 2", "+ 5"))
        p.run([dfl, "build", level, "main.dfl"], env=cache(p), status=0)
        same(len(objects(p) - before), 1)
        same(p.run([os.path.join(p.work, "main")], status=0).out, out.replace("[8]", "[20]"))
        p.write("far.dfl", text)
        p.run([dfl, "build", level, "main.dfl"], env=cache(p), status=0)
        same(p.run([os.path.join(p.work, "main")], status=0).out, out)


@test
def timings_tell_of_stages_and_of_units(p, dfl):
    out = project(p)

    def stages(verb, *words):
        r = p.run([dfl, verb, "--timings"] + list(words), env=cache(p), status=0)
        wants(r.err, r"stage +ms\n(.*\n)+total +\d+\.\d\n$")
        return r, [line.split()[0] for line in r.err.splitlines()[1:-1]]
    parts = ["code", "translate", "optimise", "assemble"]
    r, names = stages("build", "-q", "main.dfl")
    same(names, ["read", "check", "lower", "passes"] + parts + ["link"])
    wants(r.err, r"code +\d+\.\d  3 of 3 units compiled\n")
    p.write("near.dfl", "// a new line\n" + open(os.path.join(p.work, "near.dfl")).read())
    r, names = stages("run", "main.dfl")
    same(r.out, out)
    same(names, ["cache", "read", "check", "lower", "passes"] + parts + ["link"])
    wants(r.err, r"code +\d+\.\d  1 of 3 units compiled\n")
    same(stages("run", "main.dfl")[1], ["cache"])
    same(stages("run", "--interp", "main.dfl")[1], ["read", "check", "run"])
    same(stages("check", "main.dfl", "near.dfl")[1], ["read", "check"])
    p.write("t.dfl", 'test "one" { expect 1 + 1 == 2 }\n')
    same(stages("test", "t.dfl")[1], ["read", "check", "run"])
    r = p.run([dfl, "check", "--timings", "--json", "main.dfl"], status=0)
    same([json.loads(line)["stage"] for line in (r.out + r.err).splitlines()], ["read", "check"])


@test
def run_and_build_share_objects(p, dfl):
    out = project(p)
    p.run([dfl, "build", "main.dfl"], env=cache(p), status=0)
    before = objects(p)
    same(p.run([dfl, "run", "main.dfl"], env=cache(p), status=0).out, out)
    same(objects(p), before)


@test
def damaged_objects_are_made_anew(p, dfl):
    out = project(p)
    for damage in (b"", b"garbage", None):
        p.run([dfl, "build", "main.dfl"], env=cache(p), status=0)
        for name in objects(p):
            path = os.path.join(p.work, "cache", "dfl", name)
            data = open(path, "rb").read()
            with open(path, "wb") as f:
                f.write(data[:100] + b"x" * 50 + data[150:] if damage is None else damage)
        silent(p.run([dfl, "build", "-q", "main.dfl"], env=cache(p), status=0))
        same(p.run([os.path.join(p.work, "main")], status=0).out, out)


@test
def objects_that_cannot_be_kept_are_in_memory(p, dfl):
    out = project(p)
    p.write("file", "")
    env = {"XDG_CACHE_HOME": os.path.join(p.work, "file")}
    silent(p.run([dfl, "build", "-q", "main.dfl"], env=env, status=0))
    same(p.run([os.path.join(p.work, "main")], status=0).out, out)
    same(p.run([dfl, "run", "main.dfl"], env=env, status=0).out, out)


@test
def all_modules_are_one_where_code_is_printed(p, dfl):
    project(p)
    for what in ("llvm", "asm"):
        text = p.run([dfl, "build", "--emit", what, "main.dfl"], status=0).out
        wants(text, "dfl_program", "near", "far")
    p.run([dfl, "build", "--emit", "obj", "main.dfl", "-o", "main.o"], status=0)


@test
def a_cached_program_starts_at_once(p, dfl):
    f = p.write("a.dfl", HELLO)
    p.run([dfl, "run", f], env=cache(p), status=0)
    best = 9.0
    for _ in range(10):
        start = time.perf_counter()
        p.run([dfl, "run", f], env=cache(p), status=0)
        best = min(best, time.perf_counter() - start)
    if best > 0.030:
        fail("%.1f ms" % (best * 1000))


a_cached_program_starts_at_once.alone = True

# ---- build, emit, graph --------------------------------------------------------------------------


@test
def build_writes_an_executable_beside_nothing_else(p, dfl):
    p.write("a.dfl", HELLO)
    p.run([dfl, "build", "-q", "a.dfl"], status=0)
    if sorted(os.listdir(p.work)) != ["a", "a.dfl"]:
        fail(str(os.listdir(p.work)))
    same(p.run(["./a", "1"], status=1).out, 'hello ["1"]\n')
    silent(p.run([dfl, "build", "-O0", "a.dfl", "-q", "-o", "b"], status=0))
    same(p.run(["./b"], status=0).out, "hello []\n")


@test
def build_says_what_it_wrote_unless_quiet(p, dfl):
    p.write("a.dfl", HELLO)
    r = p.run([dfl, "build", "a.dfl"], status=0)
    same(r.out, "")
    wants(r.err, "wrote a")


@test
def every_stage_can_be_seen(p, dfl):
    p.write("a.dfl", HELLO)
    signs = {"ast": "main", "dir": r"io task @main", "llvm": "define ", "asm": r"\.text"}
    for stage, sign in signs.items():
        text = silent(p.run([dfl, "build", "--emit", stage, "a.dfl"], status=0)).out
        wants(text, sign)
        p.run([dfl, "build", "-q", "--emit=" + stage, "a.dfl", "-o", "out"], status=0)
        same(open(os.path.join(p.work, "out")).read(), text)
    p.run([dfl, "build", "-q", "--emit", "obj", "a.dfl", "-o", "a.o"], status=0)
    if open(os.path.join(p.work, "a.o"), "rb").read(4) != b"\x7fELF":
        fail("no object file")


@test
def a_place_that_cannot_be_written_is_named(p, dfl):
    p.write("a.dfl", HELLO)
    os.mkdir(os.path.join(p.work, "folder"))
    for out in ("nowhere/a", "folder", "a.dfl/b"):
        for verb in (["build"], ["build", "--emit", "ast"]):
            wants(p.run([dfl] + verb + ["a.dfl", "-o", out], status=1).err, "'%s'" % out)
    wants(p.run([dfl, "graph", "a.dfl", "-o", "nowhere/a.svg"], status=1).err, "'nowhere/a.svg'")
    if sorted(os.listdir(p.work)) != ["a.dfl", "folder"]:
        fail("left behind: %s" % os.listdir(p.work))


@test
def what_a_program_is_made_of_is_not_written_over(p, dfl):
    texts = {"lib.dfl": "pub fn one() -> int { 1 }\n", "mine.c": "int two(void) { return 2; }\n",
             "mine.h": "int two(void);\n",
             "a.dfl": 'import lib\n\nextern "mine.h" link "mine.c" fn two() -> i32\n\n'
                      'io task main(args: [str]) -> int! { lib.one() - (two() as int) + 1 }\n'}
    for name, text in texts.items():
        p.write(name, text)
    os.link(os.path.join(p.work, "lib.dfl"), os.path.join(p.work, "same"))
    here = sorted(os.listdir(p.work))
    for words in (["build"], ["build", "--emit", "obj"], ["build", "--emit", "ast"]):
        for name in list(texts) + ["same", "./lib.dfl"]:
            same(p.run([dfl] + words + ["a.dfl", "-o", name], status=2).err,
                 "error: '%s' is a file of the program, and would be lost\nhint: name another file with -o\n" % name)
    for name in texts:
        for path in (name, "./" + name):
            wants(p.run([dfl, "run", "--trace", path, "a.dfl"], env=cache(p), status=2).err,
                  "^error: cannot write the trace '%s': another file has this name\n" % path, "hint: ")
    for name, text in texts.items():
        same(open(os.path.join(p.work, name)).read(), text)
    same(sorted(set(os.listdir(p.work)) - {"cache"}), here)


@test
def a_full_disk_is_a_message(p, dfl):
    p.write("a.dfl", HELLO)
    for words in (["build", "--emit", "ast", "a.dfl"], ["graph", "a.dfl"], ["help"]):
        with open("/dev/full", "w") as full:
            r = subprocess.run([dfl] + words, stdout=full, stderr=subprocess.PIPE, env=p.env, cwd=p.work)
        if r.returncode != 1 or b"No space left" not in r.stderr:
            fail("%s: exit %d, %r" % (words, r.returncode, r.stderr))


@test
def graph_chooses_its_form_by_the_name(p, dfl):
    p.write("a.dfl", HELLO)
    wants(silent(p.run([dfl, "graph", "a.dfl"], status=0)).out, "^digraph")
    for name, sign in (("a.dot", "^digraph"), ("a.json", r"^\{"), ("a.svg", "<svg")):
        silent(p.run([dfl, "graph", "a.dfl", "-o", name], status=0))
        wants(open(os.path.join(p.work, name)).read(), sign)
    wants(p.run([dfl, "graph", "a.dfl", "-o", "a.png"], status=2).err, "'a.png'", "svg")


@test
def test_runs_test_blocks(p, dfl):
    p.write("a.dfl", TESTS)
    r = p.run([dfl, "test", "a.dfl"], status=1)
    wants(r.out, r"(?m)^ok one$", r"(?m)^FAIL two: ")
    same(p.run([dfl, "test", "a.dfl", "one"], status=0).out, "ok one\n")
    p.run([dfl, "test", "a.dfl", "a.dfl", "two"], status=1)


@test
def a_test_of_several_files_is_told_with_its_file(p, dfl):
    p.write("a.dfl", TESTS)
    p.write("b.dfl", 'test "three" { expect 1 == 1 }\ntest "all" for (n: int) { expect n < 3 }\n')
    out = p.run([dfl, "test", "a.dfl", "b.dfl"], status=1).out
    same([line.split(": ")[:2] for line in out.splitlines()],
         [["ok a.dfl", "one"], ["FAIL a.dfl", "two"], ["ok b.dfl", "three"], ["FAIL b.dfl", "all"]])


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


@test
def check_gives_messages_to_machines_as_data(p, dfl):
    p.write("a.dfl", BROKEN)
    found = json_lines(silent(p.run([dfl, "check", "--json", "a.dfl"], status=1)).out)
    same([(m["severity"], m["code"], m["file"], m["start"], m["end"]) for m in found],
         [("error", "E0105", "a.dfl", {"line": 1, "column": 17, "byte_column": 17, "offset": 16},
           {"line": 1, "column": 18, "byte_column": 18, "offset": 17})])
    found = json_lines(silent(p.run([dfl, "check", "--json", "no.dfl"], status=2)).out)
    same([(m["severity"], m["code"], m["file"]) for m in found], [("error", None, None), ("hint", None, None)])
    p.write("b.dfl", "fn f() { }\n")
    same(silent(p.run([dfl, "check", "--json", "b.dfl"], status=0)).out, "")


@test
def other_verbs_give_them_on_standard_error(p, dfl):
    p.write("a.dfl", BROKEN)
    for verb in (["run"], ["run", "--interp"], ["build"], ["test"]):
        r = p.run([dfl] + verb + ["--json", "a.dfl"], status=1)
        same(r.out, "")
        same([m["code"] for m in json_lines(r.err)], ["E0105"])
    p.write("c.dfl", "fn f() -> { }\n")
    r = p.run([dfl, "fmt", "--json", "c.dfl"], status=1)
    same((r.out, [m["severity"] for m in json_lines(r.err)]), ("", ["error"]))


@test
def what_tests_say_beside_their_results_is_json_too(p, dfl):
    p.write("a.dfl", 'test "small" for (n: int) { expect n < 50 }\n')
    p.write("b.dfl", "fn f() { }\n")
    r = p.run([dfl, "test", "--json", "a.dfl"], status=1)
    same((r.out, [(m["severity"], m["message"]) for m in json_lines(r.err)]),
         ("FAIL small: n = 50\n", [("note", "small: expect n < 50 (line 1): 50 < 50; found in run 1 of seed 1")]))
    for words, message in ((["b.dfl"], "b.dfl: there are no tests"), (["a.dfl", "large"], "a.dfl: no test has 'large' in its name")):
        r = p.run([dfl, "test", "--json"] + words, status=0)
        same((r.out, [(m["severity"], m["message"]) for m in json_lines(r.err)]), ("", [("note", message)]))
    r = p.run([dfl, "test", "--json", "--fast", "a.dfl"], status=2)
    same((r.out, [m["severity"] for m in json_lines(r.err)]), ("", ["error", "hint", "note"]))


@test
def a_name_of_a_file_that_is_no_text_is_still_json(p, dfl):
    name = os.path.join(os.fsencode(p.work), b"a\xff\"\n.dfl")
    with open(name, "w") as f:
        f.write(BROKEN)
    found = json_lines(p.run([dfl, "check", "--json", name], status=1).out)
    wants(found[0]["file"], 'a\ufffd"\n.dfl$')


@test
def warnings_stop_a_program_if_asked_to(p, dfl):
    p.write("a.dfl", 'io task main() {\n  let x = 2\n  print("ran")\n}\ntest "t" { expect true }\n')
    for words in (["run"], ["run", "--interp"], ["test"], ["check"]):
        r = p.run([dfl] + words + ["a.dfl"], status=0)
        wants(r.err, r"warning\[E0450\]")
    for words in (["run"], ["run", "--interp"], ["test"], ["check"], ["build"]):
        r = p.run([dfl] + words + ["--warnings-as-errors", "a.dfl"], status=1)
        same(r.out, "")
        wants(r.err, r"error\[E0450\]")
    if os.path.exists(os.path.join(p.work, "a")):
        fail("it was built")
    r = p.run([dfl, "run", "--json", "a.dfl"], status=0)
    same((r.out, [m["severity"] for m in json_lines(r.err)]), ("ran\n", ["warning"]))
    wants(p.run([dfl, "run", "a.dfl"], status=0).err, r"warning\[E0450\]")


# ---- colours, signals, pipes ---------------------------------------------------------------------


@test
def colours_are_for_terminals_and_can_be_forced(p, dfl):
    p.write("a.dfl", BROKEN)
    for words, env, wanted in ((["check"], {}, False), (["check", "--color", "always"], {}, True),
                               (["check", "--color=always"], {"NO_COLOR": "1"}, True),
                               (["check", "--color", "never"], {}, False)):
        r = p.run([dfl] + words + ["a.dfl"], env=env, status=1)
        if ("\033[" in r.err) != wanted:
            fail("%s: %r" % (words, r.err[:300]))


@test
def no_color_is_heeded_on_a_terminal(p, dfl):
    p.write("a.dfl", BROKEN)
    for extra, wanted in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        master, slave = os.openpty()
        env = dict(p.env, TERM="xterm", **{})
        env.update(extra)
        subprocess.run([dfl, "check", "a.dfl"], stderr=slave, env=env, cwd=p.work, timeout=60)
        os.close(slave)
        text = os.read(master, 1 << 16)
        os.close(master)
        if (b"\033[" in text) != wanted:
            fail("%s: %r" % (extra, text[:300]))


@test
def a_closed_pipe_is_no_crash(p, dfl):
    p.write("a.dfl", ENDLESS)
    for mode in ([], ["--interp"]):
        one = start([dfl, "run"] + mode + ["a.dfl"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=p.env, cwd=p.work)
        one.stdout.read(10)
        one.stdout.close()
        err = one.stderr.read()
        one.wait(timeout=60)
        if one.returncode not in (-signal.SIGPIPE, 141) or err:
            fail("exit %d, %r" % (one.returncode, err))


@test
def ctrl_c_ends_a_program_by_its_signal(p, dfl):
    p.write("a.dfl", SLOW)
    one = start([dfl, "run", "a.dfl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           env=p.env, cwd=p.work)
    if one.stdout.read(8) != b"started\n":
        fail("it did not start: %r" % one.stderr.read())
    one.send_signal(signal.SIGINT)
    out, err = one.communicate(timeout=10)
    if one.returncode not in (-signal.SIGINT, 130) or err:
        fail("exit %d, %r" % (one.returncode, err))


@test
def ctrl_c_during_a_build_leaves_nothing(p, dfl):
    body = "\n".join("fn f%d(x: int) -> int { if x > %d { x * %d } else { x + f%d(x - 1) } }"
                     % (i, i, i, max(i - 1, 0)) for i in range(1500))
    p.write("a.dfl", body + '\nio task main(args: [str]) -> int! {\n  print("{f1499(args.len)}")\n  0\n}\n')
    for delay in (0.05, 0.2, 0.5):
        one = start([dfl, "build", "a.dfl", "-o", "out"], stderr=subprocess.PIPE, env=p.env,
                               cwd=p.work)
        time.sleep(delay)
        one.send_signal(signal.SIGINT)
        one.communicate(timeout=60)
        left = sorted(n for n in os.listdir(p.work) if n not in ("a.dfl", "out"))
        if left:
            fail("left behind: %s" % left)


@test
def a_signal_during_the_link_leaves_nothing(p, dfl):
    """The linker writes its output again and again, until it is ended."""
    p.write("a.dfl", HELLO)
    os.mkdir(os.path.join(p.work, "o"))
    linker = p.write("slow", "#!/bin/sh\n"
                     "while [ $# -gt 0 ]; do if [ \"$1\" = -o ]; then out=$2; fi; shift; done\n"
                     "touch '%s/linking'\n(for i in $(seq 300); do sleep 0.1; echo x > $out; done)\n" % p.work)
    os.chmod(linker, 0o755)
    for number in signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT:
        one = start([dfl, "build", "a.dfl", "-o", "o/a"], stderr=subprocess.PIPE, cwd=p.work,
                    env=dict(p.env, CC=linker))
        await_file(os.path.join(p.work, "linking"))
        time.sleep(0.15)
        one.send_signal(number)
        one.wait(timeout=60)
        if one.returncode != -number or os.listdir(os.path.join(p.work, "o")):
            fail("exit %d" % one.returncode)
        time.sleep(1)
        if os.listdir(os.path.join(p.work, "o")):
            fail("left behind: %s" % os.listdir(os.path.join(p.work, "o")))
        os.remove(os.path.join(p.work, "linking"))


@test
def without_a_path_the_linker_is_found(p, dfl):
    p.write("a.dfl", HELLO)
    r = subprocess.run([os.path.abspath(dfl), "run", "a.dfl"], env=cache(p), cwd=p.work, capture_output=True, text=True)
    same((r.returncode, r.stdout, r.stderr), (0, "hello []\n", ""))


# ---- output that nobody takes --------------------------------------------------------------------

NOISY = '''import io

io task noisy(name: str, n: int, words: bool) -> int {
  for i in 0..n { if words { io.eprint("{name} {i}") } else { print("{name} {i} {"x".repeat(i % 200)}") } }
  n
}

io task report(path: str) -> ()! {
  io.sleep(20ms)
  io.write(path, b"done")
}

io task main(args: [str]) -> int! {
  let noise = [spawn noisy(name, 20000, args[0] == "words") for name in ["a", "b", "c"]]
  await spawn report("marker")?
  (await noise).sum() - 60000
}
'''


def pipe(nonblocking=False):
    """Two ends; what is said of the second is seen by whom it is given to."""
    out, end = os.pipe()
    os.set_blocking(end, not nonblocking)
    return out, end


def await_file(path):
    deadline = time.monotonic() + 20
    while not os.path.exists(path):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@test
def a_reader_that_comes_late_holds_up_nobody(p, dfl):
    p.write("a.dfl", NOISY)
    marker = os.path.join(p.work, "marker")
    p.run([dfl, "build", "-q", "a.dfl"], status=0)
    for threads, stream, nonblocking in (1, "print", False), (2, "print", True), (1, "words", False):
        out, end = pipe(nonblocking)
        to = {"stderr" if stream == "words" else "stdout": end}
        child = start(["./a", stream], cwd=p.work, env=dict(p.env, DFL_THREADS=str(threads)), **to)
        os.close(end)
        came = await_file(marker)
        with open(out, "rb") as f:
            lines = f.read().decode().splitlines()
        if child.wait(timeout=20) != 0 or not came:
            fail("%s, %d threads: exit %d, %s" % (stream, threads, child.returncode, "" if came else "held up"))
        os.remove(marker)
        for name in "abc":
            mine = [line for line in lines if line.startswith(name)]
            tail = (lambda i: "") if stream == "words" else (lambda i: " " + "x" * (i % 200))
            if mine != ["%s %d%s" % (name, i, tail(i)) for i in range(20000)]:
                fail("%s: lines of %s are torn, missing or out of order" % (stream, name))
        same(len(lines), 60000)


LEAVING = """import io
@timeout(30ms)
io task late(path: str) -> int! { io.read(path)?.len }
io task reads(path: str) -> int! { io.read(path)?.len }
@timeout(30ms)
io task line() -> str! { io.read_line()? else "end" }
io task main(args: [str]) -> int! {
  match try await spawn late(args[0]) { ok(n) => print("odd {n}"), err(e) => print("{e.kind} at {e.line}") }
  let fs = [spawn reads(args[0]) for _ in 0..100]
  io.sleep(10ms)
  cancel fs
  print("{[match try await f { ok(_) => "odd", err(e) => e.kind } for f in fs].filter(|k| k == "cancelled").len}")
  match try await spawn line() { ok(s) => print("odd {s}"), err(e) => print(e.kind) }
  print("late: {io.read_line()? else "end"}, {io.stdin()?.len}")
  0
}
"""


@test
def calls_that_wait_for_the_world_are_left(p, dfl):
    """More of them than there are threads for, and none is still there at the end."""
    p.write("a.dfl", LEAVING)
    os.mkfifo(os.path.join(p.work, "fifo"))
    child = start([dfl, "run", "a.dfl", "fifo"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                  stderr=subprocess.PIPE, text=True, env=p.env, cwd=p.work)
    lines = [child.stdout.readline() for _ in range(3)]
    out, err = child.communicate("a line\nmore\n", timeout=30)
    same("".join(lines) + out, "timeout at 3\n100\ntimeout\nlate: a line, 5\n")
    if child.returncode != 0:
        fail("exit %d: %s" % (child.returncode, err))


@test
def ctrl_c_ends_a_program_whose_output_nobody_takes(p, dfl):
    p.write("a.dfl", 'io task main(args: [str]) {\n  if args.len > 0 { while true { print("more") } }\n'
                     '  print("one")\n  var i = 0\n  while true { i = (i + 1) % 7 }\n}\n')
    p.run([dfl, "build", "-q", "a.dfl"], status=0)
    for args in [], ["more"]:
        out, end = pipe(nonblocking=True)
        try:
            while True:
                os.write(end, bytes(4096))
        except BlockingIOError:
            os.set_blocking(end, True)
        child = start(["./a"] + args, cwd=p.work, env=p.env, stdout=end)
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        try:
            same(child.wait(timeout=10), -signal.SIGINT)
        except subprocess.TimeoutExpired:
            child.kill()
            fail("it goes on")
        finally:
            os.close(out)
            os.close(end)


# ---- programs of others ---------------------------------------------------------------------------

MODES = [["-O0"], ["--interp"], ["--threads", "1", "--nodes", "3"]]

STARTS = """import io
io task main(args: [str]) -> int! {
  let script = "set -m; (sleep {args[0]} & echo >> pids; wait) & trap '' INT; sleep {args[0]} & echo >> pids; wait"
  let fs = [spawn io.exec(["bash", "-c", script]) for _ in 0..3]
  while !io.exists("pids") || io.size("pids")? < 6 { io.sleep(1ms) }
  print("started")
  io.sleep(1ms)
  let _ = await fs
  0
}
"""


def living(word):
    """Processes that have this word among their arguments."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as f:
                if word.encode() in f.read().split(b"\0"):
                    found.append(pid)
        except OSError:
            pass
    return found


def soon(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@test
def programs_end_with_the_run_however_that_ends(p, dfl):
    p.write("a.dfl", STARTS)
    for number, mode in enumerate(MODES):
        for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV):
            word = "%d.%d%d" % (os.getpid(), number, sent)  # seconds to sleep that nobody else sleeps
            one = start([dfl, "run"] + mode + ["a.dfl", word], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                        env=p.env, cwd=p.work)
            same(one.stdout.read(8), b"started\n")
            began = soon(lambda: len(living(word)) >= 6)
            one.send_signal(sent)
            out, err = one.communicate(timeout=20)
            if one.returncode != -sent:
                fail("%s, signal %d: exit %d, %r" % (mode, sent, one.returncode, err))
            if not began or not soon(lambda: not living(word)):
                fail("%s, signal %d: %d processes are left" % (mode, sent, len(living(word))))
            os.remove(os.path.join(p.work, "pids"))


@test
def programs_get_nothing_of_the_run(p, dfl):
    """No file that is open, no signal that is ignored or blocked, no settings."""
    p.write("a.dfl", """import io
io task main(args: [str]) -> int! {
  print("{io.exec(["sh", "-c", "ls /proc/$$/fd; true"])?.output.text()?.split()}")
  print("{io.exec(["grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"])?.output.text()?.split()}")
  print("{io.exec(["env"])?.output.text()?.lines().filter(|l| l.starts_with("DFL"))} {io.env("DFL_CHECK")}")
  0
}
""")
    held = os.open("/dev/null", os.O_RDONLY)

    def prepare():
        os.set_inheritable(held, True)
        for number in signal.SIGPIPE, signal.SIGCHLD, signal.SIGUSR1:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

    for mode in MODES:
        r = subprocess.run([dfl, "run"] + mode + ["a.dfl"], env=p.env, cwd=p.work, capture_output=True, text=True,
                           preexec_fn=prepare, pass_fds=[held], timeout=60)
        same(r.stderr, "")
        names, signals, settings = r.stdout.splitlines()
        same(names, '["0", "1", "2"]')
        ignored = int(re.search(r'"SigIgn:", "(\w+)"', signals)[1], 16) & 0x7fffffff  # glibc has two beyond
        if ignored or '"SigBlk:", "0000000000000000"' not in signals:
            fail(signals)
        same(settings, '[] some("1")')
    os.close(held)


@test
def more_programs_than_files_may_be_open_take_turns(p, dfl):
    p.write("a.dfl", """import io
io task main(args: [str]) -> int! {
  let fs = [spawn io.exec(["sh", "-c", "sleep 0.01; exit {i % 2}"], stdin: b"text") for i in 0..200]
  print("{[(await f)?.status for f in fs].sum()}")
  0
}
""")
    for mode in MODES[:2]:
        p.run([dfl, "run"] + mode + ["a.dfl"], status=0)  # compiled
        r = p.run(["sh", "-c", 'ulimit -n 40; exec "$@"', "sh", dfl, "run"] + mode + ["a.dfl"], status=0)
        same(r.out, "100\n")
        r = p.run(["sh", "-c", 'ulimit -n 7; exec "$@"', "sh", dfl, "run"] + mode + ["a.dfl"], status=1)
        wants(r.err, "error: cannot run sh: Too many open files")


@test
def a_terminal_shows_each_line_at_once(p, dfl):
    p.write("a.dfl", 'import io\nio task main(args: [str]) {\n  print("first")\n  print("{"y".repeat(300)}")\n'
                     '  let _ = io.read_line()\n}\n')
    p.run([dfl, "build", "-q", "a.dfl"], status=0)
    master, slave = os.openpty()
    child = start(["./a"], cwd=p.work, env=p.env, stdin=subprocess.PIPE, stdout=slave)
    got = b""
    while got.count(b"\n") < 2:
        if not select.select([master], [], [], 10)[0]:
            child.kill()
            fail("after 10 s: %r" % got)
        got += os.read(master, 1000)
    child.communicate(b"\n", timeout=10)
    os.close(master)
    os.close(slave)
    same(got, b"first\r\n" + b"y" * 300 + b"\r\n")


# ---- dflw, gdb -----------------------------------------------------------------------------------


@test
def dflw_adds_next_to_nothing(p, dfl):
    dflw = os.path.join(ROOT, "dflw")
    same(silent(p.run([dflw, "--version"], status=0)).out, p.run([dfl, "--version"]).out)
    best = {}
    for _ in range(10):
        for cmd in (dfl, dflw):
            start = time.perf_counter()
            p.run([cmd, "--version"], status=0)
            best[cmd] = min(best.get(cmd, 9.0), time.perf_counter() - start)
    if best[dflw] - best[dfl] > 0.030:
        fail("%.1f ms more" % ((best[dflw] - best[dfl]) * 1000))


dflw_adds_next_to_nothing.alone = True


@test
def dflw_may_be_a_link(p, dfl):
    os.symlink(os.path.join(ROOT, "dflw"), os.path.join(p.work, "d"))
    os.symlink("d", os.path.join(p.work, "e"))
    for cmd in ("./d", "./e"):
        same(silent(p.run([cmd, "--version"], status=0)).out, p.run([dfl, "--version"]).out)


def checkout(p, ninja):
    """A checkout without sources, and the environment for its dflw, where ninja is this script."""
    for folder in ("compiler", "runtime", "stdlib"):
        os.makedirs(os.path.join(p.work, folder))
    p.write("CMakeLists.txt", "")
    shutil.copy(os.path.join(ROOT, "dflw"), p.work)
    for name, text in ((".ci/setup", "exit 0"), ("bin/cmake", "exit 0"), ("bin/ninja", ninja)):
        p.write(name, "#!/bin/sh\n%s\n" % text)
        os.chmod(os.path.join(p.work, name), 0o755)
    return dict(p.env, PATH=os.path.join(p.work, "bin") + ":" + os.environ["PATH"])


@test
def dflw_tells_of_a_build_that_failed(p, dfl):
    env = checkout(p, "echo why; exit 3")
    r = p.run(["./dflw"], env=env, status=1)
    same((r.out, r.err), ("", "dflw: configuring\ndflw: building\nwhy\ndflw: the build failed; its words are above\n"))


@test
def dflw_is_interrupted_without_a_word(p, dfl):
    env = checkout(p, "echo why; echo >begun; sleep 20")
    run = subprocess.Popen(["./dflw"], cwd=p.work, env=env, stderr=subprocess.PIPE, start_new_session=True,
                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    end = time.monotonic() + 10
    while not os.path.exists(os.path.join(p.work, "begun")) and time.monotonic() < end:
        time.sleep(0.005)
    time.sleep(0.5)  # a shell hears nothing between starting a command and waiting for it
    os.killpg(run.pid, signal.SIGINT)
    same((run.communicate(timeout=10)[1], run.returncode),
         (b"dflw: configuring\ndflw: building\n", -signal.SIGINT))


@test
def hello_is_checked_at_once(p, dfl):
    p.write("a.dfl", HELLO)
    best = 9.0
    for _ in range(10):
        start = time.perf_counter()
        p.run([dfl, "check", "a.dfl"], status=0)
        best = min(best, time.perf_counter() - start)
    if best > 0.030:
        fail("%.1f ms" % (best * 1000))


hello_is_checked_at_once.alone = True


@test
def mem_says_how_much_tasks_share(p, dfl):
    p.write("a.dfl", """import io
import time
@mem(32mb)
io task half(start: time.Instant) -> (duration, duration) {
  let begin = time.since(start)
  io.sleep(30ms)
  (begin, time.since(start))
}
io task main(args: [str]) -> int! {
  let start = time.now()
  let spans = await [spawn half(start) for _ in 0..6]
  print("{[[b for b in spans if b.0 <= a.0 && a.0 < b.1].len for a in spans].max() else 0}")
  0
}
""")
    for size, wanted in (("10mb", "1"), ("67108863", "1"), ("64mb", "2"), ("97mb", "3"), ("1tb", "6")):
        same(p.run([dfl, "run", "--mem", size, "a.dfl"], status=0).out, wanted + "\n")
    same(p.run([dfl, "run", "a.dfl"], env=dict(p.env, DFL_MEM="65mb"), status=0).out, "2\n")
    for bad in ("0", "5zb", "mb", "-3"):
        wants(p.run([dfl, "run", "--mem", bad, "a.dfl"], status=2).err,
              "^error: --mem or DFL_MEM is '%s'; it must be a number of bytes from 1 to .*like 64mb\n$" % bad)


@test
def labels_are_names_of_nodes(p, dfl):
    p.write("a.dfl", """@on("gpu")
task one(n: int) -> int { n }
io task main(args: [str]) {
  match try await spawn one(1) {
    ok(n)  => print("{n}")
    err(e) => print("{e.kind}")
  }
  print("{await spawn one(2)}")
}
""")
    for labels in ([], ["--label", "1=gpu"], ["--label=1=disk", "--label", "1=gpu"], ["--label", "1=disk,1=gpu"]):
        same(p.run([dfl, "run"] + labels + ["a.dfl"], status=0).out, "1\n2\n")
    r = p.run([dfl, "run", "--label", "1=disk", "a.dfl"], status=1)
    same((r.out, r.err), ("label\n", 'error: no node of the run has the label "gpu", which one is for; '
                          '`--label 1=gpu` gives it to the first\n  at a.dfl:8:17\n  in task one, spawned at a.dfl:8\n'))
    same(p.run([dfl, "run", "a.dfl"], env=dict(p.env, DFL_LABELS="1=disk"), status=1).out, "label\n")
    for bad, why in (("gpu", "is not a node and its label, like 2=gpu"),
                     ("2=gpu", "there is no such node in a run on 1; --nodes asks for more"),
                     ("1=a b", "a label is letters, digits")):
        wants(p.run([dfl, "run", "--label", bad, "a.dfl"], status=2).err,
              "^error: --label or DFL_LABELS: '%s'.*%s" % (bad, why))
    wants(p.run([dfl, "run", "--interp", "--label", "1=gpu", "a.dfl"], status=2).err,
          "--interp and --label do not go together", "hint: ")


@test
def gdb_knows_lines_arguments_and_frames(p, dfl):
    if not shutil.which("gdb"):
        fail("gdb is not installed")
    p.write("a.dfl", "fn add(a: int, b: int) -> int {\n  let sum = a + b\n  sum * 2\n}\n\n"
                     "io task main(args: [str]) -> int! {\n  print(\"{add(20, 22)}\")\n  0\n}\n")
    p.run([dfl, "build", "-q", "-O0", "a.dfl"], status=0)
    r = p.run(["gdb", "-q", "-nx", "-batch", "-ex", "break a.dfl:3", "-ex", "run", "-ex", "info args",
               "-ex", "print sum", "-ex", "bt", "./a"], timeout=120)
    wants(r.out, r"a\.dfl:3", r"a = 20", r"b = 22", r"\$1 = 42", r"main.*a\.dfl:7|a\.dfl:7")


def cases(dfl):
    for fn in TESTS_HERE + checkpoints.TESTS:
        yield Case("cli/" + fn.__name__, lambda p, f=fn: f(p, dfl), alone=getattr(fn, "alone", False))

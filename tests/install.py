"""`cmake --install`: what it puts under a prefix works without the sources and the build folder."""
import os
import shutil

from harness import Case, fail, same

HELLO = 'io task main(args: [str]) -> int! {\n  print("hello {args.join(",")}")\n  0\n}\n'
C_CALLER = 'extern "stdlib.h" fn abs(x: i32) -> i32\nio task main() { print("{abs(-7)}") }\n'
SIZE = 'extern "size.h" link "size.c" fn size() -> i32\nio task main() { print("{size()}") }\n'
PARTS = ["bin/dfl", "lib/dfl/libdfl.a", "lib/dfl/libdflcg.so", "lib/dfl/libdflgv.so", "include/dfl.h",
         "include/abi.def", "include/fail.def", "share/dfl/stdlib/prelude.dfl",
         "share/dfl/explain/E0200.md"]


def installed(place, build):
    prefix = os.path.join(place.work, "prefix")
    place.run(["cmake", "--install", build, "--prefix", prefix], status=0)
    for part in PARTS:
        if not os.path.isfile(os.path.join(prefix, part)) or os.path.islink(os.path.join(prefix, part)):
            fail("%s is missing" % part)
    moved = os.path.join(place.work, "moved")
    shutil.move(prefix, moved)
    dfl = os.path.join(moved, "bin", "dfl")
    env = {"XDG_CACHE_HOME": os.path.join(place.work, "cache")}
    hello = place.write("hello.dfl", HELLO)
    same(place.run([dfl, "run", hello, "a", "b"], env=env, status=0).out, "hello a,b\n")
    same(place.run([dfl, "run", "--interp", hello], env=env, status=0).out, "hello \n")
    place.run([dfl, "build", "-q", hello, "-o", "hello"], env=env, status=0)
    same(place.run(["./hello", "c"], status=0).out, "hello c\n")
    place.run([dfl, "graph", hello, "-o", "hello.svg"], status=0)
    c_caller = place.write("c.dfl", C_CALLER)
    for mode in ("-O2", "--interp"):
        same(place.run([dfl, "run", mode, c_caller], env=env, status=0).out, "7\n")
    place.write("size.h", "int size(void);\n")
    place.write("size.c", "#include <dfl.h>\nint size(void) { return sizeof(struct dfl_task); }\n")
    size = place.write("size.dfl", SIZE)
    same(place.run([dfl, "run", size], env=env, status=0).out, "64\n")
    c = place.write("user.c", "#include <dfl.h>\nint main(void) { return sizeof(struct dfl_task) != 64; }\n")
    place.run(["gcc", "-std=gnu11", "-I", os.path.join(moved, "include"), c, "-o", "user"], status=0)
    place.run(["./user"], status=0)


def cases(build):
    yield Case("install", lambda p: installed(p, build))

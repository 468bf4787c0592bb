"""The processes of a run on several nodes, found by a mark in their environment, and what must be gone
with them: processes, sockets, shared memory."""
import os
import re
import time

MARK = "CLUSTER_MARK"
HEAD, ROOT = (1, 0), (1, 1)


def environment(pid):
    try:
        with open("/proc/%d/environ" % pid, "rb") as f:
            return dict(e.split(b"=", 1) for e in f.read().split(b"\0") if b"=" in e)
    except OSError:
        return {}


def state(pid):
    """(its state as a letter, its parent), or ("X", 0) when it is gone."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            words = f.read().rpartition(")")[2].split()
            return words[0], int(words[1])
    except OSError:
        return "X", 0


def is_alive(pid):
    """Not if it is a zombie, which is gone for all but its parent."""
    return state(pid)[0] not in "ZX"


def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def of(mark):
    """{(node, start): pid} of the living processes of the run with this mark; the head is (1, 0). What
    a process is about to start looks like it for a moment."""
    found = {}
    for pid in pids():
        env = environment(pid)
        if env.get(MARK.encode()) != mark.encode() or not is_alive(pid):
            continue
        part = int(env.get(b"DFL_PART", b"65536").split(b":")[0])
        found.setdefault((part >> 16, part & 0xffff), []).append(pid)
    return {part: next((p for p in same if state(p)[1] not in same), same[0]) for part, same in found.items()}


def until(condition, seconds=10.0):
    """What the condition gives once that is true, or what it gave last."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.005)


def name(part):
    return "node %d" % part[0] if part[1] == 0 else "worker %d of node %d" % (part[1], part[0])


def held_sockets():
    held = set()
    for pid in pids():
        folder = "/proc/%d/fd" % pid
        try:
            for fd in os.listdir(folder):
                m = re.match(r"socket:\[(\d+)\]", os.readlink(os.path.join(folder, fd)))
                if m:
                    held.add(m[1])
        except OSError:
            pass
    return held


def orphans():
    """Addresses of runs that nobody holds. (A connection that is not yet accepted nobody holds either,
    but its listener has the same address.)"""
    found = {}
    with open("/proc/net/unix") as f:
        for line in f:
            words = line.split()
            if len(words) == 8 and words[7].startswith("@dfl-"):
                found[words[6]] = words[7]
    held = held_sockets() if found else ()
    return sorted(set(found.values()) - {path for inode, path in found.items() if inode in held})


def left(mark):
    """What is left of a run that is over, in words; '' if nothing is. Ends may take a moment."""
    def found():
        return of(mark)

    living = found() and until(lambda: not found(), 2.0) or found()
    if isinstance(living, dict) and living:
        for pid in living.values():
            os.kill(pid, 9)
        return "processes: " + ", ".join(name(p) for p in sorted(living))
    shared = [f for f in os.listdir("/dev/shm") if "dfl" in f]
    if shared:
        return "shared memory: " + ", ".join(shared)
    if orphans() and until(lambda: not orphans(), 1.0) is False:
        return "sockets: " + ", ".join(orphans())
    return ""

"""A session folder: what all processes of one run write, each into a folder of its own.

    SESSION/metadata.json          once, by whichever process comes first
    SESSION/p4711-1a2b3c/…         one process: metadata.json, tables, summaries

The folder is made with the first figure, never before. Whoever knows its name first
puts it into the environment, so that forked and spawned children join.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import sys
import time

from . import SCHEMA_VERSION, VERSION
from .tables import put


def choose_folder(settings):
    """The session's folder, told to child processes by the environment."""
    folder = settings.environ.get("PROFILEMATE_SESSION_DIR")
    if not folder:
        name = "session_%s_%d" % (time.strftime("%Y%m%d_%H%M%S"), os.getpid())
        folder = os.path.join(settings.output_dir, name)
        settings.environ["PROFILEMATE_SESSION_DIR"] = os.path.abspath(folder)
    return os.path.abspath(folder)


def boot_id():
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return None


def clocks():
    """Nanoseconds of the wall's and of the monotonic clock at one instant.

    A busy machine may put the process aside between two readings, so of a few
    pairs the one is taken that had the least time within.
    """

    def pair():
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        return after - before, wall, (before + after) // 2

    return min(pair() for _ in range(5))[1:]


class Clock:
    """Seconds since the session began, the same instant for all of its processes.

    Within a boot of one machine the monotonic clock is shared. Elsewhere (another
    node, another boot) the wall clocks are all there is, and the metadata says so.
    """

    def __init__(self, session):
        self.wall_ns, self.monotonic_ns = clocks()
        shared = session.get("boot_id") is not None and session.get("boot_id") == boot_id()
        self.source = "monotonic" if shared else "wall"
        if shared:
            self.zero = session["start_monotonic_ns"]
        else:
            self.zero = self.monotonic_ns - (self.wall_ns - session["start_wall_ns"])

    def seconds(self, monotonic_ns):
        return (monotonic_ns - self.zero) * 1e-9

    def anchor(self):
        """A pair of clock readings."""
        wall, monotonic = clocks()
        return {
            "wall_ns": wall,
            "monotonic_ns": monotonic,
            "timestamp_sec": round(self.seconds(monotonic), 9),
        }


def join(folder, settings):
    """Makes the session's folder, or joins it; returns its metadata."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "metadata.json")
    wall, monotonic = clocks()
    mine = {
        "schema": "profilemate-session",
        "schema_version": SCHEMA_VERSION,
        "writer": "profilemate-runtime " + VERSION,
        "session": os.path.basename(folder),
        "start_wall_ns": wall,
        "start_monotonic_ns": monotonic,
        "boot_id": boot_id(),
        "hostname": socket.gethostname(),
        "python": platform.python_version(),
        "settings": settings.as_json(),
    }
    beside = "%s.%d.new" % (path, os.getpid())
    with open(beside, "w", encoding="utf-8") as file:
        json.dump(mine, file, indent=2)
    try:
        # A link appears whole or not at all, and never over another's.
        os.link(beside, path)
        return mine
    except FileExistsError:
        pass
    except OSError:
        # A file system without links: the first to create it wins.
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(mine, file, indent=2)
            return mine
        except FileExistsError:
            pass
    finally:
        os.remove(beside)
    return _read_others(path, mine)


def _read_others(path, mine):
    for _ in range(20):
        try:
            with open(path, encoding="utf-8") as file:
                found = json.load(file)
            if "start_wall_ns" in found and "start_monotonic_ns" in found:
                return found
        except ValueError:
            pass
        time.sleep(0.01)
    # Somebody else's file, or half of one. Wall time still lines up.
    return dict(mine, boot_id=None)


def process_folder(folder):
    """A name no other process has had: the pid alone comes round again."""
    return os.path.join(folder, "p%d-%06x" % (os.getpid(), time.time_ns() // 1000 % (1 << 24)))


def describe_process():
    argv = getattr(sys, "orig_argv", None) or sys.argv or [""]
    return {
        "pid": os.getpid(),
        "parent_pid": os.getppid(),
        "hostname": socket.gethostname(),
        "python": platform.python_version(),
        # The program alone: arguments may hold keys and names.
        "program": os.path.basename(argv[0]),
    }


def write_json(path, value):
    put(path, json.dumps(value, indent=2, default=str) + "\n")

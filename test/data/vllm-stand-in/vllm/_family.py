"""Which version this is, and what has really happened in this process."""

import atexit
import json
import os
import sys

VERSION = os.environ.get("STANDIN_VLLM", "0.27.0")
RUNNER = os.environ.get("STANDIN_RUNNER", "V1")
_PARTS = tuple(int(part) for part in VERSION.split("."))


def since(*parts):
    return _PARTS >= parts


def absent(unless):
    """At the top of a module that a version does not have."""
    if not unless:
        name = sys._getframe(1).f_globals["__name__"]
        raise ModuleNotFoundError("No module named %r" % name, name=name)


class Truth:
    """Counts that the methods of the stand-in keep of themselves."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.counts = {}
        self.lists = {}

    def add(self, name, by=1):
        self.counts[name] = self.counts.get(name, 0) + by

    def note(self, name, value):
        self.lists.setdefault(name, []).append(value)

    def write(self):
        folder = os.environ.get("STANDIN_TRUTH")
        if folder and (self.counts or self.lists):
            path = os.path.join(folder, "truth_%d.json" % os.getpid())
            with open(path + ".tmp", "w") as file:
                json.dump({"pid": os.getpid(), "counts": self.counts, "lists": self.lists}, file)
            os.replace(path + ".tmp", path)


truth = Truth()
atexit.register(truth.write)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=truth.reset)

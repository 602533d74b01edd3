"""Calls back once a module of vLLM has been imported, without importing it."""

from __future__ import annotations

import sys
import threading

from . import guard


class ImportWatch:
    """A finder that leaves finding to those behind it, and watches the modules it waits for."""

    def __init__(self, targets):
        self._targets = dict(targets)
        self._asking = threading.local()

    def start(self):
        for name in list(self._targets):
            module = sys.modules.get(name)
            if module is not None and not _is_initialising(module):
                self._imported(name, module)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in self._targets:
            return None
        # A finder behind may ask all finders again, as other import hooks do.
        if getattr(self._asking, "name", None) == fullname:
            return None
        self._asking.name = fullname
        try:
            spec = self._ask_others(fullname, path, target)
            if spec is not None and spec.loader is not None:
                self._watch(spec.loader, fullname)
            return spec
        except Exception as error:
            guard.hook("import").failed(error)
            return None
        finally:
            self._asking.name = None

    def _ask_others(self, fullname, path, target):
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec = find(fullname, path, target)
            if spec is not None:
                return spec
        return None

    def _watch(self, loader, fullname):
        run = loader.exec_module

        def exec_module(module):
            if module.__name__ != fullname:
                return run(module)
            # The loader is left as it was found.
            loader.__dict__.pop("exec_module", None)
            run(module)
            self._imported(fullname, module)

        loader.exec_module = exec_module

    def _imported(self, name, module):
        for install in self._targets.pop(name, ()):
            try:
                install(module)
            except Exception as error:
                guard.hook("install " + name).failed(error)


def _is_initialising(module):
    return getattr(getattr(module, "__spec__", None), "_initializing", False)

"""Runs at the start of every Python process that has this folder on its path.

A process that never imports vLLM pays for this file and one comparison of names
an import. Python runs only the first `sitecustomize` on the path, so the one that
would have run without this folder is run from here.
"""

import os
import sys


class _WaitForVllm:
    """First in line at every import until `vllm` is wanted; finds nothing itself."""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname == "vllm":
            _stop_waiting(cls)
            try:
                import profilemate_runtime.activate

                profilemate_runtime.activate.activate()
            except Exception as error:
                # vLLM must start whatever becomes of us.
                try:
                    sys.stderr.write("profilemate: runtime layer is off: %r\n" % (error,))
                except Exception:
                    pass
        return None


def _stop_waiting(finder):
    try:
        sys.meta_path.remove(finder)
    except ValueError:
        pass


def _path_without_us():
    here = os.path.realpath(os.path.dirname(__file__))
    return [entry for entry in sys.path if os.path.realpath(entry or os.curdir) != here]


def _run_next_sitecustomize(behind):
    """Runs the `sitecustomize` behind this one; its errors are its own, as ever."""
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("sitecustomize", behind)
    if spec is None or spec.loader is None:
        return
    from importlib.util import module_from_spec

    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


_behind = _path_without_us()
if os.environ.get("PROFILEMATE_RUNTIME", "1").strip().lower() not in ("0", "off", "false", "no"):
    sys.meta_path.insert(0, _WaitForVllm)
else:
    # Off is off: vLLM finds no plugin of ours either.
    sys.path[:] = _behind
_run_next_sitecustomize(_behind)

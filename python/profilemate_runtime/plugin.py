"""`vllm.general_plugins`: vLLM calls this in each of its processes, early, once or more."""

from __future__ import annotations

from . import guard


def register():
    try:
        from .activate import activate

        activate()
    except Exception as error:
        guard.hook("plugin").failed(error)

"""Turns the layer on, once a process, when vLLM is about to be imported or calls its plugin."""

from __future__ import annotations

import threading

from .settings import Settings

_lock = threading.Lock()
_layer = None
_tried = False


def activate():
    """Returns the layer, or None where it is off. A second call does nothing."""
    global _layer, _tried
    with _lock:
        if not _tried:
            _tried = True
            settings = Settings()
            if settings.enabled:
                _layer = _start(settings)
        return _layer


def _start(settings):
    from .imports import ImportWatch
    from .layer import Layer

    layer = Layer(settings)
    ImportWatch(layer.targets()).start()
    return layer

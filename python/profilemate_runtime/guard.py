"""Wrapping of vLLM's methods so that nothing of ours can reach vLLM.

What vLLM's method returns and raises goes through untouched. Where our part of a
hook fails it is counted, told once on stderr, and given up after many failures.
Only `Exception` is held back: a SystemExit raised by a signal's handler while our
code runs is vLLM's own.
"""

from __future__ import annotations

import functools
import sys

GIVE_UP_AFTER = 100
_MARK = "__profilemate_hook__"


class Hook:
    """One wrapped method: whether it is in place, and how often our part failed."""

    __slots__ = ("name", "state", "failures", "last_error", "active")

    def __init__(self, name):
        self.name = name
        self.state = "waiting"
        self.failures = 0
        self.last_error = None
        self.active = True

    def failed(self, error):
        self.failures += 1
        try:
            self.last_error = ("%s: %s" % (type(error).__name__, error))[:300]
        except Exception:
            self.last_error = type(error).__name__
        if self.failures == 1:
            say("hook %s failed (%s); vLLM is not affected" % (self.name, self.last_error))
        if self.failures >= GIVE_UP_AFTER:
            self.active = False


_hooks = {}


def hook(name):
    found = _hooks.get(name)
    if found is None:
        found = _hooks[name] = Hook(name)
    return found


def hooks():
    return list(_hooks.values())


def forget_failures():
    """A forked child counts its own."""
    for each in _hooks.values():
        each.failures = 0
        each.last_error = None


def say(text):
    try:
        sys.stderr.write("profilemate: %s\n" % text)
    except Exception:
        pass


def wrap(owner, attribute, name, before=None, after=None, always=None):
    """Puts `before(args)` and `after(token, result, args, kwargs)` around a method.

    `before` returns the token; `always(token)` runs also where the method raised.
    Returns False, and says so in the metadata, where this version has no such method.
    """
    state = hook(name)
    definer = _definer(owner, attribute)
    if definer is None:
        state.state = "absent"
        return False
    raw = definer.__dict__[attribute]
    static = isinstance(raw, staticmethod)
    original = raw.__func__ if static else raw
    if not callable(original):
        state.state = "absent"
        return False
    if getattr(original, _MARK, None) == name:
        state.state = "installed"
        return True

    @functools.wraps(original)
    def wrapper(*args, **kwargs):
        if not state.active:
            return original(*args, **kwargs)
        token = None
        if before is not None:
            try:
                token = before(args)
            except Exception as error:
                state.failed(error)
        if always is None:
            result = original(*args, **kwargs)
        else:
            try:
                result = original(*args, **kwargs)
            finally:
                try:
                    always(token)
                except Exception as error:
                    state.failed(error)
        if after is not None:
            try:
                after(token, result, args, kwargs)
            except Exception as error:
                state.failed(error)
        return result

    setattr(wrapper, _MARK, name)
    setattr(definer, attribute, staticmethod(wrapper) if static else wrapper)
    state.state = "installed"
    return True


def replace(owner, attribute, name, make):
    """Puts `make(original, state)` in a method's place, or leaves it where that is None.

    For hooks that change an argument, or that must look like the original to whoever
    traces it.
    """
    state = hook(name)
    definer = _definer(owner, attribute)
    if definer is None:
        state.state = "absent"
        return False
    raw = definer.__dict__[attribute]
    static = isinstance(raw, staticmethod)
    original = raw.__func__ if static else raw
    if getattr(original, _MARK, None) == name:
        return True
    made = make(original, state)
    if made is None:
        state.state = "absent"
        return False
    wrapper = functools.wraps(original)(made)
    setattr(wrapper, _MARK, name)
    setattr(definer, attribute, staticmethod(wrapper) if static else wrapper)
    state.state = "installed"
    return True


def _definer(owner, attribute):
    for each in getattr(owner, "__mro__", ()):
        if attribute in each.__dict__:
            return None if each is object else each
    return None

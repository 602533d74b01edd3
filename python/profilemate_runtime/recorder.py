"""One process's files: when they are begun, written, and written for the last time."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time

from . import SCHEMA_VERSION, guard, session
from .tables import Table, put


class Recorder:
    def __init__(self, settings):
        self.settings = settings
        self.session_folder = session.choose_folder(settings)
        self.tables = []
        self.summaries = []
        self.limits = {}
        self.facts = {}
        self.before_flush = []
        self.on_last = []
        self.on_fork = []
        self.rank = None
        self._lock = threading.Lock()
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._before_fork,
                after_in_parent=self._after_fork_in_parent,
                after_in_child=self._after_fork_in_child,
            )

    def _reset(self):
        self.open = False
        self.broken = None
        self.folder = None
        self.clock = None
        self.anchors = []
        self.write_errors = 0
        self.last_write_error = None
        self._next_summary = 0.0
        self._wrong = 0
        self._closed = False
        self._stop = threading.Event()
        self._held_fork = False

    # -- what trackers use

    def table(self, name, columns, pattern, shape=None):
        table = Table(name, columns, pattern, shape)
        self.tables.append(table)
        return table

    def counts(self, name, render):
        """A file replaced at each flush: `render()` gives its text, or None for nothing new."""
        self.summaries.append([name, render, None, False])

    def summary(self, name, render):
        """One replaced every few seconds: percentiles take sorting. Text, or a value for JSON."""
        self.summaries.append([name, render, None, True])

    def limit(self, tracker, statement):
        """Something this version, or this way of running, cannot tell."""
        self.limits[(tracker, statement)] = True

    def fact(self, name, value):
        self.facts[name] = value

    def ready(self):
        """Called by every hook before it records; cheap once open. False where all is off."""
        if self.open:
            return True
        if self.broken is not None or self._closed:
            return False
        with self._lock:
            if not self.open and self.broken is None:
                self._begin()
        return self.open

    def seconds(self, monotonic_ns):
        return (monotonic_ns - self.clock.zero) * 1e-9

    # -- life

    def _begin(self):
        try:
            about = session.join(self.session_folder, self.settings)
            self.clock = session.Clock(about)
            self.folder = session.process_folder(self.session_folder)
            os.makedirs(self.folder, exist_ok=True)
            self.anchors = [self.clock.anchor()]
            self.open = True
        except Exception as error:
            # vLLM goes on; there is nowhere to write even that.
            self.broken = "%s: %s" % (type(error).__name__, error)
            guard.say("cannot write to %s (%s); nothing is tracked" % (self.session_folder, error))
            return
        try:
            self._watch_exit()
            threading.Thread(target=self._run, name="profilemate", daemon=True).start()
            if self.settings.metrics_port:
                from . import prometheus

                prometheus.serve(self)
        except Exception as error:
            guard.hook("recorder").failed(error)

    def _run(self):
        stop = self._stop
        pid = os.getpid()
        while not stop.wait(self.settings.flush_seconds):
            if os.getpid() != pid:
                return
            self.flush()

    def flush(self, last=False, wait=5.0):
        """Writes what has come in. Never raises; gives up where another flush will not end."""
        if not self.open or not self._lock.acquire(timeout=wait):
            return
        try:
            for each in self.before_flush:
                try:
                    each()
                except Exception as error:
                    guard.hook("flush").failed(error)
            self._flush_tables()
            now = time.monotonic()
            slow = last or now >= self._next_summary
            if slow:
                self._next_summary = now + self.settings.summary_seconds
            self._flush_summaries(slow)
            if slow or self._metadata_due():
                self._write_metadata(last)
        except Exception as error:
            self._write_failed(error)
        finally:
            self._lock.release()

    def _flush_tables(self):
        suffix = ",%s,%d\n" % ("" if self.rank is None else self.rank, os.getpid())
        settings = self.settings
        for table in self.tables:
            try:
                table.flush(self.folder, suffix, settings.max_file_bytes, settings.keep_files)
            except OSError as error:
                self._write_failed(error)

    def _metadata_due(self):
        """At once where something has gone wrong; else with the summaries."""
        wrong = self.write_errors + sum(each.failures for each in guard.hooks())
        due = wrong != self._wrong
        self._wrong = wrong
        return due

    def _flush_summaries(self, slow):
        for entry in self.summaries:
            name, render, written, is_slow = entry
            if is_slow and not slow:
                continue
            try:
                value = render()
                if value is None:
                    continue
                text = value if isinstance(value, str) else session.json.dumps(value, indent=2) + "\n"
                if text != written:
                    put(os.path.join(self.folder, name), text)
                    entry[2] = text
            except OSError as error:
                self._write_failed(error)
            except Exception as error:
                guard.hook("summary " + name).failed(error)

    def _write_failed(self, error):
        self.write_errors += 1
        self.last_write_error = "%s: %s" % (type(error).__name__, error)
        if self.write_errors == 1:
            guard.say("cannot write (%s); rows are lost until it works again" % error)

    def metadata(self, last=False):
        anchors = self.anchors[:1] + [self.clock.anchor()]
        return {
            "schema": "profilemate-process",
            "schema_version": SCHEMA_VERSION,
            "state": "finished" if last else "running",
            "rank": self.rank,
            **session.describe_process(),
            "clock": self.clock.source,
            "anchors": anchors,
            "vllm_version": vllm_version(),
            **self.facts,
            "hooks": {
                each.name: {
                    "state": each.state,
                    "failures": each.failures,
                    "last_error": each.last_error,
                }
                for each in guard.hooks()
            },
            "limits": [
                {"tracker": tracker, "statement": text} for tracker, text in list(self.limits)
            ],
            "tables": {table.name: table.as_json() for table in self.tables if table.written},
            "dropped_rows": sum(table.dropped for table in self.tables),
            "write_errors": self.write_errors,
            "last_write_error": self.last_write_error,
            "settings": self.settings.as_json(),
        }

    def _write_metadata(self, last):
        session.write_json(os.path.join(self.folder, "metadata.json"), self.metadata(last))

    def finish(self, wait=5.0):
        """The last write; later figures are not recorded."""
        if self._closed or not self.open:
            return
        self._closed = True
        self._stop.set()
        for each in self.on_last:
            try:
                each()
            except Exception as error:
                guard.hook("finish").failed(error)
        self.flush(last=True, wait=wait)
        self.open = False

    def _watch_exit(self):
        atexit.register(self.finish)
        util = sys.modules.get("multiprocessing.util")
        if util is not None:
            # Forked children end by os._exit and never reach atexit; they do run these.
            util.Finalize(None, self.finish, exitpriority=0)
        if threading.current_thread() is not threading.main_thread():
            return
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._terminated)

    def _terminated(self, number, frame):
        """Only where nobody else handles it: write, then end as if we had not been here."""
        # The main thread may have been interrupted amid a flush: wait little for its lock.
        self.finish(wait=0.5)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)

    # -- fork

    def _before_fork(self):
        self._held_fork = self._lock.acquire(timeout=1.0)

    def _after_fork_in_parent(self):
        if self._held_fork:
            self._held_fork = False
            self._lock.release()

    def _after_fork_in_child(self):
        self._lock = threading.Lock()
        self._reset()
        self.rank = None
        for table in self.tables:
            table.restart()
        for entry in self.summaries:
            entry[2] = None
        guard.forget_failures()
        for each in self.on_fork:
            try:
                each()
            except Exception as error:
                guard.hook("fork").failed(error)


def vllm_version():
    module = sys.modules.get("vllm")
    version = getattr(module, "__version__", None)
    return str(version) if version is not None else None


"""CSV tables that grow, and whole files that are replaced.

Rows are appended by vLLM's threads without a lock (a list's append is one step)
and written by the flusher. A row is either whole in the file or at its very end.
"""

from __future__ import annotations

import os
import time

MAX_WAITING_ROWS = 50_000
_ROWS_A_TURN = 256


def quote(text):
    """A text as one CSV cell; names and ids are anyone's."""
    # One row a line: a reader may then cut the file at any line's end.
    text = str(text).replace("\r", " ").replace("\n", " ")
    if any(mark in text for mark in ',"'):
        return '"%s"' % text.replace('"', '""')
    return text


def blank(value, pattern="%s"):
    """What is not known is an empty cell, never a zero."""
    return "" if value is None else pattern % value


class Table:
    """A CSV file of one process. `pattern` writes a row's own cells; rank and pid follow.

    A row is a tuple of the pattern's values, or `shape(row)` makes the pattern's values of what was recorded, where that is more work
    than a step should do.
    """

    def __init__(self, name, columns, pattern, shape=None):
        self.name = name
        self._made_of = (columns, pattern, shape)
        self.header = columns + ",rank,pid\n"
        self.pattern = pattern
        self.shape = shape
        self.rows = []
        self.written = 0
        self.dropped = 0
        self.bytes = 0
        self.removed_files = 0
        self.serial = 0

    def add(self, row):
        if len(self.rows) < MAX_WAITING_ROWS:
            self.rows.append(row)
        else:
            self.dropped += 1

    def flush(self, folder, suffix, max_bytes, keep):
        """Appends what has come in since; raises OSError, and then the rows are lost."""
        rows = self.rows[:]
        # Emptied, not replaced: a thread may have this very list in hand, about to append.
        del self.rows[: len(rows)]
        if not rows:
            return
        pattern, shape = self.pattern + suffix, self.shape
        lines = []
        for start in range(0, len(rows), _ROWS_A_TURN):
            some = rows[start : start + _ROWS_A_TURN]
            if shape is None:
                lines += [pattern % row for row in some]
            else:
                lines += [pattern % shape(row) for row in some]
            # Lets go of the interpreter's lock, so that a step never waits for a whole flush.
            time.sleep(0)
        path = os.path.join(folder, self.name)
        text = "".join(lines)
        if self.bytes and self.bytes + len(text) > max_bytes:
            self._rotate(path, keep)
        if self.bytes == 0:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            text = self.header + text
        data = text.encode("utf-8", "replace")
        try:
            append(path, data)
        except OSError:
            self.dropped += len(rows)
            raise
        self.bytes += len(data)
        self.written += len(rows)

    def _rotate(self, path, keep):
        """`name.csv` becomes `name.SERIAL.csv`; of those the newest `keep - 1` stay."""
        self.serial += 1
        stem, extension = os.path.splitext(path)
        os.replace(path, "%s.%06d%s" % (stem, self.serial, extension))
        self.bytes = 0
        old = self.serial - (keep - 1)
        if old >= 1:
            try:
                os.remove("%s.%06d%s" % (stem, old, extension))
                self.removed_files += 1
            except FileNotFoundError:
                pass

    def restart(self):
        """In a forked child: the parent's rows are the parent's."""
        self.__init__(self.name, *self._made_of)

    def as_json(self):
        return {
            "rows": self.written,
            "dropped_rows": self.dropped,
            "rotated_files": self.serial,
            "removed_files": self.removed_files,
        }


def append(path, data):
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
    finally:
        os.close(handle)


def put(path, text):
    """Replaces a file whole: a reader sees the old one or the new one."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    beside = "%s.%d.tmp" % (path, os.getpid())
    with open(beside, "w", encoding="utf-8", errors="replace", newline="") as file:
        file.write(text)
    os.replace(beside, path)

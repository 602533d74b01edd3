"""What to track and where to put it, from `PROFILEMATE_*` variables.

The prefix is ours alone: vLLM warns about, and can refuse, unknown `VLLM_*` names.
"""

from __future__ import annotations

import os
import tempfile

TRACKERS = {
    "cuda_graphs": True,
    "kv_cache": True,
    "forward_pass": True,
    "cpu": True,
    "batch": True,
    "requests": True,
    "encoder_decoder": True,
    # Adds small kernels to the captured graphs, so it is asked for by name.
    "moe": False,
}

_OFF = ("0", "off", "false", "no")
_ON = ("1", "on", "true", "yes")


class Settings:
    """Read once a process; a value that cannot be read keeps its default and is told."""

    def __init__(self, environ=None):
        self.environ = os.environ if environ is None else environ
        self.problems = []
        self.enabled = self._switch("RUNTIME", True)
        self.trackers = {
            name: self._switch(name.upper(), default) for name, default in TRACKERS.items()
        }
        self.output_dir = self.environ.get("PROFILEMATE_OUTPUT_DIR") or os.path.join(
            tempfile.gettempdir(), "profilemate"
        )
        self.flush_seconds = self._number("FLUSH_SECONDS", 1.0, 0.05, 3600.0)
        self.summary_seconds = self._number("SUMMARY_SECONDS", 5.0, 0.0, 3600.0)
        self.sample_every = int(self._number("SAMPLE_EVERY", 1, 1, 1_000_000))
        self.kv_interval_ns = int(self._number("KV_INTERVAL_MS", 50, 0, 3_600_000) * 1_000_000)
        self.max_file_bytes = int(self._number("MAX_FILE_MB", 64, 0.001, 1_000_000) * 1_000_000)
        self.keep_files = int(self._number("KEEP_FILES", 4, 1, 10_000))
        self.metrics_port = int(self._number("METRICS_PORT", 0, 0, 65_535))
        self.moe_seconds = self._number("MOE_SECONDS", 10.0, 0.0, 3600.0)
        self.moe_coselection = self._switch("MOE_COSELECTION", True)

    def tracks(self, name):
        return self.trackers[name]

    def as_json(self):
        return {
            "trackers": dict(self.trackers),
            "flush_seconds": self.flush_seconds,
            "summary_seconds": self.summary_seconds,
            "sample_every": self.sample_every,
            "kv_interval_ms": self.kv_interval_ns / 1e6,
            "max_file_mb": self.max_file_bytes / 1e6,
            "keep_files": self.keep_files,
            "moe_seconds": self.moe_seconds,
            "moe_coselection": self.moe_coselection,
            "problems": list(self.problems),
        }

    def _switch(self, name, default):
        text = self.environ.get("PROFILEMATE_" + name, "").strip().lower()
        if text in _OFF:
            return False
        if text in _ON:
            return True
        if text:
            self.problems.append("PROFILEMATE_%s=%r is neither 0 nor 1" % (name, text[:40]))
        return default

    def _number(self, name, default, least, most):
        text = self.environ.get("PROFILEMATE_" + name, "").strip()
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if least <= value <= most:
            return value
        self.problems.append(
            "PROFILEMATE_%s=%r is no number from %g to %g" % (name, text[:40], least, most)
        )
        return default

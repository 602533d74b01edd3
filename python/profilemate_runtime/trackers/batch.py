"""How much of what the scheduler may put into a step it does put in, and who waits."""

from __future__ import annotations

from ..figures import Distribution

# Half of what is allowed, while requests wait: something else holds the batch back.
UNDERUSED_PERCENT = 50.0


class BatchUtilization:
    def __init__(self, recorder):
        self._recorder = recorder
        self.rows = recorder.table(
            "batch_utilization.csv",
            "timestamp_sec,num_seqs,max_num_seqs,seq_utilization_pct,num_tokens,max_tokens,"
            "token_utilization_pct,phase,running_queue_len,waiting_queue_len,context_requests,"
            "context_tokens",
            "%.6f,%d,%s,%s,%d,%s,%s,%s,%d,%d,%d,%d",
            _shape,
        )
        recorder.summary("batch_utilization_summary.json", self._render)
        self.forget()

    def forget(self):
        self.sequences = Distribution()
        self.tokens = Distribution()
        self.running = Distribution()
        self.waiting = Distribution()
        self.phases = {}
        self.empty = 0
        self.underused = 0
        self.last = (0, 0)

    def add(self, at, batch, running, waiting, most_sequences, most_tokens, keep):
        self.last = (running, waiting)
        if batch.tokens == 0:
            self.empty += 1
            return
        sequences = 100.0 * batch.requests / most_sequences if most_sequences else None
        tokens = 100.0 * batch.tokens / most_tokens if most_tokens else None
        phase = batch.phase
        self.phases[phase] = self.phases.get(phase, 0) + 1
        self.running.add(running)
        self.waiting.add(waiting)
        if tokens is not None:
            self.tokens.add(tokens)
        if sequences is not None:
            self.sequences.add(sequences)
            if waiting and sequences < UNDERUSED_PERCENT and (tokens or 0.0) < UNDERUSED_PERCENT:
                self.underused += 1
        if keep:
            self.rows.add((at, batch, running, waiting, most_sequences, most_tokens))

    def _render(self):
        if not self.phases and not self.empty:
            return None
        return {
            "steps": sum(self.phases.values()),
            "empty_steps": self.empty,
            "steps_by_phase": dict(self.phases),
            "seq_utilization": self.sequences.as_json("pct"),
            "token_utilization": self.tokens.as_json("pct"),
            "running_queue_len": self.running.as_json("requests"),
            "waiting_queue_len": self.waiting.as_json("requests"),
            "underutilized_steps": self.underused,
            "underutilized_means": "requests wait while sequences and tokens are both below %g %%"
            % UNDERUSED_PERCENT,
        }


def _shape(row):
    at, batch, running, waiting, most_sequences, most_tokens = row
    return (
        at,
        batch.requests,
        most_sequences or "",
        "%.3f" % (100.0 * batch.requests / most_sequences) if most_sequences else "",
        batch.tokens,
        most_tokens or "",
        "%.3f" % (100.0 * batch.tokens / most_tokens) if most_tokens else "",
        batch.phase,
        running,
        waiting,
        batch.context_requests,
        batch.context_tokens,
    )

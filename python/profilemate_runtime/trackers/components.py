"""Encoder and decoder of models that have both."""

from __future__ import annotations

from ..figures import Distribution


class Components:
    """Rows for the encoder whenever it runs, and for the decoder in those steps.

    The decoder is the rest of the step's execute_model. The summary's decoder has all
    steps, so that the shares are of the whole time.
    """

    def __init__(self, recorder):
        self._recorder = recorder
        self.rows = recorder.table(
            "encoder_decoder_timing.csv",
            "timestamp_sec,component,duration_ms,context,timing,step",
            "%.6f,%s,%s,%s,%s,%d",
        )
        recorder.summary("encoder_decoder_summary.json", self._render)
        self.forget()

    def forget(self):
        self.encoder = {}
        self.whole = {}

    def encoded(self, at, milliseconds, timing, inputs, step):
        if milliseconds is not None:
            _figures(self.encoder, timing).add(milliseconds)
        self.rows.add(
            (
                at,
                "encoder",
                "" if milliseconds is None else "%.4f" % milliseconds,
                "inputs=%d" % inputs,
                timing,
                step,
            )
        )

    def stepped(self, at, milliseconds, timing, encoder_milliseconds, batch, step):
        """`encoder_milliseconds` is 0 where the encoder did not run in the step."""
        if milliseconds is None or encoder_milliseconds is None:
            return
        decoder = max(0.0, milliseconds - encoder_milliseconds)
        _figures(self.whole, timing).add(decoder)
        if encoder_milliseconds > 0.0:
            self.rows.add(
                (at, "decoder", "%.4f" % decoder, "tokens=%d" % batch.tokens, timing, step)
            )

    def _render(self):
        if not self.encoder:
            return None
        result = {}
        for timing, encoder in list(self.encoder.items()):
            decoder = self.whole.get(timing, Distribution())
            total = encoder.total + decoder.total
            result[timing] = {
                "encoder": encoder.as_json("ms"),
                "decoder": decoder.as_json("ms"),
                "encoder_pct": round(100.0 * encoder.total / total, 4) if total else None,
                "decoder_pct": round(100.0 * decoder.total / total, 4) if total else None,
            }
        return {"timing": result}


def _figures(by_timing, timing):
    """Looked up first: making one seeds a generator, which a step should not do."""
    found = by_timing.get(timing)
    if found is None:
        found = by_timing[timing] = Distribution()
    return found

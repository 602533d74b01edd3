"""The process's figures as Prometheus text, on a port of the loopback interface alone."""

from __future__ import annotations

import os
import threading

from . import guard

_MOST_PORTS = 64


class Metrics:
    """Builds the exposition text: each name's HELP and TYPE once, then its samples."""

    def __init__(self, labels):
        self._labels = labels
        self._families = {}

    def add(self, name, kind, text, value, **labels):
        if value is None:
            return
        family = self._families.setdefault(name, (kind, text, []))
        family[2].append((dict(self._labels, **labels), value))

    def text(self):
        lines = []
        for name, (kind, text, samples) in self._families.items():
            lines.append("# HELP %s %s" % (name, text))
            lines.append("# TYPE %s %s" % (name, kind))
            for labels, value in samples:
                inside = ",".join('%s="%s"' % (key, _escape(each)) for key, each in labels.items())
                lines.append("%s{%s} %s" % (name, inside, repr(float(value))))
        return "\n".join(lines) + "\n" if lines else ""


def _escape(value):
    return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def render(recorder, layer):
    labels = {"pid": os.getpid()}
    if recorder.rank is not None:
        labels["rank"] = recorder.rank
    metrics = Metrics(labels)
    add = metrics.add
    if layer.kv_cache is not None and layer.kv_cache.share.count:
        cache = layer.kv_cache
        add("profilemate_kv_cache_used_blocks", "gauge", "KV cache blocks in use", cache.used_blocks)
        add("profilemate_kv_cache_total_blocks", "gauge", "KV cache blocks", cache.total_blocks)
        add("profilemate_kv_cache_evictions_total", "counter", "Cached blocks reused", cache.evicted)
    if layer.graphs is not None:
        for key, (count, unpadded, padded, _) in list(layer.graphs.usage.items()):
            names = {"mode": key[0], "num_tokens": "" if key[1] is None else key[1]}
            if key[2] is not None:
                names["num_reqs"] = key[2]
            if key[3]:
                names["uniform"] = "true"
            if key[5]:
                names["num_active_loras"] = key[5]
            add("profilemate_cuda_graph_steps_total", "counter", "Steps by graph", count, **names)
            add(
                "profilemate_cuda_graph_padding_tokens_total",
                "counter",
                "Tokens of padding by graph",
                padded - unpadded,
                **names,
            )
        if layer.graphs.captures:
            add(
                "profilemate_cuda_graphs_captured",
                "gauge",
                "Graphs captured",
                len(layer.graphs.captures),
            )
    if layer.forward is not None:
        for (phase, timing), figures in list(layer.forward.by_phase.items()):
            names = {"phase": phase, "timing": timing}
            times, tokens, _ = figures
            add("profilemate_forward_seconds_total", "counter", "Time in execute_model", times.total / 1e3, **names)
            add("profilemate_forward_steps_total", "counter", "Steps timed", times.count, **names)
            add("profilemate_forward_tokens_total", "counter", "Tokens of timed steps", tokens, **names)
    if layer.cpu is not None:
        for operation, times in list(layer.cpu.operations.items()):
            add("profilemate_cpu_seconds_total", "counter", "Host time by operation", times.total / 1e3, operation=operation)
            add("profilemate_cpu_calls_total", "counter", "Calls by operation", times.count, operation=operation)
    if layer.batch is not None and layer.batch.phases:
        running, waiting = layer.batch.last
        add("profilemate_running_requests", "gauge", "Requests running", running)
        add("profilemate_waiting_requests", "gauge", "Requests waiting", waiting)
    if layer.requests is not None and (layer.requests.started_requests or layer.requests.finished):
        requests = layer.requests
        add("profilemate_requests_finished_total", "counter", "Requests finished", requests.finished)
        add("profilemate_preemptions_total", "counter", "Preemptions", requests.preemptions)
    if layer.moe is not None:
        for index, each in list(layer.moe.layers.items()):
            for expert, count in enumerate(each.host[0] if each.host else ()):
                add("profilemate_expert_activations_total", "counter", "Tokens routed to an expert", count, layer=index, expert=expert)
    failures = sum(each.failures for each in guard.hooks())
    add("profilemate_hook_failures_total", "counter", "Failures inside hooks", failures)
    return metrics.text()


def serve(recorder):
    """Takes the wanted port or the next free one: each process has its own, told in metadata."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    from .activate import activate

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.split("?")[0] != "/metrics":
                self.send_error(404)
                return
            body = render(recorder, activate()).encode("utf-8")
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    first = recorder.settings.metrics_port
    for port in range(first, min(first + _MOST_PORTS, 65536)):
        try:
            server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        except OSError:
            continue
        server.daemon_threads = True
        recorder.fact("metrics_port", port)
        threading.Thread(target=server.serve_forever, name="profilemate-metrics", daemon=True).start()
        return
    guard.say("no free port from %d on; figures are in the files alone" % first)

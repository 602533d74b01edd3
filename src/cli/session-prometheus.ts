/** A session as Prometheus text, under the names the layer's own exporter has. */
import { experts } from '../analysis/session/experts';
import { cpuOperations, forwardLatency } from '../analysis/session/latency';
import type { Session } from '../profile/session';

type Labels = Readonly<Record<string, string | number | undefined>>;

class Metrics {
  private readonly families = new Map<string, { head: string; samples: string[] }>();

  add(name: string, kind: 'counter' | 'gauge', help: string, value: number, labels: Labels): void {
    if (!Number.isFinite(value)) return;
    let family = this.families.get(name);
    if (family === undefined) {
      family = { head: `# HELP ${name} ${help}\n# TYPE ${name} ${kind}`, samples: [] };
      this.families.set(name, family);
    }
    const inside = Object.entries(labels)
      .filter(([, label]) => label !== undefined)
      .map(([key, label]) => `${key}="${escape(String(label))}"`);
    family.samples.push(`${name}{${inside.join(',')}} ${value}`);
  }

  text(): string {
    return [...this.families.values()]
      .map(({ head, samples }) => `${head}\n${samples.join('\n')}\n`)
      .join('');
  }
}

const escape = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

export function prometheusText(session: Session): string {
  const metrics = new Metrics();
  const { strings, processes, kvUsage, graphUsage, captures, batch, lifecycle, preemptions } =
    session;
  const of = (process: number): Labels => ({
    pid: processes[process]?.pid,
    rank: processes[process]?.rank,
  });

  processes.forEach((_, process) => {
    const count = (column: Int32Array): number =>
      column.reduce((sum, each) => sum + Number(each === process), 0);
    const add = (name: string, kind: 'counter' | 'gauge', help: string, value: number): void =>
      metrics.add(name, kind, help, value, of(process));
    const use = kvUsage.process.lastIndexOf(process);
    if (use >= 0) {
      add(
        'profilemate_kv_cache_used_blocks',
        'gauge',
        'KV cache blocks in use',
        kvUsage.blocks[use],
      );
      add(
        'profilemate_kv_cache_total_blocks',
        'gauge',
        'KV cache blocks',
        kvUsage.totalBlocks[use],
      );
      const evicted = count(session.evictions.process);
      add('profilemate_kv_cache_evictions_total', 'counter', 'Cached blocks reused', evicted);
    }
    const captured = count(captures.process);
    if (captured > 0) add('profilemate_cuda_graphs_captured', 'gauge', 'Graphs captured', captured);
    const last = batch.process.lastIndexOf(process);
    if (last >= 0) {
      add('profilemate_running_requests', 'gauge', 'Requests running', batch.running[last]);
      add('profilemate_waiting_requests', 'gauge', 'Requests waiting', batch.waiting[last]);
    }
    const finished = count(lifecycle.process);
    if (finished > 0) {
      add('profilemate_requests_finished_total', 'counter', 'Requests finished', finished);
      const preempted = preemptions.event.reduce(
        (sum, event, row) =>
          sum +
          Number(preemptions.process[row] === process && strings.get(event).startsWith('preempt')),
        0,
      );
      add('profilemate_preemptions_total', 'counter', 'Preemptions', preempted);
    }
    const failures = processes[process].hookFailures.reduce((sum, each) => sum + each.failures, 0);
    add('profilemate_hook_failures_total', 'counter', 'Failures inside hooks', failures);
  });

  for (let row = 0; row < graphUsage.length; row++) {
    const labels = {
      ...of(graphUsage.process[row]),
      mode: strings.get(graphUsage.mode[row]),
      num_tokens: Number.isNaN(graphUsage.tokens[row]) ? '' : graphUsage.tokens[row],
      num_reqs: Number.isNaN(graphUsage.requests[row]) ? undefined : graphUsage.requests[row],
      uniform: graphUsage.uniform[row] === 1 ? 'true' : undefined,
      num_active_loras: graphUsage.loras[row] > 0 ? graphUsage.loras[row] : undefined,
    };
    metrics.add(
      'profilemate_cuda_graph_steps_total',
      'counter',
      'Steps by graph',
      graphUsage.replays[row],
      labels,
    );
    const padding = graphUsage.padded[row] - graphUsage.unpadded[row];
    metrics.add(
      'profilemate_cuda_graph_padding_tokens_total',
      'counter',
      'Tokens of padding by graph',
      padding,
      labels,
    );
  }
  for (const { phase, timing, process, times, tokens } of forwardLatency(session)) {
    if (times === undefined) continue;
    const labels = { ...of(process), phase, timing };
    metrics.add(
      'profilemate_forward_seconds_total',
      'counter',
      'Time in execute_model',
      times.total / 1e9,
      labels,
    );
    metrics.add('profilemate_forward_steps_total', 'counter', 'Steps timed', times.count, labels);
    metrics.add(
      'profilemate_forward_tokens_total',
      'counter',
      'Tokens of timed steps',
      Math.round(tokens * times.count),
      labels,
    );
  }
  for (const { operation, process, times } of cpuOperations(session)) {
    const labels = { ...of(process), operation };
    metrics.add(
      'profilemate_cpu_seconds_total',
      'counter',
      'Host time by operation',
      times.total / 1e9,
      labels,
    );
    metrics.add(
      'profilemate_cpu_calls_total',
      'counter',
      'Calls by operation',
      times.count,
      labels,
    );
  }
  for (const { layer, counts } of experts(session).layers) {
    counts.forEach((count, expert) => {
      metrics.add(
        'profilemate_expert_activations_total',
        'counter',
        'Tokens routed to an expert',
        count,
        { layer, expert },
      );
    });
  }
  return metrics.text();
}

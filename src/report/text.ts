/** Results as text for a terminal: the same sections, figures and words as everywhere else. */
import type { ComponentTime, PhaseBreakdown } from '../analysis/phases';
import type { KernelRow } from '../analysis/kernels';
import {
  formatBandwidth,
  formatBytes,
  formatBytesIn,
  formatCount,
  formatShare,
  formatShareRange,
  formatTime,
  formatTimeIn,
  momentFormat,
  pickByteUnit,
  pickTimeUnit,
  shortenMiddle,
  UNKNOWN,
} from '../profile/format';
import { readableKernelName } from '../profile/kernel-name';
import type { Nanoseconds } from '../profile/units';
import { IMPOSSIBLE_NOTE } from './bandwidth';
import type { Results } from './results';
import { printable, textTable, type TextColumn } from './table';

const NAME_WIDTH = 60;
const KERNELS = 10;
const RANGES = 10;
const OPERATORS = 10;
const GAPS = 5;

const left = (title: string): TextColumn => ({ title });
const right = (title: string): TextColumn => ({ title, right: true });

/** Ends with a line end. */
export function renderText(results: Results): string {
  const sections = [
    captured(results),
    ['What stands out', findings(results)],
    ['Prefill and decode', phases(results.overview.phases)],
    ['Components', components(results.overview.components)],
    ['Kernels', kernels(results.kernels)],
    ['Ranges', ranges(results)],
    ['Operators', operators(results)],
    ['CUDA graphs', graphs(results)],
    ['GPU busy and idle', busy(results)],
    ['Copies and fills', transfers(results)],
    ["What this capture can't say", gaps(results)],
  ];
  return sections
    .filter((section) => typeof section === 'string' || section[1] !== '')
    .map((section) =>
      typeof section === 'string' ? section : `== ${section[0]} ==\n${section[1]}`,
    )
    .join('\n\n')
    .concat('\n');
}

function captured({ overview, source }: Results): string {
  const facts = [
    usedDevices(overview.devices),
    overview.tool,
    overview.duration > 0 ? `${formatTime(overview.duration)} captured` : 'no events',
    formatBytes(source.size),
  ].filter((fact) => fact !== undefined);
  const lines = [source.path, facts.join(' · ')];
  if (source.generated) lines.push('Generated data, not a measurement.');
  if (overview.command) lines.push(shortenMiddle(overview.command, 200));
  const { phases } = overview;
  const shares = phases.phases
    .filter((row) => phases.missing === undefined && row.busy > 0)
    .map((row) => `${row.phase} ${formatShare(row.share)}`);
  lines.push(
    [
      `GPU busy ${formatShareRange(overview.busyShare, overview.busyAtMost)}`,
      ...shares,
      ...inGraphs(overview),
    ].join(' · '),
  );
  if (phases.unrecordedGraphs > 0)
    lines.push(
      'What the graphs ran is missing: shares of phases, components and kernels are of the rest.',
    );
  return lines.map(printable).join('\n');
}

function inGraphs({ graphMode, graphCoverage, phases }: Results['overview']): string[] {
  if (graphMode === 'none') return [];
  return phases.unrecordedGraphs > 0
    ? [`${counted(phases.unrecordedGraphs, 'CUDA graph replay')} not recorded`]
    : [`CUDA graphs ${formatShare(graphCoverage)} of time`];
}

/** `2 × NVIDIA H100`: those that ran something. */
function usedDevices(devices: Results['overview']['devices']): string {
  const counts = new Map<string, number>();
  for (const { name, used } of devices) if (used) counts.set(name, (counts.get(name) ?? 0) + 1);
  if (counts.size === 0) return 'no GPU work recorded';
  const byNumber = [...counts].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return byNumber.map(([name, n]) => (n > 1 ? `${n} × ${name}` : name)).join(', ');
}

function findings({ overview }: Results): string {
  return overview.findings
    .map(({ severity, title, detail, advice }) =>
      printable(`${severity === 'info' ? '·' : '!'} ${title}. ${detail} ${advice}`),
    )
    .join('\n');
}

const counted = (count: number, what: string): string =>
  `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;

const MISSING: Readonly<Record<NonNullable<PhaseBreakdown['missing']>, string>> = {
  'no-ranges': 'No ranges in this profile, so no engine steps.',
  'no-step-ranges': 'No range in this profile is an engine step.',
  'no-activities': 'No work on a GPU was recorded.',
};

function phases(breakdown: PhaseBreakdown): string {
  if (breakdown.missing) return MISSING[breakdown.missing];
  const rows = breakdown.phases.filter((row) => row.busy > 0 || row.steps > 0);
  const busyUnit = pickTimeUnit(rows.flatMap((row) => [row.busy, row.idle]));
  const stepUnit = pickTimeUnit(rows.map((row) => row.stepTime?.p99));
  const table = textTable(
    [
      left('phase'),
      right('steps'),
      right('requests'),
      right('tokens'),
      right(`GPU busy (${busyUnit})`),
      right('share'),
      right(`idle (${busyUnit})`),
      right(`step p50 (${stepUnit})`),
      right('p95'),
      right('p99'),
      right('tokens/s'),
    ],
    rows.map((row) => [
      row.phase,
      row.phase === 'unattributed' ? UNKNOWN : formatCount(row.steps),
      formatCount(row.requests),
      formatCount(sum(row.contextTokens, row.generationTokens)),
      formatTimeIn(busyUnit, row.busy),
      formatShare(row.share),
      row.phase === 'unattributed' ? UNKNOWN : formatTimeIn(busyUnit, row.idle),
      formatTimeIn(stepUnit, row.stepTime?.p50),
      formatTimeIn(stepUnit, row.stepTime?.p95),
      formatTimeIn(stepUnit, row.stepTime?.p99),
      formatCount(row.tokensPerSecond),
    ]),
  );
  const hidden =
    breakdown.unrecordedGraphs > 0
      ? `\n${counted(breakdown.unrecordedGraphs, 'graph replay')} left no trace: busy and step times are too short by what they ran, and idle leaves out when they may have run.`
      : '';
  return `${formatShare(breakdown.coverage)} of ${hidden === '' ? '' : 'recorded '}GPU time is inside steps.${hidden}\n${table}`;
}

const sum = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);

function components(all: readonly ComponentTime[]): string {
  const rows = all.filter((row) => row.instances > 0).sort((a, b) => b.total - a.total);
  if (rows.length === 0) return '';
  const unit = pickTimeUnit(rows.map((row) => row.total));
  return textTable(
    [left('component'), right('of GPU time'), right(`time (${unit})`), right('count')],
    rows.map((row) => [
      row.component,
      formatShare(row.share),
      formatTimeIn(unit, row.total),
      formatCount(row.instances),
    ]),
  );
}

function kernels(all: readonly KernelRow[]): string {
  if (all.length === 0) return '';
  const rows = all.slice(0, KERNELS);
  const totalUnit = pickTimeUnit(rows.map((row) => row.total));
  const unit = pickTimeUnit(rows.flatMap((row) => [row.average, row.p95]));
  const table = textTable(
    [
      left('kernel'),
      left('component'),
      right('of kernels'),
      right(`time (${totalUnit})`),
      right('count'),
      right(`avg (${unit})`),
      right(`median (${unit})`),
      right(`p95 (${unit})`),
    ],
    rows.map((row) => [
      shortenMiddle(readableKernelName(row.name), NAME_WIDTH),
      row.component,
      formatShare(row.share),
      formatTimeIn(totalUnit, row.total),
      formatCount(row.instances),
      formatTimeIn(unit, row.average),
      formatTimeIn(unit, row.median),
      formatTimeIn(unit, row.p95),
    ]),
  );
  return more(table, all.length - rows.length);
}

function ranges({ ranges }: Results): string {
  const rows = [...ranges]
    .sort((a, b) => (b.gpuBusy ?? 0) - (a.gpuBusy ?? 0) || b.cpuTotal - a.cpuTotal)
    .slice(0, RANGES);
  if (rows.length === 0) return '';
  const gpu = pickTimeUnit(rows.map((row) => row.gpuBusy ?? 0));
  const onGpu = rows.some((row) => row.gpuBusy !== undefined);
  const cpu = pickTimeUnit(rows.map((row) => row.cpuTotal));
  const table = textTable(
    [
      left('range'),
      left('domain'),
      right('count'),
      ...(onGpu ? [right(`GPU busy (${gpu})`), right('GPU ops')] : []),
      right(`CPU (${cpu})`),
      right(`CPU self (${cpu})`),
    ],
    rows.map((row) => [
      shortenMiddle(row.name || '(no name)', NAME_WIDTH),
      row.domain,
      formatCount(row.instances),
      ...(onGpu ? [formatTimeIn(gpu, row.gpuBusy), formatCount(row.gpuOperations)] : []),
      formatTimeIn(cpu, row.cpuTotal),
      formatTimeIn(cpu, row.cpuSelf),
    ]),
  );
  return more(table, ranges.length - rows.length);
}

const more = (table: string, rest: number): string =>
  rest > 0 ? `${table}\n… and ${formatCount(rest)} more` : table;

function operators({ operators: result }: Results): string {
  if (!result) return '';
  const rows = result.rows.slice(0, OPERATORS);
  const onGpu = rows.some((row) => (row.gpuTotal ?? 0) > 0);
  const unit = pickTimeUnit(rows.flatMap((row) => [row.cpuTotal, row.gpuTotal ?? 0]));
  const time = (value: Nanoseconds | undefined): string => formatTimeIn(unit, value);
  const table = textTable(
    [
      left('operator'),
      right('calls'),
      ...(onGpu ? [right(`GPU self (${unit})`), right('of GPU'), right('GPU total')] : []),
      right(onGpu ? 'CPU self' : `CPU self (${unit})`),
      right('CPU total'),
    ],
    rows.map((row) => [
      shortenMiddle(row.name, NAME_WIDTH),
      formatCount(row.count),
      ...(onGpu ? [time(row.gpuSelf), formatShare(row.gpuShare), time(row.gpuTotal)] : []),
      time(row.cpuSelf),
      time(row.cpuTotal),
    ]),
  );
  const shown = more(table, result.rows.length - rows.length);
  return onGpu
    ? `${formatShare(result.coverage)} of GPU work was launched by an operator.\n${shown}`
    : shown;
}

function graphs({ graphs }: Results): string {
  switch (graphs.mode) {
    case 'none':
      return 'No CUDA graph was launched.';
    case 'hidden':
      return `${counted(graphs.launchCalls, 'graph launch call')}; what they ran was not recorded.`;
    case 'graph':
    case 'mixed':
    case 'node': {
      const seen = graphs.mode === 'node' ? 'kernel by kernel' : 'as a whole';
      return [
        graphs.coverage === undefined
          ? `CUDA graphs were traced ${seen}, and how long they ran is not known:`
          : `${formatShare(graphs.coverage)} of kernel and graph time is in CUDA graphs, traced ${seen}:`,
        `${counted(graphs.replays, 'replay')} of ${counted(graphs.distinctGraphs, 'graph')},`,
        `${formatTime(graphs.launchTime)} in the launching call on average.`,
        ...(graphs.unrecorded > 0
          ? [`What ${counted(graphs.unrecorded, 'more replay')} ran was not recorded.`]
          : []),
      ].join(' ');
    }
  }
}

const byName = (a: { name: string; device: number }, b: { name: string; device: number }): number =>
  a.name.localeCompare(b.name, 'en', { numeric: true }) || a.device - b.device;

function busy({ utilisation }: Results): string {
  const { devices, gaps } = utilisation;
  if (devices.length === 0) return '';
  const unit = pickTimeUnit(devices.map((device) => device.span));
  // Graphs that left no trace may have run.
  const hidden = devices.some((device) => device.unknown > 0);
  const table = textTable(
    [
      left('device'),
      right('busy'),
      right(`span (${unit})`),
      right(`busy (${unit})`),
      right(`idle (${unit})`),
      ...(hidden ? [right(`unknown (${unit})`)] : []),
      right(`copies (${unit})`),
      right(`overlap (${unit})`),
      right('gaps'),
    ],
    [...devices].sort(byName).map((device) => [
      // Named by CUDA's number alone, which need not be its place in the list.
      /^GPU \d+$/.test(device.name) ? device.name : `GPU ${device.device} ${device.name}`,
      formatShare(device.share),
      formatTimeIn(unit, device.span),
      formatTimeIn(unit, device.busy),
      formatTimeIn(unit, device.idle),
      ...(hidden ? [formatTimeIn(unit, device.unknown)] : []),
      formatTimeIn(unit, device.copyBusy),
      formatTimeIn(unit, device.overlap),
      formatCount(device.gaps),
    ]),
  );
  const longest = gaps.slice(0, GAPS);
  if (longest.length === 0) return table;
  const at = momentFormat(0, Math.max(...longest.map((gap) => gap.start)), 1e5);
  const gapTable = textTable(
    [right('gap'), left('at'), left('CPU was in'), left('before it'), left('after it')],
    longest.map((gap) => [
      formatTime(gap.duration),
      at(gap.start),
      gap.cpu.kind === 'unknown' ? UNKNOWN : shortenMiddle(gap.cpu.name, 30),
      shortenMiddle(readableKernelName(gap.before), 30),
      shortenMiddle(readableKernelName(gap.after), 30),
    ]),
  );
  return `${table}\n\n${gapTable}`;
}

function transfers({ memory }: Results): string {
  const rows = memory.transfers;
  if (rows.length === 0) return '';
  const timeUnit = pickTimeUnit(rows.map((row) => row.total));
  const byteUnit = pickByteUnit(rows.map((row) => row.bytes));
  const table = textTable(
    [
      left('operation'),
      left('memory'),
      right('count'),
      right(byteUnit),
      right(`time (${timeUnit})`),
      right('bandwidth'),
    ],
    rows.map((row) => [
      row.operation,
      row.memory,
      formatCount(row.count),
      formatBytesIn(byteUnit, row.bytes),
      formatTimeIn(timeUnit, row.total),
      `${formatBandwidth(row.bandwidth)}${row.impossible ? ' *' : ''}`,
    ]),
  );
  return rows.some(({ impossible }) => impossible) ? `${table}\n* ${IMPOSSIBLE_NOTE}` : table;
}

function gaps({ overview }: Results): string {
  const lines = overview.gaps.map(({ text, remedy }) =>
    remedy === undefined ? `· ${text}` : `· ${text} (${remedy})`,
  );
  const problems = overview.diagnostics.filter(({ severity }) => severity !== 'info');
  for (const { text } of problems.slice(0, 5))
    lines.push(`· The profiler said: ${text.replace(/\s+/g, ' ').trim()}`);
  if (problems.length > 5) lines.push(`· … and ${problems.length - 5} more messages`);
  return lines.map(printable).join('\n');
}

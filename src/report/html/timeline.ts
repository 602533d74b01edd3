/** What a timeline shows: the sections of a report that come from an nsys profile. */
import type { PhaseRow } from '../../analysis/phases';
import {
  formatBytes,
  formatCount,
  formatShare,
  formatShareRange,
  formatTime,
  momentFormat,
  UNKNOWN,
} from '../../profile/format';
import { readableKernelName } from '../../profile/kernel-name';
import { bandwidthText } from '../bandwidth';
import type { Results } from '../results';
import { bars, lines, stack } from './charts';
import { figure, html, table, type Markup } from './markup';
import { COMPONENT_COLOURS, PHASE_COLOURS } from './style';

const KERNELS_DRAWN = 15;
const KERNELS_LISTED = 50;
const GAPS = 15;

const left = (title: string) => ({ title });
const right = (title: string) => ({ title, right: true });

export function cards({ overview, graphs }: Results): readonly (readonly [string, string])[] {
  const { phases } = overview;
  const step = (name: PhaseRow['phase']): string =>
    formatTime(phases.phases.find(({ phase }) => phase === name)?.stepTime?.p50);
  return [
    ['GPU', usedDevices(overview.devices)],
    ['GPU busy', formatShareRange(overview.busyShare, overview.busyAtMost)],
    ['Prefill step, median', step('prefill')],
    ['Decode step, median', step('decode')],
    ['CUDA graphs, of kernel time', graphs.mode === 'none' ? 'none' : formatShare(graphs.coverage)],
    ['Captured', overview.duration > 0 ? formatTime(overview.duration) : UNKNOWN],
  ];
}

function usedDevices(devices: Results['overview']['devices']): string {
  const counts = new Map<string, number>();
  for (const { name, used } of devices) if (used) counts.set(name, (counts.get(name) ?? 0) + 1);
  const texts = [...counts].map(([name, count]) => (count > 1 ? `${count} × ${name}` : name));
  return texts.length > 0 ? texts.join(', ') : UNKNOWN;
}

/** Where the time went, in a sentence or two. */
export function answer({ overview, graphs: found }: Results): string {
  const { phases: breakdown, components: parts } = overview;
  const busy = `The GPU was busy ${formatShareRange(overview.busyShare, overview.busyAtMost)} of the time`;
  const graphs =
    found.unrecorded > 0
      ? ` What ${formatCount(found.unrecorded)} ${found.unrecorded === 1 ? 'replay of a CUDA graph' : 'replays of CUDA graphs'} ran was not recorded: shares are of the rest.`
      : found.mode === 'none' || found.coverage === undefined
        ? ''
        : ` CUDA graphs have ${formatShare(found.coverage)} of kernel time.`;
  if (breakdown.missing === 'no-activities') return MISSING['no-activities'];
  if (breakdown.missing !== undefined) {
    const [most] = [...parts].sort((a, b) => b.total - a.total);
    const first =
      most && most.total > 0 ? `; ${most.component} took ${formatShare(most.share)}` : '';
    return `${busy}${first}. ${MISSING[breakdown.missing]}${graphs}`;
  }
  const [most] = breakdown.phases
    .filter(({ phase }) => phase !== 'unattributed')
    .sort((a, b) => b.busy - a.busy);
  const name = most.phase[0].toUpperCase() + most.phase.slice(1);
  return `${name} steps took ${formatShare(most.share)} of GPU time: ${formatCount(most.steps)} of them, half within ${formatTime(most.stepTime?.p50)}. ${busy}; ${formatShare(breakdown.coverage)} of its work is attributed to steps.${graphs}`;
}

const MISSING = {
  'no-ranges': 'No ranges in this profile, so no engine steps.',
  'no-step-ranges': 'No range in this profile is an engine step.',
  'no-activities': 'No work on a GPU was recorded.',
} as const;

export function phases({ overview }: Results): Markup {
  const { phases: breakdown } = overview;
  if (breakdown.missing)
    return html`<h2 id="phases">Prefill and decode</h2>
      <p>${MISSING[breakdown.missing]}</p>`;
  const rows = breakdown.phases.filter((row) => row.busy > 0 || row.steps > 0);
  const tokens = (row: PhaseRow): number | undefined =>
    row.contextTokens === undefined || row.generationTokens === undefined
      ? undefined
      : row.contextTokens + row.generationTokens;
  return html`<h2 id="phases">Prefill and decode</h2>
    <p class="soft">
      ${formatShare(breakdown.coverage)} of the GPU's busy time is inside engine steps. Time is that
      of the work the steps launched.
    </p>
    ${figure(
      stack(
        'GPU busy time by phase',
        rows.map((row) => ({
          label: row.phase,
          value: row.busy,
          text: formatShare(row.share),
          colour: PHASE_COLOURS[row.phase],
        })),
      ),
      table(
        [
          left('Phase'),
          right('Steps'),
          right('Requests'),
          right('Tokens'),
          right('GPU busy'),
          right('Share'),
          right('Idle in steps'),
          right('Step p50'),
          right('p95'),
          right('p99'),
          right('Tokens/s'),
        ],
        rows.map((row) => [
          row.phase,
          row.phase === 'unattributed' ? UNKNOWN : formatCount(row.steps),
          formatCount(row.requests),
          formatCount(tokens(row)),
          formatTime(row.busy),
          formatShare(row.share),
          row.phase === 'unattributed' ? UNKNOWN : formatTime(row.idle),
          formatTime(row.stepTime?.p50),
          formatTime(row.stepTime?.p95),
          formatTime(row.stepTime?.p99),
          formatCount(row.tokensPerSecond),
        ]),
      ),
    )}`;
}

export function components({ overview }: Results): Markup | undefined {
  const rows = overview.components
    .filter(({ instances }) => instances > 0)
    .sort((a, b) => b.total - a.total);
  if (rows.length === 0) return undefined;
  return html`<h2 id="components">Components</h2>
    ${figure(
      bars(
        'GPU time by component',
        rows.map((row) => ({
          label: row.component,
          value: row.total,
          text: `${formatTime(row.total)}, ${formatShare(row.share)}`,
          colour: COMPONENT_COLOURS[row.component],
        })),
      ),
      table(
        [left('Component'), right('Time'), right('Share'), right('Count')],
        rows.map((row) => [
          row.component,
          formatTime(row.total),
          formatShare(row.share),
          formatCount(row.instances),
        ]),
      ),
    )}`;
}

export function kernels({ kernels: all }: Results): Markup | undefined {
  if (all.length === 0) return undefined;
  const rows = all.slice(0, KERNELS_LISTED);
  return html`<h2 id="kernels">Kernels</h2>
    ${figure(
      bars(
        'Kernels by GPU time',
        all.slice(0, KERNELS_DRAWN).map((row) => ({
          label: readableKernelName(row.name),
          value: row.total,
          text: `${formatTime(row.total)}, ${formatShare(row.share)}`,
          colour: COMPONENT_COLOURS[row.component],
        })),
      ),
      table(
        [
          left('Kernel'),
          left('Component'),
          right('Time'),
          right('Share'),
          right('Count'),
          right('Average'),
          right('Median'),
          right('p95'),
          right('In graphs'),
        ],
        rows.map((row) => [
          row.name,
          row.component,
          formatTime(row.total),
          formatShare(row.share),
          formatCount(row.instances),
          formatTime(row.average),
          formatTime(row.median),
          formatTime(row.p95),
          formatShare(row.graphShare),
        ]),
      ),
    )}
    ${all.length > rows.length && html`<p class="soft">The first ${rows.length} of ${formatCount(all.length)} kernels.</p>`}`;
}

export function graphs({ graphs: found }: Results): Markup {
  return html`<h2 id="graphs">CUDA graphs</h2>
    ${graphsBody(found)}`;
}

function graphsBody(found: Results['graphs']): Markup {
  if (found.mode === 'none') return html`<p>No CUDA graph was launched.</p>`;
  if (found.mode === 'hidden') {
    return html`<p>
      ${formatCount(found.launchCalls)} graph launches; what they ran was not recorded.
    </p>`;
  }
  const seen = found.mode === 'node' ? 'kernel by kernel' : 'as a whole';
  return html`<p>
      ${formatCount(found.replays)} replays of ${formatCount(found.distinctGraphs)} graphs, traced
      ${seen}; ${formatTime(found.launchTime)} in the launching call on
      average.${found.unrecorded > 0 && ` What ${formatCount(found.unrecorded)} more ran was not recorded.`}
    </p>
    ${figure(
      stack('Kernel time in and outside of CUDA graphs', [
        {
          label: 'in graphs',
          value: found.timeInside,
          text: formatShare(found.coverage),
          colour: 2,
        },
        {
          label: 'outside',
          value: found.timeOutside,
          text: formatTime(found.timeOutside),
          colour: 8,
        },
      ]),
      table(
        [
          right('Graph'),
          right('Process'),
          right('Replays'),
          right('Kernels a replay'),
          right('Time'),
          right('Share'),
          right('Average replay'),
        ],
        found.graphs
          .slice(0, KERNELS_LISTED)
          .map((row) => [
            String(row.graphId),
            String(row.pid),
            formatCount(row.replays),
            formatCount(row.kernelsPerReplay),
            formatTime(row.total),
            formatShare(row.share),
            formatTime(row.averageReplay),
          ]),
      ),
    )}`;
}

export function busyAndIdle({ utilisation }: Results): Markup | undefined {
  if (utilisation.devices.length === 0) return undefined;
  const gaps = utilisation.gaps.slice(0, GAPS);
  const at = momentFormat(0, Math.max(...gaps.map((gap) => gap.start)), 1e5);
  return html`<h2 id="busy">GPU busy and idle</h2>
    ${utilisation.devices.map(
      (device) =>
        html`<h3>${device.device} ${device.name}</h3>
          ${stack(`Busy and idle time of device ${device.device}`, [
            { label: 'busy', value: device.busy, text: formatTime(device.busy), colour: 2 },
            { label: 'idle', value: device.idle, text: formatTime(device.idle), colour: 8 },
          ])}`,
    )}
    <details>
      <summary>Table</summary>
      ${table(
        [
          left('Device'),
          right('Busy'),
          right('Span'),
          right('Busy time'),
          right('Idle time'),
          right('Copies'),
          right('Streams at once'),
          right('Gaps'),
        ],
        utilisation.devices.map((device) => [
          `${device.device} ${device.name}`,
          formatShare(device.share),
          formatTime(device.span),
          formatTime(device.busy),
          formatTime(device.idle),
          formatTime(device.copyBusy),
          formatTime(device.overlap),
          formatCount(device.gaps),
        ]),
      )}
      ${
        gaps.length > 0 &&
        table(
          [right('Gap'), right('At'), left('The CPU was in'), left('Before it'), left('After it')],
          gaps.map((gap) => [
            formatTime(gap.duration),
            at(gap.start),
            gap.cpu.kind === 'unknown' ? UNKNOWN : gap.cpu.name,
            gap.before,
            gap.after,
          ]),
        )
      }
    </details>`;
}

export function memory({ memory: found }: Results): Markup | undefined {
  const { transfers, allocated } = found;
  if (transfers.length === 0 && allocated === undefined) return undefined;
  return html`<h2 id="memory">Memory</h2>
    ${
      transfers.length > 0 &&
      figure(
        bars(
          'Copies and fills by time',
          transfers.map((row) => ({
            label: `${row.operation} ${row.memory}`.trim(),
            value: row.total,
            text: `${formatTime(row.total)}, ${bandwidthText(row)}`,
            colour: row.pageable ? 7 : 6,
          })),
        ),
        table(
          [
            left('Operation'),
            left('Memory'),
            right('Count'),
            right('Bytes'),
            right('Time'),
            right('Bandwidth'),
          ],
          transfers.map((row) => [
            row.operation,
            row.memory,
            formatCount(row.count),
            formatBytes(row.bytes),
            formatTime(row.total),
            bandwidthText(row),
          ]),
        ),
      )
    }
    ${
      allocated &&
      html`<h3>Allocated on the device</h3>
        ${figure(
          lines(
            'Memory allocated over time',
            [
              {
                name: 'allocated',
                points: allocated.series.map(({ time, bytes }) => ({ x: time, y: bytes })),
              },
            ],
            allocated.peak,
            `peak ${formatBytes(allocated.peak)}`,
          ),
          table(
            [right('Peak'), right('At the end')],
            [[formatBytes(allocated.peak), formatBytes(allocated.end)]],
          ),
        )}`
    }`;
}

export function captured({ overview, source }: Results): Markup {
  const date = overview.utcEpoch === undefined ? undefined : new Date(overview.utcEpoch / 1e6);
  const when = date && !Number.isNaN(date.getTime()) ? date.toISOString() : UNKNOWN;
  const rows: (readonly [string, string | Markup])[] = [
    ['Timeline', source.path.split(/[\\/]/).at(-1) ?? ''],
    ['Size', formatBytes(source.size)],
    ['Format', source.format],
    ['Tool', overview.tool ?? UNKNOWN],
    ['Command', overview.command === undefined ? UNKNOWN : html`<code>${overview.command}</code>`],
    ['When', when],
    ['Kernels', formatCount(overview.counts.kernels)],
    ['API calls', formatCount(overview.counts.api)],
    ['Ranges', formatCount(overview.counts.ranges)],
    ...(source.generated ? [['Note', 'Generated data, not a measurement.'] as const] : []),
  ];
  const problems = overview.diagnostics.filter(({ severity }) => severity !== 'info');
  return html`${table([left(''), left('')], rows)}
  ${
    overview.gaps.length > 0 &&
    html`<h3>What this capture can't say</h3>
      <ul>
        ${overview.gaps.map(
          ({ text, remedy }) => html`<li>${text}${remedy && html` <code>${remedy}</code>`}</li>`,
        )}
      </ul>`
  }
  ${
    problems.length > 0 &&
    html`<h3>What the profiler said</h3>
      <ul>
        ${problems.map(({ text }) => html`<li>${text}</li>`)}
      </ul>`
  }`;
}

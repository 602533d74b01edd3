/** What Nsight Compute measured: bandwidth and the roofline. */
import {
  formatBandwidth,
  formatCount,
  formatNumber,
  formatShare,
  formatTime,
  UNKNOWN,
} from '../../profile/format';
import { readableKernelName } from '../../profile/kernel-name';
import type { NcuResults } from '../ncu-results';
import { bars, logPlot, type LogRoof } from './charts';
import { figure, html, table, type Markup } from './markup';

const DRAWN = 15;
const left = (title: string) => ({ title });
const right = (title: string) => ({ title, right: true });
const BOUND_COLOURS: Readonly<Record<string, number>> = { memory: 0, compute: 1, latency: 8 };

const percent = (value: number | undefined): string =>
  formatShare(value === undefined ? undefined : value / 100);

export function bandwidth({ summary }: NcuResults): Markup | undefined {
  const rows = summary.top_kernels_by_bandwidth.filter((row) => row.bandwidth_gbps !== undefined);
  if (rows.length === 0) return undefined;
  const { memory_bound, compute_bound, latency_bound, unknown } = summary.roofline_summary;
  return html`<h2 id="bandwidth">Memory bandwidth</h2>
    <p>
      Of ${formatCount(summary.total_kernels)} kernels memory holds back
      ${formatCount(memory_bound)}, compute ${formatCount(compute_bound)}, and latency
      ${formatCount(latency_bound)}${unknown > 0 && `; of ${formatCount(unknown)} it is not known`}.
    </p>
    ${figure(
      bars(
        'DRAM bandwidth by kernel',
        rows.slice(0, DRAWN).map((row) => ({
          label: readableKernelName(row.kernel),
          value: row.bandwidth_gbps!,
          text: formatBandwidth(row.bandwidth_gbps! * 1e9),
          colour: BOUND_COLOURS[row.bound] ?? 9,
        })),
      ),
      table(
        [
          left('Kernel'),
          left('Bound by'),
          right('Bandwidth'),
          right('DRAM, of peak'),
          right('SM, of peak'),
          right('Occupancy'),
          right('Duration'),
          right('Launches'),
        ],
        rows.map((row) => [
          row.kernel,
          row.bound,
          formatBandwidth(row.bandwidth_gbps! * 1e9),
          percent(row.dram_throughput_pct),
          percent(row.sm_throughput_pct),
          percent(row.achieved_occupancy_pct),
          formatTime(row.duration_ns),
          formatCount(row.launches),
        ]),
      ),
    )}`;
}

export function roofline({ roofline: found }: NcuResults): Markup | undefined {
  const { points, throughput, roofs, level, notDrawn } = found;
  if (points.length === 0 && throughput.length === 0) return undefined;
  if (points.length === 0) {
    return html`<h2 id="roofline">Roofline</h2>
      <p>
        Floating-point operations were not counted, so that there is no intensity to draw. How busy
        memory and SMs were:
      </p>
      ${table(
        [left('Kernel'), right('Memory, of peak'), right('SM, of peak'), right('Duration')],
        throughput.map((point) => [
          point.name,
          formatShare(point.memory),
          formatShare(point.compute),
          formatTime(point.duration),
        ]),
      )}`;
  }
  const drawn: LogRoof[] = roofs
    .filter(({ kind, name }) => kind === 'compute' || name === level)
    .filter(({ kind, name }) => kind === 'memory' || points.some((p) => p.precision === name))
    .map(({ kind, name, ceiling }) =>
      kind === 'memory'
        ? { name: `${name} ${formatBandwidth(ceiling)}`, slope: ceiling / 1e12 }
        : { name: `${name} ${formatNumber(ceiling / 1e12)} TFLOP/s`, ceiling: ceiling / 1e12 },
    );
  return html`<h2 id="roofline">Roofline</h2>
    ${figure(
      logPlot(
        'Roofline',
        { x: `FLOP per byte of ${level}`, y: 'TFLOP/s' },
        points.map((point) => ({
          x: point.intensity,
          y: point.performance / 1e12,
          name: point.name,
          text: `${formatNumber(point.intensity)} FLOP/byte, ${formatNumber(point.performance / 1e12)} TFLOP/s`,
          colour: point.nearest?.kind === 'memory' ? 0 : 1,
        })),
        drawn,
      ),
      table(
        [
          left('Kernel'),
          right('FLOP/byte'),
          right('TFLOP/s'),
          left('Precision'),
          left('Nearest roof'),
          right('Of it'),
          right('Launches'),
        ],
        points.map((point) => [
          point.name,
          formatNumber(point.intensity),
          formatNumber(point.performance / 1e12),
          point.precision,
          point.nearest?.name ?? UNKNOWN,
          formatShare(point.nearest?.share),
          formatCount(point.launches),
        ]),
      ),
    )}
    ${notDrawn.length > 0 && html`<p class="soft">${formatCount(notDrawn.length)} kernels are not drawn: without floating-point work, or without the metrics for it.</p>`}`;
}

export function measured({ source, overview }: NcuResults): Markup {
  return html`${table(
      [left(''), left('')],
      [
        ['Kernel report', source.path.split(/[\\/]/).at(-1) ?? ''],
        ['Devices', overview.devices.join(', ') || UNKNOWN],
        ['Launches', formatCount(overview.launches)],
        ['Page', overview.provenance.page],
        ['Written by', overview.provenance.writer],
      ],
    )}
    <ul>
      ${[...overview.warnings, ...overview.notes].map((text) => html`<li>${text}</li>`)}
    </ul>`;
}

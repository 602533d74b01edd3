/** A kernel report as text for a terminal: the same sections, figures and words as in the editor. */
import type { UnprofiledKernel } from '../analysis/ncu/join';
import type { NcuKernelRow } from '../analysis/ncu/rows';
import {
  formatBandwidth,
  formatBytes,
  formatCount,
  formatNumber,
  formatOperations,
  formatShare,
  formatTimeIn,
  pickTimeUnit,
  shortenMiddle,
  UNKNOWN,
} from '../profile/format';
import { readableKernelName } from '../profile/kernel-name';
import type { NcuResults } from './ncu-results';
import { redactCommand } from '../profile/redact';
import { printable, textTable, type TextColumn } from './table';

const NAME_WIDTH = 56;
const KERNELS = 20;
const COMMANDS = 5;

const left = (title: string): TextColumn => ({ title });
const right = (title: string): TextColumn => ({ title, right: true });

/** Ends with a line end. */
export function renderNcuText(results: NcuResults): string {
  const sections: readonly (readonly [string, string])[] = [
    ['', measured(results)],
    ['What stands out', findings(results)],
    ['Kernels', kernels(results)],
    ['Roofline', roofline(results)],
    ['Timeline', timeline(results)],
    ['What to know', notes(results)],
  ];
  return sections
    .filter(([, text]) => text !== '')
    .map(([title, text]) => (title === '' ? text : `== ${title} ==\n${text}`))
    .join('\n\n')
    .concat('\n');
}

function measured({ overview, source }: NcuResults): string {
  const { bounds, provenance } = overview;
  const cc = overview.computeCapabilities.map((text) => `compute capability ${text}`);
  const facts = [
    overview.devices.join(', ') || undefined,
    cc.join(', ') || undefined,
    `${counted(overview.launches, 'launch', 'launches')} of ${counted(overview.kernels, 'kernel', 'kernels')}`,
    `${provenance.page} page`,
    provenance.printUnits && `${provenance.printUnits} units`,
    formatBytes(source.size),
  ];
  const held = (['memory', 'compute', 'latency'] as const)
    .filter((bound) => bounds[bound] > 0)
    .map((bound) => `${bounds[bound]} by ${bound}`);
  if (bounds.unknown > 0) held.push(`${bounds.unknown} not known`);
  return [
    source.path,
    facts.filter((fact) => fact !== undefined).join(' · '),
    `Held back: ${held.join(', ')}.`,
  ]
    .map(printable)
    .join('\n');
}

const findings = ({ findings: found }: NcuResults): string =>
  found
    .map(({ severity, title, detail, advice }) =>
      [`${severity === 'info' ? '·' : '!'} ${title}`, `  ${detail}`, `  ${advice}`]
        .map(printable)
        .join('\n'),
    )
    .join('\n');

const counted = (n: number, one: string, many: string): string =>
  `${formatCount(n)} ${n === 1 ? one : many}`;

/** By time: on the timeline where there is one, else under ncu. */
function byTime({ kernels: rows, timeline: linked }: NcuResults): readonly NcuKernelRow[] {
  const time = (row: NcuKernelRow): number =>
    (linked ? row.timeline?.total : row.totalDuration) ?? -1;
  return [...rows].sort((a, b) => time(b) - time(a));
}

function kernels(results: NcuResults): string {
  const rows = byTime(results).slice(0, KERNELS);
  if (rows.length === 0) return '';
  const unit = pickTimeUnit(rows.map((row) => row.figures.duration));
  const linked = results.timeline !== undefined;
  const table = textTable(
    [
      left('kernel'),
      left('component'),
      ...(linked ? [right('of prefill'), right('of decode')] : []),
      right('launches'),
      right(`median (${unit})`),
      left('bound'),
      right('of peak'),
      right('memory'),
      right('SM'),
      right('DRAM'),
      right('DRAM rate'),
      right('tensor'),
      right('occupancy'),
    ],
    rows.map((row) => [
      shortenMiddle(readableKernelName(row.name), NAME_WIDTH),
      row.component,
      ...(linked
        ? [
            formatShare(row.timeline?.phases.prefill.share),
            formatShare(row.timeline?.phases.decode.share),
          ]
        : []),
      formatCount(row.launches),
      formatTimeIn(unit, row.figures.duration),
      row.bound === 'unknown' ? UNKNOWN : row.bound,
      formatShare(row.peak),
      formatShare(row.figures.memoryShare),
      formatShare(row.figures.smShare),
      formatShare(row.figures.dramShare),
      formatBandwidth(row.figures.dramBandwidth),
      formatShare(row.figures.tensorShare),
      formatShare(row.figures.achievedOccupancy),
    ]),
  );
  const rest = results.kernels.length - rows.length;
  return rest > 0 ? `${table}\n… and ${formatCount(rest)} more` : table;
}

const SOURCES = {
  measured: 'measured',
  inferred: 'inferred',
  table: 'data sheet, at this clock',
} as const;

const NOT_DRAWN = [
  ['not-counted', 'without a count of operations'],
  ['no-work', 'without floating-point work'],
  ['no-traffic', 'without a count of DRAM bytes'],
  ['no-duration', 'without a duration'],
] as const;

function roofline({ roofline: { points, roofs, notDrawn } }: NcuResults): string {
  const lines = roofs.map(
    ({ kind, name, ceiling, source }) =>
      `${name}: ${kind === 'memory' ? formatBandwidth(ceiling) : formatOperations(ceiling)} (${SOURCES[source]})`,
  );
  const parts =
    lines.length > 0
      ? [`Roofs: ${lines.join(' · ')}`]
      : points.length > 0
        ? ['No roofs: the report has no peaks (--set roofline, or full, collects them).']
        : [];
  if (points.length > 0) {
    const shown = [...points].sort((a, b) => b.duration - a.duration).slice(0, KERNELS);
    parts.push(
      textTable(
        [
          left('kernel'),
          left('precision'),
          right('FLOP/byte'),
          right('achieved'),
          right('of roof'),
          left('nearest roof'),
        ],
        shown.map((point) => [
          shortenMiddle(readableKernelName(point.name), NAME_WIDTH),
          point.precision,
          formatNumber(point.intensity),
          formatOperations(point.performance),
          formatShare(point.nearest?.share),
          point.nearest?.name ?? UNKNOWN,
        ]),
      ),
    );
  }
  const reasons = NOT_DRAWN.map(
    ([reason, why]) => [notDrawn.filter((one) => one.reason === reason).length, why] as const,
  ).filter(([n]) => n > 0);
  if (reasons.length > 0) {
    const why = reasons.map(([n, text]) => `${formatCount(n)} ${text}`);
    parts.push(
      `${counted(notDrawn.length, 'kernel is', 'kernels are')} not on it: ${why.join(', ')}.`,
    );
  }
  return parts.map((part) => part.split('\n').map(printable).join('\n')).join('\n');
}

function timeline({ timeline: linked }: NcuResults): string {
  if (linked === undefined) return '';
  const { path, join } = linked;
  const lines = [
    path,
    `${formatShare(join.coverage)} of its kernel time is in kernels that were profiled.`,
  ];
  if (join.unmatched.length > 0)
    lines.push(`Not on the timeline: ${counted(join.unmatched.length, 'kernel', 'kernels')}.`);
  if (join.unprofiled.length === 0) return lines.map(printable).join('\n');
  lines.push(`Matter, and were not profiled: ${join.unprofiled.length}.`);
  for (const kernel of join.unprofiled.slice(0, COMMANDS)) lines.push(...missed(kernel));
  const rest = join.unprofiled.length - COMMANDS;
  if (rest > 0) lines.push(`… and ${rest} more, in ncu_summary.json (-o)`);
  return lines.map(printable).join('\n');
}

const missed = (kernel: UnprofiledKernel): readonly string[] => [
  `· ${shortenMiddle(readableKernelName(kernel.name), NAME_WIDTH)}: ${formatShare(kernel.share)} of the time, prefill ${formatShare(kernel.phases.prefill.share)}, decode ${formatShare(kernel.phases.decode.share)}`,
  `    ${kernel.command ? redactCommand(kernel.command.display) : (kernel.refusal ?? '')}`,
];

function notes({ overview }: NcuResults): string {
  const { numbers } = overview.provenance;
  const lines = [...overview.warnings, ...overview.notes];
  if (numbers.ambiguous > 0) {
    lines.push(
      `${formatCount(numbers.ambiguous)} numbers read differently in another language's notation: ${numbers.reason}`,
    );
  }
  return lines.map((line) => printable(`· ${line}`)).join('\n');
}

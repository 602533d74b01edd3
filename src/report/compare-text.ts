/** A comparison for a terminal. The first lines are what scripts before ProfileMate printed. */
import type { Comparison } from '../analysis/compare';
import { formatShare, shortenMiddle, UNKNOWN } from '../profile/format';
import {
  explained,
  formatChange,
  formatInterval,
  formatValue,
  LAUNCH_COLUMNS,
  launchRows,
  messages,
  milliseconds,
  normalised,
  TOTAL_COLUMNS,
  totalRows,
  VERDICT_MARK,
} from './compare-figures';
import { printable, textTable } from './table';

const KERNELS = 10;
/** Of kernel reports, whose kernels are all there is. */
const LAUNCHES = 30;
const NAME_WIDTH = 60;

/** Ends with a line end. */
export function renderComparisonText(comparison: Comparison): string {
  const found = messages(comparison);
  const lines = ['=== Performance Comparison ==='];
  if (comparison.verdict === 'not comparable') lines.push('⚠️ The runs cannot be compared');
  else if (found.length === 0) lines.push('✅ No significant changes detected');
  for (const { verdict, text } of found) lines.push(`${VERDICT_MARK[verdict]} ${text}`);
  for (const { text, allowed } of comparison.differences)
    lines.push(`⚠️ ${text}${allowed ? ' (allowed)' : ''}`);
  const sections = [lines.map(printable).join('\n')];
  if (comparison.baseline.some(({ source }) => source !== 'ranges')) {
    sections.push(metricTable(comparison), kernelTable(comparison), launchTable(comparison));
  }
  sections.push(printable(comparison.method));
  if (comparison.baseline.some(({ source }) => source !== 'ranges')) {
    sections.push(totalTable(comparison), normalised(comparison));
  }
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function metricTable({ metrics }: Comparison): string {
  const rows = metrics.filter(({ metric, gates }) => gates || metric.group !== 'component');
  if (rows.length === 0) return '';
  return textTable(
    [
      { title: 'figure' },
      { title: 'baseline', right: true },
      { title: 'current', right: true },
      { title: 'change', right: true },
      { title: 'interval', right: true },
      { title: 'verdict' },
    ],
    rows.map((row) => [
      shortenMiddle(row.metric.name, NAME_WIDTH),
      formatValue(row.baseline, row.metric.unit),
      formatValue(row.current, row.metric.unit),
      formatChange(row.change, row.metric.change),
      formatInterval(row, row.metric.change),
      row.gates ? row.verdict : `(${row.verdict})`,
    ]),
  );
}

function totalTable(comparison: Comparison): string {
  const rows = totalRows(comparison);
  if (rows.length === 0) return '';
  return `In all\n${textTable(
    TOTAL_COLUMNS.map((title, i) => ({ title, right: i > 0 })),
    rows,
  )}`;
}

function launchTable(comparison: Comparison): string {
  const rows = launchRows(comparison, LAUNCHES);
  if (rows.length === 0) return '';
  return `Kernels, a launch\n${textTable(
    LAUNCH_COLUMNS.map((title, i) => ({ title, right: i > 0 && i < 5 })),
    rows.map(([name, ...figures]) => [shortenMiddle(name, NAME_WIDTH), ...figures]),
  )}`;
}

/** What explains the change: the bars of the waterfall, which add up to it. */
function kernelTable({ waterfall, per }: Comparison): string {
  const { from, to, bars } = waterfall;
  if (bars.length === 0) return '';
  const whole = to - from;
  const table = textTable(
    [
      { title: 'cause' },
      { title: `change (ms per ${per})`, right: true },
      { title: 'of it', right: true },
      { title: 'of the whole', right: true },
      { title: '' },
    ],
    bars
      .slice(0, KERNELS + 3)
      .map(({ label, delta, change }) => [
        shortenMiddle(label, NAME_WIDTH),
        `${delta < 0 ? '' : '+'}${milliseconds(delta)}`,
        formatChange(change?.time?.change ?? null),
        whole === 0 ? UNKNOWN : formatShare(delta / whole),
        explained(change),
      ]),
  );
  return `GPU work per ${per}: ${milliseconds(from)}ms → ${milliseconds(to)}ms\n${table}`;
}

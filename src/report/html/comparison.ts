/** A comparison with a baseline, as a section of a report. */
import type { Comparison } from '../../analysis/compare';
import {
  explained,
  formatChange,
  formatInterval,
  formatValue,
  headline,
  LAUNCH_COLUMNS,
  launchRows,
  messages,
  milliseconds,
  normalised,
  TOTAL_COLUMNS,
  totalRows,
} from '../compare-figures';
import { cascade } from './charts';
import { figure, html, table, type Markup } from './markup';

const LAUNCHES = 100;

const left = (title: string) => ({ title });
const right = (title: string) => ({ title, right: true });

export function comparisonSection(comparison: Comparison): Markup {
  const { waterfall, per, differences, metrics, method, verdict } = comparison;
  return html`<h2 id="comparison">Against the baseline</h2>
    <p class="${verdict}"><b>${headline(comparison)}</b></p>
    <ul>
      ${messages(comparison).map(({ text, verdict: own }) => html`<li class="${own}">${text}</li>`)}
    </ul>
    ${
      differences.length > 0 &&
      html`<ul>
        ${differences.map(({ text }) => html`<li>${text}</li>`)}
      </ul>`
    }
    <p class="soft">${method} ${normalised(comparison)}</p>
    ${
      waterfall.bars.length > 0 &&
      html`<h3>GPU work per ${per}, ms: what changed it</h3>
        ${figure(
          cascade(
            'Waterfall of the change',
            waterfall.from,
            waterfall.to,
            waterfall.bars.map(({ label, start, end, delta }) => ({
              label,
              start,
              end,
              text: `${delta < 0 ? '' : '+'}${milliseconds(delta)}`,
            })),
          ),
          table(
            [left('Cause'), right(`Change, ms per ${per}`), right('Of it'), left('')],
            waterfall.bars.map(({ label, delta, change }) => [
              label,
              `${delta < 0 ? '' : '+'}${milliseconds(delta)}`,
              formatChange(change?.time?.change ?? null),
              explained(change),
            ]),
          ),
        )}`
    }
    ${launchTable(comparison)}
    ${
      metrics.length > 0 &&
      html`<h3>Figures</h3>
        ${metricTable(metrics.filter(({ gates }) => gates))}
        <details>
          <summary>Figures that do not decide</summary>
          ${metricTable(metrics.filter(({ gates }) => !gates))}
        </details>`
    }
    ${totals(comparison)}`;
}

function totals(comparison: Comparison): Markup {
  const rows = totalRows(comparison);
  if (rows.length === 0) return html``;
  return html`<h3>In all</h3>
    ${table(
      TOTAL_COLUMNS.map((title, i) => (i === 0 ? left(title) : right(title))),
      rows,
    )}`;
}

function launchTable(comparison: Comparison): Markup {
  const rows = launchRows(comparison, LAUNCHES);
  if (rows.length === 0) return html``;
  return html`<h3>Kernels, a launch</h3>
    ${table(
      LAUNCH_COLUMNS.map((title, i) => (i > 0 && i < 5 ? right(title) : left(title))),
      rows,
    )}`;
}

const metricTable = (rows: Comparison['metrics']): Markup =>
  table(
    [
      left('Figure'),
      right('Baseline'),
      right('Current'),
      right('Change'),
      right('Interval'),
      left('Verdict'),
    ],
    rows.map((row) => [
      row.metric.title,
      formatValue(row.baseline, row.metric.unit),
      formatValue(row.current, row.metric.unit),
      formatChange(row.change, row.metric.change),
      formatInterval(row, row.metric.change),
      html`<span class="${row.verdict}">${row.verdict}</span>`,
    ]),
  );

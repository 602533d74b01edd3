/** A comparison as Markdown, for the summary of a CI job or a comment. */
import type { Comparison } from '../analysis/compare';
import { markdownRow, markdownRule } from '../profile/delimited';
import { shortenMiddle } from '../profile/format';
import {
  explained,
  formatChange,
  formatInterval,
  formatValue,
  headline,
  LAUNCH_COLUMNS,
  launchRows,
  milliseconds,
  normalised,
  VERDICT_MARK,
} from './compare-figures';

const KERNELS = 10;
const LAUNCHES = 30;
const NAME_WIDTH = 100;

/** A line of text with nothing in it that Markdown would act on. */
const plain = (text: string): string => markdownRow([text]).slice(2, -2);

export function renderComparisonMarkdown(comparison: Comparison): string {
  const { verdict, metrics, waterfall, per, differences, method } = comparison;
  const parts = [`### ${VERDICT_MARK[verdict]} ${plain(headline(comparison))}`];
  const shown = metrics.filter(({ gates }) => gates);
  if (shown.length > 0) {
    const columns = ['Figure', 'Baseline', 'Current', 'Change', 'Interval', 'Verdict'];
    parts.push(
      [
        markdownRow(columns),
        markdownRule(columns.map((_, i) => ({ right: i > 0 && i < 5 }))),
        ...shown.map((row) =>
          markdownRow([
            shortenMiddle(row.metric.title, NAME_WIDTH),
            formatValue(row.baseline, row.metric.unit),
            formatValue(row.current, row.metric.unit),
            formatChange(row.change, row.metric.change),
            formatInterval(row, row.metric.change),
            `${VERDICT_MARK[row.verdict]} ${row.verdict}`,
          ]),
        ),
      ].join('\n'),
    );
  }
  if (waterfall.bars.length > 0) {
    const columns = ['Cause', `Change (ms per ${per})`, 'Of it', ''];
    parts.push(
      `#### Where the change comes from\n\nGPU work per ${per}: ${milliseconds(waterfall.from)} ms → ${milliseconds(waterfall.to)} ms`,
      [
        markdownRow(columns),
        markdownRule(columns.map((_, i) => ({ right: i === 1 || i === 2 }))),
        ...waterfall.bars
          .slice(0, KERNELS + 3)
          .map(({ label, delta, change }) =>
            markdownRow([
              shortenMiddle(label, NAME_WIDTH),
              `${delta < 0 ? '' : '+'}${milliseconds(delta)}`,
              formatChange(change?.time?.change ?? null),
              explained(change),
            ]),
          ),
      ].join('\n'),
    );
  }
  const launches = launchRows(comparison, LAUNCHES);
  if (launches.length > 0) {
    parts.push(
      [
        '#### Kernels, a launch\n',
        markdownRow(LAUNCH_COLUMNS),
        markdownRule(LAUNCH_COLUMNS.map((_, i) => ({ right: i > 0 && i < 5 }))),
        ...launches.map(([name, ...figures]) =>
          markdownRow([shortenMiddle(name, NAME_WIDTH), ...figures]),
        ),
      ].join('\n'),
    );
  }
  if (differences.length > 0) {
    parts.push(differences.map(({ text }) => `- ⚠️ ${plain(text)}`).join('\n'));
  }
  parts.push(plain(`${method} ${normalised(comparison)}`));
  return `${parts.join('\n\n')}\n`;
}

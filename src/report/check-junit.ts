/** A comparison as JUnit's XML: a test case for each figure and kernel that decides. */
import type { Comparison, Verdict } from '../analysis/compare';
import { formatChange, formatInterval, formatValue, milliseconds } from './compare-figures';

export function renderJunit(comparison: Comparison): string {
  const cases = [
    ...comparison.metrics
      .filter(({ gates }) => gates)
      .map((row) => ({
        name: row.metric.title,
        verdict: row.verdict,
        text: `${formatChange(row.change, row.metric.change)} (${formatValue(row.baseline, row.metric.unit)} → ${formatValue(row.current, row.metric.unit)}) ${formatInterval(row, row.metric.change)}`.trim(),
      })),
    ...comparison.kernels
      .filter(({ gates, verdict }) => gates && verdict === 'regressed')
      .map((row) => ({
        name: row.name,
        verdict: row.verdict,
        text: `${formatChange(row.time?.change ?? null)} (${milliseconds(row.baseline?.ms ?? 0)}ms → ${milliseconds(row.current?.ms ?? 0)}ms per ${comparison.per}), ${row.because}`,
      })),
  ];
  const count = (verdict: Verdict): number =>
    cases.filter((entry) => entry.verdict === verdict).length;
  const why = comparison.differences.map(({ text }) => text).join(' ');
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="profilemate check" tests="${cases.length}" failures="${count('regressed')}" skipped="${count('not comparable')}" errors="0">`,
    ...cases.map(({ name, verdict, text }) => {
      const open = `  <testcase classname="profilemate" name="${xml(name)}"`;
      if (verdict === 'regressed') {
        return `${open}><failure message="${xml(text)}">${xml(text)}</failure></testcase>`;
      }
      if (verdict === 'not comparable') {
        return `${open}><skipped message="${xml(why)}"/></testcase>`;
      }
      return `${open}/>`;
    }),
    `  <system-out>${xml(comparison.method)}</system-out>`,
    '</testsuite>',
    '',
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** What XML cannot hold at all (control characters, half a surrogate pair) becomes `�`. */
export function xml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character])
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}

/** A comparison as workflow commands of GitHub Actions: an annotation for each figure that is worse. */
import type { Comparison } from '../analysis/compare';
import { headline, messages } from './compare-figures';

/** @param file shown with the annotation, where the baseline lies in the repository */
export function renderAnnotations(comparison: Comparison, file?: string): string {
  const at = file === undefined ? '' : `file=${property(file)},`;
  const found = messages(comparison);
  const lines = found.map(({ verdict, text }) =>
    verdict === 'regressed'
      ? `::error ${at}title=${property('Performance regression')}::${data(text)}`
      : `::notice ${at}title=${property('Performance improvement')}::${data(text)}`,
  );
  if (comparison.verdict === 'not comparable') {
    lines.push(`::warning ${at}title=${property('Not comparable')}::${data(headline(comparison))}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** A command ends with its line, and `%` begins an escape; names from a profile must end nothing. */
const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

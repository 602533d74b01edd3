/** How the figures were read from the file, and what they may not be compared with. */
import { html, type TemplateResult } from 'lit';
import type { ReportOverview } from '../../src/analysis/ncu/overview';
import type { NumberConvention } from '../../src/profile/kernel-report';
import { formatCount } from '../../src/profile/format';
import { t } from '../strings';
import { button } from '../ui/controls';
import { facts, warning } from '../ui/parts';

/** Only where it matters: a page in the C locale has nothing to decide. */
export function numbersSentence({ ambiguous, decimal }: NumberConvention): string | undefined {
  return ambiguous > 0 || decimal === ','
    ? t('numbers read with decimal “{0}”', decimal ?? '.')
    : undefined;
}

export function aboutOverlay(overview: ReportOverview, close: () => void): TemplateResult {
  const { provenance, warnings, notes, processes } = overview;
  const { numbers } = provenance;
  const group = numbers.group === undefined ? t('none') : `“${numbers.group}”`;
  const rows: readonly (readonly [string, string | undefined])[] = [
    [t('Page'), provenance.page],
    [t('Units'), provenance.printUnits],
    [t('Written by ncu'), provenance.writer],
    [t('Numbers'), t('decimal “{0}”, thousands {1}', numbers.decimal ?? '.', group)],
    [
      t('Ambiguous numbers'),
      numbers.ambiguous > 0 ? `${formatCount(numbers.ambiguous)}: ${numbers.reason}` : undefined,
    ],
    [t('Encoding'), provenance.encoding],
    [
      t('Lines before the header'),
      provenance.preambleLines > 0 ? formatCount(provenance.preambleLines) : undefined,
    ],
    [
      t('Processes'),
      processes.map(({ pid, name }) => (Number.isNaN(pid) ? name : `${name} (${pid})`)).join(', '),
    ],
  ];
  return html`<div class="overlay" @click=${close}>
    <div
      class="dialog about"
      role="dialog"
      aria-modal="true"
      aria-labelledby="about-title"
      tabindex="-1"
      @click=${(event: Event) => event.stopPropagation()}
    >
      <h2 id="about-title">${t('About these figures')}</h2>
      ${warnings.map((text) => warning(text))} ${notes.map((text) => html`<p>${text}</p>`)}
      <p>
        ${t('A kernel’s figure is the median over its launches; a rate over launches is the sum of the amounts by the sum of the times.')}
      </p>
      ${facts(
        rows.flatMap(([name, value]) =>
          value === undefined || value === '' ? [] : [{ name, value }],
        ),
      )}
      ${button(t('Close'), close)}
    </div>
  </div>`;
}

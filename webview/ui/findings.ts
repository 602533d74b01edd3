/** What stands out: one item a finding, the most severe first. */
import { html, nothing, type TemplateResult } from 'lit';
import { together } from '../../src/profile/format';
import { t } from '../strings';
import { icon, link } from './controls';

interface Told {
  readonly severity: 'info' | 'warning' | 'problem';
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
  readonly measured: string;
  readonly threshold: string;
}

const SYMBOL = { problem: 'error', warning: 'warning', info: 'info' } as const;

/** @param showOf what leads to where the finding is seen; undefined where it is seen here */
export function findingsList<Finding extends Told>(
  findings: readonly Finding[],
  showOf: (finding: Finding) => (() => void) | undefined,
): TemplateResult {
  if (findings.length === 0) {
    return html`<p class="quiet">${t('No check found anything unusual in this scope.')}</p>`;
  }
  const spoken = { problem: t('Problem'), warning: t('Warning'), info: t('Note') };
  return html`<ul class="findings">
    ${findings.map((finding) => {
      const show = showOf(finding);
      return html`<li class="severity-${finding.severity}">
        <span title=${spoken[finding.severity]}>${icon(SYMBOL[finding.severity])}</span>
        <div>
          <p class="finding-title">
            <span class="sr-only">${spoken[finding.severity]}: </span>${together(finding.title)}
          </p>
          <p>${together(finding.detail)}</p>
          <p class="quiet">${together(finding.advice)}</p>
          <p class="quiet">
            ${together(t('Measured {0}; expected {1}.', finding.measured, finding.threshold))}
            ${show ? link(html`${t('Show')} ${icon('arrow-right')}`, show) : nothing}
          </p>
        </div>
      </li>`;
    })}
  </ul>`;
}

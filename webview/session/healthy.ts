import { html, type TemplateResult } from 'lit';
import type { HealthyRange } from '../../src/analysis/session/healthy';
import { t } from '../strings';
import { icon } from '../ui/controls';
import { healthyLabel, measuredText, rangeText } from './words';

function verdict(healthy: boolean | undefined): TemplateResult {
  const [symbol, text] =
    healthy === undefined
      ? ['circle-slash', t('not known')]
      : healthy
        ? ['pass', t('within')]
        : ['warning', t('outside')];
  return html`<span class="verdict ${symbol}" title=${text}
    >${icon(symbol)}<span class="sr-only">${text}</span></span
  >`;
}

/** Each figure with its healthy range and where it lies. */
export const healthyList = (
  ranges: readonly HealthyRange[],
  open?: (range: HealthyRange) => void,
): TemplateResult =>
  html`<table class="healthy">
    <thead class="sr-only">
      <tr>
        <th scope="col">${t('Verdict')}</th>
        <th scope="col">${t('Figure')}</th>
        <th scope="col">${t('Measured')}</th>
        <th scope="col">${t('Healthy')}</th>
      </tr>
    </thead>
    <tbody>
      ${ranges.map(
        (range) =>
          html`<tr>
            <td>${verdict(range.healthy)}</td>
            <td>
              ${
                open
                  ? html`<button class="link" type="button" @click=${() => open(range)}>
                      ${healthyLabel(range.figure)}
                    </button>`
                  : healthyLabel(range.figure)
              }
            </td>
            <td class="number">${measuredText(range)}</td>
            <td class="quiet figures">${rangeText(range)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;

/** The list of keys. */
import { html, type TemplateResult } from 'lit';
import { t } from '../strings';
import { button } from './controls';

const keys = (): readonly (readonly [string, string])[] => [
  ['1 … 9 0', t('Go to a tab')],
  ['/', t('Filter')],
  ['Esc', t('Widen the scope by the latest step')],
  ['↑ ↓ PgUp PgDn Home End', t('Move in a table')],
  ['← →', t('Move between columns; open and close a row of a tree')],
  ['Enter', t('Open a row; on a heading: sort')],
  ['Alt+← Alt+→', t('On a heading: make the column narrower or wider')],
  ['c', t('Copy the row')],
  ['← →', t('In a chart: read out its parts; Enter opens one')],
  ['Shift+← Shift+→', t('In a chart over time: choose a window; Enter sets it')],
  ['?', t('Show or hide this list')],
];

export function helpOverlay(close: () => void): TemplateResult {
  return html`<div class="overlay" @click=${close}>
    <div
      class="dialog"
      role="dialog"
      aria-modal="true"
      aria-labelledby="help-title"
      tabindex="-1"
      @click=${(event: Event) => event.stopPropagation()}
    >
      <h2 id="help-title">${t('Keys')}</h2>
      <dl class="keys">
        ${keys().map(
          ([key, meaning]) =>
            html`<div>
              <dt><kbd>${key}</kbd></dt>
              <dd>${meaning}</dd>
            </div>`,
        )}
      </dl>
      ${button(t('Close'), close)}
    </div>
  </div>`;
}

/** What the figures are narrowed to: which process, which stretch of time. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatTime } from '../../src/profile/format';
import { t } from '../strings';
import { crumbs } from '../shell/breadcrumb';
import { icon } from '../ui/controls';
import type { SessionApp } from './app';
import type { Narrowing } from './state';
import { processLabel, processName } from './words';

export function windowLabel([start, end]: readonly [number, number]): string {
  const digits = Math.min(6, Math.max(1, 10 - Math.floor(Math.log10(Math.max(1, end - start)))));
  const at = (time: number): string => (time / 1e9).toFixed(digits);
  return t('{0} – {1} s, {2} long', at(start), at(end), formatTime(end - start));
}

function label(app: SessionApp, narrowing: Narrowing): string | undefined {
  const { process, window } = app.scope;
  if (narrowing === 'process')
    return process === undefined ? undefined : processName(app.status?.session, process);
  return window && windowLabel(window);
}

export function breadcrumb(app: SessionApp): unknown {
  const { narrowed } = app.state;
  if (narrowed.length === 0) return nothing;
  return crumbs(
    narrowed,
    (part) => label(app, part),
    (part) => app.narrow(part, undefined),
    app.scope.window
      ? html`<button type="button" class="link" @click=${() => app.go('steps')}>
            ${icon('list-ordered')} ${t('Steps of this time')}</button
          >${
            app.status?.link && app.status.utcEpoch !== undefined
              ? html`<button
                  type="button"
                  class="link"
                  @click=${() => app.openTimeline({ window: app.scope.window })}
                >
                  ${icon('graph')} ${t('Open the timeline here')}
                </button>`
              : nothing
          }`
      : nothing,
  );
}

export function processChoice(app: SessionApp): TemplateResult | typeof nothing {
  const processes = app.status?.session?.processes ?? [];
  if (processes.length < 2) return nothing;
  const chosen = app.scope.process;
  return html`<label class="labelled"
    ><span>${t('Process')}</span
    ><select
      aria-label=${t('Process')}
      @change=${(event: Event) => {
        const { value } = event.target as HTMLSelectElement;
        app.narrow('process', value === '' ? undefined : Number(value));
      }}
    >
      <option value="" ?selected=${chosen === undefined}>
        ${t('All {0} processes', processes.length)}
      </option>
      ${processes.map(
        (process, index) =>
          html`<option value=${index} title=${process.folder} ?selected=${index === chosen}>
            ${processLabel(process)}
          </option>`,
      )}
    </select></label
  >`;
}

export function scopeSentence(app: SessionApp): string {
  const { process, window } = app.scope;
  const facts = app.status?.session;
  const count = facts?.processes.length ?? 0;
  const [start, end] = app.status?.extent ?? [0, 0];
  return t(
    'Figures are for {0} · {1}',
    process === undefined
      ? count > 1
        ? t('all {0} processes', count)
        : t('the one process')
      : processName(facts, process),
    window ? windowLabel(window) : t('the whole session, {0}', formatTime(end - start)),
  );
}

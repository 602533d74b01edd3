/** Small pieces every view is put together from. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Core } from '../core';
import { t } from '../strings';
import { button, icon } from './controls';

/** The view's answer in words, before any picture. */
export const lead = (text: unknown): TemplateResult => html`<p class="lead">${text}</p>`;

export function section(
  title: string,
  content: unknown,
  options: { note?: unknown; tools?: unknown; className?: string } = {},
): TemplateResult {
  return html`<section class=${options.className ?? ''} aria-label=${title}>
    <div class="section-head">
      <h2>${title}</h2>
      ${options.note ? html`<span class="quiet">${options.note}</span>` : nothing}
      <span class="spring"></span>${options.tools ?? nothing}
    </div>
    ${content}
  </section>`;
}

export interface Empty {
  readonly why: string;
  /** A flag or command that fills it, to copy. */
  readonly remedy?: string;
  /** Whether profiling a model of vLLM from here fills it too. */
  readonly profile?: boolean;
  readonly action?: { readonly label: string; run(): void };
}

/** Never blank: why there is nothing, and the one thing that changes it. */
export function emptyState(app: Core, { why, remedy, profile, action }: Empty): TemplateResult {
  return html`<div class="empty">
    ${icon('info')}
    <div>
      <p>${why}</p>
      ${remedy ? html`<p><code>${remedy}</code></p>` : nothing}
      <div class="actions">
        ${
          remedy
            ? button(t('Copy'), () => app.copy(remedy), { icon: 'copy' })
            : action
              ? button(action.label, () => action.run())
              : nothing
        }
        ${
          profile
            ? button(t('Profile vLLM Model…'), () =>
                app.client.act({ kind: 'action', action: 'profileModel' }),
              )
            : nothing
        }
      </div>
    </div>
  </div>`;
}

/** A figure with its name, and what it means beneath. */
export function tile(
  value: string,
  label: string,
  options: { mark?: unknown; note?: string; run?: () => void; title?: string } = {},
): TemplateResult {
  // Spaces, as a screen reader reads it as one sentence.
  const content = html`<span class="tile-value">${value}</span>
    <span class="tile-label">${options.mark ?? nothing}${label}</span>
    ${options.note ? html`<span class="tile-note">${options.note}</span>` : nothing}`;
  return options.run
    ? html`<button
        class="tile"
        type="button"
        title=${options.title ?? nothing}
        @click=${options.run}
      >
        ${content}
      </button>`
    : html`<div class="tile" title=${options.title ?? nothing}>${content}</div>`;
}

export interface Fact {
  readonly name: string;
  readonly value: unknown;
}

export const facts = (list: readonly Fact[]): TemplateResult =>
  html`<dl class="facts">
    ${list.map(
      ({ name, value }) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;

export const warning = (text: unknown): TemplateResult =>
  html`<p class="warning">${icon('warning')}<span>${text}</span></p>`;

export const failed = (text: string): TemplateResult =>
  html`<p class="failed" role="alert">${icon('error')}<span>${text}</span></p>`;

export const estimate = (): TemplateResult => html`<span class="estimate">${t('estimate')}</span>`;

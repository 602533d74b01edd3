/**
 * Buttons and the like, as VS Code's own look. The toolkit behind them is used
 * in this folder alone, so that its successor can take its place unnoticed.
 */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
} from '@vscode/webview-ui-toolkit';
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../strings';

provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeDropdown(),
  vsCodeOption(),
  vsCodeProgressRing(),
);

export const icon = (name: string): TemplateResult =>
  html`<span class="codicon codicon-${name}" aria-hidden="true"></span>`;

export function button(
  label: string,
  onClick: (event: Event) => void,
  options: { primary?: boolean; icon?: string } = {},
): TemplateResult {
  return html`<vscode-button
    appearance=${options.primary ? 'primary' : 'secondary'}
    @click=${onClick}
    >${options.icon ? html`${icon(options.icon)}&nbsp;` : nothing}${label}</vscode-button
  >`;
}

export function iconButton(
  name: string,
  label: string,
  onClick: (event: Event) => void,
): TemplateResult {
  return html`<vscode-button appearance="icon" aria-label=${label} title=${label} @click=${onClick}
    >${icon(name)}</vscode-button
  >`;
}

/** Text that acts when clicked: narrows, copies, leads elsewhere. */
export function link(
  label: unknown,
  onClick: (event: Event) => void,
  title?: string,
): TemplateResult {
  return html`<button class="link" type="button" title=${title ?? nothing} @click=${onClick}>
    ${label}
  </button>`;
}

/** Between a chart and its table. */
export function tableSwitch(asTable: boolean, onClick: () => void): TemplateResult {
  return html`<button
    class="link figure-switch"
    type="button"
    aria-pressed=${asTable}
    @click=${onClick}
  >
    ${icon(asTable ? 'graph' : 'table')} ${asTable ? t('Show as chart') : t('Show as table')}
  </button>`;
}

export function checkbox(
  label: string,
  checked: boolean,
  onChange: (checked: boolean) => void,
): TemplateResult {
  return html`<vscode-checkbox
    ?checked=${checked}
    .checked=${checked}
    @change=${(event: Event) => {
      const now = (event.target as HTMLInputElement).checked;
      // The toolkit also fires when the property is set from here.
      if (now !== checked) onChange(now);
    }}
    >${label}</vscode-checkbox
  >`;
}

export function dropdown<T extends string>(
  label: string,
  value: T,
  options: readonly (readonly [T, string])[],
  onChange: (value: T) => void,
): TemplateResult {
  return html`<label class="labelled"
    ><span>${label}</span
    ><vscode-dropdown
      aria-label=${label}
      .value=${value}
      @change=${(event: Event) => {
        const chosen = (event.target as HTMLSelectElement).value as T;
        if (chosen !== value) onChange(chosen);
      }}
      >${options.map(
        ([key, text]) =>
          html`<vscode-option value=${key} ?selected=${key === value}>${text}</vscode-option>`,
      )}</vscode-dropdown
    ></label
  >`;
}

/** One of a few, all of them to be seen. */
export function choices<T extends string>(
  label: string,
  value: T,
  options: readonly (readonly [T, unknown])[],
  onChange: (value: T) => void,
): TemplateResult {
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = options.findIndex(([key]) => key === value);
    const next = options[(at + step + options.length) % options.length];
    onChange(next[0]);
    const group = event.currentTarget as HTMLElement;
    requestAnimationFrame(() => group.querySelector<HTMLElement>('[aria-checked="true"]')?.focus());
  };
  return html`<div class="choices" role="radiogroup" aria-label=${label} @keydown=${move}>
    ${options.map(
      ([key, text]) =>
        html`<button
          type="button"
          role="radio"
          aria-checked=${key === value}
          tabindex=${key === value ? 0 : -1}
          @click=${() => onChange(key)}
        >
          ${text}
        </button>`,
    )}
  </div>`;
}

export const busy = (label: string): TemplateResult =>
  html`<span class="busy"
    ><vscode-progress-ring aria-label=${label}></vscode-progress-ring><span>${label}</span></span
  >`;

/** Holds the place of something that is on its way. */
export const skeleton = (lines = 3, kind: 'text' | 'chart' = 'text'): TemplateResult =>
  html`<div class="skeleton ${kind}" role="status" aria-label=${t('Reading…')}>
    ${Array.from({ length: kind === 'chart' ? 1 : lines }, () => html`<span></span>`)}
  </div>`;

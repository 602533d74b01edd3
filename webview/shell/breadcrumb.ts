/** What the figures are narrowed to: each part can be dropped. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Scope } from '../../src/profile/scope';
import type { OpenStatus } from '../../src/protocol/requests';
import { formatTime, momentFormat } from '../../src/profile/format';
import type { App } from '../app';
import type { Narrowing } from '../state';
import { plural, t } from '../strings';
import { icon, link } from '../ui/controls';
import { deviceName } from '../ui/devices';
import { phaseLabel } from '../ui/marks';

function windowLabel([start, end]: readonly [number, number]): string {
  const at = momentFormat(start, end);
  return t('{0} – {1}, {2} long', at(start), at(end), formatTime(end - start));
}

function label(app: App, narrowing: Narrowing): string | undefined {
  const { scope, kernelFilter } = app.state;
  switch (narrowing) {
    case 'devices':
      return scope.devices?.map((device) => deviceName(app.status!, device)).join(', ');
    case 'window':
      return scope.window && windowLabel(scope.window);
    case 'phase':
      return scope.phase && phaseLabel(scope.phase);
    case 'filter':
      return kernelFilter === '' ? undefined : t('kernels: {0}', kernelFilter);
  }
}

function drop(app: App, narrowing: Narrowing): void {
  if (narrowing === 'filter') app.filterKernels('');
  else app.narrow(narrowing, undefined);
}

/**
 * What the figures are narrowed to, each part to be dropped.
 * @param label of a part; nothing where it narrows nothing
 * @param more what can be done with this scope
 */
export function crumbs<Part>(
  narrowed: readonly Part[],
  label: (part: Part) => string | undefined,
  drop: (part: Part) => void,
  more: unknown,
): TemplateResult {
  return html`<nav class="breadcrumb" aria-label=${t('Scope of the figures')}>
    ${link(t('Everything'), () => [...narrowed].forEach(drop))}
    ${narrowed.map((part, index) => {
      const text = label(part);
      if (text === undefined) return nothing;
      const hint = index === narrowed.length - 1 ? t('Drop this (Escape)') : t('Drop this');
      return html`${icon('chevron-right')}<button
          type="button"
          class="crumb"
          title=${hint}
          aria-label="${text}: ${hint}"
          @click=${() => drop(part)}
        >
          ${text}${icon('close')}
        </button>`;
    })}${more}
  </nav>`;
}

export function breadcrumb(app: App): unknown {
  const { narrowed } = app.state;
  if (narrowed.length === 0 || !app.status) return nothing;
  return crumbs(
    narrowed,
    (narrowing) => label(app, narrowing),
    (narrowing) => drop(app, narrowing),
    app.status.torch && app.scope.window
      ? html`<button type="button" class="link" @click=${() => app.saveTrimmed()}>
          ${icon('save-as')} ${t('Save trimmed trace…')}
        </button>`
      : nothing,
  );
}

/** In words, for the line at the foot. */
export function scopeSentence(status: OpenStatus, scope: Scope): string {
  const devices =
    scope.devices === undefined
      ? status.devices.length > 1
        ? t('all {0} devices', status.devices.length)
        : plural(status.devices.length, 'the one device', 'no device')
      : scope.devices.map((device) => deviceName(status, device)).join(', ');
  const phase = scope.phase === undefined ? t('all phases') : phaseLabel(scope.phase);
  // How long that is has several answers: captured, from first to last event, or work on a GPU.
  const window = scope.window === undefined ? t('the whole run') : windowLabel(scope.window);
  return t('Figures are for {0} · {1} · {2}', devices, phase, window);
}

/** Which rank of the run is shown. */
export function rankChoice(app: App): TemplateResult | typeof nothing {
  const { ranks } = app;
  if (!ranks) return nothing;
  return html`<label class="labelled"
    ><span>${t('Rank')}</span
    ><select
      aria-label=${t('Rank')}
      @change=${(event: Event) => app.showRank(Number((event.target as HTMLSelectElement).value))}
    >
      ${ranks.files.map(
        ({ rank, name }, index) =>
          html`<option value=${index} title=${name} ?selected=${index === ranks.shown}>
            ${t('{0} of {1}', rank, ranks.files.length)}
          </option>`,
      )}
    </select></label
  >`;
}

export function deviceChoice(app: App): TemplateResult | typeof nothing {
  const { status } = app;
  if (!status || status.devices.length < 2) return nothing;
  const chosen = app.scope.devices?.length === 1 ? String(app.scope.devices[0]) : '';
  return html`<label class="labelled"
    ><span>${t('Device')}</span
    ><select
      aria-label=${t('Device')}
      @change=${(event: Event) => {
        const { value } = event.target as HTMLSelectElement;
        app.narrow('devices', value === '' ? undefined : [Number(value)]);
      }}
    >
      <option value="" ?selected=${chosen === ''}>${t('All devices')}</option>
      ${status.devices.map(
        (device) =>
          html`<option value=${device.index} ?selected=${chosen === String(device.index)}>
            ${deviceName(status, device.index)}
          </option>`,
      )}
    </select></label
  >`;
}

/** What stands in place of the views, or above them, when something is to be said about the file. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Failure, FailureCode } from '../../src/profile/failure';
import type { HostAction } from '../../src/protocol/messages';
import { formatBytes } from '../../src/profile/format';
import type { Core } from '../core';
import { t } from '../strings';
import { busy, button, icon, link } from '../ui/controls';
import { styled } from '../ui/styled';

/** What helps when something is wrong with the file. */
type Simple = Extract<
  HostAction['action'],
  'reload' | 'openFolder' | 'openWith' | 'openSettings' | 'openSample' | 'cancel'
>;

const act = (app: Core, action: Simple) => () => app.client.act({ kind: 'action', action });

/** What can be done about each failure, the most likely help first. */
const HELP: Readonly<Record<FailureCode, readonly Simple[]>> = {
  'not-found': ['openFolder', 'reload'],
  empty: ['reload', 'openFolder'],
  truncated: ['reload', 'openFolder'],
  'not-sqlite': ['openWith', 'openFolder'],
  encrypted: ['openWith', 'openFolder'],
  'not-a-profile': ['openWith', 'openSample'],
  busy: ['reload', 'openFolder'],
  unreadable: ['reload', 'openWith', 'openFolder'],
  'no-tool': ['openSettings', 'reload', 'openSample'],
  'tool-failed': ['reload', 'openSettings', 'openFolder'],
  cancelled: ['reload'],
  'bad-request': ['reload'],
  internal: ['reload', 'openWith'],
};

function actionLabel(action: Simple): string {
  switch (action) {
    case 'reload':
      return t('Try Again');
    case 'openFolder':
      return t('Open Folder');
    case 'openWith':
      return t('Open With…');
    case 'openSettings':
      return t('Settings');
    case 'openSample':
      return t('Open Sample Profile');
    case 'cancel':
      return t('Cancel');
  }
}

export function failurePage(app: Core, failure: Failure): TemplateResult {
  const actions = HELP[failure.code] ?? ['reload'];
  return html`<main class="page" role="alert">
    ${icon(failure.code === 'cancelled' ? 'circle-slash' : 'error')}
    <p class="page-text">${failure.message}</p>
    <div class="actions">
      ${actions.map((action, index) =>
        button(actionLabel(action), act(app, action), { primary: index === 0 }),
      )}
    </div>
  </main>`;
}

export function convertingPage(
  app: Core,
  converting: { readonly command: string; readonly line: string },
): TemplateResult {
  return html`<main class="page" aria-busy="true">
    ${busy(t('Converting the report…'))}
    <p><code>${converting.command}</code></p>
    <p class="quiet output" role="status">
      ${converting.line || t('Waiting for its first output…')}
    </p>
    <div class="actions">${button(t('Cancel'), act(app, 'cancel'))}</div>
  </main>`;
}

/** Before anything is known of the file, but how much of it has been read. */
export function openingPage(app?: Core): TemplateResult {
  return html`<main class="page" aria-busy="true">
    ${busy(t('Opening the profile…'))}${app?.progress ? progressBar(app) : nothing}
  </main>`;
}

export function banners(app: Core): unknown {
  return html`${
    app.changed
      ? html`<div class="banner" role="alert">
          ${icon('sync')}<span>${t('The file has changed on disk.')}</span>${button(
            t('Reload'),
            act(app, 'reload'),
          )}
        </div>`
      : nothing
  }
  ${
    app.status?.generated
      ? html`<div class="banner">
          ${icon('beaker')}<span
            >${t('Generated, not measured: its figures are of no real GPU.')}</span
          >
        </div>`
      : nothing
  }`;
}

/** How much has been read, while reading: in the line at the foot, so that nothing moves when it is done. */
export function progressBar(app: Core): unknown {
  const { progress, status } = app;
  if (status?.stage === 'complete' || (!progress && !status)) return nothing;
  const size = progress?.size ?? status?.size ?? 0;
  const share = progress && size > 0 ? progress.read / size : 0;
  return html`<div class="progress">
    <div
      class="progress-track"
      role="progressbar"
      aria-label=${t('Reading the profile')}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${Math.round(share * 100)}
    >
      <span ${styled({ width: `${Math.min(100, share * 100)}%` })}></span>
    </div>
    <span class="quiet figures"
      >${t('{0} % of {1} read', Math.round(share * 100), formatBytes(size))}</span
    >
    ${link(t('Cancel'), act(app, 'cancel'))}
  </div>`;
}

/** The page of a run by itself. */
import { html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { failurePage, openingPage } from '../shell/notices';
import { PageShell } from '../shell/page-shell';
import '../views/run/run';
import type { RunApp } from './app';

@customElement('pm-run-shell')
export class RunShell extends PageShell<RunApp> {
  protected override render(): unknown {
    const { app } = this;
    if (app.failure) return failurePage(app, app.failure);
    if (!app.run) return openingPage();
    const name = app.run.folder.split(/[\\/]/).at(-1);
    return html`<div class="shell">
      <header>
        <span class="facts-line"><strong title=${app.run.folder}>${name}</strong></span>
        <span class="spring"></span>
        ${this.renderKeysButton()}
      </header>
      <main>
        <div class="panel"><pm-run .app=${app} active></pm-run></div>
      </main>
      <footer>
        <span class="spring"></span><span role="status" class="notice">${app.notice}</span>
      </footer>
      ${this.renderKeys()}
    </div>`;
  }

  /** One view, and nothing narrowed. */
  protected override widen(): void {}

  protected override press(): boolean {
    return false;
  }
}

/** The page of a run by itself. */
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Follow } from '../core';
import { failurePage, openingPage } from '../shell/notices';
import { isTyping } from '../shell/tabs';
import { t } from '../strings';
import { iconButton } from '../ui/controls';
import { helpOverlay } from '../ui/dialog';
import '../views/run/run';
import type { RunApp } from './app';

@customElement('pm-run-shell')
export class RunShell extends LitElement {
  @property({ attribute: false }) app!: RunApp;
  @state() private help = false;

  constructor() {
    super();
    new Follow(this);
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('keydown', this.onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('keydown', this.onKey);
  }

  protected override render(): unknown {
    const { app } = this;
    if (app.failure) return failurePage(app, app.failure);
    if (!app.run) return openingPage();
    const name = app.run.folder.split(/[\\/]/).at(-1);
    return html`<div class="shell">
      <header>
        <span class="facts-line"><strong title=${app.run.folder}>${name}</strong></span>
        <span class="spring"></span>
        ${iconButton('question', t('Keys ( ? )'), () => this.toggleHelp())}
      </header>
      <main>
        <div class="panel"><pm-run .app=${app} active></pm-run></div>
      </main>
      <footer>
        <span class="spring"></span><span role="status" class="notice">${app.notice}</span>
      </footer>
      ${this.help ? helpOverlay(() => this.toggleHelp()) : nothing}
    </div>`;
  }

  private toggleHelp(): void {
    this.help = !this.help;
    if (this.help)
      void this.updateComplete.then(() => this.querySelector<HTMLElement>('.dialog')?.focus());
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape' ? this.help : event.key === '?' && !isTyping(event)) {
      this.toggleHelp();
      event.preventDefault();
    }
  };
}

/** The page of a session: header with the live mark, tabs, the view that is chosen, the scope of its figures. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatBytes, formatCount } from '../../src/profile/format';
import type { SessionFacts, SessionTab } from '../../src/protocol/session';
import { Follow } from '../core';
import { Query } from '../query';
import { failurePage, openingPage, progressBar } from '../shell/notices';
import { isTyping, tabBar } from '../shell/tabs';
import { plural, t } from '../strings';
import { icon, iconButton } from '../ui/controls';
import { helpOverlay } from '../ui/dialog';
import '../views/run/run';
import type { SessionApp } from './app';
import './batches';
import './components';
import './cpu';
import './experts';
import './graphs';
import './kv-cache';
import './latency';
import './overview';
import './requests';
import { breadcrumb, processChoice, scopeSentence } from './scope';
import './steps';
import type { Overview } from './session-view';
import { tabLabel } from './words';

const TABS: readonly SessionTab[] = [
  'overview',
  'kv-cache',
  'graphs',
  'batches',
  'latency',
  'cpu',
  'requests',
  'experts',
  'components',
  'steps',
];

/** The run comes last, so that the keys of the others stay. */
const tabsOf = ({ run }: SessionApp): readonly SessionTab[] => (run ? [...TABS, 'run'] : TABS);

/** Views with a filter box of their own. */
const FILTERED: readonly SessionTab[] = ['requests', 'steps'];
const BINS = 400;

@customElement('pm-session-shell')
export class SessionShell extends LitElement {
  @property({ attribute: false }) app!: SessionApp;
  @state() private help = false;
  private query?: Query<'sessionOverview'>;
  /** Views stay once they were seen, so that coming back is at once. */
  private readonly seen = new Set<SessionTab>();

  constructor() {
    super();
    new Follow(this);
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.query ??= new Query(this, this.app, 'sessionOverview');
    window.addEventListener('keydown', this.onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('keydown', this.onKey);
  }

  protected override render(): unknown {
    const { app } = this;
    if (app.failure) return failurePage(app, app.failure);
    if (!app.status?.session) return app.progress ? progressBar(app) : openingPage();
    const tabs = tabsOf(app);
    const tab = tabs.includes(app.state.tab) ? app.state.tab : 'overview';
    this.seen.add(tab);
    const overview = this.query!.ask({ scope: app.scope, bins: BINS }).value;
    return html`<div class="shell">
      <header>
        ${this.renderHeader(overview)}<span class="spring"></span> ${processChoice(app)}
        ${iconButton('question', t('Keys ( ? )'), () => this.toggleHelp())}
      </header>
      ${tabBar(
        tabs.map((name) => ({ name, label: tabLabel(name) })),
        tab,
        (name) => app.go(name),
      )}
      ${breadcrumb(app)}
      <main>
        ${tabs
          .filter((name) => this.seen.has(name))
          .map(
            (name) =>
              html`<div
                id="panel-${name}"
                class="panel"
                role="tabpanel"
                aria-labelledby="tab-${name}"
                ?hidden=${name !== tab}
              >
                ${this.renderView(name, name === tab, overview)}
              </div>`,
          )}
      </main>
      <footer>
        <span>${scopeSentence(app)}</span><span class="spring"></span
        ><span role="status" class="notice">${app.notice}</span>
      </footer>
      ${this.help ? helpOverlay(() => this.toggleHelp()) : nothing}
    </div>`;
  }

  private renderHeader(overview: Overview | undefined): TemplateResult {
    const { size, session } = this.app.status!;
    const facts = session!;
    const versions = new Set(overview?.processes.map(({ vllmVersion }) => vllmVersion));
    versions.delete(undefined);
    const parts = [
      versions.size > 0 ? `vLLM ${[...versions].join(', ')}` : undefined,
      overview?.host,
      plural(
        facts.processes.length,
        '{0} process',
        '{0} processes',
        formatCount(facts.processes.length),
      ),
      plural(facts.rows, '{0} row', '{0} rows', formatCount(facts.rows)),
      facts.layout === 'original' ? t('the original tool’s layout') : undefined,
      formatBytes(size),
    ].filter((part) => part !== undefined && part !== '');
    return html`${liveMark(facts)}<span class="facts-line"
        ><strong title=${this.app.status!.path}>${facts.name}</strong>${parts.map(
          (part) => html` <span>${part}</span>`,
        )}</span
      >`;
  }

  private renderView(
    name: SessionTab,
    active: boolean,
    overview: Overview | undefined,
  ): TemplateResult {
    const { app } = this;
    switch (name) {
      case 'kv-cache':
        return html`<pm-session-kv-cache
          .app=${app}
          .overview=${overview}
          ?active=${active}
        ></pm-session-kv-cache>`;
      case 'graphs':
        return html`<pm-session-graphs
          .app=${app}
          .overview=${overview}
          ?active=${active}
        ></pm-session-graphs>`;
      case 'batches':
        return html`<pm-session-batches
          .app=${app}
          .overview=${overview}
          ?active=${active}
        ></pm-session-batches>`;
      case 'latency':
        return html`<pm-session-latency
          .app=${app}
          .overview=${overview}
          ?active=${active}
        ></pm-session-latency>`;
      case 'cpu':
        return html`<pm-session-cpu
          .app=${app}
          .overview=${overview}
          ?active=${active}
        ></pm-session-cpu>`;
      case 'requests':
        return html`<pm-session-requests
          .app=${app}
          .overview=${overview}
          ?active=${active}
        ></pm-session-requests>`;
      case 'experts':
        return html`<pm-session-experts
          .app=${app}
          .overview=${overview}
          ?active=${active}
        ></pm-session-experts>`;
      case 'components':
        return html`<pm-session-components
          .app=${app}
          .overview=${overview}
          ?active=${active}
        ></pm-session-components>`;
      case 'overview':
        return html`<pm-session-overview
          .app=${app}
          .overview=${overview}
          ?active=${active}
        ></pm-session-overview>`;
      case 'steps':
        return html`<pm-session-steps .app=${app} ?active=${active}></pm-session-steps>`;
      case 'run':
        return html`<pm-run .app=${app} ?active=${active}></pm-run>`;
    }
  }

  private toggleHelp(): void {
    this.help = !this.help;
    if (this.help) {
      void this.updateComplete.then(() => this.querySelector<HTMLElement>('.dialog')?.focus());
    }
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') {
      if (this.help) this.toggleHelp();
      else this.app.widen();
      return;
    }
    if (isTyping(event)) return;
    const tab = TABS[Number(event.key) - 1];
    if (tab) this.app.go(tab);
    else if (event.key === '0') this.app.go(TABS[9]);
    else if (event.key === '?') this.toggleHelp();
    else if (event.key === '/') void this.focusFilter();
    else return;
    event.preventDefault();
  };

  private async focusFilter(): Promise<void> {
    const { app } = this;
    if (!FILTERED.includes(app.state.tab)) app.go('requests');
    await this.updateComplete;
    const view = this.querySelector<LitElement & { focusFilter(): void }>(
      `pm-session-${app.state.tab}`,
    );
    await view?.updateComplete;
    view?.focusFilter();
  }
}

/** Whether rows still come. */
function liveMark({ state }: SessionFacts): TemplateResult {
  switch (state) {
    case 'growing':
      return html`<span
        class="live growing"
        title=${t('Rows come while you look: every view follows them.')}
        >${icon('record')}${t('Live')}</span
      >`;
    case 'waiting':
      return html`<span
        class="live"
        title=${t('No rows come now. A process may still write: none of its files says that it has ended.')}
        >${icon('circle-outline')}${t('No new rows')}</span
      >`;
    case 'ended':
      return html`<span class="live" title=${t('All of its processes have ended.')}
        >${icon('pass')}${t('Ended')}</span
      >`;
  }
}

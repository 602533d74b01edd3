/** The page of a session: header with the live mark, tabs, the view that is chosen, the scope of its figures. */
import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { formatBytes, formatCount } from '../../src/profile/format';
import type { SessionFacts, SessionTab } from '../../src/protocol/session';
import { Query } from '../query';
import { failurePage, openingPage } from '../shell/notices';
import { PageShell } from '../shell/page-shell';
import { tabBar, tabPanels } from '../shell/tabs';
import { plural, t } from '../strings';
import { icon } from '../ui/controls';
import '../views/run/run';
import type { SessionApp } from './app';
import './batches';
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

/** The engine's, then the model's, then both by time: no more than there are digits. */
const TABS: readonly SessionTab[] = [
  'overview',
  'kv-cache',
  'requests',
  'batches',
  'latency',
  'graphs',
  'cpu',
  'experts',
  'steps',
];

/** The run comes last, so that the keys of the others stay. */
const tabsOf = ({ run }: SessionApp): readonly SessionTab[] => (run ? [...TABS, 'run'] : TABS);

/** Views with a filter box of their own. */
const FILTERED: readonly SessionTab[] = ['requests', 'steps'];
const BINS = 400;

@customElement('pm-session-shell')
export class SessionShell extends PageShell<SessionApp> {
  private query?: Query<'sessionOverview'>;
  /** Views stay once they were seen, so that coming back is at once. */
  private readonly seen = new Set<SessionTab>();

  override connectedCallback(): void {
    super.connectedCallback();
    this.query ??= new Query(this, this.app, 'sessionOverview');
  }

  protected override render(): unknown {
    const { app } = this;
    if (app.failure) return failurePage(app, app.failure);
    if (!app.status?.session) return openingPage(app);
    const tabs = tabsOf(app);
    const tab = tabs.includes(app.state.tab) ? app.state.tab : 'overview';
    const overview = this.query!.ask({ scope: app.scope, bins: BINS }).value;
    return html`<div class="shell">
      <header>
        ${this.renderHeader(overview)}<span class="spring"></span> ${processChoice(app)}
        ${this.renderKeysButton()}
      </header>
      ${tabBar(
        tabs.map((name) => ({ name, label: tabLabel(name) })),
        tab,
        (name) => app.go(name),
      )}
      ${breadcrumb(app)}
      <main>
        ${tabPanels(tabs, tab, this.seen, (name, active) => this.renderView(name, active, overview))}
      </main>
      <footer>
        <span>${scopeSentence(app)}</span><span class="spring"></span
        ><span role="status" class="notice">${app.notice}</span>
      </footer>
      ${this.renderKeys()}
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

  protected override widen(): void {
    this.app.widen();
  }

  protected override press(key: string): boolean {
    const { app } = this;
    const tab = tabsOf(app)[key === '0' ? 9 : Number(key) - 1];
    if (tab) app.go(tab);
    else if (key === '/') {
      if (!FILTERED.includes(app.state.tab)) app.go('requests');
      void this.focusFilter(`pm-session-${app.state.tab}`);
    } else return false;
    return true;
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

/** The page: header, tabs, the view that is chosen, and the scope of its figures. */
import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { formatBytes, formatTime } from '../../src/profile/format';
import type { App } from '../app';
import { Query } from '../query';
import { t } from '../strings';
import type { TabName } from '../../src/protocol/place';
import { graphModeLabel } from '../views/graphs/mode';
import '../views/flame/flame';
import '../views/graphs/graphs';
import '../views/kernels/kernels';
import '../views/memory/memory';
import '../views/operators/operators';
import '../views/overview/overview';
import '../views/phases/phases';
import '../views/ranks/ranks';
import '../views/ranges/ranges';
import '../views/run/run';
import { breadcrumb, deviceChoice, rankChoice, scopeSentence } from './breadcrumb';
import { banners, convertingPage, failurePage, openingPage, progressBar } from './notices';
import { PageShell } from './page-shell';
import { tabBar, tabPanels } from './tabs';

/** GPU 2 before GPU 10. */
const byNumber = (one: string, other: string): number =>
  one.localeCompare(other, undefined, { numeric: true });

const TABS: readonly TabName[] = ['overview', 'phases', 'kernels', 'ranges', 'graphs', 'memory'];

/** Views with a filter box of their own. */
const FILTERED: readonly TabName[] = ['kernels', 'ranges', 'operators', 'flame'];

/** What this profile has views for. */
function tabsOf({ status, ranks, run }: App): readonly TabName[] {
  return [
    ...TABS,
    ...(status?.torch ? (['operators', 'flame'] as const) : []),
    ...(status?.torch && ranks ? (['ranks'] as const) : []),
    ...(run ? (['run'] as const) : []),
  ];
}

function tabLabel(tab: TabName): string {
  switch (tab) {
    case 'overview':
      return t('Overview');
    case 'phases':
      return t('Prefill / Decode');
    case 'kernels':
      return t('Kernels');
    case 'ranges':
      return t('Ranges');
    case 'graphs':
      return t('CUDA Graphs');
    case 'memory':
      return t('Memory');
    case 'operators':
      return t('Operators');
    case 'flame':
      return t('Flame Graph');
    case 'ranks':
      return t('Ranks');
    case 'run':
      return t('Run');
  }
}

@customElement('pm-shell')
export class Shell extends PageShell<App> {
  private query?: Query<'overview'>;
  /** Views stay once they were seen, so that coming back is at once. */
  private readonly seen = new Set<TabName>();

  override connectedCallback(): void {
    super.connectedCallback();
    this.query ??= new Query(this, this.app, 'overview');
  }

  protected override render(): unknown {
    const { app } = this;
    if (app.failure) return failurePage(app, app.failure);
    if (app.converting) return convertingPage(app, app.converting);
    if (!app.status) return openingPage(app);
    const tabs = tabsOf(app);
    // What was open on another file, or comes with ranks that are still being looked for.
    const tab = tabs.includes(app.state.tab) ? app.state.tab : 'overview';
    return html`<div class="shell">
      ${banners(app)}
      <header>
        ${this.renderHeader()}
        <span class="spring"></span>
        ${rankChoice(app)}${deviceChoice(app)}${this.renderKeysButton()}
      </header>
      ${tabBar(
        tabs.map((name) => ({ name, label: tabLabel(name) })),
        tab,
        (name) => app.go(name),
      )}
      ${breadcrumb(app)}
      <main>
        ${tabPanels(tabs, tab, this.seen, (name, active) => this.renderView(name, active))}
      </main>
      <footer>
        <span>${scopeSentence(app.status, app.scope)}</span><span class="spring"></span
        ><span role="status" class="notice">${app.notice}</span>${progressBar(app)}
      </footer>
      ${this.renderKeys()}
    </div>`;
  }

  private renderHeader(): TemplateResult {
    const { status } = this.app;
    const overview = this.query!.ask({ scope: {} }).value;
    const devices = [...status!.devices].sort((one, other) => one.index - other.index);
    const names = [...new Set(devices.map((device) => device.name))].sort(byNumber).map((name) => {
      const count = devices.filter((device) => device.name === name).length;
      return count > 1 ? `${count} × ${name}` : name;
    });
    const [start, end] = status!.extent;
    const parts = [
      overview?.model?.split('/').at(-1),
      names.join(', ') || t('no GPU recorded'),
      overview?.tool ?? (status!.format === 'nsys' ? 'Nsight Systems' : 'PyTorch'),
      end > start ? t('{0} captured', formatTime(overview?.duration ?? end - start)) : undefined,
      overview?.graphCoverage === undefined ? undefined : graphModeLabel(overview.graphMode),
      formatBytes(status!.size),
    ].filter((part) => part !== undefined);
    const file = status!.path.split(/[\\/]/).at(-1) ?? status!.path;
    return html`<span class="facts-line" title=${parts.join(' · ')}
      ><strong title=${status!.path}>${file}</strong
      >${parts.map((part) => html` <span>${part}</span>`)}</span
    >`;
  }

  private renderView(name: TabName, active: boolean): TemplateResult {
    const { app } = this;
    switch (name) {
      case 'overview':
        return html`<pm-overview .app=${app} ?active=${active}></pm-overview>`;
      case 'phases':
        return html`<pm-phases .app=${app} ?active=${active}></pm-phases>`;
      case 'kernels':
        return html`<pm-kernels .app=${app} ?active=${active}></pm-kernels>`;
      case 'ranges':
        return html`<pm-ranges .app=${app} ?active=${active}></pm-ranges>`;
      case 'graphs':
        return html`<pm-graphs .app=${app} ?active=${active}></pm-graphs>`;
      case 'memory':
        return html`<pm-memory .app=${app} ?active=${active}></pm-memory>`;
      case 'operators':
        return html`<pm-operators .app=${app} ?active=${active}></pm-operators>`;
      case 'flame':
        return html`<pm-flame .app=${app} ?active=${active}></pm-flame>`;
      case 'ranks':
        return html`<pm-ranks .app=${app} ?active=${active}></pm-ranks>`;
      case 'run':
        return html`<pm-run .app=${app} ?active=${active}></pm-run>`;
    }
  }

  protected override widen(): void {
    this.app.widen();
  }

  protected override press(key: string): boolean {
    const { app } = this;
    const tab = tabsOf(app)[Number(key) - 1];
    if (tab) app.go(tab);
    else if (key === '/') {
      if (!FILTERED.includes(app.state.tab)) app.go('kernels');
      void this.focusFilter(`pm-${app.state.tab}`);
    } else return false;
    return true;
  }
}

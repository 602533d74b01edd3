/** The page of Nsight Compute results: header, tabs, the view that is chosen, and what to know of the figures. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { ReportOverview } from '../../src/analysis/ncu/overview';
import type { NcuOverview } from '../../src/protocol/ncu';
import type { NcuTab } from '../../src/protocol/place';
import { formatBytes, formatCount } from '../../src/profile/format';
import { Query } from '../query';
import { banners, convertingPage, failurePage, openingPage } from '../shell/notices';
import { PageShell } from '../shell/page-shell';
import { tabBar, tabPanels } from '../shell/tabs';
import { plural, t } from '../strings';
import { link } from '../ui/controls';
import { warning } from '../ui/parts';
import { aboutOverlay, numbersSentence } from './about';
import type { NcuApp } from './app';
import './kernels/kernels';
import '../views/run/run';
import './roofline/roofline';
import './timeline/timeline';

const TABS: readonly NcuTab[] = ['roofline', 'kernels', 'timeline'];

const tabsOf = ({ run }: NcuApp): readonly NcuTab[] => (run ? [...TABS, 'run'] : TABS);
/** More are behind the link at the foot. */
const WARNINGS = 2;

function tabLabel(tab: NcuTab): string {
  switch (tab) {
    case 'roofline':
      return t('Roofline');
    case 'kernels':
      return t('Kernels');
    case 'timeline':
      return t('Timeline');
    case 'run':
      return t('Run');
  }
}

@customElement('pm-ncu-shell')
export class NcuShell extends PageShell<NcuApp, 'about'> {
  private query?: Query<'ncuOverview'>;
  /** Views stay once they were seen, so that coming back is at once. */
  private readonly seen = new Set<NcuTab>();

  override connectedCallback(): void {
    super.connectedCallback();
    this.query ??= new Query(this, this.app, 'ncuOverview');
  }

  protected override render(): unknown {
    const { app } = this;
    if (app.failure) return failurePage(app, app.failure);
    if (app.converting) return convertingPage(app, app.converting);
    if (!app.status) return openingPage();
    const tabs = tabsOf(app);
    const tab = tabs.includes(app.state.tab) ? app.state.tab : 'roofline';
    const overview = this.query!.ask({}).value;
    return html`<div class="shell">
      ${banners(app)}
      <header>
        ${this.renderHeader(overview)}<span class="spring"></span>
        ${this.renderKeysButton()}
      </header>
      ${tabBar(
        tabs.map((name) => ({ name, label: tabLabel(name) })),
        tab,
        (name) => app.go(name),
      )}
      ${overview ? this.renderWarnings(overview) : nothing}
      <main>
        ${tabPanels(tabs, tab, this.seen, (name, active) => this.renderView(name, active, overview))}
      </main>
      <footer>
        ${overview ? this.renderFoot(overview) : nothing}<span class="spring"></span
        ><span role="status" class="notice">${app.notice}</span>
      </footer>
      ${this.renderKeys()}
      ${
        this.overlay === 'about' && overview
          ? aboutOverlay(overview, () => this.toggle('about'))
          : nothing
      }
    </div>`;
  }

  private renderHeader(overview: NcuOverview | undefined): TemplateResult {
    const { status } = this.app;
    const cc = overview?.computeCapabilities.join(', ');
    const parts = [
      overview?.devices.join(', '),
      cc && t('compute capability {0}', cc),
      overview &&
        t(
          '{0} of {1}',
          plural(overview.launches, '{0} launch', '{0} launches', formatCount(overview.launches)),
          plural(overview.kernels, '{0} kernel', '{0} kernels', formatCount(overview.kernels)),
        ),
      'Nsight Compute',
      formatBytes(status!.size),
    ].filter((part) => part !== undefined && part !== '');
    const file = status!.path.split(/[\\/]/).at(-1) ?? status!.path;
    return html`<span class="facts-line"
      ><strong title=${status!.path}>${file}</strong>${parts.map(
        (part) => html` <span>${part}</span>`,
      )}</span
    >`;
  }

  private renderWarnings({ warnings }: ReportOverview): unknown {
    if (warnings.length === 0) return nothing;
    const more = warnings.length - WARNINGS;
    return html`<div class="report-warnings">
      ${warnings.slice(0, WARNINGS).map((text) => warning(text))}
      ${
        more > 0
          ? link(plural(more, 'and {0} more', 'and {0} more', more), () => this.toggle('about'))
          : nothing
      }
    </div>`;
  }

  private renderFoot(overview: ReportOverview): TemplateResult {
    const { provenance } = overview;
    const parts = [
      t('{0} page', provenance.page),
      provenance.printUnits && t('{0} units', provenance.printUnits),
      numbersSentence(provenance.numbers),
      t('at ncu’s clocks, with cold caches; not comparable with times on a timeline'),
    ].filter((part) => part !== undefined);
    return html`<span class="clip" title=${overview.notes.join('\n')}>${parts.join(' · ')}</span
      >${link(t('About these figures'), () => this.toggle('about'))}`;
  }

  private renderView(
    name: NcuTab,
    active: boolean,
    overview: NcuOverview | undefined,
  ): TemplateResult {
    const { app } = this;
    switch (name) {
      case 'roofline':
        return html`<pm-ncu-roofline
          .app=${app}
          .overview=${overview}
          ?active=${active}
        ></pm-ncu-roofline>`;
      case 'kernels':
        return html`<pm-ncu-kernels
          .app=${app}
          .overview=${overview}
          ?active=${active}
        ></pm-ncu-kernels>`;
      case 'timeline':
        return html`<pm-ncu-timeline .app=${app} ?active=${active}></pm-ncu-timeline>`;
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
      app.go('kernels');
      void this.focusFilter('pm-ncu-kernels');
    } else return false;
    return true;
  }
}

/** The page of Nsight Compute results: header, tabs, the view that is chosen, and what to know of the figures. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { ReportOverview } from '../../src/analysis/ncu/overview';
import type { NcuTab } from '../../src/protocol/place';
import { formatBytes, formatCount } from '../../src/profile/format';
import { Follow } from '../core';
import { Query } from '../query';
import { banners, convertingPage, failurePage, openingPage } from '../shell/notices';
import { isTyping, tabBar } from '../shell/tabs';
import { plural, t } from '../strings';
import { iconButton, link } from '../ui/controls';
import { helpOverlay } from '../ui/dialog';
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
export class NcuShell extends LitElement {
  @property({ attribute: false }) app!: NcuApp;
  @state() private overlay?: 'keys' | 'about';
  private query?: Query<'ncuOverview'>;
  /** Views stay once they were seen, so that coming back is at once. */
  private readonly seen = new Set<NcuTab>();

  constructor() {
    super();
    new Follow(this);
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.query ??= new Query(this, this.app, 'ncuOverview');
    window.addEventListener('keydown', this.onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('keydown', this.onKey);
  }

  protected override render(): unknown {
    const { app } = this;
    if (app.failure) return failurePage(app, app.failure);
    if (app.converting) return convertingPage(app, app.converting);
    if (!app.status) return openingPage();
    const tabs = tabsOf(app);
    const tab = tabs.includes(app.state.tab) ? app.state.tab : 'roofline';
    this.seen.add(tab);
    const overview = this.query!.ask({}).value;
    return html`<div class="shell">
      ${banners(app)}
      <header>
        ${this.renderHeader(overview)}<span class="spring"></span>
        ${iconButton('question', t('Keys ( ? )'), () => this.toggle('keys'))}
      </header>
      ${tabBar(
        tabs.map((name) => ({ name, label: tabLabel(name) })),
        tab,
        (name) => app.go(name),
      )}
      ${overview ? this.renderWarnings(overview) : nothing}
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
        ${overview ? this.renderFoot(overview) : nothing}<span class="spring"></span
        ><span role="status" class="notice">${app.notice}</span>
      </footer>
      ${this.overlay === 'keys' ? helpOverlay(() => this.toggle('keys')) : nothing}
      ${
        this.overlay === 'about' && overview
          ? aboutOverlay(overview, () => this.toggle('about'))
          : nothing
      }
    </div>`;
  }

  private renderHeader(overview: ReportOverview | undefined): TemplateResult {
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
      t('at the clocks that ncu locks; not comparable with times on a timeline'),
    ].filter((part) => part !== undefined);
    return html`<span class="clip" title=${overview.notes.join('\n')}>${parts.join(' · ')}</span
      >${link(t('About these figures'), () => this.toggle('about'))}`;
  }

  private renderView(
    name: NcuTab,
    active: boolean,
    overview: ReportOverview | undefined,
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

  private toggle(overlay: 'keys' | 'about'): void {
    this.overlay = this.overlay === overlay ? undefined : overlay;
    if (this.overlay) {
      void this.updateComplete.then(() => this.querySelector<HTMLElement>('.dialog')?.focus());
    }
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') {
      if (this.overlay) this.overlay = undefined;
      else this.app.widen();
      return;
    }
    if (isTyping(event)) return;
    const tab = tabsOf(this.app)[Number(event.key) - 1];
    if (tab) this.app.go(tab);
    else if (event.key === '?') this.toggle('keys');
    else if (event.key === '/') void this.focusFilter();
    else return;
    event.preventDefault();
  };

  private async focusFilter(): Promise<void> {
    this.app.go('kernels');
    await this.updateComplete;
    const view = this.querySelector<LitElement & { focusFilter(): void }>('pm-ncu-kernels');
    await view?.updateComplete;
    view?.focusFilter();
  }
}

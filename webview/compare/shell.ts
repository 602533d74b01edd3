/** The page of a comparison: both sides, the verdict in a sentence, and the views of what changed. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { ComparisonDocument, DocumentRun } from '../../src/analysis/compare';
import type { Side } from '../../src/protocol/compare';
import { PageShell } from '../shell/page-shell';
import { tabBar, tabPanels } from '../shell/tabs';
import { plural, t } from '../strings';
import { busy, button, icon, iconButton, link } from '../ui/controls';
import { lead, warning } from '../ui/parts';
import { answerParts, answerText, kernelName } from './answer';
import type { CompareApp } from './app';
import './change';
import './figures';
import './kernels';
import './roofline';
import type { CompareTab } from './state';
import { verdictIcon } from './verdict';

const TABS: readonly CompareTab[] = ['change', 'kernels', 'figures', 'roofline'];

/** Those that have something to show: kernel reports have no steps, a client has no kernels. */
function tabsOf({ per, baseline, current }: ComparisonDocument): readonly CompareTab[] {
  if (per === 'launch') return ['kernels', 'roofline'];
  const clients = [...baseline, ...current].every(({ source }) => source === 'client');
  return clients ? ['figures'] : TABS;
}
/** More runs of one side are told by their number. */
const RUNS_NAMED = 4;

function tabLabel(tab: CompareTab): string {
  switch (tab) {
    case 'change':
      return t('What Changed');
    case 'kernels':
      return t('Kernels');
    case 'figures':
      return t('All Figures');
    case 'roofline':
      return t('Roofline');
  }
}

@customElement('pm-compare-shell')
export class CompareShell extends PageShell<CompareApp> {
  /** Views stay once they were seen, so that coming back is at once. */
  private readonly seen = new Set<CompareTab>();

  protected override render(): unknown {
    const { app } = this;
    if (app.error) return this.renderFailure(app.error.message);
    const { comparison } = app;
    if (!comparison) {
      return html`<main class="page" aria-busy="true">
        ${busy(t('Comparing…'))}
        <div class="actions">${button(t('Cancel'), () => app.cancel())}</div>
      </main>`;
    }
    const { tab, tabs } = this;
    return html`<div class="shell">
      <header class="sides">
        ${this.renderSide(comparison, 'baseline')}
        <span class="swap">
          ${
            app.swappable
              ? iconButton('arrow-swap', t('Swap the sides'), () => app.swap())
              : icon('arrow-right')
          }
        </span>
        ${this.renderSide(comparison, 'current')}
        <span class="side-actions">
          ${iconButton('refresh', t('Compare again'), () => app.again())} ${this.renderKeysButton()}
        </span>
      </header>
      ${this.renderAnswer(comparison)}
      ${tabBar(
        tabs.map((name) => ({ name, label: tabLabel(name) })),
        tab,
        (name) => app.go(name),
      )}
      <main>
        ${tabPanels(tabs, tab, this.seen, (name, active) => this.renderView(name, active))}
      </main>
      <footer>
        <span class="clip" title=${comparison.method}>${comparison.method}</span
        ><span class="spring"></span><span role="status" class="notice">${app.notice}</span>
      </footer>
      ${this.renderKeys()}
    </div>`;
  }

  private get tabs(): readonly CompareTab[] {
    const { comparison } = this.app;
    return comparison ? tabsOf(comparison) : TABS;
  }

  /** The one that the person chose, where these runs have it. */
  private get tab(): CompareTab {
    const { tab } = this.app.state;
    return this.tabs.includes(tab) ? tab : this.tabs[0];
  }

  private renderFailure(message: string): TemplateResult {
    const { app } = this;
    return html`<main class="page" role="alert">
      ${icon('error')}
      <p class="page-text">${message}</p>
      <div class="actions">
        ${button(t('Compare Again'), () => app.again(), { primary: true })}
        ${app.swappable ? button(t('Swap the Sides'), () => app.swap()) : nothing}
      </div>
    </main>`;
  }

  /** The runs of a side; each opens. */
  private renderSide(comparison: ComparisonDocument, side: Side): TemplateResult {
    const { app } = this;
    const runs = comparison[side];
    return html`<div class="side">
      <span class="quiet">${side === 'baseline' ? t('Baseline') : t('Current')}</span>
      ${runs
        .slice(0, RUNS_NAMED)
        .map((run, at) =>
          link(baseName(run.label), () => app.openRun(side, at), t('Open {0}', run.label)),
        )}
      ${
        runs.length > RUNS_NAMED
          ? html`<span class="quiet">${t('and {0} more', runs.length - RUNS_NAMED)}</span>`
          : nothing
      }
      ${
        side === 'current' && runs.length === 1
          ? iconButton('pin', t('Set this run as baseline…'), () => app.setBaseline(0))
          : nothing
      }
      <span class="quiet about">${aboutSide(runs)}</span>
    </div>`;
  }

  private renderAnswer(comparison: ComparisonDocument): TemplateResult {
    const { app } = this;
    const { what, cause, basis } = answerParts(comparison);
    // The first one is in the sentence already.
    const told = comparison.verdict === 'not comparable' ? 1 : 0;
    const blocking = comparison.differences.filter(({ allowed }) => !allowed);
    return html`<div class="answer">
      ${lead(
        html`${verdictIcon(comparison.verdict)} ${what}
          ${
            cause
              ? html`${cause.before}${link(kernelName(cause.kernel), () => app.showKernel(cause.kernel.name), cause.kernel.name)}${cause.after}`
              : nothing
          }
          <span class="quiet">${basis}</span>
          ${iconButton('copy', t('Copy the sentence'), () => app.copy(answerText(comparison)))}`,
      )}
      ${blocking
        .slice(told)
        .map(({ text, phases, client, kernels }) =>
          warning(
            (phases ?? client ?? kernels) && comparison.verdict !== 'not comparable'
              ? t('Not comparable in part: {0}', text)
              : t('Not comparable: {0}', text),
          ),
        )}
      ${comparison.differences
        .filter(({ allowed }) => allowed)
        .map(({ text }) => html`<p class="quiet">${t('Allowed to differ: {0}', text)}</p>`)}
      ${
        [...comparison.baseline, ...comparison.current].some(({ generated }) => generated)
          ? html`<p class="quiet">
              ${icon('beaker')}
              ${t('Generated data is among the runs: its figures are of no real GPU.')}
            </p>`
          : nothing
      }
    </div>`;
  }

  private renderView(name: CompareTab, active: boolean): TemplateResult {
    const { app } = this;
    switch (name) {
      case 'change':
        return html`<pm-compare-change .app=${app} ?active=${active}></pm-compare-change>`;
      case 'kernels':
        return html`<pm-compare-kernels .app=${app} ?active=${active}></pm-compare-kernels>`;
      case 'figures':
        return html`<pm-compare-figures .app=${app} ?active=${active}></pm-compare-figures>`;
      case 'roofline':
        return html`<pm-compare-roofline .app=${app} ?active=${active}></pm-compare-roofline>`;
    }
  }

  protected override widen(): void {
    this.app.widen();
  }

  protected override press(key: string): boolean {
    const { app } = this;
    const tab = this.tabs[Number(key) - 1];
    if (tab) app.go(tab);
    else if (key === 's' && app.swappable) app.swap();
    else if (key === '/') {
      if (this.tab !== 'figures') app.go('kernels');
      void this.focusFilter(`pm-compare-${this.tab}`);
    } else return false;
    return true;
  }
}

const baseName = (file: string): string => file.split(/[\\/]/).at(-1) || file;

function aboutSide(runs: readonly DocumentRun[]): string {
  const one = (value: (run: DocumentRun) => string | null): string | undefined => {
    const values = [...new Set(runs.map(value).filter((text) => text !== null && text !== ''))];
    return values.length > 0 ? values.join(', ') : undefined;
  };
  return [
    one(({ model }) => model),
    one(({ gpus }) => [...new Set(gpus)].join(', ')),
    one(({ commit }) => commit?.slice(0, 10) ?? null),
    one(({ capturedAt }) => capturedAt?.slice(0, 16).replace('T', ' ') ?? null),
    runs.length > 1 ? plural(runs.length, '{0} run', '{0} runs', runs.length) : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

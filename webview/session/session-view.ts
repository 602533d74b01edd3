/** What every view of a session is: its answer, its ranges, its findings, and what it cannot say. */
import { html, nothing, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import type { SessionView as ViewName } from '../../src/analysis/session/findings';
import type { Recorded } from '../../src/analysis/session/recorded';
import type { Result } from '../../src/protocol/requests';
import type { SessionTableName } from '../../src/protocol/session';
import type { Sort } from '../../src/protocol/page';
import { t } from '../strings';
import { icon, skeleton } from '../ui/controls';
import type { Figure } from '../ui/figure';
import { findingsList } from '../ui/findings';
import { emptyState, failed, lead, section } from '../ui/parts';
import type { Query } from '../query';
import { View } from '../views/view';
import type { SessionApp } from './app';
import { healthyList } from './healthy';
import { processName } from './words';

export type Overview = Result<'sessionOverview'>;

export abstract class SessionView extends View<SessionApp> {
  /** The whole session's, for what every view says besides its own. */
  @property({ attribute: false }) overview?: Overview;

  protected abstract readonly view: ViewName;

  /** The page of a view: why there is nothing, a place held, or what it says. */
  protected page<Value>(
    query: Query<never> | { readonly value?: Value; readonly failure?: { message: string } },
    sentence: (value: Value) => unknown,
    body: (value: Value) => unknown,
  ): TemplateResult {
    const value = query.value;
    const recorded = this.recorded;
    if (recorded && recorded.state !== 'recorded') return this.renderNothing(recorded);
    if (query.failure && !value) return failed(query.failure.message);
    if (!value || !recorded) {
      return html`<div class="view">
        <div class="lead">${skeleton(1)}</div>
        ${skeleton(1, 'chart')}${skeleton(6)}
      </div>`;
    }
    return html`<div class="view">
      ${lead(sentence(value))} ${body(value)} ${this.renderMore()} ${this.renderJudgement()}
    </div>`;
  }

  /** What a view shows besides, also where its own was not recorded. */
  protected renderMore(): unknown {
    return nothing;
  }

  /** The first line where the view's own was not recorded. */
  protected get nothingText(): string {
    return t('Nothing to show here.');
  }

  /** What a process is called. */
  protected name(process: number): string {
    return processName(this.app.status?.session, process);
  }

  protected get recorded(): Recorded | undefined {
    return this.overview?.recorded.find(({ view }) => view === this.view);
  }

  private renderNothing({ state, variable, files, limits }: Recorded): TemplateResult {
    const { app } = this;
    const table = files.join(', ');
    const content =
      state === 'elsewhere'
        ? emptyState(app, {
            why: t('Nothing of this is in scope: another process or another time has it.'),
            action: { label: t('Widen the scope'), run: () => app.widen() },
          })
        : state === 'off'
          ? emptyState(app, {
              why: t('This was not recorded: its tracker was switched off. To switch it on:'),
              remedy: `${variable}=1`,
            })
          : state === 'missing'
            ? emptyState(app, {
                why: t(
                  'The session has no {0}, and does not say why. Recorded by the runtime layer it would say so:',
                  table,
                ),
                remedy: `PYTHONPATH=… ${variable}=1 vllm serve MODEL`,
              })
            : emptyState(app, {
                why: t('Nothing of this has happened in the session, so {0} has no rows.', table),
              });
    return html`<div class="view">
      ${lead(this.nothingText)} ${content} ${limitsList(limits)} ${this.renderMore()}
    </div>`;
  }

  /** Below the view's own: its healthy ranges, findings, and what the version cannot tell. */
  private renderJudgement(): unknown {
    const { overview, view } = this;
    if (!overview) return nothing;
    const findings = overview.findings.filter((one) => one.view === view);
    const ranges = overview.ranges.filter((one) => one.view === view);
    return html`<div class="columns">
        <div>
          ${section(
            t('Healthy ranges'),
            ranges.length > 0
              ? healthyList(ranges)
              : html`<p class="quiet">
                  ${t('None is known: what is good depends on the model and the load.')}
                </p>`,
            { note: ranges.length > 0 ? t('rules of thumb') : nothing },
          )}
        </div>
        <div>
          ${section(
            t('What stands out'),
            findingsList(findings, () => undefined),
          )}
        </div>
      </div>
      ${this.recorded ? limitsList(this.recorded.limits) : nothing}`;
  }

  protected figure(figure: Figure): TemplateResult {
    return html`<pm-figure .figure=${figure}></pm-figure>`;
  }

  /** Drags set the window of all views. */
  protected get brush(): NonNullable<Figure['brush']> {
    return {
      hint: t('Arrow keys read it out; with Shift they choose a window, Enter sets it.'),
      select: (from, to) => this.app.narrow('window', [Math.floor(from), Math.ceil(to)]),
    };
  }

  protected exported(table: SessionTableName, more: { layer?: number; filter?: string } = {}) {
    const { scope } = this.app;
    return (sort: Sort | undefined) => ({ table, scope, filter: '', ...more, sort });
  }
}

function limitsList(limits: Recorded['limits']): unknown {
  if (limits.length === 0) return nothing;
  return section(
    t('What this can’t say'),
    html`<ul class="gaps">
      ${limits.map(
        ({ statement }) => html`<li>${icon('circle-slash')}<span>${statement}</span></li>`,
      )}
    </ul>`,
  );
}

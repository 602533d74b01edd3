/** Where the GPU's time was asked for: by Python calls, by modules, by operators. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import type { FlameBy, FlameKind, FlameNode } from '../../../src/analysis/flame';
import type { FrameRow } from '../../../src/analysis/frames';
import { formatCount, formatShare, formatTime } from '../../../src/profile/format';
import { FRAME_FIELDS } from '../../../src/protocol/filter';
import type { Sort } from '../../../src/protocol/requests';
import type { FlameView as Part } from '../../../src/protocol/torch';
import { plural, t } from '../../strings';
import type { Column } from '../../ui/cells';
import { button, choices, icon, link, skeleton } from '../../ui/controls';
import '../../ui/data-table';
import type { TableSource } from '../../ui/data-table';
import '../../ui/filter-box';
import type { FilterBox } from '../../ui/filter-box';
import { emptyState, failed, lead, warning } from '../../ui/parts';
import { markStyle } from '../../ui/marks';
import { View } from '../view';
import { flameKindLabel, flameMark, frameLabel } from './picture';

const STACK_FLAG = '--profiler-config.torch_profiler_with_stack=true';
const LEGEND: readonly FlameKind[] = [
  'annotation',
  'python',
  'module',
  'operator',
  'kernel',
  'copy',
  'unplaced',
];
/** How long typing has to rest before the words are looked for, in ms. */
const PAUSE = 200;

const frameColumns = (open: (row: FrameRow) => void): readonly Column<FrameRow>[] => [
  {
    id: 'name',
    title: t('Frame'),
    kind: 'text',
    width: 280,
    grow: true,
    value: (row) => row.name || t('(launched from no recorded place)'),
    display: (row) =>
      html`<span class="clip">${frameLabel(row)}</span>${
          row.source
            ? html`<button
                class="link"
                type="button"
                tabindex="-1"
                title=${t('Open {0}, line {1}', row.source.file, row.source.line)}
                @click=${(event: Event) => {
                  event.stopPropagation();
                  open(row);
                }}
              >
                ${icon('go-to-file')}
              </button>`
            : nothing
        }`,
  },
  {
    id: 'kind',
    title: t('Kind'),
    kind: 'text',
    width: 100,
    value: (row) => flameKindLabel(row.kind),
  },
  {
    id: 'share',
    title: t('Share'),
    hint: t('Of all work on the GPU in scope.'),
    kind: 'share',
    width: 130,
    value: (row) => row.share,
  },
  {
    id: 'total',
    title: t('GPU total'),
    hint: t('Launched from it and from what it calls.'),
    kind: 'time',
    unitGroup: 'gpu',
    width: 124,
    value: (row) => row.total,
  },
  {
    id: 'own',
    title: t('GPU own'),
    hint: t('Launched from it and from no other frame of its kind in it.'),
    kind: 'time',
    unitGroup: 'gpu',
    width: 124,
    value: (row) => row.own,
  },
  {
    id: 'count',
    title: t('GPU ops'),
    hint: t('Kernels, copies and fills launched inside.'),
    kind: 'count',
    width: 86,
    value: (row) => row.count,
  },
];

@customElement('pm-flame')
export class FlameGraphView extends View {
  @state() private typed?: string;
  private readonly columns = frameColumns((row) => this.openFrame(row));
  private source?: TableSource<FrameRow>;
  private timer = 0;
  @query('pm-filter') private filter?: FilterBox;

  focusFilter(): void {
    this.filter?.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.clearTimeout(this.timer);
  }

  protected override render(): unknown {
    const { app } = this;
    const facts = app.status?.torch;
    if (!app.has('complete') || !facts) return this.renderWaiting();
    const { flameBy: by, flameRoot: root, flameSearch: search } = app.state;
    const query = this.ask('flame', { scope: app.scope, by, root, search });
    if (query.failure && !query.value) return failed(query.failure.message);
    if (!query.value) return this.renderWaiting();
    const view = query.value;
    return html`<div class="view flame-view">
      ${lead(answer(view, by))}
      ${!facts.stacks && by !== 'operator' && view.total > 0 ? this.renderNoStacks() : nothing}
      ${this.renderTools(view)}
      ${
        view.total > 0
          ? html`<div class=${query.pending ? 'stale' : ''}>
              <pm-flame-picture
                .view=${view}
                .search=${search}
                .onZoom=${(id: number | undefined) => app.update({ flameRoot: id })}
                .onOpen=${(node: FlameNode) => this.openFrame(node)}
              ></pm-flame-picture>
            </div>`
          : this.renderNothing()
      }
      ${view.total > 0 ? this.renderTable() : nothing}
    </div>`;
  }

  private renderWaiting(): TemplateResult {
    return html`<div class="view">
      <div class="lead">${skeleton(1)}</div>
      ${skeleton(1, 'chart')}${skeleton(6)}
    </div>`;
  }

  private renderNoStacks(): TemplateResult {
    const { app } = this;
    return warning(
      html`${t('No Python stacks were recorded: only operators and annotations are shown. Record them with')}
        <code>${STACK_FLAG}</code> ${link(t('Copy'), () => app.copy(STACK_FLAG))}`,
    );
  }

  private renderNothing(): TemplateResult {
    const { app } = this;
    return app.state.narrowed.length > 0
      ? emptyState(app, {
          why: t('No work ran on a GPU in this scope.'),
          action: { label: t('Widen the scope'), run: () => app.widen() },
        })
      : emptyState(app, {
          why: t(
            'No work on a GPU was recorded. Profile with ProfilerActivity.CUDA on a machine with a GPU.',
          ),
        });
  }

  private renderTools(view: Part): TemplateResult {
    const { app } = this;
    const { flameBy, flameRoot, flameSearch } = app.state;
    const { found, total } = view;
    return html`<div class="flame-tools">
      ${choices<FlameBy>(
        t('Show by'),
        flameBy,
        [
          ['stack', t('Python stack')],
          ['module', t('module')],
          ['operator', t('operator')],
        ],
        (by) => app.update({ flameBy: by, flameRoot: undefined }),
      )}
      <label class="labelled"
        >${icon('search')}<input
          type="search"
          class="search"
          spellcheck="false"
          maxlength="2000"
          aria-label=${t('Search in the flame graph')}
          placeholder=${t('Search frames')}
          .value=${this.typed ?? flameSearch}
          @input=${(event: Event) => this.look((event.target as HTMLInputElement).value)}
      /></label>
      ${
        found
          ? html`<span role="status"
              >${plural(
                found.nodes,
                '{0} place, {1} of GPU time',
                '{0} places, {1} of GPU time',
                formatCount(found.nodes),
                formatShare(total > 0 ? found.time / total : 0),
              )}</span
            >`
          : nothing
      }
      <span class="spring"></span>
      ${
        flameRoot === undefined
          ? nothing
          : button(t('Reset Zoom'), () => app.update({ flameRoot: undefined }), {
              icon: 'zoom-out',
            })
      }
      <ul class="legend">
        ${LEGEND.filter(
          (kind) =>
            view.nodes.some((node) => node.kind === kind) ||
            view.path.some((node) => node.kind === kind),
        ).map(
          (kind) =>
            html`<li>
              <span class="flame-swatch" aria-hidden="true" ${markStyle(flameMark(kind))}></span
              >${flameKindLabel(kind)}
            </li>`,
        )}
      </ul>
    </div>`;
  }

  private look(words: string): void {
    this.typed = words;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.typed = undefined;
      this.app.update({ flameSearch: words.trim() });
    }, PAUSE);
  }

  private renderTable(): TemplateResult {
    const { app } = this;
    const { scope } = app;
    const { flameBy: by, frameFilter: filter } = app.state;
    const subject = JSON.stringify([by, scope, filter]);
    const version = JSON.stringify([app.revision, subject]);
    if (this.source?.version !== version) {
      this.source = {
        version,
        subject,
        load: ({ sort, offset, limit, signal }) =>
          app.client.call(
            'frames',
            { scope, by, filter, sort: sort as never, offset, limit },
            signal,
          ),
      };
    }
    return html`<pm-table
      .app=${app}
      name="frames-${by}"
      label=${t('Frames')}
      .columns=${this.columns}
      .source=${this.source}
      .defaultSort=${{ column: 'total', descending: true }}
      .rowKey=${(row: FrameRow) => `${row.kind} ${row.name}`}
      .maxRows=${14}
      .onOpen=${(row: FrameRow) => this.openFrame(row)}
      .exported=${(sort: Sort | undefined) => ({
        table: by === 'stack' ? 'frames' : by === 'module' ? 'moduleFrames' : 'operatorFrames',
        scope,
        filter,
        sort,
      })}
      .tools=${html`<pm-filter
        .value=${filter}
        .label=${t('Filter frames')}
        .fields=${FRAME_FIELDS}
        .onFilter=${(text: string) => app.update({ frameFilter: text })}
      ></pm-filter>`}
      .empty=${emptyState(app, {
        why: t('No frame passes the filter.'),
        action: { label: t('Clear the filter'), run: () => app.update({ frameFilter: '' }) },
      })}
    ></pm-table>`;
  }

  private openFrame({ source, kind, name }: Pick<FlameNode, 'source' | 'kind' | 'name'>): void {
    const { app } = this;
    if (source) app.openSource(source);
    else if (kind === 'kernel') app.go('kernels', `name:"${name.replaceAll('"', '')}"`);
    else app.say(t('No line of Python is known for this frame.'));
  }
}

function most(by: FlameBy, time: string, frame: string, share: string): string {
  switch (by) {
    case 'stack':
      return t(
        '{0} of GPU work; of all Python functions “{1}” asked for most: {2}.',
        time,
        frame,
        share,
      );
    case 'module':
      return t('{0} of GPU work; of all modules “{1}” asked for most: {2}.', time, frame, share);
    case 'operator':
      return t('{0} of GPU work; of all operators “{1}” asked for most: {2}.', time, frame, share);
  }
}

function answer({ total, unplaced, heaviest, hidden }: Part, by: FlameBy): string {
  if (!(total > 0)) return t('No GPU work in this scope.');
  const sentences = [
    heaviest && heaviest.own > 0
      ? most(by, formatTime(total), frameLabel(heaviest), formatShare(heaviest.ownShare))
      : t('{0} of GPU work.', formatTime(total)),
  ];
  if (unplaced > 0) {
    sentences.push(t('{0} was launched from no recorded place.', formatShare(unplaced / total)));
  }
  if (by === 'stack' && hidden > 0) {
    sentences.push(
      plural(
        hidden,
        '{0} frame is too narrow to be seen.',
        '{0} frames are too narrow to be seen.',
        formatCount(hidden),
      ),
    );
  }
  return sentences.join(' ');
}

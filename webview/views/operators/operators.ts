/** PyTorch's operators: what they cost on the CPU and on the GPU, and which Python asks for them. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import type { OperatorNode, OperatorRow } from '../../../src/analysis/operators';
import { formatCount, formatShare, formatTime } from '../../../src/profile/format';
import { OPERATOR_FIELDS } from '../../../src/protocol/filter';
import type { Result, Sort } from '../../../src/protocol/requests';
import { failureOf, isCancelled } from '../../client';
import { plural, t } from '../../strings';
import { choices, icon, link, skeleton } from '../../ui/controls';
import '../../ui/data-table';
import type { TableSource } from '../../ui/data-table';
import '../../ui/filter-box';
import type { FilterBox } from '../../ui/filter-box';
import { emptyState, failed, lead, warning } from '../../ui/parts';
import { RangeTree, type TreeRow } from '../ranges/range-tree';
import { View } from '../view';
import { operatorColumns, operatorTreeColumns } from './columns';

const SHAPES_FLAG = '--profiler-config.torch_profiler_record_shapes=true';
const STACK_FLAG = '--profiler-config.torch_profiler_with_stack=true';
const CALLERS_SHOWN = 4;
const BY_GPU: Sort = { column: 'gpuSelf', descending: true };
const BY_CPU: Sort = { column: 'cpuSelf', descending: true };

@customElement('pm-operators')
export class OperatorsView extends View {
  @state() private selected?: OperatorRow;
  @state() private failure = '';
  private flat?: TableSource<OperatorRow>;
  private tree?: {
    readonly version: string;
    readonly tree: RangeTree<OperatorNode>;
    source: TableSource<TreeRow<OperatorNode>>;
  };
  private readonly open = new Set<number>();
  private abort?: AbortController;
  private versions = 0;
  @query('pm-filter') private filter?: FilterBox;

  focusFilter(): void {
    this.filter?.focus();
  }

  protected override render(): unknown {
    const { app } = this;
    const facts = app.status?.torch;
    if (!app.has('complete') || !facts) {
      return html`<div class="view fill">
        <div class="lead">${skeleton(1)}</div>
        ${skeleton(12)}
      </div>`;
    }
    if (!facts.operators) {
      return html`<div class="view">
        ${lead(t('This trace has no operators.'))}
        ${emptyState(app, {
          why: t(
            'The profiler was started without its CPU side. Profile with ProfilerActivity.CPU, as vLLM does.',
          ),
          remedy: '--profiler-config.profiler=torch',
        })}
      </div>`;
    }
    const { operatorFilter: filter, operatorsBy } = app.state;
    // A filter looks at all depths: what it finds would be hidden in closed branches.
    const by = operatorsBy === 'tree' && filter !== '' ? 'name' : operatorsBy;
    const head = this.ask('operators', {
      scope: app.scope,
      by: 'name',
      filter: '',
      offset: 0,
      limit: 1,
    });
    return html`<div class="view fill">
      ${lead(head.value ? this.answer(head.value) : skeleton(1))}
      ${this.failure ? failed(this.failure) : nothing}
      ${by === 'shape' && !facts.shapes ? this.renderNoShapes() : nothing}
      ${by === 'tree' ? this.renderTree() : this.renderFlat(by, filter)} ${this.renderCallers()}
    </div>`;
  }

  private answer(page: Result<'operators'>): string {
    const { heaviest, coverage, gpuSelf } = page;
    if (page.total === 0 || !heaviest) return t('No operator ran in this scope.');
    const count = plural(
      page.total,
      '{0} operator, annotation or call.',
      '{0} operators, annotations and calls.',
      formatCount(page.total),
    );
    if (gpuSelf === 0) {
      return `${t(
        heaviest.gpuSelf === undefined
          ? 'No work on a GPU was recorded; “{0}” took most on the CPU: {1}, {2}.'
          : 'None launched work on a GPU here; “{0}” took most on the CPU: {1}, {2}.',
        heaviest.name,
        formatTime(heaviest.cpuSelf),
        formatShare(page.cpuSelf > 0 ? heaviest.cpuSelf / page.cpuSelf : 0),
      )} ${count}`;
    }
    const most = t(
      '“{0}” launched most GPU work: {1}, {2} of what operators launched.',
      heaviest.name,
      formatTime(heaviest.gpuSelf),
      formatShare(heaviest.gpuShare),
    );
    return `${most} ${t('{0} of GPU time is joined to an operator.', formatShare(coverage))} ${count}`;
  }

  private renderNoShapes(): TemplateResult {
    const { app } = this;
    return warning(
      html`${t('No input shapes were recorded. Record them with')}
        <code>${SHAPES_FLAG}</code> ${link(t('Copy'), () => app.copy(SHAPES_FLAG))}`,
    );
  }

  private renderTools(): TemplateResult {
    const { app } = this;
    const { operatorsBy, operatorFilter } = app.state;
    return html`<pm-filter
        .value=${operatorFilter}
        .label=${t('Filter operators')}
        .fields=${OPERATOR_FIELDS}
        .onFilter=${(text: string) => app.update({ operatorFilter: text })}
      ></pm-filter>
      ${choices<'name' | 'shape' | 'tree'>(
        t('Show as'),
        operatorsBy === 'tree' && operatorFilter !== '' ? 'name' : operatorsBy,
        [
          ['name', t('by name')],
          ['shape', t('by name and shape')],
          ['tree', t('tree')],
        ],
        (by) =>
          app.update(by === 'tree' ? { operatorsBy: by, operatorFilter: '' } : { operatorsBy: by }),
      )}`;
  }

  private get defaultSort(): Sort {
    return (this.app.status?.devices.length ?? 0) > 0 ? BY_GPU : BY_CPU;
  }

  private renderFlat(by: 'name' | 'shape', filter: string): TemplateResult {
    const { app } = this;
    const { scope } = app;
    const subject = JSON.stringify([by, scope, filter]);
    const version = JSON.stringify([app.revision, subject]);
    if (this.flat?.version !== version) {
      this.flat = {
        version,
        subject,
        load: ({ sort, offset, limit, signal }) =>
          app.client.call(
            'operators',
            { scope, filter, by, sort: sort as never, offset, limit },
            signal,
          ),
      };
    }
    const flops = app.status?.torch?.flops ?? false;
    return html`<pm-table
      class="fill"
      .app=${app}
      name="operators-${by}"
      label=${t('Operators')}
      .columns=${this.columns(by === 'shape', flops)}
      .source=${this.flat}
      .defaultSort=${this.defaultSort}
      .rowKey=${(row: OperatorRow) => `${row.kind} ${row.name} ${row.shapes} ${row.types}`}
      .onSelect=${(row: OperatorRow) => (this.selected = row)}
      .onOpen=${(row: OperatorRow) => void this.jump(row)}
      .exported=${(sort: Sort | undefined) => ({
        table: by === 'shape' ? 'operatorShapes' : 'operators',
        scope,
        filter,
        sort,
      })}
      shareOf=${t('of GPU time that operators launched')}
      .tools=${this.renderTools()}
      .empty=${this.renderEmpty(filter)}
    ></pm-table>`;
  }

  private columns(shapes: boolean, flops: boolean) {
    const key = `${shapes} ${flops}`;
    if (this.shownColumns?.key !== key) {
      this.shownColumns = { key, columns: operatorColumns({ shapes, flops }) };
    }
    return this.shownColumns.columns;
  }
  private shownColumns?: {
    readonly key: string;
    readonly columns: ReturnType<typeof operatorColumns>;
  };

  private renderTree(): TemplateResult {
    const { app } = this;
    const { scope } = app;
    const sort = app.table('operators-tree').sort ?? { column: 'gpuTotal', descending: true };
    const version = JSON.stringify([app.revision, scope, sort]);
    if (this.tree?.version !== version) this.startTree(version, sort);
    const { tree, source } = this.tree!;
    if (!tree.loaded) return html`${skeleton(12)}`;
    this.treeColumns ??= operatorTreeColumns(
      operatorColumns({ shapes: false, flops: app.status?.torch?.flops ?? false }),
    );
    return html`<pm-table
      class="fill"
      .app=${app}
      name="operators-tree"
      label=${t('Operators as a tree of calls')}
      .columns=${this.treeColumns}
      .source=${source}
      .defaultSort=${{ column: 'gpuTotal', descending: true }}
      .rowKey=${(row: TreeRow<OperatorNode>) => (row.kind === 'range' ? `node ${row.node.id}` : `more ${row.parent ?? ''}`)}
      .tree=${{
        level: (row: TreeRow<OperatorNode>) => row.depth,
        expanded: (row: TreeRow<OperatorNode>) => tree.isOpen(row),
        toggle: (row: TreeRow<OperatorNode>) => void this.toggle(tree, row),
      }}
      .onSelect=${(row: TreeRow<OperatorNode>) =>
        (this.selected = row.kind === 'range' ? row.node : undefined)}
      .onOpen=${(row: TreeRow<OperatorNode>) => {
        if (row.kind === 'more' || row.node.children > 0) void this.toggle(tree, row);
        else void this.jump(row.node);
      }}
      .exported=${(chosen: Sort | undefined) => ({
        table: 'operators',
        scope,
        filter: '',
        sort: chosen,
      })}
      .tools=${this.renderTools()}
      .empty=${this.renderEmpty('')}
    ></pm-table>`;
  }
  private treeColumns?: ReturnType<typeof operatorTreeColumns>;

  private startTree(version: string, sort: Sort): void {
    const { app } = this;
    const { scope } = app;
    this.abort?.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const tree = new RangeTree<OperatorNode>(
      (parent, offset, limit) =>
        app.client.call(
          'operatorTree',
          { scope, filter: '', parent, sort: sort as never, offset, limit },
          signal,
        ),
      () => {
        if (this.tree?.tree !== tree) return;
        this.tree.source = this.treeSource(tree, version);
        this.requestUpdate();
      },
      this.open,
    );
    this.failure = '';
    this.tree = { version, tree, source: this.treeSource(tree, version) };
    tree.start().catch((error: unknown) => this.fail(error));
  }

  /** Rows are already in order: sorting is done where the children come from. */
  private treeSource(
    tree: RangeTree<OperatorNode>,
    subject: string,
  ): TableSource<TreeRow<OperatorNode>> {
    const { rows } = tree;
    return {
      version: `${subject} ${this.versions++}`,
      subject,
      load: ({ offset, limit }) =>
        Promise.resolve({
          rows: rows.slice(offset, offset + limit),
          offset,
          matched: rows.length,
          total: rows.length,
        }),
    };
  }

  private async toggle(tree: RangeTree<OperatorNode>, row: TreeRow<OperatorNode>): Promise<void> {
    try {
      await tree.toggle(row);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Which Python functions asked for the selected operator. */
  private renderCallers(): unknown {
    const { app, selected } = this;
    if (!selected || selected.kind === 'call') return nothing;
    if (!app.status?.torch?.stacks) {
      return html`<p class="callers quiet">
        ${t('No Python stacks were recorded, so that no line is known. Record them with')}
        <code>${STACK_FLAG}</code> ${link(t('Copy'), () => app.copy(STACK_FLAG))}
      </p>`;
    }
    const callers = this.ask('operatorCallers', { scope: app.scope, name: selected.name });
    if (callers.failure) return failed(callers.failure.message);
    if (!callers.value || callers.pending) return html`<p class="callers">${skeleton(1)}</p>`;
    if (callers.value.length === 0) {
      return html`<p class="callers quiet">
        ${t('No Python function is known that asked the GPU for “{0}”.', selected.name)}
      </p>`;
    }
    return html`<p class="callers">
      <span class="quiet">${t('“{0}” is asked for by', selected.name)}</span>
      ${callers.value.slice(0, CALLERS_SHOWN).map(
        (caller) =>
          html`<button
            class="link"
            type="button"
            title=${t('Open {0}, line {1}', caller.source!.file, caller.source!.line)}
            @click=${() => app.openSource(caller.source!)}
          >
            ${icon('go-to-file')} ${shortFrame(caller.name)}
            <small
              >${formatShare(selected.gpuTotal ? caller.total / callersTotal(callers.value!) : 0)}</small
            >
          </button>`,
      )}${
        callers.value.length > CALLERS_SHOWN
          ? html`<span class="quiet"
              >${t('and {0} more', formatCount(callers.value.length - CALLERS_SHOWN))}</span
            >`
          : nothing
      }
    </p>`;
  }

  /** To the line that asks for most of it. */
  private async jump(row: OperatorRow): Promise<void> {
    const { app } = this;
    this.selected = row;
    if (row.kind === 'call' || !app.status?.torch?.stacks) return;
    try {
      const [first] = await app.client.call('operatorCallers', {
        scope: app.scope,
        name: row.name,
      });
      if (first?.source) app.openSource(first.source);
      else app.say(t('No Python function is known that asked the GPU for “{0}”.', row.name));
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (!isCancelled(error)) this.failure = failureOf(error).message;
  }

  private renderEmpty(filter: string): TemplateResult {
    const { app } = this;
    return filter !== ''
      ? emptyState(app, {
          why: t('No operator passes the filter.'),
          action: { label: t('Clear the filter'), run: () => app.update({ operatorFilter: '' }) },
        })
      : emptyState(app, {
          why: t('No operator ran in this scope.'),
          action:
            app.state.narrowed.length > 0
              ? { label: t('Widen the scope'), run: () => app.widen() }
              : undefined,
        });
  }
}

const callersTotal = (callers: Result<'operatorCallers'>): number =>
  callers.reduce((sum, { total }) => sum + total, 0) || 1;

/** `llama.py:412 forward` of `vllm/model_executor/models/llama.py(412): forward`. */
export function shortFrame(name: string): string {
  const match = /([^/\\]+\.py)\((\d+)\): (.*)$/.exec(name);
  return match ? `${match[1]}:${match[2]} ${match[3]}` : name;
}

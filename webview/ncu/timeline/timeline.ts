/** The report beside a timeline: how much its kernels matter, and which that matter are missing. */
import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { JoinedKernel, UnprofiledKernel } from '../../../src/analysis/ncu/join';
import type { NcuTimeline } from '../../../src/protocol/ncu';
import type { Sort } from '../../../src/protocol/requests';
import { formatCount, formatShare } from '../../../src/profile/format';
import { plural, t } from '../../strings';
import { kernelName } from '../../ui/cell-parts';
import type { Column } from '../../ui/cells';
import { button, skeleton } from '../../ui/controls';
import '../../ui/data-table';
import { componentMark, swatch } from '../../ui/marks';
import { emptyState, failed, lead, section, warning } from '../../ui/parts';
import { View } from '../../views/view';
import type { NcuApp } from '../app';

@customElement('pm-ncu-timeline')
export class TimelineView extends View<NcuApp> {
  private readonly missed = missedColumns(
    (row) => this.copyCommand(row),
    (row) => this.run(row),
  );
  private readonly joined = joinedColumns();

  protected override render(): unknown {
    const { app } = this;
    const { link } = app.status ?? {};
    if (!link) {
      return html`<div class="view">
        ${lead(t('No timeline is linked, so it is not known how much these kernels matter.'))}
        ${emptyState(app, {
          why: t(
            'Link a Nsight Systems profile of the same program: points are then sized by their share of prefill and decode, and kernels that matter and were not profiled are listed.',
          ),
          action: { label: t('Link a timeline…'), run: () => app.link() },
        })}
      </div>`;
    }
    const query = this.ask('ncuTimeline', {});
    const file = link.path.split(/[\\/]/).at(-1) ?? link.path;
    return html`<div class="view ${query.pending && query.value ? 'stale' : ''}">
      ${query.value ? lead(answer(query.value)) : nothing}
      <div class="actions linked">
        <span class="quiet" title=${link.path}
          >${link.byRun ? t('Linked by the run’s folder: {0}', file) : t('Linked: {0}', file)}</span
        >
        ${button(t('Link another…'), () => app.link())} ${button(t('Unlink'), () => app.unlink())}
      </div>
      ${
        link.failure
          ? failed(link.failure)
          : query.failure
            ? failed(query.failure.message)
            : query.value
              ? this.renderJoin(query.value)
              : query.pending
                ? skeleton(8)
                : nothing
      }
    </div>`;
  }

  private renderJoin(join: NcuTimeline): TemplateResult {
    const { app } = this;
    return html`${
      join.kernels.length === 0
        ? warning(
            t('No kernel of these results is on this timeline: they may be of different programs.'),
          )
        : nothing
    }
    ${section(
      t('Matter, and were not profiled'),
      join.unprofiled.length === 0
        ? html`<p class="quiet">
            ${t('Every kernel with 1 % of all time, of prefill or of decode was profiled.')}
          </p>`
        : html`<pm-table
            .app=${app}
            name="ncuUnprofiled"
            label=${t('Kernels that were not profiled')}
            .columns=${this.missed}
            .source=${this.local('unprofiled', join.unprofiled, this.missed)}
            .defaultSort=${{ column: 'share', descending: true }}
            .rowKey=${(row: UnprofiledKernel) => row.name}
            .maxRows=${14}
            .onOpen=${(row: UnprofiledKernel) => this.copyCommand(row)}
            .exported=${(sort: Sort | undefined) => ({
              table: 'ncuUnprofiled',
              grouping: 'kernel',
              filter: '',
              sort,
            })}
          ></pm-table>`,
      { note: t('each with the command that profiles it') },
    )}
    ${section(
      t('Profiled, on the timeline'),
      html`<pm-table
        .app=${app}
        name="ncuJoined"
        label=${t('Kernels in both files')}
        .columns=${this.joined}
        .source=${this.local('joined', join.kernels, this.joined)}
        .defaultSort=${{ column: 'share', descending: true }}
        .rowKey=${(row: JoinedKernel) => row.key}
        .maxRows=${14}
        .onOpen=${(row: JoinedKernel) => {
          app.group('kernel');
          app.select(row.key);
          app.go('kernels');
        }}
      ></pm-table>`,
      { note: t('Enter or double click leads to all figures') },
    )}
    ${
      join.unmatched.length > 0
        ? section(
            t('Profiled, not on the timeline'),
            html`<ul class="unmatched">
              ${join.unmatched.map((name) => html`<li>${kernelName(name)}</li>`)}
            </ul>`,
          )
        : nothing
    }`;
  }

  private copyCommand({ command, refusal }: UnprofiledKernel): void {
    if (command) this.app.copy(command.display, t('Copied the ncu command.'));
    else this.app.say(refusal ?? '');
  }

  private run({ command }: UnprofiledKernel): void {
    if (!command) return;
    const { options, report, program = [] } = command;
    this.app.client.act({ kind: 'action', action: 'profileKernel', options, report, program });
  }
}

function answer({ coverage, unprofiled, kernels }: NcuTimeline): string {
  const first = t(
    '{0} of the timeline’s kernel time is in the {1} that were profiled.',
    formatShare(coverage),
    plural(kernels.length, '{0} kernel', '{0} kernels', formatCount(kernels.length)),
  );
  return unprofiled.length === 0
    ? first
    : `${first} ${plural(
        unprofiled.length,
        '{0} kernel that matters was not.',
        '{0} kernels that matter were not.',
        formatCount(unprofiled.length),
      )}`;
}

type OnTimeline = Pick<JoinedKernel, 'share' | 'phases' | 'total' | 'instances'>;

const timeColumns = <Row extends OnTimeline>(): readonly Column<Row>[] => [
  {
    id: 'share',
    title: t('Of the timeline'),
    kind: 'share',
    width: 130,
    value: (row) => row.share,
  },
  {
    id: 'prefillShare',
    title: t('Of prefill'),
    kind: 'share',
    width: 130,
    value: (row) => row.phases.prefill.share,
  },
  {
    id: 'decodeShare',
    title: t('Of decode'),
    kind: 'share',
    width: 130,
    value: (row) => row.phases.decode.share,
  },
  { id: 'total', title: t('Time'), kind: 'time', width: 86, value: (row) => row.total },
  { id: 'instances', title: t('Count'), kind: 'count', width: 80, value: (row) => row.instances },
];

const missedColumns = (
  copy: (row: UnprofiledKernel) => void,
  run: (row: UnprofiledKernel) => void,
): readonly Column<UnprofiledKernel>[] => [
  {
    id: 'name',
    title: t('Kernel'),
    kind: 'text',
    width: 220,
    grow: true,
    value: (row) => row.name,
    display: (row) => html`${swatch(componentMark(row.component))}${kernelName(row.name)}`,
  },
  ...timeColumns<UnprofiledKernel>(),
  {
    id: 'command',
    title: t('To profile it'),
    kind: 'text',
    width: 260,
    sortable: false,
    value: (row) =>
      row.command ? [row.command.display, ...row.command.notes].join('\n') : row.refusal,
    display: (row) =>
      row.command
        ? html`${rowLink(t('Copy ncu command'), () => copy(row))}
          ${rowLink(t('Run…'), () => run(row))}`
        : html`<span class="clip quiet">${row.refusal ?? ''}</span>`,
  },
];

/** A click on it is not one on its row. */
const rowLink = (label: string, act: () => void) =>
  html`<button
    class="link"
    type="button"
    @click=${(event: Event) => {
      event.stopPropagation();
      act();
    }}
  >
    ${label}
  </button>`;

function matchLabel(match: JoinedKernel['match']): string {
  switch (match) {
    case 'geometry':
      return t('name, grid and block');
    case 'name':
      return t('name');
    case 'function':
      return t('function name');
  }
}

const joinedColumns = (): readonly Column<JoinedKernel>[] => [
  {
    id: 'name',
    title: t('Kernel'),
    kind: 'text',
    width: 220,
    grow: true,
    value: (row) => row.key,
    display: (row) => kernelName(row.key),
  },
  ...timeColumns<JoinedKernel>(),
  {
    id: 'match',
    title: t('Paired by'),
    kind: 'text',
    width: 150,
    value: (row) => matchLabel(row.match),
  },
];

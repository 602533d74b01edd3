/** What the views of Nsight Compute results share, besides what all views do. */
import type { Component } from '../../src/analysis/components';
import type { ReportGrouping } from '../../src/analysis/ncu/report';
import type { NcuTab, ProfilePlace } from '../../src/protocol/place';
import { Core } from '../core';
import type { NcuState } from './state';

export class NcuApp extends Core<NcuState> {
  go(tab: NcuTab): void {
    this.update({ tab });
  }

  /** One kernel is selected in all views; undefined for none. */
  select(kernel: string | undefined): void {
    if (kernel === this.state.kernel) return;
    this.update({
      kernel,
      tables: {
        ...this.state.tables,
        ncuKernels: { ...this.table('ncuKernels'), selected: kernel },
        ncuPoints: { ...this.table('ncuPoints'), selected: kernel },
      },
    });
  }

  /** Keys belong to a grouping: nothing is selected in another one. */
  group(grouping: ReportGrouping): void {
    this.select(undefined);
    this.update({ grouping });
  }

  fold(component: Component): void {
    const { folded } = this.state;
    this.update({
      folded: folded.includes(component)
        ? folded.filter((one) => one !== component)
        : [...folded, component],
    });
  }

  /** One step back: out of the zoom, then of the details, then of the filter. */
  widen(): void {
    const { tab, zoom, kernel, filter } = this.state;
    if (tab === 'roofline' && zoom) this.update({ zoom: undefined });
    else if (kernel !== undefined) this.select(undefined);
    else if (filter !== '') this.update({ filter: '' });
  }

  link(): void {
    this.client.act({ kind: 'action', action: 'link' });
  }

  unlink(): void {
    this.client.act({ kind: 'action', action: 'unlink' });
  }

  override reveal({ tab, kernel, filter }: ProfilePlace): void {
    if (kernel !== undefined) this.group('kernel');
    if (kernel !== undefined || filter !== undefined) this.update({ filter: filter ?? '' });
    if (kernel !== undefined) this.select(kernel);
    if (tab !== undefined) this.go(tab as NcuTab);
  }
}

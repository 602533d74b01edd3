/** What the page of trends knows and asks. */
import type { Failure } from '../../src/profile/failure';
import type {
  FromTrends,
  ToTrends,
  TrendFilter,
  TrendFolder,
  TrendGroup,
} from '../../src/protocol/trends';
import type { Client } from '../client';
import { Core } from '../core';
import type { TrendsState } from './state';

export const keyOf = ({ model, gpu, measure }: TrendGroup): string =>
  JSON.stringify([model, gpu, measure]);

export class TrendsApp extends Core<TrendsState> {
  groups?: readonly TrendGroup[];
  error?: Failure;
  place = '';
  folders: readonly TrendFolder[] = [];
  /** Key of the one that is shown. */
  folder?: string;
  reading = true;
  /** Of all runs that were ever shown here. */
  private readonly seenBranches = new Set<string>();

  constructor(
    client: Client,
    state: TrendsState,
    store: { save(state: TrendsState): void },
    private readonly send: (message: FromTrends) => void,
  ) {
    super(client, state, store);
  }

  get branches(): readonly string[] {
    const { branch } = this.state.filter;
    return [...new Set([...this.seenBranches, ...(branch === undefined ? [] : [branch])])].sort();
  }

  /** The one that the person chose, else the one with the latest run. */
  get group(): TrendGroup | undefined {
    const groups = this.groups ?? [];
    const latest = ({ runs }: TrendGroup): string => runs.at(-1)?.time ?? '';
    return (
      groups.find((group) => keyOf(group) === this.state.group) ??
      [...groups].sort((a, b) => (latest(a) < latest(b) ? 1 : -1))[0]
    );
  }

  hear(message: ToTrends): void {
    this.reading = message.kind === 'trendsReading';
    this.error = message.kind === 'trendsFailed' ? message.error : undefined;
    if (message.kind !== 'trendsReading') {
      this.folders = message.folders;
      this.folder = message.folder;
    }
    if (message.kind === 'trends') {
      this.groups = message.groups;
      this.place = message.place;
      this.revision++;
      for (const { branch } of message.groups.flatMap(({ runs }) => runs)) {
        if (branch !== null) this.seenBranches.add(branch);
      }
    }
    // Tells who draws that there is something new.
    this.update({});
  }

  show(filter: TrendFilter): void {
    this.update({ filter });
    const { folder } = this.state;
    this.send({ kind: 'action', action: 'show', filter, ...(folder !== undefined && { folder }) });
  }

  /** Another folder has other branches and models. */
  showFolder(folder: string): void {
    this.seenBranches.clear();
    this.groups = undefined;
    this.update({ folder, group: undefined });
    this.show({ ...this.state.filter, branch: undefined });
  }

  openRun(run: string): void {
    this.send({ kind: 'action', action: 'openRun', run });
  }

  compare(before: string, now: string): void {
    this.send({ kind: 'action', action: 'compare', before, now });
  }

  do(action: 'keepRun' | 'profileModel' | 'exportAll'): void {
    this.send({ kind: 'action', action });
  }

  save(name: string, text: string, encoding?: 'base64'): void {
    this.send({ kind: 'action', action: 'save', name, text, ...(encoding && { encoding }) });
  }

  /** Places are in a profile; trends lead to them, and are none. */
  override reveal(): void {}
}

/** A sorted, filtered table of any length, of which some pages are held. */
import type { Page, Sort } from '../../src/protocol/requests';
import { isCancelled } from '../client';

export const PAGE = 200;
/** Some 10,000 rows: enough to scroll back without asking again. */
const KEPT = 50;

export interface PageRequest {
  readonly sort?: Sort;
  readonly offset: number;
  readonly limit: number;
  readonly signal: AbortSignal;
}

export type LoadPage<Row> = (request: PageRequest) => Promise<Page<Row>>;

export class Pages<Row> {
  matched?: number;
  total?: number;
  /** The page that came first: it carries the figures of the whole table. */
  head?: Page<Row>;
  failure?: unknown;

  private readonly held = new Map<number, readonly Row[]>();
  private readonly asked = new Map<number, AbortController>();

  constructor(
    private readonly load: LoadPage<Row>,
    private readonly sort: Sort | undefined,
    private readonly arrived: () => void,
  ) {}

  /** Undefined while the row's page has not arrived; {@link want} asks for it. */
  row(index: number): Row | undefined {
    const page = this.held.get(Math.floor(index / PAGE));
    return page?.[index % PAGE];
  }

  /** All rows held, in no particular order of pages. */
  *rows(): Generator<Row> {
    for (const page of this.held.values()) yield* page;
  }

  /** Sees to it that rows `first` to `last` are held or asked for, and gives up on others. */
  want(first: number, last: number): void {
    const from = Math.floor(first / PAGE);
    const to = Math.floor(Math.max(first, last - 1) / PAGE);
    for (const [page, controller] of this.asked) {
      if (page >= from && page <= to) continue;
      this.asked.delete(page);
      controller.abort();
    }
    for (let page = from; page <= to; page++) {
      const rows = this.held.get(page);
      if (rows) {
        // Moved to the end: the least lately wanted page is the first to go.
        this.held.delete(page);
        this.held.set(page, rows);
      } else if (!this.asked.has(page)) void this.fetch(page);
    }
  }

  dispose(): void {
    for (const controller of this.asked.values()) controller.abort();
    this.asked.clear();
  }

  private async fetch(page: number): Promise<void> {
    const controller = new AbortController();
    this.asked.set(page, controller);
    try {
      const answer = await this.load({
        sort: this.sort,
        offset: page * PAGE,
        limit: PAGE,
        signal: controller.signal,
      });
      if (controller.signal.aborted) return;
      this.held.set(page, answer.rows);
      this.head ??= answer;
      this.matched = answer.matched;
      this.total = answer.total;
      for (const old of this.held.keys()) {
        if (this.held.size <= KEPT) break;
        this.held.delete(old);
      }
    } catch (error) {
      if (controller.signal.aborted || isCancelled(error)) return;
      this.failure = error;
    }
    this.asked.delete(page);
    this.arrived();
  }
}

type Cell = string | number | undefined;

/** A page of rows that are all here; unknown values come last whichever way it is sorted. */
export function localPages<Row>(
  rows: readonly Row[],
  value: (row: Row, column: string) => Cell,
): LoadPage<Row> {
  return ({ sort, offset, limit }) => {
    const sorted = sort ? sortRows(rows, sort, value) : rows;
    return Promise.resolve({
      rows: sorted.slice(offset, offset + limit),
      offset,
      matched: rows.length,
      total: rows.length,
    });
  };
}

export function sortRows<Row>(
  rows: readonly Row[],
  sort: Sort,
  value: (row: Row, column: string) => Cell,
): readonly Row[] {
  const direction = sort.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const x = value(a, sort.column);
    const y = value(b, sort.column);
    if (x === undefined || y === undefined) {
      return x === y ? 0 : x === undefined ? 1 : -1;
    }
    if (typeof x === 'string' || typeof y === 'string') {
      return direction * String(x).localeCompare(String(y));
    }
    return direction * (x - y);
  });
}

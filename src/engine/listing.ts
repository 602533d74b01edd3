/** Tables as filtered and sorted: what a page is cut from is kept, so that scrolling costs nothing but the page. */
import {
  compileFilter,
  parseFilter,
  type Filter,
  type FilterError,
  type FilterField,
} from '../protocol/filter';
import type { CopyFormat, Page, Sort, TableText } from '../protocol/page';
import { RequestFailure } from './failure';
import { orderSummary } from './order';
import { tableText } from './table-text';
import type { TableSpec } from './tables';

/** What the kept orders may take together, in rows: 4 bytes each. */
const MAX_KEPT_ROWS = 16_000_000;

/** The rows a page is cut from, in their order. */
export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly order: Uint32Array;
  readonly error?: FilterError;
}

export class Listings {
  private readonly kept = new Map<string, Listing<unknown>>();

  /** Filters and sorts a summary, or finds it done already. */
  list<Row>(
    where: string,
    spec: TableSpec<Row>,
    compute: () => readonly Row[],
    filterText: string,
    sort: Sort | undefined,
  ): Listing<Row> {
    return this.keep(`${where} ${JSON.stringify([filterText, sort])}`, () => {
      const rows = compute();
      const { filter, error } = understand(filterText, spec.fields);
      const passes = compileFilter(
        filter.filter((term) => !term.field.narrows),
        spec.access,
      );
      const all = Uint32Array.from(rows, (_, i) => i);
      const picked = passes ? all.filter((row) => passes(rows[row])) : all;
      if (!sort) return { rows, order: picked, error };
      const column = spec.columns.find(({ id }) => id === sort.column);
      if (!column) throw noColumn(sort.column);
      const order = orderSummary(rows, picked, column.value, spec.name, sort.descending);
      return { rows, order, error };
    });
  }

  /** The latest listings are kept, as long as they are small together. */
  keep<Row>(key: string, compute: () => Listing<Row>): Listing<Row> {
    let listing = this.kept.get(key) as Listing<Row> | undefined;
    if (!listing) listing = compute();
    this.kept.delete(key);
    this.kept.set(key, listing);
    let size = 0;
    for (const kept of this.kept.values()) size += kept.order.length + 1;
    for (const [oldest, kept] of this.kept) {
      if (size <= MAX_KEPT_ROWS || oldest === key) break;
      this.kept.delete(oldest);
      size -= kept.order.length + 1;
    }
    return listing;
  }
}

export function summaryText<Row>(
  spec: TableSpec<Row>,
  { rows, order }: Listing<Row>,
  format: CopyFormat,
): TableText {
  const listed = Array.from(order, (row) => rows[row]);
  return { text: tableText(spec.columns, listed, format), rows: listed.length, cut: false };
}

/** A filter that is not understood filters nothing; the page says what is wrong with it. */
export function understand(
  text: string,
  fields: readonly FilterField[],
): { readonly filter: Filter; readonly error?: FilterError } {
  const parsed = parseFilter(text, fields);
  return parsed.ok ? { filter: parsed.filter } : { filter: [], error: parsed.error };
}

export function page<Row>(
  listing: Listing<unknown>,
  { offset, limit }: { offset: number; limit: number },
  rowAt: (row: number) => Row,
): Omit<Page<Row>, 'total'> {
  return {
    rows: Array.from(listing.order.subarray(offset, offset + limit), rowAt),
    offset,
    matched: listing.order.length,
    ...(listing.error && { filterError: listing.error }),
  };
}

export function noColumn(column: string): RequestFailure {
  return new RequestFailure('bad-request', `This table can not be sorted by “${column}”.`);
}

/** What every view is: a part of the page that asks questions about the profile in scope. */
import { LitElement } from 'lit';
import { property } from 'lit/decorators.js';
import type { Params, RequestName, Stage } from '../../src/protocol/requests';
import type { App } from '../app';
import { Follow, type Core } from '../core';
import { Query } from '../query';
import { localPages, type LoadPage } from '../ui/pages';
import type { Column } from '../ui/cells';
import type { TableSource } from '../ui/data-table';

/** Of a timeline, unless it says otherwise. */
export abstract class View<A extends Core = App> extends LitElement {
  @property({ attribute: false }) app!: A;
  @property({ type: Boolean }) active = false;

  private readonly queries = new Map<string, unknown>();
  private readonly sources = new Map<
    string,
    { readonly rows: unknown; readonly source: unknown }
  >();

  constructor() {
    super();
    new Follow(this);
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** A view that is not seen asks nothing. */
  protected override shouldUpdate(): boolean {
    return this.active;
  }

  protected ask<K extends RequestName>(
    name: K,
    params: Params<K>,
    from: Stage = 'complete',
  ): Query<K> {
    let query = this.queries.get(name) as Query<K> | undefined;
    if (!query) {
      query = new Query(this, this.app, name, from);
      this.queries.set(name, query);
    }
    return query.ask(params);
  }

  /** A table's rows, the same object as long as they are the same rows. */
  protected local<Row>(
    name: string,
    rows: readonly Row[],
    columns: readonly Column<Row>[],
    subject = '',
  ): TableSource<Row> {
    const kept = this.sources.get(name);
    if (kept?.rows === rows) return kept.source as TableSource<Row>;
    const value = (row: Row, id: string) => columns.find((column) => column.id === id)?.value(row);
    const load: LoadPage<Row> = localPages(rows, value);
    const source: TableSource<Row> = { load, version: `${name} ${nextVersion++}`, subject };
    this.sources.set(name, { rows, source });
    return source;
  }
}

let nextVersion = 1;

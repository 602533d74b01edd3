/** How wide a table's columns are: as they come, as a person made them, and while one is dragged. */
import type { Core } from '../core';
import type { Column } from './cells';

const MIN_WIDTH = 48;
/** What a key makes a column wider or narrower by. */
const STEP: Readonly<Record<string, number>> = { ArrowRight: 16, ArrowLeft: -16 };

type Sized = Pick<Column<never>, 'id' | 'width' | 'grow'>;

/** The table they are of, which keeps them under its name. */
interface Table {
  readonly app: Core;
  readonly name: string;
  requestUpdate(): void;
}

export class ColumnWidths {
  private dragged?: { readonly id: string; readonly width: number };

  constructor(private readonly table: Table) {}

  /** In pixels; of a column that grows, at least. */
  of({ id, width }: Sized): number {
    return this.chosen(id) ?? width;
  }

  total(columns: readonly Sized[]): number {
    return columns.reduce((sum, column) => sum + this.of(column), 0);
  }

  /** For `grid-template-columns`. */
  template(columns: readonly Sized[]): string {
    return columns
      .map((column) =>
        column.grow && this.chosen(column.id) === undefined
          ? `minmax(${column.width}px, 1fr)`
          : `${this.of(column)}px`,
      )
      .join(' ');
  }

  /** As it came. */
  reset({ id }: Sized): void {
    this.set(id, undefined);
  }

  /** @returns whether the key is one that does */
  press(key: string, column: Sized): boolean {
    const step = STEP[key];
    if (step === undefined) return false;
    this.set(column.id, this.of(column) + step);
    return true;
  }

  /** While its edge is dragged. */
  dragTo({ id }: Sized, width: number): void {
    this.dragged = { id, width: Math.max(MIN_WIDTH, width) };
    this.table.requestUpdate();
  }

  /** Let go: the width it was dragged to is kept. */
  drop(): void {
    if (this.dragged) this.set(this.dragged.id, this.dragged.width);
    this.dragged = undefined;
  }

  private chosen(id: string): number | undefined {
    if (this.dragged?.id === id) return this.dragged.width;
    return this.table.app.table(this.table.name).widths?.[id];
  }

  private set(id: string, width: number | undefined): void {
    const { app, name } = this.table;
    const widths = { ...app.table(name).widths };
    if (width === undefined) delete widths[id];
    else widths[id] = Math.max(MIN_WIDTH, Math.round(width));
    app.setTable(name, { widths });
    this.table.requestUpdate();
  }
}

import type { Diagnostic } from '../../profile/model';

/** 2^53: beyond it a double skips whole numbers. */
const LIMIT = Number.MAX_SAFE_INTEGER;

/**
 * Rows that cannot be taken at their word. They are left out or straightened
 * and counted, so that the profile can say so: no figure is wrong in silence.
 */
export class Anomalies {
  private readonly counts = new Map<string, number>();

  note(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** Whether a point in time is one; counts the row as left out where it is not. */
  time(value: number, table: string): boolean {
    if (value >= -LIMIT && value <= LIMIT) return true;
    this.note(`${table} without a valid time: left out`);
    return false;
  }

  /** The end of an event, straightened where it lies before the start. */
  end(start: number, end: number, table: string): number {
    if (end >= start) return end;
    this.note(`${table} that end before they start: counted with no length`);
    return start;
  }

  diagnostics(): Diagnostic[] {
    return [...this.counts].map(([what, count]) => ({
      severity: 'warning',
      text: `${count} ${what}.`,
    }));
  }
}

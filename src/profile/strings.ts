/** An index into a {@link StringTable}. */
export type StringId = number;

/**
 * Every text of a profile once. Columns hold {@link StringId}s; equal texts
 * have equal ids, so that grouping by name is grouping by a number.
 * Id 0 is always the empty string and stands for "no name".
 */
export class StringTable {
  private readonly values: string[] = [''];
  private readonly ids = new Map<string, StringId>([['', 0]]);

  get length(): number {
    return this.values.length;
  }

  intern(value: string): StringId {
    let id = this.ids.get(value);
    if (id === undefined) {
      id = this.values.length;
      this.values.push(value);
      this.ids.set(value, id);
    }
    return id;
  }

  /** The text of an id; the empty string for an id that was never given out. */
  get(id: StringId): string {
    return this.values[id] ?? '';
  }

  /** The id of a text, or undefined where no row uses it. */
  find(value: string): StringId | undefined {
    return this.ids.get(value);
  }
}

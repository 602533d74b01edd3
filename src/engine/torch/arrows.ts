/**
 * Arrows of a trace (flow events): from one start to any number of ends of the
 * same category, name and id, in any order. Viewers draw nothing, or an arrow to
 * nowhere, where one side is missing.
 */
const START = 0x73; // s
const STEP = 0x74; // t
const END = 0x66; // f

export type ArrowPart = typeof START | typeof STEP | typeof END;

export const isArrow = (ph: number): ph is ArrowPart => ph === START || ph === STEP || ph === END;

/** Holds the parts of an arrow back until both of its sides are there. */
export class Arrows {
  private readonly waiting = new Map<string, { start: boolean; end: boolean; texts: string[] }>();
  private readonly whole = new Set<string>();

  /** The events to write, now that this one is known: it alone, all that waited for it, or none. */
  meet(part: ArrowPart, key: string, text: string): readonly string[] {
    if (this.whole.has(key)) {
      if (part !== START) return [text];
      // Ids come again: it is another arrow.
      this.whole.delete(key);
    }
    const arrow = this.waiting.get(key) ?? { start: false, end: false, texts: [] };
    arrow.texts.push(text);
    arrow.start ||= part === START;
    arrow.end ||= part === END;
    if (!arrow.start || !arrow.end) {
      this.waiting.set(key, arrow);
      return [];
    }
    this.waiting.delete(key);
    this.whole.add(key);
    return arrow.texts;
  }
}

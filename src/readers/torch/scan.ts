/**
 * The words of JSON, found in bytes: where a string, a value, an object ends.
 *
 * Nothing is decoded here and nothing is kept; a trace of gigabytes passes
 * through a window of a megabyte. What is not whole in the window is
 * INCOMPLETE: the caller reads on and starts that value again. Nesting is
 * counted, never followed by calls, so that its depth is no matter.
 *
 * Traces in the wild are not always JSON: NaN, commas before brackets and
 * unknown escapes are passed over, and counted by whoever meets them.
 */

/** The value goes on behind the bytes at hand. */
export const INCOMPLETE = -1;
/** There is no value here. */
export const MALFORMED = -2;

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** The first byte from `at` on that is no white space; the end where there is none. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  while (at < bytes.length && bytes[at] <= 0x20) at++;
  return at;
}

/** Strings up to this length are looked through here; a call into memchr pays only beyond. */
const NEAR = 40;

/** Where the string whose first byte is at `from` has its closing quote, or INCOMPLETE. */
export function stringEnd(bytes: Buffer, from: number): number {
  let at = from;
  const near = Math.min(bytes.length, from + NEAR);
  while (at < near) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    at += byte === BACKSLASH ? 2 : 1;
  }
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return INCOMPLETE;
    let slash = quote;
    while (slash > at && bytes[slash - 1] === BACKSLASH) slash--;
    // An odd number of backslashes: the last one belongs to the quote.
    if (((quote - slash) & 1) === 0) return quote;
    at = quote + 1;
  }
}

/** Behind the object or array that opens at `from`, or INCOMPLETE. */
export function containerEnd(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = stringEnd(bytes, at + 1);
        if (at < 0) return INCOMPLETE;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (--depth === 0) return at + 1;
    }
  }
  return INCOMPLETE;
}

/** Behind the value that begins at `from`, INCOMPLETE, or MALFORMED. */
export function valueEnd(bytes: Buffer, from: number): number {
  switch (bytes[from]) {
    case QUOTE: {
      const quote = stringEnd(bytes, from + 1);
      return quote < 0 ? INCOMPLETE : quote + 1;
    }
    case OPEN_BRACE:
    case OPEN_BRACKET:
      return containerEnd(bytes, from);
  }
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= 0x20) {
      return at > from ? at : MALFORMED;
    }
    at++;
  }
  return INCOMPLETE;
}

/** Whether a value begins as none of JSON's does: `NaN`, `-inf`, `None`. */
export function isForeign(bytes: Uint8Array, from: number): boolean {
  const first = bytes[from];
  if (first >= ZERO && first <= NINE) return false;
  switch (first) {
    case QUOTE:
    case OPEN_BRACE:
    case OPEN_BRACKET:
    case 0x74: // true
    case 0x66: // false
      return false;
    case 0x6e: // null, nan
      return bytes[from + 1] !== 0x75;
    case MINUS:
      return !(bytes[from + 1] >= ZERO && bytes[from + 1] <= NINE);
    default:
      return true;
  }
}

export function holdsEscape(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}

/**
 * Names to look out for, known by their bytes. Every key of every event passes
 * through here, so that telling them apart takes the length and two bytes, and
 * a comparison for the one name that fits.
 */
export class Words {
  private readonly texts: readonly Buffer[];
  private readonly first = new Int16Array(256).fill(-1);
  private readonly next: Int16Array;

  constructor(readonly names: readonly string[]) {
    this.texts = names.map((name) => Buffer.from(name));
    this.next = new Int16Array(names.length).fill(-1);
    this.texts.forEach((text, word) => {
      const bucket = bucketOf(text, 0, text.length);
      this.next[word] = this.first[bucket];
      this.first[bucket] = word;
    });
  }

  /** Row of the name that stands from `from` to before `to`, as written; -1 where it is none. */
  find(bytes: Uint8Array, from: number, to: number): number {
    if (to === from) return -1;
    let word = this.first[bucketOf(bytes, from, to)];
    for (; word >= 0; word = this.next[word]) {
      const text = this.texts[word];
      if (text.length !== to - from) continue;
      let i = 0;
      while (i < text.length && text[i] === bytes[from + i]) i++;
      if (i === text.length) return word;
    }
    return -1;
  }
}

function bucketOf(bytes: Uint8Array, from: number, to: number): number {
  return (Math.imul(to - from, 31) + Math.imul(bytes[from], 7) + bytes[to - 1] * 3) & 255;
}

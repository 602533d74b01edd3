/**
 * One event of a trace: where in the window its members stand. Members are
 * looked at, and only then read, by what the event turns out to be: two of five
 * events (the arrows between calls and kernels) are told by one letter.
 */
import {
  CLOSE_BRACE,
  COLON,
  COMMA,
  holdsEscape,
  INCOMPLETE,
  isForeign,
  MALFORMED,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  stringEnd,
  valueEnd,
  Words,
} from './scan';
import { decodeString } from './text';

const EVENT_KEYS = ['ph', 'cat', 'name', 'id', 'pid', 'tid', 'ts', 'dur', 'args'] as const;

/** Spellings of other versions come after the present one's, for {@link Event.has} to fall back on. */
const ARGUMENT_KEYS = [
  'name',
  'External id',
  'external id',
  'correlation',
  'device',
  'stream',
  'context',
  'grid',
  'block',
  'registers per thread',
  'shared memory',
  'graph id',
  'graph node id',
  'bytes',
  'Input Dims',
  'Input type',
  'Sequence number',
  'Call stack',
  'flops',
  'Device Type',
  'Device Id',
  'Bytes',
  'Total Allocated',
  'Total Reserved',
  'cuda_sync_kind',
] as const;

type EventKey = (typeof EVENT_KEYS)[number];
type ArgumentKey = (typeof ARGUMENT_KEYS)[number];
/** Place of a member. */
export type Member = number;

export const member = (key: EventKey): Member => EVENT_KEYS.indexOf(key);
export const argument = (key: ArgumentKey): Member =>
  EVENT_KEYS.length + ARGUMENT_KEYS.indexOf(key);

const MEMBERS = EVENT_KEYS.length + ARGUMENT_KEYS.length;
const ARGS = member('args');

const eventWords = new Words(EVENT_KEYS);
const argumentWords = new Words(ARGUMENT_KEYS);

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;

/** Nanoseconds of the digits of a microsecond's fraction. */
const PLACES = [100, 10, 1];

/** Digits that a double holds whatever they are. */
const SAFE_DIGITS = 15;

export class Event {
  bytes: Buffer = Buffer.alloc(0);
  /** What was not JSON in the event at hand. */
  foreignValues = 0;
  trailingCommas = 0;

  /** Of {@link time}: whole microseconds, and what follows the point as nanoseconds. */
  micros = 0;
  nanos = 0;

  private readonly from = new Int32Array(MEMBERS);
  private readonly to = new Int32Array(MEMBERS);

  /** Looks through the object that opens at `at`. Behind it, INCOMPLETE, or MALFORMED. */
  scan(bytes: Buffer, at: number): number {
    this.bytes = bytes;
    this.foreignValues = 0;
    this.trailingCommas = 0;
    // A loop, as a call of fill() for so few costs twice as much.
    for (let key = 0; key < MEMBERS; key++) this.from[key] = -1;
    return this.scanObject(at, eventWords, 0);
  }

  has(key: Member): boolean {
    return this.from[key] >= 0;
  }

  isText(key: Member): boolean {
    return this.from[key] >= 0 && this.bytes[this.from[key]] === QUOTE;
  }

  /** First byte of a text or of any other value; 0 where there is none. */
  initial(key: Member): number {
    const from = this.from[key];
    if (from < 0) return 0;
    return this.bytes[from] === QUOTE ? this.bytes[from + 1] : this.bytes[from];
  }

  /** Row of the word that the text is; -1 where it is none of them. */
  word(key: Member, words: Words): number {
    return this.isText(key) ? words.find(this.bytes, this.from[key] + 1, this.to[key] - 1) : -1;
  }

  /** Where a text begins and ends, without its quotes; any other value as it stands. */
  textFrom(key: Member): number {
    return this.isText(key) ? this.from[key] + 1 : this.from[key];
  }

  textTo(key: Member): number {
    return this.isText(key) ? this.to[key] - 1 : this.to[key];
  }

  text(key: Member): string {
    return decodeString(this.bytes, this.textFrom(key), this.textTo(key));
  }

  /** A number, also one written as text; NaN where it is missing or none. */
  number(key: Member): number {
    let at = this.from[key];
    if (at < 0) return NaN;
    const end = this.to[key];
    const { bytes } = this;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    if (end - at <= SAFE_DIGITS) {
      let value = 0;
      let i = at;
      for (; i < end; i++) {
        const digit = bytes[i] - ZERO;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      if (i === end && i > at) return negative ? -value : value;
    }
    return this.anyNumber(key);
  }

  /**
   * A point or a length of time in microseconds with a fraction, taken apart
   * so that nothing of it is lost: sixteen digits and three more are beyond a
   * double. False where it is missing or none.
   */
  time(key: Member): boolean {
    let at = this.from[key];
    if (at < 0) return false;
    const end = this.to[key];
    const { bytes } = this;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    const first = at;
    let whole = 0;
    for (; at < end; at++) {
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) break;
      whole = whole * 10 + digit;
    }
    if (at === first || whole > Number.MAX_SAFE_INTEGER) return this.anyTime(key);
    let nanos = 0;
    if (at < end) {
      if (bytes[at] !== POINT) return this.anyTime(key);
      for (let place = 0; ++at < end; place++) {
        const digit = bytes[at] - ZERO;
        if (digit < 0 || digit > 9) return this.anyTime(key);
        if (place < 3) nanos += digit * PLACES[place];
        // Half a nanosecond and more is one.
        else if (place === 3 && digit >= 5) nanos++;
      }
    }
    this.micros = negative ? -whole : whole;
    this.nanos = negative ? -nanos : nanos;
    return true;
  }

  /** The first numbers of an array, into `into`; what is missing is 0. */
  numbers(key: Member, into: Float64Array): void {
    into.fill(0);
    if (this.from[key] < 0 || this.bytes[this.from[key]] !== OPEN_BRACKET) return;
    const { bytes } = this;
    const end = this.to[key] - 1;
    let at = this.from[key] + 1;
    for (let i = 0; i < into.length && at < end; i++) {
      at = skipSpace(bytes, at);
      let value = 0;
      for (; at < end; at++) {
        const digit = bytes[at] - ZERO;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      into[i] = value;
      while (at < end && bytes[at] !== COMMA) at++;
      at++;
    }
  }

  private scanObject(from: number, words: Words, base: number): number {
    const { bytes } = this;
    const end = bytes.length;
    let comma = false;
    let at = from + 1;
    for (;;) {
      at = skipSpace(bytes, at);
      if (at >= end) return INCOMPLETE;
      const byte = bytes[at];
      if (byte === COMMA) {
        comma = true;
        at++;
        continue;
      }
      if (byte === CLOSE_BRACE) {
        if (comma) this.trailingCommas++;
        return at + 1;
      }
      if (byte !== QUOTE) return MALFORMED;
      comma = false;
      const key = at + 1;
      const keyEnd = stringEnd(bytes, key);
      if (keyEnd < 0) return INCOMPLETE;
      at = skipSpace(bytes, keyEnd + 1);
      if (at >= end) return INCOMPLETE;
      if (bytes[at] !== COLON) return MALFORMED;
      at = skipSpace(bytes, at + 1);
      if (at >= end) return INCOMPLETE;
      let word = words.find(bytes, key, keyEnd);
      if (word < 0 && holdsEscape(bytes, key, keyEnd)) {
        word = words.names.indexOf(decodeString(bytes, key, keyEnd));
      }
      if (base === 0 && word === ARGS) {
        // Of two members of one name the last counts, as everywhere in JSON.
        this.from.fill(-1, EVENT_KEYS.length);
        if (bytes[at] === OPEN_BRACE) {
          at = this.scanObject(at, argumentWords, EVENT_KEYS.length);
          if (at < 0) return at;
          continue;
        }
      }
      const valueTo = valueEnd(bytes, at);
      if (valueTo < 0) return valueTo;
      if (isForeign(bytes, at)) this.foreignValues++;
      if (word >= 0) {
        this.from[base + word] = at;
        this.to[base + word] = valueTo;
      }
      at = valueTo;
    }
  }

  private anyNumber(key: Member): number {
    const text = this.text(key).trim();
    return text === '' ? NaN : Number(text);
  }

  private anyTime(key: Member): boolean {
    const value = this.anyNumber(key);
    if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return false;
    this.micros = Math.trunc(value);
    this.nanos = Math.round((value - this.micros) * 1e3);
    return true;
  }
}

/**
 * A trace from its first byte to its last: members of the document, events of
 * the list. The text passes through a window; what stays is what the sink keeps.
 */
import { Event } from './event';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  containerEnd,
  INCOMPLETE,
  MALFORMED,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  stringEnd,
  valueEnd,
} from './scan';
import { Skipper } from './skip';
import type { ByteSource } from './source';
import { decodeString } from './text';

export interface TraceSink {
  /** The event is valid until the call returns. */
  event(event: Event): void;
  /** A member of the document other than the events, as its JSON. */
  fact(name: string, json: string): void;
}

/** How the text ended, and what of it was not JSON. */
export interface Reading {
  /** Whether there is a list of events at all. */
  readonly list: boolean;
  readonly events: number;
  /** Bytes of text that were read, decompressed. */
  readonly length: number;
  /** The text ends inside the document. */
  readonly cut: boolean;
  /** The byte of the text that cannot follow those before it; nothing behind it was read. */
  readonly garbledAt: number | undefined;
  readonly foreignValues: number;
  readonly trailingCommas: number;
  /** Events that are no objects, or whose members cannot be told apart. */
  readonly malformed: number;
  /** Values too large to be looked at. */
  readonly oversized: number;
}

export interface DocumentOptions {
  /** Bytes of text at hand at a time. */
  readonly window?: number;
  /** The largest event or fact, in bytes; a larger one is passed over. */
  readonly largest?: number;
  /** Called between two windows; may throw to stop. */
  onPause?(): void;
}

const WINDOW = 1 << 20;
const LARGEST = 1 << 24;
/** Larger facts are a logger's lines or a user's settings. */
const LARGEST_FACT = 1 << 20;

export async function readDocument(
  source: Pick<ByteSource, 'read'>,
  sink: TraceSink,
  options: DocumentOptions = {},
): Promise<Reading> {
  const largest = options.largest ?? LARGEST;
  const document = new Document(sink);
  let window = Buffer.allocUnsafeSlow(options.window ?? WINDOW);
  let held = 0;
  /** Bytes that must be at hand before it is worth looking again. */
  let wanted = 1;
  for (let ended = false; ;) {
    options.onPause?.();
    while (!ended && held < wanted) {
      const got = await source.read(window.subarray(held));
      ended = got === 0;
      held += got;
    }
    let from = document.advance(window.subarray(0, held));
    if (ended || document.garbledAt !== undefined) return document.reading();
    if (held - from >= largest) {
      document.skipValue(window.subarray(0, held), from);
      from = held;
    }
    document.offset += from;
    window.copyWithin(0, from, held);
    held -= from;
    // Twice as much each time: a value of any size is looked at a few times only.
    wanted = held * 2 + 1;
    if (wanted > window.length) {
      const larger = Buffer.allocUnsafeSlow(wanted);
      window.copy(larger, 0, 0, held);
      window = larger;
    }
  }
}

type Place = 'start' | 'members' | 'value' | 'events' | 'end';

const EVENTS = 'traceEvents';

class Document {
  /** Place in the text of the window's first byte. */
  offset = 0;
  garbledAt: number | undefined;
  private place: Place = 'start';
  /** Some tools write the list alone. */
  private bare = false;
  private list = false;
  private key = '';
  private comma = false;
  private skipper: Skipper | undefined;
  private length = 0;
  private events = 0;
  private foreignValues = 0;
  private trailingCommas = 0;
  private malformed = 0;
  private oversized = 0;
  private readonly event = new Event();

  constructor(private readonly sink: TraceSink) {}

  /** Reads what is whole in the window. Where the first thing begins that is not. */
  advance(bytes: Buffer): number {
    this.length = this.offset + bytes.length;
    let at = 0;
    if (this.skipper) {
      at = this.skipper.feed(bytes, 0);
      if (at < 0) return bytes.length;
      this.skipper = undefined;
    }
    for (;;) {
      at = skipSpace(bytes, at);
      if (at >= bytes.length || this.garbledAt !== undefined) return at;
      const next = this.place === 'events' ? this.inEvents(bytes, at) : this.inDocument(bytes, at);
      if (next < 0) return at;
      at = next;
    }
  }

  /** Gives up on the value that begins at `from`: it is passed over as it comes. */
  skipValue(bytes: Buffer, from: number): void {
    this.oversized++;
    if (this.place === 'value') this.place = 'members';
    this.skipper = new Skipper();
    this.skipper.feed(bytes, from);
  }

  reading(): Reading {
    const { list, events, length, garbledAt } = this;
    const { foreignValues, trailingCommas, malformed, oversized } = this;
    const cut = this.place !== 'end' && garbledAt === undefined;
    return {
      list,
      events,
      length,
      cut,
      garbledAt,
      foreignValues,
      trailingCommas,
      malformed,
      oversized,
    };
  }

  private inEvents(bytes: Buffer, at: number): number {
    switch (bytes[at]) {
      case OPEN_BRACE: {
        const { event } = this;
        const past = event.scan(bytes, at);
        if (past === INCOMPLETE) return INCOMPLETE;
        this.comma = false;
        if (past === MALFORMED) return this.resume(bytes, at);
        this.events++;
        this.foreignValues += event.foreignValues;
        this.trailingCommas += event.trailingCommas;
        this.sink.event(event);
        return past;
      }
      case COMMA:
        this.comma = true;
        return at + 1;
      case CLOSE_BRACKET:
        if (this.comma) this.trailingCommas++;
        this.comma = false;
        this.place = this.bare ? 'end' : 'members';
        return at + 1;
      default: {
        const past = valueEnd(bytes, at);
        if (past === INCOMPLETE) return INCOMPLETE;
        if (past === MALFORMED) return this.garbled(at);
        this.comma = false;
        this.malformed++;
        return past;
      }
    }
  }

  /**
   * Goes on behind an event that is broken: at the next that looks like one,
   * or where its own brackets close, whichever comes first. A quote too many
   * would otherwise turn the rest of the file inside out.
   */
  private resume(bytes: Buffer, at: number): number {
    const closed = containerEnd(bytes, at);
    const next = nextEvent(bytes, at + 1);
    const past = next > 0 && (closed < 0 || next < closed) ? next : closed;
    if (past < 0) return INCOMPLETE;
    this.malformed++;
    return past;
  }

  private inDocument(bytes: Buffer, at: number): number {
    switch (this.place) {
      case 'start':
        return this.begin(bytes, at);
      case 'members':
        return this.inMembers(bytes, at);
      case 'value':
        return this.inValue(bytes, at);
      default:
        return this.garbled(at);
    }
  }

  private begin(bytes: Buffer, at: number): number {
    // The mark of UTF-8 that Windows programs put first.
    if (this.offset + at === 0 && bytes[at] === 0xef) {
      if (bytes.length < 3) return INCOMPLETE;
      if (bytes[1] === 0xbb && bytes[2] === 0xbf) return 3;
    }
    this.bare = bytes[at] === OPEN_BRACKET;
    if (!this.bare && bytes[at] !== OPEN_BRACE) return this.garbled(at);
    this.list = this.bare;
    this.place = this.bare ? 'events' : 'members';
    return at + 1;
  }

  private inMembers(bytes: Buffer, at: number): number {
    switch (bytes[at]) {
      case COMMA:
        this.comma = true;
        return at + 1;
      case CLOSE_BRACE:
        if (this.comma) this.trailingCommas++;
        this.place = 'end';
        return at + 1;
      case QUOTE: {
        const keyEnd = stringEnd(bytes, at + 1);
        if (keyEnd < 0) return INCOMPLETE;
        const colon = skipSpace(bytes, keyEnd + 1);
        if (colon >= bytes.length) return INCOMPLETE;
        if (bytes[colon] !== COLON) return this.garbled(colon);
        this.comma = false;
        this.key = decodeString(bytes, at + 1, keyEnd);
        this.place = 'value';
        return colon + 1;
      }
      default:
        return this.garbled(at);
    }
  }

  private inValue(bytes: Buffer, at: number): number {
    if (this.key === EVENTS && bytes[at] === OPEN_BRACKET) {
      this.list = true;
      this.place = 'events';
      return at + 1;
    }
    const past = valueEnd(bytes, at);
    if (past === INCOMPLETE) return INCOMPLETE;
    if (past === MALFORMED) return this.garbled(at);
    if (past - at <= LARGEST_FACT) this.sink.fact(this.key, bytes.toString('utf8', at, past));
    this.place = 'members';
    return past;
  }

  private garbled(at: number): number {
    this.garbledAt = this.offset + at;
    return at;
  }
}

/** Where an object begins whose first member is `ph`, as every event that Kineto writes; -1 where none does. */
function nextEvent(bytes: Buffer, from: number): number {
  for (let at = from; ;) {
    at = bytes.indexOf(OPEN_BRACE, at);
    if (at < 0) return -1;
    const key = skipSpace(bytes, at + 1);
    if (
      bytes[key] === QUOTE &&
      bytes[key + 1] === 0x70 &&
      bytes[key + 2] === 0x68 &&
      bytes[key + 3] === QUOTE
    ) {
      return at;
    }
    at++;
  }
}

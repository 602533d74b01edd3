/**
 * Writes the part of a trace that lies in a stretch of time as a trace of its
 * own, which every viewer of such traces opens. Events are copied as they are
 * written; only which of them is decided here.
 *
 * Kept: what overlaps the stretch, the arrows that begin and end in it and the
 * counters in it, what names processes and threads, and all facts beside the events.
 */
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { TrimmedTrace } from '../../protocol/torch';
import { Category, categoryOf } from '../../readers/torch/categories';
import { readDocument } from '../../readers/torch/document';
import { Event, member } from '../../readers/torch/event';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
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
} from '../../readers/torch/scan';
import { openSource } from '../../readers/torch/source';
import { RequestFailure } from '../failure';
import { Arrows, isArrow } from './arrows';

const PH = member('ph');
const CAT = member('cat');
const NAME = member('name');
const ID = member('id');
const TS = member('ts');
const DUR = member('dur');
const METADATA = 0x4d; // M
const COMPLETE = 0x58; // X

const WINDOW = 1 << 20;
/** The reader passes over what is larger, too. */
const LARGEST = 1 << 24;

/**
 * @param from nanoseconds since the profile's time 0, as all its times
 * @throws RequestFailure, and the file system's errors
 */
export async function trimTrace(
  trace: string,
  [from, to]: readonly [number, number],
  path: string,
): Promise<TrimmedTrace> {
  const partial = `${path}.partial`;
  const zero = await startOf(trace);
  const input = await openSource(trace);
  try {
    const file = createWriteStream(partial);
    const done = finished(file);
    // Told where it is awaited; before that it must not end the process.
    done.catch(() => undefined);
    let out: Writable = file;
    if (/\.gz$/i.test(path)) {
      const gzip = createGzip();
      gzip.pipe(file);
      out = gzip;
    }
    const copy = new Copy(zero, from, to);
    for await (const piece of copy.read(input)) {
      if (!out.write(piece)) {
        await Promise.race([new Promise((resolve) => out.once('drain', resolve)), done]);
      }
    }
    out.end();
    await done;
    await rename(partial, path);
    return { events: copy.events, size: (await stat(path)).size };
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  } finally {
    await input.close();
  }
}

interface Instant {
  readonly micros: number;
  readonly nanos: number;
}

/** What the reader takes for time 0: the start of the earliest event that it knows. */
async function startOf(trace: string): Promise<Instant> {
  const input = await openSource(trace);
  let first: Instant = { micros: Infinity, nanos: 0 };
  try {
    await readDocument(input, {
      fact: () => undefined,
      event: (event) => {
        if (event.initial(PH) !== COMPLETE) return;
        const category = categoryOf(event);
        if (category === Category.Unknown || category === Category.Passed) return;
        if (!event.time(TS)) return;
        const { micros, nanos } = event;
        if (micros < first.micros || (micros === first.micros && nanos < first.nanos)) {
          first = { micros, nanos };
        }
      },
    });
  } finally {
    await input.close();
  }
  return first;
}

type Place = 'start' | 'members' | 'events' | 'end';

class Copy {
  events = 0;
  private place: Place = 'start';
  private bare = false;
  private wrote = false;
  private readonly event = new Event();
  private readonly arrows = new Arrows();
  private text: string[] = [];

  constructor(
    private readonly zero: Instant,
    private readonly from: number,
    private readonly to: number,
  ) {}

  async *read(input: { read(into: Buffer): Promise<number> }): AsyncGenerator<string> {
    let window = Buffer.allocUnsafeSlow(WINDOW);
    let held = 0;
    for (let ended = false; !ended && this.place !== 'end';) {
      const got = await input.read(window.subarray(held));
      ended = got === 0;
      held += got;
      const at = this.advance(window.subarray(0, held));
      if (this.text.length > 0) yield this.text.join('');
      this.text = [];
      window.copyWithin(0, at, held);
      held -= at;
      if (held < window.length) continue;
      if (held > LARGEST) {
        throw new RequestFailure(
          'unreadable',
          'A value of this trace is too large to be copied: save a smaller window.',
        );
      }
      const larger = Buffer.allocUnsafeSlow(window.length * 2);
      window.copy(larger, 0, 0, held);
      window = larger;
    }
    // Of a trace that was cut off, what was read becomes a whole one.
    if (this.place === 'events') yield this.bare ? '\n]\n' : '\n]}\n';
    else if (this.place === 'members') yield '}\n';
  }

  /** Copies what is whole in the window. Where the first thing begins that is not. */
  private advance(bytes: Buffer): number {
    let at = 0;
    for (;;) {
      at = skipSpace(bytes, at);
      if (at >= bytes.length) return at;
      const past = this.place === 'events' ? this.inEvents(bytes, at) : this.inDocument(bytes, at);
      if (past < 0) return at;
      at = past;
      if (this.place === 'end') return at;
    }
  }

  private inDocument(bytes: Buffer, at: number): number {
    if (this.place === 'start') {
      // The mark of UTF-8 that Windows programs put first.
      if (bytes[at] === 0xef) return at + 3;
      this.bare = bytes[at] === OPEN_BRACKET;
      this.place = this.bare ? 'events' : 'members';
      this.text.push(this.bare ? '[' : '{');
      return at + 1;
    }
    switch (bytes[at]) {
      case COMMA:
        return at + 1;
      case CLOSE_BRACE:
        this.text.push('\n}\n');
        this.place = 'end';
        return at + 1;
      case QUOTE:
        return this.inMember(bytes, at);
      default:
        this.text.push('\n}\n');
        this.place = 'end';
        return at;
    }
  }

  private inMember(bytes: Buffer, at: number): number {
    const keyEnd = stringEnd(bytes, at + 1);
    if (keyEnd < 0) return INCOMPLETE;
    const colon = skipSpace(bytes, keyEnd + 1);
    const value = skipSpace(bytes, colon + 1);
    if (value >= bytes.length) return INCOMPLETE;
    const key = bytes.toString('utf8', at, keyEnd + 1);
    const comma = this.wrote ? ',' : '';
    if (key === '"traceEvents"' && bytes[value] === OPEN_BRACKET) {
      this.text.push(`${comma}\n${key}: [`);
      this.wrote = false;
      this.place = 'events';
      return value + 1;
    }
    const past = valueEnd(bytes, value);
    if (past === INCOMPLETE) return INCOMPLETE;
    if (past === MALFORMED) return value + 1;
    const text = bytes.toString('utf8', value, past);
    this.text.push(`${comma}\n${key}: ${text}`);
    this.wrote = true;
    return past;
  }

  private inEvents(bytes: Buffer, at: number): number {
    switch (bytes[at]) {
      case COMMA:
        return at + 1;
      case CLOSE_BRACKET:
        this.text.push(this.bare ? '\n]\n' : '\n]');
        this.place = this.bare ? 'end' : 'members';
        this.wrote = true;
        return at + 1;
      case OPEN_BRACE: {
        const past = this.event.scan(bytes, at);
        if (past === INCOMPLETE) return INCOMPLETE;
        // What the reader could not read either is left out.
        if (past === MALFORMED) return containerEnd(bytes, at);
        if (this.wanted()) this.write(bytes.toString('utf8', at, past));
        return past;
      }
      default:
        return at + 1;
    }
  }

  /** An event; an arrow only with both of its sides, as one of them may lie outside the stretch. */
  private write(text: string): void {
    const { event } = this;
    const ph = event.initial(PH);
    const key = (): string =>
      [CAT, NAME, ID].map((part) => (event.has(part) ? event.text(part) : '')).join('\0');
    for (const one of isArrow(ph) ? this.arrows.meet(ph, key(), text) : [text]) {
      this.text.push(this.wrote ? ',\n' : '\n', one);
      this.wrote = true;
      this.events++;
    }
  }

  private wanted(): boolean {
    const { event } = this;
    if (event.initial(PH) === METADATA) return true;
    if (!event.time(TS)) return false;
    const start = (event.micros - this.zero.micros) * 1e3 + event.nanos - this.zero.nanos;
    const length = event.time(DUR) ? event.micros * 1e3 + event.nanos : 0;
    return start <= this.to && start + length >= this.from;
  }
}

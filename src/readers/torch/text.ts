/** Strings of JSON as bytes, each decoded once. */
import type { StringId, StringTable } from '../../profile/strings';
import { BACKSLASH, QUOTE } from './scan';

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** An escape with what follows it; the `u` of four digits, else one character. */
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g;

/**
 * The text between two quotes. An escape that JSON does not have (`\U` of a
 * Windows path) stands for itself, and `onForeign` is told.
 */
export function decodeString(
  bytes: Buffer,
  from: number,
  to: number,
  onForeign?: () => void,
): string {
  const text = bytes.toString('utf8', from, to);
  if (!text.includes('\\')) return text;
  return text.replace(ESCAPE, (all, hex: string | undefined, letter: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
    const meant = ESCAPES[letter!];
    if (meant !== undefined) return meant;
    onForeign?.();
    return all;
  });
}

/** A value of JSON as its text without the spaces between its words. */
export function compactJson(bytes: Buffer, from: number, to: number): string {
  let text = '';
  let kept = from;
  let quoted = false;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (quoted) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) {
      quoted = true;
    } else if (byte <= 0x20) {
      text += bytes.toString('utf8', kept, at);
      kept = at + 1;
    }
  }
  return text + bytes.toString('utf8', kept, to);
}

const BLOCK = 1 << 16;

/**
 * Ids of texts by the bytes they are written in. A trace repeats its names
 * millions of times: a repeated one costs a hash and a comparison of bytes,
 * and makes no string.
 */
export class ByteStrings {
  private slots = new Int32Array(1024).fill(-1);
  private hashes = new Int32Array(512);
  private ids = new Uint32Array(512);
  private readonly texts: Buffer[] = [];
  private block = Buffer.alloc(0);
  private used = 0;
  /** Keeps a file from being built so that all of its names meet in one place. */
  private readonly seed = (Math.random() * 0x1_0000_0000) | 0;

  constructor(
    private readonly strings: StringTable,
    private readonly decode: (bytes: Buffer, from: number, to: number) => string,
  ) {}

  intern(bytes: Buffer, from: number, to: number): StringId {
    const hash = hashOf(bytes, from, to, this.seed);
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.slots[slot];
      if (entry < 0) return this.insert(slot, hash, bytes, from, to);
      if (this.hashes[entry] === hash && equal(this.texts[entry], bytes, from, to)) {
        return this.ids[entry];
      }
    }
  }

  private insert(slot: number, hash: number, bytes: Buffer, from: number, to: number): StringId {
    const entry = this.texts.length;
    if (entry === this.hashes.length) {
      this.hashes = grown(this.hashes);
      this.ids = grown(this.ids);
    }
    const id = this.strings.intern(this.decode(bytes, from, to));
    this.texts.push(this.keep(bytes, from, to));
    this.hashes[entry] = hash;
    this.ids[entry] = id;
    this.slots[slot] = entry;
    if (this.texts.length * 2 > this.slots.length) this.rehash();
    return id;
  }

  /** A copy that outlives the window; small ones share a block. */
  private keep(bytes: Buffer, from: number, to: number): Buffer {
    const length = to - from;
    if (length > BLOCK / 4) return Buffer.from(bytes.subarray(from, to));
    if (this.used + length > this.block.length) {
      this.block = Buffer.allocUnsafeSlow(BLOCK);
      this.used = 0;
    }
    bytes.copy(this.block, this.used, from, to);
    this.used += length;
    return this.block.subarray(this.used - length, this.used);
  }

  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let entry = 0; entry < this.texts.length; entry++) {
      let slot = this.hashes[entry] & mask;
      while (slots[slot] >= 0) slot = (slot + 1) & mask;
      slots[slot] = entry;
    }
    this.slots = slots;
  }
}

function grown<T extends Int32Array | Uint32Array>(column: T): T {
  const larger = new (column.constructor as new (n: number) => T)(column.length * 2);
  larger.set(column);
  return larger;
}

/** MurmurHash3's way with words (Austin Appleby, public domain), over four bytes at a time. */
function hashOf(bytes: Uint8Array, from: number, to: number, seed: number): number {
  let hash = seed ^ (to - from);
  let at = from;
  for (; at + 4 <= to; at += 4) {
    let word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    word = Math.imul(word, 0xcc9e2d51);
    word = (word << 15) | (word >>> 17);
    hash ^= Math.imul(word, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  for (; at < to; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

const SHORT = 64;

function equal(text: Buffer, bytes: Buffer, from: number, to: number): boolean {
  const { length } = text;
  if (length !== to - from) return false;
  if (length > SHORT) return text.compare(bytes, from, to) === 0;
  for (let i = 0; i < length; i++) if (text[i] !== bytes[from + i]) return false;
  return true;
}

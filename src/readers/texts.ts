import type { StringId, StringTable } from '../profile/strings';

/**
 * Interns texts by their UTF-8 bytes. A capture has millions of names and few
 * different ones: comparing bytes with those seen before costs a tenth of
 * making a string of each to look it up.
 */
export class Texts {
  /** All texts seen, one after the other, in words of four bytes, the last filled up with zeros. */
  private arena = new Int32Array(1 << 14);
  private used = 0;
  /** By entry: its first word, its length in bytes, their hash, its string. */
  private from = new Uint32Array(512);
  private lengths = new Uint32Array(512);
  private hashes = new Int32Array(512);
  private ids = new Uint32Array(512);
  private entries = 0;
  /** Entry by hash, -1 for none; open addressing. */
  private slots = new Int32Array(1024).fill(-1);

  constructor(readonly strings: StringTable) {}

  intern(bytes: Uint8Array, at: number, length: number): StringId {
    let hash = length;
    for (let i = 0; i < length; i += 4) {
      hash = Math.imul(hash ^ word(bytes, at + i, length - i), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.slots[slot];
      if (entry < 0) return this.add(slot, hash, bytes.subarray(at, at + length));
      if (this.hashes[entry] === hash && this.equals(entry, bytes, at, length)) {
        return this.ids[entry];
      }
    }
  }

  private equals(entry: number, bytes: Uint8Array, at: number, length: number): boolean {
    if (this.lengths[entry] !== length) return false;
    let from = this.from[entry];
    for (let i = 0; i < length; i += 4) {
      if (this.arena[from++] !== word(bytes, at + i, length - i)) return false;
    }
    return true;
  }

  private add(slot: number, hash: number, bytes: Uint8Array): StringId {
    if (this.entries === this.ids.length) this.grow();
    const entry = this.entries++;
    const words = Math.ceil(bytes.length / 4);
    if (this.used + words > this.arena.length) {
      const arena = new Int32Array(Math.max(this.arena.length * 2, this.used + words));
      arena.set(this.arena.subarray(0, this.used));
      this.arena = arena;
    }
    this.from[entry] = this.used;
    for (let i = 0; i < bytes.length; i += 4) {
      this.arena[this.used++] = word(bytes, i, bytes.length - i);
    }
    this.lengths[entry] = bytes.length;
    this.hashes[entry] = hash;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
    const id = this.strings.intern(untilNul(text));
    this.ids[entry] = id;
    this.slots[slot] = entry;
    if (this.entries * 2 > this.slots.length) this.rehash();
    return id;
  }

  private grow(): void {
    const twice = <A extends Uint32Array | Int32Array>(array: A): A => {
      const grown = new (array.constructor as new (length: number) => A)(array.length * 2);
      grown.set(array);
      return grown;
    };
    this.from = twice(this.from);
    this.lengths = twice(this.lengths);
    this.hashes = twice(this.hashes);
    this.ids = twice(this.ids);
  }

  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let entry = 0; entry < this.entries; entry++) {
      let slot = this.hashes[entry] & mask;
      while (slots[slot] >= 0) slot = (slot + 1) & mask;
      slots[slot] = entry;
    }
    this.slots = slots;
  }
}

/** Four bytes, or as many as are left with zeros for the others. */
function word(bytes: Uint8Array, at: number, left: number): number {
  if (left >= 4) {
    return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
  }
  let value = bytes[at];
  for (let i = 1; i < left; i++) value |= bytes[at + i] << (8 * i);
  return value;
}

/** Texts in profiles are C strings, whatever a column holds beyond the NUL. */
export function untilNul(text: string): string {
  const nul = text.indexOf('\0');
  return nul < 0 ? text : text.slice(0, nul);
}

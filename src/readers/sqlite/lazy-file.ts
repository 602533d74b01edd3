import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Big enough that reading a table in order is a few system calls, small enough to keep several. */
const BLOCK = 256 * 1024;
const BLOCKS = 16;

interface Block {
  readonly bytes: Uint8Array;
  number: number;
  used: number;
}

/**
 * A file that answers the few things sql.js asks of the bytes it is given:
 * `length`, `slice()` and `subarray(from, to)`. Emscripten's in-memory file
 * keeps what `slice()` returns as its contents and reads by `subarray`, so a
 * database of any size is read page by page and never loaded. Read-only.
 *
 * This leans on Emscripten's insides: sql.js is pinned, and a unit test opens a
 * database through here.
 */
export class LazyFile {
  readonly length: number;
  /** Emscripten looks at it; there is no buffer behind this file. */
  readonly buffer = null;
  /** Bytes fetched from disk. */
  bytesRead = 0;

  private readonly fd: number;
  private readonly blocks: Block[] = [];
  private clock = 0;
  private spill = new Uint8Array(0);
  private closed = false;

  constructor(path: string) {
    this.fd = openSync(path, 'r');
    this.length = fstatSync(this.fd).size;
  }

  slice(): this {
    return this;
  }

  subarray(from: number, to: number): Uint8Array {
    const end = Math.min(to, this.length);
    if (end <= from) return this.spill.subarray(0, 0);
    const number = Math.floor(from / BLOCK);
    if (Math.floor((end - 1) / BLOCK) === number) {
      const block = this.block(number);
      return block.subarray(from - number * BLOCK, end - number * BLOCK);
    }
    if (this.spill.length < end - from) this.spill = new Uint8Array(end - from);
    for (let at = from; at < end;) {
      const n = Math.floor(at / BLOCK);
      const part = this.block(n).subarray(at - n * BLOCK, Math.min(end - n * BLOCK, BLOCK));
      this.spill.set(part, at - from);
      at += part.length;
      if (part.length === 0) break;
    }
    return this.spill.subarray(0, end - from);
  }

  set(): never {
    throw new Error('a profile is never written to');
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.fd);
  }

  private block(number: number): Uint8Array {
    let oldest: Block | undefined;
    for (const block of this.blocks) {
      if (block.number === number) {
        block.used = ++this.clock;
        return block.bytes;
      }
      if (!oldest || block.used < oldest.used) oldest = block;
    }
    if (this.blocks.length < BLOCKS || !oldest) {
      oldest = { bytes: new Uint8Array(BLOCK), number: -1, used: 0 };
      this.blocks.push(oldest);
    }
    oldest.number = -1;
    const got = readSync(this.fd, oldest.bytes, 0, BLOCK, number * BLOCK);
    // A file that shrank under us must not show the bytes of another block.
    if (got < BLOCK) oldest.bytes.fill(0, got);
    this.bytesRead += got;
    oldest.number = number;
    oldest.used = ++this.clock;
    return oldest.bytes;
  }
}

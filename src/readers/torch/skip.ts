import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './scan';

/** Passes over one value of any size, piece by piece, holding none of it. */
export class Skipper {
  private depth = 0;
  private quoted = false;
  private escaped = false;
  private begun = false;

  /** Behind the value, or -1 where it goes on behind these bytes. The first call begins at its first byte. */
  feed(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at];
      if (this.quoted) {
        if (this.escaped) this.escaped = false;
        else if (byte === BACKSLASH) this.escaped = true;
        else if (byte === QUOTE) {
          this.quoted = false;
          if (this.depth === 0) return at + 1;
        }
        continue;
      }
      switch (byte) {
        case QUOTE:
          this.quoted = true;
          break;
        case OPEN_BRACE:
        case OPEN_BRACKET:
          this.depth++;
          break;
        case CLOSE_BRACE:
        case CLOSE_BRACKET:
          // A bare word ends before the bracket of what it stands in.
          if (this.depth === 0) return at;
          if (--this.depth === 0) return at + 1;
          break;
        default:
          if (this.depth === 0 && this.begun && (byte === 0x2c || byte <= 0x20)) return at;
      }
      this.begun = true;
    }
    return -1;
  }
}

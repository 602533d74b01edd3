/** A file's text in pieces: UTF-8 or UTF-16 by its mark, lines ended by LF alone. */
import { open } from 'node:fs/promises';
import { ReadFailure } from '../failure';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

export interface TextSource {
  readonly size: number;
  readonly encoding: Encoding;
  /** The first bytes, to tell a binary file from a text. */
  readonly head: Buffer;
  /** To be read once; closes the file at its end. */
  readonly pieces: AsyncGenerator<string, void, undefined>;
  /** For a file whose pieces are not wanted after all. */
  close(): Promise<void>;
}

const PIECE = 1 << 20;

/** PowerShell's `>` writes UTF-16, so both kinds of mark are met. */
function encodingOf(head: Buffer): Encoding {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

/** @throws ReadFailure `not-found`, `unreadable`; `cancelled` while it is read */
export async function readText(path: string, signal?: AbortSignal): Promise<TextSource> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? new ReadFailure('not-found', `${path} does not exist.`)
      : new ReadFailure('unreadable', `${path} cannot be read: ${error.message}.`);
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new ReadFailure('unreadable', `${path} is not a file.`);
    const head = Buffer.alloc(16);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const encoding = encodingOf(head.subarray(0, bytesRead));

    async function* pieces(): AsyncGenerator<string, void, undefined> {
      try {
        const decoder = new TextDecoder(encoding);
        const buffer = Buffer.alloc(PIECE);
        let held = '';
        for (let at = 0; ;) {
          if (signal?.aborted) throw new ReadFailure('cancelled', `Reading ${path} was cancelled.`);
          const { bytesRead: n } = await file.read(buffer, 0, PIECE, at);
          at += n;
          const text = held + decoder.decode(buffer.subarray(0, n), { stream: n > 0 });
          // A CR at the end may be half of a line's end.
          held = n > 0 && text.endsWith('\r') ? '\r' : '';
          const piece = (held === '' ? text : text.slice(0, -1)).replace(/\r\n?/g, '\n');
          if (piece !== '') yield piece;
          if (n === 0) return;
        }
      } finally {
        await file.close();
      }
    }
    return {
      size: stat.size,
      encoding,
      head: head.subarray(0, bytesRead),
      pieces: pieces(),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

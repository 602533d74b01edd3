/** The text of a trace, as bytes in order, plain or compressed. */
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createGunzip, type Gunzip } from 'node:zlib';

export interface ByteSource {
  /** Of the file, compressed or not. */
  readonly size: number;
  readonly bytesRead: number;
  /** Why the bytes end before the text does, where the compression tells. */
  readonly damage: string | undefined;
  /** Fills a part of the buffer. Resolves to how many bytes it got, 0 at the end. */
  read(into: Buffer): Promise<number>;
  close(): Promise<void>;
}

/** @throws the file system's errors */
export async function openSource(path: string): Promise<ByteSource> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(2);
    const { bytesRead } = await file.read(head, 0, 2, 0);
    const compressed = bytesRead === 2 && head[0] === 0x1f && head[1] === 0x8b;
    if (!compressed) return new PlainSource(file, size);
    await file.close();
    return new GzipSource(path, size);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class PlainSource implements ByteSource {
  readonly damage = undefined;
  bytesRead = 0;

  constructor(
    private readonly file: FileHandle,
    readonly size: number,
  ) {}

  async read(into: Buffer): Promise<number> {
    const { bytesRead } = await this.file.read(into, 0, into.length, this.bytesRead);
    this.bytesRead += bytesRead;
    return bytesRead;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

const PIECE = 1 << 18;

/** Members of gzip one behind the other are one text, as `cat a.gz b.gz` makes them. */
class GzipSource implements ByteSource {
  damage: string | undefined;
  private readonly file;
  private readonly gunzip: Gunzip;
  private readonly pieces: AsyncIterator<Buffer>;
  private piece: Buffer = Buffer.alloc(0);

  constructor(
    path: string,
    readonly size: number,
  ) {
    this.file = createReadStream(path, { highWaterMark: PIECE });
    this.gunzip = createGunzip({ chunkSize: PIECE });
    this.file.on('error', (error) => this.gunzip.destroy(error));
    this.file.pipe(this.gunzip);
    this.pieces = this.gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  get bytesRead(): number {
    return this.file.bytesRead;
  }

  async read(into: Buffer): Promise<number> {
    if (this.piece.length === 0) {
      try {
        const next = await this.pieces.next();
        if (next.done) return 0;
        this.piece = next.value;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (!code?.startsWith('Z_')) throw error;
        this.damage = message;
        return 0;
      }
    }
    const taken = this.piece.copy(into);
    this.piece = this.piece.subarray(taken);
    return taken;
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async close(): Promise<void> {
    this.file.destroy();
    this.gunzip.destroy();
  }
}

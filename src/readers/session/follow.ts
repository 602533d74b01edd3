/**
 * One table of one process, followed while it is written: only what has been appended
 * is read again. A rotated file (`name.000001.csv`) is known by its inode and read to
 * its end before the one that took its name.
 */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import Papa from 'papaparse';
import type { StringTable } from '../../profile/strings';
import type { FileSpec } from './files';
import { type GrowingTable, Layout } from './table';

const BLOCK = 1 << 20;
/** A line longer than this is none of a session's. */
const LONGEST_LINE = 1 << 20;

interface Part {
  offset: number;
  layout?: Layout;
  refused: boolean;
}

export type OnRead = (bytes: number) => void;

interface ReadOn {
  readonly signal?: AbortSignal;
  readonly onRead?: OnRead;
  /** Also a last line without its end. */
  readonly toTheEnd?: boolean;
}

export class Follower {
  private readonly parts = new Map<string, Part>();
  private stamp = '';
  /** Rows that are none, and files that are not what their name says. */
  badRows = 0;
  refused = false;
  found = false;
  /** Of what was read and is held, in bytes. */
  size = 0;

  constructor(
    private readonly folder: string,
    private readonly spec: FileSpec,
    private readonly table: GrowingTable,
    private readonly process: number,
    private readonly strings: StringTable,
  ) {}

  /** True where rows or a whole file are new. */
  async refresh(signal?: AbortSignal, onRead?: OnRead): Promise<boolean> {
    return this.spec.grows ? this.append(signal, onRead) : this.replace(signal);
  }

  /** Of its files, in bytes. */
  async sizeOnDisk(): Promise<number> {
    const files = this.spec.grows
      ? await this.partFiles()
      : [path.join(this.folder, this.spec.file)];
    const sizes = await Promise.all(
      files.map((file) =>
        stat(file).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  private async append(signal?: AbortSignal, onRead?: OnRead): Promise<boolean> {
    let bytes = 0;
    for (const file of await this.partFiles()) {
      const facts = await stat(file).catch(() => undefined);
      if (!facts?.isFile()) continue;
      this.found = true;
      // An inode comes round again once its file is removed; a birth time does not.
      const key = `${facts.ino}:${facts.birthtimeMs}`;
      let part = this.parts.get(key);
      if (part === undefined || facts.size < part.offset) {
        part = { offset: 0, refused: false };
        this.parts.set(key, part);
      }
      if (part.refused || facts.size === part.offset) continue;
      bytes += await this.readOn(file, part, facts.size, { signal, onRead });
    }
    this.size += bytes;
    return bytes > 0;
  }

  private async replace(signal?: AbortSignal): Promise<boolean> {
    const file = path.join(this.folder, this.spec.file);
    const facts = await stat(file).catch(() => undefined);
    if (!facts?.isFile()) return false;
    this.found = true;
    const stamp = `${facts.ino}:${facts.size}:${facts.mtimeMs}`;
    if (stamp === this.stamp) return false;
    this.stamp = stamp;
    this.badRows = 0;
    this.table.clear();
    const part: Part = { offset: 0, refused: false };
    this.size = await this.readOn(file, part, facts.size, { signal, toTheEnd: true });
    return true;
  }

  private async partFiles(): Promise<string[]> {
    const whole = path.join(this.folder, this.spec.file);
    const stem = path.basename(whole, '.csv');
    const names = await readdir(path.dirname(whole)).catch(() => [] as string[]);
    const rotated = names
      .filter(
        (name) => name.startsWith(`${stem}.`) && /^\.\d{6,}\.csv$/.test(name.slice(stem.length)),
      )
      .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    return [...rotated.map((name) => path.join(path.dirname(whole), name)), whole];
  }

  /** Reads whole lines from the part's offset on; a last line without its end is left for later. */
  private async readOn(
    file: string,
    part: Part,
    size: number,
    { signal, onRead, toTheEnd }: ReadOn,
  ): Promise<number> {
    let handle: FileHandle;
    try {
      handle = await open(file, 'r');
    } catch {
      return 0;
    }
    const begun = part.offset;
    try {
      const block = Buffer.allocUnsafe(BLOCK);
      let held: Buffer = Buffer.alloc(0);
      let at = part.offset;
      while (at < size && !part.refused) {
        signal?.throwIfAborted();
        const { bytesRead } = await handle.read(block, 0, Math.min(BLOCK, size - at), at);
        if (bytesRead === 0) break;
        at += bytesRead;
        onRead?.(bytesRead);
        const text = Buffer.concat([held, block.subarray(0, bytesRead)]);
        const end = text.lastIndexOf(0x0a) + 1;
        this.rows(text.subarray(0, end), part);
        held = Buffer.from(text.subarray(end));
        part.offset = at - held.length;
        if (held.length > LONGEST_LINE) this.refuse(part);
      }
      if (toTheEnd && held.length > 0 && !part.refused) this.rows(held, part);
    } finally {
      await handle.close();
    }
    return part.offset - begun;
  }

  private rows(lines: Buffer, part: Part): void {
    if (lines.length === 0) return;
    Papa.parse<string[]>(lines.toString('utf8'), {
      skipEmptyLines: true,
      delimiter: ',',
      step: ({ data }, parser) => {
        if (part.layout === undefined) {
          part.layout = Layout.of(data, this.spec);
          if (part.layout === undefined) {
            this.refuse(part);
            parser.abort();
          }
        } else if (!part.layout.row(data, this.table, this.process, this.strings)) this.badRows++;
      },
    });
  }

  private refuse(part: Part): void {
    part.refused = true;
    this.refused = true;
  }
}

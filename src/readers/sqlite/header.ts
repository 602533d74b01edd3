/**
 * What can be told of an SQLite file before opening it: the usual reasons why
 * one cannot be read, each as one clear sentence.
 * Source: "Database File Format", sections 1.3 and 4, sqlite.org.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { ReadFailure } from '../failure';

const MAGIC = 'SQLite format 3\0';
const HEADER = 100;

/** Throws the fitting {@link ReadFailure}; returns where nothing speaks against opening the file. */
export function checkSqliteFile(path: string): void {
  const head = readHead(path);
  if (head.size === 0) {
    throw new ReadFailure(
      'empty',
      `${path} is empty: an export was expected. It may still be written, or the export failed; export the report again.`,
    );
  }
  if (head.bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC)
    throw notSqlite(path, head);
  for (const suffix of ['-journal', '-wal']) {
    if (sizeOf(path + suffix) > 0) {
      throw new ReadFailure(
        'busy',
        `${path} is still being written: ${path}${suffix} lies beside it. Wait for the export to end, then open it again.`,
      );
    }
  }
  if (head.size < HEADER) throw truncated(path, head.size, undefined);
  const pageSize = head.bytes.readUInt16BE(16) === 1 ? 65536 : head.bytes.readUInt16BE(16);
  // The page count counts only where it was written together with the last change.
  const counted = head.bytes.readUInt32BE(24) === head.bytes.readUInt32BE(92);
  const expected = head.bytes.readUInt32BE(28) * pageSize;
  if (counted && expected > head.size) throw truncated(path, head.size, expected);
}

function truncated(path: string, size: number, expected: number | undefined): ReadFailure {
  const length = expected === undefined ? '' : ` of ${expected}`;
  return new ReadFailure(
    'truncated',
    `${path} is cut off: ${size}${length} bytes are there. It may still be written; else copy it again, or export the report again.`,
  );
}

interface Head {
  readonly bytes: Buffer;
  readonly size: number;
}

function readHead(path: string): Head {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw fileFailure(path, error);
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) {
      throw new ReadFailure(
        'unreadable',
        `${path} is a folder: a profile file was expected. Open a file inside it.`,
      );
    }
    const bytes = Buffer.alloc(4096);
    const got = readSync(fd, bytes, 0, bytes.length, 0);
    return { bytes: bytes.subarray(0, Math.max(got, HEADER)), size: stat.size };
  } catch (error) {
    throw error instanceof ReadFailure ? error : fileFailure(path, error);
  } finally {
    closeSync(fd);
  }
}

/** The file system's refusal as a sentence. */
export function fileFailure(path: string, error: unknown): ReadFailure {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new ReadFailure('not-found', `${path} does not exist: check the path.`);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new ReadFailure(
      'unreadable',
      `${path} may not be read by this user: change its permissions or copy it.`,
    );
  }
  if (code === 'EBUSY' || code === 'EAGAIN') {
    return new ReadFailure(
      'busy',
      `${path} is locked by another program: close that program, then open it again.`,
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new ReadFailure('unreadable', `${path} could not be read (${reason}).`);
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/** What files are packed with, by how such a file begins. */
const PACKED: readonly (readonly [magic: string, name: string])[] = [
  ['PK\x03\x04', 'zip'],
  ['\x28\xb5\x2f\xfd', 'zstd'],
  ['\xfd7zXZ', 'xz'],
  ['7z\xbc\xaf', '7-Zip'],
  ['BZh', 'bzip2'],
  ['\x04\x22\x4d\x18', 'lz4'],
];

function notSqlite(path: string, head: Head): ReadFailure {
  if (/\.(nsys-rep|qdrep)$/i.test(path)) {
    return new ReadFailure(
      'not-sqlite',
      `${path} is an Nsight Systems report, not an export: run \`nsys export --type sqlite ${path}\` and open the .sqlite file.`,
    );
  }
  if (/\.qdstrm$/i.test(path)) {
    return new ReadFailure(
      'not-sqlite',
      `${path} is a raw capture that nsys did not finish: import it with QdstrmImporter, then export the report.`,
    );
  }
  const packed = PACKED.find(([magic]) =>
    head.bytes.subarray(0, 6).toString('latin1').startsWith(magic),
  );
  if (packed) {
    return new ReadFailure(
      'encrypted',
      `${path} is compressed by ${packed[1]}: unpack it, then open what is inside.`,
    );
  }
  if (/^(\xff\xfe|\xfe\xff)/.test(head.bytes.subarray(0, 2).toString('latin1'))) {
    return new ReadFailure(
      'not-sqlite',
      `${path} is a text in UTF-16: a trace of PyTorch is one in UTF-8. Save it as that.`,
    );
  }
  // Ciphertext has neither text nor the runs of zeros that binary formats have.
  const bytes = head.bytes.subarray(0, Math.min(head.size, 4096));
  if (bytes.length >= 1024 && entropy(bytes) > 7.5) {
    return new ReadFailure(
      'encrypted',
      `${path} is not an SQLite database: it is encrypted or compressed. Decrypt or unpack it first.`,
    );
  }
  return new ReadFailure(
    'not-sqlite',
    `${path} is not an SQLite database: an export of Nsight Systems was expected (nsys export --type sqlite).`,
  );
}

/** Bits per byte. */
function entropy(bytes: Uint8Array): number {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte]++;
  let bits = 0;
  for (const count of counts) {
    if (count > 0) bits -= (count / bytes.length) * Math.log2(count / bytes.length);
  }
  return bits;
}

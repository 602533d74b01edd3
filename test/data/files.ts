/** Files that are no readable export, and how a reader must call each. */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { FailureCode } from '../../src/profile/failure';
import { Random } from './random';
import { MemoryTables } from './sqlite';
import { vllm } from './vllm';

export interface BrokenFile {
  readonly about: string;
  readonly code: FailureCode;
  write(path: string): void;
}

/** A sound export of a few dozen pages, to be broken. */
function soundBytes(): Buffer {
  const tables = new MemoryTables();
  vllm(tables, { steps: 3, layers: 2 });
  return tables.bytes();
}

function noise(length: number): Buffer {
  const random = new Random(length);
  return Buffer.from(Array.from({ length }, () => random.int(0, 255)));
}

export const BROKEN_FILES: Readonly<Record<string, BrokenFile>> = {
  empty: { about: 'no bytes at all', code: 'empty', write: (path) => writeFileSync(path, '') },
  'cut-in-half': {
    about: 'the first half of an export',
    code: 'truncated',
    write(path) {
      const bytes = soundBytes();
      writeFileSync(path, bytes.subarray(0, bytes.length / 2));
    },
  },
  'cut-in-header': {
    about: 'the first 60 bytes',
    code: 'truncated',
    write: (path) => writeFileSync(path, soundBytes().subarray(0, 60)),
  },
  random: {
    about: 'bytes without meaning, as ciphertext or an archive',
    code: 'encrypted',
    write: (path) => writeFileSync(path, noise(20_000)),
  },
  encrypted: {
    about: 'an encrypted database: pages of noise where the header was',
    code: 'encrypted',
    write(path) {
      const bytes = soundBytes();
      writeFileSync(path, noise(bytes.length));
    },
  },
  text: {
    about: 'a text file',
    code: 'not-sqlite',
    write: (path) => writeFileSync(path, 'start,end,name\n1,2,"a kernel"\n'.repeat(200)),
  },
  'other-program': {
    about: "another program's database",
    code: 'not-a-profile',
    write(path) {
      const tables = new MemoryTables();
      const users = tables.table('users', ['id INTEGER PRIMARY KEY', 'name TEXT']);
      users.insert([1, 'someone']);
      tables.write(path);
    },
  },
  'no-tables': {
    about: 'a database without tables',
    code: 'not-a-profile',
    write: (path) => new MemoryTables().write(path),
  },
  'wal-beside': {
    about: 'still being written: a write-ahead log lies beside it',
    code: 'busy',
    write(path) {
      writeFileSync(path, soundBytes());
      writeFileSync(`${path}-wal`, noise(4_096));
    },
  },
  'journal-beside': {
    about: 'still being written: a rollback journal lies beside it',
    code: 'busy',
    write(path) {
      writeFileSync(path, soundBytes());
      writeFileSync(`${path}-journal`, noise(4_096));
    },
  },
  directory: { about: 'a folder', code: 'unreadable', write: (path) => mkdirSync(path) },
};

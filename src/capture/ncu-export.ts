/** Turns a Nsight Compute report (`.ncu-rep`) into the page that the readers know, with NVIDIA's own ncu. */
import { open } from 'node:fs/promises';
import { lastLine } from './process';

/** The wide page in base units: everything the report has, nothing rounded by scaling. */
export const printArguments = (report: string): readonly string[] => [
  '--import',
  report,
  '--page',
  'raw',
  '--csv',
  '--print-units',
  'base',
];

const HEAD = 64 * 1024;

/** Why ncu refused: it writes its errors where the page would be. */
export async function refusalOf(page: string, stderr: string): Promise<string> {
  const file = await open(page, 'r').catch(() => undefined);
  try {
    const read = await file?.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    const head = read?.buffer.toString('utf8', 0, read.bytesRead) ?? '';
    const said = /^==ERROR== *(.+)$/m.exec(`${head}\n${stderr}`)?.[1];
    return (said ?? (lastLine(stderr) || lastLine(head))).trim();
  } finally {
    await file?.close();
  }
}

/**
 * Nsight Compute CSV, 2020 to 2026: what `ncu --csv` prints as details page,
 * raw page or `--print-summary`, under any locale and choice of units.
 *
 * Not supported: the report file itself (`.ncu-rep`, which `ncu --import`
 * prints), the source page, and a page whose header row was taken out.
 */
import { Readable } from 'node:stream';
import Papa from 'papaparse';
import type { KernelReport } from '../../profile/kernel-report';
import { ReadFailure } from '../failure';
import { ReportBuilder } from './builder';
import { parseHeader, type Header } from './header';
import { DetailsReader, RawReader } from './pages';
import { Preamble, refuseBinary } from './refusals';
import { readText } from './text';

export interface ReadNcuOptions {
  signal?: AbortSignal;
}

/** A line longer than this without a header in it is no text file. */
const LONGEST_LINE = 16 << 20;
/** How much of the last line is kept to see what it is. */
const LAST_LINE = 4096;

/**
 * Reads a page. The file is opened read-only, and read once from start to end.
 * @throws ReadFailure
 */
export async function readNcu(path: string, options: ReadNcuOptions = {}): Promise<KernelReport> {
  const source = await readText(path, options.signal);
  const binary = refuseBinary(path, source.head);
  if (source.size === 0 || binary !== undefined) {
    await source.close();
    throw binary ?? new ReadFailure('empty', `${path} is empty.`);
  }

  const preamble = new Preamble();
  const found = await findHeader(source.pieces, preamble);
  if (found === undefined) throw preamble.refusal(path);
  const { header, rest } = found;

  const builder = new ReportBuilder();
  const page =
    header.page === 'raw' ? new RawReader(builder, header) : new DetailsReader(builder, header);
  const outcome = await readRows(rest, header, (fields) => page.row(fields));

  if (page instanceof RawReader && !page.hasUnits && outcome.rows > 0 && !outcome.cut) {
    throw new ReadFailure(
      'not-a-profile',
      `${path} is an ncu raw page whose row of units was removed, so its values cannot be read safely. Print the page again with "ncu --import FILE.ncu-rep --page raw --csv".`,
    );
  }
  if (builder.length === 0) {
    throw outcome.cut
      ? new ReadFailure(
          'truncated',
          `${path} ends before its first launch is complete. Print the page again with "ncu --import FILE.ncu-rep --page ${header.page === 'raw' ? 'raw' : 'details'} --csv".`,
        )
      : new ReadFailure(
          'not-a-profile',
          `${path} has ncu's header and no launch below it: no kernel was captured. Check the kernel filter, --launch-skip and --target-processes all.`,
        );
  }
  warn(builder, header, outcome);
  return builder.finish(
    { path, size: source.size },
    {
      page: header.page,
      delimiter: header.delimiter,
      encoding: source.encoding,
      preambleLines: preamble.lines,
      rewritten: !header.quoted,
      cut: outcome.cut,
    },
    writerOf(header, builder.spellings),
  );
}

/** True where the start of a file looks like `ncu --csv` output, also one without a captured kernel. */
export function sniffNcu(head: string): boolean {
  const text = head.replace(/^\uFEFF/, '');
  if (/^==(?:PROF|ERROR|WARNING)== /m.test(text)) return true;
  return text.split(/\r?\n/).some((line) => {
    // The head may end within the long header of a raw page.
    if (/^"ID"[,;\t]"Process ID"[,;\t].*"Kernel Name"/.test(line)) return true;
    return parseHeader(line) !== undefined;
  });
}

async function findHeader(
  pieces: AsyncGenerator<string, void, undefined>,
  preamble: Preamble,
): Promise<{ header: Header; rest: AsyncGenerator<string, void, undefined> } | undefined> {
  let held = '';
  for (;;) {
    const next = await pieces.next();
    held += next.done ? '\n' : next.value;
    let from = 0;
    for (let end = held.indexOf('\n'); end >= 0; end = held.indexOf('\n', from)) {
      const line = held.slice(from, end);
      from = end + 1;
      const header = parseHeader(line);
      if (header !== undefined) return { header, rest: remaining(held.slice(from), pieces) };
      if (line.trim() !== '') preamble.add(line);
    }
    held = held.slice(from);
    if (next.done) return undefined;
    if (held.length > LONGEST_LINE) {
      await pieces.return();
      return undefined;
    }
  }
}

async function* remaining(
  first: string,
  pieces: AsyncGenerator<string, void, undefined>,
): AsyncGenerator<string, void, undefined> {
  if (first !== '') yield first;
  yield* pieces;
}

interface Outcome {
  readonly rows: number;
  /** Rows in the middle that are no rows of the page: program output, tables of another width. */
  readonly skipped: number;
  readonly cut: boolean;
}

/** Every row to `file`; a last one that `file` refuses, or that ends within quotes, is a cut. */
async function readRows(
  text: AsyncGenerator<string, void, undefined>,
  header: Header,
  file: (fields: readonly string[]) => boolean,
): Promise<Outcome> {
  let rows = 0;
  let skipped = 0;
  let lastRefused = false;
  let held: string[] | undefined;
  let openQuote = false;
  let last = '';

  async function* watched(): AsyncGenerator<string, void, undefined> {
    for await (const piece of text) {
      const line = (last + piece).slice(-LAST_LINE);
      last = line.slice(line.lastIndexOf('\n', line.length - 2) + 1);
      yield piece;
    }
  }
  const take = (fields: readonly string[]): void => {
    if (isMessage(fields)) return;
    if (fields.length === 1 && fields[0].trim() === '') return;
    rows++;
    lastRefused = !file(fields);
    if (lastRefused) skipped++;
  };
  await new Promise<void>((resolve, reject) => {
    Papa.parse<string[]>(Readable.from(watched(), { objectMode: true }), {
      delimiter: header.delimiter,
      newline: '\n',
      quoteChar: '"',
      step: ({ data, errors }) => {
        // One row behind, so that a last one with an open quote can be left out.
        if (held !== undefined) take(held);
        held = data;
        openQuote = errors.some((error) => error.code === 'MissingQuotes');
      },
      complete: () => resolve(),
      error: (error) => reject(error),
    });
  });
  // ncu starts every field with a quote: another line at the end is what a program printed.
  const endsInRow = !last.endsWith('\n') && (!header.quoted || last.startsWith('"'));
  if (held !== undefined && !openQuote) take(held);
  const cut = openQuote || (lastRefused && endsInRow);
  return { rows, skipped: skipped - (cut && lastRefused ? 1 : 0), cut };
}

/** ncu's own messages after the table. */
const isMessage = (fields: readonly string[]): boolean => /^==[A-Z]+==/.test(fields[0]);

function warn(builder: ReportBuilder, header: Header, outcome: Outcome): void {
  if (outcome.cut) {
    builder.warnings.push(
      'The file ends in the middle of a row: it was read up to there, and its last launch may miss metrics.',
    );
  }
  if (outcome.skipped > 0) {
    builder.warnings.push(
      `${outcome.skipped} ${outcome.skipped === 1 ? 'line' : 'lines'} among the rows ${outcome.skipped === 1 ? 'is no row' : 'are no rows'} of the page (output of a program, it seems): left out.`,
    );
  }
  if (!header.quoted) {
    builder.warnings.push(
      'Another program wrote this file again (ncu quotes every field): rows and metrics may have been taken out.',
    );
  }
  if (header.page === 'summary') {
    builder.warnings.push(
      "This is a summary (--print-summary): each row is the average over a kernel's launches.",
    );
  }
}

/** The page's shape tells the writer's version roughly; the file does not name it. */
function writerOf(header: Header, spellings: ReadonlySet<string>): string {
  const has = (name: string): boolean => header.columns.includes(name);
  const short = ['ns', 'us', 'ms', 'hz', 'Khz', 'Mhz', 'Ghz', 'byte/s', 'Gbyte/s', 'Tbyte/s'];
  if (short.some((unit) => spellings.has(unit)))
    return '2024.3 or later (units spelled ns, byte/s)';
  if (has('Grid Size') && has('Device'))
    return '2022.4 to 2024 (columns Grid Size, Device; units spelled out)';
  if (has('Kernel Time')) return '2022 or earlier (column Kernel Time)';
  return 'unknown';
}

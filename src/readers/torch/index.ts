/**
 * Traces of PyTorch's profiler (Kineto), plain or compressed, 2021 to 2026.
 *
 * Read: kernels, copies, fills, synchronisation, CUDA and HIP calls; a person's
 * and an engine's annotations as ranges; operators with the shapes of their
 * inputs, Python calls, the allocators' events; the facts of the capture. Times
 * are exact to the nanosecond as far as the text has digits. Not read: the
 * arrows between events, annotations as repeated on each stream, the
 * profiler's own overhead, and any fact that is not known to be one: users put
 * what they like among them.
 */
import type { Diagnostic, Profile } from '../../profile/model';
import { ReadFailure } from '../failure';
import type { ReadOptions } from '../nsys';
import { fileFailure } from '../sqlite/header';
import { Builder } from './builder';
import { readDocument, type Reading } from './document';
import { openSource, type ByteSource } from './source';

/** At most some thirty times a second. */
const PROGRESS_MS = 33;

/**
 * Reads a trace. A trace that was cut off is read up to the cut, and says so.
 * All stages are reached at its end: its events stand in no order of kind.
 * @throws ReadFailure
 */
export async function readTorch(path: string, options: ReadOptions = {}): Promise<Profile> {
  let source: ByteSource | undefined;
  try {
    source = await openSource(path);
    return await read(source, path, options);
  } catch (error) {
    if (error instanceof ReadFailure) throw error;
    if ((error as NodeJS.ErrnoException).code) throw fileFailure(path, error);
    throw error;
  } finally {
    await source?.close();
  }
}

async function read(source: ByteSource, path: string, options: ReadOptions): Promise<Profile> {
  const builder = new Builder();
  let told = 0;
  const reading = await readDocument(source, builder, {
    onPause: () => {
      if (options.signal?.aborted) {
        throw new ReadFailure('cancelled', `Reading ${path} was cancelled.`);
      }
      const now = Date.now();
      if (now - told < PROGRESS_MS) return;
      told = now;
      options.onProgress?.('kernels', Math.min(source.bytesRead, source.size), source.size);
    },
  });
  checkIsTrace(path, builder, reading, source.damage);

  const found = builder.finish({ format: 'torch', path, size: source.size, generated: false });
  const diagnostics = [...howItEnded(reading, source.damage), ...found.diagnostics];
  const profile = { ...found, diagnostics };
  options.onProgress?.('complete', source.size, source.size);
  for (const stage of ['facts', 'kernels', 'complete'] as const) options.onStage?.(stage, profile);
  return profile;
}

function checkIsTrace(
  path: string,
  builder: Builder,
  reading: Reading,
  damage: string | undefined,
): void {
  if (builder.recognised > 0) return;
  const expected = `a trace of PyTorch's profiler was expected (*.pt.trace.json, *.pt.trace.json.gz)`;
  if (damage !== undefined) {
    throw new ReadFailure('truncated', `${path} is damaged (${damage}): copy it again.`);
  }
  if (reading.length === 0) {
    throw new ReadFailure('empty', `${path} is empty: ${expected}. It may still be written.`);
  }
  if (reading.cut) {
    throw new ReadFailure(
      'truncated',
      `${path} is cut off before its first event: ${expected}. Copy it again.`,
    );
  }
  if (reading.garbledAt !== undefined) {
    throw new ReadFailure(
      'not-a-profile',
      `${path} is no JSON from byte ${reading.garbledAt} on: ${expected}.`,
    );
  }
  if (!reading.list) {
    throw new ReadFailure('not-a-profile', `${path} is JSON without trace events: ${expected}.`);
  }
  throw new ReadFailure(
    'not-a-profile',
    reading.events === 0
      ? `${path} has no events: the profiler was stopped before anything ran. Profile some steps.`
      : `${path} is another program's trace, none of its ${reading.events} events is of a kind that PyTorch writes: ${expected}.`,
  );
}

function howItEnded(reading: Reading, damage: string | undefined): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const say = (severity: Diagnostic['severity'], text: string): void => {
    diagnostics.push({ severity, text });
  };
  const { events, length } = reading;
  if (reading.cut) {
    const why = damage === undefined ? '' : ` (${damage})`;
    say(
      'error',
      `The file is cut off${why}: ${events} events up to byte ${length} of its text were read, what came after is missing.`,
    );
  } else if (damage !== undefined) {
    say('warning', `The file's compression is damaged at its end (${damage}).`);
  }
  if (reading.garbledAt !== undefined) {
    say(
      'error',
      `The file is no JSON from byte ${reading.garbledAt} of its text on: the ${events} events before it were read.`,
    );
  }
  if (reading.malformed > 0) {
    say('warning', `${reading.malformed} events that are no JSON objects: left out.`);
  }
  if (reading.oversized > 0) {
    say('warning', `${reading.oversized} values too large to be an event or a fact: left out.`);
  }
  if (reading.foreignValues > 0) {
    say('info', `${reading.foreignValues} values that JSON does not have (NaN): taken as missing.`);
  }
  if (reading.trailingCommas > 0) {
    say('info', `${reading.trailingCommas} commas with nothing behind them: passed over.`);
  }
  return diagnostics;
}

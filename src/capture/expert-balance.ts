/** The lines of vLLM's log that tell how evenly experts are loaded: read as they come, and summed up. */
import { readFile, stat } from 'node:fs/promises';
import * as v from 'valibot';
import {
  BALANCE_SCHEMA_VERSION,
  type BalanceSample,
  type ExpertBalance,
} from '../profile/expert-balance';
import { isOlder, type Version } from './nsys-export';

/**
 * `EPLB step: 40 for model M: avg_tokens=96.00, max_tokens=128, balancedness=0.7500, …`;
 * before there was more than one model, without a step and a name.
 */
const LINE =
  /EPLB step:(?: (\d+) for model (.+?):)? avg_tokens=(\d+(?:\.\d+)?), max_tokens=(\d+(?:\.\d+)?), balancedness=/;

/** Average and most are taken over the GPUs since then; before, over the layers. */
const OVER_GPUS: Version = [0, 28];

/** More than a picture can show; a log of every step of a long run is thinned out. */
const MOST_SAMPLES = 20_000;

export class BalanceLog {
  private rest = '';
  private readonly samples = new Map<string | undefined, BalanceSample[]>();

  /** @param at when it was written, in ms since 1970 */
  take(text: string, at: number): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.takeLine(line, at);
  }

  private takeLine(line: string, at: number): void {
    const match = LINE.exec(line);
    if (!match) return;
    const [, step, model, average, most] = match;
    // A step without tokens has no balance.
    if (!(Number(most) > 0)) return;
    const sample = {
      at_utc_ms: at,
      ...(step === undefined ? {} : { step: Number(step) }),
      avg_tokens: Number(average),
      max_tokens: Number(most),
    };
    const others = this.samples.get(model);
    if (others) others.push(sample);
    else this.samples.set(model, [sample]);
  }

  /** Undefined where the log told nothing. */
  figures(vllm: Version | undefined): ExpertBalance | undefined {
    if (this.samples.size === 0) return undefined;
    return {
      schema_version: BALANCE_SCHEMA_VERSION,
      ...(vllm && { across: isOlder(vllm, OVER_GPUS) ? 'layers' : 'gpus' }),
      models: [...this.samples].map(([model, samples]) => {
        const each = samples
          .map(({ avg_tokens, max_tokens }) => avg_tokens / max_tokens)
          .sort((a, b) => a - b);
        const sum = (of: (sample: BalanceSample) => number): number =>
          samples.reduce((total, sample) => total + of(sample), 0);
        const every = Math.ceil(samples.length / MOST_SAMPLES);
        const middle = (each.length - 1) / 2;
        return {
          ...(model === undefined ? {} : { model }),
          balancedness: sum(({ avg_tokens }) => avg_tokens) / sum(({ max_tokens }) => max_tokens),
          p50: (each[Math.floor(middle)] + each[Math.ceil(middle)]) / 2,
          min: each[0],
          samples: samples.filter((_, i) => i % every === 0),
        };
      }),
    };
  }
}

const figure = v.pipe(v.number(), v.finite());
const schema = v.object({
  schema_version: v.literal(BALANCE_SCHEMA_VERSION),
  across: v.optional(v.picklist(['gpus', 'layers'])),
  models: v.pipe(
    v.array(
      v.object({
        model: v.optional(v.string()),
        balancedness: figure,
        p50: figure,
        min: figure,
        samples: v.array(
          v.object({
            at_utc_ms: figure,
            step: v.optional(figure),
            avg_tokens: figure,
            max_tokens: v.pipe(figure, v.gtValue(0)),
          }),
        ),
      }),
    ),
    v.minLength(1),
  ),
});

/** Twenty thousand samples are some two megabytes. */
const LARGEST = 32 << 20;

/** Undefined where the file is none that {@link BalanceLog} has summed up. */
export async function readBalance(file: string): Promise<ExpertBalance | undefined> {
  const facts = await stat(file).catch(() => undefined);
  if (!facts?.isFile() || facts.size > LARGEST) return undefined;
  try {
    const { success, output } = v.safeParse(schema, JSON.parse(await readFile(file, 'utf8')));
    return success ? output : undefined;
  } catch {
    return undefined;
  }
}

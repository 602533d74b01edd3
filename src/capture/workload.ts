/** The requests of a load: drawn from its settings, the same for the same seed. */
import { readFile } from 'node:fs/promises';
import { CaptureFailure } from './failure';
import type { Lengths, LoadSettings } from './load-settings';

export interface Message {
  readonly role: string;
  readonly content: string;
}

export interface WorkItem {
  /** Tokens by number, where the length alone matters. */
  readonly prompt: readonly number[] | string | readonly Message[];
  readonly outputTokens: number;
  /** When it is sent, in seconds from the load's start; at once, as concurrency lets, where left out. */
  readonly at?: number;
}

/** Uniform in [0, 1): Mulberry32, by Tommy Ettinger (public domain). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function draw(lengths: Lengths, random: () => number): number {
  switch (lengths.kind) {
    case 'fixed':
      return lengths.value;
    case 'uniform':
      return lengths.min + Math.floor(random() * (lengths.max - lengths.min + 1));
    case 'normal': {
      // Box and Muller; 1 - u, as the logarithm of 0 is not wanted.
      const bell = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      return Math.max(1, Math.round(lengths.mean + lengths.deviation * bell));
    }
  }
}

/** Every vocabulary has these, and none of them is special. */
const TOKENS = { first: 1000, count: 8000 };

const WORDS = ['time', 'light', 'river', 'stone', 'paper', 'green', 'seven', 'train'];

function promptOf(
  length: number,
  api: LoadSettings['api'],
  random: () => number,
): WorkItem['prompt'] {
  // No two prompts begin alike: what is cached would not be computed.
  if (api === 'completions')
    return Array.from({ length }, () => TOKENS.first + Math.floor(random() * TOKENS.count));
  const words = Array.from({ length }, () => WORDS[Math.floor(random() * WORDS.length)]);
  return [{ role: 'user', content: words.join(' ') }];
}

/**
 * The requests to be measured. Times of arrival are those of a Poisson process:
 * the gaps are exponential with mean 1 / rate.
 * @throws CaptureFailure where the dataset cannot be read
 */
export async function workload(settings: LoadSettings): Promise<readonly WorkItem[]> {
  const random = randomNumbers(settings.seed);
  const prompts =
    settings.dataset === undefined ? undefined : await readDataset(settings.dataset, settings);
  let at = 0;
  return Array.from({ length: settings.requests }, (_, i) => {
    const item = prompts
      ? prompts[i % prompts.length]
      : {
          prompt: promptOf(draw(settings.prompt, random), settings.api, random),
          outputTokens: draw(settings.output, random),
        };
    if (settings.rate === undefined) return item;
    if (i > 0) at -= Math.log(1 - random()) / settings.rate;
    return { ...item, at };
  });
}

/** Requests before the measured ones, of the same kind but with other prompts. */
export function warmUp(settings: LoadSettings): Promise<readonly WorkItem[]> {
  const { rate: _, ...others } = settings;
  return workload({ ...others, requests: settings.warmup, seed: settings.seed + 1 });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * JSONL with `prompt` (or `messages`) and perhaps `output_len` or `max_tokens`,
 * or ShareGPT: a list of conversations, of which the first question is asked.
 */
async function readDataset(file: string, settings: LoadSettings): Promise<readonly WorkItem[]> {
  const refuse = (why: string): CaptureFailure =>
    new CaptureFailure({
      what: `The dataset ${file} cannot be used.`,
      why,
      advice: 'Expected are JSONL with a "prompt" a line, or ShareGPT’s JSON.',
    });
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code === 'ENOENT' ? 'There is no such file.' : error.message);
  });
  const random = randomNumbers(settings.seed + 2);
  const items = records(text, refuse).flatMap((record) => {
    const item = toItem(record, () => draw(settings.output, random), settings.api);
    return item ? [item] : [];
  });
  if (items.length === 0) throw refuse('There are no prompts in it.');
  return items;
}

function records(text: string, refuse: (why: string) => CaptureFailure): readonly unknown[] {
  if (text.trimStart().startsWith('[')) {
    try {
      return JSON.parse(text) as unknown[];
    } catch (error) {
      throw refuse(`It is not JSON: ${(error as Error).message}.`);
    }
  }
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch {
      throw refuse(`Line ${i + 1} is not JSON.`);
    }
  });
}

/** About four letters a token: an estimate, for answers that are given as text. */
const LETTERS_PER_TOKEN = 4;

function toItem(
  record: unknown,
  drawOutput: () => number,
  api: LoadSettings['api'],
): WorkItem | undefined {
  if (!isObject(record)) return undefined;
  const conversation = record.conversations ?? record.conversation;
  if (Array.isArray(conversation)) {
    const [question, answer] = conversation.map((turn: unknown) =>
      isObject(turn) && typeof turn.value === 'string' ? turn.value : undefined,
    );
    if (!question) return undefined;
    const outputTokens = answer
      ? Math.max(1, Math.round(answer.length / LETTERS_PER_TOKEN))
      : drawOutput();
    return { prompt: asPrompt(question, api), outputTokens };
  }
  const given = record.output_len ?? record.output_tokens ?? record.max_tokens;
  const outputTokens = typeof given === 'number' && given > 0 ? Math.round(given) : drawOutput();
  if (Array.isArray(record.messages)) {
    const messages = record.messages.filter(
      (message): message is Message =>
        isObject(message) &&
        typeof message.role === 'string' &&
        typeof message.content === 'string',
    );
    if (messages.length === 0) return undefined;
    const prompt = api === 'chat' ? messages : messages.map(({ content }) => content).join('\n');
    return { prompt, outputTokens };
  }
  return typeof record.prompt === 'string' && record.prompt !== ''
    ? { prompt: asPrompt(record.prompt, api), outputTokens }
    : undefined;
}

const asPrompt = (text: string, api: LoadSettings['api']): WorkItem['prompt'] =>
  api === 'chat' ? [{ role: 'user', content: text }] : text;

/**
 * What the names of step ranges say. Inference engines put a range around
 * every step of a rank; its name holds what was scheduled together.
 */
import type { Phase } from '../profile/scope';

/** A step's range name, taken apart. */
export interface StepName {
  readonly format: StepFormat;
  readonly phase: Exclude<Phase, 'unattributed'>;
  /** NaN where the name does not say. */
  readonly contextRequests: number;
  readonly contextTokens: number;
  readonly generationRequests: number;
  readonly generationTokens: number;
}

export type StepFormat =
  'vllm' | 'vllm-detailed' | 'vllm-0.11' | 'sglang' | 'tensorrt-llm' | 'plain';

/** Step names are short; what is longer is somebody's text that happens to hold the words. */
const LONGEST_NAME = 250;

/**
 * Undefined for a name that is no step's, and for a step in which nothing was
 * scheduled. Forks vary separators and prefixes, so that only the words and the
 * numbers behind them count.
 */
export function parseStepName(name: string): StepName | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  return (
    parseVllm(name) ??
    parseVllm011(name) ??
    parseSglang(name) ??
    parseTensorRtLlm(name) ??
    parsePlain(name)
  );
}

/**
 * vLLM 0.14 and later: `execute_context_2(512)_generation_3(3)`, requests and
 * (tokens). With detailed annotation the brackets hold `sq512sk…`, scheduled
 * tokens first.
 */
const VLLM =
  /(?:^|[^a-z])context[_ ]*(\d+) *(?:\( *(sq)?(\d+)[^)]*\))?[_ ,]*generation[_ ]*(\d+) *(?:\( *(?:sq)?(\d+)[^)]*\))?/i;

function parseVllm(name: string): StepName | undefined {
  const match = VLLM.exec(name);
  if (!match) return undefined;
  const [, contextRequests, detailed, contextTokens, generationRequests, generationTokens] = match;
  return scheduled(
    detailed ? 'vllm-detailed' : 'vllm',
    numberOf(contextRequests),
    numberOf(contextTokens),
    numberOf(generationRequests),
    numberOf(generationTokens),
  );
}

/**
 * vLLM 0.11.1 to 0.13: `execute_new_2_cached_3`. Cached requests are taken as
 * generating, although some may be in a later chunk of their prompt; the name
 * does not tell.
 */
const VLLM_0_11 = /(?:^|[^a-z])new[_ ]?(\d+)[_ ,]*cached[_ ]?(\d+)/i;

function parseVllm011(name: string): StepName | undefined {
  const match = VLLM_0_11.exec(name);
  return match
    ? scheduled('vllm-0.11', numberOf(match[1]), NaN, numberOf(match[2]), NaN)
    : undefined;
}

/**
 * SGLang: `step[EXTEND bs=2 toks=4096]`, `step[DECODE bs=16]`, `step[MIXED bs=2]`;
 * with roofline annotation followed by aggregates (`c_`: context, `g_`:
 * generation), of which those of a mixed step say how it splits. A verification
 * of drafted tokens is a decode step. Draft passes and idle steps are none of
 * their own; work of a draft counts with the step before it.
 */
const SGLANG = /(?:^|[^a-z])step\[(\w+)([^\]]*)/i;

function parseSglang(name: string): StepName | undefined {
  const match = SGLANG.exec(name);
  if (!match) return undefined;
  const mode = match[1].toUpperCase();
  const requests = field(match[2], 'bs');
  switch (mode) {
    case 'EXTEND':
    case 'SPLIT_PREFILL':
    case 'DLLM_EXTEND':
      return step('sglang', 'prefill', requests, field(match[2], 'toks'), 0, 0);
    case 'DECODE':
      return step('sglang', 'decode', 0, 0, requests, requests);
    case 'TARGET_VERIFY':
      return step('sglang', 'decode', 0, 0, requests, NaN);
    case 'MIXED': {
      const [context, generation] = [field(match[2], 'c'), field(match[2], 'g')];
      if (Number.isNaN(context + generation)) return step('sglang', 'mixed', NaN, NaN, NaN, NaN);
      return scheduled(
        'sglang',
        context,
        field(match[2], 'c_sq'),
        generation,
        field(match[2], 'g_sq'),
      );
    }
    default:
      return undefined;
  }
}

/**
 * TensorRT-LLM: `[Executor] _forward_step 12: 2 ctx reqs, 300 ctx tokens, 4 gen reqs`,
 * earlier without the tokens or the number of the step, and `executeStep: …` of its C++
 * runtime.
 */
const TENSORRT_LLM = /(\d+) ctx reqs, *(?:(\d+) ctx tokens, *)?(\d+) gen reqs/;

function parseTensorRtLlm(name: string): StepName | undefined {
  const match = TENSORRT_LLM.exec(name);
  return match
    ? scheduled('tensorrt-llm', numberOf(match[1]), numberOf(match[2]), numberOf(match[3]), NaN)
    : undefined;
}

/** A person's own ranges: the words by themselves, with numbers where they follow (`prefill[bs=2 tok=512]`). */
const PREFILL = /(?:^|[^a-z0-9])prefill(?![a-z0-9])/i;
const DECODE = /(?:^|[^a-z0-9])decode(?![a-z0-9])/i;

function parsePlain(name: string): StepName | undefined {
  const prefill = PREFILL.test(name);
  const decode = DECODE.test(name);
  if (!prefill && !decode) return undefined;
  if (prefill && decode) return step('plain', 'mixed', NaN, NaN, NaN, NaN);
  const requests = field(name, 'bs');
  const tokens = field(name, 'toks?');
  return prefill
    ? step('plain', 'prefill', requests, tokens, 0, 0)
    : step('plain', 'decode', 0, 0, requests, tokens);
}

function numberOf(digits: string | undefined): number {
  return digits === undefined ? NaN : Number(digits);
}

/** The number behind `key=`, NaN without one. */
function field(text: string, key: string): number {
  return numberOf(new RegExp(`(?:^|[^a-z_])${key}=(\\d+)`, 'i').exec(text)?.[1]);
}

/** A step whose phase follows from what was scheduled; a part with no requests has no tokens either. */
function scheduled(
  format: StepFormat,
  contextRequests: number,
  contextTokens: number,
  generationRequests: number,
  generationTokens: number,
): StepName | undefined {
  if (contextRequests === 0 && generationRequests === 0) return undefined;
  if (contextRequests === 0) {
    return step(format, 'decode', 0, 0, generationRequests, generationTokens);
  }
  if (generationRequests === 0) {
    return step(format, 'prefill', contextRequests, contextTokens, 0, 0);
  }
  return step(
    format,
    'mixed',
    contextRequests,
    contextTokens,
    generationRequests,
    generationTokens,
  );
}

function step(
  format: StepFormat,
  phase: StepName['phase'],
  contextRequests: number,
  contextTokens: number,
  generationRequests: number,
  generationTokens: number,
): StepName {
  return {
    format,
    phase,
    contextRequests,
    contextTokens,
    generationRequests,
    generationTokens,
  };
}

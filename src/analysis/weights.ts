/**
 * What a decode step cannot be faster than: each step reads the weights of the
 * model once. An estimate from the model's name and the command's flags, which
 * is undefined wherever they leave doubt.
 */
import type { Bytes } from '../profile/units';

/** `8B`, `0.5b`, `70B` as a word of its own: not `8x7B`, not the active part `A3B`. */
const SIZE = /(?<![\w.])(\d+(?:\.\d+)?)b(?![\w.]*\d*b\b)(?![a-z0-9])/gi;
/** Formats in which a weight has fewer than eight bits, or that the name leaves open. */
const FEWER_BITS =
  /awq|gptq|int4|w4a|[-_.]?[234]-?bit|bnb|bitsandbytes|gguf|nf4|fp4|q[2-6]_|marlin|exl2|aqlm|quantized/i;
const EIGHT_BITS = /fp8|int8|w8a8|8-?bit/i;
/** Experts, drafts and adapters: how much of the weights a step reads depends on the step. */
const VARIES = /\d+x\d+|[-_]a\d+(?:\.\d+)?b|moe/i;

/** Parameters × bytes each of a dense model, before it is split over ranks. */
export function weightBytes(model: string, flags: readonly string[]): Bytes | undefined {
  const name =
    model
      .replace(/[\\/]+$/, '')
      .split(/[\\/]/)
      .at(-1) ?? '';
  const sizes = [...name.matchAll(SIZE)];
  if (sizes.length !== 1 || VARIES.test(name)) return undefined;
  const value = (flag: string): string | undefined =>
    flags.find((text) => text.startsWith(`--${flag}=`))?.slice(flag.length + 3);
  if (
    flags.some((flag) => /^--(speculative|lora|enable-lora|load-format|hf-overrides)/.test(flag))
  ) {
    return undefined;
  }
  if (Number(value('pipeline-parallel-size') ?? 1) !== 1) return undefined;
  const format = `${name} ${value('quantization') ?? ''}`;
  if (FEWER_BITS.test(format)) return undefined;
  const parameters = Number(sizes[0][1]) * 1e9;
  if (EIGHT_BITS.test(format)) return parameters;
  return parameters * (/^float(32)?$/.test(value('dtype') ?? '') ? 4 : 2);
}

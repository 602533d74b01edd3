/** What `test/data/gpu/engine.py` knows of its own run, and profiles of that run held against it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Analysis } from '../../../src/analysis/analysis';
import { phaseBreakdown, stepPoints } from '../../../src/analysis/phases';
import type { Phase } from '../../../src/profile/scope';

export const GPU_DATA = path.resolve(import.meta.dirname, '../../data/gpu');

export interface StepTruth {
  readonly name: string;
  readonly kind: Exclude<Phase, 'unattributed'>;
  readonly context_requests: number;
  readonly context_tokens: number;
  readonly generation_requests: number;
  readonly generation_tokens: number;
  /** Requests its graph was captured for; null where it ran without. */
  readonly graph: number | null;
  /** Between CUDA events before the step's first launch and after the forward pass. */
  readonly forward_ms: number | null;
  readonly sample_ms: number | null;
  readonly host_ms: number;
  readonly launched: {
    readonly forward_kernels: number | null;
    readonly sample_kernels: number | null;
    /** Copies from the host. */
    readonly uploads: number;
  } | null;
}

export interface EngineTruth {
  readonly torch: string;
  readonly device: { readonly name: string };
  readonly requests: readonly { readonly prompt: number; readonly output: number }[];
  readonly totals: Readonly<
    Record<
      string,
      {
        readonly steps: number;
        readonly requests: number;
        readonly context_tokens: number;
        readonly generation_tokens: number;
      }
    >
  >;
  readonly steps: readonly StepTruth[];
}

export const readTruth = (file: string): EngineTruth =>
  JSON.parse(readFileSync(file, 'utf8')) as EngineTruth;

/** Files of a folder of `test/data/gpu` that end so. */
export function recorded(folder: string, suffix: string): string[] {
  const place = path.join(GPU_DATA, folder);
  return readdirSync(place)
    .filter((name) => name.endsWith(suffix))
    .sort()
    .map((name) => path.join(place, name));
}

/** Each prompt token is computed once, each token put out but the first is a step's row. */
export function checkTruth(truth: EngineTruth): void {
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  assert.equal(
    sum(truth.steps.map((step) => step.context_tokens)),
    sum(truth.requests.map((request) => request.prompt)),
  );
  assert.equal(
    sum(truth.steps.map((step) => step.generation_tokens)),
    sum(truth.requests.map((request) => request.output - 1)),
  );
}

/** Steps, one by one and summed up by kind: exactly. */
export function checkSteps(analysis: Analysis, truth: EngineTruth): void {
  const { steps, profile } = analysis;
  const order = Array.from({ length: steps.length }, (_, step) => step).sort(
    (a, b) => steps.start[a] - steps.start[b],
  );
  assert.deepEqual(
    order.map((step) => [
      profile.strings.get(profile.ranges.name[steps.range[step]]),
      ['prefill', 'decode', 'mixed'][steps.phase[step]],
      steps.contextRequests[step],
      steps.contextTokens[step],
      steps.generationRequests[step],
      steps.generationTokens[step],
    ]),
    truth.steps.map((step) => [
      step.name,
      step.kind,
      step.context_requests,
      step.context_tokens,
      step.generation_requests,
      step.generation_tokens,
    ]),
  );
  const { phases } = phaseBreakdown(analysis, {});
  for (const [kind, total] of Object.entries(truth.totals)) {
    const row = phases.find(({ phase }) => phase === kind)!;
    assert.deepEqual(
      [row.steps, row.requests, row.contextTokens, row.generationTokens],
      [total.steps, total.requests, total.context_tokens, total.generation_tokens],
      kind,
    );
  }
}

/** What two records of events take of the device, and the rounding of their clock. */
const EVENT_ERROR_MS = 0.02;

/**
 * Time on the GPU of every step. The events lie around all of it: what we say a step spans is
 * never more. Around a replay they lie close, but where the device ran out of work before it,
 * so that half of all replays are as long as the events say, and none is a tenth shorter.
 */
export function checkTimes(analysis: Analysis, truth: EngineTruth): void {
  const points = stepPoints(analysis, {});
  assert.equal(points.length, truth.steps.length, 'each step has work on the device');
  const apart: number[] = [];
  points.forEach((point, i) => {
    const { forward_ms, sample_ms, graph, name } = truth.steps[i];
    assert.equal(point.name, name);
    const events = forward_ms! + sample_ms!;
    const [busy, span] = [point.busy / 1e6, point.span / 1e6];
    const told = `step ${i} (${name}): ${busy} busy of ${span} ms, ${events} between events`;
    assert.ok(busy > 0 && busy <= span + 1e-6 && span <= events + EVENT_ERROR_MS, told);
    if (graph === null) return;
    assert.ok(span >= 0.9 * events, told);
    apart.push(Math.abs(span - events));
  });
  apart.sort((a, b) => a - b);
  const middle = apart[Math.floor(apart.length / 2)] ?? 0;
  assert.ok(middle <= EVENT_ERROR_MS / 2, `half of all replays are ${middle} ms off`);
}

/** Kernels of every step: exactly, where the program could count them. Returns how many it could. */
export function checkKernels(analysis: Analysis, truth: EngineTruth): number {
  const counts = new Array<number>(truth.steps.length).fill(0);
  const order = new Map(stepPoints(analysis, {}).map((point, i) => [point.step, i]));
  for (const step of analysis.attribution.kernels) {
    const i = order.get(step);
    if (i !== undefined) counts[i]++;
  }
  let known = 0;
  truth.steps.forEach(({ launched, name }, i) => {
    const [forward, sample] = [launched?.forward_kernels ?? null, launched?.sample_kernels ?? null];
    if (forward === null || sample === null) return;
    known++;
    assert.equal(counts[i], forward + sample, `step ${i} ${name}`);
  });
  return known;
}

/** What ran, on what, and how it went, in sentences. */
import { formatCount, formatNumber, formatTime } from '../../../src/profile/format';
import type { RunFacts, RunProfileKind } from '../../../src/profile/run';
import type { ClientFigures, RequestMeasure } from '../../../src/profile/client-figures';
import type { ShownClient, ShownRun } from '../../../src/protocol/run';
import type { Core } from '../../core';
import type { RunState } from '../../state';
import { plural, t } from '../../strings';

export const ms = (value: number | undefined): string =>
  formatTime(value === undefined ? undefined : value * 1e6);

/** The file that was chosen, else the first. */
export const shownClient = (
  { clients }: ShownRun,
  state: RunState | undefined,
): ShownClient | undefined => clients.find(({ file }) => file === state?.client) ?? clients[0];

/** In the time of what is open, in ns, where both clocks are known. */
export function loadStart({ status }: Core, client: ShownClient | undefined): number | undefined {
  const epoch = status?.utcEpoch;
  const start = client?.figures.start_utc_ms;
  return epoch === undefined || start === undefined ? undefined : start * 1e6 - epoch;
}

export function runAnswer({ record }: ShownRun, client: ShownClient | undefined): string {
  const measured = client && clientAnswer(client.figures);
  if (!record) {
    return [
      t('No record of a run lies beside this profile, only what a client measured.'),
      measured,
    ]
      .filter(Boolean)
      .join(' ');
  }
  return [record.state === 'failed' ? failedAnswer(record) : doneAnswer(record), measured]
    .filter(Boolean)
    .join(' ');
}

function doneAnswer(record: RunFacts): string {
  const { model, gpus, seconds } = record;
  const took = seconds === undefined ? undefined : formatTime(seconds * 1e9);
  const vllm = record.versions.find(({ name }) => name === 'vllm')?.value;
  const what = [
    model === '' ? t('A program was profiled') : t('{0} was profiled', model),
    gpus.length === 0 ? undefined : t('on {0}', gpuText(gpus)),
    vllm && t('with vLLM {0}', vllm),
  ]
    .filter(Boolean)
    .join(' ');
  return took === undefined ? `${what}.` : t('{0}; the run took {1}.', what, took);
}

function failedAnswer({ model, failure, seconds }: RunFacts): string {
  const name = model === '' ? t('The run') : t('The run of {0}', model);
  const after = seconds === undefined ? '' : formatTime(seconds * 1e9);
  const stage = failure?.stage;
  const sentence =
    stage && after
      ? t('{0} failed after {1}, at “{2}”.', name, after, stage)
      : t('{0} failed.', name);
  return failure ? `${sentence} ${failure.what}` : sentence;
}

export function gpuText(gpus: readonly string[]): string {
  return [...new Set(gpus)]
    .map((name) => {
      const count = gpus.filter((one) => one === name).length;
      return count > 1 ? `${count} × ${name}` : name;
    })
    .join(', ');
}

export function clientAnswer(figures: ClientFigures): string {
  const { completed, requests, failed, output_throughput: rate, ttft_ms } = figures;
  const answered =
    completed === undefined
      ? undefined
      : requests === undefined || requests === completed
        ? plural(
            completed,
            'The one request was answered',
            'All {0} requests were answered',
            formatCount(completed),
          )
        : failed
          ? t(
              '{0} of {1} requests were answered, {2} failed',
              formatCount(completed),
              formatCount(requests),
              formatCount(failed),
            )
          : t('{0} of {1} requests were answered', formatCount(completed), formatCount(requests));
  const parts = [
    answered,
    rate === undefined ? undefined : t('{0} output tokens/s', formatNumber(rate)),
    ttft_ms?.p50 === undefined ? undefined : t('TTFT p50 {0}', ms(ttft_ms.p50)),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : `${parts.join(', ')}.`;
}

export function sourceText({ file, figures }: ShownClient): string {
  return figures.source === 'profilemate'
    ? t('from {0}', file)
    : t('from {0}, as vllm bench serve wrote it', file);
}

export function kindText(kind: RunProfileKind): string {
  switch (kind) {
    case 'timeline':
      return t('timeline of Nsight Systems');
    case 'torch':
      return t('trace of PyTorch’s profiler');
    case 'kernels':
      return t('kernel metrics of Nsight Compute');
  }
}

export function measureText(measure: RequestMeasure): string {
  switch (measure) {
    case 'ttft_ms':
      return t('TTFT');
    case 'tpot_ms':
      return t('TPOT');
    case 'latency_ms':
      return t('Latency');
  }
}

/** The requests, before and while the server is profiled. */
import type { ClientFigures } from '../client-figures';
import { CaptureFailure } from '../failure';
import { runLoad } from '../load';
import { reasonFor, refusal } from '../reasons';
import type { RunContext } from '../run-context';
import { clientHeadline } from '../run-folder';
import type { WorkItem } from '../workload';
import { died, endsNow } from './server';

export async function sendWarmUp(run: RunContext): Promise<string> {
  const figures = await send(run, run.items.warmUp);
  return `${figures.completed} answered`;
}

export async function sendLoad(run: RunContext): Promise<string> {
  const figures = await send(run, run.items.load);
  await run.folder.writeJson('client.json', figures);
  run.files.client = 'client.json';
  run.headline = { ...run.headline, ...clientHeadline(figures) };
  const { completed, failed, output_throughput: rate } = figures;
  return [
    `${completed} answered`,
    ...(failed ? [`${failed} failed (${Object.keys(figures.errors ?? {}).join('; ')})`] : []),
    ...(rate === undefined ? [] : [`${Math.round(rate)} tokens/s`]),
  ].join(', ');
}

async function send(run: RunContext, items: readonly WorkItem[]): Promise<ClientFigures> {
  const { settings, server } = run;
  const over = new AbortController();
  const cancel = AbortSignal.any([run.options.cancel, over.signal]);
  let told = 0;
  const sending = runLoad(
    { url: run.url, model: run.model, apiKey: run.apiKey },
    items,
    settings.load,
    {
      cancel,
      onProgress: (done, total, failed) => {
        // A terminal and an editor need no more than a few a second.
        if (Date.now() - told < 200 && done < total) return;
        told = Date.now();
        run.progress(`${done} of ${total}${failed ? `, ${failed} failed` : ''}`, done, total);
      },
    },
  );
  const ended = server?.end.then(() => 'ended' as const);
  const first = await Promise.race([sending, ...(ended ? [ended] : [])]);
  if (first === 'ended') {
    over.abort();
    await sending.catch(() => undefined);
    throw died(run, 'The server ended under load.');
  }
  if (first.completed === 0) {
    if (await endsNow(run)) throw died(run, 'The server ended under load.');
    const [error] = Object.keys(first.errors ?? {});
    const hangs = error?.startsWith('no answer within');
    throw new CaptureFailure({
      what: hangs
        ? `The server hangs: ${error} to any of ${first.requests} requests.`
        : `None of ${first.requests} requests was answered: ${error}.`,
      ...(hangs
        ? {
            why: reasonFor(server?.tail ?? '')?.why,
            advice: 'Its log may tell what it waits for; try a smaller load or fewer at a time.',
          }
        : { why: reasonFor(server?.tail ?? '')?.why, ...refusal(error ?? '') }),
      log: server?.tail,
    });
  }
  return first;
}

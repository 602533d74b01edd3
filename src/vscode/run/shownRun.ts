import path from 'node:path';
import { requestHistograms } from '../../analysis/requests';
import type { ClientFile, RunAbout } from '../../profile/run';
import { MOST_REQUESTS, type ShownClient, type ShownRun } from '../../protocol/run';

/** @param opened path of the profile that is open, where it is a profile that is */
export function shownRun(about: RunAbout, opened?: string): ShownRun {
  return {
    ...about,
    clients: about.clients.map(shownClient),
    ...(opened !== undefined && { opened: path.relative(about.folder, opened) }),
  };
}

function shownClient({ file, figures }: ClientFile): ShownClient {
  const each = figures.each ?? [];
  const step = Math.max(1, Math.ceil(each.length / MOST_REQUESTS));
  const shown = step === 1 ? each : each.filter((_, i) => i % step === 0);
  return {
    file,
    figures: { ...figures, each: shown },
    histograms: requestHistograms(each),
    recorded: each.length,
  };
}

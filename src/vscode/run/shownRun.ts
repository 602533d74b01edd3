import path from 'node:path';
import { balanceSeries } from '../../analysis/expert-balance';
import { requestHistograms } from '../../analysis/requests';
import type { ExpertBalance } from '../../profile/expert-balance';
import type { ClientFile, RunAbout } from '../../profile/run';
import {
  MOST_REQUESTS,
  type ShownBalance,
  type ShownClient,
  type ShownRun,
} from '../../protocol/run';

/** @param opened path of the profile that is open, where it is a profile that is */
export function shownRun(about: RunAbout, opened?: string): ShownRun {
  const { experts, ...others } = about;
  return {
    ...others,
    ...(experts && { experts: shownBalance(experts, about.clients[0]?.figures.start_utc_ms) }),
    clients: about.clients.map(shownClient),
    ...(opened !== undefined && { opened: path.relative(about.folder, opened) }),
  };
}

function shownBalance(experts: ExpertBalance, loadStart?: number): ShownBalance {
  const series = balanceSeries(experts, loadStart ?? experts.models[0].samples[0]?.at_utc_ms ?? 0);
  return {
    across: experts.across,
    models: experts.models.map(({ samples, ...figures }, i) => ({
      ...figures,
      count: samples.length,
      series: series[i],
    })),
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

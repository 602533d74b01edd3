/** How evenly experts were loaded, as vLLM's log told it while the load ran. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatCount, formatNumber, formatShare } from '../../../src/profile/format';
import type { ShownBalance } from '../../../src/protocol/run';
import { plural, t } from '../../strings';
import '../../ui/figure';
import { contentKey } from '../../ui/figures';
import { lines } from '../../ui/lines';
import { markOf } from '../../ui/marks';
import { section, tile, warning } from '../../ui/parts';

/** @param start the profile's time at the load's start, in ns, where both clocks are known */
export function expertsSection(balance: ShownBalance, start?: number): TemplateResult {
  const { models } = balance;
  const [{ series, count, p50, min }, ...others] = models;
  const named = (model: string | undefined) => model ?? t('Balancedness');
  const whole = t('Average over most tokens, of all steps in the log together; 1 is even.');
  const each = t('Of the steps’ own average over most tokens.');
  return section(
    t('Balance of experts'),
    html`${answer(balance)}
      <div class="tiles">
        ${tile(formatNumber(models[0].balancedness), t('balancedness'), { title: whole })}
        ${tile(formatNumber(p50), t('median of a step'), { title: each })}
        ${tile(formatNumber(min), t('least of a step'), { title: each })}
        ${others.map(({ model, balancedness }) =>
          tile(formatNumber(balancedness), named(model), { title: whole }),
        )}
      </div>
      <h3>${t('Balancedness over the load')}</h3>
      <pm-figure
        .figure=${lines({
          key: contentKey(balance, start),
          subject: 'experts',
          label: t('How evenly experts were loaded over time; 1 is even.'),
          timeTitle: t('Time'),
          start: (start ?? 0) + series.start,
          width: series.width,
          series: models.map(({ model, series: { mean, min, max } }, index) => ({
            label: named(model),
            mark: markOf(index),
            values: mean,
            low: min,
            high: max,
          })),
          format: formatNumber,
          max: 1,
          height: 150,
        })}
      ></pm-figure>`,
    {
      note: plural(
        count,
        '{0} step in the server’s log',
        '{0} steps in the server’s log',
        formatCount(count),
      ),
    },
  );
}

function answer({ across, models }: ShownBalance): TemplateResult {
  const figure = formatShare(models[0].balancedness);
  if (across === 'gpus')
    return html`<p>
      ${t('The average GPU had {0} of the tokens of the busiest, for which the others wait.', figure)}
    </p>`;
  return html`${
    across === undefined
      ? nothing
      : html`<p>${t('The average layer had {0} of the tokens of the busiest.', figure)}</p>`
  }
  ${warning(
    across === undefined
      ? t(
          'The version of vLLM is not known. Up to 0.27 its log compares layers, not GPUs: read this as the balance of GPUs only from 0.28 on.',
        )
      : t(
          'Up to 0.27 vLLM’s log compares layers here, not GPUs: this does not tell how evenly GPUs were loaded. Profile with 0.28 or newer, or count the tokens of each expert with the runtime layer.',
        ),
  )}`;
}

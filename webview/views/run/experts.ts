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
  const [{ series, count }] = models;
  const named = (model: string | undefined) => model ?? t('Balancedness');
  return section(
    t('Balance of experts'),
    html`${answer(balance)}
      <div class="columns">
        <div class="tiles">
          ${models.map(({ model, balancedness, p50, min }) => [
            tile(formatNumber(balancedness), models.length > 1 ? named(model) : t('balancedness'), {
              title: t('Average over most tokens, of all steps in the log together; 1 is even.'),
              note: t('median {0}, least {1}', formatNumber(p50), formatNumber(min)),
            }),
          ])}
        </div>
        <div>
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
            })}
          ></pm-figure>
        </div>
      </div>`,
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
          'Up to 0.27 vLLM’s log compares layers here, not GPUs: this does not tell how evenly GPUs were loaded. Profile with 0.28 or newer; the tokens of each expert are in the session of the runtime layer.',
        ),
  )}`;
}

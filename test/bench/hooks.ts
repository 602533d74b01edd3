/**
 * npm run bench -- hooks [--runs 5]
 *
 * What the runtime layer's hooks cost in vLLM's own processes: CPU time a call,
 * and as a share of a decode step of 5 ms. hooks.py measures; this takes the
 * medians of several of its runs.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median } from './cost';
import { keep } from './results';

interface Hook {
  readonly hook: string;
  readonly ns_per_call: number;
  readonly calls_per_step: number;
  readonly share_of_5ms_step: number;
}

interface Measured {
  readonly python: string;
  readonly hooks: readonly Hook[];
  readonly total_ns_per_step: number;
  readonly share_of_5ms_step: number;
}

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });

const measured = Array.from(
  { length: Number(options.runs) },
  () =>
    JSON.parse(
      execFileSync('python3', [path.join(__dirname, 'hooks.py'), '--json'], { encoding: 'utf8' }),
    ) as Measured,
);

const ns = (value: number): string => Math.round(value).toLocaleString('en');
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

const rows = measured[0].hooks.map(({ hook, calls_per_step: calls }, index) => {
  const of = (what: 'ns_per_call' | 'share_of_5ms_step'): number =>
    median(measured.map(({ hooks }) => hooks[index][what]));
  return `| ${hook} | ${ns(of('ns_per_call'))} | ${calls} | ${percent(of('share_of_5ms_step'))} |`;
});
const total = (what: 'total_ns_per_step' | 'share_of_5ms_step'): number =>
  median(measured.map((one) => one[what]));

keep({
  part: 'hooks',
  title: 'Hooks of the runtime layer',
  about: `CPU time in a decode step of 256 requests, and its share of 5 ms. The flusher runs on a thread of
its own. Python ${measured[0].python}, medians of ${measured.length} runs.`,
  body: `| hook | ns a call | calls a step | share |
|---|---:|---:|---:|
${rows.join('\n')}
| all | ${ns(total('total_ns_per_step'))} | | ${percent(total('share_of_5ms_step'))} |`,
});

/**
 * npm run fuzz -- [--count N] [--seed S] [--from I]
 *
 * Reads spoilt exports: half of them with spoilt tables, whose every row is
 * recounted, half with spoilt bytes, held against what SQLite makes of them.
 * A failing case runs again alone by its seed and number: --from I --count 1.
 */
import { parseArgs } from 'node:util';
import { fuzz } from './run';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
});

async function main(): Promise<void> {
  const seed = Number(values.seed);
  const ends = new Map<string, number>();
  let failures = 0;
  await fuzz({
    seed,
    count: Number(values.count),
    from: Number(values.from),
    onResult({ index, mutations, end, failure }) {
      ends.set(end, (ends.get(end) ?? 0) + 1);
      if (failure === undefined) return;
      failures++;
      console.log(`case ${index} (--seed ${seed}): ${mutations.join(', ')}\n${failure}\n`);
    },
  });
  for (const [end, count] of [...ends].sort((a, b) => b[1] - a[1])) console.log(`${count} ${end}`);
  console.log(failures === 0 ? 'no failures' : `${failures} failures`);
  process.exitCode = failures === 0 ? 0 : 1;
}

void main();

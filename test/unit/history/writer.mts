/** A process that adds runs to a history and says of each that it is in: for tests of several at once. */
import { openHistory } from '../../../src/history/open';
import { madeUp } from './run';

const [place, name, count] = process.argv.slice(2);
const history = await openHistory(place);
for (let i = 0; i < Number(count); i++) {
  await history.add(madeUp(`${name}-${i}`));
  process.stdout.write(`${name}-${i}\n`);
}
await history.close();

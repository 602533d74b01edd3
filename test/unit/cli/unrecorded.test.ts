/** A capture by an nsys older than the driver: graphs are launched, and the file has nothing of what they ran. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { Summary } from '../../../src/profile/summary';
import { toFile, type TableSink } from '../../data/sqlite';
import { vllm } from '../../data/vllm';
import { build, profilemate, Workplace } from './run';

/** Writes all but the kernels of graphs. */
const withoutGraphs = (sink: TableSink): TableSink => ({
  table(name, columns) {
    const rows = sink.table(name, columns);
    const node = columns.findIndex((column) => column.startsWith('graphNodeId'));
    if (name !== 'CUPTI_ACTIVITY_KIND_KERNEL' || node < 0) return rows;
    return {
      insert(values) {
        if (!values[node]) rows.insert(values);
      },
    };
  },
});

describe('a capture without what its graphs ran', function () {
  let place: Workplace;
  let file: string;
  before(() => {
    build();
    place = new Workplace();
    file = join(place.folder, 'old.nsys.sqlite');
    toFile(file, (sink) => vllm(withoutGraphs(sink), { steps: 30 }));
  });
  after(() => place.remove());

  it('says so before any figure, first of what stands out, and with each share', () => {
    const { status, stdout } = profilemate('analyze', file);
    assert.equal(status, 0);
    const launches = place.truth.graphs.launchCalls;
    const [headline, next] = stdout.split('\n').filter((line) => /^GPU busy|^What the/.test(line));
    assert.match(headline, /^GPU busy [\d.]+ % to [\d.]+ %/);
    assert.ok(headline.endsWith(`${launches} CUDA graph replays not recorded`), headline);
    assert.match(next, /^What the graphs ran is missing/);
    const first = stdout.split('== What stands out ==\n')[1].split('\n')[0];
    assert.match(first, new RegExp(`^! What ${launches} launches of CUDA graphs ran was not`));
    assert.match(first, /--cuda-graph-trace=node/);
    assert.match(stdout, /of recorded GPU time is inside steps/);
    assert.match(stdout, /unknown \(ms\)/);
  });

  it('bounds the busy share that the whole capture has', () => {
    const summaryOf = (path: string) =>
      JSON.parse(profilemate('analyze', '--json', path).stdout) as Summary;
    const whole = summaryOf(place.profile);
    const found = summaryOf(file);
    assert.equal(whole.graphs.unrecorded, 0);
    assert.equal(whole.utilisation.busy_at_most_percent, whole.utilisation.busy_percent);
    assert.equal(found.graphs.unrecorded, place.truth.graphs.launchCalls);
    const { busy_percent: least, busy_at_most_percent: most } = found.utilisation;
    const busy = place.truth.busy / 1e6;
    const span = found.utilisation.devices.reduce((sum, device) => sum + device.span_ms, 0);
    assert.ok(least! * span < busy * 100 && busy * 100 <= most! * span, `${least} ${most}`);
  });

  it('in a report of one page too', () => {
    const page = join(place.folder, 'report.html');
    assert.equal(profilemate('report', '--nsys', file, '-o', page).status, 0);
    const html = readFileSync(page, 'utf8');
    assert.match(
      html,
      /What \d+ replays of CUDA graphs ran was not recorded: shares are of the rest/,
    );
    assert.match(html, /[\d.]+ % to [\d.]+ %/);
  });
});

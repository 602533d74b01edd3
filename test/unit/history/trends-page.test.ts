/** The page of trends: what it says, and what it draws, of series that are known. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { trendsOf } from '../../../src/history/trends';
import type { RunRecord } from '../../../src/history/store';
import { checkFromTrends, type FromTrends, type TrendGroup } from '../../../src/protocol/trends';
import { TrendsApp } from '../../../webview/trends/app';
import { restore } from '../../../webview/trends/state';
import { trendScene } from '../../../webview/trends/scene';
import { trendSvg } from '../../../webview/trends/svg';
import { answer, isRate, standing } from '../../../webview/trends/words';

/** Twenty runs, slower by 15 % from the thirteenth on, the fourth the baseline. */
function group(runs: number, slower: number): TrendGroup {
  const records = Array.from({ length: runs }, (_, i): RunRecord => ({
    id: `r${i}`,
    addedAt: '2026-06-01T00:00:00.000Z',
    capturedAt: new Date(Date.UTC(2026, 0, i + 1)).toISOString(),
    model: 'org/model',
    gpu: 'NVIDIA H100',
    measure: 'nsys',
    commit: `c0ffee${String(i).padStart(2, '0')}aa`,
    branch: 'main',
    label: `run-${i}`,
    note: i === 0 ? '<img src=x onerror=alert(1)>' : null,
    baseline: i === 3,
    metrics: {
      'decode.step_ms': (i < 12 ? 10 : 10 * slower) * (1 + 0.002 * ((i * 7) % 5)),
      'decode.tokens_per_second': 4000,
    },
    kernels: [],
  }));
  const [{ model, gpu, measure, trends }] = trendsOf(records);
  const kept = records.map(({ id, capturedAt, commit, branch, label, note, baseline }) => ({
    ...{ id, commit, branch, label, note, baseline },
    time: capturedAt!,
  }));
  return { model, gpu, measure, trends, runs: kept };
}

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('the page of trends', () => {
  it('asks for the folder that the person chose, of which it then knows nothing yet', () => {
    const sent: FromTrends[] = [];
    const client = { onMessage: () => undefined } as unknown as ConstructorParameters<
      typeof TrendsApp
    >[0];
    const store = { save: () => undefined };
    const app = new TrendsApp(client, restore({}), store, (message) => sent.push(message));
    const folders = ['a', 'b'].map((key) => ({ key, name: key }));
    const groups = [group(4, 1)];
    app.hear({ kind: 'trends', groups, filter: {}, place: 'a', folders, folder: 'a' });
    assert.deepEqual([app.folder, app.branches], ['a', ['main']]);
    app.show({ branch: 'main', days: 30 });
    app.showFolder('b');
    assert.deepEqual(sent.at(-1), {
      kind: 'action',
      action: 'show',
      filter: { branch: undefined, days: 30 },
      folder: 'b',
    });
    assert.deepEqual([app.groups, app.branches], [undefined, []]);
    assert.equal(restore(app.state).folder, 'b', 'a reload keeps it');
  });

  it('says which figure changed its level, where, and whether that is worse', () => {
    const said = plain(answer(group(20, 1.15)));
    assert.match(said, /^Decode step has changed its level by \+1[45]\.\d % since c0ffee1: /);
    assert.match(said, /10\.0 ms → 11\.[56] ms, which is worse\.$/);
    assert.match(plain(answer(group(20, 0.8))), /which is better\.$/);
  });

  it('raises no alarm over twenty runs that are alike, nor over a few', () => {
    assert.equal(plain(answer(group(20, 1))), 'No figure has changed its level over 20 runs.');
    assert.match(plain(answer(group(3, 1))), /^3 runs so far: from four on/);
  });

  it('draws points, levels, the change and the baseline where they are', () => {
    const one = group(20, 1.15);
    const decode = one.trends.find(({ name }) => name === 'decode.step_ms')!;
    const scene = trendScene(decode, one.runs, isRate(decode));
    assert.deepEqual(
      scene.points.map(({ x, y }) => [x, y]),
      decode.points.map(({ value }, i) => [i, value]),
    );
    assert.deepEqual(
      scene.changes.map(({ x, worse }) => [x, worse]),
      [[11.5, true]],
    );
    assert.deepEqual(
      scene.levels.map(({ from, to }) => [from, to]),
      [
        [0, 11],
        [12, 19],
      ],
    );
    assert.equal(scene.baseline, decode.points[3].value);
    assert.ok(scene.min < 10 && scene.max > 11.5);
    assert.match(plain(standing(decode)), /^11\.\d ms, \+1\d\.\d % against the baseline$/);
  });

  it('is a picture in which names are text', () => {
    const one = group(20, 1.15);
    const decode = one.trends.find(({ name }) => name === 'decode.step_ms')!;
    const style = { width: 900, height: 320, font: 'x', baselineLabel: 'baseline' };
    const colours = ['ground', 'foreground', 'quiet', 'grid', 'line', 'worse', 'better'] as const;
    const palette = Object.fromEntries(colours.map((name) => [name, '#123456'])) as Record<
      (typeof colours)[number],
      string
    >;
    const svg = trendSvg(trendScene(decode, one.runs, false), { ...style, ...palette });
    assert.ok(svg.startsWith('<svg ') && svg.endsWith('</svg>\n'));
    assert.ok(!svg.includes('<img'), 'a note became markup');
    assert.equal(svg.match(/<circle/g)!.length, 19);
    assert.equal(svg.match(/<rect/g)!.length, 1 + 1);
  });

  it('believes no message that makes no sense', () => {
    const show = { kind: 'action', action: 'show', filter: { branch: 'main', days: 30 } };
    assert.ok(checkFromTrends(show));
    assert.ok(checkFromTrends({ ...show, folder: 'file:///work' }));
    for (const wrong of [
      null,
      { ...show, folder: 1 },
      { ...show, filter: { days: -1 } },
      { ...show, filter: { x: 1 } },
    ]) {
      assert.equal(checkFromTrends(wrong), undefined);
    }
  });
});

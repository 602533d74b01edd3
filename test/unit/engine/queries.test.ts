import assert from 'node:assert/strict';
import Papa from 'papaparse';
import { Analysis } from '../../../src/analysis/analysis';
import type { KernelGrouping, KernelRow } from '../../../src/analysis/kernels';
import { Queries } from '../../../src/engine/queries';
import type { Profile } from '../../../src/profile/model';
import { PHASES } from '../../../src/profile/scope';
import type {
  Page,
  Params,
  ProfileRequestName,
  Question,
  Result,
} from '../../../src/protocol/requests';
import type { Truth } from '../../data/truth';
import { buildProfile, randomNumbers } from '../analysis/build';
import { generated } from '../analysis/generated';
import { cost } from '../../harness/cost';

const PAGE = { scope: {}, filter: '', offset: 0, limit: 1000 } as const;

class Asked {
  private readonly queries: Queries;
  constructor(analysis: Analysis) {
    this.queries = new Queries(analysis);
  }
  ask<K extends ProfileRequestName>(name: K, params: Params<K>): Result<K> {
    return this.queries.answer({ name, params } as Question<ProfileRequestName>);
  }
  kernels(filter: string, more: Partial<Params<'kernels'>> = {}): Page<KernelRow> {
    return this.ask('kernels', { ...PAGE, grouping: 'kernel', filter, ...more });
  }
}

const byName = <T extends { readonly name: string }>(rows: readonly T[]): T[] =>
  [...rows].sort((a, b) => (a.name < b.name ? -1 : 1));

describe('pages of a vLLM-like run', () => {
  let asked: Asked;
  let profile: Profile;
  let truth: Truth;
  before(async function () {
    ({ profile, truth } = await generated({ steps: 30 }));
    asked = new Asked(new Analysis(profile));
  });

  it('hold every kernel of the run and its time', () => {
    const page = asked.kernels('');
    assert.equal(page.total, truth.kernels.length);
    assert.equal(page.matched, truth.kernels.length);
    assert.deepEqual(
      byName(page.rows.map(({ name, total, instances }) => ({ name, total, instances }))),
      byName(truth.kernels.map(({ name, total, instances }) => ({ name, total, instances }))),
    );
    assert.equal(
      page.matchedTime,
      truth.kernels.reduce((sum, { total }) => sum + total, 0),
    );
    assert.ok(Math.abs(page.matchedShare! - 1) < 1e-9);
  });

  it('narrow by component and graph', () => {
    const page = asked.kernels('component:attention in:graph');
    const expected = truth.kernels.filter(
      ({ component, inGraphs }) => component === 'attention' && inGraphs > 0,
    );
    assert.deepEqual(
      page.rows.map(({ name }) => name).sort(),
      expected.map(({ name }) => name).sort(),
    );
    assert.ok(page.matched > 0 && page.matched < page.total);
  });

  it('narrow the figures, not only the rows, by phase', () => {
    for (const phase of ['decode', 'prefill', 'mixed', 'unattributed'] as const) {
      const page = asked.kernels(`phase:${phase}`);
      const expected = truth.kernels.flatMap(({ name, byPhase }) => {
        const part = byPhase.get(phase);
        return part && part.instances > 0 ? [{ name, ...part }] : [];
      });
      assert.deepEqual(
        byName(page.rows.map(({ name, instances, total }) => ({ name, instances, total }))),
        byName(expected),
      );
      assert.equal(page.total, truth.kernels.length);
    }
    assert.equal(asked.kernels('phase:decode', { scope: { phase: 'prefill' } }).matched, 0);
  });

  it('show all rows for a filter that is not understood, and say so', () => {
    const page = asked.kernels('time>5kg');
    assert.equal(page.matched, page.total);
    assert.match(page.filterError!.message, /kg/);
    assert.equal(page.filterError!.at, 6);
  });

  it('are cut from one order, whichever way it is sorted', () => {
    for (const column of [
      'total',
      'name',
      'instances',
      'median',
      'graphShare',
      'apiTime',
    ] as const) {
      for (const descending of [true, false]) {
        const sort = { column, descending };
        const whole = asked.kernels('', { sort }).rows;
        const parts: KernelRow[] = [];
        for (let offset = 0; offset < whole.length; offset += 7) {
          parts.push(...asked.kernels('', { sort, offset, limit: 7 }).rows);
        }
        assert.deepEqual(parts, whole);
        for (let i = 1; i < whole.length; i++) {
          const [a, b] = descending ? [whole[i], whole[i - 1]] : [whole[i - 1], whole[i]];
          const [x, y] = [a[column], b[column]];
          if (typeof x === 'number' && typeof y === 'number') assert.ok(x <= y, column);
        }
      }
    }
  });

  it('hold the launches behind a row, one by one', () => {
    for (const grouping of ['kernel', 'component'] as const satisfies KernelGrouping[]) {
      const { rows } = asked.kernels('', { grouping });
      for (const row of rows.slice(0, 5)) {
        const page = asked.ask('launches', { ...PAGE, grouping, key: row.key });
        assert.equal(page.total, row.instances);
        assert.equal(page.matchedTime, row.total);
        for (const launch of page.rows) {
          assert.equal(launch.start, profile.kernels.start[launch.index]);
          if (grouping === 'kernel') assert.equal(launch.name, row.name);
          else assert.equal(asked.kernels(`name="${launch.name}"`).rows[0].component, row.key);
        }
      }
    }
  });

  it('tell each launch’s step and phase, and choose by them', () => {
    const [row] = asked.kernels('component:gemm').rows;
    const { byPhase } = truth.kernels.find(({ name }) => name === row.name)!;
    const launches = (filter: string) =>
      asked.ask('launches', { ...PAGE, grouping: 'kernel', key: row.key, filter });
    for (const phase of PHASES) {
      const page = launches(`phase:${phase}`);
      assert.equal(page.matched, byPhase.get(phase)?.instances ?? 0, phase);
      assert.equal(page.matchedTime, byPhase.get(phase)?.total ?? 0, phase);
      assert.equal(page.total, row.instances);
      for (const launch of page.rows) {
        assert.equal(launch.phase, phase);
        const step = truth.steps.find(
          (s) => s.start <= launch.start && launch.start < s.end && s.name === launch.step,
        );
        assert.equal(step?.phase ?? 'unattributed', phase);
      }
    }
    assert.equal(
      launches('-phase:decode').matched,
      row.instances - (byPhase.get('decode')?.instances ?? 0),
    );
  });

  it('copy as the same table, exact', () => {
    const sort = { column: 'total' as const, descending: true };
    const page = asked.kernels('component:gemm', { sort });
    const { text, rows, cut } = asked.ask('table', {
      table: 'kernels',
      format: 'csv',
      scope: {},
      filter: 'component:gemm',
      sort,
    });
    assert.equal(rows, page.matched);
    assert.equal(cut, false);
    const { data } = Papa.parse<Record<string, string>>(text.trimEnd(), { header: true });
    assert.deepEqual(
      data.map((row) => [row['Name'], Number(row['Total (ns)']), Number(row['Instances'])]),
      page.rows.map((row) => [row.name, row.total, row.instances]),
    );
  });

  it('copy every table there is', () => {
    const [row] = asked.kernels('').rows;
    const params = { scope: {}, filter: '', grouping: 'kernel', key: row.key } as const;
    for (const table of [
      'kernels',
      'launches',
      'ranges',
      'phases',
      'graphs',
      'transfers',
      'gaps',
      'steps',
      'components',
    ] as const) {
      const csv = asked.ask('table', { ...params, table, format: 'csv' });
      const { data, errors } = Papa.parse<string[]>(csv.text.trimEnd());
      assert.deepEqual(errors, []);
      assert.equal(data.length, csv.rows + 1, table);
      assert.ok(csv.rows > 0, table);
      const markdown = asked.ask('table', { ...params, table, format: 'markdown' });
      assert.equal(markdown.text.trimEnd().split('\n').length, csv.rows + 2, table);
    }
    assert.throws(
      () => asked.ask('table', { table: 'launches', format: 'csv', scope: {}, filter: '' }),
      { code: 'bad-request' },
    );
  });

  it('thin out steps without losing count of them', () => {
    const all = asked.ask('steps', { scope: {}, limit: 100_000 });
    const some = asked.ask('steps', { scope: {}, limit: 4 });
    assert.equal(all.points.length, all.total);
    assert.equal(some.points.length, 4);
    assert.equal(some.total, all.total);
    for (const point of some.points)
      assert.ok(all.points.some(({ start }) => start === point.start));
  });
});

describe('pages of many launches', () => {
  const random = randomNumbers(7);
  const count = 20_000;
  const profile = buildProfile({
    kernels: Array.from({ length: count }, (_, i) => {
      const start = random.whole(0, 1_000_000);
      return { name: 'k', start, end: start + random.whole(1, 50), correlation: i + 1 };
    }),
    // Every third launch has no recorded call.
    api: Array.from({ length: count }, (_, i) => i + 1)
      .filter((correlation) => correlation % 3 !== 0)
      .map((correlation) => {
        const start = random.whole(0, 1_000_000);
        return { start, end: start + random.whole(1, 99), correlation };
      }),
  });
  const asked = new Asked(new Analysis(profile));
  const [{ key }] = asked.kernels('').rows;
  const { kernels, api } = profile;
  const callOf = new Map(Array.from(api.correlation, (correlation, call) => [correlation, call]));

  it('are sorted by any column, ties by start, unknown last', () => {
    const keyOf = {
      duration: (i: number) => kernels.end[i] - kernels.start[i],
      apiTime: (i: number) => {
        const call = callOf.get(kernels.correlation[i]);
        return call === undefined ? undefined : api.end[call] - api.start[call];
      },
      queueTime: (i: number) => {
        const call = callOf.get(kernels.correlation[i]);
        return call === undefined ? undefined : Math.max(0, kernels.start[i] - api.end[call]);
      },
    };
    for (const [column, value] of Object.entries(keyOf)) {
      for (const descending of [false, true]) {
        const expected = Array.from({ length: count }, (_, i) => i)
          .sort((a, b) => kernels.start[a] - kernels.start[b] || a - b)
          .sort((a, b) => {
            const [x, y] = [value(a), value(b)];
            if (x === undefined || y === undefined)
              return Number(x === undefined) - Number(y === undefined);
            return descending ? y - x : x - y;
          });
        const sort = { column: column as 'duration', descending };
        for (const offset of [0, 9_500, count - 3]) {
          const page = asked.ask('launches', {
            ...PAGE,
            grouping: 'kernel',
            key,
            sort,
            offset,
            limit: 500,
          });
          assert.deepEqual(
            page.rows.map(({ index }) => index),
            expected.slice(offset, offset + 500),
            `${column} ${descending} ${offset}`,
          );
        }
      }
    }
  });

  it('are filtered as a recount has it', () => {
    const page = asked.ask('launches', {
      ...PAGE,
      grouping: 'kernel',
      key,
      filter: 'time>=40ns start<500us',
    });
    let expected = 0;
    for (let i = 0; i < count; i++) {
      if (kernels.end[i] - kernels.start[i] >= 40 && kernels.start[i] < 500_000) expected++;
    }
    assert.equal(page.matched, expected);
    assert.equal(page.total, count);
  });

  it('are empty beyond their end', () => {
    const page = asked.ask('launches', { ...PAGE, grouping: 'kernel', key, offset: count + 10 });
    assert.deepEqual(page.rows, []);
    assert.equal(page.matched, count);
    assert.equal(asked.ask('launches', { ...PAGE, grouping: 'kernel', key: 'nothing' }).total, 0);
  });

  it('answer a deep page of a sorted table at once, the second time', async () => {
    const sort = { column: 'duration' as const, descending: true };
    const params = { ...PAGE, grouping: 'kernel' as const, key, sort, offset: 15_000, limit: 100 };
    asked.ask('launches', params);
    const ms = await cost(() => {
      for (let i = 0; i < 20; i++) asked.ask('launches', { ...params, offset: i * 900 });
    });
    assert.ok(ms / 20 < 20, `${ms / 20} ms a page`);
  });
});

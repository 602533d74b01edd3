import assert from 'node:assert/strict';
import { batchUse } from '../../../src/analysis/session/batches';
import {
  graphsOfDescriptors,
  offsetTo,
  StepIndex,
} from '../../../src/analysis/session/cross-reference';
import { coselections, experts, imbalanceOverTime } from '../../../src/analysis/session/experts';
import { sessionFindings } from '../../../src/analysis/session/findings';
import { sessionGraphs } from '../../../src/analysis/session/graphs';
import { evictions, kvCacheUse } from '../../../src/analysis/session/kv-cache';
import { requestTimeline } from '../../../src/analysis/session/requests';
import { inTime } from '../../../src/analysis/session/series';
import type { ExpertBalance } from '../../../src/profile/expert-balance';
import type { Session } from '../../../src/profile/session';
import { readSession } from '../../../src/readers/session';
import { Random } from '../../data/random';
import { expertsSession, Folder, PAIRS_A_LAYER } from './folders';

describe('session analysis', () => {
  let folder: Folder;
  beforeEach(() => (folder = new Folder()));
  afterEach(() => folder.remove());
  const read = (files: Record<string, string>): Promise<Session> => {
    folder.json('metadata.json', {
      schema: 'profilemate-session',
      schema_version: 1,
      start_wall_ns: 1_000_000_000_000,
    });
    folder.json('p1-000001/metadata.json', { schema: 'profilemate-process', pid: 1, rank: 0 });
    for (const [name, text] of Object.entries(files)) folder.write(`p1-000001/${name}`, text);
    return readSession(folder.path);
  };

  it('weighs KV cache use by time, not by row', async () => {
    // 10 % for 9 s, then 95 % for 1 s, in rows that come at different paces.
    const session = await read({
      'kv_cache_usage.csv':
        'timestamp_sec,usage_pct,num_blocks,total_blocks\n0,10,10,100\n9,95,95,100\n9.5,95,95,100\n9.6,95,95,100\n10,70,70,100\n',
    });
    const [use] = kvCacheUse(session, 10);
    assert.ok(Math.abs(use.mean - (0.1 * 9 + 0.95) / 10) < 1e-9);
    assert.ok(Math.abs(use.belowOver - 0.9) < 1e-9);
    assert.ok(Math.abs(use.aboveUnder - 0.1) < 1e-9);
    assert.equal(use.peak, 0.95);
    assert.deepEqual([...use.series.count], [1, 0, 0, 0, 0, 0, 0, 0, 0, 4]);
    assert.ok(Number.isNaN(use.series.mean[3]), 'no row is no zero');
    assert.equal(use.series.min[9], 0.7);
  });

  it('thins evictions evenly, and counts them all', async () => {
    const rows = Array.from({ length: 5000 }, (_, row) => `${row},${row % 20},${row % 7}\n`);
    const session = await read({
      'kv_cache_evictions.csv': `timestamp_sec,lifetime_sec,idle_sec\n${rows.join('')}`,
    });
    const found = evictions(session, 1000);
    assert.equal(found.count, 5000);
    assert.equal(found.points.length, 1000);
    assert.equal(found.shortLived, 0.5);
    assert.ok(Math.abs(found.longIdle - rows.filter((_, row) => row % 7 > 5).length / 5000) < 1e-9);
  });

  it('joins captures and replays of a graph, and what padding costs', async () => {
    const session = await read({
      'cuda_graph_captures.csv':
        'runtime_mode,num_tokens,num_reqs,uniform,has_lora,capture_time_sec,num_active_loras,pieces\nFULL,8,8,True,False,1.5,0,1\nPIECEWISE,8,None,False,False,0.5,0,33\nFULL,4,4,True,False,1,0,1\n',
      'cuda_graph_usage.csv':
        'runtime_mode,num_tokens,num_reqs,uniform,has_lora,replay_count,num_active_loras,tokens_unpadded,tokens_padded\nFULL,8,8,True,False,60,0,360,480\nPIECEWISE,8,None,False,False,20,0,160,160\nNONE,,None,False,False,20,0,9000,9000\n',
    });
    const graphs = sessionGraphs(session);
    assert.equal(graphs.steps, 100);
    assert.equal(graphs.coverage, 0.8);
    assert.equal(graphs.captured, 3);
    assert.equal(graphs.neverUsed, 1);
    assert.equal(graphs.neverUsedTime, 1e9);
    assert.equal(graphs.padding, 120 / 640);
    assert.deepEqual(
      graphs.graphs.map(({ mode, tokens, replays, padding, pieces }) => [
        mode,
        tokens,
        replays,
        padding,
        pieces,
      ]),
      [
        ['FULL', 8, 60, 0.25, 1],
        ['PIECEWISE', 8, 20, 0, 33],
        ['FULL', 4, 0, undefined, 1],
      ],
    );
  });

  it('finds steps where requests wait for nothing that is full', async () => {
    const head =
      'timestamp_sec,num_seqs,max_num_seqs,seq_utilization_pct,num_tokens,max_tokens,token_utilization_pct,phase,running_queue_len,waiting_queue_len\n';
    const rows = Array.from({ length: 200 }, (_, row) =>
      row % 4 === 0
        ? `${row},10,100,10,10,1000,1,decode,10,7\n`
        : `${row},90,100,90,90,1000,9,mixed,90,0\n`,
    );
    const session = await read({ 'batch_utilization.csv': head + rows.join('') });
    const [use] = batchUse(session, 20);
    assert.equal(use.steps, 200);
    assert.equal(use.underused, 0.25);
    assert.ok(Math.abs(use.requestShare! - (50 * 0.1 + 150 * 0.9) / 200) < 1e-9);
    assert.equal(use.mostWaiting, 7);
    assert.ok(sessionFindings(session).some(({ id }) => id === 'batches-underused'));
  });

  it('draws a request with its interruptions', async () => {
    const session = await read({
      'request_lifecycle.csv':
        'request_id,started_sec,preempted_sec,resumed_sec,finished_sec,total_time_sec,preemption_delay_sec,queued_sec,preemptions,finish_reason\n"a,""1""",1,2,5,9,8,2,0.5,2,FINISHED_STOPPED\nb,2,,,4,2,,1,0,FINISHED_ABORTED\n',
      'preemption_events.csv':
        'timestamp_sec,request_id,event,reason,running_time_sec,extra_info\n2,"a,""1""",preempted,kv_blocks,1,\n3,"a,""1""",resumed,,,\n4,"a,""1""",preempted,kv_blocks,1,\n5,"a,""1""",resumed,,,\n',
    });
    const timeline = requestTimeline(session);
    assert.equal(timeline.preempted, 0.5);
    assert.equal(timeline.preemptions, 2);
    assert.deepEqual(timeline.reasons, [{ reason: 'kv_blocks', count: 2 }]);
    const [first, second] = timeline.rows;
    assert.equal(first.request, 'a,"1"');
    assert.deepEqual(
      first.spans.map(({ start, end }) => [start / 1e9, end / 1e9]),
      [
        [1, 2],
        [3, 4],
        [5, 9],
      ],
    );
    assert.deepEqual(second.spans, [{ start: 2e9, end: 4e9 }]);
    assert.equal(second.delay, undefined);
  });

  it('measures how evenly experts are loaded', async () => {
    const session = await read({
      'moe_expert_tracking/moe_expert_activations.csv':
        'layer_idx,expert_id,activation_count,percentage\n0,0,100,25\n0,1,100,25\n0,2,100,25\n0,3,100,25\n7,0,1000,50\n7,1,600,30\n7,2,400,20\n7,3,0,0\n7,-1,5,0\n7,1e9,5,0\n',
      'moe_expert_tracking/moe_expert_coselection.csv':
        'layer_idx,expert_id_1,expert_id_2,coselection_count\n0,0,1,5\n7,1,0,9\n7,2,3,4\n',
    });
    const { layers } = experts(session);
    assert.deepEqual(
      layers.map(({ layer, coverage, ratio, deviation }) => [layer, coverage, ratio, deviation]),
      [
        [0, 1, 1, 0],
        [7, 0.75, Infinity, Math.sqrt((500 ** 2 + 100 ** 2 + 100 ** 2 + 500 ** 2) / 4) / 500],
      ],
    );
    assert.deepEqual(coselections(session), [
      { first: 0, second: 1, count: 14 },
      { first: 2, second: 3, count: 4 },
    ]);
    const finding = sessionFindings(session).find(({ id }) => id === 'expert-imbalance');
    assert.match(finding!.detail, /layer 7: expert 0 has 50\.0 %/);
    // 96 of 128 tokens, in each of twenty steps that the log told.
    const logged = (across?: ExpertBalance['across'], average = 96): ExpertBalance => {
      const sample = { at_utc_ms: 0, avg_tokens: average, max_tokens: 128 };
      const balancedness = average / 128;
      const samples = new Array<typeof sample>(20).fill(sample);
      const model = { balancedness, p50: balancedness, min: balancedness, samples };
      return { schema_version: 1, ...(across && { across }), models: [model] };
    };
    const found = (of: Session, balance?: ExpertBalance) =>
      sessionFindings(of, balance).find(({ id }) => id === 'expert-imbalance');
    const told = (across?: ExpertBalance['across']) => found(session, logged(across))!.detail;
    assert.match(
      told('gpus'),
      /layer 7.* the average GPU had 75\.0 % of the tokens of the busiest/,
    );
    assert.match(told('layers'), /the average layer had 75\.0 %.*does not tell how evenly GPUs/);
    assert.match(told(), /75\.0 %, of GPUs only from 0\.28 on/);
    // Where experts were not counted the log alone tells, if it is of GPUs.
    const silent = await read({ 'moe_expert_tracking/moe_expert_activations.csv': 'layer_idx\n' });
    assert.match(found(silent, logged('gpus'))!.title, /75\.0 % of the tokens of the busiest/);
    assert.equal(found(silent, logged('gpus', 120)), undefined, 'even enough');
    assert.equal(found(silent, logged('layers')), undefined, 'says nothing of GPUs');
    assert.equal(found(silent, logged()), undefined, 'nothing is known of GPUs');
  });

  it('puts rows in the order of time, whatever the order of processes and files', () => {
    const random = new Random(11);
    for (const length of [0, 1, 2, 7, 500]) {
      for (const runs of [1, 2, 3, 40]) {
        const times = Float64Array.from({ length }, (_, row) =>
          random.next() < 0.1 ? NaN : Math.floor(row % Math.ceil(length / runs)) + random.int(0, 1),
        );
        const sorted = [...times.keys()]
          .filter((row) => !Number.isNaN(times[row]))
          .sort((a, b) => times[a] - times[b] || a - b);
        assert.deepEqual([...inTime(times)], sorted);
        const odd = (row: number): boolean => row % 2 === 1;
        assert.deepEqual([...inTime(times, odd)], sorted.filter(odd));
      }
    }
  });

  it('tells the loads of a large model’s experts as they were counted', async () => {
    const truth = expertsSession(folder, { layers: 61, experts: 256, reads: 12 });
    const session = await readSession(folder.path);
    const { layers } = experts(session);
    assert.deepEqual(
      layers.map(({ counts }) => [...counts]),
      truth.counts,
    );
    assert.equal(layers.filter(({ coverage }) => coverage < 1).length, 6);
    for (const layer of [0, 30, 60]) {
      const pairs = coselections(session, layer);
      assert.equal(pairs.length, PAIRS_A_LAYER);
      for (const { first, second, count } of pairs)
        assert.equal(count, truth.pairs[layer].get(`${first} ${second}`));
    }
  });

  it('averages the weights that the router gave, as a count of each token has it', async () => {
    const truth = expertsSession(folder, { layers: 12, experts: 40, reads: 2 });
    const { layers, hasWeights, weightsWithin } = experts(await readSession(folder.path));
    assert.deepEqual([hasWeights, weightsWithin.toFixed(4)], [true, '0.0250']);
    const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-9;
    /** A token at a time. */
    const meanOf = (rows: typeof truth.weights): number => {
      let [sum, tokens] = [0, 0];
      for (const [, , bucket, count] of rows)
        for (let token = 0; token < count; token++, tokens++) sum += (bucket + 0.5) / 20;
      return sum / tokens;
    };
    for (const { layer, counts, weights } of layers) {
      const own = truth.weights.filter(([of]) => of === layer);
      assert.ok(near(weights!.mean, meanOf(own)));
      let [heaviest, most] = [-1, 0];
      counts.forEach((count, expert) => {
        const mean = meanOf(own.filter(([, of]) => of === expert));
        if (count === 0) assert.ok(Number.isNaN(weights!.means[expert]), 'never picked is no zero');
        else assert.ok(near(weights!.means[expert], mean));
        if (mean > most + 1e-9) [heaviest, most] = [expert, mean];
      });
      assert.equal(weights!.heaviest, heaviest);
    }
  });

  it('takes weights that come one by one, and leaves out what is none', async () => {
    const activations = {
      'moe_expert_tracking/moe_expert_activations.csv':
        'layer_idx,expert_id,activation_count\n0,0,2\n0,1,1\n0,2,1\n1,0,4\n',
    };
    const { layers, weightsWithin } = experts(
      await read({
        ...activations,
        'moe_expert_tracking/moe_routing_weights_hist.csv':
          'layer_idx,token_idx,expert_id,weight\n0,0,0,0.5\n0,1,0,0.25\n0,1,1,0.75\n0,2,2,\n0,3,-1,9\n7,0,0,0.5\n',
      }),
    );
    assert.equal(weightsWithin, 0);
    assert.deepEqual(
      layers.map(({ weights }) => weights && [[...weights.means], weights.mean, weights.heaviest]),
      [[[0.375, 0.75], 0.5, 1], undefined],
    );
  });

  it('averages imbalance in each bin of time, and leaves a bin without readings empty', async () => {
    const session = await read({
      'moe_expert_tracking/moe_load_imbalance.csv':
        'layer_idx,timestamp_sec,std_dev,max_min_ratio,mean\n' +
        '0,0,10,2,100\n3,0,50,,100\n0,1,30,4,100\n0,9,20,3,200\n0,10,60,5,200\n',
    });
    const { start, width, layers } = imbalanceOverTime(session, 5)!;
    assert.deepEqual([start, width], [0, 2e9]);
    assert.deepEqual(
      layers.map(({ layer, ratio, deviation }) => [layer, [...ratio], [...deviation]]),
      [
        // The last reading lies at the end of the last bin.
        [0, [3, NaN, NaN, NaN, 4], [0.2, NaN, NaN, NaN, 0.2]],
        [3, [NaN, NaN, NaN, NaN, NaN], [0.5, NaN, NaN, NaN, NaN]],
      ],
    );
    const window = { start: 8e9, end: 9e9 };
    assert.deepEqual([...imbalanceOverTime(session, 1, window)!.layers[0].ratio], [3]);
  });

  it("leads from a profile's graph launches to batch descriptors", async () => {
    const steps = Array.from({ length: 6 }, (_, step) => step);
    const session = await read({
      'forward_pass_timing.csv': `timestamp_sec,phase,batch_size,num_tokens,forward_time_ms,throughput_tokens_per_sec,timing,context_requests,context_tokens,step\n${steps.map((step) => `${10 + step},decode,4,4,5,1,cuda_events,0,0,${step}\n`).join('')}`,
      'cuda_graph_timeline.csv': `timestamp_sec,descriptor,duration_ms,runtime_mode,num_tokens,num_tokens_unpadded,step\n${steps.map((step) => `${10 + step},${step === 5 ? 'NONE' : `FULL num_tokens=${step % 2 === 0 ? 4 : 8}`},5,FULL,4,4,${step}\n`).join('')}`,
    });
    // The profile began 4 s after the session.
    const offset = offsetTo(session, 1_000_000_000_000 + 4e9)!;
    assert.equal(offset, -4e9);
    const index = new StepIndex(session, 0);
    assert.equal(index.at(12.5e9)?.step, 2);
    assert.equal(index.at(9e9), undefined);
    const launches = {
      start: Float64Array.from([1, 6.1, 7.1, 7.2, 8.1, 9.1, 10.1, 11.1, 60], (at) => at * 1e9),
      graphId: [99, 1, 2, 3, 1, 2, 1, 7, 99],
    };
    assert.deepEqual([...index.assign(launches.start, offset)], [-1, 0, 1, 1, 2, 3, 4, 5, -1]);
    assert.deepEqual(graphsOfDescriptors(index, launches, offset), [
      {
        descriptor: 'FULL num_tokens=4',
        graphs: [{ graphId: 1, launches: 3 }],
        launches: 3,
      },
      {
        descriptor: 'FULL num_tokens=8',
        graphs: [
          { graphId: 2, launches: 2 },
          { graphId: 3, launches: 1 },
        ],
        launches: 3,
      },
    ]);
  });

  it('stays silent on thin evidence', async () => {
    const session = await read({
      'kv_cache_usage.csv':
        'timestamp_sec,usage_pct,num_blocks,total_blocks\n0,99,99,100\n1,99,99,100\n',
      'request_lifecycle.csv': 'request_id,finished_sec,preempted_sec\na,2,1\n',
    });
    assert.deepEqual(sessionFindings(session), []);
  });
});

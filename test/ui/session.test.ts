/** Sessions of the runtime layer, from the package, in a real window: every view, and a session that grows. */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { expertsSession, Folder, originalSession } from '../unit/session/folders';
import { interpreters, Run } from '../unit/python/standin';
import { eventually } from '../harness/patience';
import { twoGpus } from '../harness/two-gpus';
import { fits, says, Studio, TEST_LIMIT, themes, type Theme, type Workbench } from './workbench';

const python = interpreters().values().next().value;
/** Wall clock of the timeline's time 0. */
const TIMELINE_EPOCH = 1.7720000001234568e18;

/** Each view, and what its first line must say. */
const VIEWS = [
  ['Overview', /steps in .*KV cache was .* full on average/],
  ['KV Cache', /KV cache was .* full on average/],
  ['Requests', /requests finished/],
  ['Batches', /steps: .*requests wait on average/],
  ['Latency', /Decode: .* p50 /],
  ['CUDA Graphs', /replayed a CUDA graph/],
  ['CPU', /of the engine’s time/],
  ['Experts', /layers of experts/],
  ['Steps and Timeline', /steps of the model/],
] as const;

/** As large as models with experts are today. */
const LARGE = { layers: 61, experts: 256 };

describe('sessions, from the package, in a real window', function () {
  this.timeout(TEST_LIMIT);
  let studio: Studio;
  let window: Workbench | undefined;
  let run: Run | undefined;

  before(async () => {
    studio = await Studio.start();
    const { folder } = studio.workspace;
    const original = new Folder();
    originalSession(original);
    cpSync(original.path, path.join(folder, 'session_original'), { recursive: true });
    original.remove();
    const experts = new Folder();
    expertsSession(experts, LARGE);
    cpSync(experts.path, path.join(folder, 'session_experts'), { recursive: true });
    experts.remove();
    const live = path.join(folder, 'session_live/p7-0000aa');
    mkdirSync(live, { recursive: true });
    writeFileSync(
      path.join(folder, 'session_live/metadata.json'),
      JSON.stringify({ schema: 'profilemate-session', start_wall_ns: 1.76e18 }),
    );
    writeFileSync(
      path.join(live, 'metadata.json'),
      JSON.stringify({ schema: 'profilemate-process', pid: 7, state: 'running' }),
    );
    writeFileSync(path.join(live, 'kv_cache_usage.csv'), 'timestamp_sec,usage_pct\n0,10\n1,20\n');
    // Beside a timeline, whose clock it shares: a step every 10 ms of its time.
    const beside = path.join(folder, 'run_two_gpus/runtime');
    mkdirSync(beside, { recursive: true });
    cpSync(twoGpus(), path.join(folder, 'run_two_gpus/trace.nsys.sqlite'));
    writeFileSync(
      path.join(folder, 'run_two_gpus/run.json'),
      JSON.stringify({
        schema_version: 1,
        state: 'done',
        model: 'm',
        started: '2026-01-01T00:00:00Z',
        files: { timelines: ['trace.nsys.sqlite'], torch: [], reports: [], runtime: 'runtime' },
      }),
    );
    writeFileSync(
      path.join(beside, 'metadata.json'),
      JSON.stringify({ schema: 'profilemate-session', start_wall_ns: TIMELINE_EPOCH }),
    );
    mkdirSync(path.join(beside, 'p1-0000aa'));
    writeFileSync(
      path.join(beside, 'p1-0000aa/metadata.json'),
      JSON.stringify({ schema: 'profilemate-process', state: 'finished' }),
    );
    const steps = Array.from({ length: 30 }, (_, step) => step);
    writeFileSync(
      path.join(beside, 'p1-0000aa/forward_pass_timing.csv'),
      `timestamp_sec,phase,batch_size,num_tokens,forward_time_ms,step\n${steps
        .map((step) => `${1 + step / 100},decode,8,8,5,${step}\n`)
        .join('')}`,
    );
    writeFileSync(
      path.join(beside, 'p1-0000aa/cuda_graph_timeline.csv'),
      `timestamp_sec,descriptor,step\n${steps
        .map((step) => `${1 + step / 100},FULL num_tokens=8,${step}\n`)
        .join('')}`,
    );
    if (python === undefined) {
      console.warn(
        'NOT TESTED: the views of a whole session, for there is no Python 3.9 or later.',
      );
      return;
    }
    run = new Run({
      python,
      runner: 'V2',
      args: ['--tp', '2', '--requests', '120', '--images', '--step-seconds', '0.002'],
      environment: { PROFILEMATE_MOE: '1', PROFILEMATE_MOE_SECONDS: '0.2' },
    });
    assert.equal(await run.wait(), 0, run.stderr);
    cpSync(run.session, path.join(folder, 'session_whole'), { recursive: true });
  });
  after(async () => {
    run?.done();
    await studio?.stop();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await window?.picture(`failed ${this.currentTest.title}`);
    await window?.close();
    window = undefined;
  });

  async function open(name: string, theme: Theme = 'dark', width = 1600): Promise<FrameLocator> {
    window = await studio.open({ theme, width, height: 1000 });
    await window.fileAction(name, 'Open as ProfileMate Session');
    const view = window.view();
    await view.locator('.lead').first().waitFor();
    return view;
  }

  if (python !== undefined)
    for (const theme of Object.keys(themes) as Theme[])
      for (const width of [800, 1600])
        it(`shows every view, ${theme}, ${width} px`, async () => {
          await open('session_whole', theme, width);
          for (const [title, sentence] of VIEWS) {
            const panel = await window!.show(title);
            await says(panel.locator('.lead').first(), sentence);
            await fits(panel, title);
            await window!.picture(`session ${title} ${theme} ${width}`);
            // However many tabs there are, the one that is shown is in sight.
            const tab = window!.view().getByRole('tab', { name: title, exact: true });
            await eventually(async () => {
              const box = (await tab.boundingBox())!;
              const bar = (await window!.view().locator('.tabs').boundingBox())!;
              assert.ok(box.x >= bar.x && box.x + box.width <= bar.x + bar.width + 1, title);
            });
            if (title === 'Latency') await panel.getByText(/The encoder takes/).waitFor();
          }
        });

  for (const [theme, width] of [
    ['light', 800],
    ['dark', 1600],
    ['contrast', 800],
  ] as const)
    it(`shows ${LARGE.layers} layers of ${LARGE.experts} experts, ${theme}, ${width} px`, async () => {
      await open('session_experts', theme, width);
      const panel = await window!.show('Experts');
      await panel.locator('.lead', { hasText: 'Layer 60 is loaded least evenly' }).waitFor();
      const layers = panel.locator('pm-heat').first();
      await layers.locator('canvas').focus();
      for (const key of ['End', 'ArrowDown', 'Home']) await layers.press(key);
      // Layer 1 falls off a little; its expert 0 is in rank 31.
      await layers.getByText('Layer 1, Expert 0: 1.02 × an even share').waitFor();
      await window!.picture(`session experts large ${theme} ${width}`);
      const pairs = panel.locator('pm-heat').nth(1);
      await pairs.scrollIntoViewIfNeeded();
      await panel.getByText('layer 60, the least even').first().waitFor();
      await layers.locator('canvas').press('Enter');
      await panel.getByText('layer 1 ·').first().waitFor();
      await pairs.scrollIntoViewIfNeeded();
      await window!.picture(`session experts large pairs ${theme} ${width}`);
    });

  it('says of the original tool’s session what it does not have', async () => {
    const view = await open('session_original');
    const panel = await window!.show('CPU');
    await panel.getByText('The session has no cpu_operations_timing.csv').waitFor();
    const overview = await window!.show('Overview');
    await overview.getByText('Batches: the session has no batch_utilization.csv.').waitFor();
    const tab = { name: 'Run', exact: true };
    assert.equal(await view.getByRole('tab', tab).count(), 0, 'it lies in no run');
    await window!.picture('session original');
  });

  it('leads from a step to the same time of the run’s timeline', async () => {
    window = await studio.open({ width: 1600, height: 1000 });
    await window.file('run_two_gpus').click();
    await window.fileAction('runtime', 'Open as ProfileMate Session');
    const view = window.view();
    await view.locator('.lead').first().waitFor();
    const panel = await window.show('Steps and Timeline');
    await panel.getByText('Kernels of the replays of FULL num_tokens=8').waitFor();
    await window.picture('session beside timeline');
    // What the session was recorded in is one tab away, as on every profile of a run.
    const run = await window.show('Run');
    await run.getByRole('button', { name: 'trace.nsys.sqlite' }).waitFor();
    await window.picture('session run');
    await window.show('Steps and Timeline');
    await panel.locator('.grid-row', { hasText: '1.050000' }).first().dblclick();
    await window.tab('trace.nsys.sqlite').waitFor();
    await window.view().locator('.crumb', { hasText: '1.04' }).waitFor();
    await window.picture('session led to timeline');
  });

  it('follows a session that grows, and keeps what is chosen', async () => {
    const view = await open('session_live');
    const panel = await window!.show('KV Cache');
    await panel.locator('.grid-rows .grid-row').first().click();
    await view.getByText('No new rows').waitFor();
    const file = path.join(studio.workspace.folder, 'session_live/p7-0000aa/kv_cache_usage.csv');
    appendFileSync(file, '2,95\n3,95\n');
    await view.locator('.live.growing').waitFor();
    await panel.locator('.lead', { hasText: '95.0 % at its peak' }).waitFor();
    await panel.locator('.grid-row.selected').waitFor();
    await window!.picture('session live');
  });
});

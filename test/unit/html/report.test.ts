import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { Analysis } from '../../../src/analysis/analysis';
import { compare, readClient, snapshotOfAnalysis } from '../../../src/analysis/compare';
import { ncuResults } from '../../../src/cli/kernel-report';
import { resultsOf } from '../../../src/cli/results';
import { sessionResults } from '../../../src/cli/session-results';
import type { Profile } from '../../../src/profile/model';
import { formatTime } from '../../../src/profile/format';
import { renderReport, type ReportInputs } from '../../../src/report/html/report';
import { MODEL } from '../../data/kernels';
import type { Truth } from '../../data/truth';
import { generated } from '../analysis/generated';
import { SMALL } from '../compare/runs';
import { Folder, originalSession } from '../session/folders';

const FRAME = { madeAt: '2026-03-01T00:00:00.000Z', version: '1.2.3' };
const HOSTILE = `"><img src=x onerror=alert(1)></script><script>alert('\u202e&lt;')</script>`;
const VOID = new Set(['meta', 'link', 'br', 'img', 'input', '!doctype']);

/** Every element is closed, in order. */
function assertWellFormed(page: string): void {
  const open: string[] = [];
  for (const [, closing, name, self] of page.matchAll(
    /<(\/?)([!a-zA-Z][\w-]*)(?:"[^"]*"|[^>"])*?(\/?)>/g,
  )) {
    const tag = name.toLowerCase();
    if (closing) assert.equal(open.pop(), tag, `</${tag}>`);
    else if (!VOID.has(tag) && !self) open.push(tag);
  }
  assert.deepEqual(open, []);
}

/** Nothing in the page makes a browser ask for anything or run anything. */
function assertHarmless(page: string): void {
  const ids = new Set([...page.matchAll(/ id="([\w-]+)"/g)].map(([, id]) => id));
  // The only links are those within the page, and lead somewhere.
  const outside = page.replace(/<a href="#([\w-]+)">/g, (_, id: string) => {
    assert.ok(ids.has(id), id);
    return '<b>';
  });
  assert.doesNotMatch(
    outside,
    /<(script|iframe|object|embed|link|img|image|base|form|use|foreignObject|audio|video|source|a)\b/i,
  );
  assert.doesNotMatch(
    outside,
    /\s(src|href|srcset|xlink:href|style|action|on\w+)\s*=\s*["'][^>]*>/i,
  );
  assert.doesNotMatch(/<style>([\s\S]*?)<\/style>/.exec(page)![1], /url\(|@import|@font-face/i);
  const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/
    .exec(page)![1]
    .replaceAll('&#39;', "'");
  assert.match(
    policy,
    /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'$/,
  );
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)![1];
  assert.ok(policy.includes(createHash('sha256').update(style).digest('base64')));
}

/** Text of the page as a browser shows it. */
const textOf = (page: string): string =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

describe('the HTML report', function () {
  let profile: Profile;
  let truth: Truth;
  let inputs: ReportInputs;
  before(async () => {
    ({ profile, truth } = await generated({ ...SMALL, load: 1 }));
    const slower = await generated({
      ...SMALL,
      load: 1,
      seed: 2,
      slower: { kernel: 'gateUp', factor: 1.15 },
    });
    const folder = new Folder();
    originalSession(folder);
    const session = { ...(await sessionResults(folder.path)), name: 's' };
    folder.remove();
    const snapshot = (of: Profile) => snapshotOfAnalysis(new Analysis(of), { label: 'x' });
    inputs = {
      ...FRAME,
      timeline: resultsOf(profile),
      client: readClient({ ttft_ms: { p50: 21.5, p99: 40 }, output_throughput: 1234 }),
      session,
      comparison: compare([snapshot(profile)], [snapshot(slower.profile)]),
    };
  });

  it('has a section for everything it was given, and is one harmless page', () => {
    const page = renderReport(inputs);
    for (const title of [
      'Against the baseline',
      'What stands out',
      'Prefill and decode',
      'What the client saw',
      'Components',
      'Kernels',
      'CUDA graphs',
      'GPU busy and idle',
      'Memory',
      'Runtime session s',
      'How it was captured',
    ])
      assert.match(page, new RegExp(`<h2 id="[\\w-]+">${title}</h2>`));
    assertWellFormed(page);
    assertHarmless(page);
    assert.match(page, /prefers-color-scheme:dark/);
    assert.match(page, /@media print/);
  });

  it('shows the figures of the results, in charts and in the tables behind them', () => {
    const text = textOf(renderReport(inputs)).replace(/\s+/g, ' ');
    const { kernels, overview } = inputs.timeline!;
    for (const row of kernels.slice(0, 10)) {
      assert.ok(text.includes(row.name.replace(/\s+/g, ' ')), row.name);
      assert.ok(
        text.split(formatTime(row.total)).length > 2,
        `${row.name} ${formatTime(row.total)}`,
      );
    }
    for (const { component, total } of overview.components.filter(({ instances }) => instances > 0))
      assert.ok(text.split(formatTime(total)).length > 2, component);
    assert.ok(text.includes(MODEL.gateUp.demangled));
    assert.match(text, /21\.5 ms/);
    assert.match(text, /FULL 256 tokens/);
    assert.match(text, /Times are per engine step, unless they say otherwise: 40 steps and/);
  });

  it('has other colours for phases than for components, and one for each', () => {
    const page = renderReport(inputs);
    const coloursOf = (id: string): string[] => {
      const from = page.indexOf(`<h2 id="${id}"`);
      const section = page.slice(from, page.indexOf('<h2 ', from + 1));
      return [...section.matchAll(/<rect[^>]*class="(c\d+)"/g)].map(([, colour]) => colour);
    };
    const [phases, components] = [new Set(coloursOf('phases')), coloursOf('components')];
    assert.ok(phases.size > 2 && components.length > 4);
    assert.equal(new Set(components).size, components.length);
    for (const colour of components) assert.equal(phases.has(colour), false, colour);
    const styled = new Set([...page.matchAll(/\.(c\d+)\{fill:/g)].map(([, colour]) => colour));
    for (const colour of [...phases, ...components]) assert.ok(styled.has(colour), colour);
  });

  it('keeps hostile names text, wherever they stand', () => {
    const timeline = inputs.timeline!;
    const page = renderReport({
      ...inputs,
      title: HOSTILE,
      timeline: {
        ...timeline,
        source: { ...timeline.source, path: `/x/${HOSTILE}` },
        kernels: timeline.kernels.map((row) => ({ ...row, name: HOSTILE })),
        overview: {
          ...timeline.overview,
          tool: HOSTILE,
          command: HOSTILE,
          findings: timeline.overview.findings.map((finding) => ({
            ...finding,
            title: HOSTILE,
            detail: HOSTILE,
          })),
          gaps: [{ id: 'x', text: HOSTILE, remedy: HOSTILE }],
          diagnostics: [{ severity: 'error', text: HOSTILE }],
          devices: timeline.overview.devices.map((device) => ({ ...device, name: HOSTILE })),
        },
        utilisation: {
          ...timeline.utilisation,
          devices: timeline.utilisation.devices.map((device) => ({ ...device, name: HOSTILE })),
          gaps: timeline.utilisation.gaps.map((gap) => ({
            ...gap,
            before: HOSTILE,
            after: HOSTILE,
          })),
        },
        memory: {
          ...timeline.memory,
          transfers: timeline.memory.transfers.map((row) => ({
            ...row,
            operation: HOSTILE,
            memory: HOSTILE,
          })),
        },
      },
      session: {
        ...inputs.session!,
        name: HOSTILE,
        latency: inputs.session!.latency.map((row) => ({ ...row, phase: HOSTILE })),
        graphs: {
          ...inputs.session!.graphs,
          graphs: inputs.session!.graphs.graphs.map((graph) => ({ ...graph, mode: HOSTILE })),
        },
        processes: inputs.session!.processes.map((process) => ({
          ...process,
          vllmVersion: HOSTILE,
          limits: [{ tracker: 'x', statement: HOSTILE }],
        })),
      },
      trace: {
        source: { ...timeline.source, path: `/x/${HOSTILE}` },
        operators: {
          coverage: 1,
          joinedBy: 'id',
          rows: [
            {
              id: 0,
              kind: 'operator',
              name: HOSTILE,
              shapes: '',
              types: '',
              count: 1,
              cpuTotal: 1,
              cpuSelf: 1,
              gpuTotal: 1,
              gpuSelf: 1,
              gpuShare: 1,
              flops: undefined,
            },
          ],
        },
      },
      run: {
        model: HOSTILE,
        mode: HOSTILE,
        started: HOSTILE,
        seconds: 1,
        gpus: [HOSTILE],
        versions: { [HOSTILE]: HOSTILE },
        commit: HOSTILE,
        notes: [HOSTILE],
      },
    });
    assertHarmless(page);
    assertWellFormed(page);
    assert.doesNotMatch(page, /\u202e/);
    assert.ok(textOf(page).includes(HOSTILE.replace('\u202e', '\ufffd')));
  });

  it('holds nothing of the environment', () => {
    const page = renderReport(inputs);
    assert.ok(truth.secrets.length > 0);
    for (const secret of truth.secrets) assert.ok(!page.includes(secret));
  });

  it('is made of whatever there is', () => {
    for (const some of [
      {},
      { client: inputs.client },
      { session: inputs.session },
      { timeline: inputs.timeline },
      { comparison: inputs.comparison },
    ]) {
      const page = renderReport({ ...FRAME, ...some });
      assertWellFormed(page);
      assertHarmless(page);
    }
    assert.equal(renderReport(inputs), renderReport(inputs));
  });

  it('can be made of a run in which nothing was recorded', async () => {
    const empty = await generated({ ...SMALL, steps: 0, stepFormat: 'none' });
    const page = renderReport({ ...FRAME, timeline: resultsOf(empty.profile) });
    assertWellFormed(page);
    assert.doesNotMatch(page, /NaN|undefined|Infinity/);
  });

  it('draws what Nsight Compute measured', async function () {
    const folder = process.env.PROFILEMATE_REAL_PROFILES ?? '../shared/data';
    const pages = [
      ['JakeFlasher__kvcache_window-1024.ncu2024.raw.csv', /Memory bandwidth/],
      ['Olajide-Badejo__gemm_naive.csv', /How it was captured/],
    ] as const;
    for (const [name, expected] of pages) {
      const file = join(folder, 'ncu', name);
      if (!existsSync(file)) {
        console.log(
          `\n  NOT TESTED: ${pages.length} real kernel reports, as ${file} is not there.\n`,
        );
        this.skip();
      }
      const page = renderReport({ ...FRAME, ncu: await ncuResults(file) });
      assertWellFormed(page);
      assertHarmless(page);
      assert.match(page, expected);
      assert.doesNotMatch(page, /NaN|undefined|Infinity/);
    }
  });
});

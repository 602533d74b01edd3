import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Papa from 'papaparse';
import { H100, measured, rawPage, twoGpusResults } from '../../data/ncu';
import { build, profilemate } from '../cli/run';
import { realFiles, realPath } from '../ncu/printed';
import { twoGpus } from '../../harness/two-gpus';

const TIMELINE = twoGpus();

interface Document {
  readonly schema_version: number;
  readonly total_kernels: number;
  readonly total_launches: number;
  readonly roofline_summary: Readonly<Record<string, number>>;
  readonly moe_analysis: { readonly moe_kernels_found: boolean };
  readonly top_kernels_by_bandwidth: readonly {
    readonly kernel_name: string;
    readonly bandwidth_gbps: number;
  }[];
  readonly report: { readonly file: string; readonly devices: readonly string[] };
  readonly timeline?: {
    readonly file: string;
    readonly profiled_percent: number;
    readonly kernels: readonly { readonly kernel: string; readonly percent: number }[];
    readonly not_on_timeline: readonly string[];
    readonly not_profiled: readonly { readonly kernel: string; readonly command?: string }[];
  };
}

describe('profilemate analyze, of Nsight Compute results', function () {
  let folder: string;
  let file: string;
  before(() => build());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'profilemate ncu '));
    file = join(folder, 'results.csv');
    writeFileSync(file, twoGpusResults());
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const table = (name: string): Record<string, string>[] =>
    Papa.parse<Record<string, string>>(readFileSync(join(folder, name), 'utf8'), {
      header: true,
      skipEmptyLines: true,
    }).data;

  it('prints what was measured, the kernels, the roofline and what to know', () => {
    const { status, stdout, stderr } = profilemate('analyze', file);
    assert.equal(stderr, '');
    assert.equal(status, 0);
    assert.match(stdout, /6 launches of 5 kernels · raw page · base units/);
    assert.match(stdout, /Held back: 2 by memory, 1 by compute, 2 by latency/);
    for (const section of ['Kernels', 'Roofline', 'What to know'])
      assert.match(stdout, new RegExp(`^== ${section} ==$`, 'm'));
    assert.match(stdout, /^nvjet_tst_192x192\S+ +gemm .* compute +86\.0 %/m);
    assert.match(stdout, /locks clocks/);
    assert.doesNotMatch(stdout, /== Timeline ==/);
  });

  it('says why a kernel has no bound, and why it is not on the roofline', () => {
    const page = join(folder, 'few.csv');
    writeFileSync(
      page,
      rawPage([
        { name: 'copy', metrics: { 'gpu__time_duration.sum': 1000 } },
        { name: 'fill', metrics: {} },
      ]),
    );
    const { stdout } = profilemate('analyze', page);
    assert.match(stdout, /Held back: 2 not known\./);
    assert.match(stdout, /What holds 2 kernels back is not known, .*--section SpeedOfLight/);
    assert.match(
      stdout,
      /2 kernels are not on it: 1 without a count of operations, 1 without a duration\./,
    );
  });

  it('writes the tables and the document', () => {
    assert.equal(profilemate('analyze', file, '-o', folder).status, 0);
    assert.deepEqual(readdirSync(folder).sort(), [
      'kernel_bandwidth_metrics.csv',
      'ncu_summary.json',
      'results.csv',
      'roofline_data.csv',
    ]);
    const bandwidth = table('kernel_bandwidth_metrics.csv');
    assert.equal(bandwidth.length, 5);
    const gemm = bandwidth.find((row) => row['kernel_name'].startsWith('nvjet_tst_192'))!;
    // Bytes of both launches by the time of both.
    assert.equal(Number(gemm['bandwidth_gbps']), (2 * 3e8) / (410e3 + 402e3));
    assert.equal(gemm['launches'], '2');
    assert.equal(gemm['dram_read_bytes'], '', 'not measured is empty, not zero');
    const roofs = table('roofline_data.csv');
    const norm = roofs.find((row) => row['kernel_name'].startsWith('triton_red'))!;
    assert.equal(Number(norm['flops']), 2 * 4e6);
    assert.equal(Number(norm['arithmetic_intensity']), (2 * 4e6) / 2.1e7);
    assert.equal(norm['nearest_roof'], 'dram');
    const share = ((2.1e7 / 9e3) * 1e9) / (H100.bus * H100.dramClock);
    assert.ok(Math.abs(Number(norm['roof_share_pct']) / 100 - share) < 1e-9);
    const document = JSON.parse(readFileSync(join(folder, 'ncu_summary.json'), 'utf8')) as Document;
    assert.equal(document.schema_version, 1);
    assert.equal(document.total_kernels, 5);
    assert.equal(document.total_launches, 6);
    assert.deepEqual(document.roofline_summary, {
      compute_bound: 1,
      memory_bound: 2,
      latency_bound: 2,
      unknown: 0,
    });
    assert.equal(document.moe_analysis.moe_kernels_found, false);
    assert.ok(document.top_kernels_by_bandwidth[0].kernel_name.startsWith('nvjet_tst_128x160'));
    assert.deepEqual(document.report.devices, ['NVIDIA H100 80GB HBM3']);
  });

  it('prints the same document as JSON', () => {
    profilemate('analyze', file, '-o', folder);
    const { stdout } = profilemate('analyze', '--json', file);
    assert.equal(stdout, readFileSync(join(folder, 'ncu_summary.json'), 'utf8'));
  });

  it('sets the kernels beside a timeline', () => {
    const { status, stdout } = profilemate('analyze', file, '--timeline', TIMELINE, '--json');
    assert.equal(status, 0);
    const { timeline } = JSON.parse(stdout) as Document;
    const sample = JSON.parse(profilemate('analyze', '--json', TIMELINE).stdout) as {
      kernels: { name: string; percent: number }[];
    };
    const percentOf = (start: string): number =>
      sample.kernels.find(({ name }) => name.startsWith(start))!.percent;
    const near = (actual: number, expected: number): void =>
      assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);
    assert.ok(timeline);
    near(timeline.kernels[0].percent, percentOf('nvjet_tst_192x192'));
    near(
      timeline.profiled_percent,
      ['nvjet_tst_192x192', 'nvjet_tst_128x160', 'triton_red_fused__to_copy', 'void vllm::rotary']
        .map(percentOf)
        .reduce((a, b) => a + b),
    );
    assert.deepEqual(timeline.not_on_timeline, ['my_own_kernel(float *)']);
    const missed = timeline.not_profiled.map(({ kernel }) => kernel);
    for (const { name, percent } of sample.kernels) {
      if (percent < 1) continue;
      const profiled = timeline.kernels.length > 0 && !missed.includes(name);
      assert.ok(
        !profiled || /192x192|128x160|triton_red_fused__to_copy|rotary/.test(name),
        `${name} was neither profiled nor missed`,
      );
    }
    const nccl = timeline.not_profiled.find(({ kernel }) => kernel.startsWith('ncclDevKernel'))!;
    assert.equal(nccl.command, undefined, 'a kernel that waits for others would hang');

    const text = profilemate('analyze', file, '--timeline', TIMELINE).stdout;
    assert.match(text, /== Timeline ==/);
    assert.match(text, /ncu --set full .* --launch-skip \d+ --launch-count 3/);
  });

  it('refuses a timeline beside a timeline', () => {
    const { status, stdout, stderr } = profilemate('analyze', TIMELINE, '--timeline', TIMELINE);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^profilemate: --timeline goes with a Nsight Compute CSV[^\n]*\n$/);
  });

  it('knows a page by its content, and passes over other CSVs of a folder', () => {
    const inner = join(folder, 'runs');
    mkdirSync(inner);
    writeFileSync(join(inner, 'numbers.csv'), 'a,b\n1,2\n');
    writeFileSync(join(inner, 'page.csv'), twoGpusResults());
    const one = profilemate('analyze', inner);
    assert.equal(one.status, 0, one.stderr);
    assert.equal(one.stderr, '');
    assert.match(one.stdout, /page\.csv/);
    const page = join(folder, 'no suffix');
    writeFileSync(page, twoGpusResults());
    assert.match(profilemate('analyze', page).stdout, /6 launches of 5 kernels/);
  });

  it('says in one sentence what a file is that is no page', () => {
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['other.csv', 'a,b\n1,2\n', /not a Nsight Compute CSV/],
      ['log.csv', '==PROF== Connected to process 1 (x)\n', /no kernel was captured/],
      ['r.ncu-rep', 'NVR\0\x01\x02', /ncu --import/],
      ['empty.csv', '', /is empty/],
    ];
    for (const [name, content, says] of cases) {
      const path = join(folder, name);
      writeFileSync(path, content);
      const { status, stdout, stderr } = profilemate('analyze', path);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /^profilemate: [^\n]+\n$/);
      assert.match(stderr, says);
    }
  });

  it('hands no name over as a formula, or to the terminal', () => {
    const name = '=HYPERLINK("http://x")\x1b[2J';
    writeFileSync(
      file,
      rawPage([measured({ name, ns: 1e3, bytes: 1e3, fma: 1, memory: 1, sm: 1 })]),
    );
    const { stdout } = profilemate('analyze', file, '-o', folder);
    assert.doesNotMatch(stdout, /\x1b/); // eslint-disable-line no-control-regex
    for (const csv of ['kernel_bandwidth_metrics.csv', 'roofline_data.csv'])
      assert.ok(table(csv)[0]['kernel_name'].startsWith(`'=`), csv);
  });

  const real = realFiles.length > 0 ? it : it.skip;
  real(
    `analyses each of ${realFiles.length} real files, or says in a sentence why not`,
    function () {
      for (const name of realFiles) {
        const { status, stderr } = profilemate('analyze', '--json', realPath(name));
        assert.ok(status === 0 || /^profilemate: [^\n]+\n$/.test(stderr), `${name}: ${stderr}`);
        assert.doesNotMatch(stderr, /mistake in ProfileMate/);
      }
    },
  );
});

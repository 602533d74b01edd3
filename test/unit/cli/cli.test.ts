import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import { version } from '../../../package.json';
import type { Summary } from '../../../src/profile/summary';
import { trace } from '../../data/torch/trace';
import { oracleProfiles } from '../real';
import { build, CLI, inShell, profilemate, Workplace } from './run';

describe('the profilemate command', function () {
  let place: Workplace;
  before(() => build());
  beforeEach(() => (place = new Workplace()));
  afterEach(() => place.remove());

  /** Exit status 2, nothing on stdout, one sentence on stderr. */
  function refuses(args: readonly string[], ...says: readonly RegExp[]): void {
    const { status, stdout, stderr } = profilemate(...args);
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^profilemate: [^\n]+\n$/);
    assert.doesNotMatch(stderr, /mistake in ProfileMate|\n\s+at /);
    for (const what of says) assert.match(stderr, what);
  }

  describe('itself', () => {
    it('helps, and tells its version', () => {
      assert.equal(profilemate('--version').stdout, `${version}\n`);
      for (const args of [['--help'], ['-h'], ['help'], ['analyze', '--help'], ['stats', '-h']]) {
        const { status, stdout, stderr } = profilemate(...args);
        assert.equal(status, 0);
        assert.match(stdout, /^Usage: profilemate /);
        assert.match(stdout, /Exit status/);
        assert.equal(stderr, '');
      }
    });

    it('refuses what it does not know', () => {
      refuses([], /--help/);
      refuses(['analyse'], /'analyse'.*analyze, stats/);
      refuses(['analyze', '--nope', 'x'], /--nope/, /analyze --help/);
      refuses(['analyze'], /expects one/);
      refuses(['analyze', 'a', 'b'], /got 2: a, b/);
      refuses(['analyze', place.profile, '-o'], /output/);
    });

    it('does not mind a reader that has seen enough', async () => {
      const { status, stdout, stderr } = await inShell(
        `$CLI analyze --json '${place.profile}' | head -n 2`,
      );
      assert.equal(stderr, '');
      assert.equal(stdout.split('\n').length, 3);
      assert.equal(status, 0);
    });
  });

  describe('a file that may be called anything', () => {
    it('is named without what a terminal would obey', () => {
      refuses(['analyze', 'a\u001b[31m\r\nb'], /Cannot open a�\[31m��b: /);
    });

    it('is not waited for where it is a pipe', () => {
      if (process.platform === 'win32') return;
      const pipe = join(place.folder, 'a.sqlite');
      execFileSync('mkfifo', [pipe]);
      refuses(['analyze', pipe], /is a pipe: a file was expected/);
      refuses(['stats', '-r', 'nvtx_sum', pipe], /is a pipe/);
    });
  });

  it('says in one sentence that its output could not be written', async () => {
    if (!existsSync('/dev/full')) return;
    const { status, stderr } = await inShell(`$CLI analyze '${place.profile}' >/dev/full`);
    assert.equal(stderr, 'profilemate: Cannot write the output: the disk is full.\n');
    assert.equal(status, 2);
  });

  it('says in one sentence that no folder can be made where it was told to write', async () => {
    if (!existsSync('/proc/self')) return;
    for (const folder of ['/proc/profilemate', '/proc/profilemate/below']) {
      // Node's own recursive mkdir never ends there; the limit only ends a hang.
      const analyze = `timeout 60 $CLI analyze '${place.profile}' -o ${folder}`;
      const { status, stderr } = await inShell(analyze);
      assert.equal(
        stderr,
        `profilemate: Cannot write to folder ${folder}: no folder can be made there. Name another one with -o.\n`,
      );
      assert.equal(status, 2);
    }
  });

  describe('analyze', () => {
    it('prints the sections as text, and writes nothing', () => {
      const before = readdirSync(place.folder);
      const { status, stdout, stderr } = profilemate('analyze', place.profile);
      assert.equal(status, 0);
      assert.equal(stderr, '', 'no progress in a pipe');
      assert.match(stdout, /== Prefill and decode ==/);
      assert.match(stdout, /decode +\d+/);
      assert.deepEqual(readdirSync(place.folder), before);
    });

    it('prints one document as JSON', () => {
      const { stdout } = profilemate('analyze', '--json', place.profile);
      const summary = JSON.parse(stdout) as Summary;
      const { truth } = place;
      assert.equal(summary.schema_version, 1);
      assert.equal(summary.generator.version, version);
      assert.equal(summary.prefill_decode.decode.count, truth.phases.decode.steps);
      assert.equal(summary.prefill_decode.decode.total_ms, truth.phases.decode.busy / 1e6);
      assert.equal(summary.profile.file, 'run.nsys.sqlite');
    });

    it('writes its files into a folder that it makes, a row an event', () => {
      const out = place.path('a', 'b');
      const { status } = profilemate('analyze', place.profile, '-o', out, '--json');
      assert.equal(status, 0);
      assert.deepEqual(readdirSync(out).sort(), [
        'kernel_stats.csv',
        'memcpy_stats.csv',
        'nvtx_ranges.csv',
        'summary.json',
      ]);
      const { counts, kernels } = place.truth;
      for (const [file, rows] of [
        ['kernel_stats.csv', counts.kernels],
        ['memcpy_stats.csv', counts.memcpys],
        ['nvtx_ranges.csv', counts.ranges],
      ] as const) {
        const text = readFileSync(join(out, file), 'utf8');
        const { data, errors } = Papa.parse(text.trimEnd(), { header: true });
        assert.deepEqual(errors, []);
        assert.equal(data.length, rows, file);
      }
      const text = readFileSync(join(out, 'kernel_stats.csv'), 'utf8').trimEnd();
      const { data } = Papa.parse<Record<string, string>>(text, { header: true });
      for (const kernel of kernels) {
        const own = data.filter((row) => row.kernel_name === kernel.name);
        assert.equal(own.length, kernel.instances);
        const total = own.reduce((sum, row) => sum + Math.round(Number(row.duration_us) * 1e3), 0);
        assert.equal(total, kernel.total);
      }
    });

    it('tells of PyTorch’s operators, which traces alone have', () => {
      const file = place.path('run.pt.trace.json');
      const { text: written, truth } = trace();
      writeFileSync(file, written);
      const out = place.path('out');
      const { status, stdout } = profilemate('analyze', file, '-o', out);
      assert.equal(status, 0);
      assert.match(stdout, /== Operators ==\n\d[\d.]* % of GPU work was launched by an operator\./);
      assert.doesNotMatch(stdout, /NVTX/);
      const text = readFileSync(join(out, 'operators.csv'), 'utf8').trimEnd();
      const { data } = Papa.parse<Record<string, string>>(text, { header: true });
      assert.ok(truth.byOperator.size > 0);
      for (const [name, { count, gpu }] of truth.byOperator) {
        const row = data.find((candidate) => candidate.name === name);
        assert.deepEqual(
          [Number(row?.count), Number(row?.gpu_self_us)],
          [count, Number(gpu) / 1e3],
        );
      }
    });

    it('finds the profile in a folder, and passes over what is none', () => {
      writeFileSync(place.path('notes.db'), 'not a database at all, but long enough to look at');
      const { status, stdout, stderr } = profilemate('analyze', place.folder);
      assert.equal(status, 0);
      assert.match(stdout, /run\.nsys\.sqlite/);
      assert.match(stderr, /passed over: .*notes\.db/);
    });

    it('finds traces in a folder', () => {
      const traces = place.path('traces');
      mkdirSync(traces);
      for (const rank of [0, 1])
        writeFileSync(
          join(traces, `rank${rank}.1.pt.trace.json`),
          trace({ rank, worldSize: 2 }).text,
        );
      const { status, stdout, stderr } = profilemate('analyze', traces);
      assert.deepEqual([status, stderr], [0, '']);
      assert.equal(stdout.match(/^== Operators ==$/gm)?.length, 2);
      refuses(['check', '--baseline', traces, '--current', traces], /holds 2 profiles: rank0/);
    });

    it('writes a folder for each of several profiles, and refuses to put them in one document', () => {
      copyFileSync(place.profile, place.path('second.sqlite'));
      const out = place.path('out');
      assert.equal(profilemate('analyze', place.folder, '-o', out).status, 0);
      assert.deepEqual(readdirSync(out).sort(), ['run.nsys', 'second']);
      refuses(['analyze', place.folder, '--json'], /2 profiles: run\.nsys\.sqlite, second\.sqlite/);
    });

    it('refuses what is no profile in one sentence', () => {
      refuses(['analyze', place.path('missing.sqlite')], /missing\.sqlite/, /no such file/);
      writeFileSync(place.path('empty.sqlite'), '');
      refuses(['analyze', place.path('empty.sqlite')], /empty/);
      writeFileSync(place.path('text.sqlite'), 'x'.repeat(5000));
      refuses(['analyze', place.path('text.sqlite')], /text\.sqlite/);
      const whole = readFileSync(place.profile);
      writeFileSync(place.path('cut.sqlite'), whole.subarray(0, whole.length >> 1));
      refuses(['analyze', place.path('cut.sqlite')], /cut\.sqlite/);
      writeFileSync(place.path('run.nsys-rep'), 'binary');
      // As a shell takes it: the folder's name has a blank.
      const exporting = /nsys export --type sqlite -o '.* .*run\.sqlite' '.* .*run\.nsys-rep'/;
      refuses(['analyze', place.path('run.nsys-rep')], exporting);
      const checked = [
        'check',
        '--current',
        place.path('run.nsys-rep'),
        '--baseline',
        place.profile,
      ];
      refuses(checked, exporting);
      writeFileSync(place.path('kernels.ncu-rep'), 'binary');
      refuses(
        ['analyze', place.path('kernels.ncu-rep')],
        /ncu --import '.*kernels\.ncu-rep' --page raw --csv --print-units base > '.*kernels\.ncu\.csv'/,
      );
      refuses(
        ['check', '--current', place.path('kernels.ncu-rep'), '--baseline', place.profile],
        /kernels\.ncu-rep is a report of Nsight Compute.*ncu --import '.*kernels\.ncu-rep' --page raw --csv/,
      );
      mkdirSync(place.path('empty folder'));
      refuses(['analyze', place.path('empty folder')], /No profile/);
      mkdirSync(place.path('reports'));
      writeFileSync(place.path('reports', 'a.nsys-rep'), 'binary');
      refuses(['analyze', place.path('reports')], /nsys export --type sqlite/);
    });

    it('never overwrites a database, nor leaves a half-written file', () => {
      const out = place.path('out');
      mkdirSync(out);
      copyFileSync(place.profile, join(out, 'summary.json'));
      refuses(['analyze', place.profile, '-o', out], /summary\.json/, /database/);
      assert.deepEqual(readFileSync(join(out, 'summary.json')), readFileSync(place.profile));
      assert.deepEqual(readdirSync(out), ['summary.json']);
      refuses(['analyze', place.profile, '-o', place.profile], /in the way/);
      refuses(['analyze', place.profile, '-o', join(place.profile, 'x')], /in the way/);
    });

    it('leaves the profile as it was', () => {
      const before = statSync(place.profile);
      const bytes = readFileSync(place.profile);
      chmodSync(place.profile, 0o444);
      assert.equal(profilemate('analyze', place.profile, '-o', place.path('out')).status, 0);
      assert.deepEqual(readFileSync(place.profile), bytes);
      assert.equal(statSync(place.profile).mtimeMs, before.mtimeMs);
      assert.deepEqual(readdirSync(place.folder).sort(), ['out', 'run.nsys.sqlite']);
    });

    it('ends at once and leaves nothing behind when interrupted', async () => {
      const out = place.path('out');
      for (const delay of [150, 400, 600, 800]) {
        const child = spawn(process.execPath, [CLI, 'analyze', place.profile, '-o', out], {
          stdio: 'ignore',
        });
        const ended = new Promise<{ code: number | null; signal: string | null }>((done) =>
          child.on('close', (code, signal) => done({ code, signal })),
        );
        setTimeout(() => child.kill('SIGINT'), delay);
        const { code, signal } = await ended;
        assert.ok(signal === 'SIGINT' || code === 0, `${code} ${signal}`);
        if (existsSync(out)) {
          assert.deepEqual(
            readdirSync(out).filter((name) => name.endsWith('.tmp')),
            [],
          );
        }
      }
    });
  });

  describe('stats', () => {
    it('prints a report as nsys does', () => {
      const [real] = oracleProfiles().filter(({ name }) => name.startsWith('brycelelbach'));
      if (!real) return;
      for (const report of ['cuda_gpu_kern_sum', 'nvtx_gpu_proj_sum']) {
        const { stdout, status } = profilemate('stats', '-r', report, '-f', 'csv', real.profile);
        assert.equal(status, 0);
        assert.equal(
          stdout.trim(),
          readFileSync(join(real.oracle, `nsys_${report}.csv`), 'utf8').trim(),
        );
      }
    });

    it('puts several reports of one profile into one JSON object', () => {
      const { stdout, status } = profilemate(
        ...['stats', '--report', 'cuda_gpu_kern_sum,nvtx_startend_sum', '--format', 'json'],
        place.profile,
      );
      assert.equal(status, 0);
      const result = JSON.parse(stdout) as Record<string, unknown[]>;
      assert.deepEqual(Object.keys(result), ['cuda_gpu_kern_sum', 'nvtx_startend_sum']);
      assert.equal(result.cuda_gpu_kern_sum.length, place.truth.kernels.length);
    });

    it('writes a file for each report', () => {
      const { status, stdout } = profilemate(
        ...['stats', '-r', 'cuda_gpu_kern_sum', '-r', 'cuda_api_sum', '-f', 'csv'],
        ...['-o', place.path('x'), place.profile],
      );
      assert.equal(status, 0);
      assert.equal(stdout, '');
      assert.deepEqual(readdirSync(place.folder).sort(), [
        'run.nsys.sqlite',
        'x_cuda_api_sum.csv',
        'x_cuda_gpu_kern_sum.csv',
      ]);
    });

    it('says no where no report has anything to say', () => {
      const [real] = oracleProfiles().filter(({ name }) => name.startsWith('Yoon'));
      if (!real) return;
      const { status, stdout, stderr } = profilemate('stats', '-r', 'cuda_gpu_sum', real.profile);
      assert.equal(status, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /cuda_gpu_sum: /);
    });

    it('refuses reports and formats that there are none of', () => {
      refuses(['stats', place.profile], /--report/);
      refuses(['stats', '-r', 'nope', place.profile], /'nope'.*cuda_gpu_kern_sum/);
      refuses(['stats', '-r', 'cuda_gpu_sum', '-f', 'xml', place.profile], /'xml'.*csv, json/);
    });
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { build, profilemate } from '../cli/run';
import { older, Runs, SLOW } from './runs';

describe('profilemate check', function () {
  let runs: Runs;
  before(() => {
    build();
    runs = new Runs();
  });
  after(() => runs.remove());

  const check = (current: string, baseline: string, ...more: string[]) =>
    profilemate('check', '--current', current, '--baseline', baseline, ...more);
  const held = (current: object, baseline: object, ...more: string[]) =>
    check(runs.json('current.json', current), runs.json('old.json', baseline), ...more);

  describe('on summaries of older scripts', () => {
    it('says what those scripts said', () => {
      const { status, stdout } = held(
        older({
          prefill: [10, 120],
          decode: [100, 150],
          coverage: 75,
          kernels: [['flash_fwd', 100, 60]],
        }),
        older({}),
      );
      assert.equal(status, 1);
      const lines = stdout.split('\n');
      assert.equal(lines[0], '=== Performance Comparison ===');
      for (const line of [
        '❌ Prefill time regression: +20.0% (100.00ms → 120.00ms)',
        '✅ Decode time improvement: -25.0% (200.00ms → 150.00ms)',
        '❌ CUDA graph coverage decreased: 90.0% → 75.0%',
        '❌ Top kernel time regression: +20.0% (flash_fwd)',
      ])
        assert.ok(lines.includes(line), `${line}\n${stdout}`);
    });

    it('takes the threshold from the person, and a change of just that much for none', () => {
      const slower = older({ prefill: [10, 110], coverage: 80 });
      const { status, stdout } = held(slower, older({}));
      assert.equal(status, 0, stdout);
      assert.match(stdout, /✅ No significant changes detected/);
      assert.equal(held(slower, older({}), '--threshold', '9.9').status, 1);
      assert.equal(held(slower, older({}), '--metric-threshold', 'prefill.step_ms=5').status, 1);
      assert.equal(held(older({ coverage: 79.9 }), older({})).status, 1);
    });

    it('is not led astray by a run twice as long', () => {
      const twice = older({
        prefill: [20, 200],
        decode: [200, 400],
        kernels: [
          ['flash_fwd', 200, 100],
          ['gemm', 200, 80],
        ],
      });
      const { status, stdout } = held(twice, older({}));
      assert.equal(status, 0, stdout);
      const slower = {
        ...twice,
        ...older({ prefill: [20, 240], decode: [200, 400], kernels: [] }),
      };
      assert.match(
        held(slower, older({})).stdout,
        /Prefill time regression: \+20\.0% \(10\.00ms → 12\.00ms per step\)/,
      );
    });

    it('compares kernels by name, not by place', () => {
      const swapped = older({
        kernels: [
          ['gemm', 100, 41],
          ['flash_fwd', 100, 40],
        ],
      });
      assert.equal(held(swapped, older({})).status, 0);
      const { stdout } = held(
        older({
          kernels: [
            ['flash_fwd', 100, 50],
            ['gemm', 100, 48],
          ],
        }),
        older({}),
      );
      assert.match(stdout, /❌ Kernel time regression: \+20\.0% \(gemm\)/);
    });

    it('does not fail for an improvement', () => {
      const { status, stdout } = held(older({ decode: [100, 100] }), older({}));
      assert.equal(status, 0);
      assert.match(stdout, /✅ Decode time improvement: -50\.0%/);
    });

    it('reads summaries that say no more than those scripts looked at', () => {
      const least = (ms: number) => ({
        prefill_decode: { prefill: { total_ms: ms }, decode: { total_ms: 5 } },
        cuda_graphs: { graph_coverage_pct: 50 },
        top_kernels: [{ kernel_name: 'k', total_time_ms: 3 }],
      });
      const { status, stdout } = held(least(13), least(10));
      assert.equal(status, 1);
      assert.match(stdout, /❌ Prefill time regression: \+30\.0% \(10\.00ms → 13\.00ms\)/);
      assert.equal(held(least(10), least(10)).status, 0);
    });
  });

  describe('on profiles, summaries and folders', () => {
    it('names the kernel that became slower, and exits with 1', () => {
      const { status, stdout } = check(runs.slower, runs.baseline);
      assert.equal(status, 1, stdout);
      assert.match(stdout.split('\n')[1], new RegExp(`^❌ Kernel time regression: .*${SLOW}`));
      assert.match(stdout, /One run each: the noise is not known/);
    });

    it('finds nothing in a repeat', () => {
      const { status, stdout } = check(runs.same, runs.baseline);
      assert.equal(status, 0, stdout);
      assert.match(stdout, /✅ No significant changes detected/);
    });

    it('says the same of summaries and of run folders', () => {
      for (const [name, file] of [
        ['one', runs.baseline],
        ['two', runs.slower],
      ] as const) {
        assert.equal(profilemate('analyze', file, '-o', runs.path(name)).status, 0);
      }
      const folders = check(runs.path('two'), runs.path('one'));
      const files = check(runs.path('two', 'summary.json'), runs.baseline);
      const profiles = check(runs.slower, runs.baseline);
      assert.equal(folders.stdout, profiles.stdout);
      assert.equal(files.stdout, profiles.stdout);
      assert.equal(folders.status, 1);
    });

    it('takes several runs and measures the noise', () => {
      const { status, stdout } = profilemate(
        'check',
        '--current',
        runs.slower,
        runs.slower,
        '--baseline',
        runs.baseline,
        runs.same,
      );
      assert.equal(status, 1, stdout);
      assert.match(stdout, /Mann–Whitney/);
    });

    it('prints a document with the parts that add up', () => {
      const { status, stdout } = check(runs.slower, runs.baseline, '--json');
      assert.equal(status, 1);
      const document = JSON.parse(stdout) as {
        schema_version: number;
        verdict: string;
        kernels: { name: string }[];
        messages: { subject: string }[];
        waterfall: { from: number; to: number; bars: { delta: number; label: string }[] };
      };
      assert.equal(document.schema_version, 1);
      assert.equal(document.verdict, 'regressed');
      assert.equal(document.kernels[0].name, SLOW);
      assert.equal(document.messages[0].subject, SLOW);
      const { from, to, bars } = document.waterfall;
      const sum = bars.reduce((total, { delta }) => total + delta, 0);
      assert.ok(Math.abs(sum - (to - from)) < 1e-12);
      assert.equal(bars[0].label, SLOW);
    });

    it('prints JUnit and annotations that no name can break', () => {
      const strange = 'k<T>"&\u0001]]>\n::error::x%0A, y';
      const current = older({ kernels: [[strange, 1, 20]] });
      const baseline = older({ kernels: [[strange, 1, 10]] });
      const junit = held(current, baseline, '--junit');
      assert.equal(junit.status, 1);
      assert.match(junit.stdout, /name="k&lt;T&gt;&quot;&amp;\ufffd\]\]&gt;/);
      assert.match(junit.stdout, /failures="1"/);
      const github = held(current, baseline, '--github');
      const commands = github.stdout.split('\n').filter((line) => line.startsWith('::'));
      assert.equal(commands.length, 1);
      assert.match(commands[0], /^::error .*%0A::error::x%250A/);
    });

    it('reads a client that measured beside the run', () => {
      for (const [name, ttft] of [
        ['fast', 20],
        ['late', 30],
      ] as const) {
        mkdirSync(runs.path(name));
        writeFileSync(
          runs.path(name, 'summary.json'),
          readFileSync(runs.path('one', 'summary.json')),
        );
        writeFileSync(runs.path(name, 'client.json'), JSON.stringify({ ttft_ms: { p50: ttft } }));
      }
      const { status, stdout } = check(runs.path('late'), runs.path('fast'));
      assert.equal(status, 1);
      assert.match(
        stdout,
        /❌ Time to first token, p50 regression: \+50\.0% \(20\.00ms → 30\.00ms\)/,
      );
    });
  });

  it('compares what the runtime layer timed, with other sessions only', () => {
    const session = (name: string, ms: number): string => {
      mkdirSync(runs.path(name));
      const rows = Array.from({ length: 40 }, (_, i) => `${i},decode,4,4,${ms},400`);
      writeFileSync(
        runs.path(name, 'forward_pass_timing.csv'),
        `timestamp_sec,phase,batch_size,num_tokens,forward_time_ms,throughput_tokens_per_sec\n${rows.join('\n')}\n`,
      );
      return runs.path(name);
    };
    const [fast, slow] = [session('fast session', 10), session('slow session', 13)];
    const { status, stdout } = check(slow, fast);
    assert.equal(status, 1);
    assert.match(stdout, /❌ Decode time regression: \+30\.0% \(10\.00ms → 13\.00ms per step\)/);
    assert.equal(check(fast, fast).status, 0);
    const mixed = check(slow, runs.baseline);
    assert.equal(mixed.status, 2);
    assert.match(
      mixed.stderr,
      /work on the GPU in the baseline, steps that the runtime layer timed now/,
    );
  });

  describe('refuses, with exit status 2,', () => {
    const refused = (args: string[], message: RegExp) => {
      const { status, stderr } = profilemate('check', ...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /mistake in ProfileMate/);
    };

    it('what is missing, unreadable, or no run', () => {
      const { baseline } = runs;
      writeFileSync(runs.path('broken.json'), '{"prefill_decode":');
      writeFileSync(runs.path('empty.json'), '');
      refused([], /expects --current RUN and --baseline RUN/);
      refused(['--current', baseline], /expects --current/);
      refused(
        ['--current', runs.path('none.json'), '--baseline', baseline],
        /none\.json: there is no such file/,
      );
      refused(
        ['--current', runs.path('broken.json'), '--baseline', baseline],
        /broken\.json is neither a profile nor JSON/,
      );
      refused(
        ['--current', runs.path('empty.json'), '--baseline', baseline],
        /empty\.json is empty/,
      );
      refused(
        ['--current', runs.json('no.json', {}), '--baseline', baseline],
        /no\.json cannot be compared/,
      );
      refused(
        ['--current', baseline, '--baseline', baseline, '--threshold', 'x'],
        /--threshold expects a number/,
      );
      refused(['--current', baseline, '--baseline', baseline, '--metric-threshold', 'x'], /NAME=P/);
      refused(['--current', baseline, '--baseline', baseline, '--allow', 'x'], /--allow knows gpu/);
      refused(
        ['--current', baseline, '--baseline', baseline, '--json', '--junit'],
        /one may be chosen/,
      );
    });

    it('runs that cannot be compared, and says why', () => {
      const old = runs.json('old.json', older({}));
      refused(
        ['--current', runs.baseline, '--baseline', old],
        /Not comparable: The times are ranges on the CPU in the baseline, work on the GPU now\./,
      );
      assert.equal(check(runs.baseline, runs.baseline, '--allow', 'gpu,flags').status, 0);
    });
  });
});

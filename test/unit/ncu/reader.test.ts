import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readNcu, sniffNcu } from '../../../src/readers/ncu';
import { findDisplayed, findMetric, type KernelReport } from '../../../src/profile/kernel-report';
import { cost } from '../../harness/cost';

const DETAILS =
  '"ID","Process ID","Process Name","Host Name","Kernel Name","Context","Stream","Block Size","Grid Size","Device","CC","Section Name","Metric Name","Metric Unit","Metric Value","Rule Name","Rule Type","Rule Description","Estimated Speedup Type","Estimated Speedup"';
const RAW =
  '"ID","Process ID","Process Name","Host Name","Kernel Name","Context","Stream","Block Size","Grid Size","Device","CC","gpu__time_duration.sum","launch__grid_size","sm__warps_active.avg.pct_of_peak_sustained_active"';
const UNITS = '"","","","","","","","","","","","us","","%"';

const launch = (id: number, pid = 7, kernel = 'gemm(int, float *)'): string =>
  `"${id}","${pid}","python3","127.0.0.1","${kernel}","1","7","(128, 1, 1)","(4096, 2, 1)","0","9.0"`;
const metric = (section: string, name: string, unit: string, value: string): string =>
  `"${section}","${name}","${unit}","${value}",`;
const SOL = 'GPU Speed Of Light Throughput';

describe('ncu: reader', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'ncu-reader-'))));
  after(() => rmSync(folder, { recursive: true }));

  let n = 0;
  function file(content: string | Buffer): string {
    const path = join(folder, `${n++}.csv`);
    writeFileSync(path, content);
    return path;
  }
  const read = (content: string | Buffer): Promise<KernelReport> => readNcu(file(content));
  const values = (report: KernelReport, name: string): number[] => [
    ...findMetric(report, name)!.values,
  ];

  it('finds the header below messages and program output, with BOM and CRLF', async () => {
    const report = await read(
      [
        '\uFEFF==PROF== Connected to process 7 (/usr/bin/python3)',
        'loading "weights", 3 of 4',
        '==PROF== Disconnected from process 7',
        RAW,
        UNITS,
        `${launch(0)},"476.512000","8192","84.70"`,
        '==PROF== Report done',
        '',
      ].join('\r\n'),
    );
    assert.deepEqual(values(report, 'gpu__time_duration.sum'), [476512]);
    assert.equal(report.provenance.preambleLines, 3);
    assert.equal(report.provenance.page, 'raw');
    assert.deepEqual([report.launches.gridX[0], report.launches.gridY[0]], [4096, 2]);
    assert.equal(report.launches.blockX[0], 128);
    assert.equal(report.strings.get(report.launches.computeCapability[0]), '9.0');
    assert.deepEqual(report.warnings, []);
  });

  it('reads what a spreadsheet in Germany wrote, and says that it was rewritten', async () => {
    const report = await read(
      [
        'ID;Process ID;Process Name;Host Name;Kernel Name;Context;Stream;Section Name;Metric Name;Metric Unit;Metric Value',
        '0;7;python3;127.0.0.1;"gemm(int; float *)";1;7;Occupancy;Achieved Occupancy;%;84,70',
        `0;7;python3;127.0.0.1;"gemm(int; float *)";1;7;${SOL};Elapsed Cycles;cycle;19.329`,
        '',
      ].join('\n'),
    );
    assert.deepEqual(values(report, 'sm__warps_active.avg.pct_of_peak_sustained_active'), [84.7]);
    assert.deepEqual(values(report, 'gpc__cycles_elapsed.max'), [19329]);
    assert.equal(report.provenance.rewritten, true);
    assert.match(report.warnings[0], /Another program wrote this file/);
  });

  it('reads UTF-16 as PowerShell writes it', async () => {
    const report = await read(
      Buffer.from(`\uFEFF${RAW}\r\n${UNITS}\r\n${launch(0)},"1.5","8192","84.70"\r\n`, 'utf16le'),
    );
    assert.deepEqual(values(report, 'gpu__time_duration.sum'), [1500]);
    assert.equal(report.provenance.encoding, 'utf-16le');
  });

  it('keeps one display name of two sections apart', async () => {
    const report = await read(
      [
        DETAILS,
        `${launch(0)},${metric(SOL, 'Memory Throughput', '%', '61.84')}`,
        `${launch(0)},${metric('Memory Workload Analysis', 'Memory Throughput', 'Gbyte/second', '196.46')}`,
        '',
      ].join('\n'),
    );
    assert.equal(findDisplayed(report, SOL, 'Memory Throughput')!.values[0], 61.84);
    assert.equal(
      findDisplayed(report, 'Memory Workload Analysis', 'Memory Throughput', 'byte/s')!.values[0],
      196.46e9,
    );
    assert.deepEqual(values(report, 'dram__bytes.sum.per_second'), [196.46e9]);
  });

  it('files rules under the section identifier, with their estimated speed-up', async () => {
    const report = await read(
      [
        DETAILS,
        `${launch(0)},${metric(SOL, 'Duration', 'ns', '21,058,944')}`,
        `${launch(0)},"SpeedOfLight","","","","SOLBottleneck","OPT","Look at ""DRAM"",\nthen L2.","global","45.14"`,
        '',
      ].join('\n'),
    );
    const [rule] = report.rules;
    assert.equal(report.strings.get(rule.section), 'SpeedOfLight');
    assert.equal(report.strings.get(rule.text), 'Look at "DRAM",\nthen L2.');
    assert.equal(rule.speedup, 45.14);
    assert.deepEqual(values(report, 'gpu__time_duration.sum'), [21058944]);
  });

  it('tells launches of several processes and of files joined one after another apart', async () => {
    const rows = [
      `${launch(0, 7)},${metric(SOL, 'Duration', 'ns', '10')}`,
      `${launch(0, 8)},${metric(SOL, 'Duration', 'ns', '20')}`,
      `${launch(1, 8)},${metric(SOL, 'Duration', 'ns', '30')}`,
    ];
    const report = await read([DETAILS, ...rows, DETAILS, rows[0], ''].join('\n'));
    assert.deepEqual(values(report, 'gpu__time_duration.sum'), [10, 20, 30, 10]);
    assert.deepEqual(
      report.processes.map((process) => process.pid),
      [7, 8],
    );
  });

  it('leaves a metric that a launch does not have missing, never zero', async () => {
    const report = await read(
      [
        DETAILS,
        `${launch(0)},${metric(SOL, 'Duration', 'ns', '10')}`,
        `${launch(1)},${metric('Occupancy', 'Achieved Occupancy', '%', 'n/a')}`,
        '',
      ].join('\n'),
    );
    assert.deepEqual(values(report, 'gpu__time_duration.sum'), [10, Number.NaN]);
    assert.deepEqual(values(report, 'sm__warps_active.avg.pct_of_peak_sustained_active'), [
      Number.NaN,
      Number.NaN,
    ]);
  });

  it('reads Kernel Time and NVTX columns', async () => {
    const header = RAW.replace(
      '"Context"',
      '"Kernel Time","thread Domain:Push/Pop_Range:PL_Type:PL_Value:CLR_Type:Color:Msg_Type:Msg","Context"',
    );
    const report = await read(
      [
        header,
        `"","",${UNITS}`,
        `"0","7","python3","127.0.0.1","gemm","2026-Feb-04 20:47:46","<default domain> decode","1","7","(128, 1, 1)","(4096, 2, 1)","0","9.0","2.0","8192","1"`,
        '',
      ].join('\n'),
    );
    assert.equal(report.strings.get(report.launches.time[0]), '2026-Feb-04 20:47:46');
    assert.equal(report.strings.get(report.launches.ranges[0]), '<default domain> decode');
    assert.deepEqual(values(report, 'gpu__time_duration.sum'), [2000]);
  });

  it('reads a summary as averages over its launches', async () => {
    const report = await read(
      [
        '"Process ID","Process Name","Host Name","Kernel Name","Block Size","Grid Size","Device","CC","Invocations","Section Name","Metric Name","Metric Unit","Minimum","Maximum","Average"',
        `"7","p","h","gemm","(256, 1, 1)","(4096, 1, 1)","0","11.0","14","${SOL}","Duration","us","1.00","3.00","2.50"`,
        `"7","p","h","gemm","(256, 1, 1)","(512, 1, 1)","0","11.0","2","${SOL}","Duration","us","1.00","3.00","1.25"`,
        '',
      ].join('\n'),
    );
    assert.deepEqual(values(report, 'gpu__time_duration.sum'), [2500, 1250]);
    assert.deepEqual([...report.launches.invocations], [14, 2]);
    assert.match(report.warnings[0], /average over a kernel's launches/);
  });

  it('lets grid and block sizes show the separator where nothing else does', async () => {
    const raw = (value: string): string =>
      [RAW, UNITS, `${launch(0)},"476.512000","${value}","84"`, ''].join('\n');
    const report = await read(raw('8.192'));
    assert.deepEqual(values(report, 'launch__grid_size'), [8192]);
    assert.match(report.provenance.numbers.reason, /grid and block sizes show/);
    assert.deepEqual(report.warnings, []);
  });

  it('never decides an ambiguous number silently', async () => {
    const report = await read(
      [DETAILS, `${launch(0)},${metric(SOL, 'Elapsed Cycles', 'cycle', '4.096')}`, ''].join('\n'),
    );
    assert.deepEqual(values(report, 'gpc__cycles_elapsed.max'), [4096]);
    assert.match(report.warnings[0], /1 value like 4\.096 read: 1 as thousands/);
  });

  it('leaves out what a program printed among the rows and after them, and says so', async () => {
    const row = (id: number, value: string): string =>
      `${launch(id)},${metric(SOL, 'Duration', 'ns', value)}`;
    const between = ['step 3, loss 0.5, "so far"', '"an open quote'];
    for (const end of ['all done, with, commas', 'all done\n', '==PROF== Disconnected\n']) {
      const page = [DETAILS, row(0, '10'), ...between, row(1, '20'), row(2, '30'), end];
      const report = await read(page.join('\n'));
      // The row that the open quote runs into is lost with it.
      assert.deepEqual(values(report, 'gpu__time_duration.sum'), [10, 30], end);
      const lost = end.startsWith('==') ? 2 : 3;
      assert.match(report.warnings[0], new RegExp(`^${lost} lines among the rows`));
      assert.equal(report.warnings.length, 1, end);
    }
  });

  it('reads a page that was cut off up to there, and says so', async () => {
    const whole = [
      DETAILS,
      `${launch(0)},${metric(SOL, 'Duration', 'ns', '10')}`,
      `${launch(1)},${metric(SOL, 'Duration', 'ns', '20')}`,
      `${launch(1)},${metric('Occupancy', 'Achieved Occupancy', '%', '84.70')}`,
    ].join('\n');
    for (const cut of [3, 9, 20, 60]) {
      const report = await read(whole.slice(0, -cut));
      assert.deepEqual(values(report, 'gpu__time_duration.sum'), [10, 20], `cut by ${cut}`);
      assert.equal(
        findMetric(report, 'sm__warps_active.avg.pct_of_peak_sustained_active'),
        undefined,
      );
      assert.equal(report.provenance.cut, true);
      assert.match(report.warnings[0], /middle of a row/);
    }
    const raw = [RAW, UNITS, `${launch(0)},"1","8192","84"`, `${launch(1)},"2","81`].join('\n');
    const report = await read(raw);
    assert.deepEqual(values(report, 'gpu__time_duration.sum'), [1000]);
    assert.equal(report.provenance.cut, true);
  });

  const refusals: [what: string, content: string | Buffer, code: string, message: RegExp][] = [
    ['an empty file', '', 'empty', /is empty\.$/],
    ['some other table', 'a,b,c\n1,2,3\n', 'not-a-profile', /not a Nsight Compute CSV/],
    ['a report', Buffer.from('NVR\0\x01\x02'), 'not-a-profile', /ncu --import/],
    ['a database', 'SQLite format 3\0…', 'not-a-profile', /Nsight Systems/],
    [
      'only messages',
      '==PROF== Connected to process 1 (x)\n==PROF== Disconnected\n',
      'not-a-profile',
      /attached to 1 process\b.*--target-processes all.*--launch-skip/,
    ],
    [
      'no rights',
      '==ERROR== ERR_NVGPUCTRPERM - The user does not have permission\n',
      'not-a-profile',
      /NVreg_RestrictProfilingToAdminUsers/,
    ],
    [
      'results elsewhere',
      '==PROF== Connected to process 1\n==PROF== Report: /tmp/k.ncu-rep\n',
      'not-a-profile',
      /ncu --import \/tmp\/k\.ncu-rep --page raw --csv/,
    ],
    [
      'the source page',
      '"Kernel Name","gemm(int)",\n"Address","Source","# Samples","Instructions Executed"\n"0x7f","MOV","1","2"\n',
      'not-a-profile',
      /is ncu's source page.*--page raw --csv/,
    ],
    [
      'the session page',
      'Launch Settings\n"Launch Attribute","Value"\n"Profiler Command Line","ncu ./a"\n',
      'not-a-profile',
      /is ncu's session page.*--page raw --csv/,
    ],
    ['a header alone', `${DETAILS}\n`, 'not-a-profile', /no kernel was captured/],
    [
      'a cut first launch',
      `${RAW}\n${UNITS}\n"0","7","py`,
      'truncated',
      /ends before its first launch/,
    ],
    [
      'a raw page without units',
      `${RAW}\n${launch(0)},"1","2","3"\n`,
      'not-a-profile',
      /row of units was removed/,
    ],
  ];
  for (const [what, content, code, message] of refusals) {
    it(`refuses ${what} with one sentence that says what to do`, async () => {
      const path = file(content);
      await assert.rejects(readNcu(path), (error: Error & { code: string }) => {
        assert.equal(error.name, 'ReadFailure');
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.ok(error.message.startsWith(path));
        return true;
      });
    });
  }

  it('refuses a file that is not there, and stops when told to', async () => {
    await assert.rejects(readNcu(join(folder, 'none.csv')), { code: 'not-found' });
    const signal = AbortSignal.abort();
    await assert.rejects(readNcu(file(`${RAW}\n`), { signal }), { code: 'cancelled' });
  });

  it('knows a page by its start, also where that ends within the header', () => {
    assert.equal(sniffNcu(`${RAW}\n`.slice(0, 80)), true);
    assert.equal(sniffNcu(`noise\n${DETAILS}\n`), true);
    assert.equal(sniffNcu('==PROF== Connected to process 1\n'), true);
    assert.equal(
      sniffNcu('\uFEFF"ID","Process ID","Process Name","Host Name","Kernel Name"'),
      true,
    );
    assert.equal(sniffNcu('"ID","Name"\n1,2\n'), false);
    assert.equal(sniffNcu('Start (ns),Duration (ns)\n'), false);
  });

  it('keeps hostile names as text', async () => {
    const report = await read(
      [
        DETAILS,
        `${launch(0, 7, '=cmd|<script>__proto__')},${metric('__proto__', 'toString', 'constructor', '5')}`,
        '',
      ].join('\n'),
    );
    assert.equal(findMetric(report, '__proto__/toString')!.values[0], 5);
    assert.equal(report.strings.get(report.launches.name[0]), '=cmd|<script>__proto__');
  });

  it('reads thousands of launches in a moment', async () => {
    const rows: string[] = [DETAILS];
    for (let i = 0; i < 5000; i++) {
      for (let m = 0; m < 20; m++)
        rows.push(`${launch(i)},${metric('S', `metric ${m}`, 'byte', `${i * m}`)}`);
    }
    const ms = await cost(async () => {
      const report = await read(rows.join('\n') + '\n');
      assert.equal(report.launches.length, 5000);
      assert.equal(findMetric(report, 'S/metric 19')!.values[4999], 4999 * 19);
    });
    assert.ok(ms < 20_000, `${ms} ms`);
  });
});

import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  chooseNsys,
  dropExport,
  exportSlot,
  isOlder,
  keepExport,
  nsysVersion,
  reportVersion,
} from '../../../src/capture/nsys-export';
import { lastLine, run } from '../../../src/capture/process';
import { findTool } from '../../../src/capture/tools';

describe('exporting a report', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'profilemate-export-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A stand-in for nsys that only tells its version. */
  function tool(place: string, version: string): string {
    mkdirSync(join(folder, place), { recursive: true });
    const file = join(folder, place, 'nsys');
    writeFileSync(file, `#!/bin/sh\necho "NVIDIA Nsight Systems version ${version}"\n`);
    chmodSync(file, 0o755);
    return file;
  }

  it('finds the tool on PATH first, then the newest of the usual places', async () => {
    const onPath = tool('bin', '2022.1.1');
    const older = tool('opt/2023.9.1/bin', '2023.9.1.1');
    const newer = tool('opt/2023.10.1/bin', '2023.10.1.1');
    writeFileSync(join(folder, 'nsys'), 'not to be run');
    const found = await findTool('nsys', {
      env: { PATH: `relative:${folder}:${join(folder, 'bin')}` },
      platform: 'linux',
      places: [`${folder}/opt/*/bin`, `${folder}/absent/*/bin`],
    });
    assert.deepEqual(found, [onPath, newer, older]);
  });

  it('looks nowhere else when told where', async () => {
    const configured = tool('mine', '2024.1.1');
    const env = { PATH: join(folder, 'mine') };
    assert.deepEqual(await findTool('nsys', { configured, env }), [configured]);
    assert.deepEqual(await findTool('nsys', { configured: join(folder, 'mine'), env }), [
      configured,
    ]);
    assert.deepEqual(await findTool('nsys', { configured: '/nowhere/nsys', env }), []);
  });

  it('takes the first tool that is new enough for the report, else the newest', async () => {
    const old = tool('a', '2022.4.1.21');
    const middle = tool('b', '2023.4.4.54-234433681190v0');
    const latest = tool('c', '2025.1.1.1');
    const tools = [old, latest, middle];
    assert.deepEqual(await nsysVersion(middle), [2023, 4, 4]);
    assert.equal((await chooseNsys(tools, [2023, 1, 1]))?.path, latest);
    assert.equal((await chooseNsys(tools, [2022, 4, 1]))?.path, old);
    assert.equal((await chooseNsys(tools, [2029, 1, 1]))?.path, latest);
    assert.equal((await chooseNsys(tools, undefined))?.path, old);
    assert.equal(await chooseNsys([], undefined), undefined);
  });

  it('compares versions as numbers', () => {
    assert.equal(isOlder([2023, 4, 4], [2023, 10, 1]), true);
    assert.equal(isOlder([2023, 4], [2023, 4, 0]), false);
    assert.equal(isOlder([2024], [2023, 9, 9]), false);
  });

  it('reads the version that wrote a report from its first line', async () => {
    const report = join(folder, 'r.nsys-rep');
    writeFileSync(
      report,
      'NVIDIA Tegra Profiler Report 2023@4@4@54-234433681190v0.\n\u000bLocal (CLI)',
    );
    assert.deepEqual(await reportVersion(report), [2023, 4, 4]);
    for (const content of ['', 'hello', '1NVIDIA Tegra']) {
      writeFileSync(report, content);
      assert.equal(await reportVersion(report), undefined);
    }
  });

  it('keeps an export for as long as its report stays the same', async () => {
    const storage = join(folder, 'storage');
    const report = join(folder, 'r.nsys-rep');
    writeFileSync(report, 'one');
    const first = await exportSlot(storage, report);
    assert.equal(first.exists, false);
    writeFileSync(first.partial, 'rows');
    await keepExport(first);
    assert.equal((await exportSlot(storage, report)).exists, true);
    assert.equal((await exportSlot(storage, report)).file, first.file);

    writeFileSync(report, 'another');
    const second = await exportSlot(storage, report);
    assert.equal(second.exists, false);
    assert.notEqual(second.file, first.file);
    assert.equal(existsSync(first.file), false, 'the export of the earlier report is left behind');
  });

  it('removes what a failed export left, and what nobody opened for a month', async () => {
    const storage = join(folder, 'storage');
    const report = join(folder, 'r.nsys-rep');
    writeFileSync(report, 'one');
    const slot = await exportSlot(storage, report);
    writeFileSync(slot.partial, 'half');
    writeFileSync(`${slot.partial}-journal`, 'half');
    await dropExport(slot);
    assert.deepEqual(readdirSync(storage), []);

    const forgotten = join(storage, 'ffff-ffff.nsys.sqlite');
    writeFileSync(forgotten, 'rows');
    utimesSync(forgotten, new Date(0), new Date(0));
    await exportSlot(storage, report);
    assert.equal(existsSync(forgotten), false);
  });
});

describe('running a program', () => {
  it('hands over arguments as they are', async () => {
    const argument = `a b'"$(id)\`;&|\n*`;
    const { status, tail } = await run(process.execPath, [
      '-e',
      'process.stdout.write(process.argv[1])',
      argument,
    ]);
    assert.equal(status, 0);
    assert.equal(tail, argument);
  });

  it('ends it when it is not wanted any more', async () => {
    const stop = new AbortController();
    const running = run(
      process.execPath,
      ['-e', 'setInterval(() => {}, 1000); console.log("up")'],
      {
        signal: stop.signal,
        onOutput: () => stop.abort(),
      },
    );
    assert.equal((await running).status, undefined);
  });

  it('rejects for a program that is not there', async () => {
    await assert.rejects(run('/nowhere/at-all', []), { code: 'ENOENT' });
  });

  it('sees the last state of a progress bar', () => {
    assert.equal(
      lastLine('\rProcessing: [1%  ]\rProcessing: [==50%  ]\r\n\n'),
      'Processing: [==50%  ]',
    );
    assert.equal(lastLine(''), '');
  });
});

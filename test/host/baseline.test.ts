/** Baselines in the real VS Code: a run becomes one, a slower run lands, and the editor says what did it. */
import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ProfileMateApi } from '../../src/extension';
import { MODEL } from '../data/kernels';
import { toFile } from '../data/sqlite';
import { vllm, type VllmOptions } from '../data/vllm';
import { until } from '../harness/patience';

const SMALL: Partial<VllmOptions> = { steps: 40, layers: 4, ranks: 1, load: 1 };
const SLOWER = MODEL.gateUp.demangled;
const KERNEL = `kernel:${SLOWER}`;

interface Written {
  readonly provenance: { readonly run: string };
  readonly metrics: Readonly<Record<string, { readonly value: number }>>;
  readonly history: readonly { readonly metrics: Readonly<Record<string, number>> }[];
}

describe('a baseline', function () {
  const { executeCommand } = vscode.commands;
  let home: string;
  let folder: string;
  let first: vscode.Uri;
  let slower: vscode.Uri;
  let baseline: vscode.Uri;

  const run = (name: string, options: Partial<VllmOptions>): vscode.Uri => {
    const file = path.join(folder, name);
    toFile(file, (database) => vllm(database, { ...SMALL, ...options }));
    return vscode.Uri.file(file);
  };
  const written = (): Written => JSON.parse(readFileSync(baseline.fsPath, 'utf8')) as Written;
  const lenses = async (): Promise<readonly vscode.Command[]> =>
    (
      await executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', baseline, 1000)
    ).flatMap(({ command }) => command ?? []);
  const titles = async () => (await lenses()).map(({ title }) => title);
  const problems = () =>
    vscode.languages
      .getDiagnostics(baseline)
      .filter(({ source, code }) => source === 'ProfileMate' && code !== undefined);

  before(async () => {
    await vscode.extensions.getExtension<ProfileMateApi>('profilemate.profilemate')!.activate();
    home = vscode.workspace.workspaceFolders![0].uri.fsPath;
    folder = mkdtempSync(path.join(home, 'runs-'));
    first = run('first.nsys.sqlite', { seed: 1 });
    slower = run('second.nsys.sqlite', { seed: 2, slower: { kernel: 'gateUp', factor: 1.15 } });
    baseline = vscode.Uri.file(path.join(folder, 'model.profile-baseline.json'));
  });
  after(async () => {
    await executeCommand('workbench.action.closeAllEditors');
    rmSync(folder, { recursive: true, force: true });
    rmSync(path.join(home, '.profilemate'), { recursive: true, force: true });
  });

  it('is set from a run, by names that others can use', async () => {
    await executeCommand('profilemate.setBaseline', first, baseline);
    assert.equal(written().provenance.run, path.relative(home, first.fsPath));
    assert.ok(written().metrics['decode.step_ms'].value > 0);
    assert.ok(KERNEL in written().metrics, Object.keys(written().metrics).join('\n'));
    assert.equal(vscode.window.activeTextEditor?.document.uri.fsPath, baseline.fsPath);
  });

  it('says that there is no run yet', async () => {
    await until('the lens says so', async () =>
      (await titles()).some((title) => title.includes('No run is kept')),
    );
    assert.deepEqual(problems(), []);
  });

  it('finds nothing in the run that it was set from', async () => {
    await executeCommand('profilemate.keepRun', first);
    await until('the run is seen', async () =>
      (await titles()).some((title) => /first\.nsys\.sqlite: within noise/.test(title)),
    );
    assert.deepEqual(problems(), []);
  });

  it('names the kernel that a newer run is slower in: lens, problem, and what to do', async () => {
    await executeCommand('profilemate.keepRun', slower);
    await until('the run is seen', async () =>
      (await titles()).some((title) => /second\.nsys\.sqlite: regressed/.test(title)),
    );
    const [top] = await titles();
    assert.ok(top.includes(SLOWER.slice(0, 20)), top);
    assert.ok((await titles()).some((title) => /\(\+1[2-7]\.\d%\) regressed/.test(title)));

    await until('there is a problem', () => problems().some(({ code }) => code === KERNEL));
    const problem = problems().find(({ code }) => code === KERNEL)!;
    const text = await vscode.workspace.openTextDocument(baseline);
    assert.ok(text.getText(problem.range).includes(SLOWER.slice(0, 20)));
    const [related] = problem.relatedInformation ?? [];
    assert.ok(related.message.startsWith(SLOWER), related.message);
    assert.match(related.message, /each call is slower/);

    const actions = await executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      baseline,
      problem.range,
    );
    const offered = actions.map(({ command }) => command?.command);
    for (const id of ['acceptMetric', 'compareNewest', 'openNewestRun', 'dismissRegression']) {
      assert.ok(offered.includes(`profilemate.${id}`), offered.join(', '));
    }
  });

  it('opens a comparison, of the newest run, of two files, and of groups of repeats', async () => {
    const group = [first, slower, run('third.nsys.sqlite', { seed: 3 })];
    for (const [title, command, ...args] of [
      ['model.profile-baseline.json', 'profilemate.compareNewest', baseline] as const,
      [
        'first.nsys.sqlite ↔ second.nsys.sqlite',
        'profilemate.compare',
        slower,
        [slower, first],
      ] as const,
      ['first.nsys.sqlite ↔ second.nsys.sqlite +1', 'profilemate.compare', slower, group] as const,
    ]) {
      await executeCommand('workbench.action.closeAllEditors');
      const opened = executeCommand(command, ...args);
      if (title.endsWith('+1')) {
        // Which are the runs before the change: the older half is ticked.
        await until('it is accepted', async () => {
          await executeCommand('workbench.action.acceptSelectedQuickOpenItem');
          return Promise.race([opened.then(() => true), sleep(100).then(() => false)]);
        });
      }
      await opened;
      await until(`${title} is shown`, () => {
        const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
        return (
          tab?.input instanceof vscode.TabInputWebview &&
          tab.input.viewType.includes('profilemate.comparison') &&
          tab.label === title
        );
      });
    }
  });

  it('opens the newest run at the figure that a lens is about', async () => {
    await executeCommand('workbench.action.closeAllEditors');
    const open = (await lenses()).find(
      ({ command, arguments: args }) =>
        command === 'profilemate.openNewestRun' && args?.[1] === KERNEL,
    )!;
    await executeCommand(open.command, ...(open.arguments as unknown[]));
    await until('the profile is open', () => {
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return input instanceof vscode.TabInputCustom && input.uri.fsPath === slower.fsPath;
    });
  });

  it('takes any JSON of that shape for a baseline, and no other', async () => {
    const shown = async (name: string, document: unknown) => {
      const uri = vscode.Uri.file(path.join(folder, name));
      if (!existsSync(uri.fsPath)) writeFileSync(uri.fsPath, JSON.stringify(document));
      await vscode.workspace.openTextDocument(uri);
      const found = await executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        uri,
        100,
      );
      return found.flatMap(({ command }) => command?.title ?? []);
    };
    const metrics = { 'decode.step_ms': { value: 0.0001 } };
    await until('its lens is there', async () =>
      (await shown('goals.json', { metrics })).some((title) => title.includes('regressed')),
    );
    assert.deepEqual(await shown('other.json', { metrics: { latency: 3 } }), []);
    assert.deepEqual(await shown('more.json', { figures: metrics }), []);
  });

  it('shows trends, on one page', async () => {
    await executeCommand('profilemate.showTrends');
    await executeCommand('profilemate.showTrends');
    const isTrends = ({ input }: vscode.Tab) =>
      input instanceof vscode.TabInputWebview && input.viewType.includes('profilemate.trends');
    await until('trends are shown', () =>
      vscode.window.tabGroups.activeTabGroup.tabs.some(isTrends),
    );
    const { all } = vscode.window.tabGroups;
    assert.equal(all.flatMap(({ tabs }) => tabs).filter(isTrends).length, 1);
    await executeCommand('workbench.action.closeAllEditors');
  });

  it('forgets a regression that was dismissed', async () => {
    assert.ok(problems().some(({ code }) => code === KERNEL));
    await executeCommand('profilemate.dismissRegression', baseline, [KERNEL]);
    await until('the problem is gone', () => !problems().some(({ code }) => code === KERNEL));
  });

  it('takes a value that was accepted', async () => {
    const before = written().metrics[KERNEL].value;
    const accept = (await lenses()).find(
      ({ command, arguments: args }) =>
        command === 'profilemate.acceptMetric' && args?.[1] === KERNEL,
    )!;
    await executeCommand(accept.command, ...(accept.arguments as unknown[]));
    const now = written().metrics[KERNEL].value;
    assert.ok(now > 1.1 * before && now < 1.2 * before, `${before} → ${now}`);
  });

  it('is updated, and keeps what it said before', async () => {
    const before = written();
    await executeCommand('profilemate.updateBaseline', baseline, slower);
    const { provenance, metrics, history } = written();
    assert.equal(provenance.run, path.relative(home, slower.fsPath));
    assert.equal(history[0].metrics['gpu.work_step_ms'], before.metrics['gpu.work_step_ms'].value);
    assert.ok(metrics['gpu.work_step_ms'].value > before.metrics['gpu.work_step_ms'].value);
    await until('no problem is left', () => problems().length === 0);
  });

  it('is set from a report of Nsight Systems, which is exported first', async function () {
    if (process.platform === 'win32') this.skip();
    const nsys = path.join(folder, 'nsys');
    writeFileSync(
      nsys,
      `#!/bin/sh
[ "$1" = --version ] && exec echo "NVIDIA Nsight Systems version 2025.1.1.1"
while [ "$1" != -o ]; do shift; done
cp '${first.fsPath}' "$2"
`,
      { mode: 0o755 },
    );
    const report = vscode.Uri.file(path.join(folder, "it's a $(run).nsys-rep"));
    writeFileSync(report.fsPath, 'NVIDIA Tegra Profiler Report 2024@1@1-1v0.\n');
    const other = vscode.Uri.file(path.join(folder, 'report.profile-baseline.json'));
    const setting = (value: string | undefined) =>
      vscode.workspace
        .getConfiguration('profilemate')
        .update('nsys.path', value, vscode.ConfigurationTarget.Global);
    try {
      await setting(path.join(folder, 'nowhere'));
      await executeCommand('profilemate.setBaseline', report, other);
      assert.equal(existsSync(other.fsPath), false, 'there is no nsys to export it');
      await setting(nsys);
      await executeCommand('profilemate.setBaseline', report, other);
    } finally {
      await setting(undefined);
    }
    const { provenance, metrics } = JSON.parse(readFileSync(other.fsPath, 'utf8')) as Written;
    assert.equal(provenance.run, path.relative(home, report.fsPath));
    await executeCommand('profilemate.setBaseline', first, other);
    const same = (JSON.parse(readFileSync(other.fsPath, 'utf8')) as Written).metrics;
    assert.deepEqual(metrics['decode.step_ms'], same['decode.step_ms']);
    rmSync(other.fsPath);
  });

  it('goes with a report of one page', async () => {
    const page = vscode.Uri.file(path.join(folder, 'report.html'));
    void executeCommand('profilemate.exportReport', slower, page);
    await until('the report is there', () => has(page, '</html>'));
  });

  it('goes with a report of all that its run has', async () => {
    const run = path.join(folder, '2026-01-01_model');
    mkdirSync(run);
    copyFileSync(slower.fsPath, path.join(run, 'timeline.sqlite'));
    writeFileSync(path.join(run, 'client.json'), JSON.stringify({ ttft_ms: { p50: 44.4 } }));
    writeFileSync(
      path.join(run, 'run.json'),
      JSON.stringify({
        schema_version: 1,
        state: 'done',
        model: 'org/model-of-the-run',
        mode: 'quick',
        started: '2026-01-01T00:00:00Z',
        seconds: 1,
        files: { timelines: ['timeline.sqlite'], reports: [], torch: [], client: 'client.json' },
      }),
    );
    const page = vscode.Uri.file(path.join(folder, 'run.html'));
    const timeline = vscode.Uri.file(path.join(run, 'timeline.sqlite'));
    void executeCommand('profilemate.exportReport', timeline, page);
    await until('the report is there', () => has(page, '</html>'));
    for (const text of ['44.4 ms', 'org/model-of-the-run', 'Prefill and decode'])
      assert.ok(has(page, text), text);
  });
});

function has(file: vscode.Uri, text: string): boolean {
  try {
    return readFileSync(file.fsPath, 'utf8').includes(text);
  } catch {
    return false;
  }
}

/** A run, from the package, in a real window: one thing with its parts joined. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { runFolder, RUN_SECRETS } from '../data/run';
import { eventually } from '../harness/patience';
import { fits, says, Studio, TEST_LIMIT, type Theme, themes, type Workbench } from './workbench';

describe('a run, from the package, in a real window', function () {
  this.timeout(TEST_LIMIT);
  let studio: Studio;
  let window: Workbench | undefined;

  before(async () => {
    studio = await Studio.start();
    const inWorkspace = (name: string): string => path.join(studio.workspace.folder, name);
    runFolder(inWorkspace('good run'));
    runFolder(inWorkspace('failed run'), { failed: true, parts: [] });
  });
  after(async () => {
    await studio?.stop();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await window?.picture(`failed ${this.currentTest.title}`);
    await window?.close();
    window = undefined;
  });

  async function open(name: string, theme: Theme = 'dark', width = 1600): Promise<Workbench> {
    window = await studio.open({ theme, width, height: 1300 });
    await window.fileAction(name, 'Open as ProfileMate Run');
    await window.view().locator('pm-run .lead').waitFor();
    return window;
  }

  for (const theme of Object.keys(themes) as Theme[])
    for (const width of [800, 1600])
      it(`is drawn, ${theme}, ${width} px`, async () => {
        const { view, picture } = bound(await open('good run', theme, width));
        const run = view().locator('pm-run');
        await says(
          run.locator('.lead'),
          /was profiled on NVIDIA H100 .* 101 of 103 requests were answered, 2 failed, 556 output tokens\/s, TTFT p50 70\.0\sms\./,
        );
        await run.locator('pm-figure canvas').nth(1).waitFor();
        const times = run.getByRole('grid', { name: 'Times of requests' });
        // Name, mean, p50, p90, p95, p99: true by construction.
        const row = times.getByRole('row').filter({ hasText: 'TTFT' });
        await eventually(async () =>
          assert.deepEqual((await row.getByRole('gridcell').allInnerTexts()).slice(0, 6), [
            ...['TTFT', '70.0', '70.0', '110', '115', '119'],
          ]),
        );
        await fits(view().locator('.panel:not([hidden])'), 'the run');
        await picture(`run ${theme} ${width}`);
      });

  it('shows no secret and no environment, and copies its commands', async () => {
    const { view } = bound(await open('good run'));
    const run = view().locator('pm-run');
    const copy = run.getByRole('button', { name: 'Copy the command' });
    await copy.waitFor();
    await run.locator('pm-figure canvas').nth(1).waitFor();
    const text = await run.innerText();
    for (const secret of [...RUN_SECRETS, 'HF_TOKEN', 'SOME_KEY'])
      assert.equal(text.includes(secret), false, secret);
    await copy.click();
    await view().locator('.notice').getByText('Copied').waitFor();
    await window!.copied(/^\/usr\/bin\/nsys profile .* --api-key '\*\*\*'$/);
  });

  it('leads from a stage to its time on the timeline, and from the overview back', async () => {
    const { view, page } = bound(await open('good run'));
    const stages = view().getByRole('grid', { name: 'Stages of the run' });
    await stages.getByText('Send the load').dblclick();
    const overview = view().locator('pm-overview');
    await overview.getByText('What the client saw').waitFor();
    // The load, in the time of the profile.
    await says(view().locator('.breadcrumb'), /1\.05\d*\ss – 1\.0\d+\ss/);
    await overview.getByRole('button', { name: /TTFT p50/ }).click();
    await view().locator('pm-run .lead').waitFor();
    // A stage outside of what was recorded is said to be.
    await stages.getByText('Check the environment').dblclick();
    await view().locator('.notice').getByText('Nothing was recorded at that time.').waitFor();
    await page.keyboard.press('Escape');
  });

  it('has its kernel metrics linked with the timeline, until they are unlinked', async () => {
    const { view } = bound(await open('good run'));
    await view().getByRole('tab', { name: 'Run', exact: true }).waitFor();
    await view().locator('pm-run').getByRole('button', { name: 'kernels.csv' }).click();
    await view().getByRole('tab', { name: 'Timeline' }).click();
    const panel = view().locator('pm-ncu-timeline');
    await panel.getByText('Linked by the run’s folder: timeline.nsys.sqlite').waitFor();
    await window!.picture('run linked');
    await panel.getByText('Unlink', { exact: true }).click();
    await panel.getByText('No timeline is linked').waitFor();
    await window!.command('ProfileMate: Reload Profile');
    await panel.getByText('No timeline is linked').waitFor();
    // The results know their run, too, and lead back to the timeline.
    await view().getByRole('tab', { name: 'Run', exact: true }).click();
    await view().locator('pm-run').getByRole('button', { name: 'timeline.nsys.sqlite' }).click();
    await view().locator('pm-shell').waitFor();
  });

  for (const [theme, width] of [
    ['light', 800],
    ['dark', 1600],
  ] as const)
    it(`that failed says what, why and what to try, ${theme}, ${width} px`, async () => {
      const { view, picture } = bound(await open('failed run', theme, width));
      const run = view().locator('pm-run');
      await says(
        run.locator('.lead'),
        /failed after .*“Wait until it is healthy”\. The server has ended before it was healthy\./,
      );
      const wrong = run.getByRole('region', { name: 'What went wrong' });
      for (const said of ['vLLM does not know the option --quick.', 'Remove it, or update vLLM.'])
        await wrong.getByText(said).waitFor();
      await picture(`run failed ${theme} ${width}`);
      await wrong.getByRole('button', { name: 'logs/server.log' }).click();
      await window!.tab('server.log').waitFor();
    });
});

/** What a test uses of a window, to be taken apart. */
const bound = (window: Workbench) => ({
  view: () => window.view(),
  picture: (name: string) => window.picture(name),
  page: window.page,
});

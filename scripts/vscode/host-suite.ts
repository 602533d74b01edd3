/**
 * Runs test/host inside the extension host of the VS Code from npm.
 *
 * The workbench in the browser starts the tests, as it does for the desktop's
 * `--extensionTestsPath`, and reports their end by calling a function that the
 * page's owner gives it.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { format } from 'node:util';
import { findTool } from '../../src/capture/tools';
import { launchBrowser } from './browser';
import { buildHostTests, hostTests } from './host-build';
import { installVSCode } from './install';
import { root } from './paths';
import { dropProfile, freshProfile } from './profile';
import { startServer } from './server';
import { makeWorkspace } from './workspace';

/** Above what the suite takes on a busy machine of two cores: it ends a hang, it measures nothing. */
const limitMs = 1_500_000;

interface Counts {
  readonly passes: number;
  readonly failures: number;
}

/** Runs the suite. @returns whether it ran to its end and all of it passed. */
async function runHostSuite(): Promise<boolean> {
  await buildHostTests();
  const vscode = installVSCode();
  const profile = freshProfile();
  const workspace = makeWorkspace(path.join(profile.folder, 'workspace'));
  const report = process.env.PROFILEMATE_TEST_REPORT ?? path.join(profile.folder, 'report.json');
  const output = path.join(profile.folder, 'output.txt');

  // The server takes its PATH from a login shell, and with it loses what was added to ours.
  const [nsys = ''] = await findTool('nsys', { configured: process.env.PROFILEMATE_NSYS });
  const server = await startServer(vscode, profile, {
    testDriver: true,
    env: {
      PROFILEMATE_TEST_REPORT: report,
      PROFILEMATE_TEST_OUTPUT: output,
      PROFILEMATE_NSYS: nsys,
      PROFILEMATE_HOST_GREP: process.env.PROFILEMATE_HOST_GREP ?? '',
    },
  });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    const end = new Promise<string>((resolve) => {
      browser.on('disconnected', () => resolve('the browser ended'));
      page.on('crash', () => resolve('the page crashed'));
      void server.ended.then(() => resolve('the server ended'));
      void page.exposeFunction('codeAutomationExit', (code: number) =>
        resolve(`the extension host ended with status ${code}`),
      );
      void page.exposeFunction('codeAutomationLog', (level: string, args: unknown[]) => {
        if (level === 'error') complaints.push(format(...args));
      });
    });

    const remote = (file: string): string => `vscode-remote://${server.host}${file}`;
    const payload = [
      ['extensionDevelopmentPath', remote(root)],
      ['extensionTestsPath', remote(hostTests)],
      ['skipWelcome', 'true'],
      ['logLevel', 'error'],
    ];
    await page.goto(server.address({ folder: workspace.folder, payload: JSON.stringify(payload) }));
    const why = await Promise.race([end, sleep(limitMs, `no end after ${limitMs / 1000} s`)]);

    if (existsSync(output)) console.log(readFileSync(output, 'utf8'));
    if (!existsSync(report)) {
      console.error(server.log().slice(-2000));
      // Their first lines: the rest is the workbench's own stack.
      for (const complaint of complaints) console.error(complaint.split('\n')[0]);
      console.error(`The suite did not finish: ${why}.`);
      return false;
    }
    // The exit status proves nothing: it is 0 for a host that died, too.
    const { passes, failures } = JSON.parse(readFileSync(report, 'utf8')) as Counts;
    return passes > 0 && failures === 0;
  } finally {
    await browser.close();
    await server.stop();
    dropProfile(profile);
  }
}

void runHostSuite().then(
  (passed) => process.exit(passed ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);

/** Drives the packaged extension in a real VS Code, as a person's hands and eyes would. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { launchBrowser } from '../../scripts/vscode/browser';
import { installVSCode } from '../../scripts/vscode/install';
import { results, vsix } from '../../scripts/vscode/paths';
import {
  dropProfile,
  writeMachineSettings,
  freshProfile,
  writeSettings,
  type Settings,
  type UserProfile,
} from '../../scripts/vscode/profile';
import { installExtensions, startServer, type Server } from '../../scripts/vscode/server';
import { makeWorkspace, type Workspace } from '../../scripts/vscode/workspace';

export const themes = {
  light: 'Light Modern',
  dark: 'Dark Modern',
  contrast: 'Default High Contrast',
} as const;

export type Theme = keyof typeof themes;

export interface WindowOptions {
  readonly theme?: Theme;
  /** CSS pixels. */
  readonly width?: number;
  readonly height?: number;
  /** User settings beside the theme. */
  readonly settings?: Settings;
}

/** Whether it comes to pass; a time-out says that it does not. */
const happens = (event: Promise<unknown>): Promise<boolean> =>
  event.then(
    () => true,
    () => false,
  );

/** One VS Code server with the packaged extension in it, and a browser to look at it. */
export class Studio {
  private constructor(
    readonly workspace: Workspace,
    private readonly profile: UserProfile,
    private readonly server: Server,
    private readonly browser: Browser,
  ) {}

  static async start(): Promise<Studio> {
    const vscode = installVSCode();
    const profile = freshProfile();
    installExtensions(vscode, profile, [vsix]);
    const workspace = makeWorkspace(path.join(profile.folder, 'workspace'));
    const server = await startServer(vscode, profile);
    return new Studio(workspace, profile, server, await launchBrowser());
  }

  /** Where programs are, and what else belongs to the machine. */
  set(settings: Settings): void {
    writeMachineSettings(this.profile, settings);
  }

  /** Copies a file into the workspace, so that nothing is ever done to the original. */
  add(file: string, name = path.basename(file)): void {
    copyFileSync(file, path.join(this.workspace.folder, name));
  }

  /** Opens a window on the workspace and waits until extensions have their say in it. */
  async open(options: WindowOptions = {}): Promise<Workbench> {
    const { theme = 'dark', width = 1280, height = 800, settings } = options;
    writeSettings(this.profile, { 'workbench.colorTheme': themes[theme], ...settings });
    const page = await this.browser.newPage({
      viewport: { width, height },
      reducedMotion: 'reduce',
      // The clipboard is where "copy" is proved.
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.goto(this.server.address({ folder: this.workspace.folder }));
    // Until extensions are known, and the service that keeps their editors has been made in an
    // idle moment, a file opens as if no extension had an editor for it.
    await page.waitForFunction(
      () => performance.getEntriesByName('code/didLoadExtensions').length > 0,
      undefined,
      { timeout: 60_000 },
    );
    await page.evaluate('new Promise((resolve) => requestIdleCallback(resolve))');
    return new Workbench(page);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    dropProfile(this.profile);
  }
}

/** How long a test waits for what a person would see at once; a busy machine is slow. */
const PATIENCE = 30_000;

/**
 * Waits until a thing shows text that matches, which may be later than whatever else was waited
 * for, and gives that text. What it showed last is told when it never does.
 */
export async function says(locator: Locator, expected: RegExp): Promise<string> {
  const until = Date.now() + PATIENCE;
  for (;;) {
    const text = await locator.innerText({ timeout: 1_000 }).catch(String);
    if (expected.test(text)) return text;
    if (Date.now() > until) assert.match(text, expected, `what ${String(locator)} says`);
    await sleep(50);
  }
}

/** Waits until nothing that is seen matches. */
async function expectNone(locator: Locator): Promise<void> {
  await locator.filter({ visible: true }).first().waitFor({ state: 'detached' });
}

/** One window. */
export class Workbench {
  constructor(readonly page: Page) {}

  /** The row of a file in the explorer. */
  file(name: string): Locator {
    return this.page.getByRole('treeitem', { name, exact: true });
  }

  async openFile(name: string): Promise<void> {
    await this.file(name).dblclick();
  }

  /** Opens the context menu of a file in the explorer and chooses an entry. */
  async fileAction(name: string, action: string): Promise<void> {
    await this.menuAction(this.file(name), action);
  }

  /** Opens the context menu of whatever it is and chooses an entry. */
  async menuAction(of: Locator, action: string): Promise<void> {
    // Without its key, which is part of an entry's name for screen readers.
    const item = this.page.locator(
      `.action-menu-item .action-label[aria-label=${JSON.stringify(action)}]`,
    );
    for (let tries = 10; tries > 0; tries--) {
      await of.click({ button: 'right' });
      // A menu that has only just opened takes no click, lest one be meant for what lay below;
      // and in a window that has only just opened, it lacks entries.
      for (let clicks = 3; clicks > 0; clicks--) {
        const chosen = item
          .click({ timeout: 2_000 })
          .then(() => item.waitFor({ state: 'hidden', timeout: 2_000 }));
        if (await happens(chosen)) return;
      }
      await this.page.keyboard.press('Escape');
    }
    throw new Error(`the menu has no ${action}`);
  }

  /** Runs a command by the title that the command palette shows. */
  async command(title: string): Promise<void> {
    const palette = this.page.locator('.quick-input-widget input');
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    // In a window that has only just opened, some commands are not there yet.
    for (let tries = 10; tries > 0; tries--) {
      await this.page.keyboard.press('F1');
      await palette.fill(`>${title}`);
      const chosen = row.click({ timeout: 3_000 });
      if (await happens(chosen)) return;
      await this.page.keyboard.press('Escape');
    }
    throw new Error(`there is no command ${title}`);
  }

  /**
   * Names a file in the file dialog that is open. A dialog that still looks at the folder takes
   * no Enter, and writes that folder's path over what was typed: so again until it has closed.
   */
  async chooseFile(file: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input');
    for (let tries = 15; tries > 0; tries--) {
      await input.fill(file);
      await input.press('Enter');
      const closed = input.waitFor({ state: 'hidden', timeout: 2_000 });
      if (await happens(closed)) return;
    }
    throw new Error(`the file dialog stays open at ${file}`);
  }

  /** What the extension shows in the active custom editor. */
  view(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  }

  /** Opens one of the editor's views and waits until nothing in it is still being read. */
  async show(title: string): Promise<Locator> {
    await this.view().getByRole('tab', { name: title, exact: true }).click();
    const panel = this.view().getByRole('tabpanel');
    await panel.locator('.lead').first().waitFor();
    await expectNone(panel.locator('.skeleton'));
    return panel;
  }

  /** The text of notifications that are showing. */
  notifications(): Locator {
    return this.page.locator('.notification-toast .notification-list-item-message');
  }

  /** The tab of an open editor. */
  tab(name: string): Locator {
    return this.page.getByRole('tab', { name });
  }

  /** Leaves a picture of the window in `test-results/<name>.png`. */
  async picture(name: string): Promise<void> {
    mkdirSync(results, { recursive: true });
    await this.page.screenshot({ path: path.join(results, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

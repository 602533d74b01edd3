/** Drives the packaged extension in a real VS Code, as a person's hands and eyes would. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
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
import { eventually, PATIENCE } from '../harness/patience';

export const themes = {
  light: 'Light Modern',
  dark: 'Dark Modern',
  contrast: 'Default High Contrast',
} as const;

export type Theme = keyof typeof themes;

/** The frame around what the extension shows; that of an editor behind another is not seen. */
const VIEW = 'iframe.webview.ready >> visible=true';

export interface WindowOptions {
  readonly theme?: Theme;
  /** CSS pixels. */
  readonly width?: number;
  readonly height?: number;
  /** User settings beside the theme. */
  readonly settings?: Settings;
  /** A file `*.code-workspace`, in place of the folder alone. */
  readonly workspace?: string;
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
    const { theme = 'dark', width = 1280, height = 800, settings, workspace } = options;
    writeSettings(this.profile, { 'workbench.colorTheme': themes[theme], ...settings });
    const page = await this.browser.newPage({
      viewport: { width, height },
      reducedMotion: 'reduce',
      // The clipboard is where "copy" is proved.
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const window = new Workbench(page);
    await page.goto(
      this.server.address(workspace ? { workspace } : { folder: this.workspace.folder }),
    );
    await window.ready();
    if (workspace) await window.folders();
    return window;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    dropProfile(this.profile);
  }
}

/** For one test: it waits for many things in turn. */
export const TEST_LIMIT = 300_000;

/** Waits until a thing shows text that matches, and gives that text. */
export function says(thing: Locator, expected: RegExp): Promise<string> {
  return eventually(async () => {
    const text = await thing.innerText({ timeout: 2_000 });
    assert.match(text, expected);
    return text;
  });
}

/** Reads until the same is read a few times in a row: what is drawn or laid out has come to rest. */
export async function atRest<T>(read: () => Promise<T>): Promise<T> {
  let last = await read();
  for (let same = 0; same < 3;) {
    await sleep(100);
    const now = await read();
    same = isDeepStrictEqual(now, last) ? same + 1 : 0;
    last = now;
  }
  return last;
}

/** Waits until a thing and all in it fits into its width. */
export function fits(thing: Locator, name: string): Promise<void> {
  return eventually(async () => {
    const beyond = await thing.evaluate(
      // The tests themselves know no DOM.
      (box: { readonly scrollWidth: number; readonly clientWidth: number }) =>
        box.scrollWidth - box.clientWidth,
    );
    assert.ok(beyond <= 0, `${name} is ${beyond} px wider than its window`);
  });
}

/** Waits until nothing that is seen matches. */
async function expectNone(locator: Locator): Promise<void> {
  await locator.filter({ visible: true }).first().waitFor({ state: 'detached' });
}

/** One window. */
export class Workbench {
  constructor(readonly page: Page) {
    page.setDefaultTimeout(PATIENCE);
  }

  /**
   * Waits for the folders of a `*.code-workspace`. VS Code may look for that file before its
   * server gives files out; then it has no folder, and does not look again.
   */
  async folders(): Promise<void> {
    const found = this.page.locator('.explorer-folders-view [role=treeitem]').first();
    const none = this.page.getByText('You have not yet added a folder');
    await eventually(async () => {
      await found.or(none).first().waitFor();
      if (await none.isVisible()) await sleep(3000);
      if (await found.isVisible()) return;
      console.warn('      VS CODE OPENED THE WORKSPACE WITHOUT ITS FOLDERS: opened again');
      await this.reload();
      assert.fail('the window has no folders');
    });
  }

  /**
   * Waits until extensions have their say. Until they are known, and the service that keeps their
   * editors has been made in an idle moment, a file opens as if no extension had an editor for it.
   */
  async ready(): Promise<void> {
    await this.page.waitForFunction(
      () => performance.getEntriesByName('code/didLoadExtensions').length > 0,
    );
    await this.page.evaluate('new Promise((resolve) => requestIdleCallback(resolve))');
  }

  /** Reloads the window, and waits until nothing of the one before is left. */
  async reload(): Promise<void> {
    await Promise.all([this.page.waitForEvent('load'), this.command('Developer: Reload Window')]);
    await this.ready();
  }

  /** Makes the window as wide, and waits until what the extension shows is laid out anew. */
  async resize(width: number, height: number): Promise<void> {
    await this.page.setViewportSize({ width, height });
    const frame = this.page.locator(VIEW);
    await eventually(async () => {
      const box = (await frame.boundingBox({ timeout: 2_000 }))!;
      // There is nothing but a margin to the right of it.
      const beside = width - box.x - box.width;
      assert.ok(beside >= 0 && beside < 20, `the view ends ${beside} px before its window`);
      const inside = await this.view()
        .locator('html')
        .evaluate((html: { readonly clientWidth: number }) => html.clientWidth);
      assert.equal(inside, Math.round(box.width), 'how wide the view takes itself to be');
    });
  }

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

  /**
   * Opens the context menu of whatever it is, and gives an entry of it. In a window that has only
   * just opened a menu lacks entries, and a list that is drawn anew takes its menu away.
   */
  async menu(of: Locator, action: string): Promise<Locator> {
    // Without its key, which is part of an entry's name for screen readers.
    const entry = this.page.locator(
      `.action-menu-item .action-label[aria-label=${JSON.stringify(action)}]`,
    );
    for (let tries = 15; tries > 0; tries--) {
      await of.click({ button: 'right' });
      if (await happens(entry.waitFor({ timeout: 4_000 }))) {
        // One that has only just opened takes no click, lest one be meant for what lay below.
        await atRest(() => entry.boundingBox({ timeout: 2_000 }).catch(() => null));
        return entry;
      }
      await this.page.keyboard.press('Escape');
    }
    throw new Error(`the menu has no ${action}`);
  }

  /** Opens the context menu of whatever it is and chooses an entry. */
  async menuAction(of: Locator, action: string): Promise<void> {
    for (let tries = 5; tries > 0; tries--) {
      const entry = await this.menu(of, action);
      let clicked = false;
      while (await happens(entry.click({ timeout: 4_000 }))) {
        clicked = true;
        if (await happens(entry.waitFor({ state: 'hidden', timeout: 4_000 }))) return;
      }
      // It has chosen all the same when it closed late.
      if (clicked && !(await entry.isVisible())) return;
      await this.page.keyboard.press('Escape');
    }
    throw new Error(`the menu does not take a click on ${action}`);
  }

  /** Runs a command by the title that the command palette shows. */
  async command(title: string): Promise<void> {
    const palette = this.page.locator('.quick-input-widget input');
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    // In a window that has only just opened, keys are not heard and some commands are not there yet.
    for (let tries = 15; tries > 0; tries--) {
      await this.page.keyboard.press('F1');
      const chosen = palette
        .fill(`>${title}`, { timeout: 4_000 })
        .then(() => row.click({ timeout: 4_000 }));
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
    await input.waitFor();
    for (let tries = 15; tries > 0; tries--) {
      // It may close at any moment, and then there is nothing to type into.
      await happens(
        input.fill(file, { timeout: 2_000 }).then(() => input.press('Enter', { timeout: 2_000 })),
      );
      if (await happens(input.waitFor({ state: 'hidden', timeout: 4_000 }))) return;
    }
    throw new Error(`the file dialog stays open at ${file}`);
  }

  /** What the extension shows in the active custom editor. */
  view(): FrameLocator {
    return this.page.frameLocator(VIEW).frameLocator('#active-frame');
  }

  /** Opens one of the editor's views and waits until nothing in it is still being read. */
  async show(title: string): Promise<Locator> {
    const named = { name: title, exact: true };
    await this.view().getByRole('tab', named).click();
    const panel = this.view().getByRole('tabpanel', named);
    await panel.locator('.lead').first().waitFor();
    await expectNone(panel.locator('.skeleton'));
    await expectNone(panel.locator('.stale'));
    return panel;
  }

  /** The clipboard, once what is in it matches. */
  copied(expected: RegExp): Promise<string> {
    return eventually(async () => {
      const text = await this.page.evaluate<string>('navigator.clipboard.readText()');
      assert.match(text, expected);
      return text;
    });
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

/** Where one VS Code keeps its settings, state and extensions. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface UserProfile {
  readonly folder: string;
  readonly userData: string;
  readonly extensions: string;
}

export type Settings = Readonly<Record<string, unknown>>;

/** No network, no advice and no motion: what is on the screen is ours and holds still. */
const quiet: Settings = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.commandCenter': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/** A profile in `folder`, which is made where it does not exist. */
export function openProfile(folder: string, settings: Settings = {}): UserProfile {
  const profile = {
    folder,
    userData: path.join(folder, 'data'),
    extensions: path.join(folder, 'extensions'),
  };
  mkdirSync(path.join(profile.userData, 'User'), { recursive: true });
  mkdirSync(profile.extensions, { recursive: true });
  writeSettings(profile, settings);
  return profile;
}

/** Replaces the user settings; an open workbench takes them over by itself. */
export function writeSettings(profile: UserProfile, settings: Settings): void {
  writeFileSync(
    path.join(profile.userData, 'User/settings.json'),
    JSON.stringify({ ...quiet, ...settings }, null, 2),
  );
}

/** Replaces the settings of the machine that extensions run on, where it is not the person's own. */
export function writeMachineSettings(profile: UserProfile, settings: Settings): void {
  const folder = path.join(profile.folder, 'data/Machine');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'settings.json'), JSON.stringify(settings, null, 2));
}

/** A profile of its own for one run, to be given to `dropProfile`. */
export function freshProfile(settings?: Settings): UserProfile {
  // Sockets lie in here and their paths are limited to some 100 characters, so not in the project.
  return openProfile(mkdtempSync(path.join(os.tmpdir(), 'pm-')), settings);
}

export function dropProfile(profile: UserProfile): void {
  // What a server's last processes still write makes a folder that was empty none.
  rmSync(profile.folder, { recursive: true, force: true, maxRetries: 20 });
}

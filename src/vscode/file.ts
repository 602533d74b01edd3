/** What kind of file this is, as far as its name says; its content decides when it is read. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Failure } from '../profile/failure';
import type { ProfileKind } from '../readers/open';
import { FILE_NAMES } from '../readers/session/files';

const REPORT = /\.(nsys-rep|qdrep)$/i;
const EXPORT = /\.nsys\.sqlite$/i;
const NCU_REPORT = /\.ncu-rep$/i;
const NCU_PAGE = /\.ncu\.csv$/i;
const TRACE = /\.pt\.trace\.json(\.gz)?$/i;

export const viewTypes = {
  /** Exports by the name that nsys users give them. */
  named: 'profilemate.nsys',
  /** Any database, when asked for. */
  any: 'profilemate.nsysAny',
  /** Reports, exported first. */
  report: 'profilemate.nsysReport',
  /** Reports of Nsight Compute, printed first, and pages with a name that says so. */
  ncu: 'profilemate.ncu',
  /** Any CSV, when asked for. */
  ncuAny: 'profilemate.ncuAny',
  /** Traces by the name that PyTorch's profiler gives them. */
  torch: 'profilemate.torch',
  /** Any JSON, when asked for. */
  torchAny: 'profilemate.torchAny',
  /** Sessions of the runtime layer, by their metadata or any of their tables. */
  session: 'profilemate.session',
} as const;

const KINDS: Readonly<Record<string, ProfileKind>> = {
  [viewTypes.ncu]: 'kernels',
  [viewTypes.ncuAny]: 'kernels',
  [viewTypes.session]: 'session',
};
export const kindOf = (viewType: string): ProfileKind => KINDS[viewType] ?? 'timeline';

/** Whether the name is one that files of a session have. */
export const isSessionName = (name: string): boolean =>
  name === 'metadata.json' || FILE_NAMES.has(name);
/** The page of a run, on its record. */
export const RUN_VIEW_TYPE = 'profilemate.run';

/** Which tool makes the file into one that can be read; undefined where it can be read as it is. */
export function neededTool(file: string): 'nsys' | 'ncu' | undefined {
  if (REPORT.test(file)) return 'nsys';
  return NCU_REPORT.test(file) ? 'ncu' : undefined;
}

export const ncuViewTypeFor = (uri: vscode.Uri): string =>
  NCU_REPORT.test(uri.path) || NCU_PAGE.test(uri.path) ? viewTypes.ncu : viewTypes.ncuAny;

/** Whether the name is one that PyTorch's profiler gives. */
export const isTraceName = (name: string): boolean => TRACE.test(name);

export const traceViewTypeFor = (uri: vscode.Uri): string =>
  isTraceName(uri.path) ? viewTypes.torch : viewTypes.torchAny;

export function viewTypeFor(uri: vscode.Uri): string {
  if (REPORT.test(uri.path)) return viewTypes.report;
  return EXPORT.test(uri.path) ? viewTypes.named : viewTypes.any;
}

/** The editor for a profile of any kind, by its name alone. */
export function profileViewTypeFor(uri: vscode.Uri): string {
  if (isSessionName(path.basename(uri.path))) return viewTypes.session;
  if (/\.(csv|ncu-rep)$/i.test(uri.path)) return ncuViewTypeFor(uri);
  return /\.json(\.gz)?$/i.test(uri.path) ? traceViewTypeFor(uri) : viewTypeFor(uri);
}

/** Why a file can not be read where it is; undefined where it can. */
export function notOnDisk(uri: vscode.Uri): Failure | undefined {
  if (uri.scheme === 'file') return undefined;
  return {
    code: 'unreadable',
    message: vscode.l10n.t(
      'ProfileMate reads profiles from a disk of the machine it runs on; {0} is not a file there. Save a copy to disk and open that.',
      uri.toString(),
    ),
  };
}

/** Tells a file from its later contents; undefined where there is none. */
export async function fileMark(path: string): Promise<string | undefined> {
  try {
    const { size, mtimeMs, ino } = await stat(path);
    return `${size} ${mtimeMs} ${ino}`;
  } catch {
    return undefined;
  }
}

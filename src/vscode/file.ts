/** What kind of file this is, as far as its name says; its content decides when it is read. */
import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { Failure } from '../profile/failure';

const REPORT = /\.(nsys-rep|qdrep)$/i;
const EXPORT = /\.nsys\.sqlite$/i;

export const viewTypes = {
  /** Exports by the name that nsys users give them. */
  named: 'profilemate.nsys',
  /** Any database, when asked for. */
  any: 'profilemate.nsysAny',
  /** Reports, exported first. */
  report: 'profilemate.nsysReport',
} as const;

export const isReport = (uri: vscode.Uri): boolean => REPORT.test(uri.path);

export function viewTypeFor(uri: vscode.Uri): string {
  if (isReport(uri)) return viewTypes.report;
  return EXPORT.test(uri.path) ? viewTypes.named : viewTypes.any;
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

import path from 'node:path';
import { isProcessFolder, MOE_FOLDER } from '../../readers/session';
import { FILE_NAMES } from '../../readers/session/files';
import { FolderKey } from '../folderKey';

/** Which folders hold a session, for the explorer's menu. */
export const sessionFolders = (): FolderKey =>
  new FolderKey('profilemate.sessionFolders', `**/{${[...FILE_NAMES].join(',')}}`, foldersOf);

/** The folder of a table's process, and that of the session above it. */
export function foldersOf(file: string): readonly string[] {
  let folder = path.dirname(file);
  if (path.basename(folder) === MOE_FOLDER) folder = path.dirname(folder);
  return isProcessFolder(path.basename(folder)) ? [folder, path.dirname(folder)] : [folder];
}

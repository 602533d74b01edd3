import { findSession } from '../../readers/session';

/** The folder that is read for a file of a session, so that editors of its files share one reading. */
export const sourceOfSession = async (file: string): Promise<string> =>
  (await findSession(file)) ?? file;

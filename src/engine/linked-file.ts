/** Another file read beside the one that is open; a later choice takes the place of one still being read. */
import type { Link, Params } from '../protocol/requests';
import { toFailure } from './failure';

export class LinkedFile<T> {
  link: Link | undefined;
  /** Undefined without a link, and for one that could not be read. */
  value: T | undefined;
  private reading: AbortController | undefined;

  constructor(private readonly read: (path: string, signal: AbortSignal) => Promise<T>) {}

  /**
   * @param path null for none
   * @param about the file as the person knows it, and whether its run named it
   * @returns false where another choice was made meanwhile. Never rejects: a failure is the link's.
   */
  async set(
    path: string | null,
    about: Pick<Params<'link'>, 'shownPath' | 'byRun'>,
  ): Promise<boolean> {
    this.reading?.abort();
    const reading = new AbortController();
    this.reading = reading;
    let link: Link | undefined;
    let value: T | undefined;
    if (path !== null) {
      link = { path: about.shownPath ?? path, ...(about.byRun && { byRun: true }) };
      try {
        value = await this.read(path, reading.signal);
      } catch (error) {
        link = { ...link, failure: toFailure(error).message };
      }
    }
    if (this.reading !== reading) return false;
    this.link = link;
    this.value = value;
    return true;
  }
}

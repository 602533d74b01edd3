/** Progress on a terminal, and none in a pipe. */
import type { ReadOptions } from '../readers/open';
import { formatBytes, formatShare } from '../profile/format';

const CLEAR_LINE = '\r\u001b[K';

/** What a read reports to: one line that replaces itself, gone when `done` is called. */
export function progressLine(): { readonly options: ReadOptions; done(): void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { options: {}, done: () => undefined };
  return {
    options: {
      onProgress: (_stage, read, size) => {
        const share = size > 0 ? formatShare(Math.min(1, read / size)) : '';
        stderr.write(`${CLEAR_LINE}Reading: ${share} of ${formatBytes(size)}`);
      },
    },
    done: () => void stderr.write(CLEAR_LINE),
  };
}

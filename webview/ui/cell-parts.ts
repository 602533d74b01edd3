/** What cells show besides plain figures. */
import { html, type TemplateResult } from 'lit';
import { formatShare, shortenMiddle } from '../../src/profile/format';
import { readableKernelName } from '../../src/profile/kernel-name';
import { styled } from './styled';

export function shareCell(share: number | undefined): TemplateResult {
  // An empty bar would look like a zero.
  if (share === undefined) return html`<span>${formatShare(share)}</span>`;
  return html`<span class="share-cell"
    ><span class="share-bar"
      ><span
        ${styled({ width: share ? `max(1px, ${Math.min(100, share * 100)}%)` : '0' })}
      ></span></span
    ><span>${formatShare(share)}</span></span
  >`;
}

/** The end of a name tells as much as its beginning. */
const TAIL = 18;
/** More than any screen shows; whole names are in the tooltip and the details. */
const LONGEST = 400;

/** A kernel's name without what kernels share, cut in the middle where the column is too narrow. */
export const kernelName = (name: string): TemplateResult => longName(readableKernelName(name));

/** A name that is cut in the middle where the column is too narrow for it. */
export function longName(name: string): TemplateResult {
  const text = shortenMiddle(name, LONGEST);
  if (text.length <= 2 * TAIL) return html`<span class="clip">${text}</span>`;
  return html`<span class="clip">${text.slice(0, -TAIL)}</span
    ><span class="tail">${text.slice(-TAIL)}</span>`;
}

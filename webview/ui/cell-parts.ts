/** What cells show besides plain figures. */
import { html, type TemplateResult } from 'lit';
import { formatShare, shortenMiddle } from '../../src/profile/format';
import { displayName } from './names';
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

/** The end of a kernel's name tells as much as its beginning. */
const TAIL = 18;
/** More than any screen shows; whole names are in the tooltip and the details. */
const LONGEST = 400;

/** A name that is cut in the middle where the column is too narrow for it. */
export function longName(name: string): TemplateResult {
  const text = shortenMiddle(displayName(name), LONGEST);
  if (text.length <= 2 * TAIL) return html`<span class="clip">${text}</span>`;
  return html`<span class="clip">${text.slice(0, -TAIL)}</span
    ><span class="tail">${text.slice(-TAIL)}</span>`;
}

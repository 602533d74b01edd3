/** What cells show besides plain figures. */
import { html, nothing, type TemplateResult } from 'lit';
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
/** As much as a line of a sentence holds beside its figures. */
const TITLE = 64;

/** A kernel's name without what kernels share, cut where that costs least in a narrow column. */
export function kernelName(name: string): TemplateResult {
  const text = readableKernelName(name);
  // Of a template the last arguments say least, of a loop the loop's name most.
  const loop = text.lastIndexOf(' · ');
  if (loop > 0) return cut(text, loop);
  return text.includes('<') ? cut(text.slice(0, LONGEST), LONGEST) : longName(text);
}

/** As {@link kernelName}, within a sentence or above a page. */
export const kernelTitle = (name: string): string => shortenMiddle(readableKernelName(name), TITLE);

/** A name that is cut in the middle where the column is too narrow for it. */
export function longName(name: string): TemplateResult {
  const text = shortenMiddle(name, LONGEST);
  return cut(text, text.length > TAIL + 8 ? text.length - TAIL : text.length);
}

/** Text of which the part before `at` gives way. */
const cut = (text: string, at: number): TemplateResult =>
  html`<span class="clip">${text.slice(0, at)}</span>${
      at < text.length ? html`<span class="tail">${text.slice(at)}</span>` : nothing
    }`;

/** What every page has around its body: one style sheet of its own, and a policy that forbids all else. */
import { createHash } from 'node:crypto';
import { html, Markup } from './markup';
import { STYLE } from './style';

/** Ours, and so no text to be escaped. */
const STYLE_ELEMENT = new Markup(`<style>${STYLE}</style>`);
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
/** No script, no picture, no font, no frame, no request; of styles this one alone. */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

export type Section = Markup | undefined | false;

export function page(title: string, body: readonly Section[]): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="referrer" content="no-referrer" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        ${body.map((section) => section && html`${section} `)}
      </body>
    </html> `.text;
}

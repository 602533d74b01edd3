/** HTML from templates in which every value is text, unless it is a piece of markup made here. */
import { printable } from '../table';

export class Markup {
  constructor(readonly text: string) {}
}

export type Value = string | number | Markup | readonly Value[] | undefined | false;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and for quoted attributes; direction marks and control characters are shown as `�`. */
export function escapeText(text: string): string {
  const lines = text.split('\n').map(printable).join('\n');
  return lines.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

function write(value: Value): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return escapeText(String(value));
  return value.map(write).join('');
}

export function html(pieces: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(pieces.reduce((text, piece, i) => text + write(values[i - 1]) + piece));
}

export interface Column {
  readonly title: string;
  readonly right?: boolean;
}

/** Cells that are text stay text; a long one is wrapped. */
export function table(columns: readonly Column[], rows: readonly (readonly Value[])[]): Markup {
  const side = (i: number): Value => (columns[i].right ? html` class="right"` : undefined);
  return html`<div class="table">
    <table>
      <thead>
        <tr>
          ${columns.map(({ title }, i) => html`<th scope="col" ${side(i)}>${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, i) => html`<td${side(i)}>${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A chart, and behind it the table of what it draws. */
export function figure(chart: Markup, behind: Markup): Markup {
  return html`<figure>
    ${chart}
    <details>
      <summary>Table</summary>
      ${behind}
    </details>
  </figure>`;
}

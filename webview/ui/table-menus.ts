/** What stands over a table: which columns it shows, and its text to copy or save. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Params, Sort } from '../../src/protocol/requests';
import type { Core } from '../core';
import { t } from '../strings';
import { tableAsText, type Column } from './cells';
import './menu';
import type { MenuItem } from './menu';

/** The request that gives a whole table as text, but for the format. */
export type Exported =
  | Omit<Params<'table'>, 'format'>
  | Omit<Params<'ncuTable'>, 'format'>
  | Omit<Params<'sessionTable'>, 'format'>;

export interface Menus<Row> {
  readonly app: Core;
  /** Under which the table keeps what is shown. */
  readonly name: string;
  readonly columns: readonly Column<Row>[];
  readonly visible: readonly Column<Row>[];
  readonly sort: Sort | undefined;
  readonly exported?: (sort: Sort | undefined) => Exported;
  readonly allRows?: (sort: Sort | undefined) => readonly Row[];
  /** Another set of columns is shown. */
  readonly changed: () => void;
}

export function tableMenus<Row>(menus: Menus<Row>): TemplateResult {
  return html`<div class="table-menus">
    <pm-menu label=${t('Columns')} icon="layout" .items=${columnItems(menus)}></pm-menu>
    ${
      menus.exported || menus.allRows
        ? html`<pm-menu label=${t('Copy')} icon="copy" .items=${copyItems(menus)}></pm-menu>`
        : nothing
    }
  </div>`;
}

function columnItems<Row>({ app, name, columns, visible, changed }: Menus<Row>): MenuItem[] {
  return columns.map((column, index) => {
    const checked = visible.includes(column);
    return {
      label: column.title,
      hint: column.hint,
      checked,
      run: () => {
        // The first column names the row: it stays.
        if (index === 0) return;
        app.setTable(name, { shown: { ...app.table(name).shown, [column.id]: !checked } });
        changed();
      },
    };
  });
}

function copyItems<Row>(menus: Menus<Row>): MenuItem[] {
  const { app, sort, exported, allRows } = menus;
  const give = (format: 'csv' | 'markdown', to: 'copy' | 'save') => () => {
    if (exported) void app.export({ ...exported(sort), format }, to);
    else if (allRows) giveText(menus, allRows(sort), format, to);
  };
  return [
    { label: t('Copy as CSV'), icon: 'copy', run: give('csv', 'copy') },
    { label: t('Copy as Markdown'), icon: 'markdown', run: give('markdown', 'copy') },
    { label: t('Save as CSV…'), icon: 'save', run: give('csv', 'save') },
  ];
}

function giveText<Row>(
  { app, name, visible }: Menus<Row>,
  rows: readonly Row[],
  format: 'csv' | 'markdown',
  to: 'copy' | 'save',
): void {
  const text = tableAsText(visible, rows, format);
  if (to === 'copy') app.copy(text, t('Copied {0} rows.', rows.length));
  else app.client.act({ kind: 'action', action: 'save', name: `${name}.csv`, text });
}

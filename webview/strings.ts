/**
 * Every text a person reads goes through here. The English sentence is the key;
 * the page carries a table of translations for the editor's language, as JSON
 * in the element `#profilemate-l10n` (its text, or its `data-strings`).
 */
type Value = string | number;

let table: Readonly<Record<string, string>> = {};

/** As much of a document as is needed here. */
interface Page {
  getElementById(id: string): {
    readonly dataset: Record<string, string | undefined>;
    readonly textContent: string | null;
  } | null;
}

export function loadStrings(source: Page): void {
  const element = source.getElementById('profilemate-l10n');
  const json = element?.dataset['strings'] ?? element?.textContent ?? '';
  if (json.trim() === '') return;
  try {
    table = JSON.parse(json) as Record<string, string>;
  } catch {
    // A broken table is no reason to show nothing: English stays.
    table = {};
  }
}

/** Fills `{0}`, `{1}`, … of a sentence with values. */
export function t(message: string, ...values: Value[]): string {
  const text = Object.hasOwn(table, message) ? table[message] : message;
  if (values.length === 0) return text;
  return text.replace(/\{(\d+)\}/g, (whole, index) => together(values[Number(index)] ?? whole));
}

/** A figure and its unit stay on one line: `12.3 ms`, `45 %`. */
function together(value: Value): string {
  return typeof value === 'string' && /^[<>-]*[\d.,]+ \S+$/.test(value)
    ? value.replace(' ', '\u00a0')
    : String(value);
}

/** Chooses by number; `{0}` is the first of `values`, which is usually the formatted count. */
export function plural(count: number, one: string, many: string, ...values: Value[]): string {
  return t(count === 1 ? one : many, ...values);
}

/** Splits a line as a person types arguments, in quotes where they hold spaces. No shell reads them. */
export function splitArguments(line: string): string[] | undefined {
  const found: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const char of line) {
    if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== undefined) return undefined;
  return word === undefined ? found : [...found, word];
}

/** What splits into the same arguments. */
export function joinArguments(args: readonly string[]): string {
  return args.map((arg) => (/^[^\s'"]+$/.test(arg) ? arg : quoted(arg))).join(' ');
}

/** Each kind of quote stands in the other one. */
function quoted(arg: string): string {
  const parts = arg.split(/('+)/).filter((part) => part !== '');
  return parts.length === 0
    ? "''"
    : parts.map((part) => (part.startsWith("'") ? `"${part}"` : `'${part}'`)).join('');
}

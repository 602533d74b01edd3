/**
 * The language of filter boxes.
 *
 *     flash "paged attention" -reduce     names that hold all but the negated
 *     time>5ms  avg<=10us  share>2        figures, with units; shares in per cent
 *     component:attention  phase:decode   one of a few values
 *     in:graph  name:…  name=…            holds, is exactly
 *
 * All terms must hold. A word that only looks like a condition (`std::vector`,
 * `Cast<float>`) is a word: kernel names are full of colons and brackets.
 * A value that is not known satisfies no condition, negated or not.
 */
import type { Component } from '../analysis/components';
import type { Bound } from '../analysis/ncu/bound';
import { PHASES } from '../profile/scope';

export type FieldKind = 'text' | 'choice' | 'time' | 'percent' | 'count' | 'bytes';

/** What can be asked of a table's rows. */
export interface FilterField {
  readonly name: string;
  readonly kind: FieldKind;
  readonly aliases?: readonly string[];
  /** The values of a choice. */
  readonly choices?: readonly string[];
  /** For the list of suggestions: an example that can be typed as it stands. */
  readonly example: string;
  /** This field narrows the table's scope instead of choosing among its rows, so it can not be negated. */
  readonly narrows?: boolean;
}

export type Comparison = '<' | '<=' | '>' | '>=' | '=' | '!=';

interface TermBase {
  readonly field: FilterField;
  readonly negated: boolean;
}
/** Text is held in lower case. */
export interface TextTerm extends TermBase {
  readonly kind: 'text';
  readonly match: 'holds' | 'is';
  readonly text: string;
}
/** Times in ns, sizes in bytes, per cents as shares (0 to 1). */
export interface NumberTerm extends TermBase {
  readonly kind: 'number';
  readonly comparison: Comparison;
  readonly value: number;
}
export type FilterTerm = TextTerm | NumberTerm;
export type Filter = readonly FilterTerm[];

/** A sentence, and the character (from 0) of the filter it is about. */
export interface FilterError {
  readonly message: string;
  readonly at: number;
}

export type ParsedFilter =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly error: FilterError };

/** How a row answers. Undefined: not known. */
export interface FilterAccess<Row> {
  text(row: Row, field: string): string | undefined;
  number(row: Row, field: string): number | undefined;
}

export const COMPONENT_CHOICES = Object.keys({
  attention: true,
  gemm: true,
  moe: true,
  norm: true,
  activation: true,
  rope: true,
  kv_cache: true,
  sampling: true,
  communication: true,
  quantization: true,
  memory: true,
  embedding: true,
  input_prep: true,
  elementwise: true,
  other: true,
} satisfies Record<Component, true>);

export const NAME: FilterField = { name: 'name', kind: 'text', example: 'name:flash' };
export const COMPONENT: FilterField = {
  name: 'component',
  kind: 'choice',
  choices: COMPONENT_CHOICES,
  example: 'component:attention',
};
/** What can hold a kernel back, where Nsight Compute measured it. */
export const BOUND_CHOICES = Object.keys({
  memory: true,
  compute: true,
  latency: true,
  unknown: true,
} satisfies Record<Bound, true>);

const PHASE: FilterField = {
  name: 'phase',
  kind: 'choice',
  choices: PHASES,
  example: 'phase:decode',
};
const IN: FilterField = { name: 'in', kind: 'choice', choices: ['graph'], example: 'in:graph' };
const API: FilterField = { name: 'api', kind: 'time', example: 'api>10us' };
const QUEUE: FilterField = { name: 'queue', kind: 'time', example: 'queue>1ms' };

/** What only linked Nsight Compute results can answer. */
export const LINKED_FIELDS: readonly FilterField[] = [
  { name: 'bound', kind: 'choice', choices: BOUND_CHOICES, example: 'bound:memory' },
  { name: 'peak', kind: 'percent', example: 'peak>80' },
];

/** The fields of the kernel table; the first is what plain words are looked for in. */
export const KERNEL_FIELDS: readonly FilterField[] = [
  NAME,
  COMPONENT,
  { ...PHASE, narrows: true },
  IN,
  { name: 'time', kind: 'time', aliases: ['total'], example: 'time>5ms' },
  { name: 'share', kind: 'percent', example: 'share>2' },
  { name: 'count', kind: 'count', aliases: ['instances'], example: 'count>=100' },
  { name: 'avg', kind: 'time', aliases: ['average'], example: 'avg<10us' },
  { name: 'med', kind: 'time', aliases: ['median'], example: 'med<10us' },
  { name: 'p95', kind: 'time', example: 'p95>1ms' },
  { name: 'min', kind: 'time', example: 'min>1us' },
  { name: 'max', kind: 'time', example: 'max>1ms' },
  { name: 'stddev', kind: 'time', example: 'stddev>1ms' },
  { name: 'graph', kind: 'percent', example: 'graph<50' },
  { name: 'registers', kind: 'count', aliases: ['regs'], example: 'registers>128' },
  { name: 'shared', kind: 'bytes', example: 'shared>=48KiB' },
  API,
  QUEUE,
  ...LINKED_FIELDS,
];

export const LAUNCH_FIELDS: readonly FilterField[] = [
  NAME,
  COMPONENT,
  PHASE,
  IN,
  { name: 'step', kind: 'text', example: 'step:generation' },
  { name: 'time', kind: 'time', aliases: ['duration'], example: 'time>50us' },
  { name: 'start', kind: 'time', example: 'start>=1.5s' },
  { name: 'stream', kind: 'count', example: 'stream:7' },
  { name: 'device', kind: 'count', example: 'device:0' },
  { name: 'graph', kind: 'count', example: 'graph:3' },
  API,
  QUEUE,
];

export const RANGE_FIELDS: readonly FilterField[] = [
  NAME,
  { name: 'domain', kind: 'text', example: 'domain:nccl' },
  { name: 'time', kind: 'time', aliases: ['cpu'], example: 'time>5ms' },
  { name: 'gpu', kind: 'time', example: 'gpu>5ms' },
  { name: 'self', kind: 'time', example: 'self>1ms' },
  { name: 'avg', kind: 'time', aliases: ['average'], example: 'avg>1ms' },
  { name: 'max', kind: 'time', example: 'max>10ms' },
  { name: 'count', kind: 'count', aliases: ['instances'], example: 'count>=100' },
  { name: 'operations', kind: 'count', aliases: ['ops'], example: 'operations>0' },
  { name: 'level', kind: 'count', example: 'level<3' },
];

export const OPERATOR_FIELDS: readonly FilterField[] = [
  NAME,
  {
    name: 'kind',
    kind: 'choice',
    choices: ['operator', 'annotation', 'call'],
    example: 'kind:operator',
  },
  { name: 'shape', kind: 'text', aliases: ['shapes'], example: 'shape:[4096' },
  { name: 'gpu', kind: 'time', aliases: ['cuda'], example: 'gpu>5ms' },
  { name: 'gpuself', kind: 'time', aliases: ['self'], example: 'gpuself>1ms' },
  { name: 'share', kind: 'percent', example: 'share>2' },
  { name: 'cpu', kind: 'time', example: 'cpu>5ms' },
  { name: 'cpuself', kind: 'time', example: 'cpuself>1ms' },
  { name: 'count', kind: 'count', aliases: ['calls'], example: 'count>=100' },
];

export const FRAME_FIELDS: readonly FilterField[] = [
  NAME,
  {
    name: 'kind',
    kind: 'choice',
    choices: ['python', 'module', 'operator', 'annotation', 'kernel', 'copy'],
    example: 'kind:module',
  },
  { name: 'time', kind: 'time', aliases: ['total'], example: 'time>5ms' },
  { name: 'own', kind: 'time', aliases: ['self'], example: 'own>1ms' },
  { name: 'share', kind: 'percent', example: 'share>2' },
  { name: 'count', kind: 'count', example: 'count>=100' },
];

/** Tables in which only names are looked for. */
export const NAME_FIELDS: readonly FilterField[] = [NAME];

const UNITS: Readonly<Record<Exclude<FieldKind, 'text' | 'choice'>, ReadonlyMap<string, number>>> =
  {
    time: new Map([
      ['ns', 1],
      ['us', 1e3],
      ['µs', 1e3],
      ['μs', 1e3],
      ['ms', 1e6],
      ['s', 1e9],
    ]),
    percent: new Map([
      ['', 0.01],
      ['%', 0.01],
    ]),
    count: new Map([
      ['', 1],
      ['k', 1e3],
      ['m', 1e6],
    ]),
    bytes: new Map([
      ['', 1],
      ['b', 1],
      ['kb', 1e3],
      ['mb', 1e6],
      ['gb', 1e9],
      ['kib', 1024],
      ['mib', 1024 ** 2],
      ['gib', 1024 ** 3],
    ]),
  };

const NUMBER = /^(\d+(?:\.\d*)?|\.\d+)(?:e([+-]?\d{1,3}))?\s*([a-zµμ%]*)$/i;

/** Never throws, whatever the text. */
export function parseFilter(text: string, fields: readonly FilterField[]): ParsedFilter {
  const terms: FilterTerm[] = [];
  for (const token of tokens(text)) {
    const term = 'message' in token ? token : parseTerm(token, fields);
    if ('message' in term) return { ok: false, error: term };
    terms.push(term);
  }
  return { ok: true, filter: terms };
}

interface Token {
  readonly text: string;
  readonly at: number;
  readonly negated: boolean;
  /** Characters of `text` before the first quote; only in these is an operator one. */
  readonly bare: number;
}

function* tokens(source: string): Generator<Token | FilterError> {
  let at = 0;
  while (at < source.length) {
    if (/\s/.test(source[at])) {
      at++;
      continue;
    }
    const start = at;
    const negated = source[at] === '-';
    if (negated) at++;
    let text = '';
    let bare: number | undefined;
    while (at < source.length && !/\s/.test(source[at])) {
      if (source[at] !== '"') {
        text += source[at++];
        continue;
      }
      bare ??= text.length;
      const close = source.indexOf('"', at + 1);
      if (close < 0) {
        yield { message: 'This quotation mark is never closed.', at };
        return;
      }
      text += source.slice(at + 1, close);
      at = close + 1;
    }
    if (text === '') {
      yield {
        message: negated
          ? 'Write what to leave out right after “-”.'
          : 'There is nothing between these quotation marks.',
        at: start,
      };
      return;
    }
    yield { text, at: negated ? start + 1 : start, negated, bare: bare ?? text.length };
  }
}

function parseTerm(token: Token, fields: readonly FilterField[]): FilterTerm | FilterError {
  const word: TextTerm = {
    kind: 'text',
    field: fields[0],
    match: 'holds',
    text: token.text.toLowerCase(),
    negated: token.negated,
  };
  const condition = /^([a-z][a-z0-9]*)(<=|>=|!=|<|>|=|:(?!:))/i.exec(token.text);
  if (!condition || condition[0].length > token.bare) return word;
  const [whole, fieldName, operator] = condition as unknown as [string, string, string];
  const value = token.text.slice(whole.length);
  const field = findField(fieldName, fields);
  if (!field) return looksMeant(fieldName, operator, value, fields, token) ?? word;
  if (value === '') {
    return {
      message: `Write a value after “${whole}”, as in ${field.example}.`,
      at: token.at + whole.length,
    };
  }
  if (field.narrows && (token.negated || operator === '!=')) {
    return {
      message: `“${field.name}” can not be negated here; write ${field.example}.`,
      at: token.at,
    };
  }
  const valueAt = token.at + whole.length;
  return field.kind === 'text' || field.kind === 'choice'
    ? parseText(field, operator, value, token, valueAt)
    : parseNumber(field, field.kind, operator, value, token, valueAt);
}

function parseText(
  field: FilterField,
  operator: string,
  value: string,
  token: Token,
  valueAt: number,
): FilterTerm | FilterError {
  if (operator !== ':' && operator !== '=' && operator !== '!=') {
    return {
      message: `“${field.name}” is not a figure; write ${field.example}.`,
      at: valueAt - operator.length,
    };
  }
  const text = value.toLowerCase();
  if (field.kind === 'choice' && !field.choices!.includes(text)) {
    return {
      message: `“${value}” is not a ${field.name}; there are ${field.choices!.join(', ')}.`,
      at: valueAt,
    };
  }
  return {
    kind: 'text',
    field,
    match: field.kind === 'choice' || operator !== ':' ? 'is' : 'holds',
    text,
    negated: token.negated !== (operator === '!='),
  };
}

function parseNumber(
  field: FilterField,
  kind: keyof typeof UNITS,
  operator: string,
  value: string,
  token: Token,
  valueAt: number,
): FilterTerm | FilterError {
  const parts = NUMBER.exec(value);
  if (!parts)
    return { message: `“${value}” is not a number; write ${field.example}.`, at: valueAt };
  const units = UNITS[kind];
  const scale = units.get(parts[3].toLowerCase());
  if (scale === undefined) {
    const known = [...units.keys()].filter((unit) => unit !== '' && unit !== 'μs').join(', ');
    const message = parts[3]
      ? `“${parts[3]}” is not a unit of ${field.name}; there are ${known}.`
      : `Give the unit (${known}), as in ${field.example}.`;
    return { message, at: valueAt + value.length - parts[3].length };
  }
  const number = Number(`${parts[1]}e${parts[2] ?? 0}`) * scale;
  return {
    kind: 'number',
    field,
    comparison: operator === ':' ? '=' : (operator as Comparison),
    // Per cents are multiplied by 0.01, which is not exact; twelve digits are plenty.
    value: kind === 'percent' ? Number(number.toPrecision(12)) : number,
    negated: token.negated,
  };
}

function findField(name: string, fields: readonly FilterField[]): FilterField | undefined {
  const lower = name.toLowerCase();
  return fields.find((field) => field.name === lower || field.aliases?.includes(lower));
}

/** An error where an unknown field was probably meant as one; a silent empty table would not say so. */
function looksMeant(
  name: string,
  operator: string,
  value: string,
  fields: readonly FilterField[],
  token: Token,
): FilterError | undefined {
  const compares = operator !== ':' && operator !== '=' && NUMBER.test(value);
  if (!compares && value === '') return undefined;
  const lower = name.toLowerCase();
  const near = fields
    .flatMap((field) => [field.name, ...(field.aliases ?? [])])
    .map((known) => ({ known, distance: editDistance(known, lower) }))
    .sort((a, b) => a.distance - b.distance)[0];
  // A short word is soon near another one, unless it is compared like a figure.
  const hint = near.distance <= (compares || name.length > 4 ? 2 : 1);
  if (!compares && !hint) return undefined;
  return {
    message: hint
      ? `There is no “${name}” here; did you mean “${near.known}”?`
      : `There is no “${name}” here; there are ${fields.map((field) => field.name).join(', ')}.`,
    at: token.at,
  };
}

function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

/** A test of one row; undefined for the filter that every row passes. */
export function compileFilter<Row>(
  filter: Filter,
  access: FilterAccess<Row>,
): ((row: Row) => boolean) | undefined {
  if (filter.length === 0) return undefined;
  const tests = filter.map((term) => compileTerm(term, access));
  if (tests.length === 1) return tests[0];
  return (row) => tests.every((test) => test(row));
}

function compileTerm<Row>(term: FilterTerm, access: FilterAccess<Row>): (row: Row) => boolean {
  const { negated } = term;
  const field = term.field.name;
  if (term.kind === 'text') {
    const { text, match } = term;
    return (row) => {
      const value = access.text(row, field)?.toLowerCase();
      if (value === undefined) return false;
      return (match === 'is' ? value === text : value.includes(text)) !== negated;
    };
  }
  const { comparison, value: bound } = term;
  return (row) => {
    const value = access.number(row, field);
    if (value === undefined || Number.isNaN(value)) return false;
    return compare(value, comparison, bound) !== negated;
  };
}

function compare(value: number, comparison: Comparison, bound: number): boolean {
  switch (comparison) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    case '=':
      return value === bound;
    case '!=':
      return value !== bound;
  }
}

/** Something that can be typed next: shown as a list under the box. */
export interface Suggestion {
  /** Replaces the characters from `from` to the caret. */
  readonly insert: string;
  readonly from: number;
  readonly example: string;
}

/** What could complete the term the caret stands in. */
export function suggest(
  text: string,
  caret: number,
  fields: readonly FilterField[],
): readonly Suggestion[] {
  const before = text.slice(0, caret);
  if (before.split('"').length % 2 === 0) return [];
  const word = /\S*$/.exec(before)![0].replace(/^-/, '').toLowerCase();
  const from = caret - word.length;
  const colon = word.indexOf(':');
  if (colon >= 0) {
    const field = findField(word.slice(0, colon), fields);
    const typed = word.slice(colon + 1);
    return (field?.choices ?? [])
      .filter((choice) => choice.startsWith(typed) && choice !== typed)
      .map((choice) => ({
        insert: `${field!.name}:${choice}`,
        from,
        example: `${field!.name}:${choice}`,
      }));
  }
  return fields
    .filter((field) => [field.name, ...(field.aliases ?? [])].some((name) => name.startsWith(word)))
    .map((field) => ({
      insert:
        field.kind === 'text' || field.kind === 'choice' ? `${field.name}:` : `${field.name}>`,
      from,
      example: field.example,
    }));
}

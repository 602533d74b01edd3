import assert from 'node:assert';
import { readDocument, type Reading } from '../../../src/readers/torch/document';
import { argument, member, type Event } from '../../../src/readers/torch/event';
import { Random } from '../../data/random';

/** Hands out text in pieces of any size. */
function pieces(text: Buffer, size: () => number) {
  let at = 0;
  return {
    read(into: Buffer): Promise<number> {
      const taken = text.copy(into, 0, at, Math.min(text.length, at + size()));
      at += taken;
      return Promise.resolve(taken);
    },
  };
}

interface Seen {
  readonly events: Record<string, unknown>[];
  readonly facts: Record<string, unknown>;
  readonly reading: Reading;
}

async function read(
  text: string | Buffer,
  size: () => number = () => 1 << 20,
  options: { window?: number; largest?: number } = {},
): Promise<Seen> {
  const events: Record<string, unknown>[] = [];
  const facts: Record<string, unknown> = {};
  const reading = await readDocument(
    pieces(Buffer.from(text), size),
    {
      event: (event) => events.push(look(event)),
      fact: (name, json) => (facts[name] = JSON.parse(json) as unknown),
    },
    { window: 16, ...options },
  );
  return { events, facts, reading };
}

const KEYS = ['ph', 'cat', 'name'] as const;
const NUMBERS = ['pid', 'tid', 'dur'] as const;

/** What the reader sees of an event, through the same doors as the columns are filled. */
function look(event: Event): Record<string, unknown> {
  const seen: Record<string, unknown> = {};
  for (const key of KEYS) if (event.isText(member(key))) seen[key] = event.text(member(key));
  for (const key of NUMBERS) seen[key] = event.number(member(key));
  if (event.time(member('ts'))) seen.ts = BigInt(event.micros) * 1000n + BigInt(event.nanos);
  seen.correlation = event.number(argument('correlation'));
  if (event.isText(argument('Call stack'))) seen.stack = event.text(argument('Call stack'));
  const grid = new Float64Array(3);
  event.numbers(argument('grid'), grid);
  seen.grid = [...grid];
  return seen;
}

/** The same of an event that JSON.parse made. */
function expected(event: Record<string, unknown>, ts: string | undefined): Record<string, unknown> {
  const seen: Record<string, unknown> = {};
  const args = (event.args ?? {}) as Record<string, unknown>;
  for (const key of KEYS) if (typeof event[key] === 'string') seen[key] = event[key];
  const number = (value: unknown): number => (typeof value === 'number' ? value : NaN);
  for (const key of NUMBERS) seen[key] = number(event[key]);
  if (ts !== undefined) {
    const [whole, fraction = ''] = ts.split('.');
    seen.ts = BigInt(whole) * 1000n + BigInt(fraction.padEnd(3, '0').slice(0, 3));
  }
  seen.correlation = number(args.correlation);
  if (typeof args['Call stack'] === 'string') seen.stack = args['Call stack'];
  const grid = Array.isArray(args.grid) ? args.grid.map(Number) : [];
  seen.grid = [0, 1, 2].map((i) => grid[i] ?? 0);
  return seen;
}

const SPACES = ['', '', ' ', '\n  ', '\t', '\r\n'];
const TEXTS = [
  'aten::mm',
  'void f<a::b, "x">(int)',
  'größe – ∑ 漢字',
  '😀\u{1F680} pair',
  'C:\\Users\\x\\',
  '<img src=x onerror=alert(1)>',
  '"}],{"ph":"X"',
  '\u0000\u0001\u001f control',
  ' separators',
  'x'.repeat(300),
  '\\'.repeat(41) + '"',
  '',
];

class Writer {
  constructor(private readonly random: Random) {}

  private space(): string {
    return this.random.pick(SPACES);
  }

  /** JSON for a text, some of its characters as escapes. */
  text(value: string): string {
    let json = '"';
    for (let i = 0; i < value.length; i++) {
      const plain = JSON.stringify(value[i]).slice(1, -1);
      const escape = `\\u${value.charCodeAt(i).toString(16).padStart(4, '0')}`;
      const surrogate = value.charCodeAt(i) >= 0xd800 && value.charCodeAt(i) < 0xe000;
      // Half of a pair alone has no bytes of its own.
      json += surrogate
        ? this.random.chance(0.5) && value.charCodeAt(i) < 0xdc00
          ? value[i] + value[++i]
          : escape
        : this.random.chance(0.1)
          ? escape
          : plain;
    }
    return json + '"';
  }

  object(members: readonly (readonly [string, string])[]): string {
    const text = members.map(
      ([key, value]) => `${this.space()}${this.text(key)}${this.space()}:${this.space()}${value}`,
    );
    return `{${text.join(`${this.space()},`)}${this.space()}}`;
  }

  any(depth: number): string {
    switch (this.random.int(0, depth > 0 ? 7 : 5)) {
      case 0:
        return this.text(this.random.pick(TEXTS));
      case 1:
        return String(this.random.int(-1000, 1e9));
      case 2:
        return `${this.random.next() * 1e6}`;
      case 3:
        return this.random.pick([
          'true',
          'false',
          'null',
          '1e5',
          '-0',
          '1E-7',
          '123456789012345678901234567890',
        ]);
      case 4:
        return '[]';
      case 5:
        return '{}';
      case 6:
        return `[${this.space()}${Array.from({ length: this.random.int(1, 4) }, () => this.any(depth - 1)).join(' , ')}]`;
      default:
        return this.object([
          ['a', this.any(depth - 1)],
          [this.random.pick(['ph', 'correlation', 'b"\\']), this.any(depth - 1)],
        ]);
    }
  }

  /** An event, and the digits of its time stamp. */
  event(): { json: string; ts: string | undefined } {
    const { random } = this;
    const ts = random.chance(0.9)
      ? `${random.int(1, 9007)}${String(random.int(0, 999_999_999_999)).padStart(12, '0')}` +
        random.pick(['', '.5', '.123', '.120', '.001', `.${random.int(0, 9)}`])
      : undefined;
    const args: [string, string][] = [
      ['External id', String(random.int(0, 1e6))],
      ['correlation', random.pick([String(random.int(0, 2 ** 32)), '"text"', 'null', '[1]'])],
      ['grid', `[${this.space()}${random.int(0, 65535)}${this.space()},${random.int(0, 9)} , 1]`],
      ['Call stack', this.text(random.pick(TEXTS))],
      ['other', this.any(4)],
    ];
    const members: [string, string][] = [
      ['ph', this.text(random.pick(['X', 'i', 'M', 's']))],
      ['cat', this.text(random.pick(TEXTS))],
      ['name', this.text(random.pick(TEXTS))],
      ['pid', random.pick([String(random.int(0, 1e7)), '"Spans"', '-1'])],
      ['tid', String(random.int(-(2 ** 31), 2 ** 31))],
      ['dur', random.pick(['1.5', '0', '17', '1e3', '-3.25'])],
      ['zzz', this.any(3)],
      [
        'args',
        random.chance(0.9) ? this.object(args.filter(() => random.chance(0.8))) : this.any(0),
      ],
    ];
    const kept = members.filter(() => random.chance(0.9));
    if (ts !== undefined) kept.splice(random.int(0, kept.length), 0, ['ts', ts]);
    // Of two members of one name the last counts.
    if (random.chance(0.3)) kept.push(['name', this.text(random.pick(TEXTS))]);
    if (random.chance(0.2)) kept.push(['args', this.object([['correlation', '5']])]);
    return { json: this.object(kept), ts };
  }

  document(count: number): { text: string; stamps: (string | undefined)[] } {
    const events = Array.from({ length: count }, () => this.event());
    const list = `[${events.map((event) => this.space() + event.json).join(`${this.space()},`)}${this.space()}]`;
    const text = this.object([
      ['schemaVersion', '1'],
      ['deviceProperties', this.any(3)],
      ['traceEvents', list],
      ['traceName', this.text(this.random.pick(TEXTS))],
    ]);
    return { text, stamps: events.map((event) => event.ts) };
  }
}

describe('torch: the text of a trace', () => {
  for (let size = 1; size <= 64; size++) {
    it(`is what JSON.parse says, in pieces of ${size} bytes`, async () => {
      const random = new Random(size);
      const writer = new Writer(random);
      const { text, stamps } = writer.document(40);
      const json = JSON.parse(text) as Record<string, unknown>;
      const { events, facts, reading } = await read(text, () => size);
      const { traceEvents, ...others } = json;
      const wanted = (traceEvents as Record<string, unknown>[]).map((event, i) =>
        expected(event, stamps[i]),
      );
      assert.deepStrictEqual(events, wanted);
      assert.deepStrictEqual(facts, others);
      assert.deepStrictEqual(
        { cut: reading.cut, garbledAt: reading.garbledAt, length: reading.length },
        { cut: false, garbledAt: undefined, length: Buffer.byteLength(text) },
      );
    });
  }

  it('is what JSON.parse says, in pieces of changing sizes, for many documents', async () => {
    for (let seed = 100; seed < 140; seed++) {
      const random = new Random(seed);
      const { text, stamps } = new Writer(random).document(10);
      const json = JSON.parse(text) as { traceEvents: Record<string, unknown>[] };
      const { events } = await read(text, () => random.int(1, 64), { window: random.int(1, 64) });
      assert.deepStrictEqual(
        events,
        json.traceEvents.map((event, i) => expected(event, stamps[i])),
        `seed ${seed}`,
      );
    }
  });

  it('may be the list alone, with the mark of UTF-8 before it', async () => {
    const { events, reading } = await read('\ufeff [{"ph":"X","name":"a"}]\n', () => 1);
    assert.deepStrictEqual([events.length, events[0].name, reading.cut], [1, 'a', false]);
  });

  it('is read up to a cut at any byte, with the events that are whole', async () => {
    const { text } = new Writer(new Random(7)).document(3);
    const whole = (JSON.parse(text) as { traceEvents: unknown[] }).traceEvents.length;
    const bytes = Buffer.from(text);
    let before = 0;
    for (let length = 1; length < bytes.length; length += 3) {
      const { events, reading } = await read(bytes.subarray(0, length), () => 64);
      assert.ok(reading.cut || reading.garbledAt !== undefined, `cut at ${length}`);
      assert.ok(events.length >= before && events.length <= whole);
      before = events.length;
    }
    assert.strictEqual(before, whole);
  });

  it('counts what JSON does not have, and reads on', async () => {
    const { events, reading } = await read(
      '{"traceEvents": [{"ph":"X","name":"a","dur":NaN,"args":{"x":-Infinity,"y":nan,},},\n' +
        '{"ph":"X","name":"b\\q","args":{"z":None}},],}',
      () => 3,
    );
    assert.deepStrictEqual(
      events.map((event) => event.name),
      ['a', 'b\\q'],
    );
    const { foreignValues, trailingCommas, cut } = reading;
    assert.deepStrictEqual(
      { foreignValues, trailingCommas, cut },
      { foreignValues: 4, trailingCommas: 4, cut: false },
    );
    assert.ok(Number.isNaN(events[0].dur));
  });

  it('goes on at the next event behind one with a quote too many', async () => {
    const { events, reading } = await read(
      '{"traceEvents":[{"ph":"X","name":"a"},{"ph":"X","name":"b"roken","args":{}},\n{"ph":"X","name":"c"}],"schemaVersion":1}',
      () => 5,
    );
    assert.deepStrictEqual(
      events.map((event) => event.name),
      ['a', 'c'],
    );
    assert.deepStrictEqual([reading.malformed, reading.cut], [1, false]);
  });

  it('passes over events that are no objects', async () => {
    const { events, reading } = await read(
      '[1, "x", [{"ph":"X"}], null, {"ph":"X","name":"a"}]',
      () => 2,
    );
    assert.deepStrictEqual([events.length, reading.malformed], [1, 4]);
  });

  it('passes over what is too large to be an event, holding none of it', async () => {
    const huge = `{"ph":"X","name":"${'\\"x'.repeat(5000)}","args":{"a":[${'{"b":"]"},'.repeat(500)}1]}}`;
    const { events, reading } = await read(
      `{"big":"${'y'.repeat(9000)}","traceEvents":[{"ph":"X","name":"a"},${huge},{"ph":"X","name":"c"}]}`,
      () => 37,
      { largest: 2000 },
    );
    assert.deepStrictEqual(
      events.map((event) => event.name),
      ['a', 'c'],
    );
    assert.deepStrictEqual([reading.oversized, reading.cut], [2, false]);
  });

  it('follows nesting of any depth', async () => {
    const depth = 200_000;
    const deep = '['.repeat(depth) + ']'.repeat(depth);
    const { events } = await read(`[{"ph":"X","args":{"deep":${deep}},"name":"a"}]`, () => 1 << 16);
    assert.strictEqual(events[0].name, 'a');
  });

  it('counts bytes beyond 2^31', async () => {
    const fact = Buffer.from(`"x":"${'y'.repeat(1 << 23)}",`);
    const facts = Math.ceil(2 ** 31 / fact.length);
    const parts = [
      Buffer.from('{'),
      ...Array.from({ length: facts }, () => fact),
      Buffer.from('"traceEvents":[{"ph":"X","name":"a"},{"ph":"X","name":"b","ts":12.5}]}x'),
    ];
    let part = 0;
    let at = 0;
    const source = {
      read(into: Buffer): Promise<number> {
        if (part === parts.length) return Promise.resolve(0);
        const got = parts[part].copy(into, 0, at);
        at += got;
        if (at === parts[part].length) {
          part++;
          at = 0;
        }
        return Promise.resolve(got);
      },
    };
    const names: string[] = [];
    const reading = await readDocument(
      source,
      { event: (event) => names.push(event.text(member('name'))), fact: () => undefined },
      { window: 1 << 25 },
    );
    const length = parts.reduce((sum, { length }) => sum + length, 0);
    assert.ok(length > 2 ** 31);
    assert.deepStrictEqual(names, ['a', 'b']);
    assert.strictEqual(reading.garbledAt, length - 1);
  });
});

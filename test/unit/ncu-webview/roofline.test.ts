import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Roof } from '../../../src/analysis/ncu/roofs';
import { placeLabels, type Label } from '../../../webview/ncu/roofline/labels';
import {
  clip,
  projection,
  radius,
  rooflineScene,
  throughputScene,
  ticks,
  type Dot,
  type Range,
  type Scene,
} from '../../../webview/ncu/roofline/scene';
import { sceneSvg } from '../../../webview/ncu/roofline/svg';
import { boundsSentence } from '../../../webview/ncu/roofline/answer';
import { INITIAL, restore } from '../../../webview/ncu/state';
import { shortName } from '../../../webview/ncu/words';

const roof = (kind: Roof['kind'], name: Roof['name'], ceiling: number): Roof => ({
  kind,
  name,
  ceiling,
  source: 'measured',
  formula: '',
});
const ROOFS = [
  roof('memory', 'dram', 2e12),
  roof('memory', 'l2', 8e12),
  roof('memory', 'l1', 16e12),
  roof('compute', 'fp32', 16e12),
  roof('compute', 'fp64', 8e12),
];
const AREA = { left: 80, top: 10, right: 900, bottom: 450 };
const TYPE = { size: 11, width: (text: string) => text.length * 6 };

const dot = (x: number, y: number, label = 'kernel', size = 8): Dot => ({
  key: label,
  x,
  y,
  radius: size,
  shape: 'circle',
  mark: { colour: '--vscode-charts-blue', pattern: 'solid' },
  label,
  text: [label],
});

const scene = (dots: readonly Dot[], hidden: readonly string[] = [], range?: Range): Scene =>
  rooflineScene({
    roofs: ROOFS,
    level: 'dram',
    hidden,
    used: new Set(['fp32']),
    dots,
    range,
    label: ({ name }) => name,
    ridgeLabel: (at) => `ridge ${at}`,
    x: { title: 'x', tick: String },
    y: { title: 'y', tick: String },
  });

describe('the scene of a roofline', () => {
  it('meets memory roofs and compute roofs where bandwidth × intensity is the ceiling', () => {
    const { lines, ridges } = scene([dot(1, 1e12)]);
    const line = (name: string) => lines.find((one) => one.name === name)!;
    for (const [name, slope] of [
      ['dram', 2e12],
      ['l2', 8e12],
    ] as const) {
      const { from, to } = line(name);
      assert.ok(Math.abs(from[1] / from[0] / slope - 1) < 1e-12);
      assert.deepEqual(to, [16e12 / slope, 16e12]);
    }
    assert.equal(line('fp32').from[0], 1, 'from where the steepest roof, L1, reaches it');
    assert.equal(line('dram').strong, true);
    assert.equal(line('l2').strong, false, 'of another level');
    assert.equal(line('fp64').strong, false, 'of a precision that no kernel uses');
    assert.deepEqual(ridges, [{ at: [8, 16e12], label: 'ridge 8' }]);
  });

  it('has room for everything, and keeps to a range that was chosen', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.double({ min: -4, max: 5, noNaN: true }),
            fc.double({ min: 3, max: 15, noNaN: true }),
          ),
          {
            minLength: 1,
            maxLength: 20,
          },
        ),
        (places) => {
          const dots = places.map(([x, y]) => dot(10 ** x, 10 ** y));
          const { x, y } = scene(dots);
          for (const one of dots) {
            assert.ok(x.min < one.x && one.x < x.max);
            assert.ok(y.min < one.y && one.y < y.max);
          }
          assert.ok(y.max > 16e12 && x.max > 8);
        },
      ),
    );
    const range: Range = { x: [2, 3], y: [1e9, 1e10] };
    const { x, y } = scene([dot(100, 1e12)], [], range);
    assert.deepEqual([x.min, x.max, y.min, y.max], [2, 3, 1e9, 1e10]);
  });

  it('leaves out roofs that are not wanted, and stands without any', () => {
    assert.deepEqual(
      scene([], ['l1', 'l2', 'fp64']).lines.map(({ name }) => name),
      ['dram', 'fp32'],
    );
    const bare = scene(
      [dot(1, 1e9)],
      ROOFS.map(({ name }) => name),
    );
    assert.deepEqual([bare.lines, bare.ridges], [[], []]);
    assert.ok(Number.isFinite(bare.x.min) && bare.y.max > 1e9);
  });

  it('makes the area of a dot, not its width, go with the share', () => {
    assert.equal(radius(1, 1) / radius(0.25, 1), 2);
    assert.equal(radius(undefined, 1), radius(0, 1));
    assert.ok(radius(1e-9, 1) >= 4);
    assert.ok(Number.isFinite(radius(0.5, 0)));
  });

  it('puts ticks at powers of ten, and between them where there are few', () => {
    const axis = (min: number, max: number) => ({ title: '', tick: String, min, max });
    assert.deepEqual(ticks('logarithmic', axis(0.5, 2000)), [1, 10, 100, 1000]);
    assert.deepEqual(ticks('logarithmic', axis(1, 10)), [1, 2, 5, 10]);
    assert.deepEqual(ticks('linear', axis(0, 1)), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  });

  it('clips lines to the area', () => {
    assert.deepEqual(clip([0, 20], [2000, 20], AREA), [
      [80, 20],
      [900, 20],
    ]);
    assert.equal(clip([0, 0], [70, 400], AREA), undefined);
  });
});

/** Corners of a text, turned about its start. */
function corners({ at: [x, y], angle, text }: Label): (readonly [number, number])[] {
  const [w, h] = [TYPE.width(text), TYPE.size * 0.4];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [
    [0, -h],
    [w, -h],
    [w, h],
    [0, h],
  ].map(([u, v]) => [x + u * cos - v * sin, y + u * sin + v * cos] as const);
}

/** Separating axes: true where two turned boxes share a point. */
function collide(a: Label, b: Label): boolean {
  const [p, q] = [corners(a), corners(b)];
  return [a.angle, a.angle + Math.PI / 2, b.angle, b.angle + Math.PI / 2].every((angle) => {
    const along = (points: typeof p) =>
      points.map(([x, y]) => x * Math.cos(angle) + y * Math.sin(angle));
    const [s, t] = [along(p), along(q)];
    return Math.max(...s) > Math.min(...t) && Math.max(...t) > Math.min(...s);
  });
}

describe('the labels of a roofline', () => {
  it('never collide, and stay within the picture', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.double({ min: -1, max: 3, noNaN: true }),
            fc.double({ min: 10, max: 13.3, noNaN: true }),
            fc.integer({ min: 3, max: 30 }),
          ),
          { maxLength: 30 },
        ),
        (places) => {
          const dots = places.map(([x, y, length], i) =>
            dot(10 ** x, 10 ** y, `${i}`.padEnd(length, 'k')),
          );
          const labels = placeLabels(scene(dots), AREA, TYPE);
          for (const [i, a] of labels.entries()) {
            for (const [x, y] of corners(a)) {
              assert.ok(x >= AREA.left - 1 && x <= AREA.right + 1);
              assert.ok(y >= AREA.top - 6 && y <= AREA.bottom + 1);
            }
            for (const b of labels.slice(i + 1)) assert.ok(!collide(a, b), `${a.text} ${b.text}`);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('name the largest dot also where there is little room', () => {
    const name = 'ampere_sgemm_128x64_nn';
    const drawn = scene([dot(245, 14.5e12, name)]);
    const lines = drawn.lines.map((line) => ({ ...line, label: `${line.label} 15.9 TFLOP/s` }));
    for (const width of [330, 360, 396, 420, 480]) {
      const labels = placeLabels({ ...drawn, lines }, { ...AREA, right: AREA.left + width }, TYPE);
      assert.ok(
        labels.some(({ text }) => text === name),
        `not in ${width} px`,
      );
    }
  });

  it('names every roof, along its line', () => {
    const drawn = scene([dot(10, 1e12)]);
    const labels = placeLabels(drawn, AREA, TYPE);
    for (const { name } of ROOFS)
      assert.ok(
        labels.some(({ text }) => text === name),
        `${name} is not named`,
      );
    const project = projection(drawn, AREA);
    const [from, to] = drawn.lines[0] && [project(drawn.lines[0].from), project(drawn.lines[0].to)];
    const slope = Math.atan2(to[1] - from[1], to[0] - from[0]);
    const dram = labels.find(({ text }) => text === 'dram')!;
    assert.ok(Math.abs(dram.angle - slope) < 1e-9);
  });
});

describe('the picture of a roofline', () => {
  const STYLE = {
    width: 900,
    height: 560,
    font: 'sans-serif',
    ground: '#fff',
    foreground: '#000',
    quiet: '#666',
    grid: '#ccc',
    colour: () => '#06c',
  };

  it('is the scene, dot by dot and roof by roof', () => {
    const svg = sceneSvg(scene([dot(8, 15e12, 'matmul'), dot(0.1, 1e11, 'add')]), STYLE);
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="900" height="560"/);
    assert.equal(svg.match(/<g><title>/g)?.length, 2);
    for (const { name } of ROOFS) assert.ok(svg.includes(`>${name}</text>`), name);
    // On a log axis the dot's place follows from the axis alone.
    const drawn = scene([dot(8, 15e12, 'matmul'), dot(0.1, 1e11, 'add')]);
    const x =
      78 + ((Math.log(8) - Math.log(drawn.x.min)) / Math.log(drawn.x.max / drawn.x.min)) * 802;
    const circle = /<title>matmul<\/title><circle cx="([\d.]+)"/.exec(svg);
    assert.ok(Math.abs(Number(circle?.[1]) - x) < 0.01);
  });

  it('holds names as text, whatever they are', () => {
    const name = `<script>alert("x")</script>\u0000&amp;`;
    const svg = sceneSvg(scene([dot(8, 1e12, name)]), STYLE);
    assert.ok(!svg.includes('<script'));
    assert.ok(!svg.includes('\u0000'));
    assert.ok(svg.includes('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;\ufffd&amp;amp;'));
  });

  it('draws the stand-in on straight axes', () => {
    const stand = throughputScene({
      dots: [dot(0.5, 0.25, 'half')],
      busy: 0.6,
      busyLabel: 'busy',
      x: { title: 'memory', tick: String },
      y: { title: 'SM', tick: String },
    });
    const svg = sceneSvg(stand, STYLE);
    assert.match(svg, /<title>half<\/title><circle cx="479"/);
  });
});

describe('what a reload must not lose', () => {
  it('is taken where it is sound, and the start where it is not', () => {
    const state = { ...INITIAL, tab: 'kernels', kernel: 'a', zoom: { x: [1, 2], y: [3, 4] } };
    assert.deepEqual(restore(JSON.parse(JSON.stringify(state))), state);
    for (const broken of [undefined, null, 3, 'x', { tables: null, filter: 4 }, { folded: 'gemm' }])
      assert.deepEqual(restore(broken), INITIAL);
    assert.deepEqual(restore({ ...INITIAL, other: 1 }), INITIAL);
  });
});

describe('what holds kernels back, in a sentence', () => {
  const told = (memory: number, compute: number, latency: number, unknown: number): string =>
    boundsSentence({
      kernels: memory + compute + latency + unknown,
      bounds: { memory, compute, latency, unknown },
    } as never);

  it('counts only where it is not the same of all', () => {
    assert.equal(told(1, 0, 0, 0), 'It is held back by memory.');
    assert.equal(told(0, 0, 0, 1), 'What holds it back is not known.');
    assert.equal(told(0, 0, 7, 0), 'All 7 kernels are held back by latency.');
    assert.equal(told(0, 0, 0, 2), 'What holds the 2 kernels back is not known.');
    assert.equal(
      told(2, 3, 0, 1),
      'Of 6 kernels compute holds back 3, memory 2, of 1 it is not known.',
    );
  });
});

describe('the short name of a kernel', () => {
  it('is the function’s own', () => {
    assert.equal(shortName('void at::native::<unnamed>::softmax<float, 4>(float *)'), 'softmax');
    assert.equal(shortName('void (anonymous namespace)::k<a::b<c>>(int)'), 'k');
    // A wrapper says nothing: what it wraps does.
    assert.equal(
      shortName('void cutlass::Kernel<cutlass_80_tensorop_s1688gemm_128x64>(T1::Params)', 60),
      'cutlass_80_tensorop_s1688gemm_128x64',
    );
    assert.equal(shortName('ampere_sgemm_128x64_nn'), 'ampere_sgemm_128x64_nn');
    assert.equal(shortName('a'.repeat(60)).length, 26);
    assert.equal(shortName(''), '');
  });
});

/**
 * The report's style sheet: light, dark, and on paper. Colours of charts are classes: c0 to c9,
 * and the same ones pale after them.
 */
import type { Component } from '../../analysis/components';
import type { Phase } from '../../profile/scope';
import type { Colour } from './charts';

const LIGHT = [
  '#3b6fd4',
  '#d9822b',
  '#2a9d6f',
  '#c2408f',
  '#7a5cc9',
  '#a9851c',
  '#1f93b0',
  '#c94f44',
  '#6b7785',
  '#8fa63a',
];
const DARK = [
  '#7aa2f7',
  '#f0a35e',
  '#5fd3a2',
  '#ee8fc6',
  '#b49cf5',
  '#e0c060',
  '#63cbe3',
  '#f28b82',
  '#9aa5b1',
  '#c1d66a',
];

const pale = (colour: number): number => LIGHT.length + colour;

/** Phases stand beside components, so theirs are colours that no component has; mixed steps have both. */
export const PHASE_COLOURS: Readonly<Record<Phase, Colour>> = {
  prefill: 3,
  decode: 6,
  mixed: [3, 6],
  unattributed: pale(8),
};

/** In the hues that the editor's views have. */
export const COMPONENT_COLOURS: Readonly<Record<Component, number>> = {
  attention: 4,
  gemm: 0,
  moe: 1,
  norm: 2,
  activation: 5,
  rope: pale(4),
  kv_cache: pale(2),
  sampling: pale(1),
  communication: 7,
  quantization: pale(5),
  memory: pale(7),
  embedding: pale(0),
  input_prep: pale(9),
  elementwise: 9,
  other: 8,
};

const palette = (colours: readonly string[]): string =>
  colours.map((colour, i) => `--c${i}:${colour}`).join(';');

export const STYLE = `
:root{color-scheme:light dark;--text:#1d2430;--soft:#5b6572;--back:#fff;--line:#d8dde3;--card:#f6f7f9;--bad:#c0392b;--good:#1e8449;--warn:#9a6700;${palette(LIGHT)}}
@media screen and (prefers-color-scheme:dark){:root{--text:#e4e8ee;--soft:#9aa5b1;--back:#15191f;--line:#323a44;--card:#1d232b;--bad:#ff8a7d;--good:#6fd39a;--warn:#e3b341;${palette(DARK)}}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px;max-width:1000px;background:var(--back);color:var(--text);font:14px/1.5 system-ui,sans-serif}
h1{font-size:24px;margin:0 0 4px}
h2{font-size:18px;margin:32px 0 10px;padding-top:10px;border-top:1px solid var(--line)}
h3{font-size:15px;margin:18px 0 6px}
p{margin:6px 0}
p,li{overflow-wrap:anywhere}
.soft{color:var(--soft)}
.answer{font-size:16px;margin:12px 0}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:10px;margin:14px 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:10px}
.card b{display:block;font-size:19px;overflow-wrap:anywhere}
figure{margin:10px 0}
svg{width:100%;height:auto;font:12px system-ui,sans-serif}
svg text{fill:var(--text)}
svg .name{text-anchor:end}
svg .tick{text-anchor:middle}
svg .grid{stroke:var(--line);stroke-width:1}
svg .roof line{stroke:var(--soft);stroke-width:1.5}
svg .roof text{fill:var(--soft);paint-order:stroke;stroke:var(--back);stroke-width:4px}
svg .line{fill:none;stroke:var(--c0);stroke-width:1.5}
svg .l1{stroke:var(--c1);stroke-dasharray:6 3}
svg .l2{stroke:var(--c2);stroke-dasharray:2 2}
svg .l3{stroke:var(--c3);stroke-dasharray:8 3 2 3}
a{color:inherit}
nav{margin:8px 0;display:flex;flex-wrap:wrap;gap:2px 14px}
svg .change{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:3 3}
svg .level{fill:var(--soft)}
svg .worse{fill:var(--bad)}
svg .better{fill:var(--good)}
${LIGHT.map((_, i) => `.c${i}{fill:var(--c${i})}.c${pale(i)}{fill:var(--c${i});fill-opacity:.5}`).join('')}
.table{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:4px 8px;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere;min-width:60px}
th{color:var(--soft);font-weight:600;overflow-wrap:normal}
th::first-letter{text-transform:uppercase}
.right{text-align:right;white-space:nowrap;overflow-wrap:normal}
summary{cursor:pointer;color:var(--soft)}
.finding{border-left:4px solid var(--soft);background:var(--card);padding:8px 12px;margin:8px 0}
.finding.problem{border-color:var(--bad)}
.finding.warning{border-color:var(--warn)}
code{font:12px ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
.regressed{color:var(--bad)}
.improved{color:var(--good)}
@media print{:root{color-scheme:light}nav,summary{display:none}body{max-width:none;padding:0;font-size:11px}h2{break-after:avoid}figure,.finding,tr{break-inside:avoid}details::details-content{content-visibility:visible}svg .line,rect,circle{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`.trim();

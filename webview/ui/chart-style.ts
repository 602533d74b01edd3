/** What all charts have in common: the editor's font and colours, no motion. */
import type { ChartOptions } from 'chart.js';
import { formatNumber, formatTime, type TimeUnit } from '../../src/profile/format';
import { themeColour } from './marks';

export const foreground = (): string =>
  themeColour('--vscode-charts-foreground', '--vscode-foreground');
export const quiet = (): string =>
  themeColour('--vscode-descriptionForeground', '--vscode-foreground');
export const ground = (): string => themeColour('--vscode-editor-background');
const lines = (): string =>
  `color-mix(in srgb, ${themeColour('--vscode-charts-lines')} 40%, transparent)`;

export function font(): { family: string; size: number } {
  const style = getComputedStyle(document.body);
  return { family: style.fontFamily, size: Math.max(10, (parseFloat(style.fontSize) || 13) - 2) };
}

export function tooltip(): Record<string, unknown> {
  return {
    animation: false,
    backgroundColor: themeColour(
      '--vscode-editorHoverWidget-background',
      '--vscode-editor-background',
    ),
    titleColor: themeColour('--vscode-editorHoverWidget-foreground', '--vscode-foreground'),
    bodyColor: themeColour('--vscode-editorHoverWidget-foreground', '--vscode-foreground'),
    borderColor: themeColour('--vscode-editorHoverWidget-border', '--vscode-contrastBorder'),
    borderWidth: 1,
    cornerRadius: 2,
    caretSize: 0,
    padding: 8,
    titleFont: { ...font(), weight: 'bold' },
    bodyFont: font(),
    boxPadding: 4,
  };
}

/** The options of an axis; `format` writes its ticks. */
export function axis(
  title: string,
  format: ((value: number) => string) | undefined,
  more: object = {},
): object {
  return {
    border: { color: lines() },
    grid: { color: lines(), drawTicks: false },
    title: { display: title !== '', text: title, color: quiet(), font: font(), padding: 2 },
    ...more,
    ticks: {
      color: quiet(),
      font: font(),
      maxRotation: 0,
      autoSkipPadding: 12,
      padding: 4,
      ...(format ? { callback: (value: number | string) => format(Number(value)) } : {}),
      ...(more as { ticks?: object }).ticks,
    },
  };
}

/** Ticks are round numbers: `5.00` says no more than `5`. */
export const tidy = (text: string): string =>
  text.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');

/** Ticks of a time axis over `span` ns, in one unit and in as many digits as tell them apart. */
export function timeTicks(unit: TimeUnit, span: number): (value: number) => string {
  const one = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 }[unit];
  const digits = 1 - Math.floor(Math.log10(Math.max(span / one, 1e-3) / 2));
  const format = new Intl.NumberFormat('en-US', {
    maximumFractionDigits: Math.min(6, Math.max(0, digits)),
  });
  return (value) => (value === 0 ? '0' : `${format.format(value / one)} ${unit}`);
}

export const timeTick = (value: number): string => (value === 0 ? '0' : tidy(formatTime(value)));
export const numberTick = (value: number): string => tidy(formatNumber(value));

/** The unit of a stretch of time, so that neighbouring ticks differ. */
export function spanUnit(span: number): TimeUnit {
  if (span >= 2e9) return 's';
  if (span >= 2e6) return 'ms';
  if (span >= 2e3) return 'µs';
  return 'ns';
}

export function base(): ChartOptions {
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    layout: { padding: { top: 4, right: 8, bottom: 0, left: 0 } },
  };
}

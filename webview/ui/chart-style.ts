/** What all charts have in common: the editor's font and colours, no motion. */
import type { ChartOptions } from 'chart.js';
import { formatNumber, formatTime, momentFormat } from '../../src/profile/format';
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
    // Of bars, Chart.js would draw the lines between the ticks.
    grid: { color: lines(), drawTicks: false, offset: false },
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

/** Ticks of an axis of moments, ns: in one unit, and in as many digits as tell them apart. */
export function timeTicks(start: number, end: number): (value: number) => string {
  const format = momentFormat(start, end, 20);
  return (value) => (value === 0 ? '0' : format(value));
}

export const timeTick = (value: number): string => (value === 0 ? '0' : tidy(formatTime(value)));
export const numberTick = (value: number): string => tidy(formatNumber(value));

export function base(): ChartOptions {
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    layout: { padding: { top: 4, right: 8, bottom: 0, left: 0 } },
  };
}

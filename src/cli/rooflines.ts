/** Where both sides of a comparison have results of Nsight Compute: their rooflines, as arrows. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { rooflineArrows, type DocumentRoofline } from '../analysis/compare';
import { ReportAnalysis } from '../analysis/ncu/report';
import { roofline } from '../analysis/ncu/roofline';
import { MEMORY_LEVELS } from '../analysis/ncu/roofs';
import { readNcu } from '../readers/ncu';
import { isNcuPage } from '../readers/open';
import { isNcuReport, readable } from './exports';
import { runAt } from './run-at';
import { contentsOf } from './run-contents';

const PAGE = /\.csv$/i;

/**
 * A page that lies beside a run: in its folder, or next to a profile and of its name; a page itself.
 * Undefined where there is none, or the run is not there any more.
 */
export async function kernelsBeside(run: string): Promise<string | undefined> {
  const entry = await stat(run).catch(() => undefined);
  if (entry === undefined) return undefined;
  if (entry.isDirectory()) return (await contentsOf(run)).kernels;
  if (isNcuReport(run) || (await isNcuPage(run))) return run;
  const folder = path.dirname(run);
  if (await runAt(folder)) return (await contentsOf(folder)).kernels;
  const [stem] = path.basename(run).split('.');
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    if (!PAGE.test(name) || name.split('.')[0] !== stem) continue;
    const file = path.join(folder, name);
    if (await isNcuPage(file)) return file;
  }
  return undefined;
}

/**
 * Level by level, those in which both have points.
 * @throws ReadFailure, CliFailure
 */
export async function compareRooflines(
  baselineFile: string,
  currentFile: string,
): Promise<readonly DocumentRoofline[]> {
  const [baseline, current] = [
    new ReportAnalysis(await readNcu(readable(baselineFile))),
    new ReportAnalysis(await readNcu(readable(currentFile))),
  ];
  return [...MEMORY_LEVELS].reverse().flatMap((level) => {
    const from = roofline(baseline, 'kernel', level);
    const to = roofline(current, 'kernel', level);
    if (from.points.length === 0 || to.points.length === 0) return [];
    return [
      {
        level,
        baselineFile,
        currentFile,
        roofs: [
          ...to.roofs,
          ...from.roofs.filter(({ name }) => !to.roofs.some((roof) => roof.name === name)),
        ],
        arrows: rooflineArrows(from, to),
        notes: [...new Set([...from.notes, ...to.notes])],
      },
    ];
  });
}

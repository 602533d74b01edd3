import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Analysis } from '../../../src/analysis/analysis';
import { STATS_REPORTS } from '../../../src/analysis/nsys-stats';
import { readNsys } from '../../../src/readers/nsys';
import { formatStats, type StatsFormat } from '../../../src/report/stats-format';
import { MemoryTables } from '../../data/sqlite';
import { vllm } from '../../data/vllm';
import { randomCapture } from './capture';
import { referenceTool, runTool } from './tool';

const EXTENSIONS: Readonly<Record<StatsFormat, string>> = {
  csv: 'csv',
  json: 'json',
  table: 'txt',
};

const CAPTURES: Readonly<Record<string, (tables: MemoryTables) => void>> = {
  'random ranges and work, 1': (tables) => randomCapture(tables, 1),
  'random ranges and work, 2': (tables) => randomCapture(tables, 2),
  'random ranges and work, 3': (tables) => randomCapture(tables, 3),
  'vLLM with graphs, node by node': (tables) => {
    vllm(tables, { steps: 12, graphs: 'node' });
    nameDomainsInline(tables);
  },
};

/**
 * The reference reads a domain's name from `text` alone and drops one that is
 * a registered string (`textId`), so that `NCCL:ncclAllReduce` loses its domain.
 * Later versions read both, as we do: here every name is put where both look.
 */
function nameDomainsInline({ tables }: MemoryTables): void {
  const { columns, rows } = tables.get('NVTX_EVENTS')!;
  const at = (name: string): number => columns.findIndex((c) => c.split(' ')[0] === name);
  const strings = new Map(tables.get('StringIds')!.rows.map(([id, value]) => [id, value]));
  for (const row of rows) {
    if (row[at('eventType')] === 75) row[at('text')] ??= strings.get(row[at('textId')]) ?? null;
  }
}

describe('beside the real nsys stats', function () {
  const captures = Object.keys(CAPTURES);
  const comparisons = captures.length * STATS_REPORTS.length * 3;
  const nsys = referenceTool(`${comparisons} comparisons with the tool's own output`);
  if (nsys === undefined) return;
  for (const capture of captures) {
    it(`prints the same of ${capture}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'profilemate-stats-'));
      try {
        const path = join(folder, 'capture.sqlite');
        const tables = new MemoryTables();
        CAPTURES[capture](tables);
        tables.write(path);
        const analysis = new Analysis(await readNsys(path));
        const names = STATS_REPORTS.map(({ name }) => name);
        const printed = runTool(nsys, path, names);
        for (const report of STATS_REPORTS) {
          const table = report.run(analysis);
          for (const format of ['csv', 'json', 'table'] as const) {
            // Of a report without rows the tool writes an empty box; we write nothing.
            if (format === 'table' && table.rows.length === 0) continue;
            const expected = printed.get(`${report.name}.${EXTENSIONS[format]}`) ?? '';
            assert.equal(formatStats(table, format), expected, `${report.name} as ${format}`);
          }
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});

/** Two generated runs as files, the second with one kernel that takes 15 % longer. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODEL } from '../../data/kernels';
import { toFile } from '../../data/sqlite';
import { vllm } from '../../data/vllm';
import { SMALL } from '../compare/runs';

export const SLOW = MODEL.gateUp.demangled;

export class Runs {
  readonly folder = mkdtempSync(join(tmpdir(), 'profilemate check '));
  readonly baseline = this.make('baseline', 1, 1);
  readonly same = this.make('same', 2, 1);
  readonly slower = this.make('slower', 3, 1.15);

  private make(name: string, seed: number, factor: number): string {
    const file = this.path(`${name}.nsys.sqlite`);
    toFile(file, (sink) =>
      vllm(sink, { ...SMALL, load: 1, seed, slower: { kernel: 'gateUp', factor } }),
    );
    return file;
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  json(name: string, document: unknown): string {
    const file = this.path(name);
    writeFileSync(file, JSON.stringify(document));
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A summary as scripts before ProfileMate wrote it. */
export const older = (figures: {
  prefill?: [count: number, ms: number];
  decode?: [count: number, ms: number];
  coverage?: number;
  kernels?: [name: string, calls: number, ms: number][];
}) => {
  const phase = ([count, total_ms]: [number, number]) => ({
    count,
    total_ms,
    avg_ms: count > 0 ? total_ms / count : 0,
  });
  return {
    prefill_decode: {
      prefill: phase(figures.prefill ?? [10, 100]),
      decode: phase(figures.decode ?? [100, 200]),
      other: phase([0, 0]),
    },
    components: {},
    top_kernels: (
      figures.kernels ?? [
        ['flash_fwd', 100, 50],
        ['gemm', 100, 40],
      ]
    ).map(([kernel_name, invocations, total_time_ms]) => ({
      kernel_name,
      invocations,
      total_time_ms,
    })),
    cuda_graphs: { total_kernel_launches: 1000, graph_coverage_pct: figures.coverage ?? 90 },
  };
};

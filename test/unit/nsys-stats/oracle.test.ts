import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Analysis } from '../../../src/analysis/analysis';
import { STATS_REPORTS } from '../../../src/analysis/nsys-stats';
import { readNsys } from '../../../src/readers/nsys';
import { formatStats } from '../../../src/report/stats-format';
import { oracleProfiles } from '../real';

/**
 * Exports in which nsys stats 2023.4.4 refuses reports that we have: before
 * 2023 there was no table of the copy kinds' names, without which it prints no
 * memory report, nor cuda_gpu_sum. The names never changed, and we know them.
 */
const WITHOUT_COPY_NAMES = [
  'GindaChen__nsys-ai__tests_fixtures_healthy_1pct',
  'MohanadOdema__DLProf__nsys_profile',
  'bwyogatama__Mordred-Deprecated__report1',
  'igouProto__CSC746CUDALab__report1',
  'lockfuehrer__beast_ressoruces__report1',
  'martisu1631998__kmeans-parallel__report2',
];
const NEEDS_COPY_NAMES = ['cuda_gpu_mem_time_sum', 'cuda_gpu_mem_size_sum', 'cuda_gpu_sum'];
/** Its kernels do not say whose they are (no globalPid), and the tool fails; there is but one process. */
const WITHOUT_PROCESS = 'GindaChen__nsys-ai__tests_fixtures_healthy_1pct';

/** Reports the tool does print, but of which no file was kept; tool.test.ts compares such where the tool is. */
const NOT_KEPT: Readonly<Record<string, readonly string[]>> = {
  JiangShanCode__CUDATutorial__report1: ['cuda_kern_exec_sum'],
  LeiWang1999__memfusion_artifact__report1: [
    'cuda_kern_exec_sum',
    'nvtx_sum',
    'nvtx_pushpop_sum',
    'nvtx_kern_sum',
    'nvtx_gpu_proj_sum',
  ],
  MohanadOdema__DLProf__nsys_profile: [
    'cuda_kern_exec_sum',
    'nvtx_sum',
    'nvtx_pushpop_sum',
    'nvtx_kern_sum',
    'nvtx_gpu_proj_sum',
  ],
  'bwyogatama__Mordred-Deprecated__report1': ['cuda_kern_exec_sum'],
  igouProto__CSC746CUDALab__report1: ['cuda_kern_exec_sum'],
  'martisu1631998__kmeans-parallel__report2': ['cuda_kern_exec_sum'],
  wenscarl__cutlass_benchmark__report1: ['cuda_kern_exec_sum'],
};

describe('what nsys stats prints of real profiles', () => {
  for (const { name, profile, oracle } of oracleProfiles()) {
    describe(name, () => {
      let analysis: Analysis;
      before(async () => {
        analysis = new Analysis(await readNsys(profile));
      });

      for (const report of STATS_REPORTS) {
        const file = join(oracle, `nsys_${report.name}.csv`);
        if (existsSync(file)) {
          it(`${report.name} to the byte`, () => {
            assert.equal(formatStats(report.run(analysis), 'csv'), readFileSync(file, 'utf8'));
          });
          continue;
        }
        it(`${report.name} is not there`, () => {
          const table = report.run(analysis);
          const refused =
            (WITHOUT_COPY_NAMES.includes(name) && NEEDS_COPY_NAMES.includes(report.name)) ||
            (name === WITHOUT_PROCESS && report.name === 'cuda_kern_exec_sum');
          if (refused || NOT_KEPT[name]?.includes(report.name)) return;
          assert.deepEqual(table.rows, []);
          assert.notEqual(table.status, 'ok');
          assert.match(table.message ?? '', /^The profile has n\w+ .*\.$/);
        });
      }
    });
  }
});

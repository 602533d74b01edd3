/** One report gives the same figures from every page, unit choice, version and locale. */
import assert from 'node:assert/strict';
import { readNcu } from '../../../src/readers/ncu';
import { metricOf } from '../../../src/readers/ncu/names';
import { metricIndex, type KernelReport } from '../../../src/profile/kernel-report';
import { factorOf, halfDigit, printedCells, realFiles, realPath, type Cell } from './printed';

const groups = new Map<string, string[]>();
for (const file of realFiles) {
  const stem = /^(.*)\.ncu20\d\d\./.exec(file)?.[1];
  if (stem !== undefined) groups.set(stem, [...(groups.get(stem) ?? []), file]);
}

/** The column a printed cell should be in. */
function keyOf(cell: Cell): string {
  const [section, label, name] = cell.place.split('|');
  if (name === undefined) return section;
  return metricOf(section, label, name) ?? [section, label, name].filter((p) => p !== '').join('/');
}

interface Printed {
  readonly value: number;
  readonly tolerance: number;
}

/** What a report holds for each launch and metric, with how exactly its page prints it. */
function figures(report: KernelReport, cells: readonly Cell[]): Map<string, Printed> {
  const index = metricIndex(report);
  const result = new Map<string, Printed>();
  for (const cell of cells) {
    const key = keyOf(cell);
    const metric = index.get(key);
    assert.ok(metric, `${key} is missing from ${report.source.path}`);
    const value = metric.values[cell.launch];
    const place = `${cell.launch} ${key}`;
    if (Number.isNaN(value) || result.has(place)) continue;
    result.set(place, { value, tolerance: halfDigit(cell.text, cell.unit) });
  }
  return result;
}

describe('ncu: one report, many prints', () => {
  it('has groups of files to compare, or says that there are none', () => {
    if (realFiles.length > 0) assert.equal(groups.size, 7);
  });

  for (const [stem, files] of groups) {
    it(`${stem}: ${files.length} prints agree to the digits they print`, async () => {
      const read = await Promise.all(
        files.map(async (file) => ({
          file,
          figures: figures(await readNcu(realPath(file)), printedCells(realPath(file))),
        })),
      );
      let compared = 0;
      for (let a = 0; a < read.length; a++) {
        for (let b = a + 1; b < read.length; b++) {
          for (const [place, one] of read[a].figures) {
            const other = read[b].figures.get(place);
            if (other === undefined) continue;
            compared++;
            const allowed =
              (one.tolerance + other.tolerance) * 1.0000001 + 1e-12 * Math.abs(one.value);
            assert.ok(
              Math.abs(one.value - other.value) <= allowed,
              `${place}: ${one.value} in ${read[a].file}, ${other.value} in ${read[b].file}`,
            );
          }
        }
      }
      assert.ok(compared > 500, `only ${compared} figures were compared`);
    });
  }

  it('details and raw pages meet in the figures that matter', async () => {
    for (const [stem, files] of groups) {
      if (!stem.startsWith('ayush')) continue;
      const details = files.filter((f) => f.includes('.details.'));
      const raw = files.filter((f) => f.includes('.raw.'));
      const [one, other] = await Promise.all([details[0], raw[0]].map((f) => readNcu(realPath(f))));
      const shared = one.metrics.filter((m) => metricIndex(other).has(m.key));
      assert.deepEqual(
        one.metrics.filter((m) => !metricIndex(other).has(m.key)).map((m) => m.key),
        [],
        'every metric of the details page is known by its raw name',
      );
      for (const metric of shared) {
        assert.equal(metric.unit, metricIndex(other).get(metric.key)!.unit, metric.key);
      }
    }
  });
});

const PROCESSED = /by another program and is no page of ncu/;
const REFUSED: ReadonlyMap<string, RegExp> = new Map([
  ['JakeFlasher__benchmark_flash_attention__ncu_metrics.csv', PROCESSED],
  ['leleucas__activation_relu_nsight_result.csv', PROCESSED],
  ['leleucas__res_bert_flashattn_nsight_processed_res.csv', PROCESSED],
  [
    'meinie0826__flashinfer_trtllm_decode__mha_bf16_b16_ctx4k_p64.ncu.csv',
    /no kernel was captured.*--target-processes all/,
  ],
]);

describe('ncu: every real file, cell by cell', () => {
  for (const file of realFiles) {
    // A German page needs the locale to be read; the invariance test covers it.
    if (file.includes('de_DE')) continue;
    if (REFUSED.has(file)) {
      it(`${file} is refused`, async () => {
        await assert.rejects(readNcu(realPath(file)), {
          name: 'ReadFailure',
          code: 'not-a-profile',
          message: REFUSED.get(file),
        });
      });
      continue;
    }
    it(file, async () => {
      const report = await readNcu(realPath(file));
      const index = metricIndex(report);
      const seen = new Set<string>();
      let checked = 0;
      for (const cell of printedCells(realPath(file))) {
        const key = keyOf(cell);
        const place = `${cell.launch} ${key}`;
        const plain = cell.text.replace(/ \(.*$/, '').replaceAll(',', '');
        const expected = plain.trim() === '' ? Number.NaN : Number(plain) * factorOf(cell.unit);
        if (Number.isNaN(expected) || seen.has(place)) continue;
        seen.add(place);
        const value = index.get(key)!.values[cell.launch];
        assert.ok(
          Math.abs(value - expected) <= 1e-9 * Math.abs(expected),
          `${place}: read ${value}, printed ${cell.text} ${cell.unit}`,
        );
        checked++;
      }
      assert.ok(checked > 0);
    });
  }
});

import assert from 'node:assert/strict';
import Papa from 'papaparse';
import { EVENT_FILES } from '../../../src/report/events-csv';
import type { Profile } from '../../../src/profile/model';
import { CopyKind, RangeKind } from '../../../src/profile/model';
import { buildProfile } from '../analysis/build';

function read(profile: Profile, name: string): { header: string[]; rows: string[][] } {
  const text = [...EVENT_FILES.find((file) => file.name === name)!.lines(profile)].join('');
  const { data, errors } = Papa.parse<string[]>(text, { skipEmptyLines: true });
  assert.deepEqual(errors, []);
  return { header: data[0], rows: data.slice(1) };
}

describe('event files', () => {
  it('writes ranges in order of start, open ones without an end', () => {
    const { header, rows } = read(
      buildProfile({
        processes: [{ key: 0x10010a2 }],
        threads: [{ tid: 77 }],
        ranges: [
          { name: 'later', start: 2_000_000, end: NaN },
          { name: 'a, "quoted"\nname', start: 500_000, end: 2_000_000 },
          { name: 'mark', start: 1, end: NaN, kind: RangeKind.Mark },
        ],
      }),
      'nvtx_ranges.csv',
    );
    const thread = String(BigInt(0x10010a2) * 0x1000000n + 77n);
    assert.deepEqual(header, ['name', 'duration_ms', 'start_ns', 'end_ns', 'thread_id']);
    assert.deepEqual(rows, [
      ['mark', '', '1', '', thread],
      ['a, "quoted"\nname', '1.5', '500000', '2000000', thread],
      ['later', '', '2000000', '', thread],
    ]);
  });

  it('writes thread ids beyond 2^53 to the digit', () => {
    const key = 2 ** 40 + 5;
    const { rows } = read(
      buildProfile({
        processes: [{ key }],
        threads: [{ tid: 3 }],
        ranges: [{ name: 'r', start: 0, end: 1 }],
      }),
      'nvtx_ranges.csv',
    );
    assert.equal(rows[0][4], ((BigInt(key) << 24n) | 3n).toString());
  });

  it('writes kernels with volumes, and leaves out what is not known', () => {
    const { header, rows } = read(
      buildProfile({
        kernels: [
          {
            name: 'k<int, float>',
            start: 10,
            end: 1_510,
            grid: [2, 3, 4],
            block: [32, 2, 1],
            registers: 40,
            staticSharedMemory: 16,
            dynamicSharedMemory: 1024,
          },
          { name: '=HYPERLINK("http://x")', start: 5, end: 6 },
        ],
      }),
      'kernel_stats.csv',
    );
    assert.deepEqual(header, [
      'kernel_name',
      'duration_us',
      'start_ns',
      'grid_size',
      'block_size',
      'shared_mem_bytes',
      'registersPerThread',
    ]);
    assert.deepEqual(rows, [
      [`'=HYPERLINK("http://x")`, '0.001', '5', '1', '32', '', ''],
      ['k<int, float>', '1.5', '10', '24', '64', '1040', '40'],
    ]);
  });

  it('writes copies with their bandwidth in GB/s', () => {
    const { rows } = read(
      buildProfile({
        memcpys: [
          { start: 0, end: 1_000, bytes: 4_000, kind: CopyKind.HostToDevice },
          { start: 2_000, end: 2_000, bytes: 8, kind: CopyKind.DeviceToHost },
          { start: 3_000, end: 3_500, bytes: 1_000, kind: CopyKind.PeerToPeer },
        ],
      }),
      'memcpy_stats.csv',
    );
    assert.deepEqual(rows, [
      ['1', '4000', '4', 'HtoD'],
      ['0', '8', '', 'DtoH'],
      ['0.5', '1000', '2', 'Other'],
    ]);
  });

  it('comes in pieces of whole lines', () => {
    const kernels = Array.from({ length: 20_000 }, (_, i) => ({ start: i, end: i + 1 }));
    const pieces = [...EVENT_FILES[1].lines(buildProfile({ kernels }))];
    assert.ok(pieces.length > 5);
    assert.ok(pieces.every((piece) => piece.length < 100_000 && piece.endsWith('\n')));
    assert.equal(pieces.join('').split('\n').length, 20_002);
  });
});

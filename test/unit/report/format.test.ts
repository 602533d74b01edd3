import assert from 'node:assert/strict';
import {
  formatBandwidth,
  formatBytes,
  formatBytesIn,
  formatCount,
  formatNumber,
  formatShare,
  formatTime,
  formatTimeIn,
  momentFormat,
  pickByteUnit,
  pickTimeUnit,
  shortenMiddle,
  together,
} from '../../../src/profile/format';

describe('format', () => {
  it('keeps a figure in a sentence together with its unit, and changes nothing else', () => {
    const kept = (text: string): string => together(text).replaceAll('\u00a0', '_');
    assert.equal(
      kept('It took 91.3 % of 8.43 s, 12 µs a step, at 3.35 TB/s: 1.4 × as much. 5 steps in 2 s.'),
      'It took 91.3_% of 8.43_s, 12_µs a step, at 3.35_TB/s: 1.4_× as much. 5 steps in 2_s.',
    );
    const plain = 'vLLM 0.27 serves 3 models, 7 sms and B 200.';
    assert.equal(together(plain), plain);
  });

  it('keeps three significant digits, and all of those left of the point', () => {
    const cases: [number, string][] = [
      [0, '0'],
      [1, '1.00'],
      [9.994, '9.99'],
      [9.996, '10.0'],
      [99.94, '99.9'],
      [99.96, '100'],
      [123.4, '123'],
      [1234.4, '1,234'],
      [9999.6, '10,000'],
      [1234567.8, '1,234,568'],
      [0.1234, '0.123'],
      [0.0123, '0.0123'],
      [0.00123, '0.0012'],
      [0.00001, '<0.0001'],
      [-0.00001, '>-0.0001'],
      [-1234.5, '-1,235'],
      [-0.5, '-0.500'],
      [Infinity, '∞'],
      [2 ** 60, '1.15e+18'],
    ];
    for (const [value, text] of cases) assert.equal(formatNumber(value), text, String(value));
  });

  it('is never off by more than the digits it shows', () => {
    for (let exponent = -4; exponent < 14; exponent++) {
      for (let i = 1; i < 100; i++) {
        const value = (i / 7) * 10 ** exponent;
        if (value < 0.0001) continue;
        const shown = Number(formatNumber(value).replaceAll(',', ''));
        const tolerance = Math.max(Math.min(0.5, value * 0.005), 0.00005);
        assert.ok(Math.abs(shown - value) <= tolerance * 1.0001, `${value} as ${shown}`);
      }
    }
  });

  it('tells moments apart that lie close together, in one unit', () => {
    // 300 ms, a minute into the capture: as lengths of time they would all be 60.1 s.
    const late = momentFormat(60.112e9, 60.412e9);
    assert.equal(late(60.112e9), '60.1120 s');
    assert.equal(late(60.1126e9), '60.1126 s');
    assert.equal(momentFormat(60.112e9, 60.412e9, 20)(60.15e9), '60.15 s');
    assert.equal(momentFormat(0, 12.3e6, 20)(5e6), '5.0 ms');
    assert.equal(momentFormat(0, 900, 20)(450), '450 ns');
    assert.equal(momentFormat(3600e9, 3700e9, 20)(3650e9), '3,650 s');
    // A moment alone has all its digits; none is finer than a nanosecond.
    assert.equal(momentFormat(2e9 + 1, 2e9 + 1)(2e9 + 1), '2.000000001 s');
    assert.equal(momentFormat(-2e6, 5e6)(-1.5e6), '-1.50 ms');
    for (const parts of [20, 500, 5000]) {
      const format = momentFormat(1e9, 1.265e9, parts);
      const texts = Array.from({ length: parts }, (_, i) => format(1e9 + (0.265e9 * i) / parts));
      assert.equal(new Set(texts).size, parts);
    }
  });

  it('shows what is not known as a dash and never as zero', () => {
    for (const format of [
      formatNumber,
      formatCount,
      formatShare,
      formatTime,
      formatBytes,
      formatBandwidth,
    ]) {
      assert.equal(format(undefined), '–');
      assert.equal(format(NaN), '–');
    }
    assert.equal(formatTimeIn('ms', undefined), '–');
  });

  it('scales a time of its own', () => {
    assert.equal(formatTime(0), '0 ns');
    assert.equal(formatTime(999), '999 ns');
    assert.equal(formatTime(999_900), '1.00 ms');
    assert.equal(formatTime(1_500), '1.50 µs');
    assert.equal(formatTime(11_200_000), '11.2 ms');
    assert.equal(formatTime(42_345_678_901), '42.3 s');
    assert.equal(formatTime(3_600e9), '3,600 s');
    assert.equal(formatTime(-1_500), '-1.50 µs');
  });

  it('picks one unit for a column', () => {
    assert.equal(pickTimeUnit([]), 'ns');
    assert.equal(pickTimeUnit([undefined, 9_000]), 'ns');
    assert.equal(pickTimeUnit([12, 10_000]), 'µs');
    assert.equal(pickTimeUnit([12, 7e9]), 'ms');
    assert.equal(pickTimeUnit([12, 70e9]), 's');
    assert.equal(formatTimeIn('ms', 1_234_567), '1.23');
    assert.equal(pickByteUnit([5_000]), 'B');
    assert.equal(pickByteUnit([5e9]), 'MB');
    assert.equal(formatBytesIn('B', 5_000), '5,000');
    assert.equal(formatBytesIn('MB', 5e9), '5,000');
  });

  it('writes shares, counts, bytes and bandwidths', () => {
    assert.equal(formatShare(0.312), '31.2 %');
    assert.equal(formatShare(0), '0 %');
    assert.equal(formatShare(1), '100 %');
    assert.equal(formatShare(0.9996), '100 %');
    assert.equal(formatShare(0.09996), '10.0 %');
    assert.equal(formatShare(0.0412), '4.12 %');
    assert.equal(formatShare(0.00001), '<0.01 %');
    assert.equal(formatCount(1_234_567), '1,234,567');
    assert.equal(formatBytes(512), '512 B');
    assert.equal(formatBytes(1.4e9), '1.40 GB');
    assert.equal(formatBandwidth(3.35e12), '3,350 GB/s');
  });

  it('shortens names in the middle', () => {
    assert.equal(shortenMiddle('abcdef', 6), 'abcdef');
    assert.equal(shortenMiddle('abcdefgh', 5), 'ab…gh');
    assert.equal(shortenMiddle('abcdefgh', 5).length, 5);
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { ncuCommand, regexQuote } from '../../../webview/views/kernels/ncu-command';

const HOSTILE = [
  'void k<int>(float *, const T1 &)',
  "it's'; touch /tmp/never; echo '",
  '$(id) `id` "x" \\ * ? [a] {b} | ^',
  'two\nlines\tand\u0007bell',
  '<img src=x onerror=alert(1)>',
];

/** What a shell makes of a command, word by word. */
function words(command: string): string[] {
  const out = execFileSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' });
  return out.split('\0').slice(0, -1);
}

describe('the command that profiles a kernel', () => {
  it('names the kernel, whatever its name is made of', () => {
    for (const name of HOSTILE) {
      const command = ncuCommand({ name, shortName: 'k', instances: 1000 }, 'kernel')!;
      const parsed = words(command);
      assert.equal(parsed.length, 12, command);
      const pattern = parsed[parsed.indexOf('--kernel-name') + 1];
      assert.ok(pattern.startsWith('regex:'));
      assert.match(name, new RegExp(`^${pattern.slice('regex:'.length)}$`, 's'));
      assert.ok(!command.includes('\n'));
    }
  });

  it('matches no other name', () => {
    const pattern = new RegExp(`^${regexQuote('k<(int)1>')}$`);
    assert.match('k<(int)1>', pattern);
    assert.doesNotMatch('k<int1>', pattern);
  });

  it('skips the first launches and asks for no more than there are', () => {
    const parts = (instances: number) => {
      const found = words(ncuCommand({ name: 'k', shortName: 'k', instances }, 'kernel')!);
      return ['--launch-skip', '--launch-count'].map((flag) =>
        Number(found[found.indexOf(flag) + 1]),
      );
    };
    assert.deepEqual(parts(1), [0, 1]);
    assert.deepEqual(parts(8), [4, 4]);
    assert.deepEqual(parts(1_000_000), [100, 5]);
  });

  it('goes by the function where kernels are grouped by short name, and not at all by component', () => {
    const row = { name: 'void k<int>()', shortName: 'k', instances: 3 };
    assert.ok(words(ncuCommand(row, 'shortName')!).includes('regex:^k$'));
    assert.equal(ncuCommand(row, 'component'), undefined);
  });
});

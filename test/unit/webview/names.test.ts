import assert from 'node:assert/strict';
import { displayName } from '../../../webview/ui/names';

describe('the shown name of a kernel', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['void k<(int)4>(float *, void (*)(int))', 'k<(int)4>'],
    ['ncclDevKernel_AllReduce(ncclDevKernelArgsStorage<4096ul>)', 'ncclDevKernel_AllReduce'],
    ['nvjet_tst_64x8', 'nvjet_tst_64x8'],
    [
      'at::native::(anonymous namespace)::softmax<4>(int)',
      'at::native::(anonymous namespace)::softmax<4>',
    ],
    ['(x)', '(x)'],
    ['a)', 'a)'],
    ['', ''],
  ];
  for (const [name, shown] of cases) {
    it(`${JSON.stringify(name)} is ${JSON.stringify(shown)}`, () => {
      assert.equal(displayName(name), shown);
    });
  }
});

import assert from 'node:assert/strict';
import { goTo, INITIAL, narrow, restore, setKernelFilter, widen } from '../../../webview/state';

describe('the state of the views', () => {
  it('widens in the reverse order of narrowing', () => {
    let state = narrow(INITIAL, 'phase', 'decode');
    state = setKernelFilter(state, 'component:gemm');
    state = narrow(state, 'window', [1, 2]);
    state = narrow(state, 'phase', 'prefill');
    assert.deepEqual(state.narrowed, ['filter', 'window', 'phase']);
    state = widen(state);
    assert.deepEqual(state.scope, { window: [1, 2] });
    state = widen(state);
    assert.deepEqual(state.scope, {});
    assert.equal(state.kernelFilter, 'component:gemm');
    state = widen(state);
    assert.equal(state.kernelFilter, '');
    assert.equal(widen(state), state);
  });

  it('comes back from what was kept', () => {
    const state = setKernelFilter(narrow(INITIAL, 'devices', [1]), 'flash');
    assert.deepEqual(restore(JSON.parse(JSON.stringify(state))), state);
  });

  it('goes to a place: what narrows replaces what was narrowed, a tab alone keeps it', () => {
    const before = setKernelFilter(narrow(INITIAL, 'phase', 'decode'), 'flash');
    assert.deepEqual(goTo(before, { tab: 'memory' }), { ...before, tab: 'memory' });

    const timed = goTo(before, { tab: 'phases', window: [1, 2] });
    assert.deepEqual(timed, narrow({ ...INITIAL, tab: 'phases' }, 'window', [1, 2]));

    const kernel = goTo(before, { kernel: 'flash<1>', window: [1, 2] });
    assert.equal(kernel.tab, 'kernels');
    assert.equal(kernel.kernel, 'flash<1>');
    assert.deepEqual([kernel.scope, kernel.narrowed], [{ window: [1, 2] }, ['window']]);

    const filtered = goTo(kernel, { tab: 'kernels', filter: 'component:moe', phase: 'prefill' });
    assert.equal(filtered.kernel, undefined);
    assert.deepEqual(filtered.narrowed, ['phase', 'filter']);
    assert.equal(goTo(before, { tab: 'ranges', filter: 'x' }).rangeFilter, 'x');
    assert.equal(goTo(before, { tab: 'operators', filter: 'x' }).operatorFilter, 'x');
    assert.equal(goTo(before, {}), before);
  });

  it('starts anew from anything else', () => {
    for (const saved of [undefined, null, 3, 'x', { scope: 4 }, { narrowed: {} }, { tables: 1 }]) {
      assert.deepEqual(restore(saved), INITIAL);
    }
    assert.equal('other' in restore({ other: 1 }), false);
  });
});

import assert from 'node:assert/strict';
import { deviceLabel } from '../../../webview/ui/devices';

describe('what a device is called', () => {
  it('is its number and its name', () => {
    assert.equal(deviceLabel(1, 'NVIDIA H100'), 'GPU 1 NVIDIA H100');
    assert.equal(deviceLabel(1), 'GPU 1');
  });

  it('is CUDA’s number where that is all the capture knows, wherever it stands in the list', () => {
    assert.equal(deviceLabel(0, 'GPU 1'), 'GPU 1');
  });
});

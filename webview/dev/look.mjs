/**
 * Bundles the webview with a mock editor and takes pictures of it.
 *
 *   node --import tsx webview/dev/look.mjs [folder] [name…]
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundlePage, takePictures } from './page.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(root, '.cache/look'));
const address = await bundlePage(out, 'main', 'mock');

const tab = (name, more = {}) => ({ state: JSON.stringify({ tab: name, ...more }) });
const shots = [];
for (const name of ['overview', 'phases', 'kernels', 'ranges', 'graphs', 'memory']) {
  shots.push({ name: `${name}-dark-1600`, width: 1600, query: tab(name) });
  shots.push({ name: `${name}-light-800`, width: 800, query: { ...tab(name), theme: 'light' } });
}
shots.push(
  { name: 'overview-contrast', width: 1200, query: { ...tab('overview'), theme: 'contrast' } },
  { name: 'phases-contrast', width: 1200, query: { ...tab('phases'), theme: 'contrast' } },
  { name: 'detail-dark-1600', width: 1600, query: tab('kernels', { kernel: 'k0' }) },
  {
    name: 'detail-light-800',
    width: 800,
    query: { ...tab('kernels', { kernel: 'k0' }), theme: 'light' },
  },
  {
    name: 'kernels-contrast',
    width: 1200,
    query: { ...tab('kernels', { kernel: 'k0' }), theme: 'contrast' },
  },
  { name: 'failed', width: 900, query: { scenario: 'failed' } },
  { name: 'converting', width: 900, query: { scenario: 'converting' } },
  { name: 'reading', width: 1200, query: { scenario: 'reading', ...tab('overview') } },
  { name: 'reading-kernels', width: 1200, query: { scenario: 'kernels', ...tab('kernels') } },
  { name: 'no-ranges', width: 1200, query: { missing: 'no-ranges', ...tab('phases') } },
  {
    name: 'narrowed',
    width: 1200,
    query: {
      scenario: 'changed',
      generated: '',
      ...tab('kernels', {
        scope: { window: [2e9, 9e9], phase: 'decode' },
        narrowed: ['window', 'phase', 'filter'],
        kernelFilter: 'component:gemm',
      }),
    },
  },
  { name: 'memory-allocated', width: 1200, query: { allocated: '', ...tab('memory') } },
);

const wrong = await takePictures(out, shots, process.argv.slice(3), async (page, shot) => {
  await page.goto(address(shot.query));
  await page.waitForTimeout(700);
});
process.exit(wrong === 0 ? 0 : 1);

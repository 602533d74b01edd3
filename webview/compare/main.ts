/** The page of a comparison. */
import '../styles/main.css';
import './compare.css';
import { html } from 'lit';
import type { FromCompare, ToCompare } from '../../src/protocol/compare';
import { openPage } from '../page';
import { CompareApp } from './app';
import './shell';
import { restore } from './state';

const page = openPage<FromCompare>();
const app = new CompareApp(page.client, restore(page.saved), page.store, page.send);
window.addEventListener('message', ({ data }: MessageEvent<ToCompare>) => {
  if (['comparing', 'comparison', 'compareFailed'].includes(data.kind)) app.hear(data);
});
page.show(html`<pm-compare-shell .app=${app}></pm-compare-shell>`);

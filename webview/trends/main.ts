/** The page of trends. */
import '../styles/main.css';
import './trends.css';
import { html } from 'lit';
import type { FromTrends, ToTrends } from '../../src/protocol/trends';
import { openPage } from '../page';
import { TrendsApp } from './app';
import './shell';
import { restore } from './state';

const page = openPage<FromTrends>();
const app = new TrendsApp(page.client, restore(page.saved), page.store, page.send);
window.addEventListener('message', ({ data }: MessageEvent<ToTrends>) => {
  if (['trendsReading', 'trends', 'trendsFailed'].includes(data.kind)) app.hear(data);
});
page.show(html`<pm-trends-shell .app=${app}></pm-trends-shell>`);
app.show(app.state.filter);

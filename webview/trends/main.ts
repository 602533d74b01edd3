/** Wires the page of trends to the editor that shows it. */
import '../styles/main.css';
import './trends.css';
import { html, render } from 'lit';
import type { FromWebview, ToWebview } from '../../src/protocol/messages';
import type { FromTrends, ToTrends } from '../../src/protocol/trends';
import { Client } from '../client';
import { loadStrings } from '../strings';
import { TrendsApp } from './app';
import './shell';
import { restore, type TrendsState } from './state';

interface VsCodeApi {
  postMessage(message: FromWebview | FromTrends): void;
  getState(): unknown;
  setState(state: TrendsState): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
loadStrings(document);

const client = new Client({
  post: (message) => vscode.postMessage(message),
  listen: (handler) =>
    window.addEventListener('message', (event: MessageEvent<ToWebview>) => handler(event.data)),
});
const app = new TrendsApp(
  client,
  restore(vscode.getState()),
  { save: (state) => vscode.setState(state) },
  (message) => vscode.postMessage(message),
);
window.addEventListener('message', ({ data }: MessageEvent<ToTrends>) => {
  if (['trendsReading', 'trends', 'trendsFailed'].includes(data.kind)) app.hear(data);
});

/** The host's page holds it; it is only a place. */
const place = document.querySelector<HTMLElement>('profilemate-app') ?? document.body;
render(html`<pm-trends-shell .app=${app}></pm-trends-shell>`, place);
app.start();

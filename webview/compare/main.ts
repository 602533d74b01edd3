/** Wires the page of a comparison to the editor that shows it. */
import '../styles/main.css';
import './compare.css';
import { html, render } from 'lit';
import type { FromCompare, ToCompare } from '../../src/protocol/compare';
import type { FromWebview, ToWebview } from '../../src/protocol/messages';
import { Client } from '../client';
import { loadStrings } from '../strings';
import { CompareApp } from './app';
import './shell';
import { restore, type CompareState } from './state';

interface VsCodeApi {
  postMessage(message: FromWebview | FromCompare): void;
  getState(): unknown;
  setState(state: CompareState): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
loadStrings(document);

const client = new Client({
  post: (message) => vscode.postMessage(message),
  listen: (handler) =>
    window.addEventListener('message', (event: MessageEvent<ToWebview>) => handler(event.data)),
});
const app = new CompareApp(
  client,
  restore(vscode.getState()),
  { save: (state) => vscode.setState(state) },
  (message) => vscode.postMessage(message),
);
window.addEventListener('message', ({ data }: MessageEvent<ToCompare>) => {
  if (['comparing', 'comparison', 'compareFailed'].includes(data.kind)) app.hear(data);
});

/** The host's page holds it; it is only a place. */
const place = document.querySelector<HTMLElement>('profilemate-app') ?? document.body;
render(html`<pm-compare-shell .app=${app}></pm-compare-shell>`, place);
client.act({ kind: 'action', action: 'ready' });

/** Wires the page of a run alone to the editor that shows it. */
import '../styles/main.css';
import { html, render } from 'lit';
import type { FromWebview, ToWebview } from '../../src/protocol/messages';
import { Client } from '../client';
import { loadStrings } from '../strings';
import { RunApp } from './app';
import './shell';
import { restore, type RunPageState } from './state';

interface VsCodeApi {
  postMessage(message: FromWebview): void;
  getState(): unknown;
  setState(state: RunPageState): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
loadStrings(document);

const client = new Client({
  post: (message) => vscode.postMessage(message),
  listen: (handler) =>
    window.addEventListener('message', (event: MessageEvent<ToWebview>) => handler(event.data)),
});
const app = new RunApp(client, restore(vscode.getState()), {
  save: (state) => vscode.setState(state),
});

/** The host's page holds it; it is only a place. */
const place = document.querySelector<HTMLElement>('profilemate-app') ?? document.body;
render(html`<pm-run-shell .app=${app}></pm-run-shell>`, place);
client.act({ kind: 'action', action: 'ready' });

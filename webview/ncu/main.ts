/** Wires the page of Nsight Compute results to the editor that shows it. */
import '../styles/main.css';
import './ncu.css';
import { html, render } from 'lit';
import type { FromWebview, ToWebview } from '../../src/protocol/messages';
import { Client } from '../client';
import { loadStrings } from '../strings';
import { NcuApp } from './app';
import './shell';
import { restore, type NcuState } from './state';

interface VsCodeApi {
  postMessage(message: FromWebview): void;
  getState(): unknown;
  setState(state: NcuState): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
loadStrings(document);

const client = new Client({
  post: (message) => vscode.postMessage(message),
  listen: (handler) =>
    window.addEventListener('message', (event: MessageEvent<ToWebview>) => handler(event.data)),
});
const app = new NcuApp(client, restore(vscode.getState()), {
  save: (state) => vscode.setState(state),
});

/** The host's page holds it; it is only a place. */
const place = document.querySelector<HTMLElement>('profilemate-app') ?? document.body;
render(html`<pm-ncu-shell .app=${app}></pm-ncu-shell>`, place);
client.act({ kind: 'action', action: 'ready' });

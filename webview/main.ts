/** Wires the page to the editor that shows it. */
import './styles/main.css';
import { html, render } from 'lit';
import type { FromWebview, ToWebview } from '../src/protocol/messages';
import { App } from './app';
import { Client } from './client';
import './shell/app-element';
import { restore, type ViewState } from './state';
import { loadStrings } from './strings';

interface VsCodeApi {
  postMessage(message: FromWebview): void;
  getState(): unknown;
  setState(state: ViewState): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
loadStrings(document);

const client = new Client({
  post: (message) => vscode.postMessage(message),
  listen: (handler) =>
    window.addEventListener('message', (event: MessageEvent<ToWebview>) => handler(event.data)),
});
const app = new App(client, restore(vscode.getState()), {
  save: (state) => vscode.setState(state),
});

/** The host's page holds it; it is only a place. */
const place = document.querySelector<HTMLElement>('profilemate-app') ?? document.body;
render(html`<pm-shell .app=${app}></pm-shell>`, place);
client.act({ kind: 'action', action: 'ready' });

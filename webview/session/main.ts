/** Wires the page of a session to the editor that shows it. */
import '../styles/main.css';
import './session.css';
import { html, render } from 'lit';
import type { FromWebview, ToWebview } from '../../src/protocol/messages';
import { Client } from '../client';
import { loadStrings } from '../strings';
import { SessionApp } from './app';
import './shell';
import { restore, type SessionState } from './state';

interface VsCodeApi {
  postMessage(message: FromWebview): void;
  getState(): unknown;
  setState(state: SessionState): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
loadStrings(document);

const client = new Client({
  post: (message) => vscode.postMessage(message),
  listen: (handler) =>
    window.addEventListener('message', (event: MessageEvent<ToWebview>) => handler(event.data)),
});
const app = new SessionApp(client, restore(vscode.getState()), {
  save: (state) => vscode.setState(state),
});

/** The host's page holds it; it is only a place. */
const place = document.querySelector<HTMLElement>('profilemate-app') ?? document.body;
render(html`<pm-session-shell .app=${app}></pm-session-shell>`, place);
client.act({ kind: 'action', action: 'ready' });

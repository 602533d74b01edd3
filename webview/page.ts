/** Wires a page to the editor that shows it. */
import { render, type TemplateResult } from 'lit';
import type { FromWebview, ToWebview } from '../src/protocol/messages';
import { Client } from './client';
import { loadStrings } from './strings';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

export interface Page<Message> {
  readonly client: Client;
  /** What the page kept before it was hidden or the window reloaded; anything, or nothing. */
  readonly saved: unknown;
  readonly store: { save(state: unknown): void };
  readonly send: (message: Message) => void;
  /** Draws the page, and tells the editor that it listens. */
  show(content: TemplateResult): void;
}

/** To be called once; `Message` is what the page says to the editor. */
export function openPage<Message = FromWebview>(): Page<Message> {
  const vscode = acquireVsCodeApi();
  loadStrings(document);
  const client = new Client({
    post: (message) => vscode.postMessage(message),
    listen: (handler) =>
      window.addEventListener('message', (event: MessageEvent<ToWebview>) => handler(event.data)),
  });
  return {
    client,
    saved: vscode.getState(),
    store: { save: (state) => vscode.setState(state) },
    send: (message) => vscode.postMessage(message),
    show(content) {
      // The host's page holds it; it is only a place.
      const place = document.querySelector<HTMLElement>('profilemate-app') ?? document.body;
      render(content, place);
      client.act({ kind: 'action', action: 'ready' });
    },
  };
}

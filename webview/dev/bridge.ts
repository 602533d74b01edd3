/** The editor's side of a page whose questions a real session answers, outside of the page. */
import type { FromWebview, ToWebview } from '../../src/protocol/messages';
import { THEMES } from './themes';

declare function toHost(message: FromWebview): void;

const options = new URLSearchParams(location.search);
const theme = THEMES[options.get('theme') ?? 'dark'];
for (const [name, value] of Object.entries(theme.colours)) {
  document.documentElement.style.setProperty(`--vscode-${name}`, value);
}
document.body.className = theme.kind;

Object.assign(window, {
  fromHost: (message: ToWebview) => window.postMessage(message, '*'),
  acquireVsCodeApi: () => ({
    getState: (): unknown => JSON.parse(options.get('state') ?? 'null'),
    setState: (state: unknown) => sessionStorage.setItem('state', JSON.stringify(state)),
    // As the real channel does: anything that can't be cloned is an error here too.
    postMessage: (message: FromWebview) => toHost(structuredClone(message)),
  }),
});

/** The page that every view starts as. It holds no figures. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** Where the webview's bundles lie; the only folder a webview may load from. */
const webviewRoot = (extensionUri: vscode.Uri): vscode.Uri =>
  vscode.Uri.joinPath(extensionUri, 'dist', 'webview');

/** Which page: of a timeline, of Nsight Compute results, of a session, a comparison, the history's trends, a run alone. */
export type PageName = 'main' | 'ncu' | 'session' | 'compare' | 'trends' | 'run';

/** Shows a page of ours, which may load from the folder of the bundles and from nowhere else. */
export function showPage(webview: vscode.Webview, extensionUri: vscode.Uri, page: PageName): void {
  webview.options = { enableScripts: true, localResourceRoots: [webviewRoot(extensionUri)] };
  webview.html = webviewHtml(webview, extensionUri, page);
}

function webviewHtml(webview: vscode.Webview, extensionUri: vscode.Uri, page: PageName): string {
  const nonce = randomBytes(16).toString('base64');
  const file = (name: string) =>
    attribute(
      webview.asWebviewUri(vscode.Uri.joinPath(webviewRoot(extensionUri), name)).toString(),
    );
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    // The nonce is for an empty style element by which the widgets feel their way.
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `font-src ${webview.cspSource}`,
    `img-src ${webview.cspSource}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${attribute(vscode.env.language)}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta property="csp-nonce" content="${nonce}">
    <meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
    <link rel="stylesheet" href="${file('codicon.css')}" id="vscode-codicon-stylesheet">
    <link rel="stylesheet" href="${file(`${page}.css`)}">
    <title>ProfileMate</title>
  </head>
  <body>
    <script type="application/json" id="profilemate-l10n" nonce="${nonce}">${translations()}</script>
    <profilemate-app></profilemate-app>
    <script type="module" nonce="${nonce}" src="${file(`${page}.js`)}"></script>
  </body>
</html>
`;
}

/** The bundle of the display language; empty in English. "<" could end the element. */
function translations(): string {
  return JSON.stringify(vscode.l10n.bundle ?? {}).replaceAll('<', '\\u003c');
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/** A comparison as a page that can only be read: the report's own, in the editor's colours. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

const COLOURS = `:root{
  --text:var(--vscode-editor-foreground);--soft:var(--vscode-descriptionForeground);
  --back:var(--vscode-editor-background);--line:var(--vscode-panel-border,#8886);
  --card:var(--vscode-editorWidget-background);--bad:var(--vscode-errorForeground);
  --good:var(--vscode-testing-iconPassed)}`;

/** @param report from `profilemate check --html`, in which every name is escaped */
export function showComparison(title: string, report: string): vscode.WebviewPanel {
  const panel = vscode.window.createWebviewPanel(
    'profilemate.comparison',
    title,
    vscode.ViewColumn.Active,
    { enableScripts: false, localResourceRoots: [], enableFindWidget: true },
  );
  panel.webview.html = inEditorColours(report);
  return panel;
}

/** The page allows its own style alone; ours joins it by a nonce. */
function inEditorColours(report: string): string {
  const nonce = randomBytes(16).toString('base64');
  return report
    .replace('style-src ', `style-src &#39;nonce-${nonce}&#39; `)
    .replace('</head>', `<style nonce="${nonce}">${COLOURS}</style></head>`);
}

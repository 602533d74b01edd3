/**
 * Collects every text a person reads, from the extension and its views, into
 * l10n/bundle.l10n.json: what a translation starts from.
 *
 *   node scripts/l10n.mjs
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
export const bundle = path.join(root, 'l10n/bundle.l10n.json');

/** Where texts are, and the arguments that hold them, by the name of the call. */
const sources = [
  { folder: 'src/vscode', calls: { t: [0] } },
  { folder: 'webview', calls: { t: [0], plural: [1, 2] } },
];

/** The texts in one file; those put together at run time can not be translated and are not here. */
function textsOf(file, calls) {
  const texts = [];
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const visit = (node) => {
    if (ts.isCallExpression(node)) {
      const callee = node.expression;
      const name = ts.isPropertyAccessExpression(callee) ? callee.name : callee;
      const places =
        ts.isIdentifier(name) && Object.hasOwn(calls, name.text) ? calls[name.text] : [];
      for (const place of places) texts.push(...literals(node.arguments[place]));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return texts;
}

function literals(node) {
  if (node === undefined) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isConditionalExpression(node))
    return [...literals(node.whenTrue), ...literals(node.whenFalse)];
  return [];
}

export function collect() {
  const texts = new Set();
  for (const { folder, calls } of sources) {
    for (const name of readdirSync(path.join(root, folder), { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      for (const text of textsOf(path.join(root, folder, name), calls)) texts.add(text);
    }
  }
  return Object.fromEntries([...texts].sort().map((text) => [text, text]));
}

export const format = (texts) => `${JSON.stringify(texts, null, 2)}\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const texts = collect();
  writeFileSync(bundle, format(texts));
  console.log(`l10n: ${Object.keys(texts).length} texts`);
}

/**
 * The house's table of rooms as an ESLint rule: who may use whom.
 *
 * `uses` is for values and types, `types` for `import type` alone. A room may
 * always use itself. `browser` rooms also run where there is no Node.
 */
import { builtinModules } from 'node:module';
import path from 'node:path';

export const rooms = {
  'src/profile': { uses: [], browser: true },
  'src/disk': { uses: [] },
  'src/readers': { uses: ['src/profile'] },
  'src/analysis': { uses: ['src/profile'], browser: true },
  'src/protocol': { uses: ['src/profile'], types: ['src/analysis'], browser: true },
  'src/engine': { uses: ['src/profile', 'src/readers', 'src/analysis', 'src/protocol'] },
  'src/report': { uses: ['src/profile'], types: ['src/analysis'] },
  'src/history': { uses: ['src/profile', 'src/analysis', 'src/disk'] },
  'src/capture': { uses: ['src/profile', 'src/disk'] },
  'src/cli': {
    uses: [
      'src/profile',
      'src/readers',
      'src/analysis',
      'src/protocol',
      'src/engine',
      'src/report',
      'src/history',
      'src/capture',
      'src/disk',
    ],
  },
  'src/vscode': {
    uses: [
      'src/profile',
      'src/readers',
      'src/analysis',
      'src/protocol',
      'src/engine',
      'src/report',
      'src/history',
      'src/capture',
      'src/disk',
    ],
    editor: true,
  },
  'src/extension.ts': { uses: ['src/vscode'], editor: true },
  webview: {
    uses: [
      'src/protocol',
      'src/profile/units',
      'src/profile/format',
      'src/profile/kernel-name',
      'src/profile/delimited',
    ],
    types: ['src/profile', 'src/analysis'],
    browser: true,
  },
};

const builtins = new Set(builtinModules);

/** Whether `file` (no extension needed) is `place` or lies in it. Both are relative to the root. */
function within(file, place) {
  return file === place || file.startsWith(`${place}/`) || file.startsWith(`${place}.`);
}

function roomOf(file) {
  return Object.keys(rooms).find((room) => within(file, room));
}

function isNodeModule(specifier) {
  return specifier.startsWith('node:') || builtins.has(specifier.split('/')[0]);
}

/** Why `from` must not import `specifier`, or undefined where it may. */
function objection(from, specifier, typeOnly) {
  const room = roomOf(from);
  if (!room) return { messageId: 'homeless', data: { from } };
  const { uses, types = [], browser, editor } = rooms[room];

  if (specifier === 'vscode') return editor ? undefined : { messageId: 'editor', data: { room } };
  if (isNodeModule(specifier))
    return browser ? { messageId: 'node', data: { room, specifier } } : undefined;
  if (!specifier.startsWith('.')) return undefined;

  const target = path.posix.join(path.posix.dirname(from), specifier);
  const outside = !within(target, 'src') && !within(target, 'webview');
  // Data (JSON, styles) from media/ and the like belongs to nobody; code does.
  if (outside)
    return /^(test|scripts)\//.test(target)
      ? { messageId: 'room', data: { room, target } }
      : undefined;

  if (within(target, room)) return undefined;
  if (uses.some((place) => within(target, place))) return undefined;
  if (types.some((place) => within(target, place)))
    return typeOnly ? undefined : { messageId: 'types', data: { room, target } };
  return { messageId: 'room', data: { room, target } };
}

function isTypeOnly(node) {
  if (node.importKind === 'type' || node.exportKind === 'type') return true;
  const names = node.specifiers ?? [];
  return (
    names.length > 0 &&
    names.every((name) => name.importKind === 'type' || name.exportKind === 'type')
  );
}

/** @type {import('eslint').Rule.RuleModule} */
export const mayUse = {
  meta: {
    type: 'problem',
    docs: { description: 'keep the directions of dependency between the rooms of the house' },
    schema: [],
    messages: {
      homeless: '{{from}} lies in no room of the table in ARCHITECTURE.md.',
      room: '{{room}} must not use {{target}}: see the table of rooms in ARCHITECTURE.md.',
      types: '{{room}} may use {{target}} for its types alone: write `import type`.',
      node: "{{room}} also runs in a browser: '{{specifier}}' is Node's.",
      editor:
        "'vscode' is imported under src/vscode and in src/extension.ts alone, not in {{room}}.",
    },
  },
  create(context) {
    const from = path.relative(context.cwd, context.filename).split(path.sep).join('/');
    const check = (node, source, typeOnly) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const problem = objection(from, source.value, typeOnly);
      if (problem) context.report({ node: source, ...problem });
    };
    const declaration = (node) => check(node, node.source, isTypeOnly(node));
    return {
      ImportDeclaration: declaration,
      ExportNamedDeclaration: declaration,
      ExportAllDeclaration: declaration,
      ImportExpression: (node) => check(node, node.source, false),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal, true),
      TSExternalModuleReference: (node) => check(node, node.expression, false),
      CallExpression(node) {
        if (node.callee.type === 'Identifier' && node.callee.name === 'require')
          check(node, node.arguments[0], false);
      },
    };
  },
};

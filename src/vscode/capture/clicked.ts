/** What is to be profiled, from what was clicked. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CaptureDefinition } from './definition';

/** A model as Hugging Face, or Mistral, keeps it has one of these beside its weights. */
const MODEL_FILES = ['config.json', 'params.json'];

/** Of a configuration file, which is small. */
const MAX_BYTES = 1_000_000;

/** Undefined for a folder that holds no model. @throws where it cannot be read */
export async function definitionOf(file: string): Promise<CaptureDefinition | undefined> {
  const entry = await stat(file);
  if (entry.isDirectory()) {
    const names = await readdir(file);
    const isModel = MODEL_FILES.some((name) => names.includes(name));
    return isModel ? { model: file, target: { kind: 'serve' } } : undefined;
  }
  switch (path.extname(file).toLowerCase()) {
    case '.py':
      return { target: { kind: 'script', file, args: [] } };
    case '.yaml':
    case '.yml':
      return {
        model: entry.size > MAX_BYTES ? undefined : modelIn(await readFile(file, 'utf8')),
        target: { kind: 'serve' },
        serverArgs: ['--config', file],
      };
    default:
      return { model: path.dirname(file), target: { kind: 'serve' } };
  }
}

/** Of `vllm serve --config`: a key of the first level. */
function modelIn(yaml: string): string | undefined {
  const [, value] = /^model\s*:\s*(.+?)\s*(?:#.*)?$/m.exec(yaml) ?? [];
  return value?.replace(/^(['"])(.*)\1$/, '$2') || undefined;
}

/** What a profiled command line says of the run: which model, and which flags change the figures. */

/** Options that say where and for whom a server runs, not how fast. */
const PLACE =
  /^--(?:host|port|uds|api-key|served-model-name|ssl-[\w-]+|root-path|download-dir|log[\w-]*|uvicorn[\w-]*|disable-(?:uvicorn-access-)?log[\w-]*|profiler-config|otlp[\w-]*|allowed-[\w-]+|middleware|chat-template|response-role)$/;
/** Their values are secrets, which a baseline file must not keep. */
const SECRET = /(?:key|token|secret|passw\w*|credentials?|auth)$/;
/** A value that is plainly a setting; any other is told apart by its digest only. */
const PLAIN = /^(?!hf_|sk-|gh[pousr]_)[\w.,:+/-]{1,48}$/;
const MODEL_OPTIONS = new Set(['--model', '--model-path']);

export interface CommandFacts {
  readonly model: string | null;
  /** `--name` or `--name=value`, sorted. */
  readonly flags: readonly string[];
}

/** Takes the line apart by spaces; quoted values with spaces stay whole. */
export function readCommand(command: string): CommandFacts {
  const words = command.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  const flags: string[] = [];
  let model: string | null = null;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (!word.startsWith('--') || word === '--') {
      if (word === 'serve' && words[i + 1] !== undefined && !words[i + 1].startsWith('-')) {
        model ??= words[++i];
      }
      continue;
    }
    const equals = word.indexOf('=');
    const name = (equals < 0 ? word : word.slice(0, equals)).replaceAll('_', '-');
    let value = equals < 0 ? undefined : word.slice(equals + 1);
    if (value === undefined && words[i + 1] !== undefined && !words[i + 1].startsWith('-')) {
      value = words[++i];
    }
    if (MODEL_OPTIONS.has(name)) model ??= value ?? null;
    else if (!PLACE.test(name) && !SECRET.test(name)) {
      flags.push(
        value === undefined ? name : `${name}=${PLAIN.test(value) ? value : digest(value)}`,
      );
    }
  }
  return { model, flags: flags.sort() };
}

/** FNV-1a: tells values apart without keeping them. */
function digest(value: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), 0x01000193);
  return `#${(hash >>> 0).toString(16).padStart(8, '0')}`;
}

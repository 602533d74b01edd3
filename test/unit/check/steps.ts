/** Runs the steps of action.yml as a runner does: their shell, with expressions put in and outputs read back. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

interface Step {
  readonly id: string;
  readonly env: Readonly<Record<string, string>>;
  readonly run: string;
}

const indent = (line: string): number => line.search(/\S|$/);

/** Lines below a key that are further in than it. */
function block(lines: readonly string[], key: number): string[] {
  const below = lines.slice(key + 1);
  const end = below.findIndex((line) => line.trim() !== '' && indent(line) <= indent(lines[key]));
  return end < 0 ? below : below.slice(0, end);
}

/** As much of YAML as the file uses. */
function parse(file: string): { steps: Step[]; defaults: Record<string, string> } {
  const lines = readFileSync(file, 'utf8').split('\n');
  const defaults: Record<string, string> = {};
  let input = '';
  for (const line of block(lines, lines.indexOf('inputs:'))) {
    if (indent(line) === 2) input = line.trim().slice(0, -1);
    const found = /^ {4}default: '?(.*?)'?$/.exec(line);
    if (found) defaults[input] = found[1];
  }
  const all = block(lines, lines.indexOf('  steps:'));
  const starts = all.flatMap((line, i) => (/^ {4}- /.test(line) ? [i] : []));
  const steps = starts.map((start, s) => {
    const own = all.slice(start, starts[s + 1]).map((line) => line.replace(/^ {4}- /, '      '));
    const value = (key: string) => own.findIndex((line) => line.startsWith(`      ${key}:`));
    const env = block(own, value('env')).flatMap((line) => {
      const found = /^\s+(\w+): (.*)$/.exec(line);
      return found ? [[found[1], found[2]] as const] : [];
    });
    return {
      id: own[value('id')].split(': ')[1],
      env: Object.fromEntries(env),
      run: block(own, value('run'))
        .map((line) => line.slice(8))
        .join('\n'),
    };
  });
  return { steps, defaults };
}

export interface ActionOutcome {
  readonly status: number;
  readonly stdout: string;
  readonly summary: string;
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** @param place where the runner's own folder is made, and left */
export function runAction(place: string, inputs: Readonly<Record<string, string>>): ActionOutcome {
  const { steps, defaults } = parse('action.yml');
  const folder = mkdtempSync(join(place, 'action '));
  const summaryFile = join(folder, 'summary.md');
  const outputs: Record<string, Record<string, string>> = {};
  const given: Record<string, string> = { ...defaults, ...inputs };
  const fill = (text: string): string =>
    text.replace(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
      const [where, name, , output] = expression.split('.');
      if (expression === 'github.action_path') return resolve('.');
      if (where === 'inputs') return given[name] ?? '';
      return outputs[name]?.[output] ?? '';
    });
  let stdout = '';
  let status = 0;
  for (const step of steps) {
    const outputFile = join(folder, `${step.id}.out`);
    writeFileSync(outputFile, '');
    const env = Object.fromEntries(Object.entries(step.env).map(([k, text]) => [k, fill(text)]));
    const run = spawnSync(
      'bash',
      ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', step.run],
      {
        encoding: 'utf8',
        cwd: folder,
        env: {
          ...process.env,
          ...env,
          GITHUB_OUTPUT: outputFile,
          GITHUB_STEP_SUMMARY: summaryFile,
        },
      },
    );
    stdout += run.stdout + run.stderr;
    outputs[step.id] = readOutputs(outputFile);
    status = run.status ?? 1;
    if (status !== 0) break;
  }
  const summary = existsSync(summaryFile) ? readFileSync(summaryFile, 'utf8') : '';
  return { status, stdout, summary, outputs: absolute(outputs, folder) };
}

function readOutputs(file: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = readFileSync(file, 'utf8').split('\n');
  for (let i = 0; i < lines.length; i++) {
    const long = /^(\w+)<<(.*)$/.exec(lines[i]);
    if (long) {
      const end = lines.indexOf(long[2], i);
      found[long[1]] = lines.slice(i + 1, end).join('\n');
      i = end;
    } else if (lines[i].includes('=')) {
      const [name, ...value] = lines[i].split('=');
      found[name] = value.join('=');
    }
  }
  return found;
}

/** Files that steps name lie in the folder they ran in. */
function absolute(outputs: ActionOutcome['outputs'], folder: string): ActionOutcome['outputs'] {
  return Object.fromEntries(
    Object.entries(outputs).map(([step, values]) => [
      step,
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => [
          name,
          value.startsWith('profilemate-results/') ? join(folder, value) : value,
        ]),
      ),
    ]),
  );
}

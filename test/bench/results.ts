/** RESULTS.md: a section for each part of the benchmark, replaced alone. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { machine } from './cost';

const FILE = path.join(__dirname, 'RESULTS.md');
const HEAD = '# What it costs\n';

/** A part as it stands in RESULTS.md. */
export interface Section {
  /** The part, as `npm run bench` takes it. */
  readonly part: string;
  readonly title: string;
  /** What was measured and how, a paragraph. */
  readonly about: string;
  /** Tables and what belongs between them. */
  readonly body: string;
}

/** Puts a part's new results where its old ones are, and the machine and the command above them. */
export function keep({ part, title, about, body }: Section): void {
  const command = ['npm run bench --', part, ...process.argv.slice(2)].join(' ');
  const section = `## ${title}

${about.trim()}

- ${machine()}
- \`${command}\`, ${new Date().toISOString().slice(0, 10)}

${body.trim()}
`;
  console.log(section);
  const [, ...sections] = (existsSync(FILE) ? readFileSync(FILE, 'utf8') : HEAD).split(/^(?=## )/m);
  const old = sections.findIndex((text) => text.startsWith(`## ${title}\n`));
  if (old < 0) sections.push(section);
  else sections[old] = section;
  writeFileSync(FILE, `${HEAD}\n${sections.map((text) => text.trimEnd()).join('\n\n')}\n`);
}

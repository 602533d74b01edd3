/** `profilemate analyze`: where the time went, as text, as JSON, as files. */
import path from 'node:path';
import { version } from '../../package.json';
import type { Profile } from '../profile/model';
import { ReadFailure } from '../readers/failure';
import { EVENT_FILES } from '../report/events-csv';
import { summarise } from '../report/summary';
import { renderText } from '../report/text';
import { onePath, readArgs } from './args';
import { type Command, ExitStatus } from './command';
import { CliFailure } from './failure';
import { makeFolder, note, print, writeFile } from './output';
import { findProfiles, readProfile } from './profiles';
import { resultsOf } from './results';

const help = `Usage: profilemate analyze FILE|DIR [-o DIR] [--json]

Where the GPU's time went: prefill and decode, components, kernels, CUDA graphs,
busy and idle, copies; what stands out, and what the capture cannot say.

  FILE           an Nsight Systems SQLite export (nsys export --type sqlite …)
  DIR            a folder with such files

  -o, --output DIR  write summary.json, nvtx_ranges.csv, kernel_stats.csv and
                    memcpy_stats.csv into DIR, which is created where it does not
                    exist; with several profiles, into a folder for each
      --json        print the summary as one JSON document, with schema_version
  -h, --help        print this

Exit status: 0 done, 2 the input is bad.
`;

interface Opened {
  readonly file: string;
  readonly profile: Profile;
}

/** Of a folder's files those that are none are named and passed over. */
async function* openAll(place: string, files: readonly string[]): AsyncGenerator<Opened> {
  let opened = 0;
  for (const file of files) {
    try {
      yield { file, profile: await readProfile(file) };
      opened++;
    } catch (error) {
      if (!(error instanceof ReadFailure) || file === place) throw error;
      note(`profilemate: passed over: ${error.message}`);
    }
  }
  if (opened === 0) {
    throw new CliFailure(`None of the ${files.length} files in ${place} is a profile.`);
  }
}

export const analyze: Command = {
  name: 'analyze',
  summary: 'where the time went, as text, JSON and CSV files',
  help,
  async run(args) {
    const { values, positionals } = readArgs('analyze', args, {
      output: { type: 'string', short: 'o' },
      json: { type: 'boolean' },
    });
    const place = onePath('analyze', 'profile or folder', positionals);
    const files = await findProfiles(place);
    if (values.json && files.length > 1) {
      throw new CliFailure(
        `--json prints one document, and ${place} holds ${files.length} profiles: ${files.map((file) => path.basename(file)).join(', ')}. Name one of them.`,
      );
    }
    let printed = false;
    for await (const { file, profile } of openAll(place, files)) {
      const results = resultsOf(profile);
      const json = (): string => JSON.stringify(summarise(results, version), undefined, 2) + '\n';
      if (values.output !== undefined) {
        const folder =
          files.length > 1 ? path.join(values.output, path.parse(file).name) : values.output;
        await writeAll(folder, json(), profile);
      }
      if (values.json) await print(json());
      else await print((printed ? '\n' : '') + renderText(results));
      printed = true;
    }
    return ExitStatus.Done;
  },
};

async function writeAll(folder: string, json: string, profile: Profile): Promise<void> {
  await makeFolder(folder);
  await writeFile(path.join(folder, 'summary.json'), [json]);
  for (const file of EVENT_FILES) {
    await writeFile(path.join(folder, file.name), file.lines(profile));
  }
}

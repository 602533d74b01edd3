/** The files of a kernel report: tables as CSV, and one document. */
import type { JoinedKernel, UnprofiledKernel } from '../analysis/ncu/join';
import type { Table } from '../analysis/ncu/summary';
import { csvRow } from '../profile/delimited';
import type { NcuResults } from './ncu-results';
import { redactCommand } from '../profile/redact';

export interface TextFile {
  readonly name: string;
  readonly lines: Iterable<string>;
}

/** kernel_bandwidth_metrics.csv, roofline_data.csv, ncu_summary.json. */
export function ncuFiles(results: NcuResults, version: string): readonly TextFile[] {
  return [
    ...results.tables.map((table) => ({ name: `${table.name}.csv`, lines: csvLines(table) })),
    { name: 'ncu_summary.json', lines: [ncuDocument(results, version)] },
  ];
}

function* csvLines({ columns, rows }: Table): Generator<string> {
  yield `${csvRow(columns)}\n`;
  for (const row of rows) yield `${csvRow(row)}\n`;
}

/** Ends with a line end. What was not measured has no field; shares of a timeline are in per cent. */
export function ncuDocument(results: NcuResults, version: string): string {
  const { summary, source, overview, timeline } = results;
  return `${JSON.stringify(
    {
      ...summary,
      generator: { name: 'profilemate', version },
      report: {
        file: source.path.split(/[\\/]/).at(-1),
        size_bytes: source.size,
        devices: overview.devices,
        compute_capabilities: overview.computeCapabilities,
      },
      ...(timeline && {
        timeline: {
          file: timeline.path.split(/[\\/]/).at(-1),
          profiled_percent: percent(timeline.join.coverage),
          kernels: timeline.join.kernels.map(joined),
          not_on_timeline: timeline.join.unmatched,
          not_profiled: timeline.join.unprofiled.map(unprofiled),
        },
      }),
    },
    undefined,
    2,
  )}\n`;
}

const percent = (share: number): number => Number((share * 100).toPrecision(12));

const onTimeline = (of: JoinedKernel | UnprofiledKernel) => ({
  instances: of.instances,
  total_ms: of.total / 1e6,
  percent: percent(of.share),
  prefill_percent: percent(of.phases.prefill.share),
  decode_percent: percent(of.phases.decode.share),
});

const joined = (of: JoinedKernel) => ({
  kernel: of.key,
  match: of.match,
  names: of.names,
  ...onTimeline(of),
});

const unprofiled = (of: UnprofiledKernel) => ({
  kernel: of.name,
  component: of.component,
  ...onTimeline(of),
  command: of.command && redactCommand(of.command.display),
  refusal: of.refusal,
});

/** What only a PyTorch trace tells: which operators the GPU's time belongs to. */
import { formatCount, formatShare, formatTime } from '../../profile/format';
import type { TraceResults } from '../results';
import { bars } from './charts';
import { figure, html, table, type Markup } from './markup';

const DRAWN = 15;
const LISTED = 50;

const left = (title: string) => ({ title });
const right = (title: string) => ({ title, right: true });

export function operators({ operators: found }: TraceResults): Markup | undefined {
  const rows = found.rows.filter(({ gpuSelf, cpuSelf }) => Boolean(gpuSelf) || cpuSelf > 0);
  if (rows.length === 0) return undefined;
  const onGpu = rows.filter(({ gpuSelf }) => Boolean(gpuSelf));
  const drawn = onGpu.length > 0 ? onGpu : rows;
  return html`<h2 id="operators">PyTorch operators</h2>
    <p class="soft">
      ${
        onGpu.length > 0
          ? `${formatShare(found.coverage)} of the GPU's work was launched by an operator that the trace has.`
          : 'No work on a GPU names an operator: times are those of the CPU.'
      }
    </p>
    ${figure(
      bars(
        onGpu.length > 0 ? 'Operators by their own GPU time' : 'Operators by their own CPU time',
        drawn.slice(0, DRAWN).map((row) => ({
          label: row.name,
          value: (onGpu.length > 0 ? row.gpuSelf : row.cpuSelf) ?? 0,
          text:
            onGpu.length > 0
              ? `${formatTime(row.gpuSelf)}, ${formatShare(row.gpuShare)}`
              : formatTime(row.cpuSelf),
          colour: 4,
        })),
      ),
      table(
        [
          left('Operator'),
          right('Count'),
          right('GPU, own'),
          right('Share'),
          right('GPU, with calls'),
          right('CPU, own'),
          right('CPU, with calls'),
        ],
        rows
          .slice(0, LISTED)
          .map((row) => [
            row.name,
            formatCount(row.count),
            formatTime(row.gpuSelf),
            formatShare(row.gpuShare),
            formatTime(row.gpuTotal),
            formatTime(row.cpuSelf),
            formatTime(row.cpuTotal),
          ]),
      ),
    )}
    ${rows.length > LISTED && html`<p class="soft">The first ${LISTED} of ${formatCount(rows.length)} operators.</p>`}`;
}

/** What a run tells while it goes on; a terminal and an editor render the same. */
import type { FailureText } from './failure';
import type { Plan, StageId } from './plan';

export type StageState = 'started' | 'done' | 'failed' | 'cancelled';

/** Times are milliseconds since 1970. */
export type CaptureEvent =
  | { readonly type: 'plan'; readonly at: number; readonly plan: Plan }
  | {
      readonly type: 'stage';
      readonly at: number;
      readonly stage: StageId;
      readonly title: string;
      readonly state: StageState;
      /** Since the stage was started. */
      readonly ms: number;
      /** In a few words, what came of it. */
      readonly detail?: string;
      readonly failure?: FailureText;
    }
  /** For copying; secrets are masked. */
  | {
      readonly type: 'command';
      readonly at: number;
      readonly stage: StageId;
      readonly text: string;
    }
  | {
      readonly type: 'progress';
      readonly at: number;
      readonly stage: StageId;
      readonly text: string;
      readonly done?: number;
      readonly total?: number;
    }
  | { readonly type: 'log'; readonly at: number; readonly stage: StageId; readonly text: string };

const MARKS: Readonly<Record<Exclude<StageState, 'started'>, string>> = {
  done: '✔',
  failed: '✖',
  cancelled: '■',
};

/** Of a stage that ended: mark, time, one line. Undefined for what is no line of its own. */
export function stageLine(event: CaptureEvent): string | undefined {
  if (event.type !== 'stage' || event.state === 'started') return undefined;
  const detail = event.state === 'cancelled' ? 'cancelled' : event.detail;
  return `${MARKS[event.state]} ${formatSeconds(event.ms)}  ${event.title}${detail ? `: ${detail}` : ''}`;
}

/** What nsys says of its own work, after the last words of the program that failed. */
const OF_PROFILER =
  /^\s*(Generat(ing '|ed:)|\[\d+\/\d+\] *\[|Processing \[|Capture range |\S*\.(nsys-rep|qdstrm)'?$)/;

/** The sentences of a failure, and the end of the log that led to it. */
export function failureLines(failure: FailureText, logLines = 12): readonly string[] {
  const log = (failure.log ?? '')
    .split('\n')
    // What was written over is not shown, as in a terminal.
    .map((line) => line.split('\r').findLast((part) => part.trim() !== '') ?? '')
    .filter((line) => line.trim() !== '' && !OF_PROFILER.test(line))
    .slice(-logLines)
    .map((line) => `    ${line}`);
  return [[failure.what, failure.why, failure.advice].filter(Boolean).join(' '), ...log];
}

function formatSeconds(ms: number): string {
  const s = ms / 1000;
  const whole = Math.round(s);
  const text = s < 99.95 ? `${s.toFixed(1)} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return text.padStart(10);
}

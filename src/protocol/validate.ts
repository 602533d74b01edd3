/**
 * What arrives is checked where it arrives. A webview shows text from files
 * that anyone may have written, so the host believes none of its messages, nor
 * the worker the host's.
 */
import * as v from 'valibot';
import type { Failure } from '../profile/failure';
import type { KernelGrouping } from '../analysis/kernels';
import { PHASES } from '../profile/scope';
import type { Call, Cancel, FromWebview, HostAction } from './messages';
import { ncuParams } from './ncu-validate';
import { RUN_ACTIONS } from './run';
import type { RequestName, TableName } from './requests';
import { format, index, key, MAX_FILTER, scope, sort, text, timeWindow, window } from './schemas';
import { sessionParams } from './session-validate';
import { torchParams } from './torch-validate';

/** More bins than any screen has columns. */
export const MAX_BINS = 4096;
export const MAX_STEPS = 100_000;
const MAX_COPY = 256 * 1024 * 1024;
const MAX_PATH = 32_768;
const MAX_WORDS = 4096;

const groupings = [
  'kernel',
  'shortName',
  'geometry',
  'component',
] as const satisfies readonly KernelGrouping[];
const grouping = v.picklist(groupings);

const page = { scope, ...window };

const tables = Object.keys({
  kernels: true,
  launches: true,
  ranges: true,
  phases: true,
  graphs: true,
  transfers: true,
  gaps: true,
  steps: true,
  components: true,
  operators: true,
  operatorShapes: true,
  frames: true,
  moduleFrames: true,
  operatorFrames: true,
} satisfies Record<TableName, true>);

const scoped = v.strictObject({ scope });

const paramsOf = {
  ...ncuParams,
  ...torchParams,
  ...sessionParams,
  status: v.strictObject({}),
  link: v.strictObject({
    path: v.nullable(text(MAX_PATH)),
    shownPath: v.optional(text(MAX_PATH)),
    byRun: v.optional(v.boolean()),
  }),
  overview: scoped,
  utilisation: scoped,
  utilisationSeries: v.strictObject({
    scope,
    bins: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_BINS)),
  }),
  phases: scoped,
  components: scoped,
  steps: v.strictObject({ scope, limit: v.pipe(index, v.minValue(1), v.maxValue(MAX_STEPS)) }),
  kernels: v.strictObject({ ...page, grouping }),
  kernelDetail: v.strictObject({ scope, grouping, key }),
  launches: v.strictObject({ ...page, grouping, key }),
  ranges: v.strictObject({ ...page, flat: v.boolean(), parent: v.optional(index) }),
  pythonRanges: v.strictObject({}),
  graphs: scoped,
  memory: scoped,
  table: v.strictObject({
    table: v.picklist(tables),
    format,
    scope,
    filter: text(MAX_FILTER),
    sort: v.optional(sort),
    grouping: v.optional(grouping),
    key: v.optional(key),
    flat: v.optional(v.boolean()),
  }),
} satisfies Record<RequestName, v.GenericSchema>;

/** Naming a file to read is for the host, which has asked the person. */
const HOST_ALONE: ReadonlySet<RequestName> = new Set(['link', 'ranks', 'trim']);

const callEnvelope = v.strictObject({
  kind: v.literal('call'),
  id: index,
  name: v.picklist(Object.keys(paramsOf) as RequestName[]),
  params: v.unknown(),
});

const cancel = v.strictObject({ kind: v.literal('cancel'), id: index });

/** Tabs are names; one that a page does not know is none of its. */
const place = v.strictObject({
  tab: v.optional(text(64)),
  window: v.optional(timeWindow),
  phase: v.optional(v.picklist(PHASES)),
  kernel: v.optional(key),
  filter: v.optional(text(MAX_FILTER)),
});
/** Of a command line; a name of a kernel may be as long as a path. */
const words = v.pipe(v.array(text(MAX_PATH)), v.maxLength(MAX_WORDS));

const action = v.variant('action', [
  v.strictObject({
    kind: v.literal('action'),
    action: v.picklist([
      'ready',
      'reload',
      'openFolder',
      'openWith',
      'openSettings',
      'openSample',
      'profileModel',
      'cancel',
      'link',
      'unlink',
      'readRanks',
      'showHeat',
      'clearHeat',
    ]),
  }),
  v.strictObject({ kind: v.literal('action'), action: v.literal('showRank'), rank: index }),
  v.strictObject({ kind: v.literal('action'), action: v.literal('openLinked'), place }),
  v.strictObject({
    kind: v.literal('action'),
    action: v.literal('saveTrimmed'),
    window: timeWindow,
  }),
  v.strictObject({
    kind: v.literal('action'),
    action: v.literal('openSource'),
    file: text(MAX_PATH),
    line: index,
  }),
  v.strictObject({
    kind: v.literal('action'),
    action: v.literal('profileKernel'),
    options: words,
    report: text(255),
    program: words,
  }),
  v.strictObject({ kind: v.literal('action'), action: v.literal('copy'), text: text(MAX_COPY) }),
  v.strictObject({
    kind: v.literal('action'),
    action: v.literal('openRunPart'),
    file: text(MAX_PATH),
  }),
  v.strictObject({
    kind: v.literal('action'),
    action: v.literal('actOnRun'),
    what: v.picklist(RUN_ACTIONS),
  }),
  v.strictObject({
    kind: v.literal('action'),
    action: v.literal('save'),
    name: text(255),
    text: text(MAX_COPY),
    encoding: v.optional(v.literal('base64')),
  }),
]);

/** A message as it should be, or why it is refused; `id` where the sender can be told so. */
export type Checked<T> =
  | { readonly ok: true; readonly message: T }
  | { readonly ok: false; readonly id?: number; readonly error: Failure };

/** @returns the message with its types proven, or a `bad-request`. Never throws. */
export function checkFromWebview(message: unknown): Checked<FromWebview> {
  if (kindOf(message) !== 'action') {
    const checked = checkToWorker(message);
    if (!checked.ok || checked.message.kind === 'cancel') return checked;
    const { id, name } = checked.message;
    return HOST_ALONE.has(name)
      ? {
          ok: false,
          id,
          error: { code: 'bad-request', message: `A view may not ask for ${name}.` },
        }
      : checked;
  }
  const result = v.safeParse(action, message);
  return result.success
    ? { ok: true, message: result.output as HostAction }
    : refused('action', result.issues[0]);
}

/** @returns the message with its types proven, or a `bad-request`. Never throws. */
export function checkToWorker(message: unknown): Checked<Call | Cancel> {
  if (kindOf(message) === 'cancel') {
    const result = v.safeParse(cancel, message);
    return result.success
      ? { ok: true, message: result.output }
      : refused('cancel', result.issues[0]);
  }
  const envelope = v.safeParse(callEnvelope, message);
  if (!envelope.success) return refused('message', envelope.issues[0]);
  const { id, name } = envelope.output;
  const params = v.safeParse(paramsOf[name], envelope.output.params);
  if (!params.success) return { ...refused(name, params.issues[0]), id };
  return { ok: true, message: { kind: 'call', id, name, params: params.output } as Call };
}

function kindOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'kind' in message
    ? message.kind
    : undefined;
}

function refused(what: string, issue: v.BaseIssue<unknown>): { ok: false; error: Failure } {
  const where = v.getDotPath(issue);
  return {
    ok: false,
    error: {
      code: 'bad-request',
      message: `The ${what} request is malformed${where ? ` at ${where}` : ''}: ${issue.message}`,
    },
  };
}

/** What can be asked of a session's tables in a filter box. */
import { NAME, type FilterField } from './filter';

const PHASE: FilterField = {
  name: 'phase',
  kind: 'choice',
  choices: ['prefill', 'mixed', 'decode'],
  example: 'phase:decode',
};

export const REQUEST_FIELDS: readonly FilterField[] = [
  { ...NAME, name: 'request', aliases: ['name'], example: 'request:42' },
  { name: 'time', kind: 'time', aliases: ['total'], example: 'time>5s' },
  { name: 'waited', kind: 'time', aliases: ['waiting'], example: 'waited>1s' },
  { name: 'delay', kind: 'time', example: 'delay>100ms' },
  { name: 'preemptions', kind: 'count', example: 'preemptions>0' },
  { name: 'reason', kind: 'text', example: 'reason:stop' },
];

export const STEP_FIELDS: readonly FilterField[] = [
  { name: 'graph', kind: 'text', aliases: ['descriptor'], example: 'graph:256' },
  PHASE,
  { name: 'time', kind: 'time', aliases: ['duration'], example: 'time>20ms' },
  { name: 'requests', kind: 'count', example: 'requests>=64' },
  { name: 'tokens', kind: 'count', example: 'tokens>1000' },
  { name: 'kv', kind: 'percent', example: 'kv>90' },
];

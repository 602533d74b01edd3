/** What can be asked of Nsight Compute results in a filter box. */
import { BOUND_CHOICES, COMPONENT, NAME, type FilterField } from './filter';

export const NCU_KERNEL_FIELDS: readonly FilterField[] = [
  NAME,
  COMPONENT,
  { name: 'bound', kind: 'choice', choices: BOUND_CHOICES, example: 'bound:memory' },
  { name: 'peak', kind: 'percent', example: 'peak>80' },
  { name: 'roof', kind: 'percent', example: 'roof<50' },
  { name: 'time', kind: 'time', aliases: ['duration'], example: 'time>50us' },
  { name: 'share', kind: 'percent', example: 'share>2' },
  { name: 'launches', kind: 'count', aliases: ['count'], example: 'launches>1' },
  { name: 'memory', kind: 'percent', example: 'memory>60' },
  { name: 'sm', kind: 'percent', aliases: ['compute'], example: 'sm>60' },
  { name: 'dram', kind: 'percent', example: 'dram>60' },
  { name: 'l2', kind: 'percent', example: 'l2>60' },
  { name: 'l1', kind: 'percent', example: 'l1>60' },
  { name: 'tensor', kind: 'percent', example: 'tensor<1' },
  { name: 'occupancy', kind: 'percent', example: 'occupancy<25' },
  { name: 'registers', kind: 'count', aliases: ['regs'], example: 'registers>128' },
  { name: 'prefill', kind: 'percent', example: 'prefill>1' },
  { name: 'decode', kind: 'percent', example: 'decode>1' },
];

export const NCU_METRIC_FIELDS: readonly FilterField[] = [
  { name: 'name', kind: 'text', example: 'name:dram__bytes' },
  { name: 'section', kind: 'text', example: 'section:occupancy' },
  { name: 'unit', kind: 'text', example: 'unit=%' },
  { name: 'value', kind: 'count', example: 'value>0' },
];

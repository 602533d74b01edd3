/**
 * What holds a kernel back, and what would move it.
 *
 * By "speed of light" (Kernel Profiling Guide): the busiest part of the memory
 * system and of the SMs, each of its own peak. Where both are below 60 per cent
 * nothing is near a limit and the kernel waits: latency. Else the busier one
 * holds it; where they are as good as equal, the roof that its counted operations
 * come nearest to: a matrix product feeds tensor cores through shared memory, and
 * keeps both busy. Low DRAM use alone says nothing about compute.
 */
import type { Share } from '../../profile/units';
import { precisionName, type Precision } from './flops';
import type { Figures, FigureName, OccupancyLimit, Stall } from './metrics';
import { figuresOf, occupancyLimits, stallsOf } from './metrics';
import type { ReportAnalysis, ReportKernel } from './report';
import { roofline, type NearestRoof } from './roofline';

export type Bound = 'memory' | 'compute' | 'latency' | 'unknown';

/** Below this share of both peaks a kernel is held by neither (the tool's own rule SOLBottleneck). */
export const BUSY: Share = 0.6;

/** Shares of peaks that are closer than this are taken for equal. */
const EQUAL: Share = 0.05;

export interface Reason {
  readonly text: string;
  /** The figures behind the sentence. */
  readonly figures: readonly {
    readonly name: FigureName | 'stall' | 'roof';
    readonly value: number;
  }[];
}

export interface BoundResult {
  readonly bound: Bound;
  /** The part of the memory system that is busiest, where it is known. */
  readonly level?: 'dram' | 'l2' | 'l1';
  readonly memory?: Share;
  readonly compute?: Share;
  /** From the DRAM roofline, where operations were counted. */
  readonly nearest?: NearestRoof;
  /** 1 less the larger of both shares: how much of the nearest limit is left unused. */
  readonly headroom?: Share;
  /** What it is and why, in sentences; first the decision. */
  readonly because: readonly Reason[];
  /** What would move it, the most telling first. */
  readonly moves: readonly Reason[];
}

const LEVELS = [
  ['dram', 'dramShare', 'DRAM'],
  ['l2', 'l2Share', 'L2'],
  ['l1', 'l1Share', 'L1'],
] as const;

const percent = (value: Share): string => `${(value * 100).toFixed(1)} %`;

export function boundOf(analysis: ReportAnalysis, kernel: ReportKernel): BoundResult {
  const figures = figuresOf(analysis, kernel.launches);
  const { memoryShare: memory, smShare: compute } = figures;
  const nearest = nearestOf(analysis, kernel);
  if (memory === undefined || compute === undefined) {
    return {
      bound: 'unknown',
      memory,
      compute,
      nearest,
      because: [
        {
          text: `${known(memory, compute)}: add --section SpeedOfLight (part of every --set).`,
          figures: [],
        },
      ],
      moves: [],
    };
  }
  const tie = Math.abs(memory - compute) <= EQUAL && nearest !== undefined && nearest.share >= BUSY;
  const busier = memory >= compute ? 'memory' : 'compute';
  const bound: Bound = memory < BUSY && compute < BUSY ? 'latency' : tie ? nearest.kind : busier;
  const level = busiestLevel(figures);
  return {
    bound,
    ...(level === undefined ? {} : { level: level.level }),
    memory,
    compute,
    nearest,
    headroom: Math.max(0, 1 - Math.max(memory, compute)),
    because: reasons(bound, figures, memory, compute, nearest, bound !== 'latency' && tie),
    moves: moves(bound, figures, {
      limits: occupancyLimits(analysis, kernel.launches),
      stalls: stallsOf(analysis, kernel.launches),
    }),
  };
}

/** A kernel whose compute is at 97 per cent may still be held by memory at 99. */
function known(memory: Share | undefined, compute: Share | undefined): string {
  if (compute !== undefined)
    return `Compute is at ${percent(compute)} of its peak, and memory throughput was not collected`;
  if (memory !== undefined)
    return `Memory is at ${percent(memory)} of its peak, and compute throughput was not collected`;
  return 'Memory and compute throughput were not collected';
}

function nearestOf(analysis: ReportAnalysis, kernel: ReportKernel): NearestRoof | undefined {
  // A kernel's key is unique over groupings: a launch's starts with #, a geometry's ends with its sizes.
  const points = analysis.once('nearest roofs', () => {
    const all = (['kernel', 'geometry', 'launch'] as const).flatMap(
      (grouping) => roofline(analysis, grouping, 'dram').points,
    );
    return new Map(all.map((point) => [point.key, point.nearest]));
  });
  return points.get(kernel.key);
}

function busiestLevel(
  figures: Figures,
): { level: 'dram' | 'l2' | 'l1'; name: string; share: Share; figure: FigureName } | undefined {
  return LEVELS.flatMap(([level, figure, name]) => {
    const share = figures[figure];
    return share === undefined ? [] : [{ level, name, share, figure }];
  }).sort((a, b) => b.share - a.share)[0];
}

function reasons(
  bound: Bound,
  figures: Figures,
  memory: Share,
  compute: Share,
  nearest: NearestRoof | undefined,
  tie: boolean,
): readonly Reason[] {
  const both: Reason['figures'] = [
    { name: 'memoryShare', value: memory },
    { name: 'smShare', value: compute },
  ];
  const values = `memory at ${percent(memory)} and compute at ${percent(compute)} of their peaks`;
  const result: Reason[] = [
    {
      text:
        bound === 'latency'
          ? `Held by latency: ${values}, both below ${percent(BUSY)}, so it waits more than it works.`
          : `Held by ${bound}: ${values}${tie ? ', as good as equal; its operations decide' : ''}.`,
      figures: both,
    },
  ];
  const level = busiestLevel(figures);
  if (bound === 'memory' && level !== undefined) {
    result.push({
      text: `${level.name} is the busiest part of the memory system, at ${percent(level.share)} of its peak.`,
      figures: [{ name: level.figure, value: level.share }],
    });
  }
  if (nearest !== undefined) {
    const { kind, name } = nearest;
    const roof = `${kind === 'memory' ? name.toUpperCase() : precisionName(name as Precision)} roof`;
    const agrees = bound === 'latency' || kind === bound;
    result.push({
      text: `By its operations it reaches ${percent(nearest.share)} of the ${roof}${agrees ? '' : `, though throughput says ${bound}: other instructions or another memory level keep it busy`}.`,
      figures: [{ name: 'roof', value: nearest.share }],
    });
  }
  return result;
}

interface Waiting {
  readonly limits: readonly OccupancyLimit[];
  readonly stalls: readonly Stall[];
}

/** Sectors a request of a warp needs for 32 neighbouring words of 4 bytes; wider loads need more. */
const COALESCED = 4;
/** The widest load a thread makes, 16 bytes, needs this many when coalesced. */
const WIDEST_COALESCED = 16;

function moves(bound: Bound, figures: Figures, waiting: Waiting): readonly Reason[] {
  const coalescing = uncoalesced(figures);
  if (bound === 'memory') return [...coalescing, ...fewerBytes(figures)];
  if (bound === 'compute') return cheaperMath(figures);
  return [
    ...tooFewBlocks(figures),
    ...occupancy(figures, waiting.limits),
    ...stall(waiting.stalls),
    ...coalescing,
  ];
}

function uncoalesced(figures: Figures): readonly Reason[] {
  return (
    [
      ['loadSectorsPerRequest', 'loads'],
      ['storeSectorsPerRequest', 'stores'],
    ] as const
  ).flatMap(([name, what]) => {
    const sectors = figures[name];
    if (sectors === undefined || sectors <= WIDEST_COALESCED) return [];
    return [
      {
        text: `Global ${what} touch ${sectors.toFixed(1)} sectors of 32 bytes a request (${COALESCED} for neighbouring 4-byte words, ${WIDEST_COALESCED} for 16-byte ones): neighbouring threads should access neighbouring addresses.`,
        figures: [{ name, value: sectors }],
      },
    ];
  });
}

function fewerBytes(figures: Figures): readonly Reason[] {
  const level = busiestLevel(figures);
  if (level === undefined) return [];
  if (level.level !== 'dram') {
    return [
      {
        text: `${level.name} traffic is the limit, not DRAM: reuse values in registers or shared memory, and use wider loads.`,
        figures: [{ name: level.figure, value: level.share }],
      },
    ];
  }
  const result: Reason[] = [
    {
      text: `DRAM runs at ${percent(level.share)} of its peak: only moving fewer bytes helps (fusing with its neighbours, smaller types, larger batches for weights that are read once a step).`,
      figures: [{ name: 'dramShare', value: level.share }],
    },
  ];
  if (figures.l2HitRate !== undefined && figures.l2HitRate < 0.5) {
    result.push({
      text: `${percent(figures.l2HitRate)} of L2's accesses hit: an order of work that revisits data sooner would take load off DRAM.`,
      figures: [{ name: 'l2HitRate', value: figures.l2HitRate }],
    });
  }
  return result;
}

function cheaperMath(figures: Figures): readonly Reason[] {
  const pipes = (
    [
      ['tensorShare', 'tensor cores'],
      ['fmaShare', 'the FMA pipe'],
      ['fp64Share', 'the FP64 pipe'],
      ['fp16Share', 'the FP16 pipe'],
      ['aluShare', 'the ALU (integer and logic)'],
    ] as const
  ).flatMap(([name, what]) => {
    const value = figures[name];
    return value === undefined ? [] : [{ name, what, value }];
  });
  const busiest = pipes.sort((a, b) => b.value - a.value)[0];
  if (busiest === undefined) return [];
  const advice: Record<string, string> = {
    tensorShare: 'a smaller input type (FP8, FP4) or fewer operations would move it',
    fmaShare: 'matrix work on tensor cores, or half precision, would move it',
    fp64Share: 'single precision would move it, where the result allows it',
    fp16Share: 'matrix work on tensor cores would move it',
    aluShare: 'simpler index arithmetic would move it',
  };
  return [
    {
      text: `Of the pipes ${busiest.what} ${busiest.name === 'tensorShare' ? 'are' : 'is'} busiest, at ${percent(busiest.value)} of ${busiest.name === 'tensorShare' ? 'their' : 'its'} cycles: ${advice[busiest.name]}.`,
      figures: [{ name: busiest.name, value: busiest.value }],
    },
  ];
}

function tooFewBlocks(figures: Figures): readonly Reason[] {
  const waves = figures.wavesPerSm;
  if (waves === undefined || waves >= 1) return [];
  return [
    {
      text: `The grid fills ${percent(waves)} of the GPU once: more blocks (a larger batch, split-K, smaller tiles) would use the idle SMs.`,
      figures: [{ name: 'wavesPerSm', value: waves }],
    },
  ];
}

function occupancy(figures: Figures, limits: readonly OccupancyLimit[]): readonly Reason[] {
  const { achievedOccupancy: achieved, theoreticalOccupancy: possible } = figures;
  if (achieved === undefined || achieved >= BUSY) return [];
  if (possible !== undefined && possible < BUSY && limits.length > 0) {
    return [
      {
        text: `Occupancy can be ${percent(possible)} at most, limited by ${limits.join(' and ')}, and is ${percent(achieved)}: more warps would hide more latency.`,
        figures: [
          { name: 'theoreticalOccupancy', value: possible },
          { name: 'achievedOccupancy', value: achieved },
        ],
      },
    ];
  }
  return [
    {
      text: `Occupancy is ${percent(achieved)}${possible === undefined ? '' : ` of ${percent(possible)} possible`}: blocks are uneven, short, or too few.`,
      figures: [{ name: 'achievedOccupancy', value: achieved }],
    },
  ];
}

const STALLS: ReadonlyMap<string, string> = new Map([
  ['long_scoreboard', 'for global or local memory'],
  ['short_scoreboard', 'for shared memory or special functions'],
  ['barrier', 'at barriers for the block’s other warps'],
  ['lg_throttle', 'for room in the queue of global memory accesses'],
  ['mio_throttle', 'for room in the queue of shared memory accesses'],
  ['math_pipe_throttle', 'for a busy math pipe'],
  ['wait', 'for fixed-latency instructions'],
  ['gmma', 'for tensor core results'],
  ['no_instruction', 'for instructions to be fetched'],
  ['no_instructions', 'for instructions to be fetched'],
  ['imc_miss', 'for constants to be fetched'],
  ['drain', 'for stores to be written before exit'],
  ['membar', 'at memory barriers'],
  ['sleeping', 'asleep by its own will'],
]);

function stall(stalls: readonly Stall[]): readonly Reason[] {
  // A warp that is ready while another is picked does not wait for anything.
  const longest = stalls.find(({ reason }) => reason !== 'not_selected');
  if (longest === undefined) return [];
  const what = STALLS.get(longest.reason) ?? `(${longest.reason.replaceAll('_', ' ')})`;
  return [
    {
      text: `A warp stands ${percent(longest.share)} of its time ${what}.`,
      figures: [{ name: 'stall', value: longest.share }],
    },
  ];
}

import type { Profile } from '../../profile/model';
import type { TorchFacts } from '../../protocol/torch';

/** What the trace has beyond a timeline; undefined of other tools' profiles. */
export function torchFacts(profile: Profile): TorchFacts | undefined {
  const { operators, pythonCalls, memoryEvents, capture } = profile;
  if (profile.source.format !== 'torch') return undefined;
  const { distributed } = capture;
  return {
    operators: (operators?.length ?? 0) > 0,
    shapes: operators?.shapes.some((shape) => shape !== 0) ?? false,
    flops: operators?.flops !== undefined,
    stacks: (pythonCalls?.length ?? 0) > 0 || operators?.callStack !== undefined,
    memory: (memoryEvents?.length ?? 0) > 0,
    ...(distributed && { rank: distributed.rank }),
    ...(distributed?.worldSize !== undefined && { worldSize: distributed.worldSize }),
  };
}

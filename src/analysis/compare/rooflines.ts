/** Two rooflines as arrows: where each kernel stood, and where it stands now. */
import type { Roofline, RooflinePoint } from '../ncu/roofline';
import { matchLaunches, type MatchKind } from './match';

export interface RooflineArrow {
  readonly kind: MatchKind;
  readonly name: string;
  readonly from: RooflinePoint | null;
  readonly to: RooflinePoint | null;
}

/** Points of both must be of the same level and by kernel; in the order of the current one. */
export function rooflineArrows(baseline: Roofline, current: Roofline): readonly RooflineArrow[] {
  const entries = ({ points }: Roofline) =>
    points.map((point) => ({ name: point.name, cut: false, calls: point.launches, point }));
  return matchLaunches(entries(baseline), entries(current)).map((match) => {
    // Several spellings of one kernel: the one measured most often stands for it.
    const pick = (side: typeof match.baseline): RooflinePoint | null =>
      side.length === 0 ? null : side.reduce((a, b) => (b.calls > a.calls ? b : a)).point;
    const from = pick(match.baseline);
    const to = pick(match.current);
    return { kind: match.kind, name: (to ?? from)!.name, from, to };
  });
}

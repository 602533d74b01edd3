/**
 * What the questions to a kernel report share: its kernels (launches grouped
 * by name, or by name and geometry), their components, and kept results.
 */
import type { KernelReport, LaunchIndex } from '../../profile/kernel-report';
import { classifier, DEFAULT_RULES, type Component, type ComponentRule } from '../components';

/** `kernel`: by name. `geometry`: by name, grid and block. `launch`: each for itself. */
export type ReportGrouping = 'kernel' | 'geometry' | 'launch';

export interface ReportKernel {
  /** Names the row within its grouping; stable between requests and sessions. */
  readonly key: string;
  readonly name: string;
  readonly component: Component;
  readonly launches: readonly LaunchIndex[];
  /** Where all launches agree and the page says. */
  readonly grid?: readonly [x: number, y: number, z: number];
  readonly block?: readonly [x: number, y: number, z: number];
}

export class ReportAnalysis {
  private readonly kept = new Map<string, unknown>();

  constructor(
    readonly report: KernelReport,
    readonly options: { readonly rules?: readonly ComponentRule[] } = {},
  ) {}

  once<T>(key: string, compute: () => T): T {
    if (!this.kept.has(key)) this.kept.set(key, compute());
    return this.kept.get(key) as T;
  }

  /** In the order of their first launch. */
  kernels(grouping: ReportGrouping): readonly ReportKernel[] {
    return this.once(`kernels ${grouping}`, () => this.group(grouping));
  }

  private group(grouping: ReportGrouping): readonly ReportKernel[] {
    const { launches, strings } = this.report;
    const classify = classifier(this.options.rules ?? DEFAULT_RULES);
    const components = new Map<string, Component>();
    const rows = new Map<string, LaunchIndex[]>();
    for (let i = 0; i < launches.length; i++) {
      const name = strings.get(launches.name[i]);
      const key =
        grouping === 'kernel'
          ? name
          : grouping === 'geometry'
            ? `${name} ${this.grid(i).join('x')} ${this.block(i).join('x')}`
            : `#${i}`;
      const group = rows.get(key);
      if (group === undefined) rows.set(key, [i]);
      else group.push(i);
    }
    return [...rows].map(([key, members]) => {
      const name = strings.get(launches.name[members[0]]);
      let component = components.get(name);
      if (component === undefined) {
        component = classify(name).component;
        components.set(name, component);
      }
      return {
        key,
        name,
        component,
        launches: members,
        grid: agreed(members.map((i) => this.grid(i))),
        block: agreed(members.map((i) => this.block(i))),
      };
    });
  }

  private grid(i: LaunchIndex): readonly [number, number, number] {
    const { gridX, gridY, gridZ } = this.report.launches;
    return [gridX[i], gridY[i], gridZ[i]];
  }

  private block(i: LaunchIndex): readonly [number, number, number] {
    const { blockX, blockY, blockZ } = this.report.launches;
    return [blockX[i], blockY[i], blockZ[i]];
  }
}

function agreed(
  sizes: readonly (readonly [number, number, number])[],
): readonly [number, number, number] | undefined {
  const [first] = sizes;
  // NaN, a size that the page does not say, equals nothing and so never agrees.
  return sizes.every((size) => size.every((n, axis) => n === first[axis])) ? first : undefined;
}

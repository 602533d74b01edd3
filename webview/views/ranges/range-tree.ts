/** The opened part of a tree of ranges as a list of rows; children come when a row is opened. */
import type { RangeNode } from '../../../src/analysis/ranges';
import type { Page } from '../../../src/protocol/requests';

/** As many as one request may ask for. */
const CHILDREN = 1000;

/** What a row has to tell of itself. */
interface TreeNode {
  readonly id: number;
  readonly children: number;
}

export type TreeRow<Node extends TreeNode = RangeNode> =
  | { readonly kind: 'range'; readonly node: Node; readonly depth: number }
  /** So many more children of `parent` than are shown. */
  | {
      readonly kind: 'more';
      readonly parent: number | undefined;
      readonly left: number;
      readonly depth: number;
    };

export type LoadChildren<Node extends TreeNode = RangeNode> = (
  parent: number | undefined,
  offset: number,
  limit: number,
) => Promise<Page<Node>>;

interface Children<Node> {
  readonly nodes: readonly Node[];
  readonly total: number;
}

export class RangeTree<Node extends TreeNode = RangeNode> {
  /** Replaced whenever what is shown changes. */
  rows: readonly TreeRow<Node>[] = [];
  loaded = false;

  private readonly children = new Map<number | undefined, Children<Node>>();

  constructor(
    private readonly load: LoadChildren<Node>,
    private readonly changed: () => void,
    /** Ids of the rows that are open; kept by whoever makes a new tree of the same profile. */
    private readonly open: Set<number>,
  ) {}

  start(): Promise<void> {
    return this.fetch(undefined);
  }

  isOpen(row: TreeRow<Node>): boolean | undefined {
    if (row.kind === 'more' || row.node.children === 0) return undefined;
    return this.open.has(row.node.id);
  }

  async toggle(row: TreeRow<Node>): Promise<void> {
    if (row.kind === 'more') return this.fetch(row.parent);
    const { id } = row.node;
    if (this.open.delete(id)) this.flatten();
    else {
      this.open.add(id);
      if (this.children.has(id)) this.flatten();
      else await this.fetch(id);
    }
  }

  private async fetch(parent: number | undefined): Promise<void> {
    const known = this.children.get(parent)?.nodes ?? [];
    const page = await this.load(parent, known.length, CHILDREN);
    this.children.set(parent, { nodes: [...known, ...page.rows], total: page.matched });
    this.loaded = true;
    this.flatten();
    const opened = page.rows.filter(({ id }) => this.open.has(id) && !this.children.has(id));
    for (const { id } of opened) await this.fetch(id);
  }

  private flatten(): void {
    const rows: TreeRow<Node>[] = [];
    const add = (parent: number | undefined, depth: number) => {
      const children = this.children.get(parent);
      if (!children) return;
      for (const node of children.nodes) {
        rows.push({ kind: 'range', node, depth });
        if (this.open.has(node.id)) add(node.id, depth + 1);
      }
      const left = children.total - children.nodes.length;
      if (left > 0) rows.push({ kind: 'more', parent, left, depth });
    };
    add(undefined, 0);
    this.rows = rows;
    this.changed();
  }
}

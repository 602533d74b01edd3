import type { MemoryTables } from './sqlite';
export const EDGES: Record<string, { build(): MemoryTables }> = {};

/**
 * What goes to a webview goes as JSON, apart from typed arrays: a NaN would arrive as
 * null, and be shown as 0. What is not known is left out instead; so is a ratio to nothing.
 */
export function withoutNaN<T>(value: T): T {
  if (typeof value === 'number') return (Number.isFinite(value) ? value : undefined) as T;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(withoutNaN) as T;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, one]) => [key, withoutNaN(one as unknown)] as const)
      .filter(([, one]) => one !== undefined),
  ) as T;
}

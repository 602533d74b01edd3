/**
 * The part of a demangled kernel name that tells kernels apart: without its
 * result, which is always nothing, and without its parameters, which overloads
 * of one kernel hardly ever differ in. The whole name stays in tooltips,
 * details and copies.
 */
export function displayName(name: string): string {
  const text = name.replace(/^void /, '');
  if (!text.endsWith(')')) return text;
  let depth = 0;
  for (let at = text.length - 1; at > 0; at--) {
    if (text[at] === ')') depth++;
    else if (text[at] === '(' && --depth === 0) return text.slice(0, at).trimEnd() || text;
  }
  return text;
}

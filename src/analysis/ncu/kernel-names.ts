/**
 * One kernel's name as different demanglers write it, brought to one form.
 *
 * ncu, nsys, cu++filt and c++filt differ in: the return type (`void f<…>`), the
 * parameter list, `(int)4` or `4` or `4ul`, `(bool)1` or `true`,
 * `<unnamed>` or `(anonymous namespace)`, `[lambda() (instance 1)]` or
 * `{lambda()#1}`, `const char *` or `char const*`, and spaces.
 */

const ANONYMOUS = '{anon}';
/** Names of templates run to tens of kilobytes; two that agree this far are the same kernel. */
const LONGEST = 1 << 16;

/** The form by which kernels of two tools are compared; not for display. */
export function canonicalName(name: string): string {
  const plain = withoutReturnType(withoutParameters(unify(name.slice(0, LONGEST))));
  return plain.replace(/\bconst\b/g, '').replace(/\s+/g, '');
}

/**
 * The same without namespaces: since 2025 ncu leaves out those that its report does not need to
 * tell names apart (`at::reduce_kernel`, and in another report `reduce_kernel`, of
 * `at::native::reduce_kernel`). Two kernels may share it.
 */
export const unqualifiedName = (name: string): string =>
  canonicalName(name).replace(/(?:[A-Za-z_]\w*|\{anon\})::/g, '');

/** The function's own name: no namespace, template arguments, parameters. */
export function baseName(name: string): string {
  const plain = canonicalName(name);
  let depth = 0;
  let start = 0;
  let end = plain.length;
  for (let i = 0; i < plain.length; i++) {
    const c = plain[i];
    if (c === '<' || c === '(') {
      if (depth === 0) end = i;
      depth++;
    } else if (c === '>' || c === ')') depth--;
    else if (depth === 0 && c === ':' && plain[i + 1] === ':') {
      start = i + 2;
      end = plain.length;
      i++;
    }
  }
  return plain.slice(start, Math.max(start, end));
}

function unify(name: string): string {
  return name
    .replaceAll('(anonymous namespace)', ANONYMOUS)
    .replaceAll('<unnamed>', ANONYMOUS)
    .replace(/^unnamed>/, ANONYMOUS)
    .replace(/_GLOBAL__N__\w+/g, ANONYMOUS)
    .replace(/\[lambda\([^()]*\) \(instance (\d+)\)\]/g, '{lambda#$1}')
    .replace(/\{lambda\([^()]*\)#(\d+)\}/g, '{lambda#$1}')
    .replaceAll('operator ()', 'operator()')
    .replace(/\((?:[A-Za-z_][\w:]*(?: [A-Za-z_]\w*)*)\)(?=-?\d)/g, '')
    .replace(/\btrue\b/g, '1')
    .replace(/\bfalse\b/g, '0')
    .replace(/\b(\d+)(?:u|l|ul|ll|ull)\b/gi, '$1')
    .replace(/ \[clone [^\]]*\]$/, '');
}

/** Cuts `(…)` and what follows it off, where it stands outside of template arguments at the end. */
function withoutParameters(name: string): string {
  const text = name.replace(/\)\s*(?:const|volatile|noexcept|&|\s)*$/, ')');
  if (!text.endsWith(')')) return name;
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === ')') depth++;
    else if (text[i] === '(' && --depth === 0) {
      // The parentheses of a function call operator are its name, not its parameters.
      const head = text.slice(0, i);
      return head.endsWith('operator') || head.trim() === '' ? text : head;
    }
  }
  return name;
}

/** Cuts what stands before the last space outside of brackets. */
function withoutReturnType(name: string): string {
  const text = name.trim();
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    const c = text[i];
    if (c === '>' || c === ')' || c === '}') depth++;
    else if (c === '<' || c === '(' || c === '{') depth--;
    else if (c === ' ' && depth === 0) return text.slice(i + 1);
  }
  return text;
}

/**
 * A kernel's demangled name, shortened to what tells it apart from others.
 *
 * A template's name runs to kilobytes, and its first part is often a wrapper
 * that says nothing (`cutlass::device_kernel`, `at::native::elementwise_kernel`):
 * those are told by what they wrap. The whole name belongs beside it, in a
 * tooltip, in details and in whatever is copied.
 */

/** More is never shown, and a hostile name costs no more. */
const LONGEST = 4096;

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' };

/** Wrappers that say nothing: their first template argument is the kernel. */
const WRAPPER = /^cutlass::(device_kernel|Kernel2?)$|(^|::)enable_sm\w+$|^DeviceKernel$/;

/** PyTorch's loops over elements, told by the operation they are given. */
const LOOP = /^(?:at::)?(?:native::)?\w*(elementwise|reduce|multi_tensor_apply|index)\w*kernel\w*$/;
/** PyTorch's own namespace, of which ncu leaves out what its report does not need. */
const PYTORCH = /^(?:at::)?(?:native::)?/;

/** An operation inside such a loop's template arguments: of nested ones the last is the innermost. */
const OPERATION =
  /\b(\w*[Ff]unctor\w*|\w+Ops|\w+_kernel_cuda|\w+_kernel_impl|\w+KernelImpl|multiplies|divides|plus|minus)(?=[<(])/g;

export function readableKernelName(name: string): string {
  const whole = name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
  const text = withoutResult(withoutParameters(tidy(whole)));
  return told(text) || whole;
}

/** Names nobody gave, casts of literals and their suffixes say nothing. */
function tidy(name: string): string {
  return name
    .replace(/(\(anonymous namespace\)|<unnamed>|\{anonymous\})::/g, '')
    .replace(/\((?:unsigned )?[A-Za-z][\w:]*\)(?=-?\d)/g, '')
    .replace(/\b(\d+)(?:u|l|ul|ll|ull)\b/gi, '$1')
    .replace(/ *> *(?=>)/g, '>');
}

/** Without the list of parameters at its end, in which overloads hardly ever differ. */
function withoutParameters(text: string): string {
  if (!text.endsWith(')')) return text;
  let depth = 0;
  for (let at = text.length - 1; at > 0; at--) {
    if (text[at] === ')') depth++;
    else if (text[at] === '(' && --depth === 0) return text.slice(0, at).trimEnd() || text;
  }
  return text;
}

/** Without the type a template returns, which for a kernel is always nothing. */
function withoutResult(text: string): string {
  let from = 0;
  walk(text, (character, at, depth) => {
    if (depth === 0 && character === ' ') from = at + 1;
  });
  // Anything else with spaces in it is no name of a template.
  return /^(void|.*::type) $/s.test(text.slice(0, from)) ? text.slice(from) : text;
}

function told(text: string): string {
  const open = text.indexOf('<');
  if (open <= 0) return text.replace(PYTORCH, '');
  const base = text.slice(0, open);
  const list = argumentsOf(text, open);
  if (WRAPPER.test(base) && list.length > 0) return told(list[0]);
  if (LOOP.test(base)) {
    const operation = operationIn(text.slice(open));
    if (operation) return `${operation} · ${loopName(base)}`;
  }
  const shown = list.map(withoutNamespaces).join(', ');
  return `${base.replace(PYTORCH, '')}<${shown}>`;
}

/** `vectorized` of `at::native::vectorized_elementwise_kernel`. */
const loopName = (base: string): string =>
  base.replace(PYTORCH, '').replace(/(?<=\w)_elementwise_kernel$|_kernel$/, '');

/** `MulFunctor<float>`: the innermost operation, and the type it is first told to work on. */
function operationIn(text: string): string | undefined {
  const [, operation] = [...text.matchAll(OPERATION)].at(-1) ?? [];
  if (operation === undefined) return undefined;
  const from = text.lastIndexOf(operation) + operation.length;
  // A lambda inside the operation says by its first parameter what it works on.
  const type =
    text[from] === '<'
      ? argumentsOf(text, from)[0]
      : /\blambda\(([\w:]+)/.exec(text.slice(from))?.[1];
  return type === undefined || type.length > 24
    ? operation
    : `${operation}<${withoutNamespaces(type)}>`;
}

const withoutNamespaces = (text: string): string => text.replace(/\b[A-Za-z_]\w*::/g, '').trim();

/** The template arguments that begin at the bracket at `open`; up to its end where it never closes. */
function argumentsOf(text: string, open: number): string[] {
  const list: string[] = [];
  let from = open + 1;
  let done = false;
  walk(text.slice(open), (character, offset, depth) => {
    if (done) return;
    const at = open + offset;
    if (depth === 1 && character === ',') {
      list.push(text.slice(from, at).trim());
      from = at + 1;
    } else if (depth === 0 && offset > 0) {
      list.push(text.slice(from, at).trim());
      done = true;
    }
  });
  if (!done) list.push(text.slice(from).trim());
  return list.filter((one) => one !== '');
}

/** Visits each character with how deep in brackets it stands; a closing bracket stands outside. */
function walk(text: string, visit: (character: string, at: number, depth: number) => void): void {
  const open: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    // Within parentheses `<` and `>` compare; `->` is no bracket at all.
    const compares = (character === '<' || character === '>') && open.at(-1) === ')';
    if (!compares && character === open.at(-1) && text[at - 1] !== '-') open.pop();
    visit(character, at, open.length);
    if (!compares && character in CLOSING) open.push(CLOSING[character]);
  }
}

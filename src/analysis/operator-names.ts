/**
 * Names of the ranges that PyTorch itself writes (`torch.autograd.profiler.emit_nvtx`):
 * an operator's, then what differs from call to call, the shapes in between where
 * they are recorded:
 *
 *     aten::add, seq = 12, op_id = 345, sizes = [[2, 3], [3]], input_op_ids = [(344,0)]
 *
 * Source: `getNvtxStr` in torch/csrc/profiler/util.cpp.
 */
const NUMBERS = /, (?:seq = \d+(?:, op_id = \d+)?|op_id = \d+)/;
const SIZES = ', sizes = ';
const EDGES = ', input_op_ids = ';

/** The name without the numbers of the call, so that calls of one operator (and shapes) have one name. */
export function withoutCallNumbers(name: string): string {
  const numbers = NUMBERS.exec(name);
  if (!numbers || numbers.index === 0) return name;
  const rest = name.slice(numbers.index + numbers[0].length);
  if (rest !== '' && !rest.startsWith(SIZES) && !rest.startsWith(EDGES)) return name;
  const edges = rest.indexOf(EDGES);
  return name.slice(0, numbers.index) + (edges < 0 ? rest : rest.slice(0, edges));
}

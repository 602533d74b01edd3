import assert from 'node:assert/strict';
import { readableKernelName } from '../../../src/profile/kernel-name';

describe('a kernel name for reading', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['void k<(int)4>(float *, void (*)(int))', 'k<4>'],
    ['ncclDevKernel_AllReduce(ncclDevKernelArgsStorage<4096ul>)', 'ncclDevKernel_AllReduce'],
    ['nvjet_tst_64x8', 'nvjet_tst_64x8'],
    ['void at::native::(anonymous namespace)::softmax<4, c10::Half>(int)', 'softmax<4, Half>'],
    [
      'std::enable_if<(T2>(int)0)&&vllm::_typeConvert<T1>::exists, void>::type vllm::fused_add_rms_norm_kernel<c10::BFloat16, (int)8>(T1 *, long)',
      'vllm::fused_add_rms_norm_kernel<BFloat16, 8>',
    ],
    [
      'void cutlass::device_kernel<flash::enable_sm90_or_later<flash::FlashAttnFwdSm90<flash::CollectiveMainloopFwdSm90<2, cute::tuple<int, int> > > > >(T1::Params)',
      'flash::FlashAttnFwdSm90<CollectiveMainloopFwdSm90<2, tuple<int, int>>>',
    ],
    [
      'void at::native::vectorized_elementwise_kernel<(int)4, at::native::AUnaryFunctor<float, float, float, at::native::binary_internal::MulFunctor<float>>, std::array<char *, (unsigned long)2>>(int, T2, T3)',
      'MulFunctor<float> · vectorized',
    ],
    [
      'void at::native::elementwise_kernel<(int)128, (int)2, void at::native::gpu_kernel_impl_nocast<at::native::neg_kernel_cuda(at::TensorIteratorBase &)::[lambda() (instance 2)]::operator ()() const::[lambda(float) (instance 1)]>(at::TensorIteratorBase &, const T1 &)::[lambda(int) (instance 1)]>(int, T3)',
      'neg_kernel_cuda<float> · elementwise',
    ],
    ['void at::native::reduce_kernel<512, 1, int>(T3)', 'reduce_kernel<512, 1, int>'],
    // ncu leaves out namespaces that its report does not need.
    [
      'void at::reduce_kernel<512, 1, at::ReduceOp<float, at::ArgMaxOps<float>, unsigned int, long, 4, 4>>(T3)',
      'ArgMaxOps<float> · reduce',
    ],
    [
      'void vectorized_elementwise_kernel<8, AUnaryFunctor<BFloat16, BFloat16, BFloat16, MulFunctor<float>>, array<char *, 2>>(int, T2, T3)',
      'MulFunctor<float> · vectorized',
    ],
    // Cut off, or never a name of C++: as much as is there.
    ['void broken<int, float', 'broken<int, float>'],
    ['[CUDA memcpy Host-to-Device]', '[CUDA memcpy Host-to-Device]'],
    ['a kernel of our own', 'a kernel of our own'],
    ['(x)', '(x)'],
    ['a)', 'a)'],
    ['>>>', '>>>'],
    ['<', '<'],
    ['', ''],
  ];
  for (const [name, shown] of cases) {
    it(`${JSON.stringify(name)} is ${JSON.stringify(shown)}`, () => {
      assert.equal(readableKernelName(name), shown);
    });
  }

  it('takes time in proportion to the part of a name that is looked at', () => {
    const nested = `void f<${'g<'.repeat(50_000)}int${'>'.repeat(50_000)}>(int)`;
    assert.ok(readableKernelName(nested).length <= 4097);
    assert.equal(readableKernelName('device_kernel<'.repeat(10_000)).startsWith('device_'), true);
  });
});

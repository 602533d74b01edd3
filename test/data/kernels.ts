/**
 * The kernels of a Llama-like (or mixture-of-experts) model in vLLM on Hopper:
 * names as its users' captures show them, the component each belongs to, and
 * a duration that grows with the tokens of the step.
 */
import type { Component } from '../../src/analysis/components';
import type { KernelKind } from './nsys-builder';

export interface ModelKernel extends KernelKind {
  readonly component: Component;
  /** ns, for a step of that many tokens on one of `ranks` devices. */
  duration(tokens: number, ranks: number): number;
  grid(tokens: number): readonly [number, number, number];
}

interface Shape {
  readonly base: number;
  /** ns a token, whole model on one device. */
  readonly perToken: number;
  readonly registers?: number;
  readonly block?: readonly [number, number, number];
  readonly shared?: number;
  /** Tokens that one block works on; 0: the grid does not grow. */
  readonly tile?: number;
  readonly columns?: number;
}

function kernel(component: Component, demangled: string, shape: Shape): ModelKernel {
  const { base, perToken, registers = 40, block = [256, 1, 1], shared = 0, tile = 1 } = shape;
  const short = shortName(demangled);
  return {
    component,
    demangled,
    short,
    mangled: demangled === short ? short : `_ZN${short.length}${short}EvPKvPvi`,
    registers,
    block,
    staticShared: component === 'sampling' ? 2048 : 0,
    dynamicShared: shared,
    duration: (tokens, ranks) => Math.round(base + (perToken * tokens) / ranks),
    grid: (tokens) => [tile > 0 ? Math.ceil(tokens / tile) : 132, shape.columns ?? 1, 1],
  };
}

/** What nsys calls the short name: the function alone, without template or arguments. */
function shortName(demangled: string): string {
  const bare = demangled
    .replace(/^(void|std::enable_if<.*?>::type) /, '')
    .replace(/\(anonymous namespace\)/g, '')
    .replace(/^(?:\w*::)+/, '');
  return /^[\w.]+/.exec(bare)![0];
}

const GEMM = { registers: 168, block: [384, 1, 1] as const, shared: 229_376 };

export const MODEL = {
  embedding: kernel(
    'embedding',
    'void at::native::(anonymous namespace)::vectorized_gather_kernel<16, int>(char*, char*, int*, int, long, long, long, long, bool)',
    { base: 2_300, perToken: 4, registers: 24, block: [128, 1, 1] },
  ),
  firstNorm: kernel(
    'norm',
    'void vllm::rms_norm_kernel<c10::BFloat16, 8, 2, true>(c10::BFloat16*, c10::BFloat16 const*, long, long, c10::BFloat16 const*, float, int, int)',
    { base: 1_900, perToken: 6, registers: 32, block: [512, 1, 1] },
  ),
  norm: kernel(
    'norm',
    'std::enable_if<(T2>(int)0)&&vllm::_typeConvert<T1>::exists, void>::type vllm::fused_add_rms_norm_kernel<c10::BFloat16, (int)8>(T1 *, long, T1 *, const T1 *, float, int, int)',
    { base: 2_200, perToken: 9, registers: 34, block: [256, 1, 1] },
  ),
  inductorNorm: kernel('norm', 'triton_red_fused__to_copy_add_mean_mul_pow_rsqrt_0', {
    base: 2_500,
    perToken: 9,
    registers: 48,
    block: [512, 1, 1],
    shared: 64,
  }),
  qkv: kernel('gemm', 'nvjet_tst_128x256_64x4_1x2_h_bz_coopA_TNT', {
    base: 6_200,
    perToken: 48,
    tile: 128,
    columns: 12,
    ...GEMM,
  }),
  qkvSmall: kernel('gemm', 'nvjet_tst_64x8_64x16_4x1_v_bz_splitK_TNT', {
    base: 6_900,
    perToken: 12,
    tile: 64,
    columns: 48,
    ...GEMM,
  }),
  splitReduce: kernel(
    'gemm',
    'void cublasLt::splitKreduce_kernel<32, 16, int, float, __nv_bfloat16, float, __nv_bfloat16, false, true, false>(cublasLt::cublasSplitKParams<float>, float const*, __nv_bfloat16 const*, __nv_bfloat16*, float const*, float const*)',
    { base: 1_800, perToken: 3, registers: 40, block: [32, 16, 1] },
  ),
  rope: kernel(
    'rope',
    'void vllm::rotary_embedding_kernel<c10::BFloat16, true>(long const*, c10::BFloat16*, c10::BFloat16*, c10::BFloat16 const*, int, long, long, long, int, int, int)',
    { base: 1_700, perToken: 5, registers: 28, block: [512, 1, 1] },
  ),
  cache: kernel(
    'kv_cache',
    'void vllm::reshape_and_cache_flash_kernel<__nv_bfloat16, __nv_bfloat16, (vllm::Fp8KVCacheDataType)0>(__nv_bfloat16 const*, __nv_bfloat16 const*, __nv_bfloat16*, __nv_bfloat16*, long const*, long, long, long, long, long, int, int, int, float const*, float const*)',
    { base: 1_600, perToken: 4, registers: 26, block: [256, 1, 1] },
  ),
  attention: kernel(
    'attention',
    'void cutlass::device_kernel<flash::enable_sm90_or_later<flash::FlashAttnFwdSm90<flash::CollectiveMainloopFwdSm90<2, cute::tuple<cute::C<1>, cute::C<1>, cute::C<1> >, cute::tuple<cute::C<128>, cute::C<128>, cute::C<128> >, 128, cutlass::bfloat16_t, float, cutlass::arch::Sm90, true, false, false, true, true, false, false, false, true, true, false, false>, flash::CollectiveEpilogueFwd<cute::tuple<cute::C<128>, cute::C<128>, cute::C<128> >, cute::tuple<cute::C<1>, cute::C<1>, cute::C<1> >, cutlass::bfloat16_t, cutlass::arch::Sm90, 256, true, true, false, false>, flash::VarlenDynamicPersistentTileScheduler<128, 256, 128, true, true, true> > > >(flash::enable_sm90_or_later<flash::FlashAttnFwdSm90<flash::CollectiveMainloopFwdSm90<2> > >::Params)',
    { base: 8_200, perToken: 62, registers: 168, block: [384, 1, 1], shared: 217_088, tile: 0 },
  ),
  combine: kernel(
    'attention',
    'void cutlass::device_kernel<flash::FlashAttnFwdCombine<cute::tuple<cute::C<8>, cute::C<128> >, 6, 256, 1, false, true, cutlass::bfloat16_t, float, cutlass::arch::Sm90> >(flash::FlashAttnFwdCombine<cute::tuple<cute::C<8>, cute::C<128> >, 6, 256, 1, false, true, cutlass::bfloat16_t, float, cutlass::arch::Sm90>::Params)',
    { base: 2_900, perToken: 6, registers: 64, block: [256, 1, 1], shared: 12_288 },
  ),
  attentionMetadata: kernel(
    'attention',
    'void flash::prepare_varlen_num_blocks_kernel<1, true>(int, int, int, int const*, int const*, int const*, int const*, int const*, int const*, int, int, int, int, int, cutlass::FastDivmod, cutlass::FastDivmod, int*, int*, bool)',
    { base: 2_100, perToken: 0, registers: 22, block: [1024, 1, 1], tile: 0 },
  ),
  output: kernel('gemm', 'nvjet_tst_128x128_64x6_2x1_v_bz_TNT', {
    base: 5_100,
    perToken: 33,
    tile: 128,
    columns: 16,
    ...GEMM,
  }),
  allReduce: kernel(
    'communication',
    'void vllm::cross_device_reduce_1stage<__nv_bfloat16, 2>(vllm::RankData*, vllm::RankSignals, vllm::Signal*, __nv_bfloat16*, int, int)',
    { base: 5_800, perToken: 21, registers: 40, block: [512, 1, 1], tile: 4 },
  ),
  nccl: kernel(
    'communication',
    'ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<4096ul>)',
    { base: 14_000, perToken: 46, registers: 96, block: [544, 1, 1], shared: 82_240, tile: 0 },
  ),
  ncclGather: kernel(
    'communication',
    'ncclDevKernel_AllGather_RING_LL(ncclDevKernelArgsStorage<4096ul>)',
    { base: 11_000, perToken: 9, registers: 96, block: [544, 1, 1], shared: 82_240, tile: 0 },
  ),
  gateUp: kernel('gemm', 'nvjet_tst_192x192_64x4_2x1_v_bz_coopB_TNT', {
    base: 15_500,
    perToken: 136,
    tile: 192,
    columns: 74,
    ...GEMM,
  }),
  activation: kernel(
    'activation',
    'void vllm::act_and_mul_kernel<c10::BFloat16, &vllm::silu_kernel<c10::BFloat16>, true>(c10::BFloat16*, c10::BFloat16 const*, int)',
    { base: 2_000, perToken: 14, registers: 30, block: [1024, 1, 1] },
  ),
  inductorActivation: kernel('activation', 'triton_poi_fused_mul_silu_slice_1', {
    base: 2_100,
    perToken: 13,
    registers: 26,
    block: [256, 1, 1],
  }),
  down: kernel('gemm', 'nvjet_tst_128x160_64x5_2x1_v_bz_coopB_splitK_TNT', {
    base: 9_400,
    perToken: 70,
    tile: 128,
    columns: 26,
    ...GEMM,
  }),
  router: kernel('gemm', 'nvjet_tst_32x64_64x16_4x1_v_bz_TNN', {
    base: 4_100,
    perToken: 2,
    tile: 64,
    ...GEMM,
  }),
  topk: kernel(
    'moe',
    'void vllm::moe::topkGating<8, 128, 4, 16, 32, int, float>(float const*, bool const*, float*, int, int*, int*, int, int, int, bool)',
    { base: 2_400, perToken: 3, registers: 38, block: [128, 1, 1] },
  ),
  align: kernel(
    'moe',
    'void vllm::moe::moe_align_block_size_kernel<int>(int const*, int*, int*, int*, int, int, int, int, unsigned long, int*, int)',
    { base: 5_200, perToken: 1, registers: 32, block: [1024, 1, 1], shared: 2_048, tile: 0 },
  ),
  sortExperts: kernel(
    'moe',
    'void vllm::moe::count_and_sort_expert_tokens_kernel<int>(int const*, int*, int*, unsigned long, int, int)',
    { base: 2_200, perToken: 2, registers: 18, block: [256, 1, 1] },
  ),
  experts: kernel('moe', 'fused_moe_kernel', {
    base: 21_000,
    perToken: 160,
    registers: 255,
    block: [256, 1, 1],
    shared: 98_304,
    tile: 16,
  }),
  moeSum: kernel(
    'moe',
    'void vllm::moe::moe_sum_kernel<c10::BFloat16, 8>(c10::BFloat16*, c10::BFloat16 const*, int)',
    { base: 2_600, perToken: 9, registers: 32, block: [1024, 1, 1] },
  ),
  slots: kernel('kv_cache', '_compute_slot_mapping_kernel', {
    base: 2_000,
    perToken: 1,
    registers: 20,
    block: [128, 1, 1],
  }),
  positions: kernel('input_prep', '_prepare_pos_seq_lens_kernel', {
    base: 1_900,
    perToken: 1,
    registers: 20,
    block: [128, 1, 1],
  }),
  logits: kernel('gemm', 'nvjet_tst_256x128_64x4_2x1_v_bz_coopA_TNT', {
    base: 96_000,
    perToken: 30,
    tile: 256,
    columns: 501,
    ...GEMM,
  }),
  fill: kernel(
    'memory',
    'void at::native::vectorized_elementwise_kernel<8, at::native::FillFunctor<c10::BFloat16>, std::array<char*, 1ul> >(int, at::native::FillFunctor<c10::BFloat16>, std::array<char*, 1ul>)',
    { base: 1_500, perToken: 1, registers: 16, block: [128, 1, 1] },
  ),
  scale: kernel(
    'elementwise',
    'void at::native::vectorized_elementwise_kernel<4, at::native::BinaryFunctor<float, float, float, at::native::binary_internal::MulFunctor<float> >, std::array<char*, 3ul> >(int, at::native::BinaryFunctor<float, float, float, at::native::binary_internal::MulFunctor<float> >, std::array<char*, 3ul>)',
    { base: 2_700, perToken: 24, registers: 24, block: [128, 1, 1] },
  ),
  softmax: kernel(
    'sampling',
    'void at::native::(anonymous namespace)::cunn_SoftMaxForward<4, float, float, float, at::native::(anonymous namespace)::SoftMaxForwardEpilogue>(float*, float const*, int)',
    { base: 9_000, perToken: 130, registers: 36, block: [1024, 1, 1] },
  ),
  exponential: kernel(
    'sampling',
    'void at::native::(anonymous namespace)::distribution_elementwise_grid_stride_kernel<float, 4, at::native::templates::cuda::exponential_kernel<at::CUDAGeneratorImpl*>(at::TensorIteratorBase&, double, at::CUDAGeneratorImpl*)::{lambda()#1}>(long, at::PhiloxCudaState)',
    { base: 7_200, perToken: 90, registers: 60, block: [256, 1, 1], tile: 0 },
  ),
  argmax: kernel(
    'sampling',
    'void at::native::reduce_kernel<512, 1, at::native::ReduceOp<float, at::native::ArgMaxOps<float>, unsigned int, long, 4, 4> >(at::native::ReduceOp<float, at::native::ArgMaxOps<float>, unsigned int, long, 4, 4>)',
    { base: 8_100, perToken: 70, registers: 40, block: [512, 1, 1], shared: 4_096 },
  ),
} satisfies Record<string, ModelKernel>;

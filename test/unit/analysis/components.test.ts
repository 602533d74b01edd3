import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  classifier,
  classifyShapes,
  COMPONENTS,
  DEFAULT_RULES,
  parseRules,
  type Component,
} from '../../../src/analysis/components';
import { buildProfile } from './build';
import { realFile } from '../real';
import { cost } from '../../harness/cost';

/** Names as profilers print them, by what the kernels of these names are known to do. */
const KNOWN: Record<Exclude<Component, 'other'>, string[]> = {
  attention: [
    'void cutlass::device_kernel<flash::enable_sm90_or_later<flash::FlashAttnFwdSm90<flash::CollectiveMainloopFwdSm90<2>>>>(T1::Params)',
    'void flash::flash_fwd_splitkv_kernel<Flash_fwd_kernel_traits<128, 64, 128, 4>, true>(flash::Flash_fwd_params)',
    'void flash::flash_fwd_kernel<Flash_fwd_kernel_traits<(int)128, (int)128, (int)64, (int)4>>(flash::Flash_fwd_params)',
    'kernel_unified_attention',
    'kernel_unified_attention_3d',
    'cudnn_generated_fort_native_sdpa_sm100_flash_fprop_f16_knob_31d_kernel0_0',
    'reduce_segments',
    'cudnn_generated_fort_native_sdpa_sm80_flash_fprop_wmma_f16_knob_35_16x128x128_1x4x1_cga1x1x1_kernel0_0',
    // What follows each of these that has split its keys, and nothing else.
    'void cudnn::fusion::lean_reduction_kernel<(bool)0, (bool)0, (bool)0>(void *, float *, float *)',
    'void flashinfer::BatchPrefillWithPagedKVCacheKernel<flashinfer::KernelTraits<64, 128>>(T1)',
    'fmhaSm100fKernel_QkvBfloat16OBfloat16H128PagedKvCausalP64VarSeqQ128Kv128PersistentContext',
    'void flash::prepare_varlen_num_blocks_kernel<1, true>(int, int)',
    '_causal_conv1d_update_kernel',
    'void selective_scan_fwd_kernel<Selective_Scan_fwd_kernel_traits<32, 4>>(SSMParamsBase)',
  ],
  gemm: [
    'nvjet_tst_192x192_64x4_2x1_v_bz_coopB_bias_TNN',
    'sm90_xmma_gemm_bf16bf16_bf16f32_f32_tn_n_tilesize64x64x64_execute_kernel__5x_cublas',
    'ampere_bf16_s16816gemm_bf16_128x128_ldg8_f2f_stages_32x5_tn',
    'void cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm_relu_bf16_64x64_64x6_tn_align8>(T1::Params)',
    'void cutlass::device_kernel<cutlass::gemm::kernel::GemmUniversal<cute::tuple<int, int, int, int>>>(T1)',
    'void cublasLt::splitKreduce_kernel<32, 16, int, float, __nv_bfloat16>(cublasLt::cublasSplitKParams<T4>)',
    'void gemv2T_kernel_val<int, int, __half, __half>(T1)',
    'void deep_gemm::fp8_gemm_kernel<7168u, 2048u>(T1)',
    'void marlin::Marlin<1125899906909960l, 256>(int4 const *)',
    '_lora_shrink_kernel',
    'Cijk_Alik_Bljk_BBS_BH_Bias_HA_S_SAV_UserArgs_MT256x256x64_MI16x16x1_SN_LDSB0',
    'trt_ampere_h16816gemm_64x64_ldg8_relu_stages_64x5_tn_v1',
    'sm80_xmma_fprop_implicit_gemm_f16f16_f16f16_f16_nhwckrsc_nhwc_tilesize64x64x64_execute_kernel_trt',
    'turing_fp16_s1688cudnn_fp16_256x64_ldg8_relu_f2f_exp_small_nhwc_tn_v1',
  ],
  moe: [
    'fused_moe_kernel',
    'void vllm::moe::topkGatingSoftmax<8, 128, 4, 16, 32>(T1)',
    'void vllm::moe::moe_align_block_size_kernel<int>(const T1 *)',
    'void marlin_moe_wna16::Marlin<1125899906909960l>(int4 const *)',
    'void cutlass::device_kernel<cutlass::gemm::kernel::GemmUniversal<cutlass::gemm::GroupProblemShape<cute::tuple<int, int, int>>>>(T1)',
  ],
  norm: [
    'std::enable_if<((T2)>(int)0)&&vllm::_typeConvert<T1>::exists, void>::type vllm::fused_add_rms_norm_kernel<c10::BFloat16, (int)8>(T1 *)',
    'triton_red_fused__to_copy_add_mean_mul_pow_rsqrt_2',
    'void at::native::(anonymous namespace)::vectorized_layer_norm_kernel<float, float>(int)',
  ],
  activation: [
    'void vllm::act_and_mul_kernel<c10::BFloat16, &vllm::silu_kernel<c10::BFloat16>, true>(T1 *)',
    'triton_poi_fused_mul_silu_slice_1',
  ],
  rope: ['void vllm::rotary_embedding_kernel<c10::BFloat16, true>(const long *)'],
  kv_cache: [
    'void vllm::reshape_and_cache_flash_kernel<__nv_bfloat16, __nv_bfloat16>(const T1 *)',
    '_compute_slot_mappings_kernel',
    'void (anonymous namespace)::store_kvcache<256l, long>((anonymous namespace)::StoreKVCacheParams)',
  ],
  sampling: [
    '_gumbel_sample_kernel',
    'void at::native::(anonymous namespace)::cunn_SoftMaxForward<4, float, float, float>(T3 *)',
    'void at::native::reduce_kernel<512, 1, at::native::ReduceOp<float, at::native::ArgMaxOps<float>, unsigned int, long, 4>>(T3)',
  ],
  communication: [
    'ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<4096ul>)',
    'void vllm::cross_device_reduce_1stage<__nv_bfloat16, 2>(vllm::RankData *)',
    'void flashinfer::trtllm_allreduce_fusion::allreduce_fusion_kernel_oneshot_lamport<1, __nv_bfloat16, 8>(T2)',
  ],
  quantization: ['void vllm::per_token_group_quant_8bit_kernel<c10::BFloat16>(const T1 *)'],
  memory: [
    'void at::native::vectorized_elementwise_kernel<8, at::native::FillFunctor<c10::BFloat16>, std::array<char*, 1>>(int)',
  ],
  embedding: [
    'void split_embedding_codegen_forward_weighted_kernel<float>(fbgemm_gpu::RestrictPtrTraits, long)',
    'void at::native::(anonymous namespace)::vectorized_gather_kernel<16, int>(char *, char *)',
  ],
  input_prep: ['_prepare_pos_seq_lens_kernel', '_combine_sampled_and_draft_tokens_kernel'],
  elementwise: [
    'void at::native::vectorized_elementwise_kernel<4, at::native::BinaryFunctor<float, float, float, at::native::binary_internal::MulFunctor<float>>>(int)',
    'triton_poi_fused_4',
  ],
};

describe('components', () => {
  const classify = classifier(DEFAULT_RULES);

  for (const [component, names] of Object.entries(KNOWN)) {
    it(`knows ${component}`, () => {
      for (const name of names) assert.equal(classify(name).component, component, name);
    });
  }

  it('calls other what it does not know', () => {
    assert.deepEqual(classify('myKernel(int)'), { component: 'other', sub: '' });
    assert.deepEqual(classify(''), { component: 'other', sub: '' });
    // Of the same libraries as products of matrices, and none.
    for (const name of [
      'sm50_xmma_pooling_coalescedC_NHWC_kMAX_3_False_execute_kernel_trt',
      'sm80_xmma_pooling_fw_4d_FP16FP32NHWC_Average_FastDiv_CAlign8_execute_kernel_trt',
    ]) {
      assert.equal(classify(name).component, 'other', name);
    }
  });

  it('agrees with every hand-labelled name', function () {
    const file = realFile('../reference/kernel-names.tsv', '140 hand-labelled kernel names');
    if (!file) return this.skip();
    // The labels are finer, and older, than the components that are shown.
    const shown: Record<string, string> = { ffn: 'activation', ssm_linear_attn: 'attention' };
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    assert.ok(lines.length > 100);
    for (const line of lines) {
      const [label, name] = line.split('\t');
      const component = label.split('/')[0];
      assert.equal(classify(name).component, shown[component] ?? component, name);
    }
  });

  it('has only rules that its own check lets through, for components that are shown', () => {
    assert.deepEqual(parseRules(DEFAULT_RULES), { rules: DEFAULT_RULES, problems: [] });
  });

  it('gives every shape the class of its name, by the rules asked for', () => {
    const profile = buildProfile({
      kernels: [
        { start: 0, end: 1, name: 'nvjet_a' },
        { start: 1, end: 2, name: 'mine_attn' },
        { start: 2, end: 3, name: 'nvjet_a', grid: [2, 2, 2] },
        { start: 2, end: 3, name: '', shortName: 'nvjet_b' },
      ],
    });
    const { component, sub } = classifyShapes(profile, [
      { component: 'attention', sub: 'mine', pattern: '^MINE' },
      ...DEFAULT_RULES,
    ]);
    assert.deepEqual(
      Array.from(component, (i) => COMPONENTS[i]),
      ['gemm', 'attention', 'gemm', 'gemm'],
    );
    assert.deepEqual(sub, ['vendor', 'mine', 'vendor', 'vendor']);
  });

  it('takes no longer than a moment over hostile names', async () => {
    const parts = ['nvfp4', 'qk_norm', 'LoadWithCast', 'triton_red_fused', 'all_reduce', '(('];
    const ms = await cost(() => {
      for (const part of parts) classify(part.repeat(100_000));
    });
    assert.ok(ms < 2_000, `${ms} ms`);
  });

  it('says what is wrong with a rule, and uses the others', () => {
    const good = { component: 'attention', pattern: 'my_attn(_v\\d+)?' };
    const { rules, problems } = parseRules([
      { component: 'gemm', sub: 'own', pattern: 'a(b' },
      good,
      { component: 'ffn', pattern: 'x' },
      { component: 'norm', pattern: '' },
      { component: 'norm', pattern: 'x', sub: 3 },
      { component: 'norm', pattern: '((a+)b)*' },
      'norm',
      null,
    ]);
    assert.deepEqual(rules, [good]);
    assert.match(problems[0], /^Component rule 1 \(gemm\/own\): .*Unterminated group/);
    assert.match(problems[1], /^Component rule 3 \(ffn\): "component" must be one of attention, /);
    assert.match(problems[2], /^Component rule 4 \(norm\): "pattern" must be/);
    assert.match(problems[3], /^Component rule 5 \(norm\): "sub" must be a text/);
    assert.match(problems[4], /^Component rule 6 \(norm\): .*can take for ever/);
    assert.match(problems[5], /^Component rule 7: /);
    assert.match(problems[6], /^Component rule 8: /);
    assert.equal(problems.length, 7);
    assert.equal(parseRules({}).problems.length, 1);
  });
});

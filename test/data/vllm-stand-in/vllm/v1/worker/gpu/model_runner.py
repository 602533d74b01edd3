from vllm._family import absent, since, truth
from vllm.compilation.cuda_graph import CUDAGraphWrapper
from vllm.config import CUDAGraphMode
from vllm.forward_context import BatchDescriptor, set_forward_context
from vllm.v1.worker.common import Model, is_uniform_decode, note_step, wait
from vllm.v1.worker.gpu.cudagraph_utils import ModelCudaGraphManager
from vllm.v1.worker.gpu.mm.encoder_runner import EncoderRunner

absent(unless=since(0, 17))


class GPUModelRunner:
    """V2: no dispatcher; the graph manager chooses, and runs full graphs itself."""

    def __init__(self, vllm_config, device):
        self.vllm_config = vllm_config
        self.device = device
        self.cudagraph_manager = ModelCudaGraphManager(vllm_config)
        # Of the drafting model: its answers are no steps.
        self.draft_manager = ModelCudaGraphManager(vllm_config)
        self.encoder_runner = EncoderRunner()

    def load_model(self):
        self.raw_model = Model(self.vllm_config)
        self.pieces = [
            CUDAGraphWrapper(layer.forward, self.vllm_config, CUDAGraphMode.PIECEWISE)
            for layer in self.raw_model.layers
        ]

    def model(self, num_tokens):
        for piece in self.pieces:
            piece(num_tokens)

    def capture_model(self):
        self.cudagraph_manager.capture(self.model)
        return 0

    def execute_model(
        self, scheduler_output, intermediate_tensors=None, dummy_run=False, is_profile=False
    ):
        tokens = scheduler_output.total_num_scheduled_tokens
        if tokens == 0:
            return None
        requests = len(scheduler_output.num_scheduled_tokens)
        uniform = is_uniform_decode(scheduler_output)
        if self.vllm_config.multimodal and scheduler_output.scheduled_encoder_inputs:
            inputs = [each for ids in scheduler_output.scheduled_encoder_inputs.values() for each in ids]
            self.encoder_runner.execute_mm_encoder(inputs)
        if since(0, 20):
            desc = self.cudagraph_manager.dispatch(requests, tokens, 1 if uniform else None, 0)
            self.draft_manager.dispatch(1, 1, 1, 0)
            mode, size = desc.cg_mode, desc.num_tokens
        else:
            longest = max(scheduler_output.num_scheduled_tokens.values())
            mode, size = self.cudagraph_manager.get_cudagraph_runtime_mode(requests, tokens, longest)
            desc = size
        note_step(mode.name, desc, tokens)
        if mode == CUDAGraphMode.FULL:
            self.cudagraph_manager.run_fullgraph(desc)
        else:
            descriptor = None if mode == CUDAGraphMode.NONE else BatchDescriptor(size)
            with set_forward_context(None, self.vllm_config, tokens, mode, descriptor):
                self.model(tokens if mode == CUDAGraphMode.NONE else size)
        wait(self.vllm_config)
        return scheduler_output

    def sample_tokens(self, grammar_output):
        truth.add("sampled")
        return "sampled"

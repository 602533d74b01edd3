from vllm._family import absent, since, truth
from vllm.compilation.cuda_graph import CUDAGraphWrapper
from vllm.config import CUDAGraphMode
from vllm.forward_context import BatchDescriptor, set_forward_context
from vllm.v1.worker.common import Model, is_uniform_decode, note_step, wait
from vllm.v1.worker.gpu.cudagraph_utils import ModelCudaGraphManager
from vllm.v1.worker.gpu.mm.encoder_runner import EncoderRunner

absent(unless=since(0, 12))

if since(0, 20):
    from vllm.v1.worker.gpu.dp_utils import dispatch_cg_and_sync_dp
elif since(0, 18):
    from vllm.v1.worker.gpu.cudagraph_utils import BatchExecutionDescriptor
    from vllm.v1.worker.gpu.dp_utils import sync_cudagraph_and_dp_padding


class GPUModelRunner:
    """V2: no dispatcher; the graph manager chooses, and runs full graphs itself."""

    def __init__(self, vllm_config, device):
        self.vllm_config = vllm_config
        self.device = device
        self.dp_size = vllm_config.parallel_config.data_parallel_size
        self.cudagraph_manager = ModelCudaGraphManager(vllm_config)
        # Of the drafting model: its answers are no steps, its captures none of the model's.
        self.draft_manager = ModelCudaGraphManager(vllm_config, of_drafter=True)
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
        self.draft_manager.capture(lambda num_tokens: None)
        return 0

    def execute_model(
        self, scheduler_output, intermediate_tensors=None, dummy_run=False, is_profile=False
    ):
        if scheduler_output.total_num_scheduled_tokens == 0:
            return None
        mode, desc, size = self._choose(scheduler_output)
        tokens = scheduler_output.total_num_scheduled_tokens
        if self.vllm_config.multimodal:
            self._encode(scheduler_output)
        note_step(mode.name, desc, tokens)
        if mode == CUDAGraphMode.FULL:
            manager = self.cudagraph_manager
            (manager.run_fullgraph if since(0, 17) else manager.run)(desc)
        else:
            descriptor = None if mode == CUDAGraphMode.NONE else BatchDescriptor(size)
            with set_forward_context(None, self.vllm_config, tokens, mode, descriptor):
                self.model(tokens if mode == CUDAGraphMode.NONE else size)
        wait(self.vllm_config)
        return scheduler_output

    def _choose(self, output):
        """(mode, descriptor, padded number of tokens) of this step."""
        tokens = output.total_num_scheduled_tokens
        requests = len(output.num_scheduled_tokens)
        longest = max(output.num_scheduled_tokens.values())
        uniform = 1 if is_uniform_decode(output) else None
        encodes = bool(output.scheduled_encoder_inputs)
        if since(0, 18):
            # As an encoder-decoder model does, which here any model with images is.
            if since(0, 20):
                desc, _ = dispatch_cg_and_sync_dp(
                    self.cudagraph_manager, requests, tokens, uniform, self.dp_size, 0, encodes
                )
            else:
                desc = self.cudagraph_manager.dispatch(requests, tokens, uniform)
                if encodes:
                    desc = BatchExecutionDescriptor(CUDAGraphMode.NONE, tokens, requests)
                if self.dp_size > 1:
                    desc, _ = sync_cudagraph_and_dp_padding(
                        self.cudagraph_manager, desc, tokens, requests, uniform, self.dp_size, 0
                    )
            if since(0, 27):
                self.prepare_inputs(output, object(), desc)
            else:
                self.prepare_inputs(output, desc)
            self.draft_manager.dispatch(1, 1, 1)
            return desc.cg_mode, desc, desc.num_tokens
        if since(0, 17):
            mode, size = self.cudagraph_manager.get_cudagraph_runtime_mode(
                requests, tokens, longest
            )
        else:
            size = self.cudagraph_manager.get_cudagraph_size(tokens) if uniform else None
            mode = CUDAGraphMode.NONE if size is None else CUDAGraphMode.FULL
        self.prepare_inputs(output, size or tokens)
        return mode, size, size

    def prepare_inputs(self, scheduler_output, *state_and_descriptor):
        return None

    def _encode(self, output):
        inputs = [each for ids in output.scheduled_encoder_inputs.values() for each in ids]
        if since(0, 18):
            if inputs:
                self.encoder_runner.execute_mm_encoder(inputs)
        else:
            self.encoder_runner.execute_mm_encoder(self.model, ["hash"] * len(inputs), inputs)

    def sample_tokens(self, grammar_output):
        truth.add("sampled")
        return "sampled"

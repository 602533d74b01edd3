from vllm._family import since, truth
from vllm.compilation.cuda_graph import CUDAGraphWrapper
from vllm.config import CUDAGraphMode
from vllm.forward_context import BatchDescriptor, set_forward_context
from vllm.v1.cudagraph_dispatcher import CudagraphDispatcher
from vllm.v1.worker.common import Model, is_uniform_decode, note_step, wait


class GPUModelRunner:
    """V1. A full graph around the model, and a piece of a graph for each of its layers."""

    def __init__(self, vllm_config, device):
        self.vllm_config = vllm_config
        self.device = device
        self.cudagraph_dispatcher = CudagraphDispatcher(vllm_config)
        # Of the drafting model: its answers are no steps.
        self.drafter_dispatcher = CudagraphDispatcher(vllm_config)

    def load_model(self):
        self.raw_model = Model(self.vllm_config)
        self.pieces = [
            CUDAGraphWrapper(layer.forward, self.vllm_config, CUDAGraphMode.PIECEWISE)
            for layer in self.raw_model.layers
        ]
        self.model = CUDAGraphWrapper(self._run_pieces, self.vllm_config, CUDAGraphMode.FULL)

    def _run_pieces(self, num_tokens):
        for piece in self.pieces:
            piece(num_tokens)

    def _dispatch(self, num_tokens, uniform):
        dispatcher = self.cudagraph_dispatcher
        if since(0, 16):
            return dispatcher.dispatch(num_tokens=num_tokens, uniform_decode=uniform, has_lora=False)
        if since(0, 12):
            return dispatcher.dispatch(num_tokens, uniform, False)
        return dispatcher.dispatch(BatchDescriptor(num_tokens, uniform))

    def _model_forward(self, mode, descriptor, num_tokens):
        padded = descriptor.num_tokens if mode != CUDAGraphMode.NONE else num_tokens
        with set_forward_context(None, self.vllm_config, padded, mode, descriptor):
            self.model(padded)

    def _dummy_run(self, num_tokens, mode, uniform=False):
        _, descriptor = self._dispatch(num_tokens, uniform)
        with set_forward_context(None, self.vllm_config, num_tokens, mode, descriptor):
            self.model(num_tokens)

    def capture_model(self):
        self.cudagraph_dispatcher.initialize_cudagraph_keys()
        for size in reversed(self.cudagraph_dispatcher.sizes):
            for mode, uniform in ((CUDAGraphMode.PIECEWISE, False), (CUDAGraphMode.FULL, True)):
                self._dummy_run(size, CUDAGraphMode.NONE, uniform)
                self._dummy_run(size, mode, uniform)
        return 0

    def execute_model(self, scheduler_output, intermediate_tensors=None):
        tokens = scheduler_output.total_num_scheduled_tokens
        if tokens == 0:
            return None
        if self.vllm_config.multimodal:
            self._execute_mm_encoder(scheduler_output)
        mode, descriptor = self._dispatch(tokens, is_uniform_decode(scheduler_output))
        self.drafter_dispatcher.dispatch(
            *((1, False, False) if since(0, 12) else (BatchDescriptor(1),))
        )
        note_step(mode.name, descriptor, tokens)
        self._model_forward(mode, descriptor, tokens)
        wait(self.vllm_config)
        return scheduler_output

    def sample_tokens(self, grammar_output):
        truth.add("sampled")
        return "sampled"

    def _execute_mm_encoder(self, scheduler_output):
        inputs = sum(len(each) for each in scheduler_output.scheduled_encoder_inputs.values())
        if inputs:
            truth.note("encoded", inputs)
        return []

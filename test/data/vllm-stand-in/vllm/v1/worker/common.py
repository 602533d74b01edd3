"""What both runners of the stand-in have in common: a model of layers with experts."""

import time

import torch

from vllm._family import since, truth
from vllm.model_executor.layers.fused_moe.layer import make_moe_layer


class Model:
    def __init__(self, vllm_config):
        self.config = vllm_config
        self.layers = []
        context = vllm_config.compilation_config.static_forward_context
        for index in range(vllm_config.model_config.layers):
            name = "model.layers.%d.mlp.experts" % index
            layer = make_moe_layer(vllm_config.model_config, name, index)
            context[name] = layer
            self.layers.append(layer)

    def __call__(self, num_tokens):
        for layer in self.layers:
            layer.forward(num_tokens)


def wait(vllm_config):
    if vllm_config.step_seconds:
        time.sleep(vllm_config.step_seconds)


def is_uniform_decode(scheduler_output):
    return all(count == 1 for count in scheduler_output.num_scheduled_tokens.values())


def note_step(mode, descriptor, tokens):
    key = None
    if mode != "NONE":
        key = descriptor if isinstance(descriptor, int) else descriptor.num_tokens
    truth.note("replayed", [mode, key, tokens])
    truth.add("worker_steps")
    truth.add("worker_tokens", tokens)


__all__ = ["Model", "is_uniform_decode", "note_step", "since", "torch", "wait"]

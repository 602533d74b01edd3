from vllm._family import VERSION as __version__  # noqa: F401

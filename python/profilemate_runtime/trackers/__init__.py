"""What is counted. Where it is hooked into vLLM is told in `hooks`."""

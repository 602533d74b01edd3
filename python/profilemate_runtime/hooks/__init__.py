"""Where in vLLM the trackers listen, and in which versions. One file a part of vLLM."""

from vllm._family import since, truth


class EncoderRunner:
    if since(0, 18):

        def execute_mm_encoder(self, mm_kwargs):
            truth.note("encoded", len(mm_kwargs))
            return []

    else:

        def execute_mm_encoder(self, model, mm_hashes, mm_kwargs):
            if mm_kwargs:
                truth.note("encoded", len(mm_kwargs))
            return []

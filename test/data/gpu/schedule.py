"""The steps of a small LLM server: requests come, prompts are cut into chunks, batches mix.

No torch here. The same arguments give the same steps, so that a warm-up and a recorded
pass do the same work.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Request:
    """`computed` tokens are in the KV cache; `put_out` of those asked for have been sampled."""

    slot: int
    arrives: int
    prompt: int
    output: int
    computed: int = 0
    put_out: int = 0


@dataclass
class Part:
    """What one request does in one step: `tokens` rows that end at position `end`."""

    slot: int
    tokens: int
    end: int
    context: bool
    samples: bool


@dataclass
class Step:
    parts: list = field(default_factory=list)

    def count(self, context):
        """(requests, tokens) of the context's or the generation's part of the batch."""
        some = [part for part in self.parts if part.context == context]
        return len(some), sum(part.tokens for part in some)

    @property
    def kind(self):
        contexts = self.count(True)[0]
        if contexts == 0:
            return "decode"
        return "prefill" if contexts == len(self.parts) else "mixed"

    @property
    def name(self):
        """As vLLM 0.14 and later announce a step."""
        return "execute_context_%d(%d)_generation_%d(%d)" % (*self.count(True), *self.count(False))


def steps(requests, budget, most_running):
    """Yields each step until all requests are done.

    As vLLM's scheduler: running requests first, one token each or the next chunk of their
    prompt; then waiting ones, as long as the `budget` of tokens lasts.
    """
    waiting = sorted(requests, key=lambda request: request.arrives)
    running = []
    number = 0
    while waiting or running:
        while waiting and len(running) < most_running and waiting[0].arrives <= number:
            running.append(waiting.pop(0))
        step = Step()
        left = budget
        for request in running:
            context = request.put_out == 0
            want = request.prompt - request.computed if context else 1
            tokens = min(want, left)
            if tokens <= 0:
                continue
            left -= tokens
            request.computed += tokens
            samples = not context or request.computed == request.prompt
            if samples:
                request.put_out += 1
            step.parts.append(Part(request.slot, tokens, request.computed, context, samples))
        running = [request for request in running if request.put_out < request.output]
        number += 1
        if step.parts:
            yield step


def load(count, prompt, output, every):
    """`count` requests of uneven lengths in two waves, the second when the first is done.

    Each wave begins with a prompt of double length, alone: steps of prefill and nothing
    else. From its second step on, a further request comes each `every` steps.
    """
    requests = []
    wave = -(-count // 2)
    for index in range(count):
        at = index % wave
        requests.append(
            Request(
                slot=index,
                arrives=index // wave * 1000 + (2 + (at - 1) * every if at else 0),
                prompt=2 * prompt if at == 0 else prompt // 2 + (index * 37) % (prompt // 2 + 1),
                output=output + (index * 5) % (output // 2 + 1),
            )
        )
    return requests

import enum


class RequestStatus(enum.IntEnum):
    WAITING = 1
    RUNNING = 2
    PREEMPTED = 3
    FINISHED_STOPPED = 4
    FINISHED_LENGTH_CAPPED = 5
    FINISHED_ABORTED = 6

    @staticmethod
    def is_finished(status):
        return status > RequestStatus.PREEMPTED


class Request:
    def __init__(self, request_id, prompt_token_ids, max_tokens, images=0):
        self.request_id = request_id
        self.prompt_token_ids = prompt_token_ids
        self.max_tokens = max_tokens
        self.images = images
        self.output_token_ids = []
        self.num_computed_tokens = 0
        self.num_preemptions = 0
        self.status = RequestStatus.WAITING

    @property
    def num_prompt_tokens(self):
        return len(self.prompt_token_ids)

    @property
    def all_token_ids(self):
        return self.prompt_token_ids + self.output_token_ids

    @property
    def num_tokens(self):
        return len(self.prompt_token_ids) + len(self.output_token_ids)

    def is_finished(self):
        return RequestStatus.is_finished(self.status)

from abc import ABC, abstractmethod

from vllm.plugins import load_plugins_by_group


class StatLoggerBase(ABC):
    @abstractmethod
    def __init__(self, vllm_config, engine_index=0): ...

    @abstractmethod
    def record(self, scheduler_stats, iteration_stats, mm_cache_stats=None, engine_idx=0): ...

    @abstractmethod
    def log_engine_initialized(self): ...

    def log(self):
        pass


def load_stat_logger_plugin_factories():
    factories = []
    for plugin in load_plugins_by_group("vllm.stat_logger_plugins").values():
        if not isinstance(plugin, type) or not issubclass(plugin, StatLoggerBase):
            raise TypeError("Stat logger plugin must be a subclass of StatLoggerBase")
        factories.append(plugin)
    return factories

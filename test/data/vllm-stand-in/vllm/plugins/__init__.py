from importlib.metadata import entry_points


def load_plugins_by_group(group):
    try:
        found = entry_points(group=group)
    except TypeError:
        found = entry_points().get(group, ())
    plugins = {}
    for each in found:
        try:
            plugins[each.name] = each.load()
        except Exception as error:
            print("Failed to load plugin %s: %r" % (each.name, error), flush=True)
    return plugins


_loaded = False


def load_general_plugins():
    global _loaded
    if _loaded:
        return
    _loaded = True
    for each in load_plugins_by_group("vllm.general_plugins").values():
        each()

"""NVTX, as any program speaks it that was not compiled with its headers."""

import ctypes
import os


class Nvtx:
    """Attaches to the injection library of a profiler, where there is one.

    NVTX version 3 is a protocol: the program offers tables of function slots,
    and the library named by NVTX_INJECTION64_PATH fills them in.
    """

    CORE, CALLBACKS, VERSION_INFO = 1, 1, 3
    # Number of functions in each module of the interface, plus one.
    SIZES = {1: 16, 2: 9, 3: 15, 4: 7, 5: 16, 6: 7}

    def __init__(self):
        self.push_name = self.pop_name = None
        path = os.environ.get("NVTX_INJECTION64_PATH")
        if not path:
            return
        pointer = ctypes.c_void_p
        tables = {}
        for module, size in self.SIZES.items():
            slots = (pointer * (size + 1))()
            table = (pointer * (size + 1))()
            for i in range(1, size):
                table[i] = ctypes.addressof(slots) + i * ctypes.sizeof(pointer)
            tables[module] = (slots, table, size)

        get_type = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.c_int, ctypes.POINTER(pointer), ctypes.POINTER(ctypes.c_uint)
        )
        set_type = ctypes.CFUNCTYPE(None, ctypes.c_uint32)

        class Callbacks(ctypes.Structure):
            _fields_ = [("size", ctypes.c_size_t), ("get", get_type)]

        class VersionInfo(ctypes.Structure):
            _fields_ = [
                ("size", ctypes.c_size_t), ("version", ctypes.c_uint32),
                ("reserved", ctypes.c_uint32), ("set", set_type),
            ]

        def module_table(module, table, size):
            if module not in tables:
                return 0
            if size:
                size[0] = tables[module][2]
            if table:
                table[0] = ctypes.addressof(tables[module][1])
            return 1

        callbacks = Callbacks(ctypes.sizeof(Callbacks), get_type(module_table))
        info = VersionInfo(ctypes.sizeof(VersionInfo), 3, 0, set_type(lambda version: None))
        exports = {self.CALLBACKS: callbacks, self.VERSION_INFO: info}
        export_type = ctypes.CFUNCTYPE(pointer, ctypes.c_uint32)
        export = export_type(
            lambda which: ctypes.addressof(exports[which]) if which in exports else None
        )
        initialise = ctypes.CDLL(path).InitializeInjectionNvtx2
        initialise.argtypes, initialise.restype = [export_type], ctypes.c_int
        # The library keeps pointers to all of it.
        self.kept = (tables, exports, export)
        slots = tables[self.CORE][0]
        if initialise(export) and slots[9] and slots[11]:
            self.push_name = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p)(slots[9])
            self.pop_name = ctypes.CFUNCTYPE(ctypes.c_int)(slots[11])

    def push(self, name):
        if self.push_name:
            self.push_name(name.encode())

    def pop(self):
        if self.pop_name:
            self.pop_name()

"""Runs a command and says what it cost: measure.py OUTPUT COMMAND...

Prints wall seconds, user + system seconds and peak resident MiB (of the largest
process among the command and what it waited for), and exits as the command did.
"""

import os
import sys
import time

output, *command = sys.argv[1:]
started = time.perf_counter()
with open(output, "wb") as sink:
    pid = os.posix_spawnp(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, sink.fileno(), 1)]
    )
    _, status, usage = os.wait4(pid, 0)
wall = time.perf_counter() - started
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
sys.exit(os.waitstatus_to_exitcode(status) & 0x7F)

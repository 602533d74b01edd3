"""The opening figures of an export as SQL, one statement each, by python3's sqlite3.

Time by kernel, by copy and by range, and time on the GPU by launching call. What
`nvtx_gpu_proj_sum` asks is left out: as a join of intervals it does not end.
"""

import sqlite3
import sys

QUERIES = (
    """SELECT value, count(*), sum(end - start), avg(end - start), min(end - start), max(end - start)
       FROM CUPTI_ACTIVITY_KIND_KERNEL JOIN StringIds ON id = demangledName
       GROUP BY demangledName ORDER BY 3 DESC""",
    """SELECT copyKind, count(*), sum(end - start), sum(bytes), min(end - start), max(end - start)
       FROM CUPTI_ACTIVITY_KIND_MEMCPY GROUP BY copyKind ORDER BY 3 DESC""",
    """SELECT COALESCE(text, value), count(*), sum(end - start), min(end - start), max(end - start)
       FROM NVTX_EVENTS LEFT JOIN StringIds ON id = textId
       WHERE eventType IN (59, 60, 70, 71) AND end IS NOT NULL GROUP BY 1 ORDER BY 3 DESC""",
    """SELECT value, count(*), sum(k.end - k.start)
       FROM CUPTI_ACTIVITY_KIND_KERNEL k JOIN CUPTI_ACTIVITY_KIND_RUNTIME r
         ON r.correlationId = k.correlationId AND r.globalTid / 0x1000000 = k.globalPid / 0x1000000
       JOIN StringIds ON id = r.nameId GROUP BY r.nameId ORDER BY 3 DESC""",
)

database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for query in QUERIES:
    for row in database.execute(query):
        print(*row, sep=",")

"""The usual notebook: whole tables into pandas data frames, joined and grouped by name."""

import sqlite3
import sys

import pandas

database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)


def frame(query):
    return pandas.read_sql_query(query, database)


def by_name(events, column):
    events["duration"] = events["end"] - events["start"]
    figures = ["count", "sum", "mean", "min", "max", "std"]
    return events.groupby(column)["duration"].agg(figures).sort_values("sum", ascending=False)


kernels = frame(
    """SELECT k.*, s.value AS name FROM CUPTI_ACTIVITY_KIND_KERNEL k
       LEFT JOIN StringIds s ON s.id = k.demangledName"""
)
print(by_name(kernels, "name"))
kernels["grid"] = kernels[["gridX", "gridY", "gridZ"]].astype(str).agg("x".join, axis=1)
print(kernels.groupby(["name", "grid"]).size().sort_values(ascending=False).head(20))
copies = frame("SELECT * FROM CUPTI_ACTIVITY_KIND_MEMCPY")
print(by_name(copies, "copyKind"), copies.groupby("copyKind")["bytes"].sum())
ranges = frame(
    """SELECT n.start, n.end, n.globalTid, COALESCE(n.text, s.value) AS name FROM NVTX_EVENTS n
       LEFT JOIN StringIds s ON s.id = n.textId WHERE n.end IS NOT NULL"""
)
print(by_name(ranges, "name"))
for phase, pattern in {"prefill": "context_[1-9].*generation_0", "decode": "context_0"}.items():
    print(phase, by_name(ranges[ranges["name"].str.contains(pattern, regex=True)], "name").sum())

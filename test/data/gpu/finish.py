"""Makes the files that are kept of what `record.py` took home; needs nsys 2023.4.4.

    scripts/get-nsight.sh
    python3 test/data/gpu/finish.py gpu.tar.gz [--into test/data/gpu/recorded]

A .qdstrm becomes a report and the report a database, both by the version that collected it.
Environment variables, host names and other processes are taken out, and all is packed but the
profile that the extension shows as its sample. Says loudly where it is more than 8 MB.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
TARGET = "usr/lib/x86_64-linux-gnu/nsight-systems/target-linux-x64"
SAMPLE = os.path.join(ROOT, "media/sample/sample.nsys.sqlite")
MOST_BYTES = 8_000_000
REPORTS = (
    "cuda_gpu_kern_sum",
    "cuda_gpu_kern_gb_sum",
    "cuda_gpu_mem_time_sum",
    "cuda_gpu_mem_size_sum",
    "cuda_gpu_sum",
    "cuda_api_sum",
    "cuda_kern_exec_sum",
    "nvtx_sum",
    "nvtx_pushpop_sum",
    "nvtx_kern_sum",
    "nvtx_gpu_proj_sum",
)
# Columns that refer to strings.
NAMES = ("shortName", "demangledName", "mangledName", "nameId", "textId", "jsonTextId")
KEEP = re.compile(r"\.(truth\.json|csv|pt\.trace\.json\.gz)$|^(measured|report)\.json$")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive")
    parser.add_argument("--into", default=os.path.join(HERE, "recorded"))
    parser.add_argument("--nsight", default=os.path.join(ROOT, ".vscode-test/nsight"))
    options = parser.parse_args()
    os.makedirs(options.into, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(options.archive) as archive:
            for member in archive.getmembers():
                # Files of one folder, as record.py packs them, and nothing else.
                if not member.isfile() or member.name != os.path.basename(member.name):
                    sys.exit("finish: %s holds %r, which record.py does not write" % (options.archive, member.name))
            archive.extractall(folder)
        for name in sorted(os.listdir(folder)):
            source = os.path.join(folder, name)
            if name.endswith(".qdstrm"):
                made = source[:-7] + ".sqlite"
                if not database(options.nsight, source, made):
                    continue
                if name.startswith("sample."):
                    shutil.copyfile(made, SAMPLE)
                    printed(options.nsight, made, os.path.join(options.into, "sample.nsys-stats.txt.gz"))
                else:
                    pack(made, os.path.join(options.into, os.path.basename(made) + ".gz"))
            elif name.endswith(".csv") and ".ncu." in name:
                pack(source, os.path.join(options.into, name + ".gz"))
            elif KEEP.search(name):
                shutil.copyfile(source, os.path.join(options.into, name))
    total = 0
    for path in [SAMPLE, *(os.path.join(options.into, name) for name in sorted(os.listdir(options.into)))]:
        size, name = os.path.getsize(path), os.path.basename(path)
        total += size
        print("finish: %9d %s" % (size, name))
    print("finish: %9d in all" % total)
    if total > MOST_BYTES:
        sys.exit("finish: THAT IS MORE THAN %d; record fewer requests" % MOST_BYTES)


def pack(source, path):
    with open(source, "rb") as plain, open(path, "wb") as raw:
        with gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
            shutil.copyfileobj(plain, file)


def database(nsight, collected, path):
    """Whether it could be made."""
    report = collected[:-7] + ".nsys-rep"
    importer = os.path.join(nsight, "usr/lib/nsight-systems/host-linux-x64/QdstrmImporter")
    nsys = os.path.join(nsight, TARGET, "nsys")
    for command in (
        [importer, "--input-file", collected, "--output-file", report],
        [nsys, "export", "--type", "sqlite", "--force-overwrite", "true", "--output", path, report],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            print("finish: %s: %s" % (os.path.basename(collected), (done.stderr or done.stdout)[-2000:]))
            # The importer stumbles over calls newer than itself, and keeps all the rest.
            if not os.path.exists(command[-1]):
                return False
    blank(path)
    tell(path)
    return True


def printed(nsight, database, path):
    """What `nsys stats` prints of it, one report after the other, each below its name."""
    nsys = os.path.join(nsight, TARGET, "nsys")
    texts = []
    for report in REPORTS:
        command = [nsys, "stats", "--quiet", "--force-export=false", "--report", report, "--format", "csv", database]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        texts.append("# %s\n%s\n" % (report, done.stdout.strip()))
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write("".join(texts).encode("utf-8"))


def tell(path):
    """Whether there is anything of the GPU in it, and what nsys says where there is not."""
    connection = sqlite3.connect(path)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in ("CUPTI_ACTIVITY_KIND_KERNEL", "CUPTI_ACTIVITY_KIND_GRAPH_TRACE", "NVTX_EVENTS"):
        count = table in tables and connection.execute("SELECT COUNT(*) FROM %s" % table).fetchone()[0]
        print("finish: %s: %d rows of %s" % (os.path.basename(path), count, table))
    if "DIAGNOSTIC_EVENT" in tables:
        for (text,) in connection.execute("SELECT DISTINCT text FROM DIAGNOSTIC_EVENT"):
            print("finish:   nsys: %s" % text)
    connection.close()


def blank(path):
    """Takes out what tells of the machine's users and other programs; never any measured row."""
    connection = sqlite3.connect(path)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "TARGET_INFO_SYSTEM_ENV" in tables:
        connection.execute(
            "UPDATE TARGET_INFO_SYSTEM_ENV SET value = '' WHERE name LIKE '%Environment%'"
            " OR name LIKE '%Hostname%' OR name LIKE '%Dir' OR name LIKE '%Path%'"
        )
    if "META_DATA_CAPTURE" in tables:
        connection.execute(
            "UPDATE META_DATA_CAPTURE SET value = '' WHERE name LIKE '%ENVIRONMENT%'"
            " OR name LIKE '%DISPLAY_NAME%' OR name LIKE '%WORKING_DIR%' OR name LIKE '%USER_NAME%'"
        )
    if "PROCESSES" in tables and "CUPTI_ACTIVITY_KIND_RUNTIME" in tables:
        # globalTid is globalPid plus the thread's number, its lowest 24 bits.
        connection.execute(
            "DELETE FROM PROCESSES WHERE globalPid NOT IN"
            " (SELECT DISTINCT globalTid & ~0xFFFFFF FROM CUPTI_ACTIVITY_KIND_RUNTIME)"
        )
        connection.execute(
            "DELETE FROM ThreadNames WHERE globalTid & ~0xFFFFFF NOT IN (SELECT globalPid FROM PROCESSES)"
        )
    connection.execute("UPDATE META_DATA_EXPORT SET value = '' WHERE name LIKE '%PATH%'")
    for table in ("ProcessStreams", "OSRT_API", "OSRT_CALLCHAINS"):
        if table in tables:
            connection.execute("DELETE FROM %s" % table)
    # Of every process there was, nsys keeps the environment as strings that nothing refers to.
    named = ["SELECT 0"]
    for table in tables:
        for _, column, *_ in connection.execute("PRAGMA table_info(%s)" % table).fetchall():
            if column in NAMES:
                named.append("SELECT %s FROM %s WHERE %s IS NOT NULL" % (column, table, column))
    connection.execute(
        "UPDATE StringIds SET value = '' WHERE id NOT IN (%s)" % " UNION ".join(named)
    )
    connection.commit()
    connection.execute("VACUUM")
    connection.close()


if __name__ == "__main__":
    main()

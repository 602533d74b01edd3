"""Packs what `nsys profile` needs on a machine that has no nsys: of NVIDIA's 2023.4.4, as

    scripts/get-nsight.sh              # once; Debian's packages
    python3 test/data/gpu/pack.py      # .cache/nsys-target.tar.xz, some 20 MB

Take the file along; `record.py --nsys-target FILE` unpacks it there. It collects and cannot
make a report of what it has collected: `finish.py` does that here.
"""

from __future__ import annotations

import argparse
import os
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
TARGET = "usr/lib/x86_64-linux-gnu/nsight-systems/target-linux-x64"
NEEDED = (
    "nsys",
    "nsys-launcher",
    "launcher",
    "libLauncher64.so",
    "libToolsInjection64.so",
    "libToolsInjectionMemoryAllocator.so",
    "libToolsInjectionProxy64.so",
    "libcupti.so.12.4",
    "libnvlog.so",
    "nvlog.config.template",
    "CudaGpuInfoDumper",
    "nvtx",
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="source", default=os.path.join(ROOT, ".vscode-test/nsight"))
    parser.add_argument("--out", default=os.path.join(ROOT, ".cache/nsys-target.tar.xz"))
    options = parser.parse_args()
    folder = os.path.join(options.source, TARGET)
    if not os.path.isdir(folder):
        parser.exit(2, "pack: %s is not there; scripts/get-nsight.sh fetches it\n" % folder)
    os.makedirs(os.path.dirname(options.out), exist_ok=True)
    beside = options.out + ".new"
    with tarfile.open(beside, "w:xz", preset=3) as archive:
        for name in NEEDED:
            archive.add(os.path.join(folder, name), os.path.join("nsys/target-linux-x64", name))
    os.replace(beside, options.out)
    print("pack: %s, %.1f MB" % (options.out, os.path.getsize(options.out) / 1e6))


if __name__ == "__main__":
    main()

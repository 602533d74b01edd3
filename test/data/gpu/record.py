"""Everything there is to record on a machine with a GPU, as one bounded command.

    python3 test/data/gpu/record.py --out OUT [--seconds 540] [--nsys-target nsys-target.tar.xz]

Wants a python3 with PyTorch for CUDA, and `ncu` on the PATH for Nsight Compute; nsys comes
along (`pack.py`). Nothing is downloaded. Each part has a limit of its own, is left out where
what it writes is there from an earlier try, and may fail without the next: `report.json` says
what happened, with the last lines that were printed. `gpu.tar.gz` is what to take home;
`finish.py` turns it into the files that are kept.

Programs are started with a short environment, so that none of it is in what they write.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = ("engine.py", "graphs.py", "measure.py", "model.py", "schedule.py")
KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH", "CUDA_VISIBLE_DEVICES")
# What a project can keep: a trace of PyTorch's takes more room than all the others.
DENSE = ("--requests", "3", "--layers", "4")
EXPERTS = ("--requests", "8", "--experts", "8", "--layers", "4")
FEW_EXPERTS = ("--requests", "3", "--experts", "8", "--layers", "2")
# Wide enough that products are most of the work, as in a model that is served.
SAMPLE = ("--requests", "10", "--layers", "4", "--hidden", "4096")
# A chunk of a prompt and a decode step of one layer, kernel by kernel.
FEW = ("--requests", "5", "--layers", "1", "--steps", "6", "--no-graphs", "--no-counts", "--profiler-steps", "0", "5")
# Neither fills nor the many small steps between two products, which are all alike.
KERNELS = "regex:nvjet|gemm|cutlass|sdpa|flash|reduce|gather|index|softmax|SoftMax|TopK|bitonic|scatter|CatArray"
SECTIONS = ("SpeedOfLight_HierarchicalSingleRooflineChart", "SpeedOfLight_HierarchicalTensorRooflineChart", "SchedulerStats", "WarpStateStats")
TAKE_HOME_BYTES = 15_000_000


class Recording:
    def __init__(self, options):
        self.out = os.path.abspath(options.out)
        self.tools = os.path.join(self.out, "tools")
        self.until = time.monotonic() + options.seconds
        self.only = set(options.only or ())
        self.nsys_target = options.nsys_target
        self.device = options.device
        self.report = []
        os.makedirs(self.tools, exist_ok=True)
        # Started by a bare name beside it: no path of this machine is in what is recorded.
        for name in PROGRAM:
            shutil.copyfile(os.path.join(HERE, name), os.path.join(self.tools, name))
        self.environment = {
            name: os.environ[name] for name in KEPT_VARIABLES if os.environ.get(name)
        }
        self.environment.update(HOME=self.tools, LANG="C.UTF-8", PYTHONUNBUFFERED="1")

    def path(self, name):
        return os.path.join(self.out, name)

    def beside(self, name):
        """As the programs call it, which run in `tools`."""
        return os.path.join("..", name)

    def left(self):
        return self.until - time.monotonic()

    def part(self, name, writes, command, limit, stdout=None):
        """Runs one command; `writes` are the files it must leave. True where they are there."""
        wanted = [self.path(each) for each in writes]
        if self.only and name not in self.only:
            return all(map(filled, wanted))
        if all(map(filled, wanted)):
            return self.note(name, "there already", 0)
        if command is None:
            return False
        if self.left() < 20:
            return self.note(name, "no time left", 0)
        begun = time.monotonic()
        text, status = self.run(command, min(limit, self.left() - 5), stdout)
        missing = [each for each in writes if not filled(self.path(each))]
        # nsys ends with an error where it cannot make a report of what it has collected.
        if missing:
            for each in wanted:
                remove(each)
            state = "failed: %s; did not write %s" % (status, ", ".join(missing))
        else:
            state = "done" if status == "exit 0" else "done, but %s" % status
        return self.note(name, state, time.monotonic() - begun, command, text)

    def run(self, command, limit, stdout):
        """(the end of what was printed, how it ended)"""
        print("record: " + " ".join(command), flush=True)
        log = self.path("log.txt")
        with open(log, "a", encoding="utf-8") as file:
            file.write("\n$ %s\n" % " ".join(command))
            file.flush()
            start = file.tell()
            target = open(stdout, "wb") if stdout else file
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=target,
                    stderr=file,
                    env=self.environment,
                    cwd=self.tools,
                    start_new_session=True,
                )
                try:
                    status = "exit %d" % process.wait(timeout=limit)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    status = "stopped after %d s" % limit
            except OSError as error:
                return "", "cannot be started (%s)" % error
            finally:
                if stdout:
                    target.close()
        with open(log, encoding="utf-8", errors="replace") as file:
            file.seek(start)
            return file.read()[-3000:], status

    def note(self, name, state, seconds, command=None, text=""):
        entry = {"part": name, "state": state, "seconds": round(seconds, 1)}
        if command:
            entry["command"] = [each.replace(self.out, "OUT") for each in command]
            if state != "done":
                entry["printed"] = text.splitlines()[-25:]
        self.report.append(entry)
        print("record: %s: %s (%.1f s)" % (name, state, seconds), flush=True)
        if state.startswith("failed"):
            print("\n".join("record:   " + line for line in text.splitlines()[-12:]), flush=True)
        with open(self.path("report.json"), "w", encoding="utf-8") as file:
            json.dump(self.report, file, indent=1)
        return state.startswith(("done", "there"))

    # -- the parts

    def all(self):
        engine = [sys.executable, "engine.py", "--device", self.device]
        self.part(
            "machine",
            ["machine.csv"],
            ["nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.max.sm,clocks.max.memory,ecc.mode.current", "--format=csv"],
            30,
            stdout=self.path("machine.csv"),
        )
        self.part(
            "measured",
            ["measured.json"],
            [*engine, "--measure", "--truth", self.beside("measured.json")],
            90,
        )
        for name, size in (("dense", DENSE), ("experts", FEW_EXPERTS)):
            trace, truth = "%s.pt.trace.json.gz" % name, "%s.torch.truth.json" % name
            self.part(
                "torch " + name,
                [trace, truth],
                [*engine, *size, "--truth", self.beside(truth), "--trace", self.beside(trace)],
                120,
            )
        self.nsys(engine)
        self.ncu(engine)

    def nsys(self, engine):
        nsys = self.nsys_program()
        options = ["--trace=cuda,nvtx", "--sample=none", "--cpuctxsw=none", "--force-overwrite=true"]
        window = ["--capture-range=cudaProfilerApi", "--capture-range-end=stop"]
        for name, mode, size in (
            ("sample", "node", SAMPLE),
            ("experts", "node", EXPERTS),
            ("dense", "graph", DENSE),
        ):
            stem = "%s.nsys-%s" % (name, mode)
            writes = [stem + ".qdstrm", stem + ".truth.json"]
            command = nsys and [
                nsys, "profile", *options, *window, "--cuda-graph-trace=" + mode,
                "--output", self.beside(stem), *engine, *size, "--profiler-api",
                "--truth", self.beside(stem + ".truth.json"),
            ]
            if self.part("nsys %s %s" % (name, mode), writes, command, 120) or nsys is None:
                continue
            # Collected from beginning to end it at least holds nsys's own account of why.
            stem = "why.nsys-" + mode
            self.part(
                "nsys why " + mode,
                [stem + ".qdstrm"],
                [
                    nsys, "profile", *options, "--cuda-graph-trace=" + mode, "--output",
                    self.beside(stem), *engine, *FEW, "--truth", self.beside(stem + ".truth.json"),
                ],
                90,
            )
            break

    def nsys_program(self):
        """nsys as it came along; its folder must be called as NVIDIA calls it."""
        program = os.path.join(self.tools, "nsys/target-linux-x64/nsys")
        if not os.path.exists(program):
            if not self.nsys_target or not os.path.exists(self.nsys_target):
                self.note("nsys", "left out: --nsys-target names no file (pack.py writes it)", 0)
                return None
            try:
                with tarfile.open(self.nsys_target) as archive:
                    archive.extractall(self.tools)
            except (OSError, EOFError, tarfile.TarError) as error:
                self.note("nsys", "left out: %s cannot be unpacked (%s)" % (self.nsys_target, error), 0)
                return None
        return program

    def ncu(self, engine):
        ncu = shutil.which("ncu")
        if ncu is None:
            self.note("ncu", "left out: there is no ncu on the PATH", 0)
            return
        detailed = ["--set", "detailed", "--nvtx", "--kernel-name", KERNELS]
        for section in SECTIONS:
            detailed += ["--section", section]
        every = [(page, units) for page in ("raw", "details") for units in ("auto", "base")]
        runs = (
            # Two launches multiply the numbers, a third the matrices.
            ("large", 3, ["--set", "full"], ["--measure"], every),
            ("dense", 60, detailed, [*FEW], every),
            ("experts", 60, detailed, [*FEW, "--experts", "8"], [("raw", "base"), ("details", "auto")]),
        )
        for name, launches, sections, size, pages in runs:
            report = name + ".ncu-rep"
            stem = "%s.ncu" % name
            made = self.part(
                "ncu " + name,
                ["tools/" + report, stem + ".truth.json"],
                [
                    ncu, "--clock-control", "none", "--profile-from-start", "off", *sections,
                    "--launch-count", str(launches), "--force-overwrite", "--export", report,
                    *engine, *size, "--profiler-api", "--truth", self.beside(stem + ".truth.json"),
                ],
                130,
            )
            for page, units in pages:
                file = "%s.%s.%s.csv" % (stem, page, units)
                self.part(
                    "ncu %s %s %s" % (name, page, units),
                    [file],
                    made and [ncu, "--import", report, "--csv", "--page", page, "--print-units", units] or None,
                    60,
                    stdout=self.path(file),
                )

    def take_home(self):
        """Smallest first, as much as fits: a large one must not keep the others here."""
        names = [
            name
            for name in os.listdir(self.out)
            if os.path.isfile(self.path(name)) and name != "gpu.tar.gz"
        ]
        archive = self.path("gpu.tar.gz")
        chosen = []
        for name in sorted(names, key=lambda name: os.path.getsize(self.path(name))):
            with tarfile.open(archive, "w:gz") as file:
                for each in chosen + [name]:
                    file.add(self.path(each), each)
            if os.path.getsize(archive) > TAKE_HOME_BYTES:
                print("record: %s does not fit into the archive and stays" % name, flush=True)
                break
            chosen.append(name)
        else:
            return
        with tarfile.open(archive, "w:gz") as file:
            for each in chosen:
                file.add(self.path(each), each)


def filled(path):
    return os.path.exists(path) and os.path.getsize(path) > 0


def remove(path):
    if os.path.exists(path):
        os.remove(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True)
    parser.add_argument("--seconds", type=float, default=540, help="for all parts together")
    parser.add_argument("--nsys-target", help="what pack.py wrote")
    parser.add_argument("--device", default="cuda", help="cpu rehearses what a CPU can")
    parser.add_argument("--only", action="append", help="a part's name; may be given again")
    options = parser.parse_args()
    recording = Recording(options)
    try:
        recording.all()
    finally:
        recording.take_home()
    bad = [each for each in recording.report if not each["state"].startswith(("done", "there"))]
    print("record: %d parts, %d not done" % (len(recording.report), len(bad)))
    for each in bad:
        print("record:   %s: %s" % (each["part"], each["state"]))


if __name__ == "__main__":
    main()

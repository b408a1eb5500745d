"""What the kernel counts for a process, and how steady this machine is while we count."""

import os
import pathlib
import statistics
import time

TICK = os.sysconf("SC_CLK_TCK")
CPUS = sorted(os.sched_getaffinity(0))
# What serves gets a core of its own, the load and what stands behind a proxy the other.
SERVING = {CPUS[0]}
LOADING = {CPUS[-1]}


def processor_seconds(pids):
    """User and system time of all threads, those that ended included; to 1/TICK s."""
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def resident_megabytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"no process {pid}")


def private_megabytes(pid):
    """What nobody shares and no file holds."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"no process {pid}")


def told_memory(pid):
    """What is resident, and how much of it the process shares with nobody."""
    resident, private = resident_megabytes(pid), private_megabytes(pid)
    return (
        f"{resident:.1f} MB resident, {private:.1f} MB of it its own, the rest pages of files "
        "that the system can have back"
    )


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def pin(pid, cpus):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cpus)


def stored_bytes(*paths):
    """(bytes of the files, bytes that the disk gives for them)"""
    size = given = 0
    for path in map(pathlib.Path, paths):
        files = [path] if path.is_file() else path.rglob("*")
        for file in files:
            if file.is_file():
                status = file.stat()
                size += status.st_size
                given += status.st_blocks * 512
    return size, given


class Noise:
    """The same work again and again between runs: what differs there is the machine's doing."""

    def __init__(self):
        self.samples = []

    def sample(self):
        affinity = os.sched_getaffinity(0)
        os.sched_setaffinity(0, SERVING)
        begin, value = time.thread_time(), 1
        for _ in range(400_000):
            value = value * 1_103_515_245 + 12_345 & 0x7FFF_FFFF
        self.samples.append(time.thread_time() - begin)
        os.sched_setaffinity(0, affinity)

    def spread(self):
        return spread(self.samples)


def spread(values):
    """From the least to the most, as a part of the median; 0 says the same each time."""
    if len(values) < 2:
        return 0.0
    return (max(values) - min(values)) / statistics.median(values)


median = statistics.median

"""What the process itself takes: memory and time."""

import time

import machine
from lineside import Site
from rows import Result

EMPTY = [
    {"id": "1000000000000001", "type": "tab", "label": "Empty", "disabled": False, "info": ""}
]
INSTANCES = 10


# What a page of the user interface asks for.
LISTS = [
    "/user", "/teams", "/alarms", "/instances", "/devices", "/device-groups", "/deployments",
    "/recipes", "/stacks", "/audit",
]
SECONDS = 60


def idle(bench):
    """The appliance gives back what its start has needed. What somebody who works with it brings
    back counts, so a minute of that comes before each value."""
    values, early = [], []
    for number in range(min(bench.rounds, 3)):
        with Site(bench.executable, bench.place / f"idle-{number}") as site:
            site.sign_in()
            early.append(machine.resident_megabytes(site.pid))
            for _ in range(SECONDS):
                for path in LISTS:
                    site.ask("GET", path)
                site.plain("GET", "/")
                time.sleep(1)
            values.append(machine.resident_megabytes(site.pid))
            told = machine.told_memory(site.pid)
            bench.noise.sample()
    return Result(
        "MB", 25, values,
        notes=[
            f"a user signed in and looked through the lists for {SECONDS} s; right after the "
            f"start {machine.median(early):.1f} MB",
            f"at last {told}",
        ],
    )


def start(bench):
    """The first start makes keys and tables: the second and later ones count."""
    state = bench.place / "start"
    values, spent = [], []
    with Site(bench.executable, state, keeps=True) as site:
        first = site.started
    for _ in range(max(bench.rounds, 5)):
        bench.noise.sample()
        with Site(bench.executable, state, keeps=True) as site:
            values.append(site.started)
            spent.append(machine.processor_seconds([site.pid]) * 1000)
    return Result(
        "ms", 100, values,
        notes=[
            f"until GET / is answered, {machine.median(spent):.0f} ms of them processor time; "
            f"the very first start {first:.0f} ms"
        ],
    )


def instance(bench):
    """Memory that each further instance adds to the appliance; practice runtimes, since what
    Node-RED takes itself is left out."""
    with Site(bench.executable, bench.place / "instances") as site:
        site.sign_in()
        values, before = [], None
        for group in range(bench.rounds + 1):
            made = [
                site.make_instance(f"Line {group}-{number}", EMPTY)["id"]
                for number in range(INSTANCES)
            ]
            for identity in made:
                site.wait_running(identity)
            # Samples of usage, log tails, the first probes.
            time.sleep(6)
            now = machine.resident_megabytes(site.pid)
            if before is not None:
                values.append(max((now - before) / INSTANCES, 0))
            before = now
            bench.noise.sample()
    total = INSTANCES * (bench.rounds + 1)
    return Result("MB", 0.5, values, notes=[f"{before:.1f} MB with {total} instances running"])

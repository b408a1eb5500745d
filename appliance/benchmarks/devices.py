"""Devices that are not there: how an appliance bears a thousand of them, and ten.

Each has a certificate of its own (made through a counted bundle over the real enrolment, kept in
`.build/bench/devices` between runs of the same site) and its own MQTT connection over TLS. They
share one process and the machine with the appliance: what is measured holds both. Node-RED itself
is not fetched; manifest, flows and all chunks of them are, and their digests are checked.
"""

import contextlib
import io
import json
import os
import resource
import subprocess
import tarfile
import threading
import time

import machine
from lineside import Site
from rows import Result

COUNT = 1_000
MANY = 10_000
# Seconds; devices say how they are each minute, so that is in it twice.
REST = 130
FLOWS = [
    {"id": "2000000000000001", "type": "tab", "label": "Line", "disabled": False, "info": ""},
] + [
    {
        "id": f"2{number:015x}", "type": "function", "z": "2000000000000001",
        "name": f"Step {number}", "func": f"msg.payload = {number};\nreturn msg;", "outputs": 1,
        "x": 100, "y": 40 * number, "wires": [[]],
    }
    for number in range(2, 42)
]


class Simulation:
    """Context manager: `lineside agent --simulate`."""

    def __init__(self, site, count, cache, bundle, *options):
        self.site, self.count, self.cache = site, count, cache
        self.bundle, self.options = bundle, options
        self.tally = {}

    def __enter__(self):
        self.child = subprocess.Popen(
            [
                str(self.site.executable), "agent", "--simulate", str(self.count), "--cache",
                str(self.cache), "--bundle", str(self.bundle), "--server",
                f"127.0.0.1:{self.site.port}", *self.options,
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=(self.site.state.parent / "simulation.log").open("a"),
        )
        self.changed = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.say("quit")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(20)
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()

    def listen(self):
        for line in self.child.stdout:
            with self.changed:
                self.tally.update(json.loads(line), at=time.monotonic())
                self.changed.notify_all()
        with self.changed:
            self.tally["over"] = True
            self.changed.notify_all()

    def say(self, word):
        self.child.stdin.write(f"{word}\n")
        self.child.stdin.flush()

    def wait(self, what, is_so, seconds=300):
        """Seconds from now until it was so, by the clock of the tally's line."""
        begin = time.monotonic()
        with self.changed:
            while not is_so(self.tally):
                if self.tally.get("over") or time.monotonic() - begin > seconds:
                    raise LookupError(f"{what} in vain: {self.tally}")
                self.changed.wait(1)
            return self.tally["at"] - begin

    def connected(self):
        return self.wait("connections", lambda tally: tally.get("connected") == self.count)


def descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def small_stack(place):
    """What looks like Node-RED and is never run: devices that are not there fetch none of it."""
    path = place / "stack.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in {
            "package/package.json": json.dumps({"name": "node-red", "version": "4.1.3"}),
            "package/red.js": "// Never run.\n",
        }.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


class Plant:
    """A site with a stack, a snapshot, and a bundle that lets so many devices in."""

    def __init__(self, bench, count):
        descriptors()
        place = bench.place / f"devices-{count}"
        self.site = bench.keep(Site(bench.executable, place))
        self.site.sign_in()
        subprocess.run(
            [
                str(bench.executable), "stack", "add", str(small_stack(bench.place)), "--state",
                str(place),
            ],
            check=True, stdout=subprocess.DEVNULL,
        )
        token = self.site.ask(
            "POST", "/enrolment-tokens",
            {
                "kind": "bundle", "name": "bench", "uses": count,
                "applicationId": self.site.application,
            },
        )
        self.bundle = bench.place / f"bench-{count}.enrol"
        self.bundle.write_text(token["bundle"])
        self.cache = bench.place / f"cache-{count}"
        self.number = 0
        instance = self.site.make_instance("Source", FLOWS, start=False)
        self.instance = instance["id"]

    def simulation(self, count, *options):
        return Simulation(self.site, count, self.cache, self.bundle, *options)

    def snapshot(self):
        """Each with other flows."""
        self.number += 1
        flows = [dict(FLOWS[0], info=f"Change {self.number}"), *FLOWS[1:]]
        self.site.ask("PUT", f"/instances/{self.instance}/flows", {"flows": flows})
        return self.site.ask(
            "POST", f"/instances/{self.instance}/snapshots", {"name": f"Change {self.number}"}
        )["id"]

    def devices(self):
        found, cursor = [], ""
        while cursor is not None:
            page = self.site.ask("GET", f"/devices?limit=200{cursor}")
            found += [device["id"] for device in page["items"]]
            cursor = f"&cursor={page['next']}" if page["next"] else None
        return found

    def deploy(self, devices, seconds=300):
        """Seconds until the appliance has every acknowledgement."""
        snapshot = self.snapshot()
        begin = time.monotonic()
        deployment = self.site.ask(
            "POST", "/deployments",
            {
                "applicationId": self.site.application, "snapshotId": snapshot,
                "deviceIds": devices,
                "plan": {"canary": 0, "percent": [100], "soakSeconds": 0},
            },
        )["id"]
        while True:
            now = self.site.ask("GET", f"/deployments/{deployment}")
            spent = time.monotonic() - begin
            if now["counts"]["updated"] == len(devices):
                return spent
            if spent > seconds or now["state"] in ("stopped", "cancelled"):
                raise LookupError(f"the deployment is {now['state']}: {now['counts']}")
            time.sleep(0.1)


def shared(bench):
    """The rows of a thousand devices share one plant."""
    if not hasattr(bench, "plant"):
        bench.plant = Plant(bench, COUNT)
        bench.simulation = bench.keep(bench.plant.simulation(COUNT))
        bench.simulation.connected()
    return bench.plant, bench.simulation


def memory(bench):
    plant, _ = shared(bench)
    early = machine.resident_megabytes(plant.site.pid)
    values = []
    # Memory is given back after some rest; then devices say how they are each minute.
    time.sleep(REST)
    for _ in range(bench.rounds):
        time.sleep(3)
        values.append(machine.resident_megabytes(plant.site.pid))
        bench.noise.sample()
    return Result(
        "MB", 60, values,
        notes=[
            f"{COUNT} devices connected over TLS and left alone for {REST} s; right after the "
            f"last came {early:.1f} MB",
            machine.told_memory(plant.site.pid),
        ],
    )


def deploy(bench):
    plant, simulation = shared(bench)
    devices = plant.devices()
    values = []
    for _ in range(bench.rounds):
        values.append(plant.deploy(devices))
        bench.noise.sample()
    tally = simulation.tally
    return Result(
        "s", 5, values,
        notes=[
            f"{COUNT} devices fetched, checked and reported; {tally['fetchFaults']} tries again, "
            f"load and appliance on the same {os.cpu_count()} cores"
        ],
    )


def storm(bench):
    plant, simulation = shared(bench)
    resumed, fresh = [], []
    for _ in range(bench.rounds):
        for word, values in (("drop", resumed), ("drop fresh", fresh)):
            target = simulation.tally["connections"] + COUNT
            simulation.say(word)
            values.append(
                simulation.wait(
                    word,
                    lambda tally: tally["connections"] >= target and tally["connected"] == COUNT,
                )
            )
        bench.noise.sample()
    return Result(
        "s", 10, resumed,
        notes=[
            f"{COUNT} connections lost at once; without session resumption "
            f"{machine.median(fresh):.1f} s (target 20)"
        ],
    )


def many(bench):
    """The appliance needs two descriptors for each device, and keeps an eighth of all for handshakes
    and one for those who are no devices; the simulation needs one."""
    count = min(MANY, (descriptors() - 128) * 3 // 8 - 100)
    plant = Plant(bench, count)
    simulation = bench.keep(plant.simulation(count))
    spent = simulation.connected()
    values = [plant.deploy(plant.devices(), 600) for _ in range(min(bench.rounds, 2))]
    return Result(
        "s", 60 * count / MANY, values,
        notes=[
            f"{count} devices (target for {MANY}: 60 s), connected in {spent:.0f} s; "
            f"all that fit into {descriptors()} descriptors of one process",
            machine.told_memory(plant.site.pid),
        ],
    )


def agent(bench):
    """One real agent without anything to run: what it takes beside Node-RED."""
    plant = Plant(bench, 1)
    place = bench.place / "agent"
    program = str(bench.executable)
    subprocess.run(
        [program, "agent", "enrol", str(plant.bundle), "--state", str(place)],
        check=True, stdout=subprocess.DEVNULL,
    )
    child = subprocess.Popen(
        [program, "agent", "--state", str(place)],
        stdout=subprocess.DEVNULL, stderr=(bench.place / "agent.log").open("a"),
    )
    try:
        begin = time.monotonic()
        while not plant.site.ask("GET", "/devices")["items"][0]["connected"]:
            if time.monotonic() - begin > 30:
                raise LookupError("the agent does not connect")
            time.sleep(0.1)
        early = machine.resident_megabytes(child.pid)
        # It gives back what its start has needed, and then says how it is each minute.
        time.sleep(REST)
        before = machine.processor_seconds([child.pid])
        values = []
        for _ in range(bench.rounds):
            time.sleep(3)
            values.append(machine.resident_megabytes(child.pid))
            bench.noise.sample()
        spent = (machine.processor_seconds([child.pid]) - before) * 1000
        told = machine.told_memory(child.pid)
    finally:
        child.terminate()
        child.wait()
    return Result(
        "MB", 15, values,
        notes=[
            f"connected for {REST} s; right after it came {early:.1f} MB",
            f"{told}; {spent:.0f} ms of processor in {bench.rounds * 3} s",
        ],
    )

"""What a long history costs: its place on the disk, and the time to look at it."""

import json
import random
import time

import flows
import machine
from lineside import Site
from rows import Result

COUNT = 1_000
READS = 60


class History:
    """An instance with many versions of a flow of 1 MB; made once for all rows."""

    def __init__(self, bench):
        self.site = bench.keep(Site(bench.executable, bench.place / "versions"))
        self.site.sign_in()
        self.instance = self.site.make_instance("History", flows.EMPTY, start=False)["id"]
        site, draw = self.site, random.Random(7)
        path = f"/instances/{self.instance}/flows"
        before = self.stored()
        nodes = flows.make(draw, 1_000_000)
        self.ids, self.size, begin = [], 0, time.perf_counter()
        self.cost = machine.processor_seconds([site.pid])
        for number in range(bench.versions):
            if number:
                flows.edit(draw, nodes)
            version = site.ask("PUT", path, {"flows": nodes})
            self.ids.append(version["id"])
            self.size += len(json.dumps(nodes, separators=(",", ":"), ensure_ascii=False).encode())
            if number % 100 == 0:
                bench.noise.sample()
        self.seconds = time.perf_counter() - begin
        self.cost = machine.processor_seconds([site.pid]) - self.cost
        # The vault may put off what it need not do at once.
        time.sleep(5)
        after = self.stored()
        self.added = [now - then for now, then in zip(after, before)]
        self.nodes = len(nodes)

    def stored(self):
        state = self.site.state
        databases = sorted(state.glob("registry.db*"))
        return machine.stored_bytes(state / "vault", *databases)

    def text(self, identity):
        begin = time.perf_counter()
        status, _, text = self.site.plain(
            "GET", f"/api/v1/instances/{self.instance}/versions/{identity}/flows"
        )
        if status != 200:
            raise LookupError(f"version {identity}: {status}")
        return text, (time.perf_counter() - begin) * 1000


def versions(bench):
    history = bench.history()
    size, given = history.added
    return Result(
        "%", 3, [given / history.size * 100],
        notes=[
            f"{bench.versions} versions of {history.nodes} nodes, {history.size / 1e6:,.0f} MB: "
            f"{given / 1e6:.1f} MB of the disk, {size / 1e6:.1f} MB in files, registry included",
            f"a deploy: {history.seconds / bench.versions * 1000:.0f} ms, "
            f"{history.cost / bench.versions * 1000:.0f} ms of processor time",
        ],
    )


def version_read(bench):
    """Any version through the API, beyond reading a plain file with the same bytes."""
    history = bench.history()
    draw = random.Random(11)
    plain = bench.place / "plain.json"
    values = []
    for identity in draw.choices(history.ids, k=READS):
        text, took = history.text(identity)
        plain.write_bytes(text)
        begin = time.perf_counter()
        plain.read_bytes()
        values.append(took - (time.perf_counter() - begin) * 1000)
    bench.noise.sample()
    worst = max(values)
    return Result(
        "ms", 20, values, notes=[f"{READS} versions at random over HTTPS; the worst {worst:.0f} ms"]
    )


def compare(bench):
    history = bench.history()
    pairs = [(history.ids[0], history.ids[-1]), (history.ids[-2], history.ids[-1])]
    site, values = history.site, []
    before, count = machine.processor_seconds([site.pid]), 0
    for _ in range(max(bench.rounds, 5)):
        for first, last in pairs:
            body = json.dumps({"from": {"version": first}, "to": {"version": last}})
            begin = time.perf_counter()
            status, _, answer = site.plain("POST", "/api/v1/comparisons", body)
            if status in (404, 405):
                return None
            if status != 200:
                raise LookupError(f"comparing: {status} {answer[:200].decode()}")
            values.append((time.perf_counter() - begin) * 1000)
            count += 1
        bench.noise.sample()
    cost = (machine.processor_seconds([site.pid]) - before) / count * 1000
    return Result(
        "ms", 50, values,
        notes=[f"{history.nodes} nodes, neighbours and first with last; {cost:.0f} ms of processor"],
    )

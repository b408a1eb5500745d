"""Requests from wrk, and what they cost the processes that answered them."""

import re
import subprocess

import machine
import peers

# As many as a plant's browsers, and enough that the server never waits for the load.
CONNECTIONS = 32


class Failed(Exception):
    """Not all was answered with 200."""


def cost(pids, url, headers, seconds):
    """Microseconds of processor time for a request."""
    command = [
        peers.FILES / "usr/bin/wrk", "-t", "1", "-c", CONNECTIONS, "-d", f"{seconds}s", url,
    ]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    for pid in pids:
        machine.pin(pid, machine.SERVING)
    before = machine.processor_seconds(pids)
    child = subprocess.Popen(
        list(map(str, command)), env=peers.environment(), stdout=subprocess.PIPE, text=True
    )
    machine.pin(child.pid, machine.LOADING)
    output, _ = child.communicate(timeout=seconds + 60)
    spent = machine.processor_seconds(pids) - before
    if "Non-2xx" in output or "Socket errors" in output:
        raise Failed(f"{url}: {' '.join(output.split())[-200:]}")
    count = int(re.search(r"(\d+) requests in", output).group(1))
    if count < 100:
        raise Failed(f"{url}: only {count} requests were answered")
    return spent / count * 1e6


def alternate(ours, peer, rounds, seconds, noise):
    """Costs of both, in pairs: ours, peer, ours, peer … after one round that warms up."""
    for side in (ours, peer):
        cost(*side, 1)
    pairs = []
    for number in range(rounds):
        # Who comes first takes turns too.
        order = (0, 1) if number % 2 == 0 else (1, 0)
        pair = [0.0, 0.0]
        for side in order:
            noise.sample()
            pair[side] = cost(*(ours, peer)[side], seconds)
        pairs.append(pair)
    noise.sample()
    return pairs

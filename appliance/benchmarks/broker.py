"""The site broker: Debian's Mosquitto with our plugin, configured as the appliance does it. The
clients are bare sockets, since what is measured is the broker and not a client."""

import contextlib
import hashlib
import os
import pathlib
import resource
import select
import socket
import subprocess
import time

import load
from rows import Result

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEVICES = 10_000
CLIENTS = 1_000
RULES = """s ff/v1/%t/d/%d/command
s ff/v1/%t/a/%a/command
p ff/v1/%t/d/%d/status
p ff/v1/%t/d/%d/logs
p ff/v1/%t/d/%d/resources
p ff/v1/%t/d/%d/response/#
p ff/v1/%t/p/dev:%d/out/#
s ff/v1/%t/p/+/out/#
p ff/v1/%t/c/#
s ff/v1/%t/c/#
"""


def text(value):
    value = value.encode()
    return len(value).to_bytes(2, "big") + value


def packet(first, body):
    size, left = b"", len(body)
    while True:
        size += bytes([left & 127 | (128 if left > 127 else 0)])
        left >>= 7
        if not left:
            return bytes([first]) + size + body


class Client:
    """One connection, MQTT 3.1.1, QoS 0 but for what is to be acknowledged."""

    def __init__(self, place, name, password):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        # The kernel's queue of a listener in Mosquitto holds 100.
        self.socket.connect(str(place / "link.sock"))
        self.buffer = b""
        body = text("MQTT") + b"\4\xc2\0\0" + text(name) + text(name) + text(password)
        self.socket.sendall(packet(0x10, body))
        if self.take() != (0x20, b"\0\0"):
            raise load.Failed(f"{name} was not let in")

    def take(self):
        while True:
            done = self.cut()
            if done:
                return done
            got = self.socket.recv(1 << 20)
            if not got:
                return None
            self.buffer += got

    def cut(self):
        size, at = 0, 1
        while True:
            if at >= len(self.buffer):
                return None
            size |= (self.buffer[at] & 127) << 7 * (at - 1)
            at += 1
            if not self.buffer[at - 1] & 128:
                break
        if len(self.buffer) < at + size:
            return None
        first, body = self.buffer[0], self.buffer[at : at + size]
        self.buffer = self.buffer[at + size :]
        return first, body

    def subscribe(self, topic):
        self.socket.sendall(packet(0x82, b"\0\1" + text(topic) + b"\0"))
        first, body = self.take()
        if first != 0x90 or body[2] > 2:
            raise load.Failed(f"{topic} was refused")

    def publish(self, topic, payload):
        self.socket.sendall(packet(0x30, text(topic) + payload))

    def control(self, verb, body=b""):
        self.publish("$CONTROL/lineside/v1", f"tag {verb}\n".encode() + body)
        while True:
            first, body = self.take()
            if first >> 4 != 3:
                continue
            size = int.from_bytes(body[:2], "big")
            if body[2 : 2 + size].endswith(b"/answer"):
                answer = body[2 + size :].decode()
                if " ok " not in answer:
                    raise load.Failed(answer)
                return


@contextlib.contextmanager
def broker(bench):
    place = bench.place / f"broker-{time.monotonic_ns()}"
    place.mkdir()
    source = ROOT / "Sources/BrokerPlugin"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O2", "-fvisibility=hidden", str(source / "plugin.c"),
         str(source / "access.c"), str(source / "retained.c"),
         str(source / "pressure.c"), "-lcrypto", "-o", str(place / "plugin.so")], check=True)
    secret = hashlib.sha256(os.urandom(32)).hexdigest()
    (place / "secrets").write_text(f"link {secret}\ncertificate {secret[::-1]}\n")
    (place / "access").write_text("lineside-access 1\ng 1\ne 1\n")
    lines = [
        "per_listener_settings false", f"plugin {place}/plugin.so",
        f"plugin_opt_access {place}/access", f"plugin_opt_secrets {place}/secrets",
        "allow_anonymous false", "connection_messages false", "set_tcp_nodelay true",
        "max_inflight_messages 20", "max_queued_messages 10000", "message_size_limit 16777216",
        "sys_interval 10", f"listener 0 {place}/link.sock",
    ]
    if os.geteuid() == 0:
        lines.insert(0, "user root")
    (place / "mosquitto.conf").write_text("\n".join(lines) + "\n")
    with open(place / "log", "wb") as log:
        process = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", str(place / "mosquitto.conf")], stderr=log, stdout=log)
    try:
        limit = time.monotonic() + 30
        while not (place / "link.sock").exists() or not (place / "log").read_text().count("running"):
            if time.monotonic() > limit or process.poll() is not None:
                raise load.Failed("mosquitto did not start: " + (place / "log").read_text()[-300:])
            time.sleep(0.01)
        link = Client(place, "lineside", secret)
        yield place, link
    finally:
        process.terminate()
        process.wait()


def user(number, digest):
    return f"u device:team:d{number:05} - {digest} dev t=team d=d{number:05} a=app\n"


def change(generation, lines):
    return f"g {generation}\n{''.join(lines)}e {generation}\n".encode()


PASSWORD = "x" * 43
DIGEST = hashlib.sha256(PASSWORD.encode()).hexdigest()
SET = f"r dev {RULES.count(chr(10))}\n{RULES}"


def credentials(bench):
    """All in changes of 100, as they come when devices enrol; then from the file, as at a start."""
    values, files = [], []
    for _ in range(bench.rounds):
        bench.noise.sample()
        with broker(bench) as (place, link):
            begin = time.perf_counter()
            for part in range(DEVICES // 100):
                lines = [user(n, DIGEST) for n in range(part * 100, part * 100 + 100)]
                link.control("change", change(part + 2, [SET] + lines if part == 0 else lines))
            values.append(time.perf_counter() - begin)
            lines = [SET] + [user(n, DIGEST) for n in range(DEVICES)]
            (place / "access").write_bytes(b"lineside-access 1\n" + change(9000, lines))
            begin = time.perf_counter()
            link.control("load")
            files.append(time.perf_counter() - begin)
    return Result(
        "s", 2, values, notes=[f"from the file {sorted(files)[len(files) // 2] * 1000:.0f} ms"])


def revoke(bench):
    """With 10,000 users and 1,000 of them connected: from the change to the end of the connection."""
    values = []
    with crowd(bench) as (_, link, clients):
        for number in range(max(bench.rounds, 20)):
            begin = time.perf_counter()
            link.publish(
                "$CONTROL/lineside/v1",
                b"tag change\n" + change(3 + number, [f"d device:team:d{number:05}\n"]))
            if clients[number].take() is not None:
                raise load.Failed("the client got something else")
            values.append((time.perf_counter() - begin) * 1000)
    return Result("ms", 10, values, notes=[f"the longest of {len(values)}: {max(values):.1f} ms"])


def command(bench):
    """One message that 1,000 clients have subscribed to, until the last has it."""
    values = []
    with crowd(bench, topic="ff/v1/team/a/app/command") as (_, link, clients):
        poll = select.epoll()
        by_number = {client.socket.fileno(): client for client in clients}
        for number in by_number:
            poll.register(number, select.EPOLLIN)
        for _ in range(max(bench.rounds, 10)):
            bench.noise.sample()
            begin = time.perf_counter()
            link.publish("ff/v1/team/a/app/command", b'{"command":"update"}')
            missing = CLIENTS
            while missing:
                for number, _ in poll.poll(10):
                    missing -= 1
                    by_number[number].socket.recv(4096)
            values.append((time.perf_counter() - begin) * 1000)
    return Result("ms", 50, values, notes=[f"the longest of {len(values)}: {max(values):.1f} ms"])


@contextlib.contextmanager
def crowd(bench, topic=None):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    with broker(bench) as (place, link):
        lines = [SET] + [user(n, DIGEST) for n in range(DEVICES)]
        link.control("change", change(2, lines))
        clients = []
        for number in range(CLIENTS):
            client = Client(place, f"device:team:d{number:05}", PASSWORD)
            client.subscribe(topic or f"ff/v1/team/d/d{number:05}/command")
            clients.append(client)
        try:
            yield place, link, clients
        finally:
            for client in clients:
                client.socket.close()

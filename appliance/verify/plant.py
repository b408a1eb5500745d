"""A plant for the checks of devices: the appliance in one network namespace with Mosquitto, devices
with `lineside agent` in others, links between them that lose packets and are cut.

Needs root for network namespaces.
"""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

import leftovers

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINESIDE = pathlib.Path(os.environ.get("LINESIDE", ROOT / ".build/debug/lineside"))
STACK = os.environ.get("LINESIDE_TEST_STACK", "")
PASSWORD = "correct horse battery"
# Seconds; only a failure takes so long, on a machine that has something else to do too.
LIMIT = int(os.environ.get("LINESIDE_CHECK_SECONDS", "240"))
SERVER, PORT = "10.77.0.1", 9443
CLONE_NEWNET = 0x40000000
TOOLS = ("ip", "nft", "mosquitto", "faketime")


def say(sentence):
    print(f"ok    {sentence}", flush=True)


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.returncode} {done.stderr}{done.stdout}")
    return done.stdout


def until(sentence, look, pause=0.2):
    """What `look` returns, once it is true; the last word where it never is."""
    end = time.monotonic() + LIMIT
    last = None
    while time.monotonic() < end:
        last = look()
        if last:
            return last
        time.sleep(pause)
    raise AssertionError(f"never: {sentence}")


class Network:
    """A namespace for the site and one for each device, on one bridge; gone with the check."""

    def __init__(self, cells=1):
        mark = os.getpid()
        self.site = f"ls-site-{mark}"
        self.cells = [f"ls-cell-{mark}-{number}" for number in range(cells)]
        run("ip", "netns", "add", self.site)
        run("ip", "-n", self.site, "link", "add", "plant", "type", "bridge")
        run("ip", "-n", self.site, "addr", "add", f"{SERVER}/24", "dev", "plant")
        for link in ("lo", "plant"):
            run("ip", "-n", self.site, "link", "set", link, "up")
        for number, cell in enumerate(self.cells):
            run("ip", "netns", "add", cell)
            run("ip", "link", "add", f"port{number}", "netns", self.site, "type", "veth",
                "peer", "name", "edge", "netns", cell)
            run("ip", "-n", self.site, "link", "set", f"port{number}", "master", "plant", "up")
            run("ip", "-n", cell, "addr", "add", f"{self.address(number)}/24", "dev", "edge")
            for link in ("lo", "edge"):
                run("ip", "-n", cell, "link", "set", link, "up")

    @staticmethod
    def address(number):
        return f"10.77.0.{number + 2}"

    def cut(self, number=0):
        run("ip", "-n", self.cells[number], "link", "set", "edge", "down")

    def heal(self, number=0):
        run("ip", "-n", self.cells[number], "link", "set", "edge", "up")

    def lose(self, percent, number=0):
        rules = "flush ruleset\n"
        if percent:
            rules += (
                "table inet loss {\n chain input {\n  type filter hook input priority 0;\n"
                f'  iifname "edge" numgen random mod 100 < {percent} drop\n }}\n}}\n'
            )
        run("ip", "netns", "exec", self.cells[number], "nft", "-f", "-", input=rules)

    def enter(self):
        """This thread and what it starts live in the site's namespace from now on."""
        with open(f"/run/netns/{self.site}") as place:
            if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    def remove(self):
        for name in (self.site, *self.cells):
            subprocess.run(["ip", "netns", "del", name], check=False)


class Program:
    """A process of ours whose standard output is read until it says that it is ready."""

    def __init__(self, command, place):
        # What it leaves behind is found by the directory that it works in.
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=place)
        for line in self.process.stdout:
            if line.startswith("ready"):
                break
        else:
            raise AssertionError(f"did not start: {command}, {self.process.wait()}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()


class Refusal(AssertionError):
    def __init__(self, method, path, error):
        self.status, text = error.code, error.read().decode()
        try:
            self.problem = json.loads(text)
        except ValueError:
            self.problem = {}
        super().__init__(f"{method} {path}: {self.status} {text}")


class Site:
    def __init__(self, place):
        self.place = place
        self.directory = f"{place}/site"
        self.cookie = self.token = None
        self.start()
        self.token = self.call("POST", "session", {"username": "ada", "password": PASSWORD})["csrf"]

    def start(self):
        self.program = Program([
            str(LINESIDE), "serve", "--state", self.directory, "--listen", SERVER,
            "--port", str(PORT), "--practice", "--admin", f"ada:{PASSWORD}",
        ], self.place)

    def call(self, method, path, body=None):
        url = f"https://{SERVER}:{PORT}"
        request = urllib.request.Request(f"{url}/api/v1/{path}", method=method)
        request.add_header("Origin", url)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if self.cookie:
            request.add_header("Cookie", self.cookie)
            request.add_header("X-Lineside-Csrf", self.token or "")
        context = ssl._create_unverified_context()
        try:
            with urllib.request.urlopen(request, context=context, timeout=LIMIT) as answer:
                if answer.headers.get("Set-Cookie"):
                    self.cookie = answer.headers["Set-Cookie"].split(";")[0]
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            raise Refusal(method, path, error) from None

    def add_stack(self):
        if STACK:
            run(str(LINESIDE), "stack", "add", STACK, "--state", self.directory)
            say("a real Node-RED is on the server")

    def application(self):
        """(team, application) of the first run."""
        team = self.call("GET", "teams")["items"][0]["id"]
        return team, self.call("GET", f"teams/{team}/applications")["items"][0]["id"]

    def snapshot(self, application, name, flows):
        instance = self.call(
            "POST", f"applications/{application}/instances", {"name": name, "start": False})
        self.call(
            "PUT", f"instances/{instance['id']}/flows", {"flows": flows, "credentials": {}})
        versions = self.call("GET", f"instances/{instance['id']}/versions")["items"]
        return self.call(
            "POST", f"instances/{instance['id']}/snapshots",
            {"name": name, "version": versions[0]["id"]})

    def bundle(self, name, **more):
        team, application = self.application()
        made = self.call("POST", "enrolment-tokens", {
            "kind": "bundle", "name": name, "teamId": team, "applicationId": application, **more})
        file = pathlib.Path(self.place, f"{made['token']['id']}.enrol")
        file.write_text(made["bundle"])
        return str(file)


class Edge:
    """A device: its agent and what it says of itself."""

    def __init__(self, network, place, number=0):
        self.inside = ["ip", "netns", "exec", network.cells[number]]
        self.address = network.address(number)
        self.place = place
        self.directory = f"{place}/edge-{number}"
        self.program = None
        self.id = None

    def enrol(self, bundle, clock=None):
        before = ["faketime", clock] if clock else []
        text = run(
            *self.inside, *before, str(LINESIDE), "agent", "enrol", bundle, "--state", self.directory)
        self.id = text.split("(")[-1].split(")")[0]

    def start(self, *before):
        self.program = Program([
            *self.inside, *before, str(LINESIDE), "agent", "--state", self.directory, "--practice",
            "--stop-node-red",
        ], self.place)

    def stop(self):
        if self.program:
            self.program.stop()

    def command(self, *words, **more):
        return run(*self.inside, str(LINESIDE), "agent", *words, "--state", self.directory, **more)

    def status(self):
        return json.loads(self.command("status", "--json"))

    def page(self, path):
        """What the device's own Node-RED answers on its own network, or nothing."""
        done = subprocess.run(
            [*self.inside, "curl", "-s", "-m", "5", "-w", "\n%{http_code}",
             f"http://127.0.0.1:1880{path}"], capture_output=True, text=True, check=False)
        text, _, status = done.stdout.rpartition("\n")
        return text if status == "200" else None


def flows(text, *more):
    """One that answers on a path of the device's own Node-RED."""
    return [
        {"id": "t1", "type": "tab", "label": "Line"},
        {"id": "h1", "type": "http in", "z": "t1", "url": "/state", "method": "get", "wires": [["f1"]]},
        {"id": "f1", "type": "function", "z": "t1", "func": f"msg.payload = '{text}'; return msg;",
         "outputs": 1, "wires": [["r1"]]},
        {"id": "r1", "type": "http response", "z": "t1", "wires": []},
        *more,
    ]


def kill_below(place, name):
    """By process id: every process of that name whose command line names the check's directory."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode().split("\0")
            if pathlib.Path(command[0]).name == name and any(place in word for word in command):
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            pass  # It has gone.



def walk(check, cells=1):
    """Runs `check(network, place)` in a plant of its own, or says why not."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if os.geteuid() != 0 or missing:
        print(f"left out: needs root and {', '.join(missing) or 'network namespaces'}")
        return
    place = tempfile.mkdtemp(prefix="ls-dev-")
    network = Network(cells)
    try:
        network.enter()
        check(network, place)
    finally:
        leftovers.clear(place)
        network.remove()

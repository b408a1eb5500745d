"""A Debian of its own for the checks of packages: a root from debootstrap, booted with its own
systemd by systemd-nspawn, without any network but its loopback.

What such a machine cannot show: limits by control groups where the kernel under it has them bound
to version 1, AppArmor, and the boot of a kernel.
"""

import ctypes
import http.client
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request

CLONE_NEWNET = 0x40000000
# Seconds; only a failure takes so long, on a machine that has something else to do too.
LIMIT = 600
TOOLS = ("systemd-nspawn", "debootstrap", "nsenter")
PASSWORD = "correct horse battery"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "lineside"


def say(sentence):
    print(f"ok    {sentence}", flush=True)


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        words = " ".join(str(word) for word in command)
        raise AssertionError(f"{words}: {done.returncode} {done.stderr}{done.stdout}")
    return done.stdout


def until(sentence, look, pause=0.3):
    """What `look` returns, once it is true."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        last = look()
        if last:
            return last
        time.sleep(pause)
    raise AssertionError(f"never: {sentence}")


def base(codename="bookworm"):
    """A root with nothing but what Debian calls required, and systemd; made once and kept."""
    root = CACHE / f"debian-{codename}"
    if (root / "complete").exists():
        return root
    found = run("apt-get", "indextargets", "--format", "$(ORIGIN) $(CODENAME) $(REPO_URI)",
                "Created-By: Packages").split("\n")
    mirrors = [line.split()[2] for line in found if line.startswith(f"Debian {codename} ")]
    if not mirrors:
        raise AssertionError(f"apt on this machine knows no mirror of Debian {codename}")
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    run("debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,dbus", codename,
        str(root), mirrors[0])
    # As on an installed machine without a network: no mirror to ask.
    (root / "etc/apt/sources.list").write_text("")
    (root / "etc/hostname").write_text("plant\n")
    # Nothing of this machine is worth waiting for a disk.
    (root / "etc/dpkg/dpkg.cfg.d/quick").write_text("force-unsafe-io\n")
    (root / "complete").touch()
    return root


class Machine:
    """One that boots, runs commands inside, and is gone with the check."""

    def __init__(self, place, name):
        self.root = pathlib.Path(place) / name
        run("cp", "--archive", "--reflink=auto", str(base()), str(self.root))
        self.nspawn = self.init = None
        self.cookie = self.token = None

    def boot(self):
        # Its output is nobody's to read; what it has to say stands in its journal.
        self.nspawn = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--directory", str(self.root), "--register=no",
             "--keep-unit", "--private-network", "--console=pipe",
             # An installed Debian has them; the filter of nspawn is older than they are.
             "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self",
             "--boot"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.init = until("a first process", self.first)
        until("systemd is up", lambda: self.ask("systemctl", "is-system-running").strip() in (
            "running", "degraded"))

    def first(self):
        """The process that is number 1 inside; whether nspawn lives is asked too."""
        if self.nspawn.poll() is not None:
            raise AssertionError(f"systemd-nspawn does not boot here: {self.nspawn.returncode}")
        children = pathlib.Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children")
        words = children.read_text().split()
        return int(words[0]) if words else None

    def command(self, words):
        return ["nsenter", "--target", str(self.init), "--mount", "--uts", "--ipc", "--net",
                "--pid", "--", "/usr/bin/env", "--ignore-environment",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", *words]

    def run(self, *words):
        return run(*self.command(words), stdin=subprocess.DEVNULL)

    def ask(self, *words):
        """Its output, whatever its status."""
        return subprocess.run(self.command(words), capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL).stdout

    def fails(self, *words):
        """All that it says while it fails."""
        done = subprocess.run(self.command(words), capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        if done.returncode == 0:
            raise AssertionError(f"{' '.join(words)} did not fail: {done.stdout}")
        return done.stdout + done.stderr

    def journal(self, unit="lineside"):
        return self.ask("journalctl", "--unit", unit, "--no-pager", "--output", "cat")

    def listening(self):
        """TCP ports that anything inside listens on."""
        ports = set()
        for name in ("tcp", "tcp6"):
            for line in pathlib.Path(f"/proc/{self.init}/net/{name}").read_text().split("\n")[1:]:
                words = line.split()
                if words and words[3] == "0A":
                    ports.add(int(words[1].rpartition(":")[2], 16))
        return ports

    def enter(self):
        """The calls of this thread go to its loopback from now on."""
        with open(f"/proc/{self.init}/ns/net") as place:
            if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    def call(self, method, path, body=None, port=8443):
        url = f"https://127.0.0.1:{port}"
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
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def sign_in(self):
        self.cookie = None
        self.token = self.call("POST", "session", {"username": "ada", "password": PASSWORD})["csrf"]

    @staticmethod
    def get(port, path="/"):
        """Status of a new connection's one request."""
        connection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=60, context=ssl._create_unverified_context())
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def reboot(self):
        self.ask("systemctl", "reboot")
        self.gone()
        self.boot()

    def gone(self):
        try:
            self.nspawn.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the machine does not go down") from None
        self.init = None

    def kill(self):
        """Only the end of its first process is the end of all: nspawn's is not."""
        for process in (self.init, self.nspawn.pid if self.nspawn else None):
            if process:
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def remove(self):
        if self.nspawn and self.nspawn.poll() is None:
            if self.init:
                self.ask("systemctl", "poweroff")
            try:
                self.nspawn.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()
                self.nspawn.wait()
        shutil.rmtree(self.root, ignore_errors=True)


def missing():
    """Why machines cannot be made here; empty where they can."""
    if os.environ.get("LINESIDE_VERIFY") != "1":
        return "only with LINESIDE_VERIFY=1"
    tools = [tool for tool in TOOLS if not shutil.which(tool)]
    if os.geteuid() != 0 or tools:
        return f"needs root and {', '.join(tools) or 'namespaces'}"
    return ""

"""A release build with a state directory of its own, and its API."""

import contextlib
import http.client
import json
import shutil
import signal
import ssl
import subprocess
import threading
import time

PASSWORD = "four staplers at dawn"


def trusting():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Site:
    """Context manager. `started`: milliseconds until the first request was answered."""

    def __init__(self, executable, state, keeps=False, configuration=None):
        self.executable, self.state, self.keeps = executable, state, keeps
        self.configuration = configuration
        self.certificate = state / "tls/server.pem"
        self.key = state / "tls/server.key"

    def __enter__(self):
        command = [
            self.executable, "serve", "--state", self.state, "--listen", "127.0.0.1",
            "--port", "0", "--practice", "--stop-instances",
        ]
        if self.configuration:
            command += ["--config", self.configuration]
        # Only the first start makes the administrator: to hash the password takes longer than the
        # rest of a start.
        if not self.state.exists():
            command += ["--admin", "-"]
        begin = time.perf_counter()
        self.child = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=(self.state.parent / "lineside.log").open("a"), text=True,
        )
        self.pid = self.child.pid
        try:
            self.serve(begin)
        except BaseException:
            self.__exit__()
            raise
        return self

    def serve(self, begin):
        self.child.stdin.write(f"ada:{PASSWORD}\n")
        self.child.stdin.close()
        line = self.child.stdout.readline()
        if not line.startswith("ready "):
            raise SystemExit(f"lineside did not start: see {self.state.parent}/lineside.log")
        threading.Thread(target=self.child.stdout.read, daemon=True).start()
        self.port = int(line.split()[1].rstrip("/").rpartition(":")[2])
        self.connection, self.asked = None, 0.0
        self.token = None
        self.plain("GET", "/")
        self.started = (time.perf_counter() - begin) * 1000

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(60)
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        if not self.keeps:
            shutil.rmtree(self.state, ignore_errors=True)

    def plain(self, method, path, body=None, headers=()):
        """(status, headers, bytes) over one kept connection, made anew after a rest: a server ends
        what nobody uses."""
        rested = time.monotonic() - self.asked > 10
        self.asked = time.monotonic()
        if self.connection is not None and rested:
            self.connection.close()
            self.connection = None
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, context=trusting(), timeout=120
            )
        sent = dict(headers)
        if self.token:
            sent["authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["content-type"] = "application/json"
        try:
            self.connection.request(method, path, body=body, headers=sent)
            answer = self.connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except (http.client.HTTPException, OSError):
            self.connection.close()
            self.connection = None
            raise

    def ask(self, method, path, value=None, headers=()):
        body = None if value is None else json.dumps(value)
        status, _, answer = self.plain(method, f"/api/v1{path}", body, headers)
        if status >= 400:
            raise LookupError(f"{method} {path}: {status} {answer[:300].decode()}")
        return json.loads(answer) if answer else None

    def sign_in(self):
        """From here on as an administrator, by a token that may do all."""
        origin = {"origin": f"https://127.0.0.1:{self.port}"}
        value = json.dumps({"username": "ada", "password": PASSWORD})
        status, headers, answer = self.plain("POST", "/api/v1/session", value, origin)
        if status >= 400:
            raise LookupError(f"signing in: {status} {answer[:300].decode()}")
        cookie = "; ".join(text.split(";")[0] for text in headers.get_all("set-cookie"))
        csrf = json.loads(answer)["csrf"]
        self.token = self.ask(
            "POST", "/user/tokens", {"name": f"bench {time.time_ns()}"},
            {**origin, "cookie": cookie, "x-lineside-csrf": csrf},
        )["secret"]
        return self

    @property
    def application(self):
        team = self.ask("GET", "/teams")["items"][0]["id"]
        return self.ask("GET", f"/teams/{team}/applications")["items"][0]["id"]

    def make_instance(self, name, flows, start=True):
        return self.ask(
            "POST", f"/applications/{self.application}/instances",
            {"name": name, "stack": None, "flows": flows, "start": start},
        )

    def wait_running(self, identity, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            instance = self.ask("GET", f"/instances/{identity}")
            if instance["state"] == "running":
                return instance
            time.sleep(0.2)
        raise LookupError(f"the instance does not run: {instance['state']}")


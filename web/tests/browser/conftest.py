"""One Chromium for the session, one mock site for each test. Anything on the console fails the test."""

import json
import os
import pathlib
import subprocess

import pytest
from playwright.sync_api import expect, sync_playwright

# Milliseconds; only a failure takes so long, on a machine that has something else to do too.
LIMIT = 120_000
expect.set_options(timeout=LIMIT)

WEB = pathlib.Path(__file__).resolve().parents[2]
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
]


class Site:
    """dev/mock.ts as a process, on a port of its own that it keeps when it is started again."""

    def __init__(self, *flags: str):
        self.flags, self.port = flags, 0
        self.start()

    def start(self) -> None:
        # Its own port may be somebody's outgoing connection for a moment when it is started again.
        for _ in range(20):
            if self.try_to_start():
                return
        raise AssertionError("the mock site did not start")

    def try_to_start(self) -> bool:
        command = [os.environ.get("DENO", str(WEB / ".venv/bin/deno")), "run", "--quiet", "--no-prompt",
                   "--allow-net=127.0.0.1", "--allow-read=.", "dev/mock.ts", "--port", str(self.port), *self.flags]
        self.process = subprocess.Popen(command, cwd=WEB, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            self.stop()
            return False
        said = json.loads(line)
        self.url, self.elsewhere = said["page"], said["elsewhere"]
        self.port = int(self.url.rsplit(":", 1)[1])
        return True

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def site(request):
    made = Site(*getattr(request, "param", ()))
    yield made
    made.stop()


class Problems(list):
    """What the console said. Tests that cause a refusal on purpose say so."""

    def expect(self, *parts: str) -> None:
        self[:] = [p for p in self if not any(part in p for part in parts)]


@pytest.fixture
def context(chromium, site):
    made = chromium.new_context(
        base_url=site.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce", locale="en-GB",
        permissions=["clipboard-read", "clipboard-write"],
    )
    made.set_default_timeout(LIMIT)
    yield made
    made.close()


@pytest.fixture
def page(context, site):
    tab = context.new_page()
    tab.problems = Problems()
    tab.on("pageerror", lambda e: tab.problems.append(str(e)))
    tab.on("console", lambda m: tab.problems.append(m.text) if m.type in ("error", "warning") else None)
    hosts = []
    tab.on("request", lambda r: hosts.append(r.url))
    yield tab
    tab.problems.expect("401 (Unauthorized)")
    assert tab.problems == []
    assert [h for h in hosts if not h.startswith((site.url, site.elsewhere, "blob:", "data:", "ws://127.0.0.1"))] == []


def sign_in(tab, name: str = "admin", path: str = "/") -> None:
    tab.goto(path)
    tab.get_by_label("User name").fill(name)
    tab.get_by_label("Password").fill("correct horse")
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("navigation", name="Main").wait_for()


@pytest.fixture
def admin(page):
    sign_in(page)
    return page


@pytest.fixture
def viewer(page):
    sign_in(page, "a.keller")
    return page

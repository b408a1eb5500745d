"""How long frames of the page take in Chromium while a site is in uproar: run by page.py with the
Python of web/.venv, as Playwright is there. Prints JSON: the longest and the 95th percentile of
each scripted scroll, in ms.

    page_frames.py rows|log ROUNDS
"""

import json
import os
import pathlib
import subprocess
import sys

from playwright.sync_api import sync_playwright

WEB = pathlib.Path(__file__).resolve().parents[2] / "web"
LINE = "i" * 18 + "01"
# Five seconds up and down, 180 px a frame: what a person with a wheel does.
SCROLL = """selector => new Promise(done => {
    const box = selector ? document.querySelector(selector) : document.scrollingElement;
    const spans = [];
    let last = performance.now(), way = -180;
    const end = last + 5000;
    const step = now => {
        spans.push(now - last);
        last = now;
        const from = box.scrollTop;
        box.scrollTop = from + way;
        if (box.scrollTop === from) way = -way;
        if (now < end) requestAnimationFrame(step); else done(spans.slice(1));
    };
    requestAnimationFrame(step);
})"""


def sign_in(page):
    page.goto("/")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Main").wait_for()


def rows(page):
    page.goto("/instances")
    page.get_by_role("link", name="Line 001").wait_for()
    while page.get_by_role("button", name="Show more").count():
        page.get_by_role("button", name="Show more").click()
        page.wait_for_timeout(500)
    assert page.get_by_role("row").count() > 500, "not all rows are shown"
    return "main"


def log(page):
    page.goto(f"/instances/{LINE}/log")
    page.get_by_role("log").wait_for()
    # Until the buffer is full and lines fall out of it.
    page.wait_for_timeout(6000)
    return "[role=log]"


def main():
    what, rounds = {"rows": rows, "log": log}[sys.argv[1]], int(sys.argv[2])
    command = [str(WEB / ".venv/bin/deno"), "run", "--quiet", "--no-prompt", "--no-config",
               "--allow-net=127.0.0.1", "--allow-read=.", "dev/mock.ts", "--uproar"]
    environment = {**os.environ, "DENO_DIR": str(WEB / ".cache/deno"), "DENO_NO_UPDATE_CHECK": "1"}
    mock = subprocess.Popen(command, cwd=WEB, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        address = json.loads(mock.stdout.readline())["page"]
        with sync_playwright() as play:
            chromium = play.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
                args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            page = chromium.new_page(base_url=address, viewport={"width": 1440, "height": 900},
                                     locale="en-GB")
            sign_in(page)
            scroller, longest, usual = what(page), [], []
            # The first time scripts are compiled: on a plant's desk the page has stood for hours.
            page.evaluate(SCROLL, scroller)
            for _ in range(rounds):
                spans = sorted(page.evaluate(SCROLL, scroller))
                longest.append(spans[-1])
                usual.append(spans[int(len(spans) * 0.95)])
            chromium.close()
    finally:
        mock.kill()
        mock.wait()
    print(json.dumps({"longest": longest, "usual": usual}))


main()

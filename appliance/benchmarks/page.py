"""Whether the page stays responsive while a site is in uproar. Its own mock site speaks, so that
nothing but the page is measured."""

import json
import pathlib
import subprocess

import machine
from rows import Result

ROOT = pathlib.Path(__file__).resolve().parents[2]
# ms; what a person notices as a stop.
LONGEST = 200


def frames(bench, what, sentence):
    python = ROOT / "web/.venv/bin/python"
    if not python.exists() or not (ROOT / "web/dist/index.html").exists():
        raise LookupError("appliance/venv and web/build come first")
    bench.noise.sample()
    program = pathlib.Path(__file__).with_name("page_frames.py")
    done = subprocess.run(
        [python, program, what, str(bench.rounds)], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise LookupError(f"Chromium or the mock site failed: {done.returncode}")
    bench.noise.sample()
    spans = json.loads(done.stdout)
    usual = machine.median(spans["usual"])
    return Result("ms", LONGEST, spans["longest"], notes=[f"{sentence}; 95 % within {usual:.0f} ms"])


def rows(bench):
    return frames(bench, "rows", "500 instances, each changes once a second, scrolled for 5 s")


def log(bench):
    return frames(bench, "log", "1,000 lines a second, scrolled for 5 s")

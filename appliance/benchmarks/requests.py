"""What a request costs, beside the peer that answers the same."""

import json
import os
import pathlib

import load
import machine
import peers
from lineside import Site
from rows import pairs

ROOT = peers.ROOT

PAGE = [
    {"id": "1000000000000001", "type": "tab", "label": "Page", "disabled": False, "info": ""},
    {"id": "1000000000000002", "type": "http in", "z": "1000000000000001", "name": "",
     "url": "/small", "method": "get", "upload": False, "swaggerDoc": "", "x": 100, "y": 40,
     "wires": [["1000000000000003"]]},
    {"id": "1000000000000003", "type": "template", "z": "1000000000000001", "name": "",
     "field": "payload", "fieldType": "msg", "format": "handlebars", "syntax": "plain",
     "template": "x" * 200, "output": "str", "x": 260, "y": 40, "wires": [["1000000000000004"]]},
    {"id": "1000000000000004", "type": "http response", "z": "1000000000000001", "name": "",
     "statusCode": "", "headers": {}, "x": 400, "y": 40, "wires": []},
]


def read(bench):
    with Site(bench.executable, bench.place / "read") as site:
        site.sign_in()
        with peers.node(bench.place, site) as (port, pids):
            ours = (
                [site.pid],
                f"https://127.0.0.1:{site.port}/api/v1/applications/{site.application}",
                {"authorization": f"Bearer {site.token}"},
            )
            peer = (pids, f"https://127.0.0.1:{port}/a1", {"authorization": "Bearer secret"})
            measured = load.alternate(ours, peer, bench.rounds, bench.seconds, bench.noise)
    return pairs("µs", 1 / 4, measured, f"Node.js {peers.version('node', '--version')}")


def static(bench):
    script = max(
        (ROOT / "web/dist/assets").glob("*.js"), key=os.path.getsize, default=None
    )
    if script is None:
        raise peers.Missing("no page was built (web/dist)")
    with Site(bench.executable, bench.place / "static") as site:
        rest = f"server {{ listen 127.0.0.1:PORT ssl; location / {{ root {ROOT}/web/dist; }} }}"
        with peers.nginx(bench.place, site, rest) as (port, pids):
            path = f"/assets/{script.name}"
            ours = ([site.pid], f"https://127.0.0.1:{site.port}{path}", {})
            peer = (pids, f"https://127.0.0.1:{port}{path}", {})
            measured = load.alternate(ours, peer, bench.rounds, bench.seconds, bench.noise)
    return pairs("µs", 1.1, measured, f"{os.path.getsize(script):,} bytes, uncompressed")


def proxy(bench):
    with Site(bench.executable, bench.place / "proxy") as site:
        site.sign_in()
        instance = site.make_instance("Bench", PAGE)
        site.ask("PATCH", f"/instances/{instance['id']}", {"access": "open"})
        instance = site.wait_running(instance["id"])
        files = (site.state / "instances" / instance["id"]).rglob("start.json")
        start = json.loads(pathlib.Path(next(files)).read_text())
        # What stands behind both works beside the load.
        machine.pin(instance["pid"], machine.LOADING)
        path = f"{start['nodeRoot']}small"
        rest = f"""
          upstream instance {{ server 127.0.0.1:{start['port']}; keepalive 32; }}
          server {{
            listen 127.0.0.1:PORT ssl;
            location / {{
              proxy_pass http://instance; proxy_http_version 1.1;
              proxy_set_header Connection ""; proxy_set_header Host $http_host;
              proxy_set_header X-Forwarded-For $remote_addr;
              proxy_set_header X-Forwarded-Proto https;
              proxy_set_header X-Forwarded-Host $http_host;
              proxy_set_header x-lineside-page {start['pageSecret']};
            }}
          }}"""
        with peers.nginx(bench.place, site, rest) as (port, pids):
            ours = ([site.pid], f"{instance['url'].rstrip('/')}/small", {})
            peer = (pids, f"https://127.0.0.1:{port}{path}", {})
            measured = load.alternate(ours, peer, bench.rounds, bench.seconds, bench.noise)
    return pairs("µs", 1.2, measured, "both before the same instance, its page open to all")

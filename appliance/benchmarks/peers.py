"""The peers: taken from Debian into a folder of ours (nothing of the system changes, no service
starts), started on loopback, ended by their ids."""

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import machine

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PLACE = ROOT / ".build/bench"
FILES = PLACE / "peers"
LIBRARIES = FILES / "usr/lib/x86_64-linux-gnu"
SQLITE = LIBRARIES / "nodejs/sqlite3"


class Missing(Exception):
    """A peer that cannot be had here."""


def fetch():
    """Unpacks the packages of the group `bench` of appliance/packages, once."""
    names = [
        line.split()[0]
        for line in (ROOT / "appliance/packages").read_text().splitlines()
        if not line.startswith("#") and line.split()[1:2] == ["bench"]
    ]
    mark = FILES / ".complete"
    if mark.exists() and mark.read_text().split() == names:
        return
    if shutil.which("apt-get") is None:
        raise Missing(f"this is not Debian, which gives {', '.join(names)}")
    print(f"bench: fetching {', '.join(names)}", file=sys.stderr)
    shutil.rmtree(FILES, ignore_errors=True)
    downloads = PLACE / "packages"
    shutil.rmtree(downloads, ignore_errors=True)
    downloads.mkdir(parents=True)
    done = subprocess.run(
        ["apt-get", "download", "-qq", *names], cwd=downloads, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise Missing(f"Debian's packages cannot be fetched: {done.stderr.strip()[-300:]}")
    for package in sorted(downloads.glob("*.deb")):
        subprocess.run(["dpkg-deb", "--extract", package, FILES], check=True)
    # Debian's module names a library that only its own Node.js brings; what it needs of it stands
    # in every Node.js executable.
    if not has_library("libnode.so.108"):
        subprocess.run(
            ["cc", "-shared", "-x", "c", "/dev/null", "-o", LIBRARIES / "libnode.so.108"],
            check=True,
        )
    mark.write_text("\n".join(names))


def has_library(name):
    with contextlib.suppress(OSError):
        ctypes.CDLL(name)
        return True
    return False


def environment():
    return {**os.environ, "LD_LIBRARY_PATH": str(LIBRARIES), "LC_ALL": "C.UTF-8"}


def version(*command):
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    return (done.stdout or done.stderr).split("\n")[0].strip()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, child):
    for _ in range(400):
        if child.poll() is not None:
            raise Missing(f"{child.args[0]} ended at once with {child.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise Missing(f"nothing listens on {port}")


@contextlib.contextmanager
def process(*arguments, **options):
    child = subprocess.Popen(list(map(str, arguments)), **options)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(60)
        if child.poll() is None:
            child.kill()
            child.wait()


@contextlib.contextmanager
def node(place, site):
    """Node's own https with Debian's node-sqlite3. Gives (port, process ids)."""
    port = free_port()
    script = pathlib.Path(__file__).with_name("node-peer.js")
    command = ["node", script, port, site.certificate, site.key, place / "peer.db", SQLITE]
    with process(*command, env=environment()) as child:
        wait_for(port, child)
        yield port, [child.pid]


NGINX = """
daemon off; worker_processes 1; error_log {place}/error.log; pid {place}/pid;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on;
  client_body_temp_path {place}/b; proxy_temp_path {place}/p;
  fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;
  types {{ text/javascript js; }}
  ssl_protocols TLSv1.3; ssl_certificate {site.certificate}; ssl_certificate_key {site.key};
  keepalive_requests 100000000; keepalive_timeout 300s;
  {rest}
}}
"""


@contextlib.contextmanager
def nginx(place, site, rest):
    """One worker. Gives (port, process ids)."""
    port = free_port()
    folder = place / f"nginx-{port}"
    folder.mkdir()
    text = NGINX.format(place=folder, site=site, rest=rest.replace("PORT", str(port)))
    (folder / "nginx.conf").write_text(text)
    command = [FILES / "usr/sbin/nginx", "-p", folder, "-c", folder / "nginx.conf"]
    with process(*command, "-e", folder / "error.log", env=environment()) as child:
        wait_for(port, child)
        yield port, machine.children(child.pid)

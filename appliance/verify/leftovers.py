"""Ends what a check that failed may have left in its directory, and removes the directory.

    appliance/verify/leftovers.py DIRECTORY
"""

import os
import pathlib
import shutil
import signal
import sys


def clear(directory):
    """Everything that works in the directory, which is the check's own, and then the directory."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            place = os.readlink(process / "cwd")
            if place == directory or place.startswith(directory + "/"):
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            pass  # It has gone, or is not ours.
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    clear(sys.argv[1])

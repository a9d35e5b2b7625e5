"""Runs Python in a process of its own: for what must be set before the import, and for what could crash or hang."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import fastact

SETTINGS = ("FASTACT_ISA", "FASTACT_NUM_THREADS", "FASTACT_BACKEND", "FASTACT_POOL", "OMP_NUM_THREADS", "OMP_PROC_BIND")


def write_files(folder, files):
    """Texts by their path in the folder: what stands in the place of /proc and /sys."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def start_python(code, timeout=60, **environment):
    """The finished process that ran `code` with the same fastact as this one and only these settings."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    # One thread for NumPy's BLAS, so that threads can be counted.
    places = (Path(fastact.__file__).parent.parent, Path(__file__).parent, kept.get("PYTHONPATH"))
    path = os.pathsep.join(str(place) for place in places if place)
    return subprocess.run(
        [sys.executable, "-P", "-X", "faulthandler", "-c", textwrap.dedent(code)],
        env=kept | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": path} | environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def run_python(code, timeout=60, **environment):
    """What `code` prints; it must end well."""
    done = start_python(code, timeout, **environment)
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()

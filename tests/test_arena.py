"""The arena of benchmarks/: that it runs, and what its JSON looks like."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = [
    pytest.mark.native,
    pytest.mark.skipif(not (ROOT / "benchmarks" / "arena").is_dir(), reason="without the sources beside it"),
    pytest.mark.skipif(sys.platform == "win32", reason="the contenders take turns by signals"),
]


def arena(*arguments):
    command = [sys.executable, "-m", "benchmarks.arena", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_small_contest(tmp_path):
    file, page, ratios = tmp_path / "arena.json", tmp_path / "arena.md", tmp_path / "ratios.json"
    some = ["--peers", "numpy", "--functions", "exp,softmax", "--rounds", "2", "--stride", "10000019"]
    sizes = ["--sizes", "16,64", "--threads", "1", "--dtypes", "float32"]
    done = arena(*some, *sizes, "--json", file, "--markdown", page)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text())
    assert {"machine", "versions", "missing", "threads", "rounds", "refused", "cells"} <= set(found)
    assert {"fastact", "NumPy"} <= set(found["versions"])
    kinds = [cell["kind"] for cell in found["cells"] if cell["kind"] != "copy"]
    # exp in two sizes, new and into out=, forward and backward; softmax of 1 x 10, new and into out=
    assert (kinds.count("elementwise"), kinds.count("backward"), kinds.count("rows")) == (4, 4, 2)
    for cell in found["cells"]:
        if cell["kind"] != "copy":
            assert set(cell["results"]) == {"fastact", "NumPy"}
            assert 0 < cell["results"]["fastact"]["least"] <= cell["results"]["fastact"]["seconds"] < 1
            assert cell["results"]["fastact"]["ulp"] <= (4 if cell["kind"] == "rows" else 1)
    assert "## All cells" in page.read_text()

    # The check against stored ratios: passes against what was just measured were it slower, fails were it faster.
    key, cell = "exp, float32, 32768, out=, 1 thread", [*some[:2], "--functions", "exp", "--rounds", "2"]
    ratios.write_text(json.dumps({"ratios": {key: {"NumPy": 1e-6}}}))
    assert arena(*cell, "--check", ratios).returncode == 0
    ratios.write_text(json.dumps({"ratios": {key: {"NumPy": 1e6}}}))
    failed = arena(*cell, "--check", ratios)
    assert failed.returncode == 1
    assert "1 slower" in failed.stdout

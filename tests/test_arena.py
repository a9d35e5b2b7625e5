"""The arena of benchmarks/: that it runs, what its JSON looks like, what it makes of figures."""

import copy
import csv
import io
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


@pytest.fixture(scope="module")
def contest(tmp_path_factory):
    """A small one: its options, what was written, and the page."""
    directory = tmp_path_factory.mktemp("arena")
    options = ["--peers", "numpy", "--functions", "exp,softmax", "--rounds", "3", "--stride", "10000019"]
    options += ["--sizes", "16,64", "--threads", "1", "--dtypes", "float32", "--json", directory / "arena.json"]
    done = arena(*options, "--markdown", directory / "arena.md")
    assert done.returncode == 0, done.stderr
    return options, json.loads((directory / "arena.json").read_text()), (directory / "arena.md").read_text()


@pytest.fixture
def modules(monkeypatch):
    """report and run of the arena."""
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks.arena import report, run

    return report, run


def test_small_contest(contest):
    _, found, page = contest
    assert {"machine", "versions", "missing", "threads", "rounds", "visits", "refused", "cells"} <= set(found)
    assert {"fastact", "NumPy"} <= set(found["versions"])
    kinds = [cell["kind"] for cell in found["cells"] if cell["kind"] != "copy"]
    # exp in two sizes, new and into out=, forward and backward; softmax of 1 x 10 likewise
    counts = [kinds.count(kind) for kind in ("elementwise", "backward", "rows", "rows backward")]
    assert counts == [4, 4, 2, 2]
    for cell in found["cells"]:
        if cell["kind"] != "copy":
            assert set(cell["results"]) == {"fastact", "NumPy"}
            ours, theirs = cell["results"]["fastact"], cell["results"]["NumPy"]
            assert 0 < ours["least"] <= ours["seconds"] < 1
            assert 0 < theirs["ratio"][0] <= theirs["ratio"][1] <= theirs["ratio"][2]
            assert ours["ulp"] <= (8 if "rows" in cell["kind"] else 1)
            # Who is still there is met again, at another time.
            assert cell["visits"] == found["visits"] or len(theirs["turns"]) < len(ours["turns"])
            assert len(ours["turns"]) <= 3 * cell["visits"]
    assert "## All cells" in page


def test_what_is_measured_is_not_measured_again(contest, tmp_path):
    options, found, _ = contest
    part = copy.deepcopy(found)
    part["cells"] = part["cells"][:-1]
    file = tmp_path / "arena.json"
    file.write_text(json.dumps(part))
    done = arena(*options[:-1], file, "--resume")
    assert done.returncode == 0, done.stderr
    again = json.loads(file.read_text())["cells"]
    assert again[:-1] == part["cells"]
    assert [again[-1][name] for name in ("kind", "shape")] == [found["cells"][-1][name] for name in ("kind", "shape")]


def test_regression_check(tmp_path):
    """It passes against what was just measured were it slower, and fails were it faster or not there."""
    ratios = tmp_path / "ratios.json"
    key, cell = "exp, float32, 32768, out=, 1 thread", ["--peers", "numpy", "--functions", "exp", "--rounds", "2"]
    ratios.write_text(json.dumps({"ratios": {key: {"NumPy": 1e-6}}}))
    assert arena(*cell, "--check", ratios).returncode == 0
    ratios.write_text(json.dumps({"ratios": {key: {"NumPy": 1e6}}}))
    failed = arena(*cell, "--check", ratios)
    assert failed.returncode == 1
    assert "1 slower" in failed.stdout
    assert "timed again: exp" in failed.stderr


def test_check_of_nothing_fails(contest, modules):
    _, found, _ = contest
    assert modules[0].slower(found, {"ratios": {"another cell": {"NumPy": 2.0}}}, 0.15) == (0, {})


@pytest.mark.parametrize(
    ("values", "ends"),
    [([2, 1], (1, 2)), (range(5), (0, 4)), (range(8), (0, 7)), (range(9), (1, 7)), (range(15), (3, 11))],
)
def test_interval_of_the_median(modules, values, ends):
    """The ranks of a table of the sign test at 95 % (94 % for five)."""
    assert modules[1].interval(values) == ends


@pytest.mark.parametrize(
    ("ratio", "state"),
    [([0.8, 0.9, 0.99], "lost"), ([0.8, 0.9, 1.01], "within the noise"), ([0.9, 1.1, 1.2], "")],
)
def test_lost_cells_come_first(contest, modules, ratio, state):
    report, _ = modules
    found = copy.deepcopy(contest[1])
    cells = [cell for cell in found["cells"] if cell["kind"] != "copy"]
    for cell in cells:
        cell["results"]["NumPy"]["ratio"] = [2.0, 2.0, 2.0]
    cells[5]["results"]["NumPy"]["ratio"] = ratio
    first, *others = report.contested(found)
    assert (first is cells[5], report.state(first)) == (True, state)
    assert not any(map(report.state, others))
    reached = {what: (text, enough) for what, _, text, enough in report.goals(found)}
    assert reached["cells lost"][1] == (state != "lost")
    assert reached["16 elements, against NumPy's ufunc"] == ("2.00 (2 cells)", False)
    lines = list(csv.DictReader(io.StringIO(report.every_cell(found))))
    assert [line["state"] for line in lines] == [state, *[""] * 11]
    assert lines[0]["NumPy"] == f"{ratio[1]:.3g}"
    assert (report.label(first) in report.markdown(found, "speed.csv")) == bool(state)


def test_every_cell_is_asked_for_once(modules):
    """Without options: 37 functions and more, their derivatives, four types, five sizes, two results, two teams."""
    from benchmarks.arena.__main__ import arguments_of
    from benchmarks.arena.__main__ import contest as chosen

    _, run = modules
    keys = [run.key(cell) for _, some in chosen(arguments_of([])) for cell in some]
    assert len(keys) == len(set(keys))
    wanted = [("exp", [n], None) for n in (16, 1 << 10, 1 << 15, 1 << 20, 1 << 24)]
    wanted += [("softmax", list(shape), -1) for shape in run.ROW_SHAPES]
    for function, shape, axis in wanted:
        for kind in ["rows", "rows backward"] if axis else ["elementwise", "backward"]:
            for dtype in run.DTYPES:
                for out, threads in ((False, 1), (True, 1), (False, 2), (True, 2)):
                    assert run.key(run.cell(kind, function, dtype, shape, axis, out, threads)) in keys
    targets = {run.key(cell) for threads in (1, 2) for cell in run.targets(["exp", "relu", "softmax"], threads)}
    assert targets <= set(keys)

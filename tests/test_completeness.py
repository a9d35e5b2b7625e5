"""Every row of the table has all that is made from it, and what is generated is up to date."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import KINDS, NAMES, ROWS, function

import fastact as fa

ROOT = Path(__file__).parent.parent
checkout = pytest.mark.skipif(not (ROOT / "tools").is_dir(), reason="not in a checkout")


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_whole(name):
    row = ROWS[name]
    assert getattr(fa, name) is fa.activations[name]
    assert all(callable(function(name, kind)) for kind in KINDS)
    assert all((row.summary, row.formula, row.latex, row.derivative_formula))


@checkout
def test_the_table_of_c_has_the_same_rows():
    lines = re.findall(r"^ACTIVATION\((\w+), (\d+)", (ROOT / "src/activations.def").read_text(), re.MULTILINE)
    assert sorted(lines) == sorted((row.name, str(len(row.parameters))) for row in ROWS.values())


@checkout
@pytest.mark.parametrize(
    "tool, made",
    [
        ("make_stubs.py", "fastact/__init__.pyi"),
        ("fit_mills.py", "fastact/_mills.py"),
        ("make_functions.py", "docs/functions.md"),
    ],
)
def test_generated_files_are_up_to_date(tool, made):
    command = [sys.executable, ROOT / "tools" / tool]
    environment = os.environ | {"PYTHONPATH": str(Path(fa.__file__).parent.parent)}
    fresh = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert fresh == (ROOT / made).read_text(), f"run: python tools/{tool} > {made}"

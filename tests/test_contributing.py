"""The diff that CONTRIBUTING.md shows is one that works: applied to a copy of the sources, it makes an activation."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
if not (ROOT / "CONTRIBUTING.md").exists():
    pytest.skip("not in a checkout", allow_module_level=True)


def insert(path, context, lines, after):
    text = path.read_text()
    assert text.count(context) == 1, f"{path.name} has no line {context!r} to put the diff at"
    path.write_text(text.replace(context, f"{context}\n{lines}" if after else f"{lines}\n{context}"))


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """fastact/ and src/ with the three diffs applied."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("fastact", "src"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    row, body, line = (
        re.split(r"^ (.*)$", block, flags=re.MULTILINE)
        for block in re.findall(r"```diff\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    )

    def added(part):
        return re.sub(r"^\+", "", part, flags=re.MULTILINE).strip("\n")

    before, *_, table, after = row
    family = folder / "fastact/catalogue/rectifiers.py"
    insert(family, table, added(before) + "\n\n", after=False)
    insert(family, table, added(after), after=True)
    rectifiers = folder / "src/activations/rectifiers.h"
    rectifiers.write_text(rectifiers.read_text() + added(body[0]) + "\n")
    insert(folder / "src/activations.def", line[1], added(line[2]), after=True)
    return folder


def test_the_row_makes_a_function(copy):
    code = """if True:
        import fastact as fa
        x = [-1e30, -0.25, 0, 0.5, 1]
        assert list(fa.get("Hat")(x)) == [0, 0.75, 1, 0.5, 0]
        assert list(fa.triangle.derivative(x)) == [0, 1, 0, -1, 0]
        assert list(fa.triangle.backward([float("nan")] * 5, x)[[0, 4]]) == [0, 0]
    """
    environment = os.environ | {"FASTACT_BACKEND": "numpy", "PYTHONPATH": str(copy)}
    subprocess.run([sys.executable, "-P", "-c", code], env=environment, check=True)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_the_body_and_the_line_compile(copy):
    flags = "-std=gnu11 -fsyntax-only -DFA_ISA=portable -DFA_ISA_portable".split()
    subprocess.run(["cc", *flags, "-I", "src", "src/elementwise.c"], cwd=copy, check=True)

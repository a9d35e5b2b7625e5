"""The build: without a compiler, and what the kernels' objects ask for."""

import os
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
if not (ROOT / "setup.py").exists():
    pytest.skip("not in a checkout", allow_module_level=True)


@pytest.mark.slow
def test_without_a_compiler(tmp_path):
    """It succeeds, says what is missing and leaves the NumPy backend; FASTACT_NATIVE=1 makes it an error."""
    pytest.importorskip("Cython")
    pytest.importorskip("setuptools")
    for name in ("fastact", "src"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    for native, code in (("", 0), ("1", 1)):
        done = subprocess.run(
            [sys.executable, "setup.py", "build_ext", "--inplace"],
            cwd=tmp_path,
            env=os.environ | {"CC": str(tmp_path / "no-such-cc"), "FASTACT_NATIVE": native},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "no-such-cc" in done.stderr
        assert not list(tmp_path.glob("fastact/*.so"))
    code = "import fastact; assert fastact.info()['backend'] == 'numpy'; print(fastact.relu([-1.0, 2.0]))"
    # -S: an editable installation beside it would give its compiled part away.
    path = os.pathsep.join([str(tmp_path), str(Path(np.__file__).parents[1])])
    command, environment = [sys.executable, "-S", "-P", "-c", code], os.environ | {"PYTHONPATH": path}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[0. 2.]\n"


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64" or not shutil.which("cc"), reason="compiles for AVX2")
def test_kernels_need_and_define_nothing(tmp_path):
    """No malloc, and no function of libc (but memcpy and memset) or of ours whose AVX2 copy the linker could take."""
    flags = (
        "-std=gnu11 -O1 -fno-math-errno -ffp-contract=off -mavx2 -mfma -mf16c -DFA_ISA=avx2 -DFA_ISA_avx2 -Isrc -c -o"
    )

    def symbols(source):
        made = tmp_path / f"{source}.o"
        subprocess.run(["cc", *flags.split(), made, f"src/{source}.c"], cwd=ROOT, check=True)
        listed = subprocess.run(["nm", "-g", made], capture_output=True, text=True, check=True).stdout
        return [
            tuple(line.split()[-2:]) for line in listed.splitlines() if line.split()[-1] not in ("memcpy", "memset")
        ]

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(symbols, ("elementwise", "rows")))
    assert found == [[("D", "fa_elementwise_avx2")], [("D", "fa_rows_avx2"), ("D", "fa_staged_avx2")]]

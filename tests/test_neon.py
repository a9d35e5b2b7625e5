"""NEON gives the bits of this processor: the kernels, cross-compiled, run under emulation, and every loop's results are
hashed by tools/hash_bits.c on both sides."""

import importlib.util
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import fastact as fa

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ["tools/hash_bits.c", "src/elementwise.c", "src/rows.c"]
# As in setup.py, but for -O1, which is quicker to compile: no rounding depends on the optimiser.
FLAGS = "-O1 -std=gnu11 -fno-math-errno -ffp-contract=off -Wall -Wextra -Wno-unused-parameter -Werror -Isrc".split()
MACHINE_FLAGS = {
    "avx512": "-mavx2 -mfma -mf16c -mavx512f -mavx512vl -mavx512dq -mavx512bw -mprefer-vector-width=512".split(),
    "avx2": "-mavx2 -mfma -mf16c".split(),
}
STRIDE = "65537"  # of the float32 inputs; the emulator does some ten million operations a second


def cross_compiler():
    if shutil.which("aarch64-linux-gnu-gcc"):
        return ["aarch64-linux-gnu-gcc", "-static"]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc", "-target", "aarch64-linux-musl", "-static"]
    return pytest.skip("no compiler for AArch64: neither aarch64-linux-gnu-gcc nor the package ziglang")


def run(command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"exit {done.returncode} of {' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout.splitlines()


@pytest.mark.native
def test_neon_agrees(tmp_path):
    if not all((ROOT / source).exists() for source in SOURCES):
        pytest.skip("the C sources are not here")
    host = fa.isas()[0]
    if host == "neon":
        pytest.skip("NEON is what this processor has: the other tests are about it")
    emulator = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
    if not emulator:
        pytest.skip("no qemu-aarch64")
    compilers = {host: [os.environ.get("CC", "cc"), *MACHINE_FLAGS.get(host, [])], "neon": cross_compiler()}

    def compiled(isa, source):
        target = tmp_path / f"{isa}_{Path(source).stem}.o"
        run([*compilers[isa], *FLAGS, f"-DFA_ISA={isa}", f"-DFA_ISA_{isa}", "-c", source, "-o", str(target)])
        return str(target)

    with ThreadPoolExecutor(2) as pool:
        jobs = {isa: [pool.submit(compiled, isa, source) for source in SOURCES[::-1]] for isa in compilers}
        programs = {isa: str(tmp_path / isa) for isa in compilers}
        for isa, parts in jobs.items():
            run([*compilers[isa], *(part.result() for part in parts), "-lm", "-o", programs[isa]])
        emulated = pool.submit(run, [emulator, programs["neon"], STRIDE])
        want = run([programs[host], STRIDE])
        other_inputs = run([programs[host], "65539"])
        got = emulated.result()

    assert len(want) > 1000
    differ = [f"{host} {a}, neon {b}" for a, b in zip(want, got, strict=True) if a != b]
    assert not differ, "\n".join(differ[:20])
    # A long row taken apart, as threads do, is the same row.
    results = dict(line.split(": ") for line in want)
    apart = [name for name in results if name.endswith(" apart")]
    assert apart
    assert all(results[name] == results[name.removesuffix(" apart")] for name in apart)
    # The control: other inputs, other hashes.
    assert sum(a != b for a, b in zip(want, other_inputs, strict=True)) >= 8 * len(fa.activations)

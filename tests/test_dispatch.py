"""The choice of the instruction set: what the processor and the system support, and FASTACT_ISA."""

import platform

import pytest
from processes import run_python, start_python

import fastact

native = pytest.importorskip("fastact._native")
if fastact.info()["backend"] != "native":
    pytest.skip("the NumPy backend is in use", allow_module_level=True)

X86 = platform.machine() in ("x86_64", "AMD64")
x86_only = pytest.mark.skipif(not X86, reason="CPUID is of x86")

# CPUID leaf 1, ECX; leaf 7, EBX; XCR0
FMA, OSXSAVE, AVX, F16C = 1 << 12, 1 << 27, 1 << 28, 1 << 29
AVX2, F, DQ, BW, VL = 1 << 5, 1 << 16, 1 << 17, 1 << 30, 1 << 31
YMM, ZMM = 0x6, 0xE0
LEAF1 = FMA | OSXSAVE | AVX | F16C
LEAF7 = AVX2 | F | DQ | BW | VL
REGISTERS = {"max_leaf": 0x1C, "leaf1_ecx": LEAF1, "leaf7_ebx": LEAF7, "xcr0": 1 | YMM | ZMM}

GATES = [
    ("everything", {}, "avx512"),
    ("leaf 7 is the last", {"max_leaf": 7}, "avx512"),
    ("every bit set", {"leaf1_ecx": 2**32 - 1, "leaf7_ebx": 2**32 - 1, "xcr0": 2**64 - 1}, "avx512"),
    ("no AVX512F", {"leaf7_ebx": LEAF7 & ~F}, "avx2"),
    ("no AVX512DQ", {"leaf7_ebx": LEAF7 & ~DQ}, "avx2"),
    ("no AVX512BW", {"leaf7_ebx": LEAF7 & ~BW}, "avx2"),
    ("no AVX512VL", {"leaf7_ebx": LEAF7 & ~VL}, "avx2"),
    ("AVX512F alone", {"leaf7_ebx": AVX2 | F}, "avx2"),
    ("AVX-512 without AVX2", {"leaf7_ebx": LEAF7 & ~AVX2}, "portable"),
    ("the system saves no ZMM", {"xcr0": 1 | YMM}, "avx2"),
    ("the system saves no masks", {"xcr0": 1 | YMM | ZMM & ~0x20}, "avx2"),
    ("the system saves half of ZMM", {"xcr0": 1 | YMM | ZMM & ~0x80}, "avx2"),
    ("the system saves no YMM", {"xcr0": 3}, "portable"),
    ("ZMM without YMM", {"xcr0": 3 | ZMM}, "portable"),
    ("no OSXSAVE", {"leaf1_ecx": LEAF1 & ~OSXSAVE, "xcr0": 0}, "portable"),
    ("no OSXSAVE, whatever XCR0", {"leaf1_ecx": LEAF1 & ~OSXSAVE}, "portable"),
    ("no FMA", {"leaf1_ecx": LEAF1 & ~FMA}, "portable"),
    ("no AVX", {"leaf1_ecx": LEAF1 & ~AVX}, "portable"),
    ("no F16C", {"leaf1_ecx": LEAF1 & ~F16C}, "portable"),
    ("no AVX2", {"leaf7_ebx": 0}, "portable"),
    ("no leaf 7", {"max_leaf": 6}, "portable"),
    ("nothing", {"max_leaf": 0, "leaf1_ecx": 0, "leaf7_ebx": 0, "xcr0": 0}, "portable"),
]


@x86_only
@pytest.mark.parametrize("change, level", [gate[1:] for gate in GATES], ids=[gate[0] for gate in GATES])
def test_a_level_needs_every_feature_and_the_system(change, level):
    registers = REGISTERS | change
    all_levels = ("avx512", "avx2", "portable")
    assert native.isas_for_registers(**registers) == all_levels[all_levels.index(level) :]
    assert native.select_isa("", **registers) == (level, "the best that this processor supports")


@x86_only
def test_the_variable_lowers_and_never_raises():
    haswell = REGISTERS | {"leaf7_ebx": AVX2, "xcr0": 1 | YMM}
    assert native.select_isa("portable", **haswell) == ("portable", "FASTACT_ISA")
    assert native.select_isa("avx2", **haswell) == ("avx2", "FASTACT_ISA")
    text = "FASTACT_ISA='avx512': above this processor, which supports up to avx2; choose one of portable, avx2"
    with pytest.raises(ValueError, match=f"^{text}$"):
        native.select_isa("avx512", **haswell)
    text = r"FASTACT_ISA='avx3': not one of portable, avx2, avx512 \(this processor supports up to avx2\)"
    with pytest.raises(ValueError, match=f"^{text}$"):
        native.select_isa("avx3", **haswell)
    nehalem = REGISTERS | {"leaf1_ecx": 0, "leaf7_ebx": 0, "xcr0": 0}
    text = "FASTACT_ISA='avx2': above this processor, which supports up to portable; choose one of portable"
    with pytest.raises(ValueError, match=f"^{text}$"):
        native.select_isa("avx2", **nehalem)


def test_the_levels_of_this_processor():
    assert fastact.isa() in fastact.isas()
    assert fastact.isas()[-1] == "portable"
    assert fastact.info()["isa"] == fastact.isa()


def test_without_the_variable_the_best_is_taken():
    show = "import fastact; print(fastact.isa(), fastact.info()['isa_why'])"
    for environment in {}, {"FASTACT_ISA": ""}:
        assert run_python(show, **environment) == f"{fastact.isas()[0]} the best that this processor supports"


@pytest.mark.parametrize("name", fastact.isas())
def test_each_level_can_be_forced(name):
    code = """
        import fastact, numpy
        x = numpy.linspace(-20, 20, 1003, dtype=numpy.float32)
        names = "identity", "relu", "sigmoid", "tanh", "softplus", "silu", "gelu", "softmax"
        functions = [getattr(fastact, name) for name in names]
        assert all(numpy.isfinite(f(x)).all() for f in functions)
        print(fastact.isa(), fastact.info()["isa_why"])
    """
    assert run_python(code, FASTACT_ISA=name) == f"{name} FASTACT_ISA"


@pytest.mark.parametrize("value", ["avx3", "AVX2", "best", " avx2", "neon" if X86 else "avx2", "x" * 1000])
def test_an_unknown_level_is_refused_at_import(value):
    done = start_python("import fastact", FASTACT_ISA=value)
    assert done.returncode == 1
    names = ", ".join(reversed(native.isas_for_registers(**REGISTERS)))
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"ValueError: FASTACT_ISA='{value[:40]}': not one of {names} (")
    assert last.endswith(f"(this processor supports up to {fastact.isas()[0]})")


@pytest.mark.skipif(not X86, reason="MXCSR is of x86")
def test_import_and_calls_leave_the_floating_point_mode():
    run_python("""
        import ctypes
        libm, environment = ctypes.CDLL(None), (ctypes.c_uint32 * 8)()

        def mode():
            libm.fegetenv(environment)
            return environment[0] & 0xFFFF, environment[7] & 0xFFC0

        import numpy
        before = mode()
        assert before == (0x37F, 0x1F80)
        import fastact
        assert mode() == before
        x = numpy.linspace(-200, 200, 300_000, dtype=numpy.float32)
        for a in x[:5], x[::3], x, x.astype(float):
            for f in fastact.exp, fastact.gelu, fastact.softmax, fastact.gelu.derivative:
                f(a)
                assert mode() == before, f
        assert numpy.float32(1e-45) * 1 != 0
    """)

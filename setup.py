"""Builds fastact._native: the kernels once per instruction set, everything else once, one extension module.

Environment: FASTACT_OPENMP=0 builds without OpenMP; FASTACT_SANITIZE=address,undefined builds with sanitizers;
FASTACT_NATIVE=0 builds no extension, =1 makes a failed one an error (by default it leaves the NumPy backend).
"""

import glob
import itertools
import os
import platform
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# The features in the flags are exactly those that src/dispatch.c asks of the processor.
X86 = {
    "avx512": "-mavx2 -mfma -mf16c -mavx512f -mavx512vl -mavx512dq -mavx512bw -mprefer-vector-width=512",
    "avx2": "-mavx2 -mfma -mf16c",
    "portable": "-Os",  # it is there to be right: small, not fast
}
# Pinned, so that a builder's CFLAGS cannot put newer instructions into what runs everywhere.
BASELINE = {"x86_64": "-march=x86-64", "AMD64": "-march=x86-64"}
MACHINES = {"x86_64": X86, "AMD64": X86, "aarch64": {"neon": "", "portable": ""}, "arm64": {"neon": "", "portable": ""}}
MACHINE = platform.machine()
ISAS = MACHINES.get(MACHINE, {"portable": ""})

# Rows write out what is to be there once for each of several constants; GCC's own copies would be a tenth more.
KERNELS = {"src/elementwise.c": "", "src/rows.c": "-fno-ipa-cp"}
# No contraction: every fma is written out, so that the bits are the same everywhere.  Never -ffast-math.
# -Wno-unused-parameter: a vocabulary operation has one signature on every instruction set.
COMMON = "-std=gnu11 -fno-math-errno -ffp-contract=off -fvisibility=hidden -Wall -Wextra -Wno-unused-parameter"
# -O2 would leave packs in memory (rows take 1.4 times as long, with -fpeel-loops 1.15 times), and without
# -ftree-vectorize the backward of short rows takes twice as long.  Nothing unwinds through this code.
RELEASE = "-O3 -g0 -fno-asynchronous-unwind-tables"
SANITIZE = os.environ.get("FASTACT_SANITIZE", "")
if SANITIZE:
    RELEASE = f"-O1 -g -fno-omit-frame-pointer -fsanitize={SANITIZE} -fno-sanitize-recover=all"
BASE = f"{BASELINE.get(MACHINE, '')} {COMMON} {RELEASE}".split()
DEPENDS = [
    p
    for pattern in ("src/**/*.h", "src/*.c", "src/*.def", "src/*.pyx", "src/**/*.pxi", "fastact/include/*.h")
    for p in glob.glob(pattern, recursive=True)
]


def openmp_flags(compiler):
    """The OpenMP flag if a program builds with it, else none: the module is then serial, and right."""
    if os.environ.get("FASTACT_OPENMP", "1") == "0":
        return []
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "probe.c")
        with open(source, "w") as file:
            file.write("#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n")
        try:
            objects = compiler.compile([source], output_dir=folder, extra_postargs=["-fopenmp"])
            compiler.link_executable(objects, os.path.join(folder, "probe"), extra_postargs=["-fopenmp"])
        except Exception:
            print("fastact: no OpenMP with this compiler; building without threads")
            return []
    return ["-fopenmp"]


class build(build_ext):
    def build_extension(self, ext):
        """Every file in a pool, the longest first; the base class then finds nothing to compile, and links."""
        openmp = openmp_flags(self.compiler)
        macros = [*ext.define_macros, *((f"FA_HAVE_{isa}", "1") for isa in ISAS)]
        # Cython's code is not ours to lint; -O3 makes it a sixth larger, and with sanitizers takes minutes.  -Os makes
        # it a third smaller, but a small call takes 1.3 times as long.
        flags = ["-O0" if SANITIZE else "-O2", *openmp, "-Wno-unused-function", "-Wno-cpp"]
        files = [(source, "", macros, flags) for source in ext.sources]
        for isa, source in itertools.product(ISAS, KERNELS):
            flags = [*KERNELS[source].split(), *ISAS[isa].split()]
            files.append((source, isa, [("FA_ISA", isa), (f"FA_ISA_{isa}", None)], flags))

        def compiled(source, folder, macros, flags):
            return self.compiler.compile(
                [source],
                output_dir=os.path.join(self.build_temp, folder),
                include_dirs=ext.include_dirs,
                macros=macros,
                extra_postargs=[*BASE, *flags],
            )[0]

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            ext.extra_objects = list(pool.map(compiled, *zip(*files, strict=True)))
        ext.extra_link_args += [*openmp, *([f"-fsanitize={SANITIZE}"] if SANITIZE else ["-s"])]
        sources, ext.sources = ext.sources, []
        try:
            super().build_extension(ext)
        finally:
            ext.sources = sources


NATIVE = os.environ.get("FASTACT_NATIVE", "")
extension = Extension(
    "fastact._native",
    ["src/_native.pyx", *(f"src/{name}.c" for name in ("dispatch", "threads", "cgroups", "memory"))],
    include_dirs=["src", numpy.get_include()],
    depends=DEPENDS,
    define_macros=[
        ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION"),
        ("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"),
    ],
    libraries=[] if os.name == "nt" else ["m"],  # fma, where the baseline has none
)
extensions = [] if NATIVE == "0" else cythonize([extension], build_dir="build/cython")
for made in extensions:
    made.optional = NATIVE != "1"  # cythonize makes extensions anew, and forgets this of the one it was given
setup(
    ext_modules=extensions,
    cmdclass={"build_ext": build},
)

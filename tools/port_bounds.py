"""How far the AVX-512 loops are from what the ports of the processor allow: docs/limits.md.

    python tools/port_bounds.py [FUNCTION ...]      compiles, counts and measures: the table of docs/limits.md
    python tools/port_bounds.py --show gelu         and the loops, and what each part of the core does for them

The instructions of one call are traced, cut into the loops they are, and each loop given to llvm-mca (LLVM_MCA names
another).  The bound is the sum over all loops; what stands outside them counts by the width of the front end.  Run it
on a machine with AVX-512 that does nothing else.
"""

import argparse
import collections
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from sweep import FLAGS, ISA_FLAGS, ROOT

BUILD = ROOT / "build/bounds"
FUNCTIONS = ("exp", "sigmoid", "tanh", "gelu", "softmax")
ROUNDS = 20
WIDTH = 6  # instructions a cycle, at most
# From register to register: done by renaming, without a port, which llvm-mca does not know.
MOVE = re.compile(r"vmov\w+\s+%[xyz]mm\d+,%[xyz]mm\d+")
# Elements of a row, and rows: in the first and in the second cache.
SIZES = ((2048, 1), (32768, 1))
SIZES_OF_ROWS = ((1024, 4), (1024, 32))


def build():
    BUILD.mkdir(parents=True, exist_ok=True)
    compiler, program = os.environ.get("CC", "cc"), BUILD / "port_bounds"

    def compile_loops(name):
        made = BUILD / f"{name}.o"
        flags = [*FLAGS, *ISA_FLAGS["avx512"], "-DFA_ISA=avx512", "-DFA_ISA_avx512"]
        subprocess.run([compiler, *flags, "-c", ROOT / f"src/{name}.c", "-o", made], check=True)
        return made

    with ThreadPoolExecutor() as pool:
        objects = list(pool.map(compile_loops, ("elementwise", "rows")))
    # at fixed addresses, so that those of the trace are those of the listing
    flags = ["-O2", "-std=gnu11", "-Wall", "-Wextra", "-march=native", "-static", "-no-pie"]
    subprocess.run([compiler, *flags, ROOT / "tools/port_bounds.c", *objects, "-lm", "-o", program], check=True)
    return program


def listing(program):
    """The instruction at each address, as an assembler reads it."""
    out = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], capture_output=True, text=True, check=True)
    found = {}
    for line in out.stdout.splitlines():
        if match := re.match(r"\s*([0-9a-f]+):\t(.*)", line):
            text = re.sub(r"\s*(#|<).*", "", match[2]).strip()
            found[int(match[1], 16)] = re.sub(r"^((?:bnd )?(?:j\w+|call)\s+)[0-9a-f]+$", r"\1there", text)
    return found


def loops(trace):
    """How often each loop ran: paths from an address back to it, less the loops within; and what is left over."""
    path, at, count = [], {}, collections.Counter()
    for address in trace:
        if address in at:
            begin = at[address]
            count[tuple(path[begin:])] += 1
            for gone in path[begin:]:
                del at[gone]
            del path[begin:]
        at[address] = len(path)
        path.append(address)
    return count, len(path)


def asked(program, name, size):
    """The numbers that port_bounds.c prints."""
    out = subprocess.run([program, name, *map(str, size)], capture_output=True, check=True).stdout
    return tuple(map(float, out.split()))


def loop_bound(instructions, division, places, show):
    """Cycles an iteration for each part of the core: the ports, the front end, the divider."""
    # Its model of Sapphire Rapids has one unit for products of 512 bits, as the same core has in other products.  The
    # model named here has both, on the same ports, 0 and 5.
    command = [os.environ.get("LLVM_MCA", "llvm-mca"), "-mcpu=skylake-avx512", "-iterations=100"]
    report = subprocess.run(command, input="\n".join(instructions) + "\n", capture_output=True, text=True, check=True)
    resources, pressure = re.search(
        r"Resources:\n(.*?)Resource pressure per iteration:\n.*?\n(.*?)\n", report.stdout, re.DOTALL
    ).groups()
    pressure = map(float, pressure.replace("-", "0").split())
    parts = dict(zip(re.findall(r"- SKX(\w+)", resources), pressure, strict=True))
    divisions = sum(i.startswith("vdivps") and "zmm" in i for i in instructions)
    # llvm-mca knows of three places, but the ports stand still for longer; how it deals the rest to the two is no bound
    both = parts.pop("Port0") + parts.pop("Port5") + divisions * (places - 3)
    parts = {name: cycles for name, cycles in parts.items() if name.startswith("Port")}
    parts |= {"ports 0 and 5": both / 2, "front end": len(instructions) / WIDTH, "divider": division * divisions}
    if show:
        print(*instructions, sep="\n")
        print(", ".join(f"{name} {cycles:.1f}" for name, cycles in parts.items()))
    return parts


def bound(program, code, name, size, division, places, show):
    """Cycles an element at best, what sets them, and instructions for 16 elements."""
    arguments = [program, name, *map(str, size), "trace"]
    trace = np.frombuffer(subprocess.run(arguments, capture_output=True, check=True).stdout, np.uint64).tolist()
    count, rest = loops(trace)
    cycles, by = 0, collections.Counter()
    for path, times in count.items():
        if times * len(path) < 0.005 * len(trace):
            rest += times * len(path)
            continue
        if show:
            print(f"\n{name}, {times} times:")
        parts = loop_bound([code[a] for a in path if not MOVE.fullmatch(code[a])], division, places, show)
        most = max(parts, key=parts.get)
        cycles += times * parts[most]
        by[most] += times * parts[most]
    elements = size[0] * size[1]
    return (cycles + rest / WIDTH) / elements, by.most_common(1)[0][0], 16 * len(trace) / elements


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="softmax, or an activation without parameters")
    parser.add_argument("--show", action="store_true")
    a = parser.parse_args()
    program = build()
    code = listing(program)
    cases = [
        (name, size) for name in a.functions or FUNCTIONS for size in (SIZES_OF_ROWS if name == "softmax" else SIZES)
    ]
    # Round by round, the best: a neighbour on the other half of a core takes up to a third, for seconds.
    rounds = [[asked(program, *case) for case in (("machine", (1, 1)), *cases)] for _ in range(ROUNDS)]
    (division, places), *took = map(min, zip(*rounds, strict=True))
    print(f"A division of 16 takes {division:.1f} cycles and the place of {places:.1f} products.\n")
    print(
        "| function | elements | instructions for 16 | bound by | at best, cycles an element | measured | ratio | GHz |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for (name, size), (cycles, clock) in zip(cases, took, strict=True):
        least, by, instructions = bound(program, code, name, size, division, places, a.show)
        cycles /= size[0] * size[1]
        elements = " x ".join(str(n) for n in size[::-1] if n > 1)
        line = (name, elements, f"{instructions:.1f}", by, f"{least:.3f}", f"{cycles:.3f}", f"**{cycles / least:.2f}**")
        print("|", " | ".join(line), f"| {clock:.2f} |")


if __name__ == "__main__":
    sys.exit(main())

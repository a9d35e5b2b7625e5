"""Writes docs/conformance.md from the counts of a test run:  python tools/write_conformance.py COUNTS.json"""

import json
import sys
from pathlib import Path

PAGE = """# Conformance

The suites of others that pass on fastact, run from the installed packages by tests/test_conformance.py; none of their
files is copied. `make conformance` runs them and writes this page. What is left out: of SciPy's files the cases of
complex numbers and of longdouble, which fastact refuses; of NumPy's `expm1` set the inputs above 0 (it is tried through
elu).

| suite | version | passed | by what |
|---|---|---|---|
"""


def main(counts):
    lines = [PAGE]
    for suite, found in json.loads(Path(counts).read_text()).items():
        cases = found["cases"]
        lines.append(
            f"| {suite} | {found['version']} | {sum(cases.values()):,} "
            f"| {', '.join(f'{name} {number}' for name, number in cases.items())} |\n"
        )
    Path(__file__).resolve().parent.parent.joinpath("docs/conformance.md").write_text("".join(lines))


if __name__ == "__main__":
    main(sys.argv[1])

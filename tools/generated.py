"""What the tools that write headers of tables share: numbers in C, and the files, written or compared."""

import argparse
import sys
from pathlib import Path

ENGINE = Path(__file__).resolve().parent.parent / "src/engine"


def hexf(a):
    """A float32 in C, without zeros at the end of its mantissa."""
    text = float(a).hex()
    head, p = text.split("p")
    head = head.rstrip("0").rstrip(".") if "." in head else head
    return f"{head}p{p}f"


def numbers(values, per_line):
    entries = [hexf(v) for v in values]
    return ["    " + ", ".join(entries[k : k + per_line]) + "," for k in range(0, len(entries), per_line)]


def arrays(name, rows):
    """The lines of 32 rows of 8 numbers, and of the same by columns."""
    lines = []
    for order, values in (("rows", rows), ("columns", rows.T)):
        lines += [f"static const float {name}_{order}[256] = {{", *numbers(values.ravel(), 4), "};"]
    return lines


def write(doc, files):
    """The command line of a tool: what files(names) gives, a function for the text of each file, is written."""
    parser = argparse.ArgumentParser(description=doc.split("\n\n")[0])
    parser.add_argument("names", nargs="*", help="functions (default: all)")
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    options = parser.parse_args()
    differing = []
    for name, make in files(options.names).items():
        path, text = ENGINE / name, make()
        if not options.check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            differing.append(name)
    if differing:
        sys.exit(f"differs from what {parser.prog} gives: {', '.join(differing)}")

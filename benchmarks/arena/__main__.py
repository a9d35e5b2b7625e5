"""fastact beside PyTorch, ONNX Runtime, JAX, NumPy, SciPy and numexpr; a peer that is not installed is left out.

Each contender in a process of its own, held to as many processors as threads, stopped while others have their turn.
Times are medians of the rounds; a peer's ratio is its time over fastact's.  Without options: every cell, for hours.
"""

import argparse
import contextlib
import json
import sys
from pathlib import Path

from . import errors, report
from .contenders import PEERS
from .run import DTYPES, KINDS, ROW_FUNCTIONS, SIZES, cells, run

MARGIN = 0.15  # how much smaller than the stored one a ratio may be
# What the README shows: those that people look for, one that a rival wins among them.
README = "relu leaky_relu hard_silu exp sigmoid silu tanh gelu gelu_tanh softplus mish elu logit"


def words(known=None, to=str):
    """A parser of names with commas between, in any case."""
    spelled = {str(name).lower().replace(" ", ""): name for name in known or ()}

    def parse(text):
        values = [to(spelled.get(word.lower().replace(" ", ""), word)) for word in text.split(",") if word]
        unknown = [value for value in values if known is not None and value not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"no {', '.join(map(str, unknown))}; there are {', '.join(known)}")
        return values

    return parse


def short_list(functions):
    """The cells of the regression check, whose ratios are stored: one for each function, some rows, small calls."""

    def short(threads):
        def some(*choice):
            return [cell for cell in cells(*choice, max(SIZES)) if cell["kind"] != "copy"]

        found = some(["elementwise"], functions, [1 << 15], ["float32"], threads, ["out"])
        found += some(["backward"], functions, [1 << 15], ["float32"], threads, ["new"])
        found += some(
            ["elementwise"], [f for f in functions if f in ("exp", "relu")], [16], ["float32"], threads, ["new"]
        )
        rows = some(["rows"], ["softmax"], [1 << 24], ["float32"], threads, ["new"])
        return found + [cell for cell in rows if cell["shape"] in ([4096, 10], [4096, 64], [64, 8192], [128, 256])]

    return short


@contextlib.contextmanager
def bar(total):
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    except ImportError:
        yield lambda text: print(text, file=sys.stderr)
        return
    columns = [BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}")]
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=total, completed=-1)

        def advance(text):
            progress.update(task, advance=1, description=text)

        yield advance
        progress.update(task, completed=total, description="")


def main(arguments=None):
    names = [*errors.ROWS, *ROW_FUNCTIONS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.arena", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="float32 and float64, two sizes, one thread, few rounds")
    add("--kinds", type=words(KINDS), help=",".join(KINDS))
    add("--functions", type=words(names), default=names, help="of the catalogue, softmax, log_softmax")
    add("--sizes", type=words(to=int), help=",".join(map(str, SIZES)))
    add("--peers", type=words(PEERS), default=PEERS, help=",".join(PEERS))
    add("--threads", type=words(to=int), help="1,2")
    add("--dtypes", type=words(DTYPES), help=",".join(DTYPES))
    add("--results", type=words(["new", "out"]), default=["new", "out"], help="new,out")
    add("--rounds", type=int, help="turns of each contender in each cell")
    add("--stride", type=int, default=4093, help="of the float32 inputs whose errors are taken")
    add("--isa", choices=["avx2"], help="hold fastact and the peers to AVX2")
    add("--json", type=Path, metavar="FILE", help="write the measurements")
    add("--from-json", type=Path, metavar="FILE", help="report these measurements; run nothing")
    add("--markdown", type=Path, metavar="FILE", help="write the report as Markdown")
    add("--plots", type=Path, metavar="DIRECTORY", help="draw the plots (matplotlib, the extra `plot`)")
    add("--readme", action="store_true", help="print the table of the README alone")
    add("--store", type=Path, metavar="FILE", help="write the ratios of the regression check")
    add("--check", type=Path, metavar="FILE", help=f"fail where a ratio is {MARGIN:.0%}% below the stored one")
    options = parser.parse_args(arguments)
    few = options.quick or options.readme or options.store or options.check
    options.short = short_list(options.functions) if options.store or options.check else None
    options.kinds = options.kinds or (["elementwise"] if options.readme else KINDS)
    # Rows are as many as the sizes asked for allow.
    options.largest_rows = max(options.sizes) if options.sizes else 1 << 20 if few else max(SIZES)
    options.sizes = options.sizes or ([1 << 15] if options.readme else SIZES[:3:2] if few else SIZES)
    options.threads = options.threads or ([1] if few else [1, 2])
    options.dtypes = options.dtypes or (DTYPES[:1] if options.readme else DTYPES[:2] if few else DTYPES)
    options.rounds = options.rounds or (7 if options.quick else 15)
    if options.readme:
        options.functions = README.split() if options.functions is names else options.functions
        options.results, options.stride = ["out"], 1021

    found = json.loads(options.from_json.read_text()) if options.from_json else run(options, bar)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    if options.store:
        options.store.write_text(json.dumps(report.stored(found), indent=1) + "\n")
        return 0
    if options.check:
        return report.check(found, json.loads(options.check.read_text()), MARGIN)
    if options.readme:
        print(report.readme(found))
        return 0
    text = report.markdown(found)
    if options.markdown:
        options.markdown.write_text(text)
    else:
        print(text)
    if options.plots:
        report.plots(found, options.plots)
    return 0


if __name__ == "__main__":
    sys.exit(main())

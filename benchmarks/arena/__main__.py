"""fastact beside PyTorch, ONNX Runtime, JAX, NumPy, SciPy and numexpr; a peer that is not installed is left out.

Each contender in a process of its own, held to as many processors as threads, stopped while others have their turn.
A peer's ratio is its time over fastact's, turn by turn.  Without options: every cell, for the better part of an hour.
"""

import argparse
import contextlib
import json
import signal
import sys
from pathlib import Path

from . import errors, report
from .contenders import PEERS
from .run import DTYPES, KINDS, ROW_FUNCTIONS, SIZES, VISITS, cells, key, run, targets

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


def short_list(functions, threads):
    """The cells of the regression check, whose ratios are stored: one for each function, some rows, small calls."""

    def some(kinds, functions, sizes, results):
        return list(cells(kinds, functions, sizes, "float32", threads, results, max(SIZES)))

    found = some(["elementwise"], functions, [1 << 15], ["out"])
    found += some(["backward"], functions, [1 << 15], ["new"])
    found += some(["elementwise"], [f for f in functions if f in ("exp", "relu")], [16], ["new"])
    rows = some(["rows", "rows backward"], [f for f in functions if f == "softmax"], [], ["new"])
    found += [cell for cell in rows if cell["shape"] in ([4096, 10], [4096, 64], [64, 8192], [128, 256])]
    return [cell for cell in found if cell["kind"] != "copy"]


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


def arguments_of(arguments):
    names = [*errors.ROWS, *ROW_FUNCTIONS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.arena", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="float32 and float64, two sizes, one thread")
    add("--kinds", type=words(KINDS), help=",".join(KINDS))
    add("--functions", type=words(names), default=names, help="of the catalogue, softmax, log_softmax")
    add("--sizes", type=words(to=int), help=",".join(map(str, SIZES)))
    add("--peers", type=words(PEERS), default=PEERS, help=",".join(PEERS))
    add("--threads", type=words(to=int), help="1,2")
    add("--dtypes", type=words(DTYPES), help=",".join(DTYPES))
    add("--results", type=words(["new", "out"]), default=["new", "out"], help="new,out")
    add("--rounds", type=int, default=12, help="most turns of each contender in a visit to a cell")
    add("--visits", type=int, default=VISITS, help="most visits to a cell (with --quick and --check 1)")
    add("--stride", type=int, default=4093, help="of the float32 inputs whose errors are taken")
    add("--isa", choices=["avx2"], help="hold fastact and the peers to AVX2")
    add("--json", type=Path, metavar="FILE", help="write the measurements, every minute too")
    add("--resume", action="store_true", help="leave out what the file of --json has, and add to it")
    add("--from-json", type=Path, metavar="FILE", help="report these measurements; run nothing")
    add("--markdown", type=Path, metavar="FILE", help="write the report as Markdown")
    add(
        "--csv",
        type=Path,
        metavar="FILE",
        help="write every cell, the lost ones first; the report then has those alone",
    )
    add("--plots", type=Path, metavar="DIRECTORY", help="draw the plots (matplotlib, the extra `plot`)")
    add("--readme", action="store_true", help="print the table of the README alone")
    add("--store", type=Path, metavar="FILE", help="write the ratios of the regression check")
    add("--check", type=Path, metavar="FILE", help=f"fail where a ratio is twice {MARGIN:.0%}% below the stored one")
    options = parser.parse_args(arguments)
    if options.resume and not options.json:
        parser.error("--resume needs --json")
    if options.store or options.check:
        options.stride *= 64  # only to tell one function from another
    if options.quick or options.check:
        options.visits = 1
    if options.readme:
        options.stride = 1021
        if options.functions is names:
            options.functions = README.split()
    return options


def contest(options):
    """[(threads, cells), ...] that the options ask for; type by type, so that a run that is cut has the first whole."""
    if options.store or options.check:
        return [(threads, short_list(options.functions, threads)) for threads in options.threads or [1]]
    few = options.quick or options.readme
    kinds = options.kinds or (["elementwise"] if options.readme else KINDS)
    sizes = options.sizes or ([1 << 15] if options.readme else [16, 1 << 15] if few else SIZES)
    dtypes = options.dtypes or (DTYPES[:1] if options.readme else DTYPES[:2] if few else DTYPES)
    results = ["out"] if options.readme else options.results
    # Rows are as many as the sizes asked for allow.
    largest_rows = max(options.sizes) if options.sizes else 1 << 20 if few else max(SIZES)
    chosen = []
    for dtype in dtypes:
        for threads in options.threads or ([1] if few else [1, 2]):
            some = list(cells(kinds, options.functions, sizes, dtype, threads, results, largest_rows))
            if not (few or options.sizes):
                some += [cell for cell in targets(options.functions, threads) if cell["dtype"] == dtype]
            unique = {key(cell): cell for cell in some if cell["kind"] in ["copy", *kinds]}
            chosen.append((threads, list(unique.values())))
    return chosen


def check(options):
    """1 where a ratio fell by more than the margin, and fell again when its cell alone was timed anew."""
    before, chosen = json.loads(options.check.read_text()), contest(options)
    compared, slower = report.slower(run(chosen, options, bar), before, MARGIN)
    if slower:
        print(f"timed again: {'; '.join(slower)}", file=sys.stderr)
        again = [(threads, [cell for cell in some if report.label(cell) in slower]) for threads, some in chosen]
        _, slower = report.slower(run(again, options, bar), before, MARGIN)
    for text in slower.values():
        print(text)
    print(f"{compared} cells compared, {len(slower)} slower by more than {MARGIN:.0%}")
    return 1 if slower or not compared else 0


def main(arguments=None):
    options = arguments_of(arguments)
    # So it ends its processes and saves what it has.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return check(options) if options.check else report_of(options)
    except KeyboardInterrupt:
        print("cut" + (f"; what was measured is in {options.json}, --resume goes on" if options.json else ""))
        return 130


def report_of(options):
    """Measures and writes what is asked for."""
    if options.from_json:
        found = json.loads(options.from_json.read_text())
    else:
        before = json.loads(options.json.read_text()) if options.resume and options.json.exists() else None
        if before and before["isa"] != options.isa:
            raise SystemExit(f"{options.json} was measured with --isa {before['isa']}")
        # A table of times is to have all of them as exact as can be.
        found = run(contest(options), options, bar, before, all_turns=options.readme or options.store)
    if options.store:
        options.store.write_text(json.dumps(report.stored(found), indent=1) + "\n")
        return 0
    if options.readme:
        print(report.readme(found))
        return 0
    text = report.markdown(found, options.csv.name if options.csv else None)
    if options.markdown:
        options.markdown.write_text(text)
    else:
        print(text)
    if options.csv:
        options.csv.write_text(report.every_cell(found))
    if options.plots:
        report.plots(found, options.plots)
    return 0


if __name__ == "__main__":
    sys.exit(main())

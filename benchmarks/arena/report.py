"""What is made of the measurements: tables, the lost cells first; geometric means; plots; the regression check."""

import csv
import io
import math
import statistics

from .contenders import PEERS
from .run import FAR, LARGE, MEMORY, MOST_LARGE, SETTLED, SIZES, key, size
from .targets import TARGETS

UNITS = {"elementwise": "", "backward": " backward", "rows": "", "rows backward": " backward"}
SMALL = 1 << 10  # elements below which the time of a call is told, not that of an element
UFUNCS = ("relu", "exp", "tanh")  # where NumPy's spelling is one ufunc
SHARE, FRESH = 0.9, 1.3  # of the copy's speed, into out=; a new result's time over that


def threads_text(threads):
    return "1 thread" if threads == 1 else f"{threads} threads"


def shape_text(cell):
    return "x".join(map(str, cell["shape"])) + (" axis 0" if cell["axis"] == 0 else "")


def label(cell):
    result = "out=" if cell["out"] else "new"
    name = f"{cell['function']}{UNITS.get(cell['kind'], '')}"
    return f"{name}, {cell['dtype']}, {shape_text(cell)}, {result}, {threads_text(cell['threads'])}"


def ratios(cell, peers=PEERS):
    """{peer: its time over fastact's}, the best peer first."""
    found = {peer: cell["results"][peer]["ratio"][1] for peer in peers if peer in cell["results"]}
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def best(cell):
    """The best peer, and its ratio with the ends of its interval."""
    peer = next(iter(ratios(cell)))
    low, middle, high = cell["results"][peer]["ratio"]
    return peer, low, middle, high


def state(cell):
    _, _, middle, high = best(cell)
    return "lost" if high < 1 else "within the noise" if middle < 1 else ""


def contested(found):
    """The cells with a peer, the lost ones first, by ratio."""
    cells = [cell for cell in found["cells"] if cell["kind"] != "copy" and ratios(cell)]
    order = ["lost", "within the noise", ""]
    return sorted(cells, key=lambda cell: (order.index(state(cell)), best(cell)[2]))


def geometric(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def limits(found):
    """{(elements, threads): seconds of the copy, the median of the cells in which it was timed}"""
    seconds = {}
    for cell in found["cells"]:
        if "limit" in cell["results"]:
            seconds.setdefault((size(cell), cell["threads"]), []).append(cell["results"]["limit"]["seconds"])
    return {place: statistics.median(some) for place, some in sorted(seconds.items())}


def bandwidth(found):
    """GB/s of what reads one float32 array and writes one, and the share of the copy beside it: (cell, GB/s, share)."""
    for cell in found["cells"]:
        if (cell["kind"], cell["dtype"]) == ("elementwise", "float32"):
            limit = cell["results"].get("limit")
            rate = 8e-9 * size(cell) / cell["results"]["fastact"]["seconds"]
            yield cell, rate, limit["ratio"][1] if limit else None


# -- what was asked ---------------------------------------------------------------------------------------------------


def goals(found):
    """(what, asked, reached, whether that is enough), as texts but for the last."""
    cells = contested(found)
    plain = [cell for cell in cells if cell["kind"] == "elementwise"]
    lost, near = ([cell for cell in cells if state(cell) == what] for what in ("lost", "within the noise"))
    given = sum(cell["results"][best(cell)[0]]["spares_x"] for cell in lost)
    reached = f"{len(lost)} of {len(cells)} ({given} to one that spares x), {len(near)} more within the noise"
    yield "cells lost", "0", reached, not lost

    def mean(what, goal, cells, peers=PEERS):
        some = [min(found.values()) for cell in cells if (found := ratios(cell, peers))]
        if some:
            reached = geometric(some)
            yield what, f"{goal:g}" if goal else "", f"{reached:.2f} ({len(some)} cells)", not goal or reached >= goal

    small = [cell for cell in plain if size(cell) == 16]
    numpy = [cell for cell in plain if size(cell) < LARGE]  # in larger ones those far behind are not asked
    yield from mean("elementwise, against the best peer", 2, plain)
    yield from mean("elementwise, against the better of NumPy and SciPy, below 16 Mi", 8, numpy, ["NumPy", "SciPy"])
    yield from mean("backward, against the best peer", 0, [c for c in cells if c["kind"] == "backward"])
    yield from mean("rows, against the best peer", 2.5, [c for c in cells if c["kind"] == "rows"])
    yield from mean("rows backward, against the best peer", 0, [c for c in cells if c["kind"] == "rows backward"])
    yield from mean("16 elements, against NumPy's ufunc", 3, [c for c in small if c["function"] in UFUNCS], ["NumPy"])
    yield from mean("16 elements, against PyTorch", 10, small, ["PyTorch"])

    shares = large(found)
    if shares:
        enough = [name for name, (share, _) in shares.items() if share >= SHARE]
        least = min(shares, key=lambda name: shares[name][0])
        reached = f"{len(enough)} of {len(shares)} functions, the least {least}, {shares[least][0]:.0%}"
        yield f"16 Mi, out=: {SHARE:.0%} of the copy, what fits under it", "all", reached, enough == list(shares)
        fresh = {name: ratio for name, (_, ratio) in shares.items() if ratio}
        if fresh:
            most = max(fresh, key=fresh.get)
            reached = f"at most {fresh[most]:.2f} ({most})"
            yield "16 Mi: a new result's time over that into out=", f"{FRESH}", reached, fresh[most] <= FRESH
    reached = list(targets(found))
    slower = slowness(reached)
    for factor, where in ((1, ""), (slower, f", times {slower:.2f}: as much longer as the best peers take here")):
        for what, number, asked in (("must", 0, 1.0), ("stretch", 1, 0.5)):
            if reached:
                good = sum(ours <= factor * line[number] for _, ours, *line in reached)
                need = math.ceil(asked * len(reached))
                yield f"targets, `{what}`{where}", f"{need}", f"{good} of {len(reached)}", good >= need


def large(found):
    """{function: (share of the copy into out=, a new result's time over that)}, of float32, 16 Mi, most threads.

    Only those whose computing, from the time in cache on one thread, would fit under the copy.
    """
    plain = {
        (cell["function"], size(cell), cell["out"], cell["threads"]): cell["results"]
        for cell in found["cells"]
        if (cell["kind"], cell["dtype"]) == ("elementwise", "float32")
    }
    threads, n, cached, shares = max(found["threads"]), max(SIZES), 1 << 15, {}
    for (function, elements, out, team), results in plain.items():
        inside = plain.get((function, cached, True, 1))
        if (elements, out, team) == (n, True, threads) and "limit" in results and inside:
            computing = inside["fastact"]["seconds"] / cached / threads
            if computing < SHARE * results["limit"]["seconds"] / n:
                new = plain.get((function, n, False, threads))
                ratio = new["fastact"]["seconds"] / results["fastact"]["seconds"] if new else None
                shares[function] = results["limit"]["ratio"][1], ratio
    return shares


def targets(found):
    """(cell, ns an element, must, stretch, the best peer's there, the best peer's here)"""
    measured = {} if found["isa"] else {key(cell): cell for cell in found["cells"]}
    for target in TARGETS:
        cell = measured.get(key({"kind": target.kind, "dtype": target.dtype, **target._asdict()}))
        if cell and ratios(cell):
            peer = cell["results"][best(cell)[0]]["seconds"]
            ours, here = (1e9 * seconds / size(cell) for seconds in (cell["results"]["fastact"]["seconds"], peer))
            yield cell, ours, target.must, target.stretch, target.peer, here


def slowness(lines):
    """How many times as long the best peers take as on the machine of the targets, in the median."""
    known = [here / there for *_, there, here in lines if there]
    return statistics.median(known) if known else 1.0


# -- tables -----------------------------------------------------------------------------------------------------------


def table(header, body):
    rows = [header, ["---"] + ["---:"] * (len(header) - 1), *body]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def time_text(result, cell):
    if size(cell) < SMALL:
        return f"{1e9 * result['seconds']:.0f} ±{1e9 * result['spread']:.0f} ns a call"
    scale = 1e9 / size(cell)
    return f"{scale * result['seconds']:.3f} ±{scale * result['spread']:.3f}"


def ulp_text(error):
    if error is None:
        return "?"
    return "wrong" if error > 1e6 else f"{error:.2f}" if error < 100 else f"{error:.1e}"


def head(found):
    machine = found["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items() if name != "limit")
    lines = [
        f"{machine['processor']}, {machine['processors']} processors, {machine['system']}, Python {machine['python']}; "
        f"{versions}; threads: {', '.join(map(str, found['threads']))}; {found['date']}."
    ]
    missing = [f"{name} ({why})" for name, why in found["missing"].items() if name != "limit"]
    if missing:
        lines.append(f"Left out: {', '.join(missing)}.")
    if found["isa"]:
        lines.append(f"Held to AVX2: {' '.join(f'{k}={v!r}' for k, v in found['environment'].items())}.")
    return "\n".join(lines)


def cells_table(cells):
    body = []
    for cell in cells:
        ours, texts = cell["results"]["fastact"], []
        for name in PEERS:
            result = cell["results"].get(name)
            far = f"> {FAR}" if name in cell["far"] else ""
            texts.append(f"{result['ratio'][1]:.2f}, {ulp_text(result['ulp'])}" if result else far)
        peer, low, _, high = best(cell)
        said = {"lost": " **lost**", "": ""}.get(state(cell), f" {state(cell)}")
        said += " to one that spares x" if said and cell["results"][peer]["spares_x"] else ""
        ends = f"{low:.2f} to {high:.2f}{said}"
        body.append([label(cell), time_text(ours, cell), ulp_text(ours["ulp"]), *texts, ends])
    return table(["cell", "fastact, ns an element", "ULP", *PEERS, "best peer, 95 %"], body)


def functions_table(found):
    """A line for each function: by type the mean and the least ratio to the best peer, then the errors in float32."""
    lines = {}
    for cell in found["cells"]:
        if cell["kind"] != "copy":
            lines.setdefault((cell["function"], cell["kind"]), []).append(cell)
    dtypes = list(dict.fromkeys(cell["dtype"] for some in lines.values() for cell in some))
    who = ["fastact", *(peer for peer in PEERS if peer in found["versions"])]
    body = []
    for (function, kind), some in lines.items():
        texts = []
        for dtype in dtypes:
            values = [best(cell)[2] for cell in some if cell["dtype"] == dtype and ratios(cell)]
            texts.append(f"{geometric(values):.2f} ({min(values):.2f})" if values else "")
        for name in who:
            known = [c["results"][name]["ulp"] for c in some if c["dtype"] == "float32" and name in c["results"]]
            known = [error for error in known if error is not None]
            texts.append(ulp_text(max(known)) if known else "")
        body.append([function + UNITS[kind], *texts])
    return table(["", *dtypes, *(f"ULP: {name}" for name in who)], body)


def markdown(found, table_of_all=None):
    """The report; if another file has the table of all cells, without those that were won."""
    cells = contested(found)
    parts = [
        "# Speed\n",
        "Printed by `python -m benchmarks.arena` (`make bench-peers`). A peer's ratio is its time over fastact's: the "
        "median over turns taken one after the other; beside it its greatest error in ULP (*wrong*: some normal "
        "results have no right digit; ?: not measured). Times are medians, ± half the distance between the quartiles. "
        "In the last column is an interval that has the best peer's true median in it at about 95 %; a cell is *lost* "
        f"if it ends below 1. A cell has {found['rounds']} turns ({MOST_LARGE} at 16 Mi), up to "
        f"{max((line['visits'] for line in found['cells']), default=1)} times, minutes apart and by new processes, "
        "but a peer leaves after "
        f"{', '.join(f'{turns} that all took {factor:g} times as long' for turns, factor in SETTLED)}; one more than "
        f"{FAR} times slower at 1 Mi elements is not asked at 16 Mi. *Spares x*: fastact makes the derivative from x, "
        "a NaN of which is one there too, the peer from y = f(x), which it is given, from what it kept when it made "
        "that, or from nothing (identity, step). "
        f"Errors: float32 at every {found['stride']}th number, 16-bit types at all, float64 at 500.\n",
        head(found) + "\n",
        "## What was asked\n",
        table(
            ["", "asked", "reached", ""],
            [[what, asked, reached, "" if enough else "**no**"] for what, asked, reached, enough in goals(found)],
        ),
    ]
    if table_of_all:
        parts.append(f"\n## The cells that were not won\n\nAll {len(cells)}: [{table_of_all}]({table_of_all}).\n")
        parts.append(cells_table([cell for cell in cells if state(cell)]))
    else:
        parts += ["\n## All cells, the lost ones first\n", cells_table(cells)]
    parts += [
        "\n## Functions\n",
        "By type: the geometric mean of the ratios to the best peer, and the least of them.\n",
        functions_table(found),
        "\n## The machine's limit\n",
        "A copy by vectors, the fastest of plain and streaming stores with some distances of prefetch; of small arrays "
        "many copies in a call. Each byte read and each byte written counts once, for the copy and for the functions "
        "alike; the lines that a plain store reads before it overwrites them do not count. Turns with "
        f"{LARGE >> 20} Mi elements or more are one call each, on arrays that the others' turns have driven out of the "
        f"caches: a third-level cache can hold such arrays, and called in a loop the copy of 16 Mi is faster than "
        f"memory. At {MEMORY >> 20} Mi no cache helps.\n",
        table(
            ["elements (float32)", "threads", "GB/s"],
            [[f"{n:,}", str(t), f"{8e-9 * n / seconds:.1f}"] for (n, t), seconds in limits(found).items()],
        ),
    ]
    shares = [[label(c), f"{rate:.1f}", f"{share:.0%}"] for c, rate, share in bandwidth(found) if share]
    if shares:
        parts += ["", table(["large arrays", "GB/s", "of the copy in the same rounds"], shares)]
    asked = [
        [
            label(cell),
            *(f"{ns:.3f}" for ns in (ours, must, stretch)),
            f"{there:.3f}" if there else "",
            f"{here:.3f}",
            "**no**" if ours > must else "",
        ]
        for cell, ours, must, stretch, there, here in targets(found)
    ]
    if asked:
        parts += [
            "\n## Targets, ns an element\n",
            "Set on another machine, where the best peer took what the last but one column says.\n",
            table(["", "reached", "must", "stretch", "best peer there", "here", ""], asked),
        ]
    alone = {}
    for cell in found["cells"]:
        if cell["kind"] != "copy" and not ratios(cell):
            result = "out=" if cell["out"] else "new"
            alone[f"{cell['function']}{UNITS[cell['kind']]}, {cell['dtype']}, {result}"] = None
    if alone:
        parts += ["\n## Without a peer\n", "; ".join(alone) + "."]
    absent = found["refused"].get("fastact", {})
    if absent:
        parts += [
            "\n## What fastact does not have\n",
            "; ".join(f"{what} ({why})" for what, why in absent.items()) + ".",
        ]
    return "\n".join(parts) + "\n"


def every_cell(found):
    """The cells as CSV, the lost ones first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = [f"{peer}{what}" for peer in PEERS for what in ("", " low", " high", " ULP")]
    writer.writerow(["function", "dtype", "shape", "result", "threads", "ns", "±", "turns", "ULP", *columns, "state"])
    for cell in contested(found):
        ours, scale = cell["results"]["fastact"], 1e9 / size(cell)
        row = [cell["function"] + UNITS[cell["kind"]], cell["dtype"], shape_text(cell)]
        row += ["out=" if cell["out"] else "new", cell["threads"]]
        row += [
            f"{scale * ours['seconds']:.4g}",
            f"{scale * ours['spread']:.2g}",
            len(ours["turns"]),
            ulp_text(ours["ulp"]),
        ]
        for peer in PEERS:
            result = cell["results"].get(peer)
            if result:
                low, middle, high = (f"{ratio:.3g}" for ratio in result["ratio"])
                row += [middle, low, high, ulp_text(result["ulp"])]
            else:
                row += [f">{FAR}" if peer in cell["far"] else "", "", "", ""]
        writer.writerow([*row, state(cell)])
    return text.getvalue()


def readme(found):
    """The fastest and the most accurate of each line in bold."""
    who = [name for name in ["fastact", *PEERS] if any(name in cell["results"] for cell in found["cells"])]
    body = []
    for cell in found["cells"]:
        if cell["kind"] != "elementwise":
            continue
        results, texts = cell["results"], []
        fastest = min(result["seconds"] for result in results.values())
        known = [result["ulp"] for result in results.values() if result["ulp"] is not None]
        for name in who:
            if name not in results:
                texts.append("")
                continue
            seconds, error = results[name]["seconds"], results[name]["ulp"]
            time = f"{1e9 * seconds / size(cell):.2f} ns"
            text = ulp_text(error) if ulp_text(error) == "wrong" else f"{ulp_text(error)} ULP"
            time = f"**{time}**" if seconds == fastest else time
            text = f"**{text}**" if known and error == min(known) else text
            texts.append(f"{time}, {text}")
        body.append([cell["function"], *texts])
    return "\n".join(
        [
            table(["", *who], body),
            f"\n{head(found)} *wrong*: some results that are normal numbers have no right digit.",
            "NumPy, SciPy, numexpr: the usual expression. ns an element of 32,768 into `out=`. Made by "
            "`make readme-table`.",
        ]
    )


# -- the regression check ---------------------------------------------------------------------------------------------


def stored(found):
    return {
        "machine": found["machine"],
        "versions": found["versions"],
        "ratios": {
            label(cell): {peer: round(ratio, 3) for peer, ratio in ratios(cell).items()} for cell in contested(found)
        },
    }


def slower(found, before, margin):
    """How many cells both have, and {cell: text} of those whose ratio to the best peer fell by more than the margin."""
    now, compared, fell = stored(found)["ratios"], 0, {}
    for what, old in before["ratios"].items():
        both = [peer for peer in old if peer in now.get(what, {})]
        if both:
            compared += 1
            peer = min(both, key=old.get)
            if now[what][peer] < old[peer] * (1 - margin):
                fell[what] = f"slower: {what}: {now[what][peer]:.2f} of {peer}, was {old[peer]:.2f}"
    return compared, fell


# -- plots ------------------------------------------------------------------------------------------------------------


def heat(plt, cells, line, column, path):
    """A table of colours: the ratio to the best peer."""
    lines, columns = (list(dict.fromkeys(map(what, cells))) for what in (line, column))
    grid = [[math.nan] * len(columns) for _ in lines]
    for cell in cells:
        grid[lines.index(line(cell))][columns.index(column(cell))] = math.log2(best(cell)[2])
    figure, axes = plt.subplots(figsize=(3 + 0.45 * len(columns), 2.5 + 0.3 * len(lines)), layout="constrained")
    image = axes.imshow(grid, cmap="RdYlGn", vmin=-2, vmax=2, aspect="auto")
    axes.set_yticks(range(len(lines)), lines, fontsize=8)
    axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=8)
    for i, values in enumerate(grid):
        for j, value in enumerate(values):
            if not math.isnan(value):
                axes.text(j, i, f"{2**value:.1f}", ha="center", va="center", fontsize=6)
    figure.colorbar(image, label="log2 of the best peer's time over fastact's")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def plots(found, directory):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    directory.mkdir(parents=True, exist_ok=True)
    cells = [cell for cell in found["cells"] if cell["kind"] != "copy" and ratios(cell)]

    def name(cell):
        return cell["function"] + UNITS[cell["kind"]]

    def place(cell):
        return f"{shape_text(cell)} {'out=' if cell['out'] else 'new'} {threads_text(cell['threads'])}"

    for dtype in dict.fromkeys(cell["dtype"] for cell in cells):
        some = [cell for cell in cells if cell["dtype"] == dtype]
        places = sorted(some, key=lambda cell: (size(cell), cell["out"], cell["threads"]))
        plain, rows = ([c for c in places if ("rows" in c["kind"]) == wanted] for wanted in (False, True))
        if plain:
            heat(plt, plain, name, place, directory / f"ratios-{dtype}.png")
        if rows:
            heat(plt, rows, name, place, directory / f"rows-{dtype}.png")
    for threads in found["threads"]:
        figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
        copies = sorted((n, 8e-9 * n / seconds) for (n, t), seconds in limits(found).items() if t == threads)
        if copies:
            axes.plot(*zip(*copies, strict=True), "k--", linewidth=2, label="copy")
        curves = {}
        for cell, rate, _ in bandwidth(found):
            if cell["threads"] == threads and cell["out"]:
                curves.setdefault(cell["function"], []).append((size(cell), rate))
        for function, points in curves.items():
            axes.plot(*zip(*sorted(points), strict=True), marker=".", label=function)
        axes.set(xscale="log", yscale="log", xlabel="elements, float32", ylabel="GB/s, read and written")
        axes.set_title(f"into out=, {threads_text(threads)}")
        axes.legend(fontsize=6, ncols=3)
        figure.savefig(directory / f"bandwidth-{threads}.png", dpi=100)
        plt.close(figure)

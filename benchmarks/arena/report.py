"""What is made of the measurements: tables, the lost cells first; geometric means; plots; the regression check."""

import math

from .contenders import PEERS

UNITS = {"elementwise": "", "backward": " backward", "rows": ""}
SMALL = 1 << 10


def size(cell):
    return math.prod(cell["shape"])


def label(cell):
    axis = " axis 0" if cell["axis"] == 0 else ""
    shape = "x".join(map(str, cell["shape"])) + axis
    result = "out=" if cell["out"] else "new"
    kind = UNITS.get(cell["kind"], "")
    threads = "1 thread" if cell["threads"] == 1 else f"{cell['threads']} threads"
    return f"{cell['function']}{kind}, {cell['dtype']}, {shape}, {result}, {threads}"


def ratios(cell, peers=PEERS):
    """{peer: its time over fastact's}, the best peer first."""
    ours = cell["results"]["fastact"]["seconds"]
    found = {peer: cell["results"][peer]["seconds"] / ours for peer in peers if peer in cell["results"]}
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def noise(cell, peer):
    """How far the ratio may be off, relative: the half quartile distances of both."""
    return sum(cell["results"][name]["spread"] / cell["results"][name]["seconds"] for name in ("fastact", peer))


def contested(found):
    """The cells with a peer, the lost ones first, by ratio."""
    cells = [cell for cell in found["cells"] if cell["kind"] != "copy" and ratios(cell)]
    return sorted(cells, key=lambda cell: next(iter(ratios(cell).values())))


def geometric(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def means(found):
    """{what: (geometric mean, cells)}"""

    def of(cells, peers=PEERS):
        best = [next(iter(ratios(cell, peers).values()), None) for cell in cells]
        best = [ratio for ratio in best if ratio]
        return geometric(best), len(best)

    cells = contested(found)
    plain = [cell for cell in cells if cell["kind"] == "elementwise"]
    small = [cell for cell in plain if size(cell) == 16]
    return {
        "elementwise, against the best peer (goal 2.0)": of(plain),
        "elementwise, against the better of NumPy and SciPy (goal 8)": of(plain, ["NumPy", "SciPy"]),
        "backward, against the best peer": of([cell for cell in cells if cell["kind"] == "backward"]),
        "rows, against the best peer (goal 2.5)": of([cell for cell in cells if cell["kind"] == "rows"]),
        "16 elements, against NumPy (goal 3)": of(small, ["NumPy"]),
        "16 elements, against PyTorch (goal 10)": of(small, ["PyTorch"]),
    }


def limits(found):
    """{(elements, threads): seconds of the copy}"""
    return {
        (size(cell), cell["threads"]): cell["results"]["limit"]["seconds"]
        for cell in found["cells"]
        if cell["kind"] == "copy" and "limit" in cell["results"]
    }


def bandwidth(found):
    """GB/s of what reads one array and writes one, beside the copy's: (cell, GB/s, share of the limit)."""
    limit = limits(found)
    for cell in found["cells"]:
        if cell["kind"] == "elementwise" and cell["dtype"] == "float32":
            seconds = cell["results"]["fastact"]["seconds"]
            copy = limit.get((size(cell), cell["threads"]))
            yield cell, 8e-9 * size(cell) / seconds, copy / seconds if copy else None


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


def all_cells(found):
    body = []
    for cell in contested(found):
        against = ratios(cell)
        best = next(iter(against))
        state = ""
        if against[best] < 1:
            state = "within the noise" if against[best] * (1 + noise(cell, best)) >= 1 else "**lost**"
        ours = cell["results"]["fastact"]
        texts = []
        for peer in PEERS:
            result = cell["results"].get(peer)
            texts.append(f"{against[peer]:.2f}, {ulp_text(result['ulp'])}" if result else "")
        body.append([label(cell), time_text(ours, cell), ulp_text(ours["ulp"]), *texts, state])
    return table(["cell", "fastact, ns an element", "ULP", *PEERS, ""], body)


def markdown(found):
    parts = [
        "# Speed\n",
        "Printed by `python -m benchmarks.arena` (`make bench-peers`). A peer's column has its time over fastact's, "
        "and its greatest error in ULP (*wrong*: some normal results have no right digit; ?: not measured). Times are "
        f"medians of {found['rounds']} rounds, ± half the distance between the quartiles. Errors: float32 at every "
        f"{found['stride']}th number, 16-bit types at all, float64 at 500.\n",
        head(found) + "\n",
        "## Geometric means\n",
        table(
            ["", "ratio", "cells"],
            [[what, f"{mean:.2f}", str(count)] for what, (mean, count) in means(found).items() if mean],
        ),
        "\n## The machine's limit\n",
        "A copy, the fastest of plain and streaming stores with some distances of prefetch; read and written bytes.\n",
        table(
            ["elements (float32)", "threads", "GB/s"],
            [[f"{n:,}", str(t), f"{8e-9 * n / seconds:.1f}"] for (n, t), seconds in limits(found).items()],
        ),
    ]
    large = [
        [label(c), f"{rate:.1f}", f"{share:.0%}"] for c, rate, share in bandwidth(found) if share and size(c) >= 1 << 20
    ]
    if large:
        parts += ["", table(["large arrays", "GB/s", "of the copy"], large)]
    parts += ["\n## All cells, the lost ones first\n", all_cells(found)]
    alone = {}
    for cell in found["cells"]:
        if cell["kind"] != "copy" and not ratios(cell):
            key = f"{cell['function']}{UNITS[cell['kind']]}, {cell['dtype']}, {'out=' if cell['out'] else 'new'}"
            alone[key] = None
    if alone:
        parts += ["\n## Without a peer\n", "; ".join(alone) + "."]
    absent = found["refused"].get("fastact", {})
    if absent:
        parts += ["\n## What fastact does not have\n", "; ".join(f"{key} ({why})" for key, why in absent.items()) + "."]
    return "\n".join(parts) + "\n"


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


def check(found, before, margin):
    """Compares the ratio to the best peer that both runs have; 1 where one fell by more than the margin."""
    now, failed, compared = stored(found)["ratios"], 0, 0
    for key, old in before["ratios"].items():
        both = [peer for peer in old if peer in now.get(key, {})]
        if not both:
            print(f"not measured: {key}")
            continue
        peer = min(both, key=old.get)
        compared += 1
        if now[key][peer] < old[peer] * (1 - margin):
            failed += 1
            print(f"slower: {key}: {now[key][peer]:.2f} of {peer}, was {old[peer]:.2f}")
    print(f"{compared} cells compared, {failed} slower by more than {margin:.0%}")
    return 1 if failed or not compared else 0


# -- plots ------------------------------------------------------------------------------------------------------------


def plots(found, directory):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    directory.mkdir(parents=True, exist_ok=True)
    cells = contested(found)
    columns = sorted({(c["dtype"], size(c), c["out"], c["threads"]) for c in cells if c["kind"] != "rows"})
    lines = sorted({(c["function"], c["kind"]) for c in cells if c["kind"] != "rows"})
    if lines:
        grid = [[math.nan] * len(columns) for _ in lines]
        for c in cells:
            if c["kind"] != "rows":
                place = columns.index((c["dtype"], size(c), c["out"], c["threads"]))
                grid[lines.index((c["function"], c["kind"]))][place] = math.log2(next(iter(ratios(c).values())))
        figure, axes = plt.subplots(figsize=(3 + 0.45 * len(columns), 2 + 0.3 * len(lines)), layout="constrained")
        image = axes.imshow(grid, cmap="RdYlGn", vmin=-2, vmax=2, aspect="auto")
        axes.set_yticks(range(len(lines)), [function + UNITS[kind] for function, kind in lines])
        texts = [f"{d} {n:,} {'out=' if out else 'new'} {t}T" for d, n, out, t in columns]
        axes.set_xticks(range(len(columns)), texts, rotation=90, fontsize=7)
        for i, line in enumerate(grid):
            for j, value in enumerate(line):
                if not math.isnan(value):
                    axes.text(j, i, f"{2**value:.1f}", ha="center", va="center", fontsize=6)
        figure.colorbar(image, label="log2 of the best peer's time over fastact's")
        figure.savefig(directory / "ratios.png", dpi=130)
        plt.close(figure)
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
        axes.set_title(f"into out=, {threads} threads")
        axes.legend(fontsize=7, ncols=2)
        figure.savefig(directory / f"bandwidth-{threads}.png", dpi=130)
        plt.close(figure)

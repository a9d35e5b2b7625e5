"""Writes docs/functions.md, a section for each activation, from the table.

python tools/make_functions.py > docs/functions.md
"""

from fastact._gates import GATES
from fastact._rows import ROWS
from fastact.catalogue import ACTIVATIONS

HEAD = """# The functions

Every activation, from the rows of the table in `fastact/catalogue/`; written by `tools/make_functions.py`. Each has
`.derivative(x)`, `.backward(grad, x)`, `.value_and_derivative(x)`, `.ufunc`; as attributes `.formula`, `.latex`,
`.range`, `.parameters`, `.kinks`, `.aliases`, `.max_ulp`. What holds for all is in [semantics](semantics.md), the
errors found in [accuracy](accuracy.md) and [accuracy in float64](accuracy_float64.md).

"""


def number(x):
    return {float("inf"): "∞", float("-inf"): "-∞"}.get(x, f"{x:.10g}")


def ulp(bounds):
    if not any(bounds.values()):
        return "exact"
    return ", ".join(f"{bound:g} in {dtype}" for dtype, bound in bounds.items())


def default(p):
    return "None" if p.shown is None else f"{p.shown:.6g}"


def signature(row):
    parameters = [p.name if p.default is None else f"{p.name}={default(p)}" for p in row.parameters]
    return f"{row.name}({', '.join(['x', *parameters])})"


def section(row):
    lines = [f"## `{signature(row)}`", "", row.summary, "", "$$", rf"f(x) = {row.latex}", "$$", ""]
    lines.append(f"- f(x) = {row.formula}; f'(x) = {row.derivative_formula}")
    low, high = map(number, row.limits)
    lines.append(f"- from {number(row.range[0])} to {number(row.range[1])}; at -∞ {low}, at +∞ {high}")
    low, high = map(number, row.derivative_limits)
    kinks = ", ".join(f"{number(slope)} at {number(x)}" for x, slope in row.kinks)
    lines.append(f"- f' at -∞ {low}, at +∞ {high}" + (f"; at its jumps: {kinks}" if kinks else ""))
    lines += [f"- `{p.name}`: {p.text} It must {p.must}." for p in row.parameters]
    for value, name in row.approximations:
        lines.append(f"- `approximate={value!r}` is `{name}`")
    lines.append(f"- at most, in ULP: {ulp(row.max_ulp)}; f' {ulp(row.derivative_max_ulp)}")
    if row.aliases:
        modules = [f"`fa.{name}`" for name in row.module_names]
        spelled = [f"`{name}`" for name in row.aliases]
        lines.append(f"- known to `get` as {', '.join(spelled)}" + (f"; also {', '.join(modules)}" if modules else ""))
    if row.reference:
        lines.append(f"- {row.reference}")
    return "\n".join(lines) + "\n"


def page():
    text = HEAD + ", ".join(f"[{row.name}](#{row.name})" for row in ACTIVATIONS) + "\n\n"
    text += "\n".join(f'<a id="{row.name}"></a>\n\n{section(row)}' for row in ACTIVATIONS)
    text += "\n## Rows\n\n| function | per row | backward |\n|---|---|---|\n"
    text += "".join(f"| `{r.name}` | {r.formula} | {r.gradient} |\n" for r in ROWS)
    text += "\n## Gates\n\n| function | what |\n|---|---|\n"
    text += "".join(f"| `{g.name}(x, axis=-1)` | first half of x times {g.activation} of the second |\n" for g in GATES)
    text += "| `gated(value, gate, activation)` | value times activation(gate), two arrays |\n"
    return text + "| `dense(x, weight, bias, activation)` | activation(x @ weight + bias) |\n"


if __name__ == "__main__":
    print(page(), end="")

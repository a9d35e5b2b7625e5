"""The typed front door takes what is plain, the Python side the rest: whoever takes a call, the result is the same."""

import itertools

import numpy as np
import pytest
from support import ROWS, bare

import fastact as fa
from fastact import _public, _rows

RNG = np.random.default_rng(0)
X = RNG.normal(0, 3, (4, 6)).astype(np.float32)


def outcome(call, args, named):
    """What came back, bit for bit, or what was said."""
    try:
        with np.errstate(all="raise", under="ignore"):
            results = call(*args, **named)
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        return type(error), str(error)
    results = results if isinstance(results, tuple) else (results,)
    return [(type(r), r.dtype, r.shape, np.asarray(r).tobytes()) for r in results]


INPUTS = {
    "float": 1.5,
    "int": -2,
    "large int": 10**30,
    "bool": True,
    "float32": np.float32(-1.5),
    "float64": np.float64(0.5),
    "float16": np.float16(2),
    "longdouble": np.longdouble(1),
    "0-d": np.array(0.75, np.float32),
    "0-d int": np.array(3),
    "list": [0.5, -1.0],
    "nested": [[1, 2], [3, 4]],
    "ragged": [[1], [2, 3]],
    "words": ["a"],
    "empty": [],
    "int8": np.arange(-3, 3, dtype=np.int8),
    "uint16": np.arange(5, dtype=np.uint16),
    "int64": np.arange(-3, 3),
    "mask": X > 0,
    "complex": np.ones(3, np.complex64),
    "line": X[:, 1],
    "backwards": X[0, ::-1],
    "line of halves": X.astype(np.float16)[:, 1],
    "swapped": X[:, 1].astype(">f4"),
    "transposed": X.T,
    "columns": X[:, ::2],
    "none": None,
}


@pytest.mark.parametrize("given", INPUTS)
@pytest.mark.parametrize("name", ["gelu", "celu", "prelu", "logit", "clipped_linear"])
def test_inputs(name, given):
    x = INPUTS[given]
    parameters = [[], [0.25], [1], [np.float32(0.5)], [0], [float("nan")], [1e300], [1e-60], [np.ones(6, np.float32)]]
    parameters += [[10**400], ["a"], [X], [np.ones((5, 1), np.float32)]]
    for kind in ("value", "derivative", "value_and_derivative", "backward"):
        f = bare(name, kind)
        f = getattr(f, "dx", f)
        for more in parameters if ROWS[name].parameters else [[]]:
            for args in ([x], [X, x], [x, X], [x, 1.0], [1, x]) if kind == "backward" else ([x],):
                args = [*args] if len(args) == (2 if kind == "backward" else 1) else [x, x]
                assert outcome(f, [*args, *more], {}) == outcome(f.slow, [*args, *more], {}), (args, more)
            out = np.full(np.shape(x) if np.shape(x) else 3, 7, np.float32) if given not in ("ragged", "none") else X
            wants = [(np.copy(out), f.slow), (np.copy(out), f)]
            args = [x, x] if kind == "backward" else [x]
            first, second = (outcome(call, [*args, *more], {"out": o}) for o, call in wants)
            assert first == second, (args, more)
            assert wants[0][0].tobytes() == wants[1][0].tobytes()


ARRAYS = {
    "float32": X,
    "float64": X.astype(np.float64) * 1e30,
    "float16": X.astype(np.float16),
    "int8": X.astype(np.int8),
    "int64": X.astype(np.int64),
    "list": X.tolist(),
    "line": X[:, 2],
    "transposed": X.T.copy().T,
    "swapped": X.astype(">f8"),
    "signalling": np.array([0x7F80A000, 0x3F800000], np.uint32).view(np.float32),
    "number": 0.5,
}
SAID = [
    {"dtype": np.float32},
    {"dtype": np.float64},
    {"dtype": "float16"},
    {"dtype": np.dtype(">f4")},
    {"dtype": int},
    {"dtype": "nonsense"},
    {"dtype": None, "casting": "no"},
    {"dtype": np.float64, "casting": "equiv"},
    {"dtype": np.float32, "casting": "safe"},
    {"casting": "whatever"},
    {"order": "F"},
    {"order": "C", "subok": False},
    {"order": "k"},
    {"subok": 1},
    {"bias": 0.25},
    {"bias": 2},
    {"bias": 1e300},
    {"bias": float("nan")},
    {"bias": np.float64(0.5)},
    {"bias": X[0]},
    {"bias": X[:, :1]},
    {"bias": X},
    {"bias": X[0].astype(np.float64)},
    {"bias": X[:1, :5]},
    {"bias": X[0], "dtype": np.float64},
    {"bias": X.astype(np.float16)[0]},
    {"where": X > 0, "out": True},
    {"where": X[0] > 0, "out": True, "dtype": np.float64},
    {"where": X, "out": True},
    {"where": X[:, :5] > 0, "out": True},
    {"where": None},
    {"where": True, "out": True},
    {"out": True, "bias": X[1]},
    {"out": np.float32},
    {"out": np.float64},
    {"out": np.float16},
    {"out": int},
    {"out": ()},
    {"axis": 0},
    {"approximate": "tanh", "bias": X[0]},
    {"approximate": "tanh", "dtype": np.float64},
    {"approximate": None},
]


@pytest.mark.parametrize("given", ARRAYS)
@pytest.mark.parametrize("name", ["gelu", "celu", "prelu", "shrink"])
def test_options(name, given):
    x = ARRAYS[given]
    parameters = {"celu": [{}, {"alpha": 0.75}, {"alpha": X[0]}], "shrink": [{}, {"lambd": 1.0}]}
    parameters["prelu"] = [{"weight": 0.25}, {"weight": X[:, 0], "axis": 0}, {"weight": X[:, 0], "axis": -3}]
    for kind, more, said in itertools.product(
        ("value", "derivative", "value_and_derivative", "backward"), parameters.get(name, [{}]), SAID
    ):
        if given == "signalling" and "float16" in str(said):  # NumPy's cast leaves it signalling, ours quietens it
            continue
        f = bare(name, kind)
        f = getattr(f, "dx", f)
        for args in ([x, x], [X, x], [1.5, x]) if kind == "backward" else ([x],):
            results = []
            for call in (f, f.slow):
                named = more | said
                if "out" in said:
                    dtype = np.asarray(x).dtype.newbyteorder("=") if said["out"] is True else said["out"]
                    outs = [np.full(np.shape(x), 7, dtype) for _ in range(2)] if dtype != () else []
                    named |= {"out": tuple(outs) if dtype == () or kind == "value_and_derivative" else outs[0]}
                results.append(outcome(call, args, named))
                if "out" in said:
                    results[-1] = [results[-1], [o.tobytes() for o in outs]]
            assert results[0] == results[1], (args, kind, more, said)


def test_two_outputs():
    """Either may be x; they may not overlap."""
    f = fa.gelu.value_and_derivative
    want = f(X)
    for places in itertools.permutations(("x", "new", "other"), 2):
        x = X.copy()
        outs = tuple({"x": x, "new": np.empty_like(X), "other": np.empty_like(X)}[place] for place in places)
        got = f(x, out=outs)
        assert all(a is b for a, b in zip(got, outs, strict=True))
        assert all(a.tobytes() == b.tobytes() for a, b in zip(got, want, strict=True))
    memory = np.zeros(30, np.float32)
    with pytest.raises(ValueError, match="the two arrays of out overlap"):
        f(X[0], out=(memory[:6], memory[3:9]))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_gates(monkeypatch, dtype):
    """The quick way and the other: whatever is given, and wherever the result goes."""
    x = np.random.default_rng(1).normal(0, 3, (4, 6, 2)).astype(dtype)
    grads = {0: x[:2], 1: x[:, :3].copy(), -1: x[..., :1].copy()}
    calls = []
    for axis, grad in grads.items():
        calls += [(fa.swiglu, (x, axis), grad.shape), (fa.swiglu.backward, (grad, x, axis), x.shape)]
    calls += [(fa.gated, (x, x[::-1].copy(), "gelu"), x.shape), (fa.gated, (x, x[0], "gelu"), x.shape)]
    calls += [(fa.gated, (x.T, x.T, "gelu"), x.T.shape), (fa.glu, (x, 3), None), (fa.glu, (x, -1, "tanh"), (4, 6, 1))]
    calls += [(fa.glu, (x[:3], 0), None), (fa.glu.backward, (x, x), None)]
    calls += [
        (fa.gated.backward, (x, x[::-1].copy(), x + 1, "elu"), None),
        (fa.gated.backward, (x, x, x[0], "elu"), None),
    ]
    for (function, args, shape), place in itertools.product(calls, ("new", "out", "input", "part", "wide", "wrong")):
        results = []
        for quick in (True, False):
            memory = np.zeros(200, dtype)
            with monkeypatch.context() as patch:
                if not quick:
                    patch.setattr(_public.backend, "gated", lambda *_: None)
                given, named = list(args), {}
                if shape and place != "new":
                    size = int(np.prod(shape))
                    named["out"] = {
                        "out": memory[:size].reshape(shape),
                        "input": memory[:size].reshape(shape),
                        "part": memory[2 : size + 2].reshape(shape),
                        "wide": np.zeros(shape),
                        "wrong": np.zeros((3, 3), dtype),
                    }[place]
                    if place in ("input", "part"):
                        k = next(k for k, a in enumerate(args) if isinstance(a, np.ndarray) and a.ndim == 3)
                        given[k] = memory[: args[k].size].reshape(args[k].shape)
                        given[k][...] = args[k]
                results.append((outcome(function, given, named), memory.tobytes()))
        assert results[0] == results[1], (function, args, place)


def test_lines_that_overlap():
    memory = np.linspace(-3, 3, 24, dtype=np.float32)
    for begin, step in itertools.product(range(8), (1, 2, 3, -1, -2)):
        a, b = memory.copy(), memory.copy()
        x, y = (m[8::2][:8] for m in (a, b))
        o, want = (m[begin + 8 :: step][:8] for m in (a, b))
        if len(o) == 8:
            want[...] = fa.gelu(y.copy())
            fa.gelu(x, out=o)
            assert a.tobytes() == b.tobytes()


CASES = [
    {},
    {"temperature": 2},
    {"temperature": np.float32(0.5)},
    {"temperature": 0.0},
    {"softcap": 3},
    {"softcap": -1.0},
    {"bias": X[:1]},
    {"bias": X[0, :3]},
    {"bias": X.astype(float)},
    {"where": X > 0},
    {"where": X[:, :1] > 0},
    {"where": X},
    {"lengths": np.array([0, 2, 6, 1])},
    {"lengths": np.array([0, 2, 7, 1])},
    {"lengths": np.array([3], np.uint8)},
    {"lengths": np.array([1.0])},
    {"lengths": 3},
    {"causal": True},
    {"causal": True, "offset": -2},
    {"causal": True, "offset": 10**30},
    {"offset": 1},
    {"causal": 1},
    {"sink": 0.5},
    {"sink": np.nan},
    {"sink": X[:, :1]},
    {"sink": X[0]},
    {"temperature": np.array([[1.0], [2], [0.5], [3]])},
    {"temperature": np.array([[1.0], [2], [0.5], [0]])},
    {"temperature": np.full(6, 2.0)},
    {"temperature": None},
    {"bias": 0.5},
    {"b": 2.0},
    {"b": -X, "return_sign": True},
    {"return_sign": True, "keepdims": True},
    {"return_sign": 1},
    {"dtype": np.float32},
    {"dtype": "float16", "where": X > 0},
    {"dtype": np.float64, "bias": X[0]},
    {"dtype": np.int8},
    {"keepdims": True},
    {"b": -X},
    {"b": X[:, :1]},
    {"where": X > 0, "lengths": np.array([5, 2, 6, 1]), "causal": True, "sink": 1, "temperature": 2.0},
    {"dtype": np.float64},
]


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("row", _rows.ROWS, ids=lambda row: row.name)
def test_rows(row, backward):
    f = getattr(fa, row.name)
    if backward:
        f, slow = f.backward, _rows.Backward(row, f"{row.name}.backward", ("grad", row.saved), _public.backend)
    else:
        slow = _rows.Forward(row, row.name, ("x",), _public.backend)
    arrays = [X, X.T.copy().T, X[:, ::-1], X.astype(np.float64), X.astype(np.float16), X.astype(np.int8), X.tolist()]
    for x, axis, named in itertools.product(arrays, (-1, 0, None, (0, 1), (-1,), (0, 0), 2, 1.0), CASES):
        grads = [x] if not row.reduces else [X[:, 0], X[:, :1], X[0], np.float32(2), np.array(2.0, np.float32)]
        for args in [[g, x, axis] for g in grads] if backward else [[x, axis]]:
            assert outcome(f, args, named) == outcome(slow, args, named), (args, named)
        if isinstance(x, np.ndarray) and not row.reduces:
            for place in ("x", "turned", "apart", "same"):
                results = []
                for call in (f, slow):
                    mine = x.copy("K")
                    out = {"x": mine, "turned": mine[::-1], "apart": np.zeros((4, 12), x.dtype)[:, ::2]}.get(
                        place, np.zeros_like(x)
                    )
                    args = [x, mine, axis] if backward else [mine, axis]
                    said = outcome(call, args, named | {"out": out})
                    results.append((said, out.tobytes()))
                assert results[0] == results[1], (place, axis, named)

# Gates: value * f(gate).

# Elements of a gate that are worked on at a time.
DEF GATE_BLOCK = 1024


cdef struct Gate:
    fa_loop *activation
    fa_loop *slope             # of the activation's backward, for the backward
    fa_loop *mul
    int parameters
    double p64[FA_MAX_OPERANDS]
    float p32[FA_MAX_OPERANDS]
    size_t inner, blocks, itemsize
    # value, gate -> out, or grad, value, gate -> dvalue, dgate: rows of `inner` elements so many bytes apart
    int operands
    char *at[5]
    cnp.npy_intp stride[5]


cdef void run_gate(const Gate *g, size_t begin, size_t end) noexcept nogil:
    """The blocks from `begin` to `end`.  An output may be an input: nothing is written before all is read."""
    cdef double buffers[2][GATE_BLOCK]
    cdef char *a = <char *>buffers[0]
    cdef char *b = <char *>buffers[1]
    cdef char *at[FA_MAX_OPERANDS]
    cdef char *part[5]
    cdef unsigned char steps[FA_MAX_OPERANDS]
    cdef size_t u, start, n
    cdef int k, first
    cdef fa_fp fp = fa_fp_enter()
    for u in range(begin, end):
        start = u % g.blocks * GATE_BLOCK
        n = min(g.inner - start, <size_t>GATE_BLOCK)
        for k in range(g.operands):
            part[k] = g.at[k] + <cnp.npy_intp>(u // g.blocks) * g.stride[k] + start * g.itemsize
        first = g.operands == 5     # grad comes first
        for k in range(FA_MAX_OPERANDS):
            steps[k] = k == 0 or k > g.parameters
            if 0 < k <= g.parameters:
                at[k] = <char *>&g.p64[k - 1] if g.itemsize == 8 else <char *>&g.p32[k - 1]
        at[0] = part[first + 1]
        at[1 + g.parameters] = a
        g.activation(n, at, steps)
        if not first:
            at[0], at[1], at[2] = part[0], a, part[2]
            steps[1] = steps[2] = 1
            g.mul(n, at, steps)
            continue
        steps[0] = steps[1] = steps[2] = 1
        at[0], at[1], at[2] = part[0], a, a
        g.mul(n, at, steps)
        at[0], at[1], at[2] = part[0], part[1], b
        g.mul(n, at, steps)
        for k in range(g.parameters):
            at[2 + k] = <char *>&g.p64[k] if g.itemsize == 8 else <char *>&g.p32[k]
            steps[2 + k] = 0
        at[0], at[1], at[2 + g.parameters] = b, part[2], b
        steps[2 + g.parameters] = 1
        g.slope(n, at, steps)
        memcpy(part[3], a, n * g.itemsize)
        memcpy(part[4], b, n * g.itemsize)
    fa_fp_leave(fp)


def gate(Function activation not None, Function backward not None, tuple arrays not None):
    """value, gate, out, or grad, value, gate, dvalue, dgate: [rows][inner] of one float type, each row contiguous.  An
    output may be an input, but not share a part with one."""
    cdef Gate g
    cdef int k, t
    cdef cnp.ndarray a = arrays[0]
    cdef int type = cnp.PyArray_TYPE(a)
    g.operands = len(arrays)
    if g.operands not in (3, 5) or type not in (cnp.NPY_FLOAT, cnp.NPY_DOUBLE):
        raise ValueError("gate: three or five arrays of float32 or float64")
    t = type == cnp.NPY_DOUBLE
    g.itemsize = 8 if t else 4
    full = (<object>a).shape
    for k in range(g.operands):
        a = arrays[k]
        if (cnp.PyArray_NDIM(a) != 2 or cnp.PyArray_TYPE(a) != type or not cnp.PyArray_ISALIGNED(a)
                or not PyArray_ISNOTSWAPPED(<PyArrayObject *><PyObject *>a) or (<object>a).shape != full
                or (full[1] > 1 and full[0] > 0 and cnp.PyArray_STRIDES(a)[1] != <cnp.npy_intp>g.itemsize)):
            raise ValueError("gate: the arrays must be [rows][inner], each row contiguous, of one type and shape")
        if k >= g.operands // 2 + 1 and not cnp.PyArray_ISWRITEABLE(a):
            raise ValueError("gate: out is read-only")
        g.at[k] = <char *>cnp.PyArray_DATA(a)
        g.stride[k] = cnp.PyArray_STRIDES(a)[0]
    g.inner = full[1]
    run_gates(&g, activation, backward, full[0], t)


cdef void run_gates(Gate *g, Function activation, Function backward, size_t rows, int t):
    cdef int k, team
    cdef size_t units, part
    cdef cnp.npy_intp b
    cdef double work
    g.activation, g.slope, g.mul = activation.loops[t], backward.loops[t], chosen.elementwise.mul[t]
    g.parameters = activation.parameters
    for k in range(g.parameters):
        g.p64[k] = activation.defaults[k]
        g.p32[k] = <float>activation.defaults[k]
    g.blocks = (g.inner + GATE_BLOCK - 1) // GATE_BLOCK
    units = rows * g.blocks
    work = (activation.cost + MUL_COST) * COST_OF_TYPE[t]
    if g.operands == 5:
        work += (backward.cost + MUL_COST) * COST_OF_TYPE[t]
    work *= <double>rows * <double>g.inner
    if work < GIL_WORK:
        run_gate(g, 0, units)
        return
    with nogil:
        team = fa_enter_team(work, <double>(units * GATE_BLOCK * g.itemsize * g.operands))
        if team > 1:
            part = (units + team - 1) // team
            for b in prange(team, num_threads=team, schedule='static'):
                run_gate(g, min(units, <size_t>b * part), min(units, <size_t>(b + 1) * part))
        else:
            run_gate(g, 0, units)
        fa_leave_team(team)


cdef object gated_halves(Function activation, Function backward, grad, value, gate, axis, int type):
    """The same of small arrays of halves, in float32."""
    cdef list held = [grad, value, gate]
    cdef int k
    for k in range(3):
        if held[k] is not None:
            held[k] = as_type(held[k], cnp.NPY_FLOAT) if is_of_type(<PyObject *>held[k], type) else None
            if held[k] is None:
                return None
    result = gated(activation, backward, held[0], held[1], held[2], axis, None)
    if isinstance(result, tuple):
        return as_type(result[0], type), as_type(result[1], type)
    return None if result is None else as_type(result, type)


def gated(Function activation not None, Function backward not None, grad, value, gate, axis, out):
    """value * activation(gate) of two plain arrays of one type and shape, or without `gate` of the two halves of
    `value` along an axis; with `grad` their gradients.  None: they are not plain, or there is something to refuse."""
    cdef Gate g
    cdef PyObject *a = <PyObject *>value
    cdef PyObject *arrays[3]
    cdef int k, j, along = -1, type, ndim, inputs = 2 + (grad is not None), t
    cdef const cnp.npy_intp *full
    cdef cnp.npy_intp half[64]
    cdef const cnp.npy_intp *shape = half
    cdef size_t rows = 1, inner = 1, bytes_
    cdef size_t sizes[3]
    cdef object result, second = None
    if not is_plain(a):
        return None
    type, ndim = PyArray_TYPE(<PyArrayObject *>a), PyArray_NDIM(<PyArrayObject *>a)
    if type_of_number(type) >= F16 and out is None:
        return gated_halves(activation, backward, grad, value, gate, axis, type)
    if (type != cnp.NPY_FLOAT and type != cnp.NPY_DOUBLE) or ndim == 0 or PyArray_SIZE(<PyArrayObject *>a) == 0:
        return None
    full = PyArray_DIMS(<PyArrayObject *>a)
    if gate is None:
        if not read_axis(<PyObject *>axis, ndim, &along) or full[along] % 2:
            return None
    elif not is_like(<PyObject *>gate, type, ndim, full):
        return None
    for k in range(ndim):
        half[k] = full[k] // (1 + (k == along))
        if k < along:
            rows *= <size_t>half[k]
        else:
            inner *= <size_t>half[k]
    if grad is not None and not is_like(<PyObject *>grad, type, ndim, half):
        return None
    t = type == cnp.NPY_DOUBLE
    g.itemsize = 8 if t else 4
    g.inner, g.operands = inner, 2 * inputs - 1
    for k in range(g.operands):
        g.stride[k] = <cnp.npy_intp>(inner * g.itemsize)
    sizes[0] = sizes[1] = sizes[2] = bytes_ = rows * inner * g.itemsize
    arrays[0], arrays[inputs - 2], arrays[inputs - 1] = <PyObject *>grad, a, <PyObject *>gate
    for k in range(inputs):
        g.at[k] = <char *>PyArray_DATA(<PyArrayObject *>arrays[k]) if arrays[k] != Py_None else NULL
    if gate is None:
        inputs -= 1         # for what follows: value and gate are one array
        sizes[inputs - 1] *= 2
        g.stride[inputs - 1] = g.stride[inputs] = 2 * g.stride[inputs]
        g.at[inputs] = g.at[inputs - 1] + inner * g.itemsize
    if grad is not None:
        shape, bytes_ = full, sizes[inputs - 1]
    result = out
    if out is None:
        result = new_array(a, ndim, shape, bytes_)
    elif (not is_like(<PyObject *>out, type, ndim, shape) or not is_writeable(<PyObject *>out)
            or (grad is not None and gate is not None)):
        return None
    k = g.operands // 2 + 1         # the first output
    g.at[k] = <char *>PyArray_DATA(<PyArrayObject *><PyObject *>result)
    if out is not None:
        for j in range(inputs):
            if share_part(g.at[j], sizes[j], g.at[k], bytes_):
                return None
    if grad is not None and gate is None:
        g.stride[k] = g.stride[k + 1] = g.stride[inputs]
        g.at[k + 1] = g.at[k] + inner * g.itemsize
    elif grad is not None:
        second = new_array(a, ndim, full, bytes_)
        g.at[k + 1] = <char *>PyArray_DATA(<PyArrayObject *><PyObject *>second)
    run_gates(&g, activation, backward, rows, t)
    return result if second is None else (result, second)

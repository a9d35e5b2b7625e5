# Row functions with options.

STAGED_KINDS = (*ROW_KINDS, "hardmax", "hardmax_backward", "sparsemax", "sparsemax_backward",
                "logsumexp_weighted", "logsumexp_weighted_backward")
cdef int WEIGHTED = STAGED_KINDS.index("logsumexp_weighted")
cdef int WEIGHTED_BACKWARD = STAGED_KINDS.index("logsumexp_weighted_backward")
# Nanoseconds per element, for the kinds without an entry of their own.
DEF OWN_COST = 2.0
# What bringing rows in and out adds.
DEF STAGING_COST = 0.3


cdef void part_of_rows(fa_staged_loop *loop, const fa_staged_call *call, size_t begin, size_t end,
                       char *scratch) noexcept nogil:
    cdef fa_fp fp = fa_fp_enter()
    loop(call, begin, end, scratch)
    fa_fp_leave(fp)


cdef int run_staged_rows(const fa_staged_call *call, size_t rows, int type, double cost) noexcept nogil:
    """Every row, by as many threads as the work is worth; -1 where there is no memory for them."""
    cdef size_t itemsize = 8 if type else 4, size = fa_staged_scratch(call, itemsize)
    cdef double elements = <double>rows * <double>call.n
    cdef int team = fa_enter_team(1e3 * cost * elements, 2 * elements * itemsize)
    cdef fa_staged_loop *loop = chosen.staged[0][type]
    cdef char *scratch = <char *>malloc(size * <size_t>team)
    cdef size_t pieces = 2 * <size_t>team, other
    cdef cnp.npy_intp b
    if scratch == NULL:
        fa_leave_team(team)
        return -1
    if team == 1:
        part_of_rows(loop, call, 0, rows, scratch)
    else:
        for b in prange(team, num_threads=team, schedule='static'):
            # the b-th piece and the b-th from the end: the rows of a causal call grow
            other = pieces - 1 - <size_t>b
            part_of_rows(loop, call, rows * <size_t>b // pieces, rows * <size_t>(b + 1) // pieces, scratch + b * size)
            part_of_rows(loop, call, rows * other // pieces, rows * (other + 1) // pieces, scratch + b * size)
    free(scratch)
    fa_leave_team(team)
    return 0


cdef int add_operand(fa_staged_call *call, int which, cnp.ndarray x, cnp.ndarray a, int axes, int type) except -1:
    """The strides of an operand that broadcasts to the shape of x, the axes last."""
    cdef int k, ndim = cnp.PyArray_NDIM(x), outer = ndim - axes
    cdef cnp.npy_intp stride
    if (cnp.PyArray_NDIM(a) != ndim or cnp.PyArray_TYPE(a) != type or not cnp.PyArray_ISALIGNED(a)
            or not PyArray_ISNOTSWAPPED(<PyArrayObject *><PyObject *>a)):
        raise ValueError("staged: an operand is of the wrong type or number of dimensions")
    call.operand[which].at = <char *>cnp.PyArray_DATA(a)
    for k in range(ndim):
        stride = 0 if cnp.PyArray_DIM(a, k) == 1 else cnp.PyArray_STRIDE(a, k)
        if cnp.PyArray_DIM(a, k) != 1 and cnp.PyArray_DIM(a, k) != cnp.PyArray_DIM(x, k):
            raise ValueError("staged: an operand has the wrong shape")
        if k < outer:
            call.operand[which].outer[k] = stride
        else:
            call.operand[which].axis[k - outer] = stride
    return 0


cdef int merge(fa_staged_call *call, int count, bint axes) noexcept:
    """Leaves out dimensions of length 1 and joins those that lie one in the other; how many are left, at least one."""
    cdef int d, k, kept = 0
    cdef bint whole
    cdef size_t *dims = &call.axis_dim[0] if axes else &call.outer_dim[0]
    cdef Py_ssize_t *steps
    for d in range(count):
        if dims[d] == 1:
            continue
        whole = kept > 0
        for k in range(FA_OPERANDS):
            steps = &call.operand[k].axis[0] if axes else &call.operand[k].outer[0]
            if kept and call.operand[k].at != NULL:
                whole = whole and steps[kept - 1] == steps[d] * <Py_ssize_t>dims[d]
        for k in range(FA_OPERANDS):
            steps = &call.operand[k].axis[0] if axes else &call.operand[k].outer[0]
            steps[kept - whole] = steps[d]
        dims[kept - whole] = dims[kept - 1] * dims[d] if whole else dims[d]
        kept += not whole
    if kept == 0:
        dims[0] = 1
        for k in range(FA_OPERANDS):
            steps = &call.operand[k].axis[0] if axes else &call.operand[k].outer[0]
            steps[0] = 0
        return 1
    return kept


def staged(str kind not None, int axes, cnp.ndarray x not None, cnp.ndarray grad, cnp.ndarray out not None, sign,
           bias, weights, keep, temperature, sink, lengths, prefix, bint negate, double softcap, bint flip):
    """The row function `kind` with options.  x has its axes last; whatever else is an array has as many dimensions and
    broadcasts to x: grad, out, sign, bias and weights of its dtype, keep of bool, temperature (or a float) and sink of
    float64, lengths and prefix of int64, the last four with length 1 along the axes.  out may lie exactly as x or grad
    does; nothing else of out is shared."""
    cdef fa_staged_call call
    cdef int type = cnp.PyArray_TYPE(x), k, ndim = cnp.PyArray_NDIM(x)
    cdef size_t rows = 1
    if type not in (cnp.NPY_FLOAT, cnp.NPY_DOUBLE) or not 0 <= axes <= ndim or not cnp.PyArray_ISWRITEABLE(out):
        raise ValueError("staged: x of float32 or float64 with its axes last, and an out to write to")
    call.kind = STAGED_KINDS.index(kind)
    call.negate, call.softcap, call.flip, call.temperature = negate, softcap, flip, 1.0
    call.n = 1
    for k in range(ndim):
        if k < ndim - axes:
            call.outer_dim[k] = <size_t>cnp.PyArray_DIM(x, k)
            rows *= call.outer_dim[k]
        else:
            call.axis_dim[k - (ndim - axes)] = <size_t>cnp.PyArray_DIM(x, k)
            call.n *= <size_t>cnp.PyArray_DIM(x, k)
    for k in range(FA_OPERANDS):
        call.operand[k].at = NULL
    add_operand(&call, FA_X, x, x, axes, type)
    add_operand(&call, FA_OUT, x, out, axes, type)
    if grad is not None:
        add_operand(&call, FA_GRAD, x, grad, axes, type)
    if sign is not None:
        add_operand(&call, FA_SIGN, x, sign, axes, type)
    if bias is not None:
        add_operand(&call, FA_BIAS, x, bias, axes, type)
    if weights is not None:
        add_operand(&call, FA_WEIGHTS, x, weights, axes, type)
    if keep is not None:
        add_operand(&call, FA_KEEP, x, keep, axes, cnp.NPY_BOOL)
    if isinstance(temperature, float):
        call.temperature = temperature
    else:
        add_operand(&call, FA_TEMPERATURE, x, temperature, axes, cnp.NPY_DOUBLE)
    if sink is not None:
        add_operand(&call, FA_SINK, x, sink, axes, cnp.NPY_DOUBLE)
    if lengths is not None:
        add_operand(&call, FA_LENGTHS, x, lengths, axes, cnp.NPY_INT64)
    if prefix is not None:
        add_operand(&call, FA_PREFIX, x, prefix, axes, cnp.NPY_INT64)
    if rows > 0:
        run_staged_call(&call, ndim - axes, axes, rows, type == cnp.NPY_DOUBLE)


cdef int run_staged_call(fa_staged_call *call, int outer, int axes, size_t rows, int t) except -1:
    cdef double cost
    cdef int failed
    call.outer = merge(call, outer, False)
    call.axes = merge(call, axes, True)
    if call.n <= 1:     # of one entry, or none, any step will do: the one that is dense
        call.operand[FA_X].axis[0] = call.operand[FA_OUT].axis[0] = 8 if t else 4
    cost = STAGING_COST + (chosen.rows[0][call.kind][t].cost if call.kind < FA_ROWS else OWN_COST)
    if 1e3 * cost * <double>rows * <double>call.n < GIL_WORK:
        failed = run_staged_rows(call, rows, t, cost)
    else:
        with nogil:
            failed = run_staged_rows(call, rows, t, cost)
    if failed:
        raise MemoryError
    return 0


@cython.final
@cython.no_gc_clear
cdef class RowFunction(Callable):
    # A row function, or its backward.
    cdef int which, staged          # numbers in ROW_KINDS and STAGED_KINDS, -1: none
    cdef bint reduces, from_reduced

    def __init__(self, str name not None, str kind not None, slow):
        self.name, self.kind, self.slow = name, kind, slow
        cdef str key = name if kind == "value" else f"{name}_{kind}"
        self.which = ROW_KINDS.index(key) if key in ROW_KINDS else -1
        key = key.replace("softmin", "softmax")
        self.staged = STAGED_KINDS.index(key) if key in STAGED_KINDS else -1
        self.options = options_of({"out", "axis", "dtype", *slow.known})
        self.inputs = 1 if kind == "value" else 2
        self.first, self.places = AXIS, 1
        self.reduces = name == "logsumexp" and self.inputs == 1
        self.from_reduced = name == "logsumexp" and self.inputs == 2
        self.entry = <vectorcallfunc><void *>call_rows

    @property
    def __doc__(self):
        return self.slow.docstring()


cdef bint read_axes(PyObject *given, int ndim, uint64_t *along):
    """The axes of the rows, as bits."""
    cdef Py_ssize_t k
    cdef int axis
    along[0] = 0
    if ndim == 0:
        return False
    if given == NULL:
        along[0] = <uint64_t>1 << (ndim - 1)
    elif given == Py_None:
        along[0] = ~<uint64_t>0 >> (64 - ndim)
    elif PyTuple_CheckExact(given):
        for k in range(PyTuple_GET_SIZE(given)):
            if not read_axis(PyTuple_GET_ITEM(given, k), ndim, &axis) or along[0] >> axis & 1:
                return False
            along[0] |= <uint64_t>1 << axis
    elif read_axis(given, ndim, &axis):
        along[0] = <uint64_t>1 << axis
    return along[0] != 0


cdef bint lay(fa_staged_call *call, int which, PyObject *a, int type, PyObject *x, uint64_t along, bint dropped):
    """Enters an operand that broadcasts to x, whose rows lie along those axes; `dropped`: to x without them.  False: it
    does not broadcast, or is not plain enough."""
    cdef int ndim = PyArray_NDIM(<PyArrayObject *>x), k, j, inside = 0, outside = 0
    cdef Py_ssize_t *strides[FA_ROW_DIMS]   # of the dimensions of x that those of the operand meet
    cdef cnp.npy_intp met[FA_ROW_DIMS]
    cdef int count = 0, ahead
    if (not is_of_type(a, type) or not PyArray_CHKFLAGS(<PyArrayObject *>a, cnp.NPY_ARRAY_ALIGNED)
            or not PyArray_ISNOTSWAPPED(<PyArrayObject *>a)):
        return False
    for k in range(ndim):
        call.operand[which].outer[k] = call.operand[which].axis[k] = 0
        if along >> k & 1:
            strides[count] = &call.operand[which].axis[inside]
            inside += 1
        else:
            strides[count] = &call.operand[which].outer[outside]
            outside += 1
        met[count] = PyArray_DIMS(<PyArrayObject *>x)[k]
        count += not (dropped and along >> k & 1)
    ahead = count - PyArray_NDIM(<PyArrayObject *>a)
    if ahead < 0:
        return False
    call.operand[which].at = <char *>PyArray_DATA(<PyArrayObject *>a)
    for j in range(PyArray_NDIM(<PyArrayObject *>a)):
        if PyArray_DIMS(<PyArrayObject *>a)[j] == 1:
            continue
        if PyArray_DIMS(<PyArrayObject *>a)[j] != met[ahead + j]:
            return False
        strides[ahead + j][0] = PyArray_STRIDES(<PyArrayObject *>a)[j]
    return True


cdef object lay_numbers(fa_staged_call *call, int which, PyObject *a, PyObject *x, uint64_t along, int axes):
    """Enters an array of one number for each row, in float64, and gives that; None: it is none."""
    cdef int k
    if Py_TYPE(a) != &PyArray_Type or PyArray_NDIM(<PyArrayObject *>a) == 0 or PyArray_TYPE(<PyArrayObject *>a) not in (
            cnp.NPY_FLOAT, cnp.NPY_DOUBLE):
        return None
    wide = PyArray_FromAny(a, PyArray_DescrFromType(cnp.NPY_DOUBLE), 0, 0,
                           cnp.NPY_ARRAY_C_CONTIGUOUS | cnp.NPY_ARRAY_ALIGNED, NULL)
    if not lay(call, which, <PyObject *>wide, cnp.NPY_DOUBLE, x, along, False):
        return None
    for k in range(axes):
        if call.operand[which].axis[k] != 0:
            return None
    return wide


cdef bint touch(PyObject *a, PyObject *b) noexcept:
    """Whether the memory of two arrays may overlap otherwise than by being the same."""
    cdef const char *low[2]
    cdef const char *high[2]
    cdef PyArrayObject *array
    cdef cnp.npy_intp last
    cdef bint same = True
    cdef int k, j
    if a == b:
        return False
    for j in range(2):
        array = <PyArrayObject *>(b if j else a)
        low[j] = high[j] = <const char *>PyArray_DATA(array)
        for k in range(PyArray_NDIM(array)):
            last = PyArray_STRIDES(array)[k] * (PyArray_DIMS(array)[k] - 1)
            low[j] += min(last, <cnp.npy_intp>0)
            high[j] += max(last, <cnp.npy_intp>0)
        high[j] += cnp.PyArray_ITEMSIZE(<cnp.ndarray>array)
    if low[0] >= high[1] or low[1] >= high[0]:
        return False
    if PyArray_NDIM(<PyArrayObject *>a) != PyArray_NDIM(<PyArrayObject *>b):
        return True
    for k in range(PyArray_NDIM(<PyArrayObject *>a)):
        same = (same and PyArray_DIMS(<PyArrayObject *>a)[k] == PyArray_DIMS(<PyArrayObject *>b)[k]
                and PyArray_STRIDES(<PyArrayObject *>a)[k] == PyArray_STRIDES(<PyArrayObject *>b)[k])
    return not same or PyArray_DATA(<PyArrayObject *>a) != PyArray_DATA(<PyArrayObject *>b)


cdef object call_staged(RowFunction self, PyObject *x, PyObject *grad, PyObject **option, uint64_t along,
                        double temperature):
    """A call with options, when they are arrays of the right dtypes and numbers that are good; else None."""
    cdef fa_staged_call call
    cdef PyArrayObject *a = <PyArrayObject *>x
    cdef int type = PyArray_TYPE(a), ndim = PyArray_NDIM(a), t = type == cnp.NPY_DOUBLE, k, count = 0
    cdef int axes = 0, outer = 0
    cdef bint keep = False, reduces = self.reduces, with_sign = option[SIGN] == Py_True
    cdef cnp.npy_intp *dims = PyArray_DIMS(a)
    cdef cnp.npy_intp shape[FA_ROW_DIMS]        # of the result
    cdef cnp.npy_intp i, first
    cdef size_t rows = 1
    cdef double sink
    cdef PyObject *out = option[OUT]
    cdef object lengths, prefix, result, sign = None, bias, weights, hot, sinks
    if self.staged < 0 or PyArray_SIZE(a) == 0 or (
            PyArray_SIZE(a) > SMALL and not PyArray_CHKFLAGS(a, cnp.NPY_ARRAY_C_CONTIGUOUS)):
        return None
    if (with_sign and out != NULL) or (option[SIGN] != NULL and not with_sign and option[SIGN] != Py_False):
        return None
    call.kind, call.negate, call.flip = self.staged, self.name == "softmin", 0
    call.temperature, call.softcap, call.n = temperature, 0.0, 1
    for k in range(FA_OPERANDS):
        call.operand[k].at = NULL
    for k in range(ndim):
        if along >> k & 1:
            call.axis_dim[axes] = <size_t>dims[k]
            axes += 1
        else:
            call.outer_dim[outer] = <size_t>dims[k]
            outer += 1
            rows *= <size_t>dims[k]
    call.n = <size_t>PyArray_SIZE(a) // rows

    if not lay(&call, FA_X, x, type, x, along, False):
        return None
    if temperature == 0:
        hot = lay_numbers(&call, FA_TEMPERATURE, option[TEMPERATURE], x, along, axes)
        if hot is None:
            return None
        for i in range(cnp.PyArray_SIZE(<cnp.ndarray>hot)):
            if not 0 < (<double *>cnp.PyArray_DATA(<cnp.ndarray>hot))[i] <= LARGEST64:
                return None
    if option[SOFTCAP] != NULL and not (as_double(option[SOFTCAP], &call.softcap) and call.softcap > 0):
        return None
    if option[BIAS] != NULL:
        bias = as_operand(option[BIAS], type)
        if not lay(&call, FA_BIAS, <PyObject *>bias, type, x, along, False):
            return None
    if option[WHERE] != NULL and not lay(&call, FA_KEEP, option[WHERE], cnp.NPY_BOOL, x, along, False):
        return None
    if option[WEIGHTS] != NULL:
        weights = as_operand(option[WEIGHTS], type)
        if not lay(&call, FA_WEIGHTS, <PyObject *>weights, type, x, along, False):
            return None
        call.kind = WEIGHTED_BACKWARD if self.inputs == 2 else WEIGHTED
    if option[LENGTHS] != NULL:
        if Py_TYPE(option[LENGTHS]) != &PyArray_Type:
            return None
        k = PyArray_TYPE(<PyArrayObject *>option[LENGTHS])
        if k == cnp.NPY_BOOL or k > cnp.NPY_ULONGLONG:
            return None
        lengths = PyArray_FromAny(option[LENGTHS], PyArray_DescrFromType(cnp.NPY_INT64), 0, 0,
                                  cnp.NPY_ARRAY_C_CONTIGUOUS | cnp.NPY_ARRAY_ALIGNED | cnp.NPY_ARRAY_FORCECAST, NULL)
        for i in range(cnp.PyArray_SIZE(<cnp.ndarray>lengths)):
            if not 0 <= (<int64_t *>cnp.PyArray_DATA(<cnp.ndarray>lengths))[i] <= <int64_t>call.n:
                return None
        if not lay(&call, FA_LENGTHS, <PyObject *>lengths, cnp.NPY_INT64, x, along, True):
            return None
    if option[CAUSAL] == Py_True:
        if ndim < 2 or along != <uint64_t>1 << (ndim - 1):
            return None
        first = dims[ndim - 1] - dims[ndim - 2]
        if option[OFFSET] != NULL:
            if not PyLong_CheckExact(option[OFFSET]):
                return None
            first = PyLong_AsLongLongAndOverflow(option[OFFSET], &k)
            if k:
                return None
        first = min(max(first, -dims[ndim - 2]), dims[ndim - 1]) + 1
        prefix = cnp.PyArray_EMPTY(1, dims + ndim - 2, cnp.NPY_INT64, 0)
        for i in range(dims[ndim - 2]):
            (<int64_t *>cnp.PyArray_DATA(<cnp.ndarray>prefix))[i] = min(max(first + i, <cnp.npy_intp>0), dims[ndim - 1])
        lay(&call, FA_PREFIX, <PyObject *>prefix, cnp.NPY_INT64, x, along, True)
    elif option[OFFSET] != NULL or (option[CAUSAL] != NULL and option[CAUSAL] != Py_False):
        return None
    if option[SINK] != NULL and not (self.inputs == 2 and self.name == "log_softmax"):  # no part of the result there
        if as_double(option[SINK], &sink):
            if isnan(sink):
                return None
            call.operand[FA_SINK].at = <char *>&sink
            for k in range(ndim):
                call.operand[FA_SINK].outer[k] = call.operand[FA_SINK].axis[k] = 0
        else:
            sinks = lay_numbers(&call, FA_SINK, option[SINK], x, along, axes)
            if sinks is None:
                return None
    elif option[SINK] != NULL and (not as_double(option[SINK], &sink) or isnan(sink)):
        return None
    if self.inputs == 2:
        keep = self.from_reduced and Py_TYPE(grad) == &PyArray_Type and PyArray_NDIM(<PyArrayObject *>grad) == ndim
        if not lay(&call, FA_GRAD, grad, type, x, along, self.from_reduced and not keep):
            return None
        if self.from_reduced and (PyArray_SIZE(<PyArrayObject *>grad) != <cnp.npy_intp>rows
                                  or PyArray_NDIM(<PyArrayObject *>grad) != (ndim if keep else outer)):
            return None
    if option[KEEPDIMS] != NULL:
        keep = option[KEEPDIMS] == Py_True
        if not keep and option[KEEPDIMS] != Py_False:
            return None

    for k in range(ndim):
        if not reduces or not along >> k & 1:
            shape[count] = dims[k]
            count += 1
        elif keep:
            shape[count] = 1
            count += 1
    if out != NULL:
        if Py_TYPE(out) != &PyArray_Type or PyArray_NDIM(<PyArrayObject *>out) != count or not is_writeable(out):
            return None
        for k in range(count):
            if PyArray_DIMS(<PyArrayObject *>out)[k] != shape[k]:
                return None
        for k in (BIAS, WHERE, LENGTHS, WEIGHTS, TEMPERATURE, SINK):
            if option[k] != NULL and Py_TYPE(option[k]) == &PyArray_Type and touch(out, option[k]):
                return None
        if touch(out, x) or (self.inputs == 2 and touch(out, grad)):
            return None
        result = <object>out
    elif reduces or PyArray_CHKFLAGS(a, cnp.NPY_ARRAY_C_CONTIGUOUS):
        result = new_array(x, count, shape, 0 if reduces else <size_t>cnp.PyArray_NBYTES(<cnp.ndarray>x))
    else:
        result = PyArray_NewLikeArray(a, cnp.NPY_KEEPORDER, NULL, 0)
    if not lay(&call, FA_OUT, <PyObject *>result, type, x, along, reduces and not keep):
        return None
    if with_sign:
        sign = new_array(x, count, shape, 0)
        lay(&call, FA_SIGN, <PyObject *>sign, type, x, along, not keep)
    run_staged_call(&call, outer, axes, rows, t)
    if count == 0 and out == NULL:
        return (result[()], sign[()]) if with_sign else result[()]
    return (result, sign) if with_sign else result


cdef object call_row_types(RowFunction self, PyObject *const *inputs, PyObject **option):
    """The same of lists, integers, bool and halves, and with another dtype, when all inputs are alike; else None."""
    cdef PyObject *again[2]
    cdef PyObject *out = option[OUT]
    cdef list held = [as_ndarray(inputs[k]) for k in range(self.inputs)]
    cdef object array
    cdef int type, wanted, loop, k
    cdef bint half
    if held[0] is None or held[self.inputs - 1] is None:
        return None
    wanted = type = (<cnp.ndarray>held[0]).descr.type_num
    if type != (<cnp.ndarray>held[self.inputs - 1]).descr.type_num:
        return None
    if type <= cnp.NPY_ULONGLONG:
        wanted = type_of_integers(type)
    elif type >= NPY_USERDEF and bfloat16 < 0:
        find_bfloat16()
    if option[DTYPE] != NULL:
        wanted = wanted_type(option[DTYPE])
        option[DTYPE] = NULL
    if type_of_number(wanted) < 0:
        return None
    half = type_of_number(wanted) >= F16
    loop = cnp.NPY_FLOAT if half else wanted
    for k in (BIAS, WEIGHTS):
        if option[k] != NULL and Py_TYPE(option[k]) == &PyArray_Type:
            if PyArray_TYPE(<PyArrayObject *>option[k]) != type:
                return None
            array = as_type(<object>option[k], loop)
            held.append(array)
            option[k] = <PyObject *>array
    for k in range(self.inputs):
        held[k] = as_type(held[k], loop)
        again[k] = <PyObject *>held[k]
    for array in held:
        if array is None:
            return None
    if not half:
        return call_row_options(self, again, option, False)
    if out != NULL and (not is_plain(out) or PyArray_TYPE(<PyArrayObject *>out) != wanted or not is_writeable(out)
                        or PyArray_NDIM(<PyArrayObject *>out) == 0):
        return None
    option[OUT] = NULL
    result = call_row_options(self, again, option, False)
    if result is None or isinstance(result, tuple):
        return None
    if Py_TYPE(<PyObject *>result) != &PyArray_Type:        # one number
        return as_type(numpy.asarray(result), wanted)[()]
    if out == NULL:
        return as_type(result, wanted)
    if not PyArray_SAMESHAPE(<PyArrayObject *>out, <PyArrayObject *><PyObject *>result):
        return None
    convert(<PyObject *>result, out)
    return <object>out


cdef object call_rows(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names):
    cdef RowFunction self = <RowFunction>callable
    cdef PyObject *option[OPTIONS]
    cdef int said = read(self, args, PyVectorcall_NARGS(nargsf), names, option)
    if said:
        result = call_row_options(self, args, option, said == 1)
        if result is not None:
            return result
    return PyObject_Vectorcall(self.slow, args, nargsf, names)


cdef object call_row_options(RowFunction self, PyObject *const *inputs, PyObject **option, bint bare):
    """The call where nothing is to be refused; else None.  `bare`: it says no more than an axis, out and a bias."""
    cdef PyObject *x = inputs[self.inputs - 1]      # backward: grad comes first
    cdef double temperature = 1.0
    cdef uint64_t along
    cdef bint plain = self.which >= 0 and option[BIAS] == NULL
    cdef int k, t = type_of_number(PyArray_TYPE(<PyArrayObject *>x)) if Py_TYPE(x) == &PyArray_Type else -1
    if option[DTYPE] != NULL or t < 0:
        return call_row_types(self, inputs, option)
    if not read_axes(option[AXIS], PyArray_NDIM(<PyArrayObject *>x), &along):
        return None
    if option[TEMPERATURE] != NULL:
        if not as_double(option[TEMPERATURE], &temperature):
            plain, temperature = False, 0       # an array, perhaps
        elif not 0 < temperature < 1e300:
            return None
    for k in range(0 if bare else AXIS, 0 if bare else NAMED):
        if option[k] == Py_None and k in (WHERE, SOFTCAP, LENGTHS, OFFSET, SINK, WEIGHTS):
            option[k] = NULL
        plain = plain and (option[k] == NULL or k == AXIS or k == TEMPERATURE)
    if plain:
        result = call_plain_rows(self, inputs, option[OUT], along, temperature)
        if result is not None:
            return result
    if t >= F16:
        return call_row_types(self, inputs, option)
    return call_staged(self, x, inputs[0], option, along, temperature)


cdef object call_plain_rows(RowFunction self, PyObject *const *inputs, PyObject *out, uint64_t along,
                            double temperature):
    """Plain arrays whose rows lie along neighbouring axes: straight to the loop."""
    cdef PyObject *x = inputs[self.inputs - 1]
    cdef int type, ndim, t, k, left = 0
    cdef cnp.npy_intp *dims
    cdef cnp.npy_intp *shape
    cdef cnp.npy_intp others[64]        # the shape without the axes
    cdef size_t outer = 1, inner = 1, itemsize, bytes_
    cdef fa_row_call call
    cdef const fa_row_entry *entry
    cdef object result
    cdef int failed
    type, ndim = PyArray_TYPE(<PyArrayObject *>x), PyArray_NDIM(<PyArrayObject *>x)
    dims = PyArray_DIMS(<PyArrayObject *>x)
    if not is_plain(x) or PyArray_SIZE(<PyArrayObject *>x) == 0 or (along + (along & -along)) & along:
        return None
    t = type_of_number(type)
    itemsize = SIZE_OF_TYPE[t]
    call.n = 1
    for k in range(ndim):
        if along >> k & 1:
            call.n *= <size_t>dims[k]
            continue
        others[left] = dims[k]
        left += 1
        if along >> k:
            outer *= <size_t>dims[k]
        else:
            inner *= <size_t>dims[k]
    call.inner = inner
    call.temperature, call.half = temperature, t - F16 + 1 if t >= F16 else 0
    call.x = PyArray_DATA(<PyArrayObject *>x)
    call.grad = NULL
    bytes_ = outer * call.n * inner * itemsize
    if self.inputs == 2:
        if not (is_like(inputs[0], type, left, others) if self.from_reduced else is_like(inputs[0], type, ndim, dims)):
            return None
        call.grad = PyArray_DATA(<PyArrayObject *>inputs[0])
    shape = dims
    if self.reduces:
        shape, ndim = others, left
    if out == NULL:
        result = new_array(x, ndim, shape, bytes_ // call.n if self.reduces else bytes_)
    else:
        if not is_like(out, type, ndim, shape) or not is_writeable(out):
            return None
        # out may be x or grad themselves where it has their shape, but not share a part with one
        if share_part(<const char *>call.x, bytes_, <char *>PyArray_DATA(<PyArrayObject *>out),
                      bytes_ // call.n if self.reduces else bytes_) or (
                self.inputs == 2 and share_part(<const char *>call.grad, bytes_ // call.n if self.from_reduced
                                                else bytes_, <char *>PyArray_DATA(<PyArrayObject *>out), bytes_)):
            return None
        result = <object>out
    call.out = PyArray_DATA(<PyArrayObject *><PyObject *>result)
    entry = &chosen.rows[0][self.which][FA_F32 if t >= F16 else t]
    if row_work(entry, &call, outer) < GIL_WORK:
        failed = run_rows(entry, &call, outer, itemsize)
    else:
        with nogil:
            failed = run_rows(entry, &call, outer, itemsize)
    if failed:
        raise MemoryError
    if ndim == 0 and out == NULL:
        return result[()]
    return result


cdef void give_vectorcall(type cls, object instance, void *entry) except *:
    """A cdef class has no vectorcall slot of its own: point the type at the instances' field."""
    cdef PyTypeObject *raw = <PyTypeObject *>cls
    raw.tp_vectorcall_offset = <char *>entry - <char *><PyObject *>instance
    raw.tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL
    raw.tp_call = PyVectorcall_Call
    PyType_Modified(raw)

cdef Function a_function = Function.__new__(Function)
give_vectorcall(Function, a_function, &a_function.entry)
cdef RowFunction a_row_function = RowFunction.__new__(RowFunction)
give_vectorcall(RowFunction, a_row_function, &a_row_function.entry)
cdef Learned a_learned = Learned.__new__(Learned)
give_vectorcall(Learned, a_learned, &a_learned.entry)

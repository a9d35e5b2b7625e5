# A learned slope: dx, and with it the gradient of the weight.

# Rows that are summed in one go, and their columns: at least, and at most.
DEF SLOPE_ROWS = 64
DEF SLOPE_LEAST = 64
DEF SLOPE_MOST = 1024
# Elements that are summed before dx is computed of them; those that are worth writing past the cache.
DEF SLOPE_BLOCK = 2048
DEF SLOPE_STREAMED = 512


cdef struct Slopes:
    # `problems` times `length` numbers in rows of `width` columns, of which a unit takes SLOPE_ROWS and `tile`.  After
    # `period` columns their weights begin again; `share` columns in turn have one.
    fa_loop *loop
    fa_slope_sums *sums
    size_t itemsize
    const char *grad
    const char *x
    char *dx                   # NULL: the sums alone
    const char *weight         # of each problem in turn, `channels` of them; or of each column
    bint by_column, past_the_cache
    size_t problems, length, width, tile, period, share, channels
    size_t groups, tiles, counts    # of a problem, of a row, sums of a unit
    double *parts


cdef void add_slopes(const Slopes *s, size_t begin, size_t rows, size_t columns, const char *weight,
                     double *sums) noexcept nogil:
    """So many rows from that element on: into the sums of their columns and, as they are in the cache, into dx."""
    cdef size_t row, at, size = s.itemsize
    cdef char *o[4]
    cdef unsigned char steps[4]
    s.sums(rows, columns, s.width, s.grad + begin * size, s.x + begin * size, sums)
    if s.dx == NULL:
        return
    steps[0] = steps[1] = steps[3] = 1
    steps[2] = s.by_column
    if not s.by_column:     # they are one piece
        rows, columns = 1, rows * columns
    for row in range(rows):
        at = (begin + row * s.width) * size
        o[0], o[1], o[2], o[3] = <char *>s.grad + at, <char *>s.x + at, <char *>weight, s.dx + at
        if s.past_the_cache and columns >= SLOPE_STREAMED:
            chosen.elementwise.stream(s.loop, 3, 1, size, columns, o, steps)
        else:
            s.loop(columns, o, steps)


cdef void run_slopes(const Slopes *s, size_t unit) noexcept nogil:
    cdef double sums[SLOPE_MOST + 16]       # a register may go beyond the last column
    cdef size_t tile = unit % s.tiles, group = unit // s.tiles % s.groups, problem = unit // s.tiles // s.groups
    cdef size_t column = tile * s.tile, columns = min(s.tile, s.width - column)
    cdef size_t begin = problem * s.length + group * SLOPE_ROWS * s.width + column
    cdef size_t left = min(s.length - group * SLOPE_ROWS * s.width, SLOPE_ROWS * s.width)
    cdef size_t rows = left // s.width, rest = left % s.width, repeats = s.width // s.period
    cdef size_t some = max(SLOPE_BLOCK // columns, <size_t>1), i, j
    cdef const char *weight = s.weight + (column if s.by_column else problem % s.channels) * s.itemsize
    cdef double total
    cdef fa_fp fp = fa_fp_enter()
    memset(sums, 0, (columns + 16) * sizeof(double))
    i = 0
    while i < rows:
        add_slopes(s, begin + i * s.width, min(some, rows - i), columns, weight, sums)
        i += some
    if rest:
        add_slopes(s, begin + rows * s.width, 1, rest, weight, sums)
    while repeats > 1:          # a power of two
        repeats //= 2
        for j in range(repeats * s.period):
            sums[j] += sums[j + repeats * s.period]
    for i in range(min(columns, s.period) // s.share):
        total = 0
        for j in range(s.share):
            total += sums[i * s.share + j]
        s.parts[unit * s.counts + i] = total
    fa_fp_leave(fp)


cdef int run_all_slopes(Slopes *s, size_t outer, size_t channels, size_t inner, double cost, double *dweight) except -1:
    """All units, whose bounds the shape alone decides; their sums in turn, so that one thread and many give the same
    bits."""
    cdef size_t units, n = outer * channels * inner, i, channel, unit
    cdef double work, a, b, rounded
    cdef double *totals
    cdef double *lost
    cdef char *spread = NULL
    cdef cnp.npy_intp u
    cdef int team
    cdef fa_fp fp
    s.channels = channels
    s.by_column = channels > 1 and inner < SLOPE_LEAST
    if s.by_column:
        s.problems, s.length, s.share, s.period = 1, n, inner, channels * inner
        s.width = s.period
        while s.width < SLOPE_LEAST:
            s.width *= 2
        s.tile = s.width if s.width <= SLOPE_MOST else SLOPE_MOST // inner * inner
    else:
        s.length = n if channels == 1 else inner
        s.problems = n // s.length
        s.share = s.period = 1
        s.width = s.tile = SLOPE_LEAST
    s.groups = (s.length + SLOPE_ROWS * s.width - 1) // (SLOPE_ROWS * s.width)
    s.tiles = (s.width + s.tile - 1) // s.tile
    s.counts = min(s.tile, s.period) // s.share
    units = s.problems * s.groups * s.tiles
    totals = <double *>calloc(2 * channels + units * s.counts, sizeof(double))
    if s.by_column and s.dx != NULL:
        spread = <char *>malloc(s.width * s.itemsize)
    if totals == NULL or (spread == NULL and s.by_column and s.dx != NULL):
        free(totals)
        free(spread)
        raise MemoryError
    lost, s.parts = totals + channels, totals + 2 * channels
    if spread != NULL:
        for i in range(s.width):
            memcpy(spread + i * s.itemsize, s.weight + i % s.period // inner * s.itemsize, s.itemsize)
        s.weight = spread
    work = cost * <double>n
    if work < GIL_WORK:
        for u in range(<cnp.npy_intp>units):
            run_slopes(s, <size_t>u)
    else:
        with nogil:
            team = fa_enter_team(work, 3.0 * <double>(n * s.itemsize))
            if team > 1:
                for u in prange(<cnp.npy_intp>units, num_threads=team, schedule='static'):
                    run_slopes(s, <size_t>u)
            else:
                for u in range(<cnp.npy_intp>units):
                    run_slopes(s, <size_t>u)
            fa_leave_team(team)
    fp = fa_fp_enter()
    for unit in range(units):
        for i in range(s.counts):
            if s.by_column:
                channel = unit % s.tiles * s.counts + i
                if channel >= channels:
                    break
            else:
                channel = unit // s.groups % channels
            a, b = totals[channel], s.parts[unit * s.counts + i]    # Knuth: what the addition rounds away is kept
            totals[channel] = a + b
            rounded = totals[channel] - a
            lost[channel] += (a - (totals[channel] - rounded)) + (b - rounded)
    for channel in range(channels):
        dweight[channel] = totals[channel]
        if fabs(totals[channel]) <= LARGEST64:
            dweight[channel] += lost[channel]
    fa_fp_leave(fp)
    free(totals)
    free(spread)
    return 0


def slope_sums(cnp.ndarray grad not None, cnp.ndarray x not None):
    """The products grad * x where x is not above 0, summed over the first and the last axis of [outer][n][inner]: in
    float64, of plain arrays of float32 or float64."""
    cdef Slopes s
    cdef int type = cnp.PyArray_TYPE(x), t = type == cnp.NPY_DOUBLE
    cdef cnp.npy_intp *dims = cnp.PyArray_DIMS(x)
    if (type not in (cnp.NPY_FLOAT, cnp.NPY_DOUBLE) or not is_like(<PyObject *>x, type, 3, dims)
            or not is_like(<PyObject *>grad, type, 3, dims)):
        raise ValueError("slope_sums: two plain arrays of three dimensions and one float dtype")
    cdef cnp.ndarray sums = numpy.zeros(dims[1])
    if cnp.PyArray_SIZE(x) > 0:
        s.sums, s.itemsize = chosen.elementwise.slope_sums[t], 8 if t else 4
        s.grad, s.x, s.dx = <const char *>cnp.PyArray_DATA(grad), <const char *>cnp.PyArray_DATA(x), NULL
        run_all_slopes(&s, dims[0], dims[1], dims[2], MUL_COST * COST_OF_TYPE[t], <double *>cnp.PyArray_DATA(sums))
    return sums


@cython.final
@cython.no_gc_clear
cdef class Learned(Callable):
    # The backward of an activation with one parameter, a slope where x is not above 0, that is learned: (dx, dweight).
    cdef readonly Function dx

    def __init__(self, Function dx not None, slow):
        self.name, self.kind, self.slow, self.dx = dx.name, dx.kind, slow, dx
        self.options = options_of({"out", "axis"}, [p.name for p in dx.slow.parameters])
        self.inputs, self.first, self.places = 2, NAMED, 1
        self.entry = <vectorcallfunc><void *>call_learned

    @property
    def __doc__(self):
        return self.slow.docstring()


cdef object call_learned(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names):
    cdef Learned self = <Learned>callable
    cdef PyObject *option[OPTIONS]
    if read(self, args, PyVectorcall_NARGS(nargsf), names, option):
        result = call_slopes(self.dx, args[0], args[1], option)
        if result is None:
            result = call_slopes_of_halves(self.dx, args, nargsf, names, option[NAMED])
        if result is not None:
            return result
    return PyObject_Vectorcall(self.slow, args, nargsf, names)


cdef object call_slopes_of_halves(Function dx_of, PyObject *const *args, size_t nargsf, PyObject *names,
                                  PyObject *weight):
    """Plain arrays of one half type and shape, and a weight that is a number; else None."""
    cdef PyObject *x = args[1]
    cdef Slopes s
    cdef int type
    cdef double w64, total
    cdef float w32
    if not is_plain(x) or weight == NULL or Py_TYPE(weight) == &PyArray_Type or not dx_of.take(0, weight, &w64, &w32):
        return None
    type = PyArray_TYPE(<PyArrayObject *>x)
    if (type_of_number(type) < F16 or PyArray_NDIM(<PyArrayObject *>x) == 0 or PyArray_SIZE(<PyArrayObject *>x) == 0
            or not is_like(args[0], type, PyArray_NDIM(<PyArrayObject *>x), PyArray_DIMS(<PyArrayObject *>x))):
        return None
    # before out is written, which may be one of them
    wide_grad, wide_x = as_type(<object>args[0], cnp.NPY_FLOAT), as_type(<object>x, cnp.NPY_FLOAT)
    dx = PyObject_Vectorcall(dx_of, args, nargsf, names)
    s.sums, s.itemsize, s.dx = chosen.elementwise.slope_sums[FA_F32], 4, NULL
    s.grad = <const char *>PyArray_DATA(<PyArrayObject *><PyObject *>wide_grad)
    s.x = <const char *>PyArray_DATA(<PyArrayObject *><PyObject *>wide_x)
    run_all_slopes(&s, 1, 1, <size_t>PyArray_SIZE(<PyArrayObject *>x), MUL_COST, &total)
    with numpy.errstate(all="ignore"):
        return dx, numpy.float64(total).astype((<object>x).dtype)


cdef object call_slopes(Function self, PyObject *grad, PyObject *x, PyObject **option):
    """Plain arrays of one type and shape, and a weight that is a number or lies along neighbouring axes; else None."""
    cdef PyObject *weight = option[NAMED]
    cdef PyObject *out = option[OUT]
    cdef Slopes s
    cdef int type, t, ndim, first, last, ahead, k
    cdef size_t outer = 1, channels = 1, inner = 1, bytes_
    cdef cnp.npy_intp *dims
    cdef double w64, one
    cdef float w32
    cdef object dx, dweight, sums_of = None
    cdef double *sums = &one
    cdef fa_fp fp
    if not is_plain(x) or weight == NULL:
        return None
    type, ndim = PyArray_TYPE(<PyArrayObject *>x), PyArray_NDIM(<PyArrayObject *>x)
    dims = PyArray_DIMS(<PyArrayObject *>x)
    if (type != cnp.NPY_FLOAT and type != cnp.NPY_DOUBLE) or ndim == 0 or not is_like(grad, type, ndim, dims):
        return None
    t = type == cnp.NPY_DOUBLE
    s.itemsize = 8 if t else 4
    bytes_ = <size_t>cnp.PyArray_NBYTES(<cnp.ndarray>x)
    if bytes_ == 0:
        return None
    first, last = ndim, ndim - 1        # the axes along which the weight lies
    ahead = ndim                        # its first axis is this one
    if option[AXIS] != NULL and option[AXIS] != Py_None:
        if not read_axis(option[AXIS], ndim, &ahead):
            return None
    if self.take(0, weight, &w64, &w32):
        s.weight = <const char *>&w64 if t else <const char *>&w32
    else:
        if not is_plain(weight) or PyArray_TYPE(<PyArrayObject *>weight) != type:
            return None
        if ahead == ndim:
            ahead -= PyArray_NDIM(<PyArrayObject *>weight)
        elif PyArray_NDIM(<PyArrayObject *>weight) != 1:
            return None
        if ahead < 0:
            return None
        for k in range(PyArray_NDIM(<PyArrayObject *>weight)):
            if PyArray_DIMS(<PyArrayObject *>weight)[k] != 1:
                first, last = min(first, ahead + k), ahead + k
        for k in range(first, last + 1):
            if PyArray_DIMS(<PyArrayObject *>weight)[k - ahead] != dims[k]:
                return None
        s.weight = <const char *>PyArray_DATA(<PyArrayObject *>weight)
    for k in range(ndim):
        if k < first:
            outer *= <size_t>dims[k]
        elif k <= last:
            channels *= <size_t>dims[k]
        else:
            inner *= <size_t>dims[k]
    if out == NULL:
        dx = new_array(x, ndim, dims, bytes_)
    else:
        if not is_like(out, type, ndim, dims) or not is_writeable(out):
            return None
        dx = <object>out
    s.dx = <char *>PyArray_DATA(<PyArrayObject *><PyObject *>dx)
    s.grad = <const char *>PyArray_DATA(<PyArrayObject *>grad)
    s.x = <const char *>PyArray_DATA(<PyArrayObject *>x)
    if (share_part(s.grad, bytes_, s.dx, bytes_) or share_part(s.x, bytes_, s.dx, bytes_)
            or overlap(s.weight, channels * s.itemsize, s.dx, bytes_)):
        return None
    s.loop, s.sums = self.loops[t], chosen.elementwise.slope_sums[t]
    s.past_the_cache = (chosen.elementwise.stream != NULL and s.dx != s.grad and s.dx != s.x
                        and fa_streams(s.dx, bytes_, out == NULL))
    if Py_TYPE(weight) == &PyArray_Type:
        sums_of = PyArray_NewFromDescr(&PyArray_Type, PyArray_DescrFromType(cnp.NPY_DOUBLE), PyArray_NDIM(
            <PyArrayObject *>weight), PyArray_DIMS(<PyArrayObject *>weight), NULL, NULL, 0, NULL)
        sums = <double *>PyArray_DATA(<PyArrayObject *><PyObject *>sums_of)
    run_all_slopes(&s, outer, channels, inner, (self.cost + MUL_COST) * COST_OF_TYPE[t], sums)
    if sums_of is None or PyArray_NDIM(<PyArrayObject *>weight) == 0:
        w64 = sums[0]
        fp = fa_fp_enter()
        w32 = <float>w64
        fa_fp_leave(fp)
        return dx, PyArray_Scalar(<void *>&w64 if t else <void *>&w32, DESCR[t], NULL)
    if t:
        return dx, sums_of
    dweight = new_array(weight, PyArray_NDIM(<PyArrayObject *>weight), PyArray_DIMS(<PyArrayObject *>weight), 0)
    convert(<PyObject *>sums_of, <PyObject *>dweight)
    return dx, dweight

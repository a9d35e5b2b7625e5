# Row functions.

ROW_KINDS = ("softmax", "log_softmax", "logsumexp", "softmax_backward", "log_softmax_backward", "logsumexp_backward")


cdef void run_outer(const fa_row_entry *entry, const fa_row_call *call, size_t begin, size_t end,
                    size_t inner_begin, size_t inner_end, char *scratch) noexcept nogil:
    cdef fa_row_call own = call[0]
    cdef fa_fp fp = fa_fp_enter()
    own.scratch = scratch
    entry.loop(&own, begin, end, inner_begin, inner_end)
    fa_fp_leave(fp)


cdef void run_partial(const fa_row_entry *entry, const fa_row_call *call, size_t row, int stage, size_t begin,
                      size_t end, const fa_row_state *state, fa_row_part *part) noexcept nogil:
    cdef fa_fp fp = fa_fp_enter()
    cdef size_t block
    for block in range(begin, end):
        entry.partial(call, row, stage, block, state, &part[block])
    fa_fp_leave(fp)


cdef void run_finish(const fa_row_entry *entry, const fa_row_call *call, size_t row, size_t begin, size_t end,
                     const fa_row_state *state) noexcept nogil:
    cdef fa_fp fp = fa_fp_enter()
    cdef size_t block
    for block in range(end, begin, -1):     # the last blocks are in the cache still
        entry.finish(call, row, block - 1, state)
    fa_fp_leave(fp)


cdef void run_long_row(const fa_row_entry *entry, const fa_row_call *call, size_t row, fa_row_part *parts,
                       cnp.npy_intp blocks, int team) noexcept nogil:
    """One row by several threads: the same blocks, combined in the same order, as by one."""
    cdef fa_row_state state
    cdef fa_fp fp
    cdef cnp.npy_intp b
    cdef int stage
    for stage in range(entry.stages):
        for b in prange(team, num_threads=team, schedule='static'):
            run_partial(entry, call, row, stage, <size_t>(blocks * b // team), <size_t>(blocks * (b + 1) // team),
                        &state, parts)
        fp = fa_fp_enter()
        entry.combine(call, stage, <size_t>blocks, parts, &state)
        fa_fp_leave(fp)
    for b in prange(team, num_threads=team, schedule='static'):
        run_finish(entry, call, row, <size_t>(blocks * b // team), <size_t>(blocks * (b + 1) // team), &state)


# What the regions of a row that is shared add, in blocks of it.
DEF ROW_LAUNCH = 1
# Bytes: threads that write narrower pieces of an array that is in their caches take lines from one another
# (128 x 256 by two threads: as long as by one, backward twice as long; 128 x 1024: half as long).
DEF NEAR_PIECE = 2048
# Nanoseconds per element of the conversions of halves.
DEF CONVERSION_COST = 0.1


cdef double row_work(const fa_row_entry *entry, const fa_row_call *call, size_t outer) noexcept nogil:
    """Picoseconds."""
    cdef double cost = entry.cost + CONVERSION_COST if call.half else entry.cost
    return 1e3 * cost * <double>outer * <double>call.n * <double>call.inner


cdef int run_rows(const fa_row_entry *entry, const fa_row_call *call, size_t outer, size_t itemsize) noexcept nogil:
    """Every row, by as many threads as the work is worth: whole rows each, columns of rows, or blocks of a long row.
    -1 where there is no memory for it."""
    cdef double elements = <double>outer * <double>call.n * <double>call.inner
    cdef double work = row_work(entry, call, outer), traffic = (2 + (call.grad != NULL)) * elements * itemsize
    cdef size_t least = NEAR_PIECE // itemsize if traffic < FA_CACHED_BYTES else FA_ROW_COLUMNS
    cdef bint narrow = traffic < FA_CACHED_BYTES and outer == 1 and 1 < call.inner < 2 * least
    cdef int team = fa_enter_team(0 if narrow else work, traffic)
    cdef size_t blocks = (call.n + FA_ROW_BLOCK - 1) // FA_ROW_BLOCK, width, pieces, row, most = team
    cdef cnp.npy_intp b
    cdef fa_row_part *parts = NULL
    cdef size_t size = fa_row_scratch(call)
    cdef char *scratch = <char *>malloc(size * most) if size else NULL
    if size and scratch == NULL:
        fa_leave_team(team)
        return -1
    if team == 1:
        run_outer(entry, call, 0, outer, 0, call.inner, scratch)
    elif (call.inner == 1 and blocks > 1
            and outer * ((blocks + most - 1) // most + ROW_LAUNCH) < (outer + most - 1) // most * blocks):
        # one row after the other, each by all: the busiest thread has fewer blocks then than with whole rows
        parts = <fa_row_part *>malloc(blocks * sizeof(fa_row_part))
        if parts == NULL:       # slower, not wrong
            run_outer(entry, call, 0, outer, 0, 1, NULL)
        else:
            for row in range(outer):
                run_long_row(entry, call, row, parts, <cnp.npy_intp>blocks, team)
            free(parts)
    elif outer >= <size_t>team:
        for b in prange(team, num_threads=team, schedule='static'):
            run_outer(entry, call, outer * <size_t>b // <size_t>team, outer * <size_t>(b + 1) // <size_t>team,
                      0, call.inner, scratch + <size_t>b * size)
    else:
        pieces = (<size_t>team + outer - 1) // outer
        width = ((call.inner + pieces - 1) // pieces + FA_ROW_COLUMNS - 1) // FA_ROW_COLUMNS * FA_ROW_COLUMNS
        width = max(width, least)
        pieces = (call.inner + width - 1) // width
        for b in prange(<cnp.npy_intp>(outer * pieces), num_threads=team, schedule='static'):
            run_outer(entry, call, <size_t>b // pieces, <size_t>b // pieces + 1, <size_t>b % pieces * width,
                      min(call.inner, (<size_t>b % pieces + 1) * width), scratch + <size_t>threadid() * size)
    free(scratch)
    fa_leave_team(team)
    return 0


def rows(str kind not None, cnp.ndarray x not None, cnp.ndarray grad, cnp.ndarray out not None, double temperature):
    """The row function `kind` along the middle axis of x[outer, n, inner]; grad or out have length 1 there where they
    are one number a row.  All contiguous and of one dtype; out may be x or grad, but no part of them."""
    cdef fa_row_call call
    cdef int which = ROW_KINDS.index(kind), type = cnp.PyArray_TYPE(x)
    cdef const fa_row_entry *entry
    cdef object full = (<object>x).shape, reduced
    cdef bint backward = kind.endswith("_backward")
    cdef cnp.ndarray a
    if cnp.PyArray_NDIM(x) != 3 or type not in (cnp.NPY_FLOAT, cnp.NPY_DOUBLE) or backward != (grad is not None):
        raise ValueError("rows: x[outer, n, inner] of float32 or float64, and grad for a backward alone")
    reduced = (full[0], 1, full[2])
    for a in ((x, out) if grad is None else (x, out, grad)):
        if not is_plain(<PyObject *>a) or cnp.PyArray_TYPE(a) != type:
            raise ValueError("rows: arrays must be contiguous, aligned and of one dtype")
    if (<object>out).shape != (reduced if kind == "logsumexp" else full) or (
            backward and (<object>grad).shape != (reduced if kind == "logsumexp_backward" else full)):
        raise ValueError("rows: wrong shape")
    if not cnp.PyArray_ISWRITEABLE(out):
        raise ValueError("rows: out is read-only")
    call.x = cnp.PyArray_DATA(x)
    call.grad = NULL
    if grad is not None:
        call.grad = cnp.PyArray_DATA(grad)
    call.out = cnp.PyArray_DATA(out)
    call.n = full[1]
    call.inner = full[2]
    call.temperature = temperature
    call.half = 0
    entry = &chosen.rows[0][which][type == cnp.NPY_DOUBLE]
    cdef size_t outer = full[0], itemsize = cnp.PyArray_ITEMSIZE(x)
    with nogil:
        run_rows(entry, &call, outer, itemsize)

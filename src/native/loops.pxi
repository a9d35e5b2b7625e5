# One loop over n elements, in one thread or several: with a bias, with strides, past the cache.

# Work handed to threads comes in whole pages, so that no two threads write to one.
DEF PAGE = 4096
# Pieces for each thread of a team, where the data is not in the caches.
DEF PIECES = 8
# Bytes of an operand in a piece for a thread alone that goes from the last to the first, and up to how many times what
# is in its cache it does: 15 % are gained with 5 times as much, 5 with 8, nothing with 10, and 5 are lost with 20.
DEF PIECE = 131072
DEF BACK = 8
# Elements of a strided operand that are brought into a buffer at a time (4 KiB of float64: all operands fit the L1).
DEF STAGE = 512
# Elements to which a bias is added before the activation runs over them in the cache.
DEF BIAS_BLOCK = 2048
# A product, in picoseconds for an element of float32.
DEF MUL_COST = 100.0
# Below this much work (picoseconds) the GIL is kept: releasing it costs more than anyone could gain.
DEF GIL_WORK = 5e6


cdef struct Job:
    fa_loop *loop
    fa_loop *wide              # halves: the loop of float64
    int half                   # FA_F16 or FA_BF16, or -1
    bint sums                  # halves: x is float32, a sum of halves
    int activation, kind
    fa_loop *add               # with a bias: bias[i % width] is added to x[i] on its way into the loop
    const char *bias
    size_t width               # 0: halves, and the bias is one float32 number
    size_t n
    int operands
    int first_parameter
    int inputs                 # inputs and parameters; the outputs follow
    size_t itemsize            # of all operands, but that parameters of halves are float32
    char *at[FA_MAX_OPERANDS]
    cnp.npy_intp stride[FA_MAX_OPERANDS]    # bytes
    unsigned char steps[FA_MAX_OPERANDS]    # 1, or 0 for a parameter that is one number
    bint staged                # some operand is neither contiguous nor one number
    bint fresh                 # the outputs were made for this call


cdef void run_bias(const Job *job, size_t begin, size_t n) noexcept nogil:
    """Block by block, x + bias goes into a buffer and from there into the loop."""
    cdef double sums[BIAS_BLOCK]
    cdef char *at[FA_MAX_OPERANDS]
    cdef char *sum[3]
    cdef size_t size = job.itemsize, done = 0, block, i, column, piece
    cdef int k, x = job.first_parameter - 1
    cdef unsigned char ones[3]
    ones[0] = ones[1] = ones[2] = 1
    while done < n:
        block = min(n - done, <size_t>BIAS_BLOCK)
        i = 0
        while i < block:
            column = (begin + done + i) % job.width
            piece = min(block - i, job.width - column)
            sum[0] = job.at[x] + (begin + done + i) * size
            sum[1] = <char *>job.bias + column * size
            sum[2] = <char *>sums + i * size
            job.add(piece, sum, ones)
            i += piece
        for k in range(job.operands):
            at[k] = job.at[k] + (begin + done) * size * job.steps[k]
        at[x] = <char *>sums
        job.loop(block, at, job.steps)
        done += block


cdef inline void gather(char *to, const char *source, cnp.npy_intp stride, size_t n, size_t size) noexcept nogil:
    cdef size_t i
    if size == 2:
        for i in range(n):
            (<uint16_t *>to)[i] = (<const uint16_t *>(source + <cnp.npy_intp>i * stride))[0]
    elif size == 4:
        for i in range(n):
            (<float *>to)[i] = (<const float *>(source + <cnp.npy_intp>i * stride))[0]
    else:
        for i in range(n):
            (<double *>to)[i] = (<const double *>(source + <cnp.npy_intp>i * stride))[0]


cdef inline void scatter(char *to, cnp.npy_intp stride, const char *source, size_t n, size_t size) noexcept nogil:
    cdef size_t i
    if size == 2:
        for i in range(n):
            (<uint16_t *>(to + <cnp.npy_intp>i * stride))[0] = (<const uint16_t *>source)[i]
    elif size == 4:
        for i in range(n):
            (<float *>(to + <cnp.npy_intp>i * stride))[0] = (<const float *>source)[i]
    else:
        for i in range(n):
            (<double *>(to + <cnp.npy_intp>i * stride))[0] = (<const double *>source)[i]


cdef void run_staged(const Job *job, size_t begin, size_t n) noexcept nogil:
    """Brings blocks of every operand that is not contiguous into a buffer, and results back from one."""
    cdef double buffers[FA_MAX_OPERANDS][STAGE]
    cdef char *at[FA_MAX_OPERANDS]
    cdef size_t done = 0, block, size = job.itemsize
    cdef cnp.npy_intp start
    cdef int k
    while done < n:
        block = min(n - done, <size_t>STAGE)
        start = <cnp.npy_intp>(begin + done)
        for k in range(job.operands):
            at[k] = job.at[k] + start * job.stride[k]
            if job.steps[k] and job.stride[k] != <cnp.npy_intp>size:
                if k < job.inputs:
                    gather(<char *>buffers[k], at[k], job.stride[k], block, size)
                at[k] = <char *>buffers[k]
        job.loop(block, at, job.steps)
        for k in range(job.inputs, job.operands):
            if job.stride[k] != <cnp.npy_intp>size:
                scatter(job.at[k] + start * job.stride[k], job.stride[k], at[k], block, size)
        done += block


cdef bint streams(const Job *job) noexcept nogil:
    """Whether the results go past the cache.  Not where an output is an input, whose lines are there already; halves, a
    bias and strides are staged in blocks of their own."""
    cdef size_t bytes_ = job.n * job.itemsize
    cdef int k, j
    if chosen.elementwise.stream == NULL or job.half >= 0 or job.bias != NULL or job.staged:
        return False
    for k in range(job.inputs, job.operands):
        if (<size_t>job.at[k] ^ <size_t>job.at[job.inputs]) % 64 or not fa_streams(
                job.at[k], bytes_, job.fresh):
            return False
        for j in range(job.inputs):
            if job.steps[j] and job.at[j] == job.at[k]:
                return False
    return True


cdef void run_part(const Job *job, size_t begin, size_t n, bint past_the_cache) noexcept nogil:
    cdef char *at[FA_MAX_OPERANDS]
    cdef int k
    cdef fa_fp fp = fa_fp_enter()
    if job.half >= 0:
        run_halves(job, begin, n)
    elif job.bias != NULL:
        run_bias(job, begin, n)
    elif job.staged:
        run_staged(job, begin, n)
    else:
        for k in range(job.operands):
            at[k] = job.at[k] + begin * job.itemsize * job.steps[k]
        if past_the_cache:
            chosen.elementwise.stream(
                job.loop, job.inputs, job.operands - job.inputs, job.itemsize, n, at, job.steps)
        else:
            job.loop(n, at, job.steps)
    fa_fp_leave(fp)


cdef void run_back(const Job *job) noexcept nogil:
    """By one thread, from the last piece to the first."""
    cdef size_t begin, end = job.n, piece = PIECE // job.itemsize
    while end:
        begin = (end - 1) // piece * piece
        run_part(job, begin, end - begin, False)
        end = begin


cdef void run(const Job *job, double picoseconds) noexcept nogil:
    """The whole job, by as many threads as its cost is worth."""
    cdef size_t unit = PAGE // job.itemsize, part, parts, bytes_ = 0
    cdef cnp.npy_intp b
    cdef bint past_the_cache = streams(job)
    cdef int k, team
    for k in range(job.operands):
        bytes_ += job.n * job.itemsize * job.steps[k]
    team = fa_enter_team(picoseconds, <double>bytes_)
    if team == 1 or job.n == 0:
        if FA_CACHED_BYTES <= bytes_ < BACK * FA_CACHED_BYTES and not past_the_cache and fa_turns_back():
            run_back(job)
        else:
            run_part(job, 0, job.n, past_the_cache)
    elif bytes_ < team * <size_t>FA_CACHED_BYTES:
        # each thread the part that it had the last time: it may still be in its cache
        part = (job.n + team * unit - 1) // (team * unit) * unit
        parts = (job.n + part - 1) // part
        for b in prange(<cnp.npy_intp>parts, num_threads=team, schedule='static'):
            run_part(job, <size_t>b * part, min(part, job.n - <size_t>b * part), past_the_cache)
    else:
        # in turn, as one core is held up more than another: 5 to 9 % faster at 1 and 16 Mi elements
        part = (job.n + PIECES * team * unit - 1) // (PIECES * team * unit) * unit
        parts = (job.n + part - 1) // part
        for b in prange(<cnp.npy_intp>parts, num_threads=team, schedule='dynamic'):
            run_part(job, <size_t>b * part, min(part, job.n - <size_t>b * part), past_the_cache)
    fa_leave_team(team)

# float16 and bfloat16: what is known of a function, and the ways to its results (docs/adr/0010-halves.md).

# Halves that are worked on at a time, as float32 (4 KiB of each operand); those that wait to be decided.
DEF HALVES = 1024
DEF BATCH = 64
# The same where they become float32 in registers only.
DEF KNOWN_HALVES = 4096


# What is known of a function of halves, with these numbers as parameters: how its results for all 65,536 of them are
# had in the least time.
cdef struct Known:
    int state
    size_t seen                # elements that went the slow way
    float parameters[FA_MAX_PARAMETERS]
    int way
    fa_pieces pieces
    float used[FA_MAX_PARAMETERS]   # parameters for the loop in registers
    void *table

# The states, in turn: nobody's; parameters are being written; not enough seen; being computed; known, or not to be.
DEF FREE = 0
DEF CLAIMED = 1
DEF WAITING = 2
DEF LEARNING = 3
DEF KNOWN = 4
DEF HOPELESS = 5
# The ways: the results are pieces; the loop in registers is right for all; a table (for FA_BACKWARD, of slopes).
DEF IN_PIECES = 0
DEF IN_REGISTERS = 1
DEF IN_TABLE = 2
# Elements that are worth computing all results, and choices of parameters that are remembered, the first ones met.
DEF WORTH_KNOWING = 32768
DEF CHOICES = 4
cdef Known known[FA_ACTIVATIONS][FA_BOTH][FA_HALVES][CHOICES]


cdef extern from *:
    """
    /* What a thread has written before it sets the state, one that sees it may read. */
    #define state_of(t) __atomic_load_n(&(t)->state, __ATOMIC_ACQUIRE)
    #define set_state(t, to) __atomic_store_n(&(t)->state, to, __ATOMIC_RELEASE)
    static inline int change_state(int *state, int from, int to)
    {
        return __atomic_compare_exchange_n(state, &from, to, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    }
    #define add_seen(t, n) __atomic_add_fetch(&(t)->seen, n, __ATOMIC_RELAXED)
    """
    int state_of(const Known *) noexcept nogil
    void set_state(Known *, int) noexcept nogil
    bint change_state(int *, int, int) noexcept nogil
    size_t add_seen(Known *, size_t) noexcept nogil


cdef struct Undecided:
    # Results so near the middle of two halves that float32 does not tell which is the nearer: their operands.
    size_t n
    double operands[FA_MAX_OPERANDS][BATCH]
    uint16_t halves[2][BATCH]   # of gradients, the first two
    int output[BATCH]
    char *to[BATCH]


cdef inline float to_odd(double a) noexcept nogil:
    """As float32 where that is exact, else the odd one of the two numbers around it: rounded to a half, it gives what
    rounding a itself gives."""
    cdef float b = <float>a
    cdef uint32_t bits
    memcpy(&bits, &b, sizeof(bits))
    if b != a and not isnan(a) and not bits & 1:
        bits += 1 if fabs(b) < fabs(a) else -1
        memcpy(&b, &bits, sizeof(bits))
    return b


cdef inline bint is_middle(double a) noexcept nogil:
    """Whether a is in the middle of two subnormals of bfloat16."""
    return fabs(a) < 2.0 ** -126 and fabs(fmod(a, 2.0 ** -133)) == 2.0 ** -134


cdef inline double to_middle(int half, double a) noexcept nogil:
    """A product beside the middle of two halves by no more than the error of its slope is that middle: rational slopes
    (hard_silu's) have such products, and others come that near with a probability of 2^-39."""
    cdef int64_t bits, unit = <int64_t>1 << (41 if half == FA_F16 else 44), away
    memcpy(&bits, &a, sizeof(bits))
    away = (bits & (2 * unit - 1)) - unit
    if -4 <= away <= 4:
        bits -= away
        memcpy(&a, &bits, sizeof(bits))
    return a


cdef void decide(const Job *job, Undecided *u) noexcept nogil:
    """Computes in float64 and rounds once."""
    cdef char *at[FA_MAX_OPERANDS]
    cdef double results[BATCH]
    cdef double larger
    cdef float odd[BATCH]
    cdef uint16_t rounded[BATCH]
    cdef size_t i
    cdef bint middle = False
    cdef int k
    for k in range(job.operands):
        at[k] = <char *>u.operands[k]
    job.wide(u.n, at, job.steps)
    for i in range(u.n):
        results[i] = u.operands[job.inputs + u.output[i]][i]
        middle |= job.half == FA_BF16 and is_middle(results[i])
    if middle and job.first_parameter == 1:
        # x/2 + x^2/4 of silu, say, is x/2 in float64 where x is as small as that: the square shows where x is larger.
        # A square alone grows by more; its middles are ties that go to the smaller number, as the exact ones do.
        for i in range(u.n):
            u.operands[0][i] *= 2.0 ** 100
        job.wide(u.n, at, job.steps)
        for i in range(u.n):
            larger = u.operands[job.inputs + u.output[i]][i] * 2.0 ** -100
            if is_middle(results[i]) and larger != results[i] and fabs(larger / results[i] - 1) < 2.0 ** -20:
                results[i] *= 1 + 2.0 ** -40 if fabs(larger) > fabs(results[i]) else 1 - 2.0 ** -40
    for i in range(u.n):
        if job.kind == FA_BACKWARD:
            results[i] = to_middle(job.half, results[i])
        odd[i] = to_odd(results[i])
    chosen.elementwise.narrow[job.half](u.n, odd, NULL, 0, rounded, NULL)
    for i in range(u.n):
        (<uint16_t *>u.to[i])[0] = rounded[i]
    u.n = 0


cdef void decide_products(const Job *job, Undecided *u) noexcept nogil:
    cdef float wide[BATCH]
    cdef size_t i
    cdef int k
    for k in range(2 - job.sums):
        chosen.elementwise.widen[job.half](u.n, u.halves[k], wide)
        for i in range(u.n):
            u.operands[k][i] = wide[i]
    decide(job, u)


cdef void add_bias(const Job *job, size_t begin, size_t n, float *x, float *bias) noexcept nogil:
    """x + bias of n elements; `bias` is for the piece of it as float32, and holds it already where it is a number."""
    cdef char *at[3]
    cdef unsigned char ones[3]
    cdef size_t i = 0, column, piece
    while job.width and i < n:
        column = (begin + i) % job.width
        piece = min(n - i, job.width - column)
        chosen.elementwise.widen[job.half](piece, <const uint16_t *>job.bias + column, bias + i)
        i += piece
    at[0] = at[2] = <char *>x
    at[1] = <char *>bias
    ones[0] = ones[1] = ones[2] = 1
    job.add(n, at, ones)


cdef inline bint is_nan(int half, uint16_t x) noexcept nogil:
    return (x & 0x7fff) > (0x7c00 if half == FA_F16 else 0x7f80)


cdef inline uint16_t ordered(int position) noexcept nogil:
    """The half at this position in the order of their numbers, from 0 on, the negative ones behind."""
    return <uint16_t>(position ^ (0x7fff if position & 0x8000 else 0))


# What all results of a piece may be: x or the gradient itself; a constant; a zero (or number) with the sign of x.
DEF ITSELF = 1
DEF CONSTANT = 2
DEF SIGNED = 4


cdef int piece_end(int half, const unsigned char *choices, const uint16_t *y, int begin, int end,
                   int *choice) noexcept nogil:
    """The end of the longest piece from a position on, and what it is; the begin itself if it is none."""
    cdef uint16_t x, first = y[ordered(begin & 0xffff)]
    cdef int position, more
    choice[0] = ITSELF | CONSTANT | SIGNED
    for position in range(begin, end):
        x = ordered(position & 0xffff)
        more = choice[0] & choices[x]
        if y[x] != first and not (is_nan(half, y[x]) and is_nan(half, first)):
            more &= ~CONSTANT
            if (y[x] ^ first) & 0x7fff:
                more &= ~SIGNED
        if not more:
            return position
        choice[0] = more
    return end


cdef bint find_pieces(int half, const unsigned char *choices, const uint16_t *y, fa_pieces *p) noexcept nogil:
    """Whether results with these choices are a few pieces.  The first begins where another one ends."""
    cdef uint16_t first
    cdef int begin, end, next_, choice, k
    begin = piece_end(half, choices, y, 0x8000, 0x18000, &choice) & 0xffff
    end = begin + 0x10000
    next_ = begin
    p.count = 0
    p.shift = <uint16_t>(0x8000 - begin)
    while next_ < end:
        k = p.count
        if k == FA_PIECES:
            return False
        p.count += 1
        first = y[ordered(next_ & 0xffff)]
        p.last[k] = <uint16_t>(next_ - begin - 0x8001)
        next_ = piece_end(half, choices, y, next_, end, &choice)
        p.keep[k] = p.set[k] = 0
        if choice & ITSELF:
            p.keep[k] = 0xffff
        elif choice & CONSTANT:
            p.set[k] = first
        else:
            p.keep[k], p.set[k] = 0x8000, first & 0x7fff
    for k in range(p.count, FA_PIECES):     # loops have two pieces or more
        p.last[k], p.keep[k], p.set[k] = 0x7fff, p.keep[k - 1], p.set[k - 1]
    return True


# The largest float32.
DEF LARGEST = (2 - 2.0 ** -23) * 2.0 ** 127
# First parameters next to the one given that are tried, in units of its last place: of 0.01f some products come to lie
# in the middle of two halves by their rounding to float32.
DEF AROUND = 3


cdef struct Scratch:
    uint16_t x[65536]
    uint16_t same[65536]
    uint16_t got[65536]
    uint16_t right[65536]
    float wide[65536]
    unsigned char choices[65536]


cdef inline bint same_half(int half, uint16_t a, uint16_t b) noexcept nogil:
    return a == b or is_nan(half, a) and is_nan(half, b)


cdef bint same_halves(int half, const uint16_t *a, const uint16_t *b) noexcept nogil:
    cdef int i
    for i in range(65536):
        if not same_half(half, a[i], b[i]):
            return False
    return True


cdef void slopes_in_float64(const Job *job, size_t n, const float *x, double *slopes) noexcept nogil:
    """Of at most HALVES."""
    cdef double operands[FA_MAX_OPERANDS][HALVES]
    cdef char *at[FA_MAX_OPERANDS]
    cdef size_t i
    cdef int k
    for k in range(job.inputs):
        at[k] = <char *>operands[k]
    at[job.inputs] = <char *>slopes
    for k in range(1, job.inputs):
        operands[k][0] = (<const float *>job.at[k])[0]
    for i in range(n):
        operands[0][i] = x[i]
    chosen.elementwise.loops[job.activation][FA_F64][FA_DERIVATIVE](n, at, job.steps)


cdef void all_slopes(const Job *job, const float *wide, float *slopes) noexcept nogil:
    """Odd ones where they are not exact; and so never 0 or infinite where the exact ones are only too small or large.
    What is dead is where the float32 loop, which is the slow way, has it."""
    cdef double exact[HALVES]
    cdef char *at[FA_MAX_OPERANDS]
    cdef bint dead = chosen.elementwise.way[job.activation] == FA_DEAD
    cdef int done, i, k
    for k in range(1, job.inputs):
        at[k] = job.at[k]
    at[0], at[job.inputs] = <char *>wide, <char *>slopes
    chosen.elementwise.loops[job.activation][FA_F32][FA_DERIVATIVE](65536, at, job.steps)
    for done in range(0, 65536, HALVES):
        slopes_in_float64(job, HALVES, wide + done, exact)
        for i in range(HALVES):
            if not (dead and slopes[done + i] == 0):
                slopes[done + i] = to_odd(exact[i])


cdef bint make_table(const Job *job, float *slopes) noexcept nogil:
    """Slopes as the loop wants them; whether it finds the lost ones."""
    cdef uint32_t lost = FA_LOST
    cdef uint16_t x, y, near, grad = 0x7f80     # infinite
    cdef int i, way = chosen.elementwise.way[job.activation]
    for i in range(65536):
        if job.half == FA_F16:
            if slopes[i] == 1:      # a gradient itself has zeros at its end; this much is rounded away
                slopes[i] = 1 + 2.0 ** -19
        elif fabs(slopes[i]) >= LARGEST or fabs(slopes[i]) < 2.0 ** -126 and not (way == FA_DEAD and slopes[i] == 0):
            # a number all the same with a small or a large gradient
            memcpy(&slopes[i], &lost, sizeof(lost))
            x = <uint16_t>i
            if chosen.elementwise.gradient[way](job.half, 1, &grad, &x, slopes, &y, &near) != 1:
                return False
    return True


cdef int only_slope(const float *slopes) noexcept nogil:
    """A half with the slope that is the only one besides 0, 1 and NaN; or -1."""
    cdef int i, found = -1
    for i in range(65536):
        if slopes[i] != 0 and slopes[i] != 1 and not isnan(slopes[i]):
            if found >= 0 and slopes[i] != slopes[found]:
                return -1
            found = i
    return found


cdef void choices_of(const Job *job, int kind, const float *slopes, const uint16_t *y, Scratch *s) noexcept nogil:
    """What each of the results y may be, or of FA_BACKWARD each slope."""
    cdef bint dead = chosen.elementwise.way[job.activation] == FA_DEAD
    cdef int i
    for i in range(65536):
        if kind == FA_BACKWARD:
            s.choices[i] = ITSELF if slopes[i] == 1 else CONSTANT if isnan(slopes[i]) or dead and slopes[i] == 0 else 0
        else:
            s.choices[i] = CONSTANT
            if same_half(job.half, s.x[i], y[i]):
                s.choices[i] |= ITSELF
            if not is_nan(job.half, y[i]) and (y[i] ^ s.x[i]) < 0x8000:
                s.choices[i] |= SIGNED


cdef inline void in_registers(const Job *job, int kind, const float *parameters, const uint16_t *grad,
                              const uint16_t *x, size_t n, uint16_t *y) noexcept nogil:
    cdef char *at[FA_MAX_OPERANDS]
    cdef int k, first = 2 if kind == FA_BACKWARD else 1, count = job.inputs - job.first_parameter
    at[0], at[first - 1] = <char *>grad, <char *>x
    for k in range(count):
        at[first + k] = <char *>&parameters[k]
    at[first + count] = <char *>y
    chosen.elementwise.halves[job.activation][kind](job.half, n, at)


cdef bint learn_registers(const Job *job, int kind, const float *slopes, const uint16_t *y, Scratch *s,
                          Known *t) noexcept nogil:
    """Whether the loop in registers is right for all x, or in FA_BACKWARD for all x with the gradient 1.  What may go
    wrong there besides is rounding where all slopes but 0 and 1 are one number: seen with each gradient.  (Slopes of
    many numbers are exact, and so are the products.)"""
    cdef int change, i, where = only_slope(slopes) if kind == FA_BACKWARD else -1
    cdef double slope
    cdef uint32_t bits
    if chosen.elementwise.halves[job.activation][kind] == NULL:
        return False
    if where >= 0:
        slopes_in_float64(job, 1, &s.wide[where], &slope)
        for i in range(65536):
            s.wide[i] = to_odd(s.wide[i] * slope)
        chosen.elementwise.narrow[job.half](65536, s.wide, NULL, 0, s.right, NULL)
    memcpy(t.used, t.parameters, sizeof(t.used))
    for change in range(2 * AROUND + 1 if job.inputs > 1 else 1):
        memcpy(&bits, t.parameters, sizeof(bits))
        bits += (change + 1) // 2 if change & 1 else -(change // 2)
        memcpy(t.used, &bits, sizeof(bits))
        for i in range(65536):
            s.same[i] = 0x3c00 if job.half == FA_F16 else 0x3f80    # 1
        in_registers(job, kind, t.used, s.same, s.x, 65536, s.got)
        if not same_halves(job.half, s.got, y):
            continue
        for i in range(65536):
            s.same[i] = <uint16_t>where
        if where >= 0:
            in_registers(job, kind, t.used, s.x, s.same, 65536, s.got)
        if where < 0 or same_halves(job.half, s.got, s.right):
            return True
    return False


cdef bint learn(const Job *job, int kind, Known *t) noexcept nogil:
    """Computes the results for all halves, the slow way, and finds the quick one."""
    cdef int of = FA_DERIVATIVE if kind == FA_BACKWARD else kind, i, k, count = job.inputs - job.first_parameter
    cdef float *slopes = <float *>malloc(65536 * sizeof(float))
    cdef uint16_t *y = <uint16_t *>malloc(65537 * sizeof(uint16_t))     # a look-up reads two bytes more
    cdef Scratch *s = <Scratch *>malloc(sizeof(Scratch))
    cdef Job all = job[0]
    cdef bint pieces
    t.way = IN_TABLE
    t.table = NULL
    all.kind = of
    all.loop = chosen.elementwise.loops[job.activation][FA_F32][of]
    all.wide = chosen.elementwise.loops[job.activation][FA_F64][of]
    all.sums = False
    all.first_parameter = 1
    all.inputs = 1 + count
    all.operands = 2 + count
    all.n = 65536
    all.stride[0] = all.stride[all.inputs] = sizeof(uint16_t)
    all.steps[0] = all.steps[all.inputs] = 1
    for k in range(count):
        all.at[1 + k] = job.at[job.first_parameter + k]
        all.steps[1 + k] = 0
        all.stride[1 + k] = 0
    if slopes != NULL and y != NULL and s != NULL:
        for i in range(65536):
            s.x[i] = <uint16_t>i
        if kind == FA_BACKWARD:
            chosen.elementwise.widen[job.half](65536, s.x, s.wide)
            all_slopes(&all, s.wide, slopes)
            chosen.elementwise.narrow[job.half](65536, slopes, NULL, 0, y, NULL)
        else:
            all.at[0], all.at[all.inputs] = <char *>s.x, <char *>y
            run_widened(&all, 0, 65536)
            y[65536] = 0
        choices_of(&all, kind, slopes, y, s)
        pieces = find_pieces(job.half, s.choices, y, &t.pieces)
        if pieces and (t.pieces.count < FA_PIECES or kind != FA_VALUE):
            t.way = IN_PIECES
        elif learn_registers(&all, kind, slopes, y, s, t):
            t.way = IN_REGISTERS
        elif pieces:
            t.way = IN_PIECES
        elif kind != FA_BACKWARD:
            t.table = <void *>y
        elif make_table(&all, slopes):
            t.table = <void *>slopes
    if t.table != slopes:
        free(slopes)
    if t.table != y:
        free(y)
    free(s)
    return t.way != IN_TABLE or t.table != NULL


cdef Known *known_of(const Job *job, int kind, size_t n) noexcept nogil:
    """What is known of the function with these parameters, found out now if there was enough of it; or NULL."""
    cdef Known *t
    cdef float parameters[FA_MAX_PARAMETERS]
    cdef int k, s, state, count = job.inputs - job.first_parameter
    for k in range(count):
        parameters[k] = (<const float *>job.at[job.first_parameter + k])[0]
    for s in range(CHOICES):
        t = &known[job.activation][kind][job.half][s]
        if state_of(t) == FREE and change_state(&t.state, FREE, CLAIMED):
            memcpy(t.parameters, parameters, count * sizeof(float))
            set_state(t, WAITING)
        state = state_of(t)
        if state < WAITING or memcmp(t.parameters, parameters, count * sizeof(float)) != 0:
            continue
        if state == WAITING and add_seen(t, n) >= WORTH_KNOWING and change_state(&t.state, WAITING, LEARNING):
            state = KNOWN if learn(job, kind, t) else HOPELESS
            set_state(t, state)
        return t if state == KNOWN else NULL
    return NULL


cdef void run_known(const Job *job, int kind, const Known *t, const uint16_t *x, size_t n, uint16_t *y) noexcept nogil:
    """Values or derivatives; y may be x."""
    if t.way == IN_PIECES:
        chosen.elementwise.choose(n, x, x, &t.pieces, y)
    elif t.way == IN_TABLE:
        chosen.elementwise.look_up(n, x, <const uint16_t *>t.table, y)
    else:
        in_registers(job, kind, t.used, NULL, x, n, y)


cdef inline const uint16_t *brought(const Job *job, int k, size_t start, size_t n, uint16_t *buffer) noexcept nogil:
    """n halves of operand k where they are, or else in the buffer."""
    cdef const char *here = job.at[k] + <cnp.npy_intp>start * job.stride[k]
    if job.stride[k] == sizeof(uint16_t):
        return <const uint16_t *>here
    gather(<char *>buffer, here, job.stride[k], n, sizeof(uint16_t))
    return buffer


cdef void run_all_known(const Job *job, const Known *value, const Known *slope, size_t begin, size_t n) noexcept nogil:
    """Values, derivatives or both; an output may be x."""
    cdef uint16_t buffer[KNOWN_HALVES]
    cdef uint16_t result[2][KNOWN_HALVES]
    cdef const uint16_t *x
    cdef size_t done = 0, block, start
    cdef int k, outputs = job.operands - job.inputs
    if outputs == 1 and job.stride[0] == job.stride[job.inputs] == sizeof(uint16_t):
        run_known(job, job.kind, slope if value == NULL else value, <const uint16_t *>job.at[0] + begin, n,
                  <uint16_t *>job.at[job.inputs] + begin)
        return
    while done < n:
        block = min(n - done, <size_t>KNOWN_HALVES)
        start = begin + done
        x = brought(job, 0, start, block, buffer)
        if value != NULL:
            run_known(job, FA_VALUE, value, x, block, result[0])
        if slope != NULL:
            run_known(job, FA_DERIVATIVE, slope, x, block, result[outputs - 1])
        for k in range(outputs):
            scatter(job.at[job.inputs + k] + <cnp.npy_intp>start * job.stride[job.inputs + k],
                    job.stride[job.inputs + k], <char *>result[k], block, sizeof(uint16_t))
        done += block


cdef void run_gradient(const Job *job, const Known *t, size_t begin, size_t n) noexcept nogil:
    """Slopes in float32, from where they are had, times the gradient, rounded; float64 decides where float32 cannot."""
    cdef uint16_t buffers[3][HALVES]
    cdef uint16_t near[HALVES]
    cdef float wide[FA_MAX_OPERANDS][HALVES]
    cdef unsigned char steps[FA_MAX_OPERANDS]
    cdef char *at[FA_MAX_OPERANDS]    # grad, x, parameters, result
    cdef char *to
    cdef const uint16_t *grad
    cdef const uint16_t *x = NULL
    cdef uint16_t *result
    cdef int way = chosen.elementwise.way[job.activation], out = job.inputs, k
    cdef bint apart = job.stride[out] != sizeof(uint16_t)
    cdef size_t done = 0, block, start, found, j
    cdef Undecided undecided
    undecided.n = 0
    memcpy(steps, &job.steps[1], FA_MAX_OPERANDS - 1)
    steps[0] = steps[out - 1] = 1
    while done < n:
        block = min(n - done, <size_t>HALVES)
        start = begin + done
        grad = brought(job, 0, start, block, buffers[0])
        for k in range(1, out):
            if k == 1 and not job.sums:
                x = brought(job, 1, start, block, buffers[1])
                continue
            at[k] = job.at[k] + <cnp.npy_intp>start * job.stride[k]
            if job.steps[k] and job.stride[k] != sizeof(float):
                gather(<char *>wide[k], at[k], job.stride[k], block, sizeof(float))
                at[k] = <char *>wide[k]
        to = job.at[out] + <cnp.npy_intp>start * job.stride[out]
        result = <uint16_t *>to
        if apart:
            result = buffers[2]
        found = 0
        if t != NULL and t.way == IN_PIECES:
            chosen.elementwise.choose(block, x, grad, &t.pieces, result)
        elif t != NULL and t.way == IN_REGISTERS:
            in_registers(job, FA_BACKWARD, t.used, grad, x, block, result)
        else:
            # what is not decided at once needs its operands, which the result may replace
            if to == <char *>grad:
                grad = <const uint16_t *>memcpy(buffers[0], grad, block * sizeof(uint16_t))
            if to == <char *>x:
                x = <const uint16_t *>memcpy(buffers[1], x, block * sizeof(uint16_t))
            if t != NULL:
                found = chosen.elementwise.gradient[way](job.half, block, grad, x, <float *>t.table, result, near)
            else:
                at[out] = <char *>wide[0]
                if not job.sums:
                    at[1] = <char *>wide[1]
                    chosen.elementwise.widen[job.half](block, x, wide[1])
                chosen.elementwise.loops[job.activation][FA_F32][FA_DERIVATIVE](block, &at[1], steps)
                found = chosen.elementwise.narrow[job.half](block, wide[0], grad, way, result, near)
        if apart:
            scatter(to, job.stride[out], <char *>result, block, sizeof(uint16_t))
        for j in range(found):
            undecided.halves[0][undecided.n] = grad[near[j]]
            if not job.sums:
                undecided.halves[1][undecided.n] = x[near[j]]
            for k in range(2 - job.sums, out):
                undecided.operands[k][undecided.n] = (<const float *>at[k])[near[j] * job.steps[k]]
            undecided.output[undecided.n] = 0
            undecided.to[undecided.n] = to + <cnp.npy_intp>near[j] * job.stride[out]
            undecided.n += 1
            if undecided.n == BATCH:
                decide_products(job, &undecided)
        done += block
    if undecided.n:
        decide_products(job, &undecided)


cdef void run_halves(const Job *job, size_t begin, size_t n) noexcept nogil:
    cdef const Known *value = NULL
    cdef const Known *slope = NULL
    cdef bint numbers = job.bias == NULL and not job.sums
    cdef int k
    for k in range(job.first_parameter, job.inputs):
        numbers = numbers and not job.steps[k]
    if job.kind == FA_BACKWARD:
        if numbers:
            slope = known_of(job, FA_BACKWARD, n)
        run_gradient(job, slope, begin, n)
        return
    if numbers and job.kind != FA_DERIVATIVE:
        value = known_of(job, FA_VALUE, n)
    if numbers and job.kind != FA_VALUE:
        slope = known_of(job, FA_DERIVATIVE, n)
    if (value != NULL or job.kind == FA_DERIVATIVE) and (slope != NULL or job.kind == FA_VALUE):
        run_all_known(job, value, slope, begin, n)
    else:
        run_widened(job, begin, n)


cdef void run_widened(const Job *job, size_t begin, size_t n) noexcept nogil:
    """Blocks of halves become float32, go through its loop, and are rounded; float64 decides where float32 cannot."""
    cdef float buffers[FA_MAX_OPERANDS][HALVES]
    cdef uint16_t packed[HALVES]
    cdef uint16_t near[HALVES]
    cdef Undecided undecided
    cdef char *at[FA_MAX_OPERANDS]
    cdef char *here
    cdef uint16_t *to
    cdef size_t done = 0, block, i, j, found
    cdef cnp.npy_intp start
    cdef bint apart
    cdef int k, m, first_wide = job.first_parameter - job.sums
    undecided.n = 0
    if job.bias != NULL and job.width == 0:
        for i in range(min(n, <size_t>HALVES)):
            buffers[job.operands][i] = (<const float *>job.bias)[0]
    while done < n:
        block = min(n - done, <size_t>HALVES)
        start = <cnp.npy_intp>(begin + done)
        for k in range(job.operands):
            at[k] = <char *>buffers[k]
            here = job.at[k] + start * job.stride[k]
            if first_wide <= k < job.inputs:
                if not job.steps[k] or job.stride[k] == sizeof(float):
                    at[k] = here
                else:
                    gather(at[k], here, job.stride[k], block, sizeof(float))
            elif k < job.inputs:
                chosen.elementwise.widen[job.half](
                    block, brought(job, k, <size_t>start, block, packed), buffers[k])
        if job.bias != NULL:
            add_bias(job, <size_t>start, block, buffers[0], buffers[job.operands])
        job.loop(block, at, job.steps)
        for k in range(job.inputs, job.operands):
            here = job.at[k] + start * job.stride[k]
            apart = job.stride[k] != sizeof(uint16_t)
            to = <uint16_t *>here
            if apart:
                to = packed
            found = chosen.elementwise.narrow[job.half](block, buffers[k], NULL, 0, to, near)
            if apart:
                scatter(here, job.stride[k], <char *>packed, block, sizeof(uint16_t))
            for j in range(found):
                i = near[j]
                for m in range(job.inputs):
                    undecided.operands[m][undecided.n] = (<const float *>at[m])[i * job.steps[m]]
                undecided.output[undecided.n] = k - job.inputs
                undecided.to[undecided.n] = here + <cnp.npy_intp>i * job.stride[k]
                undecided.n += 1
                if undecided.n == BATCH:
                    decide(job, &undecided)
        done += block
    if undecided.n:
        decide(job, &undecided)

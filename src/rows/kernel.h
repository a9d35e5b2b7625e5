/* The row kernels for the float type REAL (f32 or f64); rows.c includes this once for each.
 *
 * e^(x - m), m the maximum of the row, is formed without rounding x - m: with m = n_m ln2 + r_m and
 * x = (n' + n_m) ln2 + ..., n' the multiple of 1/8 nearest to (x - m)/ln2,
 *     e^(x-m) = 2^n' T[j] (1 + p(r)),  r = (x - (n' + n_m) L1) - r_m - n' L2,  j the low bits of 8 n',
 * where L1 is short, so that x - n L1 and r_m are exact.  Where |m| is so large that every x with e^(x-m) > 0 lies
 * within a factor of two of it, x - m is exact and taken first (MIXED).  With a temperature x - m goes in two words
 * and is multiplied by 1/temperature in two words (SCALED).
 *
 * The sum leaves the maximum out: s = sum of the others, counted with its ties, so that log(1 + s) is accurate
 * and 1 + s is formed in float64.  Its order is fixed: virtual vectors of LANES numbers, four at a time as
 * (v0 + v1) + (v2 + v3) in the float type, those in float64 lane by lane, the lanes in a pairwise tree; blocks of
 * FA_ROW_BLOCK with their own maximum are joined in index order with a compensated sum.
 *
 * The softmax of up to FA_ROW_BLOCK numbers is in softmax.h; beyond, the powers are formed twice.
 *
 * Greatest errors found (random rows of 1 to 20000 numbers, eight kinds of data, against long double), ulp: float32
 * softmax 2.1, log_softmax 1.8; float64 softmax 4.2, log_softmax 3.  Forming the powers twice, with 1/(1+s) in two
 * words inside, gives 1.4 but takes half as long again. */

enum { M(LANES) = M(ROW_LANES), M(REGS) = M(LANES) / M(W) };
/* virtual vectors worked on at once */
enum { M(JOIN) = (int)UNROLL > (int)M(REGS) ? (int)UNROLL / (int)M(REGS) : 1 };
enum { M(GROUP) = 16 * M(LANES), M(GROUPS) = FA_ROW_BLOCK / M(GROUP) };
enum { M(TILE) = UNROLL * M(W) };

/* A maximum for which the sum is not formed. */
#define UNUSUAL(m) (!(ABS(m) <= LARGEST))

/* What a row's elements are reduced with: one number in every lane (rows) or one per lane (columns). */
typedef struct { PACK m, shift, zn, nm, rm, live; } M(base);
typedef struct { PACK t, p, z, n, v; } M(term);
typedef struct { S hi, lo; } M(inverse);

/* Registers of `count` elements, all but the last full; what is missing reads as `rest`. */
PACK_FN PACK M(get)(const int U, const S *at, size_t count, S rest)
{
    PACK x;
    for (int k = 0; k < U; k++) {
        const size_t begin = (size_t)k * M(W);
        if (count >= begin + M(W))
            x.r[k] = M(load)(at + begin);
        else
            x.r[k] = count > begin ? M(load_part_or)(at + begin, count - begin, rest) : M(splat)(rest);
    }
    for (int k = U; k < 4; k++)
        x.r[k] = x.r[0];
    return x;
}
PACK_FN void M(put)(const int U, S *at, size_t count, PACK x)
{
    for (int k = 0; k < U; k++) {
        const size_t begin = (size_t)k * M(W);
        if (count >= begin + M(W))
            M(store)(at + begin, x.r[k]);
        else if (count > begin)
            M(store_part)(at + begin, x.r[k], count - begin);
    }
}

enum { M(DIRECT), M(MIXED), M(SCALED) };

/* (x - m) / temperature in two words */
PACK_FN PACK M(scaled)(const int U, PACK x, PACK m, M(inverse) over, PACK *low)
{
    const PACK ih = C(over.hi), il = C(over.lo);
    const PACK d = sub(x, m), b = sub(d, x);
    const PACK dl = sub(sub(x, sub(d, b)), add(m, b));
    const PACK v = mul(d, ih);
    *low = fma(dl, ih, fma(d, il, fms(d, ih, v)));
    return v;
}

PACK_FN M(term) M(term_of)(const int U, const int MODE, const M(base) * b, M(inverse) over, PACK x)
{
    const PACK magic = C(MAGIC), lifted = C((S)MAGIC + LIFT_BITS);
    M(term) e;
    PACK r;
    if (MODE == M(SCALED)) {
        PACK low;
        e.v = M(scaled)(U, x, b->m, over, &low);
        e.z = fma(e.v, C(M(row_log)[0]), lifted);
        e.n = sub(e.z, magic);
        const PACK n = sub(e.z, lifted);
        r = fnma(n, C(M(row_log)[1]), e.v);
        r = add(fnma(n, C(M(row_log)[2]), r), low);
    } else {
        e.v = MODE == M(MIXED) ? sub(x, b->shift) : x;
        e.z = fma(e.v, C(M(row_log)[0]), b->zn);
        e.n = sub(e.z, magic);
        r = sub(fnma(add(e.n, b->nm), C(M(row_log)[1]), e.v), b->rm);
        r = fnma(e.n, C(M(row_log)[2]), r);
    }
    e.t = lookup8(M(row_table), bits(e.z));
    e.p = C(M(row_poly)[DEGREE]);
    for (int k = DEGREE - 1; k >= 0; k--)
        e.p = fma(e.p, r, C(M(row_poly)[k]));
    return e;
}
/* 2^LIFT_BITS e^(x-m), 0 where e^(x-m) rounds to 0 */
PACK_FN PACK M(power)(const int U, const int MODE, const M(base) * b, M(inverse) over, PACK x)
{
    const M(term) e = M(term_of)(U, MODE, b, over, x);
    const MASK live = not_lt(e.v, b->live);
    return KEPT_NORMAL(U, live, fma(e.t, e.p, e.t), e.z, e.n);
}
/* The same times hi + lo, rounded once */
PACK_FN PACK M(share)(const int U, const int MODE, const M(base) * b, M(inverse) over, PACK hi, PACK lo, PACK x)
{
    const M(term) e = M(term_of)(U, MODE, b, over, x);
    const MASK live = not_lt(e.v, b->live);
    const PACK y = fma(e.t, hi, fma(e.t, lo, mul(mul(e.t, e.p), hi)));
    return KEPT(U, live, y, e.z, e.n);
}

/* -- what is known of up to 16 rows --------------------------------------------------------------- */
typedef struct {
    S m[FA_ROW_BATCH], shift[FA_ROW_BATCH], zn[FA_ROW_BATCH], nm[FA_ROW_BATCH], rm[FA_ROW_BATCH], live[FA_ROW_BATCH];
    S hi[FA_ROW_BATCH], lo[FA_ROW_BATCH];
    double s[FA_ROW_BATCH];
} M(rows);

static inline __attribute__((always_inline)) void M(start)(M(rows) * k, int rows, int scaled)
{
    for (int r = 0; r < rows; r++) {
        const S m = k->m[r] + (S)0; /* -0 becomes 0 */
        const int far = scaled || !(ABS(m) < FAR);
        const S shift = far ? m : 0, v = far ? 0 : m;
        const S n = FMA(v, (S)M(row_log)[0], (S)MAGIC) - (S)MAGIC;
        k->m[r] = m;
        k->shift[r] = shift;
        k->nm[r] = n - LIFT_BITS;
        k->zn[r] = (S)MAGIC + LIFT_BITS - n;
        k->rm[r] = FMA(-n, (S)M(row_log)[1], v) - LIFT_BITS * (S)M(row_log)[2];
        k->live[r] = v - (S)LOWEST;
    }
}
/* 2^-LIFT_BITS/(1 + s) in two words, and from where on a share is not 0 */
static inline __attribute__((always_inline)) void M(divide)(M(rows) * k, int rows)
{
    for (int r = 0; r < rows; r++) {
        const double s = k->s[r], sum = 1.0 + s;
        const double c = 1.0 / sum;
        if (sizeof(S) == 4) {
            const S hi = (S)c;
            k->hi[r] = hi * DROP;
            k->lo[r] = (S)(c - (double)hi) * DROP;
        } else {
            const double b = sum - 1.0, rest = (1.0 - (sum - b)) + (s - b); /* TwoSum */
            k->hi[r] = (S)c * DROP;
            k->lo[r] = (S)(c * (__builtin_fma(-c, sum, 1.0) - c * rest)) * DROP;
        }
        const union {
            double d;
            uint64_t u;
        } u = {sum};
        k->live[r] += (S)(0.69 * (double)((int)(u.u >> 52) - 1023));
    }
}

/* -- rows along the last axis ----------------------------------------------------------------------- */
/* The maximum of each lane in every group. */
static inline S M(row_max)(const S *x, size_t n, S *top)
{
    enum { U = M(REGS) };
    PACK best = C(-INFINITY);
    for (size_t g = 0; g * M(GROUP) < n; g++) {
        const S *at = x + g * M(GROUP);
        const size_t count = n - g * M(GROUP) < M(GROUP) ? n - g * M(GROUP) : M(GROUP);
        PACK a[4] = {C(-INFINITY), C(-INFINITY), C(-INFINITY), C(-INFINITY)};
        size_t i = 0;
        for (; i + 4 * M(LANES) <= count; i += 4 * M(LANES))
            for (int h = 0; h < 4; h++)
                a[h] = at_least(a[h], M(get)(U, at + i + h * M(LANES), M(LANES), 0));
        for (; i < count; i += M(LANES))
            a[0] = at_least(a[0], M(get)(U, at + i, count - i, -INFINITY));
        a[0] = at_least(at_least(a[0], a[1]), at_least(a[2], a[3]));
        M(put)(U, top + g * M(LANES), M(LANES), a[0]);
        best = at_least(best, a[0]);
    }
    for (int k = 1; k < U; k++)
        best.r[0] = M(at_least)(best.r[0], best.r[k]);
    return M(max_lanes)(best.r[0]);
}

/* What is added up: e^(x-m); x * (grad - m), where m stands for grad[argmax x]; or x. */
enum { M(PRODUCT) = 10, M(PLAIN) };
PACK_FN PACK M(addend)(const int U, const int MODE, const M(base) * b, M(inverse) over, PACK x, PACK grad)
{
    if (MODE == M(PRODUCT))
        return mul(x, sub(grad, b->m));
    if (MODE == M(PLAIN))
        return x;
    return M(power)(U, MODE, b, over, x);
}

/* JOINED virtual vectors, of which `count` elements exist: their addends into e[0 ... JOINED-1]; with TIES the
 * maximum and its ties are left out and counted. */
PACK_FN void M(addends)(const int JOINED, const int MODE, const int TIES, const M(base) * b, M(inverse) over,
                        const S *x, const S *grad, size_t count, PACK *e, PACK *ties)
{
    const int U = JOINED * M(REGS);
    const PACK a = M(get)(U, x, count, MODE >= M(PRODUCT) ? 0 : -INFINITY);
    const PACK g = MODE == M(PRODUCT) ? M(get)(U, grad, count, 0) : a;
    PACK y = M(addend)(U, MODE, b, over, a, g);
    MASK tie;
    if (TIES) {
        tie = eq(a, b->m);
        y = select(tie, C(0), y);
    }
    for (int j = 0; j < JOINED; j++)
        for (int k = 0; k < M(REGS); k++) {
            e[j].r[k] = y.r[j * M(REGS) + k];
            if (TIES)
                ties->r[k] = M(count)(tie.r[j * M(REGS) + k], ties->r[k]);
        }
}

/* d += x, lane by lane in float64 */
PACK_FN void M(accumulate)(f64r *d, PACK x)
{
    for (int k = 0; k < M(REGS); k++)
        ACCUMULATE(d, k, x.r[k]);
}
/* A group's addends, four virtual vectors at a time, into the lanes d; the number of ties. */
PACK_FN double M(group_sum)(const int MODE, const int TIES, const M(base) * b, M(inverse) over, const S *x,
                            const S *grad, size_t count, f64r *d)
{
    enum { U = M(REGS), V = M(LANES) };
    PACK ties = C(0);
#define ADDENDS(JOINED, h, LEFT)                                                                        \
    M(addends)(JOINED, MODE, TIES, b, over, x + i + (h)*V, grad + i + (h)*V, LEFT, e + (h), &ties)
    for (size_t i = 0; i < count; i += 4 * V) {
        PACK e[4] = {C(0), C(0), C(0), C(0)};
        const size_t left = count - i;
        if (left >= 4 * V)
            for (int h = 0; h < 4; h += M(JOIN))
                ADDENDS(M(JOIN), h, (size_t)M(JOIN) * V);
        else if (M(JOIN) == 1)
            for (int h = 0; (size_t)h * V < left; h++)
                ADDENDS(1, h, left - (size_t)h * V);
        else if (left <= V)
            ADDENDS(1, 0, left);
        else if (left <= 2 * V)
            ADDENDS(2, 0, left);
        else if (left <= 3 * V)
            ADDENDS(3, 0, left);
        else
            ADDENDS(4, 0, left);
        M(accumulate)(d, add(add(e[0], e[1]), add(e[2], e[3])));
    }
#undef ADDENDS
    if (!TIES)
        return 0;
    for (int k = 1; k < U; k++)
        ties.r[0] = M(add)(ties.r[0], ties.r[k]);
    return (double)M(sum_lanes)(ties.r[0]);
}

static inline __attribute__((always_inline)) double M(row_sum_in)(const int MODE, const M(base) * b, M(inverse) over,
                                                                  const S *x, const S *grad, size_t n, const S *top)
{
    enum { U = M(REGS), V = M(LANES) };
    f64r d[V / W_f64];
    for (int k = 0; k < V / W_f64; k++)
        d[k] = splat_f64(0);
    double ties = -1;
    for (size_t from = 0; from < n; from += M(GROUP)) {
        const size_t count = n - from < M(GROUP) ? n - from : M(GROUP);
        if (MODE < M(PRODUCT) && (n <= M(GROUP) || any(eq(M(get)(U, top + from / 16, V, 0), b->m))))
            ties += M(group_sum)(MODE, 1, b, over, x + from, grad + from, count, d);
        else
            M(group_sum)(MODE, 0, b, over, x + from, grad + from, count, d);
    }
    for (int half = V / W_f64 / 2; half; half /= 2)
        for (int k = 0; k < half; k++)
            d[k] = add_f64(d[k], d[k + half]);
    const double sum = sum_lanes_f64(d[0]);
    return MODE < M(PRODUCT) ? sum * DROP + ties : sum;
}

static inline __attribute__((always_inline)) M(base) M(base_of)(const M(rows) * k, int r)
{
    return (M(base)){C(k->m[r]), C(k->shift[r]), C(k->zn[r]), C(k->nm[r]), C(k->rm[r]), C(k->live[r])};
}
static inline __attribute__((always_inline)) int M(mode_of)(const M(rows) * k, int r, int scaled)
{
    return UNUSUAL(k->m[r]) ? -1 : scaled ? M(SCALED) : k->shift[r] != 0 ? M(MIXED) : M(DIRECT);
}
/* The sums of those of `rows` rows that are of this mode. */
#define SUM(name, MODE)                                                                                 \
    static __attribute__((noinline)) void M(name)(M(rows) *k, int rows, M(inverse) over, const S *x,    \
                                                  size_t n, const S *top, size_t tops)                  \
    {                                                                                                   \
        for (int r = 0; r < rows; r++, x += n, top += tops)                                             \
            if (M(mode_of)(k, r, MODE == M(SCALED)) == MODE) {                                          \
                const M(base) b = M(base_of)(k, r);                                                     \
                k->s[r] = M(row_sum_in)(MODE, &b, over, x, x, n, top);                                  \
            }                                                                                           \
    }
SUM(row_sum_direct, M(DIRECT))
SUM(row_sum_shifted, M(MIXED))
SUM(row_sum_scaled, M(SCALED))
#undef SUM
/* The sum of x * (grad - at); of x. */
static __attribute__((noinline)) double M(row_sum_product)(S at, const S *x, const S *grad, size_t n)
{
    const M(base) b = {.m = C(at)};
    return M(row_sum_in)(M(PRODUCT), &b, (M(inverse)){0, 0}, x, grad, n, x);
}
static __attribute__((noinline)) double M(row_sum_plain)(const S *x, size_t n)
{
    const M(base) b = {.m = C(0)};
    return M(row_sum_in)(M(PLAIN), &b, (M(inverse)){0, 0}, x, x, n, x);
}

/* A block whose maximum is not finite: how many +inf more than one; -1 where all is -inf; NaN where one is. */
static double M(unusual)(const S *x, size_t n, size_t stride)
{
    double count = -1;
    for (size_t i = 0; i < n; i++) {
        const S a = x[i * stride];
        if (a != a)
            return NAN;
        count += a == INFINITY;
    }
    return count;
}
/* Maximum and sum of `rows` rows of n <= FA_ROW_BLOCK numbers. */
static void M(measure)(const S *x, size_t n, int rows, int scaled, M(inverse) over, M(rows) * k)
{
    typedef void run(M(rows) *, int, M(inverse), const S *, size_t, const S *, size_t);
    static run *const runs[3] = {M(row_sum_direct), M(row_sum_shifted), M(row_sum_scaled)};
    S top[(ROWS_AT_ONCE + M(GROUPS)) * M(LANES)];
    const size_t tops = (n + M(GROUP) - 1) / M(GROUP) * M(LANES);
    int modes[3] = {0, 0, 0};
    for (int r = 0; r < rows; r++)
        k->m[r] = M(row_max)(x + (size_t)r * n, n, top + (size_t)r * tops);
    M(start)(k, rows, scaled);
    for (int r = 0; r < rows; r++) {
        const int mode = M(mode_of)(k, r, scaled);
        if (mode < 0)
            k->s[r] = M(unusual)(x + (size_t)r * n, n, 1);
        else
            modes[mode] = 1;
    }
    for (int mode = 0; mode < 3; mode++)
        if (modes[mode])
            runs[mode](k, rows, over, x, n, top, tops);
}

/* -- results ----------------------------------------------------------------------------------------- */
enum { M(SHARE), M(LOGARITHM) };

/* (x - m)/temperature - (hi + lo) */
PACK_FN PACK M(log_share)(const int U, const int MODE, const M(base) * b, M(inverse) over, PACK hi, PACK lo, PACK x)
{
    PACK d, low;
    if (MODE == M(SCALED)) {
        d = M(scaled)(U, x, b->m, over, &low);
    } else {
        d = sub(x, b->m);
        const PACK e = sub(d, x);
        low = sub(sub(x, sub(d, e)), add(b->m, e));
    }
    /* low of an infinite d is NaN */
    const PACK rest = select(lt(d, C(-LARGEST)), hi, add(hi, sub(lo, low)));
    return sub(d, rest);
}

PACK_FN PACK M(result)(const int U, const int KIND, const int MODE, const M(base) * b, M(inverse) over, PACK hi,
                       PACK lo, PACK x)
{
    return KIND == M(LOGARITHM) ? M(log_share)(U, MODE, b, over, hi, lo, x) : M(share)(U, MODE, b, over, hi, lo, x);
}
static inline __attribute__((always_inline)) void M(row_finish_in)(const int KIND, const int MODE, const M(rows) * k,
                                                                   int r, M(inverse) over, const S *x, S *y, size_t n)
{
    const M(base) b = M(base_of)(k, r);
    const PACK hi = C(k->hi[r]), lo = C(k->lo[r]);
    size_t i = 0;
#define STEP(COUNT, LEFT)                                                                               \
    M(put)(COUNT, y + i, LEFT,                                                                          \
           M(result)(COUNT, KIND, MODE, &b, over, hi, lo, M(get)(COUNT, x + i, LEFT, -INFINITY)))
    for (; i + UNROLL * M(W) <= n; i += UNROLL * M(W))
        STEP(UNROLL, UNROLL * M(W));
    const size_t left = n - i;
    switch ((left + M(W) - 1) / M(W)) {
    case 1:
        STEP(1, left);
        break;
    case 2:
        STEP(2, left);
        break;
    case 3:
        STEP(3, left);
        break;
    case 4:
        STEP(4, left);
        break;
    }
#undef STEP
}
#define FINISH(name, KIND, MODE)                                                                        \
    static __attribute__((noinline)) void M(name)(const M(rows) *k, int r, M(inverse) over, const S *x, \
                                                  S *y, size_t n)                                       \
    {                                                                                                   \
        M(row_finish_in)(KIND, MODE, k, r, over, x, y, n);                                              \
    }
FINISH(share_direct, M(SHARE), M(DIRECT))
FINISH(share_shifted, M(SHARE), M(MIXED))
FINISH(share_scaled, M(SHARE), M(SCALED))
FINISH(log_direct, M(LOGARITHM), M(DIRECT))
FINISH(log_scaled, M(LOGARITHM), M(SCALED))
#undef FINISH

/* What a row with NaN, or without a finite maximum, gives; `place` is that of the first +inf. */
static size_t M(place)(const S *x, size_t n, size_t stride)
{
    size_t i = 0;
    while (i < n && x[i * stride] != INFINITY)
        i++;
    return i;
}
static void M(unusual_result)(const int kind, S m, double s, size_t place, S *y, size_t n, size_t stride)
{
    const int single = m == INFINITY && s == 0;
    for (size_t i = 0; i < n; i++) {
        S a = (S)NAN;
        if (single && kind == M(LOGARITHM))
            a = i == place ? 0 : -INFINITY;
        else if (single)
            a = i == place ? 1 : 0;
        y[i * stride] = a;
    }
}

/* m and s are known: the constants of the last pass. */
static void M(prepare)(const int kind, M(rows) * k, int rows)
{
    if (kind != M(LOGARITHM)) {
        M(divide)(k, rows);
        return;
    }
    for (int r = 0; r < rows; r++) {
        const double l = row_log1p(k->s[r]);
        k->hi[r] = (S)l;
        k->lo[r] = (S)(l - (double)(S)l);
    }
}
static void M(finish_row)(const int kind, const M(rows) * k, int r, int scaled, M(inverse) over, const S *x, S *y,
                          size_t n)
{
    if (UNUSUAL(k->m[r]) || k->s[r] != k->s[r]) {
        M(unusual_result)(kind, k->m[r], k->s[r], M(place)(x, n, 1), y, n, 1);
        return;
    }
    const int mode = scaled ? 2 : k->shift[r] != 0;
    typedef void run(const M(rows) *, int, M(inverse), const S *, S *, size_t);
    static run *const runs[2][3] = {{M(share_direct), M(share_shifted), M(share_scaled)},
                                    {M(log_direct), M(log_direct), M(log_scaled)}};
    runs[kind][mode](k, r, over, x, y, n);
}

/* -- columns: rows along another axis, or short rows transposed ------------------------------------------ */
/* `w` <= TILE columns; element i of column c is x[i*stride + c]. */
typedef double M(columns)[M(TILE)];

PACK_FN PACK M(column_addend)(const int U, const int MODE, const M(base) * b, M(inverse) over, const S *x,
                              const S *grad, size_t w, PACK *ties)
{
    const PACK a = M(get)(U, x, w, 0);
    const PACK y = M(addend)(U, MODE, b, over, a, MODE == M(PRODUCT) ? M(get)(U, grad, w, 0) : a);
    if (MODE >= M(PRODUCT))
        return y;
    const MASK tie = eq(a, b->m);
    for (int k = 0; k < U; k++)
        ties->r[k] = M(count)(tie.r[k], ties->r[k]);
    return select(tie, C(0), y);
}
static inline __attribute__((always_inline)) void M(column_sum_in)(const int MODE, const M(rows) * k, M(inverse) over,
                                                                   const S *x, const S *grad, size_t n, size_t stride,
                                                                   size_t w, double *s)
{
    enum { U = UNROLL, V = M(LANES), T = M(TILE) };
    const M(base) b = {M(get)(U, k->m, T, 0),  M(get)(U, k->shift, T, 0), M(get)(U, k->zn, T, 0),
                       M(get)(U, k->nm, T, 0), M(get)(U, k->rm, T, 0),    M(get)(U, k->live, T, 0)};
    PACK ties = C(0);
    M(columns) d[V];
    S lane[T];
    const int lanes = n < V ? (int)n : V;
    if (n <= V) {
        for (size_t l = 0; l < n; l++) {
            M(put)(U, lane, T, M(column_addend)(U, MODE, &b, over, x + l * stride, grad + l * stride, w, &ties));
            for (int c = 0; c < T; c++)
                d[l][c] = 0.0 + (double)lane[c];
        }
    } else {
        for (int l = 0; l < V; l++)
            for (int c = 0; c < T; c++)
                d[l][c] = 0;
        for (size_t q = 0; q < n; q += 4 * V)
            for (size_t l = 0; l < V && q + l < n; l++) {
                PACK e[4];
                for (size_t h = 0; h < 4; h++) {
                    const size_t i = q + l + h * V;
                    e[h] =
                        i < n ? M(column_addend)(U, MODE, &b, over, x + i * stride, grad + i * stride, w, &ties) : C(0);
                }
                M(put)(U, lane, T, add(add(e[0], e[1]), add(e[2], e[3])));
                for (int c = 0; c < T; c++)
                    d[l][c] += (double)lane[c];
            }
    }
    for (int half = V / 2; half; half /= 2)
        for (int l = 0; l < half && l + half < lanes; l++)
            for (int c = 0; c < T; c++)
                d[l][c] += d[l + half][c];
    M(put)(U, lane, T, ties);
    for (int c = 0; c < T; c++)
        s[c] = MODE < M(PRODUCT) ? d[0][c] * DROP + ((double)lane[c] - 1.0) : d[0][c];
}
#define COLUMN_SUM(name, MODE)                                                                          \
    static __attribute__((noinline)) void M(name)(const M(rows) *k, M(inverse) over, const S *x, const S *grad, \
                                                  size_t n, size_t stride, size_t w, double *s)         \
    {                                                                                                   \
        if (w == M(TILE))                                                                               \
            M(column_sum_in)(MODE, k, over, x, grad, n, stride, M(TILE), s);                            \
        else                                                                                            \
            M(column_sum_in)(MODE, k, over, x, grad, n, stride, w, s);                                  \
    }
COLUMN_SUM(column_sum_direct, M(DIRECT))
COLUMN_SUM(column_sum_mixed, M(MIXED))
COLUMN_SUM(column_sum_scaled, M(SCALED))
COLUMN_SUM(column_sum_product, M(PRODUCT))
COLUMN_SUM(column_sum_plain, M(PLAIN))
#undef COLUMN_SUM

static inline __attribute__((always_inline)) int M(any_shift)(const M(rows) * k)
{
    int any = 0;
    for (int c = 0; c < M(TILE); c++)
        any |= k->shift[c] != 0;
    return any;
}
/* Maximum and sum of each column, n <= FA_ROW_BLOCK.  Returns whether a
 * column has no finite maximum; `place` gets its first +inf. */
static int M(measure_columns)(const S *x, size_t n, size_t stride, size_t w, int scaled, M(inverse) over, M(rows) * k,
                              size_t *place)
{
    enum { U = UNROLL, T = M(TILE) };
    PACK best = C(-INFINITY);
    if (w == T)
        for (size_t i = 0; i < n; i++)
            best = at_least(best, M(get)(U, x + i * stride, T, 0));
    else
        for (size_t i = 0; i < n; i++)
            best = at_least(best, M(get)(U, x + i * stride, w, 0));
    M(put)(U, k->m, T, best);
    S m[T];
    int odd = 0;
    for (int c = 0; c < T; c++) {
        m[c] = k->m[c];
        odd |= UNUSUAL(m[c]);
    }
    if (odd)
        for (int c = 0; c < T; c++)
            k->m[c] = UNUSUAL(m[c]) ? 0 : m[c];
    M(start)(k, T, scaled);
    double s[T];
    if (odd)
        for (size_t c = 0; c < w; c++)
            if (UNUSUAL(m[c])) {
                s[c] = M(unusual)(x + c, n, stride);
                place[c] = M(place)(x + c, n, stride);
            }
    typedef void run(const M(rows) *, M(inverse), const S *, const S *, size_t, size_t, size_t, double *);
    static run *const runs[3] = {M(column_sum_direct), M(column_sum_mixed), M(column_sum_scaled)};
    runs[scaled ? 2 : M(any_shift)(k)](k, over, x, x, n, stride, w, k->s);
    if (odd)
        for (size_t c = 0; c < w; c++)
            if (UNUSUAL(m[c])) {
                k->m[c] = m[c];
                k->s[c] = s[c];
            }
    return odd;
}

static inline __attribute__((always_inline)) void M(column_finish_in)(const int KIND, const int MODE, const M(rows) * k,
                                                                      M(inverse) over, const S *x, S *y, size_t n,
                                                                      size_t stride, size_t w)
{
    enum { U = UNROLL, T = M(TILE) };
    const M(base) b = {M(get)(U, k->m, T, 0),  M(get)(U, k->shift, T, 0), M(get)(U, k->zn, T, 0),
                       M(get)(U, k->nm, T, 0), M(get)(U, k->rm, T, 0),    M(get)(U, k->live, T, 0)};
    const PACK hi = M(get)(U, k->hi, T, 0), lo = M(get)(U, k->lo, T, 0);
    for (size_t i = 0; i < n; i++)
        M(put)(U, y + i * stride, w, M(result)(U, KIND, MODE, &b, over, hi, lo, M(get)(U, x + i * stride, w, 0)));
}
#define FINISH(name, KIND, MODE)                                                                        \
    static __attribute__((noinline)) void M(name)(const M(rows) *k, M(inverse) over, const S *x, S *y,  \
                                                  size_t n, size_t stride, size_t w)                    \
    {                                                                                                   \
        if (w == M(TILE))                                                                               \
            M(column_finish_in)(KIND, MODE, k, over, x, y, n, stride, M(TILE));                         \
        else                                                                                            \
            M(column_finish_in)(KIND, MODE, k, over, x, y, n, stride, w);                               \
    }
FINISH(column_share_direct, M(SHARE), M(DIRECT))
FINISH(column_share_mixed, M(SHARE), M(MIXED))
FINISH(column_share_scaled, M(SHARE), M(SCALED))
FINISH(column_log_direct, M(LOGARITHM), M(DIRECT))
FINISH(column_log_scaled, M(LOGARITHM), M(SCALED))
#undef FINISH

static void M(finish_columns)(const int kind, const M(rows) * k, int scaled, M(inverse) over, const size_t *place,
                              const S *x, S *y, size_t n, size_t stride, size_t w)
{
    typedef void run(const M(rows) *, M(inverse), const S *, S *, size_t, size_t, size_t);
    static run *const runs[2][3] = {{M(column_share_direct), M(column_share_mixed), M(column_share_scaled)},
                                    {M(column_log_direct), M(column_log_direct), M(column_log_scaled)}};
    runs[kind][scaled ? 2 : M(any_shift)(k)](k, over, x, y, n, stride, w);
    for (size_t c = 0; c < w; c++)
        if (UNUSUAL(k->m[c]) || k->s[c] != k->s[c])
            M(unusual_result)(kind, k->m[c], k->s[c], place[c], y + c, n, stride);
}

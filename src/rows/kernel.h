/* What the row loops share, for the float type REAL (f32 or f64); rows.c includes this once for each.  Packs in and out,
 * the maximum, and the sums of the backward functions.
 *
 * The order of those sums is fixed: virtual vectors of LANES numbers, four at a time as (v0 + v1) + (v2 + v3) in the float
 * type, those in float64 lane by lane, the lanes in a pairwise tree; blocks of FA_ROW_BLOCK are joined in index order
 * with a compensated sum. */

enum { M(LANES) = M(ROW_LANES), M(REGS) = M(LANES) / M(W) };
/* virtual vectors worked on at once */
enum { M(JOIN) = (int)UNROLL > (int)M(REGS) ? (int)UNROLL / (int)M(REGS) : 1 };
enum { M(TILE) = UNROLL * M(W) };
/* so far ahead numbers are asked for */
enum { M(AHEAD) = 8192 / sizeof(S) };

/* A maximum for which the sum is not formed. */
#define UNUSUAL(m) (!(ABS(m) <= LARGEST))

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

/* -- numbers in memory ---------------------------------------------------------------------------------------- */
/* `half` says what they are: 0, of the type REAL; else halves, which become float32 on their way, and are rounded on their
 * way back.  HALVES, where it stands, tells the compiler whether half is 0. */
enum { M(TAKES_HALVES) = sizeof(S) == 4 };
static inline size_t M(size_of)(int half) { return M(TAKES_HALVES) && half ? sizeof(uint16_t) : sizeof(S); }
static inline const void *M(nth)(int half, const void *p, size_t i) { return (const char *)p + i * M(size_of)(half); }
static inline void *M(nth_out)(int half, void *p, size_t i) { return (char *)p + i * M(size_of)(half); }

/* Fewer halves than `room` has place for, rest 0, and back. */
static __attribute__((noinline)) void M(fetch_part)(int half, const uint16_t *from, size_t count, S *room)
{
    uint16_t part[4 * M(W)] = {0};
    __builtin_memcpy(part, from, count * sizeof *part);
    for (size_t i = 0; i < 4 * M(W); i += M(W))
        M(store)(room + i, half == FA_F16 + 1 ? LOAD_F16(part + i) : LOAD_BF16(part + i));
}
static __attribute__((noinline)) void M(bestow_part)(int half, uint16_t *to, size_t count, const S *room)
{
    uint16_t part[4 * M(W)];
    for (size_t i = 0; i < 4 * M(W); i += M(W))
        if (half == FA_F16 + 1)
            STORE_F16(part + i, M(load)(room + i));
        else
            STORE_BF16(part + i, M(load)(room + i));
    __builtin_memcpy(to, part, count * sizeof *part);
}
PACK_FN PACK M(fetch)(const int U, const int HALVES, int half, const void *p, size_t i, size_t count)
{
    const uint16_t *at = (const uint16_t *)p + i;
    if (!HALVES)
        return M(get)(U, (const S *)p + i, count, 0);
    PACK x = C(0);
    if (count < (size_t)U * M(W)) {
        S room[4 * M(W)] __attribute__((aligned(64)));
        M(fetch_part)(half, at, count, room);
        x = M(get)(U, room, U * M(W), 0);
    } else if (half == FA_F16 + 1) {
        for (int k = 0; k < U; k++)
            x.r[k] = LOAD_F16(at + k * M(W));
    } else {
        for (int k = 0; k < U; k++)
            x.r[k] = LOAD_BF16(at + k * M(W));
    }
    return x;
}
/* SAFE: no NaN but those that came from halves. */
PACK_FN void M(bestow)(const int U, const int HALVES, const int SAFE, int half, void *p, size_t i, size_t count, PACK x)
{
    uint16_t *at = (uint16_t *)p + i;
    if (!HALVES) {
        M(put)(U, (S *)p + i, count, x);
    } else if (count < (size_t)U * M(W)) {
        S room[4 * M(W)] __attribute__((aligned(64)));
        M(put)(U, room, U * M(W), x);
        M(bestow_part)(half, at, count, room);
    } else if (half == FA_F16 + 1) {
        for (int k = 0; k < U; k++)
            STORE_F16(at + k * M(W), x.r[k]);
    } else if (SAFE) {
        for (int k = 0; k < U; k++)
            STORE_SAFE_BF16(at + k * M(W), x.r[k]);
    } else {
        for (int k = 0; k < U; k++)
            STORE_BF16(at + k * M(W), x.r[k]);
    }
}
/* Four virtual vectors, of which `left` elements exist. */
PACK_FN void M(fetch_four)(const int HALVES, int half, const void *p, size_t i, size_t left, PACK *a)
{
    enum { V = M(LANES), J = M(JOIN) };
    for (size_t g = 0; g < 4; g += J) {
        const PACK x = M(fetch)(J * M(REGS), HALVES, half, p, i + g * V, left > g * V ? left - g * V : 0);
        for (size_t j = 0; j < J; j++)
            for (int k = 0; k < M(REGS); k++)
                a[g + j].r[k] = x.r[j * M(REGS) + (size_t)k];
    }
}

/* What comes out, and how the exponent is formed. */
enum { M(SHARE), M(LOGARITHM), M(NUMBER) };
enum { M(DIRECT), M(SCALED) };

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

static __attribute__((noinline)) S M(row_top)(const S *x, size_t n)
{
    PACK best = C(-INFINITY);
    size_t i = 0;
    for (; i + 4 * M(W) <= n; i += 4 * M(W)) {
        const int U = 4;
        best = at_least(best, M(get)(U, x + i, U * M(W), 0));
    }
    for (; i < n; i += M(W))
        best.r[0] = M(at_least)(best.r[0], M(get)(1, x + i, n - i, -INFINITY).r[0]);
    return M(max_lanes)(M(at_least)(M(at_least)(best.r[0], best.r[1]), M(at_least)(best.r[2], best.r[3])));
}
/* Numbers to come are asked for: `size` bytes of them. */
PACK_FN void M(ask_for)(const void *ahead, const size_t size)
{
    for (size_t line = 0; line < size; line += 64)
        __builtin_prefetch((const char *)ahead + line);
}
PACK_FN void M(ask)(const S *ahead) { M(ask_for)(ahead, 256); }
static void M(fill)(S a, S *y, size_t n, size_t stride)
{
    for (size_t i = 0; i < n; i++)
        y[i * stride] = a;
}

/* -- rows whose maximum is not finite -------------------------------------------------------------------- */
/* How many +inf more than one; -1 where all is -inf; NaN where one is. */
static __attribute__((noinline)) double M(unusual)(const S *x, size_t n, size_t stride)
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
static __attribute__((noinline)) size_t M(place)(const S *x, size_t n, size_t stride)
{
    size_t i = 0;
    while (i < n && x[i * stride] != INFINITY)
        i++;
    return i;
}
/* Their result, or that of a row with NaN; `place` is that of the first +inf. */
static __attribute__((noinline)) void M(unusual_result)(const int kind, S m, double s, size_t place, S *y, size_t n,
                                                        size_t stride)
{
    const int single = m == INFINITY && s == 0;
    if (kind == M(NUMBER))
        *y = s != s ? (S)NAN : m;
    for (size_t i = 0; i < n && kind != M(NUMBER); i++) {
        S a = (S)NAN;
        if (single && kind == M(LOGARITHM))
            a = i == place ? 0 : -INFINITY;
        else if (single)
            a = i == place ? 1 : 0;
        y[i * stride] = a;
    }
}

/* -- sums in float64 of the lanes of a virtual vector ------------------------------------------------------- */
typedef struct { f64r d[M(LANES) / W_f64]; } M(wide);
INLINE M(wide) M(no_wide)(void)
{
    M(wide) w;
    for (int k = 0; k < M(LANES) / W_f64; k++)
        w.d[k] = splat_f64(0);
    return w;
}
INLINE void M(accumulate)(f64r *d, PACK a)
{
    for (int k = 0; k < M(REGS); k++)
        ACCUMULATE(d, k, a.r[k]);
}
/* The lanes as a tree. */
INLINE double M(wide_sum)(f64r *d)
{
    for (int half = M(LANES) / W_f64 / 2; half; half /= 2)
        for (int k = 0; k < half; k++)
            d[k] = add_f64(d[k], d[k + half]);
    return sum_lanes_f64(d[0]);
}

/* -- sums of the backward functions ------------------------------------------------------------------------ */
/* softmax: y * (grad - sum of y*grad).  An entry that is nearly all of its row would have little left of its own
 * difference, so that its gradient `at` is taken off all of them first.  Elsewhere `at` is 0 and the sum needs nothing
 * to be known before it: such a row is read twice, not three times.  (If y is no softmax: the greatest gradient of an
 * entry above 1/2, which does not depend on their order.) */
#define HALF ((S)0.5)
static __attribute__((noinline)) S M(grad_at)(int half, const void *y, const void *grad, size_t n)
{
    const int U = 1;
    PACK best = C(-INFINITY), a, g;
    for (size_t i = 0; i < n; i += M(W)) {
        if (M(TAKES_HALVES) && half) {
            a = M(fetch)(U, 1, half, y, i, n - i);
            g = M(fetch)(U, 1, half, grad, i, n - i);
        } else {
            a = M(fetch)(U, 0, half, y, i, n - i);
            g = M(fetch)(U, 0, half, grad, i, n - i);
        }
        best = select(gt(a, C(HALF)), at_least(best, g), best);
    }
    return M(max_lanes)(best.r[0]);
}

/* Of x * grad, with TAKEN of x * (grad - at), or of grad alone without PRODUCT; *most: whether some x is above 1/2.  What is
 * read next is asked for meanwhile: the numbers `ahead` of these, and those of x where only grad is added up. */
INLINE double M(row_sum)(const int PRODUCT, const int TAKEN, const int HALVES, int half, S at, const void *x,
                         const void *grad, size_t n, size_t ahead, int *most)
{
    enum { U = M(REGS), V = M(LANES) };
    M(wide) w = M(no_wide)();
    PACK best = C(-INFINITY), a[4], e[4];
#define ADD_FOUR(LEFT)                                                                                  \
    M(fetch_four)(HALVES, half, x, i, LEFT, a);                                                         \
    M(fetch_four)(HALVES, half, grad, i, LEFT, e);                                                      \
    for (size_t g = 0; g < 4; g++) {                                                                    \
        e[g] = TAKEN ? sub(e[g], C(at)) : e[g];                                                         \
        e[g] = PRODUCT ? mul(a[g], e[g]) : e[g];                                                        \
    }                                                                                                   \
    best = at_least(best, at_least(at_least(a[0], a[1]), at_least(a[2], a[3])));                        \
    M(accumulate)(w.d, add(add(e[0], e[1]), add(e[2], e[3])))
    size_t i = 0;
    for (; i + 4 * V <= n; i += 4 * V) {
        M(ask_for)(M(nth)(HALVES, x, i + (PRODUCT ? ahead : 0)), 4 * V * M(size_of)(HALVES));
        M(ask_for)(M(nth)(HALVES, grad, i + ahead), 4 * V * M(size_of)(HALVES));
        ADD_FOUR(4 * V);
    }
    if (i < n) {
        ADD_FOUR(n - i);
    }
#undef ADD_FOUR
    if (PRODUCT)
        *most = any(gt(best, C(HALF)));
    return M(wide_sum)(w.d);
}
static __attribute__((noinline)) double M(row_sum_product)(int half, const void *x, const void *grad, size_t n,
                                                           size_t ahead, int *most)
{
    return M(TAKES_HALVES) && half ? M(row_sum)(1, 0, 1, half, 0, x, grad, n, ahead, most)
                                   : M(row_sum)(1, 0, 0, half, 0, x, grad, n, ahead, most);
}
static __attribute__((noinline)) double M(row_sum_taken)(int half, S at, const void *x, const void *grad, size_t n,
                                                         size_t ahead)
{
    int most;
    return M(TAKES_HALVES) && half ? M(row_sum)(1, 1, 1, half, at, x, grad, n, ahead, &most)
                                   : M(row_sum)(1, 1, 0, half, at, x, grad, n, ahead, &most);
}
static __attribute__((noinline)) double M(row_sum_plain)(int half, const void *x, const void *grad, size_t n,
                                                         size_t ahead)
{
    return M(TAKES_HALVES) && half ? M(row_sum)(0, 0, 1, half, 0, x, grad, n, ahead, NULL)
                                   : M(row_sum)(0, 0, 0, half, 0, x, grad, n, ahead, NULL);
}

/* The same of `w` <= WIDE columns: element i of column c is x[i*stride + c]. */
enum { M(WIDE) = 1024 / sizeof(S) };
/* Up to four rows of `count` <= TILE columns, LANES apart, to what is added up so far unless they are the first. */
PACK_FN void M(add_rows)(const int PRODUCT, const int HALVES, int half, PACK at, const void *x, const void *grad,
                         size_t from, size_t rows, size_t stride, size_t count, int first, double *d)
{
    enum { U = UNROLL, PARTS = M(W) / W_f64 };
    PACK e[4];
    for (size_t g = 0; g < 4; g++) {
        const size_t i = g * M(LANES), k = from + i * stride;
        e[g] = i < rows ? M(fetch)(U, HALVES, half, grad, k, count) : C(0);
        if (PRODUCT && i < rows)
            e[g] = mul(M(fetch)(U, HALVES, half, x, k, count), sub(e[g], at));
    }
    e[0] = add(add(e[0], e[1]), add(e[2], e[3]));
    for (int k = 0; k < U; k++) {
        double *to = d + k * M(W);
        store_f64p(PARTS, to, add_f64p(PARTS, first ? D(0) : load_f64p(PARTS, to), WIDEN(e[0].r[k])));
    }
}
static __attribute__((noinline)) void M(add_halves)(const int product, int half, const S *at, const void *x,
                                                    const void *grad, size_t from, size_t rows, size_t stride,
                                                    size_t count, int first, double *d)
{
    enum { U = UNROLL, T = M(TILE) };
    if (product)
        M(add_rows)(1, 1, half, M(get)(U, at, T, 0), x, grad, from, rows, stride, count, first, d);
    else
        M(add_rows)(0, 1, half, C(0), x, grad, from, rows, stride, count, first, d);
}
INLINE void M(column_sums)(const int PRODUCT, int half, const S *at, const void *x, const void *grad, size_t from,
                           size_t n, size_t stride, size_t w, double *s)
{
    enum { U = UNROLL, V = M(LANES), T = M(TILE) };
    const size_t lanes = n < V ? n : V, pitch = (w + T - 1) / T * T;
    double d[V * M(WIDE)] __attribute__((aligned(64)));
    for (size_t q = 0; q < n; q += 4 * V)
        for (size_t l = 0; l < V && q + l < n; l++)
            for (size_t c = 0; c < w; c += T) {
                const PACK a = PRODUCT ? M(get)(U, at + c, T, 0) : C(0);
                const size_t rows = n - q - l, i = from + (q + l) * stride + c;
                double *to = d + l * pitch + c;
                if (M(TAKES_HALVES) && half)
                    M(add_halves)(PRODUCT, half, at + c, x, grad, i, rows, stride, w - c < T ? w - c : T, q == 0, to);
                else if (w - c >= T)
                    M(add_rows)(PRODUCT, 0, 0, a, x, grad, i, rows, stride, T, q == 0, to);
                else
                    M(add_rows)(PRODUCT, 0, 0, a, x, grad, i, rows, stride, w - c, q == 0, to);
            }
    for (size_t half = V / 2; half; half /= 2)
        for (size_t l = 0; l < half && l + half < lanes; l++)
            for (size_t c = 0; c < w; c++)
                d[l * pitch + c] += d[(l + half) * pitch + c];
    __builtin_memcpy(s, d, w * sizeof(double));
}

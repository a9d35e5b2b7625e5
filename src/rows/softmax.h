/* Softmax of rows of up to FA_ROW_BLOCK numbers, for the float type REAL.
 *
 * A factor common to all powers cancels, so x itself is reduced: with n_m the multiple of 1/8 nearest to m/ln2,
 * e^(x-m) = 2^(n-n_m) e^r, r = (x - n L1) - r_m - n L2, and what r_m is rounded by does not matter (DIRECT).  Where
 * |m| >= FAR, or with a temperature, it is e^((x-m)/temperature), x - m taken in two words (SCALED; a column that is
 * not far has shift 0 there and the same bits).  The powers are kept times 2^LIFT_BITS, summed up, and multiplied by
 * 1/sum in two words.
 *
 * The order of a sum depends on n alone, and the maximum is part of it.  Each power is added to a number so great that
 * the sum is a multiple of 2^-14 (2^-36 in float64), exactly; what that cuts off is added up apart.  Up to SHORT numbers
 * go one after the other, W rows at once in the lanes or one row at a time.  Beyond, virtual vectors of LANES numbers,
 * the cut off parts four at a time as (v0 + v1) + (v2 + v3), the lanes in a tree of halves, runs of RUN in index order.
 *
 * Greatest errors found (the rows of kernel.h): float32 1.75 ulp, float64 3.5.
 *
 * Tried: without r_m, so that the power of the maximum is rounded too, one operation less in thirteen but 2.3 ulp at n = 3;
 * plain float32 sums of four vectors widened to float64, 3.3 ulp; counting ties of the maximum and leaving it out costs
 * as much as the exact sum here; stages of 4096/n rows (maxima,
 * powers, quotients), each row reduced by itself, are slower for n = 64 to 1000 than row by row with the next maximum
 * ahead of the quotients; W rows reduced together (batch) are faster up to NARROW, slower from 512 on; keeping their
 * powers in a copy is slower where rows are whole or beyond NEAREST. */

enum { M(SHORT) = sizeof(S) == 4 ? 48 : 16, M(SPAN) = 256 / sizeof(S), M(STRIPS) = M(SPAN) / M(W) };
enum { M(RUN) = 64 * M(LANES) };
enum { M(NARROW) = 1024 / sizeof(S), M(NEAREST) = M(NARROW) / 2 };
#define GREAT (sizeof(S) == 4 ? (S)0x1.8p73 : (S)0x1.8p80) /* more than twice any partial sum */

typedef struct {
    int scaled;
    double over;
    M(inverse) words;
} M(heat);
static M(heat) M(heat_of)(double temperature)
{
    const double bound = sizeof(S) == 4 ? 0x1p100 : 0x1p900;
    double t = temperature > bound ? bound : temperature < 1 / bound ? 1 / bound : temperature;
    const double over = 1 / t;
    const S hi = (S)over;
    const S lo = sizeof(S) == 4 ? (S)(over - (double)hi) : (S)(__builtin_fma(-over, t, 1.0) * over);
    return (M(heat)){t != 1, over, {hi, lo}};
}

/* What the powers of a row are formed with: alike in all lanes, or by columns. */
typedef struct { PACK shift, zn, rm, live; } M(frame);

PACK_FN M(frame) M(frame_of)(const int MODE, const int scaled, PACK m)
{
    const int U = 1;
    const PACK size = andnot(C((S)-0.0), m);
    M(frame) f;
    f.shift = C(0);
    if (MODE == M(SCALED)) {
        const PACK usual = select(le(size, C(LARGEST)), m, C(0));
        f.shift = scaled ? usual : select(lt(size, C(FAR)), C(0), usual);
        m = sub(usual, f.shift);
    }
    const PACK magic = C(MAGIC), n = sub(fma(m, C(M(row_log)[0]), magic), magic);
    f.zn = sub(C((S)MAGIC + LIFT_BITS), n);
    f.rm = fnma(n, C(M(row_log)[2]), fnma(n, C(M(row_log)[1]), m));
    f.live = sub(m, C(LOWEST));
    return f;
}
PACK_FN PACK M(weight)(const int U, const int MODE, const M(frame) * f, M(inverse) over, PACK x)
{
    PACK v = x, low = x;
    if (MODE == M(SCALED))
        v = M(scaled)(U, x, f->shift, over, &low);
    const PACK z = fma(v, C(M(row_log)[0]), f->zn), n = sub(z, f->zn);
    PACK r = fnma(n, C(M(row_log)[2]), sub(fnma(n, C(M(row_log)[1]), v), f->rm));
    if (MODE == M(SCALED))
        r = add(r, low);
    const PACK t = from_bits(add(bits(lookup8(M(row_step), bits(z))), shl(bits(z), sizeof(S) == 4 ? 20 : 49)));
    PACK p = C(M(row_poly)[DEGREE]);
    for (int k = DEGREE - 1; k >= 0; k--)
        p = fma(p, r, C(M(row_poly)[k]));
    return only_fma(not_lt(v, f->live), t, p, t);
}
/* 1/(s + low) in two words, of packs */
PACK_FN void M(invert)(const int U, PACK s, PACK low, PACK *hi, PACK *lo)
{
    *hi = div(C(1), s);
    *lo = mul(*hi, fnma(*hi, low, fnma(*hi, s, C(1))));
}
PACK_FN PACK M(alike)(M(reg) a) { return (PACK){{a, a, a, a}}; }
static void M(fill)(S a, S *y, size_t n, size_t stride)
{
    for (size_t i = 0; i < n; i++)
        y[i * stride] = a;
}

/* -- rows of more than SHORT numbers -------------------------------------------------------------------- */
/* JOINED virtual vectors, of which `count` elements exist */
PACK_FN void M(weights)(const int JOINED, const int MODE, const M(frame) * f, M(inverse) over, const S *x, S *y,
                        size_t count, PACK *e)
{
    const int U = JOINED * M(REGS);
    const PACK a = M(weight)(U, MODE, f, over, M(get)(U, x, count, -INFINITY));
    M(put)(U, y, count, a);
    for (int j = 0; j < JOINED; j++)
        for (int k = 0; k < M(REGS); k++)
            e[j].r[k] = a.r[j * M(REGS) + k];
}
/* Four virtual vectors, of which `left` elements exist */
PACK_FN void M(four)(const int MODE, const M(frame) * f, M(inverse) over, const S *x, S *y, size_t left, PACK *e)
{
    enum { V = M(LANES) };
#define WEIGHTS(JOINED, h, LEFT) M(weights)(JOINED, MODE, f, over, x + (h)*V, y + (h)*V, LEFT, e + (h))
    for (int g = 0; g < 4; g++)
        e[g] = C(0);
    if (left >= 4 * V)
        for (int g = 0; g < 4; g += M(JOIN))
            WEIGHTS(M(JOIN), g, (size_t)M(JOIN) * V);
    else if (M(JOIN) == 1)
        for (int g = 0; (size_t)g * V < left; g++)
            WEIGHTS(1, g, left - (size_t)g * V);
    else if (left <= V)
        WEIGHTS(1, 0, left);
    else if (left <= 2 * V)
        WEIGHTS(2, 0, left);
    else
        WEIGHTS(4, 0, left);
#undef WEIGHTS
}
/* The sum in the lanes of a virtual vector, as a tree. */
PACK_FN S M(lanes_sum)(PACK a)
{
    for (int half = M(REGS) / 2; half; half /= 2)
        for (int k = 0; k < half; k++)
            a.r[k] = M(add)(a.r[k], a.r[k + half]);
    return (S)M(sum_lanes)(a.r[0]);
}
/* The same of W registers, in the lanes. */
static inline __attribute__((always_inline)) M(reg) M(tree)(const S *rows)
{
    enum { W = M(W) };
    S t[W * W] __attribute__((aligned(64)));
    M(reg) a[W];
    M(transpose_in)(rows, W, t, W);
    for (int l = 0; l < W; l++)
        a[l] = M(load)(t + l * W);
    for (int half = W / 2; half; half /= 2)
        for (int l = 0; l < half; l++)
            a[l] = M(add)(a[l], a[l + half]);
    return a[0];
}
/* 1/(high + low) in two words */
static inline __attribute__((always_inline)) M(inverse) M(invert_sum)(double high, double low)
{
    const S s = (S)(high + low), rest = (S)((high - (double)s) + low), hi = 1 / s;
    return (M(inverse)){hi, hi * FMA(-hi, rest, FMA(-hi, s, 1))};
}
/* The same for a sum of up to RUN numbers */
static inline __attribute__((always_inline)) M(inverse) M(invert_run)(S high, S low)
{
    const S s = high + low, rest = low - (s - high), hi = 1 / s;
    return (M(inverse)){hi, hi * FMA(-hi, rest, FMA(-hi, s, 1))};
}
static inline __attribute__((always_inline)) S M(row_top)(const S *x, size_t n)
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
/* The maximum of the row `next` comes back: it is found while the sum of this one is on its way. */
static inline __attribute__((always_inline)) S M(softmax_row_in)(const int MODE, const M(heat) * h, const S *x, S *y,
                                                                 size_t n, S top, const S *next_row)
{
    enum { V = M(LANES) };
    const M(frame) f = M(frame_of)(MODE, h->scaled, C(top));
    const int U = M(REGS);
    PACK sum = C(GREAT), rest = C(0);
    double high = 0, low = 0;
    S run_high = 0, run_low = 0;
    for (size_t i = 0; i < n; i += 4 * V) {
        PACK e[4];
        const size_t left = n - i;
        M(four)(MODE, &f, h->words, x + i, y + i, left, e);
        for (int g = 0; g < 4; g++) {
            const PACK next = add(sum, e[g]);
            e[g] = sub(e[g], sub(next, sum));
            sum = next;
        }
        rest = add(rest, add(add(e[0], e[1]), add(e[2], e[3])));
        if (i % M(RUN) == M(RUN) - 4 * V || left <= 4 * V) {
            run_high = M(lanes_sum)(sub(sum, C(GREAT)));
            run_low = M(lanes_sum)(rest);
            high += (double)run_high;
            low += (double)run_low;
            sum = C(GREAT);
            rest = C(0);
        }
    }
    const S m = M(row_top)(next_row, n);
    const M(inverse) over = n <= M(RUN) ? M(invert_run)(run_high, run_low) : M(invert_sum)(high, low);
    const PACK hi = C(over.hi), lo = C(over.lo);
    size_t i = 0;
    for (; i + UNROLL * M(W) <= n; i += UNROLL * M(W)) {
        const int U = UNROLL;
        const PACK e = M(get)(U, y + i, U * M(W), 0);
        M(put)(U, y + i, U * M(W), fma(e, hi, mul(e, lo)));
    }
    for (; i < n; i += M(W)) {
        const int U = 1;
        const PACK e = M(get)(U, y + i, n - i, 0);
        M(put)(U, y + i, n - i, fma(e, hi, mul(e, lo)));
    }
    if (__builtin_expect(over.hi != over.hi, 0))
        M(fill)((S)NAN, y, n, 1);
    return m;
}
static __attribute__((noinline)) void M(softmax_row_shifted)(const M(heat) * h, const S *x, S *y, size_t n, S m)
{
    if (UNUSUAL(m))
        M(unusual_result)(M(SHARE), m, M(unusual)(x, n, 1), M(place)(x, n, 1), y, n, 1);
    else
        (void)M(softmax_row_in)(M(SCALED), h, x, y, n, m, x);
}
static void M(softmax_in_turn)(const M(heat) * h, const S *x, S *y, size_t n, size_t rows)
{
    S m = M(row_top)(x, n);
    for (; rows; rows--, x += n, y += n) {
        const S *next = rows > 1 ? x + n : x;
        if (h->scaled || !(ABS(m) < FAR)) {
            M(softmax_row_shifted)(h, x, y, n, m);
            m = M(row_top)(next, n);
        } else {
            m = M(softmax_row_in)(M(DIRECT), h, x, y, n, m, next);
        }
    }
}
/* W rows of up to NARROW numbers, with WHOLE a multiple of 4 LANES: what a row has one of is formed for all of them in
 * the lanes.  0 where it is not for here. */
static inline __attribute__((always_inline)) int M(batch)(const int WHOLE, const M(heat) * h, const S *x, S *y,
                                                          size_t n)
{
    enum { V = M(LANES), W = M(W) };
    S a[W * W] __attribute__((aligned(64))), b[W * W] __attribute__((aligned(64)));
    S copy[W * M(NEAREST)] __attribute__((aligned(64)));
    S zn[W], rm[W], live[W], hi[W], lo[W];
    int odd;
    const int near = !WHOLE && n < M(NEAREST); /* lines are not crossed there; more would not stay in the cache */
    S *const keep = near ? copy : y;
    const size_t each = near ? (n + V - 1) / V * V : n;
    for (size_t r = 0; r < W; r++) {
        const S *at = x + r * n;
        M(reg) best[2] = {M(load)(at), M(load)(at + W)};
        size_t i = 2 * W;
        for (; i + 2 * W <= n; i += 2 * W) {
            best[0] = M(at_least)(best[0], M(load)(at + i));
            best[1] = M(at_least)(best[1], M(load)(at + i + W));
        }
        if (i + W <= n) {
            best[0] = M(at_least)(best[0], M(load)(at + i));
            i += W;
        }
        if (i < n)
            best[1] = M(at_least)(best[1], M(load)(at + n - W));
        M(store)(a + r * W, M(at_least)(best[0], best[1]));
    }
    M(transpose_in)(a, W, b, W);
    M(reg) top = M(load)(b);
    for (size_t r = 1; r < W; r++)
        top = M(at_least)(top, M(load)(b + r * W));
    {
        const int U = 1;
        const PACK m = M(alike)(top);
        if (any(not_lt(andnot(C((S)-0.0), m), C(FAR))))
            return 0;
        const M(frame) f = M(frame_of)(M(DIRECT), 0, m);
        M(store)(zn, f.zn.r[0]);
        M(store)(rm, f.rm.r[0]);
        M(store)(live, f.live.r[0]);
    }
    for (size_t r = 0; r < W; r++) {
        const int U = M(REGS);
        const M(frame) f = {C(0), C(zn[r]), C(rm[r]), C(live[r])};
        const S *from = x + r * n;
        S *to = keep + r * each;
        PACK sum = C(GREAT), rest = C(0);
        for (size_t i = 0; i < n; i += 4 * V) {
            PACK e[4];
            M(four)(M(DIRECT), &f, h->words, from + i, to + i, WHOLE ? 4 * V : n - i, e);
            for (int g = 0; g < 4; g++) {
                const PACK next = add(sum, e[g]);
                e[g] = sub(e[g], sub(next, sum));
                sum = next;
            }
            rest = add(rest, add(add(e[0], e[1]), add(e[2], e[3])));
        }
        sum = sub(sum, C(GREAT));
        for (int half = M(REGS) / 2; half; half /= 2)
            for (int k = 0; k < half; k++) {
                sum.r[k] = M(add)(sum.r[k], sum.r[k + half]);
                rest.r[k] = M(add)(rest.r[k], rest.r[k + half]);
            }
        M(store)(a + r * W, sum.r[0]);
        M(store)(b + r * W, rest.r[0]);
    }
    {
        const int U = 1;
        PACK over, under;
        const PACK high = M(alike)(M(tree)(a)), low = M(alike)(M(tree)(b)), s = add(high, low);
        M(invert)(U, s, sub(low, sub(s, high)), &over, &under);
        M(store)(hi, over.r[0]);
        M(store)(lo, under.r[0]);
        odd = any(not_lt(C(0), s));
    }
    for (size_t r = 0; r < W; r++) {
        S *at = y + r * n;
        const S *from = keep + r * each;
        const PACK up = C(hi[r]), down = C(lo[r]);
        size_t i = 0;
        for (; i + 4 * W <= n; i += 4 * W) {
            const int U = 4;
            const PACK e = M(get)(U, from + i, U * W, 0);
            M(put)(U, at + i, U * W, fma(e, up, mul(e, down)));
        }
        for (; !WHOLE && i < n; i += W) {
            const int U = 1;
            const PACK e = M(get)(U, from + i, n - i, 0);
            M(put)(U, at + i, n - i, fma(e, up, mul(e, down)));
        }
    }
    if (__builtin_expect(odd, 0))
        for (size_t r = 0; r < W; r++)
            if (hi[r] != hi[r])
                M(fill)((S)NAN, y + r * n, n, 1);
    return 1;
}
static __attribute__((noinline)) void M(softmax_rows)(const M(heat) * h, const S *x, S *y, size_t n, size_t rows)
{
    if (n <= M(NARROW) && !h->scaled)
        for (; rows >= M(W); rows -= M(W), x += M(W) * n, y += M(W) * n)
            if (!(n % (4 * M(LANES)) ? M(batch)(0, h, x, y, n) : M(batch)(1, h, x, y, n)))
                M(softmax_in_turn)(h, x, y, n, M(W));
    if (rows)
        M(softmax_in_turn)(h, x, y, n, rows);
}

/* -- short rows ------------------------------------------------------------------------------------------- */
/* `w` <= W columns of n <= SHORT numbers, `step` apart.  UNROLL numbers of each column are worked on at once. */
static inline __attribute__((always_inline)) M(reg)
    M(strip_max)(const int FULL, const S *x, size_t n, size_t step, size_t w)
{
    M(reg) best[4];
    for (int k = 0; k < 4; k++)
        best[k] = M(splat)(-INFINITY);
    for (size_t i = 0; i < n; i += 4)
        for (size_t k = 0; k < 4; k++)
            if (i + k < n) {
                const S *at = x + (i + k) * step;
                best[k] = M(at_least)(best[k], FULL ? M(load)(at) : M(load_part)(at, w));
            }
    return M(at_least)(M(at_least)(best[0], best[1]), M(at_least)(best[2], best[3]));
}
static inline __attribute__((always_inline)) PACK M(strip_in)(const int MODE, const int FULL, const M(heat) * h,
                                                              const S *x, S *e, size_t each, S *y, size_t n,
                                                              size_t step, size_t w, PACK m)
{
    const M(frame) f = M(frame_of)(MODE, h->scaled, m);
    const M(frame) all = {M(alike)(f.shift.r[0]), M(alike)(f.zn.r[0]), M(alike)(f.rm.r[0]), M(alike)(f.live.r[0])};
    const M(reg) great = M(splat)(GREAT);
    M(reg) sum = great, rest = M(splat)(0);
    for (size_t i = 0; i < n; i += UNROLL) {
        PACK a;
        for (size_t k = 0; k < 4; k++) {
            const S *at = x + (i + (i + k < n && k < UNROLL ? k : 0)) * step;
            a.r[k] = FULL ? M(load)(at) : M(load_part)(at, w);
        }
        a = M(weight)(UNROLL, MODE, &all, h->words, a);
        for (size_t k = 0; k < UNROLL; k++)
            if (i + k < n) {
                M(store)(e + (i + k) * each, a.r[k]);
                const M(reg) next = M(add)(sum, a.r[k]);
                rest = M(add)(rest, M(sub)(a.r[k], M(sub)(next, sum)));
                sum = next;
            }
    }
    const int U = 1;
    PACK hi, lo;
    const PACK high = M(alike)(M(sub)(sum, great)), low = M(alike)(rest), s = add(high, low);
    M(invert)(U, s, sub(low, sub(s, high)), &hi, &lo);
    for (size_t i = 0; i < n; i++) {
        S *at = y + i * step;
        const PACK a = M(alike)(M(load)(e + i * each)), q = fma(a, hi, mul(a, lo));
        if (FULL)
            M(store)(at, q.r[0]);
        else
            M(store_part)(at, q.r[0], w);
    }
    return s;
}
/* Columns whose maximum is not finite, or which hold NaN; in y, before or after. */
typedef struct {
    S m[M(W)];
    double s[M(W)];
    size_t place[M(W)];
    int any;
} M(odd);
static void M(odd_before)(M(odd) * odd, const S *x, size_t n, size_t step, size_t w)
{
    odd->any = 0;
    for (size_t c = 0; c < w; c++)
        if (UNUSUAL(odd->m[c])) {
            odd->any = 1;
            odd->s[c] = M(unusual)(x + c, n, step);
            odd->place[c] = M(place)(x + c, n, step);
        }
}
static void M(odd_after)(const M(odd) * odd, PACK sum, S *y, size_t n, size_t step, size_t w)
{
    S s[M(W)];
    M(store)(s, sum.r[0]);
    for (size_t c = 0; c < w; c++)
        if (odd && UNUSUAL(odd->m[c]))
            M(unusual_result)(M(SHARE), odd->m[c], odd->s[c], odd->place[c], y + c, n, step);
        else if (s[c] != s[c])
            M(fill)((S)NAN, y + c, n, step);
}
static __attribute__((noinline)) void M(strip_shifted)(const M(heat) * h, const S *x, S *y, size_t n, size_t step,
                                                       size_t w, PACK m)
{
    M(odd) odd;
    S e[M(SHORT) * M(W)];
    M(store)(odd.m, m.r[0]);
    M(odd_before)(&odd, x, n, step, w);
    M(odd_after)(&odd, M(strip_in)(M(SCALED), 0, h, x, e, M(W), y, n, step, w, m), y, n, step, w);
}
static inline __attribute__((always_inline)) void M(strip)(const int FULL, const M(heat) * h, const S *x, S *y,
                                                           size_t n, size_t step, size_t w)
{
    const int U = 1;
    const PACK m = M(alike)(M(strip_max)(FULL, x, n, step, w));
    if (h->scaled || any(not_lt(andnot(C((S)-0.0), m), C(FAR)))) {
        M(strip_shifted)(h, x, y, n, step, w, m);
        return;
    }
    S e[M(SHORT) * M(W)]; /* not y: lines a power of two apart push each other out of the cache */
    const PACK s = M(strip_in)(M(DIRECT), FULL, h, x, e, M(W), y, n, step, w, m);
    if (__builtin_expect(any(not_lt(s, s)), 0) && any(not_lt(C(0), s)))
        M(odd_after)(NULL, s, y, n, step, w);
}

/* One short row: the same numbers, added up in the same order. */
static inline __attribute__((always_inline)) void M(one_short_in)(const int MODE, const M(heat) * h, const S *x, S *y,
                                                                  size_t n, S m)
{
    const int U = 1;
    S e[M(SHORT) + M(W)];
    const M(frame) f = M(frame_of)(MODE, h->scaled, C(m));
    for (size_t i = 0; i < n; i += M(W))
        M(store)(e + i, M(weight)(U, MODE, &f, h->words, M(get)(U, x + i, n - i, -INFINITY)).r[0]);
    S sum = GREAT, rest = 0;
    for (size_t i = 0; i < n; i++) {
        const S next = sum + e[i];
        rest += e[i] - (next - sum);
        sum = next;
    }
    PACK hi, lo;
    const S high = sum - (S)GREAT, s = high + rest;
    M(invert)(U, C(s), C(rest - (s - high)), &hi, &lo);
    for (size_t i = 0; i < n; i += M(W)) {
        const PACK a = M(alike)(M(load)(e + i));
        M(put)(U, y + i, n - i, fma(a, hi, mul(a, lo)));
    }
    if (__builtin_expect(s != s, 0))
        M(fill)((S)NAN, y, n, 1);
}
static __attribute__((noinline)) void M(one_short_shifted)(const M(heat) * h, const S *x, S *y, size_t n, S m)
{
    if (UNUSUAL(m))
        M(unusual_result)(M(SHARE), m, M(unusual)(x, n, 1), M(place)(x, n, 1), y, n, 1);
    else
        M(one_short_in)(M(SCALED), h, x, y, n, m);
}
static __attribute__((noinline)) void M(softmax_short)(const M(heat) * h, const S *x, S *y, size_t n, size_t rows)
{
    const int U = 1;
    S a[M(SHORT) * M(W)] __attribute__((aligned(64)));
    for (; rows >= M(W); rows -= M(W), x += M(W) * n, y += M(W) * n) {
        M(transpose_in)(x, n, a, M(W));
        M(strip)(1, h, a, a, n, M(W), M(W));
        M(transpose_out)(a, M(W), n, y);
    }
    for (; rows; rows--, x += n, y += n) {
        M(reg) best = M(splat)(-INFINITY);
        for (size_t i = 0; i < n; i += M(W))
            best = M(at_least)(best, M(get)(U, x + i, n - i, -INFINITY).r[0]);
        const S m = M(max_lanes)(best);
        if (h->scaled || !(ABS(m) < FAR))
            M(one_short_shifted)(h, x, y, n, m);
        else
            M(one_short_in)(M(DIRECT), h, x, y, n, m);
    }
}

/* -- columns of more than SHORT numbers ------------------------------------------------------------------ */
/* The lanes of the columns, those that `left` numbers reach, as a tree; with `more`, added to high and low. */
static inline __attribute__((always_inline)) void M(columns_total)(const int N, int more, size_t left,
                                                                   M(reg) (*sum)[M(STRIPS)], M(reg) (*rest)[M(STRIPS)],
                                                                   double *high, double *low)
{
    const M(reg) great = M(splat)(GREAT);
    for (int c = 0; c < N; c++) {
        for (size_t l = 0; l < M(LANES); l++) {
            sum[l][c] = l < left ? M(sub)(sum[l][c], great) : M(splat)(0);
            rest[l][c] = l < left ? rest[l][c] : M(splat)(0);
        }
        for (int half = M(LANES) / 2; half; half /= 2)
            for (int l = 0; l < half; l++) {
                sum[l][c] = M(add)(sum[l][c], sum[l + half][c]);
                rest[l][c] = M(add)(rest[l][c], rest[l + half][c]);
            }
        if (!more)
            continue;
        S a[M(W)], b[M(W)];
        M(store)(a, sum[0][c]);
        M(store)(b, rest[0][c]);
        for (int j = 0; j < M(W); j++) {
            high[c * M(W) + j] += (double)a[j];
            low[c * M(W) + j] += (double)b[j];
        }
    }
}
/* N strips of W columns, or one of w.
 *
 * For n = 64 the powers take 0.2 ns a number (18 operations of 21, two a cycle), which is what they must; reading x and
 * writing y take 0.14 and 0.2 ns more, much of it after one another.  Did not help: strips one after the other (n = 1000
 * 8 % faster, 4096 x 128 a third slower); spans of half or twice the width; the powers of n <= 1000 in 256 KiB of
 * scratch (faster where lines are a power of two apart, 15 % slower elsewhere); asking for y ahead, or for x where
 * n > NEAR (20 % slower); asking for x where n <= NEAR (64 x 8192 10 % faster, 128 x 256 5 % slower). */
static inline __attribute__((always_inline)) void M(columns_in)(const int MODE, const int N, const int FULL,
                                                                const M(heat) * h, const S *x, size_t from, S *keep,
                                                                size_t each, S *y, size_t n, size_t step, size_t w,
                                                                const M(reg) * m, M(reg) * sums)
{
    enum { V = M(LANES) };
    double high[M(SPAN)] = {0}, low[M(SPAN)] = {0};
    M(reg) sum[V][M(STRIPS)], rest[V][M(STRIPS)];
    const M(reg) great = M(splat)(GREAT);
    S zn[M(SPAN)], rm[M(SPAN)], live[M(SPAN)], shift[M(SPAN)];
    M(reg) hi[M(STRIPS)], lo[M(STRIPS)];
    for (int c = 0; c < N; c++) {
        const M(frame) f = M(frame_of)(MODE, h->scaled, M(alike)(m[c]));
        M(store)(zn + c * M(W), f.zn.r[0]);
        M(store)(rm + c * M(W), f.rm.r[0]);
        M(store)(live + c * M(W), f.live.r[0]);
        M(store)(shift + c * M(W), f.shift.r[0]);
    }
    for (size_t q = 0; q < n; q += 4 * V)
        for (size_t l = 0; l < V && q + l < n; l++) {
            for (int c = 0; c < N; c++) {
                const M(frame) f = {M(alike)(M(load)(shift + c * M(W))), M(alike)(M(load)(zn + c * M(W))),
                                    M(alike)(M(load)(rm + c * M(W))), M(alike)(M(load)(live + c * M(W)))};
                M(reg) e[4];
                for (int g = 0; g < 4; g += UNROLL) {
                    PACK a;
                    for (int k = 0; k < 4; k++) {
                        const size_t i = q + l + (size_t)(g + (k < UNROLL ? k : 0)) * V;
                        const S *at = x + (i < n ? i : q + l) * from + c * M(W);
                        a.r[k] = FULL ? M(load)(at) : M(load_part)(at, w);
                    }
                    a = M(weight)(UNROLL, MODE, &f, h->words, a);
                    for (int k = 0; k < UNROLL; k++) {
                        const size_t i = q + l + (size_t)(g + k) * V;
                        S *to = keep + i * each + c * M(W);
                        e[g + k] = i < n ? a.r[k] : M(splat)(0);
                        if (i < n && FULL)
                            M(store)(to, a.r[k]);
                        else if (i < n)
                            M(store_part)(to, a.r[k], w);
                    }
                }
                M(reg) a = q % M(RUN) ? sum[l][c] : great;
                for (int g = 0; g < 4; g++) {
                    const M(reg) next = M(add)(a, e[g]);
                    e[g] = M(sub)(e[g], M(sub)(next, a));
                    a = next;
                }
                const M(reg) t = M(add)(M(add)(e[0], e[1]), M(add)(e[2], e[3]));
                sum[l][c] = a;
                rest[l][c] = M(add)(q % M(RUN) ? rest[l][c] : M(splat)(0), t);
            }
            if (l == V - 1 || q + l + 1 == n)
                if (q % M(RUN) == M(RUN) - 4 * V || q + 4 * V >= n)
                    M(columns_total)(N, n > M(RUN), n - q / M(RUN) * M(RUN), sum, rest, high, low);
        }
    for (int c = 0; c < N && n <= M(RUN); c++) {
        const int U = 1;
        PACK a, b;
        const PACK up = M(alike)(sum[0][c]), down = M(alike)(rest[0][c]), s = add(up, down);
        M(invert)(U, s, sub(down, sub(s, up)), &a, &b);
        hi[c] = a.r[0];
        lo[c] = b.r[0];
        sums[c] = s.r[0];
    }
    for (int c = 0; c < N && n > M(RUN); c++) {
        S a[M(W)], b[M(W)];
        for (int j = 0; j < M(W); j++) {
            const M(inverse) over = M(invert_sum)(high[c * M(W) + j], low[c * M(W) + j]);
            a[j] = over.hi;
            b[j] = over.lo;
        }
        hi[c] = M(load)(a);
        lo[c] = M(load)(b);
        sums[c] = hi[c];
    }
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < N; c++) {
            const S *kept = keep + i * each + c * M(W);
            S *at = y + i * step + c * M(W);
            const M(reg) e = FULL ? M(load)(kept) : M(load_part)(kept, w);
            const M(reg) a = M(fma)(e, hi[c], M(mul)(e, lo[c]));
            if (FULL)
                M(store)(at, a);
            else
                M(store_part)(at, a, w);
        }
}
static __attribute__((noinline)) void M(columns_shifted)(const M(heat) * h, const S *x, S *y, size_t n, size_t step,
                                                         size_t w, M(reg) m)
{
    M(odd) odd;
    M(reg) sum;
    M(store)(odd.m, m);
    M(odd_before)(&odd, x, n, step, w);
    M(columns_in)(M(SCALED), 1, 0, h, x, step, y, step, y, n, step, w, &m, &sum);
    M(odd_after)(&odd, M(alike)(sum), y, n, step, w);
}
static inline __attribute__((always_inline)) void M(span)(const int N, const int FULL, const M(heat) * h, const S *x,
                                                          S *y, size_t n, size_t step, size_t w)
{
    enum { NEAR = 128, each = M(SPAN) };
    /* What fits is worked on here: lines a power of two apart push each other out of the cache. */
    S copy[NEAR * each] __attribute__((aligned(64)));
    const int near = n <= NEAR;
    M(reg) m[M(STRIPS)], sums[M(STRIPS)];
    for (int c = 0; c < N; c++)
        m[c] = M(splat)(-INFINITY);
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < N; c++) {
            const S *at = x + i * step + c * M(W);
            const M(reg) a = FULL ? M(load)(at) : M(load_part)(at, w);
            m[c] = M(at_least)(m[c], a);
            if (near)
                M(store)(copy + i * each + c * M(W), a);
        }
    const int U = 1;
    int far = h->scaled;
    for (int c = 0; c < N; c++)
        far |= any(not_lt(andnot(C((S)-0.0), M(alike)(m[c])), C(FAR)));
    if (far) {
        for (int c = 0; c < N; c++)
            M(columns_shifted)(h, x + c * M(W), y + c * M(W), n, step, FULL ? M(W) : w, m[c]);
        return;
    }
    M(columns_in)(M(DIRECT), N, FULL, h, near ? copy : x, near ? each : step, near ? copy : y, near ? each : step, y, n,
                  step, w, m, sums);
    for (int c = 0; c < N; c++)
        if (__builtin_expect(any(not_lt(C(0), M(alike)(sums[c]))), 0))
            M(odd_after)(NULL, M(alike)(sums[c]), y + c * M(W), n, step, FULL ? M(W) : w);
}
static __attribute__((noinline)) void M(softmax_columns)(const M(heat) * h, const S *x, S *y, size_t n, size_t step,
                                                         size_t w)
{
    /* Strips of whole lines of y, in every row where rows are whole lines: stores that cross lines cost 15 %. */
    const size_t past = (uintptr_t)y / sizeof(S) % M(W), head = past && w >= 8 * M(SPAN) ? M(W) - past : 0;
    size_t c = head;
    if (n <= M(SHORT)) {
        if (head)
            M(strip)(0, h, x, y, n, step, head);
        for (; c + M(W) <= w; c += M(W))
            M(strip)(1, h, x + c, y + c, n, step, M(W));
        if (c < w)
            M(strip)(0, h, x + c, y + c, n, step, w - c);
        return;
    }
    if (head)
        M(span)(1, 0, h, x, y, n, step, head);
    for (; c + M(SPAN) <= w; c += M(SPAN))
        M(span)(M(STRIPS), 1, h, x + c, y + c, n, step, M(W));
    for (; c < w; c += M(W))
        M(span)(1, 0, h, x + c, y + c, n, step, w - c < M(W) ? w - c : M(W));
}

/* softmax, log_softmax and logsumexp of rows of up to FA_ROW_BLOCK numbers, for the float type REAL; sums and results of
 * blocks of longer ones.
 *
 * A factor common to all powers cancels, so x itself is reduced: with n_m the multiple of 1/8 nearest to m/ln2, m the
 * maximum, e^(x-m) = 2^(n-n_m) e^r, r = (x - n L1) - r_m - n L2, and what r_m is rounded by does not matter (DIRECT).
 * Where |m| >= FAR, or with a temperature, it is e^((x-m)/temperature), x - m taken in two words (SCALED; a column that is
 * not far has shift 0 there and the same bits).  The powers are kept times 2^LIFT_BITS and summed up.
 *
 * The order of a sum depends on n alone, and the maximum is part of it.  Each power is added to a number so great that
 * the sum is a multiple of 2^-14 (2^-36 in float64), exactly; what that cuts off is added up apart.  Up to SHORT numbers
 * go one after the other, W rows at once in the lanes or one row at a time.  Beyond, virtual vectors of LANES numbers,
 * the cut off parts four at a time as (v0 + v1) + (v2 + v3), the lanes in a tree of halves, runs of RUN in index order.
 *
 * softmax multiplies the powers by 1/sum in two words.  The power of the maximum is 2^LIFT_BITS to the bit (tried: every
 * float32 below FAR), so 1 taken from the exact part leaves the sum s of the others without cancellation; with
 * l = log(1 + s) in float64, log_softmax is x - (m + l), m + l in two words, and logsumexp m + l.  For these two what is
 * cut off is added up in float64: where all others are small it is all there is (in float32 3.3 ulp).
 *
 * Greatest errors found (random rows of 1 to 20000 numbers, eight kinds of data, against long double), ulp: softmax
 * float32 1.75, float64 3.5; log_softmax 1.9 and 2.6.
 *
 * Tried: without r_m, so that the power of the maximum is rounded too, one operation less in thirteen but 2.3 ulp at n = 3;
 * plain float32 sums of four vectors widened to float64, 3.3 ulp; counting ties of the maximum and leaving it out costs
 * as much as the exact sum here; stages of 4096/n rows (maxima, powers, quotients), each row reduced by itself, are
 * slower for n = 64 to 1000 than row by row with the next maximum ahead of the quotients; W rows reduced together (batch) are faster up to NARROW, slower from 512 on; keeping their
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

/* -- from the sum to what a result is formed with ------------------------------------------------------------- */
enum { M(HALVES) = M(W) / W_f64 };
/* s of a sum with the maximum */
PACK_FN f64p M(others)(const int U, f64p high, f64p low) { return mul(add(sub(high, D(RAISED)), low), D(DROP)); }
/* log_softmax: m + l in two words; with a temperature l, for what has its maximum taken off.  logsumexp: in hi. */
INLINE void M(close)(const int KIND, int scaled, double over, M(reg) m, f64p s, M(reg) * hi, M(reg) * lo)
{
    enum { U = M(HALVES) };
    const f64p l = row_log1p_lanes(U, sizeof(S) == 8, s), top = WIDEN(m);
    if (KIND == M(NUMBER)) {
        *hi = *lo = NARROW(add(scaled ? mul(top, D(over)) : top, l));
        return;
    }
    const f64p base = scaled ? D(0) : top;
    *hi = NARROW(add(base, l));
    const f64p up = WIDEN(*hi), b = sub(up, base); /* TwoSum */
    *lo = NARROW(add(sub(base, sub(up, b)), sub(l, b)));
}
/* softmax from the power, the others from x */
PACK_FN PACK M(result)(const int U, const int KIND, const int MODE, const M(heat) * h, PACK m, PACK hi, PACK lo, PACK a)
{
    if (KIND == M(SHARE))
        return fma(a, hi, mul(a, lo));
    if (MODE == M(SCALED) && h->scaled) {
        PACK low;
        const PACK d = M(scaled)(U, a, m, h->words, &low);
        return sub(d, select(lt(d, C(-LARGEST)), hi, add(hi, sub(lo, low)))); /* low of an infinite d is NaN */
    }
    return sub(sub(a, hi), lo);
}

/* 1/(high + low) in two words */
INLINE M(inverse) M(invert_sum)(double high, double low)
{
    const S s = (S)(high + low), rest = (S)((high - (double)s) + low), hi = 1 / s;
    return (M(inverse)){hi, hi * FMA(-hi, rest, FMA(-hi, s, 1))};
}
/* The same for a sum of up to RUN numbers */
INLINE M(inverse) M(invert_run)(S high, S low)
{
    const S s = high + low, rest = low - (s - high), hi = 1 / s;
    return (M(inverse)){hi, hi * FMA(-hi, rest, FMA(-hi, s, 1))};
}
/* The same of W rows or columns at once, and whether a sum is NaN. */
typedef struct {
    M(reg) hi, lo;
    int odd;
} M(last);
PACK_FN M(last)
    M(last_of)(const int KIND, const int MODE, const M(heat) * h, M(reg) m, M(reg) high, M(reg) low, f64p wide)
{
    const int U = 1;
    const PACK up = M(alike)(high), down = M(alike)(low);
    M(last) last;
    last.odd = any(not_lt(C(0), up));
    if (KIND == M(SHARE)) {
        PACK hi, lo;
        const PACK s = add(up, down);
        M(invert)(U, s, sub(down, sub(s, up)), &hi, &lo);
        last.hi = hi.r[0];
        last.lo = lo.r[0];
    } else {
        const f64p others = M(others)(M(HALVES), WIDEN(high), wide);
        M(close)(KIND, MODE == M(SCALED) && h->scaled, h->over, m, others, &last.hi, &last.lo);
    }
    return last;
}
/* The same of sums in float64. */
INLINE M(last)
    M(last_of_runs)(const int KIND, const int MODE, const M(heat) * h, M(reg) m, const double *high, const double *low)
{
    enum { U = M(HALVES) };
    M(last) last;
    if (KIND == M(SHARE)) {
        S a[M(W)], b[M(W)];
        for (int j = 0; j < M(W); j++) {
            const M(inverse) over = M(invert_sum)(high[j], low[j]);
            a[j] = over.hi;
            b[j] = over.lo;
        }
        last.hi = M(load)(a);
        last.lo = M(load)(b);
    } else {
        const f64p others = M(others)(U, load_f64p(U, high), load_f64p(U, low));
        M(close)(KIND, MODE == M(SCALED) && h->scaled, h->over, m, others, &last.hi, &last.lo);
    }
    {
        const int U = 1;
        last.odd = any(not_lt(andnot(C((S)-0.0), M(alike)(last.hi)), C(INFINITY)));
    }
    return last;
}
/* Columns whose maximum is not finite, or which hold NaN; in y, before or after. */
typedef struct {
    S m[M(W)];
    double s[M(W)];
    size_t place[M(W)];
} M(odd);
static void M(odd_before)(M(odd) * odd, const S *x, size_t n, size_t step, size_t w)
{
    for (size_t c = 0; c < w; c++)
        if (UNUSUAL(odd->m[c])) {
            odd->s[c] = M(unusual)(x + c, n, step);
            odd->place[c] = M(place)(x + c, n, step);
        }
}
/* Row or column c starts at y + c*apart, its numbers are `step` apart. */
static __attribute__((noinline)) void M(odd_after)(const int kind, const M(odd) * odd, M(reg) hi, S *y, size_t n,
                                                   size_t apart, size_t step, size_t w)
{
    S s[M(W)];
    M(store)(s, hi);
    for (size_t c = 0; c < w; c++)
        if (odd && UNUSUAL(odd->m[c]))
            M(unusual_result)(kind, odd->m[c], odd->s[c], odd->place[c], y + c * apart, n, step);
        else if (s[c] != s[c])
            M(fill)((S)NAN, y + c * apart, kind == M(NUMBER) ? 1 : n, step);
}

/* -- rows of more than SHORT numbers -------------------------------------------------------------------- */
/* JOINED virtual vectors, of which `count` elements exist; their powers go to y as well if KEEP */
PACK_FN void M(weights)(const int JOINED, const int KEEP, const int MODE, const M(frame) * f, M(inverse) over,
                        const S *x, S *y, size_t count, PACK *e)
{
    const int U = JOINED * M(REGS);
    PACK a = M(get)(U, x, count, -INFINITY);
    if (MODE == M(DIRECT) && count < (size_t)U * M(W))
        a = at_least(sub(f->live, C(1)), a); /* infinity raises a flag, and lowering one takes 70 ns */
    a = M(weight)(U, MODE, f, over, a);
    if (KEEP)
        M(put)(U, y, count, a);
    for (int j = 0; j < JOINED; j++)
        for (int k = 0; k < M(REGS); k++)
            e[j].r[k] = a.r[j * M(REGS) + k];
}
/* Four virtual vectors, of which `left` elements exist */
PACK_FN void M(four)(const int KEEP, const int MODE, const M(frame) * f, M(inverse) over, const S *x, S *y, size_t left,
                     PACK *e)
{
    enum { V = M(LANES) };
#define WEIGHTS(JOINED, h, LEFT) M(weights)(JOINED, KEEP, MODE, f, over, x + (h)*V, y + (h)*V, LEFT, e + (h))
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
/* Four virtual vectors to the sum; what it cuts off comes back. */
PACK_FN PACK M(add_four)(PACK *e, PACK *sum)
{
    const int U = M(REGS);
    for (int g = 0; g < 4; g++) {
        const PACK next = add(*sum, e[g]);
        e[g] = sub(e[g], sub(next, *sum));
        *sum = next;
    }
    return add(add(e[0], e[1]), add(e[2], e[3]));
}
/* The sum in the lanes of a virtual vector, as a tree. */
PACK_FN S M(lanes_sum)(PACK a)
{
    for (int half = M(REGS) / 2; half; half /= 2)
        for (int k = 0; k < half; k++)
            a.r[k] = M(add)(a.r[k], a.r[k + half]);
    return (S)M(sum_lanes)(a.r[0]);
}
/* The sum of a row, and of its last run. */
typedef struct {
    double high, low;
    S run_high, run_low;
} M(sums);
/* What stands at `ahead` is asked for meanwhile, and y unless the powers go there (log_softmax: 4096 x 64 a fifth faster,
 * 4096 x 1000 a tenth). */
INLINE M(sums) M(row_sums)(const int KEEP, const int MODE, const M(heat) * h, const M(frame) * f, const S *x, S *y,
                           size_t n, const S *ahead)
{
    enum { V = M(LANES) };
    const int U = M(REGS);
    PACK sum = C(GREAT), rest = C(0);
    M(wide) low = M(no_wide)();
    M(sums) t = {0, 0, 0, 0};
    for (size_t i = 0; i < n; i += 4 * V) {
        PACK e[4];
        const size_t left = n - i;
        M(ask)(ahead + i);
        if (!KEEP && y)
            M(ask)(y + i);
        M(four)(KEEP, MODE, f, h->words, x + i, y + i, left, e);
        const PACK cut = M(add_four)(e, &sum);
        if (KEEP)
            rest = add(rest, cut);
        else
            M(accumulate)(low.d, cut);
        if (i % M(RUN) == M(RUN) - 4 * V || left <= 4 * V) {
            t.run_high = M(lanes_sum)(sub(sum, C(GREAT)));
            t.run_low = KEEP ? M(lanes_sum)(rest) : 0;
            t.high += (double)t.run_high;
            t.low += KEEP ? (double)t.run_low : M(wide_sum)(low.d);
            sum = C(GREAT);
            rest = C(0);
            low = M(no_wide)();
        }
    }
    return t;
}
INLINE double M(others_of)(M(sums) t) { return ((t.high - RAISED) + t.low) * DROP; }
static __attribute__((noinline)) M(inverse) M(close_one)(const int kind, const M(heat) * h, S m, double s)
{
    S a[M(W)], b[M(W)];
    M(reg) hi, lo;
    M(close)(kind, h->scaled, h->over, M(splat)(m), D(s), &hi, &lo);
    M(store)(a, hi);
    M(store)(b, lo);
    return (M(inverse)){a[0], b[0]};
}
/* The results of n numbers at x; softmax: of their powers, or with AGAIN, which are formed again.  If `ahead` is not 0 the
 * stores are aligned, and what is so far off is asked for. */
INLINE void M(row_results)(const int KIND, const int MODE, const int AGAIN, const M(heat) * h, const M(frame) * f, S m,
                           M(inverse) last, const S *x, S *y, size_t n, ptrdiff_t ahead)
{
    const PACK top = C(m), hi = C(last.hi), lo = C(last.lo);
    size_t i = 0;
#define RESULTS(COUNT, LEFT)                                                                            \
    do {                                                                                                \
        PACK a = M(get)(COUNT, x + i, LEFT, 0);                                                         \
        if (AGAIN)                                                                                      \
            a = M(weight)(COUNT, MODE, f, h->words, a);                                                 \
        M(put)(COUNT, y + i, LEFT, M(result)(COUNT, KIND, MODE, h, top, hi, lo, a));                    \
    } while (0)
    const size_t head = ahead && n >= M(TILE) ? -(uintptr_t)y / sizeof(S) % M(W) : 0;
    if (head)
        RESULTS(1, head);
    i = head;
    for (; i + M(TILE) <= n; i += M(TILE)) {
        if (ahead) {
            M(ask_for)(x + i + ahead, M(TILE) * sizeof(S));
            M(ask_for)(y + i + ahead, M(TILE) * sizeof(S));
        }
        RESULTS(UNROLL, M(TILE));
    }
    for (; i < n; i += M(W))
        RESULTS(1, n - i);
#undef RESULTS
}
/* The maximum of the row `next` comes back: it is found while the sum of this one is on its way.  (A row asked for while
 * the powers of the one before are formed: 4096 x 1000 35 % faster; two rows ahead, or asking for y, no better.) */
INLINE S M(one_row)(const int KIND, const int MODE, const M(heat) * h, const S *x, S *y, size_t n, S top, const S *next)
{
    const M(frame) f = M(frame_of)(MODE, h->scaled, C(top));
    const M(sums) t = M(row_sums)(KIND == M(SHARE), MODE, h, &f, x, KIND == M(NUMBER) ? NULL : y, n, next);
    const S m = next == x ? top : M(row_top)(next, n);
    const M(inverse) last = KIND != M(SHARE) ? M(close_one)(KIND, h, top, M(others_of)(t))
                            : n <= M(RUN)    ? M(invert_run)(t.run_high, t.run_low)
                                             : M(invert_sum)(t.high, t.low);
    if (KIND == M(NUMBER))
        *y = last.hi;
    else
        M(row_results)(KIND, MODE, 0, h, &f, top, last, KIND == M(SHARE) ? y : x, y, n, 0);
    if (__builtin_expect(last.hi != last.hi, 0))
        M(fill)((S)NAN, y, KIND == M(NUMBER) ? 1 : n, 1);
    return m;
}
static __attribute__((noinline)) void M(row_shifted)(const int kind, const M(heat) * h, const S *x, S *y, size_t n, S m)
{
    if (UNUSUAL(m))
        M(unusual_result)(kind, m, M(unusual)(x, n, 1), M(place)(x, n, 1), y, n, 1);
    else
        (void)M(one_row)(kind, M(SCALED), h, x, y, n, m, x);
}
INLINE void M(in_turn)(const int KIND, const M(heat) * h, const S *x, S *y, size_t n, size_t rows)
{
    const size_t step = KIND == M(NUMBER) ? 1 : n;
    S m = M(row_top)(x, n);
    for (; rows; rows--, x += n, y += step) {
        const S *next = rows > 1 ? x + n : x;
        if (h->scaled || !(ABS(m) < FAR)) {
            M(row_shifted)(KIND, h, x, y, n, m);
            m = M(row_top)(next, n);
        } else {
            m = M(one_row)(KIND, M(DIRECT), h, x, y, n, m, next);
        }
    }
}
/* W rows of up to NARROW numbers, with WHOLE a multiple of 4 LANES: what a row has one of is formed for all of them in
 * the lanes.  0 where it is not for here. */
INLINE int M(batch)(const int KIND, const int WHOLE, const M(heat) * h, const S *x, S *y, size_t n, const S *ahead)
{
    enum { V = M(LANES), W = M(W) };
    S a[W * W] __attribute__((aligned(64))), b[W * W] __attribute__((aligned(64)));
    S copy[W * M(NEAREST)] __attribute__((aligned(64)));
    S zn[W], rm[W], live[W], hi[W], lo[W];
    double lows[W];
    const int share = KIND == M(SHARE);
    const int near =
        share && !WHOLE && n < M(NEAREST); /* lines are not crossed there; more would not stay in the cache */
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
    const M(reg) top = M(most_across)(a);
    const int U = 1;
    if (any(not_lt(andnot(C((S)-0.0), M(alike)(top)), C(FAR))))
        return 0;
    {
        const M(frame) f = M(frame_of)(M(DIRECT), 0, M(alike)(top));
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
        M(wide) wide = M(no_wide)();
        for (size_t i = 0; i < n; i += 4 * V) {
            PACK e[4];
            M(ask)(ahead + r * n + i);
            if (KIND == M(LOGARITHM))
                M(ask)(y + r * n + i);
            M(four)(share, M(DIRECT), &f, h->words, from + i, to + i, WHOLE ? 4 * V : n - i, e);
            const PACK cut = M(add_four)(e, &sum);
            if (share)
                rest = add(rest, cut);
            else
                M(accumulate)(wide.d, cut);
        }
        sum = sub(sum, C(GREAT));
        for (int half = M(REGS) / 2; half; half /= 2)
            for (int k = 0; k < half; k++) {
                sum.r[k] = M(add)(sum.r[k], sum.r[k + half]);
                rest.r[k] = M(add)(rest.r[k], rest.r[k + half]);
            }
        M(store)(a + r * W, sum.r[0]);
        M(store)(b + r * W, rest.r[0]);
        lows[r] = share ? 0 : M(wide_sum)(wide.d);
    }
    const M(last) last =
        M(last_of)(KIND, M(DIRECT), h, top, M(sums_across)(a), M(sums_across)(b), load_f64p(M(HALVES), lows));
    if (KIND == M(NUMBER)) {
        M(store)(y, last.hi);
    } else {
        M(store)(hi, last.hi);
        M(store)(lo, last.lo);
        for (size_t r = 0; r < W; r++) {
            S *at = y + r * n;
            const S *from = share ? keep + r * each : x + r * n;
            const PACK up = C(hi[r]), down = C(lo[r]);
            size_t i = 0;
            for (; i + 4 * W <= n; i += 4 * W)
                M(put)(4, at + i, 4 * W, M(result)(4, KIND, M(DIRECT), h, up, up, down, M(get)(4, from + i, 4 * W, 0)));
            for (; !WHOLE && i < n; i += W)
                M(put)(1, at + i, n - i, M(result)(1, KIND, M(DIRECT), h, up, up, down, M(get)(1, from + i, n - i, 0)));
        }
    }
    if (__builtin_expect(last.odd, 0))
        M(odd_after)(KIND, NULL, last.hi, y, n, KIND == M(NUMBER) ? 1 : n, 1, W);
    return 1;
}
INLINE void M(rows_in)(const int KIND, const M(heat) * h, const S *x, S *y, size_t n, size_t rows)
{
    const size_t step = KIND == M(NUMBER) ? 1 : n;
    for (size_t some; rows; rows -= some, x += some * n, y += some * step) {
        const S *next = rows >= 2 * M(W) ? x + M(W) * n : x;
        const int side = n <= M(NARROW) && !h->scaled && rows >= M(W);
        some = side ? M(W) : rows;
        if (!side || !(n % (4 * M(LANES)) ? M(batch)(KIND, 0, h, x, y, n, next) : M(batch)(KIND, 1, h, x, y, n, next)))
            M(in_turn)(KIND, h, x, y, n, some);
    }
}

/* -- short rows ------------------------------------------------------------------------------------------- */
/* `w` <= W columns of n <= SHORT numbers, `step` apart.  UNROLL numbers of each column are worked on at once. */
INLINE M(reg) M(strip_max)(const int FULL, const S *x, size_t n, size_t step, size_t w)
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
/* The powers of softmax are kept in e: y may be lines a power of two apart, which push each other out of the cache. */
typedef struct {
    M(reg) high, low;
    f64p wide;
} M(strip_sum);
INLINE M(strip_sum) M(strip_sums)(const int KIND, const int MODE, const int FULL, const M(heat) * h, const S *x, S *e,
                                  size_t n, size_t step, size_t w, M(reg) m)
{
    const M(frame) f = M(frame_of)(MODE, h->scaled, M(alike)(m));
    const M(frame) all = {M(alike)(f.shift.r[0]), M(alike)(f.zn.r[0]), M(alike)(f.rm.r[0]), M(alike)(f.live.r[0])};
    const M(reg) great = M(splat)(GREAT);
    M(strip_sum) s = {great, M(splat)(0), D(0)};
    for (size_t i = 0; i < n; i += UNROLL) {
        PACK a;
        for (size_t k = 0; k < 4; k++) {
            const S *at = x + (i + (i + k < n && k < UNROLL ? k : 0)) * step;
            a.r[k] = FULL ? M(load)(at) : M(load_part)(at, w);
        }
        a = M(weight)(UNROLL, MODE, &all, h->words, a);
        for (size_t k = 0; k < UNROLL; k++)
            if (i + k < n) {
                if (KIND == M(SHARE))
                    M(store)(e + (i + k) * M(W), a.r[k]);
                const M(reg) next = M(add)(s.high, a.r[k]);
                const M(reg) cut = M(sub)(a.r[k], M(sub)(next, s.high));
                if (KIND == M(SHARE))
                    s.low = M(add)(s.low, cut);
                else
                    s.wide = add_f64p(M(HALVES), s.wide, WIDEN(cut));
                s.high = next;
            }
    }
    s.high = M(sub)(s.high, great);
    return s;
}
INLINE void M(strip_results)(const int KIND, const int MODE, const int FULL, const M(heat) * h, const S *x, const S *e,
                             S *y, size_t n, size_t step, size_t w, M(reg) m, M(last) last)
{
    for (size_t i = 0; i < (KIND == M(NUMBER) ? 1 : n); i++) {
        S *at = y + i * step;
        M(reg) a = last.hi;
        if (KIND != M(NUMBER)) {
            a = KIND == M(SHARE) ? M(load)(e + i * M(W)) : FULL ? M(load)(x + i * step) : M(load_part)(x + i * step, w);
            a = M(result)(1, KIND, MODE, h, M(alike)(m), M(alike)(last.hi), M(alike)(last.lo), M(alike)(a)).r[0];
        }
        if (FULL)
            M(store)(at, a);
        else
            M(store_part)(at, a, w);
    }
}
INLINE M(last) M(strip_in)(const int KIND, const int MODE, const int FULL, const M(heat) * h, const S *x, S *y,
                           size_t n, size_t step, size_t w, M(reg) m)
{
    S e[M(SHORT) * M(W)] __attribute__((aligned(64)));
    const M(strip_sum) s = M(strip_sums)(KIND, MODE, FULL, h, x, e, n, step, w, m);
    const M(last) last = M(last_of)(KIND, MODE, h, m, s.high, s.low, s.wide);
    M(strip_results)(KIND, MODE, FULL, h, x, e, y, n, step, w, m, last);
    return last;
}
static __attribute__((noinline)) void M(strip_shifted)(const int kind, const M(heat) * h, const S *x, S *y, size_t n,
                                                       size_t step, size_t w, M(reg) m)
{
    M(odd) odd;
    M(store)(odd.m, m);
    M(odd_before)(&odd, x, n, step, w);
    M(odd_after)(kind, &odd, M(strip_in)(kind, M(SCALED), 0, h, x, y, n, step, w, m).hi, y, n, 1, step, w);
}
INLINE void M(strip)(const int KIND, const int FULL, const M(heat) * h, const S *x, S *y, size_t n, size_t step,
                     size_t w)
{
    const int U = 1;
    const M(reg) m = M(strip_max)(FULL, x, n, step, w);
    if (h->scaled || any(not_lt(andnot(C((S)-0.0), M(alike)(m)), C(FAR)))) {
        M(strip_shifted)(KIND, h, x, y, n, step, w, m);
        return;
    }
    const M(last) last = M(strip_in)(KIND, M(DIRECT), FULL, h, x, y, n, step, w, m);
    if (__builtin_expect(last.odd, 0))
        M(odd_after)(KIND, NULL, last.hi, y, n, 1, step, w);
}

/* One short row: the same numbers, added up in the same order. */
INLINE void M(one_short)(const int KIND, const int MODE, const M(heat) * h, const S *x, S *y, size_t n, S m)
{
    S e[M(SHORT) + M(W)];
    const M(frame) f = M(frame_of)(MODE, h->scaled, C(m));
    for (size_t i = 0; i < n; i += M(W))
        M(store)(e + i, M(weight)(1, MODE, &f, h->words, M(get)(1, x + i, n - i, m)).r[0]);
    S sum = GREAT, rest = 0;
    double low = 0;
    for (size_t i = 0; i < n; i++) {
        const S next = sum + e[i], cut = e[i] - (next - sum);
        rest += cut;
        low += (double)cut;
        sum = next;
    }
    const M(last) last = M(last_of)(KIND, MODE, h, M(splat)(m), M(splat)(sum - (S)GREAT), M(splat)(rest), D(low));
    if (KIND == M(NUMBER))
        M(put)(1, y, 1, M(alike)(last.hi));
    else
        for (size_t i = 0; i < n; i += M(W)) {
            const PACK a = KIND == M(SHARE) ? M(alike)(M(load)(e + i)) : M(get)(1, x + i, n - i, 0);
            M(put)(1, y + i, n - i, M(result)(1, KIND, MODE, h, C(m), M(alike)(last.hi), M(alike)(last.lo), a));
        }
    if (__builtin_expect(last.odd, 0))
        M(fill)((S)NAN, y, KIND == M(NUMBER) ? 1 : n, 1);
}
static __attribute__((noinline)) void M(one_short_shifted)(const int kind, const M(heat) * h, const S *x, S *y,
                                                           size_t n, S m)
{
    if (UNUSUAL(m))
        M(unusual_result)(kind, m, M(unusual)(x, n, 1), M(place)(x, n, 1), y, n, 1);
    else
        M(one_short)(kind, M(SCALED), h, x, y, n, m);
}
/* `count` times W rows side by side, stage by stage, so that none waits for what another has one of: log_softmax of 4 to 16
 * numbers .8 to .9 of the time, softmax .9 to .95 (100000 x 10, which no cache holds, 1.05).  Two at once: less of that; eight:
 * the same; asking for what comes next: up to a tenth slower. */
enum { M(AT_ONCE) = 4 };
INLINE void M(strips)(const int KIND, const M(heat) * h, const S *x, S *y, size_t n, size_t count)
{
    enum { W = M(W) };
    const int U = 1;
    S a[M(AT_ONCE)][M(SHORT) * W] __attribute__((aligned(64))),
        e[M(AT_ONCE)][M(SHORT) * W] __attribute__((aligned(64)));
    M(reg) m[M(AT_ONCE)];
    M(strip_sum) s[M(AT_ONCE)];
    M(last) last[M(AT_ONCE)];
    const size_t each = KIND == M(NUMBER) ? W : W * n;
    int far = h->scaled;
    for (size_t b = 0; b < count; b++)
        M(lanes_in)(x + b * W * n, n, a[b], W);
    for (size_t b = 0; b < count; b++) {
        m[b] = M(strip_max)(1, a[b], n, W, W);
        far |= any(not_lt(andnot(C((S)-0.0), M(alike)(m[b])), C(FAR)));
    }
    if (far) {
        for (size_t b = 0; b < count; b++)
            M(strip_shifted)(KIND, h, a[b], KIND == M(NUMBER) ? y + b * W : a[b], n, W, W, m[b]);
    } else {
        for (size_t b = 0; b < count; b++)
            s[b] = M(strip_sums)(KIND, M(DIRECT), 1, h, a[b], e[b], n, W, W, m[b]);
        for (size_t b = 0; b < count; b++)
            last[b] = M(last_of)(KIND, M(DIRECT), h, m[b], s[b].high, s[b].low, s[b].wide);
        for (size_t b = 0; b < count; b++) {
            S *to = KIND == M(NUMBER) ? y + b * W : a[b];
            M(strip_results)(KIND, M(DIRECT), 1, h, a[b], e[b], to, n, W, W, m[b], last[b]);
            if (__builtin_expect(last[b].odd, 0))
                M(odd_after)(KIND, NULL, last[b].hi, to, n, 1, W, W);
        }
    }
    for (size_t b = 0; b < count && KIND != M(NUMBER); b++)
        M(lanes_out)(a[b], W, n, y + b * each);
}
INLINE void M(short_in)(const int KIND, const M(heat) * h, const S *x, S *y, size_t n, size_t rows)
{
    /* From so many rows on they take less time side by side, with rows of 0 at the end. */
    enum { SOME = (int)M(W) < 4 ? (int)M(W) : 4 };
    const size_t step = KIND == M(NUMBER) ? 1 : n;
    S copy[M(SHORT) * M(W)];
    for (size_t some; rows >= SOME; rows -= some, x += some * n, y += some * step) {
        const size_t whole = rows / M(W), count = whole < M(AT_ONCE) ? whole : M(AT_ONCE);
        if (count) {
            some = count * M(W);
            M(strips)(KIND, h, x, y, n, count);
        } else {
            some = rows;
            __builtin_memcpy(copy, x, some * n * sizeof(S));
            __builtin_memset(copy + some * n, 0, (M(W) - some) * n * sizeof(S));
            M(strips)(KIND, h, copy, copy, n, 1);
            __builtin_memcpy(y, copy, some * step * sizeof(S));
        }
    }
    for (; rows; rows--, x += n, y += step) {
        M(reg) best = M(splat)(-INFINITY);
        for (size_t i = 0; i < n; i += M(W))
            best = M(at_least)(best, M(get)(1, x + i, n - i, -INFINITY).r[0]);
        const S m = M(max_lanes)(best);
        if (h->scaled || !(ABS(m) < FAR))
            M(one_short_shifted)(KIND, h, x, y, n, m);
        else
            M(one_short)(KIND, M(DIRECT), h, x, y, n, m);
    }
}

/* -- columns of more than SHORT numbers ------------------------------------------------------------------ */
/* The lanes of the columns, those that `left` numbers reach, as a tree; to high and low unless softmax needs one run. */
INLINE void M(columns_total)(const int KEEP, const int N, int more, size_t left, M(reg) (*sum)[M(STRIPS)],
                             M(reg) (*rest)[M(STRIPS)], f64p (*wide)[M(STRIPS)], double *high, double *low)
{
    enum { U = M(HALVES) };
    const M(reg) great = M(splat)(GREAT);
    for (int c = 0; c < N; c++) {
        for (size_t l = 0; l < M(LANES); l++) {
            sum[l][c] = l < left ? M(sub)(sum[l][c], great) : M(splat)(0);
            rest[l][c] = KEEP && l < left ? rest[l][c] : M(splat)(0);
            if (!KEEP && l >= left)
                wide[l][c] = D(0);
        }
        for (int half = M(LANES) / 2; half; half /= 2)
            for (int l = 0; l < half; l++) {
                sum[l][c] = M(add)(sum[l][c], sum[l + half][c]);
                if (KEEP)
                    rest[l][c] = M(add)(rest[l][c], rest[l + half][c]);
                else
                    wide[l][c] = add(wide[l][c], wide[l + half][c]);
            }
        if (KEEP && !more)
            continue;
        S a[M(W)], b[M(W)];
        double d[M(W)];
        M(store)(a, sum[0][c]);
        M(store)(b, rest[0][c]);
        if (!KEEP)
            store_f64p(U, d, wide[0][c]);
        for (int j = 0; j < M(W); j++) {
            high[c * M(W) + j] += (double)a[j];
            low[c * M(W) + j] += KEEP ? (double)b[j] : d[j];
        }
    }
}
/* N strips of W columns, or one of w: their powers, which go to `keep` as well if KEEP, and sums.  y is asked for. */
INLINE void M(columns_sums)(const int KEEP, const int MODE, const int N, const int FULL, int more, const M(heat) * h,
                            const S *x, size_t from, S *keep, size_t each, size_t n, size_t w, const M(reg) * m,
                            M(reg) (*sum)[M(STRIPS)], M(reg) (*rest)[M(STRIPS)], double *high, double *low, const S *y,
                            size_t step)
{
    enum { V = M(LANES) };
    const M(reg) great = M(splat)(GREAT);
    f64p wide[V][M(STRIPS)];
    S zn[M(SPAN)], rm[M(SPAN)], live[M(SPAN)], shift[M(SPAN)];
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
                        if (y && i < n && k < UNROLL)
                            __builtin_prefetch(y + i * step + c * M(W));
                    }
                    a = M(weight)(UNROLL, MODE, &f, h->words, a);
                    for (int k = 0; k < UNROLL; k++) {
                        const size_t i = q + l + (size_t)(g + k) * V;
                        S *to = keep + i * each + c * M(W);
                        e[g + k] = i < n ? a.r[k] : M(splat)(0);
                        if (KEEP && i < n && FULL)
                            M(store)(to, a.r[k]);
                        else if (KEEP && i < n)
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
                if (KEEP)
                    rest[l][c] = M(add)(q % M(RUN) ? rest[l][c] : M(splat)(0), t);
                else
                    wide[l][c] = add_f64p(M(HALVES), q % M(RUN) ? wide[l][c] : D(0), WIDEN(t));
            }
            if (l == V - 1 || q + l + 1 == n)
                if (q % M(RUN) == M(RUN) - 4 * V || q + 4 * V >= n)
                    M(columns_total)(KEEP, N, more, n - q / M(RUN) * M(RUN), sum, rest, wide, high, low);
        }
}
/* N strips of W columns, or one of w.
 *
 * For n = 64 the powers take 0.2 ns a number (18 operations of 21, two a cycle), which is what they must; reading x and
 * writing y take 0.14 and 0.2 ns more, much of it after one another.  Did not help: strips one after the other (n = 1000
 * 8 % faster, 4096 x 128 a third slower); spans of half or twice the width; the powers of n <= 1000 in 256 KiB of
 * scratch (faster where lines are a power of two apart, 15 % slower elsewhere); asking for y ahead, or for x where
 * n > NEAR (20 % slower); asking for x where n <= NEAR (64 x 8192 10 % faster, 128 x 256 5 % slower). */
INLINE void M(columns_in)(const int KIND, const int MODE, const int N, const int FULL, const M(heat) * h, const S *x,
                          size_t from, S *keep, size_t each, S *y, size_t n, size_t step, size_t w, const M(reg) * m,
                          M(last) * last)
{
    double high[M(SPAN)] = {0}, low[M(SPAN)] = {0};
    M(reg) sum[M(LANES)][M(STRIPS)], rest[M(LANES)][M(STRIPS)];
    M(columns_sums)(KIND == M(SHARE), MODE, N, FULL, n > M(RUN), h, x, from, keep, each, n, w, m, sum, rest, high, low,
                    KIND == M(NUMBER) ? NULL : y, step);
    for (int c = 0; c < N; c++)
        if (KIND == M(SHARE) && n <= M(RUN))
            last[c] = M(last_of)(KIND, MODE, h, m[c], sum[0][c], rest[0][c], D(0));
        else
            last[c] = M(last_of_runs)(KIND, MODE, h, m[c], high + c * M(W), low + c * M(W));
    /* Parts of registers from several rows at once: one on its way to memory holds up the loads of what lies beside it. */
    const size_t some = FULL ? 1 : UNROLL, count = KIND == M(NUMBER) ? 1 : n, pitch = KIND == M(SHARE) ? each : from;
    for (size_t i = 0; i < count; i += some)
        for (int c = 0; c < N; c++) {
            PACK a = M(alike)(last[c].hi);
            if (KIND != M(NUMBER)) {
                for (size_t k = 0; k < 4; k++) {
                    const S *at =
                        (KIND == M(SHARE) ? keep : x) + (i + (i + k < n && k < some ? k : 0)) * pitch + c * M(W);
                    a.r[k] = FULL ? M(load)(at) : M(load_part)(at, w);
                }
                a = M(result)(FULL ? 1 : UNROLL, KIND, MODE, h, M(alike)(m[c]), M(alike)(last[c].hi),
                              M(alike)(last[c].lo), a);
            }
            for (size_t k = 0; k < some && i + k < count; k++) {
                S *to = y + (i + k) * step + c * M(W);
                if (FULL)
                    M(store)(to, a.r[k]);
                else
                    M(store_part)(to, a.r[k], w);
            }
        }
}
static __attribute__((noinline)) void M(columns_shifted)(const int kind, const M(heat) * h, const S *x, S *y, size_t n,
                                                         size_t step, size_t w, M(reg) m)
{
    M(odd) odd;
    M(last) last;
    M(store)(odd.m, m);
    M(odd_before)(&odd, x, n, step, w);
    M(columns_in)(kind, M(SCALED), 1, 0, h, x, step, y, step, y, n, step, w, &m, &last);
    M(odd_after)(kind, &odd, last.hi, y, n, 1, step, w);
}
INLINE int M(is_far)(const int N, const M(heat) * h, const M(reg) * m)
{
    const int U = 1;
    int far = h->scaled;
    for (int c = 0; c < N; c++)
        far |= any(not_lt(andnot(C((S)-0.0), M(alike)(m[c])), C(FAR)));
    return far;
}
INLINE void M(span)(const int KIND, const int N, const int FULL, const M(heat) * h, const S *x, S *y, size_t n,
                    size_t step, size_t w)
{
    enum { NEAR = 128, each = M(SPAN) };
    /* What fits beside the rest is worked on here: lines a power of two apart push each other out of the cache, and parts
     * of registers are slow to store and load again. */
    S copy[NEAR * each] __attribute__((aligned(64)));
    const int near = n <= (FULL ? NEAR / 2 : NEAR);
    M(reg) m[M(STRIPS)];
    M(last) last[M(STRIPS)];
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
    if (M(is_far)(N, h, m)) {
        for (int c = 0; c < N; c++)
            M(columns_shifted)(KIND, h, x + c * M(W), y + c * M(W), n, step, FULL ? M(W) : w, m[c]);
        return;
    }
    M(columns_in)(KIND, M(DIRECT), N, FULL, h, near ? copy : x, near ? each : step, near ? copy : y, near ? each : step,
                  y, n, step, w, m, last);
    for (int c = 0; c < N; c++)
        if (__builtin_expect(last[c].odd, 0))
            M(odd_after)(KIND, NULL, last[c].hi, y + c * M(W), n, 1, step, FULL ? M(W) : w);
}
INLINE void M(columns_of)(const int KIND, const M(heat) * h, const S *x, S *y, size_t n, size_t step, size_t w)
{
    /* Strips of whole lines of y, in every row where rows are whole lines: stores that cross lines cost 15 %. */
    const size_t past = (uintptr_t)y / sizeof(S) % M(W), head = past && w >= 8 * M(SPAN) ? M(W) - past : 0;
    size_t c = head;
    if (n <= M(SHORT)) {
        if (head)
            M(strip)(KIND, 0, h, x, y, n, step, head);
        for (; c + M(W) <= w; c += M(W))
            M(strip)(KIND, 1, h, x + c, y + c, n, step, M(W));
        if (c < w)
            M(strip)(KIND, 0, h, x + c, y + c, n, step, w - c);
        return;
    }
    if (head)
        M(span)(KIND, 1, 0, h, x, y, n, step, head);
    for (; c + M(SPAN) <= w; c += M(SPAN))
        M(span)(KIND, M(STRIPS), 1, h, x + c, y + c, n, step, M(W));
    for (; c < w; c += M(W))
        M(span)(KIND, 1, 0, h, x + c, y + c, n, step, w - c < M(W) ? w - c : M(W));
}

/* -- blocks of longer rows and columns -------------------------------------------------------------------- */
/* Maximum of a block, and sum without one maximum (unusual, where that is not finite).  The powers are formed again for
 * the results: keeping them means a pass more over y.  Stores past the cache did not help (1 x 10^6, 64 x 50257), nor
 * blocks of 2,048 or 4,096; the block `next` asked for meanwhile took 1 x 10^6 from .82 to .61 ns an element, and results
 * from the last block to the first, which finds the end of the row in the cache, to .53. */
typedef struct { double m, s; } M(piece);
static __attribute__((noinline)) M(piece) M(measure)(const M(heat) * h, const S *x, size_t n, const S *next)
{
    const S m = M(row_top)(x, n);
    if (UNUSUAL(m))
        return (M(piece)){(double)m, M(unusual)(x, n, 1)};
    const int far = h->scaled || !(ABS(m) < FAR);
    const M(frame) f = far ? M(frame_of)(M(SCALED), h->scaled, C(m)) : M(frame_of)(M(DIRECT), 0, C(m));
    const M(sums) t =
        far ? M(row_sums)(0, M(SCALED), h, &f, x, NULL, n, next) : M(row_sums)(0, M(DIRECT), h, &f, x, NULL, n, next);
    return (M(piece)){(double)m + 0.0, M(others_of)(t)};
}
/* What gives the results of a whole row. */
typedef struct {
    S m;
    double s;
    M(inverse) last;
} M(ending);
static M(ending) M(ending_of)(const int kind, const M(heat) * h, double m, double s)
{
    M(ending) e = {(S)m, s, {(S)NAN, (S)NAN}};
    if (UNUSUAL(e.m) || s != s) {
        e.last.hi = s != s ? (S)NAN : e.m; /* logsumexp */
    } else if (kind == M(NUMBER)) {
        e.last = M(close_one)(M(NUMBER), h, e.m, s);
    } else if (kind == M(LOGARITHM)) {
        e.last = M(close_one)(M(LOGARITHM), h, e.m, s);
    } else { /* 2^-LIFT_BITS/(1 + s) */
        const double sum = 1.0 + s, c = 1.0 / sum, b = sum - 1.0;
        const double rest = (1.0 - (sum - b)) + (s - b); /* TwoSum */
        e.last.hi = (S)c * DROP;
        e.last.lo = (S)((c - (double)(S)c) + c * (__builtin_fma(-c, sum, 1.0) - c * rest)) * DROP;
    }
    return e;
}
static __attribute__((noinline)) void M(finish_block)(const int kind, const M(heat) * h, const M(ending) * e,
                                                      const S *x, S *y, size_t n, ptrdiff_t ahead)
{
    const int far = h->scaled || !(ABS(e->m) < FAR);
    if (UNUSUAL(e->m) || e->s != e->s) {
        M(unusual_result)(kind, e->m, e->s, M(place)(x, n, 1), y, n, 1);
        return;
    }
    const M(frame) f = far ? M(frame_of)(M(SCALED), h->scaled, C(e->m)) : M(frame_of)(M(DIRECT), 0, C(e->m));
    if (kind == M(SHARE) && far)
        M(row_results)(M(SHARE), M(SCALED), 1, h, &f, e->m, e->last, x, y, n, ahead);
    else if (kind == M(SHARE))
        M(row_results)(M(SHARE), M(DIRECT), 1, h, &f, e->m, e->last, x, y, n, ahead);
    else if (far)
        M(row_results)(M(LOGARITHM), M(SCALED), 0, h, &f, e->m, e->last, x, y, n, ahead);
    else
        M(row_results)(M(LOGARITHM), M(DIRECT), 0, h, &f, e->m, e->last, x, y, n, ahead);
}

/* The same of w <= W columns. */
static __attribute__((noinline)) void M(measure_columns)(const M(heat) * h, const S *x, size_t n, size_t step, size_t w,
                                                         M(piece) * p)
{
    double high[M(SPAN)] = {0}, low[M(SPAN)] = {0};
    M(reg) sum[M(LANES)][M(STRIPS)], rest[M(LANES)][M(STRIPS)];
    S top[M(W)];
    M(reg) m = M(splat)(-INFINITY);
    for (size_t i = 0; i < n; i++)
        m = M(at_least)(m, M(load_part)(x + i * step, w));
    M(store)(top, m);
    if (M(is_far)(1, h, &m))
        M(columns_sums)(0, M(SCALED), 1, 0, 1, h, x, step, NULL, step, n, w, &m, sum, rest, high, low, NULL, 0);
    else
        M(columns_sums)(0, M(DIRECT), 1, 0, 1, h, x, step, NULL, step, n, w, &m, sum, rest, high, low, NULL, 0);
    for (size_t c = 0; c < w; c++)
        p[c] = (M(piece)){(double)top[c] + 0.0, UNUSUAL(top[c]) ? M(unusual)(x + c, n, step)
                                                                : M(others_of)((M(sums)){high[c], low[c], 0, 0})};
}
static __attribute__((noinline)) void M(finish_columns)(const int kind, const M(heat) * h, const M(ending) * e,
                                                        const S *x, S *y, size_t n, size_t step, size_t w)
{
    const int U = 1;
    S m[M(W)] = {0}, hi[M(W)] = {0}, lo[M(W)] = {0};
    for (size_t c = 0; c < w; c++) {
        m[c] = e[c].m;
        hi[c] = e[c].last.hi;
        lo[c] = e[c].last.lo;
    }
    size_t place[M(W)];
    for (size_t c = 0; c < w; c++)
        place[c] = UNUSUAL(m[c]) ? M(place)(x + c, n, step) : 0;
    const PACK top = M(alike)(M(load)(m)), up = M(alike)(M(load)(hi)), down = M(alike)(M(load)(lo));
    const M(frame) f = M(frame_of)(M(SCALED), h->scaled, top);
    for (size_t i = 0; i < n; i++) {
        PACK a = M(get)(U, x + i * step, w, 0);
        a = kind == M(SHARE)
                ? M(result)(U, M(SHARE), M(SCALED), h, top, up, down, M(weight)(U, M(SCALED), &f, h->words, a))
                : M(result)(U, M(LOGARITHM), M(SCALED), h, top, up, down, a);
        M(put)(U, y + i * step, w, a);
    }
    for (size_t c = 0; c < w; c++)
        if (UNUSUAL(m[c]) || hi[c] != hi[c])
            M(unusual_result)(kind, m[c], e[c].s, place[c], y + c, n, step);
}

/* -- for each kind ------------------------------------------------------------------------------------------ */
/* log_softmax and logsumexp are one body: they differ at the end of a row, and two would be a sixth of all code. */
#define KINDS(name, KIND)                                                                               \
    static __attribute__((noinline)) void M(name##_rows)(const int kind, const M(heat) * h, const S *x, S *y, size_t n, \
                                                         size_t rows)                                   \
    {                                                                                                   \
        M(rows_in)(KIND, h, x, y, n, rows);                                                             \
    }                                                                                                   \
    static __attribute__((noinline)) void M(name##_short)(const int kind, const M(heat) * h, const S *x, S *y, size_t n, \
                                                          size_t rows)                                  \
    {                                                                                                   \
        M(short_in)(KIND, h, x, y, n, rows);                                                            \
    }                                                                                                   \
    static __attribute__((noinline)) void M(name##_columns)(const int kind, const M(heat) * h, const S *x, S *y, \
                                                            size_t n, size_t step, size_t w)            \
    {                                                                                                   \
        M(columns_of)(KIND, h, x, y, n, step, w);                                                       \
    }
KINDS(share, M(SHARE))
KINDS(log, kind == M(NUMBER) ? (int)M(NUMBER) : (int)M(LOGARITHM))
#undef KINDS

/* The calls of rows.h for the float type REAL. */

typedef struct { double m, s, rest; } M(joined);

/* Two stretches of a row, the second after the first: maximum, and sum without one maximum. */
static M(joined) M(join)(M(joined) a, double m, double s, double over)
{
    const int up = a.m < m; /* the second has the larger maximum */
    double f = 1;
    if (a.m != m) {
        const double x = up ? a.m : m, top = up ? m : a.m, d = x - top, b = d - x, p = d * over;
        f = row_exp(p);
        if (f > 0) /* what x - top and the product are rounded by */
            f += f * (__builtin_fma(d, over, -p) + ((x - (d - b)) - (top + b)) * over);
    }
    double add = (1 + s) * f;
    if (up) {
        add = (1 + a.s) * f + a.rest * f;
        a = (M(joined)){m, s, 0};
    }
    const double t = a.s + add, b = t - a.s;
    a.rest += (a.s - (t - b)) + (add - b);
    a.s = t;
    return a;
}

/* A row of any length. */
static M(ending) M(measure_long)(const int kind, const M(heat) * h, const S *x, size_t n)
{
    M(joined) all = {0, 0, 0};
    for (size_t i = 0; i < n; i += FA_ROW_BLOCK) {
        const int last = n - i <= FA_ROW_BLOCK;
        const M(piece) p = M(measure)(h, x + i, last ? n - i : FA_ROW_BLOCK, x + i + (last ? 0 : FA_ROW_BLOCK));
        all = i ? M(join)(all, p.m, p.s, h->over) : (M(joined)){p.m, p.s, 0};
    }
    return M(ending_of)(kind, h, all.m, all.s + all.rest);
}

/* A sum of blocks: with m = 0 everywhere the join of the maxima is a compensated addition. */
typedef struct { double s, rest; } M(total);
static M(total) M(plus)(M(total) a, double add)
{
    const double t = a.s + add, b = t - a.s;
    a.rest += (a.s - (t - b)) + (add - b);
    a.s = t;
    return a;
}

/* e^y, y <= 0 */
PACK_FN PACK M(back_exp)(const int U, PACK y)
{
    const M(frame) f = M(frame_of)(M(DIRECT), 0, C(0));
    return mul(M(weight)(U, M(DIRECT), &f, (M(inverse)){0, 0}, y), C(DROP));
}
/* What a sum makes of y and grad; softmax with PRODUCT, else log_softmax. */
typedef struct { PACK at, hi, lo, over; } M(shares);
PACK_FN PACK M(back_plain)(const int U, const int PRODUCT, const M(shares) * s, PACK y, PACK g)
{
    if (PRODUCT)
        return mul(y, sub(sub(g, s->hi), s->lo));
    const PACK e = M(back_exp)(U, y);
    return fnma(e, s->lo, fnma(e, s->hi, g));
}
/* The same with a gradient taken off, and a temperature. */
PACK_FN PACK M(back)(const int U, const int PRODUCT, const M(shares) * s, PACK y, PACK g)
{
    return mul(M(back_plain)(U, PRODUCT, s, y, PRODUCT ? sub(g, s->at) : g), s->over);
}
enum { M(AHEAD) = 8192 / sizeof(S) };
/* The stores are aligned; what is read and written `ahead` of it is asked for meanwhile. */
INLINE void M(row_back)(const int PRODUCT, const int PLAIN, S at, double sum, S over, const S *y, const S *grad, S *out,
                        size_t n, ptrdiff_t ahead)
{
    const S hi = (S)sum, lo = (S)(sum - (double)hi);
    const M(shares) s = {C(at), C(hi), C(lo), C(over)};
    size_t i = 0, head = -(uintptr_t)out / sizeof(S) % M(W);
#define BACK(COUNT, LEFT)                                                                               \
    do {                                                                                                \
        const PACK a = M(get)(COUNT, y + i, LEFT, 0), g = M(get)(COUNT, grad + i, LEFT, 0);             \
        M(put)(COUNT, out + i, LEFT, PLAIN ? M(back_plain)(COUNT, PRODUCT, &s, a, g) : M(back)(COUNT, PRODUCT, &s, a, g)); \
    } while (0)
    if (head && n >= 4 * M(TILE)) {
        BACK(1, head);
        i = head;
    }
    for (; i + M(TILE) <= n; i += M(TILE)) {
        M(ask_for)(y + i + ahead, M(TILE) * sizeof(S));
        M(ask_for)(grad + i + ahead, M(TILE) * sizeof(S));
        M(ask_for)(out + i + ahead, M(TILE) * sizeof(S));
        BACK(UNROLL, M(TILE));
    }
    for (; i < n; i += M(W))
        BACK(1, n - i);
#undef BACK
}
static __attribute__((noinline)) void M(softmax_back)(S at, double dot, S over, const S *y, const S *grad, S *out,
                                                      size_t n, ptrdiff_t ahead)
{
    if (at == 0 && !__builtin_signbit(at) && over == 1)
        M(row_back)(1, 1, at, dot, over, y, grad, out, n, ahead);
    else
        M(row_back)(1, 0, at, dot, over, y, grad, out, n, ahead);
}
static __attribute__((noinline)) void M(log_back)(double sum, S over, const S *y, const S *grad, S *out, size_t n,
                                                  ptrdiff_t ahead)
{
    M(row_back)(0, 0, 0, sum, over, y, grad, out, n, ahead);
}

/* Rows of four virtual vectors, each read once: in the cache nine tenths to three quarters of the time. */
INLINE void M(rows_near)(const int PRODUCT, const S *y, const S *grad, S *out, size_t rows)
{
    enum { U = M(REGS), V = M(LANES), N = 4 * V };
    for (; rows; rows--, y += N, grad += N, out += N) {
        PACK a[4], g[4], e[4];
        M(wide) w = M(no_wide)();
        M(ask_for)(y + M(AHEAD), N * sizeof(S));
        M(ask_for)(grad + M(AHEAD), N * sizeof(S));
        M(ask_for)(out + M(AHEAD), N * sizeof(S));
        for (size_t k = 0; k < 4; k++) {
            a[k] = M(get)(U, y + k * V, V, 0);
            g[k] = M(get)(U, grad + k * V, V, 0);
            e[k] = PRODUCT ? mul(a[k], g[k]) : g[k];
        }
        M(accumulate)(w.d, add(add(e[0], e[1]), add(e[2], e[3])));
        double sum = M(wide_sum)(w.d);
        if (PRODUCT && any(gt(at_least(at_least(a[0], a[1]), at_least(a[2], a[3])), C(HALF)))) {
            const S at = M(grad_at)(y, grad, N);
            for (size_t k = 0; k < 4; k++) {
                g[k] = sub(g[k], C(at));
                e[k] = mul(a[k], g[k]);
            }
            w = M(no_wide)();
            M(accumulate)(w.d, add(add(e[0], e[1]), add(e[2], e[3])));
            sum = M(wide_sum)(w.d);
        }
        const S hi = (S)sum;
        const M(shares) s = {C(0), C(hi), C((S)(sum - (double)hi)), C(1)};
        for (size_t k = 0; k < 4; k++)
            M(put)(U, out + k * V, V, M(back_plain)(U, PRODUCT, &s, a[k], g[k]));
    }
}
static __attribute__((noinline)) void M(near_product)(const S *y, const S *grad, S *out, size_t rows)
{
    M(rows_near)(1, y, grad, out, rows);
}
static __attribute__((noinline)) void M(near_plain)(const S *y, const S *grad, S *out, size_t rows)
{
    M(rows_near)(0, y, grad, out, rows);
}

/* -- the loops ----------------------------------------------------------------------------------------- */
/* kind: one of kernel.h, or of these */
enum { M(SHARE_GRAD) = 3, M(SOFTMAX_BACK), M(LOG_BACK) };

static void M(times)(S factor, S *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] *= factor;
}
static S M(factor)(S grad, const M(heat) * h) { return (S)((double)grad * h->over); }

/* Backward of rows of up to FA_ROW_BLOCK numbers: step by step for a few rows, so that none waits for what another has
 * one of. */
static void M(rows_back)(const int kind, const fa_row_call *call, size_t begin, size_t end)
{
    enum { AT_ONCE = 16, NEAR = 4096 / sizeof(S) };
    const size_t n = call->n, batch = n * AT_ONCE <= NEAR ? AT_ONCE : n < NEAR ? NEAR / n : 1;
    const M(heat) h = M(heat_of)(call->temperature);
    if (n == 4 * M(LANES) && h.over == 1) {
        const S *x = (const S *)call->x + begin * n, *grad = (const S *)call->grad + begin * n;
        (kind == M(SOFTMAX_BACK) ? M(near_product) : M(near_plain))(x, grad, (S *)call->out + begin * n, end - begin);
        return;
    }
    for (size_t o = begin; o < end; o += batch) {
        const size_t rows = end - o < batch ? end - o : batch, ahead = end - o >= 2 * batch ? batch * n : 0;
        const S *x = (const S *)call->x + o * n, *grad = (const S *)call->grad + o * n;
        S *out = (S *)call->out + o * n, at[AT_ONCE];
        double sum[AT_ONCE];
        if (kind == M(SOFTMAX_BACK)) {
            for (size_t r = 0; r < rows; r++) {
                const S *y = x + r * n, *g = grad + r * n;
                int most;
                at[r] = 0;
                sum[r] = M(row_sum_product)(y, g, n, ahead, &most);
                if (most) {
                    at[r] = M(grad_at)(y, g, n);
                    sum[r] = M(row_sum_taken)(at[r], y, g, n, 0);
                }
            }
            for (size_t r = 0; r < rows; r++)
                M(softmax_back)(at[r], sum[r], (S)h.over, x + r * n, grad + r * n, out + r * n, n, (ptrdiff_t)ahead);
        } else {
            for (size_t r = 0; r < rows; r++)
                sum[r] = M(row_sum_plain)(x + r * n, grad + r * n, n, ahead);
            for (size_t r = 0; r < rows; r++)
                M(log_back)(sum[r], (S)h.over, x + r * n, grad + r * n, out + r * n, n, (ptrdiff_t)ahead);
        }
    }
}
static S M(greater)(S a, S b) { return b > a ? b : a; }
/* Of a row in blocks: the sum, and the gradient taken off.  (The results go from the end, which is in the cache.) */
static M(total) M(long_sum)(const int product, const S *x, const S *grad, size_t n, S *at)
{
    S peak = -INFINITY;
    M(total) all = {0, 0};
    for (int again = 0; again == 0 || (again == 1 && peak > -INFINITY); again++) {
        *at = again ? peak : 0;
        all = (M(total)){0, 0};
        for (size_t i = 0; i < n; i += FA_ROW_BLOCK) {
            const size_t count = n - i < FA_ROW_BLOCK ? n - i : FA_ROW_BLOCK;
            int most = 0;
            all = M(plus)(all, again     ? M(row_sum_taken)(*at, x + i, grad + i, count, M(AHEAD))
                               : product ? M(row_sum_product)(x + i, grad + i, count, M(AHEAD), &most)
                                         : M(row_sum_plain)(grad + i, grad + i, count, M(AHEAD)));
            if (most)
                peak = M(greater)(peak, M(grad_at)(x + i, grad + i, count));
        }
    }
    return all;
}
static void M(long_row)(const int kind, const M(heat) * h, const S *x, const S *grad, S *out, size_t n)
{
    if (kind == M(SOFTMAX_BACK) || kind == M(LOG_BACK)) {
        S at = 0;
        const M(total) all = M(long_sum)(kind == M(SOFTMAX_BACK), x, grad, n, &at);
        for (size_t end = n, i; end; end = i) {
            i = (end - 1) / M(AHEAD) * M(AHEAD);
            if (kind == M(SOFTMAX_BACK))
                M(softmax_back)(at, all.s + all.rest, (S)h->over, x + i, grad + i, out + i, end - i,
                                -(ptrdiff_t)M(AHEAD));
            else
                M(log_back)(all.s + all.rest, (S)h->over, x + i, grad + i, out + i, end - i, -(ptrdiff_t)M(AHEAD));
        }
        return;
    }
    const int result = kind == M(SHARE_GRAD) ? (int)M(SHARE) : kind;
    const M(ending) e = M(measure_long)(result, h, x, n);
    if (kind == M(NUMBER)) {
        *out = e.last.hi;
        return;
    }
    const S factor = kind == M(SHARE_GRAD) ? M(factor)(*grad, h) : 1;
    for (size_t end = n, i; end; end = i) {
        i = (end - 1) / M(AHEAD) * M(AHEAD);
        M(finish_block)(result, h, &e, x + i, out + i, end - i, -(ptrdiff_t)M(AHEAD));
        if (kind == M(SHARE_GRAD))
            M(times)(factor, out + i, end - i);
    }
}
static void M(long_rows)(const int kind, const fa_row_call *call, size_t begin, size_t end)
{
    const S *x = call->x, *grad = call->grad;
    const size_t n = call->n, grad_step = kind == M(SHARE_GRAD) ? 1 : n, out_step = kind == M(NUMBER) ? 1 : n;
    const M(heat) h = M(heat_of)(call->temperature);
    for (size_t o = begin; o < end; o++)
        M(long_row)(kind, &h, x + o * n, grad ? grad + o * grad_step : x, (S *)call->out + o * out_step, n);
}

/* Rows of up to FA_ROW_BLOCK numbers; logsumexp's gradient is softmax times a number for each row. */
static void M(rows)(const int kind, const fa_row_call *call, size_t begin, size_t end)
{
    typedef void run(int, const M(heat) *, const S *, S *, size_t, size_t);
    static run *const runs[2][2] = {{M(share_rows), M(log_rows)}, {M(share_short), M(log_short)}};
    enum { AT_ONCE = 16 };
    const S *x = call->x, *grad = call->grad;
    S *out = call->out;
    const size_t n = call->n, step = kind == M(NUMBER) ? 1 : n;
    const size_t batch = kind == M(SHARE_GRAD) ? AT_ONCE : end - begin;
    const int result = kind == M(SHARE_GRAD) ? (int)M(SHARE) : kind;
    const M(heat) h = M(heat_of)(call->temperature);
    for (size_t o = begin; o < end; o += batch) {
        const size_t rows = end - o < batch ? end - o : batch;
        S factor[AT_ONCE]; /* out may be grad, where n == 1 */
        if (kind == M(SHARE_GRAD))
            for (size_t r = 0; r < rows; r++)
                factor[r] = M(factor)(grad[o + r], &h);
        runs[n <= M(SHORT)][result != M(SHARE)](result, &h, x + o * n, out + o * step, n, rows);
        if (kind == M(SHARE_GRAD))
            for (size_t r = 0; r < rows; r++)
                M(times)(factor[r], out + (o + r) * n, n);
    }
}

/* grad_at of w <= WIDE columns, 0 where there is none. */
static __attribute__((noinline)) void M(grads_at)(const S *y, const S *grad, size_t n, size_t stride, size_t w, S *at)
{
    enum { U = UNROLL, T = M(TILE) };
    for (size_t c = 0; c < w; c += T)
        M(put)(U, at + c, T, C(-INFINITY));
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < w; c += T) {
            const size_t left = w - c, k = i * stride + c;
            const MASK most = gt(left >= T ? M(get)(U, y + k, T, 0) : M(get)(U, y + k, left, 0), C(HALF));
            if (any(most)) {
                const PACK best = M(get)(U, at + c, T, 0);
                M(put)(U, at + c, T, select(most, at_least(best, M(get)(U, grad + k, left, 0)), best));
            }
        }
    for (size_t c = 0; c < w; c++)
        at[c] = at[c] > -INFINITY ? at[c] : 0;
}
/* The results of `count` <= TILE columns.  The lines of out are asked for four rows ahead (two or eight: the same): stores
 * that wait for theirs hold up the loads whose addresses look like theirs.  float64 1000 x 1000: 2.5 to 4.0 -> 1.6 to 1.9 ns
 * an element, float32 64 x 8192 a new result 1.3 -> .8; in the cache (128 x 256) 2 % slower. */
PACK_FN void M(column_results)(const int PRODUCT, const M(shares) * s, const S *x, const S *grad, S *out, size_t n,
                               size_t stride, size_t count)
{
    enum { AHEAD = 4 };
    const ptrdiff_t ahead = (PRODUCT ? -AHEAD : AHEAD) * (ptrdiff_t)stride;
    for (size_t row = 0; row < n; row++) {
        const size_t i = (PRODUCT ? n - 1 - row : row) * stride;
        M(ask_for)(out + i + ahead, count * sizeof(S));
        M(put)(UNROLL, out + i, count,
               M(back)(UNROLL, PRODUCT, s, M(get)(UNROLL, x + i, count, 0), M(get)(UNROLL, grad + i, count, 0)));
    }
}
/* w <= WIDE columns of a backward, row by row; grad has the stride of x.  What has one of a column is in registers for
 * SOME rows of results.  Those of a product go from the last row, which is in the cache still, to the first (1000 x 1000 a
 * tenth faster; log_softmax up to 5 % slower so).  (Columns of TILE, one after the other: 64 x 8192 a quarter slower.  Did
 * not help: copies, twice the width, asking for what is read next, for out while sums are formed, or for y where the sum is
 * of grad alone.  Lanes one after the other, each in registers, in the order of a tree: 128 x 256 a tenth faster, rows of
 * ten and AVX2 as much slower.) */
INLINE void M(tile)(const int PRODUCT, const M(heat) * h, const S *x, const S *grad, S *out, size_t n, size_t stride,
                    size_t w)
{
    enum { U = UNROLL, T = M(TILE), SOME = 16 };
    S at[M(WIDE)], hi[M(WIDE)], lo[M(WIDE)];
    double sum[M(WIDE)], rest[M(WIDE)];
    if (PRODUCT)
        M(grads_at)(x, grad, n, stride, w, at);
    for (size_t i = 0; i < n; i += FA_ROW_BLOCK) {
        double s[M(WIDE)];
        M(column_sums)(PRODUCT, at, x + i * stride, grad + i * stride, n - i < FA_ROW_BLOCK ? n - i : FA_ROW_BLOCK,
                       stride, w, s);
        for (size_t c = 0; c < w; c++) {
            const M(total) all = i ? M(plus)((M(total)){sum[c], rest[c]}, s[c]) : (M(total)){s[c], 0};
            sum[c] = all.s;
            rest[c] = all.rest;
        }
    }
    for (size_t c = 0; c < w; c++) {
        const double all = sum[c] + rest[c];
        hi[c] = (S)all;
        lo[c] = (S)(all - (double)hi[c]);
    }
    const size_t blocks = (n + SOME - 1) / SOME;
    for (size_t b = 0; b < blocks; b++)
        for (size_t c = 0; c < w; c += T) {
            const size_t i = (PRODUCT ? blocks - 1 - b : b) * SOME, k = i * stride + c;
            const size_t rows = n - i < SOME ? n - i : SOME;
            const M(shares) s = {PRODUCT ? M(get)(U, at + c, T, 0) : C(0), M(get)(U, hi + c, T, 0),
                                 M(get)(U, lo + c, T, 0), C((S)h->over)};
            if (w - c >= T)
                M(column_results)(PRODUCT, &s, x + k, grad + k, out + k, rows, stride, T);
            else
                M(column_results)(PRODUCT, &s, x + k, grad + k, out + k, rows, stride, w - c);
        }
}
static __attribute__((noinline)) void M(tile_product)(const M(heat) * h, const S *x, const S *grad, S *out, size_t n,
                                                      size_t stride, size_t w)
{
    M(tile)(1, h, x, grad, out, n, stride, w);
}
static __attribute__((noinline)) void M(tile_plain)(const M(heat) * h, const S *x, const S *grad, S *out, size_t n,
                                                    size_t stride, size_t w)
{
    M(tile)(0, h, x, grad, out, n, stride, w);
}
/* As many columns at once as stay in the cache; whole lines of out where columns are many, or where all of a product
 * are then whole lines (128 x 256 up to an eighth faster). */
static void M(columns_back)(const int kind, const M(heat) * h, const S *x, const S *grad, S *out, size_t n,
                            size_t stride, size_t w)
{
    enum { NEAR = 262144 / sizeof(S) };
    const size_t fit = n <= M(SHORT) ? 0 : NEAR / n / M(TILE) * M(TILE);
    const size_t wide = fit < M(TILE) ? (size_t)M(TILE) : fit < M(WIDE) ? fit : (size_t)M(WIDE);
    const size_t past = (uintptr_t)out / sizeof(S) % M(W);
    const uintptr_t apart = ((uintptr_t)x ^ (uintptr_t)out) | ((uintptr_t)grad ^ (uintptr_t)out);
    const int all = kind == M(SOFTMAX_BACK) && apart / sizeof(S) % M(W) == 0;
    const size_t head = past && w >= (all ? 2 : 8) * M(TILE) ? M(W) - past : 0;
    for (size_t c = 0, count; c < w; c += count) {
        count = c < head ? head : w - c < wide ? w - c : wide;
        (kind == M(SOFTMAX_BACK) ? M(tile_product) : M(tile_plain))(h, x + c, grad + c, out + c, n, stride, count);
    }
}
/* W columns, or w, of more than FA_ROW_BLOCK numbers. */
static void M(long_columns)(const int kind, const M(heat) * h, const S *x, S *out, size_t n, size_t stride, size_t w)
{
    M(joined) all[M(W)];
    for (size_t i = 0; i < n; i += FA_ROW_BLOCK) {
        M(piece) p[M(W)];
        M(measure_columns)(h, x + i * stride, n - i < FA_ROW_BLOCK ? n - i : FA_ROW_BLOCK, stride, w, p);
        for (size_t c = 0; c < w; c++)
            all[c] = i ? M(join)(all[c], p[c].m, p[c].s, h->over) : (M(joined)){p[c].m, p[c].s, 0};
    }
    M(ending) e[M(W)];
    for (size_t c = 0; c < w; c++)
        e[c] = M(ending_of)(kind, h, all[c].m, all[c].s + all[c].rest);
    if (kind == M(NUMBER))
        for (size_t c = 0; c < w; c++)
            out[c] = e[c].last.hi;
    else
        M(finish_columns)(kind, h, e, x, out, n, stride, w);
}

static void M(other_axis)(const int kind, const fa_row_call *call, size_t o, size_t begin, size_t end)
{
    const size_t n = call->n, inner = call->inner;
    const S *x = (const S *)call->x + o * n * inner;
    const S *grad = call->grad ? (const S *)call->grad + (kind == M(SHARE_GRAD) ? o * inner : o * n * inner) : x;
    S *out = (S *)call->out + (kind == M(NUMBER) ? o * inner : o * n * inner);
    const M(heat) h = M(heat_of)(call->temperature);
    const int result = kind == M(SHARE_GRAD) ? (int)M(SHARE) : kind, back = kind > M(SHARE_GRAD);
    const size_t step = n > FA_ROW_BLOCK ? M(W) : kind == M(SHARE_GRAD) ? M(SPAN) : end - begin;
    if (back)
        M(columns_back)(kind, &h, x + begin, grad + begin, out + begin, n, inner, end - begin);
    for (size_t i = begin; i < end && !back; i += step) {
        const size_t w = end - i < step ? end - i : step;
        S factor[(int)M(SPAN) > (int)M(W) ? (int)M(SPAN) : (int)M(W)];
        if (kind == M(SHARE_GRAD))
            for (size_t c = 0; c < w; c++)
                factor[c] = M(factor)(grad[i + c], &h);
        if (n > FA_ROW_BLOCK)
            M(long_columns)(result, &h, x + i, out + i, n, inner, w);
        else
            (result == M(SHARE) ? M(share_columns) : M(log_columns))(result, &h, x + i, out + i, n, inner, w);
        if (kind == M(SHARE_GRAD))
            for (size_t r = 0; r < n; r++)
                for (size_t c = 0; c < w; c++)
                    out[r * inner + i + c] *= factor[c];
    }
}

/* Backward of SIDE rows of n < NARROWEST numbers, transposed: the sums of LANES numbers each, added up as in kernel.h, where
 * what is missing adds 0.  Results to y.  (Longer rows one by one: 48 numbers take .7 of the time.  W rows abreast, or four
 * times as many: a tenth slower.) */
enum { M(ABREAST) = UNROLL < 2 ? UNROLL : 2, M(SIDE) = M(ABREAST) * M(W), M(NARROWEST) = 2 * M(LANES) };
INLINE void M(side_by)(const int PRODUCT, const M(heat) * h, S *y, const S *grad, size_t n)
{
    enum { U = M(ABREAST), V = M(LANES), T = M(SIDE), HALVES = T / W_f64 };
    const size_t lanes = n < V ? n : V;
    double d[V * T] __attribute__((aligned(64)));
    PACK at = C(0);
    if (PRODUCT) {
        PACK best = C(-INFINITY);
        for (size_t i = 0; i < n * T; i += T)
            best = select(gt(M(get)(U, y + i, T, 0), C(HALF)), at_least(best, M(get)(U, grad + i, T, 0)), best);
        at = select(gt(best, C(-INFINITY)), best, C(0));
    }
    for (size_t l = 0; l < lanes; l++) {
        PACK all = C(0);
        for (size_t i = l; i < n; i += V) {
            PACK e = M(get)(U, grad + i * T, T, 0);
            if (PRODUCT)
                e = mul(M(get)(U, y + i * T, T, 0), sub(e, at));
            all = i == l ? e : add(all, e);
        }
        for (int k = 0; k < U; k++)
            store_f64p(HALVES / U, d + l * T + k * M(W), add_f64p(HALVES / U, D(0), WIDEN(all.r[k])));
    }
    for (size_t half = V / 2; half; half /= 2)
        for (size_t l = 0; l < half && l + half < lanes; l++)
            for (size_t c = 0; c < T; c += W_f64)
                store_f64(d + l * T + c, add_f64(load_f64(d + l * T + c), load_f64(d + (l + half) * T + c)));
    M(shares) s = {at, at, at, C((S)h->over)};
    for (int k = 0; k < U; k++) {
        const f64p sum = load_f64p(HALVES / U, d + k * M(W));
        s.hi.r[k] = NARROW(sum);
        s.lo.r[k] = NARROW(sub_f64p(HALVES / U, sum, WIDEN(s.hi.r[k])));
    }
    for (size_t i = 0; i < n * T; i += T)
        M(put)(U, y + i, T, M(back)(U, PRODUCT, &s, M(get)(U, y + i, T, 0), M(get)(U, grad + i, T, 0)));
}
static __attribute__((noinline)) void M(side_product)(const M(heat) * h, S *y, const S *grad, size_t n)
{
    M(side_by)(1, h, y, grad, n);
}
static __attribute__((noinline)) void M(side_plain)(const M(heat) * h, S *y, const S *grad, size_t n)
{
    M(side_by)(0, h, y, grad, n);
}
/* Rows of n < NARROWEST numbers; what is left of them one by one, with the same bits. */
static void M(short_backward)(const int kind, const fa_row_call *call, size_t begin, size_t end)
{
    enum { T = M(SIDE), W = M(W) };
    const size_t n = call->n;
    const M(heat) h = M(heat_of)(call->temperature);
    S a[M(NARROWEST) * T] __attribute__((aligned(64))), g[M(NARROWEST) * T] __attribute__((aligned(64)));
    for (; begin + T <= end; begin += T) {
        const S *x = (const S *)call->x + begin * n, *grad = (const S *)call->grad + begin * n;
        S *out = (S *)call->out + begin * n;
        M(ask_for)(x + M(AHEAD), n * T * sizeof(S));
        M(ask_for)(grad + M(AHEAD), n * T * sizeof(S));
        M(ask_for)(out + M(AHEAD), n * T * sizeof(S));
        for (size_t r = 0; r < T; r += W) {
            M(lanes_in)(x + r * n, n, a + r, T);
            M(lanes_in)(grad + r * n, n, g + r, T);
        }
        (kind == M(SOFTMAX_BACK) ? M(side_product) : M(side_plain))(&h, a, g, n);
        for (size_t r = 0; r < T; r += W)
            M(lanes_out)(a + r, T, n, out + r * n);
    }
    M(rows_back)(kind, call, begin, end);
}

static __attribute__((noinline)) void M(run)(const int kind, const fa_row_call *call, size_t outer_begin,
                                             size_t outer_end, size_t inner_begin, size_t inner_end)
{
    if (call->n == 0) {
        if (kind == M(NUMBER))
            for (size_t o = outer_begin; o < outer_end; o++)
                for (size_t i = inner_begin; i < inner_end; i++)
                    ((S *)call->out)[o * call->inner + i] = -INFINITY;
    } else if (call->inner != 1) {
        for (size_t o = outer_begin; o < outer_end; o++)
            M(other_axis)(kind, call, o, inner_begin, inner_end);
    } else if (inner_begin < inner_end) {
        if (kind <= M(SHARE_GRAD) && call->n <= FA_ROW_BLOCK)
            M(rows)(kind, call, outer_begin, outer_end);
        else if (call->n < M(NARROWEST))
            M(short_backward)(kind, call, outer_begin, outer_end);
        else if (call->n <= FA_ROW_BLOCK)
            M(rows_back)(kind, call, outer_begin, outer_end);
        else
            M(long_rows)(kind, call, outer_begin, outer_end);
    }
}

/* -- one row in blocks ----------------------------------------------------------------------------------- */
static inline size_t M(block_size)(size_t n, size_t block)
{
    const size_t left = n - block * FA_ROW_BLOCK;
    return left < FA_ROW_BLOCK ? left : FA_ROW_BLOCK;
}
static void M(partial)(const int kind, const fa_row_call *call, size_t row, int stage, size_t block,
                       const fa_row_state *state, fa_row_part *part)
{
    const size_t from = row * call->n + block * FA_ROW_BLOCK, n = M(block_size)(call->n, block);
    const S *x = (const S *)call->x + from, *grad = (const S *)call->grad + from;
    const M(heat) h = M(heat_of)(call->temperature);
    if (kind == M(SOFTMAX_BACK)) { /* the sum; the gradient of what is nearly all of a row */
        int most = 0;
        *part = (fa_row_part){0, -INFINITY};
        if (stage == 0)
            part->a = M(row_sum_product)(x, grad, n, M(AHEAD), &most);
        else if (state->v[2] != 0)
            part->a = M(row_sum_taken)((S)state->v[0], x, grad, n, M(AHEAD));
        if (most)
            part->b = M(grad_at)(x, grad, n);
    } else if (kind == M(LOG_BACK)) {
        part->a = M(row_sum_plain)(grad, grad, n, M(AHEAD));
    } else {
        const M(piece) p = M(measure)(&h, x, n, x + (block * FA_ROW_BLOCK + n < call->n ? n : 0));
        part->a = p.m;
        part->b = p.s;
    }
}
static void M(combine)(const int kind, const fa_row_call *call, int stage, size_t blocks, const fa_row_part *parts,
                       fa_row_state *state)
{
    const M(heat) h = M(heat_of)(call->temperature);
    if (kind >= M(SOFTMAX_BACK)) { /* v: what is taken off, the sum, whether it must be formed again */
        S peak = -INFINITY;
        M(total) all = {0, 0};
        for (size_t i = 0; i < blocks; i++) {
            if (kind == M(SOFTMAX_BACK))
                peak = M(greater)(peak, (S)parts[i].b);
            all = M(plus)(all, parts[i].a);
        }
        if (stage == 0) {
            state->v[2] = peak > -INFINITY;
            state->v[0] = peak > -INFINITY ? peak : 0;
        }
        if (stage == 0 || state->v[2] != 0)
            state->v[1] = all.s + all.rest;
    } else {
        M(joined) all = {parts[0].a, parts[0].b, 0};
        for (size_t i = 1; i < blocks; i++)
            all = M(join)(all, parts[i].a, parts[i].b, h.over);
        state->v[0] = all.m;
        state->v[1] = all.s + all.rest;
    }
}
static void M(finish)(const int kind, const fa_row_call *call, size_t row, size_t block, const fa_row_state *state)
{
    const size_t from = row * call->n + block * FA_ROW_BLOCK, n = M(block_size)(call->n, block);
    const S *x = (const S *)call->x + from, *grad = (const S *)call->grad;
    const M(heat) h = M(heat_of)(call->temperature);
    if (kind == M(NUMBER)) {
        if (block == 0)
            ((S *)call->out)[row] = M(ending_of)(kind, &h, state->v[0], state->v[1]).last.hi;
        return;
    }
    S *out = (S *)call->out + from;
    if (kind == M(SOFTMAX_BACK)) {
        M(softmax_back)((S)state->v[0], state->v[1], (S)h.over, x, grad + from, out, n, M(AHEAD));
    } else if (kind == M(LOG_BACK)) {
        M(log_back)(state->v[1], (S)h.over, x, grad + from, out, n, M(AHEAD));
    } else {
        const int result = kind == M(SHARE_GRAD) ? (int)M(SHARE) : kind;
        const M(ending) e = M(ending_of)(result, &h, state->v[0], state->v[1]);
        M(finish_block)(result, &h, &e, x, out, n, M(AHEAD));
        if (kind == M(SHARE_GRAD))
            M(times)(M(factor)(grad[row], &h), out, n);
    }
}

#define CALLS(name, KIND)                                                                               \
    static void M(name##_loop)(const fa_row_call *call, size_t outer_begin, size_t outer_end,           \
                               size_t inner_begin, size_t inner_end)                                    \
    {                                                                                                   \
        M(run)(KIND, call, outer_begin, outer_end, inner_begin, inner_end);                             \
    }                                                                                                   \
    static void M(name##_partial)(const fa_row_call *call, size_t row, int stage, size_t block,         \
                                  const fa_row_state *state, fa_row_part *part)                         \
    {                                                                                                   \
        M(partial)(KIND, call, row, stage, block, state, part);                                         \
    }                                                                                                   \
    static void M(name##_combine)(const fa_row_call *call, int stage, size_t blocks,                    \
                                  const fa_row_part *parts, fa_row_state *state)                        \
    {                                                                                                   \
        M(combine)(KIND, call, stage, blocks, parts, state);                                            \
    }                                                                                                   \
    static void M(name##_finish)(const fa_row_call *call, size_t row, size_t block, const fa_row_state *state) \
    {                                                                                                   \
        M(finish)(KIND, call, row, block, state);                                                       \
    }
CALLS(softmax, M(SHARE))
CALLS(log_softmax, M(LOGARITHM))
CALLS(logsumexp, M(NUMBER))
CALLS(softmax_backward, M(SOFTMAX_BACK))
CALLS(log_softmax_backward, M(LOG_BACK))
CALLS(logsumexp_backward, M(SHARE_GRAD))
#undef CALLS

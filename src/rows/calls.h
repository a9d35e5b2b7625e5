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

/* -- halves as numbers of REAL ------------------------------------------------------------------------------- */
static inline int M(half_of)(const fa_row_call *call) { return M(TAKES_HALVES) ? call->half : 0; }
static S M(one)(int half, const void *p, size_t i)
{
    S a[M(W)];
    if (half)
        M(store)(a, M(fetch)(1, 1, half, p, i, 1).r[0]);
    return half ? a[0] : ((const S *)p)[i];
}
static void M(give_one)(int half, void *p, size_t i, S a)
{
    if (half)
        M(bestow)(1, 1, 0, half, p, i, 1, C(a));
    else
        ((S *)p)[i] = a;
}
/* n of them; what is `ahead` in memory is asked for. */
static __attribute__((noinline)) void M(from_halves)(int half, const void *from, size_t n, S *to, ptrdiff_t ahead)
{
    enum { U = UNROLL, T = M(TILE) };
    for (size_t i = 0; i < n; i += T) {
        M(ask_for)(M(nth)(1, from, i + (size_t)ahead), T * sizeof(uint16_t));
        if (n - i >= T)
            M(put)(U, to + i, T, M(fetch)(U, 1, half, from, i, T));
        else
            M(put)(U, to + i, n - i, M(fetch)(U, 1, half, from, i, n - i));
    }
}
static __attribute__((noinline)) void M(to_halves)(int half, const S *from, size_t n, void *to, ptrdiff_t ahead)
{
    enum { U = UNROLL, T = M(TILE) };
    for (size_t i = 0; i < n; i += T) {
        M(ask_for)(M(nth)(1, to, i + (size_t)ahead), T * sizeof(uint16_t));
        if (n - i >= T)
            M(bestow)(U, 1, 0, half, to, i, T, M(get)(U, from + i, T, 0));
        else
            M(bestow)(U, 1, 0, half, to, i, n - i, M(get)(U, from + i, n - i, 0));
    }
}
/* Numbers where they stand, or brought to `room`. */
static const S *M(brought)(int half, const void *x, size_t n, S *room, ptrdiff_t ahead)
{
    if (half)
        M(from_halves)(half, x, n, room, ahead);
    return half ? room : x;
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
/* The stores are aligned; what is read and written `ahead` of it is asked for meanwhile. */
INLINE void M(row_back)(const int PRODUCT, const int PLAIN, const int HALVES, int half, S at, double sum, S over,
                        const void *y, const void *grad, void *out, size_t n, ptrdiff_t ahead)
{
    const S hi = (S)sum, lo = (S)(sum - (double)hi);
    const M(shares) s = {C(at), C(hi), C(lo), C(over)};
    size_t i = 0, head = -(uintptr_t)out / M(size_of)(HALVES) % M(W);
#define BACK(COUNT, LEFT)                                                                               \
    do {                                                                                                \
        const PACK a = M(fetch)(COUNT, HALVES, half, y, i, LEFT), g = M(fetch)(COUNT, HALVES, half, grad, i, LEFT); \
        M(bestow)(COUNT, HALVES, PRODUCT, half, out, i, LEFT,                                                    \
                  PLAIN ? M(back_plain)(COUNT, PRODUCT, &s, a, g) : M(back)(COUNT, PRODUCT, &s, a, g)); \
    } while (0)
    if (head && n >= 4 * M(TILE)) {
        BACK(1, head);
        i = head;
    }
    for (; i + M(TILE) <= n; i += M(TILE)) {
        M(ask_for)(M(nth)(HALVES, y, i + (size_t)ahead), M(TILE) * M(size_of)(HALVES));
        M(ask_for)(M(nth)(HALVES, grad, i + (size_t)ahead), M(TILE) * M(size_of)(HALVES));
        M(ask_for)(M(nth)(HALVES, out, i + (size_t)ahead), M(TILE) * M(size_of)(HALVES));
        BACK(UNROLL, M(TILE));
    }
    for (; i < n; i += M(W))
        BACK(1, n - i);
#undef BACK
}
static __attribute__((noinline)) void M(softmax_back)(int half, S at, double dot, S over, const void *y,
                                                      const void *grad, void *out, size_t n, ptrdiff_t ahead)
{
    if (M(TAKES_HALVES) && half)
        M(row_back)(1, 0, 1, half, at, dot, over, y, grad, out, n, ahead);
    else if (at == 0 && !__builtin_signbit(at) && over == 1)
        M(row_back)(1, 1, 0, half, at, dot, over, y, grad, out, n, ahead);
    else
        M(row_back)(1, 0, 0, half, at, dot, over, y, grad, out, n, ahead);
}
static __attribute__((noinline)) void M(log_back)(int half, double sum, S over, const void *y, const void *grad,
                                                  void *out, size_t n, ptrdiff_t ahead)
{
    if (M(TAKES_HALVES) && half)
        M(row_back)(0, 0, 1, half, 0, sum, over, y, grad, out, n, ahead);
    else
        M(row_back)(0, 0, 0, half, 0, sum, over, y, grad, out, n, ahead);
}

/* Rows of four virtual vectors, each read once: in the cache nine tenths to three quarters of the time. */
INLINE void M(rows_near)(const int PRODUCT, const int HALVES, int half, const void *y, const void *grad, void *out,
                         size_t rows)
{
    enum { U = M(REGS), V = M(LANES), N = 4 * V };
    const size_t ahead = HALVES ? 512 : M(AHEAD); /* 2048 halves: up to 7 % slower */
    for (size_t i = 0; i < rows * N; i += N) {
        PACK a[4], g[4], e[4];
        M(wide) w = M(no_wide)();
        M(ask_for)(M(nth)(HALVES, y, i + ahead), N * M(size_of)(HALVES));
        M(ask_for)(M(nth)(HALVES, grad, i + ahead), N * M(size_of)(HALVES));
        M(ask_for)(M(nth)(HALVES, out, i + ahead), N * M(size_of)(HALVES));
        M(fetch_four)(HALVES, half, y, i, N, a);
        M(fetch_four)(HALVES, half, grad, i, N, g);
        for (size_t k = 0; k < 4; k++)
            e[k] = PRODUCT ? mul(a[k], g[k]) : g[k];
        M(accumulate)(w.d, add(add(e[0], e[1]), add(e[2], e[3])));
        double sum = M(wide_sum)(w.d);
        if (PRODUCT && any(gt(at_least(at_least(a[0], a[1]), at_least(a[2], a[3])), C(HALF)))) {
            const S at = M(grad_at)(half, M(nth)(HALVES, y, i), M(nth)(HALVES, grad, i), N);
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
            M(bestow)(U, HALVES, PRODUCT, half, out, i + k * V, V, M(back_plain)(U, PRODUCT, &s, a[k], g[k]));
    }
}
static __attribute__((noinline)) void M(near_product)(int half, const void *y, const void *grad, void *out, size_t rows)
{
    if (M(TAKES_HALVES) && half)
        M(rows_near)(1, 1, half, y, grad, out, rows);
    else
        M(rows_near)(1, 0, half, y, grad, out, rows);
}
static __attribute__((noinline)) void M(near_plain)(int half, const void *y, const void *grad, void *out, size_t rows)
{
    if (M(TAKES_HALVES) && half)
        M(rows_near)(0, 1, half, y, grad, out, rows);
    else
        M(rows_near)(0, 0, half, y, grad, out, rows);
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

/* n results of a backward. */
static void M(give_back)(const int kind, int half, const M(heat) * h, S at, double sum, const void *y, const void *grad,
                         void *out, size_t n, ptrdiff_t ahead)
{
    if (kind == M(SOFTMAX_BACK))
        M(softmax_back)(half, at, sum, (S)h->over, y, grad, out, n, ahead);
    else
        M(log_back)(half, sum, (S)h->over, y, grad, out, n, ahead);
}

/* Backward of rows of up to FA_ROW_BLOCK numbers: step by step for a few rows, so that none waits for what another has
 * one of. */
static void M(rows_back)(const int kind, const fa_row_call *call, size_t begin, size_t end)
{
    enum { AT_ONCE = 16, NEAR = 4096 / sizeof(S) };
    const size_t n = call->n, batch = n * AT_ONCE <= NEAR ? AT_ONCE : n < NEAR ? NEAR / n : 1;
    const int half = M(half_of)(call);
    const M(heat) h = M(heat_of)(call->temperature);
    if (n == 4 * M(LANES) && h.over == 1) {
        (kind == M(SOFTMAX_BACK) ? M(near_product) : M(near_plain))(
            half, M(nth)(half, call->x, begin * n), M(nth)(half, call->grad, begin * n),
            M(nth_out)(half, call->out, begin * n), end - begin);
        return;
    }
    for (size_t o = begin; o < end; o += batch) {
        const size_t rows = end - o < batch ? end - o : batch, ahead = end - o >= 2 * batch ? batch * n : 0;
        S at[AT_ONCE];
        double sum[AT_ONCE];
        for (size_t r = 0; r < rows; r++) {
            const void *y = M(nth)(half, call->x, (o + r) * n), *g = M(nth)(half, call->grad, (o + r) * n);
            int most = 0;
            at[r] = 0;
            sum[r] = kind == M(SOFTMAX_BACK) ? M(row_sum_product)(half, y, g, n, ahead, &most)
                                             : M(row_sum_plain)(half, y, g, n, ahead);
            if (most) {
                at[r] = M(grad_at)(half, y, g, n);
                sum[r] = M(row_sum_taken)(half, at[r], y, g, n, 0);
            }
        }
        for (size_t r = 0; r < rows; r++)
            M(give_back)(kind, half, &h, at[r], sum[r], M(nth)(half, call->x, (o + r) * n),
                         M(nth)(half, call->grad, (o + r) * n), M(nth_out)(half, call->out, (o + r) * n), n,
                         (ptrdiff_t)ahead);
    }
}
static S M(greater)(S a, S b) { return b > a ? b : a; }
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
    const int half = M(half_of)(call);
    const void *x = M(nth)(half, call->x, from);
    const void *grad = kind < M(SOFTMAX_BACK) ? NULL : M(nth)(half, call->grad, from);
    int most = 0;
    *part = (fa_row_part){0, -INFINITY};
    if (kind == M(LOG_BACK)) {
        part->a = M(row_sum_plain)(half, grad, grad, n, M(AHEAD));
    } else if (kind == M(SOFTMAX_BACK)) { /* the sum; the gradient of what is nearly all of a row */
        if (stage == 0)
            part->a = M(row_sum_product)(half, x, grad, n, M(AHEAD), &most);
        else if (state->v[0] > -INFINITY)
            part->a = M(row_sum_taken)(half, (S)state->v[0], x, grad, n, M(AHEAD));
        if (most)
            part->b = M(grad_at)(half, x, grad, n);
    } else {
        S room[M(TAKES_HALVES) ? FA_ROW_BLOCK : 1] __attribute__((aligned(64)));
        const M(heat) h = M(heat_of)(call->temperature);
        const S *a = M(brought)(half, x, n, room, M(AHEAD));
        const M(piece) p = M(measure)(&h, a, n, a == x && block * FA_ROW_BLOCK + n < call->n ? a + n : a);
        part->a = p.m;
        part->b = p.s;
    }
}
/* A block more.  v, of a softmax: maximum, sum without one maximum, what that was rounded by; of a backward: the gradient
 * taken off, -inf without one, and the sum.  The sum of softmax_backward is formed again, in stage 1, if there is one. */
static void M(take)(const int kind, const fa_row_call *call, int stage, size_t block, const fa_row_part *part,
                    fa_row_state *state)
{
    double *v = state->v;
    if (kind >= M(SOFTMAX_BACK)) {
        if (stage == 0)
            v[0] = M(greater)(block ? (S)v[0] : -INFINITY, (S)part->b);
        else if (!(v[0] > -INFINITY))
            return;
        const M(total) all = M(plus)(block ? (M(total)){v[1], v[2]} : (M(total)){0, 0}, part->a);
        v[1] = all.s;
        v[2] = all.rest;
    } else {
        const double over = M(heat_of)(call->temperature).over;
        const M(joined) all =
            block ? M(join)((M(joined)){v[0], v[1], v[2]}, part->a, part->b, over) : (M(joined)){part->a, part->b, 0};
        v[0] = all.m;
        v[1] = all.s;
        v[2] = all.rest;
    }
}
/* A piece after the other, from the end, which is in the cache. */
static void M(finish)(const int kind, const fa_row_call *call, size_t row, size_t block, const fa_row_state *state)
{
    const size_t from = row * call->n + block * FA_ROW_BLOCK;
    const int half = M(half_of)(call), result = kind == M(SHARE_GRAD) ? (int)M(SHARE) : kind;
    const M(heat) h = M(heat_of)(call->temperature);
    const double sum = state->v[1] + state->v[2];
    const ptrdiff_t ahead = -(ptrdiff_t)M(AHEAD);
    const M(ending) e = kind < M(SOFTMAX_BACK) ? M(ending_of)(result, &h, state->v[0], sum) : (M(ending)){0};
    if (kind == M(NUMBER)) {
        if (block == 0)
            M(give_one)(half, call->out, row, e.last.hi);
        return;
    }
    const S factor = kind == M(SHARE_GRAD) ? M(factor)(M(one)(half, call->grad, row), &h) : 1;
    for (size_t end = M(block_size)(call->n, block), i, n; end; end = i) {
        i = (end - 1) / M(AHEAD) * M(AHEAD);
        n = end - i;
        const void *x = M(nth)(half, call->x, from + i);
        void *out = M(nth_out)(half, call->out, from + i);
        if (kind >= M(SOFTMAX_BACK)) {
            M(give_back)(kind, half, &h, state->v[0] > -INFINITY ? (S)state->v[0] : 0, sum, x,
                         M(nth)(half, call->grad, from + i), out, n, ahead);
            continue;
        }
        S room[M(TAKES_HALVES) ? M(AHEAD) : 1] __attribute__((aligned(64)));
        const S *a = M(brought)(half, x, n, room, ahead);
        S *y = half ? room : out;
        M(finish_block)(result, &h, &e, a, y, n, half ? 0 : ahead);
        if (kind == M(SHARE_GRAD))
            M(times)(factor, y, n);
        if (half)
            M(to_halves)(half, room, n, out, ahead);
    }
}
static void M(long_rows)(const int kind, const fa_row_call *call, size_t begin, size_t end)
{
    const size_t blocks = (call->n + FA_ROW_BLOCK - 1) / FA_ROW_BLOCK;
    for (; begin < end; begin++) {
        fa_row_state state = {{0}};
        fa_row_part part;
        for (int stage = 0; stage < (kind == M(SOFTMAX_BACK) ? 2 : 1); stage++)
            for (size_t b = 0; b < blocks && (stage == 0 || state.v[0] > -INFINITY); b++) {
                M(partial)(kind, call, begin, stage, b, &state, &part);
                M(take)(kind, call, stage, b, &part, &state);
            }
        for (size_t b = blocks; b; b--)
            M(finish)(kind, call, begin, b - 1, &state);
    }
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
INLINE void M(grads_in)(const int HALVES, int half, const void *y, const void *grad, size_t n, size_t stride, size_t w,
                        S *at)
{
    enum { U = UNROLL, T = M(TILE) };
    for (size_t c = 0; c < w; c += T)
        M(put)(U, at + c, T, C(-INFINITY));
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < w; c += T) {
            const size_t left = w - c, k = i * stride + c;
            const MASK most =
                gt(left >= T ? M(fetch)(U, HALVES, half, y, k, T) : M(fetch)(U, HALVES, half, y, k, left), C(HALF));
            if (any(most)) {
                const PACK best = M(get)(U, at + c, T, 0), g = M(fetch)(U, HALVES, half, grad, k, left);
                M(put)(U, at + c, T, select(most, at_least(best, g), best));
            }
        }
    for (size_t c = 0; c < w; c++)
        at[c] = at[c] > -INFINITY ? at[c] : 0;
}
static __attribute__((noinline)) void M(grads_at)(int half, const void *y, const void *grad, size_t n, size_t stride,
                                                  size_t w, S *at)
{
    if (M(TAKES_HALVES) && half)
        M(grads_in)(1, half, y, grad, n, stride, w, at);
    else
        M(grads_in)(0, half, y, grad, n, stride, w, at);
}
/* The results of `count` <= TILE columns.  The lines of out are asked for four rows ahead (two or eight: the same): stores
 * that wait for theirs hold up the loads whose addresses look like theirs.  float64 1000 x 1000: 2.5 to 4.0 -> 1.6 to 1.9 ns
 * an element, float32 64 x 8192 a new result 1.3 -> .8; in the cache (128 x 256) 2 % slower. */
PACK_FN void M(column_results)(const int PRODUCT, const int HALVES, int half, const M(shares) * s, const void *x,
                               const void *grad, void *out, size_t from, size_t n, size_t stride, size_t count)
{
    enum { AHEAD = 4 };
    const ptrdiff_t ahead = (PRODUCT ? -AHEAD : AHEAD) * (ptrdiff_t)stride;
    for (size_t row = 0; row < n; row++) {
        const size_t i = from + (PRODUCT ? n - 1 - row : row) * stride;
        M(ask_for)(M(nth)(HALVES, out, i + (size_t)ahead), count * M(size_of)(HALVES));
        const PACK a = M(fetch)(UNROLL, HALVES, half, x, i, count), g = M(fetch)(UNROLL, HALVES, half, grad, i, count);
        M(bestow)(UNROLL, HALVES, PRODUCT, half, out, i, count, M(back)(UNROLL, PRODUCT, s, a, g));
    }
}
static __attribute__((noinline)) void M(halves_results)(const int product, int half, const M(shares) * s, const void *x,
                                                        const void *grad, void *out, size_t from, size_t n,
                                                        size_t stride, size_t count)
{
    if (product)
        M(column_results)(1, 1, half, s, x, grad, out, from, n, stride, count);
    else
        M(column_results)(0, 1, half, s, x, grad, out, from, n, stride, count);
}
/* w <= WIDE columns of a backward, row by row; grad has the stride of x.  What has one of a column is in registers for
 * SOME rows of results.  Those of a product go from the last row, which is in the cache still, to the first (1000 x 1000 a
 * tenth faster; log_softmax up to 5 % slower so).  (Columns of TILE, one after the other: 64 x 8192 a quarter slower.  Did
 * not help: copies, twice the width, asking for what is read next, for out while sums are formed, or for y where the sum is
 * of grad alone.  Lanes one after the other, each in registers, in the order of a tree: 128 x 256 a tenth faster, rows of
 * ten and AVX2 as much slower.) */
INLINE void M(tile)(const int PRODUCT, int half, const M(heat) * h, const void *x, const void *grad, void *out,
                    size_t n, size_t stride, size_t w)
{
    enum { U = UNROLL, T = M(TILE), SOME = 16 };
    S at[M(WIDE)], hi[M(WIDE)], lo[M(WIDE)];
    double sum[M(WIDE)], rest[M(WIDE)];
    if (PRODUCT)
        M(grads_at)(half, x, grad, n, stride, w, at);
    for (size_t i = 0; i < n; i += FA_ROW_BLOCK) {
        double s[M(WIDE)];
        M(column_sums)(PRODUCT, half, at, x, grad, i * stride, n - i < FA_ROW_BLOCK ? n - i : FA_ROW_BLOCK, stride, w,
                       s);
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
            if (M(TAKES_HALVES) && half)
                M(halves_results)(PRODUCT, half, &s, x, grad, out, k, rows, stride, w - c < T ? w - c : T);
            else if (w - c >= T)
                M(column_results)(PRODUCT, 0, 0, &s, x, grad, out, k, rows, stride, T);
            else
                M(column_results)(PRODUCT, 0, 0, &s, x, grad, out, k, rows, stride, w - c);
        }
}
static __attribute__((noinline)) void M(tile_product)(int half, const M(heat) * h, const void *x, const void *grad,
                                                      void *out, size_t n, size_t stride, size_t w)
{
    M(tile)(1, half, h, x, grad, out, n, stride, w);
}
static __attribute__((noinline)) void M(tile_plain)(int half, const M(heat) * h, const void *x, const void *grad,
                                                    void *out, size_t n, size_t stride, size_t w)
{
    M(tile)(0, half, h, x, grad, out, n, stride, w);
}
/* As many columns at once as stay in the cache; whole lines of out where columns are many, or where all of a product
 * are then whole lines (128 x 256 up to an eighth faster).  Whole lines of what is read instead: up to half as long again. */
static void M(columns_back)(const int kind, int half, const M(heat) * h, const void *x, const void *grad, void *out,
                            size_t n, size_t stride, size_t w)
{
    enum { NEAR = 262144 / sizeof(S) };
    const size_t size = M(size_of)(half), line = M(W) * sizeof(S) / size;
    const size_t fit = n <= M(SHORT) ? 0 : NEAR / n / M(TILE) * M(TILE);
    const size_t wide = fit < M(TILE) ? (size_t)M(TILE) : fit < M(WIDE) ? fit : (size_t)M(WIDE);
    const size_t past = (uintptr_t)out / size % line;
    const uintptr_t apart = ((uintptr_t)x ^ (uintptr_t)out) | ((uintptr_t)grad ^ (uintptr_t)out);
    const int all = kind == M(SOFTMAX_BACK) && apart / size % line == 0;
    const size_t head = past && w >= (all ? 2 : 8) * M(TILE) ? line - past : 0;
    for (size_t c = 0, count; c < w; c += count) {
        count = c < head ? head : w - c < wide ? w - c : wide;
        (kind == M(SOFTMAX_BACK) ? M(tile_product) : M(tile_plain))(half, h, M(nth)(half, x, c), M(nth)(half, grad, c),
                                                                    M(nth_out)(half, out, c), n, stride, count);
    }
}
#define ROWS_AHEAD 4
/* n numbers of w columns where they stand, or halves of them brought to `room`; how far apart rows are then. */
static const S *M(brought_columns)(int half, const void *x, size_t n, size_t stride, size_t w, S *room, size_t *step)
{
    *step = half ? w : stride;
    for (size_t i = 0; i < n && half; i++)
        M(from_halves)(half, M(nth)(half, x, i * stride), w, room + i * w, ROWS_AHEAD * (ptrdiff_t)stride);
    return half ? room : x;
}
static void M(narrow_columns)(int half, const S *from, size_t n, size_t w, void *out, size_t stride)
{
    for (size_t i = 0; i < n && half; i++)
        M(to_halves)(half, from + i * w, w, M(nth_out)(half, out, i * stride), ROWS_AHEAD * (ptrdiff_t)stride);
}
static void M(times_columns)(const S *factor, S *y, size_t n, size_t step, size_t w)
{
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < w; c++)
            y[i * step + c] *= factor[c];
}
/* W columns, or w, of more than FA_ROW_BLOCK numbers. */
static void M(long_columns)(const int kind, int half, const M(heat) * h, const S *factor, const void *x, void *out,
                            size_t n, size_t stride, size_t w, S *room)
{
    const int result = kind == M(SHARE_GRAD) ? (int)M(SHARE) : kind;
    M(joined) all[M(W)];
    M(ending) e[M(W)];
    size_t step;
    EACH_BLOCK(from, count, n)
    {
        M(piece) p[M(W)];
        const S *a = M(brought_columns)(half, M(nth)(half, x, from * stride), count, stride, w, room, &step);
        M(measure_columns)(h, a, count, step, w, p);
        for (size_t c = 0; c < w; c++)
            all[c] = from ? M(join)(all[c], p[c].m, p[c].s, h->over) : (M(joined)){p[c].m, p[c].s, 0};
    }
    for (size_t c = 0; c < w; c++) {
        e[c] = M(ending_of)(result, h, all[c].m, all[c].s + all[c].rest);
        if (kind == M(NUMBER))
            M(give_one)(half, out, c, e[c].last.hi);
    }
    EACH_BLOCK(from, count, kind == M(NUMBER) ? 0 : n)
    {
        void *to = M(nth_out)(half, out, from * stride);
        S *y = half ? room : to;
        const S *a = M(brought_columns)(half, M(nth)(half, x, from * stride), count, stride, w, room, &step);
        M(finish_columns)(result, h, e, a, y, count, step, w);
        if (kind == M(SHARE_GRAD))
            M(times_columns)(factor, y, count, step, w);
        M(narrow_columns)(half, y, count, w, to, stride);
    }
}

static void M(other_axis)(const int kind, const fa_row_call *call, size_t o, size_t begin, size_t end)
{
    enum { MOST = (int)M(SPAN) > (int)M(W) ? (int)M(SPAN) : (int)M(W) };
    const size_t n = call->n, inner = call->inner, all = end - begin;
    const int half = M(half_of)(call), result = kind == M(SHARE_GRAD) ? (int)M(SHARE) : kind;
    const void *x = M(nth)(half, call->x, o * n * inner);
    const size_t grads = kind < M(SHARE_GRAD) ? 0 : kind == M(SHARE_GRAD) ? inner : n * inner;
    const void *grad = M(nth)(half, call->grad, o * grads);
    void *out = M(nth_out)(half, call->out, kind == M(NUMBER) ? o * inner : o * n * inner);
    const M(heat) h = M(heat_of)(call->temperature);
    S *room = (S *)(((uintptr_t)call->scratch + 63) & ~(uintptr_t)63);
    if (kind > M(SHARE_GRAD)) {
        M(columns_back)(kind, half, &h, M(nth)(half, x, begin), M(nth)(half, grad, begin), M(nth_out)(half, out, begin),
                        n, inner, all);
        return;
    }
    size_t step = n > FA_ROW_BLOCK ? M(W) : half ? fa_row_columns(n) : all, pitch;
    if (kind == M(SHARE_GRAD) && step > MOST)
        step = MOST;
    for (size_t i = begin; i < end; i += step) {
        const size_t w = end - i < step ? end - i : step;
        void *to = M(nth_out)(half, out, i);
        S factor[MOST], *y = half ? room : to;
        for (size_t c = 0; c < w && kind == M(SHARE_GRAD); c++)
            factor[c] = M(factor)(M(one)(half, grad, i + c), &h);
        if (n > FA_ROW_BLOCK) {
            M(long_columns)(kind, half, &h, factor, M(nth)(half, x, i), to, n, inner, w, room);
            continue;
        }
        const S *a = M(brought_columns)(half, M(nth)(half, x, i), n, inner, w, room, &pitch);
        (result == M(SHARE) ? M(share_columns) : M(log_columns))(result, &h, a, y, n, pitch, w);
        if (kind == M(SHARE_GRAD))
            M(times_columns)(factor, y, n, pitch, w);
        M(narrow_columns)(half, y, kind == M(NUMBER) ? 1 : n, w, to, inner);
    }
}

/* Backward of SIDE rows of n < NARROWEST numbers, transposed: the sums of LANES numbers each, added up as in kernel.h, where
 * what is missing adds 0.  Results to y.  (Longer rows one by one: 48 numbers take .7 of the time.  W rows abreast, or four
 * times as many: a tenth slower.) */
enum { M(ABREAST) = UNROLL < 2 ? UNROLL : 2, M(SIDE) = M(ABREAST) * M(W), M(NARROWEST) = 2 * M(LANES) };
INLINE void M(side_by)(const int PRODUCT, const M(heat) * h, S *y, const S *grad, size_t n)
{
    enum { U = M(ABREAST), V = M(LANES), T = M(SIDE), PARTS = T / W_f64 };
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
            store_f64p(PARTS / U, d + l * T + k * M(W), add_f64p(PARTS / U, D(0), WIDEN(all.r[k])));
    }
    for (size_t half = V / 2; half; half /= 2)
        for (size_t l = 0; l < half && l + half < lanes; l++)
            for (size_t c = 0; c < T; c += W_f64)
                store_f64(d + l * T + c, add_f64(load_f64(d + l * T + c), load_f64(d + (l + half) * T + c)));
    M(shares) s = {at, at, at, C((S)h->over)};
    for (int k = 0; k < U; k++) {
        const f64p sum = load_f64p(PARTS / U, d + k * M(W));
        s.hi.r[k] = NARROW(sum);
        s.lo.r[k] = NARROW(sub_f64p(PARTS / U, sum, WIDEN(s.hi.r[k])));
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

/* Rows of halves as numbers of REAL, so many at once that they stay in the first level of the cache.  (Eight times as
 * many: a quarter slower.) */
static void M(half_rows)(const int kind, const fa_row_call *call, size_t begin, size_t end)
{
    enum { MOST = M(TAKES_HALVES) ? M(AHEAD) : 1 };
    S x[M(TAKES_HALVES) ? FA_ROW_BLOCK : 1] __attribute__((aligned(64))), other[MOST] __attribute__((aligned(64)));
    const int half = call->half;
    const size_t n = call->n, batch = n < MOST ? MOST / n : 1, out_step = kind == M(NUMBER) ? 1 : n;
    const size_t grad_step = kind < M(SHARE_GRAD) ? 0 : kind == M(SHARE_GRAD) ? 1 : n;
    const fa_row_call own = {x, other, kind == M(NUMBER) ? other : x, n, 1, call->temperature, 0, NULL};
    for (size_t o = begin; o < end; o += batch) {
        const size_t rows = end - o < batch ? end - o : batch;
        M(from_halves)(half, M(nth)(half, call->x, o * n), rows * n, x, M(AHEAD));
        M(from_halves)(half, M(nth)(half, call->grad, o * grad_step), rows * grad_step, other, M(AHEAD));
        (kind <= M(SHARE_GRAD) ? M(rows) : M(short_backward))(kind, &own, 0, rows);
        M(to_halves)(half, own.out, rows * out_step, M(nth_out)(half, call->out, o * out_step), M(AHEAD));
    }
}

static __attribute__((noinline)) void M(run)(const int kind, const fa_row_call *call, size_t outer_begin,
                                             size_t outer_end, size_t inner_begin, size_t inner_end)
{
    if (call->n == 0) {
        if (kind == M(NUMBER))
            for (size_t o = outer_begin; o < outer_end; o++)
                for (size_t i = inner_begin; i < inner_end; i++)
                    M(give_one)(M(half_of)(call), call->out, o * call->inner + i, -INFINITY);
    } else if (call->inner != 1) {
        for (size_t o = outer_begin; o < outer_end; o++)
            M(other_axis)(kind, call, o, inner_begin, inner_end);
    } else if (inner_begin < inner_end) {
        const int together = kind <= M(SHARE_GRAD) ? call->n <= FA_ROW_BLOCK : call->n < M(NARROWEST);
        if (together)
            (M(half_of)(call)        ? M(half_rows)
             : kind <= M(SHARE_GRAD) ? M(rows)
                                     : M(short_backward))(kind, call, outer_begin, outer_end);
        else if (call->n <= FA_ROW_BLOCK)
            M(rows_back)(kind, call, outer_begin, outer_end);
        else
            M(long_rows)(kind, call, outer_begin, outer_end);
    }
}

/* All blocks to a state. */
static void M(combine)(const int kind, const fa_row_call *call, int stage, size_t blocks, const fa_row_part *parts,
                       fa_row_state *state)
{
    for (size_t i = 0; i < blocks; i++)
        M(take)(kind, call, stage, i, &parts[i], state);
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

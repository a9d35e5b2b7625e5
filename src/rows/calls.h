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

static __attribute__((noinline)) void M(softmax_back)(S at, double dot, S over, const S *y, const S *grad, S *out,
                                                      size_t n)
{
    const S hi_ = (S)dot, lo_ = (S)(dot - (double)hi_);
    for (size_t i = 0; i < n;) {
        enum { U = UNROLL, T = M(TILE) };
        const size_t left = n - i < T ? n - i : T;
        const PACK h = sub(M(get)(U, grad + i, left, 0), C(at));
        const PACK d = sub(sub(h, C(hi_)), C(lo_));
        M(put)(U, out + i, left, mul(mul(M(get)(U, y + i, left, 0), d), C(over)));
        i += left;
    }
}
/* e^y, y <= 0 */
PACK_FN PACK M(back_exp)(const int U, PACK y)
{
    const M(frame) f = M(frame_of)(M(DIRECT), 0, C(0));
    return mul(M(weight)(U, M(DIRECT), &f, (M(inverse)){0, 0}, y), C(DROP));
}
static __attribute__((noinline)) void M(log_back)(double sum, S over, const S *y, const S *grad, S *out, size_t n)
{
    const S hi_ = (S)sum, lo_ = (S)(sum - (double)hi_);
    for (size_t i = 0; i < n;) {
        enum { U = UNROLL, T = M(TILE) };
        const size_t left = n - i < T ? n - i : T;
        const PACK e = M(back_exp)(U, M(get)(U, y + i, left, 0));
        const PACK g = M(get)(U, grad + i, left, 0);
        M(put)(U, out + i, left, mul(fnma(e, C(lo_), fnma(e, C(hi_), g)), C(over)));
        i += left;
    }
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
    for (size_t o = begin; o < end; o += batch) {
        const size_t rows = end - o < batch ? end - o : batch, ahead = end - o >= 2 * batch ? batch * n : 0;
        const S *x = (const S *)call->x + o * n, *grad = (const S *)call->grad + o * n;
        S *out = (S *)call->out + o * n, at[AT_ONCE];
        double sum[AT_ONCE];
        if (kind == M(SOFTMAX_BACK)) {
            for (size_t r = 0; r < rows; r++)
                at[r] = M(row_top)(x + r * n, n);
            for (size_t r = 0; r < rows; r++)
                at[r] = M(peak_join)((M(peak_grad)){-INFINITY, 0},
                                     (M(peak_grad)){at[r], M(grad_at)(at[r], x + r * n, grad + r * n, n)})
                            .grad;
            for (size_t r = 0; r < rows; r++)
                sum[r] = M(row_sum_product)(at[r], x + r * n, grad + r * n, n, ahead);
            for (size_t r = 0; r < rows; r++)
                M(softmax_back)(at[r], sum[r], (S)h.over, x + r * n, grad + r * n, out + r * n, n);
        } else {
            for (size_t r = 0; r < rows; r++)
                sum[r] = M(row_sum_plain)(x + r * n, grad + r * n, n, ahead);
            for (size_t r = 0; r < rows; r++)
                M(log_back)(sum[r], (S)h.over, x + r * n, grad + r * n, out + r * n, n);
        }
    }
}
static void M(long_row)(const int kind, const M(heat) * h, const S *x, const S *grad, S *out, size_t n)
{
    if (kind == M(SOFTMAX_BACK) || kind == M(LOG_BACK)) {
        const int product = kind == M(SOFTMAX_BACK);
        M(peak_grad) peak = {-INFINITY, 0};
        for (size_t i = 0; i < n && product; i += FA_ROW_BLOCK) {
            const size_t count = n - i < FA_ROW_BLOCK ? n - i : FA_ROW_BLOCK;
            const S m = M(row_top)(x + i, count);
            if (m >= peak.m)
                peak = M(peak_join)(peak, (M(peak_grad)){m, M(grad_at)(m, x + i, grad + i, count)});
        }
        const S at = peak.grad;
        M(total) all = {0, 0};
        for (size_t i = 0; i < n; i += FA_ROW_BLOCK) {
            const size_t count = n - i < FA_ROW_BLOCK ? n - i : FA_ROW_BLOCK;
            const size_t ahead = i + count < n ? count : 0;
            all = M(plus)(all, product ? M(row_sum_product)(at, x + i, grad + i, count, ahead)
                                       : M(row_sum_plain)(x + i, grad + i, count, ahead));
        }
        if (product)
            M(softmax_back)(at, all.s + all.rest, (S)h->over, x, grad, out, n);
        else
            M(log_back)(all.s + all.rest, (S)h->over, x, grad, out, n);
        return;
    }
    const int result = kind == M(SHARE_GRAD) ? (int)M(SHARE) : kind;
    const M(ending) e = M(measure_long)(result, h, x, n);
    if (kind == M(NUMBER)) {
        *out = e.last.hi;
        return;
    }
    const S factor = kind == M(SHARE_GRAD) ? M(factor)(*grad, h) : 1;
    for (size_t i = (n - 1) / FA_ROW_BLOCK * FA_ROW_BLOCK, end = n;; end = i, i -= FA_ROW_BLOCK) {
        M(finish_block)(result, h, &e, x + i, out + i, end - i);
        if (kind == M(SHARE_GRAD))
            M(times)(factor, out + i, end - i);
        if (i == 0)
            break;
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

/* One tile of columns of a backward; grad has the stride of x. */
static void M(tile)(const int kind, const M(heat) * h, const S *x, const S *grad, S *out, size_t n, size_t stride,
                    size_t w)
{
    enum { U = UNROLL, T = M(TILE) };
    const int product = kind == M(SOFTMAX_BACK);
    S top[T], hi_[T], lo_[T];
    PACK best = C(-INFINITY), at = C(0);
    if (product)
        for (size_t i = 0; i < n; i++) {
            const PACK y = M(get)(U, x + i * stride, w, 0), g = M(get)(U, grad + i * stride, w, 0);
            const MASK more = either(gt(y, best), both(eq(y, best), gt(g, at)));
            at = select(more, g, at);
            best = select(more, y, best);
        }
    M(put)(U, top, T, at);
    M(total) all[T];
    for (int c = 0; c < T; c++)
        all[c] = (M(total)){0, 0};
    for (size_t i = 0; i < n; i += FA_ROW_BLOCK) {
        double s[T];
        const size_t count = n - i < FA_ROW_BLOCK ? n - i : FA_ROW_BLOCK;
        if (product)
            M(column_sums_product)(top, x + i * stride, grad + i * stride, count, stride, w, s);
        else
            M(column_sums_plain)(top, grad + i * stride, grad + i * stride, count, stride, w, s);
        for (int c = 0; c < T; c++)
            all[c] = M(plus)(all[c], s[c]);
    }
    for (int c = 0; c < T; c++) {
        const double sum = all[c].s + all[c].rest;
        hi_[c] = (S)sum;
        lo_[c] = (S)(sum - (double)(S)sum);
    }
    const PACK hi = M(get)(U, hi_, T, 0), lo = M(get)(U, lo_, T, 0), over = C((S)h->over);
    for (size_t i = 0; i < n; i++) {
        const PACK y = M(get)(U, x + i * stride, w, 0), g = M(get)(U, grad + i * stride, w, 0);
        PACK a;
        if (product) {
            a = mul(y, sub(sub(sub(g, at), hi), lo));
        } else {
            const PACK e = M(back_exp)(U, y);
            a = fnma(e, lo, fnma(e, hi, g));
        }
        M(put)(U, out + i * stride, w, mul(a, over));
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
    const size_t step = back ? M(TILE) : n > FA_ROW_BLOCK ? M(W) : kind == M(SHARE_GRAD) ? M(SPAN) : end - begin;
    for (size_t i = begin; i < end; i += step) {
        const size_t w = end - i < step ? end - i : step;
        S factor[(int)M(SPAN) > (int)M(W) ? (int)M(SPAN) : (int)M(W)];
        if (kind == M(SHARE_GRAD))
            for (size_t c = 0; c < w; c++)
                factor[c] = M(factor)(grad[i + c], &h);
        if (back)
            M(tile)(kind, &h, x + i, grad + i, out + i, n, inner, w);
        else if (n > FA_ROW_BLOCK)
            M(long_columns)(result, &h, x + i, out + i, n, inner, w);
        else
            (result == M(SHARE) ? M(share_columns) : M(log_columns))(result, &h, x + i, out + i, n, inner, w);
        if (kind == M(SHARE_GRAD))
            for (size_t r = 0; r < n; r++)
                for (size_t c = 0; c < w; c++)
                    out[r * inner + i + c] *= factor[c];
    }
}

/* Backward of rows of n <= SHORT numbers: TILE of them at a time, transposed. */
static void M(short_backward)(const int kind, const fa_row_call *call, size_t begin, size_t end)
{
    enum { T = M(TILE) };
    const size_t n = call->n;
    const S *x = call->x, *grad = call->grad;
    S *out = call->out;
    const M(heat) h = M(heat_of)(call->temperature);
    S a[M(SHORT) * T] __attribute__((aligned(64))), g[M(SHORT) * T] __attribute__((aligned(64)));
    for (size_t o = begin; o < end; o += T) {
        const size_t rows = end - o < T ? end - o : T;
        M(transposed_in)(x + o * n, n, rows, a);
        M(transposed_in)(grad + o * n, n, rows, g);
        M(tile)(kind, &h, a, g, a, n, T, rows);
        M(transposed_out)(a, n, rows, out + o * n);
    }
}

static void M(run)(const int kind, const fa_row_call *call, size_t outer_begin, size_t outer_end, size_t inner_begin,
                   size_t inner_end)
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
        else if (call->n <= M(SHORT))
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
    if (kind == M(SOFTMAX_BACK) && stage == 0) {
        const M(peak_grad) peak = M(peak_of)(x, grad, n);
        part->a = peak.m;
        part->b = peak.grad;
    } else if (kind == M(SOFTMAX_BACK)) {
        part->a = M(row_sum_product)((S)state->v[0], x, grad, n, 0);
    } else if (kind == M(LOG_BACK)) {
        part->a = M(row_sum_plain)(x, grad, n, 0);
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
    if (kind == M(SOFTMAX_BACK) && stage == 0) {
        M(peak_grad) peak = {-INFINITY, 0};
        for (size_t i = 0; i < blocks; i++)
            peak = M(peak_join)(peak, (M(peak_grad)){(S)parts[i].a, (S)parts[i].b});
        state->v[0] = peak.grad;
    } else if (kind >= M(SOFTMAX_BACK)) {
        M(total) all = {0, 0};
        for (size_t i = 0; i < blocks; i++)
            all = M(plus)(all, parts[i].a);
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
        M(softmax_back)((S)state->v[0], state->v[1], (S)h.over, x, grad + from, out, n);
    } else if (kind == M(LOG_BACK)) {
        M(log_back)(state->v[1], (S)h.over, x, grad + from, out, n);
    } else {
        const int result = kind == M(SHARE_GRAD) ? (int)M(SHARE) : kind;
        const M(ending) e = M(ending_of)(result, &h, state->v[0], state->v[1]);
        M(finish_block)(result, &h, &e, x, out, n);
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

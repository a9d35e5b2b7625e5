/* The calls of rows.h for the float type REAL. */

typedef struct { double m, s, rest; } M(joined);

/* Two stretches of a row, the second after the first: maximum, and sum without one maximum. */
static M(joined) M(join)(M(joined) a, double m, double s, double over)
{
    const double da = a.m == m ? 0 : a.m - m;
    const int up = da < 0; /* the second has the larger maximum */
    const double f = da == 0 ? 1 : row_exp((up ? da : -da) * over);
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

/* Maximum and sum of one row of any length into row 0 of k, ready for prepare. */
static void M(measure_long)(const S *x, size_t n, const M(heat) * h, M(rows) * k)
{
    M(measure)(x, n < FA_ROW_BLOCK ? n : FA_ROW_BLOCK, 1, h->scaled, h->words, k);
    if (n <= FA_ROW_BLOCK)
        return;
    M(joined) all = {k->m[0], k->s[0], 0};
    for (size_t i = FA_ROW_BLOCK; i < n; i += FA_ROW_BLOCK) {
        M(measure)(x + i, n - i < FA_ROW_BLOCK ? n - i : FA_ROW_BLOCK, 1, h->scaled, h->words, k);
        all = M(join)(all, k->m[0], k->s[0], h->over);
    }
    k->m[0] = (S)all.m;
    k->s[0] = all.s + all.rest;
    M(start)(k, 1, h->scaled);
}
static void M(measure_long_columns)(const S *x, size_t n, size_t stride, size_t w, const M(heat) * h, M(rows) * k,
                                    size_t *place)
{
    M(measure_columns)(x, n < FA_ROW_BLOCK ? n : FA_ROW_BLOCK, stride, w, h->scaled, h->words, k, place);
    if (n <= FA_ROW_BLOCK)
        return;
    M(joined) all[M(TILE)];
    for (size_t c = 0; c < w; c++)
        all[c] = (M(joined)){k->m[c], k->s[c], 0};
    for (size_t i = FA_ROW_BLOCK; i < n; i += FA_ROW_BLOCK) {
        M(measure_columns)(x + i * stride, n - i < FA_ROW_BLOCK ? n - i : FA_ROW_BLOCK, stride, w, h->scaled, h->words,
                           k, place);
        for (size_t c = 0; c < w; c++)
            all[c] = M(join)(all[c], k->m[c], k->s[c], h->over);
    }
    for (size_t c = 0; c < w; c++) {
        k->m[c] = (S)all[c].m;
        k->s[c] = all[c].s + all[c].rest;
    }
    for (size_t c = 0; c < w; c++)
        if (UNUSUAL(k->m[c]))
            place[c] = M(place)(x + c, n, stride);
    M(start)(k, M(TILE), h->scaled);
}

static S M(logsumexp_of)(S m, double s, const M(heat) * h)
{
    if (s != s)
        return (S)NAN;
    if (!(ABS(m) <= LARGEST))
        return m;
    return (S)((h->scaled ? (double)m * h->over : (double)m) + row_log1p(s));
}

/* The maximum of y and grad there (the first one). */
static S M(grad_at_max)(const S *y, const S *grad, size_t n)
{
    S top[(1 + M(GROUPS)) * M(LANES)];
    S best = -INFINITY, at = grad[0];
    for (size_t i = 0; i < n; i += FA_ROW_BLOCK) {
        const size_t count = n - i < FA_ROW_BLOCK ? n - i : FA_ROW_BLOCK;
        const S m = M(row_max)(y + i, count, top);
        if (m > best) {
            size_t j = i;
            while (j < i + count && y[j] != m)
                j++;
            best = m;
            at = j < i + count ? grad[j] : at;
        }
    }
    return at;
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
    const S low = LIFT_BITS * (S)M(row_log)[2];
    const M(base) b = {C(0), C(0), C((S)MAGIC + LIFT_BITS), C(-LIFT_BITS), C(-low), C(-LOWEST)};
    return M(share)(U, M(DIRECT), &b, (M(inverse)){0, 0}, C(DROP), C(0), y);
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
/* kind: a result of kernel.h, or one of these */
enum { M(NUMBER) = 2, M(SHARE_GRAD), M(SOFTMAX_BACK), M(LOG_BACK) };

static void M(times)(S factor, S *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] *= factor;
}
static S M(factor)(S grad, const M(heat) * h) { return (S)((double)grad * h->over); }

static void M(one_row)(const int kind, const M(heat) * h, const S *x, const S *grad, S *out, size_t n)
{
    M(rows) k;
    if (kind == M(SOFTMAX_BACK) || kind == M(LOG_BACK)) {
        const int product = kind == M(SOFTMAX_BACK);
        M(total) all = {0, 0};
        k.m[0] = product ? M(grad_at_max)(x, grad, n) : 0;
        for (size_t i = 0; i < n; i += FA_ROW_BLOCK) {
            const size_t count = n - i < FA_ROW_BLOCK ? n - i : FA_ROW_BLOCK;
            all = M(plus)(all, product ? M(row_sum_product)(k.m[0], x + i, grad + i, count)
                                       : M(row_sum_plain)(grad + i, count));
        }
        if (product)
            M(softmax_back)(k.m[0], all.s + all.rest, (S)h->over, x, grad, out, n);
        else
            M(log_back)(all.s + all.rest, (S)h->over, x, grad, out, n);
        return;
    }
    M(measure_long)(x, n, h, &k);
    if (kind == M(NUMBER)) {
        *out = M(logsumexp_of)(k.m[0], k.s[0], h);
        return;
    }
    const int result = kind == M(SHARE_GRAD) ? M(SHARE) : kind;
    M(prepare)(result, &k, 1);
    M(finish_row)(result, &k, 0, h->scaled, h->words, x, out, n);
    if (kind == M(SHARE_GRAD))
        M(times)(M(factor)(*grad, h), out, n);
}

static void M(last_axis)(const int kind, const fa_row_call *call, size_t begin, size_t end)
{
    const S *x = call->x, *grad = call->grad;
    S *out = call->out;
    const size_t n = call->n;
    const M(heat) h = M(heat_of)(call->temperature);
    const size_t grad_step = kind == M(SHARE_GRAD) ? 1 : n, out_step = kind == M(NUMBER) ? 1 : n;
    if (kind >= M(SOFTMAX_BACK) || n > FA_ROW_BLOCK) {
        for (size_t o = begin; o < end; o++)
            M(one_row)(kind, &h, x + o * n, grad ? grad + o * grad_step : x, out + o * out_step, n);
        return;
    }
    size_t batch = FA_ROW_BLOCK / n;
    batch = batch > ROWS_AT_ONCE ? ROWS_AT_ONCE : batch;
    for (size_t o = begin; o < end; o += batch) {
        M(rows) k;
        const int rows = (int)(end - o < batch ? end - o : batch);
        const S *at = x + o * n;
        M(measure)(at, n, rows, h.scaled, h.words, &k);
        if (kind == M(NUMBER)) {
            for (int r = 0; r < rows; r++)
                out[o + (size_t)r] = M(logsumexp_of)(k.m[r], k.s[r], &h);
            continue;
        }
        M(prepare)(kind, &k, rows);
        for (int r = 0; r < rows; r++)
            M(finish_row)(kind, &k, r, h.scaled, h.words, at + (size_t)r * n, out + (o + (size_t)r) * n, n);
    }
}

/* Rows of up to FA_ROW_BLOCK numbers: softmax, and softmax times a number for each row. */
static void M(last_axis_share)(const int kind, const fa_row_call *call, size_t begin, size_t end)
{
    const S *x = call->x, *grad = call->grad;
    S *out = call->out;
    const size_t n = call->n, batch = kind == M(SHARE_GRAD) ? ROWS_AT_ONCE : end - begin;
    const M(heat) h = M(heat_of)(call->temperature);
    for (size_t o = begin; o < end; o += batch) {
        const size_t rows = end - o < batch ? end - o : batch;
        S factor[ROWS_AT_ONCE]; /* out may be grad, where n == 1 */
        if (kind == M(SHARE_GRAD))
            for (size_t r = 0; r < rows; r++)
                factor[r] = M(factor)(grad[o + r], &h);
        (n <= M(SHORT) ? M(softmax_short) : M(softmax_rows))(&h, x + o * n, out + o * n, n, rows);
        if (kind == M(SHARE_GRAD))
            for (size_t r = 0; r < rows; r++)
                M(times)(factor[r], out + (o + r) * n, n);
    }
}

/* One tile of columns; grad has the stride of x, or is one row of numbers for SHARE_GRAD. */
static void M(tile)(const int kind, const M(heat) * h, const S *x, const S *grad, S *out, size_t n, size_t stride,
                    size_t w)
{
    enum { U = UNROLL, T = M(TILE) };
    M(rows) k;
    if (kind == M(SOFTMAX_BACK) || kind == M(LOG_BACK)) {
        const int product = kind == M(SOFTMAX_BACK);
        PACK best = C(-INFINITY), at = C(0);
        if (product) {
            at = M(get)(U, grad, w, 0);
            for (size_t i = 0; i < n; i++) {
                const PACK y = M(get)(U, x + i * stride, w, 0);
                at = select(gt(y, best), M(get)(U, grad + i * stride, w, 0), at);
                best = at_least(best, y);
            }
        }
        M(put)(U, k.m, T, at);
        M(total) all[T];
        for (int c = 0; c < T; c++)
            all[c] = (M(total)){0, 0};
        for (size_t i = 0; i < n; i += FA_ROW_BLOCK) {
            double s[T];
            const size_t count = n - i < FA_ROW_BLOCK ? n - i : FA_ROW_BLOCK;
            if (product)
                M(column_sum_product)(&k, h->words, x + i * stride, grad + i * stride, count, stride, w, s);
            else
                M(column_sum_plain)(&k, h->words, grad + i * stride, grad + i * stride, count, stride, w, s);
            for (int c = 0; c < T; c++)
                all[c] = M(plus)(all[c], s[c]);
        }
        for (int c = 0; c < T; c++) {
            const double sum = all[c].s + all[c].rest;
            k.hi[c] = (S)sum;
            k.lo[c] = (S)(sum - (double)(S)sum);
        }
        const PACK hi = M(get)(U, k.hi, T, 0), lo = M(get)(U, k.lo, T, 0), over = C((S)h->over);
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
        return;
    }
    size_t place[T] = {0};
    M(measure_long_columns)(x, n, stride, w, h, &k, place);
    if (kind == M(NUMBER)) {
        for (size_t c = 0; c < w; c++)
            out[c] = M(logsumexp_of)(k.m[c], k.s[c], h);
        return;
    }
    M(prepare)(kind, &k, T);
    M(finish_columns)(kind, &k, h->scaled, h->words, place, x, out, n, stride, w);
}

static void M(other_axis)(const int kind, const fa_row_call *call, size_t o, size_t begin, size_t end)
{
    const size_t n = call->n, inner = call->inner;
    const S *x = (const S *)call->x + o * n * inner;
    const S *grad = call->grad ? (const S *)call->grad + (kind == M(SHARE_GRAD) ? o * inner : o * n * inner) : x;
    S *out = (S *)call->out + (kind == M(NUMBER) ? o * inner : o * n * inner);
    const M(heat) h = M(heat_of)(call->temperature);
    const int share = kind == M(SHARE) || kind == M(SHARE_GRAD);
    const int whole = share && n <= FA_ROW_BLOCK;
    const size_t step = !whole ? M(TILE) : kind == M(SHARE) ? end - begin : M(SPAN);
    for (size_t i = begin; i < end; i += step) {
        const size_t w = end - i < step ? end - i : step;
        S factor[(int)M(SPAN) > (int)M(TILE) ? (int)M(SPAN) : (int)M(TILE)];
        if (kind == M(SHARE_GRAD))
            for (size_t c = 0; c < w; c++)
                factor[c] = M(factor)(grad[i + c], &h);
        if (whole)
            M(softmax_columns)(&h, x + i, out + i, n, inner, w);
        else
            M(tile)(kind == M(SHARE_GRAD) ? M(SHARE) : kind, &h, x + i, grad + i, out + i, n, inner, w);
        if (kind == M(SHARE_GRAD))
            for (size_t r = 0; r < n; r++)
                for (size_t c = 0; c < w; c++)
                    out[r * inner + i + c] *= factor[c];
    }
}

/* Rows of n <= SHORT numbers: TILE of them at a time, transposed. */
static void M(short_rows)(const int kind, const fa_row_call *call, size_t begin, size_t end)
{
    enum { T = M(TILE) };
    const size_t n = call->n;
    const S *x = call->x, *grad = call->grad;
    S *out = call->out;
    const M(heat) h = M(heat_of)(call->temperature);
    const int both = kind >= M(SOFTMAX_BACK);
    S a[M(SHORT) * T] __attribute__((aligned(64))), g[M(SHORT) * T] __attribute__((aligned(64)));
    for (size_t o = begin; o < end; o += T) {
        const size_t rows = end - o < T ? end - o : T;
        M(transposed_in)(x + o * n, n, rows, a);
        if (both)
            M(transposed_in)(grad + o * n, n, rows, g);
        if (kind == M(NUMBER)) {
            M(tile)(kind, &h, a, a, out + o, n, T, rows);
            continue;
        }
        M(tile)(kind, &h, a, both ? g : a, a, n, T, rows);
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
        if ((kind == M(SHARE) || kind == M(SHARE_GRAD)) && call->n <= FA_ROW_BLOCK)
            M(last_axis_share)(kind, call, outer_begin, outer_end);
        else if (call->n <= M(SHORT))
            M(short_rows)(kind, call, outer_begin, outer_end);
        else
            M(last_axis)(kind, call, outer_begin, outer_end);
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
    M(rows) k;
    if (kind == M(SOFTMAX_BACK) && stage == 0) {
        S top[(1 + M(GROUPS)) * M(LANES)];
        const S m = M(row_max)(x, n, top);
        size_t j = 0;
        while (j < n && x[j] != m)
            j++;
        part->a = m;
        part->b = j < n ? grad[j] : NAN;
    } else if (kind == M(SOFTMAX_BACK)) {
        part->a = M(row_sum_product)((S)state->v[0], x, grad, n);
    } else if (kind == M(LOG_BACK)) {
        part->a = M(row_sum_plain)(grad, n);
    } else {
        M(measure)(x, n, 1, h.scaled, h.words, &k);
        part->a = k.m[0];
        part->b = k.s[0];
    }
}
static void M(combine)(const int kind, const fa_row_call *call, int stage, size_t blocks, const fa_row_part *parts,
                       fa_row_state *state)
{
    const M(heat) h = M(heat_of)(call->temperature);
    if (kind == M(SOFTMAX_BACK) && stage == 0) {
        double best = -INFINITY;
        state->v[0] = 0;
        for (size_t i = 0; i < blocks; i++)
            if (parts[i].a > best) {
                best = parts[i].a;
                state->v[0] = parts[i].b;
            }
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
            ((S *)call->out)[row] = M(logsumexp_of)((S)state->v[0], state->v[1], &h);
        return;
    }
    S *out = (S *)call->out + from;
    if (kind == M(SOFTMAX_BACK)) {
        M(softmax_back)((S)state->v[0], state->v[1], (S)h.over, x, grad + from, out, n);
    } else if (kind == M(LOG_BACK)) {
        M(log_back)(state->v[1], (S)h.over, x, grad + from, out, n);
    } else {
        M(rows) k;
        k.m[0] = (S)state->v[0];
        k.s[0] = state->v[1];
        M(start)(&k, 1, h.scaled);
        const int result = kind == M(SHARE_GRAD) ? M(SHARE) : kind;
        M(prepare)(result, &k, 1);
        M(finish_row)(result, &k, 0, h.scaled, h.words, x, out, n);
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

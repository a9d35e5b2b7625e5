/* Rows with options (rows.h), for the float type REAL.
 *
 * Rows of up to FA_ROW_BLOCK entries are staged whole, several at once where they are alike, and worked on by the
 * loops of calls.h.  Longer ones are staged block by block, once for every pass, so that no memory grows with a row.
 * Rows that keep a prefix alone are as short as that; up to SHORT entries they are filled up, with the same bits.
 * An entry that is dropped gives 0 (its logarithm -inf) by itself; only in a row of NaN it is put there afterwards. */

typedef struct {
    S *z, *grad, *other;
    unsigned char *kept;
} M(stage);

static M(stage) M(stage_in)(const fa_staged_call *c, void *scratch)
{
    const size_t room = fa_staged_room(c, sizeof(S));
    S *z = (S *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    return (M(stage)){z, z + room, z + 2 * room, (unsigned char *)(z + 3 * room)};
}

static void M(fill_dense)(S a, S *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = a;
}

/* -- entries in and out ---------------------------------------------------------------------------------- */
static void M(gather)(const fa_staged_call *c, int operand, char *row, size_t from, size_t count, S *to)
{
    size_t run;
    ptrdiff_t step;
    for (size_t i = 0; i < count; i += run) {
        const char *at = entry_at(c, operand, row, from + i, &run, &step);
        run = run < count - i ? run : count - i;
        if (step == sizeof(S))
            __builtin_memcpy(to + i, at, run * sizeof(S));
        else
            for (size_t j = 0; j < run; j++)
                to[i + j] = *(const S *)(at + (ptrdiff_t)j * step);
    }
}
static int M(is_dense)(const fa_staged_call *c, int operand)
{
    return c->axes == 1 && c->operand[operand].axis[0] == sizeof(S);
}
/* Where the entries stand, or brought to `to`. */
static const S *M(bring)(const fa_staged_call *c, int operand, char *row, size_t from, size_t count, S *to)
{
    if (M(is_dense)(c, operand))
        return (const S *)row + from;
    M(gather)(c, operand, row, from, count, to);
    return to;
}
static void M(scatter)(const fa_staged_call *c, char *row, size_t from, size_t count, const S *source)
{
    size_t run;
    ptrdiff_t step;
    for (size_t i = 0; i < count; i += run) {
        char *at = entry_at(c, FA_OUT, row, from + i, &run, &step);
        run = run < count - i ? run : count - i;
        if (step == sizeof(S))
            __builtin_memcpy(at, source + i, run * sizeof(S));
        else
            for (size_t j = 0; j < run; j++)
                *(S *)(at + (ptrdiff_t)j * step) = source[i + j];
    }
}
static void M(fill_out)(const fa_staged_call *c, char *row, size_t from, size_t count, S a)
{
    size_t run;
    ptrdiff_t step;
    for (size_t i = 0; i < count; i += run) {
        char *at = entry_at(c, FA_OUT, row, from + i, &run, &step);
        run = run < count - i ? run : count - i;
        if (step == sizeof(S))
            M(fill_dense)(a, (S *)at, run);
        else
            for (size_t j = 0; j < run; j++)
                *(S *)(at + (ptrdiff_t)j * step) = a;
    }
}

/* -- z = softcap(x/temperature) + bias -------------------------------------------------------------------- */
#define TANH_f32(x) tanh_f32(U, x, rows_at_once)
#define TANH_f64(x) tanh_f64(U, x)
PACK_FN void M(form_in)(const int SCALE, const int CAP, const int BIAS, const S *x, const S *bias, S *z, size_t n,
                        M(inverse) over, S softcap)
{
    for (size_t i = 0; i < n;) {
        enum { U = UNROLL, T = M(TILE) };
        const size_t left = n - i < T ? n - i : T;
        PACK a = M(get)(U, x + i, left, 0), b = C(0);
        if (BIAS)
            b = M(get)(U, bias + i, left, 0);
        if (SCALE) { /* the low word meets no infinity */
            const PACK low = mul(at_most(C(LARGEST), at_least(C(-LARGEST), a)), C(over.lo));
            a = BIAS && !CAP ? fma(a, C(over.hi), add(low, b)) : fma(a, C(over.hi), low);
        }
        if (CAP) {
            const PACK t = PASTE(TANH, REAL)(div(a, C(softcap)));
            a = BIAS ? fma(t, C(softcap), b) : mul(t, C(softcap));
        } else if (BIAS && !SCALE) {
            a = add(a, b);
        }
        M(put)(U, z + i, left, a);
        i += left;
    }
}
#define FORM(name, SCALE, CAP, BIAS)                                                                    \
    static __attribute__((noinline)) void M(name)(const S *x, const S *bias, S *z, size_t n, M(inverse) over, S softcap) \
    {                                                                                                   \
        M(form_in)(SCALE, CAP, BIAS, x, bias, z, n, over, softcap);                                     \
    }
FORM(form_scaled, 1, 0, 0)
FORM(form_biased, 0, 0, 1)
FORM(form_both, 1, 0, 1)
FORM(form_capped, 1, 1, 0)
FORM(form_all, 1, 1, 1)
#undef FORM
#undef TANH_f32
#undef TANH_f64

static void M(drop)(S *z, const unsigned char *kept, unsigned char flip, S fill, size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] = kept[i] != flip ? z[i] : fill;
}
static void M(drop_copy)(const S *restrict x, S *restrict z, const unsigned char *kept, unsigned char flip, S fill,
                         size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] = kept[i] != flip ? x[i] : fill;
}

/* What a call does with entries. */
typedef struct {
    int forward, back; /* x becomes z; x is y and grad has the shape of x */
    int form, fold;    /* z is not x; the temperature goes into z, not to the loops */
    int sink, numbers; /* one more entry; one number a row comes out */
    S dropped;         /* what a dropped entry gives */
    S softcap;
} M(plan);
static M(plan) M(plan_of)(const fa_staged_call *c)
{
    M(plan) p = {0};
    const int kind = c->kind;
    p.back = kind == FA_SOFTMAX_BACKWARD || kind == FA_LOG_SOFTMAX_BACKWARD || kind == FA_SPARSEMAX_BACKWARD ||
             kind == FA_HARDMAX_BACKWARD;
    p.forward = !p.back;
    p.numbers = kind == FA_LOGSUMEXP || kind == FA_LOGSUMEXP_WEIGHTED;
    p.sink = c->operand[FA_SINK].at != NULL;
    p.dropped = kind == FA_LOG_SOFTMAX ? -INFINITY : 0;
    const double least = sizeof(S) == 4 ? 0x1p-126 : 0x1p-1022, cap = c->softcap;
    p.softcap = cap > (double)LARGEST ? 0 : cap > 0 && cap < least ? (S)least : (S)cap;
    const int heated = c->operand[FA_TEMPERATURE].at || c->temperature != 1;
    const int changed = p.softcap != 0 || c->operand[FA_BIAS].at || p.sink || c->operand[FA_WEIGHTS].at;
    p.fold = p.forward && heated && changed;
    p.form = p.forward && (p.fold || c->negate || p.softcap != 0 || c->operand[FA_BIAS].at);
    return p;
}
static double M(temperature)(const fa_staged_call *c, char *const *at)
{
    return at[FA_TEMPERATURE] ? *(const double *)at[FA_TEMPERATURE] : c->temperature;
}

/* Entries [from, from + count) of one row into z, those from `length` on dropped; there already if `in`. */
static void M(stage_x)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at, size_t from,
                       size_t count, size_t length, int in, S *z)
{
    const S fill = p->forward ? -INFINITY : 0;
    const size_t live = from >= length ? 0 : length - from < count ? length - from : count;
    const unsigned char *kept = at[FA_KEEP] && live ? kept_bytes(c, at[FA_KEEP], from, live, s->kept) : NULL;
    const S *x = in ? z : live ? M(bring)(c, FA_X, at[FA_X], from, live, z) : z;
    if (p->form && live) {
        const S *bias = at[FA_BIAS] ? M(bring)(c, FA_BIAS, at[FA_BIAS], from, live, s->other) : NULL;
        M(inverse) over = {1, 0};
        if (p->fold)
            over = M(heat_of)(M(temperature)(c, at)).words;
        if (c->negate)
            over = (M(inverse)){-over.hi, -over.lo};
        const int scale = p->fold || c->negate;
        (p->softcap != 0 ? (bias ? M(form_all) : M(form_capped))
         : bias          ? (scale ? M(form_both) : M(form_biased))
                         : M(form_scaled))(x, bias, z, live, over, p->softcap);
        x = z;
    }
    if (kept && x == z)
        M(drop)(z, kept, c->flip, fill, live);
    else if (kept)
        M(drop_copy)(x, z, kept, c->flip, fill, live);
    else if (x != z)
        __builtin_memcpy(z, x, live * sizeof(S));
    M(fill_dense)(fill, z + live, count - live);
}
/* The same of the gradient. */
static void M(stage_grad)(const fa_staged_call *c, const M(stage) * s, char *const *at, size_t from, size_t count,
                          size_t length, int in, S *g)
{
    const size_t live = from >= length ? 0 : length - from < count ? length - from : count;
    const unsigned char *kept = at[FA_KEEP] && live ? kept_bytes(c, at[FA_KEEP], from, live, s->kept) : NULL;
    const S *grad = in ? g : live ? M(bring)(c, FA_GRAD, at[FA_GRAD], from, live, g) : g;
    if (kept && grad == g)
        M(drop)(g, kept, c->flip, 0, live);
    else if (kept)
        M(drop_copy)(grad, g, kept, c->flip, 0, live);
    else if (grad != g)
        __builtin_memcpy(g, grad, live * sizeof(S));
    if (c->negate)
        for (size_t i = 0; i < live; i++)
            g[i] = -g[i];
    M(fill_dense)(0, g + live, count - live);
}
/* Dropped entries of a result: always where a gradient may have reached them, else in a row of NaN. */
static void M(drop_result)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at, size_t from,
                           size_t count, size_t length, S *y)
{
    const size_t live = from >= length ? 0 : length - from < count ? length - from : count;
    if (!at[FA_GRAD] && !(count && y[0] != y[0]))
        return;
    if (at[FA_KEEP])
        M(drop)(y, kept_bytes(c, at[FA_KEEP], from, live, s->kept), c->flip, p->dropped, live);
    M(fill_dense)(p->dropped, y + live, count - live);
}
static void M(give_number)(const fa_staged_call *c, char *const *at, S value, S sign)
{
    (void)c;
    *(S *)at[FA_OUT] = value;
    if (at[FA_SIGN])
        *(S *)at[FA_SIGN] = sign;
}
static S M(sign_of)(S value) { return value != value ? value : value == -INFINITY ? 0 : 1; }

static int M(loop_kind)(int kind)
{
    switch (kind) {
    case FA_SOFTMAX:
        return M(SHARE);
    case FA_LOG_SOFTMAX:
        return M(LOGARITHM);
    case FA_LOGSUMEXP:
        return M(NUMBER);
    case FA_SOFTMAX_BACKWARD:
        return M(SOFTMAX_BACK);
    case FA_LOG_SOFTMAX_BACKWARD:
        return M(LOG_BACK);
    default:
        return M(SHARE_GRAD);
    }
}

/* The share of the sink, from those of the others. */
static S M(sink_share)(double others) { return others < 1 ? (S)(1 - others) : others != others ? (S)NAN : 0; }

/* -- rows of up to FA_ROW_BLOCK entries -------------------------------------------------------------------- */
enum { M(STAGED_ROWS) = 64 };

/* Rows side by side in memory, W of them at a time, to rows one after the other; and back. */
static int M(side_by_side)(const fa_staged_call *c, int operand, char *const (*at)[FA_OPERANDS], size_t rows)
{
    const ptrdiff_t step = c->operand[operand].axis[0];
    return c->axes == 1 && rows >= M(W) && step > 0 && step % (ptrdiff_t)sizeof(S) == 0 &&
           stand_apart(at, operand, rows, sizeof(S));
}
static void M(turn_in)(const fa_staged_call *c, int operand, char *const (*at)[FA_OPERANDS], size_t rows, S *to)
{
    const size_t n = c->n, step = (size_t)c->operand[operand].axis[0] / sizeof(S);
    size_t r = 0;
    for (; r + M(W) <= rows; r += M(W))
        M(lanes_out)((const S *)at[r][operand], step, n, to + r * n);
    for (; r < rows; r++)
        M(gather)(c, operand, at[r][operand], 0, n, to + r * n);
}
static void M(turn_out)(const fa_staged_call *c, char *const (*at)[FA_OPERANDS], size_t rows, const S *from)
{
    const size_t n = c->n, step = (size_t)c->operand[FA_OUT].axis[0] / sizeof(S);
    size_t r = 0;
    for (; r + M(W) <= rows; r += M(W))
        M(lanes_in)(from + r * n, n, (S *)at[r][FA_OUT], step);
    for (; r < rows; r++)
        M(scatter)(c, at[r][FA_OUT], 0, n, from + r * n);
}

/* Whether rows and all that belongs to their entries stand one after the other, so that they are staged as one. */
static int M(is_flat)(const fa_staged_call *c, const M(plan) * p, char *const (*at)[FA_OPERANDS], size_t rows)
{
    const int grad = p->back && c->operand[FA_GRAD].at;
    const ptrdiff_t bytes = (ptrdiff_t)(c->n * sizeof(S));
    if (p->fold && c->operand[FA_TEMPERATURE].at)
        return 0;
    return M(is_dense)(c, FA_X) && stand_apart(at, FA_X, rows, bytes) &&
           (!c->operand[FA_BIAS].at || (M(is_dense)(c, FA_BIAS) && stand_apart(at, FA_BIAS, rows, bytes))) &&
           (!grad || (M(is_dense)(c, FA_GRAD) && stand_apart(at, FA_GRAD, rows, bytes))) &&
           (!c->operand[FA_KEEP].at ||
            (c->axes == 1 && c->operand[FA_KEEP].axis[0] == 1 && stand_apart(at, FA_KEEP, rows, (ptrdiff_t)c->n)));
}

/* `rows` rows of which the loops see `length` entries, and the sink; each drops what is beyond its own length. */
static void M(some_rows)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const (*at)[FA_OPERANDS],
                         size_t rows, size_t length)
{
    const size_t n = c->n, size = length + (size_t)p->sink;
    const int kind = M(loop_kind)(c->kind);
    const int ragged = length == n && (c->operand[FA_LENGTHS].at || c->operand[FA_PREFIX].at) &&
                       !(rows == 1 && row_length(c, at[0]) == n);
    const int plain = !ragged && !p->sink && !c->operand[FA_KEEP].at;
    const int whole = length == n && !p->sink;
    const int flat = whole && !ragged && rows > 1 && M(is_flat)(c, p, at, rows);
    const size_t pieces = flat ? 1 : rows, piece = flat ? rows * n : length;
    const ptrdiff_t bytes = (ptrdiff_t)(n * sizeof(S));
    S *z = s->z, *number = s->other, *out = z;
    const S *x = z, *grad = s->grad;

    if (size == 0 && !p->numbers) {
        for (size_t r = 0; r < rows; r++)
            M(fill_out)(c, at[r][FA_OUT], 0, n, p->dropped);
        return;
    }
    if (plain && !p->form && M(is_dense)(c, FA_X) && stand_apart(at, FA_X, rows, bytes)) {
        x = (const S *)at[0][FA_X];
    } else {
        const int in = whole && M(side_by_side)(c, FA_X, at, rows);
        if (in)
            M(turn_in)(c, FA_X, at, rows, z);
        for (size_t r = 0; r < pieces; r++) {
            const size_t own = ragged ? row_length(c, at[r]) : piece;
            if (!in || p->form || !plain)
                M(stage_x)(c, p, s, at[r], 0, piece, own, in, z + r * size);
            if (p->sink && p->forward)
                z[r * size + length] = (S) * (const double *)at[r][FA_SINK];
            else if (p->sink)
                z[r * size + length] = M(sink_share)(M(row_sum_plain)(0, z + r * size, z + r * size, length, 0));
        }
    }
    if (p->back) {
        if (plain && !c->negate && M(is_dense)(c, FA_GRAD) && stand_apart(at, FA_GRAD, rows, bytes)) {
            grad = (const S *)at[0][FA_GRAD];
        } else {
            const int in = whole && M(side_by_side)(c, FA_GRAD, at, rows);
            if (in)
                M(turn_in)(c, FA_GRAD, at, rows, s->grad);
            for (size_t r = 0; r < pieces; r++) {
                const size_t own = ragged ? row_length(c, at[r]) : piece;
                if (!in || c->negate || !plain)
                    M(stage_grad)(c, s, at[r], 0, piece, own, in, s->grad + r * size);
                if (p->sink)
                    s->grad[r * size + length] = 0;
            }
        }
    }
    const int direct = !p->numbers && !p->sink && M(is_dense)(c, FA_OUT) && stand_apart(at, FA_OUT, rows, bytes);
    if (direct)
        out = (S *)at[0][FA_OUT];
    const double temperature = p->fold ? 1 : M(temperature)(c, at[0]);
    const fa_row_call call = {x, grad, p->numbers ? number : out, size, 1, temperature, 0, NULL};
    M(run)(kind == M(SHARE_GRAD) ? (int)M(SHARE) : kind, &call, 0, rows, 0, 1);
    if (p->numbers) {
        for (size_t r = 0; r < rows; r++)
            M(give_number)(c, at[r], number[r], M(sign_of)(number[r]));
        return;
    }
    if (kind == M(SHARE_GRAD))
        for (size_t r = 0; r < rows; r++) {
            const M(heat) h = M(heat_of)(M(temperature)(c, at[r]));
            M(times)(M(factor)(*(const S *)at[r][FA_GRAD], &h), out + r * size, length);
        }
    if (!plain && flat && p->back)
        M(drop_result)(c, p, s, at[0], 0, piece, piece, out);
    else if (!plain)
        for (size_t r = 0; r < rows; r++)
            M(drop_result)(c, p, s, at[r], 0, length, ragged ? row_length(c, at[r]) : length, out + r * size);
    if (!direct && whole && M(side_by_side)(c, FA_OUT, at, rows))
        M(turn_out)(c, at, rows, out);
    else
        for (size_t r = 0; r < rows; r++) {
            if (!direct)
                M(scatter)(c, at[r][FA_OUT], 0, length, out + r * size);
            if (length < n)
                M(fill_out)(c, at[r][FA_OUT], length, n - length, p->dropped);
        }
}

/* -- longer rows, a block at a time -------------------------------------------------------------------------- */
/* A block of the row, with the sink if it is at its end. */
static S *M(block)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at, size_t from,
                   size_t count, size_t length)
{
    const size_t live = length - from < count ? length - from : count;
    M(stage_x)(c, p, s, at, from, live, length, 0, s->z);
    if (live < count)
        s->z[live] = (S) * (const double *)at[FA_SINK];
    return s->z;
}
static void M(put_block)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at, size_t from,
                         size_t count, size_t length, S *y)
{
    const size_t live = length - from < count ? length - from : count;
    M(drop_result)(c, p, s, at, from, live, length, y);
    M(scatter)(c, at[FA_OUT], from, live, y);
}
static void M(long_forward)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at,
                            size_t length)
{
    const size_t size = length + (size_t)p->sink;
    const int kind = M(loop_kind)(c->kind), result = kind == M(SHARE_GRAD) ? (int)M(SHARE) : kind;
    const M(heat) own = M(heat_of)(M(temperature)(c, at)), h = p->fold ? M(heat_of)(1) : own;
    M(joined) all = {0, 0, 0};
    EACH_BLOCK(from, count, size)
    {
        const S *z = M(block)(c, p, s, at, from, count, length);
        const M(piece) part = M(measure)(&h, z, count, z);
        all = from ? M(join)(all, part.m, part.s, h.over) : (M(joined)){part.m, part.s, 0};
    }
    const M(ending) e = M(ending_of)(result, &h, all.m, all.s + all.rest);
    if (p->numbers) {
        M(give_number)(c, at, e.last.hi, M(sign_of)(e.last.hi));
        return;
    }
    const S factor = kind == M(SHARE_GRAD) ? M(factor)(*(const S *)at[FA_GRAD], &own) : 1;
    EACH_BLOCK(from, count, size)
    {
        S *z = M(block)(c, p, s, at, from, count, length);
        M(finish_block)(result, &h, &e, z, z, count, 0);
        if (kind == M(SHARE_GRAD))
            M(times)(factor, z, count);
        M(put_block)(c, p, s, at, from, count, length, z);
    }
}
static void M(long_backward)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at,
                             size_t length)
{
    const int product = c->kind == FA_SOFTMAX_BACKWARD;
    const S over = (S)M(heat_of)(M(temperature)(c, at)).over;
    M(total) all = {0, 0};
    S peak = -INFINITY, top = 0;
    for (int again = 0; again == 0 || (again == 1 && peak > -INFINITY); again++) {
        M(total) others = {0, 0};
        top = again ? peak : 0;
        all = (M(total)){0, 0};
        EACH_BLOCK(from, count, length)
        {
            int most = 0;
            M(stage_grad)(c, s, at, from, count, length, 0, s->grad);
            if (product)
                M(stage_x)(c, p, s, at, from, count, length, 0, s->z);
            all = M(plus)(all, again     ? M(row_sum_taken)(0, top, s->z, s->grad, count, 0)
                               : product ? M(row_sum_product)(0, s->z, s->grad, count, 0, &most)
                                         : M(row_sum_plain)(0, s->grad, s->grad, count, 0));
            if (most)
                peak = M(greater)(peak, M(grad_at)(0, s->z, s->grad, count));
            if (p->sink && product)
                others = M(plus)(others, M(row_sum_plain)(0, s->z, s->z, count, 0));
        }
        const S sink = p->sink && product ? M(sink_share)(others.s + others.rest) : 0;
        if (sink > HALF)
            peak = M(greater)(peak, 0);
        all = M(plus)(all, (double)sink * -(double)top);
    }
    EACH_BLOCK(from, count, length)
    {
        M(stage_x)(c, p, s, at, from, count, length, 0, s->z);
        M(stage_grad)(c, s, at, from, count, length, 0, s->grad);
        if (product)
            M(softmax_back)(0, top, all.s + all.rest, over, s->z, s->grad, s->z, count, 0);
        else
            M(log_back)(0, all.s + all.rest, over, s->z, s->grad, s->z, count, 0);
        M(put_block)(c, p, s, at, from, count, length, s->z);
    }
}

/* -- hardmax, sparsemax: any length ----------------------------------------------------------------------------- */
static int M(has_nan)(const S *z, size_t n)
{
    int nan = 0;
    for (size_t i = 0; i < n; i++)
        nan |= z[i] != z[i];
    return nan;
}
/* A result that is one number but for one entry, and for what is dropped. */
static void M(put_constant)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at,
                            size_t length, S value, size_t place, S there)
{
    EACH_BLOCK(from, count, length)
    {
        M(fill_dense)(value, s->z, count);
        if (place - from < count)
            s->z[place - from] = there;
        if (at[FA_KEEP])
            M(drop)(s->z, kept_bytes(c, at[FA_KEEP], from, count, s->kept), c->flip, p->dropped, count);
        M(scatter)(c, at[FA_OUT], from, count, s->z);
    }
}
/* The maximum, its place (the first kept entry if all is -inf), and how many +inf; NaN if there is one. */
typedef struct {
    S m;
    size_t place, infinite;
} M(peak);
static M(peak)
    M(find_peak)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at, size_t length)
{
    M(peak) peak = {-INFINITY, (size_t)-1, 0};
    EACH_BLOCK(from, count, length)
    {
        const S *z = M(block)(c, p, s, at, from, count, length);
        if (M(has_nan)(z, count))
            return (M(peak)){NAN, 0, 0};
        const S m = M(row_top)(z, count);
        size_t j = 0;
        if (m > peak.m) {
            while (z[j] != m)
                j++;
            peak.m = m;
            peak.place = from + j;
        } else if (peak.place == (size_t)-1) {
            const unsigned char *kept = at[FA_KEEP] ? kept_bytes(c, at[FA_KEEP], from, count, s->kept) : NULL;
            while (j < count && kept && kept[j] == c->flip)
                j++;
            peak.place = j < count ? from + j : (size_t)-1;
        }
        if (m == INFINITY)
            for (j = 0; j < count; j++)
                peak.infinite += z[j] == INFINITY;
    }
    return peak;
}
static void M(hardmax_row)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at,
                           size_t length)
{
    const M(peak) peak = M(find_peak)(c, p, s, at, length);
    if (peak.m != peak.m)
        M(put_constant)(c, p, s, at, length, (S)NAN, 0, (S)NAN);
    else
        M(put_constant)(c, p, s, at, length, 0, peak.place, 1);
}
static void M(hardmax_backward_row)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at,
                                    size_t length)
{
    EACH_BLOCK(from, count, length)
    {
        M(stage_x)(c, p, s, at, from, count, length, 0, s->z);
        for (size_t i = 0; i < count; i++)
            s->z[i] = s->z[i] != s->z[i] ? s->z[i] : 0;
        M(scatter)(c, at[FA_OUT], from, count, s->z);
    }
}
/* tau by Newton's method from below, on the entries above it (Michelot): in float64, and less the maximum m.  What is
 * left to find, times the entries counted, falls to a quarter with each step, so the steps are few, log4(n) + 27. */
static void M(sparsemax_row)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at,
                             size_t length)
{
    const M(peak) peak = M(find_peak)(c, p, s, at, length);
    const double m = (double)peak.m;
    if (peak.m != peak.m || peak.infinite > 1 || (peak.m == -INFINITY && peak.place != (size_t)-1)) {
        M(put_constant)(c, p, s, at, length, (S)NAN, 0, (S)NAN);
        return;
    }
    if (UNUSUAL(peak.m)) {
        M(put_constant)(c, p, s, at, length, 0, peak.place, 1);
        return;
    }
    /* Of a row in memory only what lies above m - 1 comes into question. */
    const int one = length <= FA_ROW_BLOCK;
    double *above = (double *)s->grad, tau = -1;
    size_t before = 0, found = 0;
    if (one)
        for (size_t i = 0; i < length; i++) {
            above[found] = (double)s->z[i] - m;
            found += above[found] > -1;
        }
    for (;;) {
        lanes sum = {{0}, {0}};
        size_t support = 0;
        if (one)
            support = count_above(above, found, tau, &sum);
        else
            EACH_BLOCK(from, count, length)
            {
                const S *z = M(block)(c, p, s, at, from, count, length);
                for (size_t i = 0; i < count; i++)
                    above[i] = (double)z[i] - m;
                support += count_above(above, count, tau, &sum);
            }
        if (support == before)
            break;
        before = support;
        const double next = (lanes_total(&sum) - 1) / (double)support;
        if (!(next > tau))
            break;
        tau = next;
    }
    EACH_BLOCK(from, count, length)
    {
        S *z = one ? s->z : M(block)(c, p, s, at, from, count, length);
        for (size_t i = 0; i < count; i++) {
            const double d = ((double)z[i] - m) - tau;
            z[i] = d > 0 ? (S)d : 0;
        }
        M(scatter)(c, at[FA_OUT], from, count, z);
    }
}
static void M(sparsemax_backward_row)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at,
                                      size_t length)
{
    lanes sum = {{0}, {0}};
    size_t support = 0;
    int nan = 0;
    EACH_BLOCK(from, count, length)
    {
        M(stage_x)(c, p, s, at, from, count, length, 0, s->z);
        M(stage_grad)(c, s, at, from, count, length, 0, s->grad);
        nan |= M(has_nan)(s->z, count);
        for (size_t i = 0; i < count; i += 256) {
            double e[256];
            const size_t some = count - i < 256 ? count - i : 256;
            for (size_t j = 0; j < some; j++) {
                e[j] = s->z[i + j] > 0 ? (double)s->grad[i + j] : 0;
                support += s->z[i + j] > 0;
            }
            for (size_t j = some; j % 8; j++)
                e[j] = 0;
            lanes_add(&sum, e, (some + 7) / 8 * 8);
        }
    }
    const double mean = nan ? (double)NAN : support ? lanes_total(&sum) / (double)support : 0;
    EACH_BLOCK(from, count, length)
    {
        if (length > FA_ROW_BLOCK) {
            M(stage_x)(c, p, s, at, from, count, length, 0, s->z);
            M(stage_grad)(c, s, at, from, count, length, 0, s->grad);
        }
        for (size_t i = 0; i < count; i++)
            s->z[i] = s->z[i] > 0 || nan ? (S)((double)s->grad[i] - mean) : 0;
        M(put_block)(c, p, s, at, from, count, length, s->z);
    }
}

/* -- sum_i w_i e^(z_i) with weights of any sign: any length, in float64 --------------------------------------------- */
/* A block with its weights; where they are 0 the entry is dropped. */
static S *M(weighted_block)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at,
                            size_t from, size_t count, size_t length)
{
    S *z = M(block)(c, p, s, at, from, count, length), *w = s->grad;
    const size_t live = length - from < count ? length - from : count;
    M(gather)(c, FA_WEIGHTS, at[FA_WEIGHTS], from, live, w);
    M(fill_dense)(1, w + live, count - live);
    if (at[FA_KEEP])
        M(drop)(w, kept_bytes(c, at[FA_KEEP], from, live, s->kept), c->flip, 0, live);
    for (size_t i = 0; i < count; i++)
        z[i] = w[i] == 0 ? -INFINITY : z[i];
    return z;
}
/* w_i e^(z_i - m) of up to 256 entries, filled up to a multiple of 8 */
static void M(weigh)(const S *z, const S *w, size_t n, double m, double *e)
{
    size_t i = 0;
    for (; i < n; i++)
        e[i] = (double)z[i] - m;
    for (; i % 8; i++)
        e[i] = -INFINITY;
    size_t j = 0;
    for (; j + UNROLL * W_f64 <= i; j += UNROLL * W_f64)
        store_f64p(UNROLL, e + j, exp_f64(UNROLL, load_f64p(UNROLL, e + j)));
    for (; j < i; j += W_f64)
        store_f64p(1, e + j, exp_f64(1, load_f64p(1, e + j)));
    for (j = 0; j < n; j++)
        e[j] = w[j] == 0 ? 0 : e[j] * (double)w[j];
}
static void M(weighted_row)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const *at,
                            size_t length)
{
    const size_t size = length + (size_t)p->sink;
    const int one = size <= FA_ROW_BLOCK;
    S m = -INFINITY;
    size_t place = (size_t)-1, plus = 0, minus = 0;
    double weight = 0;
    int nan = 0;
    EACH_BLOCK(from, count, size)
    {
        const S *z = M(weighted_block)(c, p, s, at, from, count, length), *w = s->grad;
        nan |= M(has_nan)(z, count) | M(has_nan)(w, count);
        const S top = nan ? m : M(row_top)(z, count);
        if (top > m) {
            size_t j = 0;
            while (z[j] != top)
                j++;
            m = top;
            place = from + j;
            weight = (double)w[j];
        }
        if (top == INFINITY)
            for (size_t j = 0; j < count; j++) {
                plus += z[j] == INFINITY && w[j] > 0;
                minus += z[j] == INFINITY && w[j] < 0;
            }
    }
    double total = nan || (plus && minus) ? (double)NAN : minus ? -INFINITY : INFINITY;
    double value = nan || (plus && minus) ? (double)NAN : INFINITY;
    if (!nan && m == -INFINITY) {
        value = -INFINITY;
        total = 0;
    } else if (!nan && m != INFINITY) {
        lanes sum = {{0}, {0}};
        EACH_BLOCK(from, count, size)
        {
            const S *z = one ? s->z : M(weighted_block)(c, p, s, at, from, count, length);
            for (size_t i = 0; i < count; i += 256) {
                double e[256 + 8];
                const size_t some = count - i < 256 ? count - i : 256;
                M(weigh)(z + i, s->grad + i, some, (double)m, e);
                if (place - (from + i) < some)
                    e[place - (from + i)] = 0;
                lanes_add(&sum, e, (some + 7) / 8 * 8);
            }
        }
        const double others = lanes_total(&sum), part = others / weight;
        total = weight + others;
        double l = row_log_any(total < 0 ? -total : total);
        if (part > -0.5 && part < 0x1p100 && weight - weight == 0) {
            l = row_log_any(weight < 0 ? -weight : weight);
            l += part >= 0 ? row_log1p(1, part) : part > -0.29 ? row_log_of(part, 0, 0) : row_log_any(1 + part);
        }
        value = total == 0 ? -INFINITY : (double)m + l;
    }
    if (p->numbers) {
        const S sign = total != total ? (S)NAN : (S)((total > 0) - (total < 0));
        M(give_number)(c, at, total < 0 && !at[FA_SIGN] ? (S)NAN : (S)value, sign);
        return;
    }
    const M(heat) h = M(heat_of)(M(temperature)(c, at));
    const double factor = (double)*(const S *)at[FA_GRAD] * h.over / total;
    EACH_BLOCK(from, count, length)
    {
        S *z = one ? s->z : M(weighted_block)(c, p, s, at, from, count, length);
        for (size_t i = 0; i < count; i += 256) {
            double e[256 + 8];
            const size_t some = count - i < 256 ? count - i : 256;
            if (m == INFINITY) {
                const double there = plus + minus == 1 ? (double)*(const S *)at[FA_GRAD] * h.over : (double)NAN;
                for (size_t j = 0; j < some; j++)
                    e[j] = plus + minus > 1 || z[i + j] == INFINITY ? there : 0;
            } else {
                M(weigh)(z + i, s->grad + i, some, (double)m, e);
                for (size_t j = 0; j < some; j++)
                    e[j] *= factor;
            }
            for (size_t j = 0; j < some; j++)
                z[i + j] = s->grad[i + j] == 0 ? 0 : (S)e[j];
        }
        M(put_block)(c, p, s, at, from, count, length, z);
    }
}

/* -- all rows ---------------------------------------------------------------------------------------------------- */
static void M(own_row)(const fa_staged_call *c, const M(plan) * p, const M(stage) * s, char *const (*at)[FA_OPERANDS],
                       size_t length)
{
    switch (c->kind) {
    case FA_HARDMAX:
        M(hardmax_row)(c, p, s, at[0], length);
        break;
    case FA_HARDMAX_BACKWARD:
        M(hardmax_backward_row)(c, p, s, at[0], length);
        break;
    case FA_SPARSEMAX:
        M(sparsemax_row)(c, p, s, at[0], length);
        break;
    case FA_SPARSEMAX_BACKWARD:
        M(sparsemax_backward_row)(c, p, s, at[0], length);
        break;
    case FA_LOGSUMEXP_WEIGHTED:
    case FA_LOGSUMEXP_WEIGHTED_BACKWARD:
        M(weighted_row)(c, p, s, at[0], length);
        break;
    default:
        if (length + (size_t)p->sink <= FA_ROW_BLOCK) {
            M(some_rows)(c, p, s, at, 1, length);
            return;
        }
        (p->back ? M(long_backward) : M(long_forward))(c, p, s, at[0], length);
    }
    if (!p->numbers)
        M(fill_out)(c, at[0][FA_OUT], length, c->n - length, p->dropped);
}
static void M(staged)(const fa_staged_call *c, size_t begin, size_t end, void *scratch)
{
    const M(plan) p = M(plan_of)(c);
    const M(stage) s = M(stage_in)(c, scratch);
    const size_t size = c->n + (size_t)p.sink;
    const int cut = c->operand[FA_LENGTHS].at || c->operand[FA_PREFIX].at;
    const int together = c->kind < FA_ROWS && size <= FA_ROW_BLOCK && (!cut || size <= M(SHORT)) &&
                         (p.fold || !c->operand[FA_TEMPERATURE].at);
    /* what the first level of the cache holds, or as many columns as a line has */
    size_t batch = (size ? FA_ROW_BLOCK / 2 / size : 1);
    if (fa_staged_room(c, sizeof(S)) > FA_STAGED_COLUMNS && batch < M(W) && size * M(W) <= FA_STAGED_COLUMNS)
        batch = M(W);
    batch = batch > M(STAGED_ROWS) ? M(STAGED_ROWS) : batch > M(W) ? batch / M(W) * M(W) : batch ? batch : 1;
    char *at[M(STAGED_ROWS)][FA_OPERANDS];
    place row;
    place_row(c, begin, &row);
    while (begin < end) {
        const size_t left = end - begin, rows = !together ? 1 : left < batch ? left : batch;
        for (size_t r = 0; r < rows; r++) {
            __builtin_memcpy(at[r], row.at, sizeof row.at);
            next_row(c, &row);
        }
        if (together)
            M(some_rows)(c, &p, &s, at, rows, c->n);
        else
            M(own_row)(c, &p, &s, at, row_length(c, at[0]));
        begin += rows;
    }
}

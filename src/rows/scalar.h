/* log(1 + s) and e^d in float64, with the same bits everywhere: in the lanes, and one number at a time. */

/* k ln2 + log(1+f) + rest: log(1+f) = f - (f^2/2 - q*(f^2/2 + w*P(w))), q = f/(2+f), w = q^2 */
PACK_FN f64p row_log_lanes(const int U, f64p f, f64p k, f64p rest)
{
    const f64p q = div(f, add(D(2.0), f)), w = mul(q, q), half = mul(mul(D(0.5), f), f);
    f64p p = D(row_log_poly[7]);
    for (int i = 6; i >= 0; i--)
        p = fma(p, w, D(row_log_poly[i]));
    const f64p low = fma(q, fma(p, w, half), fma(k, D(row_ln2[1]), rest));
    return fma(k, D(row_ln2[0]), sub(f, sub(half, low)));
}
/* a = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), for a normal a; gives k */
PACK_FN f64p row_split(const int U, f64p a, f64p *f)
{
    const u64p root = splat_u64p(0x3fe6a09e667f3bcdu), one = splat_u64p(0x3ff0000000000000u);
    const u64p up = add(bits(a), sub(one, root)); /* a mantissa from sqrt(1/2) on */
    *f = sub(from_bits(add(and_(up, splat_u64p(0xfffffffffffffu)), root)), D(1.0));
    return sub(from_bits(or_(shr(up, 52), splat_u64p(0x4330000000000000u))), D(0x1p52 + 1023));
}
/* s >= 0; without EXACT the rounding of 1 + s stays, half a unit of float64 */
PACK_FN f64p row_log1p_lanes(const int U, const int EXACT, f64p s)
{
    const f64p sum = add(D(1.0), s), b = sub(sum, D(1.0));
    const m64p large = gt(s, D(0.41421));
    f64p f, rest = D(0);
    const f64p k = row_split(U, sum, &f);
    if (EXACT)
        rest = select(large, div(add(sub(D(1.0), sub(sum, b)), sub(s, b)), sum), rest);
    return row_log_lanes(U, select(large, f, s), select(large, k, D(0)), rest);
}

static inline double row_first(f64p a)
{
    double lanes[W_f64];
    store_f64(lanes, a.r[0]);
    return lanes[0];
}
static inline double row_log_of(double f, double k, double rest)
{
    return row_first(row_log_lanes(1, D(f), D(k), D(rest)));
}
static inline double row_log1p(const int EXACT, double s) { return row_first(row_log1p_lanes(1, EXACT, D(s))); }
/* log a, a >= 0 */
static inline double row_log_any(double a)
{
    if (a == 0)
        return -INFINITY;
    if (!(a <= 0x1.fffffffffffffp1023))
        return a;
    f64p f;
    const f64p k = row_split(1, D(a < 0x1p-1022 ? a * 0x1p54 : a), &f);
    return row_log_of(row_first(f), row_first(k) + (a < 0x1p-1022 ? -54 : 0), 0);
}

/* d <= 0 */
static inline double row_exp(double d)
{
    if (!(d > -745.2))
        return d != d ? d : 0;
    const double magic = 0x1.8p52, z = __builtin_fma(d, 0x1.71547652b82fep+0, magic), n = z - magic;
    const double r = __builtin_fma(-n, row_ln2[1], __builtin_fma(-n, row_ln2[0], d));
    double p = row_exp_poly[12];
    for (int i = 11; i >= 0; i--)
        p = __builtin_fma(p, r, row_exp_poly[i]);
    const int e = (int)n, h = e / 2;
    union {
        uint64_t u;
        double d;
    } a = {(uint64_t)(1023 + h) << 52}, b = {(uint64_t)(1023 + e - h) << 52};
    return p * a.d * b.d;
}

/* log(1 + s) and e^d in float64, one number at a time, with the same bits everywhere. */

/* k ln2 + log(1+f) + rest: log(1+f) = f - (f^2/2 - q*(f^2/2 + w*P(w))), q = f/(2+f), w = q^2 */
static inline double row_log_of(double f, double k, double rest)
{
    const double q = f / (2.0 + f), w = q * q, half = 0.5 * f * f;
    double p = row_log_poly[7];
    for (int i = 6; i >= 0; i--)
        p = __builtin_fma(p, w, row_log_poly[i]);
    const double low = __builtin_fma(q, __builtin_fma(p, w, half), __builtin_fma(k, row_ln2[1], rest));
    return __builtin_fma(k, row_ln2[0], f - (half - low));
}
/* a = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), for a normal a */
static inline double row_split(double a, double *f)
{
    union {
        double d;
        uint64_t u;
    } u = {a};
    const uint64_t up = u.u + 0x3ff0000000000000u - 0x3fe6a09e667f3bcdu; /* a mantissa from sqrt(1/2) on */
    u.u = (up & 0xfffffffffffffu) + 0x3fe6a09e667f3bcdu;
    *f = u.d - 1.0;
    return (double)((int)(up >> 52) - 1023);
}
/* s >= 0 */
static inline double row_log1p(double s)
{
    double f = s, k = 0, rest = 0;
    if (s > 0.41421) {
        const double sum = 1.0 + s, b = sum - 1.0;
        rest = ((1.0 - (sum - b)) + (s - b)) / sum;
        k = row_split(sum, &f);
    }
    return row_log_of(f, k, rest);
}
/* log a, a >= 0 */
static inline double row_log_any(double a)
{
    if (a == 0)
        return -INFINITY;
    if (!(a <= 0x1.fffffffffffffp1023))
        return a;
    double f, k = a < 0x1p-1022 ? -54 : 0;
    k += row_split(a < 0x1p-1022 ? a * 0x1p54 : a, &f);
    return row_log_of(f, k, 0);
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

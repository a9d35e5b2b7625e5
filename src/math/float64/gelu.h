/* gelu in the erf form, x Phi(x), and its derivative, float64.
 *
 *     gelu(x) = max(x, 0) - t Phi(-t), t = |x|;  Phi(-t) = e^(-t^2/2) R(t), R the scaled tail by the rows of rows.h.
 *     gelu'(x) = 1 - gelu'(-x);  gelu'(-t) = e^(-t^2/2) (R(t) - t/sqrt(2 pi)), rows of their own, one of which is
 *     centred on the zero.  The exponential is that of exp.h, its argument reduced by one fma of t/2 and t.
 *
 * Constants: tools/make_float64.py.  Worst inputs found, by tools/check_float64.py and among 10^7 points against
 * 113-bit arithmetic:
 *   gelu   .829 ULP at 0x1.3d87e498427b5p-2; subnormal results .793 at -0x1.2d0a7575fdb8ap+5
 *   gelu'  .975 ULP at -0x1.80ead197f00b4p-1, next to its zero; elsewhere .876 at 0x1.fe7770fbc8ac0p-10; subnormal
 *          results .764 at -0x1.2dd4410c5622ep+5
 * Tried: c0 of the zero's row in the table (1.2 ULP there: c0 - high is then not exact). */
#ifndef FA_MATH_FLOAT64_GELU_H
#define FA_MATH_FLOAT64_GELU_H
#include "exp.h"
#include "rows.h"
#include "silu.h"

enum { GELU_DEAD = 39 }; /* |x| from which Phi(-|x|) and its like are 0 */

/* e^(-t^2/2) = 2^n T (1 + p) */
typedef struct {
    f64p z, n, t, p;
    m64p live;
    int any_size;
} bell_f64;

PACK_FN bell_f64 make_bell_f64(const int U, f64p t, const int any_size)
{
    const f64p half = mul(t, D(0.5)), magic = D(0x1.8p49);
    const f64p z = fma(mul(half, t), D(-EXP64_LOG2E), magic), n = sub(z, magic);
    const f64p r = fnma(n, D(EXP64_LN2_LOW), fnma(half, t, mul(n, D(-EXP64_LN2_HIGH))));
    return (bell_f64){.z = z,
                      .n = n,
                      .t = lookup8(exp64_table, bits(z)),
                      .any_size = any_size,
                      .p = polynomial_f64(U, exp64_remainder, 7, r),
                      .live = not_lt(D(GELU_DEAD), t)};
}
PACK_FN f64p scale_bell_f64(const int U, bell_f64 e, f64p y)
{
    return e.any_size ? scale_live(e.live, y, e.z, e.n, 3) : scale_normal(y, e.z, e.n, 3);
}

PACK_FN f64p gelu_sized_f64(const int U, f64p x, f64p t, const int any_size)
{
    const bell_f64 e = make_bell_f64(U, t, any_size);
    const f64p w = fma(any_size ? at_most(D(38.625), t) : t, D(ROWS64_STRETCH), D(ROWS64_START));
    const pair_f64 c = rows_f64(U, gelu64_rows, gelu64_columns, w, t, 0);
    const f64p q = mul(e.t, c.high), rest = fma(e.t, fma(e.p, c.high, c.low), fms(e.t, c.high, q));
    /* rest is some hundredths of q: made small before it meets t, or it would be rounded apart where t is subnormal */
    const f64p y = add(q, rest), low = add(sub(q, y), rest);
    /* -0 - 0 is -0: the sign of zero, and of the limit at -inf */
    return sub(at_least(D(-0.0), x), scale_bell_f64(U, e, fma(t, y, mul(t, low))));
}
PACK_FN f64p gelu_f64(const int U, f64p x)
{
    const f64p t = andnot(D(-0.0), x);
    if (needs_scale(t, D(37.0)))
        return gelu_sized_f64(U, x, at_most(D(GELU_DEAD + 1), t), 1);
    return gelu_sized_f64(U, x, t, 0);
}

PACK_FN f64p gelu_slope_sized_f64(const int U, f64p x, f64p t, const int any_size)
{
    const bell_f64 e = make_bell_f64(U, t, any_size);
    const f64p w = fma(any_size ? at_most(D(38.625), t) : t, D(ROWS64_STRETCH), D(ROWS64_START));
    const m64p at_zero = both(ge(w, D(3.0)), lt(w, D(3.5)));
    const f64p zero[2] = {select(at_zero, D(GELU64_ZERO_VALUE_LOW), D(0.0)),
                          select(at_zero, D(GELU64_ZERO_SLOPE_LOW), D(0.0))};
    const pair_f64 c = rows_f64(U, gelu64_slope_rows, gelu64_slope_columns, w, t, zero);
    /* low is not small beside high near the zero */
    const f64p y = fma(e.t, c.high, mul(e.t, fma(e.p, add(c.high, c.low), c.low)));
    return reflect_slope_f64(U, x, scale_bell_f64(U, e, y));
}
PACK_FN f64p gelu_slope_f64(const int U, f64p x)
{
    const f64p t = andnot(D(-0.0), x);
    if (needs_scale(t, D(37.0)))
        return gelu_slope_sized_f64(U, x, at_most(D(GELU_DEAD + 1), t), 1);
    return gelu_slope_sized_f64(U, x, t, 0);
}
#endif

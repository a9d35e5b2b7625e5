/* Smooth functions as data, float64: a polynomial of degree 14 whose coefficients are a row of a table.
 *
 *     w = START + STRETCH t; the quarter-binade of w is the number of the row; d = t - t0;
 *     f(t) = c0 + d (c1 + d (c2 + ...)), the last two steps in two words.  t0 is chosen for each row such that c0 and
 *     c1 lie next to float64s (2^-6 of the last place), so that no coefficient needs a low word.
 *
 * On AVX-512 a column is one permute of two registers, elsewhere a row is loaded by halves. */
#ifndef FA_MATH_FLOAT64_ROWS_H
#define FA_MATH_FLOAT64_ROWS_H
#include "../../simd/pack.h"
#include "constants.h"

typedef struct { f64p high, low; } pair_f64;

/* zero, if given: low words of c0 and c1 (not 0 in the row centred on a zero); one step more is taken in two words. */
PACK_FN pair_f64 rows_f64(const int U, const double rows[256], const double columns[256], f64p w, f64p t,
                          const f64p *zero)
{
    const at_f64p at = at_row(shr(bits(w), 50));
    f64p c[4], more[4];
    lookup_quad(rows, columns, at, 0, c); /* t0, c0, c1, c2 */
    const f64p d = sub(t, c[0]), d2 = mul(d, d);
    /* c3 + ... + c14 d^11: odd and even terms apart, for the latency */
    lookup_quad(rows, columns, at, 3, more);
    f64p odd = fma(more[2], d2, more[0]), even = fma(more[3], d2, more[1]);
    lookup_quad(rows, columns, at, 2, more);
    odd = fma(fma(odd, d2, more[2]), d2, more[0]);
    even = fma(fma(even, d2, more[3]), d2, more[1]);
    lookup_quad(rows, columns, at, 1, more);
    odd = fma(fma(odd, d2, more[2]), d2, more[0]);
    even = fma(fma(even, d2, more[3]), d2, more[1]);
    const f64p p = fma(even, d, odd);
    const f64p curve = fma(p, d, c[3]), slope = fma(curve, d, c[2]);
    f64p slope_low = fma(curve, d, sub(c[2], slope));
    if (zero) {
        const f64p curve_low = fma(p, d, sub(c[3], curve));
        slope_low = add(fma(curve_low, d, slope_low), zero[1]);
    }
    const f64p high = fma(d, slope, c[1]), low = fma(d, slope_low, fma(d, slope, sub(c[1], high)));
    return (pair_f64){high, zero ? add(low, zero[0]) : low};
}
#endif

/* softsign, signed_sqrt, and what is made of r = sqrt(x^2 + b): squareplus and, with b = 1, dish.
 *
 * Roots and quotients are taken in two words, so that only the last operation rounds.  squareplus, and up to |x| = 15 (2^8 in
 * float64) dish and the derivatives, are in roots.h in math/; further out dish and these derivatives are the first terms
 * of 1/x.
 *
 * Worst of all 2^32 float32 inputs: .5 for softsign and signed_sqrt, .88 for the others, subnormal results .75, which are
 * rounded twice; float64: .5 and .86, subnormal results .62. */

/* x/(1 + |x|); beyond 2^60 that is 1. */
VALUE_IN_TWOS(softsign)
{
    const PACK a = at_most(C(0x1p60), andnot(C(-0.0), x));
    const PACK2 sum = two_sum(C(1), a);
    const PACK rc = div(C(1), sum.hi), q = mul(a, rc);
    (void)p;
    return with_sign(fma(fnma(q, sum.lo, fnma(q, sum.hi, a)), rc, q), x);
}
/* The square of 1/(1 + |x|) in two words, taken from 2^32 times that lest the second word be lost. */
DERIVATIVE(softsign)
{
    const PACK2 sum = two_sum(C(1), at_most(C(-REAL_LOWEST), andnot(C(-0.0), x)));
    const PACK r = div(C(0x1p32), sum.hi), lack = fnma(r, sum.lo, fnma(r, sum.hi, C(0x1p32)));
    const PACK low = mul(lack, mul(C(0x1p-32), r));
    (void)p;
    return mul(C(0x1p-64), fma(r, r, mul(add(r, r), low)));
}
SMOOTH(softsign)

VALUE(signed_sqrt)
{
    (void)p;
    return with_sign(sqrt(andnot(C(-0.0), x)), x);
}
/* A small |x| is made larger; 0, infinity and NaN are for division. */
DERIVATIVE(signed_sqrt)
{
    const PACK size = andnot(C(-0.0), x);
    const MASK usual = both(ge(size, C(FLOAT32_OR(0x1p-60f, REAL_LEAST_NORMAL))), lt(size, C(INFINITY)));
    (void)p;
    if (!__builtin_expect(any(except(eq(C(0), C(0)), usual)), 0))
        return M(half_over_root)(U, size);
    const MASK small = lt(size, C(FLOAT32_OR(0x1p-60f, REAL_LEAST_NORMAL)));
    const PACK y = M(half_over_root)(U, mul(size, select(small, C(0x1p96), C(1))));
    const MASK finite = both(gt(size, C(0)), lt(size, C(INFINITY)));
    return select(finite, mul(y, select(small, C(0x1p48), C(1))), div(C(0.5), sqrt(size)));
}
SMOOTH(signed_sqrt)

/* Beyond the range of Newton's steps x and the root of b are scaled by a power of two, to about 1; where b is tiny then,
 * what is added to max(x, 0) is b/(4|x|). */
PACK_FN PACK M(any_squareplus)(const int U, PACK x, PACK b)
{
    const PACK a = andnot(C(-0.0), x);
    const MASK wide = not_lt(a, C(0x1p60)), scaled = either(wide, either(lt(b, C(0x1p-60)), not_lt(b, C(0x1p60))));
    if (!__builtin_expect(any(scaled), 0))
        return M(newton_squareplus)(U, x, b, 0);
    const PACK size = at_least(C(REAL_LEAST_NORMAL), at_least(sqrt(b), a)), most = C(-REAL_LOWEST * 0x1p-4f);
    const PACK up = select(scaled, and_(at_most(most, size), C(INFINITY)), C(1)), down = div(C(1), up);
    const PACK small = mul(mul(b, down), down), least = C(0x1p-60);
    const PACK y = mul(M(newton_squareplus)(U, mul(x, down), at_least(least, small), 0), up);
    const PACK z = select(lt(small, least), select(lt(x, C(0)), mul(C(0.25), div(b, a)), x), y);
    return select(eq(b, C(INFINITY)), add(x, b), z);
}
PACK_FN PACK M(squareplus_of_4)(const int U, PACK x)
{
    const PACK a = andnot(C(-0.0), x), y = M(newton_squareplus)(U, x, C(4), 1);
    const MASK wide = not_lt(a, C(0x1p60));
    if (!__builtin_expect(any(wide), 0))
        return y;
    return select(wide, select(negative(x), div(C(1), a), x), y);
}
/* A lane with b = 4 has the same bits among others. */
VALUE(squareplus)
{
    const MASK four = eq(p[0], C(4));
    const PACK y = any(four) ? M(squareplus_of_4)(U, x) : x;
    if (!any(except(eq(C(0), C(0)), four)))
        return y;
    return select(four, y, M(any_squareplus)(U, x, p[0]));
}
/* Where |x| is large by the first terms of 1/x, and `near` elsewhere. */
#define NEAR_OR_FAR(near, x, far)                                                                       \
    const PACK close = near;                                                                            \
    const MASK beyond = not_lt(andnot(C(-0.0), x), C(FLOAT32_OR(15.0f, 0x1p8)));                        \
    if (!__builtin_expect(any(beyond), 0))                                                              \
        return close;                                                                                   \
    return select(beyond, far, close)

/* 2^32/|x| = q + low, 0 from `nothing` on, and p = u (c0 - u (c1 - u c2)), u = 1/x^2.  a_low: what |x| lacks, if given. */
typedef struct { PACK q, low, p; } M(far_parts);

PACK_FN M(far_parts)
    M(make_far)(const int U, PACK x, const PACK *a_low, PACK nothing, const float c0, const float c1, const float c2)
{
    const PACK a = andnot(C(-0.0), x), up = C(0x1p32), down = C(0x1p-32);
    const PACK q = select(ge(a, nothing), C(0), div(up, a)), v = mul(q, down), u = mul(v, v);
    const PACK rest = fnma(q, at_most(C(-REAL_LOWEST), a), up), low = mul(a_low ? fnma(q, *a_low, rest) : rest, v);
    return (M(far_parts)){q, low, mul(u, fnma(u, fnma(u, C(c2), C(c1)), C(c0)))};
}
/* u/4 (1 - p), lifted lest the second word of u be lost; 0 is said beforehand: finding it out by underflow is slow */
PACK_FN PACK M(far_slope)(const int U, PACK x, const PACK *a_low, const float c0, const float c1, const float c2)
{
    const M(far_parts) o = M(make_far)(U, x, a_low, C(FLOAT32_OR(0x1p75f, 0x1p538)), c0, c1, c2);
    return mul(C(0x1p-66), fma(o.q, o.q, fnma(mul(o.q, o.q), o.p, mul(add(o.q, o.q), o.low))));
}
/* squareplus' at h = x/sqrt(b); low: what |h| lacks, if given. */
PACK_FN PACK M(squareplus_slope)(const int U, PACK h, const PACK *low, row_turn turn)
{
    const PACK y = M(far_slope)(U, h, low, 0.75f, 0.625f, 0.546875f);
    NEAR_OR_FAR(M(near_squareplus_slope)(U, h, low AND_TURN), h, select(negative(h), y, sub(C(1), y)));
}
/* Of any b, which is lifted with x if it is small, by a root and a quotient in two words; of b = 4 with the same bits. */
DERIVATIVE(squareplus)
{
    if (!any(except(eq(C(0), C(0)), eq(p[0], C(4)))))
        return M(squareplus_slope)(U, mul(C(0.5), x), 0, turn);
    if (ONLY_ASKED(turn))
        return x; /* rows in turns too would take a sixth more time where b is 4 */
    const MASK small = lt(p[0], C(0x1p-60));
    const PACK b = mul(p[0], select(small, C(0x1p80), C(1))), a = mul(x, select(small, C(0x1p40), C(1)));
    const PACK root = sqrt(b), over = div(C(1), root), root_low = mul(fnma(root, root, b), mul(C(0.5), over));
    const PACK h = mul(a, over), rest = mul(fnma(h, root_low, fnma(h, root, a)), over);
    const MASK wide = not_lt(andnot(C(-0.0), h), C(FLOAT32_OR(0x1p75f, 0x1p538))); /* or NaN; the rest, too */
    const PACK low = select(wide, C(0), xor_(and_(C(-0.0), h), rest));
    const PACK y = M(squareplus_slope)(U, h, &low, rows_at_once);
    const PACK of_0 = select(both(eq(b, C(0)), eq(x, C(0))), C(0), y);
    return select(eq(b, C(INFINITY)), fma(x, C(0), C(0.5)), of_0);
}
SMOOTH(squareplus)

VALUE(dish)
{
    const M(far_parts) o = M(make_far)(U, x, 0, C(INFINITY), 0.75f, 0.625f, 0.546875f);
    const PACK y = mul(C(-0x1p-34), add(o.q, fnma(o.q, o.p, o.low)));
    (void)p;
    NEAR_OR_FAR(M(near_dish)(U, x AND_TURN), x, select(negative(x), y, add(x, y)));
}
DERIVATIVE(dish)
{
    const PACK y = M(far_slope)(U, x, 0, 2.25f, 3.125f, 3.828125f);
    (void)p;
    NEAR_OR_FAR(M(near_dish_slope)(U, x AND_TURN), x, select(negative(x), xor_(C(-0.0), y), add(C(1), y)));
}
SMOOTH(dish)

/* softsign, signed_sqrt, and what is made of r = sqrt(x^2 + b): squareplus and, with b = 1, dish.
 *
 * Roots and quotients are taken in two words, so that only the last operation rounds.  Left of 0, where x + r cancels,
 * it is b/(r - x) = b/(r + |x|).  One division serves both sides: with g = r + |x| on the left and r on the right,
 * rc = 1/(r g) gives 1/g = r rc and 1/r = g rc, good enough to find what a first quotient lacks.
 *
 * squareplus, and up to |x| = 15 (2^13 in float64) dish and the derivatives for the usual b, have shorter ways (roots.h
 * in math/); further out dish and these derivatives are the first terms of 1/x.
 *
 * Worst of all 2^32 float32 inputs: .5, subnormal results .75, which are rounded twice; the shorter ways .84.  float64:
 * .5, subnormal results .62, the shorter ways .86. */

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
/* 1/(2 sqrt(a)) = q + (1/2 - q h - q^2 rest) 2q, where q = 1/(2h), h = sqrt(a) rounded and rest = a - h^2.  A small a
 * is made larger, or rest would be lost. */
DERIVATIVE(signed_sqrt)
{
    const PACK size = andnot(C(-0.0), x);
    const MASK small = lt(size, C(0x1p-60));
    const PACK a = mul(size, select(small, C(0x1p96), C(1)));
    const PACK h = sqrt(a), q = div(C(0.5), h);
    const PACK lack = fnma(mul(q, q), fnma(h, h, a), fnma(q, h, C(0.5)));
    const PACK y = mul(fma(lack, add(q, q), q), select(small, C(0x1p48), C(1)));
    (void)p;
    return select(both(gt(size, C(0)), lt(size, C(INFINITY))), y, q);
}
SMOOTH(signed_sqrt)

typedef struct {
    MASK left;
    PACK a, g, rc;
    PACK2 square, r; /* x^2 + b, its root */
} M(root);

PACK_FN M(root) M(make_root)(const int U, PACK x, PACK b)
{
    M(root) o = {.left = negative(x), .a = andnot(C(-0.0), x)};
    const PACK2 square = two_product(o.a, o.a);
    o.square = two_sum(square.hi, b);
    o.square.lo = add(o.square.lo, square.lo);
    const PACK h = sqrt(o.square.hi);
    o.g = select(o.left, add(h, o.a), h);
    o.rc = div(C(1), mul(h, o.g));
    o.r = pair_sqrt(o.square, h, mul(o.g, o.rc));
    return o;
}
/* (r + x)/2 = b/2 / (r + |x|). */
PACK_FN PACK M(half_sum)(const int U, M(root) o, PACK b)
{
    PACK2 sum = fast_two_sum(o.r.hi, o.a);
    sum.lo = add(sum.lo, o.r.lo);
    const PACK2 half = {mul(C(0.5), b), C(0)}, y = pair_div(half, sum, mul(o.r.hi, o.rc));
    return select(o.left, add(y.hi, y.lo), mul(C(0.5), add(sum.hi, sum.lo)));
}
/* Its derivative (1 + x/r)/2 = b/2 / (r^2 + |x| r), in two words. */
PACK_FN PACK2 M(half_sum_slope)(const int U, M(root) o, PACK b)
{
    const PACK2 ar = two_product(o.a, o.r.hi);
    PACK2 below = fast_two_sum(o.square.hi, ar.hi);
    below.lo = add(below.lo, add(o.square.lo, fma(o.a, o.r.lo, ar.lo)));
    below.hi = select(o.left, below.hi, o.r.hi);
    below.lo = select(o.left, below.lo, o.r.lo);
    const PACK2 above = {mul(C(0.5), select(o.left, b, o.a)), C(0)};
    const PACK2 q = pair_div(above, below, select(o.left, o.rc, mul(o.g, o.rc)));
    PACK2 y = fast_two_sum(select(o.left, C(0), C(0.5)), q.hi);
    y.lo = add(y.lo, q.lo);
    return y;
}

/* Where squares could overflow or be lost, x and the root of b are scaled by `down`, to about 1. */
typedef struct {
    PACK up, down, size;
    M(root) root;
} M(scaled_root);

PACK_FN MASK M(needs_scaled_root)(const int U, PACK x, PACK b)
{
    const MASK wide = not_lt(andnot(C(-0.0), x), C(0x1p60));
    return either(wide, either(lt(b, C(0x1p-60)), not_lt(b, C(0x1p60))));
}
PACK_FN M(scaled_root) M(make_scaled_root)(const int U, PACK x, PACK b)
{
    M(scaled_root) s = {.size = at_least(sqrt(b), andnot(C(-0.0), x))};
    s.up = and_(at_most(C(-REAL_LOWEST * 0x1p-4f), at_least(C(REAL_LEAST_NORMAL), s.size)), C(INFINITY));
    s.down = div(C(1), s.up); /* a power of two as well, and not subnormal */
    s.root = M(make_root)(U, mul(x, s.down), mul(mul(b, s.down), s.down));
    return s;
}

PACK_FN PACK M(any_squareplus)(const int U, PACK x, PACK b)
{
    const MASK scaled = M(needs_scaled_root)(U, x, b);
    if (!__builtin_expect(any(scaled), 0))
        return M(newton_squareplus)(U, x, b, 0);
    const M(scaled_root) s = M(make_scaled_root)(U, x, b);
    PACK y = mul(M(half_sum)(U, s.root, b), select(s.root.left, s.down, s.up));
    y = select(eq(s.size, C(0)), x, y);
    y = select(eq(s.root.a, C(INFINITY)), at_least(C(0), x), y);
    y = select(eq(b, C(INFINITY)), add(x, b), y);
    return select(scaled, y, M(newton_squareplus)(U, select(scaled, C(0), x), select(scaled, C(1), b), 0));
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
PACK_FN PACK M(squareplus_slope)(const int U, PACK x, PACK b)
{
    const MASK scaled = M(needs_scaled_root)(U, x, b);
    const PACK usual_b = select(scaled, C(1), b);
    const PACK2 usual = M(half_sum_slope)(U, M(make_root)(U, select(scaled, C(0), x), usual_b), usual_b);
    if (!__builtin_expect(any(scaled), 0))
        return add(usual.hi, usual.lo);
    const M(scaled_root) s = M(make_scaled_root)(U, x, b);
    const PACK2 slope = M(half_sum_slope)(U, s.root, b);
    PACK y = add(slope.hi, slope.lo);
    y = select(s.root.left, mul(mul(y, s.down), s.down), y);
    y = select(eq(s.size, C(0)), C(0), y);
    y = select(eq(s.root.a, C(INFINITY)), select(s.root.left, C(0), C(1)), y);
    y = select(eq(b, C(INFINITY)), fma(x, C(0), C(0.5)), y);
    return select(scaled, y, add(usual.hi, usual.lo));
}
/* Where |x| is large by the first terms of 1/x, and `near` elsewhere. */
#define NEAR_OR_FAR(near, x, far)                                                                       \
    const PACK close = near;                                                                            \
    const MASK beyond = not_lt(andnot(C(-0.0), x), C(FLOAT32_OR(15.0f, 0x1p13)));                       \
    if (!__builtin_expect(any(beyond), 0))                                                              \
        return close;                                                                                   \
    return select(beyond, far, close)

/* 2^32/|x| = q + low, 0 from `nothing` on, and p = u (c0 - u (c1 - u c2)), u = 1/x^2. */
typedef struct { PACK q, low, p; } M(far_parts);

PACK_FN M(far_parts) M(make_far)(const int U, PACK x, PACK nothing, const float c0, const float c1, const float c2)
{
    const PACK a = andnot(C(-0.0), x), up = C(0x1p32), down = C(0x1p-32);
    const PACK q = select(ge(a, nothing), C(0), div(up, a)), v = mul(q, down), u = mul(v, v);
    const PACK low = mul(fnma(q, at_most(C(-REAL_LOWEST), a), up), v);
    return (M(far_parts)){q, low, mul(u, fnma(u, fnma(u, C(c2), C(c1)), C(c0)))};
}
/* u/4 (1 - p), lifted lest the second word of u be lost; 0 is said beforehand: finding it out by underflow is slow */
PACK_FN PACK M(far_slope)(const int U, PACK x, const float c0, const float c1, const float c2)
{
    const M(far_parts) o = M(make_far)(U, x, C(FLOAT32_OR(0x1p75f, 0x1p538)), c0, c1, c2);
    return mul(C(0x1p-66), fma(o.q, o.q, fnma(mul(o.q, o.q), o.p, mul(add(o.q, o.q), o.low))));
}
PACK_FN PACK M(squareplus_slope_of_4)(const int U, PACK x, row_turn turn)
{
    const PACK h = mul(C(0.5), x), y = M(far_slope)(U, h, 0.75f, 0.625f, 0.546875f);
    NEAR_OR_FAR(M(near_squareplus_slope)(U, x AND_TURN), h, select(negative(x), y, sub(C(1), y)));
}
/* A lane with b = 4 has the same bits among others. */
DERIVATIVE(squareplus)
{
    const MASK four = eq(p[0], C(4));
    const PACK y = any(four) ? M(squareplus_slope_of_4)(U, x, turn) : x;
    if (!any(except(eq(C(0), C(0)), four)))
        return y;
    return select(four, y, M(squareplus_slope)(U, x, p[0]));
}
LONG(squareplus)

VALUE(dish)
{
    const M(far_parts) o = M(make_far)(U, x, C(INFINITY), 0.75f, 0.625f, 0.546875f);
    const PACK y = mul(C(-0x1p-34), add(o.q, fnma(o.q, o.p, o.low)));
    (void)p;
    NEAR_OR_FAR(M(near_dish)(U, x AND_TURN), x, select(negative(x), y, add(x, y)));
}
DERIVATIVE(dish)
{
    const PACK y = M(far_slope)(U, x, 2.25f, 3.125f, 3.828125f);
    (void)p;
    NEAR_OR_FAR(M(near_dish_slope)(U, x AND_TURN), x, select(negative(x), xor_(C(-0.0), y), add(C(1), y)));
}
LONG(dish)

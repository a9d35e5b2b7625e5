/* softsign, signed_sqrt, and what is made of r = sqrt(x^2 + b): squareplus and, with b = 1, dish.
 *
 * Roots and quotients are taken in two words, so that only the last operation rounds.  Left of 0, where x + r cancels,
 * it is b/(r - x) = b/(r + |x|).  One division serves both sides: with g = r + |x| on the left and r on the right,
 * rc = 1/(r g) gives 1/g = r rc and 1/r = g rc, good enough to find what a first quotient lacks.
 *
 * In float32 squareplus, and the others up to |x| = 15, have shorter ways (math/float32/roots.h).
 *
 * Worst of all 2^32 float32 inputs: .5, subnormal results .75, which are rounded twice; the shorter ways .84.  float64: .5,
 * subnormal results .62; beside the zero of dish' .52. */

/* x/(1 + |x|); beyond 2^60 that is 1. */
VALUE(softsign)
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

VALUE(squareplus)
{
    const PACK b = p[0];
    const MASK scaled = M(needs_scaled_root)(U, x, b);
    if (!__builtin_expect(any(scaled), 0))
        return FLOAT32_OR(newton_squareplus_f32(U, x, b), M(half_sum)(U, M(make_root)(U, x, b), b));
    const M(scaled_root) s = M(make_scaled_root)(U, x, b);
    PACK y = mul(M(half_sum)(U, s.root, b), select(s.root.left, s.down, s.up));
    y = select(eq(s.size, C(0)), x, y);
    y = select(eq(s.root.a, C(INFINITY)), at_least(C(0), x), y);
    y = select(eq(b, C(INFINITY)), add(x, b), y);
    /* float64 takes this way for all: scaling is exact */
    return FLOAT32_OR(select(scaled, y, newton_squareplus_f32(U, select(scaled, C(0), x), select(scaled, C(1), b))), y);
}
PACK_FN PACK M(squareplus_slope)(const int U, PACK x, PACK b)
{
    if (!__builtin_expect(any(M(needs_scaled_root)(U, x, b)), 0)) {
        const PACK2 y = M(half_sum_slope)(U, M(make_root)(U, x, b), b);
        return add(y.hi, y.lo);
    }
    const M(scaled_root) s = M(make_scaled_root)(U, x, b);
    const PACK2 slope = M(half_sum_slope)(U, s.root, b);
    PACK y = add(slope.hi, slope.lo);
    y = select(s.root.left, mul(mul(y, s.down), s.down), y);
    y = select(eq(s.size, C(0)), C(0), y);
    y = select(eq(s.root.a, C(INFINITY)), select(s.root.left, C(0), C(1)), y);
    return select(eq(b, C(INFINITY)), fma(x, C(0), C(0.5)), y);
}
PACK_FN PACK M(squareplus_slope_of_4)(const int U, PACK x)
{
    NEAR_OR(near_squareplus_slope_f32(U, x), M(squareplus_slope)(U, x, C(4)));
}
/* A lane with b = 4 has the same bits among others. */
DERIVATIVE(squareplus)
{
    const MASK four = eq(p[0], C(4));
    const PACK y = any(four) ? M(squareplus_slope_of_4)(U, x) : x;
    if (!any(except(eq(C(0), C(0)), four)))
        return y;
    return select(four, y, M(squareplus_slope)(U, x, p[0]));
}
LONG(squareplus)

/* x (1 + x/r)/2; far left -1/(4|x|). */
PACK_FN PACK M(dish)(const int U, PACK x)
{
    const PACK2 half = M(half_sum_slope)(U, M(make_root)(U, x, C(1)), C(1));
    const PACK y = fma(x, half.hi, mul(x, half.lo)), a = andnot(C(-0.0), x);
    const MASK far = ge(a, C(0x1p60));
    if (!__builtin_expect(any(far), 0))
        return y;
    return select(far, select(negative(x), div(C(-0.25), a), x), y);
}
VALUE(dish)
{
    (void)p;
    NEAR_OR(near_dish_f32(U, x), M(dish)(U, x));
}
/* With w = |x| r:  (1 - w)/(2 r^2 (r^2 + w)) on the left, 1/2 + w (r^2 + 1)/(2 r^4) on the right. */
PACK_FN PACK M(bounded_dish_slope)(const int U, PACK x)
{
    const PACK a = andnot(C(-0.0), x), one = C(1);
    const MASK left = negative(x);
    const PACK2 product = two_product(a, a);
    PACK2 square = two_sum(product.hi, one);
    square.lo = add(square.lo, product.lo);
    const PACK h = sqrt(square.hi), g = select(left, fma(a, h, square.hi), square.hi);
    const PACK rc = div(one, mul(square.hi, g));
    const PACK2 r = pair_sqrt(square, h, mul(mul(h, g), rc));
    PACK2 w = two_product(a, h);
    w.lo = fma(a, r.lo, w.lo);

    PACK2 below = fast_two_sum(square.hi, select(left, w.hi, C(0)));
    below.lo = add(below.lo, add(square.lo, select(left, w.lo, C(0))));
    below = pair_mul(below, square);
    PACK2 more = fast_two_sum(square.hi, one);
    more.lo = add(more.lo, square.lo);
    const PACK2 right = pair_mul(w, more);
    PACK2 above = two_sum(one, xor_(C(-0.0), w.hi));
    above.lo = sub(above.lo, w.lo);
    /* Beside its zero 1 - w = (1 - u - u^2)/(1 + w), u = x^2, where 1 - u - u.u is exact: right relatively. */
    const MASK near = both(left, lt(andnot(C(-0.0), above.hi), C(0x1p-14)));
    if (__builtin_expect(any(near), 0)) {
        const PACK2 u2 = two_product(product.hi, product.hi);
        const PACK hi = mul(C(0.5), sub(sub(one, product.hi), u2.hi));
        const PACK sum = fma(add(product.hi, product.hi), product.lo, add(u2.lo, product.lo));
        const PACK lo = mul(C(-0.5), sum);
        const PACK half = mul(C(0.5), add(above.hi, above.lo));
        const PACK series = mul(half, fma(half, add(one, half), one)); /* 1/(1 - half) - 1 */
        const PACK2 beside = two_sum(hi, fma(add(hi, lo), series, lo));
        above.hi = select(near, beside.hi, above.hi);
        above.lo = select(near, beside.lo, above.lo);
    }
    above.hi = select(left, above.hi, right.hi);
    above.lo = select(left, above.lo, right.lo);
    const PACK2 q = pair_div(above, below, rc);
    const PACK2 y = fast_two_sum(select(left, C(0), one), q.hi);
    return mul(C(0.5), add(y.hi, add(y.lo, q.lo)));
}
/* Far left -1/(4 x^2), the square of 1/|x| in two words and, lest the second be lost, scaled; far right 1. */
PACK_FN PACK M(dish_slope)(const int U, PACK x)
{
    const PACK y = M(bounded_dish_slope)(U, x), a = andnot(C(-0.0), x);
    const MASK far = ge(a, C(0x1p31));
    if (!__builtin_expect(any(far), 0))
        return y;
    /* 0 where 1/(4 x^2) is: said beforehand, because finding it out by underflow is slow */
    const PACK finite = at_most(C(-REAL_LOWEST), a), nothing = C(FLOAT32_OR(0x1p75f, 0x1p538));
    const PACK q = select(lt(a, nothing), div(C(0x1p32), finite), C(0));
    const PACK low = mul(fnma(q, finite, C(0x1p32)), mul(C(0x1p-32), q));
    const PACK tail = mul(C(-0x1p-66), fma(q, q, mul(add(q, q), low)));
    return select(far, select(negative(x), tail, C(1)), y);
}
DERIVATIVE(dish)
{
    (void)p;
    NEAR_OR(near_dish_slope_f32(U, x), M(dish_slope)(U, x));
}
LONG(dish)

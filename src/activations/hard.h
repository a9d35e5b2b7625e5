/* The piecewise straight and square: hard_sigmoid, hard_tanh, hard_silu, clipped_linear, sparse_plus, sparse_sigmoid.
 *
 * Sums such as x + 3 are kept in two words, so that only the last operation rounds: hard_silu is then right beside -3
 * too, where x + 3 is small, and 1/6 need not be a float.  There 3 is a multiple of the last place of every |x| <= 3,
 * which is what fast_two_sum asks for.  All 2^32 float32 inputs are correctly rounded.
 *
 * What did not help: hard_sigmoid in eight operations instead of ten, q = (x/6 + 3/2) - 1 by one fma and the rest,
 * x + 3 - 6q, exact: .667 ULP at -2.99999952, all others the same. */

/* (x + 3)/6 in two words, for |x| <= 3. */
PACK_FN PACK2 M(hard_gate)(const int U, PACK x)
{
    const PACK2 sum = fast_two_sum(C(3), x), sixth = two_quotient(sum.hi, C(6), C(1.0 / 6));
    return (PACK2){sixth.hi, fma(sum.lo, C(1.0 / 6), sixth.lo)};
}
/* Whether the slope is the float nearest to 1/6 (or, in float64, the float32) and the offset 1/2. */
PACK_FN MASK M(is_usual)(const int U, const PACK *p)
{
    return both(either(eq(p[0], C(1.0 / 6)), eq(p[0], C((float)(1.0 / 6)))), eq(p[1], C(0.5)));
}
PACK_FN int M(any_unusual)(const int U, const PACK *p)
{
    return __builtin_expect(any(except(eq(C(0), C(0)), M(is_usual)(U, p))), 0);
}
/* slope*x + offset with one rounding; a slope of 0 is the offset at +-inf too. */
PACK_FN PACK M(line)(const int U, PACK x, const PACK *p)
{
    const MASK flat = eq(p[0], C(0));
    if (__builtin_expect(any(flat), 0))
        x = select(flat, at_least(C(REAL_LOWEST), at_most(C(-REAL_LOWEST), x)), x);
    return fma(x, p[0], p[1]);
}

VALUE_IN_TWOS(hard_sigmoid)
{
    const PACK2 gate = M(hard_gate)(U, at_most(C(3), at_least(C(-3), x)));
    const PACK y = add(gate.hi, gate.lo);
    if (!M(any_unusual)(U, p))
        return y;
    return select(M(is_usual)(U, p), y, at_most(C(1), at_least(C(0), M(line)(U, x, p))));
}
/* Strictly between the bounds. */
PACK_FN MASK M(hard_sigmoid_inside)(const int U, PACK x, const PACK *p)
{
    const MASK inside = lt(andnot(C(-0.0), x), C(3));
    if (!M(any_unusual)(U, p))
        return inside;
    const PACK y = M(line)(U, x, p);
    const MASK between = both(gt(y, C(0)), lt(y, C(1))), usual = M(is_usual)(U, p);
    return either(both(usual, inside), except(between, usual));
}
ONLY_WHERE(hard_sigmoid, M(hard_sigmoid_inside)(U, x, p), p[0])

VALUE(hard_tanh) { return at_most(p[1], at_least(p[0], x)); }
ONLY_WHERE(hard_tanh, both(gt(x, p[0]), lt(x, p[1])), C(1))

/* x times the gate, x from -3 on: where that is all 0 or 1 its second word is 0, and +inf does not meet it. */
VALUE_IN_TWOS(hard_silu)
{
    const PACK from = at_least(C(-3), x), inner = at_most(C(3), from);
    const PACK2 gate = M(hard_gate)(U, inner);
    (void)p;
    return fma(from, gate.hi, mul(inner, gate.lo));
}
/* (x + 3/2)/3. */
DERIVATIVE(hard_silu)
{
    const PACK2 sum = fast_two_sum(C(1.5), at_most(C(3), at_least(C(-3), x)));
    const PACK2 third = two_quotient(sum.hi, C(3), C(1.0 / 3));
    const PACK y = add(third.hi, fma(sum.lo, C(1.0 / 3), third.lo));
    (void)p;
    return select(le(x, C(-3)), C(0), select(ge(x, C(3)), C(1), y));
}
DEAD_ZONE(hard_silu)

VALUE(clipped_linear) { return at_most(p[3], at_least(p[2], M(line)(U, x, p))); }
PACK_FN MASK M(clipped_linear_inside)(const int U, PACK x, const PACK *p)
{
    const PACK y = M(line)(U, x, p);
    return both(gt(y, p[2]), lt(y, p[3]));
}
ONLY_WHERE(clipped_linear, M(clipped_linear_inside)(U, x, p), p[0])

/* (x + 1)^2/4 between -1 and 1. */
VALUE(sparse_plus)
{
    const PACK2 sum = fast_two_sum(C(1), at_most(C(1), at_least(C(-1), x)));
    const PACK square = fma(sum.hi, sum.hi, mul(add(sum.hi, sum.hi), sum.lo));
    (void)p;
    return select(gt(x, C(1)), x, mul(C(0.25), square));
}
DERIVATIVE(sparse_plus)
{
    (void)p;
    return fma(C(0.5), at_most(C(1), at_least(C(-1), x)), C(0.5));
}
DEAD_ZONE(sparse_plus)

VALUE(sparse_sigmoid) { return M(sparse_plus_derivative)(U, x, p, turn); }
ONLY_WHERE(sparse_sigmoid, lt(andnot(C(-0.0), x), C(1)), C(0.5))

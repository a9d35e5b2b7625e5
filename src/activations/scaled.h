/* silu and quick_gelu, x sigmoid(beta x), and softcap, cap tanh(x/cap): the kernels of sigmoid, silu and tanh at an
 * argument of two words, as the rounding of beta x would grow by |beta x| in the exponential. */

/* beta x in two words. */
PACK_FN PACK2 M(scaled)(const int U, PACK x, PACK beta)
{
    return two_product(at_least(C(REAL_LOWEST), at_most(C(-(REAL_LOWEST)), beta)), x);
}
/* Of one number for all, as a parameter usually is, found out in front of the loop. */
PACK_FN int M(all_one)(const int U, PACK a) { return !any(not_lt(andnot(C(-0.0), sub(a, C(1))), C(0x1p-60))); }

/* x sigmoid(beta x), odd in x and beta together. */
PACK_FN PACK M(swish)(const int U, PACK x, PACK beta)
{
    const PACK sign = and_(C(-0.0), beta);
    const PACK y = xor_(sign, M(silu_wide)(U, xor_(sign, x), M(scaled)(U, x, beta)));
    const MASK none = eq(beta, C(0)); /* times infinity */
    return any(none) ? select(none, mul(C(0.5), x), y) : y;
}
PACK_FN PACK M(swish_slope)(const int U, PACK x, PACK beta)
{
    const PACK y = M(silu_slope_wide)(U, M(scaled)(U, x, beta));
    const MASK none = both(eq(beta, C(0)), eq(x, x));
    return any(none) ? select(none, C(0.5), y) : y;
}

VALUE(silu)
{
    if (M(all_one)(U, p[0]))
        return M(silu)(U, x);
    return M(swish)(U, x, p[0]);
}
DERIVATIVE(silu)
{
    if (M(all_one)(U, p[0]))
        return M(silu_slope)(U, x);
    return M(swish_slope)(U, x, p[0]);
}
SMOOTH(silu)

VALUE(quick_gelu) { return M(swish)(U, x, p[0]); }
DERIVATIVE(quick_gelu) { return M(swish_slope)(U, x, p[0]); }
SMOOTH(quick_gelu)

/* With x/cap = c + r and tanh = t + s r (1 - g): cap t in two words, + s (x - cap c) (1 - g).  x - cap c is rounded
 * once, and x/cap itself only counts in g, so that one word of it will do. */
VALUE(softcap)
{
    const PACK largest = C(-(REAL_LOWEST)), cap = at_most(largest, p[0]), end = C(M(tanh_end));
    const PACK u = at_most(at_most(largest, mul(end, cap)), andnot(C(-0.0), x));
    PACK b = mul(u, div(C(1), cap));
    const MASK tiny = lt(cap, C(REAL_LEAST_NORMAL)); /* its reciprocal overflows */
    if (any(tiny))
        b = select(tiny, div(u, cap), b);
    const M(tanh_parts) e = M(make_tanh)(U, at_most(end, b));
    const PACK high = mul(cap, e.t), rest = mul(e.s, fnma(cap, e.c, u));
    return with_sign(add(high, add(fms(cap, e.t, high), fnma(rest, e.g, rest))), x);
}
DERIVATIVE(softcap)
{
    const PACK u = andnot(C(-0.0), x), rc = at_most(C(-(REAL_LOWEST)), div(C(1), p[0])), two = add(rc, rc);
    const PACK b = mul(u, two), b_low = fma(u, mul(two, fnma(rc, p[0], C(1))), fms(u, two, b));
    const PACK low = M(low_of_size)(U, (PACK2){b, b_low});
    return M(logistic_slope)(U, b, &low, 4);
}
SMOOTH(softcap)

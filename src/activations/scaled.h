/* silu and quick_gelu, x sigmoid(beta x), and softcap, cap tanh(x/cap): the kernels of sigmoid, silu and tanh at an
 * argument of two words, as the rounding of beta x would grow by |beta x| in the exponential.
 *
 * Worst inputs, float32: of all 2^32; float64: found by tools/check_float64.py:
 *   quick_gelu   .8341 ULP at 0x3e90c66e = .282763898, subnormal .8561 at 0xc256afdc; float64 .747, .740
 *   quick_gelu'  .9274 ULP at 0x3e909c7c = .282443881, subnormal .8276 at 0xc257e9d8; float64 .883, .773
 *   softcap      .6636 ULP at 0x4171024c; float64 .637
 *   softcap'     .8570 ULP at 0x430ac49d, subnormal .5468 at 0x44a69a5c; float64 .553, .441
 * Tried: |x| y0 + |x| c by an fma, y0 + c the sigmoid in two words: 1 ULP at 2^-125, where |x| c is subnormal. */

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
PACK_FN PACK M(swish_slope)(const int U, PACK x, PACK beta, row_turn turn)
{
    const PACK y = M(silu_slope_wide)(U, M(scaled)(U, x, beta) AND_TURN);
    const MASK none = eq(beta, C(0));
    return any(none) ? select(both(none, eq(x, x)), C(0.5), y) : y;
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
        return M(silu_slope)(U, x AND_TURN);
    return M(swish_slope)(U, x, p[0], rows_at_once);
}
SMOOTH(silu)

VALUE(quick_gelu) { return M(swish)(U, x, p[0]); }
DERIVATIVE(quick_gelu) { return M(swish_slope)(U, x, p[0], turn); }
SMOOTH(quick_gelu)

/* u/cap by the reciprocal of cap, found out in front of the loop where it is one number for all. */
PACK_FN PACK M(over)(const int U, PACK u, PACK cap)
{
    const PACK q = mul(u, div(C(1), cap));
    const MASK tiny = lt(cap, C(REAL_LEAST_NORMAL)); /* the reciprocal overflows */
    return any(tiny) ? select(tiny, div(u, cap), q) : q;
}
/* With x/cap = c + r and tanh = t + s r (1 - g): cap t in two words, + s (x - cap c) (1 - g).  x - cap c is rounded
 * once, and x/cap itself only counts in g, so that one word of it will do. */
VALUE(softcap)
{
    const PACK u = andnot(C(-0.0), x), cap = at_most(C(-(REAL_LOWEST)), p[0]), end = C(M(tanh_end));
    const PACK b = at_most(end, M(over)(U, u, cap));
    const M(tanh_parts) e = M(make_tanh)(U, b AND_TURN);
    const PACK high = mul(cap, e.t), rest = mul(e.s, fnma(cap, e.c, u));
    const PACK y = add(high, add(fms(cap, e.t, high), fnma(rest, e.g, rest)));
    return with_sign(select(ge(b, end), cap, y), x);
}
/* 4 sigmoid'(2|x|/cap) at two words.  A tiny cap is lifted with x, that its reciprocal is finite and no product is lost. */
DERIVATIVE(softcap)
{
    const PACK lift = select(lt(p[0], C(0x1p-60)), C(0x1p80), C(1));
    const PACK cap = mul(lift, at_most(C(-(REAL_LOWEST)), p[0])), over = div(C(2), cap);
    const PACK u = mul(lift, andnot(C(-0.0), x)), z = mul(u, over);
    const PACK low = mul(fnma(z, mul(C(0.5), cap), u), over);
    return M(logistic_slope)(U, z, &low, 4 AND_TURN);
}
SMOOTH(softcap)

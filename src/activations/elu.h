/* elu, selu, celu: expm1 on the left, in two words up to the parameter's product; x itself on the right. */

VALUE(elu)
{
    const PACK2 e = M(expm1)(U, x);
    /* an infinite alpha must meet the high word alone */
    const PACK a = select(lt(andnot(C(-0.0f), p[0]), C(INFINITY)), p[0], C(0));
    return select(lt(x, C(0)), fma(p[0], e.hi, mul(a, e.lo)), x);
}
DERIVATIVE(elu) { return select(gt(x, C(0)), C(1), mul(p[0], M(exp)(U, at_most(C(0), x)))); }
SMOOTH(elu)

VALUE(selu)
{
    (void)p;
    return M(selu)(U, x);
}
DERIVATIVE(selu)
{
    (void)p;
    return M(selu_slope)(U, x);
}
SMOOTH(selu)

/* x/alpha as a number and its rest; a rest only where there is something left of e^(x/alpha) - 1. */
PACK_FN PACK2 M(celu_quotient)(const int U, PACK x, PACK alpha)
{
    const PACK reciprocal = div(C(1), alpha), q = mul(x, reciprocal);
    const PACK left = only_fma(lt(andnot(C(-0.0f), q), C(1000)), q, xor_(C(-0.0f), alpha), x);
    return (PACK2){q, mul(left, reciprocal)};
}
VALUE(celu)
{
    if (M(all_one)(U, p[0])) { /* as it mostly is: elu (which gains a tenth, and that on AVX-512 alone) */
        const PACK2 e = M(expm1)(U, x);
        return select(lt(x, C(0)), add(e.hi, e.lo), x);
    }
    const PACK alpha = p[0], nothing = C(0x1p-60f); /* |x/alpha| below which the value is x: alpha = inf, too */
    const PACK2 q = M(celu_quotient)(U, x, alpha), e = M(expm1_sum)(U, at_most(C(0), q.hi), q.lo);
    const PACK y = select(lt(q.hi, sub(C(0), nothing)), fma(alpha, e.hi, mul(alpha, e.lo)), x);
    if (!any(lt(alpha, C(0))))
        return y;
    /* A negative alpha: x/alpha is positive on the left, and e^(x/alpha) may be too large where alpha times it is not. */
    const PACK2 up = M(expm1_sum)(U, at_most(C(16), q.hi), q.lo);
    const PACK root = M(exp_sum)(U, mul(C(0.5f), q.hi), mul(C(0.5f), q.lo));
    const PACK large = fma(mul(alpha, root), root, xor_(C(-0.0f), alpha));
    const PACK left = select(gt(q.hi, C(16)), large, fma(alpha, up.hi, mul(alpha, up.lo)));
    return select(lt(alpha, C(0)), select(both(lt(x, C(0)), gt(q.hi, nothing)), left, x), y);
}
DERIVATIVE(celu)
{
    const PACK alpha = p[0], a = at_most(C(0), x);
    if (M(all_one)(U, alpha))
        return select(gt(x, C(0)), C(1), M(exp)(U, a));
    const PACK2 q = M(celu_quotient)(U, a, alpha);
    /* where alpha is infinite: 1, at -inf too */
    const PACK y = M(exp_sum)(U, q.hi, q.lo);
    return select(either(gt(x, C(0)), both(le(x, C(0)), eq(div(C(1), alpha), C(0)))), C(1), y);
}
SMOOTH(celu)

/* What costs less in float32 registers than a look-up among all 65,536 results: the loops of halves.
 *
 * Values and derivatives: one word where the nearest float32 takes two.  Gradients: where the slope is a float32 and the
 * product a product of two.  Whether that is right for every half is found out (_native.pyx), and where it is not, the
 * results are looked up. */
/* Results in bfloat16, for put_settled. */
PACK_FN f32p to_even(const int U, f32p y)
{
    const u32p odd = and_(shr(bits(y), 16), splat_u32p(1));
    return from_bits(and_(add(add(bits(y), splat_u32p(0x7fff)), odd), splat_u32p(0xffff0000)));
}
/* In the middle of two subnormals of bfloat16. */
PACK_FN m32p small_middle(const int U, f32p y)
{
    return none_u32p(U, xor_(bits(y), splat_u32p(0x8000)), splat_u32p(0x7f80ffff));
}
PACK_FN f32p between(const int U, float lo, float hi, f32p x) { return at_least(F(lo), at_most(F(hi), x)); }
PACK_FN f32p hard_sigmoid_halves(const int U, f32p x, const f32p *p)
{
    if (any_unusual_f32(U, p))
        return hard_sigmoid_value_f32(U, x, p, rows_at_once);
    return mul(add(F(3), between(U, -3, 3, x)), F(1.0f / 6));
}
PACK_FN f32p clipped_linear_halves(const int U, f32p x, const f32p *p)
{
    return at_most(p[3], at_least(p[2], fma(x, p[0], p[1])));
}
/* The square and four times what its rounding took: two middles are decided by that, and no number comes to lie in one.
 * Beyond 1 x is the larger. */
PACK_FN f32p sparse_plus_halves(const int U, f32p x)
{
    const f32p root = fma(F(0.5f), between(U, -1, 1, x), F(0.5f)), y = mul(root, root);
    return at_least(fma(fms(root, root, y), F(4), y), x);
}
/* Beside 0, x/2 may be in the middle of two subnormals; that x^2/6 is added shows if |x| counts as a little more, or in
 * bfloat16 as 2^-12 at least. */
PACK_FN f32p hard_silu_halves(const int U, const enum fa_half half, f32p x)
{
    const f32p from = at_least(F(-3), x), inner = at_most(F(3), from);
    const f32p some = half == FA_F16 ? add(inner, with_sign(F(0x1p-23f), inner))
                                     : with_sign(at_least(F(0x1p-12f), andnot(F(-0.0f), inner)), inner);
    return mul(from, mul(add(F(3), some), F(1.0f / 6)));
}

/* y, the product a*b rounded to float32, may be in the middle of two subnormals where a*b is beside it: there it is
 * rounded to one of them at once. */
PACK_FN f32p small_settled(const int U, f32p y, f32p a, f32p b)
{
    const f32p units = F(0x1.8p-110f); /* whose last place is 2^-133 */
    return select(small_middle(U, y), with_sign(andnot(F(-0.0f), sub(fma(a, b, units), units)), y), y);
}
/* A product of which few are in the middle of two bfloat16: settled, then. */
PACK_FN f32p product_halves(const int U, const enum fa_half half, f32p a, f32p b)
{
    const f32p y = mul(a, b);
    if (half == FA_F16 || __builtin_expect(!some_middle_bf16(y.r, U), 1))
        return y;
    return to_even(U, small_settled(U, y, a, b));
}

/* For slopes from 0 to 1: there the product is the larger where x is not above 0. */
PACK_FN f32p leaky_relu_halves(const int U, const enum fa_half half, f32p x, const f32p *p)
{
    return at_least(product_halves(U, half, x, p[0]), x);
}
PACK_FN f32p leaky_relu_gradient(const int U, const enum fa_half half, f32p grad, f32p x, const f32p *p)
{
    return product_halves(U, half, grad, leaky_relu_derivative_f32(U, x, p, rows_at_once));
}
PACK_FN f32p slope_inside(const int U, const enum fa_half half, m32p inside, f32p grad, f32p x, f32p slope)
{
    return select(inside, product_halves(U, half, grad, slope), select(eq(x, x), F(0), x));
}
/* The same inside of -bound and bound, which are no halves, and of those there is none between them and the bounds meant. */
PACK_FN f32p slope_between(const int U, const enum fa_half half, float bound, f32p grad, f32p x, f32p slope)
{
    const m32p inside = not_lt(F(bound), andnot(F(-0.0f), x)); /* or NaN, which the slope then is */
    return only(inside, product_halves(U, half, grad, fma(x, F(0), slope)));
}
PACK_FN f32p hard_sigmoid_gradient(const int U, const enum fa_half half, f32p grad, f32p x, const f32p *p)
{
    const m32p usual = both(both(gt(p[0], F(0.1666666f)), lt(p[0], F(0.1666668f))), eq(p[1], F(0.5f)));
    if (any(usual)) /* for a slope beside 1/6, too: see AROUND in _native.pyx */
        return slope_between(U, half, 2.999f, grad, x, p[0]);
    return slope_inside(U, half, hard_sigmoid_inside_f32(U, x, p), grad, x, p[0]);
}
/* 2x alone may be too large.  One in 256 of these products is in the middle of two bfloat16. */
PACK_FN f32p squared_relu_gradient(const int U, const enum fa_half half, f32p grad, f32p x)
{
    const f32p half_of_it = mul(grad, x);
    f32p y = add(half_of_it, half_of_it);
    if (half == FA_BF16 && __builtin_expect(any(small_middle(U, y)), 0))
        y = small_settled(U, y, grad, add(x, x));
    return only(not_lt(x, F(0x1p-140f)), y); /* above 0, or NaN */
}

/* grad (x + 3/2)/3 of bfloat16 between -3 and 3, by y = 4/3 (grad s), s = (x + 3/2)/4 (no product overflows).  Up to |x| =
 * 1/8 grad s has 20 bits or less: y is the middle of two halves where that is so, and else no nearer to one than it is
 * wrong by.  Below, and where y is tiny, what is beside a middle is told by the product, less 3/4 of the middle: exactly,
 * but for an x so tiny that it is nothing to float64 either, which decides elsewhere.  (float16 has its middles too near:
 * a look-up is quicker there, and what is not right for all is not used.) */
PACK_FN f32p hard_silu_gradient(const int U, const enum fa_half half, f32p grad, f32p x)
{
    const f32p size = andnot(F(-0.0f), x), bound = F(2.999f), s = fma(x, F(0.25f), F(0.375f));
    f32p y = mul(mul(grad, s), F(4.0f / 3)), y_size = andnot(F(-0.0f), y);
    const m32p in_doubt = either(lt(size, F(0.125f)), lt(y_size, F(0x1p-100f)));
    const m32p near = both(in_doubt, none_u32p(U, add(bits(y), splat_u32p(0x8004)), splat_u32p(0xfff8)));
    if (half == FA_F16)
        return F(__builtin_nanf(""));
    if (__builtin_expect(any(near), 0)) {
        const f32p by = select(lt(y_size, F(1)), F(0x1p64f), F(0x1p-64f)), g = mul(grad, by);
        const u32p middle = and_(add(bits(y), splat_u32p(4)), splat_u32p(~7u));
        const f32p s_low = only(ge(size, F(0x1p-50f)), fms(x, F(0.25f), sub(s, F(0.375f))));
        const f32p more = fma(g, s_low, fms(g, s, mul(from_bits(middle), mul(F(0.75f), by))));
        const f32p above = xor_(and_(F(-0.0f), y), more); /* in size */
        const m32p down = either(lt(above, F(0)), both(eq(above, F(0)), none_u32p(U, middle, splat_u32p(0x10000))));
        const f32p beside = from_bits(add(middle, select(down, splat_u32p(~0u), splat_u32p(1))));
        y = select(near, beside, y);
    }
    const m32p live = except(not_lt(bound, size), eq(s, F(0))); /* or NaN */
    return select(live, y, only(gt(x, bound), grad));
}

/* LOOP(name, kind, parameters, put, result): `half` is the type, x and, of backward, `grad` the operands; put_settled where
 * no result is in the middle of two bfloat16. */
#define QUICK(LOOP)                                                                                     \
    LOOP(squared_relu, value, 0, put_halves, squared_relu_value_f32(U, x, p, rows_at_once))             \
    LOOP(squared_relu, derivative, 0, put_settled, squared_relu_derivative_f32(U, x, p, rows_at_once))  \
    LOOP(squared_relu, backward, 0, put_halves, squared_relu_gradient(U, half, grad, x))                \
    LOOP(leaky_relu, value, 1, put_settled, leaky_relu_halves(U, half, x, p))                           \
    LOOP(leaky_relu, backward, 1, put_settled, leaky_relu_gradient(U, half, grad, x, p))                \
    LOOP(prelu, value, 1, put_settled, leaky_relu_halves(U, half, x, p))                                \
    LOOP(prelu, backward, 1, put_settled, leaky_relu_gradient(U, half, grad, x, p))                     \
    LOOP(hard_sigmoid, value, 2, put_halves, hard_sigmoid_halves(U, x, p))                              \
    LOOP(hard_sigmoid, backward, 2, put_settled, hard_sigmoid_gradient(U, half, grad, x, p))            \
    LOOP(relu6, value, 0, put_settled, relu6_value_f32(U, x, p, rows_at_once))                          \
    LOOP(hard_tanh, value, 2, put_settled, hard_tanh_value_f32(U, x, p, rows_at_once))                  \
    LOOP(hard_silu, value, 0, put_halves, hard_silu_halves(U, half, x))                                \
    LOOP(hard_silu, derivative, 0, put_halves, hard_silu_derivative_f32(U, x, p, rows_at_once))         \
    LOOP(hard_silu, backward, 0, put_halves, hard_silu_gradient(U, half, grad, x))                      \
    LOOP(clipped_linear, value, 4, put_halves, clipped_linear_halves(U, x, p))                          \
    LOOP(clipped_linear, backward, 4, put_settled,                                                      \
         slope_inside(U, half, clipped_linear_inside_f32(U, x, p), grad, x, p[0]))                      \
    LOOP(sparse_plus, value, 0, put_halves, sparse_plus_halves(U, x))                                   \
    LOOP(sparse_plus, derivative, 0, put_halves, sparse_plus_derivative_f32(U, x, p, rows_at_once))     \
    LOOP(sparse_sigmoid, value, 0, put_halves, sparse_sigmoid_value_f32(U, x, p, rows_at_once))         \
    LOOP(sparse_sigmoid, backward, 0, put_settled, slope_between(U, half, 0.9997f, grad, x, F(0.5f)))   \
    LOOP(shrink, value, 2, put_halves, shrink_value_f32(U, x, p, rows_at_once))                         \
    LOOP(soft_shrink, value, 1, put_halves, soft_shrink_value_f32(U, x, p, rows_at_once))               \
    LOOP(signed_sqrt, value, 0, put_halves, signed_sqrt_value_f32(U, x, p, rows_at_once))

/* What costs less in float32 registers than a look-up among all 65,536 results: the loops of halves.
 *
 * Values and derivatives: one word where the nearest float32 takes two.  Whether that is right for every half is found
 * out (_native.pyx), and where it is not, the results are looked up. */
PACK_FN f32p between(const int U, float lo, float hi, f32p x) { return at_least(F(lo), at_most(F(hi), x)); }
PACK_FN f32p hard_sigmoid_halves(const int U, f32p x, const f32p *p)
{
    if (any_unusual_f32(U, p))
        return hard_sigmoid_value_f32(U, x, p);
    return mul(add(F(3), between(U, -3, 3, x)), F(1.0f / 6));
}
/* The square and four times what its rounding took: two middles are decided by that, and no number comes to lie in one. */
PACK_FN f32p sparse_plus_halves(const int U, f32p x)
{
    const f32p root = fma(F(0.5f), between(U, -1, 1, x), F(0.5f)), y = mul(root, root);
    return select(gt(x, F(1)), x, fma(fms(root, root, y), F(4), y));
}
/* Beside 0, x/2 may be in the middle of two subnormals; that x^2/6 is added shows if |x| counts as 2^-12 at least. */
PACK_FN f32p hard_silu_halves(const int U, f32p x)
{
    const f32p inner = between(U, -3, 3, x), some = with_sign(at_least(F(0x1p-12f), andnot(F(-0.0f), inner)), inner);
    return mul(at_least(F(-3), x), mul(add(F(3), some), F(1.0f / 6)));
}
#define QUICK(LOOP)                                                                                     \
    LOOP(squared_relu, value, 0, squared_relu_value_f32(U, x, p))                                       \
    LOOP(squared_relu, derivative, 0, squared_relu_derivative_f32(U, x, p))                             \
    LOOP(leaky_relu, value, 1, leaky_relu_value_f32(U, x, p))                                           \
    LOOP(prelu, value, 1, prelu_value_f32(U, x, p))                                                     \
    LOOP(hard_sigmoid, value, 2, hard_sigmoid_halves(U, x, p))                                          \
    LOOP(hard_silu, value, 0, hard_silu_halves(U, x))                                                   \
    LOOP(hard_silu, derivative, 0, hard_silu_derivative_f32(U, x, p))                                   \
    LOOP(clipped_linear, value, 4, clipped_linear_value_f32(U, x, p))                                   \
    LOOP(sparse_plus, value, 0, sparse_plus_halves(U, x))                                               \
    LOOP(sparse_plus, derivative, 0, sparse_plus_derivative_f32(U, x, p))                               \
    LOOP(sparse_sigmoid, value, 0, sparse_sigmoid_value_f32(U, x, p))                                   \
    LOOP(shrink, value, 2, shrink_value_f32(U, x, p))                                                   \
    LOOP(soft_shrink, value, 1, soft_shrink_value_f32(U, x, p))                                         \
    LOOP(signed_sqrt, value, 0, signed_sqrt_value_f32(U, x, p))

/* Gradients in two words: the product y, nearest or next to nearest, and what is left of it, times some number; that is 0
 * where y is exact.  The second words of the slopes never matter beside the middle of two halves, but for their sign. */
PACK_FN f32p2 squared_relu_product(const int U, f32p grad, f32p x)
{
    const f32p a = at_least(F(0), x), y = mul(grad, a);
    return (f32p2){select(eq(a, F(0)), F(0), add(y, y)), F(0)};
}
PACK_FN f32p2 hard_silu_product(const int U, f32p grad, f32p x)
{
    const f32p2 sum = fast_two_sum(F(1.5f), between(U, -3, 3, x));
    const f32p high = mul(grad, sum.hi), low = fma(grad, sum.lo, fms(grad, sum.hi, high));
    const f32p third = F(1.0f / 3), q = mul(high, third);
    const f32p y = with_sign(fma(add(fnma(q, F(3), high), low), third, q), q); /* -0 stays */
    return (f32p2){select(le(x, F(-3)), F(0), select(ge(x, F(3)), grad, y)), add(fnma(y, F(3), high), low)};
}
PACK_FN f32p2 sparse_plus_product(const int U, f32p grad, f32p x)
{
    const f32p2 sum = fast_two_sum(F(1), between(U, -1, 1, x));
    const f32p y = mul(grad, sum.hi);
    return (f32p2){select(eq(sum.hi, F(0)), F(0), mul(F(0.5f), y)), fma(grad, sum.lo, fms(grad, sum.hi, y))};
}
#define QUICK_GRADIENTS(LOOP) LOOP(squared_relu) LOOP(hard_silu) LOOP(sparse_plus)

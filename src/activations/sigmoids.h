/* exp, sigmoid, tanh, silu: kernels of their own in math/; silu's derivative is rows of the engine. */

VALUE(exp)
{
    (void)p;
    return M(exp)(U, x);
}
DERIVATIVE(exp)
{
    (void)p;
    return M(exp)(U, x);
}
SMOOTH(exp)

VALUE(sigmoid)
{
    (void)p;
    return M(sigmoid)(U, x);
}
DERIVATIVE(sigmoid)
{
    (void)p;
    return M(sigmoid_slope)(U, x);
}
SMOOTH(sigmoid)

VALUE(tanh)
{
    (void)p;
    return M(tanh)(U, x);
}
DERIVATIVE(tanh)
{
    (void)p;
    return M(tanh_slope)(U, x);
}
SMOOTH(tanh)

VALUE(silu)
{
    (void)p;
    return M(silu)(U, x);
}
DERIVATIVE(silu)
{
    (void)p;
    return M(silu_slope)(U, x);
}
SMOOTH(silu)

/* exp, sigmoid, tanh: kernels of their own in math/. */

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

/* softplus, log(1 + e^x), its derivative the sigmoid; mish, x tanh(softplus(x)). */

VALUE(softplus)
{
    (void)p;
    return M(softplus)(U, x);
}
DERIVATIVE(softplus)
{
    (void)p;
    return M(sigmoid)(U, x);
}
SMOOTH(softplus)

VALUE(mish)
{
    (void)p;
    return M(mish)(U, x);
}
DERIVATIVE(mish)
{
    (void)p;
    return M(mish_slope)(U, x);
}
SMOOTH(mish)

/* softplus and what follows from it: log(1 + e^x), its derivative the sigmoid; log_sigmoid(x) = -softplus(-x). */

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

VALUE(log_sigmoid)
{
    (void)p;
    return M(log_sigmoid)(U, x);
}
DERIVATIVE(log_sigmoid)
{
    (void)p;
    return M(sigmoid)(U, xor_(C(-0.0f), x));
}
SMOOTH(log_sigmoid)

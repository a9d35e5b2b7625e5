/* softplus and what follows from it: log(1 + e^x), its derivative the sigmoid. */

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

/* W rows of n numbers to n rows of W numbers, `step` apart, and back: one copy of each. */
static __attribute__((noinline)) void M(lanes_in)(const S *x, size_t n, S *to, size_t step)
{
    M(transpose_in)(x, n, to, step);
}
static __attribute__((noinline)) void M(lanes_out)(const S *from, size_t step, size_t n, S *y)
{
    M(transpose_out)(from, step, n, y);
}

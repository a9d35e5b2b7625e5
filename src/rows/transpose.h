/* W rows of n numbers to n rows of W numbers, `step` apart, and back: one copy of each. */
static __attribute__((noinline)) void M(lanes_in)(const S *x, size_t n, S *to, size_t step)
{
    M(transpose_in)(x, n, to, step);
}
static __attribute__((noinline)) void M(lanes_out)(const S *from, size_t step, size_t n, S *y)
{
    M(transpose_out)(from, step, n, y);
}
/* TILE rows of n numbers to n rows of TILE numbers, and back; columns beyond `rows` are 0. */
static void M(transposed_in)(const S *x, size_t n, size_t rows, S *to)
{
    size_t r = 0;
    for (; r + M(W) <= rows; r += M(W))
        M(transpose_in)(x + r * n, n, to + r, M(TILE));
    for (size_t i = 0; r < M(TILE) && i < n; i++) {
        for (size_t c = r; c < rows; c++)
            to[i * M(TILE) + c] = x[c * n + i];
        for (size_t c = rows; c < M(TILE); c++)
            to[i * M(TILE) + c] = 0;
    }
}
static void M(transposed_out)(const S *from, size_t n, size_t rows, S *y)
{
    size_t r = 0;
    for (; r + M(W) <= rows; r += M(W))
        M(transpose_out)(from + r, M(TILE), n, y + r * n);
    for (; r < rows; r++)
        for (size_t i = 0; i < n; i++)
            y[r * n + i] = from[i * M(TILE) + r];
}

/* Where the entries of a staged call stand (rows.h). */

/* A row: where each operand has it. */
typedef struct {
    char *at[FA_OPERANDS];
    size_t index[FA_ROW_DIMS];
    int given[FA_OPERANDS], count; /* the operands there are */
} place;

static void place_row(const fa_staged_call *c, size_t row, place *p)
{
    p->count = 0;
    for (int k = 0; k < FA_OPERANDS; k++) {
        p->at[k] = c->operand[k].at;
        if (p->at[k])
            p->given[p->count++] = k;
    }
    for (int d = c->outer - 1; d >= 0; d--) {
        p->index[d] = row % c->outer_dim[d];
        row /= c->outer_dim[d];
        for (int i = 0; i < p->count; i++)
            p->at[p->given[i]] += (ptrdiff_t)p->index[d] * c->operand[p->given[i]].outer[d];
    }
}
static void next_row(const fa_staged_call *c, place *p)
{
    for (int d = c->outer - 1; d >= 0; d--) {
        const int more = ++p->index[d] < c->outer_dim[d];
        const ptrdiff_t steps = more ? 1 : 1 - (ptrdiff_t)c->outer_dim[d];
        for (int i = 0; i < p->count; i++)
            p->at[p->given[i]] += steps * c->operand[p->given[i]].outer[d];
        if (more)
            return;
        p->index[d] = 0;
    }
}
/* Entry i of a row, from its start; `run` entries from it on are `step` apart. */
static char *entry_at(const fa_staged_call *c, int operand, char *row, size_t i, size_t *run, ptrdiff_t *step)
{
    const int last = c->axes - 1;
    *run = c->axis_dim[last] - i % c->axis_dim[last];
    *step = c->operand[operand].axis[last];
    for (int d = last; d >= 0; d--) {
        row += (ptrdiff_t)(i % c->axis_dim[d]) * c->operand[operand].axis[d];
        i /= c->axis_dim[d];
    }
    return row;
}
/* The entries of a row that lengths and prefix keep. */
static size_t row_length(const fa_staged_call *c, char *const *at)
{
    size_t length = c->n;
    for (int k = FA_LENGTHS; k <= FA_PREFIX; k++)
        if (at[k] && (size_t)*(const int64_t *)at[k] < length)
            length = (size_t)*(const int64_t *)at[k];
    return length;
}
/* Whether the rows stand `step` bytes apart. */
static int stand_apart(char *const (*at)[FA_OPERANDS], int operand, size_t rows, ptrdiff_t step)
{
    for (size_t r = 1; r < rows; r++)
        if (at[r][operand] - at[r - 1][operand] != step)
            return 0;
    return 1;
}

/* -- sums in float64 whose error does not grow: eight lanes by index, each with what its additions cut off ---------- */
typedef struct { double s[8], rest[8]; } lanes;

static inline void lanes_add(lanes *sum, const double *e, size_t count) /* a multiple of 8 */
{
    for (size_t i = 0; i < count; i += 8)
        for (int l = 0; l < 8; l++) {
            const double a = e[i + l], t = sum->s[l] + a, b = t - sum->s[l];
            sum->rest[l] += (sum->s[l] - (t - b)) + (a - b);
            sum->s[l] = t;
        }
}
static double lanes_total(const lanes *sum)
{
    double s = 0, rest = 0;
    for (int l = 0; l < 8; l++) {
        const double a = sum->s[l], t = s + a, b = t - s;
        rest += ((s - (t - b)) + (a - b)) + sum->rest[l];
        s = t;
    }
    return rest == rest ? s + rest : s; /* an infinite sum has no rest */
}

/* Adds up those of n numbers that are above tau; how many they are. */
static size_t count_above(const double *a, size_t n, double tau, lanes *sum)
{
    size_t above = 0;
    for (size_t i = 0; i < n; i += 256) {
        double e[256];
        const size_t some = n - i < 256 ? n - i : 256;
        for (size_t j = 0; j < some; j++) {
            e[j] = a[i + j] > tau ? a[i + j] : 0;
            above += a[i + j] > tau;
        }
        for (size_t j = some; j % 8; j++)
            e[j] = 0;
        lanes_add(sum, e, (some + 7) / 8 * 8);
    }
    return above;
}

/* The bytes that keep the entries [from, from + count) of a row: where they stand, or brought to `to`. */
static const unsigned char *kept_bytes(const fa_staged_call *c, char *row, size_t from, size_t count, unsigned char *to)
{
    size_t run;
    ptrdiff_t step;
    if (c->axes == 1 && c->operand[FA_KEEP].axis[0] == 1)
        return (const unsigned char *)row + from;
    for (size_t i = 0; i < count; i += run) {
        const char *at = entry_at(c, FA_KEEP, row, from + i, &run, &step);
        run = run < count - i ? run : count - i;
        if (step == 1)
            __builtin_memcpy(to + i, at, run);
        else if (step == 0)
            __builtin_memset(to + i, *at, run);
        else
            for (size_t j = 0; j < run; j++)
                to[i + j] = (unsigned char)at[(ptrdiff_t)j * step];
    }
    return to;
}

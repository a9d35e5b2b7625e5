/* What a parallel region costs here, and from which work on it pays: the figures behind the constants of src/threads.c.
 *
 *     cc -O3 -fopenmp tools/measure_threads.c -o measure_threads && ./measure_threads [threads]
 *
 * Each row is one length of the pause since the last region: the pool's threads wait actively for a while (about a
 * millisecond or more, GOMP_SPINCOUNT, OMP_WAIT_POLICY), then sleep.  A figure far from its neighbours tells of another
 * process on one of the processors: repeat it on a quiet machine. */
#define _GNU_SOURCE
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REPEATS = 41, BLOCKS = 64, LARGEST = 1 << 24 };

static double now(void) /* in µs */
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec * 1e-3;
}

/* The caller is busy with something else, or sleeps. */
static void pause_for(double us, int asleep)
{
    const double end = now() + us;
    if (asleep && us > 0) {
        struct timespec t = {(time_t)(us / 1e6), (long)(us * 1e3) % 1000000000};
        nanosleep(&t, NULL);
    }
    while (now() < end)
        ;
}

static int order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *t)
{
    qsort(t, REPEATS, sizeof *t, order);
    return t[REPEATS / 2];
}

/* Work that needs no memory: `steps` dependent multiplications, about .9 to 2 ns each. */
static volatile double sink;

static void spin(long steps)
{
    double x = 1.0000001;
    for (long i = 0; i < steps; i++)
        x = x * 0.9999999 + 1e-9;
    sink = x;
}

static void region(int team, long steps)
{
    if (team == 1) {
        for (int i = 0; i < BLOCKS; i++)
            spin(steps);
        return;
    }
#pragma omp parallel for num_threads(team) schedule(static)
    for (int i = 0; i < BLOCKS; i++)
        spin(steps);
}

static double time_region(int team, long steps, double gap, int asleep)
{
    double t[REPEATS];
    for (int k = 0; k < REPEATS; k++) {
        region(omp_get_max_threads(), 1);
        pause_for(gap, asleep);
        const double start = now();
        region(team, steps);
        t[k] = now() - start;
    }
    return median(t);
}

static void rectify(int team, size_t n, const float *x, float *y)
{
    const size_t block = n / BLOCKS;
#pragma omp parallel for num_threads(team) schedule(static) if (team > 1)
    for (int b = 0; b < BLOCKS; b++)
        for (size_t i = b * block; i < (b + 1) * block; i++)
            y[i] = x[i] < 0 ? 0 : x[i];
}

int main(int argc, char **argv)
{
    const int team = argc > 1 ? atoi(argv[1]) : omp_get_max_threads();
    const double gaps[] = {0, 10, 100, 300, 1000, 2000, 3000, 5000, 10000, 20000};
    const int gap_count = sizeof gaps / sizeof *gaps;

    printf("launch of an empty region of %d threads, us (median of %d)\n%10s %10s %10s\n", team, REPEATS, "pause us",
           "busy", "asleep");
    for (int g = 0; g < gap_count; g++)
        printf("%10.0f %10.1f %10.1f\n", gaps[g], time_region(team, 0, gaps[g], 0), time_region(team, 0, gaps[g], 1));

    printf("\nspeed of %d threads against 1, no memory traffic\n%10s %10s %10s %10s %10s\n", team, "serial us", "warm",
           "100 us", "1 ms", "20 ms");
    for (long steps = 16; steps <= 8192; steps = steps * 3 / 2) {
        const double serial = time_region(1, steps, 0, 0);
        printf("%10.1f", serial);
        const double pauses[] = {0, 100, 1000, 20000};
        for (int g = 0; g < 4; g++)
            printf(" %10.2f", time_region(1, steps, pauses[g], 0) / time_region(team, steps, pauses[g], 0));
        puts("");
    }

    printf("\nrelu of float32, input and output 8 bytes an element, warm\n%10s %10s %10s %10s\n", "elements",
           "serial us", "ns/element", "speed");
    float *x = malloc(LARGEST * sizeof *x), *y = malloc(LARGEST * sizeof *y);
    memset(x, 1, LARGEST * sizeof *x), memset(y, 1, LARGEST * sizeof *y);
    for (size_t n = 1 << 12; n <= LARGEST; n *= 2) {
        double t[2][REPEATS];
        for (int k = 0; k < REPEATS; k++)
            for (int w = 0; w < 2; w++) {
                rectify(w ? team : 1, n, x, y);
                const double start = now();
                rectify(w ? team : 1, n, x, y);
                t[w][k] = now() - start;
            }
        const double serial = median(t[0]);
        printf("%10zu %10.1f %10.3f %10.2f\n", n, serial, serial * 1e3 / n, serial / median(t[1]));
    }
    return 0;
}

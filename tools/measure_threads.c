/* What a parallel region costs here, from which work on it pays, and how many threads the memory serves: the figures
 * of src/machine.h, which it writes where it is named.
 *
 *     cc -O3 -fopenmp tools/measure_threads.c -o measure_threads && ./measure_threads [src/machine.h]
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
#include <unistd.h>

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

/* GB/s of relu beyond the caches, read and written. */
static double bandwidth(int team, const float *x, float *y)
{
    double t[REPEATS];
    for (int k = 0; k < REPEATS; k++) {
        const double start = now();
        rectify(team, LARGEST, x, y);
        t[k] = now() - start;
    }
    return 8e-3 * LARGEST / median(t);
}

/* The figures; what cannot be told here is assumed: .2 us for a thread's part in the launch, and memory for 8 cores
 * (8 times 25 GB/s is two thirds of what the eight channels of DDR5-4800 in a server's socket give). */
static int write_header(const char *path, double warm, double cold, double each, double alone, double served)
{
    long cache = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE
    cache = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    FILE *file = fopen(path, "w");
    if (!file)
        return perror(path), 1;
    fprintf(file,
            "/* What the thread cost model (threads.c) knows of the machine, in picoseconds; written by "
            "tools/measure_threads.c. */\n"
            "#ifndef FA_MACHINE_H\n#define FA_MACHINE_H\n\n"
            "/* A region of two threads, while their pool is awake and once it sleeps; what each further thread adds%s. "
            "*/\n"
            "#define FA_LAUNCH_WARM %.1fe6\n#define FA_LAUNCH_COLD %.0fe6\n#define FA_LAUNCH_EACH %.2fe6\n\n"
            "/* A byte from beyond the caches, for one core; how many cores at once the memory serves as fast%s; what "
            "the\n * caches of one core hold. */\n"
            "#define FA_BYTE %.0f.\n#define FA_MEMORY_TEAM %.1f\n#define FA_CACHED_BYTES %.1fe6\n\n#endif\n",
            each > 0 ? "" : " (assumed)", warm, cold, each > 0 ? each : .2, served > 0 ? "" : " (assumed)", 1e3 / alone,
            served > 0 ? served : 8., cache > 0 ? cache / 1e6 : 2.);
    return fclose(file);
}

int main(int argc, char **argv)
{
    const int team = omp_get_max_threads();
    const double gaps[] = {0, 10, 100, 300, 1000, 2000, 3000, 5000, 10000, 20000};
    const int gap_count = sizeof gaps / sizeof *gaps;
    if (team < 2)
        return fputs("one processor: there is nothing to measure\n", stderr), 1;

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

    printf("\nthe same of %d Mi elements\n%10s %10s\n", LARGEST >> 20, "threads", "GB/s");
    double alone = 0, best = 0;
    int last = 0;
    for (int n = 1; last < team; n *= 2) {
        last = n < team ? n : team;
        const double rate = bandwidth(last, x, y);
        printf("%10d %10.1f\n", last, rate);
        alone = n == 1 ? rate : alone;
        best = rate > best ? rate : best;
    }
    if (argc < 2)
        return 0;
    const double two = time_region(2, 0, 100, 0);
    const double each = team < 4 ? 0 : (time_region(team, 0, 100, 0) - two) / (team - 2);
    /* Where the largest team still gains, the memory could serve a larger one. */
    return write_header(argv[1], two, time_region(2, 0, 20000, 0), each, alone, best > .9 * team * alone ? 0 : best / alone);
}

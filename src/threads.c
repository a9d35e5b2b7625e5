/* How many threads; see threads.h.
 *
 * The cost model.  tools/measure_threads.c printed, on two virtual Sapphire Rapids processors with libgomp of GCC 12:
 *   - a region of two threads costs 1.1 to 4 us while the pool still waits actively, which it does for 5 ms after a
 *     region, and 90 to 110 us once it sleeps;
 *   - warm, two threads are 1.3 times as fast as one at 6 us of work, 1.7 times at 11 us, 1.8 times at 18 us; asleep,
 *     .9 times at 110 us, 1.0 times at 170 us, 1.7 times at 590 us;
 *   - a float32 relu takes .13 ns an element in the L2 cache, .31 ns (39 ps a byte) beyond it.
 * With the constants below, calls in a row became 1.4 times as fast at 12.5 us of work, 1.7 times at 30 us, 1.9 times
 * at 50 us, 2.0 times from 100 us on; calls 20 ms apart stayed as they were up to 100 us, 1.07 times at 200 us and 1.5
 * times at 400 us.  On a processor that another process is using, a team waits for that process's time slice: a few
 * milliseconds, whatever the work.  FASTACT_NUM_THREADS=1 is for machines that are shared so.
 *
 * libgomp lets the surplus threads of a pool exit when a region asks for fewer than the one before, and makes them anew
 * for the next large one: a team that is awake is used as it is, not made smaller. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "threads.h"

#include "cgroups.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <unistd.h>
#define FA_POSIX 1
#endif
#ifdef __linux__
#include <sched.h>
#endif
#ifdef _OPENMP
#include <omp.h>
#endif

/* Work for each thread of a team, in picoseconds: of a pool that is awake, and of one that must be woken. */
#define WARM_GRAIN 6e6
#define COLD_GRAIN 50e6
/* What each thread adds to the launch of a region. */
#define LAUNCH 2e5
/* The least work for which a sleeping pool is woken. */
#define WAKE 200e6
/* How long after a region its pool counts as awake (and work as coming in quick succession), in nanoseconds. */
#define AWAKE 2000000
/* One core's time for a byte from beyond its caches, and how many cores the memory feeds. */
#define PICOSECONDS_PER_BYTE 40.
#define MEMORY_TEAM 8.

/* -- Limits ------------------------------------------------------------------------------------------------------ */

static atomic_int from_environment, from_process; /* FASTACT_NUM_THREADS and set_num_threads; 0: none */
static atomic_int quota;                          /* in hundredths of a processor; 0: none */
static atomic_int forked;
static atomic_int helpers; /* the threads beside the callers in all teams of now */
static _Thread_local int from_thread, forced_team;
atomic_int fa_forced_teams;

static void in_forked_child(void)
{
    /* The threads of the pool did not come along, but the OpenMP run-time believes in them: a region would hang. */
    atomic_store(&forked, 1);
    atomic_store(&helpers, 0);
}

int fa_threads_init(const char *wanted, char *error, size_t size)
{
    static atomic_flag watched = ATOMIC_FLAG_INIT;
    if (wanted && *wanted) {
        char *end = NULL;
        const long n = *wanted >= '0' && *wanted <= '9' ? strtol(wanted, &end, 10) : 0;
        if (n < 1 || n > 1000000 || *end) {
            snprintf(error, size,
                     "FASTACT_NUM_THREADS='%.40s': expected a whole number from 1 on, the most threads a call may use",
                     wanted);
            return -1;
        }
        atomic_store(&from_environment, (int)n);
    }
    const double cpus = fa_cgroup_cpus("");
    atomic_store(&quota, cpus > 0 && cpus < 1e6 ? (int)(cpus * 100 + .5) : 0);
#ifdef FA_POSIX
    if (!atomic_flag_test_and_set(&watched) && pthread_atfork(NULL, NULL, in_forked_child)) {
        snprintf(error, size, "no memory to watch for fork");
        return -1;
    }
#else
    (void)watched, (void)in_forked_child;
#endif
    return 0;
}

void fa_set_num_threads(int n) { atomic_store(&from_process, n); }

int fa_limit_threads(int n)
{
    const int before = from_thread;
    from_thread = n;
    return before;
}

int fa_force_team(int n)
{
    const int before = forced_team;
    atomic_fetch_add(&fa_forced_teams, (n > 0) - (before > 0));
    forced_team = n;
    return before;
}

#ifdef _OPENMP
/* The processors that the calling thread may run on. */
static int processors(void)
{
    /* Where OpenMP binds threads to places (OMP_PROC_BIND), the caller itself is bound to one of them, and only the
     * run-time knows how many the team has. */
    if (omp_get_proc_bind() != omp_proc_bind_false)
        return omp_get_num_procs();
#if defined(__linux__)
    cpu_set_t fixed;
    if (!sched_getaffinity(0, sizeof fixed, &fixed))
        return CPU_COUNT(&fixed);
#endif
    return omp_get_num_procs();
}
#endif

int fa_max_threads(char *why, size_t size)
{
    const char *reason;
    int n = 1;
#ifdef _OPENMP
    const int hundredths = atomic_load_explicit(&quota, memory_order_relaxed);
    const struct {
        int n;
        const char *reason;
    } limits[] = {
        {omp_get_max_threads(), "OMP_NUM_THREADS, or a limit set in the OpenMP run-time"},
        {(hundredths + 99) / 100, "cgroup quota"},
        {atomic_load_explicit(&from_environment, memory_order_relaxed), "FASTACT_NUM_THREADS"},
        {atomic_load_explicit(&from_process, memory_order_relaxed), "set_num_threads"},
        {from_thread, "fastact.threads"},
    };
    if (atomic_load_explicit(&forked, memory_order_relaxed))
        reason = "forked child";
    else if (omp_in_parallel())
        reason = "inside a parallel region";
    else {
        n = processors();
        reason = "processors that this thread may run on";
        for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
            if (limits[i].n > 0 && limits[i].n < n) {
                n = limits[i].n;
                reason = limits[i].reason;
            }
        if (n < 1)
            n = 1;
    }
#else
    reason = "built without OpenMP";
#endif
    if (why)
        snprintf(why, size, "%s", reason);
    return n;
}

/* -- Teams ------------------------------------------------------------------------------------------------------- */

#ifdef _OPENMP
/* Every thread that starts regions has a pool of its own: its size, when its last region ended, and the work since
 * then that came in quick succession but found it asleep. */
static _Thread_local struct {
    int size;
    int64_t region, work;
    double asleep;
} pool;

static int64_t nanoseconds(void)
{
#ifdef FA_POSIX
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
#else
    return (int64_t)(omp_get_wtime() * 1e9);
#endif
}

int fa_plan_team(double picoseconds, double bytes)
{
    const double memory = bytes < FA_CACHED_BYTES ? 0 : bytes * PICOSECONDS_PER_BYTE;
    const double work = picoseconds > memory ? picoseconds : memory;
    if (forced_team > 0)
        return atomic_load(&forked) || omp_in_parallel() ? 1 : forced_team;
    if (work < FA_SERIAL_PICOSECONDS)
        return 1;

    const int64_t now = nanoseconds();
    const int awake = pool.size > 1 && now - pool.region < AWAKE;
    if (!awake) {
        /* To wake the pool is worth it for one large call, or for a row of smaller ones: after as much serial time
         * as the waking costs, for then more of them are likely to come. */
        pool.asleep = now - pool.work < AWAKE ? pool.asleep + work : work;
        pool.work = now;
        if (pool.asleep < WAKE)
            return 1;
    }

    const int most = fa_max_threads(NULL, 0);
    double worth = work / (awake ? WARM_GRAIN : COLD_GRAIN);
    if (memory > 0 && worth > MEMORY_TEAM * work / memory)
        worth = MEMORY_TEAM * work / memory;
    int team = worth < 2 ? 2 : worth < most ? (int)worth : most;
    if (awake && team < pool.size) {
        team = pool.size;
        if (work < FA_SERIAL_PICOSECONDS + team * LAUNCH)
            return 1;
    }
    if (team > most)
        team = most;
    if (team < 2)
        return 1;

    /* All teams together, of all Python threads, have no more helpers than one team could have. */
    int others = atomic_load(&helpers);
    do
        if (others + team > most)
            return 1;
    while (!atomic_compare_exchange_weak(&helpers, &others, others + team - 1));
    return team;
}

void fa_leave_team(int team)
{
    if (team < 2 || forced_team > 0)
        return;
    atomic_fetch_sub(&helpers, team - 1);
    pool.size = team;
    pool.region = nanoseconds();
    pool.asleep = 0;
}

#else

int fa_plan_team(double picoseconds, double bytes)
{
    (void)picoseconds, (void)bytes;
    return 1;
}

void fa_leave_team(int team) { (void)team; }

#endif

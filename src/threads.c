/* How many threads; see threads.h.  The model's constants are in machine.h.
 *
 * Calls in a row became 1.2 times as fast at 7 us of work, 1.6 times at 20 us, 1.9 times at 50 us, 2.0 times from 100 us
 * on; calls 20 ms apart stayed as they were up to 100 us, 1.07 times at 200 us and 1.5 times at 400 us.  On a processor
 * that another process is using, a team waits for that process's time slice: a few milliseconds, whatever the work.
 * FASTACT_NUM_THREADS=1 is for machines that are shared so.
 *
 * libgomp lets the surplus threads of a pool exit when a region asks for fewer than the one before, and makes them anew
 * for the next large one: a team that is awake is used as it is, not made smaller. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "threads.h"

#include "cgroups.h"

#include <math.h>
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
/* The least work for which a sleeping pool is woken. */
#define WAKE 200e6
/* How long after a region its pool counts as awake (and work as coming in quick succession), in nanoseconds. */
#define AWAKE 2000000
/* How old the answer to which processors this thread may run on may be, in nanoseconds: asking costs .4 us. */
#define AFFINITY_HOLDS 1000000

/* -- The model --------------------------------------------------------------------------------------------------- */

/* What the traffic of so many bytes takes a team: nothing from its own caches, which overlaps with the work.  The shared
 * cache grows with the cores, the memory's channels do not. */
static double traffic(double bytes, int team)
{
    if (bytes >= FA_SHARED_BYTES)
        return bytes * FA_MEMORY_BYTE / (team < FA_MEMORY_TEAM ? team : FA_MEMORY_TEAM);
    return bytes < team * FA_CACHED_BYTES ? 0 : bytes * FA_SHARED_BYTE / team;
}

double fa_team_time(double picoseconds, double bytes, int team, int awake)
{
    const double memory = traffic(bytes, team), work = picoseconds / team;
    const double launch = team < 2 ? 0 : (awake ? FA_LAUNCH_WARM : FA_LAUNCH_COLD) + (team - 2) * FA_LAUNCH_EACH;
    return launch + (work > memory ? work : memory);
}

int fa_team_worth(double picoseconds, double bytes, int most, int awake)
{
    const double memory = traffic(bytes, 1);
    const double work = picoseconds > memory ? picoseconds : memory;
    if (most < 2 || work < (awake ? FA_SERIAL_PICOSECONDS : WAKE))
        return 1;
    double worth = work / (awake ? WARM_GRAIN : COLD_GRAIN);
    /* From here on another thread costs more at the launch than it takes from the others ... */
    if (worth * worth > work / FA_LAUNCH_EACH)
        worth = sqrt(work / FA_LAUNCH_EACH);
    /* ... and from here on it only waits for the memory with them. */
    if (bytes >= FA_SHARED_BYTES && worth > FA_MEMORY_TEAM * work / memory)
        worth = FA_MEMORY_TEAM * work / memory;
    return worth < 2 ? 2 : worth < most ? (int)worth : most;
}

int fa_team_share(int team, int cores, int callers, int taken)
{
    const int share = (cores + callers - 1) / callers, left = cores - taken;
    if (team > share)
        team = share;
    if (team > left)
        team = left;
    return team < 1 ? 1 : team;
}

/* -- Limits ------------------------------------------------------------------------------------------------------ */

static atomic_int from_environment, from_process; /* FASTACT_NUM_THREADS and set_num_threads; 0: none */
static atomic_int quota;                          /* in hundredths of a processor; 0: none */
static atomic_int forked;
static _Thread_local int from_thread, forced_team;
atomic_int fa_forced_teams;

/* What is in large calls now, of all Python threads: CALLER times the callers, and the cores they use in all. */
#define CALLER 0x10000u
static atomic_uint busy;

static void in_forked_child(void)
{
    /* The threads of the pool did not come along, but the OpenMP run-time believes in them: a region would hang. */
    atomic_store(&forked, 1);
    atomic_store(&busy, 0);
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

/* The processors that the calling thread may run on. */
static int processors(void)
{
#ifdef _OPENMP
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
#else
    return 1;
#endif
}

/* The least of the limits of the process, and why; `allowed` processors. */
static int cores(int allowed, const char **why)
{
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
    };
    if (atomic_load_explicit(&forked, memory_order_relaxed)) {
        *why = "forked child";
        return 1;
    }
    if (omp_in_parallel()) {
        *why = "inside a parallel region";
        return 1;
    }
    *why = "processors that this thread may run on";
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (limits[i].n > 0 && limits[i].n < allowed) {
            allowed = limits[i].n;
            *why = limits[i].reason;
        }
    return allowed < 1 ? 1 : allowed;
#else
    (void)allowed;
    *why = "built without OpenMP";
    return 1;
#endif
}

int fa_max_threads(char *why, size_t size)
{
    const char *reason;
    int n = cores(processors(), &reason);
    if (from_thread > 0 && from_thread < n) {
        n = from_thread;
        reason = "fastact.threads";
    }
    if (why)
        snprintf(why, size, "%s", reason);
    return n;
}

/* -- Teams ------------------------------------------------------------------------------------------------------- */

#ifdef _OPENMP
/* Every thread that starts regions has a pool of its own: its size, when its last region ended, and the work since
 * then that came in quick succession but found it asleep; the processors it may run on, and when they were asked for.
 * `entered`: what this thread's call of now has added to `busy`. */
static _Thread_local struct {
    int size, processors;
    unsigned entered;
    int64_t region, work, asked;
    double asleep;
} pool;

/* How many callers there were at once lately, and until when (nanoseconds) that is to be believed. */
static atomic_int crowd;
static _Atomic int64_t crowded;

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

/* The team that the work by itself would be worth, of at most `most`. */
static int wish(double picoseconds, double bytes, int most, int64_t now)
{
    const int awake = pool.size > 1 && now - pool.region < AWAKE;
    if (!awake) {
        /* To wake the pool is worth it for one large call, or for a row of smaller ones: after as much serial time
         * as the waking costs, for then more of them are likely to come, and find it awake. */
        const double work = fa_team_time(picoseconds, bytes, 1, 0);
        pool.asleep = now - pool.work < AWAKE ? pool.asleep + work : work;
        pool.work = now;
        return fa_team_worth(picoseconds, bytes, most, work < WAKE && pool.asleep >= WAKE);
    }
    int team = fa_team_worth(picoseconds, bytes, most, 1);
    if (team > 1 && team < pool.size)
        team = fa_team_time(picoseconds, bytes, pool.size, 1) < fa_team_time(picoseconds, bytes, 1, 1) ? pool.size : 1;
    return team < most ? team : most;
}

int fa_plan_team(double picoseconds, double bytes)
{
    const char *why;
    if (forced_team > 0)
        return atomic_load(&forked) || omp_in_parallel() ? 1 : forced_team;
    const double work = fa_team_time(picoseconds, bytes, 1, 1);
    if (work < FA_SERIAL_PICOSECONDS)
        return 1;

    const int64_t now = nanoseconds();
    if (!pool.processors || now - pool.asked > AFFINITY_HOLDS) {
        pool.processors = processors();
        pool.asked = now;
    }
    const int all = cores(pool.processors, &why);
    const int wished = wish(picoseconds, bytes, from_thread > 0 && from_thread < all ? from_thread : all, now);

    /* The cores are shared with the other Python threads' calls.  A thread that calls again and again is outside of
     * its calls for moments; it counts then too, or another would take its core from under it. */
    const int lately = now < atomic_load_explicit(&crowded, memory_order_relaxed)
                           ? atomic_load_explicit(&crowd, memory_order_relaxed)
                           : 0;
    unsigned before = atomic_load_explicit(&busy, memory_order_relaxed);
    int callers, team;
    do {
        callers = (int)(before / CALLER) + 1;
        team = fa_team_share(wished, all, callers > lately ? callers : lately, (int)(before % CALLER));
        pool.entered = CALLER + (unsigned)team;
    } while (!atomic_compare_exchange_weak_explicit(&busy, &before, before + pool.entered, memory_order_relaxed,
                                                    memory_order_relaxed));
    if (callers > 1 && callers >= lately) {
        const double lasts = work * 2e-3 < AWAKE ? work * 2e-3 : AWAKE;
        atomic_store_explicit(&crowd, callers, memory_order_relaxed);
        atomic_store_explicit(&crowded, now + (int64_t)lasts, memory_order_relaxed);
    }
    return team;
}

void fa_leave_team(int team)
{
    if (!pool.entered)
        return;
    atomic_fetch_sub_explicit(&busy, pool.entered, memory_order_relaxed);
    pool.entered = 0;
    if (team > 1) {
        pool.size = team;
        pool.region = nanoseconds();
        pool.asleep = 0;
    }
}

#else

int fa_plan_team(double picoseconds, double bytes)
{
    (void)picoseconds, (void)bytes;
    return 1;
}

void fa_leave_team(int team) { (void)team; }

#endif

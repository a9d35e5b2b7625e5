/* How many threads a call may use, and how many are worth it.  The settings of the process (omp_set_num_threads,
 * environment, affinity) are read and never changed.  Every function may be called from any thread, without the GIL;
 * without OpenMP they all say 1. */
#ifndef FA_THREADS_H
#define FA_THREADS_H
#include "machine.h"

#include <stdatomic.h>
#include <stddef.h>

/* Once per import: reads the cgroup quota, takes the value of FASTACT_NUM_THREADS (`wanted`; NULL or "" where it is
 * not set) and watches for fork.  0, or -1 with the text of an error: `wanted` is not a whole number from 1 on. */
int fa_threads_init(const char *wanted, char *error, size_t size);

/* The most threads a call from this thread may use now: the least of the processors this thread may run on, the
 * cgroup quota (rounded up), omp_get_max_threads() (OMP_NUM_THREADS, threadpoolctl), FASTACT_NUM_THREADS,
 * fa_set_num_threads and fa_limit_threads; 1 in a forked child and inside another parallel region.  `why` (may be
 * NULL) names the one that decides. */
int fa_max_threads(char *why, size_t size);

/* The limit for the process, for fastact.set_num_threads; 0: none. */
void fa_set_num_threads(int n);

/* The limit for the calling thread alone, for `with fastact.threads(n)`; 0: none.  Returns the one before, which the
 * caller puts back. */
int fa_limit_threads(int n);

/* For tests: while n > 0, every region that the calling thread starts has n threads, however small the work and
 * whatever the limits (a forked child and a nested region stay serial).  Returns the value before. */
int fa_force_team(int n);

/* -- The model: pure functions of the work and of the constants in machine.h -------------------------------------- */

/* Work that is shorter is serial; it never comes near OpenMP. */
#define FA_SERIAL_PICOSECONDS 6e6

/* The time in picoseconds that a team takes, of a pool that is awake or asleep.
 *   picoseconds  the work on one core with its data in cache (activations.def: cost per element times elements)
 *   bytes        what is read and written in all; below FA_CACHED_BYTES it is in the cache */
double fa_team_time(double picoseconds, double bytes, int team, int awake);

/* How many of `most` threads the work is worth: each has enough of it, and none only waits for the memory. */
int fa_team_worth(double picoseconds, double bytes, int most, int awake);

/* What is left of such a team where `callers` threads, this one among them, share `cores`, of which the others have
 * `taken`: an equal share at most, and what is free, but the caller itself always. */
int fa_team_share(int team, int cores, int callers, int taken);

/* -- A call ------------------------------------------------------------------------------------------------------ */

extern atomic_int fa_forced_teams; /* threads for which fa_force_team holds */

int fa_plan_team(double picoseconds, double bytes);
void fa_leave_team(int team);

/* The team for a region, to be given to num_threads; 1: run serially, outside OpenMP.  picoseconds and bytes as above.
 * After the region call fa_leave_team with the same number; between the two the team counts against those of other
 * Python threads, so that together they use the cores there are and not many times as many.
 *
 *     team = fa_enter_team(picoseconds, bytes)
 *     if team == 1: the serial loop
 *     else:         prange(blocks, num_threads=team, schedule='static')
 *     fa_leave_team(team)   */
static inline int fa_enter_team(double picoseconds, double bytes)
{
    if (picoseconds < FA_SERIAL_PICOSECONDS && bytes < FA_CACHED_BYTES &&
        !atomic_load_explicit(&fa_forced_teams, memory_order_relaxed))
        return 1;
    return fa_plan_team(picoseconds, bytes);
}

#endif

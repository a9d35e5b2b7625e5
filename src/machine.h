/* What the thread cost model (threads.c) knows of the machine, in picoseconds; `measure_threads --write` wrote it. */
#ifndef FA_MACHINE_H
#define FA_MACHINE_H

/* A region of two threads, while their pool is awake and once it sleeps; what each further thread adds. */
#define FA_LAUNCH_WARM 1.3e6
#define FA_LAUNCH_COLD 110e6
#define FA_LAUNCH_EACH 0.2e6

/* A byte from beyond the caches, for one core; how many cores at once the memory serves as fast; what the caches of
 * one core hold. */
#define FA_BYTE 40.
#define FA_MEMORY_TEAM 8.
#define FA_CACHED_BYTES 2e6

#endif

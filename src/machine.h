/* What the thread cost model (threads.c) knows of the machine; written by tools/measure_threads.c. */
#ifndef FA_MACHINE_H
#define FA_MACHINE_H

/* Picoseconds: a region of two threads, while their pool is awake and once it sleeps; what each further
 * thread adds (assumed). */
#define FA_LAUNCH_WARM 1.3e6
#define FA_LAUNCH_COLD 114e6
#define FA_LAUNCH_EACH 0.20e6

/* Less is in the caches of one core, and less in the cache that cores share. */
#define FA_CACHED_BYTES 1.6e6
#define FA_SHARED_BYTES 33.6e6

/* Picoseconds: a byte from the shared cache, and from memory, for one core; and how many cores at once
 * the memory serves as fast (assumed). */
#define FA_SHARED_BYTE 36.
#define FA_MEMORY_BYTE 50.
#define FA_MEMORY_TEAM 8.0

#endif

/* What the cgroups of this process (v1 or v2, its own and those above it) leave it; 0: no limit.  `root` stands before
 * /proc and /sys: "" but for tests. */
#ifndef FA_CGROUPS_H
#define FA_CGROUPS_H

/* CPUs' worth of time. */
double fa_cgroup_cpus(const char *root);

/* Bytes of memory. */
double fa_cgroup_memory(const char *root);

#endif

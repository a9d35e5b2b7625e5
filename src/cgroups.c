/* The limits of the cgroups; see cgroups.h. */
#include "cgroups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 4096 };

/* The number in a file, and where `second` is wanted the one after it; "max" and what cannot be read are 0. */
static double read_number(const char *directory, const char *name, double *second)
{
    char path[PATH + 32], text[64] = "";
    double first = 0;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    if (fgets(text, sizeof text, file)) {
        char *end;
        first = strtod(text, &end);
        if (second)
            *second = strtod(end, NULL);
    }
    fclose(file);
    return first;
}

/* What one cgroup allows; 0: all. */
typedef double limit_of(const char *directory);

/* v2 has quota and period in cpu.max, v1 has a file for each. */
static double cpus_of(const char *directory)
{
    double period = 0, allowed = read_number(directory, "cpu.max", &period);
    if (allowed <= 0) {
        allowed = read_number(directory, "cpu.cfs_quota_us", NULL);
        period = read_number(directory, "cpu.cfs_period_us", NULL);
    }
    return allowed > 0 && period > 0 ? allowed / period : 0;
}

/* Without a limit v2 says "max", v1 a number near 2^63. */
static double memory_of(const char *directory)
{
    double allowed = read_number(directory, "memory.max", NULL);
    if (allowed <= 0)
        allowed = read_number(directory, "memory.limit_in_bytes", NULL);
    return allowed < 0x1p62 ? allowed : 0;
}

/* The least limit of the cgroup `path` and of those above it, where they are mounted (a container may see its own
 * cgroup alone, as the mount itself), and `least`. */
static double least_limit(limit_of *limit, const char *root, const char *mount, const char *path, double least)
{
    char directory[PATH];
    const int top = snprintf(directory, sizeof directory, "%s/sys/fs/cgroup%s%s", root, *mount ? "/" : "", mount);
    if (top < 0 || top + strlen(path) >= sizeof directory)
        return least;
    if (!strstr(path, "/..")) /* a cgroup outside of what this process may see */
        strcpy(directory + top, path);
    for (;;) {
        const double allowed = limit(directory);
        if (allowed > 0 && (least == 0 || allowed < least))
            least = allowed;
        char *cut = strrchr(directory + top, '/');
        if (!cut)
            return least;
        *cut = 0;
    }
}

/* Whether "cpu" is in a list such as "cpu,cpuacct". */
static int names(const char *list, const char *controller)
{
    const size_t length = strlen(controller);
    for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL)
        if (!strncmp(list, controller, length) && (!list[length] || list[length] == ','))
            return 1;
    return 0;
}

static double least_of_all(limit_of *limit, const char *controller, const char *root)
{
    char line[PATH];
    double least = 0;
    snprintf(line, sizeof line, "%s/proc/self/cgroup", root);
    FILE *file = fopen(line, "r");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file)) { /* number:controllers:path, without controllers for v2 */
        line[strcspn(line, "\n")] = 0;
        char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = 0;
        controllers++;
        if (!*controllers)
            least = least_limit(limit, root, "", path, least);
        else if (names(controllers, controller)) {
            least = least_limit(limit, root, controllers, path, least);
            least = least_limit(limit, root, controller, path, least);
        }
    }
    fclose(file);
    return least;
}

double fa_cgroup_cpus(const char *root) { return least_of_all(cpus_of, "cpu", root); }

double fa_cgroup_memory(const char *root) { return least_of_all(memory_of, "memory", root); }

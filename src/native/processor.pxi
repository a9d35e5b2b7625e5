# Which processor, how many threads.

cdef fa_registers processor
cdef const fa_isa *chosen
cdef char text[512]

fa_read_registers(&processor)
chosen = fa_select(os.environ.get("FASTACT_ISA", "").encode(), &processor, text, sizeof(text))
if chosen == NULL:
    raise ValueError(text.decode())
isa = chosen.name.decode()
isa_why = text.decode()
if fa_threads_init(os.environ.get("FASTACT_NUM_THREADS", "").encode(), text, sizeof(text)):
    raise ValueError(text.decode())
openmp = int(FA_OPENMP)


def isas():
    """The names of the instruction sets that this processor runs, best first."""
    return isas_of(processor)


cdef tuple isas_of(fa_registers registers):
    cdef int count, k
    cdef const fa_isa *all = fa_isas(&count)
    return tuple([all[k].name.decode() for k in range(count) if fa_supported(&all[k], &registers)])


def isas_for_registers(max_leaf, leaf1_ecx, leaf7_ebx, xcr0):
    """The same for a processor with these CPUID and XGETBV results (for tests)."""
    return isas_of(fa_registers(max_leaf, leaf1_ecx, leaf7_ebx, xcr0))


def select_isa(str wanted not None, max_leaf, leaf1_ecx, leaf7_ebx, xcr0):
    """What FASTACT_ISA=wanted would choose, and why, on such a processor (for tests)."""
    cdef char why[256]
    cdef fa_registers registers = fa_registers(max_leaf, leaf1_ecx, leaf7_ebx, xcr0)
    cdef const fa_isa *found = fa_select(wanted.encode(), &registers, why, sizeof(why))
    if found == NULL:
        raise ValueError(why.decode())
    return found.name.decode(), why.decode()


def max_threads():
    """How many threads a call may use now, and why."""
    cdef char why[256]
    cdef int n = fa_max_threads(why, sizeof(why))
    return n, why.decode()


def set_num_threads(int n):
    fa_set_num_threads(n)


def limit_threads(int n):
    """A limit for the calling thread (0: none); returns the one before."""
    return fa_limit_threads(n)


def force_team(int n):
    """For tests: regions of the calling thread have n threads (0: as usual); returns the value before."""
    return fa_force_team(n)


def costs():
    """Picoseconds of an element of float32: of each kind of an activation, and of the row functions (for tools)."""
    cdef int k
    found = {}
    for k in range(FA_ACTIVATIONS):
        found[fa_rows_of_activations[k].name.decode()] = list(fa_rows_of_activations[k].cost)
    return found | {kind: [1e3 * chosen.rows[0][k][FA_F32].cost] for k, kind in enumerate(ROW_KINDS)}


def team_time(double picoseconds, double bytes_, int team, bint awake):
    """What the cost model predicts for a team, in picoseconds (for tools and tests)."""
    return fa_team_time(picoseconds, bytes_, team, awake)


def team_worth(double picoseconds, double bytes_, int most, bint awake):
    """The team that it chooses (for tools and tests)."""
    return fa_team_worth(picoseconds, bytes_, most, awake)


def team_share(int team, int cores, int callers, int taken):
    """What is left of a team beside others (for tests)."""
    return fa_team_share(team, cores, callers, taken)


def enter_team(double picoseconds, double bytes_):
    """Begins a call of so much work: the team that it gets, to be given to leave_team (for tests)."""
    return fa_enter_team(picoseconds, bytes_)


def leave_team(int team):
    fa_leave_team(team)


def cgroup_cpus(str root not None):
    """The cgroup quota in processors, 0 where there is none; `root` stands before /proc and /sys (for tests)."""
    return fa_cgroup_cpus(root.encode())


def cgroup_memory(str root not None):
    """The cgroup's limit of memory in bytes, 0 where there is none (for tests)."""
    return fa_cgroup_memory(root.encode())

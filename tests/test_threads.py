"""How many threads: every limit is honoured, forked children and small work are serial, the bits never change."""

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from processes import run_python, start_python, write_files

import fastact

native = pytest.importorskip("fastact._native")
if fastact.info()["backend"] != "native":
    pytest.skip("the NumPy backend is in use", allow_module_level=True)

OPENMP = bool(fastact.info()["openmp"])
LINUX = sys.platform == "linux"
linux_only = pytest.mark.skipif(not LINUX, reason="asks /proc, or sets the affinity")
with_openmp = pytest.mark.skipif(not OPENMP, reason="built without OpenMP")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork") or not OPENMP, reason="no fork, or no OpenMP")
with_two = pytest.mark.skipif(fastact.get_num_threads() < 2, reason="one processor")

SHOW = "import fastact; print(fastact.get_num_threads(), fastact.info()['threads_why'])"
# What the tests in a process of their own begin with: a function, a large input, the threads of the process.
BEGIN = """
import os, numpy, fastact
from fastact import _native
x = numpy.random.default_rng(1).normal(0, 5, 1 << 20).astype(numpy.float32)
with fastact.threads(1):
    expected = fastact.gelu(x).tobytes()

def right():
    return fastact.gelu(x).tobytes() == expected

def threads():
    return len(os.listdir("/proc/self/task"))
"""


def sample(n, seed=0):
    return np.random.default_rng(seed).normal(0, 5, n).astype(np.float32)


# -- Limits -------------------------------------------------------------------------------------------------------


V1 = "7:memory:/other\n4:cpu,cpuacct:/a/b\n"
CGROUPS = {
    "nothing": ({}, 0),
    "v2 without a limit": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, 0),
    "v2 in a container": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
    "v2 of its own": ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "50000 100000\n"}, 0.5),
    "v2 of the one above": (
        {
            "proc/self/cgroup": "0::/a/b\n",
            "sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
            "sys/fs/cgroup/a/cpu.max": "300000 100000\n",
        },
        3,
    ),
    "v2 the least of all": (
        {
            "proc/self/cgroup": "0::/a/b/c\n",
            "sys/fs/cgroup/a/b/c/cpu.max": "400000 100000\n",
            "sys/fs/cgroup/a/b/cpu.max": "50000 20000\n",
            "sys/fs/cgroup/a/cpu.max": "800000 100000\n",
        },
        2.5,
    ),
    "v2 of a neighbour": ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/b/cpu.max": "100000 100000\n"}, 0),
    "v2 where the path is not mounted": (
        {"proc/self/cgroup": "0::/docker/1f\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"},
        2,
    ),
    "v2 outside of the namespace": (
        {"proc/self/cgroup": "0::/../b\n", "sys/fs/cgroup/cpu.max": "200000 100000\n", "sys/fs/b/cpu.max": "1 1\n"},
        2,
    ),
    "v1": (
        {
            "proc/self/cgroup": V1,
            "sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us": "250000\n",
            "sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us": "100000\n",
        },
        2.5,
    ),
    "v1 without a limit": (
        {
            "proc/self/cgroup": V1,
            "sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us": "100000\n",
        },
        0,
    ),
    "v1 of the one above, other order": (
        {
            "proc/self/cgroup": V1.replace("cpu,cpuacct", "cpuacct,cpu"),
            "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "400000\n",
            "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
        },
        4,
    ),
    "v1 in a container": (
        {
            "proc/self/cgroup": V1,
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
        1,
    ),
    "v1 cpuset is not cpu": (
        {
            "proc/self/cgroup": "3:cpuset:/\n",
            "sys/fs/cgroup/cpuset/cpu.cfs_quota_us": "100000\n",
            "sys/fs/cgroup/cpuset/cpu.cfs_period_us": "100000\n",
        },
        0,
    ),
    "both, v1 has the processors": (
        {
            "proc/self/cgroup": V1 + "0::/init.scope\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "700000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/unified/init.scope/cgroup.procs": "1\n",
        },
        7,
    ),
    "rubbish": ({"proc/self/cgroup": "\n:\n0:\n0::\nx" + "y" * 9000, "sys/fs/cgroup/cpu.max": "no\n"}, 0),
    "a period of 0": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100000 0\n"}, 0),
}


@pytest.mark.parametrize("name", CGROUPS)
def test_cgroup_quota(name, tmp_path):
    files, cpus = CGROUPS[name]
    write_files(tmp_path, files)
    assert native.cgroup_cpus(str(tmp_path)) == cpus


@with_openmp
@linux_only
@pytest.mark.parametrize("when", ["before", "after"])
def test_affinity(when):
    bind = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    code = f"{bind}\n{SHOW}" if when == "before" else f"import fastact; fastact.get_num_threads(); {bind}\n{SHOW}"
    count, why = run_python(code).split(" ", 1)
    assert count == "1"
    if fastact.get_num_threads() > 1:
        assert why == "processors that this thread may run on"
    run_python(f"{bind}\n{BEGIN}\nassert right() and threads() == 1")


@with_openmp
@with_two
@pytest.mark.parametrize("bound", ["true", "close", "spread"])
def test_threads_bound_to_places_count_as_the_team(bound):
    assert run_python(SHOW, OMP_PROC_BIND=bound).startswith(f"{fastact.get_num_threads()} ")


@with_openmp
@with_two
def test_variables():
    assert run_python(SHOW, OMP_NUM_THREADS="1") == "1 OMP_NUM_THREADS, or a limit set in the OpenMP run-time"
    assert run_python(SHOW, FASTACT_NUM_THREADS="1") == "1 FASTACT_NUM_THREADS"
    unlimited = run_python(SHOW)
    assert unlimited.startswith(f"{fastact.get_num_threads()} ")
    for environment in {"FASTACT_NUM_THREADS": ""}, {"FASTACT_NUM_THREADS": "1000"}, {"OMP_NUM_THREADS": "1000"}:
        assert run_python(SHOW, **environment) == unlimited
    for environment in {"FASTACT_NUM_THREADS": "1"}, {"OMP_NUM_THREADS": "1"}:
        run_python(BEGIN + "assert right()", **environment)


@pytest.mark.parametrize("value", ["0", "-1", "two", "2.0", "2x", " 2", "+2", "99999999999999999999"])
def test_a_bad_variable_is_refused_at_import(value):
    done = start_python("import fastact", FASTACT_NUM_THREADS=value)
    assert done.returncode == 1
    text = f"FASTACT_NUM_THREADS='{value}': expected a whole number from 1 on, the most threads a call may use"
    assert done.stderr.strip().splitlines()[-1] == f"ValueError: {text}"


def test_set_num_threads():
    most = fastact.get_num_threads()
    try:
        for n in 1, most, 1000:
            fastact.set_num_threads(n)
            assert fastact.get_num_threads() == min(n, most)
        fastact.set_num_threads(1)
        if most > 1:
            assert fastact.info()["threads_why"] == "set_num_threads"
        for bad in 0, -1:
            with pytest.raises(ValueError, match="set_num_threads"):
                fastact.set_num_threads(bad)
        for bad in 1.5, "2":
            with pytest.raises(TypeError):
                fastact.set_num_threads(bad)
        assert fastact.get_num_threads() == 1
    finally:
        fastact.set_num_threads(None)
    assert fastact.get_num_threads() == most


def test_threads_is_for_the_thread_and_for_the_block():
    most = fastact.get_num_threads()
    with fastact.threads(1):
        assert fastact.get_num_threads() == 1
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(fastact.get_num_threads).result() == most
        with fastact.threads(1000):
            assert fastact.get_num_threads() == most
        assert fastact.get_num_threads() == 1
        with pytest.raises(KeyError), fastact.threads(1000):
            raise KeyError
        assert fastact.get_num_threads() == 1
    assert fastact.get_num_threads() == most


@with_openmp
@with_two
def test_threadpoolctl():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    most = fastact.get_num_threads()
    with threadpoolctl.threadpool_limits(1, user_api="openmp"):
        assert fastact.get_num_threads() == 1
        assert fastact.info()["threads_why"] == "OMP_NUM_THREADS, or a limit set in the OpenMP run-time"
    assert fastact.get_num_threads() == most


@with_openmp
@linux_only
def test_the_settings_of_openmp_stay():
    threadpoolctl = pytest.importorskip("threadpoolctl")

    def openmp():
        return [(a["filepath"], a["num_threads"]) for a in threadpoolctl.threadpool_info() if a["user_api"] == "openmp"]

    before = openmp()
    assert before
    fastact.set_num_threads(1)
    fastact.gelu(sample(1 << 20))
    fastact.set_num_threads(None)
    with fastact.threads(1):
        fastact.gelu(sample(1 << 20))
    assert openmp() == before


@linux_only
def test_no_more_threads_than_the_limit():
    code = """
        before = threads()
        for _ in range(20):
            for n in 10, 1000, 100_000, 1 << 20:
                fastact.gelu(x[:n]); fastact.relu(x[:n]); fastact.softmax(x[:n])
        assert threads() - before <= fastact.get_num_threads() - 1, (threads(), before)
    """
    run_python(BEGIN + "\n" + "\n".join(line[8:] for line in code.splitlines()))


@with_openmp
@with_two
@linux_only
def test_large_work_uses_threads_and_small_work_does_not():
    run_python(
        BEGIN
        + """
before = threads()
for _ in range(1000):
    fastact.gelu(x[:1000])
assert threads() == before
assert right() and threads() > before
"""
    )


# -- The model ----------------------------------------------------------------------------------------------------

US = 1e6
# Work in picoseconds and bytes: a small and a large call of a slow function, and one that only moves memory.
WORK = {"small": (20 * US, 1e5), "large": (10_000 * US, 1e8), "memory": (2000 * US, 1e9)}


@with_openmp
def test_small_work_is_serial_and_large_work_is_not():
    for most in 2, 8, 128:
        assert native.team_worth(5 * US, 1e5, most, True) == 1
        assert native.team_worth(20 * US, 1e5, most, True) > 1
        assert native.team_worth(100 * US, 1e5, most, False) == 1
        assert native.team_worth(1000 * US, 1e5, most, False) > 1
    for work in WORK.values():
        assert native.team_worth(*work, 1, True) == native.team_worth(*work, 1, False) == 1


@with_openmp
@pytest.mark.parametrize("name", WORK)
def test_a_team_is_never_slower_than_a_smaller_one(name):
    work = WORK[name]
    before = 1
    for most in range(1, 257):
        team = native.team_worth(*work, most, True)
        assert before <= team <= most
        assert native.team_time(*work, team, True) <= native.team_time(*work, before, True)
        before = team


@with_openmp
def test_a_team_has_enough_work():
    for us in 7, 20, 50, 100, 1000, 10_000, 100_000:
        team = native.team_worth(us * US, 1e5, 1000, True)
        best = min(native.team_time(us * US, 1e5, n, True) for n in range(1, 1001))
        # near the fastest there is, and with fewer threads where many of them gain little
        assert native.team_time(us * US, 1e5, team, True) <= 2 * best, us
        assert team <= 2 or us / team >= 6


@with_openmp
def test_threads_stop_where_the_memory_saturates():
    relu, slow = (1e9 * 0.1e3, 8e9), (1e9 * 2e3, 8e9)
    saturated = native.team_worth(*relu, 1000, True)
    assert 2 < saturated < 32
    for most in 2, saturated - 1, saturated, 64, 1000:
        assert native.team_worth(*relu, most, True) == min(most, saturated)
    # more would not help ...
    fastest = native.team_time(*relu, saturated, True)
    assert all(native.team_time(*relu, n, True) >= 0.999 * fastest for n in range(saturated, 200))
    assert native.team_time(*relu, saturated - 1, True) > 1.05 * fastest
    # ... while a function that computes for longer than its memory takes has use for them,
    assert saturated < native.team_worth(*slow, 1000, True) < 64
    # and so has the same in the cache, a core's own or the one that they share
    for bytes_ in 1e6, 2e7:
        assert native.team_worth(relu[0], bytes_, 64, True) == 64


# -- Cores that are shared ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("cores", [1, 2, 3, 8, 32, 128])
@pytest.mark.parametrize("callers", [1, 2, 3, 5, 16, 200])
def test_callers_share_the_cores(cores, callers):
    """Callers that come and go in any order: cores are not promised twice, and none is left idle for long."""
    rng = np.random.default_rng(cores * 1000 + callers)
    teams = {}
    for _ in range(3000):
        caller = int(rng.integers(callers))
        if caller in teams:
            del teams[caller]
            continue
        taken = sum(teams.values())
        team = native.team_share(cores, cores, len(teams) + 1, taken)
        assert team >= 1
        assert team == 1 or taken + team <= cores
        assert team == max(1, min(cores - taken, -(-cores // (len(teams) + 1))))
        teams[caller] = team
    for _ in range(2):  # all of them in turn, again and again: an equal share each
        for caller in range(callers):
            teams.pop(caller, None)
            others = sum(teams.values())
            teams[caller] = native.team_share(cores, cores, len(teams) + 1, others)
    assert len(teams) == callers
    assert sum(teams.values()) == max(cores, callers) or max(teams.values()) == -(-cores // callers)
    assert max(teams.values()) <= max(1, -(-cores // callers))


def test_a_limit_is_kept_where_cores_are_shared():
    assert native.team_share(2, 8, 1, 0) == native.team_share(2, 8, 2, 4) == 2
    assert native.team_share(1, 8, 2, 1) == 1


@with_openmp
@with_two
def test_a_second_thread_takes_what_is_free():
    run_python("""
import time
from concurrent.futures import ThreadPoolExecutor
import fastact
from fastact import _native

def enter():
    return _native.enter_team(1e9, 1e6)

most = fastact.get_num_threads()
first, second = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
def on(thread, work, *given):
    return thread.submit(work, *given).result()

team = on(first, enter)
assert team == most
assert on(second, enter) == 1                      # nothing is free: itself
on(first, _native.leave_team, team)
team = on(first, enter)
assert team == (most + 1) // 2                     # an equal share, beside the second thread's one
on(second, _native.leave_team, 1)
on(first, _native.leave_team, team)
time.sleep(.1)                                     # after a while alone all are its own again
team = on(first, enter)
assert team == most
on(first, _native.leave_team, team)

with fastact.threads(1):                           # for the thread alone
    assert enter() == 1
    _native.leave_team(1)
time.sleep(.1)
fastact.set_num_threads(1)
assert on(second, enter) == 1
on(second, _native.leave_team, 1)
""")


@with_openmp
@with_two
def test_a_thread_between_two_calls_counts():
    # The pause is as short as it can be: on a busy machine it may be too long all the same, now and then.
    answers = run_python("""
from fastact import _native
from concurrent.futures import ThreadPoolExecutor
second = ThreadPoolExecutor(1)

def enter():
    return _native.enter_team(20e9, 1e6)

for _ in range(20):
    team = enter()
    other = second.submit(enter).result()
    _native.leave_team(team)
    second.submit(_native.leave_team, other).result()
    team = enter()
    print(team == _native.max_threads()[0])
    _native.leave_team(team)
""").split()
    assert answers.count("False") >= 10


@pytest.mark.parametrize("n", [0, 1, 1023, 1024, 1025, 500_000, 3_000_000])
def test_every_way_to_cut_the_work_covers_it(n):
    x = sample(n)
    for team in 2, 3, 5:
        before = native.force_team(team)
        try:
            for out in fastact.relu(x), fastact.relu.ufunc(x):
                assert np.array_equal(out, np.maximum(x, 0))
            assert np.array_equal(fastact.threshold(x, -1.0, 2.0), np.where(x > -1, x, np.float32(2)))
        finally:
            native.force_team(before)


# -- The same bits ------------------------------------------------------------------------------------------------


@with_openmp
@pytest.mark.parametrize("team", [2, 3, 7])
def test_every_team_gives_the_same_bits(team):
    functions = fastact.gelu, fastact.tanh, fastact.gelu.derivative, fastact.softmax, fastact.logsumexp
    for n in 1, 15, 1000, 1024, 1025, 4097, 65_537, 300_001:
        for x in sample(n), sample(n).astype(float):
            for f in functions:
                with fastact.threads(1):
                    expected = f(x)
                before = native.force_team(team)
                try:
                    got = f(x)
                finally:
                    native.force_team(before)
                assert got.tobytes() == expected.tobytes(), (f, n, x.dtype)


def hammer(check, threads, seconds):
    """`check(thread)` again and again in all threads at once; the first failure is raised here."""
    end = time.monotonic() + seconds
    gate = threading.Barrier(threads)

    def work(thread):
        gate.wait()
        while time.monotonic() < end:
            check(thread)

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, thread) for thread in range(threads)]:
            done.result(seconds + 60)


@pytest.mark.parametrize("team", [0, 2])
def test_many_python_threads(team):
    sizes = 1, 7, 64, 1000, 30_000, 100_000, 1_000_000
    inputs = [sample(n, n) for n in sizes]
    functions = fastact.gelu, fastact.sigmoid, fastact.softmax
    with fastact.threads(1):
        expected = [[f(x).tobytes() for f in functions] for x in inputs]
    outputs = [[np.empty_like(x) for x in inputs] for _ in range(8)]
    randoms = [np.random.default_rng(thread) for thread in range(8)]

    def check(thread):
        native.force_team(team)
        i, k = randoms[thread].integers(len(sizes)), randoms[thread].integers(len(functions))
        out = outputs[thread][i]
        out[:] = -1
        functions[k](inputs[i], out=out)
        assert out.tobytes() == expected[i][k]

    hammer(check, 8, 2)


def test_settings_from_many_threads():
    x = sample(200_000)
    expected = fastact.silu(x).tobytes()

    def check(thread):
        if thread % 2:
            fastact.set_num_threads(1 + thread)
            with fastact.threads(thread):
                assert fastact.get_num_threads() >= 1
        else:
            assert fastact.silu(x).tobytes() == expected

    try:
        hammer(check, 8, 1)
    finally:
        fastact.set_num_threads(None)


@linux_only
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="sets MXCSR")
@pytest.mark.parametrize("first", ["the mode", "the pool"])
def test_the_mode_of_the_caller_changes_nothing_and_stays(first):
    # Flush to zero and rounding upwards: a thread made meanwhile takes both over.
    start = "for _ in range(3): fastact.gelu(x)" if first == "the pool" else ""
    run_python(
        BEGIN
        + f"""
import ctypes
libm = ctypes.CDLL(None)
mode, found = (ctypes.c_uint32 * 8)(), (ctypes.c_uint32 * 8)()
small = numpy.linspace(-103, -86, 1 << 20, dtype=numpy.float32)
functions = fastact.sigmoid, fastact.gelu, fastact.softmax
cases = [(f, a, team) for f in functions for a in (x, small, x[:100], small[:33], small[::7]) for team in (0, 1, 2, 3)]
with fastact.threads(1):
    before = [f(a).tobytes() for f, a, team in cases]
{start}
libm.fegetenv(mode)
mode[7] |= 0x8000 | 0x4000 | 0x0040
got, modes = [], []
for f, a, team in cases:
    y = numpy.empty_like(a)
    _native.force_team(team)
    libm.fesetenv(mode)
    f(a, out=y)
    libm.fegetenv(found)
    got.append(y)
    modes.append(found[7] & 0xFFC0)
mode[7] = 0x1F80
libm.fesetenv(mode)
assert set(modes) == {{0xDFC0}}, modes
for case, y, bits in zip(cases, got, before):
    assert y.tobytes() == bits, case
"""
    )


# -- Fork ---------------------------------------------------------------------------------------------------------

FORK = (
    BEGIN
    + """
import sys, threading, time, warnings
warnings.simplefilter("ignore")  # Python 3.12 warns of a fork beside threads
_native.force_team(2)            # a pool, even where there is one processor
assert right()

def child_is_right():
    pid = os.fork()
    if pid == 0:
        good = right() and fastact.get_num_threads() == 1 and fastact.info()["threads_why"] == "forked child"
        os._exit(0 if good and right() else 3)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(.01)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    raise SystemExit("the child hangs")

"""
)


@needs_fork
@linux_only
def test_fork_after_a_parallel_call():
    run_python(FORK + "assert child_is_right() and right() and child_is_right()\nassert fastact.get_num_threads() >= 1")


@needs_fork
@linux_only
def test_fork_from_a_thread():
    run_python(
        FORK
        + """
answers = []
def work():
    _native.force_team(2)
    answers.append(right() and child_is_right())
thread = threading.Thread(target=work)
thread.start(); thread.join()
assert answers == [True] and right()
"""
    )


@needs_fork
@linux_only
def test_fork_while_others_are_in_a_region():
    run_python(
        FORK
        + """
stop = threading.Event()
def work():
    _native.force_team(2)
    while not stop.is_set():
        assert right()
others = [threading.Thread(target=work) for _ in range(2)]
for thread in others: thread.start()
try:
    assert all(child_is_right() for _ in range(5))
finally:
    stop.set()
for thread in others: thread.join()
"""
    )


@needs_fork
@linux_only
def test_multiprocessing_by_fork():
    run_python(
        FORK
        + """
import multiprocessing
def work(i):
    return right() and threads()
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map_async(work, range(6)).get(10) == [1] * 6
assert right()
"""
    )


@needs_fork
@linux_only
def test_a_region_in_a_forked_child_would_hang():
    """The negative control of the tests above: the OpenMP run-time by itself, without the library's care."""
    answer = run_python("""
        import ctypes, os, signal, time
        import fastact
        with open("/proc/self/maps") as maps:
            files = {line.split()[-1] for line in maps if "libgomp" in line}
        if not files:
            raise SystemExit(print("another run-time"))
        for openmp in map(ctypes.CDLL, files):
            # A region of two threads whose body is any function that needs no argument.
            start = openmp.GOMP_parallel
            start.argtypes = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint
            body = ctypes.cast(openmp.omp_get_level, ctypes.c_void_p)
            start(body, None, 2, 0)
            pid = os.fork()
            if pid == 0:
                start(body, None, 2, 0)
                os._exit(0)
            time.sleep(1)
            if os.waitpid(pid, os.WNOHANG)[0]:
                raise SystemExit(print("ends"))
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        print("hangs")
    """)
    if answer == "another run-time":
        pytest.skip(answer)
    assert answer == "hangs"

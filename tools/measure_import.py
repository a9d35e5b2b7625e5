"""What `import fastact` costs beyond `import numpy`, in fresh processes:  python tools/measure_import.py"""

import statistics
import subprocess
import sys
import time

RUNS = 21


def start(code):
    """Milliseconds of a whole process, and of the code after NumPy's import as it reports them itself."""
    timed = f"import time, numpy; a = time.perf_counter(); {code}; print((time.perf_counter() - a) * 1e3)"
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True)
    return (time.perf_counter() - begin) * 1e3, float(done.stdout)


def main():
    start("import fastact")  # writes the .pyc files, where that is allowed
    runs = [(*start("pass"), *start("import fastact")) for _ in range(RUNS)]
    numpy, _, both, statement = (statistics.median(column) for column in zip(*runs, strict=True))
    print(f"medians of {RUNS} processes: `import fastact` after `import numpy` {statement:.1f} ms;")
    print(f"a process that imports numpy {numpy:.1f} ms, one that imports both {both:.1f} ms")


if __name__ == "__main__":
    main()

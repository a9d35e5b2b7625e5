"""Checks what is in the sdist and the wheel, and how large the wheel is:  python tools/check_dist.py dist"""

import re
import sys
import tarfile
import zipfile
from pathlib import Path

LARGEST_WHEEL = 1_400_000
IN_THE_WHEEL = re.compile(
    r"fastact/(catalogue/)?\w+\.(py|pyi|pxd)|fastact/py\.typed|fastact/include/\w+\.h|fastact/_native\.[\w.-]+\.(so|pyd)"
    r"|fastact-[\w.]+\.dist-info/.*"
)


def tracked(folder, *patterns):
    """Files of the source tree, as the sdist has to carry them."""
    return {str(path) for pattern in patterns for path in Path(folder).rglob(pattern) if path.is_file()}


def main(folder):
    (wheel,) = Path(folder).glob("*.whl")
    (sdist,) = Path(folder).glob("*.tar.gz")
    problems = []

    names = set(zipfile.ZipFile(wheel).namelist())
    problems += [
        f"{wheel.name} has {name}, which does not belong there"
        for name in sorted(names)
        if not IN_THE_WHEEL.fullmatch(name)
    ]
    wanted = tracked("fastact", "*.py", "*.pyi", "*.pxd", "*.h", "py.typed")
    problems += [f"{wheel.name} lacks {name}" for name in sorted(wanted - names)]
    if not any(name.startswith("fastact/_native.") for name in names):
        problems.append(f"{wheel.name} has no compiled module")
    size = wheel.stat().st_size
    if size > LARGEST_WHEEL:
        problems.append(f"{wheel.name} has {size:,} bytes; the limit is {LARGEST_WHEEL:,}")

    with tarfile.open(sdist) as archive:
        inside = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    sources = (
        tracked("src", "*") | tracked("tests", "*.py", "*.csv") | wanted | {"setup.py", "pyproject.toml", "LICENSE"}
    )
    problems += [f"{sdist.name} lacks {name}" for name in sorted(sources - inside)]
    problems += [
        f"{sdist.name} has {name}, which is built" for name in sorted(inside) if name.endswith((".so", ".o", ".pyc"))
    ]

    print(f"{wheel.name}: {size:,} bytes, {len(names)} files; {sdist.name}: {len(inside)} files")
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main(sys.argv[1])

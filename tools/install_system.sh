#!/usr/bin/env bash
# What the build needs from the system: make, a C compiler, Python 3.11 or later with its headers and venv.
# Looks for each; installs what is missing with apt where that is possible, and otherwise says what to install.
#   tools/install_system.sh [python]      (default: python3)
#   tools/install_system.sh --neon        for tests/test_neon.py: a compiler for AArch64 and qemu, only with apt
set -euo pipefail
python=${1:-python3}

if [ "$python" = --neon ]; then
    if command -v aarch64-linux-gnu-gcc > /dev/null && command -v qemu-aarch64 > /dev/null; then
        exit 0
    fi
    if ! command -v apt-get > /dev/null || [ "$(id -u)" -ne 0 ]; then
        echo "fastact: NEON stays untested here; it takes gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user" >&2
        exit 0
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
    exit 0
fi

missing() {
    command -v make > /dev/null || echo make
    command -v "${CC:-cc}" > /dev/null || echo gcc libc6-dev
    if ! command -v "$python" > /dev/null; then
        echo python3 python3-dev python3-venv
        return
    fi
    "$python" - << 'END'
import importlib.util, os, sysconfig
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    print("python3-dev")
if importlib.util.find_spec("ensurepip") is None:
    print("python3-venv")
END
}

packages=$(missing | tr '\n' ' ')
if [ -n "$packages" ]; then
    if ! command -v apt-get > /dev/null || [ "$(id -u)" -ne 0 ]; then
        echo "fastact needs, from your system's packages: $packages" >&2
        echo "(on Debian or Ubuntu: sudo apt-get install $packages; elsewhere the same under its own names)" >&2
        exit 1
    fi
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
    packages=$(missing | tr '\n' ' ')
    if [ -n "$packages" ]; then
        echo "fastact: $python still lacks: $packages(a Python from elsewhere brings its own headers and venv)" >&2
        exit 1
    fi
fi
"$python" - << 'END'
import sys
if sys.version_info < (3, 11):
    sys.exit(f"fastact needs Python 3.11 or later, {sys.executable} is {sys.version.split()[0]}; "
             "choose another with: make PYTHON=/path/to/python3")
END

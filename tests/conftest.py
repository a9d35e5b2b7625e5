"""Shared by all tests: the floating-point mode is watched, tests of the compiled part are left out without it."""

import ctypes
import os
import platform

import pytest


def floating_point_mode():
    """What a careless library changes: x87 control word, MXCSR without its sticky flags; on ARM the FPCR."""
    environment = (ctypes.c_uint32 * 16)()
    ctypes.CDLL(None).fegetenv(environment)
    if platform.machine() == "x86_64":
        return environment[0] & 0xFFFF, environment[7] & 0xFFC0
    return (environment[0],)


BEFORE_IMPORT = floating_point_mode()

import fastact as fa  # noqa: E402

AFTER_IMPORT = floating_point_mode()
BACKEND = fa.info()["backend"]


def pytest_report_header(config):
    return f"fastact {fa.__version__} from {os.path.dirname(fa.__file__)}: {BACKEND}, {fa.isa()}"


def pytest_collection_modifyitems(items):
    if BACKEND != "native":
        skip = pytest.mark.skip(reason="of the compiled part")
        for item in items:
            if item.get_closest_marker("native"):
                item.add_marker(skip)


@pytest.fixture(scope="session")
def backend():
    return BACKEND


@pytest.fixture(autouse=True)
def _floating_point_mode():
    assert AFTER_IMPORT == BEFORE_IMPORT, "import changed the floating-point mode"
    yield
    assert floating_point_mode() == BEFORE_IMPORT, "the floating-point mode was left changed"

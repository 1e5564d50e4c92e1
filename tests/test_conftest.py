"""What `tests/conftest.py` adds to pytest: skips are counted, and are failures where nothing may be left out."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow
CONFTEST = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
SETTLING = Path(__file__).with_name("settling.py").read_text(encoding="utf-8")
TESTS = """
import pytest

@pytest.mark.parametrize("n", range(2))
def test_needs_a_program(n):
    pytest.skip("no zsh")

@pytest.mark.xfail(strict=True)
def test_known_to_fail():
    assert False

def test_runs():
    pass
"""


def _run(pytester, monkeypatch, skip_nothing):
    monkeypatch.setenv("CODEPILOT_TESTS_SKIP_NOTHING", skip_nothing)
    pytester.makeconftest(CONFTEST)
    pytester.path.joinpath("settling.py").write_text(SETTLING, encoding="utf-8")
    pytester.makepyfile(TESTS)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider")


def test_skips_are_counted_by_reason(pytester, monkeypatch):
    result = _run(pytester, monkeypatch, "")
    result.assert_outcomes(passed=1, skipped=2, xfailed=1)
    result.stdout.fnmatch_lines(["left out: 2 tests: no zsh (2)"])


def test_where_nothing_may_be_left_out_a_skip_is_a_failure(pytester, monkeypatch):
    result = _run(pytester, monkeypatch, "1")
    result.assert_outcomes(passed=1, failed=2, xfailed=1)
    result.stdout.fnmatch_lines(["*left out, where nothing may be: no zsh*"])


def test_a_failed_snapshot_is_named(pytester, monkeypatch):
    settings = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    warnings = settings["tool"]["pytest"]["ini_options"]["filterwarnings"]
    pytester.makeini("[pytest]\nfilterwarnings =\n" + "".join(f"    {line}\n" for line in warnings))
    pytester.makepyfile(
        """
        from textual.app import App

        def test_a_picture(snap_compare):
            assert snap_compare(App())
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*FAILED*test_a_picture*"])
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


LIMITS = """
import threading
import pytest

def limit(request):
    return request.node.get_closest_marker("timeout").args[0]

def test_fast(request):
    assert limit(request) == 5

@pytest.mark.slow
def test_slow(request):
    assert limit(request) == 300

@pytest.mark.timeout(9)
def test_of_its_own(request):
    assert limit(request) == 9

def test_hangs():
    threading.Event().wait()
"""


def test_a_test_that_hangs_is_named_and_slow_ones_have_more_time(pytester):
    assert "LIMIT, SLOW_LIMIT = 120, 300\n" in CONFTEST
    pytester.makeconftest(CONFTEST.replace("LIMIT, SLOW_LIMIT = 120", "LIMIT, SLOW_LIMIT = 5"))
    pytester.path.joinpath("settling.py").write_text(SETTLING, encoding="utf-8")
    pytester.makeini("[pytest]\nmarkers =\n    slow: x\n")
    pytester.makepyfile(LIMITS)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-v", timeout=60)
    assert result.ret != 0
    told = str(result.stdout) + str(result.stderr)
    assert told.count("PASSED") == 3
    assert "Timeout" in told and "in test_hangs" in told


def test_no_property_fails_because_the_machine_is_busy():
    assert settings.default.deadline is None
    assert HealthCheck.too_slow in settings.default.suppress_health_check


def _with_marks(pytester):
    pytester.makeconftest(CONFTEST)
    pytester.path.joinpath("settling.py").write_text(SETTLING, encoding="utf-8")
    pytester.makeini("[pytest]\nmarkers =\n    slow: x\n")


def test_only_what_says_slow_is_loaded_for_the_slow_part(pytester):
    _with_marks(pytester)
    pytester.makepyfile(
        test_marked="import pytest\n\n@pytest.mark.slow\ndef test_it(): pass\n\ndef test_fast(): assert False\n",
        test_unmarked="raise RuntimeError('loaded')\n",
    )
    folder = pytester.mkdir("whole")
    folder.joinpath("test_by_its_folder.py").write_text("def test_it(): pass\n", encoding="utf-8")
    folder.joinpath("conftest.py").write_text(
        "import pytest\n\ndef pytest_collection_modifyitems(items):\n"
        "    for item in items:\n        if item.path.name == 'test_by_its_folder.py':\n"
        "            item.add_marker(pytest.mark.slow)\n",
        encoding="utf-8",
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist", "-m", "slow")
    result.assert_outcomes(passed=2, deselected=1)
    assert (
        pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow").ret != 0
    )


def test_a_slow_test_in_a_file_that_does_not_say_so_is_an_error(pytester):
    _with_marks(pytester)
    pytester.makepyfile(
        marks="import pytest\n\nlong = getattr(pytest.mark, 'sl' + 'ow')\n",
        test_hidden="import sys\nsys.path.insert(0, '.')\nimport marks\n\n@marks.long\ndef test_it(): pass\n",
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*test_hidden.py has slow tests and nowhere says so*"])

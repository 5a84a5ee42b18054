"""What the plugin needs of pytest and xdist: each need is a small plugin that uses it alone."""

import pytest

MODES = {"no xdist": ("-p", "no:xdist"), "-n2": ("-n2",)}
ALONE = [*("rest", "hypothesispytest", "anyio", "rerunfailures", "cacheprovider")]


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """In one process, and with two workers."""
    return MODES[request.param]


def run(pytester: pytest.Pytester, conftest: str, *args: str, test: str = "") -> pytest.RunResult:
    """A run of its own of three tests, with that conftest."""
    pytester.makeconftest(f"import pytest\n\n{conftest}")
    pytester.makepyfile(test or "import pytest\ndef test_it(): pass\ndef test_a(): pass\n")
    return pytester.runpytest_subprocess(*(f"-pno:{name}" for name in ALONE), *args)


def test_an_attribute_of_a_report_reaches_the_main_process(
    pytester: pytest.Pytester, mode: tuple[str, ...]
) -> None:
    """A string that a worker puts on the call report is there in the controller."""
    conftest = """
@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        report.carried = item.name + " \\\\ud83d"
    return report

def pytest_runtest_logreport(report):
    if hasattr(report, "carried") and not hasattr(pytest, "worker"):
        print("carried:", report.carried)

def pytest_configure(config):
    if hasattr(config, "workerinput"):
        pytest.worker = True
"""
    result = run(pytester, conftest, *mode, "-s")
    result.stdout.fnmatch_lines_random(["*carried: test_it \\ud83d", "*carried: test_a \\ud83d"])


def test_a_report_of_the_controller_fails_the_run(
    pytester: pytest.Pytester, mode: tuple[str, ...]
) -> None:
    """A test that the controller alone reports, at the end of the loop: exit 1, FAILED, JUnit."""
    conftest = """
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session):
    result = yield
    if hasattr(session.config, "workerinput"):
        return result
    node, place = "gate::rer>=0.9", ("gate", None, "rer>=0.9 ")
    session.config.hook.pytest_runtest_logstart(nodeid=node, location=place)
    session.testscollected += 1
    for when in ("setup", "call", "teardown"):
        failed = when == "call"
        report = pytest.TestReport(
            node, place, {}, "failed" if failed else "passed", "too low" if failed else None, when
        )
        session.config.hook.pytest_runtest_logreport(report=report)
    session.config.hook.pytest_runtest_logfinish(nodeid=node, location=place)
    return result
"""
    result = run(pytester, conftest, *mode, "--junitxml=junit.xml")
    result.assert_outcomes(passed=2, failed=1)
    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.stdout.fnmatch_lines(["FAILED gate::rer>=0.9*"])
    junit = (pytester.path / "junit.xml").read_text("utf-8")
    assert 'name="rer&gt;=0.9' in junit
    assert 'failures="1"' in junit


def test_an_outcome_of_its_own(pytester: pytest.Pytester, mode: tuple[str, ...]) -> None:
    """A category and a letter that pytest does not know are counted and shown."""
    conftest = """
def pytest_report_teststatus(report):
    if report.when == "call" and report.nodeid.endswith("test_a"):
        return "inconsistent", "i", ("INCONSISTENT", {"yellow": True})
"""
    result = run(pytester, conftest, *mode)
    assert {"passed": 1, "inconsistent": 1} == result.parseoutcomes()
    assert pytest.ExitCode.OK == result.ret


def test_a_module_without_a_file(pytester: pytest.Pytester, mode: tuple[str, ...]) -> None:
    """A collector put behind the session's own nodes, whose path is the root folder."""
    conftest = """
import types

def test_of_suite(case):
    assert case in (1, 2)

class Suite(pytest.Module):
    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.obj = types.ModuleType(self.name)
        self.obj.test_of_suite = test_of_suite

@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if isinstance(collector, pytest.Session):
        suite = Suite.from_parent(collector, path=collector.path, name="suite", nodeid="suite")
        report.result = [*report.result, suite]
    return report

def pytest_generate_tests(metafunc):
    if metafunc.definition.getparent(Suite):
        metafunc.parametrize("case", [1, 2], ids=["one-200dpi", "two-200dpi"], indirect=True)

@pytest.fixture
def case(request):
    return request.param

def pytest_sessionstart(session):
    assert session.config.args_source in pytest.Config.ArgsSource
    session.config.args = []
"""
    result = run(pytester, conftest, *mode, "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines_random(["*suite::test_of_suite[[]one-200dpi[]]*"])


def test_whether_a_fixture_is_replaced(pytester: pytest.Pytester) -> None:
    """By name and test, where no test asks for it too; and what is asked for by fixtures."""
    conftest = """
@pytest.fixture
def own():
    pass

@pytest.fixture
def other():
    pass

@pytest.fixture
def asked(other):
    pass

def pytest_collection_modifyitems(config, items):
    fixtures = config.pluginmanager.getplugin("funcmanage")
    for item in items:
        numbers = [len(fixtures.getfixturedefs(name, item)) for name in ("own", "other")]
        print("defined:", *numbers, *sorted(item.fixturenames))
"""
    test = "import pytest\n@pytest.fixture\ndef own(): pass\ndef test_it(asked): pass\n"
    result = run(pytester, conftest, "-s", "-pno:xdist", test=test)
    result.stdout.fnmatch_lines(["*defined: 2 1 asked other"])


def test_wrong_usage_is_told_in_one_line(pytester: pytest.Pytester, mode: tuple[str, ...]) -> None:
    """At the session's start, before there are workers."""
    conftest = """
@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    raise pytest.UsageError("no such model")
"""
    result = run(pytester, conftest, *mode)
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    assert "ERROR: no such model" in result.stdout.str() + result.stderr.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_what_a_worker_is_given_and_what_it_cannot_collect(pytester: pytest.Pytester) -> None:
    """A string in `workerinput` arrives; a failed report of a worker is told by the controller."""
    conftest = """
@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["given"] = "a token"

def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):
        items.clear()
        reason = config.workerinput["given"] + " was given"
        report = pytest.CollectReport("", "failed", reason, [])
        config.hook.pytest_collectreport(report=report)
"""
    result = run(pytester, conftest, "-n2")
    assert pytest.ExitCode.OK != result.ret
    assert "a token was given" in result.stdout.str()


def test_the_workers_that_are_asked_for(pytester: pytest.Pytester) -> None:
    """`config.option.tx` says how many there will be, and where, when the session starts."""
    conftest = """
def pytest_sessionstart(session):
    if not hasattr(session.config, "workerinput"):
        print("asked:", session.config.option.tx)
"""
    result = run(pytester, conftest, "-n2", "-s")
    result.stdout.fnmatch_lines(["asked: *popen*"])

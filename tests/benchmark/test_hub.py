"""Where the files of a data set are: in the copies that users have, and on a hub of our own."""

import gzip
import hashlib
import http.server
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from pytest_rest.benchmark.suites import arc, gsm_symbolic, hub, mmlu
from pytest_rest.errors import BenchmarkError

SOURCES = {"mmlu": mmlu.SOURCE, "arc": arc.SOURCE, "gsm": gsm_symbolic.SOURCE}
SHARD = "test-00000-of-00001"
DISK = "data-00000-of-00001.arrow"
GSM = {"id": 3, "instance": 0, "question": "Jo has 2 pens. How many?", "answer": "2\n#### 2"}
MMLU = {"question": "2?", "subject": "anatomy", "choices": ["1", "2", "3", "4"], "answer": 1}
ARC = {
    "id": "Mercury_1",
    "question": "2?",
    "choices": {"text": ["1", "2"], "label": ["1", "2"]},
    "answerKey": "2",
}
TOKEN = "hf_a-secret"  # noqa: S105 (nobody's)

# Downloads one after another, as the suites do, and prints what came of each.
SCRIPT = """
import json, sys
from pytest_rest.errors import BenchmarkError
from pytest_rest.benchmark.suites import arc, gsm_symbolic, hub, mmlu

for name in sys.argv[1:]:
    suite = {"mmlu": mmlu, "arc": arc, "gsm": gsm_symbolic}.get(name)
    try:
        if suite:
            said = [item.id for item in suite.load(None).items]
        else:
            source = hub.DataSource("Quiz", name, "0" * 40, ("main/test.jsonl",), "", ())
            said = hub.files(source, None)[0].read_text()
    except BenchmarkError as error:
        said = "error: " + str(error)
    print(json.dumps(said))
"""


@dataclass(frozen=True)
class Page:
    """What the hub answers for a repository: a file's bytes, or a refusal with its code."""

    body: bytes = b"{}\n"
    status: int = 200
    code: str = ""
    size: int | None = None
    is_hub: bool = True


PAGES = {
    "good/quiz": Page(),
    "gated/quiz": Page(status=403, code="GatedRepo"),
    "private/quiz": Page(status=401, code="RepoNotFound"),
    "moved/quiz": Page(status=404, code="RevisionNotFound"),
    "thin/quiz": Page(status=404, code="EntryNotFound"),
    "broken/quiz": Page(status=500),
    "blocked/quiz": Page(b"<html>No.</html>", status=403),
    "portal/quiz": Page(b"<html>Log in</html>", is_hub=False),
    "huge/quiz": Page(size=2**40),
    "apple/GSM-Symbolic": Page(json.dumps(GSM).encode()),
}


class Hub:
    """A server that speaks what `huggingface_hub` needs to download a file at a revision.

    `pages` are named by repository, or by repository and folder.
    """

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self.asked: list[tuple[str, str, str]] = []
        asked = self.asked

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request: `/datasets/OWNER/NAME/resolve/REVISION/PATH`."""

            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                """Answer with the page; its body is left out for HEAD."""
                asked.append((self.command, self.path, self.headers.get("authorization", "")))
                parts = self.path.split("/")
                repo = "/".join(parts[2:4])
                page = pages.get(repo) or pages.get(f"{repo}/{parts[-2]}", Page(status=404))
                body = page.body if page.status == 200 else b""
                self.send_response(page.status)
                if page.code:
                    self.send_header("X-Error-Code", page.code)
                if page.is_hub and page.status == 200:
                    self.send_header("X-Repo-Commit", parts[5])
                    self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
                if page.size:
                    self.send_header("X-Linked-Size", str(page.size))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def parquet(row: dict[str, Any]) -> bytes:
    """A Parquet file of one row."""
    import pyarrow
    import pyarrow.parquet

    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), file)
    return file.getvalue()


def fetched(url: str, home: Path, *names: str, script: str = SCRIPT, **settings: str) -> list[Any]:
    """What a process of its own says of each download; its warnings are errors."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("HF_")}
    run = subprocess.run(
        [sys.executable, "-Werror", "-c", script, *names],
        env={
            **kept,
            "HF_ENDPOINT": url,
            "HF_HOME": str(home),
            "HF_TOKEN": TOKEN,
            "NO_PROXY": "*",
            **settings,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert 0 == run.returncode, run.stderr
    assert TOKEN not in run.stdout + run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.fixture(scope="module")
def server() -> Iterator[Hub]:
    """The hub, for all tests of the module."""
    with Hub(PAGES) as hub:
        yield hub


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that downloads are kept in."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def said(server: Hub, home: Path) -> dict[str, Any]:
    """What is said of each repository, all asked for in one process, and one of them twice."""
    names = [name for name in PAGES if name.endswith("/quiz")] + ["gsm"]
    return dict(zip(names, fetched(server.url, home, *names, "good/quiz"), strict=False))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (
            "gated",
            "it is gated; accept its terms at https://huggingface.co/datasets/gated/quiz and set "
            "HF_TOKEN",
        ),
        ("private", "URL does not show private/quiz; set HF_TOKEN if it wants one"),
        ("moved", f"URL has no main/test.jsonl of moved/quiz at revision {'0' * 40}"),
        ("thin", f"URL has no main/test.jsonl of thin/quiz at revision {'0' * 40}"),
        ("broken", "URL did not give main/test.jsonl (Server error '500 Internal Server Error' "),
        ("blocked", "URL did not give main/test.jsonl (Client error '403 Forbidden' "),
        ("portal", "URL did not give main/test.jsonl (Response from URL/datasets/portal/quiz/"),
        ("huge", "main/test.jsonl has 1,099,511,627,776 bytes, more than 536,870,912"),
    ],
)
def test_refusals_say_what_to_do(said: dict[str, Any], server: Hub, name: str, reason: str) -> None:
    """In one line: what went wrong, its mend, and a local copy as the way out."""
    line = said[f"{name}/quiz"].replace(server.url, "URL")
    assert line.startswith(f"error: Quiz cannot be downloaded: {reason}")
    assert line.endswith(f"; or get {name}/quiz elsewhere and name its folder: --rest-data DIR")
    assert "\n" not in line
    assert len(line) < 500


def test_a_file_is_downloaded_once(said: dict[str, Any], server: Hub) -> None:
    """At its revision, with the user's token; then it is there, and no server is asked."""
    assert "{}\n" == said["good/quiz"]
    path = f"/datasets/good/quiz/resolve/{'0' * 40}/main/test.jsonl"
    asked = [each for each in server.asked if each[1] == path]
    assert [("GET", path, f"Bearer {TOKEN}")] == [each for each in asked if each[0] == "GET"]
    assert [] == [each for each in server.asked if each[0] == "GET" and "huge" in each[1]]


@pytest.mark.costly
def test_what_was_downloaded_is_there_offline(
    said: dict[str, Any], server: Hub, home: Path
) -> None:
    """Whether the hub is forbidden or out of reach; what was not downloaded is told."""
    forbidden = fetched(server.url, home, "gsm", "other/quiz", HF_HUB_OFFLINE="1")
    away = fetched("http://user:pass@127.0.0.1:9", home, "gsm", "other/quiz")
    assert ["gsm-symbolic-0003-00"] == forbidden[0] == away[0] == said["gsm"]
    assert "HF_HUB_OFFLINE forbids it, and it was not downloaded before;" in forbidden[1]
    assert "http://127.0.0.1:9 did not give main/test.jsonl (" in away[1]
    assert "user:pass" not in away[1]


def test_a_password_in_the_address_is_not_shown(server: Hub, tmp_path: Path) -> None:
    """Nor what an address asks for: a mirror's may hold a signature."""
    url = server.url.replace("//", "//user:pass@")
    line = fetched(url, tmp_path, "broken/quiz")[0]
    assert f"'{server.url}/datasets/broken/quiz/" in line.replace("500 Internal Server Error", "")
    assert "user:pass" not in line


def test_the_cache_is_a_local_copy(said: dict[str, Any], home: Path) -> None:
    """What the hub's client keeps can be named as a folder, from its own name or from above."""
    expected = home / "hub" / "datasets--apple--GSM-Symbolic"
    pinned = expected / "snapshots" / gsm_symbolic.SOURCE.revision / "main" / "test.jsonl"
    assert [pinned] == hub.files(gsm_symbolic.SOURCE, expected)
    assert [pinned] == hub.files(gsm_symbolic.SOURCE, home / "hub")


def test_each_suite_is_downloaded(tmp_path: Path) -> None:
    """MMLU and ARC are Parquet files there; their rows become items."""
    pytest.importorskip("pyarrow", reason="the extra `datasets` is not installed")
    pages = {
        "cais/mmlu": Page(parquet(MMLU)),
        "allenai/ai2_arc/ARC-Challenge": Page(parquet(ARC)),
        "allenai/ai2_arc/ARC-Easy": Page(parquet(ARC | {"id": "Mercury_2"})),
    }
    with Hub(pages) as server:
        found = fetched(server.url, tmp_path, "mmlu", "arc")
    assert ["mmlu-anatomy-0000"] == found[0]
    assert ["arc-Mercury_1", "arc-Mercury_2"] == found[1]
    assert [mmlu.SOURCE.revision, arc.SOURCE.revision, arc.SOURCE.revision] == [
        path.split("/")[5]
        for command, path, _ in server.asked
        if command == "GET" and "res" in path
    ]


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without huggingface_hub there are local copies still."""
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(BenchmarkError, match=r"pip install 'pytest-rest\[datasets\]'; or get"):
        hub.files(mmlu.SOURCE, None)


@pytest.mark.parametrize("source", SOURCES.values())
def test_revisions_are_commits(source: hub.DataSource) -> None:
    """A branch or a tag may move; a full commit does not."""
    assert 40 == len(source.revision)
    assert set(source.revision) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("name", "there", "expected"),
    [
        ("mmlu", ["data/test/b_test.csv", "data/test/a_test.csv", "data/dev/a_dev.csv"], [1, 0]),
        ("mmlu", ["test/a_test.csv", "test_headered/a_test.csv", "LICENSE"], [0]),
        ("mmlu", ["a_test.csv", "a_test.csv.gz", "b_test.CSV.GZ", "a_dev.csv"], [0, 2]),
        ("mmlu", [f"all/{SHARD}.parquet", f"anatomy/{SHARD}.parquet"], [0]),
        ("mmlu", [f"b/{SHARD}.parquet", f"a/{SHARD}.parquet", f"a/dev-{SHARD}.parquet"], [1, 0]),
        ("mmlu", [f"test/{DISK}", f"dev/{DISK}", "dataset_dict.json"], [0]),
        ("mmlu", ["cais___mmlu/all/0.0.0/abc/mmlu-test.arrow"], [0]),
        ("mmlu", ["cais/mmlu/test.jsonl", "cais/other/test.jsonl"], [0]),
        ("mmlu", ["MMLU/test.json", "mmlu-pro/test.json"], [0]),
        ("arc", [f"ARC-Easy/{SHARD}.parquet", f"ARC-Challenge/{SHARD}.parquet"], [1, 0]),
        ("arc", ["v/ARC-Easy/ARC-Easy-Test.csv", "v/ARC-Easy/ARC-Easy-Test.jsonl"], [1]),
        ("arc", [f"ai2_arc/ARC-Easy/test/{DISK}", f"ai2_arc/ARC-Easy/train/{DISK}"], [0]),
        ("arc", ["allenai___ai2_arc/ARC-Easy/0.0.0/abc/ai2_arc-test.arrow"], [0]),
        ("arc", ["easy/dev.jsonl", "easy/test.jsonl"], []),
        ("arc", ["test.jsonl", "train.jsonl"], [0]),
        ("gsm", ["main/test.jsonl", "p1/test.jsonl", "p2/test.jsonl"], [0]),
        ("gsm", ["generated_data/GSM_symbolic.jsonl", "generated_data/GSM_symbolic_p1.jsonl"], [0]),
        ("gsm", ["gsm-symbolic/p1/test.jsonl"], []),
        ("gsm", ["openai/gsm8k/main/test.jsonl"], []),
        ("gsm", [f"test/{DISK}", f"train/{DISK}"], [0]),
        ("gsm", [f"GSM-Symbolic/main/{SHARD}.parquet", f"gsm8k/main/{SHARD}.parquet"], [0]),
        ("arc", [".trash/ARC-Easy-Test.jsonl"], []),
        ("gsm", ["a/b/c/d/e/f/g/main/test.jsonl"], []),
    ],
)
def test_copies_are_found(tmp_path: Path, name: str, there: list[str], expected: list[int]) -> None:
    """Each layout that users have: the test rows, once each, in order, and nothing else."""
    for each in there:
        path = tmp_path / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    if expected:
        found = hub.files(SOURCES[name], tmp_path)
        assert [there[index] for index in expected] == [
            each.relative_to(tmp_path).as_posix() for each in found
        ]
    else:
        with pytest.raises(BenchmarkError, match="has no test rows of"):
            hub.files(SOURCES[name], tmp_path)


def test_the_pinned_snapshot_is_taken(tmp_path: Path) -> None:
    """Of several; another only if it is the one there."""
    source = gsm_symbolic.SOURCE
    for revision in ("f" * 40, source.revision):
        path = tmp_path / source.repo.replace("/", "--") / "snapshots" / revision / "main"
        path.mkdir(parents=True)
        (path / "test.jsonl").write_text("")
        assert [path / "test.jsonl"] == hub.files(source, tmp_path)
    path.parent.rename(path.parent.with_name("0" * 40))
    with pytest.raises(BenchmarkError, match=f"has 2 snapshots and none is {source.revision}"):
        hub.files(source, tmp_path)


def test_a_file_may_be_given_itself(tmp_path: Path) -> None:
    """Whatever its name, if its format has one."""
    path = tmp_path / "mine.jsonl.gz"
    path.write_bytes(gzip.compress(b""))
    assert [path] == hub.files(arc.SOURCE, path)
    path = path.rename(tmp_path / "mine.pkl")
    with pytest.raises(
        BenchmarkError, match=r"mine\.pkl' is not one of \.jsonl, \.json, \.parquet"
    ):
        hub.files(arc.SOURCE, path)


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("nowhere", "is not a folder; give one with a copy of MMLU"),
        ("a\0b", "is not a folder; give one with a copy of MMLU"),
        ("x" * 5_000, "cannot be read: File name too long"),
    ],
)
def test_folders_without_test_rows_are_refused(tmp_path: Path, folder: str, reason: str) -> None:
    """In one line with the name as it was given."""
    with pytest.raises(BenchmarkError) as caught:
        hub.files(mmlu.SOURCE, tmp_path / folder)
    assert f"{str(tmp_path / folder)!r} {reason}" == str(caught.value)


def test_a_folder_of_everything_is_not_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search ends, and says what to name instead."""
    monkeypatch.setattr(hub, "_MAX_FILES", 20)
    for index in range(21):
        (tmp_path / f"{index}.txt").write_text("")
    with pytest.raises(BenchmarkError, match="more than 20 files; give the folder of MMLU itself"):
        hub.files(mmlu.SOURCE, tmp_path)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted by /proc")
def test_reading_parquet_begins_no_thread(tmp_path: Path) -> None:
    """A thread that wants Python's lock while Python ends would abort the whole process."""
    pytest.importorskip("pyarrow", reason="the extra `datasets` is not installed")
    path = tmp_path / "test.parquet"
    path.write_bytes(parquet(MMLU))
    script = """
import os, sys
from pathlib import Path
import pyarrow.parquet
from pytest_rest.benchmark.suites import hub

before = sorted(os.listdir("/proc/self/task"))
path = Path(sys.argv[1])
with hub.opened(path) as file:
    rows = list(hub.records(path, file))
print(len(rows), sorted(os.listdir("/proc/self/task")) == before)
"""
    run = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=60
    )
    assert "1 True\n" == run.stdout, run.stderr

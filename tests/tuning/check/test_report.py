"""What `mando check` prints and how it ends; whatever the files hold, it says so and does not fail itself."""

import json
import shutil
from pathlib import Path

import pytest

from cli.main import run
from tests.servers import ROOT
from tuning.check.rules import RULES, check
from tuning.sources import PATTERNS, Sources, from_folder
from tuning.tables import PAGE

OURS = from_folder(ROOT)
WARNED = OURS["queue.yaml"].replace("bucket_size: 10 ", "bucket_size: 500 ")  # more than the instances take
FILES = (
    "workflows/mando.yaml",
    "queue.yaml",
    "app.yaml",
    "ingress/limits.yaml",
    "deploy/deployment.yaml",
    "schemas/error.json",
)
# Texts that are no project's.
STRANGE = {
    "empty": "",
    "a comment": "# nothing\n",
    "a word": "word\n",
    "a number": "1\n",
    "null": "null\n",
    "a list": "[1, 2]\n",
    "a list of lists": "[[[]]]\n",
    "an empty map": "{}\n",
    "not closed": "a: [1\n",
    "two texts": "a: 1\n---\nb: 2\n",
    "a key that is a list": "? [a]\n: 1\n",
    "an alias of itself": "a: &a [*a]\n",
    "an alias of nothing": "a: *b\n",
    "an odd tag": "a: !!python/object:os.system x\n",
    "a broken number": "queue: !!int x\n",
    "a NUL": "a: \0\n",
    "deep": "[\n" * 3000,  # on one line PyYAML takes seconds for it
    "names with wrong values": "main: 1\nqueue: 2\nautomatic_scaling: 3\nbacklog: 4\ningress: 5\nproperties: 6\n",
    "maps of lists": "main: []\nqueue: [{}]\nautomatic_scaling: []\nbacklog: []\ningress: []\nproperties: []\n",
}


def a_copy(folder: Path, **changed: str) -> Path:
    for file, text in {**OURS, **changed}.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    return folder


def test_our_files_have_the_warnings_that_the_page_explains() -> None:
    page = PAGE.read_text()
    explained = page[page.index("### Warnings of our own files") : page.index("### The rules")]
    warned = {finding.rule.name for finding in check(OURS).findings}
    assert {rule.name for rule in RULES if f"| `{rule.name}` |" in explained} == warned
    assert ("no error and no warning" in explained) == (not warned)


def test_no_two_rules_have_one_name() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_our_files_are_reported_with_what_a_request_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(ROOT), "--strict"]) == 0
    said = capsys.readouterr().out
    assert "a request if all goes well: 2 calls, " in said
    assert "a request if every call is refused: " in said
    assert "(list prices of 20" in said
    assert said.splitlines()[-1] == "0 errors, 0 warnings"


def test_a_warning_is_exit_code_1_only_with_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(a_copy(tmp_path, **{"queue.yaml": WARNED}))
    assert (run(["check", folder]), run(["check", folder, "--strict"])) == (0, 1)
    said = capsys.readouterr().out
    assert "queue.yaml:8:16: warning: 500 executions may start at once" in said
    assert said.splitlines()[-1] == "0 errors, 1 warning"


def test_the_report_is_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(a_copy(tmp_path, **{"queue.yaml": WARNED})), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["errors"], said["warnings"]) == (0, len(said["findings"])) == (0, 1)
    assert set(said["findings"][0]) == {"file", "line", "column", "level", "rule", "what", "why", "advice"}
    assert set(said["numbers"]["good"]) == {"if", "calls", "steps", "steps_usd_per_million", "usd_per_million"}
    assert said["numbers"]["worst"]["steps"] > 10 * said["numbers"]["good"]["steps"]


def test_an_error_is_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(a_copy(tmp_path, **{"queue.yaml": "queue: [\n"}))]) == 1
    assert capsys.readouterr().out.startswith("queue.yaml:2:1: error: ")


def test_a_file_that_is_no_text_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (a_copy(tmp_path) / "queue.yaml").write_bytes(b"\xff")
    assert run(["check", str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith("queue.yaml:1:1: error: the file is not UTF-8")


def test_nothing_to_check_is_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(tmp_path)]) == 2
    assert run(["check", str(tmp_path / "nowhere")]) == 2
    assert "is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("file", FILES)
def test_a_strange_text_is_a_finding_in_its_file(file: str, text: str) -> None:
    findings = check({**OURS, file: text}).findings
    files = {finding.place.file for finding in findings if finding.rule.level == "error"}
    # A queue.yaml may have no queue, but then the ingress has none to fill.
    assert (file if (file, text) != ("queue.yaml", "{}\n") else "deploy/deployment.yaml") in files


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_missing_is_a_finding(file: str) -> None:
    sources: Sources = {name: text for name, text in OURS.items() if name != file}
    assert [str(one.place) for one in check(sources).findings if one.rule.level == "error"] == [f"{file}:1:1"]


def test_a_workflow_that_never_ends_is_a_finding() -> None:
    step = "    - a:\n        call: sys.sleep\n        args: {seconds: 60}\n        next: a\n"
    findings = check({**OURS, "workflows/mando.yaml": f"main:\n  params: [request]\n  steps:\n{step}"}).findings
    assert [one.rule.name for one in findings if one.rule.level == "error"] == ["good-path"]


def test_another_workflow_beside_ours_is_compiled_and_no_more() -> None:
    other = "main:\n  steps:\n    - a: {call: http.get, args: {url: 'https://example.com'}}\n"
    assert check({**OURS, "workflows/other.yaml": other}).findings == check(OURS).findings


def test_a_copy_of_the_project_in_another_folder_is_checked_as_ours(tmp_path: Path) -> None:
    for pattern in PATTERNS:
        for path in ROOT.glob(pattern):
            (tmp_path / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, tmp_path / path.relative_to(ROOT))
    assert check(from_folder(tmp_path)).findings == check(OURS).findings

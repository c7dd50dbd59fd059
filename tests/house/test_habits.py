"""What is said once is said once, and the tools of the house run what make runs."""

import re
import tomllib

import pytest
import yaml

from tests.house.files import ROOT, ours

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VERSION = PROJECT["project"]["version"]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
SECTIONS = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)


def test_the_version_is_the_newest_release_of_the_changelog() -> None:
    assert SECTIONS[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(VERSION)} – \d{{4}}-\d\d-\d\d", SECTIONS[1])


def test_no_other_file_of_ours_says_the_version() -> None:
    # The guide has a release as its example; pins are of others.
    may = {"pyproject.toml", "CHANGELOG.md", "CONTRIBUTING.md", "requirements.txt", "requirements-dev.txt"}
    said = re.compile(rf"(?<![\d.]){re.escape(VERSION)}(?![\d.])")
    texts = ours(".py", ".toml", ".yaml", ".yml", ".md", ".json", ".js", ".html", "Makefile")
    repeated = [file for file in texts if said.search((ROOT / file).read_text()) and file not in may]
    assert [file for file in repeated if not file.startswith(("tests/", "docs/decisions/"))] == []


@pytest.mark.parametrize("section", CHANGELOG.split("\n## ")[1:])
def test_each_release_says_what_was_added_changed_and_fixed_in_that_order(section: str) -> None:
    kinds = re.findall(r"^### (.*)$", section, re.MULTILINE)
    order = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]  # Source: Keep a Changelog
    assert kinds == [kind for kind in order if kind in kinds]


def test_a_commit_runs_the_make_targets_and_fetches_nothing() -> None:
    (source,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert source["repo"] == "local"
    assert [hook["entry"] for hook in source["hooks"]] == ["make format", "make lint"]
    assert all(hook["language"] == "system" and hook["pass_filenames"] is False for hook in source["hooks"])


def test_github_runs_what_ci_runs_on_every_python_that_we_allow() -> None:
    (job,) = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"].values()
    lowest = PROJECT["project"]["requires-python"].removeprefix(">=")
    deployed = re.search(r"^runtime: python3(\d+)$", (ROOT / "app.yaml").read_text(), re.MULTILINE)
    assert deployed is not None
    versions = job["strategy"]["matrix"]["python"]
    assert versions == [f"3.{minor}" for minor in range(int(lowest.split(".")[1]), 15)]
    assert f"3.{deployed[1]}" in versions
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]


def test_files_are_as_the_editor_is_told() -> None:
    wrong = []
    for file in ours(".py", ".md", ".yaml", ".yml", ".toml", ".js", ".css", ".html", ".json", "Makefile"):
        content = (ROOT / file).read_bytes()
        has_spaces = any(line != line.rstrip() for line in content.decode().split("\n"))
        if (content and not content.endswith(b"\n")) or b"\r" in content or has_spaces:
            wrong.append(file)
    assert wrong == []


def test_each_python_file_has_the_length_of_line_that_the_editor_is_told() -> None:
    editor = (ROOT / ".editorconfig").read_text()
    assert f"max_line_length = {PROJECT['tool']['ruff']['line-length']}" in editor

"""What our pages name is there."""

import re

import pytest

from tests.house.files import ROOT, ours
from tests.house.pages import PAGES, links, paths

TOPS = {file.split("/")[0] for file in ours()}
TREE = re.search(r"## Where everything is\n\n```\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def tree() -> list[str]:
    """The folders of the README's tree, each as a path."""
    assert TREE is not None
    found: list[str] = []
    top = ""
    for line in TREE[1].splitlines():
        name, said = line.strip().split("/", 1)
        assert said.strip(), f"{name}/ has no line"
        top = top if line.startswith(" ") else name
        found.append(f"{top}/{name}" if line.startswith(" ") else name)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_every_path_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    folder = (ROOT / page).parent
    lost = [target for target in links(text) if not (folder / target).exists()]
    lost += [path for path in paths(text, TOPS) if not any(ROOT.glob(path.rstrip("/")))]
    assert lost == []


@pytest.mark.parametrize("page", PAGES)
def test_every_place_within_a_page_is_a_heading_of_it(page: str) -> None:
    for target, place in re.findall(r"\]\(([^)#\s]*)#([\w-]+)\)", (ROOT / page).read_text()):
        headings = re.findall(
            r"^#+ (.*)$", ((ROOT / page).parent / target if target else ROOT / page).read_text(), re.M
        )
        assert place in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_the_readme_says_of_every_folder_at_the_top_what_it_is_for() -> None:
    folders = {file.split("/")[0] for file in ours() if "/" in file}
    assert {name for name in tree() if "/" not in name} == {name for name in folders if not name.startswith(".")}


def test_the_readme_says_of_every_room_of_the_local_cloud_what_it_is_for() -> None:
    rooms = {"/".join(file.split("/")[:2]) for file in ours() if file.startswith("local/") and file.count("/") > 1}
    assert {name for name in tree() if "/" in name} == rooms

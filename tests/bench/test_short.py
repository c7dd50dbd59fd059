"""Every benchmark runs, in its short form; its figures can be kept, and a page can be made of them.

Found in the folder, so a new one is tested too.  Their numbers mean nothing here.
"""

import os
import subprocess
from pathlib import Path

import pytest

from bench.__main__ import measured
from bench.peers.peer_venv import ROOT, cloud_python, peers_python
from bench.report import kept
from bench.report.figure import OURS
from bench.report.page import page
from bench.report.plots import PLOTS
from bench.report.sections import benchmarks
from tests.servers import one_process_at_a_time

FOUND = sorted(file.stem for file in (ROOT / "bench").glob("*.py") if not file.stem.startswith("_"))


@pytest.fixture(scope="session", autouse=True)
def _peers() -> None:
    """The programs that ours are compared with are installed, once for all processes of a test run."""
    with one_process_at_a_time():
        try:
            peers_python()
            cloud_python()
        except subprocess.CalledProcessError:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip("the programs that ours are compared with cannot be installed: is there a network?")


def test_every_benchmark_has_its_place_on_the_page() -> None:
    assert sorted(benchmarks()) == FOUND


@pytest.mark.parametrize("name", FOUND)
def test_its_short_form_finds_figures_of_which_a_page_can_be_made(name: str, tmp_path: Path) -> None:
    run = measured(name, is_short=True, bound_s=100)
    assert isinstance(run, kept.Run), run
    for figure in run.figures:
        assert figure.rounds[OURS], figure
        assert {len(of_rounds) for of_rounds in figure.rounds.values()} == {len(figure.rounds[OURS])}, figure
        assert all(figure.ratio(peer) >= 0 for peer in figure.peers), figure
    kept.write(tmp_path / "figures.json", {name: run})
    again = kept.read(tmp_path / "figures.json")
    assert all(f"| {figure.what} (" in page(again) for figure in run.figures)
    assert all(plot.draw(again) is None or "<svg" in str(plot.draw(again)) for plot in PLOTS)

"""`make audit` names every known vulnerability, and never says that there is none when OSV cannot be reached."""

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from deploy import audit
from tests.servers import free_port, serving

HASH = "0" * 64
HOLE = {
    "id": "GHSA-0000-0000-0000",
    "summary": "holes",
    "affected": [
        {
            "package": {"name": "leaky", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}]}],
        }
    ],
}


class Osv(BaseHTTPRequestHandler):
    """Knows one hole, in leaky 1.1.  Source: OSV, "POST /v1/query"."""

    status = 200
    asked: list[str] = []  # noqa: RUF012 -- one server, one list

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(f"{question['package']['name']} {question['version']}")
        answer = json.dumps({"vulns": [HOLE]} if self.asked[-1] == "leaky 1.1" else {}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None: ...


def pins(folder: Path, *lines: str) -> str:
    file = folder / "requirements.txt"
    file.write_text("".join(f"{line} --hash=sha256:{HASH}\n" for line in lines))
    return str(file)


def test_a_known_hole_is_named_with_the_version_that_mends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Osv.status = 200
    with serving(Osv) as url:
        assert audit.main([f"--osv-url={url}/v1/query", pins(tmp_path, "tight==2.0", "leaky==1.1")]) == 1
    assert (
        capsys.readouterr().out
        == "leaky 1.1: GHSA-0000-0000-0000, fixed in 1.2\npackages: 2, known vulnerabilities: 1\n"
    )


def test_every_pin_of_both_files_is_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    Osv.status, Osv.asked = 200, []
    with serving(Osv) as url:
        assert audit.main([f"--osv-url={url}/v1/query"]) == 0
    said = capsys.readouterr().out
    assert said == f"packages: {len(Osv.asked)}, known vulnerabilities: 0\n"
    names = {asked.split()[0] for asked in Osv.asked}
    assert {"flask", "pynacl", "google-cloud-tasks", "pytest", "pip-audit"} <= names


def test_advisories_that_cannot_be_reached_are_one_plain_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Osv.status = 503
    with serving(Osv) as url:
        places = [f"{url}/v1/query", f"http://127.0.0.1:{free_port()}/v1/query"]
        for place in places:
            assert audit.main([f"--osv-url={place}", pins(tmp_path, "tight==2.0")]) == 2
            said = capsys.readouterr()
            assert (said.out, said.err.count("\n")) == ("", 1)
            assert f"{place} cannot be reached from this machine, so nothing was checked" in said.err


@pytest.mark.parametrize("text", ["flask==1.0\n", "flask --hash=sha256:0\n", "?\n"])
def test_a_pin_without_version_or_hash_is_an_error_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    file = tmp_path / "pins.txt"
    file.write_text(text)
    assert audit.main([str(file)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("make audit: nothing was checked: ")
    assert said.count("\n") == 1

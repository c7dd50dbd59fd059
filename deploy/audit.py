"""Has what is pinned a known hole?  `make audit` runs this: pip-audit over both files of pins, each with its hashes.

The advisories are those of OSV.  pip-audit's other source, PyPI, is asked through the index that pip uses, and a mirror
that knows no advisories would look like a package that has none.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

OSV_URL = "https://api.osv.dev/v1/query"
_ROOT = Path(__file__).parent.parent
FILES = (_ROOT / "requirements.txt", _ROOT / "requirements-dev.txt")

_TIMEOUT_S = 15
_UNREACHED = ("requests.exceptions.", "pip_audit._service.interface.")  # how its tracebacks then end


def main(arguments: Sequence[str] | None = None) -> int:
    """0: no known hole.  1: a line for each hole.  2: nobody knows, and why."""
    parser = argparse.ArgumentParser(prog="make audit", description="Look for known holes in what is pinned.")
    parser.add_argument("--osv-url", default=OSV_URL, help="where OSV answers (default: %(default)s)")
    parser.add_argument("files", nargs="*", type=Path, default=FILES, help="files of pins (default: both of ours)")
    asked = parser.parse_args(arguments)
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--osv-url", asked.osv_url]
    command += ["--disable-pip", "--require-hashes", "--strict", "--format", "json", "--progress-spinner", "off"]
    command += ["--timeout", str(_TIMEOUT_S), *(word for file in asked.files for word in ("--requirement", str(file)))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- no shell
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except ValueError:
        sys.stderr.write(f"make audit: {_why_not(done.stderr, asked.osv_url)}\n")
        return 2
    holes = [line for dependency in dependencies for line in _lines(dependency)]
    sys.stdout.write("".join(f"{line}\n" for line in holes))
    sys.stdout.write(f"packages: {len(dependencies)}, known holes: {len(holes)}\n")
    return 1 if holes else 0


def _lines(dependency: dict[str, Any]) -> list[str]:
    name = f"{dependency['name']} {dependency['version']}"
    return [
        f"{name}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for hole in dependency["vulns"]
    ]


def _why_not(said: str, osv_url: str) -> str:
    last = said.strip().splitlines()[-1] if said.strip() else "pip-audit said nothing"
    if last.startswith(_UNREACHED):
        return f"the advisories at {osv_url} cannot be reached from this machine, so nothing was checked"
    return f"nothing was checked: {last}"


if __name__ == "__main__":
    sys.exit(main())

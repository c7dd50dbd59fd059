"""Check dependencies for known vulnerabilities: pip-audit over both files of pins.  Run by `make audit`.

The advisories are those of OSV.  pip-audit's other source, PyPI, is asked through the index that pip uses.  A mirror
may have no advisories; every package would then look safe.
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
_UNREACHED = ("requests.exceptions.", "pip_audit._service.interface.")  # the last line of its traceback begins so


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code.  0: no known vulnerability.  1: at least one, each is printed.  2: nothing was checked."""
    parser = argparse.ArgumentParser(prog="make audit", description="Check dependencies for known vulnerabilities.")
    parser.add_argument("--osv-url", default=OSV_URL, help="where OSV answers (default: %(default)s)")
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        default=FILES,
        help="files of pins (default: requirements.txt, requirements-dev.txt)",
    )
    options = parser.parse_args(arguments)
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--osv-url", options.osv_url]
    command += ["--disable-pip", "--require-hashes", "--strict", "--format", "json", "--progress-spinner", "off"]
    command += [
        "--timeout",
        str(_TIMEOUT_S),
        *(word for file in options.files for word in ("--requirement", str(file))),
    ]
    audit = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- no shell
    try:
        dependencies = json.loads(audit.stdout)["dependencies"]
    except ValueError:
        sys.stderr.write(f"make audit: {_failure_reason(audit.stderr, options.osv_url)}\n")
        return 2
    vulnerabilities = [line for dependency in dependencies for line in _lines(dependency)]
    sys.stdout.write("".join(f"{line}\n" for line in vulnerabilities))
    sys.stdout.write(f"packages: {len(dependencies)}, known vulnerabilities: {len(vulnerabilities)}\n")
    return 1 if vulnerabilities else 0


def _lines(dependency: dict[str, Any]) -> list[str]:
    name = f"{dependency['name']} {dependency['version']}"
    return [
        f"{name}: {vulnerability['id']}, fixed in {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for vulnerability in dependency["vulns"]
    ]


def _failure_reason(errors: str, osv_url: str) -> str:
    last = errors.strip().splitlines()[-1] if errors.strip() else "pip-audit said nothing"
    if last.startswith(_UNREACHED):
        return f"the advisories at {osv_url} cannot be reached from this machine, so nothing was checked"
    return f"nothing was checked: {last}"


if __name__ == "__main__":
    sys.exit(main())

"""List the methods of Google's services: the data of stdlib/connectors.py.  Run by `make connectors`.

The source is the discovery documents in google-api-python-client.  That package is unpacked into a temporary folder;
mando does not need it.  The reasons, and the format of a line: docs/decisions/012-connectors.md.
"""

import json
import lzma
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from local.workflows.stdlib.connectors import DATA

PACKAGE = "google-api-python-client==2.202.0"
_HASHES = (
    "sha256:aaa90064c9bb642ff1d065b22ca8958a2cb6e345909cefe70d0e5452fc50e08b",
    "sha256:ae126c8e91f43c331e23dbd83bc4a8075699dd48089cebc7295f6ab2f5850fc5",
)
_OPERATION_FIELDS = {"name", "done", "error", "response"}  # the fields of google.longrunning.Operation
_STATUS_FIELDS = {"operationType", "status"}  # of the operations of Compute Engine, Cloud SQL and Kubernetes Engine


def main() -> int:
    """The exit code.  0: written.  1: the package cannot be installed."""
    with tempfile.TemporaryDirectory() as folder:
        if not install(Path(folder)):
            sys.stderr.write(f"make connectors: {PACKAGE} cannot be installed from the index that pip uses\n")
            return 1
        text = table(documents(Path(folder)))
    DATA.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    count = sum(not line.startswith("#") for line in text.splitlines())
    sys.stdout.write(f"{DATA.name}: {count} methods, {DATA.stat().st_size // 1000} KB\n")
    return 0


def install(folder: Path) -> bool:
    """Install the package into the folder, with one of the known hashes.  False if that fails."""
    wanted = folder / "wanted.txt"
    wanted.write_text(" ".join([PACKAGE, *(f"--hash={one}" for one in _HASHES)]))
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--target", str(folder), "--requirement", str(wanted)]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 -- no shell


def documents(folder: Path) -> Path:
    return folder / "googleapiclient" / "discovery_cache" / "documents"


def table(folder: Path) -> str:
    """The table of all services in that folder: a heading for each service, a line for each method."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if path.name == "index.json":
            continue
        name = f"{document['name']}.{document['version']}"
        lines = [f"# {name} {document['baseUrl']}", *sorted(_methods(document, document["schemas"], ""))]
        found.setdefault(name, "\n".join(lines))  # some documents have two file names
    return "\n".join(found.values()) + "\n"


def _methods(resource: Mapping[str, Any], schemas: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, method in resource.get("methods", {}).items():
        query = sorted(
            one + ("!" if details.get("required") else "")
            for one, details in method.get("parameters", {}).items()
            if details["location"] == "query"
        )
        upload = method.get("mediaUpload", {}).get("protocols", {}).get("simple", {}).get("path")
        facts = ["body"] * ("request" in method) + _operation_kinds(method, schemas, prefix)
        line = [prefix + name, method["httpMethod"], method["path"], ",".join(query) or "-", ",".join(facts) or "-"]
        yield " ".join([*line, upload] if upload else line)
    for name, inner in resource.get("resources", {}).items():
        yield from _methods(inner, schemas, f"{prefix}{name}.")


def _operation_kinds(method: Mapping[str, Any], schemas: Mapping[str, Any], prefix: str) -> list[str]:
    """How the answer shows that an operation has ended.  Empty if the call does not wait, as a GET of an operation."""
    answer = schemas.get(method.get("response", {}).get("$ref", ""), {}).get("properties", {})
    if method["httpMethod"] == "GET" and prefix.lower().endswith("operations."):
        return []
    return ["operation"] * (answer.keys() >= _OPERATION_FIELDS) + ["status"] * (answer.keys() >= _STATUS_FIELDS)


if __name__ == "__main__":
    sys.exit(main())

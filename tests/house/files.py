"""The files of the repository: what git knows, and what is new and not ignored."""

import subprocess

from tests.servers import ROOT as ROOT


def ours(*suffixes: str) -> list[str]:
    """Sorted paths from the root of the files with these suffixes; of all files if none is given."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    names = sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())
    return [name for name in names if not suffixes or name.endswith(suffixes)]

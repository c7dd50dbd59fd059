"""The processes of the running system as the machine sees them: who they are, and how much memory each holds."""

from pathlib import Path

from tests.system.up import Up, children_of


def family(up: Up) -> set[tuple[int, str]]:
    """Number and instant of the start of each; a process that was started again is another."""
    return {(pid, _started(pid)) for pid in [up.process.pid, *children_of(up.process.pid)]}


def resident_mb(up: Up) -> dict[int, float]:
    """What each holds in memory now."""
    return {pid: _resident_mb(pid) for pid, _ in family(up)}


def name_of(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return next(
        (name for name in ("functions-framework", "gunicorn", "cli.main") if any(name in word for word in words)), "?"
    )


def _started(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def _resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024

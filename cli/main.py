"""The `mando` command."""


def main() -> None:
    raise SystemExit("not yet")

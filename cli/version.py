"""The version that pyproject.toml gives, as it was installed."""

import importlib.metadata


def version() -> str:
    try:
        return importlib.metadata.version("mando")
    except importlib.metadata.PackageNotFoundError:  # run from a folder with the sources alone
        return "0+unknown"

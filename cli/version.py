"""The version of the installed package; pyproject.toml sets it."""


def version() -> str:
    import importlib.metadata  # takes longer than the rest of `mando --help`

    try:
        return importlib.metadata.version("mando")
    except importlib.metadata.PackageNotFoundError:  # not installed: run from the sources
        return "0+unknown"

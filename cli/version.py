"""The version that pyproject.toml gives, as it was installed."""


def version() -> str:
    import importlib.metadata  # takes longer than the rest of `mando --help`

    try:
        return importlib.metadata.version("mando")
    except importlib.metadata.PackageNotFoundError:  # run from a folder with the sources alone
        return "0+unknown"

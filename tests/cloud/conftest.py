"""An empty data folder but for the token issuer's key: to make one takes longer than most tests."""

import shutil
from pathlib import Path

import pytest

from local.auth import TokenIssuer


@pytest.fixture(scope="session")
def issuer_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("issuer") / "issuer.pem"
    TokenIssuer(path)
    return path


@pytest.fixture
def data(tmp_path: Path, issuer_key: Path) -> Path:
    shutil.copy2(issuer_key, tmp_path)
    return tmp_path

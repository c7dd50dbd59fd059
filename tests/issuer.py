"""One token issuer for all tests in a process: a key takes longer to make, or to read, than most of them."""

import tempfile
from functools import cache
from pathlib import Path

from local.auth import TokenIssuer


@cache
def issuer() -> TokenIssuer:
    with tempfile.TemporaryDirectory() as folder:
        return TokenIssuer(Path(folder) / "key.pem")

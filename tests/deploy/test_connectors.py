"""`make connectors`: the discovery documents of a pinned package → the data of all connectors."""

import json
import lzma
import os
from pathlib import Path
from typing import Any

import pytest

from deploy import connectors
from local.workflows.stdlib.connectors import DATA

OPERATION: dict[str, Any] = {"properties": {"name": {}, "metadata": {}, "done": {}, "error": {}, "response": {}}}
DOCUMENT: dict[str, Any] = {
    "name": "a",
    "version": "v1",
    "baseUrl": "https://a.googleapis.com/",
    "schemas": {"Operation": OPERATION, "ZonalOperation": {"properties": {"operationType": {}, "status": {}}}},
    "resources": {
        "things": {
            "methods": {
                "insert": {
                    "httpMethod": "POST",
                    "path": "v1/{+parent}/things",
                    "request": {"$ref": "Thing"},
                    "response": {"$ref": "Operation"},
                    "parameters": {
                        "parent": {"location": "path", "required": True},
                        "thingId": {"location": "query", "required": True},
                        "dry": {"location": "query"},
                    },
                    "mediaUpload": {"protocols": {"simple": {"path": "/upload/v1/{+parent}/things"}}},
                }
            },
            "resources": {
                "operations": {
                    "methods": {
                        "get": {"httpMethod": "GET", "path": "v1/{+name}", "response": {"$ref": "Operation"}},
                        "wait": {"httpMethod": "POST", "path": "v1/{+name}", "response": {"$ref": "ZonalOperation"}},
                    }
                }
            },
        }
    },
}


def test_a_line_says_all_of_a_method(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text("{}")
    (tmp_path / "a.v1.json").write_text(json.dumps(DOCUMENT))
    (tmp_path / "a.v1again.json").write_text(json.dumps({**DOCUMENT, "baseUrl": "https://again/"}))
    assert connectors.table(tmp_path).splitlines() == [
        "# a.v1 https://a.googleapis.com/",
        "things.insert POST v1/{+parent}/things dry,thingId! body,operation /upload/v1/{+parent}/things",
        "things.operations.get GET v1/{+name} - -",
        "things.operations.wait POST v1/{+name} - status",
    ]


def test_what_is_kept_is_what_the_pinned_package_says(tmp_path: Path) -> None:
    if not connectors.install(tmp_path):
        if os.environ.get("CI") == "true":
            pytest.fail(f"{connectors.PACKAGE} cannot be installed, and CI must have it")
        pytest.skip(f"{connectors.PACKAGE} cannot be installed on this machine")
    assert connectors.table(connectors.documents(tmp_path)) == lzma.decompress(DATA.read_bytes()).decode()


def test_the_data_stays_small() -> None:
    assert DATA.stat().st_size < 600_000

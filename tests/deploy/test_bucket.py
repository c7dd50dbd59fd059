"""The bucket, closed or open for links: the real gcloud, and the bucket of the local cloud."""

import json
import re
from collections.abc import Sequence
from typing import Any

from deploy import bucket
from deploy.call import Call
from deploy.perform import perform
from deploy.script import command_line
from tests.deploy.google import Google
from tests.deploy.project import OURS, PROGRAMS, SETTINGS, prepare
from tests.deploy.test_flags import filled, refused
from tests.servers import ROOT

STEPS = {
    ("roles/storage.objectCreator", f"serviceAccount:mando-steps{OURS}"),
    ("roles/storage.objectViewer", f"serviceAccount:mando-steps{OURS}"),
}
BY_LINK = bucket.calls(is_by_link=True)


def deployed(google: Google, calls: Sequence[Call]) -> dict[str, Any]:
    prepare(google, "bucket")
    perform(SETTINGS, calls, PROGRAMS, ROOT, list[str]().append)
    found: dict[str, Any] = google.buckets.get("demo-mandalas")
    return found


def members(google: Google) -> set[tuple[str, str]]:
    bindings = google.buckets.policy("demo-mandalas")["bindings"]
    return {(binding["role"], member) for binding in bindings for member in binding["members"]}


def test_a_link_is_for_everybody_who_has_it_and_nobody_can_list_the_pictures(google: Google) -> None:
    found = deployed(google, BY_LINK)
    assert found["iamConfiguration"]["publicAccessPrevention"] == "inherited"
    assert members(google) == {*STEPS, ("roles/storage.legacyObjectReader", "allUsers")}
    assert "lifecycle" not in found  # a picture that is deleted breaks its link


def test_a_bucket_that_was_closed_is_opened_for_links(google: Google) -> None:
    deployed(google, bucket.calls(is_by_link=False)[::3])
    found = deployed(google, BY_LINK[3:])
    assert found["iamConfiguration"]["publicAccessPrevention"] == "inherited"
    assert found.get("lifecycle", {}).get("rule", []) == []


def test_gcloud_knows_the_calls_for_links_and_the_page_shows_them() -> None:
    page = (ROOT / "docs" / "deploying.md").read_text()
    assert [call.purpose for call in BY_LINK[3:] if f"\n{command_line(call.command)}\n" not in page] == []
    assert refused([filled(call.command) for call in BY_LINK]) == ""


def test_the_days_that_are_told_are_those_of_the_file() -> None:
    (rule,) = json.loads((ROOT / "deploy" / "lifecycle.json").read_text())["rule"]
    days = rule["condition"]["age"]
    told = [call.purpose for call in bucket.calls(is_by_link=False) if "lifecycle" in " ".join(call.command)]
    assert [re.findall(r"[0-9]+", purpose) for purpose in told] == [[str(days)]]
    assert f"after {days} days" in (ROOT / "docs" / "deploying.md").read_text()

"""A project whose App Engine app was there before mando."""

from deploy.perform import perform
from tests.deploy.google import APP, Google
from tests.deploy.project import OURS, PARTS, PROGRAMS, SETTINGS, prepare
from tests.servers import ROOT


def test_an_older_app_builds_with_its_own_account_which_gets_the_role(google: Google) -> None:
    prepare(google, "accounts")
    google.app = {**APP, "serviceAccount": "demo@appspot.gserviceaccount.com"}
    perform(SETTINGS, PARTS["project"][-3:], PROGRAMS, ROOT, list[str]().append)
    builder = "roles/cloudbuild.builds.builder"
    assert google.roles("projects/demo") == {
        ("demo@appspot.gserviceaccount.com", builder),
        (f"mando-build{OURS}", builder),
    }

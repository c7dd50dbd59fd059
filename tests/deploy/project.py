"""The project `demo` of the tests: its settings, its programs, and its state when a part is deployed."""

import sys

from deploy.calls import apis, calls, parts
from deploy.form import settings
from local.form import DEFAULT_FORM
from tests.deploy.google import APP, Google

APIS, PARTS, CALLS = apis(DEFAULT_FORM), parts(DEFAULT_FORM), calls(DEFAULT_FORM)
SETTINGS = {
    "PROJECT": "demo",
    "LOCATION": "us-central1",
    "APP_REGION": "us-central",
    "DISCORD_PUBLIC_KEY": "ab" * 32,
    "SEAL_PUBLIC_KEY": "PmEZE06S96pr79pP/RqHUG9TjfdBlxzTVmc/EhPVbTQ=",
    **settings(DEFAULT_FORM),
}
PROGRAMS = {"gcloud": ("gcloud",), "mando": (sys.executable, "-m", "cli.main")}
PLACE = "projects/demo/locations/us-central1"
OURS = "@demo.iam.gserviceaccount.com"
ACCOUNTS = ("ingress", "tasks", "workflow", "steps")
# What the queries of a part find that later parts need.
ANSWERS = {
    "APP_ACCOUNT": f"mando-build{OURS}",
    "OTHER_QUEUES": "",
    "OLD_VIEWER": "",
    "STEPS_HOST": "demo.uc.r.appspot.com",
    "REPLY_URL": "https://demo.uc.r.appspot.com",
    "INGRESS_URL": "https://mando-ingress-abc-uc.a.run.app",
}


def prepare(google: Google, name: str) -> None:
    """As the parts before this one leave the project."""
    if name == "project":
        return
    google.services = {f"{api}.googleapis.com" for api in APIS}
    google.app = {**APP, "serviceAccount": f"mando-build{OURS}"}
    google.accounts = {f"mando-build{OURS}"}
    if name != "accounts":
        google.accounts |= {f"mando-{each}{OURS}" for each in ACCOUNTS}

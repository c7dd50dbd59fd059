"""`mando env`: print the exports after which the real gcloud talks to the local cloud, or print what undoes them."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import click

from cli import options

# The services of the local cloud, as they are named in CLOUDSDK_API_ENDPOINT_OVERRIDES_….
SERVICES = (
    "APPENGINE",
    "ARTIFACTREGISTRY",
    "CLOUDBUILD",
    "CLOUDFUNCTIONS",
    "CLOUDRESOURCEMANAGER",
    "CLOUDTASKS",
    "IAM",
    "RUN",
    "SECRETMANAGER",
    "SERVICEUSAGE",
    "WORKFLOWEXECUTIONS",
    "WORKFLOWS",
)
_SAVED = "MANDO_SAVED_"
_CONFIG = Path(__file__).parent.parent / ".mando" / "gcloud"


@click.command()
@options.port("env", "where `mando up` runs")
@options.option("--unset", is_flag=True, help="print the lines that undo it")
def command(port: int, unset: bool) -> None:
    variables = gcloud_environment(f"http://127.0.0.1:{port}", _CONFIG)
    print("\n".join(unset_lines(variables, os.environ) if unset else set_lines(variables, os.environ)))


def gcloud_environment(base_url: str, config: Path) -> dict[str, str]:
    """Variables with which gcloud talks to base_url; config is a folder for its settings, apart from the user's."""
    return {
        **{f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service}": f"{base_url}/" for service in SERVICES},
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{base_url}/storage/v1/",
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_CONFIG": str(config),
        "CLOUDSDK_CORE_PROJECT": "demo",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "CLOUDSDK_WORKFLOWS_LOCATION": "us-central1",
    }


def set_lines(variables: Mapping[str, str], present: Mapping[str, str]) -> list[str]:
    """Shell lines that set the variables and save their earlier values.  A saved value is not overwritten."""
    lines = []
    for name, value in variables.items():
        if name in present and present[name] != value and _SAVED + name not in present:
            lines.append(f"export {_SAVED}{name}={shlex.quote(present[name])}")
        lines.append(f"export {name}={shlex.quote(value)}")
    return lines


def unset_lines(variables: Mapping[str, str], present: Mapping[str, str]) -> list[str]:
    """Shell lines that give every variable its earlier value."""
    lines = []
    for name in variables:
        if _SAVED + name in present:
            lines += [f"export {name}={shlex.quote(present[_SAVED + name])}", f"unset {_SAVED}{name}"]
        else:
            lines.append(f"unset {name}")
    return lines

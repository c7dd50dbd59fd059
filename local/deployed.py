"""Deploys the files that an operator edits: workflows/*.yaml and queue.yaml, and again when one is saved.

Used by `mando up`.  Every file in workflows/ is a workflow of its name; queue.yaml names the queues.
"""

from collections.abc import Callable
from pathlib import Path

from local.http.api_error import ApiError
from local.live_files import BrokenFile, LiveFile
from local.project import ROOT, workflow, workflow_environment
from local.server import LocalCloud
from local.tasks.queue_yaml import QueueYamlError


def deploy_files(cloud: LocalCloud, root: Path = ROOT) -> list[LiveFile]:
    """Deploy all of them.  Raises BrokenFile."""
    workflows = sorted((root / "workflows").glob("*.yaml"))
    if not workflows:
        raise BrokenFile(f"{root / 'workflows'} holds no workflow; expected workflows/mando.yaml")
    files = [LiveFile(path, _deploys(cloud, path.stem)) for path in workflows]
    files.append(LiveFile(root / "queue.yaml", lambda text: _apply_queues(cloud, text)))
    for file in files:
        file.load()
    return files


def _deploys(cloud: LocalCloud, name: str) -> Callable[[str], str]:
    path = f"workflows/{name}.yaml"

    def deploy(text: str) -> str:
        try:
            revision = cloud.deploy(workflow(name), text, workflow_environment(cloud.form))
        except ApiError as error:
            raise BrokenFile(str(error).replace("main.yaml:", f"{path}:")) from None
        return f"{path}: revision {revision.revision_id}"

    return deploy


def _apply_queues(cloud: LocalCloud, text: str) -> str:
    try:
        queues = cloud.apply_queue_yaml(text)
    except QueueYamlError as error:
        raise BrokenFile(str(error)) from None
    rates = (f"{one.name.rpartition('/')[2]} {one.rate.max_dispatches_per_s:g}/s" for one in queues)
    return f"queue.yaml: {', '.join(rates)}"

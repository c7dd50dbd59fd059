"""The accounts of a deployment and what each may do, by the form.  Called by calls.py.

No account has a right that its part does not use; docs/security.md says what somebody can do with each.
"""

from deploy.call import Call, Calls, Query, account, gcloud, grant, new_account
from local.form import Form

_PROJECT = ("projects", "$PROJECT")
QUEUE_ROLE = "mandoQueueReader"
_QUEUE_READER = f"projects/$PROJECT/roles/{QUEUE_ROLE}"
_ENQUEUER = "roles/cloudtasks.enqueuer"
_VIEWER = "roles/cloudtasks.viewer"
APP_ROLE = "mandoAppReader"


def calls(form: Form) -> Calls:
    has_tokens = form.tasks_call != "app-engine"  # else tasks act as nobody
    return (
        new_account("mando-ingress", "the ingress"),
        *((new_account("mando-tasks", "the tasks"),) if has_tokens else ()),
        *((new_account("mando-workflow", "the workflow"),) if form.has_workflow else ()),
        new_account("mando-steps", "the steps"),
        *(_of_workflow() if form.has_workflow else ()),
        *(_of_tokens() if has_tokens else _of_app_engine_tasks()),
        *(_of_replies() if has_tokens or form.is_reply_elsewhere else _of_app_engine_replies()),
    )


def _of_workflow() -> Calls:
    return (
        on_project("a task may start an execution", account("mando-tasks"), "roles/workflows.invoker"),
        on_project("failed calls of the workflow are logged", account("mando-workflow"), "roles/logging.logWriter"),
        _act_as("the workflow may create tasks that act as the tasks' account, for a drawing that must wait",
                "mando-tasks", "mando-workflow"),
        _act_as(
            "the workflow may create tasks that act as its own account, for a reply that must wait",
            "mando-workflow", "mando-workflow",
        ),
    )  # fmt: skip


def _of_tokens() -> Calls:
    return (_act_as("the ingress may create tasks that act as the tasks' account", "mando-tasks", "mando-ingress"),)


def _of_replies() -> Calls:
    return (
        _act_as("the steps may create tasks that act as their own account, for a reply that must wait again",
                "mando-steps", "mando-steps"),
    )  # fmt: skip


def _of_app_engine_tasks() -> Calls:
    """Source: Cloud Tasks v2, AppEngineHttpRequest: creating such a task needs appengine.applications.get."""
    return (
        *_own_role(APP_ROLE, "a role that may see the App Engine app, which creating a task for it needs",
                   "mando: sees the app", "appengine.applications.get"),
        on_project("the ingress creates such tasks", account("mando-ingress"), f"projects/$PROJECT/roles/{APP_ROLE}"),
    )  # fmt: skip


def _of_app_engine_replies() -> Calls:
    return (on_project("so do the steps", account("mando-steps"), f"projects/$PROJECT/roles/{APP_ROLE}"),)


def on_queues(form: Form) -> Calls:
    return (
        _on_queue("the ingress may put requests into the first", "create-image-queue", "mando-ingress", _ENQUEUER),
        *(_of_workflow_on_queues() if form.has_workflow else ()),
        _on_queue("the steps may put replies into the second", "reply-discord-queue", "mando-steps", _ENQUEUER),
        _on_queue("and into the third, near the token's end", "urgent-reply-queue", "mando-steps", _ENQUEUER),
        *_own_role(QUEUE_ROLE, "a role that may read the length of a queue; those of Google may also read whole tasks",
                   "mando: sees a queue, no tasks", "cloudtasks.queues.get"),
        _on_queue("the ingress may read how many requests wait", "create-image-queue", "mando-ingress", _QUEUE_READER),
        _on_queue("the ingress may read how many replies wait", "reply-discord-queue", "mando-ingress", _QUEUE_READER),
        Query(
            "whether the ingress has the role that mando gave it before, and may read whole tasks",
            "OLD_VIEWER",
            gcloud("tasks", "queues", "get-iam-policy", "create-image-queue", "--location=$LOCATION",
                   "--flatten=bindings[].members[]", f"--filter=bindings.role={_VIEWER} "
                   "AND bindings.members~mando-ingress@", "--format=value(bindings.role)"),
            may_be_empty=True,
        ),
        Call(
            "it loses that role",
            gcloud("tasks", "queues", "remove-iam-policy-binding", "create-image-queue", "--location=$LOCATION",
                   f"--member=serviceAccount:{account('mando-ingress')}", f"--role={_VIEWER}"),
            where_any="OLD_VIEWER",
        ),
    )  # fmt: skip


def _of_workflow_on_queues() -> Calls:
    return (
        _on_queue("the workflow may too, where a drawing must wait", "create-image-queue", "mando-workflow", _ENQUEUER),
        _on_queue("it may put replies into the second", "reply-discord-queue", "mando-workflow", _ENQUEUER),
    )


def on_project(purpose: str, member: str, role: str) -> Call:
    return grant(purpose, _PROJECT, member, role, "--condition=None")


def _on_queue(purpose: str, queue: str, name: str, role: str) -> Call:
    return grant(purpose, ("tasks", "queues", queue), account(name), role, "--location=$LOCATION")


def _act_as(purpose: str, name: str, member: str) -> Call:
    resource = ("iam", "service-accounts", account(name))
    return grant(purpose, resource, account(member), "roles/iam.serviceAccountUser")


def _own_role(name: str, purpose: str, title: str, permission: str) -> Calls:
    return (
        Call(
            purpose,
            gcloud("iam", "roles", "create", name, "--project=$PROJECT"),
            unless=gcloud("iam", "roles", "describe", name, "--project=$PROJECT"),
        ),
        Call(
            "what it allows, and no more",
            gcloud("iam", "roles", "update", name, "--project=$PROJECT", f"--title={title}",
                   f"--permissions={permission}", "--stage=GA"),
        ),
    )  # fmt: skip

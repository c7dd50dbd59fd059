"""The environment variables that every execution has.  Called by the service, `mando run` and tuning/."""


def built_in_variables(execution: str, revision_id: str, service_account: str | None = None) -> dict[str, str]:
    """The variables of every execution; service_account is an e-mail address, None for the default account.

    Source: Workflows, "Built-in environment variables".
    """
    _, project, _, location, _, workflow, _, execution_id = execution.split("/")
    return {
        "GOOGLE_CLOUD_PROJECT_ID": project,
        "GOOGLE_CLOUD_PROJECT_NUMBER": "1",
        "GOOGLE_CLOUD_LOCATION": location,
        "GOOGLE_CLOUD_SERVICE_ACCOUNT_NAME": service_account or f"default@{project}.iam.gserviceaccount.com",
        "GOOGLE_CLOUD_WORKFLOW_ID": workflow,
        "GOOGLE_CLOUD_WORKFLOW_REVISION_ID": revision_id,
        "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": execution_id,
        "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ATTEMPT": "1",  # also after a resume from its journal
    }

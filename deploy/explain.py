"""What an error of gcloud means, and what to do.  Called by perform.py; docs/deploying.md has the same table."""

import re
from dataclasses import dataclass

_ASK = "ask an administrator of organisation policies (roles/orgpolicy.policyAdmin)"


@dataclass(frozen=True, slots=True)
class Explanation:
    """error: a pattern of gcloud's text.  shown: how the page shows that text."""

    error: str
    shown: str
    advice: str


EXPLANATIONS = (
    # Source: IAM, "Troubleshoot organization policy errors for service accounts".
    Explanation(
        r"iam\.(managed\.)?disableServiceAccountCreation|Service account creation is not allowed",
        "constraints/iam.disableServiceAccountCreation",
        f"the organisation forbids new service accounts: {_ASK} to allow them in this project, or to create "
        "mando-build, mando-ingress, mando-tasks, mando-workflow and mando-steps; accounts that are there are used",
    ),
    # Source: Cloud Run, "Allowing public (unauthenticated) access".
    Explanation(
        r"run\.managed\.requireInvokerIam",
        "constraints/run.managed.requireInvokerIam",
        f"the organisation forbids --no-invoker-iam-check: {_ASK} to allow it in this project, or Discord cannot call "
        "the ingress",
    ),
    Explanation(
        r"iam\.(managed\.)?allowedPolicyMember|do not belong to a permitted customer",
        "One or more users named in the policy do not belong to a permitted customer",
        "the organisation forbids bindings for everybody (domain restricted sharing). Only pictures as links need one: "
        f"{_ASK} to allow it in this project, or remove DELIVERY from app.yaml",
    ),
    # Source: Cloud Storage, "Public access prevention".
    Explanation(
        r"storage\.publicAccessPrevention|public access prevention",
        "constraints/storage.publicAccessPrevention",
        f"the organisation forbids public buckets. Only pictures as links need one: {_ASK} to allow it in this "
        "project, or remove DELIVERY from app.yaml",
    ),
    # Source: Resource Manager, "Restricting resource locations".
    Explanation(
        r"gcp\.resourceLocations",
        "constraints/gcp.resourceLocations",
        "the organisation forbids this region: choose another --location. App Engine's region cannot be changed later. "
        "The secret is replicated everywhere; where that is forbidden, create it before, in your regions",
    ),
    # Source: Resource Manager, "Restrict resource usage".
    Explanation(
        r"gcp\.restrictServiceUsage",
        "constraints/gcp.restrictServiceUsage",
        f"the organisation forbids a service that mando needs: {_ASK} to allow it in this project",
    ),
    # Source: Cloud Functions, "Configure network settings"; Cloud Run, "Restrict network ingress".
    Explanation(
        r"cloudfunctions\.allowedIngressSettings|run\.allowedIngress",
        "constraints/cloudfunctions.allowedIngressSettings, constraints/run.allowedIngress",
        f"the organisation forbids functions that the internet can call: {_ASK} to allow `all` in this project, or "
        "Discord cannot call the ingress",
    ),
    Explanation(
        r"constraints/[\w.]+",
        "another `constraints/…`",
        f"an organisation policy of that name forbids it: {_ASK} for an exception in this project",
    ),
    Explanation(
        r"Service account \S+ does not exist",
        "Service account … does not exist",
        "a new account is known everywhere after up to a minute: repeat",
    ),
    # Source: the report of it in terraform-provider-google, issue 18936.
    Explanation(
        r"does not have access to the bucket",
        "service account X does not have access to the bucket",
        "X is the account that Google builds with: give it roles/cloudbuild.builds.builder on the project, as "
        "`mando deploy --only project` does for mando-build; if X is mando-steps, remove the role after the deployment",
    ),
    Explanation(
        r"service agent does not exist",
        "Workflows service agent does not exist",
        "the first workflow in a project: wait a minute and repeat",
    ),
    Explanation(
        r"existed too recently",
        "The queue cannot be created because a queue with this name existed too recently",
        "the name of a deleted queue is free again after some days",
    ),
    Explanation(
        r"[Bb]illing .*(disabled|enabled|not found)|BILLING_DISABLED",
        "This API method requires billing to be enabled",
        "link a billing account to the project, wait some minutes and repeat",
    ),
)  # fmt: skip


def explain(text: str) -> str | None:
    """The advice for the first kind of error that the text has; None if it has none that is known."""
    for each in EXPLANATIONS:
        if re.search(each.error, text):
            return each.advice
    return None

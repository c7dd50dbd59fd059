"""The bucket of the pictures: closed and emptied in time, or open to everybody who has a link.  Called by calls.py."""

from deploy.call import Call, account, gcloud, grant

BUCKET = "gs://$PROJECT-mandalas"
_RESOURCE = ("storage", "buckets", BUCKET)


def calls(*, is_by_link: bool) -> tuple[Call, ...]:
    """is_by_link: members get the address of a picture, and not the picture itself (DELIVERY in app.yaml)."""
    return (
        Call(
            "the bucket of the pictures",
            gcloud("storage", "buckets", "create", BUCKET, "--location=$LOCATION", "--uniform-bucket-level-access"),
            unless=gcloud("storage", "buckets", "describe", BUCKET),
        ),
        grant(
            "the steps may store a picture, never replace or delete one",
            _RESOURCE, account("mando-steps"), "roles/storage.objectCreator",
        ),
        grant(
            "the steps may read a picture that they attach",
            _RESOURCE, account("mando-steps"), "roles/storage.objectViewer",
        ),
        *(_open() if is_by_link else _closed()),
    )  # fmt: skip


def _closed() -> tuple[Call, ...]:
    update = ("storage", "buckets", "update", BUCKET)
    return (
        Call(
            "nobody else may; pictures that Discord has are deleted after 30 days",
            gcloud(*update, "--public-access-prevention", "--lifecycle-file=deploy/lifecycle.json"),
        ),
    )


def _open() -> tuple[Call, ...]:
    """legacyObjectReader reads an object whose name one knows; objectViewer would list the bucket to everybody.

    Source: Cloud Storage, "Make data public"; "IAM roles for Cloud Storage".
    """
    update = ("storage", "buckets", "update", BUCKET)
    return (
        Call(
            "links must work for everybody, and as long as their messages are there",
            gcloud(*update, "--no-public-access-prevention", "--clear-lifecycle"),
        ),
        grant(
            "whoever has a link may read that picture, and cannot list the others",
            _RESOURCE, "allUsers", "roles/storage.legacyObjectReader",
        ),
    )  # fmt: skip

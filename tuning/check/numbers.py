"""What one request takes and costs, if all goes well and at worst: the end of the report of `mando check`."""

from typing import Any

from tuning.check.subject import Subject

# The operations of one request that do not depend on the outcome: the ingress is called, a picture is stored.
_ONCE = {"functions_request": 1.0, "storage_write": 1.0}
_FIRST_TASK = 2  # it is made and delivered; without a workflow it is among the operations of a life


def numbers(subject: Subject) -> dict[str, Any]:
    """Calls, billed steps and dollars per million requests, on the good and the worst path; empty if it cannot run."""
    if not subject.is_runnable:
        return {}
    sent = subject.model.number("steps.picture_bytes")
    return {
        "good": _of(subject, "all goes well", sent),
        "worst": _of(subject, subject.worst_title, 0.0),
        "prices": subject.prices.dated,
    }


def _of(subject: Subject, title: str, sent_bytes: float) -> dict[str, Any]:
    """Each call of the steps reads the bucket about once.  sent_bytes: what Discord gets."""
    life = subject.outages.get(title, subject.good)
    counted = {
        "tasks_operation": float(life.operations + (_FIRST_TASK if subject.project.has_workflow else 0)),
        **_ONCE,
        "workflows_internal_step": float(life.bill.internal),
        "workflows_external_step": float(life.bill.external),
        "storage_read": float(len(life.calls)),
        "appengine_egress": sent_bytes,
    }
    return {
        "if": title,
        "calls": len(life.calls),
        "steps": life.bill.internal + life.bill.external,
        "steps_usd_per_million": subject.steps_dollars(life) * 1e6,
        "usd_per_million": subject.prices.cost(counted, 1)["per_million"],
    }


def lines(found: dict[str, Any]) -> list[str]:
    """The same for a reader."""
    return [
        f"a request if {one['if']}: {one['calls']} calls, {one['steps']} billed steps; a million of them cost "
        f"${one['usd_per_million']:,.0f}, of which steps ${one['steps_usd_per_million']:,.0f}, "
        f"without instances ({found['prices']})"
        for name in ("good", "worst")
        if (one := found.get(name))
    ]

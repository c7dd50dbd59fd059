"""What a deployment is made of: a call that changes something, a query whose answer later calls use.

Called by calls.py, which lists them; script.py prints them, perform.py makes them.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Binding:
    """A role that a member has on a resource.  resource: the words of gcloud that name it, e.g. secrets NAME."""

    resource: tuple[str, ...]
    member: str
    role: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A command that changes something.

    The call is left out if the command `unless` succeeds; with same_as_file only if its output is that file's content.
    where_any, where_none: the name of a query; the call is made only where it found something, or nothing.
    into: the file that gets the command's output.  In a word $$ is a $ itself.
    binding is what the call grants, if that is what it does.
    """

    purpose: str
    command: tuple[str, ...]
    unless: tuple[str, ...] | None = None
    same_as_file: str | None = None
    where_any: str | None = None
    where_none: str | None = None
    into: str | None = None
    binding: Binding | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A command that only reads; later calls use its output as $name, or are made only where there is any."""

    purpose: str
    name: str
    command: tuple[str, ...]
    may_be_empty: bool = False


Calls: TypeAlias = tuple[Call | Query, ...]


def account(name: str) -> str:
    """The email address of one of our service accounts."""
    return f"{name}@$PROJECT.iam.gserviceaccount.com"


def gcloud(*words: str) -> tuple[str, ...]:
    return ("gcloud", *words)


def new_account(name: str, purpose: str) -> Call:
    return Call(
        f"the account of {purpose}",
        gcloud("iam", "service-accounts", "create", name, f"--display-name=mando: {purpose}"),
        unless=gcloud("iam", "service-accounts", "describe", account(name)),
    )


def grant(purpose: str, resource: tuple[str, ...], member: str, role: str, *options: str) -> Call:
    """Adding an existing binding changes nothing, so this needs no `unless`.  member: an email address or allUsers."""
    member = member if member == "allUsers" else f"serviceAccount:{member}"
    return Call(
        purpose,
        gcloud(*resource[:-1], "add-iam-policy-binding", resource[-1], f"--member={member}", f"--role={role}",
               *options),
        binding=Binding(resource, member, role, options),
    )  # fmt: skip

"""What `mando doctor` says: what is missing, different or broken, and the command that mends it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    command: str

    def __str__(self) -> str:
        return f"{self.what}\n    {self.command}"


def deploy_again(part: str) -> str:
    """The command that makes a part as its files say."""
    return f"mando deploy --project $PROJECT --location $LOCATION$FORM --only {part}"

"""A sealing key can be changed without losing a request that is on its way."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nacl.public import PrivateKey

from cli.main import run
from ingress.interaction import Command, IncompleteInteraction, parse, to_request
from ingress.seal import Sealer
from steps.errors import PermanentError
from steps.seal import Unsealer, parse_private_keys
from tests.interactions import an_interaction
from tests.steps.service import INTERACTION_TOKEN, PICTURE, Neighbours, Steps, sealed
from tests.steps.statuses import status_of


def opener(*keys: PrivateKey) -> Unsealer:
    """As docs/deploying.md has the file written: the new key, a comma, the old one, and the end of a line."""
    return Unsealer(parse_private_keys(",".join(b64encode(bytes(key)).decode() for key in keys) + "\n"))


def test_during_a_rotation_both_keys_open_and_after_it_only_the_new_one() -> None:
    old, new = PrivateKey.generate(), PrivateKey.generate()
    before, during, after = opener(old), opener(new, old), opener(new)
    assert before.open(sealed(old)).reveal() == INTERACTION_TOKEN
    assert {during.open(sealed(key)).reveal() for key in (old, new)} == {INTERACTION_TOKEN}
    assert after.open(sealed(new)).reveal() == INTERACTION_TOKEN
    for one, key in ((before, new), (after, old)):
        with pytest.raises(PermanentError, match="sealed with another key") as caught:
            one.open(sealed(key))
        assert status_of(caught.value) == 400


@pytest.mark.usefixtures("quiet")
def test_the_running_steps_reply_to_what_was_sealed_with_either_key(steps: Steps) -> None:
    for key in (steps.key, steps.older_key):
        order = {"request": steps.request({"sealed_token": sealed(key)}), "picture": PICTURE}
        assert steps.post("/reply-discord", order).status_code == 200
    replies = [call for call in Neighbours.calls if call.startswith("PATCH")]
    assert replies == [f"PATCH /api/v10/webhooks/1146847361212375051/{INTERACTION_TOKEN}/messages/@original"] * 2


def test_a_deployment_with_both_keys_lets_the_ingress_seal_with_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    public = []
    for name in ("new", "old"):
        assert run(["keys", "-o", str(tmp_path / name)]) == 0
        public.append(capsys.readouterr().out.strip())
    both = tmp_path / "both"
    both.write_text(f"{(tmp_path / 'new').read_text().strip()},{(tmp_path / 'old').read_text().strip()}\n")
    assert len(parse_private_keys(both.read_text())) == 2
    deploy = ["deploy", "--dry-run", "--project=my-project", f"--discord-public-key={'ab' * 32}", f"--seal-key={both}"]
    assert run(deploy) == 0
    script = capsys.readouterr().out
    assert public[0] in script
    assert public[1] not in script


KEY = PrivateKey.generate()
GOOD = st.text(st.sampled_from("AbZ09+=._~-"), min_size=1, max_size=6)
LONG = st.builds(lambda part, length: (part * length)[:length], GOOD, st.integers(500, 520))
NEARLY = st.text(st.sampled_from("aZ9+=._~-/%?#\\ \n\x00é💠"), max_size=6) | LONG


@given(NEARLY | st.text(max_size=20))
@example("../../x")
@example(".")
@example("a\n")
@example("x" * 512)
@example("x" * 513)
def test_the_ingress_seals_a_token_if_and_only_if_the_reply_step_takes_it(token: str) -> None:
    try:
        opened = opener(KEY).open(sealed(KEY, token.encode("utf-8", "replace"))).reveal()
    except PermanentError:
        opened = None
    try:
        command = parse(json.dumps({**an_interaction(), "token": token}).encode())
    except IncompleteInteraction:
        assert opened is None
        return
    assert isinstance(command, Command)
    request = to_request(command, Sealer(KEY.public_key), datetime.now(UTC))
    assert opener(KEY).open(request.sealed_token).reveal() == opened == token

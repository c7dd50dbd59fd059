"""The whole path of a request against a running `mando up`: once delivered, shown once, whatever is repeated."""

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from local.auth import TokenIssuer
from tests.servers import wait_until
from tests.system.up import PLACE, Up, mando_up

WORKFLOW_ACCOUNT = "mando-workflow@demo.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with mando_up(tmp_path_factory.mktemp("up") / "data") as running:
        yield running


def call_step(up: Up, path: str, body: Any, token: str | None) -> requests.Response:
    request = body.get("request", body) if isinstance(body, dict) else {}
    headers = {"X-Dedup-Key": str(request.get("interaction_id"))}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return requests.post(f"http://127.0.0.1:{up.port + 2}{path}", json=body, headers=headers, timeout=30)


def a_token(up: Up, audience: str = "mando-steps", email: str = WORKFLOW_ACCOUNT, age: timedelta = timedelta()) -> str:
    return TokenIssuer(up.data / "issuer.pem").id_token(audience, email, datetime.now(UTC) - age)


def test_two_requests_show_two_different_pictures(up: Up) -> None:
    before = up.objects()
    sent = [up.interact() for _ in range(2)]
    assert [(one["acknowledged"]["status"], up.ended(one["id"])["state"]) for one in sent] == [(200, "SUCCEEDED")] * 2
    created = up.objects().keys() - before.keys()
    assert len(created) == 2
    first, second = (requests.get(f"{up.base}/demo-mandalas/{name}", timeout=30) for name in created)
    assert first.content != second.content
    assert first.headers["Content-Type"] == "image/png"
    assert "immutable" in first.headers["Cache-Control"]
    replies = [up.reply(one) for one in sent]
    assert replies[0]["embeds"][0]["title"] != replies[1]["embeds"][0]["title"]
    for reply in replies:
        (embed,) = reply["embeds"]
        assert requests.get(embed["image"]["url"], timeout=30).content in (first.content, second.content)
        assert embed["image"]["description"] == embed["description"]
        assert reply["content"] == ""


def test_two_identical_deliveries_leave_one_execution_one_object_and_one_visible_reply(up: Up) -> None:
    before = up.objects()
    sent = up.interact(deliveries=2)
    assert [one["status"] for one in sent["deliveries"]] == [200, 200]
    assert up.ended(sent["id"])["state"] == "SUCCEEDED"
    assert len(up.objects().keys() - before.keys()) == 1
    assert len(up.reply(sent)["embeds"]) == 1


def test_an_execution_started_again_with_the_same_argument_changes_nothing_that_is_visible(up: Up) -> None:
    sent = up.interact()
    first = up.ended(sent["id"])
    before, shown = up.objects(), up.reply(sent)
    again = requests.post(
        f"{up.base}/v1/{PLACE}/workflows/mando/executions", json={"argument": first["argument"]}, timeout=10
    ).json()["name"]
    wait_until(lambda: up.get(f"v1/{again}")["state"] != "ACTIVE", "the second execution ends")
    second = up.get(f"v1/{again}")
    assert (second["state"], second["result"]) == ("SUCCEEDED", first["result"])
    assert up.objects() == before
    reply = up.reply(sent)
    assert (reply["id"], len(reply["embeds"])) == (shown["id"], 1)
    assert reply["embeds"][0]["title"] == shown["embeds"][0]["title"]


def test_a_step_called_again_leaves_one_object_and_one_visible_reply(up: Up) -> None:
    sent = up.interact()
    request = json.loads(up.ended(sent["id"])["argument"])
    before = up.objects()
    pictures = [call_step(up, "/generate-image", request, a_token(up)).json() for _ in range(3)]
    assert pictures[0] == pictures[1] == pictures[2]
    order = {"request": request, "picture": pictures[0]}
    with ThreadPoolExecutor() as pool:
        replies = list(pool.map(lambda _: call_step(up, "/reply-discord", order, a_token(up)), range(3)))
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["message_id"] for reply in replies}) == 1
    assert up.objects() == before
    assert len(up.reply(sent)["embeds"]) == 1


def test_words_always_show_the_same_object_and_options_reach_the_picture(up: Up) -> None:
    before = up.objects()
    sent = [up.interact(words="my cat") for _ in range(2)] + [up.interact(words="my cat", symmetry=8)]
    assert [up.ended(one["id"])["state"] for one in sent] == ["SUCCEEDED"] * 3
    assert len(up.objects().keys() - before.keys()) == 2
    assert "eight-fold" in up.reply(sent[2])["embeds"][0]["description"].lower()


def test_each_button_answers_with_a_message_of_its_own_and_the_old_one_stays(up: Up) -> None:
    sent = up.interact(words="*my* cat", symmetry=8)
    up.ended(sent["id"])
    shown = up.reply(sent)
    answers = [pressed(up, shown, button) for button in shown["components"][0]["components"]]
    assert [up.ended(one["id"])["state"] for one in answers] == ["SUCCEEDED"] * 3
    another, palette, kept = map(up.reply, answers)
    assert up.reply(sent) == shown
    assert [one["content"] for one in (another, palette, kept)] == ["for <@77>", "for <@77>", ""]
    assert [one["mentions"] for one in (another, palette, kept)] == [[], [], []]
    assert [one["flags"] & 64 for one in (another, palette, kept)] == [0, 0, 64]
    assert [one["embeds"][0]["image"]["width"] for one in (another, palette, kept)] == [1024, 1024, 2048]
    first, second, third, print_of_first = (
        one["embeds"][0]["footer"]["text"] for one in (shown, another, palette, kept)
    )
    assert second.endswith(" variation:1 words:*my* cat")
    assert third.endswith(" words:*my* cat")
    assert third != first == print_of_first
    assert (len(palette["components"]), kept["components"]) == (1, [])
    again = pressed(up, another, another["components"][0]["components"][0])
    up.ended(again["id"])
    assert up.reply(again)["embeds"][0]["footer"]["text"].endswith(" variation:2 words:*my* cat")


def pressed(up: Up, message: dict[str, Any], button: dict[str, Any]) -> dict[str, Any]:
    """A member presses the button; returns the ingress's acknowledgement."""
    data = {"component_type": button["type"], "custom_id": button["custom_id"]}
    body = {"type": 3, "message_id": message["id"], "data": data, "user_id": "77"}
    answer = requests.post(f"{up.base}/api/v10/interactions", json=body, timeout=30)
    answer.raise_for_status()
    acknowledged: dict[str, Any] = answer.json()
    return acknowledged


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (lambda up: None, 401),
        (lambda up: "nonsense", 401),
        (lambda up: a_token(up)[:-6] + "AAAAAA", 401),
        (lambda up: a_token(up, audience="somebody-else"), 401),
        (lambda up: a_token(up, age=timedelta(hours=2)), 401),
        (lambda up: a_token(up, email="mando-ingress@demo.iam.gserviceaccount.com"), 403),
    ],
    ids=["no token", "no JWT", "another signature", "another audience", "expired", "another account"],
)
@pytest.mark.parametrize("path", ["/generate-image", "/reply-discord"])
def test_a_step_called_without_the_workflows_token_is_refused(up: Up, path: str, token: Any, status: int) -> None:
    answer = call_step(up, path, {}, token(up))
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_a_token_signed_by_somebody_else_is_refused(up: Up, tmp_path_factory: pytest.TempPathFactory) -> None:
    forger = TokenIssuer(tmp_path_factory.mktemp("forger") / "key.pem")
    token = forger.id_token("mando-steps", WORKFLOW_ACCOUNT, datetime.now(UTC))
    assert call_step(up, "/generate-image", {}, token).status_code == 401


def test_a_malformed_order_is_refused_with_the_field_that_is_wrong(up: Up) -> None:
    request = json.loads(up.ended(up.interact()["id"])["argument"])
    wrong = {**request, "options": {"symmetry": "six"}}
    answer = call_step(up, "/generate-image", wrong, a_token(up))
    assert (answer.status_code, "request.options.symmetry must be integer" in answer.text) == (400, True)
    escaping = {"request": request, "picture": {"object": "../x", "title": "t", "description": "d", "colour": 0}}
    assert call_step(up, "/reply-discord", escaping, a_token(up)).status_code == 400


def test_what_cannot_be_drawn_is_told_to_the_member(up: Up) -> None:
    request = json.loads(up.ended(up.interact()["id"])["argument"])
    answer = call_step(up, "/generate-image", {**request, "options": {"palette": "plaid"}}, a_token(up))
    assert answer.status_code == 422
    assert "palette" in answer.json()["error"]["message"]


def test_the_interactions_token_is_nowhere_but_in_discords_own_data(up: Up) -> None:
    up.ended(up.interact()["id"])
    with sqlite3.connect(up.data / "discord.sqlite") as database:
        tokens = [row[0] for row in database.execute("SELECT token FROM interactions")]
    database.close()
    assert tokens
    for path in up.data.rglob("*"):
        if path.is_file() and "discord" not in path.name:
            content = path.read_bytes()
            assert not any(token.encode() in content for token in tokens), path
    assert not any(token in up.output() for token in tokens)


def test_delivery_by_link_embeds_the_public_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DELIVERY", "link")
    with mando_up(tmp_path) as up:
        sent = up.interact()
        assert up.ended(sent["id"])["state"] == "SUCCEEDED"
        (name,) = up.objects()
        reply = up.reply(sent)
        assert reply["attachments"] == []
        assert reply["embeds"][0]["image"]["url"] == f"{up.base}/demo-mandalas/{name}"
        assert requests.get(reply["embeds"][0]["image"]["url"], timeout=30).headers["Content-Type"] == "image/png"

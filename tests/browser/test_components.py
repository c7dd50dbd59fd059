"""Buttons, menus, autocompletion, context menus and a modal, with a keyboard, a mouse and a finger."""

import re
from typing import Any

from aiohttp import web
from playwright.async_api import expect

from tests.browser.channel import opened
from tests.browser.chromium import browser_with, page_of
from tests.discord.application import BOT_TOKEN, Interaction, Running, until

BOT = {"Authorization": f"Bot {BOT_TOKEN}"}
COLOURS = [{"label": name.title(), "value": name} for name in ("rose", "teal", "gold")]
BUTTONS = [
    {"type": 2, "style": style, "label": label, "custom_id": label.lower()}
    for style, label in ((1, "Again"), (2, "Update"), (3, "Form"), (4, "Fail"))
]
ROWS = [
    {"type": 1, "components": [*BUTTONS, {"type": 2, "style": 5, "label": "Read", "url": "https://example.org"}]},
    {"type": 1, "components": [{"type": 3, "custom_id": "one", "options": COLOURS, "placeholder": "A colour"}]},
    {"type": 1, "components": [{"type": 3, "custom_id": "some", "options": COLOURS, "max_values": 2}]},
    {"type": 1, "components": [{"type": 2, "style": 2, "label": "Off", "custom_id": "off", "disabled": True}]},
]
FORM = {
    "custom_id": "form",
    "title": "Feedback",
    "components": [
        {"type": 18, "label": "Words", "component": {"type": 4, "custom_id": "words", "style": 1, "min_length": 2}},
        {"type": 18, "label": "Colour", "component": {"type": 3, "custom_id": "colour", "options": COLOURS}},
    ],
}
COMMANDS: list[dict[str, Any]] = [
    {
        "name": "lotus",
        "name_localizations": {"de": "seerose"},
        "description": "Draw a lotus",
        "description_localizations": {"de": "Eine Seerose malen"},
        "options": [
            {
                "type": 3,
                "name": "palette",
                "name_localizations": {"de": "farben"},
                "description": "Its colours",
                "autocomplete": True,
            }
        ],
    },
    {"name": "Mandala of this message", "type": 3, "name_localizations": {"de": "Mandala dieser Nachricht"}},
    {"name": "Greet", "type": 2},
]


async def answer(sent: Interaction) -> web.Response:
    data = sent["data"]
    if sent["type"] == 4:
        typed = next(option["value"] for option in data["options"] if option.get("focused"))
        names = {"Amethyst", "Aurora", "Teal"}
        choices = [{"name": name, "value": name.lower()} for name in sorted(names) if typed in name.lower()]
        return web.json_response({"type": 8, "data": {"choices": choices}} if typed != "boom" else {})
    if sent["type"] == 5:
        return web.json_response({"type": 4, "data": {"content": "Thank you"}})
    custom_id = data.get("custom_id")
    if custom_id == "fail":
        return web.Response(status=500)
    if custom_id == "form":
        return web.json_response({"type": 9, "data": FORM})
    if custom_id == "update":
        return web.json_response({"type": 7, "data": {"content": "updated"}})
    told = data.get("name") or f"{custom_id} {data.get('values', '')}"
    return web.json_response({"type": 4, "data": {"content": f"told: {told}", "flags": 64}})


async def prepare(here: Running) -> None:
    """A message with components, of a bot with commands of every kind."""
    here.application.answer = answer
    identities = here.discord.identities
    url = f"{here.api}/applications/{identities.application_id}/commands"
    assert (await here.call("PUT", url, json=COMMANDS, headers=BOT))[0] == 200
    messages = f"{here.api}/channels/{identities.channel_id}/messages"
    form = {"content": "a box of paints", "components": ROWS}
    assert (await here.call("POST", messages, json=form, headers=BOT))[0] == 200


async def test_buttons_menus_and_a_form_work_with_the_mouse_and_with_the_keyboard(here: Running) -> None:
    await prepare(here)
    async with opened(here) as page:
        again = page.get_by_role("button", name="Again")
        await again.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("told: again")).to_be_visible()
        await expect(again).to_be_focused()
        await page.get_by_role("button", name="Fail").click()
        await expect(page.get_by_text("This interaction failed")).to_be_visible()
        await page.get_by_role("button", name="Update").click()
        await expect(page.get_by_text("updated")).to_have_count(2)  # the message, and the line that refers to it
        await expect(page.get_by_text("This interaction failed")).to_be_hidden()
        await expect(page.get_by_role("button", name="Off")).to_be_disabled()
        assert await page.get_by_role("link", name="Read").get_attribute("href") == "https://example.org"
        await page.get_by_role("button", name="A colour").focus()
        for key in ("ArrowDown", "ArrowDown", "Enter"):
            await page.keyboard.press(key)
        await expect(page.get_by_text("told: one ['teal']")).to_be_visible()
        some = page.get_by_role("button", name="Make a selection")
        await some.click()
        for name in ("Gold", "Rose", "Teal"):  # the third is one too many
            await page.get_by_role("option", name=name).click()
        await page.keyboard.press("Tab")
        await expect(page.get_by_text("told: some ['gold', 'rose']")).to_be_visible()
        await page.get_by_role("button", name="Form").click()
        dialog = page.get_by_role("dialog", name="Feedback")
        await expect(dialog.get_by_role("textbox")).to_be_focused()
        await page.keyboard.type("my cat")
        await dialog.get_by_role("button", name="Colour").click()
        await dialog.get_by_role("option", name="Gold").click()
        await dialog.get_by_role("button", name="Submit").click()
        await expect(page.get_by_text("Thank you")).to_be_visible()
        await expect(dialog).to_be_hidden()
        words, colour = (one["component"] for one in here.application.interactions[-1]["data"]["components"])
        assert (words["value"], colour["values"]) == ("my cat", ["gold"])
        await page.reload()
        await expect(page.get_by_role("button", name="Again")).to_be_visible()
        await expect(page.get_by_text("told:")).to_have_count(0)  # what one member sees ends with the page


async def test_options_are_suggested_while_the_member_types(here: Running) -> None:
    await prepare(here)
    async with opened(here) as page:
        await page.keyboard.type("/lotus palette:")
        await expect(page.get_by_role("option")).to_have_text(["Amethyst", "Aurora", "Teal"])
        await page.keyboard.type("au")
        await expect(page.get_by_role("option")).to_have_text(["Aurora"])
        await page.keyboard.type("x")
        await expect(page.get_by_text("No options match your search.")).to_be_visible()
        await page.locator(".pill input").fill("boom")
        await expect(page.get_by_text("Loading options failed")).to_be_visible()
        await page.locator(".pill input").fill("te")
        await page.get_by_role("option", name="Teal").click()
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("told: lotus")).to_be_visible()
        asked, sent = here.application.interactions[0], here.application.interactions[-1]
        assert asked["data"]["options"] == [{"name": "palette", "type": 3, "value": "", "focused": True}]
        assert sent["data"]["options"] == [{"name": "palette", "type": 3, "value": "teal"}]


async def test_a_message_and_a_person_have_apps_for_mouse_keyboard_and_finger(here: Running) -> None:
    await prepare(here)
    async with opened(here) as page:
        await page.get_by_text("a box of paints").click(button="right")
        await page.get_by_role("menuitem", name="Mandala of this message").click()
        await expect(page.get_by_text("told: Mandala of this message")).to_be_visible()
        target = here.application.interactions[-1]["data"]
        assert target["resolved"]["messages"][target["target_id"]]["content"] == "a box of paints"
        await page.get_by_role("button", name="Apps", exact=True).first.focus()
        for key in ("Enter", "ArrowDown", "Enter"):
            await page.keyboard.press(key)
        await expect(page.get_by_text("told: Greet")).to_be_visible()
        await page.locator("#member").click()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("menu")).to_be_hidden()
        await expect(page.locator("#member")).to_be_focused()
        await page.locator("#member").click()
        await page.get_by_role("menuitem", name="Greet").click()
        await until(lambda: _greeted(here, here.discord.identities.member_id), "the member was greeted")
        assert page.context.browser is not None
        page = await page.context.browser.new_page(has_touch=True, viewport={"width": 390, "height": 844})
        await page.goto(here.base)
        await expect(page.get_by_text("Hold a message")).to_be_visible()
        finger = await page.context.new_cdp_session(page)
        box = await page.get_by_text("a box of paints").bounding_box()
        assert box is not None
        place = [{"x": box["x"] + 20, "y": box["y"] + 8}]
        await finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": place})
        item = page.get_by_role("menuitem", name="Mandala of this message")
        await expect(item).to_be_visible()
        await finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        await expect(item).to_be_focused()


async def _greeted(here: Running, user_id: str) -> bool:
    data = here.application.interactions[-1]["data"]
    return bool(data.get("target_id") == user_id and data["resolved"]["users"][user_id]["username"] == "you")


async def test_a_member_reads_the_own_language_and_a_command_waits_for_the_connection(here: Running) -> None:
    await prepare(here)
    async with browser_with() as browser:
        context = await browser.new_context(locale="de-AT", color_scheme="light", reduced_motion="reduce")
        page = await context.new_page()
        await page.goto(here.base)
        await expect(page.locator("#topic")).not_to_be_empty()
        await expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
        await page.keyboard.type("/see")
        await expect(page.get_by_role("option")).to_contain_text("Eine Seerose malen")
        await page.keyboard.press("Enter")
        await context.set_offline(True)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Sent as soon as the local Discord is there again")).to_be_visible()
        assert not [sent for sent in here.application.interactions if sent["type"] == 2]
        await context.set_offline(False)
        await expect(page.get_by_text("told: lotus")).to_be_visible()
        await expect(page.get_by_text("Sent as soon as")).to_be_hidden()
        assert here.application.interactions[-1]["locale"] == "de"


# Its words are not among the page's elements, so the test keeps the tree when it is made.
LISTEN = """
    const attach = Element.prototype.attachShadow;
    Element.prototype.attachShadow = function (init) {
        const tree = attach.call(this, init);
        new MutationObserver(() => heard(tree.textContent)).observe(tree, {childList: true});
        return tree;
    };
"""


async def test_marks_become_elements_and_each_new_message_is_spoken_once(here: Running) -> None:
    await prepare(here)
    async with page_of("about:blank") as page:
        spoken: list[str] = []
        await page.expose_function("heard", lambda words: spoken.append(words))
        await page.add_init_script(LISTEN)
        await page.goto(here.base)
        await expect(page.get_by_text("a box of paints")).to_be_visible()
        messages = f"{here.api}/channels/{here.discord.identities.channel_id}/messages"
        you = here.discord.identities.member_id
        marks = f"**bold** <@{you}> ~~gone~~ `a**b` <t:0:R> <t:0:D> ||hidden|| [read](https://example.org)"
        content = marks + "\n> quoted\n- item\n# Head"
        form = {"content": content, "allowed_mentions": {"parse": []}}
        _, made = await here.call("POST", messages, json=form, headers=BOT)
        body = page.locator(f"#message-{made['id']} .content")
        for selector, words in [
            ("strong", "bold"), (".mention", "@You"), ("s", "gone"), ("code", "a**b"),
            ("time >> nth=1", "January 1, 1970"), ("a", "read"),
            ("blockquote", "quoted"), ("li", "item"), (".heading-1", "Head"),
        ]:  # fmt: skip
            await expect(body.locator(selector)).to_have_text(words)
        await expect(body.locator("time").first).to_have_text(re.compile(r"^\d+ years ago$"))
        await body.get_by_role("button", name="Spoiler").click()
        await expect(body.get_by_text("hidden")).to_be_visible()
        await here.call("PATCH", f"{messages}/{made['id']}", json={"content": "edited"}, headers=BOT)
        await expect(body).to_have_text("edited (edited)")
        assert [words[:15] for words in spoken] == ["mando: **bold**"]

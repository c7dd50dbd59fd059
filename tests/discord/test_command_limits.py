"""Each limit of a command as it is registered, and of what a member says to its options."""

from typing import Any

import pytest

from local.discord.errors import DiscordError
from local.discord.forms.command_form import parse_command, parse_commands
from local.discord.forms.command_use import command_data

ROSE = {"name": "rose", "description": "Draw a rose"}
SAFE = (1 << 53) - 1
NO_NAME, NO_MATCH, NO_NUMBER = "APPLICATION_COMMAND_INVALID_NAME", "STRING_TYPE_REGEX", "NUMBER_TYPE_COERCE"
TOO_LONG, LENGTH, LEAST, MOST = "BASE_TYPE_MAX_LENGTH", "BASE_TYPE_BAD_LENGTH", "NUMBER_TYPE_MIN", "NUMBER_TYPE_MAX"
NEEDED, CHOICES, NO_BOOLEAN = "BASE_TYPE_REQUIRED", "BASE_TYPE_CHOICES", "BOOLEAN_TYPE_CONVERT"
UNSHOWN = "LOCAL_NOT_SUPPORTED"


def x(count: int) -> str:
    return "x" * count


def an_option(kind: int = 3, name: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, "description": "b"} | more


def with_option(kind: int = 3, **more: Any) -> dict[str, Any]:
    return {"options": [an_option(kind, **more)]}


def with_choice(kind: int, **choice: Any) -> dict[str, Any]:
    return with_option(kind, choices=[{"name": "c", "value": "d" if kind == 3 else 1} | choice])


def refusals(call: Any, *given: Any) -> dict[str, str]:
    """Path → the codes of what is wrong there."""
    with pytest.raises(DiscordError) as caught:
        call(*given)
    assert (caught.value.status, caught.value.body["code"]) == (400, 50035)
    found: dict[str, str] = {}

    def look(node: Any, path: str) -> None:
        for name, inner in node.items():
            if name == "_errors":
                found[path] = " ".join(one["code"] for one in inner)
            else:
                look(inner, f"{path}.{name}" if path else name)

    look(caught.value.body["errors"], "")
    return found


OPTION = "options.0"
CHOICE = f"{OPTION}.choices.0"
# Path → a command at the limit, one above it, and the code.  Source: Discord, "Application Command Object", "…
# Option Structure", "… Option Choice Structure", "Locales".
LIMITS: list[tuple[Any, ...]] = [
    ("name", {"name": x(32)}, {"name": x(33)}, NO_MATCH),
    ("name", {"name": "x"}, {"name": x(101)}, TOO_LONG),
    ("name", {}, {"name": None}, NEEDED),
    ("description", {"description": x(100)}, {"description": x(101)}, LENGTH),
    ("description", {"description": "x"}, {"description": ""}, LENGTH),
    ("description", {}, {"description": None}, NEEDED),
    ("contexts", {"contexts": [0, 1, 2]}, {"contexts": [0, 1, 2, 0]}, TOO_LONG),
    ("contexts.0", {"contexts": []}, {"contexts": [3]}, CHOICES),
    ("integration_types", {"integration_types": [0, 1]}, {"integration_types": [0, 1, 1]}, TOO_LONG),
    ("integration_types.0", {"integration_types": []}, {"integration_types": [2]}, CHOICES),
    *(
        ("default_member_permissions", *({"default_member_permissions": one} for one in both), TOO_LONG)
        for both in (("9" * 20, "9" * 21), (int("9" * 20), int("9" * 21)))
    ),
    *((name, {name: True}, {name: 1}, NO_BOOLEAN) for name in ("nsfw", "dm_permission", "default_permission")),
    ("id", {"id": "9" * 20}, {"id": "9" * 21}, TOO_LONG),
    ("options", {"options": [an_option(name=f"a{n}") for n in range(25)]}, {"options": [an_option()] * 26}, TOO_LONG),
    (f"{OPTION}.type", with_option(10), with_option(12), MOST),
    (f"{OPTION}.type", with_option(3), with_option(0), LEAST),
    (f"{OPTION}.type", with_option(4), with_option(None), NEEDED),  # type: ignore[arg-type]
    *((f"{OPTION}.type", with_option(5), with_option(kind), UNSHOWN) for kind in (1, 2, 6, 7, 8, 9, 11)),
    (f"{OPTION}.name", with_option(name=x(32)), with_option(name=x(33)), NO_MATCH),
    (f"{OPTION}.name", with_option(name="ä"), with_option(name="Ä"), NO_NAME),
    (f"{OPTION}.required", with_option(required=True), with_option(required=1), NO_BOOLEAN),
    (f"{OPTION}.min_length", with_option(min_length=6000), with_option(min_length=6001), MOST),
    (f"{OPTION}.min_length", with_option(min_length=0), with_option(min_length=-1), LEAST),
    (f"{OPTION}.max_length", with_option(max_length=6000), with_option(max_length=6001), MOST),
    (f"{OPTION}.max_length", with_option(max_length=1), with_option(max_length=0), LEAST),
    *(
        limit
        for name in ("min_value", "max_value")
        for limit in (
            (f"{OPTION}.{name}", with_option(4, **{name: SAFE}), with_option(4, **{name: SAFE + 1}), MOST),
            (f"{OPTION}.{name}", with_option(4, **{name: -SAFE}), with_option(4, **{name: -SAFE - 1}), LEAST),
            (f"{OPTION}.{name}", with_option(10, **{name: 1e300}), with_option(10, **{name: "1"}), NO_NUMBER),
        )
    ),
    (f"{OPTION}.choices", *(with_option(choices=[{"name": "c", "value": "d"}] * n) for n in (25, 26)), TOO_LONG),
    (f"{CHOICE}.name", with_choice(3, name=x(100)), with_choice(3, name=x(101)), LENGTH),
    (f"{CHOICE}.name", with_choice(3, name="c"), with_choice(3, name=""), LENGTH),
    (f"{CHOICE}.name", with_choice(3), with_choice(3, name=None), NEEDED),
    (f"{CHOICE}.value", with_choice(3, value=x(100)), with_choice(3, value=x(101)), TOO_LONG),
    (f"{CHOICE}.value", with_choice(3, value=""), with_choice(3, value=None), NEEDED),
    (f"{CHOICE}.value", with_choice(4, value=SAFE), with_choice(4, value=SAFE + 1), MOST),
    (f"{CHOICE}.value", with_choice(4, value=-SAFE), with_choice(4, value=-SAFE - 1), LEAST),
    (f"{CHOICE}.value", with_choice(4), with_choice(4, value=None), NEEDED),
    (f"{CHOICE}.value", with_choice(10, value=0.5), with_choice(10, value="x"), NO_NUMBER),
    (f"{CHOICE}.value", with_choice(10), with_choice(10, value=None), NEEDED),
    (
        *(f"{CHOICE}.name_localizations.de", with_choice(3, name_localizations={"de": x(100)})),
        *(with_choice(3, name_localizations={"de": x(101)}), LENGTH),
    ),
    (
        *("name_localizations", {"name_localizations": {"de": x(32)}}),
        *({"name_localizations": {"de": x(33)}}, NO_NAME),
    ),
    (
        *("name_localizations.de", {"name_localizations": {"de": "x", "fr": None}}),
        *({"name_localizations": {"de": ""}}, LENGTH),
    ),
    (
        *(f"{OPTION}.name_localizations.de", with_option(name_localizations={"de": "ä"})),
        *(with_option(name_localizations={"de": "Ä"}), NO_NAME),
    ),
    *(
        (
            f"{place}description_localizations.en-GB",
            make(description_localizations={"en-GB": x(100)}),
            make(description_localizations={"en-GB": x(101)}),
            LENGTH,
        )
        for place, make in (("", dict), (f"{OPTION}.", with_option))
    ),
    (
        *("name_localizations.zh", {"name_localizations": {"zh-CN": "x", "zh-TW": "x", "es-419": "x", "ko": "x"}}),
        *({"name_localizations": {"zh": "x"}}, CHOICES),
    ),
    *(
        (
            f"{OPTION}.autocomplete",
            with_option(kind, autocomplete=True),
            with_option(5, autocomplete=True),
            "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID",
        )
        for kind in (3, 4, 10)
    ),
    (
        *("options.1", {"options": [an_option(name="a", required=True), an_option(name="b", required=True)]}),
        {"options": [an_option(name="a"), an_option(name="b", required=True)]},
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    ("type", {"type": 1}, {"type": 5}, MOST),
    ("type", {"type": None}, {"type": 0}, LEAST),
    ("type", {}, {"type": 4}, UNSHOWN),
]  # fmt: skip


@pytest.mark.parametrize(("path", "right", "wrong", "code"), LIMITS)
def test_a_command_at_its_limit_is_refused_or_one_above_it_taken(
    path: str, right: dict[str, Any], wrong: dict[str, Any], code: str
) -> None:
    parse_command(ROSE | right)
    assert refusals(parse_command, ROSE | wrong) == {path: code}
    assert refusals(parse_commands, [ROSE, ROSE | {"name": "other"} | wrong]).items() >= {f"1.{path}": code}.items()


def test_a_text_of_a_command_is_not_counted_or_only_in_its_shortest_language() -> None:
    """Source: Discord, "Application Command Object": 8000 characters of names, descriptions and values in all."""
    long = {"name": x(4), "description": x(100), "description_localizations": {"de": x(100), "fr": "x"}}
    options: list[dict[str, Any]] = [
        an_option(
            name=f"{number:02}",
            description="b",
            description_localizations={"de": x(90)},
            choices=[
                {"name": "c", "name_localizations": {"de": x(96)}, "value": x(100)},
                {"name": x(3), "value": x(9)},
            ],
        )
        for number in range(25)
    ]  # 2 + 90 + 96 + 100 + 3 + 9 = 300 each
    rest = [{"name": x(100), "value": x(100)}, {"name": x(96), "value": x(100)}]
    assert 104 + 25 * 300 + sum(len(one["name"]) + len(one["value"]) for one in rest) == 8000
    last = options[24] | {"choices": [*options[24]["choices"], *rest]}
    whole = ROSE | long | {"options": [*options[:24], last]}
    parse_command(whole)
    assert refusals(parse_command, whole | {"name": x(5)}) == {"": "APPLICATION_COMMAND_TOO_LARGE"}
    number = {"type": 4, "choices": [{"name": "c", "value": 10**14}], "description_localizations": None}
    assert parse_command(ROSE | {"options": [an_option() | number]})["options"][0]["choices"][0]["value"] == 10**14


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({}, {"": "LIST_TYPE_CONVERT"}),
        (None, {"": "LIST_TYPE_CONVERT"}),
        ([7], {"0": "MODEL_TYPE_CONVERT", "0.name": NEEDED, "0.description": NEEDED}),
        ([ROSE, ROSE], {"1": "APPLICATION_COMMANDS_DUPLICATE_NAME"}),
        ([ROSE, ROSE | {"name": "b"}, ROSE], {"2": "APPLICATION_COMMANDS_DUPLICATE_NAME"}),
    ],
)
def test_a_list_of_commands_that_is_none_is_taken(value: Any, found: dict[str, str]) -> None:
    assert refusals(parse_commands, value) == found


def a_command(*options: dict[str, Any], **more: Any) -> dict[str, Any]:
    """As it is kept."""
    return parse_command(ROSE | {"options": list(options)}) | {"id": "9"} | more


def use(command: dict[str, Any], *options: Any, **more: Any) -> dict[str, Any]:
    return command_data({"name": "rose", "options": list(options)} | more, [command])


# An option, what of it is taken, and what is not with its code.  Source: Discord, "Application Command Option
# Structure".
@pytest.mark.parametrize(
    ("option", "right", "wrong"),
    [
        (an_option(min_length=2, max_length=3), ["xx", "xxx"], [("x", LENGTH), (x(4), LENGTH)]),
        (an_option(max_length=3), ["", "xxx"], [(x(4), TOO_LONG), (7, "STRING_TYPE_CONVERT"), (None, NEEDED)]),
        (an_option(), [x(6000)], [(x(6001), TOO_LONG)]),
        (an_option(choices=[{"name": "c", "value": "d"}]), ["d"], [("c", CHOICES), ("", CHOICES)]),
        (an_option(4, min_value=-1, max_value=2), [-1, 2], [(-2, LEAST), (3, MOST)]),
        (an_option(4), [SAFE, -SAFE, 0], [(SAFE + 1, MOST), (-SAFE - 1, LEAST), (1.0, NO_NUMBER)]),
        (an_option(4), [7], [(None, NEEDED), (True, NO_NUMBER)]),
        (an_option(4, choices=[{"name": "c", "value": 0}]), [0], [(1, CHOICES)]),
        (an_option(5), [True, False], [(1, NO_BOOLEAN)]),
        (an_option(10, min_value=0.5, max_value=1.5), [0.5, 1.5, 1], [(0.4, MOST), (1.6, MOST)]),
        (an_option(10, min_value=1), [1, 1e9], [(0.9, MOST)]),
        (an_option(10, max_value=1), [1, -1e9], [(1.1, MOST)]),
        (an_option(10), [1e300, 0], [(None, NEEDED), ("1", NO_NUMBER)]),
        (an_option(10, choices=[{"name": "c", "value": 0.5}]), [0.5], [(0, CHOICES)]),
    ],
)  # fmt: skip
def test_what_a_member_says_at_a_limit_is_refused_or_above_it_taken(
    option: dict[str, Any], right: list[Any], wrong: list[tuple[Any, str]]
) -> None:
    command = a_command(option)
    for value in right:
        said = use(command, {"name": "a", "value": value})
        assert said["options"] == [{"name": "a", "type": option["type"], "value": value}]
    for value, code in wrong:
        assert refusals(use, command, {"name": "a", "value": value}) == {"options.0.value": code}


def test_a_use_of_a_command_names_another_or_lacks_an_option() -> None:
    command = a_command(an_option(name="need", required=True), an_option(name="may"))
    given = {"name": "may", "value": "b"}, {"name": "need", "value": "a"}
    as_sent = [{"name": one["name"], "type": 3, "value": one["value"]} for one in given]
    assert use(command, *given) == {"id": "9", "name": "rose", "type": 1, "options": as_sent}
    assert use(command | {"guild_id": "5"}, *given)["guild_id"] == "5"
    assert command_data({"name": "rose"}, [a_command()]) == {"id": "9", "name": "rose", "type": 1}
    need = {"options": "APPLICATION_COMMAND_OPTIONS_REQUIRED"}
    assert refusals(use, command, given[0]) == need
    unknown = {"options.1.name": "APPLICATION_COMMAND_INVALID_OPTION"}
    assert refusals(use, command, given[1], given[1]) == unknown, "twice"
    assert refusals(use, command, given[1], {"name": "other", "value": 1}) == unknown
    assert refusals(use, command, {"value": 1}, given[1]) == {
        "options.0.name": "BASE_TYPE_REQUIRED APPLICATION_COMMAND_INVALID_OPTION"
    }
    assert refusals(use, a_command(), *([{"name": "a"}] * 26)) == {"options": TOO_LONG}
    assert refusals(command_data, {}, [command]) == {"name": NEEDED}
    assert refusals(command_data, {"name": x(33)}, [command]) == {"name": TOO_LONG}
    assert refusals(command_data, {"name": "rose", "id": "x"}, [command]) == {"id": NO_MATCH}


@pytest.mark.parametrize("given", [{"name": "tulip"}, {"name": "rose", "id": "8"}, {"name": "tulip", "id": "9"}])
def test_a_command_that_is_not_registered_is_used(given: dict[str, Any]) -> None:
    with pytest.raises(DiscordError) as caught:
        command_data(given, [a_command()])
    assert (caught.value.status, caught.value.body) == (404, {"message": "Unknown application command", "code": 10063})


def test_of_two_commands_of_a_name_another_is_used() -> None:
    both = [a_command(an_option(), id="1", guild_id="5"), a_command(id="2")]
    assert command_data({"name": "rose"}, both)["id"] == "1", "the first that is offered"
    assert command_data({"name": "rose", "id": "2"}, both) == {"id": "2", "name": "rose", "type": 1}

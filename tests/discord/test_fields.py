"""Every kind of field: what is read of it, and what is said of what it cannot be, as answers of Discord quote it."""

from collections.abc import Callable
from typing import Any

import pytest

from local.discord.errors import DiscordError, FormErrors, NotImitated
from local.discord.forms.fields import Fields

Read = Callable[[Fields], object]
TEXT: Read = lambda fields: fields.text("a", 3)  # noqa: E731
SOME_TEXT: Read = lambda fields: fields.text("a", 3, least=2)  # noqa: E731
NEEDED_TEXT: Read = lambda fields: fields.text("a", 3, required=True)  # noqa: E731
TRIMMED: Read = lambda fields: fields.trimmed("a", 3, least=1)  # noqa: E731
NEEDED_TRIMMED: Read = lambda fields: fields.trimmed("a", 3, required=True)  # noqa: E731
NUMBER_OR_TEXT: Read = lambda fields: fields.text_or_number("a", 3)  # noqa: E731
NEEDED_NUMBER_OR_TEXT: Read = lambda fields: fields.text_or_number("a", 3, required=True)  # noqa: E731
DIGITS: Read = lambda fields: fields.matching("a", "[0-9]+")  # noqa: E731
NEEDED_DIGITS: Read = lambda fields: fields.matching("a", "[0-9]+", required=True)  # noqa: E731
WHOLE: Read = lambda fields: fields.whole("a", 2, 4)  # noqa: E731
NEEDED_WHOLE: Read = lambda fields: fields.whole("a", 2, 4, required=True)  # noqa: E731
NUMBER: Read = lambda fields: fields.number("a")  # noqa: E731
NEEDED_NUMBER: Read = lambda fields: fields.number("a", required=True)  # noqa: E731
BOOLEAN: Read = lambda fields: fields.boolean("a")  # noqa: E731
TRUE_BY_DEFAULT: Read = lambda fields: fields.boolean("a", default=True)  # noqa: E731
URL: Read = lambda fields: fields.url("a")  # noqa: E731
VALUES: Read = lambda fields: fields.values("a", (1, 2, "x"))  # noqa: E731
IDS: Read = lambda fields: fields.all_matching("a", "[0-9]+", 2)  # noqa: E731


@pytest.mark.parametrize(
    ("read", "given", "value"),
    [
        (TEXT, "", ""), (TEXT, "abc", "abc"), (TEXT, None, None), (TEXT, " a ", " a "),
        (SOME_TEXT, "ab", "ab"), (SOME_TEXT, "abc", "abc"), (SOME_TEXT, None, None), (NEEDED_TEXT, "", ""),
        (TRIMMED, " a  \n", "a"), (TRIMMED, "  abc  ", "abc"), (TRIMMED, None, None), (NEEDED_TRIMMED, " ", ""),
        (NUMBER_OR_TEXT, "12", "12"), (NUMBER_OR_TEXT, 123, "123"), (NUMBER_OR_TEXT, -1, "-1"),
        (NUMBER_OR_TEXT, 0, "0"), (NUMBER_OR_TEXT, None, None), (NEEDED_NUMBER_OR_TEXT, 0, "0"),
        (DIGITS, "7", "7"), (DIGITS, None, None), (DIGITS, "1" * 100, "1" * 100), (NEEDED_DIGITS, "7", "7"),
        (WHOLE, 2, 2), (WHOLE, 4, 4), (WHOLE, None, None), (NEEDED_WHOLE, 3, 3),
        (NUMBER, 0, 0), (NUMBER, 1.5, 1.5), (NUMBER, -2, -2), (NUMBER, None, None), (NEEDED_NUMBER, 0, 0),
        (BOOLEAN, True, True), (BOOLEAN, False, False), (BOOLEAN, None, False),
        (TRUE_BY_DEFAULT, True, True), (TRUE_BY_DEFAULT, False, False), (TRUE_BY_DEFAULT, None, True),
        (URL, "https://a/b?c", "https://a/b?c"), (URL, "http://a", "http://a"), (URL, None, None),
        (URL, "attachment://a.png", "attachment://a.png"), (URL, "HTTPS://a", "HTTPS://a"),
        (URL, "https://" + "a" * 2040, "https://" + "a" * 2040),
        (VALUES, [], ()), (VALUES, [2, "x", 1], (2, "x", 1)), (VALUES, None, None), (VALUES, [1, 1], (1, 1)),
        (IDS, [], ()), (IDS, ["1", 2], ("1", "2")), (IDS, None, None),
    ],
)  # fmt: skip
def test_what_is_right_is_read_as_something_else(read: Read, given: object, value: object) -> None:
    errors = FormErrors()
    assert read(Fields({"a": given, "b": 1}, errors)) == value
    if given is None:
        assert read(Fields({}, errors)) == value, "null is what is not there"
    errors.check()


NO_TEXT = ("STRING_TYPE_CONVERT", "Could not interpret value as a string.")
NEEDED = ("BASE_TYPE_REQUIRED", "This field is required")
TOO_LONG = ("BASE_TYPE_MAX_LENGTH", "Must be 3 or fewer in length.")
NO_MATCH = ("STRING_TYPE_REGEX", "String value did not match validation regex.")
NO_LIST = ("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
NO_URL = ("URL_TYPE_INVALID_URL", "Not a well formed URL.")
NO_BOOLEAN = ("BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
SCHEMES = "is not supported. Scheme must be one of ('http', 'https', 'attachment')."


def of_length(least: int, most: int) -> tuple[str, str]:
    return ("BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


def no_int(value: str) -> tuple[str, str]:
    return ("NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')


def no_float(value: str) -> tuple[str, str]:
    return ("NUMBER_TYPE_COERCE", f'Value "{value}" is not float.')


@pytest.mark.parametrize(
    ("read", "given", "error"),
    [
        (TEXT, "abcd", TOO_LONG), (TEXT, 1, NO_TEXT), (TEXT, False, NO_TEXT), (TEXT, [], NO_TEXT),
        (TEXT, "\ud800", NO_TEXT), (TEXT, "a\udfff", NO_TEXT),
        (SOME_TEXT, "a", of_length(2, 3)), (SOME_TEXT, "abcd", of_length(2, 3)), (NEEDED_TEXT, None, NEEDED),
        (TRIMMED, " ", of_length(1, 3)), (TRIMMED, " abcd ", of_length(1, 3)), (TRIMMED, 1, NO_TEXT),
        (NEEDED_TRIMMED, None, NEEDED), (NEEDED_TRIMMED, "abcd", TOO_LONG),
        (NUMBER_OR_TEXT, 1234, TOO_LONG), (NUMBER_OR_TEXT, "1234", TOO_LONG), (NUMBER_OR_TEXT, 1.5, NO_TEXT),
        (NUMBER_OR_TEXT, True, NO_TEXT), (NEEDED_NUMBER_OR_TEXT, None, NEEDED),
        (DIGITS, "a", NO_MATCH), (DIGITS, "7a", NO_MATCH), (DIGITS, "a7", NO_MATCH), (DIGITS, "", NO_MATCH),
        (DIGITS, 7, NO_TEXT), (NEEDED_DIGITS, None, NEEDED),
        (DIGITS, "1" * 101, ("BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")),
        (WHOLE, 1, ("NUMBER_TYPE_MIN", "int value should be greater than or equal to 2.")),
        (WHOLE, 5, ("NUMBER_TYPE_MAX", "int value should be less than or equal to 4.")),
        (WHOLE, 2.0, no_int("2.0")), (WHOLE, "2", no_int("2")), (WHOLE, True, no_int("True")),
        (WHOLE, "x" * 200, no_int("x" * 100)), (NEEDED_WHOLE, None, NEEDED),
        (NUMBER, "1", no_float("1")), (NUMBER, True, no_float("True")), (NUMBER, float("inf"), no_float("inf")),
        (NUMBER, float("nan"), no_float("nan")), (NUMBER, "x" * 200, no_float("x" * 100)),
        (NEEDED_NUMBER, None, NEEDED),
        (BOOLEAN, 1, NO_BOOLEAN), (BOOLEAN, "true", NO_BOOLEAN), (TRUE_BY_DEFAULT, 0, NO_BOOLEAN),
        (URL, "a.png", NO_URL), (URL, "https://", NO_URL), (URL, "http://[::1", NO_URL), (URL, "", NO_URL),
        (URL, "//a/b", NO_URL), (URL, 7, NO_TEXT),
        (URL, "ftp://a/b", ("URL_TYPE_INVALID_SCHEME", f'Scheme "ftp" {SCHEMES}')),
        (URL, "javascript:alert(1)", ("URL_TYPE_INVALID_SCHEME", f'Scheme "javascript" {SCHEMES}')),
        (URL, "x" * 50 + "://a", ("URL_TYPE_INVALID_SCHEME", f'Scheme "{"x" * 40}" {SCHEMES}')),
        (URL, "https://" + "a" * 2041, ("BASE_TYPE_MAX_LENGTH", "Must be 2048 or fewer in length.")),
        (VALUES, 1, NO_LIST), (VALUES, {}, NO_LIST), (VALUES, "x", NO_LIST),
        (VALUES, [1, 1, 1, 1], TOO_LONG),
        (IDS, 1, NO_LIST), (IDS, ["1", "2", "3"], ("BASE_TYPE_MAX_LENGTH", "Must be 2 or fewer in length.")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_read_or_refused_in_other_words(read: Read, given: object, error: tuple[str, str]) -> None:
    errors = FormErrors()
    assert not read(Fields({"a": given}, errors, ("at", 0)))
    assert told(errors) == {"at": {"0": {"a": {"_errors": [{"code": error[0], "message": error[1]}]}}}}


def told(errors: FormErrors) -> dict[str, Any]:
    with pytest.raises(DiscordError) as caught:
        errors.check()
    body = caught.value.body
    assert (caught.value.status, body["code"], body["message"]) == (400, 50035, "Invalid Form Body")
    tree: Any = body["errors"]
    assert isinstance(tree, dict)
    return tree


@pytest.mark.parametrize("value", [True, None, 1.5, 3, "y", [], {}, ["x"]])
def test_a_value_that_is_no_choice_is_taken(value: object) -> None:
    errors = FormErrors()
    Fields({"a": [1, value]}, errors).values("a", (1, 2, "x"))
    message = "Value must be one of {1, 2, 'x'}."
    assert told(errors) == {"a": {"1": {"_errors": [{"code": "BASE_TYPE_CHOICES", "message": message}]}}}


@pytest.mark.parametrize("value", [True, None, 1.5, -1, "y", "1a", "", "x" * 200])
def test_a_value_that_is_no_id_is_taken(value: object) -> None:
    errors = FormErrors()
    Fields({"a": ["1", value]}, errors).all_matching("a", "[0-9]+", 2)
    message = f'Value "{str(value)[:100]}" is not snowflake.'
    assert told(errors) == {"a": {"1": {"_errors": [{"code": "NUMBER_TYPE_COERCE", "message": message}]}}}


@pytest.mark.parametrize("value", [None, [], "x", 7, True])
def test_what_is_no_object_is_read_as_one(value: object) -> None:
    errors = FormErrors()
    fields = Fields(value, errors, ("a",))
    assert (fields.names(), fields.raw("b"), "b" in fields) == ([], None, False)
    error = {"code": "MODEL_TYPE_CONVERT", "message": "Only dictionaries may be used in a ModelType"}
    assert told(errors) == {"a": {"_errors": [error]}}


def test_objects_within_objects_are_named_by_another_path() -> None:
    errors = FormErrors()
    fields = Fields({"a": {"b": [{"c": 1}, 7, {"c": "x"}], "d": None}}, errors, ("top",))
    inner = fields.object("a")
    assert inner is not None
    assert (inner.object("d"), inner.object("e"), inner.objects("d", 1), inner.objects("e", 1)) == (None,) * 4
    listed = inner.objects("b", 3)
    assert listed is not None
    assert [one.text("c", 1) for one in listed] == [None, None, "x"]
    wrong = {"code": "MODEL_TYPE_CONVERT", "message": "Only dictionaries may be used in a ModelType"}
    b = {"0": {"c": {"_errors": [dict(zip(("code", "message"), NO_TEXT, strict=True))]}}, "1": {"_errors": [wrong]}}
    assert told(errors) == {"top": {"a": {"b": b}}}
    too_many = FormErrors()
    assert Fields({"b": [{}, {}]}, too_many).objects("b", 1) is None
    assert told(too_many)["b"]["_errors"][0]["message"] == "Must be 1 or fewer in length."


def test_one_mistake_hides_another_or_what_cannot_be_shown_hides_what_is_wrong() -> None:
    errors = FormErrors()
    fields = Fields({}, errors)
    fields.cannot_show(("a",), "No a.")
    fields.cannot_show(("b",), "No b.")
    fields.cannot_show(("c",), "No a.")
    with pytest.raises(NotImitated) as caught:
        errors.check()
    assert caught.value.sentence == "No a. No b.", "each once"
    unshown = {name: {"_errors": [{"code": "LOCAL_NOT_SUPPORTED", "message": f"No {text}."}]}
               for name, text in (("a", "a"), ("b", "b"), ("c", "a"))}  # fmt: skip
    assert told(errors) == unshown
    fields.refuse(("a",), "X", "Wrong.")
    with pytest.raises(DiscordError) as refused:
        errors.check()
    assert not isinstance(refused.value, NotImitated), "Discord refuses it as well"
    unshown["a"]["_errors"].append({"code": "X", "message": "Wrong."})
    assert refused.value.body["errors"] == unshown
    FormErrors().check()

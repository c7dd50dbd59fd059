"""text.*: strings, with RE2 for the regular expressions.  Indices count characters from 0.

Source: Workflows, standard library, text.
"""

import codecs
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote_to_bytes

import re2

from local.workflows.effects import Value
from local.workflows.errors import WorkflowError
from local.workflows.language.lexer import join_surrogates
from local.workflows.limits import MAX_STRING_BYTES
from local.workflows.stdlib import functions, text_of, wrong_type

_NO_CHARSETS = frozenset({"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"})  # Python's own
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False  # an error is told in the workflow, not on this process's stderr
_OPTIONS.longest_match = True


def to_lower(source: Value) -> Value:
    return text_of("text.to_lower", source).lower()


def to_upper(source: Value) -> Value:
    return text_of("text.to_upper", source).upper()


def split(source: Value, separator: Value) -> Value:
    text, sign = text_of("text.split", source), text_of("text.split", separator)
    return list(text.split(sign) if sign else text)


def substring(source: Value, start: Value, end: Value) -> Value:
    """A negative index counts from the end; one that lies outside is moved to the nearest end.

    Source: Workflows, text.substring.
    """
    text = text_of("text.substring", source)
    for one in (start, end):
        if isinstance(one, bool) or not isinstance(one, int):
            raise wrong_type("text.substring", one, "integer")
    assert isinstance(start, int)  # noqa: S101 -- as just checked
    assert isinstance(end, int)  # noqa: S101
    return text[start:end]


def find_all(source: Value, substr: Value) -> Value:
    name = "text.find_all"
    text, wanted = text_of(name, source), text_of(name, substr)
    found: list[Value] = []
    at = text.find(wanted)
    while at >= 0:
        found.append(at)
        at = text.find(wanted, at + max(1, len(wanted)))
    return found


def replace_all(source: Value, substr: Value, repl: Value) -> Value:
    name = "text.replace_all"
    text, wanted, new = text_of(name, source), text_of(name, substr), text_of(name, repl)
    _check_length(len(text) + text.count(wanted) * (len(new) - len(wanted)))
    return text.replace(wanted, new)


def find_all_regex(source: Value, regexp: Value) -> Value:
    text = text_of("text.find_all_regex", source)
    return [{"index": start, "match": text[start:end]} for start, end in _matches("find_all_regex", source, regexp)]


def match_regex(source: Value, regexp: Value) -> Value:
    return next(_matches("match_regex", source, regexp), None) is not None


def replace_all_regex(source: Value, regexp: Value, repl: Value) -> Value:
    new = text_of("text.replace_all_regex", repl)
    text = text_of("text.replace_all_regex", source)
    parts, at = [], 0
    for start, end in _matches("replace_all_regex", source, regexp):
        parts += [text[at:start], new]
        at = end
    parts.append(text[at:])
    _check_length(sum(map(len, parts)))
    return "".join(parts)


def _matches(function: str, source: Value, regexp: Value) -> Iterator[tuple[int, int]]:
    """Where each match begins and ends, in characters."""
    name = f"text.{function}"
    text, pattern = text_of(name, source), text_of(name, regexp)
    try:
        compiled = re2.compile(pattern, _OPTIONS)  # type: ignore[no-untyped-call]
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
        message = f"{name}: {pattern!r} is no RE2 regular expression: {reason}"
        raise WorkflowError.tagged("ValueError", message) from None
    # google-re2 finds bytes three times as fast: it need not count the characters before each match.
    searched = text.encode() if text.isascii() else text
    return (match.span() for match in compiled.finditer(searched))


def _check_length(length: int) -> None:
    if length > MAX_STRING_BYTES:
        raise WorkflowError.tagged("ResourceLimitError", f"a string holds at most {MAX_STRING_BYTES} bytes")


def encode(text: Value, charset: Value = "UTF-8") -> Value:
    """charset is a name of IANA's list, in any case.  Source: Workflows, text.encode."""
    name = _charset("text.encode", charset)
    try:
        return text_of("text.encode", text).encode(name)
    except UnicodeError:
        raise WorkflowError.tagged("ValueError", f"text.encode: {name} lacks a character of the text") from None


def decode(data: Value, charset: Value = "UTF-8") -> Value:
    if not isinstance(data, bytes):
        raise wrong_type("text.decode", data, "bytes")
    name = _charset("text.decode", charset)
    try:
        return join_surrogates(data.decode(name))
    except UnicodeError:
        raise WorkflowError.tagged("ValueError", f"text.decode: the bytes are not {name.upper()}") from None


def _charset(function: str, name: Value) -> str:
    text = text_of(function, name)
    try:
        "".encode(text)  # refuses codecs that are no charsets, such as base64
        found = codecs.lookup(text).name
    except (LookupError, ValueError, UnicodeError):
        found = "undefined"
    if found.replace("-", "_") in _NO_CHARSETS:
        raise WorkflowError.tagged("ValueError", f"{function}: unknown charset {text!r}, expected one such as UTF-8")
    return found


def url_encode(source: Value) -> Value:
    return quote(text_of("text.url_encode", source), safe="", errors="replace")


def url_encode_plus(source: Value) -> Value:
    return quote_plus(text_of("text.url_encode_plus", source), errors="replace")


def url_decode(source: Value) -> Value:
    text = text_of("text.url_decode", source)
    for at, character in enumerate(text):
        digits = text[at + 1 : at + 3]
        if character == "%" and not (len(digits) == 2 and all(one in "0123456789abcdefABCDEF" for one in digits)):
            raise WorkflowError.tagged("ValueError", f"text.url_decode: '%{digits}' is no encoded byte")
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise WorkflowError.tagged("ValueError", "text.url_decode: the bytes are not UTF-8") from None


FUNCTIONS = functions(
    "text",
    decode,
    encode,
    find_all,
    find_all_regex,
    match_regex,
    replace_all,
    replace_all_regex,
    split,
    substring,
    to_lower,
    to_upper,
    url_decode,
    url_encode,
    url_encode_plus,
)

"""What every command says of a wrong command line: one sentence, with what is wrong, where, and what was expected."""

import importlib
from pathlib import Path

import click
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cli.commands import COMMANDS
from cli.main import run

NUMBER = "is not a whole number from 1"
PORT = f"{NUMBER} to 65535"

# Options of a form, which mean the same to every command.
OF_FORM = [
    ("--form", "cron", "'cron' is not one of 'workflow', 'queues'"),
    ("--tasks", "grpc", "'grpc' is not one of 'app-engine', 'http'"),
    ("--steps", "vm", "'vm' is not one of 'app-engine', 'functions'"),
    ("--reply", "cron", "'cron' is not steps, function or an address such as http://127.0.0.1:9000"),
    ("--reply", "http://x/y", "'http://x/y' is not steps, function or an address"),
]
# command, option, what it is given, what is said of it
WRONG = [
    *((command, *row) for command in ("up", "check", "simulate", "deploy", "doctor") for row in OF_FORM),
    ("up", "--port", "x", f"'x' {NUMBER} to 65531"),
    ("up", "--port", "65532", "'65532' is not a whole number"),
    ("up", "--port", "9" * 5000, "is not a whole number"),
    ("fault", "--port", "65536", f"'65536' {PORT}"),
    ("fault", "--for", "2 min", "'2 min' is no duration"),
    ("fault", "--count", "0", f"'0' {NUMBER}"),
    ("fault", "--scenario", "a b", "'a b' is no name"),
    ("draw", "--symmetry", "x", f"'x' {NUMBER}"),
    ("draw", "--symmetry", "1", "1 is none of 5, 6"),
    ("draw", "--palette", "plaid", "'plaid' is none of amethyst"),
    ("draw", "--size", "0", f"'0' {NUMBER}"),
    ("draw", "--size", "33", "33 is not an even number from 64 to 4096"),
    ("draw", "--size", "²", f"'²' {NUMBER}"),
    ("draw", "--ratio", "16/9", "'16/9' is no ratio from 1:3 to 3:1, e.g. 16:9"),
    ("draw", "--sheet", "101", f"'101' {NUMBER} to 100"),
    ("draw", "--design", "/nowhere.json", "cannot read /nowhere.json: No such file"),
    ("draw", "--design", "/dev/zero", "/dev/zero is larger than 1048576 bytes"),
    ("draw", "--output", "x.tiff", "'x.tiff' does not end in .png"),
    ("draw", "--output", "/nowhere/x.png", "cannot write /nowhere/x.png: No such file"),
    ("run", "--data", "{", "The argument is not valid JSON"),
    ("run", "--env", "N", "'N' is not of the form NAME=VALUE"),
    ("run", "--stub", "/nowhere", "cannot read /nowhere: No such file"),
    ("run", "--stub", "/dev/zero", "/dev/zero is larger than 67108864 bytes"),
    ("run", "--history", "all", "'all' is not one of 'basic', 'detailed'"),
    ("run", "--base-url", "ftp://h", "'ftp://h' is not of the form http://HOST:PORT"),
    ("send", "--count", "-1", f"'-1' {NUMBER}"),
    ("send", "--rate", "nan", "'nan' is not a number above 0"),
    ("send", "--port", "0", f"'0' {PORT}"),
    ("send", "--words", "\udcff", "'\\udcff' is not UTF-8"),
    ("send", "--deliveries", "1.5", f"'1.5' {NUMBER}"),
    ("send", "--wait", "-3", "'-3' is not a number above 0"),
    ("replay", "--since", "soon", "'soon' is no duration, expected such as 30m, 1h or 2d"),
    ("replay", "--rate", "inf", "'inf' is not a number above 0"),
    ("replay", "--workflow", "a/b", "'a/b' is no name, expected letters"),
    ("replay", "--port", "65536", f"'65536' {PORT}"),
    ("replay", "--project", "my project", "'my project' is no name, expected letters"),
    ("replay", "--location", "é", "'é' is no name, expected letters"),
    ("trace", "--workflow", "a/b", "'a/b' is no name, expected letters"),
    ("trace", "--port", "65536", f"'65536' {PORT}"),
    ("trace", "--project", "my project", "'my project' is no name, expected letters"),
    ("trace", "--location", "é", "'é' is no name, expected letters"),
    ("env", "--port", " 80", f"' 80' {PORT}"),
    ("simulate", "--rate", "nan", "'nan' is not a number above 0"),
    ("simulate", "--for", "soon", "expected a duration such as 90s, 10m or 1h30m, not 'soon'"),
    ("simulate", "--burst", "0", f"'0' {NUMBER}"),
    ("simulate", "--day", "1.5", f"'1.5' {NUMBER}"),
    ("simulate", "--arrivals", "/nowhere.json", "cannot read /nowhere.json: No such file"),
    ("simulate", "--scenario", "rain", "unknown scenario 'rain', expected a file that ends in .yaml or one of 429-"),
    ("simulate", "--down", "0s", "expected a duration above 0s, not '0s'"),
    ("simulate", "--at", "noon", "expected a duration such as 90s, 10m or 1h30m, not 'noon'"),
    ("simulate", "--model", "/nowhere.yaml", "cannot read /nowhere.yaml: No such file"),
    ("simulate", "--seed", "-1", "'-1' is not a whole number from 0"),
    ("simulate", "--json", "/nowhere/x.json", "cannot write /nowhere/x.json: No such folder"),
    ("simulate", "--html", "/nowhere/x.html", "cannot write /nowhere/x.html: No such folder"),
    ("simulate", "--against", "no-such", "no version 'no-such': git knows no commit of the name no-such"),
    ("simulate", "--seeds", "0", f"'0' {NUMBER}"),
    ("simulate", "--max-cost", "free", "'free' is not a number above 0"),
    ("simulate", "--max-told", "-1", "'-1' is not a whole number from 0"),
    ("simulate", "--map", "rate", "expected rate,down, not 'rate'"),
    ("register", "--guild", "../../x", "'../../x' is not the id of a server, e.g. 1970"),
]
BESIDE = {
    "draw": ["-o", "/nowhere/x.png"],
    "run": ["workflows/mando.yaml"],
    "replay": ["--failed"],
    "fault": ["--list"],
    "trace": ["1575507627733942272"],
}


def said_of(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """One line; that nothing was done besides."""
    assert run(argv) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1), said.err
    return said.err


@pytest.mark.parametrize(("command", "option", "value", "words"), WRONG)
def test_a_wrong_value_is_told_with_its_option_and_what_was_expected(
    command: str, option: str, value: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = said_of([command, *BESIDE.get(command, []), option, value], capsys)
    assert said.startswith(f"mando {command}: {option}: ")
    assert words in said


@pytest.mark.parametrize(("command", "option", "value", "words"), WRONG)
def test_a_wrong_value_from_the_environment_is_told_with_its_variable(
    command: str,
    option: str,
    value: str,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Source: Click, "Values from Environment Variables": PREFIX_COMMAND_OPTION."""
    variable = f"MANDO_{command}_{option[2:]}".upper().replace("-", "_")
    monkeypatch.setenv(variable, value)
    beside = [] if option == "--output" else BESIDE.get(command, [])
    said = said_of([command, *beside], capsys)
    assert said.startswith(f"mando {command}: {variable}: ")
    assert words in said


def test_every_option_with_a_value_that_can_be_wrong_is_in_the_table() -> None:
    """The others take any text, or are told of with other words: `mando deploy` and its kin list all that is wrong."""
    anything = {("up", "--data"), ("keys", "--output"), ("register", "--endpoint")}
    options = set()
    for name in COMMANDS:
        command: click.Command = importlib.import_module(f"cli.{name}").command
        options |= {
            (name, max(each.opts, key=len))
            for each in command.params
            if isinstance(each, click.Option) and not each.is_flag and name not in ("deploy", "doctor", "destroy")
        }
    of_cloud = {(command, option) for command in ("deploy", "doctor") for option, _, _ in OF_FORM}
    assert {(command, option) for command, option, _, _ in WRONG} - of_cloud | anything == options


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["whistle"], "mando: No such command 'whistle'; `mando --help` says more"),
        (["drew"], "mando: No such command 'drew'. Did you mean 'draw'? `mando --help` says more"),
        (["--loud"], "mando: No such option '--loud'; `mando --help` says more"),
        (["env", "--prot", "1"], "mando env: No such option '--prot'. Did you mean '--port'? `mando env --help` says"),
        (["env", "now"], "mando env: Got unexpected extra argument (now); `mando env --help` says more"),
        (["env", "--port"], "mando env: Option '--port' requires an argument; `mando env --help` says more"),
        (["run"], "mando run: FILE: is missing; `mando run --help` says more"),
        (["keys"], "mando keys: --output: is missing; `mando keys --help` says more"),
        (["draw", "\udcff"], "mando draw: WORDS: '\\udcff' is not UTF-8"),
        (["draw", "cat", "--palette", "plaid"], "mando draw: --palette: 'plaid' is none of amethyst, "),
        (["keys", "-o", "/nowhere/x"], "mando keys: cannot write /nowhere/x: No such file or directory"),
        (["trace"], "mando trace: INTERACTION: is missing; `mando trace --help` says more"),
        (
            ["trace", "77"],
            "mando trace: INTERACTION: '77' is no interaction's id: expected 15 to 19 digits, below 2^63",
        ),
        (["replay"], "mando replay: name one execution, or say --failed or --waiting"),
        (["replay", "x"], "mando replay: 'x' is no execution: expected an id such as 3f0c…, or its full name"),
        (["up", "--data", __file__], f"mando up: cannot keep data in {__file__}: File exists"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_sentence(
    argv: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said_of(argv, capsys).startswith(words)


def test_a_flag_from_the_environment_that_is_neither_yes_nor_no_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANDO_ENV_UNSET", "maybe")
    assert said_of(["env"], capsys).startswith("mando env: MANDO_ENV_UNSET: 'maybe' is not a valid boolean")


def test_no_command_at_all_is_answered_with_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert capsys.readouterr().err.startswith("Usage: mando ")


# What the system lets through as an argument: any bytes but NUL, those that are no UTF-8 as lone surrogates.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
OPTIONS = ["--port", "--unset", "--symmetry", "--palette", "--size", "--ratio", "--sheet", "--design", "-o", "--output"]
OTHERS = ["--rate", "--failed", "--guild", "--", "-", "-h", "0", "1", "64", "1:2", "x.svg", "\udc80"]
WORDS = st.sampled_from([*OPTIONS, *OTHERS])


@example("env", ["\udc80"])
@given(st.sampled_from(["env", "draw", "keys", "register"]), st.lists(WORDS | TEXT, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_command_line_ends_in_anything_but_an_exit_code_and_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: str, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISCORD_BOT_TOKEN", raising=False)
    code = run([command, *words])
    said = capfd.readouterr()
    assert code == 0 or (code == 2 and said.err.startswith(f"mando {command}: ")), ascii(said.err)
    for file in tmp_path.iterdir():
        file.unlink()

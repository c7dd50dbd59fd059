"""The models of the cloud and of the stand-in: every number has a unit, a source, and where it is in doubt a range."""

import re
from pathlib import Path

import pytest

from tests.house.files import ROOT
from tuning.distribution import Distribution
from tuning.model import FOLDER, MODELS, Model, UnknownParameter, model_of, read_model
from tuning.parameters import PARAMETERS
from tuning.yaml_file import FileMistake

CLOUD = (FOLDER / "cloud.yaml").read_text()


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> Model:
    return read_model(request.param)


def test_a_model_has_every_parameter_and_no_other(model: Model) -> None:
    assert model.parameters.keys() == PARAMETERS.keys()


def test_each_value_is_a_number_or_a_distribution_as_its_meaning_says(model: Model) -> None:
    for name, meaning in PARAMETERS.items():
        value = model.parameter(name).value
        assert isinstance(value, Distribution) is meaning.is_distribution, name
        assert model.parameter(name).unit == meaning.unit
        if isinstance(value, Distribution):
            assert 0 < value.quantile(0.01) <= value.quantile(0.5) <= value.quantile(0.999) < 60, name


def test_a_guess_has_another_likely_value(model: Model) -> None:
    assert [one.name for one in model.parameters.values() if one.sure == "guess" and not one.others] == []


def test_what_its_owner_documents_is_not_in_doubt(model: Model) -> None:
    assert [one.name for one in model.in_doubt() if one.sure == "documented"] == []


def test_a_name_ends_with_its_unit(model: Model) -> None:
    ends = {"s": "_s", "share": "_share", "1/s": "_per_s", "bits/s": "_per_s", "bytes": "_bytes", "cores": "cores"}
    for one in model.parameters.values():
        assert one.name.endswith(ends.get(one.unit, "")), one.name


def test_each_line_of_a_parameter_is_where_it_stands(model: Model) -> None:
    lines = (FOLDER / f"{model.name}.yaml").read_text().splitlines()
    for one in model.parameters.values():
        assert one.name.split(".")[1] in lines[one.line - 1]


@pytest.mark.parametrize("file", ["cloud.yaml", "local.yaml", "prices.yaml"])
def test_the_files_that_a_source_names_are_there(file: str) -> None:
    named = re.findall(r"\b(?:local|bench|steps|ingress)/[\w/]+\.py", (FOLDER / file).read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert named or file == "prices.yaml"


def test_the_hops_are_those_that_were_measured() -> None:
    """Source: SeBS-Flow (EuroSys 25), raw data of the trip booking on Google Workflows, 2024-08: 404 warm hops."""
    hop = read_model("cloud").distribution("executions.hop_s")
    measured = {0.1: 0.062, 0.5: 0.081, 0.9: 0.15, 0.99: 0.22}
    assert {share: round(hop.quantile(share), 6) for share in measured} == measured


def test_a_median_is_the_number_that_the_file_says() -> None:
    assert read_model("cloud").number("discord.reply_s") == 0.35


def test_another_value_changes_one_number_of_a_copy() -> None:
    model = read_model("cloud")
    changed = model.with_value("executions.most_at_once", 5000).with_value("discord.reply_s", 0.7)
    assert (model.number("executions.most_at_once"), changed.number("executions.most_at_once")) == (10_000, 5000)
    before, after = (one.distribution("discord.reply_s") for one in (model, changed))
    assert after.quantile(0.9) == pytest.approx(2 * before.quantile(0.9))
    same = {name for name in PARAMETERS if model.parameter(name) == changed.parameter(name)}
    assert PARAMETERS.keys() - same == {"executions.most_at_once", "discord.reply_s"}


def test_the_other_likely_values_leave_out_the_one_in_force() -> None:
    model = read_model("cloud")
    assert model.parameter("appengine.abort_status").others == (503, 429)
    assert model.parameter("executions.newest_first_share").others == (1,)
    assert model.parameter("executions.most_at_once").others == ()
    assert model.with_value("appengine.abort_status", 429).parameter("appengine.abort_status").others == (500, 503)


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownParameter) as raised:
        read_model("cloud").number("discord.replay_s")
    assert str(raised.value) == "no parameter 'discord.replay_s'; did you mean 'discord.reply_s'?"


def test_a_number_is_no_distribution() -> None:
    with pytest.raises(TypeError, match=r"executions\.most_at_once is one number"):
        read_model("cloud").distribution("executions.most_at_once")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("most_queued: {", "most_qeued: {", "unknown 'executions.most_qeued'; did you mean 'executions.most_queued'?"),
        ("unit: count, sure: documented,", "unit: s, sure: documented,", "expected 'count', not 's'"),
        ("unit: count", "unit: pieces", "unknown 'pieces', expected one of s, share, count"),
        ("sure: guess", "sure: perhaps", "unknown 'perhaps', expected one of documented, measured"),
        (", range: [0.01, 0.15]", "", "a guess needs range: [lowest, highest] or one_of"),
        ("range: [0.01, 0.15]", "range: [0.05, 0.15]", "expected a range that holds the value, 0.04"),
        ("range: [0.01, 0.15]", "range: [0, 0.15]", "expected medians above 0"),
        ("range: [0.01, 0.15]", "range: [0.01]", "expected the lowest and the highest value that is likely"),
        ("one_of: [500, 503, 429]", "one_of: [503, 429]", "expected a list that holds the value, 500"),
        (
            "one_of: [500, 503, 429]",
            "one_of: [500, 503], range: [429, 503]",
            "expected either range or one_of, not both",
        ),
        ("{p50: 0.04, p99: 0.2}", "{p50: 0.04, p40: 0.2}", "expected a larger one than p50: 0.04"),
        ("{p50: 0.04, p99: 0.2}", "{p50: 0.04, p99: 0.02}", "expected a larger one than p50: 0.04"),
        ("{p50: 0.04, p99: 0.2}", "{p50: 0.04, max: 0.2}", "expected two percentiles or more"),
        ("{p50: 0.04, p99: 0.2}", "{p50: 0.04, p99: 0.2, max: 0.1}", "expected a max that is not below p99"),
        ("{p50: 0.04, p99: 0.2}", "{p50: 0.04, p100: 0.2}", "expected a number from 0 on, {median: 2, sigma: 0.5} or"),
        ("{p50: 0.04, p99: 0.2}", "0", "expected a time above 0"),
        ("{median: 2, sigma: 0.5, max: 15}", "{median: 2, sigma: 0.5, max: 1}", "expected a max that is not below"),
        ("most_at_once: {value: 10000", "most_at_once: {value: {p50: 1, p99: 2}", "expected one number"),
        ("duplicate_share: {value: 0.00001", "duplicate_share: {value: 2", "expected a share from 0 to 1, not 2"),
        ("  machine:\n", "  machine:\n    kores: 5\n", "expected a number with its unit, source and sure, not '5'"),
    ],
)
def test_a_mistake_has_its_line_and_what_was_expected(old: str, new: str, message: str) -> None:
    assert old in CLOUD
    with pytest.raises(FileMistake) as raised:
        model_of("cloud", "cloud.yaml", CLOUD.replace(old, new, 1))
    line = CLOUD[: CLOUD.index(old)].count("\n") + 1
    assert abs(raised.value.line - line) <= 1, raised.value
    assert message in str(raised.value)


def test_a_missing_parameter_is_named() -> None:
    lines = [line for line in CLOUD.splitlines() if "most_queued" not in line]
    with pytest.raises(FileMistake, match=r"missing: executions\.most_queued$"):
        model_of("cloud", "cloud.yaml", "\n".join(lines))


def test_an_operator_may_have_a_model_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(CLOUD.replace("most_at_once: {value: 10000", "most_at_once: {value: 500"))
    assert (read_model(str(path)).name, read_model(str(path)).number("executions.most_at_once")) == ("mine", 500)

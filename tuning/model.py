"""What the simulated parts are like: tuning/models/cloud.yaml, local.yaml or an operator's own file → Model.

Called by simulation for each number, and by sensitivity, which runs a model with other values.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any, Literal

from tuning.distribution import Distribution, constant, lognormal, percentiles
from tuning.parameters import PARAMETERS, Unit
from tuning.yaml_file import YamlFile, did_you_mean, read_yaml

FOLDER = Path(__file__).parent / "models"
MODELS = ("cloud", "local")
_SCHEMA = Path(__file__).with_name("model.json")

# documented by the owner · measured by somebody · fitted here to raw data that somebody published · derived here from
# our own files · a guess
Sure = Literal["documented", "measured", "fitted", "derived", "guess"]


class UnknownParameter(KeyError):
    """Raised when no parameter has that name."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number.  likely: the values that it may have instead; empty where its source leaves no doubt."""

    name: str
    value: float | Distribution
    unit: Unit
    source: str
    sure: Sure
    likely: tuple[float, ...]
    is_range: bool  # likely is the lowest and the highest value, else it is a list of values
    line: int

    @property
    def number(self) -> float:
        """The value; of a distribution its median."""
        if not isinstance(self.value, Distribution):
            return self.value
        return float(f"{self.value.median:.12g}")  # the logarithm has changed the last digits

    @property
    def others(self) -> tuple[float, ...]:
        """The likely values that are not the one in force."""
        return tuple(value for value in self.likely if value != self.number)

    def with_number(self, number: float) -> "Parameter":
        """The same with another value; a distribution keeps its form and gets this median."""
        return replace(self, value=self.value.with_median(number) if isinstance(self.value, Distribution) else number)


@dataclass(frozen=True, slots=True)
class Model:
    """All parameters by name."""

    name: str
    title: str
    as_of: str
    parameters: Mapping[str, Parameter]

    def parameter(self, name: str) -> Parameter:
        """Raises UnknownParameter."""
        try:
            return self.parameters[name]
        except KeyError:
            raise UnknownParameter(f"no parameter '{name}'{did_you_mean(name, self.parameters)}") from None

    def number(self, name: str) -> float:
        """The value; of a distribution its median.  Raises UnknownParameter."""
        return self.parameter(name).number

    def distribution(self, name: str) -> Distribution:
        """Raises UnknownParameter; TypeError if it is one number."""
        value = self.parameter(name).value
        if not isinstance(value, Distribution):
            raise TypeError(f"{name} is one number, no distribution")
        return value

    def with_value(self, name: str, number: float) -> "Model":
        """The model with one value changed; a distribution gets this median.  Raises UnknownParameter."""
        changed = self.parameter(name).with_number(number)
        return replace(self, parameters={**self.parameters, name: changed})

    def in_doubt(self) -> list[Parameter]:
        """Those that may have another value."""
        return [parameter for parameter in self.parameters.values() if parameter.others]


def read_model(name_or_path: str) -> Model:
    """`cloud`, `local`, or a file.  Raises FileMistake, OSError."""
    path = FOLDER / f"{name_or_path}.yaml" if name_or_path in MODELS else Path(name_or_path)
    return model_of(path.stem, path.name, path.read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=8)  # every check asks for the same one
def model_of(name: str, file: str, text: str) -> Model:
    """Raises FileMistake."""
    read = read_yaml(file, text, _SCHEMA)
    found: dict[str, Parameter] = {}
    for part, given in read.value["parts"].items():
        for own, value in given.items():
            found[f"{part}.{own}"] = _parameter(read, part, own, value)
    missing = [name for name in PARAMETERS if name not in found]
    if missing:
        raise read.mistake(("parts",), f"missing: {', '.join(missing)}")
    return Model(name, read.value["title"], read.value["as_of"], found)


def _parameter(read: YamlFile, part: str, own: str, given: Mapping[str, Any]) -> Parameter:
    name, path = f"{part}.{own}", ("parts", part, own)
    if name not in PARAMETERS:
        raise read.mistake(path, f"unknown '{name}'{did_you_mean(name, PARAMETERS)}")
    meaning = PARAMETERS[name]
    if given["unit"] != meaning.unit:
        raise read.mistake((*path, "unit"), f"expected '{meaning.unit}', not '{given['unit']}'")
    value: float | Distribution = given["value"]
    if meaning.is_distribution:
        value = _distribution(read, (*path, "value"), given["value"])
    elif isinstance(given["value"], dict):
        raise read.mistake((*path, "value"), "expected one number, not a distribution")
    elif meaning.unit == "share" and given["value"] > 1:
        raise read.mistake((*path, "value"), f"expected a share from 0 to 1, not {given['value']:g}")
    if "range" in given and "one_of" in given:
        raise read.mistake((*path, "one_of"), "expected either range or one_of, not both")
    likely = tuple(map(float, given.get("range", given.get("one_of", ()))))
    if given["sure"] == "guess" and not likely:
        raise read.mistake(path, "a guess needs range: [lowest, highest] or one_of")
    line = read.mistake(path, "").line
    parameter = Parameter(name, value, meaning.unit, given["source"], given["sure"], likely, "range" in given, line)
    if likely and not min(likely) <= parameter.number <= max(likely):
        raise read.mistake((*path, "range"), f"expected a range that holds the value, {parameter.number:g}")
    if "one_of" in given and parameter.number not in likely:
        raise read.mistake((*path, "one_of"), f"expected a list that holds the value, {parameter.number:g}")
    if meaning.is_distribution and likely and min(likely) <= 0:
        raise read.mistake((*path, "range"), "expected medians above 0")
    return parameter


def _distribution(read: YamlFile, path: Sequence[str | int], given: Mapping[str, float] | float) -> Distribution:
    if not isinstance(given, Mapping):
        if given <= 0:
            raise read.mistake(path, "expected a time above 0")
        return constant(given)
    most = given.get("max", inf)
    if "sigma" in given:
        if given["median"] > most:
            raise read.mistake((*path, "max"), f"expected a max that is not below the median, {given['median']:g}")
        return lognormal(given["median"], given["sigma"], most)
    values = {float(name.removeprefix("p")): value for name, value in given.items() if name != "max"}
    pairs = list(values.items())
    if len(pairs) < 2:
        raise read.mistake(path, "expected two percentiles or more")
    for (percent, value), (next_percent, next_value) in pairwise(pairs):
        if next_percent <= percent or next_value < value:
            raise read.mistake((*path, f"p{next_percent:g}"), f"expected a larger one than p{percent:g}: {value:g}")
    if pairs[-1][1] > most:
        raise read.mistake((*path, "max"), f"expected a max that is not below p{pairs[-1][0]:g}")
    return percentiles(values, most)

"""app.yaml → how App Engine starts instances of the steps.  Called by project.py.

Source: App Engine, "app.yaml reference": names, defaults and ranges; gcloud 528, appinfo.py: what it accepts.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tuning.places import Mistake, Unreadable, place_of, root_of
from tuning.sources import Sources

FILE = "app.yaml"
ENVIRONMENT = "env_variables"
SCALING = "automatic_scaling"

# Source: gcloud 528, AppInfoExternal.
# fmt: off
_TOP = frozenset((
    "service", "version", "runtime", "runtime_channel", "api_version", "main", "env", "endpoints_api_service",
    "entrypoint", "runtime_config", "instance_class", "automatic_scaling", "manual_scaling", "basic_scaling",
    "network", "vpc_access_connector", "zones", "handlers", "inbound_services", "default_expiration",
    "error_handlers", "threadsafe", "service_account", "beta_settings", "build_env_variables", "env_variables",
    "app_engine_apis", "standard_websocket", "flexible_runtime_settings", "resources", "liveness_check",
    "readiness_check", "includes", "libraries", "skip_files",
))
# fmt: on
INSTANCE_CLASSES = ("F1", "F2", "F4", "F4_1G")  # of automatic scaling


@dataclass(frozen=True, slots=True)
class AppScaling:
    """How App Engine scales the service; instances answer with `workers` processes of `threads` threads each.

    environment: its env_variables, with $NAMES, which `mando deploy` knows.
    """

    instance_class: str
    workers: int
    threads: int
    min_instances: int
    max_instances: int
    min_idle_instances: int
    max_idle_instances: int | None  # None: App Engine decides
    max_concurrent_requests: int
    target_cpu_utilization: float
    target_throughput_utilization: float
    min_pending_latency_s: float
    max_pending_latency_s: float
    environment: Mapping[str, str]

    @property
    def size(self) -> str:
        """f1, f2 or f4: as parameters are named.  F4_1G computes like F4."""
        return self.instance_class.partition("_")[0].lower()

    @property
    def price(self) -> str:
        """f1, f2, f4 or f4_1g: as prices are named."""
        return self.instance_class.lower()


def _whole(least: int, most: int) -> tuple[str, Callable[[str], Any]]:
    def convert(text: str) -> int:
        value = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1
        if not least <= value <= most:
            raise ValueError
        return value

    return f"a whole number from {least} to {most}", convert


def _share(text: str) -> float:
    value = float(text) if re.fullmatch(r"[0-9.]{1,12}", text) else 0.0
    if not 0.5 <= value <= 0.95:
        raise ValueError
    return value


def _latency(text: str) -> float:
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)s|([0-9]{1,9})ms", text)
    if found is None:
        raise ValueError
    return float(found[1]) if found[1] else int(found[2]) / 1000


_IDLE = _whole(0, 1000)
_INSTANCES = _whole(0, 2_147_483_647)
_SHARE = ("a number from 0.5 to 0.95", _share)
_LATENCY = ("a time such as 30ms or 1.5s, or automatic", _latency)
# Each setting: what is expected, how it is read, the value where the file is silent or says `automatic`.
_SETTINGS: dict[str, tuple[str, Callable[[str], Any], Any]] = {
    "min_instances": (*_INSTANCES, 0),
    "max_instances": (*_INSTANCES, 20),  # in projects made after March 2025; 0 is no limit, which is the same here
    "min_idle_instances": (*_IDLE, 0),
    "max_idle_instances": (*_IDLE, None),
    "max_concurrent_requests": (*_whole(1, 1000), 10),
    "target_cpu_utilization": (*_SHARE, 0.6),
    "target_throughput_utilization": (*_SHARE, 0.6),
    "min_pending_latency": (*_LATENCY, 0.0),
    "max_pending_latency": (*_LATENCY, 10.0),
}
_MAY_BE_AUTOMATIC = ("min_idle_instances", "max_idle_instances", "min_pending_latency", "max_pending_latency")


def read_app_yaml(sources: Sources, threads: int) -> AppScaling:
    """threads: of each process, which deploy/deployment.yaml says.  Raises Unreadable with all mistakes."""
    root = root_of(sources, FILE)
    mistakes: list[Mistake] = []
    top = _entries(root, _TOP, "app.yaml", mistakes)
    if (
        isinstance(root, yaml.MappingNode) and "runtime" not in top
    ):  # Source: gcloud 528, AppInfoExternal.CheckInitialized
        mistakes.append(_mistake(root, "app.yaml needs `runtime`"))
    others = [top[name] for name in ("basic_scaling", "manual_scaling") if name in top]
    mistakes.extend(_mistake(node, f"mando foresees {SCALING} only") for node in others)
    found = _entries(top[SCALING], frozenset(_SETTINGS), SCALING, mistakes) if SCALING in top else {}
    values = {name: default for name, (*_, default) in _SETTINGS.items()}
    for name, node in found.items():
        expected, convert, _ = _SETTINGS[name]
        text = node.value if isinstance(node, yaml.ScalarNode) else ""
        if text == "automatic" and name in _MAY_BE_AUTOMATIC:
            continue
        try:
            values[name] = convert(text)
        except ValueError:
            mistakes.append(_mistake(node, f"{name} is {expected}"))
    instance_class = _instance_class(top.get("instance_class"), mistakes)
    workers = _workers(top.get("entrypoint"), mistakes)
    environment = _environment(top.get(ENVIRONMENT))
    if mistakes:
        raise Unreadable(*mistakes)
    latencies = {f"{name}_s": values.pop(name) for name in ("min_pending_latency", "max_pending_latency")}
    values["max_instances"] = values["max_instances"] or 2_147_483_647
    return AppScaling(
        instance_class=instance_class,
        workers=workers,
        threads=threads,
        environment=environment,
        **values,
        **latencies,
    )


def _environment(node: yaml.Node | None) -> Mapping[str, str]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {key.value: value.value for key, value in pairs if isinstance(value, yaml.ScalarNode)}


def _instance_class(node: yaml.Node | None, mistakes: list[Mistake]) -> str:
    if node is None:
        return INSTANCE_CLASSES[0]
    if node.value not in INSTANCE_CLASSES:
        mistakes.append(_mistake(node, f"instance_class is one of {', '.join(INSTANCE_CLASSES)}"))
    return str(node.value)


def _workers(node: yaml.Node | None, mistakes: list[Mistake]) -> int:
    """gunicorn's processes: --workers of the entrypoint.  Source: gunicorn, "Settings", workers; 1 by default."""
    if node is None:
        return 1
    try:
        words = shlex.split(node.value) if isinstance(node, yaml.ScalarNode) else []
    except ValueError as error:
        mistakes.append(_mistake(node, f"a shell cannot read the entrypoint: {error}"))
        return 1
    for name, value in zip([*words, ""], [*words[1:], "", ""], strict=False):
        joined = re.fullmatch(r"(?:--workers=|-w)(.+)", name)
        text = joined[1] if joined else value if name in ("--workers", "-w") else None
        if text is not None:
            if re.fullmatch(r"[1-9][0-9]{0,3}", text):
                return int(text)
            mistakes.append(_mistake(node, f"--workers is a whole number above 0, not {text!r}"))
    return 1


def _entries(node: yaml.Node, known: frozenset[str], what: str, mistakes: list[Mistake]) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        mistakes.append(_mistake(node, f"{what} is a map"))
        return {}
    found = {}
    for key, value in node.value:
        if key.value in known:
            found[key.value] = value
        else:
            mistakes.append(_mistake(key, f"unexpected '{key.value}' in {what}, expected {', '.join(sorted(known))}"))
    return found


def _mistake(node: yaml.Node, what: str) -> Mistake:
    return Mistake(place_of(FILE, node), what)

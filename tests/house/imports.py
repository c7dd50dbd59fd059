"""Which module of ours imports which, read from the text of the files.  For test_imports.py."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

HOUSES = ("local", "local.discord", "local.executions", "local.workflows")  # whose folders are rooms of their own


def modules_of(root: Path, files: list[str]) -> dict[str, Path]:
    """The dotted name of each Python file of ours, and where it lies."""
    found = {}
    for file in files:
        dotted = file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        found[dotted] = root / file
    return found


def picture_of(modules: Mapping[str, Path]) -> dict[str, set[str]]:
    """Each module and those that it imports, also within functions, but not under TYPE_CHECKING.

    An import of a module also imports its packages; empty ones are left out.
    """
    return {name: set(_ours(modules, name, path)) for name, path in modules.items()}


def _ours(modules: Mapping[str, Path], name: str, path: Path) -> Iterator[str]:
    for imported in _imported(ast.parse(path.read_text())):
        parts = imported.split(".")
        for length in range(1, len(parts) + 1):
            module = ".".join(parts[:length])
            is_around = name.startswith(f"{module}.")  # a package that it lies in is there already
            if module in modules and module != name and not is_around and modules[module].stat().st_size:
                yield module


def _imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import():
            yield from (alias.name for alias in node.names)
        case ast.ImportFrom(module=str(module), level=0):
            yield from (f"{module}.{alias.name}" for alias in node.names)
        case ast.ImportFrom():
            raise ValueError(f"line {node.lineno}: an import is written in full here, without leading dots")
    is_for_types = isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
    for child in node.orelse if is_for_types and isinstance(node, ast.If) else ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):  # no expression holds an import
            yield from _imported(child)


def circles(picture: Mapping[str, set[str]]) -> list[list[str]]:
    """Every group of names that reach each other, sorted; none where all arrows point one way."""
    reached = {name: _reached_from(name, picture) for name in picture}
    groups = {tuple(sorted(b for b in reached[a] if a in reached[b])) for a in picture if a in reached[a]}
    return [list(group) for group in sorted(groups)]


def _reached_from(name: str, picture: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for other in picture[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return found


def room_of(module: str, modules: Mapping[str, Path]) -> str:
    """Its room, as a path: `steps`, `local/tasks`, or `local` for what lies in local/ itself."""
    is_package = module in modules and modules[module].name == "__init__.py"
    parts = module.split(".")
    folders = parts if is_package else parts[:-1] or parts
    length = 1
    while length < len(folders) and ".".join(folders[:length]) in HOUSES:
        length += 1
    return "/".join(folders[:length])

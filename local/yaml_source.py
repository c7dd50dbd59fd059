"""Parses a YAML text to nodes with their positions; a mistake becomes one error with line and column."""

import yaml


class YamlMistake(Exception):
    """Raised when a text is not YAML; line and column count from 1."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def compose(text: str, loader: type[yaml.SafeLoader] = yaml.SafeLoader) -> yaml.Node | None:
    """The root node, None for an empty text; loader decides the types of scalars.  Raises YamlMistake."""
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlMistake(line, column, _plain(str(error.problem))) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise YamlMistake(line, column, f"the character {chr(error.character)!r} cannot stand in YAML") from None
    except RecursionError:
        raise YamlMistake(1, 1, "the text is nested too deeply") from None
    return root


def _plain(problem: str) -> str:
    """PyYAML's words for its own tokens say little about the text."""
    return "this line is not indented like those above it" if "'<block mapping start>'" in problem else problem

"""Python text → the mistakes that can be made in it.  Pure.

Only code that runs is changed: no types, docstrings, imports, texts of messages or decorators.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from tests.mutants.mistake import Mistake

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "/", ast.Mod: "*", ast.Pow: "*",
    ast.BitAnd: "|", ast.BitOr: "&", ast.LShift: ">>", ast.RShift: "<<",
}  # fmt: skip
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "reversed": "list", "sorted": "list"}
# Mistakes in a query: another comparison, a missing condition, the reverse order.
_SQL = re.compile(r"\b(SELECT|UPDATE|DELETE|INSERT|WHERE|ORDER BY|AND)\b")
_IN_SQL = (
    (re.compile(r"(?<![<>!])<(?![=>])|(?<![<>!])>(?!=)"), lambda found: f"{found[0]}="),
    (re.compile(r"[<>]="), lambda found: found[0][0]),
    (re.compile(r" AND (NOT )?[\w.]+( [=<>!]+ (\?\d?|\w+)| IS (NOT )?NULL)?"), lambda _: ""),
    (re.compile(r" DESC\b"), lambda _: ""),
    (re.compile(r"(ORDER BY \w+)(?! DESC)"), lambda found: f"{found[1]} DESC"),
    (re.compile(r", \w+ = (\?\d?|NULL|\d+)"), lambda _: ""),
)


def mistakes(path: str, text: str) -> list[Mistake]:
    """All, in the order of the text; some are not valid Python."""
    found = {(one.begin, one.end, one.after): one for one in _Finder(path, text).all()}
    functions = _functions(text)
    return [
        replace(one, function_line=max((first for first, last in functions if first <= one.line <= last), default=None))
        for one in sorted(found.values(), key=lambda one: (one.begin, one.end, one.after))
    ]


def _functions(text: str) -> list[tuple[int, int]]:
    """First line, where Python says that it begins, and last."""
    return [
        (min(part.lineno for part in (node, *node.decorator_list)), node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def can_be_read(text: str) -> bool:
    try:
        compile(text, "mistake", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


class _Finder:
    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text
        self._tree = ast.parse(text)
        lines = text.encode().splitlines(keepends=True)
        self._line_starts = [0]
        for line in lines:
            self._line_starts.append(self._line_starts[-1] + len(line))
        self._bytes = text.encode()
        assigned = (one for one in ast.walk(self._tree) if isinstance(one, ast.Assign))
        self._unpacked = [one.value for one in assigned if isinstance(one.targets[0], ast.Tuple)]

    def all(self) -> Iterator[Mistake]:
        waiting: list[ast.AST] = [self._tree]
        while waiting:
            node = waiting.pop()
            yield from self._of(node)
            waiting += [child for child in ast.iter_child_nodes(node) if child not in _left_out(node)]

    def _at(self, node: ast.AST) -> tuple[int, int]:
        """The offsets of a node, in characters."""
        begin = self._line_starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = self._line_starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        return len(self._bytes[:begin].decode()), len(self._bytes[:end].decode())

    def _said(self, node: ast.AST) -> str:
        begin, end = self._at(node)
        return self._text[begin:end]

    def _instead(self, node: ast.AST, after: str, kind: str) -> Mistake:
        begin, end = self._at(node)
        return Mistake(self._path, node.lineno, begin, end, after, kind)  # type: ignore[attr-defined]

    def _between(self, before: ast.AST, after: ast.AST, sign: str, kind: str) -> Mistake:
        """What stands between two nodes, brackets kept, with another sign."""
        begin, end = self._at(before)[1], self._at(after)[0]
        replaced = re.sub(r"(not\s+in|is\s+not|[^\s()#]+)", sign, self._text[begin:end], count=1)
        return Mistake(self._path, before.end_lineno, begin, end, replaced, kind)  # type: ignore[attr-defined]

    def _of(self, node: ast.AST) -> Iterator[Mistake]:
        match node:
            case ast.Compare(left=left, ops=ops, comparators=others):
                for sign, before, after in zip(ops, [left, *others], others, strict=False):
                    yield self._between(before, after, _COMPARISONS[type(sign)], "comparison")
            case ast.BoolOp(values=values):
                for place, value in enumerate(values):
                    kept = [self._inside(other) for number, other in enumerate(values) if number != place]
                    word = " and " if isinstance(node.op, ast.And) else " or "
                    rest = kept[0] if len(kept) == 1 else f"({word.join(kept)})"
                    yield self._instead(node, rest, f"no {self._said(value)[:20]}")
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield self._instead(node, self._inside(operand), "no not")
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC and not _is_text(node):
                yield self._between(left, right, _ARITHMETIC[type(op)], "arithmetic")
            case ast.IfExp(test=_, body=body, orelse=orelse):
                for branch in (body, orelse):
                    yield self._instead(node, self._inside(branch), "always the same branch")
            case ast.If(test=test) | ast.While(test=test) if not isinstance(
                test, ast.Compare | ast.UnaryOp | ast.Constant
            ):
                yield self._instead(test, f"not ({self._said(test)})", "condition negated")
            case ast.Constant(value=bool(value)):
                yield self._instead(node, str(not value), "boolean")
            case ast.Constant(value=int(number) | float(number)):
                for other in (number + 1, number * 2 if number > 1 else number - 1):
                    yield self._instead(node, repr(other), "number")
            case ast.Constant(value=str()) if _SQL.search(self._said(node)):
                yield from self._in_sql(node)
            case ast.Return(value=ast.expr() as value) if not _is_constant(value, None):
                yield self._instead(node, "return None", "returns nothing")
            case ast.List(elts=elements) | ast.Set(elts=elements) if len(elements) > 1:
                for element in elements:
                    yield self._without(element, "an element less")
            case ast.Tuple(elts=elements, ctx=ast.Load()) if len(elements) > 1 and node not in self._unpacked:
                for element in elements:
                    yield self._without(element, "an element less")
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    yield self._without(value, "a key less", key)
            case ast.Call(func=func, args=arguments, keywords=keywords):
                if isinstance(func, ast.Name) and func.id in _CALLS and arguments:
                    yield self._instead(func, _CALLS[func.id], "the other function")
                    if func.id in ("min", "max") and len(arguments) > 1:
                        yield self._instead(node, self._inside(arguments[-1]), "no limit")
                for keyword in keywords:
                    yield self._without(keyword, "an argument less")
                if len(arguments) == 2 and all(isinstance(one, ast.Name | ast.Attribute) for one in arguments):
                    first, second = arguments
                    begin, end = self._at(first)[0], self._at(second)[1]
                    swapped = f"{self._said(second)}, {self._said(first)}"
                    yield Mistake(self._path, first.lineno, begin, end, swapped, "arguments swapped")
            case ast.comprehension(ifs=conditions):
                for condition in conditions:
                    yield self._instead(condition, "True", "no condition")
            case ast.Expr(value=value) if not isinstance(value, ast.Constant) and not _is_log(node):
                yield self._instead(node, "pass", "a statement less")
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.AugAssign() | ast.Delete() | ast.Raise():
                yield self._instead(node, "pass", "a statement less")
            case ast.Continue():
                yield self._instead(node, "break", "break for continue")
            case ast.Break():
                yield self._instead(node, "continue", "continue for break")

    def _inside(self, node: ast.expr) -> str:
        """An operand as it was written, in brackets where it is more than a name or a call."""
        said = self._said(node)
        return said if isinstance(node, ast.Name | ast.Call | ast.Attribute | ast.Constant) else f"({said})"

    def _without(self, node: ast.AST, kind: str, key: ast.expr | None = None) -> Mistake:
        """Without one element of a list of some, and one comma beside it; key stands before it in a map."""
        begin, end = self._at(node)
        if key is not None:
            begin = self._at(key)[0]
        elif isinstance(node, ast.expr) and self._text[:begin].endswith("**"):
            begin -= 2
        after = re.match(r"\s*,[^\S\n]*", self._text[end:])
        if after is not None:
            end += after.end()
        elif (before := re.search(r",\s*\Z", self._text[:begin])) is not None:
            begin = before.start()
        return Mistake(self._path, (key or node).lineno, begin, end, "", kind)  # type: ignore[attr-defined]

    def _in_sql(self, node: ast.Constant) -> Iterator[Mistake]:
        begin, end = self._at(node)
        for shape, written in _IN_SQL:
            for found in shape.finditer(self._text, begin, end):
                line = self._text.count("\n", 0, found.start()) + 1
                yield Mistake(self._path, line, found.start(), found.end(), written(found), "query")


def _left_out(node: ast.AST) -> list[ast.AST]:
    """Children of a node in which no mistake is made."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            annotations = [argument.annotation for argument in ast.walk(node.args) if isinstance(argument, ast.arg)]
            return [one for one in (*node.decorator_list, node.returns, *_inner(annotations)) if one is not None]
        case ast.ClassDef():
            return [*node.decorator_list, *node.bases, *node.keywords]
        case ast.arg() | ast.AnnAssign():
            return [node.annotation] if node.annotation is not None else []
        case ast.JoinedStr():  # Python 3.11 does not say where its parts stand
            return list(node.values)
        case ast.Raise() | ast.Assert() | ast.Import() | ast.ImportFrom():  # words of a message
            return list(ast.iter_child_nodes(node))
        case ast.Expr(value=value) if _is_log(node):
            return [value]
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return list(ast.iter_child_nodes(node))
        case ast.Assign(value=ast.Subscript(value=ast.Name(id="Callable" | "Literal" | "dict" | "tuple"))):
            return [node.value]
    return []


def _is_log(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="_log" | "_LOG")))):
            return True
    return False


def _inner(found: list[ast.expr | None]) -> list[ast.expr]:
    return [one for one in found if one is not None]


def _is_text(node: ast.BinOp) -> bool:
    """Texts and types are put together with + and | too; to take one from the other is seen by anybody."""
    parts = (node.left, node.right)
    return any(
        isinstance(part, ast.JoinedStr) or (isinstance(part, ast.Constant) and isinstance(part.value, str | None))
        for part in parts
    )


def _is_constant(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value

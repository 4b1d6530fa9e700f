"""What a template may say: name known fields, repeat over those that are lists, ask whether one is there. Nothing else.

Fields are looked up when the template is checked, not when a letter is made: an office learns of a mistake when it uploads. As a loop within
a loop may only go over what the outer one holds, a document is never longer than its template and its values make it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from vonggac.documents.fields import Schema
from vonggac.errors import N_, InputError, UnsafeInput

_MOST_NESTED = 12
_LOOP: dict[str, Schema] = dict.fromkeys(("first", "last", "index", "length"), "text")


def environment() -> SandboxedEnvironment:
    """An environment in which values are escaped, unknown ones are errors, and there is neither filter, test nor function."""
    made = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    for names in (made.globals, made.filters, made.tests):
        names.clear()
    return made


def check(source: str, schema: Mapping[str, Schema], file: str) -> None:
    """Raise UnsafeInput when ``source`` does more than it may, InputError for what cannot be read or names no field of ``schema``."""
    try:
        tree = environment().parse(source)
    except TemplateSyntaxError as error:
        raise InputError(
            N_("the fields of the template cannot be read ({detail})"), where=file, detail=(error.message or "")[:120]
        ) from error
    except (TemplateError, RecursionError) as error:
        raise InputError(N_("the fields of the template cannot be read ({detail})"), where=file,
                         detail=type(error).__name__) from error  # fmt: skip
    _Checker(file).body(tree.body, {name: (kind, 0) for name, kind in schema.items()}, 0)


_Scope = dict[str, tuple[Any, int]]
"""Name to what it is and in how deep a loop it was made."""


class _Checker:
    def __init__(self, file: str) -> None:
        self.file = file
        self.nesting = 0

    def body(self, body: list[nodes.Node], scope: _Scope, depth: int) -> None:
        self.nesting += 1
        if self.nesting > _MOST_NESTED:
            raise UnsafeInput(N_("conditions and repetitions may be nested {limit} deep"), where=self.file, limit=_MOST_NESTED)  # fmt: skip
        for node in body:
            if isinstance(node, nodes.Output):
                self._output(node, scope)
            elif isinstance(node, nodes.If):
                self._condition(node.test, scope)
                for part in (node.body, *(one.body for one in node.elif_), node.else_):
                    self.body(part, scope, depth)
                for one in node.elif_:
                    self._condition(one.test, scope)
            elif isinstance(node, nodes.For):
                self._loop(node, scope, depth)
            else:
                raise self._refused(node)
        self.nesting -= 1

    def _output(self, node: nodes.Output, scope: _Scope) -> None:
        for part in node.nodes:
            if isinstance(part, nodes.TemplateData):
                continue
            kind, _depth = self._value(part, scope)
            if not isinstance(kind, str):
                raise InputError(
                    N_("the field {name} holds several values: repeat over it, or name one of them"),
                    where=self.file, name=_spelled(part),
                )  # fmt: skip

    def _loop(self, node: nodes.For, scope: _Scope, depth: int) -> None:
        if (
            node.recursive
            or node.test is not None
            or not isinstance(node.target, nodes.Name)
            or node.target.name == "loop"
        ):
            raise self._refused(node)
        kind, made_at = self._value(node.iter, scope)
        if not isinstance(kind, list):
            raise InputError(N_("the field {name} is no list: it cannot be repeated over"), where=self.file,
                             name=_spelled(node.iter))  # fmt: skip
        if made_at != depth:
            raise UnsafeInput(
                N_("a repetition within another may only go over what the outer one holds, not over {name}"),
                where=self.file, name=_spelled(node.iter),
            )  # fmt: skip
        inner: _Scope = {**scope, "loop": (_LOOP, 0), node.target.name: (kind[0], depth + 1)}
        self.body(node.body, inner, depth + 1)
        self.body(node.else_, scope, depth)

    def _condition(self, node: nodes.Node, scope: _Scope) -> None:
        if isinstance(node, nodes.Not):
            self._condition(node.node, scope)
        elif isinstance(node, nodes.And | nodes.Or):
            self._condition(node.left, scope)
            self._condition(node.right, scope)
        elif isinstance(node, nodes.Compare):
            self._operand(node.expr, scope)
            for operand in node.ops:
                if operand.op not in {"eq", "ne"}:
                    raise self._refused(operand)
                self._operand(operand.expr, scope)
        else:
            self._value(node, scope)

    def _operand(self, node: nodes.Node, scope: _Scope) -> None:
        if not isinstance(node, nodes.Const):
            self._value(node, scope)

    def _value(self, node: nodes.Node, scope: _Scope) -> tuple[Any, int]:
        """What a name, or a name of a name, stands for."""
        if isinstance(node, nodes.Name):
            found: Any = scope.get(node.name)
        elif isinstance(node, nodes.Getattr):
            outer, depth = self._value(node.node, scope)
            found = (outer[node.attr], depth) if isinstance(outer, dict) and node.attr in outer else None
        else:
            raise self._refused(node)
        if found is None:
            raise InputError(
                N_("there is no field {name}; there are: {names}"), where=self.file, name=_spelled(node), names=", ".join(scope)
            )  # fmt: skip
        kind, depth = found
        return kind, depth

    def _refused(self, node: nodes.Node) -> UnsafeInput:
        return UnsafeInput(
            N_("a template may name fields, repeat and ask whether one is there; it holds more than that ({kind})"),
            where=self.file, kind=type(node).__name__,
        )  # fmt: skip


def _spelled(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    return f"{_spelled(node.node)}.{node.attr}" if isinstance(node, nodes.Getattr) else "…"

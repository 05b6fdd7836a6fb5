"""Find words for people in Python code that no translation can reach.

A string is taken for words when it reads as prose, or when it is handed to something that is shown (``title=``,
``label=``…). It is left alone inside gettext's functions, and where it is for whoever runs Porthole and not for whoever
uses it: docstrings, logs, the command line, settings, and what is raised as a programming or configuration error.
Words that must stay as they are, such as those of an API server, have ``# untranslated: <why>`` on their line.
"""

import ast
import re
from collections.abc import Iterator

from tests.lint.bare_text import PROSE, Finding, bare_words

TRANSLATES = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "npgettext", "pgettext", "pgettext_lazy"}
SHOWN = {
    "action_label", "advice", "description", "help_text", "label", "message", "problem", "rollout", "title",
    "title_plural", "verbose_name", "verbose_name_plural", "word",
}  # fmt: skip
FOR_OPERATORS = {
    "AssertionError", "CommandError", "ConfigError", "ImproperlyConfigured", "Setting", "SystemExit", "TypeError",
    "ValueError", "add_argument", "compile", "debug", "error", "exception", "info", "print", "warning", "write",
}  # fmt: skip


def called(node: ast.Call) -> str:
    """The last name of what is called: ``log.info(…)`` is ``info``."""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def is_docstring(node: ast.stmt) -> bool:
    """A string that stands alone documents what is before or around it."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def text_of(node: ast.expr) -> str | None:
    """The fixed text of a literal (of an f-string: without its values), or None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "\0".join(part.value for part in node.values if isinstance(part, ast.Constant))
    return None


def literals(node: ast.AST, shown: bool = False) -> Iterator[Finding]:
    """Every string under ``node`` that reads as prose, or, where something ``shown`` is built, as a word."""
    if isinstance(node, ast.stmt) and is_docstring(node):
        return
    if isinstance(node, ast.Call) and called(node) in TRANSLATES | FOR_OPERATORS:
        return
    if isinstance(node, ast.expr) and (text := text_of(node)) is not None:
        text = re.sub(r"<[^>]*>", "", text)
        if PROSE.search(text) or (shown and bare_words(text)):
            yield Finding(node.lineno, text.replace("\0", "…"))
        return
    for child in ast.iter_child_nodes(node):
        shown_here = isinstance(child, ast.keyword) and child.arg in SHOWN
        yield from literals(child, shown_here or (shown and isinstance(node, ast.keyword | ast.BoolOp | ast.IfExp)))


def in_python(source: str) -> list[Finding]:
    """The bare words of one module, by line."""
    lines = source.splitlines()
    return sorted(found for found in literals(ast.parse(source)) if "# untranslated: " not in lines[found.line - 1])

"""Python source as HTML with a class for each kind of word, by nothing but Python's own tokenizer."""

import builtins
import io
import keyword
import tokenize
from collections.abc import Iterator
from itertools import accumulate, pairwise

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
LINE = '<span class="line">{}</span>'


def highlighted(source: str) -> SafeString:
    """Mark up source for a `<pre>`: one `span.line` a line, in it `span`s named by the kind of their text."""
    lines: list[str] = [""]
    for kind, text in _pieces(source):
        for number, part in enumerate(text.split("\n")):
            if number:
                lines.append("")
            if part:
                lines[-1] += f'<span class="{kind}">{escape(part)}</span>' if kind else escape(part)
    if not lines[-1]:
        lines.pop()
    # Safe: every piece of the source above went through escape().
    return mark_safe("\n".join(LINE.format(line) for line in lines))  # noqa: S308 - see the line above


def _pieces(source: str) -> Iterator[tuple[str, str]]:
    """Cut the source into pieces that together are the source again, each with the name of its kind or none."""
    starts = [0, *accumulate(len(line) for line in io.StringIO(source))]
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    position = 0
    for before, token in pairwise([tokens[0], *tokens]):
        start, end = (starts[row - 1] + column for row, column in (token.start, token.end))
        # What the tokenizer reports twice, or without text, is skipped; what lies between two tokens is no token.
        if position <= start < end:
            yield "", source[position:start]
            yield _kind(token, before), source[start:end]
            position = end
    yield "", source[position:]


def _kind(token: tokenize.TokenInfo, before: tokenize.TokenInfo) -> str:
    name = tokenize.tok_name[token.type]
    if name == "NAME":
        return _kind_of_name(token.string, before.string)
    if name.startswith(("FSTRING", "TSTRING")):
        return "string"
    if token.string == "@":
        return "decorator"
    return name.lower() if name in {"COMMENT", "STRING", "NUMBER"} else ""


def _kind_of_name(name: str, before: str) -> str:
    if keyword.iskeyword(name):
        return "keyword"
    if before == "@":
        return "decorator"
    if before in {"def", "class"}:
        return "definition"
    return "builtin" if name in BUILTINS and before != "." else ""

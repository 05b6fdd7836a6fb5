"""Find words that a person reads and that no translation can reach.

In templates: text and worded attributes outside ``{% translate %}`` and ``{% blocktranslate %}``, found by Django's own
lexer and an HTML parser. In scripts: literals written into the page. What is no prose stays out of it: ``<code>``,
``<kbd>``, ``<samp>``, ``<pre>``, and what stands in an element marked ``translate="no"`` (HTML's attribute for names).
"""

import re
from html.parser import HTMLParser
from typing import NamedTuple

from django.template.base import DebugLexer, TokenType

WORDED_ATTRIBUTES = {
    "alt", "aria-description", "aria-label", "aria-placeholder", "aria-roledescription", "aria-valuetext",
    "hx-confirm", "hx-prompt", "label", "placeholder", "title",
}  # fmt: skip
WORDED_META = {"description", "application-name", "apple-mobile-web-app-title"}
LITERAL_ELEMENTS = {"code", "kbd", "pre", "samp", "script", "style"}
VOID_ELEMENTS = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
NAMES = {"Porthole", "YAML"}

WORD = re.compile(r"[^\W\d_]{2,}|\b[^\W\d_]\b")
PROSE = re.compile(r"[^\W\d_]{2,} [^\W\d_]{2,}")
WORDED_FILTER = re.compile(r"""\|\s*(?:default|default_if_none|yesno|add)\s*:\s*(["'])(?P<text>.*?)\1""")
HANDED_ON = re.compile(r"""\b\w+=(["'])(?P<text>.*?)\1""")
PLURALIZE = re.compile(r"\|\s*pluralize\b")
WRITTEN_BY_SCRIPT = re.compile(
    r"""(?:\.(?:textContent|innerText|innerHTML|title|ariaLabel|placeholder)\s*\+?=\s*|"""
    r"""\b(?:alert|confirm|prompt)\(\s*|setAttribute\(\s*["'](?:aria-label|title|placeholder|alt)["']\s*,\s*)"""
    r"""(["'`])(?P<text>.*?)\1"""
)


class Finding(NamedTuple):
    """A line number, and the words on it that cannot be translated."""

    line: int
    text: str


def bare_words(text: str) -> str:
    """The words of ``text`` without names that no language changes, or "" when it holds none."""
    kept = re.sub("|".join(NAMES), "", text)
    return " ".join(text.split()) if WORD.search(kept) else ""


class PageText(HTMLParser):
    """Collects the words of a page whose template tags were blanked out."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.findings: list[Finding] = []
        self.literal: list[str] = []  # the open elements, from the outermost one that holds no prose

    def handle_starttag(self, tag, attrs):
        """Judge the attributes, and remember that a literal element is open."""
        attributes = {name: value or "" for name, value in attrs}
        for name, value in attributes.items():
            if is_worded(tag, name, attributes) and attributes.get("translate") != "no" and bare_words(value):
                self.findings.append(Finding(self.getpos()[0], f'{name}="{" ".join(value.split())}"'))
        literal = tag in LITERAL_ELEMENTS or attributes.get("translate") == "no"
        if tag not in VOID_ELEMENTS and (self.literal or literal):
            self.literal.append(tag)

    def handle_startendtag(self, tag, attrs):
        """``<path/>`` opens nothing."""
        depth = len(self.literal)
        self.handle_starttag(tag, attrs)
        del self.literal[depth:]

    def handle_endtag(self, tag):
        """Close the innermost open element of that name, and what it holds."""
        if tag in self.literal:
            last = len(self.literal) - 1 - self.literal[::-1].index(tag)
            del self.literal[last:]

    def handle_data(self, data):
        """Judge text between tags, at the line where its first word stands."""
        if not self.literal and bare_words(data):
            blank = data[: len(data) - len(data.lstrip())]
            self.findings.append(Finding(self.getpos()[0] + blank.count("\n"), bare_words(data)))


def is_worded(tag: str, name: str, attributes: dict[str, str]) -> bool:
    """Is this attribute's value read by a person?"""
    if name in WORDED_ATTRIBUTES:
        return True
    if name == "value":
        return tag == "input" and attributes.get("type") in ("submit", "button", "reset")
    if name == "content":
        return tag == "meta" and attributes.get("name") in WORDED_META
    return name.startswith("data-") and bool(PROSE.search(attributes[name]))


def in_template_tag(token) -> list[Finding]:
    """Words handed on by a tag or a filter: ``{% include … with label="Pods" %}``, ``{{ name|default:"none" }}``."""
    texts = [match["text"] for match in WORDED_FILTER.finditer(token.contents)]
    if token.token_type is TokenType.BLOCK and token.contents.split()[0] in ("include", "with"):
        handed = (match["text"] for match in HANDED_ON.finditer(token.contents))
        texts += [text for text in handed if PROSE.search(text) or text[:1].isupper()]
    findings = [Finding(token.lineno, f"{{{token.contents}}}") for text in texts if bare_words(text)]
    if PLURALIZE.search(token.contents):
        findings.append(Finding(token.lineno, f"{{{token.contents}}}: use blocktranslate count"))
    return findings


def in_template(source: str) -> list[Finding]:
    """The bare text of one Django template, by line."""
    findings: list[Finding] = []
    page = list(source)
    ends = ""  # the tag that ends the block which we are in, whose text is translated or never shown
    for token in DebugLexer(source).tokenize():
        words = token.split_contents() if token.token_type is TokenType.BLOCK else [""]
        tag = words[0] if words else ""
        if token.token_type is not TokenType.TEXT or ends:
            start, end = token.position
            page[start:end] = ["\n" if character == "\n" else " " for character in source[start:end]]
        if token.token_type in (TokenType.BLOCK, TokenType.VAR) and not ends:
            findings += in_template_tag(token)
        if tag == ends:
            ends = ""
        elif not ends and tag in ("blocktranslate", "blocktrans", "comment"):
            ends = f"end{tag}"
    parser = PageText()
    parser.feed("".join(page))
    parser.close()
    return sorted(findings + parser.findings)


def in_script(source: str) -> list[Finding]:
    """The literals which a script writes into the page, by line."""
    return [
        Finding(source.count("\n", 0, match.start()) + 1, match["text"])
        for match in WRITTEN_BY_SCRIPT.finditer(source)
        if bare_words(re.sub(r"\$\{.*?\}|<[^>]*>", "", match["text"]))
    ]

"""HTML as a tree, just enough of it to ask what a page shows."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Self

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Element:
    """One element; ``children`` are elements and texts."""

    def __init__(self, tag: str, attributes: dict[str, str]):
        self.tag = tag
        self.attributes = attributes
        self.children: list[Element | str] = []

    @property
    def text(self) -> str:
        """All text inside, white space folded."""
        parts = [child.text if isinstance(child, Element) else child for child in self.children]
        return " ".join(" ".join(parts).split())

    def walk(self) -> Iterator[Self]:
        """This element and all inside, in order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, tag: str, **wanted: str) -> list[Self]:
        """Elements by tag and attributes; ``class_`` is one of the classes."""
        return [each for each in self.walk() if each.tag == tag and has(each, wanted)]

    def one(self, tag: str, **wanted: str) -> Self:
        """The only such element."""
        found = self.all(tag, **wanted)
        assert len(found) == 1, f"{len(found)} {tag} {wanted}"
        return found[0]

    def by_id(self, identity: str) -> Self:
        """The element with an id."""
        found = [each for each in self.walk() if each.attributes.get("id") == identity]
        assert len(found) == 1, f"{len(found)} elements have the id {identity}"
        return found[0]


def has(element: Element, wanted: dict[str, str]) -> bool:
    """Whether an element has the wanted attributes."""
    classes = element.attributes.get("class", "").split()
    return all(
        value in classes if key == "class_" else element.attributes.get(key.replace("_", "-")) == value
        for key, value in wanted.items()
    )


class Tree(HTMLParser):
    """Builds the tree; an end tag that closes nothing fails."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        element = Element(tag, {key: value or "" for key, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An SVG element without content."""
        self.open[-1].children.append(Element(tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Close the open element, which has to be of that name."""
        closed = self.open.pop()
        assert closed.tag == tag, f"</{tag}> closes <{closed.tag}>"

    def handle_data(self, data: str) -> None:
        """Text."""
        self.open[-1].children.append(data)


def tree(html: str | bytes) -> Element:
    """The tree of a page or fragment. Raises AssertionError where its tags do not match."""
    parser = Tree()
    parser.feed(html.decode() if isinstance(html, bytes) else html)
    parser.close()
    assert parser.open == [parser.root], f"not closed: {[each.tag for each in parser.open[1:]]}"
    return parser.root

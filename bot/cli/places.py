"""Where in the rule file something outside is named, so that what the outside says of it gets a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.config.nodes import Mapping as Group
from bot.config.nodes import Node, Scalar, Sequence, read_tree
from bot.config.problems import Findings, Place
from bot.config.references import expand

_TOP = Place(1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The places of one file. What the file does not name stands at its top."""

    tree: Group
    environment: Mapping[str, str]

    @classmethod
    def of(cls, text: str, environment: Mapping[str, str]) -> Places:
        """Of the text of a file that can be used."""
        tree = read_tree(text.removeprefix("\ufeff"), Findings(""))
        return cls(tree=tree or Group(_TOP, ()), environment=environment)

    def of_path(self, *path: str) -> Place:
        """The value behind these keys, as far as they lead."""
        node: Node = self.tree
        for key in path:
            below = node.get(key) if isinstance(node, Group) else None
            if below is None:
                break
            node = below
        return node.place if node is not self.tree else _TOP

    def of_address(self, address: str) -> Place:
        """The first line that posts to this channel."""
        return next((node.place for node in self._posts() if self._text(node) == address), _TOP)

    def of_id(self, kind: str, number: str) -> Place:
        """The id of a form or campaign under `names:`; `kind` is "forms" or "campaigns"."""
        names = self.tree.get("names")
        group = names.get(kind) if isinstance(names, Group) else None
        entries = group.entries if isinstance(group, Group) else ()
        found = (entry.value for entry in entries if isinstance(entry.value, Scalar))
        return next((node.place for node in found if self._text(node).rpartition(":")[2] == number), _TOP)

    def _posts(self) -> Iterator[Scalar]:
        """Every value that names somewhere to post to, in the order of importance: rules first."""
        for section in ("rules", "test_leads", "digests"):
            for group in _groups(self.tree.get(section)):
                yield from _scalars(group.get("post"))
        slack = self.tree.get("slack")
        if isinstance(slack, Group):
            yield from _scalars(slack.get("admin_channel"))

    def _text(self, node: Scalar) -> str:
        return expand(node.text, self.environment, read_files=False).text.strip()


def _groups(node: Node | None) -> Iterator[Group]:
    """The group itself, and those that stand in it or in the list."""
    if isinstance(node, Group):
        yield node
        yield from (entry.value for entry in node.entries if isinstance(entry.value, Group))
    elif isinstance(node, Sequence):
        yield from (item for item in node.items if isinstance(item, Group))


def _scalars(node: Node | None) -> Iterator[Scalar]:
    for item in node.items if isinstance(node, Sequence) else (node,):
        if isinstance(item, Scalar):
            yield item

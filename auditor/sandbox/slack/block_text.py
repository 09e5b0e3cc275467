"""Blocks and mrkdwn as text, the way a person sees them. Pure."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
_MARKUP = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads messages, where ids stand for names."""

    names: Mapping[str, str]
    """Names of users and user groups, by id."""

    def read(self, text: str, blocks: list[Json]) -> list[str]:
        """Give the lines of a message: of its blocks if it has any, else of its text."""
        lines = [line for block in blocks for line in self._read_block(block)]
        shown = "\n".join(lines) if blocks else self._read_mrkdwn(text)
        return shown.split("\n")

    def _read_block(self, block: Json) -> Iterator[str]:
        match block["type"]:
            case "header":
                yield f"# {self._read_text(block['text'])}"
            case "section":
                yield from self._read_section(block)
            case "context":
                yield f"· {'  '.join(self._read_text(element) for element in block['elements'])}"
            case "actions":
                yield "  ".join(self._read_button(element) for element in block["elements"])
            case "rich_text":
                for part in block["elements"]:
                    yield from self._read_rich_part(part)
            case "input":
                yield f"{self._read_text(block['label'])}: [ ]"
            case "divider":
                yield "---"

    def _read_section(self, block: Json) -> Iterator[str]:
        if "text" in block:
            yield self._read_text(block["text"])
        for field in block.get("fields", ()):
            yield self._read_text(field)
        if "accessory" in block:
            yield self._read_button(block["accessory"])

    def _read_button(self, button: Json) -> str:
        if button["type"] == "overflow":
            return "[…]"
        if button["type"] == "static_select":
            return f"[{self._read_text(button['placeholder'])} ▾]"
        target = f" → {button['url']}" if "url" in button else ""
        return f"[{self._read_text(button['text'])}{target}]"

    def _read_text(self, text: Json) -> str:
        match text["type"]:
            case "mrkdwn":
                return self._read_mrkdwn(text["text"])
            case "plain_text":
                # Slack decodes its three entities here too
                return html.unescape(str(text["text"]))
            case _:
                return f"[{text.get('alt_text', text['type'])}]"

    def _read_mrkdwn(self, text: str) -> str:
        return html.unescape(_MARKUP.sub(lambda found: self._read_markup(*found.groups()), text))

    def _read_markup(self, target: str, label: str | None) -> str:
        kind, rest = target[0], target[1:]
        if kind == "@":
            return f"@{label or self.names.get(rest, rest)}"
        if kind == "#":
            return f"#{label or rest}"
        if kind == "!":
            command, _, argument = rest.partition("^")
            if command == "subteam":
                return f"@{label or self.names.get(argument, argument)}"
            return f"@{command}"
        return f"{label} ({target})" if label else target

    def _read_rich_part(self, part: Json) -> Iterator[str]:
        match part["type"]:
            case "rich_text_list":
                ordered = part.get("style") == "ordered"
                for number, item in enumerate(part["elements"], 1):
                    mark = f"{number}." if ordered else "•"
                    yield f"{'  ' * part.get('indent', 0)}{mark} {self._read_leaves(item)}"
            case "rich_text_quote":
                yield from (f"> {line}" for line in self._read_leaves(part).split("\n"))
            case "rich_text_preformatted":
                yield from (f"    {line}" for line in self._read_leaves(part).split("\n"))
            case _:
                yield self._read_leaves(part).removesuffix("\n")

    def _read_leaves(self, part: Json) -> str:
        return "".join(self._read_leaf(leaf) for leaf in part["elements"])

    def _read_leaf(self, leaf: Json) -> str:
        match leaf["type"]:
            case "text":
                return str(leaf["text"])
            case "link":
                return f"{leaf['text']} ({leaf['url']})" if leaf.get("text") else str(leaf["url"])
            case "user" | "usergroup" as kind:
                named = str(leaf[f"{kind}_id"])
                return f"@{self.names.get(named, named)}"
            case "broadcast":
                return f"@{leaf['range']}"
            case "emoji":
                return f":{leaf['name']}:"
            case other:
                return f"[{other}]"

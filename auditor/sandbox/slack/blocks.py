"""What Slack rejects in blocks: its documented limits, and the total that it does not document.

Pure. Complaints are worded and addressed as Slack's own.
"""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

MAX_BLOCKS = 50
MAX_TOTAL_TEXT = 13_200
"""Characters of text over all blocks: measured, not documented."""
_MAX_TEXT = 3000
_MAX_HEADER = 150
_MAX_FIELDS, _MAX_FIELD = 10, 2000
_MAX_CONTEXT_ELEMENTS = 10
_MAX_ACTIONS, _MAX_BUTTON, _MAX_URL = 25, 75, 3000
_MAX_ID = 255
_MAX_OPTIONS = {"static_select": 100, "overflow": 5, "checkboxes": 10, "radio_buttons": 10}
_MAX_PLACEHOLDER, _MAX_VALUE, _MAX_LABEL = 150, 150, 2000
_RICH_PARTS = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}


def find_complaints(blocks: object) -> list[str]:
    """List what is wrong with a message's blocks; empty when Slack takes them."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return [_complaint("must be an array of blocks", "/blocks")]
    complaints = []
    if len(blocks) > MAX_BLOCKS:
        complaints.append(_complaint(f"no more than {MAX_BLOCKS} items allowed", "/blocks"))
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(ids)) < len(ids):
        complaints.append(_complaint("block_id already exists", "/blocks"))
    for number, block in enumerate(blocks):
        complaints += _check_block(block, f"/blocks/{number}")
    return complaints


def count_text(document: object) -> int:
    """Count the characters of all texts within blocks."""
    if isinstance(document, list):
        return sum(count_text(item) for item in document)
    if not isinstance(document, dict):
        return 0
    return sum(
        len(value) if key == "text" and isinstance(value, str) else count_text(value)
        for key, value in document.items()
    )


def _complaint(what: str, pointer: str) -> str:
    return f"[ERROR] {what} [json-pointer:{pointer}]"


def _check_block(block: Json, at: str) -> Iterator[str]:  # noqa: C901  (a table of cases)
    yield from _check_string(block.get("block_id", "-"), f"{at}/block_id", _MAX_ID)
    match block.get("type"):
        case "header":
            yield from _check_text(block.get("text"), f"{at}/text", _MAX_HEADER, plain=True)
        case "section":
            yield from _check_section(block, at)
        case "context":
            yield from _check_count(block.get("elements"), f"{at}/elements", _MAX_CONTEXT_ELEMENTS)
            for number, element in enumerate(_items(block, "elements")):
                if element.get("type") != "image":
                    yield from _check_text(element, f"{at}/elements/{number}", _MAX_TEXT)
        case "actions":
            yield from _check_count(block.get("elements"), f"{at}/elements", _MAX_ACTIONS)
            for number, element in enumerate(_items(block, "elements")):
                yield from _check_element(element, f"{at}/elements/{number}")
        case "rich_text":
            yield from _check_rich_text(block, at)
        case "input":
            yield from _check_input(block, at)
        case "divider":
            pass
        case unknown:
            yield _complaint(f"unsupported type: {unknown}", f"{at}/type")


def _check_input(block: Json, at: str) -> Iterator[str]:
    yield from _check_text(block.get("label"), f"{at}/label", _MAX_LABEL, plain=True)
    element = block.get("element")
    if not isinstance(element, dict):
        yield _complaint("missing required field: element", at)
    elif element.get("type") in _MAX_OPTIONS:
        yield from _check_element(element, f"{at}/element")


def _items(holder: Json, name: str) -> list[Json]:
    items = holder.get(name)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _check_count(items: object, at: str, most: int) -> Iterator[str]:
    if not isinstance(items, list) or not items:
        yield _complaint("no fewer than 1 items allowed", at)
    elif len(items) > most:
        yield _complaint(f"no more than {most} items allowed", at)


def _check_string(text: object, at: str, most: int) -> Iterator[str]:
    if not isinstance(text, str):
        yield _complaint("must be a string", at)
    elif not text:
        yield _complaint("must be more than 0 characters", at)
    elif len(text) > most:
        yield _complaint(f"must be less than {most + 1} characters", at)


def _check_text(text: object, at: str, most: int, *, plain: bool = False) -> Iterator[str]:
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield _complaint(f"must be a text object of {' or '.join(sorted(kinds))}", at)
    else:
        yield from _check_string(text.get("text"), f"{at}/text", most)


def _check_section(block: Json, at: str) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield _complaint("missing required field: text or fields", at)
    if "text" in block:
        yield from _check_text(block["text"], f"{at}/text", _MAX_TEXT)
    if "fields" in block:
        yield from _check_count(block["fields"], f"{at}/fields", _MAX_FIELDS)
        for number, text in enumerate(_items(block, "fields")):
            yield from _check_text(text, f"{at}/fields/{number}", _MAX_FIELD)
    if "accessory" in block:
        yield from _check_button(block["accessory"], f"{at}/accessory")


def _check_element(element: Json, at: str) -> Iterator[str]:
    if element.get("type") not in _MAX_OPTIONS:
        yield from _check_button(element, at)
        return
    yield from _check_string(element.get("action_id", "-"), f"{at}/action_id", _MAX_ID)
    if element["type"] == "static_select" and "placeholder" in element:
        where = f"{at}/placeholder"
        yield from _check_text(element["placeholder"], where, _MAX_PLACEHOLDER, plain=True)
    options, most = element.get("options"), _MAX_OPTIONS[element["type"]]
    yield from _check_count(options, f"{at}/options", most)
    for number, option in enumerate(_items(element, "options")):
        here = f"{at}/options/{number}"
        yield from _check_text(option.get("text"), f"{here}/text", _MAX_BUTTON, plain=True)
        yield from _check_string(option.get("value"), f"{here}/value", _MAX_VALUE)


def _check_button(element: object, at: str) -> Iterator[str]:
    if not isinstance(element, dict) or element.get("type") != "button":
        yield _complaint("only buttons are known here", at)
        return
    yield from _check_text(element.get("text"), f"{at}/text", _MAX_BUTTON, plain=True)
    yield from _check_string(element.get("action_id", "-"), f"{at}/action_id", _MAX_ID)
    if "url" in element:
        yield from _check_string(element["url"], f"{at}/url", _MAX_URL)
        if not str(element["url"]).startswith(("https://", "http://")):
            yield _complaint("invalid url", f"{at}/url")


def _check_rich_text(block: Json, at: str) -> Iterator[str]:
    yield from _check_count(block.get("elements"), f"{at}/elements", MAX_TOTAL_TEXT)
    for number, part in enumerate(_items(block, "elements")):
        here = f"{at}/elements/{number}"
        if part.get("type") not in _RICH_PARTS:
            yield _complaint(f"unsupported type: {part.get('type')}", f"{here}/type")
        elif part["type"] == "rich_text_list":
            yield from _check_rich_text(part, here)
        else:
            for place, leaf in enumerate(_items(part, "elements")):
                if leaf.get("type") == "text":
                    where = f"{here}/elements/{place}/text"
                    yield from _check_string(leaf.get("text"), where, MAX_TOTAL_TEXT)

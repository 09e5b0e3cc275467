"""Rebuilds our blocks with slackblocks, which rejects what Slack would reject."""

from typing import Any

import slackblocks as peer

Json = dict[str, Any]
IGNORED_KEYS = {"block_id", "emoji", "offset", "border"}


def rebuild(blocks: list[Json]) -> tuple[Any, Any]:
    """Return the blocks, and the same as the independent library writes them; raise its errors."""
    message = peer.Message(channel="C1", text="-", blocks=[_block(each) for each in blocks])
    return _bare(blocks), _bare(message.to_dict().get("blocks", []))


def _bare(json: Any) -> Any:
    """Remove the keys that the library adds or omits."""
    if isinstance(json, list):
        return [_bare(each) for each in json]
    if isinstance(json, dict):
        return {key: _bare(each) for key, each in json.items() if key not in IGNORED_KEYS}
    return json


def _block(block: Json) -> peer.Block:
    match block["type"]:
        case "rich_text":
            return peer.RichTextBlock([_part(part) for part in block["elements"]])
        case "actions":
            buttons: list[peer.Element] = [
                peer.Button(_plain(each["text"]), action_id=each["action_id"], url=each["url"])
                for each in block["elements"]
            ]
            return peer.ActionsBlock(buttons)
        case "header":
            return peer.HeaderBlock(_plain(block["text"]))
        case "context":
            return peer.ContextBlock([_plain(each) for each in block["elements"]])
    raise AssertionError(block["type"])


def _plain(text: Json) -> peer.Text:
    assert text["type"] == "plain_text"
    return peer.Text(text["text"], type_=peer.TextType.PLAINTEXT, emoji=text["emoji"])


def _part(part: Json) -> peer.RichTextObject:
    match part["type"]:
        case "rich_text_section":
            return _section(part)
        case "rich_text_list":
            lines = [_section(each) for each in part["elements"]]
            return peer.RichTextList(style=part["style"], elements=lines)
        case "rich_text_preformatted":
            return peer.RichTextCodeBlock([_leaf(each) for each in part["elements"]])
    raise AssertionError(part["type"])


def _section(part: Json) -> peer.RichTextSection:
    return peer.RichTextSection([_leaf(each) for each in part["elements"]])


def _leaf(leaf: Json) -> peer.RichTextElement:
    match leaf["type"]:
        case "text":
            return peer.RichText(leaf["text"], **leaf.get("style", {}))
        case "link":
            return peer.RichTextLink(url=leaf["url"], text=leaf["text"])
        case "user":
            return peer.RichTextUser(leaf["user_id"])
        case "usergroup":
            return peer.RichTextUserGroup(leaf["usergroup_id"])
    raise AssertionError(leaf["type"])

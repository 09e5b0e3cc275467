"""Our blocks, built anew by slackblocks, which refuses what Slack would refuse."""

import slackblocks as peer
from slackblocks.rich_text import ListType


def rebuild(blocks: list[dict]) -> list[dict]:
    """Return the blocks as the independent library writes them; raise what it objects to."""
    message = peer.Message(channel="C1", text="-", blocks=[_block(each) for each in blocks])
    rebuilt = message.to_dict().get("blocks", [])
    return [{k: v for k, v in block.items() if k != "block_id"} for block in rebuilt]


def _block(block: dict) -> peer.Block:
    match block["type"]:
        case "rich_text":
            return peer.RichTextBlock([_part(part) for part in block["elements"]])
        case "actions":
            buttons = [
                peer.Button(_plain(each["text"]), action_id=each["action_id"], url=each["url"])
                for each in block["elements"]
            ]
            return peer.ActionsBlock(buttons)
        case "header":
            return peer.HeaderBlock(_plain(block["text"]))
        case "context":
            return peer.ContextBlock([_plain(each) for each in block["elements"]])
    raise AssertionError(block["type"])


def _plain(text: dict) -> peer.Text:
    assert text["type"] == "plain_text"
    return peer.Text(text["text"], type_=peer.TextType.PLAINTEXT, emoji=text["emoji"])


def _part(part: dict) -> peer.RichTextObject:
    match part["type"]:
        case "rich_text_section":
            return peer.RichTextSection([_leaf(each) for each in part["elements"]])
        case "rich_text_list":
            lines = [_part(each) for each in part["elements"]]
            return peer.RichTextList(style=ListType(part["style"]), elements=lines)
        case "rich_text_preformatted":
            return peer.RichTextCodeBlock([_leaf(each) for each in part["elements"]])
    raise AssertionError(part["type"])


def _leaf(leaf: dict) -> peer.RichTextElement:
    match leaf["type"]:
        case "text":
            return peer.RichText(leaf["text"], **leaf.get("style", {}))
        case "user":
            return peer.RichTextUser(leaf["user_id"])
        case "usergroup":
            return peer.RichTextUserGroup(leaf["usergroup_id"])
    raise AssertionError(leaf["type"])

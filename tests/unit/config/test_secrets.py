"""A secret shows itself to nobody who does not ask for it by name."""

import copy
import json
import pickle

import msgspec
import pytest

from auditor.config.secrets import OktaCredentials, Secret

SECRET = Secret("s3cr3t")


def test_it_is_revealed_when_asked_for() -> None:
    assert SECRET.reveal() == "s3cr3t"


@pytest.mark.parametrize(
    "shown",
    [
        str(SECRET),
        repr(SECRET),
        f"{SECRET}",
        f"{SECRET!r:>40}",
        repr([SECRET]),
        repr(OktaCredentials(token=SECRET)),
    ],
)
def test_no_text_of_it_shows_it(shown: str) -> None:
    assert "s3cr3t" not in shown
    assert "****" in shown


@pytest.mark.parametrize("write", [msgspec.json.encode, json.dumps, pickle.dumps, copy.deepcopy])
def test_it_is_never_written_down(write: object) -> None:
    with pytest.raises(TypeError):
        write(SECRET)  # type: ignore[operator]  # of many kinds


def test_it_is_equal_to_its_like_only() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("ä")}) == 2


def test_an_empty_one_is_none() -> None:
    assert not Secret("")
    assert SECRET

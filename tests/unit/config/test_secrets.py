"""A secret is masked in every text form."""

import copy
import json
import pickle

import msgspec
import pytest

from auditor.config.secrets import OktaCredentials, Secret

SECRET = Secret("s3cr3t")


def test_reveal_returns_the_value() -> None:
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
def test_every_text_form_is_masked(shown: str) -> None:
    assert "s3cr3t" not in shown
    assert "****" in shown


@pytest.mark.parametrize("write", [msgspec.json.encode, json.dumps, pickle.dumps, copy.deepcopy])
def test_it_cannot_be_serialized(write: object) -> None:
    with pytest.raises(TypeError):
        write(SECRET)  # type: ignore[operator]  # of many kinds


def test_two_secrets_are_equal_when_their_values_are() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("ä")}) == 2


def test_an_empty_secret_is_false() -> None:
    assert not Secret("")
    assert SECRET

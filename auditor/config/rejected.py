"""The error of one value in auditor.toml, without its place. Pure, without pydantic."""


class RejectedError(ValueError):
    """A value that cannot be used, with the reason and the fix.

    Neither text may quote a value that can be a secret. The code that knows the place (the file and
    the key, or the command-line option) writes the line for people.
    """

    def __init__(self, what: str, remedy: str, *, other: tuple[str | int, ...] = ()) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy
        self.other = other
        """The path of another value that the error is about; empty: there is none."""

    def __str__(self) -> str:
        return f"{self.what} ({self.remedy})"

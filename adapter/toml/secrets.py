"""Values that must not be seen: kept in the environment or in a file, never shown. Knows nothing of their use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr, ValidationError, model_validator

from adapter.toml.load import Strict


class _SecretSource(Strict):
    """Where a secret is kept."""

    env: str | None = None
    """Name of the environment variable that holds it."""
    file: str | None = None
    """Path of the file that holds it; blanks and line ends around it are dropped."""

    @model_validator(mode="after")
    def _one_of_both(self) -> _SecretSource:
        if (self.env is None) == (self.file is None):
            raise ValueError('a secret is a text, { env = "NAME" } or { file = "path" }')
        return self


def _resolve(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    try:
        source = _SecretSource.model_validate(value)
    except ValidationError:
        raise ValueError('a secret is a text, { env = "NAME" } or { file = "path" }') from None
    if source.env is not None:
        found = os.environ.get(source.env)
        if not found:
            raise ValueError(f"the environment variable {source.env} is not set")
        return found
    try:
        found = Path(source.file or "").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ValueError(f"the file {source.file} cannot be read: {reason}") from None
    if not found:
        raise ValueError(f"the file {source.file} is empty")
    return found


Secret = Annotated[SecretStr, BeforeValidator(_resolve)]
"""A text that is never shown: given as it is, or as `{ env = "NAME" }`, or as `{ file = "path" }`."""

"""The codecs by their names: those that come with the adapter, and those that installed packages bring.

A package brings one by an entry point of the group `epos_adapter.codecs`, whose name is the name of the codec and whose
object is a function: see `content.Codec`. A name of ours stays ours. Loads a codec's module only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from adapter.mapping.codecs.content import Codec

GROUP = "epos_adapter.codecs"

_OURS: Mapping[str, str] = {
    "java-openbravo": "adapter.mapping.codecs.java_openbravo",
    "json": "adapter.mapping.codecs.json_text",
    "xml-properties": "adapter.mapping.codecs.xml_properties",
}
"""The modules of our own codecs; each has a function `decode`."""

_NEEDS: Mapping[str, str] = {"java-openbravo": "unicenta"}
"""The optional extra that brings what a codec needs."""


class CodecMissing(LookupError):
    """A codec cannot be had here; the reason says what to do."""


def codec_names() -> list[str]:
    """Every name that a mapping may use here, in order."""
    return sorted({*_OURS, *(each.name for each in entry_points(group=GROUP))})


def codec_named(name: str) -> Codec:
    """The codec of a name.

    Raises CodecMissing where it is not installed, or a library that it needs is not.
    """
    found: Any
    try:
        if name in _OURS:
            found = import_module(_OURS[name]).decode
        else:
            found = next(each for each in entry_points(group=GROUP) if each.name == name).load()
    except StopIteration:
        raise CodecMissing(f"there is no codec {name}") from None
    except (ImportError, AttributeError) as error:
        if name in _NEEDS:
            reason = f'the codec {name} needs a library: pip install "epos-adapter[{_NEEDS[name]}]"'
            raise CodecMissing(reason) from None
        raise CodecMissing(f"the codec {name} cannot be loaded: {error}") from None
    if not callable(found):
        raise CodecMissing(f"the codec {name} is no function")
    codec: Codec = found
    return codec


@dataclass(slots=True)
class Remembering:
    """A codec with a memory of its latest value: several fields and entities are read from one."""

    codec: Codec
    _value: Any = field(default=None, init=False)
    _content: Any = field(default=None, init=False)

    def __call__(self, value: Any) -> Any:
        """What the codec makes of a value; it is not to be changed.

        Raises Undecodable, as often as it is asked.
        """
        if self._value.__class__ is not value.__class__ or self._value != value:
            content = self.codec(value)
            self._value, self._content = value, content
        return self._content

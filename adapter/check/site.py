"""Looks at what differs from one installation to the next: constants that are read, and the two clocks."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from adapter.check.looking import Look

_MOST_APART = 5.0
"""Seconds that the clocks may differ by."""


async def look_at_site(look: Look) -> None:
    """Find constants that give nothing, and clocks that disagree."""
    site = look.mapping.file.site
    for name in sorted(look.fit.empty):
        default = site[name].default
        said = "and there is no default" if default in (None, "") else f"so the default {default!r} counts"
        look.findings.add(
            "note" if default is not None else "warning",
            "site-empty",
            ("site", name, "read"),
            f"gives nothing, {said}",
            f"set it in {look.config_file}: [site] {name} = ...",
        )
    for name, reason in sorted(look.fit.unread.items()):
        if reason:
            look.findings.add("note", "not-checked", ("site", name, "read"), f"not read, because {reason}")
    await _clock(look)


async def _clock(look: Look) -> None:
    if look.inspector is None:
        look.not_on_this_engine((), "the clock")
        return
    before = time.time()
    moment = await look.inspector.clock(look.prober)
    after = time.time()
    if moment is None:
        return
    look.now = datetime.fromtimestamp(moment, UTC)
    # What asking took tells nothing of the clocks.
    apart = max(before - moment, moment - after, 0.0)
    if apart > _MOST_APART:
        look.findings.beside(
            "warning",
            "clock-differs",
            str(look.config_file),
            "database.url",
            f"this machine's clock and the database's are {apart:.0f} seconds apart",
            "let both set their clocks by the network (NTP)",
        )

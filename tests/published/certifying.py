"""Certifies every shipped mapping in the EPOS Data API, with payments. Run when it is asked for: it is no part of the suite."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.certify.test_shipped import certificate, failures


@pytest.mark.parametrize(
    ("mapping", "engine", "site"),
    [
        ("floreant", "postgresql", {"vat_number": "GB 000 0000 00"}),
        ("pasteque", "postgresql", {}),
        ("pasteque", "mariadb", {}),
        ("pasteque", "sqlite", {}),
        ("ospos", "mariadb", {}),
        ("unicenta", "postgresql", {"covers_per_table": 4}),
    ],
)
def test_a_shipped_mapping_certifies(
    mapping: str, engine: str, site: dict[str, object], elsewhere: Callable[[str, str], str]
):
    found = certificate(mapping, elsewhere(mapping, engine), payments=True, protocol="epos-data", site=site)
    assert failures(found) == {}

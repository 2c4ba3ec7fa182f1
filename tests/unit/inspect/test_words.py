"""Names of tables and columns are taken apart into words that are known."""

from __future__ import annotations

import pytest

from adapter.inspect.words import concepts, referred, stems, words


@pytest.mark.parametrize("name", ["SharedTicketLines", "shared_ticket_lines", "sharedticketlines", "SHAREDTICKETLINES"])
def test_a_name_has_the_same_words_however_it_is_written(name: str):
    assert words(name) == ("shared", "ticket", "lines")


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("shop_table", "table"),
        ("PLACES", "table"),
        ("Tische", "table"),
        ("mesas", "table"),
        ("chk_dtl", "check"),
        ("Rechnungspositionen", "line"),
        ("Zahlungen", "payment"),
        ("tmed_dtl", "payment"),
        ("camareros", "staff"),
        ("Sitzplätze", "capacity"),
        ("custcount", "guests"),
        ("Trinkgeld", "tip"),
    ],
)
def test_words_of_several_languages_are_known(name: str, concept: str):
    assert concept in concepts(name)


def test_a_word_that_nobody_knows_stays_whole():
    assert words("zzqxy") == ("zzqxy",)
    assert not concepts("zzqxy")


@pytest.mark.parametrize("column", ["ticket_id", "TICKETID", "id_ticket", "TicketNr", "tickets_fk"])
def test_a_reference_speaks_of_what_it_refers_to(column: str):
    assert referred(column) == ("ticket",)


def test_singular_and_plural_compare_equal():
    assert stems("dinner_tables") == stems("DinnerTable")
    assert stems("Rechnungspositionen") == stems("RechnungPosition")

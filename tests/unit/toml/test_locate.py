from __future__ import annotations

import pytest

from adapter.toml.locate import dotted, locate, overlaid


def test_the_keys_of_a_plain_file_have_their_lines_and_columns():
    found = locate('a = 1\n\n  [b]\n  c = "x"\n  d.e = 2\n')
    assert found.place(("a",)) == (1, 1)
    assert found.place(("b",)) == (3, 3)
    assert found.place(("b", "c")) == (4, 3)
    assert found.place(("b", "d", "e")) == (5, 3)


def test_a_key_that_is_not_there_stands_at_the_nearest_one_above():
    found = locate("x = 1\n[a]\nb = 2\n")
    assert found.place(("a", "c", "d")) == (2, 1)
    assert found.place(("nothing",)) == (1, 1)
    assert found.place(()) == (1, 1)


def test_tables_of_an_array_have_numbers():
    found = locate("[[a]]\nx = 1\n[[a]]\nx = 2\n[a.b]\ny = 3\n[[a.c]]\n[[a.c]]\nz = 4\n")
    assert found.place(("a", 0, "x")) == (2, 1)
    assert found.place(("a", 1, "x")) == (4, 1)
    assert found.place(("a", 1, "b", "y")) == (6, 1)
    assert found.place(("a", 1, "c", 1, "z")) == (9, 1)


def test_elements_of_an_array_over_several_lines_have_their_own_places():
    found = locate('a = [\n  1, # "one"\n  { b = [2, 3] },\n  "x",\n]\n')
    assert found.place(("a", 0)) == (2, 3)
    assert found.place(("a", 1, "b")) == (3, 5)
    assert found.place(("a", 1, "b", 1)) == (3, 13)
    assert found.inside(("a", 2), 0) == (4, 4)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ('"a b"', "a b"),
        ("'a.b'", "a.b"),
        ('"a\\"b"', 'a"b'),
        ('"a\\u0062"', "ab"),
        ('"a\\\\"', "a\\"),
        ("'a\\'", "a\\"),
        ('""', ""),
        ('"é=#"', "é=#"),
    ],
)
def test_a_quoted_key_is_found_by_the_name_that_it_means(key: str, name: str):
    found = locate(f"first = 1\n{key} = 2\nlast = 3\n")
    assert (name,) in found.keys
    assert found.place((name,)) == (2, 1)
    assert found.place(("last",)) == (3, 1)


def test_a_key_with_an_escaped_quote_may_name_a_table():
    found = locate('["a\\"b".c]\nd = 1\n')
    assert found.place(('a"b', "c", "d")) == (2, 1)


@pytest.mark.parametrize(
    ("text", "index", "place"),
    [
        ('a = "xyz"', 0, (1, 6)),
        ('a = "xyz"', 2, (1, 8)),
        ("a = 'x\\y'", 2, (1, 8)),
        ('a = "\\u00e9\\"z"', 1, (1, 12)),
        ('a = "\\u00e9\\"z"', 2, (1, 14)),
        ('a = "\\tz"', 1, (1, 8)),
        ('a = """\nx\n  y"""', 4, (3, 3)),
        ('a = """x\n  y"""', 4, (2, 3)),
        ("a = '''\nx\\\n y'''", 4, (3, 2)),
        ('a = """\nx\\\n   y"""', 1, (3, 4)),
        ('a = """\nx\\  \n\n   yz"""', 2, (4, 5)),
        ('a = """\\\n  y"""', 0, (2, 3)),
        ('a = """x\\\n\u00a0y"""', 1, (2, 1)),
        ('a = """x\\\\\ny"""', 2, (1, 11)),
    ],
)
def test_a_character_of_a_string_is_found(text: str, index: int, place: tuple[int, int]):
    assert locate(text).inside(("a",), index) == place
    assert locate(text.replace("\n", "\r\n")).inside(("a",), index) == place


def test_a_character_of_what_is_no_string_stands_at_its_key():
    assert locate("x = 1\na = 5\n").inside(("a",), 3) == (2, 1)


def test_a_character_beyond_the_end_stands_at_the_end():
    assert locate("a = 'x'").inside(("a",), 500) == (1, 8)


@pytest.mark.parametrize(
    "text", ['a = """x""""\nb = 1', "a = '''x'''''\nb = 1", 'a = """"x"""\nb = 1', 'a = ""\nb = 1']
)
def test_quotes_at_the_edges_of_a_string_belong_to_it(text: str):
    assert locate(text).place(("b",)) == (2, 1)


def test_a_path_is_written_as_people_write_it():
    assert dotted(("session", "tables", "from")) == "session.tables.from"
    assert dotted(("connection", 0, "dial")) == "connection[0].dial"
    assert dotted(()) == ""


def test_what_is_laid_over_a_text_is_found_where_it_stands():
    text = (
        "[session]\nfrom = 'a'\nname = { column = 'n', missing = 'x' }\n[[charge]]\nid = '1'\n[[charge]]\nid = '2'\n"
        "[over.new.session]\nname = 'm'\n[[over.new.charge]]\nid = '3'\n"
    )
    found = overlaid(locate(text), ("over", "new"), [("session", "name"), ("charge",)])
    lines = text.splitlines()
    said = {path: lines[found.place(path)[0] - 1] for path in found.keys}
    assert said[("session",)] == "[session]"
    assert said[("session", "from")] == "from = 'a'"
    assert said[("session", "name")] == "name = 'm'"
    assert said[("charge", 0, "id")] == "id = '3'"
    assert ("charge", 1) not in said
    assert ("session", "name", "missing") not in said
    assert not [path for path in said if path[0] == "over"]
    assert found.name(("session", "name", "missing")) == ("over", "new", "session", "name", "missing")
    assert found.name(("session", "from")) == ("session", "from")
    assert found.inside(("session", "name"), 0) == (9, 9)

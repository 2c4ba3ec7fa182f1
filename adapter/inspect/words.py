"""What the names of tables and columns may mean, in the languages that restaurants keep their tills in.

A table of words and how names are taken apart; knows nothing of databases.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_CONCEPTS: dict[str, str] = {
    # things
    "area": "area floor hall raum bereich saal sala salle section zona zone room terrasse revier",
    "check": "addition bestellung beleg bill bon check chk comanda commande conto cuenta factura invoice nota order"
    " ordine pedido pedidos rechnung receipt rekening sale scontrino tab ticket venta vente vorgang wizyta zamowienie"
    " kopf testata cabecera",
    "discount": "coupon descuento discount dsc korting nachlass promo promotion rabatt rebate reduction remise sconto",
    "line": "detail detalle dtl entry item itemized ligne line linea position pos posten regel riga row zeile menus",
    "modifier": "addon beilage condiment extra ingredient modificador modifier modifikator option supplement topping"
    " zusatz",
    "payment": "betaling pago pagamento paiement pay payment settlement tender tmed transaction zahlung",
    "product": "article artikel dish gericht menu platillo plato plu producto product produit prodotto speise stockitem",
    "staff": "bediener bedienung camarero cameriere cashier clerk employee emp kellner mesero mitarbeiter ober operator"
    " owner people person personal serveur server staff user usuario waiter",
    "table": "mesa platz stol stolik table tafel tavolo tisch place tbl bord",
    "tax": "btw gst impuesto imposta iva mwst steuer tax tva ust vat",
    # what they have
    "area_word": "bar garden terrace",
    "balance": "balance due offener offen_betrag remaining rest restbetrag saldo",
    "capacity": "capacidad capacity capienza cover plaetze pax seat sitz sitzplatz sitzplaetze stuehle",
    "closed": "abgeschlossen beendet bezahlt cerrado chiuso clos close closed closing complete completed done end ende"
    " ended erledigt ferme finish finished geschlossen paid pagado paye schluss settle settled clsd",
    "code": "barcode code kod kennung plu sku reference",
    "cost": "cost costo cout einkauf einkaufspreis ek wareneinsatz",
    "count_word": "count cnt",
    "currency": "currency devise divisa moneda valuta waehrung cname",
    "delivery": "delivery lieferung envio livraison",
    "fraction_word": "fraction fractional weight gewicht",
    "guests": "comensal couvert cov cover covers cust custcount gaeste gast guest ospiti pax personen",
    "id": "id key nr num no number nummer numero ident seq uid uuid guid fk ref pk",
    "method": "art kind method mode medium tipo type zahlart zahlungsart",
    "moment": "at date datetime datum fecha heure hora time timestamp uhrzeit zeit",
    "name": "beschreibung bezeichnung caption descripcion description label libelle name nom nombre nome titel title"
    " firstname lastname surname vorname nachname"
    " text",
    "numbered": "folio nr num no number nummer numero",
    "opened": "abierto angelegt apertura beginn begin create created creation eroeffnet erstellt geoeffnet ouvert"
    " ouverture open opened opening start started von",
    "order": "idx index lfd lfdnr line ordinal ordre orden pos position reihenfolge seq sequence sort sortierung zeile",
    "paid": "bezahlt gezahlt paid pagado paye payed betaald pymnt",
    "percent": "pct percent percentage prozent rate satz",
    "price": "amt amount betrag importe montant preis precio price prezzo prijs prix einzelpreis stueckpreis ttl",
    "quantity": "anzahl cantidad count menge qty quantite quantity quantita stueck stk units unit hoeveelheid",
    "service": "gratuities service servicio svc sc bedienungsgeld",
    "status": "estado etat open stand state stato status zustand",
    "subtotal": "netto sub subtotal zwischensumme",
    "tip": "gratuity propina pourboire tip trinkgeld tips mancia",
    "total": "brutto ges gesamt gesamtbetrag gesamtsumme grand importe summe sum total totale ttl",
    "void": "anulado annule cancel canceled cancelled delete deleted storniert storno void voided",
    # what a name says beside it
    "dining": "dine dining dinner gastro lokal resto restaurant shop",
    "live": "active aktiv current held hold live offen open parked pending shared suspended unpaid",
    "past": "archive archiv backup bak deleted hist history log old",
    "aside": "action addon_relation app attendance attendence attribute audit booking cash config cooking customer"
    " driver drawer expense giftcard gift grant group gruppe inventory instruction journal kds kit kitchen kunde"
    " layout lieferant location migration module notification permission plan printer property properties provider"
    " purchase quantity recepie receiving recipe report reservation reservierung role setting session shift size stock"
    " supplier temp template tmp vendor voucher warehouse web package point code jurisdiction terminal resource"
    " customerorder",
    "kind_of": "category categoria kategorie class type typ typen gruppe group status properties property relation",
    "join_word": "link map xref rel relation join assignment zuordnung num",
    "person_word": "address adresse anschrift birthday card cardno email first firstname iban last lastname mail mobile"
    " pan pass passwd password phone pin surname telefon telephone vorname nachname zip note notiz comment customer kunde"
    " guest gast",
}


def _forms(word: str) -> list[str]:
    forms = [word, word + "s", word + "es", word + "n", word + "en", word + "e", word + "er"]
    if word.endswith("y"):
        forms.append(word[:-1] + "ies")
    return forms


def _learned() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    said: dict[str, set[str]] = {}
    for concept, listed in _CONCEPTS.items():
        for word in listed.split():
            said.setdefault(word, set()).add(concept)
            for form in _forms(word) if len(word) > _SHORT else [word]:
                found.setdefault(form, set()).add(concept)
    # A word that is listed itself means what its entries say, not what it would be as the plural of another.
    return {form: frozenset(said.get(form, concepts)) for form, concepts in found.items()}


_SHORT = 2
_MEANINGS = _learned()
"""Every known form of a word and what it may mean."""

_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+|\d+")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
_SHORTEST_INSIDE = 3
"""Letters of a known word that is found inside a longer one."""


@cache
def words(name: str) -> tuple[str, ...]:
    """The words of a name: `SharedTicketLines`, `shared_ticket_lines` and `sharedticketlines` have the same three."""
    plain = unicodedata.normalize("NFKD", name.translate(_UMLAUTS)).encode("ascii", "ignore").decode()
    found: list[str] = []
    for piece in _PIECES.findall(plain):
        small = piece.lower()
        found += [small] if small in _MEANINGS or small.isdigit() else _apart(small)
    return tuple(found)


def _apart(text: str) -> list[str]:
    """A word of several run together, taken apart where nearly all of it is known; else as it is."""
    # best[i]: (letters not understood, number of words, words) of text[:i]
    best: list[tuple[int, int, tuple[str, ...]]] = [(0, 0, ())]
    for end in range(1, len(text) + 1):
        missed, count, said = best[end - 1]
        choices = [(missed + 1, count, said)]
        for start in range(end - _SHORTEST_INSIDE + 1):
            if text[start:end] in _MEANINGS:
                before, number, earlier = best[start]
                choices.append((before, number + 1, (*earlier, text[start:end])))
        if end == len(text) and text[-2:] in ("id", "nr", "no"):
            before, number, earlier = best[end - 2]
            choices.append((before, number + 1, (*earlier, text[-2:])))
        best.append(min(choices, key=lambda choice: choice[:2]))
    missed, _, said = best[-1]
    return list(said) if said and missed <= max(1, len(text) // 6) else [text]


@cache
def meanings(word: str) -> frozenset[str]:
    """What a single word may mean; empty for an unknown one."""
    return _MEANINGS.get(word, frozenset())


@cache
def concepts(name: str) -> frozenset[str]:
    """Everything that a name may be about."""
    return frozenset(concept for word in words(name) for concept in meanings(word))


@cache
def stem(word: str) -> str:
    """The shortest known form of a word, so that singular and plural compare equal."""
    for length in range(2, len(word)):
        short = word[:length]
        if short in _MEANINGS and word in _forms(short) and _MEANINGS[short] & meanings(word):
            return short
    for end in ("ies", "es", "s"):
        if word.endswith(end) and len(word) > len(end) + 2:
            return word.removesuffix(end) + ("y" if end == "ies" else "")
    return word


@cache
def stems(name: str) -> tuple[str, ...]:
    """The words of a name, each as its stem."""
    return tuple(stem(word) for word in words(name))


_REFERRING = frozenset({"id", "key", "nr", "num", "no", "number", "nummer", "ident", "seq", "fk", "ref", "uid", "guid"})


@cache
def referred(column: str) -> tuple[str, ...]:
    """The words of a column's name without those that only say that it refers: `id_ticket`, `ticket_id`, `TICKETNR`."""
    return tuple(one for one in stems(column) if one not in _REFERRING and not one.isdigit())

CREATE TABLE reglage (groupe TEXT, nom TEXT, val TEXT, PRIMARY KEY (groupe, nom));
CREATE TABLE salle (code TEXT PRIMARY KEY, nom TEXT);
CREATE TABLE place (salle TEXT, no INTEGER, sieges TEXT, etat INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (salle, no));
CREATE TABLE equipe (badge TEXT PRIMARY KEY, nom TEXT);
CREATE TABLE taxe (code TEXT PRIMARY KEY, bit INTEGER NOT NULL, cent_mille INTEGER NOT NULL, nom TEXT);
CREATE TABLE addition (
  jour INTEGER NOT NULL, caisse INTEGER NOT NULL, seq INTEGER NOT NULL, ouvert_hm INTEGER NOT NULL, ferme_hm INTEGER,
  badge TEXT, info TEXT, etat INTEGER NOT NULL DEFAULT 0, total INTEGER, tenu TEXT, PRIMARY KEY (jour, caisse, seq));
CREATE TABLE addition_place (jour INTEGER, caisse INTEGER, seq INTEGER, rang INTEGER, salle TEXT, no INTEGER, PRIMARY KEY (jour, caisse, seq, rang));
CREATE TABLE ligne (
  jour INTEGER, caisse INTEGER, seq INTEGER, n INTEGER, sku TEXT, libelle TEXT, qte_m INTEGER, cents INTEGER,
  etat INTEGER NOT NULL DEFAULT 0, extras TEXT, PRIMARY KEY (jour, caisse, seq, n));
CREATE TABLE addition_taxe (jour INTEGER, caisse INTEGER, seq INTEGER, code TEXT, cents INTEGER, PRIMARY KEY (jour, caisse, seq, code));
CREATE TABLE versement (
  jour INTEGER, caisse INTEGER, seq INTEGER, n INTEGER, masque INTEGER NOT NULL, cents INTEGER NOT NULL, pourboire INTEGER, jeton TEXT,
  PRIMARY KEY (jour, caisse, seq, n));
INSERT INTO reglage VALUES ('lieu', 'fuseau', 'America/Toronto'), ('lieu', 'devise', 'CAD'), ('journee', 'coupure', '0400');
INSERT INTO salle VALUES ('A', 'Salle'), ('B', 'Terrasse - Nord'), ('EMP', NULL);
INSERT INTO place VALUES ('A', 1, '4', 0), ('A', 2, '2 + 1', 0), ('A', 3, '', 1), ('A', 4, NULL, 2), ('B', 1, '6', 0), ('B', 2, '6', 0), ('EMP', 1, '0', 0);
INSERT INTO equipe VALUES ('S07', 'Tremblay, Anne'), ('S12', 'Roy'), ('KIOSK', 'Borne');
INSERT INTO taxe VALUES ('TPS', 4, 5000, 'TPS 5 %'), ('TVQ', 8, 9975, 'TVQ 9,975 %'), ('ALC', 16, 3000, 'Alcool 3 %');
INSERT INTO addition VALUES
(20261124, 1, 1, 2350, 45, 'S07', '{"couverts":"2"}', 1, 944, NULL),
(20261125, 1, 1, 1805, NULL, 'S07', '{"couverts":"3"}', 0, 3607, NULL),
(20261125, 1, 2, 130, NULL, 'S12', '', 8, 2205, ''),
(20261125, 1, 3, 1900, 2040, 'S07', NULL, 9, 1035, NULL),
(20261125, 1, 4, 1910, NULL, 'S07', NULL, 2, 575, NULL),
(20261125, 1, 5, 1915, NULL, 'S07', NULL, 4, 575, NULL),
(20261125, 1, 6, 1920, NULL, 'S12', 'pas du JSON', 8, 840, 'K:2'),
(20261125, 1, 7, 1925, NULL, 'S12', '{"couverts":null}', 0, 525, NULL),
(20261125, 2, 1, 1930, NULL, 'KIOSK', '{}', 256, NULL, NULL);
INSERT INTO addition_place VALUES
(20261124, 1, 1, 1, 'A', 1), (20261125, 1, 1, 1, 'A', 1), (20261125, 1, 2, 1, 'B', 2), (20261125, 1, 2, 2, 'B', 1),
(20261125, 1, 3, 1, 'A', 2), (20261125, 1, 6, 1, 'A', 4), (20261125, 1, 7, 1, 'A', 1);
INSERT INTO ligne VALUES
(20261124, 1, 1, 1, '30', 'Vin', 1000, 800, 28, NULL),
(20261125, 1, 1, 1, '10', 'Burger', 1000, 1500, 12, '[{"sku":"101","n":"Bacon","p":"2,00","q":1}]'),
(20261125, 1, 1, 2, '31', 'Bière', 2000, 700, 28, '[]'),
(20261125, 1, 1, 3, '', '*** FEU ***', 0, 0, 128, NULL),
(20261125, 1, 1, 4, '10', 'Burger', 1000, 1500, 13, '[{"sku":"101","n":"Bacon","p":"2,00","q":1}]'),
(20261125, 1, 2, 1, '11', 'Frites', 1000, 600, 12, ''),
(20261125, 1, 2, 2, '12', 'Tarte', 1000, 900, 14, '[{"sku":"102","n":"Crème","p":"1,00"}]'),
(20261125, 1, 2, 3, '13', 'Fromage', 350, 4000, 0, NULL),
(20261125, 1, 2, 4, 'SRV', 'Service', 1000, 300, 44, NULL),
(20261125, 1, 2, 5, 'RAB', 'Rabais', 1000, -200, 76, NULL),
(20261125, 1, 3, 1, '40', 'Café', 3000, 300, 12, NULL),
(20261125, 1, 4, 1, '10', 'Burger', 1000, 500, 12, NULL),
(20261125, 1, 5, 1, '10', 'Burger', 1000, 500, 12, NULL),
(20261125, 1, 6, 1, '12', 'Tarte', 1000, 500, 4, '[{"sku":"103","n":"Glace","p":"1,50","q":2},{"sku":"104","n":"Sans noix"}]'),
(20261125, 1, 7, 1, '12', 'Tarte', 1000, 500, 4, 'abîmé');
INSERT INTO addition_taxe VALUES
(20261125, 1, 1, 'TPS', 155), (20261125, 1, 1, 'TVQ', 309), (20261125, 1, 1, 'ALC', 42), (20261125, 1, 6, 'TPS', 40);
INSERT INTO versement VALUES
(20261124, 1, 1, 1, 2, 944, NULL, NULL), (20261125, 1, 2, 1, 2, 1500, NULL, NULL), (20261125, 1, 2, 2, 10, 500, NULL, NULL),
(20261125, 1, 2, 3, 5, 700, NULL, NULL), (20261125, 1, 3, 1, 1, 1235, 200, 'abc');

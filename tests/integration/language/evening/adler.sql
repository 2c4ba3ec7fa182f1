CREATE TABLE "Einstellung" (schluessel varchar(40), wert varchar(200));
INSERT INTO "Einstellung" VALUES ('waehrung','EUR'),('mwst_enthalten','J'),('plaetze','4'),('name','Zum Adler'),('zeitzone','Europe/Berlin');
CREATE TABLE "Tisch" (nr int PRIMARY KEY, "Bereich" char(1), bez varchar(20), gesperrt char(1), zusammen_mit int);
INSERT INTO "Tisch" VALUES (1,'G',NULL,'N',NULL),(2,'G','Linde','N',NULL),(3,'I','','N',NULL),(4,'I','Stammtisch','J',NULL),(5,'I','Ecke','N',3);
CREATE TABLE "Bon" (tag char(8), bonnr int, stelle varchar(30), std int, min int, status char(2), personen varchar(4), kellner int, rabatt numeric(4,1), summe varchar(12), bar varchar(12), karte varchar(12), flags int NOT NULL, fassung int, PRIMARY KEY (tag, bonnr));
INSERT INTO "Bon" VALUES
 ('20260110',1,'TI1/gast',18,5,'O ','2',7,NULL,'25,40','','',0,1),
 ('20260110',2,'TI3/gast',23,50,'O ','x',8,10,'18,00','5,00',NULL,0,1),
 ('20260110',3,'TI2/',12,0,'B ','4',7,NULL,'9,00',NULL,'9,00',0,4),
 ('20260110',4,'AUSSER HAUS',19,0,'O ','',NULL,NULL,'3,00',NULL,NULL,0,1),
 ('20260110',5,'TI2/',19,0,'O ','1',7,NULL,'1,00',NULL,NULL,1,1);
CREATE TABLE "Bonpos" (tag char(8), bonnr int, pos int, gehoert_zu int, art char(1), artnr int, text_de varchar(40), text_en varchar(40), menge varchar(8), preis numeric(8,2), storno int NOT NULL DEFAULT 0, satz1 numeric(4,1), satz2 numeric(4,1), PRIMARY KEY (tag, bonnr, pos));
INSERT INTO "Bonpos" VALUES
 ('20260110',1,1,NULL,'A',100,'Schnitzel','Escalope','2',10.00,0,7,NULL),
 ('20260110',1,2,1,'A',900,'Pommes',NULL,'2',1.50,0,7,NULL),
 ('20260110',1,3,NULL,'A',200,'Bier','Beer','1',4.00,4,19,NULL),
 ('20260110',1,4,NULL,'S',0,'Bedienung','Service','1',2.40,0,19,NULL),
 ('20260110',2,1,NULL,'A',300,'Wein','Wine','0,5',40.00,0,19,NULL),
 ('20260110',3,1,NULL,'A',200,'Bier','Beer','2',4.50,0,19,NULL),
 ('20260110',4,1,NULL,'A',400,'Suppe',NULL,'1',3.00,0,7,NULL),
 ('20260110',4,2,NULL,'T',0,'Trinkgeld',NULL,'1',1.00,0,0,NULL);
CREATE TABLE "Personal" (nr int, kuerzel char(3), vor varchar(20), nach varchar(20));
INSERT INTO "Personal" VALUES (7,'AL','Anna','Lang'),(8,'BO','Bernd','Ott');
CREATE TABLE "Buchung" (id serial PRIMARY KEY, beleg int, konto varchar(6), soll numeric(10,2), haben numeric(10,2), ref varchar(40));
CREATE TABLE "Zaehler" (name varchar(10), stand int); INSERT INTO "Zaehler" VALUES ('beleg', 41);
CREATE TABLE "Kasse" (id int, offen char(1)); INSERT INTO "Kasse" VALUES (1,'J');

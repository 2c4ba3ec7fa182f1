CREATE TABLE konfig (sch varchar(20) PRIMARY KEY, wert varchar(60));
CREATE TABLE kellner (kz char(3) PRIMARY KEY, nr int, vn varchar(20), nn varchar(20), gel char(1));
CREATE TABLE tisch (tnr varchar(6) PRIMARY KEY, bez varchar(20), pl varchar(8), st char(2));
CREATE TABLE bkopf (
  tag char(10) NOT NULL, nr int NOT NULL, dat varchar(10), zt varchar(8), edat varchar(10), ezt varchar(8),
  ort varchar(40), kz char(3), pers varchar(8), st char(2), summe varchar(10),
  rt1 varchar(15), rb1 varchar(8), rt2 varchar(15), rb2 varchar(8), rt3 varchar(15), rb3 varchar(8),
  inarb char(3), ver int NOT NULL DEFAULT 0, PRIMARY KEY (tag, nr));
CREATE TABLE brunde (tag char(10), nr int, rd int, zt varchar(8), PRIMARY KEY (tag, nr, rd));
CREATE TABLE bzeile (
  tag char(10), nr int, rd int, zl int, zu int, plu int, txt varchar(25), menge varchar(8), preis varchar(8),
  fl int, st1 varchar(5), st2 varchar(5), PRIMARY KEY (tag, nr, rd, zl));
CREATE TABLE bzahl (
  tag char(10), nr int, lfd int, art char(3), betrag int, tg varchar(8), sto char(1), beleg varchar(40), PRIMARY KEY (tag, nr, lfd));
INSERT INTO konfig VALUES ('WAEHRUNG','EUR'),('ZEITZONE','Europe/Vienna'),('FIRMA','Gasthof Zur Post'),('UID','ATU12345678'),('KASSE','1'),('LEER',NULL);
INSERT INTO kellner VALUES ('AB ',7,'Anna','Berger',NULL),('CH ',12,'Chris ','Huber',' '),('ZZ ',3,'Zoltan','Zach','J'),('XY ',NULL,NULL,'Aushilfe',NULL);
INSERT INTO tisch VALUES ('T12','Fenster 12','4','B'),('T3','Tisch 3','6','B '),('T5','Tisch 5','2','B'),('T6',NULL,'2','F'),('T7','Tisch 7',NULL,' '),('T8','Tisch 8','8','R'),
 ('T9','Lager','0','X'),('T10','Tisch 10','4','B'),('T11','Tisch 11','viele',NULL);
INSERT INTO bkopf (tag,nr,dat,zt,edat,ezt,ort,kz,pers,st,summe,rt1,rb1,rt2,rb2,rt3,rb3,inarb,ver) VALUES
('24.11.2026',1,'24.11.2026','18:00:00','24.11.2026','19:12:00','RESTAURANT/T12/window','AB','1','Z','480',NULL,NULL,NULL,NULL,NULL,NULL,NULL,3),
('25.11.2026',1,'25.11.2026','18:05:10',NULL,NULL,'RESTAURANT/T12/window','AB','2','O','1520',NULL,NULL,NULL,NULL,NULL,NULL,NULL,2),
('25.11.2026',2,'25.11.2026','18:20:00','','','RESTAURANT/T3/','CH','4','D','2365',NULL,NULL,NULL,NULL,NULL,NULL,NULL,5),
('25.11.2026',3,'25.11.2026','18:25:00','25.11.2026','19:40:00','RESTAURANT/T3/','CH','1','Z','900',NULL,NULL,NULL,NULL,NULL,NULL,NULL,4),
('25.11.2026',4,'25.11.2026','18:40:00',NULL,NULL,'GARTEN/T5/','AB','2','D','1590',NULL,NULL,NULL,NULL,NULL,NULL,NULL,7),
('25.11.2026',5,'25.11.2026','19:00:00',NULL,NULL,'GARTEN/T10/laut','CH','2','D','2950','Stamm','3,00','Gutschein','0,50',NULL,NULL,NULL,2),
('25.11.2026',6,'25.11.2026','19:01:00',NULL,NULL,'RESTAURANT/T12/window','AB','2','O','1100','','','','','','',NULL,1),
('25.11.2026',7,'25.11.2026','19:05:00',NULL,NULL,'RESTAURANT/T10/','ZZ','2+1K','O ','200',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1),
('25.11.2026',8,'25.11.2026','19:06:00','25.11.2026','19:07:00','RESTAURANT/T10/','AB','2','X','480',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1),
('25.11.2026',9,'25.11.2026','19:10:00',NULL,NULL,'GARTEN//','AB',NULL,'O','960',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1),
('25.11.2026',10,'25.11.2026','19:11:00',NULL,NULL,NULL,NULL,'','O','360',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1),
('25.11.2026',11,'25.11.2026','19:12:00',NULL,NULL,'RESTAURANT/T5/','XY','1','O',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0),
('25.11.2026',12,'25.11.2026','19:13:00',NULL,NULL,'RESTAURANT/T3/','AB','3','O','960',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1),
('25.11.2026',13,'25.11.2026','19:14:00',NULL,NULL,'RESTAURANT/T12/','AB','3','D','385',NULL,NULL,NULL,NULL,NULL,NULL,'AB',1),
('25.11.2026',14,'25.11.2026','23:50:00',NULL,NULL,'RESTAURANT/T3/','AB','3','D','1440',NULL,NULL,NULL,NULL,NULL,NULL,'   ',1),
('25.11.2026',15,'26.11.2026','00:20:00',NULL,NULL,'RESTAURANT/T3/','AB','3','O','480',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO brunde SELECT tag,nr,1,zt FROM bkopf WHERE nr<>11;
INSERT INTO brunde VALUES ('25.11.2026',14,2,'23:58:00'),('25.11.2026',14,3,'00:10:00');
INSERT INTO bzeile VALUES
('24.11.2026',1,1,1,NULL,20,'Bier','1','400',0,'20',NULL),
('25.11.2026',1,1,1,NULL,10,'Suppe','2','450',0,'10','5'),
('25.11.2026',1,1,2,NULL,20,'Bier','1','400',0,'20',NULL),
('25.11.2026',1,1,3,NULL,0,'*** SUPPE ZUERST ***','','',4,NULL,NULL),
('25.11.2026',2,1,1,NULL,11,'Steak','1','2000',0,'10',''),
('25.11.2026',2,1,2,1,101,'Pfeffersauce','1','100',0,'10',''),
('25.11.2026',2,1,3,2,102,'ohne Salz','1','0',0,'10',''),
('25.11.2026',2,1,4,2,103,'doppelt','1','50',0,'10',''),
('25.11.2026',3,1,1,NULL,30,'Kaffee','3','250',0,'20','0'),
('25.11.2026',4,1,1,NULL,21,'Wein','0,5','2400',0,'20',NULL),
('25.11.2026',4,1,2,NULL,12,'Schnitzel','1','1200',1,'10',NULL),
('25.11.2026',4,1,3,2,104,'Preiselbeeren','1','100',1,'10',NULL),
('25.11.2026',4,1,4,NULL,9000,'BEDIENUNG','1','150',8,NULL,NULL),
('25.11.2026',5,1,1,NULL,13,'Menü','2','1500',0,'10',NULL),
('25.11.2026',6,1,1,NULL,22,'Prosecco','1','600',2,'20',NULL),
('25.11.2026',6,1,2,NULL,14,'Pizza','1','1000',0,'10',NULL),
('25.11.2026',7,1,1,NULL,15,'Brot','1','200',NULL,NULL,NULL),
('25.11.2026',8,1,1,NULL,20,'Bier','1','400',1,'20',NULL),
('25.11.2026',9,1,1,NULL,20,'Bier','2','400',0,'20',NULL),
('25.11.2026',10,1,1,NULL,23,'Wasser','1','300',0,'20',NULL),
('25.11.2026',12,1,1,NULL,20,'Bier','3','400',0,'20',NULL),
('25.11.2026',12,1,2,NULL,20,'Bier','-1','400',0,'20',NULL),
('25.11.2026',13,1,1,NULL,16,'Kuchen','1','350',0,'10',NULL),
('25.11.2026',14,1,1,NULL,20,'Bier','1','400',0,'20',NULL),
('25.11.2026',14,2,1,NULL,20,'Bier','1','400',0,'20',NULL),
('25.11.2026',14,3,1,NULL,20,'Bier','1','400',0,'20',NULL),
('25.11.2026',15,1,1,NULL,20,'Bier','1','400',0,'20',NULL),
('25.11.2026',15,1,2,NULL,17,'Tagesteller','1','k.A.',0,'10',NULL);
INSERT INTO bzahl VALUES
('24.11.2026',1,1,'BAR',480,NULL,NULL,NULL),
('25.11.2026',3,1,'BAR',1000,NULL,' ',NULL),('25.11.2026',3,2,'RET',-100,NULL,NULL,NULL),
('25.11.2026',4,1,'KK ',1000,'1,00',NULL,'V4711'),('25.11.2026',4,2,'KK ',500,'','J','V4712');

-- The tables of adapter/demo/restaurants/pasteque/schema.sql as the vendor makes them on MariaDB.

CREATE TABLE people (
    id varchar(191) NOT NULL PRIMARY KEY,
    name varchar(191) NOT NULL
);
CREATE UNIQUE INDEX people_name_inx ON people (name);

CREATE TABLE discountprofiles (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name varchar(191) NOT NULL,
    rate double NOT NULL,
    disporder int
);

CREATE TABLE tariffareas (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name varchar(191) NOT NULL,
    tarifforder int DEFAULT 0,
    notes text
);
CREATE UNIQUE INDEX tariffareas_name_inx ON tariffareas (name);

CREATE TABLE customers (
    id varchar(191) NOT NULL PRIMARY KEY,
    searchkey varchar(191),
    name varchar(191) NOT NULL,
    discountprofile_id int REFERENCES discountprofiles (id),
    tariffarea_id int REFERENCES tariffareas (id),
    visible tinyint(1) NOT NULL DEFAULT true
);
CREATE UNIQUE INDEX customers_skey_inx ON customers (searchkey);
CREATE INDEX customers_name_inx ON customers (name);

CREATE TABLE categories (
    id varchar(191) NOT NULL PRIMARY KEY,
    reference varchar(191),
    name varchar(191) NOT NULL,
    parentid varchar(191) REFERENCES categories (id),
    disporder int DEFAULT NULL
);
CREATE UNIQUE INDEX categories_name_inx ON categories (name);

CREATE TABLE taxcategories (
    id varchar(191) NOT NULL PRIMARY KEY,
    name varchar(191) NOT NULL
);
CREATE UNIQUE INDEX taxcat_name_inx ON taxcategories (name);

-- rate is a fraction: 0.2 is 20 %.
CREATE TABLE taxes (
    id varchar(191) NOT NULL PRIMARY KEY,
    name varchar(191) NOT NULL,
    validfrom datetime DEFAULT '2001-01-01 00:00:00' NOT NULL,
    category varchar(191) NOT NULL REFERENCES taxcategories (id),
    custcategory varchar(191),
    parentid varchar(191) REFERENCES taxes (id),
    rate double NOT NULL,
    ratecascade tinyint(1) NOT NULL DEFAULT false,
    rateorder int
);
CREATE UNIQUE INDEX taxes_name_inx ON taxes (name);

-- iscom marks an auxiliary product: its lines belong to the nearest line before them that is not one.
CREATE TABLE products (
    id varchar(191) NOT NULL PRIMARY KEY,
    reference varchar(191) NOT NULL,
    code varchar(191),
    codetype varchar(191),
    name varchar(191) NOT NULL,
    pricebuy double,
    pricesell double NOT NULL,
    category varchar(191) NOT NULL REFERENCES categories (id),
    taxcat varchar(191) NOT NULL REFERENCES taxcategories (id),
    iscom tinyint(1) NOT NULL DEFAULT false,
    isscale tinyint(1) NOT NULL DEFAULT false,
    discountenabled tinyint(1) NOT NULL DEFAULT false,
    discountrate double NOT NULL DEFAULT 0.0,
    deleted tinyint(1) NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX products_inx_0 ON products (reference);
CREATE UNIQUE INDEX products_name_inx ON products (name);

CREATE TABLE locations (
    id varchar(191) NOT NULL PRIMARY KEY,
    name varchar(191) NOT NULL,
    address varchar(191)
);
CREATE UNIQUE INDEX locations_name_inx ON locations (name);

CREATE TABLE currencies (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name varchar(256) NOT NULL,
    symbol varchar(191) DEFAULT NULL,
    decimalsep varchar(191) DEFAULT NULL,
    thousandssep varchar(191) DEFAULT NULL,
    rate double NOT NULL DEFAULT 1.0,
    format varchar(191) NOT NULL DEFAULT '#0.00 $',
    main tinyint(1) NOT NULL,
    active tinyint(1) NOT NULL DEFAULT true
);

CREATE TABLE cashregisters (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name varchar(191) NOT NULL,
    location_id varchar(191) NOT NULL REFERENCES locations (id),
    nextticketid int NOT NULL DEFAULT 1
);

CREATE TABLE paymentmodes (
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code varchar(191) NOT NULL,
    name varchar(191) NOT NULL
);

-- A cash session: open while dateend is NULL.
CREATE TABLE closedcash (
    money varchar(191) NOT NULL PRIMARY KEY,
    cashregister_id int NOT NULL REFERENCES cashregisters (id),
    hostsequence int NOT NULL,
    datestart datetime,
    dateend datetime,
    opencash double,
    closecash double,
    expectedcash double
);
CREATE INDEX closedcash_inx_1 ON closedcash (datestart);
CREATE UNIQUE INDEX closedcash_inx_seq ON closedcash (cashregister_id, hostsequence);

CREATE TABLE receipts (
    id varchar(191) NOT NULL PRIMARY KEY,
    money varchar(191) NOT NULL REFERENCES closedcash (money),
    datenew datetime NOT NULL,
    attributes mediumblob
);
CREATE INDEX receipts_inx_1 ON receipts (datenew);

-- tickettype: 0 sale, 1 refund.
CREATE TABLE tickets (
    id varchar(191) NOT NULL PRIMARY KEY REFERENCES receipts (id),
    tickettype int DEFAULT 0 NOT NULL,
    ticketid int NOT NULL,
    person varchar(191) NOT NULL REFERENCES people (id),
    customer varchar(191) REFERENCES customers (id),
    status int DEFAULT 0 NOT NULL,
    custcount int DEFAULT NULL,
    tariffarea int DEFAULT NULL REFERENCES tariffareas (id),
    discountrate double NOT NULL DEFAULT 0.0,
    discountprofile_id int REFERENCES discountprofiles (id)
);
CREATE INDEX tickets_ticketid ON tickets (tickettype, ticketid);

CREATE TABLE ticketlines (
    ticket varchar(191) NOT NULL REFERENCES tickets (id),
    line int NOT NULL,
    product varchar(191) REFERENCES products (id),
    attributesetinstance_id varchar(191),
    units double NOT NULL,
    price double NOT NULL,
    taxid varchar(191) NOT NULL REFERENCES taxes (id),
    discountrate double NOT NULL DEFAULT 0.0,
    attributes mediumblob,
    PRIMARY KEY (ticket, line)
);

CREATE TABLE payments (
    id varchar(191) NOT NULL PRIMARY KEY,
    receipt varchar(191) NOT NULL REFERENCES receipts (id),
    payment varchar(191) NOT NULL,
    total double NOT NULL,
    currency int NOT NULL REFERENCES currencies (id),
    totalcurrency double NOT NULL,
    transid varchar(191),
    returnmsg mediumblob,
    note text,
    paired_with varchar(191) REFERENCES payments (id) ON DELETE CASCADE
);
CREATE INDEX payments_inx_1 ON payments (payment);

CREATE TABLE taxlines (
    id varchar(191) NOT NULL PRIMARY KEY,
    receipt varchar(191) NOT NULL REFERENCES receipts (id),
    taxid varchar(191) NOT NULL REFERENCES taxes (id),
    base double NOT NULL,
    amount double NOT NULL
);

CREATE TABLE floors (
    id varchar(191) NOT NULL PRIMARY KEY,
    name varchar(191) NOT NULL
);
CREATE UNIQUE INDEX floors_name_inx ON floors (name);

CREATE TABLE places (
    id varchar(191) NOT NULL PRIMARY KEY,
    name varchar(191) NOT NULL,
    x int NOT NULL,
    y int NOT NULL,
    floor varchar(191) NOT NULL REFERENCES floors (id)
);
CREATE UNIQUE INDEX places_name_inx ON places (name);

-- The id is that of the place for a check on a table, and a UUID otherwise.
CREATE TABLE sharedtickets (
    id varchar(191) NOT NULL PRIMARY KEY,
    name varchar(191) NOT NULL,
    customer_id varchar(191) REFERENCES customers (id),
    custcount int DEFAULT NULL,
    tariffarea_id int REFERENCES tariffareas (id),
    discountprofile_id int REFERENCES discountprofiles (id),
    discountrate double DEFAULT 0.0
);

CREATE TABLE sharedticketlines (
    id varchar(191) NOT NULL PRIMARY KEY,
    sharedticket_id varchar(191) NOT NULL REFERENCES sharedtickets (id),
    line int NOT NULL,
    product_id varchar(191) REFERENCES products (id),
    tax_id varchar(191) NOT NULL REFERENCES taxes (id),
    quantity int NOT NULL,
    discountrate double DEFAULT 0.0,
    price double,
    attributes mediumblob
);

-- The tables of adapter/demo/restaurants/pasteque/schema.sql on SQLite.

CREATE TABLE people (
    id varchar NOT NULL PRIMARY KEY,
    name varchar NOT NULL
);
CREATE UNIQUE INDEX people_name_inx ON people (name);

CREATE TABLE discountprofiles (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    name varchar NOT NULL,
    rate double precision NOT NULL,
    disporder integer
);

CREATE TABLE tariffareas (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    name varchar NOT NULL,
    tarifforder integer DEFAULT 0,
    notes text
);
CREATE UNIQUE INDEX tariffareas_name_inx ON tariffareas (name);

CREATE TABLE customers (
    id varchar NOT NULL PRIMARY KEY,
    searchkey varchar,
    name varchar NOT NULL,
    discountprofile_id integer REFERENCES discountprofiles (id),
    tariffarea_id integer REFERENCES tariffareas (id),
    visible boolean NOT NULL DEFAULT true
);
CREATE UNIQUE INDEX customers_skey_inx ON customers (searchkey);
CREATE INDEX customers_name_inx ON customers (name);

CREATE TABLE categories (
    id varchar NOT NULL PRIMARY KEY,
    reference varchar,
    name varchar NOT NULL,
    parentid varchar REFERENCES categories (id),
    disporder integer DEFAULT NULL
);
CREATE UNIQUE INDEX categories_name_inx ON categories (name);

CREATE TABLE taxcategories (
    id varchar NOT NULL PRIMARY KEY,
    name varchar NOT NULL
);
CREATE UNIQUE INDEX taxcat_name_inx ON taxcategories (name);

-- rate is a fraction: 0.2 is 20 %.
CREATE TABLE taxes (
    id varchar NOT NULL PRIMARY KEY,
    name varchar NOT NULL,
    validfrom datetime DEFAULT '2001-01-01 00:00:00' NOT NULL,
    category varchar NOT NULL REFERENCES taxcategories (id),
    custcategory varchar,
    parentid varchar REFERENCES taxes (id),
    rate double precision NOT NULL,
    ratecascade boolean NOT NULL DEFAULT false,
    rateorder integer
);
CREATE UNIQUE INDEX taxes_name_inx ON taxes (name);

-- iscom marks an auxiliary product: its lines belong to the nearest line before them that is not one.
CREATE TABLE products (
    id varchar NOT NULL PRIMARY KEY,
    reference varchar NOT NULL,
    code varchar,
    codetype varchar,
    name varchar NOT NULL,
    pricebuy double precision,
    pricesell double precision NOT NULL,
    category varchar NOT NULL REFERENCES categories (id),
    taxcat varchar NOT NULL REFERENCES taxcategories (id),
    iscom boolean NOT NULL DEFAULT false,
    isscale boolean NOT NULL DEFAULT false,
    discountenabled boolean NOT NULL DEFAULT false,
    discountrate double precision NOT NULL DEFAULT 0.0,
    deleted boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX products_inx_0 ON products (reference);
CREATE UNIQUE INDEX products_name_inx ON products (name);

CREATE TABLE locations (
    id varchar NOT NULL PRIMARY KEY,
    name varchar NOT NULL,
    address varchar
);
CREATE UNIQUE INDEX locations_name_inx ON locations (name);

CREATE TABLE currencies (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    name varchar(256) NOT NULL,
    symbol varchar DEFAULT NULL,
    decimalsep varchar DEFAULT NULL,
    thousandssep varchar DEFAULT NULL,
    rate double precision NOT NULL DEFAULT 1.0,
    format varchar NOT NULL DEFAULT '#0.00 $',
    main boolean NOT NULL,
    active boolean NOT NULL DEFAULT true
);

CREATE TABLE cashregisters (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    name varchar NOT NULL,
    location_id varchar NOT NULL REFERENCES locations (id),
    nextticketid integer NOT NULL DEFAULT 1
);

CREATE TABLE paymentmodes (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    code varchar NOT NULL,
    name varchar NOT NULL
);

-- A cash session: open while dateend is NULL.
CREATE TABLE closedcash (
    money varchar NOT NULL PRIMARY KEY,
    cashregister_id integer NOT NULL REFERENCES cashregisters (id),
    hostsequence integer NOT NULL,
    datestart datetime,
    dateend datetime,
    opencash double precision,
    closecash double precision,
    expectedcash double precision
);
CREATE INDEX closedcash_inx_1 ON closedcash (datestart);
CREATE UNIQUE INDEX closedcash_inx_seq ON closedcash (cashregister_id, hostsequence);

CREATE TABLE receipts (
    id varchar NOT NULL PRIMARY KEY,
    money varchar NOT NULL REFERENCES closedcash (money),
    datenew datetime NOT NULL,
    attributes blob
);
CREATE INDEX receipts_inx_1 ON receipts (datenew);

-- tickettype: 0 sale, 1 refund.
CREATE TABLE tickets (
    id varchar NOT NULL PRIMARY KEY REFERENCES receipts (id),
    tickettype integer DEFAULT 0 NOT NULL,
    ticketid integer NOT NULL,
    person varchar NOT NULL REFERENCES people (id),
    customer varchar REFERENCES customers (id),
    status integer DEFAULT 0 NOT NULL,
    custcount integer DEFAULT NULL,
    tariffarea integer DEFAULT NULL REFERENCES tariffareas (id),
    discountrate double precision NOT NULL DEFAULT 0.0,
    discountprofile_id integer REFERENCES discountprofiles (id)
);
CREATE INDEX tickets_ticketid ON tickets (tickettype, ticketid);

CREATE TABLE ticketlines (
    ticket varchar NOT NULL REFERENCES tickets (id),
    line integer NOT NULL,
    product varchar REFERENCES products (id),
    attributesetinstance_id varchar,
    units double precision NOT NULL,
    price double precision NOT NULL,
    taxid varchar NOT NULL REFERENCES taxes (id),
    discountrate double precision NOT NULL DEFAULT 0.0,
    attributes blob,
    PRIMARY KEY (ticket, line)
);

CREATE TABLE payments (
    id varchar NOT NULL PRIMARY KEY,
    receipt varchar NOT NULL REFERENCES receipts (id),
    payment varchar NOT NULL,
    total double precision NOT NULL,
    currency integer NOT NULL REFERENCES currencies (id),
    totalcurrency double precision NOT NULL,
    transid varchar,
    returnmsg blob,
    note text,
    paired_with varchar REFERENCES payments (id) ON DELETE CASCADE
);
CREATE INDEX payments_inx_1 ON payments (payment);

CREATE TABLE taxlines (
    id varchar NOT NULL PRIMARY KEY,
    receipt varchar NOT NULL REFERENCES receipts (id),
    taxid varchar NOT NULL REFERENCES taxes (id),
    base double precision NOT NULL,
    amount double precision NOT NULL
);

CREATE TABLE floors (
    id varchar NOT NULL PRIMARY KEY,
    name varchar NOT NULL
);
CREATE UNIQUE INDEX floors_name_inx ON floors (name);

CREATE TABLE places (
    id varchar NOT NULL PRIMARY KEY,
    name varchar NOT NULL,
    x integer NOT NULL,
    y integer NOT NULL,
    floor varchar NOT NULL REFERENCES floors (id)
);
CREATE UNIQUE INDEX places_name_inx ON places (name);

-- The id is that of the place for a check on a table, and a UUID otherwise.
CREATE TABLE sharedtickets (
    id varchar NOT NULL PRIMARY KEY,
    name varchar NOT NULL,
    customer_id varchar REFERENCES customers (id),
    custcount integer DEFAULT NULL,
    tariffarea_id integer REFERENCES tariffareas (id),
    discountprofile_id integer REFERENCES discountprofiles (id),
    discountrate double precision DEFAULT 0.0
);

CREATE TABLE sharedticketlines (
    id varchar NOT NULL PRIMARY KEY,
    sharedticket_id varchar NOT NULL REFERENCES sharedtickets (id),
    line integer NOT NULL,
    product_id varchar REFERENCES products (id),
    tax_id varchar NOT NULL REFERENCES taxes (id),
    quantity integer NOT NULL,
    discountrate double precision DEFAULT 0.0,
    price double precision,
    attributes blob
);

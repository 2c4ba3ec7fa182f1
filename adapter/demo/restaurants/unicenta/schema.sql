-- A minimal uniCenta oPOS database (PostgreSQL): the tables and columns that listing tables and reading open tickets
-- touch, with the vendor's names and types. Keys are text; there is no time, no amount and no line outside of CONTENT,
-- which holds a serialized Java object.

CREATE TABLE people (
    id varchar NOT NULL PRIMARY KEY,
    name varchar NOT NULL,
    visible boolean NOT NULL DEFAULT true
);
CREATE UNIQUE INDEX people_name_inx ON people (name);

CREATE TABLE floors (
    id varchar NOT NULL PRIMARY KEY,
    name varchar NOT NULL,
    image bytea
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

-- The id is that of the place for a ticket on a table. locked is 'locked' while a terminal has the ticket open,
-- 'override' once a supervisor has taken it over, else NULL.
CREATE TABLE sharedtickets (
    id varchar NOT NULL PRIMARY KEY,
    name varchar NOT NULL,
    content bytea DEFAULT NULL,
    appuser varchar DEFAULT NULL,
    pickupid integer NOT NULL DEFAULT 0,
    locked varchar DEFAULT NULL
);

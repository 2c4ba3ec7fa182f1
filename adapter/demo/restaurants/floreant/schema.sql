-- A minimal Floreant POS database (PostgreSQL): the tables and columns that reading a bill and recording a
-- card payment touch, with the vendor's names, types and order. Money is double precision, times are local
-- and without a zone, booleans may be NULL. version_no is the optimistic lock of the newer builds.

CREATE TABLE currency (
    id serial PRIMARY KEY,
    code character varying(20),
    name character varying(30),
    symbol character varying(10),
    exchange_rate double precision,
    decimal_places integer,
    tolerance double precision,
    buy_price double precision,
    sales_price double precision,
    main boolean
);

CREATE TABLE restaurant (
    id integer PRIMARY KEY,
    unique_id integer,
    name character varying(120),
    address_line1 character varying(60),
    address_line2 character varying(60),
    address_line3 character varying(60),
    zip_code character varying(10),
    telephone character varying(16),
    capacity integer,
    tables integer,
    cname character varying(20),
    csymbol character varying(10),
    sc_percentage double precision,
    gratuity_percentage double precision,
    ticket_footer character varying(60),
    price_includes_tax boolean,
    allow_modifier_max_exceed boolean
);

CREATE TABLE shop_floor (
    id serial PRIMARY KEY,
    name character varying(60),
    occupied boolean
);

CREATE TABLE shop_table (
    id integer PRIMARY KEY,
    name character varying(20),
    description character varying(60),
    capacity integer,
    x integer,
    y integer,
    floor_id integer REFERENCES shop_floor (id),
    free boolean,
    serving boolean,
    booked boolean,
    dirty boolean,
    disable boolean,
    version_no bigint NOT NULL DEFAULT 0
);

-- table_status: 1 seated, 2 booked, 3 dirty, 4 disabled, 5 available. The id is that of the table.
CREATE TABLE shop_table_status (
    id integer PRIMARY KEY,
    table_status integer,
    version_no bigint NOT NULL DEFAULT 0
);

-- A person has two numbers: auto_id is the key that other tables refer to, user_id the one staff type in.
CREATE TABLE users (
    auto_id serial PRIMARY KEY,
    user_id integer,
    user_pass character varying(16) NOT NULL,
    first_name character varying(30),
    last_name character varying(30),
    clocked_in boolean,
    phone_no character varying(20),
    is_driver boolean,
    available_for_delivery boolean,
    active boolean
);

CREATE TABLE terminal (
    id integer PRIMARY KEY,
    name character varying(60),
    terminal_key character varying(120),
    opening_balance double precision,
    current_balance double precision,
    has_cash_drawer boolean,
    in_use boolean,
    active boolean,
    location character varying(320),
    floor_id integer,
    assigned_user integer REFERENCES users (auto_id)
);

-- ticket.ticket_type holds the name of one of these.
CREATE TABLE order_type (
    id serial PRIMARY KEY,
    name character varying(120) NOT NULL UNIQUE,
    enabled boolean,
    show_table_selection boolean,
    show_guest_selection boolean,
    should_print_to_kitchen boolean,
    prepaid boolean,
    close_on_paid boolean,
    required_customer_data boolean,
    delivery boolean,
    pre_auth_credit_card boolean,
    bar_tab boolean
);

CREATE TABLE ticket (
    id serial PRIMARY KEY,
    global_id character varying(16),
    create_date timestamp without time zone,
    closing_date timestamp without time zone,
    active_date timestamp without time zone,
    deliveery_date timestamp without time zone,
    creation_hour integer,
    paid boolean,
    voided boolean,
    void_reason character varying(255),
    wasted boolean,
    refunded boolean,
    settled boolean,
    drawer_resetted boolean,
    sub_total double precision,
    total_discount double precision,
    total_tax double precision,
    total_price double precision,
    paid_amount double precision,
    due_amount double precision,
    advance_amount double precision,
    adjustment_amount double precision,
    number_of_guests integer,
    status character varying(30),
    bar_tab boolean,
    is_tax_exempt boolean,
    is_re_opened boolean,
    service_charge double precision,
    delivery_charge double precision,
    customer_id integer,
    delivery_address character varying(120),
    ticket_type character varying(20),
    owner_id integer REFERENCES users (auto_id),
    gratuity_id integer,
    void_by_user integer REFERENCES users (auto_id),
    terminal_id integer REFERENCES terminal (id),
    version_no bigint NOT NULL DEFAULT 0
);

CREATE INDEX ticketcreateDate ON ticket (create_date);
CREATE INDEX ticketclosingDate ON ticket (closing_date);
CREATE INDEX ticketactiveDate ON ticket (active_date);
CREATE INDEX deliveryDate ON ticket (deliveery_date);
CREATE INDEX creationHour ON ticket (creation_hour);
CREATE INDEX ticketpaid ON ticket (paid);
CREATE INDEX ticketvoided ON ticket (voided);
CREATE INDEX ticketsettled ON ticket (settled);
CREATE INDEX drawerresetted ON ticket (drawer_resetted);
CREATE INDEX ticketglobal_id ON ticket (global_id);

-- The till adds the amount of this row into ticket.total_price.
CREATE TABLE gratuity (
    id serial PRIMARY KEY,
    amount double precision,
    paid boolean,
    refunded boolean,
    ticket_id integer REFERENCES ticket (id),
    owner_id integer REFERENCES users (auto_id),
    terminal_id integer REFERENCES terminal (id)
);
ALTER TABLE ticket ADD FOREIGN KEY (gratuity_id) REFERENCES gratuity (id);

CREATE TABLE ticket_discount (
    id serial PRIMARY KEY,
    discount_id integer,
    name character varying(30),
    type integer,
    auto_apply boolean,
    minimum_amount integer,
    value double precision,
    ticket_id integer REFERENCES ticket (id)
);

-- Quantity is item_count, or item_quantity when fractional_unit is true.
CREATE TABLE ticket_item (
    id serial PRIMARY KEY,
    item_id integer,
    item_count integer,
    item_quantity double precision,
    item_name character varying(120),
    item_unit_name character varying(20),
    group_name character varying(120),
    category_name character varying(120),
    item_price double precision,
    item_tax_rate double precision,
    sub_total double precision,
    sub_total_without_modifiers double precision,
    discount double precision,
    tax_amount double precision,
    total_price double precision,
    beverage boolean,
    treat_as_seat boolean,
    seat_number integer,
    fractional_unit boolean,
    has_modiiers boolean,
    status character varying(255),
    size_modifier_id integer,   -- of a pizza: the row of ticket_item_modifier that names its size and crust
    ticket_id integer REFERENCES ticket (id)
);

-- item_count is for the whole line. modifier_type: 1 normal, 3 extra.
CREATE TABLE ticket_item_modifier (
    id serial PRIMARY KEY,
    item_id integer,
    group_id integer,
    item_count integer,
    modifier_name character varying(120),
    modifier_price double precision,
    modifier_tax_rate double precision,
    modifier_type integer,
    subtotal_price double precision,
    total_price double precision,
    tax_amount double precision,
    info_only boolean,
    section_name character varying(20),
    multiplier_name character varying(20),
    section_wise_pricing boolean,
    status character varying(10),
    ticket_item_id integer REFERENCES ticket_item (id)
);

CREATE TABLE ticket_item_modifier_relation (
    ticket_item_id integer NOT NULL REFERENCES ticket_item (id),
    modifier_id integer NOT NULL REFERENCES ticket_item_modifier (id),
    list_order integer NOT NULL,
    PRIMARY KEY (ticket_item_id, list_order)
);

CREATE TABLE ticket_item_addon_relation (
    ticket_item_id integer NOT NULL REFERENCES ticket_item (id),
    modifier_id integer NOT NULL REFERENCES ticket_item_modifier (id),
    list_order integer NOT NULL,
    PRIMARY KEY (ticket_item_id, list_order)
);

CREATE TABLE ticket_item_discount (
    id serial PRIMARY KEY,
    discount_id integer,
    name character varying(30),
    type integer,
    auto_apply boolean,
    minimum_quantity integer,
    value double precision,
    amount double precision,
    ticket_itemid integer REFERENCES ticket_item (id)
);

-- Which tables a check sits on: this one stays after the check is closed, table_ticket_num is live only.
CREATE TABLE ticket_table_num (
    ticket_id integer NOT NULL REFERENCES ticket (id),
    table_id integer
);

CREATE TABLE table_ticket_num (
    shop_table_status_id integer NOT NULL REFERENCES shop_table_status (id),
    ticket_id integer,
    user_id integer,
    user_name character varying(30)
);

CREATE TABLE transactions (
    id serial PRIMARY KEY,
    payment_type character varying(30) NOT NULL,
    global_id character varying(16),
    transaction_time timestamp without time zone,
    amount double precision,
    tips_amount double precision,
    tips_exceed_amount double precision,
    tender_amount double precision,
    transaction_type character varying(30) NOT NULL,
    payment_sub_type character varying(40) NOT NULL,
    captured boolean,
    voided boolean,
    authorizable boolean,
    card_holder_name character varying(60),
    card_number character varying(40),
    card_auth_code character varying(30),
    card_type character varying(20),
    card_transaction_id character varying(255),
    card_merchant_gateway character varying(60),
    card_reader character varying(30),
    card_aid character varying(120),
    card_arqc character varying(120),
    card_ext_data character varying(255),
    drawer_resetted boolean,
    note character varying(255),
    terminal_id integer REFERENCES terminal (id),
    ticket_id integer REFERENCES ticket (id),
    user_id integer REFERENCES users (auto_id)
);

-- A till that lets Hibernate create its tables on PostgreSQL gets no index on a foreign key.
-- These are here as on a well-kept site, where somebody added them.
CREATE INDEX ticket_item_ticket ON ticket_item (ticket_id);
CREATE INDEX ticket_item_modifier_item ON ticket_item_modifier (ticket_item_id);
CREATE INDEX ticket_item_discount_item ON ticket_item_discount (ticket_itemid);
CREATE INDEX ticket_discount_ticket ON ticket_discount (ticket_id);
CREATE INDEX ticket_table_num_ticket ON ticket_table_num (ticket_id);
CREATE INDEX transactions_ticket ON transactions (ticket_id);

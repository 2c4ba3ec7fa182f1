-- The Copper Kettle, an invented restaurant in London, on the evening of Friday 20 November 2026,
-- with a few finished checks from lunch, from the night the clocks went back (25 October 2026)
-- and from the summer. All people, prices and numbers are made up. Prices include VAT.

INSERT INTO currency (id, code, name, symbol, exchange_rate, decimal_places, main) VALUES
    (1, 'GBP', 'Pound', '£', 1, 2, true);

INSERT INTO restaurant (id, unique_id, name, address_line1, address_line2, address_line3, zip_code, telephone,
                        capacity, tables, cname, csymbol, sc_percentage, gratuity_percentage, ticket_footer,
                        price_includes_tax) VALUES
    (1, 4711, 'The Copper Kettle ', '14 Tallow Lane', '', 'London', 'SE1 0ZZ', '020 7946 0123',
     61, 14, 'GBP', '£', 12.5, 0, 'Merci & à bientôt 🍋', true);

INSERT INTO shop_floor (id, name, occupied) VALUES
    (1, 'Dining room', true),
    (2, 'Bar & terrace', true);

-- 3 and 4 have no name of their own, 5 was typed with trailing blanks, 6 in lower case,
-- 7 and 8 carry the hyphen between blanks, 14 a dash of its own.
INSERT INTO shop_table (id, name, description, capacity, x, y, floor_id, free, serving, booked, dirty, disable) VALUES
    ( 1, 'T1',               'by the door',         2,  40,  40, 1, false, true,  false, false, false),
    ( 2, 'T2',               NULL,                  4, 120,  40, 1, false, true,  false, false, false),
    ( 3, NULL,               NULL,                  4, 200,  40, 1, false, true,  false, false, false),
    ( 4, '',                 'wobbly leg',          6, 280,  40, 1, true,  false, false, false, false),
    ( 5, 'T10  ',            NULL,                  4,  40, 140, 1, false, true,  false, false, false),
    ( 6, 't9',               NULL,                  2, 120, 140, 1, true,  false, false, false, false),
    ( 7, 'Bar - 1',          'stool under the tap', 1,  40,  40, 2, NULL,  NULL,  NULL,  NULL,  NULL),
    ( 8, 'Bar - - 2',        'standing only',    NULL,  80,  40, 2, NULL,  NULL,  NULL,  NULL,  NULL),
    ( 9, 'Terrace 1',        'closed in winter',    4, 200,  40, 2, true,  false, false, false, true),
    (10, 'Terrace 2',        NULL,                  4, 280,  40, 2, true,  false, false, false, false),
    (11, 'Window',           NULL,                  2, 360,  40, 1, false, false, false, true,  false),
    (12, 'Salon Élysée 🥂',  'private room',        8,  40, 240, 1, false, true,  false, false, false),
    (13, 'T11',              NULL,                  6, 200, 140, 1, false, true,  false, false, false),
    (14, 'Booth – A',        NULL,                  5, 360, 140, 1, false, true,  false, false, false);

-- Table 10 has no row at all, table 4 has one without a value.
INSERT INTO shop_table_status (id, table_status) VALUES
    (1, 1), (2, 1), (3, 1), (4, NULL), (5, 1), (6, 2), (7, 1), (8, 5), (9, 4), (11, 3), (12, 1), (13, 1), (14, 1);

-- Staff numbers (user_id) and keys (auto_id) cross over on purpose: number 3 is not key 3.
INSERT INTO users (auto_id, user_id, user_pass, first_name, last_name, clocked_in, is_driver, active) VALUES
    (1,  1, 'x', 'Marguerite', 'Oakes',      true,  false, true),
    (2,  7, 'x', 'Tomasz',     NULL,         true,  false, true),
    (3, 12, 'x', '  Inés',     'Valdés   ',  true,  false, true),
    (4,  3, 'x', 'Kwame',      'Asante',     true,  false, true),
    (5, 41, 'x', NULL,         NULL,         true,  true,  true),
    (6, 55, 'x', 'Siobhán',    'Ní Dhálaigh', false, false, true);

INSERT INTO terminal (id, name, opening_balance, current_balance, has_cash_drawer, in_use, active, location, assigned_user) VALUES
    (9,  'POS9',  100, 163, true,  true, true, 'Dining room', 1),
    (10, 'POS10', 50,  73,  true,  true, true, 'Bar',         4);

INSERT INTO order_type (id, name, enabled, show_table_selection, show_guest_selection, should_print_to_kitchen, prepaid, close_on_paid, delivery, bar_tab) VALUES
    (1, 'DINE IN',       true, true,  true,  true, false, true,  false, false),
    (2, 'TAKE OUT',      true, false, false, true, false, true,  false, false),
    (3, 'BAR TAB',       true, false, false, true, false, false, false, true),
    (4, 'HOME DELIVERY', true, false, false, true, false, true,  true,  false);

-- Checks. 5101-5112 are open, 5090/5091 were lunch, 5095/5096 are voided, the rest is older.
-- 5102 sits on two tables pushed together and is part paid; 5103 and 5104 share a table; 5105 has a gratuity
-- folded into its total; 5106 is paid and not yet closed; 5107 and 5112 are bar tabs; 5109 has just sat down;
-- 5110 was opened on the plan and has no bill yet; 5111 has been paid, with float noise in the total.
INSERT INTO ticket (id, global_id, create_date, closing_date, active_date, creation_hour, paid, voided, void_reason, refunded, settled, drawer_resetted,
                    sub_total, total_discount, total_tax, total_price, paid_amount, due_amount, advance_amount, adjustment_amount,
                    number_of_guests, bar_tab, is_tax_exempt, service_charge, delivery_charge, ticket_type, owner_id, terminal_id, version_no) VALUES
    (3050, 'ck0000003050', '2026-07-10 20:15:00', '2026-07-10 22:05:00', '2026-07-10 21:10:00', 20, true,  false, NULL, false, true,  true,
     48,    0,     8,     54,                  54,    0,     0,    0,     4,    false, false, 6,     0,    'DINE IN',       1,    9,  4),
    (4200, 'ck0000004200', '2026-10-25 01:30:00', '2026-10-25 02:15:00', NULL,                   1, true,  false, NULL, false, true,  true,
     16,    0,     2.67,  16,                  16,    0,     0,    0,     1,    true,  false, 0,     0,    'BAR TAB',       4,    10, 2),
    (4201, 'ck0000004201', '2026-10-25 01:30:00', '2026-10-25 01:58:30', '2026-10-25 01:41:00',  1, true,  NULL,  NULL, false, true,  true,
     9.5,   0,     1.58,  9.5,                 9.5,   0,     0,    0,     1,    false, false, NULL,  NULL, 'DINE IN',       NULL, 10, 2),
    (5090, 'ck0000005090', '2026-11-20 12:31:00', '2026-11-20 13:40:22', '2026-11-20 13:02:10', 12, true,  false, NULL, false, true,  false,
     19,    0,     3.17,  21.379999999999999,  21.38, 0,     0,    0,     2,    false, false, 2.38,  0,    'DINE IN',       4,    9,  3),
    (5091, 'ck0000005091', '2026-11-20 13:05:00', NULL,                  NULL,                  13, true,  NULL,  NULL, NULL,  true,  false,
     5.2,   0,     0.87,  5.2,                 5.2,   0,     0,    0,     1,    false, false, 0,     0,    'DINE IN',       2,    9,  2),
    (5095, 'ck0000005095', '2026-11-20 17:31:00', NULL,                  NULL,                  17, false, true,  'walked out', false, false, false,
     11.5,  0,     1.92,  11.5,                0,     11.5,  0,    0,     2,    false, false, 0,     0,    'DINE IN',       2,    9,  1),
    (5096, 'ck0000005096', '2026-11-20 17:35:00', '2026-11-20 17:36:00', NULL,                  17, false, true,  'opened twice', false, true, false,
     7.25,  0,     1.21,  7.25,                0,     7.25,  0,    0,     1,    true,  false, 0,     0,    'BAR TAB',       4,    10, 1),
    (5101, 'ck0000005101', '2026-11-20 17:42:10', NULL,                  '2026-11-20 18:20:05', 17, false, false, NULL, false, false, false,
     42,    0,     7.0000000000000009, 47.25,  0,     47.25, 0,    0,     2,    false, false, 5.25,  0,    'DINE IN',       1,    9,  3),
    (5102, 'ck0000005102', '2026-11-20 17:55:00', NULL,                  '2026-11-20 20:31:47', 17, false, false, NULL, false, false, false,
     187,   14.949999999999999, 28.68, 200.00000000000003, 80, 120.00000000000003, 0, 0.44, 7, false, false, 21.510000000000002, 0, 'DINE IN', 2, 9, 11),
    (5103, 'ck0000005103', '2026-11-20 18:05:00', NULL,                  '2026-11-20 18:59:30', 18, false, false, NULL, false, false, false,
     37.6,  4.1399999999999997, 5.58, 37.640000000000001, 0, 37.640000000000001, 0, 0, 2, false, false, 4.1799999999999997, 0, 'DINE IN', 3, 9, 5),
    (5104, 'ck0000005104', '2026-11-20 18:05:00', NULL,                  NULL,                  18, NULL,  NULL,  NULL, NULL,  NULL,  NULL,
     9.7,   NULL,  1.62,  9.6999999999999993,  NULL,  9.6999999999999993, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'DINE IN', NULL, 9, 1),
    (5105, 'ck0000005105', '2026-11-20 18:31:12', NULL,                  '2026-11-20 18:40:00', 18, false, false, NULL, false, false, false,
     20,    0,     3.33,  21.999999999912,     0,     21.999999999912, 0, 0, 0,  false, false, 0,     0,    'DINE IN',       5,    9,  2),
    (5106, 'ck0000005106', '2026-11-20 19:02:00', NULL,                  '2026-11-20 19:44:00', 19, true,  false, NULL, false, false, false,
     23,    0,     3.83,  23,                  23,    0,     0,    0,     1,    false, false, 0,     0,    'DINE IN',       4,    10, 4),
    (5107, 'ck0000005107', '2026-11-20 19:10:45', NULL,                  '2026-11-20 21:05:00', 19, false, false, NULL, false, false, false,
     23.35, 1.86,  3.58,  21,                  0,     21,    0,    -0.49, 1,    true,  false, 0,     0,    'BAR TAB',       4,    10, 6),
    (5108, 'ck0000005108', '2026-11-20 19:20:00', NULL,                  '2026-11-20 19:21:30', 19, false, false, NULL, false, false, false,
     16.5,  0,     2.75,  20,                  0,     20,    0,    0,     1,    false, false, NULL,  3.5,  'HOME DELIVERY', 2,    9,  1),
    (5109, 'ck0000005109', '2026-11-20 20:15:00', NULL,                  NULL,                  20, false, false, NULL, false, false, false,
     0,     0,     0,     0,                   0,     0,     0,    0,     8,    false, false, 0,     0,    'DINE IN',       1,    9,  0),
    (5110, 'ck0000005110', '2026-11-20 20:40:00', NULL,                  NULL,                  20, false, false, NULL, false, false, false,
     NULL,  NULL,  NULL,  NULL,                NULL,  NULL,  NULL, NULL,  3,    false, false, NULL,  NULL, 'DINE IN',       3,    9,  0),
    (5111, 'ck0000005111', '2026-11-20 20:48:20', NULL,                  '2026-11-20 20:49:00', 20, NULL,  false, NULL, false, false, false,
     12.3,  0,     2.05,  12.300000000000002,  12.3,  0,     0,    0,     1,    false, false, 0,     0,    'TAKE OUT',      5,    10, 2),
    (5112, 'ck0000005112', '2026-11-20 21:01:00', NULL,                  '2026-11-20 21:33:15', 21, false, false, NULL, false, false, false,
     53.28, 0,     8.88,  53.280000000000001,  0,     53.280000000000001, 0, 0, 3, true, false, 0,    0,    'BAR TAB',       1,    10, 3);

INSERT INTO gratuity (id, amount, paid, refunded, ticket_id, owner_id, terminal_id) VALUES
    (1, 6, false, false, 5102, 2, 9),
    (2, 2, false, false, 5105, 5, 9);
UPDATE ticket SET gratuity_id = 1 WHERE id = 5102;
UPDATE ticket SET gratuity_id = 2 WHERE id = 5105;

INSERT INTO ticket_table_num (ticket_id, table_id) VALUES
    (3050, 9), (4201, 7), (5090, 2), (5091, 1), (5095, 6),
    (5101, 1), (5102, 13), (5102, 5), (5103, 2), (5104, 2), (5105, 3), (5106, 7), (5109, 12), (5110, 14);

INSERT INTO table_ticket_num (shop_table_status_id, ticket_id, user_id, user_name) VALUES
    (1, 5101, 1, 'Marguerite'), (5, 5102, 2, 'Tomasz'), (13, 5102, 2, 'Tomasz'), (2, 5103, 3, 'Inés'), (2, 5104, NULL, NULL),
    (3, 5105, 5, NULL), (7, 5106, 4, 'Kwame'), (12, 5109, 1, 'Marguerite'), (14, 5110, 3, 'Inés');

INSERT INTO ticket_item (id, item_id, item_count, item_quantity, item_name, item_unit_name, category_name, group_name, item_price, item_tax_rate,
                         sub_total, sub_total_without_modifiers, discount, tax_amount, total_price, beverage, treat_as_seat, seat_number, fractional_unit, has_modiiers, ticket_id) VALUES
    (19001, 501, 4, 0,     'Margherita',               NULL, 'Food',   'Pizza',       12,    20, 48,    48,    0,    8,    48,    false, false, 0, false, false, 3050),
    (19101, 710, 2, 0,     'Last-orders whisky',       NULL, 'Drinks', 'Spirits',     8,     20, 16,    16,    0,    2.67, 16,    true,  false, 0, false, false, 4200),
    (19102, 705, 1, 0,     'Negroni',                  NULL, 'Drinks', 'Cocktails',   9.5,   20, 9.5,   9.5,   0,    1.58, 9.5,   true,  false, 0, NULL,  false, 4201),
    (19801, 515, 2, 0,     'Lunch plate',              NULL, 'Food',   'Lunch',       9.5,   20, 19,    19,    0,    3.17, 19,    false, false, 0, false, false, 5090),
    (19802, 720, 2, 0,     'Espresso',                 NULL, 'Drinks', 'Coffee',      2.6,   20, 5.2,   5.2,   0,    0.87, 5.2,   true,  false, 0, false, false, 5091),
    (19901, 501, 1, 0,     'Margherita',               NULL, 'Food',   'Pizza',       11.5,  20, 11.5,  11.5,  0,    1.92, 11.5,  false, false, 0, false, false, 5095),
    (19902, 701, 1, 0,     'Verdicchio 175 ml',        NULL, 'Drinks', 'Wine',        7.25,  20, 7.25,  7.25,  0,    1.21, 7.25,  true,  false, 0, false, false, 5096),
    -- 5101: modifiers that divide (2 pizzas, 2 extras)
    (20001, 501, 2, 0,     'Margherita',               NULL, 'Food',   'Pizza',       11.5,  20, 27.5,  23,    0,    4.58, 27.5,  false, false, 0, false, true,  5101),
    (20002, 701, 2, 0,     'Verdicchio 175 ml',        NULL, 'Drinks', 'Wine',        7.25,  20, 14.5,  14.5,  0,    2.42, 14.5,  true,  false, 0, false, false, 5101),
    -- 5102: seats, weights, discounts
    (20010, 0,   1, 0,     'Seat 1',                   NULL, NULL,     NULL,          0,     0,  0,     0,     0,    0,    0,     false, true,  1, false, false, 5102),
    (20011, 510, 3, 0,     'Kettle burger',            NULL, 'Food',   'Grill',       12,    20, 37.5,  36,    0,    6.25, 37.5,  false, NULL,  1, false, true,  5102),
    (20012, 0,   1, 0,     'Seat 2',                   NULL, NULL,     NULL,          0,     0,  0,     0,     0,    0,    0,     false, true,  2, false, false, 5102),
    (20013, 510, 2, 0,     'Kettle burger',            NULL, 'Food',   'Grill',       12,    20, 32,    24,    4.2,  4.63, 27.8,  false, false, 2, false, true,  5102),
    (20014, 511, 1, 1.25,  'Côte de bœuf (kg)',        'kg', 'Food',   'Grill',       48,    20, 66,    60,    0,    11,   66,    false, false, 2, true,  true,  5102),
    (20015, 0,   1, 0,     'Seat 3',                   NULL, NULL,     NULL,          0,     0,  0,     0,     0,    0,    0,     false, true,  3, false, false, 5102),
    (20016, 521, 2, 0,     'Sourdough & butter',       NULL, 'Food',   '',            0,     20, 0,     0,     0,    0,    0,     false, false, 3, false, false, 5102),
    (20017, 707, 1, 2,     'Prosecco (carafe)',        'l',  'Drinks', 'Fizz',        14.5,  20, 29,    29,    0,    4.83, 29,    true,  false, 3, true,  false, 5102),
    (20018, 540, 3, 0,     ' Sticky toffee pudding ',  NULL, 'Food',   'Puddings',    7.5,   20, 22.5,  22.5,  0.75, 3.63, 21.75, false, false, 3, NULL,  false, 5102),
    -- 5103: halves of a pizza
    (20020, 503, 1, 0,     'Quattro Stagioni',         NULL, 'Food',   'Pizza',       13,    20, 15,    13,    0,    2.5,  15,    false, false, 0, false, true,  5103),
    (20021, 504, 1, 0,     'Calzone',                  NULL, 'Food',   'Pizza',       12.5,  20, 17.9,  12.5,  0,    2.98, 17.9,  false, false, 0, false, true,  5103),
    (20022, 702, 1, 0,     'Acqua Panna 75 cl',        NULL, 'Drinks', 'Soft drinks', 4.7,   20, 4.7,   4.7,   0.42, 0.71, 4.28,  true,  false, 0, false, false, 5103),
    -- 5104
    (20025, 703, 1, NULL,  'Limonata',                 NULL, NULL,     'Soft drinks', 3.2,   20, 3.2,   3.2,   NULL, 0.53, 3.2,   NULL,  NULL,  NULL, NULL, NULL, 5104),
    (20026, 512, 1, NULL,  'Kids'' penne',             NULL, '',       NULL,          6.5,   20, 6.5,   6.5,   0,    1.08, 6.5,   NULL,  false, NULL, NULL, NULL, 5104),
    -- 5105
    (20030, 513, 1, 0,     'Bavette steak',            NULL, 'Food',   'Grill',       16.899999999999999, 20, 16.9, 16.9, 0, 2.82, 16.9, false, false, 0, false, false, 5105),
    (20031, 522, 1, 0,     'Chips',                    NULL, 'Food',   'Sides',       3.1000000000000001, 20, 3.1, 3.1,  0, 0.52, 3.1,  false, false, 0, false, false, 5105),
    -- 5106
    (20035, 705, 2, 0,     'Negroni',                  NULL, 'Drinks', 'Cocktails',   9.5,   20, 19,    19,    0,    3.17, 19,    true,  false, 0, false, false, 5106),
    (20036, 520, 1, 0,     'Nocellara olives',         NULL, 'Food',   'Snacks',      4,     20, 4,     4,     0,    0.67, 4,     false, false, 0, false, false, 5106),
    -- 5107: sold by weight, the unit price as the till stores it
    (20040, 530, 1, 0.35,  'Manchego (kg) 🧀',         'kg', 'Food',   'Snacks',      13.571428571428571, 20, 4.75, 4.75, 0, 0.79, 4.75, false, false, 0, true, false, 5107),
    (20041, 706, 3, 0,     'Stout, pint',              NULL, 'Drinks', 'Beer',        6.2000000000000002, 20, 18.6, 18.6, 1.86, 2.79, 16.74, true, false, 0, false, false, 5107),
    -- 5108: add-ons
    (20045, 505, 1, 0,     'Diavola',                  NULL, 'Food',   'Pizza',       12.9,  20, 16.5,  12.9,  0,    2.75, 16.5,  false, false, 0, false, true,  5108),
    -- 5111
    (20055, 506, 1, 0,     'Marinara',                 NULL, 'Food',   'Pizza',       10.800000000000001, 20, 10.8, 10.8, 0, 1.8, 10.8, false, false, 0, false, false, 5111),
    (20056, 708, 1, 0,     'Cloudy lemonade',          NULL, 'Drinks', 'Soft drinks', 1.5,   20, 1.5,   1.5,   0,    0.25, 1.5,   true,  false, 0, false, false, 5111),
    -- 5112: half pennies and thirds
    (20060, 532, 1, 0.335, 'Marcona almonds (kg)',     'kg', 'Food',   'Snacks',      27,    20, 9.05,  9.05,  0,    1.51, 9.05,  false, false, 0, true,  false, 5112),
    (20061, 531, 3, 0,     'Carlingford oyster',       NULL, 'Food',   'Snacks',      3.3333333333333335, 20, 10, 10, 0, 1.67, 10,  false, false, 0, false, false, 5112),
    (20062, 709, 1, 0,     'Godello, magnum half',     NULL, 'Drinks', 'Wine',        34.225000000000001, 20, 34.23, 34.23, 0, 5.71, 34.23, true, false, 0, false, false, 5112);

INSERT INTO ticket_item_modifier (id, item_id, group_id, item_count, modifier_name, modifier_price, modifier_tax_rate, modifier_type,
                                  subtotal_price, total_price, tax_amount, info_only, section_name, section_wise_pricing, ticket_item_id) VALUES
    (30001, 602, 1, 2, 'No basil',           0,    20, 1, 0,   0,   0,    false, NULL,     true,  20001),
    (30002, 601, 1, 2, 'Extra mozzarella',   1.75, 20, 3, 3.5, 3.5, 0.58, false, NULL,     true,  20001),
    (30003, 0,   1, 1, '-- whole pizza --',  0,    0,  1, 0,   0,   0,    true,  NULL,     true,  20001),
    (30004, 603, 1, 2, 'Chilli oil',         0.5,  20, 3, 1,   1,   0.17, NULL,  NULL,     NULL,  20001),
    (30010, 604, 2, 1, 'Extra cheese',       1.5,  20, 3, 1.5, 1.5, 0.25, false, NULL,     true,  20011),
    (30011, 605, 2, 4, 'Smoked bacon',       2,    20, 3, 8,   8,   1.33, false, NULL,     true,  20013),
    (30012, 606, 2, 2, 'Peppercorn sauce',   3,    20, 3, 6,   6,   1,    false, NULL,     true,  20014),
    (30020, 607, 1, 1, 'Truffle oil',        2,    20, 3, 2,   2,   0.33, false, 'Half 1', false, 20020),
    (30021, 607, 1, 1, 'Truffle oil',        2,    20, 3, 2,   2,   0.33, false, 'Half 2', false, 20020),
    (30022, 608, 1, 1, '’Nduja',             1.8,  20, 3, 1.8, 1.8, 0.3,  false, 'Half 1', NULL,  20021),
    (30023, 608, 1, 1, '’Nduja',             1.8,  20, 3, 1.8, 1.8, 0.3,  false, 'Half 2', NULL,  20021),
    (30024, 609, 1, 1, 'Rocket',             0.9,  20, 3, 0.9, 0.9, 0.15, false, 'Half 1', true,  20021),
    (30025, 609, 1, 1, 'Rocket',             0.9,  20, 3, 0.9, 0.9, 0.15, false, 'Half 2', true,  20021),
    (30028, 620, 3, 2, 'Dip: aioli',         1.2,  20, 3, 2.4, 2.4, 0.4,  false, NULL,     true,  20045),
    (30029, 621, 3, 1, 'Dip: blue cheese',   1.2,  20, 3, 1.2, 1.2, 0.2,  false, NULL,     true,  20045),
    (30030, 610, 1, 1, 'Oregano',            0,    20, 1, 0,   0,   0,    false, NULL,     true,  20045);

-- The order on the screen is list_order, not the key.
INSERT INTO ticket_item_modifier_relation (ticket_item_id, modifier_id, list_order) VALUES
    (20001, 30002, 0), (20001, 30003, 1), (20001, 30001, 2), (20001, 30004, 3),
    (20011, 30010, 0), (20013, 30011, 0), (20014, 30012, 0),
    (20020, 30021, 0), (20020, 30020, 1),
    (20021, 30022, 0), (20021, 30023, 1), (20021, 30024, 2), (20021, 30025, 3),
    (20045, 30030, 5);

INSERT INTO ticket_item_addon_relation (ticket_item_id, modifier_id, list_order) VALUES
    (20045, 30029, 0), (20045, 30028, 1);

-- The pudding line (20018) was discounted by hand: an amount on the line and no row here.
INSERT INTO ticket_item_discount (id, discount_id, name, type, auto_apply, minimum_quantity, value, amount, ticket_itemid) VALUES
    (1, 1, 'Early bird 10%', 1, true,  0, 10,   3.2,  20013),
    (2, 2, 'Friend of staff', 0, false, 0, 1,    1,    20013),
    (3, 3, 'Water week',     0, true,  0, 0.42, 0.42, 20022),
    (4, 4, 'Happy hour 10%', 1, true,  0, 10,   1.86, 20041);

INSERT INTO ticket_discount (id, discount_id, name, type, auto_apply, minimum_amount, value, ticket_id) VALUES
    (1, 11, 'Birthday £4',    0, false, 0, 4,  5102),
    (2, 12, 'Loyalty £6',     0, false, 0, 6,  5102),
    (3, 13, 'Neighbours 10%', 1, false, 0, 10, 5103);

INSERT INTO transactions (id, payment_type, global_id, transaction_time, amount, tips_amount, tips_exceed_amount, tender_amount, transaction_type, payment_sub_type,
                          captured, voided, authorizable, card_type, card_auth_code, card_transaction_id, card_merchant_gateway, drawer_resetted, terminal_id, ticket_id, user_id) VALUES
    (801, 'CREDIT_CARD', 'tx0000000801', '2026-07-10 22:05:00', 54,    0, 0, 54,    'CREDIT', 'CREDIT CARD', true,  false, false, 'VISA', '004411', 'old-801', NULL, true,  9,  3050, 1),
    (802, 'CASH',        'tx0000000802', '2026-10-25 02:15:00', 16,    0, 0, 20,    'CREDIT', 'CASH',        true,  false, false, NULL,   NULL,     NULL,      NULL, true,  10, 4200, 4),
    (803, 'CASH',        'tx0000000803', '2026-10-25 01:58:30', 9.5,   0, 0, 10,    'CREDIT', 'CASH',        true,  false, false, NULL,   NULL,     NULL,      NULL, true,  10, 4201, 4),
    (804, 'DEBIT_CARD',  'tx0000000804', '2026-11-20 13:40:22', 21.38, 0, 0, 21.38, 'CREDIT', 'DEBIT CARD',  true,  false, false, 'VISA', '118220', 'old-804', NULL, false, 9,  5090, 4),
    (805, 'CASH',        'tx0000000805', '2026-11-20 13:20:00', 5.2,   0, 0, 5.2,   'CREDIT', 'CASH',        true,  false, false, NULL,   NULL,     NULL,      NULL, false, 9,  5091, 2),
    (806, 'CASH',        'tx0000000806', '2026-11-20 20:32:00', 20,    0, 0, 20,    'CREDIT', 'CASH',        false, true,  false, NULL,   NULL,     NULL,      NULL, false, 9,  5102, 2),
    (807, 'CASH',        'tx0000000807', '2026-11-20 20:33:00', 40,    0, 0, 50,    'CREDIT', 'CASH',        true,  false, false, NULL,   NULL,     NULL,      NULL, false, 9,  5102, 2),
    (808, 'CREDIT_CARD', 'tx0000000808', '2026-11-20 20:35:10', 40,    4, 0, 40,    'CREDIT', 'CREDIT CARD', true,  false, false, 'AMEX', '771003', 'old-808', NULL, false, 9,  5102, 2),
    (809, 'CASH',        'tx0000000809', '2026-11-20 19:46:00', 23,    0, 0, 25,    'CREDIT', 'CASH',        true,  false, false, NULL,   NULL,     NULL,      NULL, false, 10, 5106, 4),
    (810, 'CREDIT_CARD', 'tx0000000810', '2026-11-20 20:50:00', 12.3,  0, 0, 12.3,  'CREDIT', 'CREDIT CARD', true,  false, false, 'VISA', '550912', 'old-810', NULL, false, 10, 5111, 5);

-- Rows above carry their keys, so the sequences are moved past them.
SELECT setval('currency_id_seq', 1);
SELECT setval('shop_floor_id_seq', 2);
SELECT setval('users_auto_id_seq', 6);
SELECT setval('order_type_id_seq', 4);
SELECT setval('ticket_id_seq', 5112);
SELECT setval('gratuity_id_seq', 2);
SELECT setval('ticket_discount_id_seq', 3);
SELECT setval('ticket_item_id_seq', 20062);
SELECT setval('ticket_item_modifier_id_seq', 30030);
SELECT setval('ticket_item_discount_id_seq', 4);
SELECT setval('transactions_id_seq', 810);

-- The Lantern, an invented fish house in Leith, on the evening of Friday 20 November 2026. All people,
-- prices and numbers are made up. Prices are stored without tax, with all the digits the till keeps.

INSERT INTO people (id, name) VALUES ('0', 'Administrator'), ('1', 'Anna'), ('2', 'Fearghas');

INSERT INTO discountprofiles (id, name, rate, disporder) VALUES (1, 'Regulars', 0.1, 0), (2, 'Trade', 0.2, 1);
INSERT INTO tariffareas (id, name, tarifforder) VALUES (1, 'Festival prices', 0);
INSERT INTO customers (id, searchkey, name, discountprofile_id) VALUES ('cust-1', 'MCINTYRE', 'Morag McIntyre', 1);

INSERT INTO categories (id, name, parentid, disporder) VALUES
    ('food',   'Food',       NULL,     0),
    ('mains',  'Mains',      'food',   1),
    ('small',  'Small plates', 'food', 2),
    ('drinks', 'Drinks',     NULL,     3),
    ('beer',   'Beer',       'drinks', 4),
    ('extras', 'Extras',     NULL,     5),
    ('shop',   'Shop',       NULL,     6);

INSERT INTO taxcategories (id, name) VALUES ('000', 'Zero VAT'), ('001', 'Reduced VAT'), ('002', 'Standard VAT');
INSERT INTO taxes (id, name, category, rate) VALUES
    ('000', 'VAT Free', '000', 0),
    ('001', '5% VAT',   '001', 0.05),
    ('002', '20% VAT',  '002', 0.20);

-- The lager has no code, the peas an empty one: both fall back on the reference.
INSERT INTO products (id, reference, code, name, pricesell, category, taxcat, iscom) VALUES
    ('P-FISH', 'FISH',    '100001', 'Fish supper',          12.458333333333334, 'mains',  '002', false),
    ('P-CRAB', 'CRAB',    '100002', 'Crab linguine',        13.75,              'mains',  '002', false),
    ('P-PIE',  'PIE',     '100003', 'Venison pie',          12.666666666666666, 'mains',  '002', false),
    ('P-SKNK', 'SKINK',   '100004', 'Cullen skink',         6.583333333333333,  'small',  '002', false),
    ('P-OYST', 'OYSTER',  '100005', 'Loch Ryan oyster',     2.777777777777778,  'small',  '002', false),
    ('P-LAGR', 'LAGER',   NULL,     'Leith lager, pint',    4.958333333333333,  'beer',   '002', false),
    ('P-MALB', 'MALBEC',  '200002', 'Malbec 175 ml',        6.166666666666667,  'drinks', '002', false),
    ('P-TEA',  'TEA',     '200003', 'Pot of tea',           2.583333333333333,  'drinks', '002', false),
    ('P-SCON', 'SCONE',   '300001', 'Scone & crème fraîche', 4.047619047619048, 'small',  '001', false),
    ('P-BOOK', 'BOOK',    '400001', 'The Lantern cook book', 12.5,              'shop',   '000', false),
    ('P-PEAS', 'X-PEAS',  '',       'Mushy peas',           1.25,               'extras', '002', true),
    ('P-SALT', 'X-SALT',  '900002', 'No salt',              0,                  'extras', '002', true),
    ('P-SAUC', 'X-SAUCE', '900003', 'Extra sauce',          0.791666666666667,  'extras', '002', true),
    ('P-PLAT', 'X-PLATE', '900004', 'Side plate',           0.5,                'extras', '002', true);

INSERT INTO locations (id, name) VALUES ('0', 'Leith');
INSERT INTO currencies (id, name, symbol, decimalsep, thousandssep, rate, format, main) VALUES
    (1, 'Pound', '£', '.', ',', 1.0, '$#0.00', true),
    (2, 'Euro',  '€', '.', ',', 1.17, '#0.00 $', false);
INSERT INTO cashregisters (id, name, location_id, nextticketid) VALUES (1, 'Till', '0', 42), (2, 'Bar till', '0', 7);
INSERT INTO paymentmodes (id, code, name) VALUES
    (1, 'cash', 'Cash'), (2, 'cheque', 'Cheque'), (3, 'magcard', 'Card'), (4, 'paperin', 'Voucher'),
    (5, 'credit_note', 'Credit note'), (6, 'prepaid', 'Prepaid'), (8, 'free', 'Free'), (9, 'internet', 'Internet');

-- Yesterday's session is closed. Two are open: the main till's since ten in the morning, the bar's since half past four.
INSERT INTO closedcash (money, cashregister_id, hostsequence, datestart, dateend, opencash, closecash, expectedcash) VALUES
    ('cash-1-6', 1, 6, '2026-11-19 10:05:00', '2026-11-19 23:48:00', 100, 187.4, 187.4),
    ('cash-2-3', 2, 3, '2026-11-20 16:30:00', NULL, 50, NULL, NULL),
    ('cash-1-7', 1, 7, '2026-11-20 10:00:00', NULL, 100, NULL, NULL);

INSERT INTO floors (id, name) VALUES ('0', 'Room'), ('1', 'Bar & garden');
INSERT INTO places (id, name, x, y, floor) VALUES
    ('1',  'Table 1',  133, 151, '0'),
    ('2',  'Table 2',  532, 151, '0'),
    ('3',  'Table 3',  133, 264, '0'),
    ('4',  'Table 4',  266, 264, '0'),
    ('7',  'Table 7',  133, 377, '0'),
    ('9',  'Table 9',  399, 377, '0'),
    ('10', 'Table 10', 532, 377, '0'),
    ('bar1', 'Bar - Left',  60, 60, '1'),
    ('bar2', 'Bar - Right', 90, 60, '1'),
    ('e2b7c1d0-5a64-4f0e-8d21-93b6a7c40f11', 'Garden hut 🌿', 300, 60, '1');

-- Nine open checks: table 4 has a discount on the whole bill, table 9 has only just sat down,
-- the one with a UUID of its own and the tab of Oisín stand at the bar without a table.
INSERT INTO sharedtickets (id, name, customer_id, custcount, discountprofile_id, discountrate) VALUES
    ('4',    'Table 4 - Anna',   'cust-1', 4,    1,    0.1),
    ('2',    'Table 2',          NULL,     2,    NULL, 0),
    ('7',    'Table 7',          NULL,     3,    NULL, 0),
    ('9',    'Table 9',          NULL,     6,    NULL, 0),
    ('10',   ' Table 10 ',       NULL,     NULL, NULL, NULL),
    ('bar1', 'Bar - Left',       NULL,     0,    2,    0.2),
    ('e2b7c1d0-5a64-4f0e-8d21-93b6a7c40f11', 'Garden hut', NULL, 2, NULL, NULL),
    ('6f0c2a54-7b1e-4d3a-9c55-0a1b2c3d4e5f', 'Bar 19:40',  NULL, NULL, NULL, 0),
    ('tab-oisín', 'Oisín''s tab - darts', NULL, NULL, NULL, 0);

INSERT INTO sharedticketlines (id, sharedticket_id, line, product_id, tax_id, quantity, discountrate, price) VALUES
    -- 4: extras that divide (2 suppers, 2 peas, 4 times no salt), beer at half price
    ('l-401', '4', 0, 'P-FISH', '002', 2, 0,    12.458333333333334),
    ('l-402', '4', 1, 'P-PEAS', '002', 2, 0,    1.25),
    ('l-403', '4', 2, 'P-SALT', '002', 4, 0,    0),
    ('l-404', '4', 3, 'P-LAGR', '002', 3, 0.5,  4.958333333333333),
    -- 2: three tax rates on one bill
    ('l-201', '2', 0, 'P-TEA',  '002', 2, 0,    2.583333333333333),
    ('l-202', '2', 1, 'P-SCON', '001', 2, 0,    4.047619047619048),
    ('l-203', '2', 2, 'P-BOOK', '000', 1, 0.2,  12.5),
    -- 7: thirds of a pound, so that the lines fall a penny short of the total
    ('l-701', '7', 0, 'P-OYST', '002', 1, 0,    2.777777777777778),
    ('l-702', '7', 1, 'P-OYST', '002', 1, 0,    2.777777777777778),
    ('l-703', '7', 2, 'P-MALB', '002', 1, 0,    6.166666666666667),
    ('l-704', '7', 3, 'P-OYST', '002', 3, 0,    2.777777777777778),
    -- 10: an extra with nothing before it, one sauce for three pies, a discount on an extra (rows not in line order)
    ('l-104', '10', 3, 'P-SKNK', '002', 1, 0,    6.583333333333333),
    ('l-105', '10', 4, 'P-SAUC', '002', 2, 0.2,  0.791666666666667),
    ('l-101', '10', 0, 'P-PLAT', '002', 2, NULL, 0.5),
    ('l-102', '10', 1, 'P-PIE',  '002', 3, NULL, 12.666666666666666),
    ('l-103', '10', 2, 'P-SAUC', '002', 1, NULL, 0.791666666666667),
    ('l-b01', 'bar1', 0, 'P-LAGR', '002', 2, 0,  4.958333333333333),
    ('l-e01', 'e2b7c1d0-5a64-4f0e-8d21-93b6a7c40f11', 0, 'P-CRAB', '002', 2, NULL, 13.75),
    ('l-601', '6f0c2a54-7b1e-4d3a-9c55-0a1b2c3d4e5f', 0, 'P-LAGR', '002', 1, 0, 4.958333333333333),
    ('l-o01', 'tab-oisín', 0, 'P-MALB', '002', 4, 0.1, 6.166666666666667);

-- Two checks that were closed: one yesterday in cash, one this afternoon by card.
INSERT INTO receipts (id, money, datenew) VALUES
    ('r-40', 'cash-1-6', '2026-11-19 21:12:00'),
    ('r-41', 'cash-1-7', '2026-11-20 14:03:00');
INSERT INTO tickets (id, tickettype, ticketid, person, custcount, discountrate) VALUES
    ('r-40', 0, 40, '1', 2, 0),
    ('r-41', 0, 41, '2', 1, 0);
INSERT INTO ticketlines (ticket, line, product, units, price, taxid, discountrate) VALUES
    ('r-40', 0, 'P-CRAB', 2, 13.75, '002', 0),
    ('r-41', 0, 'P-SKNK', 1, 6.583333333333333, '002', 0);
INSERT INTO payments (id, receipt, payment, total, currency, totalcurrency) VALUES
    ('pay-40', 'r-40', 'cash',    33,  1, 33),
    ('pay-41', 'r-41', 'magcard', 7.9, 1, 7.9);
INSERT INTO taxlines (id, receipt, taxid, base, amount) VALUES
    ('tl-40', 'r-40', '002', 27.5, 5.5),
    ('tl-41', 'r-41', '002', 6.58, 1.32);

-- Rows above carry their keys, so the sequences are moved past them, except that of cashregisters:
-- the vendor's own UK data leaves it behind in the same way.
SELECT setval('discountprofiles_id_seq', 2);
SELECT setval('tariffareas_id_seq', 1);
SELECT setval('currencies_id_seq', 2);
SELECT setval('paymentmodes_id_seq', 9);

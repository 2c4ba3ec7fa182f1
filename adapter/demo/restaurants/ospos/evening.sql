-- The Blue Anchor, an invented harbour café in Whitby, on the evening of Friday 20 November 2026. All people, prices and
-- numbers are made up. Times are those of the server's clock, which is in UTC here: in November London's is the same.

SET time_zone = '+00:00';

INSERT INTO ospos_app_config (`key`, `value`) VALUES
  ('company', 'The Blue Anchor'), ('address', '3 Pier Road, Whitby'), ('phone', '01947 496 0123'),
  ('currency_code', 'GBP'), ('currency_symbol', '£'), ('timezone', 'Europe/London'), ('dinner_table_enable', '1'),
  ('tax_included', '1'), ('return_policy', 'Thank you, and mind the gulls');

INSERT INTO ospos_people (person_id, first_name, last_name) VALUES
  (1, 'System', 'Admin'), (11, 'Anna', 'Ng'), (12, 'Björn', 'Åkesson'), (13, 'Cass', '');
INSERT INTO ospos_employees (person_id, username, password, deleted) VALUES
  (1, 'admin', 'x', 0), (11, 'anna', 'x', 0), (12, 'bjorn', 'x', 0), (13, 'cass', 'x', 1);

-- The crab has no number of its own, the chips an empty one: both are known by their id.
INSERT INTO ospos_items (item_id, name, category, item_number, unit_price, deleted) VALUES
  (501, 'Margherita',            'Food',   'R1', 9.50, 0),
  (502, 'Harbour lager, bottle', 'Drinks', 'R2', 4.75, 0),
  (503, 'Extra mozzarella',      'Extras', 'R3', 1.20, 0),
  (504, 'Whitby crab',           'Food',   NULL, 14.00, 0),
  (505, 'Chips',                 'Food',   '',   3.30, 0),
  (506, 'Wensleydale, kg',       'Deli',   'W1', 28.00, 0),
  (507, 'Crème brûlée',          'Food',   'D1', 6.00, 1),
  (508, 'Souvenir mug',          'Shop',   'S1', 12.50, 0);

-- 1 and 2 are the till's own: they are no tables.
INSERT INTO ospos_dinner_tables (dinner_table_id, name, status, deleted) VALUES
  (1, 'Delivery', 0, 0), (2, 'Take Away', 0, 0), (3, 'T3', 0, 0), (4, 'T4', 1, 0), (5, 'T5 (old)', 0, 1),
  (6, 'Window - left', 1, 0), (7, 'T10', 1, 0), (8, 'T2', 0, 0);

-- sale_status 0 completed, 1 suspended (which is open), 2 canceled; sale_type 0 sale, 1 invoice, 2 work order, 3 quote, 4 return
INSERT INTO ospos_sales (sale_id, sale_time, employee_id, comment, dinner_table_id, sale_status, sale_type) VALUES
  (101, '2026-11-20 19:05:11', 11, 'window',      4, 1, 0),   -- discounts of both kinds, cash paid and change given
  (102, '2026-11-20 18:40:00', 12, '',            6, 1, 1),   -- taxes on top of the price, two of them on one line
  (103, '2026-11-20 20:15:30', 11, '',         NULL, 1, 0),   -- at the bar; by weight
  (104, '2026-11-20 20:20:00', 13, 'no name',     7, 1, 0),   -- one taken back; the waiter has left
  (105, '2026-11-20 18:00:00', 11, '',            3, 0, 0),   -- completed
  (106, '2026-11-20 17:00:00', 11, '',            4, 2, 0),   -- canceled
  (107, '2026-11-20 16:00:00', 11, 'quote',    NULL, 1, 3),
  (108, '2026-11-20 16:10:00', 11, 'return',   NULL, 0, 4),
  (109, '2026-11-20 20:25:00', 12, '',            2, 1, 0),   -- to take away: a sale without a table
  (110, '2026-11-20 20:30:00', 12, '',            4, 1, 0),   -- a second sale on the table, still empty
  (111, '2026-11-20 19:30:00', 11, '',            7, 1, 0);   -- paid in full by card, not completed yet

INSERT INTO ospos_sales_items (sale_id, item_id, line, description, quantity_purchased, item_cost_price, item_unit_price, discount, discount_type, item_location) VALUES
  (101, 501, 1, '',      2.000, 3.00,  9.50,  0.00, 0, 1),
  (101, 503, 2, '',      2.000, 0.20,  1.20,  0.00, 0, 1),
  (101, 502, 3, 'cold',  3.000, 1.00,  4.75, 10.00, 0, 1),
  (101, 502, 4, '',      2.000, 1.00,  4.75,  0.75, 1, 1),
  (102, 505, 1, '',      3.000, 0.60,  3.33,  0.00, 0, 1),
  (102, 508, 2, '',      1.000, 4.00, 12.50, 10.00, 0, 1),
  (103, 506, 1, '',      0.350, 9.00, 28.00,  0.00, 0, 1),
  (103, 504, 2, '',      1.000, 5.00, 14.00,  0.00, 0, 1),
  (104, 502, 1, '',      4.000, 1.00,  4.75,  0.00, 0, 1),
  (104, 502, 2, '',     -1.000, 1.00,  4.75,  0.00, 0, 1),
  (105, 507, 1, '',      1.000, 1.00,  6.00,  0.00, 0, 1),
  (106, 501, 1, '',      1.000, 3.00,  9.50,  0.00, 0, 1),
  (107, 501, 1, '',      1.000, 3.00,  9.50,  0.00, 0, 1),
  (108, 501, 1, '',     -1.000, 3.00,  9.50,  0.00, 0, 1),
  (109, 501, 1, NULL,    1.000, 3.00,  9.50,  0.00, 0, 1),
  (111, 507, 1, '',      2.000, 1.00,  6.00,  0.00, 0, 1);

-- tax_type 0 is inside the price, 1 is added to it
INSERT INTO ospos_sales_items_taxes (sale_id, item_id, line, name, percent, tax_type, item_tax_amount) VALUES
  (101, 501, 1, 'VAT', 20, 0, 3.1667), (101, 503, 2, 'VAT', 20, 0, 0.4000), (101, 502, 3, 'VAT', 20, 0, 2.1367),
  (101, 502, 4, 'VAT', 20, 0, 1.3333),
  (102, 505, 1, 'County', 4.5, 1, 0.4496), (102, 505, 1, 'State', 4, 1, 0.3996), (102, 508, 2, 'State', 4, 1, 0.4500),
  (103, 506, 1, 'VAT', 0, 0, 0.0000), (103, 504, 2, 'VAT', 20, 0, 2.3333),
  (104, 502, 1, 'VAT', 20, 0, 3.1667), (104, 502, 2, 'VAT', 20, 0, -0.7917),
  (105, 507, 1, 'VAT', 20, 0, 1.0000), (109, 501, 1, 'VAT', 20, 0, 1.5833), (111, 507, 1, 'VAT', 20, 0, 2.0000);

INSERT INTO ospos_sales_payments (payment_id, sale_id, payment_type, payment_amount, cash_refund, employee_id, payment_time, reference_code) VALUES
  (1, 101, 'Cash',        20.00, 5.00, 11, '2026-11-20 19:40:00', ''),
  (2, 105, 'Cash',        10.00, 4.00, 11, '2026-11-20 18:00:00', ''),
  (3, 111, 'Credit Card', 12.00, 0.00, 11, '2026-11-20 20:00:00', 'till-0001');

-- The tables and columns of Open Source Point of Sale 3.4 (MariaDB, MySQL) that its mapping reads and writes, under their
-- real names and types, with the keys that its queries use. The till has more of both.

CREATE TABLE ospos_app_config (
  `key` varchar(50) NOT NULL,
  `value` varchar(500) NOT NULL,
  PRIMARY KEY (`key`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE ospos_people (
  person_id int(10) NOT NULL AUTO_INCREMENT,
  first_name varchar(255) NOT NULL,
  last_name varchar(255) NOT NULL,
  PRIMARY KEY (person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE ospos_employees (
  person_id int(10) NOT NULL,
  username varchar(255) NOT NULL,
  password varchar(255) NOT NULL,
  deleted int(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (person_id),
  UNIQUE KEY username (username),
  CONSTRAINT ospos_employees_ibfk_1 FOREIGN KEY (person_id) REFERENCES ospos_people (person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE ospos_items (
  item_id int(10) NOT NULL AUTO_INCREMENT,
  name varchar(255) NOT NULL,
  category varchar(255) NOT NULL,
  item_number varchar(255) DEFAULT NULL,
  unit_price decimal(15,2) NOT NULL,
  deleted int(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (item_id),
  KEY item_number (item_number)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE ospos_dinner_tables (
  dinner_table_id int(11) NOT NULL AUTO_INCREMENT,
  name varchar(30) NOT NULL,
  status tinyint(1) NOT NULL DEFAULT 0,
  deleted int(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (dinner_table_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE ospos_sales (
  sale_id int(10) NOT NULL AUTO_INCREMENT,
  sale_time timestamp NOT NULL DEFAULT current_timestamp(),
  customer_id int(10) DEFAULT NULL,
  employee_id int(10) NOT NULL DEFAULT 0,
  comment text NOT NULL,
  invoice_number varchar(32) DEFAULT NULL,
  quote_number varchar(32) DEFAULT NULL,
  work_order_number varchar(32) DEFAULT NULL,
  dinner_table_id int(11) DEFAULT NULL,
  sale_status tinyint(2) NOT NULL DEFAULT 0,
  sale_type tinyint(2) NOT NULL DEFAULT 0,
  PRIMARY KEY (sale_id),
  UNIQUE KEY invoice_number (invoice_number),
  KEY employee_id (employee_id),
  KEY sale_time (sale_time),
  KEY dinner_table_id (dinner_table_id),
  CONSTRAINT ospos_sales_ibfk_1 FOREIGN KEY (employee_id) REFERENCES ospos_employees (person_id),
  CONSTRAINT ospos_sales_ibfk_3 FOREIGN KEY (dinner_table_id) REFERENCES ospos_dinner_tables (dinner_table_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE ospos_sales_items (
  sale_id int(10) NOT NULL DEFAULT 0,
  item_id int(10) NOT NULL DEFAULT 0,
  description varchar(255) DEFAULT NULL,
  line int(3) NOT NULL DEFAULT 0,
  quantity_purchased decimal(15,3) NOT NULL DEFAULT 0.000,
  item_cost_price decimal(15,2) NOT NULL,
  item_unit_price decimal(15,2) NOT NULL,
  discount decimal(15,2) NOT NULL DEFAULT 0.00,
  discount_type tinyint(2) NOT NULL DEFAULT 0,
  item_location int(11) NOT NULL,
  PRIMARY KEY (sale_id, item_id, line),
  KEY sale_id (sale_id),
  KEY item_id (item_id),
  CONSTRAINT ospos_sales_items_ibfk_1 FOREIGN KEY (item_id) REFERENCES ospos_items (item_id),
  CONSTRAINT ospos_sales_items_ibfk_2 FOREIGN KEY (sale_id) REFERENCES ospos_sales (sale_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE ospos_sales_items_taxes (
  sale_id int(10) NOT NULL,
  item_id int(10) NOT NULL,
  line int(3) NOT NULL DEFAULT 0,
  name varchar(255) NOT NULL,
  percent decimal(15,4) NOT NULL DEFAULT 0.0000,
  tax_type tinyint(2) NOT NULL DEFAULT 0,
  rounding_code tinyint(2) NOT NULL DEFAULT 0,
  cascade_sequence tinyint(2) NOT NULL DEFAULT 0,
  item_tax_amount decimal(15,4) NOT NULL DEFAULT 0.0000,
  PRIMARY KEY (sale_id, item_id, line, name, percent),
  KEY sale_id (sale_id),
  CONSTRAINT ospos_sales_items_taxes_ibfk_1 FOREIGN KEY (sale_id, item_id, line)
    REFERENCES ospos_sales_items (sale_id, item_id, line)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE ospos_sales_payments (
  payment_id int(11) NOT NULL AUTO_INCREMENT,
  sale_id int(10) NOT NULL,
  payment_type varchar(40) NOT NULL,
  payment_amount decimal(15,2) NOT NULL,
  cash_refund decimal(15,2) NOT NULL DEFAULT 0.00,
  employee_id int(11) DEFAULT NULL,
  payment_time timestamp NOT NULL DEFAULT current_timestamp(),
  reference_code varchar(40) NOT NULL DEFAULT '',
  PRIMARY KEY (payment_id),
  KEY payment_sale (sale_id, payment_type),
  KEY employee_id (employee_id),
  KEY payment_time (payment_time),
  CONSTRAINT ospos_sales_payments_ibfk_1 FOREIGN KEY (sale_id) REFERENCES ospos_sales (sale_id),
  CONSTRAINT ospos_sales_payments_ibfk_2 FOREIGN KEY (employee_id) REFERENCES ospos_employees (person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

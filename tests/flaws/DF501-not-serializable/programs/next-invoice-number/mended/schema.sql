CREATE TABLE invoices (number integer NOT NULL, customer text NOT NULL, cents integer NOT NULL);
CREATE TABLE counters (name text PRIMARY KEY, last integer NOT NULL);
INSERT INTO counters VALUES ('invoices', 0);

CREATE TABLE invoices (number integer NOT NULL, customer text NOT NULL, cents integer NOT NULL);

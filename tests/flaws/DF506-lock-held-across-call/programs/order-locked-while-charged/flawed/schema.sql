CREATE TABLE orders (id integer PRIMARY KEY, cents integer NOT NULL, state text NOT NULL DEFAULT 'open');

CREATE TABLE accounts (name text PRIMARY KEY, cents integer NOT NULL CHECK (cents >= 0));

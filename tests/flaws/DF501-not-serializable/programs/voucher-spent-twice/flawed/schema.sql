CREATE TABLE vouchers (code text PRIMARY KEY, cents integer NOT NULL, spent boolean NOT NULL DEFAULT false);

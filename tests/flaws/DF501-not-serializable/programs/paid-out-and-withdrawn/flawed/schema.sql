CREATE TABLE accounts (owner text PRIMARY KEY, balance integer NOT NULL, open boolean NOT NULL DEFAULT true);

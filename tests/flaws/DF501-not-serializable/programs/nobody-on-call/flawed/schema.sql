CREATE TABLE doctors (name text PRIMARY KEY, on_call boolean NOT NULL);

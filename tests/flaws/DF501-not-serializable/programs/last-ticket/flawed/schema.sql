CREATE TABLE shows (name text PRIMARY KEY, free integer NOT NULL);

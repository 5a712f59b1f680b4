CREATE TABLE members (number integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE counters (name text PRIMARY KEY, last integer NOT NULL);
INSERT INTO counters VALUES ('members', 0);

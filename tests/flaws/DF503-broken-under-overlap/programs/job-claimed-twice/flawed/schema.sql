CREATE TABLE jobs (id integer PRIMARY KEY, state text NOT NULL DEFAULT 'new', attempts integer NOT NULL DEFAULT 0);

CREATE TABLE users (email text PRIMARY KEY, name text NOT NULL);

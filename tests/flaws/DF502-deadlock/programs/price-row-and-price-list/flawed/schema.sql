CREATE TABLE prices (article text PRIMARY KEY, cents integer NOT NULL);

CREATE TABLE tables (number integer PRIMARY KEY, guest text);
INSERT INTO tables VALUES (7);

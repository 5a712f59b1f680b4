CREATE TABLE lockers (number integer PRIMARY KEY, parcel text);
INSERT INTO lockers VALUES (1), (2);

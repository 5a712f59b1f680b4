CREATE TABLE couriers (name text PRIMARY KEY);
CREATE TABLE shipments (parcel text PRIMARY KEY, courier text NOT NULL REFERENCES couriers);
INSERT INTO couriers VALUES ('Ann'), ('Bob');

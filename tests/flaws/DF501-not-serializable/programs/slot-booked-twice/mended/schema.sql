CREATE TABLE appointments (slot text PRIMARY KEY, patient text NOT NULL);

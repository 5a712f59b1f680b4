CREATE TABLE appointments (slot text NOT NULL, patient text NOT NULL);

CREATE TABLE bookings (room text NOT NULL, guest text NOT NULL);
CREATE TABLE audit (line text NOT NULL);

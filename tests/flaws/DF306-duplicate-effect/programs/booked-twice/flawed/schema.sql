CREATE TABLE journal (id text PRIMARY KEY DEFAULT gen_random_uuid()::text, account text, cents integer);

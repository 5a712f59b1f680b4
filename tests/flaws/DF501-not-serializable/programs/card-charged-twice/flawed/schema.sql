CREATE TABLE orders (
    number text PRIMARY KEY,
    cents integer NOT NULL,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paying', 'paid'))
);

CREATE SCHEMA shop AUTHORIZATION app;
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE EXTENSION pg_trgm WITH SCHEMA shop;
SET search_path = shop, public;

CREATE TYPE state AS ENUM ('new', 'paid', 'it''s shipped', '완료');
CREATE DOMAIN positive AS numeric(12, 2) CHECK (VALUE > 0);
CREATE TYPE address AS (street text, city text);

CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000 INCREMENT BY 7) PRIMARY KEY,
  mail citext NOT NULL UNIQUE,
  name text NOT NULL CHECK (length(name) > 0),
  name_upper text GENERATED ALWAYS AS (upper(name)) STORED,
  home address,
  labels hstore,
  born date
);
COMMENT ON COLUMN customers.name IS 'with ''quotes'', a \backslash and ; and $$';
INSERT INTO customers (mail, name, home, labels, born)
  SELECT 'customer' || i || '@example.org',
    (ARRAY['Ann', '김서윤', E'tab\there', E'line\nbreak \\. end', '😀𝒳𠮷', 'NULL', '\N'])[1 + i % 7] || ' ' || i,
    ROW('Street ' || i, CASE WHEN i % 3 = 0 THEN NULL ELSE 'Seoul' END)::address,
    hstore('n', i::text), date '1970-01-01' + i
  FROM generate_series(1, 500) AS i;

CREATE TABLE orders (
  id uuid,
  customer bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
  state state NOT NULL DEFAULT 'new',
  price positive NOT NULL,
  at timestamptz NOT NULL,
  local timestamp NOT NULL,
  took interval,
  tags text[] NOT NULL DEFAULT '{}',
  matrix int[][],
  details jsonb,
  scan bytea,
  ratio double precision,
  during tstzrange,
  ip inet,
  PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE orders_2025 PARTITION OF orders FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2026-01-01 00:00+00');
CREATE TABLE orders_2026 PARTITION OF orders FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2027-01-01 00:00+00') PARTITION BY HASH (id);
CREATE TABLE orders_2026_a PARTITION OF orders_2026 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE orders_2026_b PARTITION OF orders_2026 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE orders_rest PARTITION OF orders DEFAULT;

INSERT INTO orders
  SELECT md5(i::text)::uuid, 1000 + 7 * (i % 500), (enum_range(NULL::state))[1 + i % 4], i + 0.25,
    timestamptz '2024-12-01 00:00+09' + i * interval '7 hours 13 minutes', timestamp '2025-10-26 02:30' + i * interval '1 minute',
    i * interval '1 day 1 second', ARRAY['a,b', '"q"', NULL, '{}', i::text], ARRAY[[i, 2], [3, 4]],
    jsonb_build_object('n', i, 'text', E'\u0001 "\\ 😀', 'deep', jsonb_build_array(1, NULL, true)),
    decode(repeat(md5(i::text), 20), 'hex') || '\x00ff0a0d5c'::bytea,
    CASE i % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' ELSE 1 / (i + 1)::float8 END,
    tstzrange('2025-01-01 00:00+00', timestamptz '2025-01-01 00:00+00' + i * interval '1 hour', '[)'), '10.0.0.0'::inet + i
  FROM generate_series(1, 2000) AS i;
CREATE INDEX orders_details ON orders USING gin (details);
CREATE INDEX customers_alike ON customers USING gin (name gin_trgm_ops) WHERE born > date '1970-06-01';

CREATE TABLE audit (id serial, what text, at timestamptz DEFAULT now());
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $audit$
BEGIN
  -- Name: audit; Type: DATABASE; Schema: -; Owner: nobody
  INSERT INTO shop.audit (what) VALUES (TG_OP || E'\\connect postgres' || coalesce(NEW.name, ''));
  RETURN NEW;
END
$audit$;
CREATE TRIGGER audited AFTER INSERT OR UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION audit();
UPDATE customers SET name = name || '!' WHERE id < 1100;
CREATE PROCEDURE clean(days int) LANGUAGE sql AS 'DELETE FROM shop.audit WHERE at < now() - days * interval ''1 day''';

CREATE SEQUENCE invoices AS bigint START 100 INCREMENT -3 MINVALUE -9000000000 MAXVALUE 1000 CYCLE;
SELECT nextval('invoices'), nextval('invoices');
CREATE SEQUENCE untouched;

CREATE VIEW paid AS SELECT c.name, o.price FROM orders AS o JOIN customers AS c ON c.id = o.customer WHERE o.state = 'paid';
CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(price) AS total FROM orders GROUP BY customer;
CREATE UNIQUE INDEX totals_customer ON totals (customer);

CREATE TABLE "Odd ""Table"", with spaces; -- ü" ("a column" int, "select" text, "날짜" date, PRIMARY KEY ("a column", "select"));
INSERT INTO "Odd ""Table"", with spaces; -- ü" VALUES (1, '', NULL), (2, 'x', '2025-01-01');
CREATE TABLE nothing_in_it (id int);
CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;
CREATE UNLOGGED TABLE sessions (token text PRIMARY KEY);
INSERT INTO sessions VALUES ('kept as well');

ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON customers FOR SELECT TO app USING (mail = current_user);
GRANT USAGE ON SCHEMA shop TO readers;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO readers;
GRANT UPDATE (name) ON customers TO "Ana ""the"" Røle" WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO readers;
ALTER TABLE orders OWNER TO app;

SELECT lo_from_bytea(424242, decode(repeat('00ff', 5000), 'hex'));
SELECT lo_from_bytea(0, 'a second one');
COMMENT ON LARGE OBJECT 424242 IS 'a large object';
GRANT SELECT ON LARGE OBJECT 424242 TO readers;
CREATE PUBLICATION changes FOR TABLE customers;

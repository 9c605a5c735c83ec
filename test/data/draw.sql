--
-- draw(): what random() gives, the same on every server; PostgreSQL 15 changed the numbers that a seed gives.
--
CREATE TEMP SEQUENCE draws MINVALUE 0 START 0;
CREATE OR REPLACE FUNCTION draw() RETURNS float8 LANGUAGE sql VOLATILE AS $$SELECT ('x' || left(md5(nextval('draws')::text), 8))::bit(32)::bigint / 4294967296.0::float8$$;

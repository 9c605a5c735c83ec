-- dump: which tables pg_dump takes, and how their rows find their place when they are
-- restored (restore.sql).

CREATE TABLE _innovation_score.restore_step (
    relation text NOT NULL,
    place    numeric NOT NULL,
    ready    text NOT NULL,
    CONSTRAINT restore_step_pkey PRIMARY KEY (relation)
);

COMMENT ON TABLE _innovation_score.restore_step IS 'internal: the tables that are dumped, in the order in which their rows are restored';
COMMENT ON COLUMN _innovation_score.restore_step.relation IS 'table of the extension';
COMMENT ON COLUMN _innovation_score.restore_step.place IS 'order: a table comes after those that its rows refer to';
COMMENT ON COLUMN _innovation_score.restore_step.ready IS 'condition over a row n: the rows that it refers to are there';

CREATE FUNCTION _innovation_score.dump_table(relation text, place numeric, ready text, filter text DEFAULT '') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_extension_config_dump(relation::regclass, filter);
    INSERT INTO restore_step VALUES (relation, place, ready);
END
$$;

COMMENT ON FUNCTION _innovation_score.dump_table(text, numeric, text, text) IS
    'internal: for install and upgrade scripts: the rows of a table that pass the filter are dumped and restored';

-- Under the name of a table of the registry innovation_score has a view.
CREATE FUNCTION _innovation_score.stored_table(relation text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('%s.%I', c.relnamespace::regnamespace, c.relname) FROM pg_class c
    WHERE c.relname = relation AND c.relkind = 'r' AND c.relnamespace::regnamespace::text IN ('innovation_score', '_innovation_score')
$$;

COMMENT ON FUNCTION _innovation_score.stored_table(text) IS 'internal: a table of the extension with its schema';

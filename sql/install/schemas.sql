-- schemas: innovation_score holds what people call and read, _innovation_score what only the extension calls.
--
-- The script makes both, so that they belong to the superuser that it runs as, also where a plain user installs the
-- trusted extension. A schema that exists is an error: what lies in it could be taken for ours (CVE-2022-2625).
DO $$
BEGIN
    -- Without triggers of statements, publications could be changed unnoticed.
    IF version() ~* 'greenplum|cloudberry' THEN
        RAISE EXCEPTION 'innovation_score cannot be installed in Greenplum or Cloudberry, which do not run statement triggers'
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'Install it in a PostgreSQL server, and read the tables from there through postgres_fdw.';
    END IF;
END
$$;

CREATE SCHEMA innovation_score;
CREATE SCHEMA _innovation_score;

COMMENT ON SCHEMA innovation_score IS
    E'创新积分制 innovation points system: begin with SELECT * FROM innovation_score.guide, which has the statement for each task; '
    'SELECT * FROM innovation_score.scheme lists the schemes; \\df innovation_score.* lists the functions';
COMMENT ON SCHEMA _innovation_score IS 'internal: what only innovation_score itself calls';

-- Names of the parts that follow stand in these schemas.
SET LOCAL search_path = innovation_score, _innovation_score, pg_catalog, pg_temp;

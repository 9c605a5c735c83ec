-- scoreboard: a scheme bound to a source. This file holds the registry;
-- scoreboard_binding.sql turns the caller's columns and expressions into SQL text,
-- scoreboard_views.sql composes the views from it, freeze.sql freezes them.

CREATE TABLE _innovation_score.scoreboard (
    scoreboard  text NOT NULL,
    scheme      text NOT NULL,
    source      text NOT NULL,
    entity      text NOT NULL,
    stage       text,
    period      text,
    peers       text[] NOT NULL DEFAULT '{}',
    attributes  text[] NOT NULL DEFAULT '{}',
    mapping     jsonb NOT NULL DEFAULT '{}',
    long        jsonb,
    search_path text NOT NULL DEFAULT '',
    model       score_model NOT NULL,
    frozen_at   timestamptz,
    comments    jsonb NOT NULL DEFAULT '{}',
    sample      text,
    pooled      boolean NOT NULL DEFAULT false,
    min_peers   integer,
    quality     jsonb NOT NULL DEFAULT '{"on_error": "score", "rules": []}',
    time_zone   text NOT NULL,
    stage_conditions jsonb,
    small_group integer,
    suspended   jsonb,
    rights      text NOT NULL,
    CONSTRAINT scoreboard_pkey PRIMARY KEY (scoreboard),
    CONSTRAINT scoreboard_scheme_fkey FOREIGN KEY (scheme) REFERENCES scheme ON UPDATE CASCADE,
    CONSTRAINT scoreboard_min_peers_check CHECK (min_peers > 0),
    CONSTRAINT scoreboard_small_group_check CHECK (small_group > 0)
);

CREATE INDEX scoreboard_scheme_idx ON _innovation_score.scoreboard (scheme);

COMMENT ON TABLE scoreboard IS '积分榜 scoreboards: schemes bound to sources, kept by the functions of this extension';
COMMENT ON COLUMN scoreboard.scoreboard IS '名称 name, always with its schema; its views carry it as their prefix';
COMMENT ON COLUMN scoreboard.scheme IS '积分体系 scheme';
COMMENT ON COLUMN scoreboard.source IS
    '数据来源 table, view, materialized view, foreign or partitioned table, with its schema';
COMMENT ON COLUMN scoreboard.entity IS '企业 column or expression that tells the firms apart';
COMMENT ON COLUMN scoreboard.stage IS
    '阶段 column or expression of the stage; NULL if the scheme has one stage only, or conditions for its stages';
COMMENT ON COLUMN scoreboard.period IS '期间 column or expression of the period, if there are several';
COMMENT ON COLUMN scoreboard.peers IS '组别 columns within whose groups the bounds are fitted, from coarse to fine';
COMMENT ON COLUMN scoreboard.attributes IS '属性 columns that the views show beside the scores';
COMMENT ON COLUMN scoreboard.mapping IS
    '指标对照 indicator: column or expression, JSON null where it is not available (in a long source: its label, '
    'or label and expression over the value)';
COMMENT ON COLUMN scoreboard.long IS '长表 the indicator and the value column of a long source';
COMMENT ON COLUMN scoreboard.search_path IS 'schemas in which the names in its expressions are looked up';
COMMENT ON COLUMN scoreboard.model IS '模型 the scheme as it was when the views were built, not fitted';
COMMENT ON COLUMN scoreboard.frozen_at IS '冻结时间 when it was frozen; NULL: its models are fitted at each query';
COMMENT ON COLUMN scoreboard.comments IS 'comments that were put on the views, so that those of users are kept';
COMMENT ON COLUMN scoreboard.sample IS
    '参照样本 SQL condition over the source: the rows that the bounds are fitted on; NULL: all';
COMMENT ON COLUMN scoreboard.pooled IS '跨期合并 whether the bounds are fitted over all periods together';
COMMENT ON COLUMN scoreboard.min_peers IS
    '组别最小样本数 a group with fewer rows takes the bounds of the next coarser one; NULL: never';
COMMENT ON COLUMN scoreboard.quality IS '质量规则 quality rules of the scheme, and what becomes of errors, at that time';
COMMENT ON COLUMN scoreboard.stage_conditions IS
    '阶段划分条件 conditions of the stages of the scheme at that time; NULL: the stage is given, or there are none';
COMMENT ON COLUMN scoreboard.small_group IS
    '小组保密下限 what is fitted on fewer firms is shown to those with the owner''s privileges only; NULL: to every reader';
COMMENT ON COLUMN scoreboard.suspended IS
    '已停用 options, privileges and comments of its views while these are dropped; NULL: the views are there';
COMMENT ON COLUMN scoreboard.time_zone IS
    '时区 whose day counts for the negative list, deadlines and notices: the database''s when the scoreboard was made';
COMMENT ON COLUMN scoreboard.rights IS
    'the view <name>_rights, whose owner is the scoreboard''s, by its oid in this database; anything else, as in a row that comes from '
    'another database: that of its name';

SELECT _innovation_score.dump_table('scoreboard', 6, 'n.scheme IN (SELECT s.scheme FROM scheme s)');
SELECT _innovation_score.show_table('scoreboard', '_innovation_score.owns(scoreboard, rights)',
                                    '_innovation_score.reads(scoreboard, rights)', '{rights}');

-- The view of rights is found by its name once; another one of that name is not meant, unless who owns what is left has
-- made it. (An UPDATE may be that of a foreign key, which anybody sets off.)
CREATE FUNCTION _innovation_score.keep_rights() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named pg_class;
    kept text := CASE TG_OP WHEN 'UPDATE' THEN OLD.rights ELSE '' END;
BEGIN
    SELECT c.* INTO named FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = (parse_ident(NEW.scoreboard))[1] AND c.relname = (parse_ident(NEW.scoreboard))[2] || '_rights' AND c.relkind = 'v';
    NEW.rights := COALESCE(_innovation_score.rights_identity(named.oid), '');
    IF kept <> '' AND kept = _innovation_score.rights_identity(split_part(kept, '/', 3)::oid) THEN
        IF EXISTS (SELECT FROM pg_class c WHERE c.oid = split_part(kept, '/', 3)::oid) THEN
            IF NEW.scoreboard <> OLD.scoreboard AND NEW.rights <> kept THEN
                RAISE EXCEPTION 'scoreboard % cannot take the name %: its views have another', OLD.scoreboard, NEW.scoreboard
                    USING ERRCODE = 'invalid_parameter_value',
                          HINT = 'A scoreboard follows its views: rename their schema first.';
            END IF;
            NEW.rights := kept;
        ELSIF NEW.rights <> '' AND named.relowner <> current_user::regrole THEN
            NEW.rights := kept;
        END IF;
    END IF;
    IF TG_OP = 'INSERT' OR NEW.scoreboard <> OLD.scoreboard THEN
        -- whoever owns a scoreboard may take back what was published under its name: one that is free again is not everybody's
        IF NOT _innovation_score.may_take_name(NEW.scoreboard) THEN
            RAISE EXCEPTION 'others have published under the name %', NEW.scoreboard
                USING ERRCODE = 'insufficient_privilege',
                      HINT = 'Give another name, or let the owner of the database make the scoreboard.';
        END IF;
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _innovation_score.keep_rights() IS 'internal: puts the view of the rights of a scoreboard';

CREATE TRIGGER scoreboard_rights BEFORE INSERT OR UPDATE ON _innovation_score.scoreboard
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.keep_rights();

-- What an owner writes without a schema means what it means to him: no SET clause, so every name has its schema.
CREATE FUNCTION _innovation_score.full_source_name() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $$
BEGIN
    IF pg_catalog.cardinality(pg_catalog.parse_ident(NEW.source)) OPERATOR(pg_catalog.=) 1 THEN
        NEW.source := _innovation_score.source_name(NEW.source::pg_catalog.regclass);
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _innovation_score.full_source_name() IS 'internal: puts the schema of a source that is given without';

CREATE TRIGGER scoreboard_source BEFORE UPDATE OF source ON _innovation_score.scoreboard
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.full_source_name();

-- The day of a scoreboard is the same for every session: views, freeze, publications and notices ask for it.

-- What was set for the database counts before what this session happens to have.
CREATE FUNCTION _innovation_score.database_time_zone() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE((SELECT substr(c.setting, length('TimeZone=') + 1)
                     FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS c(setting)
                     WHERE s.setrole = 0
                       AND s.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                       AND c.setting ILIKE 'TimeZone=%'),
                    current_setting('TimeZone'))
$$;

CREATE FUNCTION _innovation_score.today_text(board scoreboard) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('pg_catalog.timezone(%L, pg_catalog.now())::date', board.time_zone)
$$;

COMMENT ON FUNCTION _innovation_score.database_time_zone() IS
    'internal: the time zone that new scoreboards get: that of the database, else that of the session';
COMMENT ON FUNCTION _innovation_score.today_text(scoreboard) IS 'internal: SQL text of the day in the time zone of a scoreboard';
-- Names. The functions that users call are one-line wrappers that take down the
-- caller's schemas; everything else runs with a search_path of its own.

CREATE FUNCTION _innovation_score.name_parts(name text, kind text DEFAULT 'scoreboard') RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[];
BEGIN
    PERFORM _innovation_score.load_library();
    BEGIN
        parts := parse_ident(name);
    EXCEPTION WHEN invalid_parameter_value THEN
        NULL;
    END;
    IF name IS NOT NULL AND cardinality(parts) IN (1, 2) IS NOT TRUE THEN
        RAISE EXCEPTION 'invalid % name: %', kind, name
            USING ERRCODE = 'invalid_name',
                  HINT = 'Give a name, or a schema and a name, as in SQL: in double quotes if it is not made of '
                         'lower-case letters, digits and underscores.';
    END IF;
    RETURN parts;
END
$$;

-- Of what has views that carry its name as their prefix; longest is the longest of their suffixes.
CREATE FUNCTION _innovation_score.new_name(kind text, name text, longest text, path name[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    parts text[] := _innovation_score.name_parts(name, kind);
    base text := parts[cardinality(parts)];
    schema_name text := CASE WHEN cardinality(parts) = 2 THEN parts[1] ELSE path[1] END;
BEGIN
    IF name IS NULL THEN
        RAISE EXCEPTION 'the % needs a name', kind USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF schema_name IS NULL THEN
        RAISE EXCEPTION 'no schema has been selected to create % "%" in', kind, base
            USING ERRCODE = 'invalid_schema_name', HINT = 'Give the name with its schema, or put a schema that exists into search_path.';
    END IF;
    IF to_regnamespace(quote_ident(schema_name)) IS NULL THEN
        RAISE EXCEPTION 'schema "%" does not exist', schema_name
            USING ERRCODE = 'invalid_schema_name', HINT = format('Correct the name, or create it: CREATE SCHEMA %I;', schema_name);
    END IF;
    IF octet_length(base || longest) > current_setting('max_identifier_length')::integer THEN
        RAISE EXCEPTION '% name "%" is too long', kind, base
            USING ERRCODE = 'name_too_long',
                  DETAIL = format('Its views carry it as a prefix: "%s" must still fit into a name.', longest),
                  HINT = format('Use at most %s bytes.',
                                current_setting('max_identifier_length')::integer - octet_length(longest));
    END IF;
    RETURN format('%I.%I', schema_name, base);
END
$$;

CREATE FUNCTION _innovation_score.new_scoreboard_name(name text, path name[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known text := _innovation_score.new_name(
        'scoreboard', name, (SELECT '_' || v.kind FROM scoreboard_view v ORDER BY octet_length(v.kind) DESC, v.place LIMIT 1), path);
BEGIN
    IF EXISTS (SELECT FROM scoreboard b WHERE b.scoreboard = known) THEN
        RAISE EXCEPTION 'scoreboard "%" already exists', known
            USING ERRCODE = 'duplicate_object',
                  HINT = CASE WHEN _innovation_score.existing_views(known) = '{}'
                              THEN 'Its views are gone: innovation_score.rebuild_scoreboard() makes them again, '
                                   'drop_scoreboard() forgets it.'
                              ELSE 'Drop it first with innovation_score.drop_scoreboard().' END;
    END IF;
    RETURN known;
END
$$;

CREATE FUNCTION _innovation_score.known_scoreboard(name text, path name[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
    SELECT b.scoreboard
    FROM _innovation_score.name_parts(name) AS n(parts)
    CROSS JOIN LATERAL unnest(CASE cardinality(n.parts) WHEN 1 THEN path WHEN 2 THEN n.parts[1:1]::name[] END)
         WITH ORDINALITY AS p(schema_name, place)
    JOIN shown_scoreboard b ON b.scoreboard = format('%I.%I', p.schema_name, n.parts[cardinality(n.parts)])
    ORDER BY p.place
    LIMIT 1
$$;

CREATE FUNCTION _innovation_score.find_scoreboard(name text, path name[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := _innovation_score.name_parts(name);
    known text := _innovation_score.known_scoreboard(name, path);
BEGIN
    IF known IS NULL AND EXISTS (
           SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = ANY (CASE cardinality(parts) WHEN 1 THEN path WHEN 2 THEN parts[1:1]::name[] END)
             AND c.relname = parts[cardinality(parts)] || '_rights' AND c.relkind = 'v') THEN
        RAISE EXCEPTION 'permission denied for scoreboard %', name
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('Its owner gives rights: SELECT innovation_score.grant_scoreboard(%L, %L, ''reader'');', name, current_user);
    END IF;
    IF known IS NULL THEN
        RAISE EXCEPTION 'scoreboard "%" does not exist', name
            USING ERRCODE = 'undefined_object',
                  HINT = CASE WHEN _innovation_score.caller_name() <> current_user      -- the keeper, who sees more than the caller may
                              THEN 'See the view innovation_score.scoreboard.'
                              ELSE COALESCE((SELECT 'The scoreboards are '
                                                    || string_agg(b.scoreboard, ', ' ORDER BY b.scoreboard COLLATE "C") || '.'
                                             FROM shown_scoreboard b),
                                            'There is none yet: see innovation_score.create_scoreboard().') END;
    END IF;
    RETURN known;
END
$$;

CREATE FUNCTION _innovation_score.get_scoreboard(name text, path name[]) RETURNS scoreboard
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known text := _innovation_score.find_scoreboard(name, path);
    board scoreboard;
BEGIN
    SELECT * INTO STRICT board FROM shown_scoreboard b WHERE b.scoreboard = known;
    RETURN board;
END
$$;

COMMENT ON FUNCTION _innovation_score.get_scoreboard(text, name[]) IS 'internal: the row of a scoreboard';

-- for who has waited for another session
CREATE FUNCTION _innovation_score.check_still_there(scoreboard text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM shown_scoreboard b WHERE b.scoreboard = check_still_there.scoreboard) THEN
        RAISE EXCEPTION 'scoreboard "%" does not exist', scoreboard
            USING ERRCODE = 'undefined_object', DETAIL = 'It was dropped a moment ago by another session.';
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_still_there(text) IS 'internal: an error if a scoreboard has been dropped meanwhile';

-- the row of a scoreboard, locked against another session's change of it
CREATE FUNCTION _innovation_score.lock_scoreboard(name text, path name[]) RETURNS scoreboard
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known text;
    board scoreboard;
BEGIN
    BEGIN
        known := _innovation_score.find_scoreboard(name, path);
    EXCEPTION WHEN insufficient_privilege THEN      -- no right that could be given would be enough
        RAISE EXCEPTION 'scoreboard % is changed by its owner only', name
            USING ERRCODE = 'insufficient_privilege', HINT = 'Ask the owner, or connect as a member of the role that owns it.';
    END;
    SELECT * INTO board FROM scoreboard b WHERE b.scoreboard = known FOR NO KEY UPDATE;
    IF NOT FOUND AND EXISTS (SELECT FROM shown_scoreboard b WHERE b.scoreboard = known) THEN
        RAISE EXCEPTION 'scoreboard % is changed by its owner only', known
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = format('The owner is %s.', pg_get_userbyid(_innovation_score.scoreboard_owner(known))),
                  HINT = 'Ask the owner, or connect as a member of the role that owns it.';
    END IF;
    PERFORM _innovation_score.check_still_there(known);
    RETURN board;
END
$$;

CREATE FUNCTION _innovation_score.relation_name(name text, suffix text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
    SELECT format('%I.%I', (parse_ident(name))[1], (parse_ident(name))[2] || suffix)
$$;

CREATE FUNCTION _innovation_score.view_name(scoreboard text, suffix text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT _innovation_score.relation_name(scoreboard, '_' || suffix)
$$;

COMMENT ON FUNCTION _innovation_score.name_parts(text, text) IS 'internal: schema, if given, and name of a scoreboard, or of what kind says';
COMMENT ON FUNCTION _innovation_score.new_name(text, text, text, name[]) IS
    'internal: the full name for something new that has views, checked';
COMMENT ON FUNCTION _innovation_score.new_scoreboard_name(text, name[]) IS 'internal: the full name for a new scoreboard, checked';
COMMENT ON FUNCTION _innovation_score.known_scoreboard(text, name[]) IS
    'internal: the full name of a scoreboard, NULL if there is none that the caller may know of';
COMMENT ON FUNCTION _innovation_score.find_scoreboard(text, name[]) IS 'internal: the full name of a scoreboard, or an error';
COMMENT ON FUNCTION _innovation_score.lock_scoreboard(text, name[]) IS 'internal: the locked row of a scoreboard';
COMMENT ON FUNCTION _innovation_score.relation_name(text, text) IS
    'internal: the name of a relation that carries another''s as its prefix';
COMMENT ON FUNCTION _innovation_score.view_name(text, text) IS 'internal: the name of one of the views of a scoreboard';

-- store_ranking: rankings kept in tables, for what is read all day. The rows come from one run
-- over the input (src/run); this file says what it has to do, and makes the tables.

CREATE TABLE _innovation_score.stored_ranking (
    target     text NOT NULL,
    scoreboard text NOT NULL,
    periods    text[],
    columns    text[] NOT NULL,
    stored_at  timestamptz NOT NULL,
    state      jsonb,
    CONSTRAINT stored_ranking_pkey PRIMARY KEY (target),
    CONSTRAINT stored_ranking_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES _innovation_score.scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX stored_ranking_scoreboard_idx ON _innovation_score.stored_ranking (scoreboard);

COMMENT ON TABLE stored_ranking IS '已存排名 rankings kept in tables by store_ranking()';
COMMENT ON COLUMN stored_ranking.target IS '表 table, always with its schema';
COMMENT ON COLUMN stored_ranking.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN stored_ranking.periods IS '期间 periods that were stored one by one, as key texts; NULL: all of them together';
COMMENT ON COLUMN stored_ranking.columns IS '列 columns that store_ranking() gave the table';
COMMENT ON COLUMN stored_ranking.stored_at IS '存入时间 when its rows were stored';
COMMENT ON COLUMN stored_ranking.state IS '来源状态 what its rows depend on, by period where these were stored one by one; NULL: not known';

SELECT _innovation_score.dump_table('stored_ranking', 33, 'n.scoreboard IN (SELECT b.scoreboard FROM _innovation_score.scoreboard b)');
SELECT _innovation_score.show_table('stored_ranking', reader => NULL);

-- Superusers refresh what others have stored: only a table of one's own becomes the target of one's scoreboard.
CREATE FUNCTION _innovation_score.check_stored_target() RETURNS trigger
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT pg_has_role('pg_database_owner', 'USAGE')
       AND NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                       WHERE format('%I.%I', n.nspname, c.relname) = NEW.target AND pg_has_role(c.relowner, 'USAGE')) THEN
        RAISE EXCEPTION 'there is no table % of yours', NEW.target
            USING ERRCODE = 'insufficient_privilege', HINT = 'innovation_score.store_ranking() makes it.';
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_stored_target() IS 'internal: refuses a table of others as a stored ranking';

CREATE TRIGGER stored_ranking_target BEFORE INSERT OR UPDATE OF target ON _innovation_score.stored_ranking
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.check_stored_target();

CREATE FUNCTION _innovation_score.store_run(target regclass, plan _innovation_score.run_plan,
                                            OUT stored bigint, OUT complete boolean, OUT labels text[], OUT models score_model[])
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.store_run(regclass, _innovation_score.run_plan) IS
    'internal: fills a table with what a run gives, or its partition of one period, if the plan names it; the number of '
    'rows, whether there is a row and all have a stage, and the models of the groups';

CREATE FUNCTION _innovation_score.period_partition(target regclass, period text) RETURNS regclass
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.period_partition(regclass, text) IS
    'internal: the partition of a stored ranking that holds a period; NULL if there is none';

-- Made beside the table and attached to it, which lets readers go on.
CREATE FUNCTION _innovation_score.stored_partition(target regclass, period text) RETURNS regclass
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    result regclass := _innovation_score.period_partition(target, period);
    parent text;
    owner regrole;
    name text;
BEGIN
    IF result IS NOT NULL THEN
        RETURN result;
    END IF;
    SELECT format('%I.%I', n.nspname, c.relname), c.relowner,
           (SELECT format('%I.%I', n.nspname, u.name)
            FROM unnest(ARRAY[c.relname || '_' || period, (md5(period) || '_' || c.relname)::name::text]) WITH ORDINALITY AS u(name, place)
            WHERE octet_length(u.name) < 64 AND to_regclass(format('%I.%I', n.nspname, u.name)) IS NULL OR u.place = 2
            ORDER BY u.place LIMIT 1)
    INTO parent, owner, name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target;
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING COMMENTS INCLUDING COMPRESSION INCLUDING CONSTRAINTS INCLUDING DEFAULTS INCLUDING STORAGE)',
                   name, parent);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES IN (%L)', parent, name, period);
    IF owner <> current_user::regrole THEN
        EXECUTE format('ALTER TABLE %s OWNER TO %s', name, owner);
    END IF;
    RETURN name::regclass;
END
$$;

COMMENT ON FUNCTION _innovation_score.stored_partition(regclass, text) IS
    'internal: the partition of a stored ranking for a period, which is made if there is none';

CREATE FUNCTION _innovation_score.relation_state(relation regclass, OUT rows bigint, OUT newest xid8, OUT definition text)
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.relation_state(regclass) IS
    'internal: how many rows a table has, or those that a view reads, the newest transaction that wrote one, and a digest of what '
    'the view makes of them; NULL where they depend on something else, too';

-- The columns of a stored ranking: those of the view _ranking, and those of each rule.
CREATE FUNCTION _innovation_score.stored_columns(board scoreboard, binding scoreboard_binding, rules whitelist_rule[])
RETURNS TABLE (place bigint, name text, type text, item text, comment text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT a.attnum, a.attname,
           format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation NOT IN (0, t.typcollation)
                                                        THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END,
           CASE WHEN a.attname IN ('coverage', 'rank', 'stage_rank', 'percentile', 'tier') THEN a.attname::text
                WHEN a.attname = 'score' THEN 'score 1'
                WHEN c.place IS NOT NULL THEN 'score ' || c.place + 3
                ELSE 'column' END,
           col_description(a.attrelid, a.attnum)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN unnest(_innovation_score.model_codes(board.model, 'categories')) WITH ORDINALITY AS c(code, place)
        ON a.attname = c.code || '_score'
    WHERE a.attrelid = _innovation_score.view_name(board.scoreboard, 'ranking')::regclass AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 10000 + 2 * n + w.place, concat_ws('_', w.name, NULLIF((rules[n]).rule, '')), 'text', format('%s %s', w.name, n),
           k.comment
    FROM generate_series(1, cardinality(rules)) n
    CROSS JOIN unnest('{decision,reasons}'::text[]) WITH ORDINALITY AS w(name, place)
    JOIN scoreboard_column k ON k.name = w.name AND k.kind = ''
$$;

COMMENT ON FUNCTION _innovation_score.stored_columns(scoreboard, scoreboard_binding, whitelist_rule[]) IS
    'internal: the columns of a stored ranking, what each shows, and its comment';

CREATE FUNCTION _innovation_score.stored_rows(board scoreboard, binding scoreboard_binding, alias text, period text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN period IS NULL THEN 'true' ELSE _innovation_score.period_condition(board, binding, alias, period) END
$$;

COMMENT ON FUNCTION _innovation_score.stored_rows(scoreboard, scoreboard_binding, text, text) IS
    'internal: condition of the rows of one period, or of all';

-- The rows of the input with what a run needs of them, in the order of run_plan.
CREATE FUNCTION _innovation_score.run_query(board scoreboard, binding scoreboard_binding, rules whitelist_rule[], shown text[],
                                            within text, condition text, more text DEFAULT NULL)
RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s FROM %s%s WHERE %s',
                  concat_ws(', ', _innovation_score.columns_of('s', shown), 's._values', binding.sample || ' AS _in_sample',
                            _innovation_score.column_text(binding, 's.' || quote_ident(within), within) || ' AS _within',
                            facts.columns, more),
                  binding.rows, facts.joins, condition)
    FROM (SELECT NULL::text AS columns, NULL::text AS joins WHERE rules = '{}'
          UNION ALL
          SELECT format('%s AS _gap, k.reasons AS _excluded', _innovation_score.row_gap(board, binding))
                 || string_agg(format(', %2$s AS _required%1$s, %3$s AS _qualifies%1$s, k.batch%1$s AS _batch%1$s, %4$s AS _quota%1$s',
                                      n, q.required, q.qualifies, q.quota), '' ORDER BY n),
                 _innovation_score.known_firms(board, rules, format('innovation_score.key_text(s.%I)', binding.entity))
          FROM generate_series(1, cardinality(rules)) n
          CROSS JOIN LATERAL _innovation_score.rule_questions(board, rules[n]) q) AS facts
$$;

COMMENT ON FUNCTION _innovation_score.run_query(scoreboard, scoreboard_binding, whitelist_rule[], text[], text, text, text) IS
    'internal: query of the rows under a condition, with the columns shown, values, sample, what tiers are cut within, what '
    'rules ask, and more';

-- What the views say: those of a frozen scoreboard look their places up in what it keeps.
CREATE FUNCTION _innovation_score.frozen_plan(board scoreboard, binding scoreboard_binding, rules whitelist_rule[], names text[],
                                              condition text)
RETURNS run_plan
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    plan run_plan;
BEGIN
    plan.query := format(
        'SELECT %s FROM %s r%s WHERE %s', (
            SELECT string_agg(CASE WHEN d.n IS NULL THEN format('r.%I', u.name) ELSE format('w%s.%s AS %I', d.n, d.word, u.name) END, ', ' ORDER BY u.place)
            FROM unnest(array_remove(names, NULL)) WITH ORDINALITY AS u(name, place)
            LEFT JOIN (SELECT n, w AS word, concat_ws('_', w, NULLIF((rules[n]).rule, '')) AS name
                       FROM generate_series(1, cardinality(rules)) n CROSS JOIN unnest('{decision,reasons}'::text[]) w) d USING (name)),
        _innovation_score.view_name(board.scoreboard, 'ranking'),
        (SELECT string_agg(format(' LEFT JOIN %s w%s ON %s',
                                  _innovation_score.view_name(board.scoreboard, concat_ws('_', 'whitelist', NULLIF((rules[n]).rule, ''))), n,
                                  _innovation_score.same_group(binding, array_remove(ARRAY[binding.entity, binding.period], NULL),
                                                               'w' || n, 'r')), '' ORDER BY n)
         FROM generate_series(1, cardinality(rules)) n), condition);
    plan.items := ARRAY(SELECT COALESCE('column ' || array_position(array_remove(names, NULL), u.name), 'none')
                        FROM unnest(names) WITH ORDINALITY AS u(name, place) ORDER BY u.place);
    RETURN plan;
END
$$;

COMMENT ON FUNCTION _innovation_score.frozen_plan(scoreboard, scoreboard_binding, whitelist_rule[], text[], text) IS
    'internal: the plan of a run that stores what the views show';

CREATE FUNCTION _innovation_score.make_run_plan(board scoreboard, binding scoreboard_binding, rules whitelist_rule[], names text[],
                                                items text[], period text)
RETURNS run_plan
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    plan run_plan;
    tier tier_rule := _innovation_score.tiers_of(board, binding);
    shown text[] := ARRAY(SELECT u.name FROM unnest(names, items) WITH ORDINALITY AS u(name, item, place)
                          WHERE u.item = 'column' ORDER BY u.place);
    -- bounds of all periods take the rows of all
    condition text := CASE WHEN board.pooled THEN 'true' ELSE _innovation_score.stored_rows(board, binding, 's', period) END;
    columns integer := cardinality(shown) + 1;
BEGIN
    -- conditions that name ranks are known to the views only
    IF board.frozen_at IS NOT NULL OR EXISTS (
           SELECT FROM generate_series(1, cardinality(rules)) n
           WHERE NOT _innovation_score.run_decides(_innovation_score.rule_value(board, rules[n]), board.quality)) THEN
        plan := _innovation_score.frozen_plan(board, binding, rules, names,
                                              _innovation_score.stored_rows(board, binding, 'r', period));
    ELSE
        plan.query := _innovation_score.run_query(board, binding, rules, shown, tier.within, condition);
        plan.items := ARRAY(SELECT CASE WHEN u.item = 'column' THEN 'column ' || array_position(shown, u.name) ELSE u.item END
                            FROM unnest(names, items) WITH ORDINALITY AS u(name, item, place) ORDER BY u.place);
        plan.model := board.model;
        plan.vals := columns;
        plan.stage := array_position(shown, 'stage');
        IF binding.sample IS NOT NULL THEN
            columns := columns + 1;
            plan.sample := columns;
        END IF;
        plan.period := array_position(shown, binding.period);
        plan.groups := ARRAY(SELECT array_position(shown, u.name)
                             FROM unnest(binding.groups) WITH ORDINALITY AS u(name, place) ORDER BY u.place);
        plan.coarsest := cardinality(binding.groups)
                         - CASE WHEN board.min_peers IS NULL THEN 0 ELSE cardinality(binding.peers) END;
        plan.min_peers := board.min_peers;
        EXECUTE 'SELECT ' || _innovation_score.tier_value(tier) INTO plan.tiers;
        IF tier.within IS NOT NULL THEN
            columns := columns + 1;
            plan.within := columns;
        END IF;
        plan.facts := columns + 1;
        plan.rules := ARRAY(SELECT _innovation_score.rule_value(board, rules[n]) FROM generate_series(1, cardinality(rules)) n ORDER BY n);
        plan.languages := ARRAY(SELECT (rules[n]).language FROM generate_series(1, cardinality(rules)) n ORDER BY n);
    END IF;
    plan.view := _innovation_score.view_name(board.scoreboard, 'input')::regclass;
    plan.time_zone := board.time_zone;
    plan.only_period := _innovation_score.given_key(board, binding, 'period', period);
    RETURN plan;
END
$$;

COMMENT ON FUNCTION _innovation_score.make_run_plan(scoreboard, scoreboard_binding, whitelist_rule[], text[], text[], text) IS
    'internal: the plan of a run that gives named columns, of all periods or of one';

-- Names of targets, as SQL writes them.
CREATE FUNCTION _innovation_score.target_name(target text, path name[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    parts text[];
    known text;
BEGIN
    BEGIN
        parts := parse_ident(target);
    EXCEPTION WHEN invalid_parameter_value THEN
        NULL;
    END;
    IF cardinality(parts) IN (1, 2) IS NOT TRUE THEN
        RAISE EXCEPTION 'invalid table name: %', COALESCE(target, 'NULL')
            USING ERRCODE = 'invalid_name', HINT = 'Give a name, or a schema and a name, as in SQL.';
    END IF;
    IF cardinality(parts) = 1 THEN
        SELECT r.target INTO known
        FROM unnest(path) WITH ORDINALITY AS p(schema_name, place)
        JOIN stored_ranking r ON r.target = format('%I.%I', p.schema_name, parts[1])
        ORDER BY p.place LIMIT 1;
        IF known IS NULL AND path[1] IS NULL THEN
            RAISE EXCEPTION 'no schema has been selected to create table "%" in', parts[1]
                USING ERRCODE = 'invalid_schema_name';
        END IF;
        RETURN COALESCE(known, format('%I.%I', path[1], parts[1]));
    END IF;
    RETURN format('%I.%I', parts[1], parts[2]);
END
$$;

COMMENT ON FUNCTION _innovation_score.target_name(text, name[]) IS 'internal: the full name of a stored ranking';

-- A table that is there must be one that store_ranking() made, with no other columns.
CREATE FUNCTION _innovation_score.check_target(target text, by_period boolean DEFAULT NULL) RETURNS stored_ranking
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    stored stored_ranking;
    class pg_class;
BEGIN
    SELECT * INTO stored FROM stored_ranking r WHERE r.target = check_target.target;
    SELECT * INTO class FROM pg_class c WHERE c.oid = to_regclass(check_target.target);
    IF class.oid IS NOT NULL AND (class.relkind <> CASE WHEN COALESCE(by_period, class.relkind = 'p') THEN 'p' ELSE 'r' END OR stored.columns IS DISTINCT FROM _innovation_score.source_columns(class.oid)) THEN
        RAISE EXCEPTION 'relation % was not made by store_ranking()', check_target.target
            USING ERRCODE = 'wrong_object_type',
                  HINT = CASE WHEN stored.target IS NULL THEN 'Give another name, or drop it first.'
                              ELSE 'It has other columns now: drop them, or drop it and store the ranking again.' END;
    END IF;
    IF class.relowner <> current_user::regrole AND stored.target IS NOT NULL
       AND NOT pg_has_role(_innovation_score.scoreboard_owner(stored.scoreboard), class.relowner, 'USAGE') THEN
        RAISE EXCEPTION 'table % does not belong to the owner of scoreboard %', check_target.target, stored.scoreboard
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = format('It belongs to %s.', pg_get_userbyid(class.relowner)),
                  HINT = format('ALTER TABLE %s OWNER TO %I;', check_target.target,
                                pg_get_userbyid(_innovation_score.scoreboard_owner(stored.scoreboard)));
    END IF;
    IF EXISTS (SELECT FROM pg_constraint k
               WHERE k.confrelid = class.oid OR k.confrelid IN (SELECT t.relid FROM pg_partition_tree(class.oid) t)) THEN
        RAISE EXCEPTION 'table % cannot be filled because foreign keys refer to it', check_target.target
            USING ERRCODE = 'feature_not_supported', HINT = 'Drop these constraints.';
    END IF;
    RETURN stored;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_target(text, boolean) IS
    'internal: what is known of the table of a stored ranking; an error if there is another relation of that name';

-- The table with the columns that are wanted. Only where they have changed, readers wait from here on.
CREATE FUNCTION _innovation_score.prepare_target(target text, wanted jsonb, binding scoreboard_binding, keep boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    stored stored_ranking := _innovation_score.check_target(target, binding.period IS NOT NULL);
    relation regclass := to_regclass(target);
    commands text[];
    command text;
    key text := format('%I%s', binding.entity, ', ' || quote_ident(binding.period));
BEGIN
    IF relation IS NULL THEN
        commands := ARRAY[
            format('CREATE TABLE %s (%s, PRIMARY KEY (%s))%s', target,
                   (SELECT string_agg(format('%I %s', w ->> 'name', w ->> 'type'), ', ' ORDER BY p)
                    FROM jsonb_array_elements(wanted) WITH ORDINALITY AS u(w, p)), key,
                   ' PARTITION BY LIST (' || quote_ident(binding.period) || ')'),
            -- ranks are hardly ever the same: looking for what is costs a part of building the index
            format('CREATE INDEX ON %s (%srank) WITH (deduplicate_items = off)', target, quote_ident(binding.period) || ', ')];
    ELSE
        EXECUTE format('LOCK TABLE %s IN EXCLUSIVE MODE', target);
        WITH there AS (
            SELECT a.attname::text AS name,
                   format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation NOT IN (0, t.typcollation)
                                                                THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END AS type
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
        ), due AS (
            SELECT w ->> 'name' AS name, w ->> 'type' AS type, p FROM jsonb_array_elements(wanted) WITH ORDINALITY AS u(w, p)
        )
        SELECT array_agg(c.command ORDER BY c.step, c.place) INTO commands
        FROM (SELECT 1 AS step, 0 AS place, format('ALTER TABLE %s DROP COLUMN %I', target, t.name) AS command
              FROM there t WHERE NOT EXISTS (SELECT FROM due d WHERE d.name = t.name AND d.type = t.type)
              UNION ALL
              SELECT 2, d.p, format('ALTER TABLE %s ADD COLUMN %I %s', target, d.name, d.type)
              FROM due d WHERE NOT EXISTS (SELECT FROM there t WHERE d.name = t.name AND d.type = t.type)) c;
        IF keep AND commands IS NOT NULL THEN
            RAISE EXCEPTION 'table % has other columns than the ranking has now', target
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Store all periods.';
        END IF;
    END IF;
    FOREACH command IN ARRAY COALESCE(commands, '{}') LOOP
        EXECUTE command;
    END LOOP;
    FOR command IN
        SELECT format('COMMENT ON COLUMN %s.%I IS %L', target, w ->> 'name', w ->> 'comment')
        FROM jsonb_array_elements(wanted) w WHERE commands IS NOT NULL
    LOOP
        EXECUTE command;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.prepare_target(text, jsonb, scoreboard_binding, boolean) IS
    'internal: makes the table of a stored ranking, or gives it the columns that the ranking has now, unless rows are kept';

-- What refresh_ranking() compares: nothing has changed if the tables that the input reads are the same, and all else that
-- the run is made of. NULL: the input does not tell. A database that was restored, or copied, has other numbers of transactions.
CREATE FUNCTION _innovation_score.ranking_state(board scoreboard, rules whitelist_rule[], plan run_plan, wanted jsonb)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    oldest xid8 := pg_snapshot_xmin(pg_current_snapshot());
    source record;
    excluded text := '';
    listed text := '';
BEGIN
    SELECT * INTO source FROM _innovation_score.relation_state(plan.view) r WHERE plan.model IS NOT NULL;
    IF source.rows IS NULL THEN
        RETURN NULL;
    END IF;
    IF rules <> '{}' THEN
        EXECUTE format('SELECT string_agg(x::text, '','' ORDER BY x::text) FROM %s x', _innovation_score.excluded_today(board))
            INTO excluded;
        SELECT string_agg(b::text, ',' ORDER BY b::text) INTO listed FROM shown_whitelist_batch b WHERE b.scoreboard = board.scoreboard;
    END IF;
    RETURN jsonb_build_object(
        'rows', source.rows, 'newest', source.newest, 'oldest', oldest,
        'definition', md5(concat_ws(E'\n', source.definition, plan, wanted, excluded, listed, (
            SELECT x.extversion FROM pg_extension x WHERE x.extname = 'innovation_score'), (
            SELECT s.system_identifier FROM pg_control_system() s))));
END
$$;

COMMENT ON FUNCTION _innovation_score.ranking_state(scoreboard, whitelist_rule[], run_plan, jsonb) IS
    'internal: how many rows the input of a run reads, the newest transaction that wrote one, the oldest one that runs now, and '
    'a digest of all else that a ranking depends on; NULL where the input does not tell';

-- With what a table holds once it has been filled.
CREATE FUNCTION _innovation_score.is_same_ranking(kept jsonb, now jsonb, target regclass) RETURNS boolean
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE((now ->> 'newest')::xid8 < (kept ->> 'oldest')::xid8 AND now ->> 'definition' = kept ->> 'definition'
                    AND now -> 'rows' = kept -> 'rows'
                    AND (SELECT to_jsonb(r) FROM _innovation_score.relation_state(target) r) = kept -> 'table', false)
$$;

COMMENT ON FUNCTION _innovation_score.is_same_ranking(jsonb, jsonb, regclass) IS
    'internal: whether a stored ranking would be the same if it was stored again';

CREATE FUNCTION _innovation_score.store_ranking(name text, target text, period text, path name[], refresh boolean) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(name, path);
    full_name text := _innovation_score.target_name(target, path);
    binding scoreboard_binding := _innovation_score.bind(board);
    stored stored_ranking := _innovation_score.check_target(full_name, binding.period IS NOT NULL);
    rules whitelist_rule[] := ARRAY(SELECT r FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard ORDER BY r.rule COLLATE "C");
    wanted jsonb;
    names text[];
    items text[];
    plan run_plan;
    told record;
    filled text := full_name;
    place text;
    part regclass;
    periods text[];
    state jsonb;
BEGIN
    PERFORM _innovation_score.require_views(board);
    -- one that has been stored may be gone by now
    IF (_innovation_score.given_key(board, binding, 'period', period) = ANY (stored.periods)) IS NOT TRUE THEN
        PERFORM _innovation_score.run_as_owner(board.scoreboard, format(
            'SELECT true FROM innovation_score.scoreboard b CROSS JOIN LATERAL _innovation_score.check_period(b, _innovation_score.bind(b), %L) '
            'WHERE b.scoreboard = %L', period, board.scoreboard));
    END IF;
    SELECT jsonb_agg(to_jsonb(c) ORDER BY c.place) INTO wanted FROM _innovation_score.stored_columns(board, binding, rules) c;
    PERFORM _innovation_score.prepare_target(full_name, wanted, binding, period IS NOT NULL);
    -- A heap that takes the place of another is not decoded: subscribers are sent deleted and inserted rows.
    IF current_setting('wal_level') = 'logical'
       AND EXISTS (SELECT FROM pg_publication_tables p
                   WHERE format('%I.%I', p.schemaname, p.tablename) IN (
                       SELECT full_name
                       UNION ALL
                       SELECT format('%I.%I', n.nspname, c.relname)
                       FROM pg_partition_tree(full_name::regclass) t JOIN pg_class c ON c.oid = t.relid
                       JOIN pg_namespace n ON n.oid = c.relnamespace)) THEN
        filled := 'pg_temp._stored_ranking';
        EXECUTE format('CREATE TEMPORARY TABLE %s (LIKE %s)', filled, full_name);
    END IF;
    -- a column that was dropped keeps its place
    SELECT array_agg(w ->> 'name' ORDER BY a.attnum), array_agg(COALESCE(w ->> 'item', 'none') ORDER BY a.attnum) INTO names, items
    FROM pg_attribute a LEFT JOIN jsonb_array_elements(wanted) w ON w ->> 'name' = a.attname AND NOT a.attisdropped
    WHERE a.attrelid = filled::regclass AND a.attnum > 0;
    plan := _innovation_score.make_run_plan(board, binding, rules, names, items, period);
    place := COALESCE(plan.only_period, '');
    part := CASE WHEN plan.only_period IS NULL THEN full_name::regclass
                 ELSE _innovation_score.period_partition(full_name::regclass, plan.only_period) END;
    state := _innovation_score.ranking_state(board, rules, plan, wanted);
    IF refresh AND _innovation_score.is_same_ranking(stored.state -> place, state, part) THEN
        RAISE NOTICE 'nothing has changed since % was stored', concat_ws(' of ', plan.only_period, full_name);
        RETURN COALESCE((stored.state #>> ARRAY[place, 'table', 'rows'])::bigint, 0);
    END IF;
    BEGIN
        SELECT * INTO told FROM _innovation_score.store_run(filled::regclass, plan) r;
        IF filled <> full_name THEN
            IF binding.period IS NOT NULL THEN
                EXECUTE format('SELECT count(_innovation_score.stored_partition(%L, k.period)) FROM (SELECT DISTINCT innovation_score.key_text(%I) AS period FROM %s) k',
                               full_name, binding.period, filled);
            END IF;
            -- these run what the table's owner has put on it
            EXECUTE format('GRANT SELECT ON %s TO %s', filled, (SELECT c.relowner::regrole FROM pg_class c WHERE c.oid = full_name::regclass));
            PERFORM _innovation_score.run_as_relation_owner(full_name, format(
                        'DELETE FROM %s s%s', full_name, CASE WHEN plan.only_period IS NOT NULL THEN
                        format(' WHERE innovation_score.key_text(s.%I) = %L', binding.period, plan.only_period) END));
            PERFORM _innovation_score.run_as_relation_owner(full_name, format(
                        'INSERT INTO %1$s (%2$s) SELECT %2$s FROM %3$s', full_name,
                        (SELECT string_agg(quote_ident(n), ', ') FROM unnest(array_remove(names, NULL)) n), filled));
            EXECUTE 'DROP TABLE ' || filled;
        END IF;
    EXCEPTION WHEN unique_violation OR not_null_violation OR invalid_parameter_value THEN
        -- which firm has two rows, which stage is not one
        PERFORM _innovation_score.check_rows_as_owner(board.scoreboard, period, 'true');
        RAISE;
    WHEN invalid_text_representation THEN
        PERFORM _innovation_score.refuse_unreadable(board.scoreboard, SQLSTATE, SQLERRM);
    END;
    PERFORM _innovation_score.check_rows_as_owner(board.scoreboard, period, 'true', told.complete);
    PERFORM _innovation_score.tell_model_problems(board, format(
        'SELECT * FROM unnest(%L::text[], %L::innovation_score.score_model[])', told.labels, told.models));
    EXECUTE format('COMMENT ON TABLE %s IS %L', full_name,
                   obj_description(_innovation_score.view_name(board.scoreboard, 'ranking')::regclass, 'pg_class'));
    part := CASE WHEN plan.only_period IS NULL THEN full_name::regclass
                 ELSE _innovation_score.period_partition(full_name::regclass, plan.only_period) END;
    IF part IS NOT NULL THEN
        EXECUTE format('ANALYZE %s', part);
    END IF;
    periods := CASE WHEN plan.only_period IS NULL OR stored.target IS NOT NULL AND stored.periods IS NULL THEN NULL
                    WHEN plan.only_period = ANY (stored.periods) THEN stored.periods
                    ELSE stored.periods || plan.only_period END;
    IF (plan.only_period IS NULL) <> (periods IS NULL) THEN
        state := NULL;
    ELSIF state IS NOT NULL THEN
        state := jsonb_build_object(place, state || jsonb_build_object('table', (SELECT to_jsonb(r) FROM _innovation_score.relation_state(part) r)));
    END IF;
    IF plan.only_period IS NOT NULL AND periods IS NOT NULL THEN
        state := (COALESCE(stored.state, '{}') - place) || COALESCE(state, '{}');
    END IF;
    DELETE FROM stored_ranking r WHERE r.target = full_name;
    INSERT INTO stored_ranking VALUES (full_name, board.scoreboard, periods, array_remove(names, NULL), now(), state);
    RETURN told.stored;
EXCEPTION WHEN unique_violation THEN
    -- a row that the caller does not see
    IF EXISTS (SELECT FROM stored_ranking r WHERE r.target = full_name) THEN
        RAISE;
    END IF;
    RAISE EXCEPTION 'the owner of another scoreboard keeps a stored ranking under the name %', full_name
        USING ERRCODE = 'unique_violation', HINT = 'Give another name.';
END
$$;

CREATE FUNCTION _innovation_score.refresh_ranking(target text, path name[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    full_name text := _innovation_score.target_name(target, path);
    stored stored_ranking := _innovation_score.check_target(full_name);
    result bigint := 0;
    period text;
BEGIN
    IF stored.target IS NULL THEN
        RAISE EXCEPTION 'there is no stored ranking %', full_name
            USING ERRCODE = 'undefined_object', HINT = 'Make it with innovation_score.store_ranking().';
    END IF;
    IF stored.periods IS NULL THEN
        RETURN _innovation_score.store_ranking(stored.scoreboard, full_name, NULL, path, true);
    END IF;
    FOREACH period IN ARRAY stored.periods LOOP
        result := result + _innovation_score.store_ranking(stored.scoreboard, full_name, period, path, true);
    END LOOP;
    RETURN result;
END
$$;

CREATE FUNCTION store_ranking(scoreboard text, target text, period text DEFAULT NULL) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.store_ranking(scoreboard, target, period, pg_catalog.current_schemas(false), false)
$$;

CREATE FUNCTION refresh_ranking(target text) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.refresh_ranking(target, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.store_ranking(text, text, text, name[], boolean) IS
    'internal: store_ranking with the caller''s schemas; for refresh_ranking, which stores nothing where nothing has changed';
COMMENT ON FUNCTION _innovation_score.refresh_ranking(text, name[]) IS 'internal: refresh_ranking with the caller''s schemas';
COMMENT ON FUNCTION store_ranking(text, text, text) IS
    'keeps the ranking of a scoreboard, with the decisions of its whitelist rules, in a table, of all periods or of one; the '
    'number of rows';
COMMENT ON FUNCTION refresh_ranking(text) IS 'stores a ranking again that store_ranking() keeps in a table; the number of rows';

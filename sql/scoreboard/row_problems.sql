-- What is wrong with the expressions of a scoreboard and with the rows that they are evaluated over.

CREATE FUNCTION _innovation_score.rows_without(n bigint, what text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('has %s without %s', CASE WHEN n = 1 THEN '1 row' ELSE n || ' rows' END, what);

-- Where a problem concerns some groups only.
CREATE FUNCTION _innovation_score.in_groups(n bigint, groups bigint, example text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN n = groups THEN '' ELSE format(' in %s of %s groups, such as %s', n, groups, example) END;

COMMENT ON FUNCTION _innovation_score.rows_without(bigint, text) IS 'internal: how many rows lack what';
COMMENT ON FUNCTION _innovation_score.in_groups(bigint, bigint, text) IS 'internal: in which groups, unless in all of them';

-- ----- expressions

-- The names in it are found in the schemas of path, as when the expression was bound.
CREATE FUNCTION _innovation_score.expression_is_immutable(path text, source text, expression text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('search_path', path, true);
    RETURN _innovation_score.is_immutable(format('SELECT (%s) FROM %s', expression, source));
END
$$;

COMMENT ON FUNCTION _innovation_score.expression_is_immutable(text, text, text) IS
    'internal: whether an expression over a source always gives the same result for the same row';

-- Of the conditions of rules, what is SQL over the source: what names indicators is a value, which depends on nothing.
CREATE FUNCTION _innovation_score.expression_problems(board scoreboard) RETURNS SETOF _innovation_score.problem
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT 'warning', e.object, format('is not immutable: %s', e.expression),
           'Name time zone, day and format in it, and cast what || joins to text: what is published could not be verified otherwise.'
    FROM (SELECT 'entity' AS object, board.entity AS expression
          UNION ALL
          SELECT 'period', board.period
          UNION ALL
          SELECT 'stage', board.stage
          UNION ALL
          SELECT 'sample', board.sample
          UNION ALL
          SELECT format('indicator %s', m.key), m.value FROM jsonb_each_text(board.mapping) m WHERE board.long IS NULL
          UNION ALL
          SELECT format('condition of rule "%s"', r.rule), c.expression
          FROM shown_whitelist_rule r
          CROSS JOIN LATERAL (SELECT (_innovation_score.rule_parts(board, _innovation_score.find_rule(r.scoreboard, r.rule))).* OFFSET 0) parts
          CROSS JOIN LATERAL (SELECT unnest(ARRAY[parts.required, parts.qualifies])
                              UNION ALL
                              SELECT a.value FROM jsonb_each_text(parts.asked) a) c(expression)
          WHERE r.scoreboard = board.scoreboard AND board.long IS NULL AND NOT r.of_scheme
          UNION ALL
          SELECT format('quota of rule "%s"', r.rule), r.quota_by
          FROM shown_whitelist_rule r WHERE r.scoreboard = board.scoreboard AND board.long IS NULL) e
    WHERE e.expression <> ALL (_innovation_score.source_columns(_innovation_score.source_of(board)))
      AND NOT _innovation_score.expression_is_immutable(board.search_path, _innovation_score.source_name(_innovation_score.source_of(board)), e.expression)
$$;

COMMENT ON FUNCTION _innovation_score.expression_problems(scoreboard) IS
    'internal: expressions of the user whose results depend on the day or the session';

-- ----- rows

CREATE FUNCTION _innovation_score.repeated_add(internal, bigint) RETURNS internal
    AS 'MODULE_PATHNAME', 'repeated_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION _innovation_score.repeated_result(internal) RETURNS bigint[]
    AS 'MODULE_PATHNAME', 'repeated_result' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE AGGREGATE _innovation_score.repeated(number bigint) (
    SFUNC = _innovation_score.repeated_add, STYPE = internal, FINALFUNC = _innovation_score.repeated_result, PARALLEL = RESTRICTED);

COMMENT ON FUNCTION _innovation_score.repeated_add(internal, bigint) IS 'internal: transition of repeated';
COMMENT ON FUNCTION _innovation_score.repeated_result(internal) IS 'internal: final function of repeated';
COMMENT ON AGGREGATE _innovation_score.repeated(bigint) IS
    'internal: the numbers that come more than once, NULL for none; of very many, some';

-- Hashes first, texts only where these are equal. Rows without an entity or a period are another problem.
CREATE FUNCTION _innovation_score.duplicates(board scoreboard, binding scoreboard_binding, condition text)
RETURNS TABLE (entity text, period text, n bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    entity_key text := format('innovation_score.key_text(s.%I) COLLATE "C"', binding.entity);
    period_key text := COALESCE('innovation_score.key_text(s.' || quote_ident(binding.period) || ') COLLATE "C"', 'NULL::text');
    hash text := format('pg_catalog.hashtextextended(%s, %s)', entity_key,
                        COALESCE('pg_catalog.hashtextextended(innovation_score.key_text(s.' || quote_ident(binding.period)
                                 || ') COLLATE "C", 0)', '0'));
    is_unique boolean;
    twice bigint[];
BEGIN
    EXECUTE 'SELECT ' || _innovation_score.unique_key(board) INTO is_unique;
    IF is_unique THEN
        RETURN;
    END IF;
    SELECT f.hashes INTO twice FROM _innovation_score.fetch(format(
        'SELECT _innovation_score.repeated(%s) FROM %s WHERE %s', hash, binding.rows, condition)) AS f(hashes bigint[]);
    IF twice IS NOT NULL THEN
        RETURN QUERY SELECT * FROM _innovation_score.fetch(format(
            'SELECT %s, %s, count(*) FROM %s WHERE %s AND %s = ANY (%L::bigint[]) GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 1, 2',
            entity_key, period_key, binding.rows, condition, hash, twice)) AS f(entity text, period text, n bigint);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.duplicates(scoreboard, scoreboard_binding, text) IS
    'internal: firms and periods that have more than one row';

CREATE FUNCTION _innovation_score.refuse_duplicates(board scoreboard, binding scoreboard_binding, condition text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    firms text[] := ARRAY(SELECT format('firm "%s" has %s rows%s', d.entity, d.n, ' in period ' || d.period)
                          FROM _innovation_score.duplicates(board, binding, condition) d LIMIT 5);
BEGIN
    IF firms <> '{}' THEN
        RAISE EXCEPTION 'scoreboard %: %', board.scoreboard, firms[1]
            USING ERRCODE = 'cardinality_violation',
                  DETAIL = 'A firm is ranked and listed once (in a period).'
                           || COALESCE(' Others: ' || NULLIF(array_to_string(firms[2:], ', '), '') || '.', ''),
                  HINT = 'Correct the source, or bind a view that has one row per firm (and period).';
    END IF;
END
$$;

-- The rows that a run reads, all of them.
CREATE FUNCTION _innovation_score.check_rows(known text, period text, condition text, complete boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard;
    binding scoreboard_binding;
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = known;
    binding := _innovation_score.bind_period(board, _innovation_score.bind(board), period);
    IF NOT complete THEN
        PERFORM _innovation_score.refuse_duplicates(board, binding, condition);
    END IF;
    PERFORM _innovation_score.tell_row_problems(board, binding, condition, period, complete);
END
$$;

CREATE FUNCTION _innovation_score.check_rows_as_owner(known text, period text, condition text, complete boolean DEFAULT false) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT _innovation_score.run_as_owner(known, format('SELECT true FROM _innovation_score.check_rows(%L, %L, %L, %L)', known, period, condition, complete))
$$;

COMMENT ON FUNCTION _innovation_score.check_rows(text, text, text, boolean) IS
    'internal: the errors of refuse_duplicates and tell_row_problems, and the notices; complete: of rows that a run found nothing wrong with';
COMMENT ON FUNCTION _innovation_score.check_rows_as_owner(text, text, text, boolean) IS
    'internal: check_rows, run as the owner of the scoreboard';
COMMENT ON FUNCTION _innovation_score.refuse_duplicates(scoreboard, scoreboard_binding, text) IS
    'internal: an error that names a firm and period with more than one row, if there is one';

CREATE FUNCTION _innovation_score.row_problems(board scoreboard, binding scoreboard_binding, condition text)
RETURNS SETOF _innovation_score.problem
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH counted AS MATERIALIZED (
        SELECT c.stage, c.n, c.without_entity, c.without_period
        FROM _innovation_score.fetch(format(
            'SELECT s.stage, count(*), count(*) - count(s.%I), count(*) - count(%s) FROM %s WHERE %s GROUP BY s.stage',
            binding.entity, COALESCE('s.' || quote_ident(binding.period), '0'), binding.rows, condition))
            AS c(stage text, n bigint, without_entity bigint, without_period bigint)
    )
    SELECT 'error', 'source', _innovation_score.rows_without(sum(c.without_entity)::bigint, 'an entity'),
           'Bind a view that leaves these rows out, or gives them an entity.'
    FROM counted c HAVING sum(c.without_entity) > 0
    UNION ALL
    SELECT 'warning', 'source', _innovation_score.rows_without(sum(c.without_period)::bigint, 'a period'),
           'Bind a view that leaves these rows out, or gives them a period.'
    FROM counted c HAVING sum(c.without_period) > 0
    UNION ALL
    SELECT 'warning', 'source', _innovation_score.rows_without(c.n, 'a stage, and so without a score'),
           'Give an expression as stage that says which stage these firms are in.'
    FROM counted c WHERE c.stage IS NULL
    UNION ALL
    SELECT 'error', format('stage "%s"', c.stage),
           format('of %s is not in scheme "%s", so that no view can be read', CASE WHEN c.n = 1 THEN '1 row' ELSE c.n || ' rows' END, board.scheme),
           format('The stages are %s.', (SELECT string_agg(format('"%s"', u.code), ', ' ORDER BY u.place)
                                         FROM unnest(_innovation_score.model_codes(board.model, 'stages'))
                                              WITH ORDINALITY AS u(code, place)))
    FROM counted c WHERE c.stage <> ALL (_innovation_score.model_codes(board.model, 'stages'))
    UNION ALL
    SELECT 'warning', 'source', 'has no rows' || CASE condition WHEN 'true' THEN '' ELSE ' of this period' END,
           CASE condition WHEN 'true' THEN 'Load the data.'
                ELSE 'Load the data, or correct the period. ' || _innovation_score.last_periods(binding.rows, binding.period) END
    WHERE NOT EXISTS (SELECT FROM counted)
$$;

COMMENT ON FUNCTION _innovation_score.row_problems(scoreboard, scoreboard_binding, text) IS
    'internal: what is wrong with the rows under a condition: entities, periods and stages';

-- Whether the source of a publication is still what it was published from.

-- Two queries whose sets are the same give the same rows, whatever their order; the seed is chosen when they are compared.
CREATE FUNCTION _innovation_score.row_set_add(internal, bigint[], VARIADIC "any") RETURNS internal
    AS 'MODULE_PATHNAME', 'row_set_add' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION _innovation_score.row_set_result(internal) RETURNS bytea
    AS 'MODULE_PATHNAME', 'row_set_result' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE AGGREGATE _innovation_score.row_set(seed bigint[], VARIADIC vals "any") (
    SFUNC = _innovation_score.row_set_add, STYPE = internal, FINALFUNC = _innovation_score.row_set_result, PARALLEL = RESTRICTED);

COMMENT ON FUNCTION _innovation_score.row_set_add(internal, bigint[], "any") IS 'internal: transition of row_set';
COMMENT ON FUNCTION _innovation_score.row_set_result(internal) IS 'internal: final function of row_set';
COMMENT ON AGGREGATE _innovation_score.row_set(bigint[], "any") IS
    'internal: digest of rows whatever their order, texts and arrays of doubles, in which NaN is NULL; NULL for no rows';

-- The source's values in the published order; what the source had where an objection
-- replaced it. Rows are compared one by one where their sets are not the same.
CREATE FUNCTION _innovation_score.verify_source(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1
SET enable_nestloop = off SET enable_indexscan = off SET jit = off SET row_security = off AS $$
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    query text;
    published text;
    owner boolean := _innovation_score.owns(p.scoreboard);
    seed bigint[] := ARRAY[hashtextextended(gen_random_uuid()::text, 0), hashtextextended(gen_random_uuid()::text, 1)];
    set_of text := format('SELECT _innovation_score.row_set(%L::bigint[], entity, stage, peers, attributes, vals) FROM ', seed);
    of_source text;
    same boolean;
BEGIN
    SELECT * INTO board FROM shown_scoreboard b WHERE b.scoreboard = p.scoreboard;
    IF NOT FOUND THEN
        RETURN QUERY SELECT NULL::boolean, format('scoreboard %s is gone, or not for the caller to read: its source was not compared', p.scoreboard);
        RETURN;
    END IF;
    binding := _innovation_score.bind(board);
    query := format(
        'SELECT innovation_score.key_text(s.%I) COLLATE "C" AS entity, s.stage, %s AS peers, %s AS attributes, %s AS vals, '
        's._values IS NULL AS left_out FROM %s WHERE %s',
        binding.entity,
        CASE WHEN binding.peers = p.peers THEN _innovation_score.key_texts('s', binding.peers) ELSE '''{}''::text[]' END,
        CASE WHEN binding.attributes = p.attributes THEN _innovation_score.texts('s', binding.attributes) ELSE '''{}''::text[]' END,
        (SELECT CASE WHEN p.indicators = _innovation_score.model_codes(board.model, 'indicators')
                     THEN _innovation_score.source_values(board)
                     ELSE format('ARRAY(SELECT NULLIF((%s)[i.place], ''NaN'') FROM unnest(%L::integer[]) WITH ORDINALITY AS i(place, n) ORDER BY i.n)',
                                 _innovation_score.source_values(board), array_agg(n.place ORDER BY i.place)) END
         FROM unnest(p.indicators) WITH ORDINALITY AS i(indicator, place)
         LEFT JOIN unnest(_innovation_score.model_codes(board.model, 'indicators')) WITH ORDINALITY AS n(indicator, place)
                USING (indicator)),
        _innovation_score.rows(binding), _innovation_score.period_condition(board, binding, 's', p.period));
    -- what the owner has written is run with the owner's rights, whoever verifies
    of_source := format('%s(%s) n', set_of, query);
    IF owner THEN
        of_source := format('SELECT * FROM _innovation_score.fetch_as_owner(%L, %L) AS f(rows bytea)', p.scoreboard, of_source);
        query := format('SELECT * FROM _innovation_score.fetch_as_owner(%L, %L) '
                        'AS f(entity text, stage text, peers text[], attributes text[], vals float8[], left_out boolean)', p.scoreboard, query);
    END IF;
    published := format($query$
        SELECT f.entity, f.stage, %3$s AS peers, %4$s AS attributes,
               CASE WHEN c.vals IS NULL THEN f.vals
                    ELSE _innovation_score.corrected(f.vals, f.entity, jsonb_build_object(f.entity, c.vals)) END AS vals
        FROM innovation_score.published_firm f
        LEFT JOIN (SELECT c.entity, jsonb_object_agg(i.place, to_jsonb(c.source_value)) AS vals
                   FROM innovation_score.published_correction c
                   JOIN unnest(%2$L::text[]) WITH ORDINALITY AS i(indicator, place) ON i.indicator = c.indicator
                   WHERE c.publication = %1$s GROUP BY c.entity) c USING (entity)
        WHERE f.publication = %1$s $query$,
        p.publication, p.indicators,
        CASE WHEN binding.peers = p.peers THEN 'f.peers' ELSE '''{}''::text[]' END,
        CASE WHEN binding.attributes = p.attributes THEN 'f.attributes' ELSE '''{}''::text[]' END);
    query := format($query$
        WITH published AS (%1$s), source AS (%3$s)
        SELECT CASE WHEN p.entity IS NULL THEN format('firm %%s is new in the source', n.entity)
                    WHEN n.entity IS NULL THEN format('firm %%s is no longer in the source', p.entity)
                    ELSE format('firm %%s: %%s', p.entity, concat_ws('; ',
                        CASE WHEN p.stage IS DISTINCT FROM n.stage
                             THEN format('stage %%s → %%s', COALESCE(p.stage, 'NULL'), COALESCE(n.stage, 'NULL')) END,
                        CASE WHEN p.peers <> n.peers THEN format('group %%s → %%s', p.peers, n.peers) END,
                        CASE WHEN p.attributes <> n.attributes
                             THEN format('attributes %%s → %%s', p.attributes, n.attributes) END,
                        (SELECT string_agg(format('%%s %%s → %%s', v.indicator, COALESCE(v.was::text, 'NULL'),
                                                  COALESCE(v.is_now::text, 'NULL')), '; ' ORDER BY v.place)
                         FROM ROWS FROM (unnest(%2$L::text[]), unnest(p.vals), unnest(n.vals)) WITH ORDINALITY
                              AS v(indicator, was, is_now, place)
                         WHERE v.was IS DISTINCT FROM v.is_now))) END
        FROM (SELECT o.entity, o.stage, o.peers, o.attributes, array_replace(o.vals, 'NaN', NULL) AS vals FROM published o) p
        FULL JOIN (SELECT o.entity, o.stage, o.peers, o.attributes, array_replace(o.vals, 'NaN', NULL) AS vals, o.left_out FROM source o) n
               ON n.entity = p.entity
        WHERE (p.entity, p.stage, p.peers, p.attributes, p.vals)
              IS DISTINCT FROM (n.entity, n.stage, n.peers, n.attributes,
                                CASE WHEN p.vals IS NOT NULL OR p.entity IS NULL OR NOT n.left_out THEN n.vals END)
        ORDER BY COALESCE(p.entity, n.entity) COLLATE "C" $query$, published, p.indicators, query);
    PERFORM set_config('search_path', 'pg_catalog, innovation_score, pg_temp', true);
    PERFORM set_config('timezone', COALESCE(p.board_document ->> 'time_zone', 'UTC'), true);
    EXECUTE format('SELECT (%s(%s) p) = (%s)', set_of, published, of_source) INTO same;
    ok := true;
    IF same IS NOT TRUE THEN
        FOR detail IN EXECUTE query LOOP
            ok := false;
            RETURN NEXT;
        END LOOP;
    END IF;
    IF ok THEN
        detail := 'the source is as it was published';
        RETURN NEXT;
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.verify_source(publication) IS 'internal: what the source says now';

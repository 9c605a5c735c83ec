-- verify: whether a publication is what was computed, and what its source says now.
--
-- Nothing is written, no lock is taken: this works on a standby. Each check is a
-- function of its own and an error in one, which damaged content can cause, is its
-- finding.

CREATE FUNCTION _innovation_score.verify_chain(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH chain AS (
        SELECT c.publication, c.digest = _innovation_score.publication_digest(c) AS intact,
               c.previous_digest IS NOT DISTINCT FROM lag(c.digest) OVER w AS linked,
               c.publication = row_number() OVER w AS numbered
        FROM publication c WINDOW w AS (ORDER BY c.publication)
    ), orphan AS (
        SELECT greatest((SELECT max(f.publication) FROM published_firm f),
                        (SELECT max(m.publication) FROM published_model m),
                        (SELECT max(c.publication) FROM published_correction c)) AS last
        EXCEPT
        SELECT c.publication FROM chain c
    )
    SELECT false, format('publication %s: %s', c.publication, concat_ws('; ',
                         CASE WHEN NOT c.intact THEN 'its digest is not that of its row' END,
                         CASE WHEN NOT c.linked THEN 'does not continue the digest of the one before' END,
                         CASE WHEN NOT c.numbered THEN 'the numbers before it have a gap' END))
    FROM chain c WHERE NOT (c.intact AND c.linked AND c.numbered)
    UNION ALL
    SELECT false, format('publication %s is gone, but not all of its content', o.last) FROM orphan o
    UNION ALL
    SELECT true, format('%s publications in an unbroken chain of digests', count(*))
    FROM chain c HAVING bool_and(c.intact AND c.linked AND c.numbered) AND NOT EXISTS (SELECT FROM orphan)
$$;

CREATE FUNCTION _innovation_score.verify_digest(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT c.ok, CASE WHEN c.ok THEN format('content has SHA-256 %s', encode(p.content_digest, 'hex'))
                      ELSE 'the digest of models, corrections and firms is not the one that was published' END
    FROM (SELECT _innovation_score.content_digest(p.publication) = p.content_digest AS ok) c
    UNION ALL
    (SELECT false, format('firm %s: its digest is not that of its row', f.entity)
     FROM published_firm f
     WHERE f.publication = p.publication
       AND f.digest <> _innovation_score.firm_digest(f.entity, f.stage, f.peers, f.attributes, f.vals, f.score, f.coverage,
                                    f.category_scores, f.rank, f.stage_rank, f.barred, f.qualifies, f.quota, f.eligible,
                                    f.admitted, f.decision, f.reasons)
     ORDER BY f.entity)
    UNION ALL
    SELECT false, format('%s firms (%s scored, %s listed) were published, %s (%s, %s) are there', p.firms, p.scored,
                         p.listed, count(*), count(f.score), count(*) FILTER (WHERE f.decision = 'listed'))
    FROM published_firm f WHERE f.publication = p.publication
    HAVING (count(*), count(f.score), count(*) FILTER (WHERE f.decision = 'listed'))
           IS DISTINCT FROM (p.firms, p.scored, p.listed)
$$;

CREATE FUNCTION _innovation_score.verify_models(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    kept published_model;
    model score_model;
    sound bigint := 0;
BEGIN
    FOR kept IN
        SELECT * FROM published_model m WHERE m.publication = p.publication ORDER BY m.peers::text COLLATE "C"
    LOOP
        ok := false;
        BEGIN
            model := kept.model::text::score_model;
            IF NOT is_fitted(model) THEN
                detail := format('model of group %s is not fitted', kept.peers);
                RETURN NEXT;
            ELSIF _innovation_score.model_codes(model, 'indicators') <> p.indicators
                  OR _innovation_score.model_codes(model, 'categories') <> p.categories THEN
                detail := format('model of group %s has other indicators or categories', kept.peers);
                RETURN NEXT;
            ELSE
                sound := sound + 1;
            END IF;
        EXCEPTION WHEN data_exception THEN
            detail := format('model of group %s is none: %s', kept.peers, SQLERRM);
            RETURN NEXT;
        END;
    END LOOP;
    IF sound = (SELECT count(*) FROM published_model m WHERE m.publication = p.publication) THEN
        ok := true;
        detail := format('%s fitted models', sound);
        RETURN NEXT;
    END IF;
END
$$;

-- Who was left out has values, but no score.
CREATE FUNCTION _innovation_score.verify_scores(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1
SET enable_nestloop = off SET jit = off AS $$
BEGIN
    ok := true;
    FOR detail IN EXECUTE format($query$
        WITH model AS MATERIALIZED (
            SELECT m.peers, m.model::text::score_model AS model FROM published_model m WHERE m.publication = %1$s
        ), recomputed AS (
            SELECT f.entity, f.score, f.coverage, f.category_scores,
                   score_row(m.model, f.stage, VARIADIC CASE WHEN NOT %2$s THEN f.vals END) AS found
            FROM published_firm f LEFT JOIN model m ON m.peers = f.peers
            WHERE f.publication = %1$s
        ), different AS MATERIALIZED (
            SELECT r.*, r.found[4:%3$s] AS found_scores
            FROM recomputed r
            WHERE (r.score, r.coverage, r.category_scores) IS DISTINCT FROM (r.found[1], r.found[2], r.found[4:%3$s])
        )
        SELECT format('firm %%s: %%s', d.entity, concat_ws('; ',
            CASE WHEN d.score IS DISTINCT FROM d.found[1]
                 THEN format('score %%s is recomputed as %%s', COALESCE(d.score::text, 'NULL'),
                             COALESCE(d.found[1]::text, 'NULL')) END,
            CASE WHEN d.coverage IS DISTINCT FROM d.found[2]
                 THEN format('coverage %%s is recomputed as %%s', COALESCE(d.coverage::text, 'NULL'),
                             COALESCE(d.found[2]::text, 'NULL')) END,
            CASE WHEN d.category_scores IS DISTINCT FROM d.found_scores
                 THEN format('category scores %%s are recomputed as %%s', COALESCE(d.category_scores::text, 'NULL'),
                             COALESCE(d.found_scores::text, 'NULL')) END))
        FROM different d ORDER BY d.entity $query$,
        p.publication, _innovation_score.left_out(p.board_document::jsonb -> 'quality', p.indicators, 'f.vals'),
        3 + cardinality(p.categories))
    LOOP
        ok := false;
        RETURN NEXT;
    END LOOP;
    IF ok THEN
        detail := format('%s scores recomputed from values and models: all the same', p.firms);
        RETURN NEXT;
    END IF;
END
$$;

CREATE FUNCTION _innovation_score.verify_ranks(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH different AS MATERIALIZED (
        SELECT *
        FROM (SELECT f.entity, f.rank, f.stage_rank, score_rank(f.score) OVER () AS found,
                     score_rank(f.score, f.stage) OVER () AS found_in_stage
              FROM published_firm f WHERE f.publication = p.publication) r
        WHERE (r.rank, r.stage_rank) IS DISTINCT FROM (r.found, r.found_in_stage)
    )
    SELECT true, format('%s ranks recomputed: all the same', p.scored) WHERE NOT EXISTS (SELECT FROM different)
    UNION ALL
    (SELECT false, format('firm %s: rank %s, in its stage %s, is recomputed as %s, %s', d.entity,
                          COALESCE(d.rank::text, 'NULL'), COALESCE(d.stage_rank::text, 'NULL'),
                          COALESCE(d.found::text, 'NULL'), COALESCE(d.found_in_stage::text, 'NULL'))
     FROM different d ORDER BY d.entity)
$$;

-- A rule that is decided again from what was published: its conditions over values, if they name no
-- column, which a publication does not keep.
CREATE FUNCTION _innovation_score.published_rule(rule list_rule) RETURNS list_rule
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT (CASE WHEN r.keys @? '$.values[*] ? (@.kind != "indicator" && @.kind != "score")'
                 THEN r.keys - '{required,required_condition,qualifies_condition,values,tiers}'::text[] || '{"qualifies": "published"}'
                 ELSE r.keys || '{"required": "published", "qualifies": "published"}' END)::list_rule
    FROM (SELECT rule::jsonb) AS r(keys)
$$;

COMMENT ON FUNCTION _innovation_score.published_rule(list_rule) IS
    'internal: the rule by which published firms are decided again';

-- What conditions over values name beside the values.
CREATE FUNCTION _innovation_score.names_computed(rule list_rule, names text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT concat_ws(' ', r.keys ->> 'required_condition', r.keys ->> 'qualifies_condition') ~ format('\m(%s)\M', names)
    FROM (SELECT _innovation_score.published_rule(rule)::jsonb) AS r(keys)
$$;

-- The group of a published firm o that its tier is cut within.
CREATE FUNCTION _innovation_score.published_group(rule list_rule, attributes text[], peers text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN within = ANY (peers) THEN format('o.peers[%s]', array_position(peers, within))
                WHEN within = ANY (attributes) THEN format('o.attributes[%s]', array_position(attributes, within))
                WHEN within = 'stage' THEN 'o.stage' ELSE 'NULL' END
    FROM (SELECT rule::jsonb #>> '{tiers,within}') AS r(within)
$$;

COMMENT ON FUNCTION _innovation_score.names_computed(list_rule, text) IS
    'internal: whether conditions that are decided again from what was published name one of these';
COMMENT ON FUNCTION _innovation_score.published_group(list_rule, text[], text[]) IS
    'internal: SQL text of the group that the tier of a published firm is cut within';

-- Facts of published firms o as the rule of their publication asks about them. What bars a firm
-- and what lists it directly is taken as it was published, conditions over values apart.
CREATE FUNCTION _innovation_score.published_facts("row" text, rule list_rule, categories text[], vals text,
                                                  tier_group text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('_innovation_score.facts(%1$s, o.entity, %4$s, NULL, NULL, '
                  'CASE WHEN o.barred THEN _innovation_score.reason(''excluded'', ''barred'') END, '
                  'true, o.qualifies, NULL::integer, o.quota, %2$s, %3$s, NULL::text[])', "row",
                  _innovation_score.asked_scores(r.keys -> 'category_minimum', r.keys -> 'values', categories, "row"),
                  CASE WHEN r.keys ? 'values' THEN vals ELSE 'NULL::double precision[]' END, tier_group)
    FROM (SELECT _innovation_score.published_rule(rule)::jsonb) AS r(keys)
$$;

COMMENT ON FUNCTION _innovation_score.published_facts(text, list_rule, text[], text, text) IS
    'internal: SQL text of the facts of a published firm, given what stands for its score_row(), values and group of tiers';

-- Who was listed in an earlier batch is barred.
CREATE FUNCTION _innovation_score.verify_decisions(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
DECLARE
    rule list_rule := p.rule::text;
BEGIN
    ok := true;
    FOR detail IN EXECUTE format(
        'SELECT format(''firm %%s: %%s%%s%%s is recomputed as %%s%%s%%s'', d.entity, d.decision, '
        'CASE WHEN d.eligible THEN '', eligible'' END, CASE WHEN d.admitted THEN '', admitted'' END, d.code, '
        'CASE WHEN d.marks[3] THEN '', eligible'' END, CASE WHEN d.marks[4] THEN '', admitted'' END) '
        'FROM (SELECT c.*, _innovation_score.decision_code(c.decided, 1) AS code, _innovation_score.decision_marks(c.decided, 1) AS marks '
        'FROM (SELECT o.*, innovation_score.decide(ARRAY[%L]::innovation_score.list_rule[], o.facts) OVER () AS decided '
        'FROM (SELECT o.*, %s AS facts FROM (SELECT o.entity, o.decision, o.barred, o.qualifies, o.quota, o.eligible, o.admitted, '
        'o.vals, o.stage, o.attributes, o.peers, (ARRAY[o.score, o.coverage, %s] || o.category_scores) AS found FROM published_firm o WHERE o.publication = %s) o) o) c) d '
        'WHERE (CASE d.decision WHEN ''earlier'' THEN ''rejected'' ELSE d.decision END, d.qualifies, d.eligible, d.admitted) '
        'IS DISTINCT FROM (d.code, d.marks[2], d.marks[3], d.marks[4]) ORDER BY d.entity',
        _innovation_score.published_rule(rule), _innovation_score.published_facts('o.found', rule, p.categories, 'o.vals',
                                                                         _innovation_score.published_group(rule, p.attributes, p.peers)),
        CASE WHEN _innovation_score.names_computed(rule, 'stage_rank') THEN 'pg_catalog.dense_rank() OVER (ORDER BY o.stage) - 1'
             ELSE '0' END, p.publication)
    LOOP
        ok := false;
        RETURN NEXT;
    END LOOP;
    IF ok THEN
        detail := format('%s decisions recomputed: all the same', p.firms);
        RETURN NEXT;
    END IF;
END
$$;

-- All changes of state and all objections, those to other publications, too: one that was
-- moved elsewhere is found.
CREATE FUNCTION _innovation_score.verify_states(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH event AS (
        SELECT e.publication, e.event,
               e.digest = _innovation_score.event_digest(e) AND e.event = row_number() OVER (ORDER BY e.event)
               AND EXISTS (SELECT FROM publication o WHERE o.publication = e.publication) AS intact
        FROM publication_event e
    )
    SELECT true, format('%s changes of state, state %s',
                        (SELECT count(*) FROM publication_event e WHERE e.publication = p.publication),
                        (SELECT s.state FROM _innovation_score.publication_state(p.publication) s))
    FROM event e HAVING COALESCE(bool_and(e.intact), true)
    UNION ALL
    SELECT false, format('change of state %s of publication %s: its digest is not that of its row and of what was '
                         'before', e.event, e.publication)
    FROM event e WHERE e.intact IS NOT TRUE
$$;

CREATE FUNCTION _innovation_score.verify_objections(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH wrong AS (
        SELECT o.objection, format('objection %s: its digest is not that of its row', o.objection) AS detail
        FROM objection o WHERE o.digest <> _innovation_score.objection_digest(o)
        UNION ALL
        SELECT o.objection, format('objection %s: the numbers before it have a gap', o.objection)
        FROM (SELECT o.objection, row_number() OVER (ORDER BY o.objection) AS place FROM objection o) o
        WHERE o.objection <> o.place
        UNION ALL
        SELECT o.objection,
               format('objection %s: publication %s, which it is about, is gone', o.objection, o.publication)
        FROM objection o WHERE NOT EXISTS (SELECT FROM publication q WHERE q.publication = o.publication)
        UNION ALL
        SELECT c.objection, format('firm %s, %s: corrected by objection %s, which does not say so', c.entity,
                                   c.indicator, c.objection)
        FROM published_correction c
        LEFT JOIN published_firm f USING (publication, entity)
        LEFT JOIN objection o ON o.objection = c.objection
        WHERE c.publication = p.publication
          AND (o.entity, o.indicator, o.status, o.claimed_value,
               f.vals[array_position(p.indicators, c.indicator::text)])
              IS DISTINCT FROM (c.entity, c.indicator, 'accepted', c.used_value, c.used_value)
    )
    SELECT true, format('%s objections, %s corrections',
                        (SELECT count(*) FROM objection o WHERE o.publication = p.publication),
                        (SELECT count(*) FROM published_correction c WHERE c.publication = p.publication))
    WHERE NOT EXISTS (SELECT FROM wrong)
    UNION ALL
    (SELECT false, w.detail FROM wrong w ORDER BY w.objection, w.detail COLLATE "C")
$$;

-- The source's values in the published order; what the source had where an objection
-- replaced it.
CREATE FUNCTION _innovation_score.verify_source(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1
SET enable_nestloop = off SET jit = off SET row_security = off AS $$
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    query text;
BEGIN
    SELECT * INTO board FROM scoreboard b WHERE b.scoreboard = p.scoreboard;
    IF NOT FOUND THEN
        RETURN QUERY SELECT NULL::boolean, format('scoreboard %s is gone: its source was not compared', p.scoreboard);
        RETURN;
    END IF;
    binding := _innovation_score.bind(board);
    query := format(
        'SELECT innovation_score.key_text(s.%I) COLLATE "C" AS entity, s.stage, %s AS peers, %s AS attributes, %s AS vals, '
        's._values IS NULL AS left_out FROM %s WHERE %s',
        binding.entity,
        CASE WHEN binding.peers = p.peers THEN _innovation_score.key_texts('s', binding.peers) ELSE '''{}''::text[]' END,
        CASE WHEN binding.attributes = p.attributes THEN _innovation_score.texts('s', binding.attributes) ELSE '''{}''::text[]' END,
        (SELECT format('ARRAY(SELECT NULLIF((%s)[i.place], ''NaN'') FROM unnest(%L::integer[]) WITH ORDINALITY AS i(place, n) ORDER BY i.n)',
                       _innovation_score.source_values(board), array_agg(n.place ORDER BY i.place))
         FROM unnest(p.indicators) WITH ORDINALITY AS i(indicator, place)
         LEFT JOIN unnest(_innovation_score.model_codes(board.model, 'indicators')) WITH ORDINALITY AS n(indicator, place)
                USING (indicator)),
        _innovation_score.rows(binding), _innovation_score.period_condition(board, binding, 's', p.period));
    query := format($query$
        WITH corrected AS (
            SELECT c.entity, jsonb_object_agg(i.place, to_jsonb(c.source_value)) AS vals
            FROM innovation_score.published_correction c
            JOIN unnest(%2$L::text[]) WITH ORDINALITY AS i(indicator, place) ON i.indicator = c.indicator
            WHERE c.publication = %1$s GROUP BY c.entity
        ), published AS (
            SELECT f.entity, f.stage, %3$s AS peers, %4$s AS attributes,
                   array_replace(CASE WHEN c.vals IS NULL THEN f.vals
                                      ELSE _innovation_score.corrected(f.vals, f.entity,
                                                                       jsonb_build_object(f.entity, c.vals))
                                      END, 'NaN', NULL) AS vals
            FROM innovation_score.published_firm f LEFT JOIN corrected c USING (entity)
            WHERE f.publication = %1$s
        )
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
        FROM published p
        FULL JOIN (SELECT l.entity, l.stage, l.peers, l.attributes,
                          CASE WHEN o.entity IS NULL OR NOT l.left_out THEN l.vals END AS vals
                   FROM (%5$s) l
                   LEFT JOIN published o ON o.entity = l.entity AND o.vals IS NULL) n ON n.entity = p.entity
        WHERE (p.entity, p.stage, p.peers, p.attributes, p.vals)
              IS DISTINCT FROM (n.entity, n.stage, n.peers, n.attributes, n.vals)
        ORDER BY COALESCE(p.entity, n.entity) COLLATE "C" $query$,
        p.publication, p.indicators,
        CASE WHEN binding.peers = p.peers THEN 'f.peers' ELSE '''{}''::text[]' END,
        CASE WHEN binding.attributes = p.attributes THEN 'f.attributes' ELSE '''{}''::text[]' END, query);
    PERFORM set_config('search_path', 'pg_catalog, innovation_score, pg_temp', true);
    ok := true;
    FOR detail IN EXECUTE query LOOP
        ok := false;
        RETURN NEXT;
    END LOOP;
    IF ok THEN
        detail := 'the source is as it was published';
        RETURN NEXT;
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.verify_chain(publication) IS 'internal: publications and their chain of digests';
COMMENT ON FUNCTION _innovation_score.verify_digest(publication) IS 'internal: digests of what a publication holds';
COMMENT ON FUNCTION _innovation_score.verify_models(publication) IS 'internal: models of a publication';
COMMENT ON FUNCTION _innovation_score.verify_scores(publication) IS 'internal: scores from values and models';
COMMENT ON FUNCTION _innovation_score.verify_ranks(publication) IS 'internal: ranks from scores';
COMMENT ON FUNCTION _innovation_score.verify_decisions(publication) IS 'internal: decisions from scores and rule';
COMMENT ON FUNCTION _innovation_score.verify_states(publication) IS 'internal: changes of state';
COMMENT ON FUNCTION _innovation_score.verify_objections(publication) IS
    'internal: objections to a publication, and the corrections in it';
COMMENT ON FUNCTION _innovation_score.verify_source(publication) IS 'internal: what the source says now';

CREATE FUNCTION verify_publication(id bigint) RETURNS TABLE ("check" text, ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    p publication;
BEGIN
    PERFORM _innovation_score.publication_state(id);
    SELECT * INTO STRICT p FROM publication o WHERE o.publication = id;
    FOREACH "check" IN ARRAY '{chain,digest,models,scores,ranks,decisions,states,objections,source}'::text[] LOOP
        BEGIN
            FOR ok, detail IN EXECUTE format('SELECT v.ok, v.detail FROM _innovation_score.%I($1) v', 'verify_' || "check") USING p LOOP
                RETURN NEXT;
            END LOOP;
        EXCEPTION WHEN OTHERS THEN
            ok := CASE WHEN "check" <> 'source' THEN false END;
            detail := CASE WHEN "check" = 'source' THEN 'the source could not be compared: '
                           ELSE 'could not be checked: ' END || SQLERRM;
            RETURN NEXT;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION verify_publication(bigint) IS
    'recomputes a publication from what it holds, checks its digests, and compares it with its source: '
    'ok is NULL where nothing can be compared';

-- What no row can show is that the last ones are gone: the numbers and digests of the
-- moment, to be kept where nobody who could delete rows can change them.
CREATE FUNCTION publication_head() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('publication %s, event %s, objection %s',
                  COALESCE((SELECT p.publication || ' ' || encode(p.digest, 'hex')
                            FROM publication p ORDER BY p.publication DESC LIMIT 1), '0'),
                  COALESCE((SELECT e.event || ' ' || encode(e.digest, 'hex')
                            FROM publication_event e ORDER BY e.event DESC LIMIT 1), '0'),
                  (SELECT COALESCE(max(o.objection), 0) FROM objection o))
$$;

CREATE FUNCTION verify_publication_head(head text) RETURNS TABLE ("check" text, ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := regexp_match(head, '^[[:space:]]*publication ([0-9]{1,18})(?: ([0-9a-f]{64}))?, '
                                       'event ([0-9]{1,18})(?: ([0-9a-f]{64}))?, objection ([0-9]{1,18})[[:space:]]*$');
BEGIN
    IF parts IS NULL OR (parts[1]::bigint = 0) <> (parts[2] IS NULL) OR (parts[3]::bigint = 0) <> (parts[4] IS NULL) THEN
        RAISE EXCEPTION 'this is no head of publications: %', COALESCE(head, 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give the text that innovation_score.publication_head() gave.';
    END IF;
    RETURN QUERY
    SELECT h.name, h.number = 0 OR h.number <= h.last AND COALESCE(h.found = decode(h.digest, 'hex'), h.digest IS NULL),
           CASE WHEN h.number > h.last THEN format('%s %s is gone: the last is %s', h.object, h.number, h.last)
                WHEN h.digest IS NOT NULL AND h.found IS DISTINCT FROM decode(h.digest, 'hex')
                THEN format('%s %s does not have the digest that it had', h.object, h.number)
                WHEN h.number = 0 THEN format('there was none, %s came later', h.last)
                ELSE format('%s %s is there, %s came later', h.object, h.number, h.last - h.number) END
    FROM (VALUES
        (1, 'chain', 'publication', parts[1]::bigint, parts[2],
         (SELECT COALESCE(max(p.publication), 0) FROM publication p),
         (SELECT p.digest FROM publication p WHERE p.publication = parts[1]::bigint)),
        (2, 'states', 'change of state', parts[3]::bigint, parts[4],
         (SELECT COALESCE(max(e.event), 0) FROM publication_event e),
         (SELECT e.digest FROM publication_event e WHERE e.event = parts[3]::bigint)),
        (3, 'objections', 'objection', parts[5]::bigint, NULL,
         (SELECT COALESCE(max(o.objection), 0) FROM objection o), NULL::bytea))
        AS h(place, name, object, number, digest, last, found)
    ORDER BY h.place;
END
$$;

COMMENT ON FUNCTION publication_head() IS
    'numbers and digests of the last publication and change of state, and the number of objections: to be kept elsewhere';
COMMENT ON FUNCTION verify_publication_head(text) IS
    'whether what publication_head() gave then is still part of the publications, so that their end has not been cut off';

-- change: what is different between two publications, and why.

-- The publication of the same scoreboard and period before this one.
CREATE FUNCTION _innovation_score.publication_before(number bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT max(o.publication)
    FROM publication p JOIN publication o ON o.scoreboard = p.scoreboard AND o.period IS NOT DISTINCT FROM p.period
     AND o.publication < p.publication
    WHERE p.publication = number
      AND NOT EXISTS (SELECT FROM publication_event e WHERE e.publication = o.publication AND e.state = 'retracted')
$$;

COMMENT ON FUNCTION _innovation_score.publication_before(bigint) IS
    'internal: the last publication before this one of the same scoreboard and period that has not been retracted';

CREATE FUNCTION publication_changes(publication bigint)
RETURNS TABLE (entity text, item text, before text, after text, reason text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1
SET enable_nestloop = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM _innovation_score.require_publications();
    PERFORM _innovation_score.publication_state($1);
    RETURN QUERY
    WITH pair AS MATERIALIZED (
        SELECT o AS old, n AS new
        FROM publication n JOIN publication o ON o.publication = _innovation_score.publication_before(n.publication)
        WHERE n.publication = $1
    ), firm AS (
        SELECT COALESCE(o.entity, n.entity) AS entity, o, n
        FROM (SELECT f.* FROM published_firm f WHERE f.publication = (SELECT (p.old).publication FROM pair p)) o
        FULL JOIN (SELECT f.* FROM published_firm f WHERE f.publication = (SELECT (p.new).publication FROM pair p)) n
            ON n.entity = o.entity
        WHERE (o.stage, o.peers, o.attributes, o.vals, o.score, o.coverage, o.category_scores, o.rank, o.stage_rank, o.barred,
               o.qualifies, o.quota, o.eligible, o.admitted, o.decision, o.reasons)
              IS DISTINCT FROM (n.stage, n.peers, n.attributes, n.vals, n.score, n.coverage, n.category_scores, n.rank,
                                n.stage_rank, n.barred, n.qualifies, n.quota, n.eligible, n.admitted, n.decision, n.reasons)
    ), change AS (
        SELECT NULL::text AS entity, 0::bigint AS place, c.item, c.before, c.after, c.reason
        FROM pair p CROSS JOIN LATERAL (VALUES
            ('scheme', (p.old).scheme, (p.new).scheme,
             'scheme changed', (p.old).scheme_document::text <> (p.new).scheme_document::text),
            ('settings', (p.old).board_document::text, (p.new).board_document::text, 'scoreboard changed',
             (p.old).board_document::text <> (p.new).board_document::text),
            ('whitelist rule', (p.old).rule::text, (p.new).rule::text, 'rule changed',
             (p.old).rule::text IS DISTINCT FROM (p.new).rule::text)) AS c(item, before, after, reason, differs)
        WHERE c.differs
        UNION ALL
        SELECT f.entity, c.place, c.item, c.before, c.after, c.reason
        FROM firm f CROSS JOIN pair p CROSS JOIN LATERAL (
            SELECT 1 AS place, 'firm' AS item, (f.o).decision AS before, (f.n).decision AS after,
                   CASE WHEN (f.o).entity IS NULL THEN 'was not published before'
                        ELSE 'is not published any more' END AS reason
            WHERE (f.o).entity IS NULL OR (f.n).entity IS NULL
            UNION ALL
            SELECT v.place, v.item, v.before, v.after, v.reason
            FROM (VALUES (2, 'stage', (f.o).stage, (f.n).stage, 'source changed'),
                         (3, 'group', (f.o).peers::text, (f.n).peers::text,
                          CASE WHEN (p.old).peers = (p.new).peers THEN 'source changed' ELSE 'scoreboard changed' END),
                         (4, 'attributes', (f.o).attributes::text, (f.n).attributes::text,
                          CASE WHEN (p.old).attributes = (p.new).attributes THEN 'source changed'
                               ELSE 'scoreboard changed' END),
                         (1000, 'decision', (f.o).decision, (f.n).decision, (f.n).reasons))
                 AS v(place, item, before, after, reason)
            WHERE (f.o).entity = (f.n).entity AND v.before IS DISTINCT FROM v.after
            UNION ALL
            SELECT 10 + COALESCE(i.new_place, i.old_place), i.indicator, i.before::text, i.after::text,
                   CASE WHEN c.objection IS NOT NULL
                        THEN format('objection %s accepted: %s', c.objection,
                                    (SELECT a.decision FROM objection a WHERE a.objection = c.objection))
                        WHEN i.new_place IS NULL OR i.old_place IS NULL THEN 'scheme changed'
                        WHEN w.objection IS NOT NULL THEN format('objection %s does not count any more', w.objection)
                        ELSE 'source changed' END
            FROM (SELECT COALESCE(a.indicator, b.indicator) AS indicator, a.place AS old_place, b.place AS new_place,
                         (f.o).vals[a.place] AS before, (f.n).vals[b.place] AS after
                  FROM unnest((p.old).indicators) WITH ORDINALITY AS a(indicator, place)
                  FULL JOIN unnest((p.new).indicators) WITH ORDINALITY AS b(indicator, place) USING (indicator)) i
            LEFT JOIN published_correction c ON c.publication = (p.new).publication AND c.entity = f.entity
                  AND c.indicator = i.indicator
            LEFT JOIN published_correction w ON w.publication = (p.old).publication AND w.entity = f.entity
                  AND w.indicator = i.indicator
            WHERE (f.o).vals IS NOT NULL AND (f.n).vals IS NOT NULL AND i.before IS DISTINCT FROM i.after) c
    )
    SELECT c.entity, c.item, c.before, c.after, c.reason
    FROM change c ORDER BY c.entity COLLATE "C" NULLS FIRST, c.place, c.item COLLATE "C";
END
$$;

COMMENT ON FUNCTION publication_changes(bigint) IS
    'what a publication has differently from the one before it of the same scoreboard and period, and why';

-- The old scheme with the bounds of the new sample: an indicator keeps its old bounds
-- where the new scheme does not have it or treats it by another method, so that this
-- difference counts as the scheme's.
CREATE FUNCTION _innovation_score.rebounded_model(old json, new json) RETURNS score_model
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT score_model(jsonb_set(old::jsonb, '{indicators}', (
        SELECT jsonb_agg(CASE WHEN n.element IS NULL THEN o.element
                              ELSE jsonb_set(o.element, '{bounds}', n.element -> 'bounds') END ORDER BY o.place)
        FROM jsonb_array_elements(old::jsonb -> 'indicators') WITH ORDINALITY AS o(element, place)
        LEFT JOIN jsonb_array_elements(new::jsonb -> 'indicators') AS n(element)
               ON n.element - '{bounds,weights,category,direction}'::text[]
                  = o.element - '{bounds,weights,category,direction}'::text[])))
$$;

COMMENT ON FUNCTION _innovation_score.rebounded_model(json, json) IS 'internal: a model with the bounds of another';

-- Values in the order of another publication's indicators; what is not among them stays.
CREATE FUNCTION _innovation_score.values_for(indicators text[], old float8[], new float8[], new_indicators text[]) RETURNS float8[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT array_agg(CASE WHEN n.place IS NULL THEN old[i.place] ELSE new[n.place] END ORDER BY i.place)
    FROM unnest(indicators) WITH ORDINALITY AS i(indicator, place)
    LEFT JOIN unnest(new_indicators) WITH ORDINALITY AS n(indicator, place) USING (indicator)
$$;

COMMENT ON FUNCTION _innovation_score.values_for(text[], float8[], float8[], text[]) IS
    'internal: new values in the order of old indicators, old ones where there is no new one';

-- Four scores of each firm: published before (s0), its new values under the old model
-- (s1), the old scheme with the new bounds (s2), published after (s3). A score that a
-- step cannot give (a policy on missing values says so) stays at that of the step before;
-- a firm without a score afterwards leaves the ranking with the first step that gives it none,
-- and one without a score before enters it with the first that gives it one.
-- Differences are taken between the shortest decimals that stand for the doubles, so that
-- they add up exactly.
CREATE FUNCTION score_changes(before bigint, after bigint)
RETURNS TABLE (entity text, score_before numeric, score_after numeric, by_values numeric, by_bounds numeric,
               by_scheme numeric, rank_before bigint, rank_after bigint, rank_by_values bigint, rank_by_bounds bigint,
               rank_by_scheme bigint)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1
SET enable_nestloop = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM _innovation_score.require_publications();
    PERFORM _innovation_score.publication_state(before), _innovation_score.publication_state(after);
    RETURN QUERY
    WITH header AS MATERIALIZED (
        SELECT o.indicators AS old_indicators, n.indicators AS new_indicators, o.indicators = n.indicators AS same
        FROM publication o JOIN publication n ON o.publication = before AND n.publication = after
    ), firm AS MATERIALIZED (
        SELECT COALESCE(o.entity, n.entity) AS entity, o.score AS s0, n.score AS s3, o.rank AS r0, n.rank AS r3,
               o.entity IS NOT NULL AS was, n.entity IS NOT NULL AS is_now, o.peers AS old_peers, n.peers AS new_peers,
               o.stage AS old_stage, n.stage AS new_stage,
               CASE WHEN n.coverage IS NULL THEN NULL
                    WHEN h.same THEN n.vals
                    ELSE _innovation_score.values_for(h.old_indicators, o.vals, n.vals, h.new_indicators) END AS vals
        FROM header h
        CROSS JOIN ((SELECT f.* FROM published_firm f WHERE f.publication = before) o
                    FULL JOIN (SELECT f.* FROM published_firm f WHERE f.publication = after) n ON n.entity = o.entity)
    ), moved AS MATERIALIZED (
        SELECT g.old_peers, g.new_peers, d.model::text::score_model AS old_model,
               _innovation_score.model_codes(d.model::text::score_model, 'stages') AS stages, _innovation_score.rebounded_model(d.model, n.model) AS model
        FROM (SELECT DISTINCT f.old_peers, f.new_peers FROM firm f WHERE f.is_now) g
        CROSS JOIN LATERAL (SELECT m.model FROM published_model m
                            WHERE m.publication = before AND m.peers IN (g.new_peers, g.old_peers)
                            ORDER BY m.peers = g.new_peers DESC LIMIT 1) d
        LEFT JOIN published_model n ON n.publication = after AND n.peers = g.new_peers
    ), staged AS (
        SELECT f.*, m.old_model, m.model, CASE WHEN f.new_stage = ANY (m.stages) THEN f.new_stage
                                               WHEN f.old_stage = ANY (m.stages) THEN f.old_stage END AS stage
        FROM firm f LEFT JOIN moved m ON f.is_now AND m.new_peers = f.new_peers
                                     AND m.old_peers IS NOT DISTINCT FROM f.old_peers
    ), scored AS (
        SELECT s.*, score_row(s.old_model, s.stage, VARIADIC s.vals) AS row1,
               score_row(s.model, s.stage, VARIADIC s.vals) AS row2
        FROM staged s
    ), step AS MATERIALIZED (
        SELECT s.entity, s.s0, s.s3, s.r0, s.r3, s.was, s.is_now, COALESCE(s.row1[1], s.s0) AS s1,
               CASE WHEN s.s0 IS NULL AND s.model IS NULL THEN s.s3
                    WHEN s.s0 IS NULL THEN s.row2[1]
                    WHEN s.s3 IS NULL THEN s.row2[1]
                    WHEN s.is_now THEN COALESCE(s.row2[1], s.row1[1], s.s0) END AS s2
        FROM scored s
    ), old_field AS (
        SELECT u.entity, count(*) FILTER (WHERE u.published) OVER
                   (ORDER BY u.score DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS above, u.published
        FROM (SELECT s.entity, s.s0 AS score, true AS published FROM step s WHERE s.s0 IS NOT NULL
              UNION ALL
              SELECT s.entity, s.s1, false FROM step s WHERE s.s0 IS NOT NULL AND s.s3 IS NOT NULL) u
    ), ranked AS (
        SELECT s.*, CASE WHEN s.s0 IS NOT NULL AND s.s3 IS NOT NULL THEN score_rank(s.s2) OVER () END AS r2
        FROM step s WHERE s.is_now
    ), rank AS (
        SELECT s.entity, 1 + o.above - CASE WHEN s.s0 > s.s1 THEN 1 ELSE 0 END AS r1, s.r2
        FROM ranked s JOIN old_field o ON o.entity = s.entity AND NOT o.published
    ), exact AS (
        SELECT s.entity, s.r0, s.r3, s.s0::text::numeric AS n0, s.s3::text::numeric AS n3,
               CASE WHEN s.s3 IS NOT NULL AND s.s0 IS NOT NULL THEN s.s1::text::numeric END AS n1,
               CASE WHEN s.s3 IS NOT NULL AND s.s0 IS NOT NULL THEN s.s2::text::numeric END AS n2
        FROM step s
    )
    SELECT e.entity, e.n0, e.n3, e.n1 - e.n0, e.n2 - e.n1, e.n3 - e.n2,
           e.r0, e.r3, r.r1 - e.r0, r.r2 - r.r1, e.r3 - r.r2
    FROM exact e LEFT JOIN rank r ON r.entity = e.entity
    ORDER BY e.entity COLLATE "C";
END
$$;

COMMENT ON FUNCTION score_changes(bigint, bigint) IS
    'how each firm''s score and rank moved from one publication to another: by its own values, by the bounds, by the '
    'scheme; the three add up exactly';

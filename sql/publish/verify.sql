-- verify: whether a publication is what was computed, and what its source says now.
--
-- Nothing is written, no lock is taken: this works on a standby. Each check is a
-- function of its own and an error in one, which damaged content can cause, is its
-- finding. One run over the firms (publish_run.sql) answers most of them at once; where
-- it finds a difference, or cannot run, the check itself says which.

CREATE TYPE _innovation_score.verification AS (
    firms          bigint,
    scored         bigint,
    listed         bigint,
    content_digest bytea,
    scores         boolean,
    ranks          boolean,
    decisions      boolean
);

COMMENT ON TYPE _innovation_score.verification IS 'internal: what a run over the firms of a publication tells';
COMMENT ON COLUMN _innovation_score.verification.firms IS 'number of firms';
COMMENT ON COLUMN _innovation_score.verification.scored IS 'number of firms that have a score';
COMMENT ON COLUMN _innovation_score.verification.listed IS 'number of firms that are listed';
COMMENT ON COLUMN _innovation_score.verification.content_digest IS 'root of the tree of hashes';
COMMENT ON COLUMN _innovation_score.verification.scores IS 'whether all scores are recomputed as they are';
COMMENT ON COLUMN _innovation_score.verification.ranks IS 'whether all ranks are';
COMMENT ON COLUMN _innovation_score.verification.decisions IS 'whether all decisions and reasons are';

CREATE FUNCTION _innovation_score.verify_chain(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH chain AS (
        SELECT c.publication, c.digest = _innovation_score.publication_digest(c, l.session_role) AS intact,
               c.previous_digest IS NOT DISTINCT FROM lag(c.digest) OVER w AS linked,
               c.publication = row_number() OVER w AS numbered,
               (c.digest, c.published_at, c.published_by) IS NOT DISTINCT FROM (l.digest, l.logged_at, l.role) AS logged
        FROM publication c LEFT JOIN publication_log l ON l.kind = 'publication' AND l.number = c.publication
        WINDOW w AS (ORDER BY c.publication)
    ), wrong AS (
        SELECT 1 AS part, e.entry AS place, e.detail FROM _innovation_score.broken_entries() e
        UNION ALL
        SELECT 2, c.publication, format('publication %s: %s', c.publication, concat_ws('; ',
                         CASE WHEN c.intact IS NOT TRUE THEN 'its digest is not that of its row' END,
                         CASE WHEN NOT c.linked THEN 'does not continue the digest of the one before' END,
                         CASE WHEN NOT c.numbered THEN 'the numbers before it have a gap' END,
                         CASE WHEN NOT c.logged THEN 'it is not what was logged' END))
        FROM chain c WHERE (c.intact AND c.linked AND c.numbered AND c.logged) IS NOT TRUE
        UNION ALL
        SELECT 3, g.last, format('publication %s is gone, but not all of its content', g.last)
        FROM (SELECT greatest((SELECT max(f.publication) FROM published_firm f),
                              (SELECT max(m.publication) FROM published_model m),
                              (SELECT max(c.publication) FROM published_correction c)) AS last
              EXCEPT
              SELECT c.publication FROM chain c) g
        UNION ALL
        SELECT 4, l.number, format('publication %s is gone, which was logged', l.number)
        FROM publication_log l
        WHERE l.kind = 'publication' AND NOT EXISTS (SELECT FROM publication c WHERE c.publication = l.number)
    )
    (SELECT false, w.detail FROM wrong w WHERE w.place IS NOT NULL ORDER BY w.part, w.place)
    UNION ALL
    SELECT true, format('%s publications and %s entries of the log in an unbroken chain of digests', (SELECT count(*) FROM chain),
                        (SELECT count(*) FROM publication_log))
    WHERE NOT EXISTS (SELECT FROM wrong w WHERE w.place IS NOT NULL)
$$;

CREATE FUNCTION _innovation_score.verify_digest(p publication, found _innovation_score.verification) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH counted AS (
        SELECT f.* FROM (SELECT (found).firms, (found).scored, (found).listed) f WHERE (found).firms IS NOT NULL
        UNION ALL
        SELECT c.* FROM (SELECT count(*), count(f.score), count(*) FILTER (WHERE f.decision = 'listed')
                         FROM published_firm f WHERE f.publication = p.publication AND (found).firms IS NULL) c
        WHERE (found).firms IS NULL
    ), part AS (
        SELECT 'models' AS name, _innovation_score.model_digest(p.publication) = p.model_digest AS ok
        UNION ALL
        SELECT 'corrections', _innovation_score.correction_digest(p.publication) = p.correction_digest
        UNION ALL
        SELECT 'firms', COALESCE((found).content_digest, _innovation_score.content_digest(p.publication)) = p.content_digest
    )
    SELECT true, format('the firms are those of the root %s', encode(p.content_digest, 'hex'))
    FROM part HAVING bool_and(ok)
    UNION ALL
    SELECT false, format('the %s are not those that were published', d.name) FROM part d WHERE NOT d.ok
    UNION ALL
    SELECT false, format('%s firms (%s scored, %s listed) were published, %s (%s, %s) are there', p.firms, p.scored,
                         p.listed, c.firms, c.scored, c.listed)
    FROM counted c WHERE (c.firms, c.scored, c.listed) IS DISTINCT FROM (p.firms, p.scored, p.listed)
$$;

CREATE FUNCTION _innovation_score.verify_models(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    kept published_model;
    model score_model;
    document jsonb := p.scheme_document::jsonb;
    quality jsonb := jsonb_strip_nulls(p.board_document::jsonb -> 'quality');
    unfitted jsonb := _innovation_score.bound_model(_innovation_score.document_model(document), p.board_document::jsonb -> 'mapping')::jsonb;
    sound bigint := 0;
    agree boolean := true;
BEGIN
    IF (quality ->> 'on_error', p.scheme) IS DISTINCT FROM (document #>> '{scheme,on_error}', document #>> '{scheme,scheme}')
       OR NOT COALESCE(document -> 'quality_rule', '[]') @> (quality -> 'rules') THEN
        agree := false;
        ok := false;
        detail := 'the settings of the scoreboard are not those of the scheme''s document';
        RETURN NEXT;
    END IF;
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
            ELSIF NOT model::jsonb @> unfitted THEN
                detail := format('model of group %s is not that of the scheme''s document', kept.peers);
                RETURN NEXT;
            ELSE
                sound := sound + 1;
            END IF;
        EXCEPTION WHEN data_exception THEN
            detail := format('model of group %s is none: %s', kept.peers, SQLERRM);
            RETURN NEXT;
        END;
    END LOOP;
    IF agree AND sound = (SELECT count(*) FROM published_model m WHERE m.publication = p.publication) THEN
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
                 ELSE '{"required": "published", "qualifies": "published"}' || r.keys END)::list_rule
    FROM (SELECT rule::jsonb) AS r(keys)
$$;

COMMENT ON FUNCTION _innovation_score.published_rule(list_rule) IS
    'internal: the rule by which published firms are decided again';

-- What conditions over values name beside the values.
CREATE FUNCTION _innovation_score.names_computed(rule list_rule, names text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
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
                  _innovation_score.asked_values(r.keys -> 'values', vals), tier_group)
    FROM (SELECT _innovation_score.published_rule(rule)::jsonb) AS r(keys)
$$;

COMMENT ON FUNCTION _innovation_score.published_facts(text, list_rule, text[], text, text) IS
    'internal: SQL text of the facts of a published firm, given what stands for its score_row(), values and group of tiers';

-- Who would be listed directly, but for a required condition, is told that condition alone.
CREATE FUNCTION _innovation_score.are_reasons(reasons text, found decision_reasons, direct boolean) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN reasons = innovation_score.reason_text(found, 'en') OR reasons = innovation_score.reason_text(found, 'zh')
       OR direct AND (right(innovation_score.reason_text(found, 'en'), length(reasons)) = reasons
                      OR right(innovation_score.reason_text(found, 'zh'), length(reasons)) = reasons);

COMMENT ON FUNCTION _innovation_score.are_reasons(text, decision_reasons, boolean) IS
    'internal: whether the reasons of a published firm are those that were found, under a rule that lists firms directly or not';

-- Who was listed in an earlier batch is barred. What bars a firm or lists it directly is not kept in words, so the reasons
-- of those alone are recomputed whom their scores decide about.
CREATE FUNCTION _innovation_score.verify_decisions(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
DECLARE
    rule list_rule := p.rule::text;
BEGIN
    ok := true;
    FOR detail IN EXECUTE format(
        'SELECT f.detail FROM (SELECT d.entity, CASE '
        'WHEN (CASE d.decision WHEN ''earlier'' THEN ''rejected'' ELSE d.decision END, d.qualifies, d.eligible, d.admitted) '
        'IS DISTINCT FROM (d.code, d.marks[2], d.marks[3], d.marks[4]) '
        'THEN format(''firm %%s: %%s%%s%%s is recomputed as %%s%%s%%s'', d.entity, d.decision, '
        'CASE WHEN d.eligible THEN '', eligible'' END, CASE WHEN d.admitted THEN '', admitted'' END, d.code, '
        'CASE WHEN d.marks[3] THEN '', eligible'' END, CASE WHEN d.marks[4] THEN '', admitted'' END) '
        'WHEN NOT d.barred AND NOT d.qualifies AND d.score IS NOT NULL '
        'AND NOT _innovation_score.are_reasons(d.reasons, d.found_reasons, %L) '
        'THEN format(''firm %%s: its reasons are recomputed as %%s'', d.entity, innovation_score.reason_text(d.found_reasons, %L)) END AS detail '
        'FROM (SELECT c.*, _innovation_score.decision_code(c.decided, 1) AS code, _innovation_score.decision_marks(c.decided, 1) AS marks, '
        '_innovation_score.decision_reasons(c.decided, 1) AS found_reasons '
        'FROM (SELECT o.*, innovation_score.decide(ARRAY[%L]::innovation_score.list_rule[], o.facts) OVER () AS decided '
        'FROM (SELECT o.*, %s AS facts FROM (SELECT o.entity, o.score, o.decision, o.barred, o.qualifies, o.quota, o.eligible, o.admitted, o.reasons, '
        'o.vals, o.stage, o.attributes, o.peers, (ARRAY[o.score, o.coverage, %s] || o.category_scores) AS found FROM published_firm o '
        'WHERE o.publication = %s) o) o) c OFFSET 0) d) f WHERE f.detail IS NOT NULL ORDER BY f.entity',
        rule::jsonb ? 'qualifies', _innovation_score.publication_language(p.publication), _innovation_score.published_rule(rule), _innovation_score.published_facts('o.found', rule, p.categories, 'o.vals',
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
    WITH wrong AS (
        SELECT e.event, format('change of state %s of publication %s is not what was logged', e.event, e.publication) AS detail
        FROM publication_event e LEFT JOIN publication_log l ON l.kind = 'state' AND l.number = e.event
        WHERE (l.digest, l.logged_at, l.role)
              IS DISTINCT FROM (_innovation_score.event_digest(e, l.session_role), e.changed_at, e.changed_by)
        UNION ALL
        SELECT l.number, format('change of state %s is gone, which was logged', l.number)
        FROM publication_log l
        WHERE l.kind = 'state' AND NOT EXISTS (SELECT FROM publication_event e WHERE e.event = l.number)
    )
    SELECT true, concat_ws(', ', format('%s changes of state', (SELECT count(*) FROM publication_event e
                                                                WHERE COALESCE(e.publication = p.publication, true))),
                           'state ' || (SELECT (_innovation_score.publication_state(q.publication)).state
                                        FROM publication q WHERE q.publication = p.publication))
    WHERE NOT EXISTS (SELECT FROM wrong)
    UNION ALL
    (SELECT false, w.detail FROM wrong w ORDER BY w.event)
$$;

CREATE FUNCTION _innovation_score.verify_objections(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH wrong AS (
        SELECT o.objection, format('objection %s is not what was logged', o.objection) AS detail
        FROM objection o
        LEFT JOIN publication_log f ON f.kind = 'objection' AND f.number = o.objection
        LEFT JOIN publication_log d ON d.kind = 'decision' AND d.number = o.objection
        WHERE (f.digest, f.logged_at, f.role)
              IS DISTINCT FROM (_innovation_score.objection_digest(_innovation_score.as_filed(o), f.session_role), o.filed_at, o.filed_by)
           OR (d.entry IS NULL) <> (o.status = 'filed')
           OR d.entry IS NOT NULL AND (d.digest, d.logged_at, d.role)
              IS DISTINCT FROM (_innovation_score.objection_digest(o, d.session_role), o.decided_at, o.decided_by)
        UNION ALL
        SELECT l.number, format('objection %s is gone, which was logged', l.number)
        FROM publication_log l
        WHERE l.kind = 'objection' AND NOT EXISTS (SELECT FROM objection o WHERE o.objection = l.number)
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
        WHERE COALESCE(c.publication = p.publication, true)
          AND (o.entity, o.indicator, o.status, o.claimed_value,
               f.vals[array_position((SELECT q.indicators FROM publication q WHERE q.publication = c.publication), c.indicator::text)])
              IS DISTINCT FROM (c.entity, c.indicator, 'accepted', c.used_value, c.used_value)
    )
    SELECT true, format('%s objections, %s corrections',
                        (SELECT count(*) FROM objection o WHERE COALESCE(o.publication = p.publication, true)),
                        (SELECT count(*) FROM published_correction c WHERE COALESCE(c.publication = p.publication, true)))
    WHERE NOT EXISTS (SELECT FROM wrong)
    UNION ALL
    (SELECT false, w.detail FROM wrong w ORDER BY w.objection, w.detail COLLATE "C")
$$;

-- Batches that somebody has deleted bind nobody any more, which the log remembers.
CREATE FUNCTION _innovation_score.verify_batches(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH batch AS (
        SELECT b.scoreboard, b.rule, b.batch,
               (l.kind, l.number, l.digest, l.logged_at)
               IS NOT DISTINCT FROM ('batch', b.batch::bigint, _innovation_score.batch_digest(b, l.session_role, l.role), b.recorded_at)
               AS logged,
               b.sha256 = encode(sha256(_innovation_score.batch_file(b)), 'hex') AS intact
        FROM whitelist_batch b LEFT JOIN publication_log l ON l.entry = b.entry
    ), gone AS (
        SELECT l.entry, l.number FROM publication_log l
        WHERE l.kind = 'batch' AND NOT EXISTS (SELECT FROM whitelist_batch b WHERE b.entry = l.entry)
    )
    SELECT true, format('%s batches as they were recorded', (SELECT count(*) FROM batch))
    WHERE NOT EXISTS (SELECT FROM batch b WHERE (b.logged AND b.intact) IS NOT TRUE)
    UNION ALL
    (SELECT false, format('batch %s of whitelist rule "%s" of scoreboard %s: %s', b.batch, b.rule, b.scoreboard, concat_ws('; ',
                          CASE WHEN NOT b.logged THEN 'it is not what was logged' END,
                          CASE WHEN b.intact IS NOT TRUE THEN 'its firms are not those that were recorded' END))
     FROM batch b WHERE (b.logged AND b.intact) IS NOT TRUE ORDER BY b.scoreboard COLLATE "C", b.rule COLLATE "C", b.batch)
    UNION ALL
    (SELECT NULL, format('batch %s, entry %s of the log, has been deleted, or is not for the caller to read', g.number, g.entry) FROM gone g ORDER BY g.entry)
$$;

COMMENT ON FUNCTION _innovation_score.verify_chain(publication) IS 'internal: publications and their chain of digests';
COMMENT ON FUNCTION _innovation_score.verify_digest(publication, _innovation_score.verification) IS 'internal: digests of what a publication holds';
COMMENT ON FUNCTION _innovation_score.verify_models(publication) IS 'internal: models of a publication';
COMMENT ON FUNCTION _innovation_score.verify_scores(publication) IS 'internal: scores from values and models';
COMMENT ON FUNCTION _innovation_score.verify_ranks(publication) IS 'internal: ranks from scores';
COMMENT ON FUNCTION _innovation_score.verify_decisions(publication) IS 'internal: decisions from scores and rule';
COMMENT ON FUNCTION _innovation_score.verify_states(publication) IS 'internal: changes of state';
COMMENT ON FUNCTION _innovation_score.verify_objections(publication) IS
    'internal: objections to a publication, and the corrections in it';
COMMENT ON FUNCTION _innovation_score.verify_batches(publication) IS 'internal: batches as they were recorded';

-- NULL where one run cannot do it: rules with conditions over values, and damaged content.
CREATE FUNCTION _innovation_score.verify_at_once(p publication) RETURNS verification
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 SET jit = off SET enable_indexscan = off AS $$
DECLARE
    found verification;
BEGIN
    -- of a firm that a condition lists directly the run does not compare the reasons
    IF _innovation_score.run_decides(_innovation_score.published_rule(p.rule::text::list_rule), p.board_document::jsonb -> 'quality')
       AND (p.rule::jsonb ? 'qualifies_condition') IS NOT TRUE THEN
        SELECT r.* INTO found FROM _innovation_score.verify_run(p.publication, _innovation_score.verification_plan(p)) r;
    END IF;
    RETURN found;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _innovation_score.verify_at_once(publication) IS
    'internal: what one run over the firms of a publication tells, NULL if it cannot';

CREATE FUNCTION verify_publication(id bigint) RETURNS TABLE ("check" text, ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    p publication;
    found verification;
    language text;
BEGIN
    PERFORM _innovation_score.require_publications('{publication,publication_event,published_model,published_firm,published_correction,objection}');
    PERFORM _innovation_score.publication_state(id);
    language := _innovation_score.publication_language(id);
    SELECT * INTO STRICT p FROM publication o WHERE o.publication = id;
    found := _innovation_score.verify_at_once(p);
    FOREACH "check" IN ARRAY '{chain,digest,models,scores,ranks,decisions,states,objections,batches,source}'::text[] LOOP
        BEGIN
            -- the run ranks and decides by the scores that it has computed
            ok := found.scores AND CASE "check" WHEN 'scores' THEN true WHEN 'ranks' THEN found.ranks WHEN 'decisions' THEN found.decisions END;
            IF ok THEN
                detail := CASE "check" WHEN 'scores' THEN format('%s scores recomputed from values and models: all the same', p.firms)
                                       WHEN 'ranks' THEN format('%s ranks recomputed: all the same', p.scored)
                                       ELSE format('%s decisions recomputed: all the same', p.firms) END;
                detail := _innovation_score.in_language(detail, language);
                RETURN NEXT;
                CONTINUE;
            END IF;
            FOR ok, detail IN
                EXECUTE format('SELECT v.ok, v.detail FROM _innovation_score.%I(%s) v', 'verify_' || "check",
                               CASE "check" WHEN 'digest' THEN '$1, $2' ELSE '$1' END) USING p, found
            LOOP
                detail := _innovation_score.in_language(detail, language);
                RETURN NEXT;
            END LOOP;
        EXCEPTION WHEN OTHERS THEN
            ok := CASE WHEN "check" <> 'source' AND SQLSTATE <> '42501' THEN false END;
            detail := CASE WHEN "check" = 'source' THEN 'the source could not be compared: '
                           ELSE 'could not be checked: ' END || SQLERRM;
            detail := _innovation_score.in_language(detail, language);
            RETURN NEXT;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION verify_publication(bigint) IS
    'recomputes a publication from what it holds, checks its digests, and compares it with its source: '
    'ok is NULL where nothing can be compared';

-- What no row can show is that the last ones are gone: the head of the moment, to be kept
-- where nobody who could delete rows can change it.
CREATE FUNCTION publication_head() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT 'innovation_score log ' || COALESCE((SELECT l.entry || ' ' || encode(l.head, 'hex')
                                                FROM publication_log l ORDER BY l.entry DESC LIMIT 1), '0')
$$;

CREATE FUNCTION _innovation_score.head_parts(head text, OUT entry bigint, OUT digest bytea)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := regexp_match(head, '^[[:space:]]*innovation_score log (?:0|([1-9][0-9]{0,17}) ([0-9a-f]{64}))[[:space:]]*$');
BEGIN
    IF parts IS NULL THEN
        RAISE EXCEPTION 'this is no head of publications: %', COALESCE(head, 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give the text that innovation_score.publication_head() gave.';
    END IF;
    entry := COALESCE(parts[1]::bigint, 0);
    digest := decode(parts[2], 'hex');
END
$$;

COMMENT ON FUNCTION _innovation_score.head_parts(text) IS 'internal: the entry of the log that a head is of, 0 for none, and its digest';

-- The chain of all publications stands for what is in them: each was digested whole.
CREATE FUNCTION verify_publication_head(head text) RETURNS TABLE ("check" text, ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    kept record := _innovation_score.head_parts(head);
    found record;
BEGIN
    PERFORM _innovation_score.require_publications('{publication,publication_event,objection}');
    SELECT max(l.entry) AS last, max(l.entry) - kept.entry AS later,
           max(encode(l.head, 'hex')) FILTER (WHERE l.entry = kept.entry) AS digest
    INTO found FROM publication_log l;
    "check" := 'head';
    ok := kept.entry = 0 OR found.digest IS NOT DISTINCT FROM encode(kept.digest, 'hex');
    detail := CASE WHEN kept.entry = 0 THEN format('there was no entry, %s came later', COALESCE(found.last, 0))
                   WHEN ok THEN format('entry %s is there, %s came later', kept.entry, found.later)
                   WHEN found.digest IS NULL THEN format('entry %s is gone: the last is %s', kept.entry, COALESCE(found.last, 0))
                   ELSE format('entry %s does not have the head that it had', kept.entry) END;
    detail := _innovation_score.in_language(detail, _innovation_score.default_language());
    RETURN NEXT;
    FOREACH "check" IN ARRAY '{chain,states,objections,batches}'::text[] LOOP
        FOR ok, detail IN EXECUTE format('SELECT v.ok, v.detail FROM _innovation_score.%I(NULL) v', 'verify_' || "check") LOOP
            detail := _innovation_score.in_language(detail, _innovation_score.default_language());
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;

COMMENT ON FUNCTION publication_head() IS
    'number and digest of the last entry of the log of publications, which chains everything before it: to be kept elsewhere';
COMMENT ON FUNCTION verify_publication_head(text) IS
    'whether what publication_head() gave then is still part of the log, so that its end has not been cut off, and whether '
    'everything that was logged is there as it was';

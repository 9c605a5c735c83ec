-- portrait: what a firm would need, and which firms resemble it.

-- Rows of a query that runs with the caller's schemas.
CREATE FUNCTION _innovation_score.fetch(query text, path text DEFAULT 'pg_catalog, pg_temp') RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
BEGIN
    PERFORM set_config('search_path', path, true);
    RETURN QUERY EXECUTE query;
END
$$;

COMMENT ON FUNCTION _innovation_score.fetch(text, text) IS
    'internal: rows of a query, under a search_path where it holds what a caller wrote, with text forms that do not depend on the session';

-- A firm as it is scored.
CREATE TYPE _innovation_score.scored_firm AS (
    period  text,
    stage   text,
    vals    float8[],
    model   score_model,
    profile float8[]
);

COMMENT ON TYPE _innovation_score.scored_firm IS 'internal: a firm, its model and its peers';
COMMENT ON COLUMN _innovation_score.scored_firm.period IS 'period as key text';
COMMENT ON COLUMN _innovation_score.scored_firm.stage IS 'stage';
COMMENT ON COLUMN _innovation_score.scored_firm.vals IS 'values in the order of the model';
COMMENT ON COLUMN _innovation_score.scored_firm.model IS 'model of its group';
COMMENT ON COLUMN _innovation_score.scored_firm.profile IS 'distributions of its peers, if they were asked for';

-- The entity is compared in its own type, so that an index of the source helps.
CREATE FUNCTION _innovation_score.scored_firm(board scoreboard, binding scoreboard_binding, entity text, period text, peers boolean)
RETURNS scored_firm
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    firm scored_firm;
    found_firm scored_firm;
    found_rows integer := 0;
    groups text[] := array_remove(_innovation_score.profile_groups(binding), 'stage');
BEGIN
    IF entity IS NULL THEN
        RAISE EXCEPTION 'the entity must not be null' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'The period stands before the entity: give it by name, entity => ''…''.';
    END IF;
    FOR found_firm IN
        SELECT * FROM _innovation_score.fetch(format(
            'WITH firm AS MATERIALIZED (SELECT s.* FROM %s WHERE %s%s%s) '
            'SELECT %s, s.stage, s._values, %s, %s FROM firm s%s%s',
            _innovation_score.rows(binding), _innovation_score.row_key(board, binding, 's', 'entity', entity),
            ' AND ' || _innovation_score.row_key(board, binding, 's', 'period', period),
            CASE WHEN binding.period IS NOT NULL
                 THEN format(' AND s.%1$I IS NOT NULL ORDER BY s.%1$I DESC FETCH FIRST 1 ROW WITH TIES',
                             binding.period) END,
            COALESCE('innovation_score.key_text(s.' || quote_ident(binding.period) || ')', 'NULL::text'),
            _innovation_score.row_model(board, binding), CASE WHEN peers THEN 'p.profile' ELSE 'NULL::double precision[]' END,
            CASE WHEN _innovation_score.groups(binding) <> '{}'
                 THEN format(' LEFT JOIN %s m ON %s', _innovation_score.view_name(board.scoreboard, 'model'),
                             _innovation_score.same_group(binding, _innovation_score.groups(binding), 'm', 's')) END,
            CASE WHEN peers
                 THEN format(' LEFT JOIN (%s) p ON %s', _innovation_score.profile_query(board, binding),
                             concat_ws(' AND ', 'p.stage = s.stage',
                                       _innovation_score.key_columns(binding, groups, 'p.%1$I %2$s s.%1$I'))) END))
        AS f(period text, stage text, vals float8[], model score_model, profile float8[])
    LOOP
        found_rows := found_rows + 1;
        firm := found_firm;
    END LOOP;
    IF found_rows = 0 THEN
        PERFORM _innovation_score.check_period(board, binding, period);
    END IF;
    IF found_rows <> 1 THEN
        RAISE EXCEPTION 'scoreboard % has % rows of "%"%', board.scoreboard,
                CASE found_rows WHEN 0 THEN 'no' ELSE found_rows::text END, entity,
                COALESCE(' in period ' || COALESCE(period, firm.period), '')
            USING ERRCODE = CASE found_rows WHEN 0 THEN 'no_data_found' ELSE 'cardinality_violation' END,
                  HINT = CASE WHEN found_rows = 0 THEN format('Its firms are in the view %s; letter case and blanks count.',
                                                         _innovation_score.view_name(board.scoreboard, 'score'))
                              ELSE 'Correct the source, or bind a view that has one row per firm (and period).' END;
    END IF;
    IF firm.stage IS NULL OR firm.model IS NULL THEN
        RAISE EXCEPTION '"%" has no score in scoreboard %', entity, board.scoreboard
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = CASE WHEN firm.stage IS NULL THEN 'Its stage is missing.'
                                ELSE 'No model has been fitted for its group.' END;
    END IF;
    RETURN firm;
END
$$;

COMMENT ON FUNCTION _innovation_score.scored_firm(scoreboard, scoreboard_binding, text, text, boolean) IS
    'internal: the row of a firm in a period, by default its last';

-- What it would take.

CREATE FUNCTION _innovation_score.gap_rows(model score_model, stage text, vals float8[], target float8, OUT place integer,
                          OUT value float8, OUT needed float8, OUT score float8, OUT reaches boolean)
RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'gap_rows' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 20;

COMMENT ON FUNCTION _innovation_score.gap_rows(score_model, text, float8[], float8) IS
    'internal: for each indicator the nearest value with which a row reaches a score';

-- The scores of the last firms that the list and the quota of a firm have room for, NULL where
-- there is room for more. Who is listed directly takes no place.
CREATE FUNCTION _innovation_score.last_listed(board scoreboard, binding scoreboard_binding, rule whitelist_rule, entity text,
                                              period text, OUT top float8, OUT quota float8)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    SELECT l.top, l.quota INTO top, quota FROM _innovation_score.fetch(format(
        'SELECT CASE WHEN pg_catalog.count(l.score) >= %L::integer THEN pg_catalog.min(l.score) END, '
        'CASE WHEN pg_catalog.count(l.score) FILTER (WHERE l.same) >= %L::integer THEN pg_catalog.min(l.score) FILTER (WHERE l.same) END '
        'FROM (SELECT CASE WHEN _innovation_score.decision_code(d._decision, 1) = ''listed'' '
        'AND (_innovation_score.decision_marks(d._decision, 1))[3] THEN d.score END AS score, '
        'd._quota1 = pg_catalog.max(d._quota1) FILTER (WHERE %s) OVER () AS same FROM (%s) d) l',
        rule.top_n, rule.quota_n, _innovation_score.row_key(board, binding, 'd', 'entity', entity),
        _innovation_score.decided_rows(board, binding, ARRAY[rule], _innovation_score.fact_rows(
            board, binding, ARRAY[rule], false, _innovation_score.tier_field(board, ARRAY[rule]), condition => _innovation_score.row_key(board, binding, 's', 'period', period)))))
        AS l(top float8, quota float8);
END
$$;

-- The same of one cut, looked up in what a frozen scoreboard has kept of a cut. Who the list has no
-- room for although the quota has is measured by the list: its cut is the higher one then.
CREATE FUNCTION _innovation_score.kept_last_listed(board scoreboard, kind text, field text, period text, places integer) RETURNS float8
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.score_cut(p.profile, places)
    FROM shown_score_profile p
    WHERE p.scoreboard = board.scoreboard AND p.kind = kept_last_listed.kind AND p.name = ''
      AND p.field = kept_last_listed.field AND p.period IS NOT DISTINCT FROM kept_last_listed.period
$$;

-- The quota that a firm would take a place of, as the kept scores have it.
CREATE FUNCTION _innovation_score.quota_of(board scoreboard, binding scoreboard_binding, rule whitelist_rule, entity text, period text)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    quota text;
BEGIN
    IF rule.quota_by IS NOT NULL THEN
        SELECT f.quota INTO quota FROM _innovation_score.fetch(format(
            'SELECT %s FROM %s WHERE %s%s',
            (_innovation_score.rule_questions(board, rule)).quota, _innovation_score.rows(binding),
            _innovation_score.row_key(board, binding, 's', 'entity', entity),
            ' AND ' || _innovation_score.row_key(board, binding, 's', 'period', period))) AS f(quota text);
    END IF;
    RETURN quota;
END
$$;

COMMENT ON FUNCTION _innovation_score.kept_last_listed(scoreboard, text, text, text, integer) IS
    'internal: the lowest score within a cut of the whitelist when it was kept, NULL if there was room for more';
COMMENT ON FUNCTION _innovation_score.quota_of(scoreboard, scoreboard_binding, whitelist_rule, text, text) IS
    'internal: the value of a firm that a quota of the whitelist goes by';

CREATE FUNCTION _innovation_score.whitelist_score(board scoreboard, binding scoreboard_binding, entity text, period text) RETURNS float8
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule whitelist_rule := _innovation_score.find_rule(board.scoreboard, NULL);
    target float8;
BEGIN
    IF rule.scoreboard IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no whitelist rule', board.scoreboard
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Give a target_score, or set a rule with innovation_score.set_whitelist_rule().';
    END IF;
    target := rule.min_score;
    IF _innovation_score.keeps_scores(board, period) THEN
        target := greatest(target, _innovation_score.kept_last_listed(board, 'top', '', period, rule.top_n),
                           _innovation_score.kept_last_listed(board, 'quota', _innovation_score.quota_of(board, binding, rule, entity, period), period,
                                             rule.quota_n));
    ELSE
        SELECT greatest(target, l.top, l.quota) INTO target
        FROM _innovation_score.last_listed(board, binding, rule, entity, period) l;
    END IF;
    IF target IS NULL THEN
        RAISE EXCEPTION 'the whitelist of scoreboard % has room: no score is needed to be listed', board.scoreboard
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'The column "reasons" of the whitelist says what else keeps a firm off it; or give a '
                         'target_score.';
    END IF;
    RETURN target;
END
$$;

COMMENT ON FUNCTION _innovation_score.last_listed(scoreboard, scoreboard_binding, whitelist_rule, text, text) IS
    'internal: the scores of the last firms that the list and the quota of a firm have room for';
COMMENT ON FUNCTION _innovation_score.whitelist_score(scoreboard, scoreboard_binding, text, text) IS
    'internal: the score that a firm needs for the whitelist';

-- Differences of what is written: 0.03 - 0.02 is 0.01.
CREATE FUNCTION _innovation_score.decimal_change(old float8, new float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN abs(d.change) < 1.79e308 THEN d.change::float8 END FROM (SELECT figure(new)::numeric - figure(old)::numeric) AS d(change)
$$;

COMMENT ON FUNCTION _innovation_score.decimal_change(float8, float8) IS 'internal: the difference of two numbers as decimals';

-- A value in its unit, with six digits; what is needed is rounded to the side that has it.
CREATE FUNCTION _innovation_score.amount_text(value float8, up boolean, unit text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN value = 0 THEN '0' WHEN abs(value) NOT BETWEEN 1e-100 AND 1e100 THEN figure(value)
                ELSE trim_scale(CASE WHEN up THEN ceil(d.digits) ELSE floor(d.digits) END / f.factor * r.rate)::text END
           || CASE WHEN r.rate = 100 OR unit IN ('%', '％') THEN '%' WHEN unit ~ '=' THEN '' ELSE COALESCE(' ' || unit, '') END
    FROM (SELECT CASE WHEN unit ~ '1 *= *100 *[%％]' THEN 100 ELSE 1 END) AS r(rate)
    CROSS JOIN LATERAL (SELECT CASE WHEN value <> 0 AND abs(value) BETWEEN 1e-100 AND 1e100
                                    THEN 10::numeric ^ (5 - floor(log(abs(value)))::integer) END) AS f(factor)
    CROSS JOIN LATERAL (SELECT CASE WHEN f.factor IS NOT NULL THEN figure(value)::numeric * f.factor END) AS d(digits)
$$;

COMMENT ON FUNCTION _innovation_score.amount_text(float8, boolean, text) IS 'internal: a value with its unit, rounded up or down to six digits';

-- What a firm could do about an indicator, in a sentence; codes in place of titles in English.
CREATE FUNCTION _innovation_score.gap_text(language text, indicator text, title text, unit text, old float8, new float8, gained float8)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN new IS NULL THEN NULL
                WHEN new = old THEN CASE language WHEN 'zh' THEN '已达到目标得分' ELSE 'the target is reached' END
                WHEN unit IN ('件', '个', '项', '家', '次', '人') AND old IS NOT NULL
                THEN format(CASE language WHEN 'zh' THEN CASE WHEN new > old THEN '%1$s再增加 %2$s，得分 %3$s' ELSE '%1$s减少 %2$s，得分 %3$s' END
                                          ELSE CASE WHEN new > old THEN '%4$s: %5$s more, score %3$s' ELSE '%4$s: %5$s fewer, score %3$s' END END,
                            COALESCE(title, indicator), amount_text(ceil(abs(decimal_change(old, new))), true, unit), g.points, indicator,
                            amount_text(ceil(abs(decimal_change(old, new))), true, NULL))
                ELSE format(CASE language WHEN 'zh' THEN CASE WHEN new < old THEN '%1$s降至 %2$s，得分 %3$s' ELSE '%1$s达到 %2$s，得分 %3$s' END
                                          ELSE CASE WHEN new < old THEN '%4$s: down to %2$s, score %3$s' ELSE '%4$s: reach %2$s, score %3$s' END END,
                            COALESCE(title, indicator), amount_text(new, COALESCE(new > old, true), unit), g.points, indicator) END
    FROM (SELECT CASE WHEN gained > 0 THEN '+' ELSE '' END || trim_scale(round(gained::numeric, 4)) AS points) g
$$;

COMMENT ON FUNCTION _innovation_score.gap_text(text, text, text, text, float8, float8, float8) IS
    'internal: a sentence that proposes a change of an indicator and says what it gives';

CREATE FUNCTION _innovation_score.gap_to(name text, entity text, target_score float8, period text, language text, path name[])
RETURNS TABLE (indicator text, title text, current_value float8, needed_value float8, change float8, effort float8,
               current_score float8, new_score float8, points_gained float8, reaches boolean, target float8, score_period text,
               proposal text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    firm scored_firm;
    wanted float8 := $3;
    said text := $5;
    scored float8;
BEGIN
    board := _innovation_score.get_scoreboard($1, $6);
    binding := _innovation_score.bind(board);
    said := COALESCE(said, _innovation_score.board_language(board.scoreboard));
    IF said NOT IN ('zh', 'en') THEN
        RAISE EXCEPTION 'language must be zh or en, not %', said
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The advice is written in Chinese (zh) or in English (en).';
    END IF;
    IF wanted IN ('NaN', 'Infinity', '-Infinity') THEN
        RAISE EXCEPTION 'target_score must be finite, not %', wanted
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave it out for the score that the whitelist asks for.';
    END IF;
    firm := _innovation_score.scored_firm(board, binding, $2, $4, true);
    wanted := COALESCE(wanted, _innovation_score.whitelist_score(board, binding, $2, firm.period));
    scored := score(firm.model, firm.stage, VARIADIC firm.vals);
    RETURN QUERY
        SELECT m.indicator, i.title, g.value, g.needed, c.change, e.effort, scored, g.score, d.gained, g.reaches, wanted,
               firm.period, _innovation_score.gap_text(said, m.indicator, i.title, i.unit, g.value, g.needed, d.gained)
        FROM _innovation_score.gap_rows(firm.model, firm.stage, firm.vals, wanted) g
        JOIN model_indicators(firm.model) m ON m.position = g.place
        LEFT JOIN _innovation_score.profile_rows(firm.profile, cardinality(firm.vals)) p ON p.place = g.place
        CROSS JOIN LATERAL (SELECT _innovation_score.decimal_change(scored, g.score)) AS d(gained)
        CROSS JOIN LATERAL (SELECT _innovation_score.decimal_change(g.value, g.needed)) AS c(change)
        CROSS JOIN LATERAL (
            SELECT CASE WHEN c.change = 0 THEN 0
                        ELSE abs(c.change) / COALESCE(NULLIF(p.upper_quartile - p.lower_quartile, 0),
                                                                NULLIF(m.upper - m.lower, 0)) END AS effort) e
        LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = m.indicator
        ORDER BY g.reaches DESC, CASE WHEN g.reaches THEN e.effort END, g.score DESC NULLS LAST, g.place;
END
$$;

CREATE FUNCTION gap_to(scoreboard text, period text DEFAULT NULL, entity text DEFAULT NULL, target_score float8 DEFAULT NULL,
                       language text DEFAULT NULL)
RETURNS TABLE (indicator text, title text, current_value float8, needed_value float8, change float8, effort float8,
               current_score float8, new_score float8, points_gained float8, reaches boolean, target float8, score_period text,
               proposal text)
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 20;

COMMENT ON FUNCTION _innovation_score.gap_to(text, text, float8, text, text, name[]) IS 'internal: gap_to with the caller''s schemas';
COMMENT ON FUNCTION gap_to(text, text, text, float8, text) IS
    'for each indicator the smallest change that, by itself, takes a firm to a score (by default to the whitelist), '
    'the easiest first, also as a sentence; tried out under the models of the scoreboard';

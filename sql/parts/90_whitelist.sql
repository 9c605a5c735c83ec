-- whitelist: who is listed, and why. The rule is written into the view _whitelist,
-- step by step: conditions, quota, the first n, reserve. Every cut is a competition
-- rank, so that firms tied at a cut stand on the same side of it.

CREATE TABLE whitelist_rule (
    scoreboard   text NOT NULL,
    min_score    float8,
    top_n        integer,
    quota_by     text,
    quota_n      integer,
    required     text,
    min_coverage float8,
    reserve_n    integer NOT NULL DEFAULT 0,
    CONSTRAINT whitelist_rule_pkey PRIMARY KEY (scoreboard),
    CONSTRAINT whitelist_rule_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT whitelist_rule_min_score_check CHECK (min_score > '-Infinity' AND min_score < 'Infinity'),
    CONSTRAINT whitelist_rule_top_n_check CHECK (top_n > 0),
    CONSTRAINT whitelist_rule_quota_n_check CHECK (quota_n > 0),
    CONSTRAINT whitelist_rule_quota_check CHECK ((quota_by IS NULL) = (quota_n IS NULL)),
    CONSTRAINT whitelist_rule_min_coverage_check CHECK (min_coverage BETWEEN 0 AND 1),
    CONSTRAINT whitelist_rule_reserve_n_check CHECK (reserve_n >= 0)
);

COMMENT ON TABLE whitelist_rule IS '白名单规则 whitelist rules, kept by set_whitelist_rule()';
COMMENT ON COLUMN whitelist_rule.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN whitelist_rule.min_score IS '最低得分 lowest score, compared before rounding';
COMMENT ON COLUMN whitelist_rule.top_n IS '入选名额 the best n of each period';
COMMENT ON COLUMN whitelist_rule.quota_by IS '名额划分 column or expression whose values have a quota each';
COMMENT ON COLUMN whitelist_rule.quota_n IS '分组名额 the quota: the best n of each value';
COMMENT ON COLUMN whitelist_rule.required IS '必要条件 SQL condition over the source';
COMMENT ON COLUMN whitelist_rule.min_coverage IS '最低覆盖率 lowest share of the weight whose values are present';
COMMENT ON COLUMN whitelist_rule.reserve_n IS '候补名额 the best n of those who qualify and are not listed';

CREATE TABLE exclusion (
    scoreboard text NOT NULL,
    entity     text NOT NULL,
    reason     text NOT NULL,
    valid_from date,
    valid_to   date,
    CONSTRAINT exclusion_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT exclusion_reason_check CHECK (reason <> ''),
    CONSTRAINT exclusion_dates_check CHECK (valid_from <= valid_to)
);

CREATE INDEX exclusion_entity_idx ON exclusion (scoreboard, entity);

COMMENT ON TABLE exclusion IS '负面清单 negative list: firms that may not be listed, with the reason';
COMMENT ON COLUMN exclusion.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN exclusion.entity IS '企业 entity, in its text form';
COMMENT ON COLUMN exclusion.reason IS '理由 reason, shown in the whitelist';
COMMENT ON COLUMN exclusion.valid_from IS '起始日 first day; NULL: from ever';
COMMENT ON COLUMN exclusion.valid_to IS '截止日 last day; NULL: for ever';

SELECT _dump_table('whitelist_rule', 8, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');
SELECT _dump_table('exclusion', 9, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');

-- Rows may name their scoreboard without its schema if there is one of that name only;
-- the full name is kept. (A trigger cannot tell the search_path of the session.)
CREATE FUNCTION _full_scoreboard_name() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := _name_parts(NEW.scoreboard);
    schemas name[];
BEGIN
    IF cardinality(parts) = 1 THEN
        schemas := ARRAY(SELECT (parse_ident(b.scoreboard))[1] FROM scoreboard b
                         WHERE (parse_ident(b.scoreboard))[2] = parts[1]);
        IF cardinality(schemas) > 1 THEN
            RAISE EXCEPTION 'there are several scoreboards "%"', NEW.scoreboard
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the schema, too.';
        END IF;
    END IF;
    NEW.scoreboard := _find_scoreboard(NEW.scoreboard, schemas);
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _full_scoreboard_name() IS 'internal: puts the full name of a scoreboard';

CREATE TRIGGER whitelist_rule_scoreboard BEFORE INSERT OR UPDATE OF scoreboard ON whitelist_rule
    FOR EACH ROW EXECUTE FUNCTION _full_scoreboard_name();
CREATE TRIGGER exclusion_scoreboard BEFORE INSERT OR UPDATE OF scoreboard ON exclusion
    FOR EACH ROW EXECUTE FUNCTION _full_scoreboard_name();

-- Sentences. These functions are called for every row of a whitelist, so they must be
-- inlined: no SET clause (their bodies are parsed when they are created) and STABLE, as
-- format() is.

CREATE FUNCTION _figure(value float8, bound float8) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN round(value::numeric, 4) <> round(bound::numeric, 4)
            THEN trim_scale(round(value::numeric, 4))::text
            ELSE value::text END;

CREATE FUNCTION _no_score_reason(score float8, coverage float8, min_coverage float8, gap text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN score IS NOT NULL THEN NULL
            WHEN gap IS NOT NULL THEN gap
            WHEN coverage IS NULL THEN 'no score: no model has been fitted'
            WHEN coverage < min_coverage
            THEN format('no score: coverage %s is below the minimum %s of the scheme',
                        _figure(coverage, min_coverage), min_coverage)
            ELSE 'no score: values are missing' END;

CREATE FUNCTION _minimum_reason(what text, value float8, minimum float8, listed boolean) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN value < minimum
            THEN format('%s %s is below the minimum %s', what, _figure(value, minimum), minimum)
            WHEN listed
            THEN format('%s %s reaches the minimum %s', what, _figure(value, minimum), minimum) END;

CREATE FUNCTION _required_reason(met boolean, condition text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN met IS NULL THEN format('required condition cannot be checked, a value is missing: %s', condition)
            WHEN NOT met THEN format('required condition not met: %s', condition) END;

CREATE FUNCTION _quota_reason(place bigint, ties bigint, n integer, quota text, quota_by text, listed boolean)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN quota IS NULL THEN format('%s is missing, so there is no quota for it', quota_by)
            WHEN place > n THEN format('quota of %s for %s is used up (place %s)', n, quota, place)
            WHEN place + ties - 1 > n
            THEN format('tied at the cut: place %s in the quota of %s for %s is shared by %s firms, all admitted',
                        place, n, quota, ties)
            WHEN listed THEN format('place %s in the quota of %s for %s', place, n, quota) END;

CREATE FUNCTION _top_reason(place bigint, ties bigint, n integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN place > n THEN format('place %s is beyond the first %s', place, n)
            WHEN place + ties - 1 > n
            THEN format('tied at the cut: place %s of the first %s is shared by %s firms, all listed', place, n, ties)
            ELSE 'place ' || place || ' of the first ' || n END;

CREATE FUNCTION _reserve_reason(place bigint, ties bigint, n integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN place > n THEN NULL
            WHEN place + ties - 1 > n
            THEN format('tied at the cut: place %s of the reserve of %s is shared by %s firms, all kept in reserve',
                        place, n, ties)
            ELSE 'place ' || place || ' of the reserve of ' || n END;

COMMENT ON FUNCTION _figure(float8, float8) IS
    'internal: a number in words, with four places unless they hide that it differs from a bound';
COMMENT ON FUNCTION _no_score_reason(float8, float8, float8, text) IS 'internal: why a firm has no score';
COMMENT ON FUNCTION _minimum_reason(text, float8, float8, boolean) IS 'internal: a number against its minimum';
COMMENT ON FUNCTION _required_reason(boolean, text) IS 'internal: why the required condition is not met';
COMMENT ON FUNCTION _quota_reason(bigint, bigint, integer, text, text, boolean) IS 'internal: a place in a quota';
COMMENT ON FUNCTION _top_reason(bigint, bigint, integer) IS 'internal: a place among the first n';
COMMENT ON FUNCTION _reserve_reason(bigint, bigint, integer) IS 'internal: a place in the reserve';

-- A step that ranks a column among the rows of a period (and quota): place, and how
-- many share it: those neither above (rank) nor below (rank of the negative).
CREATE FUNCTION _ranking_step(query text, step text, partition text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT t.*, innovation_score.score_rank(t.%1$I) OVER w AS %2$I, '
                  'count(t.%1$I) OVER w - innovation_score.score_rank(t.%1$I) OVER w '
                  '- innovation_score.score_rank(- t.%1$I) OVER w + 2 AS %3$I FROM (%4$s) t WINDOW w AS (%5$s)',
                  r.ranked, r.place, r.ties, query, 'PARTITION BY ' || _columns_of('t', partition))
    FROM (VALUES ('quota', '_candidate', '_quota_place', '_quota_ties'),
                 ('top', '_finalist', '_place', '_ties'),
                 ('reserve', '_reserve', '_reserve_place', '_reserve_ties')) AS r(step, ranked, place, ties)
    WHERE r.step = _ranking_step.step
$$;

COMMENT ON FUNCTION _ranking_step(text, text, text[]) IS 'internal: a query with places and ties of one cut added';

-- Rows with scores and all that the rule asks about them.
CREATE FUNCTION _whitelist_rows(board scoreboard, binding scoreboard_binding, rule whitelist_rule) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    names text[] := ARRAY[binding.entity, binding.period] || binding.attributes || 'stage'::text;
    required text;
    quota bound_expression;
    gap text;
BEGIN
    IF rule.required IS NOT NULL THEN
        required := _bind_condition(board.search_path, binding.source, binding.columns, rule.required,
                                    'required condition');
    END IF;
    IF rule.quota_by IS NOT NULL THEN
        quota := _bind_scalar(board.search_path, binding.source, binding.columns, rule.quota_by, 'quota');
    END IF;
    gap := format('CASE %s%s END',
        (SELECT string_agg(format('WHEN s.%I IS NULL THEN %L', g.name, format('no score: %s is missing', g.name)), ' '
                           ORDER BY g.place)
         FROM unnest('stage'::text || _groups(binding)) WITH ORDINALITY AS g(name, place)),
        CASE WHEN _groups(binding) <> '{}'
             THEN format(' WHEN m.model IS NULL THEN %L', 'no score: no model has been fitted for this group') END);
    RETURN format(
        'SELECT %s, t._row[1] AS score, t._row[2] AS coverage, t._gap, t._required, t._quota, x.reason AS _excluded '
        'FROM (SELECT %s, s._required, s._quota, %s AS _gap, %s FROM %s) t '
        'LEFT JOIN (SELECT e.entity, string_agg(''excluded: '' || e.reason '
        '|| COALESCE('' (until '' || to_char(e.valid_to, ''YYYY-MM-DD'') || '')'', ''''), ''; '' '
        'ORDER BY e.reason, e.valid_to) AS reason FROM innovation_score.exclusion e WHERE e.scoreboard = %L '
        'AND COALESCE(e.valid_from <= current_date, true) AND COALESCE(current_date <= e.valid_to, true) '
        'GROUP BY e.entity) x ON x.entity = t.%I::text',
        _columns_of('t', names), _columns_of('s', names), gap, _score_row(board, binding),
        _rows_with_model(board, binding, format(', %s AS _required, %s::text AS _quota',
                                                COALESCE(required, 'true'),
                                                COALESCE(quota.expression, 'NULL'))),
        board.scoreboard, binding.entity);
END
$$;

COMMENT ON FUNCTION _whitelist_rows(scoreboard, scoreboard_binding, whitelist_rule) IS
    'internal: query of the scored rows with what a rule asks about them';

-- Which rows are eligible, and the sentences about every part of the rule.
CREATE FUNCTION _whitelist_clauses(board scoreboard, rule whitelist_rule, OUT eligible text, OUT reasons text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT string_agg(c.condition, ' AND ' ORDER BY c.place), string_agg(c.sentence, ', ' ORDER BY c.place)
    FROM (VALUES
        (1, true, 't.score IS NOT NULL',
         format('innovation_score._no_score_reason(t.score, t.coverage, %L::float8, t._gap)',
                board.model::jsonb ->> 'min_coverage')),
        (2, rule.min_score IS NOT NULL, format('t.score >= %L::float8', rule.min_score),
         format('innovation_score._minimum_reason(''score'', t.score, %L::float8, t._listed)', rule.min_score)),
        (3, rule.min_coverage IS NOT NULL, format('t.coverage >= %L::float8', rule.min_coverage),
         format('innovation_score._minimum_reason(''coverage'', t.coverage, %L::float8, t._listed)',
                rule.min_coverage)),
        (4, rule.required IS NOT NULL, 't._required',
         format('innovation_score._required_reason(t._required, %L)', rule.required)),
        (5, true, 't._excluded IS NULL', 't._excluded'),
        (6, rule.quota_by IS NOT NULL, 't._quota IS NOT NULL',
         format('innovation_score._quota_reason(t._quota_place, t._quota_ties, %s, t._quota, %L, t._listed)',
                rule.quota_n, rule.quota_by)),
        (7, rule.top_n IS NOT NULL, NULL,
         format('innovation_score._top_reason(t._place, t._ties, %s)', rule.top_n)),
        (8, rule.reserve_n > 0, NULL,
         format('innovation_score._reserve_reason(t._reserve_place, t._reserve_ties, %s)', rule.reserve_n))
    ) AS c(place, applies, condition, sentence)
    WHERE c.applies
$$;

COMMENT ON FUNCTION _whitelist_clauses(scoreboard, whitelist_rule) IS
    'internal: condition and sentences of a rule';

CREATE FUNCTION _whitelist_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule whitelist_rule;
    clauses record;
    period text[] := array_remove(ARRAY[binding.period], NULL);
    query text;
BEGIN
    SELECT * INTO rule FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard;
    SELECT * INTO clauses FROM _whitelist_clauses(board, rule);
    IF rule.scoreboard IS NULL THEN
        clauses.eligible := 'false';
        clauses.reasons := quote_literal('no whitelist rule is set');
    END IF;

    query := _whitelist_rows(board, binding, rule);
    query := format('SELECT t.*, innovation_score.score_rank(t.score) OVER w AS rank, '
                    'CASE WHEN %s THEN t.score END AS _candidate FROM (%s) t WINDOW w AS (%s)',
                    clauses.eligible, query, 'PARTITION BY ' || _columns_of('t', period));
    IF rule.quota_n IS NOT NULL THEN
        query := _ranking_step(query, 'quota', period || '_quota'::text);
    END IF;
    query := format('SELECT t.*, %s AS _finalist FROM (%s) t',
                    CASE WHEN rule.quota_n IS NULL THEN 't._candidate'
                         ELSE format('CASE WHEN t._quota_place <= %s THEN t._candidate END', rule.quota_n) END, query);
    IF rule.top_n IS NOT NULL THEN
        query := _ranking_step(query, 'top', period);
    END IF;
    query := format('SELECT t.*, COALESCE(%s, false) AS _listed FROM (%s) t',
                    COALESCE('t._place <= ' || rule.top_n, 't._finalist IS NOT NULL'), query);
    IF rule.reserve_n > 0 THEN
        query := format('SELECT t.*, CASE WHEN NOT t._listed THEN t._candidate END AS _reserve FROM (%s) t', query);
        query := _ranking_step(query, 'reserve', period);
    END IF;
    RETURN format('SELECT %s, innovation_score.score_numeric(t.score)::numeric(9,4) AS score, t.rank, '
                  'CASE WHEN t._listed THEN ''listed'' %s ELSE ''rejected'' END AS decision, '
                  'COALESCE(NULLIF(concat_ws(''; '', %s), ''''), ''meets every condition'') AS reasons FROM (%s) t',
                  _columns_of('t', ARRAY[binding.entity, binding.period] || binding.attributes || 'stage'::text),
                  CASE WHEN rule.reserve_n > 0
                       THEN format('WHEN t._reserve_place <= %s THEN ''reserve''', rule.reserve_n) END,
                  clauses.reasons, query);
END
$$;

COMMENT ON FUNCTION _whitelist_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _whitelist';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('whitelist', 50, '_whitelist_query', 'attributes', true,
     '{rank,decision,reasons,_gap,_required,_quota,_excluded,_candidate,_quota_place,_quota_ties,_finalist,_place,'
     '_ties,_listed,_reserve,_reserve_place,_reserve_ties}',
     '白名单 whitelist');

INSERT INTO scoreboard_column (name, comment) VALUES
    ('decision', '入选结论 listed（入选）, reserve（候补）, rejected（未入选）'),
    ('reasons', '理由 reasons for the decision');

CREATE FUNCTION _set_whitelist_rule(rule whitelist_rule, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(rule.scoreboard, path);
    culprit text;
BEGIN
    culprit := CASE
        WHEN rule.min_score IN ('NaN', 'Infinity', '-Infinity') THEN 'min_score must be finite'
        WHEN rule.top_n <= 0 THEN 'top_n must be positive'
        WHEN rule.quota_n <= 0 THEN 'quota_n must be positive'
        WHEN (rule.quota_by IS NULL) <> (rule.quota_n IS NULL) THEN 'quota_by and quota_n go together'
        WHEN NOT rule.min_coverage BETWEEN 0 AND 1 THEN 'min_coverage must be between 0 and 1 (0.8 for 80 %)'
        WHEN rule.reserve_n < 0 THEN 'reserve_n must not be negative' END;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'whitelist rule of %: %', board.scoreboard, culprit USING ERRCODE = 'invalid_parameter_value';
    END IF;
    rule.scoreboard := board.scoreboard;
    rule.reserve_n := COALESCE(rule.reserve_n, 0);
    DELETE FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard;
    INSERT INTO whitelist_rule SELECT rule.*;
    PERFORM _replace_views(board, _bind(board), '{whitelist}');
END
$$;

CREATE FUNCTION set_whitelist_rule(scoreboard text, min_score float8 DEFAULT NULL, top_n integer DEFAULT NULL,
                                   quota_by text DEFAULT NULL, quota_n integer DEFAULT NULL,
                                   required text DEFAULT NULL, min_coverage float8 DEFAULT NULL,
                                   reserve_n integer DEFAULT 0)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._set_whitelist_rule(
        ROW(scoreboard, min_score, top_n, quota_by, quota_n, required, min_coverage, reserve_n)
            ::innovation_score.whitelist_rule,
        pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _set_whitelist_rule(whitelist_rule, name[]) IS
    'internal: set_whitelist_rule with the caller''s schemas';
COMMENT ON FUNCTION set_whitelist_rule(text, float8, integer, text, integer, text, float8, integer) IS
    'says who is listed in the view <name>_whitelist; replaces the rule that the scoreboard had';

-- whitelist, functions: setting and dropping rules.

-- What is wrong with the minima of categories, NULL if nothing is.
CREATE FUNCTION _innovation_score.category_minimum_problem(model score_model, minimum jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN jsonb_typeof(minimum) <> 'object' THEN format('category_minimum must be a JSON object, not %s', minimum)
        ELSE (SELECT CASE WHEN p.place IS NULL THEN format('category_minimum names a category that the scheme does not have: %s', m.key)
                          WHEN jsonb_typeof(m.value) <> 'number' THEN format('category_minimum of %s must be a number, not %s', m.key, m.value)
                          ELSE format('category_minimum %s of %s has more decimals than its scores have', m.value, m.key) END
              FROM jsonb_each(minimum) m
              LEFT JOIN unnest(_innovation_score.model_codes(model, 'categories')) WITH ORDINALITY AS c(code, number) ON c.code = m.key
              LEFT JOIN _innovation_score.score_places(model) p ON p.place = c.number + 3
              WHERE p.place IS NULL OR jsonb_typeof(m.value) <> 'number' OR (m.value)::numeric <> round((m.value)::numeric, p.decimals)
              ORDER BY m.key COLLATE "C" LIMIT 1) END
$$;

COMMENT ON FUNCTION _innovation_score.category_minimum_problem(score_model, jsonb) IS
    'internal: what is wrong with the lowest scores of categories';

CREATE FUNCTION _innovation_score.check_whitelist_rule(board scoreboard, rule whitelist_rule) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    culprit text;
BEGIN
    culprit := CASE
        WHEN rule.min_score IN ('NaN', 'Infinity', '-Infinity') THEN
            format('min_score must be finite, not %s', rule.min_score)
        WHEN NOT _innovation_score.has_score_decimals(board.model, rule.min_score) THEN
            format('min_score %s has more decimals than scores have', rule.min_score)
        WHEN rule.top_n <= 0 THEN format('top_n must be positive, not %s', rule.top_n)
        WHEN rule.quota_n <= 0 THEN format('quota_n must be positive, not %s', rule.quota_n)
        WHEN (rule.quota_by IS NULL) <> (rule.quota_n IS NULL) THEN 'quota_by and quota_n go together'
        WHEN NOT rule.min_coverage BETWEEN 0 AND 1 THEN
            format('min_coverage must be between 0 and 1, not %s (0.8 for 80 %%)', rule.min_coverage)
        WHEN rule.reserve_n < 0 THEN format('reserve_n must not be negative: %s', rule.reserve_n)
        WHEN rule.language NOT IN ('zh', 'en') THEN format('language must be zh or en, not %s', rule.language)
        ELSE _innovation_score.category_minimum_problem(board.model, rule.category_minimum) END;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'whitelist rule of %: %', board.scoreboard, culprit
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = CASE WHEN culprit LIKE 'quota_by %' THEN 'Give both, for example quota_by => ''city'', quota_n => 2, or neither.'
                              WHEN culprit LIKE 'language %' THEN 'Reasons are written in Chinese (zh) or in English (en).'
                              ELSE 'Correct it, or leave it out: then it limits nothing.' END;
    END IF;
    PERFORM _innovation_score.check_rule_view(board.scoreboard, rule.rule);
END
$$;

CREATE FUNCTION _innovation_score.set_whitelist_rule(rule whitelist_rule, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(rule.scoreboard, path);
    suffix text := concat_ws('_', 'whitelist', NULLIF(rule.rule, ''));
    kept jsonb;
BEGIN
    IF _innovation_score.is_of_other(board.scoreboard) THEN
        rule.scoreboard := board.scoreboard;
        PERFORM _innovation_score.run_as_owner(board.scoreboard, format(
            'SELECT true FROM _innovation_score.set_whitelist_rule(%L::innovation_score.whitelist_rule, %L)', rule, path));
        RETURN;
    END IF;
    PERFORM _innovation_score.require_views(board);
    rule.scoreboard := board.scoreboard;
    rule.rule := COALESCE(rule.rule, '');
    PERFORM _innovation_score.check_whitelist_rule(board, rule);
    rule.reserve_n := COALESCE(rule.reserve_n, 0);
    rule.language := COALESCE(rule.language, _innovation_score.default_language());
    kept := _innovation_score.user_comments(board);
    DELETE FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard AND r.rule = set_whitelist_rule.rule.rule;
    INSERT INTO whitelist_rule SELECT rule.*;
    PERFORM _innovation_score.remake_rule(board, suffix, rule.rule);
    PERFORM _innovation_score.grant_new_views(board.scoreboard);
    PERFORM _innovation_score.put_comments(board, _innovation_score.bind(board), kept);
END
$$;

-- The rules of the scheme, for a scoreboard that has none of the same name of its own.
CREATE FUNCTION _innovation_score.take_scheme_rules(board scoreboard) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    gone text;
    due whitelist_rule;
    unknown text;
BEGIN
    -- whoever has none needs no right to change rules
    IF NOT EXISTS (SELECT FROM scheme_rule s WHERE s.scheme = board.scheme
                   UNION ALL
                   SELECT FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard AND r.of_scheme) THEN
        RETURN;
    END IF;
    FOR due IN
        SELECT board.scoreboard, s.min_score, NULL, NULL, NULL, s.required::text, s.min_coverage, 0, s.rule,
               s.category_minimum, s.qualifies::text, _innovation_score.default_language(), true
        FROM scheme_rule s
        WHERE s.scheme = board.scheme
          AND s.rule NOT IN (SELECT r.rule FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard AND NOT r.of_scheme)
        ORDER BY s.rule COLLATE "C"
    LOOP
        PERFORM _innovation_score.check_whitelist_rule(board, due);
        DELETE FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard AND r.rule = due.rule;
        INSERT INTO whitelist_rule SELECT due.*;
    END LOOP;
    FOR gone IN
        DELETE FROM whitelist_rule r
        WHERE r.scoreboard = board.scoreboard AND r.of_scheme
          AND r.rule NOT IN (SELECT s.rule FROM scheme_rule s WHERE s.scheme = board.scheme)
        RETURNING r.rule
    LOOP
        IF gone <> '' THEN
            EXECUTE format('DROP VIEW IF EXISTS %s', _innovation_score.view_name(board.scoreboard, 'whitelist_' || gone));
        END IF;
    END LOOP;
    SELECT string_agg(DISTINCT format('"%s"', n.name), ', ') INTO unknown
    FROM scheme_rule s CROSS JOIN LATERAL _innovation_score.condition_names(s.qualifies) n
    WHERE s.scheme = board.scheme AND NOT board.mapping ? n.name
      AND n.name <> ALL (_innovation_score.model_codes(board.model, 'indicators')
                         || CASE WHEN board.long IS NULL THEN _innovation_score.source_columns(_innovation_score.source_of(board))
                                 ELSE _innovation_score.input_columns(board) END);
    IF unknown IS NOT NULL THEN
        RAISE NOTICE 'scoreboard %: a rule of scheme "%" asks what is neither mapped nor a column of the source: %',
            board.scoreboard, board.scheme, unknown
            USING HINT = 'It counts as unknown. Map it to a column, an expression or null (not available): '
                         'mapping => ''{"name": "column or expression"}''.';
    END IF;
END
$$;

-- The views that show a rule, or may ask it, remade; somebody may have dropped them.
CREATE FUNCTION _innovation_score.remake_rule(board scoreboard, suffix text, rule text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _innovation_score.replace_views(board, '{input}');
    PERFORM _innovation_score.keep_rule_scores(board, _innovation_score.bind(board), rule);
    PERFORM _innovation_score.replace_views(board, array_remove(
        suffix || ARRAY(SELECT v.name FROM unnest('{credit,standing}'::text[]) AS v(name)
                        WHERE to_regclass(_innovation_score.view_name(board.scoreboard, v.name)) IS NOT NULL), NULL));
END
$$;

-- A new rule makes a view of its own, whose name must fit and be free.
CREATE FUNCTION _innovation_score.check_rule_view(scoreboard text, rule text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    room integer := current_setting('max_identifier_length')::integer
                    - octet_length((parse_ident(scoreboard))[2] || '_whitelist_');
    view text := _innovation_score.view_name(scoreboard, 'whitelist_' || rule);
BEGIN
    IF rule <> '' AND octet_length(rule) > room THEN
        RAISE EXCEPTION 'name of whitelist rule "%" is too long', rule
            USING ERRCODE = 'name_too_long', HINT = format('Use at most %s bytes.', room);
    END IF;
    IF rule <> '' AND rule <> ALL (COALESCE(array_remove(_innovation_score.whitelist_rules(scoreboard), NULL), '{}'))
        AND to_regclass(view) IS NOT NULL THEN
        RAISE EXCEPTION 'relation % already exists', view
            USING ERRCODE = 'duplicate_table', HINT = 'Give the whitelist rule another name.';
    END IF;
END
$$;

CREATE FUNCTION set_whitelist_rule(scoreboard text, min_score float8 DEFAULT NULL, top_n integer DEFAULT NULL,
                                   quota_by text DEFAULT NULL, quota_n integer DEFAULT NULL,
                                   required text DEFAULT NULL, min_coverage float8 DEFAULT NULL,
                                   reserve_n integer DEFAULT 0, rule text DEFAULT NULL,
                                   category_minimum jsonb DEFAULT NULL, qualifies text DEFAULT NULL,
                                   language text DEFAULT NULL)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.set_whitelist_rule(
        ROW(scoreboard, min_score, top_n, quota_by, quota_n, required, min_coverage, reserve_n, rule,
            category_minimum, qualifies, language, false)::innovation_score.whitelist_rule,
        pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION _innovation_score.drop_whitelist_rule(scoreboard text, rule text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(scoreboard, path);
BEGIN
    IF rule <> '' THEN
        IF to_regclass(_innovation_score.view_name(board.scoreboard, 'whitelist_' || rule)) IS NOT NULL
            AND rule = ANY (_innovation_score.whitelist_rules(board.scoreboard)) THEN
            EXECUTE format('DROP VIEW %s', _innovation_score.view_name(board.scoreboard, 'whitelist_' || rule));
        END IF;
    END IF;
    DELETE FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard AND r.rule = COALESCE(drop_whitelist_rule.rule, '');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'scoreboard % has no whitelist rule "%"', board.scoreboard, COALESCE(rule, '')
            USING ERRCODE = 'undefined_object',
                  HINT = COALESCE((SELECT 'Its rules are ' || string_agg(format('"%s"', r.rule), ', '
                                                                         ORDER BY r.rule COLLATE "C") || '.'
                                   FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard), 'It has none.');
    END IF;
    PERFORM _innovation_score.remake_rule(board, CASE WHEN COALESCE(rule, '') = '' THEN 'whitelist' END,
                         COALESCE(rule, ''));
END
$$;

CREATE FUNCTION drop_whitelist_rule(scoreboard text, rule text DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.check_whitelist_rule(scoreboard, whitelist_rule) IS
    'internal: refuses a rule that makes no sense, or whose view cannot have its name';
COMMENT ON FUNCTION _innovation_score.take_scheme_rules(scoreboard) IS
    'internal: puts the pass rules of the scheme among the whitelist rules of a scoreboard; its views are then to be remade';
COMMENT ON FUNCTION _innovation_score.set_whitelist_rule(whitelist_rule, name[]) IS
    'internal: set_whitelist_rule with the caller''s schemas';
COMMENT ON FUNCTION _innovation_score.remake_rule(scoreboard, text, text) IS
    'internal: keeps what a rule needs in a frozen scoreboard, and remakes its view and those that ask it, _standing and _credit';
COMMENT ON FUNCTION _innovation_score.check_rule_view(text, text) IS 'internal: refuses a rule whose view cannot have its name';
COMMENT ON FUNCTION _innovation_score.drop_whitelist_rule(text, text, name[]) IS
    'internal: drop_whitelist_rule with the caller''s schemas';
COMMENT ON FUNCTION set_whitelist_rule(text, float8, integer, text, integer, text, float8, integer, text, jsonb, text, text) IS
    'says who is listed in the view <name>_whitelist, or <name>_whitelist_<rule>; replaces the rule that was set';
COMMENT ON FUNCTION drop_whitelist_rule(text, text) IS
    'forgets a whitelist rule and drops its view; without a name: nobody is listed any more';

-- whitelist, views: the text of _whitelist, from a rule as a value and what is known of each firm.

-- Called for every row of a view, so it must be inlined: no SET clause (its body is parsed
-- when it is created).
CREATE FUNCTION _innovation_score.figure(value float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN key_text(value);

COMMENT ON FUNCTION _innovation_score.figure(float8) IS
    'internal: a number with all its digits, whatever the settings of the session';

-- Sentences are in the language of the server's messages.
CREATE FUNCTION _innovation_score.default_language() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN current_setting('lc_messages') ~* '^(zh|chinese)' THEN 'zh' ELSE 'en' END
$$;

COMMENT ON FUNCTION _innovation_score.default_language() IS 'internal: the language of reasons that none is given for';

-- That of its rules, of which the one without a name comes first.
CREATE FUNCTION _innovation_score.board_language(scoreboard text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE((SELECT r.language FROM shown_whitelist_rule r WHERE r.scoreboard = board_language.scoreboard
                     ORDER BY r.rule COLLATE "C" LIMIT 1), _innovation_score.default_language())
$$;

COMMENT ON FUNCTION _innovation_score.board_language(text) IS 'internal: the language in which a scoreboard speaks';

-- The rule as it is set; nobody is listed by one that is not.
CREATE FUNCTION _innovation_score.find_rule(scoreboard text, name text) RETURNS whitelist_rule
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT r.* FROM shown_whitelist_rule r WHERE r.scoreboard = find_rule.scoreboard AND r.rule = COALESCE(name, '')
$$;

COMMENT ON FUNCTION _innovation_score.find_rule(text, text) IS 'internal: a whitelist rule, NULL if it is not set';

-- The rule as the value that decides; NULL for one that is not set. One whose conditions name the
-- tier holds the tiers.
CREATE FUNCTION _innovation_score.rule_value(board scoreboard, rule whitelist_rule) RETURNS list_rule
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
DECLARE
    parts rule_parts := _innovation_score.rule_parts(board, rule);
BEGIN
    IF rule.scoreboard IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN jsonb_build_object('min_score', rule.min_score, 'min_coverage', rule.min_coverage,
                              'category_minimum', rule.category_minimum, 'required', rule.required,
                              'qualifies', rule.qualifies, 'required_condition', parts.required_condition,
                              'qualifies_condition', parts.qualifies_condition, 'values', parts.vals,
                              'tiers', CASE WHEN _innovation_score.names_tier(parts) THEN _innovation_score.tier_document(
                                           _innovation_score.tiers_of(board, _innovation_score.bind(board))) END,
                              'quota_by', rule.quota_by, 'quota_n', rule.quota_n,
                              'top_n', rule.top_n, 'reserve_n', NULLIF(rule.reserve_n, 0))::list_rule;
END
$$;

CREATE FUNCTION _innovation_score.names_tier(parts rule_parts) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM unnest(ARRAY[parts.required_condition, parts.qualifies_condition]) c
                   CROSS JOIN LATERAL _innovation_score.condition_names(c::condition) n
                   WHERE n.name = 'tier' AND n.relation IN ('', 'score')
                     AND NOT COALESCE(parts.vals @> jsonb_build_array(jsonb_build_object('name', concat_ws('.', NULLIF(n.relation, ''), n.name))), false))
$$;

CREATE FUNCTION _innovation_score.rule_values(board scoreboard, rules whitelist_rule[]) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('ARRAY[%s]', string_agg(format('%L::innovation_score.list_rule', _innovation_score.rule_value(board, rules[n])),
                                          ', ' ORDER BY n))
    FROM generate_series(1, cardinality(rules)) n
$$;

-- The column that the tiers are cut within which these rules name; NULL for none.
CREATE FUNCTION _innovation_score.tier_field(board scoreboard, rules whitelist_rule[]) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT min(_innovation_score.rule_value(board, rules[n])::jsonb #>> '{tiers,within}') FROM generate_series(1, cardinality(rules)) n
$$;

COMMENT ON FUNCTION _innovation_score.rule_value(scoreboard, whitelist_rule) IS 'internal: a whitelist rule as list_rule';
COMMENT ON FUNCTION _innovation_score.names_tier(rule_parts) IS 'internal: whether the conditions of a rule name the tier';
COMMENT ON FUNCTION _innovation_score.rule_values(scoreboard, whitelist_rule[]) IS 'internal: SQL text of the rules as decide() takes them';
COMMENT ON FUNCTION _innovation_score.tier_field(scoreboard, whitelist_rule[]) IS
    'internal: the column that tiers are cut within, if conditions of rules name the tier';

-- Called for every row of a view, so they must be inlined, as above.
CREATE FUNCTION _innovation_score.missing_reason(name text, missing boolean) RETURNS decision_reasons
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN missing THEN _innovation_score.reason('missing', name) END;

CREATE FUNCTION _innovation_score.exclusion_reason(reason text, valid_to date) RETURNS decision_reasons
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN valid_to IS NULL THEN _innovation_score.reason('excluded', reason)
            ELSE _innovation_score.reason('excluded_until', reason, to_char(valid_to, 'YYYY-MM-DD')) END;

COMMENT ON FUNCTION _innovation_score.missing_reason(text, boolean) IS 'internal: that something is missing, where it is';
COMMENT ON FUNCTION _innovation_score.exclusion_reason(text, date) IS 'internal: that a firm is on the negative list';

-- Why a row s has no score, where score_row() cannot know: by the row alone, and by its model.
CREATE FUNCTION _innovation_score.row_gap(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('COALESCE(%s)', concat_ws(', ', _innovation_score.error_gap(board),
        (SELECT string_agg(format('_innovation_score.missing_reason(%L, s.%I IS NULL)', g.name, g.name), ', ' ORDER BY g.place)
         FROM unnest('stage'::text || _innovation_score.groups(binding)) WITH ORDINALITY AS g(name, place))))
$$;

CREATE FUNCTION _innovation_score.gap_reason(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('COALESCE(%s)', concat_ws(', ', gap.text,
        CASE WHEN _innovation_score.groups(binding) <> '{}'
             THEN 'CASE WHEN m.model IS NULL' || CASE WHEN board.small_group IS NULL THEN ''
                      ELSE format(' AND m.%I IS NULL', (_innovation_score.groups(binding))[1]) END
                  || ' THEN ''[{"code": "group_unfitted"}]''::innovation_score.decision_reasons END' END,
        CASE WHEN board.small_group IS NOT NULL
             THEN format('CASE WHEN %s IS NULL THEN ''[{"code": "small_group"}]''::innovation_score.decision_reasons END',
                         _innovation_score.row_model(board, binding)) END,
        CASE WHEN board.model::jsonb @? '$.categories[*] ? (@.role == "veto")'
             THEN format('_innovation_score.veto_reason(%s, s._values)', _innovation_score.row_model(board, binding)) END))
    FROM _innovation_score.row_gap(board, binding) AS gap(text)
$$;

COMMENT ON FUNCTION _innovation_score.row_gap(scoreboard, scoreboard_binding) IS
    'internal: SQL text of the reason for which a row has no score, as far as the row tells';
COMMENT ON FUNCTION _innovation_score.gap_reason(scoreboard, scoreboard_binding) IS
    'internal: SQL text of the reason for which a row has no score';

-- Who is on the negative list today, and why.
CREATE FUNCTION _innovation_score.excluded_today(board scoreboard) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT e.entity, _innovation_score.all_reasons(_innovation_score.exclusion_reason(e.reason, e.valid_to) '
        'ORDER BY e.reason, e.valid_to) AS reasons FROM _innovation_score.shown_exclusion e WHERE e.scoreboard = %1$L '
        'AND COALESCE(e.valid_from <= %2$s, true) AND COALESCE(%2$s <= e.valid_to, true)',
        board.scoreboard, _innovation_score.today_text(board))
$$;

COMMENT ON FUNCTION _innovation_score.excluded_today(scoreboard) IS
    'internal: query of the firms that are excluded, to be grouped by entity';

-- Why a firm, whose key text is given as SQL, is on the negative list today: read once for all rows; for places that
-- are looked up, where one firm is what is mostly asked for, by its index. EXISTS lets the planner hash the entities
-- when all firms are asked for.
CREATE FUNCTION _innovation_score.exclusion_of(board scoreboard, entity text, looked_up boolean, OUT item text, OUT joined text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN looked_up
                THEN format('CASE WHEN EXISTS (SELECT FROM _innovation_score.shown_exclusion e WHERE e.scoreboard = %1$L AND e.entity = %2$s) THEN '
                            '(SELECT x.reasons FROM (%3$s AND e.entity = %2$s GROUP BY e.entity) x) END', board.scoreboard, entity, today.query)
                ELSE 'x.reasons' END,
           CASE WHEN looked_up THEN '' ELSE format(' LEFT JOIN (%s GROUP BY e.entity) x ON x.entity = %s', today.query, entity) END
    FROM _innovation_score.excluded_today(board) AS today(query)
$$;

COMMENT ON FUNCTION _innovation_score.exclusion_of(scoreboard, text, boolean) IS
    'internal: SQL texts of the reasons for which a firm is excluded, and of a join that they need';

-- The arguments of facts() that a rule has, for rows t.
CREATE FUNCTION _innovation_score.rule_facts(board scoreboard, rule whitelist_rule, number integer, batch text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(', %5$s, %6$s, %2$s, t._quota%1$s, %3$s, %4$s, %7$s', number, batch,
                  _innovation_score.asked_scores(rule.category_minimum, parts.vals, _innovation_score.model_codes(board.model, 'categories'), 't._row'),
                  _innovation_score.asked_values(parts.vals, 't._vals'),
                  _innovation_score.asked_item(q.required, '_required' || number), _innovation_score.asked_item(q.qualifies, '_qualifies' || number),
                  _innovation_score.asked_item(q.columns, '_columns' || number))
    FROM (SELECT (_innovation_score.rule_parts(board, rule)).vals OFFSET 0) parts
    CROSS JOIN LATERAL _innovation_score.rule_questions(board, rule) q
$$;

-- The scores of categories that have a minimum, then those that conditions name.
CREATE FUNCTION _innovation_score.asked_scores(minimum jsonb, vals jsonb, categories text[], "row" text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN count(*) = 0 THEN 'NULL::double precision[]'
                ELSE format('_innovation_score.elements(%s, %L)', "row", array_agg(3 + a.position ORDER BY a.part, a.place)) END
    FROM (SELECT 1 AS part, m.place, array_position(categories, m.category) AS position
          FROM jsonb_object_keys(minimum) WITH ORDINALITY AS m(category, place)
          UNION ALL
          SELECT 2, e.place, (e.value ->> 'place')::integer
          FROM jsonb_array_elements(vals) WITH ORDINALITY AS e(value, place) WHERE e.value ->> 'kind' = 'score') a
$$;

-- The values of the indicators that conditions name.
CREATE FUNCTION _innovation_score.asked_values(vals jsonb, "values" text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN count(*) = 0 THEN 'NULL::double precision[]'
                ELSE format('_innovation_score.elements(%s, %L)', "values", array_agg((e.value ->> 'place')::integer ORDER BY e.place)) END
    FROM jsonb_array_elements(vals) WITH ORDINALITY AS e(value, place) WHERE e.value ->> 'kind' = 'indicator'
$$;

COMMENT ON FUNCTION _innovation_score.asked_scores(jsonb, jsonb, text[], text) IS
    'internal: SQL text of the scores of categories that a rule asks for, out of score_row()';
COMMENT ON FUNCTION _innovation_score.asked_values(jsonb, text) IS
    'internal: SQL text of the values of indicators that a rule asks for, out of all';
COMMENT ON FUNCTION _innovation_score.rule_facts(scoreboard, whitelist_rule, integer, text) IS
    'internal: SQL text of the arguments of facts() that one rule has';

-- Rows with their score and all that is known of them before rules decide. Batches are read as
-- the negative list is.
-- "carried" are columns of s (and _row) that the rows show, too, "condition" says which rows.
CREATE FUNCTION _innovation_score.fact_rows(board scoreboard, binding scoreboard_binding, rules whitelist_rule[], looked_up boolean,
                                            within text, carried text[] DEFAULT '{}', condition text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    names text[] := array_remove(ARRAY[binding.entity, binding.period] || binding.attributes || 'stage'::text
                                 || _innovation_score.flag_columns(board), NULL);
    entity text := format('innovation_score.key_text(t.%I)', binding.entity);
    excluded record;
    earlier text;
    batch text;
    counted text := CASE WHEN looked_up THEN _innovation_score.count_rows(board, binding) END;
    joins text := '';
    rule_facts text := '';
BEGIN
    FOR number IN 1 .. cardinality(rules) LOOP
        earlier := _innovation_score.listed_earlier(board.scoreboard, rules[number].rule);
        batch := CASE WHEN looked_up
            THEN format('CASE WHEN EXISTS (SELECT FROM _innovation_score.shown_whitelist_batch_firm f '
                        'WHERE f.scoreboard = %1$L AND f.rule = %2$L AND f.entity = %3$s) THEN '
                        '(SELECT h.batch FROM (%4$s) h WHERE h.entity = %3$s) END',
                        board.scoreboard, rules[number].rule, entity, earlier)
            ELSE format('h%s.batch', number) END;
        rule_facts := rule_facts || _innovation_score.rule_facts(board, rules[number], number, batch);
        IF NOT looked_up THEN
            joins := joins || format(' LEFT JOIN (%1$s) h%2$s ON h%2$s.entity = %3$s', earlier, number, entity);
        END IF;
    END LOOP;
    SELECT * INTO excluded FROM _innovation_score.exclusion_of(board, entity, looked_up);
    RETURN format(
        'SELECT %s, _innovation_score.element(t._row, 1) AS score, _innovation_score.facts(t._row, %s, %s, %L, t._gap, %s%s) AS _facts '
        'FROM (SELECT %s%s, %s AS _gap, %s%s FROM %s%s) t%s',
        concat_ws(', ', _innovation_score.columns_of('t', names || ARRAY(SELECT '_quota' || n FROM generate_series(1, cardinality(rules)) n) || carried),
                  _innovation_score.column_text(binding, 't.' || quote_ident(within), within) || ' AS _within',
                  CASE WHEN counted IS NOT NULL THEN 't._rows' END),
        entity, COALESCE(_innovation_score.column_text(binding, 't.' || quote_ident(within), within), 'NULL'),
        board.model::jsonb ->> 'min_coverage', excluded.item, rule_facts,
        _innovation_score.columns_of('s', names || CASE WHEN within = ANY (names) THEN '{}' ELSE ARRAY[within] END
                                     || array_remove(carried, '_row')),
        _innovation_score.rule_inputs(board, rules), _innovation_score.gap_reason(board, binding), _innovation_score.score_row(board, binding), counted,
        _innovation_score.rows_with_model(board, binding),
        ' WHERE ' || condition, excluded.joined || joins);
END
$$;

COMMENT ON FUNCTION _innovation_score.fact_rows(scoreboard, scoreboard_binding, whitelist_rule[], boolean, text, text[], text) IS
    'internal: query of the scored rows with what is known of them, and the column that tiers are cut within';

-- Such rows t with what the rules decide about them, and their tiers if these are given.
CREATE FUNCTION _innovation_score.decided_rows(board scoreboard, binding scoreboard_binding, rules whitelist_rule[], fact_rows text,
                                               tiers text DEFAULT NULL)
RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT t.*, innovation_score.decide(%s, t._facts%s%s) OVER (%s) AS _decision FROM (%s) t',
                  _innovation_score.rule_values(board, rules),
                  COALESCE(', innovation_score.key_text(t.' || quote_ident(binding.period) || ')',
                           CASE WHEN tiers IS NOT NULL THEN ', NULL' END),
                  ', ' || tiers, 'PARTITION BY t.' || quote_ident(binding.period), fact_rows)
$$;

COMMENT ON FUNCTION _innovation_score.decided_rows(scoreboard, scoreboard_binding, whitelist_rule[], text, text) IS
    'internal: query of fact_rows() with decisions, and with tiers if SQL text of their rule is given';

-- The view, over such a query.
CREATE FUNCTION _innovation_score.list_columns(board scoreboard, binding scoreboard_binding, rule whitelist_rule, decided_rows text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %1$s, %2$s AS score, _innovation_score.decision_rank(t._decision) AS rank, '
                  '_innovation_score.decision_code(t._decision, 1) AS decision, '
                  'innovation_score.decision_title(_innovation_score.decision_code(t._decision, 1), %3$L) AS decision_title, '
                  'innovation_score.reason_text(_innovation_score.decision_reasons(t._decision, 1), %3$L) AS reasons, '
                  '_innovation_score.decision_batch(t._decision, 1) AS batch FROM (%4$s) t',
                  _innovation_score.columns_of('t', ARRAY[binding.entity, binding.period] || binding.attributes || 'stage'::text
                                   || _innovation_score.flag_columns(board)),
                  _innovation_score.shown_score(board.model, 't.score'),
                  COALESCE(rule.language, _innovation_score.default_language()), decided_rows)
$$;

CREATE FUNCTION _innovation_score.whitelist_query(board scoreboard, binding scoreboard_binding, name text) RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.list_columns(board, binding, r, _innovation_score.decided_rows(
        board, binding, ARRAY[r], _innovation_score.fact_rows(board, binding, ARRAY[r], false, _innovation_score.tier_field(board, ARRAY[r]))))
    FROM _innovation_score.find_rule(board.scoreboard, name) AS r
$$;

COMMENT ON FUNCTION _innovation_score.list_columns(scoreboard, scoreboard_binding, whitelist_rule, text) IS
    'internal: query of what a list shows of rows that a rule has decided about';
COMMENT ON FUNCTION _innovation_score.whitelist_query(scoreboard, scoreboard_binding, text) IS
    'internal: text of the view _whitelist, or of that of a named rule';

-- The rules of a scoreboard: the one without a name, which need not be set, and the others.
CREATE FUNCTION _innovation_score.whitelist_rules(scoreboard text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT NULL::text || ARRAY(SELECT r.rule FROM shown_whitelist_rule r
                               WHERE r.scoreboard = whitelist_rules.scoreboard AND r.rule <> ''
                               ORDER BY r.rule COLLATE "C")
$$;

COMMENT ON FUNCTION _innovation_score.whitelist_rules(text) IS 'internal: the names of the whitelist rules of a scoreboard';

INSERT INTO scoreboard_view (kind, place, query, instances, source_names, score_names, names, title) VALUES
    ('whitelist', 50, 'whitelist_query', 'whitelist_rules', 'attributes', true,
     '{rank,decision,decision_title,reasons,batch,_gap,_required1,_qualifies1,_quota1,_columns1,_vals,_within,_facts,_decision,quality_errors}',
     '白名单 whitelist');

INSERT INTO scoreboard_column (name, comment) VALUES
    ('decision', '入选结论 listed（入选）, reserve（候补）, earlier（此前批次已入选）, rejected（未入选）'),
    ('decision_title', '入选结论 decision as it is printed'),
    ('reasons', '理由 reasons for the decision'),
    ('batch', '批次 batch in which the firm was listed earlier');

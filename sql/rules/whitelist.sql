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
    rule         text NOT NULL DEFAULT '',
    CONSTRAINT whitelist_rule_pkey PRIMARY KEY (scoreboard, rule),
    CONSTRAINT whitelist_rule_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT whitelist_rule_min_score_check CHECK (min_score > '-Infinity' AND min_score < 'Infinity'),
    CONSTRAINT whitelist_rule_top_n_check CHECK (top_n > 0),
    CONSTRAINT whitelist_rule_quota_n_check CHECK (quota_n > 0),
    CONSTRAINT whitelist_rule_quota_check CHECK ((quota_by IS NULL) = (quota_n IS NULL)),
    CONSTRAINT whitelist_rule_min_coverage_check CHECK (min_coverage BETWEEN 0 AND 1),
    CONSTRAINT whitelist_rule_reserve_n_check CHECK (reserve_n >= 0)
);

COMMENT ON TABLE whitelist_rule IS
    '白名单规则 whitelist rules, kept by set_whitelist_rule() and set_named_whitelist_rule()';
COMMENT ON COLUMN whitelist_rule.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN whitelist_rule.min_score IS '最低得分 lowest score';
COMMENT ON COLUMN whitelist_rule.top_n IS '入选名额 the best n of each period';
COMMENT ON COLUMN whitelist_rule.quota_by IS '名额划分 column or expression whose values have a quota each';
COMMENT ON COLUMN whitelist_rule.quota_n IS '分组名额 the quota: the best n of each value';
COMMENT ON COLUMN whitelist_rule.required IS '必要条件 SQL condition over the source';
COMMENT ON COLUMN whitelist_rule.min_coverage IS '最低覆盖率 lowest share of the weight whose values are present';
COMMENT ON COLUMN whitelist_rule.reserve_n IS '候补名额 the best n of those who qualify and are not listed';
COMMENT ON COLUMN whitelist_rule.rule IS '规则名 name of the rule; empty: the one of the view <name>_whitelist';

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
COMMENT ON COLUMN exclusion.entity IS '企业 entity, as key text';
COMMENT ON COLUMN exclusion.reason IS '理由 reason, shown in the whitelist';
COMMENT ON COLUMN exclusion.valid_from IS '起始日 first day; NULL: from ever';
COMMENT ON COLUMN exclusion.valid_to IS '截止日 last day; NULL: for ever';

SELECT _innovation_score.dump_table('whitelist_rule', 8, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');
SELECT _innovation_score.dump_table('exclusion', 9, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');

-- Batches: who was listed when, as it was handed over. A scoreboard with batches is not
-- dropped in passing.
CREATE TABLE whitelist_batch (
    scoreboard  text NOT NULL,
    rule        text NOT NULL DEFAULT '',
    batch       integer NOT NULL,
    period      text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    note        text,
    columns     text[] NOT NULL,
    sha256      text NOT NULL,
    CONSTRAINT whitelist_batch_pkey PRIMARY KEY (scoreboard, rule, batch),
    CONSTRAINT whitelist_batch_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES scoreboard ON UPDATE CASCADE,
    CONSTRAINT whitelist_batch_batch_check CHECK (batch > 0)
);

CREATE TABLE whitelist_batch_firm (
    scoreboard text NOT NULL,
    rule       text NOT NULL,
    batch      integer NOT NULL,
    entity     text NOT NULL,
    stage      text,
    score      numeric,
    rank       bigint,
    attributes jsonb NOT NULL,
    CONSTRAINT whitelist_batch_firm_pkey PRIMARY KEY (scoreboard, rule, entity, batch),
    CONSTRAINT whitelist_batch_firm_batch_fkey FOREIGN KEY (scoreboard, rule, batch) REFERENCES whitelist_batch
        ON UPDATE CASCADE ON DELETE CASCADE
);

COMMENT ON TABLE whitelist_batch IS '白名单批次 batches of whitelists, kept by record_whitelist_batch()';
COMMENT ON COLUMN whitelist_batch.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN whitelist_batch.rule IS '规则名 whitelist rule; empty: the one without a name';
COMMENT ON COLUMN whitelist_batch.batch IS '批次 number of the batch, counted from 1';
COMMENT ON COLUMN whitelist_batch.period IS '期间 period as text; NULL if the scoreboard has none';
COMMENT ON COLUMN whitelist_batch.recorded_at IS '登记时间 when it was recorded';
COMMENT ON COLUMN whitelist_batch.note IS '备注 note';
COMMENT ON COLUMN whitelist_batch.columns IS
    '列名 names of entity, period and attributes in the file that is handed over';
COMMENT ON COLUMN whitelist_batch.sha256 IS '摘要 digest of the file when the batch was recorded';
COMMENT ON TABLE whitelist_batch_firm IS '批次企业 the firms of each batch as they were listed';
COMMENT ON COLUMN whitelist_batch_firm.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN whitelist_batch_firm.rule IS '规则名 whitelist rule';
COMMENT ON COLUMN whitelist_batch_firm.batch IS '批次 number of the batch';
COMMENT ON COLUMN whitelist_batch_firm.entity IS '企业 entity, as key text';
COMMENT ON COLUMN whitelist_batch_firm.stage IS '企业发展阶段 stage';
COMMENT ON COLUMN whitelist_batch_firm.score IS '总得分 total score, with the decimals that it had';
COMMENT ON COLUMN whitelist_batch_firm.rank IS '名次 rank';
COMMENT ON COLUMN whitelist_batch_firm.attributes IS '属性 attributes in their text form';

SELECT _innovation_score.dump_table('whitelist_batch', 16, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');
SELECT _innovation_score.dump_table('whitelist_batch_firm', 17,
                   '(n.scoreboard, n.rule, n.batch) IN (SELECT b.scoreboard, b.rule, b.batch FROM whitelist_batch b)');

-- Readers of a list that has no batches need no rights on these tables.
CREATE FUNCTION _innovation_score.listed_earlier(scoreboard text, rule text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT f.entity, min(f.batch) AS batch FROM innovation_score.whitelist_batch_firm f '
                  'WHERE f.scoreboard = %L AND f.rule = %L GROUP BY f.entity', scoreboard, rule)
    WHERE EXISTS (SELECT FROM whitelist_batch b
                  WHERE b.scoreboard = listed_earlier.scoreboard AND b.rule = listed_earlier.rule)
$$;

COMMENT ON FUNCTION _innovation_score.listed_earlier(text, text) IS
    'internal: query of the firms that were listed in batches, NULL if there is none';

-- Rows may name their scoreboard without its schema if there is one of that name only;
-- the full name is kept. (A trigger cannot tell the search_path of the session.)
CREATE FUNCTION _innovation_score.full_scoreboard_name() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := _innovation_score.name_parts(NEW.scoreboard);
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
    NEW.scoreboard := _innovation_score.find_scoreboard(NEW.scoreboard, schemas);
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _innovation_score.full_scoreboard_name() IS 'internal: puts the full name of a scoreboard';

CREATE TRIGGER whitelist_rule_scoreboard BEFORE INSERT OR UPDATE OF scoreboard ON whitelist_rule
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.full_scoreboard_name();
CREATE TRIGGER exclusion_scoreboard BEFORE INSERT OR UPDATE OF scoreboard ON exclusion
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.full_scoreboard_name();

CREATE FUNCTION _innovation_score.excluded_key() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    NEW.entity := _innovation_score.shown_key(NEW.scoreboard, 'entity', NEW.entity);
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _innovation_score.excluded_key() IS 'internal: puts the key text of an excluded entity';

-- after the one above, by name
CREATE TRIGGER exclusion_scoreboard_entity BEFORE INSERT OR UPDATE ON exclusion
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.excluded_key();

-- Sentences. These functions are called for every row of a whitelist, so they must be
-- inlined: no SET clause (their bodies are parsed when they are created) and STABLE, as
-- format() is. What most rows come to is put together with ||, at a third of its cost.

CREATE FUNCTION _innovation_score.figure(value float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN key_text(value);

CREATE FUNCTION _innovation_score.no_score_reason(score float8, coverage float8, min_coverage float8, gap text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN score IS NOT NULL THEN NULL
            WHEN gap IS NOT NULL THEN gap
            WHEN coverage IS NULL THEN 'no score: no model has been fitted'
            WHEN coverage < min_coverage
            THEN format('no score: coverage %s is below the minimum %s of the scheme',
                        _innovation_score.figure(coverage), _innovation_score.figure(min_coverage))
            ELSE 'no score: values are missing' END;

CREATE FUNCTION _innovation_score.minimum_reason(what text, value float8, minimum float8, listed boolean) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN value < minimum
            THEN what || ' ' || _innovation_score.figure(value) || ' is below the minimum ' || _innovation_score.figure(minimum)
            WHEN listed
            THEN what || ' ' || _innovation_score.figure(value) || ' reaches the minimum ' || _innovation_score.figure(minimum) END;

CREATE FUNCTION _innovation_score.required_reason(met boolean, condition text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN met IS NULL THEN 'required condition cannot be checked, a value is missing: ' || condition
            WHEN NOT met THEN 'required condition not met: ' || condition END;

CREATE FUNCTION _innovation_score.quota_reason(place bigint, ties bigint, n integer, quota text, quota_by text, listed boolean)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN quota IS NULL THEN format('%s is missing, so there is no quota for it', quota_by)
            WHEN place > n THEN 'quota of ' || n || ' for ' || quota || ' is used up (place ' || place || ')'
            WHEN place + ties - 1 > n
            THEN format('tied at the cut: place %s in the quota of %s for %s is shared by %s firms, all admitted',
                        place, n, quota, ties)
            WHEN listed THEN 'place ' || place || ' in the quota of ' || n || ' for ' || quota END;

CREATE FUNCTION _innovation_score.top_reason(place bigint, ties bigint, n integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN place > n THEN 'place ' || place || ' is beyond the first ' || n
            WHEN place + ties - 1 > n
            THEN format('tied at the cut: place %s of the first %s is shared by %s firms, all listed', place, n, ties)
            ELSE 'place ' || place || ' of the first ' || n END;

CREATE FUNCTION _innovation_score.reserve_reason(place bigint, ties bigint, n integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN place > n THEN NULL
            WHEN place + ties - 1 > n
            THEN format('tied at the cut: place %s of the reserve of %s is shared by %s firms, all kept in reserve',
                        place, n, ties)
            ELSE 'place ' || place || ' of the reserve of ' || n END;

COMMENT ON FUNCTION _innovation_score.figure(float8) IS
    'internal: a number with all its digits, whatever the settings of the session';
COMMENT ON FUNCTION _innovation_score.no_score_reason(float8, float8, float8, text) IS 'internal: why a firm has no score';
COMMENT ON FUNCTION _innovation_score.minimum_reason(text, float8, float8, boolean) IS 'internal: a number against its minimum';
COMMENT ON FUNCTION _innovation_score.required_reason(boolean, text) IS 'internal: why the required condition is not met';
COMMENT ON FUNCTION _innovation_score.quota_reason(bigint, bigint, integer, text, text, boolean) IS 'internal: a place in a quota';
COMMENT ON FUNCTION _innovation_score.top_reason(bigint, bigint, integer) IS 'internal: a place among the first n';
COMMENT ON FUNCTION _innovation_score.reserve_reason(bigint, bigint, integer) IS 'internal: a place in the reserve';

-- A step that adds places in one cut, and how many share them: by a window over the rows of
-- a period (and quota), where those with the same score are those neither above (rank) nor
-- below (rank of the negative); or looked up in the scores that were kept.
CREATE FUNCTION _innovation_score.ranking_step(query text, step text, partition text[], kept text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN kept IS NULL
                THEN format('SELECT t.*, innovation_score.score_rank(t.%1$I) OVER w AS %2$I, '
                            'pg_catalog.count(t.%1$I) OVER w - innovation_score.score_rank(t.%1$I) OVER w '
                            '- innovation_score.score_rank(- t.%1$I) OVER w + 2 AS %3$I '
                            'FROM (%4$s) t WINDOW w AS (%5$s)',
                            r.ranked, r.place, r.ties, query, 'PARTITION BY ' || _innovation_score.columns_of('t', partition))
                ELSE format('SELECT t.*, CASE WHEN t.%1$I IS NOT NULL THEN COALESCE(t.%5$I[1], 1)::bigint END AS %2$I, '
                            'GREATEST(t.%5$I[3], 1)::bigint AS %3$I FROM (SELECT t.*, %6$s FROM (%4$s) t%7$s) t',
                            r.ranked, r.place, r.ties, query, r.found,
                            _innovation_score.place_item('kept', format('t.%I', r.ranked), r.found), kept) END
    FROM (VALUES ('quota', '_candidate', '_quota_place', '_quota_ties', '_quota_found'),
                 ('top', '_finalist', '_place', '_ties', '_found'),
                 ('reserve', '_reserve', '_reserve_place', '_reserve_ties', '_reserve_found'))
        AS r(step, ranked, place, ties, found)
    WHERE r.step = ranking_step.step
$$;

COMMENT ON FUNCTION _innovation_score.ranking_step(text, text, text[], text) IS
    'internal: a query with places and ties of one cut added; with the join that they are looked up by, if they are';

-- What a rule asks about a firm is a column of the input: its required condition, and its
-- quota as key text.
CREATE FUNCTION _innovation_score.rule_column(question text, rule text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT concat_ws('_', '_' || question, NULLIF(rule, ''))
$$;

CREATE FUNCTION _innovation_score.rule_columns(board scoreboard, source text, columns text[]) RETURNS SETOF input_column
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule whitelist_rule;
    quota bound_expression;
BEGIN
    FOR rule IN SELECT * FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard ORDER BY r.rule COLLATE "C" LOOP
        IF rule.required IS NOT NULL THEN
            RETURN NEXT ROW(_innovation_score.rule_column('required', rule.rule),
                            _innovation_score.bind_condition(board.search_path, source, columns, rule.required,
                                                             'required condition'), 'boolean'::regtype)::input_column;
        END IF;
        IF rule.quota_by IS NOT NULL THEN
            quota := _innovation_score.bind_scalar(board.search_path, source, columns, rule.quota_by, 'quota');
            PERFORM _innovation_score.check_key_type(quota.type, _innovation_score.column_collation(board.source, quota.name));
            RETURN NEXT ROW(_innovation_score.rule_column('quota', rule.rule),
                            format('innovation_score.key_text(%s)', quota.expression), 'text'::regtype)::input_column;
        END IF;
    END LOOP;
END
$$;

INSERT INTO _innovation_score.input_part (place, columns) VALUES (10, 'rule_columns');

CREATE FUNCTION _innovation_score.rule_questions(rule whitelist_rule, OUT required text, OUT quota text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN rule.required IS NULL THEN 'true'
                ELSE format('s.%I', _innovation_score.rule_column('required', rule.rule)) END,
           CASE WHEN rule.quota_by IS NULL THEN 'NULL::text'
                ELSE format('s.%I', _innovation_score.rule_column('quota', rule.rule)) END
$$;

COMMENT ON FUNCTION _innovation_score.rule_column(text, text) IS
    'internal: the column of the input that answers a question of a whitelist rule';
COMMENT ON FUNCTION _innovation_score.rule_columns(scoreboard, text, text[]) IS
    'internal: the columns of the input that the whitelist rules of a scoreboard ask for';
COMMENT ON FUNCTION _innovation_score.rule_questions(whitelist_rule) IS
    'internal: SQL text of what a rule asks about a row s of the input';

-- Rows with scores and all that the rule asks about them, and the column that tiers are cut
-- within; for places that are to be counted, kept or looked up. Quotas are key texts.
-- Negative list and batches are read once for all rows; for places that are looked up, where
-- one firm is what is mostly asked for, by their indexes. EXISTS lets the planner hash the
-- entities when all firms are asked for.
CREATE FUNCTION _innovation_score.whitelist_rows(board scoreboard, binding scoreboard_binding, rule whitelist_rule, places text,
                                within text)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    names text[] := ARRAY[binding.entity, binding.period] || binding.attributes || 'stage'::text
        || _innovation_score.flag_columns(board);
    columns text := concat_ws(', ', _innovation_score.columns_of('s', names),
                             _innovation_score.column_text(binding, 's.' || quote_ident(within), within) || ' AS _within');
    outer_columns text := concat_ws(', ', _innovation_score.columns_of('t', names), CASE WHEN within IS NOT NULL THEN 't._within' END);
    asked record := _innovation_score.rule_questions(rule);
    gap text;
    excluded text;
    earlier text := _innovation_score.listed_earlier(board.scoreboard, rule.rule);
BEGIN
    gap := format('CASE %s%s%s END', _innovation_score.error_gap(board),
        (SELECT string_agg(format('WHEN s.%I IS NULL THEN %L', g.name, format('no score: %s is missing', g.name)), ' '
                           ORDER BY g.place)
         FROM unnest('stage'::text || _innovation_score.groups(binding)) WITH ORDINALITY AS g(name, place)),
        CASE WHEN _innovation_score.groups(binding) <> '{}'
             THEN format(' WHEN m.model IS NULL THEN %L', 'no score: no model has been fitted for this group') END);
    excluded := format(
        'SELECT e.entity, pg_catalog.string_agg(''excluded: '' || e.reason '
        '|| COALESCE('' (until '' || pg_catalog.to_char(e.valid_to, ''YYYY-MM-DD'') || '')'', ''''), ''; '' '
        'ORDER BY e.reason, e.valid_to) AS reason FROM innovation_score.exclusion e WHERE e.scoreboard = %1$L '
        'AND COALESCE(e.valid_from <= %2$s, true) AND COALESCE(%2$s <= e.valid_to, true)',
        board.scoreboard, _innovation_score.today_text(board));
    IF places = 'looked up' THEN
        RETURN format(
            'SELECT %s, t._row[1] AS score, t._row[2] AS coverage, t._gap, t._required, t._quota, t._kept_quota, '
            't._excluded, t.batch FROM (SELECT %s, %s AS _required, %s AS _quota, %s AS _kept_quota, %s AS _gap, '
            '%s AS _excluded, %s AS batch, %s FROM %s) t',
            outer_columns, columns, asked.required, asked.quota, asked.quota, gap,
            format('CASE WHEN EXISTS (SELECT FROM innovation_score.exclusion e WHERE e.scoreboard = %L '
                   'AND e.entity = innovation_score.key_text(s.%I)) THEN '
                   '(SELECT x.reason FROM (%s AND e.entity = innovation_score.key_text(s.%2$I) GROUP BY e.entity) x) END',
                   board.scoreboard, binding.entity, excluded),
            CASE WHEN earlier IS NULL THEN 'NULL::integer'
                 ELSE format('CASE WHEN EXISTS (SELECT FROM innovation_score.whitelist_batch_firm f '
                             'WHERE f.scoreboard = %L AND f.rule = %L AND f.entity = innovation_score.key_text(s.%I)) THEN '
                             '(SELECT h.batch FROM (%s) h WHERE h.entity = innovation_score.key_text(s.%3$I)) END',
                             board.scoreboard, rule.rule, binding.entity, earlier) END,
            _innovation_score.score_row(board, binding),
            _innovation_score.rows_with_model(board, binding));
    END IF;
    RETURN format(
        'SELECT %s, t._row[1] AS score, t._row[2] AS coverage, t._gap, t._required, t._quota, '
        'x.reason AS _excluded, %s AS batch '
        'FROM (SELECT %s, %s AS _required, %s AS _quota, %s AS _gap, %s FROM %s) t '
        'LEFT JOIN (%s GROUP BY e.entity) x ON x.entity = innovation_score.key_text(t.%I)%s',
        outer_columns, CASE WHEN earlier IS NULL THEN 'NULL::integer' ELSE 'h.batch' END,
        columns, asked.required, asked.quota, gap, _innovation_score.score_row(board, binding),
        _innovation_score.rows_with_model(board, binding),
        excluded, binding.entity,
        CASE WHEN earlier IS NOT NULL
             THEN format(' LEFT JOIN (%s) h ON h.entity = innovation_score.key_text(t.%I)', earlier, binding.entity) END);
END
$$;

COMMENT ON FUNCTION _innovation_score.whitelist_rows(scoreboard, scoreboard_binding, whitelist_rule, text, text) IS
    'internal: query of the scored rows with what a rule asks about them';

-- Which rows are eligible, and the sentences about every part of the rule.
CREATE FUNCTION _innovation_score.whitelist_clauses(board scoreboard, rule whitelist_rule, OUT eligible text, OUT reasons text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT string_agg(c.condition, ' AND ' ORDER BY c.place), string_agg(c.sentence, ', ' ORDER BY c.place)
    FROM (VALUES
        (1, true, 't.score IS NOT NULL',
         format('_innovation_score.no_score_reason(t.score, t.coverage, %L::float8, t._gap)',
                board.model::jsonb ->> 'min_coverage')),
        (2, rule.min_score IS NOT NULL, format('t.score >= %L::float8', rule.min_score),
         format('_innovation_score.minimum_reason(''score'', t.score, %L::float8, t._listed)', rule.min_score)),
        (3, rule.min_coverage IS NOT NULL, format('t.coverage >= %L::float8', rule.min_coverage),
         format('_innovation_score.minimum_reason(''coverage'', t.coverage, %L::float8, t._listed)',
                rule.min_coverage)),
        (4, rule.required IS NOT NULL, 't._required',
         format('_innovation_score.required_reason(t._required, %L)', rule.required)),
        (5, true, 't._excluded IS NULL AND t.batch IS NULL',
         't._excluded, ''listed already, in batch '' || t.batch'),
        (6, rule.quota_by IS NOT NULL, 't._quota IS NOT NULL',
         format('_innovation_score.quota_reason(t._quota_place, t._quota_ties, %s, t._quota, %L, t._listed)',
                rule.quota_n, rule.quota_by)),
        (7, rule.top_n IS NOT NULL, NULL,
         format('_innovation_score.top_reason(t._place, t._ties, %s)', rule.top_n)),
        (8, rule.reserve_n > 0, NULL,
         format('_innovation_score.reserve_reason(t._reserve_place, t._reserve_ties, %s)', rule.reserve_n))
    ) AS c(place, applies, condition, sentence)
    WHERE c.applies
$$;

COMMENT ON FUNCTION _innovation_score.whitelist_clauses(scoreboard, whitelist_rule) IS
    'internal: condition and sentences of a rule';

-- The rule as it is set; nobody is listed by one that is not.
CREATE FUNCTION _innovation_score.find_rule(scoreboard text, name text) RETURNS whitelist_rule
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT r FROM whitelist_rule r WHERE r.scoreboard = find_rule.scoreboard AND r.rule = COALESCE(name, '')
$$;

COMMENT ON FUNCTION _innovation_score.find_rule(text, text) IS 'internal: a whitelist rule, NULL if it is not set';

-- The rows as the rule cuts them, cut by cut. What is ranked first is for the caller to say:
-- columns over the rows t with a window w over their period, or with joins that look them
-- up, and a condition on these beside those of the rule.
CREATE FUNCTION _innovation_score.whitelist_steps(board scoreboard, binding scoreboard_binding, rule whitelist_rule, places text,
                                 within text, ranks text, lookups text DEFAULT NULL, joins text DEFAULT NULL,
                                 condition text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    looked_up boolean := places = 'looked up';
    period text[] := array_remove(ARRAY[binding.period], NULL);
    eligible text;
    steps text;
BEGIN
    eligible := format('CASE WHEN %s THEN t.score END AS _candidate',
                       CASE WHEN rule.scoreboard IS NULL THEN 'false'
                            ELSE concat_ws(' AND ', (_innovation_score.whitelist_clauses(board, rule)).eligible, condition) END);
    steps := _innovation_score.whitelist_rows(board, binding, rule, places, within);
    steps := CASE WHEN looked_up
                  THEN format('SELECT t.*, %s, v._candidate FROM (SELECT t.*, %s FROM (%s) t%s) t '
                              'CROSS JOIN LATERAL (SELECT %s OFFSET ''0'') v', ranks, lookups, steps, joins, eligible)
                  ELSE format('SELECT t.*, %s, %s FROM (%s) t WINDOW w AS (%s)', ranks, eligible, steps,
                              'PARTITION BY ' || _innovation_score.columns_of('t', period)) END;
    IF rule.quota_n IS NOT NULL THEN
        steps := _innovation_score.ranking_step(steps, 'quota', period || '_quota'::text, CASE WHEN looked_up THEN
            _innovation_score.join_kept(board, binding, 'quota', rule.rule, 't._kept_quota', 't', 'kept') END);
    END IF;
    steps := format('SELECT t.*, %s AS _finalist FROM (%s) t',
                    CASE WHEN rule.quota_n IS NULL THEN 't._candidate'
                         ELSE format('CASE WHEN t._quota_place <= %s THEN t._candidate END', rule.quota_n) END, steps);
    IF rule.top_n IS NOT NULL THEN
        steps := _innovation_score.ranking_step(steps, 'top', period, CASE WHEN looked_up THEN
            _innovation_score.join_kept(board, binding, 'top', rule.rule, NULL, 't', 'kept') END);
    END IF;
    steps := format('SELECT t.*, COALESCE(%s, false) AS _listed FROM (%s) t',
                    COALESCE('t._place <= ' || rule.top_n, 't._finalist IS NOT NULL'), steps);
    IF rule.reserve_n > 0 THEN
        steps := format('SELECT t.*, CASE WHEN NOT t._listed THEN t._candidate END AS _reserve FROM (%s) t', steps);
        steps := _innovation_score.ranking_step(steps, 'reserve', period, CASE WHEN looked_up THEN
            _innovation_score.join_kept(board, binding, 'reserve', rule.rule, NULL, 't', 'kept') END);
    END IF;
    RETURN steps;
END
$$;

COMMENT ON FUNCTION _innovation_score.whitelist_steps(scoreboard, scoreboard_binding, whitelist_rule, text, text, text, text, text, text) IS
    'internal: query of the scored rows with their places in every cut of a rule';

-- What becomes of such a row, and why.
CREATE FUNCTION _innovation_score.whitelist_decision(board scoreboard, rule whitelist_rule, more text DEFAULT NULL) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('CASE WHEN t._listed THEN ''listed'' %s WHEN t.batch IS NOT NULL THEN ''earlier'' '
                  'ELSE ''rejected'' END AS decision, '
                  'COALESCE(NULLIF(pg_catalog.concat_ws(''; '', %s), ''''), ''meets every condition'') AS reasons, '
                  't.batch',
                  CASE WHEN rule.reserve_n > 0
                       THEN format('WHEN t._reserve_place <= %s THEN ''reserve''', rule.reserve_n) END,
                  CASE WHEN rule.scoreboard IS NULL THEN quote_literal('no whitelist rule is set')
                       ELSE concat_ws(', ', (_innovation_score.whitelist_clauses(board, rule)).reasons, more) END)
$$;

COMMENT ON FUNCTION _innovation_score.whitelist_decision(scoreboard, whitelist_rule, text) IS
    'internal: select list of decision, reasons and batch';

CREATE FUNCTION _innovation_score.whitelist_query(board scoreboard, binding scoreboard_binding, name text) RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, %s AS score, t.rank, %s FROM (%s) t',
                  _innovation_score.columns_of('t', ARRAY[binding.entity, binding.period] || binding.attributes || 'stage'::text
                                   || _innovation_score.flag_columns(board)),
                  _innovation_score.shown_score(board.model, 't.score'),
                  _innovation_score.whitelist_decision(board, r),
                  _innovation_score.whitelist_steps(board, binding, r, 'counted', NULL,
                                   'innovation_score.score_rank(t.score) OVER w AS rank'))
    FROM _innovation_score.find_rule(board.scoreboard, name) AS r
$$;

COMMENT ON FUNCTION _innovation_score.whitelist_query(scoreboard, scoreboard_binding, text) IS
    'internal: text of the view _whitelist, or of that of a named rule';

-- The rules of a scoreboard: the one without a name, which need not be set, and the others.
CREATE FUNCTION _innovation_score.whitelist_rules(scoreboard text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT NULL::text || ARRAY(SELECT r.rule FROM whitelist_rule r
                               WHERE r.scoreboard = whitelist_rules.scoreboard AND r.rule <> ''
                               ORDER BY r.rule COLLATE "C")
$$;

COMMENT ON FUNCTION _innovation_score.whitelist_rules(text) IS 'internal: the names of the whitelist rules of a scoreboard';

INSERT INTO scoreboard_view (kind, place, query, instances, source_names, score_names, names, title) VALUES
    ('whitelist', 50, 'whitelist_query', 'whitelist_rules', 'attributes', true,
     '{rank,decision,reasons,batch,_gap,_raw,_required,_quota,_excluded,_candidate,_quota_place,_quota_ties,_finalist,'
     '_place,_ties,_listed,_reserve,_reserve_place,_reserve_ties,quality_errors}',
     '白名单 whitelist');

INSERT INTO scoreboard_column (name, comment) VALUES
    ('decision', '入选结论 listed（入选）, reserve（候补）, earlier（此前批次已入选）, rejected（未入选）'),
    ('reasons', '理由 reasons for the decision'),
    ('batch', '批次 batch in which the firm was listed earlier');

CREATE FUNCTION _innovation_score.set_whitelist_rule(rule whitelist_rule, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(rule.scoreboard, path);
    suffix text := concat_ws('_', 'whitelist', NULLIF(rule.rule, ''));
    kept jsonb;
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
        WHEN rule.reserve_n < 0 THEN format('reserve_n must not be negative: %s', rule.reserve_n) END;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'whitelist rule of %: %', board.scoreboard, culprit USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM _innovation_score.check_rule_view(board.scoreboard, rule.rule);
    rule.scoreboard := board.scoreboard;
    rule.reserve_n := COALESCE(rule.reserve_n, 0);
    kept := _innovation_score.user_comments(board);
    DELETE FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard AND r.rule = set_whitelist_rule.rule.rule;
    INSERT INTO whitelist_rule SELECT rule.*;
    PERFORM _innovation_score.remake_rule(board, suffix, rule.rule);
    PERFORM _innovation_score.put_comments(board, _innovation_score.bind(board), kept);
END
$$;

-- The views that show a rule, remade; a scoreboard of an earlier version has no view
-- _standing until it is rebuilt.
CREATE FUNCTION _innovation_score.remake_rule(board scoreboard, suffix text, rule text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _innovation_score.replace_views(board, '{input}');
    PERFORM _innovation_score.keep_rule_scores(board, _innovation_score.bind(board), rule);
    PERFORM _innovation_score.replace_views(board, array_remove(
        suffix || CASE WHEN to_regclass(_innovation_score.view_name(board.scoreboard, 'standing')) IS NOT NULL
                       THEN ARRAY['standing'] END, NULL));
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
        RAISE EXCEPTION 'relation % exists already', view
            USING ERRCODE = 'duplicate_table', HINT = 'Give the whitelist rule another name.';
    END IF;
END
$$;

CREATE FUNCTION set_whitelist_rule(scoreboard text, min_score float8 DEFAULT NULL, top_n integer DEFAULT NULL,
                                   quota_by text DEFAULT NULL, quota_n integer DEFAULT NULL,
                                   required text DEFAULT NULL, min_coverage float8 DEFAULT NULL,
                                   reserve_n integer DEFAULT 0)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.set_whitelist_rule(
        ROW(scoreboard, min_score, top_n, quota_by, quota_n, required, min_coverage, reserve_n, '')
            ::innovation_score.whitelist_rule,
        pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION set_named_whitelist_rule(scoreboard text, rule text, min_score float8 DEFAULT NULL,
                                         top_n integer DEFAULT NULL, quota_by text DEFAULT NULL,
                                         quota_n integer DEFAULT NULL, required text DEFAULT NULL,
                                         min_coverage float8 DEFAULT NULL, reserve_n integer DEFAULT 0)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.set_whitelist_rule(
        ROW(scoreboard, min_score, top_n, quota_by, quota_n, required, min_coverage, reserve_n,
            _innovation_score.rule_name(rule))::innovation_score.whitelist_rule,
        pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION _innovation_score.rule_name(rule text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF rule IS NULL OR rule = '' THEN
        RAISE EXCEPTION 'the whitelist rule needs a name'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'The rule without a name is set by innovation_score.set_whitelist_rule().';
    END IF;
    RETURN rule;
END
$$;

CREATE FUNCTION _innovation_score.drop_whitelist_rule(scoreboard text, name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(scoreboard, path);
BEGIN
    IF name <> '' THEN
        IF to_regclass(_innovation_score.view_name(board.scoreboard, 'whitelist_' || name)) IS NOT NULL
            AND name = ANY (_innovation_score.whitelist_rules(board.scoreboard)) THEN
            EXECUTE format('DROP VIEW %s', _innovation_score.view_name(board.scoreboard, 'whitelist_' || name));
        END IF;
    END IF;
    DELETE FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard AND r.rule = COALESCE(name, '');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'scoreboard % has no whitelist rule "%"', board.scoreboard, COALESCE(name, '')
            USING ERRCODE = 'undefined_object',
                  HINT = COALESCE((SELECT 'Its rules are ' || string_agg(format('"%s"', r.rule), ', '
                                                                         ORDER BY r.rule COLLATE "C") || '.'
                                   FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard), 'It has none.');
    END IF;
    PERFORM _innovation_score.remake_rule(board, CASE WHEN COALESCE(name, '') = '' THEN 'whitelist' END,
                         COALESCE(name, ''));
END
$$;

CREATE FUNCTION drop_whitelist_rule(scoreboard text, rule text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.drop_whitelist_rule(scoreboard, rule, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.set_whitelist_rule(whitelist_rule, name[]) IS
    'internal: set_whitelist_rule with the caller''s schemas';
COMMENT ON FUNCTION _innovation_score.remake_rule(scoreboard, text, text) IS
    'internal: keeps what a rule needs in a frozen scoreboard, and remakes its view and the view _standing';
COMMENT ON FUNCTION _innovation_score.check_rule_view(text, text) IS 'internal: refuses a rule whose view cannot have its name';
COMMENT ON FUNCTION _innovation_score.rule_name(text) IS 'internal: the name of a named rule, or an error';
COMMENT ON FUNCTION _innovation_score.drop_whitelist_rule(text, text, name[]) IS
    'internal: drop_whitelist_rule with the caller''s schemas';
COMMENT ON FUNCTION set_whitelist_rule(text, float8, integer, text, integer, text, float8, integer) IS
    'says who is listed in the view <name>_whitelist; replaces the rule that the scoreboard had';
COMMENT ON FUNCTION set_named_whitelist_rule(text, text, float8, integer, text, integer, text, float8, integer) IS
    'says who is listed in the view <name>_whitelist_<rule>, one rule beside others; makes the view if it is new';
COMMENT ON FUNCTION drop_whitelist_rule(text, text) IS
    'forgets a whitelist rule and drops its view; without a name: nobody is listed any more';

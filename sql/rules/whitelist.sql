-- whitelist: who is listed, and why. The rule is a value in the text of the view _whitelist;
-- decide() says what it means (src/decide).

CREATE TABLE _innovation_score.whitelist_rule (
    scoreboard   text NOT NULL,
    min_score    float8,
    top_n        integer,
    quota_by     text,
    quota_n      integer,
    required     text,
    min_coverage float8,
    reserve_n    integer NOT NULL DEFAULT 0,
    rule         text NOT NULL DEFAULT '',
    category_minimum jsonb,
    qualifies    text,
    language     text NOT NULL DEFAULT 'en',
    of_scheme    boolean NOT NULL DEFAULT false,
    CONSTRAINT whitelist_rule_pkey PRIMARY KEY (scoreboard, rule),
    CONSTRAINT whitelist_rule_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES _innovation_score.scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT whitelist_rule_min_score_check CHECK (min_score > '-Infinity' AND min_score < 'Infinity'),
    CONSTRAINT whitelist_rule_top_n_check CHECK (top_n > 0),
    CONSTRAINT whitelist_rule_quota_n_check CHECK (quota_n > 0),
    CONSTRAINT whitelist_rule_quota_check CHECK ((quota_by IS NULL) = (quota_n IS NULL)),
    CONSTRAINT whitelist_rule_min_coverage_check CHECK (min_coverage BETWEEN 0 AND 1),
    CONSTRAINT whitelist_rule_reserve_n_check CHECK (reserve_n >= 0),
    CONSTRAINT whitelist_rule_language_check CHECK (language IN ('zh', 'en'))
);

COMMENT ON TABLE whitelist_rule IS
    '白名单规则 whitelist rules, kept by set_whitelist_rule()';
COMMENT ON COLUMN whitelist_rule.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN whitelist_rule.min_score IS '最低得分 lowest score';
COMMENT ON COLUMN whitelist_rule.top_n IS '入选名额 the best n of each period';
COMMENT ON COLUMN whitelist_rule.quota_by IS '名额划分 column or expression whose values have a quota each';
COMMENT ON COLUMN whitelist_rule.quota_n IS '分组名额 the quota: the best n of each value';
COMMENT ON COLUMN whitelist_rule.required IS '必要条件 condition over the source, indicators and scores';
COMMENT ON COLUMN whitelist_rule.min_coverage IS '最低覆盖率 lowest share of the weight whose values are present';
COMMENT ON COLUMN whitelist_rule.reserve_n IS '候补名额 the best n of those who qualify and are not listed';
COMMENT ON COLUMN whitelist_rule.rule IS '规则名 name of the rule; empty: the one of the view <name>_whitelist';
COMMENT ON COLUMN whitelist_rule.category_minimum IS '各类最低得分 lowest scores of categories, by their codes';
COMMENT ON COLUMN whitelist_rule.qualifies IS '直接入选条件 condition over the same: who is listed whatever the score';
COMMENT ON COLUMN whitelist_rule.language IS '语言 language of the reasons: zh（中文）, en（英文）';
COMMENT ON COLUMN whitelist_rule.of_scheme IS
    '是否为积分体系的通过规则 whether it is a rule of the scheme (scheme_rule), whose conditions are no SQL';

CREATE TABLE _innovation_score.exclusion (
    scoreboard text NOT NULL,
    entity     text NOT NULL,
    reason     text NOT NULL,
    valid_from date,
    valid_to   date,
    row_id     uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT exclusion_pkey PRIMARY KEY (row_id),
    CONSTRAINT exclusion_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES _innovation_score.scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT exclusion_reason_check CHECK (reason <> ''),
    CONSTRAINT exclusion_dates_check CHECK (valid_from <= valid_to)
);

CREATE INDEX exclusion_entity_idx ON _innovation_score.exclusion (scoreboard, entity);

COMMENT ON TABLE exclusion IS '负面清单 negative list: firms that may not be listed, with the reason';
COMMENT ON COLUMN exclusion.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN exclusion.entity IS '企业 entity, as key text';
COMMENT ON COLUMN exclusion.reason IS '理由 reason, shown in the whitelist';
COMMENT ON COLUMN exclusion.valid_from IS '起始日 first day; NULL: from ever';
COMMENT ON COLUMN exclusion.valid_to IS '截止日 last day; NULL: for ever';
COMMENT ON COLUMN exclusion.row_id IS '行标识 identity of the row, for replication';

SELECT _innovation_score.dump_table('whitelist_rule', 8, 'n.scoreboard IN (SELECT b.scoreboard FROM _innovation_score.scoreboard b)');
SELECT _innovation_score.dump_table('exclusion', 9, 'n.scoreboard IN (SELECT b.scoreboard FROM _innovation_score.scoreboard b)');
SELECT _innovation_score.show_table(t) FROM unnest('{whitelist_rule,exclusion}'::text[]) t;

-- Batches: who was listed when, as it was handed over. A scoreboard with batches is not
-- dropped in passing.
CREATE TABLE _innovation_score.whitelist_batch (
    scoreboard  text NOT NULL,
    rule        text NOT NULL DEFAULT '',
    batch       integer NOT NULL,
    period      text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    note        text,
    columns     text[] NOT NULL,
    sha256      text NOT NULL,
    entry       bigint,
    CONSTRAINT whitelist_batch_pkey PRIMARY KEY (scoreboard, rule, batch),
    CONSTRAINT whitelist_batch_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES _innovation_score.scoreboard ON UPDATE CASCADE,
    CONSTRAINT whitelist_batch_batch_check CHECK (batch > 0)
);

CREATE TABLE _innovation_score.whitelist_batch_firm (
    scoreboard text NOT NULL,
    rule       text NOT NULL,
    batch      integer NOT NULL,
    entity     text NOT NULL,
    stage      text,
    score      numeric,
    rank       bigint,
    attributes jsonb NOT NULL,
    CONSTRAINT whitelist_batch_firm_pkey PRIMARY KEY (scoreboard, rule, entity, batch),
    CONSTRAINT whitelist_batch_firm_batch_fkey FOREIGN KEY (scoreboard, rule, batch) REFERENCES _innovation_score.whitelist_batch
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
COMMENT ON COLUMN whitelist_batch.entry IS '日志序号 entry of publication_log that was made when the batch was recorded';
COMMENT ON TABLE whitelist_batch_firm IS '批次企业 the firms of each batch as they were listed';
COMMENT ON COLUMN whitelist_batch_firm.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN whitelist_batch_firm.rule IS '规则名 whitelist rule';
COMMENT ON COLUMN whitelist_batch_firm.batch IS '批次 number of the batch';
COMMENT ON COLUMN whitelist_batch_firm.entity IS '企业 entity, as key text';
COMMENT ON COLUMN whitelist_batch_firm.stage IS '企业发展阶段 stage';
COMMENT ON COLUMN whitelist_batch_firm.score IS '总得分 total score, with the decimals that it had';
COMMENT ON COLUMN whitelist_batch_firm.rank IS '名次 rank';
COMMENT ON COLUMN whitelist_batch_firm.attributes IS '属性 attributes in their text form';

SELECT _innovation_score.dump_table('whitelist_batch', 16, 'n.scoreboard IN (SELECT b.scoreboard FROM _innovation_score.scoreboard b)');
SELECT _innovation_score.dump_table('whitelist_batch_firm', 17,
                   '(n.scoreboard, n.rule, n.batch) IN (SELECT b.scoreboard, b.rule, b.batch FROM _innovation_score.whitelist_batch b)');
SELECT _innovation_score.show_table(t) FROM unnest('{whitelist_batch,whitelist_batch_firm}'::text[]) t;

-- Readers of a list that has no batches need no rights on these tables.
CREATE FUNCTION _innovation_score.listed_earlier(scoreboard text, rule text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT f.entity, min(f.batch) AS batch FROM _innovation_score.shown_whitelist_batch_firm f '
                  'WHERE f.scoreboard = %L AND f.rule = %L GROUP BY f.entity', scoreboard, rule)
    WHERE EXISTS (SELECT FROM shown_whitelist_batch b
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
    IF _innovation_score.is_restored() THEN
        RETURN NEW;
    END IF;
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

CREATE TRIGGER whitelist_rule_scoreboard BEFORE INSERT OR UPDATE OF scoreboard ON _innovation_score.whitelist_rule
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.full_scoreboard_name();
CREATE TRIGGER exclusion_scoreboard BEFORE INSERT OR UPDATE OF scoreboard ON _innovation_score.exclusion
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
CREATE TRIGGER exclusion_scoreboard_entity BEFORE INSERT OR UPDATE ON _innovation_score.exclusion
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.excluded_key();

-- What a rule asks about a firm. Parts of its conditions that name columns of the source only
-- are SQL and stand in the input, as does its quota as key text. Parts that name indicators, or
-- what is computed, are values of the type condition and stand in the rule.
CREATE FUNCTION _innovation_score.rule_column(question text, rule text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT concat_ws('_', '_' || question, NULLIF(rule, ''))
$$;

-- The columns that a condition may name: of the source, or what a long source is pivoted to.
CREATE FUNCTION _innovation_score.nameable_columns(board scoreboard) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.long IS NULL THEN source.columns
                ELSE array_remove(ARRAY[b.entity, b.period], NULL) || 'stage'::text || b.shown END
    FROM (SELECT _innovation_score.source_columns(_innovation_score.source_of(board))) AS source(columns),
         LATERAL _innovation_score.bind_names(board, source.columns) b
$$;

-- What names in conditions mean, in the order in which they are looked for. A column that is the
-- whole mapping of an indicator is the indicator, whose place it has.
CREATE FUNCTION _innovation_score.condition_scope(board scoreboard)
RETURNS TABLE (number bigint, name text, kind text, type text, place integer)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH columns AS (
        SELECT _innovation_score.nameable_columns(board) AS names
    ), indicators AS (
        SELECT i.code, i.place::integer AS place,
               CASE WHEN board.long IS NULL THEN _innovation_score.bound_name(c.names, COALESCE(board.mapping ->> i.code, i.code)) END AS mapped
        FROM columns c, unnest(_innovation_score.model_codes(board.model, 'indicators')) WITH ORDINALITY AS i(code, place)
        WHERE board.mapping -> i.code IS DISTINCT FROM 'null'
    )
    SELECT row_number() OVER (ORDER BY n.part, n.place), n.name, n.kind, n.type, n.position
    FROM (SELECT 1 AS part, u.place, u.name, 'column' AS kind,
                 CASE WHEN m.position IS NOT NULL OR t.typcategory = 'N' THEN 'number'
                      WHEN t.typcategory = 'B' THEN 'boolean' ELSE 'text' END AS type, m.position
          FROM columns c CROSS JOIN unnest(c.names) WITH ORDINALITY AS u(name, place)
          LEFT JOIN pg_attribute a ON a.attrelid = _innovation_score.source_of(board) AND a.attname = u.name AND NOT a.attisdropped
          LEFT JOIN LATERAL _innovation_score.base_type(a.atttypid) t ON true
          LEFT JOIN LATERAL (SELECT min(i.place) FROM indicators i WHERE i.mapped = u.name) AS m(position) ON true
          UNION ALL
          SELECT 2, i.place, i.code, 'indicator', 'number', i.place FROM indicators i
          UNION ALL
          SELECT 3, c.place, c.code || '_score', 'computed', 'number', c.place::integer
          FROM unnest(_innovation_score.model_codes(board.model, 'categories')) WITH ORDINALITY AS c(code, place)
          UNION ALL
          SELECT 4, v.place, v.name, 'computed', CASE WHEN v.name IN ('stage', 'tier') THEN 'text' ELSE 'number' END, NULL
          FROM unnest('{score,coverage,rank,stage_rank,percentile,stage,tier}'::text[]) WITH ORDINALITY AS v(name, place)) n
$$;

-- The parts of a condition that AND, or OR, joins, or the whole. Where a part ends is tried out, and the
-- parser says whether the parts are the whole.
CREATE FUNCTION _innovation_score.operands(item text, joiner text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    words text[] := regexp_split_to_array(item, format('\m%s\M', joiner), 'i');
    joiners text[] := ARRAY(SELECT m[1] FROM regexp_matches(item, format('(\m%s\M)', joiner), 'gi') m);
    part text;
    parts text[] := '{}';
BEGIN
    FOR i IN 1 .. cardinality(words) LOOP
        part := concat(part || joiners[i - 1], words[i]);
        BEGIN
            PERFORM _innovation_score.check_expression(part, 'condition');
            parts := parts || btrim(part, E' \t\n\r');
            part := NULL;
        EXCEPTION WHEN OTHERS THEN
            NULL;       -- it goes on
        END;
    END LOOP;
    IF part IS NULL AND cardinality(parts) > 1
        AND _innovation_score.same_expression(item, _innovation_score.joined(parts, joiner)) THEN
        RETURN parts;
    END IF;
    RETURN ARRAY[item];
END
$$;

CREATE FUNCTION _innovation_score.joined(parts text[], joiner text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN cardinality(parts) = 1 THEN parts[1]
                ELSE string_agg(format('(%s)', p.part), format(' %s ', upper(joiner)) ORDER BY p.place) END
    FROM unnest(parts) WITH ORDINALITY AS p(part, place)
$$;

-- What the names of a part mean; an error that says what is wrong with it.
CREATE FUNCTION _innovation_score.bound_names(board scoreboard, part text, answered text[] DEFAULT '{}')
RETURNS TABLE (relation text, name text, kind text, type text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT n.*
    FROM (SELECT array_agg(s.name ORDER BY s.number) || answered AS names,
                 array_agg(s.kind ORDER BY s.number) || array_fill('column'::text, ARRAY[cardinality(answered)]) AS kinds,
                 array_agg(s.type ORDER BY s.number) || array_fill('boolean'::text, ARRAY[cardinality(answered)]) AS types
          FROM _innovation_score.condition_scope(board) s) scope
    CROSS JOIN LATERAL _innovation_score.bind_condition_names(part::condition, scope.names, scope.kinds, scope.types) n
$$;

-- SQL text of a part over the source. One that fails there and names what is no column was meant as
-- a condition: what is wrong with that is told.
CREATE FUNCTION _innovation_score.bind_part(board scoreboard, source text, columns text[], part text, what text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    RETURN _innovation_score.bind_condition(board.search_path, source, columns, part, what);
EXCEPTION WHEN undefined_column OR undefined_table THEN
    IF EXISTS (SELECT FROM _innovation_score.condition_scope(board) s
               WHERE s.kind <> 'column' AND part ~ concat('\m', regexp_replace(s.name, '([^[:alnum:]_])', '\\\1', 'g'), '\M')) THEN
        PERFORM _innovation_score.bound_names(board, c) FROM unnest(_innovation_score.operands(part, 'and')) c;
    END IF;
    RAISE;
END
$$;

-- What a part names, as a rule lists it (src/decide/list_rule.h); NULL for a part that is SQL:
-- one that names columns only, or that a condition cannot be.
CREATE FUNCTION _innovation_score.condition_values(board scoreboard, part text, answered text[] DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    asked jsonb;
    foreign_name text;
BEGIN
    BEGIN
        SELECT CASE WHEN bool_or(n.kind <> 'column' OR k.place IS NOT NULL)
                    THEN COALESCE(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                             'name', concat_ws('.', NULLIF(n.relation, ''), n.name),
                             'kind', CASE WHEN k.kind = 'computed' AND k.place IS NOT NULL THEN 'score'
                                          WHEN k.place IS NOT NULL THEN 'indicator' ELSE n.type END,
                             'place', k.place)))
                         FILTER (WHERE n.kind <> 'computed' OR k.place IS NOT NULL OR n.name = 'stage'), '[]') END,
               min(n.relation) FILTER (WHERE n.relation IN ('previous', 'median'))
        INTO asked, foreign_name
        FROM _innovation_score.bound_names(board, part, answered) n
        LEFT JOIN _innovation_score.condition_scope(board) k ON k.name = n.name AND k.kind = n.kind;
    EXCEPTION WHEN syntax_error OR feature_not_supported OR undefined_column OR undefined_function OR datatype_mismatch
                   OR numeric_value_out_of_range OR program_limit_exceeded OR invalid_text_representation THEN
        RETURN NULL;
    END;
    IF foreign_name IS NOT NULL THEN
        RAISE EXCEPTION 'a condition of a list cannot name "%" values', foreign_name
            USING ERRCODE = 'feature_not_supported', DETAIL = format('It is %s.', part);
    END IF;
    RETURN asked;
END
$$;

-- Where a part is neither, its largest parts that a condition cannot be are SQL, asked under names of their own.
CREATE FUNCTION _innovation_score.split_part(board scoreboard, prefix text, INOUT part text, INOUT asked text[])
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    joiner text;
    operands text[];
    whole text := part;
    within text;
    inner_part record;
BEGIN
    FOREACH joiner IN ARRAY '{and,or}'::text[] LOOP
        operands := _innovation_score.operands(whole, joiner);
        IF cardinality(operands) > 1 THEN
            FOR i IN 1 .. cardinality(operands) LOOP
                inner_part := _innovation_score.split_part(board, prefix, operands[i], asked);
                operands[i] := inner_part.part;
                asked := inner_part.asked;
            END LOOP;
            part := _innovation_score.joined(operands, joiner);
            RETURN;
        END IF;
    END LOOP;
    within := substring(whole FROM '(?i)^\s*(?:not\M)?\s*\((.*)\)\s*$');
    joiner := CASE WHEN whole ~* '^\s*not\M' THEN 'NOT ' ELSE '' END;
    BEGIN
        IF _innovation_score.same_expression(whole, format('%s(%s)', joiner, _innovation_score.check_expression(within, 'condition'))) THEN
            inner_part := _innovation_score.split_part(board, prefix, within, asked);
            part := format('%s(%s)', joiner, inner_part.part);
            asked := inner_part.asked;
            RETURN;
        END IF;
    EXCEPTION WHEN syntax_error THEN
        NULL;       -- the parentheses do not belong together
    END;
    BEGIN
        PERFORM _innovation_score.bound_names(board, part);
    EXCEPTION WHEN syntax_error OR feature_not_supported OR undefined_column OR undefined_function OR datatype_mismatch THEN
        asked := asked || part;
        part := format('%s_%s', prefix, cardinality(asked));
    END;
END
$$;

COMMENT ON FUNCTION _innovation_score.split_part(scoreboard, text, text, text[]) IS
    'internal: a condition with names in place of those of its parts that are SQL over the source, which are added to "asked"';

CREATE TYPE _innovation_score.rule_parts AS (
    required            text,
    qualifies           text,
    required_condition  text,
    qualifies_condition text,
    vals                jsonb,
    asked               jsonb
);

COMMENT ON TYPE _innovation_score.rule_parts IS 'internal: the conditions of a whitelist rule, by who evaluates them';
COMMENT ON COLUMN _innovation_score.rule_parts.required IS 'SQL text over the source';
COMMENT ON COLUMN _innovation_score.rule_parts.qualifies IS 'SQL text over the source';
COMMENT ON COLUMN _innovation_score.rule_parts.required_condition IS 'text of a condition';
COMMENT ON COLUMN _innovation_score.rule_parts.qualifies_condition IS 'text of a condition';
COMMENT ON COLUMN _innovation_score.rule_parts.vals IS 'what the conditions name, columns of the source in the order of the input';
COMMENT ON COLUMN _innovation_score.rule_parts.asked IS 'SQL text over the source of what conditions ask by names of their own';

CREATE FUNCTION _innovation_score.rule_part(board scoreboard, rule whitelist_rule, prefix text, INOUT part text, OUT vals jsonb,
                                            OUT asked jsonb)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    split record;
    names text[];
BEGIN
    IF rule.of_scheme THEN      -- those are conditions, and look at the source only
        RETURN;
    END IF;
    vals := _innovation_score.condition_values(board, part);
    IF vals IS NULL THEN
        split := _innovation_score.split_part(board, prefix, part, '{}');
        names := ARRAY(SELECT format('%s_%s', prefix, n) FROM generate_series(1, cardinality(split.asked)) n);
        IF split.part <> ALL (names) THEN
            vals := _innovation_score.condition_values(board, split.part, names);
        END IF;
        IF vals IS NOT NULL THEN
            part := split.part;
            asked := jsonb_object(names, split.asked);
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.rule_part(scoreboard, whitelist_rule, text, text) IS
    'internal: a part of a condition of a rule as it is evaluated, with what it names; NULL for SQL over the source';

CREATE FUNCTION _innovation_score.rule_parts(board scoreboard, rule whitelist_rule) RETURNS rule_parts
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH part AS (
        SELECT q.question, q.item, p.place, v.part, v.vals, v.asked
        FROM (VALUES ('required', rule.required), ('qualifies', rule.qualifies)) q(question, item)
        CROSS JOIN LATERAL unnest(_innovation_score.operands(q.item, 'and')) WITH ORDINALITY AS p(part, place)
        CROSS JOIN LATERAL _innovation_score.rule_part(board, rule, format('_%s%s', q.question, p.place), p.part) v
        WHERE q.item IS NOT NULL
    ), joined AS (
        SELECT p.question, p.vals IS NULL AS of_source,
               CASE WHEN count(*) = (SELECT count(*) FROM part o WHERE o.question = p.question AND o.asked IS NULL) THEN min(p.item)
                    ELSE _innovation_score.joined(array_agg(p.part ORDER BY p.place), 'and') END AS text
        FROM part p GROUP BY p.question, p.vals IS NULL
    )
    SELECT ROW((SELECT j.text FROM joined j WHERE j.question = 'required' AND j.of_source),
               (SELECT j.text FROM joined j WHERE j.question = 'qualifies' AND j.of_source),
               (SELECT j.text FROM joined j WHERE j.question = 'required' AND NOT j.of_source),
               (SELECT j.text FROM joined j WHERE j.question = 'qualifies' AND NOT j.of_source),
               (SELECT jsonb_agg(v.val ORDER BY v.val ->> 'name' IN ('stage', 'score.stage'), v.val ->> 'name' COLLATE "C")
                FROM (SELECT DISTINCT e.value AS val FROM part p CROSS JOIN LATERAL jsonb_array_elements(p.vals) e) v),
               (SELECT jsonb_object_agg(a.key, a.value) FROM part p CROSS JOIN LATERAL jsonb_each(p.asked) a))::rule_parts
$$;

-- The names of the columns that conditions name, in their order.
CREATE FUNCTION _innovation_score.asked_columns(parts rule_parts) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT ARRAY(SELECT e.value ->> 'name' FROM jsonb_array_elements(parts.vals) WITH ORDINALITY AS e(value, place)
                 WHERE e.value ->> 'kind' IN ('number', 'text', 'boolean') ORDER BY e.place)
$$;

CREATE FUNCTION _innovation_score.rule_columns(board scoreboard, source text, columns text[]) RETURNS SETOF input_column
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule whitelist_rule;
    parts rule_parts;
    asked record;
    quota bound_expression;
    asked_columns text[];
BEGIN
    FOR rule IN SELECT * FROM shown_whitelist_rule r WHERE r.scoreboard = board.scoreboard ORDER BY r.rule COLLATE "C" LOOP
        parts := _innovation_score.rule_parts(board, rule);
        FOR asked IN SELECT * FROM (VALUES ('required', parts.required, 'required condition'),
                                           ('qualifies', parts.qualifies, 'qualifying condition')) v(question, condition, what)
                     WHERE v.condition IS NOT NULL LOOP
            RETURN NEXT ROW(_innovation_score.rule_column(asked.question, rule.rule),
                            CASE WHEN rule.of_scheme
                                 THEN _innovation_score.bind_firm_condition(
                                          board, source, columns, asked.condition::condition,
                                          format('%s of rule "%s" of the scheme', asked.what, rule.rule), asked.question = 'qualifies')
                                 ELSE _innovation_score.bind_part(board, source, columns, asked.condition, asked.what) END,
                            'boolean'::regtype)::input_column;
        END LOOP;
        IF rule.quota_by IS NOT NULL THEN
            quota := _innovation_score.bind_scalar(board.search_path, source, columns, rule.quota_by, 'quota');
            PERFORM _innovation_score.check_key_type(quota.type, _innovation_score.column_collation(_innovation_score.source_of(board), quota.name));
            RETURN NEXT ROW(_innovation_score.rule_column('quota', rule.rule),
                            format('innovation_score.key_text(%s)', quota.expression), 'text'::regtype)::input_column;
        END IF;
        asked_columns := array_remove(_innovation_score.asked_columns(parts),
                                      CASE WHEN 'stage' = ANY (columns) THEN NULL ELSE 'stage' END);
        asked_columns := array_remove(asked_columns, 'score.stage');
        IF asked_columns <> '{}' THEN
            RETURN NEXT ROW(_innovation_score.rule_column('columns', rule.rule),
                            (SELECT format('ARRAY[%s]', string_agg(
                                        CASE WHEN parts.asked ? c.name
                                             THEN format('innovation_score.key_text(%s)', _innovation_score.bind_part(
                                                             board, source, columns, parts.asked ->> c.name, 'part of a condition'))
                                             ELSE _innovation_score.field_text(
                                                      quote_ident(c.name),
                                                      _innovation_score.expression_type(board.search_path, source, quote_ident(c.name))) END,
                                        ', ' ORDER BY c.place))
                             FROM unnest(asked_columns) WITH ORDINALITY AS c(name, place)),
                            'text[]'::regtype)::input_column;
        END IF;
    END LOOP;
END
$$;

INSERT INTO _innovation_score.input_part (place, columns) VALUES (10, 'rule_columns');

CREATE FUNCTION _innovation_score.rule_questions(board scoreboard, rule whitelist_rule, OUT required text, OUT qualifies text,
                                                 OUT quota text, OUT columns text)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN parts.required IS NULL THEN 'true'
                ELSE format('s.%I', _innovation_score.rule_column('required', rule.rule)) END,
           CASE WHEN parts.qualifies IS NOT NULL THEN format('s.%I', _innovation_score.rule_column('qualifies', rule.rule))
                ELSE (parts.qualifies_condition IS NOT NULL)::text END,
           CASE WHEN rule.quota_by IS NULL THEN 'NULL::text'
                ELSE format('s.%I', _innovation_score.rule_column('quota', rule.rule)) END,
           CASE WHEN asked.names = '{}' THEN 'NULL::text[]'
                WHEN asked.of_input = '{}' THEN 'ARRAY[s.stage]'
                ELSE format(CASE WHEN asked.names = asked.of_input THEN 's.%I' ELSE 'pg_catalog.array_append(s.%I, s.stage)' END,
                            _innovation_score.rule_column('columns', rule.rule)) END
    FROM (SELECT (p).*, p AS whole FROM _innovation_score.rule_parts(board, rule) p OFFSET 0) parts
    CROSS JOIN LATERAL (SELECT a.names, array_remove(array_remove(a.names, 'score.stage'),
                                   CASE WHEN 'stage' = ANY (_innovation_score.nameable_columns(board)) THEN NULL ELSE 'stage' END)
                        FROM _innovation_score.asked_columns(parts.whole) AS a(names)) AS asked(names, of_input)
$$;

-- A constant is written where it is used, so that the view stays short.
CREATE FUNCTION _innovation_score.asked_item(expression text, name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN expression IN ('true', 'false', 'NULL::text[]') THEN expression ELSE 't.' || name END
$$;

COMMENT ON FUNCTION _innovation_score.asked_item(text, text) IS
    'internal: SQL text of what a rule asks about a row, which is a column of this name of the row t, or a constant';

-- The columns are numbered as the rules are; the values stand there once for all.
CREATE FUNCTION _innovation_score.rule_inputs(board scoreboard, rules whitelist_rule[]) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT concat(CASE WHEN bool_or(jsonb_path_exists((_innovation_score.rule_parts(board, rules[n])).vals, '$[*] ? (@.kind == "indicator")'))
                       THEN format(', %s AS _vals', _innovation_score.source_values(board)) END,
                  string_agg(format(', %s AS _quota%s', q.quota, n)
                             || COALESCE((SELECT string_agg(format(', %s AS %s%s', i.expression, i.name, n), '' ORDER BY i.name)
                                          FROM (VALUES (q.required, '_required'), (q.qualifies, '_qualifies'), (q.columns, '_columns')) i(expression, name)
                                          WHERE _innovation_score.asked_item(i.expression, i.name) <> i.expression), ''), '' ORDER BY n))
    FROM generate_series(1, cardinality(rules)) n CROSS JOIN LATERAL _innovation_score.rule_questions(board, rules[n]) q
$$;

COMMENT ON FUNCTION _innovation_score.rule_inputs(scoreboard, whitelist_rule[]) IS
    'internal: select list of what rules ask about a row s of the input';
COMMENT ON FUNCTION _innovation_score.rule_column(text, text) IS
    'internal: the column of the input that answers a question of a whitelist rule';
COMMENT ON FUNCTION _innovation_score.nameable_columns(scoreboard) IS 'internal: the columns that conditions may name';
COMMENT ON FUNCTION _innovation_score.condition_scope(scoreboard) IS 'internal: what names in the conditions of rules mean';
COMMENT ON FUNCTION _innovation_score.operands(text, text) IS 'internal: the parts of a condition that AND, or OR, joins';
COMMENT ON FUNCTION _innovation_score.joined(text[], text) IS 'internal: conditions joined by AND, or OR';
COMMENT ON FUNCTION _innovation_score.bound_names(scoreboard, text, text[]) IS 'internal: what the names of a condition of a list mean';
COMMENT ON FUNCTION _innovation_score.bind_part(scoreboard, text, text[], text, text) IS
    'internal: SQL text of a condition of a list over the source';
COMMENT ON FUNCTION _innovation_score.condition_values(scoreboard, text, text[]) IS
    'internal: what a part of a condition names, NULL for a part that is SQL over the source';
COMMENT ON FUNCTION _innovation_score.rule_parts(scoreboard, whitelist_rule) IS
    'internal: the conditions of a whitelist rule, apart by who evaluates them';
COMMENT ON FUNCTION _innovation_score.asked_columns(rule_parts) IS 'internal: the columns that conditions of a rule name';
COMMENT ON FUNCTION _innovation_score.rule_columns(scoreboard, text, text[]) IS
    'internal: the columns of the input that the whitelist rules of a scoreboard ask for';
COMMENT ON FUNCTION _innovation_score.rule_questions(scoreboard, whitelist_rule) IS
    'internal: SQL text of what a rule asks about a row s of the input';

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
                  CASE WHEN jsonb_path_exists(parts.vals, '$[*] ? (@.kind == "indicator")') THEN 't._vals' ELSE 'NULL::double precision[]' END,
                  _innovation_score.asked_item(q.required, '_required' || number), _innovation_score.asked_item(q.qualifies, '_qualifies' || number),
                  _innovation_score.asked_item(q.columns, '_columns' || number))
    FROM (SELECT (_innovation_score.rule_parts(board, rule)).vals OFFSET 0) parts
    CROSS JOIN LATERAL _innovation_score.rule_questions(board, rule) q
$$;

-- The scores of categories that have a minimum, then those that conditions name.
CREATE FUNCTION _innovation_score.asked_scores(minimum jsonb, vals jsonb, categories text[], "row" text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE('ARRAY[' || string_agg(format('(%s)[%s]', "row", 3 + a.position), ', ' ORDER BY a.part, a.place) || ']',
                    'NULL::double precision[]')
    FROM (SELECT 1 AS part, m.place, array_position(categories, m.category) AS position
          FROM jsonb_object_keys(minimum) WITH ORDINALITY AS m(category, place)
          UNION ALL
          SELECT 2, e.place, (e.value ->> 'place')::integer
          FROM jsonb_array_elements(vals) WITH ORDINALITY AS e(value, place) WHERE e.value ->> 'kind' = 'score') a
$$;

COMMENT ON FUNCTION _innovation_score.asked_scores(jsonb, jsonb, text[], text) IS
    'internal: SQL text of the scores of categories that a rule asks for, out of score_row()';
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
        batch := CASE WHEN earlier IS NULL THEN 'NULL::integer'
            WHEN looked_up
            THEN format('CASE WHEN EXISTS (SELECT FROM _innovation_score.shown_whitelist_batch_firm f '
                        'WHERE f.scoreboard = %1$L AND f.rule = %2$L AND f.entity = %3$s) THEN '
                        '(SELECT h.batch FROM (%4$s) h WHERE h.entity = %3$s) END',
                        board.scoreboard, rules[number].rule, entity, earlier)
            ELSE format('h%s.batch', number) END;
        rule_facts := rule_facts || _innovation_score.rule_facts(board, rules[number], number, batch);
        IF NOT looked_up THEN
            joins := concat(joins, ' LEFT JOIN (' || earlier || format(') h%1$s ON h%1$s.entity = %2$s', number, entity));
        END IF;
    END LOOP;
    SELECT * INTO excluded FROM _innovation_score.exclusion_of(board, entity, looked_up);
    RETURN format(
        'SELECT %s, t._row[1] AS score, _innovation_score.facts(t._row, %s, %s, %L, t._gap, %s%s) AS _facts '
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
    SELECT format('SELECT %s, %s AS score, _innovation_score.decision_rank(t._decision) AS rank, '
                  '_innovation_score.decision_code(t._decision, 1) AS decision, '
                  'innovation_score.reason_text(_innovation_score.decision_reasons(t._decision, 1), %L) AS reasons, '
                  '_innovation_score.decision_batch(t._decision, 1) AS batch FROM (%s) t',
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
     '{rank,decision,reasons,batch,_gap,_required1,_qualifies1,_quota1,_columns1,_vals,_within,_facts,_decision,quality_errors}',
     '白名单 whitelist');

INSERT INTO scoreboard_column (name, comment) VALUES
    ('decision', '入选结论 listed（入选）, reserve（候补）, earlier（此前批次已入选）, rejected（未入选）'),
    ('reasons', '理由 reasons for the decision'),
    ('batch', '批次 batch in which the firm was listed earlier');

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

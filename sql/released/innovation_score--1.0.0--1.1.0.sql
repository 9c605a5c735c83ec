\echo Use "ALTER EXTENSION innovation_score UPDATE" to load this file. \quit
-- From 1.0.0 to 1.1.0: what tools/upgrade-script.awk does not find by itself.

-- guard: nothing that lies in the schema already may be taken for ours.
--
-- The functions of the extension look names up in its schema first, and some of them run
-- while it is being installed, with the rights of a superuser, also where a plain user
-- installs it. Whoever could put an operator or a function there beforehand, or from
-- another session meanwhile, would have it run with those rights (CVE-2022-2625 and its
-- like). So the schema must be empty, must belong to the owner of the extension, and
-- nobody else may create anything in it. Upgrade scripts begin with this, too: they leave
-- members of the extension aside, but for those of plain users, who may have added them.
DO $$
DECLARE
    script_path text := pg_catalog.current_setting('search_path');
    space record;
    culprit text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    SELECT n.oid, n.nspname AS name, n.nspowner AS owner, n.nspacl AS acl, o.rolsuper AS safe,
           e.extowner AS installer INTO STRICT space
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace JOIN pg_authid o ON o.oid = n.nspowner
    WHERE e.extname = 'innovation_score';

    SELECT string_agg(CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, ', ')
    INTO culprit
    FROM aclexplode(space.acl) a
    WHERE a.privilege_type = 'CREATE' AND a.grantee NOT IN (space.owner, space.installer);
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'schema "%" is open to others', space.name
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('What they put there could be taken for objects of the extension: %s.', culprit),
                  HINT = format('REVOKE CREATE ON SCHEMA %I FROM %s;', space.name, culprit);
    END IF;

    -- Whoever may create objects waits until we are through; what they created before
    -- must be visible here.
    IF NOT space.safe THEN
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE EXCEPTION 'the extension cannot be installed in a transaction with isolation level %',
                current_setting('transaction_isolation')
                USING ERRCODE = 'invalid_transaction_state', HINT = 'Use READ COMMITTED.';
        END IF;
        LOCK TABLE pg_type, pg_proc, pg_operator IN SHARE ROW EXCLUSIVE MODE;
    END IF;
    SELECT string_agg(pg_describe_object(d.classid, d.objid, 0), ', ') INTO culprit
    FROM pg_depend d
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = space.oid
      AND d.classid IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass,
                        'pg_collation'::regclass, 'pg_opclass'::regclass, 'pg_opfamily'::regclass)
      AND (NOT EXISTS (SELECT FROM pg_depend m
                       WHERE m.classid = d.classid AND m.objid = d.objid AND m.deptype = 'e'
                         AND m.refclassid = 'pg_extension'::regclass)
           OR EXISTS (SELECT FROM pg_shdepend o JOIN pg_authid r ON r.oid = o.refobjid
                      WHERE o.dbid = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())
                        AND o.classid = d.classid AND o.objid = d.objid AND o.deptype = 'o'
                        AND o.refclassid = 'pg_authid'::regclass AND NOT r.rolsuper));
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'schema "%" is not empty', space.name
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('What is there could be taken for objects of the extension: %s.', culprit),
                  HINT = 'Drop these objects, or move them to another schema, and install the extension again.';
    END IF;

    IF space.owner <> space.installer THEN
        RAISE NOTICE 'schema "%" belonged to %, and belongs to the owner of the extension now',
            space.name, pg_get_userbyid(space.owner);
        EXECUTE format('ALTER SCHEMA %I OWNER TO %I', space.name, pg_get_userbyid(space.installer));
    END IF;
    PERFORM set_config('search_path', script_path, true);
END
$$;

-- rows that only the extension writes come anew, from all parts
DELETE FROM restore_step;
DELETE FROM scoreboard_view;
DELETE FROM scoreboard_column;

-- ----- tables and types

ALTER TABLE scheme
    ADD COLUMN on_error text NOT NULL DEFAULT 'score',
    ADD CONSTRAINT scheme_on_error_check CHECK (on_error IN ('score', 'flag', 'exclude'));

ALTER TABLE scoreboard ADD COLUMN quality jsonb NOT NULL DEFAULT '{"on_error": "score", "rules": []}';

ALTER TABLE scoreboard_view ADD COLUMN keep text;

ALTER TYPE scoreboard_binding ADD ATTRIBUTE elements text[];

ALTER TABLE fitted_model ADD COLUMN medians float8[];

ALTER TABLE whitelist_rule
    ADD COLUMN rule text NOT NULL DEFAULT '',
    DROP CONSTRAINT whitelist_rule_pkey,
    ADD CONSTRAINT whitelist_rule_pkey PRIMARY KEY (scoreboard, rule);

-- ----- functions whose parameters or results are others now

DROP FUNCTION _bind_values(scoreboard, text, text[]);
DROP FUNCTION _decided_rows(scoreboard, text);
DROP FUNCTION _frozen_model_query(scoreboard, scoreboard_binding);
DROP FUNCTION _ranking_query(scoreboard, scoreboard_binding);
DROP FUNCTION _whitelist_query(scoreboard, scoreboard_binding);

-- of 50_score

CREATE FUNCTION _expression_columns(expression text) RETURNS text[]
    AS 'MODULE_PATHNAME', 'expression_columns' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _expression_columns(text) IS
'internal: the columns that an expression names, as pairs of relation (empty: none) and column';

CREATE FUNCTION _is_immutable(query text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'query_is_immutable' LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _is_immutable(text) IS
'internal: whether a query, which is not run, calls immutable functions only';

-- of 65_dump

COMMENT ON FUNCTION _dump_table(text, numeric, text, text) IS
    'internal: for install and upgrade scripts: the rows of a table that pass the filter are dumped and restored';

-- of 70_scheme

COMMENT ON COLUMN scheme.on_error IS
    '数据质量错误的处理 firms that violate quality rules of severity error: score (scored like others), flag (scored, and '
    'the views say so), exclude (left out: no score, not part of the sample)';

CREATE OR REPLACE FUNCTION _scheme_before_insert() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.origin = 'shipped' OR NEW.origin = 'user' AND NOT _is_restored() THEN
        NEW.origin := 'user';
        RETURN NEW;
    END IF;
    -- updated in place, not replaced: other rows may refer to it already
    UPDATE scheme s
    SET title = NEW.title, parent = NEW.parent, extreme = NEW.extreme, adjust = NEW.adjust, missing = NEW.missing,
        aggregation = NEW.aggregation, floor = NEW.floor, min_coverage = NEW.min_coverage,
        full_marks = NEW.full_marks, provisional = NEW.provisional, source = NEW.source, origin = NEW.origin,
        on_error = NEW.on_error
    WHERE s.scheme = NEW.scheme AND s.origin = 'shipped';
    IF NOT FOUND THEN
        RETURN NEW;
    END IF;
    DELETE FROM quality_rule q WHERE q.scheme = NEW.scheme;
    DELETE FROM indicator i WHERE i.scheme = NEW.scheme;
    DELETE FROM category c WHERE c.scheme = NEW.scheme;
    DELETE FROM stage t WHERE t.scheme = NEW.scheme;
    RETURN NULL;
END
$$;

SELECT _dump_table('scheme', 1,
    $$n.parent IS NULL OR n.parent IN (
        WITH RECURSIVE known(scheme) AS (
            SELECT s.scheme FROM scheme s UNION SELECT w.scheme FROM waiting w WHERE w.parent IS NULL
            UNION SELECT w.scheme FROM known k JOIN waiting w ON w.parent = k.scheme),
        waiting AS (SELECT (r.content::scheme).* FROM restored r WHERE r.relation = 'scheme')
        SELECT k.scheme FROM known k)$$,
    $$WHERE origin <> 'shipped'$$);

SELECT _dump_table('category', 2,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')
      AND (n.parent IS NULL OR (n.scheme, n.parent) IN (
        WITH RECURSIVE known(scheme, category) AS (
            SELECT c.scheme, c.category FROM category c
            UNION SELECT w.scheme, w.category FROM waiting w WHERE w.parent IS NULL
            UNION SELECT w.scheme, w.category FROM known k JOIN waiting w
                ON w.scheme = k.scheme AND w.parent = k.category),
        waiting AS (SELECT (r.content::category).* FROM restored r WHERE r.relation = 'category')
        SELECT k.scheme, k.category FROM known k))$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);

SELECT _dump_table('stage', 3,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);

SELECT _dump_table('indicator', 4,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')
      AND (n.category IS NULL OR (n.scheme, n.category) IN (SELECT c.scheme, c.category FROM category c))$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);

SELECT _dump_table('weight', 5,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')
      AND (n.scheme, n.indicator) IN (SELECT i.scheme, i.indicator FROM indicator i)$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);

SELECT _dump_table('category_weight', 5.5,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')
      AND (n.scheme, n.category) IN (SELECT c.scheme, c.category FROM category c)$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);

-- of 72_scheme_model

CREATE OR REPLACE FUNCTION derive_scheme(new text, parent text, title text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    p scheme := _require_scheme($2);
BEGIN
    IF $1 IS NULL OR $1 = '' THEN
        RAISE EXCEPTION 'the new scheme needs a code' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF EXISTS (SELECT FROM scheme s WHERE s.scheme = $1) THEN
        RAISE EXCEPTION 'scheme "%" exists already', $1 USING ERRCODE = 'duplicate_object';
    END IF;
    INSERT INTO scheme (scheme, title, parent, extreme, adjust, missing, aggregation, floor, min_coverage,
                        full_marks, provisional, source, on_error)
    VALUES ($1, COALESCE($3, p.title), p.scheme, p.extreme, p.adjust, p.missing, p.aggregation, p.floor, p.min_coverage,
            p.full_marks, p.provisional, p.source, p.on_error);
    INSERT INTO category (scheme, category, title, role, max_points, position, parent, aggregation, min_coverage)
    SELECT $1, c.category, c.title, c.role, c.max_points, c.position, c.parent, c.aggregation, c.min_coverage
    FROM category c WHERE c.scheme = p.scheme;
    INSERT INTO indicator (scheme, indicator, category, title, unit, definition, direction, extreme,
                           adjust, transform, missing, position)
    SELECT $1, i.indicator, i.category, i.title, i.unit, i.definition, i.direction, i.extreme,
           i.adjust, i.transform, i.missing, i.position
    FROM indicator i WHERE i.scheme = p.scheme;
    INSERT INTO stage (scheme, stage, title, position)
    SELECT $1, t.stage, t.title, t.position FROM stage t WHERE t.scheme = p.scheme;
    INSERT INTO weight (scheme, stage, indicator, weight)
    SELECT $1, w.stage, w.indicator, w.weight FROM weight w WHERE w.scheme = p.scheme;
    INSERT INTO category_weight (scheme, stage, category, weight)
    SELECT $1, w.stage, w.category, w.weight FROM category_weight w WHERE w.scheme = p.scheme;
    INSERT INTO quality_rule (scheme, rule, severity, condition, message)
    SELECT $1, q.rule, q.severity, q.condition, q.message FROM quality_rule q WHERE q.scheme = p.scheme;
END
$$;

CREATE OR REPLACE FUNCTION scheme_problems(scheme text)
RETURNS TABLE (severity text, object text, problem text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    code text := (_require_scheme($1)).scheme;
    model score_model;
BEGIN
    RETURN QUERY
        SELECT p.severity, p.object, p.problem
        FROM (SELECT * FROM _structure_problems(code)
              UNION ALL
              SELECT * FROM _weight_problems(code)
              UNION ALL
              SELECT * FROM _rule_problems(code)) p
        ORDER BY array_position(ARRAY['error', 'warning', 'notice'], p.severity),
                 p.object COLLATE "C", p.problem COLLATE "C";
    BEGIN
        model := scheme_model(code);
    EXCEPTION WHEN invalid_parameter_value OR object_not_in_prerequisite_state THEN
        -- what the checks above have not said, the model's own checks say
        IF NOT EXISTS (SELECT FROM _structure_problems(code) p WHERE p.severity = 'error'
                       UNION ALL
                       SELECT FROM _weight_problems(code) p WHERE p.severity = 'error') THEN
            RETURN QUERY SELECT 'error', format('scheme %s', code), SQLERRM;
        END IF;
        RETURN;
    END;
    -- scoreboards are built above schemes; they say themselves which of them lag behind
    RETURN QUERY
        SELECT 'warning', format('scoreboard %s', b.scoreboard),
               'was built before the scheme was changed: run innovation_score.rebuild_scoreboard()'
        FROM _stale_scoreboards(code, model) b;
END
$$;

-- of 73_scheme_document

CREATE OR REPLACE FUNCTION _scheme_parts() RETURNS TABLE (part name, place bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 6
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT c.relname, p.place
    FROM unnest('{stage,category,category_weight,indicator,weight,quality_rule}'::name[])
        WITH ORDINALITY AS p(part, place)
    JOIN pg_class c ON c.relname = p.part AND c.relnamespace = 'innovation_score'::regnamespace
$$;

CREATE OR REPLACE FUNCTION _insert_part(part name, contents jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    command text := format('INSERT INTO %1$I SELECT * FROM jsonb_populate_recordset(NULL::%1$I, $1)', part);
    message text;
    detail text;
    hint text;
    element record;
BEGIN
    EXECUTE command USING contents;
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR feature_not_supported OR syntax_error
    OR undefined_column OR undefined_function OR undefined_parameter OR datatype_mismatch OR grouping_error
    OR windowing_error OR invalid_object_definition THEN       -- what conditions are refused with, too
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    FOR element IN
        SELECT e.content, e.place FROM jsonb_array_elements(contents) WITH ORDINALITY AS e(content, place)
        ORDER BY e.place
    LOOP
        DECLARE
            same_message text;
            same_detail text;
        BEGIN
            EXECUTE command USING jsonb_build_array(element.content);
        EXCEPTION WHEN data_exception OR integrity_constraint_violation OR feature_not_supported OR syntax_error
    OR undefined_column OR undefined_function OR undefined_parameter OR datatype_mismatch OR grouping_error
    OR windowing_error OR invalid_object_definition THEN       -- what conditions are refused with, too
            GET STACKED DIAGNOSTICS same_message = MESSAGE_TEXT, same_detail = PG_EXCEPTION_DETAIL;
            IF (same_message, same_detail) = (message, detail) THEN
                message := format('%s of the document: %s',
                                  _element_label(part, element.content, element.place), message);
                EXIT;
            END IF;
        END;
    END LOOP;
    RAISE EXCEPTION USING
        ERRCODE = 'invalid_parameter_value', MESSAGE = left(message, 500),      -- it may quote a number of any length
        DETAIL = COALESCE(NULLIF(detail, ''), 'The row does not fit into the table.'),
        HINT = COALESCE(NULLIF(hint, ''), 'Correct the document; nothing of it has been loaded.');
END
$$;

-- quality, rules: what the values of one firm must satisfy. 91_quality.sql checks
-- conditions when they are written and puts them into the views of scoreboards.

CREATE TABLE quality_rule (
    scheme    text NOT NULL,
    rule      text NOT NULL,
    severity  text NOT NULL DEFAULT 'error',
    condition text NOT NULL,
    message   text,
    CONSTRAINT quality_rule_pkey PRIMARY KEY (scheme, rule),
    CONSTRAINT quality_rule_scheme_fkey FOREIGN KEY (scheme) REFERENCES scheme
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT quality_rule_code_check CHECK (rule <> ''),
    CONSTRAINT quality_rule_severity_check CHECK (severity IN ('error', 'warning'))
);

COMMENT ON TABLE quality_rule IS '数据质量规则 quality rules: what the values of one firm must satisfy, scheme by scheme';
COMMENT ON COLUMN quality_rule.scheme IS '积分体系 scheme';
COMMENT ON COLUMN quality_rule.rule IS '规则代码 code of the rule';
COMMENT ON COLUMN quality_rule.severity IS
    '严重程度 error (错误: cannot be true; scheme.on_error says what becomes of the firm), warning (警告: to be looked at)';
COMMENT ON COLUMN quality_rule.condition IS
    '条件 SQL condition over the codes of the indicators; violated if it is false, not if it is NULL';
COMMENT ON COLUMN quality_rule.message IS '提示 what is wrong where the condition is false';

SELECT _dump_table('quality_rule', 10,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);

GRANT SELECT ON quality_rule TO PUBLIC;

-- national-2024, quality rules: what its 18 indicators mean rules these values out
-- (error) or makes them unlikely (warning). The guideline gives none; they are this
-- product's. NaN and infinities are greater than or equal to Infinity: no sound value.
--
-- An update of the extension adds them to a scheme that nobody has changed.

INSERT INTO quality_rule (scheme, rule, severity, condition, message)
SELECT s.scheme, r.* FROM scheme s CROSS JOIN (VALUES
    -- shares and rates
    ('rd_intensity_negative', 'error', 'rd_intensity >= 0',
     '研发费用占营业收入的比例不应为负 the share of R&D expense in revenue cannot be negative'),
    ('rd_intensity_range', 'warning', 'rd_intensity BETWEEN 0 AND 1',
     '研发费用占营业收入的比例应在 0 至 1 之间，是否按百分数填写？ expected between 0 and 1: typed as a percentage?'),
    ('rd_intensity_consistent', 'error', 'abs(rd_intensity - rd_expense / revenue) <= 0.01',
     '研发费用占比与研发费用÷营业收入不一致 differs from R&D expense / revenue by more than 0.01'),
    ('rd_staff_share_range', 'error', 'rd_staff_share BETWEEN 0 AND 1',
     '科技人员占比应在 0 至 1 之间，是否按百分数填写？ must be between 0 and 1: typed as a percentage?'),
    ('postgraduate_share_range', 'error', 'postgraduate_share BETWEEN 0 AND 1',
     '研究生以上人员占比应在 0 至 1 之间，是否按百分数填写？ must be between 0 and 1: typed as a percentage?'),
    ('net_asset_margin_range', 'warning', 'net_asset_margin BETWEEN -10 AND 10',
     '净资产利润率超出 ±1000%，是否按百分数填写？ beyond ±1000 %: typed as a percentage?'),
    -- growth
    ('rd_expense_growth_floor', 'error', 'rd_expense_growth >= -1',
     '研发费用增速不应低于 −1 growth cannot be below -1 (-100 %)'),
    ('rd_expense_growth_plausible', 'warning', 'rd_expense_growth <= 100',
     '研发费用增速超过 100 倍，请核实 growth above 100 times: check it, or typed as a percentage?'),
    ('rd_expense_growth_consistent', 'warning',
     'abs(rd_expense_growth - growth_rate(rd_expense, previous.rd_expense)) <= 0.05',
     '研发费用增速与上期研发费用推算值不一致 differs from the growth since the previous period by more than 0.05'),
    ('revenue_growth_floor', 'error', 'revenue_growth >= -1',
     '营业收入增长率不应低于 −1 growth cannot be below -1 (-100 %)'),
    ('revenue_growth_plausible', 'warning', 'revenue_growth <= 100',
     '营业收入增长率超过 100 倍，请核实 growth above 100 times: check it, or typed as a percentage?'),
    ('revenue_growth_consistent', 'warning',
     'abs(revenue_growth - growth_rate(revenue, previous.revenue)) <= 0.05',
     '营业收入增长率与上期营业收入推算值不一致 differs from the growth since the previous period by more than 0.05'),
    -- amounts against each other
    ('hitech_revenue_total', 'error', 'hitech_revenue <= revenue',
     '高新技术产品收入不应超过营业收入 revenue of high-technology products cannot exceed revenue'),
    ('rd_tax_relief_total', 'warning', 'rd_tax_relief <= rd_expense',
     '研发费用加计扣除减免税额超过研发费用 the tax relief for R&D expense exceeds the expense'),
    ('pct_patents_total', 'warning', 'pct_patents <= invention_patents',
     'PCT专利申请量超过发明专利申请量，请核实 more PCT applications than invention patent applications: check'),
    ('patents_without_rd', 'warning', 'rd_expense > 0 OR invention_patents + pct_patents = 0',
     '有专利申请但无研发费用，请核实 patent applications without R&D expense: check')
) AS r(rule, severity, condition, message)
WHERE s.scheme = 'national-2024' AND s.origin = 'shipped'
UNION ALL
-- amounts of money
SELECT 'national-2024', i.indicator || '_amount', 'error', format('%1$I >= 0 AND %1$I < ''Infinity''', i.indicator),
       format('%s应为非负金额 must be an amount of 0 or more', i.title)
FROM indicator i JOIN scheme s USING (scheme)
WHERE i.scheme = 'national-2024' AND s.origin = 'shipped' AND i.unit = '万元'
UNION ALL
SELECT 'national-2024', i.indicator || '_unit', 'warning',
       format('same_unit(%1$I, median.%1$I, previous.%1$I)', i.indicator),
       format('%s疑似单位错误（元/万元） looks typed in yuan instead of ten thousand yuan', i.title)
FROM indicator i JOIN scheme s USING (scheme)
WHERE i.scheme = 'national-2024' AND s.origin = 'shipped' AND i.unit = '万元'
UNION ALL
-- counts
SELECT 'national-2024', i.indicator || '_count', 'error',
       format('%1$I >= 0 AND %1$I < ''Infinity'' AND %1$I = floor(%1$I)', i.indicator),
       format('%s应为非负整数 must be a whole number, 0 or more', i.title)
FROM indicator i JOIN scheme s USING (scheme)
WHERE i.scheme = 'national-2024' AND s.origin = 'shipped' AND i.unit IN ('件', '人', '个', '项');

-- not before: what is shipped changes nothing
CREATE TRIGGER quality_rule_changed AFTER INSERT OR UPDATE OR DELETE ON quality_rule
    FOR EACH ROW EXECUTE FUNCTION _scheme_part_changed();

-- of 78_scoreboard_view

COMMENT ON COLUMN scoreboard_view.keep IS
    'function (board scoreboard, binding scoreboard_binding) that keeps, when a scoreboard has been frozen, what the '
    'view then reads, and drops it when it is thawed; the view is remade after it. Views may share one. NULL: its text '
    'does not depend on whether the scoreboard is frozen';

INSERT INTO scoreboard_column (name, comment) VALUES
    ('stage', '企业发展阶段 stage'),
    ('coverage', '覆盖率 share of the weight whose values are present, 0 to 1'),
    ('rank', '名次 rank, 1 = highest, ties share'),
    ('stage_rank', '阶段内名次 rank within the stage'),
    ('percentile', '百分位 share of the scored firms at or below, 0 to 100'),
    ('model', '模型 model with the bounds of the group'),
    ('fitted_level', '拟合层级 number of peers that make the group whose bounds these are'),
    ('fitted_on', '拟合分组 columns that make the group whose bounds these are'),
    ('fitted_rows', '拟合样本数 rows of the source that the bounds were fitted on'),
    ('indicator', '二级指标代码 indicator'),
    ('title', '二级指标 title of the indicator'),
    ('category', '一级指标代码 category'),
    ('value', '指标值 value'),
    ('lower', '下界 lower bound of the normal range'),
    ('upper', '上界 upper bound of the normal range'),
    ('normalized', '标准化值 normalized value, 0 to 1'),
    ('weight', '满分值 the most points that the indicator can give'),
    ('points', '得分 points'),
    ('status', '状态 ok, below / above（极端值已调整）, missing（缺失）, imputed（已填补）, constant（无差异）');

-- of 80_scoreboard

COMMENT ON COLUMN scoreboard.quality IS '质量规则 quality rules of the scheme, and what becomes of errors, at that time';

SELECT _dump_table('scoreboard', 6, 'n.scheme IN (SELECT s.scheme FROM scheme s)');

CREATE OR REPLACE FUNCTION _lock_scoreboard(name text, path name[]) RETURNS scoreboard
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known text := _find_scoreboard(name, path);
    board scoreboard;
BEGIN
    SELECT * INTO board FROM scoreboard b WHERE b.scoreboard = known FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'scoreboard "%" does not exist', known
            USING ERRCODE = 'undefined_object', DETAIL = 'It was dropped a moment ago by another session.';
    END IF;
    RETURN board;
END
$$;

-- of 81_scoreboard_binding

COMMENT ON COLUMN scoreboard_binding.elements IS 'the values one by one in the order of the model, NULL where missing';

CREATE FUNCTION _bind_elements(board scoreboard, source text, columns text[]) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    label text;
    value text;
    code text;
    elements text[] := '{}';
BEGIN
    PERFORM _check_mapping(board, columns);
    IF board.long IS NOT NULL THEN
        IF jsonb_typeof(board.long) <> 'object'
           OR jsonb_typeof(board.long -> 'indicator') IS DISTINCT FROM 'string'
           OR jsonb_typeof(board.long -> 'value') IS DISTINCT FROM 'string'
           OR EXISTS (SELECT FROM jsonb_object_keys(board.long) k WHERE k NOT IN ('indicator', 'value')) THEN
            RAISE EXCEPTION 'long must name the indicator and the value column of the source'
                USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', board.long),
                      HINT = 'For example long => ''{"indicator": "code", "value": "amount"}''.';
        END IF;
        label := (_bind_scalar(board.search_path, source, columns, board.long ->> 'indicator',
                               'indicator column')).expression;
        value := _bind_number(board.search_path, source, columns, board.long ->> 'value', 'value column')
                 || '::double precision';
    END IF;
    FOREACH code IN ARRAY _model_codes(board.model, 'indicators') LOOP
        elements := elements || CASE
            WHEN board.mapping -> code = 'null' THEN 'NULL::double precision'
            WHEN board.long IS NOT NULL THEN
                format('innovation_score.single_value(%s) FILTER (WHERE %s::text = %L)',
                       value, label, COALESCE(board.mapping ->> code, code))
            ELSE _bind_number(board.search_path, source, columns, COALESCE(board.mapping ->> code, code),
                              format('indicator "%s"', code))
            END;
    END LOOP;
    RETURN elements;
END
$$;

CREATE FUNCTION _values_array(elements text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    -- A function takes at most 100 arguments.
    SELECT CASE WHEN cardinality(elements) > 100
                THEN (SELECT format('ARRAY[%s]', string_agg(e.text || '::double precision', ', ' ORDER BY e.place))
                      FROM unnest(elements) WITH ORDINALITY AS e(text, place))
                ELSE format('innovation_score.row_values(%s)', array_to_string(elements, ', ')) END
$$;

COMMENT ON FUNCTION _bind_elements(scoreboard, text, text[]) IS
    'internal: SQL text of the values of a row (of a firm''s rows in a long source), one by one';

COMMENT ON FUNCTION _values_array(text[]) IS 'internal: SQL text of such values as an array';

CREATE OR REPLACE FUNCTION _check_names(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    clash record;
BEGIN
    SELECT v.view, n.name, count(*) FILTER (WHERE n.ours) > 0 AS with_ours INTO clash
    FROM (SELECT k.kind AS view, k.place,
                 CASE k.source_names
                     WHEN 'group' THEN array_remove(binding.groups, 'stage')
                     WHEN 'key' THEN ARRAY[binding.entity, binding.period]
                     WHEN 'attributes' THEN ARRAY[binding.entity, binding.period] || binding.attributes
                     ELSE ARRAY[binding.entity, binding.period] || binding.shown END AS names
          FROM scoreboard_view k) AS v
    CROSS JOIN LATERAL (SELECT u, false FROM unnest(v.names) u
                        UNION ALL
                        SELECT u, true FROM unnest(_view_columns(board.model, v.view)) u) AS n(name, ours)
    WHERE n.name IS NOT NULL
    GROUP BY v.view, v.place, n.name
    HAVING count(*) > 1
    ORDER BY v.place, n.name COLLATE "C"
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" of the source % view %', clash.name,
                CASE WHEN clash.with_ours THEN 'clashes with a column of' ELSE 'would stand twice in' END,
                _view_name(board.scoreboard, clash.view)
            USING ERRCODE = 'duplicate_column',
                  HINT = 'Bind a view over the source that gives the column another name; an entity or period may be '
                         'written as an expression, such as (x), and is then called entity or period.';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION _bind(board scoreboard) RETURNS scoreboard_binding
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    path text := board.search_path;
    source text := _source_name(board.source);
    columns text[] := _source_columns(board.source);
    binding scoreboard_binding;
    bound bound_expression;
    stage_column text;
    item text;
    names text[];
    items text[];
    elements text[];
    row_values text;
BEGIN
    IF board.entity IS NULL THEN
        RAISE EXCEPTION 'the scoreboard needs an entity' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'Give the column or expression that tells the firms apart.';
    END IF;
    bound := _bind_scalar(path, source, columns, board.entity, 'entity');
    binding.entity := COALESCE(bound.name, 'entity');
    names := ARRAY[binding.entity];
    items := ARRAY[bound.expression];

    IF board.period IS NOT NULL THEN
        bound := _bind_scalar(path, source, columns, board.period, 'period');
        binding.period := COALESCE(bound.name, 'period');
        names := names || binding.period;
        items := items || bound.expression;
    END IF;

    bound := _bind_stage(board, source, columns);
    stage_column := CASE WHEN bound.name = 'stage' THEN bound.name END;
    names := names || 'stage'::text;
    items := items || bound.expression;

    -- a column that is asked for twice is shown once
    binding.peers := '{}';
    FOREACH item IN ARRAY COALESCE(board.peers, '{}') LOOP
        bound := _bind_column(path, source, columns, item, format('peer "%s"', item));
        CONTINUE WHEN bound.name = ANY (binding.peers)
                      OR bound.name IS NOT DISTINCT FROM binding.period AND NOT board.pooled;
        binding.peers := binding.peers || bound.name;
        CONTINUE WHEN bound.name = ANY (ARRAY[binding.period, stage_column]);
        names := names || bound.name;
        items := items || bound.expression;
    END LOOP;
    binding.attributes := '{}';
    FOREACH item IN ARRAY COALESCE(board.attributes, '{}') LOOP
        bound := _bind_column(path, source, columns, item, format('attribute "%s"', item));
        CONTINUE WHEN bound.name = ANY (ARRAY[binding.entity, binding.period, stage_column] || binding.attributes);
        binding.attributes := binding.attributes || bound.name;
        CONTINUE WHEN bound.name = ANY (binding.peers);
        names := names || bound.name;
        items := items || bound.expression;
    END LOOP;
    binding.groups := array_remove(CASE WHEN NOT board.pooled THEN binding.period END || binding.peers, NULL);
    binding.shown := array_remove(array_remove(binding.peers, stage_column), binding.period)
        || ARRAY(SELECT a FROM unnest(binding.attributes) WITH ORDINALITY AS u(a, place)
                 WHERE a <> ALL (binding.peers) ORDER BY place);
    PERFORM _check_reference(board, binding);
    PERFORM _check_names(board, binding);

    elements := _bind_elements(board, source, columns);
    row_values := _values_array(elements);
    binding.elements := ARRAY(SELECT e.text || '::double precision'
                              FROM unnest(elements) WITH ORDINALITY AS e(text, place) ORDER BY e.place);
    binding.items := (SELECT string_agg(format('%s AS %I', i.item, i.name), ', ' ORDER BY i.place)
                      FROM unnest(items, names) WITH ORDINALITY AS i(item, name, place));
    binding.source := source;
    binding.columns := columns;
    IF board.long IS NOT NULL THEN
        binding.source := format('(SELECT %s, %s AS _values FROM %s GROUP BY %s) pivot',
            binding.items, row_values, source,
            (SELECT string_agg(g::text, ', ') FROM generate_series(1, cardinality(names)) g));
        binding.items := _columns_of('pivot', names);
        binding.columns := names;
        row_values := 'pivot._values';
        binding.elements := ARRAY(SELECT format('NULLIF(pivot._values[%s], ''NaN''::double precision)', n)
                                  FROM generate_subscripts(elements, 1) AS n ORDER BY n);
    END IF;
    IF board.sample IS NOT NULL THEN
        binding.sample := _bind_condition(path, binding.source, binding.columns, board.sample, 'sample condition');
    END IF;
    binding.sample := NULLIF(concat_ws(' AND ', binding.sample, 'NOT ' || _excluded_rows(board, binding)), '');
    binding.items := concat_ws(', ', binding.items, _checked_values(board, binding, row_values));
    RETURN binding;
END
$$;

-- of 82_scoreboard_views

CREATE OR REPLACE FUNCTION _frozen_model_query(board scoreboard, binding scoreboard_binding, item text DEFAULT 'f.model AS model')
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s FROM innovation_score.fitted_model f WHERE f.scoreboard = %L OFFSET ''0''',
                  string_agg(CASE WHEN a.attname = 'model' AND a.attname <> ALL (_groups(binding)) THEN item
                                  WHEN a.attname <> ALL (_groups(binding)) THEN kept.name || ' AS ' || a.attname
                                  ELSE format('%s::%s%s AS %I', kept.name, format_type(a.atttypid, a.atttypmod),
                                              CASE WHEN a.attcollation NOT IN (0, t.typcollation)
                                                   THEN ' COLLATE ' || a.attcollation::regcollation END,
                                              a.attname) END, ', ' ORDER BY a.attnum),
                  board.scoreboard)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    CROSS JOIN LATERAL (SELECT CASE
        WHEN a.attname = ANY (binding.peers) THEN format('f.peers[%s]', array_position(binding.peers, a.attname::text))
        WHEN a.attname = binding.period THEN 'f.period'
        WHEN a.attname = 'fitted_on'
        THEN (SELECT format('CASE f.fitted_level %s END',
                            string_agg(format('WHEN %s THEN %L::text', l, _level_name(binding, l)), ' ' ORDER BY l))
              FROM generate_series(0, cardinality(binding.peers)) l)
        ELSE 'f.' || a.attname END) AS kept(name)
    WHERE a.attrelid = _view_name(board.scoreboard, 'model')::regclass AND a.attnum > 0
$$;

COMMENT ON FUNCTION _frozen_model_query(scoreboard, scoreboard_binding, text) IS
    'internal: text of the view _model that reads the fitted models, or something kept with them, of a frozen scoreboard';

CREATE OR REPLACE FUNCTION _score_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, %s, t._row[2] AS coverage FROM (SELECT %s, %s FROM %s) t',
                  _columns_of('t', names.list), _score_columns(board.model, 't._row[%s]'),
                  _columns_of('s', names.list), _score_row(board, binding), _rows_with_model(board, binding))
    FROM (SELECT ARRAY[binding.entity, binding.period] || binding.shown || 'stage'::text || _flag_columns(board) AS list)
        names
$$;

CREATE FUNCTION _rank_place(model score_model) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT 4 + cardinality(_model_codes(model, 'categories'))
$$;

COMMENT ON FUNCTION _rank_place(score_model) IS 'internal: the first of the ranks in what ranked_row() gives';

CREATE OR REPLACE FUNCTION _ranking_query(board scoreboard, binding scoreboard_binding, more text DEFAULT '') RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %1$s, %2$s, u._row[2] AS coverage, u._row[%3$s]::bigint AS rank, '
                  'u._row[%4$s]::bigint AS stage_rank, '
                  '100.0::double precision * (u._row[%5$s] - u._row[%3$s] + 1) / u._row[%5$s] AS percentile%11$s '
                  'FROM (SELECT %6$s, innovation_score.ranked_row(t._row) OVER w AS _row '
                  'FROM (SELECT %7$s, %8$s FROM %9$s) t WINDOW w AS (%10$s)) u',
                  _columns_of('u', names.list),
                  _score_columns(board.model, 'innovation_score.score_numeric(u._row[%s])::numeric(9,4)'),
                  place.ranks, place.ranks + 1, place.ranks + 2,
                  _columns_of('t', names.list),
                  _columns_of('s', names.list), _score_row(board, binding), _rows_with_model(board, binding),
                  'PARTITION BY ' || _columns_of('t', ARRAY[binding.period]), more)
    FROM (SELECT ARRAY[binding.entity, binding.period] || binding.shown || 'stage'::text || _flag_columns(board) AS list)
        names
    CROSS JOIN (SELECT _rank_place(board.model) AS ranks) place
$$;

COMMENT ON FUNCTION _ranking_query(scoreboard, scoreboard_binding, text) IS
    'internal: text of the view _ranking, with more columns over its rows u';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('model', 10, '_model_query', 'group', false, '{fitted_level,fitted_on,fitted_rows,model,_values}', '各组拟合模型 fitted models'),
    ('score', 20, '_score_query', 'all', true, '{quality_errors}', '得分 scores'),
    ('detail', 30, '_detail_query', 'key', false,
     '{stage,indicator,category,value,lower,upper,normalized,weight,points,status,title,_values}',
     '得分明细 points of every indicator'),
    ('ranking', 40, '_ranking_query', 'all', true, '{rank,stage_rank,percentile,quality_errors}', '排名 ranking');

CREATE OR REPLACE FUNCTION _create_views(board scoreboard, binding scoreboard_binding, views text[], create_command text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    view text;
    name text;
BEGIN
    FOREACH view IN ARRAY views LOOP
        name := _view_name(board.scoreboard, view);
        PERFORM _run(_view_path(board, view), format('%s %s%s AS %s', create_command, name, _view_options(name),
                                               _view_query(board, binding, view)));
    END LOOP;
END
$$;

-- of 83_scoreboard_functions

CREATE OR REPLACE FUNCTION _create_scoreboard(board scoreboard, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    binding scoreboard_binding;
BEGIN
    board.scoreboard := _new_scoreboard_name(board.scoreboard, path);
    board.scheme := (_require_scheme(board.scheme)).scheme;
    board.model := scheme_model(board.scheme);
    board.search_path := COALESCE((SELECT string_agg(quote_ident(p.name), ', ' ORDER BY p.place)
                                   FROM unnest(path) WITH ORDINALITY AS p(name, place)), '');
    board.mapping := COALESCE(board.mapping, '{}');
    board.peers := COALESCE(board.peers, '{}');
    board.attributes := COALESCE(board.attributes, '{}');
    board.pooled := COALESCE(board.pooled, false);
    board.comments := '{}';
    board.quality := _scheme_quality(board.scheme);
    board.search_path := _board_path(board);
    binding := _bind(board);
    INSERT INTO scoreboard SELECT board.*;
    PERFORM _create_views(board, binding, _view_suffixes(board.scoreboard), 'CREATE VIEW');
    PERFORM _put_comments(board, binding, '{}');
END
$$;

CREATE OR REPLACE FUNCTION create_scoreboard(name text, scheme text, source regclass, entity text, stage text DEFAULT NULL,
                                  period text DEFAULT NULL, peers text[] DEFAULT '{}',
                                  attributes text[] DEFAULT '{}', mapping jsonb DEFAULT '{}',
                                  long jsonb DEFAULT NULL, sample text DEFAULT NULL,
                                  pooled boolean DEFAULT false, min_peers integer DEFAULT NULL)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._create_scoreboard(
        ROW(name, scheme, source, entity, stage, period, peers, attributes, mapping, long, NULL, NULL, NULL, NULL,
            sample, pooled, min_peers, NULL)::innovation_score.scoreboard,
        pg_catalog.current_schemas(false))
$$;

CREATE OR REPLACE FUNCTION _rebuild_scoreboard(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    old scoreboard := _lock_scoreboard(name, path);
    board scoreboard := old;
    binding scoreboard_binding;
    kept jsonb := _user_comments(old);
    -- an earlier version did not keep what a view that is new needs
    keep boolean := EXISTS (SELECT FROM _views_of(old.scoreboard) v JOIN scoreboard_view k USING (kind)
                            WHERE k.keep IS NOT NULL AND to_regclass(_view_name(old.scoreboard, v.suffix)) IS NULL);
BEGIN
    board.model := scheme_model(board.scheme);
    board.quality := _scheme_quality(board.scheme);
    board.search_path := _board_path(board);
    board.frozen_at := NULL;
    binding := _bind(board);
    UPDATE scoreboard b SET model = board.model, quality = board.quality, search_path = board.search_path
    WHERE b.scoreboard = board.scoreboard;
    PERFORM _replace_views(board, binding, _view_suffixes(board.scoreboard));
    IF old.frozen_at IS NOT NULL THEN
        IF board.model <> old.model OR _fits_differently(board.quality, old.quality) THEN
            RAISE NOTICE 'scoreboard % is frozen and its scheme has changed: it is fitted again', board.scoreboard;
            PERFORM _fit_groups(board, binding);
            board.frozen_at := now();
            keep := true;
        ELSE
            board.frozen_at := old.frozen_at;
            IF _needs_medians(board.quality, old.quality) THEN
                PERFORM _fit_medians(board, binding);
            END IF;
        END IF;
        UPDATE scoreboard b SET frozen_at = board.frozen_at WHERE b.scoreboard = board.scoreboard;
        PERFORM _replace_views(board, binding, _fitted_views(board));
        PERFORM _keep_for_views(board, binding, keep);
    END IF;
    PERFORM _put_comments(board, binding, kept);
END
$$;

CREATE OR REPLACE FUNCTION _stale_scoreboards(code text, model score_model) RETURNS TABLE (scoreboard text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    -- schemes are for everyone to read, scoreboards are not
    IF has_table_privilege('innovation_score.scoreboard', 'SELECT') THEN
        RETURN QUERY SELECT b.scoreboard FROM scoreboard b WHERE b.scheme = $1
                     AND (b.model <> $2 OR b.quality <> _scheme_quality(b.scheme))
                     ORDER BY b.scoreboard COLLATE "C";
    END IF;
END
$$;

CREATE OR REPLACE TRIGGER scheme_notify AFTER UPDATE OF scheme, title, extreme, adjust, missing, aggregation, floor,
                                             min_coverage, full_marks, provisional, on_error ON scheme
    FOR EACH ROW EXECUTE FUNCTION _notify_scoreboards();

-- of 84_scheme_lock

CREATE FUNCTION _create_lock_triggers() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT p.part, e.event, e.transition, format('%s_lock_%s', p.part, e.name) AS name
        FROM _scheme_parts() p CROSS JOIN (VALUES
            ('insert', 'AFTER INSERT', 'REFERENCING NEW TABLE AS new_rows'),
            ('update', 'AFTER UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
            ('delete', 'AFTER DELETE', 'REFERENCING OLD TABLE AS old_rows'),
            ('truncate', 'BEFORE TRUNCATE', '')) AS e(name, event, transition)
        WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = format('%I', p.part)::regclass
                          AND t.tgname = format('%s_lock_%s', p.part, e.name))
        ORDER BY p.place
    LOOP
        EXECUTE format('CREATE TRIGGER %I %s ON %I %s FOR EACH STATEMENT EXECUTE FUNCTION _lock_scheme_part()',
                       due.name, due.event, due.part, due.transition);
    END LOOP;
END
$$;

COMMENT ON FUNCTION _create_lock_triggers() IS
    'internal: for install and upgrade scripts: the locks of the parts of a scheme that have none yet';

SELECT _create_lock_triggers();

-- of 85_freeze

COMMENT ON COLUMN fitted_model.medians IS
    '中位数 medians of the group that quality rules refer to, in the model''s order of indicators; NULL where none does';

SELECT _dump_table('fitted_model', 7, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');

CREATE FUNCTION _group_texts(board scoreboard, binding scoreboard_binding, OUT period text, OUT peers text[])
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.pooled THEN 'NULL' ELSE COALESCE('s.' || quote_ident(binding.period), 'NULL') END || '::text',
           ARRAY(SELECT format('s.%I::text', p)
                 FROM unnest(binding.peers) WITH ORDINALITY AS u(p, place) ORDER BY place)
$$;

COMMENT ON FUNCTION _group_texts(scoreboard, scoreboard_binding) IS
    'internal: SQL text of the period and the peers of a row s as fitted_model has them';

CREATE OR REPLACE FUNCTION _fit_groups(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    groups text[];
    period text := (_group_texts(board, binding)).period;
    peers text[] := (_group_texts(board, binding)).peers;
    peer_values text;
    finest integer := cardinality(binding.peers);
    coarsest integer := CASE WHEN board.min_peers IS NULL THEN finest ELSE 0 END;
    pass integer := 1;
    fitted bigint;
    due bigint;
BEGIN
    DELETE FROM fitted_model f WHERE f.scoreboard = board.scoreboard;
    FOR level IN REVERSE finest .. coarsest LOOP        -- an empty source has no model
        groups := _level_groups(binding, level);
        peer_values := format('ARRAY[%s]::text[]', array_to_string(peers[1:level], ', '));
        PERFORM _run(board.search_path, format(
            'INSERT INTO innovation_score.fitted_model (scoreboard, period, peers, model, fitted_level, fitted_rows) '
            'SELECT %L, %s, %s, innovation_score.fit(%L::innovation_score.score_model, VARIADIC s._values), '
            '%s, pg_catalog.count(*) FROM %s WHERE %s%s HAVING pg_catalog.count(*) >= %s',
            board.scoreboard, period, peer_values, board.model::text, level, _sample_rows(binding),
            _known_groups(groups), ' GROUP BY ' || _columns_of('s', groups),
            CASE WHEN level > coarsest THEN board.min_peers ELSE 1 END));
    END LOOP;
    LOOP
        SELECT count(*) FILTER (WHERE is_fitted(f.model)), count(*) FILTER (WHERE NOT is_fitted(f.model))
        INTO fitted, due FROM fitted_model f WHERE f.scoreboard = board.scoreboard;
        RAISE NOTICE 'scoreboard %: pass % over the source, % of % groups fitted',
            board.scoreboard, pass, fitted, fitted + due;
        EXIT WHEN due = 0;
        IF pass >= 100 THEN
            RAISE EXCEPTION 'fitting scoreboard % does not come to an end', board.scoreboard
                USING ERRCODE = 'internal_error';
        END IF;
        pass := pass + 1;
        FOR level IN REVERSE finest .. coarsest LOOP
            CONTINUE WHEN NOT EXISTS (SELECT FROM fitted_model f WHERE f.scoreboard = board.scoreboard
                                      AND f.fitted_level = level AND NOT is_fitted(f.model));
            peer_values := format('ARRAY[%s]::text[]', array_to_string(peers[1:level], ', '));
            PERFORM _run(board.search_path, format(
                'UPDATE innovation_score.fitted_model f SET model = g.model '
                'FROM (SELECT %1$s AS period, %2$s AS peers, '
                'innovation_score.fit(f.model, VARIADIC s._values) AS model '
                'FROM %3$s JOIN innovation_score.fitted_model f ON f.scoreboard = %4$L '
                'AND f.period IS NOT DISTINCT FROM %1$s AND f.peers = %2$s '
                'AND NOT innovation_score.is_fitted(f.model) '
                'WHERE %5$s GROUP BY 1, 2) g '
                'WHERE f.scoreboard = %4$L AND f.period IS NOT DISTINCT FROM g.period AND f.peers = g.peers',
                period, peer_values, _sample_rows(binding), board.scoreboard,
                _known_groups(_level_groups(binding, level))));
        END LOOP;
    END LOOP;
    IF board.sample IS NOT NULL AND fitted = 0 THEN
        RAISE EXCEPTION 'no row of the source meets the sample condition of scoreboard %', board.scoreboard
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('It is %s.', board.sample),
                  HINT = 'There is nothing to fit the bounds on: drop the scoreboard and create it with '
                         'another sample.';
    END IF;
    IF board.min_peers IS NOT NULL THEN
        PERFORM _run(board.search_path, format(
            'INSERT INTO innovation_score.fitted_model (scoreboard, period, peers, model, fitted_level, fitted_rows) '
            'SELECT %1$L, b.* FROM (SELECT DISTINCT ON (g.period, g.peers) '
            'g.period, g.peers, f.model, f.fitted_level, f.fitted_rows '
            'FROM (SELECT %2$s AS period, %3$s AS peers FROM %4$s WHERE %5$s GROUP BY %6$s) g '
            'CROSS JOIN pg_catalog.generate_series(0, %7$s) level JOIN innovation_score.fitted_model f '
            'ON f.scoreboard = %1$L AND f.period IS NOT DISTINCT FROM g.period AND f.peers = g.peers[1:level] '
            'ORDER BY g.period, g.peers, f.fitted_level DESC) b WHERE b.fitted_level < %7$s',
            board.scoreboard, period, format('ARRAY[%s]::text[]', array_to_string(peers, ', ')), _rows(binding),
            _known_groups(_groups(binding)), _columns_of('s', _groups(binding)), finest));
        DELETE FROM fitted_model f WHERE f.scoreboard = board.scoreboard AND cardinality(f.peers) < finest;
    END IF;
    PERFORM _fit_medians(board, binding);
END
$$;

CREATE FUNCTION _keep_for_views(board scoreboard, binding scoreboard_binding, anew boolean) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    keeper text;
    views text[];
BEGIN
    FOR keeper IN SELECT v.keep FROM scoreboard_view v WHERE v.keep IS NOT NULL AND anew
                  GROUP BY 1 ORDER BY min(v.place) LOOP
        EXECUTE format('SELECT innovation_score.%I($1, $2)', keeper) USING board, binding;
    END LOOP;
    views := ARRAY(SELECT v.suffix FROM _views_of(board.scoreboard) v JOIN scoreboard_view k USING (kind)
                   WHERE k.keep IS NOT NULL ORDER BY v.place);
    IF views <> '{}' THEN
        PERFORM _replace_views(board, binding, views);
    END IF;
END
$$;

COMMENT ON FUNCTION _keep_for_views(scoreboard, scoreboard_binding, boolean) IS
    'internal: has the views that differ for frozen scoreboards keep or drop what they need, if anew, and remakes them';

CREATE OR REPLACE FUNCTION _freeze_scoreboard(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(name, path);
    binding scoreboard_binding := _bind(board);
    kept jsonb := _user_comments(board);
BEGIN
    IF to_regclass(_view_name(board.scoreboard, 'model')) IS NULL THEN
        RAISE EXCEPTION 'view % does not exist', _view_name(board.scoreboard, 'model')
            USING ERRCODE = 'undefined_table', HINT = 'Run innovation_score.rebuild_scoreboard() first.';
    END IF;
    PERFORM _fit_groups(board, binding);
    board.frozen_at := now();
    UPDATE scoreboard b SET frozen_at = board.frozen_at WHERE b.scoreboard = board.scoreboard;
    PERFORM _replace_views(board, binding, _fitted_views(board));
    PERFORM _keep_for_views(board, binding, true);
    PERFORM _put_comments(board, binding, kept);
END
$$;

CREATE OR REPLACE FUNCTION _thaw_scoreboard(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(name, path);
    binding scoreboard_binding := _bind(board);
    kept jsonb := _user_comments(board);
BEGIN
    IF board.frozen_at IS NULL THEN
        RAISE NOTICE 'scoreboard % is not frozen', board.scoreboard;
        RETURN;
    END IF;
    board.frozen_at := NULL;
    UPDATE scoreboard b SET frozen_at = NULL WHERE b.scoreboard = board.scoreboard;
    DELETE FROM fitted_model f WHERE f.scoreboard = board.scoreboard;
    PERFORM _replace_views(board, binding, _fitted_views(board));
    PERFORM _keep_for_views(board, binding, true);
    PERFORM _put_comments(board, binding, kept);
END
$$;

-- review: proposals that experts rate. Trimmed means and Kendall's W (src/review.c), and
-- the views between a table of ratings and a scoreboard: what is counted, what experts
-- are like, how far they agree, and a row a proposal.

CREATE FUNCTION _trim_share_accumulate(state internal, value float8, share float8) RETURNS internal
    AS 'MODULE_PATHNAME', 'trim_share_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _trim_count_accumulate(state internal, value float8, drop_n integer) RETURNS internal
    AS 'MODULE_PATHNAME', 'trim_count_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _trim_final(state internal) RETURNS float8
    AS 'MODULE_PATHNAME', 'trim_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION _trim_share_accumulate(internal, float8, float8) IS
    'internal: transition function of trimmed_mean with a share';
COMMENT ON FUNCTION _trim_count_accumulate(internal, float8, integer) IS
    'internal: transition function of trimmed_mean with a number';
COMMENT ON FUNCTION _trim_final(internal) IS 'internal: final function of trimmed_mean';

-- A state is all of its values, so workers would gain nothing by states of their own.
CREATE AGGREGATE trimmed_mean(value float8, share float8) (
    SFUNC = _trim_share_accumulate,
    STYPE = internal,
    SSPACE = 1024,
    FINALFUNC = _trim_final,
    PARALLEL = RESTRICTED
);

CREATE AGGREGATE trimmed_mean(value float8, drop_n integer) (
    SFUNC = _trim_count_accumulate,
    STYPE = internal,
    SSPACE = 1024,
    FINALFUNC = _trim_final,
    PARALLEL = RESTRICTED
);

COMMENT ON AGGREGATE trimmed_mean(float8, float8) IS
    'mean without a share (0 to 0.5) of the values at each end; at 0.5 the median; rounded once';
COMMENT ON AGGREGATE trimmed_mean(float8, integer) IS
    'mean without the n highest and the n lowest values, at most so many that the median is left; rounded once';

CREATE TYPE kendall_agreement AS (
    judges     bigint,
    items      bigint,
    w          float8,
    chi_square float8,
    df         bigint,
    p_value    float8
);

COMMENT ON TYPE kendall_agreement IS '评审一致性 agreement of judges who rank the same items';
COMMENT ON COLUMN kendall_agreement.judges IS '专家数 judges who rated anything';
COMMENT ON COLUMN kendall_agreement.items IS '对象数 items that all of them rated';
COMMENT ON COLUMN kendall_agreement.w IS '肯德尔和谐系数 Kendall''s W with ties corrected: 0 none, 1 full agreement';
COMMENT ON COLUMN kendall_agreement.chi_square IS '卡方 judges * (items - 1) * W';
COMMENT ON COLUMN kendall_agreement.df IS '自由度 items - 1';
COMMENT ON COLUMN kendall_agreement.p_value IS
    '显著性 probability of as much agreement by chance (chi-squared approximation)';

CREATE FUNCTION _kendall_w_accumulate(state internal, ratings float8[]) RETURNS internal
    AS 'MODULE_PATHNAME', 'kendall_w_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _kendall_w_final(state internal) RETURNS kendall_agreement
    AS 'MODULE_PATHNAME', 'kendall_w_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION _kendall_w_accumulate(internal, float8[]) IS 'internal: transition function of kendall_w';
COMMENT ON FUNCTION _kendall_w_final(internal) IS 'internal: final function of kendall_w';

CREATE AGGREGATE kendall_w(ratings float8[]) (
    SFUNC = _kendall_w_accumulate,
    STYPE = internal,
    SSPACE = 8192,
    FINALFUNC = _kendall_w_final,
    PARALLEL = RESTRICTED
);

COMMENT ON AGGREGATE kendall_w(float8[]) IS
    'Kendall''s W, how far judges agree: an array a judge with a rating of every item, NULL where there is none';

-- Reviews.

CREATE TYPE review_binding AS (
    review      text,
    proposal    text,
    expert      text,
    source      text,
    conflicts   text,
    codes       text[],
    titles      text[],
    trim        text,
    dropped     text,
    min_experts integer,
    counted     text
);

COMMENT ON TYPE review_binding IS 'internal: names and SQL text that the views of a review are composed of';
COMMENT ON COLUMN review_binding.review IS 'full name';
COMMENT ON COLUMN review_binding.proposal IS 'name of the column of the proposal, quoted';
COMMENT ON COLUMN review_binding.expert IS 'name of the column of the expert, quoted';
COMMENT ON COLUMN review_binding.source IS 'FROM item of the ratings';
COMMENT ON COLUMN review_binding.conflicts IS 'FROM item of the conflicts of interest';
COMMENT ON COLUMN review_binding.codes IS 'the criteria';
COMMENT ON COLUMN review_binding.titles IS 'their titles';
COMMENT ON COLUMN review_binding.trim IS 'second argument of trimmed_mean';
COMMENT ON COLUMN review_binding.dropped IS 'what that drops at each end of n values';
COMMENT ON COLUMN review_binding.min_experts IS 'so many experts make a rating';
COMMENT ON COLUMN review_binding.counted IS 'the rating that is counted, corrected or not';

-- Criteria may be written as codes or as titles.
CREATE FUNCTION _review_labels(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT string_agg(format('(%L::text, %L::text)', l.label, l.code), ', ' ORDER BY l.place)
    FROM (SELECT DISTINCT ON (u.label) u.label, u.code, u.place
          FROM (SELECT c.code AS label, c.code, c.place
                FROM unnest(review.codes) WITH ORDINALITY AS c(code, place)
                UNION ALL
                SELECT t.title, t.code, t.place + cardinality(review.codes)
                FROM unnest(review.titles, review.codes) WITH ORDINALITY AS t(title, code, place)) u
          WHERE u.label IS NOT NULL
          ORDER BY u.label, u.place) l
$$;

CREATE FUNCTION _review_titles(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT string_agg(format('(%L::text, %L::text)', c.code, c.title), ', ' ORDER BY c.place)
    FROM unnest(review.codes, review.titles) WITH ORDINALITY AS c(code, title, place)
$$;

COMMENT ON FUNCTION _review_labels(review_binding) IS
    'internal: VALUES of what a criterion may be called, and its code';
COMMENT ON FUNCTION _review_titles(review_binding) IS 'internal: VALUES of the criteria and their titles';

-- The first reason counts; a rating that is there twice is not taken at all, since any
-- choice would leave it to the order of the rows.
CREATE FUNCTION _review_status_query(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT q.%1$s, q.%2$s, q.criterion, q.rating, q.status, CASE q.status '
        'WHEN ''unknown'' THEN concat(''评审准则不明 unknown criterion: '', COALESCE(q._label, ''NULL'')) '
        'WHEN ''conflict'' THEN concat_ws('': '', ''利益回避 conflict of interest'', q._reason) '
        'WHEN ''excluded'' THEN ''符合排除条件 the condition of exclusion holds'' '
        'WHEN ''missing'' THEN ''缺少方案、专家或评分 proposal, expert or rating is missing'' '
        'WHEN ''duplicate'' THEN ''重复评分 rated more than once'' END AS reason '
        'FROM (SELECT r.%1$s, r.%2$s, l.code AS criterion, r.rating, r._label, k._reason, CASE '
        'WHEN l.code IS NULL THEN ''unknown'' '
        'WHEN k._proposal IS NOT NULL THEN ''conflict'' '
        'WHEN r._excluded THEN ''excluded'' '
        'WHEN r.%1$s IS NULL OR r.%2$s IS NULL OR NOT COALESCE(r._present, false) THEN ''missing'' '
        'WHEN count(*) FILTER (WHERE r._present) OVER (PARTITION BY r.%1$s, r.%2$s, l.code) > 1 THEN ''duplicate'' '
        'ELSE ''counted'' END AS status '
        'FROM (SELECT s.*, s.rating > ''-Infinity'' AND s.rating < ''Infinity'' AS _present FROM %3$s s) r '
        'LEFT JOIN (VALUES %4$s) l(label, code) ON l.label = r._label '
        'LEFT JOIN %5$s k ON k._proposal = r.%1$s::text AND k._expert = r.%2$s::text) q',
        review.proposal, review.expert, review.source, _review_labels(review), review.conflicts)
$$;

COMMENT ON FUNCTION _review_status_query(review_binding) IS
    'internal: query of the ratings, each with what keeps it from being counted';

CREATE FUNCTION _review_rating_query(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT v.%1$s, v.%2$s, v.criterion, v.rating, v.status, v.reason, v.consensus, v.others, v.leniency, '
        '%4$s AS counted_rating '
        'FROM (SELECT u.*, innovation_score.trimmed_mean(u._counted - u.consensus, 0) '
        'OVER (PARTITION BY u.%2$s, u.criterion) AS leniency '
        'FROM (SELECT s.*, CASE WHEN s.status = ''counted'' THEN s.rating END AS _counted, '
        'innovation_score.trimmed_mean(s.rating, 0) FILTER (WHERE s.status = ''counted'') OVER w AS consensus, '
        'CASE WHEN s.status = ''counted'' '
        'THEN round((sum(s.rating::numeric) FILTER (WHERE s.status = ''counted'') OVER w - s.rating::numeric) '
        '/ NULLIF(count(*) FILTER (WHERE s.status = ''counted'') OVER w - 1, 0), 12)::float8 END '
        'AS others FROM (%3$s) s WINDOW w AS (PARTITION BY s.%1$s, s.criterion)) u) v',
        review.proposal, review.expert, _review_status_query(review), review.counted)
$$;

CREATE FUNCTION _review_criterion_query(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT n.%1$s, n.criterion, n.title, n.experts, n.left_out, %2$s AS dropped, n.lowest, n.highest, n.mean, '
        'n.spread, CASE WHEN n.experts >= %3$s THEN n._rating END AS rating '
        'FROM (SELECT r.%1$s, r.criterion, t.title, count(r.counted_rating) AS experts, '
        'count(*) - count(r.counted_rating) AS left_out, min(r.counted_rating) AS lowest, '
        'max(r.counted_rating) AS highest, innovation_score.trimmed_mean(r.counted_rating, 0) AS mean, '
        'stddev_samp(r.counted_rating::numeric)::float8 AS spread, '
        'innovation_score.trimmed_mean(r.counted_rating, %4$s) AS _rating '
        'FROM %5$s r JOIN (VALUES %6$s) t(criterion, title) ON t.criterion = r.criterion '
        'WHERE r.%1$s IS NOT NULL GROUP BY r.%1$s, r.criterion, t.title) n',
        review.proposal, review.dropped, review.min_experts, review.trim, _view_name(review.review, 'rating'),
        _review_titles(review))
$$;

CREATE FUNCTION _review_proposal_query(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT c.%1$s, %2$s, CASE WHEN count(*) = %3$s THEN min(c.experts) ELSE 0 END AS experts, '
        'sum(c.left_out)::bigint AS left_out FROM %4$s c GROUP BY c.%1$s',
        review.proposal,
        (SELECT string_agg(format('innovation_score.single_value(c.rating) FILTER (WHERE c.criterion = %L) AS %I',
                                  u.code, u.code), ', ' ORDER BY u.place)
         FROM unnest(review.codes) WITH ORDINALITY AS u(code, place)),
        cardinality(review.codes), _view_name(review.review, 'criterion'))
$$;

CREATE FUNCTION _review_expert_query(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT r.%2$s, count(*) AS ratings, count(*) FILTER (WHERE r._counted) AS counted, '
        'count(*) FILTER (WHERE r.status = ''conflict'') AS conflicts, '
        'count(DISTINCT r.%1$s) FILTER (WHERE r._counted) AS proposals, '
        'innovation_score.trimmed_mean(r.rating, 0) FILTER (WHERE r._counted) AS mean, '
        'stddev_samp(r.rating::numeric) FILTER (WHERE r._counted)::float8 AS spread, '
        'innovation_score.trimmed_mean(r.rating - r.consensus, 0) FILTER (WHERE r._counted) AS leniency, '
        'innovation_score.spearman(r.rating, r.others) FILTER (WHERE r._counted) AS correlation '
        'FROM (SELECT v.*, v.status = ''counted'' AS _counted FROM %3$s v) r '
        'WHERE r.%2$s IS NOT NULL GROUP BY r.%2$s',
        review.proposal, review.expert, _view_name(review.review, 'rating'))
$$;

-- Sums that are equal must be found so: numeric ones are exact.
CREATE FUNCTION _review_agreement_query(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'WITH rated AS (SELECT r.criterion, r.%1$s, r.%2$s, r.rating FROM %3$s r WHERE r.status = ''counted''), '
        'both_kinds AS (SELECT r.* FROM rated r UNION ALL '
        'SELECT ''total''::text, r.%1$s, r.%2$s, sum(r.rating::numeric)::float8 FROM rated r '
        'GROUP BY r.%1$s, r.%2$s HAVING count(*) = %4$s), '
        'judges AS (SELECT e.criterion, e.%2$s, array_agg(b.rating ORDER BY p.%1$s) AS ratings '
        'FROM (SELECT DISTINCT b.criterion, b.%2$s FROM both_kinds b) e '
        'JOIN (SELECT DISTINCT b.criterion, b.%1$s FROM both_kinds b) p ON p.criterion = e.criterion '
        'LEFT JOIN both_kinds b ON b.criterion = e.criterion AND b.%2$s = e.%2$s AND b.%1$s = p.%1$s '
        'GROUP BY e.criterion, e.%2$s) '
        'SELECT t.criterion, t.title, COALESCE((a.k).judges, 0) AS experts, COALESCE((a.k).items, 0) AS proposals, '
        'COALESCE(a.items - (a.k).items, 0) AS left_out, (a.k).w, (a.k).chi_square, COALESCE((a.k).df, 0) AS df, '
        '(a.k).p_value '
        'FROM (VALUES %5$s, (''total''::text, ''总分 total''::text)) t(criterion, title) '
        'LEFT JOIN (SELECT j.criterion, max(cardinality(j.ratings))::bigint AS items, '
        'innovation_score.kendall_w(j.ratings) AS k FROM judges j GROUP BY j.criterion) a '
        'ON a.criterion = t.criterion',
        review.proposal, review.expert, _view_name(review.review, 'rating'), cardinality(review.codes),
        _review_titles(review))
$$;

COMMENT ON FUNCTION _review_rating_query(review_binding) IS 'internal: text of the view _rating';
COMMENT ON FUNCTION _review_criterion_query(review_binding) IS 'internal: text of the view _criterion';
COMMENT ON FUNCTION _review_proposal_query(review_binding) IS 'internal: text of the view _proposal';
COMMENT ON FUNCTION _review_expert_query(review_binding) IS 'internal: text of the view _expert';
COMMENT ON FUNCTION _review_agreement_query(review_binding) IS 'internal: text of the view _agreement';

CREATE TABLE review_view (
    kind    text NOT NULL,
    place   integer NOT NULL,
    title   text NOT NULL,
    columns jsonb NOT NULL,
    CONSTRAINT review_view_pkey PRIMARY KEY (kind),
    CONSTRAINT review_view_place_key UNIQUE (place)
);

COMMENT ON TABLE review_view IS 'internal: the views that every review has';
COMMENT ON COLUMN review_view.kind IS 'what follows the name of the review and "_"';
COMMENT ON COLUMN review_view.place IS 'order: a view comes after those that it reads';
COMMENT ON COLUMN review_view.title IS 'what the comment on the view says that it shows';
COMMENT ON COLUMN review_view.columns IS 'columns of ours with their comments';

GRANT SELECT ON review_view TO PUBLIC;

INSERT INTO review_view (kind, place, title, columns) VALUES
    ('rating', 1, '专家评分明细 every rating, and whether it is counted',
     '{"criterion": "评审准则代码 criterion", "rating": "评分 rating as given",
       "status": "状态 counted（计入）, conflict（利益回避）, excluded（排除）, duplicate（重复）, missing（缺失）, unknown（准则不明）",
       "reason": "不计入的理由 why it is not counted",
       "consensus": "共识 mean of the counted ratings of the proposal in the criterion",
       "others": "其他专家均分 mean of the other experts'' counted ratings",
       "leniency": "宽严度 mean deviation of the expert from the consensus in the criterion: above 0 lenient",
       "counted_rating": "计入的评分 the rating that is counted, corrected where the review says so"}'),
    ('criterion', 2, '方案各准则评分 aggregated ratings of every proposal and criterion',
     '{"criterion": "评审准则代码 criterion", "title": "评审准则 title of the criterion",
       "experts": "专家数 ratings that are counted", "left_out": "未计入数 ratings that are not counted",
       "dropped": "两端各去掉数 ratings that the trimmed mean drops at each end",
       "lowest": "最低分 lowest counted rating", "highest": "最高分 highest counted rating",
       "mean": "均分 mean of all counted ratings", "spread": "标准差 standard deviation of the counted ratings",
       "rating": "评分（截尾均值） trimmed mean of the counted ratings"}'),
    ('proposal', 3, '方案评分表 a row a proposal, for create_scoreboard()',
     '{"experts": "专家数 counted ratings of the criterion that has the fewest",
       "left_out": "未计入数 ratings that are not counted"}'),
    ('expert', 4, '专家评分特征 what the experts'' ratings are like',
     '{"ratings": "评分数 ratings", "counted": "计入数 ratings that are counted",
       "conflicts": "回避数 ratings left out for a conflict of interest", "proposals": "方案数 proposals",
       "mean": "均分 mean of the counted ratings", "spread": "标准差 standard deviation of the counted ratings",
       "leniency": "宽严度 mean deviation from the consensus: above 0 lenient, below 0 severe",
       "correlation": "与其他专家的等级相关 Spearman correlation with the mean of the others"}'),
    ('agreement', 5, '评审一致性 agreement between the experts (Kendall''s W)',
     '{"criterion": "评审准则代码 criterion; total: the sum over all criteria", "title": "评审准则 title of the criterion",
       "experts": "专家数 experts", "proposals": "方案数 proposals that all of them rated",
       "left_out": "未计入方案数 proposals that only some of them rated",
       "w": "肯德尔和谐系数 Kendall''s W with ties corrected: 0 none, 1 full agreement",
       "chi_square": "卡方 experts * (proposals - 1) * W", "df": "自由度 proposals - 1",
       "p_value": "显著性 probability of as much agreement by chance (chi-squared approximation)"}');

-- review, the functions that users call: binding a table of ratings, creating and
-- dropping the views.

CREATE FUNCTION _new_review_name(name text, path name[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[];
    schema_name text;
    longest integer := (SELECT max(octet_length(v.kind)) + 1 FROM review_view v);
    room integer := current_setting('max_identifier_length')::integer - longest;
BEGIN
    BEGIN
        parts := parse_ident(name);
    EXCEPTION WHEN invalid_parameter_value THEN
        NULL;
    END;
    IF cardinality(parts) IN (1, 2) IS NOT TRUE THEN
        RAISE EXCEPTION 'invalid name of a review: %', COALESCE(name, 'NULL')
            USING ERRCODE = 'invalid_name',
                  HINT = 'Give a name, or a schema and a name, as in SQL: in double quotes if it is not made of '
                         'lower-case letters, digits and underscores.';
    END IF;
    schema_name := CASE WHEN cardinality(parts) = 2 THEN parts[1] ELSE path[1] END;
    IF schema_name IS NULL OR to_regnamespace(quote_ident(schema_name)) IS NULL THEN
        RAISE EXCEPTION 'schema "%" does not exist', COALESCE(schema_name, '')
            USING ERRCODE = 'invalid_schema_name', HINT = format('The review is to be named %s.', name);
    END IF;
    IF octet_length(parts[cardinality(parts)]) > room THEN
        RAISE EXCEPTION 'name of a review is too long: %', name
            USING ERRCODE = 'name_too_long',
                  HINT = format('Use at most %s bytes: its views carry it as a prefix.', room);
    END IF;
    RETURN format('%I.%I', schema_name, parts[cardinality(parts)]);
END
$$;

COMMENT ON FUNCTION _new_review_name(text, name[]) IS 'internal: the full name for a new review, checked';

-- The conflicts name proposal and expert as the ratings do, or in English.
CREATE FUNCTION _review_conflicts(conflicts regclass, proposal text, expert text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    source text;
    columns text[];
    proposal_column text;
    expert_column text;
BEGIN
    IF conflicts IS NULL THEN
        RETURN '(SELECT NULL::text AS _proposal, NULL::text AS _expert, NULL::text AS _reason WHERE false)';
    END IF;
    source := _source_name(conflicts);
    columns := _source_columns(conflicts);
    proposal_column := CASE WHEN proposal = ANY (columns) THEN proposal
                            WHEN 'proposal' = ANY (columns) THEN 'proposal' END;
    expert_column := CASE WHEN expert = ANY (columns) THEN expert
                          WHEN 'expert' = ANY (columns) THEN 'expert' END;
    IF proposal_column IS NULL OR expert_column IS NULL THEN
        RAISE EXCEPTION 'the conflicts of interest need columns "%" and "%"', proposal, expert
            USING ERRCODE = 'undefined_column',
                  DETAIL = format('%s has %s.', source,
                                  (SELECT string_agg(format('"%s"', c), ', ') FROM unnest(columns) c));
    END IF;
    RETURN format('(SELECT c.%1$I::text AS _proposal, c.%2$I::text AS _expert, %3$s AS _reason FROM %4$s c '
                  'WHERE c.%1$I IS NOT NULL AND c.%2$I IS NOT NULL GROUP BY 1, 2)',
                  proposal_column, expert_column,
                  CASE WHEN 'reason' = ANY (columns)
                       THEN 'string_agg(DISTINCT c.reason::text COLLATE "C", ''；'' '
                            'ORDER BY c.reason::text COLLATE "C")'
                       ELSE 'NULL::text' END,
                  source);
END
$$;

COMMENT ON FUNCTION _review_conflicts(regclass, text, text) IS 'internal: FROM item of the conflicts of interest';

CREATE FUNCTION _check_trim(trim_share float8, drop_n integer, min_experts integer) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF drop_n IS NULL AND (trim_share BETWEEN 0 AND 0.5) IS NOT TRUE THEN
        RAISE EXCEPTION 'trim_share must lie between 0 and 0.5'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('It is %s.', COALESCE(trim_share::text, 'NULL'));
    END IF;
    IF drop_n < 0 THEN
        RAISE EXCEPTION 'drop_n must not be negative'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', drop_n);
    END IF;
    IF (min_experts > 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'min_experts must be positive'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('It is %s.', COALESCE(min_experts::text, 'NULL'));
    END IF;
END
$$;

COMMENT ON FUNCTION _check_trim(float8, integer, integer) IS 'internal: refuses settings that make no trimmed mean';

CREATE FUNCTION _check_review_names(review review_binding) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known text[] := ARRAY(SELECT DISTINCT k FROM review_view v, jsonb_object_keys(v.columns) k)
        || '{_label,_present,_excluded,_counted,_rating,_reason,_proposal,_expert}'::text[] || review.codes;
    clash text;
BEGIN
    SELECT n.name INTO clash
    FROM (VALUES (review.proposal), (review.expert)) n(name)
    WHERE n.name = ANY (SELECT quote_ident(k) FROM unnest(known) k) OR review.proposal = review.expert
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column % would stand twice in the views of review %', clash, review.review
            USING ERRCODE = 'duplicate_column',
                  HINT = 'Bind a view over the ratings that gives the column another name.';
    END IF;
    SELECT c.code INTO clash
    FROM unnest(review.codes) c(code)
    JOIN review_view v ON v.kind = 'proposal' AND v.columns ? c.code OR c.code = 'total'
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'criterion "%" has the name of a column or row of ours', clash
            USING ERRCODE = 'duplicate_column', HINT = 'Give the indicator of the scheme another code.';
    END IF;
END
$$;

COMMENT ON FUNCTION _check_review_names(review_binding) IS 'internal: refuses names that are names of ours';

CREATE FUNCTION _comment_review(review review_binding, scheme scheme, ratings regclass, rule text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT v.kind, v.title, _view_name(review.review, v.kind) AS name FROM review_view v ORDER BY v.place
    LOOP
        EXECUTE format('COMMENT ON VIEW %s IS %L', due.name,
                       format('%s · %s（scheme %s；%s）', COALESCE(scheme.title, scheme.scheme), due.title,
                              scheme.scheme, rule));
    END LOOP;
    FOR due IN
        SELECT _view_name(review.review, v.kind) AS name, a.attname,
               COALESCE(v.columns ->> a.attname,
                        (SELECT t.title FROM unnest(review.codes, review.titles) t(code, title)
                         WHERE v.kind = 'proposal' AND t.code = a.attname),
                        (SELECT col_description(s.attrelid, s.attnum) FROM pg_attribute s
                         WHERE s.attrelid = ratings AND s.attname = a.attname AND NOT s.attisdropped),
                        CASE WHEN quote_ident(a.attname) = review.proposal THEN '方案 proposal'
                             WHEN quote_ident(a.attname) = review.expert THEN '专家 expert' END) AS comment
        FROM review_view v
        JOIN pg_attribute a ON a.attrelid = to_regclass(_view_name(review.review, v.kind)) AND a.attnum > 0
        ORDER BY v.place, a.attnum
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', due.name, due.attname, due.comment);
    END LOOP;
END
$$;

COMMENT ON FUNCTION _comment_review(review_binding, scheme, regclass, text) IS
    'internal: comments on the views and columns of a review';

CREATE FUNCTION _create_review(name text, ratings regclass, proposal text, expert text, criterion text, rating text,
                               conflicts regclass, excluded text, trim_share float8, drop_n integer,
                               min_experts integer, correct_severity boolean, scheme text, path name[])
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    review review_binding;
    known scheme := _require_scheme(scheme);
    schemas text := _path_text(path);
    source text;
    columns text[];
    proposal_bound bound_expression;
    expert_bound bound_expression;
    view record;
    view_name text;
    query text;
BEGIN
    review.review := _new_review_name(name, path);
    IF ratings IS NULL THEN
        RAISE EXCEPTION 'the review needs a table of ratings' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    source := _source_name(ratings);
    columns := _source_columns(ratings);
    PERFORM _check_trim(trim_share, drop_n, min_experts);
    SELECT array_agg(i.indicator ORDER BY i.position, i.indicator COLLATE "C"),
           array_agg(COALESCE(i.title, i.indicator) ORDER BY i.position, i.indicator COLLATE "C")
    INTO review.codes, review.titles
    FROM indicator i WHERE i.scheme = known.scheme;
    IF review.codes IS NULL THEN
        RAISE EXCEPTION 'scheme "%" has no indicators to rate', known.scheme
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    proposal_bound := _bind_scalar(schemas, source, columns, COALESCE(proposal, 'proposal'), 'proposal');
    expert_bound := _bind_scalar(schemas, source, columns, COALESCE(expert, 'expert'), 'expert');
    review.proposal := quote_ident(COALESCE(proposal_bound.name, 'proposal'));
    review.expert := quote_ident(COALESCE(expert_bound.name, 'expert'));
    PERFORM _check_review_names(review);
    review.conflicts := _review_conflicts(conflicts, COALESCE(proposal_bound.name, 'proposal'),
                                          COALESCE(expert_bound.name, 'expert'));
    review.source := format(
        '(SELECT %s AS %s, %s AS %s, %s::text AS _label, %s::double precision AS rating, %s AS _excluded FROM %s)',
        proposal_bound.expression, review.proposal, expert_bound.expression, review.expert,
        (_bind_scalar(schemas, source, columns, COALESCE(criterion, 'criterion'), 'criterion')).expression,
        _bind_number(schemas, source, columns, COALESCE(rating, 'rating'), 'rating'),
        CASE WHEN excluded IS NULL THEN 'false'
             ELSE _bind_condition(schemas, source, columns, excluded, 'condition of exclusion') || ' IS TRUE' END,
        source);
    review.min_experts := min_experts;
    review.trim := COALESCE(drop_n::text, format('%L::float8', trim_share));
    review.dropped := format(
        'least(%s, greatest(n.experts - 1, 0) / 2)',
        COALESCE(drop_n || '::bigint', format('floor(n.experts * %L::float8)::bigint', trim_share)));
    review.counted := CASE WHEN correct_severity THEN 'v._counted - v.leniency' ELSE 'v._counted' END;
    FOR view IN SELECT v.kind FROM review_view v ORDER BY v.place LOOP
        view_name := _view_name(review.review, view.kind);
        EXECUTE format('SELECT innovation_score.%I($1)', format('_review_%s_query', view.kind))
            INTO query USING review;
        PERFORM _run(schemas, format('CREATE VIEW %s%s AS %s', view_name, _view_options(view_name), query));
    END LOOP;
    PERFORM _comment_review(review, known, ratings, concat(
        CASE WHEN drop_n IS NOT NULL THEN format('两端各去掉%s个 drop_n %1$s', drop_n)
             ELSE format('截尾比例 trim_share %s', trim_share) END,
        CASE WHEN correct_severity THEN '，已校正宽严 severity corrected' END));
END
$$;

COMMENT ON FUNCTION _create_review(text, regclass, text, text, text, text, regclass, text, float8, integer, integer,
                                   boolean, text, name[]) IS 'internal: create_review with the caller''s schemas';

CREATE FUNCTION create_review(name text, ratings regclass, proposal text DEFAULT 'proposal',
                              expert text DEFAULT 'expert', criterion text DEFAULT 'criterion',
                              rating text DEFAULT 'rating', conflicts regclass DEFAULT NULL,
                              excluded text DEFAULT NULL, trim_share float8 DEFAULT 0.2,
                              drop_n integer DEFAULT NULL, min_experts integer DEFAULT 1,
                              correct_severity boolean DEFAULT false, scheme text DEFAULT 'bid-review')
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._create_review(name, ratings, proposal, expert, criterion, rating, conflicts, excluded,
                                           trim_share, drop_n, min_experts, correct_severity, scheme,
                                           pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION create_review(text, regclass, text, text, text, text, regclass, text, float8, integer, integer,
                                  boolean, text) IS
    'makes the views <name>_rating, _criterion, _proposal, _expert and _agreement over a table of expert ratings';

CREATE FUNCTION _drop_review(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := _name_parts(name);
    views text[];
    dependent text;
BEGIN
    SELECT array_agg(_view_name(p.review, v.kind) ORDER BY v.place) INTO views
    FROM (SELECT format('%I.%I', s.schema_name, parts[cardinality(parts)]) AS review, s.place
          FROM unnest(CASE cardinality(parts) WHEN 1 THEN path WHEN 2 THEN parts[1:1]::name[] END)
               WITH ORDINALITY AS s(schema_name, place)) p, review_view v
    WHERE EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass(_view_name(p.review, v.kind)) AND c.relkind = 'v')
    GROUP BY p.review, p.place
    HAVING count(*) = (SELECT count(*) FROM review_view)
    ORDER BY p.place
    LIMIT 1;
    IF views IS NULL THEN
        RAISE EXCEPTION 'review "%" does not exist', name
            USING ERRCODE = 'undefined_object',
                  HINT = format('A review has the views %s.',
                                (SELECT string_agg('<name>_' || v.kind, ', ' ORDER BY v.place) FROM review_view v));
    END IF;
    EXECUTE format('DROP VIEW %s', array_to_string(views, ', '));
EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS dependent = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'the views of review % cannot be dropped because other objects depend on them', name
        USING ERRCODE = 'dependent_objects_still_exist', DETAIL = dependent,
              HINT = 'Drop those objects first: a scoreboard with innovation_score.drop_scoreboard().';
END
$$;

COMMENT ON FUNCTION _drop_review(text, name[]) IS 'internal: drop_review with the caller''s schemas';

CREATE FUNCTION drop_review(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._drop_review(name, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION drop_review(text) IS 'drops the views of a review, not what depends on them';

-- of 90_whitelist

COMMENT ON TABLE whitelist_rule IS
    '白名单规则 whitelist rules, kept by set_whitelist_rule() and set_named_whitelist_rule()';

COMMENT ON COLUMN whitelist_rule.rule IS '规则名 name of the rule; empty: the one of the view <name>_whitelist';

SELECT _dump_table('whitelist_rule', 8, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');

SELECT _dump_table('exclusion', 9, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');

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
    score      numeric(9,4),
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

COMMENT ON COLUMN whitelist_batch_firm.entity IS '企业 entity, in its text form';

COMMENT ON COLUMN whitelist_batch_firm.stage IS '企业发展阶段 stage';

COMMENT ON COLUMN whitelist_batch_firm.score IS '总得分 total score';

COMMENT ON COLUMN whitelist_batch_firm.rank IS '名次 rank';

COMMENT ON COLUMN whitelist_batch_firm.attributes IS '属性 attributes in their text form';

SELECT _dump_table('whitelist_batch', 16, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');

SELECT _dump_table('whitelist_batch_firm', 17,
                   '(n.scoreboard, n.rule, n.batch) IN (SELECT b.scoreboard, b.rule, b.batch FROM whitelist_batch b)');

CREATE FUNCTION _listed_earlier(scoreboard text, rule text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT f.entity, min(f.batch) AS batch FROM innovation_score.whitelist_batch_firm f '
                  'WHERE f.scoreboard = %L AND f.rule = %L GROUP BY f.entity', scoreboard, rule)
    WHERE EXISTS (SELECT FROM whitelist_batch b
                  WHERE b.scoreboard = _listed_earlier.scoreboard AND b.rule = _listed_earlier.rule)
$$;

COMMENT ON FUNCTION _listed_earlier(text, text) IS
    'internal: query of the firms that were listed in batches, NULL if there is none';

CREATE OR REPLACE FUNCTION _ranking_step(query text, step text, partition text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT t.*, innovation_score.score_rank(t.%1$I) OVER w AS %2$I, '
                  'pg_catalog.count(t.%1$I) OVER w - innovation_score.score_rank(t.%1$I) OVER w '
                  '- innovation_score.score_rank(- t.%1$I) OVER w + 2 AS %3$I FROM (%4$s) t WINDOW w AS (%5$s)',
                  r.ranked, r.place, r.ties, query, 'PARTITION BY ' || _columns_of('t', partition))
    FROM (VALUES ('quota', '_candidate', '_quota_place', '_quota_ties'),
                 ('top', '_finalist', '_place', '_ties'),
                 ('reserve', '_reserve', '_reserve_place', '_reserve_ties')) AS r(step, ranked, place, ties)
    WHERE r.step = _ranking_step.step
$$;

CREATE OR REPLACE FUNCTION _whitelist_rows(board scoreboard, binding scoreboard_binding, rule whitelist_rule) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    names text[] := ARRAY[binding.entity, binding.period] || binding.attributes || 'stage'::text
        || _flag_columns(board);
    required text;
    quota bound_expression;
    gap text;
    earlier text := _listed_earlier(board.scoreboard, rule.rule);
BEGIN
    IF rule.required IS NOT NULL THEN
        required := _bind_condition(board.search_path, binding.source, binding.columns, rule.required,
                                    'required condition');
    END IF;
    IF rule.quota_by IS NOT NULL THEN
        quota := _bind_scalar(board.search_path, binding.source, binding.columns, rule.quota_by, 'quota');
    END IF;
    gap := format('CASE %s%s%s END', _error_gap(board),
        (SELECT string_agg(format('WHEN s.%I IS NULL THEN %L', g.name, format('no score: %s is missing', g.name)), ' '
                           ORDER BY g.place)
         FROM unnest('stage'::text || _groups(binding)) WITH ORDINALITY AS g(name, place)),
        CASE WHEN _groups(binding) <> '{}'
             THEN format(' WHEN m.model IS NULL THEN %L', 'no score: no model has been fitted for this group') END);
    RETURN format(
        'SELECT %s, t._row[1] AS score, t._row[2] AS coverage, t._gap, t._required, t._quota, '
        'x.reason AS _excluded, %s AS batch '
        'FROM (SELECT %s, s._required, s._quota, %s AS _gap, %s FROM %s) t '
        'LEFT JOIN (SELECT e.entity, pg_catalog.string_agg(''excluded: '' || e.reason '
        '|| COALESCE('' (until '' || pg_catalog.to_char(e.valid_to, ''YYYY-MM-DD'') || '')'', ''''), ''; '' '
        'ORDER BY e.reason, e.valid_to) AS reason FROM innovation_score.exclusion e WHERE e.scoreboard = %L '
        'AND COALESCE(e.valid_from <= current_date, true) AND COALESCE(current_date <= e.valid_to, true) '
        'GROUP BY e.entity) x ON x.entity = t.%I::text%s',
        _columns_of('t', names), CASE WHEN earlier IS NULL THEN 'NULL::integer' ELSE 'h.batch' END,
        _columns_of('s', names), gap, _score_row(board, binding),
        _rows_with_model(board, binding, format(', %s AS _required, %s::text AS _quota',
                                                COALESCE(required, 'true'),
                                                COALESCE(quota.expression, 'NULL'))),
        board.scoreboard, binding.entity,
        CASE WHEN earlier IS NOT NULL
             THEN format(' LEFT JOIN (%s) h ON h.entity = t.%I::text', earlier, binding.entity) END);
END
$$;

CREATE OR REPLACE FUNCTION _whitelist_clauses(board scoreboard, rule whitelist_rule, OUT eligible text, OUT reasons text)
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
        (5, true, 't._excluded IS NULL AND t.batch IS NULL',
         't._excluded, ''listed already, in batch '' || t.batch'),
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

CREATE OR REPLACE FUNCTION _whitelist_query(board scoreboard, binding scoreboard_binding, name text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule whitelist_rule;
    clauses record;
    period text[] := array_remove(ARRAY[binding.period], NULL);
    query text;
BEGIN
    SELECT * INTO rule FROM whitelist_rule r
    WHERE r.scoreboard = board.scoreboard AND r.rule = COALESCE(name, '');
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
                  'CASE WHEN t._listed THEN ''listed'' %s WHEN t.batch IS NOT NULL THEN ''earlier'' '
                  'ELSE ''rejected'' END AS decision, '
                  'COALESCE(NULLIF(pg_catalog.concat_ws(''; '', %s), ''''), ''meets every condition'') AS reasons, t.batch '
                  'FROM (%s) t',
                  _columns_of('t', ARRAY[binding.entity, binding.period] || binding.attributes || 'stage'::text
                                   || _flag_columns(board)),
                  CASE WHEN rule.reserve_n > 0
                       THEN format('WHEN t._reserve_place <= %s THEN ''reserve''', rule.reserve_n) END,
                  clauses.reasons, query);
END
$$;

COMMENT ON FUNCTION _whitelist_query(scoreboard, scoreboard_binding, text) IS
    'internal: text of the view _whitelist, or of that of a named rule';

CREATE FUNCTION _whitelist_rules(scoreboard text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT NULL::text || ARRAY(SELECT r.rule FROM whitelist_rule r
                               WHERE r.scoreboard = _whitelist_rules.scoreboard AND r.rule <> ''
                               ORDER BY r.rule COLLATE "C")
$$;

COMMENT ON FUNCTION _whitelist_rules(text) IS 'internal: the names of the whitelist rules of a scoreboard';

INSERT INTO scoreboard_view (kind, place, query, instances, source_names, score_names, names, title) VALUES
    ('whitelist', 50, '_whitelist_query', '_whitelist_rules', 'attributes', true,
     '{rank,decision,reasons,batch,_gap,_required,_quota,_excluded,_candidate,_quota_place,_quota_ties,_finalist,'
     '_place,_ties,_listed,_reserve,_reserve_place,_reserve_ties,quality_errors}',
     '白名单 whitelist');

INSERT INTO scoreboard_column (name, comment) VALUES
    ('decision', '入选结论 listed（入选）, reserve（候补）, earlier（此前批次已入选）, rejected（未入选）'),
    ('reasons', '理由 reasons for the decision'),
    ('batch', '批次 batch in which the firm was listed earlier');

CREATE OR REPLACE FUNCTION _set_whitelist_rule(rule whitelist_rule, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(rule.scoreboard, path);
    binding scoreboard_binding;
    suffix text := concat_ws('_', 'whitelist', NULLIF(rule.rule, ''));
    kept jsonb;
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
    PERFORM _check_rule_view(board.scoreboard, rule.rule);
    rule.scoreboard := board.scoreboard;
    rule.reserve_n := COALESCE(rule.reserve_n, 0);
    binding := _bind(board);
    kept := _user_comments(board);
    DELETE FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard AND r.rule = _set_whitelist_rule.rule.rule;
    INSERT INTO whitelist_rule SELECT rule.*;
    PERFORM _replace_views(board, binding, ARRAY[suffix]);
    PERFORM _put_comments(board, binding, kept);
END
$$;

CREATE FUNCTION _check_rule_view(scoreboard text, rule text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    room integer := current_setting('max_identifier_length')::integer
                    - octet_length((parse_ident(scoreboard))[2] || '_whitelist_');
    view text := _view_name(scoreboard, 'whitelist_' || rule);
BEGIN
    IF rule <> '' AND octet_length(rule) > room THEN
        RAISE EXCEPTION 'name of whitelist rule "%" is too long', rule
            USING ERRCODE = 'name_too_long', HINT = format('Use at most %s bytes.', room);
    END IF;
    IF rule <> '' AND rule <> ALL (COALESCE(array_remove(_whitelist_rules(scoreboard), NULL), '{}'))
        AND to_regclass(view) IS NOT NULL THEN
        RAISE EXCEPTION 'relation % exists already', view
            USING ERRCODE = 'duplicate_table', HINT = 'Give the whitelist rule another name.';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION set_whitelist_rule(scoreboard text, min_score float8 DEFAULT NULL, top_n integer DEFAULT NULL,
                                   quota_by text DEFAULT NULL, quota_n integer DEFAULT NULL,
                                   required text DEFAULT NULL, min_coverage float8 DEFAULT NULL,
                                   reserve_n integer DEFAULT 0)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._set_whitelist_rule(
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
    SELECT innovation_score._set_whitelist_rule(
        ROW(scoreboard, min_score, top_n, quota_by, quota_n, required, min_coverage, reserve_n,
            innovation_score._rule_name(rule))::innovation_score.whitelist_rule,
        pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION _rule_name(rule text) RETURNS text
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

CREATE FUNCTION _drop_whitelist_rule(scoreboard text, name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(scoreboard, path);
BEGIN
    IF name <> '' THEN
        IF to_regclass(_view_name(board.scoreboard, 'whitelist_' || name)) IS NOT NULL
            AND name = ANY (_whitelist_rules(board.scoreboard)) THEN
            EXECUTE format('DROP VIEW %s', _view_name(board.scoreboard, 'whitelist_' || name));
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
    IF COALESCE(name, '') = '' THEN
        PERFORM _replace_views(board, _bind(board), '{whitelist}');
    END IF;
END
$$;

CREATE FUNCTION drop_whitelist_rule(scoreboard text, rule text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._drop_whitelist_rule(scoreboard, rule, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _check_rule_view(text, text) IS 'internal: refuses a rule whose view cannot have its name';

COMMENT ON FUNCTION _rule_name(text) IS 'internal: the name of a named rule, or an error';

COMMENT ON FUNCTION _drop_whitelist_rule(text, text, name[]) IS
    'internal: drop_whitelist_rule with the caller''s schemas';

COMMENT ON FUNCTION set_named_whitelist_rule(text, text, float8, integer, text, integer, text, float8, integer) IS
    'says who is listed in the view <name>_whitelist_<rule>, one rule beside others; makes the view if it is new';

COMMENT ON FUNCTION drop_whitelist_rule(text, text) IS
    'forgets a whitelist rule and drops its view; without a name: nobody is listed any more';

-- publish: a scoreboard's result at one moment, kept whole and for good.
--
-- Everything that made the scores is copied: the scheme, the models, each firm's values,
-- and what came out. No foreign keys: a publication must outlive its scoreboard, scheme
-- and source, and its tables can be restored in any order. What holds them together are
-- digests: of each row, of all rows of a publication, of the publication with the digest
-- of the one before it.

CREATE FUNCTION _canonical(VARIADIC vals "any") RETURNS bytea
    AS 'MODULE_PATHNAME', 'canonical' LANGUAGE C STABLE PARALLEL SAFE COST 20;

COMMENT ON FUNCTION _canonical("any") IS
    'internal: values as bytes of which there is one form only: length, colon, text in UTF-8, comma; NULL is "-,"';

CREATE TABLE publication (
    publication     bigint NOT NULL,
    scoreboard      text NOT NULL,
    scheme          text NOT NULL,
    period          text,
    title           text,
    published_at    timestamptz NOT NULL,
    published_by    text NOT NULL,
    indicators      text[] NOT NULL,
    categories      text[] NOT NULL,
    peers           text[] NOT NULL,
    attributes      text[] NOT NULL,
    scheme_document json NOT NULL,
    board_document  json NOT NULL,
    rule            json,
    firms           bigint NOT NULL,
    scored          bigint NOT NULL,
    listed          bigint NOT NULL,
    content_digest  bytea NOT NULL,
    previous_digest bytea,
    digest          bytea NOT NULL,
    CONSTRAINT publication_pkey PRIMARY KEY (publication)
);

CREATE INDEX publication_scoreboard_idx ON publication (scoreboard, period);

-- json, not jsonb, for documents and models: the text that the digest was taken of is
-- kept as it is, whatever later versions would print.
CREATE TABLE published_model (
    publication bigint NOT NULL,
    peers       text[] NOT NULL,
    model       json NOT NULL,
    CONSTRAINT published_model_pkey PRIMARY KEY (publication, peers)
);

CREATE TABLE published_firm (
    publication     bigint NOT NULL,
    entity          text COLLATE "C" NOT NULL,
    stage           text,
    peers           text[] NOT NULL,
    attributes      text[] NOT NULL,
    vals            float8[],
    score           float8,
    coverage        float8,
    category_scores float8[],
    rank            bigint,
    stage_rank      bigint,
    barred          boolean NOT NULL,
    quota           text,
    eligible        boolean NOT NULL,
    admitted        boolean NOT NULL,
    decision        text NOT NULL,
    reasons         text NOT NULL,
    digest          bytea NOT NULL,
    CONSTRAINT published_firm_pkey PRIMARY KEY (publication, entity)
);

CREATE INDEX published_firm_score_idx ON published_firm (publication, score);
CREATE INDEX published_firm_quota_idx ON published_firm (publication, quota, score)
    WHERE eligible AND quota IS NOT NULL;

CREATE TABLE published_correction (
    publication  bigint NOT NULL,
    entity       text COLLATE "C" NOT NULL,
    indicator    text COLLATE "C" NOT NULL,
    objection    bigint NOT NULL,
    source_value float8,
    used_value   float8,
    CONSTRAINT published_correction_pkey PRIMARY KEY (publication, entity, indicator)
);

CREATE TABLE publication_event (
    publication bigint NOT NULL,
    event       bigint NOT NULL,
    state       text NOT NULL,
    notice_from date,
    notice_to   date,
    reason      text,
    changed_at  timestamptz NOT NULL,
    changed_by  text NOT NULL,
    digest      bytea NOT NULL,
    CONSTRAINT publication_event_pkey PRIMARY KEY (event)
);

CREATE INDEX publication_event_publication_idx ON publication_event (publication, event);

COMMENT ON TABLE publication IS '公布批次 publications: a scoreboard''s result as it was published; written by publish()';
COMMENT ON COLUMN publication.publication IS '批次号 number, 1, 2, 3 … in the order of publishing';
COMMENT ON COLUMN publication.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN publication.scheme IS '积分体系 scheme';
COMMENT ON COLUMN publication.period IS '期间 period as text; NULL if the scoreboard has none';
COMMENT ON COLUMN publication.title IS '标题 title';
COMMENT ON COLUMN publication.published_at IS '公布时间 when';
COMMENT ON COLUMN publication.published_by IS '公布人 role that published';
COMMENT ON COLUMN publication.indicators IS '指标 codes of the indicators, in the order of the values';
COMMENT ON COLUMN publication.categories IS '一级指标 codes of the categories, in the order of the category scores';
COMMENT ON COLUMN publication.peers IS '组别 names of the peer columns';
COMMENT ON COLUMN publication.attributes IS '属性 names of the attribute columns';
COMMENT ON COLUMN publication.scheme_document IS '体系全文 the scheme as JSON';
COMMENT ON COLUMN publication.board_document IS '积分榜设置 the settings of the scoreboard as JSON';
COMMENT ON COLUMN publication.rule IS '白名单规则 the whitelist rule as JSON; NULL: none was set';
COMMENT ON COLUMN publication.firms IS '企业数 number of firms';
COMMENT ON COLUMN publication.scored IS '有得分企业数 number of firms that have a score';
COMMENT ON COLUMN publication.listed IS '入选企业数 number of firms that are listed';
COMMENT ON COLUMN publication.content_digest IS '内容摘要 SHA-256 over models, corrections and firms';
COMMENT ON COLUMN publication.previous_digest IS '上一批次摘要 digest of the publication before this one; NULL for the first';
COMMENT ON COLUMN publication.digest IS '摘要 SHA-256 over all other columns';

COMMENT ON TABLE published_model IS '公布的模型 models that publications were scored with';
COMMENT ON COLUMN published_model.publication IS '批次号 publication';
COMMENT ON COLUMN published_model.peers IS '组别 values of the peer columns as text';
COMMENT ON COLUMN published_model.model IS '模型 fitted model, JSON form of score_model';

COMMENT ON TABLE published_firm IS '公布的企业 what went into a publication and what came out, a row a firm';
COMMENT ON COLUMN published_firm.publication IS '批次号 publication';
COMMENT ON COLUMN published_firm.entity IS '企业 entity as text';
COMMENT ON COLUMN published_firm.stage IS '企业发展阶段 stage';
COMMENT ON COLUMN published_firm.peers IS '组别 values of the peer columns as text';
COMMENT ON COLUMN published_firm.attributes IS '属性 values of the attribute columns as text';
COMMENT ON COLUMN published_firm.vals IS
    '指标值 values that were scored, in the order of publication.indicators; NULL: missing, or the firm was left out';
COMMENT ON COLUMN published_firm.score IS '总得分 score, not rounded';
COMMENT ON COLUMN published_firm.coverage IS '覆盖率 share of the weight whose values are present';
COMMENT ON COLUMN published_firm.category_scores IS '一级指标得分 scores inside the categories';
COMMENT ON COLUMN published_firm.rank IS '名次 rank';
COMMENT ON COLUMN published_firm.stage_rank IS '阶段内名次 rank within the stage';
COMMENT ON COLUMN published_firm.barred IS
    '不得入选 whether no score could list it: excluded, required condition not met, or no quota for it';
COMMENT ON COLUMN published_firm.quota IS '名额组 value of the column that quotas are given by';
COMMENT ON COLUMN published_firm.eligible IS '符合条件 whether it met every condition of the whitelist rule';
COMMENT ON COLUMN published_firm.admitted IS '名额内 whether it was eligible and within its quota';
COMMENT ON COLUMN published_firm.decision IS '入选结论 listed, reserve or rejected';
COMMENT ON COLUMN published_firm.reasons IS '理由 reasons for the decision';
COMMENT ON COLUMN published_firm.digest IS '摘要 SHA-256 over the columns from entity to reasons';

COMMENT ON TABLE published_correction IS
    '异议更正 values that a publication took from accepted objections in place of the source''s';
COMMENT ON COLUMN published_correction.publication IS '批次号 publication';
COMMENT ON COLUMN published_correction.entity IS '企业 entity as text';
COMMENT ON COLUMN published_correction.indicator IS '指标 indicator';
COMMENT ON COLUMN published_correction.objection IS '异议编号 the objection that was accepted';
COMMENT ON COLUMN published_correction.source_value IS '来源值 what the source had';
COMMENT ON COLUMN published_correction.used_value IS '采用值 what was scored';

COMMENT ON TABLE publication_event IS '状态变更 changes of the state of publications; a publication without any is a draft';
COMMENT ON COLUMN publication_event.publication IS '批次号 publication';
COMMENT ON COLUMN publication_event.event IS '序号 number of the change, 1, 2, 3 … over all publications';
COMMENT ON COLUMN publication_event.state IS
    '状态 public_notice（公示中）, final（正式公布）, retracted（已撤回）';
COMMENT ON COLUMN publication_event.notice_from IS '公示起始日 first day of the public notice';
COMMENT ON COLUMN publication_event.notice_to IS '公示截止日 last day of the public notice';
COMMENT ON COLUMN publication_event.reason IS '理由 reason of a retraction';
COMMENT ON COLUMN publication_event.changed_at IS '变更时间 when';
COMMENT ON COLUMN publication_event.changed_by IS '变更人 role that made the change';
COMMENT ON COLUMN publication_event.digest IS
    '摘要 SHA-256 over the other columns, the digest of the publication and that of the change before';

SELECT pg_catalog.pg_extension_config_dump('publication', '');
SELECT pg_catalog.pg_extension_config_dump('published_model', '');
SELECT pg_catalog.pg_extension_config_dump('published_firm', '');
SELECT pg_catalog.pg_extension_config_dump('published_correction', '');
SELECT pg_catalog.pg_extension_config_dump('publication_event', '');

-- whoever changes a scheme must be able to see that publications use it
GRANT SELECT (publication, scheme) ON publication TO PUBLIC;

CREATE FUNCTION _publication_users(codes text[]) RETURNS TABLE (scheme text, name text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT p.scheme, p.publication::text FROM publication p WHERE p.scheme = ANY (codes)
$$;

COMMENT ON FUNCTION _publication_users(text[]) IS 'internal: publications that use schemes';

-- ----- nothing is changed afterwards

-- One at a time, so that the chain of digests is a line.
CREATE FUNCTION _lock_publications() RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT pg_advisory_xact_lock('publication'::regclass::oid::bigint)
$$;

CREATE FUNCTION _refuse_change() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what has been published cannot be changed'
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,
                  DETAIL = format('%s on table %s was refused.', TG_OP, TG_TABLE_NAME),
                  HINT = 'The owner can retract a publication: innovation_score.retract(publication, reason).';
    END IF;
    IF NOT _restoring() AND NOT EXISTS (
           SELECT FROM pg_locks l
           WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() AND l.classid = 0
             AND l.objid = 'publication'::regclass::oid AND l.objsubid = 1 AND l.granted) THEN
        RAISE EXCEPTION 'table % is written by publish() only', TG_TABLE_NAME
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _lock_publications() IS
    'internal: to the end of the transaction nobody else publishes or changes the state of a publication';
COMMENT ON FUNCTION _refuse_change() IS
    'internal: what has been published is not changed, and publish() alone adds to it';

CREATE TRIGGER publication_immutable BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON publication
    FOR EACH STATEMENT EXECUTE FUNCTION _refuse_change();
CREATE TRIGGER published_model_immutable BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON published_model
    FOR EACH STATEMENT EXECUTE FUNCTION _refuse_change();
CREATE TRIGGER published_firm_immutable BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON published_firm
    FOR EACH STATEMENT EXECUTE FUNCTION _refuse_change();
CREATE TRIGGER published_correction_immutable BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON published_correction
    FOR EACH STATEMENT EXECUTE FUNCTION _refuse_change();
CREATE TRIGGER publication_event_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON publication_event
    FOR EACH STATEMENT EXECUTE FUNCTION _refuse_change();

-- ----- digests: doc/publish.md defines them; a change here breaks every publication

-- Called for each firm, so it must be inlined: no SET clause. The caller sets
-- extra_float_digits = 1.
CREATE FUNCTION _firm_digest(entity text, stage text, peers text[], attributes text[], vals float8[], score float8,
                             coverage float8, category_scores float8[], rank bigint, stage_rank bigint,
                             barred boolean, quota text, eligible boolean, admitted boolean, decision text,
                             reasons text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(_canonical(entity, stage, peers, attributes, vals, score, coverage, category_scores, rank, stage_rank,
                         barred, quota, eligible, admitted, decision, reasons));

CREATE FUNCTION _instant(at timestamptz) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

CREATE FUNCTION _content_digest(number bigint) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT sha256(
        sha256(COALESCE((SELECT string_agg(sha256(_canonical(m.peers, m.model)), ''
                                           ORDER BY m.peers::text COLLATE "C")
                         FROM published_model m WHERE m.publication = number), ''))
        || sha256(COALESCE((SELECT string_agg(sha256(_canonical(c.entity, c.indicator, c.objection, c.source_value,
                                                                c.used_value)), '' ORDER BY c.entity, c.indicator)
                            FROM published_correction c WHERE c.publication = number), ''))
        || sha256(COALESCE((SELECT string_agg(f.digest, '' ORDER BY f.entity)
                            FROM published_firm f WHERE f.publication = number), '')))
$$;

CREATE FUNCTION _publication_digest(p publication) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT sha256(_canonical('innovation_score publication', p.publication, p.scoreboard, p.scheme, p.period, p.title,
                             _instant(p.published_at), p.published_by, p.indicators, p.categories, p.peers,
                             p.attributes, p.scheme_document, p.board_document, p.rule, p.firms, p.scored, p.listed,
                             encode(p.content_digest, 'hex'), encode(p.previous_digest, 'hex')))
$$;

CREATE FUNCTION _event_digest(e publication_event) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT sha256(_canonical('innovation_score event', e.publication, e.event, e.state,
                             to_char(e.notice_from, 'YYYY-MM-DD'), to_char(e.notice_to, 'YYYY-MM-DD'), e.reason,
                             _instant(e.changed_at), e.changed_by,
                             encode((SELECT p.digest FROM publication p WHERE p.publication = e.publication), 'hex'),
                             encode((SELECT o.digest FROM publication_event o WHERE o.event = e.event - 1), 'hex')))
$$;

COMMENT ON FUNCTION _firm_digest(text, text, text[], text[], float8[], float8, float8, float8[], bigint, bigint,
                                 boolean, text, boolean, boolean, text, text) IS
    'internal: digest of a published firm';
COMMENT ON FUNCTION _instant(timestamptz) IS 'internal: a moment as text, independent of settings';
COMMENT ON FUNCTION _content_digest(bigint) IS 'internal: digest of the models, corrections and firms of a publication';
COMMENT ON FUNCTION _publication_digest(publication) IS 'internal: digest of a publication';
COMMENT ON FUNCTION _event_digest(publication_event) IS 'internal: digest of a change of state';

-- quality: rules that a scheme has for the values of one firm (74_quality_rule.sql),
-- checked when they are written and put into views when a scoreboard is made.
--
-- A condition sees relations of one row each: the firm's values, whose columns need no
-- prefix, and around it "median", the medians of the firm's group, and "previous", the
-- firm's values of the period before. Views nest them so that the condition sees nothing
-- else by an unqualified name.

-- Numbers are divided by zero in every warehouse. In conditions that gives NULL, as it
-- does in ratio(): this operator stands before PostgreSQL's where they are parsed, in a
-- schema of its own so that nothing else is.
CREATE SCHEMA innovation_score_rule;

COMMENT ON SCHEMA innovation_score_rule IS 'operators that the conditions of quality rules see first';

GRANT USAGE ON SCHEMA innovation_score_rule TO PUBLIC;

CREATE OPERATOR innovation_score_rule./ (
    LEFTARG = float8,
    RIGHTARG = float8,
    FUNCTION = ratio
);

COMMENT ON OPERATOR innovation_score_rule./ (float8, float8) IS
    'quotient in conditions of quality rules; NULL where the divisor is 0';

CREATE FUNCTION same_unit(value float8, peers float8, previous float8) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION same_unit(float8, float8, float8) IS
    'false if a value is 3,000 to 30,000 times that of its peers or its own previous one, as amounts in yuan are among '
    'amounts in ten thousand yuan; NULL if there is nothing to compare it with';

-- Conditions.

CREATE FUNCTION _rule_names(condition text) RETURNS TABLE (relation text, name text, place integer)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT c.names[n][1], c.names[n][2], n
    FROM (SELECT _expression_columns(condition) AS names) c CROSS JOIN LATERAL generate_subscripts(c.names, 1) AS n
$$;

COMMENT ON FUNCTION _rule_names(text) IS
    'internal: the indicators that a condition names, with the relation (empty, median or previous)';

-- The schemas in which conditions are parsed, around those of a scoreboard.
CREATE FUNCTION _rule_path(path text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN path LIKE 'innovation\_score\_rule, pg\_catalog, %' THEN path
                ELSE concat_ws(', ', 'innovation_score_rule, pg_catalog', NULLIF(path, ''), 'innovation_score') END
$$;

CREATE FUNCTION _plain_path(path text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN path LIKE 'innovation\_score\_rule, pg\_catalog, %'
                THEN regexp_replace(path, '^innovation_score_rule, pg_catalog, (?:(.*), )?innovation_score$', '\1')
                ELSE path END
$$;

-- Where conditions stand in what is scored, everything is parsed as they are.
CREATE FUNCTION _board_path(board scoreboard) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.quality ->> 'on_error' = 'score' THEN _plain_path(board.search_path)
                ELSE _rule_path(board.search_path) END
$$;

CREATE FUNCTION _view_path(board scoreboard, view text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN view IN ('quality', 'quality_summary') THEN _rule_path(board.search_path)
                ELSE board.search_path END
$$;

COMMENT ON FUNCTION _rule_path(text) IS 'internal: the search_path under which conditions are parsed';
COMMENT ON FUNCTION _plain_path(text) IS 'internal: a search_path without the schemas of _rule_path()';
COMMENT ON FUNCTION _board_path(scoreboard) IS
    'internal: the search_path of a scoreboard, with those schemas if need be';
COMMENT ON FUNCTION _view_path(scoreboard, text) IS 'internal: the search_path under which a view is parsed';

-- In WHERE a condition can hold no aggregate, window or set function.
CREATE FUNCTION _try_rule(codes text[], condition text, value text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    firm text := (SELECT string_agg(format('%s::double precision AS %I', value, c.code), ', ')
                  FROM unnest(codes) AS c(code)
                  WHERE octet_length(c.code) <= current_setting('max_identifier_length')::integer);
    query text := format('SELECT FROM (SELECT %1$s) median CROSS JOIN (SELECT %1$s) previous '
                         'WHERE (SELECT true FROM (SELECT %1$s) firm WHERE (%2$s))', firm, condition);
BEGIN
    PERFORM set_config('search_path', innovation_score._rule_path(''), true);
    IF NOT innovation_score._is_immutable(query) THEN
        RAISE EXCEPTION 'functions in a condition must be marked IMMUTABLE'
            USING ERRCODE = 'invalid_object_definition',
                  HINT = 'The same values must get the same verdict, and documents of others must do no harm.';
    END IF;
    EXECUTE query;
END
$$;

COMMENT ON FUNCTION _try_rule(text[], text, text) IS
    'internal: evaluates a condition where every indicator has the same value';

CREATE FUNCTION _check_rule() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := ARRAY(SELECT i.indicator FROM indicator i WHERE i.scheme = NEW.scheme
                          ORDER BY i.position, i.indicator COLLATE "C");
    what text := format('condition of quality rule "%s"', NEW.rule);
    culprit text;
    state text;
    message text;
    hint text;
BEGIN
    IF _is_restored() OR NEW.condition IS NULL OR NOT EXISTS (SELECT FROM scheme s WHERE s.scheme = NEW.scheme) THEN
        RETURN NEW;     -- others refuse it, or it has been checked before
    END IF;
    PERFORM check_expression(NEW.condition, what);
    SELECT concat_ws('.', NULLIF(n.relation, ''), n.name) INTO culprit
    FROM _rule_names(NEW.condition) n
    WHERE n.relation NOT IN ('', 'median', 'previous') OR n.name <> ALL (codes)
    ORDER BY n.place LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'scheme "%" has no indicator "%"', NEW.scheme, culprit
            USING ERRCODE = 'undefined_column', DETAIL = format('This was given as %s: %s', what, NEW.condition),
                  HINT = format('The indicators are %s; "median" and "previous" may stand before them.',
                                array_to_string(codes, ', '));
    END IF;
    IF NEW.severity = 'error' AND EXISTS (SELECT FROM _rule_names(NEW.condition) n WHERE n.relation <> '') THEN
        RAISE EXCEPTION 'quality rule "%" looks at other rows, so it can only be a warning', NEW.rule
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Errors decide who is scored, which must not depend on the values of others.',
                  HINT = 'Set severity to ''warning''.';
    END IF;
    BEGIN
        PERFORM _try_rule(codes, NEW.condition, 'NULL');
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
        -- says WHERE, perhaps in another language; the author of the rule never wrote one
        RAISE EXCEPTION USING ERRCODE = state,
            MESSAGE = CASE WHEN state IN ('42803', '42P20') OR state = '0A000' AND message ~ 'WHERE'
                           THEN 'a condition cannot hold aggregate, window or set-returning functions'
                           WHEN state = '42804' AND message ~ 'WHERE' THEN 'a condition must be boolean'
                           ELSE message END,
            DETAIL = format('This was given as %s: %s', what, NEW.condition),
            HINT = CASE WHEN hint <> '' THEN hint
                        ELSE 'Give an SQL condition over the codes of indicators; functions of your own need their '
                             'schema.' END;
    END;
    BEGIN
        PERFORM _try_rule(codes, NEW.condition, '0');
        PERFORM _try_rule(codes, NEW.condition, '-1');
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = format('%s fails for values of 0 or -1: %s', what, message),
            DETAIL = format('This was given: %s', NEW.condition),
            HINT = 'One such firm would make the views fail: guard it with CASE WHEN … THEN … END.';
    END;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _check_rule() IS 'internal: refuses conditions that are none, or that could fail';

CREATE TRIGGER quality_rule_check BEFORE INSERT OR UPDATE OF rule, severity, condition ON quality_rule
    FOR EACH ROW EXECUTE FUNCTION _check_rule();

-- as weights do
CREATE FUNCTION _delete_rules() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM quality_rule q
    WHERE EXISTS (SELECT FROM _rule_names(q.condition) n JOIN gone g ON g.scheme = q.scheme AND g.indicator = n.name)
      AND q.scheme IN (SELECT g.scheme FROM gone g);
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _delete_rules() IS 'internal: rules go with the indicators that they name';

CREATE TRIGGER indicator_rules AFTER DELETE ON indicator
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION _delete_rules();

CREATE TRIGGER quality_rule_notify_insert AFTER INSERT ON quality_rule
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER quality_rule_notify_update AFTER UPDATE ON quality_rule
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();
CREATE TRIGGER quality_rule_notify_delete AFTER DELETE ON quality_rule
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _notify_scoreboards();

-- A rule outlives the old code of an indicator that was renamed.
CREATE FUNCTION _lost_names(q quality_rule) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT string_agg(DISTINCT format('"%s"', n.name), ', ')
    FROM _rule_names(q.condition) n
    WHERE NOT EXISTS (SELECT FROM indicator i WHERE i.scheme = q.scheme AND i.indicator = n.name)
$$;

CREATE FUNCTION _rule_problems(code text) RETURNS TABLE (severity text, object text, problem text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT 'warning', format('quality rule %s', q.rule),
           format('refers to %s, which the scheme does not have: it is not checked', _lost_names(q))
    FROM quality_rule q WHERE q.scheme = code AND _lost_names(q) IS NOT NULL
$$;

COMMENT ON FUNCTION _lost_names(quality_rule) IS 'internal: what a rule names and its scheme does not have';
COMMENT ON FUNCTION _rule_problems(text) IS 'internal: what is amiss in the quality rules of a scheme';

-- The rules of a scoreboard are those that the scheme had when it was made.

CREATE FUNCTION _scheme_quality(code text) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'on_error', s.on_error,
        'rules', (SELECT COALESCE(jsonb_agg(to_jsonb(q) - 'scheme' ORDER BY q.rule COLLATE "C"), '[]')
                  FROM quality_rule q WHERE q.scheme = code AND _lost_names(q) IS NULL))
    FROM scheme s WHERE s.scheme = code
$$;

CREATE FUNCTION _board_rules(board scoreboard)
RETURNS TABLE (number bigint, rule text, severity text, condition text, message text, relations text[])
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT e.number, e.rule ->> 'rule', e.rule ->> 'severity', e.rule ->> 'condition', e.rule ->> 'message',
           ARRAY(SELECT DISTINCT n.relation FROM _rule_names(e.rule ->> 'condition') n)
    FROM jsonb_array_elements(board.quality -> 'rules') WITH ORDINALITY AS e(rule, number)
$$;

CREATE FUNCTION _fits_differently(quality jsonb, other jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'exclude' IN (quality ->> 'on_error', other ->> 'on_error')
           AND (quality -> 'on_error' <> other -> 'on_error'
                OR jsonb_path_query_array(quality, kept.errors) <> jsonb_path_query_array(other, kept.errors))
    FROM (SELECT '$.rules[*] ? (@.severity == "error").condition'::jsonpath AS errors) kept
$$;

CREATE FUNCTION _needs_medians(quality jsonb, other jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_path_query_array(quality, kept.path) <> jsonb_path_query_array(other, kept.path)
    FROM (SELECT '$.rules[*].condition ? (@ like_regex "median")'::jsonpath AS path) kept
$$;

COMMENT ON FUNCTION _scheme_quality(text) IS
    'internal: the rules of a scheme, and what becomes of errors, as a scoreboard keeps them';
COMMENT ON FUNCTION _board_rules(scoreboard) IS 'internal: the rules that a scoreboard was made with';
COMMENT ON FUNCTION _fits_differently(jsonb, jsonb) IS
    'internal: whether a frozen scoreboard whose rules change must be fitted again';
COMMENT ON FUNCTION _needs_medians(jsonb, jsonb) IS
    'internal: whether a frozen scoreboard whose rules change must have its medians taken again';

-- What is scored.

CREATE FUNCTION _named_values(codes text[], expressions text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'SELECT ' || COALESCE(string_agg(format('%s AS %I', u.expression, u.code), ', ' ORDER BY u.place), '')
    FROM unnest(codes, expressions) WITH ORDINALITY AS u(code, expression, place)
    WHERE octet_length(u.code) <= current_setting('max_identifier_length')::integer     -- no condition can name others
$$;

COMMENT ON FUNCTION _named_values(text[], text[]) IS 'internal: query of one row, each expression under its code';

CREATE FUNCTION _flag_columns(board scoreboard) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.quality ->> 'on_error' = 'score' THEN '{}' ELSE '{quality_errors}' END::text[]
$$;

CREATE FUNCTION _error_gap(board scoreboard) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.quality ->> 'on_error' = 'exclude'
                THEN 'WHEN s.quality_errors IS NOT NULL '
                     'THEN ''no score: quality rules violated: '' || s.quality_errors '
                ELSE '' END
$$;

-- What the rules of severity error say of a row of the source: an expression over their conditions.
CREATE FUNCTION _judge_errors(board scoreboard, binding scoreboard_binding, judgement text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('(SELECT %s FROM (%s) firm)', judgement,
                  _named_values(array_agg(c.code ORDER BY c.place),
                                array_agg(binding.elements[c.place] ORDER BY c.place)))
    FROM unnest(_model_codes(board.model, 'indicators')) WITH ORDINALITY AS c(code, place)
    WHERE c.code IN (SELECT n.name FROM _board_rules(board) r CROSS JOIN LATERAL _rule_names(r.condition) n
                     WHERE r.severity = 'error')
$$;

CREATE FUNCTION _excluded_rows(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT _judge_errors(board, binding, string_agg(format('(%s) IS FALSE', r.condition), ' OR ' ORDER BY r.number))
    FROM _board_rules(board) r WHERE r.severity = 'error' AND board.quality ->> 'on_error' = 'exclude'
    HAVING count(*) > 0
$$;

-- An excluded firm has no array of values, so score_row() gives it no score.
CREATE FUNCTION _checked_values(board scoreboard, binding scoreboard_binding, row_values text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.quality ->> 'on_error' = 'score' THEN '' ELSE
               COALESCE((SELECT _judge_errors(board, binding, format(
                             'NULLIF(array_to_string(ARRAY[%s], '', ''), '''')',
                             string_agg(format('CASE WHEN (%s) IS FALSE THEN %L END', r.condition, r.rule), ', '
                                        ORDER BY r.number)))
                         FROM _board_rules(board) r WHERE r.severity = 'error' HAVING count(*) > 0), 'NULL::text')
               || ' AS quality_errors, ' END
        || COALESCE('CASE WHEN NOT ' || _excluded_rows(board, binding) || ' THEN ' || row_values || ' END AS _values',
                    CASE WHEN board.long IS NULL THEN row_values || ' AS _values' ELSE row_values END)
$$;

COMMENT ON FUNCTION _flag_columns(scoreboard) IS 'internal: the columns of errors that the views of scores have';
COMMENT ON FUNCTION _error_gap(scoreboard) IS 'internal: why an excluded firm has no score';
COMMENT ON FUNCTION _judge_errors(scoreboard, scoreboard_binding, text) IS
    'internal: SQL text of an expression over the conditions of severity error, for a row of the source';
COMMENT ON FUNCTION _excluded_rows(scoreboard, scoreboard_binding) IS
    'internal: condition of the rows that are left out, NULL if none is';
COMMENT ON FUNCTION _checked_values(scoreboard, scoreboard_binding, text) IS
    'internal: select list of the errors, if the scheme asks for them, and the values that count';

INSERT INTO scoreboard_column (name, comment) VALUES
    ('quality_errors', '数据质量错误 quality rules of severity error that the record violates; empty: none');

-- tier: firms by class (分类分层分级). A rule says where the tiers are cut: at scores, at
-- shares of the field, or after so many places. Like whitelists they cut by competition
-- rank, so that firms tied at a cut stand on the same side of it.

CREATE TABLE tier_rule (
    scheme     text,
    scoreboard text,
    method     text NOT NULL,
    tiers      text[] NOT NULL,
    cuts       jsonb NOT NULL,
    within     text,
    CONSTRAINT tier_rule_scheme_key UNIQUE (scheme),
    CONSTRAINT tier_rule_scoreboard_key UNIQUE (scoreboard),
    CONSTRAINT tier_rule_scheme_fkey FOREIGN KEY (scheme) REFERENCES scheme ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT tier_rule_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT tier_rule_owner_check CHECK (num_nonnulls(scheme, scoreboard) = 1),
    CONSTRAINT tier_rule_method_check CHECK (method IN ('score', 'quantile', 'quota'))
);

COMMENT ON TABLE tier_rule IS '分级规则 where the tiers are cut, kept by set_tiers() and set_scheme_tiers()';
COMMENT ON COLUMN tier_rule.scheme IS '积分体系 scheme, for those of its scoreboards that have no rule of their own';
COMMENT ON COLUMN tier_rule.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN tier_rule.method IS '方法 score（分数线）, quantile（比例）or quota（名额）';
COMMENT ON COLUMN tier_rule.tiers IS '等级 tiers, best first; the last one is for the rest';
COMMENT ON COLUMN tier_rule.cuts IS
    '分界 lowest scores, shares of the field from the top, or numbers of places; one list, or one for each group';
COMMENT ON COLUMN tier_rule.within IS
    '分组 stage or a column that the scoreboard shows: tiers are cut within its values';

SELECT _dump_table('tier_rule', 12,
                   '(n.scheme IS NULL OR n.scheme IN (SELECT s.scheme FROM scheme s)) AND '
                   '(n.scoreboard IS NULL OR n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b))');

-- Checks a list of cuts.
CREATE FUNCTION _check_cuts(method text, tiers text[], cuts jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    cut numeric;
    before numeric;
    item jsonb;
    culprit text;
BEGIN
    IF jsonb_typeof(cuts) <> 'array' OR jsonb_array_length(cuts) <> cardinality(tiers) - 1 THEN
        culprit := format('%s tiers need an array of %s cuts', cardinality(tiers), cardinality(tiers) - 1);
    ELSE
        FOR item IN SELECT j.value FROM jsonb_array_elements(cuts) WITH ORDINALITY AS j(value, place) ORDER BY j.place
        LOOP
            cut := CASE WHEN jsonb_typeof(item) = 'number' THEN item::numeric END;
            culprit := CASE
                WHEN cut IS NULL THEN format('cuts are numbers, not %s', item)
                WHEN method = 'score' AND cut >= before THEN 'scores must fall from cut to cut'
                WHEN method = 'score' AND abs(cut) > 1e15 THEN 'scores must be below 1e15'
                WHEN method = 'quantile' AND (cut <= 0 OR cut >= 1)
                THEN 'shares must lie between 0 and 1 (0.1 for 10 %)'
                WHEN method = 'quantile' AND cut <= before
                THEN 'shares count from the top and must rise from cut to cut'
                WHEN method = 'quota' AND (cut < 0 OR cut <> trunc(cut) OR cut > 1e15)
                THEN 'numbers of places must be whole and not negative' END;
            EXIT WHEN culprit IS NOT NULL;
            before := cut;
        END LOOP;
    END IF;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'tiers: %', culprit USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('The cuts are %s.', cuts);
    END IF;
END
$$;

CREATE FUNCTION _check_tier_rule(rule tier_rule) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    culprit text;
BEGIN
    culprit := CASE
        WHEN rule.method IN ('score', 'quantile', 'quota') IS NOT TRUE
        THEN format('method must be score, quantile or quota, not %s', COALESCE(rule.method, 'NULL'))
        WHEN COALESCE(cardinality(rule.tiers), 0) < 2 OR array_ndims(rule.tiers) > 1
        THEN 'there must be two tiers at least'
        WHEN array_position(rule.tiers, NULL) IS NOT NULL OR '' = ANY (rule.tiers) THEN 'a tier needs a name'
        WHEN (SELECT count(DISTINCT t) FROM unnest(rule.tiers) t) < cardinality(rule.tiers)
        THEN 'every tier must have a name of its own'
        WHEN rule.cuts IS NULL THEN 'there must be cuts'
        WHEN jsonb_typeof(rule.cuts) = 'object' AND rule.within IS NULL
        THEN 'cuts for each group need the column of the groups' END;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'tiers: %', culprit USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF jsonb_typeof(rule.cuts) = 'object' THEN
        PERFORM _check_cuts(rule.method, rule.tiers, g.value) FROM jsonb_each(rule.cuts) g;
    ELSE
        PERFORM _check_cuts(rule.method, rule.tiers, rule.cuts);
    END IF;
END
$$;

COMMENT ON FUNCTION _check_cuts(text, text[], jsonb) IS 'internal: refuses a list of cuts that makes no sense';
COMMENT ON FUNCTION _check_tier_rule(tier_rule) IS 'internal: refuses a rule that makes no sense';

-- The rule that counts for a scoreboard, its group as a column of the scores.
CREATE FUNCTION _tiers_of(board scoreboard, binding scoreboard_binding) RETURNS tier_rule
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule tier_rule;
    names text[] := binding.shown || 'stage'::text;
    identifier text[];
BEGIN
    SELECT * INTO rule FROM tier_rule r
    WHERE r.scoreboard = board.scoreboard OR r.scheme = board.scheme
    ORDER BY r.scoreboard IS NULL LIMIT 1;
    IF rule.within <> ALL (names) THEN
        BEGIN
            identifier := parse_ident(rule.within);
        EXCEPTION WHEN invalid_parameter_value THEN
            NULL;   -- no identifier, so unknown
        END;
        IF cardinality(identifier) = 1 AND identifier[1] = ANY (names) THEN
            rule.within := identifier[1];
        ELSE
            RAISE EXCEPTION 'tiers within "%" need a column that scoreboard % does not show', rule.within,
                    board.scoreboard
                USING ERRCODE = 'undefined_column',
                      DETAIL = format('It shows %s.', (SELECT string_agg(format('"%s"', n), ', ')
                                                       FROM unnest(names) n)),
                      HINT = 'Name the column among the attributes of the scoreboard.';
        END IF;
    END IF;
    RETURN rule;
END
$$;

COMMENT ON FUNCTION _tiers_of(scoreboard, scoreboard_binding) IS
    'internal: the tier rule of a scoreboard, or of its scheme';

-- Sentences; inlined, like those of whitelists.
CREATE FUNCTION _cut_reason(score float8, cut float8, tier text, reached boolean) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN format(CASE WHEN reached THEN 'score %s reaches %s, the cut-off of %s'
                   ELSE 'score %s is below %s, the cut-off of %s' END, _figure(score, cut), cut, tier);

CREATE FUNCTION _first_reason(place bigint, scored bigint, first bigint, share text, field text, reached boolean)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN concat('place ' || place, ' of ' || scored, ' in ' || field,
              CASE WHEN reached THEN ' is among the first ' ELSE ' is beyond the first ' END || first,
              ' (' || share || ')');

COMMENT ON FUNCTION _cut_reason(float8, float8, text, boolean) IS 'internal: a score against a cut-off';
COMMENT ON FUNCTION _first_reason(bigint, bigint, bigint, text, text, boolean) IS 'internal: a place against a cut';

-- A share of a number, rounded up, in whole numbers where they cannot overflow: numeric
-- arithmetic would cost most of a row's time.
CREATE FUNCTION _share_of(share numeric, number text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN scale(s.share) <= 9
                THEN format('(%s * %s + %s) / %s', trim_scale(s.share * s.unit), number, s.unit - 1, s.unit)
                ELSE format('pg_catalog.ceil(%s * %s)::bigint', s.share, number) END
    FROM (SELECT trim_scale(_share_of.share), trunc(10 ^ least(scale(trim_scale(_share_of.share)), 9))::bigint)
         AS s(share, unit)
$$;

COMMENT ON FUNCTION _share_of(numeric, text) IS 'internal: SQL text of a share of a number';

-- One list of cuts as CASE: the tier, or the sentence about it. The place and the number
-- of firms scored are SQL text; so are score and field.
CREATE FUNCTION _cuts_case(rule tier_rule, cuts jsonb, what text, score text, field text, place text, scored text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    WITH cut AS (
        SELECT c.place AS n, rule.tiers[c.place] AS tier, c.value,
               CASE rule.method
                   WHEN 'score' THEN format('%L::double precision', c.value)
                   WHEN 'quantile' THEN _share_of(c.value::numeric, scored)
                   ELSE format('%L::bigint', sum(trunc(c.value::numeric)) OVER (ORDER BY c.place)) END AS bound
        FROM jsonb_array_elements_text(cuts) WITH ORDINALITY AS c(value, place)
    ), sentence AS (
        SELECT c.*,
               CASE WHEN rule.method = 'score'
                    THEN format('innovation_score._cut_reason(%s, %s, %L, ', score, c.bound, c.tier)
                    ELSE format('innovation_score._first_reason(%s, %s, %s, %L, %s, ', place,
                                CASE rule.method WHEN 'quantile' THEN scored ELSE 'NULL' END, c.bound,
                                CASE rule.method WHEN 'quantile' THEN trim_scale(100 * c.value::numeric) || ' %' END,
                                COALESCE(field || '::text', 'NULL')) END AS words
        FROM cut c
    )
    SELECT format('CASE %s ELSE %s END',
                  string_agg(format('WHEN %s THEN %s',
                                    CASE WHEN rule.method = 'score' THEN format('%s >= %s', score, s.bound)
                                         ELSE format('%s <= %s', place, s.bound) END,
                                    CASE what WHEN 'tier' THEN format('%L::text', s.tier)
                                              ELSE s.words || 'true)' END), ' ' ORDER BY s.n),
                  CASE what WHEN 'tier' THEN format('%L::text', rule.tiers[cardinality(rule.tiers)])
                            ELSE max(s.words) FILTER (WHERE s.n = cardinality(rule.tiers) - 1) || 'false)' END)
    FROM sentence s
$$;

CREATE FUNCTION _tier_case(rule tier_rule, what text, score text, field text, place text, scored text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN rule.method IS NULL
        THEN CASE what WHEN 'tier' THEN 'NULL::text' ELSE '''no tiers are set''::text' END
        ELSE format('CASE WHEN %s IS NULL THEN %s %s END', score,
                    CASE what WHEN 'tier' THEN 'NULL::text' ELSE '''no score''' END,
                    CASE WHEN jsonb_typeof(rule.cuts) = 'array'
                         THEN CASE WHEN rule.within IS NOT NULL
                                   THEN format('WHEN %s IS NULL THEN %s ', field,
                                               CASE what WHEN 'tier' THEN 'NULL::text'
                                                         ELSE quote_literal(rule.within || ' is missing') END)
                                   ELSE '' END
                              || 'ELSE ' || _cuts_case(rule, rule.cuts, what, score, field, place, scored)
                         ELSE (SELECT string_agg(format('WHEN %s::text = %L THEN %s', field, g.key,
                                                        _cuts_case(rule, g.value, what, score, field, place, scored)),
                                                 ' ' ORDER BY g.key COLLATE "C")
                               FROM jsonb_each(rule.cuts) g)
                              || CASE what WHEN 'tier' THEN ''
                                           ELSE format(' ELSE COALESCE(''no cuts are set for '' || %s::text, %L)',
                                                       field, rule.within || ' is missing') END END)
        END
$$;

COMMENT ON FUNCTION _cuts_case(tier_rule, jsonb, text, text, text, text, text) IS
    'internal: the tier by one list of cuts, or why';
COMMENT ON FUNCTION _tier_case(tier_rule, text, text, text, text, text) IS 'internal: the tier of a row, or why';

-- The place that a cut counts, and how many it counts among, as window functions over
-- the rows of an alias; NULL where the tiers are cut at scores.
CREATE FUNCTION _tier_place(rule tier_rule, binding scoreboard_binding, alias text, score text,
                            OUT place text, OUT scored text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN rule.method IN ('quantile', 'quota')
                THEN format('innovation_score.score_rank(%s%s) OVER (%s)', score,
                            ', ' || alias || '.' || quote_ident(rule.within) || '::text',
                            'PARTITION BY ' || _columns_of(alias, ARRAY[binding.period]))
                ELSE 'NULL::bigint' END,
           CASE WHEN rule.method = 'quantile'
                THEN format('pg_catalog.count(%s) OVER (%s)', score,
                            'PARTITION BY ' || _columns_of(alias, ARRAY[binding.period, rule.within]))
                ELSE 'NULL::bigint' END
$$;

COMMENT ON FUNCTION _tier_place(tier_rule, scoreboard_binding, text, text) IS
    'internal: the place that tiers are cut by, and among how many';

-- The query's rows (with stage, score and what the scoreboard shows) with their tiers.
CREATE FUNCTION _tiered_rows(rule tier_rule, binding scoreboard_binding, query text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT p.*, %s AS tier, %s AS reason FROM (SELECT t.*, %s AS place, %s AS _scored FROM (%s) t) p',
                  _tier_case(rule, 'tier', 'p.score', field.name, 'p.place', 'p._scored'),
                  _tier_case(rule, 'reason', 'p.score', field.name, 'p.place', 'p._scored'),
                  counted.place, counted.scored, query)
    FROM _tier_place(rule, binding, 't', 't.score') AS counted
    CROSS JOIN (SELECT 'p.' || quote_ident(rule.within)) AS field(name)
$$;

COMMENT ON FUNCTION _tiered_rows(tier_rule, scoreboard_binding, text) IS
    'internal: query of the rows of a query with place, tier and reason';

CREATE FUNCTION _tier_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, innovation_score.score_numeric(r.score)::numeric(9,4) AS score, r.place, r.tier, '
                  'r.reason FROM (%s) r', _columns_of('r', names.list),
                  _tiered_rows(_tiers_of(board, binding), binding,
                               format('SELECT %s, x._row[1] AS score FROM (SELECT %s, %s FROM %s) x',
                                      _columns_of('x', names.list), _columns_of('s', names.list),
                                      _score_row(board, binding), _rows_with_model(board, binding))))
    FROM (SELECT ARRAY[binding.entity, binding.period] || binding.shown || 'stage'::text AS list) names
$$;

-- The ranking with a column more; what it counts itself is not counted again.
CREATE FUNCTION _tiered_ranking_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT _ranking_query(board, binding, ', ' || _tier_case(
        rule, 'tier', 'u._row[1]', 'u.' || quote_ident(rule.within),
        CASE WHEN rule.within IS NULL THEN format('u._row[%s]::bigint', _rank_place(board.model))
             WHEN rule.within = 'stage' THEN format('u._row[%s]::bigint', _rank_place(board.model) + 1)
             ELSE counted.place END,
        CASE WHEN rule.within IS NULL THEN format('u._row[%s]::bigint', _rank_place(board.model) + 2)
             ELSE counted.scored END) || ' AS tier')
    FROM _tiers_of(board, binding) AS rule
    CROSS JOIN LATERAL _tier_place(rule, binding, 'u', 'u._row[1]') AS counted
$$;

-- How many firms moved from tier to tier, for every two periods.
CREATE FUNCTION _migration_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule tier_rule := _tiers_of(board, binding);
    view text := _view_name(board.scoreboard, 'tier');
    pairs text;
BEGIN
    IF binding.period IS NULL THEN
        RETURN 'SELECT NULL::text AS from_period, NULL::text AS to_period, NULL::text AS from_tier, '
               'NULL::text AS to_tier, NULL::text AS movement, NULL::bigint AS firms WHERE false';
    END IF;
    pairs := format('(SELECT DISTINCT s.%1$I AS period FROM %2$s) a '
                    'JOIN (SELECT DISTINCT s.%1$I AS period FROM %2$s) b ON a.period < b.period',
                    binding.period, _rows(binding));
    RETURN format(
        'SELECT m.from_period, m.to_period, m.from_tier, m.to_tier, '
        'CASE WHEN m.from_tier IS NULL THEN ''entered'' WHEN m.to_tier IS NULL THEN ''left'' '
        'WHEN m.from_tier = m.to_tier THEN ''same'' '
        'WHEN pg_catalog.array_position(%1$L::text[], m.to_tier) < pg_catalog.array_position(%1$L::text[], m.from_tier) THEN ''up'' '
        'ELSE ''down'' END AS movement, pg_catalog.count(*) AS firms FROM ('
        'SELECT a.period AS from_period, b.period AS to_period, f.tier AS from_tier, t.tier AS to_tier '
        'FROM %2$s JOIN %3$s t ON t.%4$I = b.period AND t.tier IS NOT NULL '
        'LEFT JOIN %3$s f ON f.%4$I = a.period AND f.%5$I = t.%5$I AND f.tier IS NOT NULL '
        'UNION ALL '
        'SELECT a.period AS from_period, b.period AS to_period, f.tier AS from_tier, NULL::text AS to_tier '
        'FROM %2$s JOIN %3$s f ON f.%4$I = a.period AND f.tier IS NOT NULL '
        'LEFT JOIN %3$s t ON t.%4$I = b.period AND t.%5$I = f.%5$I AND t.tier IS NOT NULL '
        'WHERE t.tier IS NULL) m '
        'GROUP BY m.from_period, m.to_period, m.from_tier, m.to_tier',
        COALESCE(rule.tiers, '{}'), pairs, view, binding.period, binding.entity);
END
$$;

COMMENT ON FUNCTION _tier_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _tier';
COMMENT ON FUNCTION _tiered_ranking_query(scoreboard, scoreboard_binding) IS
    'internal: text of the view _ranking with the tier';
COMMENT ON FUNCTION _migration_query(scoreboard, scoreboard_binding) IS
    'internal: text of the view _migration';

UPDATE scoreboard_view SET query = '_tiered_ranking_query', names = names || '{tier}' WHERE kind = 'ranking';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('tier', 60, '_tier_query', 'all', false, '{stage,score,place,tier,reason,_scored,_values,_row}', '分级 tiers'),
    ('migration', 61, '_migration_query', 'group', false,
     '{from_period,to_period,from_tier,to_tier,movement,firms}', '等级变动 migration between tiers');

INSERT INTO scoreboard_column (name, comment) VALUES
    ('tier', '等级 tier; NULL: no tiers are set, or no score'),
    ('from_period', '原期间 earlier period'),
    ('to_period', '现期间 later period'),
    ('from_tier', '原等级 tier in the earlier period; NULL: none'),
    ('to_tier', '现等级 tier in the later period; NULL: none'),
    ('movement', '变动 up（升）, down（降）, same（不变）, entered（新进）, left（退出）'),
    ('firms', '企业数 number of firms');
INSERT INTO scoreboard_column (name, kind, comment) VALUES
    ('place', 'tier', '名次 place that the tier was cut by; NULL where tiers are cut at scores'),
    ('reason', 'tier', '理由 why the firm is in its tier');

CREATE FUNCTION _remake_tiers(board scoreboard) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    binding scoreboard_binding := _bind(board);
    kept jsonb := _user_comments(board);
BEGIN
    PERFORM _replace_views(board, binding, ARRAY(
        SELECT v.suffix FROM _views_of(board.scoreboard) v
        WHERE v.kind IN ('ranking', 'tier', 'migration', 'credit') ORDER BY v.place));
    PERFORM _put_comments(board, binding, kept);
END
$$;

CREATE FUNCTION _set_tiers(rule tier_rule, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(rule.scoreboard, path);
BEGIN
    PERFORM _check_tier_rule(rule);
    rule.scoreboard := board.scoreboard;
    DELETE FROM tier_rule r WHERE r.scoreboard = board.scoreboard;
    INSERT INTO tier_rule SELECT rule.*;
    PERFORM _remake_tiers(board);
END
$$;

CREATE FUNCTION set_tiers(scoreboard text, method text, tiers text[], cuts jsonb, within text DEFAULT NULL)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._set_tiers(ROW(NULL, scoreboard, method, tiers, cuts, within)::innovation_score.tier_rule,
                                       pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION _drop_tiers(scoreboard text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(scoreboard, path);
BEGIN
    DELETE FROM tier_rule r WHERE r.scoreboard = board.scoreboard;
    PERFORM _remake_tiers(board);
END
$$;

CREATE FUNCTION drop_tiers(scoreboard text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._drop_tiers(scoreboard, pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION set_scheme_tiers(scheme text, method text, tiers text[], cuts jsonb, within text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule tier_rule := ROW((_require_scheme(scheme)).scheme, NULL, method, tiers, cuts, within);
    boards text;
BEGIN
    PERFORM _check_tier_rule(rule);
    DELETE FROM tier_rule r WHERE r.scheme = rule.scheme;
    INSERT INTO tier_rule SELECT rule.*;
    SELECT string_agg(b.scoreboard, ', ' ORDER BY b.scoreboard COLLATE "C") INTO boards
    FROM scoreboard b
    WHERE b.scheme = rule.scheme AND b.scoreboard NOT IN (SELECT r.scoreboard FROM tier_rule r
                                                          WHERE r.scoreboard IS NOT NULL);
    IF boards IS NOT NULL THEN
        RAISE NOTICE 'tiers of scheme "%" have changed; its scoreboards keep the old ones until they are rebuilt: %',
            rule.scheme, boards USING HINT = 'Run innovation_score.rebuild_scoreboard().';
    END IF;
END
$$;

COMMENT ON FUNCTION _remake_tiers(scoreboard) IS 'internal: remakes the views that show tiers';
COMMENT ON FUNCTION _set_tiers(tier_rule, name[]) IS 'internal: set_tiers with the caller''s schemas';
COMMENT ON FUNCTION _drop_tiers(text, name[]) IS 'internal: drop_tiers with the caller''s schemas';
COMMENT ON FUNCTION set_tiers(text, text, text[], jsonb, text) IS
    'says which tiers the firms of a scoreboard are in: cut at scores, at shares of the field, or after places';
COMMENT ON FUNCTION drop_tiers(text) IS 'forgets the tiers of a scoreboard; those of its scheme count again';
COMMENT ON FUNCTION set_scheme_tiers(text, text, text[], jsonb, text) IS
    'the same for all scoreboards of a scheme that have no tiers of their own';

-- of 92_compare

CREATE FUNCTION _meet_by_number(a scoreboard, b scoreboard) RETURNS boolean
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT count(DISTINCT t.type) = 1 AND bool_and(t.type IN ('bigint'::regtype, 'integer'::regtype))
    FROM (VALUES ((_view_column(_view_name(a.scoreboard, 'ranking'), 1)).atttypid),
                 ((_view_column(_view_name(b.scoreboard, 'ranking'), 1)).atttypid)) AS t(type)
$$;

COMMENT ON FUNCTION _meet_by_number(scoreboard, scoreboard) IS
    'internal: whether the entities of both scoreboards are whole numbers of one type';

CREATE OR REPLACE FUNCTION _decided_rows(board scoreboard, period text, by_number boolean) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN _has_rule(board)
                THEN _view_rows(board, 'whitelist', 'v.score, v.rank, v.decision, ' || key, period)
                ELSE _view_rows(board, 'ranking', 'v.score, v.rank, NULL::text AS decision, ' || key, period) END
    FROM (SELECT format('v.%I%s AS key', (_view_column(_view_name(board.scoreboard, 'ranking'), 1)).attname,
                        CASE WHEN by_number THEN '' ELSE '::text' END)) AS k(key)
$$;

COMMENT ON FUNCTION _decided_rows(scoreboard, text, boolean) IS
    'internal: FROM item of scores, ranks and decisions of a scoreboard, and the key to join them by';

CREATE OR REPLACE FUNCTION _side_by_side(a scoreboard, b scoreboard, period text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    without scoreboard := CASE WHEN a.period IS NULL THEN a ELSE b END;
    by_number boolean := _meet_by_number(a, b);
BEGIN
    IF (a.period IS NULL) <> (b.period IS NULL) AND period IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no periods, the other one has', without.scoreboard
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the period to compare.';
    END IF;
    IF a.period IS NULL AND b.period IS NULL AND period IS NOT NULL THEN
        RAISE EXCEPTION 'scoreboards % and % have no periods', a.scoreboard, b.scoreboard
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave the period away.';
    END IF;
    RETURN format(
        'SELECT COALESCE(a.entity, b.entity) AS entity, %s AS period, '
        'a.score AS score_a, b.score AS score_b, a.rank AS rank_a, b.rank AS rank_b, '
        'a.decision AS decision_a, b.decision AS decision_b FROM %s a FULL JOIN %s b ON a.key = b.key%s',
        COALESCE(quote_literal(period) || '::text', 'COALESCE(a.period, b.period)'),
        _decided_rows(a, period, by_number), _decided_rows(b, period, by_number),
        CASE WHEN a.period IS NOT NULL AND b.period IS NOT NULL
             THEN ' AND COALESCE(a.period, '''') = COALESCE(b.period, '''') '
                  'AND (a.period IS NULL) = (b.period IS NULL)'
             ELSE '' END);
END
$$;

CREATE OR REPLACE FUNCTION _points_of_changed(board scoreboard, period text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT c.entity, c.period, c.change, d.indicator, d.title, d.points * (100 / %L::float8) AS points '
                  'FROM (SELECT pg_catalog.array_agg(e.entity) AS entities, '
                  'pg_catalog.array_agg(e.period) AS periods, pg_catalog.array_agg(e.change) AS changes '
                  'FROM (SELECT DISTINCT e.entity, e.period, e.change FROM changed e) e) es '
                  'CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(es.entities), pg_catalog.unnest(es.periods), '
                  'pg_catalog.unnest(es.changes)) AS c(entity, period, change) JOIN %s d ON d.entity = c.entity%s',
                  board.model::jsonb ->> 'full_marks',
                  _view_rows(board, 'detail', 'v.indicator, v.title, v.points', period),
                  CASE WHEN board.period IS NULL THEN ''
                       ELSE ' AND COALESCE(d.period, '''') = COALESCE(c.period, '''')' END)
$$;

-- publish, functions: what is collected of a scoreboard, publish() and the changes of
-- state, and the views for BI.
--
-- Text forms of entities, periods, peers and attributes do not depend on the session:
-- see the SET clauses.

-- Accepted objections hold for all later publications of their scoreboard and period; of
-- several about the same value the last one that was accepted.
CREATE FUNCTION _accepted_corrections(scoreboard text, period text)
RETURNS TABLE (entity text, indicator text, objection bigint, used_value float8)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT DISTINCT ON (o.entity, o.indicator) o.entity, o.indicator, o.objection, o.claimed_value
    FROM objection o JOIN publication p USING (publication)
    WHERE o.status = 'accepted' AND p.scoreboard = _accepted_corrections.scoreboard
      AND p.period IS NOT DISTINCT FROM _accepted_corrections.period
    ORDER BY o.entity, o.indicator, o.decided_at DESC, o.objection DESC
$$;

-- {"entity": {"place of the indicator": value}}
CREATE FUNCTION _correction_document(scoreboard text, period text, indicators text[]) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT jsonb_object_agg(e.entity, e.vals)
    FROM (SELECT c.entity, jsonb_object_agg(i.place, c.used_value) AS vals
          FROM _accepted_corrections(scoreboard, period) c
          JOIN unnest(indicators) WITH ORDINALITY AS i(indicator, place) ON i.indicator = c.indicator
          GROUP BY c.entity) e
$$;

CREATE FUNCTION _corrected(vals float8[], entity text, corrections jsonb) RETURNS float8[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    correction record;
BEGIN
    FOR correction IN
        SELECT c.key::integer AS place, c.value::float8 AS used FROM jsonb_each_text(corrections -> entity) c
    LOOP
        vals[correction.place] := correction.used;
    END LOOP;
    RETURN vals;
END
$$;

COMMENT ON FUNCTION _accepted_corrections(text, text) IS 'internal: values that accepted objections put in place';
COMMENT ON FUNCTION _correction_document(text, text, text[]) IS 'internal: the same as JSON, NULL if there are none';
COMMENT ON FUNCTION _corrected(float8[], text, jsonb) IS 'internal: a firm''s values with its corrections';

-- A binding whose rows have the corrected values, so that bounds are fitted to them, too.
CREATE FUNCTION _corrected_binding(board scoreboard, binding scoreboard_binding, period text, corrections jsonb)
RETURNS scoreboard_binding
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    source text := _source_name(board.source);
    columns text[] := _source_columns(board.source);
    vals text;
    entity text;
    due text;
    item text;
BEGIN
    IF corrections IS NULL THEN
        RETURN binding;
    END IF;
    IF board.long IS NULL THEN
        vals := _values_array(_bind_elements(board, source, columns));
        entity := (_bind_scalar(board.search_path, source, columns, board.entity, 'entity')).expression;
        IF board.period IS NOT NULL THEN
            due := (_bind_scalar(board.search_path, source, columns, board.period, 'period')).expression;
        END IF;
        item := vals || ' AS _values';
    ELSE
        vals := 'pivot._values';
        entity := format('pivot.%I', binding.entity);
        due := 'pivot.' || quote_ident(binding.period);
        item := vals;
    END IF;
    IF strpos(binding.items, item) = 0 THEN
        RAISE EXCEPTION 'the values of scoreboard % cannot be corrected', board.scoreboard
            USING ERRCODE = 'internal_error';
    END IF;
    binding.items := replace(binding.items, item, format(
        'CASE WHEN %1$s::text COLLATE "C" = ANY (%2$L::text[])%5$s '
        'THEN innovation_score._corrected(%3$s, %1$s::text, %4$L::jsonb) ELSE %3$s END AS _values',
        entity, ARRAY(SELECT jsonb_object_keys(corrections)), vals, corrections,
        ' AND ' || due || '::text = ' || quote_literal(period)));
    RETURN binding;
END
$$;

COMMENT ON FUNCTION _corrected_binding(scoreboard, scoreboard_binding, text, jsonb) IS
    'internal: a binding whose values are the corrected ones';

-- Condition that a row is of a period: by type, so that an index or partition of the
-- source and the groups of a live scoreboard are found, and by text, which decides.
CREATE FUNCTION _period_condition(board scoreboard, binding scoreboard_binding, alias text, period text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    type regtype;
    known boolean;
BEGIN
    IF (binding.period IS NULL) <> (period IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format(CASE WHEN period IS NULL THEN 'scoreboard %s has periods, so one must be given'
                                  ELSE 'scoreboard %s has no periods' END, board.scoreboard),
            HINT = CASE WHEN period IS NULL THEN 'Give a period as text, for example ''2024''.'
                        ELSE 'Give NULL as the period.' END;
    END IF;
    IF period IS NULL THEN
        RETURN 'true';
    END IF;
    type := (_bind_scalar(board.search_path, _source_name(board.source), _source_columns(board.source), board.period,
                          'period')).type;
    BEGIN
        EXECUTE format('SELECT %L::%s::text = %1$L', period, type) INTO known;
    EXCEPTION WHEN data_exception THEN
        known := false;
    END;
    IF NOT known THEN
        RAISE EXCEPTION 'scoreboard % cannot have a period "%"', board.scoreboard, period
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('Its periods are of type %s.', type),
                  HINT = 'Give the period in its text form (dates as YYYY-MM-DD).';
    END IF;
    RETURN format('%s.%I = %L::%s AND %1$s.%2$I::text = %3$L', alias, binding.period, period, type);
END
$$;

COMMENT ON FUNCTION _period_condition(scoreboard, scoreboard_binding, text, text) IS
    'internal: condition that a row is of a period, which is checked';

-- Which rows a whitelist rule lets through, over rows with score, coverage, barred and
-- quota: the cuts of 90_whitelist.sql, taken from published columns only. _cut_query adds
-- who met every condition (cut_eligible) and was within its quota (cut_admitted),
-- _decision_query the decision (cut_decision).
CREATE FUNCTION _eligible(alias text, rule jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN rule IS NULL THEN 'false'
                ELSE concat_ws(' AND ', format('%s.score IS NOT NULL', alias), format('NOT %s.barred', alias),
                               alias || '.score >= ' || quote_literal(rule ->> 'min_score') || '::float8',
                               alias || '.coverage >= ' || quote_literal(rule ->> 'min_coverage') || '::float8') END
$$;

CREATE FUNCTION _cut_query(query text, rule jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT e.*, COALESCE(%s, false) AS cut_admitted FROM (SELECT c.*, %s AS cut_eligible FROM (%s) c) e',
        COALESCE('innovation_score.score_rank(CASE WHEN e.cut_eligible THEN e.score END, e.quota) OVER () <= '
                 || (rule ->> 'quota_n'), 'e.cut_eligible'),
        _eligible('c', rule), query)
$$;

CREATE FUNCTION _decision_query(query text, rule jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT l.*, CASE WHEN l.cut_listed THEN ''listed'' WHEN %s THEN ''reserve'' ELSE ''rejected'' END '
        'AS cut_decision FROM (SELECT a.*, COALESCE(%s, false) AS cut_listed FROM (%s) a) l',
        COALESCE('innovation_score.score_rank(CASE WHEN l.cut_eligible AND NOT l.cut_listed THEN l.score END) OVER () '
                 '<= ' || (rule ->> 'reserve_n'), 'false'),
        COALESCE('innovation_score.score_rank(CASE WHEN a.cut_admitted THEN a.score END) OVER () <= '
                 || (rule ->> 'top_n'), 'a.cut_admitted'),
        _cut_query(query, rule))
$$;

COMMENT ON FUNCTION _eligible(text, jsonb) IS 'internal: condition that a row meets every condition of a rule';
COMMENT ON FUNCTION _cut_query(text, jsonb) IS 'internal: rows with who is eligible and who is within the quota';
COMMENT ON FUNCTION _decision_query(text, jsonb) IS 'internal: the same with the decision';

-- ----- collecting

-- What a publication is made of, as texts of queries for one statement, so that models,
-- firms and corrections come from one snapshot.
CREATE TYPE publication_parts AS (
    binding     scoreboard_binding,
    rule        jsonb,
    models      text,
    firms       text,
    corrections text
);

COMMENT ON TYPE publication_parts IS 'internal: what a publication is made of';
COMMENT ON COLUMN publication_parts.binding IS 'the scoreboard''s columns and expressions, as they are';
COMMENT ON COLUMN publication_parts.rule IS 'the whitelist rule, or NULL';
COMMENT ON COLUMN publication_parts.models IS 'query of the models, to stand in WITH as _publication_model';
COMMENT ON COLUMN publication_parts.firms IS
    'query of the firms, with the columns of published_firm but number and digest';
COMMENT ON COLUMN publication_parts.corrections IS
    'query of the corrections, with the columns of published_correction but the number; NULL: there are none';

CREATE FUNCTION _texts(alias text, names text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('ARRAY[%s]::text[]', string_agg(format('%s.%I::text', alias, n.name), ', ' ORDER BY n.place))
    FROM unnest(names) WITH ORDINALITY AS n(name, place)
$$;

COMMENT ON FUNCTION _texts(text, text[]) IS 'internal: SQL text of an array of columns as text';

CREATE FUNCTION _collect_firms(board scoreboard, binding scoreboard_binding, rule whitelist_rule, period text)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    names text[] := array_remove(ARRAY[binding.entity, binding.period], NULL) || binding.shown || 'stage'::text;
    required text := 'true';
    quota text := 'NULL';
    view text := format(' %s m', _view_name(board.scoreboard, 'model'));
    query text;
BEGIN
    IF rule.required IS NOT NULL THEN
        required := (_bind_expression(board.search_path, binding.source, binding.columns, rule.required,
                                      'required condition')).expression;
    END IF;
    IF rule.quota_by IS NOT NULL THEN
        quota := (_bind_scalar(board.search_path, binding.source, binding.columns, rule.quota_by, 'quota')).expression;
    END IF;
    query := format('SELECT %s, s._values, s._required, s._quota, %s FROM %s WHERE %s',
                    _columns_of('s', names), _score_row(board, binding),
                    _rows_with_model(board, binding, format(', %s AS _required, %s::text AS _quota', required, quota)),
                    _period_condition(board, binding, 's', period));
    query := format(
        'SELECT t.%1$I::text COLLATE "C" AS entity, t.stage, %2$s AS peers, %3$s AS attributes, '
        'array_replace(t._values, ''NaN'', NULL) AS vals, t._row[1] AS score, t._row[2] AS coverage, '
        't._row[4:%4$s] AS category_scores, innovation_score.score_rank(t._row[1]) OVER () AS rank, '
        'innovation_score.score_rank(t._row[1], t.stage) OVER () AS stage_rank, '
        '%5$st._required IS NOT TRUE OR t.%1$I::text IN (SELECT x.entity FROM innovation_score.exclusion x '
        'WHERE x.scoreboard = %6$L AND COALESCE(x.valid_from <= current_date, true) '
        'AND COALESCE(current_date <= x.valid_to, true)) AS barred, t._quota AS quota, w.decision, w.reasons '
        'FROM (%7$s) t LEFT JOIN (SELECT * FROM (%8$s) l WHERE %9$s) w ON w.%1$I = t.%1$I',
        binding.entity, _texts('t', binding.peers), _texts('t', binding.attributes),
        3 + cardinality(_model_codes(board.model, 'categories')),
        CASE WHEN rule.quota_by IS NOT NULL THEN 't._quota IS NULL OR ' ELSE '' END,
        board.scoreboard, query, _view_query(board, binding, 'whitelist'),
        _period_condition(board, binding, 'l', period));
    -- The models are those that are published, fitted once.
    RETURN replace(query, view, ' _publication_model m');
END
$$;

COMMENT ON FUNCTION _collect_firms(scoreboard, scoreboard_binding, whitelist_rule, text) IS
    'internal: query of the firms of a publication';

CREATE FUNCTION _collect(board scoreboard, period text, correct boolean) RETURNS publication_parts
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
DECLARE
    parts publication_parts;
    rule whitelist_rule;
    indicators text[] := _model_codes(board.model, 'indicators');
    corrections jsonb := CASE WHEN correct THEN _correction_document(board.scoreboard, period, indicators) END;
    binding scoreboard_binding;
BEGIN
    parts.binding := _bind(board);
    binding := _corrected_binding(board, parts.binding, period, corrections);
    SELECT * INTO rule FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard AND r.rule = '';
    parts.rule := CASE WHEN FOUND THEN to_jsonb(rule) - '{scoreboard,rule}'::text[] END;
    parts.models := format('SELECT * FROM (%s) m WHERE %s AND m.model IS NOT NULL',
                           _view_query(board, binding, 'model'),
                           CASE WHEN binding.period = ANY (_groups(binding))
                                THEN _period_condition(board, binding, 'm', period) ELSE 'true' END);
    parts.firms := _cut_query(_collect_firms(board, binding, rule, period), parts.rule);
    IF corrections IS NOT NULL THEN
        parts.corrections := format(
            'SELECT c.entity, c.indicator, c.objection, NULLIF(s._values[i.place], ''NaN'') AS source_value, '
            'c.used_value FROM innovation_score._accepted_corrections(%L, %L) c '
            'JOIN unnest(%L::text[]) WITH ORDINALITY AS i(indicator, place) USING (indicator) '
            'JOIN %s ON s.%I::text = c.entity AND %s',
            board.scoreboard, period, indicators, _rows(parts.binding), binding.entity,
            _period_condition(board, binding, 's', period));
    END IF;
    RETURN parts;
END
$$;

COMMENT ON FUNCTION _collect(scoreboard, text, boolean) IS
    'internal: what a publication of a scoreboard and period would be made of, with accepted objections or without';

-- ----- publishing

-- The best lie together: what_if reads them down to a cut.
-- enable_nestloop = off, here and below: firms are joined with firms. A planner that takes a
-- source without statistics, or a period, for one row would compare each with each. The
-- costs that this adds where there is no other way would switch compiling (jit) on.
CREATE FUNCTION _insert_publication(board scoreboard, period text, number bigint, parts publication_parts) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET enable_nestloop = off SET jit = off
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    columns text := 'entity, stage, peers, attributes, vals, score, coverage, category_scores, rank, stage_rank, '
                    'barred, quota, cut_eligible, cut_admitted, decision, reasons';
    culprit text;
BEGIN
    BEGIN
        PERFORM _run(board.search_path, format(
            'WITH _publication_model AS MATERIALIZED (%1$s), _kept_model AS ('
            'INSERT INTO innovation_score.published_model (publication, peers, model) '
            'SELECT %2$s, %3$s, m.model::text::json FROM _publication_model m)%4$s '
            'INSERT INTO innovation_score.published_firm (publication, entity, stage, peers, attributes, vals, score, '
            'coverage, category_scores, rank, stage_rank, barred, quota, eligible, admitted, decision, reasons, '
            'digest) SELECT %2$s, %5$s, innovation_score._firm_digest(%5$s) FROM (%6$s) f '
            'ORDER BY f.score DESC NULLS LAST',
            parts.models, number, _texts('m', (parts.binding).peers),
            ', _kept_correction AS (INSERT INTO innovation_score.published_correction (publication, entity, indicator, '
            'objection, source_value, used_value) SELECT ' || number || ', c.* FROM (' || parts.corrections || ') c)',
            columns, parts.firms));
    EXCEPTION WHEN not_null_violation THEN
        RAISE EXCEPTION 'scoreboard % has firms without an entity', board.scoreboard
            USING ERRCODE = 'not_null_violation',
                  HINT = 'Each row of the source must name its firm; bind a view that leaves the others out.';
    WHEN unique_violation THEN
        EXECUTE format('SELECT s.%1$I::text COLLATE "C" FROM %2$s WHERE %3$s GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 '
                       'LIMIT 1', (parts.binding).entity, _rows(parts.binding),
                       _period_condition(board, parts.binding, 's', period)) INTO culprit;
        IF culprit IS NULL THEN
            RAISE EXCEPTION 'another publication has been made since this transaction began'
                USING ERRCODE = 'serialization_failure', HINT = 'Run the transaction again.';
        END IF;
        RAISE EXCEPTION 'firm "%" stands more than once in the source of scoreboard %', culprit, board.scoreboard
            USING ERRCODE = 'unique_violation',
                  HINT = 'Correct the source, or bind a view that has each firm once (in a period).';
    END;
END
$$;

COMMENT ON FUNCTION _insert_publication(scoreboard, text, bigint, publication_parts) IS
    'internal: inserts models, corrections and firms of a publication';

CREATE FUNCTION _board_version(name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT concat_ws(' ', b.xmin, b.ctid, r.xmin, r.ctid)
    FROM scoreboard b LEFT JOIN whitelist_rule r ON r.scoreboard = b.scoreboard AND r.rule = ''
    WHERE b.scoreboard = name
$$;

COMMENT ON FUNCTION _board_version(text) IS 'internal: differs after every change of a scoreboard or its rule';

CREATE FUNCTION _publish(name text, period text, title text, path name[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    known text := _find_scoreboard(name, path);
    version text := _board_version(known);
    board scoreboard;
    parts publication_parts;
    p publication;
BEGIN
    PERFORM _lock_publications();
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = known;
    IF scheme_model(board.scheme) <> board.model THEN
        RAISE EXCEPTION 'scheme "%" has changed since scoreboard % was built', board.scheme, known
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = 'A publication keeps the scheme that its scores were made with.',
                  HINT = 'Run innovation_score.rebuild_scoreboard() first.';
    END IF;
    SELECT COALESCE(max(o.publication), 0) + 1 INTO p.publication FROM publication o;
    SELECT o.digest INTO p.previous_digest FROM publication o WHERE o.publication = p.publication - 1;
    parts := _collect(board, period, true);
    PERFORM _insert_publication(board, period, p.publication, parts);
    IF version IS DISTINCT FROM _board_version(known) THEN
        RAISE EXCEPTION 'scoreboard % was changed while it was being published', known
            USING ERRCODE = 'serialization_failure', HINT = 'Publish it again.';
    END IF;
    SELECT count(*), count(f.score), count(*) FILTER (WHERE f.decision = 'listed')
    INTO p.firms, p.scored, p.listed FROM published_firm f WHERE f.publication = p.publication;
    IF p.firms = 0 THEN
        RAISE EXCEPTION 'scoreboard % has no firms%', known, COALESCE(format(' in period "%s"', period), '')
            USING ERRCODE = 'no_data_found';
    END IF;
    p.scoreboard := known;
    p.scheme := board.scheme;
    p.period := period;
    p.title := title;
    p.published_at := now();
    p.published_by := current_user;
    p.indicators := _model_codes(board.model, 'indicators');
    p.categories := _model_codes(board.model, 'categories');
    p.peers := (parts.binding).peers;
    p.attributes := (parts.binding).attributes;
    p.scheme_document := scheme_export(board.scheme)::json;
    p.board_document := (to_jsonb(board) - '{scoreboard,scheme,model,comments,source}'::text[]
                         || jsonb_build_object('source', _source_name(board.source)))::json;
    p.rule := parts.rule::json;
    p.content_digest := _content_digest(p.publication);
    p.digest := _publication_digest(p);
    INSERT INTO publication SELECT p.*;
    RETURN p.publication;
END
$$;

CREATE FUNCTION publish(scoreboard text, period text, title text) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._publish(scoreboard, period, title, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _publish(text, text, text, name[]) IS 'internal: publish with the caller''s schemas';
COMMENT ON FUNCTION publish(text, text, text) IS
    'keeps the scores of a scoreboard in a period with all that made them, and returns the number of the publication';

-- ----- states: draft, public notice, final; retracted

CREATE FUNCTION _publication_state(number bigint, OUT state text, OUT notice_from date, OUT notice_to date,
                                   OUT reason text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM publication p WHERE p.publication = number) THEN
        RAISE EXCEPTION 'there is no publication %', number
            USING ERRCODE = 'undefined_object', HINT = 'See the view innovation_score.publication_list.';
    END IF;
    SELECT e.state, e.notice_from, e.notice_to, e.reason INTO state, notice_from, notice_to, reason
    FROM publication_event e WHERE e.publication = number ORDER BY e.event DESC LIMIT 1;
    state := COALESCE(state, 'draft');
END
$$;

COMMENT ON FUNCTION _publication_state(bigint) IS 'internal: the state of a publication';

-- The rules stand in the trigger, so that an INSERT goes no other way than the functions.
CREATE FUNCTION _check_event() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
DECLARE
    old record;
    waiting text;
    owner oid;
BEGIN
    IF _restoring() THEN
        RETURN NEW;
    END IF;
    PERFORM _lock_publications();
    old := _publication_state(NEW.publication);
    IF NEW.state IS NULL OR (old.state, NEW.state) NOT IN (
           ('draft', 'public_notice'), ('public_notice', 'public_notice'), ('public_notice', 'final'),
           ('draft', 'retracted'), ('public_notice', 'retracted'), ('final', 'retracted')) THEN
        RAISE EXCEPTION 'publication % is % and cannot become %', NEW.publication, old.state, NEW.state
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'A draft is put on public notice, and after that it becomes final; the owner may retract it.';
    END IF;
    IF NEW.state = 'public_notice' THEN
        IF NEW.notice_from IS NULL OR NEW.notice_to IS NULL OR NOT isfinite(NEW.notice_from)
           OR NOT isfinite(NEW.notice_to) OR NEW.notice_from > NEW.notice_to THEN
            RAISE EXCEPTION 'the public notice needs a first and a last day in this order'
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('They are %s and %s.', COALESCE(NEW.notice_from::text, 'NULL'),
                                      COALESCE(NEW.notice_to::text, 'NULL'));
        END IF;
        NEW.reason := NULL;
    ELSE
        NEW.notice_from := old.notice_from;
        NEW.notice_to := old.notice_to;
    END IF;
    IF NEW.state = 'final' THEN
        NEW.reason := NULL;
        IF current_date <= old.notice_to THEN
            RAISE EXCEPTION 'publication % is on public notice until %', NEW.publication, old.notice_to
                USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        waiting := (SELECT string_agg(o.objection::text, ', ' ORDER BY o.objection) FROM objection o
                    WHERE o.publication = NEW.publication AND o.status = 'filed');
        IF waiting IS NOT NULL THEN
            RAISE EXCEPTION 'publication % has objections that have not been decided: %', NEW.publication, waiting
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Accept or reject them first.';
        END IF;
    ELSIF NEW.state = 'retracted' THEN
        -- whose the publications are: a plain user who installed does not own the tables
        owner := (SELECT e.extowner FROM pg_extension e WHERE e.extname = 'innovation_score');
        IF NOT pg_has_role(owner, 'USAGE') THEN
            RAISE EXCEPTION 'only the owner of the publications can retract one'
                USING ERRCODE = 'insufficient_privilege',
                      HINT = format('The owner is %s.', pg_get_userbyid(owner));
        END IF;
        IF NEW.reason IS NULL OR NEW.reason ~ '^\s*$' THEN
            RAISE EXCEPTION 'a retraction needs a reason' USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END IF;
    SELECT COALESCE(max(e.event), 0) + 1 INTO NEW.event FROM publication_event e;
    NEW.changed_at := now();
    NEW.changed_by := current_user;
    NEW.digest := _event_digest(NEW);
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _check_event() IS 'internal: checks and completes a change of the state of a publication';

CREATE TRIGGER publication_event_check BEFORE INSERT ON publication_event
    FOR EACH ROW EXECUTE FUNCTION _check_event();

CREATE FUNCTION start_public_notice(publication bigint, notice_from date, notice_to date) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    INSERT INTO publication_event (publication, state, notice_from, notice_to)
    VALUES (publication, 'public_notice', notice_from, notice_to)
$$;

CREATE FUNCTION finalize_publication(publication bigint) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    INSERT INTO publication_event (publication, state) VALUES (publication, 'final')
$$;

CREATE FUNCTION retract(publication bigint, reason text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    INSERT INTO publication_event (publication, state, reason) VALUES (publication, 'retracted', reason)
$$;

COMMENT ON FUNCTION start_public_notice(bigint, date, date) IS
    'puts a publication on public notice from one day to another, or gives the notice other days';
COMMENT ON FUNCTION finalize_publication(bigint) IS
    'makes a publication final when its public notice is over and its objections are decided';
COMMENT ON FUNCTION retract(bigint, text) IS
    'takes a publication back: the views show it no more, what was published is kept, and so is the reason';

-- ----- views for BI: scalars only

CREATE VIEW publication_list AS
SELECT p.publication, p.scoreboard, p.scheme, p.period, p.title, COALESCE(e.state, 'draft') AS state, e.notice_from,
       e.notice_to, p.published_at, p.published_by, p.firms, p.scored, p.listed, e.reason AS retraction_reason,
       encode(p.digest, 'hex') AS digest, encode(p.previous_digest, 'hex') AS previous_digest
FROM publication p
LEFT JOIN LATERAL (SELECT * FROM publication_event e WHERE e.publication = p.publication
                   ORDER BY e.event DESC LIMIT 1) e ON true;

CREATE VIEW published_score AS
SELECT p.publication, p.scoreboard, p.period, p.title, p.state, f.entity, f.stage,
       score_numeric(f.score)::numeric(9,4) AS score, f.coverage, f.rank, f.stage_rank, f.decision, f.reasons
FROM publication_list p JOIN published_firm f USING (publication)
WHERE p.state <> 'retracted';

CREATE VIEW published_category_score AS
SELECT p.publication, f.entity, c.category, c.score
FROM publication p JOIN published_firm f USING (publication)
CROSS JOIN LATERAL (SELECT u.category, score_numeric(u.score)::numeric(9,4) AS score
                    FROM unnest(p.categories, f.category_scores) AS u(category, score)) c
WHERE NOT EXISTS (SELECT FROM publication_event e WHERE e.publication = p.publication AND e.state = 'retracted');

CREATE VIEW published_value AS
SELECT p.publication, f.entity, u.indicator, u.value, c.source_value, c.objection
FROM publication p JOIN published_firm f USING (publication)
CROSS JOIN LATERAL unnest(p.indicators, f.vals) AS u(indicator, value)
LEFT JOIN published_correction c
       ON c.publication = f.publication AND c.entity = f.entity AND c.indicator = u.indicator
WHERE NOT EXISTS (SELECT FROM publication_event e WHERE e.publication = p.publication AND e.state = 'retracted');

CREATE VIEW published_attribute AS
SELECT p.publication, f.entity, u.attribute, u.value
FROM publication p JOIN published_firm f USING (publication)
CROSS JOIN LATERAL unnest(p.attributes || p.peers, f.attributes || f.peers) WITH ORDINALITY
    AS u(attribute, value, place)
WHERE u.attribute <> ALL ((p.attributes || p.peers)[:u.place - 1])
  AND NOT EXISTS (SELECT FROM publication_event e WHERE e.publication = p.publication AND e.state = 'retracted');

-- For readers who may see nothing else (a bank), so it runs with its owner's rights: they
-- need SELECT on this view only, and see no drafts.
CREATE VIEW published_whitelist WITH (security_barrier = true) AS
SELECT p.publication, p.scoreboard, p.period, p.title, COALESCE(e.state, 'draft') AS state, e.notice_from, e.notice_to,
       f.entity, f.stage, score_numeric(f.score)::numeric(9,4) AS score, f.rank, f.decision, f.reasons
FROM publication p
LEFT JOIN LATERAL (SELECT * FROM publication_event e WHERE e.publication = p.publication
                   ORDER BY e.event DESC LIMIT 1) e ON true
JOIN published_firm f ON f.publication = p.publication
WHERE e.state IS DISTINCT FROM 'retracted'
  AND (e.state IS NOT NULL OR has_table_privilege('innovation_score.publication', 'SELECT'));

COMMENT ON VIEW publication_list IS '公布批次一览 publications with their state';
COMMENT ON VIEW published_score IS '公布的得分 scores of publications that have not been retracted';
COMMENT ON VIEW published_category_score IS '公布的一级指标得分 scores inside the categories';
COMMENT ON VIEW published_value IS '公布的指标值 values that were scored; with an objection, what the source had, too';
COMMENT ON VIEW published_attribute IS '公布的属性 attributes and peer groups of the firms';
COMMENT ON VIEW published_whitelist IS
    '公布的白名单 decisions of publications on public notice or final; drafts for those who may read publication';

-- BI tools show these; a name means the same in every one of the views.
DO $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT a.attrelid::regclass AS view, a.attname AS name, n.comment
        FROM (VALUES
            ('publication', '批次号 number, 1, 2, 3 … in the order of publishing'),
            ('scoreboard', '积分榜 scoreboard'),
            ('scheme', '积分体系 scheme'),
            ('period', '期间 period as text; NULL if the scoreboard has none'),
            ('title', '标题 title'),
            ('state', '状态 draft（草稿）, public_notice（公示中）, final（正式公布）, retracted（已撤回）'),
            ('notice_from', '公示起始日 first day of the public notice'),
            ('notice_to', '公示截止日 last day of the public notice'),
            ('published_at', '公布时间 when'),
            ('published_by', '公布人 role that published'),
            ('firms', '企业数 number of firms'),
            ('scored', '有得分企业数 number of firms that have a score'),
            ('listed', '入选企业数 number of firms that are listed'),
            ('retraction_reason', '撤回理由 why it was taken back'),
            ('digest', '摘要 SHA-256 in hexadecimal'),
            ('previous_digest', '上一批次摘要 digest of the publication before this one; NULL for the first'),
            ('entity', '企业 entity as text'),
            ('stage', '企业发展阶段 stage'),
            ('score', '得分 score, rounded to four places'),
            ('coverage', '覆盖率 share of the weight whose values are present, 0 to 1'),
            ('rank', '名次 rank, 1 = highest, ties share'),
            ('stage_rank', '阶段内名次 rank within the stage'),
            ('decision', '入选结论 listed（入选）, reserve（候补）, rejected（未入选）'),
            ('reasons', '理由 reasons for the decision'),
            ('category', '一级指标代码 category'),
            ('indicator', '二级指标代码 indicator'),
            ('attribute', '属性 attribute or peer column'),
            ('value', '值 value'),
            ('source_value', '来源值 what the source had'),
            ('objection', '异议编号 the objection that was accepted')) AS n(name, comment)
        JOIN pg_catalog.pg_attribute a ON a.attname = n.name
        WHERE a.attrelid IN ('publication_list'::regclass, 'published_score'::regclass,
                             'published_category_score'::regclass, 'published_value'::regclass,
                             'published_attribute'::regclass, 'published_whitelist'::regclass)
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', due.view, due.name, due.comment);
    END LOOP;
END
$$;

-- The others are read with their reader's rights where the server can: row-level security
-- on published_firm then holds for them.
DO $$
DECLARE
    view regclass;
BEGIN
    IF current_setting('server_version_num')::integer >= 150000 THEN
        FOREACH view IN ARRAY '{publication_list,published_score,published_category_score,published_value,'
                              'published_attribute}'::regclass[] LOOP
            EXECUTE format('ALTER VIEW %s SET (security_invoker = true)', view);
        END LOOP;
    END IF;
END
$$;

-- quality, views: violations one by one, and a summary of rules and indicators.

-- Medians leave zeros out: most firms have no patents and no contracts, and a median of
-- zero would say nothing about those that have.
CREATE FUNCTION _medians(board scoreboard) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN bool_or(used.by_rule) THEN format('ARRAY[%s]', string_agg(
               CASE WHEN used.by_rule
                    THEN format('pg_catalog.percentile_cont(0.5) WITHIN GROUP (ORDER BY CASE WHEN s._value_%1$s <> 0 '
                                'AND s._value_%1$s > ''-Infinity'' AND s._value_%1$s < ''Infinity'' '
                                'THEN s._value_%1$s END)', c.place)
                    ELSE 'NULL::double precision' END, ', ' ORDER BY c.place)) END
    FROM unnest(_model_codes(board.model, 'indicators')) WITH ORDINALITY AS c(code, place)
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM _board_rules(board) r, _rule_names(r.condition) n
                                       WHERE n.relation = 'median' AND n.name = c.code)) AS used(by_rule)
$$;

CREATE FUNCTION _value_items(binding scoreboard_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(format(', %s AS _value_%s', e.text, e.place), '' ORDER BY e.place)
    FROM unnest(binding.elements) WITH ORDINALITY AS e(text, place)
$$;

CREATE FUNCTION _median_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.frozen_at IS NOT NULL THEN _frozen_model_query(board, binding, 'f.medians AS _medians')
                ELSE format('SELECT %s FROM %s%s%s',
                            concat_ws(', ', _columns_of('s', _groups(binding)), _medians(board) || ' AS _medians'),
                            _rows(binding, _value_items(binding)),
                            ' WHERE ' || _known_groups(_groups(binding)),
                            ' GROUP BY ' || _columns_of('s', _groups(binding))) END
$$;

COMMENT ON FUNCTION _medians(scoreboard) IS
    'internal: array of the medians that rules name, NULL if none does';
COMMENT ON FUNCTION _value_items(scoreboard_binding) IS 'internal: the values one by one, for a select list';
COMMENT ON FUNCTION _median_query(scoreboard, scoreboard_binding) IS
    'internal: query of the medians of each group, of a frozen scoreboard those kept with its models';

-- Where a frozen scoreboard keeps them.
CREATE FUNCTION _fit_medians(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    key record := _group_texts(board, binding);
BEGIN
    UPDATE fitted_model f SET medians = NULL WHERE f.scoreboard = board.scoreboard AND f.medians IS NOT NULL;
    IF _medians(board) IS NOT NULL THEN
        PERFORM _run(board.search_path, format(
            'UPDATE innovation_score.fitted_model f SET medians = g.medians '
            'FROM (SELECT %s AS period, %s AS peers, %s AS medians FROM %s GROUP BY 1, 2) g '
            'WHERE f.scoreboard = %L AND f.period IS NOT DISTINCT FROM g.period AND f.peers = g.peers',
            key.period, format('ARRAY[%s]::text[]', array_to_string(key.peers, ', ')), _medians(board),
            _rows(binding, _value_items(binding)), board.scoreboard));
    END IF;
END
$$;

CREATE FUNCTION _fitted_views(board scoreboard) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN _medians(board) IS NULL THEN '{model}' ELSE '{model,quality,quality_summary}' END::text[]
$$;

COMMENT ON FUNCTION _fit_medians(scoreboard, scoreboard_binding) IS
    'internal: keeps the medians that rules name with the fitted models';
COMMENT ON FUNCTION _fitted_views(scoreboard) IS 'internal: the views whose text depends on whether models are kept';

-- FROM items of the source's rows, medians and previous values, as the conditions of some
-- rules need them. The window finds the period before in one pass; conditions on the
-- entity still reach the source.
CREATE FUNCTION _rule_rows(board scoreboard, binding scoreboard_binding, relations text[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := _model_codes(board.model, 'indicators');
    from_items text := _rows(binding, _value_items(binding));
    previous text;
BEGIN
    IF 'previous' = ANY (relations) THEN
        previous := _named_values(codes, ARRAY(SELECT CASE WHEN binding.period IS NULL THEN 'NULL::double precision'
                                                           ELSE format('s._previous_%s', n) END
                                               FROM generate_subscripts(codes, 1) n ORDER BY n));
        IF binding.period IS NOT NULL THEN
            from_items := format('(SELECT s.*%s FROM %s WINDOW w AS (PARTITION BY s.%I ORDER BY s.%I)) s',
                            (SELECT string_agg(format(', pg_catalog.lag(s._value_%1$s) OVER w AS _previous_%1$s', n), ''
                                               ORDER BY n)
                             FROM generate_subscripts(codes, 1) n), from_items, binding.entity, binding.period);
        END IF;
    END IF;
    IF 'median' = ANY (relations) THEN
        from_items := format('%s LEFT JOIN (%s) m ON %s CROSS JOIN LATERAL (%s) median',
                        from_items, _median_query(board, binding), _same_group(_groups(binding), 'm', 's'),
                        _named_values(codes, ARRAY(SELECT format('m._medians[%s]', n)
                                                   FROM generate_subscripts(codes, 1) n ORDER BY n)));
    END IF;
    RETURN from_items || COALESCE(' CROSS JOIN LATERAL (' || previous || ') previous', '');
END
$$;

-- The scope in which such conditions stand.
CREATE FUNCTION _firm(board scoreboard) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('(%s) firm', _named_values(codes.list, ARRAY(SELECT format('s._value_%s', n)
                                                               FROM generate_subscripts(codes.list, 1) n ORDER BY n)))
    FROM (SELECT _model_codes(board.model, 'indicators') AS list) codes
$$;

COMMENT ON FUNCTION _rule_rows(scoreboard, scoreboard_binding, text[]) IS
    'internal: FROM items that conditions on these relations are evaluated over';
COMMENT ON FUNCTION _firm(scoreboard) IS 'internal: FROM item of the values of a row under the codes of the indicators';

-- Rules that look at the firm's own row only stand apart from the others, whose medians
-- and windows take longer. The set-returning function is in the select list: conditions
-- on the entity pass it, and most rows end there.
CREATE FUNCTION _violations_query(board scoreboard, binding scoreboard_binding, local boolean) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := _model_codes(board.model, 'indicators');
    keys text[] := ARRAY[binding.entity, binding.period];
    relations text[];
    violated text;
    rules text;
    observed text;
    passed text;
BEGIN
    SELECT array_agg(DISTINCT u.relation),
           string_agg(DISTINCT format(', %s AS _%s_%s',
                                      CASE n.relation WHEN '' THEN format('s._value_%s', c.place)
                                           ELSE format('%I.%I', n.relation, n.name) END,
                                      COALESCE(NULLIF(n.relation, ''), 'value'), c.place), '')
    INTO relations, passed
    FROM _board_rules(board) r CROSS JOIN LATERAL unnest(r.relations) AS u(relation)
    CROSS JOIN LATERAL _rule_names(r.condition) n
    JOIN unnest(codes) WITH ORDINALITY AS c(code, place) ON c.code = n.name
    WHERE (r.relations <@ '{""}') = local;
    SELECT string_agg(format('CASE WHEN (%s) IS FALSE THEN %s END', r.condition, r.number), ', ' ORDER BY r.number),
           string_agg(format('(%s, %L::text, %L::text, %L::text)', r.number, r.rule, r.severity, r.message), ', '
                      ORDER BY r.number),
           string_agg(format('WHEN %s THEN %s', r.number, o.text), ' ' ORDER BY r.number)
    INTO violated, rules, observed
    FROM _board_rules(board) r
    CROSS JOIN LATERAL (
        SELECT COALESCE(string_agg(format('%L || COALESCE(t._%s_%s::text, ''NULL'')',
                                 concat_ws('.', NULLIF(n.relation, ''), n.name) || ' = ',
                                 COALESCE(NULLIF(n.relation, ''), 'value'), c.place), ' || '', '' || '
                          ORDER BY n.place), '''''') AS text
        FROM _rule_names(r.condition) n
        JOIN unnest(codes) WITH ORDINALITY AS c(code, place) ON c.code = n.name) o
    WHERE (r.relations <@ '{""}') = local;
    RETURN format('SELECT %s, r.rule, r.severity, r.message, CASE t._number %s END AS observed '
                  'FROM (SELECT %s%s, pg_catalog.unnest(v.violated) AS _number FROM %s CROSS JOIN LATERAL '
                  '(SELECT pg_catalog.array_remove(ARRAY[%s], NULL) AS violated FROM %s) v) t '
                  'JOIN (VALUES %s) r(number, rule, severity, message) ON r.number = t._number',
                  _columns_of('t', keys), observed, _columns_of('s', keys), passed,
                  _rule_rows(board, binding, COALESCE(relations, '{}')), violated, _firm(board), rules);
END
$$;

COMMENT ON FUNCTION _violations_query(scoreboard, scoreboard_binding, boolean) IS
    'internal: query of the violations of the rules over one row, or of the others';

CREATE FUNCTION _quality_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(NULLIF(concat_ws(' UNION ALL ',
                                     CASE WHEN kinds.own THEN _violations_query(board, binding, true) END,
                                     CASE WHEN kinds.other THEN _violations_query(board, binding, false) END), ''),
                    format('SELECT %s, NULL::text AS rule, NULL::text AS severity, NULL::text AS message, '
                           'NULL::text AS observed FROM %s WHERE false',
                           _columns_of('s', ARRAY[binding.entity, binding.period]), _rows(binding)))
    FROM (SELECT bool_or(r.relations <@ '{""}') AS own, bool_or(NOT r.relations <@ '{""}') AS other
          FROM _board_rules(board) r) kinds
$$;

COMMENT ON FUNCTION _quality_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _quality';

-- One reading of the source: all counts of a period in arrays, unfolded at the end. The
-- offset keeps conditions and values from being evaluated once for each count.
CREATE FUNCTION _quality_summary_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    codes text[] := _model_codes(board.model, 'indicators');
    finite text;
    indicators text;
    indicator_counts text;
    rules text;
    rule_counts text;
    conditions text;
    period text[] := array_remove(ARRAY[binding.period], NULL);
    relations text[] := ARRAY(SELECT DISTINCT u.relation
                              FROM _board_rules(board) r, unnest(r.relations) AS u(relation));
BEGIN
    SELECT string_agg(format(', CASE WHEN s._value_%1$s > ''-Infinity'' AND s._value_%1$s < ''Infinity'' '
                             'THEN s._value_%1$s END AS _finite_%1$s, s._value_%1$s IS NULL AS _missing_%1$s',
                             c.place), '' ORDER BY c.place),
           string_agg(format('(%s, NULL::text, NULL::text, %L::text, %L::text)', c.place, c.code, i.title), ', '
                      ORDER BY c.place),
           concat_ws(', ',
               format('ARRAY[%s] AS _checked',
                      string_agg(format('pg_catalog.count(q._finite_%s)', c.place), ', ' ORDER BY c.place)),
               format('ARRAY[%s] AS _missing',
                      string_agg(format('pg_catalog.count(*) FILTER (WHERE q._missing_%s)', c.place), ', ' ORDER BY c.place)),
               format('ARRAY[%s] AS _zero',
                      string_agg(format('pg_catalog.count(*) FILTER (WHERE q._finite_%s = 0)', c.place), ', ' ORDER BY c.place)),
               format('ARRAY[%s] AS _below',
                      string_agg(format('pg_catalog.count(*) FILTER (WHERE q._finite_%1$s < q._lower[%1$s])', c.place), ', '
                                 ORDER BY c.place)),
               format('ARRAY[%s] AS _above',
                      string_agg(format('pg_catalog.count(*) FILTER (WHERE q._finite_%1$s > q._upper[%1$s])', c.place), ', '
                                 ORDER BY c.place)),
               format('ARRAY[%s] AS _quartiles',
                      string_agg(format('COALESCE('
                                        'pg_catalog.percentile_cont(''{0,0.25,0.5,0.75,1}''::double precision[]) '
                                        'WITHIN GROUP (ORDER BY q._finite_%s), '
                                        '''{NULL,NULL,NULL,NULL,NULL}''::double precision[])', c.place), ', '
                                 ORDER BY c.place)),
               format('ARRAY[%s] AS _skewness',
                      string_agg(format('innovation_score.skewness(q._finite_%s)', c.place), ', ' ORDER BY c.place)),
               format('ARRAY[%s] AS _violations',
                      string_agg(COALESCE((SELECT 'pg_catalog.count(*) FILTER (WHERE '
                                                  || string_agg(format('NOT q._rule_%s', r.number), ' OR '
                                                                ORDER BY r.number) || ')'
                                           FROM _board_rules(board) r
                                           WHERE c.code IN (SELECT n.name FROM _rule_names(r.condition) n)),
                                          '0::bigint'),
                                 ', ' ORDER BY c.place)))
    INTO finite, indicators, indicator_counts
    FROM unnest(codes) WITH ORDINALITY AS c(code, place)
    LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = c.code;
    SELECT string_agg(format(', (%s)::boolean AS _rule_%s', r.condition, r.number), '' ORDER BY r.number),
           string_agg(format('(%s, %L::text, %L::text, NULL::text, %L::text)',
                             r.number, r.rule, r.severity, r.message), ', ' ORDER BY r.number),
           format('ARRAY[%s]::bigint[] AS _rule_checked, ARRAY[%s]::bigint[] AS _rule_violations',
                  string_agg(format('pg_catalog.count(q._rule_%s)', r.number), ', ' ORDER BY r.number),
                  string_agg(format('pg_catalog.count(*) FILTER (WHERE NOT q._rule_%s)', r.number), ', ' ORDER BY r.number))
    INTO conditions, rules, rule_counts
    FROM _board_rules(board) r;
    RETURN format(
        'SELECT %s r.rule, r.severity, r.indicator, r.title, a._firms AS firms, '
        'CASE WHEN r.rule IS NULL THEN a._checked[r.number] ELSE a._rule_checked[r.number] END AS checked, '
        'CASE WHEN r.rule IS NULL THEN a._violations[r.number] ELSE a._rule_violations[r.number] END AS violations, '
        'a._missing[i.number]::double precision / NULLIF(a._firms, 0) AS missing_share, '
        'a._zero[i.number]::double precision / NULLIF(a._firms, 0) AS zero_share, '
        'a._firms - a._missing[i.number] - a._checked[i.number] AS non_finite, '
        'a._below[i.number] AS below, a._above[i.number] AS above, a._quartiles[i.number][1] AS minimum, '
        'a._quartiles[i.number][2] AS quartile1, a._quartiles[i.number][3] AS median, '
        'a._quartiles[i.number][4] AS quartile3, a._quartiles[i.number][5] AS maximum, '
        'a._skewness[i.number] AS skewness '
        'FROM (SELECT %s pg_catalog.count(*) AS _firms, %s, %s FROM (SELECT %s b._lower, b._upper, v.* FROM %s '
        'LEFT JOIN (SELECT %s l._lower, l._upper FROM %s m CROSS JOIN LATERAL (SELECT '
        'pg_catalog.array_agg(d.lower ORDER BY d."position") AS _lower, '
        'pg_catalog.array_agg(d.upper ORDER BY d."position") AS _upper '
        'FROM innovation_score.model_indicators(m.model) d) l) b ON %s '
        'CROSS JOIN LATERAL (SELECT %s FROM %s) v OFFSET ''0'') q%s) a '
        'CROSS JOIN (VALUES %s) r(number, rule, severity, indicator, title) '
        'CROSS JOIN LATERAL (SELECT CASE WHEN r.rule IS NULL THEN r.number END AS number) i',
        _columns_of('a', period) || ',', _columns_of('q', period) || ',', indicator_counts, rule_counts,
        _columns_of('s', period) || ',', _rule_rows(board, binding, relations),
        _columns_of('m', _groups(binding)) || ',', _view_name(board.scoreboard, 'model'),
        _same_group(_groups(binding), 'b', 's'), ltrim(concat(finite, conditions), ', '), _firm(board),
        ' GROUP BY ' || _columns_of('q', period), concat_ws(', ', indicators, rules));
END
$$;

COMMENT ON FUNCTION _quality_summary_query(scoreboard, scoreboard_binding) IS
    'internal: text of the view _quality_summary';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('quality', 70, '_quality_query', 'key', false, '{rule,severity,message,observed,_number,_values,quality_errors}',
     '数据质量 violations of quality rules'),
    ('quality_summary', 71, '_quality_summary_query', 'group', false,
     '{rule,severity,indicator,title,firms,checked,violations,missing_share,zero_share,non_finite,below,above,minimum,'
     'quartile1,median,quartile3,maximum,skewness,_lower,_upper,_medians,_values,quality_errors}',
     '数据质量汇总 quality rules and indicators in figures');

INSERT INTO scoreboard_column (name, kind, comment) VALUES
    ('rule', 'quality', '规则代码 quality rule'),
    ('severity', 'quality', '严重程度 error（错误）, warning（警告）'),
    ('severity', 'quality_summary', '严重程度 error（错误）, warning（警告）; empty: the row is about an indicator'),
    ('message', 'quality', '提示 what is wrong'),
    ('observed', 'quality', '实际值 values that the rule refers to'),
    ('rule', 'quality_summary', '规则代码 quality rule; empty: the row is about an indicator'),
    ('indicator', 'quality_summary', '二级指标代码 indicator; empty: the row is about a rule'),
    ('title', 'quality_summary', '名称 title of the indicator, message of the rule'),
    ('firms', 'quality_summary', '企业数 rows of the period'),
    ('checked', 'quality_summary',
     '已检查数 rows for which the rule can be checked, or which have a finite value of the indicator'),
    ('violations', 'quality_summary', '违规数 rows that violate the rule, or any rule that names the indicator'),
    ('missing_share', 'quality_summary', '缺失率 share of the rows without a value, 0 to 1'),
    ('zero_share', 'quality_summary', '零值率 share of the rows whose value is 0, 0 to 1'),
    ('non_finite', 'quality_summary', '非有限值数 rows whose value is NaN or infinite'),
    ('below', 'quality_summary', '低于下界数 values below the fitted bounds'),
    ('above', 'quality_summary', '高于上界数 values above the fitted bounds'),
    ('minimum', 'quality_summary', '最小值 lowest value'),
    ('quartile1', 'quality_summary', '第一四分位数 first quartile'),
    ('median', 'quality_summary', '中位数 median'),
    ('quartile3', 'quality_summary', '第三四分位数 third quartile'),
    ('maximum', 'quality_summary', '最大值 highest value'),
    ('skewness', 'quality_summary', '偏度 skewness');

-- whitelist, batches: recording who is listed, and files for those who act on it. A file
-- is what COPY writes in CSV format; its digest is computed here over the same bytes, so
-- that who receives it can check it with any tool.

-- A value as COPY writes it in CSV format.
CREATE FUNCTION _csv_field(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value IS NULL THEN ''
            WHEN value = '' OR value ~ '[",\r\n]' THEN '"' || replace(value, '"', '""') || '"'
            ELSE value END;

COMMENT ON FUNCTION _csv_field(text) IS 'internal: a value as COPY writes it in CSV format';

-- The columns of the file of a batch, each with its name and the SQL text of its value.
CREATE FUNCTION _batch_columns(batch whitelist_batch) RETURNS TABLE (place bigint, name text, expression text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT row_number() OVER (ORDER BY c.part, c.place), c.name, c.expression
    FROM (SELECT 1 AS part, 1::bigint AS place, 'batch' AS name, 'f.batch' AS expression
          UNION ALL
          SELECT 2, u.place, u.name,
                 CASE WHEN u.place = 1 THEN 'f.entity'
                      WHEN u.place = 2 AND batch.period IS NOT NULL THEN format('%L::text', batch.period)
                      ELSE format('f.attributes ->> %L', u.name) END
          FROM unnest(batch.columns) WITH ORDINALITY AS u(name, place)
          UNION ALL
          SELECT 3, v.place, v.name, 'f.' || v.name
          FROM (VALUES (1::bigint, 'stage'), (2, 'score'), (3, 'rank')) AS v(place, name)) c
$$;

CREATE FUNCTION _batch_query(batch whitelist_batch, columns text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s FROM innovation_score.whitelist_batch_firm f '
                  'WHERE f.scoreboard = %L AND f.rule = %L AND f.batch = %s ORDER BY f.rank, f.entity COLLATE "C"',
                  columns, batch.scoreboard, batch.rule, batch.batch)
$$;

-- The bytes of the file.
CREATE FUNCTION _batch_file(batch whitelist_batch) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    line text := (SELECT string_agg(format('innovation_score._csv_field((%s)::text)', c.expression), ' || '','' || '
                                    ORDER BY c.place) FROM _batch_columns(batch) c);
    lines text;
BEGIN
    EXECUTE format('SELECT string_agg(t.line, '''') FROM (%s) t', _batch_query(batch, line || ' || E''\n'' AS line'))
        INTO lines;
    RETURN convert_to((SELECT string_agg(_csv_field(c.name), ',' ORDER BY c.place) FROM _batch_columns(batch) c)
                      || E'\n' || COALESCE(lines, ''), 'UTF8');
END
$$;

COMMENT ON FUNCTION _batch_columns(whitelist_batch) IS 'internal: the columns of the file of a batch';
COMMENT ON FUNCTION _batch_query(whitelist_batch, text) IS
    'internal: query of the firms of a batch, in the file''s order';
COMMENT ON FUNCTION _batch_file(whitelist_batch) IS 'internal: the file of a batch';

CREATE FUNCTION _record_whitelist_batch(scoreboard text, period text, name text, note text, path name[])
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    board scoreboard := _lock_scoreboard(scoreboard, path);
    binding scoreboard_binding := _bind(board);
    recorded whitelist_batch;
    suffix text := concat_ws('_', 'whitelist', NULLIF(name, ''));
    firms bigint;
BEGIN
    recorded.scoreboard := board.scoreboard;
    recorded.rule := COALESCE(name, '');
    recorded.period := period;
    IF NOT EXISTS (SELECT FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard AND r.rule = recorded.rule) THEN
        RAISE EXCEPTION 'scoreboard % has no whitelist rule "%"', board.scoreboard, recorded.rule
            USING ERRCODE = 'undefined_object',
                  HINT = 'See innovation_score.set_whitelist_rule() and set_named_whitelist_rule().';
    END IF;
    IF (period IS NULL) <> (binding.period IS NULL) THEN
        RAISE EXCEPTION 'a batch of scoreboard % %', board.scoreboard,
                CASE WHEN period IS NULL THEN 'needs a period' ELSE 'has no period' END
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT COALESCE(max(b.batch), 0) + 1 INTO recorded.batch
    FROM whitelist_batch b WHERE b.scoreboard = board.scoreboard AND b.rule = recorded.rule;
    recorded.recorded_at := now();
    recorded.note := note;
    recorded.columns := array_remove(ARRAY[binding.entity, binding.period] || binding.attributes, NULL);
    recorded.sha256 := '';
    INSERT INTO whitelist_batch SELECT recorded.*;
    EXECUTE format(
        'INSERT INTO innovation_score.whitelist_batch_firm '
        'SELECT $1, $2, $3, w.%I::text, w.stage, w.score, w.rank, jsonb_build_object(%s) FROM %s w '
        'WHERE w.decision = ''listed''%s',
        binding.entity,
        (SELECT string_agg(format('%L, w.%I::text', a, a), ', ') FROM unnest(binding.attributes) a),
        _view_name(board.scoreboard, suffix),
        CASE WHEN binding.period IS NOT NULL THEN format(' AND w.%I::text = %L', binding.period, period) ELSE '' END)
        USING recorded.scoreboard, recorded.rule, recorded.batch;
    GET DIAGNOSTICS firms = ROW_COUNT;
    IF firms = 0 THEN
        RAISE EXCEPTION 'nobody is listed by whitelist rule "%" of scoreboard %', recorded.rule, board.scoreboard
            USING ERRCODE = 'no_data_found',
                  DETAIL = COALESCE(format('The period is %s.', period), 'The scoreboard has no periods.'),
                  HINT = 'Firms of earlier batches are not listed anew.';
    END IF;
    UPDATE whitelist_batch b SET sha256 = encode(sha256(_batch_file(recorded)), 'hex')
    WHERE (b.scoreboard, b.rule, b.batch) = (recorded.scoreboard, recorded.rule, recorded.batch);
    IF recorded.batch = 1 THEN  -- from now on the view asks for batches
        PERFORM _replace_views(board, binding, ARRAY[suffix]);
    END IF;
    RETURN recorded.batch;
END
$$;

CREATE FUNCTION record_whitelist_batch(scoreboard text, period text DEFAULT NULL, rule text DEFAULT NULL,
                                       note text DEFAULT NULL) RETURNS integer
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._record_whitelist_batch(scoreboard, period, rule, note, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _record_whitelist_batch(text, text, text, text, name[]) IS
    'internal: record_whitelist_batch with the caller''s schemas';
COMMENT ON FUNCTION record_whitelist_batch(text, text, text, text) IS
    'keeps the firms that are listed now as the next batch; they are not listed anew. Returns the number of the batch';

-- Handing over.

CREATE FUNCTION _find_batch(scoreboard text, number integer, name text, path name[]) RETURNS whitelist_batch
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known text := _find_scoreboard(scoreboard, path);
    found_batch whitelist_batch;
BEGIN
    SELECT * INTO found_batch FROM whitelist_batch b
    WHERE b.scoreboard = known AND b.rule = COALESCE(name, '') AND b.batch = number;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'scoreboard % has no batch % of whitelist rule "%"', known, COALESCE(number::text, 'NULL'),
                COALESCE(name, '')
            USING ERRCODE = 'undefined_object', HINT = 'See the table innovation_score.whitelist_batch.';
    END IF;
    RETURN found_batch;
END
$$;

CREATE FUNCTION _whitelist_copy(recorded whitelist_batch) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('COPY (%s) TO STDOUT (FORMAT csv, HEADER, ENCODING ''UTF8'')',
                  _batch_query(recorded, (SELECT string_agg(format('%s AS %I', c.expression, c.name), ', '
                                                            ORDER BY c.place)
                                          FROM _batch_columns(recorded) c)))
$$;

CREATE FUNCTION _whitelist_manifest(recorded whitelist_batch) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'scoreboard', recorded.scoreboard, 'rule', NULLIF(recorded.rule, ''), 'batch', recorded.batch,
        'period', recorded.period, 'note', recorded.note,
        'recorded_at', to_char(recorded.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'scheme', s.scheme, 'provisional_weights', s.provisional,
        'columns', (SELECT jsonb_agg(c.name ORDER BY c.place) FROM _batch_columns(recorded) c),
        'rows', (SELECT count(*) FROM whitelist_batch_firm f
                 WHERE (f.scoreboard, f.rule, f.batch) = (recorded.scoreboard, recorded.rule, recorded.batch)),
        'bytes', octet_length(file.content), 'sha256', encode(sha256(file.content), 'hex'),
        'unchanged', encode(sha256(file.content), 'hex') = recorded.sha256,
        'form', 'CSV as COPY writes it: UTF-8, commas, a line feed after each line, a header line')
    FROM scoreboard b JOIN scheme s USING (scheme) CROSS JOIN (SELECT _batch_file(recorded) OFFSET 0) AS file(content)
    WHERE b.scoreboard = recorded.scoreboard
$$;

CREATE FUNCTION whitelist_copy(scoreboard text, batch integer, rule text DEFAULT NULL) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE AS $$
    SELECT innovation_score._whitelist_copy(
        innovation_score._find_batch(scoreboard, batch, rule, pg_catalog.current_schemas(false)))
$$;

CREATE FUNCTION whitelist_manifest(scoreboard text, batch integer, rule text DEFAULT NULL) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE AS $$
    SELECT innovation_score._whitelist_manifest(
        innovation_score._find_batch(scoreboard, batch, rule, pg_catalog.current_schemas(false)))
$$;

COMMENT ON FUNCTION _find_batch(text, integer, text, name[]) IS 'internal: a batch, or an error';
COMMENT ON FUNCTION _whitelist_copy(whitelist_batch) IS 'internal: the COPY command of a batch';
COMMENT ON FUNCTION _whitelist_manifest(whitelist_batch) IS 'internal: the manifest of a batch';
COMMENT ON FUNCTION whitelist_copy(text, integer, text) IS
    'the COPY command that writes the file of a batch';
COMMENT ON FUNCTION whitelist_manifest(text, integer, text) IS
    'what accompanies the file of a batch: origin, columns, rows, SHA-256 digest';

-- The batches as rows for BI tools, with attributes as columns.
CREATE FUNCTION _batch_view_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT b.rule, b.batch, b.recorded_at, f.entity AS %I%s%s, f.stage, f.score, f.rank '
                  'FROM innovation_score.whitelist_batch b '
                  'JOIN innovation_score.whitelist_batch_firm f USING (scoreboard, rule, batch) '
                  'WHERE b.scoreboard = %L',
                  binding.entity, ', b.period AS ' || quote_ident(binding.period),
                  (SELECT string_agg(format(', f.attributes ->> %L AS %I', a.name, a.name), '' ORDER BY a.place)
                   FROM unnest(binding.attributes) WITH ORDINALITY AS a(name, place)),
                  board.scoreboard)
$$;

COMMENT ON FUNCTION _batch_view_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _batch';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('batch', 55, '_batch_view_query', 'attributes', false, '{rule,batch,recorded_at,stage,score,rank}',
     '白名单批次 batches of whitelists');

INSERT INTO scoreboard_column (name, kind, comment) VALUES
    ('rule', 'batch', '规则名 whitelist rule; empty: the one without a name'),
    ('batch', 'batch', '批次 number of the batch'),
    ('recorded_at', 'batch', '登记时间 when the batch was recorded');

-- credit: suggested limits of innovation-points loans (创新积分贷). A bank's rule is data: steps
-- from score to amount, never falling, that may differ by tier; a share of the revenue that
-- bounds them; what to do with existing credit. Nothing here grants a loan: it is a
-- suggestion, and says in words how it came about.

CREATE TABLE credit_rule (
    bank            text NOT NULL,
    title           text,
    interpolate     boolean NOT NULL DEFAULT false,
    revenue_share   numeric,
    deduct_existing boolean NOT NULL DEFAULT true,
    unit            numeric NOT NULL DEFAULT 1,
    source          text,
    CONSTRAINT credit_rule_pkey PRIMARY KEY (bank),
    CONSTRAINT credit_rule_bank_check CHECK (bank <> ''),
    CONSTRAINT credit_rule_revenue_share_check CHECK (revenue_share >= 0 AND revenue_share < 'Infinity'),
    CONSTRAINT credit_rule_unit_check CHECK (unit > 0 AND unit < 'Infinity')
);

CREATE TABLE credit_step (
    bank      text NOT NULL,
    tier      text NOT NULL DEFAULT '',
    min_score float8 NOT NULL,
    amount    numeric(18,2) NOT NULL,
    CONSTRAINT credit_step_pkey PRIMARY KEY (bank, tier, min_score),
    CONSTRAINT credit_step_bank_fkey FOREIGN KEY (bank) REFERENCES credit_rule ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT credit_step_min_score_check CHECK (min_score > '-Infinity' AND min_score < 'Infinity'),
    CONSTRAINT credit_step_amount_check CHECK (amount >= 0 AND amount < 'NaN')
);

CREATE TABLE credit_binding (
    scoreboard text NOT NULL,
    revenue    text,
    existing   text,
    banks      text[],
    CONSTRAINT credit_binding_pkey PRIMARY KEY (scoreboard),
    CONSTRAINT credit_binding_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE
);

COMMENT ON TABLE credit_rule IS '授信规则 how a bank derives a suggested limit from a score';
COMMENT ON COLUMN credit_rule.bank IS '银行 bank or product, a short name';
COMMENT ON COLUMN credit_rule.title IS '名称 full name';
COMMENT ON COLUMN credit_rule.interpolate IS '线性插值 whether amounts rise evenly from step to step';
COMMENT ON COLUMN credit_rule.revenue_share IS
    '营业收入上限 the limit is at most this share of the revenue; NULL: no such bound';
COMMENT ON COLUMN credit_rule.deduct_existing IS '扣除已有授信 whether existing credit is subtracted';
COMMENT ON COLUMN credit_rule.unit IS '取整单位 limits are rounded down to a multiple of it';
COMMENT ON COLUMN credit_rule.source IS '依据 where the rule comes from';
COMMENT ON TABLE credit_step IS '授信分档 steps from score to amount; amounts must not fall while scores rise';
COMMENT ON COLUMN credit_step.bank IS '银行 bank';
COMMENT ON COLUMN credit_step.tier IS '等级 tier that the step is for; empty: for those that have no steps of their own';
COMMENT ON COLUMN credit_step.min_score IS '最低得分 score from which the step counts';
COMMENT ON COLUMN credit_step.amount IS '额度 amount, in the unit of the revenue';
COMMENT ON TABLE credit_binding IS '授信数据来源 where revenue and existing credit come from, kept by set_credit()';
COMMENT ON COLUMN credit_binding.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN credit_binding.revenue IS '营业收入 column or expression of the revenue';
COMMENT ON COLUMN credit_binding.existing IS '已有授信 column or expression of the existing credit';
COMMENT ON COLUMN credit_binding.banks IS '银行 banks that the view shows; NULL: all';

SELECT _dump_table('credit_rule', 14, 'true');
SELECT _dump_table('credit_step', 15, 'n.bank IN (SELECT r.bank FROM credit_rule r)');
SELECT _dump_table('credit_binding', 15.5, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');

CREATE FUNCTION _check_credit_steps() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    fall record;
BEGIN
    SELECT * INTO fall
    FROM (SELECT s.*, lag(s.min_score) OVER w AS lower_score, lag(s.amount) OVER w AS lower_amount
          FROM credit_step s WHERE s.bank IN (SELECT c.bank FROM changed c)
          WINDOW w AS (PARTITION BY s.bank, s.tier ORDER BY s.min_score)) t
    WHERE t.amount < t.lower_amount
    ORDER BY t.bank COLLATE "C", t.tier COLLATE "C", t.min_score LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'credit steps of bank "%" fall while the score rises', fall.bank
            USING ERRCODE = 'check_violation',
                  DETAIL = format('From score %s the amount is %s, from score %s only %s%s.', fall.lower_score,
                                  fall.lower_amount, fall.min_score, fall.amount,
                                  CASE WHEN fall.tier <> '' THEN format(' (tier %s)', fall.tier) ELSE '' END),
                  HINT = 'Change all steps that depend on each other in one statement.';
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _check_credit_steps() IS 'internal: a higher score must not mean a lower limit';

CREATE TRIGGER credit_step_insert AFTER INSERT ON credit_step
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _check_credit_steps();
CREATE TRIGGER credit_step_update AFTER UPDATE ON credit_step
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _check_credit_steps();

CREATE VIEW credit_curve AS
SELECT s.bank, s.tier, s.min_score, s.amount,
       lead(s.min_score, 1, 'Infinity') OVER w AS next_score, (lead(s.amount) OVER w)::numeric(18,2) AS next_amount
FROM credit_step s
WINDOW w AS (PARTITION BY s.bank, s.tier ORDER BY s.min_score)
UNION ALL
SELECT s.bank, s.tier, '-Infinity', 0::numeric(18,2), min(s.min_score), NULL::numeric(18,2)
FROM credit_step s GROUP BY s.bank, s.tier;

COMMENT ON VIEW credit_curve IS '授信曲线 the steps with the next one beside each, and what is below the lowest';
COMMENT ON COLUMN credit_curve.bank IS '银行 bank';
COMMENT ON COLUMN credit_curve.tier IS '等级 tier; empty: for those that have no steps of their own';
COMMENT ON COLUMN credit_curve.min_score IS '最低得分 score from which the step counts; -Infinity: below the lowest step';
COMMENT ON COLUMN credit_curve.amount IS '额度 amount';
COMMENT ON COLUMN credit_curve.next_score IS '上限得分 score from which the next step counts; Infinity: there is none';
COMMENT ON COLUMN credit_curve.next_amount IS '下一档额度 amount of the next step, to which interpolation rises';

-- Called for every row and bank, so they must be inlined: no SET clause, and no argument
-- that costs anything is used twice. What depends on a step alone is an argument, since
-- numeric arithmetic and casts from float8 cost more than the rest of a row.

CREATE FUNCTION _credit_amount(score float8, amount numeric, start numeric, rise numeric, width numeric)
RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN rise IS NULL THEN amount ELSE amount + rise * (score::numeric - start) / width END;

CREATE FUNCTION _credit_bounded(amount numeric, revenue_share numeric, revenue numeric, existing numeric,
                                deduct_existing boolean, unit numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN revenue_share IS NULL OR revenue IS NOT NULL
            THEN div(greatest(least(amount, revenue_share * greatest(revenue, 0))
                              - CASE WHEN deduct_existing THEN greatest(existing, 0) ELSE 0 END, 0), unit) * unit END;

-- A score in words, with four places unless they hide that it misses a step. The first
-- condition says for nearly all scores that they do not, at little cost.
CREATE FUNCTION _credit_figure(score float8, next_score float8) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN score BETWEEN -99999 AND least(next_score - 0.0001, 99999)
                 OR round(score::numeric, 4)::float8 < next_score
            THEN trim_scale(round(score_numeric(score), 4))::text ELSE score::text END;

CREATE FUNCTION _credit_reason(score float8, next_score float8, sentence text, revenue_share numeric, revenue numeric,
                               existing numeric) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN score IS NULL THEN '无得分 | no score'
    WHEN next_score IS NULL THEN '该等级没有授信分档 | no steps for this tier'
    WHEN revenue_share IS NOT NULL AND revenue IS NULL THEN '缺少营业收入 | revenue is missing'
    ELSE format(sentence, _credit_figure(score, next_score),
                trim_scale(revenue_share * greatest(revenue, 0))::text, greatest(existing, 0)::text) END;

-- The way from a score to a suggested limit in words, for format(): the first argument is
-- the score, the second the bound by the revenue, the third existing credit. Made once a
-- step, and again for firms whose existing credit is unknown.
CREATE FUNCTION _credit_sentence(rule credit_rule, step credit_curve, known boolean) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN step.min_score = '-Infinity'
        THEN concat('得分%1$s低于最低分档', step.next_score, ' | score %1$s is below ', step.next_score,
                    ', the lowest step')
        ELSE concat_ws('；',
                 concat('得分%1$s达到', step.min_score, '分档', '（' || w.own_tier || '）', '，额度', w.amount,
                        '，至下一档' || w.next || '线性插值'),
                 '不超过营业收入的' || w.share || '%%（%2$s）',
                 CASE WHEN rule.deduct_existing AND known THEN '扣除已有授信%3$s'
                      WHEN rule.deduct_existing THEN '已有授信不详，未扣除' END,
                 '向下取整到' || rule.unit)
             || ' | ' || concat_ws('; ',
                 concat('score %1$s reaches the step ', step.min_score, ' of ' || w.own_tier, ': ', w.amount,
                        ', rising to ' || w.next),
                 'at most ' || w.share || ' %% of the revenue (%2$s)',
                 CASE WHEN rule.deduct_existing AND known THEN 'less existing credit %3$s'
                      WHEN rule.deduct_existing THEN 'existing credit is unknown and not subtracted' END,
                 'rounded down to ' || rule.unit) END
    FROM (SELECT replace(NULLIF(step.tier, ''), '%', '%%') AS own_tier, trim_scale(step.amount) AS amount,
                 CASE WHEN rule.interpolate THEN trim_scale(step.next_amount) END AS next,
                 trim_scale(rule.revenue_share * 100) AS share) w
$$;

COMMENT ON FUNCTION _credit_amount(float8, numeric, numeric, numeric, numeric) IS
    'internal: the amount that a step gives a score; rise: NULL unless amounts rise evenly over its width';
COMMENT ON FUNCTION _credit_bounded(numeric, numeric, numeric, numeric, boolean, numeric) IS
    'internal: an amount bounded by revenue and existing credit, in whole units';
COMMENT ON FUNCTION _credit_figure(float8, float8) IS 'internal: a score in words';
COMMENT ON FUNCTION _credit_reason(float8, float8, text, numeric, numeric, numeric) IS
    'internal: how a suggested limit came about, in words';
COMMENT ON FUNCTION _credit_sentence(credit_rule, credit_curve, boolean) IS
    'internal: how the suggested limits of a step come about, in words to be filled in';

CREATE FUNCTION credit_limit(score float8, bank text, tier text DEFAULT NULL, revenue numeric DEFAULT NULL,
                             existing numeric DEFAULT NULL) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    rule credit_rule;
    step credit_curve;
BEGIN
    SELECT * INTO rule FROM credit_rule r WHERE r.bank = $2;
    IF rule.bank IS NULL THEN
        RAISE EXCEPTION 'unknown bank "%"', $2
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = COALESCE((SELECT 'The banks are ' || string_agg(format('"%s"', r.bank), ', '
                                                                         ORDER BY r.bank COLLATE "C") || '.'
                                   FROM credit_rule r),
                                  'There is none yet: see the table innovation_score.credit_rule.');
    END IF;
    SELECT * INTO step FROM credit_curve c
    WHERE c.bank = $2 AND c.tier IN (COALESCE($3, ''), '') AND $1 >= c.min_score AND $1 < c.next_score
    ORDER BY c.tier = '' LIMIT 1;
    RETURN CASE WHEN step.amount IS NOT NULL
                THEN _credit_bounded(_credit_amount($1, step.amount, step.min_score::numeric,
                                                    CASE WHEN rule.interpolate
                                                         THEN step.next_amount - step.amount END,
                                                    step.next_score::numeric - step.min_score::numeric),
                                     rule.revenue_share, NULLIF($4, 'NaN'), NULLIF($5, 'NaN'),
                                     rule.deduct_existing, rule.unit) END;
END
$$;

COMMENT ON FUNCTION credit_limit(float8, text, text, numeric, numeric) IS
    'suggested limit of a bank for a score, and for a tier, revenue and existing credit where its rule asks for them';

-- A number of the source, or NULL.
CREATE FUNCTION _credit_number(board scoreboard, binding scoreboard_binding, item text, what text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound bound_expression;
BEGIN
    IF item IS NULL THEN
        RETURN 'NULL::numeric';
    END IF;
    bound := _bind_scalar(board.search_path, binding.source, binding.columns, item, what);
    IF (_base_type(bound.type)).typcategory <> 'N' THEN
        RAISE EXCEPTION '% is of type %, not a number', what, format_type(bound.type, NULL)
            USING ERRCODE = 'datatype_mismatch', DETAIL = format('It was given as %s.', item);
    END IF;
    RETURN format('NULLIF(%s::numeric, ''NaN'')', bound.expression);
END
$$;

CREATE FUNCTION _credit_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    names text[] := ARRAY[binding.entity, binding.period] || binding.shown || 'stage'::text;
    bound credit_binding;
    rows text;
BEGIN
    SELECT * INTO bound FROM credit_binding c WHERE c.scoreboard = board.scoreboard;
    rows := format('SELECT %s, x._row[1] AS score, x._revenue, x._existing '
                   'FROM (SELECT %s, s._revenue, s._existing, %s FROM %s) x',
                   _columns_of('x', names), _columns_of('s', names), _score_row(board, binding),
                   _rows_with_model(board, binding,
                                    format(', %s AS _revenue, %s AS _existing',
                                           _credit_number(board, binding, bound.revenue, 'revenue'),
                                           _credit_number(board, binding, bound.existing, 'existing credit'))));
    -- Gathered into arrays and unnested again: the planner takes tables without statistics,
    -- such as these few rows, for large ones, and would sort the firms; and what belongs
    -- to a step is worked out once.
    RETURN format(
        'SELECT %1$s, innovation_score.score_numeric(r.score)::numeric(9,4) AS score, r.tier, b.bank, '
        'CASE WHEN c.bank IS NOT NULL THEN innovation_score._credit_bounded('
        'innovation_score._credit_amount(r.score, c.amount, c.start, c.rise, c.width), '
        'b.revenue_share, r._revenue, r._existing, b.deduct_existing, b.unit) END::numeric(18,2) AS suggested_limit, '
        'innovation_score._credit_reason(r.score, c.next_score, '
        'CASE WHEN r._existing IS NULL THEN c.sentence_unknown ELSE c.sentence END, '
        'b.revenue_share, r._revenue, r._existing) AS reason '
        'FROM (%2$s) r '
        'CROSS JOIN (SELECT pg_catalog.array_agg(k) AS rules, '
        'pg_catalog.array_agg((SELECT pg_catalog.jsonb_object_agg(t.tier, true) '
        'FROM (SELECT DISTINCT d.tier FROM innovation_score.credit_curve d WHERE d.bank = k.bank) t)) AS tiers '
        'FROM innovation_score.credit_rule k%3$s) ks '
        'CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(ks.rules), pg_catalog.unnest(ks.tiers)) '
        'AS b(bank, title, interpolate, revenue_share, deduct_existing, unit, source, tiers) '
        'LEFT JOIN (SELECT t.* FROM (SELECT pg_catalog.array_agg(d) AS steps, '
        'pg_catalog.array_agg(d.min_score::numeric) AS starts, '
        'pg_catalog.array_agg(CASE WHEN k.interpolate THEN d.next_amount - d.amount END) AS rises, '
        'pg_catalog.array_agg(d.next_score::numeric - d.min_score::numeric) AS widths, '
        'pg_catalog.array_agg(innovation_score._credit_sentence(k, d, true)) AS sentences, '
        'pg_catalog.array_agg(innovation_score._credit_sentence(k, d, false)) AS sentences_unknown '
        'FROM innovation_score.credit_curve d JOIN innovation_score.credit_rule k ON k.bank = d.bank) cs '
        'CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(cs.steps), pg_catalog.unnest(cs.starts), '
        'pg_catalog.unnest(cs.rises), pg_catalog.unnest(cs.widths), pg_catalog.unnest(cs.sentences), '
        'pg_catalog.unnest(cs.sentences_unknown)) '
        'AS t(bank, tier, min_score, amount, next_score, next_amount, start, rise, width, sentence, '
        'sentence_unknown)) c '
        'ON c.bank = b.bank AND c.tier = CASE WHEN b.tiers ? r.tier THEN r.tier ELSE '''' END '
        'AND r.score >= c.min_score AND r.score < c.next_score',
        _columns_of('r', ARRAY[binding.entity, binding.period]),
        _tiered_rows(_tiers_of(board, binding), binding, rows),
        ' WHERE k.bank = ANY (' || quote_literal(bound.banks) || '::text[])');
END
$$;

COMMENT ON FUNCTION _credit_number(scoreboard, scoreboard_binding, text, text) IS
    'internal: SQL text of a number of the source';
COMMENT ON FUNCTION _credit_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _credit';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('credit', 65, '_credit_query', 'all', false,
     '{stage,score,tier,bank,suggested_limit,reason,place,_scored,_revenue,_existing,_values,_row}',
     '创新积分贷建议额度 suggested credit limits');

INSERT INTO scoreboard_column (name, kind, comment) VALUES
    ('bank', 'credit', '银行 bank'),
    ('suggested_limit', 'credit', '建议额度 suggested limit, not a commitment'),
    ('reason', 'credit', '理由 how the suggestion came about');

CREATE FUNCTION _set_credit(wanted credit_binding, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _lock_scoreboard(wanted.scoreboard, path);
    binding scoreboard_binding := _bind(board);
    kept jsonb := _user_comments(board);
    unknown text := (SELECT min(b) FROM unnest(wanted.banks) b WHERE b NOT IN (SELECT r.bank FROM credit_rule r));
BEGIN
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'unknown bank "%"', unknown
            USING ERRCODE = 'invalid_parameter_value', HINT = 'See the table innovation_score.credit_rule.';
    END IF;
    wanted.scoreboard := board.scoreboard;
    DELETE FROM credit_binding c WHERE c.scoreboard = board.scoreboard;
    INSERT INTO credit_binding SELECT wanted.*;
    PERFORM _replace_views(board, binding, '{credit}');
    PERFORM _put_comments(board, binding, kept);
END
$$;

CREATE FUNCTION set_credit(scoreboard text, revenue text DEFAULT NULL, existing text DEFAULT NULL,
                           banks text[] DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._set_credit(ROW(scoreboard, revenue, existing, banks)::innovation_score.credit_binding,
                                        pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _set_credit(credit_binding, name[]) IS 'internal: set_credit with the caller''s schemas';
COMMENT ON FUNCTION set_credit(text, text, text, text[]) IS
    'says where the view <name>_credit finds revenue and existing credit, and which banks it shows';

-- verify: whether a publication is what was computed, and what its source says now.
--
-- Nothing is written, no lock is taken: this works on a standby. Each check is a
-- function of its own and an error in one, which damaged content can cause, is its
-- finding.

CREATE FUNCTION _verify_chain(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    WITH chain AS (
        SELECT c.publication, c.digest = _publication_digest(c) AS intact,
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

CREATE FUNCTION _verify_digest(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT c.ok, CASE WHEN c.ok THEN format('content has SHA-256 %s', encode(p.content_digest, 'hex'))
                      ELSE 'the digest of models, corrections and firms is not the one that was published' END
    FROM (SELECT _content_digest(p.publication) = p.content_digest AS ok) c
    UNION ALL
    SELECT false, format('firm %s: its digest is not that of its row', f.entity)
    FROM published_firm f
    WHERE f.publication = p.publication
      AND f.digest <> _firm_digest(f.entity, f.stage, f.peers, f.attributes, f.vals, f.score, f.coverage,
                                   f.category_scores, f.rank, f.stage_rank, f.barred, f.quota, f.eligible, f.admitted,
                                   f.decision, f.reasons)
    UNION ALL
    SELECT false, format('%s firms (%s scored, %s listed) were published, %s (%s, %s) are there', p.firms, p.scored,
                         p.listed, count(*), count(f.score), count(*) FILTER (WHERE f.decision = 'listed'))
    FROM published_firm f WHERE f.publication = p.publication
    HAVING (count(*), count(f.score), count(*) FILTER (WHERE f.decision = 'listed'))
           IS DISTINCT FROM (p.firms, p.scored, p.listed)
$$;

CREATE FUNCTION _verify_models(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
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
            ELSIF _model_codes(model, 'indicators') <> p.indicators
                  OR _model_codes(model, 'categories') <> p.categories THEN
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

CREATE FUNCTION _verify_scores(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1
SET enable_nestloop = off SET jit = off AS $$
    WITH model AS MATERIALIZED (
        SELECT m.peers, m.model::text::score_model AS model FROM published_model m WHERE m.publication = p.publication
    ), recomputed AS (
        SELECT f.entity, f.score, f.coverage, f.category_scores,
               score_row(m.model, f.stage, VARIADIC f.vals) AS found
        FROM published_firm f LEFT JOIN model m ON m.peers = f.peers
        WHERE f.publication = p.publication
    ), different AS MATERIALIZED (
        SELECT r.*, r.found[4:3 + cardinality(p.categories)] AS found_scores
        FROM recomputed r
        WHERE (r.score, r.coverage, r.category_scores)
              IS DISTINCT FROM (r.found[1], r.found[2], r.found[4:3 + cardinality(p.categories)])
    )
    SELECT true, format('%s scores recomputed from values and models: all the same', p.firms)
    WHERE NOT EXISTS (SELECT FROM different)
    UNION ALL
    (SELECT false, format('firm %s: %s', d.entity, concat_ws('; ',
         CASE WHEN d.score IS DISTINCT FROM d.found[1]
              THEN format('score %s is recomputed as %s', COALESCE(d.score::text, 'NULL'),
                          COALESCE(d.found[1]::text, 'NULL')) END,
         CASE WHEN d.coverage IS DISTINCT FROM d.found[2]
              THEN format('coverage %s is recomputed as %s', COALESCE(d.coverage::text, 'NULL'),
                          COALESCE(d.found[2]::text, 'NULL')) END,
         CASE WHEN d.category_scores IS DISTINCT FROM d.found_scores
              THEN format('category scores %s are recomputed as %s', COALESCE(d.category_scores::text, 'NULL'),
                          COALESCE(d.found_scores::text, 'NULL')) END))
     FROM different d ORDER BY d.entity)
$$;

CREATE FUNCTION _verify_ranks(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
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

CREATE FUNCTION _verify_decisions(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
BEGIN
    ok := true;
    FOR detail IN EXECUTE format(
        'SELECT format(''firm %%s: %%s%%s%%s is recomputed as %%s%%s%%s'', d.entity, d.decision, '
        'CASE WHEN d.eligible THEN '', eligible'' END, CASE WHEN d.admitted THEN '', admitted'' END, d.cut_decision, '
        'CASE WHEN d.cut_eligible THEN '', eligible'' END, CASE WHEN d.cut_admitted THEN '', admitted'' END) '
        'FROM (%s) d WHERE (d.decision, d.eligible, d.admitted) '
        'IS DISTINCT FROM (d.cut_decision, d.cut_eligible, d.cut_admitted) ORDER BY d.entity',
        _decision_query(format('SELECT * FROM published_firm f WHERE f.publication = %s', p.publication),
                        p.rule::jsonb))
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
CREATE FUNCTION _verify_states(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    WITH event AS (
        SELECT e.publication, e.event,
               e.digest = _event_digest(e) AND e.event = row_number() OVER (ORDER BY e.event)
               AND EXISTS (SELECT FROM publication o WHERE o.publication = e.publication) AS intact
        FROM publication_event e
    )
    SELECT true, format('%s changes of state, state %s',
                        (SELECT count(*) FROM publication_event e WHERE e.publication = p.publication),
                        (SELECT s.state FROM _publication_state(p.publication) s))
    FROM event e HAVING COALESCE(bool_and(e.intact), true)
    UNION ALL
    SELECT false, format('change of state %s of publication %s: its digest is not that of its row and of what was '
                         'before', e.event, e.publication)
    FROM event e WHERE e.intact IS NOT TRUE
$$;

CREATE FUNCTION _verify_objections(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    WITH wrong AS (
        SELECT o.objection, format('objection %s: its digest is not that of its row', o.objection) AS detail
        FROM objection o WHERE o.digest <> _objection_digest(o)
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
CREATE FUNCTION _verify_source(p publication) RETURNS TABLE (ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1
SET enable_nestloop = off SET jit = off AS $$
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
    binding := _bind(board);
    query := format(
        'SELECT s.%I::text COLLATE "C" AS entity, s.stage, %s AS peers, %s AS attributes, %s AS vals FROM %s WHERE %s',
        binding.entity,
        CASE WHEN binding.peers = p.peers THEN _texts('s', binding.peers) ELSE '''{}''::text[]' END,
        CASE WHEN binding.attributes = p.attributes THEN _texts('s', binding.attributes) ELSE '''{}''::text[]' END,
        (SELECT format('CASE WHEN s._values IS NOT NULL THEN ARRAY[%s]::float8[] END',   -- left out: none
                       string_agg(COALESCE('NULLIF(s._values[' || n.place || '], ''NaN'')', 'NULL'), ', '
                                  ORDER BY i.place))
         FROM unnest(p.indicators) WITH ORDINALITY AS i(indicator, place)
         LEFT JOIN unnest(_model_codes(board.model, 'indicators')) WITH ORDINALITY AS n(indicator, place)
                USING (indicator)),
        _rows(binding), _period_condition(board, binding, 's', p.period));
    query := format($query$
        WITH corrected AS (
            SELECT c.entity, jsonb_object_agg(i.place, to_jsonb(c.source_value)) AS vals
            FROM innovation_score.published_correction c
            JOIN unnest(%2$L::text[]) WITH ORDINALITY AS i(indicator, place) ON i.indicator = c.indicator
            WHERE c.publication = %1$s GROUP BY c.entity
        ), published AS (
            SELECT f.entity, f.stage, %3$s AS peers, %4$s AS attributes,
                   CASE WHEN c.vals IS NULL THEN f.vals
                        ELSE innovation_score._corrected(f.vals, f.entity, jsonb_build_object(f.entity, c.vals))
                        END AS vals
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
        FROM published p FULL JOIN (%5$s) n ON n.entity = p.entity
        WHERE (p.entity, p.stage, p.peers, p.attributes, p.vals)
              IS DISTINCT FROM (n.entity, n.stage, n.peers, n.attributes, n.vals)
        ORDER BY COALESCE(p.entity, n.entity) COLLATE "C" $query$,
        p.publication, p.indicators,
        CASE WHEN binding.peers = p.peers THEN 'f.peers' ELSE '''{}''::text[]' END,
        CASE WHEN binding.attributes = p.attributes THEN 'f.attributes' ELSE '''{}''::text[]' END, query);
    PERFORM set_config('search_path', board.search_path, true);
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

COMMENT ON FUNCTION _verify_chain(publication) IS 'internal: publications and their chain of digests';
COMMENT ON FUNCTION _verify_digest(publication) IS 'internal: digests of what a publication holds';
COMMENT ON FUNCTION _verify_models(publication) IS 'internal: models of a publication';
COMMENT ON FUNCTION _verify_scores(publication) IS 'internal: scores from values and models';
COMMENT ON FUNCTION _verify_ranks(publication) IS 'internal: ranks from scores';
COMMENT ON FUNCTION _verify_decisions(publication) IS 'internal: decisions from scores and rule';
COMMENT ON FUNCTION _verify_states(publication) IS 'internal: changes of state';
COMMENT ON FUNCTION _verify_objections(publication) IS
    'internal: objections to a publication, and the corrections in it';
COMMENT ON FUNCTION _verify_source(publication) IS 'internal: what the source says now';

CREATE FUNCTION verify_publication(id bigint) RETURNS TABLE ("check" text, ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    p publication;
BEGIN
    PERFORM _publication_state(id);
    SELECT * INTO STRICT p FROM publication o WHERE o.publication = id;
    FOREACH "check" IN ARRAY '{chain,digest,models,scores,ranks,decisions,states,objections,source}'::text[] LOOP
        BEGIN
            FOR ok, detail IN EXECUTE format('SELECT v.ok, v.detail FROM %I($1) v', '_verify_' || "check") USING p LOOP
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

-- portrait: a firm among its peers (src/portrait.c). The peers of a firm are the firms of
-- its period, peer group and stage. What must be known of them is fitted when a live
-- scoreboard is read, and kept when it is frozen.

CREATE TABLE peer_profile (
    scoreboard text NOT NULL,
    period     text,
    peers      text[] NOT NULL DEFAULT '{}',
    stage      text,
    profile    float8[] NOT NULL,
    CONSTRAINT peer_profile_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE
);

-- uncompressed, since it is read whole and often
ALTER TABLE peer_profile ALTER COLUMN profile SET STORAGE EXTERNAL;

CREATE UNIQUE INDEX peer_profile_group_key ON peer_profile
    (scoreboard, COALESCE(period, ''), peers, COALESCE('s' || stage, ''));

COMMENT ON TABLE peer_profile IS
    '同组企业分布 distributions of indicators and scores among the firms of frozen scoreboards';
COMMENT ON COLUMN peer_profile.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN peer_profile.period IS '期间 period as text; NULL if the scoreboard has none';
COMMENT ON COLUMN peer_profile.peers IS '组别 values of the peer columns as text';
COMMENT ON COLUMN peer_profile.stage IS '阶段 stage; NULL: the scores of the whole period';
COMMENT ON COLUMN peer_profile.profile IS
    '分布 for each indicator in the order of the model: number of values, quartiles, number of points, the points, '
    'numbers of values at or below them';

SELECT _dump_table('peer_profile', 31, 'n.scoreboard IN (SELECT b.scoreboard FROM scoreboard b)');

-- Distributions.

CREATE FUNCTION _peer_profile_accumulate(state internal, grid integer, VARIADIC vals float8[]) RETURNS internal
    AS 'MODULE_PATHNAME', 'peer_profile_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _peer_profile_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'peer_profile_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE _peer_profile(grid integer, VARIADIC vals float8[]) (
    SFUNC = _peer_profile_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _peer_profile_final,
    PARALLEL = RESTRICTED
);

CREATE FUNCTION _score_place(profile float8[], score float8) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'score_place' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

CREATE FUNCTION _profile_rows(profile float8[], indicators integer, OUT place integer, OUT n bigint,
                              OUT lower_quartile float8, OUT median float8, OUT upper_quartile float8)
RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'profile_rows' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20;

COMMENT ON FUNCTION _peer_profile_accumulate(internal, integer, float8[]) IS
    'internal: transition function of _peer_profile';
COMMENT ON FUNCTION _peer_profile_final(internal) IS 'internal: final function of _peer_profile';
COMMENT ON AGGREGATE _peer_profile(integer, float8[]) IS
    'internal: the distributions of several columns, each by its quartiles and the distinct values among grid + 1 '
    'order statistics (all with 0) with the numbers of values at or below them';
COMMENT ON FUNCTION _score_place(float8[], float8) IS 'internal: rank and percentile of a score in a distribution';
COMMENT ON FUNCTION _profile_rows(float8[], integer) IS 'internal: counts and quartiles of kept distributions';

CREATE FUNCTION _portrait_rows(
    model score_model,
    stage text,
    vals float8[],
    profile float8[],
    previous_model score_model,
    previous_stage text,
    previous_vals float8[],
    OUT indicator text,
    OUT category text,
    OUT value float8,
    OUT normalized float8,
    OUT percentile float8,
    OUT peers bigint,
    OUT peer_median float8,
    OUT peer_upper_quartile float8,
    OUT peer_normalized float8,
    OUT weight float8,
    OUT points float8,
    OUT points_lost float8,
    OUT advantage float8,
    OUT strength_rank integer,
    OUT weakness_rank integer,
    OUT previous_value float8,
    OUT value_change float8,
    OUT points_change float8,
    OUT status text
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'portrait_rows' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200 ROWS 20;

COMMENT ON FUNCTION _portrait_rows(score_model, text, float8[], float8[], score_model, text, float8[]) IS
    'internal: the indicators of a firm beside those of its peers and its own of the period before';

-- The groups of peers: columns of the source's rows.
CREATE FUNCTION _profile_groups(binding scoreboard_binding) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    -- pooled scoreboards may have the period among the peers
    SELECT array_remove(binding.period || array_remove(binding.peers, binding.period), NULL)
$$;

-- Percentiles are kept to a thousandth of the peers.
CREATE FUNCTION _live_profile_query(binding scoreboard_binding, columns text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, innovation_score._peer_profile(1000, VARIADIC s._values) AS profile FROM %s '
                  'WHERE s.stage IS NOT NULL%s GROUP BY %s',
                  columns, _rows(binding),
                  (SELECT string_agg(format(' AND s.%I IS NOT NULL', g), '') FROM unnest(_profile_groups(binding)) g),
                  concat_ws(', ', _columns_of('s', array_remove(_profile_groups(binding), 'stage')), 's.stage'))
$$;

-- What is kept as text, cast to the types that the columns have in the view _score.
CREATE FUNCTION _frozen_profile_query(board scoreboard, binding scoreboard_binding, groups text[], stages boolean)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s FROM innovation_score.peer_profile f WHERE f.scoreboard = %L AND f.stage IS %s '
                  'OFFSET ''0''',
                  concat_ws(', ',
                      (SELECT string_agg(
                           format('%s::%s%s AS %I',
                                  CASE WHEN g.name = binding.period THEN 'f.period'
                                       ELSE format('f.peers[%s]', array_position(binding.peers, g.name)) END,
                                  format_type(a.atttypid, a.atttypmod),
                                  CASE WHEN a.attcollation NOT IN (0, t.typcollation)
                                       THEN ' COLLATE ' || a.attcollation::regcollation END,
                                  g.name), ', ' ORDER BY g.place)
                       FROM unnest(groups) WITH ORDINALITY AS g(name, place)
                       JOIN pg_attribute a ON a.attrelid = _view_name(board.scoreboard, 'score')::regclass
                            AND a.attname = g.name
                       JOIN pg_type t ON t.oid = a.atttypid),
                      CASE WHEN stages AND 'stage' <> ALL (groups) THEN 'f.stage' END, 'f.profile'),
                  board.scoreboard, CASE WHEN stages THEN 'NOT NULL' ELSE 'NULL' END)
$$;

CREATE FUNCTION _profile_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.frozen_at IS NOT NULL
                THEN _frozen_profile_query(board, binding, _profile_groups(binding), true)
                ELSE _live_profile_query(binding,
                         concat_ws(', ', _columns_of('s', array_remove(_profile_groups(binding), 'stage')), 's.stage'))
                END
$$;

COMMENT ON FUNCTION _profile_groups(scoreboard_binding) IS
    'internal: the columns that, with the stage, make the groups of peers';
COMMENT ON FUNCTION _live_profile_query(scoreboard_binding, text) IS
    'internal: query of the distributions among peers, with these columns';
COMMENT ON FUNCTION _frozen_profile_query(scoreboard, scoreboard_binding, text[], boolean) IS
    'internal: query of the kept distributions, of the indicators by stage or of the scores of a period';
COMMENT ON FUNCTION _profile_query(scoreboard, scoreboard_binding) IS
    'internal: query of the distributions among peers';

-- One group after the other, so that the values of one only are held in memory. Text forms
-- do not depend on the session: see the SET clauses.
CREATE FUNCTION _keep_profiles(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET enable_hashagg = off
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    period text := COALESCE('s.' || quote_ident(binding.period), 'NULL') || '::text';
    peers text := format('ARRAY[%s]::text[]',
                         (SELECT string_agg(format('s.%I::text', p), ', ' ORDER BY place)
                          FROM unnest(binding.peers) WITH ORDINALITY AS u(p, place)));
BEGIN
    DELETE FROM peer_profile p WHERE p.scoreboard = board.scoreboard;
    IF board.frozen_at IS NULL THEN
        RETURN;
    END IF;
    PERFORM _run(board.search_path, format(
        'INSERT INTO innovation_score.peer_profile (scoreboard, period, peers, stage, profile) %s',
        _live_profile_query(binding, format('%L, %s, %s, s.stage', board.scoreboard, period, peers))));
    PERFORM _run(board.search_path, format(
        'INSERT INTO innovation_score.peer_profile (scoreboard, period, stage, profile) '
        'SELECT %L, %s, NULL, innovation_score._peer_profile(0, s.score) FROM (%s) s WHERE s.score IS NOT NULL%s%s '
        'HAVING count(*) > 0',
        board.scoreboard, period, _score_query(board, binding),
        ' AND s.' || quote_ident(binding.period) || ' IS NOT NULL',
        ' GROUP BY ' || _columns_of('s', ARRAY[binding.period])));
END
$$;

COMMENT ON FUNCTION _keep_profiles(scoreboard, scoreboard_binding) IS
    'internal: keeps the distributions of a scoreboard that has been frozen, and drops those of one that is not';

-- The portrait.

-- The source's rows with the row of the same firm one period earlier: of the largest period
-- below its own that it has, if that has one row of the firm only.
CREATE FUNCTION _rows_with_previous(binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN binding.period IS NULL THEN _rows(binding)
                ELSE format('(SELECT s.*, %s FROM %s WINDOW w AS (PARTITION BY s.%I ORDER BY s.%I '
                            'GROUPS BETWEEN 1 PRECEDING AND 1 PRECEDING)) s',
                            (SELECT string_agg(
                                 format('CASE WHEN s.%I IS NOT NULL AND pg_catalog.count(*) OVER w = 1 '
                                        'THEN pg_catalog.first_value(s.%I) OVER w END AS %I',
                                        binding.period, n.name, n.alias), ', ' ORDER BY n.place)
                             FROM (SELECT 0 AS place, binding.period AS name, 'previous_period' AS alias
                                   UNION ALL SELECT 1, 'stage', '_previous_stage'
                                   UNION ALL SELECT 2, '_values', '_previous_values'
                                   UNION ALL SELECT 2 + u.place, u.name, '_previous_' || u.place
                                   FROM unnest(binding.peers) WITH ORDINALITY AS u(name, place)) n),
                            _rows(binding), binding.entity, binding.period) END
$$;

COMMENT ON FUNCTION _rows_with_previous(scoreboard_binding) IS
    'internal: FROM item of the source''s rows, each with what the firm had one period earlier';

-- The model of the row, of the row before it, and the distributions of its peers. Where
-- there are periods the models are read once for both, lest a live scoreboard fits them
-- twice; where there are none, the plan can be a parallel one.
CREATE FUNCTION _portrait_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('%1$sSELECT %2$s, d.indicator, i.title, d.category, d.value, d.normalized, d.percentile, d.peers, '
                  'd.peer_median, d.peer_upper_quartile, d.peer_normalized, d.weight, d.points, d.points_lost, '
                  'd.advantage, d.strength_rank, d.weakness_rank, %3$sd.previous_value, d.value_change, '
                  'd.points_change, d.status FROM %4$s LEFT JOIN (%5$s) p ON %6$s%7$s '
                  'CROSS JOIN LATERAL innovation_score._portrait_rows(%8$s) d '
                  'LEFT JOIN (VALUES %9$s) i(indicator, title) ON i.indicator = d.indicator',
                  CASE WHEN has.periods
                       THEN format('WITH model AS MATERIALIZED (SELECT * FROM %s) ',
                                   _view_name(board.scoreboard, 'model')) END,
                  _columns_of('s', ARRAY[binding.entity, binding.period, 'stage']),
                  CASE WHEN has.periods THEN 's.previous_period, ' END,
                  CASE WHEN has.periods
                       THEN format('%s LEFT JOIN model m ON %s', _rows_with_previous(binding),
                                   _same_group(_groups(binding), 'm', 's'))
                       ELSE _rows_with_model(board, binding) END,
                  _profile_query(board, binding),
                  concat_ws(' AND ', 'p.stage = s.stage',
                            (SELECT string_agg(format('p.%1$I = s.%1$I', g), ' AND ')
                             FROM unnest(array_remove(_profile_groups(binding), 'stage')) g)),
                  CASE WHEN has.periods
                       THEN ' LEFT JOIN model b ON s.previous_period IS NOT NULL'
                            || COALESCE((SELECT string_agg(
                                             format(' AND b.%I = s.%I', g,
                                                    CASE WHEN g = binding.period THEN 'previous_period'
                                                         ELSE '_previous_' || array_position(binding.peers, g) END),
                                             '')
                                         FROM unnest(_groups(binding)) g), '') END,
                  CASE WHEN has.periods
                       THEN 'm.model, s.stage, s._values, p.profile, b.model, s._previous_stage, s._previous_values'
                       ELSE _row_model(board, binding) || ', s.stage, s._values, p.profile, NULL, NULL, NULL' END,
                  (SELECT string_agg(format('(%L::text, %L::text)', c.code, i.title), ', ' ORDER BY c.place)
                   FROM unnest(_model_codes(board.model, 'indicators')) WITH ORDINALITY AS c(code, place)
                   LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = c.code))
    FROM (SELECT binding.period IS NOT NULL AS periods) has
$$;

COMMENT ON FUNCTION _portrait_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _portrait';

-- The trend. Frozen, a place is looked up in the scores that were kept; live, it is that of
-- the view _ranking.
CREATE FUNCTION _trend_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %1$s, r.score, r.rank, r.percentile, %2$s FROM %3$s r%4$s',
                  _columns_of('r', names.list),
                  CASE WHEN binding.period IS NULL
                       THEN 'NULL::numeric(9,4) AS score_change, NULL::bigint AS rank_change, '
                            'NULL::double precision AS percentile_change'
                       ELSE (SELECT string_agg(
                                 format('CASE WHEN r.%I IS NOT NULL AND pg_catalog.count(*) OVER w = 1 THEN %s END%s '
                                        'AS %I', binding.period,
                                        format(c.form, format('pg_catalog.first_value(r.%I) OVER w', c.name)),
                                        c.type, c.alias), ', ' ORDER BY c.place)
                             FROM (VALUES (1, binding.period, '%s', '', 'previous_period'),
                                          (2, 'score', '(r.score - %s)', '::numeric(9,4)', 'score_change'),
                                          (3, 'rank', '(%s - r.rank)', '', 'rank_change'),
                                          (4, 'percentile', '(r.percentile - %s)', '', 'percentile_change'))
                                  AS c(place, name, form, type, alias)) END,
                  CASE WHEN board.frozen_at IS NULL THEN _view_name(board.scoreboard, 'ranking')
                       ELSE format('(SELECT %s, innovation_score.score_numeric(s.score)::numeric(9,4) AS score, '
                                   't._place[1]::bigint AS rank, t._place[2] AS percentile '
                                   'FROM %s s LEFT JOIN (%s) p ON %s CROSS JOIN LATERAL (SELECT '
                                   'innovation_score._score_place(p.profile, s.score) AS _place OFFSET 0) t)',
                                   _columns_of('s', names.list), _view_name(board.scoreboard, 'score'),
                                   _frozen_profile_query(board, binding,
                                                         array_remove(ARRAY[binding.period], NULL), false),
                                   CASE WHEN binding.period IS NULL THEN 'true'
                                        ELSE format('p.%1$I = s.%1$I', binding.period) END) END,
                  CASE WHEN binding.period IS NOT NULL
                       THEN format(' WINDOW w AS (PARTITION BY r.%I ORDER BY r.%I '
                                   'GROUPS BETWEEN 1 PRECEDING AND 1 PRECEDING)', binding.entity, binding.period) END)
    FROM (SELECT array_remove(ARRAY[binding.entity, binding.period, 'stage'], NULL) AS list) names
$$;

COMMENT ON FUNCTION _trend_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _trend';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title, keep) VALUES
    ('portrait', 80, '_portrait_query', 'key', false,
     '{stage,indicator,title,category,value,normalized,percentile,peers,peer_median,peer_upper_quartile,'
     'peer_normalized,weight,points,points_lost,advantage,strength_rank,weakness_rank,previous_period,previous_value,'
     'value_change,points_change,status,_values,_previous_stage,_previous_values}',
     '精准画像 portrait of every firm', '_keep_profiles'),
    ('trend', 81, '_trend_query', 'key', true,
     '{rank,percentile,previous_period,score_change,rank_change,percentile_change,_place}',
     '历年变化 change over the periods', '_keep_profiles');

INSERT INTO scoreboard_column (name, kind, comment) VALUES
    ('percentile', 'portrait', '同组百分位 share of the peers with a value at or below, 0 to 100'),
    ('peers', '', '同组企业数 firms of the same period, group and stage that have a value'),
    ('peer_median', '', '同组中位数 median of the peers'' values'),
    ('peer_upper_quartile', '', '同组上四分位数 upper quartile of the peers'' values'),
    ('peer_normalized', '', '同组中位数标准化值 normalized value of the peers'' median'),
    ('points_lost', '', '失分 points short of the most that the indicator can give'),
    ('advantage', '', '优势 points more than the peers'' median would give'),
    ('strength_rank', '', '优势排序 rank by advantage, 1 = the greatest strength'),
    ('weakness_rank', '', '短板排序 rank by points lost, 1 = the greatest weakness'),
    ('previous_period', '', '上一期间 the period before of the firm'),
    ('previous_value', '', '上期指标值 value in the period before'),
    ('value_change', '', '指标值变化 change of the value'),
    ('points_change', '', '得分变化 change of the points'),
    ('score_change', '', '总得分变化 change of the score'),
    ('rank_change', '', '名次变化 places gained, negative: lost'),
    ('percentile_change', '', '百分位变化 change of the percentile');

-- portrait: what a firm would need, and which firms resemble it.

-- Rows of a query that runs with the caller's schemas.
CREATE FUNCTION _fetch(path text, query text) RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
BEGIN
    PERFORM set_config('search_path', path, true);
    RETURN QUERY EXECUTE query;
END
$$;

COMMENT ON FUNCTION _fetch(text, text) IS
    'internal: rows of a query under a search_path, with text forms that do not depend on the session';

CREATE FUNCTION _check_periods(board scoreboard, binding scoreboard_binding, VARIADIC periods text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF binding.period IS NULL AND EXISTS (SELECT FROM unnest(periods) p WHERE p IS NOT NULL) THEN
        RAISE EXCEPTION 'scoreboard % has no periods', board.scoreboard
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$$;

COMMENT ON FUNCTION _check_periods(scoreboard, scoreboard_binding, text[]) IS
    'internal: an error if a period is given where there are none';

-- A firm as it is scored.
CREATE TYPE scored_firm AS (
    period  text,
    stage   text,
    vals    float8[],
    model   score_model,
    profile float8[]
);

COMMENT ON TYPE scored_firm IS 'internal: a firm, its model and its peers';
COMMENT ON COLUMN scored_firm.period IS 'period as text';
COMMENT ON COLUMN scored_firm.stage IS 'stage';
COMMENT ON COLUMN scored_firm.vals IS 'values in the order of the model';
COMMENT ON COLUMN scored_firm.model IS 'model of its group';
COMMENT ON COLUMN scored_firm.profile IS 'distributions of its peers, if they were asked for';

-- The entity is compared in its own type, so that an index of the source helps.
CREATE FUNCTION _scored_firm(board scoreboard, binding scoreboard_binding, entity text, period text, peers boolean)
RETURNS scored_firm
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    firm scored_firm;
    found_firm scored_firm;
    found_rows integer := 0;
    groups text[] := array_remove(_profile_groups(binding), 'stage');
BEGIN
    IF entity IS NULL THEN
        RAISE EXCEPTION 'the entity must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM _check_periods(board, binding, period);
    FOR found_firm IN
        SELECT * FROM _fetch(board.search_path, format(
            'WITH firm AS MATERIALIZED (SELECT s.* FROM %s WHERE s.%I = %L%s%s) '
            'SELECT %s, s.stage, s._values, %s, %s FROM firm s%s%s',
            _rows(binding), binding.entity, entity,
            CASE WHEN period IS NOT NULL THEN format(' AND s.%I::text = %L', binding.period, period) END,
            CASE WHEN binding.period IS NOT NULL
                 THEN format(' AND s.%1$I IS NOT NULL ORDER BY s.%1$I DESC FETCH FIRST 1 ROW WITH TIES',
                             binding.period) END,
            COALESCE('s.' || quote_ident(binding.period), 'NULL') || '::text',
            _row_model(board, binding), CASE WHEN peers THEN 'p.profile' ELSE 'NULL::double precision[]' END,
            CASE WHEN _groups(binding) <> '{}'
                 THEN format(' LEFT JOIN %s m ON %s', _view_name(board.scoreboard, 'model'),
                             _same_group(_groups(binding), 'm', 's')) END,
            CASE WHEN peers
                 THEN format(' LEFT JOIN (%s) p ON %s', _profile_query(board, binding),
                             concat_ws(' AND ', 'p.stage = s.stage',
                                       (SELECT string_agg(format('p.%1$I = s.%1$I', g), ' AND ')
                                        FROM unnest(groups) g))) END))
        AS f(period text, stage text, vals float8[], model score_model, profile float8[])
    LOOP
        found_rows := found_rows + 1;
        firm := found_firm;
    END LOOP;
    IF found_rows <> 1 THEN
        RAISE EXCEPTION 'scoreboard % has % rows of "%"%', board.scoreboard,
                CASE found_rows WHEN 0 THEN 'no' ELSE found_rows::text END, entity,
                COALESCE(' in period ' || COALESCE(period, firm.period), '')
            USING ERRCODE = CASE found_rows WHEN 0 THEN 'no_data_found' ELSE 'cardinality_violation' END;
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

COMMENT ON FUNCTION _scored_firm(scoreboard, scoreboard_binding, text, text, boolean) IS
    'internal: the row of a firm in a period, by default its last';

-- What it would take.

CREATE FUNCTION _gap_rows(model score_model, stage text, vals float8[], target float8, OUT place integer,
                          OUT value float8, OUT needed float8, OUT score float8, OUT reaches boolean)
RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'gap_rows' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 20;

COMMENT ON FUNCTION _gap_rows(score_model, text, float8[], float8) IS
    'internal: for each indicator the nearest value with which a row reaches a score';

-- The unrounded score of the last firm that is listed, in a quota too if there is one.
CREATE FUNCTION _last_listed(board scoreboard, binding scoreboard_binding, period text, condition text, full_at integer)
RETURNS float8
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    same_period text := ' AND w.' || quote_ident(binding.period) || '::text = ' || quote_literal(period);
    last record;
    score float8;
BEGIN
    SELECT * INTO last FROM _fetch(board.search_path, format(
        'SELECT w.%I::text, w.score, pg_catalog.count(*) OVER () FROM %s w '
        'WHERE w.decision = ''listed''%s%s ORDER BY w.rank DESC, w.%I LIMIT 1',
        binding.entity, _view_name(board.scoreboard, 'whitelist'), same_period, condition, binding.entity))
        AS l(entity text, score numeric, listed bigint);
    IF last.listed >= full_at THEN
        SELECT s.score INTO score FROM _fetch(board.search_path, format(
            'SELECT pg_catalog.min(w.score) FROM %s w WHERE w.%I = %L%s '
            'AND innovation_score.score_numeric(w.score)::numeric(9,4) = %s',
            _view_name(board.scoreboard, 'score'), binding.entity, last.entity, same_period, last.score))
            AS s(score float8);
    END IF;
    RETURN score;
END
$$;

CREATE FUNCTION _whitelist_score(board scoreboard, binding scoreboard_binding, entity text, period text) RETURNS float8
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule whitelist_rule;
    quota text;
    target float8;
BEGIN
    SELECT * INTO rule FROM whitelist_rule r
    WHERE r.scoreboard = board.scoreboard AND COALESCE(to_jsonb(r) ->> 'rule', '') = '';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'scoreboard % has no whitelist rule', board.scoreboard
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Give a target_score, or set a rule with innovation_score.set_whitelist_rule().';
    END IF;
    target := rule.min_score;
    IF rule.top_n IS NOT NULL THEN
        target := greatest(target, _last_listed(board, binding, period, '', rule.top_n));
    END IF;
    IF rule.quota_n IS NOT NULL THEN
        quota := format(', %s::text AS _quota', (_bind_scalar(board.search_path, binding.source, binding.columns,
                                                              rule.quota_by, 'quota')).expression);
        target := greatest(target, _last_listed(board, binding, period, format(
            ' AND EXISTS (SELECT 1 FROM %s WHERE s.%I = w.%I%s AND s._quota = (SELECT s._quota FROM %s '
            'WHERE s.%I = %L%s))',
            _rows(binding, quota), binding.entity, binding.entity,
            (SELECT format(' AND s.%1$I = w.%1$I', p) FROM unnest(ARRAY[binding.period]) p WHERE p IS NOT NULL),
            _rows(binding, quota), binding.entity, entity,
            ' AND s.' || quote_ident(binding.period) || '::text = ' || quote_literal(period)), rule.quota_n));
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

COMMENT ON FUNCTION _last_listed(scoreboard, scoreboard_binding, text, text, integer) IS
    'internal: the score of the last firm that is listed, NULL if there is room for more';
COMMENT ON FUNCTION _whitelist_score(scoreboard, scoreboard_binding, text, text) IS
    'internal: the score that a firm needs for the whitelist';

CREATE FUNCTION _gap_to(name text, entity text, target_score float8, period text, path name[])
RETURNS TABLE (indicator text, title text, current_value float8, needed_value float8, change float8, effort float8,
               current_score float8, new_score float8, points_gained float8, reaches boolean, target float8)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    firm scored_firm;
    wanted float8 := $3;
    scored float8;
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = _find_scoreboard($1, $5);
    binding := _bind(board);
    IF wanted IN ('NaN', 'Infinity', '-Infinity') THEN
        RAISE EXCEPTION 'target_score must be finite' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    firm := _scored_firm(board, binding, $2, $4, true);
    wanted := COALESCE(wanted, _whitelist_score(board, binding, $2, firm.period));
    scored := score(firm.model, firm.stage, VARIADIC firm.vals);
    RETURN QUERY
        SELECT m.indicator, i.title, g.value, g.needed, g.needed - g.value, e.effort, scored, g.score,
               g.score - scored, g.reaches, wanted
        FROM _gap_rows(firm.model, firm.stage, firm.vals, wanted) g
        JOIN model_indicators(firm.model) m ON m.position = g.place
        LEFT JOIN _profile_rows(firm.profile, cardinality(firm.vals)) p ON p.place = g.place
        CROSS JOIN LATERAL (
            SELECT CASE WHEN g.needed = g.value THEN 0
                        ELSE abs(g.needed - g.value) / COALESCE(NULLIF(p.upper_quartile - p.lower_quartile, 0),
                                                                NULLIF(m.upper - m.lower, 0)) END AS effort) e
        LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = m.indicator
        ORDER BY g.reaches DESC, CASE WHEN g.reaches THEN e.effort END, g.score DESC NULLS LAST, g.place;
END
$$;

CREATE FUNCTION gap_to(scoreboard text, entity text, target_score float8 DEFAULT NULL, period text DEFAULT NULL)
RETURNS TABLE (indicator text, title text, current_value float8, needed_value float8, change float8, effort float8,
               current_score float8, new_score float8, points_gained float8, reaches boolean, target float8)
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 20 AS $$
    SELECT * FROM innovation_score._gap_to(scoreboard, entity, target_score, period,
                                           pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _gap_to(text, text, float8, text, name[]) IS 'internal: gap_to with the caller''s schemas';
COMMENT ON FUNCTION gap_to(text, text, float8, text) IS
    'for each indicator the smallest change that, by itself, takes a firm to a score (by default to the whitelist), '
    'the easiest first; tried out under the models of the scoreboard';

-- Firms alike.

CREATE FUNCTION _profile_distance(model score_model, vals float8[], other float8[], weights float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'profile_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;

COMMENT ON FUNCTION _profile_distance(score_model, float8[], float8[], float8[]) IS
    'internal: weighted distance of a row''s normalized values from others, and the share of the weight compared';

-- The points that each indicator can give in a stage, without their sign.
CREATE FUNCTION _profile_weights(model score_model, stage text) RETURNS float8[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT array_agg(CASE WHEN i.role = 'base' THEN (model::jsonb ->> 'full_marks')::float8 * w.weight / b.total
                          ELSE w.weight END ORDER BY i.position)
    FROM model_indicators(model) i
    JOIN model_weights(model) w ON w.indicator = i.indicator AND w.stage = _profile_weights.stage
    CROSS JOIN (SELECT sum(v.weight) AS total
                FROM model_indicators(model) j JOIN model_weights(model) v USING (indicator)
                WHERE j.role = 'base' AND v.stage = _profile_weights.stage) b
$$;

COMMENT ON FUNCTION _profile_weights(score_model, text) IS
    'internal: the weights of the indicators in points, in the order of the model';

CREATE FUNCTION _similar_firms(name text, entity text, n integer, period text, path name[])
RETURNS TABLE (similar_entity text, stage text, distance float8, shared float8, score float8)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    firm scored_firm;
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = _find_scoreboard($1, $5);
    binding := _bind(board);
    IF ($3 >= 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'n must be 0 or more' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    firm := _scored_firm(board, binding, $2, $4, false);
    RETURN QUERY SELECT * FROM _fetch(board.search_path, format(
        'SELECT t.entity, t.stage, t._distance[1], t._distance[2], '
        'innovation_score.score(t.model, t.stage, VARIADIC t._values) '
        'FROM (SELECT s.%1$I::text AS entity, s.stage, s._values, %2$s AS model, '
        'innovation_score._profile_distance(%2$s, s._values, %3$L, %4$L) AS _distance '
        'FROM %5$s WHERE s.%1$I <> %6$L AND s.stage IS NOT NULL%7$s OFFSET 0) t WHERE t._distance IS NOT NULL '
        'ORDER BY t._distance[1], t.entity COLLATE "C" LIMIT %8$s',
        binding.entity, _row_model(board, binding), normalized_row(firm.model, VARIADIC firm.vals),
        _profile_weights(firm.model, firm.stage), _rows_with_model(board, binding), $2,
        ' AND s.' || quote_ident(binding.period) || '::text = ' || quote_literal(firm.period), $3))
        AS t(similar_entity text, stage text, distance float8, shared float8, score float8);
END
$$;

CREATE FUNCTION similar_firms(scoreboard text, entity text, n integer DEFAULT 10, period text DEFAULT NULL)
RETURNS TABLE (similar_entity text, stage text, distance float8, shared float8, score float8)
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 10 AS $$
    SELECT * FROM innovation_score._similar_firms(scoreboard, entity, n, period, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _similar_firms(text, text, integer, text, name[]) IS
    'internal: similar_firms with the caller''s schemas';
COMMENT ON FUNCTION similar_firms(text, text, integer, text) IS
    'the n firms of a period whose normalized values are nearest to those of a firm, weighted by its stage';

-- analysis: what a population of firms looks like (src/analysis.c).

-- Aggregates.

CREATE FUNCTION _values_accumulate(state internal, value float8) RETURNS internal
    AS 'MODULE_PATHNAME', 'values_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _gini_final(state internal) RETURNS float8
    AS 'MODULE_PATHNAME', 'gini_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE gini(value float8) (
    SFUNC = _values_accumulate,
    STYPE = internal,
    SSPACE = 8192,
    FINALFUNC = _gini_final,
    PARALLEL = RESTRICTED
);

CREATE FUNCTION _summary_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'summary_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE _summary(value float8) (
    SFUNC = _values_accumulate,
    STYPE = internal,
    SSPACE = 8192,
    FINALFUNC = _summary_final,
    PARALLEL = RESTRICTED
);

COMMENT ON FUNCTION _values_accumulate(internal, float8) IS 'internal: transition function of gini and _summary';
COMMENT ON FUNCTION _gini_final(internal) IS 'internal: final function of gini';
COMMENT ON FUNCTION _summary_final(internal) IS 'internal: final function of _summary';
COMMENT ON AGGREGATE gini(float8) IS
'Gini coefficient, 0 (all equal) to 1; NULL where there is no value, a negative one, or nothing but zeros';
COMMENT ON AGGREGATE _summary(float8) IS
'internal: number, mean, standard deviation, minimum, quartiles, maximum and Gini coefficient of values';

CREATE FUNCTION _columns_accumulate(state internal, VARIADIC vals float8[]) RETURNS internal
    AS 'MODULE_PATHNAME', 'columns_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _pearson_matrix_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'pearson_matrix_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _spearman_matrix_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'spearman_matrix_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE _pearson_matrix(VARIADIC vals float8[]) (
    SFUNC = _columns_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _pearson_matrix_final,
    PARALLEL = RESTRICTED
);

CREATE AGGREGATE _spearman_matrix(VARIADIC vals float8[]) (
    SFUNC = _columns_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _spearman_matrix_final,
    PARALLEL = RESTRICTED
);

COMMENT ON FUNCTION _columns_accumulate(internal, float8[]) IS
    'internal: transition function of _pearson_matrix and _spearman_matrix';
COMMENT ON FUNCTION _pearson_matrix_final(internal) IS 'internal: final function of _pearson_matrix';
COMMENT ON FUNCTION _spearman_matrix_final(internal) IS 'internal: final function of _spearman_matrix';
COMMENT ON AGGREGATE _pearson_matrix(float8[]) IS
'internal: number of rows and Pearson''s correlation of each pair of columns, over the rows that have both';
COMMENT ON AGGREGATE _spearman_matrix(float8[]) IS
'internal: number of rows and Spearman''s correlation of each pair of columns, over the rows that have both';

CREATE FUNCTION _drift_accumulate(state internal, base boolean, VARIADIC vals float8[]) RETURNS internal
    AS 'MODULE_PATHNAME', 'drift_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _drift_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'drift_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE _drift(base boolean, VARIADIC vals float8[]) (
    SFUNC = _drift_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _drift_final,
    PARALLEL = RESTRICTED
);

COMMENT ON FUNCTION _drift_accumulate(internal, boolean, float8[]) IS 'internal: transition function of _drift';
COMMENT ON FUNCTION _drift_final(internal) IS 'internal: final function of _drift';
COMMENT ON AGGREGATE _drift(boolean, float8[]) IS
'internal: numbers of values, medians and population stability index of each column between two samples';

CREATE FUNCTION _shares_accumulate(state internal, model score_model, stage text, VARIADIC vals float8[])
RETURNS internal
    AS 'MODULE_PATHNAME', 'shares_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;

CREATE FUNCTION _shares_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'shares_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE _score_shares(model score_model, stage text, VARIADIC vals float8[]) (
    SFUNC = _shares_accumulate,
    STYPE = internal,
    SSPACE = 200000,
    FINALFUNC = _shares_final,
    PARALLEL = RESTRICTED
);

COMMENT ON FUNCTION _shares_accumulate(internal, score_model, text, float8[]) IS
    'internal: transition function of _score_shares';
COMMENT ON FUNCTION _shares_final(internal) IS 'internal: final function of _score_shares';
COMMENT ON AGGREGATE _score_shares(score_model, text, float8[]) IS
'internal: covariances of the points and correlations of the normalized values of each indicator with the score';

-- Which rows.

CREATE FUNCTION _last_period(board scoreboard, binding scoreboard_binding, before text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF binding.period IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT p.period FROM _fetch(board.search_path, format(
        'SELECT s.%1$I::text FROM %2$s WHERE s.%1$I IS NOT NULL%3$s ORDER BY s.%1$I DESC LIMIT 1',
        binding.period, _rows(binding),
        CASE WHEN before IS NOT NULL
             THEN format(' AND s.%1$I < (SELECT min(s.%1$I) FROM %2$s WHERE s.%1$I::text = %3$L)', binding.period,
                         _rows(binding), before) END)) AS p(period text));
END
$$;

COMMENT ON FUNCTION _last_period(scoreboard, scoreboard_binding, text) IS
    'internal: the last period of a scoreboard, or the last before another, as text; NULL if it has none';

-- A condition on the source's rows.
CREATE FUNCTION _rows_of(board scoreboard, binding scoreboard_binding, period text, stage text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF stage IS NOT NULL THEN
        PERFORM _check_stage(_model_codes(board.model, 'stages'), stage, format('scoreboard %s', board.scoreboard));
    END IF;
    RETURN concat_ws(' AND ', 's.' || quote_ident(binding.period) || '::text = ' || quote_literal(period),
                     's.stage = ' || quote_literal(stage), 'true');
END
$$;

COMMENT ON FUNCTION _rows_of(scoreboard, scoreboard_binding, text, text) IS
    'internal: condition that rows are of a period and a stage, where these are given';

-- Distribution of scores.

CREATE FUNCTION _score_distribution(name text, label_by text, period text, path name[])
RETURNS TABLE (score_period text, label text, firms bigint, scored bigint, mean float8, stddev float8, minimum float8,
               lower_quartile float8, median float8, upper_quartile float8, maximum float8, gini float8)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    label text;
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = _find_scoreboard($1, $4);
    binding := _bind(board);
    PERFORM _check_periods(board, binding, $3);
    label := CASE WHEN $2 = 'stage' THEN 's.stage'
                  WHEN $2 IS NOT NULL THEN 's._label' END;
    RETURN QUERY
        SELECT d.score_period, d.label, d.firms, d.numbers[1]::bigint, NULLIF(d.numbers[2], 'NaN'),
               NULLIF(d.numbers[3], 'NaN'), NULLIF(d.numbers[4], 'NaN'), NULLIF(d.numbers[5], 'NaN'),
               NULLIF(d.numbers[6], 'NaN'), NULLIF(d.numbers[7], 'NaN'), NULLIF(d.numbers[8], 'NaN'),
               NULLIF(d.numbers[9], 'NaN')
        FROM _fetch(board.search_path, format(
            'SELECT g.period::text, g.label::text, count(*), innovation_score._summary(g._row[1]) '
            'FROM (SELECT %s AS period, %s AS label, %s FROM %s WHERE %s) g '
            'GROUP BY g.period, g.label ORDER BY g.period, g.label::text COLLATE "C"',
            COALESCE('s.' || quote_ident(binding.period), 'NULL::text'), COALESCE(label, 'NULL::text'),
            _score_row(board, binding),
            _rows_with_model(board, binding,
                             CASE WHEN label = 's._label'
                                  THEN format(', %s::text AS _label',
                                              (_bind_scalar(board.search_path, binding.source, binding.columns, $2,
                                                            'by')).expression) ELSE '' END),
            _rows_of(board, binding, $3, NULL)))
            AS d(score_period text, label text, firms bigint, numbers float8[]);
END
$$;

CREATE FUNCTION score_distribution(scoreboard text, "by" text DEFAULT NULL, period text DEFAULT NULL)
RETURNS TABLE (score_period text, label text, firms bigint, scored bigint, mean float8, stddev float8, minimum float8,
               lower_quartile float8, median float8, upper_quartile float8, maximum float8, gini float8)
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 20 AS $$
    SELECT * FROM innovation_score._score_distribution(scoreboard, "by", period, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _score_distribution(text, text, text, name[]) IS
    'internal: score_distribution with the caller''s schemas';
COMMENT ON FUNCTION score_distribution(text, text, text) IS
    'distribution of the scores of a scoreboard by period and by stage, a column or an expression';

-- What makes scores differ.

CREATE FUNCTION _score_contributions(name text, period text, stage text, path name[])
RETURNS TABLE (indicator text, title text, scored bigint, n bigint, mean_points float8, share float8,
               correlation float8)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    numbers float8[];
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = _find_scoreboard($1, $4);
    binding := _bind(board);
    PERFORM _check_periods(board, binding, $2);
    SELECT f.numbers INTO numbers FROM _fetch(board.search_path, format(
        'SELECT innovation_score._score_shares(%s, s.stage, VARIADIC s._values) FROM %s WHERE %s',
        _row_model(board, binding), _rows_with_model(board, binding),
        _rows_of(board, binding, COALESCE($2, _last_period(board, binding)), $3))) AS f(numbers float8[]);
    RETURN QUERY
        SELECT m.indicator, i.title, numbers[1]::bigint, numbers[p + 1]::bigint, NULLIF(numbers[p + 2], 'NaN'),
               NULLIF(numbers[p + 3], 'NaN') / NULLIF(NULLIF(sum(numbers[p + 3]) OVER (), 'NaN'), 0),
               NULLIF(numbers[p + 4], 'NaN')
        FROM (SELECT *, 4 * position - 2 AS p FROM model_indicators(board.model)) m
        LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = m.indicator
        ORDER BY m.position;
END
$$;

CREATE FUNCTION score_contributions(scoreboard text, period text DEFAULT NULL, stage text DEFAULT NULL)
RETURNS TABLE (indicator text, title text, scored bigint, n bigint, mean_points float8, share float8,
               correlation float8)
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 20 AS $$
    SELECT * FROM innovation_score._score_contributions(scoreboard, period, stage,
                                                        pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _score_contributions(text, text, text, name[]) IS
    'internal: score_contributions with the caller''s schemas';
COMMENT ON FUNCTION score_contributions(text, text, text) IS
    'share of each indicator in the variance of the scores of a period, by default the last, and its correlation '
    'with them';

-- How indicators go together.

CREATE FUNCTION _indicator_correlations(name text, method text, period text, stage text, path name[])
RETURNS TABLE (indicator text, other text, n bigint, correlation float8)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    numbers float8[];
    codes text[];
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = _find_scoreboard($1, $5);
    binding := _bind(board);
    PERFORM _check_periods(board, binding, $3);
    IF ($2 = ANY ('{pearson,spearman}')) IS NOT TRUE THEN
        RAISE EXCEPTION 'unknown method % of correlation', COALESCE('"' || $2 || '"', 'NULL')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The methods are pearson and spearman.';
    END IF;
    codes := _model_codes(board.model, 'indicators');
    SELECT f.numbers INTO numbers FROM _fetch(board.search_path, format(
        'SELECT innovation_score._%s_matrix(VARIADIC s._values) FROM %s WHERE %s', $2, _rows(binding),
        _rows_of(board, binding, COALESCE($3, _last_period(board, binding)), $4))) AS f(numbers float8[]);
    RETURN QUERY
        WITH pair AS (
            SELECT a, b, row_number() OVER (ORDER BY a, b) AS place
            FROM generate_series(1, cardinality(codes)) a, generate_series(1, cardinality(codes)) b
            WHERE a < b
        ), both_ways AS (
            SELECT a, b, place FROM pair UNION ALL SELECT b, a, place FROM pair
        )
        SELECT codes[w.a], codes[w.b], COALESCE(numbers[2 * w.place - 1], 0)::bigint,
               NULLIF(numbers[2 * w.place], 'NaN')
        FROM both_ways w
        ORDER BY w.a, w.b;
END
$$;

CREATE FUNCTION indicator_correlations(scoreboard text, method text DEFAULT 'pearson', period text DEFAULT NULL,
                                       stage text DEFAULT NULL)
RETURNS TABLE (indicator text, other text, n bigint, correlation float8)
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 300 AS $$
    SELECT * FROM innovation_score._indicator_correlations(scoreboard, method, period, stage,
                                                           pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _indicator_correlations(text, text, text, text, name[]) IS
    'internal: indicator_correlations with the caller''s schemas';
COMMENT ON FUNCTION indicator_correlations(text, text, text, text) IS
    'correlations (pearson, spearman) of the values of the indicators of a period, by default the last, over the firms '
    'that have both';

-- What has moved.

CREATE FUNCTION _indicator_drift(name text, base_period text, period text, path name[])
RETURNS TABLE (peers text, indicator text, title text, base_n bigint, n bigint, base_median float8, median float8,
               base_lower float8, lower float8, base_upper float8, upper float8, stability_index float8, shift text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board scoreboard;
    binding scoreboard_binding;
    later text := $3;
    base text := $2;
    peer_list text;
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = _find_scoreboard($1, $4);
    binding := _bind(board);
    IF binding.period IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no periods', board.scoreboard
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    later := COALESCE(later, _last_period(board, binding));
    base := COALESCE(base, _last_period(board, binding, later));
    peer_list := COALESCE('concat_ws('', '', ' || _columns_of('s', array_remove(binding.peers, binding.period)) || ')', 'NULL::text');
    RETURN QUERY
        WITH found AS MATERIALIZED (
            SELECT * FROM _fetch(board.search_path, format(
                'SELECT %s, innovation_score._drift((s.%I::text = %L) IS TRUE, VARIADIC s._values) '
                'FROM %s WHERE s.%I::text IN (%L, %L) GROUP BY 1',
                peer_list, binding.period, base, _rows(binding), binding.period, base, later))
            AS f(peers text, numbers float8[])
        ), model AS MATERIALIZED (
            SELECT * FROM _fetch(board.search_path, format(
                'SELECT %s, %s, s.model FROM %s s', peer_list,
                CASE WHEN binding.period = ANY (_groups(binding)) THEN format('s.%I::text', binding.period)
                     ELSE 'NULL::text' END, _view_name(board.scoreboard, 'model')))
            AS m(peers text, period text, model score_model)
        ), bound AS (
            SELECT m.peers, m.period, b.position, b.lower, b.upper
            FROM model m CROSS JOIN LATERAL model_indicators(m.model) b
            WHERE m.period IS NULL OR m.period IN (base, later)
        )
        SELECT f.peers, m.indicator, i.title, f.numbers[p + 1]::bigint, f.numbers[p + 2]::bigint,
               NULLIF(f.numbers[p + 3], 'NaN'), NULLIF(f.numbers[p + 4], 'NaN'), b.lower, l.lower, b.upper, l.upper,
               NULLIF(f.numbers[p + 5], 'NaN'),
               CASE WHEN f.numbers[p + 5] < 0.1 THEN 'small' WHEN f.numbers[p + 5] < 0.25 THEN 'moderate'
                    WHEN f.numbers[p + 5] < 'NaN' THEN 'large' END
        FROM found f
        CROSS JOIN (SELECT *, 5 * (position - 1) AS p FROM model_indicators(board.model)) m
        LEFT JOIN bound b ON b.peers IS NOT DISTINCT FROM f.peers AND b.position = m.position
             AND (b.period IS NULL OR b.period = base)
        LEFT JOIN bound l ON l.peers IS NOT DISTINCT FROM f.peers AND l.position = m.position
             AND (l.period IS NULL OR l.period = later)
        LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = m.indicator
        ORDER BY f.peers COLLATE "C", m.position;
END
$$;

CREATE FUNCTION indicator_drift(scoreboard text, base_period text DEFAULT NULL, period text DEFAULT NULL)
RETURNS TABLE (peers text, indicator text, title text, base_n bigint, n bigint, base_median float8, median float8,
               base_lower float8, lower float8, base_upper float8, upper float8, stability_index float8, shift text)
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 20 AS $$
    SELECT * FROM innovation_score._indicator_drift(scoreboard, base_period, period,
                                                    pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _indicator_drift(text, text, text, name[]) IS
    'internal: indicator_drift with the caller''s schemas';
COMMENT ON FUNCTION indicator_drift(text, text, text) IS
    'how the bounds and the distributions of the indicators have moved between two periods, by default the last two: '
    'population stability index over the deciles of the first';

-- allocate: a budget shared by weight (src/allocate.c, src/sharing.c)

CREATE FUNCTION allocate(budget numeric, weight float8, floor numeric DEFAULT NULL, cap numeric DEFAULT NULL,
                         unit numeric DEFAULT 0.01) RETURNS numeric
    AS 'MODULE_PATHNAME' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION allocate(numeric, float8, numeric, numeric, numeric) IS
'share of the budget of the partition, by weight, within floor and cap, in whole units; ORDER BY decides ties';

CREATE FUNCTION unallocated(budget numeric, weight float8, floor numeric DEFAULT NULL, cap numeric DEFAULT NULL,
                            unit numeric DEFAULT 0.01) RETURNS numeric
    AS 'MODULE_PATHNAME' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION unallocated(numeric, float8, numeric, numeric, numeric) IS
'what allocate() leaves of the budget of the partition';

-- objection: what a firm says against a published value, and how it was decided. An
-- accepted one takes effect in the next publication (92_publish_functions.sql).

CREATE TABLE objection (
    objection       bigint NOT NULL,
    publication     bigint NOT NULL,
    entity          text COLLATE "C" NOT NULL,
    indicator       text COLLATE "C" NOT NULL,
    published_value float8,
    claimed_value   float8,
    evidence        text NOT NULL,
    filed_at        timestamptz NOT NULL,
    filed_by        text NOT NULL,
    status          text NOT NULL,
    decision        text,
    decided_at      timestamptz,
    decided_by      text,
    digest          bytea NOT NULL,
    CONSTRAINT objection_pkey PRIMARY KEY (objection),
    CONSTRAINT objection_status_check CHECK (status IN ('filed', 'accepted', 'rejected', 'withdrawn'))
);

CREATE INDEX objection_publication_idx ON objection (publication, entity);

COMMENT ON TABLE objection IS '异议 objections to published values, kept by the functions of this extension';
COMMENT ON COLUMN objection.objection IS '异议编号 number, 1, 2, 3 … in the order of filing';
COMMENT ON COLUMN objection.publication IS '批次号 publication';
COMMENT ON COLUMN objection.entity IS '企业 entity as text';
COMMENT ON COLUMN objection.indicator IS '指标 indicator';
COMMENT ON COLUMN objection.published_value IS '公布值 the value that was published';
COMMENT ON COLUMN objection.claimed_value IS '主张值 the value that the firm says is right; NULL: there is none';
COMMENT ON COLUMN objection.evidence IS '证明材料 evidence';
COMMENT ON COLUMN objection.filed_at IS '提出时间 when it was filed';
COMMENT ON COLUMN objection.filed_by IS '登记人 role that filed it';
COMMENT ON COLUMN objection.status IS '状态 filed（已受理）, accepted（成立）, rejected（不成立）, withdrawn（已撤回）';
COMMENT ON COLUMN objection.decision IS '处理意见 reasons of the decision';
COMMENT ON COLUMN objection.decided_at IS '处理时间 when it was decided or withdrawn';
COMMENT ON COLUMN objection.decided_by IS '处理人 role that decided or withdrew it';
COMMENT ON COLUMN objection.digest IS '摘要 SHA-256 over the other columns';

SELECT pg_catalog.pg_extension_config_dump('objection', '');

CREATE FUNCTION _objection_digest(o objection) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT sha256(_canonical('innovation_score objection', o.objection, o.publication, o.entity, o.indicator,
                             o.published_value, o.claimed_value, o.evidence, _instant(o.filed_at), o.filed_by, o.status,
                             o.decision, _instant(o.decided_at), o.decided_by))
$$;

COMMENT ON FUNCTION _objection_digest(objection) IS 'internal: digest of an objection';

-- The rules stand in triggers: whoever has INSERT, or UPDATE of status and decision, goes
-- no other way than the functions.
CREATE FUNCTION _file_objection() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
DECLARE
    current record;
    place integer;
    firm published_firm;
BEGIN
    IF _restoring() THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock('objection'::regclass::oid::bigint);
    current := _publication_state(NEW.publication);
    IF current.state NOT IN ('draft', 'public_notice') OR current_date > current.notice_to THEN
        RAISE EXCEPTION 'publication % takes no objections any more', NEW.publication
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = CASE WHEN current.state = 'public_notice'
                                THEN format('Its public notice ended on %s.', current.notice_to)
                                ELSE format('It is %s.', current.state) END,
                  HINT = CASE WHEN current.state = 'public_notice'
                              THEN 'innovation_score.start_public_notice() can give it another last day.'
                              ELSE 'Objections are filed to drafts and to publications on public notice.' END;
    END IF;
    SELECT array_position(p.indicators, NEW.indicator::text) INTO place
    FROM publication p WHERE p.publication = NEW.publication;
    IF place IS NULL THEN
        RAISE EXCEPTION 'publication % has no indicator "%"', NEW.publication, NEW.indicator
            USING ERRCODE = 'undefined_object',
                  HINT = format('Its indicators are %s.', (SELECT array_to_string(p.indicators, ', ') FROM publication p
                                                           WHERE p.publication = NEW.publication));
    END IF;
    SELECT * INTO firm FROM published_firm f WHERE f.publication = NEW.publication AND f.entity = NEW.entity;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'publication % has no firm "%"', NEW.publication, NEW.entity USING ERRCODE = 'undefined_object';
    END IF;
    IF NEW.claimed_value IN ('NaN', 'Infinity', '-Infinity') THEN
        RAISE EXCEPTION 'claimed value % is no number', NEW.claimed_value
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give NULL if the firm says that there is no value.';
    END IF;
    IF NEW.evidence IS NULL OR NEW.evidence ~ '^\s*$' THEN
        RAISE EXCEPTION 'an objection needs evidence' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT COALESCE(max(o.objection), 0) + 1 INTO NEW.objection FROM objection o;
    NEW.published_value := firm.vals[place];
    NEW.filed_at := now();
    NEW.filed_by := current_user;
    NEW.status := 'filed';
    NEW.decision := NULL;
    NEW.decided_at := NULL;
    NEW.decided_by := NULL;
    NEW.digest := _objection_digest(NEW);
    RETURN NEW;
END
$$;

CREATE FUNCTION _decide_objection() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.status <> 'filed' THEN
        RAISE EXCEPTION 'objection % is already %', OLD.objection, OLD.status
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('By %s on %s.', OLD.decided_by, to_char(OLD.decided_at, 'YYYY-MM-DD')),
                  HINT = 'File another objection.';
    END IF;
    IF to_jsonb(NEW) - '{status,decision}'::text[] <> to_jsonb(OLD) - '{status,decision}'::text[]
       OR NEW.status NOT IN ('accepted', 'rejected', 'withdrawn') THEN
        RAISE EXCEPTION 'an objection cannot be changed, only accepted, rejected or withdrawn'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF NEW.decision IS NULL OR NEW.decision ~ '^\s*$' THEN
        RAISE EXCEPTION 'the decision on objection % needs a reason', OLD.objection
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    NEW.decided_at := now();
    NEW.decided_by := current_user;
    NEW.digest := _objection_digest(NEW);
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION _file_objection() IS 'internal: checks and completes an objection';
COMMENT ON FUNCTION _decide_objection() IS 'internal: an objection is decided once, and not changed otherwise';

CREATE TRIGGER objection_file BEFORE INSERT ON objection FOR EACH ROW EXECUTE FUNCTION _file_objection();
CREATE TRIGGER objection_decide BEFORE UPDATE ON objection FOR EACH ROW EXECUTE FUNCTION _decide_objection();
CREATE TRIGGER objection_immutable BEFORE DELETE OR TRUNCATE ON objection
    FOR EACH STATEMENT EXECUTE FUNCTION _refuse_change();

CREATE FUNCTION file_objection(publication bigint, entity text, indicator text, claimed_value float8, evidence text)
RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    INSERT INTO objection (publication, entity, indicator, claimed_value, evidence)
    VALUES (publication, entity, indicator, claimed_value, evidence)
    RETURNING objection
$$;

CREATE FUNCTION _set_objection(number bigint, status text, decision text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    UPDATE objection o SET status = _set_objection.status, decision = _set_objection.decision
    WHERE o.objection = number;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no objection %', number USING ERRCODE = 'undefined_object';
    END IF;
END
$$;

CREATE FUNCTION accept_objection(objection bigint, decision text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT _set_objection(objection, 'accepted', decision)
$$;

CREATE FUNCTION reject_objection(objection bigint, decision text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT _set_objection(objection, 'rejected', decision)
$$;

CREATE FUNCTION withdraw_objection(objection bigint, reason text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT _set_objection(objection, 'withdrawn', reason)
$$;

COMMENT ON FUNCTION _set_objection(bigint, text, text) IS 'internal: decides an objection';
COMMENT ON FUNCTION file_objection(bigint, text, text, float8, text) IS
    'files an objection of a firm to one of its published values, and returns its number';
COMMENT ON FUNCTION accept_objection(bigint, text) IS
    'accepts an objection: later publications of the scoreboard and period use the claimed value';
COMMENT ON FUNCTION reject_objection(bigint, text) IS 'rejects an objection: the published value stands';
COMMENT ON FUNCTION withdraw_objection(bigint, text) IS 'records that a firm has withdrawn its objection';

-- what_if: what a firm's score, rank and decision would be with other values, all else as
-- it was published.
--
-- Only the firm moves, so that nothing has to be ranked again: the field's scores give
-- each cut of the rule without the firm, and the firm's new score stands above or below
-- it. A cut is the score of the last place that is given; whoever reaches it is in. That
-- others move up where the firm leaves a place, and out where it takes one, changes no
-- cut that the firm meets: those that it pushes out stand below it.

CREATE FUNCTION _changed_values(vals float8[], indicators text[], changes jsonb) RETURNS float8[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    change record;
BEGIN
    IF jsonb_typeof(changes) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'the changes must be a JSON object'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('They are %s.', COALESCE(changes::text, 'NULL')),
                  HINT = 'For example {"rd_expense": 1200, "invention_patents": null}.';
    END IF;
    FOR change IN SELECT c.key, c.value, array_position(indicators, c.key) AS place FROM jsonb_each(changes) c LOOP
        IF change.place IS NULL THEN
            RAISE EXCEPTION 'there is no indicator "%"', change.key
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('The indicators are %s.', array_to_string(indicators, ', '));
        END IF;
        IF jsonb_typeof(change.value) NOT IN ('number', 'null') THEN
            RAISE EXCEPTION 'value % of indicator "%" is no number', change.value, change.key
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a number, or null for a missing value.';
        END IF;
        vals[change.place] := (change.value #>> '{}')::float8;
    END LOOP;
    RETURN vals;
END
$$;

COMMENT ON FUNCTION _changed_values(float8[], text[], jsonb) IS 'internal: values with changes given as JSON';

-- The query of what_if. field is a FROM item with the columns of published_firm and alias
-- o, with a WHERE clause; model a query of the firm's model, from me; $1 entity, $2
-- indicators, $3 changes, $4 categories.
CREATE FUNCTION _what_if_query(prelude text, field text, model text, rule jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format($query$
        WITH %1$s me AS MATERIALIZED (
            SELECT o.* FROM %2$s AND o.entity = $1
        ), scored AS MATERIALIZED (
            SELECT innovation_score.score_row((%3$s), me.stage,
                       VARIADIC innovation_score._changed_values(me.vals, $2, $3)) AS row FROM me
        ), after AS MATERIALIZED (
            SELECT s.row[1] AS score, s.row[2] AS coverage, s.row[4:3 + cardinality($4)] AS category_scores, me.barred
            FROM scored s CROSS JOIN me
        ), quota AS MATERIALIZED (
            SELECT %4$s AS cut
        ), top AS MATERIALIZED (
            SELECT %5$s AS cut
        ), reserve AS MATERIALIZED (
            SELECT %6$s AS cut
        ), decided AS (
            SELECT after.*, %7$s AS eligible, COALESCE(after.score >= quota.cut, true) AS admitted,
                   COALESCE(after.score >= top.cut, true) AS listed, COALESCE(after.score >= reserve.cut, true) AS kept
            FROM after CROSS JOIN quota CROSS JOIN top CROSS JOIN reserve
        )
        SELECT me.score, d.score, me.rank,
               CASE WHEN d.score IS NOT NULL THEN COALESCE(
                   (SELECT o.rank - CASE WHEN me.score > o.score THEN 1 ELSE 0 END
                    FROM %2$s AND o.score <= d.score AND o.entity <> me.entity ORDER BY o.score DESC LIMIT 1),
                   1 + (SELECT count(o.score) FROM %2$s AND o.entity <> me.entity)) END,
               (SELECT jsonb_object_agg(c.category, c.score) FROM unnest($4, me.category_scores) AS c(category, score)),
               (SELECT jsonb_object_agg(c.category, c.score) FROM unnest($4, d.category_scores) AS c(category, score)),
               me.decision,
               CASE WHEN d.eligible AND d.admitted AND d.listed THEN 'listed'
                    WHEN d.eligible AND d.kept AND %8$s THEN 'reserve' ELSE 'rejected' END
        FROM me CROSS JOIN decided d
        $query$,
        prelude, field, model,
        COALESCE(format('(SELECT o.score FROM %s AND o.eligible AND o.score IS NOT NULL '
                        'AND o.quota = (SELECT me.quota FROM me) AND o.entity <> $1 ORDER BY o.score DESC OFFSET ',
                        field) || ((rule ->> 'quota_n')::integer - 1) || ' LIMIT 1)', 'NULL::float8'),
        COALESCE(format('(SELECT o.score FROM %s AND %s ORDER BY o.score DESC OFFSET ', field, finalist.condition)
                 || ((rule ->> 'top_n')::integer - 1) || ' LIMIT 1)', 'NULL::float8'),
        CASE WHEN (rule ->> 'reserve_n')::integer > 0
             THEN format('(SELECT o.score FROM %s AND o.eligible AND o.score IS NOT NULL AND o.entity <> $1 '
                         'AND NOT (%s AND COALESCE(o.score >= (SELECT top.cut FROM top), true)) '
                         'ORDER BY o.score DESC OFFSET %s LIMIT 1)', field, finalist.condition,
                         (rule ->> 'reserve_n')::integer - 1)
             ELSE 'NULL::float8' END,
        _eligible('after', rule), COALESCE((rule ->> 'reserve_n')::integer > 0, false)::text)
    FROM (SELECT 'o.eligible AND o.score IS NOT NULL AND o.entity <> $1'
                 || CASE WHEN rule ->> 'quota_n' IS NULL THEN ''
                         ELSE ' AND CASE WHEN o.quota IS NOT DISTINCT FROM (SELECT me.quota FROM me) '
                              'THEN COALESCE(o.score >= (SELECT quota.cut FROM quota), true) ELSE o.admitted END' END)
        AS finalist(condition)
$$;

COMMENT ON FUNCTION _what_if_query(text, text, text, jsonb) IS 'internal: text of the query of what_if';

CREATE FUNCTION _what_if(name text, entity text, changes jsonb, period text, path name[])
RETURNS TABLE (publication bigint, score_before float8, score_after float8, rank_before bigint, rank_after bigint,
               category_scores_before jsonb, category_scores_after jsonb, decision_before text, decision_after text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC'
SET enable_nestloop = on SET enable_sort = on SET enable_seqscan = on SET enable_bitmapscan = on
SET jit = off AS $$
#variable_conflict use_column
DECLARE
    known text := _find_scoreboard(name, path);
    board scoreboard;
    p publication;
    parts publication_parts;
    query text;
BEGIN
    SELECT * INTO p FROM publication o
    WHERE o.scoreboard = known AND (_what_if.period IS NULL OR o.period = _what_if.period)
      AND NOT EXISTS (SELECT FROM publication_event e WHERE e.publication = o.publication AND e.state = 'retracted')
    ORDER BY o.publication DESC LIMIT 1;
    IF FOUND THEN
        publication := p.publication;
        -- Down the indexes to the cuts, also where the planner knows nothing yet of what has just been published.
        PERFORM set_config(s.name, 'off', true)
        FROM unnest('{enable_sort,enable_seqscan,enable_bitmapscan}'::text[]) AS s(name);
        query := _what_if_query('', format('innovation_score.published_firm o WHERE o.publication = %s', p.publication),
                                format('SELECT m.model::text::innovation_score.score_model '
                                       'FROM innovation_score.published_model m '
                                       'WHERE m.publication = %s AND m.peers = me.peers', p.publication),
                                p.rule::jsonb);
    ELSE
        SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = known;
        p.indicators := _model_codes(board.model, 'indicators');
        p.categories := _model_codes(board.model, 'categories');
        parts := _collect(board, period, false);
        query := _what_if_query(
            format('_publication_model AS MATERIALIZED (%s), _firm AS MATERIALIZED '
                   '(SELECT f.*, f.cut_eligible AS eligible, f.cut_admitted AS admitted FROM (%s) f),',
                   parts.models, parts.firms),
            '_firm o WHERE true',
            format('SELECT m.model FROM _publication_model m WHERE %s = me.peers', _texts('m', (parts.binding).peers)),
            parts.rule);
        PERFORM set_config('search_path', board.search_path, true);
        PERFORM set_config('enable_nestloop', 'off', true);     -- see _insert_publication
    END IF;
    PERFORM innovation_score._changed_values(NULL, p.indicators, changes);      -- says what is wrong with them
    EXECUTE query INTO score_before, score_after, rank_before, rank_after, category_scores_before,
                       category_scores_after, decision_before, decision_after
        USING entity, p.indicators, changes, p.categories;
    IF decision_before IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no firm "%"', known, entity
            USING ERRCODE = 'undefined_object',
                  DETAIL = COALESCE('Publication ' || p.publication || ' was searched.', 'Its source was searched.');
    END IF;
    RETURN NEXT;
END
$$;

CREATE FUNCTION what_if(scoreboard text, entity text, changes jsonb, period text DEFAULT NULL)
RETURNS TABLE (publication bigint, score_before float8, score_after float8, rank_before bigint, rank_after bigint,
               category_scores_before jsonb, category_scores_after jsonb, decision_before text, decision_after text)
LANGUAGE sql STABLE PARALLEL UNSAFE AS $$
    SELECT * FROM innovation_score._what_if(scoreboard, entity, changes, period, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _what_if(text, text, jsonb, text, name[]) IS 'internal: what_if with the caller''s schemas';
COMMENT ON FUNCTION what_if(text, text, jsonb, text) IS
    'score, rank, category scores and decision of a firm as they are and as they would be with other values, under the '
    'models of the latest publication (without one, of the scoreboard)';

-- change: what is different between two publications, and why.

-- The publication of the same scoreboard and period before this one.
CREATE FUNCTION _publication_before(number bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT max(o.publication)
    FROM publication p JOIN publication o ON o.scoreboard = p.scoreboard AND o.period IS NOT DISTINCT FROM p.period
     AND o.publication < p.publication
    WHERE p.publication = number
      AND NOT EXISTS (SELECT FROM publication_event e WHERE e.publication = o.publication AND e.state = 'retracted')
$$;

COMMENT ON FUNCTION _publication_before(bigint) IS
    'internal: the last publication before this one of the same scoreboard and period that has not been retracted';

CREATE FUNCTION publication_changes(publication bigint)
RETURNS TABLE (entity text, item text, before text, after text, reason text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1
SET enable_nestloop = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM _publication_state($1);
    RETURN QUERY
    WITH pair AS MATERIALIZED (
        SELECT o AS old, n AS new
        FROM publication n JOIN publication o ON o.publication = _publication_before(n.publication)
        WHERE n.publication = $1
    ), firm AS (
        SELECT COALESCE(o.entity, n.entity) AS entity, o, n
        FROM (SELECT f.* FROM published_firm f WHERE f.publication = (SELECT (p.old).publication FROM pair p)) o
        FULL JOIN (SELECT f.* FROM published_firm f WHERE f.publication = (SELECT (p.new).publication FROM pair p)) n
            ON n.entity = o.entity
        WHERE o.digest IS DISTINCT FROM n.digest
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
            WHERE (f.o).entity = (f.n).entity AND i.before IS DISTINCT FROM i.after) c
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
CREATE FUNCTION _rebounded_model(old json, new json) RETURNS score_model
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT score_model(jsonb_set(old::jsonb, '{indicators}', (
        SELECT jsonb_agg(CASE WHEN n.element IS NULL THEN o.element
                              ELSE jsonb_set(o.element, '{bounds}', n.element -> 'bounds') END ORDER BY o.place)
        FROM jsonb_array_elements(old::jsonb -> 'indicators') WITH ORDINALITY AS o(element, place)
        LEFT JOIN jsonb_array_elements(new::jsonb -> 'indicators') AS n(element)
               ON n.element - '{bounds,weights,category,direction}'::text[]
                  = o.element - '{bounds,weights,category,direction}'::text[])))
$$;

COMMENT ON FUNCTION _rebounded_model(json, json) IS 'internal: a model with the bounds of another';

-- Values in the order of another publication's indicators; what is not among them stays.
CREATE FUNCTION _values_for(indicators text[], old float8[], new float8[], new_indicators text[]) RETURNS float8[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT array_agg(CASE WHEN n.place IS NULL THEN old[i.place] ELSE new[n.place] END ORDER BY i.place)
    FROM unnest(indicators) WITH ORDINALITY AS i(indicator, place)
    LEFT JOIN unnest(new_indicators) WITH ORDINALITY AS n(indicator, place) USING (indicator)
$$;

COMMENT ON FUNCTION _values_for(text[], float8[], float8[], text[]) IS
    'internal: new values in the order of old indicators, old ones where there is no new one';

-- Four scores of each firm: published before (s0), its new values under the old model
-- (s1), the old scheme with the new bounds (s2), published after (s3). A score that a
-- step cannot give (a policy on missing values says so) stays at that of the step before.
-- Differences are taken between the shortest decimals that stand for the doubles, so that
-- they add up exactly.
CREATE FUNCTION score_changes(before bigint, after bigint)
RETURNS TABLE (entity text, score_before numeric, score_after numeric, by_values numeric, by_bounds numeric,
               by_scheme numeric, rank_before bigint, rank_after bigint, rank_by_values bigint, rank_by_bounds bigint,
               rank_by_scheme bigint)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1
SET enable_nestloop = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM _publication_state(before), _publication_state(after);
    RETURN QUERY
    WITH header AS MATERIALIZED (
        SELECT o.indicators AS old_indicators, n.indicators AS new_indicators, o.indicators = n.indicators AS same
        FROM publication o JOIN publication n ON o.publication = before AND n.publication = after
    ), firm AS MATERIALIZED (
        SELECT COALESCE(o.entity, n.entity) AS entity, o.score AS s0, n.score AS s3, o.rank AS r0, n.rank AS r3,
               o.entity IS NOT NULL AS was, n.entity IS NOT NULL AS is_now, o.peers AS old_peers, n.peers AS new_peers,
               o.stage AS old_stage, n.stage AS new_stage,
               CASE WHEN h.same OR n.entity IS NULL THEN n.vals
                    ELSE _values_for(h.old_indicators, o.vals, n.vals, h.new_indicators) END AS vals
        FROM header h
        CROSS JOIN ((SELECT f.* FROM published_firm f WHERE f.publication = before) o
                    FULL JOIN (SELECT f.* FROM published_firm f WHERE f.publication = after) n ON n.entity = o.entity)
    ), moved AS MATERIALIZED (
        SELECT g.old_peers, g.new_peers, d.model::text::score_model AS old_model,
               _model_codes(d.model::text::score_model, 'stages') AS stages, _rebounded_model(d.model, n.model) AS model
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
               CASE WHEN s.s0 IS NULL THEN COALESCE(s.row2[1], s.s3)
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

-- reconcile: two sources of the same firms matched by a key and compared column by
-- column (多源匹配). A reconciliation is three views: <name>, one row a key and column;
-- <name>_summary, counts; <name>_resolved, one row a key with the authoritative values,
-- to which a scoreboard or a further reconciliation is bound.

CREATE TABLE reconciliation (
    name         text NOT NULL,
    left_source  regclass NOT NULL,
    right_source regclass NOT NULL,
    key          text[] NOT NULL,
    columns      jsonb NOT NULL,
    tolerance    float8 NOT NULL DEFAULT 0,
    search_path  text NOT NULL DEFAULT '',
    CONSTRAINT reconciliation_pkey PRIMARY KEY (name),
    CONSTRAINT reconciliation_tolerance_check CHECK (tolerance >= 0 AND tolerance < 'Infinity')
);

COMMENT ON TABLE reconciliation IS '多源匹配 reconciliations of two sources, kept by the functions of this extension';
COMMENT ON COLUMN reconciliation.name IS '名称 name, always with its schema: that of its view';
COMMENT ON COLUMN reconciliation.left_source IS '左侧数据源 table or view';
COMMENT ON COLUMN reconciliation.right_source IS '右侧数据源 table or view';
COMMENT ON COLUMN reconciliation.key IS
    '匹配键 columns that tell the firms apart, as given: "code", or "left column = right column" where names differ';
COMMENT ON COLUMN reconciliation.columns IS
    '比对字段 compared columns, name: {"left": column or expression, "right": …, "tolerance": …, "authority": …}';
COMMENT ON COLUMN reconciliation.tolerance IS '允许误差 relative difference up to which numbers agree';
COMMENT ON COLUMN reconciliation.search_path IS 'schemas in which the names in its expressions are looked up';

SELECT _dump_table('reconciliation', 11, 'true');

-- Comparing.

CREATE FUNCTION relative_difference(one float8, other float8) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION relative_difference(float8, float8) IS
    'the difference of two values relative to the greater of their magnitudes, 0 to 2; Infinity where only one is '
    'finite';

CREATE FUNCTION _is_number(type oid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT (_base_type(type)).oid IN ('float8'::regtype, 'float4'::regtype, 'int2'::regtype, 'int4'::regtype,
                                      'int8'::regtype, 'numeric'::regtype)
$$;

COMMENT ON FUNCTION _is_number(oid) IS 'internal: whether values of a type are compared as numbers';

-- A column, bound on both sides; one that only one source has is passed on, not compared.
CREATE TYPE compared_column AS (
    name        text,
    left_value  text,
    right_value text,
    form        regtype,
    shown_as    text,
    tolerance   float8,
    authority   text
);

COMMENT ON TYPE compared_column IS 'internal: a column of a reconciliation as SQL text';
COMMENT ON COLUMN compared_column.name IS 'name in the views';
COMMENT ON COLUMN compared_column.left_value IS 'SQL text over the left source; NULL if it has no such column';
COMMENT ON COLUMN compared_column.right_value IS 'SQL text over the right source; NULL if it has no such column';
COMMENT ON COLUMN compared_column.form IS 'type in which both are compared and resolved';
COMMENT ON COLUMN compared_column.shown_as IS 'that type with its precision, where the columns have one';
COMMENT ON COLUMN compared_column.tolerance IS 'relative difference up to which numbers agree';
COMMENT ON COLUMN compared_column.authority IS 'left or right';

CREATE FUNCTION _common_type(one regtype, other regtype) RETURNS regtype
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN one = other THEN one
                WHEN one IN ('int2', 'int4', 'int8') AND other IN ('int2', 'int4', 'int8') THEN 'int8'::regtype
                WHEN NOT _is_number(one) OR NOT _is_number(other) THEN 'text'::regtype
                WHEN 'float8'::regtype IN (one, other) THEN 'float8'::regtype
                ELSE 'numeric'::regtype END
$$;

-- float4 0.1 is 0.1, not 0.100000001490116: as numeric it has the digits that it is shown with.
CREATE FUNCTION _as_type(bound bound_expression, form regtype) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT bound.expression
        || CASE WHEN bound.type = 'float4'::regtype AND form <> 'float4'::regtype THEN '::numeric' ELSE '' END
        || CASE WHEN bound.type <> form THEN '::' || format_type(form, NULL) ELSE '' END
$$;

-- Digits before and after the point; NULL where a column does not say.
CREATE FUNCTION _digits(source regclass, name text) RETURNS integer[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE a.atttypid
               WHEN 'int2'::regtype THEN '{5,0}'
               WHEN 'int4'::regtype THEN '{10,0}'
               WHEN 'int8'::regtype THEN '{19,0}'
               WHEN 'numeric'::regtype THEN
                   (SELECT ARRAY[m.fits[1]::integer - m.fits[2]::integer, m.fits[2]::integer]
                    FROM regexp_match(format_type(a.atttypid, a.atttypmod), '^numeric\((\d+),(\d+)\)$') AS m(fits)
                    WHERE m.fits IS NOT NULL)
               END
    FROM pg_attribute a WHERE a.attrelid = source AND a.attname = name AND NOT a.attisdropped
$$;

CREATE FUNCTION _numeric_type(one integer[], other integer[]) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('numeric(%s,%s)', greatest(one[1], other[1]) + greatest(one[2], other[2]), greatest(one[2], other[2]))
$$;

COMMENT ON FUNCTION _digits(regclass, text) IS 'internal: how many digits the values of a column have';
COMMENT ON FUNCTION _numeric_type(integer[], integer[]) IS 'internal: the type that holds what two columns hold';
COMMENT ON FUNCTION _common_type(regtype, regtype) IS 'internal: the type in which values of two types are compared';
COMMENT ON FUNCTION _as_type(bound_expression, regtype) IS 'internal: SQL text of a value as a type';

CREATE FUNCTION _refuse_columns(problem text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = problem,
        HINT = 'For example {"revenue": {"left": "revenue", "right": "income / 10000", "tolerance": 0.01, '
               '"authority": "left"}, "city": {}, "stage": {"right": null}}.';
END
$$;

COMMENT ON FUNCTION _refuse_columns(text) IS 'internal: the error of columns that cannot be compared';

CREATE FUNCTION _check_compared(columns jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    problem text;
BEGIN
    IF jsonb_typeof(columns) IS DISTINCT FROM 'object' OR columns = '{}' THEN
        PERFORM _refuse_columns('columns must be a JSON object that names the columns to compare');
    END IF;
    SELECT format('column "%s" is not described by a JSON object', c.key) INTO problem
    FROM jsonb_each(columns) c WHERE jsonb_typeof(c.value) <> 'object' ORDER BY c.key COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _refuse_columns(problem);
    END IF;
    SELECT CASE WHEN v.key NOT IN ('left', 'right', 'tolerance', 'authority')
                THEN format('column "%s" has the unknown key "%s"', c.key, v.key)
                WHEN v.key = 'authority'
                THEN format('authority of column "%s" is %s, not "left" or "right"', c.key, v.value)
                WHEN v.key = 'tolerance'
                THEN format('tolerance of column "%s" is %s, not a number from 0 to 2', c.key, left(v.value::text, 50))
                ELSE format('%s side of column "%s" is %s, neither a string nor null', v.key, c.key, v.value) END
    INTO problem
    FROM jsonb_each(columns) c CROSS JOIN LATERAL jsonb_each(c.value) v
    WHERE CASE v.key WHEN 'authority' THEN v.value NOT IN ('"left"', '"right"')
                     WHEN 'tolerance'
                     THEN CASE WHEN jsonb_typeof(v.value) = 'number'
                               THEN (v.value #>> '{}')::numeric NOT BETWEEN 0 AND 2 ELSE true END
                     WHEN 'left' THEN jsonb_typeof(v.value) NOT IN ('string', 'null')
                     WHEN 'right' THEN jsonb_typeof(v.value) NOT IN ('string', 'null') ELSE true END
    ORDER BY c.key COLLATE "C", v.key COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _refuse_columns(problem);
    END IF;
    SELECT format('column "%s" has no side', c.key) INTO problem
    FROM jsonb_each(columns) c
    WHERE c.value -> 'left' = 'null' AND c.value -> 'right' = 'null' ORDER BY c.key COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _refuse_columns(problem);
    END IF;
END
$$;

COMMENT ON FUNCTION _check_compared(jsonb) IS 'internal: refuses a description of columns that is none';

CREATE FUNCTION _bind_compared(r reconciliation) RETURNS compared_column[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    given record;
    result compared_column[] := '{}';
    bound compared_column;
    one bound_expression;
    other bound_expression;
BEGIN
    PERFORM _check_compared(r.columns);
    FOR given IN SELECT c.key, c.value FROM jsonb_each(r.columns) c ORDER BY c.key COLLATE "C" LOOP
        one := NULL;
        other := NULL;
        IF given.value -> 'left' IS DISTINCT FROM 'null' THEN
            one := _bind_scalar(r.search_path, _source_name(r.left_source), _source_columns(r.left_source),
                                COALESCE(given.value ->> 'left', given.key),
                                format('left side of column "%s"', given.key));
        END IF;
        IF given.value -> 'right' IS DISTINCT FROM 'null' THEN
            other := _bind_scalar(r.search_path, _source_name(r.right_source), _source_columns(r.right_source),
                                  COALESCE(given.value ->> 'right', given.key),
                                  format('right side of column "%s"', given.key));
        END IF;
        bound.name := given.key;
        bound.form := _common_type(COALESCE(one.type, other.type), COALESCE(other.type, one.type));
        bound.shown_as := CASE bound.form WHEN 'numeric'::regtype
                               THEN _numeric_type(COALESCE(_digits(r.left_source, one.name),
                                                           CASE WHEN one IS NULL THEN '{0,0}'::integer[] END),
                                                  COALESCE(_digits(r.right_source, other.name),
                                                           CASE WHEN other IS NULL THEN '{0,0}'::integer[] END)) END;
        bound.left_value := _as_type(one, bound.form);
        bound.right_value := _as_type(other, bound.form);
        bound.tolerance := COALESCE((given.value ->> 'tolerance')::float8, r.tolerance);
        bound.authority := COALESCE(given.value ->> 'authority', 'left');
        result := result || bound;
    END LOOP;
    RETURN result;
END
$$;

COMMENT ON FUNCTION _bind_compared(reconciliation) IS 'internal: the columns to compare as SQL text, or an error';

-- The parts of the key; they keep the names that they have on the left.
CREATE FUNCTION _bind_keys(r reconciliation) RETURNS compared_column[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    item text;
    names text[];
    one bound_expression;
    other bound_expression;
    bound compared_column;
    result compared_column[] := '{}';
    left_columns text[] := _source_columns(r.left_source);
    right_columns text[] := _source_columns(r.right_source);
BEGIN
    IF COALESCE(cardinality(r.key), 0) = 0 OR array_position(r.key, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'the reconciliation needs a key' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'Give the columns that tell the firms apart in both sources.';
    END IF;
    FOREACH item IN ARRAY r.key LOOP
        names := CASE WHEN item = ANY (left_columns) OR item !~ '=' THEN ARRAY[item, item]
                      ELSE regexp_match(item, '^\s*(.*?)\s*=\s*(.*?)\s*$') END;
        one := _bind_column(r.search_path, _source_name(r.left_source), left_columns, names[1],
                            format('left key "%s"', names[1]));
        other := _bind_column(r.search_path, _source_name(r.right_source), right_columns, names[2],
                              format('right key "%s"', names[2]));
        bound.name := one.name;
        bound.form := _common_type(one.type, other.type);
        bound.left_value := _as_type(one, bound.form);
        bound.right_value := _as_type(other, bound.form);
        result := result || bound;
    END LOOP;
    RETURN result;
END
$$;

COMMENT ON FUNCTION _bind_keys(reconciliation) IS 'internal: the key as SQL text on both sides, or an error';

-- The one value of a key that has one row; where it has several, none counts.
CREATE FUNCTION _single_row(name text, form regtype) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format(CASE WHEN to_regprocedure(format('pg_catalog.min(%s)', form)) IS NOT NULL
                       THEN 'CASE WHEN count(*) = 1 THEN min(s.%s) END'
                       ELSE 'CASE WHEN count(*) = 1 THEN (array_agg(s.%s))[1] END' END, name)
$$;

CREATE FUNCTION _side(source regclass, keys compared_column[], columns compared_column[], side text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %1$s%2$s, count(*) AS _rows FROM (SELECT %3$s%4$s FROM %5$s) s GROUP BY %1$s',
                  k.names, v.names, k.texts, v.texts, _source_name(source))
    FROM (SELECT string_agg(format('s._key_%s', u.place), ', ' ORDER BY u.place) AS names,
                 string_agg(format('%s AS _key_%s', CASE side WHEN 'left' THEN u.left_value ELSE u.right_value END,
                                   u.place), ', ' ORDER BY u.place) AS texts
          FROM unnest(keys) WITH ORDINALITY AS u(name, left_value, right_value, form, shown_as, tolerance, authority, place)) k
    CROSS JOIN (
        SELECT string_agg(format(', %s AS _value_%s', _single_row('_value_' || u.place, u.form), u.place), ''
                          ORDER BY u.place) AS names,
               string_agg(format(', %s AS _value_%s',
                                 COALESCE(CASE side WHEN 'left' THEN u.left_value ELSE u.right_value END,
                                          'NULL::' || u.form), u.place), '' ORDER BY u.place) AS texts
        FROM unnest(columns) WITH ORDINALITY AS u(name, left_value, right_value, form, shown_as, tolerance, authority, place)) v
$$;

-- FROM item of one row a key. USING lets a condition on a key reach both sources.
CREATE FUNCTION _matched_rows(r reconciliation, keys compared_column[], columns compared_column[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('(%s) l FULL JOIN (%s) r USING (%s)', _side(r.left_source, keys, columns, 'left'),
                  _side(r.right_source, keys, columns, 'right'),
                  (SELECT string_agg('_key_' || n, ', ' ORDER BY n) FROM generate_subscripts(keys, 1) n))
$$;

CREATE FUNCTION _key_items(keys compared_column[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(format('_key_%s AS %I', n, (keys[n]).name), ', ' ORDER BY n) FROM generate_subscripts(keys, 1) n
$$;

COMMENT ON FUNCTION _single_row(text, regtype) IS 'internal: SQL text of a value of a key that has one row';
COMMENT ON FUNCTION _side(regclass, compared_column[], compared_column[], text) IS
    'internal: query of one side, one row a key';
COMMENT ON FUNCTION _matched_rows(reconciliation, compared_column[], compared_column[]) IS
    'internal: FROM item of both sides, matched';
COMMENT ON FUNCTION _key_items(compared_column[]) IS 'internal: select list of the key';

-- Numbers agree within the tolerance, which is never less than what binary fractions
-- differ by: 0.1 + 0.2 is 0.3.
CREATE FUNCTION _reconciliation_query(r reconciliation, keys compared_column[], columns compared_column[],
                                      texts boolean)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT format('SELECT %s, c.column_name, c.status, c.left_value, c.right_value, c.difference FROM %s '
                  'CROSS JOIN LATERAL (VALUES %s) c(column_name, status, left_value, right_value, difference)',
                  _key_items(keys), _matched_rows(r, keys, columns),
                  string_agg(format(
                      '(%2$L::text, CASE WHEN l._rows > 1 OR r._rows > 1 THEN ''duplicate_key'' '
                      'WHEN l._value_%1$s IS NULL AND r._value_%1$s IS NULL THEN ''missing'' '
                      'WHEN r._value_%1$s IS NULL THEN ''only_left'' WHEN l._value_%1$s IS NULL THEN ''only_right'' '
                      'WHEN %3$s THEN ''matched'' ELSE ''conflict'' END, '
                      || CASE WHEN texts THEN 'l._value_%1$s::text, r._value_%1$s::text' ELSE 'NULL::text, NULL::text' END
                      || ', %4$s)', u.place, u.name,
                      CASE WHEN _is_number(u.form) THEN format('%s <= %L::double precision', d.difference,
                                                               greatest(u.tolerance, 1e-12))
                           WHEN t.typcategory = 'S'
                           THEN format('l._value_%1$s = r._value_%1$s COLLATE "C"', u.place)
                           ELSE format('l._value_%1$s::text = r._value_%1$s::text COLLATE "C"', u.place) END,
                      CASE WHEN _is_number(u.form) THEN d.difference ELSE 'NULL::double precision' END), ', '
                      ORDER BY u.place))
    FROM unnest(columns) WITH ORDINALITY AS u(name, left_value, right_value, form, shown_as, tolerance, authority, place)
    JOIN pg_type t ON t.oid = u.form
    CROSS JOIN LATERAL (SELECT format('innovation_score.relative_difference(l._value_%1$s::double precision, '
                                      'r._value_%1$s::double precision)', u.place)) AS d(difference)
    WHERE u.left_value IS NOT NULL AND u.right_value IS NOT NULL
$$;

CREATE FUNCTION _resolved_query(r reconciliation, keys compared_column[], columns compared_column[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, %s FROM %s WHERE %s', _key_items(keys),
                  string_agg(format(CASE u.authority WHEN 'left' THEN 'COALESCE(l._value_%1$s, r._value_%1$s)%3$s AS %2$I'
                                                     ELSE 'COALESCE(r._value_%1$s, l._value_%1$s)%3$s AS %2$I' END,
                                    u.place, u.name, '::' || u.shown_as), ', ' ORDER BY u.place),
                  _matched_rows(r, keys, columns),
                  (SELECT string_agg(format('_key_%s IS NOT NULL', n), ' AND ') FROM generate_subscripts(keys, 1) n))
    FROM unnest(columns) WITH ORDINALITY AS u(name, left_value, right_value, form, shown_as, tolerance, authority, place)
$$;

CREATE FUNCTION _reconciliation_summary_query(query text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('SELECT v.column_name, count(*) AS keys, %s, '
                  'count(*) FILTER (WHERE v.status = ''conflict'')::double precision '
                  '/ NULLIF(count(*) FILTER (WHERE v.status IN (''matched'', ''conflict'')), 0) AS conflict_share, '
                  'max(v.difference) FILTER (WHERE v.status = ''conflict'') AS greatest_difference '
                  'FROM (%s) v GROUP BY v.column_name',
                  string_agg(format('count(*) FILTER (WHERE v.status = %1$L) AS %1$I', s.status), ', '
                             ORDER BY s.place),
                  query)
    FROM unnest('{matched,conflict,only_left,only_right,missing,duplicate_key}'::text[])
        WITH ORDINALITY AS s(status, place)
$$;

COMMENT ON FUNCTION _reconciliation_query(reconciliation, compared_column[], compared_column[], boolean) IS
    'internal: text of the view <name>, or the same without the values as text, which take most of its time';
COMMENT ON FUNCTION _resolved_query(reconciliation, compared_column[], compared_column[]) IS
    'internal: text of the view <name>_resolved';
COMMENT ON FUNCTION _reconciliation_summary_query(text) IS 'internal: text of the view <name>_summary';

-- Creating and dropping.

CREATE FUNCTION _reconciliation_view(name text, suffix text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('%I.%I', (parse_ident(name))[1], (parse_ident(name))[2] || suffix)
$$;

CREATE FUNCTION _new_reconciliation_name(name text, path name[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := parse_ident(name);
    known text;
BEGIN
    IF cardinality(parts) IN (1, 2) IS NOT TRUE THEN
        RAISE EXCEPTION 'invalid reconciliation name: %', name USING ERRCODE = 'invalid_name',
            HINT = 'Give a name, or a schema and a name, as in SQL.';
    END IF;
    IF cardinality(parts) = 1 THEN
        parts := path[1]::text || parts;
    END IF;
    IF parts[1] IS NULL OR to_regnamespace(quote_ident(parts[1])) IS NULL THEN
        RAISE EXCEPTION 'there is no schema to create reconciliation "%" in', name
            USING ERRCODE = 'invalid_schema_name';
    END IF;
    IF octet_length(parts[2] || '_resolved') > current_setting('max_identifier_length')::integer THEN
        RAISE EXCEPTION 'reconciliation name "%" is too long', parts[2] USING ERRCODE = 'name_too_long',
            DETAIL = 'Its views carry it as a prefix: "_resolved" must still fit into a name.';
    END IF;
    known := format('%I.%I', parts[1], parts[2]);
    IF EXISTS (SELECT FROM reconciliation r WHERE r.name = known) THEN
        RAISE EXCEPTION 'reconciliation "%" exists already', known USING ERRCODE = 'duplicate_object',
            HINT = 'Drop it first with innovation_score.drop_reconciliation().';
    END IF;
    RETURN known;
END
$$;

COMMENT ON FUNCTION _reconciliation_view(text, text) IS 'internal: the name of one of the views of a reconciliation';
COMMENT ON FUNCTION _new_reconciliation_name(text, name[]) IS
    'internal: the full name for a new reconciliation, checked';

CREATE FUNCTION _comment_reconciliation(r reconciliation) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT format('VIEW %s', _reconciliation_view(r.name, v.suffix)) AS target,
               format('%s（%s, %s）', v.comment, r.left_source, r.right_source) AS comment
        FROM (VALUES ('', '多源匹配 two sources compared, one row a key and column'),
                     ('_summary', '多源匹配汇总 two sources compared, in figures'),
                     ('_resolved', '多源匹配结果 authoritative values of two sources, one row a key')) AS v(suffix, comment)
        UNION ALL
        SELECT format('COLUMN %s.%I', _reconciliation_view(r.name, c.suffix), c.name), c.comment
        FROM (VALUES
            ('', 'column_name', '字段 compared column'),
            ('', 'status', '状态 matched（一致）, conflict（冲突）, only_left（仅左侧有值）, only_right（仅右侧有值）, '
                 'missing（两侧均缺失）, duplicate_key（主键重复）'),
            ('', 'left_value', '左侧值 value on the left'),
            ('', 'right_value', '右侧值 value on the right'),
            ('', 'difference', '相对差异 relative difference of two numbers'),
            ('_summary', 'column_name', '字段 compared column'),
            ('_summary', 'keys', '主键数 keys of both sources'),
            ('_summary', 'matched', '一致 keys whose values agree'),
            ('_summary', 'conflict', '冲突 keys whose values differ'),
            ('_summary', 'only_left', '仅左侧有值 keys with a value on the left only'),
            ('_summary', 'only_right', '仅右侧有值 keys with a value on the right only'),
            ('_summary', 'missing', '两侧均缺失 keys without a value'),
            ('_summary', 'duplicate_key', '主键重复 keys with several rows on a side'),
            ('_summary', 'conflict_share', '冲突率 share of conflicts among keys with both values, 0 to 1'),
            ('_summary', 'greatest_difference', '最大相对差异 greatest relative difference')) AS c(suffix, name, comment)
        UNION ALL   -- what comes from the sources
        SELECT format('COLUMN %s.%I', a.attrelid::regclass, a.attname),
               COALESCE((SELECT col_description(o.attrelid, o.attnum)
                         FROM unnest(ARRAY[r.left_source, r.right_source]) WITH ORDINALITY AS s(source, side)
                         JOIN pg_attribute o ON o.attrelid = s.source AND o.attname = a.attname
                         WHERE col_description(o.attrelid, o.attnum) IS NOT NULL ORDER BY s.side LIMIT 1),
                        CASE WHEN a.attnum <= cardinality(r.key) THEN '主键 key' ELSE '匹配结果 authoritative value' END)
        FROM unnest('{"",_resolved}'::text[]) AS v(suffix)
        JOIN pg_attribute a ON a.attrelid = _reconciliation_view(r.name, v.suffix)::regclass
        WHERE a.attnum > 0 AND (v.suffix <> '' OR a.attnum <= cardinality(r.key))
    LOOP
        EXECUTE format('COMMENT ON %s IS %L', due.target, due.comment);
    END LOOP;
END
$$;

COMMENT ON FUNCTION _comment_reconciliation(reconciliation) IS 'internal: comments on the views of a reconciliation';

CREATE FUNCTION _create_reconciliation(r reconciliation, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    keys compared_column[];
    columns compared_column[];
    view record;
BEGIN
    r.name := _new_reconciliation_name(r.name, path);
    r.search_path := COALESCE((SELECT string_agg(quote_ident(p.name), ', ' ORDER BY p.place)
                               FROM unnest(path) WITH ORDINALITY AS p(name, place)), '');
    r.tolerance := COALESCE(r.tolerance, 0);
    IF NOT r.tolerance BETWEEN 0 AND 2 THEN
        RAISE EXCEPTION 'tolerance is %, not a number from 0 to 2', r.tolerance
            USING ERRCODE = 'invalid_parameter_value', HINT = 'It is relative: 0.01 for 1 %.';
    END IF;
    keys := _bind_keys(r);
    columns := _bind_compared(r);
    IF NOT EXISTS (SELECT FROM unnest(columns) c WHERE c.left_value IS NOT NULL AND c.right_value IS NOT NULL) THEN
        PERFORM _refuse_columns('no column is to be compared: each has one side only');
    END IF;
    INSERT INTO reconciliation SELECT r.*;
    FOR view IN
        SELECT v.suffix, v.query FROM (VALUES
            (1, '', _reconciliation_query(r, keys, columns, true)),
            (2, '_summary', _reconciliation_summary_query(_reconciliation_query(r, keys, columns, false))),
            (3, '_resolved', _resolved_query(r, keys, columns))) AS v(place, suffix, query)
        ORDER BY v.place
    LOOP
        PERFORM _run(r.search_path, format('CREATE VIEW %s%s AS %s', _reconciliation_view(r.name, view.suffix),
                                           _view_options(_reconciliation_view(r.name, view.suffix)), view.query));
    END LOOP;
    PERFORM _comment_reconciliation(r);
END
$$;

CREATE FUNCTION create_reconciliation(name text, left_source regclass, right_source regclass, key text[], columns jsonb,
                                      tolerance float8 DEFAULT 0)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._create_reconciliation(
        ROW(name, left_source, right_source, key, columns, tolerance, NULL)::innovation_score.reconciliation,
        pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION create_reconciliation(name text, left_source regclass, right_source regclass, key text, columns jsonb,
                                      tolerance float8 DEFAULT 0)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._create_reconciliation(
        ROW(name, left_source, right_source,
            CASE WHEN key OPERATOR(pg_catalog.~~) '{%}' THEN key::pg_catalog.text[] ELSE ARRAY[key] END, columns, tolerance, NULL)
            ::innovation_score.reconciliation,
        pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION _drop_reconciliation(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    parts text[] := parse_ident(name);
    known text;
    views text;
    dependent text;
BEGIN
    SELECT r.name INTO known
    FROM unnest(CASE cardinality(parts) WHEN 1 THEN path WHEN 2 THEN parts[1:1]::name[] END)
         WITH ORDINALITY AS p(schema_name, place)
    JOIN reconciliation r ON r.name = format('%I.%I', p.schema_name, parts[cardinality(parts)])
    ORDER BY p.place LIMIT 1 FOR UPDATE OF r;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'reconciliation "%" does not exist', name USING ERRCODE = 'undefined_object';
    END IF;
    SELECT string_agg(c.oid::regclass::text, ', ') INTO views
    FROM unnest(ARRAY['', '_summary', '_resolved']) AS s(suffix)
    JOIN pg_class c ON c.oid = to_regclass(_reconciliation_view(known, s.suffix)) AND c.relkind = 'v';
    IF views IS NOT NULL THEN
        EXECUTE format('DROP VIEW %s', views);
    END IF;
    DELETE FROM reconciliation r WHERE r.name = known;
EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS dependent = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'the views of reconciliation % cannot be dropped because other objects depend on them', known
        USING ERRCODE = 'dependent_objects_still_exist', DETAIL = dependent, HINT = 'Drop those objects first.';
END
$$;

CREATE FUNCTION drop_reconciliation(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT innovation_score._drop_reconciliation(name, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _create_reconciliation(reconciliation, name[]) IS
    'internal: create_reconciliation with the caller''s schemas';
COMMENT ON FUNCTION _drop_reconciliation(text, name[]) IS 'internal: drop_reconciliation with the caller''s schemas';
COMMENT ON FUNCTION create_reconciliation(text, regclass, regclass, text[], jsonb, float8) IS
    'compares two sources and creates the views <name>, <name>_summary and <name>_resolved';
COMMENT ON FUNCTION create_reconciliation(text, regclass, regclass, text, jsonb, float8) IS
    'the same with one key column, or with the text form of an array of them';
COMMENT ON FUNCTION drop_reconciliation(text) IS 'drops a reconciliation and its views';

-- chart: a firm's radar and an indicator's histogram as Vega-Lite specifications, with the
-- numbers in them. The columns of a scoreboard's views are found in the catalog, so that who
-- may read the views, and no more, can draw them.

-- Where the columns of the views stand: entity first, then the period if there is one; the
-- view _model begins with the columns whose values make the groups.
CREATE FUNCTION _chart_columns(board scoreboard, OUT entity text, OUT period text, OUT groups text[])
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT max(a.attname) FILTER (WHERE v.kind = 'detail' AND a.attnum = 1),
           max(a.attname) FILTER (WHERE v.kind = 'detail' AND a.attnum = 2 AND board.period IS NOT NULL),
           COALESCE(array_agg(a.attname::text ORDER BY a.attnum)
                    FILTER (WHERE v.kind = 'model'
                            AND a.attname NOT IN ('fitted_level', 'fitted_on', 'fitted_rows', 'model')), '{}')
    FROM unnest('{detail,model}'::text[]) AS v(kind)
    JOIN pg_attribute a ON a.attrelid = _view_name(board.scoreboard, v.kind)::regclass AND a.attnum > 0
$$;

COMMENT ON FUNCTION _chart_columns(scoreboard) IS
    'internal: names of the entity, the period and the group columns in the views of a scoreboard';

CREATE FUNCTION _chart_query(path text, query text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    result jsonb;
BEGIN
    PERFORM set_config('search_path', path, true);
    EXECUTE query INTO result;
    RETURN result;
END
$$;

COMMENT ON FUNCTION _chart_query(text, text) IS
    'internal: the jsonb that a query gives under a search_path, with text forms that do not depend on the session';

CREATE FUNCTION _chart_check_period(board scoreboard, period text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF board.period IS NULL AND period IS NOT NULL THEN
        RAISE EXCEPTION 'scoreboard % has no periods', board.scoreboard
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$$;

COMMENT ON FUNCTION _chart_check_period(scoreboard, text) IS
    'internal: an error if a period is given where there are none';

-- In the column's own type, so that indexes, partitions and groups are found; the text form
-- decides.
CREATE FUNCTION _chart_period(alias text, name text, period text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN name IS NULL OR period IS NULL THEN 'true'
                ELSE format('%1$I.%2$I = %3$L AND %1$I.%2$I::text = %3$L', alias, name, period) END
$$;

COMMENT ON FUNCTION _chart_period(text, text, text) IS 'internal: condition that a row is of a period';

CREATE FUNCTION _chart_title(board scoreboard, headline text, VARIADIC lines text[]) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'text', headline,
        'subtitle', to_jsonb(array_remove(
            lines || COALESCE(s.title, s.scheme)
                  || CASE WHEN s.provisional THEN '暂定权重 provisional weights' END, NULL)))
    FROM scheme s WHERE s.scheme = board.scheme
$$;

COMMENT ON FUNCTION _chart_title(scoreboard, text, text[]) IS 'internal: the title of a chart';

CREATE FUNCTION _chart_frame(title jsonb, description text, data jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        '$schema', 'https://vega.github.io/schema/vega-lite/v5.json',
        'title', title,
        'description', description,
        'data', jsonb_build_object('values', COALESCE(NULLIF(data, 'null'), '[]')),
        'config', jsonb_build_object(
            'font', 'Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif',
            'title', '{"offset": 12}'::jsonb,
            'view', '{"stroke": null}'::jsonb))
$$;

COMMENT ON FUNCTION _chart_frame(jsonb, text, jsonb) IS
    'internal: what the specifications have in common';

-- The firm's row: period, stage and group, which say who its peers are.
CREATE FUNCTION _chart_firm(board scoreboard, entity text, period text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    columns record := _chart_columns(board);
    rows jsonb;
BEGIN
    IF entity IS NULL THEN
        RAISE EXCEPTION 'the entity must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM _chart_check_period(board, period);
    rows := _chart_query(board.search_path, format(
        'SELECT pg_catalog.jsonb_agg(f) FROM (SELECT %s AS period, s.stage, ARRAY[%s]::text[] AS "group" FROM %s s '
        'WHERE s.%I = %L AND %s%s) f',
        CASE WHEN columns.period IS NULL THEN 'NULL::text' ELSE format('s.%I::text', columns.period) END,
        (SELECT string_agg(format('s.%I::text', g.name), ', ' ORDER BY g.place)
         FROM unnest(columns.groups) WITH ORDINALITY AS g(name, place)),
        _view_name(board.scoreboard, 'score'), columns.entity, entity, _chart_period('s', columns.period, period),
        CASE WHEN columns.period IS NOT NULL
             THEN format(' AND s.%1$I IS NOT NULL ORDER BY s.%1$I DESC FETCH FIRST 1 ROW WITH TIES', columns.period)
        END));
    IF jsonb_array_length(rows) = 1 IS NOT TRUE THEN
        RAISE EXCEPTION 'scoreboard % has % rows of "%"%', board.scoreboard,
                COALESCE(jsonb_array_length(rows)::text, 'no'), entity,
                COALESCE(' in period ' || COALESCE(period, rows -> 0 ->> 'period'), '')
            USING ERRCODE = CASE WHEN rows IS NULL THEN 'no_data_found' ELSE 'cardinality_violation' END;
    END IF;
    IF rows -> 0 ->> 'stage' IS NULL OR rows -> 0 -> 'group' @> '[null]' THEN
        RAISE EXCEPTION '"%" has no score in scoreboard %', entity, board.scoreboard
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = CASE WHEN rows -> 0 ->> 'stage' IS NULL THEN 'Its stage is missing.'
                                ELSE 'It belongs to no group.' END;
    END IF;
    RETURN rows -> 0;
END
$$;

COMMENT ON FUNCTION _chart_firm(scoreboard, text, text) IS
    'internal: period, stage and group of a firm in a period, by default its last';

-- One row an indicator, as the axes of a radar stand around it.
CREATE FUNCTION _radar_data(board scoreboard, entity text, firm jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    columns record := _chart_columns(board);
BEGIN
    RETURN _chart_query(board.search_path, format(
        'SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('
        '''position'', o.place - 1, ''indicator'', o.indicator, ''title'', COALESCE(f.title, o.indicator), '
        '''category'', f.category, ''value'', f.value, ''status'', f.status, ''normalized'', f.normalized, '
        '''peer_median'', f.peer_normalized, ''peers'', COALESCE(f.peers, 0)) ORDER BY o.place) '
        'FROM pg_catalog.unnest(%L::text[]) WITH ORDINALITY AS o(indicator, place) '
        'LEFT JOIN (SELECT p.* FROM %s p WHERE p.%I = %L AND %s) f ON f.indicator = o.indicator',
        _model_codes(board.model, 'indicators'), _view_name(board.scoreboard, 'portrait'), columns.entity, entity,
        _chart_period('p', columns.period, firm ->> 'period')));
END
$$;

COMMENT ON FUNCTION _radar_data(scoreboard, text, jsonb) IS
    'internal: normalized values of a firm and the median of its peers, by indicator';

-- Vega-Lite has polar coordinates for arcs only; the corners of the polygons are placed by
-- expressions: angle 2π·position/axes from the top, clockwise.
CREATE FUNCTION _radar_layers(firm text, peers text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    WITH place AS (
        SELECT '[{"calculate": "2 * PI * datum.position / axes", "as": "angle"},
                 {"calculate": "datum.radius * sin(datum.angle)", "as": "x"},
                 {"calculate": "datum.radius * cos(datum.angle)", "as": "y"}]'::jsonb AS transform,
               '{"x": {"field": "x", "type": "quantitative", "axis": null, "scale": {"domain": [-2.1, 2.1]}},
                 "y": {"field": "y", "type": "quantitative", "axis": null, "scale": {"domain": [-1.25, 1.25]}}}'::jsonb
                   AS encoding
    )
    SELECT jsonb_build_array(
        jsonb_build_object(
            'description', 'rings at 0.25, 0.5, 0.75 and 1',
            'transform',
                '[{"calculate": "[0.25, 0.5, 0.75, 1]", "as": "radius"}, {"flatten": ["radius"]}]' || transform,
            'mark', '{"type": "line", "interpolate": "linear-closed", "color": "#c8c8c8", "strokeWidth": 1}'::jsonb,
            'encoding', encoding || '{"detail": {"field": "radius", "type": "quantitative"},
                                      "order": {"field": "position", "type": "quantitative"}}'),
        jsonb_build_object(
            'description', 'axes',
            'transform', '[{"calculate": "1", "as": "radius"}]' || transform,
            'mark', '{"type": "rule", "color": "#c8c8c8", "strokeWidth": 1}'::jsonb,
            'encoding', encoding || '{"x2": {"datum": 0}, "y2": {"datum": 0}}'),
        jsonb_build_object(
            'description', 'names of the axes',
            'transform', '[{"calculate": "1.07", "as": "radius"}]' || transform,
            'mark', '{"type": "text", "fontSize": 11, "limit": 160, "baseline": "middle", "align": {"expr":
                      "abs(datum.x) < 0.01 ? ''center'' : datum.x > 0 ? ''left'' : ''right''"}}'::jsonb,
            'encoding', encoding || '{"text": {"field": "title", "type": "nominal"}}'),
        jsonb_build_object(
            'description', 'the firm and the median of its peers',
            'transform', '[{"fold": ["normalized", "peer_median"], "as": ["series", "share"]}]'
                || jsonb_build_array(
                       -- what is missing earns nothing
                       '{"calculate": "isValid(datum.share) ? datum.share : 0", "as": "radius"}'::jsonb,
                       jsonb_build_object('calculate', format('datum.series == ''normalized'' ? %s : %s',
                                                              to_jsonb(firm), to_jsonb(peers)), 'as', 'who'))
                || transform,
            'mark', '{"type": "line", "interpolate": "linear-closed", "strokeWidth": 2.5,
                      "point": {"filled": true, "size": 45}}'::jsonb,
            'encoding', encoding || jsonb_build_object(
                'order', '{"field": "position", "type": "quantitative"}'::jsonb,
                -- blue and vermilion of Okabe and Ito: told apart by colour-blind readers, and by the dashes in grey
                'color', jsonb_build_object('field', 'who', 'type', 'nominal', 'title', NULL,
                                            'scale', jsonb_build_object('domain', jsonb_build_array(firm, peers),
                                                                        'range', '["#0072b2", "#d55e00"]'::jsonb),
                                            'legend', '{"orient": "bottom", "labelLimit": 320}'::jsonb),
                'strokeDash', jsonb_build_object('field', 'who', 'type', 'nominal', 'title', NULL,
                                                 'scale', jsonb_build_object('domain', jsonb_build_array(firm, peers),
                                                                             'range', '[[1, 0], [6, 4]]'::jsonb)),
                'tooltip', '[{"field": "title", "type": "nominal", "title": "指标 indicator"},
                             {"field": "value", "type": "quantitative", "title": "指标值 value"},
                             {"field": "normalized", "type": "quantitative", "format": ".3f",
                              "title": "标准化值 normalized"},
                             {"field": "peer_median", "type": "quantitative", "format": ".3f",
                              "title": "同组中位数 median of the peers"},
                             {"field": "status", "type": "nominal", "title": "状态 status"}]'::jsonb)))
    FROM place
$$;

COMMENT ON FUNCTION _radar_layers(text, text) IS 'internal: the layers of a radar';

CREATE FUNCTION _radar_chart(name text, entity text, period text, path name[]) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard;
    firm jsonb;
    peers text := '同组中位数 median of the peers';
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = _find_scoreboard(name, path);
    firm := _chart_firm(board, entity, period);
    RETURN _chart_frame(
        _chart_title(board, entity, concat_ws(' · ', firm ->> 'period',
            (SELECT COALESCE(s.title, s.stage) FROM stage s
             WHERE s.scheme = board.scheme AND s.stage = firm ->> 'stage'))),
        'Normalized value of each indicator, 0 (centre) to 1, of a firm and the median of the firms of its period, '
        'stage and peer group.',
        _radar_data(board, entity, firm))
        || jsonb_build_object(
            'width', 672, 'height', 400, 'padding', 16,
            'params', jsonb_build_array(jsonb_build_object(
                'name', 'axes', 'value', cardinality(_model_codes(board.model, 'indicators')))),
            -- a firm called like the legend's other entry would take its colour
            'layer', _radar_layers(entity, CASE WHEN entity = peers THEN peers || ' ' ELSE peers END));
END
$$;

COMMENT ON FUNCTION _radar_chart(text, text, text, name[]) IS 'internal: radar_chart with the caller''s schemas';

CREATE FUNCTION radar_chart(scoreboard text, entity text, period text DEFAULT NULL) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE AS $$
    SELECT innovation_score._radar_chart(scoreboard, entity, period, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION radar_chart(text, text, text) IS
    'Vega-Lite specification: a firm''s normalized values against the median of its peers';

-- Equal bins from the least to the greatest value, before the adjustment and after it; a bin
-- has its lower edge, the last one both. A span beyond the largest number is divided on a
-- quarter of its scale; one so small that its parts would vanish is one bin.
CREATE FUNCTION _histogram_data(board scoreboard, indicator text, period text, bins integer) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    columns record := _chart_columns(board);
BEGIN
    RETURN _chart_query(board.search_path, format(
        $query$
        WITH v AS MATERIALIZED (
            SELECT d.value AS raw, LEAST(GREATEST(d.value, d.lower), d.upper) AS adjusted, d.lower, d.upper
            FROM %1$s d
            WHERE d.indicator = %2$L AND %3$s AND d.lower IS NOT NULL
              AND d.value > '-Infinity' AND d.value < 'Infinity'
        ), x AS (
            SELECT 'before' AS shown, v.raw AS value FROM v UNION ALL SELECT 'after', v.adjusted FROM v
        ), span AS (
            SELECT x.shown, pg_catalog.min(x.value) * s.scale AS least, pg_catalog.max(x.value) * s.scale AS greatest,
                   s.scale
            FROM x CROSS JOIN (SELECT CASE WHEN pg_catalog.max(pg_catalog.abs(v.raw)) > 1e300 THEN 0.25::float8
                                           ELSE 1::float8 END AS scale FROM v) s
            GROUP BY x.shown, s.scale
        ), grid AS MATERIALIZED (
            SELECT s.shown, n.bins,
                   ARRAY(SELECT CASE i WHEN 0 THEN s.least WHEN n.bins THEN s.greatest
                                     ELSE s.least + (s.greatest - s.least) * (i::float8 / n.bins) END / s.scale
                         FROM pg_catalog.generate_series(0, n.bins) i ORDER BY i) AS edges
            FROM span s
            CROSS JOIN LATERAL (SELECT CASE WHEN s.greatest - s.least > 1e-290 THEN %4$s ELSE 1 END) AS n(bins)
        ), counted AS (
            SELECT x.shown, 1 + pg_catalog.width_bucket(x.value, g.edges[2:g.bins]) AS bin,
                   pg_catalog.count(*) AS firms
            FROM x JOIN grid g USING (shown)
            GROUP BY 1, 2
        )
        SELECT pg_catalog.jsonb_build_object(
            'lower', (SELECT pg_catalog.min(v.lower) FROM v), 'upper', (SELECT pg_catalog.max(v.upper) FROM v),
            'firms', (SELECT pg_catalog.count(*) FROM v),
            'adjusted', (SELECT pg_catalog.count(*) FROM v WHERE v.raw <> v.adjusted),
            'values', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                           'shown', g.shown, 'bin', b.bin, 'from', g.edges[b.bin], 'to', g.edges[b.bin + 1],
                           'firms', COALESCE(c.firms, 0)) ORDER BY g.shown COLLATE "C" DESC, b.bin)
                       FROM grid g CROSS JOIN LATERAL pg_catalog.generate_series(1, g.bins) AS b(bin)
                       LEFT JOIN counted c ON c.shown = g.shown AND c.bin = b.bin))
        $query$,
        _view_name(board.scoreboard, 'detail'), indicator, _chart_period('d', columns.period, period), bins));
END
$$;

COMMENT ON FUNCTION _histogram_data(scoreboard, text, text, integer) IS
    'internal: how many firms have which values of an indicator, before and after the adjustment';

CREATE FUNCTION _histogram_panel(shown text, title text, color text, rules jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'title', title, 'width', 300, 'height', 220,
        'layer', jsonb_build_array(jsonb_build_object(
            'transform', jsonb_build_array(jsonb_build_object('filter', format('datum.shown == ''%s''', shown))),
            'mark', jsonb_build_object('type', 'bar', 'color', color, 'stroke', 'white', 'strokeWidth', 0.5),
            'encoding', '{"x": {"field": "from", "bin": "binned", "type": "quantitative", "title": "指标值 value",
                                "scale": {"zero": false, "nice": false},
                                "axis": {"format": ".3~s", "tickCount": 5, "labelOverlap": true}},
                          "x2": {"field": "to"},
                          "y": {"field": "firms", "type": "quantitative", "title": "企业数（对数） firms, log scale",
                                "scale": {"type": "symlog", "domainMin": 0, "nice": false},
                                "axis": {"values": [0, 1, 10, 100, 1000, 10000, 100000, 1000000]}},
                          "y2": {"datum": 0},
                          "tooltip": [{"field": "from", "type": "quantitative", "title": "从 from"},
                                      {"field": "to", "type": "quantitative", "title": "到 to"},
                                      {"field": "firms", "type": "quantitative", "title": "企业数 firms"}]}'::jsonb))
            || COALESCE(rules, '[]'))
$$;

COMMENT ON FUNCTION _histogram_panel(text, text, text, jsonb) IS 'internal: one of the two histograms';

CREATE FUNCTION _histogram_chart(name text, indicator text, period text, bins integer, path name[]) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard;
    columns record;
    indicator_title text;
    data jsonb;
BEGIN
    SELECT * INTO STRICT board FROM scoreboard b WHERE b.scoreboard = _find_scoreboard(name, path);
    columns := _chart_columns(board);
    PERFORM _chart_check_period(board, period);
    IF bins BETWEEN 1 AND 1000 IS NOT TRUE THEN
        RAISE EXCEPTION 'a histogram has 1 to 1000 bins, not %', COALESCE(bins::text, 'NULL')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF indicator = ANY (_model_codes(board.model, 'indicators')) IS NOT TRUE THEN
        RAISE EXCEPTION 'scoreboard % has no indicator "%"', board.scoreboard, indicator
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('The indicators are %s.',
                                (SELECT string_agg(format('"%s"', c.code), ', ' ORDER BY c.place)
                                 FROM unnest(_model_codes(board.model, 'indicators'))
                                      WITH ORDINALITY AS c(code, place)));
    END IF;
    IF period IS NULL AND columns.period IS NOT NULL THEN
        period := _chart_query(board.search_path, format(
            'SELECT pg_catalog.to_jsonb(m.%1$I::text) FROM %2$s m WHERE m.%1$I IS NOT NULL '
            'ORDER BY m.%1$I DESC LIMIT 1', columns.period,
            _view_name(board.scoreboard, CASE WHEN columns.period = ANY (columns.groups) THEN 'model'
                                              ELSE 'score' END))) #>> '{}';
    END IF;
    SELECT COALESCE(i.title, i.indicator) INTO indicator_title
    FROM indicator i WHERE i.scheme = board.scheme AND i.indicator = _histogram_chart.indicator;
    data := _histogram_data(board, indicator, period, bins);
    RETURN _chart_frame(
        _chart_title(board, COALESCE(indicator_title, indicator), concat_ws(' · ', period,
            format('%s 家企业，%s 家的值被调整 %1$s firms, the values of %2$s are adjusted', data ->> 'firms',
                   data ->> 'adjusted'))),
        'How many firms have which values of an indicator, before and after values beyond the bounds are pulled to '
        'them; the dashed lines are the bounds.',
        data -> 'values')
        || jsonb_build_object(
            'resolve', '{"scale": {"x": "independent", "y": "shared"}}'::jsonb,
            'hconcat', jsonb_build_array(
                _histogram_panel('before', '调整前 before the adjustment', '#999999',
                    (SELECT jsonb_agg(jsonb_build_object(
                        'mark', '{"type": "rule", "color": "#d55e00", "strokeDash": [5, 3]}'::jsonb,
                        'encoding', jsonb_build_object('x', jsonb_build_object('datum', b.bound)))
                        ORDER BY b.place)
                     FROM (VALUES (1, data -> 'lower'), (2, data -> 'upper')) AS b(place, bound)
                     WHERE b.bound <> 'null')),
                _histogram_panel('after', '调整后 after the adjustment', '#0072b2', NULL)));
END
$$;

COMMENT ON FUNCTION _histogram_chart(text, text, text, integer, name[]) IS
    'internal: histogram_chart with the caller''s schemas';

CREATE FUNCTION histogram_chart(scoreboard text, indicator text, period text DEFAULT NULL, bins integer DEFAULT 30)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE AS $$
    SELECT innovation_score._histogram_chart(scoreboard, indicator, period, bins, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION histogram_chart(text, text, text, integer) IS
    'Vega-Lite specification: the values of an indicator before and after the adjustment of extreme values';

-- of 99_restore

COMMENT ON FUNCTION _create_restore_triggers() IS
    'internal: for install and upgrade scripts: the triggers of the tables that are dumped and have none yet';

SELECT _create_restore_triggers();

-- trusted: what belongs to whom where a plain user installs the extension.
--
-- PostgreSQL runs the script of a trusted extension as a superuser, whom the objects then
-- belong to; the extension and its schema belong to the user. Their tables must not: whoever
-- owns a table can put triggers on it, which an upgrade script, run as a superuser,
-- would set off. So the owner of the extension has privileges on what holds data, with
-- the right to pass them on, and no more than a look at what steers the functions.

CREATE FUNCTION _grant_to_owner() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    ours pg_extension;
    due record;
BEGIN
    SELECT * INTO STRICT ours FROM pg_extension e WHERE e.extname = 'innovation_score';
    FOR due IN
        SELECT c.oid::regclass AS relation,
               CASE WHEN c.relkind = 'S' THEN 'SELECT, USAGE'
                    WHEN c.relkind IN ('r', 'p') AND (c.relname = 'restored' OR c.oid = ANY (ours.extconfig))
                    THEN 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE'
                    ELSE 'SELECT' END AS privileges
        FROM pg_class c
        WHERE c.relnamespace = 'innovation_score'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
          AND c.relowner <> ours.extowner
          AND EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('GRANT %s ON %s TO %I WITH GRANT OPTION', due.privileges, due.relation, pg_get_userbyid(ours.extowner));
    END LOOP;
END
$$;

COMMENT ON FUNCTION _grant_to_owner() IS
    'internal: for install and upgrade scripts: privileges for the owner of the extension, where it is not a superuser';

SELECT _grant_to_owner();

-- ----- what is left for the owners of scoreboards

DO $$
BEGIN
    IF EXISTS (SELECT FROM innovation_score.scoreboard) THEN
        RAISE WARNING 'scoreboards keep the views of version 1.0.0 until they are rebuilt'
            USING HINT = 'SELECT innovation_score.rebuild_scoreboard(scoreboard) FROM innovation_score.scoreboard;';
    END IF;
END
$$;

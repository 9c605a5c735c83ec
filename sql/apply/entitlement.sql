-- entitlement: which firm is entitled to what, without applying (免申即享, 政策匹配)
-- (src/condition/condition_holds.c). Policies are rows; firms are a table or view of the
-- caller's, such as one over the views of a scoreboard.

CREATE FUNCTION condition_holds(condition condition, firm jsonb) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION condition_holds(condition, jsonb) IS
    'the truth of a condition over the members of an object, such as to_jsonb() of a row';

CREATE TABLE policy (
    policy     text NOT NULL,
    title      text NOT NULL,
    department text,
    condition  condition NOT NULL,
    form       text NOT NULL,
    amount     numeric,
    base       text,
    share      numeric,
    at_least   numeric,
    at_most    numeric,
    unit       numeric NOT NULL DEFAULT 0.01,
    series     text,
    cap_by     text,
    cap        numeric,
    budget     numeric,
    priority   text NOT NULL DEFAULT 'score',
    ascending  boolean NOT NULL DEFAULT false,
    valid_from date,
    valid_to   date,
    source     text,
    CONSTRAINT policy_pkey PRIMARY KEY (policy),
    CONSTRAINT policy_policy_check CHECK (policy <> ''),
    CONSTRAINT policy_form_check CHECK (form IN ('fixed', 'steps', 'tier', 'share')),
    CONSTRAINT policy_amount_check CHECK ((form = 'fixed') = (amount IS NOT NULL) AND amount >= 0 AND amount < 'Infinity'),
    CONSTRAINT policy_base_check CHECK ((form <> 'fixed') = (base IS NOT NULL)),
    CONSTRAINT policy_share_check CHECK ((form = 'share') = (share IS NOT NULL) AND share > 0 AND share < 'Infinity'),
    CONSTRAINT policy_bounds_check CHECK (at_least >= 0 AND at_least < 'Infinity' AND at_most >= 0 AND at_most < 'Infinity'
                                          AND at_least <= at_most),
    CONSTRAINT policy_unit_check CHECK (unit > 0 AND unit < 'Infinity'),
    CONSTRAINT policy_cap_check CHECK ((cap_by IS NULL) = (cap IS NULL) AND cap >= 0 AND cap < 'Infinity'),
    CONSTRAINT policy_budget_check CHECK (budget >= 0 AND budget < 'Infinity'),
    CONSTRAINT policy_valid_check CHECK (valid_from <= valid_to)
);

CREATE TABLE policy_step (
    policy    text NOT NULL,
    threshold numeric NOT NULL,
    amount    numeric NOT NULL,
    CONSTRAINT policy_step_pkey PRIMARY KEY (policy, threshold),
    CONSTRAINT policy_step_policy_fkey FOREIGN KEY (policy) REFERENCES policy ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT policy_step_threshold_check CHECK (threshold > '-Infinity' AND threshold < 'Infinity'),
    CONSTRAINT policy_step_amount_check CHECK (amount >= 0 AND amount < 'Infinity')
);

CREATE TABLE policy_tier (
    policy text NOT NULL,
    tier   text NOT NULL,
    amount numeric NOT NULL,
    CONSTRAINT policy_tier_pkey PRIMARY KEY (policy, tier),
    CONSTRAINT policy_tier_policy_fkey FOREIGN KEY (policy) REFERENCES policy ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT policy_tier_amount_check CHECK (amount >= 0 AND amount < 'Infinity')
);

COMMENT ON TABLE policy IS '惠企政策 policies: who is entitled to how much, and what they may cost';
COMMENT ON COLUMN policy.policy IS '政策代码 code';
COMMENT ON COLUMN policy.title IS '政策名称 title';
COMMENT ON COLUMN policy.department IS '主管部门 department';
COMMENT ON COLUMN policy.condition IS '享受条件 condition over the columns of the firms';
COMMENT ON COLUMN policy.form IS
    '兑现方式 fixed（定额）, steps（分档）, tier（按等级）or share（按比例；1 matches one to one）';
COMMENT ON COLUMN policy.amount IS '定额 the amount, of the form fixed';
COMMENT ON COLUMN policy.base IS '计算基数 column that steps and share look at; of the form tier the column of tiers';
COMMENT ON COLUMN policy.share IS '比例 share of the base';
COMMENT ON COLUMN policy.at_least IS '最低金额 a firm that gets something gets at least this';
COMMENT ON COLUMN policy.at_most IS '最高金额 a firm gets at most this';
COMMENT ON COLUMN policy.unit IS '取整单位 amounts are rounded down to a multiple of it';
COMMENT ON COLUMN policy.series IS '同类政策 of policies of one series a firm gets the one that gives most（就高不重复）';
COMMENT ON COLUMN policy.cap_by IS '限额对象 column of the firms; rows that have the same value share the cap';
COMMENT ON COLUMN policy.cap IS '合计上限 what such rows get together at most';
COMMENT ON COLUMN policy.budget IS '预算 what all firms get together at most; NULL: no bound';
COMMENT ON COLUMN policy.priority IS '兑现次序 column by which caps and budget are spent';
COMMENT ON COLUMN policy.ascending IS '升序 whether the lowest value, such as the earliest day, comes first';
COMMENT ON COLUMN policy.valid_from IS '生效日 first day; NULL: always';
COMMENT ON COLUMN policy.valid_to IS '截止日 last day; NULL: for ever';
COMMENT ON COLUMN policy.source IS '依据 where the policy stands';
COMMENT ON TABLE policy_step IS '分档标准 steps of a policy of the form steps';
COMMENT ON COLUMN policy_step.policy IS '政策代码 policy';
COMMENT ON COLUMN policy_step.threshold IS '起点 value of the base from which the step counts, itself included';
COMMENT ON COLUMN policy_step.amount IS '金额 amount';
COMMENT ON TABLE policy_tier IS '等级标准 amounts of a policy of the form tier';
COMMENT ON COLUMN policy_tier.policy IS '政策代码 policy';
COMMENT ON COLUMN policy_tier.tier IS '等级 value of the base';
COMMENT ON COLUMN policy_tier.amount IS '金额 amount';

SELECT _innovation_score.dump_table('policy', 30, 'true');
SELECT _innovation_score.dump_table('policy_step', 31, 'n.policy IN (SELECT p.policy FROM policy p)');
SELECT _innovation_score.dump_table('policy_tier', 32, 'n.policy IN (SELECT p.policy FROM policy p)');

CREATE TYPE entitlement AS (
    entity   text,
    policy   text,
    title    text,
    status   text,
    amount   numeric,
    place    bigint,
    granted  numeric,
    reason   text
);

COMMENT ON TYPE entitlement IS '应享政策 what a firm is entitled to by a policy, and what of it is paid';
COMMENT ON COLUMN entitlement.entity IS '企业 firm, as key text';
COMMENT ON COLUMN entitlement.policy IS '政策代码 policy';
COMMENT ON COLUMN entitlement.title IS '政策名称 title of the policy';
COMMENT ON COLUMN entitlement.status IS
    '状态 full（全额）, part（部分）, exhausted（预算或限额已用完）, superseded（同类就高）, unknown（数据缺失，无法核定）';
COMMENT ON COLUMN entitlement.amount IS '应享金额 amount by the policy, before caps of groups and the budget';
COMMENT ON COLUMN entitlement.place IS '次序 place in the order in which the budget is spent, 1 = first';
COMMENT ON COLUMN entitlement.granted IS '兑现金额 what caps of groups and the budget leave of it';
COMMENT ON COLUMN entitlement.reason IS '理由 how it came about';

-- What is no number; what to_jsonb() writes of NaN and the infinities is unknown.
CREATE FUNCTION _innovation_score.policy_base(firm jsonb, name text, policy text) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF firm ->> name NOT IN ('NaN', 'Infinity', '-Infinity') THEN
        RAISE EXCEPTION 'base of policy "%" is not a number: % of firm "%" is %', policy, name, firm ->> 'entity', firm -> name
            USING ERRCODE = 'datatype_mismatch';
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _innovation_score.policy_base(jsonb, text, text) IS
    'internal: NULL for a base that is unknown, an error for one that is no number';

-- How an amount came about. Inlined, which takes that there is no SET clause, and that they are not said to be immutable:
-- concat() is not.
CREATE FUNCTION _innovation_score.policy_reason_zh(form text, base text, value text, step numeric, plain numeric, share numeric,
                                                   at_least numeric, at_most numeric) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN plain IS NULL THEN '缺少' || base
            ELSE CASE form WHEN 'fixed' THEN concat('定额', trim_scale(plain))
                           WHEN 'tier' THEN concat(base, '为', value, '，标准', trim_scale(plain))
                           WHEN 'share' THEN concat(base, '为', value, '，按', trim_scale(share * 100), '%计为', trim_scale(plain))
                           ELSE concat(base, '为', value, '，', CASE WHEN step IS NULL THEN '低于最低档'
                                                                      ELSE concat('达到', trim_scale(step), '档，标准', trim_scale(plain)) END) END
                 || CASE WHEN plain > at_most THEN concat('，最高', trim_scale(at_most))
                         WHEN plain > 0 AND plain < at_least THEN concat('，最低', trim_scale(at_least)) ELSE '' END END;

CREATE FUNCTION _innovation_score.policy_reason_en(form text, base text, value text, step numeric, plain numeric, share numeric,
                                                   at_least numeric, at_most numeric) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN plain IS NULL THEN base || ' is missing'
            ELSE CASE form WHEN 'fixed' THEN concat('fixed amount ', trim_scale(plain))
                           WHEN 'tier' THEN concat(base, ' ', value, ': ', trim_scale(plain))
                           WHEN 'share' THEN concat(trim_scale(share * 100), '% of ', base, ' ', value, ': ', trim_scale(plain))
                           ELSE concat(base, ' ', value, CASE WHEN step IS NULL THEN ' is below the lowest step'
                                                              ELSE concat(' reaches the step ', trim_scale(step), ': ', trim_scale(plain)) END) END
                 || CASE WHEN plain > at_most THEN concat(', at most ', trim_scale(at_most))
                         WHEN plain > 0 AND plain < at_least THEN concat(', at least ', trim_scale(at_least)) ELSE '' END END;

COMMENT ON FUNCTION _innovation_score.policy_reason_zh(text, text, text, numeric, numeric, numeric, numeric, numeric) IS
    'internal: how an amount came about, in Chinese';
COMMENT ON FUNCTION _innovation_score.policy_reason_en(text, text, text, numeric, numeric, numeric, numeric, numeric) IS
    'internal: how an amount came about, in English';

-- What is left of a sum for those at a place, when those before have had theirs: all, nothing,
-- or in the last place the same share for each of those who tie.
CREATE FUNCTION _innovation_score.in_turn(amount numeric, before numeric, tied numeric, limit_to numeric, unit numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN limit_to IS NULL OR before + tied <= limit_to THEN amount
            WHEN before >= limit_to OR tied = 0 THEN 0
            ELSE div((limit_to - before) * amount, tied * unit) * unit END;

COMMENT ON FUNCTION _innovation_score.in_turn(numeric, numeric, numeric, numeric, numeric) IS
    'internal: what of an amount is paid in turn from a limited sum';

-- Numbers are read from the columns themselves, floats by their shortest digits, as JSON writes them; what is of another
-- type is judged value by value.
CREATE FUNCTION _innovation_score.column_number(firms regclass, name text, otherwise text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN format('f.%I::numeric', a.attname)
                WHEN a.atttypid IN ('numeric'::regtype, 'float4'::regtype, 'float8'::regtype)
                THEN format('CASE WHEN f.%1$I > ''-Infinity'' AND f.%1$I < ''Infinity'' THEN %2$s END', a.attname,
                            format(CASE a.atttypid WHEN 'numeric'::regtype THEN 'f.%I' ELSE 'innovation_score.key_text(f.%I)::numeric' END, a.attname))
                ELSE format('CASE pg_catalog.jsonb_typeof(j.firm -> %1$L) WHEN ''number'' THEN (j.firm ->> %1$L)::numeric '
                            'WHEN ''null'' THEN NULL ELSE %2$s END', a.attname, otherwise) END
    FROM pg_attribute a WHERE a.attrelid = firms AND a.attname = name AND a.attnum > 0 AND NOT a.attisdropped
$$;

CREATE FUNCTION _innovation_score.firm_columns(firms regclass, names text[], numbers text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(format('f.%I', a.attname), ', ' ORDER BY a.attnum)
    FROM pg_attribute a
    WHERE a.attrelid = firms AND a.attnum > 0 AND NOT a.attisdropped
      AND (a.attname = ANY (ARRAY['entity'] || names)
           OR a.attname = ANY (numbers)
              AND a.atttypid NOT IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'float4'::regtype, 'float8'::regtype))
$$;

COMMENT ON FUNCTION _innovation_score.column_number(regclass, text, text) IS
    'internal: SQL text of a column of a firm f as a number; otherwise, of what is no number in the object j.firm';
COMMENT ON FUNCTION _innovation_score.firm_columns(regclass, text[], text[]) IS
    'internal: SQL text of the columns that are put into the object of a firm: entity, those named, and numbers that column_number does not read directly';

-- The amount of a policy before its bounds as an expression over c.firm, where c.value is the
-- base and c.number the base as a number.
CREATE FUNCTION _innovation_score.policy_expression(firms regclass, rule policy, OUT number text, OUT step text, OUT plain text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    thresholds numeric[];
    amounts numeric[];
BEGIN
    number := CASE WHEN rule.form IN ('steps', 'share')
                   THEN _innovation_score.column_number(firms, rule.base, format('_innovation_score.policy_base(j.firm, %L, %L)', rule.base, rule.policy))
                   ELSE 'NULL::numeric' END;
    step := 'NULL::numeric';
    IF rule.form = 'fixed' THEN
        plain := format('%L::numeric', rule.amount);
    ELSIF rule.form = 'share' THEN
        plain := format('%L::numeric * CASE WHEN c.number < 0 THEN 0 ELSE c.number END', rule.share);
    ELSIF rule.form = 'tier' THEN
        plain := format('CASE WHEN c.value IS NOT NULL THEN COALESCE((%L::jsonb ->> c.value)::numeric, 0) END',
                        (SELECT COALESCE(jsonb_object_agg(t.tier, t.amount), '{}') FROM policy_tier t WHERE t.policy = rule.policy));
    ELSE
        SELECT COALESCE(array_agg(s.threshold ORDER BY s.threshold), '{}'), COALESCE(array_agg(s.amount ORDER BY s.threshold), '{}')
        INTO thresholds, amounts FROM policy_step s WHERE s.policy = rule.policy;
        IF thresholds = '{}' THEN
            plain := 'CASE WHEN c.number IS NOT NULL THEN 0::numeric END';
        ELSE
            step := format('(%1$L::numeric[])[pg_catalog.width_bucket(c.number, %1$L::numeric[])]', thresholds);
            plain := format('CASE WHEN c.number IS NOT NULL THEN COALESCE((%L::numeric[])[pg_catalog.width_bucket(c.number, %L::numeric[])], 0) END',
                            amounts, thresholds);
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.policy_expression(regclass, policy) IS
    'internal: SQL texts of the base, the step and the amount of a policy before its bounds';

CREATE FUNCTION _innovation_score.policies_of(day date, policies text[]) RETURNS SETOF policy
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT p.* FROM policy p
    WHERE COALESCE(p.valid_from, '-infinity') <= day AND day <= COALESCE(p.valid_to, 'infinity')
      AND (policies IS NULL OR p.policy = ANY (policies))
$$;

COMMENT ON FUNCTION _innovation_score.policies_of(date, text[]) IS 'internal: the policies that are asked for and valid on a day';

CREATE FUNCTION _innovation_score.check_policy_firms(firms regclass, day date, policies text[], only_entity text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    wanted record;
    culprit text;
BEGIN
    IF firms IS NULL OR day IS NULL THEN
        RAISE EXCEPTION '% must not be null', CASE WHEN firms IS NULL THEN 'firms' ELSE 'day' END
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    culprit := (SELECT min(u COLLATE "C") FROM unnest(policies) u WHERE u NOT IN (SELECT p.policy FROM policy p));
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'unknown policy "%"', culprit
            USING ERRCODE = 'invalid_parameter_value', HINT = 'See the table innovation_score.policy.';
    END IF;
    FOR wanted IN
        SELECT 'entity' AS name, NULL AS policy, NULL AS what
        UNION ALL SELECT v.name, p.policy, v.what FROM _innovation_score.policies_of(day, policies) p
        CROSS JOIN LATERAL (VALUES (CASE WHEN p.budget IS NOT NULL OR p.cap IS NOT NULL THEN p.priority END, 'priority'),
                                   (p.cap_by, 'cap_by'), (p.base, 'base')) v(name, what)
        WHERE v.name IS NOT NULL
        ORDER BY policy NULLS FIRST, what
    LOOP
        IF NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = firms AND a.attname = wanted.name AND a.attnum > 0
                                                        AND NOT a.attisdropped) THEN
            RAISE EXCEPTION 'firms % have no column "%"', firms, wanted.name
                USING ERRCODE = 'undefined_column',
                      DETAIL = CASE WHEN wanted.policy IS NULL THEN 'It tells the firms apart.'
                                    ELSE format('Policy "%s" asks for it (%s).', wanted.policy, wanted.what) END;
        END IF;
    END LOOP;
    SELECT p.policy, n.name INTO wanted
    FROM _innovation_score.policies_of(day, policies) p CROSS JOIN LATERAL _innovation_score.condition_names(p.condition) n
    WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = firms AND a.attname = n.name AND a.attnum > 0 AND NOT a.attisdropped)
    ORDER BY p.policy COLLATE "C", n.name COLLATE "C" LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'policy "%": unknown name in a condition: %', wanted.policy, wanted.name
            USING ERRCODE = 'undefined_column', HINT = format('It must be a column of %s.', firms);
    END IF;
    IF only_entity IS NULL THEN
        EXECUTE format('SELECT innovation_score.key_text(f.entity) FROM %s f GROUP BY 1 HAVING count(*) > 1 '
                       'ORDER BY innovation_score.key_text(f.entity) COLLATE "C" LIMIT 1', firms) INTO culprit;
        IF culprit IS NOT NULL THEN
            RAISE EXCEPTION 'firm "%" has more than one row in %', culprit, firms USING ERRCODE = 'unique_violation';
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_policy_firms(regclass, date, text[], text) IS
    'internal: an error where firms lack what policies ask for, or one has two rows';

-- The firms that meet the condition of a policy, or may, and the amounts before what they share, as a query q with the rule as
-- constants. Priorities are compared as numbers, negated where the lowest comes first, or else as JSON, which takes much longer.
CREATE FUNCTION _innovation_score.policy_query(firms regclass, rule policy, number bigint, only_entity text, OUT claims text, OUT zh text, OUT en text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    expression record;
    arguments text := format('(%L, %L, COALESCE(pg_catalog.trim_scale(q.number)::text, q.value), q.step, q.plain, %L, %L, %L)',
                             rule.form, rule.base, rule.share, rule.at_least, rule.at_most);
BEGIN
    SELECT * INTO expression FROM _innovation_score.policy_expression(firms, rule);
    claims := format(
        'SELECT a.entity, %1$s AS n, a.met, a.value, a.number, a.step, a.plain, '
        'pg_catalog.div(CASE WHEN a.plain > %4$L::numeric THEN %4$L::numeric '
        'WHEN a.plain > 0 AND a.plain < %5$L::numeric THEN %5$L::numeric ELSE a.plain END, %6$L::numeric) * %6$L::numeric AS amount, '
        'a.priority, %7$s, a.cap_key, %8$L::numeric AS cap, %9$L::numeric AS budget, %6$L::numeric AS unit '
        'FROM (SELECT c.*, CASE WHEN c.met THEN %2$s END AS step, CASE WHEN c.met THEN %3$s END AS plain '
        'FROM (SELECT innovation_score.key_text(f.entity) AS entity, m.met, j.firm ->> %10$L AS value, CASE WHEN m.met THEN %11$s END AS number, '
        '%12$s AS priority, CASE WHEN pg_catalog.jsonb_typeof(j.firm -> %13$L) NOT IN (''number'', ''null'') THEN j.firm -> %13$L END AS other, j.firm ->> %14$L AS cap_key '
        'FROM %15$s f CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(w) AS firm FROM (SELECT %16$s) w OFFSET 0) j '
        'CROSS JOIN LATERAL (SELECT innovation_score.condition_holds(%17$L, j.firm) AS met OFFSET 0) m '
        'WHERE f.entity IS NOT NULL AND m.met IS NOT FALSE%18$s OFFSET 0) c) a',
        number, expression.step, expression.plain, rule.at_most, rule.at_least, rule.unit,
        CASE WHEN rule.ascending THEN 'NULL::jsonb AS other_falling, a.other AS other_rising' ELSE 'a.other AS other_falling, NULL::jsonb AS other_rising' END,
        rule.cap, rule.budget, CASE rule.form WHEN 'tier' THEN rule.base END, expression.number,
        COALESCE(_innovation_score.column_number(firms, rule.priority, 'NULL'), 'NULL::numeric') || CASE WHEN rule.ascending THEN ' * -1' ELSE '' END,
        rule.priority, rule.cap_by, firms,
        _innovation_score.firm_columns(firms, ARRAY(SELECT n.name FROM _innovation_score.condition_names(rule.condition) n) || rule.cap_by
                                              || CASE rule.form WHEN 'tier' THEN rule.base END, ARRAY[rule.base, rule.priority]),
        rule.condition, ' AND f.entity = ' || quote_literal(only_entity));
    zh := '_innovation_score.policy_reason_zh' || arguments;
    en := '_innovation_score.policy_reason_en' || arguments;
END
$$;

COMMENT ON FUNCTION _innovation_score.policy_query(regclass, policy, bigint, text) IS
    'internal: SQL texts of who meets a policy, or may, with the amounts before what they share, and of how these came about';

-- A policy alone, or all of a series, which are compared first, is one query: firms are sorted by priority once, and once
-- more where caps are spent; what ties is a frame of the same order. Reasons are written last.
CREATE FUNCTION entitlements(firms regclass, day date DEFAULT CURRENT_DATE, policies text[] DEFAULT NULL) RETURNS SETOF entitlement
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 100000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET jit = off SET enable_memoize = off AS $$
DECLARE
    rules record;
    by_priority text := 'PARTITION BY s.n, s.good ORDER BY s.priority DESC NULLS LAST, s.other_falling DESC NULLS LAST, s.other_rising';
    query text;
BEGIN
    PERFORM _innovation_score.check_policy_firms(firms, day, policies, NULL);
    FOR rules IN
        SELECT string_agg(q.claims, ' UNION ALL ') AS claims, string_agg(format('"%s"', p.policy), ', ') AS names, p.series IS NOT NULL AS compared,
               string_agg(format('WHEN %s THEN %L', p.number, p.policy), ' ' ORDER BY p.number) AS policy,
               string_agg(format('WHEN %s THEN %L', p.number, p.title), ' ' ORDER BY p.number) AS title,
               string_agg(format('WHEN %s THEN %s', p.number, q.zh), ' ' ORDER BY p.number) AS zh,
               string_agg(format('WHEN %s THEN %s', p.number, q.en), ' ' ORDER BY p.number) AS en,
               string_agg(format('WHEN %s THEN %L', p.number, p.cap_by), ' ' ORDER BY p.number) AS cap_by, count(p.cap) > 0 AS capped, count(p.budget) > 0 AS budgeted,
               format('同类政策（%s）就高不重复 | another policy of the series %s gives as much or more', p.series, p.series) AS superseded
        FROM (SELECT r.*, row_number() OVER (ORDER BY r.policy COLLATE "C") AS number FROM _innovation_score.policies_of(day, policies) r) p
        CROSS JOIN LATERAL _innovation_score.policy_query(firms, ROW(p.policy, p.title, p.department, p.condition, p.form, p.amount, p.base, p.share, p.at_least,
            p.at_most, p.unit, p.series, p.cap_by, p.cap, p.budget, p.priority, p.ascending, p.valid_from, p.valid_to, p.source)::policy, p.number, NULL) q
        GROUP BY p.series, CASE WHEN p.series IS NULL THEN p.number END
        ORDER BY min(p.number)
    LOOP
        query := format('SELECT c.*, c.met AND c.amount IS NOT NULL AS known, %s AS superseded FROM (%s) c',
                        CASE WHEN rules.compared THEN '1 < pg_catalog.row_number() OVER (PARTITION BY c.entity COLLATE "C" ORDER BY c.amount DESC NULLS LAST, c.n)'
                             ELSE 'false' END, rules.claims);
        query := format('SELECT c.*, COALESCE(c.known AND NOT c.superseded AND c.amount > 0, false) AS good FROM (%s) c', query);
        query := format('SELECT s.*, pg_catalog.rank() OVER (%s) AS place FROM (%s) s', by_priority, query);
        query := CASE WHEN rules.capped THEN
            format('SELECT s.*, CASE WHEN s.cap_key IS NULL THEN s.amount '
                   'ELSE _innovation_score.in_turn(s.amount, pg_catalog.sum(s.amount) OVER w - pg_catalog.sum(s.amount) OVER tied, pg_catalog.sum(s.amount) OVER tied, s.cap, s.unit) END AS within_cap '
                   'FROM (%s) s WINDOW w AS (PARTITION BY s.n, s.good, s.cap_key ORDER BY s.place), tied AS (w RANGE CURRENT ROW)', query)
            ELSE format('SELECT s.*, s.amount AS within_cap FROM (%s) s', query) END;
        query := CASE WHEN rules.budgeted THEN
            format('SELECT s.*, _innovation_score.in_turn(s.within_cap, pg_catalog.sum(s.within_cap) OVER w - pg_catalog.sum(s.within_cap) OVER tied, pg_catalog.sum(s.within_cap) OVER tied, '
                   's.budget, s.unit) AS granted FROM (%s) s WINDOW w AS (%s), tied AS (w RANGE CURRENT ROW)', query, by_priority)
            ELSE format('SELECT s.*, s.within_cap AS granted FROM (%s) s', query) END;
        BEGIN
            RETURN QUERY EXECUTE format(
                'SELECT q.entity, CASE q.n %2$s END, CASE q.n %3$s END, '
                'CASE WHEN q.good THEN CASE WHEN q.granted = q.amount THEN ''full'' WHEN q.granted > 0 THEN ''part'' ELSE ''exhausted'' END WHEN q.known THEN ''superseded'' ELSE ''unknown'' END, '
                'q.amount, CASE WHEN q.good THEN q.place END, CASE WHEN q.good THEN q.granted WHEN q.known THEN 0 END, '
                'CASE WHEN q.good THEN pg_catalog.concat(CASE q.n %4$s END%6$s%7$s, '' | '', CASE q.n %5$s END%8$s%9$s) WHEN q.known THEN %10$L '
                'WHEN q.met THEN pg_catalog.concat(CASE q.n %4$s END, '' | '', CASE q.n %5$s END) '
                'ELSE ''数据缺失，条件无法核定 | data are missing, the condition cannot be checked'' END '
                'FROM (%1$s) q WHERE q.good OR NOT q.known IS TRUE OR q.superseded AND q.amount > 0',
                query, rules.policy, rules.title, rules.zh, rules.en,
                CASE WHEN rules.capped THEN ', CASE WHEN q.within_cap < q.amount THEN pg_catalog.concat(''；'', CASE q.n ' || rules.cap_by || ' END, ''合计上限'', pg_catalog.trim_scale(q.cap), ''，可得'', pg_catalog.trim_scale(q.within_cap)) END' END,
                CASE WHEN rules.budgeted THEN ', CASE WHEN q.granted < q.within_cap THEN pg_catalog.concat(''；第'', q.place, ''位，预算'', pg_catalog.trim_scale(q.budget), ''，可得'', pg_catalog.trim_scale(q.granted)) END' END,
                CASE WHEN rules.capped THEN ', CASE WHEN q.within_cap < q.amount THEN pg_catalog.concat(''; cap '', pg_catalog.trim_scale(q.cap), '' by '', CASE q.n ' || rules.cap_by || ' END, '' leaves '', pg_catalog.trim_scale(q.within_cap)) END' END,
                CASE WHEN rules.budgeted THEN ', CASE WHEN q.granted < q.within_cap THEN pg_catalog.concat(''; place '', q.place, '', the budget of '', pg_catalog.trim_scale(q.budget), '' leaves '', pg_catalog.trim_scale(q.granted)) END' END,
                rules.superseded);
        EXCEPTION WHEN undefined_column OR datatype_mismatch THEN
            IF SQLERRM LIKE 'base of policy %' THEN
                RAISE;
            END IF;
            RAISE EXCEPTION 'policy %: %', rules.names, SQLERRM USING ERRCODE = SQLSTATE;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION entitlements(regclass, date, text[]) IS
    'what each firm is entitled to by the policies that are valid on a day, what caps and budgets leave of it, and why';

CREATE FUNCTION entitlements_of(firms regclass, entity text, day date DEFAULT CURRENT_DATE, policies text[] DEFAULT NULL)
RETURNS TABLE (policy text, title text, amount numeric, reason text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET jit = off SET enable_memoize = off AS $$
#variable_conflict use_column
DECLARE
    rule policy;
    query record;
BEGIN
    PERFORM _innovation_score.check_policy_firms(firms, day, policies, COALESCE($2, ''));
    FOR rule IN
        SELECT p.* FROM _innovation_score.policies_of(day, policies) p ORDER BY p.policy COLLATE "C"
    LOOP
        SELECT * INTO query FROM _innovation_score.policy_query(firms, rule, 1, COALESCE($2, ''));
        BEGIN
            RETURN QUERY EXECUTE format(
                'SELECT %L::text, %L::text, q.amount, CASE WHEN q.met THEN pg_catalog.concat(%s, '' | '', %s) '
                'ELSE ''数据缺失，条件无法核定 | data are missing, the condition cannot be checked'' END FROM (%s) q WHERE q.amount > 0 OR q.amount IS NULL',
                rule.policy, rule.title, query.zh, query.en, query.claims);
        EXCEPTION WHEN undefined_column OR datatype_mismatch THEN
            IF SQLERRM LIKE 'base of policy %' THEN
                RAISE;
            END IF;
            RAISE EXCEPTION 'policy "%": %', rule.policy, SQLERRM USING ERRCODE = SQLSTATE;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION entitlements_of(regclass, text, date, text[]) IS
    'what a firm is entitled to by the policies that are valid on a day, before it shares caps and budgets with others';

CREATE FUNCTION policy_costs(firms regclass, day date DEFAULT CURRENT_DATE, policies text[] DEFAULT NULL)
RETURNS TABLE (policy text, title text, firms bigint, amount numeric, granted numeric, budget numeric, remaining numeric,
               shortfall numeric, last_place bigint, unknown bigint)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 20
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT p.policy, p.title, count(e.place), COALESCE(sum(e.amount) FILTER (WHERE e.place IS NOT NULL), 0), COALESCE(sum(e.granted), 0),
           p.budget, p.budget - COALESCE(sum(e.granted), 0),
           COALESCE(sum(e.amount) FILTER (WHERE e.place IS NOT NULL), 0) - COALESCE(sum(e.granted), 0),
           max(e.place) FILTER (WHERE e.granted > 0), count(*) FILTER (WHERE e.status = 'unknown')
    FROM _innovation_score.policies_of($2, $3) p LEFT JOIN entitlements($1, $2, $3) e ON e.policy = p.policy
    GROUP BY p.policy, p.title, p.budget
    ORDER BY p.policy COLLATE "C"
$$;

COMMENT ON FUNCTION policy_costs(regclass, date, text[]) IS
    'what each policy that is valid on a day costs, and the last place that its budget reaches';

-- proposal: which column of a source is which indicator. Words by which indicators are known are rows
-- that users extend; what is proposed is for a person to look at, and is never run by itself.

CREATE TABLE indicator_synonym (
    indicator text NOT NULL,
    word      text NOT NULL,
    never     boolean NOT NULL DEFAULT false,
    shipped   boolean NOT NULL DEFAULT false,
    CONSTRAINT indicator_synonym_pkey PRIMARY KEY (indicator, word),
    CONSTRAINT indicator_synonym_word_check CHECK (word <> '')
);

COMMENT ON TABLE indicator_synonym IS '指标别名 words by which columns of indicators and components are known, for propose_mapping()';
COMMENT ON COLUMN indicator_synonym.indicator IS '指标 code of the indicator, or of a component of formulas';
COMMENT ON COLUMN indicator_synonym.word IS '词 word that the name or the comment of a column holds';
COMMENT ON COLUMN indicator_synonym.never IS '排除 whether a column that holds it is something else';
COMMENT ON COLUMN indicator_synonym.shipped IS 'whether it comes with the extension, and is not dumped';


SELECT _innovation_score.dump_table('indicator_synonym', 11.6, 'true', 'WHERE NOT shipped');

INSERT INTO indicator_synonym (indicator, word, never, shipped)
SELECT v.indicator, w.word, v.never, true
FROM (VALUES
    ('rd_expense', false, '研发费用,研究开发费用,研究与开发费用,研发经费,研发投入,研发支出,R&D经费内部支出'),
    ('rd_expense', true, '加计扣除,增速,占比,委托'),
    ('rd_expense_growth', false, '研发费用增速,研发费用增长率,研发投入增长率,研发经费增长率,研发费用同比增长,研发投入增幅'),
    ('rd_intensity', false, '研发费用占比,研发费用占营业收入,研发投入强度,研发强度,研发投入占比,研发费用占销售收入'),
    ('rd_staff_share', false, '科技人员占比,科技人员占职工总数,科技人员比例,研发人员占比,研发人员比例,科技活动人员占比'),
    ('invention_patents', false, '发明专利申请量,发明专利申请数,申请发明专利,发明专利数,发明申请量,发明专利受理量'),
    ('invention_patents', true, '授权,拥有,有效,PCT,实用新型'),
    ('pct_patents', false, 'PCT专利申请量,PCT申请量,PCT国际专利申请,PCT国际申请,通过PCT途径,国际专利申请量'),
    ('pct_patents', true, '授权'),
    ('tech_contract_value', false, '技术合同成交额,技术合同成交金额,技术合同额,技术合同登记额,认定登记技术合同额,成交额,技术交易额'),
    ('tech_contract_value', true, '买方,吸纳,输入'),
    ('hitech_revenue', false, '高新技术产品收入,高新技术产品（服务）收入,高品收入,高新产品收入,高新技术产品销售收入,高新收入'),
    ('hitech_revenue', true, '占比'),
    ('revenue', false, '营业收入,营业总收入,营收,销售收入,营业额,企业总收入,收入总额,主营业务收入'),
    ('revenue', true, '高新,增长,占,成本,人均,其他'),
    ('revenue_growth', false, '营业收入增长率,营收增长率,营收增速,营业收入同比增长,销售收入增长率,主营业务收入增长率'),
    ('postgraduate_share', false, '研究生以上人员占比,研究生及以上学历占比,研究生占比,硕士及以上占比,硕士以上人员比例,硕博占比'),
    ('rd_tax_relief', false, '研发费用加计扣除所得税减免额,研发费用加计扣除减免税额,加计扣除减免所得税,加计扣除减免额,减免所得税额,加计扣除优惠额'),
    ('rd_tax_relief', true, '加计扣除额,高新技术企业减免'),
    ('net_asset_margin', false, '净资产利润率,净资产收益率,ROE,净资产报酬率,股东权益报酬率,权益净利率'),
    ('graduates_hired', false, '吸纳应届毕业生人数,应届毕业生,吸纳高校应届毕业生,招收应届毕业生,录用应届毕业生,应届生人数'),
    ('rd_platforms', false, '省级及以上研发平台,创新平台,研发平台,研发机构,重点实验室,工程技术研究中心,企业技术中心'),
    ('rd_platforms', true, '人员,经费'),
    ('science_awards', false, '省级及以上科技奖励,科技奖励,科学技术奖,科技进步奖,技术发明奖,省部级以上奖项'),
    ('science_awards', true, '资金'),
    ('science_projects', false, '省级及以上科技计划项目,科技计划项目,科研项目,承担科技项目数,重点研发计划,课题数'),
    ('science_projects', true, '经费'),
    ('venture_capital', false, '获得风险投资金额,风险投资,创业投资,股权融资额,融资金额,创投金额,获投金额'),
    ('venture_capital', true, '债权,贷款'),
    ('rd_staff', false, '科技人员,科技人员数,研发人员,研发人员数,科技活动人员'),
    ('rd_staff', true, '占,比例'),
    ('staff', false, '职工总数,从业人员,参保人数,职工人数,员工总数'),
    ('postgraduates', false, '研究生以上人员,研究生及以上学历人员,研究生人数,硕士及以上人数,博士+硕士,硕士+博士,硕博人数'),
    ('postgraduates', true, '占,比例'),
    ('doctors', false, '博士,博士人数,博士研究生'),
    ('doctors', true, '占,比例,博士后,硕士'),
    ('masters', false, '硕士,硕士人数,硕士研究生'),
    ('masters', true, '占,比例,以上,博士'),
    ('net_profit', false, '净利润'),
    ('net_profit', true, '率'),
    ('net_assets', false, '净资产,所有者权益合计,股东权益合计'),
    ('net_assets', true, '率')
) AS v(indicator, never, words) CROSS JOIN LATERAL unnest(string_to_array(v.words, ',')) AS w(word);

-- A name as it is compared: without blanks, brackets and what is in them.
CREATE FUNCTION _innovation_score.plain_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
    SELECT lower(regexp_replace(regexp_replace(translate(name, '（）', '()'), '\([^()]*\)|单位.*$', '', 'g'), '[[:space:]_、，,：:]', '', 'g'))
$$;

-- Of 1: the same; the word in the name, by how much of it it is; the name in the word; else pairs of characters in common.
CREATE FUNCTION _innovation_score.name_likeness(name text, word text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN n = '' OR w = '' THEN 0 WHEN n = w THEN 1
                WHEN length(w) > 1 AND strpos(n, w) > 0 THEN round(0.6 + 0.35 * length(w) / length(n), 2)
                WHEN length(n) > 2 AND strpos(w, n) > 0 THEN round(0.5 + 0.35 * length(n) / length(w), 2)
                WHEN length(n) < 2 OR length(w) < 2 THEN 0
                ELSE round(0.9 * 2 * (SELECT count(*) FROM (SELECT substr(n, g, 2) FROM generate_series(1, length(n) - 1) g
                                                            INTERSECT ALL
                                                            SELECT substr(w, g, 2) FROM generate_series(1, length(w) - 1) g) s)
                           / (length(n) + length(w) - 2), 2) END
    FROM (SELECT lower(name) AS n, lower(regexp_replace(word, '[[:space:]_（）()]', '', 'g')) AS w) p
$$;

COMMENT ON FUNCTION _innovation_score.plain_name(text) IS 'internal: a name or comment of a column as it is compared with words';
COMMENT ON FUNCTION _innovation_score.name_likeness(text, text) IS 'internal: how much a name is like a word, 0 to 1';

-- A unit that a name or comment tells: behind 单位, in brackets, or at the end.
CREATE FUNCTION _innovation_score.told_unit(told text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT u.unit
    FROM (VALUES (1, substring(told FROM '单位[：: ]*([^，,。；;、)） ]+)')),
                 (2, substring(told FROM '[（(]([^（()）]+)[)）]')),
                 (3, substring(told FROM '_([^_]+)$'))) AS u(place, unit)
    WHERE parse_number('1' || u.unit) IS NOT NULL AND u.unit !~ '^[0-9.,]'
    ORDER BY u.place LIMIT 1
$$;

-- In what a unit of a scheme counts: 比率（1 = 100%） is a plain number.
CREATE FUNCTION _innovation_score.counted_unit(unit text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN unit ~ '^(比率|ratio)' THEN '' ELSE COALESCE(unit, '') END
$$;

-- As it is written in an expression.
CREATE FUNCTION _innovation_score.written_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN name ~ '[ -/:-@A-Z[-^`{-~]' OR name ~ '^[0-9$]' OR name ~ '^[a-z0-9_]*$' THEN quote_ident(name) ELSE name END
$$;

COMMENT ON FUNCTION _innovation_score.told_unit(text) IS 'internal: the unit that a name or comment of a column tells, or NULL';
COMMENT ON FUNCTION _innovation_score.counted_unit(text) IS 'internal: the unit of an indicator as parse_number() takes it';
COMMENT ON FUNCTION _innovation_score.written_name(text) IS 'internal: a column in an expression, quoted where it must be';

CREATE TYPE _innovation_score.proposed_column AS (
    code text, name text, type oid, likeness numeric, why text, unit text, factor numeric, expression text, runner_up text
);

COMMENT ON TYPE _innovation_score.proposed_column IS 'internal: a column that is proposed for an indicator or component';
COMMENT ON COLUMN _innovation_score.proposed_column.code IS 'indicator or component';
COMMENT ON COLUMN _innovation_score.proposed_column.name IS 'column';
COMMENT ON COLUMN _innovation_score.proposed_column.type IS 'its type';
COMMENT ON COLUMN _innovation_score.proposed_column.likeness IS 'how much it is like, 0 to 1';
COMMENT ON COLUMN _innovation_score.proposed_column.why IS 'why';
COMMENT ON COLUMN _innovation_score.proposed_column.unit IS 'unit that was found';
COMMENT ON COLUMN _innovation_score.proposed_column.factor IS 'by which it is multiplied';
COMMENT ON COLUMN _innovation_score.proposed_column.expression IS 'expression in the unit of the indicator';
COMMENT ON COLUMN _innovation_score.proposed_column.runner_up IS 'the next one, if it is close';

-- Every wanted code gets the column that is most like it, and every column goes to one code.
CREATE FUNCTION _innovation_score.propose_columns(scheme text, source regclass, minimum numeric) RETURNS SETOF proposed_column
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
DECLARE
    pairs proposed_column[];
    pair proposed_column;
    codes text[] := '{}';
    names text[] := '{}';
BEGIN
    pairs := ARRAY(
        WITH wanted AS (
            SELECT i.indicator AS code, i.indicator AS name, i.title, i.unit, i.formula IS NOT NULL AS derived, false AS earlier
            FROM indicator i WHERE i.scheme = propose_columns.scheme
            UNION
            SELECT concat_ws('.', n.qualifier, n.name), n.name, o.title, o.unit, false, n.qualifier IS NOT NULL
            FROM indicator i CROSS JOIN LATERAL _innovation_score.expression_names(i.formula, 'formula') n
            LEFT JOIN indicator o ON o.scheme = i.scheme AND o.indicator = n.name
            WHERE i.scheme = propose_columns.scheme AND (n.qualifier IS NOT NULL OR o.indicator IS NULL)
            UNION
            SELECT p.name, p.name, NULL, NULL, false, false
            FROM indicator i CROSS JOIN unnest('{doctors,masters}'::text[]) AS p(name)
            WHERE i.scheme = propose_columns.scheme AND i.formula ~ '\mpostgraduates\M'
        ), known AS (
            SELECT w.code, w.earlier, w.name AS word, 'code' AS kind FROM wanted w
            UNION ALL SELECT w.code, w.earlier, w.title, 'title' FROM wanted w WHERE w.title IS NOT NULL
            UNION ALL SELECT w.code, w.earlier, s.word, 'word' FROM wanted w JOIN indicator_synonym s ON s.indicator = w.name AND NOT s.never
        ), word AS (
            SELECT k.code, CASE WHEN k.earlier THEN replace(e.form, '*', k.word) ELSE k.word END AS word, k.kind
            FROM known k CROSS JOIN (VALUES (1, '上年*'), (2, '上年度*'), (3, '去年*'), (4, 'previous_*'), (5, '*_before')) AS e(place, form)
            WHERE k.earlier OR e.place = 1
        ), col AS (
            SELECT a.attname::text AS name, a.atttypid AS type, a.attnum, _innovation_score.plain_name(a.attname) AS plain,
                   _innovation_score.plain_name(d.comment) AS plain_comment, lower(concat_ws(' ', a.attname, d.comment)) AS said,
                   COALESCE(_innovation_score.told_unit(a.attname), _innovation_score.told_unit(d.comment)) AS unit
            FROM pg_attribute a CROSS JOIN LATERAL (SELECT col_description(a.attrelid, a.attnum) AS comment) d
            WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
              AND (_innovation_score.is_number(a.atttypid) OR (_innovation_score.base_type(a.atttypid)).typcategory = 'S')
        ), judged AS (
            SELECT DISTINCT ON (c.name, w.code) w.code, c.*, l.likeness, l.why
            FROM word w CROSS JOIN col c
            CROSS JOIN LATERAL (
                SELECT n.likeness, format(CASE WHEN n.likeness = 1 THEN 'the name is the %s %s' ELSE 'the name is like the %s %s' END, w.kind, w.word)
                FROM (SELECT _innovation_score.name_likeness(c.plain, w.word)) AS n(likeness)
                UNION ALL
                SELECT n.likeness - 0.05, format('the comment is like the %s %s', w.kind, w.word)
                FROM (SELECT _innovation_score.name_likeness(c.plain_comment, w.word)) AS n(likeness)) AS l(likeness, why)
            JOIN wanted ON wanted.code = w.code
            WHERE l.likeness >= minimum AND wanted.earlier = (c.plain ~ '^(上年|去年|previous)|before$')
              -- of a growth or a share, the whole word must be there, and no amount is one
              AND (NOT wanted.derived OR strpos(c.plain || ' ' || COALESCE(c.plain_comment, ''), _innovation_score.plain_name(w.word)) > 0)
              AND (c.unit IS NULL OR CASE WHEN wanted.unit ~ '^(比率|ratio)' THEN c.unit IN ('%', '‰')
                                          ELSE parse_number('1' || c.unit, _innovation_score.counted_unit(wanted.unit)) IS NOT NULL END)
              AND NOT EXISTS (SELECT FROM indicator_synonym s WHERE s.indicator = wanted.name AND s.never AND strpos(c.said, lower(s.word)) > 0)
            ORDER BY c.name, w.code, l.likeness DESC, w.word COLLATE "C"
        )
        SELECT ROW(j.code, j.name, j.type, j.likeness,
                   CASE WHEN j.unit IS NULL AND w.unit ~ '元$' AND _innovation_score.is_number(j.type)
                        THEN format('%s, no unit is told, taken for %s', j.why, w.unit) ELSE j.why END, j.unit, f.factor,
                   CASE WHEN f.factor < 1 THEN format('%s / %s', f.value, trim_scale(1 / f.factor))
                        WHEN f.factor > 1 THEN format('%s * %s', f.value, f.factor) ELSE f.value END, NULL)::proposed_column
        FROM judged j JOIN wanted w USING (code)
        CROSS JOIN LATERAL (
            SELECT COALESCE(parse_number('1' || j.unit, _innovation_score.counted_unit(w.unit)), 1) AS factor,
                   CASE WHEN _innovation_score.is_number(j.type) THEN _innovation_score.written_name(j.name)
                        ELSE format('parse_number(%s%s)', _innovation_score.written_name(j.name),
                                    COALESCE(', ' || quote_literal(NULLIF(COALESCE(j.unit, _innovation_score.counted_unit(w.unit)), '')), '')) END AS value) f
        ORDER BY j.likeness DESC, j.attnum, j.code COLLATE "C");
    FOREACH pair IN ARRAY pairs LOOP
        CONTINUE WHEN pair.code = ANY (codes) OR pair.name = ANY (names);
        codes := codes || pair.code;
        names := names || pair.name;
        -- close: the one or the other may be meant
        pair.runner_up := (SELECT p.name FROM unnest(pairs) p
                           WHERE p.code = pair.code AND p.name <> pair.name AND p.likeness >= pair.likeness - 0.1 AND p.name <> ALL (names)
                           ORDER BY p.likeness DESC LIMIT 1);
        RETURN NEXT pair;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.propose_columns(text, regclass, numeric) IS
    'internal: the columns of a source that are most like the indicators and components of a scheme';

-- A formula in which every name is a column; NULL if one is not there.
CREATE FUNCTION _innovation_score.formula_over(formula text, matches proposed_column[], OUT expression text, OUT missing text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
DECLARE
    part record;
    marked text := formula;
BEGIN
    SELECT string_agg(DISTINCT concat_ws('.', n.qualifier, n.name), ', ') INTO missing
    FROM _innovation_score.expression_names(formula, 'formula') n
    WHERE NOT EXISTS (SELECT FROM unnest(matches) f WHERE f.code = concat_ws('.', n.qualifier, n.name));
    IF missing IS NOT NULL THEN
        RETURN;
    END IF;
    -- marks first, so that a column with the name of a component is not taken for one
    FOR part IN SELECT f.code, f.expression, f.place FROM unnest(matches) WITH ORDINALITY
                AS f(code, name, type, likeness, why, unit, factor, expression, runner_up, place)
                ORDER BY length(f.code) DESC LOOP
        marked := regexp_replace(marked, '\m' || replace(part.code, '.', '\.') || '\M', chr(1) || part.place || chr(2), 'g');
    END LOOP;
    FOR part IN SELECT f.expression, f.place FROM unnest(matches) WITH ORDINALITY
                AS f(code, name, type, likeness, why, unit, factor, expression, runner_up, place) LOOP
        marked := replace(marked, chr(1) || part.place || chr(2), part.expression);
    END LOOP;
    expression := marked;
END
$$;

COMMENT ON FUNCTION _innovation_score.formula_over(text, proposed_column[]) IS
    'internal: a formula of a scheme over the columns that were found, or what is missing';

CREATE FUNCTION propose_mapping(scheme text, source regclass, likeness numeric DEFAULT 0.6)
RETURNS TABLE (indicator text, title text, unit text, kind text, proposal text, why text, unit_found text, factor numeric,
               null_share numeric, unreadable_share numeric, samples text[], runner_up text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
#variable_conflict use_column
DECLARE
    matches proposed_column[];
    column_found proposed_column;
    wanted record;
    formula record;
BEGIN
    PERFORM _innovation_score.require_scheme($1);
    PERFORM _innovation_score.source_name($2);
    matches := ARRAY(SELECT c FROM _innovation_score.propose_columns($1, $2, $3) c);
    FOR wanted IN SELECT i.* FROM indicator i WHERE i.scheme = $1 ORDER BY i.position, i.indicator COLLATE "C" LOOP
        indicator := wanted.indicator;
        title := wanted.title;
        unit := wanted.unit;
        kind := CASE WHEN wanted.formula IS NOT NULL THEN 'derived' WHEN wanted.unit IN ('件', '个', '项', '家', '次', '人') THEN 'event' ELSE 'value' END;
        proposal := NULL;
        why := NULL;
        unit_found := NULL;
        factor := NULL;
        null_share := NULL;
        unreadable_share := NULL;
        samples := NULL;
        runner_up := NULL;
        column_found := (SELECT f FROM unnest(matches) f WHERE f.code = wanted.indicator);
        IF column_found.name IS NOT NULL THEN
            proposal := column_found.expression;
            why := format('%s (%s)', column_found.why, column_found.likeness);
            unit_found := column_found.unit;
            factor := column_found.factor;
            runner_up := column_found.runner_up;
            EXECUTE format(
                'WITH rows AS (SELECT t.%I AS v FROM %s t LIMIT 10000) '
                'SELECT round(avg((v IS NULL)::int), 4), %s, (SELECT array_agg(s.t) FROM (SELECT DISTINCT left(r.v::text, 40) COLLATE "C" AS t '
                'FROM rows r WHERE r.v IS NOT NULL ORDER BY 1 LIMIT 3) s) FROM rows',
                column_found.name, _innovation_score.source_name($2),
                CASE WHEN _innovation_score.is_number(column_found.type) THEN '0::numeric'
                     ELSE format('round(avg((number_problem(v, %L) IS NOT NULL)::int), 4)',
                                 COALESCE(column_found.unit, _innovation_score.counted_unit(wanted.unit))) END)
            INTO null_share, unreadable_share, samples;
        ELSIF wanted.formula IS NOT NULL THEN
            formula := _innovation_score.formula_over(CASE
                WHEN NOT EXISTS (SELECT FROM unnest(matches) m WHERE m.code = 'postgraduates')
                     AND (SELECT count(*) FROM unnest(matches) m WHERE m.code IN ('doctors', 'masters')) = 2
                THEN regexp_replace(wanted.formula, '\mpostgraduates\M', '(doctors + masters)', 'g')
                ELSE wanted.formula END, matches);
            proposal := formula.expression;
            why := CASE WHEN proposal IS NOT NULL THEN 'the formula of the scheme, ' || wanted.formula
                        ELSE format('the formula is %s; not found: %s', wanted.formula, formula.missing) END;
        ELSE
            why := 'no column is like it';
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;

-- The columns that a scoreboard needs beside its indicators, by the names that they mostly have.
CREATE FUNCTION _innovation_score.named_column(source regclass, words text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT a.attname::text
    FROM pg_attribute a CROSS JOIN unnest(words) WITH ORDINALITY AS w(word, place)
    WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
      AND (_innovation_score.plain_name(a.attname) = w.word OR length(w.word) > 1 AND strpos(_innovation_score.plain_name(a.attname), w.word) > 0)
    ORDER BY _innovation_score.plain_name(a.attname) = w.word DESC, w.place, a.attnum LIMIT 1
$$;

COMMENT ON FUNCTION _innovation_score.named_column(regclass, text[]) IS 'internal: the column that has, or holds, the first of these names';

CREATE FUNCTION mapping_call(scheme text, source regclass, name text DEFAULT 'board', likeness numeric DEFAULT 0.6) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(E'SELECT innovation_score.create_scoreboard(%L, %L, %L,\n    entity => %L%s%s,\n    mapping => $mapping${\n%s\n}$mapping$);',
                  name, scheme, _innovation_score.source_name(source),
                  COALESCE(_innovation_score.named_column(source, '{统一社会信用代码,社会信用代码,信用代码,纳税人识别号,组织机构代码,企业代码,firm,entity,企业名称,code,id}'),
                           'column of the firm'),
                  CASE WHEN EXISTS (SELECT FROM stage s WHERE s.scheme = mapping_call.scheme)
                       THEN format(E',\n    stage => %L', COALESCE(_innovation_score.named_column(source, '{企业发展阶段,发展阶段,阶段,stage}'),
                                                                  'column of the stage')) END,
                  format(E',\n    period => %L', _innovation_score.named_column(source, '{年度,年份,period,year,统计年度,报告期}')),
                  string_agg(format('  %s: %s', to_json(m.indicator), COALESCE(to_json(m.proposal)::text, 'null')), E',\n' ORDER BY m.place))
    FROM propose_mapping(scheme, source, likeness) WITH ORDINALITY
         AS m(indicator, title, unit, kind, proposal, why, unit_found, factor, null_share, unreadable_share, samples, runner_up, place)
$$;

COMMENT ON FUNCTION propose_mapping(text, regclass, numeric) IS
    'which column or formula of a source is which indicator of a scheme, why, in what unit, and what its cells look like';
COMMENT ON FUNCTION mapping_call(text, regclass, text, numeric) IS
    'the call of create_scoreboard() with what propose_mapping() found, to be edited; null: nothing was found';

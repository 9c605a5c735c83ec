-- credit_offer: a bank's offers by several bases, with rate and term, paid from a quota in rank order (创新积分贷). Products are
-- rows; firms are a table or view of the caller's, such as one over the views of a scoreboard.

CREATE TABLE credit_product (
    product   text NOT NULL,
    title     text,
    bank      text,
    condition condition NOT NULL,
    combine   text NOT NULL DEFAULT 'greatest',
    unit      numeric NOT NULL DEFAULT 1,
    demand    text,
    existing  text,
    first_loan text,
    budget    numeric,
    priority  text NOT NULL DEFAULT 'score',
    source    text,
    CONSTRAINT credit_product_pkey PRIMARY KEY (product),
    CONSTRAINT credit_product_product_check CHECK (product <> ''),
    CONSTRAINT credit_product_combine_check CHECK (combine IN ('greatest', 'least')),
    CONSTRAINT credit_product_unit_check CHECK (unit > 0 AND unit < 'Infinity'),
    CONSTRAINT credit_product_budget_check CHECK (budget >= 0 AND budget < 'Infinity')
);

CREATE TABLE credit_basis (
    product   text NOT NULL,
    basis     text NOT NULL,
    condition condition NOT NULL DEFAULT 'true',
    use       text NOT NULL DEFAULT 'gives',
    base      text,
    share     numeric,
    amount    numeric,
    CONSTRAINT credit_basis_pkey PRIMARY KEY (product, basis),
    CONSTRAINT credit_basis_product_fkey FOREIGN KEY (product) REFERENCES credit_product ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT credit_basis_use_check CHECK (use IN ('gives', 'bounds')),
    CONSTRAINT credit_basis_amount_check CHECK (amount >= 0 AND amount < 'Infinity' AND (amount IS NULL) = (base IS NOT NULL)),
    CONSTRAINT credit_basis_share_check CHECK ((base IS NULL) = (share IS NULL) AND share > 0 AND share < 'Infinity')
);

CREATE TABLE credit_term (
    product   text NOT NULL,
    place     smallint NOT NULL,
    condition condition NOT NULL DEFAULT 'true',
    rate      numeric,
    months    integer,
    CONSTRAINT credit_term_pkey PRIMARY KEY (product, place),
    CONSTRAINT credit_term_product_fkey FOREIGN KEY (product) REFERENCES credit_product ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT credit_term_rate_check CHECK (rate >= 0 AND rate < 1),
    CONSTRAINT credit_term_months_check CHECK (months > 0)
);

COMMENT ON TABLE credit_product IS '信贷产品 products of banks that are offered by score';
COMMENT ON COLUMN credit_product.product IS '产品代码 code';
COMMENT ON COLUMN credit_product.title IS '名称 title';
COMMENT ON COLUMN credit_product.bank IS '银行 bank';
COMMENT ON COLUMN credit_product.condition IS '准入条件 which firms it is for, over the columns of the firms';
COMMENT ON COLUMN credit_product.combine IS '合并方式 how bases that give are combined: greatest（取高）or least（取低）';
COMMENT ON COLUMN credit_product.unit IS '取整单位 amounts are rounded down to a multiple of it';
COMMENT ON COLUMN credit_product.demand IS '贷款需求 column of what the firm asks for; NULL: not asked';
COMMENT ON COLUMN credit_product.existing IS '已有授信 column of the credit that is subtracted; NULL: none';
COMMENT ON COLUMN credit_product.first_loan IS '首贷标识 column that is true for a first loan; NULL: not known';
COMMENT ON COLUMN credit_product.budget IS '额度规模 what all firms get together at most; NULL: no bound';
COMMENT ON COLUMN credit_product.priority IS '次序 column by which the budget is spent, highest value first';
COMMENT ON COLUMN credit_product.source IS '依据 where the product stands';
COMMENT ON TABLE credit_basis IS '授信依据 what the limit of a product comes from';
COMMENT ON COLUMN credit_basis.product IS '产品代码 product';
COMMENT ON COLUMN credit_basis.basis IS '依据名称 name, which the reason shows';
COMMENT ON COLUMN credit_basis.condition IS '适用条件 for which firms it counts';
COMMENT ON COLUMN credit_basis.use IS '用途 gives（计算额度）or bounds（限制额度）';
COMMENT ON COLUMN credit_basis.base IS '计算基数 column that the share is taken of';
COMMENT ON COLUMN credit_basis.share IS '比例 share of the base';
COMMENT ON COLUMN credit_basis.amount IS '定额 amount, without a base';
COMMENT ON TABLE credit_term IS '利率期限 rate and term of a product: those of the first place whose condition holds';
COMMENT ON COLUMN credit_term.product IS '产品代码 product';
COMMENT ON COLUMN credit_term.place IS '次序 order in which conditions are tried';
COMMENT ON COLUMN credit_term.condition IS '适用条件 for which firms';
COMMENT ON COLUMN credit_term.rate IS '年利率 rate a year: 0.0345';
COMMENT ON COLUMN credit_term.months IS '期限（月）months';

SELECT _innovation_score.dump_table('credit_product', 37, 'true');
SELECT _innovation_score.dump_table('credit_basis', 38, 'n.product IN (SELECT p.product FROM credit_product p)');
SELECT _innovation_score.dump_table('credit_term', 39, 'n.product IN (SELECT p.product FROM credit_product p)');

CREATE TYPE credit_offer AS (
    entity       text,
    product      text,
    status       text,
    credit_limit numeric,
    first_loan   boolean,
    demand       numeric,
    amount       numeric,
    place        bigint,
    granted      numeric,
    rate         numeric,
    months       integer,
    reason       text
);

COMMENT ON TYPE credit_offer IS '授信建议 what a product offers a firm, and what of it its budget covers; not a commitment';
COMMENT ON COLUMN credit_offer.entity IS '企业 firm, as key text';
COMMENT ON COLUMN credit_offer.product IS '产品代码 product';
COMMENT ON COLUMN credit_offer.status IS
    '状态 full（全额）, part（部分）, exhausted（额度规模已用完）, none（额度为零）, refused（不符合准入条件）, unknown（数据缺失）';
COMMENT ON COLUMN credit_offer.credit_limit IS '建议额度 suggested limit, not a commitment';
COMMENT ON COLUMN credit_offer.first_loan IS '首贷 whether it is a first loan';
COMMENT ON COLUMN credit_offer.demand IS '贷款需求 what the firm asks for';
COMMENT ON COLUMN credit_offer.amount IS '建议金额 the limit, or what the firm asks for if that is less';
COMMENT ON COLUMN credit_offer.place IS '次序 place in the order in which the budget is spent, 1 = first';
COMMENT ON COLUMN credit_offer.granted IS '安排金额 what the budget covers';
COMMENT ON COLUMN credit_offer.rate IS '年利率 rate a year';
COMMENT ON COLUMN credit_offer.months IS '期限（月）months';
COMMENT ON COLUMN credit_offer.reason IS '理由 how the amount came about';

-- What is no number; what to_jsonb() writes of NaN and the infinities is unknown.
CREATE FUNCTION _innovation_score.firm_number(firm jsonb, name text) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF firm ->> name NOT IN ('NaN', 'Infinity', '-Infinity') THEN
        RAISE EXCEPTION '% of firm "%" is not a number: %', name, firm ->> 'entity', firm -> name USING ERRCODE = 'datatype_mismatch';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION _innovation_score.firm_number_text(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN name IS NULL THEN 'NULL::numeric'
                ELSE format('CASE pg_catalog.jsonb_typeof(f.firm -> %1$L) WHEN ''number'' THEN (f.firm ->> %1$L)::numeric '
                            'WHEN ''null'' THEN NULL ELSE _innovation_score.firm_number(f.firm, %1$L) END', name) END
$$;

COMMENT ON FUNCTION _innovation_score.firm_number(jsonb, text) IS 'internal: NULL for what is unknown, an error for what is no number';
COMMENT ON FUNCTION _innovation_score.firm_number_text(text) IS 'internal: SQL text of a column of a firm f.firm as a number';

CREATE FUNCTION _innovation_score.check_credit_firms(firms regclass, products text[], only_entity text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    unknown text := (SELECT min(u COLLATE "C") FROM unnest(products) u WHERE u NOT IN (SELECT p.product FROM credit_product p));
    wanted record;
    twice text;
BEGIN
    IF firms IS NULL THEN
        RAISE EXCEPTION 'firms must not be null' USING ERRCODE = 'null_value_not_allowed';
    ELSIF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'unknown product "%"', unknown
            USING ERRCODE = 'undefined_object', HINT = 'See the table innovation_score.credit_product.';
    END IF;
    SELECT w.* INTO wanted
    FROM (SELECT NULL AS product, 'entity' AS name, 'It tells the firms apart.' AS what
          UNION ALL SELECT p.product, n.name, format('The condition of product "%s" asks for it.', p.product)
          FROM credit_product p CROSS JOIN LATERAL _innovation_score.condition_names(p.condition) n
          UNION ALL SELECT b.product, n.name, format('Basis "%s" of product "%s" asks for it.', b.basis, b.product)
          FROM credit_basis b CROSS JOIN LATERAL (SELECT c.name FROM _innovation_score.condition_names(b.condition) c
                                                  UNION ALL SELECT b.base WHERE b.base IS NOT NULL) n
          UNION ALL SELECT t.product, n.name, format('Term %s of product "%s" asks for it.', t.place, t.product)
          FROM credit_term t CROSS JOIN LATERAL _innovation_score.condition_names(t.condition) n
          UNION ALL SELECT p.product, v.name, format('Product "%s" asks for it (%s).', p.product, v.what)
          FROM credit_product p CROSS JOIN LATERAL (VALUES (p.demand, 'demand'), (p.existing, 'existing'), (p.first_loan, 'first_loan'),
                                                           (CASE WHEN p.budget IS NOT NULL THEN p.priority END, 'priority')) v(name, what)
          WHERE v.name IS NOT NULL) w
    WHERE (w.product IS NULL OR products IS NULL OR w.product = ANY (products))
      AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = firms AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped)
    ORDER BY w.product COLLATE "C" NULLS FIRST, w.name COLLATE "C" LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'firms % have no column "%"', firms, wanted.name USING ERRCODE = 'undefined_column', DETAIL = wanted.what;
    END IF;
    IF only_entity IS NULL THEN
        EXECUTE format('SELECT innovation_score.key_text(f.entity) FROM %s f GROUP BY 1 HAVING pg_catalog.count(*) > 1 '
                       'ORDER BY innovation_score.key_text(f.entity) COLLATE "C" LIMIT 1', firms) INTO twice;
        IF twice IS NOT NULL THEN
            RAISE EXCEPTION 'firm "%" has more than one row in %', twice, firms USING ERRCODE = 'unique_violation';
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_credit_firms(regclass, text[], text) IS
    'internal: an error where firms lack what products ask for, or one has two rows';

-- What products offer before the budget is spent. A query for each product, with its conditions as constants, which are
-- then compiled once. In it h, n and v are whether a basis counts, its base as a number, and what it makes of it.
CREATE FUNCTION _innovation_score.credit_claims(firms regclass, products text[], only_entity text)
RETURNS TABLE (entity text, product text, met boolean, credit_limit numeric, first_loan boolean, demand numeric, amount numeric,
               priority numeric, rate numeric, months integer, reason text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 100000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
    rule credit_product;
    part record;
    term record;
BEGIN
    PERFORM _innovation_score.check_credit_firms(firms, products, only_entity);
    FOR rule IN
        SELECT * FROM credit_product p WHERE products IS NULL OR p.product = ANY (products) ORDER BY p.product COLLATE "C"
    LOOP
        SELECT string_agg(format('innovation_score.condition_holds(%L, f.firm) AS h%s', b.condition, b.n), ', ' ORDER BY b.n) AS holds,
               string_agg(format('CASE WHEN h.h%s THEN %s END AS n%s', b.n, _innovation_score.firm_number_text(b.base), b.n), ', ' ORDER BY b.n) AS numbers,
               string_agg(CASE WHEN b.base IS NULL THEN format('CASE WHEN h.h%s THEN %L::numeric END AS v%s', b.n, b.amount, b.n)
                               ELSE format('CASE WHEN n.n%1$s < 0 THEN 0 ELSE %2$L::numeric * n.n%1$s END AS v%1$s', b.n, b.share) END, ', ' ORDER BY b.n) AS vals,
               concat_ws(', ', 'NULL::text', string_agg(format('CASE WHEN h.h%s AND n.n%s IS NULL THEN %L::text END', b.n, b.n, b.base), ', ' ORDER BY b.n)
                                             FILTER (WHERE b.base IS NOT NULL)) AS missing,
               concat_ws(', ', 'NULL::numeric', string_agg(format('v.v%s', b.n), ', ') FILTER (WHERE b.use = 'gives')) AS gives,
               concat_ws(', ', 'NULL::numeric', string_agg(format('v.v%s', b.n), ', ') FILTER (WHERE b.use = 'bounds')) AS bounds,
               string_agg(format(', CASE WHEN v.v%s IS NOT NULL THEN %s END', b.n, b.zh), '' ORDER BY b.n) FILTER (WHERE b.use = 'gives') AS gives_zh,
               string_agg(format(', CASE WHEN v.v%s IS NOT NULL THEN %s END', b.n, b.zh), '' ORDER BY b.n) FILTER (WHERE b.use = 'bounds') AS bounds_zh,
               string_agg(format(', CASE WHEN v.v%s IS NOT NULL THEN %s END', b.n, b.en), '' ORDER BY b.n) FILTER (WHERE b.use = 'gives') AS gives_en,
               string_agg(format(', CASE WHEN v.v%s IS NOT NULL THEN %s END', b.n, b.en), '' ORDER BY b.n) FILTER (WHERE b.use = 'bounds') AS bounds_en
        INTO part
        FROM (SELECT q.*, CASE WHEN q.base IS NULL THEN format('pg_catalog.concat(%L, pg_catalog.trim_scale(v.v%s))', q.basis, q.n)
                               ELSE format('pg_catalog.concat(%L, pg_catalog.trim_scale(n.n%s), %L, pg_catalog.trim_scale(v.v%s))', q.basis, q.n,
                                           format('×%s%%=', trim_scale(q.share * 100)), q.n) END AS zh,
                     CASE WHEN q.base IS NULL THEN format('pg_catalog.concat(%L, pg_catalog.trim_scale(v.v%s))', q.basis || ' ', q.n)
                          ELSE format('pg_catalog.concat(%L, pg_catalog.trim_scale(n.n%s), '': '', pg_catalog.trim_scale(v.v%s))',
                                      format('%s%% of %s ', trim_scale(q.share * 100), q.base), q.n, q.n) END AS en
              FROM (SELECT c.*, row_number() OVER (ORDER BY c.basis COLLATE "C") AS n FROM credit_basis c WHERE c.product = rule.product) q) b;
        SELECT 'CASE ' || string_agg(format('WHEN innovation_score.condition_holds(%L, f.firm) THEN %s', t.condition, t.n), ' ' ORDER BY t.n) || ' END' AS number,
               array_agg(t.rate ORDER BY t.n) AS rates, array_agg(t.months ORDER BY t.n) AS months
        INTO term
        FROM (SELECT c.*, row_number() OVER (ORDER BY c.place) AS n FROM credit_term c WHERE c.product = rule.product) t;
        RETURN QUERY EXECUTE format(
            'SELECT f.entity, $1.product, m.met, w.credit_limit, m.first_loan, m.demand, '
            'CASE WHEN m.demand < w.credit_limit THEN pg_catalog.div(CASE WHEN m.demand < 0 THEN 0 ELSE m.demand END, $1.unit) * $1.unit ELSE w.credit_limit END, '
            'm.priority, $2[t.n], $3[t.n], CASE '
            'WHEN NOT m.met THEN pg_catalog.concat(''不符合准入条件：'', $1.condition, '' | does not meet: '', $1.condition) '
            'WHEN m.met IS NULL THEN ''数据缺失，准入条件无法核定 | data are missing, the condition cannot be checked'' '
            'WHEN b.missing IS NOT NULL THEN pg_catalog.concat(''缺少'', b.missing, '' | '', b.missing, '' is missing'') '
            'WHEN b.given IS NULL THEN ''没有适用的授信依据 | no basis applies'' '
            'ELSE pg_catalog.concat(pg_catalog.concat_ws(''，'', NULL::text%1$s), CASE WHEN b.gives > 1 THEN CASE $1.combine WHEN ''least'' THEN ''，取低'' ELSE ''，取高'' END END, '
            '''；不超过'' || NULLIF(pg_catalog.concat_ws(''，'', NULL::text%2$s), ''''), CASE WHEN $1.existing IS NULL THEN NULL WHEN m.existing IS NULL THEN ''；已有授信不详，未扣除'' '
            'ELSE pg_catalog.concat(''；扣除已有授信'', pg_catalog.trim_scale(m.existing)) END, ''；额度'', pg_catalog.trim_scale(w.credit_limit), '
            'CASE WHEN m.demand < w.credit_limit THEN pg_catalog.concat(''；需求'', pg_catalog.trim_scale(m.demand)) '
            'WHEN $1.demand IS NOT NULL AND m.demand IS NULL THEN ''；贷款需求不详'' END, CASE WHEN m.first_loan THEN ''；首贷'' END, '' | '', '
            'pg_catalog.concat_ws('', '', NULL::text%3$s), '', '' || CASE WHEN b.gives > 1 THEN $1.combine END, ''; at most '' || NULLIF(pg_catalog.concat_ws('', '', NULL::text%4$s), ''''), '
            '''; less existing credit '' || pg_catalog.trim_scale(m.existing), ''; limit '', pg_catalog.trim_scale(w.credit_limit), '
            '''; asks for '' || pg_catalog.trim_scale(m.demand)) END '
            'FROM (SELECT innovation_score.key_text(r.entity) AS entity, pg_catalog.to_jsonb(r) AS firm FROM %5$s r WHERE r.entity IS NOT NULL%6$s OFFSET 0) f '
            'CROSS JOIN LATERAL (SELECT innovation_score.condition_holds(%18$L, f.firm) AS met, %7$s AS demand, %8$s AS existing, '
            '(f.firm ->> $1.first_loan)::boolean AS first_loan, %9$s AS priority OFFSET 0) m '
            'LEFT JOIN LATERAL (SELECT %10$s OFFSET 0) h ON m.met '
            'LEFT JOIN LATERAL (SELECT %11$s OFFSET 0) n ON m.met '
            'LEFT JOIN LATERAL (SELECT %12$s OFFSET 0) v ON m.met '
            'LEFT JOIN LATERAL (SELECT COALESCE(%13$s) AS missing, pg_catalog.num_nonnulls(%14$s) AS gives, %15$s(%14$s) AS given, LEAST(%16$s) AS bound OFFSET 0) b ON m.met '
            'LEFT JOIN LATERAL (SELECT CASE WHEN b.missing IS NULL AND b.given IS NOT NULL THEN pg_catalog.div(GREATEST(LEAST(b.given, b.bound) '
            '- CASE WHEN m.existing > 0 THEN m.existing ELSE 0 END, 0), $1.unit) * $1.unit END AS credit_limit OFFSET 0) w ON m.met '
            'LEFT JOIN LATERAL (SELECT %17$s AS n OFFSET 0) t ON m.met',
            part.gives_zh, part.bounds_zh, part.gives_en, part.bounds_en, firms, ' AND r.entity = ' || quote_literal(only_entity),
            _innovation_score.firm_number_text(rule.demand), _innovation_score.firm_number_text(rule.existing),
            _innovation_score.firm_number_text(CASE WHEN rule.budget IS NOT NULL THEN rule.priority END),
            COALESCE(part.holds, '1'), COALESCE(part.numbers, '1'), COALESCE(part.vals, '1'), part.missing, part.gives,
            CASE rule.combine WHEN 'least' THEN 'LEAST' ELSE 'GREATEST' END, part.bounds, COALESCE(term.number, 'NULL::integer'), rule.condition)
            USING rule, term.rates, term.months;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.credit_claims(regclass, text[], text) IS 'internal: what products offer before the budget is spent';

CREATE FUNCTION credit_offers(firms regclass, products text[] DEFAULT NULL) RETURNS SETOF credit_offer
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET jit = off AS $$
    WITH claim AS MATERIALIZED (
        SELECT * FROM _innovation_score.credit_claims($1, $2, NULL)
    ), placed AS (
        SELECT c.*, p.budget, p.unit, rank() OVER w AS place, sum(c.amount) OVER w - sum(c.amount) OVER tied AS before, sum(c.amount) OVER tied AS tied
        FROM claim c JOIN credit_product p USING (product) WHERE c.amount > 0
        WINDOW w AS (PARTITION BY c.product ORDER BY c.priority DESC NULLS LAST), tied AS (PARTITION BY c.product, c.priority)
    ), paid AS (
        SELECT p.*, _innovation_score.in_turn(p.amount, p.before, p.tied, p.budget, p.unit) AS granted FROM placed p
    )
    SELECT c.entity, c.product,
           CASE WHEN NOT c.met THEN 'refused' WHEN c.met IS NULL OR c.amount IS NULL THEN 'unknown' WHEN c.amount = 0 THEN 'none'
                WHEN p.granted = p.amount THEN 'full' WHEN p.granted > 0 THEN 'part' ELSE 'exhausted' END,
           c.credit_limit, c.first_loan, c.demand, c.amount, CASE WHEN p.budget IS NOT NULL THEN p.place END, p.granted, c.rate, c.months,
           CASE WHEN p.granted < p.amount
                THEN format('%s；第%s位，额度规模%s，可得%s | %s; place %s, the budget of %s leaves %s', split_part(c.reason, ' | ', 1), p.place, trim_scale(p.budget),
                            trim_scale(p.granted), split_part(c.reason, ' | ', 2), p.place, trim_scale(p.budget), trim_scale(p.granted))
                ELSE c.reason END
    FROM claim c LEFT JOIN paid p ON p.entity = c.entity AND p.product = c.product
$$;

COMMENT ON FUNCTION credit_offers(regclass, text[]) IS
    'what products offer each firm, what their budgets cover in the order of ranks, and why; not a commitment';

CREATE FUNCTION credit_offers_of(firms regclass, entity text, products text[] DEFAULT NULL)
RETURNS TABLE (product text, credit_limit numeric, amount numeric, rate numeric, months integer, reason text)
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT c.product, c.credit_limit, c.amount, c.rate, c.months, c.reason
    FROM _innovation_score.credit_claims($1, $3, COALESCE($2, '')) c ORDER BY c.product COLLATE "C"
$$;

COMMENT ON FUNCTION credit_offers_of(regclass, text, text[]) IS 'what products offer one firm, before it shares budgets with others';

-- ---------------------------------------------------------------- early warnings

CREATE FUNCTION credit_warnings(later bigint, earlier bigint, fall numeric DEFAULT 5, bands float8[] DEFAULT NULL)
RETURNS TABLE (entity text, warning text, before text, after text, reason text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 1000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    missing bigint := (SELECT u FROM unnest(ARRAY[$2, $1]) u WHERE u IS NULL OR NOT EXISTS (SELECT FROM publication_list l WHERE l.publication = u AND l.state <> 'retracted') LIMIT 1);
    cuts numeric[] := (SELECT array_agg(b::numeric ORDER BY b) FROM unnest(bands) b);
BEGIN
    IF $1 IS NULL OR $2 IS NULL OR missing IS NOT NULL THEN
        RAISE EXCEPTION 'there is no publication %, or it was retracted', COALESCE(missing::text, 'NULL')
            USING ERRCODE = 'undefined_object', HINT = 'See the view innovation_score.publication_list.';
    ELSIF fall > 0 IS NOT TRUE THEN
        RAISE EXCEPTION 'fall must be above 0, not %', COALESCE(fall::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    WITH firm AS (
        SELECT COALESCE(n.entity, o.entity) AS entity, o.entity IS NULL AS new, n.entity IS NULL AS gone, o.score AS score_before, n.score AS score_after,
               o.stage AS stage_before, n.stage AS stage_after, o.coverage AS coverage_before, n.coverage AS coverage_after,
               o.decision AS decision_before, n.decision AS decision_after, n.reasons, o.reasons AS reasons_before
        FROM (SELECT * FROM published_score s WHERE s.publication = $1) n
        FULL JOIN (SELECT * FROM published_score s WHERE s.publication = $2) o ON o.entity = n.entity
    )
    SELECT f.entity, w.warning, w.before, w.after, w.reason
    FROM firm f
    CROSS JOIN LATERAL (VALUES
        (f.gone, 'gone', NULL, NULL, '不再参评 | no longer among the firms'),
        (f.score_before IS NOT NULL AND f.score_after IS NULL AND NOT f.gone, 'no_score', f.score_before::text, NULL, '不再有得分 | has no score any more'),
        (f.score_before::numeric - f.score_after::numeric >= fall, 'score', f.score_before::text, f.score_after::text,
         concat('得分下降', f.score_before::numeric - f.score_after::numeric, ' | score fell by ', f.score_before::numeric - f.score_after::numeric)),
        (width_bucket(f.score_after::numeric, cuts) < width_bucket(f.score_before::numeric, cuts), 'band', width_bucket(f.score_before::numeric, cuts)::text, width_bucket(f.score_after::numeric, cuts)::text,
         '得分段下降 | fell into a lower band'),
        (f.reasons ~ '列入负面清单|excluded: ' AND f.reasons_before !~ '列入负面清单|excluded: ', 'excluded', NULL, NULL, f.reasons),
        (f.decision_before = 'listed' AND f.decision_after <> 'listed', 'decision', f.decision_before, f.decision_after, f.reasons),
        (f.stage_before <> f.stage_after, 'stage', f.stage_before, f.stage_after, '企业发展阶段变化 | left its stage'),
        (f.coverage_after < f.coverage_before, 'data', f.coverage_before::text, f.coverage_after::text, '数据缺失增多 | more data are missing')
    ) AS w(holds, warning, before, after, reason)
    WHERE w.holds;
END
$$;

COMMENT ON FUNCTION credit_warnings(bigint, bigint, numeric, float8[]) IS
    'early warnings: what has become worse for firms between two publications';

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

CREATE FUNCTION _innovation_score.negative_money(entity text, name text, money numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of firm "%" is negative: %', name, entity, money USING ERRCODE = 'check_violation';
END
$$;

CREATE FUNCTION _innovation_score.firm_number_text(firms regclass, name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(_innovation_score.column_number(firms, name, format('_innovation_score.firm_number(j.firm, %L)', name)), 'NULL::numeric')
$$;

COMMENT ON FUNCTION _innovation_score.firm_number(jsonb, text) IS 'internal: NULL for what is unknown, an error for what is no number';
COMMENT ON FUNCTION _innovation_score.negative_money(text, text, numeric) IS 'internal: an error that names the firm';
COMMENT ON FUNCTION _innovation_score.firm_number_text(regclass, text) IS 'internal: SQL text of a column of a firm as a number';

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

-- What a product offers before its budget is spent, as a query q with its conditions as constants, which are then compiled
-- once; and the text that says how a row of it came about. In the query h, n and v are whether a basis counts, its base as a
-- number, and what it makes of it.
CREATE FUNCTION _innovation_score.credit_query(firms regclass, rule credit_product, only_entity text, OUT claims text, OUT reason text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    part record;
    term record;
BEGIN
    SELECT string_agg(format('innovation_score.condition_holds(%L, j.firm) AS h%s', b.condition, b.n), ', ' ORDER BY b.n) AS holds,
           string_agg(format('CASE WHEN h.h%s THEN %s END AS n%s', b.n, _innovation_score.firm_number_text(firms, b.base), b.n), ', ' ORDER BY b.n) AS numbers,
           string_agg(CASE WHEN b.base IS NULL THEN format('CASE WHEN h.h%s THEN %L::numeric END AS v%s', b.n, b.amount, b.n)
                           ELSE format('CASE WHEN n.n%1$s < 0 THEN 0 ELSE %2$L::numeric * n.n%1$s END AS v%1$s', b.n, b.share) END, ', ' ORDER BY b.n) AS vals,
           concat_ws(', ', 'NULL::text', string_agg(format('CASE WHEN h.h%s AND n.n%s IS NULL THEN %L::text END', b.n, b.n, b.base), ', ' ORDER BY b.n)
                                         FILTER (WHERE b.base IS NOT NULL)) AS missing,
           concat_ws(', ', 'NULL::numeric', string_agg(format('v.v%s', b.n), ', ') FILTER (WHERE b.use = 'gives')) AS gives,
           concat_ws(', ', 'NULL::numeric', string_agg(format('v.v%s', b.n), ', ') FILTER (WHERE b.use = 'bounds')) AS bounds,
           string_agg(format(', CASE WHEN q.v%s IS NOT NULL THEN %s END', b.n, b.zh), '' ORDER BY b.n) FILTER (WHERE b.use = 'gives') AS gives_zh,
           string_agg(format(', CASE WHEN q.v%s IS NOT NULL THEN %s END', b.n, b.zh), '' ORDER BY b.n) FILTER (WHERE b.use = 'bounds') AS bounds_zh,
           string_agg(format(', CASE WHEN q.v%s IS NOT NULL THEN %s END', b.n, b.en), '' ORDER BY b.n) FILTER (WHERE b.use = 'gives') AS gives_en,
           string_agg(format(', CASE WHEN q.v%s IS NOT NULL THEN %s END', b.n, b.en), '' ORDER BY b.n) FILTER (WHERE b.use = 'bounds') AS bounds_en,
           COALESCE(array_agg(b.base) FILTER (WHERE b.base IS NOT NULL), '{}') AS bases
    INTO part
    FROM (SELECT s.*, CASE WHEN s.base IS NULL THEN format('pg_catalog.concat(%L, pg_catalog.trim_scale(q.v%s))', s.basis, s.n)
                           ELSE format('pg_catalog.concat(%L, pg_catalog.trim_scale(q.n%s), %L, pg_catalog.trim_scale(q.v%s))', s.basis, s.n,
                                       format('×%s%%=', trim_scale(s.share * 100)), s.n) END AS zh,
                 CASE WHEN s.base IS NULL THEN format('pg_catalog.concat(%L, pg_catalog.trim_scale(q.v%s))', s.basis || ' ', s.n)
                      ELSE format('pg_catalog.concat(%L, pg_catalog.trim_scale(q.n%s), '': '', pg_catalog.trim_scale(q.v%s))',
                                  format('%s%% of %s ', trim_scale(s.share * 100), s.base), s.n, s.n) END AS en
          FROM (SELECT c.*, row_number() OVER (ORDER BY c.basis COLLATE "C") AS n FROM credit_basis c WHERE c.product = rule.product) s) b;
    SELECT 'CASE ' || string_agg(format('WHEN innovation_score.condition_holds(%L, j.firm) THEN %s', t.condition, t.n), ' ' ORDER BY t.n) || ' END' AS number,
           array_agg(t.rate ORDER BY t.n) AS rates, array_agg(t.months ORDER BY t.n) AS months
    INTO term
    FROM (SELECT c.*, row_number() OVER (ORDER BY c.place) AS n FROM credit_term c WHERE c.product = rule.product) t;
    claims := format(
        'SELECT innovation_score.key_text(f.entity) AS entity, m.met, m.first_loan, m.demand, m.existing, m.priority, n.*, v.*, b.missing, b.gives, w.credit_limit, '
        'CASE WHEN m.demand < w.credit_limit THEN pg_catalog.div(m.demand, %1$L::numeric) * %1$L::numeric ELSE w.credit_limit END AS amount, '
        '(%2$L::numeric[])[t.n] AS rate, (%3$L::integer[])[t.n] AS months '
        'FROM %4$s f CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(o) AS firm FROM (SELECT %5$s) o OFFSET 0) j '
        'CROSS JOIN LATERAL (SELECT innovation_score.condition_holds(%6$L, j.firm) AS met, %7$s AS demand, %8$s AS existing, %9$s AS first_loan, %10$s AS priority OFFSET 0) m '
        'LEFT JOIN LATERAL (SELECT %11$s OFFSET 0) h ON m.met '
        'LEFT JOIN LATERAL (SELECT %12$s OFFSET 0) n ON m.met '
        'LEFT JOIN LATERAL (SELECT %13$s OFFSET 0) v ON m.met '
        'LEFT JOIN LATERAL (SELECT COALESCE(%14$s) AS missing, pg_catalog.num_nonnulls(%15$s) AS gives, %16$s(%15$s) AS given, LEAST(%17$s) AS bound OFFSET 0) b ON m.met '
        'LEFT JOIN LATERAL (SELECT CASE WHEN m.existing < 0 THEN _innovation_score.negative_money(innovation_score.key_text(f.entity), %18$L, m.existing) '
        'WHEN m.demand < 0 THEN _innovation_score.negative_money(innovation_score.key_text(f.entity), %19$L, m.demand) '
        'WHEN b.missing IS NULL AND b.given IS NOT NULL THEN pg_catalog.div(GREATEST(LEAST(b.given, b.bound) - COALESCE(m.existing, 0), 0), %1$L::numeric) * %1$L::numeric END '
        'AS credit_limit OFFSET 0) w ON m.met '
        'LEFT JOIN LATERAL (SELECT %20$s AS n OFFSET 0) t ON m.met WHERE f.entity IS NOT NULL%21$s',
        rule.unit, term.rates, term.months, firms,
        _innovation_score.firm_columns(firms, ARRAY(
            SELECT n.name FROM (SELECT rule.condition UNION ALL SELECT b.condition FROM credit_basis b WHERE b.product = rule.product
                                UNION ALL SELECT t.condition FROM credit_term t WHERE t.product = rule.product) c(condition)
            CROSS JOIN LATERAL _innovation_score.condition_names(c.condition) n), part.bases || rule.demand || rule.existing || rule.priority),
        rule.condition, _innovation_score.firm_number_text(firms, rule.demand), _innovation_score.firm_number_text(firms, rule.existing),
        CASE WHEN rule.first_loan IS NULL THEN 'NULL::boolean' ELSE format('f.%I::text::boolean', rule.first_loan) END,
        _innovation_score.firm_number_text(firms, CASE WHEN rule.budget IS NOT NULL THEN rule.priority END),
        COALESCE(part.holds, '1'), COALESCE(part.numbers, 'NULL AS none'), COALESCE(part.vals, 'NULL AS nothing'), part.missing, part.gives,
        CASE rule.combine WHEN 'least' THEN 'LEAST' ELSE 'GREATEST' END, part.bounds, rule.existing, rule.demand,
        COALESCE(term.number, 'NULL::integer'), ' AND f.entity = ' || quote_literal(only_entity));
    reason := format(
        'CASE WHEN NOT q.met THEN %1$L '
        'WHEN q.met IS NULL THEN ''数据缺失，准入条件无法核定 | data are missing, the condition cannot be checked'' '
        'WHEN q.missing IS NOT NULL THEN pg_catalog.concat(''缺少'', q.missing, '' | '', q.missing, '' is missing'') '
        'WHEN q.gives = 0 THEN ''没有适用的授信依据 | no basis applies'' '
        'ELSE pg_catalog.concat(pg_catalog.concat_ws(''，'', NULL::text%2$s), CASE WHEN q.gives > 1 THEN %3$L END, '
        '''；不超过'' || NULLIF(pg_catalog.concat_ws(''，'', NULL::text%4$s), ''''), %5$s, ''；额度'', pg_catalog.trim_scale(q.credit_limit), '
        'CASE WHEN q.demand < q.credit_limit THEN pg_catalog.concat(''；需求'', pg_catalog.trim_scale(q.demand)) '
        'WHEN %6$s AND q.demand IS NULL THEN ''；贷款需求不详'' END, CASE WHEN q.first_loan THEN ''；首贷'' END, %7$s'' | '', '
        'pg_catalog.concat_ws('', '', NULL::text%8$s), CASE WHEN q.gives > 1 THEN %9$L END, ''; at most '' || NULLIF(pg_catalog.concat_ws('', '', NULL::text%10$s), ''''), '
        '''; less existing credit '' || pg_catalog.trim_scale(q.existing), ''; limit '', pg_catalog.trim_scale(q.credit_limit), '
        '''; asks for '' || pg_catalog.trim_scale(q.demand)%11$s) END',
        concat('不符合准入条件：', rule.condition, ' | does not meet: ', rule.condition),
        part.gives_zh, CASE rule.combine WHEN 'least' THEN '，取低' ELSE '，取高' END, part.bounds_zh,
        CASE WHEN rule.existing IS NULL THEN 'NULL' ELSE 'CASE WHEN q.existing IS NULL THEN ''；已有授信不详，未扣除'' '
            'ELSE pg_catalog.concat(''；扣除已有授信'', pg_catalog.trim_scale(q.existing)) END' END,
        CASE WHEN rule.demand IS NULL THEN 'false' ELSE 'true' END,
        CASE WHEN rule.budget IS NOT NULL THEN 'CASE WHEN q.granted < q.amount THEN pg_catalog.concat(''；第'', q.place, ''位，额度规模'
            || trim_scale(rule.budget) || '，可得'', pg_catalog.trim_scale(q.granted)) END, ' END,
        part.gives_en, ', ' || rule.combine, part.bounds_en,
        CASE WHEN rule.budget IS NOT NULL THEN ', CASE WHEN q.granted < q.amount THEN pg_catalog.concat(''; place '', q.place, '', the budget of '
            || trim_scale(rule.budget) || ' leaves '', pg_catalog.trim_scale(q.granted)) END' END);
END
$$;

COMMENT ON FUNCTION _innovation_score.credit_query(regclass, credit_product, text) IS
    'internal: SQL texts of what a product offers before its budget is spent, and of how it came about';

-- The budget is spent in the order of ranks; those that tie for the last of it are a frame of the same order, so that
-- firms are sorted once, before their reasons are written.
CREATE FUNCTION credit_offers(firms regclass, products text[] DEFAULT NULL) RETURNS SETOF credit_offer
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 100000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET jit = off SET enable_memoize = off AS $$
DECLARE
    rule credit_product;
    query record;
BEGIN
    PERFORM _innovation_score.check_credit_firms(firms, products, NULL);
    FOR rule IN
        SELECT * FROM credit_product p WHERE products IS NULL OR p.product = ANY (products) ORDER BY p.product COLLATE "C"
    LOOP
        SELECT * INTO query FROM _innovation_score.credit_query(firms, rule, NULL);
        BEGIN
            RETURN QUERY EXECUTE format(
                'SELECT q.entity, %1$L::text, CASE WHEN NOT q.met THEN ''refused'' WHEN q.met IS NULL OR q.amount IS NULL THEN ''unknown'' WHEN q.amount = 0 THEN ''none'' '
                'WHEN q.granted = q.amount THEN ''full'' WHEN q.granted > 0 THEN ''part'' ELSE ''exhausted'' END, '
                'q.credit_limit, q.first_loan, q.demand, q.amount, q.place, q.granted, q.rate, q.months, %2$s FROM (%3$s) q', rule.product, query.reason,
                format(CASE WHEN rule.budget IS NULL THEN 'SELECT c.*, NULL::bigint AS place, CASE WHEN c.amount > 0 THEN c.amount END AS granted FROM (%1$s) c'
                            ELSE 'SELECT s.*, CASE WHEN s.amount > 0 THEN s.turn END AS place, '
                                 'CASE WHEN s.amount > 0 THEN _innovation_score.in_turn(s.amount, s.upto - s.tied, s.tied, %2$L::numeric, %3$L::numeric) END AS granted '
                                 'FROM (SELECT c.*, pg_catalog.rank() OVER w AS turn, pg_catalog.sum(c.amount) OVER w AS upto, pg_catalog.sum(c.amount) OVER tied AS tied FROM (%1$s) c '
                                 'WINDOW w AS (PARTITION BY c.amount > 0 ORDER BY c.priority DESC NULLS LAST), tied AS (w RANGE CURRENT ROW)) s' END,
                       query.claims, rule.budget, rule.unit));
        EXCEPTION WHEN undefined_column OR datatype_mismatch THEN
            IF SQLERRM LIKE '% of firm %' THEN
                RAISE;
            END IF;
            RAISE EXCEPTION 'product "%": %', rule.product, SQLERRM USING ERRCODE = SQLSTATE;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION credit_offers(regclass, text[]) IS
    'what products offer each firm, what their budgets cover in the order of ranks, and why; not a commitment';

CREATE FUNCTION credit_offers_of(firms regclass, entity text, products text[] DEFAULT NULL)
RETURNS TABLE (product text, credit_limit numeric, amount numeric, rate numeric, months integer, reason text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET jit = off SET enable_memoize = off AS $$
#variable_conflict use_column
DECLARE
    rule credit_product;
    query record;
BEGIN
    PERFORM _innovation_score.check_credit_firms(firms, products, COALESCE(entity, ''));
    FOR rule IN
        SELECT * FROM credit_product p WHERE products IS NULL OR p.product = ANY (products) ORDER BY p.product COLLATE "C"
    LOOP
        rule.budget := NULL;
        SELECT * INTO query FROM _innovation_score.credit_query(firms, rule, COALESCE(entity, ''));
        BEGIN
            RETURN QUERY EXECUTE format('SELECT %L::text, q.credit_limit, q.amount, q.rate, q.months, %s FROM (%s) q', rule.product, query.reason, query.claims);
        EXCEPTION WHEN undefined_column OR datatype_mismatch THEN
            IF SQLERRM LIKE '% of firm %' THEN
                RAISE;
            END IF;
            RAISE EXCEPTION 'product "%": %', rule.product, SQLERRM USING ERRCODE = SQLSTATE;
        END;
    END LOOP;
END
$$;

COMMENT ON FUNCTION credit_offers_of(regclass, text, text[]) IS 'what products offer one firm, before it shares budgets with others';

-- ---------------------------------------------------------------- early warnings

-- The tiers that a rule of the scoreboard, or of its scheme, makes of published scores.
CREATE FUNCTION _innovation_score.published_tiers(publication bigint, tiering text) RETURNS TABLE (entity text, number bigint, tier text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH rule AS MATERIALIZED (
        SELECT t.* FROM publication_list l JOIN innovation_score.tier_rule t ON t.scoreboard = l.scoreboard AND t.tiering = $2 OR t.scheme = l.scheme AND $2 = ''
        WHERE l.publication = $1 ORDER BY t.scoreboard IS NULL LIMIT 1
    ), firm AS MATERIALIZED (   -- of what the rule does not ask for nothing is read
        SELECT f.* FROM rule r
        CROSS JOIN LATERAL (SELECT s.entity, s.score::numeric AS score, CASE r.within WHEN 'stage' THEN s.stage ELSE '' END AS part
                            FROM published_score s WHERE s.publication = $1 AND s.score IS NOT NULL OFFSET 0) f
        WHERE r.within IS NULL OR r.within = 'stage'
        UNION ALL
        SELECT f.* FROM rule r
        CROSS JOIN LATERAL (SELECT s.entity, s.score::numeric, a.value FROM published_score s
                            JOIN published_attribute a ON a.publication = $1 AND a.entity = s.entity AND a.attribute = r.within
                            WHERE s.publication = $1 AND s.score IS NOT NULL AND a.value IS NOT NULL OFFSET 0) f
        WHERE r.within <> 'stage'
    ), cut AS MATERIALIZED (    -- of each part, ascending: scores, or last places
        SELECT g.part, CASE r.method WHEN 'score' THEN array_agg(c.cut ORDER BY c.cut) WHEN 'quantile' THEN array_agg(ceil(c.cut * g.scored) ORDER BY c.n)
                                     ELSE array_agg(c.upto ORDER BY c.n) END AS cuts
        FROM rule r CROSS JOIN (SELECT f.part, count(*) AS scored FROM firm f GROUP BY 1) g
        CROSS JOIN LATERAL (SELECT e.n, e.cut::numeric AS cut, sum(e.cut::numeric) OVER (ORDER BY e.n) AS upto
                            FROM jsonb_array_elements_text(CASE jsonb_typeof(r.cuts) WHEN 'array' THEN r.cuts ELSE r.cuts -> g.part END) WITH ORDINALITY e(cut, n)) c
        GROUP BY g.part, r.method
    ), placed AS (
        SELECT f.entity, cardinality(c.cuts) + 1 - width_bucket(f.score, c.cuts) AS number
        FROM firm f JOIN cut c USING (part) WHERE (SELECT r.method FROM rule r) = 'score'
        UNION ALL
        SELECT f.entity, 1 + width_bucket(f.place - 1, c.cuts)
        FROM (SELECT f.*, rank() OVER (PARTITION BY f.part ORDER BY f.score DESC)::numeric AS place FROM firm f) f JOIN cut c USING (part)
        WHERE (SELECT r.method FROM rule r) <> 'score'
    )
    SELECT p.entity, p.number::bigint, (SELECT r.tiers FROM rule r)[p.number] FROM placed p
$$;

COMMENT ON FUNCTION _innovation_score.published_tiers(bigint, text) IS 'internal: tiers of the firms of a publication, 1 = the best';

CREATE FUNCTION credit_warnings(later bigint, earlier bigint DEFAULT NULL, fall numeric DEFAULT 5, bands float8[] DEFAULT NULL, tiering text DEFAULT '')
RETURNS TABLE (entity text, warning text, before text, after text, reason text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 1000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    board text := (SELECT l.scoreboard FROM publication_list l WHERE l.publication = $1);
    base bigint := COALESCE($2, (SELECT max(l.publication) FROM publication_list l WHERE l.scoreboard = board AND l.publication < $1 AND l.state <> 'retracted'));
    missing bigint := (SELECT u FROM unnest(ARRAY[$1, $2]) u WHERE u IS NOT NULL AND NOT EXISTS (SELECT FROM publication_list l WHERE l.publication = u AND l.state <> 'retracted') LIMIT 1);
    cuts numeric[] := (SELECT array_agg(b::numeric ORDER BY b) FROM unnest(bands) b);
BEGIN
    IF $1 IS NULL OR missing IS NOT NULL THEN
        RAISE EXCEPTION 'there is no publication %, or it was retracted', COALESCE(missing::text, 'NULL')
            USING ERRCODE = 'undefined_object', HINT = 'See the view innovation_score.publication_list.';
    ELSIF base IS NULL THEN
        RAISE EXCEPTION 'scoreboard % has no publication before %', board, $1
            USING ERRCODE = 'undefined_object', HINT = 'See the view innovation_score.publication_list.';
    ELSIF fall > 0 IS NOT TRUE THEN
        RAISE EXCEPTION 'fall must be above 0, not %', COALESCE(fall::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
    ELSIF tiering <> '' AND NOT EXISTS (SELECT FROM innovation_score.tier_rule t WHERE t.scoreboard = board AND t.tiering = $5) THEN
        RAISE EXCEPTION 'scoreboard % has no tiering "%"', board, tiering
            USING ERRCODE = 'undefined_object', HINT = 'See the table innovation_score.tier_rule.';
    END IF;
    RETURN QUERY
    WITH firm AS (
        SELECT COALESCE(n.entity, o.entity) AS entity, n.entity IS NULL AS gone, o.score AS score_before, n.score AS score_after,
               o.stage AS stage_before, n.stage AS stage_after, o.coverage AS coverage_before, n.coverage AS coverage_after,
               o.decision AS decision_before, n.decision AS decision_after, n.reasons, o.reasons AS reasons_before
        FROM (SELECT * FROM published_score s WHERE s.publication = $1) n
        FULL JOIN (SELECT * FROM published_score s WHERE s.publication = base) o ON o.entity = n.entity
    )
    SELECT f.entity, w.warning, w.before, w.after, w.reason
    FROM firm f
    LEFT JOIN _innovation_score.published_tiers(base, tiering) tb ON tb.entity = f.entity
    LEFT JOIN _innovation_score.published_tiers($1, tiering) ta ON ta.entity = f.entity
    CROSS JOIN LATERAL (VALUES
        (f.gone, 'gone', NULL, NULL, '不再参评 | no longer among the firms'),
        (f.score_before IS NOT NULL AND f.score_after IS NULL AND NOT f.gone, 'no_score', f.score_before::text, NULL, '不再有得分 | has no score any more'),
        (f.score_before::numeric - f.score_after::numeric >= fall, 'score', f.score_before::text, f.score_after::text,
         concat('得分下降', f.score_before::numeric - f.score_after::numeric, ' | score fell by ', f.score_before::numeric - f.score_after::numeric)),
        (tb.number < ta.number, 'tier', tb.tier, ta.tier, concat('等级由', tb.tier, '降为', ta.tier, ' | tier fell from ', tb.tier, ' to ', ta.tier)),
        (width_bucket(f.score_after::numeric, cuts) < width_bucket(f.score_before::numeric, cuts), 'band', width_bucket(f.score_before::numeric, cuts)::text, width_bucket(f.score_after::numeric, cuts)::text,
         '得分段下降 | fell into a lower band'),
        (f.reasons ~ '列入负面清单|excluded: ' AND COALESCE(f.reasons_before, '') !~ '列入负面清单|excluded: ', 'excluded', NULL, NULL, f.reasons),
        (f.decision_before = 'listed' AND f.decision_after <> 'listed', 'decision', f.decision_before, f.decision_after, f.reasons),
        (f.stage_before <> f.stage_after, 'stage', f.stage_before, f.stage_after, '企业发展阶段变化 | left its stage'),
        (f.coverage_after < f.coverage_before, 'data', f.coverage_before::text, f.coverage_after::text, '数据缺失增多 | more data are missing')
    ) AS w(holds, warning, before, after, reason)
    WHERE w.holds;
END
$$;

COMMENT ON FUNCTION credit_warnings(bigint, bigint, numeric, float8[], text) IS
    'early warnings: what has become worse for firms between two publications';

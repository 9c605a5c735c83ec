-- credit: suggested limits of innovation-points loans (创新积分贷). A bank's rule is data: steps
-- from score to amount, never falling, that may differ by tier; a share of the revenue that
-- bounds them; what to do with existing credit; whether only firms on the whitelist have a limit.
-- Firms on the negative list have none. Nothing here grants a loan: it is a
-- suggestion, and says in words how it came about.

CREATE TABLE credit_rule (
    bank            text NOT NULL,
    title           text,
    interpolate     boolean NOT NULL DEFAULT false,
    revenue_share   numeric,
    deduct_existing boolean NOT NULL DEFAULT true,
    unit            numeric NOT NULL DEFAULT 1,
    listed_only     boolean NOT NULL DEFAULT false,
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

CREATE TABLE _innovation_score.credit_binding (
    scoreboard text NOT NULL,
    revenue    text,
    existing   text,
    banks      text[],
    whitelist  text,
    CONSTRAINT credit_binding_pkey PRIMARY KEY (scoreboard),
    CONSTRAINT credit_binding_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES _innovation_score.scoreboard
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
COMMENT ON COLUMN credit_rule.listed_only IS '仅限白名单 whether only firms on the whitelist have a limit';
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
COMMENT ON COLUMN credit_binding.whitelist IS
    '白名单规则 whitelist rule that counts for banks that ask for one; empty: the one without a name; NULL: none';

SELECT _innovation_score.dump_table('credit_rule', 14, 'true');
SELECT _innovation_score.dump_table('credit_step', 15, 'n.bank IN (SELECT r.bank FROM credit_rule r)');
SELECT _innovation_score.dump_table('credit_binding', 15.5, 'n.scoreboard IN (SELECT b.scoreboard FROM _innovation_score.scoreboard b)');
SELECT _innovation_score.show_table('credit_binding');

CREATE FUNCTION _innovation_score.check_credit_steps() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
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

COMMENT ON FUNCTION _innovation_score.check_credit_steps() IS 'internal: a higher score must not mean a lower limit';

CREATE TRIGGER credit_step_insert AFTER INSERT ON credit_step
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.check_credit_steps();
CREATE TRIGGER credit_step_update AFTER UPDATE ON credit_step
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.check_credit_steps();

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

CREATE FUNCTION _innovation_score.credit_amount(score float8, amount numeric, start numeric, rise numeric, width numeric)
RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN rise IS NULL THEN amount ELSE amount + rise * (score::numeric - start) / width END;

CREATE FUNCTION _innovation_score.credit_bounded(amount numeric, revenue_share numeric, revenue numeric, existing numeric,
                                deduct_existing boolean, unit numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN revenue_share IS NULL OR revenue IS NOT NULL
            THEN div(greatest(least(amount, revenue_share * greatest(revenue, 0))
                              - CASE WHEN deduct_existing THEN greatest(existing, 0) ELSE 0 END, 0), unit) * unit END;

CREATE FUNCTION _innovation_score.credit_reason(score float8, next_score float8, sentence text, revenue_share numeric, revenue numeric,
                               existing numeric, language text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN score IS NULL THEN CASE language WHEN 'zh' THEN '无得分' ELSE 'no score' END
    WHEN next_score IS NULL THEN CASE language WHEN 'zh' THEN '该等级没有授信分档' ELSE 'no steps for this tier' END
    WHEN revenue_share IS NOT NULL AND revenue IS NULL THEN CASE language WHEN 'zh' THEN '缺少营业收入' ELSE 'revenue is missing' END
    ELSE format(sentence, _innovation_score.figure(score),
                trim_scale(revenue_share * greatest(revenue, 0))::text, greatest(existing, 0)::text) END;

-- Why a firm has no limit whatever its score, NULL if nothing is against it.
CREATE FUNCTION _innovation_score.credit_bar(excluded decision_reasons, listed_only boolean, code text, reasons decision_reasons, language text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN excluded IS NOT NULL THEN reason_text(excluded, language)
    WHEN NOT listed_only OR code IN ('listed', 'earlier') THEN NULL
    WHEN code IS NULL THEN CASE language WHEN 'zh' THEN '要求列入白名单，积分榜未指定白名单'
                                         ELSE 'the whitelist is required, and the scoreboard names none' END
    ELSE CASE language WHEN 'zh' THEN '未列入白名单：' ELSE 'not on the whitelist: ' END || reason_text(reasons, language) END;

-- The way from a score to a suggested limit in words, for format(): the first argument is
-- the score, the second the bound by the revenue, the third existing credit. Made once a
-- step, and again for firms whose existing credit is unknown.
CREATE FUNCTION _innovation_score.credit_sentence(rule credit_rule, step credit_curve, known boolean, language text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN step.min_score = '-Infinity' AND language = 'zh' THEN concat('得分%1$s低于最低分档', w.next_score)
        WHEN step.min_score = '-Infinity' THEN concat('score %1$s is below ', w.next_score, ', the lowest step')
        WHEN language = 'zh'
        THEN concat_ws('；',
                 concat('得分%1$s达到', w.min_score, '分档', '（' || w.own_tier || '）', '，额度', w.amount,
                        '，至下一档' || w.next || '线性插值'),
                 '不超过营业收入的' || w.share || '%%（%2$s）',
                 CASE WHEN rule.deduct_existing AND known THEN '扣除已有授信%3$s'
                      WHEN rule.deduct_existing THEN '已有授信不详，未扣除' END,
                 '向下取整到' || rule.unit)
        ELSE concat_ws('; ',
                 concat('score %1$s reaches the step ', w.min_score, ' of ' || w.own_tier, ': ', w.amount,
                        ', rising to ' || w.next),
                 'at most ' || w.share || ' %% of the revenue (%2$s)',
                 CASE WHEN rule.deduct_existing AND known THEN 'less existing credit %3$s'
                      WHEN rule.deduct_existing THEN 'existing credit is unknown and not subtracted' END,
                 'rounded down to ' || rule.unit) END
    FROM (SELECT _innovation_score.figure(step.min_score) AS min_score, _innovation_score.figure(step.next_score) AS next_score,
                 replace(NULLIF(step.tier, ''), '%', '%%') AS own_tier, trim_scale(step.amount) AS amount,
                 CASE WHEN rule.interpolate THEN trim_scale(step.next_amount) END AS next,
                 trim_scale(rule.revenue_share * 100) AS share) w
$$;

COMMENT ON FUNCTION _innovation_score.credit_amount(float8, numeric, numeric, numeric, numeric) IS
    'internal: the amount that a step gives a score; rise: NULL unless amounts rise evenly over its width';
COMMENT ON FUNCTION _innovation_score.credit_bounded(numeric, numeric, numeric, numeric, boolean, numeric) IS
    'internal: an amount bounded by revenue and existing credit, in whole units';
COMMENT ON FUNCTION _innovation_score.credit_reason(float8, float8, text, numeric, numeric, numeric, text) IS
    'internal: how a suggested limit came about, in words';
COMMENT ON FUNCTION _innovation_score.credit_bar(decision_reasons, boolean, text, decision_reasons, text) IS
    'internal: negative list or whitelist as the reason for which a firm has no limit, NULL for none';
COMMENT ON FUNCTION _innovation_score.credit_sentence(credit_rule, credit_curve, boolean, text) IS
    'internal: how the suggested limits of a step come about, in words to be filled in';

CREATE FUNCTION credit_limit(score float8, bank text, tier text DEFAULT NULL, revenue numeric DEFAULT NULL,
                             existing numeric DEFAULT NULL) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
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
    WHERE c.bank = $2 AND c.tier IN (COALESCE($3, ''), '') AND _innovation_score.in_step($1, c.min_score, c.next_score)
    ORDER BY c.tier = '' LIMIT 1;
    RETURN CASE WHEN step.amount IS NOT NULL
                THEN _innovation_score.credit_bounded(_innovation_score.credit_amount($1, step.amount, step.min_score::numeric,
                                                    CASE WHEN rule.interpolate
                                                         THEN step.next_amount - step.amount END,
                                                    step.next_score::numeric - step.min_score::numeric),
                                     rule.revenue_share, NULLIF($4, 'NaN'), NULLIF($5, 'NaN'),
                                     rule.deduct_existing, rule.unit) END;
END
$$;

COMMENT ON FUNCTION credit_limit(float8, text, text, numeric, numeric) IS
    'suggested limit of a bank for a score, and for a tier, revenue and existing credit where its rule asks for them';

-- Revenue and existing credit are columns of the input.
CREATE FUNCTION _innovation_score.credit_columns(board scoreboard, source text, columns text[]) RETURNS SETOF input_column
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    asked record;
    bound bound_expression;
BEGIN
    FOR asked IN
        SELECT v.* FROM shown_credit_binding c
        CROSS JOIN LATERAL (VALUES ('_revenue', c.revenue, 'revenue'), ('_existing', c.existing, 'existing credit'))
            AS v(name, item, what)
        WHERE c.scoreboard = board.scoreboard AND v.item IS NOT NULL
    LOOP
        bound := _innovation_score.bind_scalar(board.search_path, source, columns, asked.item, asked.what);
        IF (_innovation_score.base_type(bound.type)).typcategory <> 'N' THEN
            RAISE EXCEPTION '% is of type %, not a number', asked.what, format_type(bound.type, NULL)
                USING ERRCODE = 'datatype_mismatch', DETAIL = format('It was given as %s.', asked.item);
        END IF;
        RETURN NEXT ROW(asked.name, bound.expression, 'numeric'::regtype)::input_column;
    END LOOP;
END
$$;

INSERT INTO _innovation_score.input_part (place, columns) VALUES (20, 'credit_columns');

-- The rows r that limits are worked out for: with tier, revenue, existing credit, why they are excluded, and what the
-- whitelist decides, whose rule is read only where the scoreboard names one.
CREATE FUNCTION _innovation_score.credit_rows(board scoreboard, binding scoreboard_binding, bound credit_binding) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    carried text[] := array_remove(ARRAY[CASE WHEN bound.revenue IS NOT NULL THEN '_revenue' END,
                                         CASE WHEN bound.existing IS NOT NULL THEN '_existing' END], NULL);
    kept boolean := _innovation_score.keeps_scores(board);
    tiers tier_rule := _innovation_score.tiers_of(board, binding);
    rule whitelist_rule;
    excluded record;
BEGIN
    SELECT * INTO excluded FROM _innovation_score.exclusion_of(board, format('innovation_score.key_text(r.%I)', binding.entity), kept);
    IF bound.whitelist IS NOT NULL THEN
        rule := _innovation_score.find_rule(board.scoreboard, bound.whitelist);
    END IF;
    RETURN format(
        'SELECT %s, r.score, %s AS tier, %s AS _revenue, %s AS _existing, %s AS _excluded, %s FROM (%s) r%s',
        _innovation_score.columns_of('r', ARRAY[binding.entity, binding.period]),
        CASE WHEN bound.whitelist IS NULL THEN 'r.tier' ELSE '_innovation_score.decision_tier(r._decision)' END,
        CASE WHEN bound.revenue IS NULL THEN 'NULL::numeric' ELSE 'NULLIF(r._revenue, ''NaN'')' END,
        CASE WHEN bound.existing IS NULL THEN 'NULL::numeric' ELSE 'NULLIF(r._existing, ''NaN'')' END,
        excluded.item,
        CASE WHEN bound.whitelist IS NULL THEN 'NULL::text AS _code, NULL::innovation_score.decision_reasons AS _reasons'
             ELSE '_innovation_score.decision_code(r._decision, 1) AS _code, _innovation_score.decision_reasons(r._decision, 1) AS _reasons' END,
        CASE WHEN bound.whitelist IS NULL
             THEN _innovation_score.tiered_rows(board, binding, COALESCE(', ' || _innovation_score.columns_of('s', carried), ''), carried)
             WHEN kept THEN _innovation_score.kept_rows(board, binding, rule, carried)
             ELSE _innovation_score.decided_rows(board, binding, ARRAY[rule],
                      _innovation_score.fact_rows(board, binding, ARRAY[rule], false, tiers.within, carried),
                      _innovation_score.tier_value(tiers)) END,
        excluded.joined);
END
$$;

CREATE FUNCTION _innovation_score.credit_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    bound credit_binding;
BEGIN
    SELECT * INTO bound FROM shown_credit_binding c WHERE c.scoreboard = board.scoreboard;
    -- Gathered into arrays and unnested again: the planner takes tables without statistics,
    -- such as these few rows, for large ones, and would sort the firms; and what belongs
    -- to a step is worked out once.
    RETURN format(
        'SELECT %1$s, ' || _innovation_score.shown_score(board.model, 'r.score') || ' AS score, r.tier, b.bank, '
        'CASE WHEN c.bank IS NOT NULL AND n.bar IS NULL THEN _innovation_score.credit_bounded('
        '_innovation_score.credit_amount(r.score, c.amount, c.start, c.rise, c.width), '
        'b.revenue_share, r._revenue, r._existing, b.deduct_existing, b.unit) END::numeric(18,2) AS suggested_limit, '
        'COALESCE(n.bar, _innovation_score.credit_reason(r.score, c.next_score, '
        'CASE WHEN r._existing IS NULL THEN c.sentence_unknown ELSE c.sentence END, '
        'b.revenue_share, r._revenue, r._existing, %4$L)) AS reason '
        'FROM (%2$s) r '
        'CROSS JOIN (SELECT pg_catalog.array_agg(k) AS rules, '
        'pg_catalog.array_agg((SELECT pg_catalog.jsonb_object_agg(t.tier, true) '
        'FROM (SELECT DISTINCT d.tier FROM innovation_score.credit_curve d WHERE d.bank = k.bank) t)) AS tiers '
        'FROM innovation_score.credit_rule k%3$s) ks '
        'CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(ks.rules), pg_catalog.unnest(ks.tiers)) '
        'AS b(bank, title, interpolate, revenue_share, deduct_existing, unit, listed_only, source, tiers) '
        'CROSS JOIN LATERAL (SELECT _innovation_score.credit_bar(r._excluded, b.listed_only, r._code, r._reasons, %4$L) AS bar) n '
        'LEFT JOIN (SELECT t.* FROM (SELECT pg_catalog.array_agg(d) AS steps, '
        'pg_catalog.array_agg(d.min_score::numeric) AS starts, '
        'pg_catalog.array_agg(CASE WHEN k.interpolate THEN d.next_amount - d.amount END) AS rises, '
        'pg_catalog.array_agg(d.next_score::numeric - d.min_score::numeric) AS widths, '
        'pg_catalog.array_agg(_innovation_score.credit_sentence(k, d, true, %4$L)) AS sentences, '
        'pg_catalog.array_agg(_innovation_score.credit_sentence(k, d, false, %4$L)) AS sentences_unknown '
        'FROM innovation_score.credit_curve d JOIN innovation_score.credit_rule k ON k.bank = d.bank) cs '
        'CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(cs.steps), pg_catalog.unnest(cs.starts), '
        'pg_catalog.unnest(cs.rises), pg_catalog.unnest(cs.widths), pg_catalog.unnest(cs.sentences), '
        'pg_catalog.unnest(cs.sentences_unknown)) '
        'AS t(bank, tier, min_score, amount, next_score, next_amount, start, rise, width, sentence, '
        'sentence_unknown)) c '
        'ON c.bank = b.bank AND c.tier = CASE WHEN b.tiers ? r.tier THEN r.tier ELSE '''' END '
        'AND _innovation_score.in_step(r.score, c.min_score, c.next_score)',
        _innovation_score.columns_of('r', ARRAY[binding.entity, binding.period]),
        _innovation_score.credit_rows(board, binding, bound),
        ' WHERE k.bank = ANY (' || quote_literal(bound.banks) || '::text[])',
        _innovation_score.board_language(board.scoreboard));
END
$$;

COMMENT ON FUNCTION _innovation_score.credit_columns(scoreboard, text, text[]) IS
    'internal: the columns of the input that limits are worked out from';
COMMENT ON FUNCTION _innovation_score.credit_rows(scoreboard, scoreboard_binding, credit_binding) IS
    'internal: query of the rows that limits are worked out for';
COMMENT ON FUNCTION _innovation_score.credit_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _credit';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title) VALUES
    ('credit', 65, 'credit_query', 'all', false,
     '{stage,score,tier,bank,suggested_limit,reason,place,_scored,_place,_revenue,_existing,_excluded,_code,_reasons,_values,_row,_rows,_doubled,'
     '_within,_gap,_entity,_required1,_qualifies1,_quota1,_columns1,_vals1,_facts,_decision,_ranked,_staged,_tiered,_quota,_top,_reserve}',
     '创新积分贷建议额度 suggested credit limits');

INSERT INTO scoreboard_column (name, kind, comment) VALUES
    ('bank', 'credit', '银行 bank'),
    ('suggested_limit', 'credit', '建议额度 suggested limit, not a commitment'),
    ('reason', 'credit', '理由 how the suggestion came about');

-- A step that no score can reach exactly is refused where a scoreboard shows the bank.
CREATE FUNCTION _innovation_score.check_step_decimals(shown credit_binding, model score_model) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    culprit credit_step;
BEGIN
    SELECT * INTO culprit FROM credit_step s
    WHERE (s.bank = ANY (shown.banks) OR shown.banks IS NULL) AND NOT _innovation_score.has_score_decimals(model, s.min_score)
    ORDER BY s.bank COLLATE "C", s.min_score LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'credit step % of bank "%" has more decimals than scores of scoreboard % have',
                _innovation_score.figure(culprit.min_score), culprit.bank, shown.scoreboard
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_step_decimals(credit_binding, score_model) IS
    'internal: refuses steps of banks that a scoreboard shows and no score of it can have';

CREATE FUNCTION _innovation_score.check_shown_steps() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    -- those of one's own: a bank need not see who shows it
    PERFORM _innovation_score.check_step_decimals(c, b.model) FROM credit_binding c JOIN scoreboard b USING (scoreboard);
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_shown_steps() IS 'internal: check_step_decimals for all scoreboards';

CREATE TRIGGER credit_step_decimals AFTER INSERT OR UPDATE OF min_score ON credit_step
    FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.check_shown_steps();

CREATE FUNCTION _innovation_score.set_credit(wanted credit_binding, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(wanted.scoreboard, path);
    kept jsonb := _innovation_score.user_comments(board);
    unknown text := (SELECT min(b) FROM unnest(wanted.banks) b WHERE b NOT IN (SELECT r.bank FROM credit_rule r));
BEGIN
    IF _innovation_score.is_of_other(board.scoreboard) THEN
        wanted.scoreboard := board.scoreboard;
        PERFORM _innovation_score.run_as_owner(board.scoreboard, format(
            'SELECT true FROM _innovation_score.set_credit(%L::innovation_score.credit_binding, %L)', wanted, path));
        RETURN;
    END IF;
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'unknown bank "%"', unknown
            USING ERRCODE = 'invalid_parameter_value', HINT = 'See the table innovation_score.credit_rule.';
    END IF;
    IF wanted.whitelist IS NOT NULL AND wanted.whitelist NOT IN (SELECT r.rule FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard) THEN
        RAISE EXCEPTION 'scoreboard % has no whitelist rule "%"', board.scoreboard, wanted.whitelist
            USING ERRCODE = 'undefined_object', HINT = 'Set it first: innovation_score.set_whitelist_rule().';
    END IF;
    wanted.scoreboard := board.scoreboard;
    PERFORM _innovation_score.check_step_decimals(wanted, board.model);
    DELETE FROM credit_binding c WHERE c.scoreboard = board.scoreboard;
    INSERT INTO credit_binding SELECT wanted.*;
    PERFORM _innovation_score.replace_views(board, '{input,credit}');
    PERFORM _innovation_score.put_comments(board, _innovation_score.bind(board), kept);
END
$$;

CREATE FUNCTION set_credit(scoreboard text, revenue text DEFAULT NULL, existing text DEFAULT NULL,
                           banks text[] DEFAULT NULL, whitelist text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.set_credit(ROW(scoreboard, revenue, existing, banks, whitelist)::innovation_score.credit_binding,
                                        pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION _innovation_score.set_credit(credit_binding, name[]) IS 'internal: set_credit with the caller''s schemas';
COMMENT ON FUNCTION set_credit(text, text, text, text[], text) IS
    'says where the view <name>_credit finds revenue and existing credit, which banks it shows, and by which whitelist rule';

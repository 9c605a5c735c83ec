-- whitelist: the tables of who is listed, and why. A rule is a value in the text of the view
-- _whitelist; decide() says what it means (src/decide).

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

-- What views say does not depend on whether there is a batch: so recording one does not remake them.
CREATE FUNCTION _innovation_score.listed_earlier(scoreboard text, rule text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('SELECT f.entity, min(f.batch) AS batch FROM _innovation_score.shown_whitelist_batch_firm f '
                  'WHERE f.scoreboard = %L AND f.rule = %L GROUP BY f.entity', scoreboard, rule)
$$;

COMMENT ON FUNCTION _innovation_score.listed_earlier(text, text) IS
    'internal: query of the firms that were listed in batches';

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

-- publish: a scoreboard's result at one moment, kept whole and for good.
--
-- Everything that made the scores is copied: the scheme, the models, each firm's values,
-- and what came out. No foreign keys: a publication must outlive its scoreboard, scheme
-- and source, and its tables can be restored in any order. What holds them together are
-- digests: of the rows of a publication, of the publication with the digest
-- of the one before it, and the log, which chains them with all that came afterwards.

CREATE FUNCTION _innovation_score.canonical(VARIADIC vals "any") RETURNS bytea
    AS 'MODULE_PATHNAME', 'canonical' LANGUAGE C STABLE PARALLEL SAFE COST 20;

COMMENT ON FUNCTION _innovation_score.canonical("any") IS
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
    model_digest    bytea NOT NULL,
    correction_digest bytea NOT NULL,
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
    qualifies       boolean NOT NULL,
    quota           text,
    eligible        boolean NOT NULL,
    admitted        boolean NOT NULL,
    decision        text NOT NULL,
    reasons         text NOT NULL,
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
COMMENT ON COLUMN publication.model_digest IS '模型摘要 SHA-256 over the models';
COMMENT ON COLUMN publication.correction_digest IS '更正摘要 SHA-256 over the corrections';
COMMENT ON COLUMN publication.content_digest IS '内容摘要 root of the tree of hashes (RFC 6962) over the firms';
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
    '指标值 values of the firm, in the order of publication.indicators; NULL: missing';
COMMENT ON COLUMN published_firm.score IS '总得分 score, rounded as its scheme says';
COMMENT ON COLUMN published_firm.coverage IS '覆盖率 share of the weight whose values are present';
COMMENT ON COLUMN published_firm.category_scores IS '一级指标得分 scores inside the categories';
COMMENT ON COLUMN published_firm.rank IS '名次 rank';
COMMENT ON COLUMN published_firm.stage_rank IS '阶段内名次 rank within the stage';
COMMENT ON COLUMN published_firm.barred IS
    '不得入选 whether no value could list it: excluded, required condition over the source not met, listed earlier, or no quota for it';
COMMENT ON COLUMN published_firm.qualifies IS
    '直接入选 whether it is listed without regard to its score; of a rule with conditions over values, whether the source allows it';
COMMENT ON COLUMN published_firm.quota IS '名额组 value of the column that quotas are given by';
COMMENT ON COLUMN published_firm.eligible IS '符合条件 whether it met every condition of the whitelist rule';
COMMENT ON COLUMN published_firm.admitted IS '名额内 whether it was eligible and within its quota';
COMMENT ON COLUMN published_firm.decision IS '入选结论 listed, reserve or rejected';
COMMENT ON COLUMN published_firm.reasons IS '理由 reasons for the decision';

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

-- What salts the hashes of a publication's firms, so that nobody can try out what other
-- firms' rows hold. C alone writes and reads it.
CREATE TABLE _innovation_score.publication_secret (
    publication bigint NOT NULL,
    secret      bytea NOT NULL,
    CONSTRAINT publication_secret_pkey PRIMARY KEY (publication)
);

COMMENT ON TABLE _innovation_score.publication_secret IS 'internal: secrets that salt the hashes of published firms';
COMMENT ON COLUMN _innovation_score.publication_secret.publication IS 'publication';
COMMENT ON COLUMN _innovation_score.publication_secret.secret IS '32 random bytes';

SELECT pg_catalog.pg_extension_config_dump('_innovation_score.publication_secret', '');
SELECT pg_catalog.pg_extension_config_dump('publication', '');
SELECT pg_catalog.pg_extension_config_dump('published_model', '');
SELECT pg_catalog.pg_extension_config_dump('published_firm', '');
SELECT pg_catalog.pg_extension_config_dump('published_correction', '');
SELECT pg_catalog.pg_extension_config_dump('publication_event', '');

CREATE FUNCTION _innovation_score.publication_users(codes text[]) RETURNS TABLE (scheme text, name text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT p.scheme, p.publication::text FROM publication p WHERE p.scheme = ANY (codes)
$$;

COMMENT ON FUNCTION _innovation_score.publication_users(text[]) IS 'internal: publications that use schemes';

-- ----- nothing is changed afterwards

CREATE FUNCTION _innovation_score.refuse_change() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what has been published cannot be changed'
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,
                  DETAIL = format('%s on table %s was refused.', TG_OP, TG_TABLE_NAME),
                  HINT = 'The owner can retract a publication: innovation_score.retract(publication, reason).';
    END IF;
    IF NOT _innovation_score.restoring() AND NOT _innovation_score.log_is_ours() THEN
        RAISE EXCEPTION 'table % is written by publish() only', TG_TABLE_NAME
            USING ERRCODE = 'object_not_in_prerequisite_state', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _innovation_score.refuse_change() IS
    'internal: what has been published is not changed, and publish() alone adds to it';

-- C writes the log, which triggers do not see: here an INSERT is somebody else's.
CREATE TRIGGER publication_log_immutable BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON publication_log
    FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.refuse_change();
CREATE TRIGGER publication_secret_immutable BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON _innovation_score.publication_secret
    FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.refuse_change();
CREATE TRIGGER publication_immutable BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON publication
    FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.refuse_change();
CREATE TRIGGER published_model_immutable BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON published_model
    FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.refuse_change();
CREATE TRIGGER published_firm_immutable BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON published_firm
    FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.refuse_change();
CREATE TRIGGER published_correction_immutable BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON published_correction
    FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.refuse_change();
CREATE TRIGGER publication_event_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON publication_event
    FOR EACH STATEMENT EXECUTE FUNCTION _innovation_score.refuse_change();

-- ----- digests: doc/publish.md defines them; a change here breaks every publication

CREATE FUNCTION _innovation_score.keep_secret(publication bigint) RETURNS void
    AS 'MODULE_PATHNAME', 'keep_secret' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
CREATE FUNCTION _innovation_score.receipt_salt(publication bigint, entity text) RETURNS bytea
    AS 'MODULE_PATHNAME', 'receipt_salt' LANGUAGE C STABLE STRICT PARALLEL SAFE;
CREATE FUNCTION _innovation_score.merkle_add(internal, bigint, text, VARIADIC "any") RETURNS internal
    AS 'MODULE_PATHNAME', 'merkle_add' LANGUAGE C STABLE PARALLEL SAFE;
CREATE FUNCTION _innovation_score.merkle_root(internal) RETURNS bytea
    AS 'MODULE_PATHNAME', 'merkle_root' LANGUAGE C STABLE PARALLEL SAFE;
CREATE FUNCTION _innovation_score.merkle_tree(internal) RETURNS bytea
    AS 'MODULE_PATHNAME', 'merkle_tree' LANGUAGE C STABLE PARALLEL SAFE;
CREATE FUNCTION _innovation_score.merkle_path(tree bytea, leaf bytea) RETURNS text[]
    AS 'MODULE_PATHNAME', 'merkle_path' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE AGGREGATE _innovation_score.merkle_root(publication bigint, entity text, VARIADIC vals "any") (
    SFUNC = _innovation_score.merkle_add, STYPE = internal, FINALFUNC = _innovation_score.merkle_root, PARALLEL = RESTRICTED);
CREATE AGGREGATE _innovation_score.merkle_tree(publication bigint, entity text, VARIADIC vals "any") (
    SFUNC = _innovation_score.merkle_add, STYPE = internal, FINALFUNC = _innovation_score.merkle_tree, PARALLEL = RESTRICTED);

COMMENT ON FUNCTION _innovation_score.keep_secret(bigint) IS 'internal: makes the secret of a publication';
COMMENT ON FUNCTION _innovation_score.receipt_salt(bigint, text) IS
    'internal: what salts the hash of a firm; for those who may read published_firm';
COMMENT ON FUNCTION _innovation_score.merkle_add(internal, bigint, text, "any") IS 'internal: transition of merkle_root and merkle_tree';
COMMENT ON FUNCTION _innovation_score.merkle_root(internal) IS 'internal: final function of merkle_root';
COMMENT ON FUNCTION _innovation_score.merkle_tree(internal) IS 'internal: final function of merkle_tree';
COMMENT ON FUNCTION _innovation_score.merkle_path(bytea, bytea) IS 'internal: siblings from a leaf of a tree up to its root';
COMMENT ON AGGREGATE _innovation_score.merkle_root(bigint, text, "any") IS
    'internal: root of the tree of hashes (RFC 6962) over rows of a publication, which begin with the entity';
COMMENT ON AGGREGATE _innovation_score.merkle_tree(bigint, text, "any") IS 'internal: the whole of that tree, for merkle_path()';

CREATE FUNCTION _innovation_score.model_digest(number bigint) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT sha256(COALESCE(string_agg(sha256(_innovation_score.canonical(m.peers, m.model)), '' ORDER BY m.peers::text COLLATE "C"), ''))
    FROM published_model m WHERE m.publication = number
$$;

CREATE FUNCTION _innovation_score.correction_digest(number bigint) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT sha256(COALESCE(string_agg(sha256(_innovation_score.canonical(c.entity, c.indicator, c.objection, c.source_value,
                                                        c.used_value)), '' ORDER BY c.entity, c.indicator), ''))
    FROM published_correction c WHERE c.publication = number
$$;

CREATE FUNCTION _innovation_score.content_digest(number bigint) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT _innovation_score.merkle_root(f.publication, f.entity, f.stage, f.peers, f.attributes, f.vals, f.score, f.coverage,
                       f.category_scores, f.rank, f.stage_rank, f.barred, f.qualifies, f.quota, f.eligible, f.admitted, f.decision,
                       f.reasons)
    FROM published_firm f WHERE f.publication = number
$$;

-- The same bytes as canonical() makes of values, of texts that are in hand.
CREATE FUNCTION _innovation_score.canonical_texts(texts text[]) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(CASE WHEN t.value IS NULL THEN '-,'::bytea
                           ELSE convert_to(length(convert_to(t.value, 'UTF8')) || ':' || t.value || ',', 'UTF8') END, ''::bytea
                      ORDER BY t.place)
    FROM unnest(texts) WITH ORDINALITY AS t(value, place)
$$;

-- What stands in the digest of a publication: long documents by their own digests, so that
-- a receipt stays short.
CREATE FUNCTION _innovation_score.publication_texts(p publication, session_role text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT ARRAY['innovation_score publication', p.publication::text, p.scoreboard, p.scheme, p.period, p.title,
                 _innovation_score.instant(p.published_at), p.published_by, session_role, p.indicators::text, p.categories::text,
                 p.peers::text, p.attributes::text, encode(sha256(convert_to(p.scheme_document::text, 'UTF8')), 'hex'),
                 encode(sha256(convert_to(p.board_document::text, 'UTF8')), 'hex'),
                 encode(sha256(convert_to(p.rule::text, 'UTF8')), 'hex'), p.firms::text, p.scored::text, p.listed::text,
                 encode(p.model_digest, 'hex'), encode(p.correction_digest, 'hex'), encode(p.content_digest, 'hex'),
                 encode(p.previous_digest, 'hex')]
$$;

CREATE FUNCTION _innovation_score.publication_digest(p publication, session_role text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT sha256(_innovation_score.canonical_texts(_innovation_score.publication_texts(p, session_role)))
$$;

CREATE FUNCTION _innovation_score.event_digest(e publication_event, session_role text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT sha256(_innovation_score.canonical('innovation_score event', e.publication, e.event, e.state,
                             to_char(e.notice_from, 'YYYY-MM-DD'), to_char(e.notice_to, 'YYYY-MM-DD'), e.reason,
                             _innovation_score.instant(e.changed_at), e.changed_by, session_role))
$$;

COMMENT ON FUNCTION _innovation_score.model_digest(bigint) IS 'internal: digest of the models of a publication';
COMMENT ON FUNCTION _innovation_score.correction_digest(bigint) IS 'internal: digest of the corrections of a publication';
COMMENT ON FUNCTION _innovation_score.content_digest(bigint) IS
    'internal: root of the tree of hashes over the firms of a publication';
COMMENT ON FUNCTION _innovation_score.canonical_texts(text[]) IS 'internal: texts in the canonical form of a row';
COMMENT ON FUNCTION _innovation_score.publication_texts(publication, text) IS
    'internal: what the digest of a publication is taken of, made by who had logged in as a role';
COMMENT ON FUNCTION _innovation_score.publication_digest(publication, text) IS
    'internal: digest of a publication, made by who had logged in as a role';
COMMENT ON FUNCTION _innovation_score.event_digest(publication_event, text) IS
    'internal: digest of a change of state, made by who had logged in as a role';

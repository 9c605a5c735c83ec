-- receipt: what shows a firm that its row is part of a publication, and nothing of others.

-- A row as the texts of its canonical form.
CREATE FUNCTION _innovation_score.firm_texts(f published_firm) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
    SELECT ARRAY[f.entity, f.stage, f.peers::text, f.attributes::text, f.vals::text, f.score::text, f.coverage::text,
                 f.category_scores::text, f.rank::text, f.stage_rank::text, left(f.barred::text, 1), left(f.qualifies::text, 1),
                 f.quota, left(f.eligible::text, 1), left(f.admitted::text, 1), f.decision, f.reasons]
$$;

CREATE FUNCTION _innovation_score.receipt_leaf(salt bytea, texts text[]) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
    SELECT sha256('\x00'::bytea || salt || _innovation_score.canonical_texts(texts))
$$;

COMMENT ON FUNCTION _innovation_score.firm_texts(published_firm) IS 'internal: the texts of the canonical form of a firm''s row';
COMMENT ON FUNCTION _innovation_score.receipt_leaf(bytea, text[]) IS 'internal: the leaf of a row in the tree of hashes';

-- The tree is made once, however many receipts there are.
CREATE FUNCTION _innovation_score.receipts(number bigint, firm text) RETURNS TABLE (entity text, receipt jsonb)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET extra_float_digits = 1 SET row_security = off AS $$
#variable_conflict use_column
DECLARE
    tree bytea := (SELECT _innovation_score.merkle_tree(f.publication, f.entity, f.stage, f.peers, f.attributes, f.vals, f.score,
                                      f.coverage, f.category_scores, f.rank, f.stage_rank, f.barred, f.qualifies, f.quota,
                                      f.eligible, f.admitted, f.decision, f.reasons)
                   FROM published_firm f WHERE f.publication = number);
    frame jsonb := (SELECT jsonb_build_object(
                        'publication', to_jsonb(_innovation_score.publication_texts(p, l.session_role)),
                        'before', encode(COALESCE((SELECT b.head FROM publication_log b WHERE b.entry = l.entry - 1),
                                                  decode(repeat('00', 32), 'hex')), 'hex'),
                        'head', format('innovation_score log %s %s', l.entry, encode(l.head, 'hex')))
                    FROM publication p JOIN publication_log l ON l.kind = 'publication' AND l.number = p.publication
                    WHERE p.publication = receipts.number);
BEGIN
    RETURN QUERY
    SELECT f.entity::text, frame || jsonb_build_object(
               'firm', to_jsonb(f.texts), 'salt', encode(f.salt, 'hex'),
               'path', to_jsonb(_innovation_score.merkle_path(tree, _innovation_score.receipt_leaf(f.salt, f.texts))))
    FROM (SELECT o.entity, _innovation_score.firm_texts(o) AS texts, _innovation_score.receipt_salt(number, o.entity) AS salt
          FROM published_firm o WHERE o.publication = receipts.number AND (firm IS NULL OR o.entity = firm)
          ORDER BY o.entity OFFSET 0) f;
END
$$;

CREATE FUNCTION publication_receipt(publication bigint, entity text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    key text;
    receipt jsonb;
BEGIN
    PERFORM _innovation_score.require_publications();
    PERFORM _innovation_score.publication_state(publication);
    SELECT _innovation_score.shown_key(p.scoreboard, 'entity', $2) INTO key FROM publication p WHERE p.publication = $1;
    SELECT r.receipt INTO receipt FROM _innovation_score.receipts($1, key) r WHERE key IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'publication % has no firm "%"', $1, $2
            USING ERRCODE = 'undefined_object', HINT = 'Its firms are in the view innovation_score.published_score.';
    END IF;
    RETURN receipt;
END
$$;

CREATE FUNCTION publication_receipts(publication bigint) RETURNS TABLE (entity text, receipt jsonb)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _innovation_score.require_publications();
    PERFORM _innovation_score.publication_state(publication);
    RETURN QUERY SELECT * FROM _innovation_score.receipts(publication, NULL);
END
$$;

COMMENT ON FUNCTION _innovation_score.receipts(bigint, text) IS 'internal: receipts of a firm, or of all';
COMMENT ON FUNCTION publication_receipt(bigint, text) IS
    'what shows that a firm''s row is part of a publication, without showing any other firm';
COMMENT ON FUNCTION publication_receipts(bigint) IS 'the receipts of all firms of a publication';

-- From what the receipt says alone: whoever wants to know whether it is ours compares its
-- head with what was printed.
CREATE FUNCTION verify_receipt(receipt jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
DECLARE
    header text[];
    found bytea;
    step text;
BEGIN
    -- the text of a number or an object would do for the digest, and is not what was handed out
    IF receipt @? '$.*[*] ? (@.type() != "string" && @.type() != "null")' THEN
        RETURN false;
    END IF;
    header := ARRAY(SELECT t.value FROM jsonb_array_elements_text(receipt -> 'publication') WITH ORDINALITY t(value, place)
                    ORDER BY t.place);
    found := _innovation_score.receipt_leaf(decode(receipt ->> 'salt', 'hex'), ARRAY(
        SELECT t.value FROM jsonb_array_elements_text(receipt -> 'firm') WITH ORDINALITY t(value, place) ORDER BY t.place));
    FOR step IN
        SELECT t.value FROM jsonb_array_elements_text(receipt -> 'path') WITH ORDINALITY t(value, place) ORDER BY t.place
    LOOP
        found := sha256('\x01'::bytea || CASE left(step, 1) WHEN 'L' THEN decode(substr(step, 2), 'hex') || found
                                          WHEN 'R' THEN found || decode(substr(step, 2), 'hex') END);
    END LOOP;
    RETURN COALESCE(header[1] = 'innovation_score publication' AND cardinality(header) = 23
                    AND header[22] = encode(found, 'hex')
                    AND (_innovation_score.head_parts(receipt ->> 'head')).digest
                        = _innovation_score.next_head(decode(receipt ->> 'before', 'hex'), 'publication',
                                                      sha256(_innovation_score.canonical_texts(header))), false);
EXCEPTION WHEN data_exception THEN
    RETURN false;
END
$$;

COMMENT ON FUNCTION verify_receipt(jsonb) IS
    'whether a receipt is sound: its row leads to the content of its publication, and that to its head';

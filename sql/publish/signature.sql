-- signature: who has put his name to a head of the log. Signatures are made outside, by
-- keys that no database holds, over the bytes of publication_head() and nothing after them.

CREATE TABLE publication_key (
    key        text NOT NULL,
    public_key text NOT NULL,
    kept_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    kept_by    text NOT NULL DEFAULT current_user,
    CONSTRAINT publication_key_pkey PRIMARY KEY (key)
);

CREATE TABLE publication_signature (
    head      text NOT NULL,
    key       text NOT NULL,
    signature bytea NOT NULL,
    kept_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    kept_by   text NOT NULL DEFAULT current_user,
    CONSTRAINT publication_signature_pkey PRIMARY KEY (head, key)
);

COMMENT ON TABLE publication_key IS '公钥 public keys of those who sign heads of the log of publications';
COMMENT ON COLUMN publication_key.key IS '名称 name of the key';
COMMENT ON COLUMN publication_key.public_key IS '公钥 public key in PEM form: Ed25519, ECDSA, RSA or SM2';
COMMENT ON COLUMN publication_key.kept_at IS '登记时间 when it was kept';
COMMENT ON COLUMN publication_key.kept_by IS '登记人 role that kept it';
COMMENT ON TABLE publication_signature IS '签名 signatures of heads of the log of publications';
COMMENT ON COLUMN publication_signature.head IS '链首 what was signed, as publication_head() gave it';
COMMENT ON COLUMN publication_signature.key IS '公钥名称 name of the key in publication_key';
COMMENT ON COLUMN publication_signature.signature IS '签名 the signature, as openssl writes it';
COMMENT ON COLUMN publication_signature.kept_at IS '登记时间 when it was kept';
COMMENT ON COLUMN publication_signature.kept_by IS '登记人 role that kept it';

SELECT pg_catalog.pg_extension_config_dump('publication_key', '');
SELECT pg_catalog.pg_extension_config_dump('publication_signature', '');

CREATE FUNCTION _innovation_score.signature_verifies(message bytea, signature bytea, public_key text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'signature_verifies' LANGUAGE C STABLE PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION _innovation_score.signature_verifies(bytea, bytea, text) IS
    'internal: whether a signature is one of a message by a key, NULL where the server cannot tell; without signature, '
    'an error if the key cannot be used';

CREATE FUNCTION keep_public_key(key text, public_key text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF key IS NULL OR public_key IS NULL THEN
        RAISE EXCEPTION 'a public key needs a name and its PEM form' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM _innovation_score.signature_verifies('', NULL, public_key);
    INSERT INTO publication_key (key, public_key) VALUES ($1, $2);
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'public key "%" already exists', $1
        USING ERRCODE = 'duplicate_object', HINT = 'Keep another key under another name.';
END
$$;

CREATE FUNCTION keep_signature(head text, signature bytea, key text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known text := (SELECT k.public_key FROM publication_key k WHERE k.key = $3);
    kept record := _innovation_score.head_parts($1);
BEGIN
    IF known IS NULL THEN
        RAISE EXCEPTION 'there is no public key "%"', $3
            USING ERRCODE = 'undefined_object', HINT = 'See innovation_score.keep_public_key().';
    END IF;
    IF NOT EXISTS (SELECT FROM publication_log l WHERE l.entry = kept.entry AND l.head = kept.digest) THEN
        RAISE EXCEPTION 'the log of publications has no such head'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', $1);
    END IF;
    IF NOT _innovation_score.signature_verifies(convert_to($1, 'UTF8'), $2, known) OR $2 IS NULL THEN
        RAISE EXCEPTION 'this is not a signature of that head by key "%"', $3
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'What is signed are the bytes of the head, without a line end.';
    END IF;
    INSERT INTO publication_signature (head, key, signature) VALUES ($1, $3, $2)
    ON CONFLICT ON CONSTRAINT publication_signature_pkey DO NOTHING;
    -- whoever may keep signatures may write anything in their place
    IF NOT FOUND AND NOT (SELECT _innovation_score.signature_verifies(convert_to($1, 'UTF8'), s.signature, known)
                          FROM publication_signature s WHERE s.head = $1 AND s.key = $3) THEN
        RAISE EXCEPTION 'something else is kept as the signature of that head by key "%"', $3
            USING ERRCODE = 'unique_violation', HINT = 'Delete it from innovation_score.publication_signature first.';
    END IF;
END
$$;

CREATE FUNCTION verify_signatures() RETURNS TABLE (head text, key text, ok boolean, detail text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT c.head, c.key, CASE WHEN c.logged AND c.public_key IS NOT NULL THEN c.signed ELSE false END,
           CASE WHEN c.public_key IS NULL THEN 'its public key is gone'
                WHEN NOT c.logged THEN 'the log does not have this head any more'
                WHEN c.signed THEN format('signed, %s came later', (SELECT max(l.entry) FROM publication_log l) - c.entry)
                WHEN c.signed IS NULL
                THEN 'the server has no OpenSSL; write head, signature and public key to files of these names and run: '
                     'openssl pkeyutl -verify -rawin -pubin -inkey public_key -sigfile signature -in head'
                ELSE 'the signature is not one of this head by this key' END
    -- one row that somebody has written past keep_signature() hides no other
    FROM (SELECT s.head, s.key, k.public_key, l.entry, l.entry IS NOT NULL AS logged,
                 _innovation_score.signature_verifies(convert_to(s.head, 'UTF8'), s.signature, k.public_key) AS signed
          FROM publication_signature s LEFT JOIN publication_key k USING (key)
          LEFT JOIN publication_log l
                 ON format('innovation_score log %s %s', l.entry, encode(l.head, 'hex')) = btrim(s.head, E' \t\n\v\f\r') OFFSET 0) c
    ORDER BY c.entry, c.head COLLATE "C", c.key COLLATE "C"
$$;

COMMENT ON FUNCTION keep_public_key(text, text) IS 'keeps the public key, in PEM form, of somebody who signs heads of the log of publications';
COMMENT ON FUNCTION keep_signature(text, bytea, text) IS
    'keeps a signature of what publication_head() gave, after checking it by the public key of that name';
COMMENT ON FUNCTION verify_signatures() IS
    'which heads of the log of publications are signed by which public keys: ok is NULL where the server cannot tell';

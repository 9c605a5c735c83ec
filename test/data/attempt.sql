-- What a statement is refused with: state and message, detail and hint; "done" if it is not.  Without rows that a constraint
-- refuses, since they hold times, and without what only the server says, since its versions differ.
CREATE FUNCTION attempt(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint text;
BEGIN
    EXECUTE command;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    IF SQLSTATE IN ('2BP01', '42883') THEN
        RETURN SQLSTATE || ': ' || SQLERRM;
    END IF;
    RETURN concat_ws(E'\n  ', SQLSTATE || ': ' || SQLERRM, NULLIF(regexp_replace(detail, '^Failing row.*', ''), ''), NULLIF(hint, ''));
END
$$;

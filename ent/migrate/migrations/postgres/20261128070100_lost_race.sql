-- +goose Up
-- what a statement calls that finds a row changed since it was read: it undoes the transaction, which may be repeated
-- +goose StatementBegin
CREATE FUNCTION lost_race() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a row is not as it was read' USING ERRCODE = 'serialization_failure';
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION lost_race();

-- +goose Up
-- create "sealing_keys" table
CREATE TABLE "sealing_keys" (
  "key_id" text NOT NULL,
  "value" bytea NOT NULL,
  "created_at" timestamptz NOT NULL,
  PRIMARY KEY ("key_id")
);

-- +goose Down
-- reverse: create "sealing_keys" table
DROP TABLE "sealing_keys";

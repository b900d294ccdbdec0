-- +goose Up
-- create "order_trails" table
CREATE TABLE "order_trails" (
  "id" bigint NOT NULL,
  "trail" text NOT NULL,
  "created_at" timestamptz NOT NULL,
  PRIMARY KEY ("id")
);

-- +goose Down
-- reverse: create "order_trails" table
DROP TABLE "order_trails";

-- +goose Up
-- create "purchases" table
CREATE TABLE "purchases" (
  "id" bigint NOT NULL,
  "provider_id" bigint NOT NULL,
  "state" text NOT NULL DEFAULT 'waiting',
  "taken_by" text NOT NULL DEFAULT '',
  "taken_until" timestamptz NULL,
  "reason" text NOT NULL DEFAULT '',
  "goods" bytea NULL,
  "created_at" timestamptz NOT NULL,
  "updated_at" timestamptz NOT NULL,
  PRIMARY KEY ("id")
);
-- create index "purchases_open" to table: "purchases"
CREATE INDEX "purchases_open" ON "purchases" ("id") WHERE (state = ANY (ARRAY['waiting'::text, 'taken'::text]));

-- +goose Down
-- reverse: create index "purchases_open" to table: "purchases"
DROP INDEX "purchases_open";
-- reverse: create "purchases" table
DROP TABLE "purchases";

-- +goose Up
-- modify "unit_imports" table
ALTER TABLE "unit_imports" ADD COLUMN "first_unit_id" bigint NOT NULL DEFAULT 0, ADD COLUMN "last_unit_id" bigint NOT NULL DEFAULT 0, ADD COLUMN "withdrawn_at" timestamptz NULL;

-- +goose Down
-- reverse: modify "unit_imports" table
ALTER TABLE "unit_imports" DROP COLUMN "withdrawn_at", DROP COLUMN "last_unit_id", DROP COLUMN "first_unit_id";

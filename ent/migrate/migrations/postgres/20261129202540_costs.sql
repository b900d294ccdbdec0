-- +goose Up
-- modify "attempts" table
ALTER TABLE "attempts" ADD COLUMN "charged_micros" bigint NULL, ADD COLUMN "charged_currency" text NOT NULL DEFAULT '', ADD COLUMN "booked_micros" bigint NULL, ADD COLUMN "booked_currency" text NOT NULL DEFAULT '';
-- modify "transfers" table
ALTER TABLE "transfers" ADD COLUMN "attempt_id" bigint NULL;

-- +goose Down
-- reverse: modify "transfers" table
ALTER TABLE "transfers" DROP COLUMN "attempt_id";
-- reverse: modify "attempts" table
ALTER TABLE "attempts" DROP COLUMN "booked_currency", DROP COLUMN "booked_micros", DROP COLUMN "charged_currency", DROP COLUMN "charged_micros";

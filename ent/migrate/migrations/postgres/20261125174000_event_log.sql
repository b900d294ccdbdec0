-- +goose Up
-- Events that exist keep 0: they come before all later ones, in the order of their ids.
ALTER TABLE "events" ADD COLUMN "transaction_id" bigint NOT NULL DEFAULT 0;
ALTER TABLE "events" ALTER COLUMN "transaction_id" SET DEFAULT ((pg_current_xact_id())::text)::bigint;
CREATE INDEX "event_transaction_id_id" ON "events" ("transaction_id", "id");

-- +goose Down
DROP INDEX "event_transaction_id_id";
ALTER TABLE "events" DROP COLUMN "transaction_id";

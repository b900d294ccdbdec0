-- +goose Up
-- modify "event_logs" table
ALTER TABLE "event_logs" ADD COLUMN "earlier" text NOT NULL DEFAULT '';

-- +goose Down
-- reverse: modify "event_logs" table
ALTER TABLE "event_logs" DROP COLUMN "earlier";

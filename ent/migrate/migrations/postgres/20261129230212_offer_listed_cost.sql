-- +goose Up
-- modify "offers" table
ALTER TABLE "offers" ADD COLUMN "listed_cost_micros" bigint NOT NULL DEFAULT 0;

-- +goose Down
-- reverse: modify "offers" table
ALTER TABLE "offers" DROP COLUMN "listed_cost_micros";

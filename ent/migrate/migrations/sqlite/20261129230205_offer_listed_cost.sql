-- +goose Up
-- add column "listed_cost_micros" to table: "offers"
ALTER TABLE `offers` ADD COLUMN `listed_cost_micros` integer NOT NULL DEFAULT (0);

-- +goose Down
-- reverse: add column "listed_cost_micros" to table: "offers"
ALTER TABLE `offers` DROP COLUMN `listed_cost_micros`;

-- +goose Up
-- add column "erased_at" to table: "orders"
ALTER TABLE `orders` ADD COLUMN `erased_at` datetime NULL;

-- +goose Down
-- reverse: add column "erased_at" to table: "orders"
ALTER TABLE `orders` DROP COLUMN `erased_at`;

-- +goose Up
-- create index "order_created_at_id" to table: "orders"
CREATE INDEX `order_created_at_id` ON `orders` (`created_at`, `id`);

-- +goose Down
-- reverse: create index "order_created_at_id" to table: "orders"
DROP INDEX `order_created_at_id`;

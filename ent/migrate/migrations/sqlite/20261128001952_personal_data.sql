-- +goose Up
-- add column "personal" to table: "orders"
ALTER TABLE `orders` ADD COLUMN `personal` blob NULL;
-- add column "sealed_door_state" to table: "order_lines"
ALTER TABLE `order_lines` ADD COLUMN `sealed_door_state` blob NULL;
-- add column "sealed_url" to table: "webhook_endpoints"
ALTER TABLE `webhook_endpoints` ADD COLUMN `sealed_url` blob NULL;
-- add column "sealed_url" to table: "webhook_deliveries"
ALTER TABLE `webhook_deliveries` ADD COLUMN `sealed_url` blob NULL;
-- a database without merchants, products and providers seals everything from its beginning; another once it is resealed
INSERT INTO `counters` (`name`, `value`) SELECT 'sealing', 2 WHERE NOT EXISTS (SELECT 1 FROM `merchants`)
  AND NOT EXISTS (SELECT 1 FROM `products`) AND NOT EXISTS (SELECT 1 FROM `providers`);

-- +goose Down
DELETE FROM `counters` WHERE `name` = 'sealing';
-- reverse: add column "sealed_url" to table: "webhook_deliveries"
ALTER TABLE `webhook_deliveries` DROP COLUMN `sealed_url`;
-- reverse: add column "sealed_url" to table: "webhook_endpoints"
ALTER TABLE `webhook_endpoints` DROP COLUMN `sealed_url`;
-- reverse: add column "sealed_door_state" to table: "order_lines"
ALTER TABLE `order_lines` DROP COLUMN `sealed_door_state`;
-- reverse: add column "personal" to table: "orders"
ALTER TABLE `orders` DROP COLUMN `personal`;

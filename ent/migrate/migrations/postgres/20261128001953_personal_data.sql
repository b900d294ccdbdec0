-- +goose Up
-- modify "order_lines" table
ALTER TABLE "order_lines" ADD COLUMN "sealed_door_state" bytea NULL;
-- modify "orders" table
ALTER TABLE "orders" ADD COLUMN "personal" bytea NULL;
-- modify "webhook_deliveries" table
ALTER TABLE "webhook_deliveries" ADD COLUMN "sealed_url" bytea NULL;
-- modify "webhook_endpoints" table
ALTER TABLE "webhook_endpoints" ADD COLUMN "sealed_url" bytea NULL;
-- a database without merchants, products and providers seals everything from its beginning; another once it is resealed
INSERT INTO "counters" ("name", "value") SELECT 'sealing', 2 WHERE NOT EXISTS (SELECT 1 FROM "merchants")
  AND NOT EXISTS (SELECT 1 FROM "products") AND NOT EXISTS (SELECT 1 FROM "providers");

-- +goose Down
DELETE FROM "counters" WHERE "name" = 'sealing';
-- reverse: modify "webhook_endpoints" table
ALTER TABLE "webhook_endpoints" DROP COLUMN "sealed_url";
-- reverse: modify "webhook_deliveries" table
ALTER TABLE "webhook_deliveries" DROP COLUMN "sealed_url";
-- reverse: modify "orders" table
ALTER TABLE "orders" DROP COLUMN "personal";
-- reverse: modify "order_lines" table
ALTER TABLE "order_lines" DROP COLUMN "sealed_door_state";

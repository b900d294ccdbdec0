-- +goose Up
-- modify "orders" table
ALTER TABLE "orders" ADD COLUMN "erased_at" timestamptz NULL;

-- +goose Down
-- reverse: modify "orders" table
ALTER TABLE "orders" DROP COLUMN "erased_at";

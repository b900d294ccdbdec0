-- +goose Up
-- modify "api_keys" table
ALTER TABLE "api_keys" ADD COLUMN "made_by" bigint NULL;

-- +goose Down
-- reverse: modify "api_keys" table
ALTER TABLE "api_keys" DROP COLUMN "made_by";

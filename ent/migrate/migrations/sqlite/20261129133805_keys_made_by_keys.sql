-- +goose Up
-- add column "made_by" to table: "api_keys"
ALTER TABLE `api_keys` ADD COLUMN `made_by` integer NULL;

-- +goose Down
-- reverse: add column "made_by" to table: "api_keys"
ALTER TABLE `api_keys` DROP COLUMN `made_by`;

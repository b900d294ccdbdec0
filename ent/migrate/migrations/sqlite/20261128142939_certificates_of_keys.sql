-- +goose Up
-- add column "certificate" to table: "api_keys"
ALTER TABLE `api_keys` ADD COLUMN `certificate` blob NULL;
-- create index "apikey_certificate" to table: "api_keys"
CREATE UNIQUE INDEX `apikey_certificate` ON `api_keys` (`certificate`) WHERE certificate IS NOT NULL AND revoked_at IS NULL;

-- +goose Down
-- reverse: create index "apikey_certificate" to table: "api_keys"
DROP INDEX `apikey_certificate`;
-- reverse: add column "certificate" to table: "api_keys"
ALTER TABLE `api_keys` DROP COLUMN `certificate`;

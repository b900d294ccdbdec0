-- +goose Up
-- add column "credentials_version" to table: "merchants"
ALTER TABLE `merchants` ADD COLUMN `credentials_version` integer NOT NULL DEFAULT (0);

-- +goose Down
-- reverse: add column "credentials_version" to table: "merchants"
ALTER TABLE `merchants` DROP COLUMN `credentials_version`;

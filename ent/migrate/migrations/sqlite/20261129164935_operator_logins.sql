-- +goose Up
-- add column "login" to table: "operators"
ALTER TABLE `operators` ADD COLUMN `login` text NULL;
-- create index "operators_login_key" to table: "operators"
CREATE UNIQUE INDEX `operators_login_key` ON `operators` (`login`);

-- +goose Down
-- reverse: create index "operators_login_key" to table: "operators"
DROP INDEX `operators_login_key`;
-- reverse: add column "login" to table: "operators"
ALTER TABLE `operators` DROP COLUMN `login`;

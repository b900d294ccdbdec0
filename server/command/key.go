package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/account"
)

type keyCreateCommand struct {
	databaseFlags
	jsonFlag
	Merchant string `arg:"" help:"Name or id of the merchant."`
	Label    string `placeholder:"TEXT" help:"A name for the key, for people."`
}

// Help explains the command with examples.
func (*keyCreateCommand) Help() string {
	return `The key is printed alone on standard output and cannot be shown again: the hub keeps only its hash. An
operator's key has admin scope.

Examples:

    orderhub key create shop --label "till 3"
    orderhub key create ops > ops.key`
}

// Run creates the key.
func (c *keyCreateCommand) Run(ctx context.Context, std *Streams) error {
	return c.withAccounts(ctx, std, func(accounts *account.Service) error {
		merchant, err := findMerchant(ctx, accounts, c.Merchant)
		if err != nil {
			return err
		}
		scope := account.ScopeMerchant
		if merchant.Role == account.RoleOperator {
			scope = account.ScopeAdmin
		}
		key, plain, err := accounts.IssueKey(ctx, merchant.ID, scope, c.Label)
		if err != nil {
			return oneLine(err)
		}
		if c.JSON {
			row := toJSONKey(key)
			row.Key = plain
			return printJSON(std.Out, row)
		}
		fmt.Fprintf(
			std.Err, "Created key %d of %s, scope %s. This is the only time it is shown:\n", key.ID, merchant.Name, key.Scope,
		)
		fmt.Fprintln(std.Out, plain)
		return nil
	})
}

type keyListCommand struct {
	databaseFlags
	jsonFlag
	Merchant string `arg:"" help:"Name or id of the merchant."`
}

// Help explains the command with examples.
func (*keyListCommand) Help() string {
	return `Example:

    orderhub key list shop`
}

// Run lists the merchant's keys, without the keys themselves.
func (c *keyListCommand) Run(ctx context.Context, std *Streams) error {
	return c.withAccounts(ctx, std, func(accounts *account.Service) error {
		merchant, err := findMerchant(ctx, accounts, c.Merchant)
		if err != nil {
			return err
		}
		keys, err := accounts.ListKeys(ctx, merchant.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			rows := make([]jsonKey, len(keys))
			for i, key := range keys {
				rows[i] = toJSONKey(key)
			}
			return printJSONLines(std.Out, rows)
		}
		rows := newTable(std.Out, "ID", "SCOPE", "CREATED", "REVOKED", "LABEL")
		for _, key := range keys {
			revoked := "-"
			if key.RevokedAt != nil {
				revoked = instant(*key.RevokedAt)
			}
			rows.add(fmt.Sprint(key.ID), string(key.Scope), instant(key.CreatedAt), revoked, orDash(key.Label))
		}
		return rows.flush()
	})
}

// jsonKey is a key as --json prints it.
type jsonKey struct {
	ID         int64      `json:"id"`
	Scope      string     `json:"scope"`
	Label      string     `json:"label,omitempty"`
	Key        string     `json:"key,omitempty"` // only when it is created
	CreateTime time.Time  `json:"createTime"`
	RevokeTime *time.Time `json:"revokeTime,omitempty"`
}

func toJSONKey(k account.Key) jsonKey {
	return jsonKey{ID: k.ID, Scope: string(k.Scope), Label: k.Label, CreateTime: k.CreatedAt, RevokeTime: k.RevokedAt}
}

type keyRevokeCommand struct {
	databaseFlags
	Merchant string `arg:"" help:"Name or id of the merchant."`
	ID       int64  `arg:"" name:"key-id" help:"Id of the key, as \"key list\" shows it."`
}

// Help explains the command with examples.
func (*keyRevokeCommand) Help() string {
	return `A hub that is running refuses the key within about a second. With a merchant's last key, what it signed in for
with its password ends too.

Example:

    orderhub key revoke shop 7`
}

// Run revokes the key.
func (c *keyRevokeCommand) Run(ctx context.Context, std *Streams) error {
	return c.withAccounts(ctx, std, func(accounts *account.Service) error {
		merchant, err := findMerchant(ctx, accounts, c.Merchant)
		if err != nil {
			return err
		}
		key, err := accounts.RevokeKey(ctx, merchant.ID, c.ID)
		switch {
		case errors.Is(err, account.ErrKeyNotFound):
			return fmt.Errorf("%s has no key %d", merchant.Name, c.ID)
		case err != nil:
			return err
		}
		fmt.Fprintf(std.Out, "Key %d of %s is revoked since %s.\n", key.ID, merchant.Name, instant(*key.RevokedAt))
		return nil
	})
}

package command

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"orderhub/server/account"
	"orderhub/server/config"
	"orderhub/server/money"
)

// withAccounts gives work the accounts of the database; it seals nothing.
func (f *databaseFlags) withAccounts(ctx context.Context, std *Streams, work func(*account.Service) error) error {
	return f.withKeyedAccounts(ctx, std, keyUnused, work)
}

// withKeyedAccounts gives work the accounts of the database, opened with its key where that is used.
func (f *databaseFlags) withKeyedAccounts(
	ctx context.Context, std *Streams, use keyUse, work func(*account.Service) error,
) (err error) {
	s, err := f.openStore(ctx, std, use)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return work(account.NewService(s.Accounts))
}

// findMerchant looks a merchant up by name or id.
func findMerchant(ctx context.Context, accounts *account.Service, name string) (account.Merchant, error) {
	merchant, err := accounts.FindMerchant(ctx, name)
	if errors.Is(err, account.ErrMerchantNotFound) {
		return merchant, fmt.Errorf("there is no merchant %q", name)
	}
	return merchant, err
}

type merchantCreateCommand struct {
	databaseFlags
	jsonFlag
	Name        string   `arg:"" help:"Name: a lower-case letter, then lower-case letters, digits or . _ -."`
	Currency    string   `placeholder:"CODE" help:"Currency of the wallet, ISO 4217. Required unless --operator."`
	CreditLimit string   `placeholder:"AMOUNT" help:"How far below zero the wallet may go (default: 0)."`
	Email       string   `placeholder:"ADDRESS" help:"E-mail address."`
	Rate        int      `placeholder:"N" default:"-1" help:"Requests per minute over all keys: 0 for no limit (default: that of each door)."`
	Burst       int      `placeholder:"N" help:"Requests that may come at once (default: as many as in a minute)."`
	Allow       []string `placeholder:"ADDRESS" help:"Addresses and CIDR prefixes that requests may come from, with commas (default: all)."`
	Operator    bool     `help:"An operator of the hub: admin scope and no wallet."`
}

// Help explains the command with examples.
func (*merchantCreateCommand) Help() string {
	return `An e-mail address is sealed, which takes the key of the database.

Examples:

    orderhub merchant create shop --currency THB
    orderhub merchant create agency --currency KRW --credit-limit 1000000 --rate 1200 --burst 40 --allow 192.0.2.0/24
    orderhub merchant create ops --operator`
}

// Run creates the merchant.
func (c *merchantCreateCommand) Run(ctx context.Context, std *Streams) error {
	merchant, err := c.merchant()
	if err != nil {
		return err
	}
	use := keyUnused
	if c.Email != "" {
		use = keySeals
	}
	return c.withKeyedAccounts(ctx, std, use, func(accounts *account.Service) error {
		created, err := accounts.CreateMerchant(ctx, merchant)
		var taken *account.AlreadyExistsError
		switch {
		case errors.As(err, &taken):
			return fmt.Errorf("there is a merchant with this %s already", taken.Field)
		case err != nil:
			return oneLine(err)
		}
		if c.JSON {
			return printJSON(std.Out, toJSONMerchant(&created))
		}
		fmt.Fprintf(std.Out, "Created %s %s with id %d.\nGive it a key with: orderhub key create %s\n",
			created.Role, created.Name, created.ID, created.Name)
		return nil
	})
}

func (c *merchantCreateCommand) merchant() (account.NewMerchant, error) {
	m := account.NewMerchant{
		Name: c.Name, Email: c.Email, Role: account.RoleMerchant,
		RateLimit: account.RateLimit{RequestsPerMinute: c.Rate, Burst: c.Burst},
	}
	if c.Operator {
		m.Role = account.RoleOperator
	}
	switch {
	case c.Operator && (c.Currency != "" || c.CreditLimit != ""):
		return m, errors.New("an operator has no wallet: leave out --currency and --credit-limit")
	case !c.Operator && c.Currency == "":
		return m, errors.New("--currency is missing: the currency of the merchant's wallet, such as THB")
	}
	if c.Currency != "" {
		currency, err := money.ParseCurrency(c.Currency)
		if err != nil {
			return m, fmt.Errorf("--currency: %w", err)
		}
		m.Currency = currency
	}
	if c.CreditLimit != "" {
		limit, err := money.Parse(c.CreditLimit, m.Currency)
		if err != nil {
			return m, fmt.Errorf("--credit-limit: %w", err)
		}
		m.CreditLimit = limit
	}
	for _, text := range c.Allow {
		prefix, err := config.ParsePrefix(text)
		if err != nil {
			return m, fmt.Errorf("--allow: %w", err)
		}
		m.IPAllowlist = append(m.IPAllowlist, prefix)
	}
	return m, nil
}

type jsonFlag struct {
	JSON bool `name:"json" help:"Print JSON instead of text; a list as one object per line."`
}

type merchantListCommand struct {
	databaseFlags
	jsonFlag
}

// Help explains the command with examples.
func (*merchantListCommand) Help() string {
	return `Without the key of the database e-mail addresses that are sealed are not shown.

Examples:

    orderhub merchant list
    orderhub merchant list --json`
}

// Run lists all merchants.
func (c *merchantListCommand) Run(ctx context.Context, std *Streams) error {
	return c.withAccounts(ctx, std, func(accounts *account.Service) error {
		merchants, err := allMerchants(ctx, accounts)
		if err != nil {
			return err
		}
		if c.JSON {
			rows := make([]jsonMerchant, len(merchants))
			for i := range merchants {
				rows[i] = toJSONMerchant(&merchants[i])
			}
			return printJSONLines(std.Out, rows)
		}
		return printMerchants(std, merchants)
	})
}

func allMerchants(ctx context.Context, accounts *account.Service) ([]account.Merchant, error) {
	const page = 1000
	var all []account.Merchant
	for {
		after := int64(0)
		if len(all) > 0 {
			after = all[len(all)-1].ID
		}
		merchants, err := accounts.ListMerchants(ctx, after, page)
		if err != nil {
			return nil, err
		}
		all = append(all, merchants...)
		if len(merchants) < page {
			return all, nil
		}
	}
}

func printMerchants(std *Streams, merchants []account.Merchant) error {
	rows := newTable(std.Out, "ID", "NAME", "ROLE", "STATUS", "BALANCE", "CREDIT LIMIT", "RATE", "E-MAIL")
	for i := range merchants {
		m := &merchants[i]
		balance, credit, rate := "-", "-", "-"
		if m.Wallet != nil {
			balance = amount(m.Wallet.Balance, m.Wallet.Currency)
			credit = amount(m.Wallet.CreditLimit, m.Wallet.Currency)
		}
		if m.RateLimit.RequestsPerMinute > 0 {
			rate = fmt.Sprintf("%d/min", m.RateLimit.RequestsPerMinute)
		}
		rows.add(fmt.Sprint(m.ID), m.Name, string(m.Role), string(m.Status), balance, credit, rate, shownEmail(m))
	}
	return rows.flush()
}

// shownEmail tells an address that cannot be opened from none.
func shownEmail(m *account.Merchant) string {
	if m.EmailUnread {
		return "(sealed)"
	}
	return orDash(m.Email)
}

// jsonMerchant is a merchant as --json prints it.
type jsonMerchant struct {
	ID                int64          `json:"id"`
	Name              string         `json:"name"`
	Email             string         `json:"email,omitempty"`
	EmailUnread       bool           `json:"emailUnread,omitempty"` // there is one that cannot be opened
	Role              string         `json:"role"`
	Status            string         `json:"status"`
	Currency          string         `json:"currency,omitempty"`
	Balance           string         `json:"balance,omitempty"`
	CreditLimit       string         `json:"creditLimit,omitempty"`
	RequestsPerMinute int            `json:"requestsPerMinute,omitempty"`
	Burst             int            `json:"burst,omitempty"`
	IPAllowlist       []netip.Prefix `json:"ipAllowlist,omitempty"`
	CreateTime        time.Time      `json:"createTime"`
}

func toJSONMerchant(m *account.Merchant) jsonMerchant {
	row := jsonMerchant{
		ID: m.ID, Name: m.Name, Email: m.Email, EmailUnread: m.EmailUnread, Role: string(m.Role), Status: string(m.Status),
		RequestsPerMinute: m.RateLimit.RequestsPerMinute, Burst: m.RateLimit.Burst,
		IPAllowlist: m.IPAllowlist, CreateTime: m.CreatedAt,
	}
	if w := m.Wallet; w != nil {
		row.Currency = string(w.Currency)
		row.Balance, row.CreditLimit = w.Balance.Format(w.Currency), w.CreditLimit.Format(w.Currency)
	}
	return row
}

type merchantSuspendCommand struct {
	databaseFlags
	Merchant string `arg:"" help:"Name or id of the merchant."`
}

// Help explains the command with examples.
func (*merchantSuspendCommand) Help() string {
	return `A hub that is running refuses the merchant within about a second. Orders it placed before go on.

Example:

    orderhub merchant suspend shop`
}

// Run suspends the merchant.
func (c *merchantSuspendCommand) Run(ctx context.Context, std *Streams) error {
	return c.setStatus(ctx, std, c.Merchant, account.StatusSuspended)
}

type merchantResumeCommand struct {
	databaseFlags
	Merchant string `arg:"" help:"Name or id of the merchant."`
}

// Help explains the command with examples.
func (*merchantResumeCommand) Help() string {
	return `Example:

    orderhub merchant resume shop`
}

// Run lets the merchant in again.
func (c *merchantResumeCommand) Run(ctx context.Context, std *Streams) error {
	return c.setStatus(ctx, std, c.Merchant, account.StatusActive)
}

func (f *databaseFlags) setStatus(ctx context.Context, std *Streams, name string, status account.Status) error {
	return f.withAccounts(ctx, std, func(accounts *account.Service) error {
		merchant, err := findMerchant(ctx, accounts, name)
		if err == nil {
			merchant, err = accounts.UpdateMerchant(ctx, merchant.ID, account.MerchantChange{Status: &status})
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(std.Out, "Merchant %s is %s.\n", merchant.Name, merchant.Status)
		return nil
	})
}

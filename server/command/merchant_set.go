package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"orderhub/server/account"
	"orderhub/server/money"
)

type merchantSetCommand struct {
	databaseFlags
	Name           string   `arg:"" help:"Name or id of the merchant."`
	StoreName      *string  `placeholder:"TEXT" help:"Name of the shop that it buys at."`
	BillingAddress []string `placeholder:"ID=NAME" help:"Billing addresses that its orders may name, with commas; they replace those there are."`
	DefaultAddress *int64   `placeholder:"ID" help:"The billing address of orders that name none; 0 for none."`
	CallbackURL    *string  `name:"callback-url" placeholder:"URL" help:"Where changes of orders are told that name no address of their own."`
	LowBalance     *string  `placeholder:"AMOUNT" help:"Tell of a charge that takes the balance below this; empty for never."`
	Rate           *int     `placeholder:"N" help:"Requests per minute over all keys: 0 for no limit, -1 for the default of each door."`
	Burst          *int     `placeholder:"N" help:"Requests that may come at once; 0 for as many as in a minute."`
}

// Help explains the command with examples.
func (*merchantSetCommand) Help() string {
	return `What is not named stays as it is.

Examples:

    orderhub merchant set agency --store-name "Agency" --billing-address 1234=Agency --default-address 1234
    orderhub merchant set agency --callback-url https://agency.example/callback
    orderhub merchant set agency --low-balance 500.00
    orderhub merchant set agency --rate -1`
}

// Run changes the settings.
func (c *merchantSetCommand) Run(ctx context.Context, std *Streams) error {
	return c.withKeyedAccounts(ctx, std, keySeals, func(accounts *account.Service) error {
		merchant, err := findMerchant(ctx, accounts, c.Name)
		if err != nil {
			return err
		}
		if c.nothing() {
			fmt.Fprintf(
				std.Out, "Nothing was named that should change, so %s stays as it is. See: orderhub merchant set --help\n",
				merchant.Name,
			)
			return nil
		}
		settings, limit := merchant.Settings, merchant.RateLimit
		if err := c.apply(&settings, &limit); err != nil {
			return err
		}
		change := account.MerchantChange{Settings: &settings, RateLimit: &limit}
		if change.LowBalance, err = c.lowBalance(&merchant); err != nil {
			return err
		}
		if _, err = accounts.UpdateMerchant(ctx, merchant.ID, change); err != nil {
			return oneLine(err)
		}
		fmt.Fprintf(std.Out, "Changed the settings of %s.\n", merchant.Name)
		return nil
	})
}

// nothing reports whether no change is named.
func (c *merchantSetCommand) nothing() bool {
	return c.StoreName == nil && len(c.BillingAddress) == 0 && c.DefaultAddress == nil && c.CallbackURL == nil &&
		c.LowBalance == nil && c.Rate == nil && c.Burst == nil
}

// lowBalance is nil for a threshold that stays.
func (c *merchantSetCommand) lowBalance(m *account.Merchant) (**money.Amount, error) {
	var threshold *money.Amount
	switch {
	case c.LowBalance == nil:
		return nil, nil
	case *c.LowBalance == "":
		return &threshold, nil
	case m.Wallet == nil:
		return nil, account.ErrNoWallet
	}
	amount, err := money.ParseSigned(*c.LowBalance, m.Wallet.Currency)
	if err != nil {
		return nil, fmt.Errorf("--low-balance: %w", err)
	}
	threshold = &amount
	return &threshold, nil
}

func (c *merchantSetCommand) apply(s *account.Settings, limit *account.RateLimit) error {
	if c.StoreName != nil {
		s.StoreName = *c.StoreName
	}
	if c.CallbackURL != nil {
		s.CallbackURL = *c.CallbackURL
	}
	if c.DefaultAddress != nil {
		s.DefaultBillingAddress = *c.DefaultAddress
	}
	if c.Rate != nil {
		*limit = limit.WithRequests(*c.Rate)
	}
	if c.Burst != nil {
		limit.Burst = *c.Burst
	}
	if len(c.BillingAddress) == 0 {
		return nil
	}
	s.BillingAddresses = nil
	for _, text := range c.BillingAddress {
		number, name, _ := strings.Cut(text, "=")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return fmt.Errorf("--billing-address: %q is not of the form 1234=NAME", text)
		}
		s.BillingAddresses = append(s.BillingAddresses, account.BillingAddress{ID: id, Name: name})
	}
	return nil
}

type merchantSecretCommand struct {
	databaseFlags
	Name string `arg:"" help:"Name or id of the merchant."`
	Kind string `arg:"" enum:"password,channel-code,callback-key" help:"password, channel-code or callback-key."`
}

// Help explains the command with examples.
func (*merchantSecretCommand) Help() string {
	return `The value is asked for on a terminal, and read from the first line of the standard input elsewhere: a command
line can be seen by others. An empty value removes what there is.

With a password, of 8 characters or more, a merchant that has an e-mail address signs in at BursaGB's door, from the
addresses that its keys may come from. Ten wrong ones within 15 minutes lock the address until they are older. Another
password, or none, ends what was signed in for before.

Examples:

    orderhub merchant secret agency password
    orderhub merchant secret channel channel-code < code.txt`
}

// Run sets the secret.
func (c *merchantSecretCommand) Run(ctx context.Context, std *Streams) error {
	use := keyUnused
	if c.Kind == "callback-key" { // only that one is sealed; of the others a hash is kept
		use = keySeals
	}
	return c.withKeyedAccounts(ctx, std, use, func(accounts *account.Service) error {
		merchant, err := findMerchant(ctx, accounts, c.Name)
		if err != nil {
			return err
		}
		value, err := readSecret(std, c.Kind)
		if err != nil {
			return err
		}
		set := map[string]func(context.Context, int64, string) error{
			"password": accounts.SetPassword, "channel-code": accounts.SetChannelCode, "callback-key": accounts.SetCallbackKey,
		}[c.Kind]
		if err := set(ctx, merchant.ID, value); err != nil {
			return oneLine(err)
		}
		done := "Set"
		if value == "" {
			done = "Removed"
		}
		fmt.Fprintf(std.Out, "%s the %s of %s.\n", done, strings.ReplaceAll(c.Kind, "-", " "), merchant.Name)
		return nil
	})
}

// readSecret asks without showing what is typed, or reads one line.
func readSecret(std *Streams, kind string) (string, error) {
	if file, ok := std.In.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		fmt.Fprintf(std.Err, "New %s: ", strings.ReplaceAll(kind, "-", " "))
		value, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(std.Err)
		return string(value), err
	}
	const most = 4096
	text, err := io.ReadAll(io.LimitReader(std.In, most))
	if err != nil {
		return "", err
	}
	if text, err = utf8Text(text); err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

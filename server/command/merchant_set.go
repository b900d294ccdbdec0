package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type merchantSetCommand struct {
	callFlags
	Name           string   `arg:"" help:"Name or id of the merchant."`
	StoreName      *string  `placeholder:"TEXT" help:"Name of the shop that it buys at."`
	BillingAddress []string `placeholder:"ID=NAME" help:"Billing addresses that its orders may name, with commas; they replace those there are."`
	DefaultAddress *int64   `placeholder:"ID" help:"The billing address of orders that name none; 0 for none."`
	CallbackURL    *string  `name:"callback-url" placeholder:"URL" help:"Where changes of orders are told that name no address of their own."`
	LowBalance     *string  `placeholder:"AMOUNT" help:"Tell of a charge that takes the balance below this; empty for never."`
	Rate           *int32   `placeholder:"N" help:"Requests per minute over all keys: 0 for no limit, -1 for the default of each door."`
	Burst          *int32   `placeholder:"N" help:"Requests that may come at once; 0 for as many as in a minute."`
}

func (*merchantSetCommand) Help() string {
	return `What is not named stays as it is.

Examples:

    orderhub merchant set agency --store-name "Agency" --billing-address 1234=Agency --default-address 1234
    orderhub merchant set agency --callback-url https://agency.example/callback
    orderhub merchant set agency --low-balance 500.00
    orderhub merchant set agency --rate -1`
}

func (c *merchantSetCommand) Run(ctx context.Context, std *Streams) error {
	changes, mask, err := c.changes()
	if err != nil {
		return err
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.admin.UpdateMerchant(
			ctx, &orderhubv1.UpdateMerchantRequest{Merchant: c.Name, Changes: changes, UpdateMask: mask},
		)
		if err != nil {
			return err
		}
		done := "Changed the settings of %s.\n"
		if len(mask.GetPaths()) == 0 {
			done = "Nothing was named that should change, so %s stays as it is. See: orderhub merchant set --help\n"
		}
		return c.say(std, asMerchant(answer.GetMerchant()), done, answer.GetMerchant().GetName())
	})
}

func (c *merchantSetCommand) changes() (*orderhubv1.Merchant, *fieldmaskpb.FieldMask, error) {
	addresses, err := c.billingAddresses()
	settings, limit, mask := &orderhubv1.MerchantSettings{}, &orderhubv1.RateLimit{}, &fieldmaskpb.FieldMask{}
	changes := &orderhubv1.Merchant{Settings: settings, RateLimit: limit}
	takeIf(mask, "settings.billing_addresses", len(addresses) > 0, addresses, &settings.BillingAddresses)
	take(mask, "settings.store_name", c.StoreName, &settings.StoreName)
	take(mask, "settings.callback_url", c.CallbackURL, &settings.CallbackUrl)
	take(mask, "settings.default_billing_address_id", c.DefaultAddress, &settings.DefaultBillingAddressId)
	take(mask, "rate_limit.requests_per_minute", c.Rate, &limit.RequestsPerMinute)
	take(mask, "rate_limit.burst", c.Burst, &limit.Burst)
	take(mask, "low_balance", c.LowBalance, &changes.LowBalance)
	return changes, mask, err
}

// take puts what was given into a field, and names the field in the mask.
func take[T any](mask *fieldmaskpb.FieldMask, path string, given, field *T) {
	if given != nil {
		takeIf(mask, path, true, *given, field)
	}
}

// takeWord is take for a value of an enumeration, of which no word is none given.
func takeWord[E contract.Enum](mask *fieldmaskpb.FieldMask, path, given string, field *E) {
	takeIf(mask, path, given != "", valueOf[E](given), field)
}

// takeIf is take for what says otherwise whether it was given.
func takeIf[T any](mask *fieldmaskpb.FieldMask, path string, isGiven bool, given T, field *T) {
	if isGiven {
		*field, mask.Paths = given, append(mask.Paths, path)
	}
}

func (c *merchantSetCommand) billingAddresses() (addresses []*orderhubv1.BillingAddress, err error) {
	for _, text := range c.BillingAddress {
		number, name, _ := strings.Cut(text, "=")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("--billing-address: %q is not of the form 1234=NAME", text)
		}
		addresses = append(addresses, &orderhubv1.BillingAddress{Id: id, Name: name})
	}
	return addresses, nil
}

type merchantSecretCommand struct {
	callFlags
	Name string `arg:"" help:"Name or id of the merchant."`
	Kind string `arg:"" enum:"password,channel-code,callback-key" help:"password, channel-code or callback-key."`
}

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

func (c *merchantSecretCommand) call(ctx context.Context, std *Streams, api *client) error {
	// Nobody is asked for the secret of a merchant that is not there.
	if _, err := api.admin.GetMerchant(ctx, &orderhubv1.GetMerchantRequest{Merchant: c.Name}); err != nil {
		return err
	}
	value, err := readSecret(std, c.Kind)
	if err != nil {
		return err
	}
	answer, err := api.admin.SetCredentials(ctx, c.credentials(value))
	if err != nil {
		return err
	}
	done := "Set"
	if value == "" {
		done = "Removed"
	}
	return c.say(
		std, asMerchant(answer.GetMerchant()), "%s the %s of %s.\n", done, strings.ReplaceAll(c.Kind, "-", " "),
		answer.GetMerchant().GetName(),
	)
}

func (c *merchantSecretCommand) credentials(value string) *orderhubv1.SetCredentialsRequest {
	request := map[string]*orderhubv1.SetCredentialsRequest{
		"password": {Password: &value}, "channel-code": {ChannelCode: &value}, "callback-key": {CallbackKey: &value},
	}[c.Kind]
	request.Merchant = c.Name
	return request
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

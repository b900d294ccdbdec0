package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/app"
	"orderhub/server/contract"
)

// providerFlags are what can be said of a provider.
type providerFlags struct {
	Settings    string         `placeholder:"JSON" help:"Settings of the connector, a JSON object."`
	Credentials string         `placeholder:"FILE" help:"File with what the connector signs in with, a JSON object of texts; - for standard input. Kept encrypted."`
	Concurrency *int32         `placeholder:"N" help:"Most calls at the same moment (default: 32)."`
	Rate        *int32         `placeholder:"N" help:"Most calls in a minute; 0 for no limit."`
	Burst       *int32         `placeholder:"N" help:"Calls that may come at once; 0 for as many as in a minute."`
	Timeout     *time.Duration `placeholder:"DURATION" help:"How long a call may take, up to 30s (default: 30s)."`
	Horizon     *time.Duration `placeholder:"DURATION" help:"How long an outcome is waited for before an operator has to look (default: 24h)."`
	LowBalance  *string        `placeholder:"AMOUNT" help:"Below it operators are told that the hub's balance there is low, such as \"5000.00 THB\"; empty for never."`
}

// provider is what is said, and the mask of it.
func (f *providerFlags) provider(std *Streams) (p *orderhubv1.Provider, mask *fieldmaskpb.FieldMask, err error) {
	limit := &orderhubv1.RateLimit{}
	p, mask = &orderhubv1.Provider{RateLimit: limit}, &fieldmaskpb.FieldMask{}
	if f.Settings != "" {
		p.Settings, mask.Paths = &structpb.Struct{}, append(mask.Paths, "settings")
		if p.Settings.UnmarshalJSON([]byte(f.Settings)) != nil {
			return nil, nil, errors.New("--settings must be a JSON object")
		}
	}
	if f.Credentials != "" {
		mask.Paths = append(mask.Paths, "credentials")
		if p.Credentials, err = f.credentials(std); err != nil {
			return nil, nil, err
		}
	}
	take(mask, "max_concurrency", f.Concurrency, &p.MaxConcurrency)
	take(mask, "rate_limit.requests_per_minute", f.Rate, &limit.RequestsPerMinute)
	take(mask, "rate_limit.burst", f.Burst, &limit.Burst)
	var timeout, horizon time.Duration
	take(mask, "timeout", f.Timeout, &timeout)
	take(mask, "horizon", f.Horizon, &horizon)
	p.Timeout, p.Horizon = toAPIDuration(timeout), toAPIDuration(horizon)
	if f.LowBalance != nil {
		mask.Paths = append(mask.Paths, "low_balance", "low_balance_currency")
		amount, currency, found := strings.Cut(*f.LowBalance, " ")
		if !found && *f.LowBalance != "" {
			return nil, nil, errors.New(`--low-balance must be an amount with its currency, such as "5000.00 THB"`)
		}
		p.LowBalance, p.LowBalanceCurrency = amount, currency
	}
	return p, mask, nil
}

// toAPIDuration is nil for 0, which stands for the default.
func toAPIDuration(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

func (f *providerFlags) credentials(std *Streams) (credentials map[string]string, err error) {
	const most = 64 << 10
	text, err := readInput(f.Credentials, std, most)
	if err != nil {
		return nil, err
	}
	if text, err = utf8Text(text); err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	if json.Unmarshal(text, &credentials) != nil {
		return nil, errors.New("the credentials are no JSON object of texts") // whose content is not repeated
	}
	return credentials, nil
}

type providerCreateCommand struct {
	callFlags
	providerFlags
	Name      string `arg:"" help:"Name: a lower-case letter, then lower-case letters, digits or . _ -."`
	Connector string `arg:"" help:"Dialect that the provider speaks: ${connectors}."`
}

func (*providerCreateCommand) Help() string {
	return `What a provider is told about orders goes to /callbacks/NAME where it calls back.

Examples:

    orderhub provider create topups gameso --settings '{"baseUrl":"https://api.gameso.io"}' --credentials gameso.json
    orderhub provider create upstream orderhub --settings '{"address":"hub.example:9090"}' --credentials key.json --concurrency 8`
}

func (c *providerCreateCommand) Run(ctx context.Context, std *Streams) error {
	p, _, err := c.provider(std)
	if err != nil {
		return err
	}
	p.Name, p.Connector = c.Name, c.Connector
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.admin.CreateProvider(ctx, &orderhubv1.CreateProviderRequest{Provider: p})
		if err != nil {
			return err
		}
		created := answer.GetProvider()
		return c.say(
			std, asMessage(created),
			"Created provider %s with id %d.\nSay what it sells with: orderhub offer create PRODUCT %s ITS-SKU --cost AMOUNT\n",
			created.GetName(), created.GetId(), created.GetName(),
		)
	})
}

type providerSetCommand struct {
	callFlags
	providerFlags
	Name   string `arg:"" help:"Name or id of the provider."`
	Status string `enum:",active,disabled" default:"" placeholder:"STATUS" help:"active, or disabled: nothing new is bought there."`
}

func (*providerSetCommand) Help() string {
	return `What is not named stays as it is. A hub that is running notices within two seconds.

Examples:

    orderhub provider set topups --status disabled
    orderhub provider set topups --rate 600 --timeout 10s
    orderhub provider set topups --low-balance "5000.00 THB"`
}

func (c *providerSetCommand) Run(ctx context.Context, std *Streams) error {
	changes, mask, err := c.provider(std)
	if err != nil {
		return err
	}
	takeWord(mask, "status", c.Status, &changes.Status)
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.admin.UpdateProvider(
			ctx, &orderhubv1.UpdateProviderRequest{Provider: c.Name, Changes: changes, UpdateMask: mask},
		)
		if err != nil {
			return err
		}
		return c.say(std, asMessage(answer.GetProvider()), "Changed provider %s.\n", answer.GetProvider().GetName())
	})
}

type providerListCommand struct {
	callFlags
	watchFlag
}

func (*providerListCommand) Help() string {
	return `What a provider can do is idempotent (the same order twice is one), inquires (it tells how an order is),
cancels, cancels_tickets, calls_back (it tells by itself), lists (it says what it sells; see "provider sync"),
reads_balance (it says what the hub has there; see "provider balance") and reads_statement (it says what was bought;
see "provider reconcile").

Example:

    orderhub provider list`
}

func (c *providerListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.admin.ListProviders, &orderhubv1.ListProvidersRequest{},
		(*orderhubv1.ListProvidersResponse).GetProviders, 0,
	)
	return showList(ctx, std, c, found, providerCells, "ID", "NAME", "CONNECTOR", "STATUS", "BALANCE", "CAN")
}

func providerCells(p *orderhubv1.Provider) []string {
	return []string{
		fmt.Sprint(p.GetId()), p.GetName(), p.GetConnector(), word(p.GetStatus()), orDash(balanceWords(p.GetBalance())),
		orDash(strings.Join(p.GetCapabilities(), " ")),
	}
}

type providerSyncCommand struct {
	callFlags
	Name  string `arg:"" help:"Name or id of the provider."`
	Apply bool   `help:"Take over costs that changed."`
}

func (*providerSyncCommand) Help() string {
	return `Compares what the provider lists with its offers. Offers are never added or removed. Providers that can be
compared have "lists" among what they can do; see "provider list". Of new items the first 1,000 are listed.

Examples:

    orderhub provider sync topups
    orderhub provider sync topups --apply`
}

func (c *providerSyncCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.admin.GetProvider(ctx, &orderhubv1.GetProviderRequest{Provider: c.Name})
	if err != nil {
		return err
	}
	p := answer.GetProvider()
	found, err := api.catalog.SyncProvider(ctx, &orderhubv1.SyncProviderRequest{Provider: c.Name, Apply: c.Apply})
	switch {
	case refused(err, "PROVIDER_LISTS_NOTHING"):
		return fmt.Errorf("%s cannot be compared: providers of connector %s do not say what they sell; those of %s do",
			p.GetName(), p.GetConnector(), strings.Join(app.Connectors.Listing(), ", "))
	case err != nil:
		return err
	case c.JSON:
		return printJSON(std.Out, message{found})
	}
	rows := newTable(std.Out, "ITEM", "SKU", "COST", "OFFER", "STOCK", "NAME")
	for _, item := range found.GetNewItems() {
		rows.add("new", item.GetSku(), cost(item), "-", stock(item.GetStock()), item.GetName())
	}
	for _, item := range found.GetChangedItems() {
		offered := sum(item.GetOfferCurrency(), item.GetOfferCost())
		rows.add("changed", item.GetSku(), cost(item), offered, stock(item.GetStock()), item.GetName())
	}
	for _, offer := range found.GetGoneItems() {
		rows.add("gone", offer.GetSku(), "-", cost(offer), "-", "-")
	}
	if err := rows.flush(); err != nil {
		return err
	}
	fmt.Fprintf(
		std.Out, "%s lists %s: %d new, %d changed, %d gone.\n", p.GetName(),
		count(int(found.GetListed()), "item", "items"), found.GetNewCount(), len(found.GetChangedItems()),
		len(found.GetGoneItems()),
	)
	return nil
}

func cost(item *orderhubv1.ProviderItem) string {
	return orDash(sum(item.GetCurrency(), item.GetCost()))
}

func stock(n int64) string {
	if n < 0 {
		return "?"
	}
	return grouped(int(n))
}

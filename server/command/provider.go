package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"orderhub/server/app"
	"orderhub/server/catalog"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/store/stores"
)

// supply is the part of a hub that buys from providers.
type supply struct {
	*app.Fulfilment

	store *stores.All
}

// withSupply gives work the providers of the database, and an engine beside the
// hub that may be running.
func (f *databaseFlags) withSupply(ctx context.Context, std *Streams, work func(*supply) error) (err error) {
	s, err := f.openStore(ctx, std, keySeals)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	engine := app.NewFulfilment(s, newLogger(std.Err, slog.LevelError))
	defer func() { err = errors.Join(err, engine.Close(ctx)) }()
	return work(&supply{engine, s})
}

// provider finds one by name or id.
func (s *supply) provider(ctx context.Context, key string) (fulfil.Provider, error) {
	p, err := s.Providers.Find(ctx, key)
	if errors.Is(err, fulfil.ErrProviderNotFound) {
		err = fmt.Errorf("there is no provider %q", key)
	}
	return p, err
}

// providerFlags are what can be said of a provider.
type providerFlags struct {
	Settings    string         `placeholder:"JSON" help:"Settings of the connector, a JSON object."`
	Credentials string         `placeholder:"FILE" help:"File with what the connector signs in with, a JSON object of texts; - for standard input. Kept encrypted."`
	Concurrency *int           `placeholder:"N" help:"Most calls at the same moment (default: 32)."`
	Rate        *int           `placeholder:"N" help:"Most calls in a minute; 0 for no limit."`
	Burst       *int           `placeholder:"N" help:"Calls that may come at once; 0 for as many as in a minute."`
	Timeout     *time.Duration `placeholder:"DURATION" help:"How long a call may take, up to 30s (default: 30s)."`
	Horizon     *time.Duration `placeholder:"DURATION" help:"How long an outcome is waited for before an operator has to look (default: 24h)."`
}

func (f *providerFlags) apply(p *fulfil.Provider) {
	if f.Settings != "" {
		p.Config = json.RawMessage(f.Settings)
	}
	for _, set := range []struct {
		given *int
		into  *int
	}{{f.Concurrency, &p.Limits.Concurrency}, {f.Rate, &p.Limits.RequestsPerMinute}, {f.Burst, &p.Limits.Burst}} {
		if set.given != nil {
			*set.into = *set.given
		}
	}
	if f.Timeout != nil {
		p.Limits.Timeout = *f.Timeout
	}
	if f.Horizon != nil {
		p.Limits.Horizon = *f.Horizon
	}
}

// credentials reads the file; nil without one.
func (f *providerFlags) credentials(std *Streams) (credentials map[string]string, err error) {
	if f.Credentials == "" {
		return nil, nil
	}
	input, err := openInput(f.Credentials, std)
	if err != nil {
		return nil, err
	}
	defer input.Close()
	const most = 64 << 10
	text, err := io.ReadAll(io.LimitReader(input, most))
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

// save creates or changes a provider.
func (f *providerFlags) save(ctx context.Context, s *supply, std *Streams, p fulfil.Provider) (fulfil.Provider, error) {
	credentials, err := f.credentials(std)
	if err != nil {
		return p, err
	}
	f.apply(&p)
	name := p.Name
	if p.ID == 0 {
		p, err = s.Providers.Create(ctx, p, credentials)
	} else {
		p, err = s.Providers.Update(ctx, p, credentials)
	}
	var taken *fulfil.AlreadyExistsError
	if errors.As(err, &taken) {
		return p, fmt.Errorf("there is a provider %q already", name)
	}
	return p, oneLine(err)
}

type providerCreateCommand struct {
	databaseFlags
	providerFlags
	Name      string `arg:"" help:"Name: a lower-case letter, then lower-case letters, digits or . _ -."`
	Connector string `arg:"" help:"Dialect that the provider speaks: ${connectors}."`
}

// Help explains the command with examples.
func (*providerCreateCommand) Help() string {
	return `What a provider is told about orders goes to /callbacks/NAME where it calls back.

Examples:

    orderhub provider create topups gameso --settings '{"baseUrl":"https://api.gameso.io"}' --credentials gameso.json
    orderhub provider create upstream orderhub --settings '{"address":"hub.example:9090"}' --credentials key.json --concurrency 8`
}

// Run creates the provider.
func (c *providerCreateCommand) Run(ctx context.Context, std *Streams) error {
	return c.withSupply(ctx, std, func(s *supply) error {
		p, err := c.save(ctx, s, std, fulfil.Provider{Name: c.Name, Connector: c.Connector})
		if err != nil {
			return err
		}
		fmt.Fprintf(
			std.Out,
			"Created provider %s with id %d.\nSay what it sells with: orderhub offer create PRODUCT %s ITS-SKU --cost AMOUNT\n",
			p.Name, p.ID, p.Name,
		)
		return nil
	})
}

type providerSetCommand struct {
	databaseFlags
	providerFlags
	Name   string `arg:"" help:"Name or id of the provider."`
	Status string `enum:",active,disabled" default:"" placeholder:"STATUS" help:"active, or disabled: nothing new is bought there."`
}

// Help explains the command with examples.
func (*providerSetCommand) Help() string {
	return `What is not named stays as it is. A hub that is running notices within two seconds.

Examples:

    orderhub provider set topups --status disabled
    orderhub provider set topups --rate 600 --timeout 10s`
}

// Run changes the provider.
func (c *providerSetCommand) Run(ctx context.Context, std *Streams) error {
	return c.withSupply(ctx, std, func(s *supply) error {
		p, err := s.provider(ctx, c.Name)
		if err != nil {
			return err
		}
		if c.Status != "" {
			p.Status = fulfil.Status(c.Status)
		}
		if p, err = c.save(ctx, s, std, p); err == nil {
			fmt.Fprintf(std.Out, "Changed provider %s.\n", p.Name)
		}
		return err
	})
}

type providerListCommand struct {
	databaseFlags
	jsonFlag
}

// jsonProvider is a provider as --json prints it.
type jsonProvider struct {
	ID           int64    `json:"id"`
	Name         string   `json:"name"`
	Connector    string   `json:"connector"`
	Status       string   `json:"status"`
	Capabilities []string `json:"capabilities,omitempty"`
}

// Help explains the command with examples.
func (*providerListCommand) Help() string {
	return `What a provider can do is idempotent (the same order twice is one), inquires (it tells how an order is),
cancels, cancels_tickets, calls_back (it tells by itself) and lists (it says what it sells; see "provider sync").

Example:

    orderhub provider list`
}

// Run lists the providers.
func (c *providerListCommand) Run(ctx context.Context, std *Streams) error {
	return c.withSupply(ctx, std, func(s *supply) error {
		providers, err := s.Providers.List(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			rows := make([]jsonProvider, len(providers))
			for i, p := range providers {
				rows[i] = jsonProvider{p.ID, p.Name, p.Connector, string(p.Status), s.Providers.Capabilities(ctx, p.ID)}
			}
			return printJSONLines(std.Out, rows)
		}
		rows := newTable(std.Out, "ID", "NAME", "CONNECTOR", "STATUS", "CAN")
		for _, p := range providers {
			rows.add(
				fmt.Sprint(p.ID), p.Name, p.Connector, string(p.Status),
				orDash(strings.Join(s.Providers.Capabilities(ctx, p.ID), " ")),
			)
		}
		return rows.flush()
	})
}

type providerSyncCommand struct {
	databaseFlags
	Name  string `arg:"" help:"Name or id of the provider."`
	Apply bool   `help:"Take over costs that changed."`
}

// Help explains the command with examples.
func (*providerSyncCommand) Help() string {
	return `Compares what the provider lists with its offers. Offers are never added or removed. Providers that can be
compared have "lists" among what they can do; see "provider list".

Examples:

    orderhub provider sync topups
    orderhub provider sync topups --apply`
}

// Run compares and reports.
func (c *providerSyncCommand) Run(ctx context.Context, std *Streams) error {
	return c.withSupply(ctx, std, func(s *supply) error {
		p, err := s.provider(ctx, c.Name)
		if err != nil {
			return err
		}
		d, err := s.Providers.Sync(ctx, p.ID, c.Apply)
		switch {
		case errors.Is(err, fulfil.ErrListsNothing):
			return fmt.Errorf("%s cannot be compared: providers of connector %s do not say what they sell; those of %s do",
				p.Name, p.Connector, strings.Join(app.Connectors.Listing(), ", "))
		case err != nil:
			return err
		}
		rows := newTable(std.Out, "ITEM", "SKU", "COST", "OFFER", "STOCK", "NAME")
		for _, item := range d.New {
			rows.add("new", item.SKU, amount(item.Cost, item.Currency), "-", stock(item.Stock), item.Name)
		}
		for _, ch := range d.Changed {
			rows.add(
				"changed", ch.Item.SKU, amount(ch.Item.Cost, ch.Item.Currency), amount(ch.Offer.Cost, ch.Offer.Currency),
				stock(ch.Item.Stock), ch.Item.Name,
			)
		}
		for _, o := range d.Gone {
			rows.add("gone", o.ProviderSKU, "-", amount(o.Cost, o.Currency), "-", "-")
		}
		if err := rows.flush(); err != nil {
			return err
		}
		fmt.Fprintf(
			std.Out, "%s lists %s: %d new, %d changed, %d gone.\n", p.Name, count(d.Listed, "item", "items"), len(d.New),
			len(d.Changed), len(d.Gone),
		)
		return nil
	})
}

func stock(n int64) string {
	if n < 0 {
		return "?"
	}
	return grouped(int(n))
}

type offerCreateCommand struct {
	databaseFlags
	Product  string `arg:"" help:"SKU of the product."`
	Provider string `arg:"" help:"Name or id of the provider."`
	SKU      string `arg:"" name:"its-sku" help:"The provider's own code."`
	Cost     string `required:"" placeholder:"AMOUNT" help:"What one unit costs."`
	Currency string `placeholder:"CODE" help:"Currency of the cost (default: the product's)."`
	Priority int    `placeholder:"N" help:"Offers are tried from the lowest number up (default: 0)."`
}

// Help explains the command with examples.
func (*offerCreateCommand) Help() string {
	return `Example:

    orderhub offer create DIAMOND_100 topups D100 --cost 82.50 --priority 1`
}

// Run creates the offer.
func (c *offerCreateCommand) Run(ctx context.Context, std *Streams) error {
	return c.withSupply(ctx, std, func(s *supply) error {
		products, err := catalog.NewService(ctx, s.store.Products, newLogger(std.Err, slog.LevelError), time.Now)
		if err != nil {
			return err
		}
		product := products.Snapshot().FindProduct(c.Product)
		if product == nil {
			return fmt.Errorf("there is no product %q", c.Product)
		}
		provider, err := s.provider(ctx, c.Provider)
		if err != nil {
			return err
		}
		currency := product.Currency
		if c.Currency != "" {
			if currency, err = money.ParseCurrency(c.Currency); err != nil {
				return fmt.Errorf("--currency: %w: must be an ISO 4217 code, such as THB", err)
			}
		}
		cost, err := money.Parse(c.Cost, currency)
		if err != nil {
			return fmt.Errorf("--cost: %w", err)
		}
		offer, err := s.Providers.CreateOffer(ctx, product, fulfil.Offer{
			ProviderID: provider.ID, ProviderSKU: c.SKU, Cost: cost, Currency: currency, Priority: c.Priority,
		})
		if err == nil {
			fmt.Fprintf(
				std.Out, "%s sells %s as %s for %s, offer %d.\n", provider.Name, product.SKU, offer.ProviderSKU,
				amount(cost, currency), offer.ID,
			)
		}
		return oneLine(err)
	})
}

package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect/sim"
	"orderhub/server/exchange"
	"orderhub/server/fulfil"
	"orderhub/server/money"
)

const (
	// simulatorAbroad sells for dollars, beside the demo's data and for the tour.
	simulatorAbroad = "sim-abroad"
	productAbroad   = "DIAMOND_500"
	costAbroad      = "10.20" // USD, 347.82 THB by the demo's rate: less than at the simulator
)

// Rate is what one currency is worth in another one in the demo.
type Rate struct {
	Base, Quote money.Currency
	Rate        string
}

// Rates returns the exchange rates of the demo, which only operators see.
func Rates() []Rate {
	return []Rate{{"USD", "THB", "34.10"}, {"USD", "TRY", "42.50"}, {"USD", "KRW", "1465"}}
}

// seedRates sets the demo's rates where there are none of their pair.
func (s Services) seedRates(ctx context.Context) error {
	if s.Exchange == nil {
		return nil
	}
	for _, r := range Rates() {
		pair := exchange.Pair{Base: r.Base, Quote: r.Quote}
		present, err := s.Exchange.Entries(ctx, exchange.Filter{Base: r.Base, Quote: r.Quote, Limit: 1})
		if err != nil {
			return err
		}
		if len(present) > 0 {
			continue
		}
		rate, err := exchange.ParseRate(r.Rate)
		if err == nil {
			from := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
			_, err = s.Exchange.Set(ctx, exchange.Entry{Pair: pair, Rate: rate, From: from, At: time.Now().UTC()})
		}
		if err != nil {
			return fmt.Errorf("%s/%s: %w", r.Base, r.Quote, err)
		}
	}
	return nil
}

// seedAbroad has a product of the demo sold abroad as well, for dollars.
func (s Services) seedAbroad(ctx context.Context) error {
	abroad := Provider{Name: simulatorAbroad, Config: sim.Config{DelayMS: 300}}
	if err := s.seedSupply(ctx, []Provider{abroad}, nil); err != nil {
		return err
	}
	present, err := s.Providers.List(ctx)
	if err != nil {
		return err
	}
	product, err := s.Catalog.FindProduct(productAbroad)
	if err != nil {
		return err
	}
	cost, err := money.Parse(costAbroad, "USD")
	if err != nil {
		return err
	}
	for _, p := range present {
		if p.Name != simulatorAbroad {
			continue
		}
		_, err := s.Providers.CreateOffer(ctx, product, fulfil.Offer{
			ProviderID: p.ID, ProviderSKU: productAbroad, Cost: cost, Currency: "USD", Priority: 1,
		})
		if err != nil && !errors.As(err, new(*fulfil.AlreadyExistsError)) {
			return err
		}
	}
	return nil
}

// abroad shows an order that is bought where it costs least, in another currency.
func (t *tour) abroad(ctx context.Context) error {
	t.begin("Two offers in two currencies: by the operators' rates the one in dollars costs less")
	err := t.orderAndWait(ctx, &orderhubv1.Order{
		ReferenceId: t.reference(), Recipient: &orderhubv1.Recipient{UserId: "player-1"},
		Lines: []*orderhubv1.OrderLine{{Sku: productAbroad, Quantity: 1}},
	}, orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED)
	if err != nil {
		return err
	}
	return t.showStory(ctx)
}

package fulfil

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"orderhub/server/dialect"
	"orderhub/server/errs"
)

// Capabilities are the names of what the provider's connector can do; none when
// it has no connector.
func (s *Providers) Capabilities(ctx context.Context, providerID int64) []string {
	_, partner, err := partnerOf(ctx, s.directory, providerID)
	if err != nil {
		return nil
	}
	can := partner.Can()
	var names []string
	for _, c := range []struct {
		name string
		has  bool
	}{
		{"idempotent", can.Idempotent},
		{"inquires", can.Inquires},
		{"cancels", can.Cancels},
		{"cancels_tickets", can.CancelsTicket},
		{"calls_back", can.CallsBack},
		{"lists", can.Lists},
		{"reads_balance", can.ReadsBalance},
		{"checks_recipients", can.ChecksWho},
		{"reads_statement", can.ReadsStatement},
	} {
		if c.has {
			names = append(names, c.name)
		}
	}
	return names
}

// Difference is how what a provider lists differs from its offers.
type Difference struct {
	Listed  int
	New     []dialect.Item // no offer is about
	Changed []Change
	Gone    []Offer // whose item is not listed
}

// Change is an item that is not as its offer says.
type Change struct {
	Item  dialect.Item
	Offer Offer
}

// ErrListsNothing: the provider's dialect has no list of what it sells.
var ErrListsNothing = errors.New("the provider does not list what it sells")

// Sync compares what the provider lists with its offers. With apply the offers
// take over costs that changed, as far as an offer may cost that.
func (s *Providers) Sync(ctx context.Context, providerID int64, apply bool) (*Difference, error) {
	provider, partner, err := partnerOf(ctx, s.directory, providerID)
	if err != nil {
		return nil, err
	}
	if !partner.Can().Lists {
		return nil, ErrListsNothing
	}
	ctx, cancel := context.WithTimeout(ctx, s.callTimeout)
	defer cancel()
	var items []dialect.Item
	unusable, err := partner.ListItems(ctx, func(part []dialect.Item) error {
		items = append(items, part...)
		return nil
	})
	slices.SortFunc(items, func(a, b dialect.Item) int { return cmp.Compare(a.SKU, b.SKU) })
	if unusable > 0 {
		s.log.Warn("provider lists items with names that cannot be bought by", "provider", provider.Name, "items", unusable)
	}
	if err != nil {
		s.log.Warn("provider does not list what it sells", "provider", provider.Name, "error", err)
		return nil, fmt.Errorf("%w: the provider did not answer", errs.ErrUnavailable)
	}
	offers, err := s.store.ProviderOffers(ctx, providerID)
	if err != nil {
		return nil, err
	}
	d := differ(items, offers)
	if !apply {
		return d, nil
	}
	for i := range d.Changed {
		c := &d.Changed[i]
		if c.Offer.PriceLocked || !costsOther(&c.Item, &c.Offer) {
			continue
		}
		changed := c.Offer
		changed.SetCost(c.Item.Cost, c.Item.Currency)
		if err := changed.Check(true); err != nil {
			s.log.Warn(
				"provider lists a cost that no offer may have", "provider", provider.Name, "sku", c.Item.SKU, "error", err,
			)
			continue
		}
		if _, err := s.store.UpdateOffer(ctx, changed); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// ReadList hands what the provider lists to take, part by part, and counts items that
// could not be bought by the SKU they are listed with. ErrProviderNotFound,
// ErrListsNothing; every other error is the provider's, or that of take.
func (s *Providers) ReadList(ctx context.Context, providerID int64, take func([]dialect.Item) error) (
	unusable int, err error,
) {
	_, partner, err := partnerOf(ctx, s.directory, providerID)
	if err != nil {
		return 0, err
	}
	if !partner.Can().Lists {
		return 0, ErrListsNothing
	}
	return partner.ListItems(ctx, take)
}

// costsOther reports an item of which the provider says a cost that is not the offer's.
func costsOther(item *dialect.Item, o *Offer) bool {
	return item.Cost != 0 && item.Currency != "" && (item.Cost != o.Cost || item.Currency != o.Currency)
}

func differ(items []dialect.Item, offers []Offer) *Difference {
	d := &Difference{Listed: len(items)}
	listed := make(map[string]*dialect.Item, len(items))
	for i := range items {
		listed[items[i].SKU] = &items[i]
	}
	offered := make(map[string]bool, len(offers))
	for _, o := range offers {
		offered[o.ProviderSKU] = true
		item := listed[o.ProviderSKU]
		switch {
		case item == nil:
			d.Gone = append(d.Gone, o)
		case costsOther(item, &o), item.Available != (o.Status == StatusActive):
			d.Changed = append(d.Changed, Change{Item: *item, Offer: o})
		}
	}
	for _, item := range items {
		if !offered[item.SKU] {
			d.New = append(d.New, item)
		}
	}
	return d
}

package fulfil

import (
	"context"
	"errors"
	"fmt"

	"orderhub/server/clock"
	"orderhub/server/dialect"
	"orderhub/server/errs"
)

// Capabilities are the names of what the provider's connector can do; none when
// it has no connector.
func (s *Providers) Capabilities(ctx context.Context, providerID int64) []string {
	_, partner, err := partnerOf(ctx, s.Directory, providerID)
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

// Difference is how what a provider lists differs from its offers, by SKU.
type Difference struct {
	Listed  int
	Fresh   int            // items that no offer is about
	New     []dialect.Item // the first MostNew of them
	Changed []Change
	Gone    []Offer // whose item is not listed
}

// MostNew is how many items a difference has that no offer is about: there may be 200,000 of them.
const MostNew = 1000

// Change is an item that is not as its offer says.
type Change struct {
	Item  dialect.Item
	Offer Offer
}

// ErrListsNothing: the provider's dialect has no list of what it sells.
var ErrListsNothing = errors.New("the provider does not list what it sells")

// Sync compares what the provider lists with its offers. With apply the offers
// take over costs that changed. Errors: ErrProviderNotFound, ErrListsNothing,
// *dialect.BadListError, errs.ErrUnavailable.
func (s *Providers) Sync(ctx context.Context, providerID int64, apply bool) (*Difference, error) {
	provider, partner, err := partnerOf(ctx, s.Directory, providerID)
	if err != nil {
		return nil, err
	}
	if !partner.Can().Lists {
		return nil, ErrListsNothing
	}
	list, err := s.wholeList(ctx, provider, partner)
	if err != nil {
		return nil, err
	}
	offers, err := s.Store.ProviderOffers(ctx, providerID)
	if err != nil {
		return nil, err
	}
	d := differences(list, offers)
	if !apply {
		return d, nil
	}
	for i := range d.Changed {
		if err := s.takeOver(ctx, provider, &d.Changed[i]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// wholeList reads all that the provider lists.
func (s *Providers) wholeList(ctx context.Context, provider *Provider, partner dialect.Partner) (*dialect.List, error) {
	reading, cancel := context.WithTimeout(ctx, s.CallTimeout)
	defer cancel()
	reading = dialect.Patiently(reading, dialect.Patience{Most: s.CallTimeout, Wait: clock.Sleep})
	list := &dialect.List{}
	unusable, err := partner.ListItems(reading, func(part []dialect.Item) error {
		list.Add(part)
		return nil
	})
	if unusable > 0 {
		s.Log.Warn("provider lists items with names that cannot be bought by", "provider", provider.Name, "items", unusable)
	}
	if err != nil {
		s.Log.Warn("provider does not list what it sells", "provider", provider.Name, "error", err)
		return nil, fmt.Errorf("%w: %s", errs.ErrUnavailable, ProblemOf(err))
	}
	return list, list.Check()
}

// takeOver has an offer cost what is listed, unless it is not any more as it was when it
// was compared, or its cost is locked.
func (s *Providers) takeOver(ctx context.Context, provider *Provider, c *Change) error {
	if c.Offer.PriceLocked || !costsOther(&c.Item, &c.Offer) {
		return nil
	}
	_, err := s.UpdateOffer(ctx, c.Offer.ID, func(o *Offer) error {
		same := o.ProviderSKU == c.Offer.ProviderSKU && o.Cost == c.Offer.Cost && o.Currency == c.Offer.Currency
		if same && !o.PriceLocked {
			o.SetCost(c.Item.Cost, c.Item.Currency)
		}
		return nil
	})
	if _, wrong := errors.AsType[*errs.InvalidError](err); wrong {
		s.Log.Warn(
			"an offer cannot take over what is listed", "provider", provider.Name, "offer", c.Offer.ID, "error", err,
		)
		return nil
	}
	if errors.Is(err, ErrOfferNotFound) {
		return nil // it was deleted meanwhile
	}
	return err
}

// ReadList hands what the provider lists to take, part by part, and counts items that
// could not be bought by the SKU they are listed with. ErrProviderNotFound,
// ErrListsNothing; every other error is the provider's, or that of take.
func (s *Providers) ReadList(ctx context.Context, providerID int64, take func([]dialect.Item) error) (
	unusable int, err error,
) {
	_, partner, err := partnerOf(ctx, s.Directory, providerID)
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

// differences are those of a list that was checked.
func differences(list *dialect.List, offers []Offer) *Difference {
	d := &Difference{Listed: list.Len()}
	offered := make(map[uint32]bool, len(offers))
	for _, o := range offers {
		place, listed := list.Find(o.ProviderSKU)
		if !listed {
			d.Gone = append(d.Gone, o)
			continue
		}
		offered[place] = true
		item := list.Item(place)
		if costsOther(&item, &o) || item.Available != (o.Status == StatusActive) {
			d.Changed = append(d.Changed, Change{Item: item, Offer: o})
		}
	}
	for place := range list.Places() {
		if offered[place] {
			continue
		}
		if d.Fresh++; d.Fresh <= MostNew {
			d.New = append(d.New, list.Item(place))
		}
	}
	return d
}

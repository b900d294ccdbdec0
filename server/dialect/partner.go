package dialect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"orderhub/server/money"
)

// Bounds of what a provider says.
const (
	maxText       = 500 // characters
	maxIdentifier = 255 // characters
	maxGoodsBytes = 64 << 10
	// LongestWait is the most that a provider may have us wait before we ask again.
	LongestWait = 24 * time.Hour
)

// ErrUnreadable: the provider delivered goods that are no text, or too long. They
// cannot be handed to anybody; the outcome beside the error says what else it said.
var ErrUnreadable = errors.New("what the provider delivered cannot be read")

// Partner is a connector as the hub relies on it: everything that a provider says
// comes in through it, and is fit to be stored and shown. Texts are cleaned and
// clipped. An identifier that would have to be is none: under another one the
// provider would not know what is meant.
type Partner struct{ connector Connector }

// NewPartner stands in front of the connector, which may be nil for none.
func NewPartner(c Connector) Partner { return Partner{c} }

func (p Partner) Can() Capabilities {
	if p.connector == nil {
		return Capabilities{}
	}
	return CapabilitiesOf(p.connector)
}

func (p Partner) Place(ctx context.Context, purchase Purchase) (Outcome, error) {
	return heard(p.connector.Place(ctx, purchase))
}

// Inquire is Inquirer.Inquire; ErrNotAskable where the connector has none.
func (p Partner) Inquire(ctx context.Context, purchase Purchase) (Outcome, error) {
	inquirer, ok := p.connector.(Inquirer)
	if !ok {
		return Outcome{}, ErrNotAskable
	}
	return heard(inquirer.Inquire(ctx, purchase))
}

// Cancel is Canceller.Cancel; ErrNotCancellable where the connector has none.
func (p Partner) Cancel(ctx context.Context, purchase Purchase) (Outcome, error) {
	canceller, ok := p.connector.(Canceller)
	if !ok {
		return Outcome{}, ErrNotCancellable
	}
	return heard(canceller.Cancel(ctx, purchase))
}

// CancelTickets is TicketCanceller.CancelTickets; ErrNotCancellable where the
// connector has none.
func (p Partner) CancelTickets(ctx context.Context, purchase Purchase, tickets []Goods) error {
	canceller, ok := p.connector.(TicketCanceller)
	if !ok {
		return ErrNotCancellable
	}
	return bounded(canceller.CancelTickets(ctx, purchase, tickets))
}

// Receive is CallbackReceiver.Receive; the connector must have it.
func (p Partner) Receive(m Message) ([]Notice, error) {
	notices, err := p.connector.(CallbackReceiver).Receive(m)
	for i := range notices {
		notices[i].clean()
	}
	return notices, bounded(err)
}

// Acknowledge is CallbackReceiver.Acknowledge; the connector must have it.
func (p Partner) Acknowledge(err error) Answer {
	return p.connector.(CallbackReceiver).Acknowledge(err)
}

// MostListed is how many items a list may have, and mostListedBytes how long their texts
// may be together: one that goes on has no end.
const (
	MostListed      = 200_000
	mostListedBytes = 64 << 20
)

// ErrEndless: a list goes on beyond what a list may be.
var ErrEndless = fmt.Errorf("the list does not end: %w", ErrMalformed)

// ListItems is Lister.ListItems; the connector must have it. It leaves out items
// that could not be bought by the SKU they are listed with, and counts those.
// Further errors: ErrEndless.
func (p Partner) ListItems(ctx context.Context, take func([]Item) error) (unusable int, err error) {
	items, size := 0, 0
	var taken error
	err = p.connector.(Lister).ListItems(ctx, func(listed []Item) error {
		if items += len(listed); items > MostListed {
			return ErrEndless
		}
		good := listed[:0]
		for i := range listed {
			if !usable(listed[i].SKU) || listed[i].SKU == "" {
				unusable++
				continue
			}
			listed[i].clean()
			size += len(listed[i].SKU) + len(listed[i].Name) + len(listed[i].Category)
			good = append(good, listed[i])
		}
		if size > mostListedBytes {
			return ErrEndless
		}
		taken = take(good)
		return taken
	})
	if taken != nil {
		return unusable, taken // the hub's own, which nobody has to clean
	}
	return unusable, bounded(err)
}

// ReadBalance is BalanceReader.ReadBalance; the connector must have it. A balance
// without a currency is none.
func (p Partner) ReadBalance(ctx context.Context) (Balance, error) {
	b, err := p.connector.(BalanceReader).ReadBalance(ctx)
	if err != nil {
		return Balance{}, bounded(err)
	}
	if _, err := money.ParseCurrency(string(b.Currency)); err != nil {
		return Balance{}, fmt.Errorf("a balance in no currency: %w", ErrMalformed)
	}
	return b, nil
}

// CheckRecipient is RecipientChecker.CheckRecipient; ErrCannotTell where the connector has none. Of what the provider
// says of somebody who does not exist nothing is left.
func (p Partner) CheckRecipient(ctx context.Context, q RecipientQuery) (RecipientAnswer, error) {
	checker, ok := p.connector.(RecipientChecker)
	if !ok {
		return RecipientAnswer{}, ErrCannotTell
	}
	answer, err := checker.CheckRecipient(ctx, q)
	if err != nil || !answer.Exists {
		return RecipientAnswer{}, bounded(err)
	}
	answer.Name = clean(answer.Name, maxIdentifier)
	return answer, nil
}

// heard is what of an answer is relied on.
func heard(o Outcome, err error) (Outcome, error) {
	if err != nil {
		return Outcome{}, bounded(err)
	}
	o.FailureCode, o.FailureMessage = clean(o.FailureCode, maxIdentifier), clean(o.FailureMessage, maxText)
	o.CheckAfter = min(max(o.CheckAfter, 0), LongestWait)
	o.checkCharge()
	if !usable(o.ProviderReference) {
		if o.State == Accepted {
			// It may have been bought, under a name that we cannot ask with.
			return Outcome{}, fmt.Errorf("an order number that cannot be kept: %w", ErrMalformed)
		}
		o.ProviderReference = "" // the end is known, and nobody has to ask again
	}
	for i := range o.Goods {
		if !o.Goods[i].readable() {
			o.Goods = nil
			return o, ErrUnreadable
		}
	}
	return o, nil
}

// mostCharged is more than anything costs, and far from what an amount can hold.
const mostCharged = 1_000_000_000_000 * money.Unit

// checkCharge takes a charge that cannot be for none.
func (o *Outcome) checkCharge() {
	if o.Charged == (money.Sum{}) {
		return
	}
	_, err := money.ParseCurrency(string(o.Charged.Currency))
	if err != nil || o.Charged.Amount < 0 || o.Charged.Amount > mostCharged {
		o.Absurd = clean(fmt.Sprintf("%d micro-units of %q", o.Charged.Amount, o.Charged.Currency), maxText)
		o.Charged = money.Sum{}
	}
}

// readable reports goods that can be kept as they are and handed on. JSON that is
// no text was decoded to replacement characters, and what stood there is lost.
func (g *Goods) readable() bool {
	return len(g.Content) <= maxGoodsBytes && utf8.ValidString(g.Content) &&
		!strings.ContainsAny(g.Content, "\x00\uFFFD") && usable(g.TicketCode)
}

func (n *Notice) clean() {
	if !usable(n.Reference) {
		n.Reference = ""
	}
	if !usable(n.ProviderReference) {
		n.ProviderReference = ""
	}
	if !usable(n.ID) {
		sum := sha256.Sum256([]byte(n.ID))
		n.ID = hex.EncodeToString(sum[:])
	}
}

func (i *Item) clean() {
	i.Name, i.Category = clean(i.Name, maxText), clean(i.Category, maxIdentifier)
	i.Stock = max(i.Stock, -1)
	_, err := money.ParseCurrency(string(i.Currency))
	switch {
	case i.Cost == 0 && i.Currency == "":
		return // says nothing
	case err != nil:
		i.Flaw = "its currency is none of ISO 4217"
	case i.Cost < 0:
		i.Flaw = "its cost is negative"
	case i.Cost >= tooDear:
		i.Flaw = "its cost has more than 12 digits before the point"
	default:
		return
	}
	i.Cost, i.Currency = 0, ""
}

// tooDear is the first amount of 13 digits.
const tooDear = 1_000_000_000_000 * money.Unit

// bounded bounds what an error repeats of a provider's words, and how long it
// wants us to wait.
func bounded(err error) error {
	var busy *BusyError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &busy) && (busy.After > LongestWait || busy.After < 0):
		return &BusyError{After: min(max(busy.After, 0), LongestWait)}
	case busy != nil:
		return err
	default:
		return &saidError{err}
	}
}

// saidError is an error whose text may have a provider's words in it.
type saidError struct{ err error }

func (e *saidError) Error() string { return clean(e.err.Error(), maxText) }

func (e *saidError) Unwrap() error { return e.err }

// usable reports an identifier that can be kept, and asked with, as it is.
func usable(id string) bool {
	return len(id) <= maxIdentifier*utf8.UTFMax && utf8.ValidString(id) &&
		utf8.RuneCountInString(id) <= maxIdentifier && !strings.ContainsFunc(id, unshowable)
}

// clean is at most so many characters of the text, on one line and without what
// would change how a terminal or a page shows the rest.
func clean(text string, most int) string {
	var b strings.Builder
	left := most
	for _, r := range text {
		switch {
		case left == 0:
			return strings.TrimSpace(b.String())
		case unicode.IsSpace(r), r == '\u2028', r == '\u2029':
			r = ' '
		case r != utf8.RuneError && unshowable(r):
			continue
		}
		b.WriteRune(r)
		left--
	}
	return strings.TrimSpace(b.String())
}

// unshowable reports control characters, those that turn the direction of what
// follows, and those that stand for what is no text.
func unshowable(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' ||
		r == '\uFEFF' || r == utf8.RuneError
}

// Package dialect says what a partner can do, as small interfaces. A folder
// below it knows everything about one partner and implements what that partner
// has; the fulfilment engine relies on these interfaces and on nothing else.
package dialect

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"orderhub/server/money"
)

// Connector buys goods from one upstream provider. What else its provider can do
// it says by implementing further interfaces of this package; the engine relies
// on those and on nothing else. See [CapabilitiesOf].
type Connector interface {
	// Place submits a purchase. A nil error means the provider answered, and
	// the outcome says what. An error that wraps [ErrNotSent] proves that the
	// provider has not begun the purchase, and a [BusyError] that it will later;
	// after any other error its fate is unknown, and only [Inquirer] or, where
	// Idempotent, Place with the same reference may find it out.
	Place(ctx context.Context, p Purchase) (Outcome, error)
	// Idempotent reports whether Place may be repeated with the same reference
	// without buying twice.
	Idempotent() bool
}

// Inquirer is a connector whose provider can be asked about a purchase.
type Inquirer interface {
	// Inquire looks a purchase up by its reference. A purchase the provider has
	// never seen is a Refused outcome with code [CodeNotReceived].
	// [ErrNotAskable] where the provider cannot be asked about this one.
	Inquire(ctx context.Context, p Purchase) (Outcome, error)
}

// Canceller is a connector whose provider may take an accepted purchase back.
type Canceller interface {
	// Cancel returns a Cancelled outcome when the purchase was taken back as a
	// whole, and the purchase's present outcome when it is too late for that.
	Cancel(ctx context.Context, p Purchase) (Outcome, error)
}

// TicketCanceller is a connector whose provider may take single tickets of a
// purchase back, also after they were delivered.
type TicketCanceller interface {
	// CancelTickets takes back some of the purchase's tickets; none means all of
	// them. Each has the hub's code, and what the provider delivered as its
	// content, "" while it has not. Safe to repeat. ErrNotCancellable when the
	// provider refuses; after any other error it is unknown whether it did.
	CancelTickets(ctx context.Context, p Purchase, tickets []Goods) error
}

// CallbackReceiver is a connector whose provider calls the hub when something
// happened to a purchase. A callback is a reason to ask, not an answer: what is
// true the provider says when it is asked, so that callbacks may arrive twice,
// late and in any order.
type CallbackReceiver interface {
	// Receive checks who sent the message, before anything else, and finds what it
	// is about.
	// [ErrUnauthenticated], [ErrMalformed].
	Receive(m Message) ([]Notice, error)
	// Acknowledge is the answer to a message of the provider for which Receive, or
	// storing what it found, returned err; nil when all is well. Messages that are
	// not the provider's are not answered in its words.
	Acknowledge(err error) Answer
}

// Lister is a connector whose provider publishes what it sells.
type Lister interface {
	// ListItems hands everything on sale to take, part by part and in any order, and
	// keeps none of it: a list may have 100,000 items. It ends with the first error of
	// take. A list that does not come to its end is an error: what is missing from it
	// would pass for gone.
	ListItems(ctx context.Context, take func([]Item) error) error
}

// BalanceReader is a connector whose provider says how much of our money it has.
type BalanceReader interface {
	// ReadBalance asks what may be spent at the provider now, credit included where
	// it grants any. The amount is negative where more is owed than was lent.
	// ErrNoBalance.
	ReadBalance(ctx context.Context) (Balance, error)
}

// RecipientChecker is a connector whose provider says whether somebody exists who could receive what it sells.
type RecipientChecker interface {
	// CheckRecipient asks it; nothing is bought. ErrCannotTell where the provider does not know, or keeps it to
	// itself. After that and any other error it is not known whether there is such a recipient.
	CheckRecipient(ctx context.Context, q RecipientQuery) (RecipientAnswer, error)
}

// RecipientQuery names somebody as a purchase would.
type RecipientQuery struct {
	SKU       string // the provider's own
	Recipient Recipient
	Fields    map[string]string // customer fields by identifier
}

// RecipientAnswer is what the provider says.
type RecipientAnswer struct {
	Exists bool
	Name   string // that the provider knows the recipient by; "" where it does not say
}

// Balance is what may be spent at a provider.
type Balance struct {
	Amount   money.Amount
	Currency money.Currency
}

// Capabilities are what a connector can do.
type Capabilities struct {
	Idempotent    bool // Place may be repeated
	Inquires      bool // [Inquirer]
	Cancels       bool // [Canceller]
	CancelsTicket bool // [TicketCanceller]
	CallsBack     bool // [CallbackReceiver]
	Lists         bool // [Lister]
	ReadsBalance  bool // [BalanceReader]
	ChecksWho     bool // [RecipientChecker]

	ReadsStatement bool // [StatementReader]
}

// CapabilitiesOf says what the connector can do.
func CapabilitiesOf(c Connector) Capabilities {
	_, inquires := c.(Inquirer)
	_, cancels := c.(Canceller)
	_, tickets := c.(TicketCanceller)
	_, calls := c.(CallbackReceiver)
	_, lists := c.(Lister)
	_, balance := c.(BalanceReader)
	_, who := c.(RecipientChecker)
	_, statement := c.(StatementReader)
	return Capabilities{
		Idempotent: c.Idempotent(), Inquires: inquires, Cancels: cancels, CancelsTicket: tickets, CallsBack: calls,
		Lists: lists, ReadsBalance: balance, ChecksWho: who, ReadsStatement: statement,
	}
}

// What a connector reports.
var (
	// ErrNotSent: the provider has certainly not begun the purchase.
	ErrNotSent = errors.New("not sent to the provider")
	// ErrNotAskable: the provider cannot be asked about this purchase, for want
	// of its own reference for instance.
	ErrNotAskable = errors.New("the provider cannot be asked about the purchase")
	// ErrNoBalance: the provider, as it is set up, tells no balance.
	ErrNoBalance = errors.New("the provider tells no balance")
	// ErrNoStatement: the provider, as it is set up, does not list what was bought from it.
	ErrNoStatement = errors.New("the provider does not list what was bought from it")
	// ErrCannotTell: the provider does not say whether there is such a recipient.
	ErrCannotTell = errors.New("the provider does not say who exists")
	// ErrNotCancellable: the provider does not take it back.
	ErrNotCancellable = errors.New("the provider does not take it back")
	// ErrUnauthenticated: a message was not sent by the provider.
	ErrUnauthenticated = errors.New("the message is not the provider's")
	// ErrMalformed: a message or an answer is not in the provider's format.
	ErrMalformed = errors.New("not in the provider's format")
)

// BusyError says that the provider turned a call away unread, as with 429, and
// when to come back. It wraps ErrNotSent.
type BusyError struct {
	After time.Duration // 0 when the provider did not say
}

func (e *BusyError) Error() string { return "the provider is busy" }

// Unwrap makes a busy provider one that was not reached.
func (e *BusyError) Unwrap() error { return ErrNotSent }

// Purchase is one submission of (part of) an order line.
type Purchase struct {
	Reference         string // ours, unique, the same on every repetition; at most 64 of [A-Za-z0-9_-]
	ProviderReference string // the provider's own, as its last outcome had it; "" before
	SKU               string // the provider's own
	Quantity          int64
	UnitCost          money.Amount // what the offer says one unit costs us
	Currency          money.Currency
	UnitPrice         money.Amount // what the merchant paid for one unit, in its own currency
	PriceCurrency     money.Currency
	Recipient         Recipient
	Fields            map[string]string // customer fields by identifier
	UseDate           string            // YYYY-MM-DD, "" unless dated
	SubmittedAt       time.Time         // of the first Place, UTC
	Held              []Goods           // what an Accepted outcome brought with it before
	// Door is the dialect in which the merchant ordered, and Private what that
	// door keeps about the customer, in the door's own form; nil for nothing.
	Door    string
	Private json.RawMessage
}

// Recipient is the end customer, as the game knows them.
type Recipient struct {
	UserID      string
	ServerID    string
	CharacterID string
}

// Message is a request that a provider sent by itself.
type Message struct {
	Header     func(name string) string // the first value, "" for none
	Body       []byte
	ReceivedAt time.Time
}

// Notice says that something happened to a purchase. At least one of the
// references is set.
type Notice struct {
	// ID tells repetitions of one notice apart from further notices, for one
	// provider and for ever.
	ID                string
	Reference         string // ours
	ProviderReference string
}

// Answer is what a provider is told about its message.
type Answer struct {
	Status      int // of HTTP
	ContentType string
	Body        []byte
}

// Acknowledgement is what a provider is told in JSON about a message: that all is
// well, that it is malformed, or that it is to be sent again later.
type Acknowledgement struct{ OK, Malformed, Later any }

// Of is the answer to a message that led to err.
func (a *Acknowledgement) Of(err error) Answer {
	answer, body := Answer{Status: 200, ContentType: "application/json"}, a.OK
	switch {
	case errors.Is(err, ErrMalformed):
		answer.Status, body = 400, a.Malformed
	case err != nil:
		answer.Status, body = 503, a.Later
	}
	answer.Body, _ = json.Marshal(body) // texts always encode
	return answer
}

// Item is something a provider sells.
type Item struct {
	SKU       string
	Name      string
	Category  string       // the provider's own; "" when it does not say
	Cost      money.Amount // of one unit; 0 when the provider does not say
	Currency  money.Currency
	Stock     int64 // units on sale; -1 when the provider does not say
	Available bool
	// Flaw is what is wrong with the cost that the provider says, which is left out
	// then; "" for nothing.
	Flaw string
}

// State is what a provider says of a purchase.
type State int

// The states. Delivered, Refused and Cancelled are final.
const (
	Accepted  State = iota + 1 // being worked on; ask again after CheckAfter
	Delivered                  // Goods are here; the provider will not deliver units missing from it
	Refused                    // nothing was or will be delivered
	Cancelled                  // taken back as a whole
)

// String is the state's name, e.g. "delivered".
func (s State) String() string {
	names := [...]string{Accepted: "accepted", Delivered: "delivered", Refused: "refused", Cancelled: "cancelled"}
	if s < Accepted || int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}

// Outcome is a provider's answer.
type Outcome struct {
	State             State
	ProviderReference string
	// Goods are with Delivered what was delivered, at most Quantity. With Accepted
	// they are kept and handed back as the purchase's Held.
	Goods          []Goods
	FailureCode    string // with Refused, or for the units missing from Goods
	FailureMessage string
	CheckAfter     time.Duration // with Accepted; 0 leaves it to the engine
	// Charged is what the provider charges: with Accepted for all units asked for, and
	// with Delivered for those that it delivered. None where it does not say, and the
	// offer's cost has to do.
	Charged money.Sum
	// Absurd is what it said instead, where that cannot be: for the log.
	Absurd string
}

// Goods is one delivered unit. Content is secret.
type Goods struct {
	Content    string
	TicketCode string // where the provider issues tickets
}

// Failure codes the hub itself gives.
const (
	CodeNotReceived         = "NOT_RECEIVED"         // the provider has never seen the purchase
	CodeProviderError       = "PROVIDER_ERROR"       // failed without another reason
	CodeProviderUnavailable = "PROVIDER_UNAVAILABLE" // could not be reached
	// CodeOutOfFunds: the provider refused for want of our money there; nothing was bought.
	CodeOutOfFunds       = "PROVIDER_OUT_OF_FUNDS"
	CodeNoProvider       = "NO_PROVIDER"       // nobody sells the product to us
	CodeDeadlineExceeded = "DEADLINE_EXCEEDED" // no provider could be reached while the product may wait
)

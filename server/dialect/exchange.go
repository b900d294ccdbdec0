package dialect

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of what is kept of exchanges.
const (
	MostExchanges    = 5       // of one attempt; the latest
	MaxExchangeBytes = 4 << 10 // of a request or an answer
)

// Exchange is one request to a provider and its answer, as people may read it:
// whoever makes one has masked all but values that are known to be harmless.
// Neither goods nor credentials nor anything about a customer are in it.
type Exchange struct {
	Operation string        `json:"op,omitempty"` // place, inquire, cancel, cancel_tickets
	At        time.Time     `json:"at"`           // UTC
	Took      time.Duration `json:"took"`
	Result    string        `json:"result,omitempty"` // what the hub took the whole operation for
	Target    string        `json:"target,omitempty"` // such as "POST /v1/orders"; "" where nothing was sent
	Request   string        `json:"request,omitempty"`
	Status    string        `json:"status,omitempty"` // such as "200"; "" without an answer
	Answer    string        `json:"answer,omitempty"`
	Error     string        `json:"error,omitempty"` // why there is no answer
}

// Recorder gathers what was exchanged during one operation, the latest ones.
type Recorder struct {
	mu        sync.Mutex
	exchanges []Exchange
}

type recorderKey struct{}

// Recorded has exchanges under the context gathered by r.
func Recorded(ctx context.Context, r *Recorder) context.Context {
	return context.WithValue(ctx, recorderKey{}, r)
}

// Recording says who gathers exchanges under the context; nil for nobody.
func Recording(ctx context.Context) *Recorder {
	r, _ := ctx.Value(recorderKey{}).(*Recorder)
	return r
}

// Add gathers one. Nobody's recorder takes nothing.
func (r *Recorder) Add(e Exchange) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = Latest(append(r.exchanges, e))
}

// Of are the gathered exchanges as those of one operation. One without a request,
// of a provider within this process, is an exchange without texts. What was masked
// already is looked at once more: a text that has anything secret of the purchase
// or of its outcome is left out as a whole.
func (r *Recorder) Of(operation, result string, at time.Time, took time.Duration, p *Purchase, o *Outcome) []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.exchanges) == 0 {
		return []Exchange{{Operation: operation, At: at, Took: took, Result: result}}
	}
	secrets := secretsOf(p, o)
	for i := range r.exchanges {
		e := &r.exchanges[i]
		e.Operation, e.Result = operation, result
		for _, text := range []*string{&e.Target, &e.Request, &e.Status, &e.Answer, &e.Error} {
			if slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(*text, secret) }) {
				*text = Withheld
			}
		}
	}
	return r.exchanges
}

// Withheld stands for a text that something was found in after it was masked.
const Withheld = "‹withheld›"

// Latest are the last of the exchanges, as many as are kept.
func Latest(exchanges []Exchange) []Exchange {
	return exchanges[max(len(exchanges)-MostExchanges, 0):]
}

// shortestSecret is how long something must be to be recognised: what is shorter
// is also a quantity or an amount.
const shortestSecret = 6

func secretsOf(p *Purchase, o *Outcome) []string {
	secrets := []string{p.Recipient.UserID, p.Recipient.ServerID, p.Recipient.CharacterID}
	secrets = slices.AppendSeq(secrets, maps.Values(p.Fields))
	for _, g := range slices.Concat(p.Held, o.Goods) {
		secrets = append(secrets, g.Content, g.TicketCode)
	}
	return slices.DeleteFunc(secrets, func(secret string) bool { return len(secret) < shortestSecret })
}

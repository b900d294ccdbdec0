package jsonhttp

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/secret"
	"orderhub/server/webhook/standard"
)

// The names of credentials.
const (
	requestSecret  = "request_secret"
	callbackSecret = "callback_secret"
)

const mostSecrets = 5 // of each kind; while one gives way to another there are two

// secretsOf reads the secrets that sign either way, each kind a list with blanks
// or commas between. One that signed both ways would let a call of the hub be
// sent back to it.
func secretsOf(credentials map[string]string) (requests, callbacks []string, err error) {
	if requests, err = secretList(requestSecret, credentials[requestSecret]); err != nil {
		return nil, nil, err
	}
	if callbacks, err = secretList(callbackSecret, credentials[callbackSecret]); err != nil {
		return nil, nil, err
	}
	if slices.ContainsFunc(callbacks, func(one string) bool { return slices.Contains(requests, one) }) {
		return nil, nil, fmt.Errorf("%s and %s must not have a secret in common", requestSecret, callbackSecret)
	}
	return requests, callbacks, nil
}

func secretList(name, text string) ([]string, error) {
	list := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
	if len(list) > mostSecrets {
		return nil, fmt.Errorf("%s must be at most %d secrets", name, mostSecrets)
	}
	for _, one := range list {
		if !strings.HasPrefix(one, secret.SigningPrefix) {
			return nil, fmt.Errorf("%s must begin with %s", name, secret.SigningPrefix)
		}
		if err := secret.CheckSigning(one); err != nil {
			return nil, fmt.Errorf("%s %w", name, err)
		}
	}
	return list, nil
}

// post makes one call, signed with each secret, so that the supplier may know the
// next before it forgets the last.
func (c *Connector) post(ctx context.Context, call *Call) (*outbound.Answer, error) {
	body, err := json.Marshal(call)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", dialect.ErrNotSent, err)
	}
	id, at := "call_"+rand.Text(), c.now()
	signatures := make([]string, len(c.requests))
	for i, key := range c.requests {
		signatures[i] = standard.Sign(key, id, at, body)
	}
	header := http.Header{
		HeaderID: {id}, HeaderTimestamp: {strconv.FormatInt(at.Unix(), 10)},
		HeaderSignature: {strings.Join(signatures, " ")},
	}
	if call.Type == TypePlace {
		header.Set(HeaderKey, call.Reference)
	}
	return c.client.Do(ctx, outbound.Request{Method: http.MethodPost, Header: header, Body: body})
}

// ask makes a call and reads its answer. Unsupported is the error where the supplier does not have the call; nil where
// it must.
func ask[T any](ctx context.Context, c *Connector, call *Call, unsupported error) (value T, _ error) {
	answer, err := c.post(ctx, call)
	if err == nil && unsupported != nil && codeOf(answer) == CodeNotSupported {
		return value, unsupported
	}
	return outbound.Read[T](answer, err)
}

const mostPages = 1000

// pages makes a call for each page of what it asks for: read takes one and says where the next begins. What never ends,
// or comes back to where it was, is none.
func pages(call *Call, read func() (next string, err error)) error {
	seen := map[string]bool{}
	for {
		seen[call.Cursor] = true
		next, err := read()
		if call.Cursor = next; err != nil || next == "" {
			return err
		}
		if seen[next] || len(seen) >= mostPages {
			return dialect.ErrEndless
		}
	}
}

// Receive checks the signature over the raw body before anything is read.
func (c *Connector) Receive(m dialect.Message) ([]dialect.Notice, error) {
	if !c.signed(&m) {
		return nil, dialect.ErrUnauthenticated
	}
	var update Update
	if err := outbound.Decode(m.Body, &update); err != nil {
		return nil, err
	}
	if update.Type != TypeUpdated || update.Reference == "" {
		return nil, dialect.ErrMalformed
	}
	return []dialect.Notice{{ID: m.Header(HeaderID), Reference: update.Reference}}, nil
}

// signed reports a message that one of the supplier's secrets has signed, and not
// long ago.
func (c *Connector) signed(m *dialect.Message) bool {
	for _, key := range c.callbacks {
		if standard.Verify(key, m.Header, m.Body, m.ReceivedAt) == nil {
			return m.Header(HeaderID) != ""
		}
	}
	return false
}

var acknowledgement = dialect.Acknowledgement{
	OK:        struct{}{},
	Malformed: Problem{ProblemText{CodeInvalid, "the message must have a type and a reference"}},
	Later:     Problem{ProblemText{"unavailable", "send the message again later"}},
}

// Acknowledge answers 200, or an error as the contract has them.
func (c *Connector) Acknowledge(err error) dialect.Answer { return acknowledgement.Of(err) }

package bursagb

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
)

// renewBefore is how long before its end a token is no longer used.
const renewBefore = time.Minute

// session is a sign-in that renews itself. Its token is kept in memory only.
type session struct {
	client          *outbound.Client
	now             func() time.Time
	email, password string

	turn    *semaphore.Weighted // of 1: who holds it reads or changes what follows
	token   string
	expires time.Time
}

// do makes one call as the customer, and once more with a fresh token when the
// partner does not take the one that it was made with.
func (s *session) do(ctx context.Context, r outbound.Request) (*outbound.Answer, error) {
	token, err := s.signedIn(ctx, "")
	if err != nil {
		return nil, err
	}
	answer, err := s.call(ctx, r, token)
	if err != nil || answer.Status != http.StatusUnauthorized {
		return answer, err
	}
	if token, err = s.signedIn(ctx, token); err != nil {
		return nil, err
	}
	return s.call(ctx, r, token)
}

func (s *session) call(ctx context.Context, r outbound.Request, token string) (*outbound.Answer, error) {
	r.Header = http.Header{"Authorization": {"Bearer " + token}}
	return s.client.Do(ctx, r)
}

// signedIn returns a token that is good and not the one given. Its errors wrap
// dialect.ErrNotSent: without a token nothing was asked.
func (s *session) signedIn(ctx context.Context, not string) (string, error) {
	if err := s.turn.Acquire(ctx, 1); err != nil {
		return "", fmt.Errorf("%w: sign in: %w", dialect.ErrNotSent, err)
	}
	defer s.turn.Release(1)
	if s.token != "" && s.token != not && s.now().Before(s.expires.Add(-renewBefore)) {
		return s.token, nil
	}
	if err := s.signIn(ctx); err != nil {
		return "", fmt.Errorf("%w: sign in: %w", dialect.ErrNotSent, err)
	}
	return s.token, nil
}

func (s *session) signIn(ctx context.Context) error {
	login, err := outbound.Read[envelope[*tokenWire]](s.client.Do(ctx, outbound.Request{
		Method: http.MethodPost, Path: "/Login/Customer/Api/Verify",
		Body: loginWire{Email: s.email, Password: s.password},
	}))
	if err != nil {
		return err
	}
	if login.Data == nil || login.Data.Token == "" {
		return dialect.ErrMalformed
	}
	s.token, s.expires = login.Data.Token, time.Time(login.Data.Expiration)
	return nil
}

func get[T any](ctx context.Context, s *session, path string) (envelope[T], error) {
	return outbound.Read[envelope[T]](s.do(ctx, outbound.Request{Method: http.MethodGet, Path: path}))
}

// ask posts a question that changes nothing and returns the answer's data.
func ask[T any](ctx context.Context, s *session, path string, question any) (data T, err error) {
	result, err := outbound.Read[envelope[T]](s.do(
		ctx, outbound.Request{Method: http.MethodPost, Path: path, Body: question},
	))
	switch {
	case err != nil:
		return data, fmt.Errorf("%s: %w", path, err)
	case !result.Success:
		return data, fmt.Errorf("%s: refused", path)
	}
	return result.Data, nil
}

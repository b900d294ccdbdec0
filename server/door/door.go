// Package door is what the doors of partners share: who is let in, how much a
// request may send, why a request is refused, JSON read without guessing, and
// routing that leaves paths as they were sent. What an answer looks like, and in
// which words it refuses, belongs to each partner's package.
package door

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/ident"
	"orderhub/server/order"
	"orderhub/server/recipient"
)

// Services is what a door stands in front of.
type Services struct {
	Orders   *order.Service
	Catalog  *catalog.Service
	Accounts *account.Service
	Gate     *Gate
	IDs      *ident.Generator
	// Recipients has recipients checked where a product wants it: none of the partners
	// has a call for it.
	Recipients *recipient.Service
	Log        *slog.Logger
	Now        func() time.Time
	// AllowLocalTargets lets merchants name plain http and local addresses for
	// what is sent to them. For demonstrations and tests.
	AllowLocalTargets bool
}

// RecipientCheck has recipients checked for a caller that orders, within what it may have checked. In each order it
// happens once, and only for products that want it.
func (s *Services) RecipientCheck(caller *account.Principal) order.RecipientCheck {
	return func(ctx context.Context, p *catalog.Product, w recipient.Who) error {
		if err := s.Gate.auth.AllowCheck(ctx, caller); err != nil {
			return err
		}
		_, err := s.Recipients.Check(ctx, caller.MerchantID, p, w)
		return err
	}
}

// Door is one partner's inbound API.
type Door interface {
	http.Handler
	// Name is that of the dialect, as orders keep it.
	Name() string
	// Matches reports whether a request's path belongs to this door, also when
	// the door then says that it is unknown.
	Matches(path string) bool
	// Panicked answers, in the partner's words for a fault of the hub, a request whose
	// handler panicked before it wrote anything.
	Panicked(w http.ResponseWriter, r *http.Request)
}

package api

import (
	"context"
	"strconv"

	lru "github.com/hashicorp/golang-lru/v2"

	"orderhub/server/account"
	"orderhub/server/errs"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

const cachedNames = 10_000

// services is what the services share.
type services struct {
	*Options

	watchers   *watchers
	tickets    *tickets
	admitted   func(context.Context) error                     // of a call that has been going on for a while
	allowCheck func(context.Context, *account.Principal) error // of a recipient
	names      *lru.Cache[int64, string]                       // of merchants, which never change theirs
}

// isSelf reports whether a merchant has named itself, or nobody.
func isSelf(p *account.Principal, named string) bool {
	return named == "" || named == p.MerchantName || named == strconv.FormatInt(p.MerchantID, 10)
}

// viewer says whose orders the caller may see: its own, or as an operator
// those of the merchant named or of all. ErrMerchantNotFound.
func (h *services) viewer(ctx context.Context, named string) (order.Viewer, error) {
	if named == "" {
		return ownViewer(ctx), nil
	}
	id, err := h.merchantID(ctx, named)
	return order.ByMerchant(id), err
}

// ownViewer is viewer for a caller who cannot name anybody.
func ownViewer(ctx context.Context) order.Viewer {
	if p := &callOf(ctx).principal; !p.Admin() {
		return order.ByMerchant(p.MerchantID)
	}
	return order.ByOperator()
}

// merchantID is the merchant to act for. An operator has to name one; for
// anybody else others do not exist. ErrMerchantNotFound, *errs.InvalidError.
func (h *services) merchantID(ctx context.Context, named string) (int64, error) {
	p := &callOf(ctx).principal
	switch {
	case p.Admin() && named == "":
		return 0, errs.Invalid("merchant", "must be named by an operator")
	case p.Admin():
		m, err := h.Accounts.FindMerchant(ctx, named)
		return m.ID, err
	case !isSelf(p, named):
		return 0, account.ErrMerchantNotFound
	default:
		return p.MerchantID, nil
	}
}

// merchantName is the name behind an id that something of the merchant's has.
func (h *services) merchantName(ctx context.Context, id int64) (string, error) {
	if id == webhook.House {
		return "", nil
	}
	if p := &callOf(ctx).principal; p.MerchantID == id {
		return p.MerchantName, nil
	}
	if name, ok := h.names.Get(id); ok {
		return name, nil
	}
	m, err := h.Accounts.Merchant(ctx, id)
	if err != nil {
		return "", err
	}
	h.names.Add(id, m.Name)
	return m.Name, nil
}

package api

import (
	"context"
	"strconv"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"orderhub/server/account"
	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/claim"
	"orderhub/server/errs"
	"orderhub/server/exchange"
	"orderhub/server/fulfil"
	"orderhub/server/operator"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
	"orderhub/server/purchase"
	"orderhub/server/recipient"
	"orderhub/server/reconcile"
	"orderhub/server/report"
	"orderhub/server/session"
	"orderhub/server/supply"
	"orderhub/server/webhook"
)

const cachedNames = 10_000

// services is what the services share.
type services struct {
	orders     Orders
	eraser     *order.Eraser
	finder     *order.Finder
	reports    *report.Service
	margins    *report.Margins
	log        Log
	watchers   *watchers
	tickets    *tickets
	admitted   func(context.Context) error // of a call that has been going on for a while
	catalog    *catalog.Service
	accounts   *account.Service
	approvals  *approval.Service
	operators  *operator.Service
	sessions   *session.Service
	providers  *fulfil.Providers
	purchases  *purchase.Service
	claims     *claim.Service
	supply     *supply.Service
	reconcile  *reconcile.Service
	fulfilment Fulfilment
	webhooks   *webhook.Service
	deliveries *webhook.Deliveries
	replays    *webhook.Replays
	records    audit.Store
	told       operatorevent.Store
	exchange   *exchange.Service
	recipients *recipient.Service
	allowCheck func(context.Context, *account.Principal) error // of a recipient
	now        func() time.Time
	mark       func(string) string       // what stands in the record for a text
	names      *lru.Cache[int64, string] // of merchants, which never change theirs
}

// isSelf reports whether a merchant has named itself, or nobody.
func isSelf(p *account.Principal, named string) bool {
	return named == "" || named == p.MerchantName || named == strconv.FormatInt(p.MerchantID, 10)
}

// viewer says whose orders the caller may see: its own, or as an operator
// those of the merchant named or of all. ErrMerchantNotFound.
func (h *services) viewer(ctx context.Context, named string) (order.Viewer, error) {
	if callOf(ctx).principal.Admin() && named == "" {
		return order.ByOperator(), nil
	}
	id, err := h.merchantID(ctx, named)
	return order.ByMerchant(id), err
}

// merchantID is the merchant to act for. An operator has to name one; for
// anybody else others do not exist. ErrMerchantNotFound, *errs.InvalidError.
func (h *services) merchantID(ctx context.Context, named string) (int64, error) {
	p := &callOf(ctx).principal
	switch {
	case p.Admin() && named == "":
		return 0, errs.Invalid("merchant", "must be named by an operator")
	case p.Admin():
		m, err := h.accounts.FindMerchant(ctx, named)
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
	m, err := h.accounts.Merchant(ctx, id)
	if err != nil {
		return "", err
	}
	h.names.Add(id, m.Name)
	return m.Name, nil
}

package api

import (
	"context"

	"orderhub/server/catalog"
	"orderhub/server/money"
)

// catalogueView is through whose eyes the catalogue is seen.
type catalogueView struct {
	merchantID int64          // 0: plain prices
	currency   money.Currency // of the merchant's wallet; "" sees every currency
	operator   bool           // may see archived products and where goods come from
}

// catalogueViewOf are the caller's own, or for an operator those of the merchant named.
// ErrMerchantNotFound.
func (h *services) catalogueViewOf(ctx context.Context, named string) (catalogueView, error) {
	p := &callOf(ctx).principal
	if !p.Admin() {
		id, err := h.merchantID(ctx, named)
		return catalogueView{merchantID: id, currency: p.Currency}, err
	}
	if named == "" {
		return catalogueView{operator: true}, nil
	}
	m, err := h.Accounts.FindMerchant(ctx, named)
	if err != nil {
		return catalogueView{}, err
	}
	e := catalogueView{merchantID: m.ID, operator: true}
	if m.Wallet != nil {
		e.currency = m.Wallet.Currency
	}
	return e, nil
}

// see reports whether the product exists for the viewer.
func (e catalogueView) see(p *catalog.Product) bool {
	return (e.currency == "" || e.currency == p.Currency) && (e.operator || p.Active())
}

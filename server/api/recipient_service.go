package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/order"
	"orderhub/server/recipient"
)

// recipientService says who would receive goods.
type recipientService struct {
	orderhubv1.UnimplementedRecipientServiceServer
	*services
}

func (s *recipientService) CheckRecipient(ctx context.Context, r *orderhubv1.CheckRecipientRequest) (
	*orderhubv1.CheckRecipientResponse, error,
) {
	p := &callOf(ctx).principal
	var merchantID int64
	if !p.Admin() || r.GetMerchant() != "" {
		var err error
		if merchantID, err = s.merchantID(ctx, r.GetMerchant()); err != nil {
			return nil, err
		}
	}
	product := s.Catalog.Snapshot().ProductBySKU(r.GetSku())
	if product == nil || !p.Admin() && (!product.Active() || product.Currency != p.Currency) {
		return nil, catalog.ErrProductNotFound
	}
	who, err := order.RecipientOf(product, fromAPIRecipient(r.GetRecipient()), r.GetFields())
	if err != nil {
		return nil, err
	}
	if p.Admin() {
		// The recipient is not on record, but for a fingerprint.
		if err := s.recordLook(ctx, "", audit.Target{Kind: "product", Name: r.GetSku()}, r); err != nil {
			return nil, err
		}
	}
	if err := s.allowCheck(ctx, p); err != nil {
		return nil, err
	}
	checked, err := s.Recipients.Check(ctx, merchantID, product, who)
	return &orderhubv1.CheckRecipientResponse{Check: toAPICheck(product.SKU, &checked)}, err
}

var (
	toAPIResult = byWord[recipient.Result, orderhubv1.RecipientResult]()
	toAPICause  = byWord[recipient.Cause, orderhubv1.RecipientUnknownCause]()
)

func toAPICheck(sku string, c *recipient.Checked) *orderhubv1.RecipientCheck {
	return &orderhubv1.RecipientCheck{
		Sku: sku, Result: toAPIResult[c.Result], Name: c.Name, Cause: toAPICause[c.Cause], CheckTime: toAPITime(c.At),
		ExpireTime: toAPITime(c.Until),
	}
}

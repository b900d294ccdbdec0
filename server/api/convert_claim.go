package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/claim"
)

var (
	toAPIClaimReason       = byWord[claim.Reason, orderhubv1.ClaimReason]()
	fromAPIClaimReason     = inverse(toAPIClaimReason)
	toAPIClaimStatus       = byWord[claim.Status, orderhubv1.ClaimStatus]()
	fromAPIClaimStatus     = inverse(toAPIClaimStatus)
	toAPIClaimedUnitStatus = byWord[claim.UnitStatus, orderhubv1.ClaimedUnitStatus]()
	toAPIClaimAnswer       = byWord[claim.Verdict, orderhubv1.ClaimAnswer]()
	fromAPIClaimAnswer     = inverse(toAPIClaimAnswer)
	toAPIDisputeStatus     = byWord[claim.DisputeStatus, orderhubv1.DisputeStatus]()
)

// claim converts with the merchant's name, and what only operators see where the caller is one.
func (h *services) claim(ctx context.Context, c *claim.Claim) (*orderhubv1.Claim, error) {
	name, err := h.merchantName(ctx, c.MerchantID)
	if err != nil {
		return nil, err
	}
	operator := callOf(ctx).principal.Admin()
	amount := amountsOf(c.Currency)
	converted := &orderhubv1.Claim{
		Id: c.ID, Status: toAPIClaimStatus[c.Status()], Merchant: name, OrderNumber: c.OrderNumber,
		Reference: c.Reference, Reason: toAPIClaimReason[c.Reason], Text: c.Said.Text, Currency: string(c.Currency),
		RefundedAmount: amount(c.Refunded()), ClaimedBy: c.By.Name, CreateTime: toAPITime(c.CreatedAt),
		UpdateTime: toAPITime(c.UpdatedAt), AnswerByTime: toAPIOptionalTime(c.AnswerBy), Overdue: c.Overdue(h.Now()),
	}
	if e := c.Said.Evidence; e != (claim.Evidence{}) {
		converted.Evidence = &orderhubv1.ClaimEvidence{Text: e.Text, Sha256: e.SHA256, FileName: e.FileName}
	}
	for i := range c.Units {
		u := &c.Units[i]
		unit := &orderhubv1.ClaimedUnit{
			Unit: u.UnitID, Line: int32(u.Position), Sku: u.SKU, Status: toAPIClaimedUnitStatus[u.Status],
			AnswerReason: u.Answer, Automatic: u.AnsweredBy.Kind == claim.ByPolicy,
			AnswerTime: toAPIOptionalTime(u.AnsweredAt), ReplacementUnit: u.ReplacementID,
			FailureCode: u.FailureCode,
		}
		if u.Status == claim.Refunded {
			unit.RefundAmount = amount(u.Refund)
		}
		if operator {
			unit.AnsweredBy, unit.Dispute = u.AnsweredBy.Name, toAPIDispute(&u.Dispute)
		}
		converted.Units = append(converted.Units, unit)
	}
	return converted, nil
}

func toAPIDispute(d *claim.Dispute) *orderhubv1.ClaimDispute {
	if d.Status == "" {
		return nil
	}
	converted := &orderhubv1.ClaimDispute{
		Status: toAPIDisputeStatus[d.Status], Reference: d.Reference, Attempt: d.AttemptID,
		CreateTime: toAPIOptionalTime(d.OpenedAt), EndTime: toAPIOptionalTime(d.EndedAt),
	}
	if d.Status == claim.DisputeCredited {
		converted.CreditAmount, converted.Currency = d.Credit.Text(), string(d.Credit.Currency)
	}
	return converted
}

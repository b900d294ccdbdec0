package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/claim"
)

var (
	toAPIClaimReason = map[claim.Reason]orderhubv1.ClaimReason{
		claim.NotWorking:   orderhubv1.ClaimReason_CLAIM_REASON_NOT_WORKING,
		claim.AlreadyUsed:  orderhubv1.ClaimReason_CLAIM_REASON_ALREADY_USED,
		claim.WrongProduct: orderhubv1.ClaimReason_CLAIM_REASON_WRONG_PRODUCT,
		claim.NotReceived:  orderhubv1.ClaimReason_CLAIM_REASON_NOT_RECEIVED,
		claim.Expired:      orderhubv1.ClaimReason_CLAIM_REASON_EXPIRED,
		claim.Other:        orderhubv1.ClaimReason_CLAIM_REASON_OTHER,
	}
	fromAPIClaimReason = inverse(toAPIClaimReason)

	toAPIClaimStatus = map[claim.Status]orderhubv1.ClaimStatus{
		claim.StatusWaiting:   orderhubv1.ClaimStatus_CLAIM_STATUS_WAITING,
		claim.StatusReplacing: orderhubv1.ClaimStatus_CLAIM_STATUS_REPLACING,
		claim.StatusAnswered:  orderhubv1.ClaimStatus_CLAIM_STATUS_ANSWERED,
	}
	fromAPIClaimStatus = inverse(toAPIClaimStatus)

	toAPIClaimedUnitStatus = map[claim.UnitStatus]orderhubv1.ClaimedUnitStatus{
		claim.Waiting:   orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_WAITING,
		claim.Replaced:  orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_REPLACED,
		claim.Refunded:  orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_REFUNDED,
		claim.Replacing: orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_REPLACING,
		claim.Rejected:  orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_REJECTED,
	}

	toAPIClaimAnswer = map[claim.Verdict]orderhubv1.ClaimAnswer{
		claim.Refund:  orderhubv1.ClaimAnswer_CLAIM_ANSWER_REFUND,
		claim.Replace: orderhubv1.ClaimAnswer_CLAIM_ANSWER_REPLACE,
		claim.Reject:  orderhubv1.ClaimAnswer_CLAIM_ANSWER_REJECT,
	}
	fromAPIClaimAnswer = inverse(toAPIClaimAnswer)

	toAPIDisputeStatus = map[claim.DisputeStatus]orderhubv1.DisputeStatus{
		claim.DisputeOpen:     orderhubv1.DisputeStatus_DISPUTE_STATUS_OPEN,
		claim.DisputeCredited: orderhubv1.DisputeStatus_DISPUTE_STATUS_CREDITED,
		claim.DisputeRefused:  orderhubv1.DisputeStatus_DISPUTE_STATUS_REFUSED,
	}
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
		Id: c.ID, Status: toAPIClaimStatus[c.Status()], Merchant: name, OrderNumber: c.OrderNumber, Reference: c.Reference,
		Reason: toAPIClaimReason[c.Reason], Text: c.Said.Text, Currency: string(c.Currency),
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

package console

import (
	"fmt"
	"strconv"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

// mostClaimed is how many units one claim may have.
const mostClaimed = 100

// claimable is a unit that the customer has and that no claim is about.
type claimable struct {
	Unit int64
	Line int32
	SKU  string
}

// findClaimable leaves out what the order's claims are about. It finds no more than one claim may have.
func (s *story) findClaimable() {
	claimed := make(map[int64]bool)
	for _, c := range s.Claims {
		for _, u := range c.GetUnits() {
			claimed[u.GetUnit()] = true
		}
	}
	for _, line := range s.Order.GetLines() {
		for _, g := range line.GetGoods() {
			has := g.GetStatus() == orderhubv1.GoodsStatus_GOODS_STATUS_DELIVERED ||
				g.GetStatus() == orderhubv1.GoodsStatus_GOODS_STATUS_USED
			if !has || claimed[g.GetUnit()] || g.GetUnit() == 0 {
				continue
			}
			if len(s.Claimable) == mostClaimed {
				s.MoreClaimable = true
				return
			}
			s.Claimable = append(s.Claimable, claimable{g.GetUnit(), line.GetPosition(), line.GetSku()})
		}
	}
}

// claimForOrder claims units for the order's merchant: those that are ticked, or all.
func claimForOrder(r *request) (done, error) {
	wish := &orderhubv1.CreateClaimRequest{
		OrderNumber: r.PathValue("number"), Text: formText(r, "text"), Reference: formLine(r, "reference"),
		Reason: contract.ValueOf[orderhubv1.ClaimReason](r.PostForm.Get("reason")),
	}
	for _, text := range r.PostForm["units"] {
		unit, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return done{}, &fieldError{"units", "This is no unit of the order."}
		}
		wish.Units = append(wish.Units, unit)
	}
	evidence := &orderhubv1.ClaimEvidence{
		Text: formText(r, "evidence"), Sha256: formLine(r, "sha256"), FileName: formLine(r, "fileName"),
	}
	if evidence.GetText() != "" || evidence.GetSha256() != "" || evidence.GetFileName() != "" {
		wish.Evidence = evidence
	}
	answer, err := r.claims.CreateClaim(r.Context(), wish)
	c := answer.GetClaim()
	say := "The claim waits for an answer."
	if c.GetStatus() != orderhubv1.ClaimStatus_CLAIM_STATUS_WAITING {
		say = "The product's policy answered the claim."
	}
	return done{to: fmt.Sprintf("/claims/%d", c.GetId()), say: say}, err
}

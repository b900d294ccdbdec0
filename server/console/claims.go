package console

import (
	"fmt"
	"strconv"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func claimsPage() page {
	return page{
		pattern: "/claims", file: "claims", menu: "Claims",
		needs: orderhubv1.ClaimService_ListClaims_FullMethodName, show: showClaims,
	}
}

func claimPage() page {
	return page{
		pattern: "/claims/{claim}", file: "claim", needs: orderhubv1.ClaimService_GetClaim_FullMethodName, show: showClaim,
		acts: map[string]act{
			"refund":  {needs: orderhubv1.ClaimService_AnswerClaim_FullMethodName, do: refundClaim},
			"replace": {needs: orderhubv1.ClaimService_AnswerClaim_FullMethodName, do: replaceClaim},
			"reject":  {needs: orderhubv1.ClaimService_AnswerClaim_FullMethodName, do: rejectClaim},
			"dispute": {needs: orderhubv1.ClaimService_DisputeClaim_FullMethodName, do: disputeClaim},
			"end":     {needs: orderhubv1.ClaimService_EndDispute_FullMethodName, do: endDispute},
		},
	}
}

// claimList is what the page of claims shows: one list, or what waits and then the latest.
type claimList struct {
	Lists    []claimGroup
	Filtered bool
}

// claimGroup is one list of claims.
type claimGroup struct {
	ID, Title, Empty string
	Claims           []*orderhubv1.Claim
	Next             string // token of the next page
}

func showClaims(r *request) (any, error) {
	query := r.URL.Query()
	list := claimList{Filtered: filtered(query, "status", "merchant", "order")}
	ask := func(g claimGroup, filter *orderhubv1.ListClaimsRequest) error {
		filter.PageSize = listSize
		answer, err := r.claims.ListClaims(r.Context(), filter)
		g.Claims, g.Next = answer.GetClaims(), answer.GetNextPageToken()
		list.Lists = append(list.Lists, g)
		return err
	}
	if list.Filtered {
		return &list, ask(claimGroup{ID: "found", Title: "Found", Empty: "No claim is like this."},
			&orderhubv1.ListClaimsRequest{
				Merchant: query.Get("merchant"), OrderNumber: query.Get("order"), PageToken: query.Get("page"),
				Status: contract.ValueOf[orderhubv1.ClaimStatus](query.Get("status")),
			})
	}
	if query.Get("page") == "" {
		err := ask(claimGroup{ID: "waiting", Title: "Waiting, the oldest first", Empty: "Nothing waits for an answer."},
			&orderhubv1.ListClaimsRequest{Status: orderhubv1.ClaimStatus_CLAIM_STATUS_WAITING})
		if err != nil {
			return nil, err
		}
	}
	return &list, ask(claimGroup{ID: "latest", Title: "All, the newest first", Empty: "There is no claim."},
		&orderhubv1.ListClaimsRequest{PageToken: query.Get("page")})
}

// claimView is one claim.
type claimView struct {
	Claim    *orderhubv1.Claim
	Waits    []*orderhubv1.ClaimedUnit
	Disputed []*orderhubv1.ClaimedUnit // whose provider has not answered
	Passable []*orderhubv1.ClaimedUnit // that can be passed to a provider
}

func showClaim(r *request) (any, error) {
	id, err := pathNumber(r, "claim")
	if err != nil {
		return nil, err
	}
	answer, err := r.claims.GetClaim(r.Context(), &orderhubv1.GetClaimRequest{Claim: id})
	if err != nil {
		return nil, err
	}
	v := &claimView{Claim: answer.GetClaim()}
	for _, u := range v.Claim.GetUnits() {
		if u.GetStatus() == orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_WAITING {
			v.Waits = append(v.Waits, u)
		}
		switch u.GetDispute().GetStatus() {
		case orderhubv1.DisputeStatus_DISPUTE_STATUS_UNSPECIFIED:
			v.Passable = append(v.Passable, u)
		case orderhubv1.DisputeStatus_DISPUTE_STATUS_OPEN:
			v.Disputed = append(v.Disputed, u)
		default:
		}
	}
	return v, nil
}

// answerClaim answers for the unit of the form, or for all that wait.
func answerClaim(r *request, request *orderhubv1.AnswerClaimRequest, say string) (done, error) {
	id, err := pathNumber(r, "claim")
	if err != nil {
		return done{}, err
	}
	unit, err := formUnit(r)
	if err != nil {
		return done{}, err
	}
	if unit != 0 {
		request.Units = []int64{unit}
	}
	request.Claim, request.Reason = id, formLine(r, "reason")
	_, err = r.claims.AnswerClaim(r.Context(), request)
	return done{to: fmt.Sprintf("/claims/%d", id), say: say}, err
}

// formUnit is the unit that a form names; 0 for all.
func formUnit(r *request) (int64, error) {
	text := formLine(r, "unit")
	if text == "" {
		return 0, nil
	}
	unit, err := strconv.ParseInt(text, 10, 64)
	if err != nil || unit <= 0 {
		return 0, &fieldError{"unit", "Enter the number of a unit of this claim, or nothing for all that wait."}
	}
	return unit, nil
}

func refundClaim(r *request) (done, error) {
	return answerClaim(r, &orderhubv1.AnswerClaimRequest{
		Answer: orderhubv1.ClaimAnswer_CLAIM_ANSWER_REFUND,
	}, "What the units cost is given back.")
}

func replaceClaim(r *request) (done, error) {
	return answerClaim(r, &orderhubv1.AnswerClaimRequest{
		Answer: orderhubv1.ClaimAnswer_CLAIM_ANSWER_REPLACE, Goods: lines(r.PostForm.Get("goods")),
	}, "The units are replaced.")
}

func rejectClaim(r *request) (done, error) {
	if formLine(r, "reason") == "" {
		return done{}, &fieldError{"reason", "Say why: the merchant reads it."}
	}
	return answerClaim(r, &orderhubv1.AnswerClaimRequest{
		Answer: orderhubv1.ClaimAnswer_CLAIM_ANSWER_REJECT,
	}, "The claim is rejected.")
}

func disputeClaim(r *request) (done, error) {
	id, err := pathNumber(r, "claim")
	if err != nil {
		return done{}, err
	}
	unit, err := formUnit(r)
	if err != nil {
		return done{}, err
	}
	_, err = r.claims.DisputeClaim(r.Context(), &orderhubv1.DisputeClaimRequest{
		Claim: id, Unit: unit, Reference: formLine(r, "reference"),
	})
	return done{to: fmt.Sprintf("/claims/%d", id), say: "The unit is passed to its provider."}, err
}

func endDispute(r *request) (done, error) {
	id, err := pathNumber(r, "claim")
	if err != nil {
		return done{}, err
	}
	unit, err := formUnit(r)
	if err != nil {
		return done{}, err
	}
	_, err = r.claims.EndDispute(r.Context(), &orderhubv1.EndDisputeRequest{
		Claim: id, Unit: unit, Amount: formAmount(r, "amount"),
	})
	return done{to: fmt.Sprintf("/claims/%d", id), say: "The provider's answer is noted."}, err
}

func redeemPage() page {
	return page{
		pattern: "/tickets", file: "tickets", menu: "Tickets",
		needs: orderhubv1.RedemptionService_RedeemTicket_FullMethodName, show: showRedeem,
		acts: map[string]act{
			"redeem": {needs: orderhubv1.RedemptionService_RedeemTicket_FullMethodName, do: redeemTicket},
		},
	}
}

func showRedeem(*request) (any, error) { return struct{}{}, nil }

// redeemTicket has its own words for what is done: the code is in no address.
func redeemTicket(r *request) (done, error) {
	code := formLine(r, "ticketCode")
	if code == "" {
		return done{}, &fieldError{"ticketCode", "Enter the ticket's code."}
	}
	answer, err := r.tickets.RedeemTicket(r.Context(), &orderhubv1.RedeemTicketRequest{
		TicketCode: code, Place: formLine(r, "place"),
	})
	t := answer.GetTicket()
	return done{
		to: "/tickets", say: fmt.Sprintf("Ticket %d of order %s is used now.", t.GetUnit(), t.GetOrderNumber()),
	}, err
}

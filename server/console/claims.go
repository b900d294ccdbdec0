package console

import (
	"fmt"
	"slices"
	"strconv"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func claimsPage() page {
	return page{
		pattern: "/claims", file: "claims", group: "Orders", menu: "Claims",
		needs: orderhubv1.ClaimService_ListClaims_FullMethodName, show: showClaims,
	}
}

func claimPage() page {
	return page{
		pattern: "/claims/{claim}", file: "claim", number: "claim",
		needs: orderhubv1.ClaimService_GetClaim_FullMethodName, show: showClaim,
		acts: map[string]act{
			"refund":  {needs: orderhubv1.ClaimService_AnswerClaim_FullMethodName, do: refundClaim},
			"replace": {needs: orderhubv1.ClaimService_AnswerClaim_FullMethodName, do: replaceClaim},
			"reject":  {needs: orderhubv1.ClaimService_AnswerClaim_FullMethodName, do: rejectClaim},
			"dispute": {needs: orderhubv1.ClaimService_DisputeClaim_FullMethodName, do: disputeClaim},
			"end":     {needs: orderhubv1.ClaimService_EndDispute_FullMethodName, do: endDispute},
		},
	}
}

func showClaims(r *request) (any, error) {
	query := r.URL.Query()
	list := queue[*orderhubv1.Claim]{Filtered: filtered(query, "status", "merchant", "order")}
	ask := func(above heading, filter *orderhubv1.ListClaimsRequest) error {
		filter.PageSize = listSize
		answer, err := r.claims.ListClaims(r.Context(), filter)
		list.add(above, answer.GetClaims(), answer.GetNextPageToken())
		return err
	}
	if list.Filtered {
		return &list, ask(heading{ID: "found", Title: "Found", Empty: "No claim is like this."},
			&orderhubv1.ListClaimsRequest{
				Merchant: query.Get("merchant"), OrderNumber: query.Get("order"), PageToken: query.Get("page"),
				Status: contract.ValueOf[orderhubv1.ClaimStatus](query.Get("status")),
			})
	}
	if query.Get("page") == "" {
		err := ask(heading{ID: "waiting", Title: "Waiting, the oldest first", Empty: "Nothing waits for an answer."},
			&orderhubv1.ListClaimsRequest{Status: orderhubv1.ClaimStatus_CLAIM_STATUS_WAITING})
		if err != nil {
			return nil, err
		}
	}
	return &list, ask(heading{ID: "latest", Title: "All, the newest first", Empty: "There is no claim."},
		&orderhubv1.ListClaimsRequest{PageToken: query.Get("page")})
}

// searchedPurchases is how many attempts are looked at for those that may have sold a unit.
const searchedPurchases = 200

// claimView is one claim.
type claimView struct {
	Claim    *orderhubv1.Claim
	Waits    []*orderhubv1.ClaimedUnit
	Disputed []*orderhubv1.ClaimedUnit // whose provider has not answered
	Passable []*orderhubv1.ClaimedUnit // that can be passed to a provider
	// Purchases are the attempts that delivered for the order, to choose from where a unit is passed on, after none.
	Purchases []choice
	// Replacing are those in whose place others are being bought.
	Replacing []*orderhubv1.ClaimedUnit
}

func showClaim(r *request) (any, error) {
	answer, err := r.claims.GetClaim(r.Context(), &orderhubv1.GetClaimRequest{Claim: r.number})
	if err != nil {
		return nil, err
	}
	v := &claimView{Claim: answer.GetClaim()}
	for _, u := range v.Claim.GetUnits() {
		switch {
		case u.GetStatus() == orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_WAITING:
			v.Waits = append(v.Waits, u)
		case isReplacing(u):
			v.Replacing = append(v.Replacing, u)
		}
		switch u.GetDispute().GetStatus() {
		case orderhubv1.DisputeStatus_DISPUTE_STATUS_UNSPECIFIED:
			v.Passable = append(v.Passable, u)
		case orderhubv1.DisputeStatus_DISPUTE_STATUS_OPEN:
			v.Disputed = append(v.Disputed, u)
		default:
		}
	}
	if len(v.Passable) > 0 && r.may(orderhubv1.ClaimService_DisputeClaim_FullMethodName) {
		v.Purchases, err = purchasesFor(r, v.Claim)
	}
	return v, err
}

// purchasesFor are the attempts that delivered on the lines of a claim's units, after the choice of none.
func purchasesFor(r *request, c *orderhubv1.Claim) (found []choice, err error) {
	found = append(found, choice{Label: "the only one of its line"})
	lines := make(map[int32]bool)
	for _, u := range c.GetUnits() {
		lines[u.GetLine()] = true
	}
	all := contract.Each(
		r.Context(), r.admin.ListAttempts, &orderhubv1.ListAttemptsRequest{
			OrderNumber: c.GetOrderNumber(), Status: orderhubv1.AttemptStatus_ATTEMPT_STATUS_DELIVERED,
		}, (*orderhubv1.ListAttemptsResponse).GetAttempts, searchedPurchases,
	)
	for a, err := range asMany(all) {
		if err != nil {
			return nil, err
		}
		if !lines[a.GetLinePosition()] {
			continue
		}
		label := fmt.Sprintf("%d: %d × %s of %s, line %d", a.GetId(), a.GetQuantity(), a.GetProviderSku(), a.GetProvider(),
			a.GetLinePosition())
		if a.GetClaim() != 0 {
			label += fmt.Sprintf(", for claim %d", a.GetClaim())
		}
		found = append(found, choice{Value: strconv.FormatInt(a.GetId(), 10), Label: label})
	}
	return found, nil
}

// isReplacing reports whether another unit is being bought in the place of this one.
func isReplacing(u *orderhubv1.ClaimedUnit) bool {
	return u.GetStatus() == orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_REPLACING
}

// answerClaim answers for the unit of the form, or for all that wait.
func answerClaim(r *request, request *orderhubv1.AnswerClaimRequest, say string) (done, error) {
	unit, err := formUnit(r)
	if err != nil {
		return done{}, err
	}
	if unit != 0 {
		request.Units = []int64{unit}
	}
	request.Claim, request.Reason = r.number, formLine(r, "reason")
	answer, err := r.claims.AnswerClaim(r.Context(), request)
	if request.GetAnswer() == orderhubv1.ClaimAnswer_CLAIM_ANSWER_REPLACE &&
		slices.ContainsFunc(answer.GetClaim().GetUnits(), isReplacing) {
		say = "Others are being bought in the place of the units."
	}
	return done{to: fmt.Sprintf("/claims/%d", r.number), say: say}, err
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
	unit, err := formUnit(r)
	if err != nil {
		return done{}, err
	}
	request := &orderhubv1.DisputeClaimRequest{Claim: r.number, Unit: unit, Reference: formLine(r, "reference")}
	if formLine(r, "attempt") != "" {
		if request.Attempt, err = formID(r, "attempt"); err != nil {
			return done{}, err
		}
	}
	_, err = r.claims.DisputeClaim(r.Context(), request)
	return done{to: fmt.Sprintf("/claims/%d", r.number), say: "The unit is passed to its provider."}, err
}

func endDispute(r *request) (done, error) {
	unit, err := formUnit(r)
	if err != nil {
		return done{}, err
	}
	_, err = r.claims.EndDispute(r.Context(), &orderhubv1.EndDisputeRequest{
		Claim: r.number, Unit: unit, Amount: formAmount(r, "amount"),
	})
	return done{to: fmt.Sprintf("/claims/%d", r.number), say: "The provider's answer is noted."}, err
}

func redeemPage() page {
	return page{
		pattern: "/tickets", file: "tickets", group: "Orders", menu: "Tickets",
		needs: orderhubv1.RedemptionService_RedeemTicket_FullMethodName, show: showRedeem,
		acts: map[string]act{
			"redeem": {needs: orderhubv1.RedemptionService_RedeemTicket_FullMethodName, do: redeemTicket},
			"list":   {needs: orderhubv1.RedemptionService_ListTickets_FullMethodName, do: listTickets},
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
	at, err := askedTime(r.PostForm, "redeemTime")
	if err != nil {
		return done{}, err
	}
	answer, err := r.tickets.RedeemTicket(r.Context(), &orderhubv1.RedeemTicketRequest{
		TicketCode: code, Place: formLine(r, "place"), Reference: formLine(r, "reference"), RedeemTime: at,
	})
	t := answer.GetTicket()
	return done{
		to: "/tickets", say: fmt.Sprintf("Ticket %d of order %s is used now.", t.GetUnit(), t.GetOrderNumber()),
	}, err
}

package console

import (
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func holdsPage() page {
	return page{
		pattern: "/holds", file: "holds", group: "Orders", menu: "Holds",
		needs: orderhubv1.HoldService_ListHolds_FullMethodName, show: showHolds,
	}
}

func holdPage() page {
	return page{
		pattern: "/holds/{number}", file: "hold", needs: orderhubv1.HoldService_GetHold_FullMethodName, show: showHold,
		acts: map[string]act{
			"release": {needs: orderhubv1.HoldService_ReleaseHold_FullMethodName, do: releaseHold},
		},
	}
}

type holdList struct {
	Holds    []*orderhubv1.Hold
	Next     string // token of the next page
	Filtered bool
}

func showHolds(r *request) (any, error) {
	query := r.URL.Query()
	answer, err := r.holds.ListHolds(r.Context(), &orderhubv1.ListHoldsRequest{
		Merchant: query.Get("merchant"), Open: query.Get("ended") == "", PageSize: listSize,
		PageToken: query.Get("page"),
	})
	return &holdList{
		Holds: answer.GetHolds(), Next: answer.GetNextPageToken(), Filtered: filtered(query, "merchant", "ended"),
	}, r.wrongFilter(err)
}

type holdView struct {
	Hold *orderhubv1.Hold
	Open bool // it keeps something
}

func showHold(r *request) (any, error) {
	answer, err := r.holds.GetHold(r.Context(), &orderhubv1.GetHoldRequest{HoldNumber: r.PathValue("number")})
	return &holdView{Hold: answer.GetHold(), Open: answer.GetHold().GetEndTime() == nil}, err
}

func releaseHold(r *request) (done, error) {
	number := r.PathValue("number")
	answer, err := r.holds.ReleaseHold(r.Context(), &orderhubv1.ReleaseHoldRequest{HoldNumber: number})
	return done{say: fmt.Sprintf("%s has its %s %s back.",
		answer.GetHold().GetMerchant(), answer.GetHold().GetTotalAmount(), answer.GetHold().GetCurrency())}, err
}

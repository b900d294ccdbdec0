package console

import (
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func purchasesPage() page {
	return page{
		pattern: "/purchases", file: "purchases", group: "Orders", menu: "Purchases",
		needs: orderhubv1.PurchaseService_ListPurchases_FullMethodName, show: showPurchases,
	}
}

func purchasePage() page {
	return page{
		pattern: "/purchases/{purchase}", file: "purchase", number: "purchase",
		needs: orderhubv1.PurchaseService_GetPurchase_FullMethodName, show: showPurchase,
		acts: map[string]act{
			"take":    {needs: orderhubv1.PurchaseService_TakePurchase_FullMethodName, do: takePurchase},
			"release": {needs: orderhubv1.PurchaseService_ReleasePurchase_FullMethodName, do: releasePurchase},
			"deliver": {needs: orderhubv1.PurchaseService_DeliverPurchase_FullMethodName, do: deliverPurchase},
			"refuse":  {needs: orderhubv1.PurchaseService_RefusePurchase_FullMethodName, do: refusePurchase},
		},
	}
}

func showPurchases(r *request) (any, error) {
	query := r.URL.Query()
	list := queue[*orderhubv1.Purchase]{Filtered: filtered(query, "status", "provider")}
	ask := func(above heading, filter *orderhubv1.ListPurchasesRequest) error {
		filter.PageSize = listSize
		answer, err := r.purchases.ListPurchases(r.Context(), filter)
		list.add(above, answer.GetPurchases(), answer.GetNextPageToken())
		return err
	}
	if list.Filtered {
		return &list, ask(heading{ID: "found", Title: "Found", Empty: "No purchase is like this."},
			&orderhubv1.ListPurchasesRequest{
				Provider: query.Get("provider"), PageToken: query.Get("page"),
				Status: contract.ValueOf[orderhubv1.PurchaseStatus](query.Get("status")),
			})
	}
	if query.Get("page") == "" {
		err := ask(heading{ID: "mine", Title: "Taken by you", Empty: "You have taken nothing."},
			&orderhubv1.ListPurchasesRequest{Mine: true, Status: orderhubv1.PurchaseStatus_PURCHASE_STATUS_TAKEN})
		if err != nil {
			return nil, err
		}
	}
	return &list, ask(
		heading{ID: "open", Title: "Open, the oldest first", Empty: "Nothing waits for a person to deliver it."},
		&orderhubv1.ListPurchasesRequest{PageToken: query.Get("page")},
	)
}

// purchaseView is one purchase; with who receives it only in the answer to who took it.
type purchaseView struct {
	Purchase  *orderhubv1.Purchase
	Waits     bool // anybody may take it
	Own       bool // the operator who looks has taken it
	Recipient bool // who receives it is here
}

func viewOfPurchase(r *request, p *orderhubv1.Purchase) *purchaseView {
	taken := p.GetStatus() == orderhubv1.PurchaseStatus_PURCHASE_STATUS_TAKEN
	return &purchaseView{
		Purchase: p, Own: taken && p.GetTakenBy() == r.session.Name,
		Waits: taken || p.GetStatus() == orderhubv1.PurchaseStatus_PURCHASE_STATUS_WAITING,
	}
}

func showPurchase(r *request) (any, error) {
	answer, err := r.purchases.GetPurchase(r.Context(), &orderhubv1.GetPurchaseRequest{Purchase: r.number})
	return viewOfPurchase(r, answer.GetPurchase()), err
}

func takePurchase(r *request) (done, error) {
	answer, err := r.purchases.TakePurchase(r.Context(), &orderhubv1.TakePurchaseRequest{Purchase: r.number})
	if err != nil {
		return done{}, err
	}
	view := viewOfPurchase(r, answer.GetPurchase())
	view.Recipient = true
	return done{file: "purchase", data: view}, nil
}

func releasePurchase(r *request) (done, error) {
	_, err := r.purchases.ReleasePurchase(r.Context(), &orderhubv1.ReleasePurchaseRequest{Purchase: r.number})
	return done{to: "/purchases", say: fmt.Sprintf("Purchase %d waits for somebody else.", r.number)}, err
}

func deliverPurchase(r *request) (done, error) {
	goods := lines(r.PostForm.Get("goods"))
	if len(goods) == 0 {
		return done{}, &fieldError{"goods", "Enter what is delivered, one line for each unit."}
	}
	answer, err := r.purchases.DeliverPurchase(
		r.Context(), &orderhubv1.DeliverPurchaseRequest{Purchase: r.number, Goods: goods},
	)
	return done{
		to:  "/purchases",
		say: fmt.Sprintf("Purchase %d: %d of %d units delivered.", r.number, len(goods), answer.GetPurchase().GetQuantity()),
	}, err
}

func refusePurchase(r *request) (done, error) {
	reason := formLine(r, "reason")
	if reason == "" {
		return done{}, &fieldError{"reason", "Say why."}
	}
	_, err := r.purchases.RefusePurchase(r.Context(), &orderhubv1.RefusePurchaseRequest{
		Purchase: r.number, Reason: reason,
	})
	return done{to: "/purchases", say: fmt.Sprintf("Purchase %d is refused.", r.number)}, err
}

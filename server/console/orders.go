package console

import (
	"net/url"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

// listSize is how many rows a list has on a page.
const listSize = 50

func ordersPage() page {
	return page{
		pattern: "/orders", file: "orders", group: "Orders", menu: "Orders",
		needs: orderhubv1.OrderService_ListOrders_FullMethodName, show: showOrders,
		acts: map[string]act{
			"recipient": {needs: orderhubv1.OrderService_FindRecipient_FullMethodName, do: findRecipient},
			"sold":      {needs: orderhubv1.OrderService_FindGoods_FullMethodName, do: findGoods},
		},
	}
}

func ordersDownload() download {
	return download{
		pattern: "/orders.csv", file: "orders.csv", needs: orderhubv1.OrderService_ListOrders_FullMethodName,
		write: func(r *request, w *fileWriter) error {
			filter, err := orderFilter(r)
			if err != nil {
				return err
			}
			return contract.WriteOrders(w, contract.Each(
				r.Context(), r.orders.ListOrders, filter, (*orderhubv1.ListOrdersResponse).GetOrders, 0,
			))
		},
	}
}

// orderList is what the page of orders shows.
type orderList struct {
	Orders     []*orderhubv1.Order
	Next       string
	LookedBack *timestamppb.Timestamp // how far a page came that may go on; nil where it is full or the last
	Filtered   bool
	Reference  *orderhubv1.Reference // what became of one that was searched for and has no order; nil for none
}

func showOrders(r *request) (any, error) {
	filter, err := orderFilter(r)
	if err != nil {
		return orderList{Filtered: true}, r.wrongFilter(err)
	}
	if err := findNumber(r); err != nil {
		return nil, err
	}
	filter.PageSize, filter.PageToken = listSize, r.URL.Query().Get("page")
	answer, err := r.orders.ListOrders(r.Context(), filter)
	if err != nil {
		return orderList{Filtered: true}, r.wrongFilter(err)
	}
	query, filtered := r.URL.Query(), false
	query.Del("page")
	for _, values := range query {
		filtered = filtered || values[0] != ""
	}
	list := orderList{
		Orders: answer.GetOrders(), Next: answer.GetNextPageToken(), LookedBack: answer.GetLookedBackToTime(),
		Filtered: filtered,
	}
	if len(list.Orders) == 0 {
		list.Reference, err = referenceOf(r, filter)
	}
	return list, err
}

// referenceOf is what became of the reference that was searched for, of the merchant named; nil where there is nothing
// to tell.
func referenceOf(r *request, filter *orderhubv1.ListOrdersRequest) (*orderhubv1.Reference, error) {
	if filter.GetMerchant() == "" || filter.GetReferenceIdPrefix() == "" || filter.GetPageToken() != "" {
		return nil, nil
	}
	answer, err := r.references.GetReference(r.Context(), &orderhubv1.GetReferenceRequest{
		Merchant: filter.GetMerchant(), ReferenceId: filter.GetReferenceIdPrefix(),
	})
	if status.Code(err) == codes.InvalidArgument { // no reference can look like this
		return nil, nil
	}
	switch found := answer.GetReference(); found.GetState() {
	case orderhubv1.ReferenceState_REFERENCE_STATE_REFUSED, orderhubv1.ReferenceState_REFERENCE_STATE_IN_FLIGHT:
		return found, err
	default:
		return nil, err
	}
}

// findNumber leads to the order whose number was searched for.
func findNumber(r *request) error {
	number := strings.TrimSpace(r.URL.Query().Get("q"))
	if number == "" || r.URL.Query().Get("page") != "" {
		return nil
	}
	_, err := r.orders.GetOrder(r.Context(), &orderhubv1.GetOrderRequest{OrderNumber: number})
	switch status.Code(err) {
	case codes.OK:
		return &moved{"/orders/" + url.PathEscape(number)}
	case codes.NotFound, codes.InvalidArgument: // no number can look like this
		return nil
	}
	return err
}

// orderFilter is what the query of a page asks for.
func orderFilter(r *request) (*orderhubv1.ListOrdersRequest, error) {
	query := r.URL.Query()
	filter := &orderhubv1.ListOrdersRequest{
		Merchant: query.Get("merchant"), Sku: query.Get("sku"), Door: query.Get("door"),
	}
	if q := strings.TrimSpace(query.Get("q")); strings.HasPrefix(q, "ord_") {
		filter.OrderNumberPrefix = q
	} else {
		filter.ReferenceIdPrefix = q
	}
	if status := query.Get("status"); status != "" {
		filter.Status = []orderhubv1.OrderStatus{contract.ValueOf[orderhubv1.OrderStatus](status)}
	}
	var err error
	filter.CreateTimeFrom, filter.CreateTimeTo, err = askedSpan(query, "from", "to")
	return filter, err
}

// askedSpan is from one moment in a query until another one, each as that of askedTime.
func askedSpan(query url.Values, from, to string) (start, end *timestamppb.Timestamp, err error) {
	if start, err = askedTime(query, from); err != nil {
		return nil, nil, err
	}
	end, err = askedTime(query, to)
	return start, end, err
}

// askedTime is a moment in a query or a form as an input of the type datetime-local writes it, in UTC; nil for none.
func askedTime(query url.Values, name string) (*timestamppb.Timestamp, error) {
	text := strings.TrimSuffix(query.Get(name), "Z")
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return timestamppb.New(t), nil
		}
	}
	return nil, &fieldError{name, "This is not a time such as 2026-11-25T08:00."}
}

// found is what was looked for by something that is no part of an address: personal, or secret.
type found struct {
	Orders     []*orderhubv1.Order
	Goods      []*orderhubv1.FoundGoods
	Held       []string // numbers of open holds
	Next       string
	LookedBack *timestamppb.Timestamp
}

// findRecipient is an act, so that who is looked for is in no address.
func findRecipient(r *request) (done, error) {
	answer, err := r.orders.FindRecipient(r.Context(), &orderhubv1.FindRecipientRequest{
		Recipient: &orderhubv1.Recipient{
			UserId: r.PostForm.Get("userId"), ServerId: r.PostForm.Get("serverId"),
			CharacterId: r.PostForm.Get("characterId"),
		},
		Merchant: r.PostForm.Get("merchant"), PageToken: r.PostForm.Get("page"), PageSize: listSize,
	})
	return done{file: "found-recipient", data: found{
		Orders: answer.GetOrders(), Next: answer.GetNextPageToken(), LookedBack: answer.GetLookedBackToTime(),
		Held: answer.GetOpenHoldNumbers(),
	}}, err
}

// findGoods is on record, with a fingerprint of what is looked for.
func findGoods(r *request) (done, error) {
	answer, err := r.orders.FindGoods(r.Context(), &orderhubv1.FindGoodsRequest{
		Content: r.PostForm.Get("content"), PageToken: r.PostForm.Get("page"),
	})
	return done{file: "found-goods", data: found{Goods: answer.GetGoods(), Next: answer.GetNextPageToken()}}, err
}

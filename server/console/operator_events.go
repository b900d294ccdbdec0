package console

import (
	"google.golang.org/protobuf/encoding/protojson"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func operatorEventsPage() page {
	return page{
		pattern: "/events", file: "operator-events", group: "Hub", menu: "Events",
		needs: orderhubv1.OperatorEventService_ListOperatorEvents_FullMethodName, show: showOperatorEvents,
	}
}

// operatorEventList is what the page of operators' events shows.
type operatorEventList struct {
	Events   []operatorEventView
	Next     string
	Filtered bool
}

// operatorEventView is an event with its details as people read them, "" for none.
type operatorEventView struct {
	*orderhubv1.OperatorEvent

	Details string
}

func showOperatorEvents(r *request) (any, error) {
	query := r.URL.Query()
	list := operatorEventList{Filtered: filtered(query, "kind", "provider", "product", "from", "to")}
	filter := &orderhubv1.ListOperatorEventsRequest{
		Kind: query.Get("kind"), Provider: query.Get("provider"), Product: query.Get("product"), PageSize: listSize,
		PageToken: query.Get("page"),
	}
	var err error
	if filter.TimeFrom, filter.TimeTo, err = askedSpan(query, "from", "to"); err != nil {
		return list, r.wrongFilter(err)
	}
	answer, err := r.events.ListOperatorEvents(r.Context(), filter)
	list.Next = answer.GetNextPageToken()
	for _, e := range answer.GetEvents() {
		view := operatorEventView{OperatorEvent: e}
		if len(e.GetData().GetFields()) > 0 {
			text, err := protojson.Marshal(e.GetData())
			if err != nil {
				return nil, err
			}
			view.Details = indented(string(text))
		}
		list.Events = append(list.Events, view)
	}
	return list, r.wrongFilter(err)
}

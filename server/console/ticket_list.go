package console

import (
	orderhubv1 "orderhub/gen/orderhub/v1"
)

// ticketList is a part of the tickets of a product's day.
type ticketList struct {
	Product, UseDate string
	Tickets          []*orderhubv1.Ticket
	Next             string // token of the next part
}

// listTickets is an act, not a page: it is on record, and the codes that it shows are in the answer to it alone.
func listTickets(r *request) (done, error) {
	list := ticketList{Product: formLine(r, "product"), UseDate: formLine(r, "useDate")}
	if list.Product == "" {
		return done{}, &fieldError{"product", "Enter the product's SKU."}
	}
	answer, err := r.tickets.ListTickets(r.Context(), &orderhubv1.ListTicketsRequest{
		Product: list.Product, UseDate: list.UseDate, PageSize: listSize, PageToken: r.PostForm.Get("page"),
	})
	list.Tickets, list.Next = answer.GetTickets(), answer.GetNextPageToken()
	return done{file: "ticket-list", data: list}, err
}

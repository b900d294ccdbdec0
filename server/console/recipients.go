package console

import (
	"strconv"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// recipientView is what a check came to. It is in the answer to the act alone: a name is personal.
type recipientView struct {
	Check *orderhubv1.RecipientCheck
	For   string // the merchant whose orders it counts for; "" for nobody's
	Back  string // the page that it was asked from, below the console
}

func (v recipientView) Exists() bool {
	return v.Check.GetResult() == orderhubv1.RecipientResult_RECIPIENT_RESULT_EXISTS
}

func (v recipientView) Missing() bool {
	return v.Check.GetResult() == orderhubv1.RecipientResult_RECIPIENT_RESULT_NOT_FOUND
}

// Later reports that it may be told in a moment.
func (v recipientView) Later() bool {
	return v.Check.GetCause() == orderhubv1.RecipientUnknownCause_RECIPIENT_UNKNOWN_CAUSE_UNAVAILABLE
}

func checkRecipient(r *request, asked *orderhubv1.CheckRecipientRequest, back string) (done, error) {
	answer, err := r.recipients.CheckRecipient(r.Context(), asked)
	return done{file: "recipient", data: recipientView{answer.GetCheck(), asked.GetMerchant(), back}}, err
}

// checkForProduct checks whom the form names.
func checkForProduct(r *request) (done, error) {
	fields, err := readPairs(r, "fields")
	if err != nil {
		return done{}, err
	}
	sku := r.PathValue("product")
	return checkRecipient(r, &orderhubv1.CheckRecipientRequest{
		Sku: sku, Merchant: formLine(r, "merchant"), Fields: fields, Recipient: &orderhubv1.Recipient{
			UserId: formLine(r, "userId"), ServerId: formLine(r, "serverId"), CharacterId: formLine(r, "characterId"),
		},
	}, productPath(sku))
}

// checkForOrder checks who receives a line of an order.
func checkForOrder(r *request) (done, error) {
	number := r.PathValue("number")
	found, err := r.orders.GetOrder(r.Context(), &orderhubv1.GetOrderRequest{OrderNumber: number})
	if err != nil {
		return done{}, err
	}
	o := found.GetOrder()
	position, err := strconv.Atoi(r.PostForm.Get("line"))
	if err != nil || position < 1 || position > len(o.GetLines()) {
		return done{}, &fieldError{"line", "This is no line of the order."}
	}
	line := o.GetLines()[position-1]
	return checkRecipient(r, &orderhubv1.CheckRecipientRequest{
		Sku: line.GetSku(), Merchant: o.GetMerchant(), Recipient: o.GetRecipient(), Fields: line.GetFields(),
	}, "/orders/"+number)
}

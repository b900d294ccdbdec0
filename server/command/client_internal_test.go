package command

import (
	"bytes"
	"context"
	"strconv"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

// shelf lists so many keys, in pages as the API does.
type shelf int

func (n shelf) list(
	_ context.Context, r *orderhubv1.ListKeysRequest, _ ...grpc.CallOption,
) (*orderhubv1.ListKeysResponse, error) {
	first, _ := strconv.Atoi(r.GetPageToken())
	last := min(first+int(r.GetPageSize()), int(n))
	page := &orderhubv1.ListKeysResponse{Keys: make([]*orderhubv1.ApiKey, last-first)}
	if last < int(n) {
		page.NextPageToken = strconv.Itoa(last)
	}
	return page, nil
}

func TestReadPages(t *testing.T) {
	for _, test := range []struct{ all, limit, want int }{
		{0, 0, 0},
		{1, 0, 1},
		{1000, 0, 1000},
		{2500, 0, 2500},
		{2500, 1, 1},
		{2500, 1000, 1000},
		{2500, 1700, 1700},
		{3, 50, 3},
	} {
		var said bytes.Buffer
		found, err := collect(&Streams{Err: &said}, contract.Each(
			t.Context(), shelf(test.all).list, &orderhubv1.ListKeysRequest{}, (*orderhubv1.ListKeysResponse).GetKeys, test.limit,
		))
		if err != nil || len(found) != test.want {
			t.Errorf("%d of %d: %d, %v", test.limit, test.all, len(found), err)
		}
		if more := said.Len() > 0; more != (test.want < test.all) {
			t.Errorf("%d of %d: %q", test.limit, test.all, said.String())
		}
	}
}

func TestWords(t *testing.T) {
	for _, status := range []string{"pending", "delivered", "failed", "superseded"} {
		if got := word(valueOf[orderhubv1.WebhookDeliveryStatus](status)); got != status {
			t.Errorf("%s is %s", status, got)
		}
	}
	if got := valueOf[orderhubv1.AttemptAction]("guess"); got != 0 {
		t.Errorf("a word for nothing is %v", got)
	}
}

func TestInFlags(t *testing.T) {
	for _, test := range []struct{ field, description, want string }{
		{"rateLimit.burst", "must be 0", "--burst must be 0"},
		{"ipAllowlist[3]", "must be an IP address", "--allow must be an IP address"},
		{"credentials.key", "must be short", "--credentials must be short"},
		{`credentials["a.b"]`, "must be short", "--credentials must be short"},
		{"endTime", "must be after startTime", "--to must be after --from"},
		{"currency", "currency is required", "--currency is required"},
		{"amount", "must be an amount of the currency", "amount must be an amount of the currency"},
	} {
		got := inFlags(&errdetails.BadRequest_FieldViolation{Field: test.field, Description: test.description})
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.field, got, test.want)
		}
	}
}

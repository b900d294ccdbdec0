package api_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/export"
	"orderhub/server/operator"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// statement has a whole document sent.
func (h *services) statement(ctx context.Context, r *orderhubv1.GetStatementRequest) (whole document, err error) {
	stream, err := h.account().GetStatement(ctx, r)
	for err == nil {
		var message *orderhubv1.GetStatementResponse
		if message, err = stream.Recv(); err == nil {
			whole.text += string(message.GetData())
			whole.contentType = message.GetContentType()
			whole.messages++
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return whole, err
}

// document is a statement put together, and of how many messages.
type document struct {
	text, contentType string
	messages          int
}

// A merchant has the statement of its own wallet, an operator that of any, of a span and however long it is.
func TestStatements(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		store := open()
		h := startHubOn(t, store, func(o *api.Options) {
			o.Exports = export.NewService(store.Exports, time.Now).Aged(-time.Minute)
		})
		deposit := account.Deposit{
			MerchantID: h.shop.ID, Amount: storetest.Baht(2), Currency: storetest.THB, Description: "<b>cash</b>",
		}
		for range 300 {
			_, _, err := h.Accounts.Deposit(t.Context(), deposit)
			require.NoError(t, err)
		}
		viewer := h.asOperator("vera", operator.Viewer)
		page, err := h.statement(h.asShop(), &orderhubv1.GetStatementRequest{})
		require.NoError(t, err)
		require.Equal(t, "text/html; charset=utf-8", page.contentType)
		require.Greater(t, page.messages, 1)
		require.Equal(t, 300, strings.Count(page.text, "&lt;b&gt;cash&lt;/b&gt;"))
		require.Contains(t, page.text, `At last</td><td class="amount">1600.00</td>`)
		require.True(t, strings.HasSuffix(page.text, "</html>\n"))
		for name, ctx := range map[string]context.Context{"shop": h.asShop(), "viewer": viewer, "admin": h.asAdmin()} {
			plain, err := h.statement(ctx, &orderhubv1.GetStatementRequest{Merchant: "shop", Format: "text"})
			require.NoError(t, err, name)
			require.Equal(t, "text/plain; charset=utf-8", plain.contentType)
			require.Regexp(t, `(?m)^deposit +301 +1600\.00$`, plain.text)
		}

		moved, err := h.Accounts.ListTransfers(t.Context(), h.shop.ID, account.TransferFilter{Limit: 150})
		require.NoError(t, err)
		from := &orderhubv1.GetStatementRequest{CreateTimeFrom: timestamppb.New(moved[149].CreatedAt), Format: "text"}
		since, err := h.statement(h.asShop(), from)
		require.NoError(t, err)
		require.Regexp(t, `(?s)at first +1300\.00\n.*at last +1600\.00\n.*deposit +150 +300\.00`, since.text)
		to := &orderhubv1.GetStatementRequest{CreateTimeTo: from.GetCreateTimeFrom(), Format: "text"}
		until, err := h.statement(h.asShop(), to)
		require.NoError(t, err)
		require.Regexp(t, `(?s)at first +0\.00\n.*at last +1300\.00\n.*deposit +151 +1300\.00`, until.text)
	})
}

func TestRefusedStatements(t *testing.T) {
	h := startHub(t, nil)
	now := timestamppb.Now()
	for field, r := range map[string]*orderhubv1.GetStatementRequest{
		"createTimeTo":   {CreateTimeTo: now},
		"createTimeFrom": {CreateTimeFrom: now},
		"format":         {Format: "pdf"},
	} {
		_, err := h.statement(h.asShop(), r)
		p := refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
		require.Contains(t, p.Violations, field)
	}
	_, err := h.statement(h.asShop(), &orderhubv1.GetStatementRequest{Merchant: "other"})
	refused(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
	_, err = h.statement(h.asAdmin(), &orderhubv1.GetStatementRequest{})
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	_, err = h.statement(h.asAdmin(), &orderhubv1.GetStatementRequest{Merchant: "operator"})
	refused(t, err, codes.FailedPrecondition, "NO_WALLET")
	orders := withKey(t, h.issueKey(h.shop.ID, account.ScopeOrders))
	_, err = h.statement(orders, &orderhubv1.GetStatementRequest{})
	refused(t, err, codes.PermissionDenied, "SCOPE_MISSING")
}

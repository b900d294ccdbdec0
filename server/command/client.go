package command

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os/user"
	"time"

	"github.com/fullstorydev/grpchan"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/app"
	"orderhub/server/audit"
	"orderhub/server/contract"
	"orderhub/server/ident"
	"orderhub/server/store/stores"
)

// client calls the hub's API, within this process as the operator of this machine, or
// elsewhere as whose key it is. Its errors are in the words of the command line.
type client struct {
	orders   orderhubv1.OrderServiceClient
	catalog  orderhubv1.CatalogServiceClient
	admin    orderhubv1.AdminServiceClient
	webhooks orderhubv1.WebhookServiceClient
	accounts orderhubv1.AccountServiceClient

	operators orderhubv1.OperatorServiceClient
	approvals orderhubv1.ApprovalServiceClient
	reports   orderhubv1.ReportServiceClient
	events    orderhubv1.OperatorEventServiceClient
	exchange  orderhubv1.ExchangeServiceClient
	purchases orderhubv1.PurchaseServiceClient
	claims    orderhubv1.ClaimServiceClient
	tickets   orderhubv1.RedemptionServiceClient
	supply    orderhubv1.SupplyServiceClient
	funds     orderhubv1.FundsServiceClient
	prices    orderhubv1.PriceServiceClient
	pager     orderhubv1.OperatorWebhookServiceClient

	references orderhubv1.ReferenceServiceClient
	holds      orderhubv1.HoldServiceClient
	batches    orderhubv1.BatchServiceClient
	recipients orderhubv1.RecipientServiceClient
	exports    orderhubv1.ExportServiceClient

	reconciliations orderhubv1.ReconciliationServiceClient
}

// access is what a command needs of the API.
type access struct {
	key        keyUse
	operator   string // who does it, where another one is named than the user of this machine
	allowLocal bool   // plain http and local addresses
}

// withAPI gives work the API of the database, beside a hub that may be running.
func (f *databaseFlags) withAPI(ctx context.Context, std *Streams, a access, work func(*client) error) (err error) {
	cfg := f.config(a.key)
	cfg.AllowLocalTargets = a.allowLocal
	beside, err := app.OpenBeside(ctx, cfg, cmp.Or(a.operator, localUser()), newLogger(std.Err, slog.LevelWarn))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, beside.Close()) }()
	inOneAct := grpchan.InterceptClientConnUnary(beside, oneAct())
	return useAPI(grpchan.InterceptClientConnUnary(inOneAct, inWords), std, work)
}

// useAPI has a command work with the API, and says so where its list goes on beyond --limit.
func useAPI(conn grpc.ClientConnInterface, std *Streams, work func(*client) error) error {
	more := false
	err := work(newClient(grpchan.InterceptClientConnUnary(conn, func(
		ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker,
		opts ...grpc.CallOption,
	) error {
		err := invoke(ctx, method, req, reply, cc, opts...)
		asked, isList := req.(interface{ GetPageSize() int32 })
		page, hasNext := reply.(interface{ GetNextPageToken() string })
		if err == nil && isList && hasNext { // who reads on, or reads all, asks for whole pages before the last
			more = asked.GetPageSize() < contract.LargestPage && page.GetNextPageToken() != ""
		}
		return err
	})))
	if err != nil || !more {
		return err
	}
	_, err = fmt.Fprintln(std.Err, "There are more; --limit says how many are shown.")
	return err
}

// oneAct has all calls that change something for one command be one act of the record, and one request of the log.
func oneAct() grpc.UnaryClientInterceptor {
	id := newAct()
	return func(
		ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker,
		opts ...grpc.CallOption,
	) error {
		return invoke(metadata.AppendToOutgoingContext(ctx, "x-request-id", id), method, req, reply, cc, opts...)
	}
}

// newAct is an id for what a command does.
func newAct() string { return ident.New(time.Now, rand.Reader).RequestID() }

func newClient(conn grpc.ClientConnInterface) *client {
	return &client{
		orderhubv1.NewOrderServiceClient(conn), orderhubv1.NewCatalogServiceClient(conn),
		orderhubv1.NewAdminServiceClient(conn), orderhubv1.NewWebhookServiceClient(conn),
		orderhubv1.NewAccountServiceClient(conn), orderhubv1.NewOperatorServiceClient(conn),
		orderhubv1.NewApprovalServiceClient(conn), orderhubv1.NewReportServiceClient(conn),
		orderhubv1.NewOperatorEventServiceClient(conn), orderhubv1.NewExchangeServiceClient(conn),
		orderhubv1.NewPurchaseServiceClient(conn),
		orderhubv1.NewClaimServiceClient(conn),
		orderhubv1.NewRedemptionServiceClient(conn),
		orderhubv1.NewSupplyServiceClient(conn),
		orderhubv1.NewFundsServiceClient(conn),
		orderhubv1.NewPriceServiceClient(conn),
		orderhubv1.NewOperatorWebhookServiceClient(conn),
		orderhubv1.NewReferenceServiceClient(conn),
		orderhubv1.NewHoldServiceClient(conn),
		orderhubv1.NewBatchServiceClient(conn),
		orderhubv1.NewRecipientServiceClient(conn),
		orderhubv1.NewExportServiceClient(conn),
		orderhubv1.NewReconciliationServiceClient(conn),
	}
}

// localUser is who is recorded to do what a command does.
func localUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// record writes an act of the user of this machine that is no change of single rows, with JSON of what was asked for.
func record(ctx context.Context, s *stores.All, name string, target audit.Target, asked map[string]any) error {
	text, err := json.Marshal(asked)
	if err != nil {
		return err
	}
	return s.Records.Record(ctx, localAct(name, target, string(text)))
}

func localAct(name string, target audit.Target, request string) *audit.Act {
	return audit.New(audit.Entry{
		Actor: audit.Actor{Kind: audit.KindLocal, Name: localUser()}, Address: audit.Local, Via: "command",
		Method: name, Target: target, Request: request, RequestID: newAct(),
	})
}

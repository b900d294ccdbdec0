package gateway

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/contract"
)

// parseStrictly has the runtime parse queries so. What looks like an option of one mux is a variable of the package,
// which must not be set while another hub of the process serves.
var parseStrictly = sync.OnceFunc(func() { runtime.NewServeMux(runtime.SetQueryParameterParser(&strictQuery{})) })

// newHub is the contract as REST. Calls go through a client, never straight to
// a server: only so do they pass the interceptors.
func (g *gateway) newHub(conn grpc.ClientConnInterface) http.Handler {
	parseStrictly()
	inJSON := &strictJSON{JSONPb: runtime.JSONPb{MarshalOptions: protojson.MarshalOptions{EmitUnpopulated: true}}}
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, inJSON),
		runtime.WithMarshalerOption(csvFile, exportedFile(inJSON, csvFile, contract.ExportedCSV)),
		runtime.WithMarshalerOption(lineFile, exportedFile(inJSON, lineFile, contract.ExportedLines)),
		runtime.WithMarshalerOption(pageFile, streamedFile[*orderhubv1.GetStatementResponse]{
			inJSON, (*orderhubv1.GetStatementResponse).GetContentType, contract.StatementPart,
		}),
		runtime.WithMarshalerOption(eventStream, serverSentEvents{inJSON}),
		runtime.WithForwardResponseOption(keepOpen),
		runtime.WithIncomingHeaderMatcher(forwarded),
		runtime.WithOutgoingHeaderMatcher(noHeader),
		runtime.WithOutgoingTrailerMatcher(noHeader),
		runtime.WithErrorHandler(g.explain),
		runtime.WithRoutingErrorHandler(g.explainRoute),
		runtime.WithStreamErrorHandler(g.explainStream),
		// A colon may come as %3A.
		runtime.WithUnescapingMode(runtime.UnescapingModeAllCharacters),
		// A form is not a GET, and a POST is not any other verb.
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithWriteContentLength(),
	)
	ctx := context.Background()
	conn = impliedMasks{conn}
	for _, err := range []error{
		orderhubv1.RegisterOrderServiceHandlerClient(ctx, mux, orderhubv1.NewOrderServiceClient(conn)),
		orderhubv1.RegisterBatchServiceHandlerClient(ctx, mux, orderhubv1.NewBatchServiceClient(conn)),
		orderhubv1.RegisterExportServiceHandlerClient(ctx, mux, orderhubv1.NewExportServiceClient(conn)),
		orderhubv1.RegisterReferenceServiceHandlerClient(ctx, mux, orderhubv1.NewReferenceServiceClient(conn)),
		orderhubv1.RegisterCatalogServiceHandlerClient(ctx, mux, orderhubv1.NewCatalogServiceClient(conn)),
		orderhubv1.RegisterAccountServiceHandlerClient(ctx, mux, orderhubv1.NewAccountServiceClient(conn)),
		orderhubv1.RegisterKeyServiceHandlerClient(ctx, mux, orderhubv1.NewKeyServiceClient(conn)),
		orderhubv1.RegisterWebhookServiceHandlerClient(ctx, mux, orderhubv1.NewWebhookServiceClient(conn)),
		orderhubv1.RegisterAdminServiceHandlerClient(ctx, mux, orderhubv1.NewAdminServiceClient(conn)),
		orderhubv1.RegisterOperatorServiceHandlerClient(ctx, mux, orderhubv1.NewOperatorServiceClient(conn)),
		orderhubv1.RegisterReportServiceHandlerClient(ctx, mux, orderhubv1.NewReportServiceClient(conn)),
		orderhubv1.RegisterReconciliationServiceHandlerClient(
			ctx, mux, orderhubv1.NewReconciliationServiceClient(conn),
		),
		orderhubv1.RegisterSupplyServiceHandlerClient(ctx, mux, orderhubv1.NewSupplyServiceClient(conn)),
		orderhubv1.RegisterFundsServiceHandlerClient(ctx, mux, orderhubv1.NewFundsServiceClient(conn)),
		orderhubv1.RegisterOperatorEventServiceHandlerClient(ctx, mux, orderhubv1.NewOperatorEventServiceClient(conn)),
		orderhubv1.RegisterOperatorWebhookServiceHandlerClient(
			ctx, mux, orderhubv1.NewOperatorWebhookServiceClient(conn),
		),
		orderhubv1.RegisterPriceServiceHandlerClient(ctx, mux, orderhubv1.NewPriceServiceClient(conn)),
		orderhubv1.RegisterExchangeServiceHandlerClient(ctx, mux, orderhubv1.NewExchangeServiceClient(conn)),
		orderhubv1.RegisterRecipientServiceHandlerClient(ctx, mux, orderhubv1.NewRecipientServiceClient(conn)),
		orderhubv1.RegisterPurchaseServiceHandlerClient(ctx, mux, orderhubv1.NewPurchaseServiceClient(conn)),
		orderhubv1.RegisterApprovalServiceHandlerClient(ctx, mux, orderhubv1.NewApprovalServiceClient(conn)),
		orderhubv1.RegisterHoldServiceHandlerClient(ctx, mux, orderhubv1.NewHoldServiceClient(conn)),
		orderhubv1.RegisterClaimServiceHandlerClient(ctx, mux, orderhubv1.NewClaimServiceClient(conn)),
		orderhubv1.RegisterRedemptionServiceHandlerClient(ctx, mux, orderhubv1.NewRedemptionServiceClient(conn)),
	} {
		if err != nil {
			panic("gateway: the contract's routes: " + err.Error())
		}
	}
	return mux
}

// forwarded names the headers that go on to the call as metadata. What tells
// who is calling from where is none of them.
func forwarded(header string) (string, bool) {
	switch key := strings.ToLower(header); key {
	case "x-api-key", "x-request-id", api.TicketHeader, "traceparent", "tracestate":
		return key, true
	default: // the runtime forwards authorization by itself
		return "", false
	}
}

// untab makes tabs in Authorization the blanks that they are to doors: the runtime drops values that have any.
func untab(r *http.Request) {
	values := r.Header.Values("Authorization")
	for i := range values {
		values[i] = strings.ReplaceAll(values[i], "\t", " ")
	}
}

// noHeader keeps the call's own headers back; the request id is set already.
func noHeader(string) (string, bool) { return "", false }

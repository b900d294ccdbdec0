// The hub's own contract. It is served as gRPC and, through the gateway, as
// REST under /hub/v1. In JSON the names below are in lowerCamelCase
// (reference_id is referenceId), 64-bit integers are strings, enum values are
// their full names, and timestamps are RFC 3339 in UTC.
//
// # Who calls
//
// Every call carries an API key: `x-api-key: <key>` or
// `authorization: Bearer <key>`, as gRPC metadata or as an HTTP header. A
// merchant's key acts for that merchant and sees nothing of any other. An
// operator's key may read what belongs to any merchant, and change what its
// operator has the roles for; a key of admin scope has them all. Neither has a
// wallet or places orders.
//
// # Conventions
//
// Amounts are decimal strings, never numbers, with an ISO 4217 code beside
// them. The hub writes an amount with at least as many decimals as its currency
// has ("100.00" THB, "2222" KRW) and with more, up to six, only where the value
// needs them. A negative amount starts with "-".
//
// Fields marked OUTPUT_ONLY are set by the hub and ignored in requests, so that
// an answer may be edited and sent back. Text that has no value is the empty
// string; a message or timestamp that has no value is absent, in JSON null.
//
// Lists come in pages: `page_size` is the most entries wanted (0 means 50, at
// most 1000) and `page_token` is the `next_page_token` of the page before, sent
// with unchanged filters. An empty `next_page_token` says that there is no
// further page. Entries created while paging do not shift the later pages.
//
// # Errors
//
// An error has a gRPC code and a google.rpc.ErrorInfo whose domain is
// "orderhub" and whose reason is one of the following. Clients branch on the
// reason, never on the message. Field violations are in a
// google.rpc.BadRequest; a field is named by its path as the caller wrote it in
// JSON, such as `lines[0].quantity`. In REST the HTTP status follows from the
// code and the body is
// {"code": "NOT_FOUND", "reason": "ORDER_NOT_FOUND", "message": "…",
// "violations": [{"field": "…", "message": "…"}], "requestId": "…"}
// with "metadata": {…} where the reason has some. The request id is the one sent
// as `x-request-id`, else one the hub makes up; every answer has it in a header
// of that name.
//
// INVALID_ARGUMENT (HTTP 400):
//
//   - VALIDATION_FAILED: a field breaks its rule, or is none of the contract's;
//     violations name each of them. There are none when the body as a whole
//     cannot be read.
//   - REQUEST_TOO_LARGE (HTTP 413, REST only): the body is over 4 MiB.
//   - FIELD_INVALID: a line's `fields` lack a value the product requires, or a
//     value does not fit; violations name them.
//   - QUANTITY_NOT_ALLOWED: a quantity is outside the product's own bounds;
//     violations name the lines.
//   - TOO_MANY_UNITS: the lines ask for more units of stock and tickets than one
//     order may have; metadata `max_units`.
//   - ORDER_TOTAL_TOO_LARGE: the order costs more than one order may; metadata
//     `max_total_amount` and `currency`.
//   - CURRENCY_MISMATCH: an amount or a product is in another currency than the
//     wallet.
//   - COUPON_INVALID: the coupon cannot be used. Metadata `cause` is `unknown`,
//     `not_started`, `expired`, `used_up`, `minimum` (the lines in its scope are
//     worth too little) or `scope` (no line is in its scope, or it is in another
//     currency).
//
// NOT_FOUND (404), for what does not exist and for what is another merchant's:
//
//   - ORDER_NOT_FOUND, PRODUCT_NOT_FOUND, CATEGORY_NOT_FOUND, COUPON_NOT_FOUND,
//     LISTING_NOT_FOUND, MERCHANT_NOT_FOUND, KEY_NOT_FOUND, PROVIDER_NOT_FOUND,
//     OFFER_NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND, WEBHOOK_DELIVERY_NOT_FOUND.
//     When an order names an unknown product, violations name the lines.
//   - ROUTE_NOT_FOUND (REST only): no such path.
//
// ALREADY_EXISTS (409):
//
//   - DUPLICATE_REFERENCE: the reference belongs to an order, a deposit or an
//     adjustment that differs from this one. Metadata `order_number` names the order.
//   - ALREADY_EXISTS: another resource has the unique name; metadata `resource`
//     says of what kind.
//
// FAILED_PRECONDITION (400); nothing was created or charged:
//
//   - PRODUCT_NOT_AVAILABLE: a product is archived or cannot be supplied now;
//     metadata `lines` lists the positions, from 1, separated by commas.
//   - OUT_OF_STOCK: a product has too few units; metadata `lines` as above.
//   - DATE_NOT_AVAILABLE: a dated product is not sold on the date of use (a date
//     that is sold out is OUT_OF_STOCK); metadata `lines` as above.
//   - RECIPIENT_UNCHECKED: a product wants its recipient checked (CheckRecipient)
//     and the merchant has no such check, or none that is recent enough; metadata
//     `lines` as above.
//   - RECIPIENT_NOT_FOUND: the check said that there is no such recipient;
//     metadata `lines` as above.
//   - INSUFFICIENT_BALANCE: balance and credit limit do not cover the total;
//     metadata `missing_amount` and `currency`.
//   - PRICE_CHANGED: the total differs from `expected_total_amount`; metadata
//     `total_amount` and `currency`.
//   - NOT_CANCELLABLE: nothing of what was named can be cancelled (any more).
//   - ORDER_NOT_FINAL: the order cannot be erased yet.
//   - ENDPOINT_NOT_ACTIVE: the webhook endpoint is gone or not active.
//   - NO_WALLET: the merchant named is an operator, who has none.
//   - POSITION_OF_ANOTHER_LOG: the position in the log of all merchants is of a
//     log that this database was restored or copied from; or a merchant's log,
//     restored, ends before the sequence. Metadata `after_sequence` is its end.
//   - POSITION_NO_LONGER_KEPT: what came next in the log, or belongs to the span
//     of a replay, was removed. Metadata `after_sequence`, or `after_position`
//     with the log of all merchants, is after what to go on.
//
// When lines of an order are refused for different reasons, the reason is that
// of the first such line; violations name every one of them.
//
// Others:
//
//   - UNAUTHENTICATED (code UNAUTHENTICATED, 401): no key, or not a valid one.
//   - PERMISSION_DENIED (code PERMISSION_DENIED, 403): the key's scope does not
//     reach this call. An operator's key does not place or price orders.
//   - MERCHANT_SUSPENDED (code PERMISSION_DENIED, 403): the merchant is
//     suspended.
//   - ADDRESS_NOT_ALLOWED (code PERMISSION_DENIED, 403): the caller's address is
//     not on the merchant's allowlist.
//   - RATE_LIMITED (code RESOURCE_EXHAUSTED, 429): too many calls; wait as the
//     google.rpc.RetryInfo (in REST the Retry-After header) says.
//   - STALE_VERSION (code ABORTED, 409): the resource changed since it was read.
//     Read it again.
//   - OVERLOADED (code UNAVAILABLE, 503): the hub sheds load. Repeat with a
//     growing delay.
//   - UNAVAILABLE (code UNAVAILABLE, 503): something the hub needs is down.
//     Repeat.
//   - DEADLINE_EXCEEDED (code DEADLINE_EXCEEDED, 504), CANCELLED (code
//     CANCELLED, 499): the caller's time was over, or it went away. Whether the
//     call had its effect is unknown; repeating CreateOrder is safe.
//   - METHOD_NOT_ALLOWED (HTTP 405, REST only): the path exists, not with this
//     verb.
//   - READING_TOO_SLOWLY (code ABORTED): a stream was not read. Resume it after
//     the last event seen.
//   - NOT_IMPLEMENTED (code UNIMPLEMENTED, 501): there is no such method.
//   - INTERNAL (code INTERNAL, 500): a fault of the hub; its log has the cause
//     under the request id.

// Code generated by protoc-gen-go-grpc. DO NOT EDIT.
// versions:
// - protoc-gen-go-grpc v1.6.2
// - protoc             (unknown)
// source: orderhub/v1/order_service.proto

package orderhubv1

import (
	context "context"
	grpc "google.golang.org/grpc"
	codes "google.golang.org/grpc/codes"
	status "google.golang.org/grpc/status"
)

// This is a compile-time assertion to ensure that this generated file
// is compatible with the grpc package it is being compiled against.
// Requires gRPC-Go v1.64.0 or later.
const _ = grpc.SupportPackageIsVersion9

const (
	OrderService_CreateOrder_FullMethodName         = "/orderhub.v1.OrderService/CreateOrder"
	OrderService_GetOrder_FullMethodName            = "/orderhub.v1.OrderService/GetOrder"
	OrderService_GetOrderByReference_FullMethodName = "/orderhub.v1.OrderService/GetOrderByReference"
	OrderService_ListOrders_FullMethodName          = "/orderhub.v1.OrderService/ListOrders"
	OrderService_FindRecipient_FullMethodName       = "/orderhub.v1.OrderService/FindRecipient"
	OrderService_FindGoods_FullMethodName           = "/orderhub.v1.OrderService/FindGoods"
	OrderService_CancelOrder_FullMethodName         = "/orderhub.v1.OrderService/CancelOrder"
	OrderService_EraseOrder_FullMethodName          = "/orderhub.v1.OrderService/EraseOrder"
	OrderService_EraseRecipient_FullMethodName      = "/orderhub.v1.OrderService/EraseRecipient"
	OrderService_QuoteOrder_FullMethodName          = "/orderhub.v1.OrderService/QuoteOrder"
	OrderService_ListOrderEvents_FullMethodName     = "/orderhub.v1.OrderService/ListOrderEvents"
	OrderService_ExplainOrder_FullMethodName        = "/orderhub.v1.OrderService/ExplainOrder"
	OrderService_ListEvents_FullMethodName          = "/orderhub.v1.OrderService/ListEvents"
	OrderService_WatchOrders_FullMethodName         = "/orderhub.v1.OrderService/WatchOrders"
	OrderService_CreateWatchTicket_FullMethodName   = "/orderhub.v1.OrderService/CreateWatchTicket"
)

// OrderServiceClient is the client API for OrderService service.
//
// For semantics around ctx use and closing/ending streaming RPCs, please refer to https://pkg.go.dev/google.golang.org/grpc/?tab=doc#ClientConn.NewStream.
//
// OrderService takes orders and tells what became of them.
type OrderServiceClient interface {
	// CreateOrder prices the order, charges the merchant's wallet and starts
	// delivery, all or nothing: a refused order leaves no trace and does not use
	// up its reference. An order of goods that are all in stock is completed, and
	// has its goods, in the answer.
	//
	// Safe to repeat: the reference is unique per merchant for ever. The same
	// order under the same reference is answered with the existing order in its
	// current state; a different one with DUPLICATE_REFERENCE.
	CreateOrder(ctx context.Context, in *CreateOrderRequest, opts ...grpc.CallOption) (*CreateOrderResponse, error)
	// GetOrder returns one order by the hub's number for it, with its goods.
	GetOrder(ctx context.Context, in *GetOrderRequest, opts ...grpc.CallOption) (*GetOrderResponse, error)
	// GetOrderByReference returns one order by the merchant's own reference, with
	// its goods.
	GetOrderByReference(ctx context.Context, in *GetOrderByReferenceRequest, opts ...grpc.CallOption) (*GetOrderByReferenceResponse, error)
	// ListOrders returns orders, newest first. Filters combine with AND. The
	// orders have their lines but no goods: read one order to see its goods.
	//
	// A number, a reference and what is not final are found at once, however many
	// orders there are. Other filters are looked for order by order, among at most
	// 20,000 for each page, and a page may then have fewer orders than wanted, or
	// none: go on with `next_page_token`. `looked_back_to_time` says how far it came.
	ListOrders(ctx context.Context, in *ListOrdersRequest, opts ...grpc.CallOption) (*ListOrdersResponse, error)
	// FindRecipient returns the orders of a recipient as ListOrders does. What a
	// recipient is named by is personal, and no part of an address: hence a body.
	// It is encrypted too, so each page opens at most 5,000 orders and may have
	// fewer than wanted, or none: go on with `next_page_token`.
	FindRecipient(ctx context.Context, in *FindRecipientRequest, opts ...grpc.CallOption) (*FindRecipientResponse, error)
	// FindGoods tells where something is or went that is sold: a code that somebody
	// complains about, for instance. What came into stock from a file is found at
	// once, on the first page; goods of providers are opened one by one, the newest
	// first, so many for each page: go on with `next_page_token`. Operators
	// with the role support; it is recorded, the content only as a fingerprint.
	FindGoods(ctx context.Context, in *FindGoodsRequest, opts ...grpc.CallOption) (*FindGoodsResponse, error)
	// CancelOrder cancels what can still be cancelled of an order, or of the lines
	// and tickets named, and gives back the price paid for exactly that. Delivered
	// goods can be cancelled only where the product allows it (tickets that are
	// not used). When a provider has to agree first, the answer may still show the
	// units as they were; the order's events tell the outcome.
	//
	// Lines that are just being handed to a provider are waited for, up to three
	// seconds. UNAVAILABLE, with their positions as "lines", when some still are:
	// those are not cancelled and what else was named is; repeat the call. Without
	// an error each line's status says for good what became of it.
	//
	// Safe to repeat: units that are cancelled already are left as they are.
	// NOT_CANCELLABLE when nothing that was named is or can be cancelled.
	CancelOrder(ctx context.Context, in *CancelOrderRequest, opts ...grpc.CallOption) (*CancelOrderResponse, error)
	// EraseOrder erases for good what the order, its events, webhooks and attempts
	// keep of the customer: the recipient, fields of lines, metadata, the address to
	// notify, what a door kept, bodies of webhooks, beginnings of answers, messages
	// of failures, reasons. Money, counts, SKUs, references, states and times stay,
	// and so do delivered goods unless they quote the recipient or are named too.
	// The merchant's log tells of it with "order.erased". The same order under the
	// same reference is answered with the erased order.
	//
	// ORDER_NOT_FINAL while the order is not completed, failed or cancelled, or a
	// provider still owes an answer. Webhooks that wait are told without the
	// customer; those to the order's own address are given up. Safe to repeat: it
	// erases what came since.
	EraseOrder(ctx context.Context, in *EraseOrderRequest, opts ...grpc.CallOption) (*EraseOrderResponse, error)
	// EraseRecipient erases all orders of a recipient, as EraseOrder does, among a
	// part of all orders; the rest by further calls with `next_page_token`. What a
	// recipient is named by is encrypted, so every order is read for it. Orders that
	// are not final are counted: come back for them. Operators only.
	EraseRecipient(ctx context.Context, in *EraseRecipientRequest, opts ...grpc.CallOption) (*EraseRecipientResponse, error)
	// QuoteOrder prices lines as CreateOrder would at this moment, and tells
	// whether stock and balance suffice. It reserves and stores nothing. A line
	// that could not be ordered does not make the call fail: it says why itself.
	// A coupon that cannot be used is refused with COUPON_INVALID.
	QuoteOrder(ctx context.Context, in *QuoteOrderRequest, opts ...grpc.CallOption) (*QuoteOrderResponse, error)
	// ListOrderEvents returns what happened to one order, oldest first.
	ListOrderEvents(ctx context.Context, in *ListOrderEventsRequest, opts ...grpc.CallOption) (*ListOrderEventsResponse, error)
	// ExplainOrder tells an order's whole story for a person: what was asked,
	// charged, tried where with what outcome, delivered, given back, and what
	// happens next and when. A merchant is not told of providers.
	ExplainOrder(ctx context.Context, in *ExplainOrderRequest, opts ...grpc.CallOption) (*ExplainOrderResponse, error)
	// ListEvents returns the log of what happened from some place on, oldest first:
	// a feed to be asked again and again. No event is skipped and none comes out of
	// order, whatever is written meanwhile.
	ListEvents(ctx context.Context, in *ListEventsRequest, opts ...grpc.CallOption) (*ListEventsResponse, error)
	// WatchOrders streams the log: first the events after `after_sequence` that
	// exist already, then new ones as they happen. The stream stays open until the
	// caller ends it, the hub shuts down (UNAVAILABLE) or the caller reads too
	// slowly (ABORTED, reason READING_TOO_SLOWLY); resume from the last event seen.
	// No event is skipped; none is sent twice in one stream. In REST each message
	// is one line of JSON, {"result": {"event": {…}}}; with the header
	// `Accept: text/event-stream` it is a server-sent event whose id may come back
	// as `Last-Event-ID`.
	WatchOrders(ctx context.Context, in *WatchOrdersRequest, opts ...grpc.CallOption) (grpc.ServerStreamingClient[WatchOrdersResponse], error)
	// CreateWatchTicket makes a ticket with which a browser, which can send no key,
	// opens the caller's stream of WatchOrders: as `ticket` in the query of
	// GET /hub/v1/orders:watch, within a minute. It opens nothing else. The stream
	// goes on after that, and ends when the key that asked for it is revoked or its
	// merchant suspended.
	CreateWatchTicket(ctx context.Context, in *CreateWatchTicketRequest, opts ...grpc.CallOption) (*CreateWatchTicketResponse, error)
}

type orderServiceClient struct {
	cc grpc.ClientConnInterface
}

func NewOrderServiceClient(cc grpc.ClientConnInterface) OrderServiceClient {
	return &orderServiceClient{cc}
}

func (c *orderServiceClient) CreateOrder(ctx context.Context, in *CreateOrderRequest, opts ...grpc.CallOption) (*CreateOrderResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(CreateOrderResponse)
	err := c.cc.Invoke(ctx, OrderService_CreateOrder_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *orderServiceClient) GetOrder(ctx context.Context, in *GetOrderRequest, opts ...grpc.CallOption) (*GetOrderResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(GetOrderResponse)
	err := c.cc.Invoke(ctx, OrderService_GetOrder_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *orderServiceClient) GetOrderByReference(ctx context.Context, in *GetOrderByReferenceRequest, opts ...grpc.CallOption) (*GetOrderByReferenceResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(GetOrderByReferenceResponse)
	err := c.cc.Invoke(ctx, OrderService_GetOrderByReference_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *orderServiceClient) ListOrders(ctx context.Context, in *ListOrdersRequest, opts ...grpc.CallOption) (*ListOrdersResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(ListOrdersResponse)
	err := c.cc.Invoke(ctx, OrderService_ListOrders_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *orderServiceClient) FindRecipient(ctx context.Context, in *FindRecipientRequest, opts ...grpc.CallOption) (*FindRecipientResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(FindRecipientResponse)
	err := c.cc.Invoke(ctx, OrderService_FindRecipient_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *orderServiceClient) FindGoods(ctx context.Context, in *FindGoodsRequest, opts ...grpc.CallOption) (*FindGoodsResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(FindGoodsResponse)
	err := c.cc.Invoke(ctx, OrderService_FindGoods_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *orderServiceClient) CancelOrder(ctx context.Context, in *CancelOrderRequest, opts ...grpc.CallOption) (*CancelOrderResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(CancelOrderResponse)
	err := c.cc.Invoke(ctx, OrderService_CancelOrder_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *orderServiceClient) EraseOrder(ctx context.Context, in *EraseOrderRequest, opts ...grpc.CallOption) (*EraseOrderResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(EraseOrderResponse)
	err := c.cc.Invoke(ctx, OrderService_EraseOrder_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *orderServiceClient) EraseRecipient(ctx context.Context, in *EraseRecipientRequest, opts ...grpc.CallOption) (*EraseRecipientResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(EraseRecipientResponse)
	err := c.cc.Invoke(ctx, OrderService_EraseRecipient_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *orderServiceClient) QuoteOrder(ctx context.Context, in *QuoteOrderRequest, opts ...grpc.CallOption) (*QuoteOrderResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(QuoteOrderResponse)
	err := c.cc.Invoke(ctx, OrderService_QuoteOrder_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *orderServiceClient) ListOrderEvents(ctx context.Context, in *ListOrderEventsRequest, opts ...grpc.CallOption) (*ListOrderEventsResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(ListOrderEventsResponse)
	err := c.cc.Invoke(ctx, OrderService_ListOrderEvents_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *orderServiceClient) ExplainOrder(ctx context.Context, in *ExplainOrderRequest, opts ...grpc.CallOption) (*ExplainOrderResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(ExplainOrderResponse)
	err := c.cc.Invoke(ctx, OrderService_ExplainOrder_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *orderServiceClient) ListEvents(ctx context.Context, in *ListEventsRequest, opts ...grpc.CallOption) (*ListEventsResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(ListEventsResponse)
	err := c.cc.Invoke(ctx, OrderService_ListEvents_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *orderServiceClient) WatchOrders(ctx context.Context, in *WatchOrdersRequest, opts ...grpc.CallOption) (grpc.ServerStreamingClient[WatchOrdersResponse], error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	stream, err := c.cc.NewStream(ctx, &OrderService_ServiceDesc.Streams[0], OrderService_WatchOrders_FullMethodName, cOpts...)
	if err != nil {
		return nil, err
	}
	x := &grpc.GenericClientStream[WatchOrdersRequest, WatchOrdersResponse]{ClientStream: stream}
	if err := x.ClientStream.SendMsg(in); err != nil {
		return nil, err
	}
	if err := x.ClientStream.CloseSend(); err != nil {
		return nil, err
	}
	return x, nil
}

// This type alias is provided for backwards compatibility with existing code that references the prior non-generic stream type by name.
type OrderService_WatchOrdersClient = grpc.ServerStreamingClient[WatchOrdersResponse]

func (c *orderServiceClient) CreateWatchTicket(ctx context.Context, in *CreateWatchTicketRequest, opts ...grpc.CallOption) (*CreateWatchTicketResponse, error) {
	cOpts := append([]grpc.CallOption{grpc.StaticMethod()}, opts...)
	out := new(CreateWatchTicketResponse)
	err := c.cc.Invoke(ctx, OrderService_CreateWatchTicket_FullMethodName, in, out, cOpts...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// OrderServiceServer is the server API for OrderService service.
// All implementations must embed UnimplementedOrderServiceServer
// for forward compatibility.
//
// OrderService takes orders and tells what became of them.
type OrderServiceServer interface {
	// CreateOrder prices the order, charges the merchant's wallet and starts
	// delivery, all or nothing: a refused order leaves no trace and does not use
	// up its reference. An order of goods that are all in stock is completed, and
	// has its goods, in the answer.
	//
	// Safe to repeat: the reference is unique per merchant for ever. The same
	// order under the same reference is answered with the existing order in its
	// current state; a different one with DUPLICATE_REFERENCE.
	CreateOrder(context.Context, *CreateOrderRequest) (*CreateOrderResponse, error)
	// GetOrder returns one order by the hub's number for it, with its goods.
	GetOrder(context.Context, *GetOrderRequest) (*GetOrderResponse, error)
	// GetOrderByReference returns one order by the merchant's own reference, with
	// its goods.
	GetOrderByReference(context.Context, *GetOrderByReferenceRequest) (*GetOrderByReferenceResponse, error)
	// ListOrders returns orders, newest first. Filters combine with AND. The
	// orders have their lines but no goods: read one order to see its goods.
	//
	// A number, a reference and what is not final are found at once, however many
	// orders there are. Other filters are looked for order by order, among at most
	// 20,000 for each page, and a page may then have fewer orders than wanted, or
	// none: go on with `next_page_token`. `looked_back_to_time` says how far it came.
	ListOrders(context.Context, *ListOrdersRequest) (*ListOrdersResponse, error)
	// FindRecipient returns the orders of a recipient as ListOrders does. What a
	// recipient is named by is personal, and no part of an address: hence a body.
	// It is encrypted too, so each page opens at most 5,000 orders and may have
	// fewer than wanted, or none: go on with `next_page_token`.
	FindRecipient(context.Context, *FindRecipientRequest) (*FindRecipientResponse, error)
	// FindGoods tells where something is or went that is sold: a code that somebody
	// complains about, for instance. What came into stock from a file is found at
	// once, on the first page; goods of providers are opened one by one, the newest
	// first, so many for each page: go on with `next_page_token`. Operators
	// with the role support; it is recorded, the content only as a fingerprint.
	FindGoods(context.Context, *FindGoodsRequest) (*FindGoodsResponse, error)
	// CancelOrder cancels what can still be cancelled of an order, or of the lines
	// and tickets named, and gives back the price paid for exactly that. Delivered
	// goods can be cancelled only where the product allows it (tickets that are
	// not used). When a provider has to agree first, the answer may still show the
	// units as they were; the order's events tell the outcome.
	//
	// Lines that are just being handed to a provider are waited for, up to three
	// seconds. UNAVAILABLE, with their positions as "lines", when some still are:
	// those are not cancelled and what else was named is; repeat the call. Without
	// an error each line's status says for good what became of it.
	//
	// Safe to repeat: units that are cancelled already are left as they are.
	// NOT_CANCELLABLE when nothing that was named is or can be cancelled.
	CancelOrder(context.Context, *CancelOrderRequest) (*CancelOrderResponse, error)
	// EraseOrder erases for good what the order, its events, webhooks and attempts
	// keep of the customer: the recipient, fields of lines, metadata, the address to
	// notify, what a door kept, bodies of webhooks, beginnings of answers, messages
	// of failures, reasons. Money, counts, SKUs, references, states and times stay,
	// and so do delivered goods unless they quote the recipient or are named too.
	// The merchant's log tells of it with "order.erased". The same order under the
	// same reference is answered with the erased order.
	//
	// ORDER_NOT_FINAL while the order is not completed, failed or cancelled, or a
	// provider still owes an answer. Webhooks that wait are told without the
	// customer; those to the order's own address are given up. Safe to repeat: it
	// erases what came since.
	EraseOrder(context.Context, *EraseOrderRequest) (*EraseOrderResponse, error)
	// EraseRecipient erases all orders of a recipient, as EraseOrder does, among a
	// part of all orders; the rest by further calls with `next_page_token`. What a
	// recipient is named by is encrypted, so every order is read for it. Orders that
	// are not final are counted: come back for them. Operators only.
	EraseRecipient(context.Context, *EraseRecipientRequest) (*EraseRecipientResponse, error)
	// QuoteOrder prices lines as CreateOrder would at this moment, and tells
	// whether stock and balance suffice. It reserves and stores nothing. A line
	// that could not be ordered does not make the call fail: it says why itself.
	// A coupon that cannot be used is refused with COUPON_INVALID.
	QuoteOrder(context.Context, *QuoteOrderRequest) (*QuoteOrderResponse, error)
	// ListOrderEvents returns what happened to one order, oldest first.
	ListOrderEvents(context.Context, *ListOrderEventsRequest) (*ListOrderEventsResponse, error)
	// ExplainOrder tells an order's whole story for a person: what was asked,
	// charged, tried where with what outcome, delivered, given back, and what
	// happens next and when. A merchant is not told of providers.
	ExplainOrder(context.Context, *ExplainOrderRequest) (*ExplainOrderResponse, error)
	// ListEvents returns the log of what happened from some place on, oldest first:
	// a feed to be asked again and again. No event is skipped and none comes out of
	// order, whatever is written meanwhile.
	ListEvents(context.Context, *ListEventsRequest) (*ListEventsResponse, error)
	// WatchOrders streams the log: first the events after `after_sequence` that
	// exist already, then new ones as they happen. The stream stays open until the
	// caller ends it, the hub shuts down (UNAVAILABLE) or the caller reads too
	// slowly (ABORTED, reason READING_TOO_SLOWLY); resume from the last event seen.
	// No event is skipped; none is sent twice in one stream. In REST each message
	// is one line of JSON, {"result": {"event": {…}}}; with the header
	// `Accept: text/event-stream` it is a server-sent event whose id may come back
	// as `Last-Event-ID`.
	WatchOrders(*WatchOrdersRequest, grpc.ServerStreamingServer[WatchOrdersResponse]) error
	// CreateWatchTicket makes a ticket with which a browser, which can send no key,
	// opens the caller's stream of WatchOrders: as `ticket` in the query of
	// GET /hub/v1/orders:watch, within a minute. It opens nothing else. The stream
	// goes on after that, and ends when the key that asked for it is revoked or its
	// merchant suspended.
	CreateWatchTicket(context.Context, *CreateWatchTicketRequest) (*CreateWatchTicketResponse, error)
	mustEmbedUnimplementedOrderServiceServer()
}

// UnimplementedOrderServiceServer must be embedded to have
// forward compatible implementations.
//
// NOTE: this should be embedded by value instead of pointer to avoid a nil
// pointer dereference when methods are called.
type UnimplementedOrderServiceServer struct{}

func (UnimplementedOrderServiceServer) CreateOrder(context.Context, *CreateOrderRequest) (*CreateOrderResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method CreateOrder not implemented")
}
func (UnimplementedOrderServiceServer) GetOrder(context.Context, *GetOrderRequest) (*GetOrderResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method GetOrder not implemented")
}
func (UnimplementedOrderServiceServer) GetOrderByReference(context.Context, *GetOrderByReferenceRequest) (*GetOrderByReferenceResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method GetOrderByReference not implemented")
}
func (UnimplementedOrderServiceServer) ListOrders(context.Context, *ListOrdersRequest) (*ListOrdersResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method ListOrders not implemented")
}
func (UnimplementedOrderServiceServer) FindRecipient(context.Context, *FindRecipientRequest) (*FindRecipientResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method FindRecipient not implemented")
}
func (UnimplementedOrderServiceServer) FindGoods(context.Context, *FindGoodsRequest) (*FindGoodsResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method FindGoods not implemented")
}
func (UnimplementedOrderServiceServer) CancelOrder(context.Context, *CancelOrderRequest) (*CancelOrderResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method CancelOrder not implemented")
}
func (UnimplementedOrderServiceServer) EraseOrder(context.Context, *EraseOrderRequest) (*EraseOrderResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method EraseOrder not implemented")
}
func (UnimplementedOrderServiceServer) EraseRecipient(context.Context, *EraseRecipientRequest) (*EraseRecipientResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method EraseRecipient not implemented")
}
func (UnimplementedOrderServiceServer) QuoteOrder(context.Context, *QuoteOrderRequest) (*QuoteOrderResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method QuoteOrder not implemented")
}
func (UnimplementedOrderServiceServer) ListOrderEvents(context.Context, *ListOrderEventsRequest) (*ListOrderEventsResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method ListOrderEvents not implemented")
}
func (UnimplementedOrderServiceServer) ExplainOrder(context.Context, *ExplainOrderRequest) (*ExplainOrderResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method ExplainOrder not implemented")
}
func (UnimplementedOrderServiceServer) ListEvents(context.Context, *ListEventsRequest) (*ListEventsResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method ListEvents not implemented")
}
func (UnimplementedOrderServiceServer) WatchOrders(*WatchOrdersRequest, grpc.ServerStreamingServer[WatchOrdersResponse]) error {
	return status.Error(codes.Unimplemented, "method WatchOrders not implemented")
}
func (UnimplementedOrderServiceServer) CreateWatchTicket(context.Context, *CreateWatchTicketRequest) (*CreateWatchTicketResponse, error) {
	return nil, status.Error(codes.Unimplemented, "method CreateWatchTicket not implemented")
}
func (UnimplementedOrderServiceServer) mustEmbedUnimplementedOrderServiceServer() {}
func (UnimplementedOrderServiceServer) testEmbeddedByValue()                      {}

// UnsafeOrderServiceServer may be embedded to opt out of forward compatibility for this service.
// Use of this interface is not recommended, as added methods to OrderServiceServer will
// result in compilation errors.
type UnsafeOrderServiceServer interface {
	mustEmbedUnimplementedOrderServiceServer()
}

func RegisterOrderServiceServer(s grpc.ServiceRegistrar, srv OrderServiceServer) {
	// If the following call panics, it indicates UnimplementedOrderServiceServer was
	// embedded by pointer and is nil.  This will cause panics if an
	// unimplemented method is ever invoked, so we test this at initialization
	// time to prevent it from happening at runtime later due to I/O.
	if t, ok := srv.(interface{ testEmbeddedByValue() }); ok {
		t.testEmbeddedByValue()
	}
	s.RegisterService(&OrderService_ServiceDesc, srv)
}

func _OrderService_CreateOrder_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(CreateOrderRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).CreateOrder(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_CreateOrder_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).CreateOrder(ctx, req.(*CreateOrderRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _OrderService_GetOrder_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(GetOrderRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).GetOrder(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_GetOrder_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).GetOrder(ctx, req.(*GetOrderRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _OrderService_GetOrderByReference_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(GetOrderByReferenceRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).GetOrderByReference(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_GetOrderByReference_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).GetOrderByReference(ctx, req.(*GetOrderByReferenceRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _OrderService_ListOrders_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(ListOrdersRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).ListOrders(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_ListOrders_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).ListOrders(ctx, req.(*ListOrdersRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _OrderService_FindRecipient_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(FindRecipientRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).FindRecipient(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_FindRecipient_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).FindRecipient(ctx, req.(*FindRecipientRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _OrderService_FindGoods_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(FindGoodsRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).FindGoods(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_FindGoods_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).FindGoods(ctx, req.(*FindGoodsRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _OrderService_CancelOrder_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(CancelOrderRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).CancelOrder(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_CancelOrder_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).CancelOrder(ctx, req.(*CancelOrderRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _OrderService_EraseOrder_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(EraseOrderRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).EraseOrder(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_EraseOrder_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).EraseOrder(ctx, req.(*EraseOrderRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _OrderService_EraseRecipient_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(EraseRecipientRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).EraseRecipient(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_EraseRecipient_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).EraseRecipient(ctx, req.(*EraseRecipientRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _OrderService_QuoteOrder_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(QuoteOrderRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).QuoteOrder(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_QuoteOrder_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).QuoteOrder(ctx, req.(*QuoteOrderRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _OrderService_ListOrderEvents_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(ListOrderEventsRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).ListOrderEvents(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_ListOrderEvents_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).ListOrderEvents(ctx, req.(*ListOrderEventsRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _OrderService_ExplainOrder_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(ExplainOrderRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).ExplainOrder(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_ExplainOrder_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).ExplainOrder(ctx, req.(*ExplainOrderRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _OrderService_ListEvents_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(ListEventsRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).ListEvents(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_ListEvents_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).ListEvents(ctx, req.(*ListEventsRequest))
	}
	return interceptor(ctx, in, info, handler)
}

func _OrderService_WatchOrders_Handler(srv interface{}, stream grpc.ServerStream) error {
	m := new(WatchOrdersRequest)
	if err := stream.RecvMsg(m); err != nil {
		return err
	}
	return srv.(OrderServiceServer).WatchOrders(m, &grpc.GenericServerStream[WatchOrdersRequest, WatchOrdersResponse]{ServerStream: stream})
}

// This type alias is provided for backwards compatibility with existing code that references the prior non-generic stream type by name.
type OrderService_WatchOrdersServer = grpc.ServerStreamingServer[WatchOrdersResponse]

func _OrderService_CreateWatchTicket_Handler(srv interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(CreateWatchTicketRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(OrderServiceServer).CreateWatchTicket(ctx, in)
	}
	info := &grpc.UnaryServerInfo{
		Server:     srv,
		FullMethod: OrderService_CreateWatchTicket_FullMethodName,
	}
	handler := func(ctx context.Context, req interface{}) (interface{}, error) {
		return srv.(OrderServiceServer).CreateWatchTicket(ctx, req.(*CreateWatchTicketRequest))
	}
	return interceptor(ctx, in, info, handler)
}

// OrderService_ServiceDesc is the grpc.ServiceDesc for OrderService service.
// It's only intended for direct use with grpc.RegisterService,
// and not to be introspected or modified (even as a copy)
var OrderService_ServiceDesc = grpc.ServiceDesc{
	ServiceName: "orderhub.v1.OrderService",
	HandlerType: (*OrderServiceServer)(nil),
	Methods: []grpc.MethodDesc{
		{
			MethodName: "CreateOrder",
			Handler:    _OrderService_CreateOrder_Handler,
		},
		{
			MethodName: "GetOrder",
			Handler:    _OrderService_GetOrder_Handler,
		},
		{
			MethodName: "GetOrderByReference",
			Handler:    _OrderService_GetOrderByReference_Handler,
		},
		{
			MethodName: "ListOrders",
			Handler:    _OrderService_ListOrders_Handler,
		},
		{
			MethodName: "FindRecipient",
			Handler:    _OrderService_FindRecipient_Handler,
		},
		{
			MethodName: "FindGoods",
			Handler:    _OrderService_FindGoods_Handler,
		},
		{
			MethodName: "CancelOrder",
			Handler:    _OrderService_CancelOrder_Handler,
		},
		{
			MethodName: "EraseOrder",
			Handler:    _OrderService_EraseOrder_Handler,
		},
		{
			MethodName: "EraseRecipient",
			Handler:    _OrderService_EraseRecipient_Handler,
		},
		{
			MethodName: "QuoteOrder",
			Handler:    _OrderService_QuoteOrder_Handler,
		},
		{
			MethodName: "ListOrderEvents",
			Handler:    _OrderService_ListOrderEvents_Handler,
		},
		{
			MethodName: "ExplainOrder",
			Handler:    _OrderService_ExplainOrder_Handler,
		},
		{
			MethodName: "ListEvents",
			Handler:    _OrderService_ListEvents_Handler,
		},
		{
			MethodName: "CreateWatchTicket",
			Handler:    _OrderService_CreateWatchTicket_Handler,
		},
	},
	Streams: []grpc.StreamDesc{
		{
			StreamName:    "WatchOrders",
			Handler:       _OrderService_WatchOrders_Handler,
			ServerStreams: true,
		},
	},
	Metadata: "orderhub/v1/order_service.proto",
}

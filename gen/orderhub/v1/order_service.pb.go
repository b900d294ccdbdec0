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

// Code generated by protoc-gen-go. DO NOT EDIT.
// versions:
// 	protoc-gen-go v1.36.12
// 	protoc        (unknown)
// source: orderhub/v1/order_service.proto

package orderhubv1

import (
	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	_ "google.golang.org/genproto/googleapis/api/annotations"
	protoreflect "google.golang.org/protobuf/reflect/protoreflect"
	protoimpl "google.golang.org/protobuf/runtime/protoimpl"
	timestamppb "google.golang.org/protobuf/types/known/timestamppb"
	reflect "reflect"
	sync "sync"
	unsafe "unsafe"
)

const (
	// Verify that this generated code is sufficiently up-to-date.
	_ = protoimpl.EnforceVersion(20 - protoimpl.MinVersion)
	// Verify that runtime/protoimpl is sufficiently up-to-date.
	_ = protoimpl.EnforceVersion(protoimpl.MaxVersion - 20)
)

// OrderStatus is the state of an order, and of each of its lines.
// PENDING → PROCESSING → COMPLETED, FAILED or CANCELLED; states may be skipped.
type OrderStatus int32

const (
	// Not set. Never in an answer.
	OrderStatus_ORDER_STATUS_UNSPECIFIED OrderStatus = 0
	// Accepted and charged; nobody works on it yet.
	OrderStatus_ORDER_STATUS_PENDING OrderStatus = 1
	// A provider, or the hub itself, works on it.
	OrderStatus_ORDER_STATUS_PROCESSING OrderStatus = 2
	// Every unit was delivered, except those that were cancelled. Final, save that
	// cancelling the last unit makes it CANCELLED.
	OrderStatus_ORDER_STATUS_COMPLETED OrderStatus = 3
	// At least one unit failed; the counters of the lines tell the split. What
	// failed was given back. Final.
	OrderStatus_ORDER_STATUS_FAILED OrderStatus = 4
	// Every unit was cancelled and given back. Final.
	OrderStatus_ORDER_STATUS_CANCELLED OrderStatus = 5
)

// Enum value maps for OrderStatus.
var (
	OrderStatus_name = map[int32]string{
		0: "ORDER_STATUS_UNSPECIFIED",
		1: "ORDER_STATUS_PENDING",
		2: "ORDER_STATUS_PROCESSING",
		3: "ORDER_STATUS_COMPLETED",
		4: "ORDER_STATUS_FAILED",
		5: "ORDER_STATUS_CANCELLED",
	}
	OrderStatus_value = map[string]int32{
		"ORDER_STATUS_UNSPECIFIED": 0,
		"ORDER_STATUS_PENDING":     1,
		"ORDER_STATUS_PROCESSING":  2,
		"ORDER_STATUS_COMPLETED":   3,
		"ORDER_STATUS_FAILED":      4,
		"ORDER_STATUS_CANCELLED":   5,
	}
)

func (x OrderStatus) Enum() *OrderStatus {
	p := new(OrderStatus)
	*p = x
	return p
}

func (x OrderStatus) String() string {
	return protoimpl.X.EnumStringOf(x.Descriptor(), protoreflect.EnumNumber(x))
}

func (OrderStatus) Descriptor() protoreflect.EnumDescriptor {
	return file_orderhub_v1_order_service_proto_enumTypes[0].Descriptor()
}

func (OrderStatus) Type() protoreflect.EnumType {
	return &file_orderhub_v1_order_service_proto_enumTypes[0]
}

func (x OrderStatus) Number() protoreflect.EnumNumber {
	return protoreflect.EnumNumber(x)
}

// Deprecated: Use OrderStatus.Descriptor instead.
func (OrderStatus) EnumDescriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{0}
}

// GoodsStatus is the state of one unit of a line.
type GoodsStatus int32

const (
	// Not set. Never in an answer.
	GoodsStatus_GOODS_STATUS_UNSPECIFIED GoodsStatus = 0
	// The ticket has its code; the supplier has not confirmed it yet.
	GoodsStatus_GOODS_STATUS_PENDING GoodsStatus = 1
	// Delivered.
	GoodsStatus_GOODS_STATUS_DELIVERED GoodsStatus = 2
	// Delivered, and known to have been used: can no longer be cancelled.
	GoodsStatus_GOODS_STATUS_USED GoodsStatus = 3
	// Cancelled at the buyer's wish and given back.
	GoodsStatus_GOODS_STATUS_CANCELLED GoodsStatus = 4
	// Refused by the supplier and given back.
	GoodsStatus_GOODS_STATUS_FAILED GoodsStatus = 5
	// Did not work, and another unit of the line took its place.
	GoodsStatus_GOODS_STATUS_REPLACED GoodsStatus = 6
)

// Enum value maps for GoodsStatus.
var (
	GoodsStatus_name = map[int32]string{
		0: "GOODS_STATUS_UNSPECIFIED",
		1: "GOODS_STATUS_PENDING",
		2: "GOODS_STATUS_DELIVERED",
		3: "GOODS_STATUS_USED",
		4: "GOODS_STATUS_CANCELLED",
		5: "GOODS_STATUS_FAILED",
		6: "GOODS_STATUS_REPLACED",
	}
	GoodsStatus_value = map[string]int32{
		"GOODS_STATUS_UNSPECIFIED": 0,
		"GOODS_STATUS_PENDING":     1,
		"GOODS_STATUS_DELIVERED":   2,
		"GOODS_STATUS_USED":        3,
		"GOODS_STATUS_CANCELLED":   4,
		"GOODS_STATUS_FAILED":      5,
		"GOODS_STATUS_REPLACED":    6,
	}
)

func (x GoodsStatus) Enum() *GoodsStatus {
	p := new(GoodsStatus)
	*p = x
	return p
}

func (x GoodsStatus) String() string {
	return protoimpl.X.EnumStringOf(x.Descriptor(), protoreflect.EnumNumber(x))
}

func (GoodsStatus) Descriptor() protoreflect.EnumDescriptor {
	return file_orderhub_v1_order_service_proto_enumTypes[1].Descriptor()
}

func (GoodsStatus) Type() protoreflect.EnumType {
	return &file_orderhub_v1_order_service_proto_enumTypes[1]
}

func (x GoodsStatus) Number() protoreflect.EnumNumber {
	return protoreflect.EnumNumber(x)
}

// Deprecated: Use GoodsStatus.Descriptor instead.
func (GoodsStatus) EnumDescriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{1}
}

// Order is what a merchant bought with one call.
type Order struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The hub's number of the order, at most 64 characters: "ord_" and 26
	// lower-case letters and digits, or a form of its own where a partner's door
	// has one. Unique in the hub, never reused.
	OrderNumber string `protobuf:"bytes,1,opt,name=order_number,json=orderNumber,proto3" json:"order_number,omitempty"`
	// The merchant's own identifier of the order: 1 to 255 characters, no control
	// characters, kept and compared byte for byte. Unique per merchant for ever,
	// whichever door the order came through.
	ReferenceId string `protobuf:"bytes,2,opt,name=reference_id,json=referenceId,proto3" json:"reference_id,omitempty"`
	// Name of the merchant that placed the order.
	Merchant string `protobuf:"bytes,3,opt,name=merchant,proto3" json:"merchant,omitempty"`
	// The state of the whole order.
	Status OrderStatus `protobuf:"varint,4,opt,name=status,proto3,enum=orderhub.v1.OrderStatus" json:"status,omitempty"`
	// Who receives the goods. Absent when the products need nobody named.
	Recipient *Recipient `protobuf:"bytes,5,opt,name=recipient,proto3" json:"recipient,omitempty"`
	// What is bought: 1 to 100 lines, kept in the order given. A product may be on
	// several lines; they are not merged.
	Lines []*OrderLine `protobuf:"bytes,6,rep,name=lines,proto3" json:"lines,omitempty"`
	// Code of a coupon, at most 64 characters, compared without regard to letter
	// case. Empty when none is used. The answer has it as the hub stores it, in
	// upper case.
	Coupon string `protobuf:"bytes,7,opt,name=coupon,proto3" json:"coupon,omitempty"`
	// Where the hub tells of this order's changes, in addition to the merchant's
	// webhook endpoints: an absolute http or https URL of at most 2048 characters
	// without user name, password or fragment. Plain http and private addresses
	// are refused unless the installation allows them. Empty when not wanted.
	NotifyUrl string `protobuf:"bytes,8,opt,name=notify_url,json=notifyUrl,proto3" json:"notify_url,omitempty"`
	// The merchant's own notes, returned as they came and not interpreted: at most
	// 50 entries, keys of 1 to 64 characters, values of at most 500. Not a place
	// for secrets.
	Metadata map[string]string `protobuf:"bytes,9,rep,name=metadata,proto3" json:"metadata,omitempty" protobuf_key:"bytes,1,opt,name=key" protobuf_val:"bytes,2,opt,name=value"`
	// What the caller expects to pay: a decimal amount in the wallet's currency.
	// The order is refused with PRICE_CHANGED if `total_amount` would be any other.
	// Empty accepts the current prices. Not kept: empty in answers.
	ExpectedTotalAmount string `protobuf:"bytes,10,opt,name=expected_total_amount,json=expectedTotalAmount,proto3" json:"expected_total_amount,omitempty"`
	// Currency of every amount of the order and its lines, ISO 4217. Always the
	// currency of the merchant's wallet.
	Currency string `protobuf:"bytes,11,opt,name=currency,proto3" json:"currency,omitempty"`
	// Sum of unit price × quantity over all lines, before any discount.
	SubtotalAmount string `protobuf:"bytes,12,opt,name=subtotal_amount,json=subtotalAmount,proto3" json:"subtotal_amount,omitempty"`
	// What the coupon took off; zero without one.
	DiscountAmount string `protobuf:"bytes,13,opt,name=discount_amount,json=discountAmount,proto3" json:"discount_amount,omitempty"`
	// Subtotal less discount: what was charged. Never shrinks afterwards.
	TotalAmount string `protobuf:"bytes,14,opt,name=total_amount,json=totalAmount,proto3" json:"total_amount,omitempty"`
	// What has been given back so far, for exactly the units that failed or were
	// cancelled.
	RefundedAmount string `protobuf:"bytes,15,opt,name=refunded_amount,json=refundedAmount,proto3" json:"refunded_amount,omitempty"`
	// Why the order failed, for programs: the code of its first failed line. Upper
	// snake case, such as PROVIDER_ERROR (the provider gave no reason of its own)
	// or ITEM_NOT_FOUND; new codes may appear. Empty unless the order failed.
	FailureCode string `protobuf:"bytes,16,opt,name=failure_code,json=failureCode,proto3" json:"failure_code,omitempty"`
	// Why the order failed, for people. Empty unless the order failed.
	FailureMessage string `protobuf:"bytes,17,opt,name=failure_message,json=failureMessage,proto3" json:"failure_message,omitempty"`
	// The door the order came through: "hub" (this contract, over gRPC or REST),
	// "gameso", "bursagb", "marketacc" or "axcloud". New doors may appear.
	Door string `protobuf:"bytes,18,opt,name=door,proto3" json:"door,omitempty"`
	// When the order was accepted.
	CreateTime *timestamppb.Timestamp `protobuf:"bytes,19,opt,name=create_time,json=createTime,proto3" json:"create_time,omitempty"`
	// When the order or one of its lines last changed; at first `create_time`.
	UpdateTime *timestamppb.Timestamp `protobuf:"bytes,20,opt,name=update_time,json=updateTime,proto3" json:"update_time,omitempty"`
	// When the order became final (completed, failed or cancelled). Absent before.
	CompleteTime *timestamppb.Timestamp `protobuf:"bytes,21,opt,name=complete_time,json=completeTime,proto3" json:"complete_time,omitempty"`
	// What the door the order came through keeps with it about the customer: JSON
	// in that door's own words. Personal data: not for logs. Empty where there is
	// nothing, and in ListOrders.
	DoorData string `protobuf:"bytes,22,opt,name=door_data,json=doorData,proto3" json:"door_data,omitempty"`
	// When what the order kept of its customer was erased: recipient, metadata,
	// address to notify, fields of the lines, messages of failures, what a door kept.
	// Those are empty since. Absent unless that happened.
	EraseTime     *timestamppb.Timestamp `protobuf:"bytes,23,opt,name=erase_time,json=eraseTime,proto3" json:"erase_time,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Order) Reset() {
	*x = Order{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[0]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Order) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Order) ProtoMessage() {}

func (x *Order) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[0]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Order.ProtoReflect.Descriptor instead.
func (*Order) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{0}
}

func (x *Order) GetOrderNumber() string {
	if x != nil {
		return x.OrderNumber
	}
	return ""
}

func (x *Order) GetReferenceId() string {
	if x != nil {
		return x.ReferenceId
	}
	return ""
}

func (x *Order) GetMerchant() string {
	if x != nil {
		return x.Merchant
	}
	return ""
}

func (x *Order) GetStatus() OrderStatus {
	if x != nil {
		return x.Status
	}
	return OrderStatus_ORDER_STATUS_UNSPECIFIED
}

func (x *Order) GetRecipient() *Recipient {
	if x != nil {
		return x.Recipient
	}
	return nil
}

func (x *Order) GetLines() []*OrderLine {
	if x != nil {
		return x.Lines
	}
	return nil
}

func (x *Order) GetCoupon() string {
	if x != nil {
		return x.Coupon
	}
	return ""
}

func (x *Order) GetNotifyUrl() string {
	if x != nil {
		return x.NotifyUrl
	}
	return ""
}

func (x *Order) GetMetadata() map[string]string {
	if x != nil {
		return x.Metadata
	}
	return nil
}

func (x *Order) GetExpectedTotalAmount() string {
	if x != nil {
		return x.ExpectedTotalAmount
	}
	return ""
}

func (x *Order) GetCurrency() string {
	if x != nil {
		return x.Currency
	}
	return ""
}

func (x *Order) GetSubtotalAmount() string {
	if x != nil {
		return x.SubtotalAmount
	}
	return ""
}

func (x *Order) GetDiscountAmount() string {
	if x != nil {
		return x.DiscountAmount
	}
	return ""
}

func (x *Order) GetTotalAmount() string {
	if x != nil {
		return x.TotalAmount
	}
	return ""
}

func (x *Order) GetRefundedAmount() string {
	if x != nil {
		return x.RefundedAmount
	}
	return ""
}

func (x *Order) GetFailureCode() string {
	if x != nil {
		return x.FailureCode
	}
	return ""
}

func (x *Order) GetFailureMessage() string {
	if x != nil {
		return x.FailureMessage
	}
	return ""
}

func (x *Order) GetDoor() string {
	if x != nil {
		return x.Door
	}
	return ""
}

func (x *Order) GetCreateTime() *timestamppb.Timestamp {
	if x != nil {
		return x.CreateTime
	}
	return nil
}

func (x *Order) GetUpdateTime() *timestamppb.Timestamp {
	if x != nil {
		return x.UpdateTime
	}
	return nil
}

func (x *Order) GetCompleteTime() *timestamppb.Timestamp {
	if x != nil {
		return x.CompleteTime
	}
	return nil
}

func (x *Order) GetDoorData() string {
	if x != nil {
		return x.DoorData
	}
	return ""
}

func (x *Order) GetEraseTime() *timestamppb.Timestamp {
	if x != nil {
		return x.EraseTime
	}
	return nil
}

// Recipient says who receives the goods, in the words of the game or shop that
// delivers them. The hub passes it on and does not interpret it. Set by the
// caller; every field may be empty.
type Recipient struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The receiving user's identifier, such as a game account. At most 255
	// characters, no control characters.
	UserId string `protobuf:"bytes,1,opt,name=user_id,json=userId,proto3" json:"user_id,omitempty"`
	// The game server, where the game has several. At most 255 characters, no
	// control characters.
	ServerId string `protobuf:"bytes,2,opt,name=server_id,json=serverId,proto3" json:"server_id,omitempty"`
	// The game character, where an account has several. At most 255 characters, no
	// control characters.
	CharacterId   string `protobuf:"bytes,3,opt,name=character_id,json=characterId,proto3" json:"character_id,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Recipient) Reset() {
	*x = Recipient{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[1]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Recipient) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Recipient) ProtoMessage() {}

func (x *Recipient) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[1]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Recipient.ProtoReflect.Descriptor instead.
func (*Recipient) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{1}
}

func (x *Recipient) GetUserId() string {
	if x != nil {
		return x.UserId
	}
	return ""
}

func (x *Recipient) GetServerId() string {
	if x != nil {
		return x.ServerId
	}
	return ""
}

func (x *Recipient) GetCharacterId() string {
	if x != nil {
		return x.CharacterId
	}
	return ""
}

// OrderLine is one product and how many units of it. Its amounts are in the
// order's currency.
type OrderLine struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The hub's number of the line: unique in the hub, below 2³¹. In JSON a string,
	// as every 64-bit integer.
	Id int64 `protobuf:"varint,1,opt,name=id,proto3" json:"id,omitempty"`
	// Place of the line in its order, from 1.
	Position int32 `protobuf:"varint,2,opt,name=position,proto3" json:"position,omitempty"`
	// SKU of the product, 1 to 100 characters, compared exactly.
	Sku string `protobuf:"bytes,3,opt,name=sku,proto3" json:"sku,omitempty"`
	// Units ordered, 1 to 1,000,000; the product may have narrower bounds.
	Quantity int32 `protobuf:"varint,4,opt,name=quantity,proto3" json:"quantity,omitempty"`
	// The merchant's own identifier of the line: at most 255 characters, no
	// control characters. Need not be unique. Empty when not wanted.
	ExternalReference string `protobuf:"bytes,5,opt,name=external_reference,json=externalReference,proto3" json:"external_reference,omitempty"`
	// Values the product asks for (Product.fields), keyed by the field's
	// identifier without regard to letter case: at most 50 entries, keys of 1 to
	// 64 characters, values of at most 1000. Values for fields the product does
	// not have are ignored. Empty when the product asks for nothing.
	Fields map[string]string `protobuf:"bytes,6,rep,name=fields,proto3" json:"fields,omitempty" protobuf_key:"bytes,1,opt,name=key" protobuf_val:"bytes,2,opt,name=value"`
	// Day of use of a dated product, YYYY-MM-DD. Required for dated products,
	// empty for others.
	UseDate string `protobuf:"bytes,7,opt,name=use_date,json=useDate,proto3" json:"use_date,omitempty"`
	// The product's id. In JSON a string, as every 64-bit integer.
	ProductId int64 `protobuf:"varint,8,opt,name=product_id,json=productId,proto3" json:"product_id,omitempty"`
	// The product's name when it was ordered.
	ProductName string `protobuf:"bytes,9,opt,name=product_name,json=productName,proto3" json:"product_name,omitempty"`
	// The state of the line; FAILED as soon as it is final and one unit failed.
	Status OrderStatus `protobuf:"varint,10,opt,name=status,proto3,enum=orderhub.v1.OrderStatus" json:"status,omitempty"`
	// Units delivered and not cancelled since.
	CompletedQuantity int32 `protobuf:"varint,11,opt,name=completed_quantity,json=completedQuantity,proto3" json:"completed_quantity,omitempty"`
	// Units that could not be delivered. Together with the other two counters at
	// most `quantity`, and equal to it exactly when the line is final.
	FailedQuantity int32 `protobuf:"varint,12,opt,name=failed_quantity,json=failedQuantity,proto3" json:"failed_quantity,omitempty"`
	// Units cancelled, before or after delivery.
	CancelledQuantity int32 `protobuf:"varint,13,opt,name=cancelled_quantity,json=cancelledQuantity,proto3" json:"cancelled_quantity,omitempty"`
	// Price of one unit when it was ordered, before any discount.
	UnitPrice string `protobuf:"bytes,14,opt,name=unit_price,json=unitPrice,proto3" json:"unit_price,omitempty"`
	// Unit price × quantity.
	SubtotalAmount string `protobuf:"bytes,15,opt,name=subtotal_amount,json=subtotalAmount,proto3" json:"subtotal_amount,omitempty"`
	// The line's share of the order's discount; the shares sum to it exactly.
	DiscountAmount string `protobuf:"bytes,16,opt,name=discount_amount,json=discountAmount,proto3" json:"discount_amount,omitempty"`
	// Subtotal less discount. Never shrinks afterwards.
	TotalAmount string `protobuf:"bytes,17,opt,name=total_amount,json=totalAmount,proto3" json:"total_amount,omitempty"`
	// What has been given back so far for units of this line.
	RefundedAmount string `protobuf:"bytes,18,opt,name=refunded_amount,json=refundedAmount,proto3" json:"refunded_amount,omitempty"`
	// Why units failed, for programs; as Order.failure_code. Empty when none did.
	FailureCode string `protobuf:"bytes,19,opt,name=failure_code,json=failureCode,proto3" json:"failure_code,omitempty"`
	// Why units failed, for people. Empty when none did.
	FailureMessage string `protobuf:"bytes,20,opt,name=failure_message,json=failureMessage,proto3" json:"failure_message,omitempty"`
	// The units there are so far, in the order of delivery. Secret. ListOrders
	// leaves it empty.
	Goods []*Goods `protobuf:"bytes,21,rep,name=goods,proto3" json:"goods,omitempty"`
	// The identifier that the door the order came through gave the line, unique in
	// the hub. Empty where the door gives none.
	Code string `protobuf:"bytes,22,opt,name=code,proto3" json:"code,omitempty"`
	// What that door keeps with the line, in its own words. Empty for nothing, and
	// where goods are withheld.
	DoorState string `protobuf:"bytes,23,opt,name=door_state,json=doorState,proto3" json:"door_state,omitempty"`
	// What made `unit_price`: "listing" for the merchant's own listing, or a price
	// list with its version and the number of its rule, such as "resellers/4/2".
	// Empty for the product's own price. Shown to operators only.
	PriceRule     string `protobuf:"bytes,24,opt,name=price_rule,json=priceRule,proto3" json:"price_rule,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *OrderLine) Reset() {
	*x = OrderLine{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[2]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *OrderLine) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*OrderLine) ProtoMessage() {}

func (x *OrderLine) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[2]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use OrderLine.ProtoReflect.Descriptor instead.
func (*OrderLine) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{2}
}

func (x *OrderLine) GetId() int64 {
	if x != nil {
		return x.Id
	}
	return 0
}

func (x *OrderLine) GetPosition() int32 {
	if x != nil {
		return x.Position
	}
	return 0
}

func (x *OrderLine) GetSku() string {
	if x != nil {
		return x.Sku
	}
	return ""
}

func (x *OrderLine) GetQuantity() int32 {
	if x != nil {
		return x.Quantity
	}
	return 0
}

func (x *OrderLine) GetExternalReference() string {
	if x != nil {
		return x.ExternalReference
	}
	return ""
}

func (x *OrderLine) GetFields() map[string]string {
	if x != nil {
		return x.Fields
	}
	return nil
}

func (x *OrderLine) GetUseDate() string {
	if x != nil {
		return x.UseDate
	}
	return ""
}

func (x *OrderLine) GetProductId() int64 {
	if x != nil {
		return x.ProductId
	}
	return 0
}

func (x *OrderLine) GetProductName() string {
	if x != nil {
		return x.ProductName
	}
	return ""
}

func (x *OrderLine) GetStatus() OrderStatus {
	if x != nil {
		return x.Status
	}
	return OrderStatus_ORDER_STATUS_UNSPECIFIED
}

func (x *OrderLine) GetCompletedQuantity() int32 {
	if x != nil {
		return x.CompletedQuantity
	}
	return 0
}

func (x *OrderLine) GetFailedQuantity() int32 {
	if x != nil {
		return x.FailedQuantity
	}
	return 0
}

func (x *OrderLine) GetCancelledQuantity() int32 {
	if x != nil {
		return x.CancelledQuantity
	}
	return 0
}

func (x *OrderLine) GetUnitPrice() string {
	if x != nil {
		return x.UnitPrice
	}
	return ""
}

func (x *OrderLine) GetSubtotalAmount() string {
	if x != nil {
		return x.SubtotalAmount
	}
	return ""
}

func (x *OrderLine) GetDiscountAmount() string {
	if x != nil {
		return x.DiscountAmount
	}
	return ""
}

func (x *OrderLine) GetTotalAmount() string {
	if x != nil {
		return x.TotalAmount
	}
	return ""
}

func (x *OrderLine) GetRefundedAmount() string {
	if x != nil {
		return x.RefundedAmount
	}
	return ""
}

func (x *OrderLine) GetFailureCode() string {
	if x != nil {
		return x.FailureCode
	}
	return ""
}

func (x *OrderLine) GetFailureMessage() string {
	if x != nil {
		return x.FailureMessage
	}
	return ""
}

func (x *OrderLine) GetGoods() []*Goods {
	if x != nil {
		return x.Goods
	}
	return nil
}

func (x *OrderLine) GetCode() string {
	if x != nil {
		return x.Code
	}
	return ""
}

func (x *OrderLine) GetDoorState() string {
	if x != nil {
		return x.DoorState
	}
	return ""
}

func (x *OrderLine) GetPriceRule() string {
	if x != nil {
		return x.PriceRule
	}
	return ""
}

// Goods is one unit of a line: a code, an account, a ticket, or a receipt. Set
// by the hub.
type Goods struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// What was delivered, in the product's `format`; for a ticket that has nothing
	// else its code. Secret: not for logs. Empty while it is not delivered.
	Content string `protobuf:"bytes,1,opt,name=content,proto3" json:"content,omitempty"`
	// Code of the ticket, unique in the hub. Empty for what is not a ticket.
	TicketCode string `protobuf:"bytes,2,opt,name=ticket_code,json=ticketCode,proto3" json:"ticket_code,omitempty"`
	// The state of the unit.
	Status GoodsStatus `protobuf:"varint,3,opt,name=status,proto3,enum=orderhub.v1.GoodsStatus" json:"status,omitempty"`
	// When it was delivered. Absent before that.
	DeliverTime *timestamppb.Timestamp `protobuf:"bytes,4,opt,name=deliver_time,json=deliverTime,proto3" json:"deliver_time,omitempty"`
	// Day of use of a ticket, YYYY-MM-DD. Empty for what is not dated.
	UseDate string `protobuf:"bytes,5,opt,name=use_date,json=useDate,proto3" json:"use_date,omitempty"`
	// The content was delivered and cannot be read any more, because what the hub
	// keeps of it is damaged: only its operators can help.
	Unreadable bool `protobuf:"varint,6,opt,name=unreadable,proto3" json:"unreadable,omitempty"`
	// The content and the ticket's code are left out, because the caller is an
	// operator who did not ask for goods. Never for a merchant.
	Withheld bool `protobuf:"varint,7,opt,name=withheld,proto3" json:"withheld,omitempty"`
	// Number of the unit, by which it can be claimed. Unique in the hub. In JSON a
	// string, as every 64-bit integer.
	Unit          int64 `protobuf:"varint,8,opt,name=unit,proto3" json:"unit,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Goods) Reset() {
	*x = Goods{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[3]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Goods) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Goods) ProtoMessage() {}

func (x *Goods) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[3]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Goods.ProtoReflect.Descriptor instead.
func (*Goods) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{3}
}

func (x *Goods) GetContent() string {
	if x != nil {
		return x.Content
	}
	return ""
}

func (x *Goods) GetTicketCode() string {
	if x != nil {
		return x.TicketCode
	}
	return ""
}

func (x *Goods) GetStatus() GoodsStatus {
	if x != nil {
		return x.Status
	}
	return GoodsStatus_GOODS_STATUS_UNSPECIFIED
}

func (x *Goods) GetDeliverTime() *timestamppb.Timestamp {
	if x != nil {
		return x.DeliverTime
	}
	return nil
}

func (x *Goods) GetUseDate() string {
	if x != nil {
		return x.UseDate
	}
	return ""
}

func (x *Goods) GetUnreadable() bool {
	if x != nil {
		return x.Unreadable
	}
	return false
}

func (x *Goods) GetWithheld() bool {
	if x != nil {
		return x.Withheld
	}
	return false
}

func (x *Goods) GetUnit() int64 {
	if x != nil {
		return x.Unit
	}
	return 0
}

// CreateOrderRequest asks for a new order. In REST the body is the order itself.
type CreateOrderRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The order to place.
	Order         *Order `protobuf:"bytes,1,opt,name=order,proto3" json:"order,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *CreateOrderRequest) Reset() {
	*x = CreateOrderRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[4]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *CreateOrderRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*CreateOrderRequest) ProtoMessage() {}

func (x *CreateOrderRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[4]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use CreateOrderRequest.ProtoReflect.Descriptor instead.
func (*CreateOrderRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{4}
}

func (x *CreateOrderRequest) GetOrder() *Order {
	if x != nil {
		return x.Order
	}
	return nil
}

// CreateOrderResponse has the order as it is after placement. In REST the body
// is the order itself.
type CreateOrderResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The new order, or the one that was placed before by the same request.
	// Always set.
	Order         *Order `protobuf:"bytes,1,opt,name=order,proto3" json:"order,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *CreateOrderResponse) Reset() {
	*x = CreateOrderResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[5]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *CreateOrderResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*CreateOrderResponse) ProtoMessage() {}

func (x *CreateOrderResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[5]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use CreateOrderResponse.ProtoReflect.Descriptor instead.
func (*CreateOrderResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{5}
}

func (x *CreateOrderResponse) GetOrder() *Order {
	if x != nil {
		return x.Order
	}
	return nil
}

// GetOrderRequest names an order.
type GetOrderRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The hub's number of the order.
	OrderNumber string `protobuf:"bytes,1,opt,name=order_number,json=orderNumber,proto3" json:"order_number,omitempty"`
	// For operators: id or name of the merchant whose order it must be. Empty for
	// any merchant's. A merchant leaves it empty or names itself.
	Merchant string `protobuf:"bytes,2,opt,name=merchant,proto3" json:"merchant,omitempty"`
	// For operators, whose keys are their own: whether goods are shown, which takes
	// the role support, PERMISSION_DENIED without it, and is recorded. Merchants
	// and keys of admin scope have goods shown in any case.
	ShowGoods     bool `protobuf:"varint,3,opt,name=show_goods,json=showGoods,proto3" json:"show_goods,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *GetOrderRequest) Reset() {
	*x = GetOrderRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[6]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *GetOrderRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*GetOrderRequest) ProtoMessage() {}

func (x *GetOrderRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[6]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use GetOrderRequest.ProtoReflect.Descriptor instead.
func (*GetOrderRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{6}
}

func (x *GetOrderRequest) GetOrderNumber() string {
	if x != nil {
		return x.OrderNumber
	}
	return ""
}

func (x *GetOrderRequest) GetMerchant() string {
	if x != nil {
		return x.Merchant
	}
	return ""
}

func (x *GetOrderRequest) GetShowGoods() bool {
	if x != nil {
		return x.ShowGoods
	}
	return false
}

// GetOrderResponse has the order. In REST the body is the order itself.
type GetOrderResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The order with its goods. Always set.
	Order         *Order `protobuf:"bytes,1,opt,name=order,proto3" json:"order,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *GetOrderResponse) Reset() {
	*x = GetOrderResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[7]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *GetOrderResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*GetOrderResponse) ProtoMessage() {}

func (x *GetOrderResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[7]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use GetOrderResponse.ProtoReflect.Descriptor instead.
func (*GetOrderResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{7}
}

func (x *GetOrderResponse) GetOrder() *Order {
	if x != nil {
		return x.Order
	}
	return nil
}

// GetOrderByReferenceRequest names an order by the merchant's reference.
type GetOrderByReferenceRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The merchant's own identifier of the order, exactly as it was sent.
	ReferenceId string `protobuf:"bytes,1,opt,name=reference_id,json=referenceId,proto3" json:"reference_id,omitempty"`
	// For operators, who must set it: id or name of the merchant whose reference
	// it is. A merchant leaves it empty or names itself.
	Merchant string `protobuf:"bytes,2,opt,name=merchant,proto3" json:"merchant,omitempty"`
	// For operators, whose keys are their own: whether goods are shown, which takes
	// the role support, PERMISSION_DENIED without it, and is recorded. Merchants
	// and keys of admin scope have goods shown in any case.
	ShowGoods     bool `protobuf:"varint,3,opt,name=show_goods,json=showGoods,proto3" json:"show_goods,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *GetOrderByReferenceRequest) Reset() {
	*x = GetOrderByReferenceRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[8]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *GetOrderByReferenceRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*GetOrderByReferenceRequest) ProtoMessage() {}

func (x *GetOrderByReferenceRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[8]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use GetOrderByReferenceRequest.ProtoReflect.Descriptor instead.
func (*GetOrderByReferenceRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{8}
}

func (x *GetOrderByReferenceRequest) GetReferenceId() string {
	if x != nil {
		return x.ReferenceId
	}
	return ""
}

func (x *GetOrderByReferenceRequest) GetMerchant() string {
	if x != nil {
		return x.Merchant
	}
	return ""
}

func (x *GetOrderByReferenceRequest) GetShowGoods() bool {
	if x != nil {
		return x.ShowGoods
	}
	return false
}

// GetOrderByReferenceResponse has the order. In REST the body is the order
// itself.
type GetOrderByReferenceResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The order with its goods. Always set.
	Order         *Order `protobuf:"bytes,1,opt,name=order,proto3" json:"order,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *GetOrderByReferenceResponse) Reset() {
	*x = GetOrderByReferenceResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[9]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *GetOrderByReferenceResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*GetOrderByReferenceResponse) ProtoMessage() {}

func (x *GetOrderByReferenceResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[9]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use GetOrderByReferenceResponse.ProtoReflect.Descriptor instead.
func (*GetOrderByReferenceResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{9}
}

func (x *GetOrderByReferenceResponse) GetOrder() *Order {
	if x != nil {
		return x.Order
	}
	return nil
}

// ListOrdersRequest filters and pages orders.
type ListOrdersRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Most orders wanted: 0 (meaning 50) to 1000.
	PageSize int32 `protobuf:"varint,1,opt,name=page_size,json=pageSize,proto3" json:"page_size,omitempty"`
	// `next_page_token` of the page before; empty for the first page.
	PageToken string `protobuf:"bytes,2,opt,name=page_token,json=pageToken,proto3" json:"page_token,omitempty"`
	// Only orders in one of these states. Empty for every state.
	Status []OrderStatus `protobuf:"varint,3,rep,packed,name=status,proto3,enum=orderhub.v1.OrderStatus" json:"status,omitempty"`
	// Only orders created at this time or later. Absent for no bound.
	CreateTimeFrom *timestamppb.Timestamp `protobuf:"bytes,4,opt,name=create_time_from,json=createTimeFrom,proto3" json:"create_time_from,omitempty"`
	// Only orders created before this time. Absent for no bound.
	CreateTimeTo *timestamppb.Timestamp `protobuf:"bytes,5,opt,name=create_time_to,json=createTimeTo,proto3" json:"create_time_to,omitempty"`
	// Only the order with exactly this reference. Empty for any.
	ReferenceId string `protobuf:"bytes,6,opt,name=reference_id,json=referenceId,proto3" json:"reference_id,omitempty"`
	// Only orders whose reference starts with this, letter case counting. Empty
	// for any.
	ReferenceIdPrefix string `protobuf:"bytes,7,opt,name=reference_id_prefix,json=referenceIdPrefix,proto3" json:"reference_id_prefix,omitempty"`
	// For operators: id or name of the merchant whose orders are wanted. Empty for
	// all merchants'. A merchant leaves it empty or names itself.
	Merchant string `protobuf:"bytes,8,opt,name=merchant,proto3" json:"merchant,omitempty"`
	// Only the order with exactly this number. Empty for any.
	OrderNumber string `protobuf:"bytes,9,opt,name=order_number,json=orderNumber,proto3" json:"order_number,omitempty"`
	// Only orders whose number starts with this, letter case counting. Empty for
	// any. The hub's own numbers begin with their time: the longer the beginning of
	// one, the fewer orders are looked through.
	OrderNumberPrefix string `protobuf:"bytes,10,opt,name=order_number_prefix,json=orderNumberPrefix,proto3" json:"order_number_prefix,omitempty"`
	// Only orders with a line of this SKU, as it was when they were placed. Empty
	// for any.
	Sku string `protobuf:"bytes,11,opt,name=sku,proto3" json:"sku,omitempty"`
	// Only orders that came by this door: "hub", or the name of a partner's door.
	// Empty for any.
	Door          string `protobuf:"bytes,12,opt,name=door,proto3" json:"door,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ListOrdersRequest) Reset() {
	*x = ListOrdersRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[10]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ListOrdersRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ListOrdersRequest) ProtoMessage() {}

func (x *ListOrdersRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[10]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ListOrdersRequest.ProtoReflect.Descriptor instead.
func (*ListOrdersRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{10}
}

func (x *ListOrdersRequest) GetPageSize() int32 {
	if x != nil {
		return x.PageSize
	}
	return 0
}

func (x *ListOrdersRequest) GetPageToken() string {
	if x != nil {
		return x.PageToken
	}
	return ""
}

func (x *ListOrdersRequest) GetStatus() []OrderStatus {
	if x != nil {
		return x.Status
	}
	return nil
}

func (x *ListOrdersRequest) GetCreateTimeFrom() *timestamppb.Timestamp {
	if x != nil {
		return x.CreateTimeFrom
	}
	return nil
}

func (x *ListOrdersRequest) GetCreateTimeTo() *timestamppb.Timestamp {
	if x != nil {
		return x.CreateTimeTo
	}
	return nil
}

func (x *ListOrdersRequest) GetReferenceId() string {
	if x != nil {
		return x.ReferenceId
	}
	return ""
}

func (x *ListOrdersRequest) GetReferenceIdPrefix() string {
	if x != nil {
		return x.ReferenceIdPrefix
	}
	return ""
}

func (x *ListOrdersRequest) GetMerchant() string {
	if x != nil {
		return x.Merchant
	}
	return ""
}

func (x *ListOrdersRequest) GetOrderNumber() string {
	if x != nil {
		return x.OrderNumber
	}
	return ""
}

func (x *ListOrdersRequest) GetOrderNumberPrefix() string {
	if x != nil {
		return x.OrderNumberPrefix
	}
	return ""
}

func (x *ListOrdersRequest) GetSku() string {
	if x != nil {
		return x.Sku
	}
	return ""
}

func (x *ListOrdersRequest) GetDoor() string {
	if x != nil {
		return x.Door
	}
	return ""
}

// ListOrdersResponse is one page of orders.
type ListOrdersResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Newest first, with lines but without goods. Empty when nothing matches.
	Orders []*Order `protobuf:"bytes,1,rep,name=orders,proto3" json:"orders,omitempty"`
	// Token of the next page. Empty on the last page.
	NextPageToken string `protobuf:"bytes,2,opt,name=next_page_token,json=nextPageToken,proto3" json:"next_page_token,omitempty"`
	// When the last order was created that this page looked at, where the page is
	// not full and there are older ones to look at: go on with `next_page_token`.
	LookedBackToTime *timestamppb.Timestamp `protobuf:"bytes,3,opt,name=looked_back_to_time,json=lookedBackToTime,proto3" json:"looked_back_to_time,omitempty"`
	unknownFields    protoimpl.UnknownFields
	sizeCache        protoimpl.SizeCache
}

func (x *ListOrdersResponse) Reset() {
	*x = ListOrdersResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[11]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ListOrdersResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ListOrdersResponse) ProtoMessage() {}

func (x *ListOrdersResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[11]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ListOrdersResponse.ProtoReflect.Descriptor instead.
func (*ListOrdersResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{11}
}

func (x *ListOrdersResponse) GetOrders() []*Order {
	if x != nil {
		return x.Orders
	}
	return nil
}

func (x *ListOrdersResponse) GetNextPageToken() string {
	if x != nil {
		return x.NextPageToken
	}
	return ""
}

func (x *ListOrdersResponse) GetLookedBackToTime() *timestamppb.Timestamp {
	if x != nil {
		return x.LookedBackToTime
	}
	return nil
}

// FindRecipientRequest says whose orders are wanted.
type FindRecipientRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Who receives the goods. Each part that is set must be the order's, exactly;
	// others may be anything. At least one part is set.
	Recipient *Recipient `protobuf:"bytes,1,opt,name=recipient,proto3" json:"recipient,omitempty"`
	// For operators: id or name of the merchant whose orders are wanted. Empty for
	// all merchants'. A merchant leaves it empty or names itself.
	Merchant string `protobuf:"bytes,2,opt,name=merchant,proto3" json:"merchant,omitempty"`
	// Only orders created at this time or later. Absent for no bound.
	CreateTimeFrom *timestamppb.Timestamp `protobuf:"bytes,3,opt,name=create_time_from,json=createTimeFrom,proto3" json:"create_time_from,omitempty"`
	// Only orders created before this time. Absent for no bound.
	CreateTimeTo *timestamppb.Timestamp `protobuf:"bytes,4,opt,name=create_time_to,json=createTimeTo,proto3" json:"create_time_to,omitempty"`
	// Most orders wanted: 0 (meaning 50) to 1000.
	PageSize int32 `protobuf:"varint,5,opt,name=page_size,json=pageSize,proto3" json:"page_size,omitempty"`
	// `next_page_token` of the page before; empty for the first page.
	PageToken     string `protobuf:"bytes,6,opt,name=page_token,json=pageToken,proto3" json:"page_token,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *FindRecipientRequest) Reset() {
	*x = FindRecipientRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[12]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *FindRecipientRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*FindRecipientRequest) ProtoMessage() {}

func (x *FindRecipientRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[12]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use FindRecipientRequest.ProtoReflect.Descriptor instead.
func (*FindRecipientRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{12}
}

func (x *FindRecipientRequest) GetRecipient() *Recipient {
	if x != nil {
		return x.Recipient
	}
	return nil
}

func (x *FindRecipientRequest) GetMerchant() string {
	if x != nil {
		return x.Merchant
	}
	return ""
}

func (x *FindRecipientRequest) GetCreateTimeFrom() *timestamppb.Timestamp {
	if x != nil {
		return x.CreateTimeFrom
	}
	return nil
}

func (x *FindRecipientRequest) GetCreateTimeTo() *timestamppb.Timestamp {
	if x != nil {
		return x.CreateTimeTo
	}
	return nil
}

func (x *FindRecipientRequest) GetPageSize() int32 {
	if x != nil {
		return x.PageSize
	}
	return 0
}

func (x *FindRecipientRequest) GetPageToken() string {
	if x != nil {
		return x.PageToken
	}
	return ""
}

// FindRecipientResponse is one page of the recipient's orders.
type FindRecipientResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Newest first, with lines but without goods. Empty when this page found none.
	Orders []*Order `protobuf:"bytes,1,rep,name=orders,proto3" json:"orders,omitempty"`
	// Token of the next page. Empty when every order has been looked at.
	NextPageToken string `protobuf:"bytes,2,opt,name=next_page_token,json=nextPageToken,proto3" json:"next_page_token,omitempty"`
	// When the last order was created that this page looked at, where there are
	// older ones.
	LookedBackToTime *timestamppb.Timestamp `protobuf:"bytes,3,opt,name=looked_back_to_time,json=lookedBackToTime,proto3" json:"looked_back_to_time,omitempty"`
	// On the first page: numbers of the recipient's open holds, newest first, whatever
	// page_size says. See HoldService.
	OpenHoldNumbers []string `protobuf:"bytes,4,rep,name=open_hold_numbers,json=openHoldNumbers,proto3" json:"open_hold_numbers,omitempty"`
	unknownFields   protoimpl.UnknownFields
	sizeCache       protoimpl.SizeCache
}

func (x *FindRecipientResponse) Reset() {
	*x = FindRecipientResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[13]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *FindRecipientResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*FindRecipientResponse) ProtoMessage() {}

func (x *FindRecipientResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[13]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use FindRecipientResponse.ProtoReflect.Descriptor instead.
func (*FindRecipientResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{13}
}

func (x *FindRecipientResponse) GetOrders() []*Order {
	if x != nil {
		return x.Orders
	}
	return nil
}

func (x *FindRecipientResponse) GetNextPageToken() string {
	if x != nil {
		return x.NextPageToken
	}
	return ""
}

func (x *FindRecipientResponse) GetLookedBackToTime() *timestamppb.Timestamp {
	if x != nil {
		return x.LookedBackToTime
	}
	return nil
}

func (x *FindRecipientResponse) GetOpenHoldNumbers() []string {
	if x != nil {
		return x.OpenHoldNumbers
	}
	return nil
}

// FindGoodsRequest says what is looked for.
type FindGoodsRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// What a unit hands to its buyer, whole: a code, an account. How blanks in it
	// are written does not matter for what came into stock from a file; of anything
	// else it must be the exact text.
	Content string `protobuf:"bytes,1,opt,name=content,proto3" json:"content,omitempty"`
	// `next_page_token` of the page before; empty for the first page.
	PageToken string `protobuf:"bytes,2,opt,name=page_token,json=pageToken,proto3" json:"page_token,omitempty"`
	// Most units to look at, not to find: 0 (meaning 5,000) to 5,000.
	PageSize      int32 `protobuf:"varint,3,opt,name=page_size,json=pageSize,proto3" json:"page_size,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *FindGoodsRequest) Reset() {
	*x = FindGoodsRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[14]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *FindGoodsRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*FindGoodsRequest) ProtoMessage() {}

func (x *FindGoodsRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[14]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use FindGoodsRequest.ProtoReflect.Descriptor instead.
func (*FindGoodsRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{14}
}

func (x *FindGoodsRequest) GetContent() string {
	if x != nil {
		return x.Content
	}
	return ""
}

func (x *FindGoodsRequest) GetPageToken() string {
	if x != nil {
		return x.PageToken
	}
	return ""
}

func (x *FindGoodsRequest) GetPageSize() int32 {
	if x != nil {
		return x.PageSize
	}
	return 0
}

// FindGoodsResponse is one page of what was found.
type FindGoodsResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Units with the content, in no order that means anything. Empty when this page
	// found none.
	Goods []*FoundGoods `protobuf:"bytes,1,rep,name=goods,proto3" json:"goods,omitempty"`
	// Token of the next page. Empty when everything has been looked at.
	NextPageToken string `protobuf:"bytes,2,opt,name=next_page_token,json=nextPageToken,proto3" json:"next_page_token,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *FindGoodsResponse) Reset() {
	*x = FindGoodsResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[15]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *FindGoodsResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*FindGoodsResponse) ProtoMessage() {}

func (x *FindGoodsResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[15]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use FindGoodsResponse.ProtoReflect.Descriptor instead.
func (*FindGoodsResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{15}
}

func (x *FindGoodsResponse) GetGoods() []*FoundGoods {
	if x != nil {
		return x.Goods
	}
	return nil
}

func (x *FindGoodsResponse) GetNextPageToken() string {
	if x != nil {
		return x.NextPageToken
	}
	return ""
}

// FoundGoods is a unit without what it hands to its buyer. Set by the hub.
type FoundGoods struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The unit's number.
	Unit int64 `protobuf:"varint,1,opt,name=unit,proto3" json:"unit,omitempty"`
	// SKU of its product.
	Product string `protobuf:"bytes,2,opt,name=product,proto3" json:"product,omitempty"`
	// What became of it, in the words of ListUnits: "available", "void",
	// "delivered", "used", "cancelled", …
	Status string `protobuf:"bytes,3,opt,name=status,proto3" json:"status,omitempty"`
	// The order that has it. Empty while it is in stock.
	OrderNumber string `protobuf:"bytes,4,opt,name=order_number,json=orderNumber,proto3" json:"order_number,omitempty"`
	// The merchant whose order that is. Empty while it is in stock.
	Merchant string `protobuf:"bytes,5,opt,name=merchant,proto3" json:"merchant,omitempty"`
	// Place of the line within the order, from 1. 0 while it is in stock.
	LinePosition int32 `protobuf:"varint,6,opt,name=line_position,json=linePosition,proto3" json:"line_position,omitempty"`
	// When it was delivered. Absent before.
	DeliverTime   *timestamppb.Timestamp `protobuf:"bytes,7,opt,name=deliver_time,json=deliverTime,proto3" json:"deliver_time,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *FoundGoods) Reset() {
	*x = FoundGoods{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[16]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *FoundGoods) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*FoundGoods) ProtoMessage() {}

func (x *FoundGoods) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[16]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use FoundGoods.ProtoReflect.Descriptor instead.
func (*FoundGoods) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{16}
}

func (x *FoundGoods) GetUnit() int64 {
	if x != nil {
		return x.Unit
	}
	return 0
}

func (x *FoundGoods) GetProduct() string {
	if x != nil {
		return x.Product
	}
	return ""
}

func (x *FoundGoods) GetStatus() string {
	if x != nil {
		return x.Status
	}
	return ""
}

func (x *FoundGoods) GetOrderNumber() string {
	if x != nil {
		return x.OrderNumber
	}
	return ""
}

func (x *FoundGoods) GetMerchant() string {
	if x != nil {
		return x.Merchant
	}
	return ""
}

func (x *FoundGoods) GetLinePosition() int32 {
	if x != nil {
		return x.LinePosition
	}
	return 0
}

func (x *FoundGoods) GetDeliverTime() *timestamppb.Timestamp {
	if x != nil {
		return x.DeliverTime
	}
	return nil
}

// CancelOrderRequest says what to cancel.
type CancelOrderRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The hub's number of the order.
	OrderNumber string `protobuf:"bytes,1,opt,name=order_number,json=orderNumber,proto3" json:"order_number,omitempty"`
	// Why, for people; kept in the event of the cancellation. At most 500
	// characters, may be empty.
	Reason string `protobuf:"bytes,2,opt,name=reason,proto3" json:"reason,omitempty"`
	// The lines to cancel, each at most once. Empty for the whole order.
	Lines         []*CancelOrderLine `protobuf:"bytes,3,rep,name=lines,proto3" json:"lines,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *CancelOrderRequest) Reset() {
	*x = CancelOrderRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[17]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *CancelOrderRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*CancelOrderRequest) ProtoMessage() {}

func (x *CancelOrderRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[17]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use CancelOrderRequest.ProtoReflect.Descriptor instead.
func (*CancelOrderRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{17}
}

func (x *CancelOrderRequest) GetOrderNumber() string {
	if x != nil {
		return x.OrderNumber
	}
	return ""
}

func (x *CancelOrderRequest) GetReason() string {
	if x != nil {
		return x.Reason
	}
	return ""
}

func (x *CancelOrderRequest) GetLines() []*CancelOrderLine {
	if x != nil {
		return x.Lines
	}
	return nil
}

// CancelOrderLine names a line, or some tickets of it.
type CancelOrderLine struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Place of the line in its order, from 1.
	Position int32 `protobuf:"varint,1,opt,name=position,proto3" json:"position,omitempty"`
	// Codes of the tickets to cancel, at most 1000. Empty for everything of the
	// line that can be cancelled.
	TicketCodes   []string `protobuf:"bytes,2,rep,name=ticket_codes,json=ticketCodes,proto3" json:"ticket_codes,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *CancelOrderLine) Reset() {
	*x = CancelOrderLine{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[18]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *CancelOrderLine) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*CancelOrderLine) ProtoMessage() {}

func (x *CancelOrderLine) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[18]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use CancelOrderLine.ProtoReflect.Descriptor instead.
func (*CancelOrderLine) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{18}
}

func (x *CancelOrderLine) GetPosition() int32 {
	if x != nil {
		return x.Position
	}
	return 0
}

func (x *CancelOrderLine) GetTicketCodes() []string {
	if x != nil {
		return x.TicketCodes
	}
	return nil
}

// CancelOrderResponse has the order after the cancellation. In REST the body is
// the order itself.
type CancelOrderResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The order with its goods. Always set.
	Order         *Order `protobuf:"bytes,1,opt,name=order,proto3" json:"order,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *CancelOrderResponse) Reset() {
	*x = CancelOrderResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[19]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *CancelOrderResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*CancelOrderResponse) ProtoMessage() {}

func (x *CancelOrderResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[19]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use CancelOrderResponse.ProtoReflect.Descriptor instead.
func (*CancelOrderResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{19}
}

func (x *CancelOrderResponse) GetOrder() *Order {
	if x != nil {
		return x.Order
	}
	return nil
}

// EraseOrderRequest names the order whose customer is to be forgotten.
type EraseOrderRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The hub's number of the order.
	OrderNumber string `protobuf:"bytes,1,opt,name=order_number,json=orderNumber,proto3" json:"order_number,omitempty"`
	// Erase the contents of the delivered goods too. They cannot be shown again,
	// also not to settle a claim.
	Goods bool `protobuf:"varint,2,opt,name=goods,proto3" json:"goods,omitempty"`
	// Change nothing: only refuse what would be refused.
	DryRun        bool `protobuf:"varint,3,opt,name=dry_run,json=dryRun,proto3" json:"dry_run,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *EraseOrderRequest) Reset() {
	*x = EraseOrderRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[20]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *EraseOrderRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*EraseOrderRequest) ProtoMessage() {}

func (x *EraseOrderRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[20]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use EraseOrderRequest.ProtoReflect.Descriptor instead.
func (*EraseOrderRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{20}
}

func (x *EraseOrderRequest) GetOrderNumber() string {
	if x != nil {
		return x.OrderNumber
	}
	return ""
}

func (x *EraseOrderRequest) GetGoods() bool {
	if x != nil {
		return x.Goods
	}
	return false
}

func (x *EraseOrderRequest) GetDryRun() bool {
	if x != nil {
		return x.DryRun
	}
	return false
}

// EraseOrderResponse has the order afterwards; after a dry run, as it is. In REST the body is the order
// itself.
type EraseOrderResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The order. Always set.
	Order         *Order `protobuf:"bytes,1,opt,name=order,proto3" json:"order,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *EraseOrderResponse) Reset() {
	*x = EraseOrderResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[21]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *EraseOrderResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*EraseOrderResponse) ProtoMessage() {}

func (x *EraseOrderResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[21]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use EraseOrderResponse.ProtoReflect.Descriptor instead.
func (*EraseOrderResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{21}
}

func (x *EraseOrderResponse) GetOrder() *Order {
	if x != nil {
		return x.Order
	}
	return nil
}

// EraseRecipientRequest says who is to be forgotten: by `recipient`, by `value`,
// or by both, which then have to fit the same order.
type EraseRecipientRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Who received the goods. Each part that is set must be the order's, exactly;
	// others may be anything.
	Recipient *Recipient `protobuf:"bytes,1,opt,name=recipient,proto3" json:"recipient,omitempty"`
	// What the customer is known by: orders are meant that have it, letter case
	// aside, as a part of the recipient, as the value of a line's field or of
	// metadata, or in what a door keeps. An e-mail address for instance.
	Value string `protobuf:"bytes,2,opt,name=value,proto3" json:"value,omitempty"`
	// Only orders of this merchant: id or name. Empty for all merchants'.
	Merchant string `protobuf:"bytes,3,opt,name=merchant,proto3" json:"merchant,omitempty"`
	// Erase the contents of the delivered goods too.
	Goods bool `protobuf:"varint,4,opt,name=goods,proto3" json:"goods,omitempty"`
	// Only count.
	DryRun bool `protobuf:"varint,5,opt,name=dry_run,json=dryRun,proto3" json:"dry_run,omitempty"`
	// `next_page_token` of the call before; empty for the first.
	PageToken string `protobuf:"bytes,6,opt,name=page_token,json=pageToken,proto3" json:"page_token,omitempty"`
	// Most orders to read, not to erase: 0 (meaning 500) to 1000.
	PageSize      int32 `protobuf:"varint,7,opt,name=page_size,json=pageSize,proto3" json:"page_size,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *EraseRecipientRequest) Reset() {
	*x = EraseRecipientRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[22]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *EraseRecipientRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*EraseRecipientRequest) ProtoMessage() {}

func (x *EraseRecipientRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[22]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use EraseRecipientRequest.ProtoReflect.Descriptor instead.
func (*EraseRecipientRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{22}
}

func (x *EraseRecipientRequest) GetRecipient() *Recipient {
	if x != nil {
		return x.Recipient
	}
	return nil
}

func (x *EraseRecipientRequest) GetValue() string {
	if x != nil {
		return x.Value
	}
	return ""
}

func (x *EraseRecipientRequest) GetMerchant() string {
	if x != nil {
		return x.Merchant
	}
	return ""
}

func (x *EraseRecipientRequest) GetGoods() bool {
	if x != nil {
		return x.Goods
	}
	return false
}

func (x *EraseRecipientRequest) GetDryRun() bool {
	if x != nil {
		return x.DryRun
	}
	return false
}

func (x *EraseRecipientRequest) GetPageToken() string {
	if x != nil {
		return x.PageToken
	}
	return ""
}

func (x *EraseRecipientRequest) GetPageSize() int32 {
	if x != nil {
		return x.PageSize
	}
	return 0
}

// EraseRecipientResponse says what was found among a part of all orders.
type EraseRecipientResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// How many orders were read. Orders that are erased already are left out.
	Read int64 `protobuf:"varint,1,opt,name=read,proto3" json:"read,omitempty"`
	// Numbers of the orders that were erased, or that would be.
	ErasedOrderNumbers []string `protobuf:"bytes,2,rep,name=erased_order_numbers,json=erasedOrderNumbers,proto3" json:"erased_order_numbers,omitempty"`
	// Numbers of the recipient's orders that are not final and were left alone.
	OpenOrderNumbers []string `protobuf:"bytes,3,rep,name=open_order_numbers,json=openOrderNumbers,proto3" json:"open_order_numbers,omitempty"`
	// For the next call; empty when every order has been read.
	NextPageToken string `protobuf:"bytes,4,opt,name=next_page_token,json=nextPageToken,proto3" json:"next_page_token,omitempty"`
	// From the first call: numbers of the recipient's open holds, newest first, which were
	// left alone. A hold forgets its customer as it ends, which ReleaseHold has it do at
	// once; one that is confirmed is an order.
	OpenHoldNumbers []string `protobuf:"bytes,5,rep,name=open_hold_numbers,json=openHoldNumbers,proto3" json:"open_hold_numbers,omitempty"`
	unknownFields   protoimpl.UnknownFields
	sizeCache       protoimpl.SizeCache
}

func (x *EraseRecipientResponse) Reset() {
	*x = EraseRecipientResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[23]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *EraseRecipientResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*EraseRecipientResponse) ProtoMessage() {}

func (x *EraseRecipientResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[23]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use EraseRecipientResponse.ProtoReflect.Descriptor instead.
func (*EraseRecipientResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{23}
}

func (x *EraseRecipientResponse) GetRead() int64 {
	if x != nil {
		return x.Read
	}
	return 0
}

func (x *EraseRecipientResponse) GetErasedOrderNumbers() []string {
	if x != nil {
		return x.ErasedOrderNumbers
	}
	return nil
}

func (x *EraseRecipientResponse) GetOpenOrderNumbers() []string {
	if x != nil {
		return x.OpenOrderNumbers
	}
	return nil
}

func (x *EraseRecipientResponse) GetNextPageToken() string {
	if x != nil {
		return x.NextPageToken
	}
	return ""
}

func (x *EraseRecipientResponse) GetOpenHoldNumbers() []string {
	if x != nil {
		return x.OpenHoldNumbers
	}
	return nil
}

// QuoteOrderRequest is an order that is only to be priced. What a caller would
// send to CreateOrder may be sent as it is: what does not bear on the price is
// ignored.
type QuoteOrderRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// What would be bought, 1 to 100 lines.
	Lines []*OrderLine `protobuf:"bytes,1,rep,name=lines,proto3" json:"lines,omitempty"`
	// Code of a coupon, at most 64 characters. Empty when none would be used.
	Coupon string `protobuf:"bytes,2,opt,name=coupon,proto3" json:"coupon,omitempty"`
	// Who would receive the goods. May be absent.
	Recipient *Recipient `protobuf:"bytes,3,opt,name=recipient,proto3" json:"recipient,omitempty"`
	// Ignored.
	ReferenceId string `protobuf:"bytes,4,opt,name=reference_id,json=referenceId,proto3" json:"reference_id,omitempty"`
	// Ignored.
	NotifyUrl string `protobuf:"bytes,5,opt,name=notify_url,json=notifyUrl,proto3" json:"notify_url,omitempty"`
	// Ignored.
	Metadata map[string]string `protobuf:"bytes,6,rep,name=metadata,proto3" json:"metadata,omitempty" protobuf_key:"bytes,1,opt,name=key" protobuf_val:"bytes,2,opt,name=value"`
	// Ignored.
	ExpectedTotalAmount string `protobuf:"bytes,7,opt,name=expected_total_amount,json=expectedTotalAmount,proto3" json:"expected_total_amount,omitempty"`
	// For operators, who must set it: id or name of the merchant to price for. A
	// merchant leaves it empty or names itself.
	Merchant      string `protobuf:"bytes,20,opt,name=merchant,proto3" json:"merchant,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *QuoteOrderRequest) Reset() {
	*x = QuoteOrderRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[24]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *QuoteOrderRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*QuoteOrderRequest) ProtoMessage() {}

func (x *QuoteOrderRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[24]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use QuoteOrderRequest.ProtoReflect.Descriptor instead.
func (*QuoteOrderRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{24}
}

func (x *QuoteOrderRequest) GetLines() []*OrderLine {
	if x != nil {
		return x.Lines
	}
	return nil
}

func (x *QuoteOrderRequest) GetCoupon() string {
	if x != nil {
		return x.Coupon
	}
	return ""
}

func (x *QuoteOrderRequest) GetRecipient() *Recipient {
	if x != nil {
		return x.Recipient
	}
	return nil
}

func (x *QuoteOrderRequest) GetReferenceId() string {
	if x != nil {
		return x.ReferenceId
	}
	return ""
}

func (x *QuoteOrderRequest) GetNotifyUrl() string {
	if x != nil {
		return x.NotifyUrl
	}
	return ""
}

func (x *QuoteOrderRequest) GetMetadata() map[string]string {
	if x != nil {
		return x.Metadata
	}
	return nil
}

func (x *QuoteOrderRequest) GetExpectedTotalAmount() string {
	if x != nil {
		return x.ExpectedTotalAmount
	}
	return ""
}

func (x *QuoteOrderRequest) GetMerchant() string {
	if x != nil {
		return x.Merchant
	}
	return ""
}

// QuoteOrderResponse has the quote. In REST the body is the quote itself.
type QuoteOrderResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The quote. Always set.
	Quote         *Quote `protobuf:"bytes,1,opt,name=quote,proto3" json:"quote,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *QuoteOrderResponse) Reset() {
	*x = QuoteOrderResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[25]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *QuoteOrderResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*QuoteOrderResponse) ProtoMessage() {}

func (x *QuoteOrderResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[25]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use QuoteOrderResponse.ProtoReflect.Descriptor instead.
func (*QuoteOrderResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{25}
}

func (x *QuoteOrderResponse) GetQuote() *Quote {
	if x != nil {
		return x.Quote
	}
	return nil
}

// Quote is what an order would cost at this moment. Set by the hub; binds
// nobody.
type Quote struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Currency of every amount, ISO 4217: that of the merchant's wallet.
	Currency string `protobuf:"bytes,1,opt,name=currency,proto3" json:"currency,omitempty"`
	// Sum of the lines that have a price, before any discount.
	SubtotalAmount string `protobuf:"bytes,2,opt,name=subtotal_amount,json=subtotalAmount,proto3" json:"subtotal_amount,omitempty"`
	// What the coupon would take off; zero without one.
	DiscountAmount string `protobuf:"bytes,3,opt,name=discount_amount,json=discountAmount,proto3" json:"discount_amount,omitempty"`
	// Subtotal less discount.
	TotalAmount string `protobuf:"bytes,4,opt,name=total_amount,json=totalAmount,proto3" json:"total_amount,omitempty"`
	// One per line asked for, in the same order.
	Lines []*QuoteLine `protobuf:"bytes,5,rep,name=lines,proto3" json:"lines,omitempty"`
	// Whether CreateOrder would accept this order now: every line is available and
	// the balance suffices.
	Orderable bool `protobuf:"varint,6,opt,name=orderable,proto3" json:"orderable,omitempty"`
	// Whether balance and credit limit cover the total.
	SufficientBalance bool `protobuf:"varint,7,opt,name=sufficient_balance,json=sufficientBalance,proto3" json:"sufficient_balance,omitempty"`
	// What balance and credit limit lack to cover the total; zero when they do.
	MissingAmount string `protobuf:"bytes,8,opt,name=missing_amount,json=missingAmount,proto3" json:"missing_amount,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *Quote) Reset() {
	*x = Quote{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[26]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *Quote) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*Quote) ProtoMessage() {}

func (x *Quote) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[26]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use Quote.ProtoReflect.Descriptor instead.
func (*Quote) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{26}
}

func (x *Quote) GetCurrency() string {
	if x != nil {
		return x.Currency
	}
	return ""
}

func (x *Quote) GetSubtotalAmount() string {
	if x != nil {
		return x.SubtotalAmount
	}
	return ""
}

func (x *Quote) GetDiscountAmount() string {
	if x != nil {
		return x.DiscountAmount
	}
	return ""
}

func (x *Quote) GetTotalAmount() string {
	if x != nil {
		return x.TotalAmount
	}
	return ""
}

func (x *Quote) GetLines() []*QuoteLine {
	if x != nil {
		return x.Lines
	}
	return nil
}

func (x *Quote) GetOrderable() bool {
	if x != nil {
		return x.Orderable
	}
	return false
}

func (x *Quote) GetSufficientBalance() bool {
	if x != nil {
		return x.SufficientBalance
	}
	return false
}

func (x *Quote) GetMissingAmount() string {
	if x != nil {
		return x.MissingAmount
	}
	return ""
}

// QuoteLine is one line of a quote. Set by the hub.
type QuoteLine struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Place of the line, from 1.
	Position int32 `protobuf:"varint,1,opt,name=position,proto3" json:"position,omitempty"`
	// SKU as it was asked for.
	Sku string `protobuf:"bytes,2,opt,name=sku,proto3" json:"sku,omitempty"`
	// The product's id; 0 when there is no such product. In JSON a string.
	ProductId int64 `protobuf:"varint,3,opt,name=product_id,json=productId,proto3" json:"product_id,omitempty"`
	// The product's name; empty when there is no such product.
	ProductName string `protobuf:"bytes,4,opt,name=product_name,json=productName,proto3" json:"product_name,omitempty"`
	// Units asked for.
	Quantity int32 `protobuf:"varint,5,opt,name=quantity,proto3" json:"quantity,omitempty"`
	// Price of one unit; empty when there is no such product.
	UnitPrice string `protobuf:"bytes,6,opt,name=unit_price,json=unitPrice,proto3" json:"unit_price,omitempty"`
	// Unit price × quantity; empty when there is no such product.
	SubtotalAmount string `protobuf:"bytes,7,opt,name=subtotal_amount,json=subtotalAmount,proto3" json:"subtotal_amount,omitempty"`
	// The line's share of the discount; empty when there is no such product.
	DiscountAmount string `protobuf:"bytes,8,opt,name=discount_amount,json=discountAmount,proto3" json:"discount_amount,omitempty"`
	// Subtotal less discount; empty when there is no such product.
	TotalAmount string `protobuf:"bytes,9,opt,name=total_amount,json=totalAmount,proto3" json:"total_amount,omitempty"`
	// Whether the line could be ordered now.
	Available bool `protobuf:"varint,10,opt,name=available,proto3" json:"available,omitempty"`
	// Units that could be sold now, on `use_date` for a dated product; 1,000,000
	// where the number is not known or not limited.
	Stock int32 `protobuf:"varint,11,opt,name=stock,proto3" json:"stock,omitempty"`
	// Why the line could not be ordered: one of the error reasons, such as
	// PRODUCT_NOT_FOUND, OUT_OF_STOCK or QUANTITY_NOT_ALLOWED. Empty when it could.
	FailureCode string `protobuf:"bytes,12,opt,name=failure_code,json=failureCode,proto3" json:"failure_code,omitempty"`
	// The same for people. Empty when the line could be ordered.
	FailureMessage string `protobuf:"bytes,13,opt,name=failure_message,json=failureMessage,proto3" json:"failure_message,omitempty"`
	// Who would deliver what is not in stock. For operators only, of products that
	// providers deliver.
	Supply *QuoteSupply `protobuf:"bytes,20,opt,name=supply,proto3" json:"supply,omitempty"`
	// What made `unit_price`, as OrderLine.price_rule. For operators only.
	PriceRule     string `protobuf:"bytes,21,opt,name=price_rule,json=priceRule,proto3" json:"price_rule,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *QuoteLine) Reset() {
	*x = QuoteLine{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[27]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *QuoteLine) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*QuoteLine) ProtoMessage() {}

func (x *QuoteLine) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[27]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use QuoteLine.ProtoReflect.Descriptor instead.
func (*QuoteLine) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{27}
}

func (x *QuoteLine) GetPosition() int32 {
	if x != nil {
		return x.Position
	}
	return 0
}

func (x *QuoteLine) GetSku() string {
	if x != nil {
		return x.Sku
	}
	return ""
}

func (x *QuoteLine) GetProductId() int64 {
	if x != nil {
		return x.ProductId
	}
	return 0
}

func (x *QuoteLine) GetProductName() string {
	if x != nil {
		return x.ProductName
	}
	return ""
}

func (x *QuoteLine) GetQuantity() int32 {
	if x != nil {
		return x.Quantity
	}
	return 0
}

func (x *QuoteLine) GetUnitPrice() string {
	if x != nil {
		return x.UnitPrice
	}
	return ""
}

func (x *QuoteLine) GetSubtotalAmount() string {
	if x != nil {
		return x.SubtotalAmount
	}
	return ""
}

func (x *QuoteLine) GetDiscountAmount() string {
	if x != nil {
		return x.DiscountAmount
	}
	return ""
}

func (x *QuoteLine) GetTotalAmount() string {
	if x != nil {
		return x.TotalAmount
	}
	return ""
}

func (x *QuoteLine) GetAvailable() bool {
	if x != nil {
		return x.Available
	}
	return false
}

func (x *QuoteLine) GetStock() int32 {
	if x != nil {
		return x.Stock
	}
	return 0
}

func (x *QuoteLine) GetFailureCode() string {
	if x != nil {
		return x.FailureCode
	}
	return ""
}

func (x *QuoteLine) GetFailureMessage() string {
	if x != nil {
		return x.FailureMessage
	}
	return ""
}

func (x *QuoteLine) GetSupply() *QuoteSupply {
	if x != nil {
		return x.Supply
	}
	return nil
}

func (x *QuoteLine) GetPriceRule() string {
	if x != nil {
		return x.PriceRule
	}
	return ""
}

// QuoteSupply is from whom a line would be bought, and at what margin. Set by the hub;
// never shown to merchants.
type QuoteSupply struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The offer that would be bought from; 0 when none would.
	Offer int64 `protobuf:"varint,1,opt,name=offer,proto3" json:"offer,omitempty"`
	// Name of its provider.
	Provider string `protobuf:"bytes,2,opt,name=provider,proto3" json:"provider,omitempty"`
	// The provider's own code of it.
	ProviderSku string `protobuf:"bytes,3,opt,name=provider_sku,json=providerSku,proto3" json:"provider_sku,omitempty"`
	// What one unit costs, in `cost_currency`.
	Cost string `protobuf:"bytes,4,opt,name=cost,proto3" json:"cost,omitempty"`
	// Currency of the cost, ISO 4217.
	CostCurrency string `protobuf:"bytes,5,opt,name=cost_currency,json=costCurrency,proto3" json:"cost_currency,omitempty"`
	// What all units cost, in the quote's currency: by a list that is held for a person
	// where that says more than the offer. Empty when the cost is not known, or no
	// exchange rate says so.
	CostAmount string `protobuf:"bytes,6,opt,name=cost_amount,json=costAmount,proto3" json:"cost_amount,omitempty"`
	// What is left of the line's total at that cost; negative for a loss. Empty where
	// `cost_amount` is.
	MarginAmount string `protobuf:"bytes,7,opt,name=margin_amount,json=marginAmount,proto3" json:"margin_amount,omitempty"`
	// Offers that would be passed over, best first, each with the reason, for people.
	PassedOver    []string `protobuf:"bytes,8,rep,name=passed_over,json=passedOver,proto3" json:"passed_over,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *QuoteSupply) Reset() {
	*x = QuoteSupply{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[28]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *QuoteSupply) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*QuoteSupply) ProtoMessage() {}

func (x *QuoteSupply) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[28]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use QuoteSupply.ProtoReflect.Descriptor instead.
func (*QuoteSupply) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{28}
}

func (x *QuoteSupply) GetOffer() int64 {
	if x != nil {
		return x.Offer
	}
	return 0
}

func (x *QuoteSupply) GetProvider() string {
	if x != nil {
		return x.Provider
	}
	return ""
}

func (x *QuoteSupply) GetProviderSku() string {
	if x != nil {
		return x.ProviderSku
	}
	return ""
}

func (x *QuoteSupply) GetCost() string {
	if x != nil {
		return x.Cost
	}
	return ""
}

func (x *QuoteSupply) GetCostCurrency() string {
	if x != nil {
		return x.CostCurrency
	}
	return ""
}

func (x *QuoteSupply) GetCostAmount() string {
	if x != nil {
		return x.CostAmount
	}
	return ""
}

func (x *QuoteSupply) GetMarginAmount() string {
	if x != nil {
		return x.MarginAmount
	}
	return ""
}

func (x *QuoteSupply) GetPassedOver() []string {
	if x != nil {
		return x.PassedOver
	}
	return nil
}

// ListOrderEventsRequest names an order and pages its events.
type ListOrderEventsRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The hub's number of the order.
	OrderNumber string `protobuf:"bytes,1,opt,name=order_number,json=orderNumber,proto3" json:"order_number,omitempty"`
	// Most events wanted: 0 (meaning 50) to 1000.
	PageSize int32 `protobuf:"varint,2,opt,name=page_size,json=pageSize,proto3" json:"page_size,omitempty"`
	// `next_page_token` of the page before; empty for the first page.
	PageToken string `protobuf:"bytes,3,opt,name=page_token,json=pageToken,proto3" json:"page_token,omitempty"`
	// For operators: id or name of the merchant whose order it must be. Empty for
	// any merchant's. A merchant leaves it empty or names itself.
	Merchant      string `protobuf:"bytes,4,opt,name=merchant,proto3" json:"merchant,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ListOrderEventsRequest) Reset() {
	*x = ListOrderEventsRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[29]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ListOrderEventsRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ListOrderEventsRequest) ProtoMessage() {}

func (x *ListOrderEventsRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[29]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ListOrderEventsRequest.ProtoReflect.Descriptor instead.
func (*ListOrderEventsRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{29}
}

func (x *ListOrderEventsRequest) GetOrderNumber() string {
	if x != nil {
		return x.OrderNumber
	}
	return ""
}

func (x *ListOrderEventsRequest) GetPageSize() int32 {
	if x != nil {
		return x.PageSize
	}
	return 0
}

func (x *ListOrderEventsRequest) GetPageToken() string {
	if x != nil {
		return x.PageToken
	}
	return ""
}

func (x *ListOrderEventsRequest) GetMerchant() string {
	if x != nil {
		return x.Merchant
	}
	return ""
}

// ListOrderEventsResponse is one page of an order's events.
type ListOrderEventsResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Oldest first. Never empty on the first page: an order begins with
	// "order.created".
	Events []*OrderEvent `protobuf:"bytes,1,rep,name=events,proto3" json:"events,omitempty"`
	// Token of the next page. Empty on the last page.
	NextPageToken string `protobuf:"bytes,2,opt,name=next_page_token,json=nextPageToken,proto3" json:"next_page_token,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ListOrderEventsResponse) Reset() {
	*x = ListOrderEventsResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[30]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ListOrderEventsResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ListOrderEventsResponse) ProtoMessage() {}

func (x *ListOrderEventsResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[30]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ListOrderEventsResponse.ProtoReflect.Descriptor instead.
func (*ListOrderEventsResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{30}
}

func (x *ListOrderEventsResponse) GetEvents() []*OrderEvent {
	if x != nil {
		return x.Events
	}
	return nil
}

func (x *ListOrderEventsResponse) GetNextPageToken() string {
	if x != nil {
		return x.NextPageToken
	}
	return ""
}

// OrderEvent is one entry of the log of what happened. Written once, in the same
// moment as the change it tells of, and never altered, but for what EraseOrder
// takes out of `data`. Set by the hub.
type OrderEvent struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The entry's number: 1, 2, 3 and so on per merchant, without gaps, over all of
	// the merchant's orders. In JSON a string, as every 64-bit integer.
	Sequence int64 `protobuf:"varint,1,opt,name=sequence,proto3" json:"sequence,omitempty"`
	// What happened: "order.created", "order.processing", "order.completed",
	// "order.failed", "order.cancelled"; "order.erased" (what the order kept of its
	// customer is gone); where one line changes and the order's
	// status does not, "line.processing", "line.completed", "line.failed",
	// "line.cancelled", "line.units_changed" (some of its units came or failed) or
	// "line.tickets_cancelled"; "claim.created", "claim.refunded", "claim.replaced",
	// "claim.rejected", "claim.replacing" (other units are being bought) and
	// "claim.waiting" (none could be) about delivered units of a line that do not work;
	// "ticket.redeemed"; "wallet.low_balance" (a charge, a hold or an adjustment took
	// the balance below the merchant's threshold), "wallet.adjusted" (the hub's operator corrected the
	// balance) and "webhook.disabled" (an endpoint failed for too long or is gone),
	// which are about no order; "attempt.parked" (part of the order
	// waits for a person at the hub), "attempt.resolved" (that person has decided)
	// or "attempt.disputed" (a provider contradicts what it said before). New types
	// may appear: ignore those you do not know.
	Type string `protobuf:"bytes,2,opt,name=type,proto3" json:"type,omitempty"`
	// Name of the merchant.
	Merchant string `protobuf:"bytes,3,opt,name=merchant,proto3" json:"merchant,omitempty"`
	// The hub's number of the order; empty for an event about none.
	OrderNumber string `protobuf:"bytes,4,opt,name=order_number,json=orderNumber,proto3" json:"order_number,omitempty"`
	// The merchant's own identifier of the order; empty for an event about none.
	ReferenceId string `protobuf:"bytes,5,opt,name=reference_id,json=referenceId,proto3" json:"reference_id,omitempty"`
	// Place of the line concerned, from 1; 0 when the event is about the whole
	// order.
	LinePosition int32 `protobuf:"varint,6,opt,name=line_position,json=linePosition,proto3" json:"line_position,omitempty"`
	// Small facts for people, such as a failure code or an amount given back.
	// Never goods or personal data. May be empty; keys may be added.
	Data map[string]string `protobuf:"bytes,7,rep,name=data,proto3" json:"data,omitempty" protobuf_key:"bytes,1,opt,name=key" protobuf_val:"bytes,2,opt,name=value"`
	// When it happened.
	CreateTime *timestamppb.Timestamp `protobuf:"bytes,8,opt,name=create_time,json=createTime,proto3" json:"create_time,omitempty"`
	// Place of the event in the log of all merchants, to go on from. Only where an
	// operator reads that log; else empty.
	Position      string `protobuf:"bytes,9,opt,name=position,proto3" json:"position,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *OrderEvent) Reset() {
	*x = OrderEvent{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[31]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *OrderEvent) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*OrderEvent) ProtoMessage() {}

func (x *OrderEvent) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[31]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use OrderEvent.ProtoReflect.Descriptor instead.
func (*OrderEvent) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{31}
}

func (x *OrderEvent) GetSequence() int64 {
	if x != nil {
		return x.Sequence
	}
	return 0
}

func (x *OrderEvent) GetType() string {
	if x != nil {
		return x.Type
	}
	return ""
}

func (x *OrderEvent) GetMerchant() string {
	if x != nil {
		return x.Merchant
	}
	return ""
}

func (x *OrderEvent) GetOrderNumber() string {
	if x != nil {
		return x.OrderNumber
	}
	return ""
}

func (x *OrderEvent) GetReferenceId() string {
	if x != nil {
		return x.ReferenceId
	}
	return ""
}

func (x *OrderEvent) GetLinePosition() int32 {
	if x != nil {
		return x.LinePosition
	}
	return 0
}

func (x *OrderEvent) GetData() map[string]string {
	if x != nil {
		return x.Data
	}
	return nil
}

func (x *OrderEvent) GetCreateTime() *timestamppb.Timestamp {
	if x != nil {
		return x.CreateTime
	}
	return nil
}

func (x *OrderEvent) GetPosition() string {
	if x != nil {
		return x.Position
	}
	return ""
}

// ListEventsRequest says where to start.
type ListEventsRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Only events after this sequence number: that of the last event seen, or 0 for
	// all that are kept. Only for the log of one merchant. In JSON a string or a
	// number.
	AfterSequence int64 `protobuf:"varint,1,opt,name=after_sequence,json=afterSequence,proto3" json:"after_sequence,omitempty"`
	// Most events wanted: 0 (meaning 50) to 1000.
	PageSize int32 `protobuf:"varint,2,opt,name=page_size,json=pageSize,proto3" json:"page_size,omitempty"`
	// Only events of these types, at most 20. Empty for all.
	EventTypes []string `protobuf:"bytes,3,rep,name=event_types,json=eventTypes,proto3" json:"event_types,omitempty"`
	// For operators: id or name of the merchant whose log to read. Empty for the
	// log of all merchants. A merchant leaves it empty or names itself.
	Merchant string `protobuf:"bytes,4,opt,name=merchant,proto3" json:"merchant,omitempty"`
	// Only events after this place in the log of all merchants: `position` of the
	// last event seen, or empty for all that is kept. Only for that log.
	AfterPosition string `protobuf:"bytes,5,opt,name=after_position,json=afterPosition,proto3" json:"after_position,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ListEventsRequest) Reset() {
	*x = ListEventsRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[32]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ListEventsRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ListEventsRequest) ProtoMessage() {}

func (x *ListEventsRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[32]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ListEventsRequest.ProtoReflect.Descriptor instead.
func (*ListEventsRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{32}
}

func (x *ListEventsRequest) GetAfterSequence() int64 {
	if x != nil {
		return x.AfterSequence
	}
	return 0
}

func (x *ListEventsRequest) GetPageSize() int32 {
	if x != nil {
		return x.PageSize
	}
	return 0
}

func (x *ListEventsRequest) GetEventTypes() []string {
	if x != nil {
		return x.EventTypes
	}
	return nil
}

func (x *ListEventsRequest) GetMerchant() string {
	if x != nil {
		return x.Merchant
	}
	return ""
}

func (x *ListEventsRequest) GetAfterPosition() string {
	if x != nil {
		return x.AfterPosition
	}
	return ""
}

// ListEventsResponse is a piece of the log.
type ListEventsResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Oldest first. Empty when there is nothing new.
	Events []*OrderEvent `protobuf:"bytes,1,rep,name=events,proto3" json:"events,omitempty"`
	// What to ask for next as `after_sequence`. In JSON a string. 0 with the log of
	// all merchants.
	NextAfterSequence int64 `protobuf:"varint,2,opt,name=next_after_sequence,json=nextAfterSequence,proto3" json:"next_after_sequence,omitempty"`
	// What to ask for next as `after_position`. Empty with the log of one merchant,
	// and at the beginning of that of all.
	NextAfterPosition string `protobuf:"bytes,3,opt,name=next_after_position,json=nextAfterPosition,proto3" json:"next_after_position,omitempty"`
	// More events exist already.
	More          bool `protobuf:"varint,4,opt,name=more,proto3" json:"more,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ListEventsResponse) Reset() {
	*x = ListEventsResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[33]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ListEventsResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ListEventsResponse) ProtoMessage() {}

func (x *ListEventsResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[33]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ListEventsResponse.ProtoReflect.Descriptor instead.
func (*ListEventsResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{33}
}

func (x *ListEventsResponse) GetEvents() []*OrderEvent {
	if x != nil {
		return x.Events
	}
	return nil
}

func (x *ListEventsResponse) GetNextAfterSequence() int64 {
	if x != nil {
		return x.NextAfterSequence
	}
	return 0
}

func (x *ListEventsResponse) GetNextAfterPosition() string {
	if x != nil {
		return x.NextAfterPosition
	}
	return ""
}

func (x *ListEventsResponse) GetMore() bool {
	if x != nil {
		return x.More
	}
	return false
}

// WatchOrdersRequest says where to start.
type WatchOrdersRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Send the events after this sequence number: the last one seen, or 0 for all
	// that are kept. In JSON a string or a number.
	AfterSequence int64 `protobuf:"varint,1,opt,name=after_sequence,json=afterSequence,proto3" json:"after_sequence,omitempty"`
	// For operators: id or name of the merchant to watch. Empty for all merchants.
	// A merchant leaves it empty or names itself.
	Merchant string `protobuf:"bytes,2,opt,name=merchant,proto3" json:"merchant,omitempty"`
	// Only events of these types, at most 20. Empty for all.
	EventTypes []string `protobuf:"bytes,3,rep,name=event_types,json=eventTypes,proto3" json:"event_types,omitempty"`
	// Send the events after this place in the log of all merchants: `position` of
	// the last event seen, or empty for the whole log. Only for that log.
	AfterPosition string `protobuf:"bytes,4,opt,name=after_position,json=afterPosition,proto3" json:"after_position,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *WatchOrdersRequest) Reset() {
	*x = WatchOrdersRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[34]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *WatchOrdersRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*WatchOrdersRequest) ProtoMessage() {}

func (x *WatchOrdersRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[34]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use WatchOrdersRequest.ProtoReflect.Descriptor instead.
func (*WatchOrdersRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{34}
}

func (x *WatchOrdersRequest) GetAfterSequence() int64 {
	if x != nil {
		return x.AfterSequence
	}
	return 0
}

func (x *WatchOrdersRequest) GetMerchant() string {
	if x != nil {
		return x.Merchant
	}
	return ""
}

func (x *WatchOrdersRequest) GetEventTypes() []string {
	if x != nil {
		return x.EventTypes
	}
	return nil
}

func (x *WatchOrdersRequest) GetAfterPosition() string {
	if x != nil {
		return x.AfterPosition
	}
	return ""
}

// CreateWatchTicketRequest asks for a ticket to the caller's own stream.
type CreateWatchTicketRequest struct {
	state         protoimpl.MessageState `protogen:"open.v1"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *CreateWatchTicketRequest) Reset() {
	*x = CreateWatchTicketRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[35]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *CreateWatchTicketRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*CreateWatchTicketRequest) ProtoMessage() {}

func (x *CreateWatchTicketRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[35]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use CreateWatchTicketRequest.ProtoReflect.Descriptor instead.
func (*CreateWatchTicketRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{35}
}

// CreateWatchTicketResponse has the ticket.
type CreateWatchTicketResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// The ticket, of letters, digits, - and _. Always set.
	Ticket string `protobuf:"bytes,1,opt,name=ticket,proto3" json:"ticket,omitempty"`
	// Until when it opens a stream. Always set.
	ExpireTime    *timestamppb.Timestamp `protobuf:"bytes,2,opt,name=expire_time,json=expireTime,proto3" json:"expire_time,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *CreateWatchTicketResponse) Reset() {
	*x = CreateWatchTicketResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[36]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *CreateWatchTicketResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*CreateWatchTicketResponse) ProtoMessage() {}

func (x *CreateWatchTicketResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[36]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use CreateWatchTicketResponse.ProtoReflect.Descriptor instead.
func (*CreateWatchTicketResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{36}
}

func (x *CreateWatchTicketResponse) GetTicket() string {
	if x != nil {
		return x.Ticket
	}
	return ""
}

func (x *CreateWatchTicketResponse) GetExpireTime() *timestamppb.Timestamp {
	if x != nil {
		return x.ExpireTime
	}
	return nil
}

// WatchOrdersResponse is one message of the stream.
type WatchOrdersResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// What happened. Absent from a heartbeat.
	Event *OrderEvent `protobuf:"bytes,1,opt,name=event,proto3" json:"event,omitempty"`
	// When the hub sent this, in a message without an event: the stream is open and
	// there is nothing yet, or nothing has happened for 15 seconds.
	HeartbeatTime *timestamppb.Timestamp `protobuf:"bytes,2,opt,name=heartbeat_time,json=heartbeatTime,proto3" json:"heartbeat_time,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *WatchOrdersResponse) Reset() {
	*x = WatchOrdersResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[37]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *WatchOrdersResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*WatchOrdersResponse) ProtoMessage() {}

func (x *WatchOrdersResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[37]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use WatchOrdersResponse.ProtoReflect.Descriptor instead.
func (*WatchOrdersResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{37}
}

func (x *WatchOrdersResponse) GetEvent() *OrderEvent {
	if x != nil {
		return x.Event
	}
	return nil
}

func (x *WatchOrdersResponse) GetHeartbeatTime() *timestamppb.Timestamp {
	if x != nil {
		return x.HeartbeatTime
	}
	return nil
}

// ExplainOrderRequest names an order.
type ExplainOrderRequest struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// Number of the order.
	OrderNumber   string `protobuf:"bytes,1,opt,name=order_number,json=orderNumber,proto3" json:"order_number,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ExplainOrderRequest) Reset() {
	*x = ExplainOrderRequest{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[38]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ExplainOrderRequest) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ExplainOrderRequest) ProtoMessage() {}

func (x *ExplainOrderRequest) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[38]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ExplainOrderRequest.ProtoReflect.Descriptor instead.
func (*ExplainOrderRequest) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{38}
}

func (x *ExplainOrderRequest) GetOrderNumber() string {
	if x != nil {
		return x.OrderNumber
	}
	return ""
}

// ExplainOrderResponse is an order's story.
type ExplainOrderResponse struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// What happened, in order. Always some.
	Steps []*ExplainedStep `protobuf:"bytes,1,rep,name=steps,proto3" json:"steps,omitempty"`
	// What happens next; empty when nothing will by itself.
	Next string `protobuf:"bytes,2,opt,name=next,proto3" json:"next,omitempty"`
	// When that is, at the earliest. Absent without a moment.
	NextTime      *timestamppb.Timestamp `protobuf:"bytes,3,opt,name=next_time,json=nextTime,proto3" json:"next_time,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ExplainOrderResponse) Reset() {
	*x = ExplainOrderResponse{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[39]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ExplainOrderResponse) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ExplainOrderResponse) ProtoMessage() {}

func (x *ExplainOrderResponse) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[39]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ExplainOrderResponse.ProtoReflect.Descriptor instead.
func (*ExplainOrderResponse) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{39}
}

func (x *ExplainOrderResponse) GetSteps() []*ExplainedStep {
	if x != nil {
		return x.Steps
	}
	return nil
}

func (x *ExplainOrderResponse) GetNext() string {
	if x != nil {
		return x.Next
	}
	return ""
}

func (x *ExplainOrderResponse) GetNextTime() *timestamppb.Timestamp {
	if x != nil {
		return x.NextTime
	}
	return nil
}

// ExplainedStep is one thing that happened to an order.
type ExplainedStep struct {
	state protoimpl.MessageState `protogen:"open.v1"`
	// When. Always set.
	Time *timestamppb.Timestamp `protobuf:"bytes,1,opt,name=time,proto3" json:"time,omitempty"`
	// Position of the line that it is about, from 1; 0 for the whole order.
	LinePosition int32 `protobuf:"varint,2,opt,name=line_position,json=linePosition,proto3" json:"line_position,omitempty"`
	// What happened, a sentence in English. Nothing secret.
	Text          string `protobuf:"bytes,3,opt,name=text,proto3" json:"text,omitempty"`
	unknownFields protoimpl.UnknownFields
	sizeCache     protoimpl.SizeCache
}

func (x *ExplainedStep) Reset() {
	*x = ExplainedStep{}
	mi := &file_orderhub_v1_order_service_proto_msgTypes[40]
	ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
	ms.StoreMessageInfo(mi)
}

func (x *ExplainedStep) String() string {
	return protoimpl.X.MessageStringOf(x)
}

func (*ExplainedStep) ProtoMessage() {}

func (x *ExplainedStep) ProtoReflect() protoreflect.Message {
	mi := &file_orderhub_v1_order_service_proto_msgTypes[40]
	if x != nil {
		ms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))
		if ms.LoadMessageInfo() == nil {
			ms.StoreMessageInfo(mi)
		}
		return ms
	}
	return mi.MessageOf(x)
}

// Deprecated: Use ExplainedStep.ProtoReflect.Descriptor instead.
func (*ExplainedStep) Descriptor() ([]byte, []int) {
	return file_orderhub_v1_order_service_proto_rawDescGZIP(), []int{40}
}

func (x *ExplainedStep) GetTime() *timestamppb.Timestamp {
	if x != nil {
		return x.Time
	}
	return nil
}

func (x *ExplainedStep) GetLinePosition() int32 {
	if x != nil {
		return x.LinePosition
	}
	return 0
}

func (x *ExplainedStep) GetText() string {
	if x != nil {
		return x.Text
	}
	return ""
}

var File_orderhub_v1_order_service_proto protoreflect.FileDescriptor

const file_orderhub_v1_order_service_proto_rawDesc = "" +
	"\n" +
	"\x1forderhub/v1/order_service.proto\x12\vorderhub.v1\x1a\x1bbuf/validate/validate.proto\x1a\x1cgoogle/api/annotations.proto\x1a\x1fgoogle/api/field_behavior.proto\x1a\x1fgoogle/protobuf/timestamp.proto\x1a\x17orderhub/v1/rules.proto\"\xfa\t\n" +
	"\x05Order\x12&\n" +
	"\forder_number\x18\x01 \x01(\tB\x03\xe0A\x03R\vorderNumber\x128\n" +
	"\freference_id\x18\x02 \x01(\tB\x15\xe0A\x02\xe0A\x05\xbaH\f\xc8\x01\x01r\a\x88\xea0\x01\x18\xff\x01R\vreferenceId\x12\x1f\n" +
	"\bmerchant\x18\x03 \x01(\tB\x03\xe0A\x03R\bmerchant\x125\n" +
	"\x06status\x18\x04 \x01(\x0e2\x18.orderhub.v1.OrderStatusB\x03\xe0A\x03R\x06status\x12<\n" +
	"\trecipient\x18\x05 \x01(\v2\x16.orderhub.v1.RecipientB\x06\xe0A\x01\xe0A\x05R\trecipient\x12>\n" +
	"\x05lines\x18\x06 \x03(\v2\x16.orderhub.v1.OrderLineB\x10\xe0A\x02\xe0A\x05\xbaH\a\x92\x01\x04\b\x01\x10dR\x05lines\x12,\n" +
	"\x06coupon\x18\a \x01(\tB\x14\xe0A\x01\xe0A\x05\xbaH\v\xd8\x01\x01r\x06\x88\xea0\x01\x18@R\x06coupon\x124\n" +
	"\n" +
	"notify_url\x18\b \x01(\tB\x15\xe0A\x01\xe0A\x05\xbaH\f\xd8\x01\x01r\a\xa8\xea0\x01\x18\x80\x10R\tnotifyUrl\x12b\n" +
	"\bmetadata\x18\t \x03(\v2 .orderhub.v1.Order.MetadataEntryB$\xe0A\x01\xe0A\x05\xbaH\x1b\xd8\x01\x01\x9a\x01\x15\x102\"\n" +
	"r\b\x88\xea0\x01\x10\x01\x18@*\x05r\x03\x18\xf4\x03R\bmetadata\x12F\n" +
	"\x15expected_total_amount\x18\n" +
	" \x01(\tB\x12\xe0A\x01\xe0A\x04\xbaH\t\xd8\x01\x01r\x04\x90\xea0\x01R\x13expectedTotalAmount\x12\x1f\n" +
	"\bcurrency\x18\v \x01(\tB\x03\xe0A\x03R\bcurrency\x12,\n" +
	"\x0fsubtotal_amount\x18\f \x01(\tB\x03\xe0A\x03R\x0esubtotalAmount\x12,\n" +
	"\x0fdiscount_amount\x18\r \x01(\tB\x03\xe0A\x03R\x0ediscountAmount\x12&\n" +
	"\ftotal_amount\x18\x0e \x01(\tB\x03\xe0A\x03R\vtotalAmount\x12,\n" +
	"\x0frefunded_amount\x18\x0f \x01(\tB\x03\xe0A\x03R\x0erefundedAmount\x12&\n" +
	"\ffailure_code\x18\x10 \x01(\tB\x03\xe0A\x03R\vfailureCode\x12,\n" +
	"\x0ffailure_message\x18\x11 \x01(\tB\x03\xe0A\x03R\x0efailureMessage\x12\x17\n" +
	"\x04door\x18\x12 \x01(\tB\x03\xe0A\x03R\x04door\x12@\n" +
	"\vcreate_time\x18\x13 \x01(\v2\x1a.google.protobuf.TimestampB\x03\xe0A\x03R\n" +
	"createTime\x12@\n" +
	"\vupdate_time\x18\x14 \x01(\v2\x1a.google.protobuf.TimestampB\x03\xe0A\x03R\n" +
	"updateTime\x12D\n" +
	"\rcomplete_time\x18\x15 \x01(\v2\x1a.google.protobuf.TimestampB\x03\xe0A\x03R\fcompleteTime\x12 \n" +
	"\tdoor_data\x18\x16 \x01(\tB\x03\xe0A\x03R\bdoorData\x12>\n" +
	"\n" +
	"erase_time\x18\x17 \x01(\v2\x1a.google.protobuf.TimestampB\x03\xe0A\x03R\teraseTime\x1a;\n" +
	"\rMetadataEntry\x12\x10\n" +
	"\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n" +
	"\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\"\xa0\x01\n" +
	"\tRecipient\x12+\n" +
	"\auser_id\x18\x01 \x01(\tB\x12\xe0A\x01\xbaH\f\xd8\x01\x01r\a\x88\xea0\x01\x18\xff\x01R\x06userId\x12/\n" +
	"\tserver_id\x18\x02 \x01(\tB\x12\xe0A\x01\xbaH\f\xd8\x01\x01r\a\x88\xea0\x01\x18\xff\x01R\bserverId\x125\n" +
	"\fcharacter_id\x18\x03 \x01(\tB\x12\xe0A\x01\xbaH\f\xd8\x01\x01r\a\x88\xea0\x01\x18\xff\x01R\vcharacterId\"\x83\t\n" +
	"\tOrderLine\x12\x13\n" +
	"\x02id\x18\x01 \x01(\x03B\x03\xe0A\x03R\x02id\x12\x1f\n" +
	"\bposition\x18\x02 \x01(\x05B\x03\xe0A\x03R\bposition\x12&\n" +
	"\x03sku\x18\x03 \x01(\tB\x14\xe0A\x02\xe0A\x05\xbaH\v\xc8\x01\x01r\x06\x88\xea0\x01\x18dR\x03sku\x12-\n" +
	"\bquantity\x18\x04 \x01(\x05B\x11\xe0A\x02\xe0A\x05\xbaH\b\x1a\x06\x18\xc0\x84=(\x01R\bquantity\x12D\n" +
	"\x12external_reference\x18\x05 \x01(\tB\x15\xe0A\x01\xe0A\x05\xbaH\f\xd8\x01\x01r\a\x88\xea0\x01\x18\xff\x01R\x11externalReference\x12d\n" +
	"\x06fields\x18\x06 \x03(\v2\".orderhub.v1.OrderLine.FieldsEntryB(\xe0A\x01\xe0A\x05\xbaH\x1f\xd8\x01\x01\x9a\x01\x19\x102\"\n" +
	"r\b\x88\xea0\x01\x10\x01\x18@*\tr\a\x88\xea0\x01\x18\xe8\aR\x06fields\x12-\n" +
	"\buse_date\x18\a \x01(\tB\x12\xe0A\x01\xe0A\x05\xbaH\t\xd8\x01\x01r\x04\xa0\xea0\x01R\auseDate\x12\"\n" +
	"\n" +
	"product_id\x18\b \x01(\x03B\x03\xe0A\x03R\tproductId\x12&\n" +
	"\fproduct_name\x18\t \x01(\tB\x03\xe0A\x03R\vproductName\x125\n" +
	"\x06status\x18\n" +
	" \x01(\x0e2\x18.orderhub.v1.OrderStatusB\x03\xe0A\x03R\x06status\x122\n" +
	"\x12completed_quantity\x18\v \x01(\x05B\x03\xe0A\x03R\x11completedQuantity\x12,\n" +
	"\x0ffailed_quantity\x18\f \x01(\x05B\x03\xe0A\x03R\x0efailedQuantity\x122\n" +
	"\x12cancelled_quantity\x18\r \x01(\x05B\x03\xe0A\x03R\x11cancelledQuantity\x12\"\n" +
	"\n" +
	"unit_price\x18\x0e \x01(\tB\x03\xe0A\x03R\tunitPrice\x12,\n" +
	"\x0fsubtotal_amount\x18\x0f \x01(\tB\x03\xe0A\x03R\x0esubtotalAmount\x12,\n" +
	"\x0fdiscount_amount\x18\x10 \x01(\tB\x03\xe0A\x03R\x0ediscountAmount\x12&\n" +
	"\ftotal_amount\x18\x11 \x01(\tB\x03\xe0A\x03R\vtotalAmount\x12,\n" +
	"\x0frefunded_amount\x18\x12 \x01(\tB\x03\xe0A\x03R\x0erefundedAmount\x12&\n" +
	"\ffailure_code\x18\x13 \x01(\tB\x03\xe0A\x03R\vfailureCode\x12,\n" +
	"\x0ffailure_message\x18\x14 \x01(\tB\x03\xe0A\x03R\x0efailureMessage\x12-\n" +
	"\x05goods\x18\x15 \x03(\v2\x12.orderhub.v1.GoodsB\x03\xe0A\x03R\x05goods\x12\x17\n" +
	"\x04code\x18\x16 \x01(\tB\x03\xe0A\x03R\x04code\x12\"\n" +
	"\n" +
	"door_state\x18\x17 \x01(\tB\x03\xe0A\x03R\tdoorState\x12\"\n" +
	"\n" +
	"price_rule\x18\x18 \x01(\tB\x03\xe0A\x03R\tpriceRule\x1a9\n" +
	"\vFieldsEntry\x12\x10\n" +
	"\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n" +
	"\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\"\xc6\x02\n" +
	"\x05Goods\x12\x1d\n" +
	"\acontent\x18\x01 \x01(\tB\x03\xe0A\x03R\acontent\x12$\n" +
	"\vticket_code\x18\x02 \x01(\tB\x03\xe0A\x03R\n" +
	"ticketCode\x125\n" +
	"\x06status\x18\x03 \x01(\x0e2\x18.orderhub.v1.GoodsStatusB\x03\xe0A\x03R\x06status\x12B\n" +
	"\fdeliver_time\x18\x04 \x01(\v2\x1a.google.protobuf.TimestampB\x03\xe0A\x03R\vdeliverTime\x12\x1e\n" +
	"\buse_date\x18\x05 \x01(\tB\x03\xe0A\x03R\auseDate\x12#\n" +
	"\n" +
	"unreadable\x18\x06 \x01(\bB\x03\xe0A\x03R\n" +
	"unreadable\x12\x1f\n" +
	"\bwithheld\x18\a \x01(\bB\x03\xe0A\x03R\bwithheld\x12\x17\n" +
	"\x04unit\x18\b \x01(\x03B\x03\xe0A\x03R\x04unit\"I\n" +
	"\x12CreateOrderRequest\x123\n" +
	"\x05order\x18\x01 \x01(\v2\x12.orderhub.v1.OrderB\t\xe0A\x02\xbaH\x03\xc8\x01\x01R\x05order\"?\n" +
	"\x13CreateOrderResponse\x12(\n" +
	"\x05order\x18\x01 \x01(\v2\x12.orderhub.v1.OrderR\x05order\"\x93\x01\n" +
	"\x0fGetOrderRequest\x124\n" +
	"\forder_number\x18\x01 \x01(\tB\x11\xe0A\x02\xbaH\v\xc8\x01\x01r\x06\x88\xea0\x01\x18@R\vorderNumber\x12&\n" +
	"\bmerchant\x18\x02 \x01(\tB\n" +
	"\xe0A\x01\xbaH\x04r\x02\x18@R\bmerchant\x12\"\n" +
	"\n" +
	"show_goods\x18\x03 \x01(\bB\x03\xe0A\x01R\tshowGoods\"<\n" +
	"\x10GetOrderResponse\x12(\n" +
	"\x05order\x18\x01 \x01(\v2\x12.orderhub.v1.OrderR\x05order\"\x9f\x01\n" +
	"\x1aGetOrderByReferenceRequest\x125\n" +
	"\freference_id\x18\x01 \x01(\tB\x12\xe0A\x02\xbaH\f\xc8\x01\x01r\a\x88\xea0\x01\x18\xff\x01R\vreferenceId\x12&\n" +
	"\bmerchant\x18\x02 \x01(\tB\n" +
	"\xe0A\x01\xbaH\x04r\x02\x18@R\bmerchant\x12\"\n" +
	"\n" +
	"show_goods\x18\x03 \x01(\bB\x03\xe0A\x01R\tshowGoods\"G\n" +
	"\x1bGetOrderByReferenceResponse\x12(\n" +
	"\x05order\x18\x01 \x01(\v2\x12.orderhub.v1.OrderR\x05order\"\x9b\x05\n" +
	"\x11ListOrdersRequest\x12*\n" +
	"\tpage_size\x18\x01 \x01(\x05B\r\xe0A\x01\xbaH\a\x1a\x05\x18\xe8\a(\x00R\bpageSize\x12*\n" +
	"\n" +
	"page_token\x18\x02 \x01(\tB\v\xe0A\x01\xbaH\x05r\x03\x18\x80\bR\tpageToken\x12F\n" +
	"\x06status\x18\x03 \x03(\x0e2\x18.orderhub.v1.OrderStatusB\x14\xe0A\x01\xbaH\x0e\x92\x01\v\x10\n" +
	"\"\a\x82\x01\x04\x10\x01 \x00R\x06status\x12I\n" +
	"\x10create_time_from\x18\x04 \x01(\v2\x1a.google.protobuf.TimestampB\x03\xe0A\x01R\x0ecreateTimeFrom\x12E\n" +
	"\x0ecreate_time_to\x18\x05 \x01(\v2\x1a.google.protobuf.TimestampB\x03\xe0A\x01R\fcreateTimeTo\x122\n" +
	"\freference_id\x18\x06 \x01(\tB\x0f\xe0A\x01\xbaH\tr\a\x88\xea0\x01\x18\xff\x01R\vreferenceId\x12?\n" +
	"\x13reference_id_prefix\x18\a \x01(\tB\x0f\xe0A\x01\xbaH\tr\a\x88\xea0\x01\x18\xff\x01R\x11referenceIdPrefix\x12&\n" +
	"\bmerchant\x18\b \x01(\tB\n" +
	"\xe0A\x01\xbaH\x04r\x02\x18@R\bmerchant\x121\n" +
	"\forder_number\x18\t \x01(\tB\x0e\xe0A\x01\xbaH\br\x06\x88\xea0\x01\x18@R\vorderNumber\x12>\n" +
	"\x13order_number_prefix\x18\n" +
	" \x01(\tB\x0e\xe0A\x01\xbaH\br\x06\x88\xea0\x01\x18@R\x11orderNumberPrefix\x12 \n" +
	"\x03sku\x18\v \x01(\tB\x0e\xe0A\x01\xbaH\br\x06\x88\xea0\x01\x18@R\x03sku\x12\"\n" +
	"\x04door\x18\f \x01(\tB\x0e\xe0A\x01\xbaH\br\x06\x88\xea0\x01\x18@R\x04door\"\xb3\x01\n" +
	"\x12ListOrdersResponse\x12*\n" +
	"\x06orders\x18\x01 \x03(\v2\x12.orderhub.v1.OrderR\x06orders\x12&\n" +
	"\x0fnext_page_token\x18\x02 \x01(\tR\rnextPageToken\x12I\n" +
	"\x13looked_back_to_time\x18\x03 \x01(\v2\x1a.google.protobuf.TimestampR\x10lookedBackToTime\"\xe9\x02\n" +
	"\x14FindRecipientRequest\x12?\n" +
	"\trecipient\x18\x01 \x01(\v2\x16.orderhub.v1.RecipientB\t\xe0A\x02\xbaH\x03\xc8\x01\x01R\trecipient\x12&\n" +
	"\bmerchant\x18\x02 \x01(\tB\n" +
	"\xe0A\x01\xbaH\x04r\x02\x18@R\bmerchant\x12I\n" +
	"\x10create_time_from\x18\x03 \x01(\v2\x1a.google.protobuf.TimestampB\x03\xe0A\x01R\x0ecreateTimeFrom\x12E\n" +
	"\x0ecreate_time_to\x18\x04 \x01(\v2\x1a.google.protobuf.TimestampB\x03\xe0A\x01R\fcreateTimeTo\x12*\n" +
	"\tpage_size\x18\x05 \x01(\x05B\r\xe0A\x01\xbaH\a\x1a\x05\x18\xe8\a(\x00R\bpageSize\x12*\n" +
	"\n" +
	"page_token\x18\x06 \x01(\tB\v\xe0A\x01\xbaH\x05r\x03\x18\x80\bR\tpageToken\"\xe2\x01\n" +
	"\x15FindRecipientResponse\x12*\n" +
	"\x06orders\x18\x01 \x03(\v2\x12.orderhub.v1.OrderR\x06orders\x12&\n" +
	"\x0fnext_page_token\x18\x02 \x01(\tR\rnextPageToken\x12I\n" +
	"\x13looked_back_to_time\x18\x03 \x01(\v2\x1a.google.protobuf.TimestampR\x10lookedBackToTime\x12*\n" +
	"\x11open_hold_numbers\x18\x04 \x03(\tR\x0fopenHoldNumbers\"\x94\x01\n" +
	"\x10FindGoodsRequest\x12(\n" +
	"\acontent\x18\x01 \x01(\tB\x0e\xe0A\x02\xbaH\b\xc8\x01\x01r\x03(\x80@R\acontent\x12*\n" +
	"\n" +
	"page_token\x18\x02 \x01(\tB\v\xe0A\x01\xbaH\x05r\x03\x18\x80\bR\tpageToken\x12*\n" +
	"\tpage_size\x18\x03 \x01(\x05B\r\xe0A\x01\xbaH\a\x1a\x05\x18\x88'(\x00R\bpageSize\"j\n" +
	"\x11FindGoodsResponse\x12-\n" +
	"\x05goods\x18\x01 \x03(\v2\x17.orderhub.v1.FoundGoodsR\x05goods\x12&\n" +
	"\x0fnext_page_token\x18\x02 \x01(\tR\rnextPageToken\"\xf5\x01\n" +
	"\n" +
	"FoundGoods\x12\x12\n" +
	"\x04unit\x18\x01 \x01(\x03R\x04unit\x12\x18\n" +
	"\aproduct\x18\x02 \x01(\tR\aproduct\x12\x16\n" +
	"\x06status\x18\x03 \x01(\tR\x06status\x12!\n" +
	"\forder_number\x18\x04 \x01(\tR\vorderNumber\x12\x1a\n" +
	"\bmerchant\x18\x05 \x01(\tR\bmerchant\x12#\n" +
	"\rline_position\x18\x06 \x01(\x05R\flinePosition\x12=\n" +
	"\fdeliver_time\x18\a \x01(\v2\x1a.google.protobuf.TimestampR\vdeliverTime\"\xb0\x01\n" +
	"\x12CancelOrderRequest\x124\n" +
	"\forder_number\x18\x01 \x01(\tB\x11\xe0A\x02\xbaH\v\xc8\x01\x01r\x06\x88\xea0\x01\x18@R\vorderNumber\x12#\n" +
	"\x06reason\x18\x02 \x01(\tB\v\xe0A\x01\xbaH\x05r\x03\x18\xf4\x03R\x06reason\x12?\n" +
	"\x05lines\x18\x03 \x03(\v2\x1c.orderhub.v1.CancelOrderLineB\v\xe0A\x01\xbaH\x05\x92\x01\x02\x10dR\x05lines\"v\n" +
	"\x0fCancelOrderLine\x12(\n" +
	"\bposition\x18\x01 \x01(\x05B\f\xe0A\x02\xbaH\x06\x1a\x04\x18d(\x01R\bposition\x129\n" +
	"\fticket_codes\x18\x02 \x03(\tB\x16\xe0A\x01\xbaH\x10\x92\x01\r\x10\xe8\a\x18\x01\"\x06r\x04\x10\x01\x18@R\vticketCodes\"?\n" +
	"\x13CancelOrderResponse\x12(\n" +
	"\x05order\x18\x01 \x01(\v2\x12.orderhub.v1.OrderR\x05order\"\x82\x01\n" +
	"\x11EraseOrderRequest\x124\n" +
	"\forder_number\x18\x01 \x01(\tB\x11\xe0A\x02\xbaH\v\xc8\x01\x01r\x06\x88\xea0\x01\x18@R\vorderNumber\x12\x19\n" +
	"\x05goods\x18\x02 \x01(\bB\x03\xe0A\x01R\x05goods\x12\x1c\n" +
	"\adry_run\x18\x03 \x01(\bB\x03\xe0A\x01R\x06dryRun\">\n" +
	"\x12EraseOrderResponse\x12(\n" +
	"\x05order\x18\x01 \x01(\v2\x12.orderhub.v1.OrderR\x05order\"\xae\x02\n" +
	"\x15EraseRecipientRequest\x129\n" +
	"\trecipient\x18\x01 \x01(\v2\x16.orderhub.v1.RecipientB\x03\xe0A\x01R\trecipient\x12!\n" +
	"\x05value\x18\x02 \x01(\tB\v\xe0A\x01\xbaH\x05r\x03\x18\xe8\aR\x05value\x12&\n" +
	"\bmerchant\x18\x03 \x01(\tB\n" +
	"\xe0A\x01\xbaH\x04r\x02\x18@R\bmerchant\x12\x19\n" +
	"\x05goods\x18\x04 \x01(\bB\x03\xe0A\x01R\x05goods\x12\x1c\n" +
	"\adry_run\x18\x05 \x01(\bB\x03\xe0A\x01R\x06dryRun\x12*\n" +
	"\n" +
	"page_token\x18\x06 \x01(\tB\v\xe0A\x01\xbaH\x05r\x03\x18\x80\bR\tpageToken\x12*\n" +
	"\tpage_size\x18\a \x01(\x05B\r\xe0A\x01\xbaH\a\x1a\x05\x18\xe8\a(\x00R\bpageSize\"\xe0\x01\n" +
	"\x16EraseRecipientResponse\x12\x12\n" +
	"\x04read\x18\x01 \x01(\x03R\x04read\x120\n" +
	"\x14erased_order_numbers\x18\x02 \x03(\tR\x12erasedOrderNumbers\x12,\n" +
	"\x12open_order_numbers\x18\x03 \x03(\tR\x10openOrderNumbers\x12&\n" +
	"\x0fnext_page_token\x18\x04 \x01(\tR\rnextPageToken\x12*\n" +
	"\x11open_hold_numbers\x18\x05 \x03(\tR\x0fopenHoldNumbers\"\xec\x03\n" +
	"\x11QuoteOrderRequest\x12;\n" +
	"\x05lines\x18\x01 \x03(\v2\x16.orderhub.v1.OrderLineB\r\xe0A\x02\xbaH\a\x92\x01\x04\b\x01\x10dR\x05lines\x12&\n" +
	"\x06coupon\x18\x02 \x01(\tB\x0e\xe0A\x01\xbaH\br\x06\x88\xea0\x01\x18@R\x06coupon\x129\n" +
	"\trecipient\x18\x03 \x01(\v2\x16.orderhub.v1.RecipientB\x03\xe0A\x01R\trecipient\x12&\n" +
	"\freference_id\x18\x04 \x01(\tB\x03\xe0A\x01R\vreferenceId\x12\"\n" +
	"\n" +
	"notify_url\x18\x05 \x01(\tB\x03\xe0A\x01R\tnotifyUrl\x12M\n" +
	"\bmetadata\x18\x06 \x03(\v2,.orderhub.v1.QuoteOrderRequest.MetadataEntryB\x03\xe0A\x01R\bmetadata\x127\n" +
	"\x15expected_total_amount\x18\a \x01(\tB\x03\xe0A\x01R\x13expectedTotalAmount\x12&\n" +
	"\bmerchant\x18\x14 \x01(\tB\n" +
	"\xe0A\x01\xbaH\x04r\x02\x18@R\bmerchant\x1a;\n" +
	"\rMetadataEntry\x12\x10\n" +
	"\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n" +
	"\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\">\n" +
	"\x12QuoteOrderResponse\x12(\n" +
	"\x05quote\x18\x01 \x01(\v2\x12.orderhub.v1.QuoteR\x05quote\"\xba\x02\n" +
	"\x05Quote\x12\x1a\n" +
	"\bcurrency\x18\x01 \x01(\tR\bcurrency\x12'\n" +
	"\x0fsubtotal_amount\x18\x02 \x01(\tR\x0esubtotalAmount\x12'\n" +
	"\x0fdiscount_amount\x18\x03 \x01(\tR\x0ediscountAmount\x12!\n" +
	"\ftotal_amount\x18\x04 \x01(\tR\vtotalAmount\x12,\n" +
	"\x05lines\x18\x05 \x03(\v2\x16.orderhub.v1.QuoteLineR\x05lines\x12\x1c\n" +
	"\torderable\x18\x06 \x01(\bR\torderable\x12-\n" +
	"\x12sufficient_balance\x18\a \x01(\bR\x11sufficientBalance\x12%\n" +
	"\x0emissing_amount\x18\b \x01(\tR\rmissingAmount\"\x86\x04\n" +
	"\tQuoteLine\x12\x1a\n" +
	"\bposition\x18\x01 \x01(\x05R\bposition\x12\x10\n" +
	"\x03sku\x18\x02 \x01(\tR\x03sku\x12\x1d\n" +
	"\n" +
	"product_id\x18\x03 \x01(\x03R\tproductId\x12!\n" +
	"\fproduct_name\x18\x04 \x01(\tR\vproductName\x12\x1a\n" +
	"\bquantity\x18\x05 \x01(\x05R\bquantity\x12\x1d\n" +
	"\n" +
	"unit_price\x18\x06 \x01(\tR\tunitPrice\x12'\n" +
	"\x0fsubtotal_amount\x18\a \x01(\tR\x0esubtotalAmount\x12'\n" +
	"\x0fdiscount_amount\x18\b \x01(\tR\x0ediscountAmount\x12!\n" +
	"\ftotal_amount\x18\t \x01(\tR\vtotalAmount\x12\x1c\n" +
	"\tavailable\x18\n" +
	" \x01(\bR\tavailable\x12\x14\n" +
	"\x05stock\x18\v \x01(\x05R\x05stock\x12!\n" +
	"\ffailure_code\x18\f \x01(\tR\vfailureCode\x12'\n" +
	"\x0ffailure_message\x18\r \x01(\tR\x0efailureMessage\x125\n" +
	"\x06supply\x18\x14 \x01(\v2\x18.orderhub.v1.QuoteSupplyB\x03\xe0A\x03R\x06supply\x12\"\n" +
	"\n" +
	"price_rule\x18\x15 \x01(\tB\x03\xe0A\x03R\tpriceRule\"\x82\x02\n" +
	"\vQuoteSupply\x12\x14\n" +
	"\x05offer\x18\x01 \x01(\x03R\x05offer\x12\x1a\n" +
	"\bprovider\x18\x02 \x01(\tR\bprovider\x12!\n" +
	"\fprovider_sku\x18\x03 \x01(\tR\vproviderSku\x12\x12\n" +
	"\x04cost\x18\x04 \x01(\tR\x04cost\x12#\n" +
	"\rcost_currency\x18\x05 \x01(\tR\fcostCurrency\x12\x1f\n" +
	"\vcost_amount\x18\x06 \x01(\tR\n" +
	"costAmount\x12#\n" +
	"\rmargin_amount\x18\a \x01(\tR\fmarginAmount\x12\x1f\n" +
	"\vpassed_over\x18\b \x03(\tR\n" +
	"passedOver\"\xce\x01\n" +
	"\x16ListOrderEventsRequest\x124\n" +
	"\forder_number\x18\x01 \x01(\tB\x11\xe0A\x02\xbaH\v\xc8\x01\x01r\x06\x88\xea0\x01\x18@R\vorderNumber\x12*\n" +
	"\tpage_size\x18\x02 \x01(\x05B\r\xe0A\x01\xbaH\a\x1a\x05\x18\xe8\a(\x00R\bpageSize\x12*\n" +
	"\n" +
	"page_token\x18\x03 \x01(\tB\v\xe0A\x01\xbaH\x05r\x03\x18\x80\bR\tpageToken\x12&\n" +
	"\bmerchant\x18\x04 \x01(\tB\n" +
	"\xe0A\x01\xbaH\x04r\x02\x18@R\bmerchant\"r\n" +
	"\x17ListOrderEventsResponse\x12/\n" +
	"\x06events\x18\x01 \x03(\v2\x17.orderhub.v1.OrderEventR\x06events\x12&\n" +
	"\x0fnext_page_token\x18\x02 \x01(\tR\rnextPageToken\"\x8c\x03\n" +
	"\n" +
	"OrderEvent\x12\x1a\n" +
	"\bsequence\x18\x01 \x01(\x03R\bsequence\x12\x12\n" +
	"\x04type\x18\x02 \x01(\tR\x04type\x12\x1a\n" +
	"\bmerchant\x18\x03 \x01(\tR\bmerchant\x12!\n" +
	"\forder_number\x18\x04 \x01(\tR\vorderNumber\x12!\n" +
	"\freference_id\x18\x05 \x01(\tR\vreferenceId\x12#\n" +
	"\rline_position\x18\x06 \x01(\x05R\flinePosition\x125\n" +
	"\x04data\x18\a \x03(\v2!.orderhub.v1.OrderEvent.DataEntryR\x04data\x12;\n" +
	"\vcreate_time\x18\b \x01(\v2\x1a.google.protobuf.TimestampR\n" +
	"createTime\x12\x1a\n" +
	"\bposition\x18\t \x01(\tR\bposition\x1a7\n" +
	"\tDataEntry\x12\x10\n" +
	"\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n" +
	"\x05value\x18\x02 \x01(\tR\x05value:\x028\x01\"\x85\x02\n" +
	"\x11ListEventsRequest\x121\n" +
	"\x0eafter_sequence\x18\x01 \x01(\x03B\n" +
	"\xe0A\x01\xbaH\x04\"\x02(\x00R\rafterSequence\x12*\n" +
	"\tpage_size\x18\x02 \x01(\x05B\r\xe0A\x01\xbaH\a\x1a\x05\x18\xe8\a(\x00R\bpageSize\x126\n" +
	"\vevent_types\x18\x03 \x03(\tB\x15\xe0A\x01\xbaH\x0f\x92\x01\f\x10\x14\"\br\x06\xc8\xea0\x01\x18@R\n" +
	"eventTypes\x12&\n" +
	"\bmerchant\x18\x04 \x01(\tB\n" +
	"\xe0A\x01\xbaH\x04r\x02\x18@R\bmerchant\x121\n" +
	"\x0eafter_position\x18\x05 \x01(\tB\n" +
	"\xe0A\x01\xbaH\x04r\x02\x18@R\rafterPosition\"\xb9\x01\n" +
	"\x12ListEventsResponse\x12/\n" +
	"\x06events\x18\x01 \x03(\v2\x17.orderhub.v1.OrderEventR\x06events\x12.\n" +
	"\x13next_after_sequence\x18\x02 \x01(\x03R\x11nextAfterSequence\x12.\n" +
	"\x13next_after_position\x18\x03 \x01(\tR\x11nextAfterPosition\x12\x12\n" +
	"\x04more\x18\x04 \x01(\bR\x04more\"\xda\x01\n" +
	"\x12WatchOrdersRequest\x121\n" +
	"\x0eafter_sequence\x18\x01 \x01(\x03B\n" +
	"\xe0A\x01\xbaH\x04\"\x02(\x00R\rafterSequence\x12&\n" +
	"\bmerchant\x18\x02 \x01(\tB\n" +
	"\xe0A\x01\xbaH\x04r\x02\x18@R\bmerchant\x126\n" +
	"\vevent_types\x18\x03 \x03(\tB\x15\xe0A\x01\xbaH\x0f\x92\x01\f\x10\x14\"\br\x06\xc8\xea0\x01\x18@R\n" +
	"eventTypes\x121\n" +
	"\x0eafter_position\x18\x04 \x01(\tB\n" +
	"\xe0A\x01\xbaH\x04r\x02\x18@R\rafterPosition\"\x1a\n" +
	"\x18CreateWatchTicketRequest\"p\n" +
	"\x19CreateWatchTicketResponse\x12\x16\n" +
	"\x06ticket\x18\x01 \x01(\tR\x06ticket\x12;\n" +
	"\vexpire_time\x18\x02 \x01(\v2\x1a.google.protobuf.TimestampR\n" +
	"expireTime\"\x87\x01\n" +
	"\x13WatchOrdersResponse\x12-\n" +
	"\x05event\x18\x01 \x01(\v2\x17.orderhub.v1.OrderEventR\x05event\x12A\n" +
	"\x0eheartbeat_time\x18\x02 \x01(\v2\x1a.google.protobuf.TimestampR\rheartbeatTime\"G\n" +
	"\x13ExplainOrderRequest\x120\n" +
	"\forder_number\x18\x01 \x01(\tB\r\xe0A\x02\xbaH\a\xc8\x01\x01r\x02\x18@R\vorderNumber\"\x95\x01\n" +
	"\x14ExplainOrderResponse\x120\n" +
	"\x05steps\x18\x01 \x03(\v2\x1a.orderhub.v1.ExplainedStepR\x05steps\x12\x12\n" +
	"\x04next\x18\x02 \x01(\tR\x04next\x127\n" +
	"\tnext_time\x18\x03 \x01(\v2\x1a.google.protobuf.TimestampR\bnextTime\"x\n" +
	"\rExplainedStep\x12.\n" +
	"\x04time\x18\x01 \x01(\v2\x1a.google.protobuf.TimestampR\x04time\x12#\n" +
	"\rline_position\x18\x02 \x01(\x05R\flinePosition\x12\x12\n" +
	"\x04text\x18\x03 \x01(\tR\x04text*\xb3\x01\n" +
	"\vOrderStatus\x12\x1c\n" +
	"\x18ORDER_STATUS_UNSPECIFIED\x10\x00\x12\x18\n" +
	"\x14ORDER_STATUS_PENDING\x10\x01\x12\x1b\n" +
	"\x17ORDER_STATUS_PROCESSING\x10\x02\x12\x1a\n" +
	"\x16ORDER_STATUS_COMPLETED\x10\x03\x12\x17\n" +
	"\x13ORDER_STATUS_FAILED\x10\x04\x12\x1a\n" +
	"\x16ORDER_STATUS_CANCELLED\x10\x05*\xc8\x01\n" +
	"\vGoodsStatus\x12\x1c\n" +
	"\x18GOODS_STATUS_UNSPECIFIED\x10\x00\x12\x18\n" +
	"\x14GOODS_STATUS_PENDING\x10\x01\x12\x1a\n" +
	"\x16GOODS_STATUS_DELIVERED\x10\x02\x12\x15\n" +
	"\x11GOODS_STATUS_USED\x10\x03\x12\x1a\n" +
	"\x16GOODS_STATUS_CANCELLED\x10\x04\x12\x17\n" +
	"\x13GOODS_STATUS_FAILED\x10\x05\x12\x19\n" +
	"\x15GOODS_STATUS_REPLACED\x10\x062\xec\x0e\n" +
	"\fOrderService\x12v\n" +
	"\vCreateOrder\x12\x1f.orderhub.v1.CreateOrderRequest\x1a .orderhub.v1.CreateOrderResponse\"$\x82\xd3\xe4\x93\x02\x1e:\x05orderb\x05order\"\x0e/hub/v1/orders\x12u\n" +
	"\bGetOrder\x12\x1c.orderhub.v1.GetOrderRequest\x1a\x1d.orderhub.v1.GetOrderResponse\",\x82\xd3\xe4\x93\x02&b\x05order\x12\x1d/hub/v1/orders/{order_number}\x12\x93\x01\n" +
	"\x13GetOrderByReference\x12'.orderhub.v1.GetOrderByReferenceRequest\x1a(.orderhub.v1.GetOrderByReferenceResponse\")\x82\xd3\xe4\x93\x02#b\x05order\x12\x1a/hub/v1/orders:byReference\x12e\n" +
	"\n" +
	"ListOrders\x12\x1e.orderhub.v1.ListOrdersRequest\x1a\x1f.orderhub.v1.ListOrdersResponse\"\x16\x82\xd3\xe4\x93\x02\x10\x12\x0e/hub/v1/orders\x12\x7f\n" +
	"\rFindRecipient\x12!.orderhub.v1.FindRecipientRequest\x1a\".orderhub.v1.FindRecipientResponse\"'\x82\xd3\xe4\x93\x02!:\x01*\"\x1c/hub/v1/orders:findRecipient\x12i\n" +
	"\tFindGoods\x12\x1d.orderhub.v1.FindGoodsRequest\x1a\x1e.orderhub.v1.FindGoodsResponse\"\x1d\x82\xd3\xe4\x93\x02\x17:\x01*\"\x12/hub/v1/goods:find\x12\x88\x01\n" +
	"\vCancelOrder\x12\x1f.orderhub.v1.CancelOrderRequest\x1a .orderhub.v1.CancelOrderResponse\"6\x82\xd3\xe4\x93\x020:\x01*b\x05order\"$/hub/v1/orders/{order_number}:cancel\x12\x84\x01\n" +
	"\n" +
	"EraseOrder\x12\x1e.orderhub.v1.EraseOrderRequest\x1a\x1f.orderhub.v1.EraseOrderResponse\"5\x82\xd3\xe4\x93\x02/:\x01*b\x05order\"#/hub/v1/orders/{order_number}:erase\x12\x83\x01\n" +
	"\x0eEraseRecipient\x12\".orderhub.v1.EraseRecipientRequest\x1a#.orderhub.v1.EraseRecipientResponse\"(\x82\xd3\xe4\x93\x02\":\x01*\"\x1d/hub/v1/orders:eraseRecipient\x12u\n" +
	"\n" +
	"QuoteOrder\x12\x1e.orderhub.v1.QuoteOrderRequest\x1a\x1f.orderhub.v1.QuoteOrderResponse\"&\x82\xd3\xe4\x93\x02 :\x01*b\x05quote\"\x14/hub/v1/orders:quote\x12\x8a\x01\n" +
	"\x0fListOrderEvents\x12#.orderhub.v1.ListOrderEventsRequest\x1a$.orderhub.v1.ListOrderEventsResponse\",\x82\xd3\xe4\x93\x02&\x12$/hub/v1/orders/{order_number}/events\x12\x82\x01\n" +
	"\fExplainOrder\x12 .orderhub.v1.ExplainOrderRequest\x1a!.orderhub.v1.ExplainOrderResponse\"-\x82\xd3\xe4\x93\x02'\x12%/hub/v1/orders/{order_number}:explain\x12e\n" +
	"\n" +
	"ListEvents\x12\x1e.orderhub.v1.ListEventsRequest\x1a\x1f.orderhub.v1.ListEventsResponse\"\x16\x82\xd3\xe4\x93\x02\x10\x12\x0e/hub/v1/events\x12p\n" +
	"\vWatchOrders\x12\x1f.orderhub.v1.WatchOrdersRequest\x1a .orderhub.v1.WatchOrdersResponse\"\x1c\x82\xd3\xe4\x93\x02\x16\x12\x14/hub/v1/orders:watch0\x01\x12\x89\x01\n" +
	"\x11CreateWatchTicket\x12%.orderhub.v1.CreateWatchTicketRequest\x1a&.orderhub.v1.CreateWatchTicketResponse\"%\x82\xd3\xe4\x93\x02\x1f:\x01*\"\x1a/hub/v1/orders:watchTicketB\x96\x01\n" +
	"\x0fcom.orderhub.v1B\x11OrderServiceProtoP\x01Z#orderhub/gen/orderhub/v1;orderhubv1\xa2\x02\x03OXX\xaa\x02\vOrderhub.V1\xca\x02\vOrderhub\\V1\xe2\x02\x17Orderhub\\V1\\GPBMetadata\xea\x02\fOrderhub::V1b\x06proto3"

var (
	file_orderhub_v1_order_service_proto_rawDescOnce sync.Once
	file_orderhub_v1_order_service_proto_rawDescData []byte
)

func file_orderhub_v1_order_service_proto_rawDescGZIP() []byte {
	file_orderhub_v1_order_service_proto_rawDescOnce.Do(func() {
		file_orderhub_v1_order_service_proto_rawDescData = protoimpl.X.CompressGZIP(unsafe.Slice(unsafe.StringData(file_orderhub_v1_order_service_proto_rawDesc), len(file_orderhub_v1_order_service_proto_rawDesc)))
	})
	return file_orderhub_v1_order_service_proto_rawDescData
}

var file_orderhub_v1_order_service_proto_enumTypes = make([]protoimpl.EnumInfo, 2)
var file_orderhub_v1_order_service_proto_msgTypes = make([]protoimpl.MessageInfo, 45)
var file_orderhub_v1_order_service_proto_goTypes = []any{
	(OrderStatus)(0),                    // 0: orderhub.v1.OrderStatus
	(GoodsStatus)(0),                    // 1: orderhub.v1.GoodsStatus
	(*Order)(nil),                       // 2: orderhub.v1.Order
	(*Recipient)(nil),                   // 3: orderhub.v1.Recipient
	(*OrderLine)(nil),                   // 4: orderhub.v1.OrderLine
	(*Goods)(nil),                       // 5: orderhub.v1.Goods
	(*CreateOrderRequest)(nil),          // 6: orderhub.v1.CreateOrderRequest
	(*CreateOrderResponse)(nil),         // 7: orderhub.v1.CreateOrderResponse
	(*GetOrderRequest)(nil),             // 8: orderhub.v1.GetOrderRequest
	(*GetOrderResponse)(nil),            // 9: orderhub.v1.GetOrderResponse
	(*GetOrderByReferenceRequest)(nil),  // 10: orderhub.v1.GetOrderByReferenceRequest
	(*GetOrderByReferenceResponse)(nil), // 11: orderhub.v1.GetOrderByReferenceResponse
	(*ListOrdersRequest)(nil),           // 12: orderhub.v1.ListOrdersRequest
	(*ListOrdersResponse)(nil),          // 13: orderhub.v1.ListOrdersResponse
	(*FindRecipientRequest)(nil),        // 14: orderhub.v1.FindRecipientRequest
	(*FindRecipientResponse)(nil),       // 15: orderhub.v1.FindRecipientResponse
	(*FindGoodsRequest)(nil),            // 16: orderhub.v1.FindGoodsRequest
	(*FindGoodsResponse)(nil),           // 17: orderhub.v1.FindGoodsResponse
	(*FoundGoods)(nil),                  // 18: orderhub.v1.FoundGoods
	(*CancelOrderRequest)(nil),          // 19: orderhub.v1.CancelOrderRequest
	(*CancelOrderLine)(nil),             // 20: orderhub.v1.CancelOrderLine
	(*CancelOrderResponse)(nil),         // 21: orderhub.v1.CancelOrderResponse
	(*EraseOrderRequest)(nil),           // 22: orderhub.v1.EraseOrderRequest
	(*EraseOrderResponse)(nil),          // 23: orderhub.v1.EraseOrderResponse
	(*EraseRecipientRequest)(nil),       // 24: orderhub.v1.EraseRecipientRequest
	(*EraseRecipientResponse)(nil),      // 25: orderhub.v1.EraseRecipientResponse
	(*QuoteOrderRequest)(nil),           // 26: orderhub.v1.QuoteOrderRequest
	(*QuoteOrderResponse)(nil),          // 27: orderhub.v1.QuoteOrderResponse
	(*Quote)(nil),                       // 28: orderhub.v1.Quote
	(*QuoteLine)(nil),                   // 29: orderhub.v1.QuoteLine
	(*QuoteSupply)(nil),                 // 30: orderhub.v1.QuoteSupply
	(*ListOrderEventsRequest)(nil),      // 31: orderhub.v1.ListOrderEventsRequest
	(*ListOrderEventsResponse)(nil),     // 32: orderhub.v1.ListOrderEventsResponse
	(*OrderEvent)(nil),                  // 33: orderhub.v1.OrderEvent
	(*ListEventsRequest)(nil),           // 34: orderhub.v1.ListEventsRequest
	(*ListEventsResponse)(nil),          // 35: orderhub.v1.ListEventsResponse
	(*WatchOrdersRequest)(nil),          // 36: orderhub.v1.WatchOrdersRequest
	(*CreateWatchTicketRequest)(nil),    // 37: orderhub.v1.CreateWatchTicketRequest
	(*CreateWatchTicketResponse)(nil),   // 38: orderhub.v1.CreateWatchTicketResponse
	(*WatchOrdersResponse)(nil),         // 39: orderhub.v1.WatchOrdersResponse
	(*ExplainOrderRequest)(nil),         // 40: orderhub.v1.ExplainOrderRequest
	(*ExplainOrderResponse)(nil),        // 41: orderhub.v1.ExplainOrderResponse
	(*ExplainedStep)(nil),               // 42: orderhub.v1.ExplainedStep
	nil,                                 // 43: orderhub.v1.Order.MetadataEntry
	nil,                                 // 44: orderhub.v1.OrderLine.FieldsEntry
	nil,                                 // 45: orderhub.v1.QuoteOrderRequest.MetadataEntry
	nil,                                 // 46: orderhub.v1.OrderEvent.DataEntry
	(*timestamppb.Timestamp)(nil),       // 47: google.protobuf.Timestamp
}
var file_orderhub_v1_order_service_proto_depIdxs = []int32{
	0,  // 0: orderhub.v1.Order.status:type_name -> orderhub.v1.OrderStatus
	3,  // 1: orderhub.v1.Order.recipient:type_name -> orderhub.v1.Recipient
	4,  // 2: orderhub.v1.Order.lines:type_name -> orderhub.v1.OrderLine
	43, // 3: orderhub.v1.Order.metadata:type_name -> orderhub.v1.Order.MetadataEntry
	47, // 4: orderhub.v1.Order.create_time:type_name -> google.protobuf.Timestamp
	47, // 5: orderhub.v1.Order.update_time:type_name -> google.protobuf.Timestamp
	47, // 6: orderhub.v1.Order.complete_time:type_name -> google.protobuf.Timestamp
	47, // 7: orderhub.v1.Order.erase_time:type_name -> google.protobuf.Timestamp
	44, // 8: orderhub.v1.OrderLine.fields:type_name -> orderhub.v1.OrderLine.FieldsEntry
	0,  // 9: orderhub.v1.OrderLine.status:type_name -> orderhub.v1.OrderStatus
	5,  // 10: orderhub.v1.OrderLine.goods:type_name -> orderhub.v1.Goods
	1,  // 11: orderhub.v1.Goods.status:type_name -> orderhub.v1.GoodsStatus
	47, // 12: orderhub.v1.Goods.deliver_time:type_name -> google.protobuf.Timestamp
	2,  // 13: orderhub.v1.CreateOrderRequest.order:type_name -> orderhub.v1.Order
	2,  // 14: orderhub.v1.CreateOrderResponse.order:type_name -> orderhub.v1.Order
	2,  // 15: orderhub.v1.GetOrderResponse.order:type_name -> orderhub.v1.Order
	2,  // 16: orderhub.v1.GetOrderByReferenceResponse.order:type_name -> orderhub.v1.Order
	0,  // 17: orderhub.v1.ListOrdersRequest.status:type_name -> orderhub.v1.OrderStatus
	47, // 18: orderhub.v1.ListOrdersRequest.create_time_from:type_name -> google.protobuf.Timestamp
	47, // 19: orderhub.v1.ListOrdersRequest.create_time_to:type_name -> google.protobuf.Timestamp
	2,  // 20: orderhub.v1.ListOrdersResponse.orders:type_name -> orderhub.v1.Order
	47, // 21: orderhub.v1.ListOrdersResponse.looked_back_to_time:type_name -> google.protobuf.Timestamp
	3,  // 22: orderhub.v1.FindRecipientRequest.recipient:type_name -> orderhub.v1.Recipient
	47, // 23: orderhub.v1.FindRecipientRequest.create_time_from:type_name -> google.protobuf.Timestamp
	47, // 24: orderhub.v1.FindRecipientRequest.create_time_to:type_name -> google.protobuf.Timestamp
	2,  // 25: orderhub.v1.FindRecipientResponse.orders:type_name -> orderhub.v1.Order
	47, // 26: orderhub.v1.FindRecipientResponse.looked_back_to_time:type_name -> google.protobuf.Timestamp
	18, // 27: orderhub.v1.FindGoodsResponse.goods:type_name -> orderhub.v1.FoundGoods
	47, // 28: orderhub.v1.FoundGoods.deliver_time:type_name -> google.protobuf.Timestamp
	20, // 29: orderhub.v1.CancelOrderRequest.lines:type_name -> orderhub.v1.CancelOrderLine
	2,  // 30: orderhub.v1.CancelOrderResponse.order:type_name -> orderhub.v1.Order
	2,  // 31: orderhub.v1.EraseOrderResponse.order:type_name -> orderhub.v1.Order
	3,  // 32: orderhub.v1.EraseRecipientRequest.recipient:type_name -> orderhub.v1.Recipient
	4,  // 33: orderhub.v1.QuoteOrderRequest.lines:type_name -> orderhub.v1.OrderLine
	3,  // 34: orderhub.v1.QuoteOrderRequest.recipient:type_name -> orderhub.v1.Recipient
	45, // 35: orderhub.v1.QuoteOrderRequest.metadata:type_name -> orderhub.v1.QuoteOrderRequest.MetadataEntry
	28, // 36: orderhub.v1.QuoteOrderResponse.quote:type_name -> orderhub.v1.Quote
	29, // 37: orderhub.v1.Quote.lines:type_name -> orderhub.v1.QuoteLine
	30, // 38: orderhub.v1.QuoteLine.supply:type_name -> orderhub.v1.QuoteSupply
	33, // 39: orderhub.v1.ListOrderEventsResponse.events:type_name -> orderhub.v1.OrderEvent
	46, // 40: orderhub.v1.OrderEvent.data:type_name -> orderhub.v1.OrderEvent.DataEntry
	47, // 41: orderhub.v1.OrderEvent.create_time:type_name -> google.protobuf.Timestamp
	33, // 42: orderhub.v1.ListEventsResponse.events:type_name -> orderhub.v1.OrderEvent
	47, // 43: orderhub.v1.CreateWatchTicketResponse.expire_time:type_name -> google.protobuf.Timestamp
	33, // 44: orderhub.v1.WatchOrdersResponse.event:type_name -> orderhub.v1.OrderEvent
	47, // 45: orderhub.v1.WatchOrdersResponse.heartbeat_time:type_name -> google.protobuf.Timestamp
	42, // 46: orderhub.v1.ExplainOrderResponse.steps:type_name -> orderhub.v1.ExplainedStep
	47, // 47: orderhub.v1.ExplainOrderResponse.next_time:type_name -> google.protobuf.Timestamp
	47, // 48: orderhub.v1.ExplainedStep.time:type_name -> google.protobuf.Timestamp
	6,  // 49: orderhub.v1.OrderService.CreateOrder:input_type -> orderhub.v1.CreateOrderRequest
	8,  // 50: orderhub.v1.OrderService.GetOrder:input_type -> orderhub.v1.GetOrderRequest
	10, // 51: orderhub.v1.OrderService.GetOrderByReference:input_type -> orderhub.v1.GetOrderByReferenceRequest
	12, // 52: orderhub.v1.OrderService.ListOrders:input_type -> orderhub.v1.ListOrdersRequest
	14, // 53: orderhub.v1.OrderService.FindRecipient:input_type -> orderhub.v1.FindRecipientRequest
	16, // 54: orderhub.v1.OrderService.FindGoods:input_type -> orderhub.v1.FindGoodsRequest
	19, // 55: orderhub.v1.OrderService.CancelOrder:input_type -> orderhub.v1.CancelOrderRequest
	22, // 56: orderhub.v1.OrderService.EraseOrder:input_type -> orderhub.v1.EraseOrderRequest
	24, // 57: orderhub.v1.OrderService.EraseRecipient:input_type -> orderhub.v1.EraseRecipientRequest
	26, // 58: orderhub.v1.OrderService.QuoteOrder:input_type -> orderhub.v1.QuoteOrderRequest
	31, // 59: orderhub.v1.OrderService.ListOrderEvents:input_type -> orderhub.v1.ListOrderEventsRequest
	40, // 60: orderhub.v1.OrderService.ExplainOrder:input_type -> orderhub.v1.ExplainOrderRequest
	34, // 61: orderhub.v1.OrderService.ListEvents:input_type -> orderhub.v1.ListEventsRequest
	36, // 62: orderhub.v1.OrderService.WatchOrders:input_type -> orderhub.v1.WatchOrdersRequest
	37, // 63: orderhub.v1.OrderService.CreateWatchTicket:input_type -> orderhub.v1.CreateWatchTicketRequest
	7,  // 64: orderhub.v1.OrderService.CreateOrder:output_type -> orderhub.v1.CreateOrderResponse
	9,  // 65: orderhub.v1.OrderService.GetOrder:output_type -> orderhub.v1.GetOrderResponse
	11, // 66: orderhub.v1.OrderService.GetOrderByReference:output_type -> orderhub.v1.GetOrderByReferenceResponse
	13, // 67: orderhub.v1.OrderService.ListOrders:output_type -> orderhub.v1.ListOrdersResponse
	15, // 68: orderhub.v1.OrderService.FindRecipient:output_type -> orderhub.v1.FindRecipientResponse
	17, // 69: orderhub.v1.OrderService.FindGoods:output_type -> orderhub.v1.FindGoodsResponse
	21, // 70: orderhub.v1.OrderService.CancelOrder:output_type -> orderhub.v1.CancelOrderResponse
	23, // 71: orderhub.v1.OrderService.EraseOrder:output_type -> orderhub.v1.EraseOrderResponse
	25, // 72: orderhub.v1.OrderService.EraseRecipient:output_type -> orderhub.v1.EraseRecipientResponse
	27, // 73: orderhub.v1.OrderService.QuoteOrder:output_type -> orderhub.v1.QuoteOrderResponse
	32, // 74: orderhub.v1.OrderService.ListOrderEvents:output_type -> orderhub.v1.ListOrderEventsResponse
	41, // 75: orderhub.v1.OrderService.ExplainOrder:output_type -> orderhub.v1.ExplainOrderResponse
	35, // 76: orderhub.v1.OrderService.ListEvents:output_type -> orderhub.v1.ListEventsResponse
	39, // 77: orderhub.v1.OrderService.WatchOrders:output_type -> orderhub.v1.WatchOrdersResponse
	38, // 78: orderhub.v1.OrderService.CreateWatchTicket:output_type -> orderhub.v1.CreateWatchTicketResponse
	64, // [64:79] is the sub-list for method output_type
	49, // [49:64] is the sub-list for method input_type
	49, // [49:49] is the sub-list for extension type_name
	49, // [49:49] is the sub-list for extension extendee
	0,  // [0:49] is the sub-list for field type_name
}

func init() { file_orderhub_v1_order_service_proto_init() }
func file_orderhub_v1_order_service_proto_init() {
	if File_orderhub_v1_order_service_proto != nil {
		return
	}
	file_orderhub_v1_rules_proto_init()
	type x struct{}
	out := protoimpl.TypeBuilder{
		File: protoimpl.DescBuilder{
			GoPackagePath: reflect.TypeOf(x{}).PkgPath(),
			RawDescriptor: unsafe.Slice(unsafe.StringData(file_orderhub_v1_order_service_proto_rawDesc), len(file_orderhub_v1_order_service_proto_rawDesc)),
			NumEnums:      2,
			NumMessages:   45,
			NumExtensions: 0,
			NumServices:   1,
		},
		GoTypes:           file_orderhub_v1_order_service_proto_goTypes,
		DependencyIndexes: file_orderhub_v1_order_service_proto_depIdxs,
		EnumInfos:         file_orderhub_v1_order_service_proto_enumTypes,
		MessageInfos:      file_orderhub_v1_order_service_proto_msgTypes,
	}.Build()
	File_orderhub_v1_order_service_proto = out.File
	file_orderhub_v1_order_service_proto_goTypes = nil
	file_orderhub_v1_order_service_proto_depIdxs = nil
}

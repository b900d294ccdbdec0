package fakepartner

import (
	"context"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers what raw stands in for
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/clock"
	"orderhub/server/dialect/sim"
)

// raw is a message that is passed on as it came.
type raw struct{ data []byte }

// rawCodec leaves raw messages alone.
type rawCodec struct{ encoding.CodecV2 }

func (c rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	if m, ok := v.(*raw); ok {
		return mem.BufferSlice{mem.SliceBuffer(m.data)}, nil
	}
	return c.CodecV2.Marshal(v)
}

func (c rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	if m, ok := v.(*raw); ok {
		m.data = data.Materialize()
		return nil
	}
	return c.CodecV2.Unmarshal(data, v)
}

// serveGRPC stands in front of the partner's gRPC and makes calls go wrong.
func (p *Partner) serveGRPC(script *Script) (err error) {
	codec := rawCodec{encoding.GetCodecV2("proto")}
	p.upstream, err = grpc.NewClient(p.hub.Addresses().GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(codec)))
	if err != nil {
		return err
	}
	r := &relay{upstream: p.upstream, pick: sim.NewPicker(&script.Config)}
	p.grpc = grpc.NewServer(grpc.ForceServerCodecV2(codec), grpc.UnknownServiceHandler(r.handle))
	p.running.Go(func() { _ = p.grpc.Serve(p.listener) }) // ends with Close
	return nil
}

// relay passes calls of one request and one answer on.
type relay struct {
	upstream *grpc.ClientConn
	pick     *sim.Picker
}

func (r *relay) handle(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	request := &raw{}
	if err := stream.RecvMsg(request); err != nil {
		return err
	}
	ctx := stream.Context()
	op, reference, skus := requestOf(method, request.data)
	fault := r.pick.Pick(op, reference, skus)
	if fault == nil {
		answer, err := r.forward(ctx, method, request)
		if err != nil {
			return err
		}
		return stream.SendMsg(answer)
	}
	return r.fail(stream, method, request, fault)
}

func (r *relay) fail(stream grpc.ServerStream, method string, request *raw, fault *sim.Fault) error {
	ctx := stream.Context()
	switch fault.Do {
	case sim.TimeoutBefore:
		<-ctx.Done()
		return ctx.Err()
	case sim.StatusBefore:
		return refusal(fault)
	}
	answer, err := r.forward(context.WithoutCancel(ctx), method, request)
	switch fault.Do {
	case sim.TimeoutAfter:
		<-ctx.Done()
		return ctx.Err()
	case sim.StatusAfter:
		return refusal(fault)
	case sim.Malformed:
		return stream.SendMsg(&raw{data: []byte{0xff, 0xff, 0xff}})
	case sim.Slow:
		if err := clock.Sleep(ctx, time.Duration(fault.DelayMS)*time.Millisecond); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	return stream.SendMsg(tamperOrder(fault.Do, method, answer))
}

func (r *relay) forward(ctx context.Context, method string, request *raw) (*raw, error) {
	if sent, ok := metadata.FromIncomingContext(ctx); ok {
		kept := metadata.MD{}
		for _, name := range []string{"x-api-key", "authorization"} {
			kept.Append(name, sent.Get(name)...)
		}
		ctx = metadata.NewOutgoingContext(ctx, kept)
	}
	answer := &raw{}
	return answer, r.upstream.Invoke(ctx, method, request, answer)
}

// refusal is an error of the contract: busy for 429, a fault for the rest.
func refusal(f *sim.Fault) error {
	const busy, unavailable = 429, 503
	s := status.New(codes.Internal, "a fault")
	switch f.StatusOr() {
	case busy:
		s = status.New(codes.ResourceExhausted, "too many calls")
	case unavailable:
		s = status.New(codes.Unavailable, "not now")
	}
	if f.RetryAfterSeconds > 0 {
		detailed, err := s.WithDetails(
			&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Duration(f.RetryAfterSeconds) * time.Second)},
		)
		if err == nil {
			s = detailed
		}
	}
	return s.Err()
}

func requestOf(method string, body []byte) (op sim.Operation, reference string, skus []string) {
	switch method {
	case orderhubv1.OrderService_CreateOrder_FullMethodName:
		var r orderhubv1.CreateOrderRequest
		_ = proto.Unmarshal(body, &r) // the hub says what is wrong with it
		for _, line := range r.GetOrder().GetLines() {
			skus = append(skus, line.GetSku())
		}
		return sim.Place, r.GetOrder().GetReferenceId(), skus
	case orderhubv1.OrderService_GetOrderByReference_FullMethodName:
		var r orderhubv1.GetOrderByReferenceRequest
		_ = proto.Unmarshal(body, &r)
		return sim.Inquire, r.GetReferenceId(), nil
	case orderhubv1.OrderService_CancelOrder_FullMethodName:
		return sim.Cancel, "", nil
	case orderhubv1.CatalogService_ListProducts_FullMethodName:
		return sim.List, "", nil
	case orderhubv1.OrderService_ListOrders_FullMethodName:
		return sim.Statement, "", nil
	case orderhubv1.RecipientService_CheckRecipient_FullMethodName:
		var r orderhubv1.CheckRecipientRequest
		_ = proto.Unmarshal(body, &r)
		return sim.Check, "", []string{r.GetSku()}
	case orderhubv1.AccountService_GetAccount_FullMethodName:
		return sim.Account, "", nil
	default:
		return sim.Other, "", nil
	}
}

// tamperOrder changes how many units an order has.
func tamperOrder(how sim.Effect, method string, answer *raw) *raw {
	if method != orderhubv1.OrderService_CreateOrder_FullMethodName &&
		method != orderhubv1.OrderService_GetOrderByReference_FullMethodName {
		return answer
	}
	var r orderhubv1.CreateOrderResponse // both answers are one order
	if proto.Unmarshal(answer.data, &r) != nil || len(r.GetOrder().GetLines()) != 1 ||
		len(r.GetOrder().GetLines()[0].GetGoods()) < 2 {
		return answer
	}
	line := r.GetOrder().GetLines()[0]
	switch how {
	case sim.MoreUnits:
		line.Goods = append(line.Goods, line.GetGoods()[0])
	case sim.FewerUnits:
		line.Goods = line.GetGoods()[1:]
	default:
		return answer
	}
	changed, err := proto.Marshal(&r)
	if err != nil {
		return answer
	}
	return &raw{data: changed}
}

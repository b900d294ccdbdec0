package outbound

import (
	"context"
	"encoding/json"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"orderhub/server/dialect"
)

// Calls has calls over gRPC recorded as what may be kept of them: shown names are those
// of the messages as JSON, and of an error the reason.
func Calls(s dialect.Shown, now func() time.Time) grpc.UnaryClientInterceptor {
	return func(
		ctx context.Context, method string, request, answer any, conn *grpc.ClientConn, call grpc.UnaryInvoker,
		options ...grpc.CallOption,
	) error {
		recorder := dialect.Recording(ctx)
		if recorder == nil {
			return call(ctx, method, request, answer, conn, options...)
		}
		began := now()
		err := call(ctx, method, request, answer, conn, options...)
		kept := dialect.Exchange{
			At: began.UTC(), Took: now().Sub(began), Target: dialect.Clip(method), Request: maskMessage(s, request),
			Status: status.Code(err).String(),
		}
		switch code := status.Code(err); {
		case err == nil:
			kept.Answer = maskMessage(s, answer)
		case code == codes.Unavailable, code == codes.DeadlineExceeded, code == codes.Canceled:
			kept.Status, kept.Error = "", code.String()
		default:
			if reason := ReasonOf(err); reason != "" {
				body, _ := json.Marshal(map[string]string{"reason": reason}) // a text always encodes
				kept.Answer = s.Mask(body)
			}
		}
		recorder.Add(kept)
		return err
	}
}

func maskMessage(s dialect.Shown, message any) string {
	m, ok := message.(proto.Message)
	if !ok || proto.Size(m) > dialect.MaxMasked {
		return "‹a message›"
	}
	body, err := protojson.Marshal(m)
	if err != nil {
		return "‹a message›"
	}
	return s.Mask(body)
}

// ReasonOf is the stable reason of an error, the only thing of it that is no text
// for people; "" for none.
func ReasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

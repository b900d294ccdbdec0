package api

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
)

// answeredEarly makes a stream of the in-process channel behave like one over a
// connection when the call was refused before its one request was read: the
// channel reports io.EOF to the sender, where gRPC leaves it to the receiver to
// learn why.
func answeredEarly(
	ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer,
	opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, cc, method, opts...)
	if err != nil || desc.ClientStreams {
		return stream, err
	}
	return oneRequest{stream}, nil
}

type oneRequest struct{ grpc.ClientStream }

func (s oneRequest) SendMsg(m any) error {
	if err := s.ClientStream.SendMsg(m); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

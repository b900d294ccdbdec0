package api

import (
	"errors"

	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers what is wrapped here
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// errUndecodable: the bytes of a request are not a message of its type.
var errUndecodable = errors.New("the request is not a valid message of its type")

// codec is gRPC's own, except that a request it cannot decode goes on as an
// empty, marked message. gRPC would answer INTERNAL before any interceptor has
// seen the call, as if the fault were ours.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2("proto")} }

// Unmarshal decodes or marks v.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	err := c.CodecV2.Unmarshal(data, v)
	message, ok := v.(proto.Message)
	if err == nil || !ok {
		return err
	}
	proto.Reset(message)
	message.ProtoReflect().SetUnknown(undecodable())
	return nil
}

// undecodable is a field that no message has. A caller who sends it is told
// that its request cannot be decoded.
func undecodable() []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, protowire.MaxValidNumber, protowire.VarintType), 1)
}

func isUndecodable(m proto.Message) bool {
	return string(m.ProtoReflect().GetUnknown()) == string(undecodable())
}

package gateway

import (
	"context"
	"net/http"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// impliedMasks are calls whose mask, where the caller gave none, names what the
// body has. An object with nothing in it names nothing: {"settings": {}} changes
// no setting, where "settings": null or a mask of its own clears them.
type impliedMasks struct{ grpc.ClientConnInterface }

func (c impliedMasks) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	ex, _ := ctx.Value(exchangeKey{}).(*exchange)
	update, _ := args.(interface{ GetUpdateMask() *fieldmaskpb.FieldMask })
	request, _ := args.(proto.Message)
	var mask *fieldmaskpb.FieldMask // none where it is a part of the body that is left out
	if update != nil {
		mask = update.GetUpdateMask()
	}
	if ex != nil && mask != nil && request != nil && !namesMask(ex.r) {
		m := request.ProtoReflect()
		changes := m.Get(m.Descriptor().Fields().ByName("changes")).Message()
		mask.Paths = slices.DeleteFunc(mask.GetPaths(), func(path string) bool { return emptyPart(changes, path) })
	}
	return c.ClientConnInterface.Invoke(ctx, method, args, reply, opts...)
}

func namesMask(r *http.Request) bool {
	query := r.URL.Query()
	return query.Get("updateMask") != "" || query.Get("update_mask") != ""
}

// emptyPart reports whether the path leads to a message of the contract that is
// there and has nothing in it.
func emptyPart(m protoreflect.Message, path string) bool {
	field := m.Descriptor().Fields().ByName(protoreflect.Name(path))
	return field != nil && field.Message() != nil && !field.IsList() && !field.IsMap() && m.Has(field) &&
		field.Message().ParentFile().Package() == m.Descriptor().ParentFile().Package()
}

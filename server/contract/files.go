package contract

import (
	"cmp"
	"slices"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// Files are all of the contract, by path: whatever is compiled in of its package, so that no service is left out.
var Files = sync.OnceValue(func() []protoreflect.FileDescriptor {
	var all []protoreflect.FileDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage(
		orderhubv1.File_orderhub_v1_order_service_proto.Package(),
		func(file protoreflect.FileDescriptor) bool {
			all = append(all, file)
			return true
		},
	)
	slices.SortFunc(all, func(a, b protoreflect.FileDescriptor) int { return cmp.Compare(a.Path(), b.Path()) })
	return all
})

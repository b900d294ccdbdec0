package gateway

import (
	"net/http"
	"sync"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"orderhub/server/contract"
)

// descriptors is the contract as a google.protobuf.FileDescriptorSet with all that
// it imports and what errors are made of, for clients that read no .proto files.
var descriptors = sync.OnceValues(func() ([]byte, error) {
	var set descriptorpb.FileDescriptorSet
	seen := make(map[string]bool)
	for _, file := range contract.Files() {
		addDescriptor(&set, file, seen)
	}
	// What an error says beside its code; nothing imports it.
	addDescriptor(&set, status.File_google_rpc_status_proto, seen)
	addDescriptor(&set, errdetails.File_google_rpc_error_details_proto, seen)
	return proto.MarshalOptions{Deterministic: true}.Marshal(&set)
})

// addDescriptor puts a file behind those that it imports.
func addDescriptor(set *descriptorpb.FileDescriptorSet, file protoreflect.FileDescriptor, seen map[string]bool) {
	if seen[file.Path()] {
		return
	}
	seen[file.Path()] = true
	imports := file.Imports()
	for i := range imports.Len() {
		addDescriptor(set, imports.Get(i).FileDescriptor, seen)
	}
	set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
}

func serveDescriptors(w http.ResponseWriter, _ *http.Request) {
	set, err := descriptors()
	if err != nil {
		panic(err) // nothing in it depends on the request; the gateway answers
	}
	w.Header().Set("Content-Type", "application/protobuf")
	_, _ = w.Write(set)
}

// Command describe is a plugin of buf that writes openapi.json, the OpenAPI 3.1
// document of the whole contract. It lets protoc-gen-openapiv3 describe each
// service, puts the parts together and adds what that generator does not know: who
// the hub is, how to authenticate, what an error looks like, what an answer always
// has, and examples. What only the hub sets is left out of requests, and what it
// never tells out of answers.
//
// document.json is the document's frame and examples.json what each operation is
// shown with.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

func main() {
	if err := run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "describe:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, in io.Reader, out io.Writer) error {
	request, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	parts, err := services(ctx, request)
	if err != nil {
		return err
	}
	document, err := describe(request, parts)
	if err != nil {
		return err
	}
	file := &pluginpb.CodeGeneratorResponse_File{Name: proto.String("openapi.json"), Content: proto.String(document)}
	response, err := proto.Marshal(&pluginpb.CodeGeneratorResponse{
		SupportedFeatures: proto.Uint64(uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL)),
		File:              []*pluginpb.CodeGeneratorResponse_File{file},
	})
	if err != nil {
		return err
	}
	_, err = out.Write(response)
	return err
}

// services asks the generator, with the same options, for the description of each
// service.
func services(ctx context.Context, request []byte) ([]*pluginpb.CodeGeneratorResponse_File, error) {
	generator := exec.CommandContext(ctx, "go", "tool", "protoc-gen-openapiv3")
	generator.Stdin, generator.Stderr = bytes.NewReader(request), os.Stderr
	answer, err := generator.Output()
	if err != nil {
		return nil, fmt.Errorf("protoc-gen-openapiv3: %w", err)
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(answer, &response); err != nil {
		return nil, err
	}
	if response.Error != nil {
		return nil, fmt.Errorf("protoc-gen-openapiv3: %s", response.GetError())
	}
	return response.GetFile(), nil
}

func describe(request []byte, parts []*pluginpb.CodeGeneratorResponse_File) (string, error) {
	var contract pluginpb.CodeGeneratorRequest
	if err := proto.Unmarshal(request, &contract); err != nil {
		return "", err
	}
	types, err := protodesc.NewFiles(&descriptorpb.FileDescriptorSet{File: contract.GetProtoFile()})
	if err != nil {
		return "", err
	}
	d, err := newDescription(types)
	if err != nil {
		return "", err
	}
	for _, part := range parts {
		if err := d.merge(part.GetContent()); err != nil {
			return "", fmt.Errorf("%s: %w", part.GetName(), err)
		}
	}
	return d.finish()
}

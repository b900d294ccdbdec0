// Protoexport writes the .proto files that the hub's contract imports. It prints
// them from the descriptors linked into the Go dependencies; `make vendor` first
// brings this module to the versions of the main go.mod, so that contract and
// runtime agree. Comments are lost on the way: the Go packages do not carry them.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// source is a Go module and the files wanted from it.
type source struct {
	module    string
	copyright string
	files     []protoreflect.FileDescriptor
}

var sources = []source{
	{
		module:    "google.golang.org/genproto/googleapis/api",
		copyright: "Copyright Google LLC.",
		files: []protoreflect.FileDescriptor{
			annotations.File_google_api_annotations_proto,
			annotations.File_google_api_field_behavior_proto,
			annotations.File_google_api_http_proto,
		},
	},
	{
		module:    "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
		copyright: "Copyright Buf Technologies, Inc.",
		files:     []protoreflect.FileDescriptor{validate.File_buf_validate_validate_proto},
	},
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: protoexport DIRECTORY")
	}
	if err := export(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// export writes every file of sources to dir, under the path it is imported by.
func export(dir string) error {
	for _, s := range sources {
		version, err := linkedVersion(s.module)
		if err != nil {
			return err
		}
		header := fmt.Sprintf("// Printed by protoexport from %s %s. DO NOT EDIT.\n", s.module, version) +
			fmt.Sprintf("// %s Licensed under the Apache License, Version 2.0.\n\n", s.copyright)
		for _, file := range s.files {
			if err := write(filepath.Join(dir, file.Path()), header, file); err != nil {
				return err
			}
		}
	}
	return nil
}

func write(path, header string, file protoreflect.FileDescriptor) error {
	text := bytes.NewBufferString(header)
	if err := (&protoprint.Printer{}).PrintProtoFile(file, text); err != nil {
		return fmt.Errorf("print %s: %w", file.Path(), err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text.Bytes(), 0o644)
}

// linkedVersion returns the version of module that this program was built with.
func linkedVersion(module string) (string, error) {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "", fmt.Errorf("built without module support")
	}
	for _, dep := range build.Deps {
		if dep.Path == module {
			return dep.Version, nil
		}
	}
	return "", fmt.Errorf("module %s is not linked in", module)
}

// Package contract has what programs share that call or serve the contract orderhub.v1, as commands and the operators'
// console do: its files, its enumerations as words, lists read page by page, and lists as rows of a spreadsheet. The
// contract itself is package api's.
package contract

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Word is a value of an enumeration as people write it: "active" for MERCHANT_STATUS_ACTIVE.
func Word(value protoreflect.Enum) string { return WordOf(value.Descriptor(), value.Number()) }

// WordOf is Word for a value of which only the number is known.
func WordOf(enum protoreflect.EnumDescriptor, number protoreflect.EnumNumber) string {
	value := enum.Values().ByNumber(number)
	if value == nil {
		return strconv.Itoa(int(number)) // of a newer contract
	}
	return strings.ToLower(strings.TrimPrefix(string(value.Name()), prefixOf(enum)))
}

// Enum is an enumeration of the contract.
type Enum interface {
	~int32
	protoreflect.Enum
}

// ValueOf is the value that a word stands for, the unspecified one for any other.
func ValueOf[E Enum](word string) E {
	var none E
	name := protoreflect.Name(prefixOf(none.Descriptor()) + strings.ToUpper(word))
	if value := none.Descriptor().Values().ByName(name); value != nil {
		return E(value.Number())
	}
	return none
}

// prefixOf is what the names of an enumeration's values begin with.
func prefixOf(enum protoreflect.EnumDescriptor) string {
	return strings.TrimSuffix(string(enum.Values().ByNumber(0).Name()), "UNSPECIFIED")
}

// LargestPage is how many entries of a list the contract gives at once.
const LargestPage = 1000

// ErrMore ends a list that goes on behind as many entries as were wanted.
var ErrMore = errors.New("there are more")

// Each reads a list page by page, from its beginning and leaving the request as it is: so many entries or, for 0, all.
// It ends with an error; with [ErrMore] where there are more than so many.
func Each[Q proto.Message, P interface{ GetNextPageToken() string }, T any](
	ctx context.Context, ask func(context.Context, Q, ...grpc.CallOption) (P, error), request Q, items func(P) []T,
	limit int,
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		asked, _ := proto.Clone(request).(Q) // whose type it has
		fields, message := asked.ProtoReflect().Descriptor().Fields(), asked.ProtoReflect()
		for read := 0; ; {
			size := LargestPage
			if limit > 0 {
				size = min(size, limit-read)
			}
			message.Set(fields.ByName("page_size"), protoreflect.ValueOfInt32(int32(size)))
			page, err := ask(ctx, asked)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items(page) {
				if read++; !yield(item, nil) {
					return
				}
			}
			switch {
			case page.GetNextPageToken() == "":
				return
			case read == limit:
				var none T
				yield(none, ErrMore)
				return
			}
			message.Set(fields.ByName("page_token"), protoreflect.ValueOfString(page.GetNextPageToken()))
		}
	}
}

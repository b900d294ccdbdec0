package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"orderhub/ent"
	"orderhub/server/audit"
)

// rowUpdate is an update of one row, as ent makes them.
type rowUpdate[R any, M ent.Mutation] interface {
	Mutation() M
	Save(ctx context.Context) (R, error)
}

// SaveDifferent makes an update when there is something to it, and returns the row
// as it is then.
func SaveDifferent[R any, M ent.Mutation](ctx context.Context, present R, update rowUpdate[R, M]) (R, error) {
	if changed, err := differs(ctx, update.Mutation()); err != nil || !changed {
		return present, err
	}
	return update.Save(ctx)
}

// differs reports whether an update of one row would change what callers wrote,
// and not only when it was written. An update that does not is left out: what
// nobody changed keeps its time and version. What differs is noted for the record.
func differs(ctx context.Context, update ent.Mutation) (changed bool, err error) {
	for _, name := range append(update.Fields(), update.ClearedFields()...) {
		if name == "updated_at" || name == "version" {
			continue
		}
		before, err := update.OldField(ctx, name)
		if err != nil {
			return false, fmt.Errorf("what %s was: %w", name, err)
		}
		after, given := update.Field(name)
		if !given { // it is cleared
			after = nil
		}
		same, err := sameValue(before, after)
		if err != nil {
			return false, err
		}
		if !same {
			changed = true
			audit.Changed(ctx, name, recordable(before), recordable(after))
		}
	}
	return changed, nil
}

// recordable is a value of a column for the record of what operators did. What is sealed or hashed says nothing there.
func recordable(v any) any {
	switch sealed := v.(type) {
	case []byte:
		if len(sealed) > 0 {
			return "#"
		}
		return nil
	case *[]byte:
		if sealed != nil {
			return recordable(*sealed)
		}
		return nil
	default:
		return v
	}
}

// sameValue compares what a column has with what it would have. Databases may keep
// JSON with other blanks and in another order.
func sameValue(before, after any) (bool, error) {
	if v := reflect.ValueOf(before); v.Kind() == reflect.Pointer {
		if before = nil; !v.IsNil() {
			before = v.Elem().Interface()
		}
	}
	if was, ok := before.(time.Time); ok {
		is, ok := after.(time.Time)
		return ok && was.Equal(is), nil
	}
	was, err := plainJSON(before)
	if err != nil {
		return false, err
	}
	is, err := plainJSON(after)
	return reflect.DeepEqual(was, is), err
}

func plainJSON(v any) (plain any, err error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&plain)
	return plain, err
}

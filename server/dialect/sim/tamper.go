package sim

import (
	"bytes"
	"encoding/json"
)

// Tamper is a partner's answer after change; false where that, or change, finds
// nothing to change. Numbers keep their digits.
func Tamper[T any](answer []byte, change func(*T) bool) ([]byte, bool) {
	var body T
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber()
	if decoder.Decode(&body) != nil || !change(&body) {
		return nil, false
	}
	changed, err := json.Marshal(body)
	return changed, err == nil
}

package admission

// jsonSmall is so small that it cannot have too many values.
const jsonSmall = 8 << 10

// TooManyValues reports whether a JSON text has more than so many values and
// names: each takes a hundred times the memory of the two bytes that it may have
// been sent as. It looks at the text as a whole and does not care whether it is
// valid.
func TooManyValues(text []byte, most int) bool {
	if len(text) <= jsonSmall {
		return false
	}
	values, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ':' || c == '[' || c == '{'):
			if values++; values > most {
				return true
			}
		}
	}
	return false
}

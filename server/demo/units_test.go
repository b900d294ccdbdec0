package demo

import (
	"encoding/base64"
	"regexp"
	"testing"

	"orderhub/server/secret"
)

func TestUnitsAreDifferentAndWellFormed(t *testing.T) {
	forms := map[string]*regexp.Regexp{
		formatAccount: regexp.MustCompile(`^user\d{5}@example\.com\|[A-Z0-9]{10}\|[A-Z2-7]{16}$`),
		formatRecovery: regexp.MustCompile(
			`^user\d{5}@example\.com\|[A-Z0-9]{10}\|[A-Z2-7]{16}\|recovery\d{5}@example\.com$`,
		),
		formatCode: regexp.MustCompile(`^EPIN-[A-Z0-9]{16}$`),
	}
	seen, total := map[string]bool{}, 0
	for _, p := range Products() {
		units := p.units()
		if len(units) != p.Units {
			t.Errorf("%s has %d units, want %d", p.SKU, len(units), p.Units)
		}
		for _, unit := range units {
			if !forms[p.Format].MatchString(unit.Content) {
				t.Fatalf("%s: unit %q", p.SKU, unit.Content)
			}
			seen[unit.Content] = true
			total++
		}
	}
	if len(seen) != total || total != 6503 {
		t.Errorf("%d units, %d of them different; want 6,503", total, len(seen))
	}
}

func TestSealingKey(t *testing.T) {
	if _, err := secret.ParseKeys(SealingKey); err != nil {
		t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(SealingKey)
	if err != nil || string(text) != "orderhub demo key: it is public!" {
		t.Errorf("the key is the base64 of %q, %v", text, err)
	}
}

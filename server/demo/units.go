package demo

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"math/big"
	"strings"
	"time"

	"orderhub/server/catalog"
)

// units makes the stock of a product: the same in every demo, each different.
func (p *Product) units() []catalog.ImportedUnit {
	units := make([]catalog.ImportedUnit, p.Units)
	for i := range units {
		units[i] = catalog.ImportedUnit{Line: i + 1, Content: unitContent(p.Format, p.SKU, p.FirstUnit+i)}
	}
	return units
}

func unitContent(format, sku string, number int) string {
	if format == formatCode {
		return "EPIN-" + letters(16, "%s %d", sku, number)
	}
	user := fmt.Sprintf("user%05d@example.com", number)
	account := user + "|" + letters(10, "password %d", number) + "|" + authenticator(number)
	if format == formatRecovery {
		account += fmt.Sprintf("|recovery%05d@example.com", number)
	}
	return account
}

// letters is length characters of A-Z0-9 that follow from the text.
func letters(length int, format string, args ...any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, format, args...))
	text := strings.ToUpper(new(big.Int).SetBytes(sum[:]).Text(36))
	return text[len(text)-length:]
}

// authenticator is what an authenticator app is set up with: 16 of base 32.
func authenticator(number int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "authenticator %d", number))
	return base32.StdEncoding.EncodeToString(sum[:10])
}

// allotments are the days on which a product of dated tickets is sold.
func (p *Product) allotments() ([]catalog.Allotment, error) {
	first, err := time.Parse(time.DateOnly, firstDay)
	if err != nil {
		return nil, err
	}
	var days []catalog.Allotment
	for day := first; ; day = day.AddDate(0, 0, 1) {
		date := day.Format(time.DateOnly)
		if date > lastDay {
			return days, nil
		}
		days = append(days, catalog.Allotment{ProductID: p.ID, UseDate: date, Capacity: p.PerDay})
	}
}

package contract

import (
	"fmt"
	"strconv"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// LinesOf are lines of products, each a SKU or SKU=QUANTITY. The error is for who typed them.
func LinesOf(products []string, fields map[string]string, useDate string) (lines []*orderhubv1.OrderLine, err error) {
	for _, product := range products {
		sku, quantity, several := strings.Cut(product, "=")
		line := &orderhubv1.OrderLine{Sku: strings.TrimSpace(sku), Quantity: 1, Fields: fields, UseDate: useDate}
		if several {
			n, err := strconv.ParseInt(strings.TrimSpace(quantity), 10, 32)
			if err != nil || n < 1 {
				return nil, fmt.Errorf("%s: the quantity must be a whole number above 0", product)
			}
			line.Quantity = int32(n)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

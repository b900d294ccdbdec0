package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
)

// reasonOf is why a line is refused alone, or as the first of several; "" for a unit.
func reasonOf(line string, first bool) catalog.ContentReason {
	_, err := catalog.ParseContent(line)
	if err == nil && first {
		err = catalog.CheckFirst(line)
	}
	var bad *catalog.ContentError
	if errors.As(err, &bad) {
		return bad.Reason
	}
	return ""
}

func TestHeaders(t *testing.T) {
	for _, header := range []string{
		"code", "Code:", "#code", "# Code", `"Code"`, "CODES", "(code)", "Voucher Code", "voucher_code", "VoucherCode",
		"e-pin,amount", "E-PIN", "e pin", "epin;tutar", "Serial No", "serial no.", "Serial Number", "PIN Code", "use_date",
		"content;use_date", "Content,Use Date", "#,Code", "code,valid until", "user|pass|2FA", "User Name", "e-mail",
		"email|password", "KOD", "Kodu", "KODLAR", "PİN KODU", "E-pin Kodu;Fiyatı", "Seri No", "SERİ NO,PIN", "İçerik",
		"ICERIK", "i̇çerik", "Ürün Adı,Kod", "Kullanıcı Adı|Şifre", "Anahtar,Son Kullanma Tarihi", "code\u00a0",
		"Gift Card Code", "Activation Key", "license key", "sep=;", "SEP=,", "'code'\u200b",
	} {
		require.Equal(t, catalog.ContentHeader, reasonOf(header, false), header)
	}
	for _, either := range []string{
		"KEY", "pin", "Serial:", "anahtar", "SERİ", "user", "login:password", "user/pass", "Amount",
	} {
		require.Equal(t, catalog.ContentReason(""), reasonOf(either, false), either)
		require.Equal(t, catalog.ContentFirst, reasonOf(either, true), either)
	}
	for _, code := range []string{
		"KEY-1234", "KEY1", "PIN 4711", "CODE-AAA", "code1", "code 1", "voucher code 5", "my code", "kod-12", "KODAK",
		"user|x", "user@example.com|password1", "code!", "password?", "GIFT", "COUPON", "gift card", "C-O-D-E", "EKEY",
		"SERIALX", "serial,no,4711", "code=", "A", "-", "#", "###", "\"\"", "key token x", "codecode", "sep=AAA",
		"CODE\u0416", "кодu", "2FAB", "until|used",
	} {
		require.Equal(t, catalog.ContentReason(""), reasonOf(code, true), code)
	}
}

// TestLongHeaders: what is longer than 200 bytes is no header, and may be a long code.
func TestLongHeaders(t *testing.T) {
	longest := strings.Repeat("code,", 40)
	require.Equal(t, catalog.ContentHeader, reasonOf(longest, false))
	require.Equal(t, catalog.ContentReason(""), reasonOf(longest+"kod", true))
}

package catalog

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// IsHeader reports whether a line can only name columns instead of having values,
// or says how the others of a spreadsheet are separated. With any other word in it
// a line may be a code, and is no header.
func IsHeader(line string) bool { return headerOf(line) == surely }

// CheckFirst is a further rule for the first of several lines: words that may be a
// code as well name there what follows. The error is a *ContentError.
func CheckFirst(line string) error {
	if headerOf(line) == perhaps {
		return &ContentError{ContentFirst}
	}
	return nil
}

// likeness is how much a text is like the name of a column.
type likeness int

const (
	never   likeness = iota
	beside           // only where other words say that it is one
	perhaps          // and may be a code as well
	surely
)

// columnWords are the words that names of columns consist of, in English and
// Turkish, as plain leaves them.
var columnWords = wordsBy(map[likeness]string{
	surely: `code codes content contents unit units usedate voucher vouchers vouchercode vouchercodes pins pincode
		pincodes epin epins epincode epincodes ecode ecodes serials serialno serialnumber serialnumbers accounts
		username password email giftcode couponcode expirydate kod kodu kodlar kodlari ekod ekodu icerik icerigi
		icerikler epinkodu epinkodlari kuponkodu serino serinumarasi kullaniciadi kullanimtarihi parola sifre sifresi
		eposta`,
	perhaps: `pin pini serial sku key keys license licence account user login mail pass 2fa token recovery price date
		expiry expires status product quantity qty id no nr number amount name seri numara numarasi anahtar anahtari lisans
		urun adet miktar fiyat fiyati tutar tutari tarih tarihi kullanici hesap durum`,
	beside: `e at use used valid until type region country currency value balance count item gift card cards coupon
		activation backup adi adedi kullanim kullanma gecerlilik son hediye kart karti kupon aktivasyon bakiye bolge
		ulke stok lisansi urunu`,
})

func wordsBy(words map[likeness]string) map[string]likeness {
	set := make(map[string]likeness)
	for l, list := range words {
		for word := range strings.FieldsSeq(list) {
			set[word] = l
		}
	}
	return set
}

const (
	cellEnds      = ",;|\t"
	wordEnds      = " \u00a0_"
	joints        = "-:/.#*()[]<>\"'`“”„‘’«»" // around words; between them they may belong to a code
	longestHeader = 200
)

func headerOf(line string) likeness {
	if len(line) > longestHeader {
		return never
	}
	line = strings.TrimFunc(line, func(r rune) bool { return surrounds(r) || r == byteOrderMark })
	if len(line) >= 4 && strings.EqualFold(line[:4], "sep=") && utf8.RuneCountInString(line[4:]) <= 1 {
		return surely
	}
	most, cells := never, 0
	for cell := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune(cellEnds, r) }) {
		if strings.Trim(cell, wordEnds+joints) == "" {
			continue
		}
		is := columnName(cell)
		if is == never {
			return never
		}
		most, cells = max(most, is), cells+1
	}
	switch {
	case most <= beside:
		return never
	case cells > 1:
		return surely
	}
	return most
}

// columnName says how a cell is like the name of a column: all of its words must be
// known.
func columnName(cell string) likeness {
	cell = strings.Trim(cell, wordEnds+joints)
	if len(cell) > 2 && strings.EqualFold(cell[:2], "e-") {
		cell = cell[:1] + cell[2:]
	}
	most, words := never, 0
	for word := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(wordEnds+joints, r) }) {
		is := columnWords[plain(word)]
		if is == never {
			return never
		}
		most, words = max(most, is), words+1
	}
	switch {
	case strings.ContainsAny(cell, joints):
		return min(most, perhaps)
	case words > 1 && most == perhaps:
		return surely // nobody's code is two such words
	}
	return most
}

// plain is a word in lower case without accents, so that both of Turkish's letters
// i are one.
func plain(word string) string {
	lower := strings.ToLower(word)
	if isASCII(lower) {
		return lower
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'ı':
			return 'i'
		}
		return r
	}, norm.NFD.String(lower))
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

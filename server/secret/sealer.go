package secret

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
)

// Why a sealed value cannot be opened, or a key not be used. No error of this
// package repeats a plaintext, a sealed value or a key.
var (
	// ErrNoKey says that not a single key was given.
	ErrNoKey = errors.New("no encryption key")
	// ErrBadKey says that a key is not the base64 of 32 bytes, or is given twice.
	ErrBadKey = errors.New("bad encryption key")
	// ErrUnknownKey says that a value was sealed with a key that is not configured.
	ErrUnknownKey = errors.New("sealed with a key that is not configured")
	// ErrCorrupt says that a value was not sealed by this package, was changed
	// since, or was sealed for another place.
	ErrCorrupt = errors.New("sealed value is damaged or was sealed for another place")
)

// KeySize is the size of a key, in bytes.
const KeySize = 32

// A sealed value is the version, the id of the key, the nonce and the ciphertext
// with its tag. Version and key id are authenticated, together with the place. Of
// the place, version 1 knew the purpose alone, which all rows of a column share;
// such values are opened, and none is sealed any more.
const (
	versionPurpose = 1
	version        = 2
	keyIDSize      = 4
	headerSize     = 1 + keyIDSize
)

// Place is where a sealed value stands. What is sealed for one place opens in no
// other.
type Place struct {
	Table, Column string
	Row           string // what tells the row from all others of the table, for ever
	Purpose       string // of the column's values, as version 1 sealed them
}

// Overhead is how many bytes longer a sealed value is than its plaintext.
const Overhead = headerSize + chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead

// Sealer seals and opens values with XChaCha20-Poly1305 under one or more keys:
// the first key seals, every key opens. To rotate, put a new key first and leave
// the others behind it until nothing sealed with them is left. Safe for
// concurrent use.
type Sealer struct {
	keys           []key
	fingerprintKey []byte
	// Pooled because keying an HMAC costs more than using it.
	fingerprints *sync.Pool
	random       io.Reader
}

// Keyless is a Sealer for those who neither seal nor open: Open returns ErrNoKey,
// Seal and Fingerprint panic, because what they returned could never be read.
func Keyless() *Sealer { return &Sealer{random: rand.Reader} }

type key struct {
	id      [keyIDSize]byte
	aead    cipher.AEAD
	derived []byte // what Derive goes on from
}

// ParseKeys makes a Sealer of base64 keys of 32 bytes each, separated by commas or
// white space; standard and URL alphabet, padded or not. The first key seals.
// Fingerprints are made with what belongs to the last key, until
// WithFingerprintKey says otherwise. Errors: ErrNoKey, and ErrBadKey with the
// position of the key.
func ParseKeys(s string) (*Sealer, error) {
	var keys [][]byte
	for i, field := range strings.FieldsFunc(s, isSeparator) {
		raw, err := decodeKey(field)
		if err != nil {
			return nil, fmt.Errorf("%w: key %d is not the base64 of %d bytes", ErrBadKey, i+1, KeySize)
		}
		keys = append(keys, raw)
	}
	return newSealer(keys)
}

func isSeparator(r rune) bool { return strings.ContainsRune(", \t\r\n", r) }

func decodeKey(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw) != KeySize {
		return nil, ErrBadKey
	}
	return raw, nil
}

// GenerateKey returns a fresh random key in the form that ParseKeys reads.
func GenerateKey() string {
	raw := make([]byte, KeySize)
	_, _ = rand.Read(raw) // never fails: it ends the program instead
	return base64.StdEncoding.EncodeToString(raw)
}

func newSealer(keys [][]byte) (*Sealer, error) {
	if len(keys) == 0 {
		return nil, ErrNoKey
	}
	s := &Sealer{random: rand.Reader}
	for i, raw := range keys {
		k, err := newKey(raw)
		if err != nil {
			return nil, err
		}
		// Two keys with one id could not be told apart, and twice the same key is a slip.
		if _, exists := s.find(k.id); exists {
			return nil, fmt.Errorf("%w: key %d repeats an earlier one", ErrBadKey, i+1)
		}
		s.keys = append(s.keys, k)
	}
	fingerprintKey, err := subKey(keys[len(keys)-1], "fingerprint", sha256.Size)
	if err != nil {
		return nil, err
	}
	return s.WithFingerprintKey(fingerprintKey), nil
}

// WithFingerprintKey is a Sealer with the same keys whose fingerprints are made
// with key, as another Sealer's FingerprintKey returned it. So they stay what they
// are however the keys change.
func (s *Sealer) WithFingerprintKey(key []byte) *Sealer {
	pool := &sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}
	return &Sealer{keys: s.keys, fingerprintKey: key, fingerprints: pool, random: s.random}
}

// FingerprintKey is what fingerprints are made with, as secret as a key. It must
// only be stored sealed.
func (s *Sealer) FingerprintKey() []byte { return s.fingerprintKey }

// KeyIDs are the ids of the keys, in their order; none of a Sealer without keys.
func (s *Sealer) KeyIDs() []string {
	ids := make([]string, len(s.keys))
	for i, k := range s.keys {
		ids[i] = hex.EncodeToString(k.id[:])
	}
	return ids
}

// KeyID is the id of the key that a value was sealed with, "" of what is no sealed value.
func KeyID(sealed []byte) string {
	if len(sealed) < Overhead {
		return ""
	}
	return hex.EncodeToString(sealed[1:headerSize])
}

func newKey(raw []byte) (key, error) {
	id, err := subKey(raw, "key id", keyIDSize)
	if err != nil {
		return key{}, err
	}
	sealing, err := subKey(raw, "seal", chacha20poly1305.KeySize)
	if err != nil {
		return key{}, err
	}
	aead, err := chacha20poly1305.NewX(sealing)
	if err != nil {
		return key{}, err
	}
	derived, err := subKey(raw, "derive", sha256.Size)
	if err != nil {
		return key{}, err
	}
	return key{id: [keyIDSize]byte(id), aead: aead, derived: derived}, nil
}

// Derive returns 32 bytes for a use of the caller's own, one for each key: what
// the first signs, any of them verifies.
func (s *Sealer) Derive(use string) [][]byte {
	all := make([][]byte, len(s.keys))
	for i, k := range s.keys {
		mac := hmac.New(sha256.New, k.derived)
		mac.Write([]byte(use))
		all[i] = mac.Sum(nil)
	}
	return all
}

// subKey derives bytes for one use, so that no two uses share a key.
func subKey(raw []byte, use string, size int) ([]byte, error) {
	return hkdf.Key(sha256.New, raw, nil, "orderhub secret v1: "+use, size)
}

// Seal encrypts plaintext for one place under the first key and a random nonce;
// the result is Overhead bytes longer. Sealing twice gives different results. Only
// Open at the same place returns the plaintext.
func (s *Sealer) Seal(plaintext []byte, at Place) []byte {
	if len(s.keys) == 0 {
		panic("secret: nothing can be sealed without a key")
	}
	k := s.keys[0]
	sealed := make([]byte, headerSize+chacha20poly1305.NonceSizeX, Overhead+len(plaintext))
	sealed[0] = version
	copy(sealed[1:], k.id[:])
	nonce := sealed[headerSize:]
	if _, err := io.ReadFull(s.random, nonce); err != nil {
		panic("secret: no random nonce: " + err.Error()) // crypto/rand never fails
	}
	return k.aead.Seal(sealed, nonce, plaintext, at.associatedData(sealed))
}

// Open returns what was sealed at a place, never nil without an error. Sealed is
// not changed. Errors: ErrUnknownKey with the id of the missing key, ErrCorrupt,
// ErrNoKey of a Sealer without keys.
func (s *Sealer) Open(sealed []byte, at Place) ([]byte, error) {
	if len(sealed) < Overhead || sealed[0] != version && sealed[0] != versionPurpose {
		return nil, ErrCorrupt
	}
	if len(s.keys) == 0 {
		return nil, ErrNoKey
	}
	id := [keyIDSize]byte(sealed[1:headerSize])
	k, exists := s.find(id)
	if !exists {
		return nil, fmt.Errorf("%w (key id %x)", ErrUnknownKey, id)
	}
	body := sealed[headerSize:]
	nonce, ciphertext := body[:chacha20poly1305.NonceSizeX], body[chacha20poly1305.NonceSizeX:]
	plaintext := make([]byte, 0, len(ciphertext)-chacha20poly1305.Overhead)
	plaintext, err := k.aead.Open(plaintext, nonce, ciphertext, at.associatedData(sealed))
	if err != nil {
		return nil, ErrCorrupt
	}
	return plaintext, nil
}

// IsBound says whether a value is of a version that binds it to its row.
func IsBound(sealed []byte) bool { return len(sealed) > 0 && sealed[0] != versionPurpose }

// Current says whether a value is as Seal makes it now: of this version, under the
// first key.
func (s *Sealer) Current(sealed []byte) bool {
	return len(sealed) >= Overhead && len(s.keys) > 0 && sealed[0] == version &&
		[keyIDSize]byte(sealed[1:headerSize]) == s.keys[0].id
}

func (s *Sealer) find(id [keyIDSize]byte) (key, bool) {
	for _, k := range s.keys {
		if k.id == id {
			return k, true
		}
	}
	return key{}, false
}

// associatedData is the header of sealed and the place, as the version has it.
func (at *Place) associatedData(sealed []byte) []byte {
	data := append(make([]byte, 0, 96), sealed[:headerSize]...)
	if sealed[0] == versionPurpose {
		return append(data, at.Purpose...)
	}
	for _, part := range [...]string{at.Table, at.Column, at.Row} {
		// The length keeps ("ab", "c") and ("a", "bc") apart.
		data = append(binary.BigEndian.AppendUint32(data, uint32(len(part))), part...)
	}
	return data
}

// Fingerprint returns 32 bytes that are equal exactly for equal content and
// purpose and that say nothing about the content to whoever lacks the key. It
// serves to find duplicates among sealed values. See ParseKeys for which key.
func (s *Sealer) Fingerprint(content []byte, purpose string) []byte {
	mac := s.fingerprints.Get().(hash.Hash)
	defer s.fingerprints.Put(mac)
	mac.Reset()
	// The length keeps ("ab", "c") and ("a", "bc") apart.
	prefix := binary.BigEndian.AppendUint64(make([]byte, 0, 64), uint64(len(purpose)))
	mac.Write(append(prefix, purpose...))
	mac.Write(content)
	return mac.Sum(make([]byte, 0, sha256.Size))
}

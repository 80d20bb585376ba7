// Package ids makes and reads the identifiers of rows.
//
// An ID is a UUID version 7 (RFC 9562, section 5.7) written as 26 characters of Crockford's base 32 in lower case:
// it sorts by the millisecond it was made in, which keeps indexes warm. On the wire it carries a prefix that says what
// it names ("key_01h…"), so that an id pasted into the wrong place is refused at once.
package ids

import (
	"crypto/rand"
	"encoding/binary"
	"strings"
	"time"

	"chiave/internal/platform/errs"
)

// ID is a row's identifier without its prefix; "" means none.
type ID string

// Prefix says what an id on the wire names.
type Prefix string

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// New returns a fresh ID whose leading 48 bits are the Unix millisecond of at.
func New(at time.Time) ID {
	var u [16]byte
	rand.Read(u[6:])
	ms := uint64(at.UnixMilli())
	binary.BigEndian.PutUint16(u[0:], uint16(ms>>32))
	binary.BigEndian.PutUint32(u[2:], uint32(ms))
	u[6] = u[6]&0x0f | 0x70 // version 7
	u[8] = u[8]&0x3f | 0x80 // variant
	return encode(u)
}

// encode writes the 128 bits as 26 symbols; the first symbol holds the top three bits.
func encode(u [16]byte) ID {
	hi, lo := binary.BigEndian.Uint64(u[:8]), binary.BigEndian.Uint64(u[8:])
	var out [26]byte
	for i := 25; i >= 0; i-- {
		out[i] = alphabet[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return ID(out[:])
}

// Wire returns the id with its prefix: "key_" + id.
func (p Prefix) Wire(id ID) string {
	if id == "" {
		return ""
	}
	return string(p) + "_" + string(id)
}

// Parse reads an id with prefix p from the wire. Errors: Invalid "ids.malformed".
func (p Prefix) Parse(s string) (ID, error) {
	rest, ok := strings.CutPrefix(s, string(p)+"_")
	if !ok || !Valid(rest) {
		return "", errs.New(errs.Invalid, "ids.malformed", errs.Params{"prefix": string(p)})
	}
	return ID(rest), nil
}

// Valid reports whether s has the form of an ID.
func Valid(s string) bool {
	if len(s) != 26 || s[0] > '7' {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte(alphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}

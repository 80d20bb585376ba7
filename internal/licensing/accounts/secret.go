package accounts

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"time"
)

// apiTokenPrefix lets secret scanners recognise an API token that was published by mistake.
const apiTokenPrefix = "chv_"

var secretText = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// newSecret returns prefix and 256 random bits as text that a double click selects whole.
func newSecret(prefix string) string {
	var bits [32]byte
	rand.Read(bits[:])
	return prefix + secretText.EncodeToString(bits[:])
}

// digest is what the database knows of a secret. A plain hash is enough for 256 random bits.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// markEvery is how far apart the marks of last use are written: a mark at every request would be a write at every request.
const markEvery = time.Minute

// markDue reports whether the last use is old enough to be written again.
func markDue(used, now time.Time) bool { return now.Sub(used) >= markEvery }
